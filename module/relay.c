/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/relay.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tldguard/event.h"

#define NS_PER_S     1000000000
#define NS_PER_MS    1000000
#define DATAGRAM_MAX (TG_EVENT_LINE_MAX + 1024)

/* RFC 5424 6.2.1: facility 20, local4; severities 4, warning, and 5, notice. */
#define FACILITY 20
#define WARNING  4
#define NOTICE   5

/* Of all events of ours (man 7 systemd.journal-fields, MESSAGE_ID). */
#define MESSAGE_ID "c9a3f0b2d1e64f5f8a7d3b6c5e4f2a10"

/* Text within a line. */
struct part {
    const char *at;
    int len; /* as printf() wants it */
};

/* The text of a member, as it is written; "-" when there is none. Within a text no quotation
 * mark stands without a backslash, so what looks like a member is one. */
static struct part text_of(const char *line, size_t len, const char *member)
{
    const size_t member_len = strlen(member);
    const char *at = memmem(line, len, member, member_len);
    const char *end;

    if (at == NULL)
        return (struct part){"-", 1};
    at += member_len;
    for (end = at; end < line + len && *end != '"'; end++)
        if (*end == '\\')
            end++;
    return end < line + len ? (struct part){at, (int)(end - at)} : (struct part){"-", 1};
}

static int format_syslog(const char *line, int len, char *out, size_t cap)
{
    const struct part time = text_of(line, (size_t)len, "\"@timestamp\":\"");
    const struct part host = text_of(line, (size_t)len, "\"hostname\":\"");
    const struct part action = text_of(line, (size_t)len, "\"action\":\"");
    const bool denied = memmem(line, (size_t)len, "\"kind\":\"alert\"", 14) != NULL;

    return snprintf(out, cap, "<%d>1 %.*s %.*s tldguard %ld %.*s - %.*s",
        FACILITY * 8 + (denied ? WARNING : NOTICE), time.len, time.at, host.len, host.at,
        (long)getpid(), action.len, action.at, len, line);
}

/* Fields that are searched for, the whole event, and the words for people. */
static int format_journal(const char *line, int len, char *out, size_t cap)
{
    const struct part message = text_of(line, (size_t)len, "\"message\":\"");
    const struct part client = text_of(line, (size_t)len, "\"ip\":\"");
    const struct part name = text_of(line, (size_t)len, "\"name\":\"");
    const struct part action = text_of(line, (size_t)len, "\"action\":\"");
    const bool denied = memmem(line, (size_t)len, "\"kind\":\"alert\"", 14) != NULL;

    return snprintf(out, cap,
        "MESSAGE=%.*s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=tldguard\nSYSLOG_FACILITY=%d\n"
        "MESSAGE_ID=" MESSAGE_ID "\nTLDGUARD_ACTION=%.*s\nTLDGUARD_CLIENT=%.*s\n"
        "TLDGUARD_QNAME=%.*s\nTLDGUARD_EVENT=%.*s\n",
        message.len, message.at, denied ? WARNING : NOTICE, FACILITY, action.len, action.at,
        client.len, client.at, name.len, name.at, len, line);
}

size_t tg_relay_format(enum tg_relay_kind kind, const char *line, size_t len, char *out, size_t cap)
{
    int count;

    if (len < 2 || line[0] != '{' || line[len - 1] != '\n' || len > TG_EVENT_LINE_MAX)
        return 0;
    len--; /* a datagram has an end of its own */
    count = kind == TG_RELAY_SYSLOG ? format_syslog(line, (int)len, out, cap)
                                    : format_journal(line, (int)len, out, cap);
    return count > 0 && (size_t)count < cap ? (size_t)count : 0;
}

void tg_relay_init(struct tg_relay *relay, enum tg_relay_kind kind, const char *path)
{
    *relay = (struct tg_relay){.kind = kind, .path = path, .fd = -1};
}

void tg_relay_fini(struct tg_relay *relay)
{
    if (relay->fd >= 0)
        (void)close(relay->fd);
    relay->fd = -1;
}

static int connect_to(struct tg_relay *relay)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(relay->path) >= sizeof(address.sun_path))
        return ENAMETOOLONG;
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", relay->path);
    relay->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (relay->fd < 0)
        return errno;
    if (connect(relay->fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        const int error = errno;

        tg_relay_fini(relay);
        return error;
    }
    return 0;
}

/* Waits for room, as long as there is patience left. With ENOBUFS it is the kernel that has none:
 * of that poll() knows nothing, and would return at once. */
static bool await_room(struct tg_relay *relay, int error)
{
    struct pollfd ready = {.fd = relay->fd, .events = POLLOUT};
    const bool of_kernel = error == ENOBUFS;
    struct timespec before, after;
    int count;

    if (relay->failing || relay->patience <= 0)
        return false;
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    count = of_kernel ? poll(NULL, 0, 1)
                      : poll(&ready, 1, (int)((relay->patience + NS_PER_MS - 1) / NS_PER_MS));
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    relay->patience -=
        (int64_t)(after.tv_sec - before.tv_sec) * NS_PER_S + after.tv_nsec - before.tv_nsec;
    return of_kernel || count > 0;
}

/* A receiver that was started anew has another socket under the same path. */
static int send_one(struct tg_relay *relay, const char *datagram, size_t len)
{
    int error = 0;

    for (unsigned tries = 0; tries < 2; tries++) {
        if (relay->fd < 0)
            error = connect_to(relay);
        if (relay->fd < 0)
            return error;
        do {
            error = send(relay->fd, datagram, len, MSG_NOSIGNAL) >= 0 ? 0 : errno;
        } while (
            error == EINTR || ((error == EAGAIN || error == ENOBUFS) && await_room(relay, error)));
        if (error == 0 || error == EAGAIN || error == ENOBUFS || error == EMSGSIZE)
            return error;
        tg_relay_fini(relay);
    }
    return error;
}

int tg_relay_send(struct tg_relay *relay, const char *lines, size_t len, long patience_ms)
{
    char datagram[DATAGRAM_MAX];
    const char *const end = lines + len;
    int failed = 0;

    if (relay->path == NULL)
        return 0;
    relay->patience = (int64_t)patience_ms * NS_PER_MS;
    while (lines < end) {
        const char *next = memchr(lines, '\n', (size_t)(end - lines));
        const size_t line_len = next != NULL ? (size_t)(next - lines) + 1 : (size_t)(end - lines);
        const size_t count =
            tg_relay_format(relay->kind, lines, line_len, datagram, sizeof(datagram));
        const int error = count > 0 ? send_one(relay, datagram, count) : EMSGSIZE;

        relay->failing = error != 0;
        if (error != 0) {
            relay->unsent++;
            failed = error;
        }
        lines += line_len;
    }
    return failed;
}
