#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tldguard keygen, sign and verify: what they make and take is what minisign makes and takes, both
# ways; no key is lost or left readable; what is wrong is said in one line.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
export TLDGUARD_DATA=${TG_SRC:?where its source is}/policy/tables
export SOURCE_DATE_EPOCH=1795305600 # 2026-11-22
run compile -q "$tests/whole.yaml" -o p.cdb
is 'an image' "$code$err" 0

# says NAME CODE PART: the last run ended so, with one line that has this part.
says() {
    is "$1: exit code, lines" "$code $(wc -l <err.txt)" "$2 1"
    case $err in *"$3"*) is "$1" yes yes ;; *) is "$1" "$err" "*$3*" ;; esac
}

# Keys.
umask 022
run keygen --no-password ann
is 'keygen' "$code$err" 0
is 'keygen: modes' "$(stat -c %a ann ann.pub | xargs)" '600 644'
is 'keygen: tells the public key' "$(sed -n 's/^trusted-keys: //p' <<<"$out")" "$(sed -n 2p ann.pub)"
run keygen -W bob
before=$(cat ann ann.pub)
run keygen -W ann
says 'keygen: is there' 3 'ann: error: is there already'
rm ann
run keygen -W ann
says 'keygen: the public one is there' 3 'ann.pub: error: is there already'
is 'keygen: nothing is left of it' "$(ls)" "$(printf '%s\n' ann.pub bob bob.pub err.txt p.cdb)"
ln -s bob ann
run keygen -W ann
says 'keygen: a link is there' 3 'ann: error: is there already'
rm ann
run keygen -W -F ann
is 'keygen --force' "$code$err $([[ $before == "$(cat ann ann.pub)" ]] || echo new)" '0 new'
is 'keygen --force: modes' "$(stat -c %a ann ann.pub | xargs)" '600 644'
run keygen -W nowhere/k
says 'keygen: no such folder' 3 'nowhere/k: error: cannot write: No such file'
run keygen -W -f x k
says 'keygen: both' 2 'exclude each other'
setsid "$tool" keygen k </dev/null >/dev/null 2>err.txt
code=$? err=$(<err.txt)
says 'keygen: no terminal' 3 'give --password-file'
: >empty
run keygen -f empty k
says 'keygen: an empty file' 3 'empty: error: no password'
echo >blank
run keygen -f blank k
says 'keygen: an empty password' 3 'an empty password is none'
head -c 2000 /dev/zero | tr '\0' x >long
run keygen -f long k
says 'keygen: a long password' 3 'at most 1023'
is 'keygen: none of these left a key' "$(find . -name 'k' -o -name 'k.pub')" ''

# Signatures.
run sign -s ann p.cdb
is 'sign' "$code$err" 0
is 'sign: the comment' "$(sed -n 3p p.cdb.minisig)" "trusted comment: tldguard serial=$(
    "$tool" show p.cdb | awk '$1 == "serial" { print $2 }') created=2026-11-22T00:00:00Z expires=never sha256=$(sha256sum <p.cdb | cut -d' ' -f1)"
sum=$(sha256sum p.cdb.minisig)
run sign -q -s ann p.cdb
is 'sign: the same again' "$code$err$out $(sha256sum p.cdb.minisig)" "0 $sum"
run verify -p ann.pub p.cdb
is 'verify -p' "$code$err" 0
run verify -P "$(sed -n 2p ann.pub)" p.cdb
is 'verify -P' "$code$err" 0
printf 'trusted-keys: [%s, %s]\n' "$PWD/bob.pub" "$(sed -n 2p ann.pub)" >conf
run verify --conf conf p.cdb
is 'verify --conf' "$code$err" 0
TLDGUARD_CONF=conf run verify -q p.cdb
is 'verify: by the settings of TLDGUARD_CONF' "$code$err$out" 0
run verify -p bob.pub p.cdb
says 'verify: another key' 1 'is by key '
# WHEN, and the end that is signed; none: it is refused.
while read -r when end; do
    run sign -q -s ann -e "$when" -x sig p.cdb
    if [[ $end ]]; then
        is "expires $when" "$code$err $(sed -n 's/.*expires=\([^ ]*\) .*/\1/p' sig)" "0 $end"
    else
        says "expires $when" 2 "'$when'"
    fi
done <<'END'
2026-11-22 2026-11-23T00:00:00Z
2027-02-28 2027-03-01T00:00:00Z
90d 2027-02-20T00:00:00Z
12h 2026-11-22T12:00:00Z
1s 2026-11-22T00:00:01Z
2026-11-21
2027-02-29
0d
soon
90
-1d
END
run sign -q -s ann -e 1d p.cdb
SOURCE_DATE_EPOCH=1795391999 run verify -p ann.pub p.cdb
is 'verify: one second before its end' "$code$err" 0
SOURCE_DATE_EPOCH=1795392000 run verify -p ann.pub p.cdb
says 'verify: at its end' 1 'expired at 2026-11-23T00:00:00Z'
run verify -p ann.pub -x sig p.cdb
is 'verify -x' "$code$err" 0
rm p.cdb.minisig
run verify -p ann.pub p.cdb
says 'verify: not signed' 1 'p.cdb.minisig: error: signature is missing'

