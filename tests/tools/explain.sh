#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tldguard explain: the steps to a verdict, up to the one that decides.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
export SOURCE_DATE_EPOCH=1795305600 # 2026-11-22
cp "$tests"/whole.* .
run compile whole.yaml -o whole.cdb
is 'the policy compiles' "$code $err" '0 '

# explain NAME ARG...: by image and by text, which must say the same.
explain() {
    run explain -p whole.cdb "${@:2}"
    local image=$out
    run explain -p whole.yaml "${@:2}"
    is "$1: policy and image agree" "$out" "$image"
}

# steps: the words that the steps start with.
steps() { sed -n 's/^\([a-z]*\) .*/\1/p' <<<"$out" | paste -sd' '; }
# step WORD: what it says.
step() { sed -n "s/^$1 *//p" <<<"$out"; }

explain 'the example of the manual' mail.army.ml MX --client 10.9.0.7
is 'all of it' "$out" 'question mail.army.ml MX
policy   serial 2026112201, on 2026-11-22
client   10.9.0.7 is in group soc (10.9.0.0/24)
allow    no allow applies
protect  not a protected name itself
block    no block applies
tld      ml is taken for mil, nl: mode block when the twin is known, otherwise mail-only, action nxdomain, severity high
note     mail for .mil, 2013-2023
twin     mail.army.mil: known, at or below the protected army.mil
mode     monitor: so says group soc for every rule; the rule says block
because  the rule of its TLD
meant    mail.army.mil
verdict  resolve
logged   yes'

# The client: none, in no group, the longest prefix; IPv4 mapped into IPv6 is IPv4.
explain 'no client' army.ml
is 'no group without a client' "$(step client)" 'none given: no group applies'
explain 'another client' army.ml -c 192.0.2.1
is 'in no group' "$(step client)" '192.0.2.1 is in no group'
explain 'IPv6' other.ml A -c 2001:db8:1::5
is 'its group' "$(step client)" '2001:db8:1::5 is in group mail-relays (2001:db8:1::/64)'
is 'the override of a TLD' "$(step mode)" 'block: so says group mail-relays for ml; the rule says mail-only'
is 'what the client is told' "$(step told)" 'look-alike of other.mil (rule ml); contact soc@example.net'
explain 'mapped' other.ml A -c ::ffff:10.1.2.3
is 'IPv4 it is' "$(step client)" '10.1.2.3 is in group mail-relays (10.1.2.0/24)'

sed 's/10.9.0.0\/24/10.9.0.0\/24, 0.0.0.0\/0, 10.9.0.128\/25/; s/10.1.2.0\/24/&, 10.9.0.0\/16/' whole.yaml >nested.yaml
for client in '10.9.0.200 soc (10.9.0.128/25)' '10.9.0.2 soc (10.9.0.0/24)' '10.9.7.7 mail-relays (10.9.0.0/16)' \
    '192.0.2.1 soc (0.0.0.0/0)'; do
    run explain -p nested.yaml army.ml -c "${client%% *}"
    is "the longest prefix of ${client%% *}" "$(step client)" "${client%% *} is in group ${client#* }"
done

# An allow decides, until it has ended: its day still counts.
explain 'allowed' www.orange.ml MX -d 2027-06-30
is 'nothing after it' "$(steps)" 'question policy client allow because verdict logged'
is 'with its reason' "$(step allow)" 'orange.ml is allowed until 2027-06-30: telecom partner (NET-4711)'
explain 'ended' www.orange.ml MX -d 2027-07-01
is 'told, and passed over' "$(step allow)" 'orange.ml would be allowed, but that ended on 2027-06-30: telecom partner (NET-4711)
no allow applies'
is 'the rule applies again' "$(step verdict)" 'null MX'

# A protected name, a block, a public suffix; no rule.
explain 'protected' www.army.mil
is 'left alone' "$(step protect)" 'at or below the protected army.mil: no rule touches it'
explain 'blocked' www.rnil.example A
is 'its block' "$(step block)" 'rnil.example is blocked by its own entry: mode block, action nxdomain, severity medium'
is 'its twin' "$(step meant)" 'www.mil.example'
explain 'under a public suffix' shop.com.om MX
is 'names the suffix' "$(step match)" \
    'the rule means names directly under om, and this one is at or under the public suffix com.om'
