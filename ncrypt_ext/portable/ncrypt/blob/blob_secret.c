/* SPDX-License-Identifier: MIT
 *
 * Keys that are a secret: KeyDataBlob, which is the key alone, and the blobs with an NCRYPT_KEY_BLOB_HEADER, which put
 * the algorithm's name before it.
 */
#include <string.h>

#include "common/utf16.h"
#include "ncrypt/blob/blob.h"

/* Offsets in BCRYPT_KEY_DATA_BLOB_HEADER. */
enum {
    DATA_AT_VERSION = 4,
    DATA_AT_SIZE = 8,
    DATA_HEADER_SIZE = 12,
};

/* Offsets in NCRYPT_KEY_BLOB_HEADER: the magic is the second number. */
enum {
    AT_MAGIC = 4,
    AT_NAME_SIZE = 8,
    AT_DATA_SIZE = 12,
    HEADER_SIZE = 16,
};

#define MAX_NAME_UNITS 64

static SECURITY_STATUS not_this_type(uint32_t magic)
{
    return status_fail(NTE_NOT_SUPPORTED, "the blob's magic 0x%08X is not that of its type", magic);
}

/* The key of a KeyDataBlob; `data` has at least its four bytes. */
static SECURITY_STATUS read_data(const uint8_t *data, size_t size, const struct algorithm *algorithm,
                                 struct components *components)
{
    uint32_t key_size;
    SECURITY_STATUS status;

    if (blob_read_u32(data) != BCRYPT_KEY_DATA_BLOB_MAGIC) {
        return not_this_type(blob_read_u32(data));
    }
    if (size < DATA_HEADER_SIZE || blob_read_u32(data + DATA_AT_VERSION) != BCRYPT_KEY_DATA_BLOB_VERSION1) {
        return status_fail(NTE_BAD_DATA, "the key data are too short or of an unknown version");
    }
    key_size = blob_read_u32(data + DATA_AT_SIZE);
    if (key_size != size - DATA_HEADER_SIZE) {
        return status_fail(NTE_BAD_DATA, "the key data have %zu bytes, their header asks for %u",
                           size - DATA_HEADER_SIZE, key_size);
    }
    if (key_size > UINT32_MAX / 8 || !algorithm_length_valid(algorithm, key_size * 8)) {
        return status_fail(NTE_INVALID_PARAMETER, "keys of this algorithm cannot have %u bytes", key_size);
    }
    status = components_reserve(components, key_size);
    if (status == ERROR_SUCCESS) {
        status = components_add_copy(components, COMPONENT_SECRET, data + DATA_HEADER_SIZE, key_size);
    }
    if (status != ERROR_SUCCESS) {
        components_clear(components);
        return status;
    }
    components->algorithm = algorithm;
    return ERROR_SUCCESS;
}

SECURITY_STATUS blob_key_data_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                    const struct blob_parameters *parameters, struct components *components,
                                    uint32_t *usage)
{
    uint32_t magic = 0;
    SECURITY_STATUS status = blob_read_magic(data, size, &magic);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (parameters->algorithm == NULL) {
        return status_fail(NTE_NOT_SUPPORTED, "a KeyDataBlob does not name its algorithm: it can only be set as a "
                                              "property of a key that is being made");
    }
    status = blob_check_family(parameters, format->family);
    if (status == ERROR_SUCCESS) {
        status = read_data(data, size, parameters->algorithm, components);
    }
    if (status == ERROR_SUCCESS) {
        *usage = NCRYPT_ALLOW_ALL_USAGES;
    }
    return status;
}

