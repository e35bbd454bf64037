/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard export: a policy for resolvers without tldguard, as far as they can tell. */
#include "tools/export_mail.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    RPZ,
    UNBOUND,
    ZONE,
    NGINX,
    ORIGIN,
    POLICY,
    DATE,
    OUTPUT,
    NS,
    SIGNATURE,
    ZONEMD,
    MAIL_AS_BLOCK,
    POSTFIX,
    CATCHER,
    EXIM,
    CLIENT,
    QUIET
};
static const struct tg_option options[] = {
    [RPZ] = {"rpz", 'r', NULL, "a response policy zone: BIND, Unbound, Knot, PowerDNS"},
    [UNBOUND] = {"unbound", 'u', NULL, "local-zone lines for Unbound"},
    [ZONE] = {"zone", 'z', "NAME", "a zone of this name: RPZ, and the image for tldguard fetch"},
    [NGINX] = {"nginx", 'w', NULL, "the page at the sinkhole address, for nginx"},
    [ORIGIN] = {"origin", 'O', "NAME", "of the --rpz zone (default rpz.tldguard)"},
    [POLICY] = {"policy", 'p', "FILE", "a policy or an image (default " TG_DEFAULT_POLICY ")"},
    [DATE] = {"date", 'd', "YYYY-MM-DD", "the day on which allows have ended (default: today)"},
    [OUTPUT] = {"output", 'o', "FILE", "where it goes (default: standard output)"},
    [NS] = {"ns", 'n', "NAME", "with --zone: its name server (default localhost)"},
    [SIGNATURE] = {"signature", 'x', "FILE", "with --zone: of the image; else IMAGE.minisig"},
    [ZONEMD] = {"zonemd", 'Z', NULL, "with --zone: a ZONEMD, which not all that use RPZ can take"},
    [MAIL_AS_BLOCK] = {"mail-as-block", 'm', NULL,
        "in a zone: mode mail-only also takes away the other types"},
    [POSTFIX] = {"postfix", 'P', NULL,
        "maps for Postfix: what a relay refuses, and with which words"},
    [CATCHER] = {"postfix-sinkhole", 's', NULL,
        "maps and main.cf for the Postfix that the sinkhole's exchange is"},
    [EXIM] = {"exim", 'e', NULL, "a list and an ACL for Exim"},
    [CLIENT] = {"client", 'c', "IP", "for mail: as this client is answered, such as the relay"},
    [QUIET] = {"quiet", 'q', NULL, "do not tell what was left out"},
    {0},
};

#define DEFAULT_ORIGIN "rpz.tldguard"

const char *tg_export_absolute(struct tg_name name, char buf[TG_DNAME_TEXT_MAX + 1])
{
    (void)tg_exchange_name(name, buf);
    if (name.len > 1)
        strcat(buf, ".");
    return buf;
}

void tg_export_head(struct tg_export *ex, char comment)
{
    const size_t groups = tg_image_group_count(ex->image);

    fprintf(ex->out, "%c Made by 'tldguard export' of policy serial %" PRIu32 ".\n", comment,
        tg_image_meta(ex->image)->serial);
    if (groups && !ex->writer->twins_alone && !(ex->mail && ex->mail->for_client))
        fprintf(ex->out,
            "%c It is what clients in no group get; the policy has %zu groups of clients.\n",
            comment, groups);
}

void tg_export_tail(struct tg_export *ex, char comment)
{
    fprintf(ex->out, "%c %zu names.\n", comment, ex->written);
    for (size_t i = 0; i < ex->writer->reason_count; i++)
        if (ex->skipped[i].count)
            fprintf(ex->out, "%c Not exactly as the policy says, %zu: %s.\n", comment,
                ex->skipped[i].count, ex->writer->reasons[i]);
    if (ex->unknown_twins && !ex->writer->twins_alone)
        fprintf(ex->out, "%c Taken as not known, %zu: names whose twin only a look-up can tell.\n",
            comment, ex->unknown_twins);
}

/* How many names were left out goes to stderr, too: a zone is seldom read. */
static void report(const struct tg_export *ex, const char *source, struct tg_diags *diags)
{
    const size_t groups = tg_image_group_count(ex->image);

    tg_skipped_report(diags, source, ex->skipped, ex->writer->reasons, ex->writer->reason_count);
    if (ex->writer->twins_alone)
        return;
    if (ex->unknown_twins)
        tg_diags_add(diags, TG_DIAG_NOTE, source, 0, 0, NULL,
            "%zu names whose twin only a look-up can tell are taken as not known",
            ex->unknown_twins);
    if (groups && !(ex->mail && ex->mail->for_client))
        tg_diags_add(diags, TG_DIAG_NOTE, source, 0, 0, NULL,
            "%zu groups of clients are left out: it is for clients in no group", groups);
}

