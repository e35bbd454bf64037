#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# logrotate itself, by the file that is shipped, while clients ask: each question is one event, in
# one of the files, packed or not.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

logrotate=$(PATH=$PATH:/usr/sbin:$TG_SRC/build/logrotate/bin command -v logrotate) ||
    { echo '1..0 # SKIP no logrotate'; exit 77; }

# make_conf SED: the shipped file, with our paths and users; and what the script changes.
make_conf() {
    sed -e "s|/var/log/tldguard/|$world_dir/log/|" \
        -e "s|su unbound adm|su $(stat -c '%U %G' "$world_dir/log")|" -e "$1" \
        "$TG_SRC/dist/tldguard.logrotate" >"$world_dir/logrotate.conf"
    chmod 0644 "$world_dir/logrotate.conf"
}

# rotate: said is what it says; it says nothing when all is well.
rotate() {
    said+=$("$logrotate" -f -s "$world_dir/logrotate.state" "$world_dir/logrotate.conf" 2>&1) ||
        said+=" (status $?)"
}

all_events() {
    find "$world_dir/log" -type f -name '*.gz' -exec zcat {} +
    find "$world_dir/log" -type f ! -name '*.gz' ! -name '.*' -exec cat {} +
}
# shellcheck disable=SC2317
has_total() { (($(all_events | wc -l) >= $1)); }
# A program may take the time from the last tick of the clock.
# shellcheck disable=SC2317
next_second() { (($(date +%s%3N) > second * 1000 + 1050)); }

# shellcheck disable=SC2317
is_whole() { "$TLDGUARD" log verify "$world_dir"/log/block.jsonl* >"$world_dir/verified"; }

# test_rotated NAME SED: the log is rotated five times while there are questions.
test_rotated() {
    local i asking second said='' busy=0
    rm -f "$world_dir"/log/* "$world_dir/logrotate.state"
    make_conf "$2"
    # Until the last rotation is done.
    : >"$world_dir/answers" && : >"$world_dir/going"
    while [[ -e $world_dir/going ]]; do
        for ((i = 0; i < 40; i++)); do echo "127.0.0.$((2 + i % 10)) udp army.ml MX"; done |
            "$live_client" -p "$world_unbound_port" -j 4 -l >>"$world_dir/answers"
        world_pause
    done &
    asking=$!
    for i in 1 2 3 4 5; do
        live_until test -s "$live_log" || break
        rotate
        second=$(date +%s) # the names tell seconds, which may have passed meanwhile
        kill -0 "$asking" 2>/dev/null && busy=$((busy + 1))
        live_until next_second
    done
    rm "$world_dir/going"
    wait "$asking" || true
    is "$1: logrotate has nothing to say" "$said" ''
    is "$1: while there are questions" "$busy" 5
    check "$1: the events are written" live_until has_total "$(wc -l <"$world_dir/answers")"
    is "$1: four files are packed, one not yet" \
        "$(find "$world_dir/log" -name 'block.jsonl-*.gz' | wc -l) $(find "$world_dir/log" -name 'block.jsonl-*[0-9]' | wc -l)" '4 1'
    is "$1: exactly one event for each question" "$(all_events | jq -r '.source.ip + " " + (.source.port | tostring)' | sort)" \
        "$(awk '{ print $1, $2 }' "$world_dir/answers" | sort)"
    check "$1: whole, by the tool that reads all of the files" is_whole
    is "$1: mode and owner of the new file" "$(stat -c '%a %U' "$live_log")" "640 $(stat -c %U "$world_dir/log")"
    echo "# $1: $(wc -l <"$world_dir/answers") events"
}

live_begin
test_rotated nocreate ''
world_stop unbound
world_start unbound || bail "$world_error"
test_rotated create "s|nocreate|create 0640 $(stat -c '%U %G' "$world_dir/log")|"
live_end
