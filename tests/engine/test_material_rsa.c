/* SPDX-License-Identifier: MIT
 *
 * RSA keys: what the engine signs and encrypts, libcrypto used by itself verifies and decrypts, and the other way
 * round. Loading of keys is in test_rsa_numbers.c.
 */
#include <openssl/err.h>

#include "common/libctx.h"
#include "key_support.h"
#include "ncrypt_ext_compat.h"

#define MAX_BLOCK 512

/* ---- a bare libcrypto beside it ---------------------------------------------------------------------------- */

struct scheme {
    int padding; /* RSA_*_PADDING */
    const char *md;
    int salt;
    const char *label;
};

static EVP_PKEY_CTX *outside_context(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *), const struct scheme *scheme)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    const EVP_MD *md = scheme->md == NULL ? NULL : EVP_get_digestbyname(scheme->md);

    CHECK(init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, scheme->padding) == 1);
    if (scheme->padding == RSA_PKCS1_OAEP_PADDING) {
        CHECK(EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) == 1);
        if (scheme->label != NULL) {
            CHECK(EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, OPENSSL_strdup(scheme->label), (int)strlen(scheme->label)) ==
                  1);
        }
    } else if (md != NULL) {
        CHECK(EVP_PKEY_CTX_set_signature_md(ctx, md) == 1);
    }
    if (scheme->padding == RSA_PKCS1_PSS_PADDING) {
        CHECK(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, scheme->salt) == 1);
    }
    return ctx;
}

static bool outside_verifies(EVP_PKEY *pkey, const struct scheme *scheme, const uint8_t *hash, size_t hash_size,
                             const uint8_t *signature, size_t size)
{
    EVP_PKEY_CTX *ctx = outside_context(pkey, EVP_PKEY_verify_init, scheme);
    bool good = EVP_PKEY_verify(ctx, signature, size, hash, hash_size) == 1;

    EVP_PKEY_CTX_free(ctx);
    return good;
}

typedef int (*transform)(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *out_size, const unsigned char *in,
                         size_t in_size);

static size_t outside_transform(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *), transform operation,
                                const struct scheme *scheme, const uint8_t *in, size_t in_size, uint8_t *out)
{
    EVP_PKEY_CTX *ctx = outside_context(pkey, init, scheme);
    size_t size = MAX_BLOCK;

    CHECK(operation(ctx, out, &size, in, in_size) == 1);
    EVP_PKEY_CTX_free(ctx);
    return size;
}

/* ---- signatures -------------------------------------------------------------------------------------------- */

