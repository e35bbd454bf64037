#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tldguard suggest: what it lists, in which forms, and what it refuses. TAP.
set -u
tool=${TLDGUARD:?the path of the tldguard tool}
src=${TG_SRC:-$(cd "$(dirname "$0")/../.." && pwd -P)}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
failed=0

# told NAME: the verdict of the command before; what it printed follows a failure.
told() {
    local code=$?
    number=$((number + 1))
    if [ $code -eq 0 ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        sed 's/^/# /' "$work/out" "$work/err"
        failed=1
    fi
}

# suggest EXIT ARGUMENT...: runs it; fails when the exit code is another one.
suggest() {
    local wanted=$1 code
    shift
    "$tool" suggest "$@" >"$work/out" 2>"$work/err"
    code=$?
    [ $code -eq "$wanted" ] || { echo "exit code $code, not $wanted" >>"$work/err"; return 1; }
}

# row TARGET TWIN CLASS MODE: the table has such a line.
row() {
    awk -F'\t' -v want="$1 $2 $3 $4" '$1 " " $2 " " $3 " " $6 == want { n++ } END { exit n != 1 }' "$work/out"
}

out_has() { grep -qF -e "$1" "$work/out"; }
err_has() { grep -qF -e "$1" "$work/err"; }
entry() { awk -v key="$1" '/^$/ { on = 0 } /^  - / { on = ($0 == "  - tld: " key) } on' "$work/out"; }

# A small root, and figures that do not change with the system's lists.
mkdir "$work/data"
cp "$src/policy/tables/keyboards.tsv" "$work/data"
cat >"$work/suffixes" <<'END'
// a comment
// ===BEGIN ICANN DOMAINS===
com
net
org
gov
mil
int
edu
arpa
nl
ml
gov.ml
il
co.il
cm
co
om
com.om
mit
ril
gop
got
mov
cam
mom
bom
ne
et
com.et
bet
next
ong
eu
ελ
in
it
ing
mint
pl
gov.pl
pk
gov.pk
pm
*.ck
!www.ck
ком
// ===END ICANN DOMAINS===
// ===BEGIN PRIVATE DOMAINS===
private.nett
// ===END PRIVATE DOMAINS===
END
printf '# TLD\tcount\nml\t5\nil\t77\ncm\t2\nco\t709\nom\t3\nne\t1\net\t3\nbet\t21\ngop\t0\ngot\t0\nmov\t5\neu\t643\nin\t539\nit\t572\ncam\t23\nmom\t3\nbom\t0\nong\t0\nmit\t0\nril\t0\ning\t1\nnext\t1\nmint\t0\n' >"$work/data/popular-tlds.tsv"
export TLDGUARD_DATA=$work/data
list=(--suffixes "$work/suffixes")

# What the tool is for: the near misses of the seven, with class and mode.
suggest 0 "${list[@]}" --table mil gov com net org edu int
told "lists the near misses of seven TLDs"
while read -r target twin class mode; do
    row "$target" "$twin" "$class" "$mode"
    told "$twin is taken for $target: $class, $mode"
done <<'END'
mil ml omission block
mil il omission monitor
mil ril substitution block
mil mit substitution block
gov gop substitution block
gov got substitution+bit-flip block
gov mov substitution block
com cm omission block
com om omission block
com co omission off
com cam substitution monitor
com mom substitution monitor
com bom substitution+bit-flip monitor
com xn--j1aef visual monitor
net ne omission block
net et omission block
net bet adjacent-key monitor
net next insertion monitor
org ong substitution monitor
edu eu omission off
int in omission off
int it omission off
int ing adjacent-key block
int mint insertion block
END
! grep -q nett "$work/out"
told "a TLD of the private section alone is none"
awk -F'\t' 'NR > 1 { if (t != $1) w = 1000; if ($4 > w) exit 1; t = $1; w = $4 }' "$work/out" &&
    [ "$(awk -F'\t' 'NR > 1 && t != $1 { printf "%s ", $1 } { t = $1 }' "$work/out")" = 'mil gov com net org edu int ' ]
told "by target, then by risk"
cp "$work/out" "$work/once"
suggest 0 "${list[@]}" --table mil gov com net org edu int && cmp -s "$work/once" "$work/out"
told "twice the same"

# The system's own list, and the data that are shipped.
TLDGUARD_DATA=$src/policy/tables suggest 0 --table mil gov com net org edu int
told "works on the system's public suffix list"
for pair in 'mil ml' 'mil il' 'mil mit' 'mil ril' 'gov gop' 'gov got' 'gov mov' 'com cm' 'com co' \
    'com om' 'com bom' 'com cam' 'com mom' 'net ne' 'net et' 'org ong' 'edu eu' 'int in' 'int it'; do
    awk -F'\t' -v want="$pair" '$1 " " $2 == want { n++ } END { exit n != 1 }' "$work/out"
    told "there: $pair"
done

# Other scripts.
suggest 0 "${list[@]}" --idn com && entry xn--l1adi | grep -qF 'targets: [com]' &&
    entry xn--l1adi | grep -qF 'mode: block' && out_has 'сом for com: visual: сом looks the same (Cyrillic)'
told "--idn: xn--l1adi is a visual near miss of com"
out_has 'not delegated; nobody types it'
told "--idn: it is said not to be delegated"
suggest 0 "${list[@]}" com && ! out_has xn--l1adi && out_has xn--j1aef
told "without --idn only what exists"
for spoof in xn--l1adi сом XN--L1ADI; do
    suggest 0 "${list[@]}" "$spoof" && entry xn--l1adi | grep -qF 'targets: [com]' &&
        err_has "'$spoof' is no delegated TLD, and a visual near miss of com" && ! entry com | grep -q .
    told "asked about $spoof: it is taken for com"
done
printf '# Version 2026\r\nCOM\r\nXN--L1ADI\r\n\r\nml\nMIL' >"$work/tlds"
suggest 0 --tlds "$work/tlds" --table com mil && row com xn--l1adi visual monitor && row mil ml omission block &&
    [ "$(wc -l <"$work/out")" -eq 3 ]
told "--tlds: a list of TLDs instead, in IANA's form"

# Names below TLDs.
suggest 0 "${list[@]}" --table nl gov.pl army.nl && row army.nl army.ml adjacent-key+visual block
told "army.ml is taken for army.nl"
row gov.pl gov.pm adjacent-key+bit-flip monitor && ! out_has "$(printf 'gov.pl\tgov.pk')"
told "gov.pk is another government's, gov.pm is not"
! out_has army.il
told "of the many neighbours of a country's code, only the likely ones"
suggest 0 "${list[@]}" --idn army.nl nl && out_has 'tld: xn--' && ! out_has 'army.xn--'
told "no name below a TLD that does not exist"
suggest 0 "${list[@]}" army.nl && out_has '  - {name: army.ml, target: army.nl, mode: block}' && ! out_has 'tlds:'
told "they are block entries"
suggest 0 "${list[@]}" army.pl army.pk && [ "$(grep -c 'name: army.pm' "$work/out")" = 1 ] &&
    ! out_has 'name: army.pk' && ! out_has 'name: army.pl'
told "one entry for a twin of two names, none for a target"

# What is pasted is a policy.
suggest 0 "${list[@]}" mil nl gov com net org edu army.nl
{ echo 'serial: 1'; cat "$work/out"; } >"$work/policy.yaml"
"$tool" check "$work/policy.yaml" >"$work/out" 2>"$work/err"
[ $? -le 1 ]
told "tldguard check has no error in it"
suggest 0 "${list[@]}" nl mil && entry ml | grep -qF 'targets: [mil, nl]' && [ "$(grep -c 'tld: ml' "$work/out")" = 1 ]
told "one entry for a TLD of two targets, the likelier one first"
suggest 0 "${list[@]}" nl net && entry ne | grep -qF 'targets: [net, nl]' && entry ne | grep -qF 'otherwise: mail-only'
told "and it is judged by that one"
suggest 0 "${list[@]}" arp && ! entry arpa | grep -q .
told "arpa is not listed"
suggest 0 "${list[@]}" nl ml && ! entry ml | grep -q . && ! entry nl | grep -q .
told "a target itself is not listed"
entry_ok() { [ "$(entry "$1")" = "$2" ]; }
suggest 0 "${list[@]}" mil && entry_ok il "$(printf '  - tld: il\n    targets: [mil]\n    mode: monitor\n    match: direct\n    severity: low\n')"
told "a TLD with public suffixes: match: direct"

suggest 0 "${list[@]}" cl && entry ck | grep -q 'mode: monitor' && ! entry ck | grep -q 'match:'
told "a TLD of public suffixes only: no match: direct, which would leave nothing"

# JSON.
suggest 0 "${list[@]}" --json net && jq -e '.[] | select(.twin == "bet") | .target == "net" and .classes == ["adjacent-key"]
    and .keyboards == ["qwerty", "qwertz", "azerty"] and .meant == "n" and .typed == "b" and .letter == 1
    and .popular == 21 and .mode == "monitor" and .otherwise == null and .delegated' "$work/out" >/dev/null
told "--json tells the evidence"
suggest 0 "${list[@]}" --json zzzz && [ "$(jq -c . "$work/out")" = '[]' ] && err_has "'zzzz' is no delegated TLD"
told "a target that does not exist: a warning, and done all the same"
suggest 0 "${list[@]}" zzzz && out_has '# None was found.'
told "no near miss: said in words"

# Data.
mkdir "$work/bare"
cp "$work/data/keyboards.tsv" "$work/bare"
suggest 0 "${list[@]}" --data "$work/bare" --table mil && row mil ml omission monitor
told "--data before TLDGUARD_DATA; popularity not known: monitor"
suggest 3 "${list[@]}" --data "$work/none" mil && err_has "$work/none/keyboards.tsv: error: No such file"
told "no keyboards: exit 3, and which file"
printf 'ml\tfive\nil\n' >"$work/bare/popular-tlds.tsv"
suggest 3 "${list[@]}" --data "$work/bare" mil && err_has "popular-tlds.tsv:1:1: error: 'five' is not a count" &&
    err_has "popular-tlds.tsv:2:1: error: not TLD and COUNT"
told "bad figures: every bad line is named"
printf 'ml\nco.uk\nxn--zzzzzz\n' >"$work/tlds"
suggest 3 --tlds "$work/tlds" mil && err_has "tlds:2:1: error: 'co.uk' is not a TLD" && err_has "tlds:3:1: error"
told "bad TLDs: every bad line is named"
seq -f 't%.0f' 1 5001 >"$work/tlds"
suggest 3 --tlds "$work/tlds" mil && err_has 'tlds:5001:1: error: out of memory, or more than 5000 TLDs'
told "too many TLDs: exit 3"
: >"$work/tlds"
suggest 3 --tlds "$work/tlds" mil && err_has "no TLD in it"
told "an empty list: exit 3"
suggest 3 --suffixes "$work/none" mil && err_has "$work/none: error: cannot be read as a public suffix list"
told "no public suffix list: exit 3, and which file"

# Usage.
suggest 2 && suggest 2 "${list[@]}" a..b && suggest 2 "${list[@]}" '' && suggest 2 "${list[@]}" --json --table mil
told "wrong usage: exit 2"
suggest 0 --help && out_has 'Usage: tldguard suggest'
told "--help"

echo "1..$number"
exit $failed
