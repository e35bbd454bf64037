/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The serial of a zone, and all of it: AXFR, RFC 5936. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fetch.h"

static bool is_soa(const ldns_rr *rr)
{
    return ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA && ldns_rr_rd_count(rr) == 7;
}

static uint32_t soa_serial(const ldns_rr *rr)
{
    return ldns_rdf2native_int32(ldns_rr_rdf(rr, 2));
}

/* The owner in lower case, relative to the zone; false: it is not in it. */
static bool relative(
    const struct tg_fetch *fetch, const ldns_rr *rr, uint8_t wire[TG_DNAME_MAX], size_t *len)
{
    const ldns_rdf *owner = ldns_rr_owner(rr);

    if (!owner || tg_dname_check(ldns_rdf_data(owner), ldns_rdf_size(owner), len) != TG_OK)
        return false;
    tg_dname_lower(ldns_rdf_data(owner), *len, wire);
    if (!tg_dname_is_subdomain((struct tg_name){wire, *len}, fetch->zone))
        return false;
    *len -= fetch->zone.len - 1;
    wire[*len - 1] = 0;
    return true;
}

static bool is_apex(const struct tg_fetch *fetch, const ldns_rr *rr)
{
    uint8_t wire[TG_DNAME_MAX];
    size_t len;

    return relative(fetch, rr, wire, &len) && len == 1;
}

bool tg_fetch_serial(struct tg_fetch *fetch, uint32_t *serial)
{
    struct tg_dialogue d = {.key = &fetch->key, .wire = {.fd = -1}, .why = fetch->why};
    ldns_pkt *pkt = NULL;
    bool found = false;

    if (tg_dialogue_ask(&d, fetch->server, fetch->zone, LDNS_RR_TYPE_SOA, fetch->seconds))
        pkt = tg_dialogue_read(&d);
    if (pkt) {
        const ldns_rr_list *answer = ldns_pkt_answer(pkt);

        for (size_t i = 0; i < ldns_rr_list_rr_count(answer) && !found; i++) {
            const ldns_rr *rr = ldns_rr_list_rr(answer, i);

            found = is_soa(rr) && is_apex(fetch, rr);
            if (found)
                *serial = soa_serial(rr);
        }
        if (!found)
            (void)tg_fetch_fail(fetch->why, "the server has no zone %s", fetch->zone_text);
        ldns_pkt_free(pkt);
    }
    tg_dialogue_end(&d);
    return found;
}

/* A transfer that is under way. */
struct transfer {
    struct tg_fetch *fetch;
    struct tg_zone *zone;
    ldns_buffer *buffer;
    uint32_t serial;
    bool begun, ended; /* the SOA came once, twice */
};

/* ldns makes the data canonical: names in it in full and, of the old types, in lower case. */
static bool add(struct transfer *t, ldns_rr *rr)
{
    char *why = t->fetch->why;
    uint8_t wire[TG_DNAME_MAX];
    struct tg_name owner = {wire, 0};

    if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN || !relative(t->fetch, rr, wire, &owner.len))
        return tg_fetch_fail(why, "the server sends what is not of the zone");
    if (t->zone->count >= TG_FETCH_RECORDS_MAX)
        return tg_fetch_fail(why, "the server sends more records than any policy makes");
    ldns_rr2canonical(rr);
    ldns_buffer_clear(t->buffer);
    if (ldns_rr_rdata2buffer_wire(t->buffer, rr) != LDNS_STATUS_OK ||
        tg_zone_add(t->zone, owner, (uint16_t)ldns_rr_get_type(rr), ldns_rr_ttl(rr),
            ldns_buffer_begin(t->buffer), ldns_buffer_position(t->buffer)) != TG_OK)
        return tg_fetch_fail(why, "out of memory");
    return true;
}

static bool take(struct transfer *t, ldns_rr *rr)
{
    char *why = t->fetch->why;
    const bool soa = is_soa(rr) && is_apex(t->fetch, rr);

    if (t->ended)
        return tg_fetch_fail(why, "the transfer goes on behind its end");
    if (!t->begun && !soa)
        return tg_fetch_fail(why, "the transfer does not begin with the SOA of the zone");
    if (!soa)
        return add(t, rr);
    if (t->begun && soa_serial(rr) != t->serial)
        return tg_fetch_fail(why, "the zone has changed during the transfer");
    t->ended = t->begun;
    t->begun = true;
    t->serial = soa_serial(rr);
    return t->ended || add(t, rr);
}

static bool take_message(struct transfer *t, struct tg_dialogue *d)
{
    ldns_pkt *pkt = tg_dialogue_read(d);
    const ldns_rr_list *answer;
    bool good = pkt != NULL;

    if (!good)
        return false;
    answer = ldns_pkt_answer(pkt);
    if (ldns_rr_list_rr_count(answer) == 0)
        good = tg_fetch_fail(t->fetch->why, "the server sends an empty answer");
    for (size_t i = 0; i < ldns_rr_list_rr_count(answer) && good; i++)
        good = take(t, ldns_rr_list_rr(answer, i));
    ldns_pkt_free(pkt);
    return good;
}

bool tg_fetch_zone(struct tg_fetch *fetch, struct tg_zone *zone, uint32_t *serial)
{
    struct tg_dialogue d = {.key = &fetch->key, .wire = {.fd = -1}, .why = fetch->why};
    struct transfer t = {
        .fetch = fetch, .zone = zone, .buffer = ldns_buffer_new(LDNS_MAX_PACKETLEN)};
    const char *wrong = NULL;
    bool good = t.buffer ? tg_dialogue_ask(
                               &d, fetch->server, fetch->zone, LDNS_RR_TYPE_AXFR, fetch->seconds)
                         : tg_fetch_fail(fetch->why, "out of memory");

    while (good && !t.ended) {
        good = take_message(&t, &d);
        tg_progress_set(fetch->progress, zone->count, 0);
    }
    tg_dialogue_end(&d);
    ldns_buffer_free(t.buffer);
    if (!good)
        return false;
    tg_zone_sort(zone);
    wrong = tg_zone_verify(zone, t.serial);
    *serial = t.serial;
    return !wrong || tg_fetch_fail(fetch->why, "the zone %s", wrong);
}
