/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The client of the live tests: asks one question and prints all of the answer in lines
 * that a shell can pick from, or many questions at once, or sends raw packets.
 * Unlike other clients it prints the port it asked from, and never asks twice.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ldns/ldns.h>

#include "tests/support/client.h"
#include "tests/support/exchange.h"

#define EDE_CODE  15 /* RFC 8914 */
#define LINE_SIZE 2048
#define JOBS_MAX  64

struct options {
    struct client_server server;
    const char *source;         /* NULL: the system chooses */
    struct client_question how; /* all but the name and the type */
    bool tcp, list, raw;
    int jobs;
};

struct question {
    const char *source;
    bool tcp;
    const char *qname;
    const char *qtype;
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

static int print_reply(const struct client_reply *reply)
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
    struct client_reply reply;
    size_t len;
    uint8_t *packet = make_packet(o, q, &len);

    client_exchange(&o->server, q->source, q->tcp, packet, len, &reply);
    free(packet);
    return print_reply(&reply);
}

/* The first field of the first record. */
static void print_first(const struct client_reply *reply)
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

static bool ask_next(struct work *work, struct client_reply *reply)
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
    client_exchange(&work->options->server, q.source, q.tcp, packet, len, reply);
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
    struct client_reply *reply = malloc(sizeof(*reply));

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
    struct client_reply reply;
    uint8_t packet[LINE_SIZE];
    int code = EXIT_SUCCESS;

    for (int i = 0; i < count; i++) {
        const int len =
            strlen(hex[i]) / 2 > sizeof(packet) ? -1 : ldns_hexstring_to_data(packet, hex[i]);
        if (len < 0)
            usage();
        client_exchange(&o->server, o->source, o->tcp, packet, (size_t)len, &reply);
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
    struct options o = {.server = {.host = "127.0.0.1", .timeout_ms = 5000}, .jobs = 1};
    int c;

    while ((c = getopt(argc, argv, "p:s:b:j:w:tedcanlr")) != -1) {
        switch (c) {
        case 'p':
            o.server.port = optarg;
            break;
        case 's':
            o.server.host = optarg;
            break;
        case 'b':
            o.source = optarg;
            break;
        case 'j':
            o.jobs = client_number(optarg, 1, JOBS_MAX, usage);
            break;
        case 'w':
            o.server.timeout_ms = client_number(optarg, 1, 60000, usage);
            break;
        default:
            if (!flag(&o, c))
                usage();
            *flag(&o, c) = true;
        }
    }
    argc -= optind;
    argv += optind;
    if (!o.server.port)
        usage();
    if (o.raw)
        return send_raw(&o, argv, argc);
    if (o.list)
        return ask_list(&o);
    if (argc != 2)
        usage();
    return ask_one(&o, &(struct question){o.source, o.tcp, argv[0], argv[1]});
}
