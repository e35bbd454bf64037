/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* What two policies make of one name: for mail and for the rest, for each kind of client. */
#include <string.h>

#include "tools/diff.h"

/* What one policy makes of a question: as it stands, and when a look-up finds the twin. */
struct outcomes {
    struct tg_diff_outcome as_is;
    struct tg_diff_outcome exists;
};

static struct tg_diff_outcome outcome(const struct tg_verdict *v)
{
    return (struct tg_diff_outcome){v->reply, v->report};
}

static struct outcomes ask(const struct tg_image *image, const struct tg_question *question)
{
    struct tg_verdict verdict;
    struct outcomes result;

    tg_decide(image, question, &verdict);
    result.as_is = result.exists = outcome(&verdict);
    if (verdict.known == TG_KNOWN_ASK) {
        tg_decide_known(image, question, TG_KNOWN_FOUND, &verdict);
        result.exists = outcome(&verdict);
    }
    return result;
}

static bool same(struct tg_diff_outcome a, struct tg_diff_outcome b)
{
    return a.reply == b.reply && a.report == b.report;
}

/* The change for one kind of clients; false: none. */
static bool change_for(const struct tg_diff_sides *sides, const struct tg_diff_clients *clients,
    struct tg_question *question, bool exists, struct tg_diff_change *change)
{
    struct outcomes old, new;

    question->client = clients->client;
    old = ask(sides->old, question);
    new = ask(sides->new, question);
    *change = (struct tg_diff_change){clients->label, question->qtype, exists,
        exists ? old.exists : old.as_is, exists ? new.exists : new.as_is};
    /* What is so anyway need not be said again for the twin that exists. */
    if (exists && same(old.exists, old.as_is) && same(new.exists, new.as_is))
        return false;
    return !same(change->old, change->new);
}

/* Most names change for nobody: that is found out at the least cost. */
static bool any_change(const struct tg_diff_sides *sides, const struct tg_diff_clients *clients,
    size_t count, struct tg_question *question)
{
    for (size_t i = 0; i < count; i++) {
        struct outcomes old, new;
        question->client = clients[i].client;
        old = ask(sides->old, question);
        new = ask(sides->new, question);
        if (!same(old.as_is, new.as_is) || !same(old.exists, new.exists))
            return true;
    }
    return false;
}

/* True when the change is the same for all clients. */
static bool for_all(const struct tg_diff_sides *sides, const struct tg_diff_clients *clients,
    size_t count, struct tg_question *question, bool exists, struct tg_diff_change *change)
{
    struct tg_diff_change next;

    if (!change_for(sides, &clients[0], question, exists, change))
        return false;
    for (size_t i = 1; i < count; i++)
        if (!change_for(sides, &clients[i], question, exists, &next) ||
            !same(next.old, change->old) || !same(next.new, change->new))
            return false;
    change->clients = NULL;
    return true;
}

void tg_diff_changes(const struct tg_diff_sides *sides, const struct tg_diff_clients *clients,
    size_t client_count, const struct tg_diff_name *name,
    void (*each)(void *arg, const struct tg_diff_change *change), void *arg)
{
    static const uint16_t types[] = {TG_TYPE_MX, TG_TYPE_A};
    struct tg_question question = {
        .qname = name->name, .qclass = TG_CLASS_IN, .today = sides->today};
    struct tg_diff_change change;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        question.qtype = types[i];
        if (!any_change(sides, clients, client_count, &question))
            continue;
        for (int exists = 0; exists < 2; exists++) {
            if (for_all(sides, clients, client_count, &question, exists, &change)) {
                each(arg, &change);
                continue;
            }
            for (size_t j = 0; j < client_count; j++)
                if (change_for(sides, &clients[j], &question, exists, &change))
                    each(arg, &change);
        }
    }
}
