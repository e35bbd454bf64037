/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A primary of one zone, as it should be or in one of many ways wrong, for the tests of tldguard
 * fetch: primary ZONEFILE KEYNAME SECRET MODE. It says its port, at 127.0.0.1, and serves by TCP
 * until it is killed. Modes: see below.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <ldns/ldns.h>

#include "tests/support/client.h"

#define PER_MESSAGE 20 /* records */

/* X(name, word, what is wrong) */
#define MODE_MAP(X)                                                \
    X(GOOD, "good", "nothing")                                     \
    X(UNSIGNED, "unsigned", "no message is signed")                \
    X(UNSIGNED_ZONE, "unsigned-zone", "only the SOA is")           \
    X(FIRST_SIGNED, "first-signed", "of the zone only the first")  \
    X(OTHER_SECRET, "other-secret", "all, by another secret")      \
    X(OTHER_NAME, "other-name", "all, by a key of another name")   \
    X(OTHER_ALGORITHM, "other-algorithm", "all, by HMAC-SHA1")     \
    X(EARLY, "early", "all, 400 seconds ago")                      \
    X(LATE, "late", "all, 400 seconds from now")                   \
    X(SLOW, "slow", "nothing: signed 100 seconds ago")             \
    X(ALTERED, "altered", "an octet of the second message")        \
    X(LEFT_OUT, "left-out", "the second message is not sent")      \
    X(TWICE, "twice", "the second message is sent twice")          \
    X(CUT, "cut", "the connection ends behind the second message") \
    X(HALF, "half", "the connection ends in the second message")   \
    X(SILENT, "silent", "it says nothing")                         \
    X(STUCK, "stuck", "it stops in the second message")            \
    X(DRIP, "drip", "an octet a tenth of a second")                \
    X(SERVFAIL, "servfail", "SERVFAIL, signed")                    \
    X(REFUSED, "refused", "REFUSED, not signed")                   \
    X(NO_ZONE, "no-zone", "an answer without an SOA")              \
    X(OTHER_ID, "other-id", "an answer to another question")       \
    X(NO_ANSWER, "no-answer", "a question in place of an answer")  \
    X(GARBAGE, "garbage", "octets that are no message")            \
    X(EMPTY, "empty", "a zone of no records")                      \
    X(NO_SOA, "no-soa", "a zone that does not begin with its SOA") \
    X(BEHIND, "behind", "a record behind the end")                 \
    X(OUTSIDE, "outside", "a record that is not of the zone")      \
    X(CHANGED, "changed", "another serial at the end")             \
    X(BARE_TSIG, "bare-tsig", "a TSIG record without data")

enum mode {
#define MODE_ENUM(name, word, what) name,
    MODE_MAP(MODE_ENUM)
#undef MODE_ENUM
};

static const char *const modes[] = {
#define MODE_WORD(name, word, what) word,
    MODE_MAP(MODE_WORD)
#undef MODE_WORD
};
#define MODES (sizeof(modes) / sizeof(modes[0]))

struct primary {
    ldns_rr_list *records; /* the SOA is the first one */
    const char *key, *secret;
    enum mode mode;
    int fd;
    ldns_pkt *query;
    ldns_rdf *mac; /* of the message before */
    unsigned sent; /* messages of this answer */
};

static time_t shift; /* of the clock that messages are signed by */

/* In place of the C library's, also for ldns, which signs. */
__attribute__((visibility("default"))) int gettimeofday(
    struct timeval *restrict now, void *restrict zone)
{
    struct timespec real;

    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &real);
    now->tv_sec = real.tv_sec + shift;
    now->tv_usec = real.tv_nsec / 1000;
    return 0;
}

static void usage(void)
{
    fputs("usage: primary ZONEFILE KEYNAME SECRET MODE\n", stderr);
    exit(EXIT_USAGE);
}

static void fail(const char *what)
{
    fprintf(stderr, "primary: %s\n", what);
    exit(EXIT_BROKEN);
}

static void read_zone(struct primary *p, const char *path)
{
    ldns_rdf *origin = NULL, *previous = NULL;
    uint32_t ttl = 60;
    int line = 0;
    FILE *in = fopen(path, "r");
    ldns_rr *rr;

    if (!in)
        client_broken(path);
    p->records = ldns_rr_list_new();
    while (!feof(in)) {
        switch (ldns_rr_new_frm_fp_l(&rr, in, &ttl, &origin, &previous, &line)) {
        case LDNS_STATUS_OK:
            ldns_rr_list_push_rr(p->records, rr);
            break;
        case LDNS_STATUS_SYNTAX_EMPTY:
        case LDNS_STATUS_SYNTAX_TTL:
        case LDNS_STATUS_SYNTAX_ORIGIN:
            break;
        default:
            fprintf(stderr, "primary: %s:%d: cannot be read\n", path, line);
            exit(EXIT_BROKEN);
        }
    }
    (void)fclose(in);
    if (ldns_rr_get_type(ldns_rr_list_rr(p->records, 0)) != LDNS_RR_TYPE_SOA)
        fail("the zone does not begin with an SOA");
}

