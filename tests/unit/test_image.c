/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Images: writing, opening, look-ups, what they promise. Hostile ones: test_image_hostile.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "policy/fileio.h"
#include "tests/support/gen.h"
#include "tests/support/imagefile.h"
#include "tests/support/oom.h"
#include "tests/support/oracle.h"
#include "tests/support/tmpdir.h"
#include "tldguard/image.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void same_text(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a != NULL)
        assert_string_equal(a, b);
}

static void same_rule(const struct tg_rule *got, const struct tg_rule *want)
{
    assert_int_equal(got->kind, want->kind);
    assert_true(tg_dname_equal(got->owner, want->owner));
    assert_int_equal(got->mode, want->mode);
    assert_int_equal(got->otherwise, want->otherwise);
    assert_int_equal(got->twin, want->twin);
    assert_int_equal(got->match, want->match);
    assert_int_equal(got->until, want->until);
    assert_int_equal(got->action, want->action);
    assert_int_equal(got->severity, want->severity);
    assert_int_equal(got->target_count, want->target_count);
    for (size_t i = 0; i < want->target_count; i++)
        assert_true(tg_dname_equal(got->targets[i], want->targets[i]));
    same_text(got->note, want->note);
    same_text(got->reason, want->reason);
    same_text(got->ticket, want->ticket);
    same_text(got->file, want->file);
}

static void same_canaries(const struct tg_image *image, const struct tg_policy *policy)
{
    assert_int_equal(tg_image_canary_count(image), policy->canary_count);
    for (size_t i = 0; i < policy->canary_count; i++) {
        const struct tg_canary *got = tg_image_canary(image, i);
        const struct tg_canary *want = &policy->canaries[i];

        assert_true(tg_dname_equal(got->qname, want->qname));
        assert_int_equal(got->qtype, want->qtype);
        assert_int_equal(got->expect, want->expect);
    }
    assert_null(tg_image_canary(image, policy->canary_count));
    assert_null(tg_image_canary(image, (size_t)-1));
}

static void same_groups(const struct tg_image *image, const struct tg_policy *policy)
{
    assert_int_equal(tg_image_group_count(image), policy->group_count);
    for (size_t i = 0; i < policy->group_count; i++) {
        const struct tg_group *got = tg_image_group(image, i);
        const struct tg_group *want = &policy->groups[i];

        assert_string_equal(got->name, want->name);
        assert_int_equal(got->override_count, want->override_count);
        for (size_t j = 0; j < want->override_count; j++) {
            assert_true(tg_dname_equal(got->overrides[j].tld, want->overrides[j].tld));
            assert_int_equal(got->overrides[j].mode, want->overrides[j].mode);
        }
    }
    assert_null(tg_image_group(image, policy->group_count));
}

struct subnets {
    const struct tg_policy *policy;
    size_t count;
    size_t stop; /* after so many */
};

static bool same_subnet(void *arg, const struct tg_subnet *got)
{
    struct subnets *subnets = arg;
    const struct tg_subnet *want = &subnets->policy->subnets[subnets->count++];

    assert_memory_equal(&got->prefix, &want->prefix, sizeof(want->prefix));
    assert_int_equal(got->length, want->length);
    assert_int_equal(got->group, want->group);
    return subnets->count != subnets->stop;
}

static void same_subnets(const struct tg_image *image, const struct tg_policy *policy)
{
    struct subnets subnets = {policy, 0, 0};

    assert_int_equal(tg_image_subnet_count(image), policy->subnet_count);
    tg_image_each_subnet(image, same_subnet, &subnets);
    assert_int_equal(subnets.count, policy->subnet_count);
    subnets = (struct subnets){policy, 0, 1};
    tg_image_each_subnet(image, same_subnet, &subnets);
    assert_int_equal(subnets.count, policy->subnet_count > 0);
}

/* Entries in the order they must come in. */
struct names {
    const struct tg_entry *want[4096];
    size_t count;
    size_t seen;
    size_t stop;
};

