/* SPDX-License-Identifier: MIT
 *
 * Memory runs short at every single allocation of the engine and libcrypto, once each, under what ML-DSA and ML-KEM
 * keys do, and whatever is given back to the C library, then or otherwise, holds no seed, private key or shared secret.
 */
#include "common/libctx.h"
#include "pq_support.h"

#if defined(__linux__)

#include "freed_memory.h"
#include "short_steps.h"

#define PASSWORD u"pass"
#define PBES2    "1.2.840.113549.1.5.13"

static const struct pq_set *const sets[] = {&pq_sets[0], &pq_sets[3]};
static const struct pq_set *const signing = &pq_sets[0], *const sharing = &pq_sets[3];
static NCRYPT_PROV_HANDLE provider;
static NCRYPT_KEY_HANDLE signer, receiver;
static uint8_t message[32], signature[2420], ciphertext[768], shared[32];
static unsigned kem_seed; /* the first of its two pieces */

/* Of the seed both ends; of the expanded key its secret parts: behind ML-DSA's public seed, its hash of the public key
 * behind that; of ML-KEM's, what stands before the public key. */
static void learn_key(NCRYPT_KEY_HANDLE key, const struct pq_set *set)
{
    const struct pq_parts *parts = pq_parts_of(key, set);

    learn(parts->seed);
    learn(parts->seed + set->seed_size - PIECE);
    learn(parts->expanded + (pq_is_kem(set) ? 0 : 32));
    learn(parts->expanded + (pq_is_kem(set) ? 700 : 128));
    if (!pq_is_kem(set)) {
        learn(parts->expanded + set->private_size - PIECE);
    }
}

/* ---- keys ------------------------------------------------------------------------------------------------------ */

static SECURITY_STATUS use(NCRYPT_KEY_HANDLE key, const struct pq_set *set)
{
    uint8_t out[2420] = {0}, secret[32] = {0};
    DWORD size = 0;
    SECURITY_STATUS status;

    if (!pq_is_kem(set)) {
        return NCryptSignHash(key, NULL, message, sizeof message, out, sizeof out, &size, 0);
    }
    status = NCryptDecapsulate(key, ciphertext, sizeof ciphertext, secret, sizeof secret, &size, 0);
    OPENSSL_cleanse(secret, sizeof secret);
    return status;
}

static SECURITY_STATUS make(const struct pq_set *set, const WCHAR *name)
{
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = NCryptCreatePersistedKey(provider, &key, set->algorithm, name, 0, 0);

    if (status == ERROR_SUCCESS) {
        status = set_bytes(key, NCRYPT_PARAMETER_SET_NAME_PROPERTY, set->name, set->name_size, 0);
    }
    if (status == ERROR_SUCCESS) {
        status = NCryptFinalizeKey(key, 0);
    }
    if (status == ERROR_SUCCESS) {
        status = use(key, set);
    }
    if (key != 0) {
        free_handle(key);
    }
    return status;
}

static SECURITY_STATUS step_supported(void)
{
    SECURITY_STATUS status = NCryptIsAlgSupported(provider, u"ML-KEM", 0);

    return status == ERROR_SUCCESS ? NCryptIsAlgSupported(provider, u"ML-DSA", 0) : status;
}

static SECURITY_STATUS step_make(void)
{
    SECURITY_STATUS status = make(signing, NULL);

    return status == ERROR_SUCCESS ? make(sharing, NULL) : status;
}

static SECURITY_STATUS step_open(void)
{
    static const WCHAR *const names[] = {u"signer", u"receiver"};
    SECURITY_STATUS status = ERROR_SUCCESS;

    for (size_t i = 0; status == ERROR_SUCCESS && i < COUNT(sets); i++) {
        NCRYPT_KEY_HANDLE key = 0;

        status = NCryptOpenKey(provider, &key, names[i], 0, 0);
        if (status == ERROR_SUCCESS) {
            status = use(key, sets[i]);
            free_handle(key);
        }
    }
    return status;
}

/* A stored key is there whole or not at all. */
static SECURITY_STATUS step_store(void)
{
    bool was_counting;
    SECURITY_STATUS status = ERROR_SUCCESS, opened;

    for (size_t i = 0; status == ERROR_SUCCESS && i < COUNT(sets); i++) {
        NCRYPT_KEY_HANDLE key = 0;

        status = make(sets[i], u"new");
        was_counting = counting;
        counting = false;
        opened = NCryptOpenKey(provider, &key, u"new", 0, 0);
        CHECK(opened == ERROR_SUCCESS || (opened == NTE_BAD_KEYSET && status != ERROR_SUCCESS));
        if (opened == ERROR_SUCCESS) {
            CHECK_STATUS(use(key, sets[i]), ERROR_SUCCESS);
            CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
        }
        counting = was_counting;
    }
    return status;
}

