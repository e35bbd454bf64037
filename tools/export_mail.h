/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * What a policy says of mail to each name it knows, for mail servers: whether it is refused, and
 * what was meant. A form writes only what is not said by the names above already.
 */
#ifndef TG_TOOLS_EXPORT_MAIL_H
#define TG_TOOLS_EXPORT_MAIL_H

#include "tools/export.h"

enum tg_mail_do { TG_MAIL_PASS, TG_MAIL_WARN, TG_MAIL_REFUSE };

/* What is said of one name, or of what is below it. */
struct tg_mail_say {
    enum tg_mail_do what;
    size_t owner_len;           /* 0: no rule. Else octets at the name's end that the rule names */
    size_t twin_len;            /* 0: none */
    uint8_t twin[TG_DNAME_MAX]; /* of the name itself, also for what is below it */
};

/* A name on the way from the TLD to the one that the walk is at. */
struct tg_mail_level {
    uint8_t wire[TG_DNAME_MAX];
    size_t len;
    struct tg_mail_say self, below;
    struct tg_mail_say above; /* what the names above say of it */
    struct tg_mail_say words; /* of Postfix: what the patterns make of a refusal below it */
    bool patterns;            /* it has lines of its own among them ... */
    bool apart;               /* ... one for itself, one for what is below it */
};

#define TG_MAIL_CONTACT_MAX 200 /* of an answer of at most 512 octets (RFC 5321 4.5.3.1.5) */

struct tg_mail {
    const char *path;         /* where the list goes */
    struct tg_address client; /* decided as for this one, ... */
    bool for_client;          /* ... else as for one in no group */
    bool catcher; /* for the exchange of the sinkhole: what comes there is refused in any mode */
    char contact[TG_MAIL_CONTACT_MAX + 1]; /* "" or "; contact ..." */
    size_t depth;
    struct tg_mail_level levels[TG_LABELS_MAX + 1];
    struct tg_output patterns; /* of Postfix */
    size_t pattern_count;
    bool group;  /* lines of one TLD have begun */
    bool failed; /* a file beside the list could not be written, which was said */
};

extern const struct tg_export_writer tg_export_postfix, tg_export_exim;

/**
 * Whether the list may be called so: others' configuration names it. And a policy for the catcher
 * must lead to one.
 * @return false after an error in diags.
 */
bool tg_mail_prepare(const struct tg_export *ex, struct tg_diags *diags);

/* Where a walk starts: reads the contact. */
void tg_mail_begin(struct tg_export *ex);

/**
 * Comes to a name: leaves those that it is not below, deepest first.
 * @param leave called for each that is left; may be NULL.
 * @return where it stands; NULL: it says nothing that is not said above, or no mail goes there.
 */
struct tg_mail_level *tg_mail_enter(
    struct tg_export *ex, struct tg_name name, size_t reason, void (*leave)(struct tg_export *ex));

/* Leaves all names that have more labels than that. */
void tg_mail_leave(struct tg_export *ex, size_t depth, void (*leave)(struct tg_export *ex));

/* What is said below a name, of one with one label more. */
void tg_mail_inherit(const struct tg_mail_say *below, struct tg_name name, struct tg_mail_say *say);

/* Opens a file beside the list, its name and a suffix; false: failed is set, and it is said. */
bool tg_mail_open(struct tg_export *ex, const char *suffix, struct tg_output *out);

bool tg_mail_same(const struct tg_mail_say *a, const struct tg_mail_say *b);

/* The rule's name, at the end of that one; returns buf. */
const char *tg_mail_rule(
    const struct tg_mail_level *level, const struct tg_mail_say *say, char buf[TG_DNAME_TEXT_MAX]);

#endif
