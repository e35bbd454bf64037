/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* The part of an event's line that tells what a forwarder told of the client. Private. */
#ifndef TG_MODULE_EVENT_CLIENT_H
#define TG_MODULE_EVENT_CLIENT_H

#include "module/json.h"
#include "module/view.h"

/* In all of these nothing is written of what was not told. Any record, any thread. */

/** "mac", of source: as ECS has it, "00-00-5E-00-53-23" (RFC 7042 2.1). */
void tg_line_mac(struct tg_json *json, const struct tg_client_ids *ids);

/** "client", of tldguard. */
void tg_line_client(struct tg_json *json, const struct tg_view *view);

/** The elements of related.ip behind the client's address, which is known: those told whole. */
void tg_line_addresses(struct tg_json *json, const struct tg_view *view);

#endif
