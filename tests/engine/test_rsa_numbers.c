/* SPDX-License-Identifier: MIT
 *
 * RSA keys from numbers and to numbers: completion, validation, odd sizes; generation and its interruption.
 */
#include "key_support.h"
#include "ncrypt_ext_compat.h"

/* Signs with one and verifies with the other. */
static void check_same_key(struct material *left, struct material *right)
{
    const BCRYPT_PKCS1_PADDING_INFO sha1 = {u"SHA1"};
    uint8_t hash[20] = {7}, signature[2048];
    uint32_t size;

    CHECK_STATUS(material_sign(left, &sha1, NCRYPT_PAD_PKCS1_FLAG, hash, 20, signature, sizeof signature, &size),
                 ERROR_SUCCESS);
    CHECK_STATUS(material_verify(right, &sha1, NCRYPT_PAD_PKCS1_FLAG, hash, 20, signature, size), ERROR_SUCCESS);
}

static void test_completion(void)
{
    struct components full, part, taken;
    struct material *whole, *completed;

    for (int validate = 0; validate < 2; validate++) {
        fixed_rsa(&full, 8);
        fixed_rsa(&part, 4);
        components_init(&taken);
        CHECK_STATUS(material_load(&full, validate, &whole), ERROR_SUCCESS);
        CHECK_STATUS(material_load(&part, validate, &completed), ERROR_SUCCESS);
        check_same_key(whole, completed);
        check_same_key(completed, whole);
        CHECK_STATUS(material_take_apart(completed, true, &taken), ERROR_SUCCESS);
        CHECK(taken.algorithm == full.algorithm && taken.curve == NULL);
        for (int i = COMPONENT_RSA_P; i <= COMPONENT_RSA_QI; i++) {
            CHECK(taken.item[i].size == 64 && memcmp(taken.item[i].data, full.item[i].data, 64) == 0);
        }
        CHECK(taken.item[COMPONENT_RSA_D].size == 128 && taken.item[COMPONENT_RSA_N].size == 128);
        CHECK(taken.item[COMPONENT_RSA_E].size == 3);
        components_clear(&taken);
        components_clear(&full);
        components_clear(&part);
        material_free(whole);
        material_free(completed);
    }
}

/* d modulo (p-1)(q-1), as old programs compute it, is as good as d modulo the least common multiple. */
static void test_other_exponent(void)
{
    struct components numbers;
    struct material *material, *plain;
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *p, *q, *e, *phi = BN_new(), *d = BN_new();

    fixed_rsa(&numbers, 8);
    p = BN_bin2bn(numbers.item[COMPONENT_RSA_P].data, 64, NULL);
    q = BN_bin2bn(numbers.item[COMPONENT_RSA_Q].data, 64, NULL);
    e = BN_bin2bn(numbers.item[COMPONENT_RSA_E].data, 3, NULL);
    CHECK(BN_sub_word(p, 1) && BN_sub_word(q, 1) && BN_mul(phi, p, q, ctx) && BN_mod_inverse(d, e, phi, ctx) != NULL);
    CHECK_STATUS(material_load(&numbers, true, &plain), ERROR_SUCCESS);
    CHECK(BN_bn2binpad(d, numbers.item[COMPONENT_RSA_D].data, 128) == 128);
    CHECK_STATUS(material_load(&numbers, true, &material), ERROR_SUCCESS);
    check_same_key(material, plain);
    material_free(material);
    material_free(plain);
    components_clear(&numbers);
    BN_free(p);
    BN_free(q);
    BN_free(e);
    BN_free(phi);
    BN_free(d);
    BN_CTX_free(ctx);
}

