# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# The world of scripts/soak: what is asked in it, what the answers must be, and the policies. After
# tests/live/lib.sh.
#
#   soak_table            what is asked: the rows that tests/support/soak reads, with what is right
#   soak_policy SERIAL    the policy in which the groups of soak_listed are listed
#   soak_world_create     the run folder and the outside; the log's folder is in a small file system
#                         of its own where that may be mounted (soak_mounted)
#   soak_world_start      the resolver
#   soak_world_end        ends it all, for a trap

soak_groups=8             # what is listed at one time and not at another
declare -A soak_listed=() # those that are
soak_mounted=no
soak_disk_mb=64
soak_bulk=3000            # names that make the policy as large as one in use
soak_site=''              # the folder of the log
soak_record=''            # what was rotated, or saved before somebody else destroyed it
soak_work=''              # our own files

# WEIGHT SOURCE TRANSPORT FLAGS NAME TYPE for the clients; then GROUP, 0 for what is always listed;
# what is right while it is listed, and events; the same for while it is not; and what also is
# right while the outside fails. A ! stands for error 15 where the question has EDNS.
soak_table() {
    sed 's/#.*//; /^ *$/d' <<'TABLE'
# A TLD: ml, NXDOMAIN.
20 127.0.0.% udp - army.ml MX             1 !NXDOMAIN+own: 1    NOERROR:10_mail.army.ml. 0       - -
10 127.0.0.% udp e army.ml A              1 !NXDOMAIN+own: 1    NOERROR:203.0.113.66 0           - -
5  127.0.0.% tcp d army.ml AAAA           1 !NXDOMAIN+own: 1    NOERROR:2001:db8:66::66 0        - -
5  127.0.0.% udp c army.ml A              1 !NXDOMAIN+own: 1    NOERROR:203.0.113.66 0           - -
10 127.0.0.% udp e www.army.ml A          1 !NXDOMAIN+own: 1    NOERROR:203.0.113.66,army.ml. 0  - -
10 127.0.0.% udp e no.army.ml A           1 !NXDOMAIN+own: 1    NXDOMAIN: 0                      - -
5  127.0.0.% udp - u%.army.ml A           1 !NXDOMAIN+own: 1    NXDOMAIN: 0                      - -
# What leads there is not better.
10 127.0.0.% udp e slip.army.mil A        1 !NXDOMAIN+own:army.ml. 1    NOERROR:203.0.113.66,army.ml. 0  - -
5  127.0.0.% tcp - slip.army.mil MX       1 !NXDOMAIN+own:army.ml. 1    NOERROR:10_mail.army.ml.,army.ml. 0 - -
# ne, NODATA; et, REFUSED.
10 127.0.0.% udp e army.ne A              2 !NOERROR+own: 1     NOERROR:203.0.113.66 0           - -
5  127.0.0.% tcp - army.ne MX             2 !NOERROR+own: 1     NOERROR:10_mail.army.ne. 0       - -
10 127.0.0.% udp e army.et A              3 !REFUSED: 1         NOERROR:203.0.113.66 0           - -
# il, a sinkhole.
10 127.0.0.% udp e army.il A              4 !NOERROR:192.0.2.53,192.0.2.54 1 NOERROR:203.0.113.66 0 - -
5  127.0.0.% udp - army.il AAAA           4 !NOERROR:2001:db8::53 1 NOERROR:2001:db8:66::66 0    - -
5  127.0.0.% tcp e army.il MX             4 !NOERROR:0_catch.example.net. 1 NOERROR:10_mail.army.il. 0 - -
5  127.0.0.% udp - army.il TXT            4 !NOERROR+own: 1     NOERROR:"leaked" 0               - -
# cm, mail only.
10 127.0.0.% udp e army.cm MX             5 !NOERROR:0_. 1      NOERROR:10_mail.army.cm. 0       - -
10 127.0.0.% udp - army.cm A              5 NOERROR:203.0.113.66 0 NOERROR:203.0.113.66 0        - -
# om, watched: mostly from the cache.
20 127.0.0.% udp - army.om A              6 NOERROR:203.0.113.66 1 NOERROR:203.0.113.66 0        - -
5  127.0.0.% tcp e www.army.om A          6 NOERROR:203.0.113.66,army.om. 1 NOERROR:203.0.113.66,army.om. 0 - -
5  127.0.0.% udp e u%.army.om A           6 NXDOMAIN: 1         NXDOMAIN: 0                      - -
# One name, on a list.
10 127.0.0.% udp e example.xml A          7 !NXDOMAIN+own: 1    NOERROR:192.0.2.80 0             - -
5  127.0.0.% tcp - www.example.xml A      7 !NXDOMAIN+own: 1    NOERROR:192.0.2.80,example.xml. 0 - -
# A client that is in a group which passes, or in none. And groups that stay.
10 127.0.0.7 udp e army.co A              8 NOERROR:203.0.113.66 0 !NXDOMAIN+own: 1              - -
10 127.0.0.8 udp - army.co A              0 NOERROR:203.0.113.66 1 - -                           - -
10 127.0.0.9 udp - army.co A              0 NOERROR:203.0.113.66 0 - -                           - -
# Always blocked, always allowed, never listed.
20 127.0.0.% udp e army.co A              0 !NXDOMAIN+own: 1    - -                              - -
10 127.0.0.% tcp e q%.army.co MX          0 !NXDOMAIN+own: 1    - -                              - -
10 127.0.0.% udp e orange.ml A            0 NOERROR:192.0.2.80 0 - -                             - -
20 127.0.0.% udp - example.com A          0 NOERROR:192.0.2.80 0 - -                             - -
10 127.0.0.% udp d www.example.com A      0 NOERROR:192.0.2.80,example.com. 0 - -                - -
20 127.0.0.% udp e u%.example.com A       0 NXDOMAIN: 0         - -                              - -
10 127.0.0.% tcp - army.mil MX            0 NOERROR:10_mail.army.mil. 0 - -                      - -
# The twin is asked for: army.mil is there, other.mil is not; nobody can tell when nobody is outside.
10 127.0.0.% udp e army.mlx A             0 !NXDOMAIN+own: 1    - -    NOERROR:203.0.113.66 0
10 127.0.0.% udp - army.mlx MX            0 !NXDOMAIN+own: 1    - -    NOERROR:0_. 1
10 127.0.0.% udp e other.mlx A            0 NOERROR:203.0.113.66 0 - -                           - -
5  127.0.0.% tcp - other.mlx MX           0 !NOERROR:0_. 1      - -                              - -
5  127.0.0.% udp - u%.mlx A               0 NXDOMAIN: 0         - -                              - -
# Packets that are no questions, and some that are: what is logged for them, nobody counts.
3  127.0.0.200 udp - . JUNK               0 - - - - - -
2  127.0.0.200 tcp - . JUNK               0 - - - - - -
# What fills caches, and floods: not asked by chance.
0  127.0.0.% udp - q%.army.co MX          0 !NXDOMAIN+own: 1    - -                              - -
TABLE
}

