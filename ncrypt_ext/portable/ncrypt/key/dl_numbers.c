/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "ncrypt/key/dl.h"

#define NUMBER_COUNT (COMPONENT_DL_X - COMPONENT_DL_P + 1)
#define PUBLIC_COUNT (NUMBER_COUNT - 1)
#define GROUP_COUNT  (PUBLIC_COUNT - 1)

/* In the order of enum component. */
static const char *const number_names[NUMBER_COUNT] = {
    OSSL_PKEY_PARAM_FFC_P,   OSSL_PKEY_PARAM_FFC_Q,    OSSL_PKEY_PARAM_FFC_G,
    OSSL_PKEY_PARAM_PUB_KEY, OSSL_PKEY_PARAM_PRIV_KEY,
};

static struct component_span number_of(const struct components *components, int index)
{
    return components_trimmed(components, (enum component)(COMPONENT_DL_P + index));
}

/* ---- libcrypto's keys ----------------------------------------------------------------------------------------- */

/* Both or none: one is of no use without the other. False when there are none. */
static bool read_count(const struct components *components, int *count)
{
    const struct component_span *item = &components->item[COMPONENT_DSA_COUNT];
    uint32_t number = 0;

    if (item->data == NULL || item->size != DL_COUNT_SIZE || !components_has(components, COMPONENT_DSA_SEED)) {
        return false;
    }
    for (size_t i = 0; i < DL_COUNT_SIZE; i++) {
        number = number << 8 | item->data[i];
    }
    *count = (int)number;
    return number <= INT_MAX;
}

SECURITY_STATUS dl_build(const struct components *components, enum pkey_type type, int selection, EVP_PKEY **pkey)
{
    const struct component_span *seed = &components->item[COMPONENT_DSA_SEED];
    struct pkey_builder builder;
    SECURITY_STATUS status;
    uint8_t *memory;
    size_t total = 0;
    int count = 0;

    for (int i = 0; i < NUMBER_COUNT; i++) {
        total += number_of(components, i).size;
    }
    memory = secmem_alloc(total);
    if (memory == NULL) {
        return status_no_memory();
    }
    pkey_builder_init(&builder, memory);
    for (int i = 0; i < NUMBER_COUNT; i++) {
        if (number_of(components, i).size > 0) {
            pkey_builder_number(&builder, number_names[i], number_of(components, i));
        }
    }
    if (type == PKEY_DSA && read_count(components, &count)) {
        pkey_builder_bytes(&builder, OSSL_PKEY_PARAM_FFC_SEED, seed->data, seed->size);
        pkey_builder_integer(&builder, OSSL_PKEY_PARAM_FFC_PCOUNTER, &count);
    }
    status = pkey_builder_finish(&builder, type, selection, pkey);
    secmem_free(memory);
    return status;
}

static enum pkey_type type_of(const struct components *components)
{
    return dl_is_dsa(components) ? PKEY_DSA : PKEY_DH;
}

SECURITY_STATUS dl_load(const struct components *components, bool validate, EVP_PKEY **pkey)
{
    bool with_private = components_has(components, COMPONENT_DL_X);
    int selection = with_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    bool has_public = components_trimmed(components, COMPONENT_DL_Y).size > 0;
    SECURITY_STATUS status = dl_check_sizes(components);
    struct components whole;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (!with_private && !has_public) {
        return status_fail(NTE_INVALID_PARAMETER, "the public number is missing or zero");
    }
    if (!validate && has_public) {
        return dl_build(components, type_of(components), selection, pkey);
    }
    components_init(&whole);
    status = dl_complete(components, validate, &whole);
    if (status == ERROR_SUCCESS) {
        status = dl_build(&whole, type_of(components), selection, pkey);
    }
    components_clear(&whole);
    return status;
}

SECURITY_STATUS dl_generate(EVP_PKEY *group, EVP_PKEY **pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx_get(), group, NULL);

    if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1) {
        EVP_PKEY_CTX_free(ctx);
        return status_from_openssl(NTE_FAIL, "libcrypto cannot generate keys in this group");
    }
    return pkey_generate(ctx, pkey);
}

/* A random X; Y follows. */
static SECURITY_STATUS generate_small(const struct components *group, EVP_PKEY **pkey)
{
    struct component_span q = components_trimmed(group, COMPONENT_DL_Q);
    BIGNUM *limit = BN_bin2bn(q.data, (int)q.size, NULL), *x = BN_secure_new();
    struct components whole = *group;
    SECURITY_STATUS status = limit == NULL || x == NULL ? status_no_memory() : ERROR_SUCCESS;

    whole.block = NULL;
    while (status == ERROR_SUCCESS && BN_is_zero(x)) {
        if (BN_priv_rand_range_ex(x, limit, 0, NULL) != 1) {
            status = status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto has no random number");
        }
    }
    if (status == ERROR_SUCCESS) {
        status = components_reserve(&whole, q.size);
    }
    if (status == ERROR_SUCCESS) {
        status = pkey_number_to_component(x, &whole, COMPONENT_DL_X, q.size);
    }
    if (status == ERROR_SUCCESS) {
        status = dl_load(&whole, false, pkey);
    }
    components_clear(&whole);
    BN_clear_free(x);
    BN_free(limit);
    return status;
}

