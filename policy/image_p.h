/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Private: how an image lies in its file, shared by the writer and the reader,
 * and what an open image is made of.
 *
 * The file is a CDB, then a trailer. Keys begin with an octet of kind; values
 * are the structs below, whose fields are octet arrays, little-endian: no
 * padding, no alignment, the same on every machine.
 *
 *   'M'              meta, then the tool's version and NUL
 *   'A'              answer, then mname, rname, mx (wire), contact and NUL
 *   'Q' u32 number   canary question, then its name (wire)
 *   'R' u32 number   rule, then owner, targets (wire), note, reason, ticket, file
 *                    (each text with NUL, and only when the rule has it)
 *   'G' u32 number   group, then its name and NUL, then for each override an
 *                    octet of mode and a name (wire): the TLD, or the root for all
 *   'C'              subnets of all groups, in the order of the policy; only when there are any
 *   'T' label        tld: of a TLD that has a rule, or names below it; the label without
 *                    length octet
 *   'N' wire name    u16 of flags, then the numbers (u24) of the rules that the
 *                    flags say there are: allow, block, protect; one record for each
 *                    name: those of the policy in its order, then the rest
 *
 * They come in this order, canary questions, rules and groups by number. So all but the names, of
 * which there may be millions, is in front, and whoever asks for a few names need not read the
 * rest.
 */
#ifndef TLDGUARD_IMAGE_P_H
#define TLDGUARD_IMAGE_P_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mix.h"
#include "tldguard/image.h"

#define TG_IMAGE_MAGIC     "TLDGUARD" /* eight octets, no NUL */
#define TG_IMAGE_MAGIC_LEN 8
#define TG_CDB_TOC_LEN     2048 /* 256 tables: position, slots */
#define TG_CDB_TABLES      256

/* How many slots may be looked at, on the average, to find a record, or a TLD. Tables that are
 * half full take less than two. One made to be slow is refused. */
#define TG_LOOKS_MAX 64

/* How many slots in use may stand in a row: who looks for a name that is not there looks at all of
 * them. A million names have less than seventy. More are refused. */
#define TG_RUN_MAX 512

enum tg_disk_kind {
    TG_DISK_META = 'M',
    TG_DISK_ANSWER = 'A',
    TG_DISK_CANARY = 'Q',
    TG_DISK_RULE = 'R',
    TG_DISK_GROUP = 'G',
    TG_DISK_CLIENTS = 'C',
    TG_DISK_TLD = 'T',
    TG_DISK_NAME = 'N'
};

struct tg_disk_trailer {
    uint8_t magic[8];
    uint8_t format[4];
    uint8_t names_at[4]; /* where the first name is; without names, where records end */
    uint8_t digest[32];  /* SHA-256 of every octet before this field */
};

#define TG_DISK_INSPECT 1u /* names that answers lead to are judged */

struct tg_disk_meta {
    uint8_t format[4];
    uint8_t serial[4];
    uint8_t created[8];
    uint8_t digest[32];
    uint8_t rule_count[4];
    uint8_t group_count[4];
    uint8_t subnet_count[4];
    uint8_t name_count[4]; /* a name of two kinds counts twice */
    uint8_t suffix_count[4];
    uint8_t tool_len[2];
    uint8_t flags[2]; /* TG_DISK_INSPECT */
    uint8_t canary_count[4];
};

struct tg_disk_answer {
    uint8_t ttl[4];
    uint8_t a[TG_SINK_MAX][4];
    uint8_t aaaa[TG_SINK_MAX][16];
    uint8_t a_count;
    uint8_t aaaa_count;
    uint8_t mname_len;
    uint8_t rname_len;
    uint8_t mx_len; /* 0: no exchange */
    uint8_t has_contact;
    uint8_t contact_len[2];
};

struct tg_disk_canary {
    uint8_t qtype[2];
    uint8_t expect;
    uint8_t qname_len;
};

#define TG_DISK_HAS_NOTE   1u
#define TG_DISK_HAS_REASON 2u
#define TG_DISK_HAS_TICKET 4u
#define TG_DISK_HAS_FILE   8u

/* What a kind has no use for is zero. */
struct tg_disk_rule {
    uint8_t kind;
    uint8_t mode;
    uint8_t otherwise;
    uint8_t twin;
    uint8_t match;
    uint8_t action;
    uint8_t severity;
    uint8_t target_count;
    uint8_t owner_len; /* 0: a list */
    uint8_t texts;     /* TG_DISK_HAS_* */
    uint8_t zero[2];
    uint8_t until[4];
    uint8_t note_len[2];
    uint8_t reason_len[2];
    uint8_t ticket_len[2];
    uint8_t file_len[2];
};

