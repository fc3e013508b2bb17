/* SPDX-License-Identifier: MIT */
#include "ncrypt/key/parameter_set.h"

#include <stdatomic.h>

#include "common/libctx.h"
#include "common/status.h"
#include "common/utf16.h"
#include "ncrypt.h"

#define MLDSA NCRYPT_MLDSA_ALGORITHM_GROUP
#define MLKEM NCRYPT_MLKEM_ALGORITHM_GROUP

static const struct parameter_set sets[] = {
    {MLDSA, BCRYPT_MLDSA_PARAMETER_SET_44, PKEY_MLDSA_44, 1312, 2560, 32, 2420},
    {MLDSA, BCRYPT_MLDSA_PARAMETER_SET_65, PKEY_MLDSA_65, 1952, 4032, 32, 3309},
    {MLDSA, BCRYPT_MLDSA_PARAMETER_SET_87, PKEY_MLDSA_87, 2592, 4896, 32, 4627},
    {MLKEM, BCRYPT_MLKEM_PARAMETER_SET_512, PKEY_MLKEM_512, 800, 1632, 64, 768},
    {MLKEM, BCRYPT_MLKEM_PARAMETER_SET_768, PKEY_MLKEM_768, 1184, 2400, 64, 1088},
    {MLKEM, BCRYPT_MLKEM_PARAMETER_SET_1024, PKEY_MLKEM_1024, 1568, 3168, 64, 1568},
};

#define SET_COUNT (sizeof sets / sizeof sets[0])

const struct parameter_set *parameter_set_by_name(const WCHAR *group, const WCHAR *name)
{
    for (size_t i = 0; i < SET_COUNT; i++) {
        if (utf16_equal(group, sets[i].group) && utf16_equal(name, sets[i].name)) {
            return &sets[i];
        }
    }
    return NULL;
}

uint32_t parameter_set_bits(const struct parameter_set *set)
{
    return 8 * set->public_size;
}

const struct parameter_set *parameter_set_by_bits(const WCHAR *group, uint32_t bits)
{
    for (size_t i = 0; i < SET_COUNT; i++) {
        if (utf16_equal(group, sets[i].group) && parameter_set_bits(&sets[i]) == bits) {
            return &sets[i];
        }
    }
    return NULL;
}

const struct parameter_set *parameter_set_of(const WCHAR *group, const EVP_PKEY *pkey)
{
    for (size_t i = 0; i < SET_COUNT; i++) {
        if (utf16_equal(group, sets[i].group) && EVP_PKEY_is_a(pkey, pkey_type_name(sets[i].type))) {
            return &sets[i];
        }
    }
    return NULL;
}

/* ---- what libcrypto has ------------------------------------------------------------------------------------------ */

enum answer { UNKNOWN, THERE, MISSING };

static enum answer ask(const char *name)
{
    OSSL_LIB_CTX *libctx = libctx_get();
    EVP_KEYMGMT *found;
    enum answer answer = THERE;

    if (libctx == NULL) {
        return UNKNOWN;
    }
    openssl_scope_begin();
    found = EVP_KEYMGMT_fetch(libctx, name, NULL);
    if (found == NULL) { /* for good, unless memory was too short to look */
        answer = status_from_openssl(NTE_NOT_SUPPORTED, name) == NTE_NOT_SUPPORTED ? MISSING : UNKNOWN;
    }
    EVP_KEYMGMT_free(found);
    openssl_scope_end();
    return answer;
}

bool parameter_set_available(const WCHAR *group)
{
    static const char *const names[] = {"ML-DSA-65", "ML-KEM-768"};
    static _Atomic int answers[2];
    int which = utf16_equal(group, MLKEM);
    int answer = atomic_load_explicit(&answers[which], memory_order_relaxed);

    if (answer == UNKNOWN) {
        answer = ask(names[which]);
        atomic_store_explicit(&answers[which], answer, memory_order_relaxed);
    }
    return answer == THERE;
}
