#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tldguard status: what it makes of files of figures, good ones, sad ones and hostile ones.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
PATH=$PATH:${TG_BUILD:-/nowhere}/promtool/bin
unset TLDGUARD_CONF
# However long the test takes, it is now.
SOURCE_DATE_EPOCH=$(date +%s)
export SOURCE_DATE_EPOCH

# now MINUS: that many seconds ago, in milliseconds.
now() { echo $(((SOURCE_DATE_EPOCH - ${1:-0}) * 1000)); }

# A file as the module writes it: of this process, this machine, this moment.
good() {
    jq -n --argjson now "$(now)" --argjson pid $$ --arg space "$(readlink /proc/self/ns/pid)" \
        --arg machine "$(cat /proc/sys/kernel/random/boot_id)" '
        def zero($keys): [$keys | splits(" ") | {(.): 0}] | add;
        {format: 2, published: $now, publish_errors: 0, state: "protecting", why: "",
         pid: $pid, pid_space: $space, machine: $machine, host: "res1", instance: "6b02",
         version: "0.1.0", unbound: "1.17.1", started: ($now - 3600000),
         policy: {serial: 7, digest: ("a5" * 32), image: ("5a" * 32),
                  created: ($now - 86400000 * 10), loaded: ($now - 60000),
             expires: null, rules: 5, names: 3},
         policies: {loaded: 2, rejected: 1, last_error: "p.cdb: error: cut", last_rejected: ($now - 90000)},
         questions: (zero("unprotected prefetch late watched_cached") + {total: 21, blocked: 15,
             verdict: (zero("none class allow suffix protect off monitor mail-only block") + {none: 6, block: 15}),
             action: (zero("nxdomain nodata refused sinkhole") + {nxdomain: 15}),
             reply: (zero("pass nxdomain nodata refused null-mx sinkhole-a sinkhole-aaaa sinkhole-mx null-srv") +
                 {pass: 6, nxdomain: 15}),
             type: (zero("other A AAAA MX TXT NS SOA SRV HTTPS SVCB PTR DS DNSKEY CNAME ANY") + {MX: 21})}),
         events: {queued: 15, waiting: 1, written: 13, lost: 1, bytes: null, unsent: 0, errors: 2,
             last_error: "No space left on device", failing: false, lost_last: ($now - 600000)},
         targets: zero("inspected blocked watched withheld cut_short"), twins: zero("asked found not_found failed cached refused"),
         cache: zero("removed errors"),
         decisions: {sampled_of: 32, nanoseconds: 1234567890, bounds: [range(16)], buckets: [range(17)]},
         rules: [{id: "ml", kind: "tld", target: "mil", blocked: 14, watched: 0},
                 {id: "block", kind: "block", target: "", blocked: 1, watched: 0}]}' | jq -c "${1:-.}"
}

# judged NAME FILTER CODE 'PROBLEM: TEXT' [ARG...]: of a file with this changed.
judged() {
    good "$2" >stats
    run status -s stats "${@:5}"
    is "$1: exit code" "$code" "$3"
    is "$1: why" "$err" "${4:+tldguard status: $4}"
}
iso() { date -u -d "@$(($1 / 1000))" +%Y-%m-%dT%H:%M:%SZ; }

# What is fine, and what is not.
judged 'as it should be' . 0 ''
judged 'off' '.state = "not-protecting" | .why = "p.cdb: error: No such file"' 1 'not-protecting: every question passes: p.cdb: error: No such file'
judged 'off, without a policy' '.state = "not-protecting" | .policy = null' 1 'not-protecting: every question passes: '
old=$(now 3)
long=$(printf 'ä%.0s' {1..400})
judged 'a reason that is long' ".state = \"not-protecting\" | .why = \"$long\"" 1 "not-protecting: every question passes: $(printf 'ä%.0s' {1..255})"
judged 'stopped' ".state = \"stopped\" | .published = $old | .pid = 2147483647" 1 "stopped: the module stopped at $(iso "$old")"
judged 'the process is gone' ".pid = 2147483647 | .published = $old" 1 \
    "not-running: the resolver does not run: process 2147483647 is gone; it last told at $(iso "$old")"