static void check_signature(struct material *material, EVP_PKEY *outside, const void *info, uint32_t flags,
                            const struct scheme *scheme, uint32_t hash_size)
{
    uint8_t hash[64], signature[MAX_BLOCK];
    uint32_t size = 0;

    memset(hash, 0x3C, sizeof hash);
    CHECK_STATUS(material_sign(material, info, flags, hash, hash_size, NULL, 0, &size), ERROR_SUCCESS);
    CHECK(size == material->width);
    size = 0;
    CHECK_STATUS(material_sign(material, info, flags, hash, hash_size, signature, size, &size), NTE_BUFFER_TOO_SMALL);
    CHECK(size == material->width);
    CHECK_STATUS(material_sign(material, info, flags, hash, hash_size, signature, size, &size), ERROR_SUCCESS);
    CHECK(size == material->width);
    CHECK(outside_verifies(outside, scheme, hash, hash_size, signature, size));
    CHECK_STATUS(material_verify(material, info, flags, hash, hash_size, signature, size), ERROR_SUCCESS);

    size = (uint32_t)outside_transform(outside, EVP_PKEY_sign_init, EVP_PKEY_sign, scheme, hash, hash_size, signature);
    CHECK_STATUS(material_verify(material, info, flags, hash, hash_size, signature, size), ERROR_SUCCESS);
    CHECK_STATUS(material_verify(material, info, flags, hash, hash_size, signature, size - 1), NTE_BAD_SIGNATURE);
    CHECK_STATUS(material_verify(material, info, flags, hash, hash_size, signature, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(material_verify(material, info, flags, hash, 0, signature, size), NTE_INVALID_PARAMETER);
    hash[0] ^= 1;
    CHECK_STATUS(material_verify(material, info, flags, hash, hash_size, signature, size), NTE_BAD_SIGNATURE);
    hash[0] ^= 1;
    signature[size - 1] ^= 1;
    CHECK_STATUS(material_verify(material, info, flags, hash, hash_size, signature, size), NTE_BAD_SIGNATURE);
    memset(signature, 0xFF, sizeof signature);
    CHECK_STATUS(material_verify(material, info, flags, hash, hash_size, signature, size), NTE_BAD_SIGNATURE);
}

static const struct {
    const WCHAR *cng;
    const char *openssl;
    uint32_t size;
} hashes[] = {
    {u"MD5", "MD5", 16},           {u"SHA1", "SHA1", 20},         {u"SHA256", "SHA256", 32},
    {u"SHA384", "SHA384", 48},     {u"SHA512", "SHA512", 64},     {u"SHA3-256", "SHA3-256", 32},
    {u"SHA3-384", "SHA3-384", 48}, {u"SHA3-512", "SHA3-512", 64},
};

#define HASH_COUNT (sizeof hashes / sizeof hashes[0])

static void test_signatures(void)
{
    struct material *material = generate(u"RSA", 2048);
    EVP_PKEY *outside = outside_key_of(material);

    for (size_t i = 0; i < HASH_COUNT; i++) {
        const BCRYPT_PKCS1_PADDING_INFO pkcs1 = {hashes[i].cng};
        struct scheme scheme = {.padding = RSA_PKCS1_PADDING, .md = hashes[i].openssl};

        check_signature(material, outside, &pkcs1, NCRYPT_PAD_PKCS1_FLAG, &scheme, hashes[i].size);
        scheme.padding = RSA_PKCS1_PSS_PADDING;
        for (uint32_t salt = 0; salt <= hashes[i].size; salt += hashes[i].size / 2) {
            const BCRYPT_PSS_PADDING_INFO pss = {hashes[i].cng, salt};

            scheme.salt = (int)salt;
            check_signature(material, outside, &pss, NCRYPT_PAD_PSS_FLAG, &scheme, hashes[i].size);
        }
    }
    EVP_PKEY_free(outside);
    material_free(material);
}

/* The longest salt is emLen - hLen - 2; for lengths of one bit above a whole byte emLen is a byte less than k. */
static void test_salt_limit(void)
{
    static const uint32_t lengths[] = {512, 1024};

    for (size_t i = 0; i < 2; i++) {
        struct material *material = generate(u"RSA", lengths[i]);
        EVP_PKEY *outside = outside_key_of(material);
        BCRYPT_PSS_PADDING_INFO pss = {u"SHA256", material->width - 32 - 2};
        const struct scheme scheme = {.padding = RSA_PKCS1_PSS_PADDING, .md = "SHA256", .salt = (int)pss.cbSalt};
        uint8_t signature[MAX_BLOCK];
        uint32_t size;

        check_signature(material, outside, &pss, NCRYPT_PAD_PSS_FLAG, &scheme, 32);
        for (uint32_t salt = pss.cbSalt + 1; salt != 0; salt *= 2) {
            pss.cbSalt = salt;
            CHECK_STATUS(material_sign(material, &pss, NCRYPT_PAD_PSS_FLAG, sha256_order17, 32, signature,
                                       sizeof signature, &size),
                         NTE_INVALID_PARAMETER);
        }
        pss.cbSalt = UINT32_MAX;
        CHECK_STATUS(
            material_verify(material, &pss, NCRYPT_PAD_PSS_FLAG, sha256_order17, 32, signature, material->width),
            NTE_INVALID_PARAMETER);
        EVP_PKEY_free(outside);
        material_free(material);
    }
}

/* Without a hash name the bytes stand behind the padding as they are; up to k - 11 of them. */
static void test_unnamed_hash(void)
{
    struct material *material = generate(u"RSA", 1024);
    EVP_PKEY *outside = outside_key_of(material);
    const BCRYPT_PKCS1_PADDING_INFO unnamed = {NULL}, sha1 = {u"SHA1"};
    const struct scheme scheme = {.padding = RSA_PKCS1_PADDING};
    uint8_t data[118], signature[MAX_BLOCK], seen[MAX_BLOCK];
    uint32_t size;

    memset(data, 0x77, sizeof data);
    check_signature(material, outside, &unnamed, NCRYPT_PAD_PKCS1_FLAG, &scheme, 20);
    for (uint32_t length = 1; length <= 117; length += 29) {
        CHECK_STATUS(
            material_sign(material, &unnamed, NCRYPT_PAD_PKCS1_FLAG, data, length, signature, sizeof signature, &size),
            ERROR_SUCCESS);
        CHECK(outside_transform(outside, EVP_PKEY_verify_recover_init, EVP_PKEY_verify_recover, &scheme, signature,
                                size, seen) == length &&
              memcmp(seen, data, length) == 0);
        CHECK_STATUS(material_verify(material, &unnamed, NCRYPT_PAD_PKCS1_FLAG, data, length, signature, size),
                     ERROR_SUCCESS);
    }
    CHECK_STATUS(
        material_sign(material, &unnamed, NCRYPT_PAD_PKCS1_FLAG, data, 118, signature, sizeof signature, &size),
        NTE_INVALID_PARAMETER);
    CHECK_STATUS(material_sign(material, &unnamed, NCRYPT_PAD_PKCS1_FLAG, data, 20, signature, sizeof signature, &size),
                 ERROR_SUCCESS);
    CHECK_STATUS(material_verify(material, &sha1, NCRYPT_PAD_PKCS1_FLAG, data, 20, signature, size), NTE_BAD_SIGNATURE);
    EVP_PKEY_free(outside);
    material_free(material);
}

/* Signatures made by the openssl command (dgst -sign, pkeyutl -sign) over "order 17". */
static void test_known_answers(void)
{
    static const char named[] =
        "9967a36d3daba252b8dd8a9d5c0dd49ac503b826ef64438273f614248f74d6c026cd8ff3c848dff551b657bd4186e064d79e1a8a9f40ff"
        "bb788aa5fbc882b70a619d90f99bc74d9cd11ccf1270b1fcaa0bdc418e7f9fc9446d5267c63fb5be4e566c08e503b9004a17a8401601b5"
        "23616522f1d1e03b29d3c1e7fa33b062103c";
    static const char plain[] =
        "c2832b71eed034293c2984bca8b15b2e01a686b83b7317cfd03ac62143606fc6daf7fccc98a45693d70f25edfbf210bddf4193a302406"
        "204bed984f6c0030e1108f2af4e8a71ec756cb404243aba8ff86e326a9eb1f5ca84fde788e3dcde2f0d3ec9d2c73e801d024dbedd07bd"
        "90feeb3b8763341def6b9d15610913026e954b";
    const BCRYPT_PKCS1_PADDING_INFO sha256 = {u"SHA256"}, unnamed = {NULL};
    uint8_t signature[MAX_BLOCK], expected[MAX_BLOCK];
    struct components components;
    struct material *material;
    uint32_t size;

    fixed_rsa(&components, 8);
    CHECK_STATUS(material_load(&components, true, &material), ERROR_SUCCESS);
    CHECK(material->bits == 1024 && material->has_private);
    CHECK_STATUS(
        material_sign(material, &sha256, NCRYPT_PAD_PKCS1_FLAG, sha256_order17, 32, signature, MAX_BLOCK, &size),
        ERROR_SUCCESS);
    CHECK(from_hex(named, expected) == size && memcmp(signature, expected, size) == 0);
    CHECK_STATUS(material_sign(material, &unnamed, NCRYPT_PAD_PKCS1_FLAG, (const uint8_t *)"order 17", 8, signature,
                               MAX_BLOCK, &size),
                 ERROR_SUCCESS);
    CHECK(from_hex(plain, expected) == size && memcmp(signature, expected, size) == 0);
    material_free(material);
    components_clear(&components);
}

static SECURITY_STATUS try_sign(struct material *material, const void *info, uint32_t flags, uint32_t hash_size)
{
    uint8_t hash[64] = {0}, signature[MAX_BLOCK];
    uint32_t size = 12345;
    SECURITY_STATUS status = material_sign(material, info, flags, hash, hash_size, signature, MAX_BLOCK, &size);

    CHECK((size == 12345) == (status != ERROR_SUCCESS));
    return status;
}

static void test_refused_signatures(void)
{
    struct material *material = generate(u"RSA", 512);
    const BCRYPT_PKCS1_PADDING_INFO sha1 = {u"SHA1"}, sha512 = {u"SHA512"}, odd = {u"SHA999\u20AC"};
    const BCRYPT_PSS_PADDING_INFO nameless = {NULL, 20};

    CHECK_STATUS(try_sign(material, &sha1, NCRYPT_PAD_PKCS1_FLAG, 20), ERROR_SUCCESS);
    CHECK_STATUS(try_sign(material, &sha1, 0, 20), NTE_INVALID_PARAMETER);
    CHECK_STATUS(try_sign(material, &sha1, NCRYPT_PAD_PKCS1_FLAG | NCRYPT_PAD_PSS_FLAG, 20), NTE_BAD_FLAGS);
    CHECK_STATUS(try_sign(material, &sha1, NCRYPT_PAD_OAEP_FLAG, 20), NTE_BAD_FLAGS);
    CHECK_STATUS(try_sign(material, &sha1, NCRYPT_PAD_PKCS1_FLAG | 0x80000000, 20), NTE_BAD_FLAGS);
    CHECK_STATUS(try_sign(material, NULL, NCRYPT_PAD_PKCS1_FLAG, 20), NTE_INVALID_PARAMETER);
    CHECK_STATUS(try_sign(material, NULL, NCRYPT_PAD_PSS_FLAG, 20), NTE_INVALID_PARAMETER);
    CHECK_STATUS(try_sign(material, &nameless, NCRYPT_PAD_PSS_FLAG, 20), NTE_INVALID_PARAMETER);
    CHECK_STATUS(try_sign(material, &odd, NCRYPT_PAD_PKCS1_FLAG, 20), NTE_INVALID_PARAMETER);
    CHECK_STATUS(try_sign(material, &sha1, NCRYPT_PAD_PKCS1_FLAG, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(try_sign(material, &sha1, NCRYPT_PAD_PKCS1_FLAG, 19), NTE_INVALID_PARAMETER);
    CHECK_STATUS(try_sign(material, &sha1, NCRYPT_PAD_PKCS1_FLAG, 32), NTE_INVALID_PARAMETER);
    CHECK_STATUS(try_sign(material, &sha512, NCRYPT_PAD_PKCS1_FLAG, 64), NTE_INVALID_PARAMETER);
    material_free(material);
}

static void test_public_key(void)
{
    const BCRYPT_PKCS1_PADDING_INFO sha256 = {u"SHA256"};
    uint8_t signature[MAX_BLOCK], block[MAX_BLOCK] = {0};
    struct components components, taken;
    struct material *material, *pair;
    uint32_t size;

    fixed_rsa(&components, 4);
    CHECK_STATUS(material_load(&components, true, &pair), ERROR_SUCCESS);
    CHECK_STATUS(material_sign(pair, &sha256, NCRYPT_PAD_PKCS1_FLAG, sha256_order17, 32, signature, MAX_BLOCK, &size),
                 ERROR_SUCCESS);
    components_clear(&components);
    fixed_rsa(&components, 2);
    CHECK_STATUS(material_load(&components, true, &material), ERROR_SUCCESS);
    CHECK(!material->has_private && material->signature_size == 128);
    CHECK_STATUS(material_verify(material, &sha256, NCRYPT_PAD_PKCS1_FLAG, sha256_order17, 32, signature, size),
                 ERROR_SUCCESS);
    CHECK_STATUS(try_sign(material, &sha256, NCRYPT_PAD_PKCS1_FLAG, 32), NTE_NOT_SUPPORTED);
    CHECK_STATUS(material_decrypt(material, NULL, NCRYPT_PAD_PKCS1_FLAG, block, 128, block, 128, &size),
                 NTE_NOT_SUPPORTED);
    components_init(&taken);
    CHECK_STATUS(material_take_apart(material, true, &taken), NTE_BAD_TYPE);
    components_clear(&taken);
    components_clear(&components);
    material_free(material);
    material_free(pair);
}

/* The host's own errors on this thread stay, and none of ours are left behind. */
static void test_error_queue(void)
{
    struct material *material = generate(u"RSA", 512);
    const BCRYPT_PKCS1_PADDING_INFO sha1 = {u"SHA1"};
    uint8_t bytes[64] = {1};
    char detail[256];

    ERR_clear_error();
    CHECK_STATUS(material_verify(material, &sha1, NCRYPT_PAD_PKCS1_FLAG, bytes, 20, bytes, 64), NTE_BAD_SIGNATURE);
    CHECK(ncx_error_detail(NTE_BAD_SIGNATURE, detail, sizeof detail) > 0);
    CHECK(ERR_peek_error() == 0);
    ERR_raise(ERR_LIB_USER, 42);
    CHECK_STATUS(material_verify(material, &sha1, NCRYPT_PAD_PKCS1_FLAG, bytes, 20, bytes, 64), NTE_BAD_SIGNATURE);
    CHECK(ERR_GET_REASON(ERR_get_error()) == 42 && ERR_get_error() == 0);
    material_free(material);
}

int main(void)
{
    RUN(test_signatures);
    RUN(test_salt_limit);
    RUN(test_unnamed_hash);
    RUN(test_known_answers);
    RUN(test_refused_signatures);
    RUN(test_public_key);
    RUN(test_error_queue);
    return test_result("material_rsa");
}
