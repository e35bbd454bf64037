#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2016 # $TTL is of zone files
# tldguard export --zone and tldguard fetch: the same octets come out; whatever is wrong with the
# server, the zone or the key is one line, and the policy that was there stays.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
primary=${TG_BUILD:?where the project is built}/tests/support/primary
secret=c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI=
unset TLDGUARD_CONF
umask 022
pids=()
tried=(good slow) # modes of the server
# shellcheck disable=SC2317 # of the trap
end() {
    ((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null
    rm -rf "$work"
}
trap end EXIT

# says NAME CODE PART: the last run ended so, with one line that has this part.
says() {
    is "$1: exit code, lines" "$code $(wc -l <err.txt)" "$2 1"
    case $err in *"$3"*) is "$1" yes yes ;; *) is "$1" "$err" "*$3*" ;; esac
}

# policy SERIAL [LINE...]: p.cdb, signed by ann, and its zone p.zone.
policy() {
    printf '%s\n' "serial: $1" 'tlds: [{tld: ml, targets: mil}]' 'block: [{file: names}]' \
        'clients: [{group: soc, subnets: [10.0.0.0/8], mode: monitor}]' "${@:2}" >p.yaml
    "$tool" compile -q p.yaml -o p.cdb 2>warnings.txt && "$tool" sign -q -s ann p.cdb &&
        "$tool" export -q --zone policy.example p.cdb -o p.zone
}

# serve ZONE MODE: a server; its port in $port. One at a time would do, but the last
# of many ends with the test.
serve() {
    local fifo=fifo.$((${#pids[@]} + 1))
    mkfifo "$fifo"
    "$primary" "$1" key.example. "$secret" "$2" >"$fifo" &
    pids+=($!)
    port=''
    read -r port <"$fifo"
    rm "$fifo"
    [[ $port ]] || echo "Bail out! the server does not start"
}

# fetch ARG...: from $port, with the files of this test, into the folder 'into'.
fetch() { run fetch -z policy.example -s "127.0.0.1@$port" -k key -c conf -t 2 -o into/policy.cdb "$@"; }

# What is in the folder, names and octets.
state() { (cd into && ls -A && cat -- * | sha256sum); }

mkdir into
awk 'BEGIN { for (i = 0; i < 300; i++) print "name" i * 7919 % 1000 "x" i ".example" }' >names
"$tool" keygen -W ann >out.txt
"$tool" keygen -W bob >out.txt
printf 'trusted-keys: [%s/ann.pub]\n' "$PWD" >conf
printf 'key "key.example" {\n\talgorithm hmac-sha256;\n\tsecret "%s";\n};\n' "$secret" >key
chmod 600 key

# The zone.
policy 5
is 'export --zone' "$(grep -c '^@ SOA ' p.zone) $(grep -c '^_zonemd\._tldguard TXT "5 1 1 [0-9a-f]\{96\}"$' p.zone) $(grep -c '^_tldguard TXT "v=tldguard1"' p.zone)" '1 1 1'
"$tool" export -q --rpz -p p.cdb >rpz.zone
is 'its response policy records are those of --rpz' "$(sed '/^@\|^\$\|^;\|_tldguard/d' p.zone)" "$(sed '/^@\|^\$\|^;/d' rpz.zone)"
"$tool" export -q --zone policy.example p.cdb >again.zone
# ldns makes the same digest of all the rest.
# digest FILE: the data of a ZONEMD of the zone in it, which has none, as of ldns-signzone.
digest() {
    ldns-signzone -Z -z simple:sha384 -f digest.zone "$1" || echo 'Bail out! ldns-signzone'
    awk '$4 == "ZONEMD" { print $5, $6, $7, $8 }' digest.zone
}
sed '/^_zonemd/d' p.zone >rest.zone
is 'its digest' "$(sed -n 's/^_zonemd\._tldguard TXT "\(.*\)"/\1/p' p.zone)" "$(digest rest.zone)"
"$tool" export -q --zone policy.example --zonemd p.cdb >zonemd.zone
is '--zonemd' "$(diff p.zone zonemd.zone | sed 's/^> @ ZONEMD.*/more/' | tail -n 1) $(sed -n 's/^@ ZONEMD //p' zonemd.zone)" "more $(digest p.zone)"
is 'the same again' "$(cmp p.zone again.zone)" ''
is 'the root' "$(sed -n 's/^_tldguard TXT //p' p.zone)" "\"v=tldguard1\" \"format=$(tail -c 48 p.cdb | head -c 9 | tail -c 1 |
    od -An -tu1 | tr -d ' ')\" \"serial=5\" \"created=$("$tool" show --json p.cdb | jq -r .created)\" $(
    sed -n 's/.*\("size=[^"]*" "pieces=[^"]*" "levels=1" "index=[^"]*"\).*/\1/p' p.zone) \"image=$(
    tail -c 32 p.cdb | od -An -tx1 | tr -d ' \n')\""
