/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Maps for Postfix (access(5)). The list is indexed and decides, by the longest name that it has;
 * a few patterns (pcre_table(5)) word the refusals, as only they know the address. A restriction
 * class leads from the one to the other. What the list finds hides what stands there for names
 * above, so each name in it says all of what is below it.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/export_mail.h"

enum { NOT_MAIL, EXACT, WORDS };
static const char *const reasons[] = {
    [NOT_MAIL] = "no mail can be sent to such a name",
    [EXACT] = "one name without what is below it; that gets the same",
    [WORDS] = "the refusal tells the name that was meant, not the whole address",
};

#define CLASS        "tldguard_refuse"
#define PATTERNS_MAX 5000 /* names with lines of their own: each server process has all of them */

/* What is answered, or logged. address: what stands in front of the name that was meant; "": none
 * is known. */
static void put_say(FILE *out, struct tg_export *ex, const struct tg_mail_level *level,
    const struct tg_mail_say *say, const char *address)
{
    char twin[TG_DNAME_TEXT_MAX] = "", rule[TG_DNAME_TEXT_MAX];

    if (say->what == TG_MAIL_PASS) {
        fputs("DUNNO", out);
        return;
    }
    fputs(say->what == TG_MAIL_REFUSE ? "550 5.1.2 look-alike domain" : "WARN look-alike domain",
        out);
    if (say->twin_len)
        fprintf(out, ": did you mean %s%s?", address,
            tg_exchange_name((struct tg_name){say->twin, say->twin_len}, twin));
    fprintf(out, " (tldguard rule %s, serial %" PRIu32 ")%s", tg_mail_rule(level, say, rule),
        tg_image_meta(ex->image)->serial, ex->mail->contact);
}

static void put_escaped(FILE *out, const char *name)
{
    for (; *name; name++) {
        if (*name == '.')
            fputc('\\', out);
        fputc(*name, out);
    }
}

/* before: the pattern of what stands in front of the name. */
static void put_pattern(struct tg_export *ex, const struct tg_mail_level *level,
    const struct tg_mail_say *say, const char *before, const char *address)
{
    FILE *out = ex->mail->patterns.stream;
    char text[TG_DNAME_TEXT_MAX];

    fprintf(out, "/^(.+)@%s", before);
    put_escaped(out, tg_exchange_name((struct tg_name){level->wire, level->len}, text));
    fputs("$/ ", out);
    put_say(out, ex, level, say, address);
    fputc('\n', out);
}

/* The lines of a name when those below it are done: the pattern that comes first wins. */
static void leave(struct tg_export *ex)
{
    struct tg_mail *mail = ex->mail;
    struct tg_mail_level *level = &mail->levels[mail->depth];
    const struct tg_mail_level *top = &mail->levels[1];
    char tld[TG_DNAME_TEXT_MAX];

    if (level->patterns && !mail->group) {
        fprintf(mail->patterns.stream, "if /[.@]%s$/\n",
            tg_exchange_name((struct tg_name){top->wire, top->len}, tld));
        mail->group = true;
    }
    if (level->patterns && level->self.what == level->below.what) /* the list has decided */
        level->self.what = level->below.what = TG_MAIL_REFUSE;
    if (level->patterns && level->apart) {
        put_pattern(ex, level, &level->self, "", "$1@");
        put_pattern(ex, level, &level->below, "([^@]+\\.)", "$1@${2}");
    } else if (level->patterns) {
        put_pattern(ex, level, &level->self, "((?:[^@]+\\.)?)", "$1@${2}");
    }
    if (mail->depth == 1 && mail->group) {
        fputs("endif\n", mail->patterns.stream);
        mail->group = false;
    }
}

/* Gives a name lines of its own among the patterns; a TLD in any case. */
static bool get_patterns(struct tg_mail *mail, struct tg_mail_level *level)
{
    if (mail->depth > 1 && mail->pattern_count >= PATTERNS_MAX)
        return false;
    mail->pattern_count++;
    level->patterns = true;
    level->words = level->below;
    if (level->self.what == level->below.what)
        level->words.what = TG_MAIL_REFUSE;
    return true;
}

/* Whether the patterns word the refusal of a name; if they cannot, that is counted. */
static bool has_patterns(struct tg_export *ex, struct tg_mail_level *level)
{
    const struct tg_name name = {level->wire, level->len};
    const struct tg_mail_say *self = &level->self;

    if (self->what != level->below.what) {
        if (get_patterns(ex->mail, level))
            return true;
        tg_export_skip(ex, EXACT, name, '#');
        level->below = *self;
    } else if (self->what == TG_MAIL_REFUSE && (self->twin_len || level->apart)) {
        if ((!level->apart && tg_mail_same(self, &level->words)) || get_patterns(ex->mail, level))
            return true;
        tg_export_skip(ex, WORDS, name, '#');
    } else if (ex->mail->depth == 1 && self->twin_len) {
        (void)get_patterns(ex->mail, level); /* for names below it that are refused */
    }
    return false;
}

static void write_node(struct tg_export *ex, const struct tg_export_node *node)
{
    struct tg_mail_level *level = tg_mail_enter(ex, node->name, NOT_MAIL, leave);
    char text[TG_DNAME_TEXT_MAX];
    bool worded;

    if (!level || ex->mail->failed)
        return;
    level->apart = !tg_mail_same(&level->self, &level->below);
    worded = has_patterns(ex, level);
    if (!worded && level->self.what == TG_MAIL_PASS && level->above.what == TG_MAIL_PASS)
        return;
    ex->written++;
    fprintf(ex->out, "%s ", tg_exchange_name(node->name, text));
    if (worded)
        fputs(CLASS, ex->out);
    else
        put_say(ex->out, ex, level, &level->self, "");
    fputc('\n', ex->out);
}

