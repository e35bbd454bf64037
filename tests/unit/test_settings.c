/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/oom.h"
#include "tldguard/settings.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* The output starts as this: whatever changes it on failure shows. */
static struct tg_settings *const untouched = (struct tg_settings *)(uintptr_t)0x5a5a;

#define KEY_1 "RWRq/8ARJtIw/qvQ2ZjpiXNPFnTcvJPL9BbIZRBrBSdNmHzTyIfV8KFd"
#define KEY_2 "RWQhPsGg0ff6imwmtmBKVR1PJLbPax2GlPHMNb1L9KRk9egG76Oyj3eS"

static char path[] = "/tmp/test_settings.XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_server(void **state)
{
    static const struct {
        const char *text;
        const char *address; /* NULL: it is none */
        uint16_t port;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1", 53},
        {"192.0.2.1@1", "192.0.2.1", 1},
        {"2001:db8::53@65535", "2001:db8::53", 65535},
        {"::1", "::1", 53},
        {"2001:db8:ffff:ffff:ffff:ffff:192.0.2.255@5353",
            "2001:db8:ffff:ffff:ffff:ffff:192.0.2.255", 5353},
        {"", NULL, 0},
        {"@53", NULL, 0},
        {"127.0.0.1@", NULL, 0},
        {"127.0.0.1@0", NULL, 0},
        {"127.0.0.1@65536", NULL, 0},
        {"127.0.0.1@0000053", NULL, 0},
        {"127.0.0.1@53 ", NULL, 0},
        {"127.0.0.1@+53", NULL, 0},
        {"127.0.0.1@53@53", NULL, 0},
        {"127.0.0.1:53", NULL, 0},
        {"127.0.0.256", NULL, 0},
        {"fe80::1%lo", NULL, 0},
        {"localhost", NULL, 0},
        {"2001:db8:ffff:ffff:ffff:ffff:192.0.2.255.255.255", NULL, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tg_server server = {"untouched", 7};
        if (tg_server_parse(cases[i].text, &server) != (cases[i].address != NULL))
            fail_msg("%s", cases[i].text);
        assert_string_equal(server.address, cases[i].address ? cases[i].address : "untouched");
        assert_int_equal(server.port, cases[i].address ? cases[i].port : 7);
    }
}

/* None is a text of its own. */
static bool same_text(const char *a, const char *b)
{
    return a != NULL && b != NULL ? strcmp(a, b) == 0 : a == b;
}

static void test_good(void **state)
{
    static const struct {
        const char *text;
        const char *policy;
        const char *log;
        enum tg_on_error on_error;
        const char *stats; /* NULL: the default */
        const char *syslog, *journal;
        bool sync;
    } cases[] = {
        /* Nothing said: the defaults of configure, and refuse. */
        {"", TG_DEFAULT_POLICY, TG_DEFAULT_LOG, TG_ON_ERROR_REFUSE, NULL, NULL, NULL, false},
        {"# all defaults\n", TG_DEFAULT_POLICY, TG_DEFAULT_LOG, TG_ON_ERROR_REFUSE, NULL, NULL,
            NULL, false},
        {"---\n", TG_DEFAULT_POLICY, TG_DEFAULT_LOG, TG_ON_ERROR_REFUSE, NULL, NULL, NULL, false},
        {"{}\n", TG_DEFAULT_POLICY, TG_DEFAULT_LOG, TG_ON_ERROR_REFUSE, NULL, NULL, NULL, false},
        {"policy: /p\n", "/p", TG_DEFAULT_LOG, TG_ON_ERROR_REFUSE, NULL, NULL, NULL, false},
        {"log: \"/l o\"\non-error: refuse\n", TG_DEFAULT_POLICY, "/l o", TG_ON_ERROR_REFUSE, NULL,
            NULL, NULL, false},
        {"on-error: pass\nlog: /l\npolicy: /p\n", "/p", "/l", TG_ON_ERROR_PASS, NULL, NULL, NULL,
            false},
        {"stats: /s\n", TG_DEFAULT_POLICY, TG_DEFAULT_LOG, TG_ON_ERROR_REFUSE, "/s", NULL, NULL,
            false},
        {"sync: batch\n", TG_DEFAULT_POLICY, TG_DEFAULT_LOG, TG_ON_ERROR_REFUSE, NULL, NULL, NULL,
            true},
        {"sync: none\nsyslog: /dev/log\njournal: /j\n", TG_DEFAULT_POLICY, TG_DEFAULT_LOG,
            TG_ON_ERROR_REFUSE, NULL, "/dev/log", "/j", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tg_settings *settings = NULL;
        struct tg_diags *diags = tg_diags_create();
        write_file(cases[i].text);
        assert_int_equal(tg_settings_read(path, &settings, diags), TG_OK);
        assert_int_equal(tg_diags_kept(diags), 0);
        assert_string_equal(settings->policy, cases[i].policy);
        assert_string_equal(settings->log, cases[i].log);
        assert_string_equal(settings->stats, cases[i].stats ? cases[i].stats : TG_DEFAULT_STATS);
        assert_int_equal(settings->on_error, cases[i].on_error);
        assert_true(same_text(settings->syslog, cases[i].syslog));
        assert_true(same_text(settings->journal, cases[i].journal));
        assert_int_equal(settings->sync, cases[i].sync);
        tg_settings_destroy(&settings);
        assert_null(settings);
        tg_diags_destroy(&diags);
    }
}

static void test_bad(void **state)
{
    static const struct {
        const char *text;
        enum tg_status status;
        unsigned line;
        unsigned col;
        const char *message;
    } cases[] = {
        {"policy: [x\n", TG_ESYNTAX, 2, 1, "bracket"},
        {"- policy\n", TG_EPOLICY, 1, 1, "must be a mapping"},
        /* The resolver changes its folder, so a relative path would change its meaning. */
        {"policy: p.cdb\n", TG_EPOLICY, 1, 9, "starts with '/'"},
        {"log:  ./l\n", TG_EPOLICY, 1, 7, "starts with '/'"},
        {"log: ~/l\n", TG_EPOLICY, 1, 6, "starts with '/'"},
        {"stats: run/stats\n", TG_EPOLICY, 1, 8, "'stats' must be a path that starts with '/'"},
        {"syslog: log\n", TG_EPOLICY, 1, 9, "'syslog' must be a path that starts with '/'"},
        {"journal: yes\n", TG_EPOLICY, 1, 10, "'journal' must be a path that starts with '/'"},
        {"sync: always\n", TG_EPOLICY, 1, 7, "use one of: none, batch"},
        {"log:\n", TG_EPOLICY, 1, 1, "no value"},
        {"log: [/l]\n", TG_EPOLICY, 1, 6, "must be one value"},
        {"log: \"/l\\0x\"\n", TG_EPOLICY, 1, 6, "control character"},
        {"policy: /p\nplicy: /q\n", TG_EPOLICY, 2, 1, "did you mean 'policy'?"},
        {"policy: /p\npolicy: /q\n", TG_EPOLICY, 2, 1, "given twice; the first is on line 1"},
        {"on_error: pass\n", TG_EPOLICY, 1, 1, "did you mean 'on-error'?"},
        {"on-error: ignore\n", TG_EPOLICY, 1, 11, "use one of: refuse, pass"},
        {"on-error: Pass\n", TG_EPOLICY, 1, 11, "did you mean 'pass'?"},
        /* Nobody is believed unless he is named. */
        {"client-id:\n", TG_EPOLICY, 1, 1, "'client-id' must be a mapping"},
        {"client-id: [10.0.0.1]\n", TG_EPOLICY, 1, 12, "'client-id' must be a mapping"},
        {"client-id: {}\n", TG_EPOLICY, 1, 12, "lacks the key 'from'"},
        {"client-id: {accept: ecs}\n", TG_EPOLICY, 1, 12, "lacks the key 'from'"},
        {"client-id: {from: []}\n", TG_EPOLICY, 1, 19, "'from' is empty"},
        {"client-id: {from: }\n", TG_EPOLICY, 1, 13, "'from' has no value"},
        {"client-id: {from: {a: b}}\n", TG_EPOLICY, 1, 19, "'from' must be one value"},
        {"client-id: {frm: [::1]}\n", TG_EPOLICY, 1, 13, "did you mean 'from'?"},
        {"client-id: {from: ns.example}\n", TG_EPOLICY, 1, 19, "is no IP address or prefix"},
        {"client-id: {from: [\"::1\", 10.1.2.3/24]}\n", TG_EPOLICY, 1, 27,
            "'10.1.2.3/24' in 'from' has bits behind its length; write '10.1.2.0/24'"},
        {"client-id: {from: 10.0.0.0/33}\n", TG_EPOLICY, 1, 19, "from 0 to 32"},
        {"client-id: {from: 2001:db8::/129}\n", TG_EPOLICY, 1, 19, "from 0 to 128"},
        {"client-id: {from: \"::ffff:10.0.0.1\"}\n", TG_EPOLICY, 1, 19, "write it as IPv4"},
        {"client-id: {from: 10.0.0.1, accept: []}\n", TG_EPOLICY, 1, 37, "'accept' is empty"},
        {"client-id: {from: 10.0.0.1, accept: }\n", TG_EPOLICY, 1, 29, "'accept' has no value"},
        {"client-id: {from: 10.0.0.1, accept: [ecs, cpe]}\n", TG_EPOLICY, 1, 43,
            "unknown accept 'cpe'"},
        {"client-id: {from: 10.0.0.1, accept: [ecs, mac, ecs]}\n", TG_EPOLICY, 1, 48,
            "'ecs' is given twice"},
        /* Nobody who is not named may sign; a wrong key is not just left out. */
        {"trusted-keys:\n", TG_EPOLICY, 1, 1, "'trusted-keys' has no value"},
        {"trusted-keys: []\n", TG_EPOLICY, 1, 15, "'trusted-keys' is empty"},
        {"trusted-keys: {a: b}\n", TG_EPOLICY, 1, 15, "'trusted-keys' must be one value"},
        {"trusted-keys: RWRq\n", TG_EPOLICY, 1, 15, "'RWRq' in 'trusted-keys' is no public key"},
        {"trusted-keys: [" KEY_1 ", " KEY_2 ", " KEY_1 "]\n", TG_EPOLICY, 1, 132, "given twice"},
        {"trusted-keys: keys/a.pub\n", TG_EPOLICY, 1, 15, "or write the path of its file"},
        {"trusted-keys: /nonexistent/a.pub\n", TG_EPOLICY, 1, 15, "No such file"},
        {"trusted-keys: /tmp\n", TG_EPOLICY, 1, 15, "Is a directory"},
        {"trusted-keys: /dev/null\n", TG_EPOLICY, 1, 15, "not a regular file"},
        {"trusted-keys: /etc/passwd\n", TG_EPOLICY, 1, 15, "must stand in front"},
        {"resolver: localhost\n", TG_EPOLICY, 1, 11, "must be an address"},
        {"resolver: [127.0.0.1]\n", TG_EPOLICY, 1, 11, "'resolver' must be one value"},
        {"resolver:\n", TG_EPOLICY, 1, 1, "'resolver' has no value"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tg_settings *settings = untouched;
        struct tg_diags *diags = tg_diags_create();
        write_file(cases[i].text);
        assert_int_equal(tg_settings_read(path, &settings, diags), cases[i].status);
        assert_ptr_equal(settings, untouched);
        assert_int_equal(tg_diags_kept(diags), 1);
        const struct tg_diag *diag = tg_diags_get(diags, 0);
        if (!strstr(diag->text, cases[i].message))
            print_message("'%s' is not in '%s'\n", cases[i].message, diag->text);
        assert_non_null(strstr(diag->text, cases[i].message));
        assert_string_equal(diag->file, path);
        assert_int_equal(diag->line, cases[i].line);
        assert_int_equal(diag->col, cases[i].col);
        tg_diags_destroy(&diags);
        assert_int_equal(tg_settings_read(path, &settings, NULL), cases[i].status);
    }
}

/* What forwarders are believed, and what of them: FROM as addresses in IPv6 with a length. */
static void test_forwarders(void **state)
{
    static const struct {
        const char *text;
        unsigned accept;
        const char *from;
    } cases[] = {
        {"log: /l\n", TG_ID_ALL, ""},
        {"client-id:\n  from: [10.0.0.53, \"2001:db8::53/128\", 127.0.0.0/8]\n", TG_ID_ALL,
            "::ffff:10.0.0.53/128 2001:db8::53/128 ::ffff:127.0.0.0/104 "},
        {"client-id: {from: 10.0.0.53, accept: mac}\n", TG_ID_MAC, "::ffff:10.0.0.53/128 "},
        {"client-id: {accept: [umbrella, cpe-id], from: \"::/0\"}\n", TG_ID_UMBRELLA | TG_ID_CPE,
            "::/0 "},
        {"client-id: {from: 0.0.0.0/0, accept: [ecs, mac, cpe-id, umbrella]}\n", TG_ID_ALL,
            "::ffff:0.0.0.0/96 "},
        /* the same twice says nothing wrong */
        {"client-id: {from: [10.0.0.1, 10.0.0.1], accept: [ecs]}\n", TG_ID_ECS,
            "::ffff:10.0.0.1/128 ::ffff:10.0.0.1/128 "},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tg_settings *settings = NULL;
        char from[256] = "";
        write_file(cases[i].text);
        assert_int_equal(tg_settings_read(path, &settings, NULL), TG_OK);
        for (size_t n = 0; n < settings->forwarders.count; n++) {
            char address[INET6_ADDRSTRLEN];
            const size_t used = strlen(from);
            inet_ntop(
                AF_INET6, settings->forwarders.from[n].prefix.octets, address, sizeof(address));
            snprintf(from + used, sizeof(from) - used, "%s/%u ", address,
                settings->forwarders.from[n].length);
        }
        assert_string_equal(from, cases[i].from);
        assert_int_equal(settings->forwarders.accept, cases[i].accept);
        tg_settings_destroy(&settings);
    }
}

/* As many forwarders as there may be, and one more. */
static void test_many_forwarders(void **state)
{
    static char text[32 * (TG_FORWARDERS_MAX + 2)];
    (void)state;
    for (size_t count = TG_FORWARDERS_MAX; count <= TG_FORWARDERS_MAX + 1; count++) {
        struct tg_settings *settings = untouched;
        struct tg_diags *diags = tg_diags_create();
        size_t used = (size_t)sprintf(text, "client-id:\n  from:\n");
        for (size_t i = 0; i < count; i++)
            used += (size_t)sprintf(text + used, "    - 10.0.%zu.%zu\n", i / 256, i % 256);
        write_file(text);
        if (count == TG_FORWARDERS_MAX) {
            assert_int_equal(tg_settings_read(path, &settings, diags), TG_OK);
            assert_int_equal(settings->forwarders.count, TG_FORWARDERS_MAX);
            tg_settings_destroy(&settings);
        } else {
            assert_int_equal(tg_settings_read(path, &settings, diags), TG_EPOLICY);
            assert_ptr_equal(settings, untouched);
            assert_int_equal(tg_diags_kept(diags), 1);
            assert_string_equal(tg_diags_get(diags, 0)->text, "257 prefixes; 256 are the most");
            assert_int_equal(tg_diags_get(diags, 0)->line, 3);
        }
        tg_diags_destroy(&diags);
    }
}

/* Keys as text and as a file, as many as there may be, and one more. */
static void test_trusted(void **state)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQ";
    char text[4096], key_path[] = "/tmp/test_settings.XXXXXX";
    const int fd = mkstemp(key_path);
    (void)state;
    assert_true(fd >= 0);
    dprintf(fd, "untrusted comment: minisign public key\n" KEY_2 "\n");
    close(fd);
    for (size_t count = TG_TRUST_KEYS_MAX; count <= TG_TRUST_KEYS_MAX + 1; count++) {
        struct tg_settings *settings = untouched;
        struct tg_diags *diags = tg_diags_create();
        size_t used = (size_t)sprintf(text, "trusted-keys:\n  - %s\n", key_path);
        for (size_t i = 1; i < count; i++)
            used += (size_t)sprintf(text + used, "  - %.55s%c\n", KEY_1, digits[i]);
        write_file(text);
        assert_int_equal(tg_settings_read(path, &settings, diags),
            count == TG_TRUST_KEYS_MAX ? TG_OK : TG_EPOLICY);
        if (count == TG_TRUST_KEYS_MAX) {
            assert_int_equal(settings->trusted.count, TG_TRUST_KEYS_MAX);
            assert_int_equal(settings->trusted.key[0].id[0], 0x21);
            assert_int_equal(settings->trusted.key[1].id[0], 0x6a);
            assert_string_equal(settings->allow_older, TG_DEFAULT_POLICY ".allow-older");
            tg_settings_destroy(&settings);
        } else {
            assert_ptr_equal(settings, untouched);
            assert_string_equal(tg_diags_get(diags, 0)->text, "17 keys; 16 are the most");
        }
        tg_diags_destroy(&diags);
    }
    assert_int_equal(unlink(key_path), 0);
    write_file("trusted-keys: " KEY_1 "\n");
    struct tg_settings *settings = NULL;
    assert_int_equal(tg_settings_read(path, &settings, NULL), TG_OK);
    assert_int_equal(settings->trusted.count, 1);
    tg_settings_destroy(&settings);
    /* without the setting nobody needs to sign */
    write_file("log: /l\n");
    assert_int_equal(tg_settings_read(path, &settings, NULL), TG_OK);
    assert_int_equal(settings->trusted.count, 0);
    tg_settings_destroy(&settings);
}

/* Every error at once, in the order of the text. */
static void test_all_errors(void **state)
{
    struct tg_settings *settings = untouched;
    struct tg_diags *diags = tg_diags_create();
    (void)state;
    write_file("log: l\nfoo: 1\npolicy: p\non-error: 7\n"
               "client-id: {from: [x,\n  y], accept: [ecs,\n  z]}\n");
    assert_int_equal(tg_settings_read(path, &settings, diags), TG_EPOLICY);
    assert_int_equal(tg_diags_kept(diags), 7);
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(tg_diags_get(diags, i)->line, i + 1);
    tg_diags_destroy(&diags);
}

static void test_read_fails(void **state)
{
    struct tg_settings *settings = untouched;
    struct tg_diags *diags = tg_diags_create();
    (void)state;
    assert_int_equal(tg_settings_read("/nonexistent/t.conf", &settings, diags), TG_EIO);
    assert_string_equal(tg_diags_get(diags, 0)->file, "/nonexistent/t.conf");
    assert_non_null(strstr(tg_diags_get(diags, 0)->text, "No such file"));
    assert_int_equal(tg_settings_read("/tmp", &settings, diags), TG_EIO);
    assert_int_equal(truncate(path, 64 * 1024 * 1024 + 1), 0);
    assert_int_equal(tg_settings_read(path, &settings, diags), TG_ETOOBIG);
    assert_int_equal(tg_diags_count(diags, TG_DIAG_ERROR), 3);
    assert_ptr_equal(settings, untouched);
    tg_diags_destroy(&diags);
}

/* Each allocation fails once. */
static void test_oom(void **state)
{
    static const struct {
        const char *text;
        enum tg_status status;
    } cases[] = {
        {"policy: /p\nlog: /l\nstats: /s\nsyslog: /y\njournal: /j\nsync: batch\non-error: pass\n",
            TG_OK},
        {"client-id: {from: [10.0.0.1], accept: [ecs]}\n", TG_OK},
        {"", TG_OK},
        {"trusted-keys: [" KEY_1 ", " KEY_2 "]\n", TG_OK},
        {"policy: /p\nlog: l\nfoo: 1\n", TG_EPOLICY},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool fired = true;
        write_file(cases[i].text);
        for (size_t n = 1; fired; n++) {
            struct tg_settings *settings = untouched;
            oom_fail_at(n);
            enum tg_status status = tg_settings_read(path, &settings, NULL);
            fired = oom_fired();
            oom_fail_at(0);
            assert_int_equal(status, fired ? TG_ENOMEM : cases[i].status);
            if (status == TG_OK)
                tg_settings_destroy(&settings);
            else
                assert_ptr_equal(settings, untouched);
            assert_true(n < 1000);
        }
    }
}

static void test_destroy(void **state)
{
    struct tg_settings *none = NULL;
    (void)state;
    tg_settings_destroy(NULL);
    tg_settings_destroy(&none);
    assert_null(none);
    /* half-built */
    none = calloc(1, sizeof(*none));
    assert_non_null(none);
    tg_settings_destroy(&none);
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server),
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_forwarders),
        cmocka_unit_test(test_many_forwarders),
        cmocka_unit_test(test_trusted),
        cmocka_unit_test(test_all_errors),
        cmocka_unit_test(test_read_fails),
        cmocka_unit_test(test_oom),
        cmocka_unit_test(test_destroy),
    };
    return cmocka_run_group_tests_name("settings", tests, make_file, remove_file);
}
