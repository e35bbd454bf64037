/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* From policy text to a struct tg_policy: the top-level keys and the order of work. */
#include "parse.h"

#include <openssl/evp.h>
#include <stdlib.h>

static const uint8_t default_mname[] = "\10tldguard\7invalid";
static const uint8_t default_rname[] = "\6nobody\7invalid";

#define DEFAULT_TTL 60

static void read_serial(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_parse *p = ctx;
    (void)into;
    tg_yaml_number(p->doc, value, "serial", 1, UINT32_MAX, &p->policy->serial);
}

static void read_answer(void *ctx, const struct tg_yaml_node *value, void *into)
{
    (void)into;
    tg_parse_answer(ctx, value);
}

/* The lists wait: rules stand in the policy with tlds first, however the text has them. */
static void read_tlds(void *ctx, const struct tg_yaml_node *value, void *into)
{
    (void)into;
    ((struct tg_parse *)ctx)->tlds = value;
}

static void read_allow(void *ctx, const struct tg_yaml_node *value, void *into)
{
    (void)into;
    ((struct tg_parse *)ctx)->allow = value;
}

static void parse_root(struct tg_parse *p)
{
    static const struct tg_yaml_key keys[] = {
        {"serial", "a number that grows with each change, e.g. 'serial: 2026112201'", read_serial},
        {"answer", NULL, read_answer},
        {"tlds", NULL, read_tlds},
        {"allow", NULL, read_allow},
    };
    const struct tg_yaml_node *root = p->doc->root;
    if (!root || (root->kind == TG_YAML_SCALAR && root->len == 0 && !root->refused)) {
        tg_yaml_error(p->doc, 0, "empty; a policy has at least 'serial' and 'tlds'");
        return;
    }
    tg_yaml_map(p->doc, root, "a policy", keys, sizeof(keys) / sizeof(keys[0]), p, NULL);
    if (root->kind != TG_YAML_MAP)
        return;
    tg_parse_rules(p);
    if (!p->doc->oom)
        tg_policy_check(p);
}

static struct tg_policy *new_policy(void)
{
    struct tg_arena *arena = tg_arena_create();
    struct tg_policy *policy = arena ? tg_arena_alloc(arena, sizeof(*policy)) : NULL;
    if (!policy) {
        tg_arena_destroy(&arena);
        return NULL;
    }
    policy->arena = arena;
    policy->answer.ttl = DEFAULT_TTL;
    policy->answer.mname = (struct tg_name){default_mname, sizeof(default_mname)};
    policy->answer.rname = (struct tg_name){default_rname, sizeof(default_rname)};
    return policy;
}

static enum tg_status parse_loaded(
    struct tg_yaml *doc, const char *text, size_t len, struct tg_policy **out)
{
    enum tg_status status = TG_ENOMEM;
    struct tg_policy *policy = new_policy();
    if (!policy)
        return TG_ENOMEM;
    struct tg_parse parse = {.doc = doc, .arena = policy->arena, .policy = policy};
    parse_root(&parse);
    if (doc->oom)
        goto out;
    status = TG_EPOLICY;
    if (doc->errors > 0)
        goto out;
    status = TG_ENOMEM;
    if (EVP_Digest(text, len, policy->digest, NULL, EVP_sha256(), NULL) != 1)
        goto out;
    *out = policy;
    return TG_OK;
out:
    tg_policy_destroy(&policy);
    return status;
}

enum tg_status tg_policy_parse(
    const char *name, const char *text, size_t len, struct tg_policy **out, struct tg_diags *diags)
{
    struct tg_yaml *doc = NULL;
    enum tg_status status = tg_yaml_load(name, text, len, diags, &doc);
    if (status == TG_OK)
        status = parse_loaded(doc, text, len, out);
    tg_yaml_destroy(&doc);
    tg_diags_sort(diags);
    return status;
}

enum tg_status tg_policy_read(const char *path, struct tg_policy **out, struct tg_diags *diags)
{
    char *text = NULL;
    size_t len = 0;
    enum tg_status status = tg_yaml_slurp(path, &text, &len, diags);
    if (status == TG_OK)
        status = tg_policy_parse(tg_yaml_name(path), text, len, out, diags);
    free(text);
    return status;
}
