# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154,SC2317
# Other resolvers with the same rule, for tests/bench/resolver.sh: "all of ml. is NXDOMAIN", each
# time with a line in a file, in the shortest way that its manual has for it. One thread works in
# each. One that is not here, does not start or answers otherwise is named, and left out.

peers_known=(bind pdns kresd dnsdist)
peers=() # those that run
title+=([bind]='BIND, RPZ logged' [pdns]='PowerDNS Recursor, RPZ logged' [kresd]='Knot Resolver, policy logged'
    [dnsdist]='dnsdist, rule logged')
# Not what pushes a buffer's lines out.
logged+=([bind]='rewrite [^ ]*(army\.ml|mail\.)' [pdns]='blocked (.*army\.ml|mail\.)'
    [kresd]='blocked (.*army\.ml|mail\.)' [dnsdist]='for (.*army\.ml|mail\.)')
declare -A peer_program=([bind]=named [pdns]=pdns_recursor [kresd]=kresd [dnsdist]=dnsdist)

is_peer() { [[ " ${peers_known[*]} " == *" $1 "* ]]; }
for_all_peers() { local name; for name in "${peers_known[@]}"; do "$1" "$name"; done; }

# What scripts/setup has unpacked, or the machine's own.
peer_path() {
    PATH=$TG_BUILD/bind/bin:$TG_BUILD/pdns/bin:$TG_BUILD/kresd/bin:$TG_BUILD/dnsdist/bin:$PATH:/usr/sbin \
        command -v "${peer_program[$1]}"
}

# The answer to a name that has been answered already is made anew, as RPZ has it: also for those
# that could keep it, and then would not log it.
world_bind_conf() {
    cat <<CONF
options {
    directory "$work";
    listen-on port $1 { 127.0.0.1; };
    listen-on-v6 { none; };
    server-id "$(world_token bind)";
    pid-file none;
    session-keyfile none;
    forwarders { 127.0.0.1 port $world_nsd_port; };
    forward only;
    recursion yes;
    allow-query { any; };
    allow-recursion { any; };
    dnssec-validation no;
    response-policy { zone "rpz.bench"; } qname-wait-recurse no;
};
controls { };
logging {
    channel blocked { file "$(log_of bind)"; print-time yes; buffered yes; };
    category rpz { blocked; };
    category default { default_stderr; };
};
zone "rpz.bench" { type primary; file "$work/rpz.zone"; };
CONF
}
world_bind_command() { world_command=("${before[@]}" "$(peer_path bind)" -n 1 -f -c "$world_dir/bind.conf"); }

# It does not say by itself which question a policy was applied to.
world_pdns_conf() {
    cat >"$work/pdns.lua" <<'LUA'
function policyEventFilter(event)
    pdnslog("blocked " .. event.qname:toString() .. " " .. event.qtype .. " " .. event.remote:toString())
    return false
end
LUA
    echo "rpzFile(\"$work/rpz.zone\", {policyName=\"rpz.bench\"})"
}
world_pdns_command() {
    mkdir -p "$work/pdns"
    world_command=("${before[@]}" "$(peer_path pdns)" "--lua-config-file=$world_dir/pdns.conf"
        "--lua-dns-script=$work/pdns.lua" "--config-dir=$work/pdns" "--socket-dir=$work/pdns"
        --local-address=127.0.0.1 "--local-port=$world_port" --threads=1 --disable-packetcache=yes
        "--server-id=$(world_token pdns)" "--forward-zones=.=127.0.0.1:$world_nsd_port" --hint-file=no
        --dnssec=off --daemon=no --write-pid=no --disable-syslog=yes --loglevel=4 --quiet=yes
        --security-poll-suffix=)
    to_log pdns
}

