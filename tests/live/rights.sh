#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The rights that the module takes: it opens no file for more than it needs, follows no link where others
# can lay one, makes its files 0640 whatever the umask, and has no network of its own. And it works in a
# chroot, where Unbound is told to.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

command -v strace >/dev/null || { echo '1..0 # SKIP no strace'; exit 77; }
[[ -z ${TG_SANITIZED:-} ]] || { echo '1..0 # SKIP a sanitizer opens files of its own'; exit 77; }
front=()       # of the command that Unbound is started by
dir=''         # of the policy, where it is another

# shellcheck disable=SC2317
world_unbound_command() {
    world_command=("${front[@]}" env "TLDGUARD_CONF=$world_dir/tldguard.conf"
        "$UNBOUND_PREFIX/sbin/unbound" -d -p -c "$world_dir/unbound.conf")
}

own() { [[ -z $world_user ]] || chown -h "$world_user" "$@"; }
# shellcheck disable=SC2317
said() { (($(grep -cF "$1" "$world_dir/unbound.log") >= ${2:-1})); }
# shellcheck disable=SC2317
in_force() { said "policy serial $1," "${2:-1}"; }

# place SERIAL [ACTION]: another policy, signed where that is asked for.
place() {
    sed -e "s/^serial:.*/serial: $1/" -e "/tld: ml/s/nxdomain/${2:-nxdomain}/" "$live_policy" >"$world_dir/policy.yaml"
    "$TLDGUARD" compile -q "$world_dir/policy.yaml" -o "$world_dir/new.cdb" || bail 'the policy does not compile'
    [[ ! -e $world_dir/key ]] || "$TLDGUARD" sign -q -s "$world_dir/key" "$world_dir/new.cdb" || bail 'cannot sign'
    [[ ! -e $world_dir/key ]] || mv "$world_dir/new.cdb.minisig" "$world_dir/policy.cdb.minisig${3:-}"
    mv "$world_dir/new.cdb" "$world_dir/policy.cdb"
}

# A start, questions, policies, a rotation, a reload and a stop, seen by strace.
traced() {
    "$TLDGUARD" keygen -W "$world_dir/key" >/dev/null || bail 'no keys'
    printf 'trusted-keys: "%s"\n' "$world_dir/key.pub" >>"$world_dir/tldguard.conf"
    place 1
    mkdir "$world_dir/trace"
    front=(strace -D -ff -qq -o "$world_dir/trace/of" -e 'trace=%file,%network')
    world_start unbound || bail "$world_error"
    main=$world_dir/trace/of.$(world_pid unbound)
    ask army.ml A
    check 'an event is written' live_await_events 1
    place 2 nxdomain .next
    check 'another policy is in force' live_until in_force 2
    echo 1 >"$world_dir/policy.cdb.allow-older"
    place 1
    check 'and the former one again' live_until in_force 1 2
    mv "$live_log" "$live_log.1"
    ask army.ml A
    check 'a new log' live_until test -s "$live_log"
    world_control reload >/dev/null
    check 'it reloads' live_until in_force 1 3
    world_stop unbound
    front=()
}

# What it opens of ours, each file and way once; without what is chance in a name.
opened() {
    sed -nE 's/^open(at)?\((AT_FDCWD, )?"([^"]*)", ([^)]*)\) += [0-9]+.*/\3 \4/p' "$world_dir"/trace/of.* |
        sed -E "s,^$world_dir/,,; t; d" | sed -E 's/\.[0-9a-f]{16}\.tmp/.*.tmp/' |
        grep -E '^(tldguard.conf|policy|key|log|figures)' | LC_ALL=C sort -u
}

test_opened() {
    local input='O_RDONLY|O_NOCTTY|O_NONBLOCK|O_NOFOLLOW|O_CLOEXEC'
    is 'what it opens, and what for' "$(opened)" "figures/stats.new O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0644
key.pub $input
log/ O_RDONLY|O_CLOEXEC|O_DIRECTORY
log/..block.jsonl.state.*.tmp O_RDWR|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0600
log/.block.jsonl.state O_RDONLY|O_NONBLOCK|O_NOFOLLOW|O_CLOEXEC
log/block.jsonl O_RDWR|O_CREAT|O_EXCL|O_NOCTTY|O_APPEND|O_NONBLOCK|O_NOFOLLOW|O_CLOEXEC, 0640
log/block.jsonl O_RDWR|O_NOCTTY|O_APPEND|O_NONBLOCK|O_NOFOLLOW|O_CLOEXEC
policy.cdb $input
policy.cdb.allow-older $input
policy.cdb.minisig $input
policy.cdb.minisig.next $input
tldguard.conf $input"
}

