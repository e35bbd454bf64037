/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tests/bench/decide_peers.h"

#include <cdb.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#include "policy/image_p.h"
#include "tests/support/oracle.h"

/* Which rule speaks of a name. */
struct found {
    enum tg_reason reason;
    uint32_t rule; /* its number */
};

struct record {
    UT_hash_handle hh;
    const uint8_t *key; /* in the mapped file */
    const uint8_t *value;
};

struct peers {
    const struct world *world;
    int fd;
    struct cdb cdb;
    struct record *records;
    struct record *table;
};

const char *peer_text(enum peer peer)
{
    static const char *const texts[PEERS] = {
        [PEER_TLDGUARD] = "tldguard",
        [PEER_CDB] = "tinycdb",
        [PEER_HASH] = "uthash",
        [PEER_WALK] = "labels",
        [PEER_ORACLE] = "oracle",
        [PEER_NOTHING] = "nothing",
    };

    return texts[peer];
}

static void fill_table(struct peers *peers)
{
    unsigned at;
    size_t count = 0;

    cdb_seqinit(&at, &peers->cdb);
    while (cdb_seqnext(&at, &peers->cdb) > 0)
        count++;
    peers->records = world_room(count, sizeof(*peers->records));
    cdb_seqinit(&at, &peers->cdb);
    for (size_t i = 0; cdb_seqnext(&at, &peers->cdb) > 0; i++) {
        struct record *record = &peers->records[i];

        record->key = cdb_getkey(&peers->cdb);
        record->value = cdb_getdata(&peers->cdb);
        if (record->key[0] == TG_DISK_NAME || record->key[0] == TG_DISK_TLD)
            HASH_ADD_KEYPTR(hh, peers->table, record->key, cdb_keylen(&peers->cdb), record);
    }
}

struct peers *peers_create(const struct world *world)
{
    struct peers *peers = world_room(1, sizeof(*peers));

    peers->world = world;
    peers->fd = open(world->path, O_RDONLY | O_CLOEXEC);
    if (peers->fd < 0 || cdb_init(&peers->cdb, peers->fd) != 0)
        world_fail("cannot open the image by tinycdb");
    fill_table(peers);
    return peers;
}

void peers_destroy(struct peers **peers)
{
    HASH_CLEAR(hh, (*peers)->table);
    free((*peers)->records);
    cdb_free(&(*peers)->cdb);
    close((*peers)->fd);
    free(*peers);
    *peers = NULL;
}

typedef const uint8_t *find_fn(const struct peers *peers, const uint8_t *key, size_t len);

static const uint8_t *find_in_cdb(const struct peers *peers, const uint8_t *key, size_t len)
{
    struct cdb *cdb = (struct cdb *)(uintptr_t)&peers->cdb;

    return cdb_find(cdb, key, (unsigned)len) > 0 ? cdb_getdata(cdb) : NULL;
}

static const uint8_t *find_in_hash(const struct peers *peers, const uint8_t *key, size_t len)
{
    struct record *record;

    HASH_FIND(hh, peers->table, key, len, record);
    return record == NULL ? NULL : record->value;
}

/* The longest of each kind; exact ones at the name itself. Ended allowances are in no world. */
static void note(struct found found[3], const uint8_t *value, bool itself)
{
    static const enum tg_reason reasons[] = {TG_REASON_ALLOW, TG_REASON_BLOCK, TG_REASON_PROTECT};
    const struct tg_disk_name *disk = (const void *)value;
    const uint32_t flags = tg_get16(disk->flags);
    size_t next = 0;

    for (size_t i = 0; i < 3; i++) {
        const uint32_t kind = 1u << i;
        uint32_t rule;

        if ((flags & kind) == 0)
            continue;
        rule = tg_get24(disk->rules[next++]);
        if (found[i].reason == TG_REASON_NONE &&
            (itself || (flags & kind << TG_DISK_EXACT_SHIFT) == 0))
            found[i] = (struct found){reasons[i], rule};
    }
}

