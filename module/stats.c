/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "module/stats.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "module/slot.h"

#define INDEX_SIZE 512 /* a power of two, over the number of rules */
/* Places of rules that are no TLD's. */
#define RULE_BLOCK 0
#define RULE_OTHER 1
#define RULE_FIRST 2

_Static_assert(INDEX_SIZE >= 2 * (TG_FIGURES_RULES - RULE_FIRST), "the index has gaps");

typedef _Atomic uint64_t cell;

struct slot {
    cell seen[TG_SEENS];
    cell type[TG_ASKED_TYPES];
    cell replied[TG_REPLIEDS];
    cell action[TG_ACTIONS];
    cell counter[TG_COUNTERS];
    cell bucket[TG_BUCKETS];
    cell nanoseconds;
    cell begun; /* decisions, to choose those that are measured */
    cell blocked[TG_FIGURES_RULES];
    cell watched[TG_FIGURES_RULES];
    char gap[TG_SLOT_GAP];
};

/* A TLD that some policy since the start had a rule for. Its label, with the length octet, never
 * changes once it is in the index. */
struct rule {
    uint8_t label[TG_LABEL_MAX + 1];
    char id[TG_RULE_ID_MAX];
    char target[TG_RULE_ID_MAX]; /* under the mutex: the policy may change it */
};

struct tg_stats {
    struct slot slots[TG_SLOTS];
    atomic_ushort index[INDEX_SIZE]; /* from the hash of a label to its rule; 0: none */
    struct rule rules[TG_FIGURES_RULES];
    pthread_mutex_t mutex; /* guards what follows, and who adds to the index */
    size_t rule_count;
    struct tg_figures_policy policy;
};

