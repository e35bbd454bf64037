#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2034 # it sources what uses its variables
# What the module costs in a real Unbound, beside what Unbound has itself for the same rule, and
# beside other resolvers. Figures, no verdict: `make bench-resolver`, or see show_help.
set -euo pipefail

show_help() {
    cat <<'HELP'
Usage: tests/bench/resolver.sh [--quick] [--json] [--where=KIND]

What tldguard costs in a real Unbound with NSD behind it, beside Unbound's own means for one
rule, "all of ml. is NXDOMAIN": a response policy zone, a local-zone, the python module; with
and without a log, which goes to a file. And beside BIND, PowerDNS Recursor, Knot Resolver and
dnsdist with that rule and a log. Four kinds of questions:
  cached    lie in the cache, and no rule speaks of them
  resolved  do not; NSD is asked
  blocked   army.ml MX and names below, from ten addresses, asked before
  fresh     mail.<letters>.ml MX, blocked, and none was ever asked before
Counted are the instructions in user space that Unbound's two workers take from a packet that is
there, a question or what NSD answers, to the answer that is sent (callgrind; the same on a busy
machine, to one percent for resolved ones; the event loop is left out, as it is not). And
questions answered a second (dnsperf; runs that alternate; one thread that works; the server and
the client on processors of their own if there are two, and all threads of the server on one),
also a second of the server's processor time, as the client may be the slower one. Every answer is
checked, and that every blocked question is in the log, or told there to be missing; how many are
not is printed. A run with a question that was not answered, answered otherwise, or not in the
cache when it should be, is thrown away, which is said, and made again. Ratios stand beside the
figures, and what we aim at, met or not; the exit status does not depend on it.

  --quick        what is not logged left out, fewer questions, fewer and shorter runs: under two
                 minutes (or QUICK=yes)
  --json         one object for machines (or JSON=yes)
  --where=KIND   instead: the twenty functions in which the workers spend more than without the
                 module when they handle a question that is blocked, fresh, cached or resolved (or
                 WHERE=KIND; a blocked one is compared with nothing, as others never get so far)

SEED (7) chooses the names and the order of the addresses. Without dnsperf there are no rates;
`scripts/setup --bench-peers` installs it, and valgrind, and unpacks the other resolvers: one that
is not here is named and left out. Needs 1 GB in TMPDIR for the logs.
Exit: 0 measured, 1 something went wrong, 2 usage, 77 cannot run here.
HELP
}

quick=${QUICK:-no} json=${JSON:-no} where=${WHERE:-} seed=${SEED:-7}
usage() { echo "tests/bench/resolver.sh: $1; --help tells more" >&2; exit 2; }
for option; do
    case $option in
    --quick) quick=yes ;;
    --json) json=yes ;;
    --where=*) where=${option#*=} ;;
    --help) show_help; exit 0 ;;
    *) usage "unknown argument '$option'" ;;
    esac
done
[[ $where =~ ^(|blocked|fresh|cached|resolved)$ ]] || usage "--where is blocked, fresh, cached or resolved"
[[ $seed =~ ^[0-9]{1,9}$ ]] || usage "SEED is a number"
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR source=../live/lib.sh
source "$here/../live/lib.sh"
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"
# shellcheck source-path=SCRIPTDIR source=about.sh
source "$here/about.sh"
# shellcheck source-path=SCRIPTDIR source=resolver_world.sh
source "$here/resolver_world.sh"
# shellcheck source-path=SCRIPTDIR source=resolver_count.sh
source "$here/resolver_count.sh"
# shellcheck source-path=SCRIPTDIR source=peers.sh
source "$here/peers.sh"
# shellcheck source-path=SCRIPTDIR source=resolver_rates.sh
source "$here/resolver_rates.sh"
# shellcheck source-path=SCRIPTDIR source=resolver_report.sh
source "$here/resolver_report.sh"

declare -A count=([cached]=5000 [resolved]=4000 [blocked]=5000 [fresh]=5000)
rated=("${configs[@]}")
rated_traffic=(cached blocked fresh)
runs=5 run_seconds=3 fresh_a_run=100000
if [[ $quick == yes ]]; then
    count=([cached]=4000 [resolved]=1500 [blocked]=1500 [fresh]=1500)
    configs=(none module unlisted rpz_log local_log python)
    rated=(none module rpz_log local_log) rated_traffic=(cached blocked)
    runs=3 run_seconds=1 fresh_a_run=30000
fi
world_patience=120
failed=0 # 1 when a figure is missing that should be there

prepare
if [[ -n $where ]]; then
    show_where
    exit 0
fi
load_before=$(cut -d ' ' -f 1 /proc/loadavg)
for_all count_one
count_single none
count_single module
if command -v dnsperf >/dev/null; then measure_rates; fi
progress
if [[ $json == yes ]]; then show_json; else show_all; fi
exit "$failed"