is 'the signature' "$(sed -n 's/^_signature\._tldguard TXT //p' p.zone | sed 's/" "//g; s/\\010/\n/g; s/^"//; s/"$//')" "$(cat p.cdb.minisig)"
is 'no record of two messages' "$(awk 'length > 12000' p.zone)" ''
checker=$(PATH=$PATH:/usr/sbin command -v named-checkzone) || checker=''
[[ ! $checker ]] || is 'named-checkzone' "$("$checker" policy.example p.zone | tail -n 1)" OK
is 'ldns-read-zone' "$(ldns-read-zone -c p.zone 2>&1 | grep -c '[[:space:]]IN[[:space:]]')" "$(grep -vc '^[;$]' p.zone)"
run export --zone policy.example p.cdb --ns ns.example.net
is '--ns' "$code $(grep '^@ NS' <<<"$out")" '0 @ NS ns.example.net.'
run export --zone policy.example p.yaml
says 'a policy as text' 3 'p.yaml: error: this is a text file, not a compiled image'
run export --zone "$(printf 'a%.0s' {1..60}).$(printf 'a%.0s' {1..60}).$(printf 'a%.0s' {1..60}).$(printf 'a%.0s' {1..60})" p.cdb
says 'a name that is too long' 2 'too long'
for arguments in '--rpz --ns a' '--unbound --signature a' '--zone a --rpz' '--zone a --origin b' '--zone a -p b c' '--zone a..b c'; do
    # shellcheck disable=SC2086 # words
    run export $arguments
    is "export $arguments" "$code$out" 2
done
cp p.cdb.minisig p.sig
printf x >>p.sig
run export -q --zone policy.example p.cdb --signature p.sig
is '--signature: any octets' "$code $(sed -n 's/^_signature\._tldguard TXT //p' <<<"$out" | sed 's/.*" "/"/')" \
'0 "x"'
run export --zone policy.example p.cdb --signature missing
says '--signature: no file' 3 'missing: error: No such file'
head -c 20000 /dev/zero >big
run export --zone policy.example p.cdb --signature big
says '--signature: too large' 3 'big: error: is too large'
cp p.cdb.minisig p.sig
cp p.cdb first.cdb
cp p.cdb.minisig first.cdb.minisig
policy 6
cp p.sig p.cdb.minisig
run export --zone policy.example p.cdb
says 'the signature of another image' 3 'p.cdb.minisig: error: is of another image'
"$tool" sign -q -s ann -x p.cdb.minisig.next p.cdb
run export -q --zone policy.example p.cdb
is 'the one to come' "$code$err $(grep -c "serial=6 .*sha256" <<<"$out")" '0 1'
rm p.cdb.minisig.next p.cdb.minisig
run export -q --zone policy.example p.cdb
is 'no signature' "$code$err $(grep -c '^_signature' <<<"$out")" '0 0'
# A name that has no place in the zone is in the image all the same.
long=$(printf 'a%.0s' {1..60})
policy 7 "allow: [$long.$long.$long.$long.ml]"
run export --zone policy.example p.cdb
is 'a name with no room' "$code $err" "0 p.cdb: note: skipped 1: too long with the zone's origin behind it
p.cdb: note: 1 groups of clients are left out: it is for clients in no group"
cp p.cdb long.cdb
cp p.cdb.minisig long.cdb.minisig
cp p.zone long.zone
policy 7 'allow: [a._tldguard, _tldguard]'
run export --zone policy.example p.cdb
is 'a name where the policy stands' "$code $(grep -c '^a\._tldguard\|^_tldguard CNAME' <<<"$out") $(head -n 1 <<<"$err")" \
    '0 0 p.cdb: note: skipped 2: its place in the zone is where the policy itself stands'
