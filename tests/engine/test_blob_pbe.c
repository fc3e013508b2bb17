/* SPDX-License-Identifier: MIT
 *
 * Encrypted PKCS#8: what libcrypto's own functions encrypt is read, and what is written they decrypt; wrong passwords,
 * damaged and hostile ones, and what parameter lists may ask for.
 */
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "blob_support.h"
#include "ncrypt/blob/pbe.h"
#include "ncrypt/parameters.h"

#define PKCS8          NCRYPT_PKCS8_PRIVATE_KEY_BLOB
#define WRONG_PASSWORD HRESULT_FROM_WIN32(ERROR_INVALID_PASSWORD)
#define PBES2          "1.2.840.113549.1.5.13"
#define TRIPLE_DES     "1.2.840.113549.1.12.1.3"
#define COUNT(array)   (sizeof(array) / sizeof *(array))

/* What is said of the password with a letter outside of ASCII, and the same for libcrypto. */
static const WCHAR password[] = u"p\u00e4ss";
static const char password_utf8[] = "p\xc3\xa4ss";

static struct material *key;
static uint8_t *plain;
static size_t plain_size;

/* ---- parameter lists ------------------------------------------------------------------------------------------ */

struct given {
    const WCHAR *password;
    const char *scheme;
    uint32_t iterations;
    const char *salt;
};

static struct {
    struct parameters list;
    struct blob_parameters parameters;
    NCryptBuffer data;
    uint8_t bytes[8 + PBE_MAX_SALT + 1];
} asked;

static const struct blob_parameters *ask(const struct given *given)
{
    size_t salt_size = given->salt == NULL ? 0 : strlen(given->salt);

    memset(&asked, 0, sizeof asked);
    asked.list.password = given->password;
    asked.list.scheme = given->scheme;
    asked.list.given = (given->password == NULL ? 0 : PARAMETER_PASSWORD) | (given->scheme ? PARAMETER_SCHEME : 0);
    if (given->salt != NULL) {
        blob_write_u32(asked.bytes, given->iterations);
        blob_write_u32(asked.bytes + 4, (uint32_t)salt_size);
        memcpy(asked.bytes + 8, given->salt, salt_size);
        asked.data = (NCryptBuffer){(ULONG)(8 + salt_size), NCRYPTBUFFER_PKCS_ALG_PARAM, asked.bytes};
        asked.list.scheme_data = &asked.data;
        asked.list.given |= PARAMETER_SCHEME_DATA;
    }
    asked.parameters.list = &asked.list;
    return &asked.parameters;
}

static SECURITY_STATUS write_as(const struct blob_parameters *parameters, uint8_t *out, size_t room, size_t *size)
{
    const struct blob_format *format = blob_format_by_type(PKCS8);
    struct components components;
    SECURITY_STATUS status;

    components_init(&components);
    CHECK_STATUS(material_take_apart(key, true, &components), ERROR_SUCCESS);
    status = format->write(format, &components, parameters, out, room, size);
    components_clear(&components);
    return status;
}

static const struct blob_parameters *with_password(const WCHAR *text)
{
    return ask(&(struct given){.password = text});
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

static void check_written(const uint8_t *blob, size_t size, const char *secret)
{
    const uint8_t *at = blob;
    X509_SIG *sealed = d2i_X509_SIG(NULL, &at, (long)size);
    PKCS8_PRIV_KEY_INFO *info = PKCS8_decrypt(sealed, secret, -1);
    uint8_t *der = NULL;
    int der_size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);

    CHECK(at == blob + size && (size_t)der_size == plain_size && memcmp(der, plain, plain_size) == 0);
    OPENSSL_free(der);
    PKCS8_PRIV_KEY_INFO_free(info);
    X509_SIG_free(sealed);
}

