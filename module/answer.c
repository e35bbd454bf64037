/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Answers made here, in the query's region, in the form Unbound's encoder reads. */
#include <string.h>

#include "module/guard.h"
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
 * in the order that packed_rrset_ptr_fixup() expects.
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
    data->ttl = (time_t)ttl;
    data->count = count;
    data->trust = rrset_trust_prim_noglue;
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

/* The RRset of a positive answer; NULL when out of memory. */
static struct ub_packed_rrset_key *make_positive(struct regional *region, struct tg_name qname,
    const struct tg_answer *answer, enum tg_reply reply)
{
    static const struct tg_name root = {(const uint8_t *)"", 1};

    switch (reply) {
    case TG_REPLY_NULL_MX:
        return make_mx(region, qname, root, answer->ttl);
    case TG_REPLY_SINKHOLE_MX:
        return make_mx(region, qname, answer->mx, answer->ttl);
    case TG_REPLY_SINKHOLE_A:
        return make_rrset(region, qname, LDNS_RR_TYPE_A, answer->ttl, (const uint8_t *)answer->a,
            sizeof(answer->a[0]), answer->a_count);
    case TG_REPLY_SINKHOLE_AAAA:
        return make_rrset(region, qname, LDNS_RR_TYPE_AAAA, answer->ttl,
            (const uint8_t *)answer->aaaa, sizeof(answer->aaaa[0]), answer->aaaa_count);
    default:
        return NULL;
    }
}

static bool is_positive(enum tg_reply reply)
{
    return reply == TG_REPLY_NULL_MX || reply == TG_REPLY_SINKHOLE_A ||
           reply == TG_REPLY_SINKHOLE_AAAA || reply == TG_REPLY_SINKHOLE_MX;
}

/* The one message of an answer; NULL when the region is out of memory. */
static struct dns_msg *make_message(
    struct module_qstate *qstate, const struct tg_image *image, const struct tg_verdict *verdict)
{
    const struct tg_answer *answer = tg_image_answer(image);
    const bool positive = is_positive(verdict->reply);
    const uint16_t rcode =
        verdict->reply == TG_REPLY_NXDOMAIN ? LDNS_RCODE_NXDOMAIN : LDNS_RCODE_NOERROR;
    struct dns_msg *msg = regional_alloc_zero(qstate->region, sizeof(*msg));
    struct tg_name qname = {qstate->qinfo.qname, qstate->qinfo.qname_len};
    /* Not the rule's owner: a list has none. */
    struct tg_name zone = {qname.wire + verdict->owner_at, qname.len - verdict->owner_at};
    struct ub_packed_rrset_key *rrset;

    rrset = positive ? make_positive(qstate->region, qname, answer, verdict->reply)
                     : make_soa(qstate->region, zone, tg_image_meta(image)->serial, answer);
    if (!msg || !rrset)
        return NULL;
    msg->qinfo = qstate->qinfo;
    msg->rep = tg_ub_reply(qstate->region, (uint16_t)(BIT_QR | BIT_RA | rcode), (time_t)answer->ttl,
        positive ? 1 : 0, positive ? 0 : 1);
    if (!msg->rep)
        return NULL;
    msg->rep->rrsets[0] = rrset;
    /* dns64 stores what it passes on, whatever no_cache_store says; a TTL of 0 is not stored.
     * The wire has the TTLs of the RRs. */
    msg->rep->ttl = 0;
    return msg;
}

/* RFC 8914, code 15: tells the person behind the client what happened and what was meant. */
static void add_ede(
    struct module_qstate *qstate, const struct tg_answer *answer, const struct tg_verdict *verdict)
{
    const struct tg_question question = {
        .qname = {qstate->qinfo.qname, qstate->qinfo.qname_len}, .qtype = qstate->qinfo.qtype};
    char text[TG_EDE_TEXT_MAX];

    (void)tg_explain_ede(&question, verdict, answer, text);
    /* Out of memory here costs the explanation, not the answer. */
    (void)edns_opt_list_append_ede(
        &qstate->edns_opts_front_out, qstate->region, LDNS_EDE_BLOCKED, text);
}

int tg_answer_make(struct module_qstate *qstate, const struct tg_image *image,
    const struct tg_verdict *verdict, bool first)
{
    qstate->return_msg = NULL;
    qstate->return_rcode = LDNS_RCODE_NOERROR;
    /* Kept out of the cache: each client must be seen, and another may be allowed. */
    qstate->no_cache_store = 1;
    if (verdict->reply == TG_REPLY_REFUSED) {
        qstate->return_rcode = LDNS_RCODE_REFUSED;
    } else {
        qstate->return_msg = make_message(qstate, image, verdict);
        if (!qstate->return_msg) {
            qstate->return_rcode = LDNS_RCODE_SERVFAIL;
            return LDNS_RCODE_SERVFAIL;
        }
    }
    if (first)
        add_ede(qstate, tg_image_answer(image), verdict);
    return qstate->return_msg ? (int)FLAGS_GET_RCODE(qstate->return_msg->rep->flags)
                              : qstate->return_rcode;
}
