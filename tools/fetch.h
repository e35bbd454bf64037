/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * tldguard fetch: a policy out of a zone, by a zone transfer each message of which is signed
 * (TSIG, RFC 8945). ldns_axfr_next() does not look at the signatures of answers, so the
 * transfer is read here.
 */
#ifndef TG_TOOLS_FETCH_H
#define TG_TOOLS_FETCH_H

#include <ldns/ldns.h>
#include <sys/socket.h>

#include "tldguard/settings.h"
#include "tools/activate.h"
#include "tools/zone.h"

#define TG_FETCH_WHY 512 /* octets of a reason, with a NUL: every 'why' below has so many */

/* More than any policy makes of what the image allows: from a server that does not stop. */
#define TG_FETCH_OCTETS_MAX  ((uint64_t)4 * 1024 * 1024 * 1024)
#define TG_FETCH_RECORDS_MAX ((size_t)32 * 1024 * 1024)
#define TG_FETCH_SECONDS_MAX 3600 /* of one transfer */

#define TG_TSIG_SECRET_MAX 512

/* A key that servers and we share. */
struct tg_tsig {
    char name[TG_DNAME_TEXT_MAX + 1]; /* with its final dot, lower-case */
    char algorithm[32];               /* so, too: "hmac-sha256." */
    char secret[TG_TSIG_SECRET_MAX];  /* in base64 */
};

/**
 * Reads the file of a key, in the form that tsig-keygen prints for BIND, in NSD's, or in Knot's.
 * Others must not be able to read it.
 * @return false after an error in diags, which never has a part of the secret in it.
 */
bool tg_tsig_read(const char *path, struct tg_tsig *out, struct tg_diags *diags);

/* Milliseconds, by CLOCK_MONOTONIC. */
int64_t tg_wire_now(void);

/* Waits until the socket is ready: 0, or an errno value; ETIMEDOUT when that time is over. */
int tg_wire_await(int fd, short events, int64_t until);

/* For connect(); returns its length. */
socklen_t tg_wire_address(const struct tg_server *server, struct sockaddr_storage *out);

/* A connection with a deadline for each message and for all of them. */
struct tg_wire {
    int fd;            /* -1: none */
    int64_t patience;  /* milliseconds for one message */
    int64_t end;       /* milliseconds, by CLOCK_MONOTONIC */
    uint8_t *octets;   /* of the message read last */
    uint64_t received; /* octets of all */
};

/* Each false after a reason in why. A wire that is not open is closed all the same. */
bool tg_wire_open(
    struct tg_wire *wire, const struct tg_server *server, unsigned seconds, char why[TG_FETCH_WHY]);
bool tg_wire_send(struct tg_wire *wire, const uint8_t *message, size_t len, char *why);
bool tg_wire_read(struct tg_wire *wire, size_t *len, char *why);
void tg_wire_close(struct tg_wire *wire);

/* A question, and the messages that answer it. */
struct tg_dialogue {
    const struct tg_tsig *key;
    struct tg_wire wire;
    uint16_t id;
    bool begun;    /* a message of the answer was there */
    ldns_rdf *mac; /* of the message before */
    char *why;     /* TG_FETCH_WHY octets */
};

/**
 * Connects and asks.
 * @param dialogue key and why are set.
 * @return false after a reason in why; tg_dialogue_end() is due either way.
 */
bool tg_dialogue_ask(struct tg_dialogue *dialogue, const struct tg_server *server,
    struct tg_name zone, ldns_rr_type type, unsigned seconds);

/**
 * The next message of the answer, whose signature is good.
 * @return to be freed with ldns_pkt_free(); NULL after a reason in why.
 */
ldns_pkt *tg_dialogue_read(struct tg_dialogue *dialogue);
void tg_dialogue_end(struct tg_dialogue *dialogue);

/* What is asked for, and of whom. */
struct tg_fetch {
    struct tg_name zone;
    char zone_text[TG_DNAME_TEXT_MAX];
    struct tg_tsig key;
    const struct tg_server *server; /* the one that is asked */
    unsigned seconds;               /* its patience */
    struct tg_progress *progress;
    bool here; /* why is something of this host: no other server helps */
    char why[TG_FETCH_WHY];
};

