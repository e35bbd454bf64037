/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Canary questions: what a resolver answers, as its clients see it. By ldns. */
#include <ldns/ldns.h>
#include <string.h>
#include <time.h>

#include "tldguard/event.h"
#include "tools/activate.h"

#define UDP_SIZE    1232 /* http://www.dnsflagday.net/2020/ */
#define PATIENCE_MS 2000
#define LIMIT_MS    30000 /* of all of it */
#define PAUSE_MS    100

/* Whether an answer is one of ours: it says so itself (RFC 8914), and names the rule, which a
 * resolver behind ours that blocks as well would not. */
static bool is_ours(ldns_pkt *answer)
{
    const ldns_edns_option_list *list = ldns_pkt_edns_get_option_list(answer);
    const size_t count = list ? ldns_edns_option_list_get_count(list) : 0;

    for (size_t i = 0; i < count; i++) {
        const ldns_edns_option *option = ldns_edns_option_list_get_option(list, i);
        const uint8_t *data = ldns_edns_get_data(option);
        const size_t size = ldns_edns_get_size(option);

        if (ldns_edns_get_code(option) == LDNS_EDNS_EDE && size > 2 && data[0] == 0 &&
            data[1] == LDNS_EDE_BLOCKED && memmem(data, size, "(rule ", 6))
            return true;
    }
    return false;
}

static bool has_records(const ldns_pkt *answer, uint16_t qtype)
{
    ldns_rr_list *list = ldns_pkt_rr_list_by_type(answer, (ldns_rr_type)qtype, LDNS_SECTION_ANSWER);
    const bool has = list && ldns_rr_list_rr_count(list) > 0;

    ldns_rr_list_deep_free(list);
    return has;
}

static void judge(ldns_pkt *answer, const struct tg_canary *canary, struct tg_canary_answer *out)
{
    const ldns_pkt_rcode rcode = ldns_pkt_get_rcode(answer);
    const bool ours = is_ours(answer);
    const bool resolves =
        !ours && rcode == LDNS_RCODE_NOERROR && has_records(answer, canary->qtype);
    const ldns_lookup_table *word = ldns_lookup_by_id(ldns_rcodes, (int)rcode);

    out->good = canary->expect == TG_EXPECT_BLOCK ? ours : resolves;
    (void)snprintf(out->got, sizeof(out->got), "%s",
        ours                          ? tg_expect_text(TG_EXPECT_BLOCK)
        : resolves                    ? tg_expect_text(TG_EXPECT_RESOLVE)
        : rcode == LDNS_RCODE_NOERROR ? "no record of that type"
        : word                        ? word->name
                                      : "an unknown rcode");
}

static ldns_pkt *question(const struct tg_canary *canary)
{
    char text[TG_DNAME_TEXT_MAX];
    ldns_rdf *qname = ldns_dname_new_frm_str(tg_text_name(canary->qname, text));
    ldns_pkt *query =
        qname ? ldns_pkt_query_new(qname, (ldns_rr_type)canary->qtype, LDNS_RR_CLASS_IN, LDNS_RD)
              : NULL;

    if (!query)
        tg_out_of_memory();
    ldns_pkt_set_random_id(query);
    ldns_pkt_set_edns_udp_size(query, UDP_SIZE);
    return query;
}

static void ask(
    ldns_resolver *resolver, const struct tg_canary *canary, struct tg_canary_answer *out)
{
    ldns_pkt *query = question(canary), *answer = NULL;

    if (ldns_resolver_send_pkt(&answer, resolver, query) == LDNS_STATUS_OK && answer)
        judge(answer, canary, out);
    else
        *out = (struct tg_canary_answer){false, "no answer"};
    ldns_pkt_free(answer);
    ldns_pkt_free(query);
}

static ldns_resolver *connect_to(const struct tg_server *server)
{
    ldns_resolver *resolver = ldns_resolver_new();
    ldns_rdf *address = strchr(server->address, ':')
                            ? ldns_rdf_new_frm_str(LDNS_RDF_TYPE_AAAA, server->address)
                            : ldns_rdf_new_frm_str(LDNS_RDF_TYPE_A, server->address);

    if (!resolver || !address || ldns_resolver_push_nameserver(resolver, address) != LDNS_STATUS_OK)
        tg_out_of_memory();
    ldns_rdf_deep_free(address);
    ldns_resolver_set_port(resolver, server->port);
    ldns_resolver_set_timeout(resolver, (struct timeval){.tv_sec = 2});
    ldns_resolver_set_retry(resolver, 1);
    return resolver;
}

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Returns how many are not as expected; those that were are not asked again. */
static size_t ask_all(ldns_resolver *resolver, const struct tg_image *image, int64_t start,
    struct tg_canary_answer *answers)
{
    size_t bad = 0;

    for (size_t i = 0; i < tg_image_canary_count(image); i++) {
        if (!answers[i].good && now_ms() - start < LIMIT_MS)
            ask(resolver, tg_image_canary(image, i), &answers[i]);
        else if (!answers[i].got[0])
            (void)snprintf(answers[i].got, sizeof(answers[i].got), "no answer to those before");
        bad += !answers[i].good;
    }
    return bad;
}

static void explain(const struct tg_image *image, const struct tg_canary_answer *answers,
    size_t bad, const struct tg_server *server, char *why)
{
    char name[TG_DNAME_TEXT_MAX], type[16];
    const struct tg_canary *canary;
    size_t i = 0;

    while (answers[i].good)
        i++;
    canary = tg_image_canary(image, i);
    (void)snprintf(why, TG_WHY_MAX, "canary question %s %s: %s is expected, but %s@%u gives %s%s",
        tg_text_name(canary->qname, name), tg_rrtype_text(canary->qtype, type),
        tg_expect_text(canary->expect), server->address, server->port, answers[i].got,
        bad > 1 ? "; others fail as well" : "");
}

bool tg_canary_ask(const struct tg_server *server, const struct tg_image *image,
    struct tg_canary_answer *answers, char *why)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000};
    const int64_t start = now_ms();
    ldns_resolver *resolver = connect_to(server);
    size_t bad = ask_all(resolver, image, start, answers);

    /* What the new policy changes may leave the cache a moment later. */
    while (bad > 0 && now_ms() - start < PATIENCE_MS) {
        (void)nanosleep(&pause, NULL);
        bad = ask_all(resolver, image, start, answers);
    }
    ldns_resolver_deep_free(resolver);
    if (bad > 0)
        explain(image, answers, bad, server, why);
    return bad == 0;
}
