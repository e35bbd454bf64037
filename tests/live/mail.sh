#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2317 # functions that are called by name
# Real mail to look-alikes: Postfix and Exim, resolving through Unbound with the module, send one to
# each kind of answer, and what comes back, and when, is what the table of tldguard-mail(7) says. What
# waits in a queue is what that says, too. The sinkhole is a Postfix that scripts/mail-sinkhole has set
# up. With --table it prints the table's rows instead of comparing them.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=mail_lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/mail_lib.sh"
manual=$TG_SRC/dist/tldguard-mail.7
soon=$((live_patience / 2)) # seconds within which a bounce is here; 5, as the manual says
rows=()                  # of the table, in the order of the senders

# What is done with mail to which name. The last word is how it ends.
actions=(
    'action sinkhole, with mx|army.ml|bounces'
    'action sinkhole, without mx|army.got|bounces'
    'action nxdomain|army.il|bounces'
    'action nodata|army.ne|bounces'
    'mode mail-only|army.cm|bounces'
    'mode monitor|army.om|is delivered'
    'action refused|army.et|waits'
)

write_policy() {
    cat <<'POLICY'
serial: 2026112901
answer:
  ttl: 1
  contact: soc@sender.example
  sinkhole: {a: 192.0.2.53, mx: catch.example.net}
tlds:
  - {tld: ml, targets: mil, action: sinkhole, severity: high}
  - {tld: got, targets: gov, action: sinkhole}
  - {tld: il, targets: mil, action: nxdomain}
  - {tld: ne, targets: net, action: nodata}
  - {tld: et, targets: net, action: refused}
  - {tld: cm, targets: com, mode: mail-only}
  - {tld: om, targets: com, mode: monitor}
POLICY
}

send_postfix() { in_host postfix sendmail -f bob@sender.example "$1" <<<"$(message "$1")"; }
send_exim() { in_host exim exim4 -odb -f bob@sender.example "$1" <<<"$(message "$1")"; }
message() { printf '%s\n' "To: $1" 'From: bob@sender.example' 'Subject: plans' '' 'secret'; }
queue_postfix() { in_host postfix postqueue -j | jq -r '.recipients[].address'; }
queue_exim() { in_host exim exim4 -bp | sed -n 's/^ *\(D \)\{0,1\}\([^ ]*@[^ ]*\)$/\2/p'; }

# bounce RELAY NAME: the file of the bounce about mail to that name.
bounce() { in_host "$1" grep -rlsF "someone@$2" /var/lib/box/bob/ | head -n 1 | grep .; }
# outside RELAY NAME: has mail to that name left? The outsider keeps what it gets, and from whom.
outside() { grep -rlsF "someone@$2" "$world_dir/outsider" | xargs -r grep -qsF "X-Client-Addr: ${!1}"; }

ended() {
    case $3 in
    bounces) bounce "$1" "$2" >/dev/null ;;
    'is delivered') outside "$1" "$2" ;;
    waits) "queue_$1" | grep -qxF "someone@$2" && deferred "$1" "$2" ;;
    esac
}
deferred() {
    if [[ $1 == postfix ]]; then in_host postfix grep -q "to=<someone@$2>.*status=deferred" /var/log/postfix.log
    else in_host exim grep -q "== someone@$2 .* defer" /var/log/exim4/mainlog; fi
}

# words RELAY NAME: the reason in a bounce, as one line, without what differs from run to run.
words() {
    local file
    file=$(bounce "$1" "$2") || return 0
    if [[ $1 == postfix ]]; then
        in_host postfix sed -n '/^<someone@/,/^$/p' "$file" | tr -s '\n ' ' ' | sed 's/^<[^>]*>: //; s/ $//'
    else
        in_host exim sed -n '/^  someone@/,/^$/p' "$file" | sed 1d | tr -s '\n ' ' ' | sed 's/^ //; s/ $//'
    fi
}

# row RELAY ACTION NAME END: sends, and what came of it is a row of the table.
row() {
    local began took said end=$4
    began=${EPOCHREALTIME/./}
    "send_$1" "someone@$3"
    check "$1, $2: it $end, within $soon s" live_until ended "$1" "$3" "$end"
    took=$(((${EPOCHREALTIME/./} - began) / 1000))
    check "$1, $2: $took ms" test "$took" -lt "$((soon * 1000))"
    case $end in
    bounces) said=$(words "$1" "$3") ;;
    'is delivered') said='delivered to the look-alike' ;;
    waits) said='waits in the queue' ;;
    esac
    rows+=("${1^}|$2|$said")
    [[ $end == waits ]] || check "$1, $2: nothing is left in the queue" live_until empty_but "$1" ''
}
# empty_but RELAY NAME: the queue has mail to that name, if any, and to no other.
empty_but() { [[ $("queue_$1") == "$2" ]]; }

