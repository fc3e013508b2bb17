/* SPDX-License-Identifier: MIT
 *
 * The master key file. All numbers are little-endian:
 *
 *     0  8   "NCXMKEY" NUL            32  32  raw: the key
 *     8  4   format version, 1        32  16  passphrase: scrypt salt
 *    12  4   kind: 1 raw, 2 passphrase 48   8  ... N, 56  4  ... r, 60  4  ... p
 *    16  16  store id                 64  12  ... nonce
 *                                     76  48  ... the key and its tag, AES-256-GCM, everything before as AAD
 *
 * The last 32 bytes are the SHA-256 of everything before them: a damaged file is told from a wrong passphrase.
 */
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "ncrypt/store/internal.h"

#include <stdlib.h>

#define FILE_VERSION     1
#define KIND_RAW         1
#define KIND_PASSPHRASE  2
#define HEADER_SIZE      32
#define SALT_SIZE        16
#define CHECK_SIZE       STORE_HASH_SIZE
#define WRAP_OFFSET      76
#define RAW_SIZE         (HEADER_SIZE + SEAL_KEY_SIZE + CHECK_SIZE)
#define PASSPHRASE_SIZE  (WRAP_OFFSET + SEAL_KEY_SIZE + SEAL_TAG_SIZE + CHECK_SIZE)
#define SCRYPT_N         (UINT64_C(1) << 15)
#define SCRYPT_R         8
#define SCRYPT_P         1
#define SCRYPT_MAX_BYTES (UINT64_C(1) << 30) /* of memory: what a file may ask for */

static const uint8_t magic[8] = "NCXMKEY";

struct scrypt {
    const uint8_t *salt;
    uint64_t n;
    uint32_t r, p;
};

void masterkey_clear(struct masterkey *master)
{
    secmem_free(master->key);
    memset(master, 0, sizeof(*master));
}

static SECURITY_STATUS derive(const struct scrypt *scrypt, const char *passphrase, size_t size,
                              uint8_t out[SEAL_KEY_SIZE])
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    OSSL_LIB_CTX *context = libctx_get();
    EVP_KDF *kdf = NULL;
    EVP_KDF_CTX *ctx = NULL;
    uint64_t n = scrypt->n, memory = SCRYPT_MAX_BYTES + (UINT64_C(1) << 20);
    uint32_t r = scrypt->r, p = scrypt->p;
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, (void *)(uintptr_t)passphrase, size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)scrypt->salt, SALT_SIZE),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
        OSSL_PARAM_construct_end(),
    };

    if (!context) {
        return NTE_PROVIDER_DLL_FAIL;
    }
    openssl_scope_begin();
    kdf = EVP_KDF_fetch(context, "SCRYPT", NULL);
    ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    if (!ctx || EVP_KDF_derive(ctx, out, SEAL_KEY_SIZE, parameters) != 1) {
        status = status_from_openssl(NTE_FAIL, "scrypt of the passphrase");
    }
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    openssl_scope_end();
    return status;
}

static SECURITY_STATUS damaged(const char *path, const char *how)
{
    return status_fail(HRESULT_FROM_WIN32(ERROR_FILE_CORRUPT), "the master key file %s is damaged: %s", path, how);
}

static SECURITY_STATUS verify_form(const char *path, const uint8_t *data, size_t size)
{
    uint8_t hash[CHECK_SIZE];
    uint32_t kind;
    SECURITY_STATUS status;

    if (size < HEADER_SIZE) {
        return damaged(path, size == 0 ? "it is empty" : "it is too short");
    }
    if (memcmp(data, magic, sizeof(magic)) != 0) {
        return damaged(path, "it is no master key file");
    }
    if (get_u32(data + 8) > FILE_VERSION) {
        return status_fail(NTE_BAD_VER, "%s was written by a newer version (format %u)", path,
                           (unsigned)get_u32(data + 8));
    }
    kind = get_u32(data + 12);
    if (size != (kind == KIND_RAW ? RAW_SIZE : kind == KIND_PASSPHRASE ? PASSPHRASE_SIZE : 0)) {
        return damaged(path, "it has the wrong size");
    }
    status = seal_sha256(data, size - CHECK_SIZE, hash);
    if (status == ERROR_SUCCESS && memcmp(hash, data + size - CHECK_SIZE, CHECK_SIZE) != 0) {
        status = damaged(path, "its check sum does not fit");
    }
    return status;
}

