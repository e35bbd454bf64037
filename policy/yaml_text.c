/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The text below the YAML: reading it, its bytes, its lines, messages about a place in it. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fileio.h"
#include "text.h"
#include "yaml.h"

#define MESSAGE_MAX 3000 /* two names of TG_DNAME_TEXT_MAX and words around them */

/* Where the line that holds the first byte of each stretch of text starts: finding a line from
 * there costs at most one stretch, and a mark for each line would cost more than the text. */
#define STRETCH ((size_t)2 * 1024)
struct tg_yaml_mark {
    uint32_t line; /* 0.. */
    uint32_t start;
};

const char *tg_yaml_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "<stdin>" : path;
}

/* Reads to the end, or one byte past the limit. Grows by doubling: a pipe has no size. */
static int read_all(int fd, size_t max, char **text, size_t *len)
{
    size_t cap = 16 * 1024;
    size_t used = 0;
    int error = 0;
    char *buf = malloc(cap);
    while (buf) {
        ssize_t got = read(fd, buf + used, cap - 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            error = errno;
        if (got <= 0)
            break;
        used += (size_t)got;
        if (used > max) {
            error = EFBIG;
            break;
        }
        if (used == cap - 1) {
            char *grown = realloc(buf, cap * 2);
            if (!grown) {
                error = ENOMEM;
                break;
            }
            buf = grown;
            cap *= 2;
        }
    }
    if (!buf || error != 0) {
        free(buf);
        return error != 0 ? error : ENOMEM;
    }
    buf[used] = '\0';
    *text = buf;
    *len = used;
    return 0;
}

/* 0, or why this is no regular file of at most max bytes. */
static int check_regular(int fd, size_t max)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return errno;
    if (S_ISDIR(st.st_mode))
        return EISDIR;
    if (!S_ISREG(st.st_mode))
        return EINVAL;
    return (uintmax_t)st.st_size > max ? EFBIG : 0;
}

int tg_yaml_file(const char *path, size_t max, bool regular, char **text, size_t *len)
{
    bool standard = !regular && strcmp(path, "-") == 0;
    int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (regular ? O_NONBLOCK : 0);
    int fd = standard ? STDIN_FILENO : open(path, flags);
    if (fd < 0)
        return errno;
    int error = regular ? check_regular(fd, max) : 0;
    if (error == 0)
        error = read_all(fd, max, text, len);
    if (!standard)
        close(fd);
    return error;
}

int tg_yaml_input(const char *path, size_t max, char **text, size_t *len)
{
    int fd = tg_input_open(path);
    if (fd < 0)
        return errno;
    int error = check_regular(fd, max);
    if (error == 0)
        error = read_all(fd, max, text, len);
    close(fd);
    return error;
}

/* The status of an errno value, after saying what is wrong. */
static enum tg_status unread(const char *path, int error, struct tg_diags *diags)
{
    if (error == 0)
        return TG_OK;
    if (error == ENOMEM)
        return TG_ENOMEM;
    if (error == EFBIG) {
        tg_diags_add(diags, TG_DIAG_ERROR, tg_yaml_name(path), 0, 0, NULL, "larger than %zu bytes",
            TG_YAML_SIZE_MAX);
        return TG_ETOOBIG;
    }
    tg_diags_add(diags, TG_DIAG_ERROR, tg_yaml_name(path), 0, 0, NULL, "cannot be read: %s",
        error == EINVAL ? "not a regular file" : tg_input_error(error));
    return TG_EIO;
}

enum tg_status tg_yaml_slurp(const char *path, char **text, size_t *len, struct tg_diags *diags)
{
    return unread(path, tg_yaml_file(path, TG_YAML_SIZE_MAX, false, text, len), diags);
}

enum tg_status tg_yaml_slurp_input(
    const char *path, char **text, size_t *len, struct tg_diags *diags)
{
    return unread(path, tg_yaml_input(path, TG_YAML_SIZE_MAX, text, len), diags);
}

/* What is wrong with the character there, NULL for nothing; then len is its octets. */
static const char *bad_character(const char *text, const char *end, size_t *len)
{
    const uint32_t next_line = 0x85;
    uint32_t code;

    *len = tg_utf8_read(text, end, &code);
    if (*len == 0)
        return "not UTF-8; save the file as UTF-8";
    if (code == '\r' && (end - text < 2 || text[1] != '\n'))
        return "a carriage return without a line feed; end lines with LF or CR LF";
    if (tg_is_control(code) && code != '\t' && code != '\n' && code != '\r' && code != next_line)
        return "a control character; remove it";
    return NULL;
}

