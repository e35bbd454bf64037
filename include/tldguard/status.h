/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * The one list of results. 0 is success, negative is failure; "not found" is
 * a result of its own where a function can have it, never an error.
 */
#ifndef TLDGUARD_STATUS_H
#define TLDGUARD_STATUS_H

/* name, value, sentence for people. Enum and text come from this list alone. */
#define TG_STATUS_MAP(X)                                            \
    X(TG_OK, 0, "ok")                                               \
    X(TG_ENOMEM, -1, "out of memory")                               \
    X(TG_EIO, -2, "input or output failed")                         \
    X(TG_EINVAL, -3, "invalid argument")                            \
    X(TG_ENAME, -4, "not a valid domain name")                      \
    X(TG_ESYNTAX, -5, "not valid YAML")                             \
    X(TG_EPOLICY, -6, "the policy has errors")                      \
    X(TG_EFORMAT, -7, "not a tldguard image")                       \
    X(TG_EVERSION, -8, "image format is not known to this version") \
    X(TG_EDIGEST, -9, "image is damaged or incomplete")             \
    X(TG_ECORRUPT, -10, "image contradicts itself")                 \
    X(TG_ETOOBIG, -11, "too large")                                 \
    X(TG_EAGAIN, -12, "no room now, try again")                     \
    X(TG_EABI, -13, "built for another Unbound")                    \
    X(TG_ETRUST, -14, "not signed by a trusted key")

enum tg_status {
#define TG_STATUS_ENUM(name, value, text) name = (value),
    TG_STATUS_MAP(TG_STATUS_ENUM)
#undef TG_STATUS_ENUM
};

/**
 * The sentence for a status.
 * @param status any value, also one that is not in the list.
 * @return static text, never NULL; "unknown status" for a value not in the
 *         list. Any thread.
 */
const char *tg_status_text(enum tg_status status);

#endif
