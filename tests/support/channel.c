/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tests/support/channel.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#define DNS_MEDIA_TYPE "application/dns-message"

/* One request of HTTP/2 and what came of it. */
struct request {
    const uint8_t *body;
    size_t body_len, body_done;
    uint8_t *reply;
    size_t reply_len;
    bool status_ok, type_ok, closed;
};

struct channel {
    enum channel_kind kind;
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;
    nghttp2_session *h2;
    char authority[128];
    struct request request;
};

static void complain(const char *what, const char *why)
{
    fprintf(stderr, "channel: %s: %s\n", what, why);
}

static void complain_tls(const char *what)
{
    const unsigned long error = ERR_get_error();

    complain(what, error != 0 ? ERR_error_string(error, NULL) : strerror(errno));
}

/* The socket, bound and connected; -1 when that failed. */
static int connect_to(const struct channel_server *server, const char *port, bool udp)
{
    const struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = udp ? SOCK_DGRAM : SOCK_STREAM};
    const struct timeval wait = {
        .tv_sec = server->timeout_ms / 1000, .tv_usec = server->timeout_ms % 1000 * 1000};
    struct addrinfo *to = NULL, *from = NULL;
    const int at_once = 1; /* a header and its body are two writes: do not wait between them */
    int fd = -1;

    if (getaddrinfo(server->address, port, &hints, &to) != 0 ||
        (server->source && getaddrinfo(server->source, "0", &hints, &from) != 0)) {
        complain(server->address, "not an address and port");
        goto out;
    }
    fd = socket(to->ai_family, to->ai_socktype, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) != 0 ||
        (!udp && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once)) != 0) ||
        (from && bind(fd, from->ai_addr, from->ai_addrlen) != 0) ||
        connect(fd, to->ai_addr, to->ai_addrlen) != 0) {
        complain(port, strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
out:
    if (to)
        freeaddrinfo(to);
    if (from)
        freeaddrinfo(from);
    return fd;
}

static bool start_tls(struct channel *c, const struct channel_server *server)
{
    static const uint8_t dot[] = {3, 'd', 'o', 't'};
    static const uint8_t h2[] = {2, 'h', '2'};
    const uint8_t *alpn = c->kind == CHANNEL_DOH ? h2 : dot;
    const unsigned int alpn_len = c->kind == CHANNEL_DOH ? sizeof(h2) : sizeof(dot);

    c->ctx = SSL_CTX_new(TLS_client_method());
    if (!c->ctx || SSL_CTX_load_verify_locations(c->ctx, server->ca, NULL) != 1)
        return false;
    SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
    c->ssl = SSL_new(c->ctx);
    return c->ssl && X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(c->ssl), server->address) == 1 &&
           SSL_set_alpn_protos(c->ssl, alpn, alpn_len) == 0 && SSL_set_fd(c->ssl, c->fd) == 1 &&
           SSL_connect(c->ssl) == 1;
}

/* nghttp2's callbacks. */
static ssize_t on_send(
    nghttp2_session *session, const uint8_t *data, size_t len, int flags, void *arg)
{
    const struct channel *c = arg;
    size_t done;

    (void)session;
    (void)flags;
    return SSL_write_ex(c->ssl, data, len, &done) == 1 ? (ssize_t)done
                                                       : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *arg)
{
    struct channel *c = arg;

    (void)session;
    (void)frame;
    (void)name_len; /* both are terminated by a zero */
    (void)value_len;
    (void)flags;
    if (strcmp((const char *)name, ":status") == 0)
        c->request.status_ok = strcmp((const char *)value, "200") == 0;
    else if (strcmp((const char *)name, "content-type") == 0)
        c->request.type_ok = strcmp((const char *)value, DNS_MEDIA_TYPE) == 0;
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
    size_t len, void *arg)
{
    struct request *r = &((struct channel *)arg)->request;

    (void)session;
    (void)flags;
    (void)stream;
    if (len > CHANNEL_MESSAGE_MAX - r->reply_len)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    memcpy(r->reply + r->reply_len, data, len);
    r->reply_len += len;
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *arg)
{
    struct channel *c = arg;

    (void)session;
    (void)stream;
    (void)error;
    c->request.closed = true;
    return 0;
}

static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *to, size_t cap,
    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    struct request *r = source->ptr;
    const size_t rest = r->body_len - r->body_done;
    const size_t len = rest < cap ? rest : cap;

    (void)session;
    (void)stream;
    (void)arg;
    memcpy(to, r->body + r->body_done, len);
    r->body_done += len;
    if (r->body_done == r->body_len)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)len;
}

static bool start_h2(struct channel *c, const struct channel_server *server)
{
    nghttp2_session_callbacks *callbacks = NULL;
    int error = nghttp2_session_callbacks_new(&callbacks);

    (void)snprintf(c->authority, sizeof(c->authority),
        strchr(server->address, ':') ? "[%s]:%s" : "%s:%s", server->address,
        server->ports[CHANNEL_DOH]);
    if (error == 0) {
        nghttp2_session_callbacks_set_send_callback(callbacks, on_send);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
        error = nghttp2_session_client_new(&c->h2, callbacks, c);
        nghttp2_session_callbacks_del(callbacks);
    }
    if (error == 0)
        error = nghttp2_submit_settings(c->h2, NGHTTP2_FLAG_NONE, NULL, 0);
    if (error == 0)
        error = nghttp2_session_send(c->h2);
    if (error != 0)
        complain("HTTP/2", nghttp2_strerror(error));
    return error == 0;
}

