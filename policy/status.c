/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
#include "tldguard/status.h"

const char *tg_status_text(enum tg_status status)
{
    switch (status) {
#define CASE(name, value, text) \
    case name:                  \
        return text;
        TG_STATUS_MAP(CASE)
#undef CASE
    }
    return "unknown status";
}
