# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# What the tests with real mail share. A network of the test's own has all addresses on its loopback;
# a mail host is a set of mounts in it: Debian's own files of Postfix or Exim over /usr and /etc, and
# a resolv.conf of its own. Which client the resolver sees is which of its addresses a host asks.
#
# A test sources it, calls mail_begin POLICY-FILE, tests, and ends with live_end. Environment and exit codes as
# tests/live/lib.sh; without root, or without the mail servers, it is skipped.

# shellcheck source-path=SCRIPTDIR source=../support/network.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/network.sh"
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PATH=$PATH:/sbin:/usr/sbin
export TLDGUARD_DATA=${TLDGUARD_DATA:-$TG_SRC/policy/tables} TLDGUARD

declare -A host_pid=()   # of the process whose mounts a host is
catcher=192.0.2.53
postfix=192.0.2.25 exim=192.0.2.26 # the relays, as the resolver sees them, and where they listen
outsider=203.0.113.67    # where the mail of a look-alike goes when nobody stops it

mail_missing() {
    local program
    for program in ip nsenter swaks openssl jq; do
        command -v "$program" >/dev/null || { echo "no $program"; return; }
    done
    [[ -x $TG_SRC/build/postfix/usr/sbin/postfix ]] || { echo 'no Postfix in build/postfix'; return; }
    [[ -x $TG_SRC/build/exim/usr/sbin/exim4 ]] || { echo 'no Exim in build/exim'; return; }
    world_missing
}

mail_end() {
    local host
    for host in "${!host_pid[@]}"; do
        [[ $host != postfix ]] || in_host postfix postfix stop >/dev/null 2>&1 || true
        kill "${host_pid[$host]}" 2>/dev/null || true
    done
    world_end
}

# mail_network: asked at 192.0.2.1, the resolver sees one relay, at 192.0.2.2 the other one.
mail_network() {
    local address
    ip link set lo up
    for address in 192.0.2.{1,2,9} "$postfix" "$exim" "$catcher" "$outsider"; do
        ip address add "$address/32" dev lo
    done
    ip route change local 192.0.2.1 dev lo table local proto kernel scope host src "$postfix"
    ip route change local 192.0.2.2 dev lo table local proto kernel scope host src "$exim"
    world_unbound_more='    interface: 192.0.2.1@53
    interface: 192.0.2.2@53
    access-control: 192.0.2.0/24 allow'
}

# mail_begin POLICY: the resolver, and what is outside.
mail_begin() {
    local why
    why=$(mail_missing)
    [[ -z $why ]] || { echo "1..0 # SKIP $why"; exit 77; }
    live_policy=$1
    world_zones+=('catch.example.net catch.zone' 'sender.example catch.zone')
    mail_network
    live_create
    trap mail_end EXIT
    trap '' PIPE # of a server that hangs up
    printf '%s\n' '@ 300 SOA ns.world. hostmaster 1 3600 1200 604800 60' '@ 300 NS ns.world.' \
        "@ 300 A $catcher" >"$world_dir/zones/catch.zone"
    world_start nsd || bail "$world_error"
    world_start unbound || bail "$world_error"
}

# host_create NAME TREE RESOLVER
host_create() {
    local dir=$world_dir/$1 tree=$TG_SRC/build/$2
    mkdir -p "$dir"
    # shellcheck disable=SC2016
    unshare --mount bash -euc 'tree=$2
        mount --make-rprivate /
        mount -t tmpfs -o mode=755 none "$1"
        cd "$1"
        mkdir -p usr usr.work etc etc.work lib lib.work
        mount -t overlay -o "lowerdir=$tree/usr:/usr,upperdir=$1/usr,workdir=$1/usr.work" none /usr
        mount -t overlay -o "lowerdir=$tree/etc:/etc,upperdir=$1/etc,workdir=$1/etc.work" none /etc
        mount -t overlay -o "lowerdir=/var/lib,upperdir=$1/lib,workdir=$1/lib.work" none /var/lib
        for at in /var/spool /var/log /run; do mount -t tmpfs -o mode=755 none $at; done
        # As the packages do when they are configured.
        [[ $tree != */postfix ]] || grep "^pcre" /usr/share/postfix/dynamicmaps.cf >/etc/postfix/dynamicmaps.cf
        rm -f /etc/resolv.conf
        echo "nameserver $3" >/etc/resolv.conf
        echo "127.0.0.1 localhost" >/etc/hosts
        printf "%s\n" postfix:x:890:890::/var/spool/postfix:/bin/false Debian-exim:x:892:892::/var/spool/exim4:/bin/false \
            bob:x:1500:1500::/home/bob:/bin/sh >>/etc/passwd
        printf "%s\n" postfix:x:890: postdrop:x:891: Debian-exim:x:892: bob:x:1500: >>/etc/group
        install -d -o bob -g bob /var/lib/box
        mkdir /var/spool/postfix
        [[ $tree != */postfix ]] || { cd /usr/sbin && chgrp postdrop postdrop postqueue && chmod g+s postdrop postqueue; }
        : >/run/ready
        exec sleep infinity' bash "$dir" "$tree" "$3" 2>"$dir.err" &
    host_pid[$1]=$!
    live_until in_host "$1" test -e /run/ready 2>/dev/null || bail "host $1: $(<"$dir.err")"
}

