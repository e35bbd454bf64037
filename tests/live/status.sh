#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What tldguard status tells of a real resolver: each question is counted, once; and when the
# protection ends, for whatever reason, it says so and why.
set -euo pipefail
if [[ -z ${TG_OWN_MOUNTS:-} ]]; then
    export TG_OWN_MOUNTS=yes
    ! unshare --mount true 2>/dev/null || exec unshare --mount "$0"
    TG_OWN_MOUNTS=no
fi
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PATH=$PATH:/sbin:/usr/sbin:$TG_BUILD/promtool/bin

frozen=no

# status ARG...: of the tool; sets out, err and code.
status() {
    code=0
    out=$("$TLDGUARD" status --conf "$world_dir/tldguard.conf" "$@" 2>"$world_dir/err") || code=$?
    err=$(<"$world_dir/err")
}
figure() { sed -n "s/^$1=//p" <<<"$out"; }
# figures KEY...: of the last status.
figures() {
    local key
    for key; do echo "$key=$(figure "$key")"; done
}
# has KEY NUMBER: it is at least that by now.
# shellcheck disable=SC2317
has() { local got; status; got=$(figure "$1"); [[ $got ]] && ((got >= $2)); }
# shellcheck disable=SC2317
has_exactly() { status; [[ $out && $(figure "$1") == "$2" ]]; }
# shellcheck disable=SC2317
problem_is() { status; [[ $err == *"tldguard status: $1: "* ]]; }
# shellcheck disable=SC2317
is_well() { status; [[ $code$err == 0 ]]; }

# says NAME PROBLEM TEXT: that is the one problem.
says() {
    check "$1: it is told" live_until problem_is "$2"
    is "$1: the exit code, and one line" "$code $(wc -l <<<"$err")" '1 1'
    holds "$1: why" "$err" "$3"
}

# Questions of each kind, and all that they count as.
test_counts() {
    local name type
    while read -r name type; do
        ask "$name" "$type"
    done <<'ASK'
army.ml MX
army.ml A
navy.ml AAAA
army.got MX
army.ne TXT
army.et MX
army.il A
army.il AAAA
army.il MX
army.cm MX
army.cm A
army.om A
army.co A
orange.ml A
www.example.com A
www.example.com AAAA
slip.army.mil A
army.mil NS
ASK
    check "all are told" live_until has total.num.questions 18
    # What the cache answers does not come by the module, nor does what the start has asked for:
    # id.server, class CH.
    ask www.example.com A
    check "all events are written" live_until has num.events.written 12
    is "nothing is wrong" "$code$err" 0
    is "the figures" "$(figures state total.num.questions total.num.blocked \
        num.verdict.{none,class,allow,suffix,protect,off,monitor,mail-only,block} \
        num.action.{nxdomain,nodata,refused,sinkhole} \
        num.reply.{pass,nxdomain,nodata,refused,null-mx,sinkhole-a,sinkhole-aaaa,sinkhole-mx,null-srv} \
        num.query.type.{A,AAAA,MX,TXT,NS,other} num.questions.{unprotected,late,watched-cached} \
        num.targets.{inspected,blocked,watched} num.twins.asked num.cache.removed \
        num.rule.tld.ml.{blocked,watched} num.rule.tld.om.{blocked,watched} num.rule.tld.il.blocked \
        num.events.{queued,written,lost} events.{waiting,failing} num.errors.{log,stats} \
        policy.{serial,rules,names,expires} num.policies.{loaded,rejected} policies.last-error)" \
'state=protecting
total.num.questions=18
total.num.blocked=11
num.verdict.none=4
num.verdict.class=0
num.verdict.allow=1
num.verdict.suffix=0
num.verdict.protect=0
num.verdict.off=1
num.verdict.monitor=1
num.verdict.mail-only=2
num.verdict.block=9
num.action.nxdomain=5
num.action.nodata=1
num.action.refused=1
num.action.sinkhole=3
num.reply.pass=7
num.reply.nxdomain=5
num.reply.nodata=1
num.reply.refused=1
num.reply.null-mx=1
num.reply.sinkhole-a=1
num.reply.sinkhole-aaaa=1
num.reply.sinkhole-mx=1
num.reply.null-srv=0
num.query.type.A=8
num.query.type.AAAA=3
num.query.type.MX=5
num.query.type.TXT=1
num.query.type.NS=1
num.query.type.other=0
num.questions.unprotected=0
num.questions.late=0
num.questions.watched-cached=0
num.targets.inspected=4
num.targets.blocked=1
num.targets.watched=0
num.twins.asked=0
num.cache.removed=0
num.rule.tld.ml.blocked=4
num.rule.tld.ml.watched=0
num.rule.tld.om.blocked=0
num.rule.tld.om.watched=1
num.rule.tld.il.blocked=3
num.events.queued=12
num.events.written=12
num.events.lost=0
events.waiting=0
events.failing=no
num.errors.log=0
num.errors.stats=0
policy.serial=2026112201
policy.rules=11
policy.names=3
policy.expires=never
num.policies.loaded=1
num.policies.rejected=0
policies.last-error='
    is "the log has as many lines" "$(live_events)" "$(figure num.events.written)"
    is "which image" "$(figure policy.image)" "$(tail -c 32 "$world_dir/policy.cdb" | od -An -v -tx1 | tr -d ' \n')"
    is "the process" "$(figure pid)" "$(world_pid unbound)"
    is "of 18 decisions one or more are measured" \
        "$(sed -n 's/^histogram\.decision\.0.*=//p' <<<"$out" | awk '{ n += $1 } END { print (n >= 1 && n <= 18) }')" 1
    is "mode of the file" "$(stat -c %a "$world_dir/figures/stats")" 644
    ask army.om A # from the cache: watched all the same
    check "watched in the cache" live_until has num.questions.watched-cached 1
    is "watched in the cache: it is none that came by" "$(figure total.num.questions)" 18
}

