# SPDX-License-Identifier: BSD-3-Clause
# What README.md shows of the objects that the benches print, read with jq -s: for scripts/figures.

def commas: tostring | if test("^[0-9]{4,}$") then
    [while(length > 0; .[:-3]) | .[-3:]] | reverse | join(",") else . end;
def figure: if . == null then "-" elif . >= 100 then round | commas else . * 100 | round / 100 | tostring end;
def cell: gsub("\\|"; "\\|");
def line: "| " + join(" | ") + " |";

# The resolvers, by the names that tests/bench/resolver.sh has for them.
def names: {
    none: "Unbound alone", module: "**Unbound with tldguard**", rpz_log: "Unbound, RPZ with `rpz-log`",
    local_log: "Unbound, local-zone with `log-local-actions`", python: "Unbound, the same rule in Python",
    bind: "BIND, RPZ with its log", pdns: "PowerDNS Recursor, RPZ, logged in Lua",
    kresd: "Knot Resolver, policy, logged in Lua", dnsdist: "dnsdist, a rule, in front of an Unbound"
};
def programs: {unbound: "Unbound", nsd: "NSD", bind: "BIND", pdns: "PowerDNS Recursor", kresd: "Knot Resolver",
    dnsdist: "dnsdist", tinycdb: "tinycdb", uthash: "uthash", valgrind: "valgrind", dnsperf: "dnsperf"};

# value(OF; CONFIGURATION; QUESTIONS): null without.
def value($of; $configuration; $questions): [.rows[] |
    select(.of == $of and .configuration == $configuration and .questions == $questions).figure] | first;
def beside($mine; $other): if $mine == null or $other == null then "" else
    (1000 * $mine / $other - 1000 | round / 10 + 0) as $more | # minus nothing is nothing
    " (\(if $more >= 0 then "+" else "" end)\($more)\(if $more == ($more | round) then ".0" else "" end) %)" end;

def resolver:
    . as $r |
    (["one question: all of `ml.` is NXDOMAIN", "cached, instructions", "looked up, instructions",
        "blocked and logged, instructions", "... a second of processor time"] | line),
    (["---", "---:", "---:", "---:", "---:"] | line),
    (names | keys_unsorted[]) as $name |
    ($r | value("instructions"; $name; "cached")) as $cached |
    ($r | value("instructions"; $name; "resolved")) as $resolved |
    ($r | value("server"; $name; "blocked")) as $rate |
    select($cached or $rate) |
    [names[$name],
     ($cached | figure) + if $name == "none" then "" else beside($cached; $r | value("instructions"; "none"; "cached")) end,
     ($resolved | figure) + if $name == "none" then "" else beside($resolved; $r | value("instructions"; "none"; "resolved")) end,
     (if $name == "none" then "-" else $r | value("instructions"; $name; "blocked") | figure end),
     (if $name == "none" then "-" else $rate | figure end)] | line;

# What the reader has to know of how they were measured.
def known: names | with_entries(.value |= gsub("\\*\\*"; ""));
def warnings:
    (.absent // [] | .[] | "Left out, as it was not there or did not start: \(known[.])."),
    (.missing // [] | .[] | select(.missing > 0) |
        "The log of \(known[.configuration] // .configuration) lacks \(.missing) of \(.of) \(.questions) questions."),
    (.thrown // [] | if length > 0 then "Runs thrown away: \(length)." else empty end);

def targets:
    (["aimed at", "tldguard", "beside", "ratio", "aim", "met", "command"] | line),
    (["---", "---:", "---:", "---:", "---", "---", "---"] | line),
    (.[] | .bench as $bench | .targets | to_entries[] | .key as $nth | .value as $t |
        ["\($t.of), \($t.what)" | cell,
         "\($t.ours | figure) \($t.unit)",
         if $t.peer == null then "-" else "\($t.peer_name): \($t.peer | figure)" | cell end,
         ($t.ratio | if . == null then "-" elif . == 0 then "below 0.001" else tostring end),
         "at \($t.way) \($t.limit)",
         if $t.met then "yes" else "**no**" end,
         if $nth == 0 then "`make -C build bench-\($bench)`" else "the same" end] | line);

def about:
    (map(.about) | add) as $about |
    "Measured on \(map(.day) | unique | join(" and ")), \($about.machine), under a load of " +
    "\(map(.about.load) | unique | join(", ")); \($about.compiler | sub(" .*"; "")) " +
    "\($about.compiler | sub(".* "; "")), " +
    ([programs | to_entries[] | select($about[.key] != null) |
        "\(.value) \($about[.key] | sub("-Debian.*"; ""))"] | join(", ")) + ".";

"",
"![What a blocked and logged question costs](tests/bench/figures/figures.svg)",
"",
about,
"Method, limits, and what is not measured: [BENCHMARKS.md](BENCHMARKS.md). `make -C build bench` measures all of",
"this again, `make -C build bench-quick` in a few minutes.",
"",
(.[] | select(.bench == "resolver") | resolver),
(.[] | select(.bench == "resolver") | [warnings] | if length > 0 then "", .[] else empty end),
"",
targets,
"",
"Met: \([.[].targets[] | select(.met)] | length) of \([.[].targets[]] | length).",
""
