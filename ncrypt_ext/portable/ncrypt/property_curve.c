/* SPDX-License-Identifier: MIT
 *
 * Properties about elliptic curves: of a key its own, of a provider those that it knows.
 */
#include <stdlib.h>
#include <string.h>

#include "common/utf16.h"
#include "ncrypt/property.h"

SECURITY_STATUS property_get_curve(const void *object, struct value *value)
{
    const struct key *key = object;

    if (key->curve == NULL || key->curve->name == NULL) {
        return status_fail(NTE_NOT_FOUND, key->curve == NULL ? "the key has no curve" : "the key's curve has no name");
    }
    return value_string(value, key->curve->name);
}

static SECURITY_STATUS choose(struct key *key, const struct curve *curve)
{
    if (algorithm_for_curve(key->algorithm->group, curve, true) == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "keys on this curve do not sign");
    }
    if (key->pending.algorithm != NULL && key->pending.curve != curve) {
        return status_fail(NTE_BAD_KEY_STATE, "the key has been given as a blob, which has its own curve");
    }
    key->curve = curve;
    key->length = curve->bits;
    return ERROR_SUCCESS;
}

SECURITY_STATUS property_set_curve(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    struct key *key = object;
    const struct curve *curve;
    WCHAR *name = NULL;
    char printable[64];
    SECURITY_STATUS status;

    (void)flags;
    if (!key->algorithm->takes_curve) {
        return status_fail(NTE_NOT_SUPPORTED, "the algorithm takes no curve");
    }
    status = set_string(&name, data, size);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    curve = curve_by_name(name);
    status = curve != NULL ? choose(key, curve)
                           : status_fail(NTE_INVALID_PARAMETER, "no curve is named '%s'",
                                         utf16_printable(name, printable, sizeof printable));
    free(name);
    return status;
}

static SECURITY_STATUS write_parameters(const void *object, uint8_t *out)
{
    const struct key *key = object;
    size_t size = 0;
    SECURITY_STATUS status;

    openssl_scope_begin();
    status = curve_to_parameters(key->curve, out, &size);
    openssl_scope_end();
    return status;
}

SECURITY_STATUS property_get_parameters(const void *object, struct value *value)
{
    const struct key *key = object;
    SECURITY_STATUS status;

    if (key->curve == NULL) {
        return status_fail(NTE_NOT_FOUND, "the key has no curve");
    }
    openssl_scope_begin();
    status = curve_to_parameters(key->curve, NULL, &value->size);
    openssl_scope_end();
    value->write = write_parameters;
    return status;
}

SECURITY_STATUS property_set_parameters(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    struct key *key = object;
    const struct curve *curve = NULL;
    SECURITY_STATUS status;

    (void)flags;
    if (!key->algorithm->takes_curve) {
        return status_fail(NTE_NOT_SUPPORTED, "the algorithm takes no curve");
    }
    status = curve_from_parameters(data, size, &curve);
    return status == ERROR_SUCCESS ? choose(key, curve) : status;
}

/* BCRYPT_ECC_CURVE_NAMES: the number, a pointer to the array of pointers, then array and strings. */
static SECURITY_STATUS write_curve_names(const void *object, uint8_t *out)
{
    BCRYPT_ECC_CURVE_NAMES head = {0};
    const WCHAR *name;
    LPWSTR *names;
    uint8_t *next;

    (void)object;
    while (curve_name_at(head.dwEccCurveNames) != NULL) {
        head.dwEccCurveNames++;
    }
    names = (LPWSTR *)(void *)(out + sizeof head);
    head.pEccCurveNames = names;
    next = (uint8_t *)(names + head.dwEccCurveNames);
    for (uint32_t i = 0; (name = curve_name_at(i)) != NULL; i++) {
        size_t size = (utf16_length(name, SIZE_MAX) + 1) * sizeof(WCHAR);
        LPWSTR text = (LPWSTR)(void *)next;

        memcpy(&names[i], &text, sizeof text);
        memcpy(next, name, size);
        next += size;
    }
    memcpy(out, &head, sizeof head);
    return ERROR_SUCCESS;
}

SECURITY_STATUS property_get_curve_names(const void *object, struct value *value)
{
    const WCHAR *name;

    (void)object;
    value->size = sizeof(BCRYPT_ECC_CURVE_NAMES);
    for (unsigned i = 0; (name = curve_name_at(i)) != NULL; i++) {
        value->size += sizeof(LPWSTR) + (utf16_length(name, SIZE_MAX) + 1) * sizeof(WCHAR);
    }
    value->write = write_curve_names;
    return ERROR_SUCCESS;
}
