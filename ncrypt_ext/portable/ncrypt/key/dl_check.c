/* SPDX-License-Identifier: MIT */
#include <openssl/bn.h>

#include "common/libctx.h"
#include "ncrypt/key/dl.h"

#define NUMBER_COUNT (COMPONENT_DL_X - COMPONENT_DL_P + 1)

static struct component_span number_of(const struct components *components, int index)
{
    return components_trimmed(components, (enum component)(COMPONENT_DL_P + index));
}

bool dl_is_dsa(const struct components *components)
{
    return components->algorithm->family == &family_dsa;
}

bool dl_is_group(const struct components *components)
{
    return components_has(components, COMPONENT_DL_P) && !components_has(components, COMPONENT_DL_Y) &&
           !components_has(components, COMPONENT_DL_X);
}

static SECURITY_STATUS check_modulus(const struct components *components)
{
    const struct algorithm *algorithm = components->algorithm;
    struct component_span p = components_trimmed(components, COMPONENT_DL_P);
    size_t bits = components_bits(components, COMPONENT_DL_P);

    if (bits < algorithm->import_min || bits > algorithm->import_max) {
        return status_fail(NTE_INVALID_PARAMETER, "a modulus of %zu bits: %u to %u are supported", bits,
                           algorithm->import_min, algorithm->import_max);
    }
    if ((p.data[p.size - 1] & 1) == 0) {
        return status_fail(NTE_INVALID_PARAMETER, "the modulus is even");
    }
    return ERROR_SUCCESS;
}

