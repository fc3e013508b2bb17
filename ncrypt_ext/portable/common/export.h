/* SPDX-License-Identifier: MIT
 *
 * What the core library lends the engine's other libraries: the one handle table, memory for secrets, the thread's
 * sentence about its last failure, the trace, and a gate for fork(). Private: exported under a node of its own, and no
 * header of the package declares it.
 */
#ifndef PORTABLE_COMMON_EXPORT_H
#define PORTABLE_COMMON_EXPORT_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/handle.h"

/* handle_create(), handle_acquire(), handle_release(), handle_close(), handle_count() of common/handle.h. */
MUST_CHECK SECURITY_STATUS ncx_object_create(enum handle_type type, void *object, void (*destroy)(void *object),
                                             NCRYPT_HANDLE *handle);
void *ncx_object_acquire(NCRYPT_HANDLE handle, enum handle_type type);
void ncx_object_release(NCRYPT_HANDLE handle);
MUST_CHECK SECURITY_STATUS ncx_object_close(NCRYPT_HANDLE handle, enum handle_type type);
uint64_t ncx_object_type_count(enum handle_type type);

/* secmem_alloc(), secmem_free() and secmem_wipe() of common/secmem.h. */
void *ncx_secret_alloc(size_t size);
void ncx_secret_free(void *memory);
void ncx_secret_wipe(void *memory, size_t size);

/* Remembers the sentence for the calling thread and returns `status`, as status_fail() of common/status.h. */
SECURITY_STATUS ncx_fail(SECURITY_STATUS status, const char *sentence);

/* trace_return() of common/trace.h. */
SECURITY_STATUS ncx_trace(const char *function, SECURITY_STATUS status);

/* The key pair behind a key handle, for a library that signs by itself, TLS say: one more reference to it, which the
 * caller gives back with EVP_PKEY_free(). NTE_BAD_KEY_STATE for a key that is not finalized, NTE_PERM when its usage
 * does not allow to sign, NTE_NOT_SUPPORTED for a public key. It belongs to the engine's own OSSL_LIB_CTX. */
MUST_CHECK SECURITY_STATUS ncx_key_private(NCRYPT_KEY_HANDLE handle, EVP_PKEY **pkey);

/* Digests and their HMACs by CNG's names, with the engine's own libcrypto context. `out` has room for 64 bytes. */
MUST_CHECK SECURITY_STATUS ncx_hash(const WCHAR *algorithm, const void *data, size_t size, unsigned char *out,
                                    size_t *out_size);
MUST_CHECK SECURITY_STATUS ncx_hmac(const WCHAR *algorithm, const void *key, size_t key_size, const void *data,
                                    size_t size, unsigned char *out, size_t *out_size);

/* interrupt_poll() of common/interrupt.h. */
bool ncx_interrupted(void);

/* Between the two a thread is inside a library with locks of its own that knows nothing of fork(), and no fork() comes
 * (common/gate.h). They nest. Nothing in between waits for other threads. */
void ncx_library_enter(void);
void ncx_library_leave(void);

#endif
