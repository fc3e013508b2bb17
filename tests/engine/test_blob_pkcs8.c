/* SPDX-License-Identifier: MIT
 *
 * PKCS#8: what libcrypto's own functions write is read, and what is written they read; the keyUsage attribute.
 */
#include <openssl/objects.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "blob_support.h"

#define PKCS8 NCRYPT_PKCS8_PRIVATE_KEY_BLOB

static const struct {
    const WCHAR *algorithm;
    uint32_t bits;
} kinds[] = {{u"RSA", 512}, {u"RSA", 2048}, {u"ECDSA_P256", 0}, {u"ECDSA_P384", 0}, {u"ECDSA_P521", 0}};

#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

/* The attribute as Windows writes it: eight bits, though DER would leave the zero bits at the end out. */
static const uint8_t windows_tail[15] = {0xA0, 0x0D, 0x30, 0x0B, 0x06, 0x03, 0x55, 0x1D,
                                         0x0F, 0x31, 0x04, 0x03, 0x02, 0x00, 0x80};

static bool has_tail(const uint8_t *blob, size_t size, uint8_t bits)
{
    return size > 15 && memcmp(blob + size - 15, windows_tail, 14) == 0 && blob[size - 1] == bits;
}

static void test_round_trips(void)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct material *material = generate(kinds[i].algorithm, kinds[i].bits), *imported = NULL;
        size_t size, again_size;
        uint8_t *blob = export_blob(PKCS8, material, NCRYPT_ALLOW_ALL_USAGES, &size), *again;
        const uint8_t *at = blob;
        PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)size);
        EVP_PKEY *read = EVP_PKCS82PKEY(info), *outside = outside_key_of(material);
        uint32_t usage = 0;

        CHECK(at == blob + size && read != NULL && EVP_PKEY_eq(read, outside) == 1);
        CHECK(has_tail(blob, size, 0x80) == (kinds[i].bits == 0));
        CHECK_STATUS(import_blob(PKCS8, blob, size, &no_parameters, &imported, &usage), ERROR_SUCCESS);
        CHECK(imported->has_private && imported->algorithm == material->algorithm);
        CHECK(usage == (kinds[i].bits == 0 ? NCRYPT_ALLOW_SIGNING_FLAG : NCRYPT_ALLOW_ALL_USAGES));
        again = export_blob(PKCS8, imported, usage, &again_size);
        CHECK(again_size == size && memcmp(again, blob, size) == 0);
        PKCS8_PRIV_KEY_INFO_free(info);
        EVP_PKEY_free(read);
        EVP_PKEY_free(outside);
        material_free(imported);
        material_free(material);
        free(again);
        free(blob);
    }
}

static uint8_t *outside_pkcs8(EVP_PKEY *pkey, int *size)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
    uint8_t *der = NULL;

    *size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    CHECK(*size > 0);
    PKCS8_PRIV_KEY_INFO_free(info);
    return der;
}

static void test_from_outside(void)
{
    EVP_PKEY *keys[] = {EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024),
                        EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-521")};

    for (size_t i = 0; i < 3; i++) {
        struct material *material = NULL;
        uint32_t usage = 0;
        EVP_PKEY *outside;
        uint8_t *der;
        int size;

        /* The second time without the public key inside. */
        for (int without = 0; without < (i == 0 ? 1 : 2); without++) {
            if (without == 1) {
                CHECK(EVP_PKEY_set_int_param(keys[i], OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC, 0) == 1);
            }
            der = outside_pkcs8(keys[i], &size);
            CHECK_STATUS(import_blob(PKCS8, der, (size_t)size, &no_parameters, &material, &usage), ERROR_SUCCESS);
            CHECK(usage == NCRYPT_ALLOW_ALL_USAGES);
            outside = outside_key_of(material);
            CHECK(EVP_PKEY_eq(outside, keys[i]) == 1);
            EVP_PKEY_free(outside);
            material_free(material);
            OPENSSL_free(der);
        }
        EVP_PKEY_free(keys[i]);
    }
}

/* ---- usage ------------------------------------------------------------------------------------------------- */

