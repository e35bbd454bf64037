# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# What push-policy and fleet-status share: the inventory, ssh, many hosts at once, tables.
#
# The caller sets `me`, its name in messages. Hosts go by their number in the inventory, from 0.
# Exit codes: 0 fine, 1 "no" or findings, 2 usage, 3 broken.

fleet_hosts=()           # as ssh takes them
fleet_marked=()          # yes: marked as a canary
fleet_groups=()          # of each host, as " berlin paris "
fleet_ssh=ssh
fleet_ssh_config=''      # another file than the user's own
fleet_timeout=60         # seconds for one command on one host
fleet_jobs=10
fleet_dir=''             # what was asked and answered: a folder that the caller removes
fleet_tool=${TLDGUARD:-tldguard}
fleet_most=5000          # hosts

say() { printf '%s: %s\n' "$me" "$*" >&2; }

fail() {
    say "error: $*"
    exit 3
}

usage_error() {
    printf "%s: %s; see '%s --help'\n" "$me" "$1" "$me" >&2
    exit 2
}

# clean TEXT: of a host, in one line that is safe for a terminal.
clean() {
    local text=${1:0:400}
    printf '%s' "${text//[^[:print:]]/ }"
}

# number NAME TEXT LEAST MOST
number() {
    if [[ ! $2 =~ ^(0|[1-9][0-9]{0,8})$ ]] || (($2 < $3 || $2 > $4)); then
        usage_error "$1 takes a number from $3 to $4, not '$2'"
    fi
}

# need PROGRAM...
need() {
    local program
    for program; do
        command -v "$program" >/dev/null || fail "$program is not there: install it"
    done
}

# put FILE: standard input, whole or not at all.
put() {
    cat >"$1.new" && mv -f -- "$1.new" "$1"
}

