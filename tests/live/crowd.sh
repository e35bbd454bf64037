#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Fifty clients ask for one name at once, which the outside is slow to tell, and half of them
# may know it: each gets its own answer and its own event, in round after round.
#
# ROUNDS in the environment: how many.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

live_policy=$(dirname "${BASH_SOURCE[0]}")/crowd.yaml
rounds=${ROUNDS:-200} half=25
world_threads=2

# address ROUND: what the name of that round has, and no other one.
address() { echo "198.18.$(($1 / 250)).$(($1 % 250))"; }

stats() { world_control stats_noreset >"$world_dir/stats"; }
stat_of() { sed -n "s/^total\.$1=//p" "$world_dir/stats"; }
# shellcheck disable=SC2317
asked() { stats && (($(stat_of num.queries) >= $1)); }

# one_round NUMBER: NSD is held until all have asked; who is blocked has an answer by then.
one_round() {
    local asking
    kill -STOP -- "-$nsd"
    "$live_client" -p "$world_unbound_port" -s 127.0.0.1 -j $((2 * half)) -l <<<"${list//NAME/r$1.crowd.ml}" >>"$world_dir/answers" &
    asking=$!
    live_until asked $((before + $1 * 2 * half)) || true
    kill -CONT -- "-$nsd"
    stat_of requestlist.current.user >>"$world_dir/waiting"
    wait "$asking" || true
}

# wrong: the answers that are not those of their client.
wrong() {
    awk -v rounds="$rounds" -v half="$half" '
        { n = $5; gsub(/[^0-9]/, "", n); wanted = "NXDOMAIN -" }
        $1 ~ /^127[.]0[.]1[.]/ { wanted = "NOERROR 198.18." int(n / 250) "." n % 250 }
        $4 " " $7 != wanted { print; next }
        { right[$5, wanted == "NXDOMAIN -"]++ }
        END {
            for (i = 1; i <= rounds; i++)
                for (blocked = 0; blocked < 2; blocked++)
                    if (right["r" i ".crowd.ml", blocked] != half) print "round", i, blocked ? "blocked:" : "told:", right["r" i ".crowd.ml", blocked] + 0
        }' "$world_dir/answers" | head -n 10
}

test_crowd() {
    local i list nsd before
    list=$(for ((i = 2; i < 2 + half; i++)); do printf '127.0.%d.'"$i"' udp NAME A\n' 0 1; done)
    nsd=$(world_pid nsd)
    stats
    before=$(stat_of num.queries)
    for ((i = 1; i <= rounds; i++)); do one_round "$i"; done
    is "in each round $half were waiting at once" "$(sort "$world_dir/waiting" | uniq -c | xargs)" "$rounds $half"
    is "$rounds rounds: $half are told the truth, $half are blocked" "$(wrong)" ''
    check "the events are written" live_await_events $((rounds * 2 * half))
    is "exactly one event for each question" "$(jq -r '[.source.ip, .source.port, .dns.question.name, .tldguard.mode,
            .dns.response_code, .tldguard.group // "-"] | join(" ")' "$live_log" | sort | diff - <(
        awk '{ print $1, $2, $5, $1 ~ /^127[.]0[.]1[.]/ ? "monitor NOERROR soc" : "block NXDOMAIN -" }' \
            "$world_dir/answers" | sort) | head -n 10)" ''
}

live_create
{
    printf '%s\n' '@ 300 SOA ns.world. hostmaster.world. 1 3600 1200 604800 60' '@ 300 NS ns.world.'
    for ((i = 1; i <= rounds; i++)); do echo "r$i 300 A $(address "$i")"; done
} >"$world_dir/zones/crowd.zone"
world_zones+=('crowd.ml crowd.zone')
world_stop nsd
world_start nsd || bail "$world_error"
world_start unbound || bail "$world_error"
test_crowd
live_end
