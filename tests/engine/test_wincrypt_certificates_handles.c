/* SPDX-License-Identifier: MIT
 *
 * The certificate functions with wrong handles, NULL pointers, unknown flags and data that are no certificate.
 */
#include "certificate_support.h"

static struct issued leaf;

static HCERTSTORE try_open(LPCSTR kind, HCRYPTPROV_LEGACY legacy, DWORD flags, const WCHAR *name)
{
    HCERTSTORE store = CertOpenStore(kind, 0, legacy, flags, name);

    CHECK(store == NULL);
    return store;
}

#define USER CERT_SYSTEM_STORE_CURRENT_USER

static void test_open(void)
{
    CHECK_ERROR(try_open(NULL, 0, USER, u"MY") != NULL, ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(try_open((LPCSTR)9, 0, USER, u"MY") != NULL, ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(try_open("Memory", 0, USER, u"MY") != NULL, ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(try_open(CERT_STORE_PROV_SYSTEM_W, 0, USER, u"Root") != NULL, ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(try_open(CERT_STORE_PROV_SYSTEM_W, 0, USER, u"") != NULL, ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(try_open(CERT_STORE_PROV_SYSTEM_W, 0, USER, NULL) != NULL, ERROR_INVALID_PARAMETER);
    CHECK_ERROR(try_open(CERT_STORE_PROV_SYSTEM_W, 1, USER, u"MY") != NULL, ERROR_INVALID_PARAMETER);
    CHECK_ERROR(try_open(CERT_STORE_PROV_SYSTEM_W, 0, 0, u"MY") != NULL, ERROR_INVALID_PARAMETER);
    CHECK_ERROR(try_open(CERT_STORE_PROV_SYSTEM_W, 0, USER | CERT_SYSTEM_STORE_LOCAL_MACHINE, u"MY") != NULL,
                ERROR_INVALID_PARAMETER);
    CHECK_ERROR(try_open(CERT_STORE_PROV_SYSTEM_W, 0, USER | 0x10, u"MY") != NULL, NTE_BAD_FLAGS);
    CHECK(ncx_live_handles(LIVE_CERTIFICATE_STORE) == 0);
}

/* Whatever is no live handle of a store: closed, of another type, out of the blue. */
static void test_handles(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider();
    HCERTSTORE closed = open_my(), foreign = (HCERTSTORE)provider;
    HCERTSTORE odd[] = {closed, foreign, NULL, (HCERTSTORE)1, (HCERTSTORE)UINTPTR_MAX, &leaf};

    CHECK_GOOD(CertCloseStore(closed, 0));
    for (size_t i = 0; i < COUNT(odd); i++) {
        PCCERT_CONTEXT context = NULL;

        CHECK_ERROR(CertEnumCertificatesInStore(odd[i], NULL) != NULL, ERROR_INVALID_HANDLE);
        CHECK_ERROR(CertAddEncodedCertificateToStore(odd[i], X509_ASN_ENCODING, leaf.der, leaf.size, CERT_STORE_ADD_NEW,
                                                     &context),
                    ERROR_INVALID_HANDLE);
        CHECK(context == NULL);
        if (odd[i] != NULL) {
            CHECK_ERROR(CertCloseStore(odd[i], 0), ERROR_INVALID_HANDLE);
        }
    }
    CHECK_GOOD(CertCloseStore(NULL, 0));
    CHECK_STATUS(NCryptFreeObject((NCRYPT_HANDLE)closed), NTE_INVALID_HANDLE);
    free_handle(provider);
}

static void test_close(void)
{
    HCERTSTORE store = open_my();

    CHECK_ERROR(CertCloseStore(store, 1), NTE_BAD_FLAGS);
    CHECK_STATUS(NCryptFreeObject((NCRYPT_HANDLE)store), NTE_INVALID_HANDLE); /* not its function */
    CHECK(count_certificates(store) == 0);
    CHECK_GOOD(CertCloseStore(store, 0));
}

static void test_contexts(void)
{
    HCERTSTORE store = open_my(), second = open_my();
    PCCERT_CONTEXT context = add_certificate(store, &leaf);
    DWORD size = 0;

    CHECK(CertDuplicateCertificateContext(NULL) == NULL);
    CHECK_GOOD(CertFreeCertificateContext(NULL));
    CHECK_ERROR(CertDeleteCertificateFromStore(NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CertGetCertificateContextProperty(NULL, CERT_KEY_PROV_INFO_PROP_ID, NULL, &size),
                ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CertGetCertificateContextProperty(context, CERT_KEY_PROV_INFO_PROP_ID, NULL, NULL),
                ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CertGetCertificateContextProperty(context, 3, NULL, &size), CRYPT_E_NOT_FOUND);
    CHECK_ERROR(CertGetCertificateContextProperty(context, CERT_FRIENDLY_NAME_PROP_ID, NULL, &size), CRYPT_E_NOT_FOUND);
    CHECK_ERROR(CertSetCertificateContextProperty(NULL, CERT_KEY_PROV_INFO_PROP_ID, 0, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CertSetCertificateContextProperty(context, CERT_KEY_PROV_INFO_PROP_ID, 1, NULL), NTE_BAD_FLAGS);
    CHECK_ERROR(CertSetCertificateContextProperty(context, CERT_FRIENDLY_NAME_PROP_ID, 0, NULL), NTE_NOT_SUPPORTED);
    CHECK_GOOD(CertSetCertificateContextProperty(context, CERT_KEY_PROV_INFO_PROP_ID, 0, NULL)); /* has none */
    CHECK_ERROR(CertEnumCertificatesInStore(second, CertDuplicateCertificateContext(context)) != NULL,
                ERROR_INVALID_PARAMETER);
    CHECK_GOOD(CertCloseStore(store, 0));
    CHECK_ERROR(CertEnumCertificatesInStore(store, context) != NULL, ERROR_INVALID_HANDLE); /* frees it all the same */
    CHECK_GOOD(CertCloseStore(second, 0));
}

static void test_add(void)
{
    HCERTSTORE store = open_my();
    BYTE bytes[2000];

    CHECK_ERROR(
        CertAddEncodedCertificateToStore(store, PKCS_7_ASN_ENCODING, leaf.der, leaf.size, CERT_STORE_ADD_NEW, NULL),
        ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, NULL, leaf.size, CERT_STORE_ADD_NEW, NULL),
                ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, leaf.der, leaf.size, 0, NULL),
                ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, leaf.der, leaf.size, 4, NULL),
                ERROR_INVALID_PARAMETER);
    for (DWORD size = 0; size < leaf.size; size++) {
        CHECK_ERROR(
            CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, leaf.der, size, CERT_STORE_ADD_NEW, NULL),
            CRYPT_E_ASN1_BADTAG);
    }
    memcpy(bytes, leaf.der, leaf.size);
    bytes[leaf.size] = 0;
    CHECK_ERROR(
        CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, bytes, leaf.size + 1, CERT_STORE_ADD_NEW, NULL),
        CRYPT_E_ASN1_BADTAG);
    CHECK(count_certificates(store) == 0);
    CHECK_GOOD(
        CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, leaf.der, leaf.size, CERT_STORE_ADD_NEW, NULL));
    CHECK(count_certificates(store) == 1);
    CHECK_GOOD(CertCloseStore(store, 0));
}

/* Asking for the size, too little room, exactly enough: the strings stand behind the structure. */
static void test_room(void)
{
    HCERTSTORE store = open_my();
    PCCERT_CONTEXT context = add_certificate(store, &leaf);
    union provider_info_room room;
    DWORD wanted = sizeof(CRYPT_KEY_PROV_INFO) + sizeof u"key" + sizeof MS_KEY_STORAGE_PROVIDER, size = 0;

    store_key_and_close(u"key", leaf.key, 0);
    CHECK_GOOD(bind_certificate(context, u"key", 0, 0, CRYPT_SILENT));
    CHECK_GOOD(CertGetCertificateContextProperty(context, CERT_KEY_PROV_INFO_PROP_ID, NULL, &size));
    CHECK(size == wanted);
    size = wanted - 1;
    memset(&room, 0x55, sizeof room);
    CHECK_ERROR(CertGetCertificateContextProperty(context, CERT_KEY_PROV_INFO_PROP_ID, &room, &size), ERROR_MORE_DATA);
    CHECK(size == wanted && room.bytes[0] == 0x55);
    CHECK_GOOD(CertGetCertificateContextProperty(context, CERT_KEY_PROV_INFO_PROP_ID, &room, &size));
    CHECK(size == wanted && room.bytes[wanted] == 0x55);
    CHECK((BYTE *)room.info.pwszContainerName == room.bytes + sizeof room.info);
    CHECK((BYTE *)room.info.pwszProvName + sizeof MS_KEY_STORAGE_PROVIDER == room.bytes + wanted);
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK_GOOD(CertCloseStore(store, 0));
}

int main(void)
{
    home_make();
    leaf = issue_ec("leaf", NULL, false);
    RUN(test_open);
    RUN(test_handles);
    RUN(test_close);
    RUN(test_contexts);
    RUN(test_add);
    RUN(test_room);
    issued_free(&leaf);
    check_no_certificate_handles();
    return test_result("wincrypt_certificates_handles");
}
