#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Memory that runs out, at any allocation of the tool: it says so and ends with 3, or what it says
# is as good as ever. No crash, no half of a file, nothing left behind. See tests/support/oomload.c.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
load=${TG_BUILD:?where the project is built}/tests/support/.libs/oomload.so
export SOURCE_DATE_EPOCH=1795305600 # 2026-11-22
export TLDGUARD_DATA=${TG_SRC:?where its source is}/policy/tables
export TMPDIR=$work/tmp
mkdir tmp in
cp "$tests"/whole.* in
sed 's/army.mil/navy.mil/' in/whole.yaml >in/second.yaml
# shellcheck disable=SC2016 # a directive of zone files
printf '%s\n' '$TTL 60' '@ SOA a. b. 1 2 3 4 5' '@ NS localhost.' 'army.ml CNAME .' '*.army.ml CNAME .' \
    'orange.ml CNAME rpz-passthru.' >in/rpz.zone
printf '%s\n' '[1795305600] unbound[1:0] info: 10.9.0.1 army.ml. MX IN' \
    '[1795305600] unbound[1:0] info: 192.0.2.1 x.om. MX IN' >in/log.txt
"$TG_BUILD/tests/support/events" 30 3 >in/block.jsonl
gzip -k in/block.jsonl
run log sql --db in/events.db 'select 1' in/block.jsonl
"$TG_BUILD/tests/support/events" 30 3 6b0253e0cf547757 2 >in/other.jsonl
printf 'log: %s/in/block.jsonl\n' "$PWD" >in/conf
printf '%s' '{"format":2,"published":1795305600000,"publish_errors":0,"state":"protecting","why":"","pid":1,"pid_space":"",' \
    '"machine":"","host":"r","instance":"6b","version":"0","unbound":"1","started":1795305600000,"policy":null,' \
    '"policies":{"loaded":0,"rejected":0,"last_error":"","last_rejected":null},"questions":{' \
    "$(for key in unprotected prefetch late watched_cached; do printf '"%s":0,' "$key"; done)" \
    '"verdict":{' "$(printf '"%s":0,' none class allow suffix protect off monitor mail-only)" '"block":0},' \
    '"action":{' "$(printf '"%s":0,' nxdomain nodata refused)" '"sinkhole":0},' \
    '"reply":{' "$(printf '"%s":0,' pass nxdomain nodata refused null-mx sinkhole-a sinkhole-aaaa sinkhole-mx)" '"null-srv":0},' \
    '"type":{' "$(printf '"%s":0,' other A AAAA MX TXT NS SOA SRV HTTPS SVCB PTR DS DNSKEY CNAME)" '"ANY":0}},' \
    '"events":{' "$(printf '"%s":0,' queued waiting written lost unsent errors)" '"bytes":null,"last_error":"","failing":false,"lost_last":null},' \
    '"targets":{"inspected":0,"blocked":0,"watched":0,"withheld":0,"cut_short":0},"twins":{' "$(printf '"%s":0,' asked found not_found failed cached)" '"refused":0},' \
    '"cache":{"removed":0,"errors":0},"decisions":{"nanoseconds":0,"buckets":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]},' \
    '"rules":[{"id":"ml","kind":"tld","target":"mil","blocked":1,"watched":0}]}' >in/stats
printf 'stats: %s/in/stats\n' "$PWD" >in/stats.conf
run compile -q in/whole.yaml -o in/whole.cdb
run compile -q in/second.yaml -o in/second.cdb
run keygen -W in/key
run sign -q -s in/key in/whole.cdb
printf 'trusted-keys: [%s/in/key.pub]\n' "$PWD" >in/trust.conf

# What others do without memory is theirs. libfyaml takes it for wrong syntax, or crashes; libcrypto
# crashes while it starts; ldns ends the process, or takes it for wrong syntax; libpsl takes it for a
# list that cannot be read; libc allocates on their behalf. libidn2 and libunistring do well, but
# allocate thousands of times, which would take long. jansson and ICU are not spared.
spare='libfyaml libcrypto libldns libidn2 libunistring libpsl libc.so'
export OPENSSL_CONF=/dev/null # reading it takes longer than all the rest

# fails CODE OUTPUT ARG...: each allocation in turn.
fails() {
    local said
    said=$(OOM_CODE=$1 OOM_OUTPUT=$2 OOM_SPARE=$spare OOM_FAIR=${fair:-not told apart} LD_PRELOAD=$load \
        exec "$tool" "${@:3}" </dev/null)
    is "${*:3}" "$? ${said/#[0-9]* allocations/N allocations}" '0 N allocations, 0 bad'
}

