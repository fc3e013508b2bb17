/* SPDX-License-Identifier: MIT
 *
 * Memory runs short at every single allocation of the engine and libcrypto, once each, under what DH and DSA keys do,
 * and whatever is given back to the C library, then or otherwise, no private number is left in it.
 */
#include "agreement_support.h"

#if defined(__linux__)

#include "freed_memory.h"
#include "short_steps.h"

static NCRYPT_PROV_HANDLE provider;
static NCRYPT_KEY_HANDLE dh_key, dsa_key;

/* The end of a private number, and that in reverse. */
static void learn_key(NCRYPT_KEY_HANDLE key, const WCHAR *type)
{
    static uint8_t blob[4096];
    DWORD size = export_key(key, type, blob, sizeof blob);
    uint8_t reversed[PIECE];

    for (unsigned i = 0; i < PIECE; i++) {
        reversed[i] = blob[size - 1 - i];
    }
    learn(blob + size - PIECE);
    learn(reversed);
    OPENSSL_cleanse(blob, sizeof blob);
}

/* ---- the steps ------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS carry(NCRYPT_KEY_HANDLE key, const WCHAR *type)
{
    static uint8_t blob[4096];
    NCRYPT_KEY_HANDLE made = 0;
    DWORD size = 0;
    SECURITY_STATUS status = NCryptExportKey(key, 0, type, NULL, blob, sizeof blob, &size, 0);

    if (status == ERROR_SUCCESS) {
        status = NCryptImportKey(provider, 0, type, NULL, &made, blob, size, 0);
    }
    if (status == ERROR_SUCCESS) {
        free_handle(made);
    }
    OPENSSL_cleanse(blob, sizeof blob);
    return status;
}

static SECURITY_STATUS step_dh_blobs(void)
{
    SECURITY_STATUS status = carry(dh_key, u"DHPRIVATEBLOB");

    if (status == ERROR_SUCCESS) {
        status = carry(dh_key, u"CAPIDHPRIVATEBLOB");
    }
    return status == ERROR_SUCCESS ? carry(dh_key, u"PKCS8_PRIVATEKEY") : status;
}

static SECURITY_STATUS step_dsa_blobs(void)
{
    SECURITY_STATUS status = carry(dsa_key, u"DSAPRIVATEBLOB");

    if (status == ERROR_SUCCESS) {
        status = carry(dsa_key, u"V2CAPIDSAPRIVATEBLOB");
    }
    return status == ERROR_SUCCESS ? carry(dsa_key, u"PKCS8_PRIVATEKEY") : status;
}

static SECURITY_STATUS step_agree(void)
{
    NCRYPT_SECRET_HANDLE secret = 0;
    SECURITY_STATUS status = NCryptSecretAgreement(dh_key, dh_key, &secret, 0);

    if (status == ERROR_SUCCESS) {
        free_handle(secret);
    }
    return status;
}

/* In the group of a key that is there. */
static SECURITY_STATUS make_in(const WCHAR *algorithm, NCRYPT_KEY_HANDLE other, const WCHAR *type, DWORD numbers,
                               const WCHAR *property, const char *magic)
{
    uint8_t blob[1024], value[1024];
    NCRYPT_KEY_HANDLE key = 0;
    DWORD size = 0, value_size;
    uint32_t width;
    SECURITY_STATUS status = NCryptExportKey(other, 0, type, NULL, blob, sizeof blob, &size, 0);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    memcpy(&width, blob + 4, sizeof width);
    value_size = 4 + numbers + 2 * width;
    memcpy(value, &value_size, sizeof value_size);
    memcpy(value + 4, blob, value_size - 4);
    memcpy(value + 4, magic, 4);
    status = NCryptCreatePersistedKey(provider, &key, algorithm, NULL, 0, 0);
    if (status == ERROR_SUCCESS) {
        status = set_bytes(key, property, value, value_size, 0);
    }
    if (status == ERROR_SUCCESS) {
        status = NCryptFinalizeKey(key, 0);
    }
    if (key != 0) {
        free_handle(key);
    }
    return status;
}

static SECURITY_STATUS step_dh_group(void)
{
    return make_in(u"DH", dh_key, u"DHPUBLICBLOB", 8, u"DHParameters", "DHPM");
}

static SECURITY_STATUS step_dsa_group(void)
{
    return make_in(u"DSA", dsa_key, u"DSAPUBLICBLOB", 52, u"DSAParameters", "DSPM");
}

static SECURITY_STATUS step_sign(void)
{
    uint8_t hash[20] = {1}, signature[40];
    DWORD size = 0;
    SECURITY_STATUS status = NCryptSignHash(dsa_key, NULL, hash, sizeof hash, signature, sizeof signature, &size, 0);

    return status == ERROR_SUCCESS ? NCryptVerifySignature(dsa_key, NULL, hash, sizeof hash, signature, size, 0)
                                   : status;
}

static void test_steps(void)
{
    starve(step_dh_blobs);
    starve(step_dsa_blobs);
    starve(step_agree);
    starve(step_dh_group);
    starve(step_dsa_group);
    starve(step_sign);
}

/* A stored key is read, and everything is freed: nothing is left of it. */
static void test_wiped(void)
{
    free_handle(open_key(provider, u"dh"));
    free_handle(open_key(provider, u"dsa"));
    CHECK(looked_at > 1000);
    CHECK(dirty == 0);
}

static NCRYPT_KEY_HANDLE make_stored(const WCHAR *algorithm, const WCHAR *name, DWORD bits)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, algorithm, name, 0);

    CHECK_STATUS(set_dword(key, NCRYPT_EXPORT_POLICY_PROPERTY, NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_dword(key, NCRYPT_LENGTH_PROPERTY, bits, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    return key;
}

int main(void)
{
    use_own_memory();
    home_make();
    provider = open_provider();
    dh_key = make_stored(u"DH", u"dh", 1024);
    dsa_key = make_stored(u"DSA", u"dsa", 512);
    learn_key(dh_key, u"DHPRIVATEBLOB");
    learn_key(dsa_key, u"DSAPRIVATEBLOB");
    RUN(test_steps);
    RUN(test_wiped);
    free_handle(dh_key);
    free_handle(dsa_key);
    free_handle(provider);
    CHECK(dirty == 0);
    check_nothing_left();
    return test_result("ncrypt_dl_memory");
}

#else

int main(void)
{
    printf("ncrypt_dl_memory: skipped, the linker cannot replace malloc() here\n");
    return 0;
}

#endif
