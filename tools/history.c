/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard history: the policy that is active, and those that it can be gone back to. */
#include <inttypes.h>
#include <string.h>

#include "tools/store.h"

enum { CONF, JSON, PLACE };
static const struct tg_option options[] = {
    [CONF] = {"conf", 'c', "FILE", "the module's settings, which name the policy's place"},
    [JSON] = {"json", 'j', NULL, "as JSON"},
    [PLACE] = {"place", 'p', NULL, "only where the active one is, whatever lies there"},
    {0},
};

/* One policy of the list. */
struct entry {
    const char *path;
    int64_t put_away; /* seconds since 1970; 0: it is the active one */
    struct tg_sealed sealed;
    struct tg_diags *diags; /* what is wrong with it */
};

static void read_entry(
    struct entry *entry, const char *path, int64_t put_away, const struct tg_trust_keys *keys)
{
    *entry = (struct entry){.path = path, .put_away = put_away, .diags = tg_diags_create()};
    (void)tg_sealed_read(path, NULL, keys, &entry->sealed, entry->diags);
}

static void free_entry(struct entry *entry)
{
    tg_sealed_free(&entry->sealed);
    tg_diags_destroy(&entry->diags);
}

static const char *signer(const struct entry *entry, char buf[17])
{
    return entry->sealed.trusted.checked ? tg_trust_id(entry->sealed.trusted.id, buf) : NULL;
}

static void print(const struct entry *entry)
{
    char made[32], put[32] = "active", digits[65], id[17];
    const struct tg_image_meta *meta;
    const char *by = signer(entry, id);

    if (!entry->sealed.image)
        return;
    if (entry->put_away)
        (void)tg_text_time(entry->put_away, put);
    meta = tg_image_meta(entry->sealed.image);
    printf("%-10" PRIu32 "  %-20s  %-20s  %.8s  %5zu  %8zu  %s\n", meta->serial,
        tg_text_time(meta->created, made), put,
        tg_text_digest(tg_image_digest(entry->sealed.image), digits),
        tg_image_rule_count(entry->sealed.image), tg_image_name_count(entry->sealed.image),
        by ? by : "-");
}

static json_t *json(const struct entry *entry)
{
    char made[32], put[32], digits[65], id[17];
    const struct tg_image *image = entry->sealed.image;
    const char *by = signer(entry, id);

    if (!image)
        return json_null();
    return json_pack("{s:I, s:s, s:s, s:s?, s:s?, s:I, s:I, s:o}", "serial",
        (json_int_t)tg_image_meta(image)->serial, "image",
        tg_text_digest(tg_image_digest(image), digits), "created",
        tg_text_time(tg_image_meta(image)->created, made), "replaced",
        entry->put_away ? tg_text_time(entry->put_away, put) : NULL, "signed", by, "rules",
        (json_int_t)tg_image_rule_count(image), "names", (json_int_t)tg_image_name_count(image),
        "path", tg_tool_text(entry->path));
}

/* One at a time: each may have a million names. Says what is broken; false then. */
static bool list(
    const struct tg_store *store, const struct tg_former *formers, size_t count, json_t *into)
{
    const struct tg_settings *settings = store->settings;
    json_t *history = json_array();
    struct entry entry;
    bool good = true;

    for (size_t i = 0; i <= count; i++) {
        read_entry(&entry, i == 0 ? settings->policy : formers[i - 1].path,
            i == 0 ? 0 : formers[i - 1].put_away / 1000000000, &settings->trusted);
        good = good && entry.sealed.image;
        tg_text_diags(entry.diags, false);
        if (!into)
            print(&entry);
        else if (i == 0)
            (void)json_object_set_new(into, "active", json(&entry));
        else if (entry.sealed.image)
            (void)json_array_append_new(history, json(&entry));
        free_entry(&entry);
    }
    if (into)
        (void)json_object_set_new(into, "history", history);
    else
        json_decref(history);
    return good;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_diags *diags = tg_diags_create();
    struct tg_settings *settings = NULL;
    struct tg_store store = {.lock = -1};
    struct tg_former *formers = NULL;
    size_t count = 0;
    json_t *into = NULL;
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 0, 0, &p);

    if (code < 0) {
        code = EXIT_BROKEN;
        settings = tg_settings_find(p.value[CONF], diags);
    }
    if (settings && p.value[PLACE]) {
        puts(settings->policy);
        code = EXIT_FINE;
    } else if (settings) {
        tg_store_open(&store, settings);
        into = p.value[JSON] ? json_object() : NULL;
        if (tg_store_list(&store, &formers, &count, diags)) {
            if (!into)
                puts("serial      compiled              replaced              image     rules     "
                     "names  signed by");
            code = list(&store, formers, count, into) ? EXIT_FINE : EXIT_FINDINGS;
            if (into && tg_text_json(json_incref(into)) != EXIT_FINE)
                code = EXIT_BROKEN;
        }
    }
    tg_text_diags(diags, false);
    json_decref(into);
    tg_formers_free(formers, count);
    tg_store_close(&store);
    tg_settings_destroy(&settings);
    tg_diags_destroy(&diags);
    return code;
}

const struct tg_command tg_cmd_history = {
    .name = "history",
    .arguments = "",
    .summary = "List the policy that is active, and those that it can be gone back to.",
    .example = "tldguard history",
    .options = options,
    .run = run,
};
