/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tools/export_mail.h"

#include <string.h>

bool tg_mail_prepare(const struct tg_export *ex, struct tg_diags *diags)
{
    const struct tg_answer *answer = tg_image_answer(ex->image);

    for (const char *c = ex->mail->path; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
                strchr("/._+-", *c))) {
            tg_diags_add(diags, TG_DIAG_ERROR, "tldguard", 0, 0, NULL,
                "the file's name goes into the mail server's configuration: use letters, digits "
                "and "
                "/._+- only");
            return false;
        }
    if (!ex->mail->catcher || (answer->mx.len > 0 && tg_export_is_plain(answer->mx)))
        return true;
    tg_diags_add(diags, TG_DIAG_ERROR, "tldguard", 0, 0, NULL,
        "%s: set 'mx' in answer: sinkhole: in the policy",
        answer->mx.len ? "the sinkhole's exchange is no name that mail can be sent to"
                       : "the policy sends no mail to a sinkhole");
    return false;
}

/* In each configuration that it gets into, these are but text. */
static char harmless(char c)
{
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

    return word || (c != '\0' && strchr(" @._:/+,;=&~()-", c)) ? c : '?';
}

void tg_mail_begin(struct tg_export *ex)
{
    const char *contact = tg_image_answer(ex->image)->contact;
    char *out = ex->mail->contact;

    *out = '\0';
    if (!contact)
        return;
    (void)snprintf(out, sizeof(ex->mail->contact), "; contact %s", contact);
    for (; *out; out++)
        *out = harmless(*out);
    while (out[-1] == ' ')
        *--out = '\0';
}

static enum tg_mail_do do_what(const struct tg_mail *mail, const struct tg_verdict *verdict)
{
    if (mail->catcher)
        return TG_MAIL_REFUSE;
    switch (verdict->mode) {
    case TG_MODE_BLOCK:
    case TG_MODE_MAIL_ONLY:
        return TG_MAIL_REFUSE;
    case TG_MODE_MONITOR:
        return TG_MAIL_WARN;
    case TG_MODE_OFF:
        break;
    }
    return TG_MAIL_PASS;
}

/* extra: octets of labels that stand in front of the name, to ask for what is below it. */
static void ask(
    const struct tg_export *ex, struct tg_name name, size_t extra, struct tg_mail_say *say)
{
    const struct tg_question question = {.qname = name,
        .qtype = TG_TYPE_MX,
        .qclass = TG_CLASS_IN,
        .client = ex->mail->for_client ? &ex->mail->client : NULL,
        .today = ex->today};
    struct tg_verdict verdict;

    tg_decide(ex->image, &question, &verdict);
    say->what = TG_MAIL_PASS;
    say->owner_len = say->twin_len = 0;
    if (verdict.reason != TG_REASON_TLD && verdict.reason != TG_REASON_BLOCK)
        return;
    say->what = do_what(ex->mail, &verdict);
    say->owner_len = name.len - verdict.owner_at;
    if (verdict.twin_len <= extra)
        return;
    say->twin_len = verdict.twin_len - extra;
    memcpy(say->twin, verdict.twin + extra, say->twin_len);
    if (!tg_export_is_plain((struct tg_name){say->twin, say->twin_len}))
        say->twin_len = 0;
}

/* Below the longest names there is none. */
static void ask_below(const struct tg_export *ex, struct tg_mail_level *level)
{
    uint8_t wire[2 + TG_DNAME_MAX];
    const struct tg_name below = tg_export_below((struct tg_name){level->wire, level->len}, wire);

    if (below.len == 0)
        level->below = level->self;
    else
        ask(ex, below, 2, &level->below);
}

void tg_mail_inherit(const struct tg_mail_say *below, struct tg_name name, struct tg_mail_say *say)
{
    const size_t label = (size_t)name.wire[0] + 1;

    say->what = below->what;
    say->owner_len = below->owner_len;
    say->twin_len = 0;
    if (below->twin_len == 0 || label + below->twin_len > TG_DNAME_MAX)
        return;
    memcpy(say->twin, name.wire, label);
    memcpy(say->twin + label, below->twin, below->twin_len);
    say->twin_len = label + below->twin_len;
}

bool tg_mail_same(const struct tg_mail_say *a, const struct tg_mail_say *b)
{
    return a->what == b->what && a->owner_len == b->owner_len && a->twin_len == b->twin_len &&
           memcmp(a->twin, b->twin, a->twin_len) == 0;
}

void tg_mail_leave(struct tg_export *ex, size_t depth, void (*leave)(struct tg_export *ex))
{
    struct tg_mail *mail = ex->mail;

    while (mail->depth > depth) {
        if (leave)
            leave(ex);
        mail->depth--;
    }
}

struct tg_mail_level *tg_mail_enter(
    struct tg_export *ex, struct tg_name name, size_t reason, void (*leave)(struct tg_export *ex))
{
    uint8_t offsets[TG_LABELS_MAX];
    const size_t depth = tg_dname_labels(name.wire, offsets);
    struct tg_mail *mail = ex->mail;
    struct tg_mail_level *level = &mail->levels[depth];

    tg_mail_leave(ex, depth - 1, leave);
    mail->depth = depth;
    memcpy(level->wire, name.wire, name.len);
    level->len = name.len;
    level->patterns = level->apart = false;
    tg_mail_inherit(&level[-1].words, name, &level->words);
    tg_mail_inherit(&level[-1].below, name, &level->above);
    ask(ex, name, 0, &level->self);
    ask_below(ex, level);
    if (tg_mail_same(&level->self, &level->above) && tg_mail_same(&level->below, &level->above))
        return NULL;
    if (tg_export_is_plain(name))
        return level;
    tg_export_skip(ex, reason, name, '#');
    return NULL;
}

bool tg_mail_open(struct tg_export *ex, const char *suffix, struct tg_output *out)
{
    char path[TG_PATH_MAX];

    out->stream = NULL;
    if ((size_t)snprintf(path, sizeof(path), "%s%s", ex->mail->path, suffix) >= sizeof(path))
        fprintf(stderr, "tldguard: %s%s: the name is too long\n", ex->mail->path, suffix);
    else if (tg_output_open(out, path))
        return true;
    ex->mail->failed = true;
    return false;
}

const char *tg_mail_rule(
    const struct tg_mail_level *level, const struct tg_mail_say *say, char buf[TG_DNAME_TEXT_MAX])
{
    const struct tg_name owner = {level->wire + level->len - say->owner_len, say->owner_len};

    return tg_exchange_name(owner, buf);
}
