/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* From policy text to a struct tg_policy: the top-level keys and the order of work. */
#include "parse.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

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

/* A word like any other: only here does it say yes or no. */
static void read_inspect_targets(void *ctx, const struct tg_yaml_node *value, void *into)
{
    static const char *const words[] = {"no", "yes", "false", "true"};
    struct tg_parse *p = ctx;
    size_t word;
    (void)into;
    if (tg_yaml_word(
            p->doc, value, "inspect-targets", words, sizeof(words) / sizeof(words[0]), &word))
        p->policy->inspect_targets = word % 2 == 1;
}

/* The lists wait: rules stand in the policy with tlds first, however the text has them. */
static void read_tlds(void *ctx, const struct tg_yaml_node *value, void *into)
{
    (void)into;
    ((struct tg_parse *)ctx)->tlds = value;
}

static void read_protect(void *ctx, const struct tg_yaml_node *value, void *into)
{
    (void)into;
    ((struct tg_parse *)ctx)->protect = value;
}

static void read_allow(void *ctx, const struct tg_yaml_node *value, void *into)
{
    (void)into;
    ((struct tg_parse *)ctx)->allow = value;
}

static void read_block(void *ctx, const struct tg_yaml_node *value, void *into)
{
    (void)into;
    ((struct tg_parse *)ctx)->block = value;
}

static void read_clients(void *ctx, const struct tg_yaml_node *value, void *into)
{
    (void)into;
    ((struct tg_parse *)ctx)->clients = value;
}

static void read_canary(void *ctx, const struct tg_yaml_node *value, void *into)
{
    (void)into;
    ((struct tg_parse *)ctx)->canary = value;
}

static void parse_root(struct tg_parse *p)
{
    static const struct tg_yaml_key keys[] = {
        {"serial", "a number that grows with each change, e.g. 'serial: 2026112201'", read_serial},
        {"answer", NULL, read_answer},
        {"inspect-targets", NULL, read_inspect_targets},
        {"tlds", NULL, read_tlds},
        {"protect", NULL, read_protect},
        {"allow", NULL, read_allow},
        {"block", NULL, read_block},
        {"clients", NULL, read_clients},
        {"canary", NULL, read_canary},
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
        tg_parse_clients(p);
    if (!p->doc->oom)
        tg_parse_canary(p);
    if (!p->doc->oom)
        tg_parse_suffixes(p);
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
    policy->inspect_targets = true;
    policy->answer.ttl = DEFAULT_TTL;
    policy->answer.mname = (struct tg_name){default_mname, sizeof(default_mname)};
    policy->answer.rname = (struct tg_name){default_rname, sizeof(default_rname)};
    return policy;
}

size_t tg_parse_errors(const struct tg_parse *p)
{
    size_t errors = p->doc->errors;
    for (size_t i = 1; i < p->source_count; i++)
        errors += p->sources[i].doc->errors;
    return errors;
}

void tg_parse_mute(struct tg_parse *p, bool errors, bool warnings)
{
    p->doc->mute_errors = errors;
    p->doc->mute_warnings = warnings;
    for (size_t i = 1; i < p->source_count; i++) {
        p->sources[i].doc->mute_errors = errors;
        p->sources[i].doc->mute_warnings = warnings;
    }
}

static bool digest(const struct tg_parse *p)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(ctx, p->doc->text, p->doc->len) == 1;
    for (size_t i = 1; i < p->source_count && good; i++)
        good = EVP_DigestUpdate(ctx, p->sources[i].doc->text, p->sources[i].doc->len) == 1;
    good = good && EVP_DigestFinal_ex(ctx, p->policy->digest, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

/* The names move from an array that could grow to one of their size. */
static bool keep_names(struct tg_parse *p)
{
    size_t count = p->policy->name_count;
    struct tg_entry *names = tg_arena_array(p->arena, count, sizeof(*names));
    if (!names)
        return false;
    if (count > 0)
        memcpy(names, p->names, count * sizeof(*names));
    p->policy->names = names;
    return true;
}

static void free_parse(struct tg_parse *p)
{
    for (size_t i = 1; i < p->source_count; i++) {
        tg_yaml_destroy(&p->sources[i].doc);
        free(p->sources[i].text);
    }
    free(p->sources);
    free(p->names);
    free(p->spots);
}

static enum tg_status parse_loaded(struct tg_yaml *doc, const char *folder,
    const struct tg_policy_options *options, struct tg_policy **out)
{
    static const struct tg_policy_options none = {0};
    enum tg_status status = TG_ENOMEM;
    struct tg_policy *policy = new_policy();
    if (!policy)
        return TG_ENOMEM;
    struct tg_parse parse = {.doc = doc,
        .arena = policy->arena,
        .policy = policy,
        .options = options ? options : &none,
        .folder = folder};
    parse_root(&parse);
    if (doc->oom)
        goto out;
    status = TG_EPOLICY;
    if (tg_parse_errors(&parse) > 0)
        goto out;
    status = TG_ENOMEM;
    if (!digest(&parse) || !keep_names(&parse))
        goto out;
    *out = policy;
    policy = NULL;
    status = TG_OK;
out:
    free_parse(&parse);
    tg_policy_destroy(&policy);
    return status;
}

static enum tg_status parse_text(const char *name, const char *folder, const char *text, size_t len,
    const struct tg_policy_options *options, struct tg_policy **out, struct tg_diags *diags)
{
    struct tg_yaml *doc = NULL;
    enum tg_status status = tg_yaml_load(name, text, len, diags, &doc);
    if (status == TG_OK)
        status = parse_loaded(doc, folder, options, out);
    tg_yaml_destroy(&doc);
    tg_diags_sort(diags);
    return status;
}

enum tg_status tg_policy_parse(const char *name, const char *text, size_t len,
    const struct tg_policy_options *options, struct tg_policy **out, struct tg_diags *diags)
{
    return parse_text(name, "", text, len, options, out, diags);
}

enum tg_status tg_policy_read(const char *path, const struct tg_policy_options *options,
    struct tg_policy **out, struct tg_diags *diags)
{
    char *text = NULL;
    size_t len = 0;
    const char *slash = strrchr(path, '/');
    char *folder = strndup(path, slash ? (size_t)(slash - path) + 1 : 0);
    enum tg_status status = folder ? tg_yaml_slurp(path, &text, &len, diags) : TG_ENOMEM;
    if (status == TG_OK)
        status = parse_text(tg_yaml_name(path), folder, text, len, options, out, diags);
    free(text);
    free(folder);
    return status;
}
