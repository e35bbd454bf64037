#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The scripts of a fleet, as far as they go without one: usage, inventories, and what they make of
# an ssh that plays a host.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
top=$(cd "$tests/../.." && pwd -P)
export XDG_STATE_HOME=$work/state TLDGUARD=$tool
export TLDGUARD_DATA=${TLDGUARD_DATA:-$top/policy/tables}
unset TLDGUARD_CONF

# script NAME ARG...: as run does for the tool.
script() {
    code=0
    out=$("$top/scripts/$1" "${@:2}" 2>err.txt </dev/null) || code=$?
    err=$(<err.txt)
}
printf 'serial: 5\ntlds:\n  - {tld: ml, targets: [mil], mode: block}\n' >policy.yaml

# Usage: one line, exit code 2, nothing on standard output.
echo a >hosts
while read -r args; do
    # shellcheck disable=SC2086 # words
    script $args
    is "usage: $args" "$code$out $(wc -l <<<"$err")" '2 1'
done <<'CASES'
push-policy
push-policy policy.yaml
push-policy --hosts
push-policy --hosts hosts
push-policy --hosts hosts policy.yaml other.yaml
push-policy --hosts hosts --retry policy.yaml
push-policy --hosts hosts --undo --dry-run
push-policy --hosts hosts --nonsense x policy.yaml
push-policy --hosts hosts --jobs 0 policy.yaml
push-policy --hosts hosts --jobs 1x policy.yaml
push-policy --hosts hosts --watch -1 policy.yaml
push-policy --hosts hosts --timeout 99999 policy.yaml
push-policy --hosts hosts --max-block-rise x policy.yaml
push-policy --hosts hosts --canary 0 policy.yaml
push-policy --hosts hosts --canary 101% policy.yaml
push-policy --hosts hosts --canary $(id) policy.yaml
push-policy --hosts hosts --expires 90d policy.yaml
push-policy --hosts=hosts --watch=x policy.yaml
fleet-status
fleet-status --hosts
fleet-status --hosts hosts more
fleet-status --hosts hosts --json --prometheus
fleet-status --hosts hosts --expect 0
fleet-status --hosts hosts --nonsense
CASES

# Inventories. Columns: the file as printf has it; what is said of it.
while IFS='|' read -r text said; do
    # shellcheck disable=SC2059
    printf "$text" >hosts
    script fleet-status --hosts hosts --ssh true
    is "inventory: $text" "$code$out $err" "3 $said"
done <<'CASES'
|fleet-status: error: hosts: no host in it; write one a line
# nothing\n\n  \n|fleet-status: error: hosts: no host in it; write one a line
a\n-oProxyCommand=x\n|hosts:2: error: '-oProxyCommand=x' is no host as ssh takes it: a name, an address or user@host
a;id\n|hosts:1: error: 'a;id' is no host as ssh takes it: a name, an address or user@host
a\n\n../b\n|hosts:3: error: '../b' is no host as ssh takes it: a name, an address or user@host
a canari\n|hosts:1: error: 'canari' is neither 'canary' nor 'group=NAME'
a group=\n|hosts:1: error: 'group=' is neither 'canary' nor 'group=NAME'
a group=x/y\n|hosts:1: error: 'group=x/y' is neither 'canary' nor 'group=NAME'
a\nb\na canary\n|hosts:3: error: a stands in line 1 as well
a\033[2J\n|hosts:1: error: 'a [2J' is no host as ssh takes it: a name, an address or user@host
a\0b\n|hosts:1: error: 'a?b' is no host as ssh takes it: a name, an address or user@host
CASES
printf '%s\n' 'x;y' 'a b' '' 'a' >hosts
script fleet-status --hosts hosts --ssh true
is 'inventory: all that is wrong' "$code $(cut -d: -f1-3 <<<"$err" | xargs)" '3 hosts:1: error hosts:2: error hosts:4: error'
script fleet-status --hosts nowhere
is 'inventory: not there' "$code $err" '3 fleet-status: error: nowhere: no such inventory that can be read'
seq -f 'h%g' 5001 >hosts
script fleet-status --hosts hosts --ssh true
is 'inventory: long' "$code $err" '3 fleet-status: error: hosts: over 5000 hosts'

# An ssh that plays hosts: NAME.json is the status of one, others are down.
cat >fakessh <<'SSH'
#!/usr/bin/env bash
while [[ $1 != -- ]]; do shift; done
printf '%s\n' "$*" >>asked
# As ssh does, whatever the command makes of it.
[[ $3 == activate ]] || cat >/dev/null
if [[ ! -f $2.json ]]; then echo "connect to host $2: No route to host" >&2; exit 255; fi
case $3 in
survey) printf '{"protocol":1,"clock":%s}\n' "$(date +%s%3N)"; cat "$2.json" ;;
activate)
    cat >"handed.$2"
    image=$(tail -c 32 "handed.$2" | od -An -v -tx1 | tr -d ' \n')
    [[ -f $2.answer ]] || { echo '{"result":"active","serial":8,"image":"'"$image"'"}'; exit; }
    # It takes it, and does not say so in time.
    [[ $(<"$2.code") != hangs ]] || { jq --arg image "$image" '.policy.image = $image' "$2.json" >"$2.new" && mv "$2.new" "$2.json"; exec sleep 60; }
    sed "s/IMAGE/$image/" "$2.answer"
    exit "$(<"$2.code")"
    ;;