static void test_written(void)
{
    static const struct {
        struct given given;
        const char *secret, *holds; /* what the blob has somewhere in it, in hexadecimal */
    } rows[] = {
        {{password, NULL, 0, NULL}, password_utf8, "060960864801650304012a"}, /* AES-256-CBC */
        {{password, PBES2, 0, NULL}, password_utf8, "06082a864886f70d0209"},  /* HMAC with SHA-256 */
        {{password, PBES2, 1, "12345678"}, password_utf8, "04083132333435363738020101"},
        {{password, PBES2, 2048, "s"}, password_utf8, "04017302020800"},
        {{password, TRIPLE_DES, 1, "12345678"},
         password_utf8,
         "060a2a864886f70d010c0103300d04083132333435363738020101"},
        {{password, TRIPLE_DES, 2048, "salt"}, password_utf8, "300a040473616c7402020800"},
        {{password, TRIPLE_DES, 7, ""}, password_utf8, "020107"}, /* a salt of its own */
        {{u"", PBES2, 1, "salt"}, "", "020101"},
        {{u"\xD83D\xDE00", TRIPLE_DES, 1, "salt"}, "\xF0\x9F\x98\x80", "020101"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t blob[600], again[600], pattern[64];
        size_t size = 0, again_size = 0, pattern_size = from_hex(rows[i].holds, pattern);
        const struct blob_parameters *parameters = ask(&rows[i].given);
        struct material *imported = NULL;
        uint32_t usage = 0;

        CHECK_STATUS(write_as(parameters, NULL, 0, &size), ERROR_SUCCESS);
        CHECK_STATUS(write_as(parameters, blob, size - 1, &again_size), NTE_BUFFER_TOO_SMALL);
        CHECK(again_size == size);
        CHECK_STATUS(write_as(parameters, blob, sizeof blob, &again_size), ERROR_SUCCESS);
        CHECK(again_size == size && memmem(blob, size, pattern, pattern_size) != NULL);
        check_written(blob, size, rows[i].secret);
        CHECK_STATUS(write_as(parameters, again, sizeof again, &again_size), ERROR_SUCCESS);
        CHECK((memcmp(blob, again, size) == 0) ==
              (rows[i].given.scheme != NULL && strcmp(rows[i].given.scheme, TRIPLE_DES) == 0 &&
               rows[i].given.salt[0] != '\0')); /* else something in it is random */
        CHECK_STATUS(import_blob(PKCS8, blob, size, with_password(rows[i].given.password), &imported, &usage),
                     ERROR_SUCCESS);
        CHECK(usage == 0);
        material_free(imported);
    }
}

static void test_refused_lists(void)
{
    char long_salt[PBE_MAX_SALT + 2] = {0};
    WCHAR long_password[PBE_MAX_PASSWORD + 2] = {0};
    const struct given rows[] = {
        {NULL, PBES2, 0, NULL},
        {NULL, NULL, 1, "salt"},
        {password, NULL, 1, "salt"},
        {password, PBES2, 0, "salt"},
        {password, PBES2, PBE_MAX_ITERATIONS + 1, "salt"},
        {password, PBES2, 0xFFFFFFFF, "salt"},
        {password, PBES2, 1, long_salt},
        {long_password, PBES2, 1, "salt"},
        {u"\xD800", PBES2, 1, "salt"},
    };
    uint8_t blob[2000];
    size_t size = 4711;

    memset(long_salt, 's', PBE_MAX_SALT + 1);
    for (size_t i = 0; i <= PBE_MAX_PASSWORD; i++) {
        long_password[i] = u'p';
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        CHECK_STATUS(write_as(ask(&rows[i]), blob, sizeof blob, &size), NTE_INVALID_PARAMETER);
    }
    for (size_t cut = 0; cut < 12; cut++) { /* of 8 + 4 bytes */
        const struct blob_parameters *parameters = ask(&(struct given){password, PBES2, 1, "salt"});

        asked.data.cbBuffer = (ULONG)cut;
        CHECK_STATUS(write_as(parameters, blob, sizeof blob, &size), NTE_INVALID_PARAMETER);
    }
    CHECK_STATUS(write_as(ask(&(struct given){password, "", 0, NULL}), blob, sizeof blob, &size), NTE_NOT_SUPPORTED);
    CHECK_STATUS(write_as(ask(&(struct given){password, "1.2.840.113549.1.12.1.6", 0, NULL}), blob, sizeof blob, &size),
                 NTE_NOT_SUPPORTED);
    CHECK(size == 4711 || size > plain_size);
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

static uint8_t *seal(X509_ALGOR *algorithm, const char *secret, size_t *size)
{
    const uint8_t *at = plain;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)plain_size);
    X509_SIG *sealed = PKCS8_set0_pbe(secret, -1, info, algorithm);
    uint8_t *der = NULL;

    CHECK(sealed != NULL);
    *size = (size_t)i2d_X509_SIG(sealed, &der);
    X509_SIG_free(sealed);
    PKCS8_PRIV_KEY_INFO_free(info);
    return der;
}

