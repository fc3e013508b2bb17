/* SPDX-License-Identifier: MIT
 *
 * What the files of this folder share. Behind an algorithm provider's handle stands its `const struct algorithm`,
 * behind a key's its `struct material`: these keys are public, have no name and no properties, and never change.
 *
 * Every BCrypt function checks in this order: handle, flags, pointers, then what they point at. The algorithms, blobs
 * and operations are those of ncrypt/, whose status codes are translated here.
 */
#ifndef PORTABLE_BCRYPT_INTERNAL_H
#define PORTABLE_BCRYPT_INTERNAL_H

#include "common/handle.h"
#include "common/status.h"
#include "common/trace.h"
#include "ncrypt/key/algorithm.h"
#include "ncrypt/key/material.h"

/* ---- ntstatus.c -------------------------------------------------------------------------------------------- */

/* Traces the call and returns its status as these functions do: an NTSTATUS as it is, NTE_BAD_SIGNATURE as
 * STATUS_INVALID_SIGNATURE and so on, with the sentence that belongs to it. Stands behind `return`. */
NTSTATUS bcrypt_return(const char *function, SECURITY_STATUS status);

/* ---- keys.c ------------------------------------------------------------------------------------------------ */

/* The key of a live handle: pair with bcrypt_key_release(). Else STATUS_INVALID_HANDLE. */
MUST_CHECK SECURITY_STATUS bcrypt_key_acquire(BCRYPT_KEY_HANDLE handle, struct material **material);
void bcrypt_key_release(BCRYPT_KEY_HANDLE handle);

#endif
