/* SPDX-License-Identifier: MIT
 *
 * The header that the extension modules of ncrypt_ext.ws include first: that of all extension modules, and then
 * Windows' or MinGW's webservices.h, or the one beside this.
 */
#ifndef NCRYPT_EXT_WS_H
#define NCRYPT_EXT_WS_H

#include "ncrypt_ext_compat.h"

#ifdef _WIN32
#include <webservices.h>
#else
#include "webservices.h"
#endif

#endif