# One that has ended, and whose parent does not look.
bash -c 'exit 0 & echo $! >zombie; exec sleep 60' &
parent=$!
for ((i = 0; i < 300; i++)); do
    [[ -s zombie && $(sed 's/.*) //;s/ .*//' "/proc/$(<zombie)/stat" 2>/dev/null) == Z ]] && break
    sleep 0.05
done
judged 'the process has ended' ".pid = $(<zombie) | .published = $old" 1 \
    "not-running: the resolver does not run: process $(<zombie) is gone; it last told at $(iso "$old")"
kill "$parent"
wait "$parent" 2>/dev/null
judged 'no process has such a number' ".pid = 9999999999 | .published = $old" 1 \
    "not-running: the resolver does not run: process 9999999999 is gone; it last told at $(iso "$old")"
judged 'a process of another container' '.pid = 2147483647 | .pid_space = "pid:[1]"' 0 ''
judged 'a module that does not know its container' '.pid_space = ""' 0 ''
judged 'another start of the machine' ".machine = \"x\" | .published = $old" 1 \
    "not-running: the module has not run since the machine was started anew; it last told at $(iso "$old")"
judged 'a module that does not know its machine' '.machine = ""' 0 ''
judged 'old, within bounds' '.published -= 8000' 0 ''
judged 'old, within bounds of our own' '.published -= 50000' 0 '' --max-age 60
judged 'the policy is older, within bounds' . 0 '' --max-policy-age 11
judged 'the policy ends tomorrow' '.policy.expires = .published + 86400000' 0 ''
end=$(now 1)
judged 'the policy has ended' ".policy.expires = $end" 1 "policy-expired: policy serial 7 expired at $(iso "$end")"
made=$(($(now) - 86400000 * 10))
judged 'the policy is too old' ".policy.created = $made" 1 \
    "policy-old: policy serial 7 was compiled at $(iso "$made"); 10 days are the most" -A 10
judged 'a bad policy was there, then a good one' '.policies.last_rejected = .policy.loaded' 0 ''
judged 'a bad policy is there' '.policies.last_rejected = .policy.loaded + 1' 1 \
    'policy-rejected: the policy in its place was not taken, and serial 7 stays in force: p.cdb: error: cut'
judged 'events were lost long ago' . 0 ''
lost=$(now 200)
judged 'events were lost just now' ".events.lost_last = $lost" 1 \
    "events-lost: events are being lost: 1 since the start, the last at $(iso "$lost")"
judged 'events were lost, but it may be' ".events.lost_last = $lost" 0 '' --lost-within 2m
judged 'the log cannot be written' '.events.failing = true' 1 \
    'log-failing: the block log cannot be written, and 1 events wait: No space left on device'
good ".published -= 20000" >stats
run status -s stats
is 'stale' "$code $err" '1 tldguard status: stale: the figures are 20.000 seconds old; 10 are the most'
good ".published += 100000" >stats
run status -s stats
is 'of the future' "$code ${err/of 2*Z/of T}" '1 tldguard status: stale: the figures are of T, which is to come: set the clock'
good '.state = "not-protecting" | .published -= 20000 | .pid = 2147483647 | .policy.expires = 1 | .events.failing = true |
    .events.lost_last = .published' >stats
run status -s stats
is 'all that is wrong, one line each' "$code $(cut -d: -f2 <<<"$err" | xargs)" '1 not-protecting not-running stale policy-expired events-lost log-failing'

# The forms.
good >stats
run status -s stats
is 'each line is a figure' "$(grep -vcE '^[a-zA-Z0-9.-]+=' <<<"$out")" 0
is 'no key twice' "$(cut -d= -f1 <<<"$out" | sort | uniq -d)" ''
for line in state=protecting total.num.questions=21 total.num.blocked=15 num.verdict.block=15 num.reply.pass=6 \
    num.query.type.MX=21 num.twins.not-found=0 num.rule.tld.ml.blocked=14 num.rule.block.blocked=1 num.events.lost=1 \
    policy.serial=7 policy.expires=never num.policies.rejected=1 histogram.decision.0.000000100.to.0.000000200=1 \
    histogram.decision.0.010000000.to.infinity=16 time.up=3600.000; do
    is "text: $line" "$(grep -cFx "$line" <<<"$out")" 1
