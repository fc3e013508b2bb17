/* SPDX-License-Identifier: MIT
 *
 * DH keys: standard groups, groups of one's own, and the secrets agreed on, judged by libcrypto used by itself.
 */
#include <openssl/dh.h>
#include <openssl/dsa.h>

#include "dl_support.h"

static const enum component group_numbers[] = {COMPONENT_DL_P, COMPONENT_DL_Q, COMPONENT_DL_G};
static const enum component public_numbers[] = {COMPONENT_DL_P, COMPONENT_DL_Q, COMPONENT_DL_G, COMPONENT_DL_Y};
static const enum component private_numbers[] = {COMPONENT_DL_P, COMPONENT_DL_Q, COMPONENT_DL_G, COMPONENT_DL_X};

static void outside_secret(EVP_PKEY *own, EVP_PKEY *peer, uint8_t *out, size_t width)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
    size_t size = width;

    CHECK(EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_CTX_set_dh_pad(ctx, 1) == 1);
    CHECK(EVP_PKEY_derive_set_peer(ctx, peer) == 1 && EVP_PKEY_derive(ctx, out, &size) == 1 && size == width);
    EVP_PKEY_CTX_free(ctx);
}

/* Both sides, one of which is libcrypto by itself, come to the same secret. */
static void check_agreement(struct material *own, struct material *peer)
{
    EVP_PKEY *own_outside = outside_dl_key_of(own), *peer_outside = outside_dl_key_of(peer);
    uint8_t ours[MAX_MODULUS], theirs[MAX_MODULUS], expected[MAX_MODULUS];

    CHECK_STATUS(material_agree(own, peer, ours), ERROR_SUCCESS);
    CHECK_STATUS(material_agree(peer, own, theirs), ERROR_SUCCESS);
    outside_secret(own_outside, peer_outside, expected, own->width);
    CHECK(memcmp(ours, expected, own->width) == 0 && memcmp(theirs, expected, own->width) == 0);
    EVP_PKEY_free(own_outside);
    EVP_PKEY_free(peer_outside);
}

static void test_standard_groups(void)
{
    static const struct {
        uint32_t bits;
        const char *name;
    } groups[] = {{768, NULL},         {1024, NULL},        {1536, "modp_1536"},
                  {2048, "ffdhe2048"}, {3072, "ffdhe3072"}, {4096, "ffdhe4096"}};

    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        struct material *own = generate(u"DH", groups[i].bits), *peer = generate(u"DH", groups[i].bits);
        struct components components;
        char name[64] = "";

        CHECK(own->bits == groups[i].bits && own->width == groups[i].bits / 8 && own->has_private);
        CHECK(own->signature_size == 0);
        CHECK(groups[i].name == NULL ||
              (EVP_PKEY_get_group_name(own->pkey, name, sizeof name, NULL) == 1 && strcmp(name, groups[i].name) == 0));
        take_all(own, &components);
        CHECK(!components_has(&components, COMPONENT_DL_Q)); /* follows from P */
        CHECK(components.item[COMPONENT_DL_G].size == own->width && components.item[COMPONENT_DL_X].size == own->width);
        CHECK(components_bits(&components, COMPONENT_DL_G) == 2 &&
              components.item[COMPONENT_DL_G].data[own->width - 1] == 2);
        components_clear(&components);
        check_agreement(own, peer);
        material_free(own);
        material_free(peer);
    }
}

static void test_lengths(void)
{
    static const uint32_t none[] = {512, 576, 2112, 5120};
    static const uint32_t wrong[] = {448, 1000, 2047, 8256, 16384};
    const struct algorithm *algorithm = algorithm_by_name(u"DH");
    struct material *material = NULL;

    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        CHECK_STATUS(material_generate(algorithm, NULL, none[i], &material), NTE_INVALID_PARAMETER);
        CHECK(strstr(status_sentence(NTE_INVALID_PARAMETER), "DHParameters") != NULL);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK_STATUS(material_generate(algorithm, NULL, wrong[i], &material), NTE_INVALID_PARAMETER);
    }
    material = generate(u"DH", 0);
    CHECK(material->bits == 2048);
    material_free(material);
}

