# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# What the tests of faults share: questions that do not stop while something goes wrong, and the
# account of them afterwards. Sourced behind lib.sh. The table of all faults: tests/faults.
#
# TG_LONG=yes: the long form of each test, as scripts/check --faults runs it.

fault_load=$TG_BUILD/tests/support/load
fault_library=$TG_BUILD/tests/support/.libs/fault.so
fault_round=0      # of questions
fault_logs=()      # where more of the log's lines have gone
fault_slowest=5000 # milliseconds that an answer may take, unless a test says otherwise
fault_may_drop=no  # yes: Unbound itself drops what waits for the outside then; who asks again is answered
fault_may_fail=no  # yes: an answer may be a failure (SERVFAIL), which is none that is wrong

# long LONG SHORT
long() { if [[ ${TG_LONG:-no} == yes ]]; then echo "$1"; else echo "$2"; fi; }

# begin_questions: until end_questions. Each name of a blocked one is asked once.
begin_questions() {
    fault_round=$((fault_round + 1))
    printf '%s\n' "q%.r$fault_round.army.ml MX" 'example.com A' "w%.r$fault_round.army.ml A" 'www.example.com AAAA' \
        "no%.r$fault_round.example.com A" 'orange.ml A' 'army.mil MX' |
        "$fault_load" -p "$world_unbound_port" -j 4 -u "${fault_pause:-4000}" -w "${fault_wait:-20000}" -v >"$world_dir/asked" &
    fault_asking=$!
}

# wrong_answers: of the last round, in lines; a name that is blocked or is not there is NXDOMAIN.
wrong_answers() {
    awk -v may_fail="$fault_may_fail" -v may_drop="$fault_may_drop" '
        NF < 5 || $1 == "asked" { next }
        { wanted = $4 ~ /^[qw][0-9]+\.|^no[0-9]+\./ ? "NXDOMAIN" : "NOERROR" }
        may_drop == "yes" && $3 == "none" && $4 !~ /^[qw][0-9]/ { next }
        $3 != wanted && !(may_fail == "yes" && $3 == "SERVFAIL") { print; if (++n == 5) exit }' "$world_dir/asked"
}

fault_records() { find "$live_log" "${fault_logs[@]}" -type f -exec cat {} + 2>/dev/null || true; }
fault_count() { fault_records | grep -cF ".r$fault_round.army.ml\",\"type\"" || true; }
# Both numbers are of this start: a former one's losses are in its own lines.
fault_lost() { fault_records | jq -R 'fromjson? | .tldguard.lost // 0' | awk '{ n += $1 } END { print n + 0 }'; }
# shellcheck disable=SC2317
fault_accounted() { (($(fault_count) + $(fault_lost) - lost_before >= $1)); }

# end_questions NAME: each one was answered, right, and in time; each event is in the log once, or is
# said to be lost.
end_questions() {
    local name=$1 asked silent slowest count
    kill "$fault_asking" 2>/dev/null || true
    wait "$fault_asking" || true
    read -r _ asked _ silent _ slowest < <(tail -n 1 "$world_dir/asked")
    check "$name: there were questions" test "$asked" -gt 20
    [[ $fault_may_drop == yes ]] || is "$name: each one is answered" "$silent" 0
    is "$name: no answer is wrong" "$(wrong_answers)" ''
    check "$name: none takes over $fault_slowest ms" test "$((slowest / 1000))" -le "$fault_slowest"
    account "$name"
    echo "# $name: $asked questions, slowest $((slowest / 1000)) ms, $accounted events, $lost lost"
}

# account NAME: sets accounted and lost.
account() {
    local name=$1 blocked
    # A failure to make the answer is the answer to somebody who has asked, too.
    blocked=$(awk -v may_fail="$fault_may_fail" '$4 ~ /^[qw][0-9]+\./ &&
        ($3 == "NXDOMAIN" || may_fail == "yes" && $3 == "SERVFAIL")' "$world_dir/asked" | wc -l)
    # What is asked last is written last, and tells what was lost before it.
    ask -b 127.0.0.99 army.ml MX
    live_until fault_accounted "$blocked" || true
    accounted=$(fault_count)
    lost=$(($(fault_lost) - lost_before))
    lost_before=$((lost_before + lost))
    is "$name: $accounted written and $lost lost are those that were blocked" "$((accounted + lost))" "$blocked"
    is "$name: none is written twice" "$(fault_records | jq -rR 'fromjson? | select(.dns) | .dns.question.name' |
        grep -F ".r$fault_round.army.ml" | sort | uniq -d | head -n 3)" ''
}
lost_before=0

# over NAME: the fault is: everything works as before.
over() {
    fault_overs=$((fault_overs + 1))
    ask "over$fault_overs.army.ml" MX
    is "$1, over: it blocks" "$(field rcode)" NXDOMAIN
    ask -w 10000 "over$fault_overs.example.com" A
    is "$1, over: it resolves" "$(field rcode)" NXDOMAIN
    check "$1, over: it logs" live_await_line "\"name\":\"over$fault_overs.army.ml\""
    is "$1, over: the same process" "$(world_pid unbound)" "$fault_process"
}
fault_overs=0

fault_begin() {
    world_start unbound || bail "$world_error"
    fault_process=$(world_pid unbound)
    lost_before=0
}

# For a test that cannot do without the library of fault_preload.
fault_needs_preload() {
    [[ -z ${TG_SANITIZED:-} ]] || { echo '1..0 # SKIP a sanitizer has allocation functions of its own'; exit 77; }
    [[ -r $fault_library ]] || { echo "1..0 # SKIP no $fault_library"; exit 77; }
}
# fault_preload NAME=VALUE...: the resolver of the next starts has tests/support/fault.c in it, but
# for one with a sanitizer.
fault_preload() {
    [[ -z ${TG_SANITIZED:-} ]] || return 0
    fault_dir=$world_dir/fault
    mkdir -p "$fault_dir"
    : >"$fault_dir/fired"
    printf '%-30s' '0 0' >"$fault_dir/alloc"
    printf '%-30s' 0 >"$fault_dir/clock"
    printf '%-30s' none >"$fault_dir/hold"
    printf '%s\n' '#!/bin/sh' "exec env LD_PRELOAD=$fault_library FAULT_DIR=$fault_dir FAULT_MODULE=/tldguard.so $* \"$UNBOUND_PREFIX/sbin/unbound\" \"\$@\"" \
        >"$world_dir/unbound-faulty"
    chmod a+rx "$world_dir/unbound-faulty"
    world_unbound_program=$world_dir/unbound-faulty
}

# fault_set FILE TEXT: in place, at once.
fault_set() { printf '%-30s' "$2" 1<>"$fault_dir/$1"; }