# soak_if GROUP TEXT
soak_if() { [[ -z ${soak_listed[$1]:-} ]] || printf '%s\n' "$2"; }

soak_policy() {
    local lab='127.0.0.9/32'
    [[ -z ${soak_listed[8]:-} ]] || lab+=', 127.0.0.7/32'
    printf '%s\n' "serial: $1" 'answer:' '  ttl: 2' \
        '  soa: {mname: tldguard.example.net., rname: soc@example.net}' \
        '  sinkhole: {a: [192.0.2.53, 192.0.2.54], aaaa: "2001:db8::53", mx: catch.example.net.}' \
        'tlds:' '  - {tld: co, targets: [com], mode: block}' \
        '  - {tld: mlx, targets: [mil], mode: block, otherwise: mail-only, twin: dns}'
    soak_if 1 '  - {tld: ml, targets: [mil], mode: block}'
    soak_if 2 '  - {tld: ne, targets: [net], mode: block, action: nodata}'
    soak_if 3 '  - {tld: et, targets: [net], mode: block, action: refused}'
    soak_if 4 '  - {tld: il, targets: [mil], mode: block, action: sinkhole}'
    soak_if 5 '  - {tld: cm, targets: [com], mode: mail-only}'
    soak_if 6 '  - {tld: om, targets: [com], mode: monitor}'
    printf '%s\n' 'allow: [{name: orange.ml, reason: partner}]' 'block:' '  - {file: bulk.txt}'
    soak_if 7 '  - {name: example.xml, target: example.com}'
    printf '%s\n' 'clients:' "  - {group: lab, subnets: [$lab], mode: \"off\"}" \
        '  - {group: soc, subnets: [127.0.0.8/32], mode: monitor}'
}

# The log's own folder can be renamed and removed; what it is in cannot when it is mounted.
soak_make_site() {
    mkdir -p "$soak_site"
    chmod 0755 "$soak_site"
    [[ -z $world_user ]] || chown "$world_user" "$soak_site"
}

# Small caches are full when the measuring begins. A server outside that was silent is asked again at
# once; and a client that waits for it gets its answer however late.
soak_unbound_more() {
    cat <<'CONF'
    msg-cache-size: 1m
    rrset-cache-size: 1m
    key-cache-size: 256k
    neg-cache-size: 64k
    infra-cache-numhosts: 100
    infra-host-ttl: 2
    incoming-num-tcp: 100
    discard-timeout: 20000
CONF
}

soak_world_create() {
    world_zones+=('army.mlx lookalike.zone' 'other.mlx lookalike.zone')
    world_create "$root/scripts/world" || return 1
    soak_work=$world_dir/work
    soak_record=$world_dir/record
    mkdir "$soak_work" "$soak_record"
    if [[ ${TG_OWN_MOUNTS:-} == yes ]] &&
        mount -t tmpfs -o "size=${soak_disk_mb}m,mode=0755" tldguard "$world_dir/log" 2>/dev/null; then
        soak_mounted=yes
    fi
    soak_site=$world_dir/log/site
    soak_make_site
    soak_log=$soak_site/block.jsonl
    sed -i "s|^log: .*|log: \"$soak_log\"|" "$world_dir/tldguard.conf"
    seq -f 'n%g.bulk.example' "$soak_bulk" >"$soak_work/bulk.txt"
    soak_table >"$soak_work/table"
    world_start nsd
}

# The memory of the process is measured: what free() gives back is to be seen, whichever thread it was.
soak_world_start() {
    local -x MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=65536
    world_threads=2
    # Junk asks for NS as well.
    world_outside=forward
    world_unbound_more=$(soak_unbound_more)
    world_start unbound
}

soak_world_end() {
    [[ -n $world_dir ]] || return 0
    world_stop unbound
    ! mountpoint -q "$world_dir/log" || umount "$world_dir/log"
    world_end
}
