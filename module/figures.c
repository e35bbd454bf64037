/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/figures.h"

#include <string.h>

#include "module/json.h"

#define WORD_2(name, word)         word,
#define WORD_3(name, number, word) word,
#define GROUP_3(name, group, word) group,

_Static_assert(TG_REPLIEDS == TG_REPLY_NULL_SRV + 1, "one for each reply");

const uint32_t tg_figures_bounds[TG_BOUNDS] = {100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000,
    100000, 200000, 500000, 1000000, 2000000, 5000000, 10000000};

const char *tg_seen_text(enum tg_seen seen)
{
    static const char *const words[] = {TG_SEEN_MAP(WORD_2)};
    return words[seen];
}

const char *tg_replied_text(enum tg_replied replied)
{
    static const char *const words[] = {TG_REPLIED_MAP(WORD_2)};
    return words[replied];
}

const char *tg_asked_type_text(enum tg_asked_type type)
{
    static const char *const words[] = {TG_ASKED_TYPE_MAP(WORD_3)};
    return words[type];
}

const char *tg_counter_group(enum tg_counter counter)
{
    static const char *const words[] = {TG_COUNTER_MAP(GROUP_3)};
    return words[counter];
}

const char *tg_counter_text(enum tg_counter counter)
{
    static const char *const words[] = {TG_COUNTER_MAP(WORD_3)};
    return words[counter];
}

const char *tg_guarding_text(enum tg_guarding guarding)
{
    static const char *const words[] = {TG_GUARDING_MAP(WORD_2)};
    return words[guarding];
}

uint64_t tg_figures_questions(const struct tg_figures *figures)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < TG_SEENS; i++)
        sum += figures->seen[i];
    return sum;
}

uint64_t tg_figures_blocked(const struct tg_figures *figures)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < TG_REPLIEDS; i++)
        sum += i == TG_REPLIED_PASS ? 0 : figures->replied[i];
    return sum;
}

/* Times before 1970, and what is not known, are told as null. */
static void put_signed(struct tg_json *json, const char *key, int64_t value, int64_t least)
{
    if (value >= least)
        tg_json_number(json, key, (uint64_t)value);
    else
        tg_json_null(json, key);
}

static void put_digest(struct tg_json *json, const char *key, const uint8_t digest[32])
{
    static const char hex[] = "0123456789abcdef";
    char text[65];

    for (size_t i = 0; i < 32; i++) {
        text[2 * i] = hex[digest[i] >> 4];
        text[2 * i + 1] = hex[digest[i] & 0xf];
    }
    text[64] = '\0';
    tg_json_string(json, key, text);
}

static void put_who(struct tg_json *json, const struct tg_figures_who *who)
{
    tg_json_number(json, "pid", who->pid);
    tg_json_string(json, "pid_space", who->pid_space);
    tg_json_string(json, "machine", who->machine);
    tg_json_string(json, "host", who->host);
    tg_json_string(json, "instance", who->instance);
    tg_json_string(json, "version", who->version);
    tg_json_string(json, "unbound", who->unbound);
    put_signed(json, "started", who->started, 1);
}

static void put_policy(struct tg_json *json, const struct tg_figures_policy *policy)
{
    if (!policy->there) {
        tg_json_null(json, "policy");
    } else {
        tg_json_open(json, "policy", '{');
        tg_json_number(json, "serial", policy->serial);
        put_digest(json, "digest", policy->digest);
        put_digest(json, "image", policy->image);
        put_signed(json, "created", policy->created, 1);
        put_signed(json, "loaded", policy->loaded, 1);
        put_signed(json, "expires", policy->expires, 1);
        tg_json_number(json, "rules", policy->rules);
        tg_json_number(json, "names", policy->names);
        tg_json_close(json, '}');
    }
    tg_json_open(json, "policies", '{');
    tg_json_number(json, "loaded", policy->loads);
    tg_json_number(json, "rejected", policy->rejections);
    tg_json_utf8(json, "last_error", policy->error);
    put_signed(json, "last_rejected", policy->rejected, 1);
    tg_json_close(json, '}');
}

static void put_events(struct tg_json *json, const struct tg_figures_events *events)
{
    tg_json_open(json, "events", '{');
    tg_json_number(json, "queued", events->queued);
    tg_json_number(json, "waiting", events->waiting);
    tg_json_number(json, "written", events->written);
    tg_json_number(json, "lost", events->lost);
    put_signed(json, "bytes", events->bytes, 0);
    tg_json_number(json, "unsent", events->unsent);
    tg_json_number(json, "errors", events->errors);
    tg_json_string(json, "last_error", events->error);
    tg_json_fixed(json, events->failing ? "\"failing\":true" : "\"failing\":false");
    put_signed(json, "lost_last", events->lost_last, 1);
    tg_json_close(json, '}');
}

