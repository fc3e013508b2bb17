/* SPDX-License-Identifier: MIT
 *
 * Moving numbers into and out of libcrypto's key objects.
 */
#ifndef PORTABLE_NCRYPT_KEY_PKEY_H
#define PORTABLE_NCRYPT_KEY_PKEY_H

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "ncrypt/key/components.h"

enum pkey_type {
    PKEY_RSA,
    PKEY_EC,
    PKEY_DH,
    PKEY_DHX,
    PKEY_DSA,
    PKEY_MLDSA_44,
    PKEY_MLDSA_65,
    PKEY_MLDSA_87,
    PKEY_MLKEM_512,
    PKEY_MLKEM_768,
    PKEY_MLKEM_1024,
    PKEY_TYPE_COUNT,
};

#define PKEY_MAX_PARAMETERS 10

/* libcrypto's name. */
const char *pkey_type_name(enum pkey_type type);

/* A parameter list whose numbers stand in memory of the caller's, which the caller wipes. */
struct pkey_builder {
    OSSL_PARAM list[PKEY_MAX_PARAMETERS + 1];
    unsigned count;
    uint8_t *memory;
};

/* `memory` has room for all numbers that will be added. */
void pkey_builder_init(struct pkey_builder *builder, uint8_t *memory);
/* Big-endian bytes, at least one; they are copied. */
void pkey_builder_number(struct pkey_builder *builder, const char *name, struct component_span number);
/* These three keep the pointer. */
void pkey_builder_bytes(struct pkey_builder *builder, const char *name, const uint8_t *data, size_t size);
void pkey_builder_text(struct pkey_builder *builder, const char *name, const char *text);
void pkey_builder_integer(struct pkey_builder *builder, const char *name, int *number);
/* Makes the key; `selection` is EVP_PKEY_KEYPAIR, EVP_PKEY_PUBLIC_KEY or EVP_PKEY_KEY_PARAMETERS. libcrypto checks
 * little: that numbers are there and points on their curve. */
MUST_CHECK SECURITY_STATUS pkey_builder_finish(struct pkey_builder *builder, enum pkey_type type, int selection,
                                               EVP_PKEY **pkey);

/* Copies a number between big-endian and the machine's byte order, which is libcrypto's in parameters. */
void pkey_copy_native(uint8_t *to, const uint8_t *from, size_t size);

/* A number of a key; free with BN_clear_free(). */
MUST_CHECK SECURITY_STATUS pkey_number(const EVP_PKEY *pkey, const char *name, BIGNUM **number);

/* Adds a number to the components at `size` bytes. */
MUST_CHECK SECURITY_STATUS pkey_number_to_component(const BIGNUM *number, struct components *components,
                                                    enum component which, size_t size);

/* Runs a prepared generation of a key or of parameters; frees the context. NTE_USER_CANCELLED when interrupt_poll()
 * asked to stop. */
MUST_CHECK SECURITY_STATUS pkey_generate(EVP_PKEY_CTX *ctx, EVP_PKEY **pkey);

#endif