struct tg_disk_group {
    uint8_t override_count[4];
    uint8_t name_len[2];
    uint8_t zero[2];
};

struct tg_disk_subnet {
    uint8_t prefix[16];
    uint8_t group[4];
    uint8_t length;
    uint8_t zero[3];
};

#define TG_NO_RULE 0xffffffu /* in place of a rule's number */

struct tg_disk_tld {
    uint8_t rule[3]; /* TG_NO_RULE: only names below it are known */
    uint8_t depth;   /* labels of the longest name known at or below it; 0: none is known */
};

/* Flags of a name. The first three say which rule numbers follow. */
#define TG_DISK_ALLOW            0x001u
#define TG_DISK_BLOCK            0x002u
#define TG_DISK_PROTECT          0x004u
#define TG_DISK_KINDS            0x007u
#define TG_DISK_ALLOW_EXACT      0x008u /* each one only with its kind */
#define TG_DISK_BLOCK_EXACT      0x010u
#define TG_DISK_PROTECT_EXACT    0x020u
#define TG_DISK_EXACT_SHIFT      3
#define TG_DISK_ABOVE_ALLOW      0x040u /* an allowed or protected name lies below the name */
#define TG_DISK_SUFFIX           0x080u
#define TG_DISK_SUFFIX_WILDCARD  0x100u
#define TG_DISK_SUFFIX_EXCEPTION 0x200u
#define TG_DISK_SUFFIXES         0x380u
#define TG_DISK_ABOVE_SUFFIX     0x400u /* a public suffix lies below the name */
#define TG_DISK_FLAGS            0x7ffu

struct tg_disk_name {
    uint8_t flags[2];
    uint8_t rules[][3];
};

static_assert(sizeof(struct tg_disk_trailer) == 48, "part of the format");
static_assert(sizeof(struct tg_disk_meta) == 76, "part of the format");
static_assert(sizeof(struct tg_disk_answer) == 172, "part of the format");
static_assert(sizeof(struct tg_disk_canary) == 4, "part of the format");
static_assert(sizeof(struct tg_disk_rule) == 24, "part of the format");
static_assert(sizeof(struct tg_disk_group) == 8, "part of the format");
static_assert(sizeof(struct tg_disk_subnet) == 24, "part of the format");
static_assert(sizeof(struct tg_disk_tld) == 4, "part of the format");
static_assert(sizeof(struct tg_disk_name) == 2, "part of the format");
static_assert(TG_DNAME_MAX <= UINT8_MAX, "name lengths are one octet");
static_assert(TG_TEXT_MAX <= UINT16_MAX, "text lengths are two octets");

static inline uint16_t tg_get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t tg_get24(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;
}

static inline uint32_t tg_get32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t tg_get64(const uint8_t *at)
{
    return tg_get32(at) | (uint64_t)tg_get32(at + 4) << 32;
}

static inline void tg_put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static inline void tg_put24(uint8_t *at, uint32_t value)
{
    tg_put16(at, (uint16_t)value);
    at[2] = (uint8_t)(value >> 16);
}

static inline void tg_put32(uint8_t *at, uint32_t value)
{
    tg_put16(at, (uint16_t)value);
    tg_put16(at + 2, (uint16_t)(value >> 16));
}

static inline void tg_put64(uint8_t *at, uint64_t value)
{
    tg_put32(at, (uint32_t)value);
    tg_put32(at + 4, (uint32_t)(value >> 32));
}

/* How many rule numbers follow these flags of a name. */
static inline size_t tg_disk_rules(uint32_t flags)
{
    return (flags & 1) + (flags >> 1 & 1) + (flags >> 2 & 1);
}

/* A TLD that has a rule or names below it. Sixteen octets: four of them share a cache line. */
struct tg_tld {
    uint64_t key;       /* of the label; 0: the slot is empty */
    uint32_t rule : 24; /* its number; TG_NO_RULE: only names are known */
    uint32_t depth : 8; /* as in struct tg_disk_tld */
    uint32_t label;     /* where in the image its label is, without length octet */
};

static_assert(TG_RULES_MAX < TG_NO_RULE, "rule numbers fit");
static_assert(TG_LABELS_MAX <= UINT8_MAX, "so do depths");
static_assert(TG_IMAGE_SIZE_MAX <= UINT32_MAX, "so do positions");

/* Open addressing with linear probing, at most half full, with few TLDs an eighth. */
struct tg_tlds {
    struct tg_tld *slots;
    size_t size;    /* a power of two */
    unsigned shift; /* 64 - log2(size) */
};

