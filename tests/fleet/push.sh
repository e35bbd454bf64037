#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Policies pushed to five hosts over real ssh, to real resolvers: by a canary, watched, taken back,
# gone on with after whatever stopped it; and what fleet-status makes of it.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

canary_good=('canary:' '  - {name: army.ml, type: MX, expect: block}' '  - {name: army.mil, type: MX, expect: resolve}')

# push ARG...: of the next policy, which $policy is.
push() {
    script push-policy --yes --key "$admin/policy.key" --watch 1 "$@" "$policy"
}
policy() {
    policy=$admin/policy.yaml
    write_policy "$policy" "$@"
}

# What the show says: all within ten seconds, with a canary first. On a machine that has much else to
# do, one of three.
test_all() {
    local began took i
    for i in 1 2 3; do
        policy block "${canary_good[@]}"
        began=$(date +%s%3N)
        push
        took=$(($(date +%s%3N) - began))
        echo "# push to five hosts, a canary watched for a second: $took ms"
        ((took >= 10000)) || break
    done
    check "all: within ten seconds" test "$took" -lt 10000
    is "all: exit code" "$code" 0
    is "all: in force" "$(all_in_force)" "$(every_host "$serial")"
    is "all: the canary first" "$(sed -n 's/^push-policy: \(h[0-9]\): active.*/\1/p' <<<"$err" | head -n 1)" h1
    is "all: each is told, once" "$(grep -cE '^push-policy: h[1-5]: active, serial [0-9]+ -> [0-9]+, [0-9.]+ s$' <<<"$err")" 5
    holds "all: it is compared" "$out" "In force on 5 of 5 hosts"
    is "all: a table" "$(grep -cE "^h[1-5]( \(canary\))? +active +$((serial - 1)) -> $serial +[0-9.]+$" <<<"$out")" 5
    script fleet-status
    is "all: fleet-status: fine" "$code$err" 0
    is "all: fleet-status: one serial" "$(awk '/^h[1-5]/ { print $2, $3, $NF }' <<<"$out" | sort -u | sed 's/ [0-9a-f]* / image /')" "$serial image ok"
}

# A host without power is named, and --retry completes it.
test_down() {
    local image
    host_stop h4
    policy block
    push --timeout 8 --json
    is "down: exit code" "$code" 1
    is "down: it is named, and all others have it" "$(results)" 'h1=active h2=active h3=active h4=unreachable h5=active'
    holds "down: why" "$err" 'push-policy: h4: unreachable: '
    holds "down: what to do" "$err" "--retry goes on"
    image=$(jq -r .image <<<"$out")
    script fleet-status --timeout 8
    is "down: fleet-status: exit code, and who" "$code $(grep -c '^h4 .*unreachable: ' <<<"$out")" '1 1'
    script push-policy --retry --timeout 8 --json
    is "down: --retry while it is down" "$code $(results)" '1 h1=active h2=active h3=active h4=unreachable h5=active'
    host_start h4
    host_await h4
    # Something else is in that file by now: what goes out is what was confirmed.
    echo 'serial: 0' >"$policy"
    script push-policy --retry --json
    is "down: --retry completes it" "$code $(results)" '0 h1=active h2=active h3=active h4=active h5=active'
    is "down: with the same image" "$(jq -r .image <<<"$out")" "$image"
    is "down: the others are left alone" "$(grep -c 'push-policy: h[1235]' <<<"$err" || true)" 0
    is "down: in force" "$(all_in_force)" "$(every_host "$serial")"
    script push-policy --retry
    is "down: --retry with nothing left" "$code" 0
}

# loaded HOST: how many policies its module took.
loaded() { jq -r '.policies.loaded' "$world_dir/$1/figures/stats"; }

# A policy that does not do what it says it does goes no further than the canary.
test_question_fails() {
    local i had
    had=$(in_force h1)
    local -A loads=()
    for i in 1 2 3 4 5; do loads[h$i]=$(loaded "h$i"); done
    policy block 'canary:' '  - {name: army.ml, type: MX, expect: block}' '  - {name: gone.example, type: A, expect: resolve}'
    push --json
    is "question: exit code" "$code" 1
    is "question: restored, and reaches no other" "$(results)" 'h1=restored h2=skipped h3=skipped h4=skipped h5=skipped'
    holds "question: why, in the line of the canary" "$(grep 'push-policy: h1: restored' <<<"$err")" 'canary question gone.example A: resolve is expected'
    is "question: the old one is in force" "$(all_in_force)" "$(every_host "$had")"
    is "question: the others never had it" "$(loaded h2) $(loaded h3) $(loaded h4) $(loaded h5)" "${loads[h2]} ${loads[h3]} ${loads[h4]} ${loads[h5]}"
    is "question: the canary did, for a moment" "$(loaded h1)" "$((loads[h1] + 2))"
    script push-policy --retry
    is "question: --retry does not push it all the same" "$code $(all_in_force)" "1 $(every_host "$had")"
    holds "question: and says so" "$err" 'was stopped or undone: push a new policy'
}

