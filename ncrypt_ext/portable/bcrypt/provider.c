/* SPDX-License-Identifier: MIT
 *
 * BCryptOpenAlgorithmProvider, BCryptCloseAlgorithmProvider.
 */
#include "bcrypt/internal.h"
#include "common/utf16.h"

/* The algorithms are a table that nobody frees. */
static void let_go(void *algorithm)
{
    (void)algorithm;
}

/* Generic ECDSA is not among them: its curve would be a property of the provider's, and there are none here. Nor are
 * the algorithms of key agreement: Windows does not verify with their keys, and nothing else is done here with them.
 * Keys that are a secret have no public half. */
static SECURITY_STATUS find_algorithm(const WCHAR *name, const struct algorithm **algorithm)
{
    char printable[64];

    *algorithm = algorithm_by_name(name);
    if (*algorithm == NULL || (*algorithm)->takes_curve ||
        (*algorithm)->interface == NCRYPT_SECRET_AGREEMENT_INTERFACE || (*algorithm)->family->holds_secret) {
        return status_fail(STATUS_NOT_FOUND, "algorithm '%s' is not supported",
                           utf16_printable(name, printable, sizeof printable));
    }
    return ERROR_SUCCESS;
}

static SECURITY_STATUS open_algorithm(BCRYPT_ALG_HANDLE *handle, const WCHAR *name, const WCHAR *implementation,
                                      uint32_t flags)
{
    const struct algorithm *algorithm;
    NCRYPT_HANDLE made = 0;
    SECURITY_STATUS status;
    char printable[64];

    if (flags != 0) {
        return status_fail(STATUS_INVALID_PARAMETER, "flags 0x%X", (unsigned)flags);
    }
    if (handle == NULL || name == NULL) {
        return status_fail(STATUS_INVALID_PARAMETER, "phAlgorithm or pszAlgId is NULL");
    }
    if (implementation != NULL && !utf16_equal(implementation, MS_PRIMITIVE_PROVIDER)) {
        return status_fail(STATUS_NOT_FOUND, "there is no implementation '%s'",
                           utf16_printable(implementation, printable, sizeof printable));
    }
    status = find_algorithm(name, &algorithm);
    if (status == ERROR_SUCCESS) {
        status = handle_create(HANDLE_BCRYPT_ALGORITHM, (void *)(uintptr_t)algorithm, let_go, &made);
    }
    if (status == ERROR_SUCCESS) {
        *handle = (BCRYPT_ALG_HANDLE)made;
    }
    return status;
}

NTSTATUS WINAPI BCryptOpenAlgorithmProvider(BCRYPT_ALG_HANDLE *phAlgorithm, LPCWSTR pszAlgId, LPCWSTR pszImplementation,
                                            ULONG dwFlags)
{
    return bcrypt_return("BCryptOpenAlgorithmProvider",
                         open_algorithm(phAlgorithm, pszAlgId, pszImplementation, dwFlags));
}

/* A live handle is always closed: no other failure is documented than that it is none, so the flags are not looked at.
 */
NTSTATUS WINAPI BCryptCloseAlgorithmProvider(BCRYPT_ALG_HANDLE hAlgorithm, ULONG dwFlags)
{
    (void)dwFlags;
    return bcrypt_return("BCryptCloseAlgorithmProvider",
                         handle_close((NCRYPT_HANDLE)hAlgorithm, HANDLE_BCRYPT_ALGORITHM));
}
