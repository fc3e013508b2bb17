/* SPDX-License-Identifier: MIT
 *
 * Algorithm suites: those with names are WS-SecurityPolicy's, all of which sign with SHA-1, also where "SHA256" is in
 * the name and stands for the digests alone.
 */
#include <stdlib.h>

#include "bcrypt.h"
#include "webservices/security_parts.h"

#define XMLDSIG "http://www.w3.org/2000/09/xmldsig#"
#define XMLENC  "http://www.w3.org/2001/04/xmlenc#"
#define MORE    "http://www.w3.org/2001/04/xmldsig-more#"

enum kind {
    KIND_NONE,
    KIND_CANONICALIZATION,
    KIND_DIGEST,
    KIND_SYMMETRIC,
    KIND_ASYMMETRIC,
    KIND_WRAP,
    KIND_DERIVATION
};

/* Windows' own documentation gives SHA-384 digests a name that W3C has not registered; verifiers know the other. */
static const struct {
    enum kind kind;
    const char *uri;
    const WCHAR *hash;
} ALGORITHMS[] = {
    [WS_SECURITY_ALGORITHM_CANONICALIZATION_EXCLUSIVE] = {KIND_CANONICALIZATION,
                                                          "http://www.w3.org/2001/10/xml-exc-c14n#", NULL},
    [WS_SECURITY_ALGORITHM_CANONICALIZATION_EXCLUSIVE_WITH_COMMENTS] =
        {KIND_CANONICALIZATION, "http://www.w3.org/2001/10/xml-exc-c14n#WithComments", NULL},
    [WS_SECURITY_ALGORITHM_DIGEST_SHA1] = {KIND_DIGEST, XMLDSIG "sha1", BCRYPT_SHA1_ALGORITHM},
    [WS_SECURITY_ALGORITHM_DIGEST_SHA_256] = {KIND_DIGEST, XMLENC "sha256", BCRYPT_SHA256_ALGORITHM},
    [WS_SECURITY_ALGORITHM_DIGEST_SHA_384] = {KIND_DIGEST, MORE "sha384", BCRYPT_SHA384_ALGORITHM},
    [WS_SECURITY_ALGORITHM_DIGEST_SHA_512] = {KIND_DIGEST, XMLENC "sha512", BCRYPT_SHA512_ALGORITHM},
    [WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA1] = {KIND_SYMMETRIC, XMLDSIG "hmac-sha1",
                                                             BCRYPT_SHA1_ALGORITHM},
    [WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA_256] = {KIND_SYMMETRIC, MORE "hmac-sha256",
                                                                BCRYPT_SHA256_ALGORITHM},
    [WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA_384] = {KIND_SYMMETRIC, MORE "hmac-sha384",
                                                                BCRYPT_SHA384_ALGORITHM},
    [WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA_512] = {KIND_SYMMETRIC, MORE "hmac-sha512",
                                                                BCRYPT_SHA512_ALGORITHM},
    [WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA1] = {KIND_ASYMMETRIC, XMLDSIG "rsa-sha1",
                                                             BCRYPT_SHA1_ALGORITHM},
    [WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_DSA_SHA1] = {KIND_ASYMMETRIC, XMLDSIG "dsa-sha1", NULL},
    [WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA_256] = {KIND_ASYMMETRIC, MORE "rsa-sha256",
                                                                BCRYPT_SHA256_ALGORITHM},
    [WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA_384] = {KIND_ASYMMETRIC, MORE "rsa-sha384",
                                                                BCRYPT_SHA384_ALGORITHM},
    [WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA_512] = {KIND_ASYMMETRIC, MORE "rsa-sha512",
                                                                BCRYPT_SHA512_ALGORITHM},
    [WS_SECURITY_ALGORITHM_ASYMMETRIC_KEYWRAP_RSA_1_5] = {KIND_WRAP, XMLENC "rsa-1_5", NULL},
    [WS_SECURITY_ALGORITHM_ASYMMETRIC_KEYWRAP_RSA_OAEP] = {KIND_WRAP, XMLENC "rsa-oaep-mgf1p", NULL},
    [WS_SECURITY_ALGORITHM_KEY_DERIVATION_P_SHA1] = {KIND_DERIVATION,
                                                     "http://schemas.xmlsoap.org/ws/2005/02/sc/dk/p_sha1", NULL},
};

const char *suite_uri(WS_SECURITY_ALGORITHM_ID id)
{
    return ALGORITHMS[id].uri;
}

const WCHAR *suite_hash(WS_SECURITY_ALGORITHM_ID id)
{
    return ALGORITHMS[id].hash;
}

