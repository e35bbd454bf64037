#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What goes wrong on a host of the fleet: one clear line each, its old policy untouched, and the
# other hosts have the new one. h1 is well, h2 is not.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

account=''               # the usual command of the account on h2
policy=''

# files: all that is beside the policy on h2, but for locks.
files() {
    # shellcheck disable=SC2016
    in_host h2 bash -c 'cd "$1" && find . -type f ! -name "*.lock" -exec sha256sum {} + | sort' files "$world_dir/h2/policy"
}

# fails NAME RESULT PART [ARG...]: a push to both.
fails() {
    local name=$1 result=$2 part=$3 before before_force line
    before=$(files)
    before_force=$(in_force h2)
    policy=$admin/policy.yaml
    write_policy "$policy" block
    script push-policy --yes --key "$admin/policy.key" --watch 0 --json "${@:4}" "$policy"
    is "$name: the exit code, and what came of each" "$code $(results)" "1 h1=active h2=$result"
    line=$(grep '^push-policy: h2: ' <<<"$err" || true)
    holds "$name: one line says it" "$line" "$part"
    is "$name: one line, and nothing else" "$(wc -l <<<"$line") $(tr -d '\n -~' <<<"$err" | wc -c)" '1 0'
    is "$name: the old policy is in force" "$(in_force h2)" "$before_force"
    is "$name: its files are as they were" "$(files)" "$before"
    is "$name: the other host has the new one" "$(in_force h1)" "$serial"
}

# usual: the account as it should be.
usual() { host_account h2 "$account"; }

# shellcheck disable=SC2016 # of other shells
test_disk() {
    local dir=$world_dir/h2/policy pages
    in_host h2 bash -ec 'cp -a "$1" "$1.kept"; mount -t tmpfs -o size=400k,mode=755 none "$1"; cp -a "$1.kept/." "$1"
        chown 994 "$1"; dd if=/dev/zero of="$1/full" bs=4k status=none || true' disk "$dir" 2>/dev/null
    fails "full disk" broken 'no room for the image of '
    # Room for what comes in, but not for the place it goes to.
    pages=$((($(stat -c %s "$admin/state/tldguard"/*/images/* | sort -n | tail -n 1) + 4095) / 4096 + 1))
    in_host h2 truncate -s -$((pages * 4096)) "$dir/full"
    fails "nearly full disk" broken 'No space left on device'
    in_host h2 umount "$dir"
}

test_account() {
    local away=$world_dir/nowhere
    # Columns: name; command; result; part of the line.
    while IFS='|' read -r name command result part; do
        host_account h2 "$command"
        fails "$name" "$result" "$part" --timeout 5
    done <<END
no tool|${account/--tool*/--tool $away}|broken|is tldguard installed on this host?
no settings|${account/--conf */--conf $away --tool ${account##* }}|broken|No such file or directory
no policy-host|$away|broken|not found
hangs|sleep 1000|unreachable|no answer within 5 s
hangs when it gets the policy|case \$SSH_ORIGINAL_COMMAND in activate*) sleep 1000 ;; *) $account ;; esac|unreachable|no answer within 5 s; it may have taken it all the same
reads nothing|case \$SSH_ORIGINAL_COMMAND in activate*) exit 3 ;; *) $account ;; esac|broken|exit code 3, and not a word
says that it has it, and has not|case \$SSH_ORIGINAL_COMMAND in activate*) echo '{\\"result\\":\\"active\\",\\"serial\\":1}' ;; *) $account ;; esac|broken|its answer is none of tldguard activate
says nonsense|printf '\\033[31mred\\007\\n\\377'|broken|does not answer as policy-host does
says nonsense as an error|printf '\\033[31mred\\007' >&2; exit 1|broken| [31mred
never ends to talk|yes|broken|does not answer as policy-host does
talks JSON that never ends|yes '['|broken|does not answer as policy-host does
another protocol|echo '{\\"protocol\\":2,\\"clock\\":0} {} {}'|broken|does not answer as policy-host does
END
    usual
}

test_resolver() {
    local pid had
    had=$(in_force h2)
    host_unbound h2 stop
    fails "Unbound has stopped" broken 'the module stopped at'
    host_unbound h2 start
    pid=$(in_host h2 cat "$world_dir/h2/run/unbound.pid")
    in_host h2 kill -KILL "$pid"
    # shellcheck disable=SC2317
    is_gone() { ! in_host h2 kill -0 "$pid" 2>/dev/null; }
    live_until is_gone || bail 'Unbound does not end'
    fails "Unbound was killed" broken "is gone"
    rm "$world_dir/h2/figures/stats"
    mv "$world_dir/h2/unbound.conf" "$world_dir/h2/kept.conf"
    sed -e '/^dynlib:/,/dynlib-file:/d' -e 's/"dynlib /"/' "$world_dir/h2/kept.conf" >"$world_dir/h2/unbound.conf"
    host_unbound h2 start
    is_without_module
    host_unbound h2 stop
    mv "$world_dir/h2/kept.conf" "$world_dir/h2/unbound.conf"
    host_unbound h2 start
    check "the resolver is well again" live_until is_in_force h2 "$had"
}
# shellcheck disable=SC2317
is_in_force() { [[ $(in_force "$1" 2>/dev/null) == "$2" ]]; }

is_without_module() {
    policy=$admin/policy.yaml
    write_policy "$policy" block
    local before
    before=$(files)
    script push-policy --yes --key "$admin/policy.key" --watch 0 --json "$policy"
    is "no module: what came of it" "$code $(results)" '1 h1=active h2=broken'
    holds "no module: one line says it" "$(grep '^push-policy: h2: ' <<<"$err")" 'has the module been loaded since the machine started?'
    is "no module: its files are as they were" "$(files)" "$before"
}