/* The names of a settled image: see image_settle.c. */
struct tg_names {
    uint8_t *buckets; /* NULL: it is not settled, and they are in data */
    size_t count;
    size_t len; /* octets */
};

/* Addresses from this one to the next range's belong to one group. */
struct tg_range {
    uint64_t high; /* the first address, as a number */
    uint64_t low;
    const struct tg_group *group; /* NULL: none */
};

struct tg_image {
    uint8_t *data; /* the whole file, in memory that is no longer writable; see also quick */
    size_t len;
    uint32_t names_at;      /* as in struct tg_disk_trailer */
    struct tg_names names;  /* of tg_image_settle(): then data ends where they begin */
    bool settled;           /* all but the names belongs to another one */
    struct tg_quick *quick; /* of tg_image_open_quick(); then data ends where the names begin, and
                               its table of contents tells of no tables. Else NULL */
    uint8_t digest[32];     /* of struct tg_disk_trailer */
    struct tg_image_meta meta;
    struct tg_answer answer;
    struct tg_canary *canaries; /* they, and all that follows, point into data */
    size_t canary_count;
    struct tg_rule *rules;
    size_t rule_count;
    struct tg_name *targets; /* of all rules */
    size_t target_count;
    struct tg_group *groups;
    size_t group_count;
    struct tg_override *overrides; /* of all groups */
    size_t override_count;
    const struct tg_disk_subnet *subnets; /* in data */
    size_t subnet_count;
    struct tg_range *ranges; /* sorted, the first from address 0; none without subnets */
    size_t range_count;
    size_t name_count;
    size_t suffix_count;
    struct tg_salt salt; /* of tlds, and of the names of a settled image */
    struct tg_tlds tlds;
    bool monitors;
    bool inspects;
};

/* The reader's errand: where to put the image, and where to complain. */
struct tg_opening {
    const char *name;
    struct tg_diags *diags;
    struct tg_image *image;
};

/* Who may look at the octets of an image, in the memory that it will be used from, before anybody
 * looks into them; not TG_OK: it is not opened. */
struct tg_image_gate {
    enum tg_status (*pass)(void *arg, const uint8_t *data, size_t len);
    void *arg;
};

/** tg_image_open() with a gate; NULL: without one. What it fails with, it has told itself. */
enum tg_status tg_image_open_gated(const char *path, const struct tg_image_gate *gate,
    struct tg_image **out, struct tg_diags *diags);

