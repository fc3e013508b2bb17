/* SPDX-License-Identifier: MIT */
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <string.h>

#include "ncrypt/blob/blob.h"
#include "ncrypt/blob/pbe.h"
#include "ncrypt/blob/pkcs8.h"
#include "ncrypt/blob/pkcs8_pq.h"
#include "ncrypt/parameters.h"

/* Bits of the first byte of X.509's KeyUsage, and the one of its second byte. */
#define DIGITAL_SIGNATURE 0x80
#define KEY_ENCIPHERMENT  0x20
#define DATA_ENCIPHERMENT 0x10
#define KEY_AGREEMENT     0x08
#define KEY_CERT_SIGN     0x04
#define CRL_SIGN          0x02
#define ENCIPHER_ONLY     0x01
#define DECIPHER_ONLY     0x80

/* ---- reading ---------------------------------------------------------------------------------------------- */

static uint32_t usage_from_bits(const ASN1_BIT_STRING *bits)
{
    int length = ASN1_STRING_length(bits);
    const uint8_t *data = ASN1_STRING_get0_data(bits);
    uint8_t first = length > 0 ? data[0] : 0, second = length > 1 ? data[1] : 0;
    uint32_t usage = 0;

    if ((first & (KEY_ENCIPHERMENT | DATA_ENCIPHERMENT | ENCIPHER_ONLY)) != 0 || (second & DECIPHER_ONLY) != 0) {
        usage |= NCRYPT_ALLOW_DECRYPT_FLAG;
    }
    if ((first & (DIGITAL_SIGNATURE | KEY_CERT_SIGN | CRL_SIGN)) != 0) {
        usage |= NCRYPT_ALLOW_SIGNING_FLAG;
    }
    if ((first & KEY_AGREEMENT) != 0) {
        usage |= NCRYPT_ALLOW_KEY_AGREEMENT_FLAG;
    }
    return usage;
}

