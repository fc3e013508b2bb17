/* SPDX-License-Identifier: MIT
 *
 * For tests of DH and DSA keys: keys of libcrypto's default context from numbers, and parts of a key's numbers.
 */
#ifndef TESTS_ENGINE_DL_SUPPORT_H
#define TESTS_ENGINE_DL_SUPPORT_H

#include "blob_support.h"
#include "ncrypt/key/dl.h"

#define MAX_MODULUS 1024

/* The same numbers as a libcrypto key in the default context. */
static inline EVP_PKEY *outside_dl_key(const struct components *components)
{
    static const char *const names[] = {OSSL_PKEY_PARAM_FFC_P, OSSL_PKEY_PARAM_FFC_Q, OSSL_PKEY_PARAM_FFC_G,
                                        OSSL_PKEY_PARAM_PUB_KEY, OSSL_PKEY_PARAM_PRIV_KEY};
    const char *type = components->algorithm == algorithm_by_name(u"DSA") ? "DSA" : "DH";
    int selection = components_private(components) ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    BIGNUM *numbers[5] = {NULL};
    OSSL_PARAM *parameters;
    EVP_PKEY *pkey = NULL;

    for (int i = 0; i < 5; i++) {
        const struct component_span *item = &components->item[COMPONENT_DL_P + i];

        if (item->data != NULL) {
            numbers[i] = BN_bin2bn(item->data, (int)item->size, NULL);
            CHECK(OSSL_PARAM_BLD_push_BN(builder, names[i], numbers[i]) == 1);
        }
    }
    parameters = OSSL_PARAM_BLD_to_param(builder);
    CHECK(EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &pkey, selection, parameters) == 1);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(ctx);
    for (int i = 0; i < 5; i++) {
        BN_free(numbers[i]);
    }
    return pkey;
}

static inline EVP_PKEY *outside_dl_key_of(const struct material *material)
{
    struct components components;
    EVP_PKEY *pkey = NULL;

    components_init(&components);
    if (CHECK_STATUS(material_take_apart(material, material->has_private, &components), ERROR_SUCCESS)) {
        pkey = outside_dl_key(&components);
    }
    components_clear(&components);
    return pkey;
}

/* Some of a key's numbers, as components of their own. */
static inline void copy_numbers(const struct components *from, const enum component *which, size_t count,
                                struct components *to)
{
    components_init(to);
    to->algorithm = from->algorithm;
    CHECK_STATUS(components_reserve(to, 8 * MAX_MODULUS), ERROR_SUCCESS);
    for (size_t i = 0; i < count; i++) {
        const struct component_span *item = &from->item[which[i]];

        if (item->data != NULL) {
            CHECK_STATUS(components_add_copy(to, which[i], item->data, item->size), ERROR_SUCCESS);
        }
    }
}

static inline void take_all(const struct material *material, struct components *components)
{
    components_init(components);
    CHECK_STATUS(material_take_apart(material, material->has_private, components), ERROR_SUCCESS);
}

static inline SECURITY_STATUS try_load(const struct components *components, bool validate)
{
    struct material *material = NULL;
    SECURITY_STATUS status = material_load(components, validate, &material);

    CHECK((material != NULL) == (status == ERROR_SUCCESS));
    material_free(material);
    return status;
}

/* The public half, as a key of its own. */
static inline struct material *public_half(const struct material *material)
{
    struct components components;
    struct material *half = NULL;

    components_init(&components);
    CHECK_STATUS(material_take_apart(material, false, &components), ERROR_SUCCESS);
    CHECK_STATUS(material_load(&components, true, &half), ERROR_SUCCESS);
    CHECK(half == NULL || !half->has_private);
    components_clear(&components);
    return half;
}

#endif