static bool read_exactly(int fd, uint8_t *to, size_t len)
{
    while (len > 0) {
        const ssize_t got = read(fd, to, len);
        if (got <= 0)
            return false;
        to += got;
        len -= (size_t)got;
    }
    return true;
}

static void write_all(int fd, const uint8_t *from, size_t len)
{
    while (len > 0) {
        const ssize_t done = write(fd, from, len);
        if (done <= 0)
            return;
        from += done;
        len -= (size_t)done;
    }
}

/* Whether this message is signed, and by what. */
static bool sign(struct primary *p, ldns_pkt *pkt)
{
    static const char other_secret[] = "b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyb3Q=";
    const bool zone =
        ldns_rr_get_type(ldns_rr_list_rr(ldns_pkt_question(p->query), 0)) == LDNS_RR_TYPE_AXFR;
    ldns_status status;

    if (p->mode == UNSIGNED || p->mode == REFUSED || (p->mode == UNSIGNED_ZONE && zone) ||
        (p->mode == FIRST_SIGNED && zone && p->sent > 0))
        return true;
    status = ldns_pkt_tsig_sign_next(pkt, p->mode == OTHER_NAME ? "another." : p->key,
        p->mode == OTHER_SECRET ? other_secret : p->secret, 300,
        p->mode == OTHER_ALGORITHM ? "hmac-sha1." : "hmac-sha256.", p->mac, p->sent > 0);
    if (status != LDNS_STATUS_OK)
        return false;
    ldns_rdf_deep_free(p->mac);
    p->mac = ldns_rdf_clone(ldns_rr_rdf(ldns_pkt_tsig(pkt), 3));
    if (p->mode == BARE_TSIG)
        while (ldns_rr_rd_count(ldns_pkt_tsig(pkt)) > 0)
            ldns_rdf_deep_free(ldns_rr_pop_rdf(ldns_pkt_tsig(pkt)));
    return true;
}

/* The first letter of the first "name". */
static void alter(uint8_t *octets, size_t len)
{
    uint8_t *at = memmem(octets, len, "name", 4);

    if (at)
        *at ^= 1;
}

/* False to end the connection. */
static bool send_octets(struct primary *p, uint8_t *octets, size_t len)
{
    uint8_t head[2] = {(uint8_t)(len >> 8), (uint8_t)len};
    const bool second = p->sent == 1;

    if (p->mode == ALTERED && second)
        alter(octets, len);
    if (p->mode == GARBAGE)
        memset(octets + 4, 0xff, len - 4);
    if (p->mode == LEFT_OUT && second)
        return true;
    write_all(p->fd, head, sizeof(head));
    if ((p->mode == HALF || p->mode == STUCK) && second) {
        write_all(p->fd, octets, len / 2);
        /* Until the other side has had enough. */
        return p->mode == STUCK && read(p->fd, head, 1) > 0;
    }
    for (size_t i = 0; p->mode == DRIP && i < len - 1; i++) {
        write_all(p->fd, octets++, 1);
        len--;
        (void)usleep(100000);
    }
    write_all(p->fd, octets, len);
    return true;
}

static bool send_message(struct primary *p, ldns_pkt *pkt)
{
    uint8_t *octets = NULL;
    size_t len;
    bool go_on = false;

    ldns_pkt_set_id(pkt, (uint16_t)(ldns_pkt_id(p->query) + (p->mode == OTHER_ID)));
    ldns_pkt_set_qr(pkt, p->mode != NO_ANSWER);
    ldns_pkt_set_aa(pkt, true);
    if (sign(p, pkt) && ldns_pkt2wire(&octets, pkt, &len) == LDNS_STATUS_OK) {
        go_on = send_octets(p, octets, len);
        if (go_on && p->mode == TWICE && p->sent == 1)
            go_on = send_octets(p, octets, len);
    }
    free(octets);
    ldns_pkt_free(pkt);
    p->sent++;
    return go_on && !(p->mode == CUT && p->sent == 2);
}

static ldns_pkt *new_message(const struct primary *p)
{
    ldns_pkt *pkt = ldns_pkt_new();

    if (!pkt)
        fail("out of memory");
    if (p->sent == 0)
        (void)ldns_pkt_push_rr(pkt, LDNS_SECTION_QUESTION,
            ldns_rr_clone(ldns_rr_list_rr(ldns_pkt_question(p->query), 0)));
    return pkt;
}

