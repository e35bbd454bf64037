/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * How many instructions a function takes: a number that does not depend on what else the machine
 * does. The kernel lets a child of the test run one instruction at a time (ptrace); so it needs no
 * other program, and no counter of the processor, which virtual machines often have not.
 */
#ifndef TLDGUARD_TEST_STEPS_H
#define TLDGUARD_TEST_STEPS_H

#include <stdint.h>

/**
 * Counts what one call takes, behind another one that is not counted: by then all is bound and
 * in memory. Both are in a child; what they change is not seen here. About a million in two
 * seconds.
 * @return instructions, without those around the call; 0: the system does not let us, or the child
 *         ended otherwise, or went on for ten million.
 */
uint64_t steps_of(void (*run)(void *arg), void *arg);

#endif
