/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tools/log.h: the scanner reads what jansson reads, and refuses what it refuses. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/gen.h"
#include "tldguard/event.h"
#include "tools/log.h"

static const char *const paths[TG_FIELDS][3] = {
    [TG_FIELD_TIME] = {"@timestamp"},
    [TG_FIELD_MESSAGE] = {"message"},
    [TG_FIELD_ACTION] = {"event", "action"},
    [TG_FIELD_ID] = {"event", "id"},
    [TG_FIELD_SEQUENCE] = {"event", "sequence"},
    [TG_FIELD_RCODE] = {"dns", "response_code"},
    [TG_FIELD_NAME] = {"dns", "question", "name"},
    [TG_FIELD_TYPE] = {"dns", "question", "type"},
    [TG_FIELD_CLIENT] = {"source", "ip"},
    [TG_FIELD_MAC] = {"source", "mac"},
    [TG_FIELD_ECS] = {"tldguard", "client", "ecs"},
    [TG_FIELD_RULE] = {"rule", "id"},
    [TG_FIELD_HOST] = {"observer", "hostname"},
    [TG_FIELD_ERROR] = {"error", "message"},
    [TG_FIELD_MODE] = {"tldguard", "mode"},
    [TG_FIELD_REPLY] = {"tldguard", "reply"},
    [TG_FIELD_SEVERITY] = {"tldguard", "severity"},
    [TG_FIELD_VIA] = {"tldguard", "via"},
    [TG_FIELD_TWIN] = {"tldguard", "twin"},
    [TG_FIELD_GROUP] = {"tldguard", "group"},
    [TG_FIELD_TRANSPORT] = {"tldguard", "transport"},
    [TG_FIELD_SERIAL] = {"tldguard", "serial"},
    [TG_FIELD_LOST] = {"tldguard", "lost"},
    [TG_FIELD_BOOT] = {"tldguard", "boot"},
    [TG_FIELD_SERIES] = {"tldguard", "log"},
    [TG_FIELD_CRASH] = {"tldguard", "crash"},
    [TG_FIELD_CHAIN] = {"tldguard", "chain"},
    [TG_FIELD_PORT] = {"source", "port"},
    [TG_FIELD_CLASS] = {"dns", "question", "class"},
    [TG_FIELD_CATEGORY] = {"rule", "category"},
    [TG_FIELD_KNOWN] = {"tldguard", "twin_known"},
    [TG_FIELD_VERSION] = {"observer", "version"},
};

static bool is_count(size_t field)
{
    return field == TG_FIELD_SEQUENCE || field == TG_FIELD_SERIAL || field == TG_FIELD_LOST ||
           field == TG_FIELD_PORT;
}

struct fixture {
    struct tg_scanner scanner;
    struct tg_logged event;
    char line[TG_LOG_LINE_MAX + 8];
};

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static enum tg_broken scan(struct fixture *f, const char *text, size_t len)
{
    memcpy(f->line, text, len);
    f->line[len] = '\n';
    return tg_scan(&f->scanner, (struct tg_slice){f->line, len}, &f->event);
}

/* What jansson finds at a path: NULL: nothing; *good false: not what our events have. */
static const json_t *at(const json_t *root, size_t field, bool *good)
{
    for (size_t i = 0; i < 3 && paths[field][i]; i++) {
        if (!json_is_object(root))
            *good = false;
        root = json_object_get(root, paths[field][i]);
        if (!root)
            return NULL;
    }
    if (is_count(field)           ? !json_is_integer(root) || json_integer_value(root) < 0
        : field == TG_FIELD_CRASH ? !json_is_boolean(root)
                                  : !json_is_string(root))
        *good = false;
    return root;
}

static void assert_field(const struct fixture *f, size_t field, const json_t *wanted)
{
    const struct tg_slice got = f->event.field[field];

    if (!wanted) {
        assert_null(got.at);
    } else if (field == TG_FIELD_CRASH) {
        assert_true(tg_slice_is(got, json_is_true(wanted) ? "true" : "false"));
    } else if (is_count(field)) {
        assert_int_equal(tg_slice_count(got), json_integer_value(wanted));
    } else {
        assert_int_equal(got.len, json_string_length(wanted));
        assert_memory_equal(got.at, json_string_value(wanted), got.len);
    }
}

