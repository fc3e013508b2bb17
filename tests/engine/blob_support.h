/* SPDX-License-Identifier: MIT
 *
 * For tests of key blobs: writing and importing as the engine does it, from blocks of exactly the blob's size so that
 * the address sanitizer sees every byte read or written beside them.
 */
#ifndef TESTS_ENGINE_BLOB_SUPPORT_H
#define TESTS_ENGINE_BLOB_SUPPORT_H

#include "key_support.h"
#include "ncrypt/blob/blob.h"

static const struct blob_parameters no_parameters;

/* Parses and loads; what an import does. */
static inline SECURITY_STATUS import_blob(const WCHAR *type, const uint8_t *data, size_t size,
                                          const struct blob_parameters *parameters, struct material **material,
                                          uint32_t *usage)
{
    const struct blob_format *format = blob_format_by_type(type);
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    struct components components;
    SECURITY_STATUS status;

    if (size > 0) {
        memcpy(copy, data, size);
    }
    components_init(&components);
    status = format->parse(format, copy, size, parameters, &components, usage);
    free(copy);
    if (status == ERROR_SUCCESS) {
        status = material_load(&components, true, material);
    } else {
        CHECK(components.block == NULL && components.algorithm == NULL && components.curve == NULL);
    }
    components_clear(&components);
    return status;
}

static inline struct material *import_good(const WCHAR *type, const uint8_t *data, size_t size)
{
    struct material *material = NULL;
    uint32_t usage = 0;

    CHECK_STATUS(import_blob(type, data, size, &no_parameters, &material, &usage), ERROR_SUCCESS);
    return material;
}

/* The status only. */
static inline SECURITY_STATUS try_import(const WCHAR *type, const uint8_t *data, size_t size,
                                         const struct blob_parameters *parameters)
{
    struct material *material = NULL;
    uint32_t usage = 4711;
    SECURITY_STATUS status = import_blob(type, data, size, parameters, &material, &usage);

    CHECK((material != NULL) == (status == ERROR_SUCCESS));
    material_free(material);
    return status;
}

static inline uint8_t *write_blob(const WCHAR *type, const struct components *components, uint32_t usage, size_t *size)
{
    const struct blob_format *format = blob_format_by_type(type);
    const struct blob_parameters parameters = {.usage = usage};
    uint8_t *blob;
    size_t needed = 0, again = 0;

    CHECK_STATUS(format->write(format, components, &parameters, NULL, 0, &needed), ERROR_SUCCESS);
    CHECK(needed > 0);
    blob = malloc(needed);
    CHECK_STATUS(format->write(format, components, &parameters, blob, needed - 1, &again), NTE_BUFFER_TOO_SMALL);
    CHECK(again == needed);
    CHECK_STATUS(format->write(format, components, &parameters, blob, needed, &again), ERROR_SUCCESS);
    CHECK(again == needed);
    *size = needed;
    return blob;
}

/* Export of a key as the engine does it. */
static inline uint8_t *export_blob(const WCHAR *type, const struct material *material, uint32_t usage, size_t *size)
{
    struct components components;
    uint8_t *blob;

    components_init(&components);
    CHECK_STATUS(material_take_apart(material, blob_format_by_type(type)->is_private, &components), ERROR_SUCCESS);
    blob = write_blob(type, &components, usage, size);
    components_clear(&components);
    return blob;
}

/* A code that stands for "this is no such key". */
static inline bool is_refusal(SECURITY_STATUS status)
{
    return status == NTE_BAD_DATA || status == NTE_INVALID_PARAMETER || status == NTE_NOT_SUPPORTED;
}

/* The blob cut at every length, and with bytes behind it. */
static inline void check_lengths(const WCHAR *type, const uint8_t *blob, size_t size)
{
    uint8_t *longer = calloc(1, size + 300);

    memcpy(longer, blob, size);
    for (size_t cut = 0; cut < size; cut++) {
        CHECK_STATUS(try_import(type, blob, cut, &no_parameters), NTE_BAD_DATA);
    }
    CHECK_STATUS(try_import(type, longer, size + 1, &no_parameters), NTE_BAD_DATA);
    CHECK_STATUS(try_import(type, longer, size + 300, &no_parameters), NTE_BAD_DATA);
    free(longer);
}

/* Every byte changed in several ways: refused, or another key. Returns how many were taken. */
static inline unsigned check_mutations(const WCHAR *type, uint8_t *blob, size_t from, size_t to, size_t size)
{
    static const uint8_t changes[] = {0x01, 0x20, 0x80, 0xFF};
    unsigned taken = 0;

    for (size_t at = from; at < to; at++) {
        for (size_t i = 0; i < sizeof changes; i++) {
            SECURITY_STATUS status;

            blob[at] ^= changes[i];
            status = try_import(type, blob, size, &no_parameters);
            CHECK(status == ERROR_SUCCESS || is_refusal(status));
            taken += status == ERROR_SUCCESS;
            blob[at] ^= changes[i];
        }
    }
    return taken;
}

#endif
