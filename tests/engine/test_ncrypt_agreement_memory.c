/* SPDX-License-Identifier: MIT
 *
 * Memory runs short at every single allocation of the engine and libcrypto, once each, under agreement and derivation,
 * and whatever is given back to the C library or by libcrypto, then or otherwise, no secret is left in it.
 */
#include "agreement_support.h"

#if defined(__linux__)

#include <malloc.h>
#include <openssl/kdf.h>

#include "short_steps.h"

static NCRYPT_PROV_HANDLE provider;
static NCRYPT_KEY_HANDLE own_key, peer_key;
static uint8_t shared[32], reversed[32], pseudorandom[32];
static unsigned dirty, looked_at;

/* ---- what is freed --------------------------------------------------------------------------------------------- */

static bool holds(const uint8_t *memory, size_t size, const uint8_t *bytes)
{
    for (size_t i = 0; i + 32 <= size; i++) {
        if (memory[i] == bytes[0] && memcmp(memory + i, bytes, 32) == 0) {
            return true;
        }
    }
    return false;
}

void __real_free(void *memory);
void __wrap_free(void *memory);

/* As soon as the secret is known. */
void __wrap_free(void *memory)
{
    static const uint8_t unknown[32];

    if (memory != NULL && memcmp(shared, unknown, sizeof shared) != 0) {
        size_t size = malloc_usable_size(memory);

        looked_at++;
        dirty += holds(memory, size, shared) || holds(memory, size, reversed) || holds(memory, size, pseudorandom);
    }
    __real_free(memory);
}

/* ---- the steps ------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS step_import(void)
{
    NCRYPT_KEY_HANDLE key = 0;
    uint8_t blob[ECC_HEADER + 3 * 32];
    DWORD size = 0;
    SECURITY_STATUS status = NCryptExportKey(own_key, 0, u"ECCPRIVATEBLOB", NULL, blob, sizeof blob, &size, 0);

    if (status == ERROR_SUCCESS) {
        status = NCryptImportKey(provider, 0, u"ECCPRIVATEBLOB", NULL, &key, blob, size, 0);
    }
    if (status == ERROR_SUCCESS) {
        free_handle(key);
    }
    return status;
}

/* With a key that has no prepared context yet, and with one that has. */
static SECURITY_STATUS step_agree(void)
{
    NCRYPT_KEY_HANDLE fresh = 0;
    NCRYPT_SECRET_HANDLE secret = 0;
    SECURITY_STATUS status = NCryptCreatePersistedKey(provider, &fresh, u"ECDH_P256", NULL, 0, 0);

    if (status == ERROR_SUCCESS) {
        status = NCryptFinalizeKey(fresh, 0);
    }
    for (int i = 0; status == ERROR_SUCCESS && i < 2; i++) {
        status = NCryptSecretAgreement(fresh, peer_key, &secret, 0);
        if (status == ERROR_SUCCESS) {
            free_handle(secret);
        }
    }
    if (fresh != 0) {
        free_handle(fresh);
    }
    return status;
}

static SECURITY_STATUS derive_all(NCRYPT_SECRET_HANDLE secret)
{
    static const WCHAR *const names[] = {u"HASH", u"HMAC", u"TRUNCATE", u"TLS_PRF", u"SP800_56A_CONCAT", u"HKDF"};
    static const uint8_t seed[64];
    SECURITY_STATUS status = ERROR_SUCCESS;

    for (size_t i = 0; status == ERROR_SUCCESS && i < COUNT(names); i++) {
        struct buffers buffers = {0};
        uint8_t out[100], untouched[100];
        DWORD size = 0;

        if (i == 3) {
            add_buffer(&buffers, KDF_TLS_PRF_LABEL, "label", 5);
            add_buffer(&buffers, KDF_TLS_PRF_SEED, seed, sizeof seed);
        } else if (i == 4) {
            add_buffer(&buffers, KDF_ALGORITHMID, "a", 1);
            add_buffer(&buffers, KDF_PARTYUINFO, "u", 1);
            add_buffer(&buffers, KDF_PARTYVINFO, "v", 1);
        }
        memset(out, 0, sizeof out);
        memset(untouched, 0, sizeof untouched);
        status = derive(secret, names[i], &buffers, out, sizeof out, &size);
        CHECK(status == ERROR_SUCCESS || memcmp(out, untouched, sizeof out) == 0);
    }
    return status;
}

static SECURITY_STATUS step_derive(void)
{
    NCRYPT_SECRET_HANDLE secret = 0;
    SECURITY_STATUS status = NCryptSecretAgreement(own_key, peer_key, &secret, 0);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = set_bytes(secret, BCRYPT_HKDF_HASH_ALGORITHM, u"SHA256", 14, 0);
    if (status == ERROR_SUCCESS) {
        status = set_bytes(secret, BCRYPT_HKDF_SALT_AND_FINALIZE, "salt", 4, 0);
    }
    if (status == ERROR_SUCCESS) {
        status = derive_all(secret);
    }
    free_handle(secret);
    return status;
}

