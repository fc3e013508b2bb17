/* SPDX-License-Identifier: MIT
 *
 * Keys that others are derived from against published vectors: RFC 5869, 6070, 7914 and 8009, NIST's of TLS and of SP
 * 800-56A, and what Office made by CryptoAPI.
 */
#include "derivation_support.h"
#include "vector_support.h"

#define VECTORS "../vectors/"

static NCRYPT_PROV_HANDLE provider;

/* SHA-256 or SHA256; what else there may be is SHA-1. */
static const WCHAR *hash_of(const struct vector *vector)
{
    const char *name = vector_text(vector, "Hash");

    return strstr(name, "256") ? u"SHA256" : strstr(name, "384") ? u"SHA384" : u"SHA1";
}

/* ---- PBKDF2 ------------------------------------------------------------------------------------------------------ */

/* A text in which "\0" is a zero byte. */
static size_t text_bytes(const struct vector *vector, const char *name, uint8_t *out)
{
    size_t size = 0;

    for (const char *text = vector_text(vector, name); *text != 0; text++) {
        bool zero = text[0] == '\\' && text[1] == '0';

        out[size++] = zero ? 0 : (uint8_t)*text;
        text += zero;
    }
    return size;
}

static const WCHAR *password_hash;

static void check_password(const struct vector *vector)
{
    uint8_t password[64], salt[64], wanted[64];
    size_t password_size = text_bytes(vector, "PASSWORD", password), salt_size = text_bytes(vector, "SALT", salt);
    size_t size = vector_bytes(vector, "DERIVED_KEY", wanted, sizeof wanted);
    uint64_t iterations = (uint64_t)atoi(vector_text(vector, "ITERATIONS"));
    NCRYPT_KEY_HANDLE key = derivation_key(provider, u"PBKDF2", NULL, password, password_size);

    for (int i = 0; i < 2; i++) {
        struct buffers buffers = {0};

        add_hash(&buffers, password_hash);
        add_buffer(&buffers, i == 0 ? KDF_SALT : KDF_GENERIC_PARAMETER, salt, salt_size);
        add_buffer(&buffers, KDF_ITERATION_COUNT, &iterations, sizeof iterations);
        check_derived(key, &buffers, 0, wanted, size);
    }
    free_handle(key);
}

static void test_password(void)
{
    password_hash = u"SHA1";
    CHECK(vectors_read(VECTORS "pbkdf2_sha1.txt", check_password) == 5);
    password_hash = u"SHA256";
    CHECK(vectors_read(VECTORS "pbkdf2_sha256.txt", check_password) == 2);
}

/* ---- SP 800-108 -------------------------------------------------------------------------------------------------- */

static void check_counter(const struct vector *vector)
{
    uint8_t secret[64], joined[64], wanted[64];
    size_t secret_size = vector_bytes(vector, "Key", secret, sizeof secret);
    size_t label_size = vector_bytes(vector, "Label", joined, sizeof joined);
    size_t context_size = vector_bytes(vector, "Context", joined + label_size + 1, 32);
    size_t size = vector_bytes(vector, "Output", wanted, sizeof wanted);
    struct buffers apart = {0}, generic = {0};
    NCRYPT_KEY_HANDLE key = derivation_key(provider, u"SP800_108_CTR_HMAC", NULL, secret, secret_size);

    joined[label_size] = 0;
    add_buffer(&apart, KDF_CONTEXT, joined + label_size + 1, context_size);
    add_buffer(&apart, KDF_LABEL, joined, label_size);
    add_hash(&apart, hash_of(vector));
    check_derived(key, &apart, 0, wanted, size);
    add_hash(&generic, hash_of(vector));
    add_buffer(&generic, KDF_GENERIC_PARAMETER, joined, label_size + 1 + context_size);
    check_derived(key, &generic, 0, wanted, size);
    free_handle(key);
}

static void test_counter(void)
{
    CHECK(vectors_read(VECTORS "kbkdf_hmac.txt", check_counter) == 8);
}

/* ---- SP 800-56A -------------------------------------------------------------------------------------------------- */

static void check_concat(const struct vector *vector)
{
    const WCHAR *hash = strstr(vector->section, "256")   ? u"SHA256"
                        : strstr(vector->section, "384") ? u"SHA384"
                                                         : u"SHA512";
    uint8_t secret[80], info[256], wanted[128];
    size_t secret_size = vector_bytes(vector, "Z", secret, sizeof secret);
    size_t info_size = vector_bytes(vector, "OI", info, sizeof info);
    size_t size = vector_bytes(vector, "DKM", wanted, sizeof wanted);
    struct buffers apart = {0}, generic = {0};
    NCRYPT_KEY_HANDLE key = derivation_key(provider, u"SP800_56A_CONCAT", NULL, secret, secret_size);

    add_hash(&apart, hash);
    add_buffer(&apart, KDF_PARTYVINFO, info + 9, 2);
    add_buffer(&apart, KDF_SUPPPRIVINFO, info + 12, info_size - 12);
    add_buffer(&apart, KDF_ALGORITHMID, info, 4);
    add_buffer(&apart, KDF_SUPPPUBINFO, info + 11, 1);
    add_buffer(&apart, KDF_PARTYUINFO, info + 4, 5);
    check_derived(key, &apart, 0, wanted, size);
    add_buffer(&generic, KDF_GENERIC_PARAMETER, info, info_size);
    add_hash(&generic, hash);
    check_derived(key, &generic, 0, wanted, size);
    free_handle(key);
}

