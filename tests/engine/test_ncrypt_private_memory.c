/* SPDX-License-Identifier: MIT
 *
 * Whatever RSA keys and keys of curves do, nothing that is given back to the C library holds their private numbers. The
 * tests of agreement, groups, ciphers and post-quantum keys have the same for what those do.
 */
#include "agreement_support.h"

#if defined(__linux__)

#include "freed_memory.h"
#include "short_memory.h"

static NCRYPT_PROV_HANDLE provider;

static const struct kind {
    const WCHAR *algorithm, *curve;
    const WCHAR *blobs[4];
} kinds[] = {
    {u"ECDH", u"curve25519", {u"ECCPRIVATEBLOB", u"PKCS8_PRIVATEKEY"}},
    {u"ECDH_P256", NULL, {u"ECCPRIVATEBLOB", u"PKCS8_PRIVATEKEY", u"ECCFULLPRIVATEBLOB"}},
    {u"ECDSA_P521", NULL, {u"ECCPRIVATEBLOB", u"PKCS8_PRIVATEKEY", u"ECCFULLPRIVATEBLOB"}},
    {u"ECDSA", u"brainpoolP256r1", {u"ECCPRIVATEBLOB", u"PKCS8_PRIVATEKEY", u"ECCFULLPRIVATEBLOB"}},
    {u"RSA", NULL, {u"RSAPRIVATEBLOB", u"RSAFULLPRIVATEBLOB", u"PKCS8_PRIVATEKEY", u"CAPIPRIVATEBLOB"}},
};

static bool is_rsa(const struct kind *kind)
{
    return kind->algorithm[0] == 'R';
}

/* The last number of the blob is the private one: both of its ends. */
static void learn_private(NCRYPT_KEY_HANDLE key, const struct kind *kind)
{
    static uint8_t blob[4096];
    DWORD size = export_key(key, is_rsa(kind) ? u"RSAFULLPRIVATEBLOB" : u"ECCPRIVATEBLOB", blob, sizeof blob);
    size_t width = is_rsa(kind) ? 128 : (size - ECC_HEADER) / 3;

    known = 0;
    learn(blob + size - width + 2); /* P-521's begin with zeros */
    learn(blob + size - PIECE);
    OPENSSL_cleanse(blob, sizeof blob);
}

static void carry(NCRYPT_KEY_HANDLE key, const struct kind *kind, const WCHAR *type, bool stored)
{
    static uint8_t blob[4096];
    struct buffers buffers = {0};
    NCRYPT_KEY_HANDLE made = 0;
    DWORD size = export_key(key, type, blob, sizeof blob);

    if (stored) {
        add_buffer(&buffers, NCRYPTBUFFER_PKCS_KEY_NAME, u"imported", wide_bytes(u"imported"));
    } else if (kind->curve != NULL && type[0] == 'E') {
        add_buffer(&buffers, NCRYPTBUFFER_ECC_CURVE_NAME, kind->curve, wide_bytes(kind->curve));
    }
    CHECK_STATUS(
        NCryptImportKey(provider, 0, type, &buffers.list, &made, blob, size, stored ? NCRYPT_OVERWRITE_KEY_FLAG : 0),
        ERROR_SUCCESS);
    OPENSSL_cleanse(blob, sizeof blob);
    free_handle(made);
}

static void use(NCRYPT_KEY_HANDLE key, const struct kind *kind)
{
    BCRYPT_PKCS1_PADDING_INFO padding = {NULL};
    uint8_t digest[32] = {1}, signature[256];
    DWORD size = 0;

    for (size_t i = 0; i < COUNT(kind->blobs) && kind->blobs[i] != NULL; i++) {
        carry(key, kind, kind->blobs[i], false);
    }
    carry(key, kind, u"PKCS8_PRIVATEKEY", true);
    if (kind->algorithm[3] == 'H') {
        free_handle(agree_on(key, key));
        return;
    }
    CHECK_STATUS(NCryptSignHash(key, is_rsa(kind) ? &padding : NULL, digest, sizeof digest, signature, sizeof signature,
                                &size, is_rsa(kind) ? NCRYPT_PAD_PKCS1_FLAG : 0),
                 ERROR_SUCCESS);
}

static void use_stored(const struct kind *kind)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, kind->algorithm, u"stored", NCRYPT_OVERWRITE_KEY_FLAG);

    if (kind->curve != NULL) {
        CHECK_STATUS(set_bytes(key, NCRYPT_ECC_CURVE_NAME_PROPERTY, kind->curve, wide_bytes(kind->curve), 0),
                     ERROR_SUCCESS);
    }
    if (is_rsa(kind)) {
        CHECK_STATUS(set_dword(key, NCRYPT_LENGTH_PROPERTY, 1024, 0), ERROR_SUCCESS);
    }
    CHECK_STATUS(set_dword(key, NCRYPT_EXPORT_POLICY_PROPERTY, NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    learn_private(key, kind);
    use(key, kind);
    free_handle(key);
    key = open_key(provider, u"stored");
    use(key, kind);
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
}

static void test_kinds(void)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        unsigned before = dirty;

        use_stored(&kinds[i]);
        if (!CHECK(dirty == before)) {
            fprintf(stderr, "    the kind %zu: %u times\n", i, dirty - before);
        }
    }
    CHECK(looked_at > 1000);
}

int main(void)
{
    use_own_memory();
    home_make();
    provider = open_provider();
    RUN(test_kinds);
    free_handle(provider);
    check_nothing_left();
    return test_result("ncrypt_private_memory");
}

#else

int main(void)
{
    printf("ncrypt_private_memory: skipped, the linker cannot replace malloc() here\n");
    return 0;
}

#endif
