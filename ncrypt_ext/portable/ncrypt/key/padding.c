/* SPDX-License-Identifier: MIT */
#include "ncrypt/key/padding.h"

#include <openssl/rsa.h>

#include "common/libctx.h"
#include "common/utf16.h"

#define PKCS1_OVERHEAD 11 /* 00, type, at least eight bytes, 00 */
#define OAEP_OVERHEAD  2  /* 00 before the masked seed, 01 before the message; and two hashes */
#define PSS_OVERHEAD   2  /* 01 before the salt, BC at the end; and the hash */

/* The longest DigestInfo prefix of the hashes we know, in bytes. */
#define DIGEST_INFO_MAX 19

static SECURITY_STATUS named_digest(const WCHAR *name, const EVP_MD **md)
{
    char text[64];

    if (name == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the padding structure names no hash");
    }
    *md = libctx_digest(name);
    if (*md == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the padding structure names an unknown hash: %s",
                           utf16_printable(name, text, sizeof text));
    }
    return ERROR_SUCCESS;
}

static uint32_t digest_info_size(const EVP_MD *md)
{
    if (EVP_MD_is_a(md, "SHA1")) {
        return 15;
    }
    return EVP_MD_is_a(md, "MD5") ? 18 : DIGEST_INFO_MAX;
}

static SECURITY_STATUS check_hash_size(const EVP_MD *md, uint32_t hash_size)
{
    if (md != NULL && hash_size != (uint32_t)EVP_MD_get_size(md)) {
        return status_fail(NTE_INVALID_PARAMETER, "the hash has %u bytes, its algorithm gives %d", hash_size,
                           EVP_MD_get_size(md));
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS check_pkcs1_room(const struct material *material, const EVP_MD *md, uint32_t hash_size)
{
    uint32_t room = material->width - PKCS1_OVERHEAD; /* keys have 48 bytes at least */

    /* The first test spares the usual case the look at names. */
    if (md != NULL && hash_size + DIGEST_INFO_MAX > room && hash_size + digest_info_size(md) > room) {
        return status_fail(NTE_INVALID_PARAMETER, "the key is too short for this hash");
    }
    if (md == NULL && hash_size > room) {
        return status_fail(NTE_INVALID_PARAMETER, "%u bytes are too many for this key and padding", hash_size);
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS check_pss_room(const struct material *material, uint32_t hash_size, uint32_t salt)
{
    uint32_t encoded = (material->bits - 1 + 7) / 8;

    if ((uint64_t)hash_size + salt + PSS_OVERHEAD > encoded) {
        return status_fail(NTE_INVALID_PARAMETER, "a salt of %u bytes does not fit this key and hash", salt);
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS padding_for_signature(const struct material *material, enum prepared_operation operation,
                                      const void *info, uint32_t flags, uint32_t hash_size, struct padding *padding)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    const EVP_MD *md = NULL;
    uint32_t salt = 0;

    if (info == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the padding structure is missing");
    }
    if (flags == BCRYPT_PAD_PSS) {
        const BCRYPT_PSS_PADDING_INFO *pss = info;

        status = named_digest(pss->pszAlgId, &md);
        salt = pss->cbSalt;
    } else if (((const BCRYPT_PKCS1_PADDING_INFO *)info)->pszAlgId != NULL) {
        status = named_digest(((const BCRYPT_PKCS1_PADDING_INFO *)info)->pszAlgId, &md);
    }
    if (status == ERROR_SUCCESS) {
        status = check_hash_size(md, hash_size);
    }
    if (status == ERROR_SUCCESS) {
        status = flags == BCRYPT_PAD_PSS ? check_pss_room(material, hash_size, salt)
                                         : check_pkcs1_room(material, md, hash_size);
    }
    if (status == ERROR_SUCCESS) {
        *padding = (struct padding){.use = {operation, flags, md, salt}};
    }
    return status;
}

SECURITY_STATUS padding_for_cipher(enum prepared_operation operation, const void *info, uint32_t flags,
                                   struct padding *padding)
{
    const BCRYPT_OAEP_PADDING_INFO *oaep = info;
    SECURITY_STATUS status;
    const EVP_MD *md;

    *padding = (struct padding){.use = {operation, flags, NULL, 0}};
    if (flags != BCRYPT_PAD_OAEP) {
        return ERROR_SUCCESS;
    }
    if (oaep == NULL) {
        return status_fail(NTE_INVALID_PARAMETER, "the padding structure is missing");
    }
    if (oaep->pbLabel == NULL && oaep->cbLabel != 0) {
        return status_fail(NTE_INVALID_PARAMETER, "the OAEP label has a size and no address");
    }
    if (oaep->cbLabel > INT32_MAX) {
        return status_fail(NTE_INVALID_PARAMETER, "the OAEP label is too long");
    }
    status = named_digest(oaep->pszAlgId, &md);
    if (status == ERROR_SUCCESS) {
        padding->use.md = md;
        padding->label = oaep->pbLabel;
        padding->label_size = oaep->cbLabel;
    }
    return status;
}

SECURITY_STATUS padding_check_plaintext(const struct material *material, const struct padding *padding, uint32_t size)
{
    uint32_t overhead = 0;

    if (padding->use.padding == BCRYPT_PAD_NONE) {
        if (size != material->width) {
            return status_fail(NTE_INVALID_PARAMETER, "without padding the input must have %u bytes, it has %u",
                               material->width, size);
        }
        return ERROR_SUCCESS;
    }
    if (size == 0) {
        return status_fail(NTE_INVALID_PARAMETER, "an empty plaintext cannot be encrypted");
    }
    overhead = padding->use.padding == BCRYPT_PAD_PKCS1
                   ? PKCS1_OVERHEAD
                   : OAEP_OVERHEAD + 2 * (uint32_t)EVP_MD_get_size(padding->use.md);
    if (overhead > material->width || size > material->width - overhead) {
        return status_fail(NTE_INVALID_PARAMETER, "a plaintext of %u bytes is too long for this key and padding", size);
    }
    return ERROR_SUCCESS;
}

static int setup_signature(EVP_PKEY_CTX *ctx, const struct prepared_use *use)
{
    if (use->padding == BCRYPT_PAD_PSS) {
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_signature_md(ctx, use->md) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, use->md) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, (int)use->salt) == 1;
    }
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
           (use->md == NULL || EVP_PKEY_CTX_set_signature_md(ctx, use->md) == 1);
}

int padding_setup(EVP_PKEY_CTX *ctx, const struct prepared_use *use)
{
    if (use->operation == PREPARED_SIGN || use->operation == PREPARED_VERIFY) {
        return setup_signature(ctx, use);
    }
    switch (use->padding) {
    case BCRYPT_PAD_NONE:
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1;
    case BCRYPT_PAD_PKCS1:
        /* Since 3.2 libcrypto answers a wrongly padded ciphertext with a made-up plaintext instead of a failure. That
         * stays on, though Windows reports a failure: a failure tells an attacker what Bleichenbacher needs. */
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    default:
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_oaep_md(ctx, use->md) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, use->md) == 1;
    }
}
