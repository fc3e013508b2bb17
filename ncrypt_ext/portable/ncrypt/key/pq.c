/* SPDX-License-Identifier: MIT
 *
 * ML-DSA and ML-KEM keys. What is kept of a private key is its seed, from which libcrypto expands the rest, or the
 * expanded form where the key came in that form. Nothing here needs a newer libcrypto to be compiled: whether it has
 * such keys is found out at run time.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "common/utf16.h"
#include "ncrypt/key/material.h"
#include "ncrypt/key/pq.h"

/* Names of libcrypto 3.5, which headers of 3.0 do not have. */
#define PARAM_SEED     "seed"
#define PARAM_CONTEXT  "context-string"
#define PARAM_ENCODING "message-encoding"

/* ---- failures that libcrypto does not return --------------------------------------------------------------------- */

/* libcrypto 3.5 goes on where memory was too short for a hash in the middle: with whatever lies in the memory it signs,
 * which gives the key away, finds a wrong signature right, and gives a secret that is not the one. But it has noted the
 * error, so a success with one is none. If the host has left errors behind, a mark of ours stands after them. */

#define OWN_MARK 17

static bool is_quiet(void)
{
    unsigned long error = ERR_peek_last_error();

    return error == 0 || (ERR_GET_LIB(error) == ERR_LIB_USER && ERR_GET_REASON(error) == OWN_MARK);
}

static void watch(void)
{
    if (ERR_peek_last_error() != 0) {
        ERR_new();
        ERR_set_error(ERR_LIB_USER, OWN_MARK, NULL);
    }
}

/* What libcrypto said, since watch(). */
static SECURITY_STATUS judge(bool good, SECURITY_STATUS fallback, const char *what)
{
    if (good && is_quiet()) {
        return ERROR_SUCCESS;
    }
    return status_from_openssl(good ? NTE_INTERNAL_ERROR : fallback, what);
}

/* ---- keys -------------------------------------------------------------------------------------------------------- */

/* A key that was made, unless libcrypto has noted an error. */
static SECURITY_STATUS keep_whole(SECURITY_STATUS status, EVP_PKEY **pkey)
{
    if (status == ERROR_SUCCESS) {
        status = judge(true, NTE_INTERNAL_ERROR, "libcrypto has not made the whole key");
        if (status != ERROR_SUCCESS) {
            EVP_PKEY_free(*pkey);
            *pkey = NULL;
        }
    }
    return status;
}

static SECURITY_STATUS generate(const struct algorithm *algorithm, const struct curve *curve, uint32_t bits,
                                EVP_PKEY **pkey)
{
    const struct parameter_set *set = parameter_set_by_bits(algorithm->group, bits);
    EVP_PKEY_CTX *ctx;

    (void)curve;
    if (set == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the parameter set has not been chosen");
    }
    ctx = EVP_PKEY_CTX_new_from_name(libctx_get(), pkey_type_name(set->type), NULL);
    if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1) {
        EVP_PKEY_CTX_free(ctx);
        return status_from_openssl(NTE_NOT_SUPPORTED, "libcrypto cannot generate such keys");
    }
    watch();
    return keep_whole(pkey_generate(ctx, pkey), pkey);
}

static SECURITY_STATUS check_sizes(const struct components *components)
{
    static const enum component parts[] = {COMPONENT_PQ_PUBLIC, COMPONENT_PQ_PRIVATE, COMPONENT_PQ_SEED};
    const struct parameter_set *set = components->set;
    bool any = false;

    if (set == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the parameter set of the key is not known");
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const size_t sizes[] = {set->public_size, set->private_size, set->seed_size};
        const struct component_span *item = &components->item[parts[i]];

        if (item->data != NULL && item->size != sizes[i]) {
            return status_fail(NTE_INVALID_PARAMETER, "a part of the key has %zu bytes, not %zu", item->size, sizes[i]);
        }
        any = any || item->data != NULL;
    }
    return any ? ERROR_SUCCESS : status_fail(NTE_INVALID_PARAMETER, "nothing of the key is there");
}

/* Of the private forms one is taken, the seed first. libcrypto checks what can be: the numbers of a public key, and the
 * hashes in an expanded one. */
