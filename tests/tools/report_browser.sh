#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The page of tldguard report in a real browser: what it shows, that it runs and loads nothing but
# its own, that it can be used by keyboard and read by a screen reader, in light and dark, on paper.
set -u
# shellcheck source-path=SCRIPTDIR source=tap.sh
source "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../support/browser.sh
source "$tests/../support/browser.sh"
trap 'browser_stop; rm -rf "$work"' EXIT
browser=$(browser_find)
if [[ -z $browser ]]; then
    echo '1..0 # SKIP no chromium-headless-shell and no chromium here'
    exit 77
fi
chart=$("$tool" report --help | sed -n 's/.*(default \(\/.*\))$/\1/p')
if [[ ! -f $chart ]]; then
    echo "1..0 # SKIP no $chart here: libjs-chart.js is not installed"
    exit 77
fi
export SOURCE_DATE_EPOCH=1796083200 # 2026-12-01
build=${TG_BUILD:?where the project is built}/tests/support
"$build/sample" >sample.jsonl
run report -o sample.html sample.jsonl
is 'a page' "$code$err" 0
if ! browser_start "$browser"; then
    is 'the browser starts' "$(tail -n 5 "$work/browser.log")" ''
    tap_end
fi

# js NAME WANTED EXPRESSION: what it is in the page.
js() { is "$1" "$(browser_eval "$3")" "$2"; }

# js_soon NAME WANTED EXPRESSION: what it comes to be. After another size or medium a browser, and
# Chart.js, lay things out in the frames that follow.
js_soon() {
    js "$1" "$2" "(async () => {
        const wanted = $(jq -c tostring <<<"$2"), end = performance.now() + 10000;
        let value;
        do {
            await new Promise(done => requestAnimationFrame(done));
            value = $3;
        } while (JSON.stringify(value) !== wanted && performance.now() < end);
        return value;
    })()"
}

# clean NAME FILE: since it was opened nothing went wrong, nothing was run that asks back, nothing
# but the file was loaded.
clean() {
    is "$1: no error, no word on the console" \
        "$(jq -c 'select(.method == "Runtime.exceptionThrown" or .method == "Runtime.consoleAPICalled" or
            .method == "Log.entryAdded" or .method == "Page.javascriptDialogOpening") | .params' "$work/events")" ''
    is "$1: nothing is loaded but the page" \
        "$(jq -r 'select(.method == "Network.requestWillBeSent") | .params.request.url' "$work/events")" "file://$2"
}

# The text of a table's cells, as it is seen.
cells() { echo "[...document.querySelectorAll('#$1 tbody tr')].map(r => [...r.cells].map(c => c.innerText))"; }
# What a chart shows.
chart_of() { echo "Chart.getChart(document.querySelector('#$1-chart canvas')).data"; }

# The figures: those of tldguard log.
browser_size 1200 900
browser_scheme light
browser_open "$work/sample.html"
clean 'a page' "$work/sample.html"
for what in clients names twins; do
    "$tool" log top $what --json sample.jsonl >top.json
    is "top $what" "$(browser_eval "$(cells $what)" | jq -r '.[] | [.[0], (.[2] | gsub(","; ""))] | join(" ")')" \
        "$(jq -r ".[] | \"\(.${what%s}) \(.count)\"" top.json)"
    [[ $what != names ]] || continue
    js "the chart of $what: the figures" "$(jq -c 'map(.count)' top.json)" "$(chart_of $what).datasets[0].data"
    js "the chart of $what: the names" "$(jq -c "map(.${what%s})" top.json)" "$(chart_of $what).labels"
done
"$tool" log timeline --by day --json sample.jsonl >days.json
js 'the chart of days' "$(jq -c '[map(.time[0:10]), map(.blocked), map(.watched)]' days.json)" \
    "(d => [d.labels, d.datasets[0].data, d.datasets[1].data])($(chart_of days))"
run report --json sample.jsonl
js 'the chart of severities' "$(jq -c '.severities | [map(.severity), map(.incidents)]' <<<"$out")" \
    "(d => [d.labels, d.datasets[0].data])($(chart_of severities))"
js 'figures at the top' "$(jq -c '[.questions, .blocked, .watched, .clients, .names, ([.severities[:2][].incidents] | add)]' <<<"$out")" \
    "[...document.querySelectorAll('dd')].map(d => Number(d.innerText.replaceAll(',', '')))"
