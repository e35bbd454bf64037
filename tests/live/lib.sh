# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034
# What the live tests share: TAP, the world, questions. A test sources it, calls
# live_begin, tests, and ends with live_end.
#
# Environment, as `make check` sets it: TG_SRC, TG_BUILD, TLDGUARD, TLDGUARD_MODULE,
# UNBOUND_PREFIX, NSD, TG_SANITIZED. Run by hand, a test takes what scripts/setup has built.
# TG_PATIENCE: seconds until what does not come counts as missing (10).
# Exit: 0 all passed, 1 some failed, 77 cannot run here.

if [[ -z ${TG_SRC:-} ]]; then
    TG_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
    TG_BUILD=$TG_SRC/build
    live_env=$("$TG_SRC/scripts/env") || { echo "1..0 # SKIP nothing is built"; exit 77; }
    eval "$live_env"
fi
# shellcheck source-path=SCRIPTDIR source=../../scripts/lib/world.sh
source "$TG_SRC/scripts/lib/world.sh"

live_count=0
live_failed=0
live_answer=''           # what the last question brought, in lines
live_client=${TG_BUILD:-}/tests/support/ask
live_patience=${TG_PATIENCE:-10}
world_patience=$((2 * live_patience))
live_torn=0              # lines of the log that the test itself has torn, and left

# Every type of TLD rule, on names that all exist outside.
live_policy="$(dirname "${BASH_SOURCE[0]}")/policy.yaml"
world_zones=(
    'army.cm lookalike.zone' 'army.om lookalike.zone' 'army.ne lookalike.zone'
    'army.et lookalike.zone' 'army.il lookalike.zone' 'army.co lookalike.zone'
    'partner.ml honest.zone' 'example.net honest.zone' 'example.xml honest.zone' 'example.mlx honest.zone'
)

ok() {
    live_count=$((live_count + 1))
    echo "ok $live_count - $1"
}

