/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/oom.h"
#include "tests/support/tmpdir.h"
#include "tldguard/nearmiss.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

#define OMI TG_NEAR_BITS(TG_NEAR_OMISSION)
#define TRA TG_NEAR_BITS(TG_NEAR_TRANSPOSITION)
#define ADJ TG_NEAR_BITS(TG_NEAR_ADJACENT)
#define VIS TG_NEAR_BITS(TG_NEAR_VISUAL)
#define DOU TG_NEAR_BITS(TG_NEAR_DOUBLED)
#define SUB TG_NEAR_BITS(TG_NEAR_SUBSTITUTION)
#define INS TG_NEAR_BITS(TG_NEAR_INSERTION)
#define BIT TG_NEAR_BITS(TG_NEAR_BIT)

#define QWERTY 1u
#define QWERTZ 2u
#define AZERTY 4u
#define ALL    (QWERTY | QWERTZ | AZERTY)

struct fixture {
    struct tg_keyboards *keyboards;
    struct tg_unicode *unicode;
};

static int setup(void **state)
{
    const char *source = getenv("TG_SRC");
    struct fixture *f = calloc(1, sizeof(*f));
    char path[4096];

    assert_non_null(f);
    (void)snprintf(
        path, sizeof(path), "%s/policy/tables/keyboards.tsv", source != NULL ? source : ".");
    assert_int_equal(tg_keyboards_read(path, &f->keyboards, NULL), TG_OK);
    assert_int_equal(tg_unicode_open(&f->unicode), TG_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    tg_keyboards_destroy(&f->keyboards);
    tg_unicode_close(&f->unicode);
    free(f);
    return 0;
}

/* Classifies with everything there is. */
static bool classify(
    const struct fixture *f, const char *target, const char *twin, struct tg_near *out)
{
    struct tg_skeleton a, b;

    assert_int_equal(tg_skeleton_of(f->unicode, target, &a), TG_OK);
    assert_int_equal(tg_skeleton_of(f->unicode, twin, &b), TG_OK);
    return tg_near_classify(
        f->keyboards, &(struct tg_near_label){target, &a}, &(struct tg_near_label){twin, &b}, out);
}

static const struct {
    const char *target, *twin;
    unsigned kinds;
    enum tg_near_class kind;
    unsigned at;
    char meant, typed;
    unsigned keyboards;
} misses[] = {
    /* A letter left out: the first, in the middle, the last, one of two. */
    {"mil", "il", OMI, TG_NEAR_OMISSION, 1, 'm', 0, 0},
    {"mil", "ml", OMI, TG_NEAR_OMISSION, 2, 'i', 0, 0},
    {"com", "co", OMI, TG_NEAR_OMISSION, 3, 'm', 0, 0},
    {"nett", "net", OMI, TG_NEAR_OMISSION, 4, 't', 0, 0},
    /* Added: with its key beside a neighbour's, or out of nowhere. at is the twin's. */
    {"net", "next", INS, TG_NEAR_INSERTION, 3, 0, 'x', 0},
    {"int", "mint", INS, TG_NEAR_INSERTION, 1, 0, 'm', 0},
    {"gov", "govb", INS | ADJ, TG_NEAR_INSERTION, 4, 0, 'b', ALL},
    {"gov", "hgov", INS | ADJ, TG_NEAR_INSERTION, 1, 0, 'h', ALL},
    {"gov", "gyov", INS, TG_NEAR_INSERTION, 2, 0, 'y', 0},
    /* Added beside its like: doubled, whichever of the two came first. */
    {"net", "nett", DOU, TG_NEAR_DOUBLED, 4, 0, 't', 0},
    {"net", "nnet", DOU, TG_NEAR_DOUBLED, 2, 0, 'n', 0},
    {"net", "neet", DOU, TG_NEAR_DOUBLED, 3, 0, 'e', 0},
    /* Neighbours swapped; at and meant are the first, typed the second. */
    {"net", "ent", TRA, TG_NEAR_TRANSPOSITION, 1, 'n', 'e', 0},
    {"gov", "gvo", TRA, TG_NEAR_TRANSPOSITION, 2, 'o', 'v', 0},
    {"ab", "ba", TRA, TG_NEAR_TRANSPOSITION, 1, 'a', 'b', 0},
    /* Replaced by the key beside it; keyboards differ in y, z, q, a, m. */
    {"net", "bet", ADJ, TG_NEAR_ADJACENT, 1, 'n', 'b', ALL},
    {"nl", "ml", ADJ | VIS, TG_NEAR_ADJACENT, 1, 'n', 'm', QWERTY | QWERTZ},
    {"int", "inz", ADJ, TG_NEAR_ADJACENT, 3, 't', 'z', QWERTZ},
    {"int", "iny", ADJ, TG_NEAR_ADJACENT, 3, 't', 'y', QWERTY | AZERTY},
    {"la", "lq", ADJ | BIT, TG_NEAR_ADJACENT, 2, 'a', 'q', ALL},
    /* Replaced by another; one bit is told too (v is 0x76, t 0x74; c 0x63, b 0x62). */
    {"gov", "gop", SUB, TG_NEAR_SUBSTITUTION, 3, 'v', 'p', 0},
    {"gov", "got", SUB | BIT, TG_NEAR_SUBSTITUTION, 3, 'v', 't', 0},
    {"com", "bom", SUB | BIT, TG_NEAR_SUBSTITUTION, 1, 'c', 'b', 0},
    {"org", "ong", SUB, TG_NEAR_SUBSTITUTION, 2, 'r', 'n', 0},
    /* Replaced by one that looks like it: that is likelier than any other. */
    {"nl", "ni", SUB | VIS, TG_NEAR_VISUAL, 2, 'l', 'i', 0},
    {"gov", "gou", SUB | VIS, TG_NEAR_VISUAL, 3, 'v', 'u', 0},
    /* Looks the same (UTS #39), several edits away. */
    {"com", "corn", VIS, TG_NEAR_VISUAL, 0, 0, 0, 0},
    {"world", "vvorld", VIS, TG_NEAR_VISUAL, 0, 0, 0, 0},
    {"edu", "eclu", VIS, TG_NEAR_VISUAL, 0, 0, 0, 0},
    /* Looks the same, and is one edit away: both. */
    {"com", "c0m", ADJ | VIS, TG_NEAR_ADJACENT, 2, 'o', '0', ALL},
    /* An IDN: only by its look. Wholly Cyrillic, one letter of Cyrillic, of Latin, Greek. */
    {"com", "xn--l1adi", VIS, TG_NEAR_VISUAL, 0, 0, 0, 0},
    {"com", "xn--m-0tbi", VIS, TG_NEAR_VISUAL, 0, 0, 0, 0},
    {"com", "xn--cm-fmc", VIS, TG_NEAR_VISUAL, 0, 0, 0, 0},
    {"net", "xn--nt-nlc", VIS, TG_NEAR_VISUAL, 0, 0, 0, 0},
    {"eu", "xn--qxa6a", VIS, TG_NEAR_VISUAL, 0, 0, 0, 0},
    /* One edit from the same look (xn--j1aef is ком). */
    {"com", "xn--j1aef", VIS, TG_NEAR_VISUAL, 0, 0, 0, 0},
};

/* That of the likeliest class; two keys at once are likelier than a letter out of nowhere, and
 * what is one edit from the same look is half as likely. */
static unsigned weight_of(const struct tg_near *near_miss)
{
    static const unsigned weights[] = {
#define WEIGHT(name, bit, word, weight) [name] = (weight),
        TG_NEAR_MAP(WEIGHT)
#undef WEIGHT
    };

    if (near_miss->kinds == (INS | ADJ))
        return 80;
    return near_miss->steps > 0 ? 50 : weights[near_miss->kind];
}

static void near_misses_are_classified(void **state)
{
    for (size_t i = 0; i < COUNT(misses); i++) {
        struct tg_near near_miss;

        if (!classify(*state, misses[i].target, misses[i].twin, &near_miss))
            fail_msg("%s is no near miss of %s", misses[i].twin, misses[i].target);
        if (near_miss.kinds != misses[i].kinds || near_miss.kind != misses[i].kind ||
            near_miss.at != misses[i].at || near_miss.keyboards != misses[i].keyboards)
            fail_msg("%s of %s: kinds %x kind %u at %u keyboards %x", misses[i].twin,
                misses[i].target, near_miss.kinds, near_miss.kind, near_miss.at,
                near_miss.keyboards);
        assert_int_equal(near_miss.meant, misses[i].meant);
        assert_int_equal(near_miss.typed, misses[i].typed);
        assert_int_equal(near_miss.weight, weight_of(&near_miss));
        assert_int_equal(near_miss.steps, strcmp(misses[i].twin, "xn--j1aef") == 0);
    }
}

/* Target, twin: the same, two edits apart, nothing alike. */
static const char *const others[][2] = {
    {"mil", "mil"},
    {"xn--l1adi", "xn--l1adi"},
    {"mil", "m"},
    {"mil", "ilm"},
    {"mil", "lim"},
    {"mil", "milli"},
    {"com", "net"},
    {"a", "bc"},
    {"abc", "cba"},
    {"abcd", "badc"},
    /* The letters of the A-label say nothing: one edit apart there, a world apart to the eye. */
    {"xn--90ae", "xn--90aj"},
    /* Of two characters, one edit leaves nothing (xn--90ae is бг, its skeleton 6r). */
    {"gr", "xn--90ae"},
    {"br", "xn--90ae"},
    /* Another alphabet without likeness (xn--wgbh1c is مصر). */
    {"com", "xn--wgbh1c"},
};

static void others_are_not(void **state)
{
    for (size_t i = 0; i < COUNT(others); i++) {
        struct tg_near near_miss = {.at = 77};

        if (classify(*state, others[i][0], others[i][1], &near_miss))
            fail_msg("%s is a near miss of %s", others[i][1], others[i][0]);
        assert_int_equal(near_miss.at, 77);
    }
}

static void works_without_keyboards_and_skeletons(void **state)
{
    const struct tg_near_label net = {"net", NULL}, bet = {"bet", NULL}, com = {"com", NULL};
    const struct tg_near_label corn = {"corn", NULL};
    struct tg_near near_miss;

    (void)state;
    assert_true(tg_near_classify(NULL, &net, &bet, &near_miss));
    assert_int_equal(near_miss.kind, TG_NEAR_SUBSTITUTION);
    assert_int_equal(near_miss.keyboards, 0);
    assert_false(tg_near_classify(NULL, &com, &corn, &near_miss));
}

/* Optimal string alignment, by the book: rows and columns. */
static unsigned distance(const char *a, const char *b)
{
    const size_t n = strlen(a), m = strlen(b);
    unsigned d[8][8];

    for (size_t i = 0; i <= n; i++) {
        for (size_t j = 0; j <= m; j++) {
            unsigned best = (unsigned)(i + j);

            if (i > 0 && j > 0) {
                best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
                best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
                best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    best = d[i - 2][j - 2] + 1 < best ? d[i - 2][j - 2] + 1 : best;
            }
            d[i][j] = best;
        }
    }
    return d[n][m];
}

/* The nth string over a, b, c, of 1 to 5 letters. */
static void nth(unsigned n, char text[8])
{
    size_t len = 0;

    for (n++; n > 0; n = (n - 1) / 3)
        text[len++] = (char)('a' + (n - 1) % 3);
    text[len] = '\0';
}

static void agrees_with_the_distance(void **state)
{
    const unsigned count = 3 + 9 + 27 + 81 + 243;
    size_t near_misses = 0;

    (void)state;
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < count; j++) {
            struct tg_near near_miss;
            char a[8], b[8];
            bool found;

            nth(i, a);
            nth(j, b);
            found = tg_near_classify(NULL, &(struct tg_near_label){a, NULL},
                &(struct tg_near_label){b, NULL}, &near_miss);
            if (found != (distance(a, b) == 1))
                fail_msg("%s %s: distance %u", a, b, distance(a, b));
            near_misses += found;
        }
    }
    assert_true(near_misses > 3000);
}

