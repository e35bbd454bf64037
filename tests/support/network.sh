# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# To be sourced first: the script begins anew in namespaces of its own, network, mounts and processes, so
# that all it starts ends with it. Without root it is skipped.
if [[ -z ${TG_OWN_NETWORK:-} ]]; then
    export TG_OWN_NETWORK=yes
    ((EUID == 0)) || { echo '1..0 # SKIP only root can make network namespaces'; exit 77; }
    unshare --net --mount --pid --fork --mount-proc true 2>/dev/null ||
        { echo '1..0 # SKIP no network namespaces here'; exit 77; }
    exec unshare --net --mount --pid --fork --mount-proc --kill-child "$0" "$@"
fi
