/* SPDX-License-Identifier: MIT
 *
 * Memory runs short at every single allocation, once each, under each step with certificates: the step fails with a
 * code or does without, and leaves handles, keys and what is attached to them as they were. Where a file is imported,
 * libcrypto and SQLite have thousands: there it is every one of the engine's own, and then every seventeenth of all.
 * With a sanitizer it is fewer of all.
 */
#include "ncrypt_ext_engine.h"
#include "pfx_support.h"

#if defined(__linux__)

#include "short_memory.h"

static struct issued root, leaf, second;
static struct pfx_file encrypted, two_keys;
static HCERTSTORE my;
static PCCERT_CONTEXT attached, pending;

/* ---- the steps: each returns whether it worked, and leaves nothing open -------------------------------------------
 */

static BOOL step_open(void)
{
    HCERTSTORE store = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_CURRENT_USER, u"MY");

    return store != NULL && CertCloseStore(store, 0);
}

static BOOL step_open_issuers(void)
{
    HCERTSTORE store = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_CURRENT_USER, u"CA");

    return store != NULL && CertCloseStore(store, 0);
}

static BOOL step_add(void)
{
    PCCERT_CONTEXT context = NULL;

    return CertAddEncodedCertificateToStore(my, X509_ASN_ENCODING, root.der, root.size, CERT_STORE_ADD_NEW, &context) &&
           CertDeleteCertificateFromStore(context);
}

static BOOL step_attach(void)
{
    return bind_certificate(pending, u"second", 0, 0, 0);
}

static BOOL step_detach(void)
{
    return CertSetCertificateContextProperty(pending, CERT_KEY_PROV_INFO_PROP_ID, 0, NULL);
}

static BOOL step_acquire(void)
{
    HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key = 0;

    return CryptAcquireCertificatePrivateKey(attached, CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG, NULL, &key, NULL, NULL) &&
           NCryptFreeObject(key) == ERROR_SUCCESS;
}

static BOOL import_with(const struct pfx_file *file, DWORD flags)
{
    HCERTSTORE store = import_bytes(file->data, file->size, u"x", flags);

    return store != NULL && CertCloseStore(store, 0);
}

static BOOL step_import(void)
{
    return import_with(&two_keys, CRYPT_MACHINE_KEYSET);
}

static BOOL step_import_ephemeral(void)
{
    return import_with(&encrypted, PKCS12_NO_PERSIST_KEY);
}

/* ---- every allocation of each, once ------------------------------------------------------------------------------ */

static uint64_t live(void)
{
    uint64_t all = 0;

    for (uint32_t type = 0; type <= LIVE_CERTIFICATE_STORE; type++) {
        all += ncx_live_handles(type);
    }
    return all;
}

/* What the step has to say it could not do, for reasons that are none. */
static bool is_lie(DWORD error)
{
    return error == ERROR_INVALID_PASSWORD || error == (DWORD)NTE_KEYSET_ENTRY_BAD || error == (DWORD)NTE_BAD_KEYSET ||
           error == (DWORD)CRYPT_E_EXISTS || error == (DWORD)CRYPT_E_NO_KEY_PROPERTY;
}

static void delete_machine_keys(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider();
    NCryptKeyName *name = NULL;
    NCRYPT_KEY_HANDLE key = 0;
    PVOID state = NULL;

    while (NCryptEnumKeys(provider, NULL, &name, &state, NCRYPT_MACHINE_KEY_FLAG) == ERROR_SUCCESS) {
        CHECK_STATUS(NCryptOpenKey(provider, &key, name->pszName, 0, NCRYPT_MACHINE_KEY_FLAG), ERROR_SUCCESS);
        CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
        CHECK_STATUS(NCryptFreeBuffer(name), ERROR_SUCCESS);
    }
    CHECK_STATUS(NCryptFreeBuffer(state), ERROR_SUCCESS);
    free_handle(provider);
}

/* How many certificates are attached, of the user's keys and the machine's. */
static unsigned count_all(void)
{
    return count_my() + 10 * count_in(u"MY", CERT_SYSTEM_STORE_LOCAL_MACHINE) +
           100 * count_keys(NCRYPT_MACHINE_KEY_FLAG);
}

#if defined(__SANITIZE_ADDRESS__)
#define STRIDE(wanted) ((wanted) == 1 ? 7 : 49)
#else
#define STRIDE(wanted) (wanted)
#endif

