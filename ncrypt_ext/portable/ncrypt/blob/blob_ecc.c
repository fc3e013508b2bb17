/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "common/utf16.h"
#include "ncrypt/blob/blob.h"
#include "ncrypt/parameters.h"

/* Offsets in BCRYPT_ECCKEY_BLOB. */
enum {
    AT_WIDTH = 4,
    HEADER_SIZE = 8,
};

#define PUBLIC_NUMBERS  2
#define PRIVATE_NUMBERS 3

static const enum component order[PRIVATE_NUMBERS] = {COMPONENT_EC_X, COMPONENT_EC_Y, COMPONENT_EC_D};

static size_t number_count(const struct blob_format *format)
{
    return format->is_private ? PRIVATE_NUMBERS : PUBLIC_NUMBERS;
}

/* What a magic says. */
struct meaning {
    bool is_private;
    bool is_agreement;         /* an ECDH key */
    const struct curve *curve; /* NULL: the generic magic */
};

static bool magic_meaning(uint32_t magic, struct meaning *meaning)
{
    const struct curve *curve = curve_by_magic(magic);

    *meaning = (struct meaning){.curve = curve};
    if (curve != NULL) {
        meaning->is_agreement = magic == curve->ecdh_public_magic || magic == curve->ecdh_private_magic;
        meaning->is_private = magic == curve->ecdh_private_magic || magic == curve->ecdsa_private_magic;
        return true;
    }
    meaning->is_agreement = magic == BCRYPT_ECDH_PUBLIC_GENERIC_MAGIC || magic == BCRYPT_ECDH_PRIVATE_GENERIC_MAGIC;
    meaning->is_private = magic == BCRYPT_ECDH_PRIVATE_GENERIC_MAGIC || magic == BCRYPT_ECDSA_PRIVATE_GENERIC_MAGIC;
    return meaning->is_agreement || meaning->is_private || magic == BCRYPT_ECDSA_PUBLIC_GENERIC_MAGIC;
}

bool blob_ecc_owns_magic(uint32_t magic)
{
    struct meaning meaning;

    return magic_meaning(magic, &meaning);
}