static void begin(struct tg_export *ex)
{
    struct tg_mail *mail = ex->mail;

    tg_mail_begin(ex);
    tg_export_head(ex, '#');
    if (!mail->catcher)
        fprintf(ex->out,
            "# access(5): 'postmap' it and 'postfix reload' when it changes. For main.cf of a "
            "relay:\n"
            "#   smtpd_restriction_classes = " CLASS "\n"
            "#   " CLASS " = check_recipient_access pcre:%s.pcre\n"
            "#   smtpd_recipient_restrictions = check_recipient_access hash:%s, ...\n",
            mail->path, mail->path);
    if (tg_mail_open(ex, ".pcre", &mail->patterns))
        fprintf(mail->patterns.stream,
            "# Made by 'tldguard export' of policy serial %" PRIu32
            ": the words for what the list beside it refuses.\n",
            tg_image_meta(ex->image)->serial);
}

/* The addresses of the sinkhole, where people and mail are sent. */
static void put_interfaces(FILE *out, const struct tg_answer *answer)
{
    char text[INET6_ADDRSTRLEN];

    if (answer->a_count + answer->aaaa_count == 0)
        return;
    fputs("inet_interfaces =", out);
    for (size_t i = 0; i < answer->a_count; i++)
        fprintf(out, " %s", inet_ntop(AF_INET, &answer->a[i], text, sizeof(text)));
    for (size_t i = 0; i < answer->aaaa_count; i++)
        fprintf(out, " [%s]", inet_ntop(AF_INET6, &answer->aaaa[i], text, sizeof(text)));
    fputs(answer->aaaa_count ? "\n" : "\ninet_protocols = ipv4\n", out);
}

/* Of the catcher, without what a machine adds: each recipient is refused, and what would take a
 * message, hand it on or answer about an address is off, also where that could not be reached. */
static const char catcher[] =
    "smtpd_restriction_classes = " CLASS "\n" CLASS
    " = check_recipient_access pcre:$config_directory/%s.pcre\n"
    "smtpd_relay_restrictions =\n"
    "smtpd_recipient_restrictions =\n"
    "    check_recipient_access $default_database_type:$config_directory/%s\n"
    "    check_recipient_access static:{550 5.1.2 no mail is taken here: check the address "
    "(tldguard "
    "serial %" PRIu32 ")%s}\n"
    "    reject\n"
    "smtpd_data_restrictions = reject\n"
    "smtpd_end_of_data_restrictions = reject\n"
    "smtpd_etrn_restrictions = reject\n"
    "smtpd_reject_unlisted_sender = no\n"
    "smtpd_reject_unlisted_recipient = no\n"
    "smtpd_discard_ehlo_keywords = chunking, etrn\n"
    "smtpd_tls_security_level = may\n"
    "disable_vrfy_command = yes\n"
    "mydestination =\n"
    "mynetworks =\n"
    "relay_domains =\n"
    "local_recipient_maps =\n"
    "alias_maps =\n"
    "alias_database =\n"
    "local_transport = error:5.1.2 no mail is taken here\n"
    "default_transport = error:5.1.2 no mail is taken here\n"
    "relay_transport = error:5.1.2 no mail is taken here\n"
    "virtual_transport = error:5.1.2 no mail is taken here\n";

static void write_catcher(struct tg_export *ex)
{
    const struct tg_answer *answer = tg_image_answer(ex->image);
    const char *slash = strrchr(ex->mail->path, '/'), *base = slash ? slash + 1 : ex->mail->path;
    char text[TG_DNAME_TEXT_MAX];
    struct tg_output out;

    if (!tg_mail_open(ex, ".cf", &out))
        return;
    fprintf(out.stream,
        "# Made by 'tldguard export' of policy serial %" PRIu32 ": main.cf of the catcher.\n",
        tg_image_meta(ex->image)->serial);
    fprintf(out.stream, "compatibility_level = 3.6\nmyhostname = %s\n",
        tg_exchange_name(answer->mx, text));
    put_interfaces(out.stream, answer);
    fprintf(out.stream, catcher, base, base, tg_image_meta(ex->image)->serial, ex->mail->contact);
    if (!tg_output_close(&out, true))
        ex->mail->failed = true;
}

static void end(struct tg_export *ex)
{
    struct tg_mail *mail = ex->mail;

    if (mail->failed)
        return;
    tg_mail_leave(ex, 0, leave);
    fprintf(mail->patterns.stream,
        "/^/ 550 5.1.2 look-alike domain (tldguard serial %" PRIu32 ")%s\n",
        tg_image_meta(ex->image)->serial, mail->contact);
    tg_export_tail(ex, '#');
    /* A list of today with words of yesterday would be worse than the reverse. */
    if (!tg_output_close(&mail->patterns, true))
        mail->failed = true;
    else if (mail->catcher)
        write_catcher(ex);
}

const struct tg_export_writer tg_export_postfix = {
    .reasons = reasons,
    .reason_count = sizeof(reasons) / sizeof(reasons[0]),
    .begin = begin,
    .node = write_node,
    .end = end,
};
