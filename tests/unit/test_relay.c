/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Lines of the log, as syslog (RFC 5424) and the journal get them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "module/relay.h"
#include "tests/support/tmpdir.h"
#include "tldguard/event.h"

#define LINE                                                                                    \
    "{\"@timestamp\":\"2026-11-22T00:00:00.010000Z\",\"message\":\"blocked MX a\\\\\\\"b.ml\"," \
    "\"event\":{\"kind\":\"alert\",\"action\":\"dns-block\"},\"dns\":{\"question\":{"           \
    "\"name\":\"a\\\\\\\"b.ml\"}},\"source\":{\"ip\":\"10.0.0.7\"},"                            \
    "\"observer\":{\"hostname\":\"res1\"}}\n"
#define WATCHED "{\"@timestamp\":\"T\",\"event\":{\"kind\":\"event\",\"action\":\"dns-observe\"}}\n"

static size_t format(enum tg_relay_kind kind, const char *line, char *out)
{
    const size_t len = tg_relay_format(kind, line, strlen(line), out, TG_EVENT_LINE_MAX + 1024);

    out[len] = '\0';
    return len;
}

/* RFC 5424 6: PRI, VERSION, TIMESTAMP, HOSTNAME, APP-NAME, PROCID, MSGID, no STRUCTURED-DATA, and
 * the event as it stands in the log. A warning for what was blocked, a notice for all else. What
 * the event lacks is the NILVALUE. */
static void test_syslog(void **state)
{
    char out[TG_EVENT_LINE_MAX + 1024], expected[2048];

    (void)state;
    (void)snprintf(expected, sizeof(expected),
        "<164>1 2026-11-22T00:00:00.010000Z res1 tldguard %ld dns-block - %.*s", (long)getpid(),
        (int)strlen(LINE) - 1, LINE);
    assert_true(format(TG_RELAY_SYSLOG, LINE, out) > 0);
    assert_string_equal(out, expected);
    assert_true(format(TG_RELAY_SYSLOG, WATCHED, out) > 0);
    (void)snprintf(
        expected, sizeof(expected), "<165>1 T - tldguard %ld dns-observe - {\"@", (long)getpid());
    assert_memory_equal(out, expected, strlen(expected));
}

/* NAME=value lines; the values are the JSON texts as they are written, so that no name can add a
 * field of its own. */
static void test_journal(void **state)
{
    static const char expected[] =
        "MESSAGE=blocked MX a\\\\\\\"b.ml\nPRIORITY=4\nSYSLOG_IDENTIFIER=tldguard\n"
        "SYSLOG_FACILITY=20\nMESSAGE_ID=c9a3f0b2d1e64f5f8a7d3b6c5e4f2a10\n"
        "TLDGUARD_ACTION=dns-block\nTLDGUARD_CLIENT=10.0.0.7\nTLDGUARD_QNAME=a\\\\\\\"b.ml\n"
        "TLDGUARD_EVENT=";
    char out[TG_EVENT_LINE_MAX + 1024];
    const size_t len = format(TG_RELAY_JOURNAL, LINE, out);

    (void)state;
    assert_int_equal(len, strlen(expected) + strlen(LINE));
    assert_memory_equal(out, expected, strlen(expected));
    assert_string_equal(out + strlen(expected), LINE); /* its newline ends the field */
}

/* What is no line of ours is not sent; the longest line there can be is. */
static void test_bounds(void **state)
{
    static const char *const none[] = {"", "\n", "{", "{}", "x\n", "[]\n"};
    char line[TG_EVENT_LINE_MAX + 2], out[TG_EVENT_LINE_MAX + 1024];

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_int_equal(format(TG_RELAY_SYSLOG, none[i], out), 0);
    memset(line, 'x', sizeof(line));
    line[0] = '{';
    line[TG_EVENT_LINE_MAX - 1] = '\n';
    line[TG_EVENT_LINE_MAX] = '\n';
    for (unsigned kind = 0; kind < TG_RELAYS; kind++) {
        assert_true(tg_relay_format(kind, line, TG_EVENT_LINE_MAX, out, sizeof(out)) > 0);
        assert_int_equal(tg_relay_format(kind, line, TG_EVENT_LINE_MAX + 1, out, sizeof(out)), 0);
        assert_int_equal(tg_relay_format(kind, line, TG_EVENT_LINE_MAX, out, 100), 0);
    }
    /* a text without an end */
    assert_true(format(TG_RELAY_SYSLOG, "{\"hostname\":\"x\\\n", out) > 0);
}

