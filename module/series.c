/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/series.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/json.h"
#include "policy/fileio.h"

#define STATE_MAX  512  /* bytes of the file */
#define STATE_MODE 0640 /* as the log */
#define DIGITS_MAX 16

const char *tg_series_text(uint64_t id, char text[17])
{
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 16; i-- > 0; id >>= 4) /* several times a line: no printf() */
        text[i] = hex[id & 0xf];
    text[16] = '\0';
    return text;
}

/* Digits up to what ends them; 0: none, too many, or others. */
static uint64_t hex_of(const char *at, const char *end)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t value = 0;
    const char *digit;
    size_t count = 0;

    for (; at < end && *at != '\0' && (digit = strchr(digits, *at)) != NULL; at++, count++)
        value = value << 4 | (uint64_t)(digit - digits);
    return count > 0 && count <= DIGITS_MAX && (at == end || *at == '"') ? value : 0;
}

uint64_t tg_series_parse(const char *text)
{
    return hex_of(text, text + strlen(text));
}

/* What stands behind a member's name. Within a text no quotation mark stands without a backslash,
 * so what looks like a member is one. */
static const char *behind(const char *line, size_t len, const char *name)
{
    const size_t name_len = strlen(name);
    const char *at = memmem(line, len, name, name_len);

    return at != NULL ? at + name_len : NULL;
}

static bool read_number(const char *at, const char *end, uint64_t *out)
{
    const char *const start = at;
    uint64_t value = 0;

    for (; at < end && *at >= '0' && *at <= '9' && value <= TG_SEQUENCE_MAX; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    if (at == start || at == end || (*at != ',' && *at != '}') || value > TG_SEQUENCE_MAX)
        return false;
    *out = value;
    return true;
}

bool tg_series_of_line(const char *line, size_t len, struct tg_series *out)
{
    const char *const end = line + len;
    const char *sequence = behind(line, len, "\"sequence\":");
    const char *log = behind(line, len, "\"log\":\"");
    const char *boot = behind(line, len, "\"boot\":\"");
    const char *lost = behind(line, len, "\"lost\":");
    struct tg_series series = {0};

    if (len < 3 || line[0] != '{' || memcmp(end - 2, "}\n", 2) != 0 || sequence == NULL ||
        log == NULL)
        return false;
    series.id = hex_of(log, end);
    series.boot = boot != NULL ? hex_of(boot, end) : 0;
    if (series.id == 0 || !read_number(sequence, end, &series.sequence) ||
        (lost != NULL && !read_number(lost, end, &series.lost)))
        return false;
    *out = series;
    return true;
}

/* ".block.jsonl.state" beside "block.jsonl". */
static int state_path(const char *log, char path[PATH_MAX])
{
    const char *slash = strrchr(log, '/');
    const int folder = slash != NULL ? (int)(slash - log) + 1 : 0;
    const int len = snprintf(path, PATH_MAX, "%.*s.%s.state", folder, log, log + folder);

    return len < 0 || len >= PATH_MAX ? ENAMETOOLONG : 0;
}

static int read_all(const char *path, char text[STATE_MAX], size_t *len)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t count;
    int error = 0;

    if (fd < 0)
        return errno;
    count = read(fd, text, STATE_MAX);
    if (count < 0)
        error = errno;
    else
        *len = (size_t)count;
    (void)close(fd);
    return error;
}

int tg_series_read(const char *log, struct tg_series *out)
{
    char path[PATH_MAX];
    char text[STATE_MAX];
    struct tg_series series = {0};
    const char *chain;
    size_t len = 0;
    int error = state_path(log, path);

    if (error == 0)
        error = read_all(path, text, &len);
    if (error != 0)
        return error;
    chain = behind(text, len, "\"chain\":\"");
    if (!tg_series_of_line(text, len, &series) || chain == NULL ||
        text + len - chain < TG_DIGEST_TEXT || !tg_digest_parse(chain, series.digest))
        return EINVAL;
    series.clean = behind(text, len, "\"clean\":1") != NULL;
    *out = series;
    return 0;
}

static size_t format(const struct tg_series *series, char text[STATE_MAX])
{
    struct tg_json json;
    char id[17];
    char digest[TG_DIGEST_TEXT];

    tg_json_start(&json, text, STATE_MAX);
    tg_json_open(&json, NULL, '{');
    tg_json_string(&json, "log", tg_series_text(series->id, id));
    tg_json_number(&json, "sequence", series->sequence);
    tg_json_string(&json, "chain", tg_digest_text(series->digest, digest));
    tg_json_number(&json, "clean", series->clean ? 1 : 0);
    tg_json_close(&json, '}');
    return tg_json_end(&json);
}

int tg_series_write(const char *log, const struct tg_series *series)
{
    char path[PATH_MAX];
    char text[STATE_MAX];
    const size_t len = format(series, text);
    const int error = state_path(log, path);

    return error != 0 ? error : tg_newfile_put(path, STATE_MODE, text, len);
}
