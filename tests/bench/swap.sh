#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# How long the slowest question waits while a policy is replaced and the cache is looked
# through, beside the slowest when nothing happens. Figures, no verdict: `make bench-swap`.
# NAMES: how many lie in the cache (100000). WINDOWS: how many seconds of each kind (10).
# THREADS: of Unbound (2).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../live/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../live/lib.sh"

load=$TG_BUILD/tests/support/load
names=${NAMES:-100000}
windows=${WINDOWS:-10}
serial=0

# image FILE TLD: a policy of the next serial.
image() {
    serial=$((serial + 1))
    printf '%s\n' "serial: $serial" 'tlds:' "  - {tld: $2, targets: [mil], mode: block}" >"$world_dir/policy.yaml"
    "$TLDGUARD" compile --quiet "$world_dir/policy.yaml" -o "$1"
}

# window [FILE]: a second of questions for what is cached; the file is renamed into place in
# its midst. Prints how long the slowest took, in microseconds.
window() {
    local loading
    echo 'n%.big.example A' | "$load" -p "$world_unbound_port" -j 2 -u 200 >"$world_dir/asked" &
    loading=$!
    sleep 0.3
    [[ -z ${1:-} ]] || mv "$1" "$world_dir/policy.cdb"
    sleep 0.9
    kill "$loading"
    wait "$loading" || true
    sed -n 's/.* slowest //p' "$world_dir/asked"
}

# summary NAME FIGURE...: median and greatest, in milliseconds.
summary() {
    printf '%s\n' "${@:2}" | sort -n | awk -v name="$1" '
        { v[NR] = $1 }
        END { printf "%-28s slowest question: median %.1f ms, greatest %.1f ms of %d windows\n",
            name, v[int((NR + 1) / 2)] / 1000, v[NR] / 1000, NR }'
}

live_create
# Any name below it exists, for a day.
{ sed 's/ 300 / 86400 /' "$world_dir/zones/honest.zone"; echo '* 86400 A 192.0.2.90'; } >"$world_dir/zones/big.zone"
world_zones=('big.example big.zone')
echo 'example 3600 TXT "exists"' >>"$world_dir/zones/root.zone"
world_start nsd || bail "$world_error"
world_threads=${THREADS:-2}
world_unbound_more=$'    msg-cache-size: 256m\n    rrset-cache-size: 256m\n    extended-statistics: yes\n    serve-expired: yes'
image "$world_dir/policy.cdb" om
world_start unbound || bail "$world_error"
echo 'n%.big.example A' | "$load" -p "$world_unbound_port" -j 8 -n "$names" >/dev/null || true
quiet=() changed=()
for ((i = 0; i < windows; i++)); do
    quiet+=("$(window)")
    image "$world_dir/new.cdb" "$( ((i % 2)) && echo om || echo ml)"
    # Something to take out.
    ask army.ml A
    changed+=("$(window "$world_dir/new.cdb")")
done
echo "$(world_control stats_noreset | sed -n 's/^msg.cache.count=//p') messages in the cache, $world_threads threads"
summary "without a change" "${quiet[@]}"
summary "a policy is replaced" "${changed[@]}"
grep -o 'is in force after.*' "$world_dir/unbound.log" | tail -n 1