static bool same_name(void *arg, const struct tg_entry *got)
{
    struct names *names = arg;
    const struct tg_entry *want = names->want[names->seen++];

    assert_true(tg_dname_equal(got->name, want->name));
    assert_int_equal(got->rule, want->rule);
    assert_int_equal(got->exact, want->exact);
    return names->seen != names->stop;
}

/* In the order of the text, but all of one name together. */
static void order_names(const struct tg_policy *policy, struct names *names)
{
    bool done[4096] = {false};

    assert_true(policy->name_count < COUNT(done));
    for (size_t i = 0; i < policy->name_count; i++)
        for (size_t j = i; j < policy->name_count; j++) {
            if (done[j] || !tg_dname_equal(policy->names[i].name, policy->names[j].name))
                continue;
            done[j] = true;
            names->want[names->count++] = &policy->names[j];
        }
}

static void same_names(const struct tg_image *image, const struct tg_policy *policy)
{
    struct names names = {.count = 0};

    order_names(policy, &names);
    assert_int_equal(names.count, policy->name_count);
    assert_int_equal(tg_image_name_count(image), policy->name_count);
    tg_image_each_name(image, same_name, &names);
    assert_int_equal(names.seen, policy->name_count);
    names.seen = 0;
    names.stop = 1;
    tg_image_each_name(image, same_name, &names);
    assert_int_equal(names.seen, policy->name_count > 0);
    for (size_t i = 0; i < policy->suffix_count; i++) {
        const struct tg_suffix *suffix = &policy->suffixes[i];
        struct tg_image_name known;

        assert_true(tg_image_name(image, suffix->name, &known));
        assert_true(suffix->wildcard    ? known.suffix_wildcard
                    : suffix->exception ? known.suffix_exception
                                        : known.suffix);
    }
}

static void same_answer(const struct tg_answer *got, const struct tg_answer *want)
{
    assert_int_equal(got->ttl, want->ttl);
    assert_true(tg_dname_equal(got->mname, want->mname));
    assert_true(tg_dname_equal(got->rname, want->rname));
    assert_true(tg_dname_equal(got->mx, want->mx));
    same_text(got->contact, want->contact);
    assert_int_equal(got->a_count, want->a_count);
    assert_int_equal(got->aaaa_count, want->aaaa_count);
    assert_memory_equal(got->a, want->a, want->a_count * sizeof(want->a[0]));
    assert_memory_equal(got->aaaa, want->aaaa, want->aaaa_count * sizeof(want->aaaa[0]));
}

/* What was written is read, field by field. */
static void everything_comes_back(void **state)
{
    struct imagefile *fix = *state;
    uint64_t seed = 7;

    for (size_t i = 0; i < 200; i++) {
        struct gen_policy *gen = gen_policy(&seed, 30, NULL);
        struct tg_image *image = NULL;
        bool monitors = false;
        size_t len;

        gen->policy.serial = gen_random(&seed) | 1;
        gen->policy.digest[31] = (uint8_t)gen_random(&seed);
        assert_int_equal(
            tg_image_write(&gen->policy, IMAGEFILE_CREATED + (time_t)i, fix->path, NULL), TG_OK);
        assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
        assert_int_equal(tg_image_meta(image)->format, TG_IMAGE_FORMAT);
        assert_int_equal(tg_image_meta(image)->serial, gen->policy.serial);
        assert_int_equal(tg_image_meta(image)->created, IMAGEFILE_CREATED + (int64_t)i);
        assert_memory_equal(tg_image_meta(image)->digest, gen->policy.digest, 32);
        assert_string_equal(tg_image_meta(image)->tool, TG_VERSION);
        const uint8_t *octets = tg_image_octets(image, &len);
        assert_memory_equal(tg_image_digest(image), octets + len - 32, 32);
        assert_int_equal(tg_image_inspects(image), gen->policy.inspect_targets);
        same_answer(tg_image_answer(image), &gen->policy.answer);
        assert_int_equal(tg_image_rule_count(image), gen->policy.rule_count);
        for (size_t j = 0; j < gen->policy.rule_count; j++) {
            same_rule(tg_image_rule(image, j), &gen->rules[j]);
            monitors |=
                gen->rules[j].mode == TG_MODE_MONITOR || gen->rules[j].otherwise == TG_MODE_MONITOR;
        }
        for (size_t j = 0; j < gen->policy.group_count; j++)
            for (size_t k = 0; k < gen->groups[j].override_count; k++)
                monitors |= gen->groups[j].overrides[k].mode == TG_MODE_MONITOR;
        same_canaries(image, &gen->policy);
        same_groups(image, &gen->policy);
        same_subnets(image, &gen->policy);
        same_names(image, &gen->policy);
        assert_true(tg_image_suffix_count(image) <= gen->policy.suffix_count);
        assert_null(tg_image_rule(image, gen->policy.rule_count));
        assert_null(tg_image_rule(image, (size_t)-1));
        assert_int_equal(tg_image_monitors(image), monitors);
        assert_true(tg_image_memory(image) > IMAGEFILE_TRAILER + 2048);
        tg_image_close(&image);
        assert_null(image);
        gen_free(&gen);
    }
    tg_image_close(NULL);
}

