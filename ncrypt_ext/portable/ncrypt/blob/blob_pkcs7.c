/* SPDX-License-Identifier: MIT
 *
 * PKCS7_ENVELOPE: a PKCS#8 key in an EnvelopedData of PKCS#7 (RFC 5652), for those whose certificates are given.
 */
#include <openssl/cms.h>
#include <string.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "ncrypt/blob/blob.h"
#include "ncrypt/key/material.h"
#include "ncrypt/parameters.h"

/* ---- certificates: a store as CertSaveStore writes it, or DER, one after the other ----------------------------- */

#define STORE_MAGIC      0x54524543u /* "CERT" */
#define STORE_HEADER     8
#define ELEMENT_HEADER   12
#define ELEMENT_END      0
#define ELEMENT_CERT     32
#define MAX_CERTIFICATES 256

/* With the sentence instead of libcrypto's reasons, unless its memory was short. */
static SECURITY_STATUS refuse(SECURITY_STATUS otherwise, const char *what, const char *sentence)
{
    SECURITY_STATUS status = status_from_openssl(otherwise, what);

    return status == NTE_NO_MEMORY ? status : status_fail(status, "%s", sentence);
}

static SECURITY_STATUS malformed(void)
{
    return refuse(NTE_INVALID_PARAMETER, "the certificates",
                  "NCRYPTBUFFER_CERT_BLOB holds no certificates, or something else, too");
}

/* Reads the certificate at the front; it has just that size unless `used` is given. */
static SECURITY_STATUS add(STACK_OF(X509) * certificates, const uint8_t *data, size_t size, size_t *used)
{
    const uint8_t *at = data;
    X509 *certificate = X509_new_ex(libctx_get(), NULL);

    if (certificate == NULL) {
        return status_no_memory();
    }
    if (d2i_X509(&certificate, &at, (long)size) == NULL || (used == NULL && at != data + size) ||
        sk_X509_num(certificates) == MAX_CERTIFICATES) {
        X509_free(certificate);
        return malformed();
    }
    if (sk_X509_push(certificates, certificate) <= 0) {
        X509_free(certificate);
        return status_no_memory();
    }
    if (used != NULL) {
        *used = (size_t)(at - data);
    }
    return ERROR_SUCCESS;
}

/* Elements are properties of the certificate that follows them, certificates and lists; the last one is empty. */
static SECURITY_STATUS read_store(STACK_OF(X509) * certificates, const uint8_t *data, size_t size)
{
    while (size >= ELEMENT_HEADER) {
        uint32_t kind = blob_read_u32(data), length = blob_read_u32(data + 8);

        data += ELEMENT_HEADER;
        size -= ELEMENT_HEADER;
        if (kind == ELEMENT_END) {
            return size == 0 && length == 0 ? ERROR_SUCCESS : malformed();
        }
        if (length > size) {
            return malformed();
        }
        if (kind == ELEMENT_CERT) {
            SECURITY_STATUS status = add(certificates, data, length, NULL);

            if (status != ERROR_SUCCESS) {
                return status;
            }
        }
        data += length;
        size -= length;
    }
    return malformed();
}

