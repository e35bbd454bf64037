/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Reads a response policy zone (draft-vixie-dnsop-dns-rpz-00) from its master file. */
#include <errno.h>
#include <ldns/ldns.h>
#include <string.h>

#include "tools/import.h"

struct reader {
    struct tg_import *im;
    ldns_rdf *origin;           /* what relative names are relative to */
    ldns_rdf *previous;         /* owner of the record before */
    uint8_t apex[TG_DNAME_MAX]; /* where the zone starts */
    size_t apex_len;            /* 0: not known before the SOA */
    bool apex_given;
    size_t found; /* records */
    unsigned line;
};

/* Lower-case wire format of a name that ldns has read; false when it is none. */
static bool lower(const ldns_rdf *rdf, uint8_t wire[TG_DNAME_MAX], size_t *len)
{
    if (!rdf || tg_dname_check(ldns_rdf_data(rdf), ldns_rdf_size(rdf), len) != TG_OK)
        return false;
    tg_dname_lower(ldns_rdf_data(rdf), *len, wire);
    return true;
}

/* True when a name is the one given in wire format, the root label of which is the literal's NUL.
 */
#define IS(name, literal) \
    tg_dname_equal(name, (struct tg_name){(const uint8_t *)(literal), sizeof(literal)})

/* The special triggers are told by their last label. */
static bool special(struct tg_name trigger, enum tg_import_reason *reason)
{
    const size_t at = tg_dname_last_label(trigger.wire);
    const struct tg_name last = {trigger.wire + at, trigger.len - at};

    if (IS(last, "\015rpz-client-ip"))
        *reason = TG_IMPORT_CLIENT_IP;
    else if (IS(last, "\006rpz-ip"))
        *reason = TG_IMPORT_IP;
    else if (IS(last, "\010rpz-nsip"))
        *reason = TG_IMPORT_NSIP;
    else if (IS(last, "\013rpz-nsdname"))
        *reason = TG_IMPORT_NSDNAME;
    else
        return false;
    return true;
}

/* The action that a CNAME stands for; *reason when a policy has none like it. */
static enum tg_import_say action(
    struct tg_name target, struct tg_name trigger, enum tg_import_reason *reason)
{
    const size_t at = tg_dname_last_label(target.wire);

    if (IS(target, ""))
        return TG_SAY_NXDOMAIN;
    if (IS(target, "\001*"))
        return TG_SAY_NODATA;
    /* PASSTHRU was written as a CNAME to the name itself before it had a name. */
    if (IS(target, "\014rpz-passthru") || tg_dname_equal(target, trigger))
        return TG_SAY_ALLOW;
    if (IS(target, "\010rpz-drop"))
        *reason = TG_IMPORT_DROP;
    else if (IS(target, "\014rpz-tcp-only"))
        *reason = TG_IMPORT_TCP_ONLY;
    else if (target.wire[at] > 4 && memcmp(target.wire + at + 1, "rpz-", 4) == 0)
        *reason = TG_IMPORT_UNKNOWN;
    else
        *reason = TG_IMPORT_CNAME;
    return TG_SAY_NOTHING;
}

/* Fills in what the record's data say. */
static void read_data(
    struct reader *r, const ldns_rr *rr, struct tg_name trigger, struct tg_import_record *record)
{
    const ldns_rdf *first = ldns_rr_rdf(rr, 0);
    enum tg_import_reason reason = TG_IMPORT_SYNTAX;
    uint8_t wire[TG_DNAME_MAX];
    struct tg_name target = {wire, 0};

    if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_CNAME) {
        record->say = TG_SAY_SINKHOLE;
        return;
    }
    if (lower(first, wire, &target.len))
        record->say = action(target, trigger, &reason);
    if (record->say == TG_SAY_NOTHING)
        tg_import_skip(r->im, reason, r->line);
}

/* Local data: the address or the exchange, of no other type more than that there are some. */
static enum tg_status add_record(
    struct reader *r, const ldns_rr *rr, struct tg_import_record *record)
{
    uint8_t wire[2 + TG_DNAME_MAX];
    const ldns_rdf *rdf = ldns_rr_rdf(rr, 0);
    size_t len = 0;

