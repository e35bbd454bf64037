# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# What a run of scripts/soak comes to. After soak_measure.sh.
#
#   soak_account   reads all that was left, into soak_figures
#   soak_show      the table, and what was wrong; soak_json: the same as one object
#   soak_is_well   whether nothing was wrong

declare -A soak_figures=()
soak_growth_limit=1 # percent

soak_figure() { printf '%s' "${soak_figures[$1]:-0}"; }
soak_nothing_waits() { [[ $(jq -r '.events.waiting' "$world_dir/figures/stats") == 0 ]]; }

# Each file of the log once, under whichever name.
soak_logs() {
    find "$world_dir/log" "$soak_record" -type f -name 'block.jsonl*' -size +0 -printf '%D:%i %p\n' |
        sort -u -k 1,1 | cut -d ' ' -f 2-
}

# A file may end in half a line, where the disk was full: the line is whole in the next one.
soak_events() {
    soak_logs | xargs -r awk 1 | jq -Rr 'fromjson? | [.tldguard.lost // 0, .event.action,
        if .dns then .source.ip, .source.port, .network.transport, .dns.question.name, .dns.question.type,
        .dns.response_code else "-", "-", "-", "-", "-", "-" end] | @tsv' || soak_wrong "the log cannot be read"
}

# The tool's own word about the record.
soak_verify() {
    local verified=''
    # shellcheck disable=SC2046 # one word a file
    verified=$("$TLDGUARD" log verify --json $(soak_logs)) || true
    soak_figures[verify]=$(jq -r '
        (map(select(.kind == "log")) | "logs \(length)" + (["missing", "lost", "duplicates", "changed"] as $names |
            [$names[] as $name | ", \($name) \(map(.[$name]) | add)"] | add)),
        (map(select(.kind != "log") | .kind) | group_by(.)[] | ", findings \(.[0]) \(length)")' <<<"$verified" | tr -d '\n') || true
    [[ ${soak_figures[verify]} == "logs 1, missing 0, lost $(soak_figure events_lost), duplicates 0, changed 0" ]] ||
        soak_wrong "tldguard log verify: ${soak_figures[verify]}"
}

soak_account() {
    local name value
    sort -s -n -k 1,1 "$soak_work/answers" "$soak_work/answers.flood" >"$soak_work/answers.all"
    sort -s -n -k 2,2 "$soak_work"/faults.{policy,world} >"$soak_work/faults"
    soak_events >"$soak_work/events"
    awk -v limit="$((live_patience * 100000))" -v silent=4000000 -v start="$soak_begun" -f "$root/tests/support/soak_judge.awk" \
        file=1 "$soak_work/table" file=2 "$soak_work/changes" file=3 "$soak_work/faults" \
        file=4 "$soak_work/answers.all" file=5 "$soak_work/answers.all" file=6 "$soak_work/events" >"$soak_work/judged"
    while read -r _ name value; do soak_figures[$name]=$value; done < <(grep '^figure' "$soak_work/judged")
    grep '^wrong' "$soak_work/judged" >>"$soak_work/wrong" || true
    read -r "soak_figures[stats_lost]" "soak_figures[unprotected]" "soak_figures[late]" "soak_figures[watched_cached]" < <(awk '
        { for (i = 1; i <= 4; i++) sum[i] += $i } END { print sum[1] + 0, sum[2] + 0, sum[3] + 0, sum[4] + 0 }' "$soak_work/counted")
    soak_figures[in_force]=$(grep -cE 'policy serial [0-9]+, .* is in force' "$world_dir/unbound.log" || true)
    soak_verify
    soak_judge_figures
}

# What is wrong with figures alone.
soak_judge_figures() {
    local column what
    (($(wc -l <"$soak_work/samples") > 1)) || { soak_wrong "memory was not measured"; return; }
    (($(soak_figure uncounted) == 0)) || soak_wrong "$(soak_figure uncounted) events are missing that no line counts as lost"
    (($(soak_figure events_lost) >= $(soak_figure stats_lost))) ||
        soak_wrong "the stats file counts $(soak_figure stats_lost) lost events, the log $(soak_figure events_lost)"
    (($(soak_figure unprotected) == 0)) || soak_wrong "$(soak_figure unprotected) questions were not protected"
    (($(soak_figure questions) > 0)) || soak_wrong "nothing was asked"
    for what in 2:RSS 3:private; do
        column=${what%:*}
        ! awk -v got="$(soak_growth "$column")" -v limit="$soak_growth_limit" 'BEGIN { exit !(got >= limit) }' ||
            soak_wrong "memory has grown by $(soak_growth "$column") % (${what#*:}), $(soak_of first "$column") to $(soak_of last "$column") kB"
    done
    for what in 4:threads 5:files; do
        column=${what%:*}
        (($(soak_of last "$column") <= $(soak_of first "$column"))) ||
            soak_wrong "$(soak_of last "$column") ${what#*:} at the end, $(soak_of first "$column") at the beginning"
    done
}

soak_wrongs() { sed 's/^wrong //' "$soak_work/wrong"; }
soak_is_well() { [[ ! -s $soak_work/wrong ]]; }

# soak_from_to COLUMN
soak_from_to() { printf '%s -> %s' "$(soak_of first "$1")" "$(soak_of last "$1")"; }
soak_faults() {
    local name
    for name in "${!soak_figures[@]}"; do
        [[ $name != fault.* ]] || echo "${name#fault.} ${soak_figures[$name]}"
    done | sort
}

soak_show() {
    local took
    took=$(awk -v us="$(soak_figure slowest_us)" 'BEGIN { printf "%.1f ms", us / 1000 }')
    {
        printf '%s\t%s\n' "questions" "$(soak_figure questions)" "answers" "$(soak_figure answers), of these $(soak_figure failed) SERVFAIL" \
            "wrong answers" "$(soak_figure wrong)" \
            "without an answer" "$(soak_figure unanswered), explained by what was under way: $(soak_figure explained)" \
            "slowest answer" "$took: $(soak_figure slowest_what)" \
            "policy changes" "$(soak_figure changes), said to be in force: $(soak_figure in_force)" \
            "latest answer by a former policy" "$(($(soak_figure latest_old_us) / 1000)) ms after the change" \
            "events written" "$(soak_figure events_written), required $(soak_figure events_required), for nobody's questions $(soak_figure events_free)" \
            "events lost and counted" "$(soak_figure events_lost) in the log, $(soak_figure stats_lost) in the stats file; found missing $(soak_figure events_missing)" \
            "events lost and not counted" "$(soak_figure uncounted)" "events too many" "$(soak_figure events_wrong)" \
            "tldguard log verify" "$(soak_figure verify)" \
            "memory, kB RSS" "$(soak_from_to 2), $(soak_growth 2) %" "memory, kB private" "$(soak_from_to 3), $(soak_growth 3) %" \
            "threads, open files" "$(soak_from_to 4), $(soak_from_to 5)" \
            "this machine slept" "$(soak_figure stalls) times, $(($(soak_figure stalled_us) / 1000)) ms" \
            "done to it" "$(soak_faults | awk '{ printf "%s%s %d", sep, $1, $2; sep = ", " }' | fold -s -w 100 | sed '2,$s/^/\t/')"
    } | column -t -s $'\t'
    [[ $soak_mounted == yes ]] || echo "no right to mount: the disk of the log was never full"
    soak_wrongs | sed 's/^/WRONG: /'
}

soak_json() {
    local name figures
    figures=$(for name in questions answers failed wrong unanswered explained changes in_force events_written events_required \
        events_free events_lost stats_lost events_missing uncounted events_wrong latest_old_us slowest_us stalls stalled_us; do
        echo "$name $(soak_figure "$name")"
    done | jq -cnR '[inputs | split(" ") | {(.[0]): (.[1] | tonumber)}] | add')
    jq -n --argjson seconds "$seconds" --argjson seed "$seed" --arg interrupted "$interrupted" --argjson figures "$figures" \
        --arg slowest "$(soak_figure slowest_what)" --arg verify "$(soak_figure verify)" \
        --argjson growth "{\"rss\": $(soak_growth 2), \"private\": $(soak_growth 3)}" \
        --argjson samples "$(jq -cnR '[inputs | split(" ") | map(tonumber) |
            {at: .[0], rss: .[1], private: .[2], threads: .[3], files: .[4]}]' <"$soak_work/samples")" \
        --argjson faults "$(soak_faults | jq -cnR '[inputs | split(" ") | {(.[0]): (.[1] | tonumber)}] | add')" \
        --argjson wrong "$(soak_wrongs | jq -cnR '[inputs]')" '
        {soak: "tldguard", $seconds, $seed, well: ($wrong == []), interrupted: ($interrupted == "yes"), $figures, $slowest,
         $verify, $growth, $samples, $faults, $wrong}'
}
