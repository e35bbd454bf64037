/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* A near miss in words. */
#include <stdarg.h>
#include <string.h>

#include "tools/suggest.h"

/* Text that grows in a buffer; what does not fit is cut. */
struct text {
    char *buf;
    size_t cap;
    size_t len;
};

static void say(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct text *t, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(t->buf + t->len, t->cap - t->len, fmt, ap);
    va_end(ap);
    if (n > 0)
        t->len += (size_t)n < t->cap - t->len ? (size_t)n : t->cap - t->len - 1;
}

const char *tg_find_classes(const struct tg_find *find, char buf[TG_CLASSES_TEXT_MAX])
{
    struct text t = {buf, TG_CLASSES_TEXT_MAX, 0};

    say(&t, "%s", tg_near_text(find->near.kind));
    for (unsigned i = 0; i < TG_NEAR_CLASSES; i++)
        if (i != find->near.kind && (find->near.kinds & TG_NEAR_BITS(i)) != 0)
            say(&t, "+%s", tg_near_text((enum tg_near_class)i));
    return buf;
}

static bool is(const struct tg_near *near, enum tg_near_class kind)
{
    return (near->kinds & TG_NEAR_BITS(kind)) != 0;
}

static void say_keyboards(struct text *t, const struct tg_keyboards *keyboards, unsigned on)
{
    const char *before = "neighbouring keys on ";

    for (size_t i = 0; i < tg_keyboards_count(keyboards); i++) {
        if ((on & 1u << i) == 0)
            continue;
        say(t, "%s%s", before, tg_keyboards_name(keyboards, i));
        before = ", ";
    }
}

static void say_look(struct text *t, const struct tg_near *near, const struct tg_tld *tld)
{
    say(t, "%s %s", tld->shown, near->steps == 0 ? "looks the same" : "looks one letter different");
    if (tld->script != NULL)
        say(t, " (%s%s)", tld->mixed ? "one letter " : "", tld->script);
}

static void say_edit(struct text *t, const struct tg_near *near)
{
    if (is(near, TG_NEAR_OMISSION))
        say(t, "'%c' left out (letter %u)", near->meant, near->at);
    else if (is(near, TG_NEAR_TRANSPOSITION))
        say(t, "'%c' and '%c' swapped (letters %u and %u)", near->meant, near->typed, near->at,
            near->at + 1);
    else if (is(near, TG_NEAR_DOUBLED))
        say(t, "'%c' doubled (letter %u)", near->typed, near->at);
    else if (is(near, TG_NEAR_INSERTION))
        say(t, "'%c' added (letter %u)", near->typed, near->at);
    else
        say(t, "'%c' became '%c' (letter %u)", near->meant, near->typed, near->at);
}

const char *tg_find_evidence(
    const struct tg_suggestions *s, const struct tg_find *find, char buf[TG_EVIDENCE_MAX])
{
    const struct tg_near *near = &find->near;
    struct text t = {buf, TG_EVIDENCE_MAX, 0};

    if (near->at == 0) {
        say_look(&t, near, &s->world->tlds[find->tld]);
        return buf;
    }
    say_edit(&t, near);
    if (near->keyboards != 0) {
        say(&t, ", ");
        say_keyboards(&t, s->world->keyboards, near->keyboards);
    }
    if (is(near, TG_NEAR_BIT))
        say(&t, ", one bit");
    if (is(near, TG_NEAR_VISUAL))
        say(&t, ", look alike");
    return buf;
}

const char *tg_find_why(
    const struct tg_suggestions *s, const struct tg_find *find, char buf[TG_EVIDENCE_MAX])
{
    const struct tg_tld *tld = &s->world->tlds[find->tld];
    struct text t = {buf, TG_EVIDENCE_MAX, 0};

    if (!tld->delegated)
        say(&t, "not delegated; ");
    else if (tld->popular >= 0)
        say(&t, "%ld of the 100,000 most popular names; ", tld->popular);
    say(&t, "%s", find->advice.why);
    return buf;
}

bool tg_find_is_name(const struct tg_suggestions *s, const struct tg_find *find)
{
    return *s->targets[find->target].above != '\0';
}

const char *tg_find_twin(
    const struct tg_suggestions *s, const struct tg_find *find, char buf[TG_TWIN_TEXT_MAX])
{
    const struct tg_target *t = &s->targets[find->target];

    (void)snprintf(buf, TG_TWIN_TEXT_MAX, "%s%s%s", t->above, *t->above != '\0' ? "." : "",
        s->world->tlds[find->tld].label);
    return buf;
}

const struct tg_find *tg_find_first(const struct tg_suggestions *s, size_t i)
{
    const struct tg_find *best = &s->finds[i];

    for (size_t j = 0; j < s->find_count; j++) {
        const struct tg_find *other = &s->finds[j];

        if (other->tld != s->finds[i].tld || tg_find_is_name(s, other))
            continue;
        if (j < i)
            return NULL;
        if (other->near.weight > best->near.weight)
            best = other;
    }
    return best;
}
