/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) 2026 The tldguard authors */
/*
 * Secret keys and what is made with them, in the form of minisign: by libsodium, as minisign does.
 * Before anything else here sodium_init() must have been called, which tg_secret_init() does.
 */
#ifndef TG_TOOLS_SECRET_H
#define TG_TOOLS_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tldguard/trust.h"

#define TG_PASSWORD_MAX    1024 /* octets with a NUL, as in minisign */
#define TG_SECRET_FILE_MAX 2048 /* octets of a file of a secret key, with a NUL */
#define TG_SIGNATURE_MAX   1024 /* octets of a file of a signature of ours, with a NUL */
#define TG_PUBLIC_FILE_MAX 256  /* octets of a file of a public key, with a NUL */

struct tg_secret {
    uint8_t id[TG_TRUST_ID];
    uint8_t key[64]; /* the seed, then the public key */
};

/* From here on the process leaves no core, also to no program that takes cores, and shows its
 * memory to nobody but root. Before anything secret is read. */
void tg_secret_hide(void);

/* Hides, too. False after saying on stderr that there is no randomness to be had. */
bool tg_secret_init(void);

/* Makes a new one. */
void tg_secret_make(struct tg_secret *secret);

/* Overwrites what must not stay in memory. */
void tg_secret_wipe(void *what, size_t len);

/**
 * Writes its file.
 * @param password NULL: not encrypted.
 * @return false: too little memory for the work that makes a password hard to guess.
 */
bool tg_secret_write(
    const struct tg_secret *secret, const char *password, char text[TG_SECRET_FILE_MAX]);

/* The file of its public key; key is its second line, for trusted-keys. */
void tg_secret_public(const struct tg_secret *secret, char text[TG_PUBLIC_FILE_MAX], char key[64]);

/* A file of a secret key, as it was read. */
struct tg_secret_file {
    uint8_t octets[158];
    bool encrypted;
};

/** Takes its text apart; NULL or what is wrong with it. Such a file may come from anybody. */
const char *tg_secret_parse(const char *text, size_t len, struct tg_secret_file *out);

/**
 * Gets the key out.
 * @param password of an encrypted one; else not looked at.
 * @return NULL, or what is wrong.
 */
const char *tg_secret_unlock(
    const struct tg_secret_file *file, const char *password, struct tg_secret *out);

/**
 * Signs octets, by their BLAKE2b-512.
 * @param comment the trusted one.
 * @param text    output: the file.
 */
void tg_secret_sign(const struct tg_secret *secret, const uint8_t *data, size_t len,
    const char *comment, char text[TG_SIGNATURE_MAX]);

/**
 * Gets a password: the first line of a file, or from the terminal.
 * @param file  NULL: from the terminal.
 * @param what  whose password it is, for the question.
 * @param twice it is a new one: asked for twice, and not empty.
 * @return false after saying on stderr why there is none.
 */
bool tg_password(const char *file, const char *what, bool twice, char password[TG_PASSWORD_MAX]);

/* A whole small file; NULL after saying on stderr why not. To be freed with free(). */
char *tg_secret_slurp(const char *path, size_t *len);

#endif
