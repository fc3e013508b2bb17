/* SPDX-License-Identifier: MIT
 *
 * ECDH keys and NCryptSecretAgreement, judged by libcrypto used by itself; every refusal; junk and stale handles.
 */
#include "agreement_support.h"
#include "common/utf16.h"

static NCRYPT_PROV_HANDLE provider;

static bool text_is(NCRYPT_KEY_HANDLE key, const WCHAR *property, const WCHAR *wanted)
{
    WCHAR text[64] = u"";
    DWORD size = 0;

    CHECK_STATUS(NCryptGetProperty(key, property, (PBYTE)text, sizeof text, &size, 0), ERROR_SUCCESS);
    return utf16_equal(text, wanted);
}

/* ---- keys ------------------------------------------------------------------------------------------------------ */

static void check_properties(NCRYPT_KEY_HANDLE key, const struct agreement_curve *curve)
{
    DWORD value = 0;

    CHECK(text_is(key, NCRYPT_ALGORITHM_PROPERTY, curve->algorithm));
    CHECK(text_is(key, NCRYPT_ALGORITHM_GROUP_PROPERTY, u"ECDH"));
    CHECK(text_is(key, NCRYPT_ECC_CURVE_NAME_PROPERTY, curve->name));
    CHECK_STATUS(get_dword(key, NCRYPT_KEY_USAGE_PROPERTY, &value), ERROR_SUCCESS);
    CHECK(value == NCRYPT_ALLOW_ALL_USAGES);
    CHECK_STATUS(get_dword(key, NCRYPT_SIGNATURE_LENGTH_PROPERTY, &value), ERROR_SUCCESS);
    CHECK(value == 2 * curve->width);
    CHECK_STATUS(get_dword(key, NCRYPT_BLOCK_LENGTH_PROPERTY, &value), NTE_NOT_SUPPORTED);
}

/* Created, stored, opened, exported and imported: it stays the same ECDH key, and signs. */
static void test_keys(void)
{
    for (size_t i = 0; i < COUNT(agreement_curves); i++) {
        const struct agreement_curve *curve = &agreement_curves[i];
        NCRYPT_KEY_HANDLE key = begin_key(provider, curve->algorithm, u"stored", 0), opened, imported, half;
        uint8_t blob[ECC_HEADER + 3 * MAX_WIDTH], again[ECC_HEADER + 3 * MAX_WIDTH];
        DWORD size;

        CHECK_STATUS(set_dword(key, NCRYPT_EXPORT_POLICY_PROPERTY, NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0),
                     ERROR_SUCCESS);
        CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
        opened = open_key(provider, u"stored");
        check_properties(opened, curve);
        CHECK_STATUS(sign_and_verify(opened), ERROR_SUCCESS);
        size = export_key(opened, u"ECCPRIVATEBLOB", blob, sizeof blob);
        CHECK(size == ECC_HEADER + 3 * curve->width && memcmp(blob, curve->private_magic, 4) == 0);
        imported = import_key(provider, u"PRIVATEBLOB", blob, size);
        check_properties(imported, curve);
        half = public_half(provider, imported);
        CHECK(export_key(half, u"PUBLICBLOB", again, sizeof again) == ECC_HEADER + 2 * curve->width);
        CHECK(memcmp(again, curve->public_magic, 4) == 0);
        CHECK(memcmp(again + 4, blob + 4, 4 + 2 * curve->width) == 0);
        CHECK(text_is(half, NCRYPT_ALGORITHM_PROPERTY, curve->algorithm));
        free_handle(half);
        free_handle(imported);
        free_handle(opened);
        CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
    }
}