SECURITY_STATUS dl_generate_in(const struct components *group, bool validate, EVP_PKEY **pkey)
{
    EVP_PKEY *template = NULL;
    struct components none;
    SECURITY_STATUS status = dl_check_sizes(group);

    components_init(&none);
    if (status == ERROR_SUCCESS && validate) {
        status = dl_complete(group, true, &none);
    }
    if (status == ERROR_SUCCESS && dl_is_dsa(group) && components_bits(group, COMPONENT_DL_P) < DL_OLD_DSA_BITS) {
        return generate_small(group, pkey);
    }
    if (status == ERROR_SUCCESS) {
        status = dl_build(group, type_of(group), EVP_PKEY_KEY_PARAMETERS, &template);
    }
    if (status == ERROR_SUCCESS) {
        status = dl_generate(template, pkey);
    }
    EVP_PKEY_free(template);
    return status;
}

/* ---- taking apart --------------------------------------------------------------------------------------------- */

/* libcrypto knows the order of standard groups of DH. It follows from P there, and no blob has a place for it. */
static bool follows_from_modulus(const BIGNUM *q, const BIGNUM *p)
{
    BIGNUM *half = BN_dup(p);
    bool follows = half != NULL && BN_rshift1(half, half) == 1 && BN_cmp(half, q) == 0;

    BN_free(half);
    return follows;
}

static SECURITY_STATUS read_numbers(const EVP_PKEY *pkey, bool dsa, int count, BIGNUM *item[NUMBER_COUNT])
{
    SECURITY_STATUS status = ERROR_SUCCESS;

    for (int i = 0; status == ERROR_SUCCESS && i < count; i++) {
        if (COMPONENT_DL_P + i == COMPONENT_DL_Q && !dsa) {
            (void)EVP_PKEY_get_bn_param(pkey, number_names[i], &item[i]); /* is there or not */
        } else {
            status = pkey_number(pkey, number_names[i], &item[i]);
        }
    }
    if (status == ERROR_SUCCESS && !dsa && item[1] != NULL && follows_from_modulus(item[1], item[0])) {
        BN_free(item[1]);
        item[1] = NULL;
    }
    return status;
}

static SECURITY_STATUS add_seed(const EVP_PKEY *pkey, struct components *components, const uint8_t *seed, size_t size)
{
    uint8_t *place;
    int count = -1;

    if (size == 0 || EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_FFC_PCOUNTER, &count) != 1 || count < 0) {
        return ERROR_SUCCESS;
    }
    place = components_add(components, COMPONENT_DSA_COUNT, DL_COUNT_SIZE);
    if (place == NULL) {
        return status_fail(NTE_INTERNAL_ERROR, "no room was reserved for the counter of the parameters");
    }
    for (size_t i = 0; i < DL_COUNT_SIZE; i++) {
        place[i] = (uint8_t)((unsigned)count >> (8 * (DL_COUNT_SIZE - 1 - i)));
    }
    return components_add_copy(components, COMPONENT_DSA_SEED, seed, size);
}

/* P, G and Y are as wide as the modulus, and so is the private number of DH; that of DSA is as wide as Q. */
static size_t width_of(BIGNUM *const item[NUMBER_COUNT], int index, bool dsa)
{
    bool narrow = COMPONENT_DL_P + index == COMPONENT_DL_Q || (dsa && index == PUBLIC_COUNT);

    return item[index] == NULL ? 0 : (size_t)BN_num_bytes(item[narrow ? COMPONENT_DL_Q - COMPONENT_DL_P : 0]);
}

static SECURITY_STATUS add_numbers(BIGNUM *const item[NUMBER_COUNT], bool dsa, size_t more,
                                   struct components *components)
{
    size_t total = more;
    SECURITY_STATUS status;

    for (int i = 0; i < NUMBER_COUNT; i++) {
        total += width_of(item, i, dsa);
    }
    status = components_reserve(components, total);
    for (int i = 0; status == ERROR_SUCCESS && i < NUMBER_COUNT; i++) {
        if (item[i] != NULL) {
            status = pkey_number_to_component(item[i], components, (enum component)(COMPONENT_DL_P + i),
                                              width_of(item, i, dsa));
        }
    }
    return status;
}

static SECURITY_STATUS take(const EVP_PKEY *pkey, bool dsa, int count, struct components *components)
{
    BIGNUM *item[NUMBER_COUNT] = {NULL};
    uint8_t seed[DL_MAX_SEED];
    size_t seed_size = 0;
    SECURITY_STATUS status = read_numbers(pkey, dsa, count, item);

    if (!dsa || EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_FFC_SEED, seed, sizeof seed, &seed_size) != 1) {
        seed_size = 0;
    }
    if (status == ERROR_SUCCESS) {
        status = add_numbers(item, dsa, seed_size + DL_COUNT_SIZE, components);
    }
    if (status == ERROR_SUCCESS) {
        status = add_seed(pkey, components, seed, seed_size);
    }
    for (int i = 0; i < NUMBER_COUNT; i++) {
        BN_clear_free(item[i]);
    }
    return status;
}

SECURITY_STATUS dl_take_apart(const struct material *material, bool with_private, struct components *components)
{
    return take(material->pkey, material->algorithm->family == &family_dsa, with_private ? NUMBER_COUNT : PUBLIC_COUNT,
                components);
}

SECURITY_STATUS dl_take_group(const EVP_PKEY *pkey, const struct algorithm *algorithm, struct components *group)
{
    SECURITY_STATUS status;

    components_init(group);
    group->algorithm = algorithm;
    status = take(pkey, algorithm->family == &family_dsa, GROUP_COUNT, group);
    if (status != ERROR_SUCCESS) {
        components_clear(group);
    }
    return status;
}
