/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The clients of scripts/soak: many at a time, each asking what a table says, by chance and by
 * weight, from addresses, ports and transports of all kinds, and packets that are no questions.
 * What came back is printed in a form that awk can compare.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <ldns/ldns.h>

#include "tests/support/client.h"
#include "tests/support/exchange.h"
#include "tests/support/junk.h"

#define JOBS_MAX  64
#define ROWS_MAX  256
#define LINE_SIZE 1024
#define DATA_MAX  16    /* records of an answer that are printed */
#define DATA_SIZE 128   /* of one of them */
#define EDE_CODE  15    /* RFC 8914 */
#define BEAT_US   20000 /* how often the heart beats ... */
#define STALL_US  60000 /* ... and what is told when it was later than that */
#define FIRST     10    /* 127.0.0.10, the first address for % in a source ... */
#define SOURCES   40    /* ... and how many there are */

struct row {
    int weight;
    char source[64]; /* a % in it is one of SOURCES, another one each time */
    char transport[8];
    char flags[8];   /* of e, d, c, or - */
    char qname[256]; /* a % in it becomes a number, another one each time */
    char qtype[16];  /* JUNK: a packet that is none, or nearly */
};

struct soak {
    struct client_server server;
    struct row rows[ROWS_MAX];
    size_t row_count;
    int weight; /* of all rows */
    uint64_t seed;
    int pause_us;
    int jobs;
    atomic_ullong next;
};

struct job {
    struct soak *soak;
    uint64_t state; /* of its chance */
    struct client_reply reply;
    pthread_t thread;
};

/* A handler has nothing else to reach. */
static atomic_bool stopped, paused;

static void on_signal(int signal)
{
    if (signal == SIGTERM)
        atomic_store(&stopped, true);
    else
        atomic_store(&paused, signal == SIGUSR1);
}

static void usage(void)
{
    fputs("Usage: soak -p PORT [-s SEED] [-j JOBS] [-u US] [-w MS] <TABLE\n"
          "Asks until SIGTERM; rests between SIGUSR1 and SIGUSR2.\n"
          "  TABLE  lines of WEIGHT SOURCE udp|tcp FLAGS NAME TYPE, what follows is passed over.\n"
          "         FLAGS: - or of e EDNS, d DO, c CD. A % in NAME becomes a number that counts\n"
          "         up, in SOURCE one of 10 .. 49. TYPE JUNK: a packet that is none, or nearly\n"
          "  -j  so many at a time (32)  -u  pause after each (40000)  -w  wait so long (4000)\n"
          "Prints: WHEN TOOK ROW SOURCE PORT TRANSPORT NAME TYPE RESULT, times in microseconds.\n"
          "  RESULT  none, or the RCODE, +own (SOA of the policy), +ede (error 15), a colon, and\n"
          "          the data of the answer, sorted, with commas\n"
          "And when this machine let nobody run for a while: WHEN US stall\n"
          "Exit: 0, 2 usage, 3 broken system.\n",
        stderr);
    exit(EXIT_USAGE);
}