is 'resolves' "$(step verdict) $(step logged)" 'resolve no'
explain 'directly under it' shop.om MX
is 'the rule applies' "$(step verdict)" 'null MX'
explain 'no rule' www.example.org
is 'ends there' "$(step tld) / $(step because)" 'no rule for its TLD / no rule speaks of this name'

# The twin: listed, not listed, to be looked up.
explain 'listed' example.ne A
is 'known' "$(step twin)" 'example.net: known, at or below the protected example.net'
explain 'not listed' other.ne A
is 'not known' "$(step mode)" 'monitor: so says the rule (otherwise), as the twin is not known'
explain 'to be looked up' other.ml A
is 'the other verdict' "$(sed -n 's/^if known //p' <<<"$out")" 'NXDOMAIN (mode block, logged)'
explain 'whatever it finds' other.ml MX -c 10.9.0.1
is 'no other verdict to tell' "$(sed -n 's/^if known //p' <<<"$out")" ''

# JSON holds the same steps and the same verdict.
run explain -p whole.yaml --json mail.army.ml MX -c 10.9.0.7
is 'JSON' "$(jq -c '[.client, .group, .rule.owner, .mode, .twin, .twin_known, .verdict, .logged]' <<<"$out")" \
    '["10.9.0.7","soc","ml","monitor","mail.army.mil","listed","resolve",true]'
is 'JSON steps' "$(jq -r '[.chain[].step] | join(" ")' <<<"$out")" 'client allow protect block tld note twin mode'
run explain -p whole.yaml --json other.ml A
is 'JSON if known' "$(jq -c .if_known <<<"$out")" '{"mode":"block","verdict":"NXDOMAIN","logged":true}'

# Nothing is left behind by a policy that is compiled in passing.
mkdir tmp
TMPDIR=$work/tmp run explain -p whole.yaml army.ml
is 'no file is left' "$code$(ls -A tmp)" 0
TMPDIR=$work/none run explain -p whole.yaml army.ml
is 'nowhere to put it' "$code $err" "3 $work/none: error: no temporary folder in it: No such file or directory"

# Usage and broken input.
for args in 'army.ml --client 10.9' 'army.ml --client x' 'army.ml --date 2026-02-30' 'army.ml -d 20261122' \
    'army.ml -d +026-01-01' 'army.ml NOTYPE' 'a..b' ''; do
    # shellcheck disable=SC2086 # words
    run explain -p whole.cdb $args
    is "usage: '$args'" "$code$out" 2
done
run explain -p none.cdb army.ml
is 'no such file' "$code $err" '3 none.cdb: error: cannot open: No such file or directory'
head -c 3000 whole.cdb >cut.cdb
run explain -p cut.cdb army.ml
is 'a cut image is not read as a policy' "$code $(wc -l <err.txt)" '3 1'
# Damage that the question leads to is told; damage elsewhere is for show to find.
at=$(LC_ALL=C grep -abo $'N\x06orange\x02ml' whole.cdb | tail -n 1)
cp whole.cdb flags.cdb
printf '\377\377' | dd of=flags.cdb bs=1 seek=$((${at%%:*} + 12)) conv=notrunc status=none
run explain -p flags.cdb www.orange.ml
is 'a broken record' "$code $out${err/byte */byte N ...}" '3 flags.cdb: error: record at byte N ...'
run explain -p flags.cdb army.mil
is 'a record that nobody asks for' "$code $(step because)" '0 a protected name is left alone'
run show flags.cdb
is 'is for show' "$code ${err%%:*}" '3 flags.cdb'
printf 'serial: 1\ntlds: nonsense\n' >bad.yaml
run explain -p bad.yaml army.ml
is 'a policy with errors' "$code ${err%%: error*}" '3 bad.yaml:2:7'
run explain -p - army.ml MX <whole.yaml
is 'standard input' "$code $(step verdict)" '0 NXDOMAIN'
# Without a policy it is the one that the module's settings name.
printf 'policy: %s/whole.cdb\n' "$PWD" >here.conf
TLDGUARD_CONF=$PWD/here.conf run explain army.ml MX
is 'the active image' "$code $(step verdict)" '0 NXDOMAIN'
TLDGUARD_CONF=$PWD/none.conf run explain army.ml MX
is 'no such settings' "$code$out ${err##*: }" '3 No such file or directory'
tap_end
