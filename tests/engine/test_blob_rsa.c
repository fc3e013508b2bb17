/* SPDX-License-Identifier: MIT
 *
 * RSA blobs: layout, both directions, and everything that is wrong with a malformed one.
 */
#include "blob_support.h"

#define HEADER 24

static void put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static void check_number(const uint8_t **at, const struct components *numbers, enum component which, size_t size)
{
    struct component_span number = components_trimmed(numbers, which);

    for (size_t i = 0; i < size - number.size; i++) {
        CHECK((*at)[i] == 0);
    }
    CHECK(memcmp(*at + size - number.size, number.data, number.size) == 0);
    *at += size;
}

/* The fixed key has a coefficient with a leading zero byte. */
static void test_layout(void)
{
    static const uint8_t public_header[HEADER] = {'R', 'S', 'A', '1', 0, 4, 0, 0, 3, 0, 0, 0, 128, 0, 0, 0};
    static const uint8_t private_header[HEADER] = {'R', 'S', 'A', '2', 0,  4, 0, 0, 3,  0, 0, 0,
                                                   128, 0,   0,   0,   64, 0, 0, 0, 64, 0, 0, 0};
    struct components numbers;
    const uint8_t *at;
    uint8_t *blob;
    size_t size;

    fixed_rsa(&numbers, 8);
    blob = write_blob(BCRYPT_RSAPUBLIC_BLOB, &numbers, 0, &size);
    CHECK(size == 24 + 3 + 128 && memcmp(blob, public_header, HEADER) == 0);
    at = blob + HEADER;
    check_number(&at, &numbers, COMPONENT_RSA_E, 3);
    check_number(&at, &numbers, COMPONENT_RSA_N, 128);
    free(blob);

    blob = write_blob(BCRYPT_RSAPRIVATE_BLOB, &numbers, 0, &size);
    CHECK(size == 24 + 3 + 256 && memcmp(blob, private_header, HEADER) == 0);
    free(blob);

    blob = write_blob(BCRYPT_RSAFULLPRIVATE_BLOB, &numbers, 0, &size);
    CHECK(size == 24 + 3 + 256 + 3 * 64 + 128 && blob[3] == '3' && memcmp(blob + 4, private_header + 4, 20) == 0);
    at = blob + HEADER;
    check_number(&at, &numbers, COMPONENT_RSA_E, 3);
    check_number(&at, &numbers, COMPONENT_RSA_N, 128);
    check_number(&at, &numbers, COMPONENT_RSA_P, 64);
    check_number(&at, &numbers, COMPONENT_RSA_Q, 64);
    check_number(&at, &numbers, COMPONENT_RSA_DP, 64);
    check_number(&at, &numbers, COMPONENT_RSA_DQ, 64);
    check_number(&at, &numbers, COMPONENT_RSA_QI, 64);
    check_number(&at, &numbers, COMPONENT_RSA_D, 128);
    CHECK(at == blob + size);
    free(blob);
    components_clear(&numbers);
}

static void test_round_trips(void)
{
    static const WCHAR *const types[] = {BCRYPT_RSAPUBLIC_BLOB, BCRYPT_RSAPRIVATE_BLOB, BCRYPT_RSAFULLPRIVATE_BLOB};
    static const uint32_t lengths[] = {512, 576, 1024, 2048};

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct material *material = generate(u"RSA", lengths[i]);

        for (size_t j = 0; j < 3; j++) {
            size_t size, again_size;
            uint8_t *blob = export_blob(types[j], material, NCRYPT_ALLOW_ALL_USAGES, &size), *again;
            struct material *imported = import_good(types[j], blob, size);
            EVP_PKEY *left = outside_key_of(material), *right = outside_key_of(imported);

            CHECK(imported->has_private == (j > 0) && imported->bits == lengths[i]);
            CHECK(EVP_PKEY_eq(left, right) == 1);
            again = export_blob(types[j], imported, NCRYPT_ALLOW_ALL_USAGES, &again_size);
            CHECK(again_size == size && memcmp(again, blob, size) == 0);
            EVP_PKEY_free(left);
            EVP_PKEY_free(right);
            material_free(imported);
            free(again);
            free(blob);
        }
        material_free(material);
    }
}

