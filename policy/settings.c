/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tldguard/settings.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "yaml.h"

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

static void read_on_error(void *ctx, const struct tg_yaml_node *value, void *into)
{
    static const char *const words[] = {"refuse", "pass"};
    struct reading *r = ctx;
    struct tg_settings *settings = into;
    size_t word;
    if (tg_yaml_word(r->doc, value, "on-error", words, 2, &word))
        settings->on_error = word == 1 ? TG_ON_ERROR_PASS : TG_ON_ERROR_REFUSE;
}

static void read_root(struct reading *r)
{
    static const struct tg_yaml_key keys[] = {
        {"policy", NULL, read_policy},
        {"log", NULL, read_log},
        {"on-error", NULL, read_on_error},
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
    enum tg_status status = tg_yaml_slurp(path, &text, &len, diags);
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
    free(*settings);
    *settings = NULL;
}
