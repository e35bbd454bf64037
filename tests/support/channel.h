/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The four ways that a client's question gets to a resolver, for test clients. */
#ifndef TG_TESTS_CHANNEL_H
#define TG_TESTS_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

enum channel_kind {
    CHANNEL_UDP,
    CHANNEL_TCP, /* RFC 7766: one connection, many questions */
    CHANNEL_DOT, /* RFC 7858 */
    CHANNEL_DOH, /* RFC 8484: POST to /dns-query, by HTTP/2 */
};
#define CHANNEL_KINDS 4

#define CHANNEL_MESSAGE_MAX 65535

struct channel;

/* Where to, for all kinds; strings are borrowed while a channel is being opened. */
struct channel_server {
    const char *address;              /* an IPv4 or IPv6 address */
    const char *source;               /* ours; NULL: the system chooses */
    const char *ports[CHANNEL_KINDS]; /* NULL: this kind is not served */
    const char *ca;                   /* file of certificates that the server's must come from */
    int timeout_ms;                   /* for each wait, at least 1 */
};

/**
 * Connects. The certificate must be valid for the address.
 * @return NULL when that failed: why is on stderr. To be freed with channel_close().
 */
struct channel *channel_open(enum channel_kind kind, const struct channel_server *server);

/**
 * Sends one message and waits for the one that answers it, by UDP the one with its ID.
 * @param reply output: room for CHANNEL_MESSAGE_MAX octets.
 * @return the length of the reply; 0: none came, and the channel is good for nothing any more.
 */
size_t channel_exchange(
    struct channel *channel, const uint8_t *message, size_t len, uint8_t *reply);

/** Disconnects and frees; NULL-safe. */
void channel_close(struct channel **channel);

#endif