# It has no class CH.
world_kresd_conf() {
    cat <<CONF
local ffi = require('ffi')
net.listen('127.0.0.1', $1, {kind = 'dns'})
trust_anchors.remove('.')
for _, name in ipairs({'ta_signal_query', 'ta_update', 'priming', 'detect_time_skew', 'detect_time_jump'}) do
    modules.unload(name)
end
cache.size = 64 * MB
log_target('stderr')
log_level('notice')
policy.add(policy.domains(policy.ANSWER({[kres.type.TXT] = {rdata = '$(peer_txt kresd)', ttl = 60}}),
    {todname('id.server')}))
policy.add(policy.suffix(function(state, req)
    local query = req:current()
    log_notice(ffi.C.LOG_GRP_POLICY, 'blocked %s %d %s', kres.dname2str(query.sname), query.stype,
        tostring(req.qsource.addr))
    return policy.DENY(state, req)
end, {todname('ml')}))
policy.add(policy.all(policy.STUB('127.0.0.1@$world_nsd_port')))
CONF
}
world_kresd_command() {
    mkdir -p "$work/kresd"
    world_command=("${before[@]}" "$(peer_path kresd)" -n -c "$world_dir/kresd.conf" "$work/kresd")
    to_log kresd
}

# In front of the Unbound that has nothing.
world_dnsdist_conf() {
    cat <<CONF
setLocal('127.0.0.1:$1')
newServer({address = '127.0.0.1:$(port_of none)', healthCheckMode = 'up'})
setSecurityPollSuffix('')
addAction('id.server.', SpoofRawAction('$(peer_txt dnsdist)'))
addAction('ml.', LogAction('$(log_of dnsdist)', false, true, true, false, true))
addAction('ml.', RCodeAction(DNSRCode.NXDOMAIN))
CONF
}
world_dnsdist_command() {
    world_command=("${before[@]}" "$(peer_path dnsdist)" --supervised --disable-syslog -C "$world_dir/dnsdist.conf")
}

# peer_txt NAME: its token as a character-string, for a string of Lua.
peer_txt() {
    local token
    token=$(world_token "$1")
    printf '\\%03d%s' "${#token}" "$token"
}
# to_log NAME: world_command with its standard error appended to the log, which is emptied under it.
to_log() {
    # shellcheck disable=SC2016
    world_command=(sh -c 'log=$1; shift; exec "$@" 2>>"$log"' sh "$(log_of "$1")" "${world_command[@]}")
}

# start_peer NAME: prints why not.
start_peer() {
    local said
    peer_path "$1" >/dev/null || { echo "there is no ${peer_program[$1]} here: scripts/setup --bench-peers"; return 1; }
    world_asks_token=(id.server CH TXT)
    [[ $1 != kresd ]] || world_asks_token=(id.server IN TXT)
    world_patience=20
    if ! world_start "$1"; then
        echo "$world_error" "$(tail -n 3 "$(log_of "$1")" 2>/dev/null)"
        return 1
    fi
    said=$(wrong "$1" warm)
    [[ -z $said ]] || { echo "wrong answers: $said"; return 1; }
}

start_peers() {
    local name
    questions blocked 300 1 | sed 's/ [^ ]* \([^ ]*\)$/ push.ml \1/' >"$work/push"
    for name in "${peers_known[@]}"; do
        progress "rates: starting ${title[$name]}"
        if start_peer "$name" >"$work/why"; then
            peers+=("$name")
        else
            progress
            echo "left out: ${title[$name]}: $(<"$work/why")" >&2
            row absent "$name" blocked
            world_stop "$name"
        fi
    done
    world_asks_token=(id.server CH TXT)
}

# peer_versions: NAME VERSION of those that ran.
peer_versions() {
    local name
    for name in "${peers[@]}"; do
        case $name in
        bind) echo "bind $("$(peer_path bind)" -v | sed -E 's/^BIND ([^ ]*).*/\1/')" ;;
        pdns) echo "pdns $("$(peer_path pdns)" --version 2>&1 | sed -nE 's/.*PowerDNS Recursor ([^ ]*).*/\1/p')" ;;
        kresd) echo "kresd $("$(peer_path kresd)" --version 2>&1 | sed -nE 's/.*version ([^ ]*).*/\1/p')" ;;
        dnsdist) echo "dnsdist $("$(peer_path dnsdist)" --version 2>&1 | sed -nE '1s/^dnsdist ([^ ]*).*/\1/p')" ;;
        esac
    done
}
