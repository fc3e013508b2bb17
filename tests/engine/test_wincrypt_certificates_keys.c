/* SPDX-License-Identifier: MIT
 *
 * CryptAcquireCertificatePrivateKey: which key, through which API, and whose handle it is.
 */
#include <openssl/pem.h>

#include "certificate_support.h"

#define ONLY   CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG
#define PREFER CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG
#define ALLOW  CRYPT_ACQUIRE_ALLOW_NCRYPT_KEY_FLAG
#define CACHE  CRYPT_ACQUIRE_CACHE_FLAG

static struct issued root, leaf, other;
static NCRYPT_PROV_HANDLE provider;

struct result {
    HCRYPTPROV_OR_NCRYPT_KEY_HANDLE handle;
    DWORD spec;
    BOOL callers;
};

static struct result acquire_with(PCCERT_CONTEXT context, DWORD flags)
{
    struct result result = {0, 77, 77};

    CHECK_GOOD(CryptAcquireCertificatePrivateKey(context, flags, NULL, &result.handle, &result.spec, &result.callers));
    return result;
}

static BOOL try_acquire(PCCERT_CONTEXT context, DWORD flags)
{
    struct result result = {99, 99, 99};
    BOOL good = CryptAcquireCertificatePrivateKey(context, flags, NULL, &result.handle, &result.spec, &result.callers);

    CHECK(!good && result.handle == 99 && result.spec == 99 && result.callers == 99); /* untouched */
    return good;
}

/* The only certificate in MY, whose store is closed already. */
static PCCERT_CONTEXT only_certificate(void)
{
    HCERTSTORE store = open_my();
    PCCERT_CONTEXT context = CertEnumCertificatesInStore(store, NULL);

    CHECK(context != NULL);
    CHECK_GOOD(CertCloseStore(store, 0));
    return context;
}

static void delete_key(const WCHAR *name)
{
    CHECK_STATUS(NCryptDeleteKey(open_key(provider, name), 0), ERROR_SUCCESS);
}

static void test_whose_handle(void)
{
    PCCERT_CONTEXT context;
    struct result first, second;
    uint64_t keys = ncx_live_handles(1);

    store_key_and_close(u"key", leaf.key, 0);
    attach(&leaf, u"key");
    context = only_certificate();
    first = acquire_with(context, ONLY | CRYPT_ACQUIRE_SILENT_FLAG | CRYPT_ACQUIRE_COMPARE_KEY_FLAG);
    second = acquire_with(context, ALLOW);
    CHECK(first.callers == TRUE && second.callers == TRUE && first.handle != second.handle);
    CHECK(first.spec == CERT_NCRYPT_KEY_SPEC && key_fits(first.handle, &leaf) && key_fits(second.handle, &leaf));
    free_handle(first.handle);
    free_handle(second.handle);
    first = acquire_with(context, PREFER | CACHE);
    second = acquire_with(CertDuplicateCertificateContext(context), ONLY | CACHE);
    CHECK(first.callers == FALSE && second.callers == FALSE && first.handle == second.handle);
    CHECK(key_fits(first.handle, &leaf) && ncx_live_handles(1) == keys + 1);
    second = acquire_with(context, ONLY); /* without the flag the caller gets one of his own still */
    CHECK(second.callers == TRUE && second.handle != first.handle);
    free_handle(second.handle);
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK(key_fits(first.handle, &leaf)); /* there is the duplicate */
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK(ncx_live_handles(1) == keys && !NCryptIsKeyHandle(first.handle));
    delete_key(u"key");
}

/* What an old program expects is a provider of CryptoAPI, and this key has none. */
static void test_cng_key_for_capi(void)
{
    PCCERT_CONTEXT context;

    store_key_and_close(u"key", leaf.key, 0);
    attach(&leaf, u"key");
    context = only_certificate();
    CHECK_ERROR(try_acquire(context, 0), NTE_BAD_PROV_TYPE);
    CHECK_ERROR(try_acquire(context, CACHE), NTE_BAD_PROV_TYPE);
    CHECK_GOOD(CryptAcquireCertificatePrivateKey(context, ONLY | CACHE, NULL, &(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE){0},
                                                 NULL, NULL));
    CHECK_GOOD(CertFreeCertificateContext(context));
    delete_key(u"key");
}

