#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The account on a host, by real ssh: it does what it is for, and nothing else, whatever is asked for.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ask_host ARG...: of ssh to h1; sets out, err, code.
ask_host() {
    code=0
    out=$(ssh -F "$admin/ssh_config" "$@" 2>"$admin/err") || code=$?
    err=$(<"$admin/err")
}
host() { ask_host h1 "$@" </dev/null; }
# What is left of what came in.
left() { find "$world_dir/h1/policy" -name '.incoming.??????'; }

# Nothing of these does anything but cost one line.
test_refused() {
    local asked
    while IFS= read -r asked; do
        host "$asked"
        is "refused: $asked" "$code $(wc -l <<<"$err")$out" '2 1'
    done <<'END'
sh
bash -i
id
status; id
status&id
status && id
status | cat
status > /tmp/x
$(id)
`id`
status $(id)
${PATH}
~
*
STATUS
status --conf /etc/passwd
status -c x
status status
history x
survey x
policy /etc/passwd
clock now
../status
activate
activate 10
activate 10 10 10
activate 0 0
activate -1 0
activate 010 0
activate 0x10 0
activate 1e3 0
activate 10 99999
activate 1073741825 0
activate 99999999999999999999999 0
activate a b
activate x[$(id)] 0
rollback 0
rollback -1
rollback 4294967296
rollback x
rollback 1 now
rollback offline
rsync --server --sender . /etc
scp -f /etc/passwd
internal-sftp
END
    host "$(printf 'status\nid')"
    is "refused: two lines" "$code $(wc -l <<<"$err")$out" '2 1'
    host "$(printf 'a%.0s' {1..5000})"
    is "refused: a long one" "$code $(wc -l <<<"$err")$out" '2 1'
    host "$(printf 'stat\033[2Jus')"
    is "refused: a terminal's code" "$code $(tr -d '\n -~' <<<"$err" | wc -c)$out" '2 0'
    ask_host h1 </dev/null
    is "refused: a shell" "$code$out" 2
    ask_host -tt h1 </dev/null
    holds "refused: a terminal" "$err" 'PTY allocation request failed'
    ask_host -s h1 sftp </dev/null
    is "refused: sftp" "$((code != 0))$out" 1
    ask_host -W "$outside:53" h1 </dev/null
    is "refused: to go on from there" "$((code != 0))$out" 1
    ask_host -o ExitOnForwardFailure=yes -R 5555:127.0.0.1:53 h1 status </dev/null
    is "refused: to be gone on from" "$((code != 0))$out" 1
}

test_answers() {
    host status
    is "status" "$code$err $(jq -r .policy.serial <<<"$out")" "0 $serial"
    host history
    is "history" "$code$err $(jq -r .active.serial <<<"$out")" "0 $serial"
    host version
    is "version" "$code$err ${out%%,*}" "0 policy-host protocol 1"
    host clock
    check "clock" test "$(($(date +%s%3N) - out))" -lt 5000
    host survey
    is "survey: two values" "$code$err $(jq -cs '[length, .[0].protocol, .[1].policy.serial]' <<<"$out")" "0 [2,1,$serial]"
    ssh -F "$admin/ssh_config" h1 policy </dev/null >"$admin/got" || true
    check "policy: octet by octet" cmp "$admin/got" "$world_dir/h1/policy/policy.cdb"
    host rollback 7
    is "rollback to what is not there" "$code $(jq -r .result <<<"$out")" '1 refused'
}

# hand IMAGE-OCTETS SIGNATURE-OCTETS FILE...: what comes in.
hand() { ask_host h1 activate "$1" "$2" < <(cat "${@:3}"); }

test_activate() {
    local image=$admin/new/policy.cdb size sig
    compile_policy "$admin/new" block
    size=$(stat -c %s "$image")
    sig=$(stat -c %s "$image.minisig")
    hand "$size" 0 "$image"
    is "activate: without its signature" "$code $(jq -r .result <<<"$out")" '1 refused'
    hand "$size" "$sig" "$image"
    is "activate: cut" "$code $err" "3 policy-host: error: the signature was cut on the way: 0 of $sig octets came"
    hand "$((size + 1000))" 0 "$image"
    is "activate: shorter than was said" "$code $err" "3 policy-host: error: the image was cut on the way: $size of $((size + 1000)) octets came"
    hand 1000 "$sig" "$image" "$image.minisig"
    is "activate: what is taken from elsewhere" "$code $(jq -r .result <<<"$out")" '1 refused'
    is "activate: nothing has changed so far" "$(in_force h1)" "$((serial - 1))"
    is "activate: nothing is left of it" "$(left)" ''
    # What a connection left that was cut together with the host's power.
    mkdir "$world_dir/h1/policy/.incoming.abc123"
    touch "$world_dir/h1/policy/.incoming.abc123/policy.cdb"
    chown -R 994 "$world_dir/h1/policy/.incoming.abc123"
    hand "$size" "$sig" "$image" "$image.minisig"
    is "activate" "$code$err $(jq -r '.result, .serial' <<<"$out" | xargs)" "0 active $serial"
    is "activate: in force" "$(in_force h1)" "$serial"
    is "activate: nothing is left, not even of others" "$(left)" ''
    hand "$size" "$sig" "$image" "$image.minisig"
    is "activate: again" "$code$err $(jq -r .result <<<"$out")" '0 unchanged'
}