/** Adds an error about the image to the opening's diags; returns status. */
enum tg_status tg_opening_fail(const struct tg_opening *opening, enum tg_status status,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* One record, both parts inside the image's memory. */
struct tg_record {
    uint64_t at; /* its position in the file */
    const uint8_t *key;
    size_t key_len; /* 1.. */
    const uint8_t *value;
    size_t value_len;
};

/* Where the parts of an image's file lie: records, then tables, then the trailer. */
struct tg_frame {
    uint64_t len;        /* of the file */
    uint64_t data_end;   /* the records end, and the first table starts */
    uint64_t tables_end; /* the trailer starts */
    uint32_t names_at;   /* as in struct tg_disk_trailer, and so the next */
    uint8_t digest[32];
};

/**
 * Finds out from the start of a file where its parts lie, and that all of it is there.
 * @param head  the first TG_CDB_TOC_LEN octets, or as many as there are.
 * @param frame len is set; output: data_end and tables_end, so that the trailer is in the file.
 */
enum tg_status tg_frame_head(
    const struct tg_opening *opening, const uint8_t *head, struct tg_frame *frame);

/** Checks the trailer, but for its digest, and fills the rest of the frame. */
enum tg_status tg_frame_trailer(const struct tg_opening *opening,
    const struct tg_disk_trailer *trailer, struct tg_frame *frame);

/**
 * Opens a file that may be an image for reading.
 * @param fd  output, to be closed; also after a failure, when it is not -1.
 * @param len output: its length, 1 .. TG_IMAGE_SIZE_MAX.
 */
enum tg_status tg_opening_file(const struct tg_opening *opening, int *fd, uint64_t *len);

/** Gives the image len octets of writable memory, all zero. */
enum tg_status tg_opening_room(const struct tg_opening *opening, size_t len);

/** Makes the image's memory read-only for good. */
enum tg_status tg_opening_seal(const struct tg_opening *opening);

#define TG_READ_CUT (-1)

/** Reads len octets of a file from a position. 0, TG_READ_CUT: it ends before that, or errno. */
int tg_read_at(int fd, void *to, size_t len, uint64_t at);

/** Adds the error that a failed tg_read_at() is; returns the status for it. */
enum tg_status tg_opening_unread(const struct tg_opening *opening, int error);

/* The data section ends where the first table starts. */
static inline uint64_t tg_image_data_end(const struct tg_image *image)
{
    return tg_get32(image->data);
}

/**
 * Goes to the next record of an image whose records were checked: of those in front of the
 * names, and of the names.
 * @param record the record before, or one whose at is 0 to begin.
 * @return false behind the last one.
 */
bool tg_front_next(const struct tg_image *image, struct tg_record *record);
bool tg_name_next(const struct tg_image *image, struct tg_record *record);

/**
 * Checks that the records are whole, and that names_at is where one begins, or all end:
 * afterwards tg_front_next() and tg_name_next() can be trusted.
 * @param count output: how many there are.
 */
enum tg_status tg_image_check_records(const struct tg_opening *opening, uint64_t *count);

/** Checks that the hash tables fit the records, which were checked: afterwards all look-ups
 * can be trusted. */
enum tg_status tg_image_check_tables(const struct tg_opening *opening, uint64_t count);

/** Decodes meta, answer, canary questions, rules, groups and subnets into the image, and checks
 * each. */
enum tg_status tg_image_decode(const struct tg_opening *opening);

/** Sorts the image's subnets into ranges. TG_ECORRUPT when two are the same, TG_ENOMEM. */
enum tg_status tg_image_make_ranges(struct tg_image *image);

/** Checks TLD and name records against the rules; fills the table of TLDs. */
enum tg_status tg_image_check_refs(const struct tg_opening *opening);

/** The same for an image without names: what the TLD records say of them is believed. */
enum tg_status tg_image_check_tlds(const struct tg_opening *opening);

/** Whether the value of a name's record is possible: its length, flags and rules. */
bool tg_image_is_possible(
    const struct tg_image *image, struct tg_name name, const uint8_t *value, size_t value_len);

/**
 * Makes an image's salt, and an empty table by it.
 * @param count how many TLDs it must hold.
 * @return TG_OK or TG_ENOMEM. To be freed by free(slots).
 */
enum tg_status tg_tlds_init(struct tg_image *image, size_t count);

/**
 * Adds a TLD that is not in the table.
 * @param label lower-case, with its length octet.
 * @param at    where in the image the label is, without length octet.
 * @param rule  its number, or TG_NO_RULE.
 * @return how many slots were looked at, which is the price of finding it.
 */
size_t tg_tlds_add(struct tg_image *image, const uint8_t *label, uint32_t at, uint32_t rule);

/**
 * Finds a TLD.
 * @param label with its length octet, any case.
 * @return borrowed, or NULL.
 */
struct tg_tld *tg_image_find_tld(const struct tg_image *image, const uint8_t *label);

/** The rule of a TLD that was found; NULL: it has none. */
static inline const struct tg_rule *tg_tld_rule(
    const struct tg_image *image, const struct tg_tld *tld)
{
    return tld->rule == TG_NO_RULE ? NULL : &image->rules[tld->rule];
}

/* tg_image_name() in two steps, for several names at once: memory is slow, and so it is
 * waited for once and not for each of them. */
struct tg_lookup {
    struct tg_name name; /* lower-case */
    uint64_t hash;       /* tg_name_hash() in a settled image, else cdb_hash() */
};

/**
 * The first step, for a name and those above it.
 * @param offsets where its labels are, as by tg_dname_labels().
 * @param first   the first label whose name is looked up, up to the last.
 * @param labels  how many there are.
 * @param lookups output, from number first on.
 */
void tg_image_prepare(const struct tg_image *image, struct tg_name name, const uint8_t *offsets,
    size_t first, size_t labels, struct tg_lookup *lookups);

/** The second step: as tg_image_name(). */
bool tg_image_finish(
    const struct tg_image *image, const struct tg_lookup *lookup, struct tg_image_name *out);

/** tg_image_close() of one that was settled: frees what the other one has not got. */
void tg_image_close_rest(struct tg_image *image);

/**
 * Finds a name in the file of an image of tg_image_open_quick(), and checks its record.
 * @return the value of the record, until the next call; NULL: not there, or broken, which
 *         tg_image_status() tells.
 */
const struct tg_disk_name *tg_quick_find(
    const struct tg_image *image, const struct tg_lookup *lookup);

/** Frees; NULL-safe, sets the pointer to NULL. */
void tg_quick_destroy(struct tg_quick **quick);

#endif
