#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Keys and passwords: none of what tldguard keygen, sign and fetch write has one in it, but the file of
# the key; none is left in memory; and no core is. What they write is seen by strace, the memory by
# tests/support/wiped.c.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
command -v strace >/dev/null || { echo '1..0 # SKIP no strace'; exit 77; }
command -v python3 >/dev/null || { echo '1..0 # SKIP no python3'; exit 77; }
wiped=${TG_BUILD:?the build tree}/tests/support/.libs/wiped.so
[[ -r $wiped ]] || { echo "1..0 # SKIP no $wiped"; exit 77; }
export TLDGUARD_DATA=${TG_SRC:?where its source is}/policy/tables

# hex, masked: octets of standard input as digits; the second one as wiped.c wants them.
hex() { od -An -v -tx1 | tr -d ' \n'; }
masked() { python3 -c 'import sys; print(bytes(c ^ 0x55 for c in sys.stdin.buffer.read()).hex(), end="")'; }

# Of a key that is not encrypted: its line, and the 32 octets of its seed.
key_line() { sed -n 2p "$1" | tr -d '\n'; }
key_seed() { key_line "$1" | base64 -d | tail -c +63 | head -c 32; }

# watched SECRETS ARG...: runs the tool; trace has what it wrote, in hexadecimal; found what is left of
# these in its memory, masked, with commas between.
watched() {
    rm -f trace found
    code=0
    out=$(strace -f -qq -xx -y -s 1000000 -o trace -e trace=write,pwrite64,writev,pwritev,sendto,sendmsg,execve \
        -E LD_PRELOAD="$wiped" -E WIPED_SECRETS="$1" -E WIPED_TO="$PWD/found" "$tool" "${@:2}" 2>err.txt) || code=$?
    err=$(<err.txt)
}

# silent NAME KEY HEX...: nothing that the last run wrote has these in it, but the file of that key.
silent() {
    local name=$1 text secret found=''
    text=$(grep -E '^[0-9]+ +(p?write|send)' trace | tr -d '\\x' | grep -v "<$(printf '%s/.%s.' "$PWD" "$2" | hex)")
    text+=$(printf '%s%s' "$out" "$err" | hex)
    shift 2
    for secret; do
        [[ $text != *"$secret"* ]] || found+="$secret "
    done
    is "$name: nothing secret is written" "$found" ''
}

# gone NAME COUNT: so many were looked for in memory, and nothing was found.
gone() {
    is "$1: nothing secret is left in memory" "$(sed 's/ in [0-9]*$//' found | sort -u)" "looked for $2"
}

run compile -q "$tests/whole.yaml" -o p.cdb
is 'an image' "$code$err" 0

# What tells that the tests can fail: the key's file has it, and a program that keeps it is found out.
run keygen -W ann
line=$(key_line ann | hex)
seed=$(key_seed ann | hex)
is 'the seed is the seed' "${#seed} $(key_line ann | base64 -d | hex | grep -c "$seed")" '64 1'
WIPED_SECRETS=$(key_line ann | masked) WIPED_TO=$PWD/found LD_PRELOAD=$wiped \
    python3 -c 'import sys; kept = open("ann").read(); sys.exit(0)'
is 'what is kept is found' "$(grep -c '^secret 1 is in' found | sed 's/^[1-9].*/yes/')" yes

watched '' keygen -W bob
is 'keygen' "$code$err" 0
silent 'keygen' bob "$(key_line bob | hex)" "$(key_seed bob | hex)"
is 'keygen: into its file it is' \
    "$(tr -d '\\x' <trace | grep "<$(printf '%s/.bob.' "$PWD" | hex)" | grep -cF "$(key_line bob | hex)")" 1
# Nor could who waits for the file in its folder ever open it.
(umask 0; strace -f -qq -o opened -e trace=open,openat "$tool" keygen -W carl >out.txt)
is 'keygen: its file is nobody else'"'"'s from the beginning' \
    "$(sed -n 's/.*"[^"]*\.carl\.[0-9a-f]*\.tmp", .*O_CREAT.*, \(0[0-7]*\)) .*/\1/p' opened)" 0600
