# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034
# A small DNS world on loopback: NSD plays everything that is outside, Unbound with the
# module is the resolver of a site. For scripts/quickstart and the live tests.
#
# Needs TLDGUARD, TLDGUARD_MODULE, UNBOUND_PREFIX and NSD, as scripts/env prints them.
# Functions return 1 on failure and then say why in world_error.
#
#   world_create ZONES    a run folder; ZONES is scripts/world
#   world_start nsd       the outside; port in world_nsd_port
#   world_start unbound   the resolver; port in world_unbound_port
#   world_stop NAME       ends one of them
#   world_end             ends both and removes the run folder: for a trap

world_dir=''             # the run folder
world_error=''
world_patience=20        # seconds until a server that is not ready counts as broken
world_threads=1          # of Unbound
world_nsd_port=0 world_unbound_port=0
world_status=0           # how a server that did not start ended
world_zones=()           # more zones: "army.cm lookalike.zone"
world_outside=stub       # how the resolver asks there; forward: no NS in its cache leads elsewhere
world_unbound_more=''    # more lines for the server: clause ...
world_unbound_clauses='' # ... and more clauses
world_unbound_program='' # another than UNBOUND_PREFIX's
world_tls=no             # yes: DNS over TLS at the resolver's port + 1, over HTTPS at + 2
world_asks_token=(id.server CH TXT) # what world_token is the answer to
world_user=''            # as whom the servers run; empty: as whoever runs this
((EUID != 0)) || world_user=nobody

# Between two looks; what is waited for is always looked at, never presumed.
world_pause() { sleep 0.02; }

# world_missing: what is not there of what the world is made of; nothing when all is.
world_missing() {
    [[ -x ${TLDGUARD:-} ]] || { echo "no tldguard tool (TLDGUARD=${TLDGUARD:-})"; return; }
    [[ -r ${TLDGUARD_MODULE:-} ]] ||
        { echo "no module (TLDGUARD_MODULE=${TLDGUARD_MODULE:-})"; return; }
    [[ -x ${UNBOUND_PREFIX:-}/sbin/unbound && -x $UNBOUND_PREFIX/sbin/unbound-control ]] ||
        { echo "no Unbound (UNBOUND_PREFIX=${UNBOUND_PREFIX:-})"; return; }
    [[ -n ${NSD:-} && -x $NSD ]] || { echo "no NSD (NSD=${NSD:-})"; return; }
    command -v drill >/dev/null || { echo "no drill (ldnsutils)"; return; }
    command -v jq >/dev/null || echo "no jq"
}

