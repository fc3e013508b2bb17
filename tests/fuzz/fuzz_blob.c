/* SPDX-License-Identifier: MIT
 *
 * NCryptImportKey with any bytes as a blob of any type. The input: a byte each for the type, the options and the name
 * of a curve; with PARAMETERS two for the size of a curve's parameters, and these, with ODD one for what is wrong with
 * the call; then the blob.
 */
#include "key_support.h"

enum { UNCHECKED = 1, GENERIC = 2, CURVE = 4, UNFINALIZED = 8, PARAMETERS = 16, ODD = 32, NAMED = 64, BCRYPT = 128 };

/* New ones come last in each list: the corpus has their numbers. */
static const WCHAR *const types[] = {
    BCRYPT_RSAPUBLIC_BLOB,
    BCRYPT_RSAPRIVATE_BLOB,
    BCRYPT_RSAFULLPRIVATE_BLOB,
    LEGACY_RSAPUBLIC_BLOB,
    LEGACY_RSAPRIVATE_BLOB,
    BCRYPT_ECCPUBLIC_BLOB,
    BCRYPT_ECCPRIVATE_BLOB,
    BCRYPT_PUBLIC_KEY_BLOB,
    BCRYPT_PRIVATE_KEY_BLOB,
    NCRYPT_CIPHER_KEY_BLOB,
    BCRYPT_KEY_DATA_BLOB,
    BCRYPT_DH_PUBLIC_BLOB,
    BCRYPT_DH_PRIVATE_BLOB,
    BCRYPT_DSA_PUBLIC_BLOB,
    BCRYPT_DSA_PRIVATE_BLOB,
    LEGACY_DH_PUBLIC_BLOB,
    LEGACY_DH_PRIVATE_BLOB,
    LEGACY_DSA_PUBLIC_BLOB,
    LEGACY_DSA_PRIVATE_BLOB,
    LEGACY_DSA_V2_PUBLIC_BLOB,
    LEGACY_DSA_V2_PRIVATE_BLOB,
    NCRYPT_KDF_KEY_BLOB,
    BCRYPT_ECCFULLPUBLIC_BLOB,
    BCRYPT_ECCFULLPRIVATE_BLOB,
    BCRYPT_PQDSA_PUBLIC_BLOB,
    BCRYPT_PQDSA_PRIVATE_BLOB,
    BCRYPT_PQDSA_PRIVATE_SEED_BLOB,
    BCRYPT_MLKEM_PUBLIC_BLOB,
    BCRYPT_MLKEM_PRIVATE_BLOB,
    BCRYPT_MLKEM_PRIVATE_SEED_BLOB,
    NCRYPT_PQ_PRIVATE_KEY_BLOB,
    NCRYPT_PKCS8_PRIVATE_KEY_BLOB,
    NCRYPT_PKCS7_ENVELOPE_BLOB,
    BCRYPT_PKCS11_RSA_AES_WRAP_KEY_BLOB,
    u"none",
};
static const WCHAR *const curves[] = {
    u"nistP256",   u"nistP384",        u"nistP521",  u"none",      u"",           u"secp256k1",
    u"curve25519", u"brainpoolP256r1", u"secP224r1", u"secP160r1", u"x962P239v1",
};

static const WCHAR *const bcrypt_algorithms[] = {
    BCRYPT_RSA_ALGORITHM,       BCRYPT_ECDSA_P256_ALGORITHM, BCRYPT_ECDSA_P384_ALGORITHM, BCRYPT_ECDH_P256_ALGORITHM,
    BCRYPT_ECDSA_ALGORITHM,     BCRYPT_ECDH_ALGORITHM,       BCRYPT_DH_ALGORITHM,         BCRYPT_DSA_ALGORITHM,
    BCRYPT_ECDH_P521_ALGORITHM, BCRYPT_MLDSA_ALGORITHM,      BCRYPT_MLKEM_ALGORITHM,
};

static void check_bcrypt(unsigned algorithm, const WCHAR *type, const uint8_t *data, size_t size)
{
    BCRYPT_ALG_HANDLE provider = NULL;
    BCRYPT_KEY_HANDLE key = NULL;

    if (BCryptOpenAlgorithmProvider(&provider, bcrypt_algorithms[algorithm % COUNT(bcrypt_algorithms)], NULL, 0) != 0) {
        return; /* not all are there */
    }
    if (SHORT_OF_MEMORY(BCryptImportKeyPair(provider, NULL, type, &key, (PUCHAR)(uintptr_t)data, (ULONG)size, 0)) ==
        0) {
        REQUIRE(key != NULL && BCryptDestroyKey(key) == 0);
    } else {
        REQUIRE(key == NULL);
    }
    REQUIRE(BCryptCloseAlgorithmProvider(provider, 0) == 0);
}