# Names that nobody has asked for yet: each comes by the module.
traffic() {
    # shellcheck disable=SC2016
    in_host h1 bash -c 'for ((i = 0; ; i++)); do drill "@127.0.0.1" "$1$i.example.com" A >/dev/null 2>&1 || true; done' traffic "$1" &
    traffic_pid=$!
}
end_traffic() {
    # shellcheck disable=SC2016
    kill "$traffic_pid" 2>/dev/null || true
    wait "$traffic_pid" 2>/dev/null || true
}
# shellcheck disable=SC2317
has_had() { (($(jq .questions.total "$world_dir/h1/figures/stats") >= $1)); }

# A policy that blocks what people ask for is noticed while the canary is watched.
test_rate() {
    local had
    had=$(in_force h1)
    traffic r
    live_until has_had 100 || bail 'no traffic'
    policy block "${canary_good[@]}" 'block:' '  - {name: example.com, target: example.mil}'
    push --watch 20 --min-questions 30 --json
    end_traffic
    is "rate: exit code" "$code" 1
    is "rate: taken back, and reaches no other" "$(results)" 'h1=restored h2=skipped h3=skipped h4=skipped h5=skipped'
    check "rate: why" grep -qE 'canary h1: [0-9.]+ % of [0-9]+ questions were blocked since, [0-9.]+ % before; 1 % more are the most' <<<"$err"
    is "rate: the old one is in force" "$(all_in_force)" "$(every_host "$had")"
    check "rate: long before the end" test "$(jq '.hosts[0].seconds' <<<"$out" | cut -d. -f1)" -lt 10
}

# shellcheck disable=SC2317
is_watching() { grep -qs 'watching the canary' "$admin/err"; }

# The resolver of the canary ends while it is watched.
test_dies() {
    local had pid
    had=$(in_force h1)
    rm "$admin/err"
    policy block
    push --watch 30 --json &
    pid=$!
    live_until is_watching || bail 'the canary is not watched'
    host_unbound h1 stop
    wait "$pid" || true
    err=$(<"$admin/err")
    holds "dies: the push stops" "$err" 'rolling back: canary h1: stopped: the module stopped at '
    holds "dies: and puts the former one back for its next start" "$err" 'it waits for the next start of the resolver'
    host_unbound h1 start
    check "dies: which has it" live_until is_in_force h1 "$had"
    is "dies: the others never had another" "$(all_in_force)" "$(every_host "$had")"
}
# shellcheck disable=SC2317
is_in_force() { [[ $(in_force "$1") == "$2" ]]; }

# Killed at once, in the middle: the next run goes on with the same image.
test_killed() {
    local pid image folder
    policy block
    setsid "$TG_SRC/scripts/push-policy" --ssh-config "$admin/ssh_config" --hosts "$admin/hosts" --yes \
        --key "$admin/policy.key" --watch 0 --jobs 1 "$policy" >"$admin/out" 2>"$admin/err" </dev/null &
    pid=$!
    # shellcheck disable=SC2317
    two_have_it() { (($(grep -c ': active' "$admin/err") >= 2)); }
    live_until two_have_it || bail 'nothing happens'
    kill -KILL -- "-$pid"
    wait "$pid" 2>/dev/null || true
    check "killed: not all have it" test "$(all_in_force)" != "$(every_host "$serial")"
    folder=$(echo "$admin"/state/tldguard/hosts-*/pushes/"$serial"-*)
    image=$(jq -r .image "$folder/plan.json")
    script push-policy --retry --json
    is "killed: --retry completes it" "$code $(jq -r '[.hosts[].result | IN("active", "unchanged")] | all' <<<"$out")" '0 true'
    is "killed: in force" "$(all_in_force)" "$(every_host "$serial")"
    is "killed: the same image everywhere" "$(jq -r .policy.image "$world_dir"/h?/figures/stats | sort -u)" "$image"
}

