/* SPDX-License-Identifier: MIT
 *
 * The elliptic curve key inside PKCS#8, octet by octet: what libcrypto's decoder would not let through, and what must
 * not get through.
 */
#include "blob_support.h"

#define PKCS8 NCRYPT_PKCS8_PRIVATE_KEY_BLOB

#define P256 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07
#define P384 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22

/* PrivateKeyInfo on P-256 around an ECPrivateKey of `size` octets. */
static SECURITY_STATUS import_inner(const uint8_t *inner, size_t size, struct material **material)
{
    static const uint8_t head[] = {0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2A,
                                   0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, P256, 0x04};
    uint8_t blob[160] = {0x30, (uint8_t)(sizeof head + 1 + size)};
    uint32_t usage = 0;

    memcpy(blob + 2, head, sizeof head);
    blob[2 + sizeof head] = (uint8_t)size;
    memcpy(blob + 3 + sizeof head, inner, size);
    return import_blob(PKCS8, blob, 3 + sizeof head + size, &no_parameters, material, &usage);
}

/* A key whose private number has `size` octets and the value 7, with `tail` behind it. */
static SECURITY_STATUS import_seven(size_t size, unsigned version, const uint8_t *tail, size_t tail_size)
{
    uint8_t inner[120] = {0x30, (uint8_t)(5 + size + tail_size), 0x02, 0x01, (uint8_t)version, 0x04, (uint8_t)size};
    struct material *material = NULL;
    SECURITY_STATUS status;

    if (size > 0) {
        inner[7 + size - 1] = 7;
    }
    if (tail_size > 0) {
        memcpy(inner + 7 + size, tail, tail_size);
    }
    status = import_inner(inner, 7 + size + tail_size, &material);
    CHECK((status == ERROR_SUCCESS) == (material != NULL));
    material_free(material);
    return status;
}

static void test_widths_of_the_private_number(void)
{
    CHECK_STATUS(import_seven(32, 1, NULL, 0), ERROR_SUCCESS);
    CHECK_STATUS(import_seven(1, 1, NULL, 0), ERROR_SUCCESS);  /* shorter than the standard says */
    CHECK_STATUS(import_seven(48, 1, NULL, 0), ERROR_SUCCESS); /* zeros in front */
    CHECK_STATUS(import_seven(0, 1, NULL, 0), NTE_BAD_DATA);
}

static void test_too_large(void)
{
    uint8_t inner[7 + 33] = {0x30, 5 + 33, 0x02, 0x01, 0x01, 0x04, 33, 1};
    struct material *material = NULL;

    CHECK_STATUS(import_inner(inner, sizeof inner, &material), NTE_BAD_DATA);
    inner[7] = 0;
    memset(inner + 8, 0xFF, 32); /* not below the order */
    CHECK_STATUS(import_inner(inner, sizeof inner, &material), NTE_INVALID_PARAMETER);
    memset(inner + 8, 0, 32);
    CHECK_STATUS(import_inner(inner, sizeof inner, &material), NTE_INVALID_PARAMETER);
}

static void test_what_follows(void)
{
    static const uint8_t same[] = {0xA0, 10, P256}, other[] = {0xA0, 7, P384};
    static const uint8_t short_point[] = {0xA1, 4, 0x03, 2, 0, 4}, no_bits[] = {0xA1, 2, 0x05, 0};
    static const uint8_t unknown[] = {0xA2, 2, 0x05, 0};

    CHECK_STATUS(import_seven(32, 1, same, sizeof same), ERROR_SUCCESS);
    CHECK_STATUS(import_seven(32, 1, other, sizeof other), NTE_BAD_DATA);
    CHECK_STATUS(import_seven(32, 1, short_point, sizeof short_point), ERROR_SUCCESS); /* not looked at */
    CHECK_STATUS(import_seven(32, 1, no_bits, sizeof no_bits), NTE_BAD_DATA);
    CHECK_STATUS(import_seven(32, 1, unknown, sizeof unknown), NTE_BAD_DATA);
}

static void test_structure(void)
{
    static const uint8_t trailing[] = {0x30, 6, 0x02, 1, 1, 0x04, 1, 7, 0x05, 0}, empty[] = {0x30, 0},
                         nothing[] = {0x05, 0};
    struct material *material = NULL;

    CHECK_STATUS(import_seven(32, 0, NULL, 0), NTE_BAD_DATA);
    CHECK_STATUS(import_seven(32, 2, NULL, 0), NTE_BAD_DATA);
    CHECK_STATUS(import_inner(trailing, sizeof trailing, &material), NTE_BAD_DATA);
    CHECK_STATUS(import_inner(empty, sizeof empty, &material), NTE_BAD_DATA);
    CHECK_STATUS(import_inner(nothing, sizeof nothing, &material), NTE_BAD_DATA);
}

int main(void)
{
    RUN(test_widths_of_the_private_number);
    RUN(test_too_large);
    RUN(test_what_follows);
    RUN(test_structure);
    return test_result("blob_pkcs8_ec");
}
