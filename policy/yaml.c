/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Loading: libfyaml's events become a tree. */
#include "yaml.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

/* A collection whose end has not been seen yet. */
struct frame {
    struct tg_yaml_node *node;
    struct tg_yaml_node **tail; /* where its next child goes */
    uint32_t children;
};

struct loader {
    struct tg_yaml *doc;
    struct fy_diag *diag;
    struct fy_parser *parser;
    struct frame stack[TG_YAML_DEPTH_MAX];
    size_t depth;
    size_t nodes;
    size_t documents;
    size_t last_at;  /* where the last thing with a place stood */
    size_t last_end; /* and where it ended */
    bool stop;
    enum tg_status broken; /* with stop: why the tree cannot be used */
};

/* An empty entry of a block list: its '-' is the next thing that is neither space nor comment. */
static size_t find_dash(const struct loader *l)
{
    const char *text = l->doc->text;
    size_t at = l->last_end;
    while (at < l->doc->len && strchr(" \t\r\n#", text[at])) {
        const char *end = text[at] == '#' ? memchr(text + at, '\n', l->doc->len - at) : text + at;
        at = end ? (size_t)(end - text) + 1 : l->doc->len;
    }
    return at < l->doc->len && text[at] == '-' ? at : SIZE_MAX;
}

/* What is empty has no place in libfyaml: it gets that of its '-', or of its key. */
static size_t event_at(struct loader *l, struct fy_event *event, bool quoted)
{
    const struct fy_mark *start = fy_event_start_mark(event);
    const struct fy_mark *end = fy_event_end_mark(event);
    size_t len = l->doc->len;
    if (start) {
        /* libfyaml starts a quoted scalar behind its quote; people see the quote. */
        size_t at = start->input_pos - (quoted && start->input_pos > 0 ? 1 : 0);
        l->last_at = at < len ? at : len;
        l->last_end = end && end->input_pos < len ? end->input_pos + quoted : len;
    } else if (event->type == FYET_SCALAR && l->depth > 0 &&
               l->stack[l->depth - 1].node->kind == TG_YAML_LIST) {
        size_t dash = find_dash(l);
        if (dash != SIZE_MAX) {
            l->last_at = dash;
            l->last_end = dash + 1;
        }
    }
    return l->last_at;
}

/* Where the text lives as long as the document, it is not copied. */
static const char *keep_text(struct tg_yaml *doc, const char *text, size_t len)
{
    uintptr_t at = (uintptr_t)text;
    uintptr_t from = (uintptr_t)doc->text;
    if (at >= from && at - from <= doc->len && len <= doc->len - (at - from))
        return text;
    return tg_arena_copy(doc->arena, text, len);
}

static struct tg_yaml_node *add_node(struct loader *l, enum tg_yaml_kind kind, size_t at)
{
    struct tg_yaml *doc = l->doc;
    if (++l->nodes > TG_YAML_NODES_MAX) {
        tg_yaml_error(doc, at, "too many values; %zu are the most", TG_YAML_NODES_MAX);
        l->stop = true;
        l->broken = TG_ETOOBIG;
        return NULL;
    }
    struct tg_yaml_node *node = tg_arena_alloc(doc->arena, sizeof(*node));
    if (!node) {
        doc->oom = l->stop = true;
        return NULL;
    }
    node->kind = kind;
    node->at = (uint32_t)at;
    if (l->depth > 0) {
        struct frame *top = &l->stack[l->depth - 1];
        *top->tail = node;
        top->tail = &node->next;
        top->children++;
    } else {
        doc->root = node;
    }
    return node;
}

static void on_start(struct loader *l, enum tg_yaml_kind kind, size_t at)
{
    if (l->depth == TG_YAML_DEPTH_MAX) {
        tg_yaml_error(l->doc, at, "nested deeper than %d levels", TG_YAML_DEPTH_MAX);
        l->stop = true;
        l->broken = TG_EPOLICY;
        return;
    }
    struct tg_yaml_node *node = add_node(l, kind, at);
    if (node)
        l->stack[l->depth++] = (struct frame){node, &node->child, 0};
}

static void on_end(struct loader *l)
{
    struct frame *top = &l->stack[--l->depth];
    top->node->count = top->node->kind == TG_YAML_MAP ? top->children / 2 : top->children;
}

static void on_scalar(struct loader *l, struct fy_event *event, size_t at)
{
    size_t len = 0;
    const char *text = fy_token_get_text(event->scalar.value, &len);
    struct tg_yaml_node *node = add_node(l, TG_YAML_SCALAR, at);
    if (!node)
        return;
    if (!text)
        len = 0;
    node->text = len > 0 ? keep_text(l->doc, text, len) : "";
    node->len = (uint32_t)len;
    if (!node->text) {
        node->text = "";
        node->len = 0;
        l->doc->oom = l->stop = true;
    }
}

/* Aliases can make a small text huge, and tags can make a value mean something else. */
static void refuse_extras(struct loader *l, struct fy_event *event, size_t at)
{
    if (fy_event_get_anchor_token(event) && event->type != FYET_ALIAS)
        tg_yaml_error(l->doc, at, "anchors (&name) are not used here; remove it");
    if (fy_event_get_tag_token(event))
        tg_yaml_error(l->doc, at, "tags (!name) are not used here; remove it");
}

static void on_alias(struct loader *l, size_t at)
{
    at = at > 0 ? at - 1 : 0; /* libfyaml points behind the '*' */
    tg_yaml_error(l->doc, at, "aliases (*name) are not used here; write the value itself");
    struct tg_yaml_node *node = add_node(l, TG_YAML_SCALAR, at);
    if (node) {
        node->text = "";
        node->refused = true;
    }
}

