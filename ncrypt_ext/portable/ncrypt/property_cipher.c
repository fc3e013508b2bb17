/* SPDX-License-Identifier: MIT
 *
 * The properties of keys that encrypt. Getters and setters run with the key's lock held.
 */
#include <stdlib.h>

#include "common/utf16.h"
#include "ncrypt/key/symmetric.h"
#include "ncrypt/property.h"

SECURITY_STATUS property_get_block_length(const void *object, struct value *value)
{
    const struct key *key = object;

    if (key->algorithm->operations & NCRYPT_CIPHER_OPERATION) {
        return value_dword(value, key->algorithm->block_size);
    }
    if ((key->algorithm->operations & NCRYPT_ASYMMETRIC_ENCRYPTION_OPERATION) == 0) {
        return status_fail(NTE_NOT_SUPPORTED, "the algorithm does not encrypt");
    }
    return value_dword(value, (property_bits(key) + 7) / 8);
}

static SECURITY_STATUS check_chains(const struct key *key)
{
    return key->chaining != NULL ? ERROR_SUCCESS
                                 : status_fail(NTE_NOT_SUPPORTED, "only the keys of symmetric ciphers chain");
}

SECURITY_STATUS property_get_chaining(const void *object, struct value *value)
{
    const struct key *key = object;
    SECURITY_STATUS status = check_chains(key);

    return status == ERROR_SUCCESS ? value_string(value, chaining_mode_name(key->chaining)) : status;
}

SECURITY_STATUS property_set_chaining(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    struct key *key = object;
    WCHAR *name = NULL;
    char printable[64];
    SECURITY_STATUS status = check_chains(key);

    (void)flags;
    if (status == ERROR_SUCCESS) {
        status = set_string(&name, data, size);
    }
    if (status == ERROR_SUCCESS && !chaining_set_mode(key->chaining, name)) {
        status = status_fail(NTE_NOT_SUPPORTED, "the chaining mode '%s' is not supported",
                             utf16_printable(name, printable, sizeof printable));
    }
    free(name);
    return status;
}

SECURITY_STATUS property_get_iv(const void *object, struct value *value)
{
    const struct key *key = object;
    SECURITY_STATUS status = check_chains(key);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    _Static_assert(sizeof value->scratch >= SYMMETRIC_MAX_BLOCK, "a vector fits");
    if (!chaining_iv(key->chaining, value->scratch, key->algorithm->block_size)) {
        return status_fail(NTE_NOT_FOUND, "the vector has not been set");
    }
    return value_bytes(value, value->scratch, key->algorithm->block_size);
}

SECURITY_STATUS property_set_iv(void *object, const uint8_t *data, uint32_t size, uint32_t flags)
{
    struct key *key = object;
    SECURITY_STATUS status = check_chains(key);

    (void)flags;
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (size != key->algorithm->block_size) {
        return status_fail(NTE_INVALID_PARAMETER, "the vector has %u bytes, a block of the cipher %u", (unsigned)size,
                           (unsigned)key->algorithm->block_size);
    }
    chaining_set_iv(key->chaining, data, size);
    return ERROR_SUCCESS;
}