for file in long.*; do cp "$file" "p.${file#long.}"; done

# It comes back.
serve p.zone good
fetch
is 'fetch' "$code $out$err" "0 into/policy.cdb: policy serial 7, fetched from 127.0.0.1@$port"
is 'the same octets' "$(cmp p.cdb into/policy.cdb)" ''
is 'the same signature' "$(cmp p.cdb.minisig into/policy.cdb.minisig)" ''
is 'nothing else' "$(ls -A into) $(stat -c %a into/policy.cdb)" 'policy.cdb
policy.cdb.minisig 644'
fetch
is 'again' "$code $out$err" '0 zone policy.example has serial 7, as the policy that is here'
fetch -q
is 'again, quiet' "$code $out$err" '0 '
fetch --force
is '--force' "$code $out$err" "0 into/policy.cdb: policy serial 7, fetched from 127.0.0.1@$port"
good=$port
policy 6
serve p.zone good
fetch
says 'a lower serial' 1 'the zone has serial 6, which is lower than 7 of the policy that is here; see --allow-older'
fetch --allow-older
is '--allow-older' "$code $out$err" "0 into/policy.cdb: policy serial 6, fetched from 127.0.0.1@$port"
is 'the older octets' "$(cmp p.cdb into/policy.cdb)" ''
older=$port
run fetch -z policy.example -s "127.0.0.1@$older" -s "127.0.0.1@$good" -k key -c conf -o into/policy.cdb
is 'the first one has nothing new' "$code $out$err" '0 zone policy.example has serial 6, as the policy that is here'
serve p.zone silent
silent=$port
run fetch -z policy.example -s "127.0.0.1@$silent" -s "127.0.0.1@$good" -k key -c conf -t 1 -o into/policy.cdb
is 'the next server' "$code $out $err" "0 into/policy.cdb: policy serial 7, fetched from 127.0.0.1@$good 127.0.0.1@$silent: warning: no answer within 1 seconds"
cp key key.seven

# A host's own policy.
mkdir host
printf 'policy: %s/host/policy.cdb\nstats: %s/none\ntrusted-keys: [%s/ann.pub]\n' "$PWD" "$PWD" "$PWD" >host.conf
run fetch -z policy.example -s "127.0.0.1@$older" -k key -c host.conf --offline
is 'put in place' "$code $out$err $(cmp p.cdb host/policy.cdb)" '0 policy serial 6 is in its place for the next start '
run fetch -z policy.example -s "127.0.0.1@$good" -k key -c host.conf --offline
is 'and the next one' "$code $out$err $(cmp long.cdb host/policy.cdb) $(find host/history -name '*.cdb' | wc -l)" \
    '0 policy serial 7 is in its place for the next start; it was serial 6  1'
