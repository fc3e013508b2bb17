/* SPDX-License-Identifier: MIT
 *
 * RFC 8017's RSAPrivateKey: a version and the eight numbers in the order of enum component.
 */
#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <string.h>

#include "ncrypt/blob/der.h"
#include "ncrypt/blob/pkcs8.h"
#include "ncrypt/key/rsa_numbers.h"

static SECURITY_STATUS malformed(void)
{
    return status_from_openssl(NTE_BAD_DATA, "the RSA key in the PKCS#8 structure is malformed");
}

/* A positive number, without leading zero bytes. */
static bool next_number(const uint8_t **at, const uint8_t *end, struct component_span *number)
{
    const uint8_t *data = NULL;
    size_t size = 0;

    if (!der_take(at, end, V_ASN1_INTEGER, &data, &size) || size == 0 || (data[0] & 0x80) != 0) {
        return false;
    }
    while (size > 0 && *data == 0) {
        data++;
        size--;
    }
    *number = (struct component_span){(uint8_t *)(uintptr_t)data, size};
    return size > 0;
}

SECURITY_STATUS pkcs8_take_rsa(const PKCS8_PRIV_KEY_INFO *info, struct components *components)
{
    struct component_span numbers[RSA_NUMBER_COUNT];
    const uint8_t *at = NULL, *end, *data = NULL;
    int length = 0;
    size_t size = 0, total = 0;
    SECURITY_STATUS status;

    if (PKCS8_pkey_get0(NULL, &at, &length, NULL, info) != 1) {
        return malformed();
    }
    end = at + length;
    if (!der_take(&at, end, V_ASN1_SEQUENCE, &data, &size) || at != end ||
        !der_take(&data, end, V_ASN1_INTEGER, &at, &size) || size != 1) {
        return malformed();
    }
    if (*at != 0) {
        return status_fail(NTE_NOT_SUPPORTED, "RSA keys of more than two primes are not supported");
    }
    for (size_t i = 0; i < RSA_NUMBER_COUNT; i++) {
        if (!next_number(&data, end, &numbers[i])) {
            return malformed();
        }
        total += numbers[i].size;
    }
    if (data != end) {
        return malformed();
    }
    status = components_reserve(components, total);
    for (size_t i = 0; status == ERROR_SUCCESS && i < RSA_NUMBER_COUNT; i++) {
        status = components_add_copy(components, (enum component)i, numbers[i].data, numbers[i].size);
    }
    components->algorithm = algorithm_by_name(NCRYPT_RSA_ALGORITHM);
    return status;
}

SECURITY_STATUS pkcs8_make_rsa(const struct components *components, PKCS8_PRIV_KEY_INFO **info)
{
    const struct component_span version = {NULL, 0};
    size_t room = DER_MAX_HEADER + der_room(version), size;
    uint8_t *key, *body, *end;

    for (size_t i = 0; i < RSA_NUMBER_COUNT; i++) {
        room += der_room(components_trimmed(components, (enum component)i));
    }
    key = OPENSSL_malloc(room);
    if (key == NULL) {
        return status_no_memory();
    }
    body = key + DER_MAX_HEADER;
    end = der_put_number(body, version);
    for (size_t i = 0; i < RSA_NUMBER_COUNT; i++) {
        end = der_put_number(end, components_trimmed(components, (enum component)i));
    }
    size = (size_t)(end - body);
    end = der_put_header(key, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED, size);
    memmove(end, body, size);
    return pkcs8_make(NID_rsaEncryption, V_ASN1_NULL, NULL, key, room, (size_t)(end - key) + size, info);
}
