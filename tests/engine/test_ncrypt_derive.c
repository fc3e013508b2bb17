/* SPDX-License-Identifier: MIT
 *
 * Key derivation from agreed secrets: HASH, HMAC and TRUNCATE against digests and HMACs put together here, and every
 * refusal of NCryptDeriveKey and of the properties of secrets.
 */
#include <openssl/hmac.h>

#include "derive_support.h"

/* ---- HASH, HMAC, TRUNCATE -------------------------------------------------------------------------------------- */

static const struct {
    const WCHAR *cng;
    const char *openssl;
    unsigned size;
} hashes[] = {
    {u"MD5", "MD5", 16},           {u"SHA1", "SHA1", 20},         {u"SHA256", "SHA256", 32},
    {u"SHA384", "SHA384", 48},     {u"SHA512", "SHA512", 64},     {u"SHA3-256", "SHA3-256", 32},
    {u"SHA3-384", "SHA3-384", 48}, {u"SHA3-512", "SHA3-512", 64},
};

#define SHARED "the secret that was agreed on"

/* Two buffers before and two behind, between others and in any order of the two kinds. */
static void surround(struct buffers *buffers)
{
    add_buffer(buffers, KDF_SECRET_APPEND, "behind", 6);
    add_buffer(buffers, KDF_SECRET_PREPEND, "before", 6);
    add_buffer(buffers, KDF_SECRET_APPEND, NULL, 0);
    add_buffer(buffers, KDF_SECRET_PREPEND, " it ", 4);
    add_buffer(buffers, KDF_SECRET_APPEND, " it", 3);
}

#define SURROUNDED "before it " SHARED "behind it"

static void check_value(const struct secret *secret, const WCHAR *kdf, const struct buffers *buffers, DWORD flags,
                        const uint8_t *wanted, unsigned wanted_size)
{
    uint8_t got[80];
    DWORD size = 0;

    CHECK_STATUS(derive_of(secret, kdf, buffers, NULL, 0, &size, flags), ERROR_SUCCESS);
    CHECK(size == wanted_size);
    for (DWORD room = 0; room <= sizeof got; room++) { /* too much room, too little */
        DWORD given = room < wanted_size ? room : wanted_size;

        memset(got, 0xEE, sizeof got);
        CHECK_STATUS(derive_of(secret, kdf, buffers, got, room, &size, flags), ERROR_SUCCESS);
        CHECK(size == given && memcmp(got, wanted, given) == 0);
        CHECK(given == sizeof got || got[given] == 0xEE);
    }
}

static void test_hash(void)
{
    uint8_t wanted[EVP_MAX_MD_SIZE];
    struct secret secret;
    unsigned length = 0;

    secret_begin(&secret, (const uint8_t *)SHARED, strlen(SHARED));
    for (size_t i = 0; i < COUNT(hashes); i++) {
        const EVP_MD *md = EVP_get_digestbyname(hashes[i].openssl);
        struct buffers plain = {0}, both = {0};

        add_hash(&plain, hashes[i].cng);
        CHECK(EVP_Digest(SHARED, strlen(SHARED), wanted, &length, md, NULL) == 1 && length == hashes[i].size);
        check_value(&secret, u"HASH", &plain, 0, wanted, length);
        surround(&both);
        add_hash(&both, hashes[i].cng);
        CHECK(EVP_Digest(SURROUNDED, strlen(SURROUNDED), wanted, &length, md, NULL) == 1);
        check_value(&secret, u"HASH", &both, 0, wanted, length);
    }
    CHECK(EVP_Digest(SHARED, strlen(SHARED), wanted, &length, EVP_sha1(), NULL) == 1);
    check_value(&secret, u"HASH", NULL, 0, wanted, length); /* SHA-1 unless told otherwise */
    secret_end(&secret);
}

static void test_hmac(void)
{
    uint8_t wanted[EVP_MAX_MD_SIZE];
    struct secret secret;
    unsigned length = 0;

    secret_begin(&secret, (const uint8_t *)SHARED, strlen(SHARED));
    for (size_t i = 0; i < COUNT(hashes); i++) {
        const EVP_MD *md = EVP_get_digestbyname(hashes[i].openssl);
        struct buffers buffers = {0};

        surround(&buffers);
        add_hash(&buffers, hashes[i].cng);
        CHECK(HMAC(md, "", 0, (const uint8_t *)SURROUNDED, strlen(SURROUNDED), wanted, &length) != NULL);
        check_value(&secret, u"HMAC", &buffers, 0, wanted, length);
        CHECK(HMAC(md, SHARED, strlen(SHARED), (const uint8_t *)SURROUNDED, strlen(SURROUNDED), wanted, &length) !=
              NULL);
        check_value(&secret, u"HMAC", &buffers, KDF_USE_SECRET_AS_HMAC_KEY_FLAG, wanted, length);
        add_buffer(&buffers, KDF_HMAC_KEY, "a key", 5);
        CHECK(HMAC(md, "a key", 5, (const uint8_t *)SURROUNDED, strlen(SURROUNDED), wanted, &length) != NULL);
        check_value(&secret, u"HMAC", &buffers, 0, wanted, length);
    }
    CHECK(HMAC(EVP_sha1(), "", 0, (const uint8_t *)SHARED, strlen(SHARED), wanted, &length) != NULL);
    check_value(&secret, u"HMAC", NULL, 0, wanted, length);
    secret_end(&secret);
}