/* The same from both. @return whether it is an event. */
static bool agree(struct fixture *f, const char *text, size_t len)
{
    const enum tg_broken broken = scan(f, text, len);
    json_error_t error = {0};
    json_t *once = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    json_t *root = once ? json_incref(once) : json_loadb(text, len, 0, &error);
    const json_t *found[TG_FIELDS];
    bool good = json_is_object(root);
    int64_t time;

    /* Numbers that it cannot hold, and that we pass over. */
    if (strstr(error.text, "overflow") || strstr(error.text, "too big"))
        goto done;
    for (size_t i = 0; i < TG_FIELDS && good; i++)
        found[i] = at(root, i, &good);
    good = good && found[TG_FIELD_TIME] && found[TG_FIELD_ACTION] &&
           tg_parse_stamp(f->event.field[TG_FIELD_TIME], &time) &&
           (found[TG_FIELD_NAME] ||
               strncmp(json_string_value(found[TG_FIELD_ACTION]), "dns-", 4) != 0);
    if (good && broken != TG_BROKEN_NOT) {
        /* Of what we need nothing may be there twice, and no count may be minus nought. */
        if (once && !memmem(text, len, ":-0", 3))
            fail_msg(
                "refused (%s at %zu): %.*s", f->scanner.why, f->scanner.column, (int)len, text);
    } else if (!good && broken == TG_BROKEN_NOT) {
        fail_msg("taken: %.*s", (int)len, text);
    }
    for (size_t i = 0; i < TG_FIELDS && broken == TG_BROKEN_NOT; i++)
        assert_field(f, i, found[i]);
done:
    json_decref(once);
    json_decref(root);
    return broken == TG_BROKEN_NOT;
}

static const char whole_line[] =
    "{\"@timestamp\":\"2026-11-22T02:31:01.115743Z\",\"message\":\"blocked\",\"event\":{\"action\":"
    "\"dns-block\",\"severity\":73,\"type\":[\"denied\",\"protocol\"],\"id\":\"vm-6b-1\","
    "\"sequence\":10},\"dns\":{\"header_flags\":[\"RD\"],\"response_code\":\"NXDOMAIN\","
    "\"question\":{\"name\":\"a\\\\000\\\\\\\"b.ml\",\"type\":\"MX\",\"class\":\"IN\"}},\"source\":"
    "{\"ip\":"
    "\"10.1.2.3\",\"port\":53124,\"mac\":\"00-11\"},\"rule\":{\"id\":\"ml\",\"category\":\"look-"
    "alike-tld\"},\"observer\":{"
    "\"version\":\"0.1.0\",\"hostname\":\"vm\"},\"related\":{\"ip\":[\"10.1.2.3\"],\"hosts\":[]},"
    "\"tldguard\":{\"mode\":"
    "\"block\",\"reply\":\"NXDOMAIN\",\"severity\":\"high\",\"twin\":\"army.mil\",\"twin_known\":"
    "\"listed\",\"group\":"
    "\"caf\\u00e9 \\ud83d\\ude00 \xc3\xa9\",\"client\":{\"ecs\":\"192.0.2.0/24\",\"malformed\":["
    "\"mac\"]},\"transport\":\"udp\",\"serial\":2026112201,\"lost\":3,\"boot\":\"6b\",\"log\":"
    "\"6b\",\"crash\":true,\"chain\":\"00\"}}";
static const char service_line[] =
    "{\"event\":{\"action\":\"policy-rejected\"},\"error\":{\"message\":\"a\\tb\"},\"extra\":[1,"
    "-2.5e+3,true,false,null,{\"event\":{\"action\":1}},[[]],{}],\"@timestamp\":"
    "\"2026-11-22T02:31:01Z\"}";
