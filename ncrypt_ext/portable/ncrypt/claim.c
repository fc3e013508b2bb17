/* SPDX-License-Identifier: MIT
 *
 * NCryptCreateClaim, NCryptVerifyClaim. A claim says that a key is in a device or in an isolated part of the system;
 * keys of software have nothing to say there, so what is left is to tell wrong calls from right ones.
 */
#include "ncrypt/internal.h"

/* The subject's key, the authority's, or both; each may be 0, but not both. */
static SECURITY_STATUS check_keys(NCRYPT_KEY_HANDLE subject, NCRYPT_KEY_HANDLE authority)
{
    const NCRYPT_KEY_HANDLE handles[] = {subject, authority};
    SECURITY_STATUS status = subject == 0 && authority == 0 ? NTE_INVALID_HANDLE : ERROR_SUCCESS;

    for (size_t i = 0; status == ERROR_SUCCESS && i < sizeof handles / sizeof handles[0]; i++) {
        if (handles[i] != 0 && !NCryptIsKeyHandle(handles[i])) {
            status = NTE_INVALID_HANDLE;
        }
    }
    return status == ERROR_SUCCESS ? status : status_fail(status, "not a live key handle");
}

static SECURITY_STATUS check_ready(NCRYPT_KEY_HANDLE handle)
{
    struct key *key;
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (handle != 0) {
        status = key_acquire(handle, &key);
        if (status == ERROR_SUCCESS) {
            status = key_check_ready(key);
            handle_release(handle);
        }
    }
    return status;
}

static SECURITY_STATUS refuse(NCRYPT_KEY_HANDLE subject, NCRYPT_KEY_HANDLE authority, const NCryptBufferDesc *list,
                              bool pointers_good, uint32_t flags, uint32_t known_flags)
{
    SECURITY_STATUS status = check_keys(subject, authority);

    if (status == ERROR_SUCCESS && (flags & ~known_flags) != 0) {
        status = status_fail(NTE_BAD_FLAGS, "flags 0x%X", (unsigned)flags);
    }
    if (status == ERROR_SUCCESS && !pointers_good) {
        status = status_fail(NTE_INVALID_PARAMETER, "a pointer is NULL");
    }
    if (status == ERROR_SUCCESS && list != NULL) {
        status = parameters_check(list);
    }
    if (status == ERROR_SUCCESS) {
        status = check_ready(subject);
    }
    if (status == ERROR_SUCCESS) {
        status = check_ready(authority);
    }
    return status != ERROR_SUCCESS ? status
                                   : status_fail(NTE_NOT_SUPPORTED, "keys of this provider are kept by software: "
                                                                    "nothing can vouch for where they are");
}

SECURITY_STATUS WINAPI NCryptCreateClaim(NCRYPT_KEY_HANDLE hSubjectKey, NCRYPT_KEY_HANDLE hAuthorityKey,
                                         DWORD dwClaimType, NCryptBufferDesc *pParameterList, PBYTE pbClaimBlob,
                                         DWORD cbClaimBlob, DWORD *pcbResult, DWORD dwFlags)
{
    (void)dwClaimType;
    (void)pbClaimBlob;
    (void)cbClaimBlob;
    return trace_return("NCryptCreateClaim",
                        refuse(hSubjectKey, hAuthorityKey, pParameterList, pcbResult != NULL, dwFlags, 0));
}

SECURITY_STATUS WINAPI NCryptVerifyClaim(NCRYPT_KEY_HANDLE hSubjectKey, NCRYPT_KEY_HANDLE hAuthorityKey,
                                         DWORD dwClaimType, NCryptBufferDesc *pParameterList, PBYTE pbClaimBlob,
                                         DWORD cbClaimBlob, NCryptBufferDesc *pOutput, DWORD dwFlags)
{
    bool pointers_good = pOutput != NULL && (pbClaimBlob != NULL || cbClaimBlob == 0);

    (void)dwClaimType;
    return trace_return("NCryptVerifyClaim", refuse(hSubjectKey, hAuthorityKey, pParameterList, pointers_good, dwFlags,
                                                    NCRYPT_VBS_RETURN_CLAIM_DETAILS_FLAG));
}