static void classes_have_words(void **state)
{
    (void)state;
    assert_string_equal(tg_near_text(TG_NEAR_OMISSION), "omission");
    assert_string_equal(tg_near_text(TG_NEAR_ADJACENT), "adjacent-key");
    assert_string_equal(tg_near_text(TG_NEAR_BIT), "bit-flip");
    assert_string_equal(tg_near_text(TG_NEAR_CLASSES), "?");
}

static void shipped_keyboards_are_symmetric(void **state)
{
    const struct fixture *f = *state;

    assert_int_equal(tg_keyboards_count(f->keyboards), 3);
    assert_string_equal(tg_keyboards_name(f->keyboards, 0), "qwerty");
    assert_string_equal(tg_keyboards_name(f->keyboards, 1), "qwertz");
    assert_string_equal(tg_keyboards_name(f->keyboards, 2), "azerty");
    assert_null(tg_keyboards_name(f->keyboards, 3));
    for (uint32_t a = 0; a < 300; a++) {
        assert_int_equal(tg_keyboards_adjacent(f->keyboards, a, a), 0);
        for (uint32_t b = 0; b < 300; b++)
            assert_int_equal(tg_keyboards_adjacent(f->keyboards, a, b),
                tg_keyboards_adjacent(f->keyboards, b, a));
    }
    /* On AZERTY m is beside l, not beside n; w where z is. */
    assert_int_equal(tg_keyboards_adjacent(f->keyboards, 'm', 'l'), AZERTY);
    assert_int_equal(tg_keyboards_adjacent(f->keyboards, 'm', 'n'), QWERTY | QWERTZ);
    assert_int_equal(tg_keyboards_adjacent(f->keyboards, 'z', 'a'), QWERTY | AZERTY);
    assert_int_equal(tg_keyboards_adjacent(f->keyboards, 'a', 'p'), 0);
    assert_int_equal(tg_keyboards_adjacent(f->keyboards, 'a', 0x10ffff), 0);
}

