/* SPDX-License-Identifier: MIT */
#include "ncrypt/blob/pbe.h"

#include <openssl/kdf.h>
#include <openssl/pkcs12.h>
#include <string.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "common/utf16.h"
#include "ncrypt/blob/blob.h"
#include "ncrypt/parameters.h"

#define MAX_NAME_TEXT 128
#define SALT_SIZE     16 /* where the caller gives none */

/* ---- what others wrote ---------------------------------------------------------------------------------------- */

static SECURITY_STATUS malformed(const struct pbe_budget *budget)
{
    char what[64];

    (void)snprintf(what, sizeof what, "the parameters of the %s's encryption", budget->what);
    return status_from_openssl(budget->malformed, what);
}

static SECURITY_STATUS lacks(const struct pbe_budget *budget, const char *part, const ASN1_OBJECT *object)
{
    char name[MAX_NAME_TEXT];

    if (OBJ_obj2txt(name, sizeof name, object, 0) <= 0) {
        name[0] = '\0';
    }
    return status_fail(NTE_NOT_SUPPORTED,
                       "the %s's %s uses '%s', which the engine's libcrypto does not offer (old algorithms need its "
                       "legacy provider: NCRYPT_EXT_OPENSSL_CONF)",
                       budget->what, part, name);
}

static SECURITY_STATUS count_iterations(struct pbe_budget *budget, const ASN1_INTEGER *iterations)
{
    uint64_t count = 1;

    if (iterations != NULL && ASN1_INTEGER_get_uint64(&count, iterations) != 1) {
        return status_fail(budget->malformed, "the %s has a number of iterations that is none", budget->what);
    }
    if (count > budget->iterations) {
        return status_fail(NTE_BAD_LEN, "the %s wants its password hashed more than %u times", budget->what,
                           PBE_MAX_ITERATIONS);
    }
    budget->iterations -= count;
    return ERROR_SUCCESS;
}

static bool offers_cipher(int nid)
{
    const char *name = nid == NID_undef ? NULL : OBJ_nid2sn(nid);
    EVP_CIPHER *cipher = name == NULL ? NULL : EVP_CIPHER_fetch(libctx_get(), name, NULL);

    EVP_CIPHER_free(cipher);
    return cipher != NULL;
}

static bool offers_digest(int nid)
{
    const char *name = nid == NID_undef ? NULL : OBJ_nid2sn(nid);
    EVP_MD *digest = name == NULL ? NULL : EVP_MD_fetch(libctx_get(), name, NULL);

    EVP_MD_free(digest);
    return digest != NULL;
}

/* How PBKDF2 hashes is a keyed hash; left out it is the one with SHA-1. */
static bool offers_keyed_hash(const X509_ALGOR *hash)
{
    int digest = NID_undef;

    return hash == NULL || (EVP_PBE_find(EVP_PBE_TYPE_PRF, OBJ_obj2nid(hash->algorithm), NULL, &digest, NULL) == 1 &&
                            offers_digest(digest));
}

static SECURITY_STATUS check_pbkdf2(struct pbe_budget *budget, const X509_ALGOR *hash)
{
    PBKDF2PARAM *parameters = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), hash->parameter);
    SECURITY_STATUS status;

    if (parameters == NULL) {
        return malformed(budget);
    }
    status = offers_keyed_hash(parameters->prf) ? count_iterations(budget, parameters->iter)
                                                : lacks(budget, "encryption", parameters->prf->algorithm);
    PBKDF2PARAM_free(parameters);
    return status;
}

