/* SPDX-License-Identifier: MIT
 *
 * What the tests of the bcrypt functions share: keys whose private half is a key of the key storage functions.
 */
#ifndef TESTS_ENGINE_BCRYPT_SUPPORT_H
#define TESTS_ENGINE_BCRYPT_SUPPORT_H

#include "ncrypt_support.h"

/* One key in both worlds, with its public blob and a signature of sample_digest. */
struct pair {
    const WCHAR *algorithm;
    BCRYPT_PKCS1_PADDING_INFO info;
    void *padding;
    ULONG flag;
    NCRYPT_KEY_HANDLE whole;
    BCRYPT_KEY_HANDLE public;
    uint8_t blob[300], signature[132];
    DWORD blob_size, signature_size;
};

static inline BCRYPT_ALG_HANDLE open_algorithm(const WCHAR *name)
{
    BCRYPT_ALG_HANDLE algorithm = NULL;

    CHECK_STATUS(BCryptOpenAlgorithmProvider(&algorithm, name, NULL, 0), STATUS_SUCCESS);
    return algorithm;
}

static inline void close_algorithm(BCRYPT_ALG_HANDLE algorithm)
{
    CHECK_STATUS(BCryptCloseAlgorithmProvider(algorithm, 0), STATUS_SUCCESS);
}

static inline void destroy_key(BCRYPT_KEY_HANDLE key)
{
    CHECK_STATUS(BCryptDestroyKey(key), STATUS_SUCCESS);
}

/* From a block of exactly the blob's size, so that the address sanitizer sees every byte read beside it. */
static inline NTSTATUS import_bytes(BCRYPT_ALG_HANDLE algorithm, const WCHAR *type, const void *data, size_t size,
                                    BCRYPT_KEY_HANDLE *key)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    NTSTATUS status;

    if (size > 0) {
        memcpy(copy, data, size);
    }
    status = BCryptImportKeyPair(algorithm, NULL, type, key, copy, (ULONG)size, 0);
    free(copy);
    return status;
}

static inline NTSTATUS pair_verify_with(const struct pair *pair, BCRYPT_KEY_HANDLE key)
{
    uint8_t digest[sizeof sample_digest], signature[sizeof pair->signature];

    memcpy(digest, sample_digest, sizeof digest);
    memcpy(signature, pair->signature, sizeof signature);
    return BCryptVerifySignature(key, pair->padding, digest, sizeof digest, signature, pair->signature_size,
                                 pair->flag);
}

static inline NTSTATUS pair_verify(const struct pair *pair)
{
    return pair_verify_with(pair, pair->public);
}

static inline NTSTATUS pair_import(const struct pair *pair, BCRYPT_KEY_HANDLE *key)
{
    BCRYPT_ALG_HANDLE algorithm = NULL;
    NTSTATUS status = BCryptOpenAlgorithmProvider(&algorithm, pair->algorithm, NULL, 0);

    if (status == STATUS_SUCCESS) {
        status = import_bytes(algorithm, BCRYPT_PUBLIC_KEY_BLOB, pair->blob, pair->blob_size, key);
        close_algorithm(algorithm);
    }
    return status;
}

static inline void pair_make(NCRYPT_PROV_HANDLE provider, struct pair *pair, const WCHAR *algorithm)
{
    uint8_t digest[sizeof sample_digest];
    bool rsa = algorithm[0] == 'R';

    memcpy(digest, sample_digest, sizeof digest);
    *pair = (struct pair){.algorithm = algorithm};
    pair->info.pszAlgId = BCRYPT_SHA256_ALGORITHM;
    pair->padding = rsa ? &pair->info : NULL;
    pair->flag = rsa ? BCRYPT_PAD_PKCS1 : 0;
    pair->whole = begin_key(provider, algorithm, NULL, 0);
    if (rsa) {
        CHECK_STATUS(set_dword(pair->whole, NCRYPT_LENGTH_PROPERTY, 1024, 0), ERROR_SUCCESS);
    }
    CHECK_STATUS(NCryptFinalizeKey(pair->whole, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptSignHash(pair->whole, pair->padding, digest, sizeof digest, pair->signature,
                                sizeof pair->signature, &pair->signature_size, pair->flag),
                 ERROR_SUCCESS);
    CHECK_STATUS(NCryptExportKey(pair->whole, 0, BCRYPT_PUBLIC_KEY_BLOB, NULL, pair->blob, sizeof pair->blob,
                                 &pair->blob_size, 0),
                 ERROR_SUCCESS);
    CHECK_STATUS(pair_import(pair, &pair->public), STATUS_SUCCESS);
}

static inline void pair_free(struct pair *pair)
{
    free_handle(pair->whole);
    destroy_key(pair->public);
}

static inline void check_no_bcrypt_handles(void)
{
    CHECK(ncx_live_handles(2) == 0);
    CHECK(ncx_live_handles(3) == 0);
}

#endif