/* The limits of the policy's contract fit: texts, targets, names. */
static void limits_fit(void **state)
{
    struct imagefile *fix = *state;
    struct tg_rule *rule = &fix->gen->rules[0];
    char text[TG_TEXT_MAX + 2];
    char name[256];
    struct tg_image *image = NULL;
    struct tg_diags *diags = tg_diags_create();

    memset(text, 't', sizeof(text));
    text[TG_TEXT_MAX] = '\0';
    rule->note = rule->reason = rule->ticket = rule->file = text;
    fix->gen->groups[0].name = text;
    fix->gen->policy.answer.contact = text;
    while (rule->target_count < TG_TARGETS_MAX)
        gen_target(fix->gen, rule, "mil");
    memset(name, 'a', sizeof(name));
    for (size_t i = 0; i < 255; i += 64)
        name[i + 63] = '.'; /* 3 labels of 63, one of 61: 255 octets */
    name[3 * 64 + 61] = '\0';
    while (fix->gen->policy.canary_count < TG_CANARIES_MAX) {
        name[0] = (char)('0' + fix->gen->policy.canary_count / 10);
        name[1] = (char)('0' + fix->gen->policy.canary_count % 10);
        gen_canary(fix->gen, name, 65534, TG_EXPECT_RESOLVE);
    }
    assert_int_equal(tg_image_write(&fix->gen->policy, IMAGEFILE_CREATED, fix->path, NULL), TG_OK);
    assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
    same_rule(tg_image_rule(image, 0), rule);
    same_answer(tg_image_answer(image), &fix->gen->policy.answer);
    same_canaries(image, &fix->gen->policy);
    tg_image_close(&image);
    /* One more is too large, and what was there stays. */
    text[TG_TEXT_MAX] = 't';
    text[TG_TEXT_MAX + 1] = '\0';
    assert_int_equal(
        tg_image_write(&fix->gen->policy, IMAGEFILE_CREATED, fix->path, diags), TG_ETOOBIG);
    assert_int_equal(tg_diags_kept(diags), 1);
    assert_int_equal(tmpdir_count(&fix->dir), 1);
    assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
    tg_image_close(&image);
    tg_diags_destroy(&diags);
}

/* The same policy and time give the same bytes; another time does not. */
static void bytes_are_reproducible(void **state)
{
    struct imagefile *fix = *state;
    char path[128];
    uint8_t *data;
    size_t len;

    tmpdir_file(&fix->dir, "second.cdb", path);
    assert_int_equal(tg_image_write(&fix->gen->policy, IMAGEFILE_CREATED, path, NULL), TG_OK);
    data = file_read(path, &len);
    assert_int_equal(len, fix->len);
    assert_memory_equal(data, fix->data, len);
    free(data);
    assert_int_equal(tg_image_write(&fix->gen->policy, IMAGEFILE_CREATED + 1, path, NULL), TG_OK);
    data = file_read(path, &len);
    assert_int_equal(len, fix->len);
    assert_memory_not_equal(data, fix->data, len);
    free(data);
}

