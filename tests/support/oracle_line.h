/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The line of a question once more, slow and obvious: member by member, each text escaped each time
 * it is written, by printf. tg_event_format() must agree with it, octet by octet.
 */
#ifndef TLDGUARD_TEST_ORACLE_LINE_H
#define TLDGUARD_TEST_ORACLE_LINE_H

#include "tldguard/event.h"

/** As tg_event_format(), of TG_WHAT_QUESTION. @return the line, to be freed. */
char *oracle_line(const struct tg_event *event, const struct tg_stamp *stamp);

#endif
