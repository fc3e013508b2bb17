/* SPDX-License-Identifier: MIT
 *
 * ECC blobs with named and generic magics, and the table of blob formats.
 */
#include "blob_support.h"
#include "common/utf16.h"

#define HEADER 8

static const struct {
    const WCHAR *algorithm;
    const WCHAR *curve;
    uint32_t width;
    const char *public_magic, *private_magic, *other_public;
} curves[] = {
    {u"ECDSA_P256", u"nistP256", 32, "ECS1", "ECS2", "ECK1"}, {u"ECDSA_P384", u"nistP384", 48, "ECS3", "ECS4", "ECK3"},
    {u"ECDSA_P521", u"nistP521", 66, "ECS5", "ECS6", "ECK5"}, {u"ECDH_P256", u"nistP256", 32, "ECK1", "ECK2", "ECS1"},
    {u"ECDH_P384", u"nistP384", 48, "ECK3", "ECK4", "ECS3"},  {u"ECDH_P521", u"nistP521", 66, "ECK5", "ECK6", "ECS5"},
};

#define CURVE_COUNT (sizeof curves / sizeof curves[0])

static uint8_t *export_as(const WCHAR *type, const struct material *material, const WCHAR *algorithm, size_t *size)
{
    struct components numbers;
    uint8_t *blob;

    components_init(&numbers);
    CHECK_STATUS(material_take_apart(material, blob_format_by_type(type)->is_private, &numbers), ERROR_SUCCESS);
    numbers.algorithm = algorithm_by_name(algorithm);
    blob = write_blob(type, &numbers, NCRYPT_ALLOW_ALL_USAGES, size);
    components_clear(&numbers);
    return blob;
}

static void check_numbers(const uint8_t *blob, const struct material *material, size_t count)
{
    static const char *const names[] = {OSSL_PKEY_PARAM_EC_PUB_X, OSSL_PKEY_PARAM_EC_PUB_Y, OSSL_PKEY_PARAM_PRIV_KEY};
    uint8_t number[66];

    for (size_t i = 0; i < count; i++) {
        BIGNUM *value = NULL;

        CHECK(EVP_PKEY_get_bn_param(material->pkey, names[i], &value) == 1);
        CHECK(BN_bn2binpad(value, number, (int)material->width) == (int)material->width);
        CHECK(memcmp(blob + HEADER + i * material->width, number, material->width) == 0);
        BN_free(value);
    }
}