static void test_usage_written(void)
{
    static const struct {
        uint32_t usage;
        uint8_t bits;
        uint32_t read;
    } cases[] = {
        {0, 0x00, 0},
        {NCRYPT_ALLOW_DECRYPT_FLAG, 0x10, NCRYPT_ALLOW_DECRYPT_FLAG},
        {NCRYPT_ALLOW_SIGNING_FLAG, 0x80, NCRYPT_ALLOW_SIGNING_FLAG},
        {NCRYPT_ALLOW_KEY_AGREEMENT_FLAG, 0x08, NCRYPT_ALLOW_KEY_AGREEMENT_FLAG},
        {7, 0x98, 7},
        {8, 0x00, 0},
    };

    for (size_t i = 0; i < 2; i++) {
        struct material *material = generate(i == 0 ? u"RSA" : u"ECDSA_P256", i == 0 ? 512 : 0), *imported = NULL;

        for (size_t j = 0; j < sizeof cases / sizeof cases[0]; j++) {
            uint32_t usage = 99;
            size_t size;
            uint8_t *blob = export_blob(PKCS8, material, cases[j].usage, &size);

            CHECK(has_tail(blob, size, cases[j].bits));
            CHECK_STATUS(import_blob(PKCS8, blob, size, &no_parameters, &imported, &usage), ERROR_SUCCESS);
            CHECK(usage == cases[j].read);
            material_free(imported);
            free(blob);
        }
        material_free(material);
    }
}

/* A key with one attribute of the given type and bytes, put there by libcrypto. */
static uint8_t *with_attribute(int nid, int type, const void *bytes, int length, int times, int *size)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
    uint8_t *der = NULL;

    for (int i = 0; i < times; i++) {
        if (i == 0) {
            CHECK(PKCS8_pkey_add1_attr_by_NID(info, nid, type, bytes, length) == 1);
        } else { /* a second value of the same attribute */
            X509_ATTRIBUTE *attribute = X509at_get_attr(PKCS8_pkey_get0_attrs(info), 0);

            CHECK(X509_ATTRIBUTE_set1_data(attribute, type, bytes, length) == 1);
        }
    }
    *size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    CHECK(*size > 0);
    PKCS8_PRIV_KEY_INFO_free(info);
    EVP_PKEY_free(pkey);
    return der;
}

static void check_usage_read(const char *bits, int length, uint32_t expected)
{
    struct material *material = NULL;
    uint32_t usage = 99;
    int size;
    uint8_t *der = with_attribute(NID_key_usage, V_ASN1_BIT_STRING, bits, length, 1, &size);

    CHECK_STATUS(import_blob(PKCS8, der, (size_t)size, &no_parameters, &material, &usage), ERROR_SUCCESS);
    CHECK(usage == expected);
    material_free(material);
    OPENSSL_free(der);
}

static void test_usage_read(void)
{
    int size;
    uint8_t *der;

    check_usage_read("\x80", 1, 2);     /* digitalSignature */
    check_usage_read("\x40", 1, 0);     /* nonRepudiation */
    check_usage_read("\x20", 1, 1);     /* keyEncipherment */
    check_usage_read("\x10", 1, 1);     /* dataEncipherment */
    check_usage_read("\x08", 1, 4);     /* keyAgreement */
    check_usage_read("\x04", 1, 2);     /* keyCertSign */
    check_usage_read("\x02", 1, 2);     /* cRLSign */
    check_usage_read("\x01", 1, 1);     /* encipherOnly */
    check_usage_read("\x00\x80", 2, 1); /* decipherOnly */
    check_usage_read("\x88", 1, 6);
    check_usage_read("", 0, 0);

    der = with_attribute(NID_key_usage, V_ASN1_OCTET_STRING, "\x80", 1, 1, &size);
    CHECK_STATUS(try_import(PKCS8, der, (size_t)size, &no_parameters), NTE_BAD_DATA);
    OPENSSL_free(der);
    der = with_attribute(NID_key_usage, V_ASN1_BIT_STRING, "\x80", 1, 2, &size);
    CHECK_STATUS(try_import(PKCS8, der, (size_t)size, &no_parameters), NTE_BAD_DATA);
    OPENSSL_free(der);
    der = with_attribute(NID_friendlyName, V_ASN1_BMPSTRING, "\0a", 2, 1, &size);
    CHECK_STATUS(try_import(PKCS8, der, (size_t)size, &no_parameters), ERROR_SUCCESS);
    OPENSSL_free(der);
}

