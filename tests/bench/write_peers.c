/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tests/bench/write_peers.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "module/series.h"
#include "tests/bench/write_events.h"

#define ROUNDS         7
#define PER_ROUND      2048
#define PLAIN_LINE_MAX (2 * TG_EVENT_LINE_MAX) /* of names of any length */

static const char series[] = "6b0253e0cf547756";
static const char chain[] = "0123456789abcdef0123456789abcdef";

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static size_t our_line(
    const struct tg_event *event, const struct tg_observer *by, char line[TG_EVENT_LINE_MAX])
{
    const struct tg_stamp stamp = {
        .observer = by, .sequence = 1042, .series = series, .chain = chain};

    return tg_event_format(event, &stamp, line);
}

/* The object is there already, with every value in words: what is measured is that it is made once
 * more, member by member, and dumped. */
static int peer_jansson(const struct tg_event *events, const struct tg_observer *by)
{
    char line[TG_EVENT_LINE_MAX];
    const size_t len = our_line(&events[0], by, line);
    json_t *object = json_loads(line, 0, NULL);
    double best = 1e9;
    bool same = true;

    for (size_t r = 0; r < ROUNDS; r++) {
        const double start = now();

        for (size_t i = 0; i < PER_ROUND; i++) {
            json_t *copy = json_deep_copy(object);
            char *text = json_dumps(copy, JSON_COMPACT | JSON_ENSURE_ASCII);

            same = same && text != NULL && strlen(text) + 1 == len;
            free(text);
            json_decref(copy);
        }
        best = (now() - start) / PER_ROUND < best ? (now() - start) / PER_ROUND : best;
    }
    json_decref(object);
    printf("jansson\t%.1f\n", best);
    return same ? 0 : 1;
}

/* What a format needs: names and addresses in words. */
struct words {
    char qname[TG_DNAME_TEXT_MAX], twin[TG_DNAME_TEXT_MAX], client[INET6_ADDRSTRLEN];
    char qtype[16], incident[17];
};

static void words_of(const struct tg_event *event, struct words *words)
{
    uint64_t hash = 0xcbf29ce484222325u;

    (void)tg_dname_to_text(event->qname, event->qname_len, words->qname);
    (void)tg_dname_to_text(event->twin, event->twin_len, words->twin);
    (void)inet_ntop(AF_INET, event->address, words->client, sizeof(words->client));
    (void)tg_rrtype_text(event->qtype, words->qtype);
    hash = (hash ^ event->family) * 0x100000001b3u;
    for (size_t i = 0; i < 4; i++)
        hash = (hash ^ event->address[i]) * 0x100000001b3u;
    for (size_t i = 0; i < event->qname_len; i++)
        hash = (hash ^ event->qname[i]) * 0x100000001b3u;
    (void)tg_series_text(hash, words->incident);
}

#define PLAIN_FORMAT                                                                               \
    "{\"@timestamp\":\"%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ\",\"message\":\"blocked %s %s for %s:" \
    " looks like %s\",\"ecs\":{\"version\":\"8.17.0\"},\"event\":{\"kind\":\"alert\","             \
    "\"category\":[\"network\"],\"type\":[\"denied\",\"protocol\"],\"action\":\"%s\","             \
    "\"outcome\":\"success\",\"severity\":%d,\"reason\":\"look-alike of %s (rule %s)\","           \
    "\"module\":\"tldguard\",\"dataset\":\"tldguard.block\",\"provider\":\"tldguard\","            \
    "\"id\":\"%s-%s-%llu\",\"sequence\":%llu},\"dns\":{\"type\":\"answer\","                       \
    "\"op_code\":\"QUERY\",\"header_flags\":[\"%s\"],\"response_code\":\"%s\",\"question\":{"      \
    "\"name\":\"%s\",\"type\":\"%s\",\"class\":\"%s\",\"top_level_domain\":\"%s\"}},"              \
    "\"source\":{\"ip\":\"%s\",\"port\":%u},\"network\":{\"transport\":\"%s\","                    \
    "\"protocol\":\"dns\",\"type\":\"%s\"},\"rule\":{\"id\":\"%s\",\"name\":\"%s looks like %s\"," \
    "\"category\":\"%s\",\"ruleset\":\"tldguard\",\"version\":\"%u\"},\"observer\":{"              \
    "\"vendor\":\"tldguard\",\"product\":\"tldguard\",\"type\":\"dns-resolver\",\"version\":"      \
    "\"%s\",\"hostname\":\"%s\"},\"related\":{\"ip\":[\"%s\"],\"hosts\":[\"%s\",\"%s\"]},"         \
    "\"tldguard\":{\"mode\":\"%s\",\"action\":\"%s\",\"reply\":\"%s\",\"severity\":\"%s\","        \
    "\"twin\":\"%s\",\"twin_known\":\"%s\",\"transport\":\"%s\",\"incident\":\"%s\","              \
    "\"serial\":%u,\"boot\":\"%s\",\"log\":\"%s\",\"chain\":\"%s\"}}\n"

