/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The forms of the answer: policy to paste, a table, JSON. */
#include <string.h>

#include "tools/suggest.h"

/* Copies into out the finds of a TLD, likeliest first; equals keep the order of the targets. */
static size_t finds_of(
    const struct tg_suggestions *s, size_t tld, const struct tg_find *out[TG_TARGETS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < s->find_count; i++) {
        const struct tg_find *find = &s->finds[i];
        size_t at = count;

        if (find->tld != tld || tg_find_is_name(s, find) || count == TG_TARGETS_MAX)
            continue;
        for (; at > 0 && out[at - 1]->near.weight < find->near.weight; at--)
            out[at] = out[at - 1];
        out[at] = find;
        count++;
    }
    return count;
}

static void print_reasons(
    const struct tg_suggestions *s, const struct tg_find *const *finds, size_t count)
{
    const struct tg_tld *tld = &s->world->tlds[finds[0]->tld];
    char classes[TG_CLASSES_TEXT_MAX], text[TG_EVIDENCE_MAX];

    putchar('\n');
    for (size_t i = 0; i < count; i++)
        printf("  # %s for %s: %s: %s\n", tld->shown, s->targets[finds[i]->target].tld,
            tg_find_classes(finds[i], classes), tg_find_evidence(s, finds[i], text));
    printf("  # %s\n", tg_find_why(s, finds[0], text));
}

static void print_tld(const struct tg_suggestions *s, const struct tg_find *find)
{
    const struct tg_find *finds[TG_TARGETS_MAX] = {find};
    const size_t count = finds_of(s, find->tld, finds);
    const struct tg_near_advice *a = &find->advice;

    print_reasons(s, finds, count);
    printf("  - tld: %s\n    targets: [", s->world->tlds[find->tld].label);
    for (size_t i = 0; i < count; i++)
        printf("%s%s", i ? ", " : "", s->targets[finds[i]->target].tld);
    printf("]\n    mode: %s\n", tg_mode_text(a->mode));
    if (a->twin != TG_TWIN_NONE)
        printf(
            "    otherwise: %s\n    twin: %s\n", tg_mode_text(a->otherwise), tg_twin_text(a->twin));
    if (a->mode == TG_MODE_OFF)
        return;
    if (a->match != TG_MATCH_ALL)
        printf("    match: %s\n", tg_match_text(a->match));
    printf("    severity: %s\n", tg_severity_text(a->severity));
}

static void print_tlds(const struct tg_suggestions *s)
{
    bool first = true;

    for (size_t i = 0; i < s->find_count; i++) {
        const struct tg_find *find = tg_find_is_name(s, &s->finds[i]) ? NULL : tg_find_first(s, i);

        if (find == NULL)
            continue;
        if (first)
            puts("tlds:");
        first = false;
        print_tld(s, find);
    }
}

/* A name under a TLD full of names may be anybody's; one under a quiet TLD is not missed. */
static enum tg_mode mode_of_name(const struct tg_suggestions *s, const struct tg_find *find)
{
    const long popular = s->world->tlds[find->tld].popular;

    return popular >= 0 && popular <= TG_NEAR_MANY ? TG_MODE_BLOCK : TG_MODE_MONITOR;
}

static void print_name(const struct tg_suggestions *s, const struct tg_find *find)
{
    const long popular = s->world->tlds[find->tld].popular;
    char twin[TG_TWIN_TEXT_MAX], text[TG_EVIDENCE_MAX], classes[TG_CLASSES_TEXT_MAX];

    printf("\n  # %s: %s\n", tg_find_classes(find, classes), tg_find_evidence(s, find, text));
    if (popular < 0)
        printf(
            "  # how many popular names .%s holds is not known\n", s->world->tlds[find->tld].label);
    else
        printf("  # .%s holds %ld of the 100,000 most popular names\n",
            s->world->tlds[find->tld].label, popular);
    printf("  - {name: %s, target: %s, mode: %s}\n", tg_find_twin(s, find, twin),
        s->targets[find->target].name, tg_mode_text(mode_of_name(s, find)));
}

/* Whether an earlier find has the same twin, as gov.pm is of gov.pl and of gov.pk. */
static bool is_told(const struct tg_suggestions *s, size_t i)
{
    char twin[TG_TWIN_TEXT_MAX], other[TG_TWIN_TEXT_MAX];

    (void)tg_find_twin(s, &s->finds[i], twin);
    for (size_t j = 0; j < i; j++)
        if (tg_find_is_name(s, &s->finds[j]) &&
            strcmp(twin, tg_find_twin(s, &s->finds[j], other)) == 0)
            return true;
    return false;
}

static void print_names(const struct tg_suggestions *s)
{
    bool first = true;

    for (size_t i = 0; i < s->find_count; i++) {
        if (!tg_find_is_name(s, &s->finds[i]) || is_told(s, i))
            continue;
        if (first)
            puts("block:");
        first = false;
        print_name(s, &s->finds[i]);
    }
}