# Interrupted while the canary is watched, with another push beside.
test_interrupted() {
    local had pid
    had=$(in_force h1)
    rm "$admin/err"
    policy block
    push --watch 60 &
    pid=$!
    live_until is_watching || bail 'the canary is not watched'
    code=0
    said=$("$TG_SRC/scripts/push-policy" --ssh-config "$admin/ssh_config" --hosts "$admin/hosts" --yes "$policy" 2>&1 </dev/null) || code=$?
    is "beside: a second push ends at once" "$code" 3
    check "beside: and says who" grep -qE '^push-policy: error: another push of this inventory is under way: root on [^ ]+, pid [0-9]+, since 20[0-9T:-]+Z$' <<<"$said"
    kill -TERM "$(sed -n 's/.*, pid \([0-9]*\), .*/\1/p' <<<"$said")"
    wait "$pid" || true
    holds "interrupted: what to do" "$(<"$admin/err")" 'interrupted; --retry goes on with it, --undo takes it back'
    is "interrupted: only the canary has it" "$(in_force h1) $(in_force h2)" "$serial $had"
    is "interrupted: how it is watched is kept" "$(jq -c '[.watch, .rise, .questions]' "$admin"/state/tldguard/hosts-*/pushes/"$serial"-*/plan.json)" '[60,1,100]'
    script push-policy --retry --watch 1 --json
    is "interrupted: --retry watches, then goes on" "$code $(grep -c 'watching the canary' <<<"$err") $(all_in_force)" "0 1 $(every_host "$serial")"
}

test_undo() {
    local had
    had=$(in_force h1)
    policy block
    push
    is "undo: pushed" "$code $(all_in_force)" "0 $(every_host "$serial")"
    began=$(date +%s%3N)
    script push-policy --undo --json
    echo "# undone on five hosts: $(($(date +%s%3N) - began)) ms"
    is "undo: exit code" "$code $(results)" '0 h1=restored h2=restored h3=restored h4=restored h5=restored'
    is "undo: in force" "$(all_in_force)" "$(every_host "$had")"
    script push-policy --undo --json
    is "undo: again, where nothing is left" "$code $(jq -c .hosts <<<"$out")" '0 []'
    # A resolver that ends after its turn must not come back with it.
    policy block
    push
    host_unbound h3 stop
    script push-policy --undo --json
    is "undo: where a resolver has ended" "$code $(results)" '0 h1=restored h2=restored h3=restored h4=restored h5=restored'
    host_unbound h3 start
    check "undo: which starts with the former one" live_until is_in_force h3 "$had"
    is "undo: as all have it" "$(all_in_force)" "$(every_host "$had")"
}

# Somebody has changed one host by hand.
test_drift() {
    local had
    policy block
    push
    had=$serial
    compile_policy "$world_dir/h2/by-hand" monitor
    in_host h2 "$world_dir/bin/tldguard" activate --conf "$world_dir/h2/tldguard.conf" "$world_dir/h2/by-hand/policy.cdb" >/dev/null ||
        bail 'h2 does not take it'
    script fleet-status --json
    is "drift: exit code" "$code" 1
    is "drift: who" "$(jq -r '[.hosts[] | select(.drift) | .host] | join(" ")' <<<"$out") $(jq -r '.expected.serial' <<<"$out")" "h2 $had"
    script fleet-status
    is "drift: in the table" "$(grep -c '^h2 .* DRIFT$' <<<"$out") $(grep -c DRIFT <<<"$out")" '1 1'
    script fleet-status --expect "$serial"
    is "drift: by what is expected" "$code $(grep -c DRIFT <<<"$out") $(grep -c '^h2 .* ok$' <<<"$out")" '1 4 1'
    script fleet-status --prometheus
    is "drift: for Prometheus" "$code $(grep -c '^tldguard_fleet_drift{host="h2"} 1$' <<<"$out")" '1 1'
    if command -v promtool >/dev/null; then
        is "drift: promtool check metrics" "$(promtool check metrics <<<"$out" 2>&1)" ''
    fi
    # A push sees two policies, and compares with both.
    policy block
    push --dry-run
    is "drift: a push compares with both" "$code $(grep -cE '^In force on (4|1) of 5 hosts, as h[12]:$' <<<"$out")" '0 2'
    is "drift: --dry-run sends nothing" "$(in_force h1) $(in_force h2)" "$had $((serial - 1))"
    push
    is "drift: a push ends it" "$code $(all_in_force)" "0 $(every_host "$serial")"
}

# Forty names for the five: how long fleet-status takes.
test_forty() {
    local i began
    for ((i = 1; i <= 40; i++)); do printf 'Host s%d\n    HostName 10.77.0.%d\n' "$i" $((11 + i % 5)); done >"$admin/forty"
    cat "$admin/ssh_config" >>"$admin/forty"
    printf 's%d\n' {1..40} >"$admin/forty.hosts"
    began=$(date +%s%3N)
    code=0
    out=$("$TG_SRC/scripts/fleet-status" --ssh-config "$admin/forty" --hosts "$admin/forty.hosts" 2>&1 </dev/null) || code=$?
    echo "# fleet-status of forty: $(($(date +%s%3N) - began)) ms"
    is "forty: all are the same" "$code $(grep -c ' ok$' <<<"$out")" '0 40'
}

fleet_begin 5
ssh_settings
inventory 'h1 canary group=a' '' '# the others' h2 'h3 group=a # behind' h4 h5
test_all
test_down
test_question_fails
test_rate
test_dies
test_killed
test_interrupted
test_undo
test_drift
test_forty
fleet_done
