/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Answers made here, in the query's region, in the form Unbound's encoder reads. */
#include <string.h>

#include "module/path.h"
#include "tldguard/explain.h"

/* SOA timers for whoever looks: nothing ever transfers the zone (RFC 1035 3.3.13). */
#define SOA_REFRESH  3600
#define SOA_RETRY    1200
#define SOA_EXPIRE   604800
#define NULL_SRV_LEN 7

/* A message with one RRset of ours: what has a fixed length of it, in one piece. */
struct made {
    struct dns_msg msg;
    struct ub_packed_rrset_key key;
    struct packed_rrset_data data;
};

#define RDLENGTH sizeof(uint16_t) /* in front of each rdata */

static uint8_t *rdata(const struct made *made, size_t i)
{
    return made->data.rr_data[i] + RDLENGTH;
}

/*
 * An RRset of count records of one length each, whose rdata is still to be written; NULL when out
 * of memory. The arrays lie behind the data in the order that packed_rrset_ptr_fixup() expects.
 * dns64 stores the RRsets, too, of what it passes on: there this one has ended at once, and gives
 * way to any true one. On the wire are the TTLs of the records. The owner is not copied: it is of
 * the question, or of its answer, in the same region.
 */
static struct made *make_rrset(struct module_qstate *qstate, struct tg_name owner, uint16_t type,
    uint32_t ttl, size_t len, size_t count)
{
    const size_t each = sizeof(size_t) + sizeof(uint8_t *) + sizeof(time_t) + RDLENGTH + len;
    struct made *made = regional_alloc(qstate->region, sizeof(*made) + count * each);
    struct packed_rrset_data *data;

    if (!made)
        return NULL;
    memset(made, 0, sizeof(*made));
    data = made->key.entry.data = &made->data;
    made->key.entry.key = &made->key;
    made->key.rk.dname = (uint8_t *)(uintptr_t)owner.wire;
    made->key.rk.dname_len = owner.len;
    made->key.rk.type = htons(type);
    made->key.rk.rrset_class = htons(LDNS_RR_CLASS_IN);
    data->count = count;
    data->trust = rrset_trust_none;
    data->security = sec_status_insecure;
    data->rr_len = (size_t *)(data + 1);
    data->rr_data = (uint8_t **)(data->rr_len + count);
    data->rr_ttl = (time_t *)(data->rr_data + count);
    for (size_t i = 0; i < count; i++) {
        data->rr_len[i] = RDLENGTH + len;
        data->rr_ttl[i] = (time_t)ttl;
        data->rr_data[i] = (uint8_t *)(data->rr_ttl + count) + i * (RDLENGTH + len);
        sldns_write_uint16(data->rr_data[i], (uint16_t)len);
    }
    return made;
}

static uint8_t *put_name(uint8_t *to, struct tg_name name)
{
    memcpy(to, name.wire, name.len);
    return to + name.len;
}

/* RFC 2308: without a SOA a negative answer is not cached, and clients ask again and again. */
static struct made *make_soa(struct module_qstate *qstate, struct tg_name zone, uint32_t serial,
    const struct tg_answer *answer)
{
    const uint32_t numbers[5] = {serial, SOA_REFRESH, SOA_RETRY, SOA_EXPIRE, answer->ttl};
    struct made *made = make_rrset(qstate, zone, LDNS_RR_TYPE_SOA, answer->ttl,
        answer->mname.len + answer->rname.len + sizeof(numbers), 1);
    uint8_t *to;

    if (!made)
        return NULL;
    to = put_name(put_name(rdata(made, 0), answer->mname), answer->rname);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sldns_write_uint32(to + i * sizeof(numbers[0]), numbers[i]);
    return made;
}

static struct made *make_mx(
    struct module_qstate *qstate, struct tg_name owner, struct tg_name exchange, uint32_t ttl)
{
    struct made *made =
        make_rrset(qstate, owner, LDNS_RR_TYPE_MX, ttl, sizeof(uint16_t) + exchange.len, 1);

    if (!made)
        return NULL;
    sldns_write_uint16(rdata(made, 0), 0);
    (void)put_name(rdata(made, 0) + sizeof(uint16_t), exchange);
    return made;
}

/* RFC 2782: a target of "." says that the service is decidedly not there. */
static struct made *make_null_srv(struct module_qstate *qstate, struct tg_name owner, uint32_t ttl)
{
    struct made *made = make_rrset(qstate, owner, LDNS_RR_TYPE_SRV, ttl, NULL_SRV_LEN, 1);

    if (made)
        memset(rdata(made, 0), 0, NULL_SRV_LEN);
    return made;
}

/* Addresses of len octets each. */
static struct made *make_addresses(struct module_qstate *qstate, struct tg_name owner,
    uint16_t type, uint32_t ttl, const uint8_t *addresses, size_t len, size_t count)
{
    struct made *made = make_rrset(qstate, owner, type, ttl, len, count);

    for (size_t i = 0; made && i < count; i++)
        memcpy(rdata(made, i), addresses + i * len, len);
    return made;
}

/* What is answered: which name, and the zone in whose SOA a negative answer is said. */
struct place {
    struct tg_name owner;
    struct tg_name zone;
    size_t aliases; /* RRsets of the resolved answer that lead from the qname to the owner */
};

static struct tg_name below(struct tg_name name, size_t at)
{
    return (struct tg_name){name.wire + at, name.len - at};
}

/* The owner is the end of the chain of aliases: the name that was judged, or the owner of the
 * RRset that led to that one. */
static struct place place_of(const struct module_qstate *qstate, const struct tg_verdict *verdict)
{
    const struct reply_info *reply = qstate->return_msg ? qstate->return_msg->rep : NULL;
    struct place place = {.owner = {qstate->qinfo.qname, qstate->qinfo.qname_len}};