static void starve(BOOL (*step)(void), unsigned before, unsigned after, unsigned stride)
{
    uint64_t handles = live();
    unsigned failed = 0, n = 0;
    BOOL good;

    do {
        SetLastError(0);
        struck = false;
        remaining = n;
        n += stride;
        counting = true;
        good = step();
        counting = false;
        failed += !good;
        CHECK(good || (struck && GetLastError() != 0 && !is_lie(GetLastError())));
        CHECK(live() == handles);
        CHECK(count_all() == (good ? after : before));
        if (good && struck && after != before) { /* it did without: again from where it was */
            if (step == step_import) {
                delete_machine_keys();
            } else {
                CHECK(step == step_attach ? step_detach() : step_attach());
            }
        }
    } while (struck);
    CHECK(good && failed > 0);
    if (getenv("NCRYPT_EXT_TEST_VERBOSE") != NULL) {
        printf("%u allocations, one of %u struck, %u of them needed\n", n - stride, stride, failed);
    }
}

static void test_steps(void)
{
    static const struct {
        const char *name;
        BOOL (*step)(void);
        unsigned before, after; /* what count_all() says */
        unsigned stride;
        bool only_ours;
    } steps[] = {
        {"open", step_open, 1, 1, 1, false},
        {"open issuers", step_open_issuers, 1, 1, 1, false},
        {"add", step_add, 1, 1, 1, false},
        {"attach", step_attach, 1, 2, 1, false},
        {"detach", step_detach, 2, 1, 1, false},
        {"acquire", step_acquire, 1, 1, 1, false},
        {"import ephemeral: the engine", step_import_ephemeral, 1, 1, 1, true},
        {"import: the engine", step_import, 1, 221, 1, true},
        {"import ephemeral", step_import_ephemeral, 1, 1, 17, false},
        {"import", step_import, 1, 221, 17, false},
    };

    for (size_t i = 0; i < COUNT(steps); i++) {
        unsigned before = test_failures;

        if (count_all() != steps[i].before) { /* the keys that the same step brought before */
            delete_machine_keys();
        }
        only_ours = steps[i].only_ours;
        starve(steps[i].step, steps[i].before, steps[i].after, only_ours ? 1 : STRIDE(steps[i].stride));
        only_ours = false;
        if (test_failures != before) {
            fprintf(stderr, "    in the step '%s'\n", steps[i].name);
        }
    }
}

/* One to be decrypted, and one with two keys: together they would take minutes. */
static void make_files(void)
{
    const struct pfx_item items[] = {
        {.key = &leaf, .id = 'l'},
        {.certificate = &leaf, .name = "name", .id = 'l'},
        {.key = &second},
        {.certificate = &second},
    };

    encrypted = make_file((struct pfx_options){.password = "x", .iterations = 1, .mac_iterations = 1}, items, 2);
    two_keys = make_file(
        (struct pfx_options){
            .password = "x", .mac_iterations = 1, .key_cipher = PFX_UNENCRYPTED, .certificate_cipher = PFX_UNENCRYPTED},
        items, 4);
}

int main(void)
{
    uint64_t checked = 0;

    use_own_memory();
    home_make();
    root = issue_ec("root", NULL, true);
    leaf = issue_ec("leaf", &root, false);
    second = issue_ec("second", &root, false);
    make_files();
    store_key_and_close(u"key", leaf.key, 0);
    store_key_and_close(u"second", second.key, 0);
    attach(&leaf, u"key");
    my = open_my();
    attached = find_certificate(my, &leaf);
    pending = add_certificate(my, &second);
    RUN(test_steps);
    CHECK_STATUS(ncx_store_check(NCX_SCOPE_USER, NULL, NULL, &checked), ERROR_SUCCESS);
    CHECK(checked == 2);
    CHECK_STATUS(ncx_store_check(NCX_SCOPE_MACHINE, NULL, NULL, &checked), ERROR_SUCCESS);
    CHECK(checked == 2);
    CHECK_GOOD(CertFreeCertificateContext(attached));
    CHECK_GOOD(CertFreeCertificateContext(pending));
    CHECK_GOOD(CertCloseStore(my, 0));
    OPENSSL_free(encrypted.data);
    OPENSSL_free(two_keys.data);
    issued_free(&second);
    issued_free(&leaf);
    issued_free(&root);
    check_no_certificate_handles();
    return test_result("wincrypt_certificates_memory");
}

#else

int main(void)
{
    printf("wincrypt_certificates_memory: skipped, the linker cannot replace malloc() here\n");
    return 0;
}

#endif
