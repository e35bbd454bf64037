/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The client of the tests that ask thousands of questions: by each transport in turn on one
 * connection of its own, and every answer whole, in one line that can be compared.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ldns/ldns.h>

#include "tests/support/channel.h"
#include "tests/support/client.h"

#define EDE_CODE  15 /* RFC 8914 */
#define LINE_SIZE 2048

static const char *const kinds[CHANNEL_KINDS] = {"udp", "tcp", "dot", "doh"};

/* A line of the input. */
struct question {
    enum channel_kind kind;
    struct client_question asked; /* its texts are those below */
    char qname[LINE_SIZE];
    char qtype[32];
};

static void usage(void)
{
    fputs("Usage: series [-s SERVER] [-b SOURCE] [-w MS] [-C CA] -p PORT [-t DOT] [-h DOH] <LIST\n"
          "  -w  wait so long (5000)  -C  certificates for TLS\n"
          "LIST: lines of TRANSPORT FLAGS NAME TYPE\n"
          "  TRANSPORT  udp tcp dot doh\n"
          "  FLAGS      of edns do cd ad norec, with commas; - for none\n"
          "Prints the four, then TAB-separated: RCODE, flags, question, answer, authority,\n"
          "additional, EDNS. RRs and their names are in canonical form and order.\n"
          "Exit: 0 answered, 1 some question was not, 2 usage, 3 broken system.\n",
        stderr);
    exit(EXIT_USAGE);
}

static void read_flags(char *text, struct question *q)
{
    char *rest = NULL;

    if (strcmp(text, "-") == 0)
        return;
    for (char *flag = strtok_r(text, ",", &rest); flag; flag = strtok_r(NULL, ",", &rest)) {
        if (strcmp(flag, "edns") == 0)
            q->asked.edns = true;
        else if (strcmp(flag, "do") == 0)
            q->asked.edns = q->asked.dnssec_ok = true;
        else if (strcmp(flag, "cd") == 0)
            q->asked.checking_disabled = true;
        else if (strcmp(flag, "ad") == 0)
            q->asked.authentic_data = true;
        else if (strcmp(flag, "norec") == 0)
            q->asked.no_recursion = true;
        else
            usage();
    }
}

static void read_question(const char *line, struct question *q)
{
    char transport[8], flags[64];
    size_t kind = 0;

    *q = (struct question){.asked = {.qname = q->qname, .qtype = q->qtype}};
    if (sscanf(line, "%7s %63s %2047s %31s", transport, flags, q->qname, q->qtype) != 4)
        usage();
    while (kind < CHANNEL_KINDS && strcmp(kinds[kind], transport) != 0)
        kind++;
    if (kind == CHANNEL_KINDS)
        usage();
    q->kind = (enum channel_kind)kind;
    read_flags(flags, q);
}

static void print_rcode(ldns_pkt *pkt)
{
    const unsigned int rcode =
        (unsigned int)ldns_pkt_edns_extended_rcode(pkt) << 4 | ldns_pkt_get_rcode(pkt);
    char text[16];

    printf("\t%s", client_rcode(rcode, text));
}

/* The ID is told when it is wrong; so is an opcode. */
static void print_flags(ldns_pkt *pkt, uint16_t id)
{
    printf("\t%s%s%s%s%s%s%s%s%s", ldns_pkt_qr(pkt) ? "qr" : "query", ldns_pkt_aa(pkt) ? " aa" : "",
        ldns_pkt_tc(pkt) ? " tc" : "", ldns_pkt_rd(pkt) ? " rd" : "", ldns_pkt_ra(pkt) ? " ra" : "",
        ldns_pkt_ad(pkt) ? " ad" : "", ldns_pkt_cd(pkt) ? " cd" : "",
        ldns_pkt_get_opcode(pkt) != LDNS_PACKET_QUERY ? " opcode" : "",
        ldns_pkt_id(pkt) != id ? " id" : "");
}

static void print_rr(ldns_rr *rr, bool question, bool first)
{
    char *text = ldns_rr2str(rr);

    if (!text)
        client_broken("memory");
    text[strcspn(text, "\n")] = '\0';
    for (char *tab = text; (tab = strchr(tab, '\t')) != NULL;)
        *tab = ' ';
    if (question && text[0] != '\0' && text[strlen(text) - 1] == ' ')
        text[strlen(text) - 1] = '\0';
    printf("%s%s", first ? "" : "; ", text);
    free(text);
}

