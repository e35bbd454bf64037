#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tldguard-unbound, on a folder that stands for a system: what it does with an Unbound that fits, and with
# those that do not. The fitting one is the real one; how services take it, tests/host/packages.sh tells.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
top=$(cd "$tests/../.." && pwd -P)
real=${UNBOUND_PREFIX:+$UNBOUND_PREFIX/sbin/unbound}
[[ -x $real ]] || { echo "1..0 # SKIP no Unbound"; exit 77; }
so=/usr/lib/unbound/tldguard.so
link=host/etc/unbound/unbound.conf.d/tldguard.conf

# fit ARG...: of the script, in the system host/; output in $out, messages in $err, exit code in $code.
fit() {
    code=0
    out=$("$top/scripts/tldguard-unbound" --root host "$@" 2>err.txt </dev/null) || code=$?
    err=$(<err.txt)
}

# unbound_is KIND: what /usr/sbin/unbound is.
unbound_is() {
    rm -f host/usr/sbin/unbound
    case $1 in
    fitting) cp "$real" host/usr/sbin/unbound ;;
    stock) printf '#!/bin/sh\nexec %s "$@" | sed "s/ dynlib / /"\n' "$real" >host/usr/sbin/unbound ;;
    other) printf '#!/bin/sh\nexec %s "$@" | sed "s/^Configure line: /&--with-more /"\n' "$real" >host/usr/sbin/unbound ;;
    broken) printf '#!/bin/sh\necho "unbound: cannot load libx" >&2\nexit 127\n' >host/usr/sbin/unbound ;;
    none) return ;;
    esac
    chmod +x host/usr/sbin/unbound
}

begin() {
    rm -rf host
    mkdir -p host/usr/sbin host/usr/lib/unbound host/etc/{default,unbound/unbound.conf.d} host/var/lib/tldguard
    printf 'dynlib:\n    dynlib-file: "%s"\n' "$so" >host/etc/unbound/tldguard.conf
    : >"host$so"
    "$real" -V | grep -E '^(Version|Configure line:) ' >"host${so%.so}.built-for"
}

state() { sed -n 's/^state=//p' host/var/lib/tldguard-unbound/state; }
linked() { if [[ -L $link ]]; then readlink "$link"; else echo no; fi; }

# What is installed, the setting, and what comes of it: the state, the link, a part of the message.
while IFS='|' read -r kind choice wanted message; do
    begin
    unbound_is "$kind"
    [[ $choice == - ]] || echo "ON_MISMATCH=$choice" >host/etc/default/tldguard
    fit apply
    is "$kind, $choice" "$code $(state) $(linked)" "0 $wanted"
    is "$kind, $choice: the message" "$([[ $err == *"$message"* ]] && echo yes) $(wc -l <err.txt)" \
        "yes $([[ -z $message ]] && echo 0 || echo "${message:+1}")"
    fit status
    is "$kind, $choice: the exit code of status" "$code" "$([[ $wanted == protected* ]] && echo 0 || echo 1)"
done <<'CASES'
fitting|-|protected ../tldguard.conf|
fitting|refuse|protected ../tldguard.conf|
stock|-|unprotected no|DNS is UNPROTECTED
stock|unprotected|unprotected no|has no module loader (dynlib)
stock|"unprotected" # so far|unprotected no|has no module loader (dynlib)
stock|refuse|refused ../tldguard.conf|Unbound does NOT START
other|-|unprotected no|is another build than the one that /usr/lib/unbound/tldguard.so was made for
other|refuse|refused ../tldguard.conf|is another build than
broken|-|unprotected no|-V fails: unbound: cannot load libx
none|-|unprotected no|/usr/sbin/unbound is not installed
CASES

# One update after the other.
begin
unbound_is fitting
fit apply
unbound_is stock
fit apply
unbound_is fitting
fit apply
is 'back again' "$(state) $(linked) $err" "protected ../tldguard.conf tldguard-unbound: protected again: unbound and the tldguard module fit"
fit apply
is 'nothing new, nothing said' "$err" ''

# The module itself is not there.
rm "host$so"
fit apply
is 'no module' "$(state) $(linked) $([[ $err == *"$so is not installed"* ]] && echo said)" 'unprotected no said'

# Switched off, whatever fits.
begin
unbound_is fitting
fit off
is 'off' "$code $(state) $(linked)" '0 off no'
fit apply
is 'off stays' "$(state) $(linked)" 'off no'
fit on
is 'on' "$code $(state) $(linked)" '0 protected ../tldguard.conf'

# The folder of the policy belongs to the account of policy-host(1): what lies there makes root write nothing
# there, wait for nothing and switch nothing off.
begin
unbound_is stock
echo precious >victim
for name in unbound.state unbound.state.new unbound.off; do ln -s "$work/victim" "host/var/lib/tldguard/$name"; done
mkfifo host/var/lib/tldguard/unbound.state.lock
for word in apply off on; do
    code=0
    timeout 20 "$top/scripts/tldguard-unbound" --root host "$word" >/dev/null 2>&1 </dev/null || code=$?
    is "what others laid there: $word" "$code $(state) $(<victim)" "0 $([[ $word == off ]] && echo off || echo unprotected) precious"
done
# Who can open the lock can hold it.
is 'ours is a folder of its own' "$(cd host/var/lib/tldguard-unbound && stat -c '%n %a' . ./* | xargs)" '. 755 ./lock 600 ./state 644'

# A word that is none.
unbound_is stock
echo ON_MISMATCH=refused >host/etc/default/tldguard
fit apply
is 'a word that is none' "$(state) $(grep -c "ON_MISMATCH is not 'refused' but one of: unprotected refuse" err.txt)" 'unprotected 1'

# What is not ours is not touched.
rm -f "$link"
echo 'server:' >"$link"
fit apply
is 'a file of the administrator' "$(state) $(<"$link") $([[ $err == *'is your own and stays'* ]] && echo said)" 'own server: said'
unbound_is fitting
fit apply
is 'and one that fits' "$(state) $err" 'own '

# A link to a file of theirs is theirs as well, wherever it leads.
for kind in fitting stock; do
    begin
    unbound_is "$kind"
    ln -s /srv/ours.conf "$link"
    fit apply
    is "a link of the administrator, $kind" "$(state) $(linked) $(wc -l <err.txt)" "own /srv/ours.conf $([[ $kind == stock ]] && echo 1 || echo 0)"
done

# An alarm is news once a minute, which the age of the state tells, also when the clock was ahead.
begin
unbound_is stock
fit apply
for when in now '+1 day' '-2 minutes'; do
    touch -d "$when" host/var/lib/tldguard-unbound/state
    fit apply
    age=$(($(date +%s) - $(stat -c %Y host/var/lib/tldguard-unbound/state)))
    is "an alarm: the state is of $when" "$((age >= 0 && age < 60))" 1
done

# Usage.
for args in '' 'frob' 'apply apply' '--root' '--root /nonexistent apply' '--frob'; do
    code=0
    # shellcheck disable=SC2086 # words
    out=$("$top/scripts/tldguard-unbound" $args 2>err.txt) || code=$?
    is "usage: $args" "$code$out $(wc -l <err.txt)" '2 1'
done
fit rebuild
is 'rebuild with --root' "$code $err" '2 tldguard-unbound: rebuild is for this system, without --root'
tap_end
