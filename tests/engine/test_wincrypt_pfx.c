/* SPDX-License-Identifier: MIT
 *
 * PFXImportCertStore with good files: modes of protection, keys and certificates in any order.
 */
#include <openssl/provider.h>

#include "pfx_support.h"

static struct issued root, middle, leaf, other;
static NCRYPT_PROV_HANDLE provider;

#define PASSWORD u"password"

/* The key with its two issuers, in an order of nobody's. */
static struct pfx_file usual_file(struct pfx_options options)
{
    const struct pfx_item items[] = {{.certificate = &root, .name = "the root"},
                                     {.key = &leaf, .id = 'x'},
                                     {.certificate = &leaf, .name = "lèaf", .id = 'x'},
                                     {.certificate = &middle}};

    return make_file(options, items, COUNT(items));
}

static bool chain_is(const WCHAR *name, const struct issued *const *chain, size_t count)
{
    NCRYPT_KEY_HANDLE key = open_key(provider, name);
    BYTE bytes[4000], *at = bytes;
    DWORD size = 0;
    bool good = NCryptGetProperty(key, NCRYPT_CERTIFICATE_PROPERTY, bytes, sizeof bytes, &size, 0) == ERROR_SUCCESS;

    for (size_t i = 0; i < count; i++) {
        good = good && memcmp(at, chain[i]->der, chain[i]->size) == 0;
        at += chain[i]->size;
    }
    free_handle(key);
    return good && at == bytes + size;
}

/* "{8-4-4-4-12}" */
static bool is_guid(const WCHAR *text)
{
    for (size_t i = 0; i < 38; i++) {
        bool hexadecimal = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'A' && text[i] <= 'F');
        WCHAR mark = i == 0 ? '{' : i == 37 ? '}' : i == 9 || i == 14 || i == 19 || i == 24 ? '-' : 0;

        if (mark != 0 ? text[i] != mark : !hexadecimal) {
            return false;
        }
    }
    return text[38] == 0;
}

/* Everything about the usual file, whatever it was protected with. */
static void check_usual(HCERTSTORE store, DWORD location)
{
    const struct issued *chain[] = {&leaf, &middle, &root};
    PCCERT_CONTEXT context;
    union provider_info_room room;
    NCRYPT_KEY_HANDLE key;

    if (!CHECK(store != NULL)) {
        return;
    }
    CHECK(count_certificates(store) == 3 && has_certificate(store, &root) && has_certificate(store, &middle));
    context = find_certificate(store, &leaf);
    CHECK(provider_info(context, &room) && room.info.dwProvType == 0 && is_guid(room.info.pwszContainerName));
    CHECK((room.info.dwFlags == CRYPT_MACHINE_KEYSET) == (location == CERT_SYSTEM_STORE_LOCAL_MACHINE));
    key = acquire_key(context);
    CHECK(key_fits(key, &leaf));
    free_handle(key);
    CHECK(count_in(u"MY", location) == 1 && count_in(u"CA", location) == 2);
    if (location == CERT_SYSTEM_STORE_CURRENT_USER) {
        CHECK(chain_is(room.info.pwszContainerName, chain, 3));
    }
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK_GOOD(CertCloseStore(store, 0));
}

static void check_mode(struct pfx_options options)
{
    struct pfx_file file;

    options.password = "password";
    file = usual_file(options);
    check_usual(import_file(&file, PASSWORD, 0), CERT_SYSTEM_STORE_CURRENT_USER);
    delete_keys();
}

static void test_modes(void)
{
    check_mode((struct pfx_options){.iterations = 2048, .mac_iterations = 2048});
    check_mode((struct pfx_options){.key_cipher = NID_aes_128_cbc, .digest = EVP_sha512(), .mac_iterations = 1});
    check_mode((struct pfx_options){.key_cipher = NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                                    .certificate_cipher = NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                                    .digest = EVP_sha1()});
    check_mode((struct pfx_options){.certificate_cipher = PFX_UNENCRYPTED});
    check_mode((struct pfx_options){.key_cipher = PFX_UNENCRYPTED, .certificate_cipher = PFX_UNENCRYPTED});
}