/* Any reader of CDB can list it, the trailer notwithstanding. */
static void any_cdb_reader_reads_it(void **state)
{
    struct imagefile *fix = *state;
    int fd = open(fix->path, O_RDONLY | O_CLOEXEC);
    unsigned kinds[256] = {0};
    struct cdb cdb;
    unsigned at;

    assert_true(fd >= 0);
    assert_int_equal(cdb_init(&cdb, fd), 0);
    cdb_seqinit(&at, &cdb);
    while (cdb_seqnext(&at, &cdb) > 0)
        kinds[*(const uint8_t *)cdb_getkey(&cdb)]++;
    assert_int_equal(kinds['M'], 1);
    assert_int_equal(kinds['A'], 1);
    assert_int_equal(kinds['Q'], 2);
    assert_int_equal(kinds['R'], 7);
    assert_int_equal(kinds['G'], 1);
    assert_int_equal(kinds['C'], 1);
    assert_int_equal(kinds['T'], 5); /* with mil and example, under which there are names */
    assert_int_equal(kinds['N'], 9);
    assert_int_equal(cdb_find(&cdb, "Tml", 3), 1);
    assert_int_equal(cdb_find(&cdb, "N\6orange\2ml\0", 12), 1);
    cdb_free(&cdb);
    close(fd);
}

/* A link is followed only where nobody but root and who runs this can have laid it. */
static void links_are_followed_where_safe(void **state)
{
    static const struct {
        mode_t folder;
        bool followed;
    } cases[] = {
        {0755, true}, {0700, true}, {0775, false}, {0757, false}, {0777, false}, {01777, true}};
    struct imagefile *fix = *state;
    char path[128];
    int fd;

    tmpdir_file(&fix->dir, "link.cdb", path);
    assert_int_equal(symlink("policy.cdb", path), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(chmod(fix->dir.path, cases[i].folder), 0);
        errno = 0;
        fd = tg_input_open(path);
        if (cases[i].followed) {
            assert_true(fd >= 0);
            assert_int_equal(close(fd), 0);
        } else {
            assert_int_equal(fd, -1);
            assert_int_equal(errno, EMLINK);
        }
    }
    /* Another's folder, and another's link in one as /tmp: only root can make these. */
    if (geteuid() == 0) {
        assert_int_equal(lchown(path, 4711, 4711), 0);
        assert_int_equal(tg_input_open(path), -1);
        assert_int_equal(errno, EMLINK);
        assert_int_equal(chown(fix->dir.path, 4711, 4711), 0);
        assert_int_equal(chmod(fix->dir.path, 0755), 0);
        assert_int_equal(tg_input_open(path), -1);
        assert_int_equal(errno, EMLINK);
        assert_int_equal(chown(fix->dir.path, 0, 0), 0);
    }
    assert_int_equal(chmod(fix->dir.path, 0700), 0);
    /* What leads nowhere is no such case. */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("link.cdb", path), 0);
    assert_int_equal(tg_input_open(path), -1);
    assert_int_equal(errno, ELOOP);
    assert_string_equal(tg_input_error(ENOENT), strerror(ENOENT));
}

/* Mode 0644 less the umask, nothing left beside, a symbolic link replaced. */
static void files_are_replaced(void **state)
{
    struct imagefile *fix = *state;
    char path[128];
    struct stat st;
    mode_t old = umask(027);

    tmpdir_file(&fix->dir, "link.cdb", path);
    assert_int_equal(symlink("policy.cdb", path), 0);
    assert_int_equal(tg_image_write(&fix->gen->policy, IMAGEFILE_CREATED + 5, path, NULL), TG_OK);
    umask(old);
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(st.st_size, fix->len);
    assert_int_equal(tmpdir_count(&fix->dir), 2);
}

/* Writes where it cannot: one error that names the path, nothing left. */
static void write_fails(
    const struct imagefile *fix, const char *path, const char *reason, size_t files)
{
    struct tg_diags *diags = tg_diags_create();

    assert_int_equal(tg_image_write(&fix->gen->policy, IMAGEFILE_CREATED, path, diags), TG_EIO);
    assert_int_equal(tg_diags_kept(diags), 1);
    assert_string_equal(tg_diags_get(diags, 0)->file, path);
    assert_non_null(strstr(tg_diags_get(diags, 0)->text, reason));
    assert_int_equal(tmpdir_count(&fix->dir), files);
    tg_diags_destroy(&diags);
    assert_int_equal(tg_image_write(&fix->gen->policy, IMAGEFILE_CREATED, path, NULL), TG_EIO);
}

