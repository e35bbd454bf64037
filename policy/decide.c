/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tldguard/decide.h"

#include <string.h>

#include "image_p.h"

const char *tg_reply_text(enum tg_reply reply)
{
    switch (reply) {
#define CASE(name, value, word) \
    case name:                  \
        return word;
        TG_REPLY_MAP(CASE)
#undef CASE
    }
    return "?";
}

bool tg_known_takes_mode(enum tg_known known)
{
    switch (known) {
    case TG_KNOWN_NOT:
    case TG_KNOWN_ASK:
    case TG_KNOWN_FAILED:
        return false;
    case TG_KNOWN_NOT_ASKED:
    case TG_KNOWN_LISTED:
    case TG_KNOWN_FOUND:
        break;
    }
    return true;
}

/* A rule that matches, and where in qname the name that it matched starts. */
struct match {
    const struct tg_rule *rule; /* NULL: none */
    size_t at;
};

/* What the names in an image say of a question. */
struct names {
    struct match allow;
    struct match block;
    struct match protect;
    bool below_suffix; /* qname is a public suffix, or below one */
    size_t suffix_at;  /* the longest */
    bool above_allow;  /* an allowed or protected name lies below qname */
    bool above_suffix; /* so does a public suffix */
};

/* One question on its way to a verdict. */
struct decision {
    const struct tg_image *image;
    const struct tg_question *question;
    enum tg_known asked; /* what a look-up told of the twin; ASK: none was made */
    size_t last;         /* where in qname the TLD starts */
    struct names names;
    struct tg_verdict *verdict;
};

static bool has_ended(const struct tg_rule *allow, uint32_t today)
{
    return allow->until != 0 && allow->until < today;
}

/* Names come longest first, and within one kind the longest wins. */
static void note(struct match *match, const struct tg_rule *rule, bool exact, size_t at)
{
    if (match->rule == NULL && rule != NULL && (at == 0 || !exact))
        *match = (struct match){rule, at};
}

static void note_suffix(struct names *names, size_t at)
{
    if (!names->below_suffix)
        names->suffix_at = at;
    names->below_suffix = true;
}

/* A name and its parents, longest first, as far as any may be known. */
struct parents {
    uint8_t offsets[TG_LABELS_MAX];
    size_t first; /* the first that may be known */
    size_t labels;
    struct tg_lookup lookups[TG_LABELS_MAX];
};

/* No name with more labels than depth is known: a long one must not cost more. */
static void prepare(
    const struct tg_image *image, struct tg_name name, size_t depth, struct parents *parents)
{
    parents->labels = tg_dname_labels(name.wire, parents->offsets);
    parents->first = parents->labels > depth ? parents->labels - depth : 0;
    tg_image_prepare(
        image, name, parents->offsets, parents->first, parents->labels, parents->lookups);
}

/* Looks for qname and its parents, longest first, up to the TLD or to an allow, which wins. */
static void find_names(struct decision *decision, size_t depth)
{
    struct tg_name qname = decision->question->qname;
    struct names *names = &decision->names;
    uint8_t lower[TG_DNAME_MAX];
    struct parents parents;
    bool exception = false; /* the name one label longer is no suffix */

    tg_dname_lower(qname.wire, qname.len, lower);
    prepare(decision->image, (struct tg_name){lower, qname.len}, depth, &parents);
    for (size_t i = parents.first; i < parents.labels; i++) {
        size_t at = parents.offsets[i];
        struct tg_image_name known;

        if (tg_image_finish(decision->image, &parents.lookups[i], &known)) {
            if (at == 0) {
                names->above_allow = known.above_allow;
                names->above_suffix = known.above_suffix;
            }
            if (known.allow != NULL && !has_ended(known.allow, decision->question->today))
                note(&names->allow, known.allow, known.allow_exact, at);
            if (names->allow.rule != NULL)
                return;
            note(&names->protect, known.protect, known.protect_exact, at);
            note(&names->block, known.block, known.block_exact, at);
            if (known.suffix_wildcard && i > 0 && !exception)
                note_suffix(names, parents.offsets[i - 1]);
            if (known.suffix && i + 1 < parents.labels)
                note_suffix(names, at);
        }
        exception = known.suffix_exception;
    }
}

static enum tg_reply sinkhole(const struct tg_answer *answer, uint16_t qtype)
{
    switch (qtype) {
    case TG_TYPE_A:
        return answer->a_count > 0 ? TG_REPLY_SINKHOLE_A : TG_REPLY_NODATA;
    case TG_TYPE_AAAA:
        return answer->aaaa_count > 0 ? TG_REPLY_SINKHOLE_AAAA : TG_REPLY_NODATA;
    case TG_TYPE_MX:
        return answer->mx.len > 0 ? TG_REPLY_SINKHOLE_MX : TG_REPLY_NULL_MX;
    case TG_TYPE_ANY:
        return answer->a_count > 0 ? TG_REPLY_SINKHOLE_A : sinkhole(answer, TG_TYPE_AAAA);
    default:
        return TG_REPLY_NODATA;
    }
}

