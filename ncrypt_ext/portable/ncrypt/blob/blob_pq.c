/* SPDX-License-Identifier: MIT
 *
 * Blobs of ML-DSA and ML-KEM keys: a header, the name of the parameter set, one key. And the blob around a private one
 * that says which of them it is.
 */
#include <string.h>

#include "common/secmem.h"
#include "common/utf16.h"
#include "ncrypt/blob/blob.h"
#include "ncrypt/key/parameter_set.h"
#include "ncrypt/key/pq.h"

/* Offsets in BCRYPT_PQDSA_KEY_BLOB and BCRYPT_MLKEM_KEY_BLOB, and in NCRYPT_PQ_BLOB. */
enum {
    AT_NAME_SIZE = 4,
    AT_KEY_SIZE = 8,
    HEADER_SIZE = 12,
};

#define MAX_NAME 24 /* units of a parameter set or blob type, with the NUL */

static bool is_mldsa(const struct blob_format *format)
{
    return format->family == &family_mldsa;
}

static enum component part_of(const struct blob_format *format)
{
    if (!format->is_private) {
        return COMPONENT_PQ_PUBLIC;
    }
    return format->magic == BCRYPT_MLDSA_PRIVATE_SEED_MAGIC || format->magic == BCRYPT_MLKEM_PRIVATE_SEED_MAGIC
               ? COMPONENT_PQ_SEED
               : COMPONENT_PQ_PRIVATE;
}

static uint32_t size_of(const struct parameter_set *set, enum component part)
{
    switch (part) {
    case COMPONENT_PQ_PUBLIC:
        return set->public_size;
    case COMPONENT_PQ_SEED:
        return set->seed_size;
    default:
        return set->private_size;
    }
}

/* Checks the header's sizes against the blob's, and copies the name behind it. */
static SECURITY_STATUS read_name(const uint8_t *data, size_t size, WCHAR *name)
{
    uint32_t name_size, body_size;

    if (size < HEADER_SIZE) {
        return status_fail(NTE_BAD_DATA, "the blob ends inside its header");
    }
    name_size = blob_read_u32(data + AT_NAME_SIZE);
    body_size = blob_read_u32(data + AT_KEY_SIZE);
    if (name_size > size - HEADER_SIZE || body_size != size - HEADER_SIZE - name_size) {
        return status_fail(NTE_BAD_DATA, "the blob has %zu bytes, its header asks for %llu", size,
                           (unsigned long long)HEADER_SIZE + name_size + body_size);
    }
    if (name_size % sizeof *name != 0 || name_size == 0 || name_size > MAX_NAME * sizeof *name) {
        return status_fail(NTE_BAD_DATA, "the name in the blob has %u bytes", (unsigned)name_size);
    }
    memcpy(name, data + HEADER_SIZE, name_size);
    if (utf16_length(name, name_size / sizeof *name) != name_size / sizeof *name - 1) {
        return status_fail(NTE_BAD_DATA, "the name in the blob does not end with its only NUL");
    }
    return ERROR_SUCCESS;
}