/* RFC 4034 6.3. The question stays as it is. */
static void print_section(ldns_rr_list *list, bool question)
{
    putchar('\t');
    if (!question) {
        for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++)
            ldns_rr2canonical(ldns_rr_list_rr(list, i));
        ldns_rr_list_sort(list);
    }
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++)
        print_rr(ldns_rr_list_rr(list, i), question, i == 0);
}

static void print_edns(ldns_pkt *pkt)
{
    const ldns_edns_option_list *list = ldns_pkt_edns_get_option_list(pkt);

    putchar('\t');
    if (!ldns_pkt_edns(pkt))
        return;
    printf("v%u %u%s", ldns_pkt_edns_version(pkt), ldns_pkt_edns_udp_size(pkt),
        ldns_pkt_edns_do(pkt) ? " do" : "");
    for (size_t i = 0; list && i < ldns_edns_option_list_get_count(list); i++) {
        const ldns_edns_option *option = ldns_edns_option_list_get_option(list, i);
        const uint8_t *data = ldns_edns_get_data(option);
        const size_t size = ldns_edns_get_size(option);

        if (ldns_edns_get_code(option) == EDE_CODE && size >= 2)
            printf(" ede %d %.*s", data[0] << 8 | data[1], (int)(size - 2), data + 2);
        else
            printf(" option %d", (int)ldns_edns_get_code(option));
    }
}

static void print_reply(const uint8_t *wire, size_t len, uint16_t id)
{
    ldns_pkt *pkt = NULL;

    if (len == 0 || ldns_wire2pkt(&pkt, wire, len) != LDNS_STATUS_OK) {
        printf("\t%s", len == 0 ? "none" : "malformed");
        return;
    }
    print_rcode(pkt);
    print_flags(pkt, id);
    print_section(ldns_pkt_question(pkt), true);
    print_section(ldns_pkt_answer(pkt), false);
    print_section(ldns_pkt_authority(pkt), false);
    print_section(ldns_pkt_additional(pkt), false);
    print_edns(pkt);
    ldns_pkt_free(pkt);
}

/* Asks one question, on the channel of its transport. Returns whether it was answered. */
static bool ask(const struct channel_server *server, struct channel **channels,
    const struct question *q, uint16_t id)
{
    static uint8_t reply[CHANNEL_MESSAGE_MAX];
    struct channel **channel = &channels[q->kind];
    size_t len, reply_len = 0;
    uint8_t *message = client_packet(&q->asked, id, &len);

    if (!*channel)
        *channel = channel_open(q->kind, server);
    if (*channel)
        reply_len = channel_exchange(*channel, message, len, reply);
    if (reply_len == 0)
        channel_close(channel);
    free(message);
    print_reply(reply, reply_len, id);
    return reply_len > 0;
}

static int ask_all(const struct channel_server *server)
{
    struct channel *channels[CHANNEL_KINDS] = {NULL};
    struct question q;
    char line[LINE_SIZE];
    int code = EXIT_SUCCESS;
    uint16_t id = 0;

    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        read_question(line, &q);
        fputs(line, stdout);
        if (!ask(server, channels, &q, ++id))
            code = EXIT_SILENT;
        putchar('\n');
    }
    for (size_t i = 0; i < CHANNEL_KINDS; i++)
        channel_close(&channels[i]);
    return code;
}

int main(int argc, char **argv)
{
    struct channel_server server = {.address = "127.0.0.1", .timeout_ms = 5000};
    int c;

    while ((c = getopt(argc, argv, "s:b:w:C:p:t:h:")) != -1) {
        switch (c) {
        case 's':
            server.address = optarg;
            break;
        case 'b':
            server.source = optarg;
            break;
        case 'w':
            server.timeout_ms = client_number(optarg, 1, 60000, usage);
            break;
        case 'C':
            server.ca = optarg;
            break;
        case 'p':
            server.ports[CHANNEL_UDP] = server.ports[CHANNEL_TCP] = optarg;
            break;
        case 't':
            server.ports[CHANNEL_DOT] = optarg;
            break;
        case 'h':
            server.ports[CHANNEL_DOH] = optarg;
            break;
        default:
            usage();
        }
    }
    if (optind != argc || !server.ports[CHANNEL_UDP])
        usage();
    return ask_all(&server);
}