/* What PKCS #12 had in the nineties. libcrypto's legacy provider, where the test has it, is not the engine's. */
static void test_old_mode(void)
{
    OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(NULL, "legacy"), *usual = OSSL_PROVIDER_load(NULL, "default");
    struct pfx_file file;
    char detail[512] = "";

    if (legacy == NULL) {
        printf("wincrypt_pfx: no file with RC2 is tried, for this libcrypto cannot make one\n");
    } else {
        file = usual_file(
            (struct pfx_options){.password = "password", .certificate_cipher = NID_pbe_WithSHA1And40BitRC2_CBC});
        CHECK(import_file(&file, PASSWORD, 0) == NULL);
        CHECK(GetLastError() == (DWORD)NTE_NOT_SUPPORTED);
        CHECK(ncx_error_detail(NTE_NOT_SUPPORTED, detail, sizeof detail) > 0 && strstr(detail, "RC2") != NULL);
        CHECK(count_keys(0) == 0);
    }
    OSSL_PROVIDER_unload(legacy);
    OSSL_PROVIDER_unload(usual);
}

static void check_password(const char *written, const WCHAR *read)
{
    struct pfx_file file = usual_file((struct pfx_options){.password = written});

    check_usual(import_file(&file, read, 0), CERT_SYSTEM_STORE_CURRENT_USER);
    delete_keys();
}

/* No password and the empty one are not the same in the file, and are here. */
static void test_passwords(void)
{
    check_password(NULL, NULL);
    check_password(NULL, u"");
    check_password("", NULL);
    check_password("", u"");
    check_password("p\xC3\xA4ss \xE2\x82\xAC \xF0\x9F\x94\x91", u"p\u00E4ss \u20AC \U0001F511");
}

static void test_machine(void)
{
    struct pfx_file file = usual_file((struct pfx_options){.password = "password"});

    check_usual(import_file(&file, PASSWORD, CRYPT_MACHINE_KEYSET | PKCS12_ALWAYS_CNG_KSP),
                CERT_SYSTEM_STORE_LOCAL_MACHINE);
    CHECK(count_keys(0) == 0 && count_keys(NCRYPT_MACHINE_KEY_FLAG) == 1);
}

static SECURITY_STATUS try_export(NCRYPT_KEY_HANDLE key)
{
    DWORD size = 0;

    return NCryptExportKey(key, 0, NCRYPT_PKCS8_PRIVATE_KEY_BLOB, NULL, NULL, 0, &size, 0);
}

static void check_exportable(DWORD flags, DWORD policy)
{
    struct pfx_file file = usual_file((struct pfx_options){.password = "password"});
    HCERTSTORE store = import_file(&file, PASSWORD, flags);
    PCCERT_CONTEXT context = find_certificate(store, &leaf);
    NCRYPT_KEY_HANDLE key = acquire_key(context);
    DWORD value = 77;

    CHECK_STATUS(get_dword(key, NCRYPT_EXPORT_POLICY_PROPERTY, &value), ERROR_SUCCESS);
    CHECK(value == policy);
    CHECK_STATUS(try_export(key), NTE_NOT_SUPPORTED); /* never in the clear */
    free_handle(key);
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK_GOOD(CertCloseStore(store, 0));
    delete_keys();
}

static void test_export_policy(void)
{
    check_exportable(CRYPT_USER_KEYSET | PKCS12_PREFER_CNG_KSP, 0);
    check_exportable(CRYPT_EXPORTABLE | PKCS12_ALLOW_OVERWRITE_KEY, NCRYPT_ALLOW_EXPORT_FLAG);
}

