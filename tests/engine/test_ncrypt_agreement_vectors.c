/* SPDX-License-Identifier: MIT
 *
 * Agreed secrets and keys derived from them against the vectors of NIST and RFC 5869.
 */
#include <openssl/hmac.h>

#include "derive_support.h"
#include "vector_support.h"

#define VECTORS "../vectors/"

static NCRYPT_PROV_HANDLE provider;

static const struct agreement_curve *curve_of(const struct vector *vector)
{
    return &agreement_curves[vector->section[1] - 'C']; /* EC, ED, EE */
}

/* ---- NIST: agreement ------------------------------------------------------------------------------------------- */

static void blob_start(uint8_t *blob, const char *magic, uint32_t width)
{
    memset(blob, 0, ECC_HEADER);
    memcpy(blob, magic, 4);
    blob[4] = (uint8_t)width;
}

/* A number of the vector, right-aligned in the field's width: P-521's are written with more or fewer zeros. */
static void put_number(const struct vector *vector, const char *name, uint8_t *out, uint32_t width)
{
    uint8_t bytes[80];
    size_t size = vector_bytes(vector, name, bytes, sizeof bytes), skip = size > width ? size - width : 0;

    memset(out, 0, width);
    for (size_t i = 0; i < skip; i++) {
        CHECK(bytes[i] == 0);
    }
    memcpy(out + width - (size - skip), bytes + skip, size - skip);
}

static SECURITY_STATUS vector_private(const struct vector *vector, const struct agreement_curve *curve,
                                      NCRYPT_KEY_HANDLE *key)
{
    uint8_t blob[ECC_HEADER + 3 * MAX_WIDTH];

    blob_start(blob, curve->private_magic, curve->width);
    memset(blob + ECC_HEADER, 0, 2 * curve->width);
    put_number(vector, "dsIUT", blob + ECC_HEADER + 2 * curve->width, curve->width);
    return NCryptImportKey(provider, 0, u"ECCPRIVATEBLOB", NULL, key, blob, ECC_HEADER + 3 * curve->width, 0);
}

static SECURITY_STATUS vector_public(const struct vector *vector, const struct agreement_curve *curve,
                                     NCRYPT_KEY_HANDLE *key)
{
    uint8_t blob[ECC_HEADER + 2 * MAX_WIDTH];

    blob_start(blob, curve->public_magic, curve->width);
    put_number(vector, "QsCAVSx", blob + ECC_HEADER, curve->width);
    put_number(vector, "QsCAVSy", blob + ECC_HEADER + curve->width, curve->width);
    return NCryptImportKey(provider, 0, u"ECCPUBLICBLOB", NULL, key, blob, ECC_HEADER + 2 * curve->width, 0);
}

static unsigned passed, refused, changed, unequal;

/* Whether the private number belongs to the public point of the record. */
static bool fits_point(const struct vector *vector, const struct agreement_curve *curve, NCRYPT_KEY_HANDLE own)
{
    uint8_t blob[ECC_HEADER + 2 * MAX_WIDTH], point[2 * MAX_WIDTH];

    export_key(own, u"ECCPUBLICBLOB", blob, sizeof blob);
    put_number(vector, "QsIUTx", point, curve->width);
    put_number(vector, "QsIUTy", point + curve->width, curve->width);
    return memcmp(blob + ECC_HEADER, point, 2 * curve->width) == 0;
}

static void check_secret(const struct vector *vector, const struct agreement_curve *curve, NCRYPT_KEY_HANDLE own,
                         bool is_right)
{
    uint8_t wanted[MAX_WIDTH], got[MAX_WIDTH] = {0};
    NCRYPT_KEY_HANDLE peer = 0;
    NCRYPT_SECRET_HANDLE secret;

    CHECK_STATUS(vector_public(vector, curve, &peer), ERROR_SUCCESS);
    secret = agree_on(own, peer);
    put_number(vector, "Z", wanted, curve->width);
    CHECK(raw_secret(secret, got) == curve->width);
    CHECK((memcmp(got, wanted, curve->width) == 0) == is_right);
    free_handle(secret);
    free_handle(peer);
}

/* What is wrong with a record that does not pass is found where its kind of fault can be. */
static void check_cdh(const struct vector *vector)
{
    const struct agreement_curve *curve = curve_of(vector);
    const char *result = vector_text(vector, "Result");
    NCRYPT_KEY_HANDLE own = 0, peer = 0;
    SECURITY_STATUS status = vector_private(vector, curve, &own);

    if (strstr(result, "IUT's") != NULL) { /* the point is not that of the private number, which may be none itself */
        CHECK(status == NTE_INVALID_PARAMETER || !fits_point(vector, curve, own));
        unequal++;
    } else if (strstr(result, "CAVS's") != NULL) { /* the peer's point is not on the curve */
        CHECK_STATUS(vector_public(vector, curve, &peer), NTE_INVALID_PARAMETER);
        refused++;
    } else if (CHECK_STATUS(status, ERROR_SUCCESS)) {
        CHECK(fits_point(vector, curve, own));
        check_secret(vector, curve, own, result[0] == 'P');
        passed += result[0] == 'P';
        changed += strstr(result, "Z changed") != NULL;
    }
    if (own != 0) {
        free_handle(own);
    }
}