/* RFC 7914, section 2. That derive() fails is no sign of it: libcrypto may have been short of memory. */
static bool scrypt_defined(const struct scrypt *scrypt)
{
    bool power_of_two = scrypt->n > 1 && (scrypt->n & (scrypt->n - 1)) == 0;

    return power_of_two && scrypt->r > 0 && scrypt->p > 0 && (scrypt->r > 1 || scrypt->n < 1u << 16);
}

static SECURITY_STATUS unwrap_with(const char *path, const uint8_t *data, const char *passphrase, size_t size,
                                   uint8_t key[SEAL_KEY_SIZE])
{
    struct scrypt scrypt = {.salt = data + HEADER_SIZE,
                            .n = get_u32(data + 48) | (uint64_t)get_u32(data + 52) << 32,
                            .r = get_u32(data + 56),
                            .p = get_u32(data + 60)};
    struct sealer sealer;
    uint8_t wrapping[SEAL_KEY_SIZE];
    SECURITY_STATUS status;

    if (scrypt.n > SCRYPT_MAX_BYTES || scrypt.r > 64 || scrypt.p > 64 ||
        128 * scrypt.r * (scrypt.n + scrypt.p) > SCRYPT_MAX_BYTES) {
        return damaged(path, "its scrypt parameters ask for too much");
    }
    if (!scrypt_defined(&scrypt)) {
        return damaged(path, "its scrypt parameters are impossible");
    }
    status = derive(&scrypt, passphrase, size, wrapping);
    if (status == ERROR_SUCCESS) {
        status = sealer_init(&sealer, wrapping);
    }
    if (status == ERROR_SUCCESS) {
        status = sealer_open(&sealer, data + 64, data, 64, data + WRAP_OFFSET, SEAL_KEY_SIZE + SEAL_TAG_SIZE, key);
        sealer_clear(&sealer);
    }
    secmem_wipe(wrapping, sizeof(wrapping));
    if (status == NTE_BAD_DATA) {
        status = status_fail(NTE_INCORRECT_PASSWORD, "the passphrase does not open %s", path);
    }
    return status;
}

static SECURITY_STATUS unwrap(const char *folder, const char *path, const uint8_t *data, uint8_t key[SEAL_KEY_SIZE])
{
    char *passphrase = NULL;
    size_t size = 0;
    SECURITY_STATUS status = passphrase_get(folder, &passphrase, &size);

    if (status == ERROR_SUCCESS && !passphrase) {
        status = status_fail(NTE_INCORRECT_PASSWORD,
                             "%s needs a passphrase and there is none: set NCRYPT_EXT_PASSPHRASE_FILE or "
                             "NCRYPT_EXT_PASSPHRASE_FD, or give a callback",
                             path);
    }
    if (status == ERROR_SUCCESS) {
        status = unwrap_with(path, data, passphrase, size, key);
    }
    secmem_free(passphrase);
    return status;
}

SECURITY_STATUS masterkey_load(const char *folder, struct masterkey *master)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    uint8_t data[PASSPHRASE_SIZE + 1];
    size_t size = 0;
    uint8_t *key = secmem_alloc(SEAL_KEY_SIZE);
    char *path = folder_path(folder, STORE_MASTER_KEY, "");

    if (!key || !path) {
        status = status_no_memory();
        goto cleanup;
    }
    status = file_read(path, data, sizeof(data), &size);
    if (status == ERROR_SUCCESS) {
        status = verify_form(path, data, size);
    }
    if (status != ERROR_SUCCESS) {
        goto cleanup;
    }
    master->passphrase = get_u32(data + 12) == KIND_PASSPHRASE;
    if (master->passphrase) {
        status = unwrap(folder, path, data, key);
    } else {
        memcpy(key, data + HEADER_SIZE, SEAL_KEY_SIZE);
    }
    if (status == ERROR_SUCCESS) {
        memcpy(master->store_id, data + 16, STORE_ID_SIZE);
        master->key = key;
        key = NULL;
    }