run fetch -z policy.example -s "127.0.0.1@$good" -k key -c host.conf --force --offline
is 'the same is no change' "$code $out$err" '0 policy serial 7 is active already'
# One that has failed is not tried again and again.
"$tool" compile -q <(printf '%s\n' 'serial: 8' 'tlds: [{tld: ml, targets: mil}]') -o expired.cdb
SOURCE_DATE_EPOCH=1000000000 "$tool" sign -q -s ann -e 1d expired.cdb
"$tool" export -q --zone policy.example expired.cdb -o expired.zone
serve expired.zone good
run fetch -z policy.example -s "127.0.0.1@$port" -k key -c host.conf --offline
says 'one that has expired' 1 'expired at 2001-'
is 'it never was in force, so its serial is not kept' "$(find host -name '*.failed') $(cmp long.cdb host/policy.cdb)" ' '
run fetch -z policy.example -s "127.0.0.1@$port" -k key -c host.conf --offline
says 'again' 1 'expired at 2001-'
# What has been in force here, and has failed, is not tried again and again: see transfer.sh.
echo 8 >host/policy.cdb.failed
run fetch -z policy.example -s "127.0.0.1@$port" -k key -c host.conf --offline
says 'one that has failed' 1 'error: the zone has serial 8, which was put in force here and has failed; --force tries it again'
run fetch -z policy.example -s "127.0.0.1@$port" -k key -c host.conf --offline --force
says 'by force' 1 'expired at 2001-'
run fetch -z policy.example -s "127.0.0.1@$port" -s "127.0.0.1@$good" -k key -c host.conf --offline
is 'the next server has none that has failed' "$code $out" '0 zone policy.example has serial 7, as the policy that is here'
run fetch -z policy.example -s "127.0.0.1@$port" -k key -c host.conf --offline --allow-older
is 'with --allow-older' "$code $out$err $(find host -name '*.failed')" '0 policy serial 8 is in its place for the next start; it was serial 7 '
is 'nothing is left in the folder' "$(cd host && find . -name '.*' ! -name . )" ''

# Servers. Nothing of them gets in.
policy 8
while read -r mode part; do
    before=$(state)
    serve p.zone "$mode"
    fetch
    says "$mode" 3 "127.0.0.1@$port: error: $part"
    is "$mode: nothing has changed" "$(state)" "$before"
    tried+=("$mode")
done <<'END'
unsigned the answer is not signed
unsigned-zone the answer is not signed
first-signed the answer is not signed
other-secret the signature of the answer is wrong: not made with our key key.example.
other-name the answer is signed by another key than key.example.
other-algorithm the answer is signed by another key than key.example.
early the answer was signed 40
late the answer was signed 
altered the signature of the answer is wrong
left-out the signature of the answer is wrong
twice the signature of the answer is wrong
cut the server has closed the connection in the middle of the transfer
half the server has closed the connection in the middle of the transfer
silent no answer within 2 seconds
stuck no answer within 2 seconds
drip no answer within 2 seconds
servfail the server answers SERVFAIL
refused the server answers REFUSED
no-zone the server has no zone policy.example
other-id the answer is none to our question
no-answer the answer is none to our question
garbage the answer is no message of DNS
empty the server sends an empty answer
no-soa the transfer does not begin with the SOA of the zone
behind the transfer goes on behind its end
outside the server sends what is not of the zone
changed the zone has changed during the transfer
bare-tsig the answer is 
END
is 'all modes' "$(printf '%s\n' "${tried[@]}" | sort)" "$("$primary" --modes | sort)"
serve p.zone slow
fetch
is 'a clock that is 100 seconds off' "$code$err" 0
policy 9
port=1
fetch
says 'no server' 3 '127.0.0.1@1: error: cannot connect: Connection refused'
run fetch -z policy.example -s ::1@1 -k key -c conf -o into/policy.cdb
says 'IPv6' 3 '::1@1: error: cannot connect: '
run fetch -z elsewhere.example -s "127.0.0.1@$good" -k key -c conf -o into/policy.cdb
says 'another zone' 3 'the server has no zone elsewhere.example'