/* The magic's curve, which a curve in the parameters must not contradict; for generic magics that of the parameters. */
SECURITY_STATUS blob_ecc_find_curve(const struct blob_parameters *parameters, const struct curve **curve)
{
    const NCryptBuffer *given = parameters->list == NULL ? NULL : parameters->list->curve;
    const struct curve *asked = parameters->curve;
    char text[64];

    if (given != NULL) {
        SECURITY_STATUS status = curve_from_parameters(given->pvBuffer, given->cbBuffer, &asked);

        if (status != ERROR_SUCCESS) {
            return status;
        }
    }
    if (given != NULL && parameters->curve_name != NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the curve is given twice, by its name and by its parameters");
    }
    if (parameters->curve_name != NULL) {
        asked = curve_by_name(parameters->curve_name);
        if (asked == NULL) {
            return status_fail(NTE_INVALID_PARAMETER, "unknown curve: %s",
                               utf16_printable(parameters->curve_name, text, sizeof text));
        }
    }
    if (*curve == NULL) {
        *curve = asked;
    }
    if (*curve == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the blob does not name its curve, nor do the parameters");
    }
    if (asked != NULL && asked != *curve) {
        return status_fail(NTE_INVALID_PARAMETER, "the blob's curve is not the one in the parameters");
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS blob_ecc_generic_group(const struct blob_format *format, const uint8_t *data, size_t size,
                                       const WCHAR **group)
{
    uint32_t magic = 0;
    SECURITY_STATUS status = blob_read_magic(data, size, &magic);
    struct meaning meaning;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (!magic_meaning(magic, &meaning) || meaning.curve != NULL || meaning.is_private != format->is_private) {
        return status_fail(NTE_NOT_SUPPORTED, "the blob's magic 0x%08X is not one of its type", magic);
    }
    *group = meaning.is_agreement ? NCRYPT_ECDH_ALGORITHM_GROUP : NCRYPT_ECDSA_ALGORITHM_GROUP;
    return ERROR_SUCCESS;
}

SECURITY_STATUS blob_ecc_settle(const struct blob_parameters *parameters, const WCHAR *group, const struct curve *curve,
                                struct components *components)
{
    const struct algorithm *wanted = parameters->algorithm;

    if (wanted != NULL && !utf16_equal(wanted->group, group)) {
        return status_fail(NTE_NOT_SUPPORTED, "the blob holds a key of another algorithm");
    }
    if (wanted != NULL && wanted->curve_name != NULL && curve_by_name(wanted->curve_name) != curve) {
        return status_fail(NTE_INVALID_PARAMETER, "the blob holds a key of another curve");
    }
    components->algorithm = algorithm_for_curve(group, curve, parameters->generic_ecc);
    if (components->algorithm == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "keys on this curve agree on secrets, they do not sign");
    }
    components->curve = curve;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS read_header(const struct blob_format *format, const uint8_t *data, size_t size,
                                   const struct blob_parameters *parameters, const WCHAR **group,
                                   const struct curve **curve)
{
    uint32_t magic = 0;
    SECURITY_STATUS status = blob_read_magic(data, size, &magic);
    struct meaning meaning;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (!magic_meaning(magic, &meaning) || meaning.is_private != format->is_private) {
        return status_fail(NTE_NOT_SUPPORTED, "the blob's magic 0x%08X is not one of its type", magic);
    }
    if (size < HEADER_SIZE) {
        return status_fail(NTE_BAD_DATA, "the ECC blob ends inside its header");
    }
    *group = meaning.is_agreement ? NCRYPT_ECDH_ALGORITHM_GROUP : NCRYPT_ECDSA_ALGORITHM_GROUP;
    *curve = meaning.curve;
    status = blob_ecc_find_curve(parameters, curve);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (blob_read_u32(data + AT_WIDTH) != (*curve)->width) {
        return status_fail(NTE_BAD_DATA, "the ECC blob's numbers have %u bytes, the curve's have %u",
                           blob_read_u32(data + AT_WIDTH), (*curve)->width);
    }
    if (size != HEADER_SIZE + number_count(format) * (*curve)->width) {
        return status_fail(NTE_BAD_DATA, "the ECC blob has %zu bytes, its header asks for %zu", size,
                           HEADER_SIZE + number_count(format) * (*curve)->width);
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS blob_ecc_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                               const struct blob_parameters *parameters, struct components *components, uint32_t *usage)
{
    SECURITY_STATUS status = blob_check_family(parameters, &family_ec);
    const struct curve *curve = NULL;
    const WCHAR *group = NULL;

    if (status == ERROR_SUCCESS) {
        status = read_header(format, data, size, parameters, &group, &curve);
    }
    if (status == ERROR_SUCCESS) {
        status = components_reserve(components, size - HEADER_SIZE);
    }
    if (status == ERROR_SUCCESS) {
        status = blob_ecc_settle(parameters, group, curve, components);
    }
    for (size_t i = 0; status == ERROR_SUCCESS && i < number_count(format); i++) {
        status = components_add_copy(components, order[i], data + HEADER_SIZE + i * curve->width, curve->width);
    }
    if (status != ERROR_SUCCESS) {
        components_clear(components);
        return status;
    }
    *usage = NCRYPT_ALLOW_ALL_USAGES;
    return ERROR_SUCCESS;
}

uint32_t blob_ecc_generic_magic(const struct algorithm *algorithm, bool is_private)
{
    if (utf16_equal(algorithm->group, NCRYPT_ECDH_ALGORITHM_GROUP)) {
        return is_private ? BCRYPT_ECDH_PRIVATE_GENERIC_MAGIC : BCRYPT_ECDH_PUBLIC_GENERIC_MAGIC;
    }
    return is_private ? BCRYPT_ECDSA_PRIVATE_GENERIC_MAGIC : BCRYPT_ECDSA_PUBLIC_GENERIC_MAGIC;
}

static uint32_t magic_for(const struct components *components, bool is_private)
{
    bool is_agreement = utf16_equal(components->algorithm->group, NCRYPT_ECDH_ALGORITHM_GROUP);
    const struct curve *curve = components->curve;
    uint32_t public = is_agreement ? curve->ecdh_public_magic : curve->ecdsa_public_magic;
    uint32_t secret = is_agreement ? curve->ecdh_private_magic : curve->ecdsa_private_magic;

    if (components->algorithm->takes_curve || public == 0) {
        return blob_ecc_generic_magic(components->algorithm, is_private);
    }
    return is_private ? secret : public;
}

SECURITY_STATUS blob_ecc_write(const struct blob_format *format, const struct components *components,
                               const struct blob_parameters *parameters, uint8_t *out, size_t out_size, size_t *result)
{
    SECURITY_STATUS status;
    size_t width;
    bool ready;

    (void)parameters;
    if (components->algorithm->family != &family_ec) {
        return status_fail(NTE_BAD_TYPE, "the key is no elliptic curve key");
    }
    width = components->curve->width;
    for (size_t i = 0; i < number_count(format); i++) {
        if (components->item[order[i]].size != width) {
            return status_fail(NTE_BAD_TYPE, "the key lacks a number that the blob needs");
        }
    }
    status = blob_output(out, out_size, HEADER_SIZE + number_count(format) * width, result, &ready);
    if (status != ERROR_SUCCESS || !ready) {
        return status;
    }
    blob_write_u32(out, magic_for(components, format->is_private));
    blob_write_u32(out + AT_WIDTH, (uint32_t)width);
    for (size_t i = 0; i < number_count(format); i++) {
        memcpy(out + HEADER_SIZE + i * width, components->item[order[i]].data, width);
    }
    return ERROR_SUCCESS;
}