static void check_read(X509_ALGOR *algorithm, SECURITY_STATUS expected)
{
    size_t size;
    uint8_t *der = seal(algorithm, password_utf8, &size);

    CHECK_STATUS(try_import(PKCS8, der, size, with_password(password)), expected);
    OPENSSL_free(der);
}

static void test_from_outside(void)
{
    static const int hashes[] = {NID_hmacWithSHA1, NID_hmacWithSHA256, NID_hmacWithSHA384, NID_hmacWithSHA512};
    uint8_t salt[] = "12345678";

    for (size_t i = 0; i < COUNT(hashes); i++) {
        const EVP_CIPHER *cipher = i == 0   ? EVP_des_ede3_cbc()
                                   : i == 1 ? EVP_aes_128_cbc()
                                   : i == 2 ? EVP_aes_192_cbc()
                                            : EVP_aes_256_cbc();

        check_read(PKCS5_pbe2_set_iv(cipher, 1000, salt, 8, NULL, hashes[i]), ERROR_SUCCESS);
    }
    check_read(PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 2000, salt, 8), ERROR_SUCCESS);
    check_read(PKCS5_pbe_set(NID_pbe_WithSHA1And2_Key_TripleDES_CBC, 2000, salt, 8), ERROR_SUCCESS);
}

static void test_wrong_password(void)
{
    size_t size;
    uint8_t salt[] = "12345678";
    uint8_t *der = seal(PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 1, salt, 8), password_utf8, &size);
    WCHAR guess[2] = {0};

    CHECK_STATUS(try_import(PKCS8, der, size, with_password(NULL)), WRONG_PASSWORD);
    CHECK_STATUS(try_import(PKCS8, der, size, &no_parameters), WRONG_PASSWORD);
    CHECK_STATUS(try_import(PKCS8, der, size, with_password(u"")), WRONG_PASSWORD);
    CHECK_STATUS(try_import(PKCS8, der, size, with_password(u"\xDC00")), WRONG_PASSWORD);
    for (guess[0] = 1; guess[0] < 2000; guess[0]++) { /* some give a padding that is right by chance */
        CHECK_STATUS(try_import(PKCS8, der, size, with_password(guess)), WRONG_PASSWORD);
    }
    CHECK_STATUS(try_import(PKCS8, der, size, with_password(password)), ERROR_SUCCESS);
    CHECK_STATUS(try_import(PKCS8, plain, plain_size, with_password(password)), ERROR_SUCCESS); /* not needed */
    OPENSSL_free(der);
}

static void test_too_much_work(void)
{
    uint8_t salt[] = "12345678";
    size_t size;
    uint8_t *der = seal(PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), 1000, salt, 8, NULL, NID_hmacWithSHA256), "p", &size);
    uint8_t *count = memmem(der, size, "\x02\x02\x03\xE8", 4);

    if (CHECK(count != NULL)) { /* as many as two bytes can say: done, and the password is wrong */
        memcpy(count, "\x02\x02\x7F\xFF", 4);
        CHECK_STATUS(try_import(PKCS8, der, size, with_password(u"p")), WRONG_PASSWORD);
        memcpy(count, "\x02\x02\x80\x00", 4); /* negative */
        CHECK_STATUS(try_import(PKCS8, der, size, with_password(u"p")), NTE_BAD_DATA);
    }
    OPENSSL_free(der);
    der = seal(PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), 0x100000, salt, 8, NULL, NID_hmacWithSHA256), "p", &size);
    count = memmem(der, size, "\x02\x03\x10\x00\x00", 5);
    if (CHECK(count != NULL)) {
        memcpy(count, "\x02\x03\x7F\xFF\xFF", 5);
        CHECK_STATUS(try_import(PKCS8, der, size, with_password(u"p")), NTE_BAD_LEN);
    }
    OPENSSL_free(der);
}

