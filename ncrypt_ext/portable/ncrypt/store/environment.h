/* SPDX-License-Identifier: MIT
 *
 * The environment, unless the process runs with more rights than whoever started it.
 */
#ifndef PORTABLE_NCRYPT_STORE_ENVIRONMENT_H
#define PORTABLE_NCRYPT_STORE_ENVIRONMENT_H

#include <stdlib.h>
#if defined(__APPLE__) || defined(__FreeBSD__)
#include <unistd.h>
#endif

static inline const char *environment_get(const char *name)
{
#if defined(__APPLE__) || defined(__FreeBSD__)
    return issetugid() ? NULL : getenv(name);
#else
    return secure_getenv(name);
#endif
}

#endif
