/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A thin wrapper around libfyaml: text becomes a small tree in which each
 * node knows where it stands, and tables of keys walk it. Private to
 * libtldguard. Everything is text: no value is ever a boolean or a number
 * because of how YAML would read it ("no" is Norway).
 *
 * Built on libfyaml's events, not on its documents: anchors, aliases, tags,
 * depth and size are then refused before anything grows.
 *
 * Errors are collected and counted in the document, so a parse goes on after
 * one. Out of memory is kept in the document as well: look at oom at the end.
 * A document belongs to one thread.
 */
#ifndef TG_YAML_H
#define TG_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "tldguard/diag.h"
#include "tldguard/status.h"

#define TG_YAML_SIZE_MAX   ((size_t)64 * 1024 * 1024) /* bytes of text */
#define TG_YAML_LINE_MAX   ((size_t)1024 * 1024) /* bytes of a line: libfyaml holds one whole */
#define TG_YAML_DEPTH_MAX  16
#define TG_YAML_NODES_MAX  ((size_t)16 * 1000 * 1000)
#define TG_YAML_SHOW_MAX   64  /* room for a value in a message */
#define TG_YAML_SOURCE_MAX 501 /* room for a line that is shown: 1000 messages may show one */

enum tg_yaml_kind { TG_YAML_SCALAR, TG_YAML_LIST, TG_YAML_MAP };

struct tg_yaml_node {
    enum tg_yaml_kind kind;
    bool refused;              /* an alias: an error was said, more would only confuse */
    uint32_t at;               /* offset in the text of the document */
    uint32_t len;              /* scalar: bytes of text */
    uint32_t count;            /* list: items; map: pairs */
    const char *text;          /* scalar: not NUL-terminated, may hold anything */
    struct tg_yaml_node *next; /* in a list the next item; in a map key, value, key, ... */
    struct tg_yaml_node *child;
};

struct tg_yaml_mark; /* private: where lines start */

struct tg_yaml {
    const char *name; /* borrowed, as text is: of the messages */
    const char *text;
    size_t len;
    struct tg_diags *diags;
    struct tg_arena *arena; /* dies with the document */
    struct tg_yaml_mark *marks;
    const struct tg_yaml_node *root; /* NULL: the text is empty */
    size_t errors;
    bool oom;
    bool mute_errors; /* for a walk that is made again: neither said nor counted */
    bool mute_warnings;
};

/**
 * Reads a whole file of at most TG_YAML_SIZE_MAX bytes.
 * @param path  "-" is standard input.
 * @param text  output, to be freed with free(); a NUL stands behind it.
 * @param len   output: its length without that NUL.
 * @return TG_OK, TG_EIO or TG_ETOOBIG (with an error in diags), TG_ENOMEM; on
 *         failure the outputs are unchanged.
 */
enum tg_status tg_yaml_slurp(const char *path, char **text, size_t *len, struct tg_diags *diags);

/** The same of a regular file that others may have put there, with tg_input_open(). */
enum tg_status tg_yaml_slurp_input(
    const char *path, char **text, size_t *len, struct tg_diags *diags);

/**
 * Reads a whole file, whatever it holds.
 * @param max     bytes at most.
 * @param regular true: anything but a regular file is refused, and never waited for.
 * @param text    output, to be freed with free(); a NUL stands behind it.
 * @return 0, or an errno value; EFBIG: over max, EINVAL: not a regular file. On
 *         failure the outputs are unchanged.
 */
int tg_yaml_file(const char *path, size_t max, bool regular, char **text, size_t *len);

/** The same of a regular file, with tg_input_open(), and its errno values. */
int tg_yaml_input(const char *path, size_t max, char **text, size_t *len);

/** What messages call the file: path, or "<stdin>" for "-". */
const char *tg_yaml_name(const char *path);

/**
 * Parses one YAML document. Tags, anchors, aliases and a second document are
 * errors that only count in the document, so that its reader can go on.
 * @param out output: to be freed with tg_yaml_destroy(); name and text must live as long.
 * @return TG_OK; TG_ESYNTAX (not YAML, not UTF-8, control characters, directives, a line too
 *         long), TG_EPOLICY (nested too deep), TG_ETOOBIG, all with an error in diags;
 *         TG_ENOMEM. On failure *out is unchanged.
 */
enum tg_status tg_yaml_load(
    const char *name, const char *text, size_t len, struct tg_diags *diags, struct tg_yaml **out);

/**
 * A document of text that is not YAML, for messages about places in it.
 * @return TG_OK or TG_ENOMEM; as tg_yaml_load() otherwise.
 */
