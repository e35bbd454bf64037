/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The way of a question through the module, in the worker threads of Unbound. No
 * allocation outside the question's region, no lock that a writer holds, no system call.
 */
#ifndef TG_MODULE_PATH_H
#define TG_MODULE_PATH_H

#include "module/guard.h"

#define TG_LOOKS_MAX 4 /* for one question: its own twin, and those of names that it leads to */

/* A look-up that a question has begun. */
struct tg_look {
    struct tg_name name; /* in the question's region */
    enum tg_known told;  /* TG_KNOWN_ASK: it is under way */
};

/* Of one question, in its region. */
struct tg_query {
    const struct mesh_reply *newest; /* it, and those behind it in Unbound's list, have an event */
    const struct tg_event *given;    /* what blocked it: for who joins them; NULL: nothing has */
    bool explained;                  /* the extended error is there */
    bool resolved;                   /* the answer is there: what it leads to is judged */
    bool waits;                      /* for look-ups of twins ... */
    bool heard;                      /* ... one of which has ended since it was last woken */
    unsigned under_way;              /* of the looks */
    unsigned looked;                 /* how many there are */
    struct tg_look looks[TG_LOOKS_MAX];
    struct comm_timer *timer; /* so that it does not wait for ever; NULL: none */
    struct timeval since;     /* when it began to wait */
    int waited;               /* before that, in milliseconds */
};

/* A question as tg_decide() wants it, and where there are groups the client that asks. */
struct tg_asked {
    struct tg_question question;
    struct tg_address client;
};

struct tg_aim;

/* operate.c */

/** A question enters: answers it, or lets it pass. Sets ext_state[id]. */
void tg_operate_question(struct tg_guard *guard, struct module_qstate *qstate, int id);

/** The day of a time, as tg_decide() counts them; 0 for a time before 1970. */
uint32_t tg_day_of(time_t when);

/** Fills asked, which is not to be copied afterwards. A client of NULL is in no group. */
void tg_asked_make(const struct tg_image *image, const struct query_info *qinfo,
    const struct comm_reply *client, time_t when, struct tg_asked *asked);

/** Who waits for an answer, the first of them; NULL: nobody, as for a prefetch. */
const struct comm_reply *tg_client_of(const struct mesh_state *state);

/** Whether Unbound asks for itself: no client's question, and none that leads to its answer. */
bool tg_is_resolvers_own(const struct mesh_state *state);

/** Whether the same question waits for this one: what comes is judged there, for its client. */
bool tg_is_judged_above(const struct mesh_state *state);

/** Whether our reading of Unbound's layout was found right; else nothing of it may be touched. */
bool tg_canary_sings(struct tg_guard *guard, struct module_qstate *qstate, int id);

/** What is remembered of a question, made at the first call; NULL: out of memory. */
struct tg_query *tg_query_of(struct module_qstate *qstate, int id);

/** The same, if it was made; else NULL. */
struct tg_query *tg_query_if(const struct module_qstate *qstate, int id);

/** The same of the question that this one was made for, as by dns64; NULL: none. */
const struct tg_query *tg_query_above(const struct module_qstate *qstate, int id);

/**
 * Remembers that the policy of a generation has no rule for a question, whoever asks and on
 * whatever day. Most questions are so: it takes no memory, and what was remembered stays.
 */
void tg_query_set_plain(struct module_qstate *qstate, int id, unsigned generation);

/** Whether that is remembered of this very generation. */
bool tg_query_is_plain(const struct module_qstate *qstate, int id, unsigned generation);

/**
 * True when answers must not lie in Unbound's cache of messages, from which they are given to
 * clients without asking us: they are not for everybody, or not for ever, or an event is due that
 * nobody else would make.
 * @param verdict for no client, and for TG_KNOWN_ASK.
 */
bool tg_must_come_by(
    const struct tg_guard *guard, const struct tg_image *image, const struct tg_verdict *verdict);

/** Whether what a question leads to is judged too, when this is the verdict on it. */
bool tg_inspects(const struct tg_image *image, const struct tg_verdict *verdict);

/* apart.c: clients of different groups must not wait for one answer together */