/* Every number of a full key, changed at either end, is noticed. */
static void test_wrong_numbers(void)
{
    for (int i = 0; i < COMPONENT_RSA_QI + 1; i++) {
        for (int end = 0; end < 2; end++) {
            struct components numbers;
            struct material *material = NULL;
            struct component_span *item = &numbers.item[i];

            fixed_rsa(&numbers, 8);
            item->data[end == 0 ? 0 : item->size - 1] ^= 2;
            CHECK_STATUS(material_load(&numbers, true, &material), NTE_INVALID_PARAMETER);
            CHECK(material == NULL);
            components_clear(&numbers);
        }
    }
}

static SECURITY_STATUS load_public(size_t n_size, uint8_t n_last, const char *e, size_t e_size, bool validate)
{
    struct components numbers;
    struct material *material = NULL;
    SECURITY_STATUS status;
    uint8_t *n;

    components_init(&numbers);
    numbers.algorithm = algorithm_by_name(NCRYPT_RSA_ALGORITHM);
    CHECK_STATUS(components_reserve(&numbers, n_size + e_size), ERROR_SUCCESS);
    n = components_add(&numbers, COMPONENT_RSA_N, n_size);
    if (n_size > 0) {
        memset(n, 0xC5, n_size);
        n[n_size - 1] = n_last;
    }
    CHECK_STATUS(components_add_copy(&numbers, COMPONENT_RSA_E, (const uint8_t *)e, e_size), ERROR_SUCCESS);
    status = material_load(&numbers, validate, &material);
    if (status == ERROR_SUCCESS) {
        CHECK(material->bits == 8 * n_size);
    }
    material_free(material);
    components_clear(&numbers);
    return status;
}

static void test_public_sizes(void)
{
    for (int validate = 0; validate < 2; validate++) {
        CHECK_STATUS(load_public(48, 1, "\3", 1, validate), ERROR_SUCCESS);
        CHECK_STATUS(load_public(2048, 1, "\1\0\1", 3, validate), ERROR_SUCCESS);
        CHECK_STATUS(load_public(129, 1, "\0\0\0\0\0\0\0\0\0\0\1\0\1", 13, validate), ERROR_SUCCESS);
        CHECK_STATUS(load_public(128, 1, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8, validate), ERROR_SUCCESS);
        CHECK_STATUS(load_public(47, 1, "\3", 1, validate), NTE_INVALID_PARAMETER);
        CHECK_STATUS(load_public(2049, 1, "\3", 1, validate), NTE_INVALID_PARAMETER);
        CHECK_STATUS(load_public(1000000, 1, "\3", 1, validate), NTE_INVALID_PARAMETER);
        CHECK_STATUS(load_public(0, 0, "\3", 1, validate), NTE_INVALID_PARAMETER);
        CHECK_STATUS(load_public(128, 2, "\3", 1, validate), NTE_INVALID_PARAMETER);
        CHECK_STATUS(load_public(128, 1, "", 0, validate), NTE_INVALID_PARAMETER);
        CHECK_STATUS(load_public(128, 1, "\0", 1, validate), NTE_INVALID_PARAMETER);
        CHECK_STATUS(load_public(128, 1, "\1", 1, validate), NTE_INVALID_PARAMETER);
        CHECK_STATUS(load_public(128, 1, "\2", 1, validate), NTE_INVALID_PARAMETER);
        CHECK_STATUS(load_public(128, 1, "\1\0", 2, validate), NTE_INVALID_PARAMETER);
        CHECK_STATUS(load_public(128, 1, "\1\0\0\0\0\0\0\0\1", 9, validate), NTE_INVALID_PARAMETER);
    }
}

