/* SPDX-License-Identifier: MIT
 *
 * The names that SOAP, WS-Addressing and WS-Security have for their namespaces.
 */
#ifndef PORTABLE_WEBSERVICES_SOAP_H
#define PORTABLE_WEBSERVICES_SOAP_H

#include "webservices.h"

#define SOAP_1_1_URI       "http://schemas.xmlsoap.org/soap/envelope/"
#define SOAP_1_2_URI       "http://www.w3.org/2003/05/soap-envelope"
#define ADDRESSING_0_9_URI "http://schemas.xmlsoap.org/ws/2004/08/addressing"
#define ADDRESSING_1_0_URI "http://www.w3.org/2005/08/addressing"
#define SECURITY_URI       "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
#define UTILITY_URI        "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"

static inline const char *soap_uri(WS_ENVELOPE_VERSION version)
{
    return version == WS_ENVELOPE_VERSION_SOAP_1_1 ? SOAP_1_1_URI : SOAP_1_2_URI;
}

static inline const char *soap_name(WS_ENVELOPE_VERSION version)
{
    return version == WS_ENVELOPE_VERSION_SOAP_1_1 ? "SOAP 1.1" : "SOAP 1.2";
}

/* NULL where the transport carries the addresses. */
static inline const char *addressing_uri(WS_ADDRESSING_VERSION version)
{
    return version == WS_ADDRESSING_VERSION_0_9   ? ADDRESSING_0_9_URI
           : version == WS_ADDRESSING_VERSION_1_0 ? ADDRESSING_1_0_URI
                                                  : NULL;
}

#endif