/* Text of a file, and where its first error is: line 0 is the file as a whole. */
static const struct {
    const char *text;
    size_t len; /* 0: up to the NUL */
    unsigned line;
    const char *error;
} bad_files[] = {
    {"# nothing\n\n", 0, 0, "no keyboard in it"},
    {"a\tb\n", 0, 1, "not LAYOUT, KEY and NEIGHBOURS, separated by tabs"},
    {"x\ta\tb\tc\n", 0, 1, "not LAYOUT, KEY and NEIGHBOURS, separated by tabs"},
    {"x\t\tb\n", 0, 1, "not LAYOUT, KEY and NEIGHBOURS, separated by tabs"},
    {"x\ta\tb\nx a b\n", 0, 2, "not LAYOUT, KEY and NEIGHBOURS, separated by tabs"},
    {"x\tab\tc\n", 0, 1, "'ab' is no key: a-z, 0-9 or '-'"},
    {"x\tA\tc\n", 0, 1, "'A' is no key: a-z, 0-9 or '-'"},
    {"x\ta\tba\n", 0, 1, "'a' cannot be a neighbour of 'a'"},
    {"x\ta\tb.\n", 0, 1, "'.' cannot be a neighbour of 'a'"},
    {"12345678901234567890123456789012\ta\tb\n", 0, 1, "a layout's name of over 31 bytes"},
    {"1\ta\tb\n2\ta\tb\n3\ta\tb\n4\ta\tb\n5\ta\tb\n6\ta\tb\n7\ta\tb\n8\ta\tb\n9\ta\tb\n", 0, 9,
        "more than 8 layouts"},
    {"x\ta\tb\0c\n", 8, 1, "a line of more than 4094 bytes, or a NUL octet"},
    {"x\ta\tb\0\nx\ta\tb\n", 13, 1, "a line of more than 4094 bytes, or a NUL octet"},
    {"x\ta\tb\0", 6, 1, "a line of more than 4094 bytes, or a NUL octet"},
};

