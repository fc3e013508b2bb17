/* SPDX-License-Identifier: MIT
 *
 * Keys that others are derived from: NCryptKeyDerivation, and the properties that such keys have beside those of all.
 */
#include "common/utf16.h"
#include "ncrypt/derive.h"
#include "ncrypt/property.h"

#define HASH_BIT        DERIVE_BIT(KDF_HASH_ALGORITHM)
#define GENERIC_BIT     DERIVE_BIT(KDF_GENERIC_PARAMETER)
#define LABEL_BITS      (DERIVE_BIT(KDF_LABEL) | DERIVE_BIT(KDF_CONTEXT))
#define TLS_BITS        (DERIVE_BIT(KDF_TLS_PRF_LABEL) | DERIVE_BIT(KDF_TLS_PRF_SEED))
#define PARTY_BITS      (DERIVE_BIT(KDF_ALGORITHMID) | DERIVE_BIT(KDF_PARTYUINFO) | DERIVE_BIT(KDF_PARTYVINFO))
#define SUPPLEMENT_BITS (DERIVE_BIT(KDF_SUPPPUBINFO) | DERIVE_BIT(KDF_SUPPPRIVINFO))

/* What stands for required parameters stands for the optional ones beside them, too. */
static const struct kdf functions[] = {
    {
        .name = NCRYPT_SP800108_CTR_HMAC_ALGORITHM,
        .required = HASH_BIT | LABEL_BITS,
        .optional = GENERIC_BIT,
        .replaced = LABEL_BITS,
        .length = LENGTH_ASKED,
        .prepare = derive_prepare_counter,
        .compute = derive_compute_counter,
    },
    {
        .name = NCRYPT_SP80056A_CONCAT_ALGORITHM,
        .required = HASH_BIT | PARTY_BITS,
        .optional = SUPPLEMENT_BITS | GENERIC_BIT,
        .replaced = PARTY_BITS | SUPPLEMENT_BITS,
        .length = LENGTH_ASKED,
        .prepare = derive_prepare_concat,
        .compute = derive_compute_concat,
    },
    {
        .name = NCRYPT_PBKDF2_ALGORITHM,
        .required = HASH_BIT | DERIVE_BIT(KDF_SALT),
        .optional = DERIVE_BIT(KDF_ITERATION_COUNT) | GENERIC_BIT,
        .replaced = DERIVE_BIT(KDF_SALT),
        .length = LENGTH_ASKED,
        .prepare = derive_prepare_password,
        .compute = derive_compute_password,
    },
    {
        .name = NCRYPT_CAPI_KDF_ALGORITHM,
        .required = HASH_BIT,
        .length = LENGTH_ASKED,
        .prepare = derive_prepare_capi,
        .compute = derive_compute_capi,
    },
    {
        .name = BCRYPT_TLS1_1_KDF_ALGORITHM,
        .required = TLS_BITS,
        .length = LENGTH_ASKED,
        .prepare = derive_prepare_any_tls,
        .compute = derive_compute_tls,
    },
    {
        .name = BCRYPT_TLS1_2_KDF_ALGORITHM,
        .required = TLS_BITS | HASH_BIT,
        .length = LENGTH_ASKED,
        .prepare = derive_prepare_any_tls,
        .compute = derive_compute_tls,
    },
    {
        .name = BCRYPT_HKDF_ALGORITHM,
        .optional = HASH_BIT | DERIVE_BIT(KDF_HKDF_SALT) | DERIVE_BIT(KDF_HKDF_INFO),
        .length = LENGTH_ASKED,
        .prepare = derive_prepare_key_hkdf,
        .compute = derive_compute_key_hkdf,
    },
};

static const struct kdf *function_of(const struct algorithm *algorithm)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (utf16_equal(algorithm->name, functions[i].name)) {
            return &functions[i];
        }
    }
    return NULL;
}

/* ---- the secret of a key that is ready --------------------------------------------------------------------------- */

static SECURITY_STATUS derivation_secret(struct key *key, struct secret **out)
{
    struct secret *made = NULL, *found = atomic_load_explicit(&key->derivation, memory_order_acquire);
    SECURITY_STATUS status;

    if (found != NULL) {
        *out = found;
        return ERROR_SUCCESS;
    }
    status = secret_new(key->material->secret, key->material->secret_size, &made);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (atomic_compare_exchange_strong_explicit(&key->derivation, &found, made, memory_order_acq_rel,
                                                memory_order_acquire)) {
        *out = made;
    } else {
        secret_destroy(made);
        *out = found;
    }
    return ERROR_SUCCESS;
}

