/* SPDX-License-Identifier: MIT
 *
 * ML-DSA and ML-KEM keys in PKCS#8: the forms of RFC 9881 and RFC 9935 (the seed, the expanded key, or both) and those
 * that came before, among them the expanded key without anything around it, which Windows writes.
 */
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <string.h>

#include "common/secmem.h"
#include "ncrypt/blob/der.h"
#include "ncrypt/blob/pkcs8_pq.h"
#include "ncrypt/key/pq.h"

/* By number: an older libcrypto knows no names for these. */
struct pkcs8_pq_kind {
    const char *oid;
    uint8_t arcs[2]; /* its last two */
    const WCHAR *algorithm, *group, *name;
};

#define SIGNS(last, set)                                                                                               \
    {"2.16.840.1.101.3.4.3." #last, {3, last}, NCRYPT_MLDSA_ALGORITHM, NCRYPT_MLDSA_ALGORITHM_GROUP, set}
#define SHARES(last, set)                                                                                              \
    {"2.16.840.1.101.3.4.4." #last, {4, last}, NCRYPT_MLKEM_ALGORITHM, NCRYPT_MLKEM_ALGORITHM_GROUP, set}

static const struct pkcs8_pq_kind kinds[] = {
    SIGNS(17, BCRYPT_MLDSA_PARAMETER_SET_44),  SIGNS(18, BCRYPT_MLDSA_PARAMETER_SET_65),
    SIGNS(19, BCRYPT_MLDSA_PARAMETER_SET_87),  SHARES(1, BCRYPT_MLKEM_PARAMETER_SET_512),
    SHARES(2, BCRYPT_MLKEM_PARAMETER_SET_768), SHARES(3, BCRYPT_MLKEM_PARAMETER_SET_1024),
};

#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

const struct pkcs8_pq_kind *pkcs8_pq_find(const PKCS8_PRIV_KEY_INFO *info)
{
    static const uint8_t head[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04};
    const ASN1_OBJECT *object = NULL;
    const uint8_t *oid;

    if (PKCS8_pkey_get0(&object, NULL, NULL, NULL, info) != 1 || OBJ_length(object) != sizeof head + 2) {
        return NULL;
    }
    oid = OBJ_get0_data(object);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (memcmp(oid, head, sizeof head) == 0 && memcmp(oid + sizeof head, kinds[i].arcs, 2) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

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

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* What there is of a key; NULL: absent. */
struct parts {
    const uint8_t *seed, *expanded;
};

/* An OCTET STRING of that size. */
static bool take_string(const uint8_t **at, const uint8_t *end, size_t size, const uint8_t **bytes)
{
    size_t found = 0;

    return der_take(at, end, V_ASN1_OCTET_STRING, bytes, &found) && found == size;
}

/* A SEQUENCE of both: its size leaves nothing behind them. */
static bool take_both(const uint8_t *data, size_t size, const struct parameter_set *set, struct parts *parts)
{
    const uint8_t *end = data + size, *at = NULL;

    return der_take(&data, end, V_ASN1_SEQUENCE, &at, &size) && data == end &&
           take_string(&at, end, set->seed_size, &parts->seed) &&
           take_string(&at, end, set->private_size, &parts->expanded);
}

/* The forms differ in size, which leaves one encoding for each. */
static bool find_parts(const uint8_t *data, size_t size, const struct parameter_set *set, struct parts *parts)
{
    const size_t seed = set->seed_size, expanded = set->private_size, pair = expanded + set->public_size;

    if (size == seed || (size == 2 + seed && data[0] == V_ASN1_CONTEXT_SPECIFIC && data[1] == seed)) {
        parts->seed = data + (size - seed);
        return true;
    }
    if (size == expanded) {
        parts->expanded = data;
        return true;
    }
    if (size == 4 + expanded || size == 4 + pair) { /* liboqs's, where the public key follows */
        return take_string(&data, data + size, size - 4, &parts->expanded);
    }
    return size == 4 + 2 + seed + 4 + expanded && take_both(data, size, set, parts);
}

/* Whether the seed is that of the expanded key beside it. */
static SECURITY_STATUS check_parts(const struct components *components, const uint8_t *expanded)
{
    size_t size = components->set->private_size;
    uint8_t *out = secmem_alloc(size);
    SECURITY_STATUS status = out == NULL ? status_no_memory() : pq_expand(components, out);

    if (status == ERROR_SUCCESS && CRYPTO_memcmp(out, expanded, size) != 0) {
        status = status_fail(NTE_BAD_DATA, "the seed and the expanded key in the PKCS#8 structure are of two keys");
    }
    secmem_free(out);
    return status;
}

static SECURITY_STATUS take_key(const PKCS8_PRIV_KEY_INFO *info, struct components *components)
{
    const struct parameter_set *set = components->set;
    const X509_ALGOR *identifier = NULL;
    const uint8_t *data = NULL;
    int size = 0, type = V_ASN1_UNDEF;
    struct parts parts = {NULL, NULL};
    SECURITY_STATUS status;

    if (PKCS8_pkey_get0(NULL, &data, &size, &identifier, info) == 1) {
        X509_ALGOR_get0(NULL, &type, NULL, identifier);
    }
    if (data == NULL || type != V_ASN1_UNDEF || !find_parts(data, (size_t)size, set, &parts)) {
        return status_fail(NTE_BAD_DATA, "the key in the PKCS#8 structure is malformed");
    }
    status = components_reserve(components, parts.seed != NULL ? set->seed_size : set->private_size);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (parts.seed == NULL) {
        return components_add_copy(components, COMPONENT_PQ_PRIVATE, parts.expanded, set->private_size);
    }
    status = components_add_copy(components, COMPONENT_PQ_SEED, parts.seed, set->seed_size);
    return status == ERROR_SUCCESS && parts.expanded != NULL ? check_parts(components, parts.expanded) : status;
}

SECURITY_STATUS pkcs8_pq_take(const struct pkcs8_pq_kind *kind, const PKCS8_PRIV_KEY_INFO *info,
                              const struct blob_parameters *parameters, struct components *components)
{
    SECURITY_STATUS status;

    components->algorithm = algorithm_by_name(kind->algorithm);
    if (components->algorithm == NULL) {
        return status_fail(NTE_NOT_SUPPORTED, "PKCS#8 keys of this algorithm are not supported by this libcrypto");
    }
    components->set = parameter_set_by_name(kind->group, kind->name);
    status = blob_check_family(parameters, components->algorithm->family);
    return status == ERROR_SUCCESS ? take_key(info, components) : status;
}
