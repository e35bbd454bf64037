/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fileio.h"
#include "settings_p.h"

static bool read_file(struct tg_yaml *doc, const struct tg_yaml_node *value, const char *path,
    struct tg_trust_key *key)
{
    char *text = NULL;
    size_t len = 0;
    const int error = tg_yaml_input(path, TG_TRUST_FILE_MAX, &text, &len);
    const char *wrong = error == 0 ? tg_trust_key_file(text, len, key) : NULL;

    free(text);
    if (error == ENOMEM)
        doc->oom = true;
    else if (error == EFBIG)
        tg_yaml_error(doc, value->at, "'%s' is too large for the file of a public key", path);
    else if (error != 0)
        tg_yaml_error(doc, value->at, "cannot read the key '%s': %s", path,
            error == EINVAL ? "not a regular file" : tg_input_error(error));
    else if (wrong)
        tg_yaml_error(doc, value->at, "'%s' %s", path, wrong);
    return error == 0 && !wrong;
}

static bool read_key(
    struct tg_yaml *doc, const struct tg_yaml_node *value, struct tg_trust_key *key)
{
    char shown[TG_YAML_SHOW_MAX];
    const char *line = tg_yaml_line(doc, value, "trusted-keys", PATH_MAX - 1, doc->arena);
    const char *wrong;

    if (!line)
        return false;
    if (line[0] == '/')
        return read_file(doc, value, line, key);
    wrong = tg_trust_key_parse(line, strlen(line), key);
    if (wrong)
        tg_yaml_error(doc, value->at, "'%s' in 'trusted-keys' %s; or write the path of its file",
            tg_yaml_show(value, shown), wrong);
    return !wrong;
}

static void add_key(
    struct tg_yaml *doc, const struct tg_yaml_node *value, struct tg_trust_keys *keys)
{
    struct tg_trust_key key;

    if (keys->count == TG_TRUST_KEYS_MAX || !read_key(doc, value, &key))
        return;
    for (size_t i = 0; i < keys->count; i++)
        if (memcmp(&keys->key[i], &key, sizeof(key)) == 0) {
            tg_yaml_error(doc, value->at, "this key is given twice; remove one");
            return;
        }
    keys->key[keys->count++] = key;
}

void tg_settings_trusted(
    struct tg_yaml *doc, const struct tg_yaml_node *value, struct tg_trust_keys *keys)
{
    if (value->kind != TG_YAML_LIST) {
        add_key(doc, value, keys);
        return;
    }
    /* Not taken for "nobody needs to sign": that is what leaving it out says. */
    if (value->count == 0)
        tg_yaml_error(
            doc, value->at, "'trusted-keys' is empty; remove it to take images that nobody signed");
    if (value->count > TG_TRUST_KEYS_MAX)
        tg_yaml_error(doc, value->at, "%u keys; %d are the most", value->count, TG_TRUST_KEYS_MAX);
    for (const struct tg_yaml_node *item = value->child; item; item = item->next)
        add_key(doc, item, keys);
}
