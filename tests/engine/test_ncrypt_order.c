/* SPDX-License-Identifier: MIT
 *
 * Which of several faults is told: flags before pointers before the key's state before its usage. Providers differ
 * here, so this is not part of the conformance suite.
 */
#include "ncrypt_support.h"

#define UNKNOWN_FLAG 0x00800000u

static BYTE input[32];
static DWORD size;

/* Each use of a key, with what the parameters say; `pointers` false: all NULL. */
static SECURITY_STATUS use(unsigned which, NCRYPT_KEY_HANDLE key, DWORD flags, bool pointers)
{
    BYTE *in = pointers ? input : NULL;
    DWORD *result = pointers ? &size : NULL;

    switch (which) {
    case 0:
        return NCryptSignHash(key, NULL, in, sizeof input, NULL, 0, result, flags);
    case 1:
        return NCryptVerifySignature(key, NULL, in, sizeof input, in, sizeof input, flags);
    case 2:
        return NCryptEncrypt(key, in, sizeof input, NULL, NULL, 0, result, flags);
    case 3:
        return NCryptDecrypt(key, in, sizeof input, NULL, NULL, 0, result, flags);
    default:
        return NCryptExportKey(key, 0, pointers ? BCRYPT_ECCPUBLIC_BLOB : NULL, NULL, NULL, 0, result, flags);
    }
}

static void test_flags_pointers_state(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider();
    NCRYPT_KEY_HANDLE key = begin_key(provider, BCRYPT_ECDSA_P256_ALGORITHM, NULL, 0);

    for (unsigned which = 0; which < 5; which++) {
        CHECK_STATUS(use(which, key, UNKNOWN_FLAG, false), NTE_BAD_FLAGS);
        CHECK_STATUS(use(which, key, UNKNOWN_FLAG, true), NTE_BAD_FLAGS);
        CHECK_STATUS(use(which, key, 0, false), NTE_INVALID_PARAMETER);
        CHECK_STATUS(use(which, key, 0, true), NTE_BAD_KEY_STATE);
        CHECK_STATUS(use(which, key, NCRYPT_SILENT_FLAG, true), NTE_BAD_KEY_STATE);
    }
    free_handle(key);
    free_handle(provider);
}

static void test_usage_comes_last(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider();
    NCRYPT_KEY_HANDLE key = begin_key(provider, BCRYPT_ECDSA_P256_ALGORITHM, NULL, 0);

    CHECK_STATUS(set_dword(key, NCRYPT_KEY_USAGE_PROPERTY, NCRYPT_ALLOW_KEY_AGREEMENT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(use(0, key, 0, true), NTE_BAD_KEY_STATE);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK_STATUS(use(0, key, UNKNOWN_FLAG, true), NTE_BAD_FLAGS);
    CHECK_STATUS(use(0, key, 0, false), NTE_INVALID_PARAMETER);
    CHECK_STATUS(use(0, key, 0, true), NTE_PERM);
    CHECK_STATUS(use(3, key, 0, true), NTE_PERM);
    free_handle(key);
    free_handle(provider);
}

/* Its flags say which parts of the descriptor are meant: they are no unknown flags, the property is just not offered.
 */
static void test_security_descriptor(void)
{
    NCRYPT_PROV_HANDLE provider = open_provider();
    NCRYPT_KEY_HANDLE key = make_key(provider, BCRYPT_ECDSA_P256_ALGORITHM, NULL);

    for (DWORD part = 1; part <= 0x10; part <<= 1) {
        CHECK_STATUS(NCryptGetProperty(key, NCRYPT_SECURITY_DESCR_PROPERTY, NULL, 0, &size, part), NTE_NOT_SUPPORTED);
        CHECK_STATUS(set_bytes(key, NCRYPT_SECURITY_DESCR_PROPERTY, input, sizeof input, part), NTE_NOT_SUPPORTED);
        CHECK_STATUS(NCryptGetProperty(key, NCRYPT_LENGTH_PROPERTY, NULL, 0, &size, part), NTE_BAD_FLAGS);
    }
    free_handle(key);
    free_handle(provider);
}

int main(void)
{
    home_make();
    RUN(test_flags_pointers_state);
    RUN(test_usage_comes_last);
    RUN(test_security_descriptor);
    return test_result("ncrypt_order");
}
