/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Lets each allocation of a program fail once, its libraries' included: to be preloaded. Before
 * main() begins it forks, again and again; in the nth child the nth allocation from there on
 * fails, and the parent looks at what becomes of it. So the program is loaded only once.
 *
 * Environment: OOM_CODE, the exit code when nothing fails; OOM_OUTPUT, a file that the program
 * makes, or nothing; OOM_SPARE, libraries whose own allocations never fail, by a part of their
 * path, separated by spaces; OOM_ONLY, the number of the one allocation that fails, without a
 * fork, for a debugger.
 *
 * The first child runs with nothing failing. All others end as it did, with the same output (or
 * one that has the text of OOM_FAIR in it), or else with 3, one line on stderr that tells of the
 * memory, and the file as it was: not there.
 * Prints a line for each that does not, and at the end how many there were. Exit: 0 all good, 1.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN_MAX 20000
#define TEXT_MAX     65536
#define SPARED_MAX   16
#define SECONDS_MAX  20

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t align, size_t size);

/* Code of a library that is spared. */
struct range {
    uintptr_t from;
    uintptr_t to;
};

static struct range spared[SPARED_MAX];
static size_t spared_count;
static size_t left; /* allocations until the one that fails, itself included; 0: none fails */
static bool *fired; /* shared with the parent */

static FILE *(*real_fopen)(const char *path, const char *mode);
static FILE *(*real_fdopen)(int fd, const char *mode);

static bool fails(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;

    if (left == 0)
        return false;
    for (size_t i = 0; i < spared_count; i++)
        if (at >= spared[i].from && at < spared[i].to)
            return false;
    if (--left > 0)
        return false;
    *fired = true;
    errno = ENOMEM;
    return true;
}

#define FAILS() fails(__builtin_return_address(0))

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    return FAILS() ? NULL : __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size)
{
    return FAILS() ? NULL : __libc_calloc(count, size);
}

__attribute__((visibility("default"))) void *realloc(void *old, size_t size)
{
    return FAILS() ? NULL : __libc_realloc(old, size);
}

__attribute__((visibility("default"))) void *aligned_alloc(size_t align, size_t size)
{
    return FAILS() ? NULL : __libc_memalign(align, size);
}

__attribute__((visibility("default"))) int posix_memalign(void **out, size_t align, size_t size)
{
    void *got = FAILS() ? NULL : __libc_memalign(align, size);

    if (got == NULL)
        return ENOMEM;
    *out = got;
    return 0;
}

/* Those of libc that allocate for whoever calls them. */
__attribute__((visibility("default"))) char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = FAILS() ? NULL : __libc_malloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

__attribute__((visibility("default"))) char *strndup(const char *text, size_t most)
{
    size_t len = strnlen(text, most);
    char *copy = FAILS() ? NULL : __libc_calloc(1, len + 1);

    return copy ? memcpy(copy, text, len) : NULL;
}

__attribute__((visibility("default"))) FILE *fopen(const char *path, const char *mode)
{
    return FAILS() ? NULL : real_fopen(path, mode);
}

__attribute__((visibility("default"))) FILE *fdopen(int fd, const char *mode)
{
    return FAILS() ? NULL : real_fdopen(fd, mode);
}

