/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Answers made here, in the query's region, in the form Unbound's encoder reads. */
#include <string.h>

#include "module/path.h"
#include "tldguard/explain.h"

/* SOA timers for whoever looks: nothing ever transfers the zone (RFC 1035 3.3.13). */
#define SOA_REFRESH 3600
#define SOA_RETRY   1200
#define SOA_EXPIRE  604800
#define RDATA_MAX   (2 * TG_DNAME_MAX + 20)

struct rdata {
    uint8_t octets[RDATA_MAX];
    size_t len;
};

static void put(struct rdata *rd, const void *octets, size_t len)
{
    memcpy(rd->octets + rd->len, octets, len);
    rd->len += len;
}

static void put_u32(struct rdata *rd, uint32_t value)
{
    sldns_write_uint32(rd->octets + rd->len, value);
    rd->len += sizeof(value);
}

static void put_u16(struct rdata *rd, uint16_t value)
{
    sldns_write_uint16(rd->octets + rd->len, value);
    rd->len += sizeof(value);
}

/*
 * An RRset of count records of one length each. The arrays lie behind the data
 * in the order that packed_rrset_ptr_fixup() expects. dns64 stores the RRsets, too, of what it
 * passes on: there this one has ended at once, and gives way to any true one. On the wire are the
 * TTLs of the records.
 */
static struct ub_packed_rrset_key *make_rrset(struct regional *region, struct tg_name owner,
    uint16_t type, uint32_t ttl, const uint8_t *rdata, size_t len, size_t count)
{
    const size_t each = sizeof(size_t) + sizeof(uint8_t *) + sizeof(time_t) + 2 + len;
    struct ub_packed_rrset_key *key = regional_alloc_zero(region, sizeof(*key));
    struct packed_rrset_data *data = regional_alloc_zero(region, sizeof(*data) + count * each);
    uint8_t *next;

    if (!key || !data)
        return NULL;
    key->rk.dname = regional_alloc_init(region, owner.wire, owner.len);
    if (!key->rk.dname)
        return NULL;
    key->entry.key = key;
    key->entry.data = data;
    key->rk.dname_len = owner.len;
    key->rk.type = htons(type);
    key->rk.rrset_class = htons(LDNS_RR_CLASS_IN);
    key->entry.hash = rrset_key_hash(&key->rk);
    data->ttl = 0;
    data->count = count;
    data->trust = rrset_trust_none;
    data->security = sec_status_insecure;
    data->rr_len = (size_t *)(data + 1);
    data->rr_data = (uint8_t **)(data->rr_len + count);
    data->rr_ttl = (time_t *)(data->rr_data + count);
    next = (uint8_t *)(data->rr_ttl + count);
    for (size_t i = 0; i < count; i++) {
        data->rr_len[i] = 2 + len;
        data->rr_ttl[i] = (time_t)ttl;
        data->rr_data[i] = next;
        sldns_write_uint16(next, (uint16_t)len);
        memcpy(next + 2, rdata + i * len, len);
        next += 2 + len;
    }
    return key;
}

/* RFC 2308: without a SOA a negative answer is not cached, and clients ask again and again. */
static struct ub_packed_rrset_key *make_soa(
    struct regional *region, struct tg_name zone, uint32_t serial, const struct tg_answer *answer)
{
    struct rdata rd = {.len = 0};

    put(&rd, answer->mname.wire, answer->mname.len);
    put(&rd, answer->rname.wire, answer->rname.len);
    put_u32(&rd, serial);
    put_u32(&rd, SOA_REFRESH);
    put_u32(&rd, SOA_RETRY);
    put_u32(&rd, SOA_EXPIRE);
    put_u32(&rd, answer->ttl);
    return make_rrset(region, zone, LDNS_RR_TYPE_SOA, answer->ttl, rd.octets, rd.len, 1);
}

static struct ub_packed_rrset_key *make_mx(
    struct regional *region, struct tg_name owner, struct tg_name exchange, uint32_t ttl)
{
    struct rdata rd = {.len = 0};

    put_u16(&rd, 0);
    put(&rd, exchange.wire, exchange.len);
    return make_rrset(region, owner, LDNS_RR_TYPE_MX, ttl, rd.octets, rd.len, 1);
}