/* The counters of one group, in a member that is open. */
static void put_group(struct tg_json *json, const struct tg_figures *figures, const char *group)
{
    for (size_t i = 0; i < TG_COUNTERS; i++)
        if (strcmp(tg_counter_group((enum tg_counter)i), group) == 0)
            tg_json_number(json, tg_counter_text((enum tg_counter)i), figures->counter[i]);
}

static void put_questions(struct tg_json *json, const struct tg_figures *figures)
{
    tg_json_open(json, "questions", '{');
    tg_json_number(json, "total", tg_figures_questions(figures));
    tg_json_number(json, "blocked", tg_figures_blocked(figures));
    put_group(json, figures, "questions");
    tg_json_open(json, "verdict", '{');
    for (size_t i = 0; i < TG_SEENS; i++)
        tg_json_number(json, tg_seen_text((enum tg_seen)i), figures->seen[i]);
    tg_json_close(json, '}');
    tg_json_open(json, "action", '{');
    for (size_t i = 0; i < TG_ACTIONS; i++)
        tg_json_number(json, tg_action_text((enum tg_action)i), figures->action[i]);
    tg_json_close(json, '}');
    tg_json_open(json, "reply", '{');
    for (size_t i = 0; i < TG_REPLIEDS; i++)
        tg_json_number(json, tg_replied_text((enum tg_replied)i), figures->replied[i]);
    tg_json_close(json, '}');
    tg_json_open(json, "type", '{');
    for (size_t i = 0; i < TG_ASKED_TYPES; i++)
        tg_json_number(json, tg_asked_type_text((enum tg_asked_type)i), figures->type[i]);
    tg_json_close(json, '}');
    tg_json_close(json, '}');
}

static void put_rules(struct tg_json *json, const struct tg_figures *figures)
{
    tg_json_open(json, "rules", '[');
    for (size_t i = 0; i < figures->rule_count; i++) {
        const struct tg_figures_rule *rule = &figures->rules[i];

        tg_json_open(json, NULL, '{');
        tg_json_string(json, "id", rule->id);
        tg_json_string(json, "kind", rule->kind);
        tg_json_string(json, "target", rule->target);
        tg_json_number(json, "blocked", rule->blocked);
        tg_json_number(json, "watched", rule->watched);
        tg_json_close(json, '}');
    }
    tg_json_close(json, ']');
}

static void put_decisions(struct tg_json *json, const struct tg_figures *figures)
{
    tg_json_open(json, "decisions", '{');
    tg_json_number(json, "sampled_of", TG_SAMPLED_OF);
    tg_json_number(json, "nanoseconds", figures->nanoseconds);
    tg_json_open(json, "bounds", '[');
    for (size_t i = 0; i < TG_BOUNDS; i++)
        tg_json_number(json, NULL, tg_figures_bounds[i]);
    tg_json_close(json, ']');
    tg_json_open(json, "buckets", '[');
    for (size_t i = 0; i < TG_BUCKETS; i++)
        tg_json_number(json, NULL, figures->bucket[i]);
    tg_json_close(json, ']');
    tg_json_close(json, '}');
}

size_t tg_figures_format(const struct tg_figures *figures, char *buf, size_t cap)
{
    static const char *const groups[] = {"targets", "twins", "cache"};
    struct tg_json json;

    tg_json_start(&json, buf, cap);
    tg_json_open(&json, NULL, '{');
    tg_json_number(&json, "format", TG_FIGURES_FORMAT);
    put_signed(&json, "published", figures->published, 1);
    tg_json_number(&json, "publish_errors", figures->publish_errors);
    tg_json_string(&json, "state", tg_guarding_text(figures->guarding));
    tg_json_utf8(&json, "why", figures->why);
    put_who(&json, &figures->who);
    put_policy(&json, &figures->policy);
    put_questions(&json, figures);
    put_events(&json, &figures->events);
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        tg_json_open(&json, groups[i], '{');
        put_group(&json, figures, groups[i]);
        tg_json_close(&json, '}');
    }
    put_decisions(&json, figures);
    put_rules(&json, figures);
    tg_json_close(&json, '}');
    return tg_json_end(&json);
}
