/* SPDX-License-Identifier: MIT
 *
 * NCryptCreateClaim and NCryptVerifyClaim: the software provider has no claims, and tells wrong calls from right ones.
 */
#include "ncrypt_support.h"

static NCRYPT_PROV_HANDLE provider;
static NCRYPT_KEY_HANDLE key, other, unfinished;

static SECURITY_STATUS create(NCRYPT_KEY_HANDLE subject, NCRYPT_KEY_HANDLE authority, NCryptBufferDesc *list,
                              DWORD flags)
{
    uint8_t blob[16] = {0};
    DWORD size = 12345;
    SECURITY_STATUS status = NCryptCreateClaim(subject, authority, 3, list, blob, sizeof blob, &size, flags);

    CHECK(size == 12345 && blob[0] == 0);
    CHECK(NCryptCreateClaim(subject, authority, 3, list, NULL, 0, &size, flags) == status); /* a size query, too */
    return status;
}

static SECURITY_STATUS verify(NCRYPT_KEY_HANDLE subject, NCRYPT_KEY_HANDLE authority, NCryptBufferDesc *list,
                              DWORD flags)
{
    uint8_t blob[16] = {0};
    NCryptBufferDesc output = {0};
    SECURITY_STATUS status = NCryptVerifyClaim(subject, authority, 3, list, blob, sizeof blob, &output, flags);

    CHECK(output.cBuffers == 0 && output.pBuffers == NULL);
    return status;
}

static void test_both(SECURITY_STATUS (*function)(NCRYPT_KEY_HANDLE, NCRYPT_KEY_HANDLE, NCryptBufferDesc *, DWORD),
                      DWORD known)
{
    NCryptBuffer nonce = {4, 49, (PVOID)(uintptr_t)"once"};
    NCryptBufferDesc list = {0, 1, &nonce}, newer = {1, 1, &nonce}, hollow = {0, 1, NULL};

    CHECK_STATUS(function(key, 0, NULL, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(function(0, key, NULL, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(function(key, other, &list, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(function(0, 0, NULL, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(function(provider, 0, NULL, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(function(key, provider, NULL, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(function(key, other, &newer, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(function(key, other, &hollow, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(function(unfinished, 0, NULL, 0), NTE_BAD_KEY_STATE);
    CHECK_STATUS(function(key, unfinished, NULL, 0), NTE_BAD_KEY_STATE);
    for (unsigned bit = 0; bit < 32; bit++) {
        DWORD flag = (DWORD)1 << bit;

        CHECK_STATUS(function(key, 0, NULL, flag), flag & known ? NTE_NOT_SUPPORTED : NTE_BAD_FLAGS);
    }
}

static void test_create(void)
{
    test_both(create, 0);
    CHECK_STATUS(NCryptCreateClaim(key, 0, 2, NULL, NULL, 0, NULL, 0), NTE_INVALID_PARAMETER);
}

static void test_verify(void)
{
    uint8_t blob[16] = {0};
    NCryptBufferDesc output;

    test_both(verify, NCRYPT_VBS_RETURN_CLAIM_DETAILS_FLAG);
    CHECK_STATUS(NCryptVerifyClaim(key, 0, 2, NULL, blob, sizeof blob, NULL, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptVerifyClaim(key, 0, 2, NULL, NULL, sizeof blob, &output, 0), NTE_INVALID_PARAMETER);
}

int main(void)
{
    home_make();
    provider = open_provider();
    key = make_key(provider, u"ECDSA_P256", NULL);
    other = make_key(provider, u"ECDSA_P256", NULL);
    unfinished = begin_key(provider, u"ECDSA_P256", NULL, 0);
    RUN(test_create);
    RUN(test_verify);
    free_handle(unfinished);
    free_handle(other);
    free_handle(key);
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_claim");
}