done
good '.events.bytes = 5' >stats
run status -s stats
is 'bytes, when they are known' "$(grep bytes <<<"$out")" num.events.bytes=5
good >stats
run status -s stats --json
is 'JSON: what was read, and no problem' "$(jq -cS . <<<"$out")" "$(jq -cS '.problems = []' stats)"
good '.events.failing = true' >stats
run status -s stats -j
is 'JSON: problems' "$code $(jq -c .problems <<<"$out")" \
    '1 [{"problem":"log-failing","text":"the block log cannot be written, and 1 events wait: No space left on device"}]'
run status -s stats --prometheus
is 'Prometheus: exit code' "$code" 1
prometheus=$out
for line in 'tldguard_up 1' 'tldguard_protecting 1' 'tldguard_problem{problem="log-failing"} 1' 'tldguard_problem{problem="stale"} 0' \
    'tldguard_build_info{version="0.1.0",unbound="1.17.1"} 1' 'tldguard_policy_serial 7' 'tldguard_queries_total{verdict="block"} 15' \
    'tldguard_query_types_total{type="MX"} 21' 'tldguard_replies_total{reply="nxdomain"} 15' 'tldguard_actions_total{action="nxdomain"} 15' \
    'tldguard_blocked_queries_total{rule="ml",kind="tld",protected_tld="mil"} 14' 'tldguard_log_dropped_events_total 1' \
    'tldguard_policy_reload_failures_total 1' 'tldguard_decision_duration_seconds_bucket{le="1e-07"} 0' \
    'tldguard_decision_duration_seconds_bucket{le="0.01"} 120' 'tldguard_decision_duration_seconds_bucket{le="+Inf"} 136' \
    'tldguard_decision_duration_seconds_sum 1.234567890' 'tldguard_decision_duration_seconds_count 136'; do
    is "Prometheus: $line" "$(grep -cFx "$line" <<<"$out")" 1
done
is 'Prometheus: a time' "$(sed -n 's/^tldguard_policy_created_timestamp_seconds //p' <<<"$out")" "$(jq '.policy.created / 1000 | floor' stats).000"
run status -s stats -p -o out.prom
is 'to a file' "$code $(<out.prom)" "1 $prometheus"
is 'to a file: mode, and nothing beside it' "$(stat -c %a out.prom) $(echo *prom*)" '644 out.prom'
run status -s nowhere -p -o out.prom
is 'no file is a figure' "$code $(grep -v '^#' out.prom | xargs)" '3 tldguard_up 0 tldguard_protecting 0'
is 'no file: why' "$err" 'nowhere: error: No such file or directory; has the module been loaded since the machine started?'
run status -s stats -o nowhere/out
is 'nowhere to write to' "$code" 3

# A label's text may hold anything.
good '.rules[0].id = "a\\\"b\\n\n" | .version = "1\"\\"' >stats
run status -s stats -p
is 'Prometheus: what is escaped' "$(grep -F 'blocked_queries_total{rule="a' <<<"$out")" \
    'tldguard_blocked_queries_total{rule="a\\\"b\\n\n",kind="tld",protected_tld="mil"} 14'