js 'charts are painted' '[true,true,true,true]' "[...document.querySelectorAll('canvas')].map(c =>
    c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(o => o !== 0))"
js 'no bars beside a chart, bars without one' '[0,10]' "['twins', 'names'].map(id =>
    [...document.querySelectorAll('#' + id + ' .bar')].filter(b => b.getClientRects().length > 0).length)"
js 'each id stands once, each reference leads somewhere' '[]' "(() => {
    const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
    const refs = [...document.querySelectorAll('[aria-labelledby]')].map(e => e.getAttribute('aria-labelledby'))
        .concat([...document.querySelectorAll('a')].map(a => a.getAttribute('href').slice(1)));
    return ids.filter((id, i) => ids.indexOf(id) !== i).concat(refs.filter(ref => !document.getElementById(ref)));
})()"

# By keyboard: everything that can be used is reached, in the order of the page, and is seen then.
reached='' hidden='' wanted=$(browser_eval "[...document.querySelectorAll('a, summary')].map(e => e.innerText).join('|')")
for ((i = 0; i < 40; i++)); do
    browser_key Tab 9
    at=$(browser_eval "(e => e === document.body ? null : [e.innerText, getComputedStyle(e).outlineStyle !== 'none' &&
        parseFloat(getComputedStyle(e).outlineWidth) >= 2 && e.getBoundingClientRect().left >= 0])(document.activeElement)")
    [[ $at != null ]] || break
    reached+=${reached:+|}$(jq -r '.[0]' <<<"$at")
    [[ $(jq '.[1]' <<<"$at") == true ]] || hidden+=$at
done
is 'keyboard: all is reached, in order' "\"$reached\"" "$wanted"
is 'keyboard: it shows where it is' "$hidden" ''
browser_eval 'document.activeElement.blur()' >/dev/null
browser_open "$work/sample.html"
browser_key Tab 9
browser_key Enter 13 '\r'
js 'keyboard: the first stop leads past the links' '"report"' 'document.activeElement.id'
browser_eval "document.querySelector('summary').focus()" >/dev/null
browser_key Enter 13 '\r'
js 'keyboard: the days unfold' true "document.getElementById('days-more').open"
is 'the days as a table' "$(browser_eval "$(cells days)" | jq -r '.[] | join(" ")')" \
    "$(jq -r '.[] | "\(.time[0:10]) \(.blocked) \(.watched) \(.blocked + .watched)"' days.json)"

# For a screen reader.
browser_call Accessibility.getFullAXTree
jq -c '[.nodes[] | select(.ignored | not) | {role: .role.value, name: (.name.value // ""), level: ([.properties[]? | select(.name == "level") | .value.value][0])}]' \
    <<<"$browser_result" >tree.json
is 'reader: landmarks' "$(jq -r '.[] | select(.role == "banner" or .role == "navigation" or .role == "main" or .role == "contentinfo") | .role' tree.json)" \
    'banner
navigation
main
contentinfo'
is 'reader: headings' "$(jq -r '.[] | select(.role == "heading") | "\(.level) \(.name)"' tree.json)" '1 Look-alike domain names
2 Summary
2 Day by day
2 What they meant
2 Who asked
2 What they asked for
2 Incidents by severity
2 Policy
2 Is the record whole?'
is 'reader: charts have names' "$(jq -c '[.[] | select(.role == "image") | .name | endswith("figures stand in the table.")]' tree.json)" \
    '[true,true,true,true]'
is 'reader: tables have names' "$(jq -r '.[] | select(.role == "table") | .name' tree.json | LC_ALL=C sort)" 'Clients that asked most often
Incidents by severity
Logs that were read
Names that were asked for most often
Names that were meant most often
Policies of the record
Questions by day
The gravest incidents'
is 'reader: each row has a head' \
    "$(jq '[.[] | select(.role == "rowheader")] | length' tree.json)" \
    "$(browser_eval "document.querySelectorAll('tbody tr').length")"
is 'reader: each column has a head' "$(jq '[.[] | select(.role == "columnheader" and .name != "")] | length' tree.json)" \
    "$(browser_eval "document.querySelectorAll('thead th').length")"
js 'reader: the language, the title' '["en","Look-alike domain names"]' '[document.documentElement.lang, document.title]'

