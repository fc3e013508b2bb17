/* SPDX-License-Identifier: MIT */
#include "ncrypt/key/curve.h"

#include <stdbool.h>
#include <string.h>

#include "bcrypt.h"
#include "common/utf16.h"

static const struct curve curves[] = {
    {
        .name = BCRYPT_ECC_CURVE_NISTP256,
        .openssl_name = "prime256v1",
        .bits = 256,
        .width = 32,
        .ecdsa_public_magic = BCRYPT_ECDSA_PUBLIC_P256_MAGIC,
        .ecdsa_private_magic = BCRYPT_ECDSA_PRIVATE_P256_MAGIC,
        .ecdh_public_magic = BCRYPT_ECDH_PUBLIC_P256_MAGIC,
        .ecdh_private_magic = BCRYPT_ECDH_PRIVATE_P256_MAGIC,
        .ecdsa_algorithm = BCRYPT_ECDSA_P256_ALGORITHM,
    },
    {
        .name = BCRYPT_ECC_CURVE_NISTP384,
        .openssl_name = "secp384r1",
        .bits = 384,
        .width = 48,
        .ecdsa_public_magic = BCRYPT_ECDSA_PUBLIC_P384_MAGIC,
        .ecdsa_private_magic = BCRYPT_ECDSA_PRIVATE_P384_MAGIC,
        .ecdh_public_magic = BCRYPT_ECDH_PUBLIC_P384_MAGIC,
        .ecdh_private_magic = BCRYPT_ECDH_PRIVATE_P384_MAGIC,
        .ecdsa_algorithm = BCRYPT_ECDSA_P384_ALGORITHM,
    },
    {
        .name = BCRYPT_ECC_CURVE_NISTP521,
        .openssl_name = "secp521r1",
        .bits = 521,
        .width = 66,
        .ecdsa_public_magic = BCRYPT_ECDSA_PUBLIC_P521_MAGIC,
        .ecdsa_private_magic = BCRYPT_ECDSA_PRIVATE_P521_MAGIC,
        .ecdh_public_magic = BCRYPT_ECDH_PUBLIC_P521_MAGIC,
        .ecdh_private_magic = BCRYPT_ECDH_PRIVATE_P521_MAGIC,
        .ecdsa_algorithm = BCRYPT_ECDSA_P521_ALGORITHM,
    },
};

static const struct {
    const WCHAR *alias;
    const WCHAR *name;
} aliases[] = {
    {BCRYPT_ECC_CURVE_SECP256R1, BCRYPT_ECC_CURVE_NISTP256},
    {BCRYPT_ECC_CURVE_X962P256V1, BCRYPT_ECC_CURVE_NISTP256},
    {BCRYPT_ECC_CURVE_SECP384R1, BCRYPT_ECC_CURVE_NISTP384},
    {BCRYPT_ECC_CURVE_SECP521R1, BCRYPT_ECC_CURVE_NISTP521},
};

#define CURVE_COUNT (sizeof curves / sizeof curves[0])
#define ALIAS_COUNT (sizeof aliases / sizeof aliases[0])

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
            return &curves[i];
        }
    }
    return NULL;
}

const struct curve *curve_by_openssl_name(const char *name)
{
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        if (strcmp(name, curves[i].openssl_name) == 0) {
            return &curves[i];
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
    return index < CURVE_COUNT ? &curves[index] : NULL;
}
