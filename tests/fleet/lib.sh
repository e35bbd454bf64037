# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# What the tests of a fleet share. A host is a set of namespaces (network, mounts, processes, name) with an
# sshd, an account that can do nothing but policy-host, and an Unbound with the module; a
# bridge leads to it. The test itself is in such a set, so that all of it ends with the test.
#
# A test sources it, calls fleet_begin COUNT, tests, and ends with fleet_done. Environment and exit codes
# as tests/live/lib.sh; without root, or without sshd, it is skipped.

# shellcheck source-path=SCRIPTDIR source=../support/network.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/network.sh"
# shellcheck source-path=SCRIPTDIR source=../live/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../live/lib.sh"
# Unpacked by scripts/setup in build/, whatever tree is tested.
PATH=$PATH:/sbin:/usr/sbin:$TG_SRC/build/sshd/bin:$TG_SRC/build/promtool/bin
export TLDGUARD_DATA=${TLDGUARD_DATA:-$TG_SRC/policy/tables} UNBOUND_PREFIX

fleet_tests=$TG_SRC/tests/fleet
host_patience=$((2 * live_patience))
serial=2026112900        # of the last policy
declare -A host_pid=()   # of the process whose namespaces a host is

# What world.sh makes for one machine, with the outside at an address of the bridge.
outside=10.77.0.1

fleet_missing() {
    local program
    for program in sshd ssh ssh-keygen ip nsenter jq drill; do
        command -v "$program" >/dev/null || { echo "no $program"; return; }
    done
    world_missing
}

fleet_end() {
    local host
    for host in "${!host_pid[@]}"; do host_stop "$host"; done
    world_end
}

# fleet_begin COUNT: the bridge, the outside, keys, the first policy, and hosts h1, h2, ...
fleet_begin() {
    local why i
    why=$(fleet_missing)
    [[ -z $why ]] || { echo "1..0 # SKIP $why"; exit 77; }
    trap fleet_end EXIT
    set -E
    trap '((BASH_SUBSHELL > 0)) || echo "Bail out! ${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND"' ERR
    world_create "$TG_SRC/scripts/world" || bail "$world_error"
    live_log=/nonexistent
    [[ -z ${TG_SANITIZED:-} ]] || live_sanitize
    ip link set lo up
    ip link add name fleet type bridge
    ip address add "$outside/24" dev fleet
    ip link set fleet up
    fleet_outside
    fleet_keys
    compile_policy "$world_dir/first" block
    for ((i = 1; i <= $1; i++)); do host_create "h$i"; done
    for ((i = 1; i <= $1; i++)); do host_start "h$i"; done
    for ((i = 1; i <= $1; i++)); do host_await "h$i"; done
}

fleet_outside() {
    world_nsd_conf 53 | sed "s/127\.0\.0\.1@/$outside@/" >"$world_dir/nsd.conf"
    world_nsd_command
    "${world_command[@]}" >"$world_dir/nsd.log" 2>&1 </dev/null &
    # By TCP first: drill waits for five seconds after a datagram that nobody took.
    # shellcheck disable=SC2317
    outside_is_up() { (exec 3<>"/dev/tcp/$outside/53") 2>/dev/null && drill "@$outside" army.mil A >/dev/null; }
    live_until outside_is_up || bail "NSD: $(tail -n 3 "$world_dir/nsd.log")"
}

# Keys: of a push, of ssh, and the tools where an account without rights can reach them.
fleet_keys() {
    # Where the administrator is; nobody else may look into it.
    admin=$world_dir/admin
    (umask 077 && mkdir "$admin")
    mkdir -p "$world_dir/bin/lib"
    cp "$TLDGUARD" "$TG_SRC/scripts/policy-host" "$TG_SRC/scripts/pull-policy" "$world_dir/bin/"
    cp "$TG_SRC/scripts/lib/incoming.sh" "$world_dir/bin/lib/"
    chmod -R a+rX "$world_dir/bin"
    "$TLDGUARD" keygen --no-password "$admin/policy.key" >/dev/null 2>&1 || bail 'no key to sign with'
    "$TLDGUARD" keygen --no-password "$admin/other.key" >/dev/null 2>&1 || bail 'no other key'
    ssh-keygen -q -t ed25519 -N '' -C push -f "$admin/id" || bail 'no key of ssh'
    ssh-keygen -q -t ed25519 -N '' -C host -f "$world_dir/host_key" || bail 'no host key'
    export XDG_STATE_HOME=$admin/state TLDGUARD
    : >"$admin/ssh_config"
}

