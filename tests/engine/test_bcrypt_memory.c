/* SPDX-License-Identifier: MIT
 *
 * Memory runs short at every single allocation under each bcrypt function, once each: it fails with a code of its own
 * or does without, and nothing stays behind.
 */
#include "bcrypt_support.h"

#if defined(__linux__)

#include "short_memory.h"

static NCRYPT_PROV_HANDLE provider;
static struct pair pairs[2];
static struct pair *const rsa = &pairs[0], *const ec = &pairs[1];

static NTSTATUS open_and_import(const struct pair *pair)
{
    BCRYPT_ALG_HANDLE algorithm = NULL;
    BCRYPT_KEY_HANDLE key = NULL;
    uint8_t blob[sizeof pair->blob];
    NTSTATUS status = BCryptOpenAlgorithmProvider(&algorithm, pair->algorithm, NULL, 0);

    memcpy(blob, pair->blob, sizeof blob);
    if (status == STATUS_SUCCESS) {
        status = BCryptImportKeyPair(algorithm, NULL, BCRYPT_PUBLIC_KEY_BLOB, &key, blob, pair->blob_size, 0);
        close_algorithm(algorithm);
    }
    if (status == STATUS_SUCCESS) {
        status = pair_verify_with(pair, key); /* of a key without prepared contexts */
    }
    if (key != NULL) {
        destroy_key(key);
    }
    return status;
}

static NTSTATUS step_rsa(void)
{
    return open_and_import(rsa);
}

static NTSTATUS step_ec(void)
{
    return open_and_import(ec);
}

static NTSTATUS step_verify(void)
{
    return pair_verify(rsa);
}

static NTSTATUS step_encrypt(void)
{
    uint8_t label[4] = "abc", plain[4] = "def", out[128];
    BCRYPT_OAEP_PADDING_INFO oaep = {BCRYPT_SHA1_ALGORITHM, label, sizeof label};
    ULONG size = 0;

    return BCryptEncrypt(rsa->public, plain, sizeof plain, &oaep, NULL, 0, out, sizeof out, &size, BCRYPT_PAD_OAEP);
}

static NTSTATUS step_export(void)
{
    uint8_t out[300];
    ULONG size = 0;
    NTSTATUS status = BCryptExportKey(rsa->public, NULL, BCRYPT_PUBLIC_KEY_BLOB, out, sizeof out, &size, 0);

    CHECK(status != STATUS_SUCCESS || (size == rsa->blob_size && memcmp(out, rsa->blob, size) == 0));
    return status != STATUS_SUCCESS
               ? status
               : BCryptExportKey(ec->public, NULL, BCRYPT_PUBLIC_KEY_BLOB, out, sizeof out, &size, 0);
}

/* libcrypto does not always tell why it failed, so some failures get the code of the usual reason. */
static bool is_failure(NTSTATUS status)
{
    return status == STATUS_NO_MEMORY || status == STATUS_INTERNAL_ERROR || status == STATUS_INVALID_PARAMETER ||
           status == STATUS_NOT_SUPPORTED || status == STATUS_INVALID_SIGNATURE;
}

static void starve(const char *name, NTSTATUS (*step)(void), bool allocates)
{
    uint64_t algorithms = ncx_live_handles(2), keys = ncx_live_handles(3);
    unsigned failed = 0, told = 0, n = 0;
    NTSTATUS status;

    do {
        struck = false;
        remaining = n++;
        counting = true;
        status = step();
        counting = false;
        failed += status != STATUS_SUCCESS;
        told += status == STATUS_NO_MEMORY;
        CHECK(status == STATUS_SUCCESS || struck);
        if (!CHECK(status == STATUS_SUCCESS || is_failure(status))) {
            fprintf(stderr, "    in the step '%s', allocation %u: 0x%08X\n", name, n, (unsigned)status);
        }
        CHECK(ncx_live_handles(2) == algorithms && ncx_live_handles(3) == keys);
    } while (struck);
    CHECK(status == STATUS_SUCCESS);
    CHECK(!allocates || told > 0);
    if (getenv("NCRYPT_EXT_TEST_VERBOSE") != NULL) {
        printf("%s: %u allocations, %u failures, %u with STATUS_NO_MEMORY\n", name, n - 1, failed, told);
    }
}

static void test_steps(void)
{
    starve("RSA key", step_rsa, true);
    starve("EC key", step_ec, true);
    starve("verify", step_verify, false); /* its context is prepared */
    starve("encrypt", step_encrypt, true);
    starve("export", step_export, true);
}

int main(void)
{
    use_own_memory();
    home_make();
    provider = open_provider();
    pair_make(provider, rsa, BCRYPT_RSA_ALGORITHM);
    pair_make(provider, ec, BCRYPT_ECDSA_P256_ALGORITHM);
    RUN(test_steps);
    pair_free(rsa);
    pair_free(ec);
    free_handle(provider);
    check_no_handles();
    check_no_bcrypt_handles();
    return test_result("bcrypt_memory");
}

#else

int main(void)
{
    printf("bcrypt_memory: skipped, the linker cannot replace malloc() here\n");
    return 0;
}

#endif