/* One line without its newline. One message a line: a file in another encoding has many. */
static void scan_line(struct tg_yaml *doc, size_t from, size_t to)
{
    const char *text = doc->text;
    if (to - from > TG_YAML_LINE_MAX) {
        tg_yaml_error(
            doc, from, "a line of over %zu bytes; write one entry a line", TG_YAML_LINE_MAX);
        return;
    }
    if (from < to && text[from] == '%') {
        tg_yaml_error(doc, from, "YAML directives (%%...) are not used here; remove the line");
        return;
    }
    for (size_t at = from; at < to;) {
        size_t len;
        /* the line feed behind the line is in view: a carriage return needs it */
        const char *wrong = bad_character(text + at, text + doc->len, &len);
        if (wrong) {
            tg_yaml_error(doc, at, "%s", wrong);
            return;
        }
        at += len;
    }
}

void tg_yaml_scan(struct tg_yaml *doc, bool check)
{
    size_t count = doc->len / STRETCH + 1;
    size_t marked = 0;
    uint32_t line = 0;
    doc->marks = tg_arena_array(doc->arena, count, sizeof(*doc->marks));
    if (!doc->marks) {
        doc->oom = true;
        return;
    }
    for (size_t from = 0; from <= doc->len; line++) {
        const char *end = from < doc->len ? memchr(doc->text + from, '\n', doc->len - from) : NULL;
        size_t to = end ? (size_t)(end - doc->text) : doc->len;
        for (; marked < count && marked * STRETCH <= to; marked++)
            doc->marks[marked] = (struct tg_yaml_mark){line, (uint32_t)from};
        if (check)
            scan_line(doc, from, to);
        from = to + 1;
    }
}

size_t tg_yaml_place(const struct tg_yaml *doc, size_t at, unsigned *line, unsigned *col)
{
    if (at > doc->len)
        at = doc->len;
    struct tg_yaml_mark mark = doc->marks[at / STRETCH];
    size_t start = mark.start;
    /* The line may have started long before the stretch, so look from the stretch on. */
    size_t from = at - at % STRETCH;
    if (from < start)
        from = start;
    const char *end;
    while (from < at && (end = memchr(doc->text + from, '\n', at - from)) != NULL) {
        mark.line++;
        start = from = (size_t)(end - doc->text) + 1;
    }
    *line = mark.line + 1;
    *col = (unsigned)(at - start) + 1;
    if (start == 0 && doc->len >= 3 && memcmp(doc->text, "\xef\xbb\xbf", 3) == 0 && *col > 3)
        *col -= 3; /* editors do not show a byte order mark */
    return start;
}

const char *tg_yaml_source(const struct tg_yaml *doc, size_t start, char source[TG_YAML_SOURCE_MAX])
{
    size_t left = doc->len - start;
    size_t len = left < TG_YAML_SOURCE_MAX ? left : TG_YAML_SOURCE_MAX;
    const char *end = len > 0 ? memchr(doc->text + start, '\n', len) : NULL;
    if (end)
        len = (size_t)(end - (doc->text + start));
    if (len == TG_YAML_SOURCE_MAX)
        return NULL;
    memcpy(source, doc->text + start, len);
    source[len] = '\0';
    return source;
}

static void add(struct tg_yaml *doc, enum tg_diag_level level, size_t at, const char *message)
{
    unsigned line;
    unsigned col;
    char source[TG_YAML_SOURCE_MAX];
    size_t start = tg_yaml_place(doc, at, &line, &col);
    tg_diags_add(
        doc->diags, level, doc->name, line, col, tg_yaml_source(doc, start, source), "%s", message);
}

__attribute__((format(printf, 4, 0))) static void message(
    struct tg_yaml *doc, enum tg_diag_level level, size_t at, const char *fmt, va_list args)
{
    char text[MESSAGE_MAX];
    if (!doc->diags)
        return;
    if (tg_diags_kept(doc->diags) >= TG_DIAGS_MAX) {
        /* it will only be counted; a million of them must not cost a million look-ups */
        tg_diags_add(doc->diags, level, doc->name, 0, 0, NULL, "not kept");
        return;
    }
    vsnprintf(text, sizeof(text), fmt, args);
    add(doc, level, at, text);
}

void tg_yaml_error(struct tg_yaml *doc, size_t at, const char *fmt, ...)
{
    va_list args;
    if (doc->mute_errors)
        return;
    doc->errors++;
    va_start(args, fmt);
    message(doc, TG_DIAG_ERROR, at, fmt, args);
    va_end(args);
}

void tg_yaml_warn(struct tg_yaml *doc, size_t at, const char *fmt, ...)
{
    va_list args;
    if (doc->mute_warnings)
        return;
    va_start(args, fmt);
    message(doc, TG_DIAG_WARNING, at, fmt, args);
    va_end(args);
}

void tg_yaml_note(struct tg_yaml *doc, size_t at, const char *fmt, ...)
{
    va_list args;
    if (doc->mute_warnings)
        return;
    va_start(args, fmt);
    message(doc, TG_DIAG_NOTE, at, fmt, args);
    va_end(args);
}