static SECURITY_STATUS load(const struct components *components, bool validate, EVP_PKEY **pkey)
{
    const struct component_span *item = components->item;
    struct pkey_builder builder;
    bool is_private = components_private(components);
    SECURITY_STATUS status = check_sizes(components);

    (void)validate;
    if (status != ERROR_SUCCESS) {
        return status;
    }
    watch();
    pkey_builder_init(&builder, NULL);
    if (item[COMPONENT_PQ_SEED].data != NULL) {
        pkey_builder_bytes(&builder, PARAM_SEED, item[COMPONENT_PQ_SEED].data, item[COMPONENT_PQ_SEED].size);
    } else if (is_private) {
        pkey_builder_bytes(&builder, OSSL_PKEY_PARAM_PRIV_KEY, item[COMPONENT_PQ_PRIVATE].data,
                           item[COMPONENT_PQ_PRIVATE].size);
    } else {
        pkey_builder_bytes(&builder, OSSL_PKEY_PARAM_PUB_KEY, item[COMPONENT_PQ_PUBLIC].data,
                           item[COMPONENT_PQ_PUBLIC].size);
    }
    status =
        pkey_builder_finish(&builder, components->set->type, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, pkey);
    return keep_whole(status, pkey);
}

/* A part of the key of exactly that size; `*there` tells whether libcrypto has it. */
static SECURITY_STATUS take(const EVP_PKEY *pkey, const char *name, struct components *components, enum component which,
                            size_t size, bool *there)
{
    uint8_t *place;
    size_t given = 0;

    *there = EVP_PKEY_get_octet_string_param(pkey, name, NULL, 0, &given) == 1 && given != 0;
    if (!*there) {
        return ERROR_SUCCESS;
    }
    place = components_add(components, which, size);
    if (place == NULL || given != size || EVP_PKEY_get_octet_string_param(pkey, name, place, size, &given) != 1 ||
        given != size) {
        return status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto does not give a part of the key");
    }
    return ERROR_SUCCESS;
}

/* The public key, and of a private one the seed or, where there is none, the expanded form. */
static SECURITY_STATUS take_apart(const struct material *material, bool with_private, struct components *components)
{
    const EVP_PKEY *pkey = material->pkey;
    const struct parameter_set *set = material->set;
    bool there = false;
    SECURITY_STATUS status =
        components_reserve(components, set->public_size + (with_private ? set->private_size + set->seed_size : 0));

    if (status == ERROR_SUCCESS) {
        status = take(pkey, OSSL_PKEY_PARAM_PUB_KEY, components, COMPONENT_PQ_PUBLIC, set->public_size, &there);
    }
    if (status == ERROR_SUCCESS && with_private) {
        status = take(pkey, PARAM_SEED, components, COMPONENT_PQ_SEED, set->seed_size, &there);
    }
    if (status == ERROR_SUCCESS && with_private && !there) {
        status = take(pkey, OSSL_PKEY_PARAM_PRIV_KEY, components, COMPONENT_PQ_PRIVATE, set->private_size, &there);
    }
    if (status == ERROR_SUCCESS && !there) {
        status = status_fail(NTE_INTERNAL_ERROR, "libcrypto does not give a part of the key");
    }
    return status;
}

SECURITY_STATUS pq_expand(const struct components *components, uint8_t *out)
{
    size_t size = 0;
    EVP_PKEY *pkey = NULL;
    SECURITY_STATUS status;

    openssl_scope_begin();
    status = load(components, false, &pkey);
    if (status == ERROR_SUCCESS && (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, out,
                                                                    components->set->private_size, &size) != 1 ||
                                    size != components->set->private_size)) {
        status = status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto does not expand the key");
    }
    EVP_PKEY_free(pkey);
    openssl_scope_end();
    return status;
}

/* ---- ML-DSA ------------------------------------------------------------------------------------------------------ */

#define MAX_CONTEXT 255
#define MAX_DIGEST  64

/* The object identifiers of the hashes differ in their last byte: 2.16.840.1.101.3.4.2.x. */
#define OID_HEAD 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02
#define OID_SIZE 11

static const struct prehash {
    const WCHAR *name;
    uint8_t oid[OID_SIZE];
    uint32_t size; /* of the digest */
} prehashes[] = {
    {BCRYPT_SHA256_ALGORITHM, {OID_HEAD, 0x01}, 32},   {BCRYPT_SHA384_ALGORITHM, {OID_HEAD, 0x02}, 48},
    {BCRYPT_SHA512_ALGORITHM, {OID_HEAD, 0x03}, 64},   {BCRYPT_SHA3_256_ALGORITHM, {OID_HEAD, 0x08}, 32},
    {BCRYPT_SHA3_384_ALGORITHM, {OID_HEAD, 0x09}, 48}, {BCRYPT_SHA3_512_ALGORITHM, {OID_HEAD, 0x0A}, 64},
    {BCRYPT_SHAKE128_ALGORITHM, {OID_HEAD, 0x0B}, 32}, {BCRYPT_SHAKE256_ALGORITHM, {OID_HEAD, 0x0C}, 64},
};