# Files that are not what they should be.
run verify -p ann.pub missing.cdb
says 'verify: no image' 3 'missing.cdb: error: cannot open'
run verify -p p.cdb p.cdb
says 'verify: an image for a key' 3 'p.cdb: error: is no file of a public key'
run verify -p ann p.cdb
says 'verify: the secret key for the public one' 3 'is no public key'
run verify -P RWQ p.cdb
says 'verify: half a key' 2 'is no public key'
run verify -p ann.pub -P x p.cdb
says 'verify: two keys' 2 'exclude each other'
echo '{}' >none
run verify -c none p.cdb
says 'verify: nobody is trusted' 3 'no trusted-keys in it'
run verify -x a -p ann.pub p.cdb p.cdb
says 'verify: one signature for two' 2 'there are 2 images'
run sign p.cdb
says 'sign: no key' 2 'by which key?'
run sign -s ann.pub p.cdb
says 'sign: the public key for the secret one' 3 'ann.pub: error: is no secret key'
run sign -s missing p.cdb
says 'sign: no such key' 3 'missing: error: No such file'
run sign -s ann "$tests/whole.yaml"
says 'sign: text' 3 'text file'
head -c 1000 p.cdb >cut.cdb
run sign -s ann cut.cdb
says 'sign: cut' 3 'cut short'
is 'sign: no signature of it' "$(find . -name 'cut.cdb.minisig')" ''
run sign -s ann -x nowhere/s p.cdb
says 'sign: no such folder' 3 'nowhere/s: error: cannot write'
# A key with each part altered: what stands before the seed, the seed, the public half, the checksum.
sed -n 2p ann | base64 -d >octets
for at in 0 2 4 70 100 140; do
    { head -c $at octets; printf '\125'; tail -c +$((at + 2)) octets; } >other
    printf 'untrusted comment: x\n%s\n' "$(base64 -w0 <other)" >altered
    run sign -s altered p.cdb
    says "sign: octet $at of the key is another one" 3 'altered: error: '
done
{ head -c 2 octets; printf Sc; tail -c +5 octets | head -c 34; printf '\377\377\377\377\377\377\377\177'; tail -c +47 octets; } >other
printf 'untrusted comment: x\n%s\n' "$(base64 -w0 <other)" >altered
run sign -s altered -f blank p.cdb
says 'sign: a key that costs a year' 3 'asks for more work'

# The program itself.
if ! command -v minisign >/dev/null; then
    echo '# SKIP of the rest: no minisign'
    tap_end
fi
run sign -q -s ann -e 90d p.cdb
is 'minisign takes ours' "$(minisign -Vm p.cdb -p ann.pub 2>&1)" \
    $'Signature and comment signature verified\nTrusted comment: '"$(sed -n '3s/^trusted comment: //p' p.cdb.minisig)"
is 'minisign has the same public key of our secret one' "$(minisign -R -s ann -p again.pub >/dev/null 2>&1; sed -n 2p again.pub)" \
    "$(sed -n 2p ann.pub)"
for option in '' -l; do
    # shellcheck disable=SC2086
    minisign -S $option -s ann -m p.cdb >/dev/null 2>&1
    run verify -p ann.pub p.cdb
    is "minisign -S $option: we take it" "$code$err" 0
    octet=$(od -An -tu1 -j 100 -N 1 p.cdb)
    cp p.cdb good.cdb
    # shellcheck disable=SC2059
    printf "\\$(printf %o $((octet ^ 1)))" | dd of=p.cdb bs=1 seek=100 conv=notrunc status=none
    run verify -p ann.pub p.cdb
    says "minisign -S $option: but not of another image" 1 'does not fit'
    mv good.cdb p.cdb
done
minisign -S -s ann -m p.cdb -t "$(sed -n '3s/^trusted comment: //p' sig)" >/dev/null 2>&1
run verify -p ann.pub p.cdb
is 'minisign -S with a comment of ours' "$code$err $(grep -c expires <<<"$out")" '0 1'
minisign -S -s ann -m p.cdb -t "tldguard serial=1" >/dev/null 2>&1
run verify -p ann.pub p.cdb
says 'minisign -S with half a comment of ours' 1 'not formed as ours'
minisign -G -W -p m.pub -s m.key >/dev/null 2>&1
run sign -q -s m.key p.cdb
is "we sign with minisign's key" "$code$err $(minisign -Vm p.cdb -p m.pub 2>&1 | head -n 1)" \
    '0 Signature and comment signature verified'
run verify -p m.pub p.cdb
is 'and take it' "$code$err" 0
# A password costs a gigabyte and some seconds each time.
echo 'pass word' >password
run keygen -f password eve
if ((code == 3)) && [[ $err == *'out of memory'* ]]; then
    echo '# SKIP of the rest: no gigabyte of memory'
    tap_end
fi
is 'keygen with a password' "$code$err" 0
minisign -S -s eve -m p.cdb <password >/dev/null 2>&1
run verify -p eve.pub p.cdb
is 'minisign signs with our key and its password' "$code$err" 0
printf 'x\nx\n' | minisign -G -p n.pub -s n.key >/dev/null 2>&1
echo x >x
run sign -q -f x -s n.key p.cdb
is "we sign with minisign's key and its password" "$code$err $(minisign -Vm p.cdb -p n.pub 2>&1 | head -n 1)" \
    '0 Signature and comment signature verified'
run sign -q -f password -s n.key p.cdb
says 'sign: another password' 3 'n.key: error: cannot be decrypted: wrong password'
tap_end