/* Parameters of libcrypto's making, with a subgroup: DSA's will do. */
static void own_group(struct components *group)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
    EVP_PKEY *pkey = NULL;
    static const char *const names[] = {OSSL_PKEY_PARAM_FFC_P, OSSL_PKEY_PARAM_FFC_Q, OSSL_PKEY_PARAM_FFC_G};

    CHECK(EVP_PKEY_paramgen_init(ctx) == 1 && EVP_PKEY_CTX_set_dsa_paramgen_type(ctx, "fips186_2") == 1);
    CHECK(EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, 1024) == 1);
    CHECK(EVP_PKEY_CTX_set_dsa_paramgen_q_bits(ctx, 160) == 1 && EVP_PKEY_paramgen(ctx, &pkey) == 1);
    components_init(group);
    group->algorithm = algorithm_by_name(u"DH");
    CHECK_STATUS(components_reserve(group, 4 * MAX_MODULUS), ERROR_SUCCESS);
    for (int i = 0; i < 3; i++) {
        BIGNUM *number = NULL;

        CHECK(EVP_PKEY_get_bn_param(pkey, names[i], &number) == 1);
        CHECK_STATUS(
            pkey_number_to_component(number, group, (enum component)(COMPONENT_DL_P + i), (size_t)BN_num_bytes(number)),
            ERROR_SUCCESS);
        BN_free(number);
    }
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
}

static void test_own_group(void)
{
    static const enum component without_order[] = {COMPONENT_DL_P, COMPONENT_DL_G};
    struct components group, fewer, numbers;
    struct material *own = NULL, *peer = NULL, *other = NULL;
    uint8_t out[MAX_MODULUS];

    own_group(&group);
    copy_numbers(&group, without_order, 2, &fewer);
    CHECK(dl_is_group(&group) && dl_is_group(&fewer));
    CHECK_STATUS(material_generate_in(&group, true, &own), ERROR_SUCCESS);
    CHECK_STATUS(material_generate_in(&fewer, false, &peer), ERROR_SUCCESS); /* the order does not tell groups apart */
    take_all(own, &numbers);
    CHECK(components_trimmed(&numbers, COMPONENT_DL_Q).size == 20 && numbers.item[COMPONENT_DL_Y].size == 128);
    CHECK(!dl_is_group(&numbers));
    components_clear(&numbers);
    check_agreement(own, own);
    CHECK_STATUS(material_agree(peer, own, out), ERROR_SUCCESS);
    other = generate(u"DH", 1024);
    CHECK_STATUS(material_agree(own, other, out), NTE_INVALID_PARAMETER);
    material_free(other);
    material_free(own);
    material_free(peer);
    components_clear(&group);
    components_clear(&fewer);
}

static void check_refused(const struct components *from, const enum component *which, size_t count,
                          enum component changed, int change, const char *sentence)
{
    struct components bad;
    struct component_span *item;
    SECURITY_STATUS status;
    struct material *material = NULL;

    copy_numbers(from, which, count, &bad);
    item = &bad.item[changed];
    if (change < 0) { /* all bytes the same: nothing but zeros, or as large as can be */
        memset(item->data, change == -1 ? 0 : 0xFF, item->size);
    } else {
        item->data[item->size - 1] = (uint8_t)(item->data[item->size - 1] ^ change);
    }
    status = dl_is_group(&bad) ? material_generate_in(&bad, true, &material) : try_load(&bad, true);
    CHECK_STATUS(status, NTE_INVALID_PARAMETER);
    CHECK(strstr(status_sentence(NTE_INVALID_PARAMETER), sentence) != NULL);
    components_clear(&bad);
}

static void test_bad_numbers(void)
{
    struct components group, numbers;
    struct material *own = NULL;

    own_group(&group);
    CHECK_STATUS(material_generate_in(&group, true, &own), ERROR_SUCCESS);
    take_all(own, &numbers);
    check_refused(&group, group_numbers, 3, COMPONENT_DL_P, 1, "even");
    check_refused(&group, group_numbers, 3, COMPONENT_DL_P, 2, "P is no prime");
    check_refused(&group, group_numbers, 3, COMPONENT_DL_P, -1, "modulus of 0 bits");
    check_refused(&group, group_numbers, 3, COMPONENT_DL_Q, 1, "Q is no odd prime");
    check_refused(&group, group_numbers, 3, COMPONENT_DL_Q, 2, "Q does not divide");
    check_refused(&group, group_numbers, 3, COMPONENT_DL_G, 2, "generator is not in the group");
    check_refused(&group, group_numbers, 3, COMPONENT_DL_G, -1, "generator is missing or zero");
    check_refused(&group, group_numbers, 3, COMPONENT_DL_G, -2, "generator is not between");
    check_refused(&numbers, public_numbers, 4, COMPONENT_DL_Y, -1, "missing or zero");
    check_refused(&numbers, public_numbers, 4, COMPONENT_DL_Y, -2, "not between");
    check_refused(&numbers, public_numbers, 4, COMPONENT_DL_Y, 4, "not in the group");
    check_refused(&numbers, private_numbers, 4, COMPONENT_DL_X, -1, "zero or too large");
    check_refused(&numbers, private_numbers, 4, COMPONENT_DL_X, -2, "zero or too large");
    components_clear(&numbers);
    components_clear(&group);
    material_free(own);
}

