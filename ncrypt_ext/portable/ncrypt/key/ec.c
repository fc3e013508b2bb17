/* SPDX-License-Identifier: MIT */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <stdatomic.h>
#include <string.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "ncrypt/key/algorithm.h"
#include "ncrypt/key/ec.h"
#include "ncrypt/key/ecdsa_der.h"
#include "ncrypt/key/material.h"
#include "ncrypt/key/pkey.h"
#include "ncrypt/key/prepared.h"

/* A point as libcrypto takes it: 04, X, Y. */
#define POINT_FORM_SIZE 1
#define MAX_POINT       (POINT_FORM_SIZE + 2 * ECDSA_MAX_WIDTH)

/* An order may be a byte wider than the field. */
#define MAX_NUMBER (ECDSA_MAX_WIDTH + 1)

/* More bytes of a hash than any curve's order has; ECDSA uses the leftmost bits only. */
#define MAX_HASH 512

/* The numbers of a curve without a name, its generator, and one more for the private key. */
struct group_memory {
    uint8_t numbers[4 * CURVE_MAX_WIDTH + 2 * CURVE_MAX_NUMBER];
    uint8_t generator[MAX_POINT];
};

/* What tells libcrypto the curve; the memory has to last until the key has been built. */
static SECURITY_STATUS add_group(struct pkey_builder *builder, const struct curve *curve, struct group_memory *memory)
{
    static const char *const names[] = {OSSL_PKEY_PARAM_EC_P, OSSL_PKEY_PARAM_EC_A, OSSL_PKEY_PARAM_EC_B,
                                        OSSL_PKEY_PARAM_EC_ORDER, OSSL_PKEY_PARAM_EC_COFACTOR};
    struct curve_numbers numbers;
    SECURITY_STATUS status;

    pkey_builder_init(builder, memory->numbers);
    if (curve->parameters == NULL) {
        pkey_builder_text(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve->openssl_name);
        return ERROR_SUCCESS;
    }
    status = curve_read_parameters(curve->parameters, curve->parameters_size, &numbers);
    if (status == ERROR_SUCCESS) {
        const uint8_t *const data[] = {numbers.p, numbers.a, numbers.b, numbers.order, numbers.cofactor};
        const size_t sizes[] = {numbers.width, numbers.width, numbers.width, numbers.order_size, numbers.cofactor_size};

        pkey_builder_text(builder, OSSL_PKEY_PARAM_EC_FIELD_TYPE, SN_X9_62_prime_field);
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            struct component_span span = {(uint8_t *)(uintptr_t)data[i], sizes[i]};

            pkey_builder_number(builder, names[i], span);
        }
        memory->generator[0] = POINT_CONVERSION_UNCOMPRESSED;
        memcpy(memory->generator + POINT_FORM_SIZE, numbers.x, 2 * numbers.width);
        pkey_builder_bytes(builder, OSSL_PKEY_PARAM_EC_GENERATOR, memory->generator,
                           POINT_FORM_SIZE + 2 * numbers.width);
    }
    return status;
}

/* A key object with nothing but the curve, made once for each and kept: setting a curve up takes as long as generating
 * a key on it, and duplicating it next to nothing. NULL on failure. */
static EVP_PKEY *curve_template(const struct curve *curve)
{
    _Atomic(EVP_PKEY *) *place = curve_template_place(curve);
    EVP_PKEY *made = atomic_load_explicit(place, memory_order_acquire), *other = NULL;
    struct pkey_builder builder;
    struct group_memory memory;

    if (made != NULL) {
        return made;
    }
    if (add_group(&builder, curve, &memory) != ERROR_SUCCESS ||
        pkey_builder_finish(&builder, PKEY_EC, EVP_PKEY_KEY_PARAMETERS, &made) != ERROR_SUCCESS) {
        return NULL;
    }
    if (!atomic_compare_exchange_strong_explicit(place, &other, made, memory_order_acq_rel, memory_order_acquire)) {
        EVP_PKEY_free(made);
        made = other;
    }
    return made;
}

