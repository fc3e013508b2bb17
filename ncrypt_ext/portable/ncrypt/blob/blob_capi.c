/* SPDX-License-Identifier: MIT
 *
 * CryptoAPI's key blobs: BLOBHEADER, RSAPUBKEY, then the numbers, all of it little-endian. The modulus and the private
 * exponent are as wide as the modulus, the other numbers half as wide, rounded up.
 */
#include "ncrypt/blob/blob.h"
#include "ncrypt/key/rsa_numbers.h"

#define MAGIC_PUBLIC  0x31415352u /* "RSA1" */
#define MAGIC_PRIVATE 0x32415352u /* "RSA2" */

enum {
    AT_VERSION = 1,
    AT_RESERVED = 2,
    AT_ALGORITHM = 4,
    AT_MAGIC = 8,
    AT_BITS = 12,
    AT_EXPONENT = 16,
    HEADER_SIZE = 20,
    EXPONENT_SIZE = 4,
};

/* The numbers behind the header, in their order; a public blob ends with the first. */
static const enum component order[] = {
    COMPONENT_RSA_N,  COMPONENT_RSA_P,  COMPONENT_RSA_Q, COMPONENT_RSA_DP,
    COMPONENT_RSA_DQ, COMPONENT_RSA_QI, COMPONENT_RSA_D,
};

#define PRIVATE_NUMBERS (sizeof order / sizeof order[0])

static size_t number_count(const struct blob_format *format)
{
    return format->is_private ? PRIVATE_NUMBERS : 1;
}

static size_t number_size(enum component which, size_t width)
{
    return which == COMPONENT_RSA_N || which == COMPONENT_RSA_D ? width : (width + 1) / 2;
}

static size_t total_size(const struct blob_format *format, size_t width)
{
    size_t total = HEADER_SIZE;

    for (size_t i = 0; i < number_count(format); i++) {
        total += number_size(order[i], width);
    }
    return total;
}

