/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What the test clients have in common. Each is a program: what goes wrong ends it. */
#ifndef TLDGUARD_TEST_CLIENT_H
#define TLDGUARD_TEST_CLIENT_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXIT_SILENT 1 /* some question got no answer */
#define EXIT_USAGE  2
#define EXIT_BROKEN 3

#define EDNS_SIZE 1232

struct client_question {
    const char *qname;
    const char *qtype;
    bool edns, dnssec_ok, checking_disabled, authentic_data, no_recursion;
};

/** Says what failed, with errno's text, and ends with EXIT_BROKEN. */
void client_broken(const char *what) __attribute__((noreturn));

/** A number of an option, min .. max; else calls usage, which must not return. */
int client_number(const char *text, int min, int max, void (*usage)(void));

/** An address in figures, to be freed with freeaddrinfo(); EXIT_USAGE when it is none. */
struct addrinfo *client_resolve(const char *host, const char *port, int socktype);

/** The question as octets, to be freed; EXIT_USAGE when it is no name and type. DO implies EDNS. */
uint8_t *client_packet(const struct client_question *question, uint16_t id, size_t *len);

/** The mnemonic of an rcode, or "RCODE17". Returns text, or a static string. */
const char *client_rcode(unsigned int rcode, char text[16]);

#endif
