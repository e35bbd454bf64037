# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154,SC2317
# What scripts/soak does to the resolver and to its world. After tests/live/lib.sh and soak_world.sh.
#
#   soak_follow WHO       does what the schedule says for that one, at its time, until soak_until
#   soak_note FILE b|e KIND   when it began, and ended: for the judge
#
# Two follow the schedule at the same time, each with a file of notes of its own: policy and world.

soak_serial=1   # of the last policy
soak_until=0    # when nothing more is begun, EPOCHREALTIME in microseconds
soak_begun=0    # when the schedule began
soak_rotated=0  # names of the record
soak_flooded=0  # questions of floods
soak_flushed=0

soak_now() { printf '%s' "${EPOCHREALTIME/[.,]/}"; }
soak_note() { echo "$2 ${EPOCHREALTIME/[.,]/} $3" >>"$soak_work/faults.$1"; }

# An interrupt ends what is scheduled, and so does a resolver that is gone.
soak_goes_on() { [[ ! -e $soak_work/over ]] && world_pid unbound >/dev/null; }

# soak_rest MS
soak_rest() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }

soak_follow() {
    local at who what left
    while read -r at who what; do
        [[ $who == "$1" ]] || continue
        left=$(((soak_begun - $(soak_now)) / 1000 + at))
        ((left <= 0)) || soak_rest "$left"
        soak_goes_on || break
        (($(soak_now) < soak_until)) || break
        "soak_do_$who" "$what"
    done <"$soak_work/schedule"
    return 0
}

# soak_locked NAME COMMAND...: not while the other one does what has the same name. image: no policy is
# bad while all is loaded anew; put: none comes while memory is measured.
soak_locked() {
    local status=0
    exec 9>"$soak_work/lock.$1"
    shift
    flock 9
    "$@" 9>&- || status=$?
    exec 9>&-
    return $status
}

# A policy of the groups that are listed, renamed into place.
soak_put() {
    local before
    soak_serial=$((soak_serial + 1))
    soak_policy "$soak_serial" >"$soak_work/policy.yaml"
    "$TLDGUARD" compile --quiet "$soak_work/policy.yaml" -o "$soak_work/new.cdb" 2>"$soak_work/compiled" ||
        { soak_wrong "$(tail -n 1 "$soak_work/compiled")"; return; }
    cp "$soak_work/new.cdb" "$soak_work/good.cdb"
    before=$(soak_now)
    mv -f "$soak_work/new.cdb" "$world_dir/policy.cdb"
    # An empty one stands for what was there from the beginning.
    [[ -z $1 ]] || echo "$before $(soak_now) $1 ${soak_listed[$1]:-0}" >>"$soak_work/changes"
}

# A bad one, which must change nothing, and then the good one again.
soak_bad_image() {
    cp "$soak_work/good.cdb" "$soak_work/back.cdb"
    live_spoil "$soak_work/good.cdb" "$1"
    soak_rest 600
    [[ ! -d $world_dir/policy.cdb || -L $world_dir/policy.cdb ]] || rmdir "$world_dir/policy.cdb"
    mv -fT "$soak_work/back.cdb" "$world_dir/policy.cdb"
}

soak_do_policy() {
    if [[ $1 == image-* ]]; then
        soak_note policy b "$1"
        soak_locked image soak_bad_image "${1#image-}"
        soak_note policy e "$1"
        return
    fi
    if [[ ${soak_listed[$1]:-} ]]; then unset "soak_listed[$1]"; else soak_listed[$1]=1; fi
    soak_locked put soak_put "$1"
}

soak_do_world() {
    [[ $1 != disk-full || $soak_mounted == yes ]] || return 0
    soak_note world b "$1"
    case $1 in
    reload | reload_keep_cache | hangup) soak_locked image soak_restart "$1" ;;
    log-link | log-fifo | log-folder) soak_in_its_place "${1#log-}" ;;
    outside-lose | outside-forge | outside-drip | outside-silent | outside-slow) soak_lie "${1#outside-}" ;;
    *) "soak_${1//-/_}" ;;
    esac
    soak_note world e "$1"
}

# What a restart ends is what the module has counted since the last one: events lost, questions without
# protection, and watched answers that went out late or from the cache.
soak_count() {
    jq -r '[.events.lost, .questions.unprotected, .questions.late, .questions.watched_cached] | @tsv' \
        "$world_dir/figures/stats" >>"$soak_work/counted" 2>/dev/null || true
}
soak_starts() { grep -c 'start of service' "$world_dir/unbound.log" || true; }
soak_has_started() { (($(soak_starts) >= $1)); }

soak_restart() {
    local before
    before=$(soak_starts)
    soak_count
    if [[ $1 == hangup ]]; then kill -HUP "$(world_pid unbound)"; else world_control "$1" >/dev/null; fi
    for _ in 1 2 3; do ! live_until soak_has_started $((before + 1)) || return 0; done
    soak_wrong "$1 does not end"
}

# soak_wrong TEXT: something that is no matter of answers and events.
soak_wrong() { echo "wrong world: $*" >>"$soak_work/wrong"; }

soak_flush() { world_control flush_zone "$(shuf_pick example.com army.om ml mil .)" >/dev/null; }
shuf_pick() { local all=("$@"); printf '%s' "${all[$((soak_flushed++ % ${#all[@]}))]}"; }
soak_flushed=0

soak_flush_requestlist() { world_control flush_requestlist >/dev/null; }

soak_hold() { soak_still soak_rest 700; }

# soak_saved: a name in the record for what the log is called no longer.
soak_saved() {
    soak_rotated=$((soak_rotated + 1))
    printf -v "$1" '%s/block.jsonl.%05d' "$2" "$soak_rotated"
}

