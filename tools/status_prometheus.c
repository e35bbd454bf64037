/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard status --prometheus: the text format of its exposition, version 0.0.4. No label holds
 * a client or a name that was asked for: there is no end of those. */
#include <inttypes.h>
#include <string.h>

#include "tools/status.h"

static void head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP tldguard_%s %s\n# TYPE tldguard_%s %s\n", name, help, name, type);
}

static void one(FILE *out, const char *name, const char *type, const char *help, uint64_t value)
{
    head(out, name, type, help);
    fprintf(out, "tldguard_%s %" PRIu64 "\n", name, value);
}

static void counter(FILE *out, const char *name, const char *help, uint64_t value)
{
    one(out, name, "counter", help, value);
}

static void gauge(FILE *out, const char *name, const char *help, uint64_t value)
{
    one(out, name, "gauge", help, value);
}

/* In seconds, of milliseconds; nothing for a time that is not known. */
static void moment(FILE *out, const char *name, const char *help, int64_t milliseconds)
{
    char seconds[32];

    if (milliseconds <= 0)
        return;
    head(out, name, "gauge", help);
    fprintf(out, "tldguard_%s %s\n", name, tg_status_seconds(milliseconds, seconds));
}

/* name="text" */
static void label(FILE *out, const char *name, const char *text)
{
    fprintf(out, "%s=\"", name);
    for (; *text; text++) {
        if (*text == '\n')
            fputs("\\n", out);
        else if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
    fputc('"', out);
}

static void labelled(FILE *out, const char *name, const char *key, const char *text, uint64_t value)
{
    fprintf(out, "tldguard_%s{", name);
    label(out, key, text);
    fprintf(out, "} %" PRIu64 "\n", value);
}

static void state(
    FILE *out, const struct tg_figures *figures, const struct tg_status_problems *problems)
{
    const bool up = figures && tg_status_is_up(problems);

    gauge(out, "up", "Whether the module runs and tells of itself.", up);
    gauge(out, "protecting", "Whether it decides by a policy.",
        up && figures->guarding == TG_GUARDING_ON);
    if (!figures)
        return;
    head(out, "problem", "gauge", "What tldguard status finds wrong.");
    for (int i = 0; i < TG_PROBLEMS; i++)
        labelled(out, "problem", "problem", tg_problem_text((enum tg_problem)i),
            problems->text[i][0] != '\0');
}

static void who(FILE *out, const struct tg_figures *figures)
{
    head(out, "build_info", "gauge", "Versions of the module and of its Unbound.");
    fputs("tldguard_build_info{", out);
    label(out, "version", figures->who.version);
    fputs(",", out);
    label(out, "unbound", figures->who.unbound);
    fputs("} 1\n", out);
    moment(out, "start_time_seconds", "When the module was loaded.", figures->who.started);
    moment(out, "published_timestamp_seconds", "When it last told of itself.", figures->published);
    counter(out, "stats_errors_total", "Times that it could not write its figures.",
        figures->publish_errors);
}

static void policy(FILE *out, const struct tg_figures_policy *policy)
{
    if (policy->there) {
        gauge(out, "policy_serial", "Serial of the policy in force.", policy->serial);
        gauge(out, "policy_rules", "Rules of the policy in force.", policy->rules);
        gauge(out, "policy_names", "Names of the policy in force.", policy->names);
        moment(out, "policy_created_timestamp_seconds", "When it was compiled.", policy->created);
        moment(out, "policy_expires_timestamp_seconds", "When it expires.", policy->expires);
        moment(out, "policy_last_reload_success_timestamp_seconds", "When a policy was last taken.",
            policy->loaded);
    }
    counter(out, "policy_reloads_total", "Policies that were put in force.", policy->loads);
    counter(
        out, "policy_reload_failures_total", "Policies that were not taken.", policy->rejections);
}

static void questions(FILE *out, const struct tg_figures *figures)
{
    head(out, "queries_total", "counter", "Questions that came by the module, by its verdict.");
    for (int i = 0; i < TG_SEENS; i++)
        labelled(out, "queries_total", "verdict", tg_seen_text((enum tg_seen)i), figures->seen[i]);
    head(out, "query_types_total", "counter", "The same questions, by type.");
    for (int i = 0; i < TG_ASKED_TYPES; i++)
        labelled(out, "query_types_total", "type", tg_asked_type_text((enum tg_asked_type)i),
            figures->type[i]);
    head(out, "replies_total", "counter", "The same questions, by the answer that was given.");
    for (int i = 0; i < TG_REPLIEDS; i++)
        labelled(out, "replies_total", "reply", tg_replied_text((enum tg_replied)i),
            figures->replied[i]);
    head(out, "actions_total", "counter", "Those that were blocked whole, by action.");
    for (int i = 0; i < TG_ACTIONS; i++)
        labelled(
            out, "actions_total", "action", tg_action_text((enum tg_action)i), figures->action[i]);
}

static void rule(FILE *out, const char *name, const struct tg_figures_rule *rule, uint64_t value)
{
    fprintf(out, "tldguard_%s{", name);
    label(out, "rule", rule->id);
    fputs(",", out);
    label(out, "kind", rule->kind);
    fputs(",", out);
    label(out, "protected_tld", rule->target);
    fprintf(out, "} %" PRIu64 "\n", value);
}

/* Only rules that have had one. */
static void rules(FILE *out, const struct tg_figures *figures)
{
    if (figures->rule_count == 0)
        return;
    head(out, "blocked_queries_total", "counter", "Questions and answers blocked, by rule.");
    for (size_t i = 0; i < figures->rule_count; i++)
        rule(out, "blocked_queries_total", &figures->rules[i], figures->rules[i].blocked);
    head(out, "watched_queries_total", "counter", "Those that pass and are logged, by rule.");
    for (size_t i = 0; i < figures->rule_count; i++)
        rule(out, "watched_queries_total", &figures->rules[i], figures->rules[i].watched);
}

static void others(FILE *out, const struct tg_figures *figures)
{
    static const struct {
        enum tg_counter counter;
        const char *name;
        const char *help;
    } each[] = {
        {TG_COUNT_UNPROTECTED, "unprotected_queries_total", "Questions without a policy."},
        {TG_COUNT_PREFETCH, "prefetches_total", "Questions of the resolver for its own cache."},
        {TG_COUNT_LATE, "late_blocks_total", "Answers withheld by a policy that came meanwhile."},
        {TG_COUNT_WATCHED_CACHED, "watched_cached_answers_total", "Watched, from the cache."},
        {TG_COUNT_TARGETS_INSPECTED, "inspected_targets_total", "Names that answers lead to."},
        {TG_COUNT_TARGETS_BLOCKED, "blocked_targets_total", "Answers that led to a blocked one."},
        {TG_COUNT_TARGETS_WATCHED, "watched_targets_total", "Answers that led to a watched one."},
        {TG_COUNT_TARGETS_WITHHELD, "withheld_answers_total",
            "Answers that led to too many names."},
        {TG_COUNT_TARGETS_CUT_SHORT, "cut_short_answers_total",
            "From the cache, of which not all names were looked at."},
        {TG_COUNT_TWINS_ASKED, "twin_lookups_total", "Look-ups of twins that were begun."},
        {TG_COUNT_TWINS_FOUND, "twin_lookups_found_total", "Those that found the twin."},
        {TG_COUNT_TWINS_NOT_FOUND, "twin_lookups_not_found_total", "Those that found none."},
        {TG_COUNT_TWINS_FAILED, "twin_lookups_failed_total", "Those that failed or took too long."},
        {TG_COUNT_TWINS_CACHED, "twin_cache_hits_total", "Twins that the cache knew."},
        {TG_COUNT_TWINS_REFUSED, "twin_lookups_refused_total", "Not begun: too many at once."},
        {TG_COUNT_CACHE_REMOVED, "cache_removed_answers_total", "Removed for a new policy."},
        {TG_COUNT_CACHE_ERRORS, "cache_errors_total",
            "Memory was out while it was looked through."},
    };
    _Static_assert(sizeof(each) / sizeof(each[0]) == TG_COUNTERS, "each counter");

    for (size_t i = 0; i < TG_COUNTERS; i++)
        counter(out, each[i].name, each[i].help, figures->counter[each[i].counter]);
}

static void events(FILE *out, const struct tg_figures_events *events)
{
    counter(out, "log_queued_events_total", "Events handed to the writer.", events->queued);
    counter(out, "log_written_events_total", "Events in the block log.", events->written);
    counter(out, "log_dropped_events_total", "Events that were lost.", events->lost);
    if (events->bytes >= 0)
        counter(out, "log_written_bytes_total", "Octets of the events.", (uint64_t)events->bytes);
    gauge(out, "log_waiting_events", "Events in memory, to be written.", events->waiting);
    counter(out, "log_unsent_lines_total", "Lines that syslog or the journal did not take.",
        events->unsent);
    counter(out, "log_errors_total", "Tries to write that failed.", events->errors);
    gauge(out, "log_failing", "Whether the last try failed.", events->failing);
    moment(
        out, "log_last_drop_timestamp_seconds", "When events were last lost.", events->lost_last);
}

static void decisions(FILE *out, const struct tg_figures *figures)
{
    static const char name[] = "tldguard_decision_duration_seconds";
    uint64_t sum = 0;

    head(out, "decision_duration_seconds", "histogram",
        "How long a decision takes, of one in 32 of them.");
    _Static_assert(TG_SAMPLED_OF == 32, "as the help says");
    for (size_t i = 0; i < TG_BOUNDS; i++) {
        sum += figures->bucket[i];
        fprintf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, tg_figures_bounds[i] / 1e9, sum);
    }
    sum += figures->bucket[TG_BOUNDS];
    fprintf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, sum);
    fprintf(out, "%s_sum %" PRIu64 ".%09" PRIu64 "\n", name, figures->nanoseconds / 1000000000,
        figures->nanoseconds % 1000000000);
    fprintf(out, "%s_count %" PRIu64 "\n", name, sum);
}

void tg_status_prometheus(
    FILE *out, const struct tg_figures *figures, const struct tg_status_problems *problems)
{
    state(out, figures, problems);
    if (!figures)
        return;
    who(out, figures);
    policy(out, &figures->policy);
    questions(out, figures);
    rules(out, figures);
    others(out, figures);
    events(out, &figures->events);
    decisions(out, figures);
}