/* The algorithm of the format and its parameter set of that name, which must be the one that was asked for, if any. */
static SECURITY_STATUS settle(const struct blob_format *format, const struct blob_parameters *parameters,
                              const WCHAR *name, struct components *components)
{
    const WCHAR *algorithm = is_mldsa(format) ? NCRYPT_MLDSA_ALGORITHM : NCRYPT_MLKEM_ALGORITHM;
    char text[64];

    components->algorithm = algorithm_by_name(algorithm);
    if (components->algorithm == NULL) {
        return status_fail(NTE_NOT_SUPPORTED, "this libcrypto has no %s",
                           utf16_printable(algorithm, text, sizeof text));
    }
    components->set = parameter_set_by_name(components->algorithm->group, name);
    if (components->set == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the blob names an unknown parameter set: %s",
                           utf16_printable(name, text, sizeof text));
    }
    if (parameters->set != NULL && parameters->set != components->set) {
        return status_fail(NTE_INVALID_PARAMETER, "the blob holds a key of another parameter set");
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS blob_pq_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                              const struct blob_parameters *parameters, struct components *components, uint32_t *usage)
{
    SECURITY_STATUS status = blob_check_family(parameters, format->family);
    uint32_t magic = 0, key_size;
    WCHAR name[MAX_NAME];

    if (status == ERROR_SUCCESS) {
        status = blob_read_magic(data, size, &magic);
    }
    if (status == ERROR_SUCCESS && magic != format->magic) {
        status = status_fail(NTE_NOT_SUPPORTED, "the blob's magic 0x%08X is not one of its type", (unsigned)magic);
    }
    if (status == ERROR_SUCCESS) {
        status = read_name(data, size, name);
    }
    if (status == ERROR_SUCCESS) {
        status = settle(format, parameters, name, components);
    }
    if (status == ERROR_SUCCESS) {
        key_size = blob_read_u32(data + AT_KEY_SIZE);
        if (key_size != size_of(components->set, part_of(format))) {
            status = status_fail(NTE_BAD_DATA, "the key in the blob has %u bytes, not %u", (unsigned)key_size,
                                 (unsigned)size_of(components->set, part_of(format)));
        } else {
            status = components_reserve(components, key_size);
        }
        if (status == ERROR_SUCCESS) {
            status = components_add_copy(components, part_of(format), data + size - key_size, key_size);
        }
    }
    if (status != ERROR_SUCCESS) {
        components_clear(components);
        return status;
    }
    *usage = NCRYPT_ALLOW_ALL_USAGES;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS write_part(const struct components *components, enum component part, uint8_t *out)
{
    if (!components_has(components, part)) {
        return pq_expand(components, out);
    }
    memcpy(out, components->item[part].data, components->item[part].size);
    return ERROR_SUCCESS;
}

SECURITY_STATUS blob_pq_write(const struct blob_format *format, const struct components *components,
                              const struct blob_parameters *parameters, uint8_t *out, size_t out_size, size_t *result)
{
    enum component part = part_of(format);
    size_t name_size, size;
    SECURITY_STATUS status;
    bool ready;

    (void)parameters;
    if (components->algorithm->family != format->family) {
        return status_fail(NTE_BAD_TYPE, "the blob is one of another algorithm");
    }
    if (part == COMPONENT_PQ_SEED && !components_has(components, part)) {
        return status_fail(NTE_NOT_SUPPORTED, "the key was imported without its seed, which cannot be found again");
    }
    name_size = (utf16_length(components->set->name, MAX_NAME) + 1) * sizeof(WCHAR);
    size = size_of(components->set, part);
    status = blob_output(out, out_size, HEADER_SIZE + name_size + size, result, &ready);
    if (status != ERROR_SUCCESS || !ready) {
        return status;
    }
    blob_write_u32(out, format->magic);
    blob_write_u32(out + AT_NAME_SIZE, (uint32_t)name_size);
    blob_write_u32(out + AT_KEY_SIZE, (uint32_t)size);
    memcpy(out + HEADER_SIZE, components->set->name, name_size);
    return write_part(components, part, out + HEADER_SIZE + name_size);
}

/* ---- PQPrivateKeyBlob -------------------------------------------------------------------------------------------- */

SECURITY_STATUS blob_pq_wrapper_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                      const struct blob_parameters *parameters, struct components *components,
                                      uint32_t *usage)
{
    const struct blob_format *inner;
    uint32_t magic = 0;
    WCHAR type[MAX_NAME];
    char text[64];
    SECURITY_STATUS status = blob_read_magic(data, size, &magic);

    if (status == ERROR_SUCCESS && magic != format->magic) {
        status = status_fail(NTE_NOT_SUPPORTED, "the blob's magic 0x%08X is not one of its type", (unsigned)magic);
    }
    if (status == ERROR_SUCCESS) {
        status = read_name(data, size, type);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    inner = blob_format_by_type(type);
    if (inner == NULL || inner->parse != blob_pq_parse || !inner->is_private) {
        return status_fail(NTE_NOT_SUPPORTED, "the blob says that it holds a '%s'",
                           utf16_printable(type, text, sizeof text));
    }
    size = blob_read_u32(data + AT_KEY_SIZE);
    data += HEADER_SIZE + blob_read_u32(data + AT_NAME_SIZE);
    return inner->parse(inner, data, size, parameters, components, usage);
}

/* With the seed in it, where the key has one. */
SECURITY_STATUS blob_pq_wrapper_write(const struct blob_format *format, const struct components *components,
                                      const struct blob_parameters *parameters, uint8_t *out, size_t out_size,
                                      size_t *result)
{
    bool seed = components_has(components, COMPONENT_PQ_SEED);
    const WCHAR *type = seed ? BCRYPT_PQDSA_PRIVATE_SEED_BLOB : BCRYPT_PQDSA_PRIVATE_BLOB;
    const struct blob_format *inner;
    size_t type_size, inner_size = 0;
    SECURITY_STATUS status;
    bool ready;

    if (!components->algorithm->takes_set) {
        return status_fail(NTE_BAD_TYPE, "the blob is one of another algorithm");
    }
    if (components->algorithm->family == &family_mlkem) {
        type = seed ? BCRYPT_MLKEM_PRIVATE_SEED_BLOB : BCRYPT_MLKEM_PRIVATE_BLOB;
    }
    inner = blob_format_by_type(type);
    type_size = (utf16_length(type, MAX_NAME) + 1) * sizeof *type;
    status = inner->write(inner, components, parameters, NULL, 0, &inner_size);
    if (status == ERROR_SUCCESS) {
        status = blob_output(out, out_size, HEADER_SIZE + type_size + inner_size, result, &ready);
    }
    if (status != ERROR_SUCCESS || !ready) {
        return status;
    }
    blob_write_u32(out, format->magic);
    blob_write_u32(out + AT_NAME_SIZE, (uint32_t)type_size);
    blob_write_u32(out + AT_KEY_SIZE, (uint32_t)inner_size);
    memcpy(out + HEADER_SIZE, type, type_size);
    return inner->write(inner, components, parameters, out + HEADER_SIZE + type_size, inner_size, &inner_size);
}