# compile_policy FOLDER MODE [LINE...]: the next serial, as policy.yaml and policy.cdb, signed.
compile_policy() {
    mkdir -p "$1"
    write_policy "$1/policy.yaml" "${@:2}"
    "$TLDGUARD" compile -q "$1/policy.yaml" -o "$1/policy.cdb" || bail 'the policy does not compile'
    "$TLDGUARD" sign -q -s "$admin/policy.key" "$1/policy.cdb" || bail 'cannot sign'
}

# write_policy FILE MODE [LINE...]: with the next serial.
write_policy() {
    serial=$((serial + 1))
    printf '%s\n' "serial: $serial" 'answer: {ttl: 2}' 'tlds:' "  - {tld: ml, targets: [mil], mode: $2}" "${@:3}" >"$1"
}

# host_create NAME: its folder, and how to reach it. Each path of it is below $world_dir/NAME.
host_create() {
    local name=$1 dir=$world_dir/$1
    mkdir -p "$dir"/{run,log,figures,policy,home/.ssh,etc}
    cp "$TLDGUARD_MODULE" "$dir/tldguard.so"
    chmod a+rx "$dir/tldguard.so"
    cp "$world_dir/first/policy.cdb" "$world_dir/first/policy.cdb.minisig" "$dir/policy/"
    host_settings "$name"
    host_account "$name" "$world_dir/bin/policy-host --conf $dir/tldguard.conf --tool $world_dir/bin/tldguard"
    printf '%s\n' 'root:*:0:0::/root:/bin/sh' 'sshd:*:993:65534::/run/sshd:/usr/sbin/nologin' \
        'nobody:*:65534:65534::/nonexistent:/usr/sbin/nologin' "tldguard:*:994:65534::$dir/home:/bin/sh" >"$dir/etc/passwd"
    chown nobody "$dir/log" "$dir/figures"
    chown -R 994 "$dir/policy"
    cat >>"$admin/ssh_config" <<CONF
Host $name
    HostName 10.77.0.$((10 + ${name#h}))
CONF
    cat >"$dir/sshd_config" <<CONF
ListenAddress 0.0.0.0
HostKey $world_dir/host_key
PidFile none
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
# As long as the test may take to come around again.
LoginGraceTime 20
CONF
}

# host_settings NAME [LINE...]
host_settings() {
    local dir=$world_dir/$1
    printf '%s\n' "policy: $dir/policy/policy.cdb" "log: $dir/log/block.jsonl" "stats: $dir/figures/stats" \
        'on-error: refuse' "trusted-keys: $(tail -n 1 "$admin/policy.key.pub")" "${@:2}" >"$dir/tldguard.conf"
}

# host_account NAME COMMAND: what the account may do.
host_account() {
    printf 'restrict,command="%s" %s\n' "$2" "$(<"$admin/id.pub")" >"$world_dir/$1/home/.ssh/authorized_keys"
}

# host_start NAME: its namespaces, with sshd and Unbound in them.
host_start() {
    local name=$1 dir=$world_dir/$1 pid
    host_conf "$name" >"$dir/unbound.conf"
    unshare --net --mount --uts --pid --fork --mount-proc --kill-child "$fleet_tests/host" "$name" "$dir" \
        >"$dir/host.log" 2>&1 </dev/null &
    pid=$!
    host_pid[$name]=$pid
    # shellcheck disable=SC2317
    apart() { [[ $(readlink "/proc/$pid/ns/net") != "$(readlink /proc/$$/ns/net)" ]]; }
    live_until apart || bail "$name has no namespace"
    ip link add name "$name" type veth peer name eth0 netns "$pid"
    ip link set "$name" master fleet up
}

host_conf() {
    # What world.sh makes, for another folder.
    local world_dir=$world_dir/$1 world_nsd_port=53
    world_unbound_conf 53 |
        sed -e "s/stub-addr: .*/stub-addr: $outside@53/" -e '/interface: ::1/d' ${2:+-e "$2"}
}

# in_host NAME COMMAND...: as root, in its namespaces.
in_host() {
    local pid
    pid=$(pgrep -P "${host_pid[$1]}") || return 1
    nsenter --target "$pid" --net --mount --uts --pid -- "${@:2}"
}

# shellcheck disable=SC2317
host_is_up() {
    [[ -e $world_dir/$1/run/ready ]] && (exec 3<>"/dev/tcp/10.77.0.$((10 + ${1#h}))/22") 2>/dev/null
}
host_await() {
    local live_patience=$host_patience
    live_until host_is_up "$1" || bail "$1 does not start: $(tail -n 5 "$world_dir/$1/host.log" "$world_dir/$1/unbound.log" 2>&1)"
}

# host_stop NAME: as when its power is cut.
host_stop() {
    local pid=${host_pid[$1]}
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null || true
    ip link delete "$1" 2>/dev/null || true
    rm -f "$world_dir/$1/run/ready"
    unset "host_pid[$1]"
}

# host_unbound NAME stop|start
host_unbound() {
    in_host "$1" "$fleet_tests/host" "--$2" "$world_dir/$1"
}

# A client's ssh, as an administrator has it configured.
ssh_settings() {
    cat >>"$admin/ssh_config" <<CONF
Host *
    User tldguard
    IdentityFile $admin/id
    IdentitiesOnly yes
    UserKnownHostsFile $admin/known_hosts
    StrictHostKeyChecking yes
    LogLevel ERROR
CONF
    printf '10.77.0.* %s\n' "$(<"$world_dir/host_key.pub")" >"$admin/known_hosts"
}

# inventory LINE...: of the next pushes.
inventory() { printf '%s\n' "$@" >"$admin/hosts"; }

# script NAME ARG...: of scripts/; sets out, err and code.
script() {
    code=0
    out=$("$TG_SRC/scripts/$1" --ssh-config "$admin/ssh_config" --hosts "$admin/hosts" "${@:2}" 2>"$admin/err" </dev/null) || code=$?
    err=$(<"$admin/err")
}

# in_force NAME: the serial that the module there has.
in_force() { jq -r '.policy.serial // "none"' "$world_dir/$1/figures/stats"; }
# all_in_force: of all hosts, as "h1=5 h2=5".
all_in_force() {
    local host
    for host in $(printf '%s\n' "${!host_pid[@]}" | sort); do printf '%s=%s ' "$host" "$(in_force "$host")"; done
}
# every_host SERIAL: what all_in_force prints when all have that.
every_host() {
    local host
    for host in $(printf '%s\n' "${!host_pid[@]}" | sort); do printf '%s=%s ' "$host" "$1"; done
}
# of JSON on $out: what FILTER tells of each host.
results() { jq -r "[.hosts[] | .host + \"=\" + .result] | join(\" \")" <<<"$out"; }

fleet_done() {
    local host
    if [[ -n ${TG_SANITIZED:-} ]]; then
        for host in "${!host_pid[@]}"; do host_unbound "$host" stop; done
        is "the sanitizers have nothing to report:$TG_SANITIZED" "$(live_reports)" ''
    fi
    echo "1..$live_count"
    ((live_failed > 0)) || exit 0
    for host in "${!host_pid[@]}"; do tail -n 10 "$world_dir/$host/unbound.log" | sed "s/^/# $host: /"; done
    exit 1
}
