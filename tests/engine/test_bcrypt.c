/* SPDX-License-Identifier: MIT
 *
 * The bcrypt functions: what they do with keys that the key storage functions made, and every refusal with its code and
 * its sentence. tests/conformance/test_bcrypt.py has what Windows and Wine do, too.
 */
#include "bcrypt_support.h"

static NCRYPT_PROV_HANDLE provider;
static struct pair pairs[4];
static struct pair *const rsa = &pairs[0], *const ec = &pairs[1];

/* The sentence of the failure with that code is there, once. */
static void check_detail(NTSTATUS status)
{
    char text[512] = "";

    CHECK(ncx_error_detail(status, text, sizeof text) > 0 && text[0] != '\0');
    CHECK(ncx_error_detail(status, text, sizeof text) == 0);
}

#define CHECK_REFUSED(call, want)                                                                                      \
    do {                                                                                                               \
        if (CHECK_STATUS(call, want)) {                                                                                \
            check_detail(want);                                                                                        \
        }                                                                                                              \
    } while (0)

/* ---- success ------------------------------------------------------------------------------------------------- */

static void test_verify(void)
{
    for (size_t i = 0; i < COUNT(pairs); i++) {
        BCRYPT_PSS_PADDING_INFO pss = {BCRYPT_SHA256_ALGORITHM, 32};
        uint8_t digest[sizeof sample_digest], signature[132];
        DWORD size = 0;

        CHECK_STATUS(pair_verify(&pairs[i]), STATUS_SUCCESS);
        if (&pairs[i] == rsa) {
            memcpy(digest, sample_digest, sizeof digest);
            CHECK_STATUS(NCryptSignHash(rsa->whole, &pss, digest, sizeof digest, signature, sizeof signature, &size,
                                        BCRYPT_PAD_PSS),
                         ERROR_SUCCESS);
            CHECK_STATUS(
                BCryptVerifySignature(rsa->public, &pss, digest, sizeof digest, signature, size, BCRYPT_PAD_PSS),
                STATUS_SUCCESS);
        }
        for (DWORD at = 0; at < pairs[i].signature_size; at++) {
            pairs[i].signature[at] ^= 4;
            CHECK_REFUSED(pair_verify(&pairs[i]), STATUS_INVALID_SIGNATURE);
            pairs[i].signature[at] ^= 4;
        }
        pairs[i].signature_size--;
        CHECK_REFUSED(pair_verify(&pairs[i]), STATUS_INVALID_SIGNATURE);
        pairs[i].signature_size++;
        CHECK_STATUS(pair_verify(&pairs[i]), STATUS_SUCCESS);
    }
}

static void check_ciphertext(void *padding, DWORD flag, uint8_t *plain, DWORD plain_size)
{
    uint8_t out[128], back[128];
    ULONG size = 0;
    DWORD back_size = 0;

    CHECK_STATUS(BCryptEncrypt(rsa->public, plain, plain_size, padding, NULL, 0, NULL, 0, &size, flag), STATUS_SUCCESS);
    CHECK(size == sizeof out);
    CHECK_REFUSED(BCryptEncrypt(rsa->public, plain, plain_size, padding, NULL, 0, out, sizeof out - 1, &size, flag),
                  STATUS_BUFFER_TOO_SMALL);
    CHECK(size == sizeof out);
    CHECK_STATUS(BCryptEncrypt(rsa->public, plain, plain_size, padding, NULL, 0, out, sizeof out, &size, flag),
                 STATUS_SUCCESS);
    CHECK(size == sizeof out);
    CHECK_STATUS(NCryptDecrypt(rsa->whole, out, size, padding, back, sizeof back, &back_size, flag), ERROR_SUCCESS);
    CHECK(back_size == plain_size && memcmp(back, plain, plain_size) == 0);
}

static void test_encrypt(void)
{
    uint8_t plain[128] = "a text", label[] = "label";
    BCRYPT_OAEP_PADDING_INFO oaep = {BCRYPT_SHA256_ALGORITHM, NULL, 0},
                             labelled = {BCRYPT_SHA1_ALGORITHM, label, sizeof label};

    check_ciphertext(NULL, BCRYPT_PAD_PKCS1, plain, 6);
    check_ciphertext(&oaep, BCRYPT_PAD_OAEP, plain, 6);
    check_ciphertext(&labelled, BCRYPT_PAD_OAEP, plain, 6);
    memmove(plain + 1, plain, 6); /* below the modulus */
    plain[0] = 0;
    check_ciphertext(NULL, BCRYPT_PAD_NONE, plain, sizeof plain);
}