# world_reachable DIR: may a user without rights go there?
world_reachable() {
    local dir=$1 mode
    while mode=$(stat -L -c %a "$dir" 2>/dev/null) && ((8#$mode & 1)); do
        [[ $dir != / ]] || return 0
        dir=$(dirname "$dir")
    done
    return 1
}

# The run folder is outside the checkout, where the unprivileged user may not get to.
world_create() {
    local base
    # The servers read what is made here, as another user.
    umask 022
    base=$(cd "${TMPDIR:-/tmp}" 2>/dev/null && pwd -P) || base=/tmp
    [[ -z $world_user ]] || world_reachable "$base" || base=/tmp
    # A socket's path has room for 107 octets (unix(7)).
    ((${#base} < 70)) || base=/tmp
    world_dir=$(mktemp -d "$base/tldguard.XXXXXX") ||
        { world_error="cannot make a folder in $base"; return 1; }
    chmod 0755 "$world_dir"
    mkdir "$world_dir/run" "$world_dir/zones" "$world_dir/log" "$world_dir/figures"
    [[ -z $world_user ]] || chown "$world_user" "$world_dir/log" "$world_dir/figures"
    cp "$1"/*.zone "$world_dir/zones/"
    grep -v '^#' "$1/zones" >"$world_dir/zones/list"
    # Opened after the resolver has given its rights up.
    cp "$TLDGUARD_MODULE" "$world_dir/tldguard.so"
    chmod -R u+w,a+rX "$world_dir/zones" "$world_dir/tldguard.so"
    world_settings refuse
}

# world_settings ON_ERROR
world_settings() {
    cat >"$world_dir/tldguard.conf" <<CONF
# What the module reads: tldguard.conf(5).
policy: "$world_dir/policy.cdb"
log: "$world_dir/log/block.jsonl"
on-error: $1
stats: "$world_dir/figures/stats"
CONF
}

# world_compile POLICY: into the image that the resolver loads.
world_compile() {
    world_error=$("$TLDGUARD" compile --quiet "$1" -o "$world_dir/policy.cdb" 2>&1)
}

# world_tls_create: a key and the certificate for it, tls/cert.pem, good for this machine and a day.
world_tls_create() {
    mkdir "$world_dir/tls"
    world_error=$(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 \
        -subj /CN=resolver.tldguard.test -addext 'subjectAltName=IP:127.0.0.1,IP:::1' \
        -keyout "$world_dir/tls/key.pem" -out "$world_dir/tls/cert.pem" 2>&1) || return 1
    [[ -z $world_user ]] || chown "$world_user" "$world_dir/tls/key.pem"
    world_tls=yes
}

world_has_ipv6() {
    grep -qs '^00000000000000000000000000000001 ' /proc/net/if_inet6
}

# world_token NAME: what a server of this run answers to id.server, and no other one.
world_token() { printf '%s' "${world_dir##*/}-$1"; }

world_nsd_conf() {
    local zone file
    cat <<CONF
server:
    ip-address: 127.0.0.1@$1
    do-ip6: no
    reuseport: no
    server-count: 1
    identity: "$(world_token nsd)"
    username: "$world_user"
    chroot: ""
    zonesdir: "$world_dir/zones"
    database: ""
    pidfile: ""
    xfrdfile: ""
    zonelistfile: "$world_dir/run/nsd.zonelist"
    # All its clients are one resolver.
    rrl-ratelimit: 0
    # The NS of each zone point at port 53 of this machine. An Unbound that takes an NS RRset from
    # the authority section of any answer (before CVE-2025-11411) would go on there.
    minimal-responses: yes
remote-control:
    control-enable: no
CONF
    while read -r zone file; do
        printf 'zone:\n    name: "%s"\n    zonefile: "%s"\n' "$zone" "$file"
    done < <(cat "$world_dir/zones/list"; ((${#world_zones[@]} == 0)) || printf '%s\n' "${world_zones[@]}")
}

# world_tls_conf PORT
world_tls_conf() {
    cat <<CONF
    interface: 127.0.0.1@$(($1 + 1))
    interface: 127.0.0.1@$(($1 + 2))
    tls-port: $(($1 + 1))
    https-port: $(($1 + 2))
    tls-service-key: "$world_dir/tls/key.pem"
    tls-service-pem: "$world_dir/tls/cert.pem"
CONF
}

# So-reuseport is off, so that a port that another process has got is an error. The stub (or forward)
# for the root keeps every question on this machine.
world_unbound_conf() {
    cat <<CONF
server:
    interface: 127.0.0.1@$1
$(! world_has_ipv6 || echo "    interface: ::1@$1")
$([[ $world_tls == no ]] || world_tls_conf "$1")
    access-control: 127.0.0.0/8 allow
    access-control: ::1/128 allow
    so-reuseport: no
    num-threads: $world_threads
    identity: "$(world_token unbound)"
    username: "$world_user"
    chroot: ""
    directory: "$world_dir"
    pidfile: ""
    logfile: ""
    use-syslog: no
    verbosity: 1
    do-not-query-localhost: no
    # Nothing in this world is signed.
    trust-anchor-signaling: no
    domain-insecure: "."
    module-config: "dynlib validator iterator"
$world_unbound_more
dynlib:
    dynlib-file: "$world_dir/tldguard.so"
$world_outside-zone:
    name: "."
    $world_outside-addr: 127.0.0.1@$world_nsd_port
remote-control:
    control-enable: yes
    control-interface: "$world_dir/run/control"
    control-use-cert: no
$world_unbound_clauses
CONF
}

# An Unbound beside, as the distribution configures it; these two make its policy.
world_stock_modules=''   # its module-config
world_stock_clauses=''

# world_stock_conf NAME PORT, world_stock_command NAME: for a world_NAME_conf and _command.
world_stock_conf() {
    world_unbound_conf "$2" | sed -e '/^dynlib:/,/dynlib-file:/d' \
        -e "s|^\( *identity:\).*|\1 \"$(world_token "$1")\"|" \
        -e "s|run/control|run/$1-control|" \
        -e "s|^\( *module-config:\).*|\1 \"$world_stock_modules\"|"
    printf '%s\n' "$world_stock_clauses"
}
world_stock_command() {
    world_command=("$UNBOUND_PREFIX/sbin/unbound" -d -p -c "$world_dir/$1.conf")
}

world_nsd_command() {
    world_command=("$NSD" -d -c "$world_dir/nsd.conf")
}

world_unbound_command() {
    world_command=(env "TLDGUARD_CONF=$world_dir/tldguard.conf"
        "${world_unbound_program:-$UNBOUND_PREFIX/sbin/unbound}" -d -p -c "$world_dir/unbound.conf")
}

# world_control ARG...: of unbound-control; prints what that prints.
world_control() {
    "$UNBOUND_PREFIX/sbin/unbound-control" -c "$world_dir/unbound.conf" "$@"
}

# Below the ports that the system hands out by itself. What is free now may be taken a
# moment later: then the start fails, and the next port is tried. SRANDOM, as RANDOM is seeded by
# some tests, and two runs of one of them would take each other's ports.
world_pick_port() {
    local hex
    while :; do
        world_port=$((10240 + SRANDOM % 20000))
        printf -v hex ':%04X ' "$world_port"
        cat /proc/net/{udp,tcp,udp6,tcp6} 2>/dev/null | grep -qF "$hex" || return 0
    done
}

# By TCP: a server that ends in the middle of its start cuts the connection.
world_answers() {
    (exec 3<>"/dev/tcp/127.0.0.1/$2") 2>/dev/null || return 1
    drill -t -p "$2" @127.0.0.1 "${world_asks_token[@]}" 2>/dev/null |
        grep -qF "\"$(world_token "$1")\""
}

# world_await NAME PID: until it answers. Sets world_status when it ended instead.
world_await() {
    local deadline=$((SECONDS + world_patience))
    until world_answers "$1" "$world_port"; do
        if ! kill -0 "$2" 2>/dev/null; then
            world_status=0
            wait "$2" || world_status=$?
            rm -f "$world_dir/run/$1.pid"
            return 1
        fi
        ((SECONDS < deadline)) || { world_status=-1; world_stop "$1"; return 1; }
        world_pause
    done
}

# world_start NAME: in a session of its own, so that an interrupt of the script leaves the
# end of it to the script's trap.
world_start() {
    local name=$1 pid
    local -a world_command
    # Nothing that runs may be forgotten.
    world_stop "$name"
    for _ in 1 2 3 4 5; do
        world_pick_port
        "world_${name}_conf" "$world_port" >"$world_dir/$name.conf"
        "world_${name}_command"
        setsid "${world_command[@]}" >"$world_dir/$name.log" 2>&1 </dev/null &
        pid=$!
        echo "$pid" >"$world_dir/run/$name.pid"
        if world_await "$name" "$pid"; then
            printf -v "world_${name}_port" %d "$world_port"
            return 0
        fi
        grep -qi 'already in use' "$world_dir/$name.log" || break
    done
    world_error="$name does not start (status $world_status):
$(tail -n 5 "$world_dir/$name.log")"
    return 1
}

# world_pid NAME [DIR]: its number, if that process is still the one that was started.
world_pid() {
    local dir=${2:-$world_dir} pid
    pid=$(cat "$dir/run/$1.pid" 2>/dev/null) && [[ $pid =~ ^[0-9]+$ ]] || return 1
    tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | sed 's/^--[a-z-]*=//' | grep -qxF "$dir/$1.conf" || return 1
    printf '%s' "$pid"
}

# world_stop NAME [DIR]
world_stop() {
    local dir=${2:-$world_dir} pid deadline=$((SECONDS + 10))
    if pid=$(world_pid "$1" "$dir"); then
        kill "$pid" 2>/dev/null || true
        while world_pid "$1" "$dir" >/dev/null; do
            ((SECONDS < deadline)) || kill -KILL "$pid" 2>/dev/null || true
            world_pause
        done
    fi
    rm -f "$dir/run/$1.pid"
}

world_end() {
    [[ -n $world_dir ]] || return 0
    world_stop unbound
    world_stop nsd
    rm -rf "$world_dir"
    world_dir=''
}
