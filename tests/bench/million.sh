#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What a list of a million names of 28 characters costs: `make bench-parts`. Figures, not a test; of
# what is quick the best of many rounds.
# Environment: TLDGUARD, the tool.
set -euo pipefail
tool=${TLDGUARD:?the path of the tldguard tool}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
TIMEFORMAT='%R %U'

row() { printf '%-52s %10s %s\n' "$@"; }

# best COUNT ARG...: of the tool; the least seconds of wall and of user time, in milliseconds.
best() {
    local count=$1
    shift
    for ((i = 0; i < count; i++)); do
        { time "$tool" "$@" >"$work/out" 2>&3; } 2>&1
    done 3>&2 | awk 'NR == 1 || $1 < wall { wall = $1 } NR == 1 || $2 < user { user = $2 }
        END { print wall * 1000, user * 1000 }'
}

# Letters by chance, the same ones everywhere: 25 and ".ml" or ".om".
awk 'BEGIN {
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    x = 1
    for (i = 0; i < 1000000; i++) {
        name = ""
        for (j = 0; j < 25; j++) {
            x = x * 16807 % 2147483647 # Park and Miller
            name = name substr(letters, 1 + int(x / 1024) % 36, 1)
        }
        print name (i % 2 ? ".ml" : ".om")
    }
}' >"$work/million.txt"
printf 'serial: 1\nblock:\n  - {file: million.txt}\n' >"$work/million.yaml"
name=$(sed -n 500000p "$work/million.txt")

read -r wall user < <(best 1 compile -q "$work/million.yaml" -o "$work/million.cdb")
row 'compile a million names' "$wall" ms
row '... of which processor time of its own' "$user" ms
row 'the image' "$(awk -v size="$(stat -c %s "$work/million.cdb")" 'BEGIN { printf "%.1f", size / 1e6 }')" MB
read -r wall user < <(best 30 explain -p "$work/million.cdb" "$name" MX)
grep -q '^verdict  NXDOMAIN' "$work/out"
row 'explain one of them' "$wall" ms
row '... of which processor time of its own' "$user" ms