static void copy_reversed(uint8_t *out, const uint8_t *in, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = in[size - 1 - i];
    }
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS check_header(const struct blob_format *format, const uint8_t *data, size_t size,
                                    const struct algorithm *algorithm)
{
    uint32_t bits;

    if (size < HEADER_SIZE) {
        return status_fail(NTE_BAD_DATA, "the key blob ends inside its header");
    }
    if (data[0] != (format->is_private ? PRIVATEKEYBLOB : PUBLICKEYBLOB) ||
        blob_read_u32(data + AT_MAGIC) != (format->is_private ? MAGIC_PRIVATE : MAGIC_PUBLIC)) {
        return status_fail(NTE_NOT_SUPPORTED, "the blob's kind 0x%02X or magic 0x%08X is not that of its type", data[0],
                           (unsigned)blob_read_u32(data + AT_MAGIC));
    }
    if (data[AT_VERSION] != CUR_BLOB_VERSION || data[AT_RESERVED] != 0 || data[AT_RESERVED + 1] != 0) {
        return status_fail(NTE_BAD_DATA, "the key blob's version is not %d, or its reserved bytes are not zero",
                           CUR_BLOB_VERSION);
    }
    bits = blob_read_u32(data + AT_BITS);
    if (bits < algorithm->import_min || bits > algorithm->import_max) {
        return status_fail(NTE_INVALID_PARAMETER, "the key blob is for %u bits: %u to %u are supported", (unsigned)bits,
                           algorithm->import_min, algorithm->import_max);
    }
    if (size < total_size(format, (bits + 7) / 8)) {
        return status_fail(NTE_BAD_DATA, "the key blob has %zu bytes, its header asks for %zu", size,
                           total_size(format, (bits + 7) / 8));
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS add_reversed(struct components *components, enum component which, const uint8_t *data,
                                    size_t size)
{
    uint8_t *place = components_add(components, which, size);

    if (place == NULL) {
        return status_fail(NTE_INTERNAL_ERROR, "no room was reserved for a number of the key");
    }
    copy_reversed(place, data, size);
    return ERROR_SUCCESS;
}

/* What follows the numbers is ignored, as Windows does: callers pass buffers with room to spare. */
SECURITY_STATUS blob_capi_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                const struct blob_parameters *parameters, struct components *components,
                                uint32_t *usage)
{
    const struct algorithm *algorithm = algorithm_by_name(NCRYPT_RSA_ALGORITHM);
    SECURITY_STATUS status = blob_check_family(parameters, &family_rsa);
    const uint8_t *next = data + HEADER_SIZE;
    size_t width = 0;

    if (status == ERROR_SUCCESS) {
        status = check_header(format, data, size, algorithm);
    }
    if (status == ERROR_SUCCESS) {
        width = (blob_read_u32(data + AT_BITS) + 7) / 8;
        status = components_reserve(components, EXPONENT_SIZE + total_size(format, width));
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = add_reversed(components, COMPONENT_RSA_E, data + AT_EXPONENT, EXPONENT_SIZE);
    for (size_t i = 0; status == ERROR_SUCCESS && i < number_count(format); i++) {
        status = add_reversed(components, order[i], next, number_size(order[i], width));
        next += number_size(order[i], width);
    }
    if (status == ERROR_SUCCESS && components_trimmed(components, COMPONENT_RSA_N).size != width) {
        status = status_fail(NTE_BAD_DATA, "the key blob's modulus is shorter than its header says");
    }
    if (status != ERROR_SUCCESS) {
        components_clear(components);
        return status;
    }
    components->algorithm = algorithm;
    *usage = NCRYPT_ALLOW_ALL_USAGES;
    return ERROR_SUCCESS;
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS check_numbers(const struct blob_format *format, const struct components *components,
                                     size_t width)
{
    if (components->algorithm->family != &family_rsa) {
        return status_fail(NTE_BAD_TYPE, "the key is no RSA key");
    }
    if (components_trimmed(components, COMPONENT_RSA_E).size > EXPONENT_SIZE) {
        return status_fail(NTE_NOT_SUPPORTED, "the key's public exponent has more than 32 bits");
    }
    for (size_t i = 0; i < number_count(format); i++) {
        size_t size = components_trimmed(components, order[i]).size;

        if (size == 0 || size > number_size(order[i], width)) {
            return status_fail(NTE_NOT_SUPPORTED, "the key's primes are of different sizes: this blob type has no room "
                                                  "for them");
        }
    }
    return ERROR_SUCCESS;
}

static void write_number(uint8_t *out, size_t size, struct component_span number)
{
    copy_reversed(out, number.data, number.size);
    for (size_t i = number.size; i < size; i++) {
        out[i] = 0;
    }
}

SECURITY_STATUS blob_capi_write(const struct blob_format *format, const struct components *components,
                                const struct blob_parameters *parameters, uint8_t *out, size_t out_size, size_t *result)
{
    size_t width = components_trimmed(components, COMPONENT_RSA_N).size;
    SECURITY_STATUS status = check_numbers(format, components, width);
    bool ready = false;

    (void)parameters;
    if (status == ERROR_SUCCESS) {
        status = blob_output(out, out_size, total_size(format, width), result, &ready);
    }
    if (status != ERROR_SUCCESS || !ready) {
        return status;
    }
    out[0] = format->is_private ? PRIVATEKEYBLOB : PUBLICKEYBLOB;
    out[AT_VERSION] = CUR_BLOB_VERSION;
    out[AT_RESERVED] = out[AT_RESERVED + 1] = 0;
    blob_write_u32(out + AT_ALGORITHM, CALG_RSA_KEYX);
    blob_write_u32(out + AT_MAGIC, format->is_private ? MAGIC_PRIVATE : MAGIC_PUBLIC);
    blob_write_u32(out + AT_BITS, (uint32_t)width * 8); /* readers divide it by eight */
    write_number(out + AT_EXPONENT, EXPONENT_SIZE, components_trimmed(components, COMPONENT_RSA_E));
    out += HEADER_SIZE;
    for (size_t i = 0; i < number_count(format); i++) {
        write_number(out, number_size(order[i], width), components_trimmed(components, order[i]));
        out += number_size(order[i], width);
    }
    return ERROR_SUCCESS;
}
