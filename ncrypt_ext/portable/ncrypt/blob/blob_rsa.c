/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "ncrypt/blob/blob.h"
#include "ncrypt/key/rsa_numbers.h"

/* Offsets in BCRYPT_RSAKEY_BLOB. */
enum {
    AT_BITS = 4,
    AT_EXPONENT = 8,
    AT_MODULUS = 12,
    AT_PRIME1 = 16,
    AT_PRIME2 = 20,
    HEADER_SIZE = 24,
};

/* The numbers in the order of the blob; each kind of blob ends with one of them. */
static const enum component order[] = {
    COMPONENT_RSA_E,  COMPONENT_RSA_N,  COMPONENT_RSA_P,  COMPONENT_RSA_Q,
    COMPONENT_RSA_DP, COMPONENT_RSA_DQ, COMPONENT_RSA_QI, COMPONENT_RSA_D,
};

#define PUBLIC_NUMBERS  2
#define PRIVATE_NUMBERS 4
#define FULL_NUMBERS    8

static size_t number_count(const struct blob_format *format)
{
    if (!format->is_private) {
        return PUBLIC_NUMBERS;
    }
    return format->magic == BCRYPT_RSAPRIVATE_MAGIC ? PRIVATE_NUMBERS : FULL_NUMBERS;
}

struct header {
    uint32_t bits, exponent, modulus, prime1, prime2;
};

static uint32_t number_size(const struct header *header, enum component which)
{
    switch (which) {
    case COMPONENT_RSA_E:
        return header->exponent;
    case COMPONENT_RSA_P:
    case COMPONENT_RSA_DP:
    case COMPONENT_RSA_QI:
        return header->prime1;
    case COMPONENT_RSA_Q:
    case COMPONENT_RSA_DQ:
        return header->prime2;
    default:
        return header->modulus;
    }
}

/* Five sizes of 32 bits, some of them several times: the sum fits 64 bits. */
static uint64_t total_size(const struct header *header, size_t count)
{
    uint64_t total = HEADER_SIZE;

    for (size_t i = 0; i < count; i++) {
        total += number_size(header, order[i]);
    }
    return total;
}

