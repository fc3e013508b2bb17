/* SPDX-License-Identifier: MIT
 *
 * Failing memory as a part of the input of the targets of keys. Its first two bytes, little-endian, say which
 * allocation of the engine or of libcrypto fails, among those of the calls under test; 0: none. So do calls of
 * libcrypto that may fail without one. The rest is the target's. Whatever fails, a call then does what it does with
 * enough memory, or says that there is none.
 *
 * The input runs once without a failure: this makes what libcrypto and the engine keep for good, and says how often
 * they allocate and how each call ends. SQLite's memory does not fail here: see test_ncrypt_memory.c.
 */
#ifndef TESTS_FUZZ_MEMORY_SUPPORT_H
#define TESTS_FUZZ_MEMORY_SUPPORT_H

#include "../engine/harness.h"
#include "fuzz_support.h"
#include "ncrypt_ext_compat.h"

#if defined(__linux__)
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "../engine/short_memory.h"
#else
/* The linker cannot put own functions in the place of the C library's. */
static bool counting, struck;
static unsigned remaining;
#endif

enum { MEMORY_PREFIX = 2, MEMORY_CALLS = 8192 };

static struct {
    bool failing;                          /* the second run */
    bool past;                             /* the allocation failed before this call */
    bool of_libcrypto;                     /* it was one of libcrypto's */
    size_t calls;                          /* so far in this run */
    SECURITY_STATUS results[MEMORY_CALLS]; /* of the first run */
} memory;

/* The target, with what follows the prefix. */
static void fuzz_input(const uint8_t *data, size_t size);

#if defined(__linux__)
static void *memory_malloc(size_t size, const char *file, int line)
{
    bool before = struck;
    void *made = crypto_malloc(size, file, line);

    memory.of_libcrypto |= struck && !before;
    return made;
}

static void *memory_realloc(void *old, size_t size, const char *file, int line)
{
    bool before = struck;
    void *made = crypto_realloc(old, size, file, line);

    memory.of_libcrypto |= struck && !before;
    return made;
}

/* type, name, parameters, arguments, what a failing call gives; the Makefiles read the names */
#define FAILING_CALLS(X)                                                                                               \
    X(EVP_CIPHER *, EVP_CIPHER_fetch, (OSSL_LIB_CTX * context, const char *name, const char *properties),              \
      (context, name, properties), NULL)                                                                               \
    X(EVP_MD *, EVP_MD_fetch, (OSSL_LIB_CTX * context, const char *name, const char *properties),                      \
      (context, name, properties), NULL)                                                                               \
    X(EVP_KDF *, EVP_KDF_fetch, (OSSL_LIB_CTX * context, const char *name, const char *properties),                    \
      (context, name, properties), NULL)                                                                               \
    X(int, EVP_CipherInit_ex2,                                                                                         \
      (EVP_CIPHER_CTX * ctx, const EVP_CIPHER *cipher, const unsigned char *key, const unsigned char *iv, int encrypt, \
       const OSSL_PARAM parameters[]),                                                                                 \
      (ctx, cipher, key, iv, encrypt, parameters), 0)                                                                  \
    X(int, EVP_CipherUpdate,                                                                                           \
      (EVP_CIPHER_CTX * ctx, unsigned char *out, int *written, const unsigned char *in, int size),                     \
      (ctx, out, written, in, size), 0)                                                                                \
    X(int, EVP_CipherFinal_ex, (EVP_CIPHER_CTX * ctx, unsigned char *out, int *written), (ctx, out, written), 0)       \
    X(EC_GROUP *, EC_GROUP_new_by_curve_name_ex, (OSSL_LIB_CTX * context, const char *properties, int nid),            \
      (context, properties, nid), NULL)                                                                                \
    X(int, EC_GROUP_get_curve, (const EC_GROUP *group, BIGNUM *p, BIGNUM *a, BIGNUM *b, BN_CTX *ctx),                  \
      (group, p, a, b, ctx), 0)                                                                                        \
    X(int, EC_POINT_get_affine_coordinates,                                                                            \
      (const EC_GROUP *group, const EC_POINT *point, BIGNUM *x, BIGNUM *y, BN_CTX *ctx), (group, point, x, y, ctx), 0) \
    X(int, BN_mul, (BIGNUM * product, const BIGNUM *a, const BIGNUM *b, BN_CTX *ctx), (product, a, b, ctx), 0)         \
    X(int, BN_sub, (BIGNUM * difference, const BIGNUM *a, const BIGNUM *b), (difference, a, b), 0)                     \
    X(int, BN_sub_word, (BIGNUM * number, BN_ULONG word), (number, word), 0)                                           \
    X(int, BN_sqr, (BIGNUM * square, const BIGNUM *a, BN_CTX *ctx), (square, a, ctx), 0)                               \
    X(int, BN_lshift, (BIGNUM * shifted, const BIGNUM *a, int bits), (shifted, a, bits), 0)                            \
    X(BIGNUM *, BN_bin2bn, (const unsigned char *data, int size, BIGNUM *number), (data, size, number), NULL)          \
    X(int, PKCS8_pkey_get0,                                                                                            \
      (const ASN1_OBJECT **algorithm, const unsigned char **key, int *size, const X509_ALGOR **identifier,             \
       const PKCS8_PRIV_KEY_INFO *info),                                                                               \
      (algorithm, key, size, identifier, info), 0)                                                                     \
    X(int, OBJ_obj2txt, (char *text, int size, const ASN1_OBJECT *object, int numbers), (text, size, object, numbers), \
      0)

