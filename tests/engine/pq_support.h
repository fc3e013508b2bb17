/* SPDX-License-Identifier: MIT
 *
 * For the tests of ML-DSA and ML-KEM keys: their sizes and everyday steps. Where libcrypto has no such keys, the tests
 * find that out and that every way to one is refused.
 */
#ifndef TESTS_ENGINE_PQ_SUPPORT_H
#define TESTS_ENGINE_PQ_SUPPORT_H

#include <openssl/evp.h>

#include "ncrypt_support.h"

#define PQ_ROOM 8192

static const struct pq_set {
    const WCHAR *algorithm, *name;
    DWORD name_size; /* with the NUL */
    const char *openssl_name;
    DWORD public_size, private_size, seed_size, output_size;
} pq_sets[] = {
    {u"ML-DSA", u"44", 6, "ML-DSA-44", 1312, 2560, 32, 2420},
    {u"ML-DSA", u"65", 6, "ML-DSA-65", 1952, 4032, 32, 3309},
    {u"ML-DSA", u"87", 6, "ML-DSA-87", 2592, 4896, 32, 4627},
    {u"ML-KEM", u"512", 8, "ML-KEM-512", 800, 1632, 64, 768},
    {u"ML-KEM", u"768", 8, "ML-KEM-768", 1184, 2400, 64, 1088},
    {u"ML-KEM", u"1024", 10, "ML-KEM-1024", 1568, 3168, 64, 1568},
};

static const struct pq_blobs {
    const WCHAR *public, *expanded, *seed;
} pq_blobs[] = {
    {u"PQDSAPUBLICBLOB", u"PQDSAPRIVATEBLOB", u"PQDSAPRIVATESEEDBLOB"},
    {u"MLKEMPUBLICBLOB", u"MLKEMPRIVATEBLOB", u"MLKEMPRIVATESEEDBLOB"},
};

static inline bool pq_is_kem(const struct pq_set *set)
{
    return set->algorithm[3] == u'K';
}

static inline const struct pq_blobs *pq_blobs_of(const struct pq_set *set)
{
    return &pq_blobs[pq_is_kem(set)];
}

/* Asked of libcrypto itself. */
static inline bool pq_in_libcrypto(void)
{
    EVP_KEYMGMT *found = EVP_KEYMGMT_fetch(NULL, "ML-DSA-65", NULL);

    EVP_KEYMGMT_free(found);
    return found != NULL;
}

/* Not finalized, its private key exportable. */
static inline NCRYPT_KEY_HANDLE pq_begin(NCRYPT_PROV_HANDLE provider, const struct pq_set *set, const WCHAR *name)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, set->algorithm, name, 0);

    CHECK_STATUS(set_dword(key, NCRYPT_EXPORT_POLICY_PROPERTY, NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(key, NCRYPT_PARAMETER_SET_NAME_PROPERTY, set->name, set->name_size, 0), ERROR_SUCCESS);
    return key;
}

static inline NCRYPT_KEY_HANDLE pq_make(NCRYPT_PROV_HANDLE provider, const struct pq_set *set, const WCHAR *name)
{
    NCRYPT_KEY_HANDLE key = pq_begin(provider, set, name);

    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    return key;
}

