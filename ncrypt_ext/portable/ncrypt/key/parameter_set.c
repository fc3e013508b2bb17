/* SPDX-License-Identifier: MIT */
#include "ncrypt/key/parameter_set.h"

#include <pthread.h>

#include "common/libctx.h"
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

/* ---- what libcrypto has: asked once ------------------------------------------------------------------------------ */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool has_mldsa, has_mlkem;

static bool has_keys(OSSL_LIB_CTX *libctx, const char *name)
{
    EVP_KEYMGMT *found = EVP_KEYMGMT_fetch(libctx, name, NULL);

    EVP_KEYMGMT_free(found);
    return found != NULL;
}

static void ask(void)
{
    OSSL_LIB_CTX *libctx = libctx_get();

    if (libctx != NULL) {
        openssl_scope_begin();
        has_mldsa = has_keys(libctx, "ML-DSA-65");
        has_mlkem = has_keys(libctx, "ML-KEM-768");
        openssl_scope_end();
    }
}

bool parameter_set_available(const WCHAR *group)
{
    pthread_once(&once, ask);
    return utf16_equal(group, MLDSA) ? has_mldsa : has_mlkem;
}
