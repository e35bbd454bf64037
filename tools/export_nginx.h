/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The landing page, in nginx's own language. Which name was asked for, and what was probably meant,
 * are variables of nginx that maps of ours set (export_nginx.c); the page (export_nginx_page.c) is
 * fixed text, in which nginx's SSI puts them, escaped as HTML. So nothing that a browser sends is
 * ever a part of what nginx parses, and no text of a policy is but as an entity.
 */
#ifndef TG_TOOLS_EXPORT_NGINX_H
#define TG_TOOLS_EXPORT_NGINX_H

#include "tools/export.h"

/* The maps of what the page says, by $tldguard_kind: "ours", "guess" or "none". */
void tg_landing_maps(FILE *out);

/* The server; ex->out_of_memory when it could not be made. */
void tg_landing_server(struct tg_export *ex);

/* The looks of the page, made of tools/landing/ when the tool is built. */
extern const char tg_landing_css[];

#endif
