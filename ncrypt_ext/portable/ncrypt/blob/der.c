/* SPDX-License-Identifier: MIT */
#include "ncrypt/blob/der.h"

#include <openssl/asn1.h>
#include <string.h>

#define NO_LENGTH 0x81 /* ASN1_get_object() says so of an error and of an indefinite length */

uint8_t *der_put_header(uint8_t *out, unsigned tag, size_t length)
{
    *out++ = (uint8_t)tag;
    if (length >= 0x100) {
        *out++ = 0x82;
        *out++ = (uint8_t)(length >> 8);
    } else if (length >= 0x80) {
        *out++ = 0x81;
    }
    *out++ = (uint8_t)length;
    return out;
}

uint8_t *der_put_number(uint8_t *out, struct component_span number)
{
    size_t sign = number.size == 0 || (number.data[0] & 0x80) != 0;

    out = der_put_header(out, V_ASN1_INTEGER, number.size + sign);
    if (sign) {
        *out++ = 0;
    }
    if (number.size > 0) {
        memcpy(out, number.data, number.size);
    }
    return out + number.size;
}

size_t der_room(struct component_span number)
{
    return DER_MAX_HEADER + 1 + number.size;
}

bool der_take(const uint8_t **at, const uint8_t *end, int tag, const uint8_t **data, size_t *size)
{
    const uint8_t *start = *at;
    long length = 0;
    int found = 0, class = 0, kind;

    if (*at >= end) {
        return false;
    }
    kind = ASN1_get_object(&start, &length, &found, &class, end - *at);
    if ((kind & NO_LENGTH) != 0 || (kind & V_ASN1_CONSTRUCTED) != (tag == V_ASN1_SEQUENCE ? V_ASN1_CONSTRUCTED : 0) ||
        found != tag || class != V_ASN1_UNIVERSAL) {
        return false;
    }
    *data = start;
    *size = (size_t)length;
    *at = start + length;
    return true;
}