/* Y is computed where it is missing, and has to fit where it is not; the store's keys are taken as they are. */
static void test_public_number(void)
{
    static const enum component all[] = {COMPONENT_DL_P, COMPONENT_DL_G, COMPONENT_DL_Y, COMPONENT_DL_X};
    struct material *own = generate(u"DH", 1536), *again = NULL;
    struct components numbers, changed, taken;

    take_all(own, &numbers);
    copy_numbers(&numbers, private_numbers, 4, &changed);
    for (int validate = 0; validate < 2; validate++) {
        CHECK_STATUS(material_load(&changed, validate != 0, &again), ERROR_SUCCESS);
        take_all(again, &taken);
        CHECK(memcmp(taken.item[COMPONENT_DL_Y].data, numbers.item[COMPONENT_DL_Y].data, own->width) == 0);
        components_clear(&taken);
        material_free(again);
    }
    components_clear(&changed);
    copy_numbers(&numbers, all, 4, &changed);
    CHECK_STATUS(try_load(&changed, true), ERROR_SUCCESS);
    changed.item[COMPONENT_DL_Y].data[own->width - 1] ^= 1;
    CHECK_STATUS(try_load(&changed, true), NTE_INVALID_PARAMETER);
    CHECK_STATUS(try_load(&changed, false), ERROR_SUCCESS);
    memset(changed.item[COMPONENT_DL_Y].data, 0, own->width);
    CHECK_STATUS(try_load(&changed, true), ERROR_SUCCESS);
    components_clear(&changed);
    copy_numbers(&numbers, group_numbers, 3, &changed);
    CHECK_STATUS(try_load(&changed, true), NTE_INVALID_PARAMETER); /* no key at all */
    components_clear(&changed);
    components_clear(&numbers);
    material_free(own);
}

static void test_refusals(void)
{
    struct material *own = generate(u"DH", 1536), *half = public_half(own), *ec = generate(u"ECDH_P256", 0);
    uint8_t out[MAX_MODULUS], hash[20] = {1};
    uint32_t size = 0;

    CHECK_STATUS(material_agree(half, own, out), NTE_NOT_SUPPORTED);
    CHECK_STATUS(material_agree(own, ec, out), NTE_INVALID_PARAMETER);
    CHECK_STATUS(material_agree(ec, own, out), NTE_INVALID_PARAMETER);
    CHECK_STATUS(material_sign(own, NULL, 0, hash, sizeof hash, out, sizeof out, &size), NTE_NOT_SUPPORTED);
    CHECK_STATUS(material_encrypt(own, NULL, 0, hash, sizeof hash, out, sizeof out, &size), NTE_NOT_SUPPORTED);
    check_agreement(own, own);
    CHECK_STATUS(material_agree(own, half, out), ERROR_SUCCESS);
    material_free(own);
    material_free(half);
    material_free(ec);
}

/* The secret of one pair in some 256 begins with a zero byte: it is not left out. */
static void test_leading_zeros(void)
{
    struct material *own = generate(u"DH", 768);
    bool found = false;

    for (int i = 0; i < 20000 && !found; i++) { /* one in 10^34 programs finds none */
        struct material *peer = generate(u"DH", 768);
        uint8_t out[MAX_MODULUS];

        CHECK_STATUS(material_agree(own, peer, out), ERROR_SUCCESS);
        found = out[0] == 0;
        if (found) {
            check_agreement(own, peer);
        }
        material_free(peer);
    }
    CHECK(found);
    material_free(own);
}

int main(void)
{
    RUN(test_standard_groups);
    RUN(test_lengths);
    RUN(test_own_group);
    RUN(test_bad_numbers);
    RUN(test_public_number);
    RUN(test_refusals);
    RUN(test_leading_zeros);
    return test_result("material_dh");
}