/* The kernel's memory for datagrams, when a test says that it has run out. */
static bool starved;
static unsigned starvations;
ssize_t __real_send(int fd, const void *bytes, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags)
{
    if (!starved)
        return __real_send(fd, bytes, len, flags);
    assert_true(++starvations < 10000); /* or it would go on for ever */
    errno = ENOBUFS;
    return -1;
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    (void)unlink(path);
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static size_t received(int fd)
{
    char datagram[TG_EVENT_LINE_MAX + 1024];
    size_t count = 0;

    while (recv(fd, datagram, sizeof(datagram), MSG_DONTWAIT) > 0)
        count++;
    return count;
}

/* A datagram a line. A receiver that is not there, or started anew, costs what is sent meanwhile,
 * and that is counted. */
static void test_send(void **state)
{
    static const char lines[] = LINE WATCHED LINE;
    struct tmpdir dir;
    struct tg_relay relay;
    char path[128];
    int fd;

    (void)state;
    tmpdir_create(&dir);
    (void)tmpdir_file(&dir, "socket", path);
    tg_relay_init(&relay, TG_RELAY_SYSLOG, path);
    assert_int_equal(tg_relay_send(&relay, lines, strlen(lines), 50), ENOENT);
    assert_true(relay.failing && relay.unsent == 3);
    fd = listen_at(path);
    assert_int_equal(tg_relay_send(&relay, lines, strlen(lines), 50), 0);
    assert_true(!relay.failing && relay.unsent == 3);
    assert_int_equal(received(fd), 3);
    assert_int_equal(close(fd), 0);
    assert_int_equal(tg_relay_send(&relay, LINE, strlen(LINE), 50), ECONNREFUSED);
    fd = listen_at(path);
    assert_int_equal(tg_relay_send(&relay, LINE, strlen(LINE), 50), 0);
    assert_int_equal(received(fd), 1);
    assert_int_equal(relay.unsent, 4);
    tg_relay_fini(&relay);
    assert_int_equal(close(fd), 0);
    tmpdir_remove(&dir);
}

static double now(void)
{
    struct timespec time;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &time), 0);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* A receiver that does not read holds the log for a moment a batch, not for ever. */
static void test_full(void **state)
{
    struct tmpdir dir;
    struct tg_relay relay;
    char path[128], *lines = malloc(1000 * strlen(LINE) + 1);
    double began;
    int fd;

    (void)state;
    assert_non_null(lines);
    for (size_t i = 0; i < 1000; i++)
        memcpy(lines + i * strlen(LINE), LINE, strlen(LINE) + 1);
    tmpdir_create(&dir);
    (void)tmpdir_file(&dir, "socket", path);
    fd = listen_at(path);
    tg_relay_init(&relay, TG_RELAY_JOURNAL, path);
    began = now();
    assert_int_equal(tg_relay_send(&relay, lines, strlen(lines), 50), EAGAIN);
    assert_true(now() - began < 5);
    began = now();
    assert_int_equal(tg_relay_send(&relay, LINE, strlen(LINE), 60000), EAGAIN);
    assert_true(now() - began < 5); /* it is not waited for again */
    assert_true(relay.failing && relay.unsent > 0 && relay.unsent < 1000);
    assert_int_equal(received(fd), 1001 - relay.unsent);
    assert_int_equal(tg_relay_send(&relay, LINE, strlen(LINE), 50), 0);
    assert_false(relay.failing);
    tg_relay_fini(&relay);
    assert_int_equal(close(fd), 0);
    tmpdir_remove(&dir);
    free(lines);
}

/* Of the kernel's memory poll() knows nothing, and says at once that there is room: the patience
 * ends all the same, and until then the processor is somebody else's. */
static void test_starved(void **state)
{
    struct tmpdir dir;
    struct tg_relay relay;
    char path[128];
    double began;
    int fd;

    (void)state;
    tmpdir_create(&dir);
    (void)tmpdir_file(&dir, "socket", path);
    fd = listen_at(path);
    tg_relay_init(&relay, TG_RELAY_SYSLOG, path);
    starved = true;
    began = now();
    assert_int_equal(tg_relay_send(&relay, LINE, strlen(LINE), 50), ENOBUFS);
    assert_true(now() - began < 5);
    assert_in_range(starvations, 2, 60);
    assert_int_equal(relay.unsent, 1);
    starved = false;
    assert_int_equal(tg_relay_send(&relay, LINE, strlen(LINE), 50), 0);
    assert_int_equal(received(fd), 1);
    tg_relay_fini(&relay);
    assert_int_equal(close(fd), 0);
    tmpdir_remove(&dir);
}

/* No way is wanted, or its path is none. */
static void test_none(void **state)
{
    char path[300];
    struct tg_relay relay;

    (void)state;
    tg_relay_init(&relay, TG_RELAY_SYSLOG, NULL);
    assert_int_equal(tg_relay_send(&relay, LINE, strlen(LINE), 50), 0);
    assert_int_equal(relay.unsent, 0);
    tg_relay_fini(&relay);
    memset(path, 'x', sizeof(path) - 1);
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    tg_relay_init(&relay, TG_RELAY_SYSLOG, path);
    assert_int_equal(tg_relay_send(&relay, LINE, strlen(LINE), 50), ENAMETOOLONG);
    tg_relay_fini(&relay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syslog),
        cmocka_unit_test(test_journal),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_send),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_starved),
        cmocka_unit_test(test_none),
    };

    return cmocka_run_group_tests_name("syslog and the journal", tests, NULL, NULL);
}