static bool export(struct tg_export *ex, const struct tg_parsed *p, struct tg_diags *diags)
{
    struct tg_export_names names = {.arena = tg_arena_create()};
    struct tg_output output;
    bool done = false;

    if (!names.arena || tg_export_collect(&names, ex->image, ex->writer->twins_alone) != TG_OK)
        tg_diags_add(diags, TG_DIAG_ERROR, "tldguard", 0, 0, NULL, "out of memory");
    else if (tg_output_open(&output, p->value[OUTPUT])) {
        ex->out = output.stream;
        tg_export_walk(ex, &names);
        if (ex->out_of_memory)
            tg_diags_add(diags, TG_DIAG_ERROR, "tldguard", 0, 0, NULL, "out of memory");
        done = tg_output_close(&output, !ex->out_of_memory && !(ex->mail && ex->mail->failed));
    }
    tg_arena_destroy(&names.arena);
    free(names.keys);
    return done;
}

/* The same, with the image itself in it. */
static bool export_zone(
    struct tg_export *ex, const struct tg_parsed *p, const char *source, struct tg_diags *diags)
{
    struct tg_zone zone;
    char *signature = NULL;
    bool done = false;

    ex->zone = &zone;
    if (tg_zone_init(&zone, ex->origin) != TG_OK)
        tg_diags_add(diags, TG_DIAG_ERROR, "tldguard", 0, 0, NULL, "out of memory");
    else if (tg_export_signature(
                 ex->image, source, p->value[SIGNATURE], &signature, &ex->signature_len, diags)) {
        ex->signature = signature;
        done = export(ex, p, diags);
    }
    tg_zone_fini(&zone);
    free(signature);
    return done;
}

/* The same, for a mail server. */
static bool export_mail(struct tg_export *ex, const struct tg_parsed *p, struct tg_diags *diags)
{
    ex->mail = calloc(1, sizeof(*ex->mail));
    if (!ex->mail) {
        tg_diags_add(diags, TG_DIAG_ERROR, "tldguard", 0, 0, NULL, "out of memory");
        return false;
    }
    ex->mail->path = p->value[OUTPUT];
    ex->mail->catcher = p->value[CATCHER] != NULL;
    ex->mail->for_client = p->value[CLIENT] && tg_parse_client(p->value[CLIENT], &ex->mail->client);
    return tg_mail_prepare(ex, diags) && export(ex, p, diags);
}

/* A policy compiled here and now would be another image than the one that is signed. */
static enum tg_status load(const struct tg_export *ex, bool zone, const char *source,
    struct tg_image **image, struct tg_diags *diags)
{
    enum tg_status status;

    if (!zone)
        return tg_load(source, ex->today, image, diags);
    status = tg_image_open(source, image, diags);
    if (status != TG_OK && tg_diags_count(diags, TG_DIAG_ERROR) == 0)
        tg_diags_add(diags, TG_DIAG_ERROR, source, 0, 0, NULL, "%s", tg_status_text(status));
    return status;
}

static bool is_mail(const struct tg_parsed *p)
{
    return p->value[POSTFIX] || p->value[CATCHER] || p->value[EXIM];
}

static int run_with(const struct tg_parsed *p, struct tg_export *ex)
{
    const char *given = p->argc ? p->argv[0] : p->value[POLICY];
    const char *source = given ? given : TG_DEFAULT_POLICY;
    struct tg_diags *diags = tg_diags_create();
    struct tg_image *image = NULL;
    bool done = false;

    if (load(ex, p->value[ZONE] != NULL, source, &image, diags) == TG_OK) {
        ex->image = image;
        if (ex->writer->fit && !ex->writer->fit(ex, source, diags))
            done = false;
        else if (is_mail(p))
            done = export_mail(ex, p, diags);
        else
            done = p->value[ZONE] ? export_zone(ex, p, source, diags) : export(ex, p, diags);
        if (done && !ex->quiet)
            report(ex, source, diags);
    }
    free(ex->mail);
    tg_text_diags(diags, false);
    tg_image_close(&image);
    tg_diags_destroy(&diags);
    return done ? EXIT_FINE : EXIT_BROKEN;
}