/* The key goes with the certificate, and is nowhere else. */
static void test_ephemeral(void)
{
    struct pfx_file file = usual_file((struct pfx_options){.password = "password"});
    HCERTSTORE store = import_file(&file, PASSWORD, PKCS12_NO_PERSIST_KEY | PKCS12_ALWAYS_CNG_KSP);
    PCCERT_CONTEXT context = find_certificate(store, &leaf);
    HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key = 0;
    union provider_info_room room;
    DWORD spec = 0, policy = NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG;
    BOOL callers = TRUE;

    CHECK(count_certificates(store) == 3);
    CHECK_GOOD(CertCloseStore(store, 0));
    CHECK(count_keys(0) == 0 && count_my() == 0 && !provider_info(context, &room));
    CHECK_ERROR(CryptAcquireCertificatePrivateKey(context, 0, NULL, &key, &spec, &callers), NTE_BAD_PROV_TYPE);
    CHECK_GOOD(
        CryptAcquireCertificatePrivateKey(context, CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG, NULL, &key, &spec, &callers));
    CHECK(spec == CERT_NCRYPT_KEY_SPEC && callers == FALSE && key_fits(key, &leaf));
    CHECK_STATUS(set_dword(key, NCRYPT_EXPORT_POLICY_PROPERTY, policy, 0), NTE_BAD_KEY_STATE);
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK(!NCryptIsKeyHandle(key));
}

static WCHAR name_room[100];

static const WCHAR *friendly_name(HCERTSTORE store, const struct issued *issued)
{
    PCCERT_CONTEXT context = find_certificate(store, issued);
    DWORD size = sizeof name_room;

    CHECK_GOOD(CertGetCertificateContextProperty(context, CERT_FRIENDLY_NAME_PROP_ID, name_room, &size));
    CHECK_GOOD(CertFreeCertificateContext(context));
    return name_room;
}

static void test_friendly_names(void)
{
    struct pfx_file file = usual_file((struct pfx_options){.password = "password"});
    HCERTSTORE store = import_file(&file, PASSWORD, 0);
    PCCERT_CONTEXT context = find_certificate(store, &middle);
    DWORD size = 0;

    CHECK(memcmp(friendly_name(store, &root), u"the root", sizeof u"the root") == 0);
    CHECK(memcmp(friendly_name(store, &leaf), u"l\u00E8af", sizeof u"l\u00E8af") == 0);
    CHECK_ERROR(CertGetCertificateContextProperty(context, CERT_FRIENDLY_NAME_PROP_ID, NULL, &size), CRYPT_E_NOT_FOUND);
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK_GOOD(CertCloseStore(store, 0));
    delete_keys();
}

static void check_attached(HCERTSTORE store, const struct issued *issued, const struct issued *const *chain,
                           size_t count)
{
    PCCERT_CONTEXT context = find_certificate(store, issued);
    union provider_info_room room;
    NCRYPT_KEY_HANDLE key = acquire_key(context);

    CHECK(key_fits(key, issued) && provider_info(context, &room) &&
          chain_is(room.info.pwszContainerName, chain, count));
    free_handle(key);
    CHECK_GOOD(CertFreeCertificateContext(context));
}

/* Two keys, one of which stands there twice, and certificates that belong to none. */
static void test_several_keys(void)
{
    struct issued stranger = issue_ec("stranger", NULL, false);
    const struct pfx_item items[] = {
        {.key = &other},        {.key = &leaf},  {.certificate = &middle}, {.certificate = &stranger},
        {.certificate = &leaf}, {.key = &other}, {.certificate = &other},  {.certificate = &root},
    };
    const struct issued *first[] = {&leaf, &middle, &root}, *second[] = {&other, &root};
    struct pfx_file file = make_file((struct pfx_options){.password = "password"}, items, COUNT(items));
    HCERTSTORE store = import_file(&file, PASSWORD, 0);

    CHECK(count_certificates(store) == 5 && count_keys(0) == 2 && count_my() == 2);
    CHECK(count_in(u"CA", CERT_SYSTEM_STORE_CURRENT_USER) == 2);
    check_attached(store, &leaf, first, 3);
    check_attached(store, &other, second, 2);
    CHECK_GOOD(CertCloseStore(store, 0));
    delete_keys();
    issued_free(&stranger);
}