fails 0 '' check in/whole.yaml
fails 0 new compile in/whole.yaml -o new
fails 0 '' show in/whole.cdb
fails 0 '' show in/whole.yaml
fails 0 '' explain -p in/whole.cdb mail.army.ml MX -c 10.9.0.7
fails 0 '' explain -p in/whole.yaml --json mail.army.ml MX
printf 'policy: %s/in/whole.cdb\n' "$PWD" >in/active.conf
TLDGUARD_CONF=$PWD/in/active.conf fails 0 '' explain army.ml
fails 1 '' diff in/whole.cdb in/second.cdb
fails 0 '' replay --log in/log.txt in/whole.yaml
fails 0 '' replay --json --log in/log.txt --old in/second.cdb in/whole.cdb
fails 0 '' suggest mil gov
fails 0 new import --rpz in/rpz.zone -o new
fails 0 new import --list in/whole.txt -o new
fails 0 new export --rpz -p in/whole.cdb -o new
fails 0 new export --unbound -p in/whole.cdb -o new
fails 0 new export --nginx -p in/whole.cdb -o new
fails 0 new export --zone policy.example in/whole.cdb --zonemd -o new
fails 0 new export --postfix -p in/whole.cdb -o new
fails 0 new export --postfix-sinkhole -p in/whole.cdb -o new
fails 0 new export --exim -p in/whole.cdb -o "$PWD/new"
rm -f new.*
run export -q --zone policy.example in/second.cdb -o in/policy.zone
mkfifo in/port
"$TG_BUILD/tests/support/primary" in/policy.zone key c2VjcmV0 good >in/port &
primary=$!
trap 'kill "$primary"; rm -rf "$work"' EXIT
read -r port <in/port
printf 'key key { algorithm hmac-sha256; secret c2VjcmV0; };' >in/tsig.key
chmod 600 in/tsig.key
echo 'policy: /nonexistent' >in/open.conf
fails 0 new fetch -z policy.example -s "127.0.0.1@$port" -k in/tsig.key -c in/open.conf -o new
cp in/second.cdb in/present.cdb
fails 0 '' fetch -z policy.example -s "127.0.0.1@$port" -k in/tsig.key -c in/open.conf -o in/present.cdb
fails 0 '' log in/block.jsonl in/block.jsonl.gz
TLDGUARD_CONF=$PWD/in/conf fails 0 '' log --csv -t MX
fails 0 '' status --stats in/stats
fails 0 '' status --conf in/stats.conf --json
fails 0 new status --stats in/stats --prometheus -o new
fails 0 '' log --format ocsf in/block.jsonl
fails 0 '' log --format cef in/block.jsonl
for word in 'top names' timeline incidents fix-list verify; do
    # shellcheck disable=SC2086 # words
    fails 0 '' log $word --json in/block.jsonl in/other.jsonl
done
fails 0 '' log sql 'select client, count(*) from events group by client' in/block.jsonl
fails 0 '' log sql --db in/events.db 'select count(*) from events' in/block.jsonl
echo '/* Chart.js, as if */' >in/chart.js
fails 0 '' report --json in/block.jsonl in/other.jsonl
fails 0 new report -J in/chart.js -o new in/block.jsonl.gz in/other.jsonl
# No two keys are the same: what it prints is good when there is a key in it.
fair='trusted-keys: ' fails 0 '' keygen -W -F in/new.key
run sign -q -s in/new.key -x in/sig in/whole.cdb
is 'the key that is left is whole' "$code$err" 0
fails 0 new sign -s in/key -e 1d -x new in/whole.cdb
fails 0 '' verify -p in/key.pub in/whole.cdb
fails 0 '' verify -c in/trust.conf in/whole.cdb
mkdir in/place
printf 'policy: %s/in/place/policy.cdb\ntrusted-keys: [%s/in/key.pub]\n' "$PWD" "$PWD" >in/place.conf
fails 0 in/place/policy.cdb activate -o -c in/place.conf in/whole.cdb
sed 's/^serial:.*/serial: 4294967295/' in/whole.yaml >in/third.yaml
run compile -q in/third.yaml -o in/third.cdb
run sign -q -s in/key in/third.cdb
run activate -o -c in/place.conf in/whole.cdb
run activate -o -c in/place.conf in/third.cdb
is 'the policies are in their places' "$code$err $(find in/place -type f | wc -l)" '0 5'
# One that cannot be read for want of memory is no reason to let an older one in.
fails 1 '' activate -o -c in/place.conf in/whole.cdb
fails 1 '' rollback -o -c in/place.conf 77
fails 0 '' history -c in/place.conf
fails 0 '' history -j -c in/place.conf
fails 0 '' history -p -c in/place.conf
run log sql --db in/events.db --csv 'select count(*) as n from events' /dev/null
is 'the database holds' "$out" $'n\r\n30\r'
is 'nothing is left' "$(ls -A tmp; ls -A)" "$(printf '%s\n' err.txt in tmp)"
tap_end
