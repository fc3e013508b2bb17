/* SPDX-License-Identifier: MIT */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dsa.h>

#include "common/libctx.h"
#include "ncrypt/key/dl.h"
#include "ncrypt/key/ecdsa_der.h"
#include "ncrypt/key/prepared.h"

/* Short moduli have parameters of FIPS 186-2: the old kind of blobs has room for those. */
static SECURITY_STATUS generate_group(uint32_t bits, EVP_PKEY **group)
{
    OSSL_LIB_CTX *libctx = libctx_get();
    bool old = bits <= DL_OLD_DSA_BITS;
    EVP_PKEY_CTX *ctx = libctx == NULL ? NULL : EVP_PKEY_CTX_new_from_name(libctx, "DSA", NULL);

    if (ctx == NULL || EVP_PKEY_paramgen_init(ctx) != 1 ||
        EVP_PKEY_CTX_set_dsa_paramgen_type(ctx, old ? "fips186_2" : "fips186_4") != 1 ||
        EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, (int)bits) != 1 ||
        EVP_PKEY_CTX_set_dsa_paramgen_q_bits(ctx, old ? 160 : 256) != 1) {
        EVP_PKEY_CTX_free(ctx);
        return status_from_openssl(NTE_FAIL, "libcrypto cannot generate DSA parameters");
    }
    return pkey_generate(ctx, group);
}

static SECURITY_STATUS generate(const struct algorithm *algorithm, const struct curve *curve, uint32_t bits,
                                EVP_PKEY **pkey)
{
    EVP_PKEY *made = NULL;
    struct components group;
    SECURITY_STATUS status = generate_group(bits, &made);

    (void)curve;
    if (status == ERROR_SUCCESS) {
        status = dl_take_group(made, algorithm, &group);
    }
    EVP_PKEY_free(made);
    if (status == ERROR_SUCCESS) {
        status = dl_generate_in(&group, false, pkey);
        components_clear(&group);
    }
    return status;
}

/* ---- signatures ----------------------------------------------------------------------------------------------- */

static uint32_t signature_size(const EVP_PKEY *pkey)
{
    BIGNUM *q = NULL;
    uint32_t size = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_FFC_Q, &q) == 1 ? 2 * (uint32_t)BN_num_bytes(q) : 0;

    BN_free(q);
    return size;
}

static const struct prepared_use use_sign = {PREPARED_SIGN, 0, NULL, 0};
static const struct prepared_use use_verify = {PREPARED_VERIFY, 0, NULL, 0};

/* CNG neither cuts nor fills hashes up: they are as long as Q. */
static SECURITY_STATUS check_input(const struct material *material, const void *padding, uint32_t hash_size)
{
    if (padding != NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "DSA has no padding structure");
    }
    if (hash_size != material->signature_size / 2) {
        return status_fail(NTE_INVALID_PARAMETER, "the hash has %u bytes: with this DSA key it has to have %u",
                           hash_size, material->signature_size / 2);
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS sign(struct material *material, const void *padding, uint32_t flags, const uint8_t *hash,
                            uint32_t hash_size, uint8_t *out, uint32_t out_size, uint32_t *result)
{
    uint8_t der[ECDSA_MAX_DER];
    size_t size = sizeof der;
    EVP_PKEY_CTX *ctx;
    SECURITY_STATUS status = check_input(material, padding, hash_size);

    (void)flags;
    (void)out_size;
    if (status == ERROR_SUCCESS) {
        status = prepared_context(material, &use_sign, NULL, &ctx);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (EVP_PKEY_sign(ctx, der, &size, hash, hash_size) != 1) {
        status = status_from_openssl(NTE_FAIL, "libcrypto cannot sign");
    } else if (!ecdsa_der_to_raw(der, size, out, material->signature_size / 2)) {
        status = status_fail(NTE_INTERNAL_ERROR, "libcrypto's signature is not understood");
    } else {
        *result = material->signature_size;
    }
    prepared_return(material, &use_sign, ctx, status == ERROR_SUCCESS);
    return status;
}

static SECURITY_STATUS verify(struct material *material, const void *padding, uint32_t flags, const uint8_t *hash,
                              uint32_t hash_size, const uint8_t *signature, uint32_t size)
{
    uint8_t der[ECDSA_MAX_DER];
    EVP_PKEY_CTX *ctx;
    SECURITY_STATUS status = check_input(material, padding, hash_size);

    (void)flags;
    if (status == ERROR_SUCCESS && size != material->signature_size) {
        status = status_fail(NTE_BAD_SIGNATURE, "the signature has %u bytes, those of this key have %u", size,
                             material->signature_size);
    }
    if (status == ERROR_SUCCESS) {
        status = prepared_context(material, &use_verify, NULL, &ctx);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (EVP_PKEY_verify(ctx, der, ecdsa_raw_to_der(signature, size / 2, der), hash, hash_size) != 1) {
        status = status_from_openssl(NTE_BAD_SIGNATURE, "the signature does not fit the hash and the key");
    }
    prepared_return(material, &use_verify, ctx, status == ERROR_SUCCESS);
    return status;
}

const struct family family_dsa = {
    .generate = generate,
    .generate_in = dl_generate_in,
    .load = dl_load,
    .take_apart = dl_take_apart,
    .sign = sign,
    .verify = verify,
    .signature_size = signature_size,
};