static SECURITY_STATUS read_certificates(const NCryptBuffer *buffer, STACK_OF(X509) * *out)
{
    const uint8_t *data = buffer->pvBuffer;
    size_t size = buffer->cbBuffer, used = 0;
    STACK_OF(X509) *certificates = sk_X509_new_null();
    SECURITY_STATUS status = certificates == NULL ? status_no_memory() : ERROR_SUCCESS;

    if (status == ERROR_SUCCESS && size >= STORE_HEADER && blob_read_u32(data + 4) == STORE_MAGIC) {
        status =
            blob_read_u32(data) == 0 ? read_store(certificates, data + STORE_HEADER, size - STORE_HEADER) : malformed();
    } else {
        for (; status == ERROR_SUCCESS && size > 0; data += used, size -= used) {
            status = add(certificates, data, size, &used);
        }
    }
    if (status == ERROR_SUCCESS && sk_X509_num(certificates) == 0) {
        status = malformed();
    }
    if (status != ERROR_SUCCESS) {
        sk_X509_pop_free(certificates, X509_free);
        return status;
    }
    *out = certificates;
    return ERROR_SUCCESS;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS decode(const uint8_t *data, size_t size, CMS_ContentInfo **out)
{
    const uint8_t *at = data;
    CMS_ContentInfo *cms = size > INT32_MAX ? NULL : CMS_ContentInfo_new_ex(libctx_get(), NULL);

    if (cms == NULL) {
        return size > INT32_MAX ? status_fail(NTE_BAD_DATA, "an envelope of %zu bytes", size) : status_no_memory();
    }
    if (d2i_CMS_ContentInfo(&cms, &at, (long)size) == NULL) {
        CMS_ContentInfo_free(cms); /* NULL, as a rule */
        return status_from_openssl(NTE_BAD_DATA, "the data are no PKCS#7 envelope");
    }
    if (at != data + size || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_enveloped) {
        CMS_ContentInfo_free(cms);
        return status_fail(NTE_BAD_DATA, "the data are not one PKCS#7 envelope");
    }
    *out = cms;
    return ERROR_SUCCESS;
}

/* Which of the certificates is the key's: the envelope names it. `*out` borrows. */
static SECURITY_STATUS find_recipient(const struct blob_parameters *parameters, STACK_OF(X509) * *certificates,
                                      X509 **out)
{
    SECURITY_STATUS status;

    if (parameters->list == NULL || parameters->list->certificates == NULL) {
        return ERROR_SUCCESS; /* the key is tried on every part */
    }
    status = read_certificates(parameters->list->certificates, certificates);
    for (int i = 0; status == ERROR_SUCCESS && *out == NULL && i < sk_X509_num(*certificates); i++) {
        X509 *certificate = sk_X509_value(*certificates, i);

        if (EVP_PKEY_eq(X509_get0_pubkey(certificate), parameters->wrapping->pkey) == 1) {
            *out = certificate;
        }
    }
    return status != ERROR_SUCCESS || *out != NULL
               ? status
               : status_fail(NTE_INVALID_PARAMETER, "none of the certificates is for the key of hImportKey");
}

/* Nothing tells an envelope that does not open from one that opens and has no key in it: nothing signs it, so whoever
 * may send altered ones would read the key in it, byte by byte, by which of them have a right padding. */
static SECURITY_STATUS not_opened(void)
{
    return refuse(NTE_DECRYPTION_FAILURE, "the envelope", "the key of hImportKey opens no PKCS#8 key in the envelope");
}

static SECURITY_STATUS open_envelope(CMS_ContentInfo *cms, const struct material *wrapping, X509 *recipient, BIO *plain)
{
    if (CMS_decrypt_set1_pkey(cms, wrapping->pkey, recipient) != 1 ||
        CMS_decrypt(cms, NULL, NULL, NULL, plain, CMS_BINARY) != 1) {
        return not_opened();
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS check_import(const struct blob_parameters *parameters)
{
    if (parameters->wrapping == NULL) {
        return status_fail(NTE_INVALID_PARAMETER,
                           "an envelope is opened by the key of hImportKey, which there is none");
    }
    if (!parameters->wrapping->has_private || parameters->wrapping->pkey == NULL) {
        return status_fail(NTE_NOT_SUPPORTED, "the key of hImportKey cannot open envelopes");
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS blob_pkcs7_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                 const struct blob_parameters *parameters, struct components *components,
                                 uint32_t *usage)
{
    struct blob_parameters inner = *parameters;
    STACK_OF(X509) *certificates = NULL;
    X509 *recipient = NULL;
    CMS_ContentInfo *cms = NULL;
    BIO *plain = NULL;
    SECURITY_STATUS status = check_import(parameters);

    (void)format;
    if (status != ERROR_SUCCESS) {
        return status;
    }
    inner.list = NULL;
    inner.wrapping = NULL;
    openssl_scope_begin();
    status = decode(data, size, &cms);
    if (status == ERROR_SUCCESS) {
        status = find_recipient(parameters, &certificates, &recipient);
    }
    if (status == ERROR_SUCCESS) {
        plain = BIO_new(BIO_s_secmem());
        status = plain == NULL ? status_no_memory() : open_envelope(cms, parameters->wrapping, recipient, plain);
    }
    if (status == ERROR_SUCCESS) {
        char *bytes = NULL;
        long length = BIO_get_mem_data(plain, &bytes);

        status = blob_pkcs8_parse(blob_format_by_type(NCRYPT_PKCS8_PRIVATE_KEY_BLOB), (const uint8_t *)bytes,
                                  length > 0 ? (size_t)length : 0, &inner, components, usage);
        status = status == NTE_BAD_DATA ? not_opened() : status;
    }
    BIO_free(plain);
    CMS_ContentInfo_free(cms);
    sk_X509_pop_free(certificates, X509_free);
    openssl_scope_end();
    return status;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS find_cipher(const char *oid, EVP_CIPHER **cipher)
{
    static const struct {
        const char *oid, *name;
    } ciphers[] = {
        {"2.16.840.1.101.3.4.1.42", "AES-256-CBC"},
        {"2.16.840.1.101.3.4.1.22", "AES-192-CBC"},
        {"2.16.840.1.101.3.4.1.2", "AES-128-CBC"},
        {"1.2.840.113549.3.7", "DES-EDE3-CBC"},
    };

    for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++) {
        if (strcmp(oid, ciphers[i].oid) == 0) {
            *cipher = EVP_CIPHER_fetch(libctx_get(), ciphers[i].name, NULL);
            return *cipher != NULL ? ERROR_SUCCESS : status_from_openssl(NTE_NOT_SUPPORTED, ciphers[i].name);
        }
    }
    return status_fail(NTE_NOT_SUPPORTED, "envelopes cannot be encrypted by the algorithm %s", oid);
}

/* The key in the clear, in memory to be freed with secmem_free(). */
static SECURITY_STATUS write_inner(const struct components *components, uint32_t usage, uint8_t **out, size_t *size)
{
    const struct blob_format *format = blob_format_by_type(NCRYPT_PKCS8_PRIVATE_KEY_BLOB);
    const struct blob_parameters parameters = {.usage = usage};
    SECURITY_STATUS status = blob_pkcs8_write(format, components, &parameters, NULL, 0, size);

    if (status == ERROR_SUCCESS) {
        *out = secmem_alloc(*size);
        status =
            *out == NULL ? status_no_memory() : blob_pkcs8_write(format, components, &parameters, *out, *size, size);
    }
    return status;
}

/* Written here and not by CMS_encrypt(), whose buffer keeps the key in the clear when it is freed. */
static bool write_content(CMS_ContentInfo *cms, const uint8_t *plain, size_t size)
{
    BIO *bio = CMS_dataInit(cms, NULL);
    bool good = bio != NULL && BIO_write(bio, plain, (int)size) == (int)size && BIO_flush(bio) == 1 &&
                CMS_dataFinal(cms, bio) == 1;

    BIO_free_all(bio);
    return good;
}

static SECURITY_STATUS seal(const uint8_t *plain, size_t size, const struct parameters *list, CMS_ContentInfo **out)
{
    STACK_OF(X509) *certificates = NULL;
    EVP_CIPHER *cipher = NULL;
    SECURITY_STATUS status = find_cipher(list->scheme, &cipher);

    if (status == ERROR_SUCCESS) {
        status = read_certificates(list->certificates, &certificates);
    }
    if (status == ERROR_SUCCESS) {
        *out = CMS_encrypt_ex(certificates, NULL, cipher, CMS_BINARY | CMS_PARTIAL, libctx_get(), NULL);
        if (*out == NULL || !write_content(*out, plain, size)) {
            status = status_from_openssl(NTE_INVALID_PARAMETER, "the key cannot be encrypted for these certificates");
        }
    }
    EVP_CIPHER_free(cipher);
    sk_X509_pop_free(certificates, X509_free);
    return status;
}

static SECURITY_STATUS put_out(CMS_ContentInfo *cms, uint8_t *out, size_t out_size, size_t *result)
{
    int size = i2d_CMS_ContentInfo(cms, NULL);
    SECURITY_STATUS status;
    bool ready;

    if (size <= 0) {
        return status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto cannot encode the envelope");
    }
    status = blob_output(out, out_size, (size_t)size, result, &ready);
    if (status == ERROR_SUCCESS && ready && i2d_CMS_ContentInfo(cms, &out) != size) {
        status = status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto cannot encode the envelope");
    }
    return status;
}

SECURITY_STATUS blob_pkcs7_write(const struct blob_format *format, const struct components *components,
                                 const struct blob_parameters *parameters, uint8_t *out, size_t out_size,
                                 size_t *result)
{
    const struct parameters *list = parameters->list;
    CMS_ContentInfo *cms = NULL;
    uint8_t *plain = NULL;
    size_t size = 0;
    SECURITY_STATUS status;

    (void)format;
    if (list == NULL || list->certificates == NULL || list->scheme == NULL || parameters->wrapping != NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "an envelope takes certificates (NCRYPTBUFFER_CERT_BLOB) and an "
                                                  "algorithm (NCRYPTBUFFER_PKCS_ALG_OID), and no hExportKey");
    }
    openssl_scope_begin();
    status = write_inner(components, parameters->usage, &plain, &size);
    if (status == ERROR_SUCCESS) {
        status = seal(plain, size, list, &cms);
    }
    if (status == ERROR_SUCCESS) {
        status = put_out(cms, out, out_size, result);
    }
    CMS_ContentInfo_free(cms);
    secmem_free(plain);
    openssl_scope_end();
    return status;
}
