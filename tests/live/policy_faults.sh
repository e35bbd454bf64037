#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The image in force is cut, written over, made a folder, taken its rights, while it is used; and
# one bad image after the other is renamed into its place: the old policy stays, no answer is wrong
# or late, and the good one behind them is taken. See also tests/live/swap.sh.
#
# MUTATIONS: how many bad images (12; 1000 in the long form). SEED: other ones (1).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=faults.sh
source "$(dirname "${BASH_SOURCE[0]}")/faults.sh"

mutations=${MUTATIONS:-$(long 1000 12)}
seed=${SEED:-1}
image='' # where the policy lies
refusals=0
serial=0

# shellcheck disable=SC2317
refused() { (($(grep -c 'it is not taken, and policy serial' "$world_dir/unbound.log") >= $1)); }
# shellcheck disable=SC2317
in_force() { grep -qF "policy serial $1," "$world_dir/unbound.log"; }

# another: the good policy with the next serial, renamed into place: taken.
another() {
    serial=$((serial + 1))
    sed "s/^serial:.*/serial: $serial/" "$live_policy" >"$world_dir/policy.yaml"
    "$TLDGUARD" compile --quiet "$world_dir/policy.yaml" -o "$world_dir/new.cdb" || bail "the policy does not compile"
    # Whatever lies there.
    rm -rf "$image"
    mv -T "$world_dir/new.cdb" "$image"
    check "$1, over: the next policy is taken" live_until in_force "$serial"
}

# spoilt NAME COMMAND...: refused once, and what was in force stays.
spoilt() {
    local name=$1
    shift
    begin_questions
    "$@"
    refusals=$((refusals + 1))
    check "$name: refused" live_until refused "$refusals"
    ask army.ml MX
    is "$name: the old one is in force" "$(field rcode)" NXDOMAIN
    another "$name"
    end_questions "$name"
    is "$name: told once" "$(grep -c 'it is not taken, and policy serial' "$world_dir/unbound.log")" "$refusals"
    over "$name"
}

# shellcheck disable=SC2317
cut_in_place() { truncate -s 1000 "$image"; }
# shellcheck disable=SC2317
empty_in_place() { truncate -s 0 "$image"; }
# shellcheck disable=SC2317
write_over() { dd if=/dev/urandom of="$image" bs=4k count=4 conv=notrunc status=none; }
# shellcheck disable=SC2317
make_folder() { rm "$image"; mkdir "$image"; }
# shellcheck disable=SC2317
make_fifo() { rm "$image"; mkfifo -m 0666 "$image"; }
# shellcheck disable=SC2317
forbid() { chmod 000 "$image"; }
# The format stands in the trailer, behind eight octets of magic.
# shellcheck disable=SC2317
make_future() {
    local at
    at=$(grep -abo TLDGUARD "$image" | tail -n 1 | cut -d: -f1)
    printf '\143' | dd of="$image" bs=1 seek=$((at + 8)) conv=notrunc status=none
}

# What the module has said of images that it was shown: refused, or taken.
no() { grep -c 'it is not taken, and policy serial' "$world_dir/unbound.log" || true; }
yes() { grep -c ', is in force after' "$world_dir/unbound.log" || true; }
# shellcheck disable=SC2317
decided() { (($(no) + $(yes) > decisions)); }

# show_all PLAIN|SEALED COUNT: renames so many into place, one behind the other, each as soon as the
# module has decided about the one before. Sets undecided, and unlike: where the tool says otherwise.
show_all() {
    local number how decisions before
    undecided='' unlike=''
    mkdir "$world_dir/$1"
    python3 "$TG_SRC/tests/support/mutate.py" "$world_dir/good.cdb" "$world_dir/$1" "$2" "$seed" "$1" >"$world_dir/list"
    while read -r number how; do
        before=$(yes)
        decisions=$(($(no) + before))
        cp "$world_dir/$1/$number" "$world_dir/next"
        mv -fT "$world_dir/next" "$image"
        live_until decided || undecided+="$number $how; "
        if (($(yes) > before)); then
            [[ $1 == sealed ]] && "$TLDGUARD" show "$image" >/dev/null 2>&1 || unlike+="taken: $number $how; "
        elif [[ $1 == sealed ]] && "$TLDGUARD" show "$image" >/dev/null 2>&1; then
            unlike+="refused: $number $how; "
        fi
    done <"$world_dir/list"
}

# Whatever octet is another one, the digest tells.
test_mutations() {
    local name="$mutations bad images"
    cp "$image" "$world_dir/good.cdb"
    fault_pause=20000
    begin_questions
    show_all plain "$mutations"
    is "$name: each one is refused" "$(no)$undecided$unlike" "$mutations"
    end_questions "$name"
    another "$name"
    over "$name"
}

# With a digest that is right it may be another policy. So answers may be others; but there are answers.
test_sealed() {
    local name="$((mutations / 5)) images of a right digest" asked silent
    cp "$image" "$world_dir/good.cdb"
    begin_questions
    show_all sealed $((mutations / 5))
    kill "$fault_asking" 2>/dev/null || true
    wait "$fault_asking" || true
    read -r _ asked _ silent _ < <(tail -n 1 "$world_dir/asked")
    is "$name: each one is refused or taken" "$undecided" ''
    is "$name: by the module as by the tool" "$unlike" ''
    is "$name: each of $asked questions is answered" "$silent" 0
    is "$name: none by a failure" "$(awk '$3 == "SERVFAIL"' "$world_dir/asked" | head -n 3)" ''
    echo "# $name: $(yes) taken"
    # One of these may have a serial that is higher than any other.
    rm -f "$image"
    cp "$world_dir/good.cdb" "$world_dir/next"
    mv "$world_dir/next" "$image"
    check "$name: the good one behind them" live_until blocks
    over "$name"
}
# shellcheck disable=SC2317
blocks() { ask army.ml MX; [[ $(field rcode) == NXDOMAIN ]]; }

live_create
[[ -x $fault_load ]] || bail "no $fault_load"
image=$world_dir/policy.cdb
fault_begin
spoilt "cut in place" cut_in_place
spoilt "emptied in place" empty_in_place
spoilt "written over in place" write_over
spoilt "made a folder" make_folder
spoilt "made a FIFO" make_fifo
[[ -z $world_user ]] || spoilt "unreadable" forbid
spoilt "of a format to come" make_future
fault_preload FAULT_HURRY=10
fault_begin
if command -v python3 >/dev/null; then test_mutations; test_sealed; else ok "bad images # SKIP no python3"; fi
world_unbound_program=''
live_end
