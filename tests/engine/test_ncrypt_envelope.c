/* SPDX-License-Identifier: MIT
 *
 * PKCS7_ENVELOPE: what is written libcrypto by itself opens, and what it closes is read; certificates, policies,
 * parameter lists, damaged ones.
 */
#include <openssl/cms.h>

#include "envelope_support.h"

/* ---- certificates
 * ----------------------------------------------------------------------------------------------------
 */

static size_t concatenate(uint8_t *out)
{
    memcpy(out, for_rsa.der, for_rsa.size);
    memcpy(out + for_rsa.size, for_ec.der, for_ec.size);
    return for_rsa.size + for_ec.size;
}

static size_t element(uint8_t *out, uint32_t kind, const uint8_t *data, uint32_t size)
{
    const uint32_t header[3] = {kind, 1, size};

    memcpy(out, header, sizeof header);
    memcpy(out + sizeof header, data, size);
    return sizeof header + size;
}

/* As CertSaveStore writes it: a property before a certificate, one certificate more, the end. */
static size_t serialize(uint8_t *out)
{
    static const uint8_t head[8] = {0, 0, 0, 0, 'C', 'E', 'R', 'T'};
    size_t size = sizeof head;

    memcpy(out, head, sizeof head);
    size += element(out + size, 3, (const uint8_t *)"12345678901234567890", 20);
    size += element(out + size, 32, for_rsa.der, for_rsa.size);
    size += element(out + size, 32, for_ec.der, for_ec.size);
    memset(out + size, 0, 12);
    return size + 12;
}

static void check_envelope(const uint8_t *blob, size_t size, const struct issued *recipient)
{
    const uint8_t *at = blob;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)size);
    BIO *plain = BIO_new(BIO_s_mem());
    char *data = NULL;

    CHECK(at == blob + size);
    CHECK(CMS_decrypt(cms, recipient->key, recipient->x509, NULL, plain, CMS_BINARY) == 1);
    CHECK(BIO_get_mem_data(plain, &data) == (long)pkcs8_size && memcmp(data, pkcs8, pkcs8_size) == 0);
    BIO_free(plain);
    CMS_ContentInfo_free(cms);
}

static void test_envelopes(void)
{
    static const char *const oids[] = {AES256, "2.16.840.1.101.3.4.1.22", "2.16.840.1.101.3.4.1.2",
                                       "1.2.840.113549.3.7"};
    uint8_t certificates[5000], blob[ROOM];

    for (size_t i = 0; i < COUNT(oids); i++) {
        size_t known = i % 2 == 0 ? concatenate(certificates) : serialize(certificates);
        DWORD size = taken_out(ENVELOPE, 0, recipients(certificates, known, oids[i]), blob);

        check_envelope(blob, size, &for_rsa);
        check_envelope(blob, size, &for_ec);
        CHECK_STATUS(import(ENVELOPE, rsa, NULL, blob, size), ERROR_SUCCESS);
        CHECK_STATUS(import(ENVELOPE, ec, NULL, blob, size), ERROR_SUCCESS);
        (void)recipients(certificates, known, AES256);
        CHECK_STATUS(import(ENVELOPE, rsa, with(1), blob, size), ERROR_SUCCESS);
        CHECK_STATUS(import(ENVELOPE, ec, with(1), blob, size), ERROR_SUCCESS);
    }
}

static void test_envelopes_from_outside(void)
{
    STACK_OF(X509) *certificates = sk_X509_new_null();
    BIO *input = BIO_new_mem_buf(pkcs8, (int)pkcs8_size);
    CMS_ContentInfo *cms;
    uint8_t *der = NULL;
    int size;

    sk_X509_push(certificates, for_ec.x509);
    sk_X509_push(certificates, for_rsa.x509);
    cms = CMS_encrypt(certificates, input, EVP_aes_128_cbc(), CMS_BINARY);
    size = i2d_CMS_ContentInfo(cms, &der);
    CHECK_STATUS(import(ENVELOPE, rsa, NULL, der, (size_t)size), ERROR_SUCCESS);
    CHECK_STATUS(import(ENVELOPE, ec, NULL, der, (size_t)size), ERROR_SUCCESS);
    CHECK_STATUS(import(ENVELOPE, key, NULL, der, (size_t)size), NTE_DECRYPTION_FAILURE);
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(input);
    sk_X509_free(certificates);
}

