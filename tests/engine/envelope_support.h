/* SPDX-License-Identifier: MIT
 *
 * For tests of keys that travel under other keys: one that travels, two that it is closed for, and the steps.
 */
#ifndef TESTS_ENGINE_ENVELOPE_SUPPORT_H
#define TESTS_ENGINE_ENVELOPE_SUPPORT_H

#include "certificate_support.h"
#include "common/utf16.h"

#define ENVELOPE NCRYPT_PKCS7_ENVELOPE_BLOB
#define WRAPPED  BCRYPT_PKCS11_RSA_AES_WRAP_KEY_BLOB
#define AES256   "2.16.840.1.101.3.4.1.42"
#define ROOM     8000

static unsigned rsa_bits = 2048;
static NCRYPT_PROV_HANDLE provider;
static NCRYPT_KEY_HANDLE key;         /* what is carried about */
static NCRYPT_KEY_HANDLE rsa, ec;     /* what opens it */
static struct issued for_rsa, for_ec; /* the certificates of those */
static uint8_t pkcs8[300];
static DWORD pkcs8_size;

static inline NCRYPT_KEY_HANDLE with_policy(const WCHAR *algorithm, DWORD policy)
{
    NCRYPT_KEY_HANDLE made = begin_key(provider, algorithm, NULL, 0);

    CHECK_STATUS(set_dword(made, u"Export Policy", policy, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(made, 0), ERROR_SUCCESS);
    return made;
}

/* A key of libcrypto's in the engine. */
static inline NCRYPT_KEY_HANDLE bring_in(EVP_PKEY *pkey)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
    NCRYPT_KEY_HANDLE made = 0;
    uint8_t *der = NULL;
    int size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);

    CHECK_STATUS(NCryptImportKey(provider, 0, u"PKCS8_PRIVATEKEY", NULL, &made, der, (DWORD)size, 0), ERROR_SUCCESS);
    OPENSSL_free(der);
    PKCS8_PRIV_KEY_INFO_free(info);
    return made;
}

static inline void make_keys(void)
{
    home_make();
    provider = open_provider();
    for_rsa = issue("rsa", EVP_RSA_gen(rsa_bits), NULL, false);
    for_ec = issue("ec", EVP_EC_gen("P-256"), NULL, false);
    rsa = bring_in(for_rsa.key);
    ec = bring_in(for_ec.key);
    key = with_policy(u"ECDSA_P256", 3 | NCRYPT_ALLOW_PKCS11_RSA_AES_EXPORT_FLAG);
    CHECK_STATUS(NCryptExportKey(key, 0, u"PKCS8_PRIVATEKEY", NULL, pkcs8, sizeof pkcs8, &pkcs8_size, 0),
                 ERROR_SUCCESS);
}

static NCryptBuffer buffers[4];
static NCryptBufferDesc list;

static inline NCryptBufferDesc *with(ULONG count)
{
    list = (NCryptBufferDesc){NCRYPTBUFFER_VERSION, count, buffers};
    return &list;
}

static inline NCryptBufferDesc *recipients(const uint8_t *data, size_t size, const char *oid)
{
    buffers[0] = (NCryptBuffer){(ULONG)size, NCRYPTBUFFER_CERT_BLOB, (PVOID)(uintptr_t)data};
    buffers[1] = (NCryptBuffer){(ULONG)strlen(oid) + 1, NCRYPTBUFFER_PKCS_ALG_OID, (PVOID)(uintptr_t)oid};
    return with(2);
}

static inline DWORD taken_out(const WCHAR *type, NCRYPT_KEY_HANDLE other, NCryptBufferDesc *wanted, uint8_t out[ROOM])
{
    DWORD size = 0, again = 0;

    CHECK_STATUS(NCryptExportKey(key, other, type, wanted, NULL, 0, &size, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptExportKey(key, other, type, wanted, out, size - 1, &again, 0), NTE_BUFFER_TOO_SMALL);
    CHECK(again == size && size <= ROOM);
    CHECK_STATUS(NCryptExportKey(key, other, type, wanted, out, size, &again, 0), ERROR_SUCCESS);
    CHECK(again == size);
    return again;
}

static inline SECURITY_STATUS refused_export(const WCHAR *type, NCRYPT_KEY_HANDLE other, NCryptBufferDesc *wanted)
{
    uint8_t out[ROOM];
    DWORD size = 0;

    return NCryptExportKey(key, other, type, wanted, out, sizeof out, &size, 0);
}

/* From a block of just the blob's size. */
static inline SECURITY_STATUS import(const WCHAR *type, NCRYPT_KEY_HANDLE other, NCryptBufferDesc *given,
                                     const uint8_t *blob, size_t size)
{
    NCRYPT_KEY_HANDLE made = 0;
    uint8_t *copy = malloc(size), ours[200], theirs[200];
    DWORD ours_size = 0, theirs_size = 0;
    SECURITY_STATUS status;

    memcpy(copy, blob, size);
    status = NCryptImportKey(provider, other, type, given, &made, copy, (DWORD)size, 0);
    CHECK((made == 0) == (status != ERROR_SUCCESS));
    if (status == ERROR_SUCCESS) {
        CHECK_STATUS(NCryptExportKey(made, 0, u"ECCPUBLICBLOB", NULL, ours, sizeof ours, &ours_size, 0), ERROR_SUCCESS);
        CHECK_STATUS(NCryptExportKey(key, 0, u"ECCPUBLICBLOB", NULL, theirs, sizeof theirs, &theirs_size, 0),
                     ERROR_SUCCESS);
        CHECK(ours_size == theirs_size && memcmp(ours, theirs, ours_size) == 0);
        free_handle(made);
    }
    free(copy);
    return status;
}

static inline void free_keys(void)
{
    free_handle(key);
    free_handle(rsa);
    free_handle(ec);
    issued_free(&for_rsa);
    issued_free(&for_ec);
    free_handle(provider);
    check_no_handles();
}

#endif