test_forms() {
    status --json
    is "JSON" "$code $(jq -c '[.state, .questions.total, .policy.serial, .problems]' <<<"$out")" \
        '0 ["protecting",18,2026112201,[]]'
    status --prometheus
    holds "for Prometheus" "$out" 'tldguard_blocked_queries_total{rule="ml",kind="tld",protected_tld="mil"} 4'
    if command -v promtool >/dev/null; then
        is "promtool has nothing to say" "$(promtool check metrics <<<"$out" 2>&1)" ''
    else
        ok "promtool has nothing to say # SKIP no promtool (prometheus)"
    fi
}

# A policy that is bad, and the good one again; another one that removes what is cached.
test_policies() {
    cp "$world_dir/policy.cdb" "$world_dir/good.cdb"
    head -c 300 "$world_dir/good.cdb" >"$world_dir/new.cdb"
    mv "$world_dir/new.cdb" "$world_dir/policy.cdb"
    says "a cut policy" policy-rejected "serial 2026112201 stays in force: $world_dir/policy.cdb: error: "
    is "a cut policy: is counted" "$(figure num.policies.rejected) $(figure num.policies.loaded)" '1 1'
    holds "a cut policy: the last error" "$(figure policies.last-error)" "$world_dir/policy.cdb"
    cp "$world_dir/good.cdb" "$world_dir/new.cdb"
    mv "$world_dir/new.cdb" "$world_dir/policy.cdb"
    check "the good one again: all is well" live_until is_well
    sed 's/^serial:.*/serial: 2026112202/; $a block: [www.example.com]' "$live_policy" >"$world_dir/second.yaml"
    world_compile "$world_dir/second.yaml" || bail "$world_error"
    check "another one: is in force" live_until has policy.serial 2026112202
    check "another one: what it forbids left the cache" live_until has num.cache.removed 1
    ask www.example.com A
    check "another one: a listed name" live_until has num.rule.block.blocked 1
    is "another one: is counted" "$(figure num.policies.rejected) $(figure num.policies.loaded)" '1 2'
    is "another one: what was counted goes on" "$(figure num.rule.tld.ml.blocked)" 4
}

