/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard explain: the verdict on one name and the reason, by the resolver's own function. */
#include <inttypes.h>
#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

#include "tldguard/event.h"
#include "tldguard/explain.h"
#include "tools/tool.h"

enum { POLICY, JSON };
static const struct tg_option options[] = {
    [POLICY] = {"policy", 'p', "IMAGE", "the image to ask (default " TG_DEFAULT_POLICY ")"},
    [JSON] = {"json", 'j', NULL, "as JSON"},
    {0},
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
    case TG_REASON_TLD:
        return "the rule of its TLD";
    }
    return "?";
}

static void print_rule(const struct tg_rule *rule)
{
    char name[TG_DNAME_TEXT_MAX];

    printf("rule     %s %s", tg_kind_text(rule->kind), tg_text_name(rule->owner, name));
    if (rule->kind == TG_KIND_ALLOW) {
        printf("%s\n", rule->exact ? " (this name alone)" : " (and what is below it)");
        if (rule->reason)
            printf("reason   %s\n", rule->reason);
        if (rule->ticket)
            printf("ticket   %s\n", rule->ticket);
        return;
    }
    printf(", taken for");
    for (size_t i = 0; i < rule->target_count; i++)
        printf("%s %s", i ? "," : "", tg_text_name(rule->targets[i], name));
    printf(": mode %s, action %s, severity %s\n", tg_mode_text(rule->mode),
        tg_action_text(rule->action), tg_severity_text(rule->severity));
    if (rule->note)
        printf("note     %s\n", rule->note);
}

static int print_verdict(
    const struct tg_image *image, const struct tg_question *q, const struct tg_verdict *v)
{
    char name[TG_DNAME_TEXT_MAX], type[16], ede[TG_EDE_TEXT_MAX];

    printf("question %s %s\n", tg_text_name(q->qname, name), tg_rrtype_text(q->qtype, type));
    printf("policy   serial %" PRIu32 "\n", tg_image_meta(image)->serial);
    printf("because  %s\n", reason_text(v->reason));
    if (v->rule)
        print_rule(v->rule);
    if (v->twin_len)
        printf("meant    %s\n", tg_text_name((struct tg_name){v->twin, v->twin_len}, name));
    printf("verdict  %s%s\n", tg_reply_text(v->reply),
        v->partial ? ", not NXDOMAIN: an allowed name lies below" : "");
    if (v->reply != TG_REPLY_PASS) {
        (void)tg_explain_ede(v, tg_image_answer(image), ede);
        printf("told     %s\n", ede);
    }
    printf("logged   %s\n", v->report ? "yes" : "no");
    return EXIT_FINE;
}

static json_t *json_rule(const struct tg_rule *rule)
{
    if (!rule)
        return json_null();
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "kind", tg_kind_text(rule->kind), "owner",
        tg_json_name(rule->owner), "note", tg_json_text(rule->note), "reason",
        tg_json_text(rule->reason), "ticket", tg_json_text(rule->ticket));
}

static int json_verdict(
    const struct tg_image *image, const struct tg_question *q, const struct tg_verdict *v)
{
    const bool ruled = v->reason == TG_REASON_TLD;
    char type[16];

    return tg_text_json(json_pack("{s:o, s:s, s:I, s:s, s:o, s:s, s:o, s:o, s:o, s:s, s:b, s:b}",
        "name", tg_json_name(q->qname), "type", tg_rrtype_text(q->qtype, type), "serial",
        (json_int_t)tg_image_meta(image)->serial, "because", reason_text(v->reason), "rule",
        json_rule(v->rule), "mode", tg_mode_text(v->mode), "action",
        ruled ? json_string(tg_action_text(v->action)) : json_null(), "severity",
        ruled ? json_string(tg_severity_text(v->severity)) : json_null(), "twin",
        v->twin_len ? tg_json_name((struct tg_name){v->twin, v->twin_len}) : json_null(), "verdict",
        tg_reply_text(v->reply), "partial", v->partial, "logged", v->report));
}

/* ldns knows the mnemonics and RFC 3597's TYPE123. */
static bool read_type(const char *text, uint16_t *qtype)
{
    const ldns_rr_type type = ldns_get_rr_type_by_name(text);

    if (type == 0 && strcasecmp(text, "TYPE0") != 0)
        return false;
    *qtype = (uint16_t)type;
    return true;
}

static int explain(const struct tg_parsed *p, const struct tg_question *question)
{
    const char *path = p->value[POLICY] ? p->value[POLICY] : TG_DEFAULT_POLICY;
    struct tg_diags *diags = tg_diags_create();
    struct tg_image *image = NULL;
    struct tg_verdict verdict;
    int code = EXIT_BROKEN;

    if (tg_image_open(path, &image, diags) == TG_OK) {
        tg_decide(image, question, &verdict);
        code = p->value[JSON] ? json_verdict(image, question, &verdict)
                              : print_verdict(image, question, &verdict);
    }
    tg_text_diags(diags, false);
    tg_image_close(&image);
    tg_diags_destroy(&diags);
    return code;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_question question = {.qtype = LDNS_RR_TYPE_A, .qclass = TG_CLASS_IN};
    uint8_t wire[TG_DNAME_MAX];
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 1, 2, &p);

    if (code >= 0)
        return code;
    if (tg_dname_from_text(p.argv[0], strlen(p.argv[0]), wire, &question.qname.len, NULL) != TG_OK)
        return tg_text_usage(self, "'%s' is %s", p.argv[0], tg_status_text(TG_ENAME));
    if (p.argc > 1 && !read_type(p.argv[1], &question.qtype))
        return tg_text_usage(self, "'%s' is not an RR type", p.argv[1]);
    question.qname.wire = wire;
    return explain(&p, &question);
}

const struct tg_command tg_cmd_explain = {
    .name = "explain",
    .arguments = "NAME [TYPE]",
    .summary = "Tell what the policy makes of one name and type (default A), and why.",
    .example = "tldguard explain army.ml MX --policy policy.cdb",
    .options = options,
    .run = run,
};
