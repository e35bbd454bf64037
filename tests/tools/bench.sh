#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What runs all benches, the table of targets, and README.md's figures: with benches that measure
# nothing, as what a real one measures differs each time.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
src=${TG_SRC:?where the sources are}
for program in jq column; do
    command -v $program >/dev/null || { echo "1..0 # SKIP no $program"; exit 77; }
done
mkdir -p bench build tree/tests/bench tree/scripts
cp "$src"/tests/bench/{all,targets,about}.sh bench/
cp "$src/scripts/figures" tree/scripts/
cp -R "$src"/tests/bench/{figures{,.jq,.gp,.awk},parts.gp} tree/tests/bench/
cp "$src/README.md" tree/
chmod -R u+w tree bench

# object MET [BENCH]: what a bench prints.
object() {
    jq -cn --argjson met "$1" --arg bench "${2:-resolver}" '{$bench, about: {machine: "m", load: "0"}, rows: [],
        targets: [{of: "a", what: "b", unit: "ns", ours: 5, peer_name: "p", peer: 10, ratio: 0.5, way: "most",
            limit: 1, $met}, {of: "c", what: "d", unit: "ns", ours: 7, peer_name: null, peer: null, ratio: null,
            way: "most", limit: 9, met: true}]}'
}
# fake STATUS TEXT: the bench.
fake() {
    # shellcheck disable=SC2016
    printf '%s\n' '#!/usr/bin/env bash' 'echo "with $*" >&2' "printf '%s\\n' '$2'" "exit $1" >bench/resolver.sh
    chmod +x bench/resolver.sh
}
all() {
    code=0
    out=$(TG_BUILD=$work/build bench/all.sh "$@" 2>&1) || code=$?
}
json() { jq -c "$1" build/bench/resolver.json 2>/dev/null || echo none; }

# The exit status is of what went wrong, never of what was measured.
fake 0 "$(object false)"
all resolver
is 'a target that is not met: exit code' "$code" 0
is '... is told' "$(grep -c 'NOT MET' <<<"$out")" 1
is '... and counted' "$(grep '^met:' <<<"$out")" 'met: 1 of 2'
is '... the file' "$(json '[.quick, .targets[0].ours]')" '[false,5]'
is 'asked as a machine asks' "$(grep -c '^    with --json$' <<<"$out")" 1
all --quick resolver
is 'quick: asked so' "$(grep -c '^    with --json --quick$' <<<"$out")" 1
is '... the file says it' "$(json .quick)" true
QUICK=yes all resolver
is '... by the environment' "$(json .quick)" true
# What an earlier run left does not stand for one that fails.
fake 1 "$(object true)"
all resolver
is 'a bench that fails: exit code, file' "$code $(json .)" '1 none'
is '... is named' "$(grep -c '^bench resolver .*FAILED$' <<<"$out") $(tail -n 1 <<<"$out")" '1 not measured: resolver'
fake 77 'SKIP no such thing'
all resolver
is 'one that cannot run here: exit code, file' "$code $(json .)" '77 none'
is '... says why' "$(grep -c 'SKIP no such thing' <<<"$out")" 1
# What it prints has to be the object of that bench.
fake 0 'not JSON'
all resolver
is 'no JSON: exit code, file' "$code $(json .)" '1 none'
fake 0 "$(object true other)"
all resolver
is 'the object of another bench: exit code' "$code" 1
fake 0 "$(object true)$(object true)"
all resolver
is 'two objects: exit code' "$code" 1
fake 0 "$(object true | jq -c '.targets = []')"
all resolver
is 'no target: exit code' "$code" 1
rm bench/resolver.sh
all resolver
is 'a script that is not there: exit code' "$code" 1
all nothing
is 'a bench that there is not: exit code' "$code" 2

# bench_target: nothing without a figure, or without that of a peer that is named.
# shellcheck source-path=SCRIPTDIR source=../bench/about.sh
source bench/about.sh
is 'no figure of ours' "$(bench_target a b ns - p 3 most 1)" ''
is 'no figure of the peer' "$(bench_target a b ns 3 p - most 1)" ''
is 'the ratio at the limit, most' "$(bench_target a b ns 3 p 3 most 1 | jq .met)" true
is 'the ratio over it' "$(bench_target a b ns 4 p 3 most 1 | jq .met)" false
is 'the ratio under it, least' "$(bench_target a b ns 2 p 3 least 1 | jq .met)" false
is 'no peer: the figure itself' "$(bench_target a b ns 2 - - most 1 | jq -c '[.met, .peer]')" '[false,null]'

# README.md
figures() {
    code=0
    out=$(tree/scripts/figures "$@" 2>&1) || code=$?
}
# changed FILE SED-SCRIPT: --check of the tree with that file changed.
changed() {
    cp "tree/$1" kept
    sed -i "$2" "tree/$1"
    if cmp -s kept "tree/$1"; then out='nothing was changed' code=-1; else figures --check; fi
    cp kept "tree/$1"
}
figures --check
is 'README.md as it is: exit code' "$code $out" '0 '
changed README.md 's/^Met: [0-9]* of/Met: 99 of/'
is 'a figure typed: exit code' "$code" 1
changed tests/bench/figures/resolver.json '0,/"ours": [0-9]*/s//"ours": 1/'
is 'a figure measured: exit code' "$code" 1
changed README.md '/^<!-- end of figures -->$/d'
is 'no mark: exit code' "$code" 1
changed tests/bench/figures/figures.svg 's/<!-- made from [0-9]/&1/'
is 'another picture: exit code, message' "$code $out" \
    '1 scripts/figures: figures.svg is of other figures: scripts/figures --write'
changed tests/bench/figures/parts.svg 's/<!-- made from [0-9]/&1/'
is 'another picture of the parts: exit code, message' "$code $out" \
    '1 scripts/figures: parts.svg is of other figures: scripts/figures --write'
mkdir -p tree/build/bench
jq '. + {quick: true}' tree/tests/bench/figures/resolver.json >tree/build/bench/resolver.json
figures --take
is 'what was measured quickly is not taken: exit code' "$code" 3
jq '. + {quick: false} | .targets[0].ours = 123456' tree/tests/bench/figures/resolver.json >tree/build/bench/resolver.json
figures --take
is 'what was measured is taken' "$code $(grep -c '| 123,456 ' <<<"$out")" '0 1'
if command -v gnuplot >/dev/null; then
    figures --write
    is 'written: exit code' "$code" 0
    figures --check
    is '... and checked: exit code' "$code $out" '0 '
    is '... the figure' "$(grep -c '| 123,456 ' tree/README.md)" 1
    is '... the rest as it was' "$(diff "$src/README.md" tree/README.md | grep -c '^[<>]')" 2
    cp tree/README.md kept
    sed -i 's/"questions": "blocked"/"questions": "other"/' tree/tests/bench/figures/resolver.json
    figures --write
    is 'nothing to draw: exit code, README.md' "$code $(cmp kept tree/README.md)" '3 '
else
    echo '# no gnuplot here: nothing is written'
fi
tap_end