/** From here on, while there are groups, each client's question is one of its own in this worker.
 */
void tg_apart_clients(const struct tg_image *image, struct module_env *env);

/**
 * The same for what dns64 asks below a client's question, and which all that wait for it alike
 * would share: for a question that enters, before anybody else can join it.
 */
void tg_apart_question(const struct tg_image *image, struct mesh_state *state);

/**
 * Some wait together all the same: they did so before a policy brought the first groups, or for
 * what was under way before, as a prefetch.
 * @return whether one answer is right for all of them.
 */
bool tg_apart_alike(const struct tg_image *image, const struct module_qstate *qstate);

/** Nobody is answered, then: who asks again is told the right thing. */
void tg_apart_fail(struct module_qstate *qstate);

/* resolved.c */

/**
 * A question was resolved. Logs, for each client that waits, what a rule only watches: here
 * and not when the answers go out, for Unbound drops those that took too long unseen. Replaces the
 * answer when it leads to a name that is blocked, or when the policy that is in force by now
 * does not allow it. Sets ext_state[id].
 */
void tg_operate_resolved(struct tg_guard *guard, struct module_qstate *qstate, int id);

/**
 * Callback of Unbound for each answer that comes in. Its aliases are noted. What must come by us is
 * kept out of the cache, where a CNAME, a name server's name or a minimised question (RFC 9156)
 * would put it.
 * @param response NULL when none came in time.
 */
int tg_operate_received(
    struct module_qstate *qstate, struct dns_msg *response, int id, void *guard);

/**
 * tg_must_come_by() of a message: of its question, and of what its answer leads to; true when
 * that is more than is judged.
 * @param reply  NULL: not known.
 * @param shared it lies in the cache: its RRsets are to be locked, and may be others by now.
 */
bool tg_keeps_out(const struct tg_guard *guard, const struct tg_image *image,
    const struct query_info *qinfo, const struct reply_info *reply, bool shared, time_t now);

/* cachedb.c */

/**
 * Gets ready to stand between cachedb and its database, if that is among Unbound's modules.
 * @return false: no memory, which is said in Unbound's log.
 */
bool tg_cachedb_create(struct tg_guard *guard, const struct module_env *env);

/** When no worker runs any more. */
void tg_cachedb_destroy(struct tg_guard *guard);

/** Stands there in this worker, from the first question on. Any worker, in its own env. */
void tg_cachedb_place(const struct tg_guard *guard, struct module_env *env);

/* answered.c */

/**
 * Callback of Unbound for each answer that goes out: logs what a rule only watches, where
 * tg_operate_resolved() has not: answers from the cache, stale ones, failures. And what was
 * blocked, for who has joined the question since: behind a module that has more to do before it is
 * answered.
 */
int tg_operate_answered(struct query_info *qinfo, struct module_qstate *qstate,
    struct reply_info *rep, int rcode, struct edns_data *edns, struct edns_option **opt_list_out,
    struct comm_reply *repinfo, struct regional *region, struct timeval *start_time, int id,
    void *guard);

/* targets.c: the names that an answer leads to */

/* What is judged: a question, or a name that its answer leads to. */
struct tg_aim {
    const struct tg_question *question;
    enum tg_lead lead;
    struct tg_name target; /* len 0: the question itself */
};

/*
 * Names that are judged of one answer. An SRV of the 1,200 domain controllers that a domain has at
 * most has room there; one that leads to more is withheld, as a name could hide behind the last.
 */
#define TG_TARGETS_JUDGED 1500
/* Those that are looked at when an answer comes from the cache, each time: it was judged before. */
#define TG_TARGETS_WATCHED 100

/* Returns false to stop. */
typedef bool (*tg_target_fn)(void *arg, const struct tg_aim *aim);

/**
 * Calls back for each name that an RRset in the answer to a question leads to.
 * @return false when each stopped it.
 */
bool tg_targets_each(const struct tg_question *question, const struct ub_packed_rrset_key *rrset,
    tg_target_fn each, void *arg);

/** Whether an answer may lead anywhere; its RRsets are the caller's, or locked. */
bool tg_targets_any(const struct reply_info *reply);