/* An old and a new certificate for one key: the file says which, else it is the first. */
static void check_two_certificates(char old_id, char new_id, bool takes_new)
{
    struct issued renewed;
    struct pfx_file file;
    HCERTSTORE store;

    EVP_PKEY_up_ref(leaf.key);
    renewed = issue("renewed", leaf.key, &middle, false);
    {
        const struct pfx_item items[] = {
            {.key = &leaf, .id = 'k'},
            {.certificate = &leaf, .id = old_id},
            {.certificate = &renewed, .id = new_id},
        };

        file = make_file((struct pfx_options){.password = "password"}, items, COUNT(items));
    }
    store = import_file(&file, PASSWORD, 0);
    CHECK(count_certificates(store) == 2 && count_my() == 1);
    CHECK_GOOD(CertCloseStore(store, 0));
    store = open_my();
    CHECK(has_certificate(store, &renewed) == takes_new && has_certificate(store, &leaf) == !takes_new);
    CHECK_GOOD(CertCloseStore(store, 0));
    delete_keys();
    issued_free(&renewed);
}

static void test_two_certificates(void)
{
    check_two_certificates('k', 'n', false);
    check_two_certificates('o', 'k', true);
    check_two_certificates('o', 'n', false);
    check_two_certificates('k', 'k', false);
    check_two_certificates(0, 0, false);
}

static void test_no_keys(void)
{
    const struct pfx_item items[] = {{.certificate = &root}, {.certificate = &middle}};
    struct pfx_file file = make_file((struct pfx_options){.password = "password"}, items, COUNT(items));
    HCERTSTORE store = import_file(&file, PASSWORD, 0);
    union provider_info_room room;
    PCCERT_CONTEXT context = find_certificate(store, &middle);

    CHECK(count_certificates(store) == 2 && !provider_info(context, &room));
    CHECK_GOOD(CertDeleteCertificateFromStore(context));
    CHECK(count_certificates(store) == 1 && count_my() == 0);
    CHECK_GOOD(CertCloseStore(store, 0));
    file = make_file((struct pfx_options){.password = "password"}, NULL, 0);
    store = import_file(&file, PASSWORD, 0);
    CHECK(store != NULL && count_certificates(store) == 0 && count_keys(0) == 0);
    CHECK_GOOD(CertCloseStore(store, 0));
}

static void check_kind(EVP_PKEY *key, const WCHAR *algorithm)
{
    struct issued issued = issue("kind", key, NULL, false);
    const struct pfx_item items[] = {{.key = &issued}, {.certificate = &issued}};
    struct pfx_file file = make_file((struct pfx_options){.password = "password"}, items, COUNT(items));
    HCERTSTORE store = import_file(&file, PASSWORD, 0);
    PCCERT_CONTEXT context = find_certificate(store, &issued);
    NCRYPT_KEY_HANDLE handle = acquire_key(context);
    WCHAR name[64];
    DWORD size = 0;

    CHECK_STATUS(NCryptGetProperty(handle, NCRYPT_ALGORITHM_PROPERTY, (PBYTE)name, sizeof name, &size, 0),
                 ERROR_SUCCESS);
    CHECK(memcmp(name, algorithm, size) == 0);
    free_handle(handle);
    CHECK_GOOD(CertFreeCertificateContext(context));
    CHECK_GOOD(CertCloseStore(store, 0));
    delete_keys();
    issued_free(&issued);
}

static void test_kinds_of_keys(void)
{
    check_kind(EVP_RSA_gen(1024), NCRYPT_RSA_ALGORITHM);
    check_kind(EVP_EC_gen("P-384"), NCRYPT_ECDSA_P384_ALGORITHM);
    check_kind(EVP_EC_gen("P-521"), NCRYPT_ECDSA_P521_ALGORITHM);
}

int main(void)
{
    home_make();
    provider = open_provider();
    root = issue_ec("root", NULL, true);
    middle = issue_ec("middle", &root, true);
    leaf = issue_ec("leaf", &middle, false);
    other = issue_ec("other", &root, false);
    RUN(test_modes);
    RUN(test_old_mode);
    RUN(test_passwords);
    RUN(test_export_policy);
    RUN(test_ephemeral);
    RUN(test_friendly_names);
    RUN(test_several_keys);
    RUN(test_two_certificates);
    RUN(test_no_keys);
    RUN(test_kinds_of_keys);
    RUN(test_machine);
    issued_free(&leaf);
    issued_free(&other);
    issued_free(&middle);
    issued_free(&root);
    free_handle(provider);
    check_no_certificate_handles();
    return test_result("wincrypt_pfx");
}