# Zones. Each is whole by its ZONEMD, but for the first ones.
# zone NAME CODE PART SED [ARG...]: what comes of the zone that has been edited so.
zone() {
    local before
    before=$(state)
    sed -e '/^_zonemd/d' -e "$4" p.zone >hostile.zone
    [[ $(sed '/^_zonemd/d' p.zone | cmp - hostile.zone) || $4 == s/^nothing// ]] || is "$1" 'nothing is edited' "$4"
    echo "_zonemd._tldguard TXT \"$(digest hostile.zone)\"" >>hostile.zone
    serve hostile.zone good
    fetch --force
    says "$1" "$2" "127.0.0.1@$port: error: $3"
    is "$1: nothing has changed" "$(state)" "$before"
}
sed '/^_zonemd/d' p.zone >hostile.zone
serve hostile.zone good
fetch --force
says 'no digest' 3 'error: the zone has no digest at _zonemd._tldguard'
for edit in '/^_zonemd/{s/ 1 1 [0-9]/ 1 1 f/;t;s/ 1 1 [a-f]/ 1 1 0/}' '/^_zonemd/s/9 1 1/10 1 1/' '/^_zonemd/s/9 1 1/9 1 240/' '/^_zonemd/s/"$/0"/' '/^_zonemd/s/"$/" "x"/' \
    '/^name0x0\./d' '0,/ CNAME \.$/s// CNAME *./' '/^[0-9a-v]\{32\}\._tldguard/{x;s/^$/x/;x;t;d}' '/^_signature/d' 's/^@ NS .*/@ NS a./' \
    's/^@ SOA \([^ ]*\) /@ SOA a. /' 's/^$TTL .*/$TTL 61/' '$aanother TXT a' '/^_tldguard/p;s/^_tldguard/_tldguard2/'; do
    sed "$edit" p.zone >hostile.zone
    ! cmp -s p.zone hostile.zone || edit+=' which changes nothing'
    before=$(state)
    serve hostile.zone good
    fetch --force
    says "altered by $edit" 3 'error: the zone is not what its digest says'
    is "altered by $edit: nothing has changed" "$(state)" "$before"
done
# RFC 8976 3.3.1: a record that comes twice is one.
sed '/^name0x0\./p' p.zone >hostile.zone
serve hostile.zone good
fetch --force
is 'a record that comes twice' "$code$err" 0
# A ZONEMD that is there is right as well; of a kind that is not known here, it is left alone.
"$tool" export -q --zone policy.example --zonemd p.cdb >zonemd.zone
for edit in '/ZONEMD/{s/ 1 1 [0-9]/ 1 1 f/;t;s/ 1 1 [a-f]/ 1 1 0/}' '/ZONEMD/s/9 1 1/10 1 1/' '/ZONEMD/{p;s/ 1 1 [0-9]/ 1 1 f/;t;s/ 1 1 [a-f]/ 1 1 0/}'; do
    sed "$edit" zonemd.zone >hostile.zone
    serve hostile.zone good
    fetch --force
    says "a ZONEMD altered by $edit" 3 'error: the zone is not what its ZONEMD says'
done
for edit in '' '/ZONEMD/s/9 1 1/9 240 1/' '/ZONEMD/s/9 1 1 .*/9 1 2 00/'; do
    sed "$edit" zonemd.zone >hostile.zone
    serve hostile.zone good
    fetch --force
    is "a ZONEMD with $edit" "$code$err" 0
done
index=$(sed -n 's/.*"index=\([^"]*\)".*/\1/p' p.zone)
first=$(grep -o '^[0-9a-v]\{32\}\._tldguard TXT ' p.zone | cut -d. -f1 | grep -vxm1 "$index")
piece='a piece of the policy'
zone 'a piece is missing' 3 "$piece is missing: $first._tldguard" "/^$first/d"
zone 'the list is missing' 3 "$piece is missing: $index._tldguard" "/^$index/d"
zone 'a piece is altered' 3 "$piece was altered: $first._tldguard" "/^$first/s/TXT \"\(.\)AA/TXT \"\1BB/; /^$first/s/AAA/BBB/"
zone 'a piece is no base64' 3 "$piece was altered: $first._tldguard" "/^$first/s/TXT \"./TXT \"!/"
zone 'a piece is empty' 3 "$piece was altered: $first._tldguard" "/^$first/s/TXT.*/TXT \"\"/"
zone 'a piece is there in two ways' 3 "$piece was altered: $first._tldguard" "/^$first/{p;s/AAA/BBB/}"
zone 'the list is a piece' 3 'the pieces are not the policy that the zone announces' "s/\"levels=1\"/\"levels=0\"/"
zone 'a larger size' 3 'the pieces are not the policy that the zone announces' 's/"size=/"size=1/'
zone 'more pieces' 3 'the pieces are not the policy that the zone announces' 's/"pieces=/"pieces=1/'
zone 'another image' 3 'the policy cannot be made again: it comes out as another image' 's/"image=[0-9]/"image=f/;t;s/"image=[a-f]/"image=0/'
zone 'no policy' 3 'the zone policy.example has no policy of tldguard in it' '/^_tldguard/d'
zone 'two policies' 3 'what the zone says of its policy cannot be read' '/^_tldguard/{p;s/pieces/places/}'
zone 'another version' 3 'the zone is made for another version of tldguard' 's/v=tldguard1/v=tldguard2/'
zone 'another format' 3 'the zone carries an image of format 99, this version' 's/"format=[0-9]*"/"format=99"/'
zone 'another serial' 3 'the zone has serial 9, but carries policy serial 4711' 's/"serial=[0-9]*"/"serial=4711"/'
# All of it says serial 12, but for the policy.
zone 'a serial that the policy has not' 3 'the zone announces another serial than its policy has' \
    's/"serial=9"/"serial=12"/;/[[:space:]]SOA[[:space:]]/s/\<9\>/12/'
for edit in 's/"size=[0-9]*"/"size=99999999999"/' 's/"size=/"size=-/' 's/"levels=1"/"levels=9"/' 's/"levels=1"//' \
    's/"index=/"index=_/' 's/"index=./"index=!/' 's/"image=/"image=0/' 's/"image=./"image=x/' 's/"pieces=/"pieces=9999999999/' \
    's/"size=[0-9]*"/& "size=1"/' 's/"v=tldguard1"/"v"/' 's/"index=\([^"]*\)"/"index=\U\1"/'; do
    zone "a root by $edit" 3 'what the zone says of its policy cannot be read' "/^_tldguard/$edit"
done
zone 'not signed' 1 'signature is missing' '/^_signature/d'
zone 'two signatures' 3 'the zone has more than one signature' '/^_signature/{p;s/untrusted/another/}'
zone 'the signature of another one' 1 'signature does not fit the image' "s/^_signature.*/$("$tool" export -q --zone a first.cdb |
    sed -n '/^_signature/{s/[\/&\\]/\\&/g;p}')/"
zone 'a signature that is none' 1 'signature is no signature of minisign' '/^_signature/s/untrusted/trusted/'
"$tool" sign -q -s bob p.cdb
"$tool" export -q --zone policy.example p.cdb -o p.zone
zone 'signed by another key' 1 'signature is by key ' 's/^nothing//'
# Nobody is asked for: what is there is believed.
echo 'policy: /nonexistent' >open.conf
run fetch -z policy.example -s "127.0.0.1@$port" -k key -c open.conf -o into/open.cdb
is 'without trusted keys' "$code$err $(cmp p.cdb into/open.cdb)" '0 '
rm into/open.cdb into/open.cdb.minisig

# Keys. tsig-keygen, NSD and Knot write them differently; what is wrong has a place.
# key NAME CODE PART TEXT: what comes of it.
key() {
    printf '%b' "$4" >key
    chmod 600 key
    run fetch -z policy.example -s "127.0.0.1@$good" -k key -c conf -o into/policy.cdb --force --allow-older
    if (($2 == 0)); then is "key: $1" "$code$err" 0; else says "key: $1" "$2" "$3"; fi
    case $out$err in *c2VjcmV0* | *AAAA*) is "key: $1: it stays secret" "$out$err" '' ;; esac
}
key 'on one line' 0 '' "key key.example { algorithm hmac-sha256; secret $secret; };"
key 'with comments' 0 '' "# a\n// b {\n/* c\n} */ key \"key.example.\" { secret \"$secret\"; algorithm HMAC-SHA256. ; }"
key 'NSD' 0 '' "key:\n\tname: \"KEY.example\"\n\talgorithm: hmac-sha256 # so\n\tsecret: \"$secret\"\n"
key 'Knot' 0 '' "# hmac-sha256:key.example:$secret\nkey:\n  - id: key.example\n    algorithm: hmac-sha256\n    secret: $secret\n"
key 'another one' 3 'the signature of the answer is wrong' 'key key.example { algorithm hmac-sha256; secret c2VjcmV0; };'
key 'of another name' 3 'is signed by another key than other.example.' "key other.example { algorithm hmac-sha256; secret $secret; };"
key 'empty' 3 'key: error: is no key: a name, an algorithm and a secret are' ''
key 'no secret' 3 'key: error: is no key' 'key a { algorithm hmac-sha256; };'
key 'two of them' 3 'key:2:1: error: there is more than one key in it' "key a { algorithm hmac-sha256; secret $secret; };\nkey b { };"
key 'a word too many' 3 'key:1:9: error: is no keyword of a key' "key a { $secret algorithm hmac-sha256; };"
key 'only a secret' 3 'key:1:1: error: is no keyword of a key' "$secret\n"
key 'MD5' 3 'key:1:19: error: is an algorithm that is not known here; hmac-sha256 is' "key a { algorithm hmac-md5; secret $secret; };"
key 'no base64' 3 'key:2:9: error: the secret is not written in base64' 'key a { algorithm hmac-sha256;\n secret "c2VjcmV0!"; };'
key 'too long' 3 'error: the secret is not written in base64, or is too long' "key a { algorithm hmac-sha256; secret $(printf 'AAAA%.0s' {1..200}); };"
key 'no name' 3 'key:1:5: error: the name of a key is written' "key a..b { algorithm hmac-sha256; secret $secret; };"
key 'said twice' 3 'is said twice' "key a { algorithm hmac-sha256; algorithm hmac-sha256; };"
key 'nothing follows' 3 'key:1:32: error: nothing follows' 'key a { algorithm hmac-sha256; secret'
key 'octets' 3 'error: ' 'key a { \0000\0377\0377 "'
key 'comment without end' 3 'is no key' '/* key a {'
head -c 70000 /dev/zero >key
run fetch -z policy.example -s "127.0.0.1@$good" -k key -c conf -o into/policy.cdb
says 'key: large' 3 'key: error: cannot read: too large for a key'
cp key.seven key
for mode in 640 604 620 602 610; do
    chmod "$mode" key
    fetch
    says "key: mode $mode" 3 "key: error: others can read or write this key (mode 0$mode), and so it is not used: chmod 600 it"
