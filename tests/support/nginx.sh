#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A real nginx with a site of tldguard export --nginx, in a network namespace that the test is in and that
# has the sinkhole addresses. To be sourced; in $work/nginx are its files.
work=${work:?a folder}
nginx_pid=''

# nginx_find: the path of one, or nothing. scripts/setup unpacks it.
nginx_find() {
    PATH=$PATH:/usr/sbin:${TG_SRC:?where the source is}/build/nginx/bin command -v nginx || true
}

# nginx_address ADDRESS...: of this host from now on.
nginx_address() {
    local address
    ip link set lo up || return
    for address; do
        if [[ $address == *:* ]]; then address+=/128; else address+=/32; fi
        ip address add "$address" dev lo nodad 2>/dev/null || ip address add "$address" dev lo || return
    done
}

# nginx_conf SITE: the rest of the configuration, as Debian's has it where it matters to a site; what
# nginx would write in folders of this machine goes elsewhere. Its own log says what each request was.
nginx_conf() {
    local kind
    printf '%s\n' 'daemon off;' "pid $work/nginx/pid;" "error_log $work/nginx/error.log info;" \
        'events { worker_connections 768; }' 'http {' 'sendfile on; tcp_nopush on; gzip on;' \
        'types { text/html html; image/png png; application/javascript js; }' \
        'default_type application/octet-stream;' "access_log $work/nginx/access.log;"
    # The site that Debian's nginx comes with: at its own address, ours goes before it.
    echo 'server { listen 80 default_server; listen [::]:80 default_server; return 404; }'
    for kind in client_body proxy fastcgi uwsgi scgi; do echo "${kind}_temp_path $work/nginx/$kind;"; done
    echo "include $1; }"
}

# nginx_says PROGRAM SITE: what nginx -t has to say; nothing when it is fine.
nginx_says() {
    mkdir -p "$work/nginx"
    { ((EUID != 0)) || echo 'user nobody nogroup;'; nginx_conf "$2"; } >"$work/nginx/conf"
    "$1" -e "$work/nginx/start.log" -c "$work/nginx/conf" -t 2>&1 |
        grep -v -e 'syntax is ok$' -e 'test is successful$'
}

# nginx_start PROGRAM SITE ADDRESS: and waits until it takes connections there.
nginx_start() {
    local deadline=$((SECONDS + ${TG_PATIENCE:-10}))
    [[ -z $(nginx_says "$1" "$2") ]] || return
    "$1" -e "$work/nginx/start.log" -c "$work/nginx/conf" >"$work/nginx/out" 2>&1 &
    nginx_pid=$!
    until (exec 3<>"/dev/tcp/$3/80") 2>/dev/null; do
        ((SECONDS < deadline)) && kill -0 "$nginx_pid" 2>/dev/null || return
        sleep 0.02
    done
}

nginx_stop() {
    [[ -n $nginx_pid ]] || return 0
    kill "$nginx_pid" 2>/dev/null || true
    wait "$nginx_pid" 2>/dev/null || true
    nginx_pid=''
}
