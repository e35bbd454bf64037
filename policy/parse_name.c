/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Names, and the advice for those who wrote something else. */
#include <arpa/inet.h>
#include <ctype.h>
#include <idn2.h>
#include <stdio.h>
#include <string.h>

#include "parse.h"

/* One value under scrutiny. */
struct text {
    struct tg_yaml *doc;
    bool *oom; /* of the parse, whatever text the name is in */
    const struct tg_yaml_node *node;
    const char *key;
    char text[TG_DNAME_TEXT_MAX + 1];
    char shown[TG_YAML_SHOW_MAX];
};

static bool has_non_ascii(const struct text *t)
{
    for (size_t i = 0; i < t->node->len; i++)
        if ((unsigned char)t->text[i] >= 0x80)
            return true;
    return false;
}

static bool is_name(const char *text)
{
    uint8_t wire[TG_DNAME_MAX];
    size_t len;
    return tg_dname_from_text(text, strlen(text), wire, &len, NULL) == TG_OK;
}

/* IDNA2008 gives the form that is on the wire; the text must hold that form, or two people
 * could read two names in it. */
static void advise_a_label(struct text *t)
{
    uint8_t *ascii = NULL;
    int rc =
        idn2_lookup_u8((const uint8_t *)t->text, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (rc == IDN2_MALLOC)
        *t->oom = true;
    else if (rc == IDN2_OK && ascii && is_name((const char *)ascii))
        tg_yaml_error(t->doc, t->node->at, "'%s' in '%s' is not ASCII; write '%s'", t->shown,
            t->key, (const char *)ascii);
    else
        tg_yaml_error(t->doc, t->node->at,
            "'%s' in '%s' is not ASCII, and no internationalized name either", t->shown, t->key);
    idn2_free(ascii);
}

static bool is_address(const struct text *t)
{
    char copy[INET6_ADDRSTRLEN + 8];
    struct in6_addr addr;
    if (t->node->len >= sizeof(copy))
        return false;
    memcpy(copy, t->text, t->node->len + 1);
    copy[strcspn(copy, "/")] = '\0'; /* a network is none either */
    return inet_pton(AF_INET, copy, &addr) == 1 || inet_pton(AF_INET6, copy, &addr) == 1;
}

/* The first character that no host name, mail domain or service name has; 0 for none. */
static unsigned char odd_character(const struct text *t)
{
    for (size_t i = 0; i < t->node->len; i++) {
        unsigned char c = (unsigned char)t->text[i];
        if (c == '\\') /* written with a backslash it is meant */
            i++;
        else if (!isalnum(c) && !strchr("-_.", c))
            return c;
        else if (c == 0)
            return '?';
    }
    return 0;
}

/* Says what other thing the text is than a name. */
static bool is_other_thing(struct text *t)
{
    size_t at = t->node->at;
    const char *s = t->text;
    unsigned char odd;
    if (has_non_ascii(t))
        advise_a_label(t);
    else if (is_address(t))
        tg_yaml_error(
            t->doc, at, "'%s' in '%s' is an IP address; write a domain name", t->shown, t->key);
    else if (strchr(s, '/'))
        tg_yaml_error(
            t->doc, at, "'%s' in '%s' is a URL or path; write the name alone", t->shown, t->key);
    else if (strchr(s, '@'))
        tg_yaml_error(t->doc, at,
            "'%s' in '%s' is a mail address; write only what stands behind the '@'", t->shown,
            t->key);
    else if (strcmp(s, ".") == 0)
        tg_yaml_error(t->doc, at, "'%s' cannot be the root of the DNS", t->key);
    else if (strncmp(s, "*.", 2) == 0)
        tg_yaml_error(t->doc, at,
            "'%s' in '%s' has a wildcard; write '%s': it covers everything "
            "below it",
            t->shown, t->key, s + 2);
    else if (s[0] == '.')
        tg_yaml_error(t->doc, at, "'%s' in '%s' starts with a dot; write '%s'", t->shown, t->key,
            s + strspn(s, "."));
    else if (strpbrk(s, " \t\r\n"))
        tg_yaml_error(
            t->doc, at, "'%s' in '%s' has white space; a name has none", t->shown, t->key);
    else if ((odd = odd_character(t)) != 0)
        tg_yaml_error(t->doc, at,
            "'%s' in '%s' has the character '%c'; a name has letters, digits, '-', '_' and '.'",
            t->shown, t->key, odd);
    else
        return false;
    return true;
}

/* Why tg_dname_from_text() did not take it. */
static const char *name_fault(const char *s)
{
    size_t label = 0;
    if (strstr(s, ".."))
        return "has two dots in a row";
    if (strchr(s, '\\'))
        return "has a wrong escape ('\\DDD' is a decimal octet) or is too long";
    for (; *s; s++) {
        label = *s == '.' ? 0 : label + 1;
        if (label > TG_LABEL_MAX)
            return "has a label of over 63 characters";
    }
    return "is longer than 255 octets";
}

static bool keep(struct tg_parse *p, const uint8_t *wire, size_t len, struct tg_name *name)
{
    uint8_t *copy = tg_arena_bytes(p->arena, len);
    if (!copy) {
        p->doc->oom = true;
        return false;
    }
    memcpy(copy, wire, len);
    *name = (struct tg_name){copy, len};
    return true;
}

/* Takes the text of a node; false after an error. */
static bool take_text(struct tg_parse *p, struct tg_yaml *doc, const struct tg_yaml_node *node,
    const char *key, struct text *t)
{
    if (!tg_yaml_scalar(doc, node, key))
        return false;
    t->doc = doc;
    t->oom = &p->doc->oom;
    t->node = node;
    t->key = key;
    tg_yaml_show(node, t->shown);
    if (node->len >= TG_DNAME_TEXT_MAX) {
        tg_yaml_error(doc, node->at, "'%s' in '%s' is longer than a name can be", t->shown, key);
        return false;
    }
    memcpy(t->text, node->text, node->len);
    t->text[node->len] = '\0';
    return true;
}

static bool to_wire(struct tg_parse *p, struct text *t, const char *text, struct tg_name *name)
{
    uint8_t wire[TG_DNAME_MAX];
    size_t len = 0;
    if (tg_dname_from_text(text, strlen(text), wire, &len, NULL) != TG_OK) {
        tg_yaml_error(t->doc, t->node->at, "'%s' in '%s' %s", t->shown, t->key, name_fault(text));
        return false;
    }
    return keep(p, wire, len, name);
}

bool tg_parse_name(
    struct tg_parse *p, const struct tg_yaml_node *node, const char *key, struct tg_name *name)
{
    return tg_parse_name_in(p, p->doc, node, key, name);
}

bool tg_parse_name_in(struct tg_parse *p, struct tg_yaml *doc, const struct tg_yaml_node *node,
    const char *key, struct tg_name *name)
{
    struct text t;
    return take_text(p, doc, node, key, &t) && !is_other_thing(&t) && to_wire(p, &t, t.text, name);
}

bool tg_parse_tld(
    struct tg_parse *p, const struct tg_yaml_node *node, const char *key, struct tg_name *name)
{
    struct text t;
    struct tg_name found;
    if (!take_text(p, p->doc, node, key, &t) || is_other_thing(&t) ||
        !to_wire(p, &t, t.text, &found))
        return false;
    size_t len = found.wire[0];
    if (found.len != len + 2) {
        char tld[TG_DNAME_TEXT_MAX];
        size_t last = tg_dname_last_label(found.wire);
        tg_dname_to_text(found.wire + last, found.len - last, tld);
        tg_yaml_error(p->doc, node->at,
            "'%s' in '%s' has more than one label; a TLD has one ('%s')", t.shown, key, tld);
        return false;
    }
    bool good = found.wire[1] != '-' && found.wire[len] != '-';
    for (size_t i = 1; i <= len; i++)
        good = good && (isalnum(found.wire[i]) || found.wire[i] == '-');
    if (!good) {
        tg_yaml_error(p->doc, node->at,
            "'%s' in '%s' is no TLD: a TLD has letters, digits and inner hyphens", t.shown, key);
        return false;
    }
    *name = found;
    return true;
}

bool tg_parse_rname(
    struct tg_parse *p, const struct tg_yaml_node *node, const char *key, struct tg_name *name)
{
    struct text t;
    if (!take_text(p, p->doc, node, key, &t))
        return false;
    char *at = strrchr(t.text, '@');
    if (!at || has_non_ascii(&t))
        return !is_other_thing(&t) && to_wire(p, &t, t.text, name);
    /* Dots of the local part belong to its one label. */
    char text[2 * sizeof(t.text)];
    size_t used = 0;
    for (const char *s = t.text; s < at; s++) {
        if (!isalnum((unsigned char)*s) && !strchr(".!#$%&'*+-/=?^_`{|}~", *s)) {
            tg_yaml_error(p->doc, node->at, "'%s' in '%s' is not a mail address", t.shown, key);
            return false;
        }
        if (!isalnum((unsigned char)*s))
            text[used++] = '\\';
        text[used++] = *s;
    }
    text[used++] = '.';
    strcpy(text + used, at + 1);
    if (at == t.text || at[1] == '\0' || strpbrk(at, "\\ \t\r\n/")) {
        tg_yaml_error(p->doc, node->at, "'%s' in '%s' is not a mail address", t.shown, key);
        return false;
    }
    return to_wire(p, &t, text, name);
}