/* A key of two primes of those lengths, from n, e, p and q alone. */
static SECURITY_STATUS load_primes(int p_bits, int q_bits, bool same, struct material **material)
{
    BIGNUM *p = BN_new(), *q = BN_new(), *n = BN_new(), *e = BN_new();
    BN_CTX *ctx = BN_CTX_new();
    const BIGNUM *all[] = {n, e, p, q};
    static const enum component which[] = {COMPONENT_RSA_N, COMPONENT_RSA_E, COMPONENT_RSA_P, COMPONENT_RSA_Q};
    struct components numbers;
    SECURITY_STATUS status;

    BN_set_word(e, 65537);
    do {
        CHECK(BN_generate_prime_ex(p, p_bits, 0, NULL, NULL, NULL) &&
              BN_generate_prime_ex(q, q_bits, 0, NULL, NULL, NULL));
        CHECK(!same || BN_copy(q, p) != NULL);
        CHECK(BN_mul(n, p, q, ctx));
    } while (BN_num_bits(n) != p_bits + q_bits);
    components_init(&numbers);
    numbers.algorithm = algorithm_by_name(NCRYPT_RSA_ALGORITHM);
    CHECK_STATUS(components_reserve(&numbers, 1024), ERROR_SUCCESS);
    for (int i = 0; i < 4; i++) {
        size_t size = (size_t)BN_num_bytes(all[i]);

        CHECK(BN_bn2binpad(all[i], components_add(&numbers, which[i], size), (int)size) == (int)size);
    }
    status = material_load(&numbers, true, material);
    components_clear(&numbers);
    BN_free(p);
    BN_free(q);
    BN_free(n);
    BN_free(e);
    BN_CTX_free(ctx);
    return status;
}

/* Sizes that cannot be generated can be imported, also with primes of unequal length. A key of 384 bits has room for
 * 37 bytes: SHA-1's 35 and MD5's 34 fit, SHA-256's 51 do not. */
static void test_imported_sizes(void)
{
    static const int lengths[][2] = {{192, 192}, {516, 516}, {400, 640}, {640, 400}};
    const BCRYPT_PKCS1_PADDING_INFO md5 = {u"MD5"}, sha256 = {u"SHA256"};
    uint8_t hash[32] = {1}, signature[200];
    uint32_t size;

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct material *material = NULL;

        CHECK_STATUS(load_primes(lengths[i][0], lengths[i][1], false, &material), ERROR_SUCCESS);
        CHECK(material->bits == (uint32_t)(lengths[i][0] + lengths[i][1]) &&
              material->width == (material->bits + 7) / 8);
        check_same_key(material, material);
        CHECK_STATUS(material_sign(material, &md5, NCRYPT_PAD_PKCS1_FLAG, hash, 16, signature, 200, &size),
                     ERROR_SUCCESS);
        CHECK_STATUS(material_sign(material, &sha256, NCRYPT_PAD_PKCS1_FLAG, hash, 32, signature, 200, &size),
                     i == 0 ? NTE_INVALID_PARAMETER : ERROR_SUCCESS);
        material_free(material);
    }
}

static void test_impossible_primes(void)
{
    struct material *material = NULL;
    struct components numbers, less;

    CHECK_STATUS(load_primes(256, 256, true, &material), NTE_INVALID_PARAMETER);

    /* p = 1 and q = n multiply to n as well. */
    fixed_rsa(&numbers, 2);
    components_init(&less);
    less.algorithm = numbers.algorithm;
    CHECK_STATUS(components_reserve(&less, 512), ERROR_SUCCESS);
    CHECK_STATUS(components_add_copy(&less, COMPONENT_RSA_N, numbers.item[COMPONENT_RSA_N].data, 128), ERROR_SUCCESS);
    CHECK_STATUS(components_add_copy(&less, COMPONENT_RSA_E, numbers.item[COMPONENT_RSA_E].data, 3), ERROR_SUCCESS);
    CHECK_STATUS(components_add_copy(&less, COMPONENT_RSA_Q, numbers.item[COMPONENT_RSA_N].data, 128), ERROR_SUCCESS);
    CHECK_STATUS(components_add_copy(&less, COMPONENT_RSA_D, (const uint8_t *)"\1", 1), ERROR_SUCCESS);
    CHECK_STATUS(material_load(&less, true, &material), NTE_INVALID_PARAMETER); /* no p at all */
    CHECK_STATUS(components_add_copy(&less, COMPONENT_RSA_P, (const uint8_t *)"\1", 1), ERROR_SUCCESS);
    CHECK_STATUS(material_load(&less, true, &material), NTE_INVALID_PARAMETER);
    *less.item[COMPONENT_RSA_P].data = 0;
    CHECK_STATUS(material_load(&less, true, &material), NTE_INVALID_PARAMETER);
    CHECK(material == NULL);
    components_clear(&less);
    components_clear(&numbers);

    components_init(&numbers);
    CHECK_STATUS(material_load(&numbers, true, &material), NTE_INVALID_PARAMETER); /* no algorithm */
}

