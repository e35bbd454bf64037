#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Who types army.ml into a browser: Unbound sends it to the sinkhole address, nginx has the page there, and
# the browser, a real one, shows what was meant, runs nothing and asks nobody else.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../support/network.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/network.sh"
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
work=/nonexistent
# shellcheck source-path=SCRIPTDIR source=../support/browser.sh
source "$TG_SRC/tests/support/browser.sh"
# shellcheck source-path=SCRIPTDIR source=../support/nginx.sh
source "$TG_SRC/tests/support/nginx.sh"
browser=$(browser_find) nginx=$(nginx_find)
[[ -n $browser ]] || { echo '1..0 # SKIP no chromium-headless-shell and no chromium here'; exit 77; }
[[ -n $nginx ]] || { echo '1..0 # SKIP no nginx here: scripts/setup --dev unpacks it'; exit 77; }
nginx_address 192.0.2.53 2001:db8::53 || { echo '1..0 # SKIP no addresses in this namespace'; exit 77; }

live_policy=$TG_SRC/tests/live/landing.yaml
world_unbound_more='    interface: 127.0.0.1@53'
live_begin
trap 'browser_stop; nginx_stop; world_end' EXIT
work=$world_dir/web
mkdir "$work"
"$TLDGUARD" export --nginx "$live_policy" -o "$work/site" || bail 'no site'
nginx_start "$nginx" "$work/site" 192.0.2.53 || bail "nginx does not start: $(cat "$work"/nginx/*)"
# Whom this machine asks, as far as the test goes.
echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
echo 'hosts: files dns' >"$work/nsswitch.conf"
for file in resolv.conf nsswitch.conf; do
    mount --bind "$work/$file" "/etc/$file" || bail "no other /etc/$file"
done
browser_rules=''
browser_start "$browser" || bail "the browser does not start: $(tail -n 5 "$work/browser.log")"

# js NAME WANTED EXPRESSION: what it is in the page.
js() { is "$1" "$(browser_eval "$3")" "$2"; }
# clean NAME URL: what was opened was fetched and nothing else, and nothing was run. That the page came with
# 403 is all that the browser has to complain of.
clean() {
    is "$1: nothing is asked for but the page" \
        "$(jq -r 'select(.method == "Network.requestWillBeSent") | .params.request.url' "$work/events")" "$2"
    is "$1: nothing is said but 403" "$(jq -r 'select(.method == "Runtime.exceptionThrown" or
        .method == "Runtime.consoleAPICalled" or .method == "Log.entryAdded" or .method == "Page.javascriptDialogOpening") |
        .params.entry.text // tostring' "$work/events")" 'Failed to load resource: the server responded with a status of 403 (Forbidden)'
}
rows='Object.fromEntries([...document.querySelectorAll("dl div")].map(r => [r.firstChild.innerText, r.lastChild.innerText]))'

browser_size 1000 900
browser_scheme light
browser_go http://army.ml/login?user=me
clean 'a look-alike' 'http://army.ml/login?user=me'
is 'status and address' "$(jq -c 'select(.method == "Network.responseReceived") | .params.response | [.status, .remoteIPAddress, .remotePort, .mimeType]' "$work/events")" \
    '[403,"192.0.2.53",80,"text/html"]'
js 'heading' '"army.ml\nis not army.mil"' 'document.querySelector("h1").innerText'
js 'title and language' '["army.ml is not army.mil","en"]' '[document.title, document.documentElement.lang]'
js 'a link to the protected twin, without a referrer' '["https://army.mil/","noreferrer"]' \
    '(a => [a.href, a.rel])(document.querySelector(".twin a"))'
js 'the contact' '["mailto:servicedesk@example.net"]' '[...document.querySelectorAll("strong a")].map(a => a.href)'
js 'no cookie, no script, nothing kept' '["",0,0,0]' \
    '[document.cookie, document.scripts.length, localStorage.length, document.querySelectorAll("[onerror], [onclick], [style], img, iframe, form, link").length]'
live_await_line '"name":"army.ml","type":"A"' || true
is 'what the page tells leads to the event' \
    "$(browser_eval "$rows" | jq -c '[.Name, .["Taken for"], .Rule, .Policy]')" \
    "$(jq -c 'select(.dns.question.name == "army.ml" and .dns.question.type == "A") | [.dns.question.name, .tldguard.twin, .rule.id, .rule.version]' "$live_log" | head -n 1)"
is 'it was sent there by the resolver' \
    "$(jq -r 'select(.dns.question.name == "army.ml" and .dns.question.type == "A") | .tldguard.reply' "$live_log" | sort -u)" 'sinkhole A'
js 'the address and the time of who asked' '["192.0.2.53",true]' \
    "(r => [r['Your address'], Math.abs(Date.parse(r.Time.replace(' UTC', 'Z').replace(' ', 'T')) - Date.now()) < 60000])($rows)"

# Behind the escaping stands the policy of the page.
js 'a script that is put in does not run, a style does nothing, nothing is sent' '[null,"static","refused"]' \
    "$(browser_probe /)"

browser_go http://www.rijk.ml/
js 'another: its twin is text, and one stroke takes it' '["www.rijk.ml\nis not www.rijk.mil",0,"www.rijk.mil","all"]' \
    '[document.querySelector("h1").innerText, document.querySelectorAll(".twin a").length,
        ...(c => [c.innerText, getComputedStyle(c).userSelect])(document.querySelector(".twin code"))]'