/* What a call wants signed, as libcrypto is to be told. */
struct message {
    const uint8_t *data;
    size_t size;
    const uint8_t *context; /* of a pure signature */
    size_t context_size;
    int encoding; /* of libcrypto's: 1 it prepends the context to the message, 0 the message has what it needs */
    uint8_t framed[2 + MAX_CONTEXT + OID_SIZE + MAX_DIGEST];
};

static SECURITY_STATUS find_prehash(const WCHAR *name, uint32_t hash_size, const struct prehash **prehash)
{
    char text[64];

    for (size_t i = 0; i < sizeof prehashes / sizeof prehashes[0]; i++) {
        if (utf16_equal(name, prehashes[i].name)) {
            *prehash = &prehashes[i];
            return hash_size == prehashes[i].size
                       ? ERROR_SUCCESS
                       : status_fail(NTE_INVALID_PARAMETER, "the hash has %u bytes, its algorithm gives %u",
                                     (unsigned)hash_size, (unsigned)prehashes[i].size);
        }
    }
    return status_fail(NTE_INVALID_PARAMETER, "the padding structure names an unknown hash: %s",
                       utf16_printable(name, text, sizeof text));
}

/* FIPS 204, 5.4: what HashML-DSA signs is 1, the context with its length, the hash's identifier and the digest. */
static void frame(const struct prehash *prehash, const uint8_t *hash, struct message *message)
{
    uint8_t *next = message->framed;

    *next++ = 1;
    *next++ = (uint8_t)message->context_size;
    if (message->context_size > 0) {
        memcpy(next, message->context, message->context_size);
        next += message->context_size;
    }
    memcpy(next, prehash->oid, OID_SIZE);
    next += OID_SIZE;
    memcpy(next, hash, prehash->size);
    next += prehash->size;
    message->data = message->framed;
    message->size = (size_t)(next - message->framed);
    message->encoding = 0;
}

static SECURITY_STATUS read_padding(const BCRYPT_PQDSA_PADDING_INFO *info, uint32_t flags, const uint8_t *hash,
                                    uint32_t hash_size, struct message *message)
{
    const struct prehash *prehash = NULL;
    SECURITY_STATUS status;

    message->data = hash;
    message->size = hash_size;
    message->context = NULL;
    message->context_size = 0;
    message->encoding = 1;
    if ((flags != 0) != (info != NULL)) {
        return status_fail(NTE_INVALID_PARAMETER,
                           flags != 0 ? "the padding structure is missing" : "a padding structure without its flag");
    }
    if (info == NULL) {
        return ERROR_SUCCESS;
    }
    if (info->cbCtx > MAX_CONTEXT || (info->pbCtx == NULL && info->cbCtx != 0)) {
        return status_fail(NTE_INVALID_PARAMETER, "the context has %u bytes: up to 255 are possible, at an address",
                           (unsigned)info->cbCtx);
    }
    if (info->cbCtx > 0) {
        message->context = info->pbCtx;
        message->context_size = info->cbCtx;
    }
    if (info->pszPrehashAlgId == NULL) {
        return ERROR_SUCCESS;
    }
    status = find_prehash(info->pszPrehashAlgId, hash_size, &prehash);
    if (status == ERROR_SUCCESS) {
        frame(prehash, hash, message);
    }
    return status;
}

/* EVP_DigestSignInit_ex() or EVP_DigestVerifyInit_ex(). */
typedef int (*start_function)(EVP_MD_CTX *ctx, EVP_PKEY_CTX **key_ctx, const char *md, OSSL_LIB_CTX *libctx,
                              const char *properties, EVP_PKEY *pkey, const OSSL_PARAM *list);