    if (verdict->via.len == 0) {
        /* Not the rule's owner: a list has none. */
        place.zone = below(place.owner, verdict->owner_at);
        return place;
    }
    while (reply && place.owner.wire != verdict->via.wire && place.aliases < reply->an_numrrsets &&
           tg_is_alias(reply->rrsets[place.aliases])) {
        const struct packed_rrset_data *data = reply->rrsets[place.aliases++]->entry.data;

        place.owner = (struct tg_name){data->rr_data[0] + 2, data->rr_len[0] - 2};
    }
    place.zone =
        place.owner.wire == verdict->via.wire ? below(place.owner, verdict->owner_at) : place.owner;
    return place;
}

/* A positive answer; NULL when out of memory. */
static struct made *make_positive(struct module_qstate *qstate, struct tg_name owner,
    const struct tg_answer *answer, enum tg_reply reply)
{
    static const struct tg_name root = {(const uint8_t *)"", 1};

    switch (reply) {
    case TG_REPLY_NULL_MX:
        return make_mx(qstate, owner, root, answer->ttl);
    case TG_REPLY_SINKHOLE_MX:
        return make_mx(qstate, owner, answer->mx, answer->ttl);
    case TG_REPLY_NULL_SRV:
        return make_null_srv(qstate, owner, answer->ttl);
    case TG_REPLY_SINKHOLE_A:
        return make_addresses(qstate, owner, LDNS_RR_TYPE_A, answer->ttl,
            (const uint8_t *)answer->a, sizeof(answer->a[0]), answer->a_count);
    case TG_REPLY_SINKHOLE_AAAA:
        return make_addresses(qstate, owner, LDNS_RR_TYPE_AAAA, answer->ttl,
            (const uint8_t *)answer->aaaa, sizeof(answer->aaaa[0]), answer->aaaa_count);
    default:
        return NULL;
    }
}

static bool is_positive(enum tg_reply reply)
{
    return reply == TG_REPLY_NULL_MX || reply == TG_REPLY_NULL_SRV ||
           reply == TG_REPLY_SINKHOLE_A || reply == TG_REPLY_SINKHOLE_AAAA ||
           reply == TG_REPLY_SINKHOLE_MX;
}

/* The one message of an answer; NULL when the region is out of memory. */
static struct dns_msg *make_message(struct module_qstate *qstate, int id,
    const struct tg_image *image, const struct tg_verdict *verdict)
{
    const struct tg_answer *answer = tg_image_answer(image);
    const bool positive = is_positive(verdict->reply);
    const uint16_t rcode =
        verdict->reply == TG_REPLY_NXDOMAIN ? LDNS_RCODE_NXDOMAIN : LDNS_RCODE_NOERROR;
    const struct place place = place_of(qstate, verdict);
    struct made *made = positive
                            ? make_positive(qstate, place.owner, answer, verdict->reply)
                            : make_soa(qstate, place.zone, tg_image_meta(image)->serial, answer);
    struct reply_info *reply;

    reply = made ? tg_ub_reply(qstate->region, (uint16_t)(BIT_QR | BIT_RA | rcode),
                       (time_t)answer->ttl, place.aliases + (positive ? 1 : 0), positive ? 0 : 1)
                 : NULL;
    if (!reply)
        return NULL;
    for (size_t i = 0; i < place.aliases; i++)
        reply->rrsets[i] = qstate->return_msg->rep->rrsets[i];
    reply->rrsets[place.aliases] = &made->key;
    /* Only modules in front of us store what we answer. */
    if (id > 0)
        made->key.entry.hash = rrset_key_hash(&made->key.rk);
    /* dns64 stores what it passes on, whatever no_cache_store says; a TTL of 0 is not stored.
     * The wire has the TTLs of the RRs. */
    reply->ttl = 0;
    made->msg.qinfo = qstate->qinfo;
    made->msg.rep = reply;
    return &made->msg;
}

/* RFC 8914, code 15: tells the person behind the client what happened and what was meant. */
static void add_ede(struct module_qstate *qstate, const struct tg_question *question,
    const struct tg_answer *answer, const struct tg_verdict *verdict)
{
    char text[TG_EDE_TEXT_MAX];

    (void)tg_explain_ede(question, verdict, answer, text);
    /* Out of memory here costs the explanation, not the answer. */
    (void)edns_opt_list_append_ede(
        &qstate->edns_opts_front_out, qstate->region, LDNS_EDE_BLOCKED, text);
}

/* Nobody else is sent one (RFC 6891 7). */
static bool has_edns(const struct module_qstate *qstate)
{
    const struct mesh_reply *r = qstate->mesh_info->reply_list;

    while (r && !r->edns.edns_present)
        r = r->next;
    return r;
}

int tg_answer_make(struct module_qstate *qstate, int id, const struct tg_image *image,
    const struct tg_question *question, const struct tg_verdict *verdict)
{
    struct tg_query *query = tg_query_of(qstate, id);
    const bool refused = verdict->reply == TG_REPLY_REFUSED;

    /* Kept out of the cache: each client must be seen, and another may be allowed. */
    qstate->no_cache_store = 1;
    qstate->return_msg = refused ? NULL : make_message(qstate, id, image, verdict);
    qstate->return_rcode = refused              ? LDNS_RCODE_REFUSED
                           : qstate->return_msg ? LDNS_RCODE_NOERROR
                                                : LDNS_RCODE_SERVFAIL;
    if (query && !query->explained && (refused || qstate->return_msg) && has_edns(qstate)) {
        add_ede(qstate, question, tg_image_answer(image), verdict);
        query->explained = true;
    }
    return qstate->return_msg ? (int)FLAGS_GET_RCODE(qstate->return_msg->rep->flags)
                              : qstate->return_rcode;
}