done
chmod 400 key
port=$good
fetch --force --allow-older
is 'key: mode 400' "$code$err" 0
run fetch -z policy.example -s "127.0.0.1@$good" -k missing -c conf -o into/policy.cdb
says 'key: no file' 3 'missing: error: cannot read: No such file'
run fetch -z policy.example -s "127.0.0.1@$good" -k into -c conf -o into/policy.cdb
says 'key: a folder' 3 'into: error: cannot read: Is a directory'

# Where it goes.
fetch -o nowhere/policy.cdb
says 'no folder' 3 'nowhere/policy.cdb: error: No such file'
# full KB ARG...: fetch where no file can be larger.
full() {
    code=0
    out=$( (trap '' XFSZ; ulimit -f "$1"; exec "$tool" fetch -z policy.example -s "127.0.0.1@$good" -s "127.0.0.1@$good" \
        -k key -c conf -o into/policy.cdb "${@:2}") 2>err.txt) || code=$?
    err=$(cat err.txt)
}
before=$(state)
full 4 --force --allow-older
says 'a full disk' 3 'into/policy.cdb: error: cannot write: File too large'
is 'a full disk: nothing has changed' "$(state)" "$before"
run fetch -z policy.example -s "127.0.0.1@$good" -k key -c missing.conf -o into/policy.cdb
says 'no settings' 3 'missing.conf: error: '
fetch -o plain.cdb
is 'in this folder' "$code$err $(cmp long.cdb plain.cdb)" '0 '
fetch --force --allow-older -o "$PWD/plain.cdb"
is 'over what is there' "$code$err $(cmp long.cdb plain.cdb)" '0 '