HRESULT suite_named(WS_SECURITY_ALGORITHM_SUITE_NAME name, struct suite *suite, WS_ERROR *error)
{
    static const ULONG LEAST[] = {256, 192, 128};
    unsigned number = (unsigned)name - WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC256;

    if (number > WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC128_SHA256_RSA15 - WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC256) {
        return ws_fail(error, E_INVALIDARG, "there is no algorithm suite %d", (int)name);
    }
    *suite = (struct suite){
        .canonicalization = WS_SECURITY_ALGORITHM_CANONICALIZATION_EXCLUSIVE,
        .digest = name >= WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC256_SHA256 ? WS_SECURITY_ALGORITHM_DIGEST_SHA_256
                                                                           : WS_SECURITY_ALGORITHM_DIGEST_SHA1,
        .symmetric = WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA1,
        .asymmetric = WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA1,
        .min_symmetric = LEAST[number % 3],
        .max_symmetric = 256,
        .min_asymmetric = 1024,
        .max_asymmetric = 4096,
    };
    return ERROR_SUCCESS;
}

void suite_default(struct suite *suite)
{
    if (suite_named(WS_SECURITY_ALGORITHM_SUITE_NAME_BASIC256, suite, NULL) != ERROR_SUCCESS) {
        abort(); /* that name there is */
    }
}

static HRESULT choose(WS_SECURITY_ALGORITHM_ID given, enum kind kind, WS_SECURITY_ALGORITHM_ID otherwise,
                      const char *field, WS_SECURITY_ALGORITHM_ID *chosen, WS_ERROR *error)
{
    *chosen = given == WS_SECURITY_ALGORITHM_DEFAULT ? otherwise : given;
    if ((size_t)*chosen >= sizeof ALGORITHMS / sizeof *ALGORITHMS || ALGORITHMS[*chosen].kind != kind) {
        return ws_fail(error, E_INVALIDARG, "algorithm %d of the suite is none for its %s", (int)given, field);
    }
    if (*chosen == WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_DSA_SHA1) {
        return ws_fail(error, WS_E_NOT_SUPPORTED, "the engine does not sign with DSA");
    }
    return ERROR_SUCCESS;
}

static HRESULT choose_lengths(const WS_SECURITY_ALGORITHM_SUITE *given, struct suite *suite, WS_ERROR *error)
{
    suite->min_symmetric = given->minSymmetricKeyLength == 0 ? 128 : given->minSymmetricKeyLength;
    suite->max_symmetric = given->maxSymmetricKeyLength == 0 ? 512 : given->maxSymmetricKeyLength;
    suite->min_asymmetric = given->minAsymmetricKeyLength == 0 ? 1024 : given->minAsymmetricKeyLength;
    suite->max_asymmetric = given->maxAsymmetricKeyLength == 0 ? 16384 : given->maxAsymmetricKeyLength;
    if (suite->min_symmetric > suite->max_symmetric || suite->min_asymmetric > suite->max_asymmetric) {
        return ws_fail(error, E_INVALIDARG, "the suite's least key length is above its greatest");
    }
    return ERROR_SUCCESS;
}

HRESULT suite_explicit(const WS_SECURITY_ALGORITHM_SUITE *given, struct suite *suite, WS_ERROR *error)
{
    WS_SECURITY_ALGORITHM_ID unused;
    HRESULT status;

    if (given->encryptionAlgorithm != 0 || given->symmetricKeyWrapAlgorithm != 0 || given->properties != NULL ||
        given->propertyCount != 0) {
        return ws_fail(error, E_INVALIDARG,
                       "the suite's encryption, its symmetric key wrap and its properties are reserved: they are 0");
    }
    status =
        choose(given->canonicalizationAlgorithm, KIND_CANONICALIZATION,
               WS_SECURITY_ALGORITHM_CANONICALIZATION_EXCLUSIVE, "canonicalization", &suite->canonicalization, error);
    if (status == ERROR_SUCCESS) {
        status = choose(given->digestAlgorithm, KIND_DIGEST, WS_SECURITY_ALGORITHM_DIGEST_SHA1, "digest",
                        &suite->digest, error);
    }
    if (status == ERROR_SUCCESS) {
        status = choose(given->symmetricSignatureAlgorithm, KIND_SYMMETRIC,
                        WS_SECURITY_ALGORITHM_SYMMETRIC_SIGNATURE_HMAC_SHA1, "symmetric signature", &suite->symmetric,
                        error);
    }
    if (status == ERROR_SUCCESS) {
        status = choose(given->asymmetricSignatureAlgorithm, KIND_ASYMMETRIC,
                        WS_SECURITY_ALGORITHM_ASYMMETRIC_SIGNATURE_RSA_SHA1, "asymmetric signature", &suite->asymmetric,
                        error);
    }
    if (status == ERROR_SUCCESS) {
        status = choose(given->keyDerivationAlgorithm, KIND_DERIVATION, WS_SECURITY_ALGORITHM_KEY_DERIVATION_P_SHA1,
                        "key derivation", &unused, error);
    }
    if (status == ERROR_SUCCESS) {
        status = choose(given->asymmetricKeyWrapAlgorithm, KIND_WRAP, WS_SECURITY_ALGORITHM_ASYMMETRIC_KEYWRAP_RSA_OAEP,
                        "asymmetric key wrap", &unused, error);
    }
    return status == ERROR_SUCCESS ? choose_lengths(given, suite, error) : status;
}