static enum tg_reply block(const struct tg_answer *answer, enum tg_action action, uint16_t qtype)
{
    switch (action) {
    case TG_ACTION_NXDOMAIN:
        return TG_REPLY_NXDOMAIN;
    case TG_ACTION_NODATA:
        return TG_REPLY_NODATA;
    case TG_ACTION_REFUSED:
        return TG_REPLY_REFUSED;
    case TG_ACTION_SINKHOLE:
        return sinkhole(answer, qtype);
    }
    return TG_REPLY_NXDOMAIN;
}

/* Fills in how the rule's mode answers this type. */
static void answer_by_mode(const struct tg_image *image, uint16_t qtype, struct tg_verdict *verdict)
{
    switch (verdict->mode) {
    case TG_MODE_OFF:
        break;
    case TG_MODE_MONITOR:
        verdict->report = true;
        break;
    case TG_MODE_MAIL_ONLY:
        if (qtype == TG_TYPE_MX || qtype == TG_TYPE_ANY) {
            verdict->reply = TG_REPLY_NULL_MX;
            verdict->report = true;
        }
        break;
    case TG_MODE_BLOCK:
        verdict->reply = block(&image->answer, verdict->action, qtype);
        verdict->report = true;
        break;
    }
}

/* Whether a name is at or below a protected one; depth is that of its TLD. */
static bool is_protected(const struct tg_image *image, struct tg_name name, size_t depth)
{
    struct parents parents;

    prepare(image, name, depth, &parents);
    for (size_t i = parents.first; i < parents.labels; i++) {
        struct tg_image_name known;

        if (tg_image_finish(image, &parents.lookups[i], &known) && known.protect != NULL &&
            (i == 0 || !known.protect_exact))
            return true;
    }
    return false;
}

/* Labels of the longest name that is known under the TLD of a target; 0: none is. */
static size_t depth_under(const struct tg_image *image, struct tg_name target)
{
    const struct tg_tld *tld =
        tg_image_find_tld(image, target.wire + tg_dname_last_label(target.wire));

    return tld == NULL ? 0 : tld->depth;
}

/* Puts the labels before owner_at in front of a target. Returns the length, 0: too long. */
static size_t join(struct tg_name qname, size_t owner_at, struct tg_name target, uint8_t *out)
{
    if (owner_at + target.len > TG_DNAME_MAX)
        return 0;
    tg_dname_lower(qname.wire, owner_at, out);
    memcpy(out + owner_at, target.wire, target.len);
    return owner_at + target.len;
}

/* The same name under the first target under which it is protected, else under the first,
 * which is the likeliest. Returns whether it is protected. */
static bool make_twin(
    const struct tg_image *image, struct tg_name qname, struct tg_verdict *verdict)
{
    const struct tg_rule *rule = verdict->rule;

    for (size_t i = 0; i < rule->target_count; i++) {
        size_t depth = depth_under(image, rule->targets[i]);
        uint8_t twin[TG_DNAME_MAX];
        size_t len = depth > 0 ? join(qname, verdict->owner_at, rule->targets[i], twin) : 0;

        if (len > 0 && is_protected(image, (struct tg_name){twin, len}, depth)) {
            verdict->twin_len = len;
            memcpy(verdict->twin, twin, len);
            return true;
        }
    }
    if (rule->target_count > 0)
        verdict->twin_len = join(qname, verdict->owner_at, rule->targets[0], verdict->twin);
    return false;
}

/* The override of the client's group: for this TLD, else for all. */
static void apply_group(const struct decision *decision)
{
    const struct tg_question *question = decision->question;
    const struct tg_group *group = NULL;
    uint8_t tld[2 + TG_LABEL_MAX];
    size_t len = question->qname.len - decision->last;

    if (question->client != NULL)
        group = tg_image_client(decision->image, question->client);
    if (group == NULL)
        return;
    tg_dname_lower(question->qname.wire + decision->last, len, tld);
    for (size_t i = 0; i < group->override_count; i++) {
        const struct tg_override *override = &group->overrides[i];

        if (override->tld.len != 0 &&
            (override->tld.len != len || memcmp(override->tld.wire, tld, len) != 0))
            continue;
        decision->verdict->group = group;
        decision->verdict->mode = override->mode;
        return;
    }
}