/* ---- forms ----------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS import_and_use(const WCHAR *type, NCryptBufferDesc *list, uint8_t *blob, DWORD size,
                                      const struct pq_set *set, bool is_private)
{
    NCRYPT_KEY_HANDLE made = 0;
    SECURITY_STATUS status = NCryptImportKey(provider, 0, type, list, &made, blob, size, 0);

    CHECK((made != 0) == (status == ERROR_SUCCESS));
    if (status == ERROR_SUCCESS) {
        if (is_private) {
            status = use(made, set);
        }
        free_handle(made);
    }
    return status;
}

static SECURITY_STATUS carry(NCRYPT_KEY_HANDLE key, const struct pq_set *set, const WCHAR *type, bool sealed)
{
    static uint8_t blob[PQ_ROOM];
    uint8_t settings[] = {2, 0, 0, 0, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}; /* rounds, and a salt */
    NCryptBuffer buffers[] = {
        {sizeof PASSWORD, NCRYPTBUFFER_PKCS_SECRET, (void *)(uintptr_t)PASSWORD},
        {sizeof PBES2, NCRYPTBUFFER_PKCS_ALG_OID, (void *)(uintptr_t)PBES2},
        {sizeof settings, NCRYPTBUFFER_PKCS_ALG_PARAM, settings},
    };
    NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, COUNT(buffers), buffers}, *given = sealed ? &list : NULL;
    DWORD size = 0;
    SECURITY_STATUS status = NCryptExportKey(key, 0, type, given, blob, sizeof blob, &size, 0);

    list.cBuffers = 1;
    if (status == ERROR_SUCCESS) {
        status = import_and_use(type, given, blob, size, set, type != pq_blobs_of(set)->public);
    }
    OPENSSL_cleanse(blob, sizeof blob);
    return status;
}

static SECURITY_STATUS carry_all(NCRYPT_KEY_HANDLE key, const struct pq_set *set)
{
    const struct pq_blobs *blobs = pq_blobs_of(set);
    const WCHAR *const types[] = {blobs->public, blobs->expanded, blobs->seed, u"PQPrivateKeyBlob"};
    SECURITY_STATUS status = ERROR_SUCCESS;

    for (size_t i = 0; status == ERROR_SUCCESS && i < COUNT(types); i++) {
        status = carry(key, set, types[i], false);
    }
    return status;
}

static SECURITY_STATUS step_blobs(void)
{
    SECURITY_STATUS status = carry_all(signer, signing);

    return status == ERROR_SUCCESS ? carry_all(receiver, sharing) : status;
}

static SECURITY_STATUS step_sealed(void)
{
    SECURITY_STATUS status = carry(signer, signing, u"PKCS8_PRIVATEKEY", true);

    return status == ERROR_SUCCESS ? carry(receiver, sharing, u"PKCS8_PRIVATEKEY", true) : status;
}

static SECURITY_STATUS pkcs8_forms(NCRYPT_KEY_HANDLE key, const struct pq_set *set)
{
    SECURITY_STATUS status = carry(key, set, u"PKCS8_PRIVATEKEY", false);

    for (size_t i = 0; status == ERROR_SUCCESS && i < PQ_PKCS8_FORMS; i++) {
        static uint8_t bytes[PQ_ROOM], der[PQ_ROOM];
        bool was_counting = counting;
        DWORD size;

        counting = false;
        size = pq_info(set, bytes, pq_form(set, pq_parts_of(key, set), i, bytes), der);
        counting = was_counting;
        status = import_and_use(u"PKCS8_PRIVATEKEY", NULL, der, size, set, true);
    }
    return status;
}

static SECURITY_STATUS step_pkcs8(void)
{
    SECURITY_STATUS status = pkcs8_forms(signer, signing);

    return status == ERROR_SUCCESS ? pkcs8_forms(receiver, sharing) : status;
}

/* A blob as a property of a key that is being made. */
static SECURITY_STATUS step_property(void)
{
    static uint8_t blob[PQ_ROOM];
    const WCHAR *type = pq_blobs_of(signing)->seed;
    NCRYPT_KEY_HANDLE key = 0;
    DWORD size = 0;
    SECURITY_STATUS status = NCryptExportKey(signer, 0, type, NULL, blob, sizeof blob, &size, 0);

    if (status == ERROR_SUCCESS) {
        status = NCryptCreatePersistedKey(provider, &key, signing->algorithm, NULL, 0, 0);
    }
    if (status == ERROR_SUCCESS) {
        status = set_bytes(key, type, blob, size, 0);
    }
    if (status == ERROR_SUCCESS) {
        status = NCryptFinalizeKey(key, 0);
    }
    if (key != 0) {
        free_handle(key);
    }
    OPENSSL_cleanse(blob, sizeof blob);
    return status;
}

