/* SPDX-License-Identifier: MIT
 *
 * What a fault that was received means to the caller.
 */
#ifndef PORTABLE_WEBSERVICES_FAULT_STATUS_H
#define PORTABLE_WEBSERVICES_FAULT_STATUS_H

#include "webservices/envelope.h"

/* Whether SOAP, WS-Addressing or WS-Security define the namespaces of all its codes. */
bool fault_is_recognized(const WS_FAULT *fault);

/* Puts the fault into the error object with a sentence about it, and returns its status: WS_E_ENDPOINT_FAULT_RECEIVED,
 * or what its code says. */
HRESULT fault_fail(const struct reply *reply, WS_ERROR *error);

/* Adds a sentence with what the fault says. */
void fault_describe(const WS_FAULT *fault, HRESULT status, WS_ERROR *error);

#endif
