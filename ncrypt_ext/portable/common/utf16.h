/* SPDX-License-Identifier: MIT
 *
 * UTF-16 strings as the Windows ABI passes them: 16-bit code units, NUL-terminated, lone surrogates allowed.
 */
#ifndef PORTABLE_COMMON_UTF16_H
#define PORTABLE_COMMON_UTF16_H

#include <stdbool.h>
#include <stddef.h>

#include "wintypes.h"

/* Number of units before the NUL; looks at no more than `limit` units and returns `limit` when none of them is NUL. */
size_t utf16_length(const WCHAR *text, size_t limit);

bool utf16_equal(const WCHAR *left, const WCHAR *right);

/* Equal when ASCII letters are compared without their case. */
bool utf16_equal_fold(const WCHAR *left, const WCHAR *right);

/* `unit` with ASCII upper case made lower case. */
WCHAR utf16_fold(WCHAR unit);

/* A fresh NUL-terminated copy of `length` units; NULL when memory is short. Free with free(). */
WCHAR *utf16_copy(const WCHAR *text, size_t length);

/* Into room for 3 * length + 1 bytes: UTF-8, NUL-terminated, of `*size` bytes; false when half a surrogate pair is in
 * it.
 */
bool utf16_to_utf8(const WCHAR *text, size_t length, char *out, size_t *size);

/* For messages: ASCII as it is, other units as \uXXXX, cut to fit. Always NUL-terminated. Returns `out`. */
const char *utf16_printable(const WCHAR *text, char *out, size_t size);

#endif
