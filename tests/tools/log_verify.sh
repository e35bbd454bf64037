#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tldguard log verify: all events, each once, in order; what is lost is told.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
events=${TG_BUILD:?where the project is built}/tests/support/events
"$events" 40 5 >good.jsonl

# verify NAME CODE FINDINGS FILE...: kinds and lines of what is found.
verify() {
    run log verify --json "${@:4}"
    is "$1" "$code $(jq -r 'map(select(.kind != "log")) | map("\(.kind)@\(.line)") | join(" ")' <<<"$out")$err" "$2 $3"
}
# total COLUMN...: of the one log that there is.
total() { jq -c --args '.[] | select(.kind == "log") as $b | [$ARGS.positional[] as $c | $b[$c]]' "$@" <<<"$out"; }
# digest: of the line that is read, as the next one carries it.
digest() { sha256sum | cut -c 1-32; }
# relink: lines of events, each with the digest of the one before: as the module writes them.
relink() {
    local line chain=00000000000000000000000000000000
    while IFS= read -r line; do
        line=$(sed -E 's/"chain":"[0-9a-f]*"/"chain":"'"$chain"'"/' <<<"$line")
        printf '%s\n' "$line"
        chain=$(digest <<<"$line")
    done
}
# line N: of the good log.
line() { sed -n "$1p" good.jsonl; }

verify 'a good log' 0 '' good.jsonl
is 'a good log: its numbers' "$(total events begin end missing lost duplicates disordered backwards)" '[40,1,40,0,0,0,0,0]'
is 'a good log: its end, to be noted elsewhere' "$(total chain)" "[\"$(tail -n 1 good.jsonl | digest)\"]"
is 'as the module links it' "$(relink <good.jsonl | cksum)" "$(cksum <good.jsonl)"
tail -n +11 good.jsonl >tail.jsonl
verify 'a log whose start is not here' 0 '' tail.jsonl
is 'its numbers' "$(total begin end missing)" '[11,40,0]'
sed 5,7d good.jsonl >gap.jsonl
verify 'three are missing' 1 'gap@5' gap.jsonl
is 'three are missing: so many' "$(total missing lost)" '[3,0]'
{ line 1,4 && line 8 | jq -c '.tldguard.lost=3' && line 9,40; } | relink >told.jsonl
verify 'three are lost, and told' 0 '' told.jsonl
is 'so many are lost' "$(total missing lost)" '[0,3]'
{ line 1,4 && line 8 | jq -c '.tldguard.lost=2' && line 9,40; } | relink >less.jsonl
verify 'fewer are told than are missing' 1 'gap@5' less.jsonl
{ line 1,4 && line 8 | jq -c '.tldguard.lost=5' && line 9,40; } | relink >more.jsonl
verify 'more are told than are missing' 1 'gap@5' more.jsonl
line 5 | jq -c '.tldguard.lost=4' | relink >first.jsonl
verify 'lost before the first' 0 '' first.jsonl
is 'lost before the first: so many' "$(total begin lost)" '[1,4]'
{ line 1,5 && line 3 && line 6,40; } >twice.jsonl
verify 'one is there twice' 1 'duplicate@6' twice.jsonl
verify 'a file and its copy' 1 "$(seq -f 'duplicate@%g' 1 40 | tr '\n' ' ' | sed 's/ $//')" good.jsonl good.jsonl
{ line 1,5 && line 7 && line 6 && line 8,40; } >order.jsonl
verify 'two change places' 1 'gap@6 order@7' order.jsonl
{ line 21,40 && line 1,20; } >late.jsonl
verify 'the start comes at the end' 1 "$(seq -f 'order@%g' 21 40 | tr '\n' ' ' | sed 's/ $//')" late.jsonl
{ line 1,5 && line 6 | jq -c '.["@timestamp"]="2026-11-21T00:00:00Z"' && line 7,40; } | relink >back.jsonl
verify 'time goes back: nothing wrong' 0 '' back.jsonl
is 'time goes back: told' "$(total backwards)" '[1]'
{ line 1,5 && line 6 | cut -c 1-200 && line 7,9 && echo "$(line 10 | head -c 99)$(line 11)" && line 12,40; } >torn.jsonl
verify 'torn and glued lines are named' 1 'torn@6 gap@7 glued@10 gap@11' torn.jsonl
line 1 | jq -c '.event.id="x"' >id.jsonl
verify 'an identity of its own' 1 'id@1' id.jsonl
line 1 | jq -c 'del(.tldguard.boot)' >none.jsonl
verify 'an event without a boot' 1 'id@1' none.jsonl
line 1 | jq -c '.tldguard.serial=99999' | relink >serial.jsonl
verify 'a serial nobody knows' 0 '' serial.jsonl
# A line for events that were lost when no other follows.
{ line 1,4 && line 8 | jq -c 'del(.dns,.source,.rule) | .event.action="events-lost" | .tldguard={boot:.tldguard.boot,log:.tldguard.log,lost:3,chain:""}'; } | relink >stop.jsonl
verify 'lost at the stop' 0 '' stop.jsonl