/* A name left alone lies below: it must stay in reach. */
static void spare_below(uint16_t qtype, struct tg_verdict *verdict)
{
    if (verdict->reply == TG_REPLY_PASS)
        return;
    if (qtype == TG_TYPE_DS || qtype == TG_TYPE_DNSKEY) {
        /* RFC 4035 5: a validator behind us follows the chain of keys down to that name. */
        verdict->reply = TG_REPLY_PASS;
        verdict->report = false;
        verdict->partial = true;
    } else if (verdict->reply == TG_REPLY_NXDOMAIN) {
        /* RFC 8020: NXDOMAIN would deny that name as well. */
        verdict->reply = TG_REPLY_NODATA;
        verdict->partial = true;
    }
}

/* The mode is known: what the client's group makes of it, and how it answers. */
static void conclude(const struct decision *decision, bool above)
{
    struct tg_verdict *verdict = decision->verdict;

    verdict->action = verdict->rule->action;
    verdict->severity = verdict->rule->severity;
    apply_group(decision);
    answer_by_mode(decision->image, decision->question->qtype, verdict);
    if (above)
        spare_below(decision->question->qtype, verdict);
}

static void apply_block(const struct decision *decision)
{
    struct tg_verdict *verdict = decision->verdict;

    verdict->mode = verdict->rule->mode;
    (void)make_twin(decision->image, decision->question->qname, verdict);
    conclude(decision, decision->names.above_allow);
}

static void apply_tld(const struct decision *decision)
{
    struct tg_verdict *verdict = decision->verdict;
    const struct tg_rule *rule = verdict->rule;
    bool direct = rule->match == TG_MATCH_DIRECT;
    bool listed = make_twin(decision->image, decision->question->qname, verdict);

    if (rule->twin != TG_TWIN_NONE)
        verdict->known = listed                      ? TG_KNOWN_LISTED
                         : rule->twin == TG_TWIN_DNS ? decision->asked
                                                     : TG_KNOWN_NOT;
    verdict->mode = tg_known_takes_mode(verdict->known) ? rule->mode : rule->otherwise;
    conclude(decision, decision->names.above_allow || (direct && decision->names.above_suffix));
}

static void set_rule(
    struct tg_verdict *verdict, enum tg_reason reason, const struct tg_rule *rule, size_t at)
{
    verdict->reason = reason;
    verdict->rule = rule;
    verdict->owner_at = at;
}

/* The precedence of the kinds. */
static void choose(const struct decision *decision, const struct tg_rule *tld)
{
    const struct names *names = &decision->names;
    struct tg_verdict *verdict = decision->verdict;

    if (names->allow.rule != NULL) {
        set_rule(verdict, TG_REASON_ALLOW, names->allow.rule, names->allow.at);
    } else if (names->protect.rule != NULL) {
        set_rule(verdict, TG_REASON_PROTECT, names->protect.rule, names->protect.at);
    } else if (names->block.rule != NULL) {
        set_rule(verdict, TG_REASON_BLOCK, names->block.rule, names->block.at);
        apply_block(decision);
    } else if (tld == NULL) {
        return;
    } else if (tld->match == TG_MATCH_DIRECT && names->below_suffix) {
        set_rule(verdict, TG_REASON_SUFFIX, tld, names->suffix_at);
    } else {
        set_rule(verdict, TG_REASON_TLD, tld, decision->last);
        apply_tld(decision);
    }
}

/* A question under a TLD of which something is known. */
static void decide_under(const struct tg_image *image, const struct tg_question *question,
    const struct tg_tld *tld, enum tg_known asked, struct tg_verdict *verdict)
{
    struct decision decision = {
        .image = image, .question = question, .asked = asked, .verdict = verdict};

    decision.last = tg_dname_last_label(question->qname.wire);
    if (tld->depth > 0)
        find_names(&decision, tld->depth);
    choose(&decision, tg_tld_rule(image, tld));
}

/* Most questions end here: the rest is kept out of their way. */
void tg_decide_known(const struct tg_image *image, const struct tg_question *question,
    enum tg_known asked, struct tg_verdict *verdict)
{
    const uint8_t *qname = question->qname.wire;
    const struct tg_tld *tld;

    /* Everything but the twin, whose octets nobody may read before twin_len. */
    memset(verdict, 0, offsetof(struct tg_verdict, twin));
    if (question->qclass != TG_CLASS_IN && question->qclass != TG_CLASS_ANY) {
        verdict->reason = TG_REASON_CLASS;
        return;
    }
    tld = tg_image_find_tld(image, qname + tg_dname_last_label(qname));
    if (tld != NULL)
        decide_under(image, question, tld, asked, verdict);
}

void tg_decide(
    const struct tg_image *image, const struct tg_question *question, struct tg_verdict *verdict)
{
    tg_decide_known(image, question, TG_KNOWN_ASK, verdict);
}
