# SPDX-License-Identifier: BSD-3-Clause
# Judges what the clients of scripts/soak saw, and what the log has of it.
#
# -v limit   microseconds from a change on in which the former policy is still right
# -v silent  microseconds after which a client gave up
# -v start   when the schedule began: times are told from there on, those of the warm-up are negative
# Files, in this order, each behind file=NUMBER, as scripts/lib/soak_*.sh make them:
#   1  soak_table: what is right for each row
#   2  BEFORE AFTER GROUP STATE: when a change was made, and that it is listed (1) or not (0)
#   3  b|e WHEN KIND: begin and end of whatever was done to the resolver and its world
#   4  of tests/support/soak, sorted by time; and once more as 5
#   6  LOST ACTION ADDRESS PORT TRANSPORT NAME TYPE RCODE, tabs between: what the log has
# Prints lines "figure NAME VALUE" and "wrong TEXT".

function figure(name, value) { printf "figure %s %.0f\n", name, value }
function min(a, b) { return a < b ? a : b }
function max(a, b) { return a > b ? a : b }
function wrong(kind, text) { if (++told[kind] <= 10) print "wrong " kind ": " text }
function clock(us) { return sprintf("%.3f s", (us - start) / 1000000) }

function read_table(   s) {
    row++
    transport[row] = $3; edns[row] = $4 ~ /[ed]/; group[row] = $7
    right[row, 1] = $8; events[row, 1] = $9
    right[row, 0] = $10; events[row, 0] = $11
    other[row] = $12; other_events[row] = $13
    twin[row] = $5 ~ /mlx$|^slip/
}

function read_change(   g) {
    g = $3
    if (changes[g] > 0) end_of[g, changes[g]] = $2
    changes[g]++
    begin_of[g, changes[g]] = $1; state_of[g, changes[g]] = $4
    first[g] = 1
    if ($1 > 0) change_count++
}

function class_of(kind) {
    if (kind ~ /^outside-/) return "outside"
    if (kind ~ /^(reload|reload_keep_cache|hangup|flush_requestlist|sample)$/) return "restart"
    return kind == "stop" ? "stop" : kind == "disk-full" ? "full" : "none"
}
function read_fault(   i) {
    if ($1 == "b") {
        fault_kind[++faults] = $3; fault_begin[faults] = $2; fault_end[faults] = 1e18
        open_fault[$3] = faults
        count[$3]++
        # A policy that a bad image has taken the place of is not there to be read.
        if (class_of($3) == "restart" || class_of($3) == "stop" || $3 ~ /^image-/) {
            hold($2, 1e18)
            hold_fault[faults] = holds
            hold_is_policy[holds] = $3 ~ /^image-/
        }
        if (class_of($3) == "full") full[faults]
        return
    }
    i = open_fault[$3]
    fault_end[i] = $2
    if (i in hold_fault) hold_end[hold_fault[i]] = $2
}
function hold(from, to) { hold_begin[++holds] = from; hold_end[holds] = to }

# How much of that time nobody could do anything: Unbound was held, began anew, had no policy to read, or
# this machine slept.
function held(from, to, of_policy,   i, sum, a, b) {
    for (i = 1; i <= holds; i++) {
        if (hold_is_policy[i] && !of_policy) continue
        a = max(from, hold_begin[i]); b = min(to, hold_end[i])
        if (b > a) sum += b - a
    }
    return sum + 0
}
# When the former policy must be gone: what was held does not count, and may be held again.
function gone(from,   to, next_to, i) {
    to = from + limit
    for (i = 0; i < 8; i++) {
        next_to = from + limit + held(from, to, 1)
        if (next_to <= to) break
        to = next_to
    }
    return to
}

# during CLASS: one of these was under way; silence of the outside is remembered for a while, longest by
# a look-up that all who need it wait for, and that asks less and less often.
function during(class, from, to,   i, tail) {
    tail = class == "outside" ? 8000000 : class == "twin" ? 20000000 : 0
    if (class == "twin") class = "outside"
    for (i = faults; i > 0; i--)
        if (class_of(fault_kind[i]) == class && fault_begin[i] < to && fault_end[i] + tail > from) return 1
    return 0
}
function is_full(at,   i) {
    for (i in full)
        if (fault_begin[i] <= at && at <= fault_end[i]) return 1
    return 0
}
function under_way(from, to,   i, text) {
    for (i = 1; i <= faults; i++)
        if (fault_begin[i] < to && fault_end[i] > from && fault_kind[i] != "policy") text = text " " fault_kind[i]
    return text == "" ? " nothing special" : text
}

function wanted(row, s,   want) {
    want = right[row, s]
    if (want !~ /^!/) return want
    want = substr(want, 2)
    return edns[row] ? substr(want, 1, index(want, ":") - 1) "+ede" substr(want, index(want, ":")) : want
}

function allow(low, high) {
    least = fits ? min(least, low) : low
    most = fits ? max(most, high) : high
    fits = 1
}