static const char spaced_line[] =
    " { \"@timestamp\" : \"2026-11-22T04:31:01+02:00\" , \"ev\\u0065nt\" :\t{ \"action\" : "
    "\"dns-observe\" } , \"dns\" : { \"question\" : { \"name\" : \"x\" } } , \"n\" : [ ] } \r";
static const char *const lines[] = {whole_line, service_line, spaced_line};
#define LINES (sizeof(lines) / sizeof(lines[0]))

static void test_lines(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < LINES; i++)
        assert_true(agree(f, lines[i], strlen(lines[i])));
    /* An offset is of the time, not of what is shown. */
    assert_int_equal(f->event.time, INT64_C(1795314661) * 1000000);
    assert_int_equal(f->event.verdict, TG_LOG_WATCHED);
    assert_int_equal(scan(f, lines[0], strlen(lines[0])), TG_BROKEN_NOT);
    assert_int_equal(f->event.verdict, TG_LOG_BLOCKED);
    assert_int_equal(scan(f, lines[1], strlen(lines[1])), TG_BROKEN_NOT);
    assert_int_equal(f->event.verdict, TG_LOG_SERVICE);
}

/* However it is cut, it is torn; two in one are glued. */
static void test_torn(void **state)
{
    struct fixture *f = *state;
    const size_t len = strlen(lines[0]);
    char *both = malloc(2 * len);

    assert_non_null(both);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(scan(f, lines[0], i), TG_BROKEN_TORN);
        memcpy(both, lines[0], i + 1);
        memcpy(both + i + 1, lines[0], len);
        assert_int_equal(scan(f, both, i + 1 + len - 1), TG_BROKEN_GLUED);
    }
    free(both);
}

/* Valid JSON, and no event of ours; and what JSON is not. */
static void test_refused(void **state)
{
    static const char *const cases[] = {
        "[]",
        "1",
        "null",
        "\"x\"",
        "{}",
        "nonsense",
        "{\"event\":{\"action\":\"x\"}}",
        /* no time */
        "{\"@timestamp\":\"yesterday\",\"event\":{\"action\":\"x\"}}",
        "{\"@timestamp\":\"2026-02-29T00:00:00Z\",\"event\":{\"action\":\"x\"}}",
        "{\"@timestamp\":\"2026-11-22T24:00:00Z\",\"event\":{\"action\":\"x\"}}",
        "{\"@timestamp\":\"2026-11-22T00:00:00\",\"event\":{\"action\":\"x\"}}",
        /* another kind */
        "{\"@timestamp\":1,\"event\":{\"action\":\"x\"}}",
        "{\"@timestamp\":\"2026-11-22T00:00:00Z\",\"event\":\"x\"}",
        "{\"@timestamp\":\"2026-11-22T00:00:00Z\",\"event\":{\"action\":\"x\",\"sequence\":1.0}}",
        "{\"@timestamp\":\"2026-11-22T00:00:00Z\",\"event\":{\"action\":\"x\",\"sequence\":-1}}",
        /* a question without a name */
        "{\"@timestamp\":\"2026-11-22T00:00:00Z\",\"event\":{\"action\":\"dns-block\"}}",
        /* texts */
        "{\"@timestamp\":\"2026-11-22T00:00:00Z\",\"event\":{\"action\":\"x\\u0000\"}}",
        "{\"@timestamp\":\"2026-11-22T00:00:00Z\",\"event\":{\"action\":\"x\\ud800\"}}",
        "{\"@timestamp\":\"2026-11-22T00:00:00Z\",\"event\":{\"action\":\"x\x1b[2J\"}}",
        "{\"@timestamp\":\"2026-11-22T00:00:00Z\",\"event\":{\"action\":\"x\xff\"}}",
        "{\"@timestamp\":\"2026-11-22T00:00:00Z\",\"event\":{\"action\":\"x\xc0\xaf\"}}",
        "{\"@timestamp\":\"2026-11-22T00:00:00Z\",\"event\":{\"action\":\"x\"},\"n\":01}",
        "{\"@timestamp\":\"2026-11-22T00:00:00Z\",\"event\":{\"action\":\"x\"},}",
    };
    /* Which of the two would count? */
    static const char twice[] = "{\"@timestamp\":\"2026-11-22T00:00:00Z\",\"event\":{\"action\":"
                                "\"x\"},\"source\":{\"ip\":\"10.0.0.1\",\"ip\":\"10.0.0.2\"}}";
    static const char objects[] =
        "{\"@timestamp\":\"2026-11-22T00:00:00Z\",\"event\":{\"action\":"
        "\"x\"},\"source\":{\"ip\":\"10.0.0.1\"},\"source\":{\"ip\":\"10.0.0.2\"}}";

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_false(agree(*state, cases[i], strlen(cases[i])));
    assert_int_equal(scan(*state, twice, strlen(twice)), TG_BROKEN_SYNTAX);
    assert_int_equal(scan(*state, objects, strlen(objects)), TG_BROKEN_SYNTAX);
}

