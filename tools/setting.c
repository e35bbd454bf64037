/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Where the module has its files, as its settings say. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tldguard/settings.h"
#include "tools/tool.h"

char *tg_setting(const char *given, const char *(*pick)(const struct tg_settings *settings),
    const char *otherwise, struct tg_diags *diags)
{
    const char *named = getenv("TLDGUARD_CONF");
    const char *conf = given ? given : named && *named ? named : TG_DEFAULT_CONF;
    const bool installed = conf != given && conf != named;
    struct tg_settings *settings = NULL;
    enum tg_status status = TG_OK;
    char *path;

    if (!installed || access(conf, F_OK) == 0)
        status = tg_settings_read(conf, &settings, diags);
    if (status != TG_OK) {
        if (tg_diags_count(diags, TG_DIAG_ERROR) == 0)
            tg_diags_add(diags, TG_DIAG_ERROR, conf, 0, 0, NULL, "%s", tg_status_text(status));
        return NULL;
    }
    path = strdup(settings ? pick(settings) : otherwise);
    tg_settings_destroy(&settings);
    if (!path)
        tg_out_of_memory();
    return path;
}
