/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The client of the live tests: asks one question and prints all of the answer in lines
 * that a shell can pick from, or many questions at once, or sends raw packets.
 * Unlike other clients it prints the port it asked from, and never asks twice.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
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

#define EDE_CODE  15 /* RFC 8914 */
#define LINE_SIZE 2048
#define JOBS_MAX  64

struct options {
    const char *server;
    const char *port;
    const char *source;         /* NULL: the system chooses */
    struct client_question how; /* all but the name and the type */
    bool tcp, list, raw;
    int jobs;
    int timeout_ms;
};

struct question {
    const char *source;
    bool tcp;
    const char *qname;
    const char *qtype;
};

/* What came of one exchange. */
struct reply {
    char address[64]; /* ours */
    char port[16];
    uint8_t wire[65535];
    size_t len; /* 0: no answer */
};

static void usage(void)
{
    fputs("Usage: ask -p PORT [-s SERVER] [-b SOURCE] [-w MS] [-t] [-edcan] NAME TYPE\n"
          "       ask -p PORT [-s SERVER] [-w MS] [-j JOBS] [-edcan] -l <LIST\n"
          "       ask -p PORT [-s SERVER] [-w MS] [-t] -r HEX...\n"
          "  -t TCP  -e EDNS  -d DO  -c CD  -a AD  -n no RD  -w wait so long (5000)\n"
          "  -l  lines of SOURCE udp|tcp NAME TYPE; prints SOURCE PORT TRANSPORT RCODE NAME TYPE,\n"
          "      and the first field of the answer's first record, - for none\n"
          "  -r  packets as they are; prints the RCODE or 'none' for each\n"
          "Exit: 0 answered, 1 some question was not, 2 usage, 3 broken system.\n",
        stderr);
    exit(EXIT_USAGE);
}