# Which states may have been in force between the two moments: what fits sets fits, least, most; and
# late, how long it was no longer in force when the question came.
function compare_states(row, from, to, got,   g, i) {
    g = group[row]; fits = 0; needs_outside = twin[row]; expected = ""; late = 0
    passed = 0; possible = 0
    if (g == 0) {
        compare_state(row, 1, got)
        return
    }
    while (first[g] < changes[g] && ends(g, first[g]) < from) first[g]++
    late = -1
    for (i = first[g]; i <= changes[g] && begin_of[g, i] < to; i++)
        if ((i == changes[g] || ends(g, i) >= from) && compare_state(row, state_of[g, i], got))
            late = i == changes[g] ? 0 : late < 0 ? max(0, from - end_of[g, i]) : min(late, max(0, from - end_of[g, i]))
    # An answer that the cache gives in the very moment of a change: the module cannot hold it any
    # more, and logs by the new policy that it was given.
    if (fits && passed) most = max(most, possible)
}
function ends(g, i) {
    if (!((g, i) in gone_at)) gone_at[g, i] = gone(end_of[g, i])
    return gone_at[g, i]
}
function compare_state(row, s, got,   want) {
    want = wanted(row, s)
    if (right[row, s] !~ /^!/) needs_outside = 1
    possible = max(possible, events[row, s])
    if (index(expected, want) == 0) expected = expected (expected == "" ? "" : " or ") want
    if (got != want) return 0
    if (right[row, s] !~ /^!/) passed = 1
    allow(events[row, s], events[row, s])
    return 1
}

# Without an answer, or with one that says it failed.
function excuse(row, from, to, got,   why) {
    if (got == "none" || got ~ /^SERVFAIL/) {
        if (needs_outside && during("outside", from, to)) why = "outside"
        else if ((needs_outside || transport[row] == "tcp") && during("restart", from, to)) why = "restart"
        else if (got == "none" && held(from, to, 0) > silent / 2) why = "held"
        if (why != "") allow(0, 1)
    } else if (other[row] != "-" && got == other[row] && during("twin", from, to)) {
        why = "outside"
        allow(other_events[row], other_events[row])
    }
    return why
}

function judge(   from, to, r, got, key, why) {
    from = $1; to = $1 + $2; r = $3; got = $9
    asked++
    compare_states(r, from, to, got)
    if (late > latest) latest = late
    why = fits ? "" : excuse(r, from, to, got)
    if (got == "none") {
        unanswered++
        if (why != "") explained++
        else wrong("silent", clock(from) " " $8 " " $7 " from " $4 " by " $6 ": no answer for " sprintf("%.1f", $2 / 1000000) " s during" under_way(from, to))
        least = 0; most = 1
    } else {
        if (got ~ /^SERVFAIL/) failed++
        if (!fits) {
            wrongs++
            wrong("answer", clock(from) " " $8 " " $7 " from " $4 " by " $6 ": " got ", expected " expected " during" under_way(from, to) last_change(group[r], from))
            least = 0; most = 1
        }
        if ($2 > slowest) { slowest = $2; slowest_what = $8 " " $7 " at " clock(from) " during" under_way(from, to) }
    }
    key = $4 SUBSEP $5 SUBSEP $6 SUBSEP $7 SUBSEP $8
    # Of one question whose address, port and name nobody else had.
    if (is_full(from)) at_full[key]
    told_rcode[key] = key in need || got == "none" ? "" : substr(got, 1, match(got, /[+:]/) - 1)
    need[key] += least; might[key] += most
    if (!(key in when)) {
        when[key] = from
        what[key] = got " after " $2 " us"
    }
    required += least
}
function last_change(g, at,   i) {
    if (g == 0) return ""
    for (i = changes[g]; i > 1 && begin_of[g, i] > at; i--)
        ;
    return sprintf(", %.0f ms after group %d was %s", (at - begin_of[g, i]) / 1000, g, state_of[g, i] ? "listed" : "taken off")
}

function read_event() {
    lost += $1
    if ($3 == "-") { notes++; return }
    written++
    if ($3 ~ /^127\.0\.0\.(1|200|201)$/) { free++; return }
    have[$3, $4, $5, $6, $7]++
    said_rcode[$3, $4, $5, $6, $7] = $8
}

function of(key,   part) {
    split(key, part, SUBSEP)
    return " " part[4] " " part[5] " from " part[1] " port " part[2] " by " part[3] \
        (key in when ? ", asked at " clock(when[key]) ", " what[key] ", during" under_way(when[key], when[key] + 1000) : "")
}

# Memory has room for all but a flood while the disk is full: what is missing from another time, no line
# can have counted.
function account(   key) {
    for (key in need) {
        if (have[key] + 0 < need[key]) {
            missing += need[key] - have[key]
            if (key in at_full) continue
            uncounted += need[key] - have[key]
            wrong("missing", "no event for" of(key))
        } else if (have[key] + 0 > might[key]) {
            strange += have[key] - might[key]
            wrong("event", have[key] " events, at most " might[key] " expected, for" of(key))
        } else if (have[key] == 1 && told_rcode[key] != "" && told_rcode[key] != said_rcode[key]) {
            strange++
            wrong("event", "it says " said_rcode[key] ", the client got " told_rcode[key] of(key))
        }
    }
    for (key in have)
        if (!(key in might)) {
            strange += have[key]
            wrong("event", "nobody asked for" of(key))
        }
    uncounted = max(uncounted, missing - lost)
}

file == 1 { read_table() }
file == 2 { read_change() }
file == 3 { read_fault() }
# Stalls are holds as well, and must be known before the first answer is looked at.
file == 4 && $3 == "stall" { hold($1, $1 + $2 + 20000); stalls++; stalled += $2; next }
file == 5 && $3 != "stall" { judge() }
file == 6 { read_event() }

END {
    account()
    figure("questions", asked); figure("answers", asked - unanswered); figure("failed", failed)
    figure("wrong", wrongs)
    figure("unanswered", unanswered); figure("explained", explained)
    figure("events_required", required); figure("events_written", written); figure("events_free", free)
    figure("events_lost", lost); figure("events_missing", missing); figure("uncounted", uncounted)
    figure("events_wrong", strange)
    figure("changes", change_count); figure("latest_old_us", latest)
    figure("stalls", stalls); figure("stalled_us", stalled)
    figure("slowest_us", slowest); print "figure slowest_what " slowest_what
    for (kind in count) print "figure fault." kind " " count[kind]
}
