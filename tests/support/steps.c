/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tests/support/steps.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS_MAX 10000000

static _Noreturn void be_counted(void (*run)(void *arg), void *arg)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0) {
        run(arg);
        (void)raise(SIGSTOP);
        run(arg);
        (void)raise(SIGUSR1);
    }
    _exit(1);
}

/* Waits for the child to stop; false: it has ended. */
static bool stopped_by(pid_t child, int *signal)
{
    int status;

    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        return false;
    *signal = WSTOPSIG(status);
    return true;
}

/* From one of its signals to the other. */
static uint64_t count(pid_t child)
{
    int signal;

    if (!stopped_by(child, &signal) || signal != SIGSTOP)
        return 0;
    for (uint64_t steps = 1; steps < STEPS_MAX; steps++) {
        if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0 || !stopped_by(child, &signal))
            return 0;
        if (signal != SIGTRAP)
            return signal == SIGUSR1 ? steps : 0;
    }
    return 0;
}

static uint64_t steps_with_signals(void (*run)(void *arg), void *arg)
{
    const pid_t child = fork();
    uint64_t steps;

    if (child < 0)
        return 0;
    if (child == 0)
        be_counted(run, arg);
    steps = count(child);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    return steps;
}

static void do_nothing(void *arg)
{
    (void)arg;
}

uint64_t steps_of(void (*run)(void *arg), void *arg)
{
    const uint64_t around = steps_with_signals(do_nothing, NULL);
    const uint64_t all = steps_with_signals(run, arg);

    return around != 0 && all > around ? all - around : 0;
}
