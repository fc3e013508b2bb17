/* SPDX-License-Identifier: MIT */
#include "ncrypt/key/algorithm.h"

#include "common/utf16.h"
#include "ncrypt/key/parameter_set.h"

#define EC_ROW(identifier, curve, bits, of_group, class, can)                                                          \
    {                                                                                                                  \
        .name = identifier,                                                                                            \
        .group = of_group,                                                                                             \
        .family = &family_ec,                                                                                          \
        .curve_name = curve,                                                                                           \
        .interface = class,                                                                                            \
        .operations = can,                                                                                             \
        .lengths = {bits, bits, 0, bits},                                                                              \
        .import_min = bits,                                                                                            \
        .import_max = bits,                                                                                            \
    }
#define ECDSA_ROW(identifier, curve, bits)                                                                             \
    EC_ROW(identifier, curve, bits, NCRYPT_ECDSA_ALGORITHM_GROUP, NCRYPT_SIGNATURE_INTERFACE,                          \
           NCRYPT_SIGNATURE_OPERATION)

/* On Windows keys of this kind sign, too. */
#define ECDH_OPERATIONS (NCRYPT_SECRET_AGREEMENT_OPERATION | NCRYPT_SIGNATURE_OPERATION)
#define ECDH_ROW(identifier, curve, bits)                                                                              \
    EC_ROW(identifier, curve, bits, NCRYPT_ECDH_ALGORITHM_GROUP, NCRYPT_SECRET_AGREEMENT_INTERFACE, ECDH_OPERATIONS)

#define CIPHER_ROW(identifier, of_group, block, least, most, step, usual)                                              \
    {                                                                                                                  \
        .name = identifier,                                                                                            \
        .group = of_group,                                                                                             \
        .family = &family_symmetric,                                                                                   \
        .interface = NCRYPT_CIPHER_INTERFACE,                                                                          \
        .operations = NCRYPT_CIPHER_OPERATION,                                                                         \
        .lengths = {least, most, step, usual},                                                                         \
        .import_min = least,                                                                                           \
        .import_max = most,                                                                                            \
        .block_size = block,                                                                                           \
    }

/* What it can do is not done with material: key_derivation.c. */
const struct family family_kdf = {.holds_secret = true};

#define MOST_SECRET_BITS (8 * NCRYPT_MAX_PROPERTY_DATA)
#define KDF_ROW(identifier)                                                                                            \
    {                                                                                                                  \
        .name = identifier,                                                                                            \
        .group = NCRYPT_KEY_DERIVATION_GROUP,                                                                          \
        .family = &family_kdf,                                                                                         \
        .interface = NCRYPT_KEY_DERIVATION_INTERFACE,                                                                  \
        .operations = NCRYPT_KEY_DERIVATION_OPERATION,                                                                 \
        .lengths = {8, MOST_SECRET_BITS, 8, 0},                                                                        \
        .import_min = 8,                                                                                               \
        .import_max = MOST_SECRET_BITS,                                                                                \
    }