static void bad_keyboards_are_refused(void **state)
{
    struct tmpdir dir;
    char path[128];

    (void)state;
    tmpdir_create(&dir);
    tmpdir_file(&dir, "k.tsv", path);
    for (size_t i = 0; i < COUNT(bad_files); i++) {
        struct tg_keyboards *none = (struct tg_keyboards *)&dir;
        struct tg_diags *diags = tg_diags_create();
        const size_t len = bad_files[i].len ? bad_files[i].len : strlen(bad_files[i].text);

        file_write(path, bad_files[i].text, len);
        assert_int_equal(tg_keyboards_read(path, &none, diags), TG_ESYNTAX);
        assert_ptr_equal(none, &dir);
        assert_int_equal(tg_diags_count(diags, TG_DIAG_ERROR), 1);
        assert_int_equal(tg_diags_get(diags, 0)->line, bad_files[i].line);
        assert_string_equal(tg_diags_get(diags, 0)->text, bad_files[i].error);
        assert_string_equal(tg_diags_get(diags, 0)->file, path);
        tg_diags_destroy(&diags);
    }
    tmpdir_remove(&dir);
}

/* Lines may end as on Windows, the last one may not end, one may be as long as is allowed. */
static void lines_are_read_as_they_come(void **state)
{
    static const char lines[] = "x\ta\tb\r\n  y\tc\td # e\r\nz\te\tf";
    struct tg_keyboards *k = NULL;
    struct tmpdir dir;
    char path[128], text[5000];

    (void)state;
    tmpdir_create(&dir);
    tmpdir_file(&dir, "k.tsv", path);
    file_write(path, lines, strlen(lines));
    assert_int_equal(tg_keyboards_read(path, &k, NULL), TG_OK);
    assert_int_equal(tg_keyboards_count(k), 3);
    assert_int_equal(tg_keyboards_adjacent(k, 'b', 'a'), 1);
    assert_int_equal(tg_keyboards_adjacent(k, 'c', 'd'), 2);
    assert_int_equal(tg_keyboards_adjacent(k, 'f', 'e'), 4);
    tg_keyboards_destroy(&k);
    assert_null(k);
    for (size_t len = 4093; len <= 4095; len++) { /* with its newline, and without */
        memset(text, ' ', len);
        memcpy(text, "x\ta\tb", 5);
        text[len] = '\n';
        file_write(path, text, len + 1);
        assert_int_equal(tg_keyboards_read(path, &k, NULL), len < 4095 ? TG_OK : TG_ESYNTAX);
        tg_keyboards_destroy(&k);
        file_write(path, text, len);
        assert_int_equal(tg_keyboards_read(path, &k, NULL), len < 4095 ? TG_OK : TG_ESYNTAX);
        tg_keyboards_destroy(&k);
    }
    tmpdir_remove(&dir);
    tg_keyboards_destroy(NULL);
}

