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

#include "module/json.h"
#include "tldguard/event.h"

/* What was done: told by the reply that went out, not by what the rule wanted. */
struct tg_deed {
    struct tg_word action; /* event.action */
    struct tg_word verb;   /* how the message starts */
    bool denied;
};

/* Room for a name as it stands in a line: an octet takes five ("\\\\DDD") at most. */
#define TG_VIEW_NAME (5 * TG_DNAME_MAX + TG_PIECE)

/* An event with everything that is written more than once in words, as it stands in JSON. Of what
 * there is not, len is 0. It is not to be copied: the pieces point into it. */
struct tg_view {
    const struct tg_event *event;
    const struct tg_deed *deed;
    bool mapped_v4;         /* the client's address is IPv4, also when it came mapped into IPv6 */
    struct tg_piece client; /* not known: 0 */
    struct tg_piece ecs;    /* what a forwarder told, without its length */
    struct tg_piece remote; /* the same, of Umbrella */
    struct tg_piece qtype;
    struct tg_piece qname;
    struct tg_piece via;    /* what the answer leads to, and the rule speaks of */
    struct tg_piece twin;   /* of that, or of qname */
    struct tg_piece owner;  /* of the rule */
    struct tg_piece target; /* what the owner is taken for: of a twin */
    struct tg_piece tld;    /* of qname; the root has none */
    struct tg_piece serial;

    /* Where they are. */
    char qname_room[TG_VIEW_NAME], via_room[TG_VIEW_NAME], twin_room[TG_VIEW_NAME];
    char client_room[INET6_ADDRSTRLEN + TG_PIECE], ecs_room[INET6_ADDRSTRLEN + TG_PIECE],
        remote_room[INET6_ADDRSTRLEN + TG_PIECE];
    char qtype_room[TG_PIECE], serial_room[TG_NUMBER_ROOM];
};

/**
 * Puts an event into words.
 * @param event borrowed by the view. Every octet may be wrong: a name that is none, or a
 *              number not in its list, makes an empty or a general text.
 * @param view  output: all but the rooms behind their texts. Pure, any thread, no allocation.
 */
void tg_view_make(const struct tg_event *event, struct tg_view *view);

#endif