static void test_no_key(void)
{
    HCERTSTORE store = open_my();
    PCCERT_CONTEXT context = add_certificate(store, &leaf);
    DWORD size = 0;

    CHECK_ERROR(try_acquire(context, ONLY), CRYPT_E_NO_KEY_PROPERTY);
    CHECK_ERROR(try_acquire(context, 0), CRYPT_E_NO_KEY_PROPERTY);
    CHECK_ERROR(try_acquire(context, 0x2000), NTE_BAD_FLAGS);
    CHECK_ERROR(try_acquire(NULL, ONLY), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CryptAcquireCertificatePrivateKey(context, ONLY, NULL, NULL, NULL, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(CertGetCertificateContextProperty(context, CERT_KEY_PROV_INFO_PROP_ID, NULL, &size), CRYPT_E_NOT_FOUND);
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK_GOOD(CertCloseStore(store, 0));
}

/* The certificate is of the key that was there when the store was opened. */
static void test_key_replaced(void)
{
    PCCERT_CONTEXT context;

    store_key_and_close(u"key", leaf.key, 0);
    attach(&leaf, u"key");
    context = only_certificate();
    store_key_and_close(u"key", other.key, NCRYPT_OVERWRITE_KEY_FLAG);
    CHECK(count_my() == 0); /* it went with the key */
    CHECK_ERROR(try_acquire(context, ONLY), NTE_BAD_PUBLIC_KEY);
    delete_key(u"key");
    CHECK_ERROR(try_acquire(context, ONLY), NTE_BAD_KEYSET);
    CHECK_GOOD(CertFreeCertificateContext(context));
}

/* A certificate that is none of this key's is not put on it. */
static void test_other_key(void)
{
    HCERTSTORE store = open_my();
    PCCERT_CONTEXT context = add_certificate(store, &other);

    store_key_and_close(u"key", leaf.key, 0);
    CHECK_ERROR(bind_certificate(context, u"key", 0, 0, 0), NTE_BAD_PUBLIC_KEY);
    CHECK_ERROR(bind_certificate(context, u"no such key", 0, 0, 0), NTE_BAD_KEYSET);
    CHECK_ERROR(try_acquire(context, ONLY), CRYPT_E_NO_KEY_PROPERTY);
    CHECK(count_my() == 0);
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK_GOOD(CertCloseStore(store, 0));
    delete_key(u"key");
}

/* A key of CNG's that has a specification, and a certificate for it. */
static struct issued issue_for_key(const WCHAR *name)
{
    NCRYPT_KEY_HANDLE key = 0;
    BYTE blob[600];
    const unsigned char *at = blob;
    DWORD size = 0;

    CHECK_STATUS(NCryptCreatePersistedKey(provider, &key, BCRYPT_RSA_ALGORITHM, name, AT_SIGNATURE, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(key, NCRYPT_LENGTH_PROPERTY, 1024, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptExportKey(key, 0, LEGACY_RSAPUBLIC_BLOB, NULL, blob, sizeof blob, &size, 0), ERROR_SUCCESS);
    free_handle(key);
    return issue("own", b2i_PublicKey(&at, size), &root, false);
}

/* The same key, said with its specification and without: the certificate stays on it. */
static void test_same_key_again(void)
{
    static const DWORD specs[] = {0, AT_SIGNATURE, AT_SIGNATURE, 0, 0};
    struct issued own = issue_for_key(u"spec");
    HCERTSTORE store = open_my();
    PCCERT_CONTEXT context = add_certificate(store, &own);

    for (size_t i = 0; i < COUNT(specs); i++) {
        CHECK_GOOD(bind_certificate(context, u"spec", 0, specs[i], 0));
        CHECK(count_my() == 1);
    }
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK_GOOD(CertCloseStore(store, 0));
    delete_key(u"spec");
    issued_free(&own);
}

/* What a certificate says of its key may be that it is for RSA-PSS only. */
static void make_pss(struct issued *issued)
{
    X509_PUBKEY *info = X509_get_X509_PUBKEY(issued->x509);
    const unsigned char *key = NULL;
    int size = 0;

    CHECK(X509_PUBKEY_get0_param(NULL, &key, &size, NULL, info) == 1);
    CHECK(X509_PUBKEY_set0_param(info, OBJ_nid2obj(NID_rsassaPss), V_ASN1_UNDEF, NULL,
                                 OPENSSL_memdup(key, (size_t)size), size) == 1);
    CHECK(X509_sign(issued->x509, root.key, EVP_sha256()) > 0);
    OPENSSL_free(issued->der);
    issued->der = NULL;
    issued->size = (DWORD)i2d_X509(issued->x509, &issued->der);
}

static void test_pss(void)
{
    struct issued own = issue_for_key(u"pss"), strange = issue("strange", EVP_RSA_gen(1024), &root, false);
    HCERTSTORE store;
    PCCERT_CONTEXT context;

    make_pss(&own);
    make_pss(&strange);
    attach(&own, u"pss");
    store = open_my();
    context = find_certificate(store, &own);
    free_handle(acquire_key(context));
    CHECK_GOOD(CertFreeCertificateContext(context));
    context = add_certificate(store, &strange);
    CHECK_ERROR(bind_certificate(context, u"pss", 0, 0, 0), NTE_BAD_PUBLIC_KEY);
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK_GOOD(CertCloseStore(store, 0));
    delete_key(u"pss");
    issued_free(&own);
    issued_free(&strange);
}

/* ---- keys of CryptoAPI --------------------------------------------------------------------------------------------
 */

static struct issued issue_for_container(const WCHAR *name, DWORD spec)
{
    HCRYPTPROV container = acquire(name, PROV_RSA_AES, 0);
    HCRYPTKEY key = user_key(container, spec);
    BYTE blob[300];
    const unsigned char *at = blob;
    DWORD size = export_key(key, PUBLICKEYBLOB, blob, sizeof blob);
    struct issued made = issue("container", b2i_PublicKey(&at, size), &root, false);

    destroy_key(key);
    release(container);
    return made;
}

static void make_container(const WCHAR *name, DWORD spec)
{
    HCRYPTPROV container = acquire(name, PROV_RSA_AES, CRYPT_NEWKEYSET);

    destroy_key(generate_key(container, spec, 0));
    release(container);
}

static void bind_container(const struct issued *issued, const WCHAR *name, DWORD type, DWORD spec)
{
    HCERTSTORE store = open_my();
    PCCERT_CONTEXT context = add_certificate(store, issued);

    CHECK_GOOD(bind_certificate(context, name, type, spec, 0));
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK_GOOD(CertCloseStore(store, 0));
}

/* The context gives its key to whoever asks for CryptoAPI's, and a CNG handle to the others. */
static void check_both_ways(PCCERT_CONTEXT context, DWORD spec)
{
    struct result capi = acquire_with(context, CRYPT_ACQUIRE_SILENT_FLAG), cng = acquire_with(context, PREFER);
    HCRYPTKEY key = user_key(capi.handle, spec);

    CHECK(capi.spec == spec && capi.callers == TRUE && cng.spec == CERT_NCRYPT_KEY_SPEC && cng.callers == TRUE);
    check_pair(capi.handle, spec, key);
    CHECK(same_key(cng.handle, key));
    destroy_key(key);
    release(capi.handle);
    free_handle(cng.handle);
    capi = acquire_with(context, ALLOW);
    CHECK(capi.spec == spec);
    release(capi.handle);
}

static void test_container(void)
{
    union provider_info_room room;
    struct issued issued;
    PCCERT_CONTEXT context;

    make_container(u"Box", AT_SIGNATURE);
    issued = issue_for_container(u"Box", AT_SIGNATURE);
    bind_container(&issued, u"box", PROV_RSA_FULL, AT_SIGNATURE);
    context = only_certificate();
    CHECK(is_certificate(context, &issued) && provider_info(context, &room));
    CHECK(memcmp(room.info.pwszContainerName, u"Box", 8) == 0);
    CHECK(memcmp(room.info.pwszProvName, MS_ENH_RSA_AES_PROV_W, sizeof MS_ENH_RSA_AES_PROV_W) == 0);
    CHECK(room.info.dwProvType == PROV_RSA_AES && room.info.dwKeySpec == AT_SIGNATURE);
    check_both_ways(context, AT_SIGNATURE);
    CHECK_GOOD(CertFreeCertificateContext(context));
    delete_container(u"Box");
    CHECK(count_my() == 0);
    issued_free(&issued);
}

/* A container, and a CNG key of the same name beside it. */
static void test_container_beside_key(void)
{
    struct issued issued;
    NCRYPT_KEY_HANDLE key = begin_key(provider, NCRYPT_RSA_ALGORITHM, u"both", 0);
    PCCERT_CONTEXT context;

    CHECK_STATUS(set_dword(key, NCRYPT_LENGTH_PROPERTY, 1024, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG), ERROR_SUCCESS);
    {
        HCRYPTPROV container = acquire(u"both", PROV_RSA_AES, 0);

        destroy_key(generate_key(container, AT_KEYEXCHANGE, 0));
        release(container);
    }
    issued = issue_for_container(u"both", AT_KEYEXCHANGE);
    bind_container(&issued, u"both", PROV_RSA_AES, AT_KEYEXCHANGE);
    context = only_certificate();
    check_both_ways(context, AT_KEYEXCHANGE);
    CHECK_ERROR(bind_certificate(context, u"both", 0, 0, 0), NTE_BAD_PUBLIC_KEY); /* that is the CNG key */
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
    CHECK(count_my() == 1);
    delete_container(u"both");
    issued_free(&issued);
}

static void test_container_cached(void)
{
    struct issued issued;
    struct result capi, cng;
    PCCERT_CONTEXT context;
    uint64_t contexts = ncx_live_handles(LIVE_CONTEXT);

    make_container(u"box", AT_KEYEXCHANGE);
    issued = issue_for_container(u"box", AT_KEYEXCHANGE);
    bind_container(&issued, u"box", PROV_RSA_AES, AT_KEYEXCHANGE);
    context = only_certificate();
    capi = acquire_with(context, CACHE);
    cng = acquire_with(context, CACHE | ONLY);
    CHECK(!capi.callers && !cng.callers && capi.spec == AT_KEYEXCHANGE && cng.spec == CERT_NCRYPT_KEY_SPEC);
    CHECK(acquire_with(context, CACHE).handle == capi.handle &&
          acquire_with(context, CACHE | ONLY).handle == cng.handle);
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK(ncx_live_handles(LIVE_CONTEXT) == contexts);
    delete_container(u"box");
    issued_free(&issued);
}

static void test_bad_binding(void)
{
    HCERTSTORE store = open_my();
    PCCERT_CONTEXT context = add_certificate(store, &leaf);
    CRYPT_KEY_PROV_INFO info = {.pwszContainerName = (LPWSTR)(uintptr_t)u"key"};
    WCHAR long_name[262];

    CHECK_ERROR(bind_certificate(context, NULL, 0, 0, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(bind_certificate(context, u"", 0, 0, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(bind_certificate(context, u"key", 0, 3, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(bind_certificate(context, u"key", 0, 0, CRYPT_EXPORTABLE), NTE_BAD_FLAGS);
    CHECK_ERROR(bind_certificate(context, u"key", PROV_RSA_AES, 0, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(bind_certificate(context, u"key", 3, AT_SIGNATURE, 0), NTE_PROV_TYPE_NOT_DEF);
    CHECK_ERROR(bind_certificate(context, u"key", PROV_RSA_AES, AT_SIGNATURE, 0), NTE_BAD_KEYSET);
    for (size_t i = 0; i < COUNT(long_name); i++) {
        long_name[i] = i + 1 < COUNT(long_name) ? 'x' : 0;
    }
    CHECK_ERROR(bind_certificate(context, long_name, 0, 0, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(bind_certificate(context, long_name + 1, 0, 0, 0), NTE_BAD_KEYSET);
    info.pwszProvName = (LPWSTR)(uintptr_t)u"another";
    CHECK_ERROR(CertSetCertificateContextProperty(context, CERT_KEY_PROV_INFO_PROP_ID, 0, &info), NTE_KEYSET_NOT_DEF);
    info.pwszProvName = NULL;
    info.cProvParam = 1;
    CHECK_ERROR(CertSetCertificateContextProperty(context, CERT_KEY_PROV_INFO_PROP_ID, 0, &info),
                ERROR_INVALID_PARAMETER);
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK_GOOD(CertCloseStore(store, 0));
}

int main(void)
{
    home_make();
    provider = open_provider();
    root = issue_ec("root", NULL, true);
    leaf = issue_ec("leaf", &root, false);
    other = issue_ec("other", &root, false);
    RUN(test_whose_handle);
    RUN(test_cng_key_for_capi);
    RUN(test_no_key);
    RUN(test_key_replaced);
    RUN(test_other_key);
    RUN(test_same_key_again);
    RUN(test_pss);
    RUN(test_container);
    RUN(test_container_beside_key);
    RUN(test_container_cached);
    RUN(test_bad_binding);
    issued_free(&leaf);
    issued_free(&other);
    issued_free(&root);
    free_handle(provider);
    check_no_certificate_handles();
    return test_result("wincrypt_certificates_keys");
}