/* Notes where the code of a library lies when its name is among those to spare. */
static int spare(struct dl_phdr_info *info, size_t size, void *arg)
{
    char names[256], *rest = NULL;

    (void)size;
    snprintf(names, sizeof(names), "%s", (const char *)arg);
    for (char *name = strtok_r(names, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
        for (size_t i = 0; strstr(info->dlpi_name, name) && i < info->dlpi_phnum; i++) {
            const ElfW(Phdr) *part = &info->dlpi_phdr[i];

            if (part->p_type != PT_LOAD || !(part->p_flags & PF_X) || spared_count == SPARED_MAX)
                continue;
            spared[spared_count].from = info->dlpi_addr + part->p_vaddr;
            spared[spared_count++].to = info->dlpi_addr + part->p_vaddr + part->p_memsz;
        }
    return 0;
}

/* What a child left: its exit code, or 256 and its signal; what it wrote. */
struct result {
    int code;
    size_t out_len, err_len, file_len;
    bool file;
    char out[TEXT_MAX], err[TEXT_MAX], made[TEXT_MAX];
};

static size_t read_back(int fd, char text[TEXT_MAX])
{
    ssize_t len = pread(fd, text, TEXT_MAX - 1, 0);

    text[len > 0 ? len : 0] = '\0';
    return len > 0 ? (size_t)len : 0;
}

static void read_made(const char *path, struct result *result)
{
    int fd = *path ? open(path, O_RDONLY) : -1;

    result->file = fd >= 0;
    result->file_len = 0;
    if (fd < 0)
        return;
    result->file_len = read_back(fd, result->made);
    close(fd);
    unlink(path);
}

/* Returns in the child; in the parent with the child's result. */
static bool is_child(size_t n, const char *output, struct result *result)
{
    int out = memfd_create("out", 0), err = memfd_create("err", 0), status = 0;
    pid_t pid;

    *fired = false;
    pid = fork();
    if (pid == 0) {
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        close(out);
        close(err);
        lseek(STDIN_FILENO, 0, SEEK_SET);
        alarm(SECONDS_MAX);
        left = n;
        return true;
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        _exit(1);
    result->code = WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
    result->out_len = read_back(out, result->out);
    result->err_len = read_back(err, result->err);
    read_made(output, result);
    close(out);
    close(err);
    return false;
}

static bool same(const struct result *a, const struct result *b)
{
    return a->code == b->code && a->out_len == b->out_len && a->file == b->file &&
           a->file_len == b->file_len && memcmp(a->out, b->out, a->out_len) == 0 &&
           memcmp(a->made, b->made, a->file_len) == 0;
}

/* One line of it tells of the memory, all others are notes. */
static bool is_told(const char *err)
{
    size_t told = 0, other = 0;

    while (*err) {
        size_t len = strcspn(err, "\n");
        char line[512];

        snprintf(line, sizeof(line), "%.*s", (int)len, err);
        if (strstr(line, "out of memory") || strstr(line, strerror(ENOMEM)))
            told++;
        else if (!strstr(line, ": note: "))
            other++;
        err += len + (err[len] == '\n');
    }
    return told == 1 && other == 0;
}

static bool is_refusal(const struct result *result)
{
    return result->code == 3 && !result->file && is_told(result->err);
}

static bool is_fair(const struct result *whole, const struct result *result)
{
    const char *fair = getenv("OOM_FAIR");

    return fair && result->code == whole->code && strstr(result->out, fair);
}

static const char *setting(const char *name)
{
    const char *value = getenv(name);

    return value ? value : "";
}

__attribute__((constructor)) static void fork_for_each(void)
{
    static struct result whole, result;
    const char *output = setting("OOM_OUTPUT");
    size_t bad = 0, n;

    *(void **)&real_fopen = dlsym(RTLD_NEXT, "fopen");
    *(void **)&real_fdopen = dlsym(RTLD_NEXT, "fdopen");
    fired = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fired == MAP_FAILED)
        _exit(1);
    dl_iterate_phdr(spare, (void *)(uintptr_t)setting("OOM_SPARE"));
    if (*setting("OOM_ONLY")) {
        left = (size_t)atoi(setting("OOM_ONLY"));
        return;
    }
    if (is_child(0, output, &whole))
        return;
    if (whole.code != atoi(setting("OOM_CODE"))) {
        dprintf(
            STDOUT_FILENO, "nothing failed, and yet it ended with %d: %s\n", whole.code, whole.err);
        bad++;
    }
    for (n = 1; n < CHILDREN_MAX; n++) {
        if (is_child(n, output, &result))
            return;
        if (!*fired)
            break;
        if (same(&whole, &result) || is_refusal(&result) || is_fair(&whole, &result))
            continue;
        dprintf(STDOUT_FILENO, "allocation %zu: ended with %d, %zu octets of output, %s file: %s\n",
            n, result.code, result.out_len, result.file ? "a" : "no", result.err);
        bad++;
    }
    dprintf(STDOUT_FILENO, "%zu allocations, %zu bad\n", n - 1, bad);
    _exit(bad > 0 || n < 3);
}
