#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A host that fetches its policy itself: from a file, from a real rsync daemon, and by rsync over ssh.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# pull ARG...: as the account of h1; sets out, err, code.
pull() {
    code=0
    out=$(in_host h1 setpriv --reuid 994 --regid 65534 --clear-groups env "HOME=$world_dir/h1/home" \
        "$world_dir/bin/pull-policy" --conf "$world_dir/h1/tldguard.conf" --tool "$world_dir/bin/tool" "$@" \
        2>"$admin/err" </dev/null) || code=$?
    err=$(<"$admin/err")
}
loaded() { jq -r '.policies.loaded' "$world_dir/h1/figures/stats"; }
files() { (cd "$world_dir/h1/policy" && find . ! -name '*.lock' -type f -exec sha256sum {} + | sort); }

# taken NAME SOURCE: a new one is, and once.
taken() {
    local loads
    compile_policy "$shop" block
    pull --from "$2"
    is "$1: in force" "$code$out$err $(in_force h1)" "0 $serial"
    loads=$(loaded)
    : >"$world_dir/called"
    pull --from "$2"
    is "$1: again, nothing is done" "$code$out$err $(loaded) $(xargs <"$world_dir/called")" "0 $loads history status"
}

# fails NAME CODE PART ARG...: one line, and all is as before.
fails() {
    local before
    before="$(in_force h1) $(files)"
    pull "${@:4}"
    is "$1: exit code, and one line" "$code$out $(wc -l <<<"$err")" "$2 1"
    holds "$1: why" "$err" "$3"
    is "$1: all is as before" "$(in_force h1) $(files)" "$before"
    is "$1: nothing is left" "$(find "$world_dir/h1/policy" -name '.incoming.??????')" ''
}

start_daemon() {
    cat >"$admin/rsyncd.conf" <<CONF
use chroot = no
uid = 0
gid = 0
[tldguard]
    path = $shop
    read only = yes
CONF
    rsync --daemon --no-detach --address "$outside" --config "$admin/rsyncd.conf" >"$admin/rsyncd.log" 2>&1 </dev/null &
    daemon=$!
    # shellcheck disable=SC2317
    daemon_is_up() { (exec 3<>"/dev/tcp/$outside/873") 2>/dev/null; }
    live_until daemon_is_up || bail "rsync: $(<"$admin/rsyncd.log")"
}

# h1 may read the policies of h2, and nothing else of it.
ssh_between() {
    local home=$world_dir/h1/home/.ssh
    host_account h2 "rrsync -ro $shop"
    cp "$admin/id" "$home/id"
    printf '10.77.0.* %s\n' "$(<"$world_dir/host_key.pub")" >"$home/known_hosts"
    printf '%s\n' 'Host shop' '    HostName 10.77.0.12' '    User tldguard' "    IdentityFile $home/id" \
        "    UserKnownHostsFile $home/known_hosts" >"$home/config"
    chown -R 994 "$home"
    chmod 600 "$home/id"
}

fleet_begin 2
shop=$world_dir/shop
# shellcheck disable=SC2016
# The tool, and a list of what it was called for.
printf '#!/bin/sh\necho "$1" >>%s\nexec %s "$@"\n' "$world_dir/called" "$world_dir/bin/tldguard" >"$world_dir/bin/tool"
chmod +x "$world_dir/bin/tool"
: >"$world_dir/called"
chmod a+w "$world_dir/called"
compile_policy "$shop" block
command -v rsync >/dev/null || { echo '1..0 # SKIP no rsync'; exit 77; }
start_daemon
ssh_between
taken 'a file' "$shop/policy.cdb"
taken 'rsync' "rsync://$outside/tldguard/policy.cdb"
if command -v rrsync >/dev/null; then taken 'rsync over ssh' shop:policy.cdb; else ok 'rsync over ssh # SKIP no rrsync'; fi

# Signed anew, it is the same policy.
"$TLDGUARD" sign -q -s "$admin/policy.key" --expires 90d "$shop/policy.cdb" || bail 'cannot sign'
pull --from "$shop/policy.cdb"
is 'signed anew' "$code$err $(in_force h1)" "0 $serial"
check 'signed anew: the new signature is there' cmp "$shop/policy.cdb.minisig" "$world_dir/h1/policy/policy.cdb.minisig"

