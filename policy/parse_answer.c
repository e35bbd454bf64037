/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The key answer: how blocked questions are answered. */
#include <arpa/inet.h>
#include <string.h>

#include "parse.h"

union address {
    struct in_addr v4;
    struct in6_addr v6;
};

static struct tg_answer *answer_of(void *ctx)
{
    return &((struct tg_parse *)ctx)->policy->answer;
}

static void read_ttl(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    (void)into;
    tg_yaml_number(p->doc, value, "ttl", 0, TG_TTL_MAX, &p->policy->answer.ttl);
}

static void read_contact(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    (void)into;
    p->policy->answer.contact = tg_yaml_line(p->doc, value, "contact", TG_TEXT_MAX, p->arena);
}

static void read_mname(void *ctx, const struct tg_yaml_node *value, void *into)
{
    (void)into;
    tg_parse_name(ctx, value, "mname", &answer_of(ctx)->mname);
}

static void read_rname(void *ctx, const struct tg_yaml_node *value, void *into)
{
    (void)into;
    tg_parse_rname(ctx, value, "rname", &answer_of(ctx)->rname);
}

static void read_soa(void *ctx, const struct tg_yaml_node *value, void *into)
{
    static const struct tg_yaml_key keys[] = {
        {"mname", NULL, read_mname},
        {"rname", NULL, read_rname},
    };
    struct tg_parse *p = ctx;
    tg_yaml_map(p->doc, value, "'soa'", keys, sizeof(keys) / sizeof(keys[0]), ctx, into);
}

/* Why an address cannot stand for a sinkhole host; NULL: it can. */
static const char *v4_fault(const struct in_addr *addr)
{
    uint32_t host = ntohl(addr->s_addr);
    if (host >> 24 == 0)
        return "is not the address of a host (0.0.0.0/8)";
    if (host >> 28 == 0xe)
        return "is a multicast address";
    if (host == 0xffffffff)
        return "is the broadcast address";
    return NULL;
}

static const char *v6_fault(const struct in6_addr *addr)
{
    if (IN6_IS_ADDR_UNSPECIFIED(addr))
        return "is not the address of a host";
    if (IN6_IS_ADDR_MULTICAST(addr))
        return "is a multicast address";
    if (IN6_IS_ADDR_V4MAPPED(addr))
        return "is an IPv4 address in IPv6 form; write it under 'a'";
    if (IN6_IS_ADDR_LINKLOCAL(addr))
        return "is a link-local address, which means another host on each link";
    return NULL;
}

/* One address of a family, with all that can be wrong with it. */
static bool read_address(
    struct tg_parse *p, const struct tg_yaml_node *node, int family, union address *addr)
{
    const char *key = family == AF_INET ? "a" : "aaaa";
    char text[INET6_ADDRSTRLEN];
    char shown[TG_YAML_SHOW_MAX];
    struct in6_addr other;
    const char *fault = family == AF_INET ? "is not an IPv4 address" : "is not an IPv6 address";
    if (!tg_yaml_scalar(p->doc, node, key))
        return false;
    if (node->len < sizeof(text) && !memchr(node->text, '\0', node->len)) {
        memcpy(text, node->text, node->len);
        text[node->len] = '\0';
        if (inet_pton(family, text, addr) == 1)
            fault = family == AF_INET ? v4_fault(&addr->v4) : v6_fault(&addr->v6);
        else if (inet_pton(family == AF_INET ? AF_INET6 : AF_INET, text, &other) == 1)
            fault = family == AF_INET ? "is an IPv6 address; write it under 'aaaa'"
                                      : "is an IPv4 address; write it under 'a'";
    }
    if (fault)
        tg_yaml_error(p->doc, node->at, "'%s' in '%s' %s", tg_yaml_show(node, shown), key, fault);
    return !fault;
}

/* Adds an address to those of its family, size octets each. */
static void add_address(struct tg_parse *p, const struct tg_yaml_node *node, int family, void *list,
    size_t size, size_t *count)
{
    union address addr;
    char shown[TG_YAML_SHOW_MAX];
    if (!read_address(p, node, family, &addr))
        return;
    for (size_t i = 0; i < *count; i++) {
        if (memcmp((unsigned char *)list + i * size, &addr, size) == 0) {
            tg_yaml_error(
                p->doc, node->at, "'%s' is given twice; remove one", tg_yaml_show(node, shown));
            return;
        }
    }
    if (*count == TG_SINK_MAX) {
        tg_yaml_error(p->doc, node->at, "more than %d addresses of one family", TG_SINK_MAX);
        return;
    }
    memcpy((unsigned char *)list + *count * size, &addr, size);
    ++*count;
}

static void add_addresses(struct tg_parse *p, const struct tg_yaml_node *value, int family,
    void *list, size_t size, size_t *count)
{
    if (value->kind != TG_YAML_LIST) {
        add_address(p, value, family, list, size, count);
        return;
    }
    for (const struct tg_yaml_node *item = value->child; item; item = item->next)
        add_address(p, item, family, list, size, count);
}

static void read_a(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_answer *answer = answer_of(ctx);
    (void)into;
    add_addresses(ctx, value, AF_INET, answer->a, sizeof(answer->a[0]), &answer->a_count);
}

static void read_aaaa(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_answer *answer = answer_of(ctx);
    (void)into;
    add_addresses(ctx, value, AF_INET6, answer->aaaa, sizeof(answer->aaaa[0]), &answer->aaaa_count);
}

static void read_mx(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    (void)into;
    if (tg_yaml_is(value, "."))
        tg_yaml_error(p->doc, value->at, "'mx' cannot be '.'; without 'mx' a null MX is given");
    else if (tg_parse_name(p, value, "mx", &p->policy->answer.mx))
        p->mx = value;
}

static void read_sinkhole(void *ctx, const struct tg_yaml_node *value, void *into)
{
    static const struct tg_yaml_key keys[] = {
        {"a", NULL, read_a},
        {"aaaa", NULL, read_aaaa},
        {"mx", NULL, read_mx},
    };
    struct tg_parse *p = ctx;
    tg_yaml_map(p->doc, value, "'sinkhole'", keys, sizeof(keys) / sizeof(keys[0]), ctx, into);
}

void tg_parse_answer(struct tg_parse *p, const struct tg_yaml_node *node)
{
    static const struct tg_yaml_key keys[] = {
        {"ttl", NULL, read_ttl},
        {"soa", NULL, read_soa},
        {"contact", NULL, read_contact},
        {"sinkhole", NULL, read_sinkhole},
    };
    size_t errors = p->doc->errors;
    tg_yaml_map(p->doc, node, "'answer'", keys, sizeof(keys) / sizeof(keys[0]), p, NULL);
    p->answer_bad = p->doc->errors > errors;
}