static void test_round_trips(void)
{
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        struct material *material = generate(curves[i].algorithm, 0);
        uint32_t width = curves[i].width;

        for (size_t kind = 0; kind < 2; kind++) {
            const WCHAR *type = kind == 0 ? BCRYPT_ECCPUBLIC_BLOB : BCRYPT_ECCPRIVATE_BLOB;
            const char *magic = kind == 0 ? curves[i].public_magic : curves[i].private_magic;
            struct material *imported;
            size_t size, again_size;
            uint8_t *blob = export_blob(type, material, NCRYPT_ALLOW_ALL_USAGES, &size), *again;
            EVP_PKEY *left, *right;

            CHECK(size == HEADER + (2 + kind) * width && memcmp(blob, magic, 4) == 0);
            CHECK(blob[4] == width && blob[5] == 0 && blob[6] == 0 && blob[7] == 0);
            check_numbers(blob, material, 2 + kind);
            imported = import_good(type, blob, size);
            CHECK(imported->algorithm == material->algorithm && imported->has_private == (kind == 1));
            left = outside_key_of(material);
            right = outside_key_of(imported);
            CHECK(EVP_PKEY_eq(left, right) == 1);
            again = export_blob(type, imported, NCRYPT_ALLOW_ALL_USAGES, &again_size);
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

/* A key libcrypto made by itself, as a blob written by hand; X and Y zero, which are computed. */
static void test_from_outside(void)
{
    EVP_PKEY *outside = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
    uint8_t blob[HEADER + 3 * 48] = {'E', 'C', 'S', '4', 48}, *exported;
    struct material *material;
    BIGNUM *secret = NULL, *x = NULL;
    uint8_t number[48];
    size_t size;

    CHECK(EVP_PKEY_get_bn_param(outside, OSSL_PKEY_PARAM_PRIV_KEY, &secret) == 1);
    CHECK(EVP_PKEY_get_bn_param(outside, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1);
    CHECK(BN_bn2binpad(secret, blob + HEADER + 96, 48) == 48 && BN_bn2binpad(x, number, 48) == 48);
    material = import_good(BCRYPT_ECCPRIVATE_BLOB, blob, sizeof blob);
    exported = export_blob(BCRYPT_ECCPUBLIC_BLOB, material, 0, &size);
    CHECK(memcmp(exported + HEADER, number, 48) == 0);
    free(exported);
    material_free(material);
    BN_free(secret);
    BN_free(x);
    EVP_PKEY_free(outside);
}

static void test_lengths_and_mutations(void)
{
    for (size_t i = 0; i < CURVE_COUNT; i += 2) {
        struct material *material = generate(curves[i].algorithm, 0);
        uint32_t width = curves[i].width;
        size_t size;
        uint8_t *blob = export_blob(BCRYPT_ECCPUBLIC_BLOB, material, 0, &size);

        check_lengths(BCRYPT_ECCPUBLIC_BLOB, blob, size);
        CHECK(check_mutations(BCRYPT_ECCPUBLIC_BLOB, blob, 0, size, size) == 0);
        free(blob);
        blob = export_blob(BCRYPT_ECCPRIVATE_BLOB, material, 0, &size);
        check_lengths(BCRYPT_ECCPRIVATE_BLOB, blob, size);
        CHECK(check_mutations(BCRYPT_ECCPRIVATE_BLOB, blob, 0, HEADER, size) == 0);
        if (i == 0) {
            /* The point is ignored. */
            CHECK(check_mutations(BCRYPT_ECCPRIVATE_BLOB, blob, HEADER, HEADER + 2 * width, size) == 4 * 2 * width);
            CHECK(check_mutations(BCRYPT_ECCPRIVATE_BLOB, blob, HEADER + 2 * width, size, size) > 0);
        }
        memset(blob + HEADER + 2 * width, 0, width);
        CHECK_STATUS(try_import(BCRYPT_ECCPRIVATE_BLOB, blob, size, &no_parameters), NTE_INVALID_PARAMETER);
        memset(blob + HEADER + 2 * width, 0xFF, width);
        CHECK_STATUS(try_import(BCRYPT_ECCPRIVATE_BLOB, blob, size, &no_parameters), NTE_INVALID_PARAMETER);
        free(blob);
        material_free(material);
    }
}

static void test_magics(void)
{
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        struct material *material = generate(curves[i].algorithm, 0);
        const char *const refused[] = {
            curves[i].public_magic, "ECDP", curves[i].other_public, "ECKP", "RSA2", "ECS7", "ECK7", "\0\0\0\0",
        };
        size_t size;
        uint8_t *blob = export_blob(BCRYPT_ECCPRIVATE_BLOB, material, 0, &size);

        for (size_t j = 0; j < sizeof refused / sizeof refused[0]; j++) {
            memcpy(blob, refused[j], 4);
            CHECK_STATUS(try_import(BCRYPT_ECCPRIVATE_BLOB, blob, size, &no_parameters), NTE_NOT_SUPPORTED);
        }
        memcpy(blob, curves[(i + 1) % CURVE_COUNT].private_magic, 4);
        CHECK_STATUS(try_import(BCRYPT_ECCPRIVATE_BLOB, blob, size, &no_parameters), NTE_BAD_DATA);
        memcpy(blob, curves[i].private_magic, 4);
        CHECK_STATUS(try_import(BCRYPT_ECCPUBLIC_BLOB, blob, size, &no_parameters), NTE_NOT_SUPPORTED);
        blob[4]++;
        CHECK_STATUS(try_import(BCRYPT_ECCPRIVATE_BLOB, blob, size, &no_parameters), NTE_BAD_DATA);
        memset(blob + 4, 0xFF, 4);
        CHECK_STATUS(try_import(BCRYPT_ECCPRIVATE_BLOB, blob, size, &no_parameters), NTE_BAD_DATA);
        memset(blob + 4, 0, 4);
        CHECK_STATUS(try_import(BCRYPT_ECCPRIVATE_BLOB, blob, size, &no_parameters), NTE_BAD_DATA);
        free(blob);
        material_free(material);
    }
}

/* Generic magics say nothing about the curve: the parameters do. */
static void test_generic(void)
{
    struct material *material = generate(u"ECDSA_P384", 0), *imported = NULL;
    struct blob_parameters parameters = {0};
    uint32_t usage = 0;
    size_t size;
    uint8_t *blob = export_as(BCRYPT_ECCPRIVATE_BLOB, material, u"ECDSA", &size);

    CHECK(memcmp(blob, "ECDV", 4) == 0);
    CHECK_STATUS(try_import(BCRYPT_ECCPRIVATE_BLOB, blob, size, &parameters), NTE_INVALID_PARAMETER);
    parameters.curve_name = u"nistP999";
    CHECK_STATUS(try_import(BCRYPT_ECCPRIVATE_BLOB, blob, size, &parameters), NTE_INVALID_PARAMETER);
    parameters.curve_name = u"nistP256";
    CHECK_STATUS(try_import(BCRYPT_ECCPRIVATE_BLOB, blob, size, &parameters), NTE_BAD_DATA);
    parameters.curve_name = u"secP384r1";
    CHECK_STATUS(import_blob(BCRYPT_ECCPRIVATE_BLOB, blob, size, &parameters, &imported, &usage), ERROR_SUCCESS);
    CHECK(imported->algorithm == algorithm_by_name(u"ECDSA_P384") && usage == NCRYPT_ALLOW_ALL_USAGES);
    material_free(imported);
    parameters.generic_ecc = true;
    CHECK_STATUS(import_blob(BCRYPT_ECCPRIVATE_BLOB, blob, size, &parameters, &imported, &usage), ERROR_SUCCESS);
    CHECK(imported->algorithm == algorithm_by_name(u"ECDSA") && imported->width == 48);
    material_free(imported);
    parameters = (struct blob_parameters){.curve = curve_by_name(u"nistP384")};
    CHECK_STATUS(try_import(BCRYPT_ECCPRIVATE_BLOB, blob, size, &parameters), ERROR_SUCCESS);
    free(blob);

    blob = export_as(BCRYPT_ECCPUBLIC_BLOB, material, u"ECDSA", &size);
    CHECK(memcmp(blob, "ECDP", 4) == 0);
    CHECK_STATUS(try_import(BCRYPT_ECCPUBLIC_BLOB, blob, size, &parameters), ERROR_SUCCESS);
    memcpy(blob, "ECS3", 4);
    parameters.curve_name = u"nistP521";
    CHECK_STATUS(try_import(BCRYPT_ECCPUBLIC_BLOB, blob, size, &parameters), NTE_INVALID_PARAMETER);
    free(blob);
    material_free(material);
}

/* A blob set as a property of a key that is being created. */
static void test_key_being_created(void)
{
    static const struct {
        const WCHAR *algorithm;
        const WCHAR *curve;
        SECURITY_STATUS status;
    } cases[] = {
        {u"ECDSA_P256", NULL, ERROR_SUCCESS},         {u"ECDSA", NULL, ERROR_SUCCESS},
        {u"ECDSA", u"nistP256", ERROR_SUCCESS},       {u"ECDSA", u"nistP384", NTE_INVALID_PARAMETER},
        {u"ECDSA_P384", NULL, NTE_INVALID_PARAMETER}, {u"RSA", NULL, NTE_INVALID_PARAMETER},
    };
    struct material *material = generate(u"ECDSA_P256", 0);
    size_t size;
    uint8_t *blob = export_blob(BCRYPT_ECCPRIVATE_BLOB, material, 0, &size);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct blob_parameters parameters = {
            .algorithm = algorithm_by_name(cases[i].algorithm),
            .curve = cases[i].curve == NULL ? NULL : curve_by_name(cases[i].curve),
        };

        CHECK_STATUS(try_import(BCRYPT_ECCPRIVATE_BLOB, blob, size, &parameters), cases[i].status);
    }
    free(blob);
    material_free(material);
}

static void test_wrong_keys(void)
{
    const struct blob_format *format = blob_format_by_type(BCRYPT_ECCPRIVATE_BLOB);
    struct material *material = generate(u"ECDSA_P256", 0);
    struct components numbers;
    size_t size = 99;

    fixed_rsa(&numbers, 8);
    CHECK_STATUS(format->write(format, &numbers, &no_parameters, NULL, 0, &size), NTE_BAD_TYPE);
    components_clear(&numbers);
    CHECK_STATUS(material_take_apart(material, false, &numbers), ERROR_SUCCESS);
    CHECK_STATUS(format->write(format, &numbers, &no_parameters, NULL, 0, &size), NTE_BAD_TYPE);
    CHECK(size == 99);
    components_clear(&numbers);
    material_free(material);
}

/* ---- the table --------------------------------------------------------------------------------------------- */

static void test_types(void)
{
    static const struct {
        const WCHAR *type;
        bool is_private, settable;
    } cases[] = {
        {u"RSAPUBLICBLOB", false, false}, {u"RSAPRIVATEBLOB", true, true}, {u"RSAFULLPRIVATEBLOB", true, true},
        {u"ECCPUBLICBLOB", false, false}, {u"ECCPRIVATEBLOB", true, true}, {u"PKCS8_PRIVATEKEY", true, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct blob_format *format = blob_format_by_type(cases[i].type);

        CHECK(format != NULL && format->is_private == cases[i].is_private && format->settable == cases[i].settable);
        CHECK(blob_format_resolve(cases[i].type, NULL, NULL, 0) == format);
    }
    CHECK(blob_format_by_type(u"PUBLICBLOB") == NULL);
    CHECK(blob_format_by_type(u"rsapublicblob") == NULL);
    CHECK(blob_format_resolve(u"", NULL, NULL, 0) == NULL);
}

static void test_resolve(void)
{
    static const struct {
        const WCHAR *type;
        const char *magic;
        const WCHAR *resolved;
    } cases[] = {
        {u"PUBLICBLOB", "RSA1", u"RSAPUBLICBLOB"},
        {u"PRIVATEBLOB", "RSA2", u"RSAPRIVATEBLOB"},
        {u"PRIVATEBLOB", "RSA3", u"RSAFULLPRIVATEBLOB"},
        {u"PUBLICBLOB", "RSA3", u"RSAPUBLICBLOB"},
        {u"PRIVATEBLOB", "RSA1", u"RSAPRIVATEBLOB"},
        {u"PUBLICBLOB", "ECS1", u"ECCPUBLICBLOB"},
        {u"PUBLICBLOB", "ECDP", u"ECCPUBLICBLOB"},
        {u"PRIVATEBLOB", "ECDV", u"ECCPRIVATEBLOB"},
        {u"PRIVATEBLOB", "ECS6", u"ECCPRIVATEBLOB"},
        {u"PRIVATEBLOB", "ECS5", u"ECCPRIVATEBLOB"},
        {u"PUBLICBLOB", "ECK1", u"ECCPUBLICBLOB"},
        {u"PUBLICBLOB", "????", NULL},
        {u"PRIVATEBLOB", "\0\0\0\0", NULL},
    };
    const struct algorithm *rsa = algorithm_by_name(u"RSA"), *ecdsa = algorithm_by_name(u"ECDSA_P521");

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct blob_format *format = blob_format_resolve(cases[i].type, NULL, (const uint8_t *)cases[i].magic, 4);

        CHECK(cases[i].resolved == NULL ? format == NULL : format == blob_format_by_type(cases[i].resolved));
    }
    CHECK(blob_format_resolve(u"PUBLICBLOB", NULL, (const uint8_t *)"RSA1", 3) == NULL);
    CHECK(utf16_equal(blob_format_resolve(u"PRIVATEBLOB", rsa, NULL, 0)->type, u"RSAPRIVATEBLOB"));
    CHECK(utf16_equal(blob_format_resolve(u"PUBLICBLOB", rsa, NULL, 0)->type, u"RSAPUBLICBLOB"));
    CHECK(utf16_equal(blob_format_resolve(u"PRIVATEBLOB", ecdsa, NULL, 0)->type, u"ECCPRIVATEBLOB"));
    CHECK(utf16_equal(blob_format_resolve(u"PUBLICBLOB", ecdsa, NULL, 0)->type, u"ECCPUBLICBLOB"));
}

int main(void)
{
    RUN(test_round_trips);
    RUN(test_from_outside);
    RUN(test_lengths_and_mutations);
    RUN(test_magics);
    RUN(test_generic);
    RUN(test_key_being_created);
    RUN(test_wrong_keys);
    RUN(test_types);
    RUN(test_resolve);
    return test_result("blob_ecc");
}
