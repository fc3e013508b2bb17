/* SPDX-License-Identifier: MIT
 *
 * DSA keys: generation, parameters of one's own, signatures, judged by libcrypto used by itself.
 */
#include <openssl/dsa.h>

#include "common/interrupt.h"
#include "dl_support.h"
#include "ncrypt_ext_compat.h"

static const uint8_t hash[32] = {0xF1, 2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
                                 17,   18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};

/* Made once: generation takes its time. */
static struct material *old_key, *new_key;

static void split(const uint8_t *raw, size_t width, DSA_SIG *signature)
{
    CHECK(DSA_SIG_set0(signature, BN_bin2bn(raw, (int)width, NULL), BN_bin2bn(raw + width, (int)width, NULL)) == 1);
}

/* Ours verifies there. */
static void check_outside(const struct material *material, const uint8_t *raw, size_t width)
{
    EVP_PKEY *pkey = outside_dl_key_of(material);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    DSA_SIG *signature = DSA_SIG_new();
    uint8_t *der = NULL;
    int size;

    split(raw, width, signature);
    size = i2d_DSA_SIG(signature, &der);
    CHECK(EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_verify(ctx, der, (size_t)size, hash, width) == 1);
    OPENSSL_free(der);
    DSA_SIG_free(signature);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
}

/* Theirs verifies here. */
static void check_inside(const struct material *own, struct material *half, size_t width)
{
    EVP_PKEY *pkey = outside_dl_key_of(own);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    uint8_t der[200], raw[64];
    const uint8_t *at = der;
    size_t size = sizeof der;
    const BIGNUM *r = NULL, *s = NULL;
    DSA_SIG *signature;

    CHECK(EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_sign(ctx, der, &size, hash, width) == 1);
    signature = d2i_DSA_SIG(NULL, &at, (long)size);
    DSA_SIG_get0(signature, &r, &s);
    CHECK(BN_bn2binpad(r, raw, (int)width) == (int)width);
    CHECK(BN_bn2binpad(s, raw + width, (int)width) == (int)width);
    CHECK_STATUS(material_verify(half, NULL, 0, hash, (uint32_t)width, raw, (uint32_t)(2 * width)), ERROR_SUCCESS);
    DSA_SIG_free(signature);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
}

static void check_key(struct material *material, uint32_t bits, uint32_t group)
{
    struct material *half = public_half(material);
    struct components numbers;
    uint8_t raw[64];
    uint32_t size = 0;

    CHECK(material->bits == bits && material->signature_size == 2 * group && material->width == bits / 8);
    take_all(material, &numbers);
    CHECK(numbers.item[COMPONENT_DL_Q].size == group && numbers.item[COMPONENT_DL_X].size == group);
    CHECK(numbers.item[COMPONENT_DSA_SEED].size == group && numbers.item[COMPONENT_DSA_COUNT].size == 4);
    components_clear(&numbers);
    for (int i = 0; i < 20; i++) {
        CHECK_STATUS(material_sign(material, NULL, 0, hash, group, raw, sizeof raw, &size), ERROR_SUCCESS);
        CHECK(size == 2 * group);
        CHECK_STATUS(material_verify(half, NULL, 0, hash, group, raw, size), ERROR_SUCCESS);
        check_outside(material, raw, group);
        check_inside(material, half, group);
    }
    raw[size - 1] ^= 1;
    CHECK_STATUS(material_verify(half, NULL, 0, hash, group, raw, size), NTE_BAD_SIGNATURE);
    CHECK_STATUS(material_verify(half, NULL, 0, hash, group, raw, size - 1), NTE_BAD_SIGNATURE);
    memset(raw, 0, sizeof raw);
    CHECK_STATUS(material_verify(half, NULL, 0, hash, group, raw, size), NTE_BAD_SIGNATURE);
    memset(raw, 0xFF, sizeof raw);
    CHECK_STATUS(material_verify(half, NULL, 0, hash, group, raw, size), NTE_BAD_SIGNATURE);
    CHECK_STATUS(material_sign(half, NULL, 0, hash, group, raw, sizeof raw, &size), NTE_NOT_SUPPORTED);
    material_free(half);
}

static void test_generated(void)
{
    struct material *odd = generate(u"DSA", 1088), *small = generate(u"DSA", 512);

    check_key(old_key, 1024, 20);
    check_key(new_key, 2048, 32);
    check_key(odd, 1088, 32);
    check_key(small, 512, 20);
    material_free(odd);
    material_free(small);
}

/* Hashes are neither cut nor filled up, and there is no padding. */
static void test_input(void)
{
    static const uint32_t wrong[] = {1, 19, 21, 31, 32};
    uint8_t raw[64], bytes[32] = {0};
    uint32_t size = 0;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK_STATUS(material_sign(old_key, NULL, 0, hash, wrong[i], raw, sizeof raw, &size), NTE_INVALID_PARAMETER);
        CHECK_STATUS(material_verify(old_key, NULL, 0, hash, wrong[i], raw, 40), NTE_INVALID_PARAMETER);
    }
    CHECK_STATUS(material_sign(new_key, NULL, 0, hash, 20, raw, sizeof raw, &size), NTE_INVALID_PARAMETER);
    CHECK_STATUS(material_sign(old_key, bytes, 0, hash, 20, raw, sizeof raw, &size), NTE_INVALID_PARAMETER);
    CHECK_STATUS(material_verify(old_key, bytes, 0, hash, 20, raw, 40), NTE_INVALID_PARAMETER);
    CHECK_STATUS(material_sign(old_key, NULL, NCRYPT_PAD_PKCS1_FLAG, hash, 20, raw, 64, &size), NTE_BAD_FLAGS);
    CHECK_STATUS(material_sign(old_key, NULL, 0, hash, 0, raw, sizeof raw, &size), NTE_INVALID_PARAMETER);
    CHECK_STATUS(material_sign(old_key, NULL, 0, hash, 20, raw, 39, &size), NTE_BUFFER_TOO_SMALL);
    CHECK(size == 40);
    size = 0;
    CHECK_STATUS(material_sign(old_key, NULL, 0, hash, 20, NULL, 0, &size), ERROR_SUCCESS);
    CHECK(size == 40);
    CHECK_STATUS(material_agree(old_key, old_key, raw), NTE_NOT_SUPPORTED);
}

