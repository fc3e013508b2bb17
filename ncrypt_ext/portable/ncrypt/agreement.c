/* SPDX-License-Identifier: MIT
 *
 * NCryptSecretAgreement, NCryptDeriveKey, and the properties of secrets.
 */
#include <stdlib.h>
#include <string.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "common/utf16.h"
#include "ncrypt/internal.h"
#include "ncrypt/property.h"

SECURITY_STATUS secret_new(const uint8_t *shared, size_t size, struct secret **out)
{
    struct secret *secret = calloc(1, sizeof *secret);

    if (secret == NULL) {
        return status_no_memory();
    }
    secret->shared = shared == NULL ? secmem_alloc(size) : secmem_copy(shared, size);
    if (secret->shared == NULL) {
        free(secret);
        return status_no_memory();
    }
    secret->size = size;
    *out = secret;
    return ERROR_SUCCESS;
}

void secret_destroy(void *object)
{
    struct secret *secret = object;

    if (secret != NULL) {
        secmem_free(atomic_load_explicit(&secret->hkdf_key, memory_order_acquire));
        secmem_free(secret->shared);
        free(secret);
    }
}

/* ---- agree ----------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS make_secret(struct key *own, const struct key *peer, NCRYPT_SECRET_HANDLE *handle)
{
    struct secret *secret = NULL;
    SECURITY_STATUS status = secret_new(NULL, own->material->width, &secret);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = material_agree(own->material, peer->material, secret->shared);
    if (status == ERROR_SUCCESS) {
        key_mark_used(own, secret);
        status = handle_create(HANDLE_SECRET, secret, secret_destroy, handle);
    }
    if (status != ERROR_SUCCESS) {
        secret_destroy(secret);
    }
    return status;
}

static SECURITY_STATUS agree_keys(struct key *own, const struct key *peer, NCRYPT_SECRET_HANDLE *handle, uint32_t flags)
{
    SECURITY_STATUS status;

    if (flags & ~(uint32_t)NCRYPT_SILENT_FLAG) {
        return status_fail(NTE_BAD_FLAGS, "flags 0x%X", (unsigned)flags);
    }
    if (handle == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "phAgreedSecret is NULL");
    }
    status = key_check_ready(own);
    if (status == ERROR_SUCCESS) {
        status = key_check_ready(peer);
    }
    if (status == ERROR_SUCCESS) {
        status = key_check_usage(own, NCRYPT_ALLOW_KEY_AGREEMENT_FLAG);
    }
    return status == ERROR_SUCCESS ? make_secret(own, peer, handle) : status;
}

static SECURITY_STATUS agree(NCRYPT_KEY_HANDLE own_handle, NCRYPT_KEY_HANDLE peer_handle, NCRYPT_SECRET_HANDLE *handle,
                             uint32_t flags)
{
    struct key *own, *peer;
    SECURITY_STATUS status = key_acquire(own_handle, &own);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = key_acquire(peer_handle, &peer);
    if (status == ERROR_SUCCESS) {
        status = agree_keys(own, peer, handle, flags);
        handle_release(peer_handle);
    }
    handle_release(own_handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptSecretAgreement(NCRYPT_KEY_HANDLE hPrivKey, NCRYPT_KEY_HANDLE hPubKey,
                                             NCRYPT_SECRET_HANDLE *phAgreedSecret, DWORD dwFlags)
{
    return trace_return("NCryptSecretAgreement", agree(hPrivKey, hPubKey, phAgreedSecret, dwFlags));
}

/* ---- properties ------------------------------------------------------------------------------------------------ */

static SECURITY_STATUS set_hash(struct secret *secret, const uint8_t *data, uint32_t size)
{
    const EVP_MD *md;
    WCHAR *name = NULL;
    char printable[64];
    SECURITY_STATUS status;

    if (!property_is_string(data, size)) {
        return status_fail(NTE_INVALID_PARAMETER, "the hash is not one NUL-terminated UTF-16 string");
    }
    if (atomic_load_explicit(&secret->hkdf_key, memory_order_acquire) != NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the secret has been finalized for HKDF already");
    }
    status = set_string(&name, data, size);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    md = libctx_digest(name);
    if (md == NULL) {
        status = status_fail(NTE_INVALID_PARAMETER, "no hash is named '%s'",
                             utf16_printable(name, printable, sizeof printable));
    } else {
        atomic_store_explicit(&secret->hkdf_md, md, memory_order_release);
    }
    free(name);
    return status;
}