# One that fails is put in force once: until there is another one.
compile_policy "$shop" block 'canary: [{name: nothing.nowhere, type: A, expect: resolve}]'
former=$(in_force h1)
loads=$(loaded)
pull --from "$shop/policy.cdb"
is 'its canary fails' "$code$out $(wc -l <<<"$err") $(in_force h1) $(($(loaded) - loads))" "1 1 $former 2"
holds 'its canary fails: why' "$err" "serial $former is active again"
fails 'again' 1 "$shop/policy.cdb: was put in force here and has failed; remove $world_dir/h1/policy/policy.cdb.failed" --from "$shop/policy.cdb"
fails 'again, by rsync' 1 'was put in force here and has failed' --from "rsync://$outside/tldguard/policy.cdb"
is 'again: it was not in force' "$(($(loaded) - loads))" 2
compile_policy "$shop" block
pull --from "$shop/policy.cdb"
is 'another one is taken' "$code$out$err $(in_force h1) $(find "$world_dir/h1/policy" -name '*.failed')" "0 $serial "
# The same where nobody signs: this module does not take it, as it wants a signature.
sed '/^trusted-keys/d' "$world_dir/h1/tldguard.conf" >"$world_dir/h1/keyless.conf"
former=$serial
compile_policy "$shop" block
rm "$shop/policy.cdb.minisig"
pull --from "$shop/policy.cdb" --conf "$world_dir/h1/keyless.conf"
is 'not signed, and put back' "$code$out $(wc -l <<<"$err") $(in_force h1)" "1 1 $former"
fails 'not signed, again' 1 'was put in force here and has failed' --from "$shop/policy.cdb" --conf "$world_dir/h1/keyless.conf"
rm -f "$world_dir/h1/policy/policy.cdb.failed"

compile_policy "$shop" block
cp "$shop/policy.cdb" "$admin/whole"
truncate -s -1 "$shop/policy.cdb"
for from in "$shop/policy.cdb" "rsync://$outside/tldguard/policy.cdb"; do
    fails "cut: ${from%%/*}" 1 'does not fit the image' --from "$from"
done
: >"$shop/policy.cdb"
fails 'empty' 3 'image is empty' --from "$shop/policy.cdb"
head -c 3000 /dev/urandom >"$shop/policy.cdb"
fails 'noise' 1 'does not fit the image' --from "$shop/policy.cdb"
cp "$admin/whole" "$shop/policy.cdb"
rm "$shop/policy.cdb.minisig"
fails 'not signed' 1 'is not signed' --from "rsync://$outside/tldguard/policy.cdb"
"$TLDGUARD" sign -q -s "$admin/other.key" "$shop/policy.cdb" || bail 'cannot sign'
fails 'signed by somebody else' 1 'is not a trusted one' --from "$shop/policy.cdb"
serial=$((serial - 3)) && compile_policy "$shop" block && serial=$((serial + 2))
fails 'an older one' 1 'is not higher than' --from "$shop/policy.cdb"
truncate -s 2G "$shop/policy.cdb"
fails 'a large file' 3 'larger than any image' --from "$shop/policy.cdb"
fails 'a large file by rsync' 3 'cannot be fetched' --from "rsync://$outside/tldguard/policy.cdb"
rm "$shop/policy.cdb" && mkfifo "$shop/policy.cdb"
fails 'no file' 3 'no such file' --from "$shop/policy.cdb"
rm "$shop/policy.cdb"
fails 'nothing there' 3 'no such file' --from "$shop/policy.cdb"
fails 'nothing there by rsync' 3 'No such file or directory' --from "rsync://$outside/tldguard/policy.cdb"
fails 'no such module' 3 "Unknown module" --from "rsync://$outside/none/policy.cdb"
# One that says things without end, or nothing that is text.
mkdir "$world_dir/talks"
chmod a+rx "$world_dir/talks"
for said in 'yes x' 'cat /dev/zero' 'tr -d \\n </dev/urandom'; do
    printf '#!/bin/sh\nexec %s >&2\n' "$said" >"$world_dir/talks/rsync"
    chmod a+rx "$world_dir/talks/rsync"
    ([[ -n ${TG_SANITIZED:-} ]] || ulimit -v 200000; PATH=$world_dir/talks:$PATH && fails "rsync: $said" 3 'cannot be fetched' \
        --from "rsync://$outside/tldguard/policy.cdb" --wait 5 && echo "$live_count $live_failed" >"$admin/counted")
    read -r live_count live_failed <"$admin/counted"
done
kill -STOP "$daemon"
fails 'a server that does not answer' 3 'cannot be fetched' --from "rsync://$outside/tldguard/policy.cdb" --wait 2
kill -CONT "$daemon"
kill "$daemon"
wait "$daemon" 2>/dev/null || true
fails 'no server' 3 'Connection refused' --from "rsync://$outside/tldguard/policy.cdb"
for args in '' '--from' '--from -x' '--from x --splay y' '--from x --wait 0' '--from x y' '--nonsense'; do
    # shellcheck disable=SC2086 # words
    fails "usage: $args" 2 'pull-policy: ' $args
done
fleet_done
