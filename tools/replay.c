/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* tldguard replay: what a policy would have done to questions that a log recorded. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/replay.h"

#define TOP            10   /* rows of each list, unless --top says otherwise */
#define TOP_MOST       1000 /* that may be asked for: they are kept sorted by insertion */
#define PROGRESS_LINES 4096

enum { LOG, OLD, MOST, TWINS, ROWS, DATE, JSON };
static const struct tg_option options[] = {
    [LOG] = {"log", 'l', "FILE", "the recorded questions; must be given; - is standard input"},
    [OLD] = {"old", 'o', "FILE", "image or policy that is in force, to compare with"},
    [MOST] = {"max-newly-blocked", 'm', "N", "exit 1 when more questions are newly blocked"},
    [TWINS] = {"twins-exist", 't', NULL, "take every twin that is looked up in DNS as existing"},
    [ROWS] = {"top", 'n', "N", "rows of each list (default 10)"},
    [DATE] = {"date", 'd', "YYYY-MM-DD", "as if it were this day (default: today)"},
    [JSON] = {"json", 'j', NULL, "as JSON"},
    {0},
};

/* The verdict, and whether it hangs on a look-up. */
static bool decide(const struct tg_replay *r, const struct tg_image *image,
    const struct tg_question *question, struct tg_verdict *verdict)
{
    struct tg_verdict other;
    bool hangs;

    tg_decide(image, question, verdict);
    if (verdict->known != TG_KNOWN_ASK)
        return false;
    tg_decide_known(image, question, TG_KNOWN_FOUND, &other);
    hangs = (other.reply == TG_REPLY_PASS) != (verdict->reply == TG_REPLY_PASS);
    if (r->twins_exist)
        *verdict = other;
    return hangs;
}

static void tally(struct tg_replay *r, const struct tg_record *record, const struct tg_rule *rule,
    enum tg_fate fate)
{
    uint8_t key[TG_RULE_KEY];

    r->fates[fate]++;
    (void)tg_tally_add(r->names, record->qname.wire, record->qname.len, fate);
    if (record->has_client)
        (void)tg_tally_add(r->clients, &record->client, sizeof(record->client), fate);
    if (rule) {
        tg_replay_rule_key(rule, key);
        (void)tg_tally_add(r->rules, key, sizeof(key), fate);
    }
}

static void judge(struct tg_replay *r, const struct tg_record *record)
{
    const struct tg_question question = {record->qname, record->qtype, record->qclass,
        record->has_client ? &record->client : NULL, r->today};
    struct tg_verdict old, new;
    bool was = record->told && record->blocked, is;

    r->questions++;
    r->undecided += decide(r, r->new, &question, &new);
    is = new.reply != TG_REPLY_PASS;
    old.rule = NULL;
    if (r->old) {
        (void)decide(r, r->old, &question, &old);
        was = old.reply != TG_REPLY_PASS;
    }
    if (is && !was)
        tally(r, record, new.rule, TG_FATE_BLOCKED);
    else if (was && !is)
        tally(r, record, r->old ? old.rule : new.rule, TG_FATE_FREED);
    else if (is)
        r->still_blocked++;
    if (!is && new.report)
        r->logged++;
}

/* The first line that cannot be read is shown; of the others the number is told at the end. */
static void unreadable(struct tg_replay *r, const char *line, struct tg_diags *diags)
{
    if (r->unreadable++ == 0)
        tg_diags_add(diags, TG_DIAG_WARNING, r->log,
            r->lines > UINT32_MAX ? UINT32_MAX : (unsigned)r->lines, 1, line,
            "neither an event, nor a query of Unbound's log, nor 'client name type'");
}

#define START 128 /* bytes of a line that are shown */

static void keep_start(char start[START], const char *line)
{
    const size_t len = strnlen(line, START - 1);

    memcpy(start, line, len);
    start[len] = '\0';
}

static void read_all(
    struct tg_replay *r, struct tg_log *log, struct tg_progress *progress, struct tg_diags *diags)
{
    static const char too_long[] = "(a line of over 64 KiB)";
    struct tg_record_reader reader = {0};
    struct tg_record record;
    char start[START] = "";
    uint64_t done, total;
    size_t len;
    char *line;

    while ((line = tg_log_line(log, &len, diags))) {
        if (r->lines++ % PROGRESS_LINES == 0) {
            tg_log_position(log, &done, &total);
            tg_progress_set(progress, done, total);
        }
        /* Reading takes the line to pieces. */
        if (r->unreadable == 0)
            keep_start(start, len > TG_REPLAY_LINE_MAX ? too_long : line);
        switch (tg_record_read(&reader, line, len, &record)) {
        case TG_RECORD_QUESTION:
            judge(r, &record);
            break;
        case TG_RECORD_REPLY:
            r->replies++;
            break;
        case TG_RECORD_OTHER:
            r->others++;
            break;
        case TG_RECORD_UNREADABLE:
            unreadable(r, start, diags);
            break;
        }
    }
}