# One that was changed shows in the next; the last one has none, its digest is told at the end.
{ line 1,9 && line 10 | sed 's/army/navy/g' && line 11,40; } >changed.jsonl
verify 'one line was changed' 1 'chain@10' changed.jsonl
is 'one line was changed: so many' "$(total changed missing)" '[1,0]'
{ line 1,9 && line 10 | sed -E 's/"chain":"./"chain":"x/' && line 11,40; } >digest.jsonl
verify 'a digest that is none' 1 'schema@10 chain@10' digest.jsonl
{ line 1,9 && line 10,11 | relink && line 12,40; } >two.jsonl
verify 'two lines were put in place of others' 1 'chain@9 chain@11' two.jsonl
# Whoever takes events away, and says that they were lost, changes the line that says so.
{ line 1,4 && line 8 | jq -c '.tldguard.lost=3' && line 9,40; } >hidden.jsonl
verify 'three were taken away, and told as lost' 1 'chain@4 chain@5' hidden.jsonl
tail -n +2 good.jsonl | sed 's/"sequence":2}/"sequence":1}/; s/-2"/-1"/' >begin.jsonl
verify 'the first was taken away' 1 'chain@1 gap@2' begin.jsonl
line 1,3 | jq -c 'del(.tldguard.chain)' >unlinked.jsonl
verify 'lines without a digest' 1 'schema@1 schema@2 schema@3' unlinked.jsonl
line 1 | jq -c 'del(.rule,.message)' | relink >members.jsonl
verify 'an event without what each has' 1 'schema@1 schema@1' members.jsonl
{ line 1,4 && line 5 | jq -c '.tldguard.crash=true' && line 6,9; } | relink >crash.jsonl
verify 'the machine stopped' 1 'crash@5' crash.jsonl
is 'the machine stopped: so often' "$(total crashes missing)" '[1,0]'
{ line 1,4 && line 5 | jq -c '.tldguard.crash="yes"'; } >crash.jsonl
verify 'no such crash' 1 'broken@5' crash.jsonl
# Another start of the module goes on where the former one was.
{ line 1,20 && line 21,40 | sed 's/"boot":"6b02/"boot":"7c02/; s/resolver-6b02/resolver-7c02/'; } |
    relink >restart.jsonl
verify 'two starts, one log' 0 '' restart.jsonl
is 'two starts, one log: so many' "$(total starts end)" '[2,40]'

# Several logs, in files that are handed in in any order, one of them packed.
"$events" 30 5 6b0253e0cf547757 101 0123456789abcdef0123456789abcdef >second.jsonl
head -n 20 good.jsonl | gzip >a.gz
tail -n +21 good.jsonl >b.jsonl
cat second.jsonl >>b.jsonl
run log verify b.jsonl a.gz
is 'as text' "$code $err
$out" "0 
log 6b0253e0cf547756 resolver: 40 events, numbers 1 to 40; since 2026-11-22T00:00:00.010Z; ends in $(tail -n 1 good.jsonl | digest)
log 6b0253e0cf547757 resolver: 30 events, numbers 101 to 130, its start is not here; since 2026-11-22T00:00:01.010Z; ends in $(tail -n 1 second.jsonl | digest)
70 events, 0 broken lines, 2 logs, 0 findings"
# A clock that is set back between two rotations: the numbers tell which file came first, in
# whatever order they are handed in; and each line is looked at.
{ line 1,4 && line 5,8 | sed 's/"@timestamp":"2026-11-22/"@timestamp":"2026-11-21/'; } | relink >set_back.jsonl
head -n 4 set_back.jsonl >back.1
tail -n +5 set_back.jsonl >back
sed '2s/army/navy/g' back.1 >navy.1
verify 'the clock was set back: a stream' 0 '' set_back.jsonl
for files in 'back back.1' 'back.1 back'; do
    # shellcheck disable=SC2086 # two
    verify "the clock was set back: $files" 0 '' $files
done
for files in 'back navy.1' 'navy.1 back'; do
    # shellcheck disable=SC2086
    verify "the clock was set back, one line was changed: $files" 1 'chain@2' $files
    is "the clock was set back, one line was changed: $files: so many" "$(total changed disordered)" '[1,0]'
done
cat back navy.1 >late_navy.jsonl
verify 'one line was changed, of those that come late' 1 'order@5 order@6 chain@6 order@7 order@8' late_navy.jsonl
# Of a collector: files share logs, and what one host could not send comes late. They are not mixed.
third() { sed -n "$1p" second.jsonl; }
"$events" 30 5 6b0253e0cf547757 >second.jsonl
{ line 1,20 && third 1,4; } >collected.1
{ third 5,9 && line 21,40 && third 10,30; } >collected
verify 'files that share logs' 0 '' collected collected.1

run log verify gap.jsonl
is 'findings as text' "$code $(head -n 1 <<<"$out")" \
    '1 gap.jsonl:5: gap: 3 events are missing before number 8, 0 of them told as lost'
run log verify --csv gap.jsonl
is 'as CSV' "$(cut -d, -f1-3 <<<"$out")" "$(printf '%s\n' kind,file,line '"gap","gap.jsonl",5' '"log",,')"
run log verify --since 2h good.jsonl
is 'no filters' "$code" 2
run log verify nowhere.jsonl
is 'no file' "$code" 3
tap_end
