/* SPDX-License-Identifier: MIT
 *
 * NCryptImportKey with any bytes as a blob of any type but PKCS#8. The input: a byte each for the type, the options
 * and the name of a curve, then the blob.
 */
#include "key_support.h"

enum { UNCHECKED = 1, GENERIC = 2, CURVE = 4, UNFINALIZED = 8 };

/* New ones come last in each list: the corpus has their numbers. */
static const WCHAR *const types[] = {
    BCRYPT_RSAPUBLIC_BLOB,      BCRYPT_RSAPRIVATE_BLOB, BCRYPT_RSAFULLPRIVATE_BLOB, LEGACY_RSAPUBLIC_BLOB,
    LEGACY_RSAPRIVATE_BLOB,     BCRYPT_ECCPUBLIC_BLOB,  BCRYPT_ECCPRIVATE_BLOB,     BCRYPT_PUBLIC_KEY_BLOB,
    BCRYPT_PRIVATE_KEY_BLOB,    NCRYPT_CIPHER_KEY_BLOB, BCRYPT_KEY_DATA_BLOB,       BCRYPT_DH_PUBLIC_BLOB,
    BCRYPT_DH_PRIVATE_BLOB,     BCRYPT_DSA_PUBLIC_BLOB, BCRYPT_DSA_PRIVATE_BLOB,    LEGACY_DH_PUBLIC_BLOB,
    LEGACY_DH_PRIVATE_BLOB,     LEGACY_DSA_PUBLIC_BLOB, LEGACY_DSA_PRIVATE_BLOB,    LEGACY_DSA_V2_PUBLIC_BLOB,
    LEGACY_DSA_V2_PRIVATE_BLOB, NCRYPT_KDF_KEY_BLOB,    BCRYPT_ECCFULLPUBLIC_BLOB,  BCRYPT_ECCFULLPRIVATE_BLOB,
};
static const WCHAR *const curves[] = {
    u"nistP256", u"nistP384", u"nistP521", u"none", u"", u"secp256k1", u"curve25519", u"brainpoolP256r1", u"secP224r1",
};

static void check(const uint8_t *data, size_t size, const WCHAR *type, unsigned options, const WCHAR *curve)
{
    size_t units = 1;

    while (curve[units - 1] != 0) {
        units++;
    }
    NCryptBuffer buffer = {(ULONG)(units * sizeof *curve), NCRYPTBUFFER_ECC_CURVE_NAME, (PVOID)(uintptr_t)curve};
    NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, 1, &buffer};
    const struct import import = {
        .type = type,
        .list = options & CURVE ? &list : NULL,
        .flags = (options & UNCHECKED ? NCRYPT_NO_KEY_VALIDATION : 0) |
                 (options & GENERIC ? NCRYPT_TREAT_NIST_AS_GENERIC_ECC_FLAG : 0) |
                 (options & UNFINALIZED ? NCRYPT_DO_NOT_FINALIZE_FLAG : 0),
    };

    check_import(&import, data, size);
}

static void fuzz_input(const uint8_t *data, size_t size)
{
    if (size > 3 && data[0] < COUNT(types) && data[2] < COUNT(curves)) {
        check(data + 3, size - 3, types[data[0]], data[1], curves[data[2]]);
    }
}
