/* SPDX-License-Identifier: MIT
 *
 * Parameter lists of any buffers, for each function that takes one. The input: a byte for the function and its key, one
 * for the flags, then for each buffer a byte for its type, one for its size, and its bytes.
 */
#include "key_support.h"

enum { MAX_BUFFERS = 12, OFTEN = 255, IS_NULL = 0x80 };

static const WCHAR *const derivations[] = {
    BCRYPT_SP800108_CTR_HMAC_ALGORITHM,
    BCRYPT_SP80056A_CONCAT_ALGORITHM,
    BCRYPT_PBKDF2_ALGORITHM,
    BCRYPT_CAPI_KDF_ALGORITHM,
    BCRYPT_TLS1_1_KDF_ALGORITHM,
    BCRYPT_TLS1_2_KDF_ALGORITHM,
    BCRYPT_HKDF_ALGORITHM,
};
static const WCHAR *const functions[] = {
    BCRYPT_KDF_HASH, BCRYPT_KDF_HMAC, BCRYPT_KDF_TLS_PRF, BCRYPT_KDF_SP80056A_CONCAT, BCRYPT_KDF_RAW_SECRET,
    BCRYPT_KDF_HKDF, u"none",
};

enum { DERIVE_FROM_KEY = 0, DERIVE_FROM_SECRET = 16, EXPORT = 32, IMPORT = 48 };

static void set(NCRYPT_HANDLE object, const WCHAR *name, const void *data, size_t size)
{
    REQUIRE(NCryptSetProperty(object, name, (PBYTE)(uintptr_t)data, (DWORD)size, 0) == ERROR_SUCCESS);
}

static NCRYPT_KEY_HANDLE new_key(const WCHAR *algorithm, const void *secret, size_t size)
{
    DWORD policy = ANY_EXPORT;
    NCRYPT_KEY_HANDLE key = 0;

    REQUIRE(NCryptCreatePersistedKey(the_provider(), &key, algorithm, NULL, 0, 0) == ERROR_SUCCESS);
    set(key, NCRYPT_EXPORT_POLICY_PROPERTY, &policy, sizeof policy);
    if (secret != NULL) {
        set(key, NCRYPT_KDF_SECRET_VALUE, secret, size);
    }
    REQUIRE(NCryptFinalizeKey(key, 0) == ERROR_SUCCESS);
    return key;
}

static NCRYPT_KEY_HANDLE agreement_key(void)
{
    static NCRYPT_KEY_HANDLE key;

    if (key == 0) {
        key = new_key(NCRYPT_ECDH_P256_ALGORITHM, NULL, 0);
    }
    return key;
}

static SECURITY_STATUS derive_from_key(const WCHAR *algorithm, NCryptBufferDesc *list, DWORD flags)
{
    static const char SECRET[] = "a secret that others are derived from";
    NCRYPT_KEY_HANDLE key = new_key(algorithm, SECRET, sizeof SECRET - 1);
    uint8_t out[100];
    DWORD size = 0;
    SECURITY_STATUS status;

    if (algorithm == derivations[COUNT(derivations) - 1]) {
        (void)NCryptSetProperty(key, BCRYPT_HKDF_HASH_ALGORITHM, (PBYTE)(uintptr_t)u"SHA256", 14, 0);
        (void)NCryptSetProperty(key, BCRYPT_HKDF_SALT_AND_FINALIZE, (PBYTE)(uintptr_t)"salt", 4, 0);
    }
    status = SHORT_OF_MEMORY(NCryptKeyDerivation(key, list, out, sizeof out, &size, flags));
    REQUIRE(status != ERROR_SUCCESS || size <= sizeof out);
    REQUIRE(NCryptFreeObject(key) == ERROR_SUCCESS);
    return status;
}

static SECURITY_STATUS derive_from_secret(const WCHAR *function, NCryptBufferDesc *list, DWORD flags)
{
    NCRYPT_SECRET_HANDLE secret = 0;
    uint8_t out[100];
    DWORD size = 0;
    SECURITY_STATUS status;

    REQUIRE(NCryptSecretAgreement(agreement_key(), agreement_key(), &secret, 0) == ERROR_SUCCESS);
    if (flags & 2) { /* what HKDF wants to know before */
        set(secret, BCRYPT_HKDF_HASH_ALGORITHM, u"SHA256", 14);
        set(secret, BCRYPT_HKDF_SALT_AND_FINALIZE, "salt", 4);
    }
    status = SHORT_OF_MEMORY(NCryptDeriveKey(secret, function, list, out, sizeof out, &size, flags & ~2u));
    REQUIRE(status != ERROR_SUCCESS || size <= sizeof out);
    REQUIRE(NCryptFreeObject(secret) == ERROR_SUCCESS);
    return status;
}

