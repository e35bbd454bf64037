# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154,SC2317
# What tests/bench/resolver.sh measures in: the questions, a policy of one rule, and a
# configuration of Unbound for each way there is to say it.

configs=(none module unlisted rpz rpz_log local local_log python)
declare -A title=([none]='Unbound alone' [module]='tldguard, logged' [unlisted]='tldguard, no rule for it'
    [rpz]='RPZ' [rpz_log]='RPZ, rpz-log' [local]='local-zone'
    [local_log]='local-zone, logged' [python]='python module, logged')
# How a blocked question looks in the log, as an extended regular expression.
declare -A logged=([module]='"category":\["network"' [rpz_log]='rpz: applied' [local_log]='ml. always_nxdomain'
    [python]='blocked ')
before=() # what an Unbound is started by

# progress [WORD...]: on a terminal; without words it is gone.
# shellcheck disable=SC2120
progress() { [[ ! -t 2 ]] || printf '\r\033[K%s' "${*:+$* ...}" >&2; }
log_of() { echo "$world_dir/log/$1.log"; }
for_all() { local name; for name in "${configs[@]}"; do "$1" "$name"; done; }
# without NAME: a configuration that is not here.
without() {
    local name left=()
    for name in "${configs[@]}"; do [[ $name == "$1" ]] || left+=("$name"); done
    configs=("${left[@]}") left=()
    for name in "${rated[@]}"; do [[ $name == "$1" ]] || left+=("$name"); done
    rated=("${left[@]}")
}

# The world: everything below big.example exists, and below army.ml, for a day.
prepare() {
    bench_begin
    work=$world_dir/work rows=$world_dir/rows
    mkdir "$work"
    : >"$rows"
    trap 'progress; for_all world_stop; for_all_peers world_stop; world_end' EXIT
    sed -i -e 's/ 300 / 86400 /' "$world_dir/zones/"{honest,lookalike}.zone
    { cat "$world_dir/zones/honest.zone"; echo '* 86400 A 192.0.2.90'; } >"$world_dir/zones/big.zone"
    echo '* 86400 A 203.0.113.68' >>"$world_dir/zones/lookalike.zone"
    echo 'example 3600 TXT "exists"' >>"$world_dir/zones/root.zone"
    world_zones=('big.example big.zone')
    world_start nsd || bail "$world_error"
    world_unbound_more=$'    msg-cache-size: 64m\n    rrset-cache-size: 64m'
    make_policies
    make_questions
    if ! "$UNBOUND_PREFIX/sbin/unbound" -V | grep -q '^Linked modules:.* python'; then
        without python
        echo '# this Unbound has no python module' >&2
    fi
}

