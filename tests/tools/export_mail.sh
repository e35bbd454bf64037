#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2016 # $1 is of Postfix's patterns
# tldguard export for mail servers: the files, exactly. What Postfix and Exim make of them is seen in
# tests/live/mail_maps.sh.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

# policy LINE...: p.yaml
policy() { printf '%s\n' 'serial: 5' "$@" >p.yaml; }
text() { grep -v '^#' "$1"; }

# maps NAME LIST PATTERNS EXIM LINE...: the policy of these lines makes these, exactly, with the words
# that all have left out: "(RULE)" stands for them.
maps() {
    local name=$1 list=$2 patterns=$3 exim=$4
    policy "${@:5}"
    run export --postfix -p p.yaml -o list
    is "$name: Postfix" "$code$err $(text list | short)" "0 $list"
    is "$name: patterns" "$(text list.pcre | short | sed '$d')" "$patterns"
    run export --exim -p p.yaml -o "$PWD/exim"
    is "$name: Exim" "$code$err $(text exim)" "0 $exim"
}
short() { sed 's/550 5.1.2 look-alike domain/550/; s/(tldguard rule \([^,]*\), serial 5)/(\1)/; s/tldguard_refuse/REFUSE/'; }

maps 'a TLD' 'ml REFUSE' 'if /[.@]ml$/
/^(.+)@((?:[^@]+\.)?)ml$/ 550: did you mean $1@${2}mil? (ml)
endif' '*.ml: do=refuse rule=ml target=mil' 'tlds: [{tld: ml, targets: [mil, nl], mode: mail-only}]'
maps monitor 'om WARN look-alike domain: did you mean com? (om)' 'if /[.@]om$/
/^(.+)@((?:[^@]+\.)?)om$/ 550: did you mean $1@${2}com? (om)
endif' '*.om: do=warn rule=om target=com' 'tlds: [{tld: om, targets: com, mode: monitor}]'
maps off '' 'if /[.@]om$/
/^(.+)@((?:[^@]+\.)?)om$/ 550: did you mean $1@${2}com? (om)
endif' '' 'tlds: [{tld: om, targets: com, mode: "off"}]'
maps 'an allow' 'ml REFUSE
orange.ml DUNNO' 'if /[.@]ml$/
/^(.+)@((?:[^@]+\.)?)ml$/ 550: did you mean $1@${2}mil? (ml)
endif' '*.ml: do=refuse rule=ml target=mil
*.orange.ml: do=pass' 'tlds: [{tld: ml, targets: mil}]' 'allow: [orange.ml]'
maps 'an exact allow' 'ml REFUSE
orange.ml REFUSE' 'if /[.@]ml$/
/^(.+)@orange\.ml$/ DUNNO
/^(.+)@([^@]+\.)orange\.ml$/ 550: did you mean $1@${2}orange.mil? (ml)
/^(.+)@((?:[^@]+\.)?)ml$/ 550: did you mean $1@${2}mil? (ml)
endif' '*.ml: do=refuse rule=ml target=mil
orange.ml: do=pass
*.orange.ml: do=refuse rule=ml target=orange.mil' \
    'tlds: [{tld: ml, targets: mil}]' 'allow: [{name: orange.ml, match: exact}]'
maps 'a twin under the second target' 'ml REFUSE
b.ml REFUSE' 'if /[.@]ml$/
/^(.+)@((?:[^@]+\.)?)b\.ml$/ 550: did you mean $1@${2}b.nl? (ml)
/^(.+)@((?:[^@]+\.)?)ml$/ 550: did you mean $1@${2}mil? (ml)
endif' '*.ml: do=refuse rule=ml target=mil
*.b.ml: do=refuse rule=ml target=b.nl' \
    'tlds: [{tld: ml, targets: [mil, nl], twin: list}]' 'protect: [army.mil, b.nl]'
maps 'otherwise' 'ml WARN look-alike domain: did you mean mil? (ml)
army.ml REFUSE' 'if /[.@]ml$/
/^(.+)@((?:[^@]+\.)?)ml$/ 550: did you mean $1@${2}mil? (ml)
endif' '*.ml: do=warn rule=ml target=mil
*.army.ml: do=refuse rule=ml target=army.mil' \
    'tlds: [{tld: ml, targets: [mil], twin: list, otherwise: monitor}]' 'protect: [army.mil]'
maps 'a block' 'rnil.example REFUSE
x.example 550 (x.example)' 'if /[.@]example$/
/^(.+)@((?:[^@]+\.)?)rnil\.example$/ 550: did you mean $1@${2}mil.example? (rnil.example)
endif' '*.rnil.example: do=refuse rule=rnil.example target=mil.example
*.x.example: do=refuse rule=x.example' 'block: [{name: rnil.example, target: mil.example}, x.example]'
maps 'an exact block' 'x.example REFUSE' 'if /[.@]example$/
/^(.+)@x\.example$/ 550 (x.example)
/^(.+)@([^@]+\.)x\.example$/ DUNNO
endif' 'x.example: do=refuse rule=x.example
*.x.example: do=pass' 'block: [{name: x.example, match: exact}]'

# Notes and lists do not get in; the contact does, and can do no harm there.
policy 'answer: {contact: "a@b.example $1 ${lookup{x}lsearch{/etc/passwd}} %s \"\\ {}"}' \
    'tlds: [{tld: ml, targets: mil, note: "$9 note"}]'
