/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tldguard/settings.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "settings_p.h"
#include "yaml.h"

/* A port of 1 to 65535. */
static bool read_port(const char *text, uint16_t *port)
{
    uint32_t value = 0;
    size_t digits = 0;
    for (; digits < 6 && text[digits] >= '0' && text[digits] <= '9'; digits++)
        value = value * 10 + (uint32_t)(text[digits] - '0');
    *port = (uint16_t)value;
    return digits > 0 && text[digits] == '\0' && value > 0 && value <= UINT16_MAX;
}

bool tg_server_parse(const char *text, struct tg_server *out)
{
    struct tg_server server = {.port = 53};
    uint8_t octets[16];
    const char *at = strchr(text, '@');
    const size_t len = at ? (size_t)(at - text) : strlen(text);
    if (len >= sizeof(server.address) || (at && !read_port(at + 1, &server.port)))
        return false;
    memcpy(server.address, text, len);
    if (inet_pton(AF_INET, server.address, octets) != 1 &&
        inet_pton(AF_INET6, server.address, octets) != 1)
        return false;
    *out = server;
    return true;
}

/* One read. */
struct reading {
    struct tg_yaml *doc;
    struct tg_settings *settings;
};

/* An absolute path; NULL after an error. */
static void read_path(
    struct reading *r, const struct tg_yaml_node *value, const char *key, char **path)
{
    char shown[TG_YAML_SHOW_MAX];
    const char *line = tg_yaml_line(r->doc, value, key, PATH_MAX - 1, r->doc->arena);
    if (!line)
        return;
    if (line[0] != '/') {
        tg_yaml_error(r->doc, value->at,
            "'%s' must be a path that starts with '/', not '%s': the resolver changes its folder",
            key, tg_yaml_show(value, shown));
        return;
    }
    *path = strdup(line);
    if (!*path)
        r->doc->oom = true;
}

static void read_policy(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_settings *settings = into;
    read_path(ctx, value, "policy", &settings->policy);
}

static void read_log(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_settings *settings = into;
    read_path(ctx, value, "log", &settings->log);
}

static void read_stats(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_settings *settings = into;
    read_path(ctx, value, "stats", &settings->stats);
}

static void read_syslog(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_settings *settings = into;
    read_path(ctx, value, "syslog", &settings->syslog);
}

static void read_journal(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct tg_settings *settings = into;
    read_path(ctx, value, "journal", &settings->journal);
}

static void read_sync(void *ctx, const struct tg_yaml_node *value, void *into)
{
    static const char *const words[] = {"none", "batch"};
    struct reading *r = ctx;
    struct tg_settings *settings = into;
    size_t word;
    if (tg_yaml_word(r->doc, value, "sync", words, 2, &word))
        settings->sync = word == 1;
}

static void read_on_error(void *ctx, const struct tg_yaml_node *value, void *into)
{
    static const char *const words[] = {"refuse", "pass"};
    struct reading *r = ctx;
    struct tg_settings *settings = into;
    size_t word;
    if (tg_yaml_word(r->doc, value, "on-error", words, 2, &word))
        settings->on_error = word == 1 ? TG_ON_ERROR_PASS : TG_ON_ERROR_REFUSE;
}

static void add_forwarder(
    struct reading *r, const struct tg_yaml_node *value, struct tg_forwarders *forwarders)
{
    const size_t i = forwarders->count;
    if (i < TG_FORWARDERS_MAX &&
        tg_yaml_prefix(
            r->doc, value, "from", forwarders->from[i].prefix.octets, &forwarders->from[i].length))
        forwarders->count++;
}

static void read_from(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct reading *r = ctx;
    if (value->kind != TG_YAML_LIST) {
        add_forwarder(r, value, into);
        return;
    }
    if (value->count == 0)
        tg_yaml_error(
            r->doc, value->at, "'from' is empty; give a forwarder's address, e.g. [192.0.2.53]");
    if (value->count > TG_FORWARDERS_MAX)
        tg_yaml_error(
            r->doc, value->at, "%u prefixes; %d are the most", value->count, TG_FORWARDERS_MAX);
    for (const struct tg_yaml_node *item = value->child; item; item = item->next)
        add_forwarder(r, item, into);
}

static void add_accept(
    struct reading *r, const struct tg_yaml_node *value, struct tg_forwarders *forwarders)
{
#define WORD(name, bit, word) word,
    static const char *const words[] = {TG_ID_MAP(WORD)};
#undef WORD
#define BIT(name, bit, word) name,
    static const unsigned bits[] = {TG_ID_MAP(BIT)};
#undef BIT
    size_t word;
    if (!tg_yaml_word(r->doc, value, "accept", words, sizeof(words) / sizeof(words[0]), &word))
        return;
    if ((forwarders->accept & bits[word]) != 0)
        tg_yaml_error(r->doc, value->at, "'%s' is given twice; remove one", words[word]);
    forwarders->accept |= bits[word];
}