/* Its work is the product of its three numbers, which libcrypto's limit for the memory keeps from overflowing. */
static SECURITY_STATUS count_scrypt(struct pbe_budget *budget, const SCRYPT_PARAMS *parameters)
{
    uint64_t cost, block, parallel;

    if (ASN1_INTEGER_get_uint64(&cost, parameters->costParameter) != 1 ||
        ASN1_INTEGER_get_uint64(&block, parameters->blockSize) != 1 ||
        ASN1_INTEGER_get_uint64(&parallel, parameters->parallelizationParameter) != 1) {
        return status_fail(budget->malformed, "the %s's parameters of scrypt are none", budget->what);
    }
    if (EVP_PBE_scrypt_ex(NULL, 0, NULL, 0, cost, block, parallel, 0, NULL, 0, libctx_get(), NULL) != 1) {
        return status_fail(NTE_BAD_LEN,
                           "the %s wants its password hashed by scrypt with impossible numbers, or with "
                           "32 MB of memory or more",
                           budget->what);
    }
    if (cost * block * parallel > budget->iterations) {
        return status_fail(NTE_BAD_LEN, "the %s wants its password hashed by scrypt with more work than is done here",
                           budget->what);
    }
    budget->iterations -= cost * block * parallel;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS check_scrypt(struct pbe_budget *budget, const X509_ALGOR *hash)
{
    EVP_KDF *kdf = EVP_KDF_fetch(libctx_get(), "SCRYPT", NULL);
    SCRYPT_PARAMS *parameters = NULL;
    SECURITY_STATUS status;

    if (kdf == NULL) {
        return lacks(budget, "encryption", hash->algorithm);
    }
    parameters = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), hash->parameter);
    status = parameters == NULL ? malformed(budget) : count_scrypt(budget, parameters);
    SCRYPT_PARAMS_free(parameters);
    EVP_KDF_free(kdf);
    return status;
}

/* What makes a key of the password. */
static SECURITY_STATUS check_hash(struct pbe_budget *budget, const X509_ALGOR *hash)
{
    switch (OBJ_obj2nid(hash->algorithm)) {
    case NID_id_pbkdf2:
        return check_pbkdf2(budget, hash);
    case NID_id_scrypt:
        return check_scrypt(budget, hash);
    default:
        return lacks(budget, "encryption", hash->algorithm);
    }
}

static SECURITY_STATUS check_pbes2(struct pbe_budget *budget, const X509_ALGOR *encryption)
{
    PBE2PARAM *parameters = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), encryption->parameter);
    SECURITY_STATUS status;

    if (parameters == NULL) {
        return malformed(budget);
    }
    status = offers_cipher(OBJ_obj2nid(parameters->encryption->algorithm))
                 ? check_hash(budget, parameters->keyfunc)
                 : lacks(budget, "encryption", parameters->encryption->algorithm);
    PBE2PARAM_free(parameters);
    return status;
}

/* PBES1, and what PKCS #12 added to it. */
static SECURITY_STATUS check_older(struct pbe_budget *budget, const X509_ALGOR *encryption)
{
    int nid = OBJ_obj2nid(encryption->algorithm), cipher = NID_undef, digest = NID_undef;
    PBEPARAM *parameters;
    SECURITY_STATUS status;

    if (nid == NID_undef || EVP_PBE_find(EVP_PBE_TYPE_OUTER, nid, &cipher, &digest, NULL) != 1 ||
        !offers_digest(digest) || !offers_cipher(cipher)) {
        return lacks(budget, "encryption", encryption->algorithm);
    }
    parameters = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), encryption->parameter);
    if (parameters == NULL) {
        return malformed(budget);
    }
    status = count_iterations(budget, parameters->iter);
    PBEPARAM_free(parameters);
    return status;
}

SECURITY_STATUS pbe_check(struct pbe_budget *budget, const X509_ALGOR *encryption)
{
    return OBJ_obj2nid(encryption->algorithm) == NID_pbes2 ? check_pbes2(budget, encryption)
                                                           : check_older(budget, encryption);
}

SECURITY_STATUS pbe_check_digest(struct pbe_budget *budget, const X509_ALGOR *checksum, const ASN1_INTEGER *iterations)
{
    return offers_digest(OBJ_obj2nid(checksum->algorithm)) ? count_iterations(budget, iterations)
                                                           : lacks(budget, "checksum", checksum->algorithm);
}

SECURITY_STATUS pbe_password(const WCHAR *password, SECURITY_STATUS refused, char **out, size_t *size)
{
    size_t units = password == NULL ? 0 : utf16_length(password, PBE_MAX_PASSWORD + 1);
    char *text;

    if (units > PBE_MAX_PASSWORD) {
        return status_fail(refused, "the password is longer than %d characters", PBE_MAX_PASSWORD);
    }
    text = secmem_alloc(units * 3 + 1);
    if (text == NULL) {
        return status_no_memory();
    }
    if (!utf16_to_utf8(password, units, text, size)) {
        secmem_free(text);
        return status_fail(refused, "the password is no text: it has half a character");
    }
    *out = text;
    return ERROR_SUCCESS;
}

/* ---- writing keys --------------------------------------------------------------------------------------------- */

struct scheme {
    const char *oid;
    int nid;
    size_t block; /* the cipher's, to which the key is padded */
};

