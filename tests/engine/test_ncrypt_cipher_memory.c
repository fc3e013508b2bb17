/* SPDX-License-Identifier: MIT
 *
 * Memory runs short at every single allocation of the engine and libcrypto, once each, under symmetric keys; and in
 * nothing that is given back to the C library, then or otherwise, is the key left.
 */
#include "cipher_support.h"

#if defined(__linux__)

#include <malloc.h>

#include "short_steps.h"

static const uint8_t key_bytes[32] = {0xA1, 2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
                                      17,   18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};
static const uint8_t zeros[32];
static NCRYPT_PROV_HANDLE provider;
static unsigned dirty, looked_at;

void __real_free(void *memory);
void __wrap_free(void *memory);

static bool holds_key(const uint8_t *memory, size_t size)
{
    for (size_t i = 0; i + 16 <= size; i++) {
        if (memory[i] == key_bytes[0] && memcmp(memory + i, key_bytes, 16) == 0) {
            return true;
        }
    }
    return false;
}

void __wrap_free(void *memory)
{
    if (memory != NULL) {
        looked_at++;
        dirty += holds_key(memory, malloc_usable_size(memory));
    }
    __real_free(memory);
}

static SECURITY_STATUS import_key(const WCHAR *algorithm, size_t units, size_t size, NCRYPT_KEY_HANDLE *key)
{
    uint8_t blob[MAX_CIPHER_KEY_BLOB];
    DWORD blob_size = cipher_key_blob(blob, algorithm, units, key_bytes, size);

    return NCryptImportKey(provider, 0, u"CipherKeyBlob", NULL, key, blob, blob_size, 0);
}

static SECURITY_STATUS use_key(NCRYPT_KEY_HANDLE key, DWORD block)
{
    static const WCHAR *const modes[] = {ECB, CBC, CFB};
    NCRYPT_CIPHER_PADDING_INFO info = cipher_info(NCRYPT_CIPHER_BLOCK_PADDING_FLAG, NULL, 0);
    SECURITY_STATUS status = ERROR_SUCCESS;

    for (size_t i = 0; status == ERROR_SUCCESS && i < COUNT(modes); i++) {
        uint8_t out[48] = {0};
        DWORD size = 0;

        status = set_mode(key, modes[i]);
        if (status == ERROR_SUCCESS) {
            status = set_iv(key, zeros, block);
        }
        if (status == ERROR_SUCCESS) {
            status = encrypt_by(key, zeros, 20, &info, out, sizeof out, &size);
        }
        if (status == ERROR_SUCCESS) {
            status = set_iv(key, zeros, block);
        }
        if (status == ERROR_SUCCESS) {
            status = decrypt_by(key, out, size, &info, out, sizeof out, &size);
            CHECK(status != ERROR_SUCCESS || (size == 20 && memcmp(out, zeros, 20) == 0));
        }
    }
    return status;
}

static SECURITY_STATUS step_aes(void)
{
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = import_key(u"AES", 4, 32, &key);

    if (status == ERROR_SUCCESS) {
        status = use_key(key, 16);
        free_handle(key);
    }
    return status;
}

static SECURITY_STATUS step_des(void)
{
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = import_key(u"3DES_112", 9, 16, &key);

    if (status == ERROR_SUCCESS) {
        status = use_key(key, 8);
        free_handle(key);
    }
    return status;
}

static SECURITY_STATUS step_export(void)
{
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = import_key(u"AES", 4, 16, &key);
    uint8_t blob[MAX_CIPHER_KEY_BLOB];
    DWORD size = 0;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = set_dword(key, u"Export Policy", NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0);
    if (status == ERROR_SUCCESS) {
        status = NCryptExportKey(key, 0, u"CipherKeyBlob", NULL, blob, sizeof blob, &size, 0);
    }
    free_handle(key);
    return status;
}

static SECURITY_STATUS step_generate(void)
{
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = NCryptCreatePersistedKey(provider, &key, u"AES", NULL, 0, 0);

    if (status == ERROR_SUCCESS) {
        status = NCryptFinalizeKey(key, 0);
        free_handle(key);
    }
    return status;
}

static void test_steps(void)
{
    CHECK_STATUS(step_generate(), ERROR_SUCCESS); /* libcrypto's random numbers do not recover from a false start */
    CHECK(ncx_live_handles(1) == 0);
    starve(step_aes);
    starve(step_des);
    starve(step_export);
    starve(step_generate);
}

static void test_nothing_left(void)
{
    CHECK(looked_at > 100);
    CHECK(dirty == 0);
}

int main(void)
{
    use_own_memory();
    home_make();
    provider = open_provider();
    RUN(test_steps);
    RUN(test_nothing_left);
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_cipher_memory");
}

#else

int main(void)
{
    printf("ncrypt_cipher_memory: skipped, the linker cannot replace malloc() here\n");
    return 0;
}

#endif
