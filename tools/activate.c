/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard activate: another policy in force on this host. */
#include "tools/activate.h"

#include <inttypes.h>

enum { CONF, SIGNATURE, RESOLVER, KEEP, WAIT, OFFLINE, OLDER, JSON };
static const struct tg_option options[] = {
    [CONF] = {"conf", 'c', "FILE", "the module's settings, which name the policy's place"},
    [SIGNATURE] = {"signature", 'x', "FILE", "the signature; else IMAGE.minisig"},
    [RESOLVER] = {"resolver", 'r', "SERVER",
        "ADDRESS or ADDRESS@PORT: whom canary questions go to"},
    [KEEP] = {"keep", 'k', "COUNT", "former policies that are kept (10)"},
    [WAIT] = {"wait", 'w', "SECONDS", "how long the module may take (10)"},
    [OFFLINE] = {"offline", 'o', NULL, "for the next start: no module runs that could take it"},
    [OLDER] = {"allow-older", 'a', NULL, "although its serial is not higher, or it has expired"},
    [JSON] = {"json", 'j', NULL, "what came of it as JSON"},
    {0},
};

static int option(
    const struct tg_command *self, const char *text, const char *name, uint64_t most, uint64_t *out)
{
    if (text && (!tg_parse_count(text, out) || *out == 0 || *out > most))
        return tg_text_usage(
            self, "--%s is a number of 1 to %" PRIu64 ", not '%s'", name, most, text);
    return -1;
}

int tg_activation_limits(
    const struct tg_command *self, const char *keep, const char *wait, struct tg_activation *asked)
{
    const int code = option(self, keep, "keep", TG_KEEP_MAX, &asked->keep);

    return code < 0 ? option(self, wait, "wait", TG_WAIT_MAX, &asked->wait) : code;
}

int tg_activation_resolver(const struct tg_command *self, const char *text)
{
    struct tg_server server;

    if (text && !tg_server_parse(text, &server))
        return tg_text_usage(self, "'%s' is neither an address nor ADDRESS@PORT", text);
    return -1;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_activation asked = {.keep = TG_KEEP_DEFAULT, .wait = TG_WAIT_DEFAULT};
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 1, 1, &p);

    if (code < 0)
        code = tg_activation_limits(self, p.value[KEEP], p.value[WAIT], &asked);
    if (code < 0)
        code = tg_activation_resolver(self, p.value[RESOLVER]);
    if (code >= 0)
        return code;
    asked.conf = p.value[CONF];
    asked.path = p.argv[0];
    asked.signature = p.value[SIGNATURE];
    asked.resolver = p.value[RESOLVER];
    asked.offline = p.value[OFFLINE] != NULL;
    asked.older = p.value[OLDER] != NULL;
    asked.json = p.value[JSON] != NULL;
    return tg_activate(&asked);
}

const struct tg_command tg_cmd_activate = {
    .name = "activate",
    .arguments = "IMAGE",
    .summary = "Put a policy in force on this host; if it fails, the former one is back.",
    .example = "tldguard activate policy.cdb",
    .options = options,
    .run = run,
};
