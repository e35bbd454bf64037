/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Sends packets that are questions, nearly, or not at all (junk.h), to two resolvers, and compares
 * what they reply. Each comes from an address of its own, so that whoever logs clients tells
 * which packets it took for questions.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <netinet/in.h>

#include "tests/support/client.h"
#include "tests/support/junk.h"

#define JOBS_MAX    128
#define REPLY_MAX   65537 /* by TCP, with its length in front */
#define SILENCE_MS  1500  /* neither has replied */
#define LATE_MS     10000 /* only one has */
#define GAP_MS      10    /* between two packets: Unbound replies 100 errors a second at most */
#define UDP_NETWORK 0x7f200000u /* 127.32.0.0 */
#define TCP_NETWORK 0x7f600000u /* 127.96.0.0 */

struct options {
    in_port_t ports[2];
    uint64_t seed;
    int count, jobs;
    bool tcp;
};

struct work {
    const struct options *options;
    pthread_mutex_t mutex; /* of what follows, and of the output */
    int next;
    long long due; /* when it may be sent */
};

/* One packet's way to one of the two resolvers. */
struct channel {
    int fd; /* -1: it has replied, or will not */
    size_t len;
    uint8_t reply[REPLY_MAX];
};

static void hang_up(struct channel *channel)
{
    if (channel->fd >= 0)
        (void)close(channel->fd);
    channel->fd = -1;
}

static void send_packet(struct channel *channel, const struct options *o, in_port_t port,
    in_addr_t source, const struct junk *p)
{
    const struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    uint8_t framed[2 + JUNK_MAX] = {(uint8_t)(p->len >> 8), (uint8_t)p->len};
    const size_t skip = o->tcp ? 0 : 2;

    memcpy(framed + 2, p->octets, p->len);
    channel->len = 0;
    channel->fd = socket(AF_INET, o->tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
    if (channel->fd < 0 || bind(channel->fd, (const struct sockaddr *)&from, sizeof(from)) != 0)
        client_broken("socket");
    if (connect(channel->fd, (const struct sockaddr *)&to, sizeof(to)) != 0 ||
        send(channel->fd, framed + skip, 2 + p->len - skip, MSG_NOSIGNAL) < 0)
        hang_up(channel);
}

static void receive(struct channel *channel, bool tcp)
{
    const ssize_t got =
        recv(channel->fd, channel->reply + channel->len, sizeof(channel->reply) - channel->len, 0);

    if (got > 0)
        channel->len += (size_t)got;
    else if (tcp)
        channel->len = 0; /* the end, in the middle of a reply or before it */
    if (got <= 0 || !tcp ||
        (channel->len >= 2 &&
            channel->len - 2 >= (size_t)(channel->reply[0] << 8 | channel->reply[1])))
        hang_up(channel);
}

static long long now_ms(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void await_replies(struct channel channels[2], bool tcp)
{
    const long long begin = now_ms();

    while (channels[0].fd >= 0 || channels[1].fd >= 0) {
        struct pollfd fds[2] = {{channels[0].fd, POLLIN, 0}, {channels[1].fd, POLLIN, 0}};
        const bool both_wait = channels[0].fd >= 0 && channels[1].fd >= 0;
        const long long left = begin + (both_wait ? SILENCE_MS : LATE_MS) - now_ms();

        if (left <= 0 || poll(fds, 2, (int)left) <= 0)
            break;
        for (size_t i = 0; i < 2; i++)
            if (fds[i].revents != 0)
                receive(&channels[i], tcp);
    }
    hang_up(&channels[0]);
    hang_up(&channels[1]);
}

static void level(ldns_rr_list *list)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++)
        ldns_rr_set_ttl(ldns_rr_list_rr(list, i), 0);
    ldns_rr_list_sort(list);
}

/* A reply without what differs from one resolver to the next: TTLs count down, records rotate.
 * Of ANY, which is answered with what the cache happens to have, all but header and question. */
static size_t normalize(const struct channel *channel, bool tcp, uint8_t out[REPLY_MAX])
{
    const size_t skip = tcp && channel->len >= 2 ? 2 : 0;
    const uint8_t *reply = channel->reply + skip;
    size_t len = channel->len - skip;
    uint8_t *wire = NULL;
    ldns_pkt *pkt = NULL;
    const ldns_rr *question;

    if (ldns_wire2pkt(&pkt, reply, len) == LDNS_STATUS_OK) {
        question = ldns_rr_list_rr(ldns_pkt_question(pkt), 0);
        if (question != NULL && ldns_rr_get_type(question) == LDNS_RR_TYPE_ANY) {
            len = LDNS_HEADER_SIZE < len ? 4 : len;
        } else {
            level(ldns_pkt_answer(pkt));
            level(ldns_pkt_authority(pkt));
            level(ldns_pkt_additional(pkt));
            if (ldns_pkt2wire(&wire, pkt, &len) != LDNS_STATUS_OK)
                client_broken("ldns");
        }
        ldns_pkt_free(pkt);
    }
    memcpy(out, wire != NULL ? wire : reply, len);
    free(wire);
    return len;
}

