/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Lets memory run out in a module that a resolver has loaded, lets the disk of its policy stand
 * still, and sets the resolver's clock: to be preloaded into it. What the module calls to allocate,
 * in libc and in the resolver itself, and to look at files, is led through here as soon as the
 * module is loaded, by its table of what it imports; nobody else's calls are touched.
 *
 * Environment: FAULT_MODULE, the end of the module's path. FAULT_DIR, a folder with these files,
 * which are opened at the start and may be written to, in place, at any time:
 *   alloc  "WHICH N": the Nth allocation from now on fails; a negative N: all from there on; 0:
 *          none does. Another WHICH, a number, begins to count anew.
 *   clock  seconds that the time of day is ahead
 *   hold   stat or open: a call of that for a file whose name begins with policy.cdb does not
 *          return until the file says something else
 *   fired  is appended to: a line of WHICH and the function for each allocation that failed, of 0
 *          and the function for each call that is held
 *
 * FAULT_HURRY: the module waits a so-manieth part of the time that it means to wait.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define EXPORT   __attribute__((visibility("default")))
#define TEXT_MAX 64
#define NS_PER_S 1000000000LL
#define POLICY   "policy.cdb"

/* Whatever they take and return, it goes in registers, and from there on to the stack in words. */
typedef long (*function)(
    long, long, long, long, long, long, long, long, long, long, long, long, long, long);

static int alloc_fd = -1, clock_fd = -1, hold_fd = -1, fired_fd = -1;
static long hurry = 1;
static atomic_long which, left;
static int (*real_clock_gettime)(clockid_t clock, struct timespec *out);

static const char *read_text(int fd, char text[TEXT_MAX])
{
    const ssize_t len = fd >= 0 ? pread(fd, text, TEXT_MAX - 1, 0) : 0;

    text[len > 0 ? len : 0] = '\0';
    return text;
}

static void note_fired(long now, const char *name)
{
    char line[TEXT_MAX];
    const int len = snprintf(line, sizeof(line), "%ld %s\n", now, name);

    (void)!write(fired_fd, line, (size_t)len);
}

static bool fails(const char *name)
{
    char text[TEXT_MAX], *rest = text;
    long now, n, at;

    (void)read_text(alloc_fd, text);
    now = strtol(text, &rest, 10);
    n = strtol(rest, NULL, 10);
    if (n == 0)
        return false;
    if (atomic_exchange(&which, now) != now)
        atomic_store(&left, n < 0 ? -n : n);
    at = atomic_fetch_sub(&left, 1);
    if (at > 1 || (at < 1 && n > 0))
        return false;
    note_fired(now, name);
    errno = ENOMEM;
    return true;
}

/* NAME, and what it returns when there is no memory. */
#define ALLOCATORS(X)               \
    X(malloc, 0)                    \
    X(calloc, 0)                    \
    X(realloc, 0)                   \
    X(aligned_alloc, 0)             \
    X(strdup, 0)                    \
    X(strndup, 0)                   \
    X(mmap, -1)                     \
    X(regional_alloc, 0)            \
    X(regional_alloc_init, 0)       \
    X(regional_alloc_zero, 0)       \
    X(construct_reply_info_base, 0) \
    X(edns_opt_list_append_ede, 0)  \
    X(comm_timer_create, 0)

#define WRAP(name, failed)                                                                      \
    static function real_##name;                                                                \
    static long wrapped_##name(long a, long b, long c, long d, long e, long f, long g, long h,  \
        long i, long j, long k, long l, long m, long n)                                         \
    {                                                                                           \
        return fails(#name) ? (failed) : real_##name(a, b, c, d, e, f, g, h, i, j, k, l, m, n); \
    }
ALLOCATORS(WRAP)

static bool is_held(const char *name)
{
    char text[TEXT_MAX];

    (void)read_text(hold_fd, text);
    return strncmp(text, name, strlen(name)) == 0 && strchr(" \n", text[strlen(name)]);
}

/* As a disk that does not answer. */
static void hold(const char *name, const char *path)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    const char *slash = strrchr(path, '/');

    if (strncmp(slash ? slash + 1 : path, POLICY, strlen(POLICY)) != 0 || !is_held(name))
        return;
    note_fired(0, name);
    while (is_held(name))
        (void)nanosleep(&pause, NULL);
}

static int (*real_stat)(const char *path, struct stat *out);
static int wrapped_stat(const char *path, struct stat *out)
{
    hold("stat", path);
    return real_stat(path, out);
}

static int (*real_open)(const char *path, int flags, ...);
static int wrapped_open(const char *path, int flags, mode_t mode)
{
    hold("open", path);
    return real_open(path, flags, mode);
}

/* A wait until a moment of the monotonic clock. */
static int (*real_wait)(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until);