# What the resolver has let go of goes to the record, and makes room.
soak_sweep() {
    local old to
    for old in "$soak_site"/block.jsonl.* "$world_dir"/log/kept/* "$world_dir"/log/moved.*/block.jsonl*; do
        [[ -f $old && ! -L $old ]] || continue
        [[ -z $(find -L "/proc/$(world_pid unbound)/fd" -maxdepth 1 -samefile "$old" 2>/dev/null) ]] || continue
        soak_saved to "$soak_record"
        mv "$old" "$to" 2>/dev/null || true
    done
}

soak_rotate() {
    local to
    soak_sweep
    soak_saved to "$soak_site"
    mv "$soak_log" "$to" 2>/dev/null || true
}

# Some always wait, while there are questions.
soak_written() { (($(jq -r '.events.waiting' "$world_dir/figures/stats") < 500)); }

soak_log_moved() {
    mv "$soak_site" "$world_dir/log/moved.$((++soak_rotated))"
    soak_rest 800
    soak_make_site
}

# Another name for the file, so that what is written to it until the last moment is not lost to us.
soak_keep_name() {
    local to
    soak_saved to "$world_dir/log/kept"
    mkdir -p "$world_dir/log/kept"
    ln "$soak_log" "$to" 2>/dev/null || true
}

# soak_still COMMAND...: while the resolver is held, so that nothing is written meanwhile.
soak_still() {
    soak_note world b stop
    kill -STOP -- "-$(world_pid unbound)"
    "$@"
    kill -CONT -- "-$(world_pid unbound)"
    soak_note world e stop
}

soak_log_removed() {
    soak_still soak_remove
    soak_rest 800
    soak_make_site
}
soak_remove() {
    local to
    soak_keep_name
    for to in "$soak_site"/block.jsonl.*; do [[ ! -f $to ]] || mv "$to" "$world_dir/log/kept/"; done
    rm -rf "$soak_site"
}

soak_log_replaced() {
    soak_keep_name
    install -m 0640 ${world_user:+-o "$world_user"} /dev/null "$soak_site/another"
    mv "$soak_site/another" "$soak_log"
}

soak_log_truncated() { soak_still soak_truncate; }
soak_truncate() {
    local to
    soak_saved to "$soak_record"
    [[ ! -f $soak_log ]] || { cp "$soak_log" "$to" && : >"$soak_log"; }
}

soak_log_readonly() {
    chown "$(id -u)" "$soak_site"
    chmod 0555 "$soak_site"
    soak_rotate
    soak_rest 800
    soak_make_site
}

# What is no file takes the log's place, in one step where that can be: else the module is first.
soak_in_its_place() {
    local to
    # One name each, or the record would have it twice.
    [[ $1 == folder ]] || soak_keep_name
    case $1 in
    link) ln -s "$soak_record/nowhere" "$soak_site/thing" ;;
    fifo) mkfifo -m 0666 "$soak_site/thing" ;;
    folder) for _ in {1..50}; do
        soak_saved to "$soak_site"
        mv "$soak_log" "$to" 2>/dev/null || true
        ! mkdir "$soak_log" 2>/dev/null || break
    done ;;
    esac
    [[ $1 == folder ]] || mv -fT "$soak_site/thing" "$soak_log"
    soak_rest 800
    if [[ $1 != folder ]]; then rm -f "$soak_log"; else rmdir "$soak_log" 2>/dev/null || true; fi
}

# soak_flood COUNT: of blocked names, as fast as they are answered.
soak_flood() {
    local i begin
    for ((i = 0; i < $1; i++)); do echo "127.0.0.$((10 + i % 40)) udp q$((++soak_flooded)).flood.army.co MX"; done >"$soak_work/flood.list"
    begin=$(soak_now)
    "$live_client" -p "$world_unbound_port" -j 8 -l <"$soak_work/flood.list" >"$soak_work/flood" || true
    awk -v when="$begin" -v took="$(($(soak_now) - begin))" -v row="$(wc -l <"$soak_work/table")" '
        { print when, ($4 == "none" ? took : 0), row, $1, $2, $3, $5, $6, $4 == "none" ? "none" : $4 ($4 == "NXDOMAIN" ? "+own:" : ":") }' \
        "$soak_work/flood" >>"$soak_work/answers.flood"
}

soak_disk_full() {
    local room
    soak_rotate
    room=$(df --output=avail -k "$world_dir/log" | tail -n 1)
    fallocate -l "$((room - 256))K" "$world_dir/log/filler" || true
    soak_flood 18000
    rm -f "$world_dir/log/filler"
    live_until soak_written || soak_wrong "events still wait after the disk was full"
}

soak_outside_held() {
    hold
    soak_rest 1500
    release
}

soak_outside_gone() {
    world_stop nsd
    soak_rest 1000
    live_nsd_again || soak_wrong "NSD does not start again"
}

# A liar beside NSD, to whom the resolver is sent for a while.
soak_lie() {
    local port
    if ! live_liar "$1" "$world_nsd_port"; then
        live_liar_end
        live_liar "$1" "$world_nsd_port" || { soak_wrong "no liar"; return; }
    fi
    world_control forward_add . "127.0.0.1@$live_liar_port" >/dev/null
    # Or nobody would have to ask.
    world_control flush_zone . >/dev/null
    soak_rest 1500
    world_control forward_add . "127.0.0.1@$world_nsd_port" >/dev/null
    # What was asked of the liar is asked of it again and again, until Unbound gives up after ten seconds
    # and remembers that for five more: so the fault would last longer than it says.
    world_control flush_requestlist >/dev/null
    live_liar_end
}
