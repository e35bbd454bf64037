#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The servers outside may be silent: the resolver waits, and lives on.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# No answer comes, so Unbound tells its modules of a response that is none.
test_silent() {
    hold
    ask -w 3000 slow.example.com A
    is "nobody answers" "$(field rcode)" none
    ask army.ml MX
    is "blocked names are answered all the same" "$(field rcode)" NXDOMAIN
    release
}

test_alive() {
    ask example.com A
    is "it answers again" "$(field rcode)" NOERROR
    is "the block is in the log" "$(live_until live_has_events 1 && live_events)" 1
}

live_begin
resolver=$(world_pid unbound)
test_silent
test_alive
is "it was never away" "$(world_pid unbound)" "$resolver"
live_end
