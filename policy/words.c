/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The words of the policy language, from the lists in policy.h. */
#include "tldguard/policy.h"

#define TG_WORD(name, value, word) \
    case name:                     \
        return word;

const char *tg_mode_text(enum tg_mode mode)
{
    switch (mode) {
        TG_MODE_MAP(TG_WORD)
    }
    return "?";
}

const char *tg_action_text(enum tg_action action)
{
    switch (action) {
        TG_ACTION_MAP(TG_WORD)
    }
    return "?";
}

const char *tg_severity_text(enum tg_severity severity)
{
    switch (severity) {
        TG_SEVERITY_MAP(TG_WORD)
    }
    return "?";
}

const char *tg_kind_text(enum tg_kind kind)
{
    switch (kind) {
        TG_KIND_MAP(TG_WORD)
    }
    return "?";
}

const char *tg_twin_text(enum tg_twin twin)
{
    switch (twin) {
        TG_TWIN_MAP(TG_WORD)
    }
    return "?";
}

const char *tg_match_text(enum tg_match match)
{
    switch (match) {
        TG_MATCH_MAP(TG_WORD)
    }
    return "?";
}

const char *tg_expect_text(enum tg_expect expect)
{
    switch (expect) {
        TG_EXPECT_MAP(TG_WORD)
    }
    return "?";
}