/* An exponent that shares a factor with p - 1 has no private one. */
static void test_unfit_exponent(void)
{
    struct components numbers;
    struct material *material = NULL;
    BIGNUM *p1 = BN_new();
    unsigned long factor = 3;

    fixed_rsa(&numbers, 4);
    CHECK(BN_bin2bn(numbers.item[COMPONENT_RSA_P].data, 64, p1) != NULL && BN_sub_word(p1, 1));
    while (BN_mod_word(p1, factor) != 0) {
        factor += 2;
    }
    if (CHECK(factor < 65536)) {
        numbers.item[COMPONENT_RSA_E].data[0] = 0;
        numbers.item[COMPONENT_RSA_E].data[1] = (uint8_t)(factor >> 8);
        numbers.item[COMPONENT_RSA_E].data[2] = (uint8_t)factor;
        CHECK_STATUS(material_load(&numbers, true, &material), NTE_INVALID_PARAMETER);
    }
    components_clear(&numbers);
    BN_free(p1);
}

/* ---- generation -------------------------------------------------------------------------------------------- */

static void test_generate(void)
{
    static const uint32_t good[] = {512, 576, 1024, 0}, bad[] = {64, 448, 511, 513, 1032, 16448, UINT32_MAX};
    const struct algorithm *rsa = algorithm_by_name(NCRYPT_RSA_ALGORITHM);
    struct material *material = NULL;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct components numbers;

        CHECK_STATUS(material_generate(rsa, NULL, good[i], &material), ERROR_SUCCESS);
        CHECK(material->bits == (good[i] == 0 ? 2048 : good[i]) && material->has_private);
        components_init(&numbers);
        CHECK_STATUS(material_take_apart(material, true, &numbers), ERROR_SUCCESS);
        CHECK(numbers.item[COMPONENT_RSA_E].size == 3 && memcmp(numbers.item[COMPONENT_RSA_E].data, "\1\0\1", 3) == 0);
        components_clear(&numbers);
        material_free(material);
    }
    material = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_STATUS(material_generate(rsa, NULL, bad[i], &material), NTE_INVALID_PARAMETER);
    }
    CHECK(material == NULL);
}

static int count_polls(void *context)
{
    unsigned *polls = context;

    return ++*polls >= 3;
}

/* A key this long takes much longer than three polls, on any machine. */
static void test_interrupt(void)
{
    struct material *material = NULL;
    unsigned polls = 0;

    ncx_set_interrupt(count_polls, &polls);
    CHECK_STATUS(material_generate(algorithm_by_name(NCRYPT_RSA_ALGORITHM), NULL, 16384, &material),
                 NTE_USER_CANCELLED);
    CHECK(polls == 3 && material == NULL);
    ncx_set_interrupt(NULL, NULL);
    material = generate(NCRYPT_RSA_ALGORITHM, 512);
    CHECK(material != NULL);
    material_free(material);
}

int main(void)
{
    RUN(test_completion);
    RUN(test_other_exponent);
    RUN(test_wrong_numbers);
    RUN(test_public_sizes);
    RUN(test_imported_sizes);
    RUN(test_impossible_primes);
    RUN(test_unfit_exponent);
    RUN(test_generate);
    RUN(test_interrupt);
    return test_result("rsa_numbers");
}
