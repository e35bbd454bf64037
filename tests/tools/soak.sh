#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What scripts/soak finds wrong and what not, on runs that are made up; and that a seed is a schedule.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
root=$(cd "$tests/../.." && pwd -P)
# shellcheck source-path=SCRIPTDIR source=../../scripts/lib/soak_world.sh
source "$root/scripts/lib/soak_world.sh"
# shellcheck source-path=SCRIPTDIR source=../../scripts/lib/soak_schedule.sh
source "$root/scripts/lib/soak_schedule.sh"

cat >table <<'TABLE'
1 127.0.0.% udp - army.ml A 1 !NXDOMAIN+own: 1 NOERROR:198.51.100.1 0 - -
1 127.0.0.% udp e army.co A 0 !NXDOMAIN+own: 1 - - - -
1 127.0.0.% udp - army.om A 6 NOERROR:198.51.100.2 1 NOERROR:198.51.100.2 0 - -
1 127.0.0.% udp - army.mlx A 0 !NXDOMAIN+own: 1 - - NOERROR:198.51.100.4 0
1 127.0.0.% tcp - example.com A 0 NOERROR:198.51.100.5 0 - - - -
TABLE
row_names=(army.ml army.co army.om army.mlx example.com)

# judge NAME WRONG HISTORY: HISTORY has lines, times in milliseconds:
#   change AT GROUP STATE   fault BEGIN END KIND   lost COUNT   stall AT MS
#   ask AT TOOK ROW RESULT EVENTS [RCODE]   one of a port of its own, and how many events it has;
#   again AT ...            one of the same port as the one before
# WRONG are the kinds of what must be found, with their number; and "lost" what is not counted.
judge() {
    local what a b c d e f port=1000
    printf '0 0 1 0\n0 0 6 1\n' >changes
    : >faults; : >answers; : >events
    while read -r what a b c d e f; do
        case $what in
        change) echo "${a}000 ${a}000 $b $c" >>changes ;;
        fault) printf 'b %s000 %s\ne %s000 %s\n' "$a" "$c" "$b" "$c" >>faults ;;
        lost) printf '%s\tevents-lost\t-\t-\t-\t-\t-\t-\n' "$a" >>events ;;
        stall) echo "${a}000 ${b}000 stall" >>answers ;;
        stranger) printf '0\tdns-block\t127.0.0.11\t9\tudp\tarmy.co\tA\tNXDOMAIN\n' >>events ;;
        ask | again)
            [[ $what == again ]] || port=$((port + 1))
            what=$(sed -n "${c}p" table | cut -d ' ' -f 3)
            echo "${a}000 ${b}000 $c 127.0.0.11 $port $what ${row_names[$((c - 1))]} A $d" >>answers
            for ((; e > 0; e--)); do
                printf '0\tdns-block\t127.0.0.11\t%s\t%s\t%s\tA\t%s\n' "$port" "$what" "${row_names[$((c - 1))]}" "${f:-${d%%[+:]*}}"
            done >>events
            ;;
        esac
    done <<<"$3"
    awk -v limit=1000000 -v silent=4000000 -v start=0 -f "$root/tests/support/soak_judge.awk" file=1 table file=2 changes \
        file=3 faults file=4 answers file=5 answers file=6 events >judged
    is "$1" "$(awk '$1 == "wrong" { sub(/:/, "", $2); n[$2]++ } /^figure uncounted/ && $3 > 0 { n["lost"] += $3 }
        END { for (kind in n) print kind, n[kind] }' judged | sort | xargs)" "$2"
}