static void test_truncate(void)
{
    uint8_t shared[66], reversed[66];
    struct secret secret;

    for (size_t i = 0; i < sizeof shared; i++) {
        shared[i] = (uint8_t)i;
        reversed[sizeof shared - 1 - i] = (uint8_t)i;
    }
    secret_begin(&secret, shared, sizeof shared);
    check_value(&secret, u"TRUNCATE", NULL, 0, reversed, sizeof reversed);
    secret_end(&secret);
}

/* ---- refusals -------------------------------------------------------------------------------------------------- */

static NCRYPT_SECRET_HANDLE agreed;

static const uint8_t seed[64], untouched[64] = {0xEE, 0xEE, 0xEE, 0xEE};

/* A refusal writes nothing. */
static SECURITY_STATUS refuse(const WCHAR *kdf, struct buffers *buffers, DWORD flags)
{
    uint8_t out[64] = {0xEE, 0xEE, 0xEE, 0xEE};
    DWORD size = 12345;
    SECURITY_STATUS status =
        NCryptDeriveKey(agreed, kdf, buffers == NULL ? NULL : &buffers->list, out, sizeof out, &size, flags);

    CHECK(status != ERROR_SUCCESS && size == 12345 && memcmp(out, untouched, sizeof out) == 0);
    return status;
}

/* What each function cannot do without. */
static void enough_for(const WCHAR *kdf, struct buffers *buffers)
{
    *buffers = (struct buffers){0};
    if (kdf[1] == 'L') {
        add_buffer(buffers, KDF_TLS_PRF_LABEL, "label", 5);
        add_buffer(buffers, KDF_TLS_PRF_SEED, seed, sizeof seed);
    } else if (kdf[0] == 'S') {
        add_buffer(buffers, KDF_ALGORITHMID, NULL, 0);
        add_buffer(buffers, KDF_PARTYUINFO, NULL, 0);
        add_buffer(buffers, KDF_PARTYVINFO, NULL, 0);
    }
}

static const struct {
    const WCHAR *name;
    uint32_t known; /* types of buffers */
    DWORD size;     /* given with 64 bytes of room */
} functions[] = {
    {u"HASH", 0x7, 20},
    {u"HMAC", 0xF, 20},
    {u"TRUNCATE", 0, 32},
    {u"TLS_PRF", 0xB1, 48},
    {u"SP800_56A_CONCAT", 0x1F01, 64},
    {u"HKDF", 0x100000, 64},
};

