#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tldguard diff: what two policies say differently, and which names change verdict for whom.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
export SOURCE_DATE_EPOCH=1795305600 # 2026-11-22
cp "$tests"/whole.* .

# changed SED: new.yaml is whole.yaml, changed.
changed() { sed "$1" whole.yaml >new.yaml; }
# differ: what diff says but for the first two lines.
differ() {
    run diff "$@"
    out=$(sed 1,2d <<<"$out")
}
# blocked: the names under the head "newly blocked".
blocked() { sed -n '/^newly blocked/,/^no longer/p' <<<"$out" | grep '^  '; }

run compile -q whole.yaml -o whole.cdb
differ whole.cdb whole.yaml
is 'text and its image' "$code $out$err" '0 no difference'
changed 's/^serial: .*/serial: 2026112202/; s/^# .*/# Others./'
differ whole.cdb new.yaml
is 'another serial and comments' "$code $out" '0 no difference'

# A protected name: its look-alikes under each TLD that is taken for its own.
changed 's/^  - army.mil/&\n  - navy.mil/'
differ whole.cdb new.yaml
is 'newly protected' "$code $out" '1 rules: 1 added, 0 removed, 0 changed; names in them: 1 added, 0 removed
  added   protect navy.mil: match subtree
newly blocked: 0 TLDs, 1 name
  navy.ml: A resolve -> NXDOMAIN for no group
no longer blocked: nothing
changed answer: 0 TLDs, 1 name
  navy.ml: MX null MX -> NXDOMAIN for no group
changed logging: nothing'
differ new.yaml whole.cdb
is 'the other way round' "$code $(grep -A1 '^no longer' <<<"$out")" '1 no longer blocked: 0 TLDs, 1 name
  navy.ml: A NXDOMAIN -> resolve for no group'

# Whether answers are inspected: no name of the policy changes its verdict by that.
changed 's/^answer:/inspect-targets: no\n&/'
differ whole.cdb new.yaml
is 'answers are no longer inspected' "$code $(sed -n 2p <<<"$out")" \
    '1   changed inspect: targets yes -> no'

# Canary questions: what is asked, and what is expected. They change no verdict.
changed 's/name: army.mil, type: MX/name: army.mil, type: A/; s/expect: block/expect: resolve/'
differ whole.cdb new.yaml
is 'canary questions' "$code $(grep canary <<<"$out")" '1   added   canary army.mil A: expect resolve
  removed canary army.mil MX: expect resolve
  changed canary army.ml MX: expect block -> resolve'

# A TLD: told field by field, and by what comes of it; when the twin exists, where that differs.
changed 's/otherwise: mail-only/otherwise: monitor/'
differ whole.cdb new.yaml
is 'a mode' "$out" 'rules: 0 added, 0 removed, 1 changed; names in them: 0 added, 0 removed
  changed tld ml: otherwise mail-only -> monitor
newly blocked: nothing
no longer blocked: 1 TLD, 0 names
  TLD ml: MX null MX -> resolve (logged) for no group
changed answer: nothing
changed logging: 1 TLD, 0 names
  TLD ml: A resolve -> resolve (logged) for no group'
changed 's/mode: block$/mode: mail-only/'
differ whole.cdb new.yaml
is 'when the twin exists' "$(grep 'TLD ml' <<<"$out")" \
    '  TLD ml: A NXDOMAIN -> resolve when its twin exists for no group
  TLD ml: MX NXDOMAIN -> null MX when its twin exists for no group'

# Look-alikes are of protected names, not of others.
changed 's/^block:/block:\n  - y.com/; s/^  - army.mil/&\n  - z.com/'
cp new.yaml old.yaml
sed -i 's/mode: mail-only$/mode: off/' new.yaml
differ old.yaml new.yaml
is 'of protected names' "$(grep '\.om' <<<"$out")" '  z.om: MX null MX -> resolve for no group, group mail-relays'

# Groups: only their clients; a client that changes group.
changed 's/mode: {ml: block}/mode: {ml: off}/'
differ whole.cdb new.yaml
is 'a group' "$(grep -E 'changed group|TLD' <<<"$out")" '  changed group mail-relays: mode {"ml":"block"} -> {"ml":"off"}
no longer blocked: 1 TLD, 2 names
  TLD ml: MX, A NXDOMAIN -> resolve for group mail-relays'