judge "all is well" '' 'change 10000 1 1
ask 5000 1 1 NOERROR:198.51.100.1 0
ask 12000 1 1 NXDOMAIN+own: 1
ask 12000 1 2 NXDOMAIN+own+ede: 1
ask 12000 1 3 NOERROR:198.51.100.2 1
ask 12000 1 5 NOERROR:198.51.100.5 0'
# A change: either is right for a second, and neither before nor later.
judge "the new policy before it was there" 'answer 1' 'change 10000 1 1
ask 9000 1 1 NXDOMAIN+own: 1'
judge "the new policy at once, the former one for a second" '' 'change 10000 1 1
ask 10001 1 1 NXDOMAIN+own: 1
ask 10900 1 1 NOERROR:198.51.100.1 0'
judge "the former policy later" 'answer 1' 'change 10000 1 1
ask 11100 1 1 NOERROR:198.51.100.1 0'
judge "the former policy, as nobody could run meanwhile" '' 'change 10000 1 1
fault 10200 10900 stop
ask 11500 1 1 NOERROR:198.51.100.1 0'
judge "the former policy, as this machine slept" '' 'change 10000 1 1
stall 10100 500
ask 11300 1 1 NOERROR:198.51.100.1 0'
judge "the former policy, as a bad image lay in the new one's place" '' 'change 10000 1 1
fault 10100 10700 image-cut
ask 11500 1 1 NOERROR:198.51.100.1 0'
judge "two changes in between: the first one is no excuse" 'answer 1' 'change 10000 1 1
change 18000 1 0
ask 15000 1 1 NOERROR:198.51.100.1 0'
judge "asked before, answered long after" '' 'change 10000 1 1
fault 9000 12000 outside-slow
ask 9500 3000 1 NXDOMAIN+own: 1
ask 9500 3000 1 NOERROR:198.51.100.1 0'
judge "a listed answer without error 15" 'answer 1' 'ask 5000 1 2 NXDOMAIN+own: 1'
judge "another answer" 'answer 1' 'ask 5000 1 5 NOERROR:198.51.100.6 0'
# Silence, and failure.
judge "no answer, and nothing was under way" 'silent 1' 'ask 5000 4000 5 none 0'
judge "no answer, as nobody was outside" '' 'fault 4000 6000 outside-held
ask 5000 4000 5 none 0'
judge "no answer to what is blocked, though nobody was outside" 'silent 1' 'fault 4000 6000 outside-held
ask 5000 4000 2 none 0'
judge "no answer to what is blocked, over a reload" 'silent 1' 'fault 5000 5500 reload
ask 5100 4000 2 none 0'
judge "no answer to what waits for the outside, over a reload" '' 'fault 5000 5500 reload
ask 4900 4000 5 none 0'
judge "SERVFAIL, and nothing was under way" 'answer 1' 'ask 5000 1 5 SERVFAIL: 0'
judge "SERVFAIL, a while after the outside" '' 'fault 4000 6000 outside-gone
ask 9000 1 5 SERVFAIL: 0'
judge "SERVFAIL, long after" 'answer 1' 'fault 4000 6000 outside-gone
ask 19000 1 5 SERVFAIL: 0'
judge "whether the twin exists, nobody can tell" '' 'fault 4000 6000 outside-gone
ask 5000 1 4 NOERROR:198.51.100.4 0'
judge "whether the twin exists, somebody could tell" 'answer 1' 'ask 5000 1 4 NOERROR:198.51.100.4 0'
# Events.
judge "an event is missing" 'lost 1 missing 1' 'ask 5000 1 2 NXDOMAIN+own+ede: 0'
judge "of what is watched" 'lost 1 missing 1' 'ask 5000 1 3 NOERROR:198.51.100.2 0'
judge "missing, the disk was full, and it is counted" '' 'fault 4000 6000 disk-full
lost 1
ask 5000 1 2 NXDOMAIN+own+ede: 0'
judge "missing, the disk was full, and it is not counted" 'lost 1' 'fault 4000 6000 disk-full
lost 1
ask 5000 1 2 NXDOMAIN+own+ede: 0
ask 5000 1 2 NXDOMAIN+own+ede: 0'
judge "missing when the disk was not full: no count is for that one" 'lost 1 missing 1' 'fault 4000 6000 disk-full
lost 3
ask 7000 1 2 NXDOMAIN+own+ede: 0'
judge "missing, and another one had its port before" '' 'fault 4000 6000 disk-full
lost 1
ask 1000 1 2 NXDOMAIN+own+ede: 1
again 5000 1 2 NXDOMAIN+own+ede: 0'
judge "twice" 'event 1' 'ask 5000 1 2 NXDOMAIN+own+ede: 2'
judge "of what is not listed" 'event 1' 'ask 5000 1 5 NOERROR:198.51.100.5 1'
judge "of a question that nobody asked" 'event 1' 'stranger'
judge "it says something else than the client got" 'event 1' 'ask 5000 1 2 NXDOMAIN+own+ede: 1 NOERROR'
judge "no answer any more: logged or not" '' 'fault 5000 5500 reload
ask 4900 4000 3 none 1
ask 4900 4000 3 none 0'
judge "let by in the moment of a change, and logged" '' 'change 10000 1 1
ask 10001 1 1 NOERROR:198.51.100.1 1'
judge "let by before it, and logged" 'event 1' 'change 10000 1 1
ask 9000 1 1 NOERROR:198.51.100.1 1'

# The schedule.
is "the same seed" "$(soak_schedule 60 5 | cksum)" "$(soak_schedule 60 5 | cksum)"
is "another seed" "$([[ $(soak_schedule 60 5) != "$(soak_schedule 60 6)" ]] && echo differs)" differs
is "a minute has each kind" "$(soak_schedule 60 1 | awk '$2 == "world" && $3 != "sample" { print $3 }' | sort -u)" "$(soak_kinds | cut -d ' ' -f 1 | sort)"
is "and each bad image" "$(soak_schedule 60 1 | sed -n 's/.* image-//p' | sort -u)" "$(tr ' ' '\n' <<<"$soak_images" | sort)"
is "a change in each second" "$(soak_schedule 60 1 | awk '$2 == "policy" && $3 ~ /^[0-9]/ { print int($1 / 1000) }' | xargs)" "$(seq 59 | xargs)"
is "each group again after so many seconds as there are" "$(soak_schedule 60 1 | awk -v groups="$soak_groups" '
    $2 == "policy" && $3 ~ /^[0-9]/ { s = int($1 / 1000); if ($3 in at && s - at[$3] != groups) print; at[$3] = s }')" ''
tap_end
