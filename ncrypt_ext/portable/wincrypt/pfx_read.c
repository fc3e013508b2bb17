/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <stdlib.h>
#include <string.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "ncrypt/blob/blob.h"
#include "ncrypt/blob/pbe.h"
#include "wincrypt/pfx.h"

#define MAX_DEPTH 4 /* of bags in bags */

struct reading {
    struct pfx *pfx;
    const char *password; /* UTF-8; NULL and "" are different passwords */
    int password_size;
    struct pbe_budget budget;
};

static SECURITY_STATUS malformed(const char *what)
{
    return status_from_openssl(ERROR_INVALID_DATA, what);
}

/* ---- attributes ----------------------------------------------------------------------------------------------- */

static SECURITY_STATUS read_id(const PKCS12_SAFEBAG *bag, struct pfx_id *id)
{
    const ASN1_TYPE *value = PKCS12_SAFEBAG_get0_attr(bag, NID_localKeyID);
    const ASN1_OCTET_STRING *string;

    if (value == NULL || value->type != V_ASN1_OCTET_STRING) {
        return ERROR_SUCCESS;
    }
    string = value->value.octet_string;
    id->size = (size_t)ASN1_STRING_length(string);
    id->data = malloc(id->size + 1);
    if (id->data == NULL) {
        return status_no_memory();
    }
    memcpy(id->data, ASN1_STRING_get0_data(string), id->size);
    return ERROR_SUCCESS;
}

/* A string of UTF-16 units, big-endian. */
static SECURITY_STATUS read_friendly_name(const PKCS12_SAFEBAG *bag, WCHAR **name)
{
    const ASN1_TYPE *value = PKCS12_SAFEBAG_get0_attr(bag, NID_friendlyName);
    const uint8_t *data;
    size_t units;

    if (value == NULL || value->type != V_ASN1_BMPSTRING) {
        return ERROR_SUCCESS;
    }
    data = ASN1_STRING_get0_data(value->value.bmpstring);
    units = (size_t)ASN1_STRING_length(value->value.bmpstring) / 2;
    *name = calloc(units + 1, sizeof **name);
    if (*name == NULL) {
        return status_no_memory();
    }
    for (size_t i = 0; i < units; i++) {
        (*name)[i] = (WCHAR)(data[2 * i] << 8 | data[2 * i + 1]);
    }
    return ERROR_SUCCESS;
}

/* ---- what bags hold ------------------------------------------------------------------------------------------- */

/* The key's numbers leave libcrypto's structure and come back as a key that has been looked at. */
static SECURITY_STATUS load_key(const uint8_t *der, size_t size, struct pfx_key *key)
{
    const struct blob_format *format = blob_format_by_type(NCRYPT_PKCS8_PRIVATE_KEY_BLOB);
    const struct blob_parameters parameters = {.curve_name = NULL};
    struct components components;
    SECURITY_STATUS status;

    components_init(&components);
    status = format->parse(format, der, size, &parameters, &components, &key->usage);
    if (status == ERROR_SUCCESS) {
        status = material_load(&components, true, &key->material);
    }
    components_clear(&components);
    return status;
}

static SECURITY_STATUS add_key(struct pfx *pfx, const PKCS12_SAFEBAG *bag, const PKCS8_PRIV_KEY_INFO *info)
{
    struct pfx_key *key = &pfx->keys[pfx->key_count];
    uint8_t *der = NULL;
    SECURITY_STATUS status;
    int size;

    if (pfx->key_count == PFX_MAX_KEYS) {
        return status_fail(NTE_BAD_LEN, "the file has more than %d keys", PFX_MAX_KEYS);
    }
    size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    if (size <= 0) {
        return malformed("a private key of the file");
    }
    pfx->key_count++;
    status = load_key(der, (size_t)size, key);
    if (status == ERROR_SUCCESS) {
        status = read_id(bag, &key->id);
    }
    OPENSSL_clear_free(der, (size_t)size);
    return status;
}

static SECURITY_STATUS add_shrouded_key(struct reading *reading, const PKCS12_SAFEBAG *bag)
{
    const X509_SIG *shrouded = PKCS12_SAFEBAG_get0_pkcs8(bag);
    const X509_ALGOR *algorithm = NULL;
    PKCS8_PRIV_KEY_INFO *info;
    SECURITY_STATUS status;

    X509_SIG_get0(shrouded, &algorithm, NULL);
    status = pbe_check(&reading->budget, algorithm);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    info = PKCS8_decrypt_ex(shrouded, reading->password, reading->password_size, libctx_get(), NULL);
    if (info == NULL) {
        return malformed("a private key of the file cannot be decrypted");
    }
    status = add_key(reading->pfx, bag, info);
    PKCS8_PRIV_KEY_INFO_free(info);
    return status;
}