static SECURITY_STATUS make_hkdf_key(const struct secret *secret, const EVP_MD *md, bool extract, const uint8_t *salt,
                                     uint32_t salt_size, struct hkdf_key **key)
{
    if (extract) {
        return derive_hkdf_extract(secret, md, salt, salt_size, key);
    }
    if (salt_size > 0) {
        return status_fail(NTE_INVALID_PARAMETER, "'HkdfPrkAndFinalize' takes no value: the secret is the key");
    }
    *key = secmem_alloc(sizeof **key + secret->size);
    if (*key == NULL) {
        return status_no_memory();
    }
    (*key)->md = md;
    (*key)->size = secret->size;
    memcpy((*key)->data, secret->shared, secret->size);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS finalize(struct secret *secret, bool extract, const uint8_t *salt, uint32_t salt_size)
{
    const EVP_MD *md = atomic_load_explicit(&secret->hkdf_md, memory_order_acquire);
    struct hkdf_key *key = NULL, *none = NULL;
    SECURITY_STATUS status;

    if (md == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the hash of HKDF ('HkdfHashAlgorithm') has not been set");
    }
    status = make_hkdf_key(secret, md, extract, salt, salt_size, &key);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (!atomic_compare_exchange_strong_explicit(&secret->hkdf_key, &none, key, memory_order_acq_rel,
                                                 memory_order_acquire)) {
        secmem_free(key);
        return status_fail(NTE_INVALID_PARAMETER, "the secret has been finalized for HKDF already");
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS secret_set_property(struct secret *secret, const WCHAR *name, const uint8_t *data, uint32_t size,
                                    uint32_t flags)
{
    char printable[80];

    if (flags & ~(uint32_t)NCRYPT_SILENT_FLAG) {
        return status_fail(NTE_BAD_FLAGS, "flags 0x%X", (unsigned)flags);
    }
    if (utf16_equal(name, BCRYPT_HKDF_HASH_ALGORITHM)) {
        return set_hash(secret, data, size);
    }
    if (utf16_equal(name, BCRYPT_HKDF_SALT_AND_FINALIZE)) {
        return finalize(secret, true, data, size);
    }
    if (utf16_equal(name, BCRYPT_HKDF_PRK_AND_FINALIZE)) {
        return finalize(secret, false, data, size);
    }
    return status_fail(NTE_NOT_SUPPORTED, "property '%s' is not one that can be set on a secret",
                       utf16_printable(name, printable, sizeof printable));
}

/* ---- derive ---------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS derive(NCRYPT_SECRET_HANDLE handle, const WCHAR *kdf, const NCryptBufferDesc *list, uint8_t *out,
                              uint32_t out_size, DWORD *result, uint32_t flags)
{
    const struct secret *secret = handle_acquire(handle, HANDLE_SECRET);
    SECURITY_STATUS status;

    if (secret == NULL) {
        return status_fail(NTE_INVALID_HANDLE, "not a live handle of a secret");
    }
    if (flags & ~(uint32_t)(NCRYPT_SILENT_FLAG | KDF_USE_SECRET_AS_HMAC_KEY_FLAG)) {
        status = status_fail(NTE_BAD_FLAGS, "flags 0x%X", (unsigned)flags);
    } else if (kdf == NULL || result == NULL) {
        status = status_fail(NTE_INVALID_PARAMETER, "pwszKDF or pcbResult is NULL");
    } else {
        status = derive_key(secret, kdf, list, out, out_size, result, flags);
    }
    handle_release(handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptDeriveKey(NCRYPT_SECRET_HANDLE hSharedSecret, LPCWSTR pwszKDF,
                                       NCryptBufferDesc *pParameterList, PBYTE pbDerivedKey, DWORD cbDerivedKey,
                                       DWORD *pcbResult, ULONG dwFlags)
{
    return trace_return("NCryptDeriveKey",
                        derive(hSharedSecret, pwszKDF, pParameterList, pbDerivedKey, cbDerivedKey, pcbResult, dwFlags));
}
