/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What a replay has found, for people and for programs. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/replay.h"

static const struct {
    const char *words;
    const char *key;
} fates[TG_FATES] = {
    [TG_FATE_BLOCKED] = {"newly blocked", "newly_blocked"},
    [TG_FATE_FREED] = {"newly allowed", "newly_allowed"},
};

/* What the keys of a tally are, as text. */
typedef const char *key_text(const struct tg_tally_row *row, char buf[TG_RULE_TEXT_MAX + 16]);

static const char *name_text(const struct tg_tally_row *row, char *buf)
{
    return tg_text_name((struct tg_name){row->key, row->len}, buf);
}

static const char *client_text(const struct tg_tally_row *row, char *buf)
{
    struct tg_address address;

    memcpy(&address, row->key, sizeof(address));
    return tg_text_address(&address, buf);
}

void tg_replay_rule_key(const struct tg_rule *rule, uint8_t key[TG_RULE_KEY])
{
    const uintptr_t address = (uintptr_t)rule;

    for (size_t i = 0; i < TG_RULE_KEY; i++)
        key[i] = (uint8_t)(address >> 8 * (TG_RULE_KEY - 1 - i));
}

static const char *rule_text(const struct tg_tally_row *row, char *buf)
{
    uintptr_t address = 0;
    const struct tg_rule *rule;
    char subject[TG_RULE_TEXT_MAX];

    for (size_t i = 0; i < TG_RULE_KEY; i++)
        address = address << 8 | row->key[i];
    rule = (const struct tg_rule *)address;
    (void)snprintf(buf, TG_RULE_TEXT_MAX + 16, "%s %s", tg_kind_text(rule->kind),
        tg_rule_subject(rule, subject));
    return buf;
}

static const struct {
    const char *singular;
    const char *key;
    key_text *text;
} lists[] = {
    {"rule", "rules", rule_text},
    {"name", "names", name_text},
    {"client", "clients", client_text},
};
#define LISTS (sizeof(lists) / sizeof(lists[0]))

static const struct tg_tally *tally_of(const struct tg_replay *r, size_t list)
{
    const struct tg_tally *const tallies[LISTS] = {r->rules, r->names, r->clients};

    return tallies[list];
}

static void print_list(const struct tg_replay *r, size_t list, enum tg_fate fate,
    struct tg_tally_row *rows, size_t top)
{
    const struct tg_tally *tally = tally_of(r, list);
    const size_t keys = tg_tally_keys(tally, fate);
    const size_t count = tg_tally_top(tally, fate, rows, top);
    char buf[TG_RULE_TEXT_MAX + 16];

    for (size_t i = 0; i < count; i++)
        printf("  %-6s %8" PRIu64 "  %s\n", lists[list].singular, rows[i].counts[fate],
            lists[list].text(&rows[i], buf));
    if (keys > count)
        printf("  ... and %zu more %s\n", keys - count, lists[list].key);
    if (tg_tally_beyond(tally, fate))
        printf("  %-6s %8" PRIu64 "  of others, not told apart\n", lists[list].singular,
            tg_tally_beyond(tally, fate));
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void print_fate(
    const struct tg_replay *r, enum tg_fate fate, struct tg_tally_row *rows, size_t top)
{
    const uint64_t n = r->fates[fate];
    const size_t names = tg_tally_keys(r->names, fate), clients = tg_tally_keys(r->clients, fate);

    if (n == 0) {
        printf("%s: nothing\n", fates[fate].words);
        return;
    }
    printf("%s: %" PRIu64 " question%s, %s%zu name%s, %s%zu client%s\n", fates[fate].words, n,
        plural(n), tg_tally_beyond(r->names, fate) ? "at least " : "", names, plural(names),
        tg_tally_beyond(r->clients, fate) ? "at least " : "", clients, plural(clients));
    for (size_t list = 0; list < LISTS; list++)
        print_list(r, list, fate, rows, top);
}

int tg_replay_print(const struct tg_replay *r, size_t top)
{
    struct tg_tally_row *rows = calloc(top + 1, sizeof(*rows));

    if (!rows) {
        fputs("tldguard: out of memory\n", stderr);
        return EXIT_BROKEN;
    }
    printf("read: %" PRIu64 " line%s, %" PRIu64 " question%s", r->lines, plural(r->lines),
        r->questions, plural(r->questions));
    printf(", %" PRIu64 " unreadable, %" PRIu64 " no questions, %" PRIu64 " replies passed over\n",
        r->unreadable, r->others, r->replies);
    printf("compared with: %s\n",
        r->old ? "the old policy" : "what the log says was done, else nothing blocked");
    print_fate(r, TG_FATE_BLOCKED, rows, top);
    print_fate(r, TG_FATE_FREED, rows, top);
    printf("still blocked: %" PRIu64 " question%s\n", r->still_blocked, plural(r->still_blocked));
    printf("logged, resolved: %" PRIu64 " question%s\n", r->logged, plural(r->logged));
    if (r->undecided)
        printf("depend on a look-up of the twin: %" PRIu64 " question%s, taken as if it %s\n",
            r->undecided, plural(r->undecided), r->twins_exist ? "existed" : "did not exist");
    free(rows);
    return EXIT_FINE;
}

static json_t *json_list(const struct tg_replay *r, size_t list, enum tg_fate fate,
    struct tg_tally_row *rows, size_t top)
{
    const struct tg_tally *tally = tally_of(r, list);
    const size_t count = tg_tally_top(tally, fate, rows, top);
    char buf[TG_RULE_TEXT_MAX + 16];
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            array, json_pack("{s:s, s:I}", lists[list].singular, lists[list].text(&rows[i], buf),
                       "questions", (json_int_t)rows[i].counts[fate]));
    return json_pack("{s:I, s:I, s:o}", "count", (json_int_t)tg_tally_keys(tally, fate),
        "questions_of_others", (json_int_t)tg_tally_beyond(tally, fate), "top", array);
}

static json_t *json_fate(
    const struct tg_replay *r, enum tg_fate fate, struct tg_tally_row *rows, size_t top)
{
    json_t *object = json_pack("{s:I}", "questions", (json_int_t)r->fates[fate]);

    for (size_t list = 0; list < LISTS; list++)
        json_object_set_new(object, lists[list].key, json_list(r, list, fate, rows, top));
    return object;
}

int tg_replay_json(const struct tg_replay *r, size_t top)
{
    struct tg_tally_row *rows = calloc(top + 1, sizeof(*rows));
    json_t *object =
        rows ? json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "log",
                   tg_tool_text(r->log), "lines", (json_int_t)r->lines, "questions",
                   (json_int_t)r->questions, "unreadable", (json_int_t)r->unreadable,
                   "no_questions", (json_int_t)r->others, "replies_passed_over",
                   (json_int_t)r->replies, "still_blocked", (json_int_t)r->still_blocked,
                   "logged_resolved", (json_int_t)r->logged, "depend_on_twin",
                   (json_int_t)r->undecided, "twins_exist", r->twins_exist)
             : NULL;

    for (int fate = 0; object && fate < TG_FATES; fate++)
        json_object_set_new(object, fates[fate].key, json_fate(r, (enum tg_fate)fate, rows, top));
    free(rows);
    return tg_text_json(object);
}
