#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The resolver may not open another file or socket. What is blocked is answered, and logged; what
# would have been opened meanwhile, log, policy, figures, is opened as soon as that is possible.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=faults.sh
source "$(dirname "${BASH_SOURCE[0]}")/faults.sh"

command -v prlimit >/dev/null || { echo '1..0 # SKIP no prlimit (util-linux)'; exit 77; }
dir='' # of keys

# As the user whose process it is: root in a container may not. Below what is open already, nothing
# can be opened.
limit() { ${world_user:+setpriv --reuid "$world_user" --regid "$(id -g "$world_user")" --clear-groups} prlimit --pid "$fault_process" "--nofile=$1:"; }
exhaust() { limit 3; }
restore() { limit 1024; }
# shellcheck disable=SC2317
said() { (($(grep -cF "$1" "$world_dir/unbound.log") >= ${2:-1})); }
# shellcheck disable=SC2317
in_force() { grep -qF "policy serial $1," "$world_dir/unbound.log"; }

# place SERIAL: signed, where it is signed.
place() {
    sed "s/^serial:.*/serial: $1/" "$live_policy" >"$world_dir/policy.yaml"
    "$TLDGUARD" compile --quiet "$world_dir/policy.yaml" -o "$world_dir/new.cdb" || bail "the policy does not compile"
    if [[ -n $dir ]]; then
        "$TLDGUARD" sign -q -s "$dir/key" "$world_dir/new.cdb" || bail "cannot sign"
        mv "$world_dir/new.cdb.minisig" "$world_dir/policy.cdb.minisig"
    fi
    mv "$world_dir/new.cdb" "$world_dir/policy.cdb"
}

# exhausted NAME SERIAL
exhausted() {
    begin_questions
    exhaust
    mv "$live_log" "$live_log.$2"
    fault_logs+=("$live_log.$2")
    place "$2"
    check "$1: it says so of the log" live_until said 'cannot write: Too many open files'
    check "$1: and of the policy" live_until said 'Too many open files; it is not taken, and policy serial'
    check "$1: and of the figures" live_until said 'figures/stats: tldguard status will not know, as it cannot be written: Too many open files'
    restore
    check "$1, over: the log is written again" live_until said 'written again'
    check "$1, over: the policy is taken, though its file is the same" live_until in_force "$2"
    is "$1: the policy was refused in one line" "$(grep -c 'it is not taken' "$world_dir/unbound.log")" 1
    fault_may_fail=yes # who is not known yet cannot be asked without a socket
    end_questions "$1"
    fault_may_fail=no
    is "$1: what is blocked was answered" "$(awk '$4 ~ /^[qw][0-9]+\./ && $3 != "NXDOMAIN"' "$world_dir/asked" | head -n 3)" ''
    over "$1"
}

# At a start, with on-error: pass: it protects as soon as it can.
test_start() {
    world_settings pass
    mv "$world_dir/policy.cdb" "$world_dir/good.cdb"
    mkfifo -m 0666 "$world_dir/policy.cdb"
    fault_begin
    ask army.ml A
    is "nothing that can be read at the start: it passes" "$(field rcode)" NOERROR
    rm "$world_dir/policy.cdb"
    mv "$world_dir/good.cdb" "$world_dir/policy.cdb"
    check "nothing that can be read at the start: then there is" live_until said ', is in force after'
    ask army.ml A
    is "nothing that can be read at the start: it protects" "$(field rcode)" NXDOMAIN
    world_settings refuse
}

live_create
[[ -x $fault_load ]] || bail "no $fault_load"
fault_begin
exhausted "no file descriptors" 3000000001
test_start
dir=$world_dir/keys
mkdir "$dir"
"$TLDGUARD" keygen -W "$dir/key" >/dev/null || bail "no keys"
printf 'trusted-keys: ["%s"]\n' "$dir/key.pub" >>"$world_dir/tldguard.conf"
place 3000000002
fault_begin
exhausted "no file descriptors, signed" 3000000003
live_end
