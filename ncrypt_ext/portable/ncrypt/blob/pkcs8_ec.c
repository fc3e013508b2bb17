/* SPDX-License-Identifier: MIT */
#include "ncrypt/blob/pkcs8.h"

#include <openssl/asn1t.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <string.h>

#include "ncrypt/blob/der.h"

/* X9.62's numbers of a curve, as libcrypto reads them. Their seed is left out: a named curve is then found again. */
static SECURITY_STATUS curve_of_numbers(const ASN1_STRING *numbers, const struct curve **curve)
{
    const uint8_t *at = ASN1_STRING_get0_data(numbers);
    EC_GROUP *group = d2i_ECPKParameters(NULL, &at, ASN1_STRING_length(numbers));
    SECURITY_STATUS status;

    if (group == NULL) {
        status = status_from_openssl(NTE_BAD_DATA, "the parameters of the PKCS#8 key's curve are malformed");
    } else {
        status = curve_from_group(group, curve);
    }
    EC_GROUP_free(group);
    return status;
}

SECURITY_STATUS pkcs8_find_curve(const X509_ALGOR *identifier, const struct curve **curve)
{
    const ASN1_OBJECT *object = NULL;
    const void *parameter = NULL;
    const char *name = "of no name";
    int type = V_ASN1_UNDEF;

    X509_ALGOR_get0(&object, &type, &parameter, identifier);
    if (OBJ_obj2nid(object) != NID_X25519 && type == V_ASN1_SEQUENCE) {
        return curve_of_numbers(parameter, curve);
    }
    if (OBJ_obj2nid(object) == NID_X25519) {
        name = OBJ_nid2sn(NID_X25519);
        *curve = type == V_ASN1_UNDEF ? curve_by_openssl_name(name) : NULL;
    } else if (type == V_ASN1_OBJECT && OBJ_obj2nid(parameter) != NID_X25519) {
        name = OBJ_obj2nid(parameter) == NID_undef ? "of an unknown name" : OBJ_nid2sn(OBJ_obj2nid(parameter));
        *curve = curve_by_openssl_name(name);
    } else {
        *curve = NULL;
    }
    return *curve != NULL ? ERROR_SUCCESS
                          : status_fail(NTE_NOT_SUPPORTED, "PKCS#8 keys on the curve %s are not supported", name);
}

/* RFC 5915's ECPrivateKey. Read here and not by libcrypto's decoder, which refuses a key whose point is not on the
 * curve: Windows takes such a key and computes the point. */
typedef struct {
    int32_t version;
    ASN1_OCTET_STRING *secret;
    ASN1_TYPE *curve;
    ASN1_BIT_STRING *point;
} EC_NUMBERS;

ASN1_SEQUENCE(EC_NUMBERS) =
    {
        ASN1_EMBED(EC_NUMBERS, version, INT32),
        ASN1_SIMPLE(EC_NUMBERS, secret, ASN1_OCTET_STRING),
        ASN1_EXP_OPT(EC_NUMBERS, curve, ASN1_ANY, 0),
        ASN1_EXP_OPT(EC_NUMBERS, point, ASN1_BIT_STRING, 1),
} static_ASN1_SEQUENCE_END(EC_NUMBERS)

        static void free_numbers(EC_NUMBERS * numbers)
{
    if (numbers != NULL) {
        OPENSSL_cleanse(numbers->secret->data, (size_t)numbers->secret->length);
    }
    ASN1_item_free((ASN1_VALUE *)numbers, ASN1_ITEM_rptr(EC_NUMBERS));
}

static SECURITY_STATUS add_secret(const ASN1_OCTET_STRING *secret, const struct curve *curve,
                                  struct components *components)
{
    const uint8_t *data = secret->data;
    size_t size = (size_t)secret->length;
    SECURITY_STATUS status;

    while (size > curve->width && *data == 0) {
        data++;
        size--;
    }
    if (size == 0 || size > curve->width) {
        return status_fail(NTE_BAD_DATA, "the private number has %zu bytes, the curve %u", size,
                           (unsigned)curve->width);
    }
    status = components_reserve(components, curve->width);
    if (status == ERROR_SUCCESS) {
        uint8_t *out = components_add(components, COMPONENT_EC_D, curve->width);

        memcpy(out + (curve->width - size), data, size);
    }
    return status;
}

/* Whether what the key says of its curve, if anything, is what the structure around it says. Numbers are not looked at
 * twice. */
static bool names_curve(const ASN1_TYPE *named, const struct curve *curve)
{
    return named == NULL || named->type == V_ASN1_SEQUENCE ||
           (named->type == V_ASN1_OBJECT && curve->openssl_name != NULL &&
            OBJ_obj2nid(named->value.object) == OBJ_sn2nid(curve->openssl_name));
}

/* RFC 8410's CurvePrivateKey: an octet string with the number as X25519 has it. */
static SECURITY_STATUS take_x25519(const uint8_t *data, int size, const struct curve *curve,
                                   struct components *components)
{
    const uint8_t *at = data;
    ASN1_OCTET_STRING *secret = d2i_ASN1_OCTET_STRING(NULL, &at, size);
    SECURITY_STATUS status;

    if (secret == NULL || at != data + size || (size_t)secret->length != curve->width) {
        status = status_from_openssl(NTE_BAD_DATA, "the X25519 key in the PKCS#8 structure is malformed");
    } else {
        status = add_secret(secret, curve, components);
    }
    if (secret != NULL) {
        OPENSSL_cleanse(secret->data, (size_t)secret->length);
    }
    ASN1_OCTET_STRING_free(secret);
    return status;
}