/* A call that is wrong whatever the blob is. */
static void check_odd(unsigned what, const WCHAR *type, NCryptBufferDesc *list, const uint8_t *data, size_t size)
{
    static const DWORD bad_flags[] = {0x00800000, NCRYPT_USE_VIRTUAL_ISOLATION_FLAG};
    NCRYPT_PROV_HANDLE provider = the_provider();
    NCRYPT_KEY_HANDLE key = 0, other = 0;
    PBYTE blob = (PBYTE)(uintptr_t)data;
    SECURITY_STATUS status;

    REQUIRE(NCryptCreatePersistedKey(provider, &other, NCRYPT_ECDH_P256_ALGORITHM, NULL, 0, 0) == ERROR_SUCCESS);
    REQUIRE(what != 8 || NCryptFinalizeKey(other, 0) == ERROR_SUCCESS);
    memory_begin();
    switch (what) {
    case 0:
        status = NCryptImportKey(0, 0, type, list, &key, blob, (DWORD)size, 0);
        break;
    case 1:
        status = NCryptImportKey(provider, provider, type, list, &key, blob, (DWORD)size, 0);
        break;
    case 2: /* which is not finalized */
    case 8:
        status = NCryptImportKey(provider, other, type, list, &key, blob, (DWORD)size, 0);
        break;
    case 3:
        status = NCryptImportKey(provider, 0, NULL, list, &key, blob, (DWORD)size, 0);
        break;
    case 4:
        status = NCryptImportKey(provider, 0, type, list, NULL, blob, (DWORD)size, 0);
        break;
    case 5:
        status = NCryptImportKey(provider, 0, type, list, &key, NULL, (DWORD)size, 0);
        break;
    case 6:
        status = NCryptImportKey(provider, 0, type, list, &key, blob, 0, 0);
        break;
    default:
        status = NCryptImportKey(provider, 0, type, list, &key, blob, (DWORD)size, bad_flags[what % 2]);
        break;
    }
    REQUIRE(memory_end(status) != ERROR_SUCCESS && key == 0 && status_sentence(status) != NULL);
    REQUIRE(NCryptFreeObject(other) == ERROR_SUCCESS);
}

static DWORD flags_of(unsigned options)
{
    return (options & UNCHECKED ? NCRYPT_NO_KEY_VALIDATION : 0) |
           (options & GENERIC ? NCRYPT_TREAT_NIST_AS_GENERIC_ECC_FLAG : 0) |
           (options & (UNFINALIZED | NAMED) ? NCRYPT_DO_NOT_FINALIZE_FLAG : 0);
}

static NCryptBuffer text_buffer(ULONG type, const WCHAR *text)
{
    size_t units = 1;

    while (text[units - 1] != 0) {
        units++;
    }
    return (NCryptBuffer){(ULONG)(units * sizeof *text), type, (PVOID)(uintptr_t)text};
}

/* A key with a name is not finalized: nothing is stored. */
static void check_named(const struct import *import, const uint8_t *data, size_t size)
{
    NCRYPT_KEY_HANDLE key = import_key(import, data, size);

    REQUIRE(key == 0 || NCryptFreeObject(key) == ERROR_SUCCESS);
}

static void fuzz_input(const uint8_t *data, size_t size)
{
    NCryptBuffer buffers[3];
    NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, 0, buffers};
    struct import import = {.list = &list};
    unsigned options;

    if (size <= 3 || data[0] >= COUNT(types) || data[2] >= COUNT(curves)) {
        return;
    }
    options = data[1];
    import.type = types[data[0]];
    import.flags = flags_of(options);
    if (options & CURVE) {
        buffers[list.cBuffers++] = text_buffer(NCRYPTBUFFER_ECC_CURVE_NAME, curves[data[2]]);
    }
    if (options & NAMED) {
        buffers[list.cBuffers++] = text_buffer(NCRYPTBUFFER_PKCS_KEY_NAME, options & UNCHECKED ? u"a\\b" : u"name");
    }
    data += 3;
    size -= 3;
    if (options & PARAMETERS && size >= 2) {
        size_t length = data[0] | (size_t)data[1] << 8;

        length = length < size - 2 ? length : size - 2;
        buffers[list.cBuffers++] =
            (NCryptBuffer){(ULONG)length, NCRYPTBUFFER_ECC_PARAMETERS, (PVOID)(uintptr_t)(data + 2)};
        data += 2 + length;
        size -= 2 + length;
    }
    if (options & BCRYPT && size > 1) {
        check_bcrypt(data[0], import.type, data + 1, size - 1);
    } else if (options & ODD && size > 1) {
        check_odd(data[0], import.type, &list, data + 1, size - 1);
    } else if (options & NAMED) {
        check_named(&import, data, size);
    } else {
        check_import(&import, data, size);
    }
}
