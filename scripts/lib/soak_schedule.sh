# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# What scripts/soak does and when, from its seed.
#
#   soak_schedule SECONDS SEED   lines of AT WHO WHAT, by time: AT in milliseconds; WHO is policy, whose
#                                WHAT is a group that is listed or taken off, or an image-KIND, or
#                                world, whose WHAT is a kind of soak_kinds, or sample: memory is measured
#   soak_kinds                   KIND SHARE: what can be done to the resolver and its world, how often in
#                                one round of them all, and why

soak_kinds() {
    sed 's/ *#.*//; /^ *$/d' <<'KINDS'
rotate 5            # the log is renamed, as logrotate does here: a new one is made without a signal
reload 2            # all is loaded anew, the cache is empty
reload_keep_cache 2
hangup 1            # SIGHUP, the same as a reload
flush 2             # flush_zone of what is listed and of what is not
flush_requestlist 1 # who waits for the outside is forgotten
hold 2              # the resolver is held by a signal, and goes on
log-moved 1         # the folder of the log is renamed, and there is none for a while
log-removed 1       # it is removed with all that is in it
log-replaced 1      # another file is renamed into the log's place
log-truncated 1     # somebody cuts the log
log-readonly 1      # nothing can be made in the folder
log-link 1          # a symbolic link, a FIFO, a folder in the log's place
log-fifo 1
log-folder 1
disk-full 1         # more events than memory has room for
outside-held 1      # nobody answers outside, for a moment
outside-gone 1      # nobody is there
outside-slow 1      # answers late; and the ways of tests/support/liar.py
outside-lose 1
outside-forge 1
outside-drip 1
outside-silent 1
KINDS
}

soak_images='cut random empty folder unreadable dangling future missing'

# Each kind comes once before the first comes again. In the table of chances: Park and Miller.
soak_schedule() {
    soak_kinds | awk -v last="$1" -v seed="$2" -v groups="$soak_groups" -v images="$soak_images" '
        function pick(n) { state = state * 16807 % 2147483647; return int(state / 2147483647 * n) }
        function shuffle(list, n,   i, j, x) {
            for (i = n; i > 1; i--) { j = 1 + pick(i); x = list[i]; list[i] = list[j]; list[j] = x }
        }
        { for (i = 0; i < $2; i++) kind[++kinds] = $1 }
        END {
            state = seed * 48271 % 2147483646 + 1
            for (i = 0; i < 10; i++) pick(1)
            for (i = 1; i <= groups; i++) group[i] = i
            shuffle(group, groups)
            bad = split(images, image, " ")
            for (second = 1; second < last; second++) {
                if (second % 5 == 3) {
                    if (spoiled % bad == 0) shuffle(image, bad)
                    print second * 1000 - 700 + pick(100), "policy", "image-" image[spoiled++ % bad + 1]
                }
                print second * 1000 + pick(100), "policy", group[second % groups + 1]
            }
            every = last <= 120 ? 20000 : 60000
            for (at = every; at < last * 1000 - 10000; at += every) print at, "world", "sample"
            for (at = 500; at < last * 1000; at += 800 + pick(1800)) {
                if (done % kinds == 0) shuffle(kind, kinds)
                print at, "world", kind[done++ % kinds + 1]
            }
        }' | sort -s -n -k 1,1
}
