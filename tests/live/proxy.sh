#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Behind a front-end that speaks PROXYv2 (proxy-protocol-port): the client that counts, and is
# logged, is the one the front-end names, not the front-end.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen=0 # events of the parts before

policy() {
    cat <<'YAML'
serial: 1
tlds:
  - {tld: ml, targets: [mil], mode: block}
clients:
  - {group: lab, subnets: [192.0.2.3/32], mode: "off"}
YAML
}

# octets NUMBER...: each as \xHH.
octets() { printf '\\x%02x' "$@"; }

# message QNAME: a question for its A records.
message() {
    local label
    octets 0x12 0x34 1 0 0 1 0 0 0 0 0 0
    for label in ${1//./ }; do octets ${#label}; printf %s "$label"; done
    octets 0 0 1 0 1
}

# header TRANSPORT CLIENT PORT: version 2, PROXY, IPv4.
header() {
    printf '%s' '\r\n\r\n\x00\r\nQUIT\n'
    # shellcheck disable=SC2046,SC2086
    octets 0x21 $([[ $1 == tcp ]] && echo 0x11 || echo 0x12) 0 12 ${2//./ } 127 0 0 1 $(($3 / 256)) $(($3 % 256)) 0 53
}

# rcode TRANSPORT CLIENT PORT QNAME: what the front-end is answered.
rcode() {
    local transport=$1 question length='' skip=3
    question=$(message "$4")
    if [[ $transport == tcp ]]; then
        length=$(octets 0 "$(printf '%b' "$question" | wc -c)")
        skip=5
    fi
    exec {wire}<>"/dev/$transport/127.0.0.1/$proxy_port"
    # In one piece, which is one packet.
    printf '%b' "$(header "$transport" "$2" "$3")$length$question" |
        dd bs=4096 iflag=fullblock status=none >&"$wire"
    timeout 5 dd bs=4096 count=1 <&"$wire" 2>/dev/null | od -An -tu1 -j "$skip" -N 1 | awk '{ print $1 % 16 }'
    exec {wire}>&-
}

# asked_by TRANSPORT CLIENT PORT RCODE [EVENT]
asked_by() {
    is "$1 $2" "$(rcode "$1" "$2" "$3" army.ml)" "$4"
    if [[ -n ${5-} ]]; then
        seen=$((seen + 1))
        check "$1 $2: the event is written" live_await_events "$seen"
        is "$1 $2: the event" "$(tail -n 1 "$live_log" | jq -r '[.source.ip, .source.port] | join(" ")')" "$5"
    else
        is "$1 $2: no event" "$(live_events)" "$seen"
    fi
}

live_create
policy >"$world_dir/policy.yaml"
world_compile "$world_dir/policy.yaml" || bail "$world_error"
world_pick_port
proxy_port=$world_port
world_unbound_more="    interface: 127.0.0.1@$proxy_port
    proxy-protocol-port: $proxy_port
    access-control: 192.0.2.0/24 allow"
world_start unbound || bail "$world_error"
for transport in udp tcp; do
    asked_by $transport 192.0.2.7 40001 3 "192.0.2.7 40001"
    asked_by $transport 192.0.2.3 40002 0
    asked_by $transport 192.0.2.8 40003 3 "192.0.2.8 40003"
done
world_stop unbound
is "nothing more is written when it stops" "$(live_events)" "$seen"
live_end
