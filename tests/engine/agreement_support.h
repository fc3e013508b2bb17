/* SPDX-License-Identifier: MIT
 *
 * For the tests of secret agreement: ECDH keys, secrets, parameter lists, and what libcrypto by itself agrees on.
 */
#ifndef TESTS_ENGINE_AGREEMENT_SUPPORT_H
#define TESTS_ENGINE_AGREEMENT_SUPPORT_H

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "ncrypt_support.h"

#define MAX_WIDTH   66
#define ECC_HEADER  8
#define MAX_BUFFERS 8

static const struct agreement_curve {
    const WCHAR *algorithm, *ecdsa, *name;
    const char *openssl_name;
    uint32_t width;
    const char *public_magic, *private_magic;
} agreement_curves[] = {
    {u"ECDH_P256", u"ECDSA_P256", u"nistP256", "prime256v1", 32, "ECK1", "ECK2"},
    {u"ECDH_P384", u"ECDSA_P384", u"nistP384", "secp384r1", 48, "ECK3", "ECK4"},
    {u"ECDH_P521", u"ECDSA_P521", u"nistP521", "secp521r1", 66, "ECK5", "ECK6"},
};

/* Ephemeral, and its private key may be exported. */
static inline NCRYPT_KEY_HANDLE make_ephemeral(NCRYPT_PROV_HANDLE provider, const WCHAR *algorithm)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, algorithm, NULL, 0);

    CHECK_STATUS(set_dword(key, NCRYPT_EXPORT_POLICY_PROPERTY, NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    return key;
}

static inline DWORD export_key(NCRYPT_KEY_HANDLE key, const WCHAR *type, uint8_t *blob, DWORD room)
{
    DWORD size = 0;

    CHECK_STATUS(NCryptExportKey(key, 0, type, NULL, blob, room, &size, 0), ERROR_SUCCESS);
    return size;
}

static inline NCRYPT_KEY_HANDLE import_key(NCRYPT_PROV_HANDLE provider, const WCHAR *type, uint8_t *blob, DWORD size)
{
    NCRYPT_KEY_HANDLE key = 0;

    CHECK_STATUS(NCryptImportKey(provider, 0, type, NULL, &key, blob, size, 0), ERROR_SUCCESS);
    return key;
}

/* The public half of a key, as a key of its own. */
static inline NCRYPT_KEY_HANDLE public_half(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    uint8_t blob[ECC_HEADER + 2 * MAX_WIDTH];
    DWORD size = export_key(key, u"ECCPUBLICBLOB", blob, sizeof blob);

    return import_key(provider, u"ECCPUBLICBLOB", blob, size);
}

static inline NCRYPT_SECRET_HANDLE agree_on(NCRYPT_KEY_HANDLE own, NCRYPT_KEY_HANDLE peer)
{
    NCRYPT_SECRET_HANDLE secret = 0;

    CHECK_STATUS(NCryptSecretAgreement(own, peer, &secret, 0), ERROR_SUCCESS);
    return secret;
}

/* A parameter list that is filled buffer by buffer. */
struct buffers {
    NCryptBufferDesc list;
    NCryptBuffer buffer[MAX_BUFFERS];
};

static inline void add_buffer(struct buffers *buffers, ULONG type, const void *data, size_t size)
{
    NCryptBuffer *buffer = &buffers->buffer[buffers->list.cBuffers++];

    CHECK(buffers->list.cBuffers <= MAX_BUFFERS);
    *buffer = (NCryptBuffer){(ULONG)size, type, (PVOID)(uintptr_t)data};
    buffers->list.pBuffers = buffers->buffer;
}

static inline void add_hash(struct buffers *buffers, const WCHAR *name)
{
    add_buffer(buffers, KDF_HASH_ALGORITHM, name, wide_bytes(name));
}

static inline SECURITY_STATUS derive(NCRYPT_SECRET_HANDLE secret, const WCHAR *kdf, struct buffers *buffers, void *out,
                                     DWORD room, DWORD *size)
{
    return NCryptDeriveKey(secret, kdf, buffers == NULL ? NULL : &buffers->list, out, room, size, 0);
}

/* The secret itself, big-endian. */
static inline DWORD raw_secret(NCRYPT_SECRET_HANDLE secret, uint8_t *out)
{
    uint8_t reversed[MAX_WIDTH];
    DWORD size = 0;

    CHECK_STATUS(NCryptDeriveKey(secret, u"TRUNCATE", NULL, reversed, sizeof reversed, &size, 0), ERROR_SUCCESS);
    for (DWORD i = 0; i < size; i++) {
        out[i] = reversed[size - 1 - i];
    }
    return size;
}

/* A key of libcrypto's default context from an ECC blob. */
static inline EVP_PKEY *outside_ec_key(const struct agreement_curve *curve, const uint8_t *blob, bool is_private)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    BIGNUM *number = BN_bin2bn(blob + ECC_HEADER + 2 * curve->width, is_private ? (int)curve->width : 0, NULL);
    uint8_t point[1 + 2 * MAX_WIDTH] = {4};
    OSSL_PARAM *parameters;
    EVP_PKEY *pkey = NULL;

    memcpy(point + 1, blob + ECC_HEADER, 2 * curve->width);
    CHECK(OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve->openssl_name, 0));
    CHECK(OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * curve->width));
    CHECK(!is_private || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number));
    parameters = OSSL_PARAM_BLD_to_param(builder);
    CHECK(EVP_PKEY_fromdata_init(ctx) == 1);
    CHECK(EVP_PKEY_fromdata(ctx, &pkey, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, parameters) == 1);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(ctx);
    BN_free(number);
    return pkey;
}

/* What libcrypto agrees on with the private key of one blob and the public one of another. */
static inline size_t outside_secret(const struct agreement_curve *curve, const uint8_t *own, const uint8_t *peer,
                                    uint8_t *out)
{
    EVP_PKEY *own_key = outside_ec_key(curve, own, true), *peer_key = outside_ec_key(curve, peer, false);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own_key, NULL);
    size_t size = MAX_WIDTH;

    CHECK(EVP_PKEY_derive_init(ctx) == 1);
    CHECK(EVP_PKEY_derive_set_peer(ctx, peer_key) == 1);
    CHECK(EVP_PKEY_derive(ctx, out, &size) == 1);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(own_key);
    EVP_PKEY_free(peer_key);
    return size;
}

/* The three tables are empty. */
static inline void check_nothing_left(void)
{
    check_no_handles();
    CHECK(ncx_live_handles(16) == 0);
}

#endif