if command -v promtool >/dev/null; then
    for change in . '.state = "stopped" | .policy = null | .rules = []' '.rules[0].id = "a\\\"b\\n\n" | .host = "\u0001ä"' \
        '.policy.expires = 9 | .events.bytes = 9'; do
        good "$change" >stats
        run status -s stats -p
        is "promtool check metrics: $change" "$(promtool check metrics <<<"$out" 2>&1)" ''
    done
    run status -s nowhere -p
    is 'promtool check metrics: no file' "$(promtool check metrics <<<"$out" 2>&1)" ''
    is 'promtool: it does complain' "$(promtool check metrics <<<"${prometheus//_events_total/_events}" 2>&1 | grep -c total)" 3
else
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - promtool check metrics # SKIP no promtool (prometheus)"
fi

# What is not a file of figures: one line that says so, and never a crash.
# broken NAME WHY: of the file stats.
broken() {
    run status -s stats
    is "$1: exit code, and nothing on standard output" "$code$out" 3
    is "$1: why" "$err" "$2"
}
what='; is it the stats file of a tldguard module?'
: >stats; broken 'empty' "stats:1:1: error: not JSON$what"
good | head -c 700 >stats; run status -s stats; is 'cut: exit code' "$code" 3
is 'cut: why' "${err/:1:*: error/:1:N: error}" "stats:1:N: error: not JSON$what"
head -c 2000 /dev/urandom | tr '{[' x >stats; run status -s stats; is 'noise' "$code$out" 3
echo '[1]' >stats; broken 'a list' "stats: error: no JSON object$what"
good '.format = 1' >stats; broken 'another format' 'stats: error: the module writes another format; use the tldguard of its version'
good | sed 's/"pid":/"pid":1,"pid":/' >stats; run status -s stats; is 'a member twice' "$code" 3
while IFS='|' read -r change why; do
    good "$change" >stats
    broken "$change" "stats: error: $why$what"
done <<'CASES'
del(.format)|'format' is missing
.published = -1|'published' is no count
.published = 1.5|'published' is no count
.published = "1"|'published' is no count
.state = "fine"|'state' is none that is known
.state = 1|'state' is no text
del(.questions)|'questions' is missing
.questions = []|'questions' is no object
del(.questions.verdict.block)|'questions.verdict.block' is missing
.questions.type.A = null|'questions.type.A' is no count
.questions.reply.nxdomain = -5|'questions.reply.nxdomain' is no count
.twins = 3|'twins' is no object
.policy = 3|'policy.serial' is missing
.policy.digest = "a5"|'policy.digest' is no digest
.policy.digest = ("g" * 64)|'policy.digest' is no digest
.policy.digest = ("a" * 65)|'policy.digest' is too long
.policy.image = ""|'policy.image' is no digest
del(.policy.image)|'policy.image' is missing
.events.failing = 0|'events.failing' is neither true nor false
.events.lost_last = "x"|'events.lost_last' is no count
.host = ("x" * 256)|'host' is too long
.why = 5|'why' is no text
.decisions.buckets = [1]|'decisions.buckets' are not as many as there must be
.decisions.buckets[3] = "x"|'decisions.buckets' is no count
.rules = {}|'rules' is no list of rules
.rules = [range(259)]|'rules' is no list of rules
.rules = [1]|'rules.id' is missing
.rules[0].blocked = null|'rules.blocked' is no count
.rules[1].id = ("x" * 256)|'rules.id' is too long
CASES
good '.questions.type.A = 99999999999999999999' >stats
run status -s stats; is 'a number that is too large: exit code' "$code" 3
good '.why = "a\nstate=stopped\u001b[2J\u0000"' >stats
run status -s stats
is 'a NUL in a text' "$code" 3
good '.why = "a\nstate=stopped\u001b[2J" | .state = "not-protecting"' >stats
run status -s stats
is 'a text makes no line of its own' "$(grep -c '^state=' <<<"$out") $(wc -l <<<"$err") $(tr -d '\n -~' <<<"$out$err" | wc -c)" '1 1 0'
for ((i = 0; i < 100000; i++)); do printf '['; done >stats
run status -s stats; is 'a deep one' "$code" 3
{ printf '{"format":2,"x":"'; head -c 300000 /dev/zero | tr '\0' x; echo '"}'; } >stats
broken 'a large one' 'stats: error: larger than any stats file of a tldguard module'
rm stats; mkdir stats; broken 'a folder' 'stats: error: not a regular file'
rmdir stats; mkfifo stats; broken 'a FIFO' 'stats: error: not a regular file'
rm stats; good >stats; chmod 0 stats
((EUID == 0)) || broken 'not for us' 'stats: error: Permission denied'
chmod 644 stats

# Where the file is.
good >figures
printf 'stats: %s/figures\n' "$PWD" >conf
run status --conf conf
is 'by the settings' "$code$err" 0
TLDGUARD_CONF=$PWD/conf run status
is 'by the settings that the environment names' "$code$err" 0
printf 'stats: figures\n' >conf
run status --conf conf
is 'settings that are wrong' "$code $(cut -d: -f1-4 <<<"$err")" '3 conf:1:8: error'
run status --conf nowhere
is 'settings that are not there' "$code" 3

# What is shipped to be run by a timer, or stands in the manual for cron: with other places, but
# else as it is.
top=$(cd "$tests/../.." && pwd -P)
printf 'stats: %s/figures\n' "$PWD" >conf
good '.events.failing = true' >figures
prom=/var/lib/prometheus/node-exporter/tldguard.prom
for line in "$(sed -n 's/^ExecStart=tldguard //p' "$top/dist/tldguard-status.service")" \
    "$(sed -n 's/^\* \* \* \* \* root tldguard \(.*\) 2>.*/\1/p' "$top/tools/tldguard-status.1")"; do
    rm -f node.prom
    # shellcheck disable=SC2086 # words
    TLDGUARD_CONF=$PWD/conf run ${line//$prom/node.prom}
    is "shipped: $line" "$code $(grep -c '^tldguard_up 1$' node.prom)" '1 1'
done
is 'shipped: the exit code that is none of a failure' "$(sed -n 's/^SuccessExitStatus=//p' "$top/dist/tldguard-status.service")" 1
if command -v systemd-analyze >/dev/null; then
    mkdir units
    sed "s|^ExecStart=tldguard|ExecStart=$tool|" "$top/dist/tldguard-status.service" >units/tldguard-status.service
    cp "$top/dist/tldguard-status.timer" units
    is 'shipped: systemd-analyze verify' "$(systemd-analyze verify --man=no units/tldguard-status.* 2>&1 | grep -F tldguard)" ''
fi
good >figures

# Usage.
for args in '-j -p' '-w -j' '-w -p' '-w -o x' '-i 3' '-w -i 0' '-w -i x' '-a 0' '-a -1' '-a 99999999999999999999' '-A 0' \
    '-l 5' '-l x' '-s figures -c conf' 'operand' '--nonsense'; do
    # shellcheck disable=SC2086 # words
    run status $args
    is "usage: $args" "$code$out" 2
done

# Again and again.
watch() {
    "$tool" status -s figures --watch "$@" >shown.txt 2>said.txt &
    pid=$!
}
# shows COUNT: until so many lines are shown.
shows() {
    local i
    for ((i = 0; i < 300; i++)); do
        (($(wc -l <shown.txt) < $1)) || return 0
        sleep 0.05
    done
}
end() {
    code=0
    kill "-$1" "$pid"
    wait "$pid" || code=$?
}
good >figures
watch
shows 1
good '.questions.verdict.none = 106 | .published += 2000' >new
mv new figures
shows 3
end TERM
is 'watch: one line each time' "$(grep -vcE '^2[0-9T:.-]*Z state=protecting problems=0 total\.num\.questions=[0-9]+ [0-9.]+/s total\.num\.blocked=15 ' shown.txt)" 0
is 'watch: how many a second' "$(grep -cE ' total\.num\.questions=121 [1-9][0-9.]*/s' shown.txt)" 1
is 'watch: a signal ends it in order' "$code$(<said.txt)" 0
good '.events.failing = true' >figures
watch -i 1
shows 1
rm figures
for ((i = 0; i < 300; i++)); do grep -q 'No such file' said.txt && break; sleep 0.05; done
end INT
is 'watch: no file any more, and the code of the last look' "$code" 3
is 'watch: what is wrong' "$(head -n 1 said.txt)" 'tldguard status: log-failing: the block log cannot be written, and 1 events wait: No space left on device'
tap_end
