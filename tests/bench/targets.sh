#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# One table of what is aimed at, out of what benches printed for machines.
set -euo pipefail

show_help() {
    cat <<'HELP'
Usage: tests/bench/targets.sh FILE...

Prints where the benches ran, and for each target of theirs our figure, the peer's, the ratio,
and whether it is met. FILE is what a bench printed with --json; .json may be left out. A bench
whose file is not there is named: its targets are not met, and not counted.
Exit: 0 printed, 2 usage, 3 a file cannot be read.
HELP
}
case ${1:-} in
--help) show_help; exit 0 ;;
-* | '') echo 'tests/bench/targets.sh: give it files; --help tells more' >&2; exit 2 ;;
esac
# shellcheck source-path=SCRIPTDIR source=about.sh
source "$(dirname "${BASH_SOURCE[0]}")/about.sh"

files=() absent=()
for file; do
    file=${file%.json}
    if [[ -e $file.json ]]; then files+=("$file.json"); else absent+=("${file##*/}"); fi
done
all=''
if ((${#files[@]} > 0)); then
    all=$(jq -c '.targets[]' "${files[@]}") || exit 3
    jq -r '"\(.bench): \(.day // "") \(.about.machine), load \(.about.load)" +
        (if .quick then ", quick" else "" end)' "${files[@]}"
    echo
    bench_targets_show <<<"$all"
    jq -sr '"\nmet: \(map(select(.met)) | length) of \(length)"' <<<"$all"
fi
((${#absent[@]} == 0)) || echo "not measured: ${absent[*]}"