/* As deep as a line is long: refused, and the stack holds. */
static void test_deep(void **state)
{
    char *deep = malloc(TG_LOG_LINE_MAX);

    assert_non_null(deep);
    memset(deep, '[', TG_LOG_LINE_MAX);
    memcpy(deep, "{\"a\":", 5);
    assert_int_not_equal(scan(*state, deep, TG_LOG_LINE_MAX), TG_BROKEN_NOT);
    free(deep);
}

/* Members in any order, at each level. */
static json_t *shuffled(const json_t *value, uint64_t *seed)
{
    json_t *new, *member;
    const char *key, **keys;
    size_t count, i = 0;

    if (!json_is_object(value))
        return json_deep_copy(value);
    new = json_object();
    count = json_object_size(value);
    keys = calloc(count + 1, sizeof(*keys));
    assert_non_null(keys);
    json_object_foreach((json_t *)(uintptr_t)value, key, member) keys[i++] = key;
    for (; i > 0; i--) {
        const size_t pick = gen_below(seed, (uint32_t)i);
        assert_int_equal(json_object_set_new(
                             new, keys[pick], shuffled(json_object_get(value, keys[pick]), seed)),
            0);
        keys[pick] = keys[i - 1];
    }
    free(keys);
    return new;
}

static void test_any_order(void **state)
{
    static const size_t forms[] = {JSON_COMPACT, JSON_ENSURE_ASCII, JSON_ESCAPE_SLASH, 0};
    uint64_t seed = 1;

    for (size_t i = 0; i < 3000; i++) {
        json_t *line = json_loads(lines[i % LINES], 0, NULL), *other = shuffled(line, &seed);
        char *text = json_dumps(other, forms[gen_below(&seed, 4)]);
        assert_true(agree(*state, text, strlen(text)));
        free(text);
        json_decref(line);
        json_decref(other);
    }
}

/* A few octets changed, added, removed, or copied from elsewhere. */
static void test_changed(void **state)
{
    static const char octets[] = "\"\\{}[]:,0123456789-+.eEuntfr \x01\x1b\x7f\x80\xc3\xa9\xed\xff";
    char text[2048];
    uint64_t seed = 2;
    size_t good = 0;

    for (size_t i = 0; i < 200000; i++) {
        size_t len = strlen(lines[i % LINES]);
        memcpy(text, lines[i % LINES], len);
        for (uint32_t changes = 1 + gen_below(&seed, 3); changes > 0; changes--) {
            const size_t where = gen_below(&seed, (uint32_t)len),
                         from = gen_below(&seed, (uint32_t)len);
            const uint32_t what = gen_below(&seed, 4);
            if (what == 0) {
                text[where] = octets[gen_below(&seed, sizeof(octets) - 1)];
            } else if (what == 1) {
                memmove(text + where, text + where + 1, len - where - 1);
                len--;
            } else if (what == 2) {
                memmove(text + where + 1, text + where, len - where);
                text[where] = octets[gen_below(&seed, sizeof(octets) - 1)];
                len++;
            } else {
                text[where] = text[from];
            }
        }
        good += agree(*state, text, len);
    }
    /* Both sorts are among them. */
    assert_in_range(good, 20000, 180000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_torn),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_changed),
    };

    return cmocka_run_group_tests_name("log_scan", tests, setup, teardown);
}
