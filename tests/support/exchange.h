/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* One packet to a resolver and back, from a port of its own that is told, and never twice. */
#ifndef TLDGUARD_TEST_EXCHANGE_H
#define TLDGUARD_TEST_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client_server {
    const char *host; /* addresses and ports in figures */
    const char *port;
    int timeout_ms;
};

/* What came of one exchange. */
struct client_reply {
    char address[64]; /* ours */
    char port[16];
    uint8_t wire[65535];
    size_t len; /* 0: no answer */
};

/**
 * Sends a packet and waits for the one with its ID.
 * @param source our address; NULL: the system chooses. One that is not ours ends the program.
 * @param reply  output; its len is 0 when none came, also when the server takes no connection.
 */
void client_exchange(const struct client_server *server, const char *source, bool tcp,
    const uint8_t *packet, size_t len, struct client_reply *reply);

#endif