static void test_export(void)
{
    static const WCHAR *const types[] = {BCRYPT_RSAPUBLIC_BLOB, BCRYPT_ECCPUBLIC_BLOB};

    for (size_t i = 0; i < COUNT(pairs); i++) {
        const WCHAR *names[] = {types[&pairs[i] != rsa], BCRYPT_PUBLIC_KEY_BLOB};

        for (size_t j = 0; j < COUNT(names); j++) {
            uint8_t out[300];
            ULONG size = 0, again = 0;

            CHECK_STATUS(BCryptExportKey(pairs[i].public, NULL, names[j], NULL, 0, &size, 0), STATUS_SUCCESS);
            CHECK(size == pairs[i].blob_size);
            CHECK_REFUSED(BCryptExportKey(pairs[i].public, NULL, names[j], out, size - 1, &again, 0),
                          STATUS_BUFFER_TOO_SMALL);
            CHECK(again == size);
            CHECK_STATUS(BCryptExportKey(pairs[i].public, NULL, names[j], out, size, &again, 0), STATUS_SUCCESS);
            CHECK(again == size && memcmp(out, pairs[i].blob, size) == 0);
        }
    }
}

static void test_counts(void)
{
    uint64_t algorithms = ncx_live_handles(2), keys = ncx_live_handles(3), storage_keys = ncx_live_handles(1);
    BCRYPT_ALG_HANDLE algorithm = open_algorithm(BCRYPT_ECDSA_P256_ALGORITHM);
    BCRYPT_KEY_HANDLE key = NULL;

    CHECK(ncx_live_handles(2) == algorithms + 1);
    CHECK_STATUS(import_bytes(algorithm, BCRYPT_ECCPUBLIC_BLOB, ec->blob, ec->blob_size, &key), STATUS_SUCCESS);
    CHECK(ncx_live_handles(3) == keys + 1 && ncx_live_handles(1) == storage_keys);
    close_algorithm(algorithm);
    CHECK(ncx_live_handles(2) == algorithms);
    CHECK_STATUS(pair_verify_with(ec, key), STATUS_SUCCESS); /* outlives its provider */
    destroy_key(key);
    CHECK(ncx_live_handles(3) == keys);
}

/* ---- handles --------------------------------------------------------------------------------------------------- */

/* Each function is otherwise called as it should be. */
static void refused_by_key_functions(BCRYPT_KEY_HANDLE handle)
{
    uint8_t out[300];
    ULONG size = 0;

    CHECK_REFUSED(pair_verify_with(ec, handle), STATUS_INVALID_HANDLE);
    CHECK_REFUSED(BCryptEncrypt(handle, out, 4, NULL, NULL, 0, out, sizeof out, &size, BCRYPT_PAD_PKCS1),
                  STATUS_INVALID_HANDLE);
    CHECK_REFUSED(BCryptExportKey(handle, NULL, BCRYPT_PUBLIC_KEY_BLOB, out, sizeof out, &size, 0),
                  STATUS_INVALID_HANDLE);
    CHECK_REFUSED(BCryptDestroyKey(handle), STATUS_INVALID_HANDLE);
    if (handle != NULL) {
        CHECK_REFUSED(BCryptExportKey(ec->public, handle, BCRYPT_PUBLIC_KEY_BLOB, out, sizeof out, &size, 0),
                      STATUS_INVALID_HANDLE);
    }
}

static void refused_by_algorithm_functions(BCRYPT_ALG_HANDLE handle)
{
    BCRYPT_KEY_HANDLE made = NULL;

    CHECK_REFUSED(import_bytes(handle, BCRYPT_ECCPUBLIC_BLOB, ec->blob, ec->blob_size, &made), STATUS_INVALID_HANDLE);
    CHECK(made == NULL);
    CHECK_REFUSED(BCryptCloseAlgorithmProvider(handle, 0), STATUS_INVALID_HANDLE);
}

static void refused_by_all(BCRYPT_HANDLE handle)
{
    refused_by_key_functions(handle);
    refused_by_algorithm_functions(handle);
}

static void test_junk_and_stale_handles(void)
{
    BCRYPT_ALG_HANDLE stale = open_algorithm(BCRYPT_RSA_ALGORITHM);
    BCRYPT_KEY_HANDLE destroyed = NULL;
    uint64_t random = 3;

    CHECK_STATUS(pair_import(ec, &destroyed), STATUS_SUCCESS);
    destroy_key(destroyed);
    close_algorithm(stale);
    refused_by_all(NULL);
    refused_by_all((BCRYPT_HANDLE)UINTPTR_MAX);
    refused_by_all(destroyed);
    refused_by_all(stale);
    refused_by_all(&random);
    for (int i = 0; i < 10000; i++) {
        refused_by_all((BCRYPT_HANDLE)(uintptr_t)next_random(&random));
    }
    for (unsigned bit = 0; bit < 8 * sizeof(void *); bit++) {
        BCRYPT_HANDLE near = (BCRYPT_HANDLE)((uintptr_t)ec->public ^ (uintptr_t)1 << bit);

        if (near != pairs[0].public && near != pairs[2].public && near != pairs[3].public) {
            refused_by_all(near);
        }
    }
    CHECK_STATUS(pair_verify(ec), STATUS_SUCCESS);
}

