/* SPDX-License-Identifier: MIT
 *
 * Keys that others are derived from: making, storing and using them, and every refusal of NCryptKeyDerivation. What
 * comes out is checked against vectors by test_ncrypt_derivation_vectors.c.
 */
#include <openssl/hmac.h>

#include "derivation_support.h"

#define SECRET "what the others start from"

static NCRYPT_PROV_HANDLE provider;

/* What each algorithm cannot do without. */
static void give_parameters(const WCHAR *algorithm, struct buffers *buffers)
{
    static const uint64_t once = 1;

    *buffers = (struct buffers){0};
    switch (algorithm[0]) {
    case 'S':
        add_hash(buffers, u"SHA256");
        if (algorithm[6] == '5') {
            add_buffer(buffers, KDF_ALGORITHMID, "id", 2);
            add_buffer(buffers, KDF_PARTYUINFO, "u", 1);
            add_buffer(buffers, KDF_PARTYVINFO, NULL, 0);
        } else {
            add_buffer(buffers, KDF_LABEL, "label", 5);
            add_buffer(buffers, KDF_CONTEXT, "context", 7);
        }
        break;
    case 'P':
        add_hash(buffers, u"SHA256");
        add_buffer(buffers, KDF_SALT, "salt", 4);
        add_buffer(buffers, KDF_ITERATION_COUNT, &once, sizeof once);
        break;
    case 'T':
        add_buffer(buffers, KDF_TLS_PRF_LABEL, "label", 5);
        add_buffer(buffers, KDF_TLS_PRF_SEED, "seed", 4);
        if (algorithm[5] == '2') {
            add_hash(buffers, u"SHA256");
        }
        break;
    default:
        add_hash(buffers, u"SHA256");
    }
}

static void check_text(NCRYPT_KEY_HANDLE key, const WCHAR *property, const WCHAR *wanted, size_t units)
{
    WCHAR got[64];
    DWORD size = 0;

    CHECK_STATUS(NCryptGetProperty(key, property, (PBYTE)got, sizeof got, &size, 0), ERROR_SUCCESS);
    CHECK(size == (units + 1) * sizeof *got && memcmp(got, wanted, size) == 0);
}

static void test_every_algorithm(void)
{
    for (size_t i = 0; i < COUNT(derivation_algorithms); i++) {
        NCRYPT_KEY_HANDLE key = derivation_key(provider, derivation_algorithms[i], NULL, SECRET, strlen(SECRET));
        uint8_t long_one[64] = {0}, short_one[20] = {0};
        struct buffers buffers;
        DWORD number = 0, size = 0;

        check_text(key, NCRYPT_ALGORITHM_GROUP_PROPERTY, u"KEY_DERIVATION", 14);
        CHECK_STATUS(get_dword(key, NCRYPT_LENGTH_PROPERTY, &number), ERROR_SUCCESS);
        CHECK(number == 8 * strlen(SECRET));
        CHECK_STATUS(get_dword(key, NCRYPT_SIGNATURE_LENGTH_PROPERTY, &number), NTE_NOT_SUPPORTED);
        give_parameters(derivation_algorithms[i], &buffers);
        CHECK_STATUS(derive_from(key, &buffers, NULL, 0, &size, 0), ERROR_SUCCESS);
        CHECK(size == (derivation_algorithms[i][0] == 'T' ? 48 : 32));
        CHECK_STATUS(derive_from(key, &buffers, long_one, sizeof long_one, &size, NCRYPT_SILENT_FLAG), ERROR_SUCCESS);
        CHECK(size == sizeof long_one);
        CHECK_STATUS(derive_from(key, &buffers, short_one, sizeof short_one, &size, 0), ERROR_SUCCESS);
        CHECK(size == sizeof short_one);
        /* The length is part of what SP 800-108 hashes, and decides how CryptoAPI does it. */
        CHECK((memcmp(long_one, short_one, sizeof short_one) == 0) == (i != 0 && i != 3));
        CHECK_STATUS(derive_from(key, &buffers, short_one, 0, &size, 0), ERROR_SUCCESS);
        CHECK(size == 0);
        free_handle(key);
    }
}

/* ---- making and storing ------------------------------------------------------------------------------------------ */

