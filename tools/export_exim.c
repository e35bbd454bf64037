/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A list and an ACL for Exim. A partial lookup finds a name, else "*." before it or before what
 * is above it, and tells what stood for the "*": so the list says what each name means by itself.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/export_mail.h"

enum { NOT_MAIL };
static const char *const reasons[] = {
    [NOT_MAIL] = "no mail can be sent to such a name",
};

/* The words of one key; word is what the twin is called in it. */
static void put_say(struct tg_export *ex, const struct tg_mail_level *level,
    const struct tg_mail_say *say, const char *before, const char *word)
{
    static const char *const words[] = {
        [TG_MAIL_PASS] = "pass", [TG_MAIL_WARN] = "warn", [TG_MAIL_REFUSE] = "refuse"};
    char text[TG_DNAME_TEXT_MAX];

    fprintf(ex->out, "%s%s: do=%s", before,
        tg_exchange_name((struct tg_name){level->wire, level->len}, text), words[say->what]);
    if (say->what != TG_MAIL_PASS) {
        fprintf(ex->out, " rule=%s", tg_mail_rule(level, say, text));
        if (say->twin_len)
            fprintf(ex->out, " %s=%s", word,
                tg_exchange_name((struct tg_name){say->twin, say->twin_len}, text));
    }
    fputc('\n', ex->out);
}

static void write_node(struct tg_export *ex, const struct tg_export_node *node)
{
    const struct tg_mail_level *level = tg_mail_enter(ex, node->name, NOT_MAIL, NULL);

    if (!level)
        return;
    if (level->self.what == TG_MAIL_PASS && level->below.what == TG_MAIL_PASS &&
        level->above.what == TG_MAIL_PASS)
        return;
    ex->written++;
    if (!tg_mail_same(&level->self, &level->below))
        put_say(ex, level, &level->self, "", "twin");
    put_say(ex, level, &level->below, "*.", "target");
}

/* What a look-up finds, and what was meant: a twin, or what stood for the "*" and a target. */
#define FOUND                                                                              \
    "{$value${extract{twin}{$value}{ meant=$value}{${extract{target}{$value}{ meant=${if " \
    "eq{$1}{}{}{$1.}}$value}}}}}"

#define SAY                                                                                      \
    "${extract{meant}{$acl_m_tldguard}{: did you mean ${quote_local_part:$local_part}@$value?}}" \
    " (tldguard rule ${extract{rule}{$acl_m_tldguard}}, serial %" PRIu32 ")%s"

/* The list, twice; the serial and the contact, twice. */
static const char acl[] =
    "# Statements for the ACL of RCPT, in front of the one that accepts. The macro "
    "TLDGUARD_LOOKUP\n"
    "# may name another look-up: TLDGUARD_LOOKUP = partial0-dbm{%s.db} of 'exim_dbmbuild'.\n"
    ".ifdef TLDGUARD_LOOKUP\n"
    "  warn set acl_m_tldguard = ${lookup{$domain}TLDGUARD_LOOKUP" FOUND "}\n"
    ".else\n"
    "  warn set acl_m_tldguard = ${lookup{$domain}partial0-lsearch{%s}" FOUND "}\n"
    ".endif\n"
    "  warn condition = ${if eq{${extract{do}{$acl_m_tldguard}}}{warn}}\n"
    "    logwrite = look-alike domain <$local_part@$domain>" SAY "\n"
    "  deny condition = ${if eq{${extract{do}{$acl_m_tldguard}}}{refuse}}\n"
    "    message = 550 5.1.2 look-alike domain" SAY "\n";

static void begin(struct tg_export *ex)
{
    tg_mail_begin(ex);
    tg_export_head(ex, '#');
}

static void end(struct tg_export *ex)
{
    struct tg_mail *mail = ex->mail;
    const uint32_t serial = tg_image_meta(ex->image)->serial;
    struct tg_output out;

    tg_export_tail(ex, '#');
    if (!tg_mail_open(ex, ".acl", &out))
        return;
    fprintf(out.stream, "# Made by 'tldguard export' of policy serial %" PRIu32 ".\n", serial);
    fprintf(out.stream, acl, mail->path, mail->path, serial, mail->contact, serial, mail->contact);
    if (!tg_output_close(&out, true))
        mail->failed = true;
}

const struct tg_export_writer tg_export_exim = {
    .reasons = reasons,
    .reason_count = sizeof(reasons) / sizeof(reasons[0]),
    .begin = begin,
    .node = write_node,
    .end = end,
};