# in_host NAME COMMAND...
in_host() { nsenter "--mount=/proc/${host_pid[$1]}/ns/mnt" --wd=/ "${@:2}"; }
# in_host_write NAME FILE: from standard input.
in_host_write() { in_host "$1" tee "$2" >/dev/null; }

# listens ADDRESS: a mail server.
listens() {
    local line=''
    { exec 4<>"/dev/tcp/$1/25"; } 2>/dev/null || return 1
    read -r -t 10 line <&4 || true
    printf 'QUIT\r\n' >&4 || true
    exec 4>&-
    [[ $line == 220* ]]
}

# export_maps POLICY [OPTION...]: for both relays.
export_maps() {
    in_host postfix "$TLDGUARD" export -q --postfix -p "$@" -o /etc/postfix/tldguard &&
        in_host postfix postmap hash:/etc/postfix/tldguard &&
        in_host exim "$TLDGUARD" export -q --exim -p "$@" -o /etc/exim4/tldguard
}

# relay_postfix: takes mail of the site, delivers it to the world, and keeps bob's.
relay_postfix() {
    host_create postfix postfix 192.0.2.1
    in_host_write postfix /etc/postfix/main.cf <<CF
compatibility_level = 3.6
myhostname = relay.sender.example
mydestination =
inet_interfaces = $postfix
mynetworks = 192.0.2.0/24
alias_maps =
alias_database =
maillog_file = /var/log/postfix.log
virtual_mailbox_domains = sender.example
virtual_mailbox_base = /var/lib/box
virtual_mailbox_maps = static:bob/
virtual_uid_maps = static:1500
virtual_gid_maps = static:1500
smtpd_restriction_classes = tldguard_refuse
tldguard_refuse = check_recipient_access pcre:/etc/postfix/tldguard.pcre
smtpd_recipient_restrictions = check_recipient_access hash:/etc/postfix/tldguard
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 1000
smtpd_junk_command_limit = 1000
CF
    in_host postfix sh -c 'sed -E "s/^([a-z#-]+ +(inet|unix|fifo|unix-dgram) +[^ ]+ +[^ ]+ +)[-yn]( +)/\1n\3/" /usr/share/postfix/master.cf.dist >/etc/postfix/master.cf'
}
start_postfix() {
    in_host postfix postfix start >"$world_dir/postfix.said" 2>&1 </dev/null || bail "Postfix: $(<"$world_dir/postfix.said")$(in_host postfix tail -n 5 /var/log/postfix.log)"
    live_until listens "$postfix" || bail "Postfix does not listen: $(in_host postfix tail -n 5 /var/log/postfix.log)"
}

# relay_exim: the same. The addresses that it will not deliver to are those of Debian's configuration.
relay_exim() {
    host_create exim exim 192.0.2.2
    in_host exim chmod u+s /usr/sbin/exim4
    in_host exim install -d -o Debian-exim -g Debian-exim /var/spool/exim4 /var/log/exim4
    in_host_write exim /etc/exim4/exim4.conf <<CF
primary_hostname = relay.sender.example
qualify_domain = sender.example
domainlist local_domains = sender.example
local_interfaces = $exim
exim_user = Debian-exim
exim_group = Debian-exim
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max_nonmail = 1000
acl_smtp_rcpt = acl_rcpt
begin acl
acl_rcpt:
.include /etc/exim4/tldguard.acl
  accept
begin routers
dnslookup:
  driver = dnslookup
  domains = ! +local_domains
  transport = remote_smtp
  ignore_target_hosts = <; 0.0.0.0 ; 127.0.0.0/8 ; 192.168.0.0/16 ; 172.16.0.0/12 ; 10.0.0.0/8 ; 169.254.0.0/16 ; 255.255.255.255 ; ::/128 ; ::1/128 ; fc00::/7 ; fe80::/10 ; 100::/64
  no_more
box:
  driver = accept
  transport = box
begin transports
remote_smtp:
  driver = smtp
  interface = $exim
box:
  driver = appendfile
  directory = /var/lib/box/bob/new
  maildir_format = false
  create_directory
  user = bob
begin retry
* * F,2h,15m
CF
}
start_exim() {
    in_host exim exim4 -bdf -q1h >"$world_dir/exim.said" 2>&1 </dev/null &
    live_until listens "$exim" || bail "Exim does not listen: $(<"$world_dir/exim.said")"
}

# submit RELAY-ADDRESS ADDRESS...: what the relay says of each recipient, in one connection, as
# "CODE TEXT" lines.
submit() {
    local server=$1 line
    shift
    exec 4<>"/dev/tcp/$server/25"
    reply >/dev/null
    printf 'EHLO client.sender.example\r\n' >&4; reply >/dev/null
    printf 'MAIL FROM:<bob@sender.example>\r\n' >&4; reply >/dev/null
    for line; do
        printf 'RCPT TO:<%s>\r\n' "$line" >&4
        reply
    done
    printf 'QUIT\r\n' >&4
    exec 4>&-
}
# unwrapped: the lines of a reply as one line; Exim wraps long ones.
unwrapped() { tr -d '\r' | sed -E 's/^([0-9]{3})-/\1 /; 2,$s/^[0-9]{3} ([0-9]\.[0-9]\.[0-9] )?//' | tr '\n' ' ' | sed 's/ $/\n/'; }

# reply: one, from descriptor 4.
reply() {
    local line
    while IFS= read -r -t "$live_patience" line <&4; do
        printf '%s\n' "$line"
        [[ $line == [0-9][0-9][0-9]-* ]] || break
    done | unwrapped
}