int64_t tg_stats_now(void)
{
    struct timespec now = {0, 0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct tg_stats *tg_stats_create(void)
{
    struct tg_stats *stats = calloc(1, sizeof(*stats));

    if (stats == NULL)
        return NULL;
    if (pthread_mutex_init(&stats->mutex, NULL) != 0) {
        free(stats);
        return NULL;
    }
    stats->rule_count = RULE_FIRST;
    return stats;
}

void tg_stats_destroy(struct tg_stats **stats)
{
    if (stats == NULL || *stats == NULL)
        return;
    (void)pthread_mutex_destroy(&(*stats)->mutex);
    free(*stats);
    *stats = NULL;
}

size_t tg_stats_memory(void)
{
    return sizeof(struct tg_stats);
}

static struct slot *slot_of(struct tg_stats *stats)
{
    return &stats->slots[tg_slot_of_thread()];
}

static void add(cell *to, uint64_t count)
{
    atomic_fetch_add_explicit(to, count, memory_order_relaxed);
}

static uint64_t now_ns(void)
{
    struct timespec now = {0, 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t tg_stats_begin(struct tg_stats *stats, unsigned slot)
{
    cell *begun = &stats->slots[slot].begun;
    const uint64_t before = atomic_load_explicit(begun, memory_order_relaxed);

    /* Two threads in one slot may take the same: nothing depends on it. */
    atomic_store_explicit(begun, before + 1, memory_order_relaxed);
    return before % TG_SAMPLED_OF == 0 ? now_ns() : 0;
}

void tg_stats_measured(struct tg_stats *stats, unsigned slot, uint64_t began)
{
    const uint64_t now = now_ns();
    const uint64_t took = now > began ? now - began : 0;
    size_t bucket = 0;

    while (bucket < TG_BOUNDS && took > tg_figures_bounds[bucket])
        bucket++;
    add(&stats->slots[slot].bucket[bucket], 1);
    add(&stats->slots[slot].nanoseconds, took);
}

void tg_stats_add(struct tg_stats *stats, enum tg_counter counter, uint64_t count)
{
    add(&slot_of(stats)->counter[counter], count);
}

/* By tables: most questions end here. */
static unsigned type_of(uint16_t qtype)
{
#define TYPE_ENTRY(name, number, word) [number] = (name),
    static const uint8_t types[256] = {TG_ASKED_TYPE_MAP(TYPE_ENTRY)};
#undef TYPE_ENTRY
    return qtype < sizeof(types) ? types[qtype] : TG_ASKED_OTHER;
}

static unsigned seen_as(const struct tg_verdict *verdict)
{
    /* Where no rule applies the mode is off, which is 0. */
    static const uint8_t by_reason[] = {
        [TG_REASON_NONE] = TG_SEEN_NONE,
        [TG_REASON_CLASS] = TG_SEEN_CLASS,
        [TG_REASON_ALLOW] = TG_SEEN_ALLOW,
        [TG_REASON_SUFFIX] = TG_SEEN_SUFFIX,
        [TG_REASON_PROTECT] = TG_SEEN_PROTECT,
        [TG_REASON_BLOCK] = TG_SEEN_OFF,
        [TG_REASON_TLD] = TG_SEEN_OFF,
    };

    _Static_assert(TG_MODE_OFF == 0 && (int)TG_SEEN_OFF + (int)TG_MODE_BLOCK == (int)TG_SEEN_BLOCK,
        "their order");
    return by_reason[verdict->reason] + (unsigned)verdict->mode;
}

/* FNV-1a, of a label with its length octet. */
static size_t hash(const uint8_t *label)
{
    const size_t len = label[0];
    uint32_t h = 2166136261u;

    for (size_t i = 0; i <= len; i++)
        h = (h ^ label[i]) * 16777619u;
    return (h ^ h >> 16) & (INDEX_SIZE - 1);
}

/* Labels are short: memcmp() would take longer to begin. */
static bool same_label(const uint8_t *a, const uint8_t *b)
{
    const size_t len = a[0];
    size_t i = 0;

    while (i <= len && a[i] == b[i])
        i++;
    return i > len;
}

/* Where in the index a label stands, or would. */
static size_t place_of(struct tg_stats *stats, const uint8_t *label, unsigned *rule)
{
    size_t at = hash(label);

    while ((*rule = atomic_load_explicit(&stats->index[at], memory_order_acquire)) != 0 &&
           !same_label(stats->rules[*rule].label, label))
        at = (at + 1) & (INDEX_SIZE - 1);
    return at;
}

static unsigned rule_of(struct tg_stats *stats, const struct tg_rule *rule)
{
    unsigned found;

    if (rule->kind != TG_KIND_TLD)
        return RULE_BLOCK;
    (void)place_of(stats, rule->owner.wire, &found);
    return found != 0 ? found : RULE_OTHER;
}

/* A question, or an answer, that a rule blocks or watches. */
static void hit(struct tg_stats *stats, struct slot *slot, const struct tg_verdict *verdict)
{
    const unsigned rule = rule_of(stats, verdict->rule);

    if (verdict->reply == TG_REPLY_PASS) {
        add(&slot->watched[rule], 1);
        return;
    }
    add(&slot->blocked[rule], 1);
    add(&slot->replied[verdict->reply], 1);
    if (verdict->mode == TG_MODE_BLOCK)
        add(&slot->action[verdict->action], 1);
}

void tg_stats_decided(struct tg_stats *stats, unsigned at, const struct tg_question *question,
    const struct tg_verdict *verdict)
{
    struct slot *slot = &stats->slots[at];

    add(&slot->seen[seen_as(verdict)], 1);
    add(&slot->type[type_of(question->qtype)], 1);
    if (verdict->report)
        hit(stats, slot, verdict);
}

void tg_stats_concluded(struct tg_stats *stats, const struct tg_verdict *verdict)
{
    const bool blocked = verdict->reply != TG_REPLY_PASS;
    struct slot *slot = slot_of(stats);

    if (verdict->via.len > 0)
        add(&slot->counter[blocked ? TG_COUNT_TARGETS_BLOCKED : TG_COUNT_TARGETS_WATCHED], 1);
    else if (blocked)
        add(&slot->counter[TG_COUNT_LATE], 1);
    else
        return;
    hit(stats, slot, verdict);
}

void tg_stats_watched(struct tg_stats *stats, const struct tg_verdict *verdict)
{
    struct slot *slot = slot_of(stats);

    add(&slot->counter[TG_COUNT_WATCHED_CACHED], 1);
    hit(stats, slot, verdict);
}

static void put_name(struct tg_name name, char text[TG_RULE_ID_MAX])
{
    char whole[TG_DNAME_TEXT_MAX];
    size_t len = 0;

    if (name.len > 0)
        len = tg_dname_to_text(name.wire, name.len, whole);
    if (len >= TG_RULE_ID_MAX)
        len = 0;
    memcpy(text, whole, len);
    text[len] = '\0';
}

/* Puts a TLD into the index, behind which it stands whole for those that count; one for which
 * there is no room is counted with the others. */
static void know(struct tg_stats *stats, const struct tg_rule *rule)
{
    const uint8_t *label = rule->owner.wire;
    unsigned found;
    const size_t at = place_of(stats, label, &found);
    struct rule *known = &stats->rules[found != 0 ? found : stats->rule_count];

    if (found == 0 && stats->rule_count == TG_FIGURES_RULES)
        return;
    if (found == 0) {
        memcpy(known->label, label, label[0] + 1u);
        put_name(rule->owner, known->id);
    }
    put_name(rule->target_count > 0 ? rule->targets[0] : (struct tg_name){NULL, 0}, known->target);
    if (found == 0)
        atomic_store_explicit(
            &stats->index[at], (unsigned short)stats->rule_count++, memory_order_release);
}

static void know_all(struct tg_stats *stats, const struct tg_image *image)
{
    for (size_t i = 0; i < tg_image_rule_count(image); i++)
        if (tg_image_rule(image, i)->kind == TG_KIND_TLD)
            know(stats, tg_image_rule(image, i));
}

void tg_stats_rules(struct tg_stats *stats, const struct tg_image *image)
{
    (void)pthread_mutex_lock(&stats->mutex);
    know_all(stats, image);
    (void)pthread_mutex_unlock(&stats->mutex);
}

void tg_stats_policy(struct tg_stats *stats, const struct tg_image *image)
{
    const struct tg_image_meta *meta = tg_image_meta(image);
    struct tg_figures_policy *policy = &stats->policy;

    (void)pthread_mutex_lock(&stats->mutex);
    know_all(stats, image);
    policy->there = true;
    policy->serial = meta->serial;
    memcpy(policy->digest, meta->digest, sizeof(policy->digest));
    memcpy(policy->image, tg_image_digest(image), sizeof(policy->image));
    policy->created =
        meta->created > 0 && meta->created < INT64_MAX / 1000 ? meta->created * 1000 : 0;
    policy->rules = tg_image_rule_count(image);
    policy->names = tg_image_name_count(image);
    policy->loaded = tg_stats_now();
    policy->loads++;
    (void)pthread_mutex_unlock(&stats->mutex);
}

void tg_stats_expires(struct tg_stats *stats, int64_t expires)
{
    (void)pthread_mutex_lock(&stats->mutex);
    stats->policy.expires = expires * 1000;
    (void)pthread_mutex_unlock(&stats->mutex);
}

void tg_stats_kept(struct tg_stats *stats)
{
    (void)pthread_mutex_lock(&stats->mutex);
    stats->policy.loaded = tg_stats_now();
    (void)pthread_mutex_unlock(&stats->mutex);
}

void tg_stats_rejected(struct tg_stats *stats, const char *why)
{
    struct tg_figures_policy *policy = &stats->policy;

    (void)pthread_mutex_lock(&stats->mutex);
    policy->rejections++;
    policy->rejected = tg_stats_now();
    (void)snprintf(policy->error, sizeof(policy->error), "%s", why);
    (void)pthread_mutex_unlock(&stats->mutex);
}

static void gather(const cell *from, uint64_t *to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] += atomic_load_explicit(&from[i], memory_order_relaxed);
}

static int by_hits(const void *a, const void *b)
{
    const struct tg_figures_rule *x = a;
    const struct tg_figures_rule *y = b;
    const uint64_t left = x->blocked + x->watched;
    const uint64_t right = y->blocked + y->watched;

    if (left != right)
        return left < right ? 1 : -1;
    return strcmp(x->id, y->id);
}

static void collect_rules(struct tg_stats *stats, struct tg_figures *out)
{
    static const char *const others[] = {[RULE_BLOCK] = "block", [RULE_OTHER] = "other"};
    uint64_t blocked[TG_FIGURES_RULES] = {0};
    uint64_t watched[TG_FIGURES_RULES] = {0};

    for (size_t i = 0; i < TG_SLOTS; i++) {
        gather(stats->slots[i].blocked, blocked, stats->rule_count);
        gather(stats->slots[i].watched, watched, stats->rule_count);
    }
    out->rule_count = 0;
    for (size_t i = 0; i < stats->rule_count; i++) {
        struct tg_figures_rule *rule = &out->rules[out->rule_count];

        if (blocked[i] + watched[i] == 0)
            continue;
        *rule = (struct tg_figures_rule){.blocked = blocked[i], .watched = watched[i]};
        (void)snprintf(
            rule->id, sizeof(rule->id), "%s", i < RULE_FIRST ? others[i] : stats->rules[i].id);
        (void)snprintf(rule->kind, sizeof(rule->kind), "%s", i < RULE_FIRST ? others[i] : "tld");
        (void)snprintf(rule->target, sizeof(rule->target), "%s", stats->rules[i].target);
        out->rule_count++;
    }
    qsort(out->rules, out->rule_count, sizeof(out->rules[0]), by_hits);
}

void tg_stats_collect(struct tg_stats *stats, struct tg_figures *out)
{
    memset(out->seen, 0, sizeof(out->seen));
    memset(out->replied, 0, sizeof(out->replied));
    memset(out->action, 0, sizeof(out->action));
    memset(out->type, 0, sizeof(out->type));
    memset(out->counter, 0, sizeof(out->counter));
    memset(out->bucket, 0, sizeof(out->bucket));
    out->nanoseconds = 0;
    for (size_t i = 0; i < TG_SLOTS; i++) {
        const struct slot *slot = &stats->slots[i];

        gather(slot->seen, out->seen, TG_SEENS);
        gather(slot->replied, out->replied, TG_REPLIEDS);
        gather(slot->action, out->action, TG_ACTIONS);
        gather(slot->type, out->type, TG_ASKED_TYPES);
        gather(slot->counter, out->counter, TG_COUNTERS);
        gather(slot->bucket, out->bucket, TG_BUCKETS);
        gather(&slot->nanoseconds, &out->nanoseconds, 1);
    }
    (void)pthread_mutex_lock(&stats->mutex);
    collect_rules(stats, out);
    out->policy = stats->policy;
    (void)pthread_mutex_unlock(&stats->mutex);
    /* What passes is not counted as such: it is what is left. */
    out->replied[TG_REPLIED_PASS] = 0;
    const uint64_t questions = tg_figures_questions(out);
    const uint64_t blocked = tg_figures_blocked(out);
    out->replied[TG_REPLIED_PASS] = questions > blocked ? questions - blocked : 0;
}