# not_ok NAME [LINE...]: the lines tell what was seen.
not_ok() {
    live_count=$((live_count + 1))
    live_failed=$((live_failed + 1))
    echo "not ok $live_count - $1"
    shift
    (($# == 0)) || printf '%s\n' "$@" | sed 's/^/#   /'
}

# is NAME GOT WANTED
is() {
    if [[ $2 == "$3" ]]; then
        ok "$1"
    else
        not_ok "$1" "got:    ${2//$'\n'/$'\n'        }" "wanted: ${3//$'\n'/$'\n'        }"
    fi
}

# holds NAME TEXT PART: the part is in the text.
holds() {
    if [[ $2 == *"$3"* ]]; then
        ok "$1"
    else
        not_ok "$1" "not in it: $3" "$2"
    fi
}

# check NAME COMMAND...: the command succeeds.
check() {
    if "${@:2}"; then ok "$1"; else not_ok "$1" "failed: ${*:2}"; fi
}

bail() {
    printf 'Bail out! %s\n' "${*//$'\n'/$'\n'# }"
    exit 1
}

# live_create: the run folder and the outside world, without the resolver.
live_create() {
    local why
    why=$(world_missing)
    [[ -z $why ]] || { echo "1..0 # SKIP $why"; exit 77; }
    [[ -x $live_client ]] || { echo "1..0 # SKIP no test client $live_client"; exit 77; }
    trap world_end EXIT
    # What a test did not reckon with, such as a resolver that died, must not look like its end.
    set -E
    trap '((BASH_SUBSHELL > 0)) || echo "Bail out! ${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND"' ERR
    world_create "$TG_SRC/scripts/world" || bail "$world_error"
    live_log=$world_dir/log/block.jsonl
    [[ -z ${TG_SANITIZED:-} ]] || live_sanitize
    world_compile "$live_policy" || bail "$world_error"
    world_start nsd || bail "$world_error"
}

# What a sanitizer has to say goes to files, one for each process: a server's own log is
# written anew at each start, and its exit status is not looked at.
live_sanitize() {
    local common=log_path=$world_dir/sanitizer/report
    mkdir "$world_dir/sanitizer"
    [[ -z $world_user ]] || chown "$world_user" "$world_dir/sanitizer"
    # The module reads the texts of the program that has loaded it: from one variable to
    # the next, and that between them is poisoned. And a clock is set by a library in front.
    export ASAN_OPTIONS=$common:intercept_memmem=0:intercept_memchr=0:verify_asan_link_order=0
    export UBSAN_OPTIONS=$common:print_stacktrace=1
    # What is Python's own: an interpreter inside of Unbound keeps some of its memory when it ends.
    echo leak:libpython >"$world_dir/lsan"
    export LSAN_OPTIONS=$common:suppressions=$world_dir/lsan:print_suppressions=0
    # What is Unbound's own: workers that start together write a NUL into the text of a
    # stub-host and take it back (authextstrtodname). And an RRset that a reload takes out of the
    # cache gets the id 0 twice, under its lock, and again without: we read it under the lock. In
    # 1.22 each worker writes the same constants for PROXYv2.
    printf 'race:%s\n' authextstrtodname ub_rrset_key_delete pp_init >"$world_dir/tsan"
    export TSAN_OPTIONS=$common:second_deadlock_stack=1:suppressions=$world_dir/tsan
}

live_reports() {
    find "$world_dir/sanitizer" -type f -exec cat {} +
}

live_begin() {
    live_create
    world_start unbound || bail "$world_error"
}

# How many questions the resolver has had, and whether they are as many as that.
queries() { world_control stats_noreset | sed -n 's/^total.num.queries=//p'; }
# shellcheck disable=SC2317
asked_since() { (($(queries) >= $1)); }

# The outside stands still, and goes on.
hold() { kill -STOP -- "-$(world_pid nsd)"; }
release() { kill -CONT -- "-$(world_pid nsd)"; }

# live_nsd_again: the outside as it is configured now, on the port that it had.
live_nsd_again() {
    world_nsd_conf "$world_nsd_port" >"$world_dir/nsd.conf"
    setsid "$NSD" -d -c "$world_dir/nsd.conf" >>"$world_dir/nsd.log" 2>&1 </dev/null &
    echo $! >"$world_dir/run/nsd.pid"
    live_until world_answers nsd "$world_nsd_port"
}

# live_liar MODE PORT [NAME]: tests/support/liar.py in front of that one, at live_liar_port; what it is
# asked is in run/NAME.asked (run/liar.asked).
live_liar() {
    local ready=$world_dir/run/${3:-liar}
    rm -f "$ready"
    python3 "$TG_SRC/tests/support/liar.py" "$1" "$2" "$ready" 2>/dev/null &
    live_liar_pid=$!
    live_until test -s "$ready" || return 1
    live_liar_port=$(<"$ready")
}
# live_stub ZONE: its servers are the liar, for a resolver that is started from now on.
live_stub() {
    world_unbound_clauses+=$'\n'"stub-zone:
    name: $1
    stub-addr: 127.0.0.1@$live_liar_port"
}
live_liar_end() { kill "$live_liar_pid"; wait "$live_liar_pid" 2>/dev/null || true; }

# live_spoil IMAGE KIND: a copy of it is made bad in one of the ways below, and takes the place of the
# policy.
live_spoil() {
    local bad=$world_dir/bad.cdb
    rm -rf "$bad"
    cp "$1" "$bad"
    "live_make_$2" "$bad"
    rm -rf "$world_dir/policy.cdb"
    [[ ! -e $bad && ! -L $bad ]] || mv -T "$bad" "$world_dir/policy.cdb"
}
# shellcheck disable=SC2317
{
    live_make_cut() { truncate -s 1000 "$1"; }
    live_make_random() { dd if=/dev/urandom of="$1" bs=4k count=4 status=none; }
    live_make_empty() { : >"$1"; }
    live_make_folder() { rm "$1" && mkdir "$1"; }
    live_make_unreadable() { chmod 000 "$1"; }
    live_make_dangling() { ln -sf nowhere "$1"; }
    live_make_missing() { rm "$1"; }
    # The format stands in the trailer, behind eight octets of magic.
    live_make_future() {
        local at
        at=$(grep -abo TLDGUARD "$1" | tail -n 1 | cut -d: -f1)
        printf '\143' | dd of="$1" bs=1 seek=$((at + 8)) conv=notrunc status=none
    }
}

# holdings: the resolver's threads and open files.
holdings() {
    local dir task fd
    dir=/proc/$(world_pid unbound)
    task=("$dir"/task/*)
    fd=("$dir"/fd/*)
    echo "${#task[@]} threads, ${#fd[@]} files"
}
# shellcheck disable=SC2317
holds_as_before() { [[ $(holdings) == "$1" ]]; }
# shellcheck disable=SC2317
holds_no_more() { # HOLDINGS: a file that was just being written may have been among them
    local threads files
    read -r threads _ files _ < <(holdings)
    [[ $threads == "${1%% *}" ]] && ((files <= $(cut -d ' ' -f 3 <<<"$1")))
}

# Whatever a test was about: what it leaves in the log is as the schema says that is shipped.
live_schema() {
    local name='the events left in the log are as dist/event.schema.json says' said status=0
    local -a logs
    mapfile -t logs < <(find "$world_dir/log" -type f -name '*.jsonl*' ! -name '.*' 2>/dev/null | sort)
    ((${#logs[@]} > 0)) || return 0
    said=$(python3 "$TG_SRC/tests/support/schema.py" --torn "$live_torn" \
        "$TG_SRC/dist/event.schema.json" "${logs[@]}" 2>&1) || status=$?
    case $status in
    0) ok "$name" && echo "# $said" ;;
    77 | 127) ok "$name # SKIP ${said##*$'\n'}" ;;
    *) not_ok "$name" "$said" ;;
    esac
}

live_end() {
    live_schema
    if [[ -n ${TG_SANITIZED:-} ]]; then
        # What is leaked is told at the end.
        world_stop unbound
        is "the sanitizers have nothing to report:$TG_SANITIZED" "$(live_reports)" ''
    fi
    echo "1..$live_count"
    if ((live_failed > 0)); then
        sed 's/^/# unbound: /' "$world_dir/unbound.log" | tail -n 30
        exit 1
    fi
    exit 0
}

# ask ARG...: of tests/support/ask; what it prints goes to live_answer.
ask() {
    live_answer=$("$live_client" -p "$world_unbound_port" "$@") || true
}

# field NAME: the lines of the last answer that start so, without the name.
field() {
    sed -n "s/^$1 //p;s/^$1\$//p" <<<"$live_answer"
}

# asked: the last answer without what differs from one question to the next; the TTLs
# of the outside world, 300, count down in the cache.
asked() {
    sed -E '/^source |^size /d; s/ (2[0-9]{2}|300) IN / 300 IN /' <<<"$live_answer"
}

# Events of questions; what the module says of itself is none.
live_lines() { grep -svF '"category":["configuration"]' "$live_log" || true; }
live_events() { live_lines | wc -l; }

# live_until COMMAND...: until it succeeds, which is a matter of a writer's 50 ms.
live_until() {
    local deadline=$((SECONDS + live_patience))
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        world_pause
    done
}

live_has_events() { (($(live_events) >= $1)); }
live_await_events() { live_until live_has_events "$1"; }
live_await_line() { live_until grep -qsF "$1" "$live_log"; }