/* Nobody's numbers keep a processor busy, or take its memory. */
static void test_scrypt(void)
{
    static const struct {
        const char *numbers; /* INTEGERs: N, r and p */
        SECURITY_STATUS expected;
    } rows[] = {
        {"\x02\x02\x04\x00\x02\x01\x08\x02\x01\x03", WRONG_PASSWORD}, /* 1024, 8, 3: done */
        {"\x02\x02\x04\x01\x02\x01\x08\x02\x01\x01", NTE_BAD_LEN},    /* N is no power of two */
        {"\x02\x02\x84\x00\x02\x01\x08\x02\x01\x01", NTE_BAD_DATA},   /* and negative */
        {"\x02\x02\x40\x00\x02\x01\x7F\x02\x01\x01", NTE_BAD_LEN},    /* 254 MB */
        {"\x02\x02\x40\x00\x02\x01\x08\x02\x01\x7F", NTE_BAD_LEN},    /* some seconds */
        {"\x02\x02\x04\x00\x02\x01\x08\x02\x01\x00", NTE_BAD_LEN},
    };
    uint8_t salt[] = "12345678";
    size_t size;
    uint8_t *der, *at;

    check_read(PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, 8, NULL, 16384, 8, 1), ERROR_SUCCESS);
    der = seal(PKCS5_pbe2_set_scrypt(EVP_aes_128_cbc(), salt, 8, NULL, 1024, 8, 1), "p", &size);
    at = memmem(der, size, "\x02\x02\x04\x00\x02\x01\x08\x02\x01\x01", 10);
    if (CHECK(at != NULL)) {
        CHECK_STATUS(try_import(PKCS8, der, size, with_password(u"p")), ERROR_SUCCESS);
        for (size_t i = 0; i < COUNT(rows); i++) {
            memcpy(at, rows[i].numbers, 10);
            CHECK_STATUS(try_import(PKCS8, der, size, with_password(u"p")), rows[i].expected);
        }
    }
    OPENSSL_free(der);
}

static void test_what_is_missing(void)
{
    uint8_t salt[] = "12345678";
    size_t size;
    uint8_t *der = seal(PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 1, salt, 8), "p", &size);
    uint8_t *scheme = memmem(der, size, "\x01\x0C\x01\x03", 4);

    if (CHECK(scheme != NULL)) {
        for (uint8_t i = 0; i < 8; i++) { /* RC4 and RC2 are not in libcrypto's default provider */
            scheme[3] = i;
            CHECK_STATUS(try_import(PKCS8, der, size, with_password(u"p")), i == 3   ? ERROR_SUCCESS
                                                                            : i == 4 ? WRONG_PASSWORD
                                                                                     : NTE_NOT_SUPPORTED);
        }
    }
    OPENSSL_free(der);
    der = seal(PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), 1, salt, 8, NULL, NID_hmacWithSHA256), "p", &size);
    scheme = memmem(der, size, "\xf7\x0d\x02\x09", 4);
    if (CHECK(scheme != NULL)) {
        scheme[3] = 0x0A; /* with SHA-384 */
        CHECK_STATUS(try_import(PKCS8, der, size, with_password(u"p")), WRONG_PASSWORD);
        scheme[3] = 0x7F;
        CHECK_STATUS(try_import(PKCS8, der, size, with_password(u"p")), NTE_NOT_SUPPORTED);
    }
    OPENSSL_free(der);
}