static SECURITY_STATUS generate(const struct algorithm *algorithm, const struct curve *curve, uint32_t bits,
                                EVP_PKEY **pkey)
{
    EVP_PKEY *template = curve_template(curve);
    EVP_PKEY_CTX *ctx = template == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(libctx_get(), template, NULL);

    (void)algorithm;
    (void)bits;
    if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1) {
        EVP_PKEY_CTX_free(ctx);
        return status_from_openssl(NTE_FAIL, "libcrypto cannot generate keys on this curve");
    }
    return pkey_generate(ctx, pkey);
}

/* ---- numbers ---------------------------------------------------------------------------------------------- */

/* Every number that is there is exactly as wide as the curve's field. */
static SECURITY_STATUS check_widths(const struct components *components)
{
    if (components->curve == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the curve of the key is not known");
    }
    for (int i = COMPONENT_EC_X; i <= COMPONENT_EC_D; i++) {
        if (components_has(components, (enum component)i) && components->item[i].size != components->curve->width) {
            return status_fail(NTE_INVALID_PARAMETER, "a number of the key has %zu bytes, the curve has %u",
                               components->item[i].size, components->curve->width);
        }
    }
    if (!components_has(components, COMPONENT_EC_D) &&
        (!components_has(components, COMPONENT_EC_X) || !components_has(components, COMPONENT_EC_Y))) {
        return status_fail(NTE_INVALID_PARAMETER, "the point of the key is missing");
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS multiply(const EC_GROUP *group, const BIGNUM *secret, uint8_t *point, size_t size)
{
    EC_POINT *product = EC_POINT_new(group);
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (product == NULL || EC_POINT_mul(group, product, secret, NULL, NULL, NULL) != 1 ||
        EC_POINT_point2oct(group, product, POINT_CONVERSION_UNCOMPRESSED, point, size, NULL) != size) {
        status = status_from_openssl(NTE_FAIL, "libcrypto cannot compute the public key");
    }
    EC_POINT_free(product);
    return status;
}

/* The public point that belongs to d, which is checked to be in [1, order - 1]. */
static SECURITY_STATUS point_from_private(const struct components *components, uint8_t *point, size_t size)
{
    const struct component_span *d = &components->item[COMPONENT_EC_D];
    SECURITY_STATUS status;
    EC_GROUP *group = curve_group(components->curve);
    BIGNUM *secret = BN_bin2bn(d->data, (int)d->size, NULL);

    if (group == NULL || secret == NULL) {
        status = status_from_openssl(NTE_NO_MEMORY, "libcrypto cannot set up the curve");
    } else if (BN_is_zero(secret) || BN_cmp(secret, EC_GROUP_get0_order(group)) >= 0) {
        status = status_fail(NTE_INVALID_PARAMETER, "the private key is zero or not below the curve's order");
    } else {
        status = multiply(group, secret, point, size);
    }
    BN_clear_free(secret);
    EC_GROUP_free(group);
    return status;
}

/* Windows ignores the point that comes with a private key and computes it; keys from the store have been through that,
 * and their point saves the multiplication. */
static SECURITY_STATUS find_point(const struct components *components, bool validate, uint8_t *point, size_t size)
{
    const struct component_span *x = &components->item[COMPONENT_EC_X], *y = &components->item[COMPONENT_EC_Y];
    bool missing = x->data == NULL || y->data == NULL || (component_is_zero(x) && component_is_zero(y));

    if (components_has(components, COMPONENT_EC_D) && (validate || missing)) {
        return point_from_private(components, point, size);
    }
    point[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(point + POINT_FORM_SIZE, x->data, x->size);
    memcpy(point + POINT_FORM_SIZE + x->size, y->data, y->size);
    return ERROR_SUCCESS;
}

/* Where a curve has more points than those of its generator's order, one of the others would tell those who agree with
 * it something about their key. Named curves have none. */
static SECURITY_STATUS check_order(const struct curve *curve, const uint8_t *data, size_t size)
{
    EC_GROUP *group = curve_group(curve);
    EC_POINT *point = group == NULL ? NULL : EC_POINT_new(group);
    EC_POINT *product = group == NULL ? NULL : EC_POINT_new(group);
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (point == NULL || product == NULL) {
        status = status_from_openssl(NTE_NO_MEMORY, "libcrypto cannot set up the curve");
    } else if (EC_POINT_oct2point(group, point, data, size, NULL) != 1 ||
               EC_POINT_mul(group, product, NULL, point, EC_GROUP_get0_order(group), NULL) != 1) {
        status = status_from_openssl(NTE_INVALID_PARAMETER, "the point of the key is not on the curve");
    } else if (EC_POINT_is_at_infinity(group, product) != 1) {
        status = status_fail(NTE_INVALID_PARAMETER, "the point of the key is not of the generator's order");
    }
    EC_POINT_free(product);
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return status;
}

/* That coordinates are below the field's prime and the point on the curve is checked by libcrypto in any case; the
 * point at infinity has no such coordinates. */
static SECURITY_STATUS load(const struct components *components, bool validate, EVP_PKEY **pkey)
{
    uint8_t point[MAX_POINT];
    bool with_private = components_has(components, COMPONENT_EC_D);
    SECURITY_STATUS status = check_widths(components);
    struct pkey_builder builder;
    struct group_memory memory;
    size_t size;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    size = POINT_FORM_SIZE + 2 * (size_t)components->curve->width;
    status = find_point(components, validate, point, size);
    if (status == ERROR_SUCCESS && validate && components->curve->parameters != NULL) {
        status = check_order(components->curve, point, size);
    }
    if (status == ERROR_SUCCESS) {
        status = add_group(&builder, components->curve, &memory);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    pkey_builder_bytes(&builder, OSSL_PKEY_PARAM_PUB_KEY, point, size);
    if (with_private) {
        pkey_builder_number(&builder, OSSL_PKEY_PARAM_PRIV_KEY, components->item[COMPONENT_EC_D]);
    }
    status = pkey_builder_finish(&builder, PKEY_EC, with_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, pkey);
    secmem_wipe(&memory, sizeof memory);
    return status;
}

/* A number of libcrypto's among the components. It may be a byte longer than its place: private numbers are given as
 * wide as the order, which has a bit more than the field on some curves. */
static SECURITY_STATUS place_number(struct components *components, enum component which, const uint8_t *native,
                                    size_t size)
{
    size_t width = components->curve->width;
    uint8_t number[MAX_NUMBER], *place = components_add(components, which, width);
    SECURITY_STATUS status = ERROR_SUCCESS;

    memset(number, 0, sizeof number);
    if (place == NULL || size > sizeof number) {
        status = status_fail(NTE_INTERNAL_ERROR, "a number of the key has no place");
    } else {
        pkey_copy_native(number + sizeof number - size, native, size);
        memcpy(place, number + sizeof number - width, width);
        if (size > width && number[sizeof number - size] != 0) {
            status = status_fail(NTE_INTERNAL_ERROR, "the private number is wider than the curve's field");
        }
    }
    secmem_wipe(number, sizeof number);
    return status;
}

static SECURITY_STATUS take_apart(const struct material *material, bool with_private, struct components *components)
{
    static const char *const names[] = {OSSL_PKEY_PARAM_EC_PUB_X, OSSL_PKEY_PARAM_EC_PUB_Y, OSSL_PKEY_PARAM_PRIV_KEY};
    size_t count = with_private ? 3 : 2, width = material->curve->width;
    uint8_t numbers[3][MAX_NUMBER];
    OSSL_PARAM list[4];
    SECURITY_STATUS status = components_reserve(components, count * width + material->curve->parameters_size);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    components->curve = material->curve;
    /* All at once: asked for X and Y one by one, libcrypto would make the point affine twice. */
    for (size_t i = 0; i < count; i++) {
        list[i] = OSSL_PARAM_construct_BN(names[i], numbers[i], i < 2 ? width : MAX_NUMBER);
    }
    list[count] = OSSL_PARAM_construct_end();
    if (EVP_PKEY_get_params(material->pkey, list) != 1) {
        status = status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto does not give the numbers of the key");
    }
    for (size_t i = 0; status == ERROR_SUCCESS && i < count; i++) {
        status = place_number(components, (enum component)(COMPONENT_EC_X + i), numbers[i], list[i].return_size);
    }
    if (status == ERROR_SUCCESS && material->curve->parameters != NULL) {
        status = components_add_copy(components, COMPONENT_EC_PARAMETERS, material->curve->parameters,
                                     material->curve->parameters_size);
    }
    secmem_wipe(numbers, sizeof numbers);
    return status;
}

/* ---- ECDSA ------------------------------------------------------------------------------------------------ */

static const struct prepared_use use_sign = {PREPARED_SIGN, 0, NULL, 0};
static const struct prepared_use use_verify = {PREPARED_VERIFY, 0, NULL, 0};

static SECURITY_STATUS ecdsa_context(struct material *material, const struct prepared_use *use, const void *padding,
                                     EVP_PKEY_CTX **ctx)
{
    if (padding != NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "ECDSA has no padding structure");
    }
    return prepared_context(material, use, NULL, ctx);
}

static SECURITY_STATUS sign(struct material *material, const void *padding, uint32_t flags, const uint8_t *hash,
                            uint32_t hash_size, uint8_t *out, uint32_t out_size, uint32_t *result)
{
    uint8_t der[ECDSA_MAX_DER];
    size_t size = sizeof der;
    EVP_PKEY_CTX *ctx;
    SECURITY_STATUS status = ecdsa_context(material, &use_sign, padding, &ctx);

    (void)flags;
    (void)out_size;
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (EVP_PKEY_sign(ctx, der, &size, hash, hash_size > MAX_HASH ? MAX_HASH : hash_size) != 1) {
        status = status_from_openssl(NTE_FAIL, "libcrypto cannot sign");
    } else if (!ecdsa_der_to_raw(der, size, out, material->width)) {
        status = status_fail(NTE_INTERNAL_ERROR, "libcrypto's signature is not understood");
    } else {
        *result = material->signature_size;
    }
    prepared_return(material, &use_sign, ctx, status == ERROR_SUCCESS);
    return status;
}

static SECURITY_STATUS verify(struct material *material, const void *padding, uint32_t flags, const uint8_t *hash,
                              uint32_t hash_size, const uint8_t *signature, uint32_t signature_size)
{
    uint8_t der[ECDSA_MAX_DER];
    EVP_PKEY_CTX *ctx;
    SECURITY_STATUS status = ecdsa_context(material, &use_verify, padding, &ctx);

    (void)flags;
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (signature_size != material->signature_size) {
        status = status_fail(NTE_BAD_SIGNATURE, "the signature has %u bytes, those of this key have %u", signature_size,
                             material->signature_size);
    } else {
        int good = EVP_PKEY_verify(ctx, der, ecdsa_raw_to_der(signature, material->width, der), hash,
                                   hash_size > MAX_HASH ? MAX_HASH : hash_size);

        if (good == 0) {
            status = status_from_openssl(NTE_BAD_SIGNATURE, "the signature does not fit the hash and the key");
        } else if (good != 1) {
            status = status_from_openssl(NTE_FAIL, "libcrypto cannot verify");
        }
    }
    prepared_return(material, &use_verify, ctx, status == ERROR_SUCCESS);
    return status;
}

/* ---- ECDH ------------------------------------------------------------------------------------------------- */

static const struct prepared_use use_agree = {PREPARED_AGREE, 0, NULL, 0};

/* The peer's point has been found to be on the curve when its key was loaded: that it is checked again would take as
 * long as the agreement. */
SECURITY_STATUS ec_agree(struct material *material, const struct material *peer, uint8_t *out)
{
    size_t size = material->width;
    EVP_PKEY_CTX *ctx;
    SECURITY_STATUS status = prepared_context(material, &use_agree, NULL, &ctx);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (EVP_PKEY_derive_set_peer_ex(ctx, peer->pkey, 0) != 1 || EVP_PKEY_derive(ctx, out, &size) != 1) {
        status = status_from_openssl(NTE_FAIL, "libcrypto cannot agree on a secret");
    } else if (size != material->width) {
        status = status_fail(NTE_INTERNAL_ERROR, "libcrypto's secret has %zu bytes", size);
    }
    /* The context holds on to the peer's key: to the public half it may. */
    prepared_return(material, &use_agree, ctx, status == ERROR_SUCCESS && !peer->has_private);
    return status;
}

const struct family family_ec = {
    .generate = generate,
    .load = load,
    .take_apart = take_apart,
    .sign = sign,
    .verify = verify,
    .agree = ec_agree,
};
