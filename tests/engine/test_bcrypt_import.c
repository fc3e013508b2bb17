/* SPDX-License-Identifier: MIT
 *
 * BCryptImportKeyPair: blobs of each algorithm for each provider, cut, stretched and changed.
 */
#include "bcrypt_support.h"

static NCRYPT_PROV_HANDLE provider;
static struct pair pairs[4];
static struct pair *const rsa = &pairs[0], *const ec = &pairs[1];
static const WCHAR *const algorithms[] = {BCRYPT_RSA_ALGORITHM, BCRYPT_ECDSA_P256_ALGORITHM,
                                          BCRYPT_ECDSA_P384_ALGORITHM, BCRYPT_ECDSA_P521_ALGORITHM};
static BCRYPT_ALG_HANDLE handles[COUNT(algorithms)];

static const WCHAR *type_of(const struct pair *pair)
{
    return pair == rsa ? BCRYPT_RSAPUBLIC_BLOB : BCRYPT_ECCPUBLIC_BLOB;
}

/* The status; a key that was made is destroyed, and on failure there is none. */
static NTSTATUS try_import(size_t algorithm, const WCHAR *type, const uint8_t *data, size_t size)
{
    BCRYPT_KEY_HANDLE key = NULL;
    NTSTATUS status = import_bytes(handles[algorithm], type, data, size, &key);

    CHECK((key != NULL) == (status == STATUS_SUCCESS));
    if (key != NULL) {
        destroy_key(key);
    }
    return status;
}

/* A copy of the key's blob with another number in its header. */
static NTSTATUS try_changed(const struct pair *pair, size_t at, uint32_t value)
{
    uint8_t blob[sizeof pair->blob];

    memcpy(blob, pair->blob, sizeof blob);
    memcpy(blob + at, &value, sizeof value);
    return try_import((size_t)(pair - pairs), type_of(pair), blob, pair->blob_size);
}

static void test_every_blob_with_every_provider(void)
{
    for (size_t i = 0; i < COUNT(pairs); i++) {
        for (size_t j = 0; j < COUNT(pairs); j++) {
            NTSTATUS want = i == j   ? STATUS_SUCCESS
                            : i == 0 ? STATUS_INVALID_PARAMETER /* an RSA blob's magic */
                            : j == 0 ? STATUS_NOT_SUPPORTED
                                     : STATUS_INVALID_PARAMETER;
            NTSTATUS named = (i == 0) != (j == 0) ? STATUS_NOT_SUPPORTED : want;

            CHECK_STATUS(try_import(j, BCRYPT_PUBLIC_KEY_BLOB, pairs[i].blob, pairs[i].blob_size), want);
            CHECK_STATUS(try_import(j, type_of(&pairs[i]), pairs[i].blob, pairs[i].blob_size), named);
        }
    }
}

static void test_types(void)
{
    static const WCHAR *const types[] = {u"RSAPRIVATEBLOB",
                                         u"RSAFULLPRIVATEBLOB",
                                         u"ECCPRIVATEBLOB",
                                         u"PRIVATEBLOB",
                                         u"PKCS8_PRIVATEKEY",
                                         u"no such",
                                         u"",
                                         u"publicblob"};

    for (size_t i = 0; i < COUNT(pairs); i++) {
        for (size_t j = 0; j < COUNT(types); j++) {
            CHECK_STATUS(try_import(i, types[j], pairs[i].blob, pairs[i].blob_size), STATUS_NOT_SUPPORTED);
        }
    }
}

static void test_magics(void)
{
    CHECK_STATUS(try_changed(ec, 0, BCRYPT_ECDH_PUBLIC_P256_MAGIC), STATUS_INVALID_PARAMETER);
    CHECK_STATUS(try_changed(ec, 0, BCRYPT_ECDSA_PRIVATE_P256_MAGIC), STATUS_INVALID_PARAMETER);
    CHECK_STATUS(try_changed(ec, 0, BCRYPT_ECDSA_PUBLIC_P384_MAGIC), STATUS_INVALID_PARAMETER);
    CHECK_STATUS(try_changed(ec, 0, BCRYPT_ECDSA_PUBLIC_GENERIC_MAGIC), STATUS_INVALID_PARAMETER);
    CHECK_STATUS(try_changed(ec, 0, 0), STATUS_INVALID_PARAMETER);
    CHECK_STATUS(try_changed(rsa, 0, BCRYPT_RSAPRIVATE_MAGIC), STATUS_NOT_SUPPORTED);
    CHECK_STATUS(try_changed(rsa, 0, 0), STATUS_NOT_SUPPORTED);
}

