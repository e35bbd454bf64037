/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard check: every error and warning of a policy; the gate before a push. */
#include <limits.h>

#include "tldguard/policy.h"
#include "tools/tool.h"

enum { VERBOSE, QUIET };
static const struct tg_option options[] = {
    [VERBOSE] = {"verbose", 'v', NULL, "show the line concerned with every message"},
    [QUIET] = {"quiet", 'q', NULL, "say nothing when all is well"},
    {0},
};

static int report(const char *path, const struct tg_policy *policy, struct tg_diags *diags,
    const struct tg_parsed *p)
{
    const size_t warnings = tg_diags_count(diags, TG_DIAG_WARNING);

    tg_text_diags(diags, p->value[VERBOSE] != NULL);
    if (!policy)
        return EXIT_BROKEN;
    if (warnings == 0 && !p->value[QUIET])
        printf("%s: ok, serial %u, %zu rules, %zu names\n", path, policy->serial,
            policy->rule_count, policy->name_count);
    return warnings ? EXIT_FINDINGS : EXIT_FINE;
}

static int check(const char *path, const struct tg_parsed *p)
{
    char popular[TG_PATH_MAX];
    const struct tg_policy_options consult = {
        .today = tg_today(), .popular = tg_popular_file(popular)};
    struct tg_progress *progress = tg_progress_start(path);
    struct tg_diags *diags = tg_diags_create();
    struct tg_policy *policy = NULL;
    const enum tg_status status = tg_read_policy(path, &consult, &policy, diags);
    int code;

    if (status != TG_OK && tg_diags_count(diags, TG_DIAG_ERROR) == 0)
        fprintf(stderr, "%s: error: %s\n", path, tg_status_text(status));
    tg_progress_stop(&progress);
    code = report(path, policy, diags, p);
    tg_policy_destroy(&policy);
    tg_diags_destroy(&diags);
    return code;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_parsed p;
    int worst = EXIT_FINE;
    int code = tg_options_parse(self, argc, argv, 1, INT_MAX, &p);

    if (code >= 0)
        return code;
    for (int i = 0; i < p.argc; i++) {
        code = check(p.argv[i], &p);
        if (code > worst)
            worst = code;
    }
    return worst;
}

const struct tg_command tg_cmd_check = {
    .name = "check",
    .arguments = "POLICY...",
    .summary = "Report every error (exit 3) and warning (exit 1) of policies.",
    .example = "tldguard check /etc/tldguard/policy.yaml",
    .options = options,
    .run = run,
};
