/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Who asked, put into the event, and the event put into the queue. */
#include <string.h>

#include "module/path.h"

#define OPTIONS_MAX 100 /* of a question; later releases of Unbound keep no more themselves */

static enum tg_transport transport_of(const struct comm_point *c)
{
    if (c->type == comm_udp)
        return TG_TRANSPORT_UDP;
#if TG_UB_DOQ
    if (c->type == comm_doq)
        return TG_TRANSPORT_DOQ;
#endif
    if (c->use_h2)
        return TG_TRANSPORT_DOH;
    return c->ssl ? TG_TRANSPORT_DOT : TG_TRANSPORT_TCP;
}

/* client_addr, not remote_addr: behind a PROXYv2 front-end the latter is the proxy. */
static void set_client(struct tg_event *event, const struct comm_reply *client)
{
    const struct sockaddr_storage *addr = &client->client_addr;

    if (addr->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
        event->family = 4;
        event->port = ntohs(in->sin_port);
        memcpy(event->address, &in->sin_addr, sizeof(in->sin_addr));
    } else if (addr->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
        event->family = 6;
        event->port = ntohs(in6->sin6_port);
        memcpy(event->address, &in6->sin6_addr, sizeof(in6->sin6_addr));
    }
    if (client->c)
        event->transport = (uint8_t)transport_of(client->c);
}

bool tg_client_address(const struct comm_reply *client, struct tg_address *address)
{
    const struct sockaddr_storage *addr = &client->client_addr;

    if (addr->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
        memset(address->octets, 0, 10);
        memset(address->octets + 10, 0xff, 2);
        memcpy(address->octets + 12, &in->sin_addr, sizeof(in->sin_addr));
        return true;
    }
    if (addr->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
        memcpy(address->octets, &in6->sin6_addr, sizeof(in6->sin6_addr));
        return true;
    }
    return false;
}

/*
 * Unbound keeps the options of each client that waits, also of one that has joined another's
 * question: none of them needs a look-up of its own. By TCP a question may have thousands.
 */
static void set_ids(struct tg_event *event, const struct tg_forwarders *forwarders,
    const struct comm_reply *client, const struct edns_data *edns)
{
    const struct edns_option *option = edns ? edns->opt_list_in : NULL;
    struct tg_address address;

    if (!option || forwarders->count == 0 || !tg_client_address(client, &address) ||
        !tg_forwarders_hold(forwarders, &address))
        return;
    for (size_t i = 0; i < OPTIONS_MAX && option; i++, option = option->next)
        tg_client_ids_take(
            &event->ids, option->opt_code, option->opt_data, option->opt_len, forwarders->accept);
}

uint8_t tg_flags_of(uint16_t asked, const struct edns_data *edns)
{
    return (uint8_t)((asked & BIT_RD ? TG_FLAG_RD : 0) | (asked & BIT_CD ? TG_FLAG_CD : 0) |
                     (edns && (edns->bits & EDNS_DO) ? TG_FLAG_DO : 0));
}

void tg_record_one(struct tg_guard *guard, const struct tg_event *event,
    const struct comm_reply *client, const struct edns_data *edns)
{
    struct tg_event *slot = tg_queue_claim(guard->queue);

    if (!slot)
        return; /* the queue has counted it */
    tg_event_copy(slot, event);
    set_client(slot, client);
    set_ids(slot, &guard->settings->forwarders, client, edns);
    tg_queue_commit(guard->queue, slot);
}

/* Out of memory, that clients have their events cannot be noted. Where Unbound tells of the answer,
 * they get them then, and not now as well; but not of a twin, of which nothing is known then. */
static bool is_told_later(const struct tg_guard *guard, const struct tg_event *event)
{
    return guard->told && event->reply == TG_REPLY_PASS &&
           (event->known == TG_KNOWN_NOT_ASKED || event->known == TG_KNOWN_LISTED);
}

/* A module in front of us, as dns64, may go on before it answers. Out of memory, who joins then has
 * no event. */
static const struct tg_event *keep(struct module_qstate *qstate, const struct tg_event *event)
{
    struct tg_event *kept = regional_alloc(qstate->region, sizeof(*kept));

    if (kept)
        tg_event_copy(kept, event);
    return kept;
}

void tg_record_waiting(
    struct tg_guard *guard, struct module_qstate *qstate, int id, struct tg_event *event)
{
    const struct timeval *now = qstate->env->now_tv;
    struct tg_query *query = tg_query_of(qstate, id);
    const struct mesh_reply *until = query ? query->newest : NULL;

    if (!query && is_told_later(guard, event))
        return;
    event->time.tv_sec = now->tv_sec;
    event->time.tv_nsec = now->tv_usec * 1000;
    for (struct mesh_reply *r = qstate->mesh_info->reply_list; r && r != until; r = r->next) {
        event->flags = tg_flags_of(r->qflags, &r->edns);
        tg_record_one(guard, event, &r->query_reply, &r->edns);
    }
    if (!query)
        return;
    query->newest = qstate->mesh_info->reply_list;
    if (id > 0 && event->reply != TG_REPLY_PASS)
        query->given = keep(qstate, event);
}
