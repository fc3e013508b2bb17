/* SPDX-License-Identifier: MIT
 *
 * Strings of the API that have to be ASCII, and the URLs among them.
 */
#ifndef PORTABLE_WEBSERVICES_ENDPOINT_H
#define PORTABLE_WEBSERVICES_ENDPOINT_H

#include "webservices/object.h"

#define ENDPOINT_MAX_SIZE 65536u /* bytes of a URL in UTF-16: the API's own limit */

/* A fresh NUL-terminated copy, of malloc(), of UTF-16 that has to be printable ASCII with no quote and no backslash.
 * `what` names it in sentences. E_OUTOFMEMORY, or `refusal`. */
MUST_CHECK HRESULT endpoint_text(const WS_STRING *string, const char *what, HRESULT refusal, char **text,
                                 WS_ERROR *error);

/* The same of UTF-8. */
MUST_CHECK HRESULT endpoint_text_of_utf8(const WS_XML_STRING *string, const char *what, HRESULT refusal, char **text,
                                         WS_ERROR *error);

/* The URL of an address that has nothing else, and is a URI. WS_E_NOT_SUPPORTED, WS_E_INVALID_ENDPOINT_URL. */
MUST_CHECK HRESULT endpoint_uri(const WS_ENDPOINT_ADDRESS *address, char **uri, WS_ERROR *error);

/* The same for one to connect to: http or https, with a host and without user and fragment. */
MUST_CHECK HRESULT endpoint_url(const WS_ENDPOINT_ADDRESS *address, char **url, bool *https, WS_ERROR *error);

#endif