#define DEFINE_FAILING_CALL(type, name, parameters, arguments, failed)                                                 \
    type __real_##name parameters;                                                                                     \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters                                                                                      \
    {                                                                                                                  \
        if (!short_now()) {                                                                                            \
            return __real_##name arguments;                                                                            \
        }                                                                                                              \
        memory.of_libcrypto = true;                                                                                    \
        ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE);                                                                  \
        return failed;                                                                                                 \
    }
FAILING_CALLS(DEFINE_FAILING_CALL)

__attribute__((constructor)) static void memory_set_up(void)
{
    REQUIRE(CRYPTO_set_mem_functions(memory_malloc, memory_realloc, crypto_free) == 1);
}
#endif

static inline void memory_begin(void)
{
    memory.past = struck;
    counting = true;
}

/* Libcrypto does not always say that its memory was short: its failures may be any. */
static inline bool memory_may_give(SECURITY_STATUS status, SECURITY_STATUS otherwise)
{
    return status == otherwise || status == (SECURITY_STATUS)NTE_NO_MEMORY ||
           status == (SECURITY_STATUS)STATUS_NO_MEMORY || (memory.of_libcrypto && status != ERROR_SUCCESS);
}

static inline SECURITY_STATUS memory_end(SECURITY_STATUS status)
{
    size_t call = memory.calls++;

    counting = false;
    REQUIRE(call < MEMORY_CALLS);
    if (!memory.failing) {
        memory.results[call] = status;
    } else if (struck && !memory.past && !memory_may_give(status, memory.results[call])) {
        fprintf(stderr, "short of memory a call gives 0x%08X, and otherwise 0x%08X\n", (unsigned)status,
                (unsigned)memory.results[call]);
        abort();
    }
    return status;
}

static inline bool memory_end_last_error(bool good)
{
    (void)memory_end(good ? ERROR_SUCCESS : (SECURITY_STATUS)GetLastError());
    return good;
}

/* A call under test that returns its status, and one that says whether it worked. */
#define SHORT_OF_MEMORY(call)            (memory_begin(), memory_end(call))
#define SHORT_OF_MEMORY_LAST_ERROR(call) (memory_begin(), memory_end_last_error(call))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned fails;

    if (size < MEMORY_PREFIX) {
        return 0;
    }
    fails = data[0] | (unsigned)data[1] << 8;
    memory.failing = memory.of_libcrypto = struck = false;
    memory.calls = 0;
    remaining = UINT32_MAX;
    fuzz_input(data + MEMORY_PREFIX, size - MEMORY_PREFIX);
    if (fails > 0 && fails <= UINT32_MAX - remaining) {
        memory.failing = true;
        memory.calls = 0;
        remaining = fails - 1;
        fuzz_input(data + MEMORY_PREFIX, size - MEMORY_PREFIX);
    }
    return 0;
}

#endif