static void refused_by_key_storage(NCRYPT_HANDLE handle)
{
    uint8_t bytes[300] = {0};
    DWORD size = 0;
    NCRYPT_KEY_HANDLE made = 0;

    CHECK_STATUS(NCryptFreeObject(handle), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptDeleteKey(handle, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptFinalizeKey(handle, 0), NTE_INVALID_HANDLE);
    CHECK(!NCryptIsKeyHandle(handle));
    CHECK_STATUS(NCryptGetProperty(handle, u"Impl Type", bytes, sizeof bytes, &size, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(set_bytes(handle, u"Use Context", u"x", 4, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(verify_sample(handle, ec->signature, ec->signature_size), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptExportKey(handle, 0, u"PUBLICBLOB", NULL, bytes, sizeof bytes, &size, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptCreatePersistedKey(handle, &made, u"RSA", NULL, 0, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptIsAlgSupported(handle, u"RSA", 0), NTE_INVALID_HANDLE);
}

static void test_handles_of_another_kind(void)
{
    BCRYPT_ALG_HANDLE algorithm = open_algorithm(BCRYPT_ECDSA_P256_ALGORITHM);

    refused_by_key_functions(algorithm);
    refused_by_algorithm_functions(ec->public);
    refused_by_all((BCRYPT_HANDLE)provider);
    refused_by_all((BCRYPT_HANDLE)ec->whole);
    refused_by_key_storage((NCRYPT_HANDLE)algorithm);
    refused_by_key_storage((NCRYPT_HANDLE)ec->public);
    CHECK_STATUS(pair_verify(ec), STATUS_SUCCESS);
    close_algorithm(algorithm);
}

/* ---- arguments --------------------------------------------------------------------------------------------------- */

static void test_open_arguments(void)
{
    BCRYPT_ALG_HANDLE algorithm = NULL;

    CHECK_REFUSED(BCryptOpenAlgorithmProvider(NULL, u"RSA", NULL, 0), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptOpenAlgorithmProvider(&algorithm, NULL, NULL, 0), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptOpenAlgorithmProvider(&algorithm, u"RSA", NULL, 1), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptOpenAlgorithmProvider(&algorithm, u"RSA", u"somebody's", 0), STATUS_NOT_FOUND);
    CHECK_REFUSED(BCryptOpenAlgorithmProvider(&algorithm, u"no such", NULL, 0), STATUS_NOT_FOUND);
    CHECK_REFUSED(BCryptOpenAlgorithmProvider(&algorithm, u"rsa", NULL, 0), STATUS_NOT_FOUND);
    CHECK_REFUSED(BCryptOpenAlgorithmProvider(&algorithm, u"", NULL, 0), STATUS_NOT_FOUND);
    CHECK_REFUSED(BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_ECDSA_ALGORITHM, NULL, 0), STATUS_NOT_FOUND);
    CHECK(algorithm == NULL);
    CHECK_STATUS(BCryptOpenAlgorithmProvider(&algorithm, u"RSA", MS_PRIMITIVE_PROVIDER, 0), STATUS_SUCCESS);
    CHECK_STATUS(BCryptCloseAlgorithmProvider(algorithm, 0xFFFFFFFF), STATUS_SUCCESS);
}

static void test_use_arguments(void)
{
    BCRYPT_PKCS1_PADDING_INFO unknown = {u"no such"}, none = {NULL};
    BCRYPT_OAEP_PADDING_INFO oaep = {u"no such", NULL, 0};
    uint8_t *signature = rsa->signature, digest[32] = {1}, out[128];
    BCRYPT_KEY_HANDLE key = rsa->public;
    ULONG size = 4711;

    CHECK_REFUSED(BCryptVerifySignature(key, rsa->padding, NULL, 32, signature, 128, 2), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptVerifySignature(key, rsa->padding, digest, 32, NULL, 128, 2), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptVerifySignature(key, rsa->padding, digest, 0, signature, 128, 2), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptVerifySignature(key, rsa->padding, digest, 32, signature, 0, 2), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptVerifySignature(key, NULL, digest, 32, signature, 128, 2), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptVerifySignature(key, rsa->padding, digest, 32, signature, 128, 0), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptVerifySignature(key, rsa->padding, digest, 32, signature, 128, 0x42), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptVerifySignature(key, rsa->padding, digest, 20, signature, 128, 2), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptVerifySignature(key, &unknown, digest, 32, signature, 128, 2), STATUS_NOT_SUPPORTED);
    CHECK_REFUSED(BCryptVerifySignature(key, &none, digest, 32, signature, 128, 2), STATUS_INVALID_SIGNATURE);
    CHECK_REFUSED(BCryptVerifySignature(ec->public, &none, digest, 32, signature, 64, 0), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptVerifySignature(ec->public, &none, digest, 32, signature, 64, 2), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptEncrypt(key, NULL, 4, NULL, NULL, 0, out, 128, &size, 2), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptEncrypt(key, digest, 4, NULL, NULL, 0, out, 128, NULL, 2), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptEncrypt(key, digest, 0, NULL, NULL, 0, out, 128, &size, 2), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptEncrypt(key, signature, 118, NULL, NULL, 0, out, 128, &size, 2), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptEncrypt(key, digest, 4, NULL, NULL, 0, out, 128, &size, 0), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptEncrypt(key, digest, 4, NULL, NULL, 0, out, 128, &size, 6), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptEncrypt(key, digest, 4, NULL, NULL, 0, out, 128, &size, 4), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptEncrypt(key, digest, 4, &oaep, NULL, 0, out, 128, &size, 4), STATUS_NOT_SUPPORTED);
    CHECK_REFUSED(BCryptEncrypt(ec->public, digest, 4, NULL, NULL, 0, out, 128, &size, 2), STATUS_NOT_SUPPORTED);
    CHECK(size == 4711);
}

static void test_export_arguments(void)
{
    static const struct {
        const WCHAR *type;
        NTSTATUS of_rsa, of_ec;
    } cases[] = {
        {u"RSAPRIVATEBLOB", STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED},
        {u"RSAFULLPRIVATEBLOB", STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED},
        {u"ECCPRIVATEBLOB", STATUS_NOT_SUPPORTED, STATUS_INVALID_PARAMETER},
        {u"PRIVATEBLOB", STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER},
        {u"PKCS8_PRIVATEKEY", STATUS_NOT_SUPPORTED, STATUS_NOT_SUPPORTED},
        {u"no such", STATUS_NOT_SUPPORTED, STATUS_NOT_SUPPORTED},
        {u"", STATUS_NOT_SUPPORTED, STATUS_NOT_SUPPORTED},
        {NULL, STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER},
    };
    uint8_t out[300];
    ULONG size = 4711;

    for (size_t i = 0; i < COUNT(cases); i++) {
        CHECK_REFUSED(BCryptExportKey(rsa->public, NULL, cases[i].type, out, 300, &size, 0), cases[i].of_rsa);
        CHECK_REFUSED(BCryptExportKey(ec->public, NULL, cases[i].type, out, 300, &size, 0), cases[i].of_ec);
    }
    CHECK_REFUSED(BCryptExportKey(rsa->public, NULL, BCRYPT_ECCPUBLIC_BLOB, out, 300, &size, 0), STATUS_NOT_SUPPORTED);
    CHECK_REFUSED(BCryptExportKey(ec->public, NULL, BCRYPT_RSAPUBLIC_BLOB, out, 300, &size, 0), STATUS_NOT_SUPPORTED);
    CHECK_REFUSED(BCryptExportKey(ec->public, NULL, u"PUBLICBLOB", out, 300, NULL, 0), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptExportKey(ec->public, NULL, u"PUBLICBLOB", out, 300, &size, 1), STATUS_INVALID_PARAMETER);
    CHECK_REFUSED(BCryptExportKey(ec->public, rsa->public, u"PUBLICBLOB", out, 300, &size, 0), STATUS_NOT_SUPPORTED);
    CHECK(size == 4711);
}

int main(void)
{
    static const WCHAR *const algorithms[] = {BCRYPT_RSA_ALGORITHM, BCRYPT_ECDSA_P256_ALGORITHM,
                                              BCRYPT_ECDSA_P384_ALGORITHM, BCRYPT_ECDSA_P521_ALGORITHM};

    home_make();
    provider = open_provider();
    for (size_t i = 0; i < COUNT(pairs); i++) {
        pair_make(provider, &pairs[i], algorithms[i]);
    }
    RUN(test_verify);
    RUN(test_encrypt);
    RUN(test_export);
    RUN(test_counts);
    RUN(test_junk_and_stale_handles);
    RUN(test_handles_of_another_kind);
    RUN(test_open_arguments);
    RUN(test_use_arguments);
    RUN(test_export_arguments);
    for (size_t i = 0; i < COUNT(pairs); i++) {
        pair_free(&pairs[i]);
    }
    free_handle(provider);
    check_no_handles();
    check_no_bcrypt_handles();
    return test_result("bcrypt");
}