changed 's/10.1.2.0\/24/10.1.2.0\/25/'
differ whole.cdb new.yaml
is 'a subnet' "$(grep -E 'subnet|TLD ml' <<<"$out")" '  added   subnet 10.1.2.0/25: group mail-relays
  removed subnet 10.1.2.0/24: group mail-relays
  TLD ml: A NXDOMAIN -> resolve for no group (was group mail-relays)
  TLD ml: MX NXDOMAIN -> null MX for no group (was group mail-relays)'

# Groups that are treated alike are told together, each once, whatever their names.
sed 's/^  - group: soc/  - {group: rel, subnets: [10.4.0.0\/24, 10.5.0.0\/24, 10.6.0.0\/24], mode: {ml: block}}\n&/; s/group: mail-relays/group: relays/' \
    whole.yaml >old.yaml
sed 's/mode: {ml: block}/mode: {ml: off}/' old.yaml >new.yaml
differ old.yaml new.yaml
is 'alike' "$(grep 'TLD ml' <<<"$out")" '  TLD ml: MX, A NXDOMAIN -> resolve for group relays, group rel'

# What changes no verdict.
changed 's/ttl: 60/ttl: 90/; s/note: .*/note: "more"/'
differ whole.cdb new.yaml
is 'no verdict' "$code $out" '1 rules: 0 added, 0 removed, 2 changed; names in them: 0 added, 0 removed
  changed answer: ttl 60 -> 90
  changed tld ml: note mail for .mil, 2013-2023 -> more
newly blocked: nothing
no longer blocked: nothing
changed answer: nothing
changed logging: nothing'

# An allow that ends between two days is a matter of the day asked for.
changed 's/, until: 2027-06-30//'
differ whole.cdb new.yaml --date 2027-06-30
is 'not ended' "$(grep -c orange.ml <<<"$out")" 1
differ whole.cdb new.yaml --date 2027-07-01
is 'ended' "$(grep '^  orange' <<<"$out" | head -n 1)" \
    '  orange.ml: MX null MX -> resolve for no group; MX, A NXDOMAIN -> resolve for group mail-relays; MX, A NXDOMAIN -> resolve when its twin exists for no group'

# Lists: the first 20, in the order of names, or all.
{
    cat whole.yaml
    echo '# more'
} >old.yaml
cp whole.yaml new.yaml
sed -i 's/^block:/block:\n  - {file: many.txt}/' new.yaml
for ((i = 1; i <= 30; i++)); do echo "n$((i * 7919 % 100)).b$((i % 3)).example"; done >many.txt
differ old.yaml new.yaml
is 'only the first' "$(blocked | wc -l) $(blocked | tail -n 1)" '21   ... and 10 more (--all shows them)'
differ old.yaml new.yaml --all
is 'all' "$(blocked | wc -l)" 30
is 'in canonical order' "$(blocked | sed -n 's/^  n[0-9]*\.\(b.\)\..*/\1/p' | uniq | paste -sd' ')" 'b0 b1 b2'
is 'a list counts its names' "$(grep 'list many.txt' <<<"$out")" \
    '  added   block list many.txt: names 30, mode block, action nxdomain, severity medium'
run diff --json -a old.yaml new.yaml
is 'JSON' "$code $(jq -c '[.different, .names.added, .newly_blocked.names, (.newly_blocked.list | length),
    .newly_blocked.list[0].changes[0].new.verdict]' <<<"$out")" '1 [true,30,30,30,"NXDOMAIN"]'
# The same names in another list are no other entries; one exchanged for another is.
cp new.yaml old.yaml
cp many.txt other.txt
sed -i 's/many.txt/other.txt/' new.yaml
differ old.yaml new.yaml
is 'renamed' "$(head -n 1 <<<"$out")" 'rules: 1 added, 1 removed, 0 changed; names in them: 0 added, 0 removed'
sed 's/^n19\./x./' many.txt >other.txt
cmp -s many.txt other.txt && echo 'Bail out! the lists are the same'
differ old.yaml new.yaml
is 'exchanged' "$(head -n 1 <<<"$out")" 'rules: 1 added, 1 removed, 0 changed; names in them: 1 added, 1 removed'

run diff whole.cdb
is 'usage' "$code $out" '2 '
run diff whole.cdb none.cdb
is 'no such file' "$code $out$err" '3 none.cdb: error: cannot open: No such file or directory'
tap_end