/** The same for all RRsets in an answer, in their order; they are the caller's, or locked. */
bool tg_targets_all(const struct tg_question *question, const struct reply_info *reply,
    tg_target_fn each, void *arg);

/** Whether this name is an alias's that is allowed: what comes behind it is not judged. */
bool tg_chain_ends(const struct tg_aim *aim, const struct tg_verdict *verdict);

/** Whether an RRset is a CNAME or a DNAME. */
bool tg_is_alias(const struct ub_packed_rrset_key *rrset);

/**
 * Where a name leads to by a CNAME or DNAME in Unbound's cache of RRsets.
 * @param next output: the name, of *len octets; name may be in it. Undefined on false.
 * @return false: nowhere.
 */
bool tg_alias_cached(const struct tg_guard *guard, struct module_env *env, struct tg_name name,
    uint16_t qclass, uint8_t next[TG_DNAME_MAX], size_t *len);

/** Notes the aliases of an answer that has just come in, before they are in the cache. */
void tg_aliases_of(const struct tg_guard *guard, const struct reply_info *reply, time_t now);

/* twin.c: does the name exist that was probably meant? */

/** tg_decide_known(), or tg_decide_lead() for a target. */
void tg_judge(const struct tg_image *image, const struct tg_aim *aim, enum tg_known known,
    struct tg_verdict *verdict);

/** Whether it makes a difference to a verdict if the twin exists, and only a look-up can tell. */
bool tg_twin_matters(const struct tg_verdict *verdict);

/**
 * Makes a verdict final that depends on whether the twin exists: with what Unbound's
 * cache tells, else by a look-up. Several may be begun before the question waits: for all of them
 * together, and not longer than for one.
 * @param verdict for TG_KNOWN_ASK; may be replaced.
 * @return false: a look-up is under way; the question must wait (module_wait_subquery), and be
 *         judged anew afterwards.
 */
bool tg_twin_settle(struct tg_guard *guard, const struct tg_image *image,
    struct module_qstate *qstate, int id, const struct tg_aim *aim, struct tg_verdict *verdict);

/** A look-up has ended: called by Unbound between the two questions. */
void tg_twin_told(struct tg_guard *guard, const struct module_qstate *sub, struct tg_query *query);

/**
 * The question was woken.
 * @return false: it must wait on, as others of its look-ups are under way. True: it goes on; those
 *         that have not ended by now have failed.
 */
bool tg_twin_go_on(struct tg_guard *guard, struct module_qstate *qstate, struct tg_query *query);

/** The question does not wait any more; those below it may have ended before. */
void tg_twin_done(struct tg_guard *guard, struct tg_query *query);

/* answer.c */

/**
 * Builds the answer a verdict asks for in the query's region, and hands it to Unbound as
 * the final one, not to be cached. Of an answer that led to a blocked name the aliases that led
 * there stay in front.
 * @param question for the text that explains it.
 * @return the rcode the client will see: SERVFAIL when the region is out of memory.
 */
int tg_answer_make(struct module_qstate *qstate, int id, const struct tg_image *image,
    const struct tg_question *question, const struct tg_verdict *verdict);

/* record.c */

/** The flags of an event, of a question with these flags and, unless NULL, this EDNS. */
uint8_t tg_flags_of(uint16_t asked, const struct edns_data *edns);

/**
 * The address of a client, as tg_decide() wants it.
 * @return false when it is of a family that has none; address is then unchanged.
 */
bool tg_client_address(const struct comm_reply *client, struct tg_address *address);

/**
 * Queues one event for each client that waits for this question and has none yet. What is blocked
 * is remembered where others may still join.
 * @param event filled but for time, client and flags, which are put into it.
 */
void tg_record_waiting(
    struct tg_guard *guard, struct module_qstate *qstate, int id, struct tg_event *event);

/**
 * Queues one event for the client of one reply.
 * @param edns what the client sent: if it is a forwarder that is believed, its options tell for
 *             which client it asks. NULL: not known.
 */
void tg_record_one(struct tg_guard *guard, const struct tg_event *event,
    const struct comm_reply *client, const struct edns_data *edns);

#endif