status) cat "$2.json" ;;
history) cat "$2.history" ;;
rollback) [[ ! -f $2.pid ]] || kill -INT "$(<"$2.pid")"; echo '{"result":"active","serial":7}' ;;
*) exit 3 ;;
esac
SSH
chmod +x fakessh
# host NAME SERIAL DIGIT [CHANGE]: a host's status.
host() {
    jq -n --argjson serial "$2" --arg digit "$3" '{policy: {serial: $serial, image: ($digit * 64), created: 1764000000000,
        loaded: 1764000000000, expires: null}, questions: {total: 1000, blocked: 20}, events: {lost: 3}, started: 5,
        problems: []}' | jq "${4:-.}" >"$1.json"
}
# fleet ARG...
fleet() { script fleet-status --hosts hosts --ssh ./fakessh "$@"; }
printf '%s\n' 'a canary group=x' 'b group=x group=y # one' 'c' $'d\r' user@e 2001:db8::1 >hosts
for name in a b c d user@e 2001:db8::1; do host "$name" 7 a; done
fleet
is 'all the same' "$code$err $(awk '{ print $NF }' <<<"$out" | xargs)" '0 STATE ok ok ok ok ok ok answer'
is 'a row' "$(sed -n 's/  */ /g;2p' <<<"$out" | sed 's/ [0-9]* d / N d /')" 'a 7 aaaaaaaa 2025-11-24T16:00:00Z N d 3 2 % of 1000 ok'
fleet --group y --json
is 'a group' "$(jq -c '[.hosts[].host]' <<<"$out")" '["b"]'
fleet --group z
is 'no such group' "$code" 3
host c 6 b
host d 9 c
rm user@e.json
fleet --json
is 'drift: by most of them' "$code $(jq -c '[.expected.serial, .drift, .well, [.hosts[] | select(.drift).host]]' <<<"$out")" '1 [7,2,false,["c","d"]]'
is 'down: why' "$(jq -c '.hosts[4] | [.up, .problems[0].problem, .problems[0].text]' <<<"$out")" \
    '[false,"unreachable","ssh: connect to host user@e: No route to host"]'
fleet --expect 9 --json
is 'drift: by what is expected' "$code $(jq -c '[.expected.serial, [.hosts[] | select(.drift).host]]' <<<"$out")" '1 [9,["a","b","c","2001:db8::1"]]'
for name in a b c d user@e 2001:db8::1; do host "$name" 7 a; done
host b 7 d
fleet --json
is 'drift: the same serial, another image' "$code $(jq -c '[.hosts[] | select(.drift).host]' <<<"$out")" '1 ["b"]'
host b 7 a '.problems = [{problem: "events-lost", text: "1 since\nthe \u001b[31mstart"}]'
fleet
is 'a problem: told, in its line' "$code $(grep -c '^b .* events-lost: 1 since the  \[31mstart$' <<<"$out")" '1 1'
# What a host says may be anything.
while IFS= read -r change; do
    host b 7 a "$change"
    fleet --prometheus
    is "a host that says: $change" "$code$err $(grep -c '^tldguard_fleet_up{host="a"} 1$' <<<"$out")" '1 1'