# What one that was killed has left the next one removes, also when there is nothing new; and nothing else.
left() { (cd into && find . -path './.fetch*' | sort | sed 's/\.fetch\.[^/]*/F/; s/[0-9a-f]\{16\}/X/' | xargs); }
if strace -o trace true 2>/dev/null; then
    for signal in TERM KILL; do
        for call in fsync:1 rename:1 rename:2; do
            { strace -o trace -e "trace=${call%:*}" -e "inject=${call%:*}:signal=$signal:when=${call#*:}" "$tool" fetch -z policy.example \
                -s "127.0.0.1@$good" -k key -c conf --force -o into/policy.cdb >out.txt 2>&1; } 2>/dev/null
            is "SIG$signal at $call: there is a folder" "$(left | cut -d' ' -f1)" ./F
            fetch
            is "SIG$signal at $call: the next one removes it" "$code$err $(left)" '0 '
        done
    done
else
    is 'what is left by one that was killed # SKIP no strace, or no right to trace' '' ''
fi
mkdir into/.fetch.aaaaaa into/.fetch.bbbbbb into/.fetch.toolong elsewhere
touch {into/.fetch.aaaaaa,into/.fetch.bbbbbb,elsewhere}/{policy.cdb,policy.cdb.minisig,.policy.cdb.minisig.0123456789abcdef.tmp} \
    into/.fetch.bbbbbb/other into/.fetch.ffffff