static const char *rcode_of(const uint8_t *reply, size_t len, char text[4])
{
    (void)snprintf(text, 4, len < 4 ? "-" : "%u", len < 4 ? 0u : reply[3] & 15u);
    return text;
}

static void print_result(const struct work *work, in_addr_t source, const struct junk *p,
    const struct channel channels[2])
{
    const bool tcp = work->options->tcp;
    const struct in_addr address = {htonl(source)};
    uint8_t *normal[2] = {malloc(REPLY_MAX), malloc(REPLY_MAX)};
    char text[INET_ADDRSTRLEN];
    char codes[2][4];
    size_t len[2];
    bool same;

    if (normal[0] == NULL || normal[1] == NULL)
        client_broken("memory");
    for (size_t i = 0; i < 2; i++)
        len[i] = normalize(&channels[i], tcp, normal[i]);
    same = len[0] == len[1] && memcmp(normal[0], normal[1], len[0]) == 0;
    printf("%s %s %s/%s ", inet_ntop(AF_INET, &address, text, sizeof(text)),
        !same        ? "differs"
        : len[0] > 0 ? "same"
                     : "silence",
        rcode_of(normal[0], len[0], codes[0]), rcode_of(normal[1], len[1], codes[1]));
    for (size_t i = 0; i < p->len; i++)
        printf("%02x", p->octets[i]);
    putchar('\n');
    free(normal[0]);
    free(normal[1]);
}

/* Never faster than it may be, not even to make up for a time in which it was held. */
static int await_next(struct work *work)
{
    long long wait;
    int number;

    (void)pthread_mutex_lock(&work->mutex);
    wait = work->due - now_ms();
    work->due += GAP_MS + (wait < 0 ? -wait : 0);
    number = work->next++;
    (void)pthread_mutex_unlock(&work->mutex);
    if (wait > 0 && number < work->options->count)
        (void)poll(NULL, 0, (int)wait);
    return number;
}

static void *send_some(void *arg)
{
    struct work *work = arg;
    const struct options *o = work->options;
    struct channel *channels = calloc(2, sizeof(*channels));
    struct junk packet;
    int number;

    if (channels == NULL)
        client_broken("memory");
    while ((number = await_next(work)) < o->count) {
        const in_addr_t source = (o->tcp ? TCP_NETWORK : UDP_NETWORK) + (in_addr_t)number;

        junk_make(&packet, o->seed, (unsigned)number);
        for (size_t i = 0; i < 2; i++)
            send_packet(&channels[i], o, o->ports[i], source, &packet);
        await_replies(channels, o->tcp);
        (void)pthread_mutex_lock(&work->mutex);
        print_result(work, source, &packet, channels);
        (void)pthread_mutex_unlock(&work->mutex);
    }
    free(channels);
    return NULL;
}

static void usage(void)
{
    fputs("Usage: spray -p PORT -q PORT [-s SEED] [-n COUNT] [-j JOBS] [-t]\n"
          "  Prints for each packet: ADDRESS same|differs|silence RCODE/RCODE HEX, with - for no "
          "reply\n"
          "  -t TCP\n"
          "Exit: 0, whatever they replied, 2 usage, 3 broken system.\n",
        stderr);
    exit(EXIT_USAGE);
}

int main(int argc, char **argv)
{
    struct options o = {.count = 1000, .jobs = 64};
    struct work work = {.options = &o, .mutex = PTHREAD_MUTEX_INITIALIZER};
    pthread_t threads[JOBS_MAX];
    int c;

    while ((c = getopt(argc, argv, "p:q:s:n:j:t")) != -1) {
        if (c == 'p' || c == 'q')
            o.ports[c - 'p'] = (in_port_t)client_number(optarg, 0, 65535, usage);
        else if (c == 's')
            o.seed = (uint64_t)client_number(optarg, 0, 0x7fffffff, usage);
        else if (c == 'n')
            o.count = client_number(optarg, 0, JUNK_COUNT_MAX, usage);
        else if (c == 'j')
            o.jobs = client_number(optarg, 0, JOBS_MAX, usage);
        else if (c == 't')
            o.tcp = true;
        else
            usage();
    }
    if (optind != argc || o.ports[0] == 0 || o.ports[1] == 0)
        usage();
    for (int i = 0; i < o.jobs; i++)
        if ((errno = pthread_create(&threads[i], NULL, send_some, &work)) != 0)
            client_broken("thread");
    for (int i = 0; i < o.jobs; i++)
        (void)pthread_join(threads[i], NULL);
    return EXIT_SUCCESS;
}
