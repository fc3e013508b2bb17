/* SPDX-License-Identifier: MIT */
#include "ncrypt/key/material.h"

#include <openssl/rand.h>
#include <stdlib.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "common/utf16.h"
#include "ncrypt/key/parameter_set.h"
#include "ncrypt/key/prepared.h"

static const struct family *family_of(const struct material *material)
{
    return algorithm_family(material->algorithm, material->curve);
}

/* Sizes that the parameter set says. */
static void wrap_set(struct material *made)
{
    made->set = parameter_set_of(made->algorithm->group, made->pkey);
    made->bits = parameter_set_bits(made->set);
    made->width = made->set->public_size;
    made->signature_size = made->algorithm->family->sign != NULL ? made->set->output_size : 0;
}

/* Takes the libcrypto object over, also when it fails. */
static SECURITY_STATUS wrap(const struct algorithm *algorithm, const struct curve *curve, EVP_PKEY *pkey,
                            bool has_private, struct material **material)
{
    const struct family *family = algorithm_family(algorithm, curve);
    struct material *made = calloc(1, sizeof *made);
    int bits;

    if (made == NULL) {
        openssl_scope_begin();
        EVP_PKEY_free(pkey);
        openssl_scope_end();
        return status_no_memory();
    }
    made->algorithm = algorithm;
    made->curve = curve;
    made->pkey = pkey;
    made->has_private = has_private;
    openssl_scope_begin();
    bits = curve != NULL ? (int)curve->bits : EVP_PKEY_get_bits(pkey); /* not known when memory was short */
    openssl_scope_end();
    if (bits <= 0) {
        material_free(made);
        return status_no_memory();
    }
    made->bits = (uint32_t)bits;
    made->width = curve != NULL ? curve->width : (made->bits + 7) / 8;
    if (family->signature_size != NULL) {
        openssl_scope_begin();
        made->signature_size = family->signature_size(pkey);
        openssl_scope_end();
    } else if (family->sign != NULL) {
        made->signature_size = curve != NULL ? 2 * made->width : made->width;
    }
    if (algorithm->takes_set) {
        wrap_set(made);
    }
    *material = made;
    return ERROR_SUCCESS;
}

/* ---- keys that are a secret ---------------------------------------------------------------------------------------
 */

/* `bytes` NULL: random ones. */
static SECURITY_STATUS make_secret(const struct algorithm *algorithm, const uint8_t *bytes, size_t size,
                                   struct material **material)
{
    struct material *made = calloc(1, sizeof *made);
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (made == NULL) {
        return status_no_memory();
    }
    made->secret = bytes != NULL ? secmem_copy(bytes, size) : secmem_alloc(size);
    if (made->secret == NULL) {
        free(made);
        return status_no_memory();
    }
    openssl_scope_begin();
    if (bytes == NULL && RAND_priv_bytes_ex(libctx_get(), made->secret, size, 0) != 1) {
        status = status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto has no random bytes");
    }
    openssl_scope_end();
    made->algorithm = algorithm;
    made->secret_size = size;
    made->has_private = true;
    made->bits = (uint32_t)size * 8;
    made->width = algorithm->block_size;
    if (status != ERROR_SUCCESS) {
        material_free(made);
        return status;
    }
    *material = made;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS load_secret(const struct components *components, bool validate, struct material **material)
{
    const struct algorithm *algorithm = components->algorithm;
    const struct component_span *secret = &components->item[COMPONENT_SECRET];

    if (secret->data == NULL || secret->size > UINT32_MAX / 8) {
        return status_fail(NTE_INVALID_PARAMETER, "the key has no secret, or one that is far too long");
    }
    if (validate && !algorithm_length_valid(algorithm, (uint32_t)secret->size * 8)) {
        return status_fail(NTE_INVALID_PARAMETER, "keys of this algorithm cannot have %zu bits", secret->size * 8);
    }
    return make_secret(algorithm, secret->data, secret->size, material);
}

static SECURITY_STATUS take_secret_apart(const struct material *material, bool with_private,
                                         struct components *components)
{
    SECURITY_STATUS status;