    record->type = (uint16_t)ldns_rr_get_type(rr);
    if (record->say == TG_SAY_SINKHOLE && record->type == LDNS_RR_TYPE_MX) {
        if (ldns_rr_rd_count(rr) == 2 && lower(ldns_rr_rdf(rr, 1), wire, &len)) {
            record->rdata = wire;
            record->size = (uint16_t)len;
        }
    } else if (record->say == TG_SAY_SINKHOLE && rdf && ldns_rdf_size(rdf) <= 16) {
        record->rdata = ldns_rdf_data(rdf);
        record->size = (uint16_t)ldns_rdf_size(rdf);
    }
    return tg_import_add(r->im, record);
}

static enum tg_status read_trigger(struct reader *r, const ldns_rr *rr, struct tg_name trigger)
{
    struct tg_import_record record = {.line = r->line};
    enum tg_import_reason reason;
    uint8_t key[TG_DNAME_MAX];
    struct tg_name name = trigger;

    if (special(trigger, &reason)) {
        tg_import_skip(r->im, reason, r->line);
        return TG_OK;
    }
    if (name.wire[0] == 1 && name.wire[1] == '*') {
        record.below = true;
        name = (struct tg_name){name.wire + 2, name.len - 2};
    }
    if (name.len == 1) {
        tg_import_skip(r->im, TG_IMPORT_EVERYTHING, r->line);
        return TG_OK;
    }
    record.key = (struct tg_key){key, tg_key_write(name, key)};
    read_data(r, rr, trigger, &record);
    return add_record(r, rr, &record);
}

/* At the apex stand the zone's own SOA and NS; a trigger there would be the root. */
static void read_apex(struct reader *r, const ldns_rr *rr)
{
    switch (ldns_rr_get_type(rr)) {
    case LDNS_RR_TYPE_SOA:
        r->im->serial = ldns_rdf2native_int32(ldns_rr_rdf(rr, 2));
        break;
    case LDNS_RR_TYPE_CNAME:
    case LDNS_RR_TYPE_A:
    case LDNS_RR_TYPE_AAAA:
    case LDNS_RR_TYPE_MX:
        tg_import_skip(r->im, TG_IMPORT_EVERYTHING, r->line);
        break;
    default: /* NS, TXT, DNSKEY and the like say nothing of other names */
        break;
    }
}

/* DNSSEC's own records in a signed zone are no local data. */
static bool is_meta(ldns_rr_type type)
{
    return type == LDNS_RR_TYPE_RRSIG || type == LDNS_RR_TYPE_NSEC || type == LDNS_RR_TYPE_NSEC3;
}

/* ldns takes any octets for the data of a record that is written as RFC 3597 has it, and then there
 * are fewer fields than its type has. */
static bool is_readable(const ldns_rr *rr)
{
    const ldns_rr_type type = ldns_rr_get_type(rr);

    return type != 0 && (type != LDNS_RR_TYPE_SOA || ldns_rr_rd_count(rr) == 7);
}

static enum tg_status read_rr(struct reader *r, const ldns_rr *rr)
{
    uint8_t owner[TG_DNAME_MAX];
    size_t len = 0;

    r->found++;
    if (!is_readable(rr) || !lower(ldns_rr_owner(rr), owner, &len)) {
        tg_import_skip(r->im, TG_IMPORT_SYNTAX, r->line);
        return TG_OK;
    }
    if (r->apex_len == 0 && ldns_rr_get_type(rr) != LDNS_RR_TYPE_SOA)
        return TG_EINVAL;
    if (!r->apex_given && ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA && r->apex_len == 0) {
        memcpy(r->apex, owner, len);
        r->apex_len = len;
    }
    if (is_meta(ldns_rr_get_type(rr)))
        return TG_OK;
    if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN ||
        !tg_dname_is_subdomain(
            (struct tg_name){owner, len}, (struct tg_name){r->apex, r->apex_len})) {
        tg_import_skip(r->im,
            ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN ? TG_IMPORT_CLASS : TG_IMPORT_OUTSIDE,
            r->line);
        return TG_OK;
    }
    if (len == r->apex_len) {
        read_apex(r, rr);
        return TG_OK;
    }
    /* "name.apex" is a trigger for "name". */
    owner[len - r->apex_len] = 0;
    return read_trigger(r, rr, (struct tg_name){owner, len - r->apex_len + 1});
}

