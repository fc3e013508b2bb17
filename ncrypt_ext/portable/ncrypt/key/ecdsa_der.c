/* SPDX-License-Identifier: MIT */
#include "ncrypt/key/ecdsa_der.h"

#include <string.h>

#define TAG_INTEGER  0x02
#define TAG_SEQUENCE 0x30

/* Content of one INTEGER; both numbers of a signature are shorter than 128 bytes, so the length is one byte. */
static bool read_integer(const uint8_t **at, const uint8_t *end, uint8_t *out, size_t width)
{
    const uint8_t *number = *at + 2;
    size_t length;

    if (end - *at < 3 || (*at)[0] != TAG_INTEGER) {
        return false;
    }
    length = (*at)[1];
    if (length == 0 || length > 0x7F || length > (size_t)(end - number) || (number[0] & 0x80) != 0) {
        return false;
    }
    *at = number + length;
    if (number[0] == 0 && length > 1) {
        if ((number[1] & 0x80) == 0) {
            return false;
        }
        number++;
        length--;
    }
    if (length > width) {
        return false;
    }
    memset(out, 0, width - length);
    memcpy(out + (width - length), number, length);
    return true;
}

bool ecdsa_der_to_raw(const uint8_t *der, size_t size, uint8_t *raw, size_t width)
{
    const uint8_t *at = der, *end = der + size;
    size_t length;

    if (size < 2 || at[0] != TAG_SEQUENCE) {
        return false;
    }
    length = at[1];
    at += 2;
    if (length == 0x81 && size > 2) {
        length = *at++;
        if (length < 0x80) {
            return false;
        }
    } else if (length >= 0x80) {
        return false;
    }
    return length == (size_t)(end - at) && read_integer(&at, end, raw, width) &&
           read_integer(&at, end, raw + width, width) && at == end;
}

static uint8_t *write_integer(uint8_t *out, const uint8_t *number, size_t length)
{
    size_t sign;

    while (length > 1 && number[0] == 0) {
        number++;
        length--;
    }
    sign = (number[0] & 0x80) != 0;
    *out++ = TAG_INTEGER;
    *out++ = (uint8_t)(length + sign);
    if (sign) {
        *out++ = 0;
    }
    memcpy(out, number, length);
    return out + length;
}

size_t ecdsa_raw_to_der(const uint8_t *raw, size_t width, uint8_t *der)
{
    uint8_t content[ECDSA_MAX_DER], *end = content, *out = der;
    size_t length;

    end = write_integer(end, raw, width);
    end = write_integer(end, raw + width, width);
    length = (size_t)(end - content);
    *out++ = TAG_SEQUENCE;
    if (length >= 0x80) {
        *out++ = 0x81;
    }
    *out++ = (uint8_t)length;
    memcpy(out, content, length);
    return (size_t)(out - der) + length;
}