static void test_header_numbers(void)
{
    static const uint32_t values[] = {0, 1, 2, 33, 65535, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};

    for (size_t i = 0; i < COUNT(values); i++) {
        NTSTATUS bits = try_changed(rsa, 4, values[i]);

        CHECK_STATUS(try_changed(ec, 4, values[i]), STATUS_INVALID_PARAMETER);
        CHECK(bits == NTE_BAD_DATA || bits == STATUS_INVALID_PARAMETER);
        for (size_t at = 8; at < 24; at += 4) {
            CHECK_STATUS(try_changed(rsa, at, values[i]), at >= 16 && values[i] == 0 ? STATUS_SUCCESS : NTE_BAD_DATA);
        }
    }
}

static void test_lengths(void)
{
    uint8_t longer[sizeof rsa->blob + 1] = {0};

    for (size_t i = 0; i < COUNT(pairs); i++) {
        NTSTATUS whole = &pairs[i] == rsa ? NTE_BAD_DATA : STATUS_INVALID_PARAMETER;

        for (size_t cut = 0; cut < pairs[i].blob_size; cut++) {
            CHECK_STATUS(try_import(i, type_of(&pairs[i]), pairs[i].blob, cut),
                         cut < 24 ? STATUS_INVALID_PARAMETER : whole);
        }
        memcpy(longer, pairs[i].blob, pairs[i].blob_size);
        CHECK_STATUS(try_import(i, type_of(&pairs[i]), longer, pairs[i].blob_size + 1), whole);
    }
}

static void test_points(void)
{
    for (size_t i = 1; i < COUNT(pairs); i++) {
        for (DWORD at = 8; at < pairs[i].blob_size; at++) {
            pairs[i].blob[at] ^= 1;
            CHECK_STATUS(try_import(i, BCRYPT_ECCPUBLIC_BLOB, pairs[i].blob, pairs[i].blob_size),
                         STATUS_INVALID_PARAMETER);
            pairs[i].blob[at] ^= 1;
        }
    }
}

static void test_arguments(void)
{
    BCRYPT_KEY_HANDLE key = NULL;

    CHECK_STATUS(BCryptImportKeyPair(handles[1], NULL, NULL, &key, ec->blob, ec->blob_size, 0),
                 STATUS_INVALID_PARAMETER);
    CHECK_STATUS(BCryptImportKeyPair(handles[1], NULL, u"PUBLICBLOB", NULL, ec->blob, ec->blob_size, 0),
                 STATUS_INVALID_PARAMETER);
    CHECK_STATUS(BCryptImportKeyPair(handles[1], NULL, u"PUBLICBLOB", &key, NULL, ec->blob_size, 0),
                 STATUS_INVALID_PARAMETER);
    CHECK_STATUS(BCryptImportKeyPair(handles[1], NULL, u"PUBLICBLOB", &key, ec->blob, ec->blob_size, 1),
                 STATUS_INVALID_PARAMETER);
    CHECK_STATUS(BCryptImportKeyPair(handles[1], handles[1], u"PUBLICBLOB", &key, ec->blob, ec->blob_size, 0),
                 STATUS_INVALID_HANDLE);
    CHECK_STATUS(BCryptImportKeyPair(handles[1], ec->public, u"PUBLICBLOB", &key, ec->blob, ec->blob_size, 0),
                 STATUS_NOT_SUPPORTED);
    CHECK(key == NULL);
    CHECK_STATUS(
        BCryptImportKeyPair(handles[1], NULL, u"PUBLICBLOB", &key, ec->blob, ec->blob_size, BCRYPT_NO_KEY_VALIDATION),
        STATUS_SUCCESS);
    CHECK_STATUS(pair_verify_with(ec, key), STATUS_SUCCESS);
    destroy_key(key);
}

int main(void)
{
    home_make();
    provider = open_provider();
    for (size_t i = 0; i < COUNT(pairs); i++) {
        pair_make(provider, &pairs[i], algorithms[i]);
        handles[i] = open_algorithm(algorithms[i]);
    }
    RUN(test_every_blob_with_every_provider);
    RUN(test_types);
    RUN(test_magics);
    RUN(test_header_numbers);
    RUN(test_lengths);
    RUN(test_points);
    RUN(test_arguments);
    for (size_t i = 0; i < COUNT(pairs); i++) {
        pair_free(&pairs[i]);
        close_algorithm(handles[i]);
    }
    free_handle(provider);
    check_no_handles();
    check_no_bcrypt_handles();
    return test_result("bcrypt_import");
}