/* One record, directive or bad line. */
static enum tg_status read_one(struct reader *r, FILE *file, uint32_t *ttl, int *line)
{
    const int before = *line;
    enum tg_status result = TG_OK;
    ldns_rr *rr = NULL;
    ldns_status status = ldns_rr_new_frm_fp_l(&rr, file, ttl, &r->origin, &r->previous, line);

    /* The last line of a file counts only when it ends. */
    r->line = (unsigned)(*line > before ? *line : before + 1);
    if (status == LDNS_STATUS_OK && rr)
        result = read_rr(r, rr);
    else if (status == LDNS_STATUS_MEM_ERR)
        result = TG_ENOMEM;
    else if (status == LDNS_STATUS_SYNTAX_INCLUDE ||
             status == LDNS_STATUS_SYNTAX_INCLUDE_ERR_NOTIMPL)
        tg_import_skip(r->im, TG_IMPORT_INCLUDE, r->line);
    else if (status != LDNS_STATUS_OK && status != LDNS_STATUS_SYNTAX_EMPTY &&
             status != LDNS_STATUS_SYNTAX_TTL && status != LDNS_STATUS_SYNTAX_ORIGIN)
        tg_import_skip(r->im, TG_IMPORT_SYNTAX, r->line);
    ldns_rr_free(rr);
    return result;
}

static enum tg_status read_zone(struct reader *r, FILE *file)
{
    enum tg_status status = TG_OK;
    uint32_t ttl = LDNS_DEFAULT_TTL;
    int line = 0;

    while (status == TG_OK && !feof(file) && !ferror(file))
        status = read_one(r, file, &ttl, &line);
    if (status == TG_OK && ferror(file))
        status = TG_EIO;
    return status;
}

static bool set_origin(struct reader *r, const char *origin, struct tg_diags *diags)
{
    if (!origin)
        return true;
    r->apex_given = true;
    if (tg_dname_from_text(origin, strlen(origin), r->apex, &r->apex_len, NULL) != TG_OK) {
        tg_diags_add(diags, TG_DIAG_ERROR, "--origin", 0, 0, NULL, "'%s' is not a name", origin);
        return false;
    }
    r->origin = ldns_dname_new_frm_data((uint16_t)r->apex_len, r->apex);
    return r->origin != NULL;
}

static void explain_failure(
    const struct reader *r, enum tg_status status, int error, struct tg_diags *diags)
{
    const char *file = r->im->file;

    if (status == TG_EINVAL)
        tg_diags_add(diags, TG_DIAG_ERROR, file, r->line, 1, NULL,
            "no SOA record before this one; say what the names are relative to: --origin NAME");
    else if (status == TG_EIO)
        tg_diags_add(diags, TG_DIAG_ERROR, file, 0, 0, NULL, "%s", strerror(error));
    else if (status != TG_OK)
        tg_diags_add(diags, TG_DIAG_ERROR, file, 0, 0, NULL, "%s", tg_status_text(status));
    else
        tg_diags_add(diags, TG_DIAG_ERROR, file, 0, 0, NULL, "not a zone: no record in it");
}

enum tg_status tg_import_rpz(struct tg_import *im, const char *origin, struct tg_diags *diags)
{
    struct reader r = {.im = im};
    enum tg_status status = TG_EINVAL;
    FILE *file = NULL;

    if (!set_origin(&r, origin, diags))
        return TG_EINVAL;
    file = strcmp(im->file, "-") == 0 ? stdin : fopen(im->file, "r");
    status = file ? read_zone(&r, file) : TG_EIO;
    if (status != TG_OK || r.found == 0) {
        explain_failure(&r, status, errno, diags);
        status = status == TG_OK ? TG_EFORMAT : status;
    }
    if (file && file != stdin)
        fclose(file);
    ldns_rdf_deep_free(r.origin);
    ldns_rdf_deep_free(r.previous);
    return status;
}
