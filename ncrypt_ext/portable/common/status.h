/* SPDX-License-Identifier: MIT
 *
 * From foreign failures to status codes. Whoever finds a failure returns its code through status_fail(), which also
 * remembers one sentence about it for the calling thread; ncx_error_detail() hands the sentence out.
 */
#ifndef PORTABLE_COMMON_STATUS_H
#define PORTABLE_COMMON_STATUS_H

#include "ncrypt.h"

#define MUST_CHECK __attribute__((warn_unused_result))

/* Remembers the sentence (no secrets, no trailing period) and returns `status`. */
SECURITY_STATUS status_fail(SECURITY_STATUS status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The sentence that belongs to this thread's last failure, when that was `status`; else NULL. */
const char *status_sentence(SECURITY_STATUS status);

/* The same failure under another code, which is returned: the sentence about `from` is from now on about `to`. */
SECURITY_STATUS status_rename(SECURITY_STATUS from, SECURITY_STATUS to);

/* NTE_NO_MEMORY with a fixed sentence; never allocates. */
SECURITY_STATUS status_no_memory(void);

/* Maps errno values: EACCES, EPERM, ENOSPC, EROFS, ENOENT, ENOMEM and so on. The sentence is "<what>: <strerror>". */
SECURITY_STATUS status_from_errno(int error, const char *what);

/* For a failed libcrypto call: NTE_NO_MEMORY when that was the reason, else `fallback`. The sentence is "<what>:
 * <libcrypto's reason>". Leaves the thread's error queue alone: see openssl_scope_begin(). */
SECURITY_STATUS status_from_openssl(SECURITY_STATUS fallback, const char *what);

/* A host program may use the same libcrypto on the same thread. Code that calls libcrypto runs between these two, so
 * that the errors it causes do not stay on the host's queue and the host's are not lost, and so that no fork() comes
 * while libcrypto holds a lock (openssl_scope.c). They nest. Nothing in between waits for other threads. */
void openssl_scope_begin(void);
void openssl_scope_end(void);

/* Steps out and in again, for callbacks of long operations, where libcrypto holds no lock: what happens in between may
 * wait for other threads, and a waiting fork() gets through. */
void openssl_scope_suspend(void);
void openssl_scope_resume(void);

#endif