static void push(ldns_pkt *pkt, const ldns_rr *rr)
{
    (void)ldns_pkt_push_rr(pkt, LDNS_SECTION_ANSWER, ldns_rr_clone(rr));
}

static ldns_rr *new_rr(const char *text)
{
    ldns_rr *rr = NULL;

    if (ldns_rr_new_frm_str(&rr, text, 60, NULL, NULL) != LDNS_STATUS_OK)
        fail("no record");
    return rr;
}

/* The SOA that ends the zone, and what should not be behind it. */
static void push_end(const struct primary *p, ldns_pkt *pkt)
{
    ldns_rr *soa = ldns_rr_clone(ldns_rr_list_rr(p->records, 0));

    if (p->mode == OUTSIDE)
        (void)ldns_pkt_push_rr(pkt, LDNS_SECTION_ANSWER, new_rr("elsewhere. TXT outside"));
    if (p->mode == CHANGED)
        ldns_rdf_deep_free(
            ldns_rr_set_rdf(soa, ldns_native2rdf_int32(LDNS_RDF_TYPE_INT32, 4711), 2));
    (void)ldns_pkt_push_rr(pkt, LDNS_SECTION_ANSWER, soa);
    if (p->mode == BEHIND)
        push(pkt, ldns_rr_list_rr(p->records, 1));
}

static bool send_zone(struct primary *p)
{
    const size_t count = ldns_rr_list_rr_count(p->records);
    bool go_on = true;

    if (p->mode == EMPTY)
        return send_message(p, new_message(p));
    for (size_t at = p->mode == NO_SOA; at < count && go_on; at += PER_MESSAGE) {
        ldns_pkt *pkt = new_message(p);

        for (size_t i = at; i < count && i < at + PER_MESSAGE; i++)
            push(pkt, ldns_rr_list_rr(p->records, i));
        if (at + PER_MESSAGE >= count)
            push_end(p, pkt);
        go_on = send_message(p, pkt);
    }
    return go_on;
}

static bool answer(struct primary *p)
{
    const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(p->query), 0);
    ldns_pkt *pkt;

    p->sent = 0;
    if (p->mode == SILENT)
        return true;
    if (p->mode != SERVFAIL && p->mode != REFUSED &&
        ldns_rr_get_type(question) == LDNS_RR_TYPE_AXFR)
        return send_zone(p);
    pkt = new_message(p);
    if (p->mode == SERVFAIL || p->mode == REFUSED)
        ldns_pkt_set_rcode(pkt, p->mode == SERVFAIL ? LDNS_RCODE_SERVFAIL : LDNS_RCODE_REFUSED);
    else if (p->mode != NO_ZONE)
        push(pkt, ldns_rr_list_rr(p->records, 0));
    return send_message(p, pkt);
}

static void serve(struct primary *p)
{
    uint8_t head[2], octets[65535];
    bool go_on = true;

    while (go_on && read_exactly(p->fd, head, sizeof(head))) {
        const size_t len = (size_t)head[0] << 8 | head[1];

        if (!read_exactly(p->fd, octets, len) ||
            ldns_wire2pkt(&p->query, octets, len) != LDNS_STATUS_OK)
            return;
        p->mac = ldns_pkt_tsig(p->query) ? ldns_rdf_clone(ldns_rr_rdf(ldns_pkt_tsig(p->query), 3))
                                         : NULL;
        go_on = answer(p);
        ldns_rdf_deep_free(p->mac);
        ldns_pkt_free(p->query);
    }
}

static enum mode read_mode(const char *word)
{
    for (size_t i = 0; i < MODES; i++)
        if (strcmp(modes[i], word) == 0)
            return (enum mode)i;
    usage();
    return GOOD;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);
    struct primary p = {.fd = -1};
    int listener;

    if (argc == 2 && strcmp(argv[1], "--modes") == 0) {
        for (size_t i = 0; i < MODES; i++)
            puts(modes[i]);
        return 0;
    }
    if (argc != 5)
        usage();
    p.key = argv[2];
    p.secret = argv[3];
    p.mode = read_mode(argv[4]);
    shift = p.mode == EARLY ? -400 : p.mode == LATE ? 400 : p.mode == SLOW ? -100 : 0;
    read_zone(&p, argv[1]);
    (void)signal(SIGPIPE, SIG_IGN);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, 5) != 0 || getsockname(listener, (struct sockaddr *)&address, &len) != 0)
        client_broken("cannot listen");
    printf("%u\n", ntohs(address.sin_port));
    (void)fflush(stdout);
    for (;;) {
        p.fd = accept(listener, NULL, NULL);
        if (p.fd < 0)
            client_broken("cannot accept");
        serve(&p);
        (void)close(p.fd);
    }
}
