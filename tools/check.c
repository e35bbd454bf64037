/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard check: every error and warning of a policy; the gate before a push. */
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
        printf("%s: ok, serial %u, %zu rules\n", path, policy->serial, policy->rule_count);
    return warnings ? EXIT_FINDINGS : EXIT_FINE;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_policy *policy = NULL;
    struct tg_diags *diags;
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 1, 1, &p);

    if (code >= 0)
        return code;
    diags = tg_diags_create();
    (void)tg_policy_read(p.argv[0], &policy, diags);
    code = report(p.argv[0], policy, diags, &p);
    tg_policy_destroy(&policy);
    tg_diags_destroy(&diags);
    return code;
}

const struct tg_command tg_cmd_check = {
    .name = "check",
    .arguments = "POLICY",
    .summary = "Report every error (exit 3) and warning (exit 1) of a policy.",
    .example = "tldguard check /etc/tldguard/policy.yaml",
    .options = options,
    .run = run,
};