make_policies() {
    local name tld
    for name in module:ml unlisted:om; do
        tld=${name#*:} name=${name%:*}
        printf '%s\n' 'serial: 1' 'tlds:' "  - {tld: $tld, targets: [mil], mode: block, action: nxdomain}" \
            >"$work/$name.yaml"
        "$TLDGUARD" compile --quiet "$work/$name.yaml" -o "$work/$name.cdb" || bail "no policy $name"
        printf '%s\n' "policy: \"$work/$name.cdb\"" "log: \"$(log_of "$name")\"" \
            "stats: \"$world_dir/figures/$name.stats\"" >"$work/$name.conf"
    done
    printf '%s\n' "\$TTL 60" '@ SOA localhost. root.localhost. 7 3600 1200 604800 60' '@ NS localhost.' \
        'ml CNAME .' '*.ml CNAME .' >"$work/rpz.zone"
}

# questions KIND COUNT SEED: a list as tests/support/ask wants it. A fresh name is in no other list.
questions() {
    awk -v kind="$1" -v count="$2" -v seed="$3" '
        function letters(n,    s) {
            while (n-- > 0) s = s substr("abcdefghijklmnopqrstuvwxyz", 1 + int(rand() * 26), 1)
            return s
        }
        BEGIN {
            srand(seed)
            for (i = 0; i < count; i++) {
                if (kind == "cached") what = "c" i ".big.example A"
                else if (kind == "resolved") what = "r" i "-" seed ".big.example A"
                else if (kind == "fresh") what = "mail." letters(6) seed "-" i ".ml MX"
                else what = i % 2 ? "army.ml MX" : "w" int(rand() * 100) ".army.ml A"
                print "127.0.0." 2 + int(rand() * 10), "udp", what
            }
        }'
}

# For dnsperf without the addresses: it has ten by itself. Of fresh ones each run has its own.
make_questions() {
    local kind i
    for kind in "${!count[@]}"; do
        questions "$kind" "${count[$kind]}" "$seed" >"$work/$kind"
        sed 's/.* udp //' "$work/$kind" >"$work/$kind.dnsperf"
    done
    head -n 1 "$work/blocked" >"$work/one"
    # What is in the cache before anything is counted.
    cat "$work/cached" "$work/blocked" | sort -u -k 3 >"$work/warm"
}

# clauses NAME: module-config, and what a configuration is made of.
clauses() {
    case $1 in
    module | unlisted)
        world_stock_modules='dynlib validator iterator'
        world_stock_clauses="dynlib:"$'\n'"    dynlib-file: \"$world_dir/tldguard.so\""
        ;;
    rpz*)
        world_stock_modules='respip validator iterator'
        world_stock_clauses="rpz:"$'\n'"    name: rpz.bench"$'\n'"    zonefile: \"$work/rpz.zone\""
        [[ $1 == rpz ]] || world_stock_clauses+=$'\n    rpz-log: yes'
        ;;
    local*)
        world_stock_modules='validator iterator'
        world_stock_clauses=$'server:\n    local-zone: "ml." always_nxdomain'
        [[ $1 == local ]] || world_stock_clauses+=$'\n    log-local-actions: yes'
        ;;
    python)
        world_stock_modules='python validator iterator'
        world_stock_clauses="python:"$'\n'"    python-script: \"$TG_SRC/tests/bench/block.py\""
        ;;
    *) world_stock_modules='validator iterator' world_stock_clauses='' ;;
    esac
}
# Two threads with a socket of their own each, as Unbound does by itself: the port of the one who
# asks chooses. That two servers share a port by mistake is seen by their identity.
conf() {
    local log reuse=no
    ((world_threads == 1)) || reuse=yes
    clauses "$1"
    # The module has a file of its own.
    log=$(log_of "$1")
    [[ $1 != module && $1 != unlisted ]] || log=$world_dir/log/$1-unbound.log
    world_stock_conf "$1" "$2" | sed -e "s|^\( *logfile:\).*|\1 \"$log\"|" \
        -e "s|^\( *so-reuseport:\).*|\1 $reuse|"
}
command_of() {
    world_stock_command "$1"
    [[ ${before[0]:-} != callgrind ]] || bench_callgrind "$1"
    [[ ${before[0]:-} != taskset ]] || world_command=("${before[@]}" "${world_command[@]}")
    world_command=(env "TLDGUARD_CONF=$work/$1.conf" "PYTHONPATH=$UNBOUND_PREFIX/lib/python3" "${world_command[@]}")
}
for name in "${configs[@]}"; do
    eval "world_${name}_conf() { conf $name \"\$1\"; }; world_${name}_command() { command_of $name; }"
done

port_of() { local variable=world_$1_port; echo "${!variable}"; }
start() { world_start "$1" || bail "$world_error"; }
blocks() { [[ $1 != none && $1 != unlisted ]]; }

# in_log NAME, all_logged NAME COUNT: so many blocked questions.
in_log() {
    local lines
    lines=$(grep -cEs -- "${logged[$1]}" "$(log_of "$1")") || true
    echo "${lines:-0}"
}
all_logged() { (($(in_log "$1") >= $2)); }
# The file of others is emptied; the module's is taken away, and made anew with the next event.
fresh_log() {
    if [[ $1 == module ]]; then rm -f "$(log_of "$1")"; else : >"$(log_of "$1")"; fi
}

# wrong NAME LIST: asks them, and compares what each is answered; prints the first that are wrong.
wrong() {
    "$live_client" -p "$(port_of "$1")" -w 60000 -l <"$work/$2" |
        awk -v blocks="$(blocks "$1" && echo 1)" '{
            if ($5 ~ /\.big\.example$/) want = "NOERROR 192.0.2.90"
            else if (blocks) want = "NXDOMAIN -"
            else want = $6 == "MX" ? "NOERROR 10" : "NOERROR 203.0.113.68"
            if ($4 " " $7 != want && ++n <= 3) print "wanted " want ": " $0
        }' || true
}
asked() {
    local said
    said=$(wrong "$1" "$2")
    [[ -z $said ]] || bail "$1, $2: wrong answers" "$said"
}

# row KIND NAME TRAFFIC FIGURE: what the report is made of.
row() { (IFS=$'\t'; echo "$*") >>"$rows"; }
# throw WHAT WHY: a measurement that is no measurement.
throw() {
    # shellcheck disable=SC2119
    progress
    echo "thrown away: $1: $2" >&2
    row thrown "$@"
}
