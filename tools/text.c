/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* How the tool writes things for people and for programs. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/tool.h"

#define DIAG_LINE_MAX 4096

static bool colours(void)
{
    const char *no = getenv("NO_COLOR");

    return isatty(STDERR_FILENO) && (!no || !*no);
}

/* The line with a caret below; tabs before the caret stay tabs, so that it stands right. */
static void print_context(const struct tg_diag *diag)
{
    fprintf(stderr, "    %s\n    ", diag->source);
    for (unsigned i = 1; i < diag->col && diag->source[i - 1]; i++)
        if (((unsigned char)diag->source[i - 1] & 0xc0) != 0x80) /* one per UTF-8 character */
            fputc(diag->source[i - 1] == '\t' ? '\t' : ' ', stderr);
    fputs("^\n", stderr);
}

static void print_diag(const struct tg_diag *diag, bool context, bool colour)
{
    static const char *const paint[] = {
        [TG_DIAG_ERROR] = "\033[31m", [TG_DIAG_WARNING] = "\033[33m", [TG_DIAG_NOTE] = "\033[36m"};
    char line[DIAG_LINE_MAX];

    (void)tg_diag_format(diag, line, sizeof(line));
    fprintf(stderr, "%s%s%s\n", colour ? paint[diag->level] : "", line, colour ? "\033[0m" : "");
    if (context && diag->source && diag->line)
        print_context(diag);
}

int tg_text_flush(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    perror("tldguard: standard output");
    clearerr(stdout);
    return EXIT_BROKEN;
}

void tg_out_of_memory(void)
{
    fputs("tldguard: out of memory\n", stderr);
    exit(EXIT_BROKEN);
}

void tg_text_diags(struct tg_diags *diags, bool context)
{
    const bool colour = colours();

    if (isatty(STDERR_FILENO))
        context = true;
    tg_diags_sort(diags);
    for (size_t i = 0; i < tg_diags_kept(diags); i++)
        print_diag(tg_diags_get(diags, i), context, colour);
    if (tg_diags_lost(diags))
        fprintf(stderr, "tldguard: %zu more messages are not shown\n", tg_diags_lost(diags));
}

const char *tg_text_name(struct tg_name name, char buf[TG_DNAME_TEXT_MAX])
{
    if (name.len == 0)
        buf[0] = '\0';
    else
        (void)tg_dname_to_text(name.wire, name.len, buf);
    return buf;
}

const char *tg_text_time(int64_t seconds, char buf[32])
{
    const time_t t = (time_t)seconds;
    struct tm tm;

    if (!gmtime_r(&t, &tm) || strftime(buf, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        (void)snprintf(buf, 32, "@%" PRId64, seconds);
    return buf;
}

const char *tg_text_day(uint32_t day, char buf[32])
{
    const time_t t = (time_t)day * 86400;
    struct tm tm;

    if (!gmtime_r(&t, &tm) || strftime(buf, 32, "%Y-%m-%d", &tm) == 0)
        (void)snprintf(buf, 32, "day %" PRIu32, day);
    return buf;
}

const char *tg_text_address(const struct tg_address *address, char buf[INET6_ADDRSTRLEN])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const bool v4 = memcmp(address->octets, mapped, sizeof(mapped)) == 0;
    const char *text = inet_ntop(v4 ? AF_INET : AF_INET6,
        address->octets + (v4 ? sizeof(mapped) : 0), buf, INET6_ADDRSTRLEN);

    return text ? text : "?";
}

const char *tg_text_subnet(const struct tg_subnet *subnet, char buf[64])
{
    char address[INET6_ADDRSTRLEN];
    const char *text = tg_text_address(&subnet->prefix, address);
    const bool v4 = !strchr(text, ':') && subnet->length >= 96;

    (void)snprintf(buf, 64, "%s/%u", text, v4 ? subnet->length - 96u : subnet->length);
    return buf;
}

const char *tg_text_digest(const uint8_t digest[32], char buf[65])
{
    for (size_t i = 0; i < 32; i++)
        (void)snprintf(buf + 2 * i, 3, "%02x", digest[i]);
    return buf;
}

int tg_text_json(json_t *value)
{
    char *text = value ? json_dumps(value, JSON_INDENT(2) | JSON_ENSURE_ASCII) : NULL;

    json_decref(value);
    if (!text) {
        fputs("tldguard: out of memory\n", stderr);
        return EXIT_BROKEN;
    }
    puts(text);
    free(text);
    return EXIT_FINE;
}

json_t *tg_tool_text(const char *text)
{
    return text ? json_string(text) : json_null();
}

json_t *tg_tool_name(struct tg_name name)
{
    char buf[TG_DNAME_TEXT_MAX];

    return json_string(tg_text_name(name, buf));
}