# A TLD that no policy had a rule for before is asked for while the cache is looked through, which
# takes a while when there is much in it: it is counted under its own name from the first.
test_change() {
    local load loading
    load=$TG_BUILD/tests/support/load
    cp "$world_dir/policy.cdb" "$world_dir/good.cdb"
    printf '%s\n' 'serial: 1' 'tlds: [{tld: cm, targets: [com], mode: block}]' >"$world_dir/few.yaml"
    world_compile "$world_dir/few.yaml" || bail "$world_error"
    world_start unbound || bail "$world_error"
    printf '%s\n' 'n%.example.com A' 'q%.army.ml MX' | "$load" -p "$world_unbound_port" -j 4 >/dev/null &
    loading=$!
    check "a change: there is much in the cache" live_until has total.num.questions 5000
    mv "$world_dir/good.cdb" "$world_dir/policy.cdb"
    check "a change: it is in force" live_until has_exactly policy.serial 2026112202
    check "a change: the new TLD is counted" live_until has num.rule.tld.ml.blocked 100
    is "a change: and nowhere else" "$(figure num.rule.other.blocked)" ''
    kill "$loading"
    wait "$loading" || true
    world_start unbound || bail "$world_error"
    check "started anew: all is well" live_until is_well
}

# A reload is a start: all counts anew, and it is another instance.
test_reload() {
    local before
    status
    before=$(figure instance)
    is "reload" "$(world_control reload)" ok
    # shellcheck disable=SC2317
    another() { status; [[ $(figure instance) != "$before" && $(figure state) == protecting ]]; }
    check "reload: another instance" live_until another
    is "reload: it counts anew" "$(figure total.num.questions)" 0
    is "reload: all is well" "$code$err" 0
}

test_stop() {
    world_stop unbound
    status
    is "stopped: told at once" "$code" 1
    says "stopped" stopped "the module stopped at 20"
    is "stopped: nothing is left beside the file" "$(ls "$world_dir/figures")" stats
    status --prometheus
    is "stopped: for Prometheus" "$(grep -E '^tldguard_(up|protecting) ' <<<"$out" | xargs)" 'tldguard_up 0 tldguard_protecting 0'
    world_start unbound || bail "$world_error"
    check "started again: all is well" live_until is_well
}

test_killed() {
    kill -KILL "$(world_pid unbound)"
    says "killed" not-running "process "
    rm "$world_dir/run/unbound.pid"
}

test_passes() {
    mv "$world_dir/policy.cdb" "$world_dir/good.cdb"
    world_settings pass
    world_start unbound || bail "$world_error"
    ask army.ml A
    check "no policy, on-error: pass: questions are counted" live_until has num.questions.unprotected 1
    says "no policy, on-error: pass" not-protecting "policy.cdb: error: "
    cp "$world_dir/good.cdb" "$world_dir/new.cdb"
    mv "$world_dir/new.cdb" "$world_dir/policy.cdb"
    check "a policy comes: all is well" live_until is_well
    world_stop unbound
    rm -f "$live_log"
    mkdir "$live_log"
    world_start unbound || bail "$world_error"
    says "no log, on-error: pass" not-protecting "block.jsonl: error: "
    world_stop unbound
    rmdir "$live_log"
    world_settings refuse
}

# What look-ups of twins come to.
test_twins() {
    cat >"$world_dir/twins.yaml" <<'YAML'
serial: 3
tlds:
  - {tld: ml, targets: [mil], mode: block, otherwise: mail-only, twin: dns}
YAML
    world_compile "$world_dir/twins.yaml" || bail "$world_error"
    world_start unbound || bail "$world_error"
    ask -w 20000 army.ml A # army.mil is there
    ask -w 20000 army.ml MX # ... as the cache knows
    ask -w 20000 navy.ml A # navy.mil is not
    check "twins: all is told" live_until has total.num.questions 3
    is "twins" "$(figures num.twins.{asked,found,not-found,failed,refused} num.verdict.{block,mail-only})" \
'num.twins.asked=2
num.twins.found=1
num.twins.not-found=1
num.twins.failed=0
num.twins.refused=0
num.verdict.block=2
num.verdict.mail-only=1'
    check "twins: the cache told" test "$(figure num.twins.cached)" -ge 1
}

