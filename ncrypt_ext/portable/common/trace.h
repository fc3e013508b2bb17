/* SPDX-License-Identifier: MIT
 *
 * NCRYPT_EXT_TRACE=1 in the environment writes a line to stderr for every call that failed, =2 for every call. Names
 * of functions, status codes and sentences about failures are written; buffers never are.
 */
#ifndef PORTABLE_COMMON_TRACE_H
#define PORTABLE_COMMON_TRACE_H

#include "ncrypt.h"

/* Returns `status`, so that it can stand behind `return`. */
SECURITY_STATUS trace_return(const char *function, SECURITY_STATUS status);

#endif
