/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * What an event says in words: names, addresses and what was done as text.
 * Made once for each line, as most of it is written more than once.
 */
#ifndef TG_MODULE_VIEW_H
#define TG_MODULE_VIEW_H

#include <netinet/in.h>
#include <stdbool.h>

#include "tldguard/event.h"

/* What was done: told by the reply that went out, not by what the rule wanted. */
struct tg_deed {
    const char *action; /* event.action */
    const char *verb;   /* how the message starts */
    bool denied;
};

/* An event with everything that is written more than once as text. */
struct tg_view {
    const struct tg_event *event;
    struct tg_deed deed;
    bool mapped_v4; /* the client's address is IPv4, also when it came mapped into IPv6 */
    char client[INET6_ADDRSTRLEN]; /* "": not known */
    char ecs[INET6_ADDRSTRLEN];    /* what a forwarder told, without its length; "": nothing */
    char remote[INET6_ADDRSTRLEN]; /* the same, of Umbrella */
    char qtype[16];
    char qname[TG_DNAME_TEXT_MAX];
    char via[TG_DNAME_TEXT_MAX];    /* what the answer leads to, and the rule speaks of; "": none */
    char twin[TG_DNAME_TEXT_MAX];   /* "": none */
    char owner[TG_DNAME_TEXT_MAX];  /* of the rule */
    char target[TG_DNAME_TEXT_MAX]; /* what the owner is taken for; "": no twin */
    char tld[TG_DNAME_TEXT_MAX];    /* "": qname is the root */
};

/**
 * Puts an event into words.
 * @param event borrowed by the view. Every octet may be wrong: a name that is none, or a
 *              number not in its list, makes an empty or a general text.
 * @param view  output, always written. Pure, any thread, no allocation.
 */
void tg_view_make(const struct tg_event *event, struct tg_view *view);

#endif