/* RFC 2782: a target of "." says that the service is decidedly not there. */
static struct ub_packed_rrset_key *make_null_srv(
    struct regional *region, struct tg_name owner, uint32_t ttl)
{
    static const uint8_t rdata[7] = {0};

    return make_rrset(region, owner, LDNS_RR_TYPE_SRV, ttl, rdata, sizeof(rdata), 1);
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

/* The RRset of a positive answer; NULL when out of memory. */
static struct ub_packed_rrset_key *make_positive(struct regional *region, struct tg_name owner,
    const struct tg_answer *answer, enum tg_reply reply)
{
    static const struct tg_name root = {(const uint8_t *)"", 1};

    switch (reply) {
    case TG_REPLY_NULL_MX:
        return make_mx(region, owner, root, answer->ttl);
    case TG_REPLY_SINKHOLE_MX:
        return make_mx(region, owner, answer->mx, answer->ttl);
    case TG_REPLY_NULL_SRV:
        return make_null_srv(region, owner, answer->ttl);
    case TG_REPLY_SINKHOLE_A:
        return make_rrset(region, owner, LDNS_RR_TYPE_A, answer->ttl, (const uint8_t *)answer->a,
            sizeof(answer->a[0]), answer->a_count);
    case TG_REPLY_SINKHOLE_AAAA:
        return make_rrset(region, owner, LDNS_RR_TYPE_AAAA, answer->ttl,
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
static struct dns_msg *make_message(
    struct module_qstate *qstate, const struct tg_image *image, const struct tg_verdict *verdict)
{
    const struct tg_answer *answer = tg_image_answer(image);
    const bool positive = is_positive(verdict->reply);
    const uint16_t rcode =
        verdict->reply == TG_REPLY_NXDOMAIN ? LDNS_RCODE_NXDOMAIN : LDNS_RCODE_NOERROR;
    const struct place place = place_of(qstate, verdict);
    struct dns_msg *msg = regional_alloc_zero(qstate->region, sizeof(*msg));
    struct ub_packed_rrset_key *rrset;

    rrset = positive ? make_positive(qstate->region, place.owner, answer, verdict->reply)
                     : make_soa(qstate->region, place.zone, tg_image_meta(image)->serial, answer);
    if (!msg || !rrset)
        return NULL;
    msg->qinfo = qstate->qinfo;
    msg->rep = tg_ub_reply(qstate->region, (uint16_t)(BIT_QR | BIT_RA | rcode), (time_t)answer->ttl,
        place.aliases + (positive ? 1 : 0), positive ? 0 : 1);
    if (!msg->rep)
        return NULL;
    for (size_t i = 0; i < place.aliases; i++)
        msg->rep->rrsets[i] = qstate->return_msg->rep->rrsets[i];
    msg->rep->rrsets[place.aliases] = rrset;
    /* dns64 stores what it passes on, whatever no_cache_store says; a TTL of 0 is not stored.
     * The wire has the TTLs of the RRs. */
    msg->rep->ttl = 0;
    return msg;
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

int tg_answer_make(struct module_qstate *qstate, int id, const struct tg_image *image,
    const struct tg_question *question, const struct tg_verdict *verdict)
{
    struct tg_query *query = tg_query_of(qstate, id);
    const bool refused = verdict->reply == TG_REPLY_REFUSED;

    /* Kept out of the cache: each client must be seen, and another may be allowed. */
    qstate->no_cache_store = 1;
    qstate->return_msg = refused ? NULL : make_message(qstate, image, verdict);
    qstate->return_rcode = refused              ? LDNS_RCODE_REFUSED
                           : qstate->return_msg ? LDNS_RCODE_NOERROR
                                                : LDNS_RCODE_SERVFAIL;
    if (query && !query->explained && (refused || qstate->return_msg)) {
        add_ede(qstate, question, tg_image_answer(image), verdict);
        query->explained = true;
    }
    return qstate->return_msg ? (int)FLAGS_GET_RCODE(qstate->return_msg->rep->flags)
                              : qstate->return_rcode;
}
