/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/* Private: the parts of the settings that have a file of their own. */
#ifndef TLDGUARD_SETTINGS_P_H
#define TLDGUARD_SETTINGS_P_H

#include "tldguard/trust.h"
#include "yaml.h"

/** Reads 'trusted-keys': one key or a list of them; each as base64, or the path of its file. */
void tg_settings_trusted(
    struct tg_yaml *doc, const struct tg_yaml_node *value, struct tg_trust_keys *keys);

#endif