static void read_accept(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct reading *r = ctx;
    struct tg_forwarders *forwarders = into;
    forwarders->accept = 0;
    if (value->kind != TG_YAML_LIST) {
        add_accept(r, value, forwarders);
        return;
    }
    if (value->count == 0)
        tg_yaml_error(r->doc, value->at, "'accept' is empty; remove it to accept all");
    for (const struct tg_yaml_node *item = value->child; item; item = item->next)
        add_accept(r, item, forwarders);
}

static void read_client_id(void *ctx, const struct tg_yaml_node *value, void *into)
{
    static const struct tg_yaml_key keys[] = {
        {"from", "the forwarders that are believed, e.g. 'from: [192.0.2.53]'", read_from},
        {"accept", NULL, read_accept},
    };
    struct reading *r = ctx;
    struct tg_settings *settings = into;
    tg_yaml_map(r->doc, value, "'client-id'", keys, sizeof(keys) / sizeof(keys[0]), r,
        &settings->forwarders);
}

static void read_trusted(void *ctx, const struct tg_yaml_node *value, void *into)
{
    struct reading *r = ctx;
    struct tg_settings *settings = into;
    tg_settings_trusted(r->doc, value, &settings->trusted);
}

/* Beside the policy: who hands policies in may go back to a former one as well, which a key that is
 * trusted has signed; and need not be let near the settings for it. */
static char *behind(const char *path, const char *suffix)
{
    const size_t len = strlen(path);
    char *whole = malloc(len + strlen(suffix) + 1);
    if (whole) {
        memcpy(whole, path, len);
        memcpy(whole + len, suffix, strlen(suffix) + 1);
    }
    return whole;
}

static void read_resolver(void *ctx, const struct tg_yaml_node *value, void *into)
{
    char shown[TG_YAML_SHOW_MAX];
    struct reading *r = ctx;
    struct tg_settings *settings = into;
    const char *line = tg_yaml_line(r->doc, value, "resolver", 2 * INET6_ADDRSTRLEN, r->doc->arena);
    if (line && !tg_server_parse(line, &settings->resolver))
        tg_yaml_error(r->doc, value->at,
            "'resolver' must be an address, or ADDRESS@PORT as 127.0.0.1@53, not '%s'",
            tg_yaml_show(value, shown));
}

static void read_root(struct reading *r)
{
    static const struct tg_yaml_key keys[] = {
        {"policy", NULL, read_policy},
        {"log", NULL, read_log},
        {"stats", NULL, read_stats},
        {"sync", NULL, read_sync},
        {"syslog", NULL, read_syslog},
        {"journal", NULL, read_journal},
        {"on-error", NULL, read_on_error},
        {"client-id", NULL, read_client_id},
        {"trusted-keys", NULL, read_trusted},
        {"resolver", NULL, read_resolver},
    };
    const struct tg_yaml_node *root = r->doc->root;
    /* nothing but comments: every setting has its default */
    if (root && (root->kind != TG_YAML_SCALAR || root->len > 0))
        tg_yaml_map(
            r->doc, root, "a settings file", keys, sizeof(keys) / sizeof(keys[0]), r, r->settings);
}

static enum tg_status read_loaded(struct tg_yaml *doc, struct tg_settings **out)
{
    enum tg_status status = TG_ENOMEM;
    struct tg_settings *settings = calloc(1, sizeof(*settings));
    if (!settings)
        return status;
    settings->on_error = TG_ON_ERROR_REFUSE;
    settings->forwarders.accept = TG_ID_ALL;
    (void)tg_server_parse(TG_DEFAULT_RESOLVER, &settings->resolver);
    struct reading r = {doc, settings};
    read_root(&r);
    if (doc->oom)
        goto out;
    status = TG_EPOLICY;
    if (doc->errors > 0)
        goto out;
    status = TG_ENOMEM;
    if (!settings->policy && !(settings->policy = strdup(TG_DEFAULT_POLICY)))
        goto out;
    if (!settings->log && !(settings->log = strdup(TG_DEFAULT_LOG)))
        goto out;
    if (!settings->stats && !(settings->stats = strdup(TG_DEFAULT_STATS)))
        goto out;
    settings->allow_older = behind(settings->policy, TG_TRUST_ALLOW);
    if (!settings->allow_older)
        goto out;
    *out = settings;
    return TG_OK;
out:
    tg_settings_destroy(&settings);
    return status;
}

enum tg_status tg_settings_read(const char *path, struct tg_settings **out, struct tg_diags *diags)
{
    char *text = NULL;
    size_t len = 0;
    struct tg_yaml *doc = NULL;
    enum tg_status status = tg_yaml_slurp_input(path, &text, &len, diags);
    if (status == TG_OK)
        status = tg_yaml_load(tg_yaml_name(path), text, len, diags, &doc);
    if (status == TG_OK)
        status = read_loaded(doc, out);
    tg_yaml_destroy(&doc);
    free(text);
    tg_diags_sort(diags);
    return status;
}

void tg_settings_destroy(struct tg_settings **settings)
{
    if (!settings || !*settings)
        return;
    free((*settings)->policy);
    free((*settings)->log);
    free((*settings)->stats);
    free((*settings)->syslog);
    free((*settings)->journal);
    free((*settings)->allow_older);
    free(*settings);
    *settings = NULL;
}
