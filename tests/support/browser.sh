#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A browser without a window, driven over a pipe by the DevTools protocol: a JSON object ended by a
# NUL in each direction. It needs jq, no port, and no other tool. To be sourced; in $work are its
# files.
work=${work:?a folder}
browser_pid='' browser_session='' browser_id=0 browser_result=''

# browser_find: the path of one, or nothing.
browser_find() {
    command -v chromium-headless-shell || command -v chromium || true
}

# browser_start PATH: with an empty profile. By browser_rules, where names lead, of which empty ones leave it
# to the system; without, no name leads anywhere, so that nothing gets out.
browser_start() {
    local -a flags=(--headless --disable-gpu --disable-quic --no-first-run --disable-sync
        --disable-background-networking --disable-component-update --hide-scrollbars
        --force-color-profile=srgb "--host-resolver-rules=${browser_rules-MAP * ~NOTFOUND}"
        --remote-debugging-pipe "--user-data-dir=$work/profile")
    ((EUID != 0)) || flags+=(--no-sandbox)
    mkdir "$work/profile"
    mkfifo "$work/to" "$work/from"
    exec 7<>"$work/to" 8<>"$work/from"
    : >"$work/events"
    HOME=$work "$1" "${flags[@]}" about:blank 3<"$work/to" 4>"$work/from" 7>&- 8>&- >/dev/null 2>"$work/browser.log" &
    browser_pid=$!
    browser_call Target.createTarget '{"url":"about:blank"}' || return
    browser_call Target.attachToTarget \
        "$(jq -c '{targetId: .targetId, flatten: true}' <<<"$browser_result")" || return
    browser_session=$(jq -r .sessionId <<<"$browser_result")
    local domain
    for domain in Runtime Log Network Page Accessibility; do
        browser_call "$domain.enable" || return
    done
}

browser_stop() {
    local deadline=$((SECONDS + 5))
    [[ -n $browser_pid ]] || return 0
    kill "$browser_pid" 2>/dev/null || true
    wait "$browser_pid" 2>/dev/null || true
    browser_pid=''
    exec 7>&- 8>&-
    # Children of it may write there for a moment more.
    until rm -rf "$work/profile" 2>/dev/null || ((SECONDS >= deadline)); do sleep 0.05; done
}

# browser_read: the next message in $message. Without an answer for so long it is taken for dead.
browser_read() {
    IFS= read -r -d '' -t "${TG_PATIENCE:-30}" message <&8 || {
        echo "# the browser does not answer" >&2
        return 1
    }
}

# browser_call METHOD [PARAMETERS]: the result in $browser_result; events that come meanwhile are
# added to the file events, one a line.
browser_call() {
    local message
    browser_id=$((browser_id + 1))
    jq -jnc --arg method "$1" --argjson params "${2:-{\}}" --arg session "$browser_session" --argjson id "$browser_id" \
        '{id: $id, method: $method, params: $params} + if $session == "" then {} else {sessionId: $session} end' >&7
    printf '\0' >&7
    while browser_read; do
        if [[ $message == "{\"id\":$browser_id,"* ]]; then
            browser_result=$(jq -c 'if .error then error(.error.message) else .result end' <<<"$message")
            return
        fi
        printf '%s\n' "$message" >>"$work/events"
    done
    return 1
}

# browser_await EVENT: since the file events was emptied.
browser_await() {
    local message
    until grep -q "^{\"method\":\"$1\"" "$work/events"; do
        browser_read || return
        printf '%s\n' "$message" >>"$work/events"
    done
}

# browser_open FILE, browser_go URL: and waits until it is shown.
browser_open() { browser_go "file://$1"; }
browser_go() {
    : >"$work/events"
    browser_call Page.navigate "$(jq -nc --arg url "$1" '{url: $url}')" &&
        browser_await Page.loadEventFired
}

# browser_eval EXPRESSION: of JavaScript; its value as JSON on standard output.
browser_eval() {
    browser_call Runtime.evaluate \
        "$(jq -nc --arg text "$1" '{expression: $text, returnByValue: true, awaitPromise: true}')" &&
        jq -c 'if .exceptionDetails then "failed: " + (.exceptionDetails.exception.description // .exceptionDetails.text)
            else .result.value end' <<<"$browser_result"
}

# browser_scheme light|dark [MEDIA]
browser_scheme() {
    browser_call Emulation.setEmulatedMedia \
        "{\"media\":\"${2:-}\",\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"$1\"}]}"
}

# browser_size WIDTH HEIGHT
browser_size() {
    browser_call Emulation.setDeviceMetricsOverride \
        "{\"width\":$1,\"height\":$2,\"deviceScaleFactor\":1,\"mobile\":false}"
}

# browser_key NAME CODE [TEXT]
browser_key() {
    local text=${3:+,\"text\":\"$3\"}
    browser_call Input.dispatchKeyEvent "{\"type\":\"keyDown\",\"key\":\"$1\",\"code\":\"$1\",\"windowsVirtualKeyCode\":$2$text}" &&
        browser_call Input.dispatchKeyEvent "{\"type\":\"keyUp\",\"key\":\"$1\",\"code\":\"$1\",\"windowsVirtualKeyCode\":$2}"
}

# browser_probe URL: to be evaluated: what becomes of a script, a style and a question to that URL that are
# put into the page. A Content-Security-Policy that holds makes it [null,"static","refused"].
browser_probe() {
    cat <<JS
(async () => {
    const script = document.createElement('script'), box = document.createElement('div');
    script.textContent = 'window.ran = true';
    box.innerHTML = '<p style="position: fixed" onclick="window.ran = true">x</p>';
    document.body.append(script, box);
    box.firstChild.click();
    return [window.ran ?? null, getComputedStyle(box.firstChild).position, await fetch('$1').then(() => 'sent', () => 'refused')];
})()
JS
}