static void test_cdh(void)
{
    CHECK(vectors_read(VECTORS "ecdh_cavp.txt", check_cdh) == 90);
    CHECK(passed == 54 && refused == 12 && unequal == 18 && changed == 6);
}

/* ---- NIST: SP 800-56A concatenation ---------------------------------------------------------------------------- */

static void check_concat(const struct vector *vector)
{
    static const WCHAR *const hashes[] = {u"SHA256", u"SHA384", u"SHA512"};
    const struct agreement_curve *curve = curve_of(vector);
    const WCHAR *hash = hashes[curve - agreement_curves];
    NCRYPT_KEY_HANDLE own = 0, peer = 0;
    NCRYPT_SECRET_HANDLE secret;
    uint8_t info[256], wanted[128], got[128] = {0};
    size_t info_size = vector_bytes(vector, "OI", info, sizeof info);
    size_t wanted_size = vector_bytes(vector, "DKM", wanted, sizeof wanted);
    DWORD size = 0;

    CHECK_STATUS(vector_private(vector, curve, &own), ERROR_SUCCESS);
    CHECK_STATUS(vector_public(vector, curve, &peer), ERROR_SUCCESS);
    secret = agree_on(own, peer);
    for (size_t cut = 0; cut <= info_size; cut += 5) { /* wherever it is cut, it is joined again */
        struct buffers buffers = {0};

        add_buffer(&buffers, KDF_SUPPPRIVINFO, info + info_size, 0);
        add_buffer(&buffers, KDF_PARTYVINFO, info + cut, info_size - cut);
        add_hash(&buffers, hash);
        add_buffer(&buffers, KDF_ALGORITHMID, info, cut / 2);
        add_buffer(&buffers, KDF_PARTYUINFO, info + cut / 2, cut - cut / 2);
        CHECK_STATUS(derive(secret, u"SP800_56A_CONCAT", &buffers, got, (DWORD)wanted_size, &size), ERROR_SUCCESS);
        CHECK(size == wanted_size && memcmp(got, wanted, size) == 0);
    }
    free_handle(secret);
    free_handle(peer);
    free_handle(own);
}

static void test_concat(void)
{
    CHECK(vectors_read(VECTORS "ecdh_concat_cavp.txt", check_concat) == 30);
}

/* ---- RFC 5869 -------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS set_text(struct secret *secret, const WCHAR *name, const WCHAR *text, size_t units)
{
    return secret_set_property(secret, name, (const uint8_t *)text, (uint32_t)((units + 1) * sizeof *text), 0);
}

static void check_expanded(const struct secret *secret, const struct vector *vector)
{
    uint8_t info[128], wanted[128], got[128] = {0};
    size_t info_size = vector_bytes(vector, "info", info, sizeof info);
    DWORD wanted_size = (DWORD)atoi(vector_text(vector, "L")), size = 0;
    struct buffers buffers = {0};

    CHECK(vector_bytes(vector, "OKM", wanted, sizeof wanted) == wanted_size);
    if (info_size > 0) { /* none is as good as an empty one */
        add_buffer(&buffers, KDF_HKDF_INFO, info, info_size);
    }
    CHECK_STATUS(derive_of(secret, u"HKDF", &buffers, got, wanted_size, &size, 0), ERROR_SUCCESS);
    CHECK(size == wanted_size && memcmp(got, wanted, size) == 0);
}

static void check_hkdf(const struct vector *vector)
{
    bool sha1 = strcmp(vector_text(vector, "Hash"), "SHA-1") == 0;
    uint8_t key[128], salt[128], prk[64];
    const char *salt_text = vector_text(vector, "salt");
    size_t key_size = vector_bytes(vector, "IKM", key, sizeof key), prk_size, salt_size = 0;
    struct secret secret;

    if (strchr(salt_text, 'n') == NULL) { /* "not provided" */
        salt_size = vector_bytes(vector, "salt", salt, sizeof salt);
    }
    prk_size = vector_bytes(vector, "PRK", prk, sizeof prk);
    for (int extract = 0; extract < 2; extract++) {
        secret_begin(&secret, extract ? key : prk, extract ? key_size : prk_size);
        CHECK_STATUS(sha1 ? set_text(&secret, BCRYPT_HKDF_HASH_ALGORITHM, u"SHA1", 4)
                          : set_text(&secret, BCRYPT_HKDF_HASH_ALGORITHM, u"SHA256", 6),
                     ERROR_SUCCESS);
        CHECK_STATUS(secret_set_property(&secret,
                                         extract ? BCRYPT_HKDF_SALT_AND_FINALIZE : BCRYPT_HKDF_PRK_AND_FINALIZE,
                                         extract && salt_size > 0 ? salt : NULL, extract ? (uint32_t)salt_size : 0, 0),
                     ERROR_SUCCESS);
        check_expanded(&secret, vector);
        secret_end(&secret);
    }
}