/* The algorithm of that name, whose NUL ends its `size` bytes. */
static SECURITY_STATUS read_name(const uint8_t *text, size_t size, const struct blob_format *format,
                                 const struct blob_parameters *parameters, const struct algorithm **algorithm)
{
    WCHAR name[MAX_NAME_UNITS + 1];
    size_t units = size / sizeof name[0];
    char printable[MAX_NAME_UNITS + 1];

    for (size_t i = 0; i < units; i++) {
        name[i] = (WCHAR)(text[2 * i] | text[2 * i + 1] << 8);
    }
    if (units == 0 || utf16_length(name, units) != units - 1) {
        return status_fail(NTE_BAD_DATA, "the blob's algorithm is not one NUL-terminated string");
    }
    *algorithm = algorithm_by_name(name);
    if (*algorithm == NULL || (*algorithm)->family != format->family) {
        return status_fail(NTE_NOT_SUPPORTED, "a blob of this type cannot hold keys of '%s'",
                           utf16_printable(name, printable, sizeof printable));
    }
    if (parameters->algorithm != NULL && parameters->algorithm != *algorithm) {
        return status_fail(NTE_INVALID_PARAMETER, "the blob holds a key of another algorithm");
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS check_header(const struct blob_format *format, const uint8_t *data, size_t size)
{
    uint64_t name_size, data_size;

    if (size < HEADER_SIZE) {
        return status_fail(NTE_BAD_DATA, "a key blob of %zu bytes", size);
    }
    if (blob_read_u32(data + AT_MAGIC) != format->magic) {
        return not_this_type(blob_read_u32(data + AT_MAGIC));
    }
    name_size = blob_read_u32(data + AT_NAME_SIZE);
    data_size = blob_read_u32(data + AT_DATA_SIZE);
    if (blob_read_u32(data) != HEADER_SIZE || HEADER_SIZE + name_size + data_size != size ||
        name_size > MAX_NAME_UNITS * sizeof(WCHAR) || name_size % sizeof(WCHAR) != 0 || data_size < 4) {
        return status_fail(NTE_BAD_DATA, "the sizes in the blob's header do not fit its %zu bytes", size);
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS blob_secret_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                  const struct blob_parameters *parameters, struct components *components,
                                  uint32_t *usage)
{
    const struct algorithm *algorithm = NULL;
    size_t name_size = 0;
    SECURITY_STATUS status = check_header(format, data, size);

    if (status == ERROR_SUCCESS) {
        name_size = blob_read_u32(data + AT_NAME_SIZE);
        status = read_name(data + HEADER_SIZE, name_size, format, parameters, &algorithm);
    }
    if (status == ERROR_SUCCESS) {
        status = read_data(data + HEADER_SIZE + name_size, size - HEADER_SIZE - name_size, algorithm, components);
    }
    if (status == ERROR_SUCCESS) {
        *usage = NCRYPT_ALLOW_ALL_USAGES;
    }
    return status;
}

/* ---- writing ------------------------------------------------------------------------------------------------------
 */

static SECURITY_STATUS check_secret(const struct blob_format *format, const struct components *components)
{
    if (components->algorithm->family != format->family || !components_has(components, COMPONENT_SECRET)) {
        return status_fail(NTE_BAD_TYPE, "the key is not one that this blob type can hold");
    }
    return ERROR_SUCCESS;
}

static void write_data(const struct component_span *secret, uint8_t *out)
{
    blob_write_u32(out, BCRYPT_KEY_DATA_BLOB_MAGIC);
    blob_write_u32(out + DATA_AT_VERSION, BCRYPT_KEY_DATA_BLOB_VERSION1);
    blob_write_u32(out + DATA_AT_SIZE, (uint32_t)secret->size);
    if (secret->size > 0) {
        memcpy(out + DATA_HEADER_SIZE, secret->data, secret->size);
    }
}

SECURITY_STATUS blob_key_data_write(const struct blob_format *format, const struct components *components,
                                    const struct blob_parameters *parameters, uint8_t *out, size_t out_size,
                                    size_t *result)
{
    const struct component_span *secret = &components->item[COMPONENT_SECRET];
    SECURITY_STATUS status = check_secret(format, components);
    bool ready = false;

    (void)parameters;
    if (status == ERROR_SUCCESS) {
        status = blob_output(out, out_size, DATA_HEADER_SIZE + secret->size, result, &ready);
    }
    if (status == ERROR_SUCCESS && ready) {
        write_data(secret, out);
    }
    return status;
}

SECURITY_STATUS blob_secret_write(const struct blob_format *format, const struct components *components,
                                  const struct blob_parameters *parameters, uint8_t *out, size_t out_size,
                                  size_t *result)
{
    const struct component_span *secret = &components->item[COMPONENT_SECRET];
    const WCHAR *name = components->algorithm->name;
    size_t units = utf16_length(name, MAX_NAME_UNITS) + 1;
    size_t name_size = units * sizeof *name;
    SECURITY_STATUS status = check_secret(format, components);
    bool ready = false;

    (void)parameters;
    if (status == ERROR_SUCCESS) {
        status = blob_output(out, out_size, HEADER_SIZE + name_size + DATA_HEADER_SIZE + secret->size, result, &ready);
    }
    if (status != ERROR_SUCCESS || !ready) {
        return status;
    }
    blob_write_u32(out, HEADER_SIZE);
    blob_write_u32(out + AT_MAGIC, format->magic);
    blob_write_u32(out + AT_NAME_SIZE, (uint32_t)name_size);
    blob_write_u32(out + AT_DATA_SIZE, (uint32_t)(DATA_HEADER_SIZE + secret->size));
    for (size_t i = 0; i < units; i++) {
        out[HEADER_SIZE + 2 * i] = (uint8_t)name[i];
        out[HEADER_SIZE + 2 * i + 1] = (uint8_t)(name[i] >> 8);
    }
    write_data(secret, out + HEADER_SIZE + name_size);
    return ERROR_SUCCESS;
}
