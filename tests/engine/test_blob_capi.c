/* SPDX-License-Identifier: MIT
 *
 * CryptoAPI's key blobs: layout, both directions, and everything that is wrong with a malformed one.
 */
#include "blob_support.h"

#define HEADER       20
#define PUBLIC_SIZE  (HEADER + 128)
#define PRIVATE_SIZE (HEADER + 2 * 128 + 5 * 64)

static void put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static void check_number(const uint8_t **at, const struct components *numbers, enum component which, size_t size)
{
    struct component_span number = components_trimmed(numbers, which);

    for (size_t i = 0; i < size; i++) {
        CHECK((*at)[i] == (i < number.size ? number.data[number.size - 1 - i] : 0));
    }
    *at += size;
}

/* The fixed key has a coefficient with a leading zero byte. */
static void test_layout(void)
{
    static const uint8_t header[HEADER] = {7, 2, 0, 0, 0, 0xA4, 0, 0, 'R', 'S', 'A', '2', 0, 4, 0, 0, 1, 0, 1, 0};
    struct components numbers;
    const uint8_t *at;
    uint8_t *blob;
    size_t size;

    fixed_rsa(&numbers, 8);
    blob = write_blob(LEGACY_RSAPRIVATE_BLOB, &numbers, 0, &size);
    CHECK(size == PRIVATE_SIZE && memcmp(blob, header, HEADER) == 0);
    at = blob + HEADER;
    check_number(&at, &numbers, COMPONENT_RSA_N, 128);
    check_number(&at, &numbers, COMPONENT_RSA_P, 64);
    check_number(&at, &numbers, COMPONENT_RSA_Q, 64);
    check_number(&at, &numbers, COMPONENT_RSA_DP, 64);
    check_number(&at, &numbers, COMPONENT_RSA_DQ, 64);
    check_number(&at, &numbers, COMPONENT_RSA_QI, 64);
    check_number(&at, &numbers, COMPONENT_RSA_D, 128);
    CHECK(at == blob + size);
    free(blob);

    blob = write_blob(LEGACY_RSAPUBLIC_BLOB, &numbers, 0, &size);
    CHECK(size == PUBLIC_SIZE && blob[0] == 6 && blob[11] == '1');
    CHECK(memcmp(blob + 1, header + 1, 10) == 0 && memcmp(blob + 12, header + 12, 8) == 0);
    at = blob + HEADER;
    check_number(&at, &numbers, COMPONENT_RSA_N, 128);
    free(blob);
    components_clear(&numbers);
}