# in_force IMAGE: the resolver has it.
in_force() { [[ $("$TLDGUARD" status --stats "$world_dir/figures/stats" 2>/dev/null | sed -n 's/^policy\.serial=//p') == "$1" ]]; }

test_rows() {
    local relay line action name end
    for relay in postfix exim; do
        for line in "${actions[@]}"; do
            IFS='|' read -r action name end <<<"$line"
            [[ $action == *'without mx' ]] || row "$relay" "$action" "$name" "$end"
        done
        "drop_$relay"
        check "$relay: the queue is empty" live_until empty_but "$relay" ''
    done
    # The same policy without an exchange.
    sed 's/, mx: [a-z.]*}/}/; s/2026112901/2026112902/' "$world_dir/policy.yaml" >"$world_dir/second.yaml"
    world_compile "$world_dir/second.yaml" || bail "$world_error"
    live_until in_force 2026112902 || bail 'the second policy is not taken'
    for relay in postfix exim; do row "$relay" 'action sinkhole, without mx' army.got bounces; done
}
drop_postfix() { in_host postfix postsuper -d ALL >/dev/null 2>&1; }
drop_exim() { in_host exim exim4 -bp | awk '/<bob@/ { print $3 }' | xargs -r nsenter "--mount=/proc/${host_pid[exim]}/ns/mnt" exim4 -Mrm >/dev/null; }

# The words of the sinkhole get to the sender, and lead from there to the event.
test_hint() {
    local relay said
    for relay in postfix exim; do
        said=$(words "$relay" army.ml)
        holds "$relay: the bounce has the hint" "$said" 'did you mean someone@army.mil?'
        holds "$relay: and the rule and the serial of the event" "$said" '(tldguard rule ml, serial 2026112901)'
        is "$relay: the events have the relay as client" "$(jq -r "select(.dns.question.name == \"army.ml\" and .source.ip == \"${!relay}\") |
            [.rule.id, .tldguard.serial, .tldguard.twin, .dns.question.type] | join(\" \")" "$live_log" | sort -u | grep ' MX$')" \
            'ml 2026112901 army.mil MX'
        is "$relay: it is one incident" "$("$TLDGUARD" log incidents --json "$live_log" | jq -c "[.. | objects |
            select(.client? == \"${!relay}\" and .name? == \"army.ml\")] | length")" 1
    done
}

# test_table: the rows are those of the manual.
test_table() {
    local line
    local -a made=()
    for line in "${rows[@]}"; do
        IFS='|' read -r relay action said <<<"$line"
        made+=(".It $action Ta $relay Ta $said")
    done
    mapfile -t made < <(printf '%s\n' "${made[@]}" | LC_ALL=C sort)
    if [[ ${table:-} == yes ]]; then
        printf '%s\n' "${made[@]}" >&2
        return
    fi
    is 'the table of tldguard-mail(7)' "$(printf '%s\n' "${made[@]}")" \
        "$(sed -n '/^\.Bl -column/,/^\.El/p' "$manual" | grep '^\.It action\|^\.It mode')"
}

[[ ${1:-} != --table ]] || table=yes
policy=$(mktemp)
write_policy >"$policy"
mail_begin "$policy"
mv "$policy" "$world_dir/policy.yaml"
relay_postfix
relay_exim
export_maps "$world_dir/policy.cdb" || bail 'the maps are not made'
start_postfix
start_exim
host_create sinkhole postfix 192.0.2.1
in_host sinkhole "$TG_SRC/scripts/mail-sinkhole" --policy "$world_dir/policy.cdb" >"$world_dir/sinkhole.said" 2>&1 ||
    bail "no sinkhole: $(<"$world_dir/sinkhole.said")"
mkdir "$world_dir/outsider"
chmod 777 "$world_dir/outsider"
in_host postfix smtp-sink -u bob -d "$world_dir/outsider/%M." "$outsider:25" 100 >"$world_dir/outsider.said" 2>&1 &
live_until listens "$outsider" || bail "no outsider: $(<"$world_dir/outsider.said")"
test_rows
test_hint
test_table
live_end
