/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The settings of the module: tldguard.conf(5). */
#ifndef TLDGUARD_SETTINGS_H
#define TLDGUARD_SETTINGS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tldguard/diag.h"
#include "tldguard/policy.h"
#include "tldguard/status.h"
#include "tldguard/trust.h"

/* What the module does when it cannot protect: at start, or later. */
enum tg_on_error {
    TG_ON_ERROR_REFUSE, /* the resolver does not start: nobody runs unprotected unnoticed */
    TG_ON_ERROR_PASS    /* say so in the log, and let every question pass */
};

/* X(name, bit, word): what a forwarder may say of the client it asks for, as sets of bits. */
#define TG_ID_MAP(X)              \
    X(TG_ID_ECS, 0x01u, "ecs")    \
    X(TG_ID_MAC, 0x02u, "mac")    \
    X(TG_ID_CPE, 0x04u, "cpe-id") \
    X(TG_ID_UMBRELLA, 0x08u, "umbrella")
#define TG_ENUM_ENTRY(name, bit, word) name = (bit),
enum tg_id { TG_ID_MAP(TG_ENUM_ENTRY) };
#undef TG_ENUM_ENTRY
#define TG_ID_ALL 0x0fu

#define TG_FORWARDERS_MAX 256

/* Who is believed when it says for which client it asks, and what is believed. */
struct tg_forwarders {
    unsigned accept; /* set of TG_ID_... */
    size_t count;    /* 0 .. TG_FORWARDERS_MAX; 0: nobody is believed */
    struct {
        struct tg_address prefix; /* bits behind the length are zero */
        uint8_t length;           /* bits, 0 .. 128; IPv4 /24 is 120 */
    } from[TG_FORWARDERS_MAX];
};

/* A server of DNS, by address. */
struct tg_server {
    char address[INET6_ADDRSTRLEN]; /* as text */
    uint16_t port;
};

#define TG_DEFAULT_RESOLVER "127.0.0.1@53"

/** ADDRESS or ADDRESS@PORT, as in unbound.conf; false: it is none, and *out is unchanged. */
bool tg_server_parse(const char *text, struct tg_server *out);

struct tg_settings {
    char *policy;  /* the image; absolute path */
    char *log;     /* the block log; absolute path */
    char *stats;   /* the figures that tldguard status reads; absolute path */
    char *syslog;  /* a socket that events are sent to as well; absolute path; NULL: none */
    char *journal; /* the same, of systemd's journal */
    bool sync;     /* each batch of events is forced to the disk */
    enum tg_on_error on_error;
    struct tg_server resolver; /* whom activate asks whether a policy does what it should */
    struct tg_forwarders forwarders;
    struct tg_trust_keys trusted; /* whose images are taken; none: anybody's */
    char *allow_older;            /* behind the policy; see tg_trust_follows() */
};

/**
 * Reads and checks a settings file: a YAML mapping of policy, log, stats, sync (none, which
 * is the default, or batch), syslog, journal, on-error (refuse, which is the default, or pass),
 * client-id (from: prefixes; accept: words of TG_ID_MAP, by default all), trusted-keys (public
 * keys of minisign, or the paths of their files, which are read as well) and resolver (ADDRESS or
 * ADDRESS@PORT; TG_DEFAULT_RESOLVER). policy, log and stats
 * default to the places that configure set; a relative path is an error, as the resolver changes
 * its folder.
 * @param path  the file.
 * @param out   output, to be freed with tg_settings_destroy().
 * @param diags gets every error at once, with line and column.
 * @return TG_OK, TG_EIO, TG_ESYNTAX, TG_EPOLICY (wrong key or value), TG_ETOOBIG, TG_ENOMEM;
 *         on failure *out is unchanged. Any thread.
 */
enum tg_status tg_settings_read(const char *path, struct tg_settings **out, struct tg_diags *diags);

/** Frees settings and sets the pointer to NULL; NULL-safe. */
void tg_settings_destroy(struct tg_settings **settings);

#endif
