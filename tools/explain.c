/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard explain: the verdict on one question and how it comes about, by the resolver's own
 * function. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tldguard/event.h"
#include "tldguard/explain.h"
#include "tldguard/settings.h"
#include "tools/explain.h"

enum { CLIENT, POLICY, DATE, JSON };
static const struct tg_option options[] = {
    [CLIENT] = {"client", 'c', "ADDRESS", "who asks; without it, no group of clients applies"},
    [POLICY] = {"policy", 'p', "FILE", "image or policy to ask (default: the active one)"},
    [DATE] = {"date", 'd', "YYYY-MM-DD", "as if it were this day (default: today)"},
    [JSON] = {"json", 'j', NULL, "as JSON"},
    {0},
};

/* All there is to tell of one question. */
struct account {
    const struct tg_image *image;
    const struct tg_question *question;
    struct tg_verdict verdict;
    struct tg_verdict exists; /* when a look-up finds the twin; of use with TG_KNOWN_ASK */
    json_t *chain;            /* NULL: out of memory */
};

static const char *reason_text(enum tg_reason reason)
{
    switch (reason) {
    case TG_REASON_NONE:
        return "no rule speaks of this name";
    case TG_REASON_CLASS:
        return "not a question of class IN";
    case TG_REASON_ALLOW:
        return "an allow wins over every other rule";
    case TG_REASON_BLOCK:
        return "a block of this name, or of one above it";
    case TG_REASON_TLD:
        return "the rule of its TLD";
    case TG_REASON_SUFFIX:
        return "the rule of its TLD is not meant for names under a public suffix";
    case TG_REASON_PROTECT:
        return "a protected name is left alone";
    }
    return "?";
}

static bool rules(const struct tg_verdict *v)
{
    return v->reason == TG_REASON_TLD || v->reason == TG_REASON_BLOCK;
}

static int print_account(const struct account *a)
{
    const struct tg_verdict *v = &a->verdict;
    char name[TG_DNAME_TEXT_MAX], type[16], day[32], ede[TG_EDE_TEXT_MAX];
    json_t *step;
    size_t i;

    printf("question %s %s\n", tg_text_name(a->question->qname, name),
        tg_rrtype_text(a->question->qtype, type));
    printf("policy   serial %" PRIu32 ", on %s\n", tg_image_meta(a->image)->serial,
        tg_text_day(a->question->today, day));
    json_array_foreach(a->chain, i, step)
        printf("%-8s %s\n", json_string_value(json_object_get(step, "step")),
            json_string_value(json_object_get(step, "says")));
    printf("because  %s\n", reason_text(v->reason));
    if (v->twin_len)
        printf("meant    %s\n", tg_text_name((struct tg_name){v->twin, v->twin_len}, name));
    printf("verdict  %s%s\n", tg_reply_text(v->reply),
        !v->partial                 ? ""
        : v->reply == TG_REPLY_PASS ? ": validators need it to reach an allowed name below"
                                    : ", not NXDOMAIN: an allowed name lies below");
    if (v->known == TG_KNOWN_ASK && (a->exists.reply != v->reply || a->exists.report != v->report))
        printf("if known %s (mode %s%s)\n", tg_reply_text(a->exists.reply),
            tg_mode_text(a->exists.mode), a->exists.report ? ", logged" : "");
    if (v->reply != TG_REPLY_PASS) {
        (void)tg_explain_ede(a->question, v, tg_image_answer(a->image), ede);
        printf("told     %s\n", ede);
    }
    printf("logged   %s\n", v->report ? "yes" : "no");
    return EXIT_FINE;
}

static json_t *json_exists(const struct account *a)
{
    if (a->verdict.known != TG_KNOWN_ASK)
        return json_null();
    return json_pack("{s:s, s:s, s:b}", "mode", tg_mode_text(a->exists.mode), "verdict",
        tg_reply_text(a->exists.reply), "logged", a->exists.report);
}

static json_t *json_rule(const struct tg_rule *rule)
{
    json_t *object;

    if (!rule)
        return json_null();
    object = tg_json_rule(rule, NULL);
    json_object_set_new(object, "kind", json_string(tg_kind_text(rule->kind)));
    json_object_set_new(
        object, "owner", rule->owner.len ? tg_tool_name(rule->owner) : tg_tool_text(rule->file));
    return object;
}

