/* SPDX-License-Identifier: MIT
 *
 * The stand-ins of ncrypt_ext_compat.h for functions that this Windows may lack: one that every Windows has must be
 * reached, one that none has must be told from a failure of a real one. Run under Wine by tools/windows/thunks.
 */
#include <stdio.h>

#include "ncrypt_ext_compat.h"

NCRYPT_EXT_NEWER(NCryptIsAlgSupported, (NCRYPT_PROV_HANDLE provider, LPCWSTR name, DWORD flags),
                 (provider, name, flags))
NCRYPT_EXT_NEWER(NCryptOfNoWindows, (NCRYPT_PROV_HANDLE provider), (provider))

static int failures;

static void expect(const char *what, SECURITY_STATUS found, SECURITY_STATUS expected)
{
    if (found != expected) {
        failures++;
    }
    printf("%s: 0x%08X, expected 0x%08X\n", what, (unsigned)found, (unsigned)expected);
}

int main(void)
{
    NCRYPT_PROV_HANDLE provider = 0;
    ULONG size = 0;

    expect("a provider", NCryptOpenStorageProvider(&provider, NULL, 0), ERROR_SUCCESS);
    expect("there is one", ncx_NCryptIsAlgSupported(provider, BCRYPT_RSA_ALGORITHM, 0), ERROR_SUCCESS);
    expect("it was reached", ncx_NCryptIsAlgSupported(provider, L"no algorithm", 0), NTE_NOT_SUPPORTED);
    expect("there is none", ncx_NCryptOfNoWindows(provider), NTE_NOT_SUPPORTED);
    if (ncx_find("NCryptEncapsulate") == NULL) {
        expect("NCryptEncapsulate", ncx_NCryptEncapsulate(1, NULL, 0, &size, NULL, 0, &size, 0), NTE_NOT_SUPPORTED);
        expect("NCryptDecapsulate", ncx_NCryptDecapsulate(1, NULL, 0, NULL, 0, &size, 0), NTE_NOT_SUPPORTED);
    }
    NCryptFreeObject(provider);
    printf("%s\n", ncx_versions());
    printf(failures == 0 ? "thunks passed\n" : "thunks FAILED\n");
    return failures;
}