enum tg_status tg_yaml_plain(
    const char *name, const char *text, size_t len, struct tg_diags *diags, struct tg_yaml **out);

/** NULL-safe; sets the pointer to NULL. */
void tg_yaml_destroy(struct tg_yaml **doc);

/** Finds where lines start, and checks what libfyaml would pass over. Of tg_yaml_load(). */
void tg_yaml_scan(struct tg_yaml *doc, bool check);

/** Line and column (both 1..) of an offset, 0 .. len. @return where that line starts. */
size_t tg_yaml_place(const struct tg_yaml *doc, size_t at, unsigned *line, unsigned *col);

/** The line that starts at an offset, as messages show it: source, or NULL when it is too long. */
const char *tg_yaml_source(
    const struct tg_yaml *doc, size_t start, char source[TG_YAML_SOURCE_MAX]);

/** Adds an error, a warning or a note about the place at, unless muted (notes as warnings). */
void tg_yaml_error(struct tg_yaml *doc, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void tg_yaml_warn(struct tg_yaml *doc, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void tg_yaml_note(struct tg_yaml *doc, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/** The value as messages show it: cut to fit, whole characters. @return buf. */
const char *tg_yaml_show(const struct tg_yaml_node *node, char buf[TG_YAML_SHOW_MAX]);

/** "a list", "a mapping", "one value", "nothing". */
const char *tg_yaml_kind_text(const struct tg_yaml_node *node);

/* One key of a mapping. */
struct tg_yaml_key {
    const char *name;
    const char *required; /* NULL: optional; else what to write, for the message */
    void (*read)(void *ctx, const struct tg_yaml_node *value, void *into);
};
#define TG_YAML_KEYS_MAX 32

/**
 * Walks a mapping: each known key's read() is called with ctx, its value and
 * into. Errors: not a mapping, an unknown key, one given twice (only the
 * first is read), a required one missing.
 * @param what what the mapping is, e.g. "a tlds entry".
 * @param keys count entries, 1 .. TG_YAML_KEYS_MAX.
 */
void tg_yaml_map(struct tg_yaml *doc, const struct tg_yaml_node *node, const char *what,
    const struct tg_yaml_key *keys, size_t count, void *ctx, void *into);

/** True when node is a scalar with text; else adds an error that names the key. */
bool tg_yaml_scalar(struct tg_yaml *doc, const struct tg_yaml_node *node, const char *key);

/**
 * The word that a scalar probably means: at most a third of it away.
 * @param word  gives word i of list, 0 .. count - 1.
 * @return that word, or NULL.
 */
const char *tg_yaml_nearest(const struct tg_yaml_node *node,
    const char *(*word)(const void *list, size_t i), const void *list, size_t count);

/** True when the scalar's text is word. */
bool tg_yaml_is(const struct tg_yaml_node *node, const char *word);

/**
 * Which of count words a scalar is.
 * @param key  its key, for the message.
 * @param word output: the index; unchanged on failure.
 * @return false after an error that names the nearest word, or all.
 */
bool tg_yaml_word(struct tg_yaml *doc, const struct tg_yaml_node *node, const char *key,
    const char *const *words, size_t count, size_t *word);

/**
 * A plain decimal number: digits only, no sign, no leading zero.
 * @param value output: min .. max; unchanged on failure.
 * @return false after an error.
 */
bool tg_yaml_number(struct tg_yaml *doc, const struct tg_yaml_node *node, const char *key,
    uint32_t min, uint32_t max, uint32_t *value);

/**
 * A prefix, "ADDRESS/LENGTH", or a plain address, which is one of its own. IPv4 becomes the
 * IPv6 that it maps to (RFC 4291 2.5.5.2).
 * @param key    its key, for the message.
 * @param octets output: the address; bits behind the length are zero. Unchanged on failure.
 * @param length output: 0 .. 128, IPv4 /24 is 120; unchanged on failure.
 * @return false after an error.
 */
bool tg_yaml_prefix(struct tg_yaml *doc, const struct tg_yaml_node *node, const char *key,
    uint8_t octets[16], uint8_t *length);

/**
 * One line of text for people: white space at the ends goes, line breaks and
 * tabs become spaces, other control characters are an error.
 * @param max   bytes at most.
 * @param arena where the text goes to live.
 * @return NUL-terminated text, or NULL after an error or out of memory.
 */
const char *tg_yaml_line(struct tg_yaml *doc, const struct tg_yaml_node *node, const char *key,
    size_t max, struct tg_arena *arena);

#endif