/* Read once by libcrypto's own, and from its bytes again into the engine's context. */
static SECURITY_STATUS add_certificate(struct pfx *pfx, const PKCS12_SAFEBAG *bag)
{
    struct pfx_certificate *certificate = &pfx->certificates[pfx->certificate_count];
    X509 *found;
    uint8_t *der = NULL;
    SECURITY_STATUS status;
    int size;

    if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate) {
        return ERROR_SUCCESS; /* an SDSI certificate: nobody has them */
    }
    if (pfx->certificate_count == PFX_MAX_CERTIFICATES) {
        return status_fail(NTE_BAD_LEN, "the file has more than %d certificates", PFX_MAX_CERTIFICATES);
    }
    found = PKCS12_SAFEBAG_get1_cert(bag);
    size = found == NULL ? 0 : i2d_X509(found, &der);
    X509_free(found);
    if (size <= 0) {
        return malformed("a certificate of the file");
    }
    pfx->certificate_count++;
    certificate->der = (struct der){der, (size_t)size};
    status = certificate_parse(certificate->der, &certificate->x509);
    if (status == ERROR_SUCCESS) {
        status = read_id(bag, &certificate->id);
    }
    if (status == ERROR_SUCCESS) {
        status = read_friendly_name(bag, &certificate->friendly_name);
    }
    return status;
}

static SECURITY_STATUS read_bags(struct reading *reading, const STACK_OF(PKCS12_SAFEBAG) * bags, unsigned depth);

/* Revocation lists and secrets have no place in a certificate store. */
static SECURITY_STATUS read_bag(struct reading *reading, const PKCS12_SAFEBAG *bag, unsigned depth)
{
    switch (PKCS12_SAFEBAG_get_nid(bag)) {
    case NID_keyBag:
        return add_key(reading->pfx, bag, PKCS12_SAFEBAG_get0_p8inf(bag));
    case NID_pkcs8ShroudedKeyBag:
        return add_shrouded_key(reading, bag);
    case NID_certBag:
        return add_certificate(reading->pfx, bag);
    case NID_safeContentsBag:
        return read_bags(reading, PKCS12_SAFEBAG_get0_safes(bag), depth + 1);
    default:
        return ERROR_SUCCESS;
    }
}

static SECURITY_STATUS read_bags(struct reading *reading, const STACK_OF(PKCS12_SAFEBAG) * bags, unsigned depth)
{
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (depth > MAX_DEPTH) {
        return status_fail(ERROR_INVALID_DATA, "the file's parts lie in each other more than %d deep", MAX_DEPTH);
    }
    for (int i = 0; status == ERROR_SUCCESS && i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        status = read_bag(reading, sk_PKCS12_SAFEBAG_value(bags, i), depth);
    }
    return status;
}

/* ---- the file ------------------------------------------------------------------------------------------------- */

/* Contents are optional, and not all of libcrypto's releases look. */
static bool lacks_content(const PKCS7 *part)
{
    return part->d.ptr == NULL || (PKCS7_type_is_encrypted(part) && part->d.encrypted->enc_data->enc_data == NULL);
}

static SECURITY_STATUS open_part(struct reading *reading, PKCS7 *part, STACK_OF(PKCS12_SAFEBAG) * *bags)
{
    SECURITY_STATUS status;

    if (lacks_content(part)) {
        return status_fail(ERROR_INVALID_DATA, "a part of the file is empty");
    }
    if (PKCS7_type_is_data(part)) {
        *bags = PKCS12_unpack_p7data(part);
    } else if (PKCS7_type_is_encrypted(part)) {
        status = pbe_check(&reading->budget, part->d.encrypted->enc_data->algorithm);
        if (status != ERROR_SUCCESS) {
            return status;
        }
        *bags = PKCS12_unpack_p7encdata(part, reading->password, reading->password_size);
    } else {
        return status_fail(NTE_NOT_SUPPORTED, "a part of the file is not encrypted with a password");
    }
    return *bags == NULL ? malformed("a part of the file cannot be read") : ERROR_SUCCESS;
}

static SECURITY_STATUS read_parts(struct reading *reading, const PKCS12 *file)
{
    STACK_OF(PKCS7) *parts = PKCS12_unpack_authsafes(file);
    SECURITY_STATUS status = parts == NULL ? malformed("the file's content") : ERROR_SUCCESS;

    for (int i = 0; status == ERROR_SUCCESS && i < sk_PKCS7_num(parts); i++) {
        STACK_OF(PKCS12_SAFEBAG) *bags = NULL;

        status = open_part(reading, sk_PKCS7_value(parts, i), &bags);
        if (status == ERROR_SUCCESS) {
            status = read_bags(reading, bags, 0);
        }
        sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    }
    sk_PKCS7_pop_free(parts, PKCS7_free);
    return status;
}