SECURITY_STATUS pkcs8_take_ec(const PKCS8_PRIV_KEY_INFO *info, const struct curve *curve, struct components *components)
{
    const uint8_t *data = NULL, *at;
    int size = 0;
    EC_NUMBERS *numbers;
    SECURITY_STATUS status;

    (void)PKCS8_pkey_get0(NULL, &data, &size, NULL, info); /* has worked before */
    if (curve->family == &family_x25519) {
        return take_x25519(data, size, curve, components);
    }
    at = data;
    numbers = (EC_NUMBERS *)ASN1_item_d2i(NULL, &at, size, ASN1_ITEM_rptr(EC_NUMBERS));
    if (numbers == NULL || at != data + size || numbers->version != 1) {
        status = status_from_openssl(NTE_BAD_DATA, "the elliptic curve key in the PKCS#8 structure is malformed");
    } else if (!names_curve(numbers->curve, curve)) {
        status = status_fail(NTE_BAD_DATA, "the PKCS#8 structure and the key in it name different curves");
    } else if (curve->name == NULL && numbers->point == NULL) {
        status = status_fail(NTE_NOT_SUPPORTED, "a key on a curve without a name needs its point in PKCS#8");
    } else {
        status = add_secret(numbers->secret, curve, components);
    }
    free_numbers(numbers);
    return status;
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

/* The name of the curve, or its numbers, as what stands beside an algorithm's name; NULL on failure. */
static ASN1_TYPE *curve_parameter(const EC_GROUP *group)
{
    uint8_t *der = NULL;
    int size = i2d_ECPKParameters(group, &der);
    const uint8_t *at = der;
    ASN1_TYPE *parameter = size <= 0 ? NULL : d2i_ASN1_TYPE(NULL, &at, size);

    OPENSSL_free(der);
    return parameter;
}

/* {1, d as wide as the order, [1] the point}. Returns the end of what it writes into `out`, which begins there. */
static uint8_t *put_ec(uint8_t *out, const struct components *components, size_t order_size)
{
    static const uint8_t first_version = 1;
    struct component_span d = components_trimmed(components, COMPONENT_EC_D);
    const struct component_span *x = &components->item[COMPONENT_EC_X], *y = &components->item[COMPONENT_EC_Y];
    size_t point_size = 2 + x->size + y->size; /* no unused bits, and no number left out */

    out = der_put_number(out, (struct component_span){(uint8_t *)(uintptr_t)&first_version, 1});
    out = der_put_header(out, V_ASN1_OCTET_STRING, order_size);
    memset(out, 0, order_size - d.size);
    out += order_size - d.size;
    memcpy(out, d.data, d.size);
    out += d.size;
    out =
        der_put_header(out, V_ASN1_CONTEXT_SPECIFIC | V_ASN1_CONSTRUCTED | 1, point_size + (point_size < 0x80 ? 2 : 3));
    out = der_put_header(out, V_ASN1_BIT_STRING, point_size);
    *out++ = 0;
    *out++ = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(out, x->data, x->size);
    memcpy(out + x->size, y->data, y->size);
    return out + x->size + y->size;
}

static SECURITY_STATUS make_x25519(const struct components *components, PKCS8_PRIV_KEY_INFO **info)
{
    const struct component_span *d = &components->item[COMPONENT_EC_D];
    size_t room = DER_MAX_HEADER + d->size;
    uint8_t *key = OPENSSL_malloc(room), *at;

    if (key == NULL) {
        return status_no_memory();
    }
    at = der_put_header(key, V_ASN1_OCTET_STRING, d->size);
    memcpy(at, d->data, d->size);
    return pkcs8_make(NID_X25519, V_ASN1_UNDEF, NULL, key, room, (size_t)(at - key) + d->size, info);
}

SECURITY_STATUS pkcs8_make_ec(const struct components *components, PKCS8_PRIV_KEY_INFO **info)
{
    EC_GROUP *group;
    ASN1_TYPE *parameter;
    size_t order_size, room, size;
    uint8_t *key, *body, *at;
    void *value;
    int type;

    if (components->curve->family == &family_x25519) {
        return make_x25519(components, info);
    }
    group = curve_group(components->curve);
    parameter = group == NULL ? NULL : curve_parameter(group);
    order_size = group == NULL ? 0 : ((size_t)EC_GROUP_order_bits(group) + 7) / 8;
    EC_GROUP_free(group);
    room = 6 * DER_MAX_HEADER + order_size + 2 * (size_t)components->curve->width + 2;
    key = parameter == NULL ? NULL : OPENSSL_malloc(room);
    if (key == NULL || components_trimmed(components, COMPONENT_EC_D).size > order_size) {
        OPENSSL_free(key);
        ASN1_TYPE_free(parameter);
        return status_from_openssl(NTE_NO_MEMORY, "libcrypto cannot name the key's curve");
    }
    body = key + DER_MAX_HEADER;
    size = (size_t)(put_ec(body, components, order_size) - body);
    at = der_put_header(key, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED, size);
    memmove(at, body, size);
    type = parameter->type;
    value = parameter->value.ptr; /* moves into the structure */
    parameter->type = V_ASN1_NULL;
    parameter->value.ptr = NULL;
    ASN1_TYPE_free(parameter);
    return pkcs8_make(NID_X9_62_id_ecPublicKey, type, value, key, room, (size_t)(at - key) + size, info);
}
