/* SPDX-License-Identifier: MIT
 *
 * NCryptEncrypt and NCryptDecrypt of symmetric keys: how the key's handle chains.
 */
#include <stdlib.h>
#include <string.h>

#include "common/utf16.h"
#include "ncrypt/internal.h"
#include "ncrypt/key/symmetric.h"

/* The lock is held while the cipher runs with the vector: what several threads do comes one after the other, each call
 * going on where the one before it has ended. */
struct chaining {
    pthread_mutex_t lock; /* guards what follows; taken with the key's or alone */
    enum chaining_mode mode;
    bool has_iv;
    uint8_t iv[SYMMETRIC_MAX_BLOCK];
};

static const WCHAR *const mode_names[CHAINING_COUNT] = {
    [CHAINING_ECB] = BCRYPT_CHAIN_MODE_ECB,
    [CHAINING_CBC] = BCRYPT_CHAIN_MODE_CBC,
    [CHAINING_CFB] = BCRYPT_CHAIN_MODE_CFB,
};

SECURITY_STATUS chaining_new(struct chaining **chaining)
{
    struct chaining *made = calloc(1, sizeof *made);

    if (made == NULL) {
        return status_no_memory();
    }
    pthread_mutex_init(&made->lock, NULL);
    made->mode = CHAINING_CBC;
    *chaining = made;
    return ERROR_SUCCESS;
}

void chaining_free(struct chaining *chaining)
{
    if (chaining != NULL) {
        pthread_mutex_destroy(&chaining->lock);
        free(chaining);
    }
}

void chaining_renew_lock(struct chaining *chaining)
{
    if (chaining != NULL) {
        pthread_mutex_init(&chaining->lock, NULL);
    }
}

const WCHAR *chaining_mode_name(struct chaining *chaining)
{
    enum chaining_mode mode;

    pthread_mutex_lock(&chaining->lock);
    mode = chaining->mode;
    pthread_mutex_unlock(&chaining->lock);
    return mode_names[mode];
}

bool chaining_set_mode(struct chaining *chaining, const WCHAR *name)
{
    for (int i = 0; i < CHAINING_COUNT; i++) {
        if (utf16_equal(name, mode_names[i])) {
            pthread_mutex_lock(&chaining->lock);
            chaining->mode = (enum chaining_mode)i;
            pthread_mutex_unlock(&chaining->lock);
            return true;
        }
    }
    return false;
}

bool chaining_iv(struct chaining *chaining, uint8_t *out, uint32_t block)
{
    bool has_iv;

    pthread_mutex_lock(&chaining->lock);
    has_iv = chaining->has_iv;
    memcpy(out, chaining->iv, block);
    pthread_mutex_unlock(&chaining->lock);
    return has_iv;
}

void chaining_set_iv(struct chaining *chaining, const uint8_t *iv, uint32_t block)
{
    pthread_mutex_lock(&chaining->lock);
    memcpy(chaining->iv, iv, block);
    chaining->has_iv = true;
    pthread_mutex_unlock(&chaining->lock);
}

/* ---- one call ----------------------------------------------------------------------------------------------------
 */

/* What the padding structure says; without one everything is the handle's and nothing is padded. */
static SECURITY_STATUS read_info(const NCRYPT_CIPHER_PADDING_INFO *info, uint32_t flags, bool *pad)
{
    *pad = false;
    if (flags == 0) {
        return info == NULL ? ERROR_SUCCESS
                            : status_fail(NTE_INVALID_PARAMETER, "a padding structure needs NCRYPT_PAD_CIPHER_FLAG");
    }
    if (flags != NCRYPT_PAD_CIPHER_FLAG) {
        return status_fail(NTE_BAD_FLAGS, "a symmetric key knows no padding flag but NCRYPT_PAD_CIPHER_FLAG");
    }
    if (info == NULL || info->cbSize != sizeof *info) {
        return status_fail(NTE_INVALID_PARAMETER, "NCRYPT_PAD_CIPHER_FLAG needs one NCRYPT_CIPHER_PADDING_INFO");
    }
    if (info->dwFlags == NCRYPT_CIPHER_OTHER_PADDING_FLAG || info->cbOtherInfo != 0) {
        return status_fail(NTE_NOT_SUPPORTED, "there are no authenticated modes, and no other padding");
    }
    if (info->dwFlags & ~(uint32_t)NCRYPT_CIPHER_BLOCK_PADDING_FLAG) {
        return status_fail(NTE_INVALID_PARAMETER, "the padding structure has unknown flags 0x%X",
                           (unsigned)info->dwFlags);
    }
    *pad = info->dwFlags == NCRYPT_CIPHER_BLOCK_PADDING_FLAG;
    return ERROR_SUCCESS;
}

/* With the caller's vector nothing of the handle's is used but the mode, which may change meanwhile. */
static SECURITY_STATUS run_with(struct key *key, const NCRYPT_CIPHER_PADDING_INFO *info, struct symmetric_call *call,
                                const struct cipher_buffers *buffers)
{
    if (info->pbIV == NULL || info->cbIV != key->algorithm->block_size) {
        return status_fail(NTE_INVALID_PARAMETER, "the vector has %u bytes, a block of the cipher %u",
                           (unsigned)info->cbIV, (unsigned)key->algorithm->block_size);
    }
    call->iv = info->pbIV;
    return symmetric_crypt(key->material, call, buffers->in, buffers->in_size, buffers->out, buffers->out_size,
                           buffers->result);
}

SECURITY_STATUS cipher_run(struct key *key, bool decrypt, const NCRYPT_CIPHER_PADDING_INFO *info, uint32_t flags,
                           const struct cipher_buffers *buffers)
{
    struct symmetric_call call = {.decrypt = decrypt};
    struct chaining *chaining = key->chaining;
    SECURITY_STATUS status = read_info(info, flags, &call.pad);
    bool has_own = info != NULL && (info->pbIV != NULL || info->cbIV != 0);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    pthread_mutex_lock(&chaining->lock);
    call.mode = chaining->mode;
    call.iv = chaining->iv;
    if (!symmetric_chains(call.mode) || has_own) {
        pthread_mutex_unlock(&chaining->lock);
        if (symmetric_chains(call.mode)) {
            return run_with(key, info, &call, buffers);
        }
        return symmetric_crypt(key->material, &call, buffers->in, buffers->in_size, buffers->out, buffers->out_size,
                               buffers->result);
    }
    if (chaining->has_iv) {
        status = symmetric_crypt(key->material, &call, buffers->in, buffers->in_size, buffers->out, buffers->out_size,
                                 buffers->result);
    } else {
        status = status_fail(NTE_INVALID_PARAMETER, "the vector has not been set (property 'IV')");
    }
    pthread_mutex_unlock(&chaining->lock);
    return status;
}