# Unbound has one thread here, the first; the others are ours.
test_network() {
    local ours
    ours=$(find "$world_dir/trace" -name 'of.*' ! -path "$main" -exec cat {} +)
    check 'the network: threads of ours have been seen' grep -q 'figures/stats' <<<"$ours"
    check 'the network: and calls of it' grep -q '^socket(AF_INET' "$main"
    is 'the network: none of ours' "$(grep -E '^(socket|socketpair|connect|bind|listen|accept4?|send(to|msg|mmsg)|recv(from|msg|mmsg))\(' <<<"$ours" || true)" ''
}

# modes UMASK
modes() {
    # shellcheck disable=SC2016 # of another shell
    front=(sh -c 'umask "$0"; exec "$@"' "$1")
    rm -f "$world_dir"/log/{.,}*.jsonl* "$world_dir"/figures/*
    world_start unbound || bail "$world_error"
    front=()
    ask army.ml A
    check "umask $1: an event is written" live_await_events 1
    world_stop unbound
    is "umask $1: the log and its state are for the group, the figures for monitoring" \
        "$(cd "$world_dir" && stat -c '%n %a %U' log/block.jsonl log/.block.jsonl.state figures/stats)" \
        "log/block.jsonl 640 ${world_user:-$(id -un)}
log/.block.jsonl.state 640 ${world_user:-$(id -un)}
figures/stats 644 ${world_user:-$(id -un)}"
    is "umask $1: all may read the figures, as nobody and nothing that was asked is in them" \
        "$(grep -E 'army|127\.0\.0\.1' "$world_dir/figures/stats" || true)" ''
}

# Links that lead to a file which the resolver could write to.
test_links() {
    local precious=$world_dir/log/precious
    echo precious >"$precious"
    own "$precious"
    ln -sf "$precious" "$world_dir/log/.block.jsonl.state"
    ln -sf "$precious" "$world_dir/figures/stats"
    ln -sf "$precious" "$world_dir/figures/stats.new"
    world_start unbound || bail "$world_error"
    ask army.ml A
    check 'links for the state and the figures: an event is written' live_await_events 2
    check 'links for the state and the figures: the figures are there' live_until test ! -L "$world_dir/figures/stats"
    world_stop unbound
    is 'links for the state and the figures: what they lead to is as it was' "$(<"$precious")" precious
    is 'links for the state and the figures: they are replaced' \
        "$(stat -c %F "$world_dir/log/.block.jsonl.state" "$world_dir/figures/stats" | xargs)" 'regular file regular file'
}

# lay NAME MODE OWNER OF-LINK: a folder for the policy, all of whose files are links laid there.
lay() {
    dir=$world_dir/drop
    rm -rf "$dir"
    mkdir "$dir"
    ln -s "$world_dir/policy.cdb" "$dir/policy.cdb"
    ln -s "$world_dir/policy.cdb.minisig" "$dir/policy.cdb.minisig"
    chown -h "$4" "$dir"/*
    chown "$3" "$dir"
    chmod "$2" "$dir"
    sed -i "s,^policy:.*,policy: \"$dir/policy.cdb\"," "$world_dir/tldguard.conf"
}

test_policy_links() {
    local name mode owner of_link wanted
    if ((EUID != 0)); then
        ok 'links for the policy # SKIP not root: they would all be of one user'
        return
    fi
    while IFS='|' read -r name mode owner of_link wanted; do
        lay "$name" "$mode" "$owner" "$of_link"
        if world_start unbound; then
            is "a link for the policy, $name: it is followed" followed "$wanted"
        else
            is "a link for the policy, $name: it is not" refused "$wanted"
            holds "a link for the policy, $name: and that is said" "$(<"$world_dir/unbound.log")" \
                'drop/policy.cdb: error: cannot open: it is a symbolic link in a folder that others can write in'
        fi
        world_stop unbound
    done <<END
in a folder of root's|0755|0|0|followed
in a folder for all|0777|0|0|refused
in a folder for a group|0775|0|0|refused
in a folder of somebody else's|0755|4711|0|refused
of root's, in a folder as /tmp|1777|0|0|followed
of somebody else's, in a folder as /tmp|1777|0|4711|refused
END
    # Only the signature is one.
    lay 'a signature' 0777 0 0
    rm "$dir/policy.cdb"
    cp "$world_dir/policy.cdb" "$dir/policy.cdb"
    ! world_start unbound || not_ok 'a link for the signature: it is not followed' 'it has started'
    holds 'a link for the signature: it is not followed' "$(<"$world_dir/unbound.log")" \
        'policy.cdb.minisig: error: signature cannot be read: it is a symbolic link in a folder'
    sed -i "s,^policy:.*,policy: \"$world_dir/policy.cdb\"," "$world_dir/tldguard.conf"
}

# While it runs: one line, and the policy stays.
test_policy_link_later() {
    chmod 0777 "$world_dir"
    world_start unbound || bail "$world_error"
    place 3 refused
    check 'a link in the place of the policy: before, another is in force' live_until in_force 3
    mv "$world_dir/policy.cdb" "$world_dir/elsewhere.cdb"
    ln -s elsewhere.cdb "$world_dir/policy.cdb"
    check 'a link in the place of the policy: it is not followed' \
        live_until said 'put the file itself there; it is not taken, and policy serial 3'
    ask army.ml A
    is 'a link in the place of the policy: the former one stays' "$(field rcode)" REFUSED
    world_stop unbound
    rm "$world_dir/policy.cdb"
    mv "$world_dir/elsewhere.cdb" "$world_dir/policy.cdb"
    chmod 0755 "$world_dir"
}

# An Unbound whose root folder is the run folder.
# shellcheck disable=SC2317
world_jail_conf() {
    world_unbound_conf "$1" | sed -e "s|^    chroot:.*|    chroot: \"$world_dir\"|" \
        -e "s|identity:.*|identity: \"$(world_token jail)\"|" -e 's|dynlib-file:.*|dynlib-file: "/tldguard.so"|'
}
# shellcheck disable=SC2317
world_jail_command() {
    world_command=(env TLDGUARD_CONF=/tldguard.conf "$UNBOUND_PREFIX/sbin/unbound" -d -p -c "$world_dir/jail.conf")
}
# shellcheck disable=SC2317
jail_said() { (($(grep -cF "$1" "$world_dir/jail.log") >= ${2:-1})); }

test_chroot() {
    local library
    if ((EUID != 0)); then
        ok 'chroot # SKIP not root'
        return
    fi
    while read -r library; do
        install -D "$library" "$world_dir/$library"
    done < <(ldd "$world_dir/tldguard.so" | sed -n 's/.* \(\/[^ ]*\) (.*/\1/p')
    printf '%s\n' 'policy: /policy.cdb' 'log: /log/block.jsonl' 'stats: /figures/stats' 'trusted-keys: /key.pub' \
        >"$world_dir/tldguard.conf"
    rm -f "$world_dir"/log/{.,}*.jsonl*
    place 4
    world_start jail || bail "$world_error"
    is 'chroot: it is in one, as another user' "$(readlink "/proc/$(world_pid jail)/root") $(stat -c %U "/proc/$(world_pid jail)")" \
        "$world_dir $world_user"
    # shellcheck disable=SC2154 # by world_start
    world_unbound_port=$world_jail_port
    ask army.ml A
    is 'chroot: it protects' "$(field rcode)" NXDOMAIN
    check 'chroot: an event is written' live_await_events 1
    place 5 refused
    check 'chroot: a new policy is in force' live_until jail_said 'policy serial 5,'
    mv "$live_log" "$live_log.1"
    ask army.ml A
    is 'chroot: by it' "$(field rcode)" REFUSED
    check 'chroot: rotated' live_until test -s "$live_log"
    is 'chroot: it reloads' "$("$UNBOUND_PREFIX/sbin/unbound-control" -c "$world_dir/jail.conf" reload | head -n 1)" ok
    check 'chroot: loaded again' live_until jail_said 'policy serial 5, ' 2
    ask army.ml A
    is 'chroot: it protects after that' "$(field rcode)" REFUSED
    world_stop jail
    # The new policy is one of them.
    is 'chroot: the log is whole' "$("$TLDGUARD" log verify "$live_log.1" "$live_log" | tail -n 1)" \
        '4 events, 0 broken lines, 1 logs, 0 findings'
}

live_create
traced
test_opened
test_network
modes 077
modes 0
test_links
test_policy_links
test_policy_link_later
test_chroot
live_end