/* The serial of the zone at the server; false after a reason in why. */
bool tg_fetch_serial(struct tg_fetch *fetch, uint32_t *serial);

/**
 * All of the zone, sorted, and as its ZONEMD says it is.
 * @param zone   initialised.
 * @param serial output.
 */
bool tg_fetch_zone(struct tg_fetch *fetch, struct tg_zone *zone, uint32_t *serial);

/**
 * Makes the image again that a zone has, and its signature beside it if there is one.
 * @param path where: the image; the signature behind TG_TRUST_SUFFIX.
 */
bool tg_fetch_image(
    struct tg_fetch *fetch, const struct tg_zone *zone, uint32_t serial, const char *path);

/* Where the image is made: a folder of one's own. It is locked, so that it shows whether its
 * process still runs, which the system ends by a signal or for want of memory, and then removes
 * nothing. */
struct tg_fetch_folder {
    char path[TG_PATH_MAX]; /* "": there is none */
    char image[TG_PATH_MAX + 16];
    int lock; /* -1: none */
};

#define TG_FETCH_FOLDER_NONE ((struct tg_fetch_folder){.lock = -1})

/**
 * Makes one beside a file, where there is room for one of its kind.
 * @param folder TG_FETCH_FOLDER_NONE; output, to be removed with tg_fetch_folder_remove().
 * @return false: errno tells why; then it is TG_FETCH_FOLDER_NONE.
 */
bool tg_fetch_folder_make(struct tg_fetch_folder *folder, const char *beside);

/* Removes it with what is in it; errno stays. It is TG_FETCH_FOLDER_NONE then, and may be now. */
void tg_fetch_folder_remove(struct tg_fetch_folder *folder);

/* Removes what processes of this user that were killed have left beside a file. What cannot be
 * removed, or is not of that kind, stays. */
void tg_fetch_folder_sweep(const char *beside);

/* One run of the tool. */
struct tg_errand {
    struct tg_fetch fetch;
    struct tg_server servers[TG_MANY_MAX];
    size_t server_count;
    struct tg_settings *settings; /* NULL: there are none, and nobody has named some */
    struct tg_activation activation;
    const char *output; /* NULL: it is put in force */
    bool force, quiet;
    bool known;      /* there is a policy already, which counts ... */
    uint32_t serial; /* ... of this serial ... */
    bool in_force;   /* ... and the module has it, or none runs that could */
    char *failed_at; /* the file of the serial that has failed here; NULL: it is not put in force */
    bool failed;     /* there is one ... */
    uint64_t failed_serial;         /* ... of this serial */
    struct tg_fetch_folder *folder; /* removed when the process ends by itself: see on_exit(3) */
};

/* What came of asking one server; else it is an exit code. */
#define TG_ASK_NEXT (-1)

/* Where the policy goes. */
const char *tg_errand_target(const struct tg_errand *errand);

/* By whom it must be signed. */
const struct tg_trust_keys *tg_errand_keys(const struct tg_errand *errand);

/* Tells why a server's policy is not taken: what is still to be tried, it is only a warning.
 * Returns TG_ASK_NEXT, or EXIT_BROKEN when no other server helps. */
int tg_errand_no(const struct tg_errand *errand, bool last, const char *why);

/* Makes the errand ready for tg_errand_use(): removes what was left by one that was killed, and
 * reads which serial has failed here. */
void tg_errand_prepare(struct tg_errand *errand);

/**
 * Makes the image that a zone has, checks it, and puts it in its place, or in force.
 * @param zone    freed when it is not needed any more.
 * @param last    no other server is left.
 * @param refused output, set when nobody who is trusted has signed it.
 */
int tg_errand_use(
    struct tg_errand *errand, struct tg_zone *zone, uint32_t serial, bool last, bool *refused);

/* Sets why; returns false. */
bool tg_fetch_fail(char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
