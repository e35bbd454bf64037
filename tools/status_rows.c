/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard status: the figures as unbound-control stats would name them. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "tools/status.h"

#define KEY_MAX (TG_RULE_ID_MAX + 64)

struct rows {
    tg_status_row_fn each;
    void *arg;
};

static void put(const struct rows *rows, const char *key, uint64_t number, bool counts)
{
    const struct tg_status_row row = {key, NULL, number, counts};

    rows->each(rows->arg, &row);
}

static void text(const struct rows *rows, const char *key, const char *value)
{
    const struct tg_status_row row = {key, value, 0, false};

    rows->each(rows->arg, &row);
}

/* A counter; its key in two parts. */
static void count(const struct rows *rows, const char *group, const char *word, uint64_t number)
{
    char key[KEY_MAX];

    (void)snprintf(key, sizeof(key), "num.%s.%s", group, word);
    for (char *c = key; *c; c++)
        if (*c == '_')
            *c = '-';
    put(rows, key, number, true);
}

const char *tg_status_seconds(int64_t milliseconds, char buf[32])
{
    const bool negative = milliseconds < 0;
    const uint64_t all = negative ? (uint64_t) - (milliseconds + 1) + 1 : (uint64_t)milliseconds;

    (void)snprintf(
        buf, 32, "%s%" PRIu64 ".%03" PRIu64, negative ? "-" : "", all / 1000, all % 1000);
    return buf;
}

static void moment(const struct rows *rows, const char *key, int64_t milliseconds)
{
    char when[32];

    text(rows, key, milliseconds > 0 ? tg_text_time(milliseconds / 1000, when) : "never");
}

static void who(const struct rows *rows, const struct tg_figures *figures, int64_t now)
{
    const struct tg_figures_who *module = &figures->who;
    char seconds[32];

    text(rows, "state", tg_guarding_text(figures->guarding));
    text(rows, "why", figures->why);
    text(rows, "host", module->host);
    put(rows, "pid", module->pid, false);
    text(rows, "version", module->version);
    text(rows, "unbound.version", module->unbound);
    text(rows, "instance", module->instance);
    text(rows, "time.now", tg_status_seconds(now, seconds));
    text(rows, "time.up", tg_status_seconds(figures->published - module->started, seconds));
    text(rows, "time.age", tg_status_seconds(now - figures->published, seconds));
}

static void policy(const struct rows *rows, const struct tg_figures_policy *policy)
{
    char digits[65];

    if (policy->there) {
        put(rows, "policy.serial", policy->serial, false);
        text(rows, "policy.digest", tg_text_digest(policy->digest, digits));
        text(rows, "policy.image", tg_text_digest(policy->image, digits));
        moment(rows, "policy.created", policy->created);
        moment(rows, "policy.loaded", policy->loaded);
        moment(rows, "policy.expires", policy->expires);
        put(rows, "policy.rules", policy->rules, false);
        put(rows, "policy.names", policy->names, false);
    }
    count(rows, "policies", "loaded", policy->loads);
    count(rows, "policies", "rejected", policy->rejections);
    moment(rows, "policies.last-rejected", policy->rejected);
    text(rows, "policies.last-error", policy->error);
}

static void questions(const struct rows *rows, const struct tg_figures *figures)
{
    put(rows, "total.num.questions", tg_figures_questions(figures), true);
    put(rows, "total.num.blocked", tg_figures_blocked(figures), true);
    for (int i = 0; i < TG_SEENS; i++)
        count(rows, "verdict", tg_seen_text((enum tg_seen)i), figures->seen[i]);
    for (int i = 0; i < TG_ACTIONS; i++)
        count(rows, "action", tg_action_text((enum tg_action)i), figures->action[i]);
    for (int i = 0; i < TG_REPLIEDS; i++)
        count(rows, "reply", tg_replied_text((enum tg_replied)i), figures->replied[i]);
    for (int i = 0; i < TG_ASKED_TYPES; i++)
        count(rows, "query.type", tg_asked_type_text((enum tg_asked_type)i), figures->type[i]);
    for (int i = 0; i < TG_COUNTERS; i++)
        count(rows, tg_counter_group((enum tg_counter)i), tg_counter_text((enum tg_counter)i),
            figures->counter[i]);
}

/* Two rules may have one name: the TLD "block", and what is listed to be blocked. */
static void rules(const struct rows *rows, const struct tg_figures *figures)
{
    for (size_t i = 0; i < figures->rule_count; i++) {
        const struct tg_figures_rule *rule = &figures->rules[i];
        char group[KEY_MAX];

        if (strcmp(rule->kind, "tld") == 0)
            (void)snprintf(group, sizeof(group), "num.rule.tld.%s", rule->id);
        else
            (void)snprintf(group, sizeof(group), "num.rule.%s", rule->id);
        char key[KEY_MAX + 16];
        (void)snprintf(key, sizeof(key), "%s.blocked", group);
        put(rows, key, rule->blocked, true);
        (void)snprintf(key, sizeof(key), "%s.watched", group);
        put(rows, key, rule->watched, true);
    }
}

static void events(const struct rows *rows, const struct tg_figures *figures)
{
    const struct tg_figures_events *events = &figures->events;

    count(rows, "events", "queued", events->queued);
    count(rows, "events", "written", events->written);
    count(rows, "events", "lost", events->lost);
    count(rows, "events", "unsent", events->unsent);
    if (events->bytes >= 0)
        count(rows, "events", "bytes", (uint64_t)events->bytes);
    put(rows, "events.waiting", events->waiting, false);
    text(rows, "events.failing", events->failing ? "yes" : "no");
    text(rows, "events.last-error", events->error);
    moment(rows, "events.last-lost", events->lost_last);
    count(rows, "errors", "log", events->errors);
    count(rows, "errors", "stats", figures->publish_errors);
}

/* As the histogram of unbound-control, with nanoseconds. */
static void decisions(const struct rows *rows, const struct tg_figures *figures)
{
    uint32_t from = 0;

    put(rows, "histogram.decision.sampled-of", TG_SAMPLED_OF, false);
    for (size_t i = 0; i < TG_BUCKETS; i++) {
        char key[KEY_MAX];

        if (i < TG_BOUNDS)
            (void)snprintf(key, sizeof(key), "histogram.decision.0.%09" PRIu32 ".to.0.%09" PRIu32,
                from, tg_figures_bounds[i]);
        else
            (void)snprintf(
                key, sizeof(key), "histogram.decision.0.%09" PRIu32 ".to.infinity", from);
        put(rows, key, figures->bucket[i], true);
        from = i < TG_BOUNDS ? tg_figures_bounds[i] : from;
    }
}

void tg_status_rows(const struct tg_figures *figures, int64_t now, tg_status_row_fn each, void *arg)
{
    const struct rows rows = {each, arg};

    who(&rows, figures, now);
    policy(&rows, &figures->policy);
    questions(&rows, figures);
    rules(&rows, figures);
    events(&rows, figures);
    decisions(&rows, figures);
}
