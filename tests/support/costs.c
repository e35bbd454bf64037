/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/costs.h"
#include "tests/support/steps.h"
#include "tldguard/event.h"

struct opened open_for_resolver(struct imagefile *file, const struct gen_policy *gen)
{
    struct tg_image *image = NULL;
    struct tg_image *settled;

    assert_int_equal(tg_image_write(&gen->policy, IMAGEFILE_CREATED, file->path, NULL), TG_OK);
    assert_int_equal(tg_image_open(file->path, &image, NULL), TG_OK);
    settled = tg_image_settle(image);
    if (settled == NULL)
        return (struct opened){image, false};
    tg_image_close(&image);
    return (struct opened){settled, true};
}

static void write_line(const struct tg_question *question, const struct tg_verdict *verdict)
{
    static const struct tg_observer observer = {"resolver", "1"};
    const struct tg_stamp stamp = {.observer = &observer, .sequence = 1};
    struct tg_event event;
    char line[TG_EVENT_LINE_MAX];

    tg_event_fill(question, verdict, 1, &event);
    (void)tg_event_format(&event, &stamp, line);
}

static void ask(void *arg)
{
    const struct asked *asked = arg;

    for (size_t i = 0; i < asked->count; i++) {
        const struct tg_question question = {.qname = asked->names[i],
            .qtype = TG_TYPE_MX,
            .qclass = TG_CLASS_IN,
            .client = asked->client,
            .today = GEN_TODAY};
        struct tg_verdict verdict;

        if (asked->led)
            tg_decide_lead(
                asked->image, &question, TG_LEAD_MX, asked->names[i], TG_KNOWN_ASK, &verdict);
        else
            tg_decide(asked->image, &question, &verdict);
        if (asked->stats != NULL)
            tg_stats_decided(asked->stats, 0, &question, &verdict);
        if (asked->written && verdict.rule != NULL)
            write_line(&question, &verdict);
    }
}

uint64_t cost(struct asked asked)
{
    const uint64_t steps = steps_of(ask, &asked);

    if (steps == 0) {
        print_message("# the system does not let instructions be counted (ptrace)\n");
        skip();
    }
    return steps / asked.count;
}

void within(const char *what, uint64_t worst, uint64_t usual, uint64_t times)
{
    print_message("# %-52s %6llu, usual %5llu: %.1f times, at most %llu\n", what,
        (unsigned long long)worst, (unsigned long long)usual, (double)worst / (double)usual,
        (unsigned long long)times);
    assert_true(worst <= times * usual);
}

struct tg_name name_of(const char *text, struct wire *wire)
{
    struct tg_name name = {wire->octets, 0};

    assert_int_equal(tg_dname_from_text(text, strlen(text), wire->octets, &name.len, NULL), TG_OK);
    return name;
}
