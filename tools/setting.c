/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Where the module has its files, as its settings say. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tldguard/settings.h"
#include "tools/tool.h"

const char *tg_conf_path(const char *given)
{
    const char *named = getenv("TLDGUARD_CONF");

    return given ? given : named && *named ? named : TG_DEFAULT_CONF;
}

struct tg_settings *tg_settings_find(const char *given, struct tg_diags *diags)
{
    const char *conf = tg_conf_path(given);
    struct tg_settings *settings = NULL;
    const enum tg_status status = tg_settings_read(conf, &settings, diags);

    if (status != TG_OK && tg_diags_count(diags, TG_DIAG_ERROR) == 0)
        tg_diags_add(diags, TG_DIAG_ERROR, conf, 0, 0, NULL, "%s", tg_status_text(status));
    return settings;
}

char *tg_setting(const char *given, const char *(*pick)(const struct tg_settings *settings),
    const char *otherwise, struct tg_diags *diags)
{
    const char *conf = tg_conf_path(given);
    const bool installed = strcmp(conf, TG_DEFAULT_CONF) == 0;
    struct tg_settings *settings = NULL;
    char *path;

    if (!installed || access(conf, F_OK) == 0) {
        settings = tg_settings_find(given, diags);
        if (!settings)
            return NULL;
    }
    path = strdup(settings ? pick(settings) : otherwise);
    tg_settings_destroy(&settings);
    if (!path)
        tg_out_of_memory();
    return path;
}