/* As long as the hash that is signed, by the rules of Windows; libcrypto verifies in no longer ones than these. */
static SECURITY_STATUS check_dsa_subgroup(const struct components *components)
{
    size_t bits = components_bits(components, COMPONENT_DL_Q);

    if (bits != 160 && bits != 256) {
        return status_fail(NTE_INVALID_PARAMETER, "a DSA key with a Q of %zu bits: 160 and 256 are supported", bits);
    }
    if (bits != 160 && components_bits(components, COMPONENT_DL_P) <= DL_OLD_DSA_BITS) {
        return status_fail(NTE_INVALID_PARAMETER, "a DSA key of at most %d bits has a Q of 160 bits", DL_OLD_DSA_BITS);
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS dl_check_sizes(const struct components *components)
{
    size_t width = components_trimmed(components, COMPONENT_DL_P).size;
    SECURITY_STATUS status = check_modulus(components);

    if (status == ERROR_SUCCESS && dl_is_dsa(components)) {
        status = check_dsa_subgroup(components);
    }
    for (int i = 0; status == ERROR_SUCCESS && i < NUMBER_COUNT; i++) {
        if (number_of(components, i).size > width) {
            status = status_fail(NTE_INVALID_PARAMETER, "a number of the key exceeds the modulus");
        }
    }
    if (status == ERROR_SUCCESS && components_trimmed(components, COMPONENT_DL_G).size == 0) {
        status = status_fail(NTE_INVALID_PARAMETER, "the generator is missing or zero");
    }
    if (status == ERROR_SUCCESS && components->item[COMPONENT_DSA_SEED].size > DL_MAX_SEED) {
        status = status_fail(NTE_INVALID_PARAMETER, "a seed of more than %d bytes", DL_MAX_SEED);
    }
    return status;
}

/* All numbers belong to the context, which wipes them when it is freed. */
struct numbers {
    BN_CTX *ctx;
    BIGNUM *p, *q, *g, *y, *x; /* zero when absent */
    BIGNUM *p1;                /* P - 1 */
    BIGNUM *scratch, *base, *exponent;
};

static bool numbers_begin(struct numbers *numbers, const struct components *components)
{
    BIGNUM **places[NUMBER_COUNT] = {&numbers->p, &numbers->q, &numbers->g, &numbers->y, &numbers->x};

    numbers->ctx = BN_CTX_new_ex(libctx_get());
    if (numbers->ctx == NULL) {
        return false;
    }
    BN_CTX_start(numbers->ctx);
    for (int i = 0; i < NUMBER_COUNT; i++) {
        struct component_span span = number_of(components, i);

        *places[i] = BN_CTX_get(numbers->ctx);
        if (*places[i] == NULL) {
            return false;
        }
        if (COMPONENT_DL_P + i == COMPONENT_DL_X) {
            BN_set_flags(numbers->x, BN_FLG_CONSTTIME);
        }
        if (BN_bin2bn(span.data, (int)span.size, *places[i]) == NULL) {
            return false;
        }
    }
    numbers->p1 = BN_CTX_get(numbers->ctx);
    numbers->scratch = BN_CTX_get(numbers->ctx);
    numbers->base = BN_CTX_get(numbers->ctx);
    numbers->exponent = BN_CTX_get(numbers->ctx);
    return numbers->exponent != NULL && BN_sub(numbers->p1, numbers->p, BN_value_one()) == 1;
}

static void numbers_end(struct numbers *numbers)
{
    if (numbers->ctx != NULL) {
        BN_CTX_end(numbers->ctx);
        BN_CTX_free(numbers->ctx);
    }
}

static SECURITY_STATUS no_arithmetic(void)
{
    return status_from_openssl(NTE_NO_MEMORY, "the numbers of the key");
}

/* Fermat's test: one exponentiation, however large the number, which finds what has been damaged or mixed up. */
static SECURITY_STATUS check_prime(struct numbers *numbers, const BIGNUM *number, const char *name)
{
    if (!BN_set_word(numbers->base, 2) || !BN_sub(numbers->exponent, number, BN_value_one()) ||
        !BN_mod_exp(numbers->scratch, numbers->base, numbers->exponent, number, numbers->ctx)) {
        return no_arithmetic();
    }
    return BN_is_one(numbers->scratch) ? ERROR_SUCCESS : status_fail(NTE_INVALID_PARAMETER, "%s is no prime", name);
}

/* 1 < number < P - 1, and of order Q where that is known. */
static SECURITY_STATUS check_element(struct numbers *numbers, const BIGNUM *number, const char *name)
{
    if (BN_cmp(number, BN_value_one()) <= 0 || BN_cmp(number, numbers->p1) >= 0) {
        return status_fail(NTE_INVALID_PARAMETER, "the %s is not between 1 and P - 1", name);
    }
    if (BN_is_zero(numbers->q)) {
        return ERROR_SUCCESS;
    }
    if (!BN_mod_exp(numbers->scratch, number, numbers->q, numbers->p, numbers->ctx)) {
        return no_arithmetic();
    }
    return BN_is_one(numbers->scratch)
               ? ERROR_SUCCESS
               : status_fail(NTE_INVALID_PARAMETER, "the %s is not in the group of order Q", name);
}

static SECURITY_STATUS check_group(struct numbers *numbers)
{
    SECURITY_STATUS status = check_prime(numbers, numbers->p, "P");

    if (status == ERROR_SUCCESS && !BN_is_zero(numbers->q)) {
        if (!BN_is_odd(numbers->q) || BN_is_one(numbers->q)) {
            return status_fail(NTE_INVALID_PARAMETER, "Q is no odd prime");
        }
        if (!BN_mod(numbers->scratch, numbers->p1, numbers->q, numbers->ctx)) {
            return no_arithmetic();
        }
        if (!BN_is_zero(numbers->scratch)) {
            return status_fail(NTE_INVALID_PARAMETER, "Q does not divide P - 1");
        }
        status = check_prime(numbers, numbers->q, "Q");
    }
    return status == ERROR_SUCCESS ? check_element(numbers, numbers->g, "generator") : status;
}

/* Leaves in `scratch` the public number that belongs to X. */
static SECURITY_STATUS compute_public(struct numbers *numbers)
{
    const BIGNUM *limit = BN_is_zero(numbers->q) ? numbers->p1 : numbers->q;

    if (BN_is_zero(numbers->x) || BN_cmp(numbers->x, limit) >= 0) {
        return status_fail(NTE_INVALID_PARAMETER, "the private number is zero or too large");
    }
    return BN_mod_exp(numbers->scratch, numbers->g, numbers->x, numbers->p, numbers->ctx) ? ERROR_SUCCESS
                                                                                          : no_arithmetic();
}

/* Computes Y where it is missing, else compares. */
static SECURITY_STATUS check_private(struct numbers *numbers)
{
    SECURITY_STATUS status = compute_public(numbers);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (BN_is_zero(numbers->y)) {
        return BN_copy(numbers->y, numbers->scratch) != NULL ? ERROR_SUCCESS : status_no_memory();
    }
    return BN_cmp(numbers->y, numbers->scratch) == 0
               ? ERROR_SUCCESS
               : status_fail(NTE_INVALID_PARAMETER, "the public and the private number are not of one key");
}

static SECURITY_STATUS check_numbers(struct numbers *numbers, const struct components *components, bool validate)
{
    bool with_private = components_has(components, COMPONENT_DL_X), group = dl_is_group(components);
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (validate && (with_private || group)) {
        status = check_group(numbers);
    }
    if (status == ERROR_SUCCESS && with_private) {
        status = check_private(numbers);
    }
    if (status == ERROR_SUCCESS && validate && !group) {
        status = check_element(numbers, numbers->y, "public number");
    }
    return status;
}

SECURITY_STATUS dl_complete(const struct components *components, bool validate, struct components *whole)
{
    size_t width = components_trimmed(components, COMPONENT_DL_P).size;
    SECURITY_STATUS status;
    struct numbers numbers;
    uint8_t *y = NULL;

    if (!numbers_begin(&numbers, components)) {
        numbers_end(&numbers);
        return status_no_memory();
    }
    status = check_numbers(&numbers, components, validate);
    if (status == ERROR_SUCCESS && !dl_is_group(components)) {
        *whole = *components;
        whole->block = NULL;
        whole->item[COMPONENT_DL_Y] = (struct component_span){NULL, 0};
        status = components_reserve(whole, width);
        y = status == ERROR_SUCCESS ? components_add(whole, COMPONENT_DL_Y, width) : NULL;
        if (y != NULL && BN_bn2binpad(numbers.y, y, (int)width) < 0) {
            status = no_arithmetic();
        }
    }
    numbers_end(&numbers);
    return status;
}
