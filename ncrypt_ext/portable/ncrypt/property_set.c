/* SPDX-License-Identifier: MIT
 *
 * The properties of ML-DSA and ML-KEM keys.
 */
#include <stdlib.h>

#include "common/utf16.h"
#include "ncrypt/key/parameter_set.h"
#include "ncrypt/property.h"

static SECURITY_STATUS check_takes_set(const struct key *key)
{
    return key->algorithm->takes_set ? ERROR_SUCCESS
                                     : status_fail(NTE_NOT_SUPPORTED, "the algorithm has no parameter sets");
}

SECURITY_STATUS property_get_parameter_set(const void *object, struct value *value)
{
    const struct key *key = object;
    SECURITY_STATUS status = check_takes_set(key);

    if (status == ERROR_SUCCESS && key->set == NULL) {
        status = status_fail(NTE_NOT_FOUND, "the parameter set has not been set");
    }
    return status == ERROR_SUCCESS ? value_string(value, key->set->name) : status;
}

SECURITY_STATUS property_set_parameter_set(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    struct key *key = object;
    const struct parameter_set *set;
    WCHAR *name = NULL;
    char printable[64];
    SECURITY_STATUS status = check_takes_set(key);

    (void)flags;
    if (status == ERROR_SUCCESS) {
        status = set_string(&name, data, size);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    set = parameter_set_by_name(key->algorithm->group, name);
    if (set == NULL) {
        status = status_fail(NTE_INVALID_PARAMETER, "the algorithm has no parameter set '%s'",
                             utf16_printable(name, printable, sizeof printable));
    } else if (key->pending.algorithm != NULL && key->pending.set != set) {
        status = status_fail(NTE_BAD_KEY_STATE, "the key has been given as a blob, which has its own parameter set");
    } else {
        key->set = set;
        key->length = parameter_set_bits(set);
    }
    free(name);
    return status;
}

static SECURITY_STATUS check_kem(const struct key *key)
{
    return key->algorithm->family->encapsulate != NULL
               ? ERROR_SUCCESS
               : status_fail(NTE_NOT_SUPPORTED, "the algorithm does not encapsulate keys");
}

SECURITY_STATUS property_get_kem_secret(const void *object, struct value *value)
{
    SECURITY_STATUS status = check_kem(object);

    return status == ERROR_SUCCESS ? value_dword(value, PARAMETER_SET_SHARED_SIZE) : status;
}

SECURITY_STATUS property_get_kem_ciphertext(const void *object, struct value *value)
{
    const struct key *key = object;
    SECURITY_STATUS status = check_kem(key);

    return status == ERROR_SUCCESS ? value_dword(value, key->material->set->output_size) : status;
}
