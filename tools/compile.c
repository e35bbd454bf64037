/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard compile: policy text in, image out; nothing is written when the policy has errors. */
#include <inttypes.h>

#include "tldguard/policy.h"
#include "tools/tool.h"

enum { OUTPUT, VERBOSE, QUIET };
static const struct tg_option options[] = {
    [OUTPUT] = {"output", 'o', "IMAGE", "where the image goes; replaced as a whole"},
    [VERBOSE] = {"verbose", 'v', NULL, "show the line concerned with every message"},
    [QUIET] = {"quiet", 'q', NULL, "say nothing when all is well"},
    {0},
};

static enum tg_status compile(
    const char *path, const char *image, struct tg_diags *diags, bool quiet)
{
    char popular[TG_PATH_MAX];
    const struct tg_policy_options consult = {
        .today = tg_today(), .popular = tg_popular_file(popular)};
    struct tg_progress *progress = tg_progress_start(path);
    struct tg_policy *policy = NULL;
    enum tg_status status = tg_read_policy(path, &consult, &policy, diags);

    if (status == TG_OK)
        status = tg_image_write(policy, tg_now(), image, diags);
    tg_progress_stop(&progress);
    if (status != TG_OK && tg_diags_count(diags, TG_DIAG_ERROR) == 0)
        fprintf(stderr, "%s: error: %s\n", path, tg_status_text(status));
    if (status == TG_OK && !quiet)
        printf("%s: serial %" PRIu32 ", %zu rules, %zu names\n", image, policy->serial,
            policy->rule_count, policy->name_count);
    tg_policy_destroy(&policy);
    return status;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    enum tg_status status;
    struct tg_diags *diags;
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 1, 1, &p);

    if (code >= 0)
        return code;
    if (!p.value[OUTPUT])
        return tg_text_usage(self, "where to? Give -o IMAGE");
    diags = tg_diags_create();
    status = compile(p.argv[0], p.value[OUTPUT], diags, p.value[QUIET] != NULL);
    tg_text_diags(diags, p.value[VERBOSE] != NULL);
    tg_diags_destroy(&diags);
    return status == TG_OK ? EXIT_FINE : EXIT_BROKEN;
}

const struct tg_command tg_cmd_compile = {
    .name = "compile",
    .arguments = "POLICY -o IMAGE",
    .summary = "Compile a policy into the image that the resolver loads.",
    .example = "tldguard compile policy.yaml -o /var/lib/tldguard/policy.cdb",
    .options = options,
    .run = run,
};
