/* SPDX-License-Identifier: MIT
 *
 * Parameter lists of any buffers, for each function that takes one. The input: a byte for the function and its key, one
 * for the flags, then for each buffer a byte for its type, one for its size, and its bytes. Of the larger sizes there
 * are two bytes behind LARGE.
 */
#include "key_support.h"
#include "wrapping_key.h"

enum { MAX_BUFFERS = 12, OFTEN = 1023, LARGE = 255 };

/* What is wrong with the list, in the byte of the flags. */
enum { NO_LIST = 0x80, OTHER_VERSION = 0x40, NO_BUFFERS = 0x20, NO_DATA = 0x10, ODD_PLACE = 8 };

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

enum { DERIVE_FROM_KEY = 0, DERIVE_FROM_SECRET = 16, EXPORT = 32, IMPORT = 48, END = 64 };

/* What is exported, then imported with any list, and what is exported with any list. */
static const WCHAR *const types[] = {
    BCRYPT_ECCPRIVATE_BLOB,    BCRYPT_ECCPUBLIC_BLOB,      BCRYPT_ECCFULLPRIVATE_BLOB,
    BCRYPT_ECCFULLPUBLIC_BLOB, NCRYPT_PKCS7_ENVELOPE_BLOB, BCRYPT_PKCS11_RSA_AES_WRAP_KEY_BLOB,
};

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

/* What its keys are exported as names no curve. */
static NCRYPT_KEY_HANDLE generic_key(void)
{
    static NCRYPT_KEY_HANDLE key;
    DWORD policy = ANY_EXPORT;

    if (key == 0) {
        REQUIRE(NCryptCreatePersistedKey(the_provider(), &key, NCRYPT_ECDSA_ALGORITHM, NULL, 0, 0) == ERROR_SUCCESS);
        set(key, NCRYPT_EXPORT_POLICY_PROPERTY, &policy, sizeof policy);
        set(key, NCRYPT_ECC_CURVE_NAME_PROPERTY, u"secp256k1", 20);
        REQUIRE(NCryptFinalizeKey(key, 0) == ERROR_SUCCESS);
    }
    return key;
}

static NCRYPT_KEY_HANDLE the_wrapping_key(void)
{
    static NCRYPT_KEY_HANDLE key;

    if (key == 0) {
        REQUIRE(NCryptImportKey(the_provider(), 0, NCRYPT_PKCS8_PRIVATE_KEY_BLOB, NULL, &key,
                                (PBYTE)(uintptr_t)wrapping_key, sizeof wrapping_key, 0) == ERROR_SUCCESS);
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

static SECURITY_STATUS export_wrapped(const WCHAR *type, NCryptBufferDesc *list)
{
    static uint8_t blob[ROOM];
    const NCRYPT_KEY_HANDLE key = generic_key(), under = type == types[4] ? 0 : the_wrapping_key();
    DWORD size = 0;

    return SHORT_OF_MEMORY(NCryptExportKey(key, under, type, list, blob, sizeof blob, &size, 0));
}

/* Unfinalized, so that one with a name is not stored. */
static SECURITY_STATUS import_any(const WCHAR *type, NCryptBufferDesc *list, DWORD flags)
{
    static uint8_t blob[ROOM];
    const NCRYPT_PROV_HANDLE provider = the_provider();
    const DWORD how = flags & 1 ? NCRYPT_DO_NOT_FINALIZE_FLAG : 0;
    NCRYPT_KEY_HANDLE again = 0;
    DWORD size = 0;
    SECURITY_STATUS status;

    REQUIRE(NCryptExportKey(generic_key(), 0, type, NULL, blob, sizeof blob, &size, 0) == ERROR_SUCCESS);
    status = SHORT_OF_MEMORY(NCryptImportKey(provider, 0, type, list, &again, blob, size, how));
    REQUIRE((status == ERROR_SUCCESS) == (again != 0));
    REQUIRE(again == 0 || NCryptFreeObject(again) == ERROR_SUCCESS);
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
    } else if (what < IMPORT) {
        status = export_and_import(list, flags);
    } else if ((what - IMPORT) % COUNT(types) < 4) {
        status = import_any(types[(what - IMPORT) % COUNT(types)], list, flags);
    } else {
        status = export_wrapped(types[(what - IMPORT) % COUNT(types)], list);
    }
    REQUIRE(status == ERROR_SUCCESS || status_sentence(status) != NULL);
}

/* The buffers of a list; the types of those that name a key are changed where the key would be stored. */
static ULONG read_buffers(const uint8_t *data, size_t size, bool stores, NCryptBuffer *buffers,
                          uint8_t bytes[][OFTEN + 1])
{
    ULONG count = 0;

    for (size_t at = 2; at + 2 <= size && count < MAX_BUFFERS; count++) {
        ULONG type = data[at], length = data[at + 1];

        at += 2;
        if (length == LARGE && at + 2 <= size) {
            length = (data[at] | (ULONG)data[at + 1] << 8) % (OFTEN + 1);
            at += 2;
        }
        length = length < size - at ? length : (ULONG)(size - at);
        memcpy(bytes[count], data + at, length);
        if (type == NCRYPTBUFFER_PKCS_KEY_NAME && stores) {
            type = NCRYPTBUFFER_ECC_CURVE_NAME;
        }
        buffers[count] = (NCryptBuffer){length, type, bytes[count]};
        at += length;
    }
    return count;
}

static void fuzz_input(const uint8_t *data, size_t size)
{
    static uint8_t bytes[MAX_BUFFERS][OFTEN + 1];
    NCryptBuffer buffers[MAX_BUFFERS];
    NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, 0, buffers};
    unsigned what = size < 2 ? 0 : data[0] % END;
    DWORD flags = size < 2 ? 0 : data[1] & 7;
    unsigned wrong = size < 2 ? NO_LIST : data[1];
    bool is_public;

    is_public = what >= IMPORT && (what - IMPORT) % COUNT(types) % 2 == 1; /* or not imported */
    list.cBuffers = read_buffers(data, size, !is_public && (what < IMPORT || (flags & 1) == 0), buffers, bytes);
    if (!quick(what, buffers, list.cBuffers, bytes)) {
        return;
    }
    if (wrong & OTHER_VERSION) {
        list.ulVersion++;
    }
    if (wrong & NO_BUFFERS) {
        list.pBuffers = NULL;
    }
    if (wrong & NO_DATA && list.cBuffers > 0) {
        buffers[list.cBuffers - 1].pvBuffer = NULL;
    } else if (wrong & ODD_PLACE && list.cBuffers > 0 && buffers[list.cBuffers - 1].cbBuffer > 0) {
        buffers[list.cBuffers - 1].cbBuffer--;
        buffers[list.cBuffers - 1].pvBuffer = (uint8_t *)buffers[list.cBuffers - 1].pvBuffer + 1;
    }
    call(what, wrong & NO_LIST ? NULL : &list, flags);
}
