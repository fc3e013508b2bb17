/* SPDX-License-Identifier: MIT
 *
 * DH and DSA keys in PKCS#8, both ways against libcrypto used by itself.
 */
#include <openssl/x509.h>

#include "dl_support.h"

#define TYPE u"PKCS8_PRIVATEKEY"

/* Made once: generation takes its time. */
static struct material *dh_key, *old_key, *new_key;

/* The same key with its order, which another standard has a place for. */
static struct material *with_order(void)
{
    static const enum component numbers[] = {COMPONENT_DL_P, COMPONENT_DL_Q, COMPONENT_DL_G, COMPONENT_DL_X};
    struct components all, some;
    struct material *key = NULL;

    take_all(old_key, &all);
    copy_numbers(&all, numbers, 4, &some);
    some.algorithm = algorithm_by_name(u"DH");
    CHECK_STATUS(material_load(&some, true, &key), ERROR_SUCCESS);
    components_clear(&some);
    components_clear(&all);
    return key;
}

static void check_key(const struct material *key, const char *type, uint32_t granted)
{
    size_t size;
    uint8_t *blob = export_blob(TYPE, key, NCRYPT_ALLOW_ALL_USAGES, &size), *theirs = NULL;
    const uint8_t *at = blob;
    EVP_PKEY *read = d2i_AutoPrivateKey(NULL, &at, (long)size), *expected = outside_dl_key_of(key);
    PKCS8_PRIV_KEY_INFO *info;
    struct components a, b;
    struct material *again = NULL;
    uint32_t usage = 0;
    int length;

    CHECK(read != NULL && at == blob + size && EVP_PKEY_is_a(read, type));
    info = EVP_PKEY2PKCS8(read);
    length = i2d_PKCS8_PRIV_KEY_INFO(info, &theirs);
    /* What libcrypto writes of what it has read; into PKCS#3 it puts a length for standard groups. */
    CHECK((length == (int)size && memcmp(theirs, blob, size) == 0) || strcmp(type, "DH") == 0);
    CHECK(EVP_PKEY_eq(read, expected) == 1 || strcmp(type, "DHX") == 0);
    CHECK_STATUS(import_blob(TYPE, theirs, (size_t)length, &no_parameters, &again, &usage), ERROR_SUCCESS);
    CHECK(usage == granted);
    take_all(key, &a);
    take_all(again, &b);
    for (int i = COMPONENT_DL_P; i <= COMPONENT_DL_X; i++) {
        CHECK(a.item[i].size == b.item[i].size);
        CHECK(a.item[i].size == 0 || memcmp(a.item[i].data, b.item[i].data, a.item[i].size) == 0);
    }
    CHECK(again->algorithm == key->algorithm);
    components_clear(&a);
    components_clear(&b);
    material_free(again);
    PKCS8_PRIV_KEY_INFO_free(info);
    OPENSSL_free(theirs);
    EVP_PKEY_free(read);
    EVP_PKEY_free(expected);
    check_lengths(TYPE, blob, size);
    free(blob);
}

static void test_keys(void)
{
    struct material *ordered = with_order();

    check_key(dh_key, "DH", NCRYPT_ALLOW_ALL_USAGES);
    check_key(ordered, "DHX", NCRYPT_ALLOW_ALL_USAGES);
    check_key(old_key, "DSA", NCRYPT_ALLOW_ALL_USAGES);
    check_key(new_key, "DSA", NCRYPT_ALLOW_ALL_USAGES);
    material_free(ordered);
}

/* Restricted keys say so, like those of other algorithms. */
static void test_usage(void)
{
    size_t size;
    uint8_t *blob = export_blob(TYPE, dh_key, NCRYPT_ALLOW_KEY_AGREEMENT_FLAG, &size);
    struct material *key = NULL;
    uint32_t usage = 0;

    CHECK_STATUS(import_blob(TYPE, blob, size, &no_parameters, &key, &usage), ERROR_SUCCESS);
    CHECK(usage == NCRYPT_ALLOW_KEY_AGREEMENT_FLAG);
    material_free(key);
    free(blob);
}