static void missing_keyboards_are_told(void **state)
{
    struct tg_diags *diags = tg_diags_create();
    struct tg_keyboards *k = NULL;

    (void)state;
    assert_int_equal(tg_keyboards_read("/nonexistent/k.tsv", &k, diags), TG_EIO);
    assert_int_equal(tg_keyboards_read("/", &k, diags), TG_EIO);
    assert_int_equal(tg_diags_count(diags, TG_DIAG_ERROR), 2);
    assert_null(k);
    tg_diags_destroy(&diags);
}

static void out_of_memory_is_told(void **state)
{
    struct tg_keyboards *k = NULL;

    (void)state;
    oom_fail_at(1);
    assert_int_equal(tg_keyboards_read("/", &k, NULL), TG_ENOMEM);
    assert_true(oom_fired());
    assert_null(k);
}

/* Class, facts (popular, own suffixes, sparse, idn, delegated), advice. */
static const struct {
    enum tg_near_class kind;
    unsigned kinds;
    struct tg_near_facts facts;
    enum tg_mode mode, otherwise;
    enum tg_twin twin;
    enum tg_match match;
    enum tg_severity severity;
} advice[] = {
    /* A likely slip into a TLD of few names: block where the twin is known, else no mail. */
    {TG_NEAR_OMISSION, OMI, {5, false, true, false, true}, TG_MODE_BLOCK, TG_MODE_MAIL_ONLY,
        TG_TWIN_DNS, TG_MATCH_ALL, TG_SEVERITY_HIGH},
    {TG_NEAR_OMISSION, OMI, {10, false, true, false, true}, TG_MODE_BLOCK, TG_MODE_MAIL_ONLY,
        TG_TWIN_DNS, TG_MATCH_ALL, TG_SEVERITY_HIGH},
    /* Under com nearly every word exists: there only the list tells. */
    {TG_NEAR_ADJACENT, ADJ, {0, false, false, false, true}, TG_MODE_BLOCK, TG_MODE_MAIL_ONLY,
        TG_TWIN_LIST, TG_MATCH_ALL, TG_SEVERITY_HIGH},
    {TG_NEAR_TRANSPOSITION, TRA, {0, true, false, false, true}, TG_MODE_BLOCK, TG_MODE_MAIL_ONLY,
        TG_TWIN_LIST, TG_MATCH_DIRECT, TG_SEVERITY_HIGH},
    {TG_NEAR_DOUBLED, DOU, {0, false, false, false, true}, TG_MODE_BLOCK, TG_MODE_MAIL_ONLY,
        TG_TWIN_LIST, TG_MATCH_ALL, TG_SEVERITY_HIGH},
    /* More names: look first. Its public suffixes are left alone. */
    {TG_NEAR_OMISSION, OMI, {11, false, true, false, true}, TG_MODE_MONITOR, TG_MODE_MONITOR,
        TG_TWIN_NONE, TG_MATCH_ALL, TG_SEVERITY_LOW},
    {TG_NEAR_OMISSION, OMI, {100, true, true, false, true}, TG_MODE_MONITOR, TG_MODE_MONITOR,
        TG_TWIN_NONE, TG_MATCH_DIRECT, TG_SEVERITY_LOW},
    /* Full of names. */
    {TG_NEAR_OMISSION, OMI, {101, false, true, false, true}, TG_MODE_OFF, TG_MODE_OFF, TG_TWIN_NONE,
        TG_MATCH_ALL, TG_SEVERITY_LOW},
    /* Not known. */
    {TG_NEAR_OMISSION, OMI, {-1, false, true, false, true}, TG_MODE_MONITOR, TG_MODE_MONITOR,
        TG_TWIN_NONE, TG_MATCH_ALL, TG_SEVERITY_LOW},
    /* An unlikely slip: only that the twin exists tells, and only where that is rare. */
    {TG_NEAR_SUBSTITUTION, SUB | BIT, {0, false, true, false, true}, TG_MODE_BLOCK, TG_MODE_MONITOR,
        TG_TWIN_DNS, TG_MATCH_ALL, TG_SEVERITY_MEDIUM},
    {TG_NEAR_SUBSTITUTION, SUB, {0, false, false, false, true}, TG_MODE_MONITOR, TG_MODE_MONITOR,
        TG_TWIN_NONE, TG_MATCH_ALL, TG_SEVERITY_LOW},
    {TG_NEAR_INSERTION, INS | ADJ, {0, false, false, false, true}, TG_MODE_MONITOR, TG_MODE_MONITOR,
        TG_TWIN_NONE, TG_MATCH_ALL, TG_SEVERITY_LOW},
    /* An IDN that exists is a script's own; one that does not is a trap. */
    {TG_NEAR_VISUAL, VIS, {0, false, true, true, true}, TG_MODE_MONITOR, TG_MODE_MONITOR,
        TG_TWIN_NONE, TG_MATCH_ALL, TG_SEVERITY_LOW},
    {TG_NEAR_VISUAL, VIS, {-1, false, false, true, false}, TG_MODE_BLOCK, TG_MODE_BLOCK,
        TG_TWIN_NONE, TG_MATCH_ALL, TG_SEVERITY_HIGH},
};

