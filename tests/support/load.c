/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A client that does not stop: asks the same questions round and round, from several
 * ports at once, until it is told to end, and measures how long each answer took.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <ldns/ldns.h>

#include "tests/support/client.h"

#define JOBS_MAX      64
#define QUESTIONS_MAX 64
#define LINE_SIZE     512
#define PACKET_SIZE   4096

struct question {
    char qname[256]; /* a % in it becomes a number, another one each time */
    char qtype[16];
    bool checking_disabled;
};

struct load {
    const char *source;
    const char *port;
    struct question questions[QUESTIONS_MAX];
    size_t question_count;
    unsigned long long most; /* questions to ask; 0: no end */
    int timeout_ms;
    int pause_us; /* between two questions of a job */
    bool verbose;
    atomic_ullong next, asked, silent, slowest_us;
};

static atomic_bool stopped;

static void stop(int signal)
{
    (void)signal;
    atomic_store(&stopped, true);
}

static void usage(void)
{
    fputs("Usage: load -p PORT [-b SOURCE] [-j JOBS] [-n COUNT] [-u US] [-w MS] [-v] <LIST\n"
          "Asks the questions of LIST again and again, over UDP.\n"
          "  LIST  lines of NAME TYPE [cd]; a % in NAME becomes a number that counts up\n"
          "  -j  so many at a time (1)   -n  end after so many (0: at SIGTERM)\n"
          "  -u  pause after each answer  -w  wait so long for one (5000)\n"
          "  -v  prints for each: WHEN TOOK RCODE NAME TYPE, times in microseconds\n"
          "At the end: asked COUNT silent COUNT slowest US\n"
          "Exit: 0 all answered, 1 some were not, 2 usage, 3 broken system.\n",
        stderr);
    exit(EXIT_USAGE);
}

static unsigned long long now_us(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (unsigned long long)ts.tv_sec * 1000000 + (unsigned long long)ts.tv_nsec / 1000;
}

static int open_socket(const struct load *load)
{
    struct addrinfo *server = client_resolve("127.0.0.1", load->port, SOCK_DGRAM);
    struct addrinfo *from = client_resolve(load->source, "0", SOCK_DGRAM);
    int fd = socket(server->ai_family, server->ai_socktype, 0);

    if (fd < 0 || bind(fd, from->ai_addr, from->ai_addrlen) != 0 ||
        connect(fd, server->ai_addr, server->ai_addrlen) != 0)
        client_broken("socket");
    freeaddrinfo(from);
    freeaddrinfo(server);
    return fd;
}

/* Puts the number in; the name is as long as a %, a number and 255 octets can be. */
static void fill_in(const char *pattern, unsigned long long number, char name[LINE_SIZE])
{
    const char *at = strchr(pattern, '%');

    if (at)
        snprintf(name, LINE_SIZE, "%.*s%llu%s", (int)(at - pattern), pattern, number, at + 1);
    else
        snprintf(name, LINE_SIZE, "%s", pattern);
}

/* The rcode of the answer with that ID; -1: none came in time. Late ones are passed over. */
static int await_answer(const struct load *load, int fd, const uint8_t *packet)
{
    const unsigned long long deadline =
        now_us(CLOCK_MONOTONIC) + (unsigned long long)load->timeout_ms * 1000;
    uint8_t answer[PACKET_SIZE];

    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        const unsigned long long now = now_us(CLOCK_MONOTONIC);
        ssize_t len;

        if (now >= deadline || poll(&p, 1, (int)((deadline - now) / 1000 + 1)) == 0)
            return -1;
        len = recv(fd, answer, sizeof(answer), 0);
        if (len >= LDNS_HEADER_SIZE && memcmp(answer, packet, 2) == 0)
            return LDNS_RCODE_WIRE(answer);
    }
}

static void note_slowest(struct load *load, unsigned long long us)
{
    unsigned long long slowest = atomic_load(&load->slowest_us);

    while (us > slowest && !atomic_compare_exchange_weak(&load->slowest_us, &slowest, us))
        ;
}

