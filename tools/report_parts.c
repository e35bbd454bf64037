/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What the page carries besides its text: looks, scripts, data; and what of it may run. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/text.h"
#include "tools/report.h"

#define CHART_MOST (4 * 1024 * 1024)

static bool no_chart(struct tg_diags *diags, const char *path, const char *why)
{
    tg_diags_add(diags, TG_DIAG_NOTE, path, 0, 0, NULL,
        "the page has tables and plain bars in place of charts: %s (Debian's package of Chart.js "
        "is libjs-chart.js)",
        why);
    return true;
}

/* The parser of HTML must not see the end of a script before its end, nor change an octet of it:
 * the hash would not be its own any more. */
static const char *unfit(const char *text, size_t len)
{
    const char *const end = text + len;
    size_t step = 1;
    uint32_t code;

    if (strlen(text) != len)
        return "there is a NUL in it";
    for (const char *at = text; step > 0 && at < end; at += step)
        step = tg_utf8_read(at, end, &code);
    if (step == 0 || strchr(text, '\r') || strcasestr(text, "</script") || strstr(text, "<!--"))
        return "it cannot stand in a page";
    return strstr(text, "Chart.js") ? NULL : "it is not Chart.js";
}

/* Not with fopen(), whose trouble with memory looks like a file that is not there. */
static bool read_chart(struct tg_report_parts *parts, const char *path, struct tg_diags *diags)
{
    const int in = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const char *why;
    size_t len = 0;
    ssize_t got = 1;
    struct stat st;
    char *text;

    if (in < 0)
        return no_chart(diags, path, strerror(errno));
    if (fstat(in, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > CHART_MOST) {
        (void)close(in);
        return no_chart(diags, path, "it is no file of at most 4 MiB");
    }
    text = malloc((size_t)st.st_size + 1);
    if (!text) {
        (void)close(in);
        return false;
    }
    while (len < (size_t)st.st_size && (got = read(in, text + len, (size_t)st.st_size - len)) > 0)
        len += (size_t)got;
    text[len] = '\0';
    (void)close(in);
    why = got < 0 ? strerror(errno) : unfit(text, len);
    if (!why) {
        parts->chart = text;
        return true;
    }
    free(text);
    return no_chart(diags, path, why);
}

bool tg_html_hash(const char *text, char out[64])
{
    unsigned char digest[EVP_MAX_MD_SIZE], base64[48]; /* 44 digits of 32 octets, and a NUL */

    if (EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL) != 1)
        return false;
    (void)EVP_EncodeBlock(base64, digest, 32);
    (void)snprintf(out, 64, "'sha256-%.44s'", (const char *)base64);
    return true;
}

/* In JSON these three stand in texts alone, where they may be written otherwise. Then the parser
 * of HTML finds no tag, no comment and no entity in it. All else is ASCII already. */
static char *escape(char *json)
{
    size_t len = strlen(json), more = 0;
    char *text, *to;

    for (const char *at = json; (at = strpbrk(at, "<>&")); at++)
        more += 5;
    text = to = malloc(len + more + 1);
    for (const char *at = json; text && *at; at++) {
        if (strchr("<>&", *at))
            to += sprintf(to, "\\u%04x", (unsigned)*at);
        else
            *to++ = *at;
    }
    if (text)
        *to = '\0';
    free(json);
    return text;
}

bool tg_report_parts_make(
    struct tg_report_parts *parts, const char *path, const json_t *data, struct tg_diags *diags)
{
    char *json = json_dumps(data, JSON_COMPACT | JSON_ENSURE_ASCII);

    *parts = (struct tg_report_parts){.css = tg_report_css, .script = tg_report_js};
    parts->data = json ? escape(json) : NULL;
    return parts->data && read_chart(parts, path, diags) &&
           tg_html_hash(parts->css, parts->hashes[0]) &&
           tg_html_hash(parts->script, parts->hashes[1]) &&
           (!parts->chart || tg_html_hash(parts->chart, parts->hashes[2]));
}

void tg_report_parts_free(struct tg_report_parts *parts)
{
    free(parts->chart);
    free(parts->data);
}