/* The generic name takes a curve and gives way to the curve's own name, unless it is to be kept. */
static void test_generic_keys(void)
{
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDH", NULL, 0), generic, imported = 0;
    uint8_t blob[ECC_HEADER + 2 * MAX_WIDTH];
    struct buffers curve = {0};
    DWORD size;

    CHECK_STATUS(NCryptFinalizeKey(key, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(set_bytes(key, NCRYPT_ECC_CURVE_NAME_PROPERTY, u"secP384r1", 20, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    check_properties(key, &agreement_curves[1]);
    generic = begin_key(provider, u"ECDH", NULL, NCRYPT_TREAT_NIST_AS_GENERIC_ECC_FLAG);
    CHECK_STATUS(set_bytes(generic, NCRYPT_ECC_CURVE_NAME_PROPERTY, u"nistP384", 18, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(generic, 0), ERROR_SUCCESS);
    CHECK(text_is(generic, NCRYPT_ALGORITHM_PROPERTY, u"ECDH"));
    size = export_key(generic, u"ECCPUBLICBLOB", blob, sizeof blob);
    CHECK(memcmp(blob, "ECKP", 4) == 0);
    CHECK_STATUS(NCryptImportKey(provider, 0, u"ECCPUBLICBLOB", NULL, &imported, blob, size, 0), NTE_INVALID_PARAMETER);
    add_buffer(&curve, NCRYPTBUFFER_ECC_CURVE_NAME, u"nistP384", 18);
    CHECK_STATUS(NCryptImportKey(provider, 0, u"ECCPUBLICBLOB", &curve.list, &imported, blob, size, 0), ERROR_SUCCESS);
    CHECK(text_is(imported, NCRYPT_ALGORITHM_PROPERTY, u"ECDH_P384"));
    free_handle(agree_on(key, imported));
    free_handle(agree_on(generic, key));
    free_handle(imported);
    free_handle(generic);
    free_handle(key);
}

/* A private blob as a property belongs to the key's own algorithm. */
static void test_blob_property(void)
{
    NCRYPT_KEY_HANDLE key = make_ephemeral(provider, u"ECDH_P256"), again, wrong;
    uint8_t blob[ECC_HEADER + 3 * 32];
    DWORD size = export_key(key, u"ECCPRIVATEBLOB", blob, sizeof blob);

    again = begin_key(provider, u"ECDH_P256", NULL, 0);
    CHECK_STATUS(set_bytes(again, u"ECCPRIVATEBLOB", blob, size, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(again, 0), ERROR_SUCCESS);
    check_properties(again, &agreement_curves[0]);
    wrong = begin_key(provider, u"ECDSA_P256", NULL, 0);
    CHECK_STATUS(set_bytes(wrong, u"ECCPRIVATEBLOB", blob, size, 0), NTE_NOT_SUPPORTED);
    free_handle(wrong);
    wrong = begin_key(provider, u"ECDH_P384", NULL, 0);
    CHECK_STATUS(set_bytes(wrong, u"ECCPRIVATEBLOB", blob, size, 0), NTE_INVALID_PARAMETER);
    free_handle(wrong);
    free_handle(again);
    free_handle(key);
}

/* PKCS#8 tells the two kinds apart by the usage that it grants. */
static void test_pkcs8(void)
{
    static const struct {
        const WCHAR *algorithm;
        uint32_t usage;
        const WCHAR *imported;
        uint32_t granted;
    } cases[] = {
        {u"ECDH_P256", NCRYPT_ALLOW_ALL_USAGES, u"ECDH_P256",
         NCRYPT_ALLOW_KEY_AGREEMENT_FLAG | NCRYPT_ALLOW_SIGNING_FLAG},
        {u"ECDH_P384", NCRYPT_ALLOW_KEY_AGREEMENT_FLAG, u"ECDH_P384", NCRYPT_ALLOW_KEY_AGREEMENT_FLAG},
        {u"ECDSA_P521", NCRYPT_ALLOW_ALL_USAGES, u"ECDSA_P521", NCRYPT_ALLOW_SIGNING_FLAG},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        NCRYPT_KEY_HANDLE key = begin_key(provider, cases[i].algorithm, NULL, 0), imported;
        uint8_t blob[400];
        DWORD size, usage = 0;

        CHECK_STATUS(set_dword(key, NCRYPT_EXPORT_POLICY_PROPERTY, NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG, 0),
                     ERROR_SUCCESS);
        CHECK_STATUS(set_dword(key, NCRYPT_KEY_USAGE_PROPERTY, cases[i].usage, 0), ERROR_SUCCESS);
        CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
        size = export_key(key, u"PKCS8_PRIVATEKEY", blob, sizeof blob);
        imported = import_key(provider, u"PKCS8_PRIVATEKEY", blob, size);
        CHECK(text_is(imported, NCRYPT_ALGORITHM_PROPERTY, cases[i].imported));
        CHECK_STATUS(get_dword(imported, NCRYPT_KEY_USAGE_PROPERTY, &usage), ERROR_SUCCESS);
        CHECK(usage == cases[i].granted);
        free_handle(imported);
        free_handle(key);
    }
}

static void test_enumeration(void)
{
    NCryptAlgorithmName *list = NULL;
    DWORD count = 0;

    CHECK_STATUS(NCryptEnumAlgorithms(provider, NCRYPT_SECRET_AGREEMENT_OPERATION, &count, &list, 0), ERROR_SUCCESS);
    CHECK(count == 5);
    for (DWORD i = 0; i < count; i++) {
        CHECK(list[i].dwClass == NCRYPT_SECRET_AGREEMENT_INTERFACE);
        CHECK(utf16_equal(list[i].pszName, u"DH") || memcmp(list[i].pszName, u"ECDH", 8) == 0);
        CHECK_STATUS(NCryptIsAlgSupported(provider, list[i].pszName, 0), ERROR_SUCCESS);
    }
    CHECK_STATUS(NCryptFreeBuffer(list), ERROR_SUCCESS);
}

/* ---- agreement ------------------------------------------------------------------------------------------------- */

static void test_against_libcrypto(void)
{
    for (size_t i = 0; i < COUNT(agreement_curves); i++) {
        const struct agreement_curve *curve = &agreement_curves[i];

        for (int round = 0; round < 20; round++) {
            NCRYPT_KEY_HANDLE own = make_ephemeral(provider, curve->algorithm),
                              peer = make_ephemeral(provider, curve->algorithm), half = public_half(provider, peer);
            NCRYPT_SECRET_HANDLE one = agree_on(own, half), two = agree_on(peer, own), three = agree_on(own, half);
            uint8_t own_blob[ECC_HEADER + 3 * MAX_WIDTH], peer_blob[ECC_HEADER + 2 * MAX_WIDTH];
            uint8_t wanted[MAX_WIDTH], got[MAX_WIDTH];

            export_key(own, u"ECCPRIVATEBLOB", own_blob, sizeof own_blob);
            export_key(half, u"ECCPUBLICBLOB", peer_blob, sizeof peer_blob);
            CHECK(outside_secret(curve, own_blob, peer_blob, wanted) == curve->width);
            /* The secret does not need the keys. */
            free_handle(own);
            free_handle(peer);
            free_handle(half);
            CHECK(raw_secret(one, got) == curve->width && memcmp(got, wanted, curve->width) == 0);
            CHECK(raw_secret(two, got) == curve->width && memcmp(got, wanted, curve->width) == 0);
            CHECK(raw_secret(three, got) == curve->width && memcmp(got, wanted, curve->width) == 0);
            free_handle(one);
            free_handle(two);
            free_handle(three);
        }
    }
}

/* ---- refusals -------------------------------------------------------------------------------------------------- */

static NCRYPT_KEY_HANDLE own_key, peer_key;

static SECURITY_STATUS try_agree(NCRYPT_KEY_HANDLE own, NCRYPT_KEY_HANDLE peer, DWORD flags)
{
    NCRYPT_SECRET_HANDLE secret = 0;
    SECURITY_STATUS status = NCryptSecretAgreement(own, peer, &secret, flags);

    CHECK((secret != 0) == (status == ERROR_SUCCESS));
    if (secret != 0) {
        free_handle(secret);
    }
    return status;
}

static void test_wrong_keys(void)
{
    NCRYPT_KEY_HANDLE ecdsa = make_ephemeral(provider, u"ECDSA_P256"), rsa = begin_key(provider, u"RSA", NULL, 0),
                      p384 = make_ephemeral(provider, u"ECDH_P384"), unfinished, signer;

    CHECK_STATUS(set_dword(rsa, NCRYPT_LENGTH_PROPERTY, 512, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(rsa, 0), ERROR_SUCCESS);
    unfinished = begin_key(provider, u"ECDH_P256", NULL, 0);
    signer = begin_key(provider, u"ECDH_P256", NULL, 0);
    CHECK_STATUS(set_dword(signer, NCRYPT_KEY_USAGE_PROPERTY, NCRYPT_ALLOW_SIGNING_FLAG, 0), ERROR_SUCCESS);
    CHECK_STATUS(NCryptFinalizeKey(signer, 0), ERROR_SUCCESS);
    CHECK_STATUS(try_agree(own_key, peer_key, 0), ERROR_SUCCESS);
    CHECK_STATUS(try_agree(own_key, p384, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(try_agree(p384, peer_key, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(try_agree(own_key, ecdsa, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(try_agree(own_key, rsa, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(try_agree(ecdsa, peer_key, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(try_agree(rsa, rsa, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(try_agree(peer_key, own_key, 0), NTE_NOT_SUPPORTED); /* it is public */
    CHECK_STATUS(try_agree(own_key, unfinished, 0), NTE_BAD_KEY_STATE);
    CHECK_STATUS(try_agree(unfinished, peer_key, 0), NTE_BAD_KEY_STATE);
    CHECK_STATUS(try_agree(signer, peer_key, 0), NTE_PERM);
    CHECK_STATUS(try_agree(own_key, signer, 0), ERROR_SUCCESS); /* a peer's usage does not matter */
    CHECK_STATUS(sign_and_verify(signer), ERROR_SUCCESS);
    free_handle(signer);
    free_handle(unfinished);
    free_handle(p384);
    free_handle(rsa);
    free_handle(ecdsa);
}

/* What would give the private key away, bit by bit: points that are not on the curve never become a key. */
static void test_points_off_the_curve(void)
{
    for (size_t i = 0; i < COUNT(agreement_curves); i++) {
        NCRYPT_KEY_HANDLE key = make_ephemeral(provider, agreement_curves[i].algorithm), imported = 0;
        uint8_t blob[ECC_HEADER + 2 * MAX_WIDTH];
        DWORD size = export_key(key, u"ECCPUBLICBLOB", blob, sizeof blob);

        for (DWORD flags = 0; flags <= NCRYPT_NO_KEY_VALIDATION; flags += NCRYPT_NO_KEY_VALIDATION) {
            blob[size - 1] ^= 1;
            CHECK_STATUS(NCryptImportKey(provider, 0, u"ECCPUBLICBLOB", NULL, &imported, blob, size, flags),
                         NTE_INVALID_PARAMETER);
            blob[size - 1] ^= 1;
        }
        memset(blob + ECC_HEADER, 0, size - ECC_HEADER);
        CHECK_STATUS(
            NCryptImportKey(provider, 0, u"ECCPUBLICBLOB", NULL, &imported, blob, size, NCRYPT_NO_KEY_VALIDATION),
            NTE_INVALID_PARAMETER);
        free_handle(key);
    }
}

static void test_wrong_arguments(void)
{
    for (unsigned bit = 0; bit < 32; bit++) {
        DWORD flag = UINT32_C(1) << bit;

        CHECK_STATUS(try_agree(own_key, peer_key, flag), flag == NCRYPT_SILENT_FLAG ? ERROR_SUCCESS : NTE_BAD_FLAGS);
    }
    CHECK_STATUS(NCryptSecretAgreement(own_key, peer_key, NULL, 0), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptSecretAgreement(own_key, peer_key, NULL, 1), NTE_BAD_FLAGS);
}

static void refused_everywhere(NCRYPT_HANDLE handle)
{
    uint8_t out[32];
    DWORD size = 0;

    CHECK_STATUS(try_agree(handle, peer_key, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(try_agree(own_key, handle, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptDeriveKey(handle, u"TRUNCATE", NULL, out, sizeof out, &size, 0), NTE_INVALID_HANDLE);
}

static void test_handles(void)
{
    NCRYPT_SECRET_HANDLE secret = agree_on(own_key, peer_key), stale = agree_on(own_key, peer_key);
    uint64_t random = 1;
    uint8_t out[32];
    DWORD size = 0;

    free_handle(stale);
    CHECK_STATUS(NCryptFreeObject(stale), NTE_INVALID_HANDLE);
    refused_everywhere(0);
    refused_everywhere(stale);
    refused_everywhere(provider);
    refused_everywhere((NCRYPT_HANDLE)-1);
    for (int i = 0; i < 1000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        if ((NCRYPT_HANDLE)random != secret) {
            refused_everywhere((NCRYPT_HANDLE)random);
        }
    }
    /* A secret is no key and no provider, and a key no secret. */
    CHECK_STATUS(try_agree(secret, peer_key, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(try_agree(own_key, secret, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptDeriveKey(own_key, u"TRUNCATE", NULL, out, sizeof out, &size, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptDeleteKey(secret, 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptIsAlgSupported(secret, u"RSA", 0), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptExportKey(secret, 0, u"PUBLICBLOB", NULL, out, sizeof out, &size, 0), NTE_INVALID_HANDLE);
    CHECK(!NCryptIsKeyHandle(secret));
    CHECK_STATUS(NCryptGetProperty(secret, u"Algorithm Name", out, sizeof out, &size, 0), NTE_NOT_SUPPORTED);
    CHECK_STATUS(NCryptSetProperty(secret, u"Use Context", out, 4, 0), NTE_NOT_SUPPORTED);
    CHECK(ncx_live_handles(16) == 1);
    free_handle(secret);
    CHECK(ncx_live_handles(16) == 0);
}

/* An agreement is a use of the private key: the policy of an imported one is then settled. */
static void test_counts_as_use(void)
{
    NCRYPT_KEY_HANDLE made = make_ephemeral(provider, u"ECDH_P256"), key;
    uint8_t blob[ECC_HEADER + 3 * 32];
    DWORD size = export_key(made, u"ECCPRIVATEBLOB", blob, sizeof blob);

    key = import_key(provider, u"ECCPRIVATEBLOB", blob, size);
    free_handle(agree_on(key, peer_key));
    CHECK_STATUS(set_dword(key, NCRYPT_EXPORT_POLICY_PROPERTY, NCRYPT_ALLOW_EXPORT_FLAG, 0), NTE_BAD_KEY_STATE);
    free_handle(key);
    free_handle(made);
}

int main(void)
{
    NCRYPT_KEY_HANDLE peer;

    home_make();
    provider = open_provider();
    own_key = make_ephemeral(provider, u"ECDH_P256");
    peer = make_ephemeral(provider, u"ECDH_P256");
    peer_key = public_half(provider, peer);
    RUN(test_keys);
    RUN(test_generic_keys);
    RUN(test_blob_property);
    RUN(test_pkcs8);
    RUN(test_enumeration);
    RUN(test_against_libcrypto);
    RUN(test_wrong_keys);
    RUN(test_points_off_the_curve);
    RUN(test_wrong_arguments);
    RUN(test_handles);
    RUN(test_counts_as_use);
    free_handle(peer_key);
    free_handle(peer);
    free_handle(own_key);
    free_handle(provider);
    check_nothing_left();
    return test_result("ncrypt_agreement");
}