/* A key that libcrypto made by itself, put into a blob by hand. */
static void test_from_outside(void)
{
    EVP_PKEY *outside = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    const BCRYPT_PKCS1_PADDING_INFO sha256 = {u"SHA256"};
    uint8_t blob[HEADER + 3 + 128 + 64 + 64] = "RSA2", signature[128];
    static const char *const names[] = {OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_FACTOR1,
                                        OSSL_PKEY_PARAM_RSA_FACTOR2};
    static const int sizes[] = {3, 128, 64, 64};
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(outside, NULL);
    struct material *material;
    size_t at = HEADER;
    uint32_t size;

    put_u32(blob + 4, 1024);
    put_u32(blob + 8, 3);
    put_u32(blob + 12, 128);
    put_u32(blob + 16, 64);
    put_u32(blob + 20, 64);
    for (int i = 0; i < 4; i++) {
        BIGNUM *number = NULL;

        CHECK(EVP_PKEY_get_bn_param(outside, names[i], &number) && BN_bn2binpad(number, blob + at, sizes[i]) > 0);
        at += (size_t)sizes[i];
        BN_free(number);
    }
    material = import_good(BCRYPT_RSAPRIVATE_BLOB, blob, sizeof blob);
    CHECK_STATUS(material_sign(material, &sha256, NCRYPT_PAD_PKCS1_FLAG, sha256_order17, 32, signature, 128, &size),
                 ERROR_SUCCESS);
    CHECK(EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
          EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1);
    CHECK(EVP_PKEY_verify(ctx, signature, size, sha256_order17, 32) == 1);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(outside);
    material_free(material);
}

/* An exponent with leading zeros is fine; written back, it is minimal. */
static void test_padded_exponent(void)
{
    struct components numbers;
    struct material *material;
    uint8_t wide[HEADER + 8 + 128], *blob, *again;
    size_t size, again_size;

    fixed_rsa(&numbers, 2);
    blob = write_blob(BCRYPT_RSAPUBLIC_BLOB, &numbers, 0, &size);
    memset(wide, 0, sizeof wide);
    memcpy(wide, blob, HEADER);
    put_u32(wide + 8, 8);
    memcpy(wide + HEADER + 5, blob + HEADER, 3 + 128);
    material = import_good(BCRYPT_RSAPUBLIC_BLOB, wide, sizeof wide);
    again = export_blob(BCRYPT_RSAPUBLIC_BLOB, material, 0, &again_size);
    CHECK(again_size == size && memcmp(blob, again, size) == 0);
    material_free(material);
    free(again);
    free(blob);
    components_clear(&numbers);
}

static void test_lengths_and_mutations(void)
{
    static const struct {
        const WCHAR *type;
        bool may_pass; /* another modulus can be another key */
    } cases[] = {
        {BCRYPT_RSAPUBLIC_BLOB, true},
        {BCRYPT_RSAPRIVATE_BLOB, false},
        {BCRYPT_RSAFULLPRIVATE_BLOB, false},
    };
    struct material *material = generate(u"RSA", 512);

    for (size_t i = 0; i < 3; i++) {
        size_t size;
        uint8_t *blob = export_blob(cases[i].type, material, NCRYPT_ALLOW_ALL_USAGES, &size);
        size_t numbers = HEADER + 3; /* behind the exponent */

        check_lengths(cases[i].type, blob, size);
        CHECK(check_mutations(cases[i].type, blob, 0, HEADER, size) == 0);
        (void)check_mutations(cases[i].type, blob, HEADER, numbers, size);
        CHECK((check_mutations(cases[i].type, blob, numbers, size, size) == 0) == !cases[i].may_pass);
        free(blob);
    }
    material_free(material);
}