static void places_that_cannot_be_written(void **state)
{
    struct imagefile *fix = *state;
    char path[128];

    write_fails(fix, tmpdir_file(&fix->dir, "none/policy.cdb", path), "No such file", 1);
    write_fails(fix, tmpdir_file(&fix->dir, "policy.cdb/x", path), "Not a directory", 1);
    write_fails(fix, fix->dir.path, "Is a directory", 1);
    write_fails(fix, tmpdir_file(&fix->dir, "", path), "Is a directory", 1);
    write_fails(fix, "", "No such file", 1);
    /* Root must not lose a device for a slip of the pen. */
    write_fails(fix, "/dev/null", "not a regular file", 1);
    assert_int_equal(mkfifo(tmpdir_file(&fix->dir, "fifo", path), 0600), 0);
    write_fails(fix, path, "not a regular file", 2);
}

/* A disk that is full, at any byte: the old file stays, nothing beside it. */
static void full_disks(void **state)
{
    struct imagefile *fix = *state;
    struct rlimit old;
    uint8_t *data;
    size_t len;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (size_t limit = 0; limit < fix->len; limit += limit < 2000 ? 500 : 7) {
        struct rlimit full = {limit, old.rlim_max};
        enum tg_status status;

        assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
        status = tg_image_write(&fix->gen->policy, IMAGEFILE_CREATED + 9, fix->path, NULL);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_int_equal(status, TG_EIO);
        assert_int_equal(tmpdir_count(&fix->dir), 1);
        data = file_read(fix->path, &len);
        assert_int_equal(len, fix->len);
        assert_memory_equal(data, fix->data, len);
        free(data);
    }
    signal(SIGXFSZ, SIG_DFL);
}

/* Memory that runs out, at any allocation. */
static void out_of_memory(void **state)
{
    struct imagefile *fix = *state;
    struct tg_image *image = NULL;
    size_t n;

    for (n = 1;; n++) {
        enum tg_status status;

        oom_fail_at(n);
        status = tg_image_write(&fix->gen->policy, IMAGEFILE_CREATED, fix->path, NULL);
        if (!oom_fired())
            break;
        assert_int_equal(status, TG_ENOMEM);
        assert_int_equal(tmpdir_count(&fix->dir), 1);
    }
    assert_true(n > 4);
    for (n = 1;; n++) {
        enum tg_status status;

        oom_fail_at(n);
        status = tg_image_open(fix->path, &image, NULL);
        if (!oom_fired())
            break;
        assert_int_equal(status, TG_ENOMEM);
        assert_null(image);
    }
    oom_fail_at(0);
    assert_true(n > 3);
    assert_non_null(image);
    tg_image_close(&image);
}

/* Files that cannot be read: the reason, and no hanging. */
static void unreadable_files(void **state)
{
    static const struct {
        const char *name;
        const char *reason;
    } files[] = {
        {"missing.cdb", "No such file"},
        {"fifo", "not a regular file"},
        {"", "Is a directory"},
    };
    struct imagefile *fix = *state;
    struct tg_image *image = NULL;
    char path[128];

    assert_int_equal(mkfifo(tmpdir_file(&fix->dir, "fifo", path), 0600), 0);
    for (size_t i = 0; i < COUNT(files); i++) {
        struct tg_diags *diags = tg_diags_create();

        tmpdir_file(&fix->dir, files[i].name, path);
        assert_int_equal(tg_image_open(path, &image, diags), TG_EIO);
        assert_null(image);
        assert_int_equal(tg_diags_kept(diags), 1);
        assert_string_equal(tg_diags_get(diags, 0)->file, path);
        assert_non_null(strstr(tg_diags_get(diags, 0)->text, files[i].reason));
        tg_diags_destroy(&diags);
    }
}