static void test_lengths(void)
{
    static const uint32_t wrong[] = {448, 1000, 3136, 4096};
    struct material *material = NULL;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK_STATUS(material_generate(algorithm_by_name(u"DSA"), NULL, wrong[i], &material), NTE_INVALID_PARAMETER);
    }
}

/* Keys in the same group keep the seed that it was made from. */
static void test_own_group(void)
{
    static const enum component group_numbers[] = {COMPONENT_DL_P, COMPONENT_DL_Q, COMPONENT_DL_G, COMPONENT_DSA_SEED,
                                                   COMPONENT_DSA_COUNT};
    struct components numbers, group, again;
    struct material *made = NULL;

    take_all(new_key, &numbers);
    copy_numbers(&numbers, group_numbers, 5, &group);
    CHECK_STATUS(material_generate_in(&group, true, &made), ERROR_SUCCESS);
    check_key(made, 2048, 32);
    take_all(made, &again);
    for (size_t i = 0; i < 5; i++) {
        const struct component_span *one = &numbers.item[group_numbers[i]], *other = &again.item[group_numbers[i]];

        CHECK(one->size == other->size && memcmp(one->data, other->data, one->size) == 0);
    }
    CHECK(memcmp(numbers.item[COMPONENT_DL_Y].data, again.item[COMPONENT_DL_Y].data, 256) != 0);
    material_free(made);
    components_clear(&again);
    components_clear(&group);
    components_clear(&numbers);
}

static void refuse(const struct components *from, enum component changed, size_t at, uint8_t change,
                   const char *sentence)
{
    static const enum component all[] = {COMPONENT_DL_P, COMPONENT_DL_Q, COMPONENT_DL_G, COMPONENT_DL_Y,
                                         COMPONENT_DL_X};
    struct components bad;

    copy_numbers(from, all, 5, &bad);
    bad.item[changed].data[at] ^= change;
    CHECK_STATUS(try_load(&bad, true), NTE_INVALID_PARAMETER);
    CHECK(strstr(status_sentence(NTE_INVALID_PARAMETER), sentence) != NULL);
    components_clear(&bad);
}

static void test_bad_numbers(void)
{
    struct components numbers;

    take_all(old_key, &numbers);
    refuse(&numbers, COMPONENT_DL_P, 127, 1, "even");
    refuse(&numbers, COMPONENT_DL_P, 127, 2, "P is no prime");
    refuse(&numbers, COMPONENT_DL_Q, 19, 2, "Q does not divide");
    refuse(&numbers, COMPONENT_DL_Q, 0, 0xFF, "a Q of ");
    refuse(&numbers, COMPONENT_DL_G, 127, 2, "generator is not in the group");
    refuse(&numbers, COMPONENT_DL_Y, 127, 2, "not of one key");
    refuse(&numbers, COMPONENT_DL_X, 19, 2, "not of one key");
    numbers.item[COMPONENT_DL_Q].size = 0;
    CHECK_STATUS(try_load(&numbers, false), NTE_INVALID_PARAMETER);
    components_clear(&numbers);
    take_all(new_key, &numbers);
    numbers.item[COMPONENT_DL_P].size = 128; /* shorter, with the same long Q */
    CHECK_STATUS(try_load(&numbers, false), NTE_INVALID_PARAMETER);
    components_clear(&numbers);
}

static int polls;

static int stop(void *context)
{
    (void)context;
    polls++;
    return 1;
}

/* The hook is asked after some time only: a generation may be lucky and done before, but not always. */
static void test_interrupted(void)
{
    SECURITY_STATUS status = ERROR_SUCCESS;

    for (int i = 0; i < 30 && status == ERROR_SUCCESS; i++) {
        struct material *material = NULL;

        polls = 0;
        ncx_set_interrupt(stop, NULL);
        status = material_generate(algorithm_by_name(u"DSA"), NULL, 3072, &material);
        ncx_set_interrupt(NULL, NULL);
        CHECK((status == ERROR_SUCCESS) == (material != NULL));
        material_free(material);
    }
    CHECK_STATUS(status, NTE_USER_CANCELLED);
    CHECK(polls == 1);
}

int main(void)
{
    old_key = generate(u"DSA", 1024);
    new_key = generate(u"DSA", 2048);
    RUN(test_generated);
    RUN(test_input);
    RUN(test_lengths);
    RUN(test_own_group);
    RUN(test_bad_numbers);
    RUN(test_interrupted);
    material_free(old_key);
    material_free(new_key);
    return test_result("material_dsa");
}
