/* SPDX-License-Identifier: MIT
 *
 * Certificates of stored keys: stores opened and enumerated, properties, certificates put on keys and taken off.
 */
#include "certificate_support.h"

static struct issued root, middle, leaf, other;
static NCRYPT_PROV_HANDLE provider;

static void set_chain(const WCHAR *name, const struct issued *const *chain, size_t count)
{
    NCRYPT_KEY_HANDLE key = open_key(provider, name);
    uint8_t bytes[4000];
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        memcpy(bytes + size, chain[i]->der, chain[i]->size);
        size += chain[i]->size;
    }
    CHECK_STATUS(set_bytes(key, NCRYPT_CERTIFICATE_PROPERTY, bytes, size, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    free_handle(key);
}

static size_t chain_size(const WCHAR *name)
{
    NCRYPT_KEY_HANDLE key = open_key(provider, name);
    DWORD size = 0;
    SECURITY_STATUS status = NCryptGetProperty(key, NCRYPT_CERTIFICATE_PROPERTY, NULL, 0, &size, 0);

    CHECK(status == ERROR_SUCCESS || status == NTE_NOT_FOUND);
    free_handle(key);
    return size;
}

static void delete_key(const WCHAR *name)
{
    CHECK_STATUS(NCryptDeleteKey(open_key(provider, name), 0), ERROR_SUCCESS);
}

/* No key store at all, then one without certificates. */
static void test_nothing(void)
{
    CHECK(count_my() == 0);
    CHECK(count_in(u"ca", CERT_SYSTEM_STORE_LOCAL_MACHINE) == 0);
    store_key_and_close(u"plain", other.key, 0);
    CHECK(count_my() == 0);
    CHECK(count_in(u"My", CERT_SYSTEM_STORE_CURRENT_USER | CERT_STORE_READONLY_FLAG | CERT_STORE_OPEN_EXISTING_FLAG) ==
          0);
    delete_key(u"plain");
}

static void test_attach_and_acquire(void)
{
    union provider_info_room room;
    HCERTSTORE store;
    PCCERT_CONTEXT context;
    NCRYPT_KEY_HANDLE key;

    store_key_and_close(u"Mine", leaf.key, 0);
    attach(&leaf, u"mine");
    CHECK(count_my() == 1);
    CHECK(count_in(u"MY", CERT_SYSTEM_STORE_LOCAL_MACHINE) == 0);
    store = open_my();
    context = CertEnumCertificatesInStore(store, NULL);
    CHECK(is_certificate(context, &leaf));
    CHECK(context->dwCertEncodingType == X509_ASN_ENCODING && context->pCertInfo == NULL);
    CHECK(context->hCertStore == store);
    CHECK(provider_info(context, &room));
    CHECK(memcmp(room.info.pwszContainerName, u"Mine", 10) == 0);
    CHECK(memcmp(room.info.pwszProvName, MS_KEY_STORAGE_PROVIDER, sizeof MS_KEY_STORAGE_PROVIDER) == 0);
    CHECK(room.info.dwProvType == 0 && room.info.dwFlags == 0 && room.info.dwKeySpec == 0);
    CHECK(room.info.cProvParam == 0 && room.info.rgProvParam == NULL);
    key = acquire_key(context);
    CHECK(key_fits(key, &leaf));
    free_handle(key);
    CHECK(CertEnumCertificatesInStore(store, context) == NULL);
    CHECK_GOOD(CertCloseStore(store, 0));
    delete_key(u"Mine");
    CHECK(count_my() == 0);
}

/* The property as an application sets it: the leaf in MY, the rest in CA, each once. */
static void test_views(void)
{
    const struct issued *chain[] = {&leaf, &middle, &root}, *second[] = {&other, &middle, &root};
    HCERTSTORE store;

    store_key_and_close(u"one", leaf.key, 0);
    store_key_and_close(u"two", other.key, 0);
    set_chain(u"one", chain, 3);
    set_chain(u"two", second, 3);
    CHECK(count_my() == 2);
    store = open_certificates(u"CA", CERT_SYSTEM_STORE_CURRENT_USER);
    CHECK(count_certificates(store) == 2);
    CHECK(has_certificate(store, &middle) && has_certificate(store, &root) && !has_certificate(store, &leaf));
    CHECK_GOOD(CertCloseStore(store, 0));
    set_chain(u"two", second, 0); /* an empty property: none */
    CHECK(count_my() == 1);
    delete_key(u"one");
    delete_key(u"two");
    CHECK(count_my() == 0 && count_in(u"CA", CERT_SYSTEM_STORE_CURRENT_USER) == 0);
}

/* Whatever else an application may have in the property. */
static void test_odd_properties(void)
{
    static const uint8_t odd[][6] = {{0x30}, {0x30, 0x82, 1}, {0x30, 0x80, 0, 0}, {0x31, 0}, {0x30, 0x85, 0, 0, 0, 0}};
    NCRYPT_KEY_HANDLE key = store_key_of(provider, u"odd", leaf.key, 0);
    uint8_t bytes[4000];

    for (size_t i = 0; i < COUNT(odd); i++) {
        for (size_t size = 1; size <= sizeof odd[i]; size++) {
            CHECK_STATUS(set_bytes(key, NCRYPT_CERTIFICATE_PROPERTY, odd[i], size, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
            CHECK(count_my() == (unsigned)(i == 0 && size == 2)); /* an empty sequence is as long as it says */
        }
    }
    memcpy(bytes, leaf.der, leaf.size);
    CHECK_STATUS(set_bytes(key, NCRYPT_CERTIFICATE_PROPERTY, bytes, leaf.size - 1, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    CHECK(count_my() == 0);
    CHECK_STATUS(set_bytes(key, NCRYPT_CERTIFICATE_PROPERTY, bytes, leaf.size, 0), ERROR_SUCCESS); /* not stored */
    CHECK(count_my() == 0);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
}

/* So many issuers are none. */
static void test_many_issuers(void)
{
    static uint8_t many[5 * 1100] = {0};
    NCRYPT_KEY_HANDLE key = store_key_of(provider, u"many", leaf.key, 0);

    for (size_t i = 0; i < sizeof many / 5; i++) {
        const uint8_t one[5] = {0x30, 0x03, 0x02, (uint8_t)(i >> 8), (uint8_t)i};

        memcpy(many + 5 * i, one, sizeof one);
    }
    CHECK_STATUS(set_bytes(key, NCRYPT_CERTIFICATE_PROPERTY, many, sizeof many, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    CHECK(count_my() == 1 && count_in(u"CA", CERT_SYSTEM_STORE_CURRENT_USER) == 1000);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
}

/* A renewed certificate keeps the issuers that are its own, too; one of another issuer does not. */
static void test_renewal(void)
{
    const struct issued *chain[] = {&leaf, &middle, &root};
    struct issued renewed, foreign;

    EVP_PKEY_up_ref(leaf.key);
    renewed = issue("renewed", leaf.key, &middle, false);
    EVP_PKEY_up_ref(leaf.key);
    foreign = issue("foreign", leaf.key, NULL, false);
    store_key_and_close(u"key", leaf.key, 0);
    set_chain(u"key", chain, 3);
    attach(&renewed, u"key");
    CHECK(chain_size(u"key") == renewed.size + middle.size + root.size);
    CHECK(count_my() == 1);
    attach(&foreign, u"key");
    CHECK(chain_size(u"key") == foreign.size);
    delete_key(u"key");
    issued_free(&renewed);
    issued_free(&foreign);
}

static void test_delete(void)
{
    HCERTSTORE store;
    PCCERT_CONTEXT context, pending;

    store_key_and_close(u"key", leaf.key, 0);
    attach(&leaf, u"key");
    store = open_my();
    pending = add_certificate(store, &other); /* on no key: in this store only */
    CHECK(count_certificates(store) == 2 && count_my() == 1);
    CHECK_GOOD(CertDeleteCertificateFromStore(pending));
    CHECK(count_certificates(store) == 1);
    context = CertEnumCertificatesInStore(store, NULL);
    CHECK_GOOD(CertDeleteCertificateFromStore(CertDuplicateCertificateContext(context)));
    CHECK(CertEnumCertificatesInStore(store, context) == NULL); /* goes on behind a deleted one */
    CHECK(count_certificates(store) == 0 && count_my() == 0 && chain_size(u"key") == 0);
    CHECK_GOOD(CertCloseStore(store, 0));
    delete_key(u"key");
}

/* One that was replaced or deleted meanwhile is left as it is. */
static void test_delete_late(void)
{
    const struct issued *chain[] = {&middle};
    HCERTSTORE store;
    PCCERT_CONTEXT context;

    store_key_and_close(u"key", leaf.key, 0);
    attach(&leaf, u"key");
    store = open_my();
    set_chain(u"key", chain, 1);
    CHECK_GOOD(CertDeleteCertificateFromStore(CertEnumCertificatesInStore(store, NULL)));
    CHECK(chain_size(u"key") == middle.size);
    CHECK_GOOD(CertCloseStore(store, 0));
    attach(&leaf, u"key");
    store = open_my();
    delete_key(u"key");
    context = CertEnumCertificatesInStore(store, NULL);
    CHECK_ERROR(CryptAcquireCertificatePrivateKey(context, CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG, NULL,
                                                  &(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE){0}, NULL, NULL),
                NTE_BAD_KEYSET);
    CHECK_GOOD(CertDeleteCertificateFromStore(context));
    CHECK_GOOD(CertCloseStore(store, 0));
}

static void test_move_between_keys(void)
{
    HCERTSTORE store;
    PCCERT_CONTEXT context;

    store_key_and_close(u"first", leaf.key, 0);
    store_key_and_close(u"second", leaf.key, 0);
    attach(&leaf, u"first");
    store = open_my();
    context = CertEnumCertificatesInStore(store, NULL);
    CHECK_GOOD(bind_certificate(context, u"second", 0, 0, 0));
    CHECK(chain_size(u"first") == 0 && chain_size(u"second") == leaf.size);
    CHECK_GOOD(bind_certificate(context, u"SECOND", 0, 0, 0)); /* the same key */
    CHECK(chain_size(u"second") == leaf.size);
    CHECK_GOOD(CertSetCertificateContextProperty(context, CERT_KEY_PROV_INFO_PROP_ID, 0, NULL));
    CHECK(chain_size(u"second") == 0);
    CHECK(count_certificates(store) == 1 && count_my() == 0); /* it is in the opened store still */
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK_GOOD(CertCloseStore(store, 0));
    delete_key(u"first");
    delete_key(u"second");
}

/* Dispositions, for a certificate that is there already. */
static void test_add_again(void)
{
    HCERTSTORE store;
    PCCERT_CONTEXT there = NULL, context = NULL;
    union provider_info_room room;

    store_key_and_close(u"key", leaf.key, 0);
    attach(&leaf, u"key");
    store = open_my();
    there = find_certificate(store, &leaf);
    CHECK_ERROR(
        CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, leaf.der, leaf.size, CERT_STORE_ADD_NEW, &context),
        CRYPT_E_EXISTS);
    CHECK(context == NULL);
    CHECK_GOOD(CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING | PKCS_7_ASN_ENCODING, leaf.der, leaf.size,
                                                CERT_STORE_ADD_USE_EXISTING, &context));
    CHECK(context == there);
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK_GOOD(CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, leaf.der, leaf.size,
                                                CERT_STORE_ADD_REPLACE_EXISTING, &context));
    CHECK(context != there && provider_info(context, &room));
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK_GOOD(CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, leaf.der, leaf.size,
                                                CERT_STORE_ADD_USE_EXISTING, NULL));
    CHECK(count_certificates(store) == 1 && count_my() == 1);
    CHECK_GOOD(CertCloseStore(store, 0));
    CHECK(is_certificate(there, &leaf) && provider_info(there, &room)); /* outlives its store */
    free_handle(acquire_key(there));
    CHECK_GOOD(CertFreeCertificateContext(there));
    delete_key(u"key");
}

static void test_issuers_are_views(void)
{
    const struct issued *chain[] = {&leaf, &middle};
    HCERTSTORE store;
    PCCERT_CONTEXT context = NULL;

    store_key_and_close(u"key", leaf.key, 0);
    set_chain(u"key", chain, 2);
    store = open_certificates(u"CA", CERT_SYSTEM_STORE_CURRENT_USER);
    CHECK_GOOD(CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, middle.der, middle.size,
                                                CERT_STORE_ADD_USE_EXISTING, &context));
    CHECK_ERROR(bind_certificate(context, u"key", 0, 0, 0), NTE_NOT_SUPPORTED);
    CHECK_ERROR(CertDeleteCertificateFromStore(context), NTE_NOT_SUPPORTED);
    CHECK_ERROR(
        CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, root.der, root.size, CERT_STORE_ADD_NEW, NULL),
        NTE_NOT_SUPPORTED);
    CHECK(count_certificates(store) == 1);
    CHECK_GOOD(CertCloseStore(store, 0));
    delete_key(u"key");
}

/* A key's place is its certificate's. */
static void test_machine(void)
{
    HCERTSTORE store;
    PCCERT_CONTEXT context;
    union provider_info_room room;

    store_key_and_close(u"key", leaf.key, NCRYPT_MACHINE_KEY_FLAG);
    store = open_certificates(u"MY", CERT_SYSTEM_STORE_LOCAL_MACHINE);
    context = add_certificate(store, &leaf);
    CHECK_ERROR(bind_certificate(context, u"key", 0, 0, 0), ERROR_INVALID_PARAMETER);
    CHECK_GOOD(bind_certificate(context, u"key", 0, 0, CRYPT_MACHINE_KEYSET));
    CHECK(provider_info(context, &room) && room.info.dwFlags == CRYPT_MACHINE_KEYSET);
    free_handle(acquire_key(context));
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK_GOOD(CertCloseStore(store, 0));
    CHECK(count_my() == 0 && count_in(u"MY", CERT_SYSTEM_STORE_LOCAL_MACHINE) == 1);
    store = open_certificates(u"MY", CERT_SYSTEM_STORE_LOCAL_MACHINE | CERT_STORE_READONLY_FLAG);
    context = CertEnumCertificatesInStore(store, NULL);
    CHECK_ERROR(bind_certificate(context, u"key", 0, 0, CRYPT_MACHINE_KEYSET), 5);
    CHECK_ERROR(CertDeleteCertificateFromStore(context), 5);
    CHECK_ERROR(
        CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, root.der, root.size, CERT_STORE_ADD_NEW, NULL), 5);
    CHECK_GOOD(CertCloseStore(store, 0));
    CHECK_STATUS(NCryptOpenKey(provider, &(NCRYPT_KEY_HANDLE){0}, u"key", 0, 0), NTE_BAD_KEYSET);
}

int main(void)
{
    home_make();
    provider = open_provider();
    root = issue_ec("root", NULL, true);
    middle = issue_ec("middle", &root, true);
    leaf = issue_ec("leaf", &middle, false);
    other = issue_ec("other", &middle, false);
    RUN(test_nothing);
    RUN(test_attach_and_acquire);
    RUN(test_views);
    RUN(test_odd_properties);
    RUN(test_many_issuers);
    RUN(test_renewal);
    RUN(test_delete);
    RUN(test_delete_late);
    RUN(test_move_between_keys);
    RUN(test_add_again);
    RUN(test_issuers_are_views);
    RUN(test_machine);
    issued_free(&leaf);
    issued_free(&other);
    issued_free(&middle);
    issued_free(&root);
    free_handle(provider);
    check_no_certificate_handles();
    return test_result("wincrypt_certificates");
}
