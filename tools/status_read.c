/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard status: reads the file of the figures, which whoever may have written. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/status.h"

struct reader {
    const char *path;
    struct tg_diags *diags;
    bool bad;
};

static void fail(struct reader *r, unsigned line, unsigned col, const char *what)
{
    if (!r->bad)
        tg_diags_add(r->diags, TG_DIAG_ERROR, r->path, line, col, NULL, "%s", what);
    r->bad = true;
}

static void fail_at(struct reader *r, const char *group, const char *key, const char *what)
{
    char text[200];

    (void)snprintf(text, sizeof(text), "'%s%s%s' %s; is it the stats file of a tldguard module?",
        group, *group ? "." : "", key, what);
    fail(r, 0, 0, text);
}

/* A member; NULL after an error. */
static json_t *get(struct reader *r, const json_t *object, const char *group, const char *key)
{
    json_t *value = r->bad ? NULL : json_object_get(object, key);

    if (!value)
        fail_at(r, group, key, "is missing");
    return value;
}

static json_t *get_object(
    struct reader *r, const json_t *object, const char *group, const char *key)
{
    json_t *value = get(r, object, group, key);

    if (value && !json_is_object(value))
        fail_at(r, group, key, "is no object");
    return r->bad ? NULL : value;
}

static uint64_t number_of(struct reader *r, const json_t *value, const char *group, const char *key)
{
    if (value && (!json_is_integer(value) || json_integer_value(value) < 0))
        fail_at(r, group, key, "is no count");
    return r->bad ? 0 : (uint64_t)json_integer_value(value);
}

static uint64_t number(struct reader *r, const json_t *object, const char *group, const char *key)
{
    return number_of(r, get(r, object, group, key), group, key);
}

/* A number, or none where there is null. */
static int64_t number_or(
    struct reader *r, const json_t *object, const char *group, const char *key, int64_t none)
{
    const json_t *value = get(r, object, group, key);

    return json_is_null(value) ? none : (int64_t)number_of(r, value, group, key);
}

/* A text; "" after an error. */
static const char *text_of(
    struct reader *r, const json_t *object, const char *group, const char *key)
{
    const json_t *value = get(r, object, group, key);

    if (value && !json_is_string(value))
        fail_at(r, group, key, "is no text");
    return r->bad ? "" : json_string_value(value);
}

static void text(struct reader *r, const json_t *object, const char *group, const char *key,
    char *buf, size_t cap)
{
    const char *got = text_of(r, object, group, key);

    if (strlen(got) >= cap)
        fail_at(r, group, key, "is too long");
    (void)snprintf(buf, cap, "%s", r->bad ? "" : got);
}

/* An error's, of which octets that were no UTF-8 have become longer: the end may go. */
static void error_text(struct reader *r, const json_t *object, const char *group, const char *key,
    char buf[TG_FIGURES_TEXT_MAX])
{
    const char *got = text_of(r, object, group, key);
    size_t len = strnlen(got, TG_FIGURES_TEXT_MAX);

    if (len == TG_FIGURES_TEXT_MAX)
        for (len--; len > 0 && ((uint8_t)got[len] & 0xc0u) == 0x80; len--)
            ;
    memcpy(buf, got, len);
    buf[len] = '\0';
}

static unsigned hex(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (unsigned)(at - digits) : 16;
}

static void digest(struct reader *r, const json_t *policy, const char *key, uint8_t out[32])
{
    char digits[65];

    text(r, policy, "policy", key, digits, sizeof(digits));
    for (size_t i = 0; i < 32 && !r->bad; i++) {
        const unsigned high = hex(digits[2 * i]);
        const unsigned low = high < 16 ? hex(digits[2 * i + 1]) : 16;
        if (low > 15)
            fail_at(r, "policy", key, "is no digest");
        out[i] = (uint8_t)(high << 4 | low);
    }
}

static void read_who(struct reader *r, const json_t *json, struct tg_figures_who *who)
{
    who->pid = number(r, json, "", "pid");
    text(r, json, "", "pid_space", who->pid_space, sizeof(who->pid_space));
    text(r, json, "", "machine", who->machine, sizeof(who->machine));
    text(r, json, "", "host", who->host, sizeof(who->host));
    text(r, json, "", "instance", who->instance, sizeof(who->instance));
    text(r, json, "", "version", who->version, sizeof(who->version));
    text(r, json, "", "unbound", who->unbound, sizeof(who->unbound));
    who->started = number_or(r, json, "", "started", 0);
}