static void test_concat(void)
{
    CHECK(vectors_read(VECTORS "ecdh_concat_cavp.txt", check_concat) == 30);
}

/* ---- HKDF, TLS, CryptoAPI ---------------------------------------------------------------------------------------- */

static void check_hkdf(const struct vector *vector)
{
    uint8_t secret[128], salt[128], info[128], wanted[128];
    bool no_salt = strchr(vector_text(vector, "salt"), 'n') != NULL; /* "not provided" */
    size_t secret_size = vector_bytes(vector, "IKM", secret, sizeof secret);
    size_t salt_size = no_salt ? 0 : vector_bytes(vector, "salt", salt, sizeof salt);
    size_t info_size = vector_bytes(vector, "info", info, sizeof info);
    size_t size = vector_bytes(vector, "OKM", wanted, sizeof wanted);
    struct buffers buffers = {0};
    NCRYPT_KEY_HANDLE key = derivation_key(provider, u"HKDF", NULL, secret, secret_size);

    add_hash(&buffers, hash_of(vector));
    if (!no_salt) {
        add_buffer(&buffers, KDF_HKDF_SALT, salt, salt_size);
    }
    if (info_size > 0) {
        add_buffer(&buffers, KDF_HKDF_INFO, info, info_size);
    }
    check_derived(key, &buffers, 0, wanted, size);
    check_derived(key, &buffers, 0, wanted, size / 2);
    free_handle(key);
}

static void test_hkdf(void)
{
    CHECK(vectors_read(VECTORS "hkdf_sha256.txt", check_hkdf) == 3);
    CHECK(vectors_read(VECTORS "hkdf_sha1.txt", check_hkdf) == 4);
}

static void check_tls(const struct vector *vector)
{
    bool is_new = strcmp(vector_text(vector, "Protocol"), "TLS 1.2") == 0;
    uint8_t secret[64], label[32], seed[64], wanted[48];
    size_t secret_size = vector_bytes(vector, "Secret", secret, sizeof secret);
    size_t label_size = vector_bytes(vector, "Label", label, sizeof label);
    size_t seed_size = vector_bytes(vector, "Seed", seed, sizeof seed);
    size_t size = vector_bytes(vector, "Output", wanted, sizeof wanted);
    struct buffers buffers = {0};
    NCRYPT_KEY_HANDLE key = derivation_key(provider, is_new ? u"TLS1_2_KDF" : u"TLS1_1_KDF", NULL, secret, secret_size);

    add_buffer(&buffers, KDF_TLS_PRF_SEED, seed, seed_size);
    add_buffer(&buffers, KDF_TLS_PRF_LABEL, label, label_size);
    if (is_new) {
        add_hash(&buffers, u"SHA256");
    }
    check_derived(key, &buffers, 0, wanted, size);
    check_derived(key, &buffers, 0, wanted, 17);
    free_handle(key);
}

static void test_tls(void)
{
    CHECK(vectors_read(VECTORS "tls_prf.txt", check_tls) == 2);
}

static void check_capi(const struct vector *vector)
{
    uint8_t secret[64], wanted[64], digest[EVP_MAX_MD_SIZE];
    size_t secret_size = vector_bytes(vector, "Secret", secret, sizeof secret);
    size_t size = vector_bytes(vector, "Output", wanted, sizeof wanted);
    struct buffers buffers = {0};
    NCRYPT_KEY_HANDLE key = derivation_key(provider, u"CAPI_KDF", NULL, secret, secret_size);

    add_hash(&buffers, hash_of(vector));
    check_derived(key, &buffers, BCRYPT_CAPI_AES_FLAG, wanted, size);
    CHECK(EVP_Digest(secret, secret_size, digest, NULL, EVP_sha1(), NULL) == 1);
    check_derived(key, &buffers, 0, digest, 20); /* for another cipher */
    free_handle(key);
}

static void test_capi(void)
{
    CHECK(vectors_read(VECTORS "capi_kdf.txt", check_capi) == 1);
}

int main(void)
{
    home_make();
    provider = open_provider();
    RUN(test_password);
    RUN(test_counter);
    RUN(test_concat);
    RUN(test_hkdf);
    RUN(test_tls);
    RUN(test_capi);
    free_handle(provider);
    check_nothing_left();
    return test_result("ncrypt_derivation_vectors");
}