/* RFC 5958's second version, with the public key behind the private one: {1, ..., [1] of 65 bytes or of none}. */
static void test_second_version(void)
{
    uint8_t der[600], bits[] = {0x00, 0x04};
    X509_ALGOR *algorithm = PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 1, (uint8_t *)"saltsalt", 8);
    X509_SIG *sealed = X509_SIG_new();
    X509_ALGOR *place;
    ASN1_OCTET_STRING *text;
    uint8_t *crypt = NULL, *encrypted = NULL;
    size_t size = plain_size;
    int crypt_size = 0, encrypted_size;

    CHECK(plain[1] == 0x81 && plain[2] < 0xF0 && plain[5] == 0);
    memcpy(der, plain, size);
    der[size++] = 0x81;
    der[size++] = sizeof bits;
    memcpy(der + size, bits, sizeof bits);
    size += sizeof bits;
    der[2] = (uint8_t)(der[2] + 2 + sizeof bits);
    CHECK_STATUS(try_import(PKCS8, der, size, &no_parameters), NTE_BAD_DATA); /* it says that it is the first */
    der[5] = 2;
    CHECK_STATUS(try_import(PKCS8, der, size, &no_parameters), NTE_BAD_DATA);
    der[5] = 1;
    CHECK_STATUS(try_import(PKCS8, der, size, &no_parameters), ERROR_SUCCESS);
    CHECK_STATUS(try_import(PKCS8, der, size + 1, &no_parameters), NTE_BAD_DATA);
    CHECK_STATUS(try_import(PKCS8, der, size - 1, &no_parameters), NTE_BAD_DATA);
    CHECK(PKCS12_pbe_crypt(algorithm, "p", 1, der, (int)size, &crypt, &crypt_size, 1) != NULL);
    X509_SIG_getm(sealed, &place, &text);
    CHECK(X509_ALGOR_copy(place, algorithm) == 1 && ASN1_OCTET_STRING_set(text, crypt, crypt_size) == 1);
    encrypted_size = i2d_X509_SIG(sealed, &encrypted);
    CHECK_STATUS(try_import(PKCS8, encrypted, (size_t)encrypted_size, with_password(u"p")), ERROR_SUCCESS);
    OPENSSL_free(encrypted);
    OPENSSL_free(crypt);
    X509_SIG_free(sealed);
    X509_ALGOR_free(algorithm);
}

static void test_damaged(void)
{
    uint8_t salt[] = "12345678";
    size_t size;
    uint8_t *der = seal(PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 1, salt, 8), password_utf8, &size);
    uint8_t *longer = calloc(1, size + 1);

    for (size_t cut = 0; cut < size; cut++) {
        CHECK_STATUS(try_import(PKCS8, der, cut, with_password(password)), NTE_BAD_DATA);
    }
    memcpy(longer, der, size);
    CHECK_STATUS(try_import(PKCS8, longer, size + 1, with_password(password)), NTE_BAD_DATA);
    free(longer);
    for (size_t at = 0; at < size; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            SECURITY_STATUS status;

            der[at] ^= (uint8_t)(1u << bit);
            status = try_import(PKCS8, der, size, with_password(password));
            /* There is no checksum: a changed block may be numbers again, or the key's own point. */
            CHECK(status == ERROR_SUCCESS || is_refusal(status) || status == WRONG_PASSWORD || status == NTE_BAD_LEN);
            der[at] ^= (uint8_t)(1u << bit);
        }
    }
    OPENSSL_free(der);
}

int main(void)
{
    key = generate(u"ECDSA_P256", 0);
    plain = export_blob(PKCS8, key, 0, &plain_size);
    RUN(test_written);
    RUN(test_refused_lists);
    RUN(test_from_outside);
    RUN(test_wrong_password);
    RUN(test_too_much_work);
    RUN(test_scrypt);
    RUN(test_what_is_missing);
    RUN(test_second_version);
    RUN(test_damaged);
    material_free(key);
    free(plain);
    return test_result("blob_pbe");
}
