#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# With trusted-keys only what these have signed gets into force: a set of over two hundred forged and
# altered pairs of image and signature is renamed into place by hand, and each is refused, by
# tldguard verify and by the module, with one line; the policy in force stays. Then keys are
# replaced, policies expire, and go back to older ones when the host says so.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export TLDGUARD_DATA=${TLDGUARD_DATA:-$TG_SRC/policy/tables}

serial=100 # of the last policy
RANDOM=4711 # bash's sequence by seed

# compile FILE SERIAL MODE: of the rule for ml.
compile() {
    printf '%s\n' "serial: $2" 'answer: {ttl: 2}' 'tlds:' "  - {tld: ml, targets: [mil], mode: $3}" >"$dir/policy.yaml"
    "$TLDGUARD" compile -q "$dir/policy.yaml" -o "$1" || bail "the policy does not compile"
}

# sign KEY [ARG...]: what lies in $set.
sign() { "$TLDGUARD" sign -q -s "$dir/$1" "${@:2}" "$set/policy.cdb" || bail "cannot sign"; }

# make KEY [ARG...]: the next policy, signed.
make() {
    serial=$((serial + 1))
    compile "$set/policy.cdb" "$serial" block
    sign "$@"
}

# Both at once, but for the microseconds between two renames.
place() {
    local -a files=("$set/policy.cdb")
    [[ ! -e $set/policy.cdb.minisig ]] || files=("$set/policy.cdb.minisig" "${files[@]}")
    mv -fT "$set/policy.cdb.minisig.next" "$world_dir/policy.cdb.minisig.next" 2>/dev/null || true
    [[ ! -d $world_dir/policy.cdb.minisig ]] || rmdir "$world_dir/policy.cdb.minisig"
    ((${#files[@]} == 2)) || rm -f "$world_dir/policy.cdb.minisig"
    mv -f -t "$world_dir" "${files[@]}"
}

said() { grep -cF "$1" "$world_dir/unbound.log" || true; }
# shellcheck disable=SC2317
in_force() { grep -qF "policy serial $1," "$world_dir/unbound.log"; }
# shellcheck disable=SC2317
refused() { (($(said 'it is not taken') >= $1)); }
# shellcheck disable=SC2317
has_said() { (($(said "$1") >= $2)); }
last_refusal() { grep -F 'it is not taken' "$world_dir/unbound.log" | tail -n 1 || true; }

# taken NAME: what was placed last.
taken() {
    check "$1: serial $serial is taken" live_until in_force "$serial"
}

# use ON_ERROR KEY...: settings that trust these: the first one as text, the others by their files.
use() {
    world_settings "$1"
    {
        echo 'trusted-keys:'
        sed -n 's/^R/  - R/p' "$dir/$2.pub"
        (($# < 3)) || printf "  - $dir/%s.pub\n" "${@:3}"
    } >>"$world_dir/tldguard.conf"
}

# placed: what there is of the active policy.
placed() { find "$world_dir" -maxdepth 1 -name 'policy.cdb*' ! -name '*.lock' -type f -exec sha256sum {} + | sort; }

# forged NAME CODE PART: the pair in $set; what verify ends with, and what the lines must say.
# Before it is placed by hand, activate is asked to do that, and refuses: also when the place holds
# nothing good, as it then goes by what the module has in force.
forged() {
    local code=0 told fault='' line before
    told=$("$TLDGUARD" verify -c "$world_dir/tldguard.conf" "$set/policy.cdb" 2>&1 >/dev/null) || code=$?
    [[ $code == "$2" ]] || fault+="verify ends with $code, not $2: $told; "
    if ((code > 0)); then
        [[ $told == *"$3"* && $told != *$'\n'* ]] || fault+="verify says: $told; "
    fi
    before=$(placed)
    told=$("$TLDGUARD" activate -c "$world_dir/tldguard.conf" "$set/policy.cdb" 2>&1) && fault+="activate takes it; "
    [[ $told == *"$3"* && $told != *$'\n'* ]] || fault+="activate says: $told; "
    [[ $(placed) == "$before" ]] || fault+="activate changes something; "
    place
    before=$forgeries
    forgeries=$((forgeries + 1))
    live_until refused "$forgeries" || fault+="the module says nothing; "
    line=$(last_refusal)
    [[ $line == *"$3"*"policy serial $serial stays in force" ]] || fault+="the module says: $line; "
    (($(said 'it is not taken') == before + 1)) || fault+="in more than one line; "
    if [[ -z $fault ]]; then ok "$1: refused"; else not_ok "$1: refused" "$fault"; fi
    rm -rf "$set"
    cp -r "$good" "$set"
}

# octet FILE AT: another one in its place.
octet() {
    local now
    now=$(od -An -tu1 -j "$2" -N 1 "$1")
    # shellcheck disable=SC2059
    printf "\\$(printf %o $(((now + 1 + RANDOM % 255) % 256)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# letter FILE AT: another letter of base64, or digit.
letter() {
    local letters=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 now new
    now=$(dd if="$1" bs=1 skip="$2" count=1 status=none)
    new=$now
    while [[ $new == "$now" ]]; do new=${letters:RANDOM % ${#letters}:1}; done
    printf %s "$new" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# comment TEXT: signs what is in $set with this comment, by the trusted key, as minisign does.
comment() { minisign -S -s "$dir/ann" -m "$set/policy.cdb" -t "$1" >/dev/null 2>&1 || bail "minisign does not sign"; }

test_images() {
    local i size at
    size=$(stat -c %s "$good/policy.cdb")
    for ((i = 0; i < 60; i++)); do
        at=$((i < 20 ? i * size / 20 : RANDOM * 32768 % size + RANDOM % size))
        at=$((at % size))
        octet "$set/policy.cdb" "$at"
        forged "image: octet $at of $size is another one" 1 'does not fit the image'
    done
    for ((i = 0; i < 20; i++)); do
        truncate -s $((i == 0 ? size - 1 : i * size / 20)) "$set/policy.cdb"
        forged "image: cut, $i" 1 'does not fit the image'
    done
    for ((i = 1; i <= 5; i++)); do
        head -c "$i" /dev/zero >>"$set/policy.cdb"
        forged "image: $i octets more" 1 'does not fit the image'
    done
}

# The untrusted comment is the one part that nobody signs.
test_signatures() {
    local sig=$set/policy.cdb.minisig i size lines line at from to
    size=$(stat -c %s "$sig")
    mapfile -t lines <"$sig"
    to=${#lines[0]}
    for line in 1 2 3; do
        from=$((to + 1))
        to=$((from + ${#lines[line]}))
        for ((i = 0; i < 26; i++)); do
            # '=' at the end may only be one
            at=$((from + i * (to - from - 3) / 25))
            letter "$sig" "$at"
            forged "signature: letter $at of $size is another one" 1 'signature'
        done
    done
    for ((i = 0; i < 15; i++)); do
        truncate -s $((i * size / 15)) "$sig"
        forged "signature: cut to $((i * size / 15)) of $size octets" 1 'signature'
    done
    echo >>"$sig"
    forged "signature: a line more" 1 'goes on behind'
    head -c 20000 /dev/zero >>"$sig"
    forged "signature: 20,000 octets more" 1 'longer than a signature'
    head -c 300 /dev/urandom >"$sig"
    forged "signature: noise" 1 'no signature of minisign'
    sed -i '2s/.*/&&/' "$sig"
    forged "signature: twice in its line" 1 'second line'
    rm "$sig"
    forged "signature: missing" 1 'is missing: the image is not signed'
    rm "$sig"; cp "$dir/ann.pub" "$sig"
    forged "signature: the public key" 1 'second line'
}

# Good parts that do not belong together, and good ones of somebody else.
test_swapped() {
    local mode
    for mode in block monitor mail-only; do
        compile "$set/policy.cdb" $((serial + 1)) "$mode"
        forged "swapped: another image, $mode" 1 'does not fit the image'
        compile "$set/policy.cdb" $((serial + 1)) "$mode"
        sign bob
        forged "swapped: of a key that is not trusted, $mode" 1 'is not a trusted one'
        compile "$set/policy.cdb" $((serial + 1)) "$mode"
        sign ann
        cp "$good/policy.cdb" "$set/policy.cdb"
        forged "swapped: the signature of another image, $mode" 1 'does not fit the image'
        compile "$set/policy.cdb" $((serial + 1)) "$mode"
        rm "$set/policy.cdb.minisig"
        forged "swapped: not signed, $mode" 1 'is not signed'
    done
    compile "$set/policy.cdb" $((serial + 1)) block
    sign ann
    sed -i "3s/.*//" "$set/policy.cdb.minisig"
    forged "swapped: no comment" 1 'no signature of minisign'
    compile "$set/policy.cdb" $((serial + 1)) block
    sign ann -e 9d
    cp "$set/policy.cdb.minisig" "$dir/with"
    sign ann
    # The octets of the signature are the same, as only the comment differs: its own is not.
    sed "3s/.*/$(sed -n 's/[&/\]/\\&/g;3p' "$dir/with")/" "$set/policy.cdb.minisig" >"$dir/mixed"
    mv "$dir/mixed" "$set/policy.cdb.minisig"
    forged "swapped: the comment of another signature" 1 'comment that was altered'
}

# What the trusted key itself has signed, and is still not right.
test_signed_but() {
    local past at
    past=$(date -u -d '-2 days' +%s)
    compile "$set/policy.cdb" $((serial + 1)) block
    SOURCE_DATE_EPOCH=$past sign ann -e 1d
    forged "signed, but expired" 1 'expired at'
    compile "$set/policy.cdb" $((serial - 1)) block
    sign ann
    forged "replayed: an older one" 0 "is not higher than serial $serial"
    compile "$set/policy.cdb" "$serial" monitor
    sign ann
    forged "replayed: another one of the same serial" 0 "is not higher than serial $serial"
    cp "$live_policy" "$set/policy.cdb"
    minisign -S -s "$dir/ann" -m "$set/policy.cdb" >/dev/null 2>&1
    forged "signed, but text" 3 'text file'
    head -c 5000 /dev/urandom >"$set/policy.cdb"
    comment 'noise'
    forged "signed, but noise" 3 'policy.cdb'
    compile "$set/policy.cdb" $((serial + 1)) block
    at=$(grep -abo TLDGUARD "$set/policy.cdb" | tail -n 1 | cut -d: -f1)
    printf '\143' | dd of="$set/policy.cdb" bs=1 seek=$((at + 8)) conv=notrunc status=none
    comment 'to come'
    forged "signed, but of a format to come" 3 'format 99'
    compile "$set/policy.cdb" $((serial + 1)) block
    truncate -s -1 "$set/policy.cdb"
    comment 'cut'
    forged "signed, but cut before" 3 'cut short'
}

# A comment that begins as ours must be just as ours, and true.
test_comments() {
    local sum made text next=$((serial + 1))
    compile "$set/policy.cdb" $next block
    sign ann
    text=$(sed -n '3s/^trusted comment: //p' "$set/policy.cdb.minisig")
    sum=${text##*=} made=${text#*created=}
    made=${made%% *}
    while IFS='|' read -r text part; do
        SOURCE_DATE_EPOCH=$(date -u -d "$made" +%s) compile "$set/policy.cdb" $next block
        comment "$text"
        forged "comment: $text" 1 "$part"
    done <<END
tldguard serial=$((next + 1)) created=$made expires=never sha256=$sum|says serial $((next + 1)), the image $next
tldguard serial=$next created=2020-01-01T00:00:00Z expires=never sha256=$sum|another time
tldguard serial=$next created=$made expires=never sha256=${sum//[0-4]/5}|another SHA-256
tldguard serial=0$next created=$made expires=never sha256=$sum|not formed as ours
tldguard serial=$next created=$made expires=soon sha256=$sum|not formed as ours
tldguard serial=$next created=$made expires=2030-02-30T00:00:00Z sha256=$sum|not formed as ours
tldguard serial=$next created=$made expires=never sha256=${sum^^}|not formed as ours
tldguard serial=$next created=$made expires=never sha256=$sum more|not formed as ours
tldguard serial=$next created=$made sha256=$sum|not formed as ours
tldguard serial=$next created=$made expires=2020-01-01T00:00:00Z sha256=$sum|expired at
END
}

# restart NAME: it must come up again.
restart() {
    world_stop unbound
    check "$1: starts" world_start unbound
}

# refuses_start NAME PART
refuses_start() {
    world_stop unbound
    if world_start unbound; then not_ok "$1: refuses to start" "it has started"; return; fi
    holds "$1: refuses to start, and says why" "$(<"$world_dir/unbound.log")" "$2"
}

test_start() {
    rm -f "$world_dir"/policy.cdb*
    make ann
    cp "$set/policy.cdb" "$world_dir/policy.cdb"
    use refuse ann
    refuses_start "not signed" 'is missing: the image is not signed'
    sign bob
    cp "$set/policy.cdb.minisig" "$world_dir/"
    refuses_start "signed by another" 'is not a trusted one'
    use pass ann
    check "signed by another, on-error: pass: starts" world_start unbound
    holds "and says so" "$(<"$world_dir/unbound.log")" 'NOT PROTECTING'
    ask army.ml A
    is "and resolves" "$(field rcode)" NOERROR
    sign ann
    cp "$set/policy.cdb.minisig" "$world_dir/"
    taken "signed at last"
    ask army.ml A
    is "and protects" "$(field rcode)" NXDOMAIN
    use refuse ann
    restart "signed"
    holds "it says by whom" "$(<"$world_dir/unbound.log")" "; signed by key $(sed -n '1s/.* //p' "$dir/ann.pub"), never expires"
}

status() {
    code=0
    told=$("$TLDGUARD" status --conf "$world_dir/tldguard.conf" 2>&1 >/dev/null) || code=$?
}
# shellcheck disable=SC2317
is_expired() { status; [[ $code == 1 && $told == *"serial $serial expired at "* ]]; }
# shellcheck disable=SC2317
is_well() { status; [[ $code == 0 ]]; }

test_expiry() {
    make ann -e 5s
    place
    taken "expiry: before"
    check "expiry: status is well before" is_well
    check "expiry: status says so when it is over" live_until is_expired
    check "expiry: so does the log" live_until has_said 'the policy in force expired at' 1
    ask army.ml A
    is "expiry: it stays in force" "$(field rcode)" NXDOMAIN
    restart "expiry: expired"
    check "expiry: and status still says so" live_until is_expired
    check "expiry: and the log, once" live_until has_said 'the policy in force expired at' 1
    cp "$world_dir/policy.cdb" "$set/policy.cdb"
    sign ann -e 1d
    cp "$set/policy.cdb.minisig" "$dir/new" && mv "$dir/new" "$world_dir/policy.cdb.minisig"
    check "expiry: signed anew, status is well" live_until is_well
    is "expiry: nothing else was said" "$(said 'it is not taken') $(said 'expired at')" '0 1'
    rm -f "$set/policy.cdb.minisig"
}

test_older() {
    local newer=$serial before
    before=$(said 'it is not taken')
    serial=$((newer - 1))
    compile "$set/policy.cdb" "$serial" monitor
    sign ann
    place
    check "older: refused" live_until refused $((before + 1))
    echo $((serial - 1)) >"$world_dir/policy.cdb.allow-older"
    check "older: refused when another one is allowed" live_until refused $((before + 2))
    echo "$serial" >"$dir/allow" && mv "$dir/allow" "$world_dir/policy.cdb.allow-older"
    taken "older: allowed by the host"
    rm "$world_dir/policy.cdb.allow-older"
    ask army.ml A
    is "older: in force" "$(field rcode)" NOERROR
    serial=$newer
    make ann
    place
    taken "older: then a newer one"
}

# A resolver that starts between any two steps of a change finds a pair that fits.
test_steps() {
    make ann
    mv "$set/policy.cdb.minisig" "$world_dir/policy.cdb.minisig.next"
    restart "a change: the signature to come"
    check "a change: the former one is in force" in_force $((serial - 1))
    mv "$set/policy.cdb" "$world_dir/policy.cdb"
    taken "a change: the image"
    restart "a change: the image"
    check "a change: the new one is in force" in_force "$serial"
    mv "$world_dir/policy.cdb.minisig.next" "$world_dir/policy.cdb.minisig"
    restart "a change: the signature"
    check "a change: the new one still is" in_force "$serial"
    is "a change: nothing was wrong" "$(said 'error: tldguard')" 0
}

# shellcheck disable=SC2317
protects() {
    ask army.ml A
    [[ $(field rcode) == NXDOMAIN ]]
}
# Two good pairs take turns, by one command for each file, so that every other moment none fits:
# no reload may end for that.
test_reloads() {
    local i swapping
    for i in 1 2; do
        make ann
        cp -r "$set" "$dir/pair.$i"
    done
    while true; do
        for i in 1 2; do
            cp "$dir/pair.$i/policy.cdb.minisig" "$dir/a" && mv "$dir/a" "$world_dir/policy.cdb.minisig"
            cp "$dir/pair.$i/policy.cdb" "$dir/b" && mv "$dir/b" "$world_dir/policy.cdb"
        done
    done &
    swapping=$!
    for ((i = 0; i < 20; i++)); do
        [[ $(world_control reload) == ok ]] || break
        # A question that comes between two sockets is lost.
        live_until protects || break
    done
    kill "$swapping"
    wait "$swapping" 2>/dev/null || true
    is "reloads while pairs take turns: all protect" "$i" 20
    cp "$dir"/pair.2/* "$set" && place
    restart "reloads: behind them"
    rm -rf "$set" && mkdir "$set"
}

test_rotation() {
    local before
    use refuse ann bob
    restart "rotation: both keys"
    make bob
    place
    taken "rotation: by the new key"
    make ann
    place
    taken "rotation: by the old key"
    make bob
    place
    taken "rotation: by the new key again"
    use refuse bob
    restart "rotation: the new key alone"
    before=$(said 'it is not taken')
    make ann
    place
    check "rotation: the old key is not trusted any more" live_until refused $((before + 1))
    holds "rotation: and is named" "$(last_refusal)" "is by key $(sed -n '1s/.* //p' "$dir/ann.pub"), which is not a trusted one"
}

command -v minisign >/dev/null || { echo '1..0 # SKIP no minisign'; exit 77; }
live_create
dir=$world_dir/trust set=$world_dir/trust/set good=$world_dir/trust/good
mkdir "$dir" "$set"
for name in ann bob; do
    "$TLDGUARD" keygen -W "$dir/$name" >/dev/null || bail "no keys"
done
test_start

make ann
place
taken "the first one"
cp "$world_dir"/policy.cdb* "$set"
cp -r "$set" "$good"
forgeries=0
test_images
test_signatures
test_swapped
test_signed_but
test_comments
check "forged: they are over two hundred" test "$forgeries" -ge 200
echo "# forged: $forgeries"
is "forged: one line for each" "$(said 'it is not taken')" "$forgeries"
ask army.ml A
is "forged: the old one is in force" "$(field rcode)" NXDOMAIN
status
holds "forged: status says what was not taken" "$told" "was not taken, and serial $serial stays in force"
make ann
place
taken "forged: a good one behind them"
check "forged: status is well" live_until is_well
compile "$set/policy.cdb" $((++serial)) block
comment 'timestamp:1	file:policy.cdb	hashed'
place
taken "signed by minisign"
test_expiry
test_older
test_steps
test_reloads
test_rotation
live_end