done <<'CHANGES'
.policy = null
.policy = 3
.policy.image = "zz"
.policy.image = null
{}
[]
null
"x"
.problems = {}
.problems = [{problem: "a\"b\\\n", text: null}]
.problems = [1, "x"]
.questions = []
.questions = {total: 5}
.questions = {total: 5, blocked: "x"}
CHANGES
# And hides no other host's row, nor part of a file.
fleet --output table
is 'a host that tells half: each has its row' "$code $(awk '{ print $1 }' table | xargs)" '1 HOST a b c d user@e 2001:db8::1 6'
is 'a host that tells half: it is told' "$(grep -c '^b .* -  *no-answer: its status makes no sense$' table)" 1
if command -v promtool >/dev/null || PATH=$PATH:${TG_BUILD:-/nowhere}/promtool/bin command -v promtool >/dev/null; then
    PATH=$PATH:${TG_BUILD:-/nowhere}/promtool/bin
    host b 7 a '.problems = [{problem: "a\"b\\\n", text: ""}, {problem: "x", text: ""}, {problem: "x", text: "again"}]'
    fleet --prometheus
    is 'promtool check metrics' "$code $(promtool check metrics <<<"$out" 2>&1)" '1 '
fi
fleet --prometheus --output fleet.prom
is 'to a file' "$code$out $(grep -c '^tldguard_fleet_hosts 6$' fleet.prom) $(echo fleet.prom*)" '1 1 fleet.prom'
fleet --output nowhere/file
is 'to a file that cannot be' "$code" 3