/* A file over the limit is refused unread: this one is a hole. */
static void too_large_files(void **state)
{
    struct imagefile *fix = *state;
    struct tg_image *image = NULL;
    char path[128];

    file_write(tmpdir_file(&fix->dir, "huge", path), "", 0);
    assert_int_equal(truncate(path, (off_t)TG_IMAGE_SIZE_MAX + 1), 0);
    assert_int_equal(tg_image_open(path, &image, NULL), TG_ETOOBIG);
    assert_null(image);
}

static struct tg_image_name ask_name(
    const struct imagefile *fix, const struct tg_image *image, const char *text, bool found)
{
    struct tg_image_name known;

    memset(&known, 0x5a, sizeof(known));
    assert_int_equal(tg_image_name(image, gen_name(fix->gen, text), &known), found);
    return known;
}

/* Look-ups: a TLD in any case, a name in lower case. */
static void look_ups(void **state)
{
    struct imagefile *fix = *state;
    struct tg_image *image = NULL;
    struct tg_image_name known;

    assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
    assert_ptr_equal(tg_image_tld(image, (const uint8_t *)"\2ml"), tg_image_rule(image, 0));
    assert_ptr_equal(tg_image_tld(image, (const uint8_t *)"\2mL"), tg_image_rule(image, 0));
    assert_ptr_equal(
        tg_image_tld(image, (const uint8_t *)"\15InternationaL"), tg_image_rule(image, 1));
    assert_null(tg_image_tld(image, (const uint8_t *)"\15InternationaM"));
    assert_null(tg_image_tld(image, (const uint8_t *)"\3xml"));
    assert_null(tg_image_tld(image, (const uint8_t *)"\1m"));
    assert_null(tg_image_tld(image, (const uint8_t *)"\0"));
    assert_null(tg_image_tld(image, (const uint8_t *)"\3mil")); /* names, but no rule */
    known = ask_name(fix, image, "www.orange.ml", true);
    assert_ptr_equal(known.allow, tg_image_rule(image, 2));
    assert_true(known.allow_exact);
    assert_true(known.above_allow);
    assert_null(known.block);
    known = ask_name(fix, image, "deep.www.orange.ml", true);
    assert_ptr_equal(known.allow, tg_image_rule(image, 3));
    assert_false(known.allow_exact);
    assert_false(known.above_allow);
    known = ask_name(fix, image, "orange.ml", true);
    assert_null(known.allow);
    assert_true(known.above_allow);
    known = ask_name(fix, image, "rnil.example", true);
    assert_ptr_equal(known.block, tg_image_rule(image, 4));
    assert_false(known.block_exact);
    known = ask_name(fix, image, "army.mil", true);
    assert_ptr_equal(known.protect, tg_image_rule(image, 5));
    known = ask_name(fix, image, "com.om", true);
    assert_true(known.suffix);
    assert_false(known.suffix_wildcard);
    assert_false(known.suffix_exception);
    known = ask_name(fix, image, "om", true);
    assert_true(known.above_suffix);
    assert_false(known.above_allow);
    known = ask_name(fix, image, "international", false);
    assert_null(known.allow);
    assert_null(known.block);
    assert_null(known.protect);
    assert_false(known.above_allow || known.above_suffix || known.suffix);
    tg_image_close(&image);
}

/* A name of all kinds at once is one record, and loses none of them. */
static void names_of_all_kinds(void **state)
{
    struct imagefile *fix = *state;
    struct tg_image *image = NULL;
    struct tg_image_name known;

    gen_rule(fix->gen, TG_KIND_PROTECT, "rnil.example", true);
    gen_allow(fix->gen, "rnil.example", false);
    gen_suffix(fix->gen, "rnil.example", false, true);
    gen_suffix(fix->gen, "rnil.example", true, false);
    gen_allow(fix->gen, "a.rnil.example", false);
    assert_int_equal(tg_image_write(&fix->gen->policy, IMAGEFILE_CREATED, fix->path, NULL), TG_OK);
    assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
    known = ask_name(fix, image, "rnil.example", true);
    assert_ptr_equal(known.block, tg_image_rule(image, 4));
    assert_ptr_equal(known.protect, tg_image_rule(image, 7));
    assert_ptr_equal(known.allow, tg_image_rule(image, 8));
    assert_true(known.protect_exact);
    assert_false(known.block_exact || known.allow_exact);
    assert_true(known.suffix_wildcard && known.suffix_exception && known.above_allow);
    assert_true(known.above_suffix);
    same_names(image, &fix->gen->policy);
    assert_int_equal(tg_image_suffix_count(image), 3);
    tg_image_close(&image);
}