/* A socket bound to source and connected to the server; -1 when it refuses. */
static int open_socket(const struct options *o, const char *source, bool tcp, struct reply *reply)
{
    struct addrinfo *server = client_resolve(o->server, o->port, tcp ? SOCK_STREAM : SOCK_DGRAM);
    struct addrinfo *from = source ? client_resolve(source, "0", server->ai_socktype) : NULL;
    struct sockaddr_storage own;
    socklen_t own_len = sizeof(own);
    int fd = socket(server->ai_family, server->ai_socktype, 0);

    if (fd < 0)
        client_broken("socket");
    if (from && bind(fd, from->ai_addr, from->ai_addrlen) != 0)
        client_broken(source);
    if (connect(fd, server->ai_addr, server->ai_addrlen) != 0) {
        close(fd);
        fd = -1;
    } else if (getsockname(fd, (struct sockaddr *)&own, &own_len) != 0 ||
               getnameinfo((struct sockaddr *)&own, own_len, reply->address, sizeof(reply->address),
                   reply->port, sizeof(reply->port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        client_broken("getsockname");
    }
    if (from)
        freeaddrinfo(from);
    freeaddrinfo(server);
    return fd;
}

static long long now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Reads up to len octets; less at the deadline, the end, or (UDP) a packet's end. */
static size_t receive(int fd, uint8_t *to, size_t len, bool whole, long long deadline)
{
    size_t got = 0;

    do {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        const long long left = deadline - now_ms();
        ssize_t n;

        if (left <= 0 || poll(&p, 1, (int)left) <= 0)
            break;
        n = recv(fd, to + got, len - got, 0);
        if (n <= 0)
            break;
        got += (size_t)n;
    } while (whole && got < len);
    return got;
}

static bool transmit(int fd, const uint8_t *from, size_t len)
{
    return send(fd, from, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* Sends a packet and waits for the one with its ID; reply->len is 0 without. */
static void exchange(const struct options *o, const char *source, bool tcp, const uint8_t *packet,
    size_t len, struct reply *reply)
{
    const long long deadline = now_ms() + o->timeout_ms;
    const uint8_t prefix[2] = {(uint8_t)(len >> 8), (uint8_t)len};
    uint8_t size[2];
    int fd;

    reply->len = 0;
    reply->address[0] = reply->port[0] = '\0';
    fd = open_socket(o, source, tcp, reply);
    if (fd < 0)
        return;
    if ((!tcp || transmit(fd, prefix, sizeof(prefix))) && transmit(fd, packet, len)) {
        do {
            if (!tcp)
                reply->len = receive(fd, reply->wire, sizeof(reply->wire), false, deadline);
            else if (receive(fd, size, sizeof(size), true, deadline) == sizeof(size))
                reply->len =
                    receive(fd, reply->wire, (size_t)(size[0] << 8 | size[1]), true, deadline);
        } while (!tcp && reply->len >= 2 && len >= 2 && memcmp(reply->wire, packet, 2) != 0);
    }
    close(fd);
}

/* The ID is from the port's lot, not secret. */
static uint8_t *make_packet(const struct options *o, const struct question *q, size_t *len)
{
    struct client_question question = o->how;

    question.qname = q->qname;
    question.qtype = q->qtype;
    return client_packet(&question, ldns_get_random(), len);
}

static void print_rcode(unsigned int rcode, char end)
{
    char text[16];

    printf("%s%c", client_rcode(rcode, text), end);
}

static void print_section(const char *title, const ldns_rr_list *list, bool question)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        ldns_rr *rr = ldns_rr_list_rr(list, i);
        char *text = ldns_rr2str(rr);

        if (!text)
            client_broken("ldns");
        text[strcspn(text, "\n")] = '\0';
        for (char *tab = text; (tab = strchr(tab, '\t')) != NULL;)
            *tab = ' ';
        if (question)
            text[strcspn(text, " ")] = '\0';
        printf("%s %s", title, text);
        if (question) {
            char *type = ldns_rr_type2str(ldns_rr_get_type(rr));
            printf(" %s", type);
            free(type);
        }
        putchar('\n');
        free(text);
    }
}

static void print_edns(ldns_pkt *pkt)
{
    const ldns_edns_option_list *list = ldns_pkt_edns_get_option_list(pkt);

    if (!ldns_pkt_edns(pkt))
        return;
    printf("edns %u%s\n", ldns_pkt_edns_udp_size(pkt), ldns_pkt_edns_do(pkt) ? " do" : "");
    for (size_t i = 0; list && i < ldns_edns_option_list_get_count(list); i++) {
        const ldns_edns_option *option = ldns_edns_option_list_get_option(list, i);
        const uint8_t *data = ldns_edns_get_data(option);
        const size_t size = ldns_edns_get_size(option);

        if (ldns_edns_get_code(option) == EDE_CODE && size >= 2)
            printf("ede %d %.*s\n", data[0] << 8 | data[1], (int)(size - 2), data + 2);
        else
            printf("option %d\n", (int)ldns_edns_get_code(option));
    }
}

static int print_reply(const struct reply *reply)
{
    ldns_pkt *pkt = NULL;

    printf("source %s %s\n", reply->address, reply->port);
    if (reply->len == 0) {
        puts("rcode none");
        return EXIT_SILENT;
    }
    if (ldns_wire2pkt(&pkt, reply->wire, reply->len) != LDNS_STATUS_OK) {
        puts("rcode malformed");
        return EXIT_SUCCESS;
    }
    printf("size %zu\nrcode ", reply->len);
    print_rcode(ldns_pkt_get_rcode(pkt), '\n');
    printf("flags%s%s%s%s%s%s%s\n", ldns_pkt_qr(pkt) ? " qr" : "", ldns_pkt_aa(pkt) ? " aa" : "",
        ldns_pkt_tc(pkt) ? " tc" : "", ldns_pkt_rd(pkt) ? " rd" : "", ldns_pkt_ra(pkt) ? " ra" : "",
        ldns_pkt_ad(pkt) ? " ad" : "", ldns_pkt_cd(pkt) ? " cd" : "");
    print_section("question", ldns_pkt_question(pkt), true);
    print_section("answer", ldns_pkt_answer(pkt), false);
    print_section("authority", ldns_pkt_authority(pkt), false);
    print_section("additional", ldns_pkt_additional(pkt), false);
    print_edns(pkt);
    ldns_pkt_free(pkt);
    return EXIT_SUCCESS;
}

static int ask_one(const struct options *o, const struct question *q)
{
    struct reply reply;
    size_t len;
    uint8_t *packet = make_packet(o, q, &len);

    exchange(o, q->source, q->tcp, packet, len, &reply);
    free(packet);
    return print_reply(&reply);
}

/* The first field of the first record. */
static void print_first(const struct reply *reply)
{
    ldns_pkt *pkt = NULL;
    ldns_rr *rr = NULL;
    char *text = NULL;

    if (reply->len > 0 && ldns_wire2pkt(&pkt, reply->wire, reply->len) == LDNS_STATUS_OK)
        rr = ldns_rr_list_rr(ldns_pkt_answer(pkt), 0);
    if (rr && ldns_rr_rd_count(rr) > 0)
        text = ldns_rdf2str(ldns_rr_rdf(rr, 0));
    printf("%s\n", text ? text : "-");
    free(text);
    ldns_pkt_free(pkt);
}

/* Many questions: each thread takes the next line until there is none. */
struct work {
    const struct options *options;
    pthread_mutex_t mutex; /* of standard input and output */
    atomic_int silent;
};

static bool ask_next(struct work *work, struct reply *reply)
{
    char line[LINE_SIZE], source[64], transport[8], qname[LINE_SIZE], qtype[32];
    struct question q = {.source = source, .qname = qname, .qtype = qtype};
    uint8_t *packet;
    size_t len;
    bool more;

    pthread_mutex_lock(&work->mutex);
    more = fgets(line, sizeof(line), stdin) != NULL;
    pthread_mutex_unlock(&work->mutex);
    if (!more)
        return false;
    if (sscanf(line, "%63s %7s %2047s %31s", source, transport, qname, qtype) != 4)
        usage();
    q.tcp = strcmp(transport, "tcp") == 0;
    packet = make_packet(work->options, &q, &len);
    exchange(work->options, q.source, q.tcp, packet, len, reply);
    free(packet);
    if (reply->len < LDNS_HEADER_SIZE)
        work->silent++;
    pthread_mutex_lock(&work->mutex);
    printf("%s %s %s ", source, reply->port, transport);
    if (reply->len < LDNS_HEADER_SIZE)
        printf("none ");
    else
        print_rcode(LDNS_RCODE_WIRE(reply->wire), ' ');
    printf("%s %s ", qname, qtype);
    print_first(reply);
    pthread_mutex_unlock(&work->mutex);
    return true;
}

static void *ask_lines(void *arg)
{
    struct reply *reply = malloc(sizeof(*reply));

    if (!reply)
        client_broken("memory");
    while (ask_next(arg, reply))
        ;
    free(reply);
    return NULL;
}

static int ask_list(const struct options *o)
{
    struct work work = {.options = o, .mutex = PTHREAD_MUTEX_INITIALIZER};
    pthread_t threads[JOBS_MAX];

    for (int i = 0; i < o->jobs; i++)
        if ((errno = pthread_create(&threads[i], NULL, ask_lines, &work)) != 0)
            client_broken("thread");
    for (int i = 0; i < o->jobs; i++)
        pthread_join(threads[i], NULL);
    return work.silent > 0 ? EXIT_SILENT : EXIT_SUCCESS;
}

static int send_raw(const struct options *o, char **hex, int count)
{
    struct reply reply;
    uint8_t packet[LINE_SIZE];
    int code = EXIT_SUCCESS;

    for (int i = 0; i < count; i++) {
        const int len =
            strlen(hex[i]) / 2 > sizeof(packet) ? -1 : ldns_hexstring_to_data(packet, hex[i]);
        if (len < 0)
            usage();
        exchange(o, o->source, o->tcp, packet, (size_t)len, &reply);
        if (reply.len < LDNS_HEADER_SIZE) {
            puts("none");
            code = EXIT_SILENT;
        } else {
            print_rcode(LDNS_RCODE_WIRE(reply.wire), '\n');
        }
    }
    return code;
}

static bool *flag(struct options *o, int c)
{
    switch (c) {
    case 't':
        return &o->tcp;
    case 'e':
        return &o->how.edns;
    case 'd':
        return &o->how.dnssec_ok;
    case 'c':
        return &o->how.checking_disabled;
    case 'a':
        return &o->how.authentic_data;
    case 'n':
        return &o->how.no_recursion;
    case 'l':
        return &o->list;
    case 'r':
        return &o->raw;
    default:
        return NULL;
    }
}

int main(int argc, char **argv)
{
    struct options o = {.server = "127.0.0.1", .jobs = 1, .timeout_ms = 5000};
    int c;

    while ((c = getopt(argc, argv, "p:s:b:j:w:tedcanlr")) != -1) {
        switch (c) {
        case 'p':
            o.port = optarg;
            break;
        case 's':
            o.server = optarg;
            break;
        case 'b':
            o.source = optarg;
            break;
        case 'j':
            o.jobs = client_number(optarg, 1, JOBS_MAX, usage);
            break;
        case 'w':
            o.timeout_ms = client_number(optarg, 1, 60000, usage);
            break;
        default:
            if (!flag(&o, c))
                usage();
            *flag(&o, c) = true;
        }
    }
    argc -= optind;
    argv += optind;
    if (!o.port)
        usage();
    if (o.raw)
        return send_raw(&o, argv, argc);
    if (o.list)
        return ask_list(&o);
    if (argc != 2)
        usage();
    return ask_one(&o, &(struct question){o.source, o.tcp, argv[0], argv[1]});
}