# A push that no host can take, and what is asked of hosts then.
rm -f ./*.json asked
script push-policy --hosts hosts --ssh ./fakessh --yes --timeout 5 policy.yaml
is 'nobody there: exit code, and the last line' "$code$out $(tail -n 1 <<<"$err")" '1 push-policy: no host can take a policy now'
is 'nobody there: each is told' "$(grep -c '^push-policy: .*: unreachable: ssh: connect to host .*: No route to host$' <<<"$err")" 6
is 'nobody there: nothing but a survey is asked for' "$(cut -d' ' -f3- asked | sort -u)" survey
script push-policy --hosts hosts --ssh ./fakessh --retry
is 'nobody there: it was no push' "$code $err" '3 push-policy: error: there is no former push of hosts'
for name in a b c d user@e 2001:db8::1; do host "$name" 7 a; done
script push-policy --hosts hosts --ssh ./fakessh --yes policy.yaml
is 'a lower serial: exit code, and what is asked' "$code $(cut -d' ' -f3- asked | sort -u)" '1 survey'
is 'a lower serial: told for five of them' "$(grep -c 'serial 7 is in force there; serial 5 of policy.yaml is not higher' <<<"$err")" 5
# Each way to name a canary. Columns: the option; the canaries.
while IFS='|' read -r canary wanted; do
    sed 's/serial: 5/serial: 8/' policy.yaml >next.yaml
    # shellcheck disable=SC2086
    script push-policy --hosts hosts --ssh ./fakessh --dry-run --json $canary next.yaml
    is "canary: $canary" "$code $(jq -r '[.hosts[] | select(.canary).host] | join(" ")' <<<"$out")" "0 $wanted"
done <<'CASES'
|a
--canary none|
--canary 2|a b
--canary 99|a b c d user@e 2001:db8::1
--canary 1%|a
--canary 50%|a b c
--canary 51%|a b c d
--canary 100%|a b c d user@e 2001:db8::1
--canary c,user@e|c user@e
--canary 2001:db8::1|2001:db8::1
CASES
while IFS='|' read -r canary said; do
    script push-policy --hosts hosts --ssh ./fakessh --dry-run --canary "$canary" next.yaml
    is "canary: $canary" "$code $(tail -n 1 <<<"$err")" "2 push-policy: --canary: $said; see 'push-policy --help'"
done <<'CASES'
a,b,a|'a' is named twice
a%|'a%' is no host of the inventory
1a%|'1a%' is no host of the inventory
1%2%|'1%2%' is no host of the inventory
CASES
script push-policy --hosts hosts --ssh ./fakessh --dry-run --canary nobody next.yaml
is 'canary: one that is not there' "$code" 2
printf '%s\n' b a >hosts
script push-policy --hosts hosts --ssh ./fakessh --dry-run --json next.yaml
is 'canary: the first, when none is marked' "$(jq -r '.hosts[] | select(.canary).host' <<<"$out")" b
host b 7 a '.problems = [{problem: "not-running", text: "gone"}]'
script push-policy --hosts hosts --ssh ./fakessh --dry-run --json next.yaml
is 'canary: the first that is well' "$code $(jq -r '.hosts[] | select(.canary).host' <<<"$out") $(jq -r '.hosts[0].reason' <<<"$out")" '1 a gone'
# How a push goes on. Twelve hosts, the first of which is the canary; one at a time.
# push ARG...
push() {
    sed "s/serial: 5/serial: 8/" policy.yaml >next.yaml
    rm -f asked
    script push-policy --hosts hosts --ssh ./fakessh --yes --json --jobs 1 --watch 0 --timeout 5 "$@" next.yaml
}
# told: how many hosts of each kind.
told() { jq -r '.hosts | group_by(.result) | map("\(length) \(.[0].result)") | join(", ")' <<<"$out"; }
# answers HOST CODE TEXT
answers() { printf '%s\n' "$3" >"$1.answer"; echo "$2" >"$1.code"; }
refused='{"result":"refused","serial":8,"image":"IMAGE","reason":"no\u001b[31m\nreason"}'
rm -f ./*.json
seq -f 'h%g' 12 >hosts
for ((i = 1; i <= 12; i++)); do host "h$i" 7 a; done
push
is 'twelve: fine' "$code $(told)" '0 12 active'
is 'twelve: signed by nobody, and told' "$(grep -c 'warning: without --key it is not signed' <<<"$err") $(jq .signed <<<"$out")" '1 null'
is 'twelve: the canary first' "$(grep activate asked | head -n 1 | cut -d' ' -f2)" h1
for i in 3 5 6 9; do answers "h$i" 1 "$refused"; done
push
is 'three failures end it' "$code $(told) $(jq -r '.hosts[7:][].result' <<<"$out" | xargs)" \
    '1 3 active, 3 refused, 6 skipped skipped skipped skipped skipped skipped'
is 'a reason is one line' "$(jq -r '.hosts[2].reason' <<<"$out")" 'no [31m reason'
push --max-failed 4
is 'or not' "$code $(told)" '1 8 active, 4 refused'
rm h3.answer h5.answer
script push-policy --hosts hosts --ssh ./fakessh --json --retry
is 'the rest, later' "$code $(told)" '1 10 active, 2 refused'
rm ./*.answer
script push-policy --hosts hosts --ssh ./fakessh --json --retry
is 'and all of it' "$code $(told)" '0 12 active'
# What goes out is what was confirmed.
answers h3 1 "$refused"
push
kept=$(echo "$XDG_STATE_HOME"/tldguard/hosts-*/pushes/"$(cat "$XDG_STATE_HOME"/tldguard/hosts-*/last)")
is 'what is kept of it is for nobody else' "$(stat -c %a "${kept%/pushes/*}")" 700
printf x | dd of="$kept/policy.cdb" bs=1 seek=2100 conv=notrunc status=none
script push-policy --hosts hosts --ssh ./fakessh --retry
is 'its image was changed meanwhile' "$code $err" "3 push-policy: error: $kept/policy.cdb: not the image of that push any more"
for ((i = 0; i < 12; i++)); do mkdir "${kept%/*}/$i" && touch -d "2020-01-$((10 + i))" "${kept%/*}/$i"; done
push
is 'the last ten are kept' "$(find "${kept%/*}" -mindepth 1 -maxdepth 1 | wc -l)" 10
rm ./*.answer
seq -f 'h%g' 3 >hosts
# The canary's answers. Columns: exit code; answer; result.
while IFS='|' read -r host_code answer result; do
    answers h1 "$host_code" "$answer"
    push
    is "canary says $host_code $answer" "$code $(told)" "1 1 $result, 2 skipped"
done <<'ANSWERS'
1|{"result":"refused","serial":8,"image":"IMAGE","reason":"x"}|refused
1|{"result":"restored","serial":8,"image":"IMAGE","reason":"x"}|restored
1|{"result":"unproven","serial":8,"image":"IMAGE","reason":"x"}|restored
3|{"result":"broken","serial":null,"image":null,"reason":"x"}|broken
0|{"result":"refused","serial":8,"image":"IMAGE","reason":"x"}|broken
1|{"result":"active","serial":8,"image":"IMAGE","reason":null}|refused
0|{"result":"active","serial":8,"image":"0000","reason":null}|broken
0|{"result":"great","serial":8,"image":"IMAGE"}|broken
0|{"result":["active"],"image":"IMAGE"}|broken
0|[]|broken
0||broken
2||broken
77||broken
ANSWERS
answers h1 255 ''
push
is 'no canary can be reached' "$code $(jq -r '.hosts[0].result' <<<"$out") $(grep -c ' activate ' asked)" '1 unreachable 1'
push --watch 2
rm h1.answer
script push-policy --hosts hosts --ssh ./fakessh --json --retry
is 'a canary is watched as the push was told' "$(grep -c 'watching the canary for 2 s' <<<"$err")" 1
is 'one that does not have what it said is rolled back' "$code $(told) $(jq -r '.hosts[0].reason' <<<"$out")" \
    '1 1 restored, 2 skipped canary h1: serial 7 is in force there, not what was pushed'
answers h1 255 ''
push --canary h1,h2
is 'one of two can' "$code $(told)" '1 2 active, 1 unreachable'
answers h1 hangs ''
answers h2 1 "$refused"
push --canary h1,h2 --timeout 1
is 'a canary that may have it is rolled back, too' "$code $(told) $(grep rollback asked)" '1 1 refused, 1 restored, 1 skipped -- h1 rollback 7'
host h1 7 a
is 'what is on standard input is not for ssh' "$(seq 100 | ("$top/scripts/push-policy" --hosts hosts --ssh ./fakessh --yes --canary h1,h2 --timeout 1 \
    --watch 0 next.yaml >/dev/null 2>&1; wc -c))" 292
rm ./*.answer

# What --undo takes back, whatever the host is like by then. Columns: the change of its status; its history;
# the result; what is asked for.
host h1 7 a
push
digest=$(jq -r .image <<<"$out")
while IFS='|' read -r change history wanted; do
    for name in h1 h2 h3; do host "$name" 8 x ".policy.image = \"$digest\""; done
    host h2 8 x ".policy.image = \"$digest\" | $change"
    printf '%s\n' "$history" >h2.history
    rm -f asked
    script push-policy --hosts hosts --ssh ./fakessh --json --undo
    is "undo, $change, $history" "$code $(told) $(grep 'h2 rollback' asked)" "$wanted"
done <<CASES
.|-|0 3 restored -- h2 rollback 7
.problems = [{problem: "not-running", text: "x"}]|{"active":{"image":"$digest"}}|0 3 restored -- h2 rollback 7
.problems = [{problem: "stopped", text: "x"}]|{"active":{"image":"$digest"}}|0 3 restored -- h2 rollback 7
.problems = [{problem: "stopped", text: "x"}]|{"active":{"image":"another"}}|1 1 broken, 2 restored 
.problems = [{problem: "stopped", text: "x"}]|nonsense|1 1 broken, 2 restored 
{problems: [{problem: "no-figures", text: "x"}]}|{"active":{"image":"$digest"}}|0 3 restored -- h2 rollback 7
CASES

# An undo that is interrupted is gone on with by another.
for name in h1 h2 h3; do host "$name" 8 x ".policy.image = \"$digest\""; done
cat >undo <<'SH'
#!/usr/bin/env bash
echo $$ >h1.pid
exec "$@"
SH
chmod +x undo
code=0
./undo "$top/scripts/push-policy" --hosts hosts --ssh ./fakessh --undo --jobs 1 >/dev/null 2>err.txt </dev/null || code=$?
rm h1.pid
is 'undo, interrupted: what to do' "$code $(tail -n 1 err.txt)" \
    '130 push-policy: interrupted; the rollback is not finished, --undo goes on with it: h2 h3'
host h1 7 a
script push-policy --hosts hosts --ssh ./fakessh --json --undo
is 'undo, interrupted: gone on with' "$code $(told)" '0 2 restored'
for name in h1 h2 h3; do host "$name" 7 a; done
script push-policy --hosts hosts --ssh ./fakessh --state /proc/nowhere --dry-run next.yaml
is 'no place for what is kept' "$code $(wc -l <<<"$err")" '3 1'
script push-policy --hosts hosts --ssh ./nowhere next.yaml
is 'no ssh' "$code $err" '3 push-policy: error: ./nowhere is not there: install it'

# What is shipped for systemd.
if command -v systemd-analyze >/dev/null; then
    mkdir units
    sed "s|^ExecStart=pull-policy|ExecStart=$top/scripts/pull-policy|" "$top/dist/tldguard-pull.service" >units/tldguard-pull.service
    cp "$top/dist/tldguard-pull.timer" units
    is 'shipped: systemd-analyze verify' "$(systemd-analyze verify --man=no units/tldguard-pull.* 2>&1 | grep -F tldguard)" ''
fi
tap_end
