/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The landing page. Its texts stand in strings of nginx with single quotes, so no apostrophe, no
 * backslash and no dollar is in them, and none is longer than 4,000 octets, for nginx reads no
 * longer ones. What a browser sent is put in by SSI, as HTML: echo escapes & < > and the double
 * quote.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "tools/export_nginx.h"
#include "tools/report.h"

#define ECHO(name) "<!--#echo var=\"" name "\" default=\"\" -->"
#define FRONT      ECHO("tldguard_front")
#define RULE       ECHO("tldguard_rule")
#define TARGET     ECHO("tldguard_target")

/* What each kind of page has of its own. */
struct piece {
    const char *variable;
    const char *ours, *guess, *none;
};

#define IS_NOT                                                                             \
    "<h1><span class=\"asked\">" FRONT "<b>" RULE "</b></span> <span><i>is not</i> " FRONT \
    "<b>" TARGET "</b></span></h1>\n"                                                      \
    "<p class=\"lead\">Your organisation stops this name because it is easily taken for "  \
    "the other.</p>\n"                                                                     \
    "<p>Your browser was not connected to " FRONT RULE ", and nothing you typed has gone " \
    "there.</p>\n"
#define WANTED                               \
    "<section aria-labelledby=\"wanted\">\n" \
    "<h2 id=\"wanted\">If you did mean " FRONT RULE "</h2>\n"
#define TAKEN_FOR                                              \
    "<div><dt>Taken for</dt><dd>" FRONT TARGET "</dd></div>\n" \
    "<div><dt>Rule</dt><dd>" RULE "</dd></div>\n"

/* A guess is no link: any name can be asked for, so one that somebody else has registered would be
 * offered under the organisation's own hand. */
static const struct piece pieces[] = {
    {"title", FRONT RULE " is not " FRONT TARGET, FRONT RULE " is not " FRONT TARGET,
        "This name is stopped"},
    {"words",
        IS_NOT "<section aria-labelledby=\"meant\">\n<h2 id=\"meant\">You probably meant</h2>\n"
               "<p class=\"twin\"><a href=\"https://" FRONT TARGET
               "/\" rel=\"noreferrer\">" FRONT TARGET "</a></p>\n"
               "<p class=\"note\">This name is on your organisation’s list of its own names and "
               "its partners’.</p>\n</section>\n" WANTED,
        IS_NOT
        "<section aria-labelledby=\"meant\">\n<h2 id=\"meant\">You probably meant</h2>\n"
        "<p class=\"twin\"><code>" FRONT TARGET "</code></p>\n"
        "<p class=\"note\">Read it letter by letter. If it is the name you meant, copy it into "
        "the address bar. It is not a link, because nobody here has checked who is behind "
        "it.</p>\n</section>\n" WANTED,
        "<h1>This name is stopped</h1>\n"
        "<p class=\"lead\">Your organisation stops the name you opened, or one that it leads to, "
        "because it is easily taken for another.</p>\n"
        "<p>Your browser was not connected to it, and nothing you typed has gone there. Read the "
        "name letter by letter: is it the one you meant?</p>\n"
        "<section aria-labelledby=\"wanted\">\n<h2 id=\"wanted\">If you need this name</h2>\n"},
    {"rows", TAKEN_FOR, TAKEN_FOR, ""},
};

void tg_landing_maps(FILE *out)
{
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
        fprintf(out,
            "map $tldguard_kind $tldguard_%s {\n    ours '%s';\n    guess '%s';\n    none '%s';\n"
            "}\n",
            pieces[i].variable, pieces[i].ours, pieces[i].guess, pieces[i].none);
}

/* Any text, between tags or in an attribute, within nginx's single quotes. */
static void put_text(FILE *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const uint8_t c = (uint8_t)text[i];

        if (c < 0x20 || c == 0x7f)
            putc(' ', out);
        else if (c >= 0x80 || strchr(" .,:@/+-_()", c) || (c >= '0' && c <= '9') ||
                 ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
            putc(c, out);
        else
            fprintf(out, "&#%u;", c);
    }
}

/* Of letters, digits and marks that mean nothing else. */
static bool is_of(const char *text, size_t len, const char *marks)
{
    for (size_t i = 0; i < len; i++) {
        const uint8_t c = (uint8_t)text[i], lower = c | 0x20;

        if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && !strchr(marks, c))
            return false;
    }
    return len > 0;
}

/* What makes a contact a link; NULL: it is text. */
static const char *scheme_of(const char *contact)
{
    static const char web[] = "https://";
    const size_t len = strlen(contact);
    const char *at = strchr(contact, '@');

    if (len > 254)
        return NULL;
    if (strncmp(contact, web, sizeof(web) - 1) == 0)
        return is_of(contact + sizeof(web) - 1, len - (sizeof(web) - 1), "-._~/?=&+#") ? "" : NULL;
    if (at && is_of(contact, (size_t)(at - contact), "-._+") && is_of(at + 1, strlen(at + 1), "-."))
        return "mailto:";
    return NULL;
}