static long long now_us(clockid_t clock)
{
    struct timespec ts;

    (void)clock_gettime(clock, &ts);
    return (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void rest(int us)
{
    const struct timespec ts = {us / 1000000, us % 1000000 * 1000L};

    (void)nanosleep(&ts, NULL);
}

/* SplitMix64. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t choose(struct job *job)
{
    int left = (int)(draw(&job->state) % (uint64_t)job->soak->weight);
    size_t i = 0;

    while ((left -= job->soak->rows[i].weight) >= 0)
        i++;
    return i;
}

/* The pattern is shorter than the output by more than a number has digits. */
static void fill_in(const char *pattern, unsigned long long number, char out[LINE_SIZE])
{
    const char *at = strchr(pattern, '%');

    if (at)
        (void)snprintf(out, LINE_SIZE, "%.*s%llu%s", (int)(at - pattern), pattern, number, at + 1);
    else
        (void)snprintf(out, LINE_SIZE, "%s", pattern);
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void data_of(const ldns_rr *rr, char out[DATA_SIZE])
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < ldns_rr_rd_count(rr) && len < DATA_SIZE - 1; i++) {
        char *text = ldns_rdf2str(ldns_rr_rdf(rr, i));

        (void)snprintf(out + len, DATA_SIZE - len, "%s%s", i > 0 ? "_" : "", text ? text : "?");
        len = strlen(out);
        free(text);
    }
    for (char *c = out; *c != '\0'; c++)
        if (*c == ' ' || *c == '\t')
            *c = '_';
}

/* The records rotate. */
static void print_data(const ldns_rr_list *list)
{
    char data[DATA_MAX][DATA_SIZE];
    size_t count = ldns_rr_list_rr_count(list);

    count = count < DATA_MAX ? count : DATA_MAX;
    for (size_t i = 0; i < count; i++)
        data_of(ldns_rr_list_rr(list, i), data[i]);
    qsort(data, count, sizeof(data[0]), compare);
    for (size_t i = 0; i < count; i++)
        printf("%s%s", i > 0 ? "," : "", data[i]);
}

/* A SOA that is not of the world outside. */
static bool is_own(const ldns_pkt *pkt)
{
    const ldns_rr *rr = ldns_rr_list_rr(ldns_pkt_authority(pkt), 0);
    char *text = NULL;
    bool own;

    if (rr && ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA)
        text = ldns_rdf2str(ldns_rr_rdf(rr, 0));
    own = text && strncmp(text, "tldguard.", 9) == 0;
    free(text);
    return own;
}

static bool has_error(ldns_pkt *pkt)
{
    const ldns_edns_option_list *list = ldns_pkt_edns_get_option_list(pkt);

    for (size_t i = 0; list && i < ldns_edns_option_list_get_count(list); i++) {
        const ldns_edns_option *option = ldns_edns_option_list_get_option(list, i);
        const uint8_t *data = ldns_edns_get_data(option);

        if (ldns_edns_get_code(option) == EDE_CODE && ldns_edns_get_size(option) >= 2 &&
            (data[0] << 8 | data[1]) == EDE_CODE)
            return true;
    }
    return false;
}

static void print_result(const struct client_reply *reply)
{
    ldns_pkt *pkt = NULL;
    char rcode[16];

    if (reply->len < LDNS_HEADER_SIZE) {
        puts("none");
    } else if (ldns_wire2pkt(&pkt, reply->wire, reply->len) != LDNS_STATUS_OK) {
        puts("malformed");
    } else {
        printf("%s%s%s:", client_rcode(ldns_pkt_get_rcode(pkt), rcode), is_own(pkt) ? "+own" : "",
            has_error(pkt) ? "+ede" : "");
        print_data(ldns_pkt_answer(pkt));
        putchar('\n');
        ldns_pkt_free(pkt);
    }
}

static void ask_row(struct job *job, size_t row, unsigned long long number)
{
    const struct soak *soak = job->soak;
    const struct row *r = &soak->rows[row];
    char source[LINE_SIZE], qname[LINE_SIZE];
    const struct client_question question = {.qname = qname,
        .qtype = r->qtype,
        .edns = strchr(r->flags, 'e') != NULL,
        .dnssec_ok = strchr(r->flags, 'd') != NULL,
        .checking_disabled = strchr(r->flags, 'c') != NULL};
    long long when, begun, took;
    uint8_t *packet;
    size_t len;

    fill_in(r->source, FIRST + draw(&job->state) % SOURCES, source);
    fill_in(r->qname, number, qname);
    packet = client_packet(&question, (uint16_t)draw(&job->state), &len);
    when = now_us(CLOCK_REALTIME);
    begun = now_us(CLOCK_MONOTONIC);
    client_exchange(
        &soak->server, source, strcmp(r->transport, "tcp") == 0, packet, len, &job->reply);
    took = now_us(CLOCK_MONOTONIC) - begun;
    free(packet);
    flockfile(stdout);
    printf("%lld %lld %zu %s %s %s %s %s ", when, took, row + 1, source,
        job->reply.port[0] ? job->reply.port : "0", r->transport, qname, r->qtype);
    print_result(&job->reply);
    funlockfile(stdout);
}

/* Whether there is a reply, and which, is no matter here; there mostly is none. */
static void send_junk(struct job *job, const struct row *row, unsigned long long number)
{
    const struct client_server server = {job->soak->server.host, job->soak->server.port, 50};
    struct junk junk;

    junk_make(&junk, job->soak->seed, (unsigned)(number % JUNK_COUNT_MAX));
    client_exchange(&server, row->source, strcmp(row->transport, "tcp") == 0, junk.octets, junk.len,
        &job->reply);
}

static void *work(void *arg)
{
    struct job *job = arg;
    struct soak *soak = job->soak;

    while (!atomic_load(&stopped)) {
        if (!atomic_load(&paused)) {
            const size_t row = choose(job);
            const unsigned long long number = atomic_fetch_add(&soak->next, 1);

            if (strcmp(soak->rows[row].qtype, "JUNK") == 0)
                send_junk(job, &soak->rows[row], number);
            else
                ask_row(job, row, number);
        }
        rest(soak->pause_us);
    }
    return NULL;
}

static void beat(void)
{
    while (!atomic_load(&stopped)) {
        const long long when = now_us(CLOCK_REALTIME);
        const long long begun = now_us(CLOCK_MONOTONIC);
        long long late;

        rest(BEAT_US);
        (void)fflush(stdout); /* a disk that stands still counts as well */
        late = now_us(CLOCK_MONOTONIC) - begun - BEAT_US;
        if (late > STALL_US)
            printf("%lld %lld stall\n", when, late);
    }
}

static void read_table(struct soak *soak)
{
    char line[LINE_SIZE];

    while (fgets(line, sizeof(line), stdin)) {
        struct row *r = &soak->rows[soak->row_count++];

        if (soak->row_count > ROWS_MAX ||
            sscanf(line, "%d %63s %7s %7s %255s %15s", &r->weight, r->source, r->transport,
                r->flags, r->qname, r->qtype) != 6 ||
            r->weight < 0 || r->weight > 1000)
            usage();
        soak->weight += r->weight;
    }
    if (soak->weight == 0)
        usage();
}

static void read_options(struct soak *soak, int argc, char **argv)
{
    int c;

    while ((c = getopt(argc, argv, "p:s:j:u:w:")) != -1) {
        if (c == 'p')
            soak->server.port = optarg;
        else if (c == 's')
            soak->seed = (uint64_t)client_number(optarg, 0, 0x7fffffff, usage);
        else if (c == 'j')
            soak->jobs = client_number(optarg, 1, JOBS_MAX, usage);
        else if (c == 'u')
            soak->pause_us = client_number(optarg, 0, 10000000, usage);
        else if (c == 'w')
            soak->server.timeout_ms = client_number(optarg, 1, 60000, usage);
        else
            usage();
    }
    if (!soak->server.port || optind != argc)
        usage();
}

int main(int argc, char **argv)
{
    struct soak soak = {
        .server = {.host = "127.0.0.1", .timeout_ms = 4000}, .jobs = 32, .pause_us = 40000};
    const struct sigaction action = {.sa_handler = on_signal};
    struct job *jobs;

    read_options(&soak, argc, argv);
    read_table(&soak);
    jobs = calloc((size_t)soak.jobs, sizeof(*jobs));
    if (!jobs)
        client_broken("memory");
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGUSR1, &action, NULL);
    (void)sigaction(SIGUSR2, &action, NULL);
    for (int i = 0; i < soak.jobs; i++) {
        jobs[i].soak = &soak;
        jobs[i].state = soak.seed * JOBS_MAX + (uint64_t)i;
        if ((errno = pthread_create(&jobs[i].thread, NULL, work, &jobs[i])) != 0)
            client_broken("thread");
    }
    beat();
    for (int i = 0; i < soak.jobs; i++)
        pthread_join(jobs[i].thread, NULL);
    free(jobs);
    return EXIT_SUCCESS;
}