/* The name and what is above it, longest first, and then the TLD. */
static struct found search(
    const struct peers *peers, find_fn *find, const struct tg_question *question)
{
    struct found found[3] = {{TG_REASON_NONE, 0}};
    uint8_t key[1 + TG_DNAME_MAX];
    const uint8_t *value = NULL;
    size_t last = 0;

    tg_dname_lower(question->qname.wire, question->qname.len, key + 1);
    for (size_t at = 0; key[1 + at] != 0; at += 1u + key[1 + at]) {
        /* The octet before the name is the last one of a label that is not needed any more. */
        key[at] = TG_DISK_NAME;
        value = find(peers, key + at, 1 + question->qname.len - at);
        if (value != NULL)
            note(found, value, at == 0);
        last = at;
    }
    if (found[0].reason != TG_REASON_NONE)
        return found[0];
    if (found[2].reason != TG_REASON_NONE)
        return found[2];
    if (found[1].reason != TG_REASON_NONE)
        return found[1];
    key[last + 1] = TG_DISK_TLD;
    value = find(peers, key + last + 1, question->qname.len - last - 1);
    if (value != NULL && tg_get24(value) != TG_NO_RULE)
        return (struct found){TG_REASON_TLD, tg_get24(value)};
    return (struct found){TG_REASON_NONE, 0};
}

/* What another one than the module makes of the names. */
static struct found found_by(const struct tg_verdict *verdict, const struct tg_image *image)
{
    struct found found = {verdict->reason, 0};

    if (verdict->rule != NULL)
        found.rule = (uint32_t)(verdict->rule - tg_image_rule(image, 0));
    return found;
}

uint32_t peer_ask(const struct peers *peers, enum peer peer, const struct tg_question *question)
{
    struct tg_verdict verdict;

    switch (peer) {
    case PEER_TLDGUARD:
        tg_decide(peers->world->image, question, &verdict);
        return (uint32_t)verdict.reply;
    case PEER_CDB:
        return search(peers, find_in_cdb, question).rule;
    case PEER_HASH:
        return search(peers, find_in_hash, question).rule;
    case PEER_WALK:
        return (uint32_t)tg_dname_last_label(question->qname.wire);
    case PEER_ORACLE:
        oracle_decide(&peers->world->policy, question, TG_KNOWN_ASK, &verdict);
        return (uint32_t)verdict.reply;
    case PEER_NOTHING:
    case PEERS:
        break;
    }
    return 0;
}

uint32_t bench_stretch(const struct peers *peers, enum peer peer, const struct asked *asked)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < asked->count; i++)
        sum += peer_ask(peers, peer, &asked->questions[i]);
    return sum;
}

static bool is_same(const struct tg_verdict *a, const struct tg_verdict *b)
{
    return a->reason == b->reason && a->known == b->known && a->mode == b->mode &&
           a->action == b->action && a->severity == b->severity && a->reply == b->reply &&
           a->report == b->report && a->partial == b->partial && a->owner_at == b->owner_at &&
           a->twin_len == b->twin_len && memcmp(a->twin, b->twin, a->twin_len) == 0 &&
           (a->group == NULL) == (b->group == NULL);
}

static void disagree(const char *who, const struct tg_question *question)
{
    char text[TG_DNAME_TEXT_MAX];

    (void)tg_dname_to_text(question->qname.wire, question->qname.len, text);
    fprintf(stderr, "decide: %s says something else of %s\n", who, text);
    exit(1);
}

static void compare_one(
    const struct peers *peers, const struct tg_question *question, bool with_oracle)
{
    const struct world *world = peers->world;
    struct tg_verdict verdict, other;
    struct found found;

    tg_decide(world->image, question, &verdict);
    found = found_by(&verdict, world->image);
    tg_decide(world->opened, question, &other);
    if (!is_same(&verdict, &other) || found.rule != found_by(&other, world->opened).rule)
        disagree("the image as a tool opens it", question);
    for (int peer = PEER_CDB; peer <= PEER_HASH; peer++) {
        const struct found theirs =
            search(peers, peer == PEER_CDB ? find_in_cdb : find_in_hash, question);

        if (theirs.reason != found.reason || theirs.rule != found.rule)
            disagree(peer_text((enum peer)peer), question);
    }
    if (!with_oracle)
        return;
    oracle_decide(&world->policy, question, TG_KNOWN_ASK, &other);
    if (!is_same(&verdict, &other) ||
        (other.rule != NULL && found.rule != (uint32_t)(other.rule - world->policy.rules)))
        disagree(peer_text(PEER_ORACLE), question);
}

void peers_compare(const struct peers *peers, const struct asked *asked, size_t oracle)
{
    for (size_t i = 0; i < asked->count; i++)
        compare_one(peers, &asked->questions[i], i < oracle);
}
