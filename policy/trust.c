/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The text of keys and of trusted comments. */
#include "tldguard/trust.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "trust_p.h"

/* The last second of the year 9999. */
#define TIME_MAX INT64_C(253402300799)

static int digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == '\0' ? NULL : strchr(digits, c);

    return at == NULL ? -1 : (int)(at - digits);
}

/* Not with libcrypto's, which passes over white space and loose bits at the end: then one key
 * or signature would have several texts. */
bool tg_trust_decode(const char *text, size_t len, uint8_t *out, size_t want)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t done = 0;
    size_t digits = (want * 8 + 5) / 6;

    if (len != (want + 2) / 3 * 4)
        return false;
    for (size_t i = 0; i < digits; i++) {
        int value = digit(text[i]);

        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[done++] = (uint8_t)(bits >> have);
        }
    }
    for (size_t i = digits; i < len; i++)
        if (text[i] != '=')
            return false;
    return (bits & ((1u << have) - 1)) == 0;
}

bool tg_trust_line(struct tg_trust_text *text, const char **line, size_t *len)
{
    const char *end;

    if (text->len == 0)
        return false;
    end = memchr(text->at, '\n', text->len);
    *line = text->at;
    *len = end == NULL ? text->len : (size_t)(end - text->at);
    text->at += *len;
    text->len -= *len;
    if (end != NULL) {
        text->at++;
        text->len--;
    }
    /* As minisign writes it on Windows. */
    if (*len > 0 && (*line)[*len - 1] == '\r')
        --*len;
    return true;
}

bool tg_trust_begins(const char *line, size_t len, const char *with)
{
    return len >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

const char *tg_trust_key_parse(const char *text, size_t len, struct tg_trust_key *out)
{
    uint8_t octets[TG_TRUST_KEY_LEN];

    if (!tg_trust_decode(text, len, octets, sizeof(octets)))
        return "is no public key of minisign: 56 characters of base64 are";
    if (memcmp(octets, "Ed", 2) != 0)
        return "is a key of an algorithm that is not known here; Ed25519 is";
    memcpy(out->id, octets + 2, TG_TRUST_ID);
    memcpy(out->key, octets + 2 + TG_TRUST_ID, TG_TRUST_PUBLIC);
    return NULL;
}

const char *tg_trust_key_file(const char *text, size_t len, struct tg_trust_key *out)
{
    struct tg_trust_text rest = {text, len};
    const char *line;
    size_t line_len;

    if (!tg_trust_line(&rest, &line, &line_len) ||
        !tg_trust_begins(line, line_len, TG_TRUST_UNTRUSTED))
        return "is no file of a public key: '" TG_TRUST_UNTRUSTED "' must stand in front";
    if (!tg_trust_line(&rest, &line, &line_len))
        return "has no public key in its second line";
    if (rest.len > 0)
        return "has more than a public key in it";
    return tg_trust_key_parse(line, line_len, out);
}

bool tg_trust_time(int64_t seconds, char buf[21])
{
    const time_t t = (time_t)seconds;
    struct tm tm;

    buf[0] = '\0';
    return seconds >= 0 && seconds <= TIME_MAX && gmtime_r(&t, &tm) != NULL &&
           strftime(buf, 21, "%Y-%m-%dT%H:%M:%SZ", &tm) == 20;
}

/* What is impossible or written otherwise is found when it is written again. */
static bool read_time(const char *text, int64_t *seconds)
{
    struct tm tm = {0};
    char again[21];

    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
            &tm.tm_min, &tm.tm_sec) != 6)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *seconds = (int64_t)timegm(&tm);
    return tg_trust_time(*seconds, again) && strcmp(again, text) == 0;
}

size_t tg_trust_claim_format(const struct tg_trust_claim *claim, char buf[TG_TRUST_CLAIM_MAX])
{
    char created[21], expires[21] = "never", digest[65];
    int len;

    if (!tg_trust_time(claim->created, created) ||
        (claim->expires != 0 && !tg_trust_time(claim->expires, expires)))
        return 0;
    for (size_t i = 0; i < sizeof(claim->sha256); i++)
        (void)snprintf(digest + 2 * i, 3, "%02x", claim->sha256[i]);
    len = snprintf(buf, TG_TRUST_CLAIM_MAX,
        TG_TRUST_OURS "serial=%" PRIu32 " created=%s expires=%s sha256=%s", claim->serial, created,
        expires, digest);
    return len > 0 && len < TG_TRUST_CLAIM_MAX ? (size_t)len : 0;
}

static bool read_digest(const char *text, uint8_t digest[32])
{
    for (size_t i = 0; i < 32; i++)
        if (sscanf(text + 2 * i, "%2hhx", &digest[i]) != 1)
            return false;
    return true;
}

/* Read with some leave, then written again: only the one way to say it is left. */
const char *tg_trust_claim_parse(const char *text, size_t len, struct tg_trust_claim *out)
{
    static const char wrong[] = "trusted comment begins with 'tldguard ' but is not formed as ours";
    struct tg_trust_claim claim = {0};
    char copy[TG_TRUST_CLAIM_MAX], again[TG_TRUST_CLAIM_MAX];
    char created[21], expires[21], digest[65];

    if (len >= sizeof(copy))
        return wrong;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (sscanf(copy, TG_TRUST_OURS "serial=%10" SCNu32 " created=%20s expires=%20s sha256=%64s",
            &claim.serial, created, expires, digest) != 4 ||
        strlen(digest) != 64)
        return wrong;
    if (!read_time(created, &claim.created) || !read_digest(digest, claim.sha256) ||
        (strcmp(expires, "never") != 0 && !read_time(expires, &claim.expires)))
        return wrong;
    if (tg_trust_claim_format(&claim, again) != len || memcmp(again, text, len) != 0)
        return wrong;
    *out = claim;
    return NULL;
}

const char *tg_trust_id(const uint8_t id[TG_TRUST_ID], char buf[17])
{
    for (size_t i = 0; i < TG_TRUST_ID; i++)
        (void)snprintf(buf + 2 * i, 3, "%02X", id[TG_TRUST_ID - 1 - i]);
    return buf;
}

const char *tg_trust_text(const struct tg_trusted *trusted, char buf[96])
{
    char id[17], when[21];

    buf[0] = '\0';
    if (!trusted->checked)
        return buf;
    if (trusted->claim.expires == 0)
        (void)snprintf(buf, 96, "; signed by key %s, never expires", tg_trust_id(trusted->id, id));
    else if (tg_trust_time(trusted->claim.expires, when))
        (void)snprintf(
            buf, 96, "; signed by key %s, expires %s", tg_trust_id(trusted->id, id), when);
    return buf;
}
