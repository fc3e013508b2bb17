/* SPDX-License-Identifier: MIT
 *
 * What the tests of symmetric keys share.
 */
#ifndef TESTS_ENGINE_CIPHER_SUPPORT_H
#define TESTS_ENGINE_CIPHER_SUPPORT_H

#include "ncrypt_support.h"

#define ECB u"ChainingModeECB"
#define CBC u"ChainingModeCBC"
#define CFB u"ChainingModeCFB"

#define MAX_CIPHER_KEY_BLOB 100

static inline void put_u32(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

/* A CipherKeyBlob; returns its size. `name_units` with the NUL. */
static inline DWORD cipher_key_blob(uint8_t *out, const WCHAR *name, size_t name_units, const uint8_t *key, size_t size)
{
    size_t name_size = name_units * sizeof *name;

    put_u32(out, 16);
    put_u32(out + 4, 0x52485043);
    put_u32(out + 8, (uint32_t)name_size);
    put_u32(out + 12, (uint32_t)(12 + size));
    memcpy(out + 16, name, name_size);
    put_u32(out + 16 + name_size, 0x4D42444B);
    put_u32(out + 20 + name_size, 1);
    put_u32(out + 24 + name_size, (uint32_t)size);
    memcpy(out + 28 + name_size, key, size);
    return (DWORD)(28 + name_size + size);
}

/* An ephemeral key of these bytes, with a policy that lets it out. */
static inline NCRYPT_KEY_HANDLE import_cipher_key(NCRYPT_PROV_HANDLE provider, const WCHAR *algorithm,
                                                  const uint8_t *key, size_t size)
{
    NCRYPT_KEY_HANDLE handle = 0;
    uint8_t blob[MAX_CIPHER_KEY_BLOB];
    DWORD blob_size = cipher_key_blob(blob, algorithm, wide_bytes(algorithm) / sizeof *algorithm, key, size);

    CHECK_STATUS(NCryptImportKey(provider, 0, u"CipherKeyBlob", NULL, &handle, blob, blob_size, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(handle, u"Export Policy", NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    return handle;
}

static inline SECURITY_STATUS set_mode(NCRYPT_KEY_HANDLE key, const WCHAR *mode)
{
    return set_bytes(key, u"Chaining Mode", mode, 16 * sizeof *mode, 0);
}

static inline SECURITY_STATUS set_iv(NCRYPT_KEY_HANDLE key, const uint8_t *iv, size_t size)
{
    return set_bytes(key, u"IV", iv, size, 0);
}

static inline SECURITY_STATUS encrypt_by(NCRYPT_KEY_HANDLE key, const void *in, DWORD size, void *info, uint8_t *out,
                                         DWORD room, DWORD *written)
{
    return NCryptEncrypt(key, (PBYTE)(uintptr_t)in, size, info, out, room, written,
                         info == NULL ? 0 : NCRYPT_PAD_CIPHER_FLAG);
}

static inline SECURITY_STATUS decrypt_by(NCRYPT_KEY_HANDLE key, const void *in, DWORD size, void *info, uint8_t *out,
                                         DWORD room, DWORD *written)
{
    return NCryptDecrypt(key, (PBYTE)(uintptr_t)in, size, info, out, room, written,
                         info == NULL ? 0 : NCRYPT_PAD_CIPHER_FLAG);
}

static inline NCRYPT_CIPHER_PADDING_INFO cipher_info(DWORD flags, uint8_t *iv, ULONG size)
{
    return (NCRYPT_CIPHER_PADDING_INFO){
        .cbSize = sizeof(NCRYPT_CIPHER_PADDING_INFO), .dwFlags = flags, .pbIV = iv, .cbIV = size};
}

#endif
