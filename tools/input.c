/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What people hand in: days, addresses, types, and policies in either form. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tldguard/canary.h"
#include "tools/tool.h"

/* Policy text never holds a NUL; an image, a table of offsets first, is full of them. */
#define LOOK_AT 2048

bool tg_parse_type(const char *text, uint16_t *qtype)
{
    /* ldns knows the mnemonics and RFC 3597's TYPE123. */
    const ldns_rr_type type = ldns_get_rr_type_by_name(text);

    if (type == 0 && strcasecmp(text, "TYPE0") != 0)
        return false;
    *qtype = (uint16_t)type;
    return true;
}

bool tg_parse_client(const char *text, struct tg_address *client)
{
    struct tg_address address = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}};

    if (inet_pton(AF_INET, text, address.octets + 12) != 1 &&
        inet_pton(AF_INET6, text, address.octets) != 1)
        return false;
    *client = address;
    return true;
}

bool tg_parse_day(const char *text, uint32_t *day)
{
    struct tm tm = {0}, again;
    time_t t;

    if (strspn(text, "0123456789-") != 10 || text[10] || text[4] != '-' || text[7] != '-')
        return false;
    if (sscanf(text, "%4d-%2d-%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    again = tm;
    t = timegm(&again);
    /* timegm() makes March 2nd of February 30th: such a day is none. */
    if (t < 86400 || again.tm_mon != tm.tm_mon)
        return false;
    *day = (uint32_t)(t / 86400);
    return true;
}

bool tg_parse_count(const char *text, uint64_t *count)
{
    unsigned long long value;

    if (!*text || text[strspn(text, "0123456789")])
        return false;
    errno = 0;
    value = strtoull(text, NULL, 10);
    if (errno)
        return false;
    *count = value;
    return true;
}

int tg_option_day(const struct tg_command *command, const char *value, uint32_t *day)
{
    if (!value)
        *day = tg_today();
    else if (!tg_parse_day(value, day))
        return tg_text_usage(command, "'%s' is not a day as YYYY-MM-DD", value);
    return -1;
}

time_t tg_now(void)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    uint64_t value;

    /* What gmtime() cannot tell apart from nonsense is not taken. */
    return epoch && tg_parse_count(epoch, &value) && value < UINT32_MAX * UINT64_C(60)
               ? (time_t)value
               : time(NULL);
}

uint32_t tg_today(void)
{
    return (uint32_t)(tg_now() / 86400);
}

const char *tg_data_folder(const char *given)
{
    const char *folder = given ? given : getenv("TLDGUARD_DATA");

    return folder && *folder ? folder : TG_DATA_DIR;
}

const char *tg_popular_file(char path[TG_PATH_MAX])
{
    const int len = snprintf(path, TG_PATH_MAX, "%s/popular-tlds.tsv", tg_data_folder(NULL));

    return len > 0 && len < TG_PATH_MAX && access(path, R_OK) == 0 ? path : NULL;
}

/* True when a file starts like policy text. What cannot be read is left to the image's reader,
 * which says why. */
static bool is_text(const char *path)
{
    char start[LOOK_AT];
    ssize_t len;
    int in;

    if (strcmp(path, "-") == 0)
        return true;
    /* Not with fopen(), which may lack the memory that an answer costs. */
    in = open(path, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return false;
    len = read(in, start, sizeof(start));
    (void)close(in);
    return len > 0 && !memchr(start, '\0', (size_t)len);
}

/* An image wants a file; this one is gone before anybody can see it. */
static enum tg_status through_file(
    const struct tg_policy *policy, struct tg_image **out, struct tg_diags *diags)
{
    const char *set = getenv("TMPDIR"), *tmp = set && *set ? set : "/tmp";
    char folder[TG_PATH_MAX], path[TG_PATH_MAX + 16];
    enum tg_status status;

    (void)snprintf(folder, sizeof(folder), "%s/tldguard.XXXXXX", tmp);
    if (!mkdtemp(folder)) {
        tg_diags_add(diags, TG_DIAG_ERROR, tmp, 0, 0, NULL, "no temporary folder in it: %s",
            strerror(errno));
        return TG_EIO;
    }
    (void)snprintf(path, sizeof(path), "%s/policy.cdb", folder);
    status = tg_image_write(policy, tg_now(), path, diags);
    if (status == TG_OK)
        status = tg_image_open(path, out, diags);
    (void)unlink(path);
    (void)rmdir(folder);
    return status;
}

/* Whether it does what its canaries expect; errors in diags. */
static enum tg_status ask_canaries(
    const struct tg_policy *policy, uint32_t today, struct tg_diags *diags)
{
    struct tg_image *image = NULL;
    enum tg_status status;

    if (policy->canary_count == 0)
        return TG_OK;
    status = through_file(policy, &image, diags);
    if (status == TG_OK && !tg_canary_check(policy, image, today, diags))
        status = TG_EPOLICY;
    tg_image_close(&image);
    return status;
}

enum tg_status tg_read_policy(const char *path, const struct tg_policy_options *options,
    struct tg_policy **out, struct tg_diags *diags)
{
    struct tg_policy *policy = NULL;
    enum tg_status status = tg_policy_read(path, options, &policy, diags);

    if (status == TG_OK)
        status = ask_canaries(policy, options->today, diags);
    if (status == TG_OK)
        *out = policy;
    else
        tg_policy_destroy(&policy);
    return status;
}

static void keep_errors(const struct tg_diags *from, struct tg_diags *to)
{
    for (size_t i = 0; i < tg_diags_kept(from); i++) {
        const struct tg_diag *d = tg_diags_get(from, i);
        if (d->level == TG_DIAG_ERROR)
            tg_diags_add(to, d->level, d->file, d->line, d->col, d->source, "%s", d->text);
    }
}

typedef enum tg_status open_fn(const char *path, struct tg_image **out, struct tg_diags *diags);

static enum tg_status load(const char *path, uint32_t today, open_fn *open_image,
    struct tg_image **out, struct tg_diags *diags)
{
    const struct tg_policy_options options = {.today = today};
    struct tg_policy *policy = NULL;
    struct tg_progress *progress;
    struct tg_diags *all = NULL;
    enum tg_status status;

    progress = tg_progress_start(path);
    if (is_text(path)) {
        all = tg_diags_create();
        status = tg_policy_read(path, &options, &policy, all);
        keep_errors(all, diags);
        if (status == TG_OK)
            status = through_file(policy, out, diags);
    } else {
        status = open_image(path, out, diags);
    }
    if (status != TG_OK && tg_diags_count(diags, TG_DIAG_ERROR) == 0)
        tg_diags_add(diags, TG_DIAG_ERROR, path, 0, 0, NULL, "%s", tg_status_text(status));
    tg_progress_stop(&progress);
    tg_policy_destroy(&policy);
    tg_diags_destroy(&all);
    return status;
}

enum tg_status tg_load(
    const char *path, uint32_t today, struct tg_image **out, struct tg_diags *diags)
{
    return load(path, today, tg_image_open, out, diags);
}

enum tg_status tg_load_quick(
    const char *path, uint32_t today, struct tg_image **out, struct tg_diags *diags)
{
    return load(path, today, tg_image_open_quick, out, diags);
}
