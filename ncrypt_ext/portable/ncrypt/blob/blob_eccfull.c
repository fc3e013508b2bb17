/* SPDX-License-Identifier: MIT
 *
 * ECC blobs with the parameters of their curve: the magic, BCRYPT_ECC_PARAMETER_HEADER, the curve's numbers, X, Y and
 * d.
 */
#include <string.h>

#include "ncrypt/blob/blob.h"

#define MAGIC_SIZE 4

struct layout {
    struct curve_numbers numbers;
    const uint8_t *x, *y, *d;
};

static SECURITY_STATUS find_layout(const struct blob_format *format, const uint8_t *data, size_t size,
                                   struct layout *layout)
{
    SECURITY_STATUS status = curve_read_parameters(data + MAGIC_SIZE, size - MAGIC_SIZE, &layout->numbers);
    size_t needed;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    needed = MAGIC_SIZE + layout->numbers.size + 2 * layout->numbers.width +
             (format->is_private ? layout->numbers.order_size : 0);
    if (size != needed) {
        return status_fail(NTE_BAD_DATA, "the ECC blob has %zu bytes, its header asks for %zu", size, needed);
    }
    layout->x = data + MAGIC_SIZE + layout->numbers.size;
    layout->y = layout->x + layout->numbers.width;
    layout->d = layout->y + layout->numbers.width;
    return ERROR_SUCCESS;
}

/* d is as wide as the order, which may be a byte wider than the field, or narrower. */
static SECURITY_STATUS add_private(const struct layout *layout, size_t width, struct components *components)
{
    const uint8_t *from = layout->d;
    size_t size = layout->numbers.order_size;
    uint8_t *place = components_add(components, COMPONENT_EC_D, width);

    if (place == NULL) {
        return status_fail(NTE_INTERNAL_ERROR, "no room was reserved for a number of the key");
    }
    for (; size > width; size--) {
        if (*from++ != 0) {
            return status_fail(NTE_INVALID_PARAMETER, "the private number is wider than the curve's field");
        }
    }
    memcpy(place + (width - size), from, size);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS add_numbers(const struct blob_format *format, const struct layout *layout, size_t width,
                                   struct components *components)
{
    SECURITY_STATUS status = components_reserve(components, 3 * width);

    if (status == ERROR_SUCCESS) {
        status = components_add_copy(components, COMPONENT_EC_X, layout->x, width);
    }
    if (status == ERROR_SUCCESS) {
        status = components_add_copy(components, COMPONENT_EC_Y, layout->y, width);
    }
    if (status == ERROR_SUCCESS && format->is_private) {
        status = add_private(layout, width, components);
    }
    return status;
}

SECURITY_STATUS blob_eccfull_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                   const struct blob_parameters *parameters, struct components *components,
                                   uint32_t *usage)
{
    SECURITY_STATUS status = blob_check_family(parameters, &family_ec);
    const struct curve *curve = NULL;
    const WCHAR *group = NULL;
    struct layout layout;

    if (status == ERROR_SUCCESS) {
        status = blob_ecc_generic_group(format, data, size, &group);
    }
    if (status == ERROR_SUCCESS) {
        status = find_layout(format, data, size, &layout);
    }
    if (status == ERROR_SUCCESS) {
        status = format->is_private ? curve_from_parameters(data + MAGIC_SIZE, layout.numbers.size, &curve)
                                    : curve_of_public_key(data + MAGIC_SIZE, layout.numbers.size, &curve);
    }
    if (status == ERROR_SUCCESS) {
        status = blob_ecc_find_curve(parameters, &curve);
    }
    if (status == ERROR_SUCCESS) {
        status = blob_ecc_settle(parameters, group, curve, components);
    }
    if (status == ERROR_SUCCESS) {
        status = add_numbers(format, &layout, curve->width, components);
    }
    if (status != ERROR_SUCCESS) {
        components_clear(components);
        return status;
    }
    *usage = NCRYPT_ALLOW_ALL_USAGES;
    return ERROR_SUCCESS;
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

static void write_numbers(const struct blob_format *format, const struct components *components,
                          const struct curve_numbers *numbers, uint8_t *out)
{
    size_t width = numbers->width;

    memcpy(out, components->item[COMPONENT_EC_X].data, width);
    memcpy(out + width, components->item[COMPONENT_EC_Y].data, width);
    if (format->is_private) {
        const uint8_t *d = components->item[COMPONENT_EC_D].data;
        size_t wanted = numbers->order_size, least = wanted < width ? wanted : width;

        memset(out + 2 * width, 0, wanted);
        memcpy(out + 2 * width + (wanted - least), d + (width - least), least); /* d is below the order */
    }
}

SECURITY_STATUS blob_eccfull_write(const struct blob_format *format, const struct components *components,
                                   const struct blob_parameters *parameters, uint8_t *out, size_t out_size,
                                   size_t *result)
{
    uint8_t curve[CURVE_PARAMETERS_ROOM + CURVE_MAX_SEED];
    struct curve_numbers numbers;
    SECURITY_STATUS status;
    size_t size = 0, needed;
    bool ready;

    (void)parameters;
    if (components->algorithm->family != &family_ec || !components_has(components, COMPONENT_EC_X) ||
        (format->is_private && !components_has(components, COMPONENT_EC_D))) {
        return status_fail(NTE_BAD_TYPE, "the key is no elliptic curve key, or lacks a number that the blob needs");
    }
    openssl_scope_begin();
    status = curve_to_parameters(components->curve, curve, &size);
    openssl_scope_end();
    if (status == ERROR_SUCCESS) {
        status = curve_read_parameters(curve, size, &numbers);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    needed = MAGIC_SIZE + size + 2 * numbers.width + (format->is_private ? numbers.order_size : 0);
    status = blob_output(out, out_size, needed, result, &ready);
    if (status != ERROR_SUCCESS || !ready) {
        return status;
    }
    blob_write_u32(out, blob_ecc_generic_magic(components->algorithm, format->is_private));
    memcpy(out + MAGIC_SIZE, curve, size);
    write_numbers(format, components, &numbers, out + MAGIC_SIZE + size);
    return ERROR_SUCCESS;
}