int tg_suggest_yaml(const struct tg_suggestions *s)
{
    printf("# Near misses of");
    for (size_t i = 0; i < s->target_count; i++)
        printf("%s %s", i ? "," : "", s->targets[i].name);
    printf(", by tldguard suggest: a start, not a decision.\n");
    if (s->find_count == 0)
        puts("# None was found.");
    print_tlds(s);
    print_names(s);
    return EXIT_FINE;
}

/* What is suggested, for a table and a program alike. */
static enum tg_mode mode_of(const struct tg_suggestions *s, const struct tg_find *find)
{
    return tg_find_is_name(s, find) ? mode_of_name(s, find) : find->advice.mode;
}

static bool has_otherwise(const struct tg_suggestions *s, const struct tg_find *find)
{
    return !tg_find_is_name(s, find) && find->advice.twin != TG_TWIN_NONE;
}

int tg_suggest_table(const struct tg_suggestions *s)
{
    char twin[TG_TWIN_TEXT_MAX], classes[TG_CLASSES_TEXT_MAX], text[TG_EVIDENCE_MAX];

    puts("target\ttwin\tclass\tweight\tpopular\tmode\totherwise\tevidence");
    for (size_t i = 0; i < s->find_count; i++) {
        const struct tg_find *find = &s->finds[i];
        const struct tg_tld *tld = &s->world->tlds[find->tld];

        printf("%s\t%s\t%s\t%u\t", s->targets[find->target].name, tg_find_twin(s, find, twin),
            tg_find_classes(find, classes), find->near.weight);
        if (tld->popular >= 0)
            printf("%ld", tld->popular);
        printf("\t%s\t%s\t%s%s\n", tg_mode_text(mode_of(s, find)),
            has_otherwise(s, find) ? tg_mode_text(find->advice.otherwise) : "",
            tg_find_evidence(s, find, text), tld->delegated ? "" : ", not delegated");
    }
    return EXIT_FINE;
}

static json_t *json_classes(const struct tg_near *near)
{
    json_t *list = json_array();

    (void)json_array_append_new(list, json_string(tg_near_text(near->kind)));
    for (unsigned i = 0; i < TG_NEAR_CLASSES; i++)
        if (i != near->kind && (near->kinds & TG_NEAR_BITS(i)) != 0)
            (void)json_array_append_new(list, json_string(tg_near_text((enum tg_near_class)i)));
    return list;
}

static json_t *json_keyboards(const struct tg_keyboards *keyboards, unsigned on)
{
    json_t *list = json_array();

    for (size_t i = 0; i < tg_keyboards_count(keyboards); i++)
        if ((on & 1u << i) != 0)
            (void)json_array_append_new(list, json_string(tg_keyboards_name(keyboards, i)));
    return list;
}

static json_t *json_letter(char c)
{
    return c != '\0' ? json_stringn(&c, 1) : json_null();
}

static json_t *json_find(const struct tg_suggestions *s, const struct tg_find *find)
{
    const struct tg_tld *tld = &s->world->tlds[find->tld];
    const struct tg_near *near = &find->near;
    const bool otherwise = has_otherwise(s, find);
    const bool name = tg_find_is_name(s, find);
    char twin[TG_TWIN_TEXT_MAX], text[TG_EVIDENCE_MAX];

    return json_pack(
        "{s:s, s:s, s:s, s:b, s:o, s:i, s:s, s:i, s:o, s:o, s:o, s:o, s:s, s:s?, s:s?, "
        "s:s?, s:s?}",
        "target", s->targets[find->target].name, "twin", tg_find_twin(s, find, twin), "shown",
        tld->shown, "delegated", tld->delegated, "classes", json_classes(near), "weight",
        (int)near->weight, "evidence", tg_find_evidence(s, find, text), "letter", (int)near->at,
        "meant", json_letter(near->meant), "typed", json_letter(near->typed), "keyboards",
        json_keyboards(s->world->keyboards, near->keyboards), "popular",
        tld->popular >= 0 ? json_integer(tld->popular) : json_null(), "mode",
        tg_mode_text(mode_of(s, find)), "otherwise",
        otherwise ? tg_mode_text(find->advice.otherwise) : NULL, "twin_from",
        otherwise ? tg_twin_text(find->advice.twin) : NULL, "match",
        name ? NULL : tg_match_text(find->advice.match), "why", name ? NULL : find->advice.why);
}

int tg_suggest_json(const struct tg_suggestions *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->find_count; i++) {
        if (json_array_append_new(list, json_find(s, &s->finds[i])) != 0) {
            json_decref(list);
            list = NULL;
            break;
        }
    }
    return tg_text_json(list);
}
