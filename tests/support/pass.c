/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Somebody else's dynlib module, which passes everything on: the live tests load it beside
 * ours. Its entry points have the names of ours, and Unbound makes the names of each module
 * known to all that come after.
 */
#include "module/ub.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT int init(struct module_env *env, int id);
EXPORT void deinit(struct module_env *env, int id);
EXPORT void operate(
    struct module_qstate *qstate, enum module_ev event, int id, struct outbound_entry *entry);
EXPORT void inform_super(struct module_qstate *qstate, int id, struct module_qstate *super);
EXPORT void clear(struct module_qstate *qstate, int id);
EXPORT size_t get_mem(struct module_env *env, int id);

int init(struct module_env *env, int id)
{
    (void)env;
    (void)id;
    return 1;
}

void deinit(struct module_env *env, int id)
{
    (void)env;
    (void)id;
}

void operate(
    struct module_qstate *qstate, enum module_ev event, int id, struct outbound_entry *entry)
{
    (void)entry;
    qstate->ext_state[id] = event == module_event_moddone ? module_finished : module_wait_module;
}

void inform_super(struct module_qstate *qstate, int id, struct module_qstate *super)
{
    (void)qstate;
    (void)id;
    (void)super;
}

void clear(struct module_qstate *qstate, int id)
{
    (void)qstate;
    (void)id;
}

size_t get_mem(struct module_env *env, int id)
{
    (void)env;
    (void)id;
    return 0;
}