# inventory_line FILE NUMBER WORD...: one host. Says what is wrong; sets wrong.
inventory_line() {
    local where="$1:$2" host=$3 word canary=no groups=' '
    if [[ ! $host =~ ^[A-Za-z0-9_][A-Za-z0-9_.:%@-]*$ ]] || ((${#host} > 255)); then
        printf "%s: error: '%s' is no host as ssh takes it: a name, an address or user@host\n" "$where" "$(clean "$host")" >&2
        wrong=yes
    elif [[ -n ${seen[$host]:-} ]]; then
        printf '%s: error: %s stands in line %s as well\n' "$where" "$host" "${seen[$host]}" >&2
        wrong=yes
    fi
    for word in "${@:4}"; do
        if [[ $word == canary ]]; then
            canary=yes
        elif [[ $word =~ ^group=[A-Za-z0-9_.-]{1,64}$ ]]; then
            groups+="${word#group=} "
        else
            printf "%s: error: '%s' is neither 'canary' nor 'group=NAME'\n" "$where" "$(clean "$word")" >&2
            wrong=yes
        fi
    done
    seen[$host]=$2
    fleet_hosts+=("$host")
    fleet_marked+=("$canary")
    fleet_groups+=("$groups")
}

# read_inventory FILE: one host a line; all that is wrong is said at once.
read_inventory() {
    local line count=0 wrong=no
    local -a words
    local -A seen=()
    [[ -f $1 && -r $1 ]] || fail "$1: no such inventory that can be read"
    (($(stat -L -c %s -- "$1") <= 1048576)) || fail "$1: larger than any inventory"
    fleet_hosts=() fleet_marked=() fleet_groups=()
    while IFS= read -r line || [[ -n $line ]]; do
        count=$((count + 1))
        line=${line%$'\r'}
        read -r -a words <<<"${line%%#*}"
        ((${#words[@]} == 0)) || inventory_line "$1" "$count" "${words[@]}"
    done < <(tr '\000' '?' <"$1")
    [[ $wrong == no ]] || exit 3
    ((${#fleet_hosts[@]} > 0)) || fail "$1: no host in it; write one a line"
    ((${#fleet_hosts[@]} <= fleet_most)) || fail "$1: over $fleet_most hosts"
}

# keep_group NAME: only the hosts of that group.
keep_group() {
    local i
    local -a hosts=() marked=() groups=()
    for i in "${!fleet_hosts[@]}"; do
        [[ ${fleet_groups[i]} == *" $1 "* ]] || continue
        hosts+=("${fleet_hosts[i]}") marked+=("${fleet_marked[i]}") groups+=("${fleet_groups[i]}")
    done
    ((${#hosts[@]} > 0)) || fail "no host of the inventory is in group '$1'"
    fleet_hosts=("${hosts[@]}") fleet_marked=("${marked[@]}") fleet_groups=("${groups[@]}")
}

# on_host N COMMAND WORD...: by ssh, with our standard input. The user's own configuration decides
# how; but nothing may ask, and nothing may hang. A master that it leaves behind must not
# keep our lock, which is descriptor 9.
on_host() {
    local host=${fleet_hosts[$1]} seconds=$fleet_timeout
    local -a config=()
    [[ -z $fleet_ssh_config ]] || config=(-F "$fleet_ssh_config")
    # What a host says on stderr goes to a file: a mebibyte of it is enough.
    (trap '' XFSZ; ulimit -f 1024; exec timeout --kill-after=2 "$seconds" "$fleet_ssh" ${config[@]+"${config[@]}"} -T -a -x \
        -o BatchMode=yes -o ClearAllForwardings=yes \
        -o "ConnectTimeout=$((seconds < 10 ? seconds : 10))" -o ServerAliveInterval=5 -o ServerAliveCountMax=3 \
        -- "$host" "${@:2}") 9>&-
}

# unreached CODE ERRORS: why a host was not reached, when that is what the exit code of on_host says.
unreached() {
    case $1 in
    255) clean "ssh: $(grep -v '^ *$' -- "$2" | tail -n 1)" ;;
    124 | 137) printf 'no answer within %d s' "$fleet_timeout" ;;
    *) return 1 ;;
    esac
}

# in_parallel FUNCTION N...: for each host, fleet_jobs at a time. The function's results are files.
# Stops to begin new ones once in_parallel_stop, when there is one, succeeds.
in_parallel() {
    local function=$1 running=0 i
    shift
    for i; do
        if ((running >= fleet_jobs)); then
            wait -n || true
            running=$((running - 1))
        fi
        ! declare -F in_parallel_stop >/dev/null || ! in_parallel_stop || break
        "$function" "$i" </dev/null &
        running=$((running + 1))
    done
    # A signal that is trapped ends a wait.
    until wait; do :; done
}

# milliseconds: since 1970.
milliseconds() { date -u +%s%3N; }

# survey_host N: fleet_dir/N.survey, {"reached", "why", "skew", "status"}; the skew of its clock in milliseconds,
# beyond what the connection took.
survey_host() {
    local base=$fleet_dir/$1 began ended why code=0
    began=$(milliseconds)
    on_host "$1" survey </dev/null 2>"$base.err" | head -c 4194304 >"$base.out" || code=$?
    ended=$(milliseconds)
    if why=$(unreached "$code" "$base.err"); then
        jq -cn --arg why "$why" '{reached: false, why: $why}' | put "$base.survey"
        return
    fi
    jq -cs --argjson began "$began" --argjson ended "$ended" '
        if length != 2 or .[0].protocol != 1 then error("no") else . end |
        (.[0].clock - $ended) as $ahead | ($began - .[0].clock) as $behind |
        {reached: true, why: null, skew: (if $ahead > 0 then $ahead elif $behind > 0 then -$behind else 0 end),
         status: .[1]}' <"$base.out" 2>/dev/null >"$base.survey.new" ||
        jq -cn --arg why "$(clean "$(tail -n 1 -- "$base.err")")" '{reached: true, why: (if $why == "" then
            "its account does not answer as policy-host does" else $why end)}' >"$base.survey.new"
    mv -f "$base.survey.new" "$base.survey"
}

# surveyed N FILTER: of what it has told; raw.
surveyed() {
    jq -r "${@:2}" <"$fleet_dir/$1.survey"
}

# seconds_text MILLISECONDS
seconds_text() { printf '%d.%d' $(($1 / 1000)) $(($1 % 1000 / 100)); }

# table: lines with tabs between cells, the first one the heads, as columns.
table() {
    awk -F'\t' '
    { for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) } fields[NR] = NF }
    END {
        for (row = 1; row <= NR; row++) {
            line = ""
            for (i = 1; i <= fields[row]; i++)
                line = line (i < fields[row] ? sprintf("%-" width[i] "s  ", cell[row, i]) : cell[row, i])
            sub(/ +$/, "", line)
            print line
        }
    }'
}