static void test_round_trips(void)
{
    static const WCHAR *const types[] = {LEGACY_RSAPUBLIC_BLOB, LEGACY_RSAPRIVATE_BLOB};
    static const uint32_t lengths[] = {512, 576, 1024, 2048};

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct material *material = generate(u"RSA", lengths[i]);

        for (size_t j = 0; j < 2; j++) {
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

/* Cut at every length it is refused; bytes behind it are not looked at. */
static void test_lengths(void)
{
    static const WCHAR *const types[] = {LEGACY_RSAPUBLIC_BLOB, LEGACY_RSAPRIVATE_BLOB};
    struct components numbers;

    fixed_rsa(&numbers, 8);
    for (size_t i = 0; i < 2; i++) {
        size_t size;
        uint8_t *blob = write_blob(types[i], &numbers, 0, &size), *longer = calloc(1, size + 300);

        for (size_t cut = 0; cut < size; cut++) {
            CHECK_STATUS(try_import(types[i], blob, cut, &no_parameters), NTE_BAD_DATA);
        }
        memcpy(longer, blob, size);
        CHECK_STATUS(try_import(types[i], longer, size + 1, &no_parameters), ERROR_SUCCESS);
        CHECK_STATUS(try_import(types[i], longer, size + 300, &no_parameters), ERROR_SUCCESS);
        free(longer);
        free(blob);
    }
    components_clear(&numbers);
}

/* The blob with four bytes changed; then as it was. */
static SECURITY_STATUS try_with(const WCHAR *type, uint8_t *blob, size_t size, size_t at, uint32_t value)
{
    uint8_t saved[4];
    SECURITY_STATUS status;

    memcpy(saved, blob + at, 4);
    put_u32(blob + at, value);
    status = try_import(type, blob, size, &no_parameters);
    memcpy(blob + at, saved, 4);
    return status;
}

static void test_headers(void)
{
    static const uint32_t too_long[] = {1032, 2048, 16384};
    static const uint32_t impossible[] = {0, 8, 383, 16385, 0x80000000u, UINT32_MAX};
    struct components numbers;
    size_t public_size, private_size;
    uint8_t *public_blob, *private_blob;

    fixed_rsa(&numbers, 8);
    public_blob = write_blob(LEGACY_RSAPUBLIC_BLOB, &numbers, 0, &public_size);
    private_blob = write_blob(LEGACY_RSAPRIVATE_BLOB, &numbers, 0, &private_size);
    CHECK_STATUS(try_import(LEGACY_RSAPRIVATE_BLOB, public_blob, public_size, &no_parameters), NTE_NOT_SUPPORTED);
    CHECK_STATUS(try_import(LEGACY_RSAPUBLIC_BLOB, private_blob, private_size, &no_parameters), NTE_NOT_SUPPORTED);
    CHECK_STATUS(try_with(LEGACY_RSAPUBLIC_BLOB, public_blob, public_size, 0, 0x0306), NTE_BAD_DATA);
    CHECK_STATUS(try_with(LEGACY_RSAPUBLIC_BLOB, public_blob, public_size, 0, 0x010206), NTE_BAD_DATA);
    CHECK_STATUS(try_with(LEGACY_RSAPUBLIC_BLOB, public_blob, public_size, 0, 0x0208), NTE_NOT_SUPPORTED);
    CHECK_STATUS(try_with(LEGACY_RSAPUBLIC_BLOB, public_blob, public_size, 8, 0x32415352), NTE_NOT_SUPPORTED);
    CHECK_STATUS(try_with(LEGACY_RSAPUBLIC_BLOB, public_blob, public_size, 4, 0x2400), ERROR_SUCCESS);
    for (size_t i = 0; i < sizeof too_long / sizeof too_long[0]; i++) {
        CHECK_STATUS(try_with(LEGACY_RSAPUBLIC_BLOB, public_blob, public_size, 12, too_long[i]), NTE_BAD_DATA);
        CHECK_STATUS(try_with(LEGACY_RSAPRIVATE_BLOB, private_blob, private_size, 12, too_long[i]), NTE_BAD_DATA);
    }
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++) {
        CHECK_STATUS(try_with(LEGACY_RSAPUBLIC_BLOB, public_blob, public_size, 12, impossible[i]),
                     NTE_INVALID_PARAMETER);
    }
    for (uint32_t exponent = 0; exponent < 3; exponent++) {
        CHECK_STATUS(try_with(LEGACY_RSAPUBLIC_BLOB, public_blob, public_size, 16, exponent), NTE_INVALID_PARAMETER);
    }
    memset(public_blob + HEADER + 127, 0, 1);
    CHECK_STATUS(try_import(LEGACY_RSAPUBLIC_BLOB, public_blob, public_size, &no_parameters), NTE_BAD_DATA);
    free(public_blob);
    free(private_blob);
    components_clear(&numbers);
}

/* Other numbers than those that fit together are refused, whichever byte they differ in. */
static void test_mutations(void)
{
    struct components numbers;
    uint8_t *blob;
    size_t size;

    fixed_rsa(&numbers, 8);
    blob = write_blob(LEGACY_RSAPRIVATE_BLOB, &numbers, 0, &size);
    CHECK(check_mutations(LEGACY_RSAPRIVATE_BLOB, blob, 0, 4, size) == 0);
    CHECK(check_mutations(LEGACY_RSAPRIVATE_BLOB, blob, 8, 12, size) == 0);
    CHECK(check_mutations(LEGACY_RSAPRIVATE_BLOB, blob, 16, size, size) == 0);
    free(blob);
    blob = write_blob(LEGACY_RSAPUBLIC_BLOB, &numbers, 0, &size);
    check_mutations(LEGACY_RSAPUBLIC_BLOB, blob, 0, size, size);
    free(blob);
    components_clear(&numbers);
}

/* Keys that the layout has no room for. */
static void test_keys_that_do_not_fit(void)
{
    const struct blob_format *public_format = blob_format_by_type(LEGACY_RSAPUBLIC_BLOB);
    const struct blob_format *private_format = blob_format_by_type(LEGACY_RSAPRIVATE_BLOB);
    struct material *ec = generate(u"ECDSA_P256", 0);
    struct components numbers, curved;
    size_t size = 0;

    fixed_rsa(&numbers, 8);
    numbers.item[COMPONENT_RSA_E].data = numbers.item[COMPONENT_RSA_N].data;
    numbers.item[COMPONENT_RSA_E].size = 5;
    CHECK_STATUS(public_format->write(public_format, &numbers, &no_parameters, NULL, 0, &size), NTE_NOT_SUPPORTED);
    numbers.item[COMPONENT_RSA_E].size = 4;
    CHECK_STATUS(public_format->write(public_format, &numbers, &no_parameters, NULL, 0, &size), ERROR_SUCCESS);
    numbers.item[COMPONENT_RSA_P] = (struct component_span){numbers.item[COMPONENT_RSA_N].data, 65};
    CHECK_STATUS(private_format->write(private_format, &numbers, &no_parameters, NULL, 0, &size), NTE_NOT_SUPPORTED);
    components_clear(&numbers);
    fixed_rsa(&numbers, 2);
    CHECK_STATUS(private_format->write(private_format, &numbers, &no_parameters, NULL, 0, &size), NTE_NOT_SUPPORTED);
    components_clear(&numbers);

    components_init(&curved);
    CHECK_STATUS(material_take_apart(ec, true, &curved), ERROR_SUCCESS);
    CHECK_STATUS(public_format->write(public_format, &curved, &no_parameters, NULL, 0, &size), NTE_BAD_TYPE);
    components_clear(&curved);
    material_free(ec);
}

int main(void)
{
    RUN(test_layout);
    RUN(test_round_trips);
    RUN(test_lengths);
    RUN(test_headers);
    RUN(test_mutations);
    RUN(test_keys_that_do_not_fit);
    return test_result("blob_capi");
}