/* A context for one signature. */
static SECURITY_STATUS begin(const struct material *material, struct message *message, start_function start,
                             EVP_MD_CTX **ctx)
{
    OSSL_PARAM list[3], *next = list;
    EVP_MD_CTX *made = EVP_MD_CTX_new();

    *next++ = OSSL_PARAM_construct_int(PARAM_ENCODING, &message->encoding);
    if (message->encoding == 1 && message->context_size > 0) {
        *next++ = OSSL_PARAM_construct_octet_string(PARAM_CONTEXT, (void *)(uintptr_t)message->context,
                                                    message->context_size);
    }
    *next = OSSL_PARAM_construct_end();
    if (made == NULL || start(made, NULL, NULL, libctx_get(), NULL, material->pkey, list) != 1) {
        EVP_MD_CTX_free(made);
        return status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto cannot use the key");
    }
    *ctx = made;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS sign(struct material *material, const void *padding, uint32_t flags, const uint8_t *hash,
                            uint32_t hash_size, uint8_t *out, uint32_t out_size, uint32_t *result)
{
    size_t size = out_size;
    struct message message;
    EVP_MD_CTX *ctx = NULL;
    SECURITY_STATUS status = read_padding(padding, flags, hash, hash_size, &message);
    int good;

    if (status == ERROR_SUCCESS) {
        status = begin(material, &message, EVP_DigestSignInit_ex, &ctx);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    watch();
    good = EVP_DigestSign(ctx, out, &size, message.data, message.size);
    status = judge(good == 1, NTE_FAIL, "libcrypto cannot sign");
    if (status == ERROR_SUCCESS) {
        *result = (uint32_t)size;
    } else {
        OPENSSL_cleanse(out, out_size);
    }
    EVP_MD_CTX_free(ctx);
    return status;
}

static SECURITY_STATUS verify(struct material *material, const void *padding, uint32_t flags, const uint8_t *hash,
                              uint32_t hash_size, const uint8_t *signature, uint32_t signature_size)
{
    struct message message;
    EVP_MD_CTX *ctx = NULL;
    SECURITY_STATUS status = read_padding(padding, flags, hash, hash_size, &message);
    int good;

    if (status == ERROR_SUCCESS && signature_size != material->signature_size) {
        return status_fail(NTE_BAD_SIGNATURE, "the signature has %u bytes, those of this key have %u", signature_size,
                           material->signature_size);
    }
    if (status == ERROR_SUCCESS) {
        status = begin(material, &message, EVP_DigestVerifyInit_ex, &ctx);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    watch();
    good = EVP_DigestVerify(ctx, signature, signature_size, message.data, message.size);
    status = judge(good == 1, NTE_BAD_SIGNATURE, "the signature does not fit the message and the key");
    EVP_MD_CTX_free(ctx);
    return status;
}

const struct family family_mldsa = {
    .generate = generate,
    .load = load,
    .take_apart = take_apart,
    .sign = sign,
    .verify = verify,
    .signature_flags = BCRYPT_PAD_PQDSA,
    .padding_optional = true,
};

/* ---- ML-KEM ------------------------------------------------------------------------------------------------------ */

static SECURITY_STATUS kem_context(const struct material *material, int (*start)(EVP_PKEY_CTX *, const OSSL_PARAM *),
                                   EVP_PKEY_CTX **ctx)
{
    EVP_PKEY_CTX *made = EVP_PKEY_CTX_new_from_pkey(libctx_get(), material->pkey, NULL);

    if (made == NULL || start(made, NULL) != 1) {
        EVP_PKEY_CTX_free(made);
        return status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto cannot use the key");
    }
    *ctx = made;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS encapsulate(const struct material *material, uint8_t *secret, uint8_t *ciphertext)
{
    size_t secret_size = PARAMETER_SET_SHARED_SIZE, size = material->set->output_size;
    EVP_PKEY_CTX *ctx = NULL;
    SECURITY_STATUS status = kem_context(material, EVP_PKEY_encapsulate_init, &ctx);
    int good;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    watch();
    good = EVP_PKEY_encapsulate(ctx, ciphertext, &size, secret, &secret_size);
    status = judge(good == 1, NTE_FAIL, "libcrypto cannot encapsulate");
    if (status != ERROR_SUCCESS) {
        OPENSSL_cleanse(secret, PARAMETER_SET_SHARED_SIZE);
    }
    EVP_PKEY_CTX_free(ctx);
    return status;
}

static SECURITY_STATUS decapsulate(const struct material *material, const uint8_t *ciphertext, uint8_t *secret)
{
    size_t secret_size = PARAMETER_SET_SHARED_SIZE;
    EVP_PKEY_CTX *ctx = NULL;
    SECURITY_STATUS status = kem_context(material, EVP_PKEY_decapsulate_init, &ctx);
    int good;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    watch();
    good = EVP_PKEY_decapsulate(ctx, secret, &secret_size, ciphertext, material->set->output_size);
    status = judge(good == 1, NTE_FAIL, "libcrypto cannot decapsulate");
    if (status != ERROR_SUCCESS) {
        OPENSSL_cleanse(secret, PARAMETER_SET_SHARED_SIZE);
    }
    EVP_PKEY_CTX_free(ctx);
    return status;
}

const struct family family_mlkem = {
    .generate = generate,
    .load = load,
    .take_apart = take_apart,
    .encapsulate = encapsulate,
    .decapsulate = decapsulate,
};