/* ---- use ------------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS step_sign(void)
{
    uint8_t context[5] = "five";
    BCRYPT_PQDSA_PADDING_INFO pure = {context, sizeof context, NULL}, hashed = {context, 1, u"SHA256"};
    BCRYPT_PQDSA_PADDING_INFO *const infos[] = {NULL, &pure, &hashed};
    SECURITY_STATUS status = ERROR_SUCCESS;

    for (size_t i = 0; status == ERROR_SUCCESS && i < COUNT(infos); i++) {
        DWORD flags = infos[i] == NULL ? 0 : NCRYPT_PAD_PQDSA_FLAG, size = 0;
        uint8_t made[2420];

        status = NCryptSignHash(signer, infos[i], message, sizeof message, made, sizeof made, &size, flags);
        if (status == ERROR_SUCCESS) {
            status = NCryptVerifySignature(signer, infos[i], message, sizeof message, made, size, flags);
        }
    }
    CHECK(status != NTE_BAD_SIGNATURE);
    return status;
}

/* What is good is never called bad, and what is bad never good. */
static SECURITY_STATUS step_verify(void)
{
    SECURITY_STATUS status =
                        NCryptVerifySignature(signer, NULL, message, sizeof message, signature, sizeof signature, 0),
                    bad;

    CHECK(status != NTE_BAD_SIGNATURE);
    if (status == ERROR_SUCCESS) {
        signature[99] ^= 1;
        bad = NCryptVerifySignature(signer, NULL, message, sizeof message, signature, sizeof signature, 0);
        signature[99] ^= 1;
        CHECK(bad != ERROR_SUCCESS);
        status = bad == NTE_BAD_SIGNATURE ? ERROR_SUCCESS : bad;
    }
    return status;
}

static SECURITY_STATUS step_share(void)
{
    uint8_t made[768], one[32] = {0}, other[32] = {0};
    DWORD size = 0, made_size = 0;
    SECURITY_STATUS status = NCryptEncapsulate(receiver, one, 32, &size, made, sizeof made, &made_size, 0);

    if (status == ERROR_SUCCESS) {
        status = NCryptDecapsulate(receiver, made, made_size, other, 32, &size, 0);
        CHECK((status == ERROR_SUCCESS) == (memcmp(one, other, 32) == 0));
    }
    if (status == ERROR_SUCCESS) {
        status = NCryptDecapsulate(receiver, ciphertext, sizeof ciphertext, other, 32, &size, 0);
        CHECK((status == ERROR_SUCCESS) == (memcmp(other, shared, 32) == 0));
    }
    return status;
}

/* ---------------------------------------------------------------------------------------------------------------- */

/* A failure of the first one to ask is not the answer for ever. */
static void test_first_question(void)
{
    CHECK(libctx_get() != NULL);
    for (unsigned n = 0; n < 100; n++) {
        struck = false;
        remaining = n;
        counting = true;
        (void)!step_supported();
        counting = false;
        CHECK_STATUS(step_supported(), ERROR_SUCCESS);
    }
}

/* libcrypto 3.5 leaves ML-KEM's seed behind in its key if there is no memory for what the seed is expanded into. */
static bool is_libcrypto(unsigned piece, size_t size)
{
    return struck && size >= 160 && size <= 240 && (piece == kem_seed || piece == kem_seed + 1);
}

static void set_up(void)
{
    DWORD size = 0, other = 0;

    signer = pq_make(provider, signing, u"signer");
    receiver = pq_make(provider, sharing, u"receiver");
    CHECK_STATUS(NCryptSignHash(signer, NULL, message, sizeof message, signature, sizeof signature, &size, 0),
                 ERROR_SUCCESS);
    CHECK_STATUS(NCryptEncapsulate(receiver, shared, 32, &size, ciphertext, sizeof ciphertext, &other, 0),
                 ERROR_SUCCESS);
    learn_key(signer, signing);
    kem_seed = known;
    learn_key(receiver, sharing);
    excused = is_libcrypto;
    learn(shared);
    learn(shared + PIECE);
}

static void test_steps(void)
{
    static const struct {
        const char *name;
        SECURITY_STATUS (*step)(void);
    } steps[] = {
        {"make", step_make},         {"open", step_open},   {"store", step_store},   {"blobs", step_blobs},
        {"property", step_property}, {"pkcs8", step_pkcs8}, {"sealed", step_sealed}, {"sign", step_sign},
        {"verify", step_verify},     {"share", step_share},
    };

    for (size_t i = 0; i < COUNT(steps); i++) {
        unsigned failures = test_failures, before = dirty;

        starve(steps[i].step);
        CHECK(dirty == before);
        if (test_failures != failures) {
            fprintf(stderr, "    in the step '%s'\n", steps[i].name);
        }
    }
}

static void test_wiped(void)
{
    free_handle(signer);
    free_handle(receiver);
    CHECK(looked_at > 1000);
    CHECK(dirty == 0);
}

int main(void)
{
    use_own_memory();
    home_make();
    provider = open_provider();
    if (pq_in_libcrypto()) {
        RUN(test_first_question);
        set_up();
        RUN(test_steps);
        RUN(test_wiped);
    } else {
        pq_check_missing(provider);
    }
    free_handle(provider);
    CHECK(dirty == 0);
    check_no_handles();
    return test_result("ncrypt_pq_memory");
}

#else

int main(void)
{
    printf("ncrypt_pq_memory: skipped, the linker cannot replace malloc() here\n");
    return 0;
}

#endif
