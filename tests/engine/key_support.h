/* SPDX-License-Identifier: MIT
 *
 * For tests of keys and blobs: a fixed RSA key, and keys built anew in libcrypto's default context from numbers, so
 * that what the engine made is judged without the engine's helpers.
 */
#ifndef TESTS_ENGINE_KEY_SUPPORT_H
#define TESTS_ENGINE_KEY_SUPPORT_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "harness.h"
#include "ncrypt/key/material.h"

#define SHA256_SIZE 32

static const uint8_t sha256_order17[SHA256_SIZE] = {
    0x0b, 0xcc, 0x92, 0x0e, 0x39, 0x38, 0xc1, 0xb8, 0x6e, 0x34, 0x83, 0xfc, 0x98, 0x88, 0xc6, 0xd6,
    0xd1, 0x30, 0x61, 0x5f, 0xa7, 0x54, 0x4c, 0x6b, 0x41, 0x45, 0x15, 0xd1, 0xba, 0x81, 0x59, 0xbb,
};

static inline size_t from_hex(const char *hex, uint8_t *out)
{
    size_t size = strlen(hex) / 2;

    for (size_t i = 0; i < size; i++) {
        unsigned value = 0;

        CHECK(sscanf(hex + 2 * i, "%2x", &value) == 1);
        out[i] = (uint8_t)value;
    }
    return size;
}

static inline void add_hex(struct components *components, enum component which, const char *hex)
{
    uint8_t bytes[512];
    size_t size = from_hex(hex, bytes);

    CHECK_STATUS(components_add_copy(components, which, bytes, size), ERROR_SUCCESS);
}

/* A 1024-bit key made by the openssl command; `numbers` of 4: n, e, p, q, of 8: all. */
static inline void fixed_rsa(struct components *components, int numbers)
{
    static const struct {
        enum component which;
        const char *hex;
    } key[8] = {
        {COMPONENT_RSA_N,
         "CBB6105564B23FD33EAFC1C0BE17E5F261B3DCAE3036DE87EDA3B32ED36F328A1365E287792E3E007174FD25A98D1048"
         "30F0D154611804D88382236EF1CFE225C7C0A6A861815D7E300F0F87F025D7B0633515AF327F75FFC3F50F86FCE8B26D"
         "E06A36F022BE34814AE29B7DBB35E037DB2B2BDD8DDA5D0C4981489531C698A9"},
        {COMPONENT_RSA_E, "010001"},
        {COMPONENT_RSA_P,
         "ECAAAFC3EDEFEA9BDF5760A84F57010BE3BDC5EFC4EDCBCBE0502F3C746309C42D17E1A47AE0AAF0AA302F9E7DC20952"
         "73B631BF8DC4764C3BA1A9E515E6E60F"},
        {COMPONENT_RSA_Q,
         "DC5A30FA1BCB65B4BC0DA0A1F020B1F0A0D7300F7A0910B773DFA7A14217466A603B762A52D5BE6D878BCB623437C6E7"
         "62514DA8D60A1AB7CBAA85F0A7B50DC7"},
        {COMPONENT_RSA_DP,
         "1B74B5CD62262A2E891B86F01FBC3537DEE4DE38B1BCF09EA75846129A61FEF90E4E2DF439F9247BA512D003700D79AD"
         "621529F2520D0FB84A56B7F206B771CB"},
        {COMPONENT_RSA_DQ,
         "01BF9573E6948E92088BF32255CD6C9C042AB0EEEE80F3E900BA5D9221FC1D4AEAC88DFF77F8CA3204494FABCFCE417D"
         "C481F0A3CE4EF6374F1E6341AD92FA31"},
        {COMPONENT_RSA_QI,
         "0087F5FD2E82C13C71DC770A613B420C386A79F537DDB2ACFBFA79DC4C271BDD956B2DA1ADA7365C71A7494787C67C4923"
         "13470E4773C51F0D0A02AC978AA86F"},
        {COMPONENT_RSA_D,
         "896115F0D0C0D904384145341BBE782796B63A7C0A2DE6B2DA934C52A6EA55B60250F28D142F18472A3C903FE6F127EA"
         "D77E805D1C419B7AFC6D36422AB75C359423C3DC3F276459B9E95943473499B1E7D02AAE795944D1437B48B3F7B8976F"
         "4734A47391297958092D208C523EFC35FDF749E595DE70D19CFCBBDCD995ACA5"},
    };

    components_init(components);
    components->algorithm = algorithm_by_name(NCRYPT_RSA_ALGORITHM);
    CHECK_STATUS(components_reserve(components, 1024), ERROR_SUCCESS);
    for (int i = 0; i < numbers; i++) {
        add_hex(components, key[i].which, key[i].hex);
    }
}

/* The same numbers as a libcrypto key in the default context. */
static inline EVP_PKEY *outside_key(const struct components *components)
{
    static const char *const names[COMPONENT_COUNT] = {
        OSSL_PKEY_PARAM_RSA_N,
        OSSL_PKEY_PARAM_RSA_E,
        OSSL_PKEY_PARAM_RSA_D,
        OSSL_PKEY_PARAM_RSA_FACTOR1,
        OSSL_PKEY_PARAM_RSA_FACTOR2,
        OSSL_PKEY_PARAM_RSA_EXPONENT1,
        OSSL_PKEY_PARAM_RSA_EXPONENT2,
        OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
        NULL,
        NULL,
        OSSL_PKEY_PARAM_PRIV_KEY,
    };
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    const struct component_span *x = &components->item[COMPONENT_EC_X], *y = &components->item[COMPONENT_EC_Y];
    BIGNUM *numbers[COMPONENT_COUNT] = {NULL};
    uint8_t point[1 + 2 * 66] = {4};
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, x->data == NULL ? "RSA" : "EC", NULL);
    OSSL_PARAM *parameters;
    EVP_PKEY *pkey = NULL;

    for (int i = 0; i < COMPONENT_COUNT; i++) {
        if (components->item[i].data != NULL && names[i] != NULL) {
            numbers[i] = BN_bin2bn(components->item[i].data, (int)components->item[i].size, NULL);
            CHECK(OSSL_PARAM_BLD_push_BN(builder, names[i], numbers[i]) == 1);
        }
    }
    if (x->data != NULL) {
        memcpy(point + 1, x->data, x->size);
        memcpy(point + 1 + x->size, y->data, y->size);
        CHECK(OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, components->curve->openssl_name, 0));
        CHECK(OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * x->size));
    }
    parameters = OSSL_PARAM_BLD_to_param(builder);
    CHECK(EVP_PKEY_fromdata_init(ctx) == 1);
    CHECK(EVP_PKEY_fromdata(ctx, &pkey, components_private(components) ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                            parameters) == 1);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(ctx);
    for (int i = 0; i < COMPONENT_COUNT; i++) {
        BN_free(numbers[i]);
    }
    return pkey;
}

static inline EVP_PKEY *outside_key_of(const struct material *material)
{
    struct components components;
    EVP_PKEY *pkey = NULL;

    components_init(&components);
    if (CHECK_STATUS(material_take_apart(material, material->has_private, &components), ERROR_SUCCESS)) {
        pkey = outside_key(&components);
    }
    components_clear(&components);
    return pkey;
}

static inline struct material *generate(const WCHAR *algorithm, uint32_t bits)
{
    struct material *material = NULL;

    CHECK_STATUS(material_generate(algorithm_by_name(algorithm), NULL, bits, &material), ERROR_SUCCESS);
    return material;
}

#endif
