/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Messages of DNS by TCP (RFC 1035 4.2.2), each in time: a server that sends an octet now and then
 * holds nobody up. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/fetch.h"

bool tg_fetch_fail(char *why, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(why, TG_FETCH_WHY, fmt, ap);
    va_end(ap);
    return false;
}

int64_t tg_wire_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* When the message that begins now has to be over. */
static int64_t deadline(const struct tg_wire *wire)
{
    const int64_t one = tg_wire_now() + wire->patience;

    return one < wire->end ? one : wire->end;
}

int tg_wire_await(int fd, short events, int64_t until)
{
    struct pollfd poller = {.fd = fd, .events = events};

    for (;;) {
        const int64_t left = until - tg_wire_now();
        const int got = left > 0 ? poll(&poller, 1, (int)left) : 0;

        if (got > 0)
            return 0;
        if (got == 0)
            return ETIMEDOUT;
        if (errno != EINTR)
            return errno;
    }
}

socklen_t tg_wire_address(const struct tg_server *server, struct sockaddr_storage *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET, server->address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(server->port);
        return sizeof(*v4);
    }
    (void)inet_pton(AF_INET6, server->address, &v6->sin6_addr);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(server->port);
    return sizeof(*v6);
}

static int connect_to(struct tg_wire *wire, const struct tg_server *server)
{
    struct sockaddr_storage address;
    const socklen_t len = tg_wire_address(server, &address);
    int error = 0;
    socklen_t error_len = sizeof(error);

    wire->fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (wire->fd < 0)
        return errno;
    if (connect(wire->fd, (const struct sockaddr *)&address, len) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    error = tg_wire_await(wire->fd, POLLOUT, deadline(wire));
    if (error == 0 && getsockopt(wire->fd, SOL_SOCKET, SO_ERROR, &error, &error_len) != 0)
        error = errno;
    return error;
}

bool tg_wire_open(
    struct tg_wire *wire, const struct tg_server *server, unsigned seconds, char why[TG_FETCH_WHY])
{
    int error;

    *wire = (struct tg_wire){.fd = -1,
        .patience = (int64_t)seconds * 1000,
        .end = tg_wire_now() + (int64_t)TG_FETCH_SECONDS_MAX * 1000,
        .octets = malloc(UINT16_MAX)};
    if (!wire->octets)
        return tg_fetch_fail(why, "out of memory");
    error = connect_to(wire, server);
    if (error == ETIMEDOUT)
        return tg_fetch_fail(why, "cannot connect: no answer within %u seconds", seconds);
    return error == 0 || tg_fetch_fail(why, "cannot connect: %s", strerror(error));
}

static bool lost(const struct tg_wire *wire, int error, char *why)
{
    if (error == ETIMEDOUT && tg_wire_now() >= wire->end)
        return tg_fetch_fail(
            why, "the transfer is not over after %d seconds", TG_FETCH_SECONDS_MAX);
    if (error == ETIMEDOUT)
        return tg_fetch_fail(why, "no answer within %u seconds", (unsigned)(wire->patience / 1000));
    return tg_fetch_fail(why, "the connection is lost: %s", strerror(error));
}

bool tg_wire_send(struct tg_wire *wire, const uint8_t *message, size_t len, char *why)
{
    const int64_t until = deadline(wire);
    uint8_t octets[2 + 4096];
    size_t done = 0;

    if (len > sizeof(octets) - 2)
        return tg_fetch_fail(why, "the question is too long");
    octets[0] = (uint8_t)(len >> 8);
    octets[1] = (uint8_t)len;
    memcpy(octets + 2, message, len);
    while (done < len + 2) {
        const ssize_t sent = send(wire->fd, octets + done, len + 2 - done, MSG_NOSIGNAL);
        int error = sent < 0 ? errno : 0;

        if (error == EAGAIN)
            error = tg_wire_await(wire->fd, POLLOUT, until);
        if (error != 0 && error != EINTR)
            return lost(wire, error, why);
        done += sent > 0 ? (size_t)sent : 0;
    }
    return true;
}

static bool read_exactly(struct tg_wire *wire, uint8_t *to, size_t len, int64_t until, char *why)
{
    size_t done = 0;

    while (done < len) {
        const ssize_t got = recv(wire->fd, to + done, len - done, 0);
        int error = got < 0 ? errno : 0;

        if (got == 0)
            return tg_fetch_fail(why, "the server has closed the connection %s",
                wire->received > 0 ? "in the middle of the transfer" : "without an answer");
        if (error == EAGAIN)
            error = tg_wire_await(wire->fd, POLLIN, until);
        if (error != 0 && error != EINTR)
            return lost(wire, error, why);
        if (got > 0) {
            done += (size_t)got;
            wire->received += (uint64_t)got;
        }
    }
    return true;
}

bool tg_wire_read(struct tg_wire *wire, size_t *len, char *why)
{
    const int64_t until = deadline(wire);
    uint8_t head[2];

    if (!read_exactly(wire, head, sizeof(head), until, why))
        return false;
    *len = (size_t)head[0] << 8 | head[1];
    if (wire->received > TG_FETCH_OCTETS_MAX)
        return tg_fetch_fail(why, "sends more than any policy is");
    return read_exactly(wire, wire->octets, *len, until, why);
}

void tg_wire_close(struct tg_wire *wire)
{
    if (wire->fd >= 0)
        (void)close(wire->fd);
    free(wire->octets);
    *wire = (struct tg_wire){.fd = -1};
}