static void test_refused_envelopes(void)
{
    NCRYPT_KEY_HANDLE signer = begin_key(provider, u"RSA", NULL, 0), unfinished = begin_key(provider, u"RSA", NULL, 0);
    uint8_t blob[ROOM], certificates[5000];
    DWORD size = taken_out(ENVELOPE, 0, recipients(for_rsa.der, for_rsa.size, AES256), blob);

    CHECK_STATUS(set_dword(signer, u"Key Usage", NCRYPT_ALLOW_SIGNING_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(signer, u"Length", 1024, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(signer, 0), ERROR_SUCCESS);
    CHECK_STATUS(import(ENVELOPE, 0, NULL, blob, size), NTE_INVALID_PARAMETER);
    CHECK_STATUS(import(ENVELOPE, signer, NULL, blob, size), NTE_PERM);
    CHECK_STATUS(import(ENVELOPE, unfinished, NULL, blob, size), NTE_BAD_KEY_STATE);
    CHECK_STATUS(import(ENVELOPE, ec, NULL, blob, size), NTE_DECRYPTION_FAILURE);
    CHECK_STATUS(import(ENVELOPE, rsa, NULL, pkcs8, pkcs8_size), NTE_BAD_DATA);
    (void)recipients(for_ec.der, for_ec.size, AES256);
    CHECK_STATUS(import(ENVELOPE, rsa, with(1), blob, size), NTE_INVALID_PARAMETER); /* not that key's */
    CHECK_STATUS(import(ENVELOPE, rsa, with(2), blob, size), NTE_INVALID_PARAMETER); /* the algorithm is in it */
    CHECK_STATUS(refused_export(ENVELOPE, 0, NULL), NTE_INVALID_PARAMETER);
    CHECK_STATUS(refused_export(ENVELOPE, 0, with(1)), NTE_INVALID_PARAMETER);
    CHECK_STATUS(refused_export(ENVELOPE, rsa, with(2)), NTE_INVALID_PARAMETER);
    CHECK_STATUS(refused_export(ENVELOPE, 0, recipients(for_rsa.der, for_rsa.size, "1.2.3.4")), NTE_NOT_SUPPORTED);
    for (DWORD cut = 1; cut < size; cut++) {
        CHECK_STATUS(import(ENVELOPE, rsa, NULL, blob, cut), NTE_BAD_DATA);
    }
    CHECK_STATUS(refused_export(ENVELOPE, 0, recipients(certificates, 0, AES256)), NTE_INVALID_PARAMETER);
    for (size_t whole = serialize(certificates), cut = 1; cut < whole; cut++) {
        CHECK_STATUS(refused_export(ENVELOPE, 0, recipients(certificates, cut, AES256)), NTE_INVALID_PARAMETER);
    }
    certificates[0] = 1; /* another version */
    CHECK_STATUS(refused_export(ENVELOPE, 0, recipients(certificates, serialize(certificates + 1) + 1, AES256)),
                 NTE_INVALID_PARAMETER);
    free_handle(signer);
    free_handle(unfinished);
}

static void test_damaged_envelopes(void)
{
    uint8_t blob[ROOM];
    DWORD size = taken_out(ENVELOPE, 0, recipients(for_rsa.der, for_rsa.size, AES256), blob);

    for (DWORD at = 0; at < size; at += 3) {
        NCRYPT_KEY_HANDLE made = 0;

        SECURITY_STATUS status;

        blob[at] ^= 0x10;
        status = NCryptImportKey(provider, rsa, ENVELOPE, NULL, &made, blob, size, 0);
        CHECK(status == ERROR_SUCCESS || status == NTE_DECRYPTION_FAILURE || status == NTE_BAD_DATA ||
              status == NTE_NOT_SUPPORTED || status == NTE_INVALID_PARAMETER);
        if (status == ERROR_SUCCESS) {
            free_handle(made); /* there is no checksum */
        }
        blob[at] ^= 0x10;
    }
}

/* One of the values makes a padding that is right, and so no key; another one is what was there. */
static void test_the_padding_is_nobodys_business(void)
{
    uint8_t blob[ROOM];
    DWORD size = taken_out(ENVELOPE, 0, recipients(for_rsa.der, for_rsa.size, AES256), blob);
    unsigned opened = 0;

    for (unsigned change = 0; change < 256; change++) {
        SECURITY_STATUS status;

        blob[size - 17] ^= (uint8_t)change;
        status = import(ENVELOPE, rsa, NULL, blob, size);
        CHECK(status == (change == 0 ? ERROR_SUCCESS : NTE_DECRYPTION_FAILURE));
        opened += status == ERROR_SUCCESS;
        blob[size - 17] ^= (uint8_t)change;
    }
    CHECK(opened == 1);
}

/* ---- policies ------------------------------------------------------------------------------------------------------
 */

static void test_policies(void)
{
    static const struct {
        DWORD policy;
        SECURITY_STATUS envelope, wrapped;
    } rows[] = {
        {0, NTE_NOT_SUPPORTED, NTE_NOT_SUPPORTED},
        {NCRYPT_ALLOW_EXPORT_FLAG, ERROR_SUCCESS, NTE_NOT_SUPPORTED},
        {NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, ERROR_SUCCESS, ERROR_SUCCESS},
        {NCRYPT_ALLOW_ARCHIVING_FLAG, ERROR_SUCCESS, NTE_NOT_SUPPORTED},
        {NCRYPT_ALLOW_PKCS11_RSA_AES_EXPORT_FLAG, NTE_NOT_SUPPORTED, ERROR_SUCCESS},
    };
    NCRYPT_KEY_HANDLE before = key;

    for (size_t i = 0; i < COUNT(rows); i++) {
        key = with_policy(u"ECDSA_P256", rows[i].policy);
        CHECK_STATUS(refused_export(ENVELOPE, 0, recipients(for_rsa.der, for_rsa.size, AES256)), rows[i].envelope);
        CHECK_STATUS(refused_export(WRAPPED, rsa, NULL), rows[i].wrapped);
        CHECK_STATUS(refused_export(WRAPPED, rsa, NULL), rows[i].wrapped);
        free_handle(key);
    }
    key = with_policy(u"ECDSA_P256", NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG);
    CHECK_STATUS(set_dword(key, u"Export Policy", NCRYPT_ALLOW_PKCS11_RSA_AES_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(key, u"Export Policy", NCRYPT_ALLOW_EXPORT_FLAG, 0), NTE_BAD_KEY_STATE);
    free_handle(key);
    key = before;
}

int main(void)
{
    RUN(make_keys);
    RUN(test_envelopes);
    RUN(test_envelopes_from_outside);
    RUN(test_refused_envelopes);
    RUN(test_damaged_envelopes);
    RUN(test_the_padding_is_nobodys_business);
    RUN(test_policies);
    RUN(free_keys);
    return test_result("ncrypt_envelope");
}