struct channel *channel_open(enum channel_kind kind, const struct channel_server *server)
{
    struct channel *c = calloc(1, sizeof(*c));

    if (!c || !server->ports[kind]) {
        complain("open", c ? "no port for this transport" : strerror(errno));
        free(c);
        return NULL;
    }
    c->kind = kind;
    c->fd = connect_to(server, server->ports[kind], kind == CHANNEL_UDP);
    if (c->fd < 0)
        goto fail;
    if (kind == CHANNEL_DOT || kind == CHANNEL_DOH) {
        if (!start_tls(c, server)) {
            complain_tls("TLS");
            goto fail;
        }
    }
    if (kind == CHANNEL_DOH && !start_h2(c, server))
        goto fail;
    return c;
fail:
    channel_close(&c);
    return NULL;
}

static bool put(struct channel *c, const uint8_t *data, size_t len)
{
    size_t done;

    if (c->ssl)
        return SSL_write_ex(c->ssl, data, len, &done) == 1 && done == len;
    return send(c->fd, data, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool get(struct channel *c, uint8_t *to, size_t len)
{
    while (len > 0) {
        size_t done = 0;

        if (c->ssl) {
            if (SSL_read_ex(c->ssl, to, len, &done) != 1)
                return false;
        } else {
            const ssize_t n = recv(c->fd, to, len, 0);

            if (n <= 0)
                return false;
            done = (size_t)n;
        }
        to += done;
        len -= done;
    }
    return true;
}

static size_t exchange_udp(struct channel *c, const uint8_t *message, size_t len, uint8_t *reply)
{
    ssize_t n;

    if (!put(c, message, len))
        return 0;
    do
        n = recv(c->fd, reply, CHANNEL_MESSAGE_MAX, 0);
    while (n >= 2 && memcmp(reply, message, 2) != 0);
    return n > 0 ? (size_t)n : 0;
}

/* RFC 1035 4.2.2: a message is preceded by its length; in one write, RFC 7766 8. */
static size_t exchange_stream(struct channel *c, const uint8_t *message, size_t len, uint8_t *reply)
{
    uint8_t framed[2 + CHANNEL_MESSAGE_MAX];
    uint8_t size[2];

    framed[0] = (uint8_t)(len >> 8);
    framed[1] = (uint8_t)len;
    memcpy(framed + 2, message, len);
    if (!put(c, framed, len + 2) || !get(c, size, sizeof(size)))
        return 0;
    len = (size_t)(size[0] << 8 | size[1]);
    return get(c, reply, len) ? len : 0;
}

static nghttp2_nv field(const char *name, const char *value)
{
    /* nghttp2 copies them; the casts are for its sake. */
    return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name,
        .value = (uint8_t *)(uintptr_t)value,
        .namelen = strlen(name),
        .valuelen = strlen(value),
        .flags = NGHTTP2_NV_FLAG_NONE};
}

static size_t exchange_h2(struct channel *c, const uint8_t *message, size_t len, uint8_t *reply)
{
    const nghttp2_nv fields[] = {field(":method", "POST"), field(":scheme", "https"),
        field(":authority", c->authority), field(":path", "/dns-query"),
        field("content-type", DNS_MEDIA_TYPE), field("accept", DNS_MEDIA_TYPE)};
    const nghttp2_data_provider body = {{.ptr = &c->request}, read_body};
    uint8_t buffer[16384];
    size_t got;

    c->request = (struct request){.body = message, .body_len = len, .reply = reply};
    if (nghttp2_submit_request(
            c->h2, NULL, fields, sizeof(fields) / sizeof(fields[0]), &body, NULL) < 0)
        return 0;
    while (!c->request.closed) {
        if (nghttp2_session_send(c->h2) != 0 ||
            SSL_read_ex(c->ssl, buffer, sizeof(buffer), &got) != 1 ||
            nghttp2_session_mem_recv(c->h2, buffer, got) < 0)
            return 0;
    }
    return c->request.status_ok && c->request.type_ok ? c->request.reply_len : 0;
}

size_t channel_exchange(struct channel *channel, const uint8_t *message, size_t len, uint8_t *reply)
{
    switch (channel->kind) {
    case CHANNEL_UDP:
        return exchange_udp(channel, message, len, reply);
    case CHANNEL_TCP:
    case CHANNEL_DOT:
        return exchange_stream(channel, message, len, reply);
    case CHANNEL_DOH:
        return exchange_h2(channel, message, len, reply);
    }
    return 0;
}

void channel_close(struct channel **channel)
{
    struct channel *c = *channel;

    if (!c)
        return;
    nghttp2_session_del(c->h2);
    SSL_free(c->ssl);
    SSL_CTX_free(c->ctx);
    if (c->fd >= 0)
        close(c->fd);
    free(c);
    *channel = NULL;
}
