/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What came of a change of the policy, for people and as JSON. */
#include <inttypes.h>
#include <string.h>

#include "tldguard/event.h"
#include "tools/activate.h"

static int exit_code(enum tg_outcome outcome)
{
    switch (outcome) {
    case TG_OUTCOME_ACTIVE:
    case TG_OUTCOME_UNCHANGED:
        return EXIT_FINE;
    case TG_OUTCOME_REFUSED:
    case TG_OUTCOME_RESTORED:
    case TG_OUTCOME_UNPROVEN:
        return EXIT_FINDINGS;
    default:
        return EXIT_BROKEN;
    }
}

static uint32_t serial_of(const struct tg_sealed *sealed)
{
    return tg_image_meta(sealed->image)->serial;
}

static void say_good(const struct tg_change *change, enum tg_outcome outcome)
{
    const size_t canaries = tg_image_canary_count(change->fresh.image);

    printf("policy serial %" PRIu32 " is ", serial_of(&change->fresh));
    if (outcome == TG_OUTCOME_UNCHANGED) {
        puts("active already");
        return;
    }
    if (change->asked->offline)
        fputs("in its place for the next start", stdout);
    else
        printf("in force after %" PRId64 " ms", change->waited);
    if (change->former.image)
        printf("; it was serial %" PRIu32, serial_of(&change->former));
    if (!change->asked->offline && canaries > 0)
        printf("; %zu canary question%s answered as expected", canaries, canaries == 1 ? "" : "s");
    puts("");
}

/* One line that says what is wrong, and what is in force now. */
static void say_failed(const struct tg_change *change, enum tg_outcome outcome)
{
    const uint32_t serial = serial_of(&change->fresh);

    fprintf(stderr, "%s: error: policy serial %" PRIu32 ": %s; ", change->settings->policy, serial,
        change->why);
    if (outcome == TG_OUTCOME_RESTORED)
        fprintf(stderr, "serial %" PRIu32 " is active again\n", serial_of(&change->former));
    else if (!change->former.image)
        fputs("it stays, as there is no former one to go back to\n", stderr);
    else if (change->not_back[0])
        fprintf(stderr,
            "serial %" PRIu32
            " was to be put back, but %s; see 'tldguard status' for which one is in force\n",
            serial_of(&change->former), change->not_back);
    else
        fputs("it stays, as it was asked for\n", stderr);
}

static json_t *digest_json(const struct tg_sealed *sealed)
{
    char digits[65];

    return json_string(tg_text_digest(tg_image_digest(sealed->image), digits));
}

static json_t *canaries_json(const struct tg_change *change)
{
    json_t *list = json_array();

    for (size_t i = 0; change->answers && i < tg_image_canary_count(change->fresh.image); i++) {
        const struct tg_canary *canary = tg_image_canary(change->fresh.image, i);
        char type[16];

        (void)json_array_append_new(list,
            json_pack("{s:o, s:s, s:s, s:s, s:b}", "name", tg_tool_name(canary->qname), "type",
                tg_rrtype_text(canary->qtype, type), "expect", tg_expect_text(canary->expect),
                "got", change->answers[i].got, "ok", change->answers[i].good));
    }
    return list;
}

/* The first error, when nothing was put in its place; else why it did not stay. */
static json_t *reason_json(const struct tg_change *change)
{
    char text[TG_WHY_MAX];

    if (change->why[0])
        return tg_tool_text(change->why);
    if (tg_diags_kept(change->diags) == 0)
        return json_null();
    (void)tg_diag_format(tg_diags_get(change->diags, 0), text, sizeof(text));
    return tg_tool_text(text);
}

static int say_json(const struct tg_change *change, enum tg_outcome outcome)
{
    static const char *const words[] = {
#define TG_WORD(name, word) word,
        TG_OUTCOME_MAP(TG_WORD)
#undef TG_WORD
    };
    const struct tg_sealed *fresh = &change->fresh, *former = &change->former;

    return tg_text_json(json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "result",
        words[outcome], "serial", fresh->image ? json_integer(serial_of(fresh)) : json_null(),
        "image", fresh->image ? digest_json(fresh) : json_null(), "former",
        former->image ? json_integer(serial_of(former)) : json_null(), "reason",
        reason_json(change), "not_back",
        change->not_back[0] ? tg_tool_text(change->not_back) : json_null(), "milliseconds",
        change->waited >= 0 ? json_integer(change->waited) : json_null(), "canary",
        canaries_json(change)));
}

int tg_change_say(const struct tg_change *change, enum tg_outcome outcome)
{
    const int code = exit_code(outcome);
    int failed = EXIT_FINE;

    tg_text_diags(change->diags, false);
    if (change->why[0])
        say_failed(change, outcome);
    if (change->asked->json)
        failed = say_json(change, outcome);
    else if (code == EXIT_FINE)
        say_good(change, outcome);
    /* Also when a signal that came meanwhile ends us now. */
    (void)fflush(stdout);
    return failed != EXIT_FINE ? failed : code;
}