# Contrast (WCAG 2.2): of each text that is seen 4.5, of bars and of what is drawn 3.
# shellcheck disable=SC2016 # JavaScript
contrast='(() => {
    const rgb = (text) => { const c = document.createElement("canvas").getContext("2d"); c.fillStyle = text; c.fillRect(0, 0, 1, 1);
        return [...c.getImageData(0, 0, 1, 1).data]; };
    const light = (c) => c.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ratio = (a, b) => { const [x, y] = [light(rgb(a)), light(rgb(b))].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
    const behind = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
        if (rgb(c)[3] === 255) return c; } return "white"; };
    const bad = [];
    let seen = 0;
    const check = (what, a, b, least) => { seen++; if (ratio(a, b) < least) bad.push([what, a, b, ratio(a, b)]); };
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const e = walk.currentNode.parentElement;
        if (walk.currentNode.data.trim() && !e.closest("script") && e.getClientRects().length > 0)
            check(e.tagName + " " + walk.currentNode.data, getComputedStyle(e).color, behind(e), 4.5);
    }
    document.querySelectorAll(".bar").forEach(b => check("bar", getComputedStyle(b).fill, behind(b.parentElement), 3));
    document.querySelectorAll(".severity").forEach(s =>
        check("severity", getComputedStyle(s, "::before").backgroundColor, behind(s), 3));
    document.querySelectorAll("canvas").forEach(c => { const chart = Chart.getChart(c), paper = behind(c);
        chart.data.datasets.forEach(d => [].concat(d.backgroundColor).forEach(p => check("chart", p, paper, 3)));
        Object.values(chart.options.scales).forEach(s => check("scale", s.ticks.color, paper, 4.5));
        check("legend", chart.options.plugins.legend.labels.color, paper, 4.5); });
    return {bad: bad, enough: seen > 300, paper: light(rgb(behind(document.body))) > 0.5};
})()'
js 'contrast: light' '{"bad":[],"enough":true,"paper":true}' "$contrast"
browser_scheme dark
js_soon 'contrast: dark, switched to with all drawn again' '{"bad":[],"enough":true,"paper":false}' "$contrast"
browser_open "$work/sample.html"
browser_eval "document.getElementById('days-more').open = true" >/dev/null
js 'contrast: dark from the start' '{"bad":[],"enough":true,"paper":false}' "$contrast"
clean 'dark' "$work/sample.html"

# A small window: the page is not wider, and what is wider in it is moved by keyboard.
browser_size 360 700
js_soon 'small: the page is not wider than the window' true 'document.documentElement.scrollWidth <= innerWidth'
js_soon 'small: what is cut can be reached' true "[...document.querySelectorAll('.scroll')].filter(b => b.scrollWidth > b.clientWidth).length > 0 &&
    [...document.querySelectorAll('.scroll')].every(b => (b.scrollWidth > b.clientWidth) === (b.tabIndex === 0))"
browser_size 1200 900

# On paper: light, all unfolded, nothing cut, though it is dark on the screen.
browser_scheme dark print
browser_size 688 1000 # what a page of A4 has between its margins
js_soon 'paper: black on white, in any case' true "(s => s.backgroundColor === 'rgb(255, 255, 255)' && s.color === 'rgb(26, 32, 39)')(getComputedStyle(document.documentElement))"
js_soon 'paper: nothing is wider than it' '[]' "[...document.querySelectorAll('main *')].filter(e => e.getClientRects().length > 0 &&
    !e.closest('.unseen') && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 100))"
js_soon 'paper: rows are not cut' '["avoid"]' "[...new Set([...document.querySelectorAll('tr')].map(r => getComputedStyle(r).breakInside))]"
browser_scheme light
browser_size 1200 900

# pdf FILE: prints the page that is open; its text without what separates it.
pdf() {
    browser_call Page.printToPDF '{"paperWidth":8.27,"paperHeight":11.69,"preferCSSPageSize":true,"printBackground":false}' &&
        jq -r .data <<<"$browser_result" | base64 -d >"$1.pdf" && pdftotext -layout "$1.pdf" "$1.txt" &&
        tr -d ' \n\f' <"$1.txt" >"$1.flat"
}
if command -v pdftotext >/dev/null; then
    browser_open "$work/sample.html"
    pdf sample
    missing=''
    for what in twins clients names days incidents policies logs; do
        while read -r row; do
            grep -qF "$row" sample.flat || missing+="$what: $row"$'\n'
        done < <(browser_eval "document.getElementById('days-more').open = true; $(cells $what)" | jq -r '.[] | join("") | gsub(" "; "")')
    done
    is 'PDF: each row of each table is there' "$missing" ''
    is 'PDF: a few pages' "$(($(tr -cd '\f' <sample.txt | wc -c) <= 6))" 1
