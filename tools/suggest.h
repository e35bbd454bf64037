/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What the files of tldguard suggest share. */
#ifndef TG_TOOLS_SUGGEST_H
#define TG_TOOLS_SUGGEST_H

#include <libpsl.h>

#include "tldguard/nearmiss.h"
#include "tools/tool.h"

#define TG_SUGGEST_TLDS_MAX    5000 /* the root zone has some 1,500 */
#define TG_SUGGEST_TARGETS_MAX 100

/* A TLD that a target may be mistaken for, or a spoof of one. */
struct tg_tld {
    char label[TG_LABEL_MAX + 1];
    char shown[TG_ULABEL_MAX]; /* in its own script */
    struct tg_skeleton skeleton;
    bool delegated;
    bool own_suffixes;
    bool all_suffixes;  /* each name directly below it is one */
    bool mixed;         /* of a spoof */
    const char *script; /* of a spoof; NULL: no spoof */
    long popular;       /* -1: not known */
};

/* The TLDs there are, and what is known of them. */
struct tg_world {
    struct tg_unicode *unicode;
    struct tg_keyboards *keyboards;
    struct tg_tld *tlds;
    size_t count;
    size_t room;
    psl_ctx_t *psl; /* NULL: no public suffix list was found */
};

/* Where the world is read from. */
struct tg_world_files {
    const char *data;     /* folder of keyboards.tsv and popular-tlds.tsv */
    const char *tlds;     /* one TLD a line; NULL: those of the public suffix list */
    const char *suffixes; /* the public suffix list; NULL: where libpsl says it is */
};

/**
 * Reads all of it.
 * @param world zeroed; to be ended with tg_world_fini() whatever is returned.
 * @return TG_OK; on failure diags has an error.
 */
enum tg_status tg_world_read(
    struct tg_world *world, const struct tg_world_files *files, struct tg_diags *diags);
void tg_world_fini(struct tg_world *world);

/* A TLD by its label; NULL: not among them. */
struct tg_tld *tg_world_find(const struct tg_world *world, const char *label);

/**
 * Adds a TLD, not delegated, unless it is there; what it returns may move with the next.
 * @return NULL when it is no label (errno EINVAL), or out of memory or room.
 */
struct tg_tld *tg_world_add(struct tg_world *world, const char *label);

/* What people mean: a TLD, or a name such as gov.uk. */
struct tg_target {
    const char *text;              /* as given */
    char name[TG_DNAME_TEXT_MAX];  /* all of it, A-labels */
    char above[TG_DNAME_TEXT_MAX]; /* the labels before the TLD; "" for a TLD */
    char tld[TG_LABEL_MAX + 1];
    bool sparse;
    struct tg_skeleton skeleton;
};

/* A near miss of one target. */
struct tg_find {
    size_t target; /* index into targets */
    size_t tld;    /* index into the world's */
    struct tg_near near;
    struct tg_near_advice advice;
};

struct tg_suggestions {
    const struct tg_world *world;
    struct tg_target targets[TG_SUGGEST_TARGETS_MAX];
    size_t target_count;
    struct tg_find *finds; /* by target, then risk, then label */
    size_t find_count;
    size_t room;
};

/**
 * Reads one argument. An IDN that does not exist and looks like a TLD that does becomes a
 * TLD to judge, and what it looks like the target.
 * @return -1, or an exit code after a message.
 */
int tg_suggest_target(const struct tg_command *command, struct tg_world *world, const char *text,
    struct tg_suggestions *s);

/* Adds look-alikes of the target TLDs to the world. False: out of memory. */
bool tg_suggest_spoofs(struct tg_world *world, const struct tg_suggestions *s);

/* Finds everything, in its order; sorts the world for that. False: out of memory. */
bool tg_suggest_find(struct tg_world *world, struct tg_suggestions *s);

/* "omission", "substitution+bit-flip": the likeliest class first; returns buf. */
#define TG_CLASSES_TEXT_MAX 128
const char *tg_find_classes(const struct tg_find *find, char buf[TG_CLASSES_TEXT_MAX]);

/* Which slip it was, in words; returns buf. */
#define TG_EVIDENCE_MAX 512
const char *tg_find_evidence(
    const struct tg_suggestions *s, const struct tg_find *find, char buf[TG_EVIDENCE_MAX]);

/* "5 of the 100,000 most popular names; ...": why this mode; returns buf. */
const char *tg_find_why(
    const struct tg_suggestions *s, const struct tg_find *find, char buf[TG_EVIDENCE_MAX]);

/**
 * The find that speaks for a TLD that several targets have: the likeliest, the first of
 * equals. NULL when this one is not the first of its TLD: it was told already.
 */
const struct tg_find *tg_find_first(const struct tg_suggestions *s, size_t i);

/* Whether a find is of a name such as gov.uk. */
bool tg_find_is_name(const struct tg_suggestions *s, const struct tg_find *find);

/* The twin of such a name; returns buf. */
#define TG_TWIN_TEXT_MAX (TG_DNAME_TEXT_MAX + TG_LABEL_MAX + 2)
const char *tg_find_twin(
    const struct tg_suggestions *s, const struct tg_find *find, char buf[TG_TWIN_TEXT_MAX]);

/* The three forms of the answer. Each returns an exit code. */
int tg_suggest_yaml(const struct tg_suggestions *s);
int tg_suggest_table(const struct tg_suggestions *s);
int tg_suggest_json(const struct tg_suggestions *s);

#endif
