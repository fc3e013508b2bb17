/* SPDX-License-Identifier: MIT
 *
 * For the tests of keys that others are derived from.
 */
#ifndef TESTS_ENGINE_DERIVATION_SUPPORT_H
#define TESTS_ENGINE_DERIVATION_SUPPORT_H

#include "agreement_support.h"

static const WCHAR *const derivation_algorithms[] = {
    u"SP800_108_CTR_HMAC", u"SP800_56A_CONCAT", u"PBKDF2", u"CAPI_KDF", u"TLS1_1_KDF", u"TLS1_2_KDF", u"HKDF",
};

static inline NCRYPT_KEY_HANDLE derivation_key(NCRYPT_PROV_HANDLE provider, const WCHAR *algorithm, const WCHAR *name,
                                               const void *secret, size_t size)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, algorithm, name, 0);

    CHECK_STATUS(set_bytes(key, NCRYPT_KDF_SECRET_VALUE, secret, size, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    return key;
}

static inline SECURITY_STATUS derive_from(NCRYPT_KEY_HANDLE key, struct buffers *buffers, void *out, DWORD room,
                                          DWORD *size, DWORD flags)
{
    return NCryptKeyDerivation(key, buffers == NULL ? NULL : &buffers->list, out, room, size, flags);
}

/* The key gives this, and each shorter length what the function says. */
static inline void check_derived(NCRYPT_KEY_HANDLE key, struct buffers *buffers, DWORD flags, const uint8_t *wanted,
                                 size_t size)
{
    uint8_t got[512];
    DWORD written = 0;

    memset(got, 0xEE, sizeof got);
    CHECK_STATUS(derive_from(key, buffers, got, (DWORD)size, &written, flags), ERROR_SUCCESS);
    CHECK(written == size && memcmp(got, wanted, size) == 0 && got[size] == 0xEE);
}

#endif
