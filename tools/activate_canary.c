/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Canary questions: what a resolver answers, as its clients see it. Packets by ldns; not asked by
 * it, which gives a server up after one answer that is lost, and waits for ever for a slow one. */
#include <errno.h>
#include <ldns/ldns.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tldguard/event.h"
#include "tools/activate.h"
#include "tools/fetch.h"

#define UDP_SIZE    1232  /* http://www.dnsflagday.net/2020/ */
#define TRY_MS      1500  /* for one answer */
#define PATIENCE_MS 3000  /* after each was asked once */
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

/* One canary question on the wire. */
struct probe {
    const struct tg_server *server;
    const struct tg_canary *canary;
    ldns_pkt *query;
    uint8_t *wire;
    size_t len;
    int64_t until; /* for the answer, by tg_wire_now() */
};

/* False: there is no memory for it. */
static bool make_query(struct probe *probe)
{
    const struct tg_canary *canary = probe->canary;
    ldns_rdf *qname = ldns_dname_new_frm_data((uint16_t)canary->qname.len, canary->qname.wire);

    if (qname)
        probe->query =
            ldns_pkt_query_new(qname, (ldns_rr_type)canary->qtype, LDNS_RR_CLASS_IN, LDNS_RD);
    if (!probe->query)
        return false;
    ldns_pkt_set_random_id(probe->query);
    ldns_pkt_set_edns_udp_size(probe->query, UDP_SIZE);
    return ldns_pkt2wire(&probe->wire, probe->query, &probe->len) == LDNS_STATUS_OK;
}

/* The answer to this very question: whatever else comes by is nobody's. */
static ldns_pkt *read_answer(const struct probe *probe, const uint8_t *wire, size_t len)
{
    const ldns_rr *asked = ldns_rr_list_rr(ldns_pkt_question(probe->query), 0), *told;
    ldns_pkt *answer = NULL;

    if (ldns_wire2pkt(&answer, wire, len) != LDNS_STATUS_OK)
        return NULL;
    told = ldns_rr_list_rr(ldns_pkt_question(answer), 0);
    if (ldns_pkt_qr(answer) && ldns_pkt_id(answer) == ldns_pkt_id(probe->query) &&
        ldns_pkt_qdcount(answer) == 1 && told &&
        ldns_rr_get_type(told) == ldns_rr_get_type(asked) &&
        ldns_dname_compare(ldns_rr_owner(told), ldns_rr_owner(asked)) == 0)
        return answer;
    ldns_pkt_free(answer);
    return NULL;
}

static ldns_pkt *ask_by_udp(const struct probe *probe)
{
    struct sockaddr_storage address;
    const socklen_t address_len = tg_wire_address(probe->server, &address);
    const int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    uint8_t octets[UDP_SIZE];
    ldns_pkt *answer = NULL;

    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, address_len) == 0 &&
        send(fd, probe->wire, probe->len, 0) == (ssize_t)probe->len)
        while (!answer && tg_wire_await(fd, POLLIN, probe->until) == 0) {
            const ssize_t got = recv(fd, octets, sizeof(octets), 0);

            if (got < 0 && errno != EAGAIN && errno != EINTR)
                break;
            if (got > 0)
                answer = read_answer(probe, octets, (size_t)got);
        }
    if (fd >= 0)
        (void)close(fd);
    return answer;
}

static ldns_pkt *ask_by_tcp(const struct probe *probe)
{
    char why[TG_FETCH_WHY];
    struct tg_wire wire;
    ldns_pkt *answer = NULL;
    size_t len;

    if (tg_wire_open(&wire, probe->server, 1, why)) {
        wire.end = probe->until;
        if (tg_wire_send(&wire, probe->wire, probe->len, why) && tg_wire_read(&wire, &len, why))
            answer = read_answer(probe, wire.octets, len);
    }
    tg_wire_close(&wire);
    return answer;
}

static void ask(
    const struct tg_server *server, const struct tg_canary *canary, struct tg_canary_answer *out)
{
    struct probe probe = {.server = server, .canary = canary};
    ldns_pkt *answer = NULL;
    const bool made = make_query(&probe);

    probe.until = tg_wire_now() + TRY_MS;
    if (made)
        answer = ask_by_udp(&probe);
    if (answer && ldns_pkt_tc(answer)) {
        ldns_pkt_free(answer);
        probe.until = tg_wire_now() + TRY_MS;
        answer = ask_by_tcp(&probe);
    }
    if (answer)
        judge(answer, canary, out);
    else
        (void)snprintf(
            out->got, sizeof(out->got), "%s", made ? "no answer" : "no memory to ask with");
    ldns_pkt_free(answer);
    ldns_pkt_free(probe.query);
    free(probe.wire);
}

/* Returns how many are not as expected; those that were are not asked again. */
static size_t ask_all(const struct tg_server *server, const struct tg_image *image, int64_t end,
    struct tg_canary_answer *answers)
{
    size_t bad = 0;

    for (size_t i = 0; i < tg_image_canary_count(image); i++) {
        if (!answers[i].good && tg_wire_now() < end)
            ask(server, tg_image_canary(image, i), &answers[i]);
        else if (!answers[i].good && !answers[i].got[0])
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

bool tg_canary_ask(const struct tg_server *server, const struct tg_image *image, uint64_t seconds,
    struct tg_canary_answer *answers, char *why)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000};
    struct tg_progress *progress = tg_progress_start("asking canary questions");
    const int64_t end = tg_wire_now() + LIMIT_MS;
    size_t bad = ask_all(server, image, end, answers);
    const int64_t patience = seconds < PATIENCE_MS / 1000 ? (int64_t)seconds * 1000 : PATIENCE_MS;
    const int64_t until = tg_wire_now() + patience;

    /* What the new policy changes may leave the cache a moment later, an answer be lost, and a name
     * take its time. */
    while (bad > 0 && tg_wire_now() < until && tg_wire_now() < end) {
        (void)nanosleep(&pause, NULL);
        bad = ask_all(server, image, end, answers);
    }
    tg_progress_stop(&progress);
    if (bad > 0)
        explain(image, answers, bad, server, why);
    return bad == 0;
}
