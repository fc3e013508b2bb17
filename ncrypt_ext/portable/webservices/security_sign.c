/* SPDX-License-Identifier: MIT
 *
 * A Signature of XML-DSig over parts that are in canonical form already, as is the SignedInfo that is written here.
 */
#include <stdio.h>
#include <string.h>

#include "bcrypt.h"
#include "ncrypt_ext_compat.h"
#include "webservices/security_parts.h"

#define XMLDSIG       "http://www.w3.org/2000/09/xmldsig#"
#define MAX_SIGNATURE 2048u /* bytes, of the longest key that a suite can name */

static void put_base64(struct text *text, const unsigned char *data, size_t size)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char written[4];

    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t bits = (uint32_t)data[i] << 16;

        bits |= left > 1 ? (uint32_t)data[i + 1] << 8 : 0;
        bits |= left > 2 ? data[i + 2] : 0;
        written[0] = DIGITS[bits >> 18];
        written[1] = DIGITS[bits >> 12 & 63];
        written[2] = left > 1 ? DIGITS[bits >> 6 & 63] : '=';
        written[3] = left > 2 ? DIGITS[bits & 63] : '=';
        text_put(text, written, sizeof written);
    }
}

static void put_algorithm(struct text *text, const char *element, WS_SECURITY_ALGORITHM_ID id)
{
    text_put_string(text, "<ds:");
    text_put_string(text, element);
    text_put_string(text, " Algorithm=\"");
    text_put_string(text, suite_uri(id));
    text_put_string(text, "\"></ds:");
    text_put_string(text, element);
    text_put_string(text, ">");
}

/* `status` is that of the call underneath, and stays the failure's. */
static HRESULT fail(WS_ERROR *error, SECURITY_STATUS status, const char *what)
{
    char detail[256] = "";

    (void)ncx_error_detail(status, detail, sizeof detail);
    if (error != NULL) {
        (void)!WsSetErrorProperty(error, WS_ERROR_PROPERTY_ORIGINAL_ERROR_CODE, &status, sizeof status);
    }
    return status == NTE_NO_MEMORY ? ws_no_memory(error)
                                   : ws_fail(error, status, "%s%s%s", what, detail[0] == 0 ? "" : ": ", detail);
}

static HRESULT put_reference(struct text *text, const struct suite *suite, const struct signed_part *part,
                             WS_ERROR *error)
{
    unsigned char digest[SUITE_HASH_SIZE];
    size_t size = 0;
    HRESULT status = ncx_hash(suite_hash(suite->digest), part->text, part->size, digest, &size);

    if (status != ERROR_SUCCESS) {
        return fail(error, status, "libcrypto made no digest");
    }
    text_put_string(text, "<ds:Reference URI=\"#");
    text_put_string(text, part->id);
    text_put_string(text, "\"><ds:Transforms>");
    put_algorithm(text, "Transform", suite->canonicalization);
    text_put_string(text, "</ds:Transforms>");
    put_algorithm(text, "DigestMethod", suite->digest);
    text_put_string(text, "<ds:DigestValue>");
    put_base64(text, digest, size);
    text_put_string(text, "</ds:DigestValue></ds:Reference>");
    return ERROR_SUCCESS;
}

static HRESULT put_signed_info(struct text *text, const struct suite *suite, WS_SECURITY_ALGORITHM_ID method,
                               const struct signed_part *parts, size_t count, WS_ERROR *error)
{
    HRESULT status = ERROR_SUCCESS;

    text_put_string(text, "<ds:SignedInfo xmlns:ds=\"" XMLDSIG "\">");
    put_algorithm(text, "CanonicalizationMethod", suite->canonicalization);
    put_algorithm(text, "SignatureMethod", method);
    for (size_t i = 0; i < count && status == ERROR_SUCCESS; i++) {
        status = put_reference(text, suite, &parts[i], error);
    }
    text_put_string(text, "</ds:SignedInfo>");
    return status;
}

/* Nothing is locked meanwhile: the key's provider may ask the user for a PIN. */
static HRESULT sign_rsa(const struct suite *suite, NCRYPT_KEY_HANDLE key, const struct text *info,
                        unsigned char *signature, size_t *size, WS_ERROR *error)
{
    BCRYPT_PKCS1_PADDING_INFO padding = {suite_hash(suite->asymmetric)};
    unsigned char digest[SUITE_HASH_SIZE];
    size_t digest_size = 0;
    DWORD written = 0;
    SECURITY_STATUS status = ncx_hash(padding.pszAlgId, info->data, info->size, digest, &digest_size);

    if (status != ERROR_SUCCESS) {
        return fail(error, status, "libcrypto made no digest");
    }
    status = NCryptSignHash(key, &padding, digest, (DWORD)digest_size, signature, MAX_SIGNATURE, &written,
                            NCRYPT_PAD_PKCS1_FLAG);
    if (status != ERROR_SUCCESS) {
        return fail(error, status, "the token's key did not sign");
    }
    *size = written;
    return ERROR_SUCCESS;
}

static HRESULT sign_info(const struct suite *suite, const struct signer *signer, const struct text *info,
                         unsigned char *signature, size_t *size, WS_ERROR *error)
{
    SECURITY_STATUS status;

    if (signer->type == WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE) {
        return sign_rsa(suite, signer->key, info, signature, size, error);
    }
    status = ncx_hmac(suite_hash(suite->symmetric), signer->secret.data, signer->secret.size, info->data, info->size,
                      signature, size);
    return status == ERROR_SUCCESS ? ERROR_SUCCESS : fail(error, status, "libcrypto made no HMAC");
}

HRESULT sign_parts(const struct suite *suite, const struct signer *signer, const struct signed_part *parts,
                   size_t count, struct text *text, WS_ERROR *error)
{
    bool asymmetric = signer->type == WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE;
    unsigned char signature[MAX_SIGNATURE];
    struct text info = TEXT_INIT(16384);
    size_t size = 0;
    HRESULT status =
        put_signed_info(&info, suite, asymmetric ? suite->asymmetric : suite->symmetric, parts, count, error);

    if (status == ERROR_SUCCESS && info.status != ERROR_SUCCESS) {
        status = ws_no_memory(error);
    }
    if (status == ERROR_SUCCESS) {
        status = sign_info(suite, signer, &info, signature, &size, error);
    }
    if (status == ERROR_SUCCESS) {
        text_put_string(text, "<ds:Signature xmlns:ds=\"" XMLDSIG "\">");
        text_put(text, info.data, info.size);
        text_put_string(text, "<ds:SignatureValue>");
        put_base64(text, signature, size);
        text_put_string(text, "</ds:SignatureValue><ds:KeyInfo>");
        text_put(text, signer->reference->text, signer->reference->size);
        text_put_string(text, "</ds:KeyInfo></ds:Signature>");
    }
    text_free(&info);
    return status;
}