/* The keyUsage attribute: one, with one value, or none. Other attributes are none of our business. */
static SECURITY_STATUS read_usage(const PKCS8_PRIV_KEY_INFO *info, uint32_t *usage)
{
    const STACK_OF(X509_ATTRIBUTE) *attributes = PKCS8_pkey_get0_attrs(info);
    int at = attributes == NULL ? -1 : X509at_get_attr_by_NID(attributes, NID_key_usage, -1);
    X509_ATTRIBUTE *attribute;
    ASN1_BIT_STRING *bits;

    *usage = NCRYPT_ALLOW_ALL_USAGES;
    if (at < 0) {
        return ERROR_SUCCESS;
    }
    attribute = X509at_get_attr(attributes, at);
    bits = X509_ATTRIBUTE_get0_data(attribute, 0, V_ASN1_BIT_STRING, NULL);
    if (bits == NULL || X509_ATTRIBUTE_count(attribute) != 1 ||
        X509at_get_attr_by_NID(attributes, NID_key_usage, at) >= 0) {
        return status_fail(NTE_BAD_DATA, "the PKCS#8 key's keyUsage attribute is malformed");
    }
    *usage = usage_from_bits(bits);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS unknown_algorithm(const ASN1_OBJECT *object)
{
    char name[128];

    if (OBJ_obj2txt(name, sizeof name, object, 0) <= 0) {
        name[0] = '\0';
    }
    return status_fail(NTE_NOT_SUPPORTED, "PKCS#8 keys of the algorithm '%s' are not supported", name);
}

/* Looks at the algorithm before libcrypto works on the key. `curve` is NULL for keys without one. */
static SECURITY_STATUS find_kind(const PKCS8_PRIV_KEY_INFO *info, const struct family **family,
                                 const struct curve **curve)
{
    const ASN1_OBJECT *object = NULL;
    const X509_ALGOR *identifier = NULL;
    const uint8_t *key;
    int length;

    if (PKCS8_pkey_get0(NULL, &key, &length, &identifier, info) != 1) {
        return status_from_openssl(NTE_BAD_DATA, "the PKCS#8 key");
    }
    X509_ALGOR_get0(&object, NULL, NULL, identifier);
    *curve = NULL;
    switch (OBJ_obj2nid(object)) {
    case NID_rsaEncryption:
        *family = &family_rsa;
        return ERROR_SUCCESS;
    case NID_dsa:
        *family = &family_dsa;
        return ERROR_SUCCESS;
    case NID_dhKeyAgreement:
    case NID_dhpublicnumber:
        *family = &family_dh;
        return ERROR_SUCCESS;
    case NID_X9_62_id_ecPublicKey:
    case NID_X25519:
        *family = &family_ec;
        return pkcs8_find_curve(identifier, curve);
    default:
        return unknown_algorithm(object);
    }
}

/* Both kinds of EC keys look alike but for the usage that the attribute grants. Without one the key signs, if it can.
 */
static const WCHAR *ec_group(const struct curve *curve, uint32_t usage)
{
    if (curve->family == &family_x25519) {
        return NCRYPT_ECDH_ALGORITHM_GROUP;
    }
    return usage != NCRYPT_ALLOW_ALL_USAGES && (usage & NCRYPT_ALLOW_KEY_AGREEMENT_FLAG) != 0
               ? NCRYPT_ECDH_ALGORITHM_GROUP
               : NCRYPT_ECDSA_ALGORITHM_GROUP;
}

static SECURITY_STATUS convert(const PKCS8_PRIV_KEY_INFO *info, const struct blob_parameters *parameters,
                               uint32_t usage, struct components *components)
{
    const struct pkcs8_pq_kind *kind = pkcs8_pq_find(info);
    const struct family *family = NULL;
    const struct curve *curve = NULL;
    SECURITY_STATUS status;

    if (kind != NULL) {
        return pkcs8_pq_take(kind, info, parameters, components);
    }
    status = find_kind(info, &family, &curve);
    if (status == ERROR_SUCCESS) {
        status = blob_check_family(parameters, family);
    }
    if (status == ERROR_SUCCESS && curve != NULL) {
        status = blob_ecc_settle(parameters, ec_group(curve, usage), curve, components);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (curve != NULL) {
        return pkcs8_take_ec(info, curve, components);
    }
    if (family == &family_dh || family == &family_dsa) {
        return blob_pkcs8_take_dl(
            info, algorithm_by_name(family == &family_dh ? NCRYPT_DH_ALGORITHM : NCRYPT_DSA_ALGORITHM), components);
    }
    return pkcs8_take_rsa(info, components);
}

SECURITY_STATUS blob_pkcs8_parse(const struct blob_format *format, const uint8_t *data, size_t size,
                                 const struct blob_parameters *parameters, struct components *components,
                                 uint32_t *usage)
{
    PKCS8_PRIV_KEY_INFO *info = NULL;
    uint32_t found = 0;
    SECURITY_STATUS status;

    (void)format;
    openssl_scope_begin();
    status = pkcs8_read(data, size, parameters->list == NULL ? NULL : parameters->list->password, &info);
    if (status == ERROR_SUCCESS) {
        status = read_usage(info, &found);
    }
    if (status == ERROR_SUCCESS) {
        status = convert(info, parameters, found, components);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    openssl_scope_end();
    if (status != ERROR_SUCCESS) {
        components_clear(components);
        return status;
    }
    *usage = found;
    return ERROR_SUCCESS;
}

/* ---- writing ---------------------------------------------------------------------------------------------- */

/* The bits that stand for a usage; false when the attribute is left out. Windows marks ECDSA keys as signing keys even
 * when their usage was never restricted; a key that agrees on secrets, and signs, has to be told from those. */
static bool usage_to_bits(const struct components *components, uint32_t usage, uint8_t *bits)
{
    const struct algorithm *algorithm = components->algorithm;
    const struct family *family = algorithm_family(algorithm, components->curve);

    *bits = 0;
    if ((usage & NCRYPT_ALLOW_ALL_USAGES) == NCRYPT_ALLOW_ALL_USAGES) {
        if (algorithm->interface == NCRYPT_SECRET_AGREEMENT_INTERFACE) {
            *bits = KEY_AGREEMENT;
        }
        *bits |= DIGITAL_SIGNATURE;
        return family == &family_ec;
    }
    if ((usage & NCRYPT_ALLOW_DECRYPT_FLAG) != 0) {
        *bits |= DATA_ENCIPHERMENT;
    }
    if ((usage & NCRYPT_ALLOW_SIGNING_FLAG) != 0) {
        *bits |= DIGITAL_SIGNATURE;
    }
    if ((usage & NCRYPT_ALLOW_KEY_AGREEMENT_FLAG) != 0) {
        *bits |= KEY_AGREEMENT;
    }
    return true;
}

/* Windows writes all eight bits of the byte, where DER would leave the trailing zero bits out. */
static SECURITY_STATUS add_usage(PKCS8_PRIV_KEY_INFO *info, uint8_t bits)
{
    ASN1_BIT_STRING *string = ASN1_BIT_STRING_new();
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (string == NULL || ASN1_BIT_STRING_set(string, &bits, 1) != 1) {
        status = status_no_memory();
    } else {
        string->flags = (string->flags & ~(long)0x07) | ASN1_STRING_FLAG_BITS_LEFT;
        if (PKCS8_pkey_add1_attr_by_NID(info, NID_key_usage, V_ASN1_BIT_STRING, (const void *)string, -1) != 1) {
            status = status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto does not take the keyUsage attribute");
        }
    }
    ASN1_BIT_STRING_free(string);
    return status;
}

SECURITY_STATUS pkcs8_make(int algorithm, int type, void *parameter, uint8_t *key, size_t room, size_t size,
                           PKCS8_PRIV_KEY_INFO **info)
{
    PKCS8_PRIV_KEY_INFO *made = PKCS8_PRIV_KEY_INFO_new();

    OPENSSL_cleanse(key + size, room - size); /* what was moved to the front */
    if (made == NULL || PKCS8_pkey_set0(made, OBJ_nid2obj(algorithm), 0, type, parameter, key, (int)size) != 1) {
        OPENSSL_clear_free(key, room);
        if (type == V_ASN1_OBJECT) {
            ASN1_OBJECT_free(parameter);
        } else if (type == V_ASN1_SEQUENCE) {
            ASN1_STRING_free(parameter);
        }
        PKCS8_PRIV_KEY_INFO_free(made);
        return status_from_openssl(NTE_NO_MEMORY, "libcrypto does not take the key");
    }
    *info = made;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS put_out(const PKCS8_PRIV_KEY_INFO *info, uint8_t *out, size_t out_size, size_t *result)
{
    int size = i2d_PKCS8_PRIV_KEY_INFO(info, NULL);
    SECURITY_STATUS status;
    bool ready;

    if (size <= 0) {
        return status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto cannot encode the key");
    }
    status = blob_output(out, out_size, (size_t)size, result, &ready);
    if (status == ERROR_SUCCESS && ready && i2d_PKCS8_PRIV_KEY_INFO(info, &out) != size) {
        status = status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto cannot encode the key");
    }
    return status;
}

static bool has_form(const struct family *family)
{
    return family == &family_rsa || family == &family_ec || family == &family_dh || family == &family_dsa ||
           family == &family_mldsa || family == &family_mlkem;
}

static SECURITY_STATUS make_info(const struct components *components, PKCS8_PRIV_KEY_INFO **info)
{
    const struct family *family = algorithm_family(components->algorithm, components->curve);

    if (family == &family_dh || family == &family_dsa) {
        return blob_pkcs8_make_dl(components, info);
    }
    if (components->algorithm->takes_set) {
        return pkcs8_pq_make(components, info);
    }
    return family == &family_rsa ? pkcs8_make_rsa(components, info) : pkcs8_make_ec(components, info);
}

SECURITY_STATUS blob_pkcs8_write(const struct blob_format *format, const struct components *components,
                                 const struct blob_parameters *parameters, uint8_t *out, size_t out_size,
                                 size_t *result)
{
    PKCS8_PRIV_KEY_INFO *info = NULL;
    SECURITY_STATUS status;
    uint8_t bits;

    (void)format;
    if (!has_form(components->algorithm->family) || !components_private(components)) {
        return status_fail(NTE_BAD_TYPE, "the key has no PKCS#8 form");
    }
    openssl_scope_begin();
    status = make_info(components, &info);
    if (status == ERROR_SUCCESS && usage_to_bits(components, parameters->usage, &bits)) {
        status = add_usage(info, bits);
    }
    if (status == ERROR_SUCCESS) {
        status = pbe_is_wanted(parameters->list) ? pbe_write_key(info, parameters->list, out, out_size, result)
                                                 : put_out(info, out, out_size, result);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    openssl_scope_end();
    return status;
}
