/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tests/support/exchange.h"

#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/client.h"

/* A socket bound to source and connected to the server; -1 when it refuses. */
static int open_socket(
    const struct client_server *server, const char *source, bool tcp, struct client_reply *reply)
{
    struct addrinfo *peer =
        client_resolve(server->host, server->port, tcp ? SOCK_STREAM : SOCK_DGRAM);
    struct addrinfo *from = source ? client_resolve(source, "0", peer->ai_socktype) : NULL;
    struct sockaddr_storage own;
    socklen_t own_len = sizeof(own);
    int fd = socket(peer->ai_family, peer->ai_socktype, 0);

    if (fd < 0)
        client_broken("socket");
    if (from && bind(fd, from->ai_addr, from->ai_addrlen) != 0)
        client_broken(source);
    if (connect(fd, peer->ai_addr, peer->ai_addrlen) != 0) {
        close(fd);
        fd = -1;
    } else if (getsockname(fd, (struct sockaddr *)&own, &own_len) != 0 ||
               getnameinfo((struct sockaddr *)&own, own_len, reply->address, sizeof(reply->address),
                   reply->port, sizeof(reply->port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        client_broken("getsockname");
    }
    if (from)
        freeaddrinfo(from);
    freeaddrinfo(peer);
    return fd;
}

static long long now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Reads up to len octets; less at the deadline, the end, or (UDP) a packet's end. */
static size_t receive(int fd, uint8_t *to, size_t len, bool whole, long long deadline)
{
    size_t got = 0;

    do {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        const long long left = deadline - now_ms();
        ssize_t n;

        if (left <= 0 || poll(&p, 1, (int)left) <= 0)
            break;
        n = recv(fd, to + got, len - got, 0);
        if (n <= 0)
            break;
        got += (size_t)n;
    } while (whole && got < len);
    return got;
}

static bool transmit(int fd, const uint8_t *from, size_t len)
{
    return send(fd, from, len, MSG_NOSIGNAL) == (ssize_t)len;
}

void client_exchange(const struct client_server *server, const char *source, bool tcp,
    const uint8_t *packet, size_t len, struct client_reply *reply)
{
    const long long deadline = now_ms() + server->timeout_ms;
    const uint8_t prefix[2] = {(uint8_t)(len >> 8), (uint8_t)len};
    uint8_t size[2];
    int fd;

    reply->len = 0;
    reply->address[0] = reply->port[0] = '\0';
    fd = open_socket(server, source, tcp, reply);
    if (fd < 0)
        return;
    if ((!tcp || transmit(fd, prefix, sizeof(prefix))) && transmit(fd, packet, len)) {
        do {
            if (!tcp)
                reply->len = receive(fd, reply->wire, sizeof(reply->wire), false, deadline);
            else if (receive(fd, size, sizeof(size), true, deadline) == sizeof(size))
                reply->len =
                    receive(fd, reply->wire, (size_t)(size[0] << 8 | size[1]), true, deadline);
        } while (!tcp && reply->len >= 2 && len >= 2 && memcmp(reply->wire, packet, 2) != 0);
    }
    close(fd);
}