static void read_policy(struct reader *r, const json_t *json, struct tg_figures_policy *policy)
{
    const json_t *now = get(r, json, "", "policy");
    const json_t *all = get_object(r, json, "", "policies");

    policy->loads = number(r, all, "policies", "loaded");
    policy->rejections = number(r, all, "policies", "rejected");
    error_text(r, all, "policies", "last_error", policy->error);
    policy->rejected = number_or(r, all, "policies", "last_rejected", 0);
    policy->there = !json_is_null(now);
    if (!policy->there)
        return;
    policy->serial = (uint32_t)number(r, now, "policy", "serial");
    digest(r, now, "digest", policy->digest);
    digest(r, now, "image", policy->image);
    policy->created = number_or(r, now, "policy", "created", 0);
    policy->loaded = number_or(r, now, "policy", "loaded", 0);
    policy->expires = number_or(r, now, "policy", "expires", 0);
    policy->rules = number(r, now, "policy", "rules");
    policy->names = number(r, now, "policy", "names");
}

static void read_events(struct reader *r, const json_t *json, struct tg_figures_events *events)
{
    const json_t *object = get_object(r, json, "", "events");
    const json_t *failing = get(r, object, "events", "failing");

    if (failing && !json_is_boolean(failing))
        fail_at(r, "events", "failing", "is neither true nor false");
    events->failing = json_is_true(failing);
    events->queued = number(r, object, "events", "queued");
    events->waiting = number(r, object, "events", "waiting");
    events->written = number(r, object, "events", "written");
    events->lost = number(r, object, "events", "lost");
    events->bytes = number_or(r, object, "events", "bytes", -1);
    events->unsent = number(r, object, "events", "unsent");
    events->errors = number(r, object, "events", "errors");
    text(r, object, "events", "last_error", events->error, sizeof(events->error));
    events->lost_last = number_or(r, object, "events", "lost_last", 0);
}

static void read_counters(struct reader *r, const json_t *json, struct tg_figures *figures)
{
    for (int i = 0; i < TG_COUNTERS; i++) {
        const char *group = tg_counter_group((enum tg_counter)i);

        figures->counter[i] =
            number(r, get_object(r, json, "", group), group, tg_counter_text((enum tg_counter)i));
    }
}

static void read_questions(struct reader *r, const json_t *json, struct tg_figures *figures)
{
    const json_t *questions = get_object(r, json, "", "questions");
    const json_t *verdict = get_object(r, questions, "questions", "verdict");
    const json_t *action = get_object(r, questions, "questions", "action");
    const json_t *reply = get_object(r, questions, "questions", "reply");
    const json_t *type = get_object(r, questions, "questions", "type");

    for (int i = 0; i < TG_SEENS; i++)
        figures->seen[i] = number(r, verdict, "questions.verdict", tg_seen_text((enum tg_seen)i));
    for (int i = 0; i < TG_ACTIONS; i++)
        figures->action[i] =
            number(r, action, "questions.action", tg_action_text((enum tg_action)i));
    for (int i = 0; i < TG_REPLIEDS; i++)
        figures->replied[i] =
            number(r, reply, "questions.reply", tg_replied_text((enum tg_replied)i));
    for (int i = 0; i < TG_ASKED_TYPES; i++)
        figures->type[i] =
            number(r, type, "questions.type", tg_asked_type_text((enum tg_asked_type)i));
}

static void read_rules(struct reader *r, const json_t *json, struct tg_figures *figures)
{
    const json_t *rules = get(r, json, "", "rules");

    if (rules && (!json_is_array(rules) || json_array_size(rules) > TG_FIGURES_RULES))
        fail_at(r, "", "rules", "is no list of rules");
    figures->rule_count = r->bad ? 0 : json_array_size(rules);
    for (size_t i = 0; i < figures->rule_count; i++) {
        struct tg_figures_rule *rule = &figures->rules[i];
        const json_t *object = json_array_get(rules, i);

        text(r, object, "rules", "id", rule->id, sizeof(rule->id));
        text(r, object, "rules", "kind", rule->kind, sizeof(rule->kind));
        text(r, object, "rules", "target", rule->target, sizeof(rule->target));
        rule->blocked = number(r, object, "rules", "blocked");
        rule->watched = number(r, object, "rules", "watched");
    }
}