else
    is 'pdftotext is not there # SKIP' '' ''
fi

# Hostile names, in all places: they are text.
base=$(head -n 1 sample.jsonl)
event() { jq -c "$1" <<<"$base"; }
label=$(printf 'w%.0s' $(seq 63))
{
    event '.dns.question.name="</script><script>alert(1)</script><img src=x onerror=alert(2)>.ml" | .tldguard.twin="<!--<script>.mil" | .source.ip="<b>x"'
    # shellcheck disable=SC2016 # what JavaScript would take for its own
    event '.dns.question.name="\"\u0027><svg onload=alert(3)>" | .tldguard.twin="&lt;b&gt;${alert(4)}`" | .source.ip="javascript:alert(5)"'
    event '.dns.question.name="a\u001b[2Jb\u202ec\u2028\u2029\r\nd" | .tldguard.twin="__proto__" | .source.ip="constructor"'
    event ".dns.question.name=\"$label.$label.$label.${label:2}\" | .tldguard.twin=\"$label.$label.$label.${label:2}\""
    event '.dns.question.name="</title></style></table>" | .tldguard.severity="<i>" | .tldguard.boot="<u>" | .observer.hostname="<s>"'
} >'<img src=q onerror=alert(6)>.jsonl'
run report -T '</title><script>alert(7)</script>' -q '*' -o hostile.html './<img src=q onerror=alert(6)>.jsonl'
browser_open "$work/hostile.html"
clean 'hostile' "$work/hostile.html"
js 'hostile: nothing of theirs became a part of the page' '[3,0,8,1]' \
    "[document.scripts.length, document.querySelectorAll('img, svg:not(.bar), b, i, u, s, [onerror], [onload]').length, document.querySelectorAll('table').length, document.styleSheets.length]"
is 'hostile: names as they are, or escaped' "$(browser_eval "$(cells names)" | jq -r 'sort | .[] | .[0]')" "$(LC_ALL=C sort <<END
"'><svg onload=alert(3)>
</script><script>alert(1)</script><img src=x onerror=alert(2)>.ml
</title></style></table>
a\x1b[2Jb\u{202e}c\u{2028}\u{2029}\x0d\x0ad
$label.$label.$label.${label:2}
END
)"
js 'hostile: the title' '"</title><script>alert(7)</script>"' 'document.title'
js 'hostile: a long name is shortened in a chart, and keeps its end' '"wwwwwwwwwwwwww…wwwwwwwwwwwwww"' \
    "$(chart_of twins).labels.find(l => l.startsWith('www'))"
js_soon 'hostile: the page is not wider than the window' true 'document.documentElement.scrollWidth <= innerWidth'
browser_scheme light print
browser_size 688 1000
js_soon 'hostile: on paper nothing is cut' '[]' "[...document.querySelectorAll('main *')].filter(e => e.getClientRects().length > 0 &&
    !e.closest('.unseen') && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 100))"
browser_scheme light
browser_size 1200 900
# Behind the escaper stands the policy of the page: what would slip through does not run.
js 'the policy: a script that is put in does not run, a style does nothing, nothing is sent' '[null,"static","refused"]' \
    "$(browser_probe file:///etc/hostname)"

# Little, much, and without Chart.js.
: >empty.jsonl
run report -o empty.html empty.jsonl
browser_open "$work/empty.html"
clean 'empty' "$work/empty.html"
js 'empty: no chart, no table' '[0,0]' "[document.querySelectorAll('canvas').length, document.querySelectorAll('table').length]"
"$build/events" 20000 1000 | jq -c '.tldguard.twin |= .[0:60]' >much.jsonl
run report -n 1000 -o much.html much.jsonl
browser_open "$work/much.html"
clean 'much' "$work/much.html"
js 'much: all in the table, the first in the chart' '[1000,20]' \
    "[document.querySelectorAll('#clients tbody tr').length, $(chart_of clients).labels.length]"
run report -J nowhere -o plain.html sample.jsonl
browser_open "$work/plain.html"
clean 'without Chart.js' "$work/plain.html"
js 'without Chart.js: the tables have bars, the days are unfolded, no place is left for charts' '[true,true,0]' \
    "[[...document.querySelectorAll('.bar')].every(b => b.getClientRects().length > 0), document.getElementById('days-more').open,
        [...document.querySelectorAll('.chart')].filter(c => c.getClientRects().length > 0).length]"
tap_end
