/* SPDX-License-Identifier: MIT */
#include "ncrypt/key/rsa_numbers.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "ncrypt/key/pkey.h"

const char *const rsa_number_names[RSA_NUMBER_COUNT] = {
    OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
    OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
    OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

#define PUBLIC_COUNT (COMPONENT_RSA_E + 1)

/* Bounds the work on numbers that strangers chose, and refuses what can never be a key; cheap. */
static SECURITY_STATUS check_sizes(const struct components *components)
{
    const struct algorithm *algorithm = components->algorithm;
    struct component_span n = components_trimmed(components, COMPONENT_RSA_N);
    struct component_span e = components_trimmed(components, COMPONENT_RSA_E);
    size_t bits = components_bits(components, COMPONENT_RSA_N);

    if (bits < algorithm->import_min || bits > algorithm->import_max) {
        return status_fail(NTE_INVALID_PARAMETER, "an RSA modulus of %zu bits: %u to %u are supported", bits,
                           algorithm->import_min, algorithm->import_max);
    }
    if ((n.data[n.size - 1] & 1) == 0) {
        return status_fail(NTE_INVALID_PARAMETER, "the RSA modulus is even");
    }
    if (e.size == 0 || e.size > RSA_MAX_EXPONENT || (e.data[e.size - 1] & 1) == 0 || (e.size == 1 && e.data[0] < 3)) {
        return status_fail(NTE_INVALID_PARAMETER, "the RSA public exponent is not an odd number of 2 to 64 bits");
    }
    for (int i = PUBLIC_COUNT; i < RSA_NUMBER_COUNT; i++) {
        size_t size = components_trimmed(components, (enum component)i).size;

        if (size > n.size || (size == 0 && components_has(components, (enum component)i))) {
            return status_fail(NTE_INVALID_PARAMETER, "a private number of the RSA key is zero or exceeds the modulus");
        }
    }
    return ERROR_SUCCESS;
}

static bool has_all_numbers(const struct components *components)
{
    for (int i = 0; i < RSA_NUMBER_COUNT; i++) {
        if (!components_has(components, (enum component)i)) {
            return false;
        }
    }
    return true;
}

/* ---- completing and checking a private key ---------------------------------------------------------------- */

/* All numbers belong to the context, which wipes them when it is freed. */
struct numbers {
    BN_CTX *ctx;
    BIGNUM *item[RSA_NUMBER_COUNT];
    BIGNUM *p1, *q1, *lambda; /* p - 1, q - 1, their least common multiple */
    BIGNUM *scratch;
};

static BIGNUM *secret_number(BN_CTX *ctx)
{
    BIGNUM *number = BN_CTX_get(ctx);

    if (number != NULL) {
        BN_set_flags(number, BN_FLG_CONSTTIME);
    }
    return number;
}

static bool numbers_begin(struct numbers *numbers, const struct components *components)
{
    numbers->ctx = BN_CTX_new_ex(libctx_get());
    if (numbers->ctx == NULL) {
        return false;
    }
    BN_CTX_start(numbers->ctx);
    for (int i = 0; i < RSA_NUMBER_COUNT; i++) {
        const struct component_span span = components_trimmed(components, (enum component)i);

        numbers->item[i] = i < PUBLIC_COUNT ? BN_CTX_get(numbers->ctx) : secret_number(numbers->ctx);
        if (numbers->item[i] == NULL || BN_bin2bn(span.data, (int)span.size, numbers->item[i]) == NULL) {
            return false;
        }
    }
    numbers->p1 = secret_number(numbers->ctx);
    numbers->q1 = secret_number(numbers->ctx);
    numbers->lambda = secret_number(numbers->ctx);
    numbers->scratch = secret_number(numbers->ctx);
    return numbers->scratch != NULL;
}

static void numbers_end(struct numbers *numbers)
{
    if (numbers->ctx != NULL) {
        BN_CTX_end(numbers->ctx);
        BN_CTX_free(numbers->ctx);
    }
}

/* p * q == n, and what follows from p and q. */
static SECURITY_STATUS check_primes(struct numbers *numbers)
{
    const BIGNUM *p = numbers->item[COMPONENT_RSA_P], *q = numbers->item[COMPONENT_RSA_Q];

    if (!BN_mul(numbers->scratch, p, q, numbers->ctx)) {
        return status_from_openssl(NTE_NO_MEMORY, "RSA primes");
    }
    if (BN_cmp(numbers->scratch, numbers->item[COMPONENT_RSA_N]) != 0) {
        return status_fail(NTE_INVALID_PARAMETER, "the RSA primes do not multiply to the modulus");
    }
    if (BN_is_one(p) || BN_is_one(q) || BN_cmp(p, q) == 0) {
        return status_fail(NTE_INVALID_PARAMETER, "the RSA primes are equal, or one of them is 1");
    }
    if (!BN_sub(numbers->p1, p, BN_value_one()) || !BN_sub(numbers->q1, q, BN_value_one()) ||
        !BN_gcd(numbers->scratch, numbers->p1, numbers->q1, numbers->ctx) ||
        !BN_div(numbers->lambda, NULL, numbers->p1, numbers->scratch, numbers->ctx) ||
        !BN_mul(numbers->lambda, numbers->lambda, numbers->q1, numbers->ctx)) {
        return status_from_openssl(NTE_NO_MEMORY, "RSA primes");
    }
    return ERROR_SUCCESS;
}

/* d of the wrong kind of number is told by d * e == 1 modulo p - 1 and q - 1, that is modulo lambda. */
static SECURITY_STATUS complete_exponent(struct numbers *numbers, bool given)
{
    BIGNUM *d = numbers->item[COMPONENT_RSA_D];

    if (!given) {
        if (BN_mod_inverse(d, numbers->item[COMPONENT_RSA_E], numbers->lambda, numbers->ctx) == NULL) {
            return status_from_openssl(NTE_INVALID_PARAMETER, "the RSA public exponent does not fit the primes");
        }
        return ERROR_SUCCESS;
    }
    if (!BN_mod_mul(numbers->scratch, d, numbers->item[COMPONENT_RSA_E], numbers->lambda, numbers->ctx)) {
        return status_from_openssl(NTE_NO_MEMORY, "RSA private exponent");
    }
    if (!BN_is_one(numbers->scratch) || BN_cmp(d, numbers->item[COMPONENT_RSA_N]) >= 0) {
        return status_fail(NTE_INVALID_PARAMETER, "the RSA private exponent does not fit the public one");
    }
    return ERROR_SUCCESS;
}

/* Puts `expected` (in scratch) where nothing was given; else the two must be equal. */
static SECURITY_STATUS settle(struct numbers *numbers, enum component which, bool given)
{
    if (given && BN_cmp(numbers->item[which], numbers->scratch) != 0) {
        return status_fail(NTE_INVALID_PARAMETER, "the RSA exponents or the coefficient do not fit the primes");
    }
    if (!given && BN_copy(numbers->item[which], numbers->scratch) == NULL) {
        return status_no_memory();
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS complete_crt(struct numbers *numbers, const struct components *components)
{
    const BIGNUM *d = numbers->item[COMPONENT_RSA_D];
    SECURITY_STATUS status;

    if (!BN_mod(numbers->scratch, d, numbers->p1, numbers->ctx)) {
        return status_from_openssl(NTE_NO_MEMORY, "RSA exponent 1");
    }
    status = settle(numbers, COMPONENT_RSA_DP, components_has(components, COMPONENT_RSA_DP));
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (!BN_mod(numbers->scratch, d, numbers->q1, numbers->ctx)) {
        return status_from_openssl(NTE_NO_MEMORY, "RSA exponent 2");
    }
    status = settle(numbers, COMPONENT_RSA_DQ, components_has(components, COMPONENT_RSA_DQ));
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (BN_mod_inverse(numbers->scratch, numbers->item[COMPONENT_RSA_Q], numbers->item[COMPONENT_RSA_P],
                       numbers->ctx) == NULL) {
        return status_from_openssl(NTE_INVALID_PARAMETER, "the RSA primes have a common divisor");
    }
    return settle(numbers, COMPONENT_RSA_QI, components_has(components, COMPONENT_RSA_QI));
}

/* How wide each number is written: see the RSA blobs. */
static void number_widths(BIGNUM *const item[RSA_NUMBER_COUNT], size_t widths[RSA_NUMBER_COUNT])
{
    size_t n = (size_t)BN_num_bytes(item[COMPONENT_RSA_N]);
    size_t p = item[COMPONENT_RSA_P] == NULL ? 0 : (size_t)BN_num_bytes(item[COMPONENT_RSA_P]);
    size_t q = item[COMPONENT_RSA_Q] == NULL ? 0 : (size_t)BN_num_bytes(item[COMPONENT_RSA_Q]);

    widths[COMPONENT_RSA_N] = widths[COMPONENT_RSA_D] = n;
    widths[COMPONENT_RSA_E] = (size_t)BN_num_bytes(item[COMPONENT_RSA_E]);
    widths[COMPONENT_RSA_P] = widths[COMPONENT_RSA_DP] = widths[COMPONENT_RSA_QI] = p;
    widths[COMPONENT_RSA_Q] = widths[COMPONENT_RSA_DQ] = q;
}

static SECURITY_STATUS numbers_to_components(BIGNUM *const item[RSA_NUMBER_COUNT], int count,
                                             struct components *components)
{
    size_t widths[RSA_NUMBER_COUNT], total = 0;
    SECURITY_STATUS status;

    number_widths(item, widths);
    for (int i = 0; i < count; i++) {
        total += widths[i];
    }
    status = components_reserve(components, total);
    for (int i = 0; status == ERROR_SUCCESS && i < count; i++) {
        status = pkey_number_to_component(item[i], components, (enum component)i, widths[i]);
    }
    return status;
}

static SECURITY_STATUS complete(const struct components *components, struct components *full)
{
    SECURITY_STATUS status;
    struct numbers numbers;

    if (!components_has(components, COMPONENT_RSA_P) || !components_has(components, COMPONENT_RSA_Q)) {
        return status_fail(NTE_INVALID_PARAMETER, "the RSA primes are missing");
    }
    if (!numbers_begin(&numbers, components)) {
        numbers_end(&numbers);
        return status_no_memory();
    }
    status = check_primes(&numbers);
    if (status == ERROR_SUCCESS) {
        status = complete_exponent(&numbers, components_has(components, COMPONENT_RSA_D));
    }
    if (status == ERROR_SUCCESS) {
        status = complete_crt(&numbers, components);
    }
    if (status == ERROR_SUCCESS) {
        full->algorithm = components->algorithm;
        status = numbers_to_components(numbers.item, RSA_NUMBER_COUNT, full);
    }
    numbers_end(&numbers);
    return status;
}

/* ---- the family's functions ------------------------------------------------------------------------------- */

static SECURITY_STATUS build(const struct components *components, int count, EVP_PKEY **pkey)
{
    struct pkey_builder builder;
    SECURITY_STATUS status;
    uint8_t *memory;
    size_t total = 0;

    for (int i = 0; i < count; i++) {
        total += components_trimmed(components, (enum component)i).size;
    }
    memory = secmem_alloc(total);
    if (memory == NULL) {
        return status_no_memory();
    }
    pkey_builder_init(&builder, memory);
    for (int i = 0; i < count; i++) {
        pkey_builder_number(&builder, rsa_number_names[i], components_trimmed(components, (enum component)i));
    }
    status = pkey_builder_finish(&builder, PKEY_RSA, count == RSA_NUMBER_COUNT ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                                 pkey);
    secmem_free(memory);
    return status;
}

SECURITY_STATUS rsa_load(const struct components *components, bool validate, EVP_PKEY **pkey)
{
    SECURITY_STATUS status = check_sizes(components);
    struct components full;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (!components_private(components)) {
        return build(components, PUBLIC_COUNT, pkey);
    }
    if (!validate && has_all_numbers(components)) {
        return build(components, RSA_NUMBER_COUNT, pkey);
    }
    components_init(&full);
    status = complete(components, &full);
    if (status == ERROR_SUCCESS) {
        status = build(&full, RSA_NUMBER_COUNT, pkey);
    }
    components_clear(&full);
    return status;
}

SECURITY_STATUS rsa_take_apart(const struct material *material, bool with_private, struct components *components)
{
    int count = with_private ? RSA_NUMBER_COUNT : PUBLIC_COUNT;
    SECURITY_STATUS status = ERROR_SUCCESS;
    BIGNUM *item[RSA_NUMBER_COUNT] = {NULL};

    for (int i = 0; status == ERROR_SUCCESS && i < count; i++) {
        status = pkey_number(material->pkey, rsa_number_names[i], &item[i]);
    }
    if (status == ERROR_SUCCESS) {
        status = numbers_to_components(item, count, components);
    }
    for (int i = 0; i < count; i++) {
        BN_clear_free(item[i]);
    }
    return status;
}