# A clock that is wrong for all that runs in the account.
test_clock() {
    local fake
    fake=$(find /usr/lib -name libfaketime.so.1 2>/dev/null | head -n 1)
    [[ -n $fake ]] || { ok "a wrong clock # SKIP no libfaketime"; return; }
    host_account h2 "LD_PRELOAD=$fake FAKETIME=+3600s $account"
    fails "a clock an hour ahead" broken ' s ahead of the one here; set it'
    host_account h2 "LD_PRELOAD=$fake FAKETIME=-3600s $account"
    fails "a clock an hour behind" broken ' s behind the one here; set it'
    # As exactly as a busy machine lets it: within what the connection took.
    check "a clock an hour behind: by how much" grep -qE 'h2: broken: its clock is 3(5[5-9].|600) s behind' <<<"$err"
    script fleet-status
    is "fleet-status: a clock an hour behind" "$code $(grep -cE '^h2 .*clock-off: its clock is -3(5[5-9].|600) s off' <<<"$out")" '1 1'
    usual
}

test_ssh() {
    local pid
    pid=$(in_host h2 pgrep -x sshd | head -n 1)
    in_host h2 kill -STOP "$pid"
    fails "sshd does not answer" unreachable 'no answer within 3 s' --timeout 3
    in_host h2 kill -CONT "$pid"
    sed -i 's/^10\.77\.0\.\*.*/10.77.0.11 '"$(sed 's/[&/\]/\\&/g' "$world_dir/host_key.pub")"'/' "$admin/known_hosts"
    fails "its key is not known" unreachable 'ssh: Host key verification failed.'
    printf '10.77.0.* %s\n' "$(<"$world_dir/host_key.pub")" >"$admin/known_hosts"
    : >"$world_dir/h2/home/.ssh/authorized_keys"
    fails "we may not come in" unreachable 'Permission denied'
    usual
    in_host h2 ip link set eth0 down
    fails "its cable is out" unreachable 'no answer within 3 s' --timeout 3
    in_host h2 ip link set eth0 up
    live_until host_is_up h2 || bail 'h2 does not come back'
}

test_trust() {
    cp "$world_dir/h2/tldguard.conf" "$admin/kept"
    host_settings h2
    sed -i "s|^trusted-keys:.*|trusted-keys: $(tail -n 1 "$admin/other.key.pub")|" "$world_dir/h2/tldguard.conf"
    fails "it trusts another key" refused 'is not a trusted one'
    mv "$admin/kept" "$world_dir/h2/tldguard.conf"
    chown root "$world_dir/h2/policy"
    fails "the folder is somebody else's" broken 'belongs to another user than tldguard: run as that one'
    chown 994 "$world_dir/h2/policy"
}

test_locks() {
    local pid
    in_host h2 flock "$world_dir/h2/policy/.incoming.lock" sh -c "echo 'from 192.0.2.7' >'$world_dir/h2/policy/.incoming.lock'; exec sleep 1000" &
    pid=$!
    # shellcheck disable=SC2317
    is_held() { ! in_host h2 flock -n "$world_dir/h2/policy/.incoming.lock" true; }
    live_until is_held || bail 'no lock'
    fails "somebody else hands one in" broken 'another push hands in a policy here: from 192.0.2.7'
    kill "$(pgrep -P "$pid")" "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
}

# What is refused before any host hears of it.
test_before() {
    local had_one=$serial
    policy=$admin/policy.yaml
    serial=$((serial - 3))
    write_policy "$policy" block
    script push-policy --yes --key "$admin/policy.key" "$policy"
    is "not higher: exit code" "$code" 1
    holds "not higher: which host" "$err" "h1: serial $had_one is in force there; serial $serial of $policy is not higher"
    serial=$had_one
    printf 'tlds: [\n' >"$policy"
    script push-policy --yes "$policy"
    is "a policy with errors" "$code $(grep -cE '^[^:]*policy.yaml:[0-9]+:[0-9]+: error: ' <<<"$err")" '3 1'
    write_policy "$policy" block 'block:' '  - {name: example.com, target: example.mil}'
    printf '10.1.2.3 www.example.com A\n10.1.2.3 www.example.org A\n' >"$admin/questions"
    script push-policy --yes --key "$admin/policy.key" --log "$admin/questions" "$policy"
    is "newly blocked: exit code" "$code" 1
    holds "newly blocked: why" "$err" 'more than 0 questions would be newly blocked'
    script push-policy --yes --key "$admin/policy.key" --log "$admin/questions" --max-newly-blocked 1 --dry-run "$policy"
    is "newly blocked, but it may be" "$code $(grep -c 'newly blocked: 1 question' <<<"$out")" '0 1'
    script push-policy --key "$admin/policy.key" "$policy"
    is "nobody to ask" "$code $(tail -n 1 <<<"$err")" "2 push-policy: there is no terminal to ask at: give --yes; see 'push-policy --help'"
    script push-policy --yes --key "$admin/nowhere" "$policy"
    is "no key" "$code" 3
    is "nothing was sent" "$(in_force h1)" "$had_one"
}

fleet_begin 2
account="$world_dir/bin/policy-host --conf $world_dir/h2/tldguard.conf --tool $world_dir/bin/tldguard"
ssh_settings
inventory 'h1 canary' h2
test_account
test_clock
test_ssh
test_trust
test_locks
test_resolver
test_disk
test_before
fleet_done