browser_go 'http://army.ml/%3Cscript%3Ealert(1)%3C/script%3E?q="><img src=x onerror=alert(2)>#<svg onload=alert(3)>'
clean 'a URL of ill will' "$(jq -r 'select(.method == "Network.requestWillBeSent") | .params.request.url' "$work/events" | head -n 1)"
js 'a URL of ill will is not in the page' '["army.ml is not army.mil",0]' \
    '[document.title, document.querySelectorAll("script, img, svg").length]'
browser_go http://192.0.2.53/
js 'an address' '["This name is stopped","192.0.2.53"]' "[document.querySelector('h1').innerText, $rows.Name]"
browser_go 'http://[2001:db8::53]/'
js 'by IPv6' '["This name is stopped","[2001:db8::53]","2001:db8::53"]' "[document.querySelector('h1').innerText, $rows.Name, ($rows)['Your address']]"

# No browser sends such a Host; what nginx answers to it is opened as a file.
for host in '<script>alert(1)<script>' '"><img%20src=x%09onerror=alert(1)>' '&lt;script&gt;' "'onload='alert(1)" '<!--#echovar="host"-->'; do
    exec 3<>/dev/tcp/192.0.2.53/80
    printf 'GET / HTTP/1.0\r\nHost: %s\r\n\r\n' "$host" >&3
    timeout 10 cat <&3 >"$work/answer"
    exec 3>&-
    sed '1,/^\r$/d' "$work/answer" >"$work/hostile.html"
    browser_open "$work/hostile.html"
    js "Host: $host" "$(jq -nc --arg host "$host" '[0, $host]')" \
        "[document.querySelectorAll('script, img, svg, [onload], [onerror]').length, $rows.Name]"
done

# HTTPS: at once, and no warning that people learn to pass.
before=$SECONDS
browser_call Page.navigate '{"url":"https://army.ml/"}'
is 'https is refused' "$(jq -r .errorText <<<"$browser_result") $((SECONDS - before < 5))" 'net::ERR_CONNECTION_REFUSED 1'

# For everybody: contrast (WCAG 2.2) of each text, light and dark; keyboard; a screen reader; a small window; paper.
# shellcheck disable=SC2016 # JavaScript
contrast='(() => {
    const rgb = (text) => { const c = document.createElement("canvas").getContext("2d"); c.fillStyle = text; c.fillRect(0, 0, 1, 1);
        return [...c.getImageData(0, 0, 1, 1).data]; };
    const light = (c) => c.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
        if (rgb(c)[3] === 255) return c; } return "white"; };
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), bad = [];
    let seen = 0;
    while (walk.nextNode()) {
        const e = walk.currentNode.parentElement;
        if (!walk.currentNode.data.trim()) continue;
        const [x, y] = [light(rgb(getComputedStyle(e).color)), light(rgb(behind(e)))].sort((p, q) => q - p);
        seen++;
        if ((x + 0.05) / (y + 0.05) < 4.5) bad.push(walk.currentNode.data);
    }
    return {bad: bad, enough: seen > 20, paper: light(rgb(behind(document.body))) > 0.5};
})()'
for scheme in light dark; do
    browser_scheme "$scheme"
    browser_go http://army.ml/
    js "contrast: $scheme" "{\"bad\":[],\"enough\":true,\"paper\":$([[ $scheme == light ]] && echo true || echo false)}" "$contrast"
done
reached=''
for _ in 1 2; do
    browser_key Tab 9
    reached+=$(browser_eval '(e => [e.innerText, getComputedStyle(e).outlineStyle !== "none"])(document.activeElement)')
done
is 'keyboard: both links, and it shows where it is' "$reached" '["army.mil",true]["servicedesk@example.net",true]'
browser_call Accessibility.getFullAXTree
# Level by level.
is 'reader: what there is' "$(jq -r '.nodes[] | select(.ignored | not) | .role.value as $role | select(["main", "heading", "link", "contentinfo"] | index($role)) |
    "\($role) \(.name.value)"' <<<"$browser_result" | sed 's/ *$//')" 'main
contentinfo
heading army.ml is not army.mil
heading You probably meant
heading If you did mean army.ml
link army.mil
link servicedesk@example.net'
label=$(printf 'w%.0s' {1..60})
browser_go "http://$label.$label.$label.$label.ml/"
browser_size 320 700
for name in 'a long name' 'a short one'; do
    js "small: $name is not wider than the window" '[true,[]]' '[document.documentElement.scrollWidth <= innerWidth,
        [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))]'
    browser_go http://army.ml/
done
browser_size 688 1000
browser_scheme dark print
js 'paper: black on white' '["rgb(255, 255, 255)","rgb(26, 32, 39)"]' \
    '(s => [s.backgroundColor, s.color])(getComputedStyle(document.documentElement))'
browser_call Page.printToPDF '{"paperWidth":8.27,"paperHeight":11.69,"preferCSSPageSize":true}'
if command -v pdftotext >/dev/null; then
    jq -r .data <<<"$browser_result" | base64 -d >"$work/page.pdf"
    pdftotext -layout "$work/page.pdf" "$work/page.txt"
    is 'paper: one page with all of it' "$(tr -cd '\f' <"$work/page.txt" | wc -c) $(grep -c -e 'is not army.mil' -e servicedesk -e 2026112901 "$work/page.txt")" '1 3'
fi
is 'nginx has kept nothing of them' "$(cat "$work/nginx/access.log")" ''
browser_stop
live_end