static int replay(struct tg_replay *r, struct tg_diags *diags)
{
    struct tg_progress *progress;
    struct tg_log *log = tg_log_open(r->log, diags);

    if (!log)
        return EXIT_BROKEN;
    progress = tg_progress_start(r->log);
    read_all(r, log, progress, diags);
    tg_progress_stop(&progress);
    tg_log_close(&log);
    if (tg_diags_count(diags, TG_DIAG_ERROR))
        return EXIT_BROKEN;
    /* A gate that saw nothing must not open. */
    if (r->unreadable && !r->questions) {
        tg_diags_add(diags, TG_DIAG_ERROR, r->log, 0, 0, NULL, "no line of it can be read");
        return EXIT_BROKEN;
    }
    if (r->gate && !r->questions) {
        tg_diags_add(diags, TG_DIAG_ERROR, r->log, 0, 0, NULL,
            "there is no question in it, so that --max-newly-blocked cannot tell anything");
        return EXIT_BROKEN;
    }
    return EXIT_FINE;
}

static int report(const struct tg_replay *r, const struct tg_parsed *p, uint64_t top, uint64_t most)
{
    const int code = p->value[JSON] ? tg_replay_json(r, top) : tg_replay_print(r, top);

    if (code != EXIT_FINE || !p->value[MOST] || r->fates[TG_FATE_BLOCKED] <= most)
        return code;
    fprintf(stderr, "tldguard replay: %" PRIu64 " questions newly blocked, more than %" PRIu64 "\n",
        r->fates[TG_FATE_BLOCKED], most);
    return EXIT_FINDINGS;
}

/* Reads the options; -1 to go on. */
static int settings(const struct tg_command *self, const struct tg_parsed *p, struct tg_replay *r,
    uint64_t *top, uint64_t *most)
{
    if (!p->value[LOG])
        return tg_text_usage(self, "which log? Give --log FILE");
    if (strcmp(p->value[LOG], "-") == 0 && strcmp(p->argv[0], "-") == 0)
        return tg_text_usage(self, "standard input can be the log or the policy, not both");
    if (p->value[MOST] && !tg_parse_count(p->value[MOST], most))
        return tg_text_usage(self, "'%s' is not a number", p->value[MOST]);
    if (p->value[ROWS] && (!tg_parse_count(p->value[ROWS], top) || *top > TOP_MOST))
        return tg_text_usage(self, "'%s' is not a number up to %d", p->value[ROWS], TOP_MOST);
    r->log = p->value[LOG];
    r->twins_exist = p->value[TWINS] != NULL;
    r->gate = p->value[MOST] != NULL;
    return tg_option_day(self, p->value[DATE], &r->today);
}

static bool load(struct tg_replay *r, const struct tg_parsed *p, struct tg_diags *diags)
{
    if (p->value[OLD] && tg_load(p->value[OLD], r->today, &r->old, diags) != TG_OK)
        return false;
    if (tg_load(p->argv[0], r->today, &r->new, diags) != TG_OK)
        return false;
    r->names = tg_tally_create();
    r->clients = tg_tally_create();
    r->rules = tg_tally_create();
    if (r->names && r->clients && r->rules)
        return true;
    tg_diags_add(diags, TG_DIAG_ERROR, r->log, 0, 0, NULL, "%s", tg_status_text(TG_ENOMEM));
    return false;
}

static int run(const struct tg_command *self, int argc, char **argv)
{
    struct tg_replay r = {0};
    uint64_t top = TOP, most = 0;
    struct tg_diags *diags;
    struct tg_parsed p;
    int code = tg_options_parse(self, argc, argv, 1, 1, &p);

    if (code < 0)
        code = settings(self, &p, &r, &top, &most);
    if (code >= 0)
        return code;
    diags = tg_diags_create();
    code = load(&r, &p, diags) ? replay(&r, diags) : EXIT_BROKEN;
    if (code == EXIT_FINE)
        code = report(&r, &p, top, most);
    tg_text_diags(diags, true);
    tg_tally_destroy(&r.names);
    tg_tally_destroy(&r.clients);
    tg_tally_destroy(&r.rules);
    tg_image_close(&r.old);
    tg_image_close(&r.new);
    tg_diags_destroy(&diags);
    return code;
}

const struct tg_command tg_cmd_replay = {
    .name = "replay",
    .arguments = "--log FILE POLICY",
    .summary = "Tell what a policy would have done to recorded questions.",
    .example = "tldguard replay --log unbound.log --old policy.cdb policy.yaml",
    .options = options,
    .run = run,
};