static int print_plain(const struct tg_event *event, const struct tg_observer *by, char *line)
{
    const unsigned long long sequence = 1042;
    struct words w;
    struct tm tm;

    words_of(event, &w);
    (void)gmtime_r(&event->time.tv_sec, &tm);
    return snprintf(line, PLAIN_LINE_MAX, PLAIN_FORMAT, tm.tm_year + 1900, tm.tm_mon + 1,
        tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, event->time.tv_nsec / 1000, w.qtype, w.qname,
        w.client, w.twin, "dns-block", 73, w.twin, "ml", by->hostname, by->boot, sequence, sequence,
        "RD", "NXDOMAIN", w.qname, w.qtype, "IN", "ml", w.client, (unsigned)event->port, "udp",
        "ipv4", "ml", "ml", "mil", "look-alike-tld", event->serial, TG_VERSION, by->hostname,
        w.client, w.qname, w.twin, tg_mode_text((enum tg_mode)event->mode),
        tg_action_text((enum tg_action)event->action), tg_reply_text((enum tg_reply)event->reply),
        tg_severity_text((enum tg_severity)event->severity), w.twin, "listed", "udp", w.incident,
        event->serial, by->boot, series, chain);
}

static int peer_snprintf(const struct tg_event *events, const struct tg_observer *by)
{
    char line[PLAIN_LINE_MAX], ours[TG_EVENT_LINE_MAX];
    double best = 1e9;

    for (size_t i = 0; i < WRITE_EVENTS; i++) {
        (void)print_plain(&events[i], by, line);
        (void)our_line(&events[i], by, ours);
        if (strcmp(line, ours) != 0) /* of another kind */
            return i == 0 ? 0 : 1;
    }
    for (size_t r = 0; r < ROUNDS; r++) {
        const double start = now();

        for (size_t i = 0; i < PER_ROUND; i++)
            (void)print_plain(&events[i % WRITE_EVENTS], by, line);
        best = (now() - start) / PER_ROUND < best ? (now() - start) / PER_ROUND : best;
    }
    printf("snprintf\t%.1f\n", best);
    return 0;
}

/* As log_vmsg() of Unbound 1.17, util/log.c. */
struct unbound_log {
    FILE *file;
    pthread_mutex_t lock;
};

static void __attribute__((format(printf, 2, 3)))
log_info(struct unbound_log *log, const char *format, ...)
{
    char message[10240];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    (void)pthread_mutex_lock(&log->lock);
    fprintf(log->file, "[%lld] %s[%d:%x] %s: %s\n", (long long)time(NULL), "unbound", (int)getpid(),
        0u, "info", message);
    (void)pthread_mutex_unlock(&log->lock);
}

/* The line of rpz-log; its file is buffered by lines. */
static int peer_unbound(const struct tg_event *events, const char *path)
{
    struct unbound_log log = {fopen(path, "w"), PTHREAD_MUTEX_INITIALIZER};
    double best = 1e9;

    if (log.file == NULL)
        return 3;
    setvbuf(log.file, NULL, _IOLBF, 0);
    for (size_t r = 0; r < ROUNDS; r++) {
        const double start = now();

        for (size_t i = 0; i < PER_ROUND; i++) {
            const struct tg_event *event = &events[i % WRITE_EVENTS];
            struct words w;

            words_of(event, &w);
            log_info(&log, "rpz: applied [%s] *.%s. rpz-nxdomain %s@%u %s. %s IN", "policy", "ml",
                w.client, (unsigned)event->port, w.qname, w.qtype);
        }
        best = (now() - start) / PER_ROUND < best ? (now() - start) / PER_ROUND : best;
    }
    (void)fclose(log.file);
    (void)unlink(path);
    printf("unbound\t%.1f\n", best);
    return 0;
}

int write_peers(const struct tg_event *events, const struct tg_observer *by, const char *path)
{
    return peer_jansson(events, by) | peer_snprintf(events, by) | peer_unbound(events, path);
}
