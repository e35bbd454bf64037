/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* A signed question and its signed answers: TSIG, RFC 8945, by ldns, and what ldns leaves out. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "tools/fetch.h"

#define FUDGE 300 /* seconds that clocks may differ by: what RFC 8945 10 recommends */

/* The fields of a TSIG record. */
enum { ALGORITHM, TIME, FUDGE_FIELD, MAC, ORIGINAL_ID, ERROR, OTHER, FIELDS };

static ldns_rdf *name_rdf(struct tg_name name)
{
    return ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name.len, name.wire);
}

static bool sign(struct tg_dialogue *d, ldns_pkt *query)
{
    const ldns_status status =
        ldns_pkt_tsig_sign(query, d->key->name, d->key->secret, FUDGE, d->key->algorithm, NULL);

    if (status != LDNS_STATUS_OK)
        return tg_fetch_fail(
            d->why, "the question cannot be signed: %s", ldns_get_errorstr_by_id(status));
    d->mac = ldns_rdf_clone(ldns_rr_rdf(ldns_pkt_tsig(query), MAC));
    return d->mac || tg_fetch_fail(d->why, "out of memory");
}

static bool send_query(struct tg_dialogue *d, ldns_pkt *query)
{
    uint8_t *octets = NULL;
    size_t len = 0;
    bool done;

    if (ldns_pkt2wire(&octets, query, &len) != LDNS_STATUS_OK)
        return tg_fetch_fail(d->why, "out of memory");
    done = tg_wire_send(&d->wire, octets, len, d->why);
    free(octets);
    return done;
}

bool tg_dialogue_ask(struct tg_dialogue *d, const struct tg_server *server, struct tg_name zone,
    ldns_rr_type type, unsigned seconds)
{
    ldns_rdf *name;
    ldns_pkt *query;
    bool done = false;

    d->begun = false;
    d->mac = NULL;
    if (!tg_wire_open(&d->wire, server, seconds, d->why))
        return false;
    name = name_rdf(zone);
    query = name ? ldns_pkt_query_new(name, type, LDNS_RR_CLASS_IN, 0) : NULL;
    if (!query) {
        ldns_rdf_deep_free(name);
        return tg_fetch_fail(d->why, "out of memory");
    }
    if (getrandom(&d->id, sizeof(d->id), 0) != sizeof(d->id)) {
        (void)tg_fetch_fail(d->why, "there is no randomness to be had");
    } else {
        ldns_pkt_set_id(query, d->id);
        done = sign(d, query) && send_query(d, query);
    }
    ldns_pkt_free(query);
    return done;
}

static uint64_t time_of(const ldns_rdf *rdf)
{
    const uint8_t *at = ldns_rdf_data(rdf);
    uint64_t seconds = 0;

    for (int i = 0; i < 6; i++)
        seconds = seconds << 8 | at[i];
    return seconds;
}

/* A record of the form that the functions of ldns expect without looking. */
static bool is_tsig(const ldns_rr *tsig)
{
    if (ldns_rr_rd_count(tsig) != FIELDS)
        return false;
    for (size_t i = 0; i < FIELDS; i++)
        if (!ldns_rr_rdf(tsig, i) || !ldns_rdf_data(ldns_rr_rdf(tsig, i)))
            return false;
    return ldns_rdf_size(ldns_rr_rdf(tsig, TIME)) == 6;
}

static bool is_name(const ldns_rdf *rdf, const char *text)
{
    ldns_rdf *name = ldns_dname_new_frm_str(text);
    const bool same =
        name && ldns_rdf_get_type(rdf) == LDNS_RDF_TYPE_DNAME && ldns_dname_compare(rdf, name) == 0;

    ldns_rdf_deep_free(name);
    return same;
}