# A folder that cannot be written to costs one line, and no answer.
test_no_folder() {
    mv "$world_dir/figures" "$world_dir/elsewhere"
    check "no folder: the resolver's log says so" live_until grep -q \
        'figures/stats: tldguard status will not know, as it cannot be written: No such file or directory' "$world_dir/unbound.log"
    ask army.ml A
    is "no folder: it answers" "$(field rcode)" NXDOMAIN
    status
    is "no folder: the exit code" "$code" 3
    holds "no folder: why" "$err" "$world_dir/figures/stats: error: No such file or directory"
    mv "$world_dir/elsewhere" "$world_dir/figures"
    check "the folder again: it was counted" live_until has num.errors.stats 1
    is "the folder again: all is well" "$code$err" 0
    check "the folder again: the resolver's log says so" live_until grep -q 'figures/stats: written again' "$world_dir/unbound.log"
    is "the folder again: one line each" "$(grep -c 'figures/stats' "$world_dir/unbound.log")" 2
}

test_full() {
    if [[ $TG_OWN_MOUNTS != yes ]] || ! mount -t tmpfs -o size=64k,mode=0777 tldguard "$world_dir/figures" 2>/dev/null; then
        ok "a full disk # SKIP no right to mount"
        return
    fi
    check "room enough: all is well" live_until is_well
    dd if=/dev/zero of="$world_dir/figures/filler" bs=1k count=64 status=none 2>/dev/null || true
    check "full: the resolver's log says so" live_until grep -q 'stats: .*: No space left on device' "$world_dir/unbound.log"
    ask army.ml A
    is "full: it answers" "$(field rcode)" NXDOMAIN
    status --max-age 1
    is "full: the figures that are there are whole" "$((code < 3))" 1
    check "full: they are too old" live_until too_old
    rm "$world_dir/figures/filler"
    check "room again: all is well" live_until is_well
    umount -l "$world_dir/figures"
}
# shellcheck disable=SC2317
too_old() { status --max-age 1; [[ $err == *"tldguard status: stale: "* && $code == 1 ]]; }

thaw() {
    [[ $frozen == yes ]] || return 0
    kill "$guard" 2>/dev/null || true
    fsfreeze --unfreeze "$world_dir/figures"
    frozen=no
}
freeze() {
    local test=$BASHPID i
    fsfreeze --freeze "$world_dir/figures"
    frozen=yes
    # A file system that is left frozen would outlive the test.
    { for ((i = 0; i < 600; i++)); do kill -0 "$test" 2>/dev/null || break; sleep 0.1; done
        fsfreeze --unfreeze "$world_dir/figures" 2>/dev/null; } >/dev/null 2>&1 &
    guard=$!
}
# shellcheck disable=SC2317
clean_up() {
    [[ -n $world_dir ]] || return 0
    thaw || true
    world_stop unbound
    ! mountpoint -q "$world_dir/figures" || umount "$world_dir/figures"
    world_end
}

# A disk that does not answer holds neither a reload nor a stop; the thread that it holds is left.
test_stalled() {
    local begin
    truncate -s 16M "$world_dir/disk"
    if [[ $TG_OWN_MOUNTS != yes ]] || ! mkfs.ext4 -q "$world_dir/disk" 2>/dev/null ||
        ! mount -o loop "$world_dir/disk" "$world_dir/figures" 2>/dev/null; then
        ok "a disk that stands still # SKIP no loop device, or no ext4"
        return
    fi
    [[ -z $world_user ]] || chown "$world_user" "$world_dir/figures"
    check "it moves: all is well" live_until is_well
    freeze
    check "stalled: the figures get too old" live_until too_old
    ask army.ml A
    is "stalled: it answers" "$(field rcode)" NXDOMAIN
    begin=$EPOCHREALTIME
    is "stalled: reload" "$(world_control reload)" ok
    ask -w 10000 army.ml MX
    is "stalled: reload: it answers" "$(field rcode)" NXDOMAIN
    check "stalled: reload: within 8 seconds" awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { exit !(b - a < 8) }'
    thaw
    check "it moves again: the figures are the new start's" live_until has_exactly num.reply.nxdomain 1
    is "it moves again: all is well" "$code$err $(figure num.reply.nxdomain)" '0 1'
    world_stop unbound
    umount "$world_dir/figures"
}

live_begin
trap clean_up EXIT
test_counts
test_forms
test_policies
test_change
test_reload
test_stop
test_killed
test_passes
test_twins
test_no_folder
test_full
test_stalled
live_end