static inline DWORD pq_export(NCRYPT_KEY_HANDLE key, const WCHAR *type, uint8_t *blob)
{
    DWORD size = 0, asked = 0;

    CHECK_STATUS(NCryptExportKey(key, 0, type, NULL, NULL, 0, &asked, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptExportKey(key, 0, type, NULL, blob, PQ_ROOM, &size, 0), ERROR_SUCCESS);
    CHECK(size == asked);
    return size;
}

static inline SECURITY_STATUS pq_try_import(NCRYPT_PROV_HANDLE provider, const WCHAR *type, uint8_t *blob, DWORD size)
{
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = NCryptImportKey(provider, 0, type, NULL, &key, blob, size, 0);

    CHECK((key != 0) == (status == ERROR_SUCCESS));
    if (key != 0) {
        free_handle(key);
    }
    return status;
}

static inline NCRYPT_KEY_HANDLE pq_import(NCRYPT_PROV_HANDLE provider, const WCHAR *type, uint8_t *blob, DWORD size)
{
    NCRYPT_KEY_HANDLE key = 0;

    CHECK_STATUS(NCryptImportKey(provider, 0, type, NULL, &key, blob, size, 0), ERROR_SUCCESS);
    return key;
}

/* libcrypto's own key from the bytes behind a blob's header and name. */
static inline EVP_PKEY *pq_outside(const struct pq_set *set, const uint8_t *blob, bool is_private)
{
    const uint8_t *bytes = blob + 12 + set->name_size;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, set->openssl_name, NULL);
    size_t size = is_private ? set->private_size : set->public_size;
    OSSL_PARAM list[] = {
        OSSL_PARAM_construct_octet_string(is_private ? "priv" : "pub", (void *)(uintptr_t)bytes, size),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY *pkey = NULL;

    CHECK(EVP_PKEY_fromdata_init(ctx) == 1);
    CHECK(EVP_PKEY_fromdata(ctx, &pkey, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, list) == 1);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* ---- PKCS#8 ---- */

/* The seed, the expanded key, both; the same two with nothing around them; the expanded key with the public one. */
enum {
    PQ_PKCS8_SEED,
    PQ_PKCS8_EXPANDED,
    PQ_PKCS8_BOTH,
    PQ_PKCS8_BARE,
    PQ_PKCS8_BARE_SEED,
    PQ_PKCS8_PAIR,
    PQ_PKCS8_FORMS
};

static inline uint8_t *pq_put(uint8_t *out, unsigned tag, const uint8_t *bytes, size_t size)
{
    *out++ = (uint8_t)tag;
    if (size >= 0x80) {
        *out++ = 0x82;
        *out++ = (uint8_t)(size >> 8);
    }
    *out++ = (uint8_t)size;
    memmove(out, bytes, size);
    return out + size;
}

/* A PrivateKeyInfo with those bytes as the key; `out` has PQ_ROOM bytes. */
static inline DWORD pq_info(const struct pq_set *set, const uint8_t *bytes, size_t size, uint8_t *out)
{
    static const uint8_t oid[] = {0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04};
    static uint8_t body[PQ_ROOM];
    uint8_t *at = body, arc = (uint8_t)(set - pq_sets);

    at = pq_put(at, 0x02, (const uint8_t[]){0}, 1);
    memcpy(at, oid, sizeof oid);
    at += sizeof oid;
    *at++ = pq_is_kem(set) ? 4 : 3;
    *at++ = pq_is_kem(set) ? arc - 2 : arc + 17;
    at = pq_put(at, 0x04, bytes, size);
    at = pq_put(out, 0x30, body, (size_t)(at - body));
    OPENSSL_cleanse(body, sizeof body);
    return (DWORD)(at - out);
}

/* The bytes of a key, of any set. */
struct pq_parts {
    uint8_t seed[64], expanded[4896], public[2592];
};

/* Until it is asked again. */
static inline const struct pq_parts *pq_parts_of(NCRYPT_KEY_HANDLE key, const struct pq_set *set)
{
    static uint8_t blob[PQ_ROOM];
    static struct pq_parts parts;
    const uint8_t *bytes = blob + 12 + set->name_size;

    (void)pq_export(key, pq_blobs_of(set)->public, blob);
    memcpy(parts.public, bytes, set->public_size);
    (void)pq_export(key, pq_blobs_of(set)->seed, blob);
    memcpy(parts.seed, bytes, set->seed_size);
    (void)pq_export(key, pq_blobs_of(set)->expanded, blob);
    memcpy(parts.expanded, bytes, set->private_size);
    return &parts;
}

/* What stands in a PrivateKeyInfo in that form; `out` has PQ_ROOM bytes. */
static inline size_t pq_form(const struct pq_set *set, const struct pq_parts *parts, size_t form, uint8_t *out)
{
    uint8_t body[PQ_ROOM], *at = body;

    switch (form) {
    case PQ_PKCS8_SEED:
        at = pq_put(out, 0x80, parts->seed, set->seed_size);
        break;
    case PQ_PKCS8_EXPANDED:
        at = pq_put(out, 0x04, parts->expanded, set->private_size);
        break;
    case PQ_PKCS8_BOTH:
        at = pq_put(at, 0x04, parts->seed, set->seed_size);
        at = pq_put(at, 0x04, parts->expanded, set->private_size);
        at = pq_put(out, 0x30, body, (size_t)(at - body));
        break;
    case PQ_PKCS8_BARE:
        memcpy(out, parts->expanded, set->private_size);
        at = out + set->private_size;
        break;
    case PQ_PKCS8_BARE_SEED:
        memcpy(out, parts->seed, set->seed_size);
        at = out + set->seed_size;
        break;
    default:
        memcpy(body, parts->expanded, set->private_size);
        memcpy(body + set->private_size, parts->public, set->public_size);
        at = pq_put(out, 0x04, body, set->private_size + set->public_size);
    }
    OPENSSL_cleanse(body, sizeof body);
    return (size_t)(at - out);
}

/* Where libcrypto lacks them. */
static inline void pq_check_missing(NCRYPT_PROV_HANDLE provider)
{
    for (size_t i = 0; i < COUNT(pq_sets); i++) {
        const struct pq_set *set = &pq_sets[i];
        static const char magics[2][5] = {"DSPK", "MLKP"};
        uint8_t blob[PQ_ROOM] = {0};
        NCRYPT_KEY_HANDLE key = 0;

        memcpy(blob, magics[pq_is_kem(set)], 4);
        memcpy(blob + 4, &set->name_size, 4);
        memcpy(blob + 8, &set->public_size, 4);
        memcpy(blob + 12, set->name, set->name_size);
        CHECK_STATUS(NCryptIsAlgSupported(provider, set->algorithm, 0), NTE_NOT_SUPPORTED);
        CHECK_STATUS(NCryptCreatePersistedKey(provider, &key, set->algorithm, NULL, 0, 0), NTE_NOT_SUPPORTED);
        CHECK_STATUS(pq_try_import(provider, pq_blobs_of(set)->public, blob, 12 + set->name_size + set->public_size),
                     NTE_NOT_SUPPORTED);
        CHECK_STATUS(pq_try_import(provider, u"PUBLICBLOB", blob, 12 + set->name_size + set->public_size),
                     NTE_NOT_SUPPORTED);
    }
}

#endif