/* Which key, which algorithm and when is not looked at by ldns. */
static bool verify(struct tg_dialogue *d, ldns_pkt *pkt, size_t len)
{
    const ldns_rr *tsig = ldns_pkt_tsig(pkt);
    int64_t off;

    if (!tsig)
        return tg_fetch_fail(d->why, "the answer is not signed: this may be another server than "
                                     "it should be");
    if (!is_tsig(tsig) || !is_name(ldns_rr_owner(tsig), d->key->name) ||
        !is_name(ldns_rr_rdf(tsig, ALGORITHM), d->key->algorithm))
        return tg_fetch_fail(d->why, "the answer is signed by another key than %s", d->key->name);
    if (!ldns_pkt_tsig_verify_next(
            pkt, d->wire.octets, len, d->key->name, d->key->secret, d->mac, d->begun))
        return tg_fetch_fail(d->why,
            "the signature of the answer is wrong: not made with our key %s, or altered on "
            "its way",
            d->key->name);
    off = (int64_t)time(NULL) - (int64_t)time_of(ldns_rr_rdf(tsig, TIME));
    if (off > FUDGE || off < -FUDGE)
        return tg_fetch_fail(d->why, "the answer was signed %lld seconds %s: set the clocks",
            (long long)llabs(off), off > 0 ? "ago" : "from now");
    ldns_rdf_deep_free(d->mac);
    d->mac = ldns_rdf_clone(ldns_rr_rdf(tsig, MAC));
    return d->mac || tg_fetch_fail(d->why, "out of memory");
}

/* What a server says instead of an answer need not be signed to be told. */
static bool refused(struct tg_dialogue *d, const ldns_pkt *pkt)
{
    const ldns_rr *tsig = ldns_pkt_tsig(pkt);
    const ldns_pkt_rcode rcode = ldns_pkt_get_rcode(pkt);
    const ldns_lookup_table *known = ldns_lookup_by_id(ldns_rcodes, (int)rcode);
    const unsigned error =
        tsig && is_tsig(tsig) ? ldns_rdf2native_int16(ldns_rr_rdf(tsig, ERROR)) : 0;
    const char *name = known ? known->name : "an unknown error";

    switch (error) {
    case 16:
        return tg_fetch_fail(d->why,
            "the server finds our signature wrong (%s, BADSIG): its key %s is another one", name,
            d->key->name);
    case 17:
        return tg_fetch_fail(
            d->why, "the server does not know the key %s (%s, BADKEY)", d->key->name, name);
    case 18:
        return tg_fetch_fail(d->why, "the server's clock differs from ours (%s, BADTIME)", name);
    default:
        return tg_fetch_fail(d->why, "the server answers %s", name);
    }
}

ldns_pkt *tg_dialogue_read(struct tg_dialogue *d)
{
    ldns_pkt *pkt = NULL;
    bool good = false;
    size_t len;
    ldns_status status;

    if (!tg_wire_read(&d->wire, &len, d->why))
        return NULL;
    status = ldns_wire2pkt(&pkt, d->wire.octets, len);
    if (status != LDNS_STATUS_OK)
        (void)tg_fetch_fail(
            d->why, "the answer is no message of DNS: %s", ldns_get_errorstr_by_id(status));
    else if (ldns_pkt_id(pkt) != d->id || !ldns_pkt_qr(pkt) ||
             ldns_pkt_get_opcode(pkt) != LDNS_PACKET_QUERY)
        (void)tg_fetch_fail(d->why, "the answer is none to our question");
    else if (ldns_pkt_get_rcode(pkt) != LDNS_RCODE_NOERROR)
        (void)refused(d, pkt);
    else
        good = verify(d, pkt, len);
    d->begun = true;
    if (good)
        return pkt;
    if (status == LDNS_STATUS_OK)
        ldns_pkt_free(pkt);
    return NULL;
}

void tg_dialogue_end(struct tg_dialogue *d)
{
    tg_wire_close(&d->wire);
    ldns_rdf_deep_free(d->mac);
    d->mac = NULL;
}