static const struct algorithm algorithms[] = {
    {
        .name = NCRYPT_RSA_ALGORITHM,
        .group = NCRYPT_RSA_ALGORITHM_GROUP,
        .family = &family_rsa,
        .interface = NCRYPT_ASYMMETRIC_ENCRYPTION_INTERFACE,
        .operations = NCRYPT_ASYMMETRIC_ENCRYPTION_OPERATION | NCRYPT_SIGNATURE_OPERATION,
        .lengths = {512, 16384, 64, 2048},
        .import_min = 384,
        .import_max = 16384,
    },
    ECDSA_ROW(NCRYPT_ECDSA_P256_ALGORITHM, BCRYPT_ECC_CURVE_NISTP256, 256),
    ECDSA_ROW(NCRYPT_ECDSA_P384_ALGORITHM, BCRYPT_ECC_CURVE_NISTP384, 384),
    ECDSA_ROW(NCRYPT_ECDSA_P521_ALGORITHM, BCRYPT_ECC_CURVE_NISTP521, 521),
    {
        /* The curve decides the length, so there is no default. */
        .name = NCRYPT_ECDSA_ALGORITHM,
        .group = NCRYPT_ECDSA_ALGORITHM_GROUP,
        .family = &family_ec,
        .takes_curve = true,
        .interface = NCRYPT_SIGNATURE_INTERFACE,
        .operations = NCRYPT_SIGNATURE_OPERATION,
        .lengths = {160, 521, 0, 0},
        .import_min = 160,
        .import_max = 521,
    },
    ECDH_ROW(NCRYPT_ECDH_P256_ALGORITHM, BCRYPT_ECC_CURVE_NISTP256, 256),
    ECDH_ROW(NCRYPT_ECDH_P384_ALGORITHM, BCRYPT_ECC_CURVE_NISTP384, 384),
    ECDH_ROW(NCRYPT_ECDH_P521_ALGORITHM, BCRYPT_ECC_CURVE_NISTP521, 521),
    {
        .name = NCRYPT_ECDH_ALGORITHM,
        .group = NCRYPT_ECDH_ALGORITHM_GROUP,
        .family = &family_ec,
        .takes_curve = true,
        .interface = NCRYPT_SECRET_AGREEMENT_INTERFACE,
        .operations = ECDH_OPERATIONS,
        .lengths = {160, 521, 0, 0},
        .import_min = 160,
        .import_max = 521,
    },
    CIPHER_ROW(NCRYPT_AES_ALGORITHM, NCRYPT_AES_ALGORITHM_GROUP, 16, 128, 256, 64, 128),
    CIPHER_ROW(NCRYPT_3DES_ALGORITHM, NCRYPT_DES_ALGORITHM_GROUP, 8, 192, 192, 0, 192),
    CIPHER_ROW(NCRYPT_3DES_112_ALGORITHM, NCRYPT_DES_ALGORITHM_GROUP, 8, 128, 128, 0, 128),
    {
        .name = NCRYPT_DH_ALGORITHM,
        .group = NCRYPT_DH_ALGORITHM_GROUP,
        .family = &family_dh,
        .interface = NCRYPT_SECRET_AGREEMENT_INTERFACE,
        .operations = NCRYPT_SECRET_AGREEMENT_OPERATION,
        .lengths = {512, 8192, 64, 2048}, /* libcrypto ends at 10000 */
        .import_min = 512,
        .import_max = 8192,
    },
    {
        .name = NCRYPT_DSA_ALGORITHM,
        .group = NCRYPT_DSA_ALGORITHM_GROUP,
        .family = &family_dsa,
        .interface = NCRYPT_SIGNATURE_INTERFACE,
        .operations = NCRYPT_SIGNATURE_OPERATION,
        .lengths = {512, 3072, 64, 2048},
        .import_min = 512,
        .import_max = 3072,
    },
    KDF_ROW(NCRYPT_SP800108_CTR_HMAC_ALGORITHM),
    KDF_ROW(NCRYPT_SP80056A_CONCAT_ALGORITHM),
    KDF_ROW(NCRYPT_PBKDF2_ALGORITHM),
    KDF_ROW(NCRYPT_CAPI_KDF_ALGORITHM),
    KDF_ROW(BCRYPT_TLS1_1_KDF_ALGORITHM),
    KDF_ROW(BCRYPT_TLS1_2_KDF_ALGORITHM),
    KDF_ROW(BCRYPT_HKDF_ALGORITHM),
    {
        .name = NCRYPT_MLDSA_ALGORITHM,
        .group = NCRYPT_MLDSA_ALGORITHM_GROUP,
        .family = &family_mldsa,
        .takes_set = true,
        .interface = NCRYPT_SIGNATURE_INTERFACE,
        .operations = NCRYPT_SIGNATURE_OPERATION,
    },
    {
        .name = NCRYPT_MLKEM_ALGORITHM,
        .group = NCRYPT_MLKEM_ALGORITHM_GROUP,
        .family = &family_mlkem,
        .takes_set = true,
        .interface = NCRYPT_KEY_ENCAPSULATION_INTERFACE,
        .operations = NCRYPT_KEY_ENCAPSULATION_OPERATION,
    },
};

#define ALGORITHM_COUNT (sizeof algorithms / sizeof algorithms[0])

/* Whether libcrypto has what the algorithm needs. */
static bool is_available(const struct algorithm *algorithm)
{
    return !algorithm->takes_set || parameter_set_available(algorithm->group);
}

const struct algorithm *algorithm_by_name(const WCHAR *name)
{
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        if (utf16_equal(name, algorithms[i].name)) {
            return is_available(&algorithms[i]) ? &algorithms[i] : NULL;
        }
    }
    return NULL;
}

const struct algorithm *algorithm_at(unsigned index)
{
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        if (is_available(&algorithms[i]) && index-- == 0) {
            return &algorithms[i];
        }
    }
    return NULL;
}

const struct algorithm *algorithm_for_curve(const WCHAR *group, const struct curve *curve, bool generic)
{
    const struct algorithm *found = NULL;

    if (curve->family != NULL && curve->family->sign == NULL && utf16_equal(group, NCRYPT_ECDSA_ALGORITHM_GROUP)) {
        return NULL;
    }
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        const struct algorithm *candidate = &algorithms[i];

        if (!utf16_equal(group, candidate->group)) {
            continue;
        }
        if (candidate->takes_curve) {
            found = found == NULL ? candidate : found;
        } else if (!generic && candidate->curve_name != NULL && curve->name != NULL &&
                   utf16_equal(candidate->curve_name, curve->name)) {
            found = candidate;
        }
    }
    return found;
}

const struct family *algorithm_family(const struct algorithm *algorithm, const struct curve *curve)
{
    return curve != NULL && curve->family != NULL ? curve->family : algorithm->family;
}

bool algorithm_length_valid(const struct algorithm *algorithm, uint32_t bits)
{
    const NCRYPT_SUPPORTED_LENGTHS *lengths = &algorithm->lengths;

    if (algorithm->takes_set) {
        return parameter_set_by_bits(algorithm->group, bits) != NULL;
    }
    if (algorithm->takes_curve) {
        for (unsigned i = 0; curve_at(i) != NULL; i++) {
            if (curve_at(i)->bits == bits) {
                return true;
            }
        }
        return false;
    }
    if (lengths->dwIncrement == 0) {
        return bits == lengths->dwMinLength;
    }
    return bits >= lengths->dwMinLength && bits <= lengths->dwMaxLength &&
           (bits - lengths->dwMinLength) % lengths->dwIncrement == 0;
}