static SECURITY_STATUS step_derive_without_salt(void)
{
    NCRYPT_SECRET_HANDLE secret = 0;
    SECURITY_STATUS status = NCryptSecretAgreement(own_key, peer_key, &secret, 0);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = set_bytes(secret, BCRYPT_HKDF_HASH_ALGORITHM, u"SHA256", 14, 0);
    if (status == ERROR_SUCCESS) {
        status = NCryptSetProperty(secret, BCRYPT_HKDF_PRK_AND_FINALIZE, NULL, 0, 0);
    }
    free_handle(secret);
    return status;
}

/* A key whose secret is the agreed one. */
static SECURITY_STATUS derive_from_key(const WCHAR *algorithm, struct buffers *buffers)
{
    NCRYPT_KEY_HANDLE key = 0;
    uint8_t out[100], untouched[100];
    DWORD size = 0;
    SECURITY_STATUS status = NCryptCreatePersistedKey(provider, &key, algorithm, NULL, 0, 0);

    memset(out, 0, sizeof out);
    memset(untouched, 0, sizeof untouched);
    if (status == ERROR_SUCCESS) {
        status = set_bytes(key, NCRYPT_KDF_SECRET_VALUE, shared, sizeof shared, 0);
    }
    if (status == ERROR_SUCCESS) {
        status = NCryptFinalizeKey(key, 0);
    }
    if (status == ERROR_SUCCESS) {
        status = NCryptKeyDerivation(key, &buffers->list, out, 48, &size, 0);
        CHECK(status == ERROR_SUCCESS || memcmp(out, untouched, sizeof out) == 0);
    }
    if (key != 0) {
        free_handle(key);
    }
    return status;
}

static SECURITY_STATUS step_derive_from_keys(void)
{
    static const uint64_t twice = 2;
    struct buffers counter = {0}, password = {0}, capi = {0}, hkdf = {0};
    SECURITY_STATUS status;

    add_hash(&counter, u"SHA256");
    add_buffer(&counter, KDF_LABEL, "label", 5);
    add_buffer(&counter, KDF_CONTEXT, "context", 7);
    status = derive_from_key(u"SP800_108_CTR_HMAC", &counter);
    add_hash(&password, u"SHA256");
    add_buffer(&password, KDF_SALT, "salt", 4);
    add_buffer(&password, KDF_ITERATION_COUNT, &twice, sizeof twice);
    if (status == ERROR_SUCCESS) {
        status = derive_from_key(u"PBKDF2", &password);
    }
    add_hash(&capi, u"SHA256");
    if (status == ERROR_SUCCESS) {
        status = derive_from_key(u"CAPI_KDF", &capi);
    }
    add_hash(&hkdf, u"SHA256");
    add_buffer(&hkdf, KDF_HKDF_SALT, "salt", 4);
    return status == ERROR_SUCCESS ? derive_from_key(u"HKDF", &hkdf) : status;
}

static void test_steps(void)
{
    starve(step_import);
    starve(step_agree);
    starve(step_derive);
    starve(step_derive_without_salt);
    starve(step_derive_from_keys);
}

static void learn_secrets(void)
{
    NCRYPT_SECRET_HANDLE secret = agree_on(own_key, peer_key);
    uint8_t z[MAX_WIDTH], prk[32];
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "HKDF", NULL);
    size_t size = sizeof prk;

    CHECK(raw_secret(secret, z) == 32);
    CHECK(EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_CTX_set_hkdf_mode(ctx, EVP_PKEY_HKDEF_MODE_EXTRACT_ONLY) == 1);
    CHECK(EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256()) == 1 && EVP_PKEY_CTX_set1_hkdf_key(ctx, z, 32) == 1);
    CHECK(EVP_PKEY_CTX_set1_hkdf_salt(ctx, (const uint8_t *)"salt", 4) == 1);
    CHECK(EVP_PKEY_derive(ctx, prk, &size) == 1);
    EVP_PKEY_CTX_free(ctx);
    free_handle(secret);
    memcpy(pseudorandom, prk, 32);
    for (size_t i = 0; i < 32; i++) {
        reversed[i] = z[31 - i];
    }
    memcpy(shared, z, 32); /* from now on what is freed is looked at */
}

static void test_nothing_left(void)
{
    CHECK(looked_at > 1000);
    CHECK(dirty == 0);
}

int main(void)
{
    NCRYPT_KEY_HANDLE peer;

    use_own_memory();
    home_make();
    provider = open_provider();
    own_key = make_ephemeral(provider, u"ECDH_P256");
    peer = make_ephemeral(provider, u"ECDH_P256");
    peer_key = public_half(provider, peer);
    learn_secrets();
    RUN(test_steps);
    RUN(test_nothing_left);
    free_handle(peer);
    free_handle(peer_key);
    free_handle(own_key);
    free_handle(provider);
    check_nothing_left();
    return test_result("ncrypt_agreement_memory");
}

#else

int main(void)
{
    printf("ncrypt_agreement_memory: skipped, the linker cannot replace malloc() here\n");
    return 0;
}

#endif