static void print(unsigned long long when, unsigned long long took, int rcode, const char *qname,
    const struct question *question)
{
    const ldns_lookup_table *entry = rcode >= 0 ? ldns_lookup_by_id(ldns_rcodes, rcode) : NULL;

    printf("%llu %llu %s %s %s%s\n", when, took, entry ? entry->name : "none", qname,
        question->qtype, question->checking_disabled ? " cd" : "");
}

static bool ask_next(struct load *load, int fd)
{
    const unsigned long long number = atomic_fetch_add(&load->next, 1);
    const struct question *question = &load->questions[number % load->question_count];
    unsigned long long when, begun, took;
    struct client_question asked;
    char qname[LINE_SIZE];
    uint8_t *packet;
    size_t len;
    int rcode;

    if (atomic_load(&stopped) || (load->most > 0 && number >= load->most))
        return false;
    fill_in(question->qname, number, qname);
    asked = (struct client_question){
        .qname = qname, .qtype = question->qtype, .checking_disabled = question->checking_disabled};
    packet = client_packet(&asked, (uint16_t)number, &len);
    when = now_us(CLOCK_REALTIME);
    begun = now_us(CLOCK_MONOTONIC);
    if (send(fd, packet, len, 0) != (ssize_t)len && errno != ECONNREFUSED)
        client_broken("send");
    rcode = await_answer(load, fd, packet);
    took = now_us(CLOCK_MONOTONIC) - begun;
    free(packet);
    atomic_fetch_add(&load->asked, 1);
    if (rcode < 0)
        atomic_fetch_add(&load->silent, 1);
    note_slowest(load, took);
    if (load->verbose)
        print(when, took, rcode, qname, question);
    if (load->pause_us > 0)
        nanosleep(
            &(struct timespec){load->pause_us / 1000000, load->pause_us % 1000000 * 1000L}, NULL);
    return true;
}

static void *work(void *arg)
{
    const int fd = open_socket(arg);

    while (ask_next(arg, fd))
        ;
    close(fd);
    return NULL;
}

static void read_list(struct load *load)
{
    char line[LINE_SIZE], cd[4];

    while (fgets(line, sizeof(line), stdin)) {
        struct question *question = &load->questions[load->question_count++];
        int words;

        if (load->question_count > QUESTIONS_MAX)
            usage();
        words = sscanf(line, "%255s %15s %3s", question->qname, question->qtype, cd);
        question->checking_disabled = words == 3 && strcmp(cd, "cd") == 0;
        if (words < 2 || (words == 3 && !question->checking_disabled))
            usage();
    }
    if (load->question_count == 0)
        usage();
}

static int read_options(struct load *load, int argc, char **argv)
{
    int jobs = 1;
    int c;

    while ((c = getopt(argc, argv, "p:b:j:n:u:w:v")) != -1) {
        switch (c) {
        case 'p':
            load->port = optarg;
            break;
        case 'b':
            load->source = optarg;
            break;
        case 'j':
            jobs = client_number(optarg, 1, JOBS_MAX, usage);
            break;
        case 'n':
            load->most = (unsigned long long)client_number(optarg, 0, 100000000, usage);
            break;
        case 'u':
            load->pause_us = client_number(optarg, 0, 10000000, usage);
            break;
        case 'w':
            load->timeout_ms = client_number(optarg, 1, 60000, usage);
            break;
        case 'v':
            load->verbose = true;
            break;
        default:
            usage();
        }
    }
    if (!load->port || optind != argc)
        usage();
    return jobs;
}

int main(int argc, char **argv)
{
    static struct load load = {.source = "127.0.0.1", .timeout_ms = 5000};
    const struct sigaction action = {.sa_handler = stop};
    pthread_t threads[JOBS_MAX];
    int jobs = read_options(&load, argc, argv);

    read_list(&load);
    sigaction(SIGTERM, &action, NULL);
    for (int i = 0; i < jobs; i++)
        if ((errno = pthread_create(&threads[i], NULL, work, &load)) != 0)
            client_broken("thread");
    for (int i = 0; i < jobs; i++)
        pthread_join(threads[i], NULL);
    printf("asked %llu silent %llu slowest %llu\n", atomic_load(&load.asked),
        atomic_load(&load.silent), atomic_load(&load.slowest_us));
    return atomic_load(&load.silent) > 0 ? EXIT_SILENT : EXIT_SUCCESS;
}
