/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/found.h"

void tg_found_read(const struct tg_settings *settings, struct tg_found *found)
{
    found->diags = tg_diags_create();
    found->status = tg_trust_open(
        settings->policy, &settings->trusted, NULL, &found->trusted, &found->image, found->diags);
    found->unread = found->status == TG_ENOMEM || found->status == TG_EIO;
    found->allowed = found->image && found->trusted.checked &&
                     tg_trust_allowed(settings->allow_older, tg_image_meta(found->image)->serial);
}

void tg_found_fini(struct tg_found *found)
{
    tg_image_close(&found->image);
    tg_diags_destroy(&found->diags);
}