static const char *known_text(enum tg_known known)
{
    static const char *const table[] = {[TG_KNOWN_NOT_ASKED] = "not asked",
        [TG_KNOWN_LISTED] = "listed",
        [TG_KNOWN_NOT] = "no",
        [TG_KNOWN_ASK] = "ask",
        [TG_KNOWN_FOUND] = "found",
        [TG_KNOWN_FAILED] = "failed"};

    return table[known];
}

static int json_account(const struct account *a)
{
    const struct tg_question *q = a->question;
    const struct tg_verdict *v = &a->verdict;
    const bool ruled = rules(v);
    char type[16], client[INET6_ADDRSTRLEN], day[32];
    json_t *object = json_pack("{s:o, s:s, s:I, s:s, s:s, s:o, s:s, s:s, s:b, s:b}", "name",
        tg_tool_name(q->qname), "type", tg_rrtype_text(q->qtype, type), "serial",
        (json_int_t)tg_image_meta(a->image)->serial, "date", tg_text_day(q->today, day), "because",
        reason_text(v->reason), "rule", json_rule(v->rule), "mode", tg_mode_text(v->mode),
        "verdict", tg_reply_text(v->reply), "partial", v->partial, "logged", v->report);

    json_object_set_new(object, "client",
        q->client ? json_string(tg_text_address(q->client, client)) : json_null());
    json_object_set_new(object, "group", v->group ? tg_tool_text(v->group->name) : json_null());
    json_object_set_new(
        object, "action", ruled ? json_string(tg_action_text(v->action)) : json_null());
    json_object_set_new(
        object, "severity", ruled ? json_string(tg_severity_text(v->severity)) : json_null());
    json_object_set_new(object, "twin",
        v->twin_len ? tg_tool_name((struct tg_name){v->twin, v->twin_len}) : json_null());
    json_object_set_new(object, "twin_known", json_string(known_text(v->known)));
    json_object_set_new(object, "if_known", json_exists(a));
    json_object_set(object, "chain", a->chain);
    return tg_text_json(object);
}

static const char *policy_of(const struct tg_settings *settings)
{
    return settings->policy;
}

/* given: NULL, the image that the module of this host has in force. */
static int explain(const char *given, const struct tg_question *question, bool json)
{
    struct account a = {.question = question};
    struct tg_diags *diags = tg_diags_create();
    char *active = given ? NULL : tg_setting(NULL, policy_of, TG_DEFAULT_POLICY, diags);
    const char *path = given ? given : active;
    struct tg_image *image = NULL;
    int code = EXIT_BROKEN;

    if (path && tg_load_quick(path, question->today, &image, diags) == TG_OK) {
        a.image = image;
        tg_decide(image, question, &a.verdict);
        if (a.verdict.known == TG_KNOWN_ASK)
            tg_decide_known(image, question, TG_KNOWN_FOUND, &a.exists);
        a.chain = tg_explain_chain(image, question, &a.verdict);
        if (tg_image_status(image, path, diags) == TG_OK)
            code = json ? json_account(&a) : print_account(&a);
    }
    tg_text_diags(diags, false);
    json_decref(a.chain);
    tg_image_close(&image);
    tg_diags_destroy(&diags);
    free(active);
    return code;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_question question = {.qtype = TG_TYPE_A, .qclass = TG_CLASS_IN};
    uint8_t wire[TG_DNAME_MAX];
    struct tg_address client;
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 1, 2, &p);

    if (code >= 0)
        return code;
    if (tg_dname_from_text(p.argv[0], strlen(p.argv[0]), wire, &question.qname.len, NULL) != TG_OK)
        return tg_text_usage(self, "'%s' is %s", p.argv[0], tg_status_text(TG_ENAME));
    if (p.argc > 1 && !tg_parse_type(p.argv[1], &question.qtype))
        return tg_text_usage(self, "'%s' is not an RR type", p.argv[1]);
    if (p.value[CLIENT] && !tg_parse_client(p.value[CLIENT], &client))
        return tg_text_usage(self, "'%s' is not an IPv4 or IPv6 address", p.value[CLIENT]);
    code = tg_option_day(self, p.value[DATE], &question.today);
    if (code >= 0)
        return code;
    question.client = p.value[CLIENT] ? &client : NULL;
    question.qname.wire = wire;
    return explain(p.value[POLICY], &question, p.value[JSON] != NULL);
}

const struct tg_command tg_cmd_explain = {
    .name = "explain",
    .arguments = "NAME [TYPE]",
    .summary = "Tell what the policy makes of one name and type (default A), and why.",
    .example = "tldguard explain mail.army.ml MX --client 10.9.0.7 --policy policy.yaml",
    .options = options,
    .run = run,
};
