/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The settings of the module: tldguard.conf(5). */
#ifndef TLDGUARD_SETTINGS_H
#define TLDGUARD_SETTINGS_H

#include "tldguard/diag.h"
#include "tldguard/status.h"

/* What the module does when it cannot protect: at start, or later. */
enum tg_on_error {
    TG_ON_ERROR_REFUSE, /* the resolver does not start: nobody runs unprotected unnoticed */
    TG_ON_ERROR_PASS    /* say so in the log, and let every question pass */
};

struct tg_settings {
    char *policy; /* the image; absolute path */
    char *log;    /* the block log; absolute path */
    enum tg_on_error on_error;
};

/**
 * Reads and checks a settings file: a YAML mapping of policy, log and
 * on-error (refuse, which is the default, or pass). policy and log default to
 * the places that configure set; a relative path is an error, as the resolver
 * changes its folder.
 * @param path  the file.
 * @param out   output, to be freed with tg_settings_destroy().
 * @param diags gets every error at once, with line and column.
 * @return TG_OK, TG_EIO, TG_ESYNTAX, TG_EPOLICY (wrong key or value), TG_ETOOBIG, TG_ENOMEM;
 *         on failure *out is unchanged. Any thread.
 */
enum tg_status tg_settings_read(const char *path, struct tg_settings **out, struct tg_diags *diags);

/** Frees settings and sets the pointer to NULL; NULL-safe. */
void tg_settings_destroy(struct tg_settings **settings);

#endif
