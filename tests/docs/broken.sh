#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The tests of the pages find each thing that may be wrong in one: tried on a page in which all of it is.
set -u
# shellcheck source-path=SCRIPTDIR source=../tools/tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tools/tap.sh"
src=${TG_SRC:?where the sources are}
command -v jq >/dev/null || { echo '1..0 # SKIP no jq'; exit 77; }

# A tree like this one, with one page. It is below the folder that the tests in it make theirs in.
mkdir top
for path in "$src"/*; do
    [[ $path == *.md ]] || ln -s "$path" "top/${path##*/}"
done

# seen TEST: what it finds, without the lines that are not about a difference; and how many of its lines
# are good.
seen() {
    code=0
    TG_SRC=$work/top "$work/top/tests/docs/$1" >out.txt 2>&1 || code=$?
    sed -n -e 's/^# +\([^+].*\)/\1/p' -e 's/^not ok [0-9]* - /not ok: /p' out.txt | sed 's/[^ ]*\/README.md\/[0-9.]*:/settings:/'
}
# finds NAME PART: one of the lines that it has found.
finds() { is "$1" "$(grep -oF -m 1 -- "$2" seen.txt)" "$2"; }

cat >top/README.md <<'PAGE'
# Bad

[none](nowhere.md), [no heading](#no-such), `tldguard chek x`, `tldguard log --nonsense`, `scripts/setup --nope`,
`scripts/nothing`, `make -C build bench-nothing`

| command | does |
| --- | --- |
| `tldguard check POLICY`, `frobnicate` | x |

<!-- test: skip -->
```sh
echo x
```

<!-- test: skip `nothing`: it is not there -->
```sh
echo y
```

<!-- test: covered by tests/live/none.sh -->
```sh
echo z
```

<!-- test: covered by tests/fleet/push.sh -->
```sh
scripts/soak
```

```sh
if true; then
```

<!-- test: exit 3 -->

Not before a block. <!-- test: soon -->

```yaml
serial: 1
tlds:
  - {tld: ml, mode: nonsense}
```

```yaml
policy: relative
```

```json
{"@timestamp": "2026-11-22T02:31:01.115743Z", }
```

```json
{"@timestamp": "2026-11-22T02:31:01.115743Z"}
```

```perl
x
```

```text
no end
PAGE
seen pages.sh >seen.txt
is 'pages.sh: fails' "$code" 1
while IFS='|' read -r name part; do
    finds "pages.sh: $name" "$part"
done <<'CASES'
a link|nowhere.md leads nowhere
a heading|#no-such: there is no such heading
a subcommand|tldguard has no 'chek'
an option|tldguard log: there is no option --nonsense
an option of a script|there is no option --nope
a path|there is no scripts/nothing
a target of make|there is no 'make bench-nothing'
a name in the table|not ok: README.md:8 frobnicate: --help
a skip without a reason|README.md:12: 'skip' is no note
a skip of no command|README.md:17: no command begins with nothing
a test that is not there|README.md:22: there is no tests/live/none.sh
a test that does not run it|README.md:27: tests/fleet/push.sh does not run soak
no whole command|README.md:31: this does not end as a command of a shell does
a note about nothing|README.md:34: a note about no block
a note in a line|README.md:36: a note is a line of its own
a policy|not ok: README.md:39 a policy
settings|not ok: README.md:45 settings
JSON|not ok: README.md:49 JSON
a language that nobody looks at|not ok: README.md:57: a block of the kind 'perl'
a block without an end|README.md:61: a block without an end
the guide|not ok: README.md leads to the guide
CASES
grep -q '53 an event # SKIP' out.txt || finds 'pages.sh: an event' 'not ok: README.md:53 an event'

if [[ ! ${TG_BUILD:-} -ef $src/build || ! -f $src/build/setup/env ]]; then
    echo '# commands.sh is about a checkout after scripts/setup'
    tap_end
fi
cat >top/README.md <<'PAGE'
# Worse

```sh
false
echo here; exit_code() { return "$1"; }
```
```text
there
```

<!-- test: exit 4 -->
```sh
exit_code 4
```

```sh
echo '2026-11-29T10:00:00Z 17 ms by C7890CEB559CBF5A'; seq 9; echo 'a*b'
```
<!-- test: differs time span id -->
```text
2020-01-01T00:00:00Z 3 ms by 0000000000000000
1
...
8
9
a*b
```

```sh
printf 'a b\nc\n'
```
```text
a ...
```

```sh
echo x >>tries; [ "$(wc -l <tries)" -lt 3 ] || echo three
```
<!-- test: soon -->
```text
three
```

<!-- test: skip `sleep`: it would take long -->
```sh
sleep 100
echo 'until the end'
```

```sh
sleep 1000
```
PAGE
TG_PAGE_MOST=3 seen commands.sh >seen.txt
is 'commands.sh: fails' "$code" 1
is 'commands.sh: what it finds' "$(grep '^not ok' seen.txt)" "not ok: README.md:4 false
not ok: README.md:8 shows what comes of the commands before it
not ok: README.md:33 shows what comes of the commands before it
not ok: README.md: to its end"
is 'commands.sh: what is as it should be' "$(sed -n 's/^ok [0-9]* - README.md:\([0-9]*\) .*/\1/p' out.txt | xargs)" '5 13 17 21 30 37 41 46 47'
is 'commands.sh: what came' "$(grep -c '^# +here$' out.txt)" 1
# And what differs is put into the page.
sed -i '/^sleep 1000$/d' top/README.md
TG_SRC=$work/top "$work/top/tests/docs/commands.sh" --write >out.txt 2>&1
is 'commands.sh --write' "$(sed -n '7,9p; 32,35p' top/README.md)" '```text
here
```
```text
a b
c
```'
tap_end