static const struct scheme schemes[] = {
    {"1.2.840.113549.1.5.13", NID_pbes2, 16},
    {"1.2.840.113549.1.12.1.3", NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 8},
};

struct sealing {
    const struct scheme *scheme;
    int iterations;
    uint8_t salt[PBE_MAX_SALT];
    size_t salt_size;
};

bool pbe_is_wanted(const struct parameters *list)
{
    return list != NULL && list->given & (PARAMETER_PASSWORD | PARAMETER_SCHEME | PARAMETER_SCHEME_DATA);
}

static SECURITY_STATUS find_scheme(const char *oid, const struct scheme **scheme)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (oid == NULL || strcmp(oid, schemes[i].oid) == 0) {
            *scheme = &schemes[i];
            return ERROR_SUCCESS;
        }
    }
    return status_fail(NTE_NOT_SUPPORTED, "keys cannot be encrypted by the algorithm %s", oid);
}

/* A CRYPT_PKCS12_PBE_PARAMS with the salt behind it. */
static SECURITY_STATUS read_settings(const uint8_t *data, size_t size, struct sealing *sealing)
{
    uint32_t iterations, salt_size;

    if (size < sizeof(CRYPT_PKCS12_PBE_PARAMS)) {
        return status_fail(NTE_INVALID_PARAMETER, "the algorithm's parameters have %zu bytes", size);
    }
    iterations = blob_read_u32(data);
    salt_size = blob_read_u32(data + 4);
    if (iterations == 0 || iterations > PBE_MAX_ITERATIONS) {
        return status_fail(NTE_INVALID_PARAMETER, "a password is hashed 1 to %u times, not %u", PBE_MAX_ITERATIONS,
                           (unsigned)iterations);
    }
    if (salt_size > PBE_MAX_SALT || salt_size != size - sizeof(CRYPT_PKCS12_PBE_PARAMS)) {
        return status_fail(NTE_INVALID_PARAMETER, "a salt of %u bytes does not fit parameters of %zu",
                           (unsigned)salt_size, size);
    }
    sealing->iterations = (int)iterations;
    sealing->salt_size = salt_size;
    memcpy(sealing->salt, data + sizeof(CRYPT_PKCS12_PBE_PARAMS), salt_size);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS read_list(const struct parameters *list, struct sealing *sealing)
{
    SECURITY_STATUS status;

    *sealing = (struct sealing){.iterations = PBE_ITERATIONS};
    if (list->password == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "an algorithm without a password (NCRYPTBUFFER_PKCS_SECRET)");
    }
    if (list->scheme_data != NULL && list->scheme == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "parameters without their algorithm (NCRYPTBUFFER_PKCS_ALG_OID)");
    }
    status = find_scheme(list->scheme, &sealing->scheme);
    if (status == ERROR_SUCCESS && list->scheme_data != NULL) {
        status = read_settings(list->scheme_data->pvBuffer, list->scheme_data->cbBuffer, sealing);
    }
    if (status == ERROR_SUCCESS && sealing->salt_size == 0) {
        sealing->salt_size = SALT_SIZE;
        status = libctx_random(sealing->salt, SALT_SIZE);
    }
    return status;
}

static SECURITY_STATUS make_algorithm(struct sealing *sealing, X509_ALGOR **algorithm)
{
    OSSL_LIB_CTX *ctx = libctx_get();
    EVP_CIPHER *cipher;

    if (sealing->scheme->nid != NID_pbes2) {
        *algorithm =
            PKCS5_pbe_set_ex(sealing->scheme->nid, sealing->iterations, sealing->salt, (int)sealing->salt_size, ctx);
    } else {
        cipher = EVP_CIPHER_fetch(ctx, "AES-256-CBC", NULL);
        *algorithm = cipher == NULL ? NULL
                                    : PKCS5_pbe2_set_iv_ex(cipher, sealing->iterations, sealing->salt,
                                                           (int)sealing->salt_size, NULL, NID_hmacWithSHA256, ctx);
        EVP_CIPHER_free(cipher);
    }
    return *algorithm != NULL ? ERROR_SUCCESS : status_from_openssl(NTE_FAIL, "encryption under a password");
}

