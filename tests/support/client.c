/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tests/support/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

void client_broken(const char *what)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
    exit(EXIT_BROKEN);
}

int client_number(const char *text, int min, int max, void (*usage)(void))
{
    char *end;
    const long value = strtol(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value < min || value > max)
        usage();
    return (int)value;
}

struct addrinfo *client_resolve(const char *host, const char *port, int socktype)
{
    const struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = socktype};
    struct addrinfo *found = NULL;

    if (getaddrinfo(host, port, &hints, &found) != 0) {
        fprintf(stderr, "%s: not an address and port: %s %s\n", program_invocation_short_name, host,
            port);
        exit(EXIT_USAGE);
    }
    return found;
}

uint8_t *client_packet(const struct client_question *question, uint16_t id, size_t *len)
{
    ldns_rdf *name = ldns_dname_new_frm_str(question->qname);
    const ldns_rr_type type = ldns_get_rr_type_by_name(question->qtype);
    uint8_t *wire = NULL;
    ldns_pkt *pkt;

    if (!name || type == 0) {
        fprintf(stderr, "%s: not a name and type: %s %s\n", program_invocation_short_name,
            question->qname, question->qtype);
        exit(EXIT_USAGE);
    }
    pkt = ldns_pkt_query_new(name, type, LDNS_RR_CLASS_IN, question->no_recursion ? 0 : LDNS_RD);
    if (!pkt)
        client_broken("packet");
    ldns_pkt_set_id(pkt, id);
    ldns_pkt_set_cd(pkt, question->checking_disabled);
    ldns_pkt_set_ad(pkt, question->authentic_data);
    if (question->edns || question->dnssec_ok)
        ldns_pkt_set_edns_udp_size(pkt, EDNS_SIZE);
    ldns_pkt_set_edns_do(pkt, question->dnssec_ok);
    if (ldns_pkt2wire(&wire, pkt, len) != LDNS_STATUS_OK)
        client_broken("packet");
    ldns_pkt_free(pkt);
    return wire;
}

const char *client_rcode(unsigned int rcode, char text[16])
{
    const ldns_lookup_table *entry = ldns_lookup_by_id(ldns_rcodes, (int)rcode);

    if (entry)
        return entry->name;
    snprintf(text, 16, "RCODE%u", rcode);
    return text;
}