/* One string for each part of a long text: an octet may become six. */
static void put_contact(FILE *out, const char *contact)
{
    const size_t len = strlen(contact), most = 600;
    const char *scheme = scheme_of(contact);

    fputs("    set $tldguard_contact '", out);
    if (scheme) {
        fprintf(out, "<a rel=\"noreferrer\" href=\"%s", scheme);
        put_text(out, contact, len);
        fputs("\">", out);
        put_text(out, contact, len);
        fputs("</a>';\n", out);
        return;
    }
    for (size_t at = 0; at < len; at += most) {
        if (at > 0)
            fputs("';\n    set $tldguard_contact '${tldguard_contact}", out);
        put_text(out, contact + at, len - at < most ? len - at : most);
    }
    fputs("';\n", out);
}

static void put_listens(FILE *out, const struct tg_answer *answer)
{
    char text[INET6_ADDRSTRLEN];

    for (size_t i = 0; i < answer->a_count; i++)
        fprintf(out, "    listen %s:80 default_server;\n",
            inet_ntop(AF_INET, &answer->a[i], text, sizeof(text)));
    for (size_t i = 0; i < answer->aaaa_count; i++)
        fprintf(out, "    listen [%s]:80 default_server;\n",
            inet_ntop(AF_INET6, &answer->aaaa[i], text, sizeof(text)));
}

/* Nothing may be loaded, run or sent but the style that has this hash. */
static void put_headers(FILE *out, const char *hash)
{
    fprintf(out,
        "    add_header Content-Security-Policy \"default-src 'none'; style-src %s; base-uri "
        "'none'; form-action 'none'; frame-ancestors 'none'\" always;\n"
        "    add_header Cache-Control no-store always;\n"
        "    add_header Referrer-Policy no-referrer always;\n"
        "    add_header X-Content-Type-Options nosniff always;\n"
        "    server_tokens off;\n",
        hash);
}

/* The types are emptied so that /a.png is no picture, but this page. */
static void put_limits(FILE *out)
{
    fputs("    # The resolver's log has each look-up; nothing more is kept of who came by.\n"
          "    access_log off;\n"
          "    log_not_found off;\n"
          "    client_header_timeout 5s;\n"
          "    client_body_timeout 5s;\n"
          "    send_timeout 5s;\n"
          "    keepalive_timeout 5s;\n"
          "    lingering_time 5s;\n"
          "    lingering_timeout 2s;\n"
          "    reset_timedout_connection on;\n"
          "    large_client_header_buffers 4 16k;\n"
          "    types { }\n"
          "    default_type text/html;\n"
          "    charset utf-8;\n"
          "    ssi on;\n"
          "    ssi_silent_errors on;\n"
          "    # What nginx would answer itself to TRACE, or to a bad Host, is this page as well.\n"
          "    error_page 400 405 =403 /;\n",
        out);
}

static void put_page(FILE *out, const struct tg_export *ex)
{
    fputs("    set $tldguard_head '<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
          "<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<title>';\n",
        out);
    fprintf(
        out, "    set $tldguard_style '</title>\n<style>%s</style>\n</head>\n';\n", tg_landing_css);
    fputs("    set $tldguard_body '<body>\n<main>\n<p class=\"maker\">Stopped on the way</p>\n';\n",
        out);
    fputs(
        "    set $tldguard_ask '<p>Ask for it to be let through, and pass on the lines below.<br>\n"
        "Whom to ask: <strong>';\n",
        out);
    fputs("    set $tldguard_lines '</strong></p>\n<dl>\n<div><dt>Name</dt><dd>" ECHO(
              "tldguard_asked") "</dd></div>\n';\n",
        out);
    fprintf(out,
        "    set $tldguard_foot '<div><dt>Policy</dt><dd>%" PRIu32 "</dd></div>\n"
        "<div><dt>Your address</dt><dd>" ECHO(
            "remote_addr") "</dd></div>\n"
                           "<div><dt>Time</dt><dd><!--#config timefmt=\"%%Y-%%m-%%d %%H:%%M:%%S "
                           "UTC\" -->" ECHO(
                               "date_gmt") "</dd></div>\n</dl>\n</section>\n</main>\n"
                                           "<footer>This page sets no cookies, loads nothing and "
                                           "sends nothing. Your organisation’s "
                                           "resolver has noted that the name was looked up; the "
                                           "visit to this page is not "
                                           "recorded.</footer>\n</body>\n</html>\n';\n",
        tg_image_meta(ex->image)->serial);
    fputs(
        "    return 403 '$tldguard_head$tldguard_title$tldguard_style$tldguard_body$tldguard_words"
        "$tldguard_ask$tldguard_contact$tldguard_lines$tldguard_rows$tldguard_foot';\n",
        out);
}

void tg_landing_server(struct tg_export *ex)
{
    const struct tg_answer *answer = tg_image_answer(ex->image);
    char hash[64];

    if (!tg_html_hash(tg_landing_css, hash)) {
        ex->out_of_memory = true;
        return;
    }
    fputs(
        "\n"
        "# HTTP alone: for HTTPS there can be no certificate that a browser takes, so port 443 is\n"
        "# left closed, and who opens https:// is told at once that the connection was refused.\n"
        "server {\n",
        ex->out);
    put_listens(ex->out, answer);
    fputs("    server_name \"\";\n", ex->out);
    put_headers(ex->out, hash);
    put_limits(ex->out);
    put_contact(ex->out, answer->contact && *answer->contact ? answer->contact : "your help desk");
    put_page(ex->out, ex);
    fputs("}\n", ex->out);
}