/* Without the work of hashing the password. */
static SECURITY_STATUS measure(const PKCS8_PRIV_KEY_INFO *info, X509_ALGOR *algorithm, size_t block, size_t *result)
{
    X509_SIG *sealed = X509_SIG_new();
    int plain = i2d_PKCS8_PRIV_KEY_INFO(info, NULL), size = 0;
    X509_ALGOR *place = NULL;
    ASN1_OCTET_STRING *text = NULL;

    if (sealed != NULL && plain > 0) {
        X509_SIG_getm(sealed, &place, &text);
        if (X509_ALGOR_copy(place, algorithm) == 1 &&
            ASN1_OCTET_STRING_set(text, NULL, plain + (int)block - plain % (int)block) == 1) {
            size = i2d_X509_SIG(sealed, NULL);
        }
    }
    X509_SIG_free(sealed);
    *result = (size_t)size;
    return size > 0 ? ERROR_SUCCESS : status_from_openssl(NTE_FAIL, "the size of the encrypted key");
}

/* What is to be encrypted is wiped here: PKCS8_set0_pbe_ex() leaves it behind where it fails. */
static uint8_t *encrypt_bytes(const PKCS8_PRIV_KEY_INFO *info, const char *password, size_t password_size,
                              const X509_ALGOR *algorithm, int *size)
{
    uint8_t *plain = NULL, *encrypted = NULL;
    int plain_size = i2d_PKCS8_PRIV_KEY_INFO(info, &plain);

    if (plain_size > 0 && PKCS12_pbe_crypt_ex(algorithm, password, (int)password_size, plain, plain_size, &encrypted,
                                              size, 1, libctx_get(), NULL) == NULL) {
        encrypted = NULL;
    }
    if (plain != NULL) {
        OPENSSL_clear_free(plain, (size_t)plain_size);
    }
    return encrypted;
}

/* The structure around them, which takes them over if it can. */
static X509_SIG *seal(const X509_ALGOR *algorithm, uint8_t *encrypted, int size)
{
    X509_SIG *sealed = X509_SIG_new();
    X509_ALGOR *inside = NULL;
    ASN1_OCTET_STRING *content = NULL;

    if (sealed != NULL) {
        X509_SIG_getm(sealed, &inside, &content);
        if (X509_ALGOR_copy(inside, algorithm) == 1) {
            ASN1_STRING_set0(content, encrypted, size);
            return sealed;
        }
    }
    OPENSSL_free(encrypted);
    X509_SIG_free(sealed);
    return NULL;
}

static SECURITY_STATUS encrypt(const PKCS8_PRIV_KEY_INFO *info, const WCHAR *password, const X509_ALGOR *algorithm,
                               uint8_t *out, size_t expected)
{
    X509_SIG *sealed = NULL;
    uint8_t *encrypted;
    char *text = NULL;
    size_t text_size = 0;
    int size = 0;
    SECURITY_STATUS status = pbe_password(password, NTE_INVALID_PARAMETER, &text, &text_size);

    if (status == ERROR_SUCCESS) {
        encrypted = encrypt_bytes(info, text, text_size, algorithm, &size);
        sealed = encrypted == NULL ? NULL : seal(algorithm, encrypted, size);
        if (sealed == NULL) {
            status = status_from_openssl(NTE_ENCRYPTION_FAILURE, "the key cannot be encrypted");
        } else if (i2d_X509_SIG(sealed, NULL) != (int)expected || i2d_X509_SIG(sealed, &out) != (int)expected) {
            status = status_from_openssl(NTE_INTERNAL_ERROR, "the encrypted key has not the size that was expected");
        }
    }
    X509_SIG_free(sealed);
    secmem_free(text);
    return status;
}

SECURITY_STATUS pbe_write_key(const PKCS8_PRIV_KEY_INFO *info, const struct parameters *list, uint8_t *out,
                              size_t out_size, size_t *result)
{
    struct sealing sealing;
    X509_ALGOR *algorithm = NULL;
    size_t needed = 0;
    bool ready = false;
    SECURITY_STATUS status = read_list(list, &sealing);

    if (status == ERROR_SUCCESS) {
        status = make_algorithm(&sealing, &algorithm);
    }
    if (status == ERROR_SUCCESS) {
        status = measure(info, algorithm, sealing.scheme->block, &needed);
    }
    if (status == ERROR_SUCCESS) {
        status = blob_output(out, out_size, needed, result, &ready);
    }
    if (status == ERROR_SUCCESS && ready) {
        status = encrypt(info, list->password, algorithm, out, needed);
    }
    X509_ALGOR_free(algorithm);
    return status;
}
