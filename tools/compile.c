/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard compile: policy text in, image out; nothing is written when the policy has errors. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "tldguard/policy.h"
#include "tools/tool.h"

enum { OUTPUT, VERBOSE, QUIET };
static const struct tg_option options[] = {
    [OUTPUT] = {"output", 'o', "IMAGE", "where the image goes; replaced as a whole"},
    [VERBOSE] = {"verbose", 'v', NULL, "show the line concerned with every message"},
    [QUIET] = {"quiet", 'q', NULL, "say nothing when all is well"},
    {0},
};

/* Reproducible builds: https://reproducible-builds.org/specs/source-date-epoch/ */
static time_t creation_time(void)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    char *end = NULL;
    long long value;

    if (!epoch || !*epoch)
        return time(NULL);
    errno = 0;
    value = strtoll(epoch, &end, 10);
    return errno || *end || value < 0 ? time(NULL) : (time_t)value;
}

static enum tg_status compile(
    const char *path, const char *image, struct tg_diags *diags, bool quiet)
{
    struct tg_policy *policy = NULL;
    enum tg_status status = tg_policy_read(path, &policy, diags);

    if (status == TG_OK)
        status = tg_image_write(policy, creation_time(), image, diags);
    if (status == TG_OK && !quiet)
        printf("%s: serial %" PRIu32 ", %zu rules\n", image, policy->serial, policy->rule_count);
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