    if (!with_private) {
        return status_fail(NTE_BAD_TYPE, "the key is a secret and has no public half");
    }
    status = components_reserve(components, material->secret_size);
    return status != ERROR_SUCCESS
               ? status
               : components_add_copy(components, COMPONENT_SECRET, material->secret, material->secret_size);
}

/* ---- all keys -----------------------------------------------------------------------------------------------------
 */

/* The curve an algorithm is bound to, or the given one for the generic names; NULL for keys without a curve. */
static SECURITY_STATUS settle_curve(const struct algorithm *algorithm, const struct curve **curve)
{
    if (algorithm->curve_name != NULL) {
        const struct curve *bound = curve_by_name(algorithm->curve_name);

        if (*curve != NULL && *curve != bound) {
            return status_fail(NTE_INVALID_PARAMETER, "the algorithm's curve is another one");
        }
        *curve = bound;
    } else if (algorithm->takes_curve && *curve == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "no curve has been chosen");
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS generate(const struct algorithm *algorithm, const struct curve *curve, uint32_t bits,
                                struct material **material)
{
    EVP_PKEY *pkey = NULL;
    SECURITY_STATUS status;

    if (algorithm->family->holds_secret) {
        return make_secret(algorithm, NULL, bits / 8, material);
    }
    openssl_scope_begin();
    status = algorithm_family(algorithm, curve)->generate(algorithm, curve, bits, &pkey);
    openssl_scope_end();
    return status != ERROR_SUCCESS ? status : wrap(algorithm, curve, pkey, true, material);
}

SECURITY_STATUS material_generate(const struct algorithm *algorithm, const struct curve *curve, uint32_t bits,
                                  struct material **material)
{
    SECURITY_STATUS status = settle_curve(algorithm, &curve);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (bits == 0) {
        bits = curve != NULL ? curve->bits : algorithm->lengths.dwDefaultLength;
    }
    if (curve != NULL ? bits != curve->bits : !algorithm_length_valid(algorithm, bits)) {
        return status_fail(NTE_INVALID_PARAMETER, "keys of this algorithm cannot have %u bits", bits);
    }
    return generate(algorithm, curve, bits, material);
}

SECURITY_STATUS material_generate_in(const struct components *group, bool validate, struct material **material)
{
    const struct algorithm *algorithm = group->algorithm;
    EVP_PKEY *pkey = NULL;
    SECURITY_STATUS status;

    if (algorithm->family->generate_in == NULL) {
        return status_fail(NTE_NOT_SUPPORTED, "keys of this algorithm have no parameters");
    }
    openssl_scope_begin();
    status = algorithm->family->generate_in(group, validate, &pkey);
    openssl_scope_end();
    return status != ERROR_SUCCESS ? status : wrap(algorithm, NULL, pkey, true, material);
}

bool material_capi_length_valid(uint32_t bits)
{
    const NCRYPT_SUPPORTED_LENGTHS *lengths = &algorithm_by_name(NCRYPT_RSA_ALGORITHM)->lengths;

    return bits >= lengths->dwMinLength && bits <= lengths->dwMaxLength && bits % 8 == 0;
}

SECURITY_STATUS material_generate_capi(uint32_t bits, struct material **material)
{
    if (!material_capi_length_valid(bits)) {
        return status_fail(NTE_INVALID_PARAMETER, "RSA keys of %u bits cannot be generated", bits);
    }
    return generate(algorithm_by_name(NCRYPT_RSA_ALGORITHM), NULL, bits, material);
}

SECURITY_STATUS material_load(const struct components *components, bool validate, struct material **material)
{
    const struct algorithm *algorithm = components->algorithm;
    struct components settled = *components; /* the numbers stay the caller's */
    EVP_PKEY *pkey = NULL;
    SECURITY_STATUS status;

    if (algorithm == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the algorithm of the key is not known");
    }
    if (algorithm->family->holds_secret) {
        return load_secret(components, validate, material);
    }
    status = settle_curve(algorithm, &settled.curve);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    openssl_scope_begin();
    status = algorithm_family(algorithm, settled.curve)->load(&settled, validate, &pkey);
    openssl_scope_end();
    if (status != ERROR_SUCCESS) {
        return status;
    }
    return wrap(algorithm, settled.curve, pkey, components_private(components), material);
}

SECURITY_STATUS material_take_apart(const struct material *material, bool with_private, struct components *components)
{
    SECURITY_STATUS status;

    if (with_private && !material->has_private) {
        return status_fail(NTE_BAD_TYPE, "the key is a public key");
    }
    if (material->algorithm->family->holds_secret) {
        status = take_secret_apart(material, with_private, components);
    } else {
        openssl_scope_begin();
        status = family_of(material)->take_apart(material, with_private, components);
        openssl_scope_end();
    }
    if (status == ERROR_SUCCESS) {
        components->algorithm = material->algorithm;
        components->curve = material->curve;
        components->set = material->set;
    } else {
        components_clear(components);
    }
    return status;
}

/* Exactly one of the paddings the family knows, or none where it knows none or needs none. */
static SECURITY_STATUS check_flags(const struct family *family, uint32_t flags, uint32_t known)
{
    if ((flags & ~known) != 0 || (flags & (flags - 1)) != 0) {
        return status_fail(NTE_BAD_FLAGS, "the flags 0x%X are not one padding of this key's operation", flags);
    }
    if (flags == 0 && known != 0 && !family->padding_optional) {
        return status_fail(NTE_INVALID_PARAMETER, "this operation of the key needs a padding flag");
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS check_private(const struct material *material)
{
    return material->has_private ? ERROR_SUCCESS
                                 : status_fail(NTE_NOT_SUPPORTED, "a public key cannot do what the private one does");
}

static SECURITY_STATUS check_operation(bool has_operation)
{
    return has_operation ? ERROR_SUCCESS : status_fail(NTE_NOT_SUPPORTED, "keys of this algorithm cannot do this");
}

SECURITY_STATUS material_sign(struct material *material, const void *padding, uint32_t flags, const uint8_t *hash,
                              uint32_t hash_size, uint8_t *out, uint32_t out_size, uint32_t *result)
{
    const struct family *family = family_of(material);
    SECURITY_STATUS status = check_operation(family->sign != NULL);

    if (status == ERROR_SUCCESS) {
        status = check_flags(family, flags, family->signature_flags);
    }
    if (status == ERROR_SUCCESS) {
        status = check_private(material);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (out == NULL) {
        *result = material->signature_size;
        return ERROR_SUCCESS;
    }
    if (hash_size == 0) {
        return status_fail(NTE_INVALID_PARAMETER, "the %s is empty",
                           material->algorithm->takes_set ? "message" : "hash");
    }
    if (out_size < material->signature_size) {
        *result = material->signature_size;
        return status_fail(NTE_BUFFER_TOO_SMALL, "the signature has %u bytes", material->signature_size);
    }
    openssl_scope_begin();
    status = family->sign(material, padding, flags, hash, hash_size, out, out_size, result);
    openssl_scope_end();
    return status;
}

SECURITY_STATUS material_verify(struct material *material, const void *padding, uint32_t flags, const uint8_t *hash,
                                uint32_t hash_size, const uint8_t *signature, uint32_t signature_size)
{
    const struct family *family = family_of(material);
    SECURITY_STATUS status = check_operation(family->verify != NULL);

    if (status == ERROR_SUCCESS) {
        status = check_flags(family, flags, family->signature_flags);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (hash_size == 0 || signature_size == 0) {
        return status_fail(NTE_INVALID_PARAMETER, "the %s is empty", hash_size == 0 ? "hash" : "signature");
    }
    openssl_scope_begin();
    status = family->verify(material, padding, flags, hash, hash_size, signature, signature_size);
    openssl_scope_end();
    return status;
}

SECURITY_STATUS material_encrypt(struct material *material, const void *padding, uint32_t flags, const uint8_t *in,
                                 uint32_t in_size, uint8_t *out, uint32_t out_size, uint32_t *result)
{
    const struct family *family = family_of(material);
    SECURITY_STATUS status = check_operation(family->encrypt != NULL);

    if (status == ERROR_SUCCESS) {
        status = check_flags(family, flags, family->cipher_flags);
    }
    if (status == ERROR_SUCCESS) {
        openssl_scope_begin();
        status = family->encrypt(material, padding, flags, in, in_size, out, out_size, result);
        openssl_scope_end();
    }
    return status;
}

SECURITY_STATUS material_decrypt(struct material *material, const void *padding, uint32_t flags, const uint8_t *in,
                                 uint32_t in_size, uint8_t *out, uint32_t out_size, uint32_t *result)
{
    const struct family *family = family_of(material);
    SECURITY_STATUS status = check_operation(family->decrypt != NULL);

    if (status == ERROR_SUCCESS) {
        status = check_flags(family, flags, family->cipher_flags);
    }
    if (status == ERROR_SUCCESS) {
        status = check_private(material);
    }
    if (status == ERROR_SUCCESS) {
        openssl_scope_begin();
        status = family->decrypt(material, padding, flags, in, in_size, out, out_size, result);
        openssl_scope_end();
    }
    return status;
}

SECURITY_STATUS material_agree(struct material *material, const struct material *peer, uint8_t *out)
{
    const struct algorithm *algorithm = material->algorithm;
    SECURITY_STATUS status = check_operation((algorithm->operations & NCRYPT_SECRET_AGREEMENT_OPERATION) != 0);

    if (status == ERROR_SUCCESS) {
        status = check_private(material);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (!utf16_equal(peer->algorithm->group, algorithm->group) || peer->curve != material->curve) {
        return status_fail(NTE_INVALID_PARAMETER, "the peer's key is not of the same algorithm and curve");
    }
    openssl_scope_begin();
    status = family_of(material)->agree(material, peer, out);
    openssl_scope_end();
    return status;
}

SECURITY_STATUS material_encapsulate(const struct material *material, uint8_t *secret, uint32_t secret_room,
                                     uint32_t *secret_size, uint8_t *ciphertext, uint32_t ciphertext_room,
                                     uint32_t *ciphertext_size)
{
    const struct family *family = material->algorithm->family;
    SECURITY_STATUS status = check_operation(family->encapsulate != NULL);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if ((secret == NULL) != (ciphertext == NULL)) {
        return status_fail(NTE_INVALID_PARAMETER, "one of the two outputs is NULL");
    }
    *secret_size = PARAMETER_SET_SHARED_SIZE;
    *ciphertext_size = material->set->output_size;
    if (secret == NULL) {
        return ERROR_SUCCESS;
    }
    if (secret_room < *secret_size || ciphertext_room < *ciphertext_size) {
        return status_fail(NTE_BUFFER_TOO_SMALL, "the secret has %u bytes, the ciphertext %u", *secret_size,
                           *ciphertext_size);
    }
    openssl_scope_begin();
    status = family->encapsulate(material, secret, ciphertext);
    openssl_scope_end();
    return status;
}

SECURITY_STATUS material_decapsulate(const struct material *material, const uint8_t *ciphertext,
                                     uint32_t ciphertext_size, uint8_t *secret, uint32_t secret_room,
                                     uint32_t *secret_size)
{
    const struct family *family = material->algorithm->family;
    SECURITY_STATUS status = check_operation(family->decapsulate != NULL);

    if (status == ERROR_SUCCESS) {
        status = check_private(material);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    *secret_size = PARAMETER_SET_SHARED_SIZE;
    if (secret == NULL) {
        return ERROR_SUCCESS;
    }
    if (ciphertext_size != material->set->output_size) {
        return status_fail(NTE_INVALID_PARAMETER, "the ciphertext has %u bytes, those of this key have %u",
                           ciphertext_size, material->set->output_size);
    }
    if (secret_room < *secret_size) {
        return status_fail(NTE_BUFFER_TOO_SMALL, "the secret has %u bytes", *secret_size);
    }
    openssl_scope_begin();
    status = family->decapsulate(material, ciphertext, secret);
    openssl_scope_end();
    return status;
}

void material_free(struct material *material)
{
    if (material != NULL) {
        openssl_scope_begin(); /* freeing takes libcrypto's locks, too */
        prepared_free(material->prepared);
        EVP_PKEY_free(material->pkey);
        openssl_scope_end();
        secmem_free(material->secret);
        free(material);
    }
}
