/* SPDX-License-Identifier: MIT
 *
 * Certificates from several threads at the same stores and contexts, and in the child of a fork().
 */
#include <sched.h>

#include "pfx_support.h"
#include "same_threads.h"

#define ROUNDS (SLOW_BUILD ? 30 : 150)

static struct issued root, leaf, second;
static struct pfx_file file;
static HCERTSTORE my;
static PCCERT_CONTEXT common;
/* The engine judges its own signature: the test's use of libcrypto would not survive a fork(). */
static bool acquire_once(PCCERT_CONTEXT context, DWORD flags)
{
    HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key = 0;
    DWORD spec = 0, size = 0;
    BOOL callers = FALSE;
    uint8_t signature[132];
    bool good = CryptAcquireCertificatePrivateKey(context, CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG | flags, NULL, &key,
                                                  &spec, &callers) &&
                spec == CERT_NCRYPT_KEY_SPEC && sign_sample(key, signature, &size) == ERROR_SUCCESS &&
                verify_sample(key, signature, size) == ERROR_SUCCESS;

    return good && (!callers || NCryptFreeObject(key) == ERROR_SUCCESS);
}

/* One context: everybody reads it, some cache its key, and references come and go. */
static void *share_context(void *argument)
{
    DWORD flags = argument == NULL ? 0 : CRYPT_ACQUIRE_CACHE_FLAG;

    for (int i = 0; i < ROUNDS; i++) {
        PCCERT_CONTEXT own = CertDuplicateCertificateContext(common);
        union provider_info_room room;

        expect(provider_info(own, &room));
        expect(acquire_once(own, flags));
        expect(CertFreeCertificateContext(own));
        atomic_fetch_add(&done, 1);
    }
    return NULL;
}

/* One store: some add and delete, the others enumerate. */
static void *share_store(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        PCCERT_CONTEXT context = NULL;

        if (argument == NULL) {
            expect(CertAddEncodedCertificateToStore(my, X509_ASN_ENCODING, root.der, root.size,
                                                    CERT_STORE_ADD_REPLACE_EXISTING, &context));
            expect(CertDeleteCertificateFromStore(context));
            atomic_fetch_add(&done, 1);
            continue;
        }
        while ((context = CertEnumCertificatesInStore(my, context)) != NULL) {
            expect(is_certificate(context, &leaf) || is_certificate(context, &root));
            atomic_fetch_add(&done, 1);
        }
    }
    return NULL;
}

/* The key's certificates are put on and taken off while others look. */
static void *attach_and_open(void *argument)
{
    for (int i = 0; i < ROUNDS / 3; i++) {
        HCERTSTORE store = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_CURRENT_USER, u"MY");
        PCCERT_CONTEXT context = NULL;

        if (argument == NULL) {
            expect(CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, second.der, second.size,
                                                    CERT_STORE_ADD_USE_EXISTING, &context));
            expect(bind_certificate(context, u"second", 0, 0, 0));
            expect(CertDeleteCertificateFromStore(context));
        } else {
            while ((context = CertEnumCertificatesInStore(store, context)) != NULL) {
                expect(is_certificate(context, &leaf) || is_certificate(context, &second));
            }
        }
        expect(CertCloseStore(store, 0));
        atomic_fetch_add(&done, 1);
    }
    return NULL;
}

static void *import_many(void *argument)
{
    for (int i = 0; i < ROUNDS / 5; i++) {
        HCERTSTORE store = import_bytes(file.data, file.size, u"x", argument == NULL ? 0u : PKCS12_NO_PERSIST_KEY);

        expect(store != NULL && CertCloseStore(store, 0));
        atomic_fetch_add(&done, 1);
    }
    return NULL;
}

static HCERTSTORE closed;

static void *close_once(void *argument)
{
    PCCERT_CONTEXT context = CertEnumCertificatesInStore(closed, NULL); /* may be too late */

    expect(context == NULL || is_certificate(context, &leaf));
    if (CertCloseStore(closed, 0)) {
        atomic_fetch_add(&done, 1);
    } else {
        expect(GetLastError() == ERROR_INVALID_HANDLE);
    }
    CertFreeCertificateContext(context);
    return argument;
}

static void test_context(void)
{
    run_threads(share_context);
}

static void test_store(void)
{
    run_threads(share_store);
    CHECK(count_certificates(my) == 1);
}

static void test_attach(void)
{
    run_threads(attach_and_open);
    CHECK(count_my() == 1);
}

static void test_import(void)
{
    unsigned before = count_keys(0);

    run_threads(import_many);
    CHECK(count_keys(0) == before + ROUNDS / 5);
}

/* One close succeeds. */
static void test_close_race(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        closed = open_my();
        run_threads(close_once);
        CHECK(done == 1);
    }
}

static _Atomic bool stop;

static void *use_until_stopped(void *argument)
{
    while (!atomic_load(&stop)) {
        PCCERT_CONTEXT context = NULL;

        while ((context = CertEnumCertificatesInStore(my, context)) != NULL) {
            expect(acquire_once(context, 0));
        }
        atomic_fetch_add(&done, 1);
    }
    return argument;
}

/* The child has the stores, contexts and cached handles that were there, and a key store connection of its own. */
static void test_forks(void)
{
    pthread_t thread;

    atomic_store(&done, 0);
    CHECK(pthread_create(&thread, NULL, use_until_stopped, NULL) == 0);
    for (int i = 0; i < ROUNDS / 5; i++) {
        unsigned before = done;
        pid_t child;

        while (done == before) {
            sched_yield();
        }
        child = fork();
        if (child == 0) {
            child_begins();
            CHECK(count_certificates(my) == 1);
            CHECK(acquire_once(common, 0) && acquire_once(common, CRYPT_ACQUIRE_CACHE_FLAG));
            CHECK(has_certificate(my, &leaf));
            CHECK_GOOD(CertCloseStore(my, 0));
            CHECK_GOOD(CertCloseStore(open_my(), 0));
            child_ends();
        }
        child_check(child);
    }
    atomic_store(&stop, true);
    CHECK(pthread_join(thread, NULL) == 0 && wrong == 0);
}

int main(void)
{
    home_make();
    root = issue_ec("root", NULL, true);
    leaf = issue_ec("leaf", &root, false);
    second = issue_ec("second", &root, false);
    {
        const struct pfx_item items[] = {{.key = &leaf}, {.certificate = &leaf}, {.certificate = &root}};

        file = make_file((struct pfx_options){.password = "x"}, items, COUNT(items));
    }
    store_key_and_close(u"key", leaf.key, 0);
    store_key_and_close(u"second", second.key, 0);
    attach(&leaf, u"key");
    my = open_my();
    common = find_certificate(my, &leaf);
    RUN(test_context);
    RUN(test_store);
    RUN(test_attach);
    RUN(test_close_race);
    RUN(test_forks);
    RUN(test_import); /* last: what it leaves is in MY */
    CHECK_GOOD(CertFreeCertificateContext(common));
    CHECK_GOOD(CertCloseStore(my, 0));
    OPENSSL_free(file.data);
    issued_free(&second);
    issued_free(&leaf);
    issued_free(&root);
    check_no_certificate_handles();
    return test_result("wincrypt_certificates_threads");
}