static SECURITY_STATUS import_built(int nid, const char *parameters, const char *secret)
{
    uint8_t bytes[64], key_bytes[64];
    size_t size = from_hex(parameters, bytes), key_size = from_hex(secret, key_bytes);
    PKCS8_PRIV_KEY_INFO *info = PKCS8_PRIV_KEY_INFO_new();
    ASN1_STRING *sequence = ASN1_STRING_new();
    uint8_t *der = NULL, *owned = OPENSSL_memdup(key_bytes, key_size == 0 ? 1 : key_size);
    SECURITY_STATUS status;
    int length;

    CHECK(ASN1_STRING_set(sequence, bytes, (int)size) == 1);
    CHECK(PKCS8_pkey_set0(info, OBJ_nid2obj(nid), 0, V_ASN1_SEQUENCE, sequence, owned, (int)key_size) == 1);
    length = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    status = try_import(TYPE, der, (size_t)length, &no_parameters);
    PKCS8_PRIV_KEY_INFO_free(info);
    OPENSSL_free(der);
    return status;
}

/* What the structures must not look like; small numbers are refused after that. */
static void test_structures(void)
{
    static const struct {
        int nid;
        const char *parameters, *secret;
        SECURITY_STATUS wanted;
    } cases[] = {
        {NID_dsa, "3009020103020103020103", "020101", NTE_INVALID_PARAMETER},
        {NID_dhKeyAgreement, "3006020103020103", "020101", NTE_INVALID_PARAMETER},
        {NID_dhKeyAgreement, "3009020103020103020108", "020101", NTE_INVALID_PARAMETER},
        {NID_dhpublicnumber, "3009020103020103020103", "020101", NTE_INVALID_PARAMETER},
        {NID_dsa, "3006020103020103", "020101", NTE_BAD_DATA},             /* two numbers */
        {NID_dsa, "300C020103020103020103020103", "020101", NTE_BAD_DATA}, /* four */
        {NID_dhKeyAgreement, "3003020103", "020101", NTE_BAD_DATA},        /* one */
        {NID_dhpublicnumber, "3006020103020103", "020101", NTE_BAD_DATA},  /* two */
        {NID_dsa, "3009020103040103020103", "020101", NTE_BAD_DATA},       /* no number */
        {NID_dsa, "3009020103020183020103", "020101", NTE_BAD_DATA},       /* a negative one */
        {NID_dsa, "3009020103020103020103", "020181", NTE_BAD_DATA},       /* a negative secret */
        {NID_dsa, "3009020103020103020103", "040101", NTE_BAD_DATA},       /* no number */
        {NID_dsa, "3009020103020103020103", "0201010201", NTE_BAD_DATA},   /* something behind it */
        {NID_dsa, "3009020103020103020103", "", NTE_BAD_DATA},             /* none */
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_STATUS(import_built(cases[i].nid, cases[i].parameters, cases[i].secret), cases[i].wanted);
    }
}

static void test_refused(void)
{
    struct components components;
    struct blob_parameters parameters = {.algorithm = algorithm_by_name(u"RSA")};
    const struct blob_format *format = blob_format_by_type(TYPE);
    struct material *half = public_half(dh_key);
    size_t size, needed = 0;
    uint8_t *blob = export_blob(TYPE, dh_key, NCRYPT_ALLOW_ALL_USAGES, &size);

    CHECK_STATUS(try_import(TYPE, blob, size, &parameters), NTE_INVALID_PARAMETER);
    take_all(half, &components);
    CHECK_STATUS(format->write(format, &components, &no_parameters, NULL, 0, &needed), NTE_BAD_TYPE);
    components_clear(&components);
    material_free(half);
    free(blob);
}

int main(void)
{
    dh_key = generate(u"DH", 1536);
    old_key = generate(u"DSA", 1024);
    new_key = generate(u"DSA", 2048);
    RUN(test_keys);
    RUN(test_usage);
    RUN(test_structures);
    RUN(test_refused);
    material_free(dh_key);
    material_free(old_key);
    material_free(new_key);
    return test_result("blob_pkcs8_dl");
}
