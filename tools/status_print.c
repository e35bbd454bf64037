/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard status: for people and for programs that read lines or JSON. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/log.h"
#include "tools/status.h"

void tg_status_say(const struct tg_status_problems *problems)
{
    for (int i = 0; i < TG_PROBLEMS; i++) {
        const char *text = problems->text[i];

        if (*text == '\0')
            continue;
        fprintf(stderr, "tldguard status: %s: ", tg_problem_text((enum tg_problem)i));
        tg_put_text(stderr, (struct tg_slice){text, strlen(text)});
        fputc('\n', stderr);
    }
}

/* Whatever a text holds, it makes no line of its own. */
static void put_row(void *arg, const struct tg_status_row *row)
{
    FILE *out = arg;

    tg_put_text(out, (struct tg_slice){row->key, strlen(row->key)});
    if (row->text) {
        fputc('=', out);
        tg_put_text(out, (struct tg_slice){row->text, strlen(row->text)});
        fputc('\n', out);
    } else {
        fprintf(out, "=%" PRIu64 "\n", row->number);
    }
}

void tg_status_print(FILE *out, const struct tg_figures *figures, int64_t now)
{
    tg_status_rows(figures, now, put_row, out);
}

bool tg_status_json(
    FILE *out, const struct tg_status_look *look, const struct tg_status_problems *problems)
{
    json_t *list = json_array();
    char *text;

    for (int i = 0; i < TG_PROBLEMS; i++)
        if (problems->text[i][0] != '\0')
            json_array_append_new(
                list, json_pack("{s:s, s:o?}", "problem", tg_problem_text((enum tg_problem)i),
                          "text", json_string(problems->text[i])));
    json_object_set_new(look->json, "problems", list);
    text = json_dumps(look->json, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    if (!text)
        return false;
    fprintf(out, "%s\n", text);
    free(text);
    return true;
}