static struct tg_address address_before(struct tg_address address)
{
    size_t at = sizeof(address.octets);

    while (at > 0 && address.octets[--at]-- == 0)
        ;
    return address;
}

/* Clients: the longest prefix wins, at each edge of each prefix. */
static void clients(void **state)
{
    struct imagefile *fix = *state;
    uint64_t seed = 3;

    for (size_t i = 0; i < 300; i++) {
        struct gen_policy *gen = gen_create();
        struct tg_image *image = NULL;
        uint32_t count = gen_below(&seed, 40);

        for (size_t j = 0; j < 5; j++)
            gen_override(gen, gen_group(gen, "group"), NULL, TG_MODE_OFF);
        for (uint32_t j = 0; j < count; j++)
            gen_subnet(gen, gen_client(&seed), (uint8_t)gen_below(&seed, 129), gen_below(&seed, 5));
        assert_int_equal(tg_image_write(&gen->policy, IMAGEFILE_CREATED, fix->path, NULL), TG_OK);
        assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
        for (size_t j = 0; j < 200; j++) {
            struct tg_address client = gen_client(&seed);
            const struct tg_group *want;

            if (count > 0 && gen_below(&seed, 2) == 0) {
                client = gen->subnets[gen_below(&seed, (uint32_t)gen->policy.subnet_count)].prefix;
                if (gen_below(&seed, 2) == 0)
                    client = address_before(client);
            }
            want = oracle_group(&gen->policy, &client);
            if (want == NULL)
                assert_null(tg_image_client(image, &client));
            else
                assert_ptr_equal(tg_image_client(image, &client),
                    tg_image_group(image, (size_t)(want - gen->policy.groups)));
        }
        tg_image_close(&image);
        gen_free(&gen);
    }
}

/* Prefixes of all lengths in each other, and the whole of the address space. */
static void nested_prefixes(void **state)
{
    struct imagefile *fix = *state;
    struct gen_policy *gen = gen_create();
    struct tg_image *image = NULL;
    struct tg_address client;

    for (uint32_t i = 0; i <= 128; i++) {
        gen_override(gen, gen_group(gen, "group"), NULL, TG_MODE_OFF);
        memset(&client, 0xff, sizeof(client));
        gen_subnet(gen, client, (uint8_t)i, i);
    }
    assert_int_equal(tg_image_write(&gen->policy, IMAGEFILE_CREATED, fix->path, NULL), TG_OK);
    assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
    for (size_t i = 0; i < 128; i++) {
        memset(&client, 0xff, sizeof(client));
        assert_ptr_equal(tg_image_client(image, &client), tg_image_group(image, 128));
        client.octets[i / 8] ^= (uint8_t)(0x80u >> i % 8);
        assert_ptr_equal(tg_image_client(image, &client), tg_image_group(image, i));
    }
    tg_image_close(&image);
    /* What is behind an override for all would never be found. */
    gen_override(gen, &gen->groups[7], "ml", TG_MODE_BLOCK);
    assert_int_equal(tg_image_write(&gen->policy, IMAGEFILE_CREATED, fix->path, NULL), TG_OK);
    assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_ECORRUPT);
    gen->groups[7].override_count = 1;
    /* The same prefix twice can have no answer. */
    gen->subnets[0] = gen->subnets[1];
    assert_int_equal(tg_image_write(&gen->policy, IMAGEFILE_CREATED, fix->path, NULL), TG_OK);
    assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_ECORRUPT);
    gen_free(&gen);
}