static void test_header_fields(void)
{
    static const struct {
        size_t offset;
        uint32_t value;
        SECURITY_STATUS status;
    } cases[] = {
        {0, BCRYPT_RSAPUBLIC_MAGIC, NTE_NOT_SUPPORTED},
        {0, BCRYPT_RSAFULLPRIVATE_MAGIC, NTE_NOT_SUPPORTED},
        {0, BCRYPT_ECDSA_PRIVATE_P256_MAGIC, NTE_NOT_SUPPORTED},
        {0, 0, NTE_NOT_SUPPORTED},
        {4, 0, NTE_INVALID_PARAMETER},
        {4, 383, NTE_INVALID_PARAMETER},
        {4, 16385, NTE_INVALID_PARAMETER},
        {4, UINT32_MAX, NTE_INVALID_PARAMETER},
        {4, 1023, NTE_BAD_DATA},
        {4, 1016, NTE_BAD_DATA},
        {4, 1032, NTE_BAD_DATA},
        {8, 0, NTE_BAD_DATA},
        {8, 2, NTE_BAD_DATA},
        {8, 4, NTE_BAD_DATA},
        {8, 9, NTE_BAD_DATA},
        {8, UINT32_MAX, NTE_BAD_DATA},
        {12, 0, NTE_BAD_DATA},
        {12, 127, NTE_BAD_DATA},
        {12, UINT32_MAX, NTE_BAD_DATA},
        {16, 0, NTE_BAD_DATA},
        {16, 63, NTE_BAD_DATA},
        {16, 65, NTE_BAD_DATA},
        {16, 129, NTE_BAD_DATA},
        {16, UINT32_MAX, NTE_BAD_DATA},
        {16, 0x80000040u, NTE_BAD_DATA},
        {20, 0, NTE_BAD_DATA},
        {20, 63, NTE_BAD_DATA},
        {20, 129, NTE_BAD_DATA},
        {20, UINT32_MAX - 63, NTE_BAD_DATA},
    };
    struct components numbers;
    uint8_t *blob, saved[4];
    size_t size;

    fixed_rsa(&numbers, 4);
    blob = write_blob(BCRYPT_RSAPRIVATE_BLOB, &numbers, 0, &size);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memcpy(saved, blob + cases[i].offset, 4);
        put_u32(blob + cases[i].offset, cases[i].value);
        if (!CHECK_STATUS(try_import(BCRYPT_RSAPRIVATE_BLOB, blob, size, &no_parameters), cases[i].status)) {
            fprintf(stderr, "  %u at %zu\n", cases[i].value, cases[i].offset);
        }
        memcpy(blob + cases[i].offset, saved, 4);
    }
    CHECK_STATUS(try_import(BCRYPT_RSAPUBLIC_BLOB, blob, size, &no_parameters), NTE_NOT_SUPPORTED);
    CHECK_STATUS(try_import(BCRYPT_RSAFULLPRIVATE_BLOB, blob, size, &no_parameters), NTE_NOT_SUPPORTED);
    free(blob);
    blob = write_blob(BCRYPT_RSAPUBLIC_BLOB, &numbers, 0, &size);
    put_u32(blob + 16, 1);
    CHECK_STATUS(try_import(BCRYPT_RSAPUBLIC_BLOB, blob, size, &no_parameters), NTE_BAD_DATA);
    put_u32(blob + 16, 0);
    put_u32(blob + 20, 1);
    CHECK_STATUS(try_import(BCRYPT_RSAPUBLIC_BLOB, blob, size, &no_parameters), NTE_BAD_DATA);
    free(blob);
    components_clear(&numbers);
}

static void test_wrong_keys(void)
{
    const struct blob_format *public_format = blob_format_by_type(BCRYPT_RSAPUBLIC_BLOB);
    const struct blob_format *full_format = blob_format_by_type(BCRYPT_RSAFULLPRIVATE_BLOB);
    struct blob_parameters parameters = {.algorithm = algorithm_by_name(u"ECDSA_P256")};
    struct material *ec = generate(u"ECDSA_P256", 0);
    struct components numbers;
    uint8_t *blob;
    size_t size = 99;

    components_init(&numbers);
    CHECK_STATUS(material_take_apart(ec, true, &numbers), ERROR_SUCCESS);
    CHECK_STATUS(public_format->write(public_format, &numbers, &no_parameters, NULL, 0, &size), NTE_BAD_TYPE);
    components_clear(&numbers);
    fixed_rsa(&numbers, 4);
    CHECK_STATUS(full_format->write(full_format, &numbers, &no_parameters, NULL, 0, &size), NTE_BAD_TYPE);
    CHECK(size == 99);
    blob = write_blob(BCRYPT_RSAPRIVATE_BLOB, &numbers, 0, &size);
    CHECK_STATUS(try_import(BCRYPT_RSAPRIVATE_BLOB, blob, size, &parameters), NTE_INVALID_PARAMETER);
    parameters.algorithm = algorithm_by_name(u"RSA");
    CHECK_STATUS(try_import(BCRYPT_RSAPRIVATE_BLOB, blob, size, &parameters), ERROR_SUCCESS);
    free(blob);
    components_clear(&numbers);
    material_free(ec);
}

int main(void)
{
    RUN(test_layout);
    RUN(test_round_trips);
    RUN(test_from_outside);
    RUN(test_padded_exponent);
    RUN(test_lengths_and_mutations);
    RUN(test_header_fields);
    RUN(test_wrong_keys);
    return test_result("blob_rsa");
}
