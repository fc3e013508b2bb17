/* SPDX-License-Identifier: MIT
 *
 * ML-DSA and ML-KEM keys in PKCS#8. libcrypto reads the forms of RFC 9881 and RFC 9935 (the seed, the expanded key, or
 * both) and those that came before, among them the expanded key without anything around it, which Windows writes.
 */
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <string.h>

#include "common/libctx.h"
#include "ncrypt/blob/pkcs8_pq.h"
#include "ncrypt/key/pq.h"

/* By number: an older libcrypto knows no names for these. */
static const struct {
    const char *oid;
    const WCHAR *algorithm, *group, *name;
} kinds[] = {
    {"2.16.840.1.101.3.4.3.17", NCRYPT_MLDSA_ALGORITHM, NCRYPT_MLDSA_ALGORITHM_GROUP, BCRYPT_MLDSA_PARAMETER_SET_44},
    {"2.16.840.1.101.3.4.3.18", NCRYPT_MLDSA_ALGORITHM, NCRYPT_MLDSA_ALGORITHM_GROUP, BCRYPT_MLDSA_PARAMETER_SET_65},
    {"2.16.840.1.101.3.4.3.19", NCRYPT_MLDSA_ALGORITHM, NCRYPT_MLDSA_ALGORITHM_GROUP, BCRYPT_MLDSA_PARAMETER_SET_87},
    {"2.16.840.1.101.3.4.4.1", NCRYPT_MLKEM_ALGORITHM, NCRYPT_MLKEM_ALGORITHM_GROUP, BCRYPT_MLKEM_PARAMETER_SET_512},
    {"2.16.840.1.101.3.4.4.2", NCRYPT_MLKEM_ALGORITHM, NCRYPT_MLKEM_ALGORITHM_GROUP, BCRYPT_MLKEM_PARAMETER_SET_768},
    {"2.16.840.1.101.3.4.4.3", NCRYPT_MLKEM_ALGORITHM, NCRYPT_MLKEM_ALGORITHM_GROUP, BCRYPT_MLKEM_PARAMETER_SET_1024},
};

#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

/* KIND_COUNT for another algorithm's key. */
static size_t find_kind(const PKCS8_PRIV_KEY_INFO *info)
{
    const ASN1_OBJECT *object = NULL;
    char text[64];
    size_t i = 0;

    if (PKCS8_pkey_get0(&object, NULL, NULL, NULL, info) != 1 ||
        OBJ_obj2txt(text, sizeof text, object, 1) >= (int)sizeof text) {
        return KIND_COUNT;
    }
    while (i < KIND_COUNT && strcmp(text, kinds[i].oid) != 0) {
        i++;
    }
    return i;
}

bool pkcs8_pq_owns(const PKCS8_PRIV_KEY_INFO *info)
{
    return find_kind(info) < KIND_COUNT;
}

/* The seed as RFC 9881 and RFC 9935 want it, [0] IMPLICIT, else the expanded key as an OCTET STRING; the bytes are for
 * OPENSSL_free(). */
static uint8_t *encode_private(const struct component_span *part, bool is_seed, int *size)
{
    size_t head = is_seed ? 2 : 4;
    uint8_t *der = OPENSSL_malloc(head + part->size);

    if (der == NULL) {
        return NULL;
    }
    if (is_seed) { /* 32 or 64 bytes */
        der[0] = 0x80;
        der[1] = (uint8_t)part->size;
    } else { /* thousands */
        der[0] = V_ASN1_OCTET_STRING;
        der[1] = 0x82;
        der[2] = (uint8_t)(part->size >> 8);
        der[3] = (uint8_t)part->size;
    }
    memcpy(der + head, part->data, part->size);
    *size = (int)(head + part->size);
    return der;
}

SECURITY_STATUS pkcs8_pq_make(const struct components *components, PKCS8_PRIV_KEY_INFO **info)
{
    bool is_seed = components_has(components, COMPONENT_PQ_SEED);
    const struct component_span *part = &components->item[is_seed ? COMPONENT_PQ_SEED : COMPONENT_PQ_PRIVATE];
    PKCS8_PRIV_KEY_INFO *made = PKCS8_PRIV_KEY_INFO_new();
    ASN1_OBJECT *object = NULL;
    int size = 0;
    uint8_t *der = encode_private(part, is_seed, &size);

    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (components->set == parameter_set_by_name(kinds[i].group, kinds[i].name)) {
            object = OBJ_txt2obj(kinds[i].oid, 1);
        }
    }
    if (made == NULL || object == NULL || der == NULL ||
        PKCS8_pkey_set0(made, object, 0, V_ASN1_UNDEF, NULL, der, size) != 1) {
        OPENSSL_clear_free(der, (size_t)size);
        ASN1_OBJECT_free(object);
        PKCS8_PRIV_KEY_INFO_free(made);
        return status_no_memory();
    }
    *info = made;
    return ERROR_SUCCESS;
}

SECURITY_STATUS pkcs8_pq_take(const PKCS8_PRIV_KEY_INFO *info, const struct blob_parameters *parameters,
                              struct components *components)
{
    size_t kind = find_kind(info);
    EVP_PKEY *pkey;
    SECURITY_STATUS status;

    components->algorithm = algorithm_by_name(kinds[kind].algorithm);
    if (components->algorithm == NULL) {
        return status_fail(NTE_NOT_SUPPORTED, "PKCS#8 keys of this algorithm are not supported by this libcrypto");
    }
    components->set = parameter_set_by_name(kinds[kind].group, kinds[kind].name);
    status = blob_check_family(parameters, components->algorithm->family);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    pkey = EVP_PKCS82PKEY_ex(info, libctx_get(), NULL);
    if (pkey == NULL) {
        return status_from_openssl(NTE_BAD_DATA, "the key in the PKCS#8 structure is malformed");
    }
    status = pq_take_apart(pkey, components->set, true, components);
    EVP_PKEY_free(pkey);
    return status;
}