/* A key that is encrypted comes back when the same list is given. */
static SECURITY_STATUS export_and_import(NCryptBufferDesc *list, DWORD flags)
{
    static uint8_t blob[ROOM];
    const WCHAR *type = flags & 1 ? BCRYPT_ECCPRIVATE_BLOB : NCRYPT_PKCS8_PRIVATE_KEY_BLOB;
    NCRYPT_KEY_HANDLE again = 0;
    const NCRYPT_KEY_HANDLE key = agreement_key();
    DWORD size = 0;
    SECURITY_STATUS status = SHORT_OF_MEMORY(NCryptExportKey(key, 0, type, list, blob, sizeof blob, &size, 0));

    if (status == ERROR_SUCCESS) {
        const NCRYPT_PROV_HANDLE provider = the_provider();

        status = SHORT_OF_MEMORY(NCryptImportKey(provider, 0, type, list, &again, blob, size, 0));
        REQUIRE((status == ERROR_SUCCESS) == (again != 0));
    }
    if (again != 0) {
        REQUIRE(NCryptFreeObject(again) == ERROR_SUCCESS);
    }
    return status;
}

/* A number of iterations that takes no time. Without one, or of a password, it would be a large one. */
static bool quick(unsigned what, const NCryptBuffer *buffers, unsigned count, uint8_t bytes[][OFTEN + 1])
{
    bool secret = false, settings = false;

    for (unsigned i = 0; i < count; i++) {
        bool is_count = what < DERIVE_FROM_SECRET && buffers[i].BufferType == KDF_ITERATION_COUNT;
        bool is_setting = what >= EXPORT && buffers[i].BufferType == NCRYPTBUFFER_PKCS_ALG_PARAM;

        if ((is_count || is_setting) && buffers[i].cbBuffer >= 4) {
            bytes[i][1] &= 1;
            memset(bytes[i] + 2, 0, is_count && buffers[i].cbBuffer >= 8 ? 6 : 2);
        }
        settings |= is_setting;
        secret |= what >= EXPORT && buffers[i].BufferType == NCRYPTBUFFER_PKCS_SECRET;
    }
    return settings || !secret;
}

static void call(unsigned what, NCryptBufferDesc *list, DWORD flags)
{
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (what < DERIVE_FROM_SECRET) {
        status = derive_from_key(derivations[what % COUNT(derivations)], list, flags);
    } else if (what < EXPORT) {
        status = derive_from_secret(functions[(what - DERIVE_FROM_SECRET) % COUNT(functions)], list, flags);
    } else {
        status = export_and_import(list, flags);
    }
    REQUIRE(status == ERROR_SUCCESS || status_sentence(status) != NULL);
}

static void fuzz_input(const uint8_t *data, size_t size)
{
    static uint8_t bytes[MAX_BUFFERS][OFTEN + 1];
    NCryptBuffer buffers[MAX_BUFFERS];
    NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, 0, buffers};
    unsigned what = size < 2 ? 0 : data[0] % IMPORT;
    DWORD flags = size < 2 ? 0 : data[1] & 7;
    bool none = size < 2 || (data[1] & IS_NULL) != 0;

    for (size_t at = 2; at + 2 <= size && list.cBuffers < MAX_BUFFERS; at += 2) {
        ULONG type = data[at], length = data[at + 1];

        if (length > size - at - 2) {
            length = (ULONG)(size - at - 2);
        }
        memcpy(bytes[list.cBuffers], data + at + 2, length);
        buffers[list.cBuffers] = (NCryptBuffer){length, type, bytes[list.cBuffers]};
        if (type == NCRYPTBUFFER_PKCS_KEY_NAME) { /* nothing is stored */
            buffers[list.cBuffers].BufferType = NCRYPTBUFFER_ECC_CURVE_NAME;
        }
        list.cBuffers++;
        at += length;
    }
    if (quick(what, buffers, list.cBuffers, bytes)) {
        call(what, none ? NULL : &list, flags);
    }
}