run export --postfix -p p.yaml -o list
is 'a contact for Postfix' "$(tail -n 1 list.pcre)" \
    '/^/ 550 5.1.2 look-alike domain (tldguard serial 5); contact a@b.example ?1 ??lookup?x?lsearch?/etc/passwd?? ?s ?? ??'
run export --exim -p p.yaml -o "$PWD/exim"
is 'for Exim' "$(grep -c '; contact a@b.example ?1 ??lookup?x?lsearch?/etc/passwd?? ?s ?? ??$' exim.acl)" 2
is 'no note' "$(grep -l note list list.pcre exim exim.acl)" ''
policy "answer: {contact: \"$(printf 'a%.0s' {1..900})\"}" 'block: [x.example]'
run export --postfix -p p.yaml -o list
is 'a long contact: an answer has at most 512 octets' "$(tail -n 1 list.pcre | awk '{ print length($0) < 300 }')" 1
# What no mail can be sent to cannot be written, and stays out.
policy "block: ['a\\032b.example', 'x\\010y.example', '\\042a.example', a_b.example]"
run export --postfix -p p.yaml -o list
is 'odd names' "$code $(text list | cut -d' ' -f1) $err" \
    '0 a_b.example p.yaml: note: skipped 3: no mail can be sent to such a name'
# Too many for patterns.
for ((i = 0; i < 5002; i++)); do printf 'n%05d.nl\n' "$i"; done >many.txt
policy 'tlds: [{tld: ml, targets: [mil, nl], twin: list}]' 'protect: [{file: many.txt}, army.mil]'
run export --postfix -p p.yaml -o list
is 'many names' "$code $err" \
    '0 p.yaml: note: skipped 3: the refusal tells the name that was meant, not the whole address'
is 'the last of them' "$(text list | grep '^n05001.ml')" \
    'n05001.ml 550 5.1.2 look-alike domain: did you mean n05001.nl? (tldguard rule ml, serial 5)'
sed -i 's/\.nl$/.example/' many.txt
policy 'block: [{file: many.txt, match: exact}]' 'allow: [x.n05001.example]'
run export --postfix -p p.yaml -o list
is 'many exact names' "$code $err" \
    '0 p.yaml: note: skipped 2: one name without what is below it; that gets the same'
is 'what is allowed below such a one' "$(text list | grep -c '^x.n05001.example DUNNO$')" 1

# Groups: as a client is answered.
policy 'tlds: [{tld: ml, targets: mil, mode: monitor}]' 'clients: [{group: relays, subnets: [10.0.0.0/8], mode: block}]'
run export --postfix -p p.yaml -o list
is 'groups' "$code $(text list | cut -c 1-7) $err" '0 ml WARN p.yaml: note: 1 groups of clients are left out: it is for clients in no group'
run export --postfix -p p.yaml -o list --client 10.0.0.1
is '--client' "$code $(text list) $err" '0 ml tldguard_refuse '

# The catcher: what comes there is refused in any mode.
policy 'tlds: [{tld: ml, targets: mil, mode: monitor}]' 'answer: {sinkhole: {a: 192.0.2.53, aaaa: "2001:db8::53", mx: Catch.example}}'
run export --postfix-sinkhole -p p.yaml -o list
is 'the catcher' "$code$err $(text list)" '0 ml tldguard_refuse'
is 'its name and addresses' "$(grep -e ^myhostname -e ^inet_ list.cf)" 'myhostname = catch.example
inet_interfaces = 192.0.2.53 [2001:db8::53]'
rm list.cf
policy 'tlds: [{tld: ml, targets: mil}]' 'answer: {sinkhole: {a: 192.0.2.53}}'
run export --postfix-sinkhole -p p.yaml -o never
is 'no exchange' "$code $err $(find . -name 'never*')" \
    "3 tldguard: error: the policy sends no mail to a sinkhole: set 'mx' in answer: sinkhole: in the policy "
policy 'tlds: [{tld: ml, targets: mil}]' "answer: {sinkhole: {a: 192.0.2.53, mx: 'a\\036b.example'}}"
run export --postfix-sinkhole -p p.yaml -o never
is 'an odd exchange' "$code $err $(find . -name 'never*')" \
    "3 tldguard: error: the sinkhole's exchange is no name that mail can be sent to: set 'mx' in answer: sinkhole: in the policy "

# usage NAME ARG...
usage() {
    run export "${@:2}" -p p.yaml
    is "usage: $1" "$code$out" 2
}
usage 'standard output' --postfix
usage 'standard output by name' --exim -o -
usage 'a relative path for Exim' --exim -o list
usage 'two forms' --postfix --exim -o "$PWD/list"
usage '--client for a zone' --rpz --client 10.0.0.1
usage '--client for the catcher' --postfix-sinkhole --client 10.0.0.1 -o list
usage 'no address' --postfix --client soc -o list
usage '--mail-as-block' --postfix --mail-as-block -o list
run export --postfix -p p.yaml -o 'li$t'
is 'a name for a file that would mean something' "$code $(find . -name 'li$t*')" '3 '
mkdir taken.pcre
run export --postfix -p p.yaml -o taken
is 'the words cannot be written: nor is the list' "$code $([[ -e taken ]] || echo gone)" '3 gone'
tap_end
