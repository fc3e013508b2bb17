/* SPDX-License-Identifier: MIT
 *
 * Properties. One table per object says for each name what it is, who may write it and when; NCryptGetProperty and
 * NCryptSetProperty look there and nowhere else. Names that are not in a key's table are the application's own.
 */
#ifndef PORTABLE_NCRYPT_PROPERTY_H
#define PORTABLE_NCRYPT_PROPERTY_H

#include "ncrypt/internal.h"

/* A property's value on its way out: bytes to copy, or a writer for values that hold pointers into the caller's own
 * buffer. */
struct value {
    const void *data;
    size_t size;
    uint8_t scratch[32]; /* room for small values; data may point here */
    WCHAR text[80];      /* the same for made-up strings */
    SECURITY_STATUS (*write)(const void *object, uint8_t *out);
};

enum property_when {
    WHEN_NEVER,      /* read-only */
    WHEN_UNFINISHED, /* before finalize */
    WHEN_ALWAYS,
    WHEN_POLICY, /* before finalize, later as the setter decides */
};

enum property_kind { KIND_BYTES, KIND_DWORD, KIND_STRING, KIND_POINTER };

struct property {
    const WCHAR *name;
    enum property_kind kind; /* what a value to set must look like */
    enum property_when writable;
    bool only_ready; /* readable only after finalize: NTE_BAD_KEY_STATE before */
    SECURITY_STATUS (*get)(const void *object, struct value *value); /* NULL: write-only */
    SECURITY_STATUS (*set)(void *object, const uint8_t *data, uint32_t size, uint32_t flags);
};

/* By exact name, NULL when there is none. */
const struct property *property_of_key(const WCHAR *name);
const struct property *property_of_provider(const WCHAR *name);

/* property_set.c */
SECURITY_STATUS property_get_parameter_set(const void *object, struct value *value);
SECURITY_STATUS property_set_parameter_set(void *object, const uint8_t *data, uint32_t size, uint32_t flags);
SECURITY_STATUS property_get_kem_secret(const void *object, struct value *value);
SECURITY_STATUS property_get_kem_ciphertext(const void *object, struct value *value);

/* Helpers for getters. */
SECURITY_STATUS value_dword(struct value *value, uint32_t number);
SECURITY_STATUS value_string(struct value *value, const WCHAR *text); /* text must outlive the call */
SECURITY_STATUS value_bytes(struct value *value, const void *data, size_t size);
SECURITY_STATUS value_pointer(struct value *value, uintptr_t pointer);

/* Helpers for setters. A string must end with its only NUL; data may be unaligned. */
bool property_is_string(const uint8_t *data, uint32_t size);
uint32_t read_dword(const uint8_t *data);
MUST_CHECK SECURITY_STATUS set_string(WCHAR **holder, const uint8_t *data, uint32_t size);

/* Getters and setters of the key's table that have files of their own. */

/* property_ui.c */
SECURITY_STATUS property_get_ui(const void *object, struct value *value);
SECURITY_STATUS property_set_ui(void *object, const uint8_t *data, uint32_t size, uint32_t flags);
SECURITY_STATUS property_get_use_context(const void *object, struct value *value);
SECURITY_STATUS property_set_use_context(void *object, const uint8_t *data, uint32_t size, uint32_t flags);
SECURITY_STATUS property_get_window(const void *object, struct value *value);
SECURITY_STATUS property_set_window(void *object, const uint8_t *data, uint32_t size, uint32_t flags);

/* property_key.c: how long the key is, or, as long as it is not finished, will be; 0: not known yet. */
uint32_t property_bits(const struct key *key);

/* property_cipher.c */
SECURITY_STATUS property_get_block_length(const void *object, struct value *value);
SECURITY_STATUS property_get_chaining(const void *object, struct value *value);
SECURITY_STATUS property_set_chaining(void *object, const uint8_t *data, uint32_t size, uint32_t flags);
SECURITY_STATUS property_get_iv(const void *object, struct value *value);
SECURITY_STATUS property_set_iv(void *object, const uint8_t *data, uint32_t size, uint32_t flags);

/* property_group.c: the parameters of a DH or DSA key that is being made. */
SECURITY_STATUS property_set_dh_group(void *object, const uint8_t *data, uint32_t size, uint32_t flags);
SECURITY_STATUS property_set_dsa_group(void *object, const uint8_t *data, uint32_t size, uint32_t flags);

/* property_curve.c */
SECURITY_STATUS property_get_curve(const void *object, struct value *value);
SECURITY_STATUS property_set_curve(void *object, const uint8_t *data, uint32_t size, uint32_t flags);
SECURITY_STATUS property_get_parameters(const void *object, struct value *value);
SECURITY_STATUS property_set_parameters(void *object, const uint8_t *data, uint32_t size, uint32_t flags);
SECURITY_STATUS property_get_curve_names(const void *object, struct value *value);

/* key_derivation.c: keys that others are derived from */
SECURITY_STATUS key_derivation_set_secret(void *object, const uint8_t *data, uint32_t size, uint32_t flags);
SECURITY_STATUS key_derivation_set_hash(void *object, const uint8_t *data, uint32_t size, uint32_t flags);
SECURITY_STATUS key_derivation_set_salt(void *object, const uint8_t *data, uint32_t size, uint32_t flags);
SECURITY_STATUS key_derivation_set_prk(void *object, const uint8_t *data, uint32_t size, uint32_t flags);

#endif