static void test_known_and_unknown(void)
{
    for (size_t i = 0; i < COUNT(functions); i++) {
        const WCHAR *name = functions[i].name;
        struct buffers enough;
        uint8_t out[64];
        DWORD size = 0;

        enough_for(name, &enough);
        CHECK_STATUS(derive(agreed, name, &enough, out, sizeof out, &size), ERROR_SUCCESS);
        CHECK(size == functions[i].size);
        CHECK_STATUS(NCryptDeriveKey(agreed, name, &enough.list, out, sizeof out, &size, NCRYPT_SILENT_FLAG),
                     ERROR_SUCCESS);
        for (unsigned bit = 0; bit < 32; bit++) {
            DWORD flag = UINT32_C(1) << bit;

            if (flag != NCRYPT_SILENT_FLAG && (flag != KDF_USE_SECRET_AS_HMAC_KEY_FLAG || name[1] != 'M')) {
                CHECK_STATUS(refuse(name, &enough, flag), NTE_BAD_FLAGS);
            }
        }
        for (ULONG type = 0; type < 70; type++) {
            struct buffers more;

            enough_for(name, &more);
            add_buffer(&more, type, "", 0);
            if (type > 31 || (functions[i].known & UINT32_C(1) << type) == 0) {
                CHECK_STATUS(refuse(name, &more, 0), NTE_INVALID_PARAMETER);
            }
        }
    }
    CHECK_STATUS(refuse(u"", NULL, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(refuse(u"hash", NULL, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(refuse(u"HASHES", NULL, 0), NTE_NOT_SUPPORTED);
}

static void test_pointers(void)
{
    uint8_t out[64];
    DWORD size = 0;

    CHECK_STATUS(NCryptDeriveKey(agreed, NULL, NULL, out, sizeof out, &size, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptDeriveKey(agreed, u"HASH", NULL, out, sizeof out, NULL, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptDeriveKey(agreed, NULL, NULL, NULL, 0, NULL, 4), NTE_BAD_FLAGS);
}

static void test_lists(void)
{
    struct buffers buffers = {0};

    buffers.list.ulVersion = 1;
    CHECK_STATUS(refuse(u"HASH", &buffers, 0), NTE_INVALID_PARAMETER);
    buffers = (struct buffers){.list = {0, 1, NULL}};
    CHECK_STATUS(refuse(u"HASH", &buffers, 0), NTE_INVALID_PARAMETER);
    buffers = (struct buffers){0};
    add_buffer(&buffers, KDF_SECRET_PREPEND, NULL, 1);
    CHECK_STATUS(refuse(u"HASH", &buffers, 0), NTE_INVALID_PARAMETER);
    buffers.buffer[0] = (NCryptBuffer){UINT32_MAX, KDF_SECRET_PREPEND, (PVOID)(uintptr_t)"x"};
    CHECK_STATUS(refuse(u"HASH", &buffers, 0), NTE_INVALID_PARAMETER);
    /* What may be given once only. */
    for (size_t i = 0; i < COUNT(functions); i++) {
        for (ULONG type = 0; type < 32; type++) {
            struct buffers twice = {0};

            add_buffer(&twice, type, seed, 4);
            add_buffer(&twice, type, seed, 4);
            if (type != KDF_SECRET_PREPEND && type != KDF_SECRET_APPEND) {
                CHECK_STATUS(refuse(functions[i].name, &twice, 0), NTE_INVALID_PARAMETER);
            }
        }
    }
    /* What may not be missing. */
    for (ULONG missing = 0; missing < 3; missing++) {
        for (int concat = 0; concat < 2; concat++) {
            const WCHAR *name = concat ? u"SP800_56A_CONCAT" : u"TLS_PRF";

            enough_for(name, &buffers);
            if (missing < buffers.list.cBuffers) {
                buffers.buffer[missing] = buffers.buffer[--buffers.list.cBuffers];
                CHECK_STATUS(refuse(name, &buffers, 0), NTE_INVALID_PARAMETER);
            }
        }
    }
}

static void test_hash_names(void)
{
    static const struct {
        const WCHAR *text;
        ULONG size;
    } wrong[] = {
        {u"SHA256", 12}, {u"SHA256\0", 16}, {u"SHA256", 13}, {u"", 2},  {u"", 0},
        {u"sha256", 14}, {u"SHA-256", 16},  {u"SHA224", 14}, {NULL, 0},
    };

    for (size_t i = 0; i < COUNT(wrong); i++) {
        for (size_t j = 0; j < COUNT(functions); j++) {
            struct buffers buffers;
            uint32_t protocol = 0x0303;

            enough_for(functions[j].name, &buffers);
            add_buffer(&buffers, KDF_HASH_ALGORITHM, wrong[i].text, wrong[i].size);
            if (functions[j].name[1] == 'L') {
                add_buffer(&buffers, KDF_TLS_PRF_PROTOCOL, &protocol, sizeof protocol);
            }
            CHECK_STATUS(refuse(functions[j].name, &buffers, 0), NTE_INVALID_PARAMETER);
        }
        CHECK_STATUS(set_bytes(agreed, BCRYPT_HKDF_HASH_ALGORITHM, wrong[i].text, wrong[i].size, 0),
                     NTE_INVALID_PARAMETER);
    }
}

static void test_hmac_key(void)
{
    struct buffers buffers = {0};

    add_buffer(&buffers, KDF_HMAC_KEY, "key", 3);
    CHECK_STATUS(refuse(u"HMAC", &buffers, KDF_USE_SECRET_AS_HMAC_KEY_FLAG), NTE_INVALID_PARAMETER);
}

static void try_tls(uint32_t protocol, ULONG protocol_size, const WCHAR *hash, ULONG seed_size, SECURITY_STATUS wanted)
{
    struct buffers buffers = {0};

    add_buffer(&buffers, KDF_TLS_PRF_LABEL, "label", 5);
    add_buffer(&buffers, KDF_TLS_PRF_SEED, seed, seed_size);
    add_buffer(&buffers, KDF_TLS_PRF_PROTOCOL, &protocol, protocol_size);
    if (hash != NULL) {
        add_hash(&buffers, hash);
    }
    CHECK_STATUS(refuse(u"TLS_PRF", &buffers, 0), wanted);
}

static void test_tls(void)
{
    struct buffers enough;
    uint8_t out[48];
    DWORD size = 0;

    enough_for(u"TLS_PRF", &enough);
    try_tls(0x0300, 4, NULL, 64, NTE_NOT_SUPPORTED);
    try_tls(0x0304, 4, NULL, 64, NTE_NOT_SUPPORTED);
    try_tls(0x0303, 2, NULL, 64, NTE_INVALID_PARAMETER);
    try_tls(0x0303, 4, u"SHA512", 64, NTE_INVALID_PARAMETER);
    try_tls(0x0303, 4, u"SHA1", 64, NTE_INVALID_PARAMETER);
    try_tls(0x0302, 4, u"SHA256", 64, NTE_INVALID_PARAMETER);
    try_tls(0x0303, 4, NULL, 63, NTE_INVALID_PARAMETER);
    try_tls(0x0303, 4, NULL, 0, NTE_INVALID_PARAMETER);
    for (DWORD room = 0; room < sizeof out; room++) {
        size = 0;
        CHECK_STATUS(derive(agreed, u"TLS_PRF", &enough, out, room, &size), NTE_BUFFER_TOO_SMALL);
        CHECK(size == sizeof out);
    }
    CHECK_STATUS(derive(agreed, u"TLS_PRF", &enough, NULL, 0, &size), ERROR_SUCCESS);
    CHECK(size == sizeof out);
}

/* As many bytes as are asked for: to the question, one digest. */
static void test_asked_lengths(void)
{
    static uint8_t out[255 * 20 + 1], all[255 * 20];

    for (size_t i = 0; i < 2; i++) {
        const WCHAR *name = i == 0 ? u"HKDF" : u"SP800_56A_CONCAT";
        struct buffers enough;
        DWORD size = 0;

        enough_for(name, &enough);
        CHECK_STATUS(derive(agreed, name, &enough, NULL, 0, &size), ERROR_SUCCESS);
        CHECK(size == 20);
        CHECK_STATUS(derive(agreed, name, &enough, all, sizeof all, &size), ERROR_SUCCESS);
        CHECK(size == sizeof all);
        for (DWORD room = 0; room < 70; room++) {
            CHECK_STATUS(derive(agreed, name, &enough, out, room, &size), ERROR_SUCCESS);
            CHECK(size == room && memcmp(out, all, room) == 0);
        }
        CHECK_STATUS(derive(agreed, name, &enough, out, sizeof out, &size),
                     i == 0 ? NTE_INVALID_PARAMETER : ERROR_SUCCESS);
    }
}

/* First the hash, then one of the two that finalize, once; then nothing more. */
static void test_hkdf_states(NCRYPT_SECRET_HANDLE secret)
{
    CHECK_STATUS(NCryptSetProperty(secret, u"HkdfSaltAndFinalize", NULL, 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptSetProperty(secret, u"HkdfPrkAndFinalize", NULL, 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(secret, u"HkdfHashAlgorithm", u"SHA512", 14, 0), ERROR_SUCCESS);
    agreed = secret;
    CHECK_STATUS(refuse(u"HKDF", NULL, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(secret, u"HkdfHashAlgorithm", u"SHA1", 10, NCRYPT_SILENT_FLAG), ERROR_SUCCESS);
    CHECK_STATUS(NCryptSetProperty(secret, u"HkdfHashAlgorithm", NULL, 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(secret, u"HkdfSaltAndFinalize", NULL, 1, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(secret, u"HkdfPrkAndFinalize", "x", 1, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(secret, u"HkdfSaltAndFinalize", "salt", 4, NCRYPT_PERSIST_FLAG), NTE_BAD_FLAGS);
    CHECK_STATUS(set_bytes(secret, u"Hkdf", "salt", 4, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(set_bytes(secret, u"HkdfSaltAndFinalize", "salt", 4, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(secret, u"HkdfSaltAndFinalize", "salt", 4, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptSetProperty(secret, u"HkdfPrkAndFinalize", NULL, 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(secret, u"HkdfHashAlgorithm", u"SHA512", 14, 0), NTE_INVALID_PARAMETER);
}

int main(void)
{
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;
    NCRYPT_SECRET_HANDLE secret;

    home_make();
    provider = open_provider();
    key = make_key(provider, u"ECDH_P256", NULL);
    secret = agree_on(key, key);
    RUN(test_hash);
    RUN(test_hmac);
    RUN(test_truncate);
    test_hkdf_states(secret);
    RUN(test_known_and_unknown);
    RUN(test_pointers);
    RUN(test_lists);
    RUN(test_hash_names);
    RUN(test_hmac_key);
    RUN(test_tls);
    RUN(test_asked_lengths);
    free_handle(secret);
    free_handle(key);
    free_handle(provider);
    check_nothing_left();
    return test_result("ncrypt_derive");
}