/* The same, of the forms for mail servers. */
static int check_mail_options(const struct tg_command *self, const struct tg_parsed *p)
{
    const char *file = p->value[OUTPUT];
    struct tg_address client;

    if (p->value[CLIENT] && (!is_mail(p) || p->value[CATCHER]))
        return tg_text_usage(self, "--client is for --postfix and --exim");
    if (p->value[CLIENT] && !tg_parse_client(p->value[CLIENT], &client))
        return tg_text_usage(self, "'%s' is not an address", p->value[CLIENT]);
    if (is_mail(p) && (!file || strcmp(file, "-") == 0))
        return tg_text_usage(self, "it is more than one file: give the list's name by --output");
    if (p->value[EXIM] && file[0] != '/')
        return tg_text_usage(self, "--output: give the whole path, as Exim will look it up");
    return -1;
}

/* What goes with what; -1 to go on. */
static int check_options(const struct tg_command *self, const struct tg_parsed *p)
{
    const int forms = (p->value[RPZ] != NULL) + (p->value[UNBOUND] != NULL) +
                      (p->value[ZONE] != NULL) + (p->value[NGINX] != NULL) +
                      (p->value[POSTFIX] != NULL) + (p->value[CATCHER] != NULL) +
                      (p->value[EXIM] != NULL);

    if (forms != 1)
        return tg_text_usage(self,
            "in which form? Give one of --rpz, --unbound, --zone, --nginx, --postfix, "
            "--postfix-sinkhole and --exim");
    if (!p->value[RPZ] && p->value[ORIGIN])
        return tg_text_usage(self, "--origin is for --rpz");
    if (!p->value[RPZ] && !p->value[ZONE] && p->value[MAIL_AS_BLOCK])
        return tg_text_usage(self, "--mail-as-block is for --rpz and --zone");
    if (!p->value[ZONE] && (p->value[NS] || p->value[SIGNATURE] || p->value[ZONEMD]))
        return tg_text_usage(self, "--ns, --signature and --zonemd are for --zone");
    if (p->argc && p->value[POLICY])
        return tg_text_usage(self, "two policies: '%s' and '%s'", p->value[POLICY], p->argv[0]);
    return check_mail_options(self, p);
}

/* Reads a name into wire; -1 to go on. */
static int read_name(const struct tg_command *self, const char *given, const char *otherwise,
    uint8_t wire[TG_DNAME_MAX], struct tg_name *out)
{
    const char *text = given ? given : otherwise;

    out->wire = wire;
    if (tg_dname_from_text(text, strlen(text), wire, &out->len, NULL) != TG_OK)
        return tg_text_usage(self, "'%s' is not a name", text);
    return -1;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_export ex = {0};
    uint8_t origin[TG_DNAME_MAX], ns[TG_DNAME_MAX];
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 0, 1, &p);

    if (code < 0)
        code = check_options(self, &p);
    if (code < 0)
        code = tg_option_day(self, p.value[DATE], &ex.today);
    if (code < 0)
        code = read_name(self, p.value[ZONE] ? p.value[ZONE] : p.value[ORIGIN], DEFAULT_ORIGIN,
            origin, &ex.origin);
    if (code < 0)
        code = read_name(self, p.value[NS], "localhost", ns, &ex.ns);
    if (code >= 0)
        return code;
    if (p.value[ZONE] && ex.origin.len > TG_DNAME_MAX - TG_ZONE_PIECE_NAME)
        return tg_text_usage(self, "'%s' is too long for names below it", p.value[ZONE]);
    ex.writer = p.value[RPZ]     ? &tg_export_rpz
                : p.value[ZONE]  ? &tg_export_zone
                : p.value[NGINX] ? &tg_export_nginx
                : p.value[EXIM]  ? &tg_export_exim
                : is_mail(&p)    ? &tg_export_postfix
                                 : &tg_export_unbound;
    ex.zonemd = p.value[ZONEMD] != NULL;
    ex.mail_as_block = p.value[MAIL_AS_BLOCK] != NULL;
    ex.quiet = p.value[QUIET] != NULL;
    return run_with(&p, &ex);
}

const struct tg_command tg_cmd_export = {
    .name = "export",
    .arguments = "--rpz | --unbound | --zone NAME | --nginx | --postfix | --exim | ... [POLICY]",
    .summary = "Write a policy for resolvers without tldguard, for mail servers and for nginx.",
    .example = "tldguard export --rpz --policy policy.yaml -o rpz.zone",
    .options = options,
    .run = run,
};
