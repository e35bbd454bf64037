/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The two forms of tldguard show. */
#ifndef TG_TOOLS_SHOW_H
#define TG_TOOLS_SHOW_H

#include "tools/tool.h"

/* Writes an image as one JSON object, element by element. @return an exit code. */
int tg_show_json(struct tg_image *image, const struct tg_rule_names *names);

#endif