static SECURITY_STATUS check_header(const struct header *header, const struct blob_format *format, size_t size,
                                    const struct algorithm *algorithm)
{
    if (header->bits < algorithm->import_min || header->bits > algorithm->import_max) {
        return status_fail(NTE_INVALID_PARAMETER, "the RSA blob is for %u bits: %u to %u are supported", header->bits,
                           algorithm->import_min, algorithm->import_max);
    }
    if (header->modulus != (header->bits + 7) / 8) {
        return status_fail(NTE_BAD_DATA, "the RSA blob's modulus size does not fit its number of bits");
    }
    if (header->exponent == 0 || header->exponent > RSA_MAX_EXPONENT) {
        return status_fail(NTE_BAD_DATA, "the RSA blob's public exponent has %u bytes: 1 to %d are supported",
                           header->exponent, RSA_MAX_EXPONENT);
    }
    if (format->is_private ? header->prime1 == 0 || header->prime2 == 0 || header->prime1 > header->modulus ||
                                 header->prime2 > header->modulus
                           : header->prime1 != 0 || header->prime2 != 0) {
        return status_fail(NTE_BAD_DATA, "the RSA blob's prime sizes are impossible");
    }
    if (total_size(header, number_count(format)) != size) {
        return status_fail(NTE_BAD_DATA, "the RSA blob has %zu bytes, its header asks for %llu", size,
                           (unsigned long long)total_size(header, number_count(format)));
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS read_header(const struct blob_format *format, const uint8_t *data, size_t size,
                                   const struct algorithm *algorithm, struct header *header)
{
    uint32_t magic = 0;
    SECURITY_STATUS status = blob_read_magic(data, size, &magic);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (magic != format->magic) {
        return status_fail(NTE_NOT_SUPPORTED, "the blob's magic 0x%08X is not that of its type", magic);
    }
    if (size < HEADER_SIZE) {
        return status_fail(NTE_BAD_DATA, "the RSA blob ends inside its header");
    }
    header->bits = blob_read_u32(data + AT_BITS);
    header->exponent = blob_read_u32(data + AT_EXPONENT);
    header->modulus = blob_read_u32(data + AT_MODULUS);
    header->prime1 = blob_read_u32(data + AT_PRIME1);
    header->prime2 = blob_read_u32(data + AT_PRIME2);
    return check_header(header, format, size, algorithm);
}

SECURITY_STATUS blob_rsa_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                               const struct blob_parameters *parameters, struct components *components, uint32_t *usage)
{
    SECURITY_STATUS status = blob_check_family(parameters, &family_rsa);
    const struct algorithm *algorithm = algorithm_by_name(NCRYPT_RSA_ALGORITHM);
    struct header header;

    if (status == ERROR_SUCCESS) {
        status = read_header(format, data, size, algorithm, &header);
    }
    if (status == ERROR_SUCCESS) {
        status = components_reserve(components, size - HEADER_SIZE);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    data += HEADER_SIZE;
    for (size_t i = 0; status == ERROR_SUCCESS && i < number_count(format); i++) {
        uint32_t length = number_size(&header, order[i]);

        status = components_add_copy(components, order[i], data, length);
        data += length;
    }
    if (status == ERROR_SUCCESS && components_bits(components, COMPONENT_RSA_N) != header.bits) {
        status = status_fail(NTE_BAD_DATA, "the RSA blob's modulus is shorter than its header says");
    }
    if (status != ERROR_SUCCESS) {
        components_clear(components);
        return status;
    }
    components->algorithm = algorithm;
    *usage = NCRYPT_ALLOW_ALL_USAGES;
    return ERROR_SUCCESS;
}

SECURITY_STATUS blob_rsa_write(const struct blob_format *format, const struct components *components,
                               const struct blob_parameters *parameters, uint8_t *out, size_t out_size, size_t *result)
{
    const struct header header = {
        .bits = (uint32_t)components_bits(components, COMPONENT_RSA_N),
        .exponent = (uint32_t)components_trimmed(components, COMPONENT_RSA_E).size,
        .modulus = (uint32_t)components_trimmed(components, COMPONENT_RSA_N).size,
        .prime1 = format->is_private ? (uint32_t)components_trimmed(components, COMPONENT_RSA_P).size : 0,
        .prime2 = format->is_private ? (uint32_t)components_trimmed(components, COMPONENT_RSA_Q).size : 0,
    };
    SECURITY_STATUS status;
    bool ready;

    (void)parameters;
    if (components->algorithm->family != &family_rsa) {
        return status_fail(NTE_BAD_TYPE, "the key is no RSA key");
    }
    for (size_t i = 0; i < number_count(format); i++) {
        struct component_span number = components_trimmed(components, order[i]);

        if (number.size == 0 || number.size > number_size(&header, order[i])) {
            return status_fail(NTE_BAD_TYPE, "the key lacks a number that the blob needs");
        }
    }
    status = blob_output(out, out_size, (size_t)total_size(&header, number_count(format)), result, &ready);
    if (status != ERROR_SUCCESS || !ready) {
        return status;
    }
    blob_write_u32(out, format->magic);
    blob_write_u32(out + AT_BITS, header.bits);
    blob_write_u32(out + AT_EXPONENT, header.exponent);
    blob_write_u32(out + AT_MODULUS, header.modulus);
    blob_write_u32(out + AT_PRIME1, header.prime1);
    blob_write_u32(out + AT_PRIME2, header.prime2);
    out += HEADER_SIZE;
    for (size_t i = 0; i < number_count(format); i++) {
        struct component_span number = components_trimmed(components, order[i]);
        size_t length = number_size(&header, order[i]);

        memset(out, 0, length - number.size);
        memcpy(out + length - number.size, number.data, number.size);
        out += length;
    }
    return ERROR_SUCCESS;
}