/* Labels of each length, in memory that ends with them. */
static void labels_of_any_length(void **state)
{
    struct imagefile *fix = *state;
    struct gen_policy *gen = gen_create();
    struct tg_image *image = NULL;

    for (size_t len = 1; len <= TG_LABEL_MAX; len++) {
        char label[TG_LABEL_MAX + 1] = {0};

        memset(label, 'q', len);
        gen_tld(gen, label, "mil");
        label[len - 1] = 'z';
        gen_tld(gen, label, "mil");
    }
    gen_tld(gen, "a{-1", "mil");
    assert_int_equal(tg_image_write(&gen->policy, IMAGEFILE_CREATED, fix->path, NULL), TG_OK);
    assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
    /* Only letters have two cases (RFC 4343). */
    assert_non_null(tg_image_tld(image, (const uint8_t *)"\4A{-1"));
    assert_null(tg_image_tld(image, (const uint8_t *)"\4a[-1"));
    assert_null(tg_image_tld(image, (const uint8_t *)"\4a{\r1"));
    assert_null(tg_image_tld(image, (const uint8_t *)"\4a{-\x11"));
    for (size_t len = 1; len <= TG_LABEL_MAX; len++) {
        uint8_t *label = malloc(len + 1);

        assert_non_null(label);
        memset(label, 'Q', len + 1);
        label[0] = (uint8_t)len;
        assert_ptr_equal(tg_image_tld(image, label), tg_image_rule(image, 2 * (len - 1)));
        label[len] = 'z';
        assert_ptr_equal(tg_image_tld(image, label), tg_image_rule(image, 2 * (len - 1) + 1));
        label[len] = 'y';
        assert_null(tg_image_tld(image, label));
        free(label);
    }
    tg_image_close(&image);
    gen_free(&gen);
}

/* A file cut, or replaced, after it was opened, hurts nobody. */
static void open_images_outlive_their_file(void **state)
{
    struct imagefile *fix = *state;
    struct tg_image *image = NULL;

    assert_int_equal(tg_image_open(fix->path, &image, NULL), TG_OK);
    assert_int_equal(truncate(fix->path, 0), 0);
    imagefile_exercise(image);
    same_rule(tg_image_rule(image, 0), &fix->gen->rules[0]);
    tg_image_close(&image);
}

/* One that was made at another time is another one. */
static void same_is_octet_for_octet(void **state)
{
    struct imagefile *file = *state;
    struct tg_image *first = NULL;
    struct tg_image *again = NULL;
    struct tg_image *later = NULL;

    assert_int_equal(tg_image_open(file->path, &first, NULL), TG_OK);
    assert_int_equal(tg_image_open_memory("again", file->data, file->len, &again, NULL), TG_OK);
    assert_int_equal(
        tg_image_write(&file->gen->policy, IMAGEFILE_CREATED + 1, file->path, NULL), TG_OK);
    assert_int_equal(tg_image_open(file->path, &later, NULL), TG_OK);
    assert_true(tg_image_same(first, again));
    assert_false(tg_image_same(first, later));
    tg_image_close(&first);
    tg_image_close(&again);
    tg_image_close(&later);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IMAGEFILE_TEST(same_is_octet_for_octet),
        IMAGEFILE_TEST(everything_comes_back),
        IMAGEFILE_TEST(limits_fit),
        IMAGEFILE_TEST(bytes_are_reproducible),
        IMAGEFILE_TEST(any_cdb_reader_reads_it),
        IMAGEFILE_TEST(links_are_followed_where_safe),
        IMAGEFILE_TEST(files_are_replaced),
        IMAGEFILE_TEST(places_that_cannot_be_written),
        IMAGEFILE_TEST(full_disks),
        IMAGEFILE_TEST(out_of_memory),
        IMAGEFILE_TEST(unreadable_files),
        IMAGEFILE_TEST(too_large_files),
        IMAGEFILE_TEST(look_ups),
        IMAGEFILE_TEST(names_of_all_kinds),
        IMAGEFILE_TEST(clients),
        IMAGEFILE_TEST(nested_prefixes),
        IMAGEFILE_TEST(labels_of_any_length),
        IMAGEFILE_TEST(open_images_outlive_their_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