static void advice_follows_the_evidence(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(advice); i++) {
        const struct tg_near near_miss = {.kind = advice[i].kind, .kinds = advice[i].kinds};
        struct tg_near_advice out;

        tg_near_advise(&near_miss, &advice[i].facts, &out);
        if (out.mode != advice[i].mode || out.otherwise != advice[i].otherwise ||
            out.twin != advice[i].twin || out.match != advice[i].match ||
            out.severity != advice[i].severity)
            fail_msg("advice %zu: %s, %s, %s, %s, %s", i, tg_mode_text(out.mode),
                tg_mode_text(out.otherwise), tg_twin_text(out.twin), tg_match_text(out.match),
                tg_severity_text(out.severity));
        assert_true(strlen(out.why) > 0);
        assert_null(strchr(out.why, '\n'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_misses_are_classified),
        cmocka_unit_test(others_are_not),
        cmocka_unit_test(works_without_keyboards_and_skeletons),
        cmocka_unit_test(agrees_with_the_distance),
        cmocka_unit_test(classes_have_words),
        cmocka_unit_test(shipped_keyboards_are_symmetric),
        cmocka_unit_test(bad_keyboards_are_refused),
        cmocka_unit_test(lines_are_read_as_they_come),
        cmocka_unit_test(missing_keyboards_are_told),
        cmocka_unit_test(out_of_memory_is_told),
        cmocka_unit_test(advice_follows_the_evidence),
    };

    return cmocka_run_group_tests_name("nearmiss", tests, setup, teardown);
}