static void on_document(struct loader *l, size_t at)
{
    if (++l->documents == 1)
        return;
    tg_yaml_error(l->doc, at, "a second document starts here; one file holds one document");
    l->stop = true;
}

static void on_event(struct loader *l, struct fy_event *event)
{
    bool quoted = event->type == FYET_SCALAR &&
                  (fy_scalar_token_get_style(event->scalar.value) == FYSS_SINGLE_QUOTED ||
                      fy_scalar_token_get_style(event->scalar.value) == FYSS_DOUBLE_QUOTED);
    size_t at = event_at(l, event, quoted);
    switch (event->type) {
    case FYET_DOCUMENT_START:
        on_document(l, at);
        break;
    case FYET_SCALAR:
        refuse_extras(l, event, at);
        on_scalar(l, event, at);
        break;
    case FYET_ALIAS:
        on_alias(l, at);
        break;
    case FYET_SEQUENCE_START:
        refuse_extras(l, event, at);
        on_start(l, TG_YAML_LIST, at);
        break;
    case FYET_MAPPING_START:
        refuse_extras(l, event, at);
        on_start(l, TG_YAML_MAP, at);
        break;
    case FYET_SEQUENCE_END:
    case FYET_MAPPING_END:
        on_end(l);
        break;
    default:
        break;
    }
}

static enum tg_status syntax_error(struct loader *l)
{
    struct tg_yaml *doc = l->doc;
    struct fy_diag_error *error;
    void *iter = NULL;
    while ((error = fy_diag_errors_iterate(l->diag, &iter)) != NULL) {
        if (error->type < FYET_ERROR)
            continue;
        const struct fy_mark *mark = error->fyt ? fy_token_start_mark(error->fyt) : NULL;
        size_t at = mark ? mark->input_pos : l->last_at;
        tg_yaml_error(
            doc, at < doc->len ? at : doc->len, "%s", error->msg ? error->msg : "not YAML");
    }
    /* libfyaml may stop without a word. */
    if (doc->errors == 0)
        tg_yaml_error(doc, l->last_at, "not valid YAML behind this place");
    return TG_ESYNTAX;
}

static enum tg_status run(struct loader *l)
{
    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    l->diag = fy_diag_create(&diag_cfg);
    if (!l->diag)
        return TG_ENOMEM;
    fy_diag_set_collect_errors(l->diag, true); /* else libfyaml prints them */
    struct fy_parse_cfg cfg = {.flags = FYPCF_DEFAULT_VERSION_1_2, .diag = l->diag};
    l->parser = fy_parser_create(&cfg);
    if (!l->parser || fy_parser_set_string(l->parser, l->doc->text, l->doc->len) != 0)
        return TG_ENOMEM;
    struct fy_event *event;
    while (!l->stop && (event = fy_parser_parse(l->parser)) != NULL) {
        on_event(l, event);
        fy_parser_event_free(l->parser, event);
    }
    if (l->doc->oom)
        return TG_ENOMEM;
    if (l->broken != TG_OK)
        return l->broken;
    if (!l->stop && (fy_parser_get_stream_error(l->parser) || l->depth > 0))
        return syntax_error(l);
    return TG_OK;
}

static enum tg_status load(struct tg_yaml *doc)
{
    if (doc->len > TG_YAML_SIZE_MAX) {
        tg_diags_add(doc->diags, TG_DIAG_ERROR, doc->name, 0, 0, NULL, "larger than %zu bytes",
            TG_YAML_SIZE_MAX);
        return TG_ETOOBIG;
    }
    tg_yaml_scan(doc, true);
    if (doc->oom)
        return TG_ENOMEM;
    if (doc->errors > 0)
        return TG_ESYNTAX;
    if (doc->len == 0)
        return TG_OK;
    struct loader l = {.doc = doc};
    enum tg_status status = run(&l);
    if (l.parser)
        fy_parser_destroy(l.parser);
    if (l.diag)
        fy_diag_destroy(l.diag);
    return status;
}

static struct tg_yaml *new_document(
    const char *name, const char *text, size_t len, struct tg_diags *diags)
{
    struct tg_yaml *doc = calloc(1, sizeof(*doc));
    if (!doc)
        return NULL;
    doc->name = name;
    doc->text = text;
    doc->len = len;
    doc->diags = diags;
    doc->arena = tg_arena_create();
    if (!doc->arena)
        tg_yaml_destroy(&doc);
    return doc;
}

enum tg_status tg_yaml_load(
    const char *name, const char *text, size_t len, struct tg_diags *diags, struct tg_yaml **out)
{
    struct tg_yaml *doc = new_document(name, text, len, diags);
    enum tg_status status = doc ? load(doc) : TG_ENOMEM;
    if (status != TG_OK) {
        tg_yaml_destroy(&doc);
        return status;
    }
    *out = doc;
    return TG_OK;
}

enum tg_status tg_yaml_plain(
    const char *name, const char *text, size_t len, struct tg_diags *diags, struct tg_yaml **out)
{
    struct tg_yaml *doc = new_document(name, text, len, diags);
    if (doc)
        tg_yaml_scan(doc, false);
    if (!doc || doc->oom) {
        tg_yaml_destroy(&doc);
        return TG_ENOMEM;
    }
    *out = doc;
    return TG_OK;
}

void tg_yaml_destroy(struct tg_yaml **doc)
{
    if (!doc || !*doc)
        return;
    tg_arena_destroy(&(*doc)->arena);
    free(*doc);
    *doc = NULL;
}