static int wrapped_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until)
{
    struct timespec now, sooner;
    long long ns;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    ns = (until->tv_sec - now.tv_sec) * NS_PER_S + until->tv_nsec - now.tv_nsec;
    ns = now.tv_sec * NS_PER_S + now.tv_nsec + (ns > 0 ? ns / hurry : 0);
    sooner = (struct timespec){ns / NS_PER_S, ns % NS_PER_S};
    return real_wait(cond, mutex, &sooner);
}

static const struct hook {
    const char *name;
    void **real;
    void *wrapped;
} hooks[] = {
#define HOOK(name, failed) {#name, (void **)&real_##name, (void *)&wrapped_##name},
    ALLOCATORS(HOOK){"pthread_cond_timedwait", (void **)&real_wait, (void *)&wrapped_wait},
    {"stat", (void **)&real_stat, (void *)&wrapped_stat},
    {"open", (void **)&real_open, (void *)&wrapped_open},
};

/* The page is one that the loader has made read-only behind itself. */
static void lead(void **slot, const struct hook *hook)
{
    const uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);

    if (*slot == hook->wrapped ||
        mprotect((void *)((uintptr_t)slot & ~(size - 1)), size, PROT_READ | PROT_WRITE) != 0)
        return;
    *hook->real = *slot;
    *slot = hook->wrapped;
}

static void lead_all(const struct link_map *map, const ElfW(Rela) * rela, size_t size,
    const ElfW(Sym) * symbols, const char *names)
{
    for (size_t i = 0; i < size / sizeof(*rela); i++) {
        const size_t symbol = ELF64_R_SYM(rela[i].r_info);

        for (size_t j = 0; symbol > 0 && j < sizeof(hooks) / sizeof(hooks[0]); j++)
            if (strcmp(names + symbols[symbol].st_name, hooks[j].name) == 0)
                lead((void **)(map->l_addr + rela[i].r_offset), &hooks[j]);
    }
}

static void take_over(const struct link_map *map)
{
    const ElfW(Rela) *rela = NULL, *calls = NULL;
    const ElfW(Sym) *symbols = NULL;
    const char *names = NULL;
    size_t rela_size = 0, calls_size = 0;

    for (const ElfW(Dyn) *at = map->l_ld; at->d_tag != DT_NULL; at++) {
        if (at->d_tag == DT_SYMTAB)
            symbols = (const void *)at->d_un.d_ptr;
        else if (at->d_tag == DT_STRTAB)
            names = (const void *)at->d_un.d_ptr;
        else if (at->d_tag == DT_RELA)
            rela = (const void *)at->d_un.d_ptr;
        else if (at->d_tag == DT_RELASZ)
            rela_size = at->d_un.d_val;
        else if (at->d_tag == DT_JMPREL)
            calls = (const void *)at->d_un.d_ptr;
        else if (at->d_tag == DT_PLTRELSZ)
            calls_size = at->d_un.d_val;
    }
    lead_all(map, rela, rela_size, symbols, names);
    lead_all(map, calls, calls_size, symbols, names);
}

/* After each reload the module is another one. */
EXPORT void *dlopen(const char *path, int mode)
{
    void *(*real)(const char *, int);
    const char *end = getenv("FAULT_MODULE");
    struct link_map *map = NULL;
    void *handle;

    *(void **)&real = dlsym(RTLD_NEXT, "dlopen");
    handle = real(path, mode);
    if (handle && path && end && strlen(path) >= strlen(end) &&
        strcmp(path + strlen(path) - strlen(end), end) == 0 &&
        dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0)
        take_over(map);
    return handle;
}

static long ahead(void)
{
    char text[TEXT_MAX];

    return strtol(read_text(clock_fd, text), NULL, 10);
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *out)
{
    int status;

    if (!real_clock_gettime)
        *(void **)&real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    status = real_clock_gettime(clock, out);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        out->tv_sec += ahead();
    return status;
}

EXPORT int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    *out = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

EXPORT time_t time(time_t *out)
{
    struct timespec now = {0, 0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

static int open_in(const char *folder, const char *name, int flags)
{
    char path[4096];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return open(path, flags | O_CLOEXEC);
}

__attribute__((constructor)) static void begin(void)
{
    const char *folder = getenv("FAULT_DIR");
    const char *times = getenv("FAULT_HURRY");

    if (times && atol(times) > 0)
        hurry = atol(times);
    if (!folder)
        return;
    alloc_fd = open_in(folder, "alloc", O_RDONLY);
    hold_fd = open_in(folder, "hold", O_RDONLY);
    clock_fd = open_in(folder, "clock", O_RDONLY);
    fired_fd = open_in(folder, "fired", O_WRONLY | O_APPEND);
}