static void test_hkdf(void)
{
    CHECK(vectors_read(VECTORS "hkdf_sha256.txt", check_hkdf) == 3);
    CHECK(vectors_read(VECTORS "hkdf_sha1.txt", check_hkdf) == 4);
}

/* ---- TLS ------------------------------------------------------------------------------------------------------- */

static void check_tls(const struct vector *vector)
{
    static const uint32_t old[] = {0x0301, 0x0302, 0xFEFF}, new = 0x0303;
    bool is_new = strcmp(vector_text(vector, "Protocol"), "TLS 1.2") == 0;
    uint8_t key[64], label[32], seed[64], wanted[48], got[48];
    size_t key_size = vector_bytes(vector, "Secret", key, sizeof key);
    size_t label_size = vector_bytes(vector, "Label", label, sizeof label);
    struct secret secret;

    CHECK(vector_bytes(vector, "Seed", seed, sizeof seed) == 64);
    CHECK(vector_bytes(vector, "Output", wanted, sizeof wanted) == 48);
    secret_begin(&secret, key, key_size);
    for (size_t i = 0; i < 4; i++) { /* the last time with what is taken by itself */
        struct buffers buffers = {0};
        DWORD size = 0;

        add_buffer(&buffers, KDF_TLS_PRF_LABEL, label, label_size);
        add_buffer(&buffers, KDF_TLS_PRF_SEED, seed, sizeof seed);
        if (is_new || i < 3) {
            add_buffer(&buffers, KDF_TLS_PRF_PROTOCOL, is_new ? &new : &old[i % 3], sizeof new);
        }
        if (is_new && i < 3) {
            add_hash(&buffers, u"SHA256");
        }
        memset(got, 0, sizeof got);
        CHECK_STATUS(derive_of(&secret, u"TLS_PRF", &buffers, got, sizeof got, &size, 0), ERROR_SUCCESS);
        CHECK(size == sizeof got && memcmp(got, wanted, sizeof got) == 0);
    }
    secret_end(&secret);
}

/* RFC 5246's P_hash by libcrypto's HMAC alone: 48 bytes of SHA-384's are one block. */
static void check_tls_sha384(void)
{
    uint8_t key[48], seed[64], text[48 + 16 + 64], one[48], wanted[48], got[48];
    struct buffers buffers = {0};
    uint32_t protocol = 0x0303;
    struct secret secret;
    unsigned length = 0;
    DWORD size = 0;

    memset(key, 0x4B, sizeof key);
    memset(seed, 0x53, sizeof seed);
    memcpy(text + 48, "key of some kind", 16);
    memcpy(text + 64, seed, 64);
    CHECK(HMAC(EVP_sha384(), key, sizeof key, text + 48, 80, one, &length) != NULL);
    memcpy(text, one, 48);
    CHECK(HMAC(EVP_sha384(), key, sizeof key, text, sizeof text, wanted, &length) != NULL);
    secret_begin(&secret, key, sizeof key);
    add_buffer(&buffers, KDF_TLS_PRF_SEED, seed, sizeof seed);
    add_buffer(&buffers, KDF_TLS_PRF_LABEL, "key of some kind", 16);
    add_buffer(&buffers, KDF_TLS_PRF_PROTOCOL, &protocol, sizeof protocol);
    add_hash(&buffers, u"SHA384");
    CHECK_STATUS(derive_of(&secret, u"TLS_PRF", &buffers, got, sizeof got, &size, 0), ERROR_SUCCESS);
    CHECK(size == sizeof got && memcmp(got, wanted, sizeof got) == 0);
    secret_end(&secret);
}

/* SSL 3.0 derives in another way, which must not be used any more; so does TLS 1.3; of DTLS only 1.0 has a number. */
static void check_other_protocols(void)
{
    static const uint32_t protocols[] = {0, 0x0002, 0x0300, 0x0304, 0xFEFD, 0x01000301};
    uint8_t key[48] = {1}, seed[64] = {0}, got[48];
    struct secret secret;

    secret_begin(&secret, key, sizeof key);
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        struct buffers buffers = {0};
        DWORD size = 0;

        add_buffer(&buffers, KDF_TLS_PRF_SEED, seed, sizeof seed);
        add_buffer(&buffers, KDF_TLS_PRF_LABEL, "label", 5);
        add_buffer(&buffers, KDF_TLS_PRF_PROTOCOL, &protocols[i], sizeof protocols[i]);
        CHECK_STATUS(derive_of(&secret, u"TLS_PRF", &buffers, got, sizeof got, &size, 0), NTE_NOT_SUPPORTED);
    }
    secret_end(&secret);
}

static void test_tls(void)
{
    CHECK(vectors_read(VECTORS "tls_prf.txt", check_tls) == 2);
    check_tls_sha384();
    check_other_protocols();
}

int main(void)
{
    home_make();
    provider = open_provider();
    RUN(test_cdh);
    RUN(test_concat);
    RUN(test_hkdf);
    RUN(test_tls);
    free_handle(provider);
    check_nothing_left();
    return test_result("ncrypt_agreement_vectors");
}