cleanup:
    secmem_wipe(data, sizeof(data));
    secmem_free(key);
    free(path);
    return status;
}

static SECURITY_STATUS wrap(const struct masterkey *master, const char *passphrase, size_t size, uint8_t *data)
{
    struct scrypt scrypt = {.salt = data + HEADER_SIZE, .n = SCRYPT_N, .r = SCRYPT_R, .p = SCRYPT_P};
    struct sealer sealer;
    uint8_t wrapping[SEAL_KEY_SIZE], nonce[SEAL_NONCE_SIZE];
    SECURITY_STATUS status = libctx_random(data + HEADER_SIZE, SALT_SIZE);

    if (status == ERROR_SUCCESS) {
        status = derive(&scrypt, passphrase, size, wrapping);
    }
    if (status == ERROR_SUCCESS) {
        status = sealer_init(&sealer, wrapping);
    }
    if (status == ERROR_SUCCESS) {
        put_u32(put_u32(put_u64(data + 48, scrypt.n), scrypt.r), scrypt.p);
        status = sealer_seal(&sealer, data, 64, master->key, SEAL_KEY_SIZE, nonce, data + WRAP_OFFSET);
        put_bytes(data + 64, nonce, SEAL_NONCE_SIZE);
        sealer_clear(&sealer);
    }
    secmem_wipe(wrapping, sizeof(wrapping));
    return status;
}

SECURITY_STATUS masterkey_write(const char *folder, const struct masterkey *master, const char *passphrase, size_t size,
                                bool replace)
{
    uint8_t data[PASSPHRASE_SIZE] = {0}, *out = data;
    size_t length = passphrase ? PASSPHRASE_SIZE : RAW_SIZE;
    SECURITY_STATUS status = ERROR_SUCCESS;

    out = put_bytes(out, magic, sizeof(magic));
    out = put_u32(out, FILE_VERSION);
    out = put_u32(out, passphrase ? KIND_PASSPHRASE : KIND_RAW);
    out = put_bytes(out, master->store_id, STORE_ID_SIZE);
    if (passphrase) {
        status = wrap(master, passphrase, size, data);
    } else {
        put_bytes(out, master->key, SEAL_KEY_SIZE);
    }
    if (status == ERROR_SUCCESS) {
        status = seal_sha256(data, length - CHECK_SIZE, data + length - CHECK_SIZE);
    }
    if (status == ERROR_SUCCESS) {
        status = file_write(folder, STORE_MASTER_KEY, data, length, replace);
    }
    secmem_wipe(data, sizeof(data));
    return status;
}

SECURITY_STATUS masterkey_create(const char *folder, struct masterkey *master)
{
    struct masterkey fresh = {.key = secmem_alloc(SEAL_KEY_SIZE)};
    char *passphrase = NULL;
    size_t size = 0;
    SECURITY_STATUS status = fresh.key ? ERROR_SUCCESS : status_no_memory();

    if (status == ERROR_SUCCESS) {
        status = passphrase_get(folder, &passphrase, &size);
    }
    if (status == ERROR_SUCCESS) {
        status = libctx_random(fresh.store_id, STORE_ID_SIZE);
    }
    if (status == ERROR_SUCCESS) {
        status = libctx_random(fresh.key, SEAL_KEY_SIZE);
    }
    if (status == ERROR_SUCCESS) {
        fresh.passphrase = passphrase != NULL;
        status = masterkey_write(folder, &fresh, passphrase, size, false);
    }
    if (status == ERROR_SUCCESS) {
        *master = fresh;
        fresh.key = NULL;
    } else if (status == NTE_EXISTS) {
        status = masterkey_load(folder, master); /* another process was quicker */
    }
    secmem_free(passphrase);
    masterkey_clear(&fresh);
    return status;
}
