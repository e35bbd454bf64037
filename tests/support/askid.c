/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A forwarder of the live tests: asks one question with EDNS options of any kind, as octets,
 * and prints the rcode.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <ldns/ldns.h>

#define EXIT_SILENT 1 /* no answer */
#define EXIT_USAGE  2
#define EXIT_BROKEN 3

#define EDNS_SIZE 1232
#define DATA_MAX  60000 /* octets of all options */

static void usage(void)
{
    fputs("Usage: askid -p PORT [-s SERVER] [-b SOURCE] [-n COUNT] [-w SECONDS] [-t]\n"
          "             NAME TYPE [CODE:HEX]...\n"
          "  -n  send so many empty options of code 65000 before these  -t TCP\n"
          "Exit: 0 answered, 1 not, 2 usage, 3 broken system.\n",
        stderr);
    exit(EXIT_USAGE);
}

static long number(const char *text, long max, char end)
{
    char *stop;
    const long value = strtol(text, &stop, 10);

    if (stop == text || *stop != end || value < 0 || value > max)
        usage();
    return value;
}

/* The options in wire form (RFC 6891 6.1.2). */
struct data {
    uint8_t octets[DATA_MAX];
    size_t len;
};

static void put_octet(struct data *data, unsigned octet)
{
    if (data->len == DATA_MAX)
        usage();
    data->octets[data->len++] = (uint8_t)octet;
}

static void put_option(struct data *data, long code, const char *hex)
{
    const size_t len = strlen(hex) / 2;
    unsigned octet;

    if (strlen(hex) % 2 != 0)
        usage();
    put_octet(data, (unsigned)code >> 8);
    put_octet(data, (unsigned)code & 0xff);
    put_octet(data, (unsigned)(len >> 8));
    put_octet(data, (unsigned)(len & 0xff));
    for (size_t i = 0; i < len; i++) {
        if (sscanf(hex + 2 * i, "%2x", &octet) != 1)
            usage();
        put_octet(data, octet);
    }
}

static ldns_rdf *address(const char *text)
{
    ldns_rdf *rdf =
        ldns_rdf_new_frm_str(strchr(text, ':') ? LDNS_RDF_TYPE_AAAA : LDNS_RDF_TYPE_A, text);

    if (!rdf)
        usage();
    return rdf;
}

static ldns_pkt *question(const char *name, const char *type, const struct data *data)
{
    ldns_rdf *qname = ldns_dname_new_frm_str(name);
    ldns_pkt *query = NULL;

    if (qname)
        query =
            ldns_pkt_query_new(qname, ldns_get_rr_type_by_name(type), LDNS_RR_CLASS_IN, LDNS_RD);
    if (!query)
        usage();
    ldns_pkt_set_random_id(query);
    ldns_pkt_set_edns_udp_size(query, EDNS_SIZE);
    if (data->len > 0)
        ldns_pkt_set_edns_data(
            query, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_NONE, data->len, data->octets));
    return query;
}

int main(int argc, char **argv)
{
    ldns_rdf *source = NULL;
    ldns_rdf *nameserver;
    static struct data data;
    const char *server = "127.0.0.1";
    ldns_resolver *resolver = ldns_resolver_new();
    struct timeval wait = {5, 0};
    ldns_pkt *answer = NULL;
    ldns_pkt *query;
    int c;

    if (!resolver)
        return EXIT_BROKEN;
    ldns_resolver_set_port(resolver, 0);
    while ((c = getopt(argc, argv, "p:s:b:n:w:t")) != -1) {
        switch (c) {
        case 'p':
            ldns_resolver_set_port(resolver, (uint16_t)number(optarg, 65535, '\0'));
            break;
        case 's':
            server = optarg;
            break;
        case 'b':
            source = address(optarg);
            ldns_resolver_set_source(resolver, source);
            break;
        case 'n':
            for (long i = number(optarg, DATA_MAX / 4, '\0'); i > 0; i--)
                put_option(&data, 65000, "");
            break;
        case 'w':
            wait.tv_sec = number(optarg, 60, '\0');
            break;
        case 't':
            ldns_resolver_set_usevc(resolver, true);
            break;
        default:
            usage();
        }
    }
    if (argc - optind < 2 || ldns_resolver_port(resolver) == 0)
        usage();
    for (int i = optind + 2; i < argc; i++) {
        const char *colon = strchr(argv[i], ':');

        put_option(&data, number(argv[i], 65535, ':'), colon + 1);
    }
    ldns_resolver_set_timeout(resolver, wait);
    ldns_resolver_set_retry(resolver, 1);
    ldns_resolver_set_fallback(resolver, false);
    nameserver = address(server);
    (void)ldns_resolver_push_nameserver(resolver, nameserver);
    query = question(argv[optind], argv[optind + 1], &data);
    if (ldns_resolver_send_pkt(&answer, resolver, query) == LDNS_STATUS_OK && answer) {
        char *rcode = ldns_pkt_rcode2str(ldns_pkt_get_rcode(answer));

        puts(rcode);
        LDNS_FREE(rcode);
    } else {
        puts("none");
    }
    c = answer ? EXIT_SUCCESS : EXIT_SILENT;
    ldns_pkt_free(answer);
    ldns_pkt_free(query);
    /* The resolver has copied the one, and does not free the other. */
    ldns_rdf_deep_free(nameserver);
    ldns_rdf_deep_free(source);
    ldns_resolver_deep_free(resolver);
    return c;
}
