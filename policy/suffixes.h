/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Where the public suffix list is. Private to libtldguard and the tool. */
#ifndef TG_SUFFIXES_H
#define TG_SUFFIXES_H

#define TG_SUFFIXES_PATH_MAX 4096

/**
 * The text of the system's public suffix list: libpsl may name its compiled form, beside which
 * the text stands.
 * @param path output: the path; "" when libpsl knows of none.
 * @return path. Any thread.
 */
const char *tg_suffixes_path(char path[TG_SUFFIXES_PATH_MAX]);

#endif