# Slow ones: they hold the lock, and no longer than they may.
test_slow() {
    local pid feed
    mkfifo "$admin/feed"
    ssh -F "$admin/ssh_config" h1 activate 1000 0 <"$admin/feed" >"$admin/slow" 2>&1 &
    pid=$!
    exec {feed}>"$admin/feed"
    # shellcheck disable=SC2317
    is_in() { [[ -n $(left) ]]; }
    live_until is_in || bail 'nothing comes in'
    hand 1000 0 /dev/null
    is "slow: one at a time" "$code ${err%% 20[0-9]*}" \
        "3 policy-host: error: another push hands in a policy here: from $outside, since"
    kill "$pid"
    wait "$pid" 2>/dev/null || true
    # shellcheck disable=SC2317
    is_out() { [[ -z $(left) ]]; }
    check "slow: a connection that ends leaves nothing" live_until is_out
    host_account h1 "$account --wait 1"
    ssh -F "$admin/ssh_config" h1 activate 1000 0 <"$admin/feed" >"$admin/slow" 2>&1 &
    pid=$!
    code=0
    wait "$pid" || code=$?
    is "slow: no longer than it may" "$code $(<"$admin/slow")" '3 policy-host: error: the image did not come within 1 s: 0 of 1000 octets'
    exec {feed}>&-
    host_account h1 "$account --most 1"
    hand $((1024 * 1024 + 1)) 0 /dev/null
    is "large: refused unread" "$code$out" 2
    host_account h1 "$account"
}

# Keys that are replaced: what is in force is not trusted any more, and the new one is.
test_key() {
    host_settings h1
    sed -i "s|^trusted-keys:.*|trusted-keys: $(tail -n 1 "$admin/other.key.pub")|" "$world_dir/h1/tldguard.conf"
    host_unbound h1 stop
    sed -i 's/^on-error:.*/on-error: pass/' "$world_dir/h1/tldguard.conf"
    host_unbound h1 start
    host status
    is "key: it does not protect" "$code $(jq -r .state <<<"$out")" '1 not-protecting'
    write_policy "$admin/p.yaml" block
    script push-policy --yes --key "$admin/other.key" --watch 1 --json "$admin/p.yaml"
    is "key: a push with the new one" "$code $(results) $(in_force h1)" "0 h1=active $serial"
}

# A host that never had one.
test_first() {
    host_unbound h1 stop
    rm -rf "$world_dir"/h1/policy/{policy.cdb*,history}
    host_unbound h1 start
    script fleet-status
    is "first: fleet-status tells that it does not protect" "$code $(grep -c '^h1 .*not-protecting: ' <<<"$out")" '1 1'
    write_policy "$admin/p.yaml" block
    script push-policy --yes --key "$admin/other.key" --watch 1 "$admin/p.yaml"
    is "first: pushed" "$code $(in_force h1) $(grep -cE "^h1 \(canary\) +active +none -> $serial " <<<"$out")" "0 $serial 1"
    script fleet-status
    is "first: fleet-status is content" "$code" 0
    # And one that is bad: there is none to go back to, and it says so.
    write_policy "$admin/p.yaml" block 'canary:' '  - {name: gone.example, type: MX, expect: resolve}'
    host_unbound h1 stop
    rm -rf "$world_dir"/h1/policy/{policy.cdb*,history}
    host_unbound h1 start
    script push-policy --yes --key "$admin/other.key" --watch 1 --json "$admin/p.yaml"
    is "first, and bad: it stays, and is told" "$code $(results) $(in_force h1)" "1 h1=unproven $serial"
}

fleet_begin 1
account="$world_dir/bin/policy-host --conf $world_dir/h1/tldguard.conf --tool $world_dir/bin/tldguard"
ssh_settings
inventory h1
test_refused
test_answers
test_activate
test_slow
test_key
test_first
fleet_done
