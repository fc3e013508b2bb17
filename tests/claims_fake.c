/* SPDX-License-Identifier: MIT
 *
 * Stands in for a provider that vouches for its keys: NCryptCreateClaim and NCryptVerifyClaim, which the engine
 * refuses. For use with LD_PRELOAD, before the engine's library. A claim tells what it was made of: its type, whether
 * there was an authority, then each parameter as type, size and bytes. Its size is a guess at first, as a device's may
 * be: the query answers with one byte too few. Verification gives the parameters back as details when the claim is the
 * one that the same call would have made, in memory that the caller frees by NCryptFreeBuffer, and counts what is not
 * freed.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ncrypt.h"

#define MOST 4096

int fake_claims_left; /* blocks given and not freed */

static uint8_t *put(uint8_t *next, uint32_t number)
{
    memcpy(next, &number, sizeof number);
    return next + sizeof number;
}

static uint32_t describe(uint32_t type, bool authority, const NCryptBufferDesc *list, uint8_t *out)
{
    uint8_t *next = put(put(out, type), authority);

    for (uint32_t i = 0; list != NULL && i < list->cBuffers; i++) {
        next = put(put(next, list->pBuffers[i].BufferType), list->pBuffers[i].cbBuffer);
        memcpy(next, list->pBuffers[i].pvBuffer, list->pBuffers[i].cbBuffer);
        next += list->pBuffers[i].cbBuffer;
    }
    return (uint32_t)(next - out);
}

SECURITY_STATUS WINAPI NCryptCreateClaim(NCRYPT_KEY_HANDLE subject, NCRYPT_KEY_HANDLE authority, DWORD type,
                                         NCryptBufferDesc *list, PBYTE out, DWORD size, DWORD *result, DWORD flags)
{
    uint8_t claim[MOST];
    uint32_t length = describe(type, authority != 0, list, claim);

    if (!NCryptIsKeyHandle(subject) || (authority != 0 && !NCryptIsKeyHandle(authority)) || flags != 0) {
        return NTE_INVALID_HANDLE;
    }
    *result = out == NULL ? length - 1 : length;
    if (out != NULL && size < length) {
        return NTE_BUFFER_TOO_SMALL;
    }
    if (out != NULL) {
        memcpy(out, claim, length);
    }
    return ERROR_SUCCESS;
}

static void *given(const void *data, size_t size)
{
    void *block = malloc(size + 1);

    if (block == NULL) {
        abort();
    }
    memcpy(block, data, size);
    fake_claims_left++;
    return block;
}

SECURITY_STATUS WINAPI NCryptVerifyClaim(NCRYPT_KEY_HANDLE subject, NCRYPT_KEY_HANDLE authority, DWORD type,
                                         NCryptBufferDesc *list, PBYTE claim, DWORD size, NCryptBufferDesc *output,
                                         DWORD flags)
{
    uint8_t wanted[MOST];

    if (!NCryptIsKeyHandle(subject) || size != describe(type, authority != 0, list, wanted) ||
        memcmp(claim, wanted, size) != 0) {
        return NTE_BAD_SIGNATURE;
    }
    if (flags == NCRYPT_VBS_RETURN_CLAIM_DETAILS_FLAG && list != NULL) {
        output->cBuffers = list->cBuffers;
        output->pBuffers = given(list->pBuffers, list->cBuffers * sizeof *list->pBuffers);
        for (uint32_t i = 0; i < list->cBuffers; i++) {
            output->pBuffers[i].pvBuffer = given(list->pBuffers[i].pvBuffer, list->pBuffers[i].cbBuffer);
        }
    }
    return ERROR_SUCCESS;
}

/* The binding frees nothing else in these tests. */
SECURITY_STATUS WINAPI NCryptFreeBuffer(PVOID block)
{
    free(block);
    fake_claims_left--;
    return ERROR_SUCCESS;
}
