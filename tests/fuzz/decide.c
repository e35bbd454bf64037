/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * A decision, and the same by the oracle that reads the rules one by one: tldguard/decide.h. An
 * input is a policy, as text behind its length (of length 0: one by chance, of a seed), and
 * questions: type, client, what a look-up told, how the name is led to, and the name as text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tests/support/gen.h"
#include "tests/support/oracle.h"
#include "tldguard/image.h"

#define QUESTIONS_MAX 32
#define NAMES_MAX     40
#define TEXT_MAX      4096

/* By way of a file, as there is no other; where files are in memory. */
static struct tg_image *compile(const struct tg_policy *policy)
{
    static char path[64];
    struct tg_image *image = NULL;

    if (path[0] == '\0')
        (void)snprintf(path, sizeof(path), "%s/tldguard-fuzz.%d.cdb",
            access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
    FUZZ_HOLDS(tg_image_write(policy, 1795305600, path, NULL) == TG_OK);
    FUZZ_HOLDS(tg_image_open(path, &image, NULL) == TG_OK);
    (void)unlink(path);
    return image;
}

static void same(const struct tg_policy *policy, const struct tg_image *image,
    const struct tg_verdict *got, const struct tg_verdict *want)
{
    FUZZ_HOLDS(got->reason == want->reason);
    FUZZ_HOLDS((got->rule == NULL) == (want->rule == NULL));
    FUZZ_HOLDS(want->rule == NULL ||
               got->rule == tg_image_rule(image, (size_t)(want->rule - policy->rules)));
    FUZZ_HOLDS((got->group == NULL) == (want->group == NULL));
    FUZZ_HOLDS(want->group == NULL ||
               got->group == tg_image_group(image, (size_t)(want->group - policy->groups)));
    FUZZ_HOLDS(got->known == want->known && got->mode == want->mode);
    FUZZ_HOLDS(got->action == want->action && got->severity == want->severity);
    FUZZ_HOLDS(got->reply == want->reply && got->report == want->report);
    FUZZ_HOLDS(got->partial == want->partial && got->owner_at == want->owner_at);
    FUZZ_HOLDS(got->via.wire == want->via.wire && got->via.len == want->via.len);
    FUZZ_HOLDS(got->twin_len == want->twin_len);
    FUZZ_HOLDS(memcmp(got->twin, want->twin, want->twin_len) == 0);
}

static void ask(struct fuzz_input *in, const struct tg_policy *policy, const struct tg_image *image)
{
    static const enum tg_known told[] = {
        TG_KNOWN_ASK, TG_KNOWN_FOUND, TG_KNOWN_NOT, TG_KNOWN_FAILED};
    const unsigned how = fuzz_u8(in);
    struct tg_question question = {.qtype = fuzz_u16(in), .qclass = TG_CLASS_IN};
    struct tg_address client;
    uint8_t wire[TG_DNAME_MAX];
    struct tg_verdict got, want;
    size_t len;
    const char *text;

    for (size_t i = 0; i < sizeof(client.octets); i++)
        client.octets[i] = fuzz_u8(in);
    question.client = how & 4 ? &client : NULL;
    question.today = how & 8 ? GEN_TODAY : 0;
    question.qclass = how & 128 ? 3 : TG_CLASS_IN;
    text = (const char *)fuzz_take(in, TG_DNAME_TEXT_MAX, &len);
    if (tg_dname_from_text(text, len, wire, &question.qname.len, NULL) != TG_OK)
        return;
    question.qname.wire = wire;
    tg_decide_known(image, &question, told[how & 3], &got);
    oracle_decide(policy, &question, told[how & 3], &want);
    same(policy, image, &got, &want);
    tg_decide_lead(image, &question, (enum tg_lead)((how >> 4 & 7) % (TG_LEAD_SVCB + 1)),
        question.qname, told[how & 3], &got);
    oracle_decide_lead(policy, &question, (enum tg_lead)((how >> 4 & 7) % (TG_LEAD_SVCB + 1)),
        question.qname, told[how & 3], &want);
    same(policy, image, &got, &want);
}

static void ask_all(
    struct fuzz_input *in, const struct tg_policy *policy, const struct tg_image *image)
{
    for (int i = 0; i < QUESTIONS_MAX && in->left > 0; i++)
        ask(in, policy, image);
}

/* Names by chance, which meet the rules oftener. */
static void ask_by_chance(uint64_t seed, const struct gen_policy *gen, const struct tg_image *image)
{
    for (int i = 0; i < QUESTIONS_MAX; i++) {
        struct tg_address client;
        uint8_t wire[TG_DNAME_MAX];
        struct tg_question question;
        struct tg_verdict got, want;

        gen_question(&seed, gen, wire, &client, &question);
        tg_decide(image, &question, &got);
        oracle_decide(&gen->policy, &question, TG_KNOWN_ASK, &want);
        same(&gen->policy, image, &got, &want);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    const struct tg_policy_options options = {.suffixes = fuzz_suffixes()};
    struct gen_policy *gen = NULL;
    struct tg_policy *policy = NULL;
    struct tg_image *image = NULL;
    uint64_t seed;
    size_t len;
    const char *text = (const char *)fuzz_take(&in, TEXT_MAX, &len);

    if (len == 0) {
        seed = fuzz_u64(&in);
        gen = gen_policy(&seed, NAMES_MAX, NULL);
        image = compile(&gen->policy);
        ask_by_chance(seed, gen, image);
        ask_all(&in, &gen->policy, image);
    } else if (tg_policy_parse("fuzz.yaml", text, len, &options, &policy, NULL) == TG_OK) {
        image = compile(policy);
        ask_all(&in, policy, image);
    }
    tg_image_close(&image);
    tg_policy_destroy(&policy);
    gen_free(&gen);
    return 0;
}
