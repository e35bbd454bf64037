/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Second ways for the lines of the block log: syslog (RFC 5424) and systemd's journal (its native
 * protocol), each a datagram a line to a local socket. The file is the record: what a socket does
 * not take at once, or within a short while, is left out there, and counted.
 *
 * The writer's own; one thread at a time.
 */
#ifndef TG_MODULE_RELAY_H
#define TG_MODULE_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tg_relay_kind { TG_RELAY_SYSLOG, TG_RELAY_JOURNAL };
#define TG_RELAYS 2

struct tg_relay {
    enum tg_relay_kind kind;
    const char *path; /* of the socket, borrowed; NULL: not wanted */
    int fd;           /* -1: not connected */
    int64_t patience; /* left for these lines, in nanoseconds */
    bool failing;     /* the last line was not taken */
    uint64_t unsent;  /* lines that were not taken */
};

/** Makes one that is not connected. path is borrowed until tg_relay_fini(); NULL: does nothing. */
void tg_relay_init(struct tg_relay *relay, enum tg_relay_kind kind, const char *path);

/** Closes the socket. */
void tg_relay_fini(struct tg_relay *relay);

/**
 * Sends lines. A socket that is not there, or not any more, is tried again with the next lines.
 * @param lines       whole lines of the log, each with its newline.
 * @param patience_ms how long it is waited, in all, for a socket that has no room; not at all for
 *                    one that did not take the line before.
 * @return 0, or the errno of the last line that was not taken.
 */
int tg_relay_send(struct tg_relay *relay, const char *lines, size_t len, long patience_ms);

/**
 * A line as it is sent.
 * @param line of the log, with its newline.
 * @param out  output: cap bytes, at least len + 1024.
 * @return how many octets; 0: it is no line of ours.
 */
size_t tg_relay_format(
    enum tg_relay_kind kind, const char *line, size_t len, char *out, size_t cap);

#endif