/* The bounds are told for others: ours are those of the format. */
static void read_decisions(struct reader *r, const json_t *json, struct tg_figures *figures)
{
    const json_t *object = get_object(r, json, "", "decisions");
    const json_t *buckets = get(r, object, "decisions", "buckets");

    figures->nanoseconds = number(r, object, "decisions", "nanoseconds");
    if (buckets && json_array_size(buckets) != TG_BUCKETS)
        fail_at(r, "decisions", "buckets", "are not as many as there must be");
    for (size_t i = 0; i < TG_BUCKETS; i++)
        figures->bucket[i] =
            number_of(r, r->bad ? NULL : json_array_get(buckets, i), "decisions", "buckets");
}

static void read_state(struct reader *r, const json_t *json, struct tg_figures *figures)
{
    char state[32];
    int i = 0;

    text(r, json, "", "state", state, sizeof(state));
    error_text(r, json, "", "why", figures->why);
    while (i < TG_GUARDINGS && strcmp(state, tg_guarding_text((enum tg_guarding)i)) != 0)
        i++;
    if (i == TG_GUARDINGS)
        fail_at(r, "", "state", "is none that is known");
    else
        figures->guarding = (enum tg_guarding)i;
}

static void read_all(struct reader *r, const json_t *json, struct tg_figures *figures)
{
    if (!json_is_object(json))
        fail(r, 0, 0, "no JSON object; is it the stats file of a tldguard module?");
    if (number(r, json, "", "format") != TG_FIGURES_FORMAT)
        fail(r, 0, 0, "the module writes another format; use the tldguard of its version");
    figures->published = number_or(r, json, "", "published", 0);
    figures->publish_errors = number(r, json, "", "publish_errors");
    read_state(r, json, figures);
    read_who(r, json, &figures->who);
    read_policy(r, json, &figures->policy);
    read_questions(r, json, figures);
    read_events(r, json, &figures->events);
    read_counters(r, json, figures);
    read_decisions(r, json, figures);
    read_rules(r, json, figures);
}

/* What is said of errno, and what to do. */
static void fail_errno(struct reader *r, int error)
{
    char what[200];

    (void)snprintf(what, sizeof(what), "%s%s", strerror(error),
        error == ENOENT ? "; has the module been loaded since the machine started?" : "");
    fail(r, 0, 0, what);
}

/* The file's octets, to be freed; NULL after an error. */
static char *slurp(struct reader *r, size_t *len)
{
    /* A FIFO must not hold us. */
    const int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char *octets = NULL;
    struct stat st;
    ssize_t got = 1;

    *len = 0;
    if (fd < 0 || fstat(fd, &st) != 0)
        fail_errno(r, errno);
    else if (!S_ISREG(st.st_mode))
        fail(r, 0, 0, "not a regular file");
    else if (!(octets = malloc(TG_FIGURES_MAX)))
        tg_out_of_memory();
    while (octets && got != 0 && *len < TG_FIGURES_MAX) {
        got = read(fd, octets + *len, TG_FIGURES_MAX - *len);
        if (got < 0 && errno != EINTR) {
            fail_errno(r, errno);
            break;
        }
        *len += got > 0 ? (size_t)got : 0;
    }
    if (*len == TG_FIGURES_MAX)
        fail(r, 0, 0, "larger than any stats file of a tldguard module");
    if (fd >= 0)
        (void)close(fd);
    return octets;
}

struct tg_status_look *tg_status_open(const char *path, struct tg_diags *diags)
{
    struct reader r = {path, diags, false};
    struct tg_status_look *look = calloc(1, sizeof(*look));
    json_error_t error;
    size_t len = 0;
    char *octets;

    if (!look)
        tg_out_of_memory();
    octets = slurp(&r, &len);
    if (!r.bad) {
        look->json = json_loadb(octets, len, JSON_REJECT_DUPLICATES, &error);
        if (look->json)
            read_all(&r, look->json, &look->figures);
        else
            fail(&r, error.line > 0 ? (unsigned)error.line : 1,
                error.column > 0 ? (unsigned)error.column : 1,
                "not JSON; is it the stats file of a tldguard module?");
    }
    free(octets);
    if (r.bad)
        tg_status_close(&look);
    return look;
}

void tg_status_close(struct tg_status_look **look)
{
    if (!*look)
        return;
    json_decref((*look)->json);
    free(*look);
    *look = NULL;
}
