/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Unbound has no ABI number for modules, and a module built for another
 * layout crashes it, or worse, seems to work. The daemon carries its version
 * and its configure line as text (it prints them for `unbound -V`), so both
 * are read from the running program's own read-only memory.
 */
#include <link.h>
#include <stdio.h>
#include <string.h>

#include "module/guard.h"

/* The text that starts in front of `at` and ends behind it, both at a NUL. */
struct text {
    const char *start;
    size_t len;
};

struct search {
    const char *key; /* what the text holds */
    bool at_start;   /* ... at its start, followed by a digit */
    struct text found;
};

/* AddressSanitizer sees one variable after the other here, where this reads all of them. */
__attribute__((no_sanitize_address)) static struct text text_around(
    const char *mem, size_t len, const char *at)
{
    const char *end = memchr(at, '\0', len - (size_t)(at - mem));

    if (!end)
        end = mem + len;
    while (at > mem && at[-1] != '\0')
        at--;
    return (struct text){at, (size_t)(end - at)};
}

static void search_segment(const char *mem, size_t len, struct search *s)
{
    const size_t key_len = strlen(s->key);
    const char *p = mem;

    while (!s->found.start && (p = memmem(p, len - (size_t)(p - mem), s->key, key_len)) != NULL) {
        const struct text t = text_around(mem, len, p);
        if (!s->at_start ||
            (t.start == p && t.len > key_len && p[key_len] >= '0' && p[key_len] <= '9'))
            s->found = t;
        p += key_len;
    }
}

/* The first object dl_iterate_phdr() shows is the program itself. */
static int search_program(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
        if (ph->p_type == PT_LOAD && (ph->p_flags & (PF_R | PF_W)) == PF_R)
            search_segment((const char *)info->dlpi_addr + ph->p_vaddr, ph->p_memsz, arg);
    }
    return 1;
}

static struct text program_text(const char *key, bool at_start)
{
    struct search s = {.key = key, .at_start = at_start};

    (void)dl_iterate_phdr(search_program, &s);
    return s.found;
}

static bool same(struct text t, const char *want)
{
    return t.start && t.len == strlen(want) && memcmp(t.start, want, t.len) == 0;
}

bool tg_abi_same_build(void)
{
    /* Any Unbound that can load us was configured with this option. */
    const struct text line = program_text("--with-dynlibmodule", false);
    const struct text version = program_text(PACKAGE_NAME " ", true);

    if (!same(version, PACKAGE_STRING)) {
        log_err("tldguard: refusing to start: built for %s, loaded by %.*s; rebuild tldguard "
                "against the source of the installed Unbound",
            PACKAGE_STRING, version.start ? (int)version.len : 28,
            version.start ? version.start : "a program of unknown version");
        return false;
    }
    if (!same(line, CONFCMDLINE)) {
        log_err("tldguard: refusing to start: this %s was configured with other options than the "
                "one tldguard was built for; rebuild tldguard against its source",
            PACKAGE_STRING);
        log_err("tldguard: options of this Unbound: %.*s", line.start ? (int)line.len : 7,
            line.start ? line.start : "unknown");
        log_err("tldguard: options tldguard was built for: %s", CONFCMDLINE);
        return false;
    }
    return true;
}

bool tg_abi_canary(struct module_qstate *qstate, int id)
{
    struct mesh_state *state = qstate->mesh_info;
    struct mesh_reply *reply;

    if (!state || &state->s != qstate || qstate->env->mesh == NULL)
        return false;
    if (strcmp(qstate->env->mesh->mods.mod[id]->name, "dynlib") != 0)
        return false;
    if (rbtree_search(&qstate->env->mesh->all, state) != &state->node)
        return false;
    reply = state->reply_list;
    return !reply || reply->query_reply.client_addr.ss_family == AF_INET ||
           reply->query_reply.client_addr.ss_family == AF_INET6;
}
