/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard rollback: back to a policy of the history, on purpose and at once. */
#include "tools/activate.h"

enum { CONF, RESOLVER, KEEP, WAIT, OFFLINE, JSON };
static const struct tg_option options[] = {
    [CONF] = {"conf", 'c', "FILE", "the module's settings, which name the policy's place"},
    [RESOLVER] = {"resolver", 'r', "SERVER",
        "ADDRESS or ADDRESS@PORT: whom canary questions go to"},
    [KEEP] = {"keep", 'k', "COUNT", "former policies that are kept (10)"},
    [WAIT] = {"wait", 'w', "SECONDS", "how long the module may take (10)"},
    [OFFLINE] = {"offline", 'o', NULL, "for the next start: no module runs that could take it"},
    [JSON] = {"json", 'j', NULL, "what came of it as JSON"},
    {0},
};

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_activation asked = {.keep = TG_KEEP_DEFAULT, .wait = TG_WAIT_DEFAULT};
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 0, 1, &p);

    if (code < 0)
        code = tg_activation_limits(self, p.value[KEEP], p.value[WAIT], &asked);
    if (code < 0)
        code = tg_activation_resolver(self, p.value[RESOLVER]);
    if (code >= 0)
        return code;
    if (p.argc > 0 && (!tg_parse_count(p.argv[0], &asked.serial) || asked.serial == 0 ||
                          asked.serial > UINT32_MAX))
        return tg_text_usage(self, "'%s' is no serial; 'tldguard history' lists them", p.argv[0]);
    asked.conf = p.value[CONF];
    asked.resolver = p.value[RESOLVER];
    asked.offline = p.value[OFFLINE] != NULL;
    asked.json = p.value[JSON] != NULL;
    return tg_activate(&asked);
}

const struct tg_command tg_cmd_rollback = {
    .name = "rollback",
    .arguments = "[SERIAL]",
    .summary = "Put a former policy in force again: the one before, or the one of a serial.",
    .example = "tldguard rollback",
    .options = options,
    .run = run,
};