/* The attribute twice, each time with one value. */
static void test_usage_repeated(void)
{
    struct material *material = generate(u"ECDSA_P256", 0);
    uint8_t twice[256];
    size_t size;
    uint8_t *blob = export_blob(PKCS8, material, NCRYPT_ALLOW_ALL_USAGES, &size);

    if (CHECK(has_tail(blob, size, 0x80) && size + 13 < sizeof twice && blob[1] == 0x81)) {
        memcpy(twice, blob, size);
        memcpy(twice + size, blob + size - 13, 13);
        twice[2] += 13;
        twice[size - 14] += 13;
        CHECK_STATUS(try_import(PKCS8, twice, size + 13, &no_parameters), NTE_BAD_DATA);
    }
    free(blob);
    material_free(material);
}

/* ---- what is refused --------------------------------------------------------------------------------------- */

static void test_lengths_and_mutations(void)
{
    const struct blob_format *format = blob_format_by_type(PKCS8);
    struct components components;
    uint32_t usage = 0;

    components_init(&components);
    CHECK_STATUS(format->parse(format, windows_tail, (size_t)INT32_MAX + 1, &no_parameters, &components, &usage),
                 NTE_BAD_DATA); /* more than libcrypto can count: not looked at */
    for (size_t i = 0; i < 3; i += 2) {
        struct material *material = generate(kinds[i].algorithm, kinds[i].bits);
        size_t size;
        uint8_t *blob = export_blob(PKCS8, material, 0, &size);

        check_lengths(PKCS8, blob, size);
        (void)check_mutations(PKCS8, blob, 0, size, size);
        free(blob);
        material_free(material);
    }
}

static void test_other_algorithms(void)
{
    EVP_PKEY *keys[] = {EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), EVP_PKEY_Q_keygen(NULL, NULL, "X448"),
                        EVP_PKEY_Q_keygen(NULL, NULL, "EC", "sect163k1"),
                        EVP_PKEY_Q_keygen(NULL, NULL, "EC", "sect163k1")};
    uint8_t *der;
    int size;

    CHECK(EVP_PKEY_set_utf8_string_param(keys[3], OSSL_PKEY_PARAM_EC_ENCODING, "explicit") == 1);
    for (size_t i = 0; i < 4; i++) {
        der = outside_pkcs8(keys[i], &size);
        CHECK_STATUS(try_import(PKCS8, der, (size_t)size, &no_parameters), NTE_NOT_SUPPORTED);
        OPENSSL_free(der);
        EVP_PKEY_free(keys[i]);
    }
}

static void test_parameters(void)
{
    struct material *ec = generate(u"ECDSA_P256", 0), *rsa = generate(u"RSA", 512), *imported = NULL;
    struct blob_parameters parameters = {.algorithm = algorithm_by_name(u"RSA")};
    uint32_t usage;
    size_t ec_size, rsa_size;
    uint8_t *ec_blob = export_blob(PKCS8, ec, 0, &ec_size), *rsa_blob = export_blob(PKCS8, rsa, 0, &rsa_size);

    CHECK_STATUS(try_import(PKCS8, ec_blob, ec_size, &parameters), NTE_INVALID_PARAMETER);
    CHECK_STATUS(try_import(PKCS8, rsa_blob, rsa_size, &parameters), ERROR_SUCCESS);
    parameters.algorithm = algorithm_by_name(u"ECDSA_P384");
    CHECK_STATUS(try_import(PKCS8, ec_blob, ec_size, &parameters), NTE_INVALID_PARAMETER);
    parameters = (struct blob_parameters){.generic_ecc = true};
    CHECK_STATUS(import_blob(PKCS8, ec_blob, ec_size, &parameters, &imported, &usage), ERROR_SUCCESS);
    CHECK(imported->algorithm == algorithm_by_name(u"ECDSA"));
    material_free(imported);
    material_free(ec);
    material_free(rsa);
    free(ec_blob);
    free(rsa_blob);
}

static void test_public_key(void)
{
    const struct blob_format *format = blob_format_by_type(PKCS8);
    struct components numbers;
    size_t size = 99;

    fixed_rsa(&numbers, 2);
    CHECK_STATUS(format->write(format, &numbers, &no_parameters, NULL, 0, &size), NTE_BAD_TYPE);
    CHECK(size == 99);
    components_clear(&numbers);
}

int main(void)
{
    RUN(test_round_trips);
    RUN(test_from_outside);
    RUN(test_usage_written);
    RUN(test_usage_read);
    RUN(test_usage_repeated);
    RUN(test_lengths_and_mutations);
    RUN(test_other_algorithms);
    RUN(test_parameters);
    RUN(test_public_key);
    return test_result("blob_pkcs8");
}
