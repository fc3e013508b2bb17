/* SPDX-License-Identifier: MIT */
#include "ncrypt/key/curve.h"

#include <openssl/objects.h>
#include <stdatomic.h>
#include <string.h>

#include "bcrypt.h"
#include "common/utf16.h"
#include "ncrypt/key/algorithm.h"

#define CURVE_ROW(cng_name, libcrypto_name, size)                                                                      \
    .name = cng_name, .openssl_name = libcrypto_name, .bits = size, .width = (size + 7) / 8
#define GENERIC_ROW(cng_name, libcrypto_name, size) {CURVE_ROW(cng_name, libcrypto_name, size)}
#define NIST_ROW(size, libcrypto_name)                                                                                 \
    {                                                                                                                  \
        CURVE_ROW(BCRYPT_ECC_CURVE_NISTP##size, libcrypto_name, size),                                                 \
        .ecdsa_public_magic = BCRYPT_ECDSA_PUBLIC_P##size##_MAGIC,                                                     \
        .ecdsa_private_magic = BCRYPT_ECDSA_PRIVATE_P##size##_MAGIC,                                                   \
        .ecdh_public_magic = BCRYPT_ECDH_PUBLIC_P##size##_MAGIC,                                                       \
        .ecdh_private_magic = BCRYPT_ECDH_PRIVATE_P##size##_MAGIC,                                                     \
    }

/* In some the order has one bit more than the field. That a private number, r or s needs it is as unlikely as guessing
 * a key, so they are as wide as the field there, too. */
static const struct curve curves[] = {
    NIST_ROW(256, "prime256v1"),
    NIST_ROW(384, "secp384r1"),
    NIST_ROW(521, "secp521r1"),
    {CURVE_ROW(BCRYPT_ECC_CURVE_25519, "X25519", 255), .family = &family_x25519},
    GENERIC_ROW(BCRYPT_ECC_CURVE_BRAINPOOLP160R1, "brainpoolP160r1", 160),
    GENERIC_ROW(BCRYPT_ECC_CURVE_BRAINPOOLP160T1, "brainpoolP160t1", 160),
    GENERIC_ROW(BCRYPT_ECC_CURVE_BRAINPOOLP192R1, "brainpoolP192r1", 192),
    GENERIC_ROW(BCRYPT_ECC_CURVE_BRAINPOOLP192T1, "brainpoolP192t1", 192),
    GENERIC_ROW(BCRYPT_ECC_CURVE_BRAINPOOLP224R1, "brainpoolP224r1", 224),
    GENERIC_ROW(BCRYPT_ECC_CURVE_BRAINPOOLP224T1, "brainpoolP224t1", 224),
    GENERIC_ROW(BCRYPT_ECC_CURVE_BRAINPOOLP256R1, "brainpoolP256r1", 256),
    GENERIC_ROW(BCRYPT_ECC_CURVE_BRAINPOOLP256T1, "brainpoolP256t1", 256),
    GENERIC_ROW(BCRYPT_ECC_CURVE_BRAINPOOLP320R1, "brainpoolP320r1", 320),
    GENERIC_ROW(BCRYPT_ECC_CURVE_BRAINPOOLP320T1, "brainpoolP320t1", 320),
    GENERIC_ROW(BCRYPT_ECC_CURVE_BRAINPOOLP384R1, "brainpoolP384r1", 384),
    GENERIC_ROW(BCRYPT_ECC_CURVE_BRAINPOOLP384T1, "brainpoolP384t1", 384),
    GENERIC_ROW(BCRYPT_ECC_CURVE_BRAINPOOLP512R1, "brainpoolP512r1", 512),
    GENERIC_ROW(BCRYPT_ECC_CURVE_BRAINPOOLP512T1, "brainpoolP512t1", 512),
    GENERIC_ROW(BCRYPT_ECC_CURVE_NISTP192, "prime192v1", 192),
    GENERIC_ROW(BCRYPT_ECC_CURVE_NISTP224, "secp224r1", 224),
    GENERIC_ROW(BCRYPT_ECC_CURVE_SECP160K1, "secp160k1", 160),
    GENERIC_ROW(BCRYPT_ECC_CURVE_SECP160R1, "secp160r1", 160),
    GENERIC_ROW(BCRYPT_ECC_CURVE_SECP160R2, "secp160r2", 160),
    GENERIC_ROW(BCRYPT_ECC_CURVE_SECP192K1, "secp192k1", 192),
    GENERIC_ROW(BCRYPT_ECC_CURVE_SECP224K1, "secp224k1", 224),
    GENERIC_ROW(BCRYPT_ECC_CURVE_SECP256K1, "secp256k1", 256),
    GENERIC_ROW(BCRYPT_ECC_CURVE_WTLS9, "wap-wsg-idm-ecid-wtls9", 160),
    GENERIC_ROW(BCRYPT_ECC_CURVE_X962P192V2, "prime192v2", 192),
    GENERIC_ROW(BCRYPT_ECC_CURVE_X962P192V3, "prime192v3", 192),
    GENERIC_ROW(BCRYPT_ECC_CURVE_X962P239V1, "prime239v1", 239),
    GENERIC_ROW(BCRYPT_ECC_CURVE_X962P239V2, "prime239v2", 239),
    GENERIC_ROW(BCRYPT_ECC_CURVE_X962P239V3, "prime239v3", 239),
};

static const struct {
    const WCHAR *alias;
    const WCHAR *name;
} aliases[] = {
    {BCRYPT_ECC_CURVE_SECP192R1, BCRYPT_ECC_CURVE_NISTP192}, {BCRYPT_ECC_CURVE_X962P192V1, BCRYPT_ECC_CURVE_NISTP192},
    {BCRYPT_ECC_CURVE_SECP224R1, BCRYPT_ECC_CURVE_NISTP224}, {BCRYPT_ECC_CURVE_WTLS12, BCRYPT_ECC_CURVE_NISTP224},
    {BCRYPT_ECC_CURVE_SECP256R1, BCRYPT_ECC_CURVE_NISTP256}, {BCRYPT_ECC_CURVE_X962P256V1, BCRYPT_ECC_CURVE_NISTP256},
    {BCRYPT_ECC_CURVE_SECP384R1, BCRYPT_ECC_CURVE_NISTP384}, {BCRYPT_ECC_CURVE_SECP521R1, BCRYPT_ECC_CURVE_NISTP521},
    {BCRYPT_ECC_CURVE_WTLS7, BCRYPT_ECC_CURVE_SECP160R2},
};

#define CURVE_COUNT (sizeof curves / sizeof curves[0])
#define ALIAS_COUNT (sizeof aliases / sizeof aliases[0])
#define MAX_BUILTIN 256 /* OpenSSL 3 has 82 */

/* ---- which of them libcrypto has ------------------------------------------------------------------------------ */

static bool libcrypto_has(const struct curve *curve)
{
    EC_builtin_curve builtin[MAX_BUILTIN];
    size_t count = EC_get_builtin_curves(builtin, MAX_BUILTIN);
    int wanted = OBJ_sn2nid(curve->openssl_name);

    for (size_t i = 0; i < count && i < MAX_BUILTIN; i++) {
        if (builtin[i].nid == wanted) {
            return true;
        }
    }
    return false;
}

/* Found out once for each, by whoever comes first: no lock, which a fork() might leave locked. */
static bool is_there(const struct curve *curve)
{
    enum { UNKNOWN, THERE, MISSING };
    static atomic_uchar known[CURVE_COUNT];
    atomic_uchar *state = &known[curve - curves];

    if (atomic_load_explicit(state, memory_order_relaxed) == UNKNOWN) {
        bool found = curve->family != NULL || libcrypto_has(curve); /* the list has Weierstrass curves only */

        atomic_store_explicit(state, found ? THERE : MISSING, memory_order_relaxed);
    }
    return atomic_load_explicit(state, memory_order_relaxed) == THERE;
}

_Atomic(EVP_PKEY *) *curve_template_place(const struct curve *curve)
{
    static _Atomic(EVP_PKEY *) places[CURVE_COUNT];

    return curve->parameters != NULL ? curve_own_template_place(curve) : &places[curve - curves];
}

/* ---- look-ups ------------------------------------------------------------------------------------------------- */

const struct curve *curve_by_name(const WCHAR *name)
{
    for (size_t i = 0; i < ALIAS_COUNT; i++) {
        if (utf16_equal_fold(name, aliases[i].alias)) {
            name = aliases[i].name;
            break;
        }
    }
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        if (utf16_equal_fold(name, curves[i].name)) {
            return is_there(&curves[i]) ? &curves[i] : NULL;
        }
    }
    return NULL;
}

const struct curve *curve_by_openssl_name(const char *name)
{
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        if (strcmp(name, curves[i].openssl_name) == 0) {
            return is_there(&curves[i]) ? &curves[i] : NULL;
        }
    }
    return NULL;
}

const struct curve *curve_by_magic(uint32_t magic)
{
    for (size_t i = 0; magic != 0 && i < CURVE_COUNT; i++) {
        const struct curve *curve = &curves[i];

        if (magic == curve->ecdsa_public_magic || magic == curve->ecdsa_private_magic ||
            magic == curve->ecdh_public_magic || magic == curve->ecdh_private_magic) {
            return curve;
        }
    }
    return NULL;
}

const struct curve *curve_at(unsigned index)
{
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        if (is_there(&curves[i]) && index-- == 0) {
            return &curves[i];
        }
    }
    return NULL;
}

const WCHAR *curve_name_at(unsigned index)
{
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        if (is_there(&curves[i]) && index-- == 0) {
            return curves[i].name;
        }
    }
    for (size_t i = 0; i < ALIAS_COUNT; i++) {
        if (curve_by_name(aliases[i].name) != NULL && index-- == 0) {
            return aliases[i].alias;
        }
    }
    return NULL;
}