/* A failure that libcrypto adds no reason for is one of the comparison. */
static SECURITY_STATUS try_password(struct reading *reading, PKCS12 *file, const char *password, int size)
{
    unsigned long before = ERR_peek_last_error();

    reading->password = password;
    reading->password_size = size;
    if (PKCS12_verify_mac(file, password, size) == 1) {
        return ERROR_SUCCESS;
    }
    return ERR_peek_last_error() == before ? status_fail(ERROR_INVALID_PASSWORD, "the password is not the file's")
                                           : malformed("the file's integrity cannot be checked");
}

/* No password can be written in two ways. */
static SECURITY_STATUS check_password(struct reading *reading, PKCS12 *file, const char *password, size_t size)
{
    SECURITY_STATUS status;

    if (size > 0) {
        return try_password(reading, file, password, (int)size);
    }
    status = try_password(reading, file, NULL, 0);
    return status == ERROR_INVALID_PASSWORD ? try_password(reading, file, "", 0) : status;
}

static SECURITY_STATUS check_mac(struct reading *reading, const PKCS12 *file)
{
    const ASN1_INTEGER *iterations = NULL;
    const X509_ALGOR *algorithm = NULL;

    if (PKCS12_mac_present(file) != 1) {
        return status_fail(ERROR_INVALID_DATA, "the file has no checksum: anybody could have changed it");
    }
    PKCS12_get0_mac(NULL, &algorithm, NULL, &iterations, file);
    return pbe_check_digest(&reading->budget, algorithm, iterations);
}

static SECURITY_STATUS decode(const uint8_t *data, size_t size, PKCS12 **file)
{
    OSSL_LIB_CTX *ctx = libctx_get();
    const uint8_t *at = data;
    PKCS12 *made;

    if (ctx == NULL) {
        return NTE_PROVIDER_DLL_FAIL;
    }
    made = size > INT_MAX ? NULL : PKCS12_init_ex(NID_pkcs7_data, ctx, NULL);
    if (made == NULL) {
        return size > INT_MAX ? status_fail(CRYPT_E_ASN1_BADTAG, "a PFX file of %zu bytes", size) : status_no_memory();
    }
    if (d2i_PKCS12(&made, &at, (long)size) == NULL) {
        PKCS12_free(made); /* NULL, as a rule */
        return status_from_openssl(CRYPT_E_ASN1_BADTAG, "the data are no PFX file");
    }
    *file = made;
    return at == data + size
               ? ERROR_SUCCESS
               : status_fail(CRYPT_E_ASN1_BADTAG, "%zu bytes follow the PFX file", (size_t)(data + size - at));
}

static SECURITY_STATUS read_file(struct reading *reading, const uint8_t *data, size_t size, const char *password,
                                 size_t password_size)
{
    PKCS12 *file = NULL;
    SECURITY_STATUS status;

    openssl_scope_begin();
    status = decode(data, size, &file);
    if (status == ERROR_SUCCESS) {
        status = check_mac(reading, file);
    }
    if (status == ERROR_SUCCESS) {
        status = check_password(reading, file, password, password_size);
    }
    if (status == ERROR_SUCCESS) {
        status = read_parts(reading, file);
    }
    PKCS12_free(file);
    openssl_scope_end();
    return status;
}

SECURITY_STATUS pfx_read(const uint8_t *data, size_t size, const WCHAR *password, struct pfx *pfx)
{
    struct reading reading = {.pfx = pfx, .budget = {"file", ERROR_INVALID_DATA, PBE_MAX_ITERATIONS}};
    char *text = NULL;
    size_t text_size = 0;
    SECURITY_STATUS status = pbe_password(password, ERROR_INVALID_PASSWORD, &text, &text_size);

    if (status == ERROR_SUCCESS) {
        status = read_file(&reading, data, size, text, text_size);
    }
    secmem_free(text);
    return status;
}

void pfx_clear(struct pfx *pfx)
{
    openssl_scope_begin();
    for (size_t i = 0; i < pfx->key_count; i++) {
        material_free(pfx->keys[i].material);
        free(pfx->keys[i].id.data);
    }
    for (size_t i = 0; i < pfx->certificate_count; i++) {
        X509_free(pfx->certificates[i].x509);
        OPENSSL_free((void *)(uintptr_t)pfx->certificates[i].der.data);
        free(pfx->certificates[i].id.data);
        free(pfx->certificates[i].friendly_name);
    }
    openssl_scope_end();
}
