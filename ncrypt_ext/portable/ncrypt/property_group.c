/* SPDX-License-Identifier: MIT
 *
 * "DHParameters" and "DSAParameters": the group that a key is to be generated in.
 */
#include "ncrypt/blob/blob.h"
#include "ncrypt/key/dl.h"
#include "ncrypt/property.h"

/* What is wrong with a property's value has one code. */
static SECURITY_STATUS read_group(const struct algorithm *algorithm, const uint8_t *data, uint32_t size,
                                  struct components *group)
{
    SECURITY_STATUS status = blob_dl_parse_group(algorithm, data, size, group);

    if (status == NTE_BAD_DATA || status == NTE_NOT_SUPPORTED) {
        status = status_rename(status, NTE_INVALID_PARAMETER);
    }
    return status == ERROR_SUCCESS ? dl_check_sizes(group) : status;
}

/* Parameters may replace parameters, and a blob the parameters, but parameters not a blob. */
static SECURITY_STATUS set_group(struct key *key, const struct family *family, const uint8_t *data, uint32_t size)
{
    bool again = dl_is_group(&key->pending);
    struct components group;
    uint32_t bits;
    SECURITY_STATUS status;

    if (key->algorithm->family != family) {
        return status_fail(NTE_NOT_SUPPORTED, "the algorithm takes no such parameters");
    }
    if (key->pending.algorithm != NULL && !again) {
        return status_fail(NTE_BAD_KEY_STATE, "the key has been given as a blob, which has its own parameters");
    }
    components_init(&group);
    status = read_group(key->algorithm, data, size, &group);
    bits = (uint32_t)components_bits(&group, COMPONENT_DL_P);
    if (status == ERROR_SUCCESS && !again && key->length != 0 && key->length != bits) {
        status = status_fail(NTE_INVALID_PARAMETER, "the parameters are for %u bits, the key is to have %u",
                             (unsigned)bits, (unsigned)key->length);
    }
    if (status != ERROR_SUCCESS) {
        components_clear(&group);
        return status;
    }
    components_clear(&key->pending);
    key->pending = group;
    key->length = bits;
    return ERROR_SUCCESS;
}

SECURITY_STATUS property_set_dh_group(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    (void)flags;
    return set_group(object, &family_dh, data, size);
}

SECURITY_STATUS property_set_dsa_group(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    (void)flags;
    return set_group(object, &family_dsa, data, size);
}
