/* SPDX-License-Identifier: MIT
 *
 * Preloaded, this stands in for the engine's function and signs nothing: what is left of a loop over key.sign() is
 * what the binding itself costs.
 */
#include "ncrypt.h"

SECURITY_STATUS WINAPI NCryptSignHash(NCRYPT_KEY_HANDLE hKey, void *pPaddingInfo, PBYTE pbHashValue, DWORD cbHashValue,
                                      PBYTE pbSignature, DWORD cbSignature, DWORD *pcbResult, DWORD dwFlags)
{
    (void)hKey;
    (void)pPaddingInfo;
    (void)pbHashValue;
    (void)cbHashValue;
    (void)pbSignature;
    (void)dwFlags;
    *pcbResult = cbSignature;
    return 0;
}