/* ---- derive ------------------------------------------------------------------------------------------------------ */

static SECURITY_STATUS derive_of(struct key *key, const NCryptBufferDesc *list, uint8_t *out, uint32_t out_size,
                                 DWORD *result, uint32_t flags)
{
    struct request request = {.list = list, .for_aes = (flags & BCRYPT_CAPI_AES_FLAG) != 0};
    const struct kdf *kdf = function_of(key->material->algorithm);
    struct secret *secret = NULL;
    SECURITY_STATUS status;

    if (kdf == NULL) {
        return status_fail(NTE_NOT_SUPPORTED, "keys of this algorithm are not for deriving others");
    }
    if (request.for_aes && kdf->compute != derive_compute_capi) {
        return status_fail(NTE_BAD_FLAGS, "BCRYPT_CAPI_AES_FLAG is for keys of CAPI_KDF");
    }
    status = derivation_secret(key, &secret);
    if (status == ERROR_SUCCESS) {
        request.secret = secret;
        status = derive_run(kdf, &request, out, out_size, result);
    }
    if (status == ERROR_SUCCESS) {
        key_mark_used(key, out);
    }
    return status;
}

static SECURITY_STATUS key_derivation(NCRYPT_KEY_HANDLE handle, const NCryptBufferDesc *list, uint8_t *out,
                                      uint32_t out_size, DWORD *result, uint32_t flags)
{
    struct key *key;
    SECURITY_STATUS status = key_acquire(handle, &key);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (flags & ~(uint32_t)(NCRYPT_SILENT_FLAG | BCRYPT_CAPI_AES_FLAG)) {
        status = status_fail(NTE_BAD_FLAGS, "flags 0x%X", (unsigned)flags);
    } else if (result == NULL) {
        status = status_fail(NTE_INVALID_PARAMETER, "pcbResult is NULL");
    } else {
        status = key_check_ready(key);
    }
    if (status == ERROR_SUCCESS) {
        status = derive_of(key, list, out, out_size, result, flags);
    }
    handle_release(handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptKeyDerivation(NCRYPT_KEY_HANDLE hKey, NCryptBufferDesc *pParameterList,
                                           PUCHAR pbDerivedKey, DWORD cbDerivedKey, DWORD *pcbResult, ULONG dwFlags)
{
    return trace_return("NCryptKeyDerivation",
                        key_derivation(hKey, pParameterList, pbDerivedKey, cbDerivedKey, pcbResult, dwFlags));
}

/* ---- properties -------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS only_for(const char *keys)
{
    return status_fail(NTE_NOT_SUPPORTED, "the property is for keys %s", keys);
}

SECURITY_STATUS key_derivation_set_secret(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    struct key *key = object;
    struct components components;
    SECURITY_STATUS status;

    (void)flags;
    if (function_of(key->algorithm) == NULL) {
        return only_for("that others are derived from");
    }
    if (size == 0) {
        return status_fail(NTE_INVALID_PARAMETER, "the secret is empty");
    }
    components_init(&components);
    status = components_reserve(&components, size);
    if (status == ERROR_SUCCESS) {
        status = components_add_copy(&components, COMPONENT_SECRET, data, size);
    }
    if (status != ERROR_SUCCESS) {
        components_clear(&components);
        return status;
    }
    components.algorithm = key->algorithm;
    components_clear(&key->pending);
    key->pending = components;
    key->length = size * 8;
    return ERROR_SUCCESS;
}

/* HKDF's hash, and its salt or that there is none, for this handle: as of a secret. */
static SECURITY_STATUS set_hkdf(struct key *key, const WCHAR *name, const uint8_t *data, uint32_t size)
{
    struct secret *secret = NULL;
    SECURITY_STATUS status =
        utf16_equal(key->algorithm->name, BCRYPT_HKDF_ALGORITHM) ? key_check_ready(key) : only_for("of HKDF");

    if (status == ERROR_SUCCESS) {
        status = derivation_secret(key, &secret);
    }
    return status == ERROR_SUCCESS ? secret_set_property(secret, name, data, size, 0) : status;
}

SECURITY_STATUS key_derivation_set_hash(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    (void)flags;
    return set_hkdf(object, BCRYPT_HKDF_HASH_ALGORITHM, data, size);
}

SECURITY_STATUS key_derivation_set_salt(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    (void)flags;
    return set_hkdf(object, BCRYPT_HKDF_SALT_AND_FINALIZE, data, size);
}

SECURITY_STATUS key_derivation_set_prk(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    (void)flags;
    return set_hkdf(object, BCRYPT_HKDF_PRK_AND_FINALIZE, data, size);
}