ln -s ../elsewhere into/.fetch.cccccc
# Of one that runs.
exec {running}<into/.fetch.aaaaaa
flock "$running"
before=$(left)
fetch
is 'of one that runs all stays, of another the files that are known' "$code$err $(left)" \
    "0 ${before/"./F/.policy.cdb.minisig.X.tmp ./F/other ./F/policy.cdb ./F/policy.cdb.minisig"/./F\/other}"
is 'a link is not followed' "$(find elsewhere -type f | wc -l)" 3
exec {running}<&-
rm into/.fetch.bbbbbb/other
fetch
is 'when it runs no more' "$code$err $(cd into && find . -name '.fetch*' | sort | xargs)" '0 ./.fetch.cccccc ./.fetch.ffffff ./.fetch.toolong'
rm -r into/.fetch.* elsewhere

# What is asked for.
while read -r arguments; do
    # shellcheck disable=SC2086 # words
    run fetch $arguments
    is "fetch $arguments" "$code $(wc -l <err.txt)$out" '2 1'
done <<'END'

-z a -s 127.0.0.1
-z a -k key
-s 127.0.0.1 -k key
-z a..b -s 127.0.0.1 -k key
-z a -s example.net -k key
-z a -s 127.0.0.1@0 -k key
-z a -s 127.0.0.1@65536 -k key
-z a -s 127.0.0.1 -s 1.2.3 -k key
-z a -s 127.0.0.1 -k key -t 0
-z a -s 127.0.0.1 -k key -t x
-z a -s 127.0.0.1 -k key -o b --offline
-z a -s 127.0.0.1 -k key -o b --wait 1
-z a -s 127.0.0.1 -k key --keep x
-z a -s 127.0.0.1 -k key more
END
# shellcheck disable=SC2046 # words
run fetch -z a -k key $(printf -- '-s 127.0.0.1 %.0s' {1..17})
says 'too many servers' 2 'more than 16 times'
is 'nothing is left behind' "$(find . -name '.*' ! -name . -print)" ''
tap_end
