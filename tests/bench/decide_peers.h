/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Who else can find a name: for tests/bench/decide.c. The peers hold the records of the
 * image, key for key: what they find is which rule speaks of a name, and no more than that.
 */
#ifndef TLDGUARD_BENCH_DECIDE_PEERS_H
#define TLDGUARD_BENCH_DECIDE_PEERS_H

#include "tests/bench/decide_world.h"

enum peer {
    PEER_TLDGUARD, /* tg_decide(), with all it does */
    PEER_CDB,      /* cdb_find() of tinycdb, in the image's file */
    PEER_HASH,     /* uthash */
    PEER_WALK,     /* finds nothing: what it takes to go over the labels */
    PEER_ORACLE,   /* tests/support/oracle.h: all rules, one by one */
    PEER_NOTHING,  /* does not even look: the loop around */
    PEERS
};

/** What it is called. */
const char *peer_text(enum peer peer);

struct peers;

/** Opens all of them. Borrows the world. */
struct peers *peers_create(const struct world *world);
void peers_destroy(struct peers **peers);

/** Asks one peer; returns something that depends on what it finds. */
uint32_t peer_ask(const struct peers *peers, enum peer peer, const struct tg_question *question);

/** Asks one peer all of them once; returns as above. Not where it is called from, so that there is
 * one of it: under callgrind it is what is counted, and tests/bench/decide.sh knows its name. */
uint32_t bench_stretch(const struct peers *peers, enum peer peer, const struct asked *asked);

/**
 * Compares what all of them say of the questions; ends the program when they do not agree.
 * @param oracle how many of the questions it is asked, which is slow.
 */
void peers_compare(const struct peers *peers, const struct asked *asked, size_t oracle);

#endif