static void test_stored(void)
{
    NCRYPT_KEY_HANDLE key = derivation_key(provider, u"HKDF", u"root", SECRET, strlen(SECRET)), again;
    struct buffers buffers;
    uint8_t first[32], second[32];
    DWORD size = 0;

    give_parameters(u"HKDF", &buffers);
    CHECK_STATUS(derive_from(key, &buffers, first, sizeof first, &size, 0), ERROR_SUCCESS);
    free_handle(key);
    again = open_key(provider, u"root");
    check_text(again, NCRYPT_ALGORITHM_PROPERTY, u"HKDF", 4);
    CHECK_STATUS(derive_from(again, &buffers, second, sizeof second, &size, 0), ERROR_SUCCESS);
    CHECK(memcmp(first, second, sizeof first) == 0);
    CHECK_STATUS(set_bytes(again, NCRYPT_KDF_SECRET_VALUE, SECRET, 4, 0), NTE_BAD_KEY_STATE);
    CHECK_STATUS(NCryptDeleteKey(again, 0), ERROR_SUCCESS);
}

static void test_secrets(void)
{
    uint8_t value[4];
    struct buffers buffers;
    DWORD size = 0;
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"PBKDF2", NULL, 0), other;

    CHECK_STATUS(NCryptFinalizeKey(key, 0), NTE_INVALID_PARAMETER); /* no secret */
    CHECK_STATUS(set_bytes(key, NCRYPT_KDF_SECRET_VALUE, "", 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptSetProperty(key, NCRYPT_KDF_SECRET_VALUE, NULL, 4, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptGetProperty(key, NCRYPT_KDF_SECRET_VALUE, value, sizeof value, &size, 0), NTE_NOT_SUPPORTED);
    give_parameters(u"PBKDF2", &buffers);
    CHECK_STATUS(derive_from(key, &buffers, value, sizeof value, &size, 0), NTE_BAD_KEY_STATE);
    CHECK_STATUS(set_bytes(key, NCRYPT_KDF_SECRET_VALUE, "an old one", 10, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(key, NCRYPT_KDF_SECRET_VALUE, "pass", 4, 0), ERROR_SUCCESS); /* the last one counts */
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK_STATUS(get_dword(key, NCRYPT_LENGTH_PROPERTY, &size), ERROR_SUCCESS);
    CHECK(size == 32);
    other = begin_key(provider, u"ECDH_P256", NULL, 0);
    CHECK_STATUS(set_bytes(other, NCRYPT_KDF_SECRET_VALUE, "pass", 4, 0), NTE_NOT_SUPPORTED);
    free_handle(other);
    free_handle(key);
}

/* Header, the name with its NUL, and the secret as a KeyDataBlob; out only where the policy says so. */
static void test_blob(void)
{
    static const uint8_t wanted[] = "\x10\0\0\0KDF1\x0A\0\0\0\x10\0\0\0H\0K\0D\0F\0\0\0KDBM\1\0\0\0\4\0\0\0root";
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"HKDF", NULL, 0), again = 0;
    uint8_t blob[64];
    DWORD size = 0;

    CHECK_STATUS(set_dword(key, NCRYPT_EXPORT_POLICY_PROPERTY, NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(key, NCRYPT_KDF_SECRET_VALUE, "root", 4, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    size = export_key(key, NCRYPT_KDF_KEY_BLOB, blob, sizeof blob);
    CHECK(size == sizeof wanted - 1 && memcmp(blob, wanted, size) == 0);
    CHECK_STATUS(NCryptExportKey(key, 0, NCRYPT_CIPHER_KEY_BLOB, NULL, blob, sizeof blob, &size, 0), NTE_BAD_TYPE);
    memcpy(blob, wanted, sizeof wanted);
    again = import_key(provider, NCRYPT_KDF_KEY_BLOB, blob, sizeof wanted - 1);
    check_text(again, NCRYPT_ALGORITHM_PROPERTY, u"HKDF", 4);
    CHECK_STATUS(NCryptExportKey(again, 0, NCRYPT_KDF_KEY_BLOB, NULL, NULL, 0, &size, 0), NTE_NOT_SUPPORTED);
    free_handle(again);
    again = begin_key(provider, u"HKDF", NULL, 0);
    CHECK_STATUS(set_bytes(again, NCRYPT_KDF_KEY_BLOB, wanted, sizeof wanted - 1, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(again, 0), ERROR_SUCCESS);
    free_handle(again);
    for (DWORD cut = 0; cut < sizeof wanted - 1; cut++) {
        SECURITY_STATUS status = NCryptImportKey(provider, 0, NCRYPT_KDF_KEY_BLOB, NULL, &again, blob, cut, 0);

        CHECK(status == NTE_BAD_DATA || status == NTE_INVALID_PARAMETER);
    }
    blob[16] = 'X'; /* an algorithm that is none */
    CHECK_STATUS(NCryptImportKey(provider, 0, NCRYPT_KDF_KEY_BLOB, NULL, &again, blob, sizeof wanted - 1, 0),
                 NTE_NOT_SUPPORTED);
    free_handle(key);
}

/* It is no key for anything else. */
static void test_other_operations(void)
{
    NCRYPT_KEY_HANDLE key = derivation_key(provider, u"HKDF", NULL, SECRET, strlen(SECRET)), ecdh;
    NCRYPT_SECRET_HANDLE secret = 0;
    uint8_t buffer[512], digest[32] = {1};
    struct buffers buffers;
    DWORD size = 0;

    CHECK_STATUS(NCryptSignHash(key, NULL, digest, sizeof digest, buffer, sizeof buffer, &size, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptVerifySignature(key, NULL, digest, sizeof digest, buffer, 64, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptEncrypt(key, digest, sizeof digest, NULL, buffer, sizeof buffer, &size, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptDecrypt(key, digest, sizeof digest, NULL, buffer, sizeof buffer, &size, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptSecretAgreement(key, key, &secret, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptExportKey(key, 0, u"PUBLICBLOB", NULL, buffer, sizeof buffer, &size, 0), NTE_BAD_TYPE);
    CHECK_STATUS(NCryptExportKey(key, 0, u"PKCS8_PRIVATEKEY", NULL, buffer, sizeof buffer, &size, 0),
                 NTE_NOT_SUPPORTED); /* the policy is looked at first */
    ecdh = make_key(provider, u"ECDH_P256", NULL);
    give_parameters(u"HKDF", &buffers);
    CHECK_STATUS(derive_from(ecdh, &buffers, buffer, 16, &size, 0), NTE_NOT_SUPPORTED);
    free_handle(ecdh);
    free_handle(key);
}

/* ---- refusals ---------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS refuse(NCRYPT_KEY_HANDLE key, struct buffers *buffers, DWORD room, DWORD flags)
{
    static uint8_t out[(1u << 20) + 1];
    DWORD size = 12345;
    SECURITY_STATUS status;

    memset(out, 0xEE, 64);
    status = derive_from(key, buffers, out, room, &size, flags);
    CHECK(size == 12345 && out[0] == 0xEE && out[63] == 0xEE);
    return status;
}

static void test_handles_and_flags(void)
{
    NCRYPT_KEY_HANDLE key = derivation_key(provider, u"CAPI_KDF", NULL, SECRET, strlen(SECRET)), hkdf;
    uint8_t out[16];
    DWORD size = 0;
    struct buffers buffers;

    give_parameters(u"CAPI_KDF", &buffers);
    CHECK_STATUS(refuse(0, &buffers, 16, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(refuse(provider, &buffers, 16, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(refuse(key, &buffers, 16, 0x80), NTE_BAD_FLAGS);
    CHECK_STATUS(derive_from(key, &buffers, out, sizeof out, NULL, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(derive_from(key, &buffers, out, sizeof out, &size, BCRYPT_CAPI_AES_FLAG), ERROR_SUCCESS);
    CHECK_STATUS(refuse(key, &buffers, 65, 0), NTE_INVALID_PARAMETER); /* more than two digests */
    CHECK_STATUS(refuse(key, NULL, 16, 0), NTE_INVALID_PARAMETER);
    hkdf = derivation_key(provider, u"HKDF", NULL, SECRET, strlen(SECRET));
    CHECK_STATUS(refuse(hkdf, &buffers, 16, BCRYPT_CAPI_AES_FLAG), NTE_BAD_FLAGS);
    CHECK_STATUS(refuse(hkdf, &buffers, 255 * 32 + 1, 0), NTE_INVALID_PARAMETER);
    free_handle(hkdf);
    free_handle(key);
}

/* Each parameter left out, given twice, and one too many; then a list of another kind. */
static void test_lists(void)
{
    for (size_t i = 0; i < COUNT(derivation_algorithms); i++) {
        NCRYPT_KEY_HANDLE key = derivation_key(provider, derivation_algorithms[i], NULL, SECRET, strlen(SECRET));
        struct buffers whole, buffers;

        give_parameters(derivation_algorithms[i], &whole);
        for (size_t j = 0; j < whole.list.cBuffers; j++) {
            bool needed = whole.buffer[j].BufferType != KDF_ITERATION_COUNT;

            buffers = whole;
            buffers.list.pBuffers = buffers.buffer;
            buffers.buffer[j] = whole.buffer[--buffers.list.cBuffers];
            if (needed) {
                CHECK_STATUS(refuse(key, &buffers, 16, 0), NTE_INVALID_PARAMETER);
            }
            buffers.buffer[j] = whole.buffer[j];
            buffers.list.cBuffers = whole.list.cBuffers;
            add_buffer(&buffers, whole.buffer[j].BufferType, whole.buffer[j].pvBuffer, whole.buffer[j].cbBuffer);
            CHECK_STATUS(refuse(key, &buffers, 16, 0), NTE_INVALID_PARAMETER);
        }
        buffers = whole;
        buffers.list.pBuffers = buffers.buffer;
        add_buffer(&buffers, KDF_SECRET_PREPEND, "x", 1);
        CHECK_STATUS(refuse(key, &buffers, 16, 0), NTE_INVALID_PARAMETER);
        buffers = whole;
        buffers.list.pBuffers = buffers.buffer;
        buffers.list.ulVersion = 1;
        CHECK_STATUS(refuse(key, &buffers, 16, 0), NTE_INVALID_PARAMETER);
        free_handle(key);
    }
}

static void test_iterations(void)
{
    static const uint64_t counts[] = {0, 100000001, UINT64_MAX};
    NCRYPT_KEY_HANDLE key = derivation_key(provider, u"PBKDF2", NULL, "password", 8);
    uint8_t with_default[20], with_count[20];
    uint64_t count = 10000;
    DWORD size = 0;

    for (size_t i = 0; i <= COUNT(counts); i++) {
        struct buffers buffers = {0};

        add_hash(&buffers, u"SHA1");
        add_buffer(&buffers, KDF_SALT, "salt", 4);
        add_buffer(&buffers, KDF_ITERATION_COUNT, &counts[i % COUNT(counts)], i < COUNT(counts) ? 8 : 4);
        CHECK_STATUS(refuse(key, &buffers, 16, 0), NTE_INVALID_PARAMETER);
    }
    for (int i = 0; i < 2; i++) {
        struct buffers buffers = {0};

        add_hash(&buffers, u"SHA1");
        add_buffer(&buffers, KDF_SALT, "salt", 4);
        if (i == 1) {
            add_buffer(&buffers, KDF_ITERATION_COUNT, &count, sizeof count);
        }
        CHECK_STATUS(derive_from(key, &buffers, i == 0 ? with_default : with_count, 20, &size, 0), ERROR_SUCCESS);
    }
    CHECK(memcmp(with_default, with_count, 20) == 0);
    free_handle(key);
}

static int stop_at_third(void *context)
{
    return ++*(int *)context == 3;
}

static void test_interrupted(void)
{
    NCRYPT_KEY_HANDLE key = derivation_key(provider, u"PBKDF2", NULL, "password", 8);
    const uint64_t forever = 100000000;
    struct buffers buffers = {0};
    int asked = 0;

    add_hash(&buffers, u"SHA512");
    add_buffer(&buffers, KDF_SALT, "salt", 4);
    add_buffer(&buffers, KDF_ITERATION_COUNT, &forever, sizeof forever);
    ncx_set_interrupt(stop_at_third, &asked);
    {
        uint8_t out[64];
        DWORD size = 12345;

        memset(out, 0xEE, sizeof out);
        CHECK_STATUS(derive_from(key, &buffers, out, sizeof out, &size, 0), NTE_USER_CANCELLED);
        CHECK(size == 12345 && asked == 3 && out[0] == 0 && out[63] == 0); /* wiped */
    }
    ncx_set_interrupt(NULL, NULL);
    free_handle(key);
}

/* ---- HKDF by properties ------------------------------------------------------------------------------------------ */

static void test_hkdf_properties(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"HKDF", NULL, 0), other;
    struct buffers with_salt = {0}, plain = {0};
    uint8_t by_list[40], by_property[40];
    DWORD size = 0;

    CHECK_STATUS(set_bytes(key, NCRYPT_KDF_SECRET_VALUE, SECRET, strlen(SECRET), 0), ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(key, BCRYPT_HKDF_HASH_ALGORITHM, u"SHA512", 14, 0), NTE_BAD_KEY_STATE);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    add_hash(&with_salt, u"SHA512");
    add_buffer(&with_salt, KDF_HKDF_SALT, "salt", 4);
    add_buffer(&with_salt, KDF_HKDF_INFO, "info", 4);
    add_buffer(&plain, KDF_HKDF_INFO, "info", 4);
    CHECK_STATUS(derive_from(key, &with_salt, by_list, sizeof by_list, &size, 0), ERROR_SUCCESS);
    CHECK_STATUS(refuse(key, &plain, 16, 0), NTE_INVALID_PARAMETER); /* no hash yet */
    CHECK_STATUS(set_bytes(key, BCRYPT_HKDF_SALT_AND_FINALIZE, "salt", 4, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(key, BCRYPT_HKDF_HASH_ALGORITHM, u"SHA512", 14, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(key, BCRYPT_HKDF_SALT_AND_FINALIZE, "salt", 4, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(key, BCRYPT_HKDF_SALT_AND_FINALIZE, "salt", 4, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(key, BCRYPT_HKDF_PRK_AND_FINALIZE, "", 0, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(derive_from(key, &plain, by_property, sizeof by_property, &size, 0), ERROR_SUCCESS);
    CHECK(memcmp(by_list, by_property, sizeof by_list) == 0);
    CHECK_STATUS(refuse(key, &with_salt, 16, 0), NTE_INVALID_PARAMETER);
    other = derivation_key(provider, u"PBKDF2", NULL, SECRET, strlen(SECRET));
    CHECK_STATUS(set_bytes(other, BCRYPT_HKDF_HASH_ALGORITHM, u"SHA512", 14, 0), NTE_NOT_SUPPORTED);
    free_handle(other);
    free_handle(key);
}

/* The secret as the pseudorandom key: RFC 5869's second step alone, one block of it by libcrypto's HMAC. */
static void test_hkdf_without_extraction(void)
{
    NCRYPT_KEY_HANDLE key = derivation_key(provider, u"HKDF", NULL, SECRET, strlen(SECRET));
    struct buffers buffers = {0};
    uint8_t wanted[32];
    unsigned length = 0;

    add_buffer(&buffers, KDF_HKDF_INFO, "info", 4);
    CHECK_STATUS(set_bytes(key, BCRYPT_HKDF_HASH_ALGORITHM, u"SHA256", 14, 0), ERROR_SUCCESS);
    CHECK_STATUS(set_bytes(key, BCRYPT_HKDF_PRK_AND_FINALIZE, "", 0, 0), ERROR_SUCCESS);
    CHECK(HMAC(EVP_sha256(), SECRET, strlen(SECRET), (const uint8_t *)"info\1", 5, wanted, &length) != NULL);
    check_derived(key, &buffers, 0, wanted, sizeof wanted);
    free_handle(key);
}

int main(void)
{
    home_make();
    provider = open_provider();
    RUN(test_every_algorithm);
    RUN(test_stored);
    RUN(test_secrets);
    RUN(test_blob);
    RUN(test_other_operations);
    RUN(test_handles_and_flags);
    RUN(test_lists);
    RUN(test_iterations);
    RUN(test_interrupted);
    RUN(test_hkdf_properties);
    RUN(test_hkdf_without_extraction);
    free_handle(provider);
    check_nothing_left();
    return test_result("ncrypt_derivation");
}