watched "$(key_line ann | masked),$(key_seed ann | masked)" sign -s ann p.cdb
is 'sign' "$code$err" 0
silent 'sign' none "$line" "$seed"
# What comes behind would write over what is left: so nothing does.
watched "$(key_line ann | masked),$(key_seed ann | masked)" sign -s ann missing.cdb
is 'sign, no image' "$code" 3
gone 'sign, no image' 2
watched "$(key_line ann | masked)" verify -p ann p.cdb
is 'verify, by the secret key: refused' "$code" 3
silent 'verify, by the secret key' none "$line"

# A password, also one that is wrong. It costs a gigabyte and some seconds.
printf 'correct horse battery %s\n' "$(head -c 8 /dev/urandom | hex)" >password
password=$(tr -d '\n' <password | hex)
watched "$(tr -d '\n' <password | masked)" keygen -f password eve
if ((code == 3)) && [[ $err == *'out of memory'* ]]; then
    echo '# SKIP of passwords: no gigabyte of memory'
else
    is 'keygen with a password' "$code$err" 0
    silent 'keygen with a password' eve "$password" "$(key_line eve | hex)"
    gone 'keygen with a password' 1
    watched "$(tr -d '\n' <password | masked),$(key_line eve | masked)" sign -f password -s eve missing.cdb
    is 'sign with a password' "$code $err" '3 missing.cdb: error: cannot open: No such file or directory'
    silent 'sign with a password' none "$password" "$(key_line eve | hex)"
    gone 'sign with a password' 2
fi

# A secret of TSIG, in a file of which each part is wrong.
secret=$(head -c 32 /dev/urandom | base64)
while read -r text; do
    printf '%s\n' "${text//SECRET/$secret}" >tsig.key
    chmod 0600 tsig.key
    watched "$(printf %s "$secret" | masked)" fetch -z policy.example -s 127.0.0.1@9 -k tsig.key -o o.cdb --timeout 1
    is "fetch, $text: refused" "$code" 3
    silent "fetch, $text" none "$(printf %s "$secret" | hex)" "$(base64 -d <<<"$secret" | hex)"
    gone "fetch, $text" 1
done <<'END'
key "k" { algorithm hmac-sha256; secret "SECRET"; };
key "k" { algorithm hmac-md5; secret "SECRET"; };
key "k" { algorithm hmac-sha256; secret "SECRET!"; };
key "k" { algorithm hmac-sha256; secert "SECRET"; };
key SECRET
END

# No core, and nobody of the same user looks in: while it waits for a password, killed as by a fault.
mkfifo slow
chmod 0777 . # a core would go here
chmod 0644 slow
cat >killed.py <<'END'
import errno, os, resource, signal, subprocess, sys, time
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
child = subprocess.Popen(sys.argv[1:])
while True:  # until it reads
    try:
        slow = os.open('slow', os.O_WRONLY | os.O_NONBLOCK)
        break
    except OSError as error:
        if error.errno != errno.ENXIO or child.poll() is not None:
            raise
        time.sleep(0.02)
whose = os.stat('/proc/%d/environ' % child.pid).st_uid
child.send_signal(signal.SIGSEGV)
print('of root,' if whose == 0 else 'its own,', 'a core' if os.WCOREDUMP(os.waitpid(child.pid, 0)[1]) else 'no core')
END
# killed PROGRAM ARG...: as a user without rights.
killed() {
    local as=()
    ((EUID != 0)) || as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
    python3 killed.py "${as[@]}" "$@" 2>&1
}
[[ $(killed cat slow) == 'its own, a core' ]] || echo '# no program leaves a core here: so it is not shown'
is 'killed: its memory is for nobody, and no core' "$(killed "$tool" keygen -f slow k)" 'of root, no core'
is 'killed: another program would show its own' "$(killed cat slow | cut -d, -f 1)" 'its own'
tap_end
