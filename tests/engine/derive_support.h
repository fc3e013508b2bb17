/* SPDX-License-Identifier: MIT
 *
 * For the tests of key derivation: secrets of one's choice, which no two keys have agreed on.
 */
#ifndef TESTS_ENGINE_DERIVE_SUPPORT_H
#define TESTS_ENGINE_DERIVE_SUPPORT_H

#include "agreement_support.h"
#include "common/secmem.h"
#include "ncrypt/internal.h"

static inline void secret_begin(struct secret *secret, const uint8_t *bytes, size_t size)
{
    *secret = (struct secret){.shared = secmem_copy(bytes, size), .size = size};
}

static inline void secret_end(struct secret *secret)
{
    secmem_free(secret->hkdf_key);
    secmem_free(secret->shared);
}

static inline SECURITY_STATUS derive_of(const struct secret *secret, const WCHAR *kdf, const struct buffers *buffers,
                                        void *out, DWORD room, DWORD *size, DWORD flags)
{
    return derive_key(secret, kdf, buffers == NULL ? NULL : &buffers->list, out, room, size, flags);
}

#endif
