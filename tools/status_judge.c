/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard status: is all well? */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/stats.h"
#include "tools/status.h"

#define DAY_MS (86400 * INT64_C(1000))

int64_t tg_status_now(void)
{
    const char *given = getenv("SOURCE_DATE_EPOCH");

    return given && *given ? (int64_t)tg_now() * 1000 : tg_stats_now();
}

const char *tg_problem_text(enum tg_problem problem)
{
#define WORD(name, word) word,
    static const char *const words[] = {TG_PROBLEM_MAP(WORD)};
#undef WORD
    return words[problem];
}

static void note(struct tg_status_problems *problems, enum tg_problem problem, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void note(struct tg_status_problems *problems, enum tg_problem problem, const char *fmt, ...)
{
    va_list ap;

    problems->count += problems->text[problem][0] == '\0';
    va_start(ap, fmt);
    (void)vsnprintf(problems->text[problem], TG_PROBLEM_TEXT_MAX, fmt, ap);
    va_end(ap);
}

/* The first line of a file of the kernel's; empty when there is none. */
static void kernel_line(const char *path, char *text, size_t cap)
{
    FILE *file = fopen(path, "re");

    if (!file || !fgets(text, (int)cap, file))
        text[0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    if (file)
        (void)fclose(file);
}

/* Whether numbers of processes mean the same there and here: not from within a container. */
static bool is_our_space(const struct tg_figures_who *who)
{
    char space[sizeof(who->pid_space)];
    const ssize_t len = readlink("/proc/self/ns/pid", space, sizeof(space) - 1);

    space[len > 0 ? len : 0] = '\0';
    return space[0] == '\0' || who->pid_space[0] == '\0' || strcmp(space, who->pid_space) == 0;
}

/* One that has ended, and whose end nobody has taken notice of, is there but does not run. */
static bool is_zombie(uint64_t pid)
{
    char path[64], line[512];
    const char *state;

    (void)snprintf(path, sizeof(path), "/proc/%" PRIu64 "/stat", pid);
    kernel_line(path, line, sizeof(line));
    state = strrchr(line, ')');
    return state && (strncmp(state, ") Z", 3) == 0 || strncmp(state, ") X", 3) == 0);
}

static bool runs(uint64_t pid)
{
    if (pid == 0 || pid > INT32_MAX)
        return false;
    return (kill((pid_t)pid, 0) == 0 || errno == EPERM) && !is_zombie(pid);
}

static bool same_machine(const struct tg_figures_who *who)
{
    char machine[sizeof(who->machine)];

    kernel_line("/proc/sys/kernel/random/boot_id", machine, sizeof(machine));
    return machine[0] == '\0' || who->machine[0] == '\0' || strcmp(machine, who->machine) == 0;
}

static void judge_life(const struct tg_figures *figures, const struct tg_status_limits *limits,
    int64_t now, struct tg_status_problems *problems)
{
    const struct tg_figures_who *who = &figures->who;
    const int64_t age = now - figures->published;
    char when[32], seconds[32];

    (void)tg_text_time(figures->published / 1000, when);
    if (figures->guarding == TG_GUARDING_ENDED) {
        note(problems, TG_PROBLEM_STOPPED, "the module stopped at %s", when);
        return;
    }
    if (!same_machine(who))
        note(problems, TG_PROBLEM_DEAD,
            "the module has not run since the machine was started anew; it last told at %s", when);
    else if (is_our_space(who) && !runs(who->pid))
        note(problems, TG_PROBLEM_DEAD,
            "the resolver does not run: process %" PRIu64 " is gone; it last told at %s", who->pid,
            when);
    if (age / 1000 > (int64_t)limits->max_age)
        note(problems, TG_PROBLEM_STALE, "the figures are %s seconds old; %" PRIu64 " are the most",
            tg_status_seconds(age, seconds), limits->max_age);
    else if (-age / 1000 > (int64_t)limits->max_age)
        note(problems, TG_PROBLEM_STALE, "the figures are of %s, which is to come: set the clock",
            when);
}

static void judge_policy(const struct tg_figures_policy *policy,
    const struct tg_status_limits *limits, int64_t now, struct tg_status_problems *problems)
{
    char when[32];

    if (!policy->there)
        return;
    if (policy->expires != 0 && policy->expires <= now)
        note(problems, TG_PROBLEM_EXPIRED, "policy serial %" PRIu32 " expired at %s",
            policy->serial, tg_text_time(policy->expires / 1000, when));
    if (limits->max_policy_days > 0 &&
        (now - policy->created) / DAY_MS >= (int64_t)limits->max_policy_days)
        note(problems, TG_PROBLEM_OLD,
            "policy serial %" PRIu32 " was compiled at %s; %" PRIu64 " days are the most",
            policy->serial, tg_text_time(policy->created / 1000, when), limits->max_policy_days);
    if (policy->rejected > policy->loaded)
        note(problems, TG_PROBLEM_REJECTED,
            "the policy in its place was not taken, and serial %" PRIu32 " stays in force: %s",
            policy->serial, policy->error);
}

static void judge_events(const struct tg_figures_events *events,
    const struct tg_status_limits *limits, int64_t now, struct tg_status_problems *problems)
{
    char when[32];

    if (events->lost_last != 0 && (now - events->lost_last) / 1000 < (int64_t)limits->lost_within)
        note(problems, TG_PROBLEM_LOSING,
            "events are being lost: %" PRIu64 " since the start, the last at %s", events->lost,
            tg_text_time(events->lost_last / 1000, when));
    if (events->failing)
        note(problems, TG_PROBLEM_LOG,
            "the block log cannot be written, and %" PRIu64 " events wait: %s", events->waiting,
            events->error);
}

void tg_status_judge(const struct tg_figures *figures, const struct tg_status_limits *limits,
    int64_t now, struct tg_status_problems *problems)
{
    memset(problems, 0, sizeof(*problems));
    if (figures->guarding == TG_GUARDING_OFF)
        note(problems, TG_PROBLEM_OFF, "every question passes: %s", figures->why);
    judge_life(figures, limits, now, problems);
    judge_policy(&figures->policy, limits, now, problems);
    judge_events(&figures->events, limits, now, problems);
}

bool tg_status_is_up(const struct tg_status_problems *problems)
{
    return problems->text[TG_PROBLEM_STOPPED][0] == '\0' &&
           problems->text[TG_PROBLEM_DEAD][0] == '\0' &&
           problems->text[TG_PROBLEM_STALE][0] == '\0';
}
