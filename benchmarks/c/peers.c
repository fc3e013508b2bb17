/* SPDX-License-Identifier: MIT
 *
 * The C side of the comparisons: loops over libcrypto and over the engine, each timed inside, so that what calls them
 * costs nothing. Every function returns 1 on success; the caller passes what was made by one to the next and frees it.
 */
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "ncrypt.h"

#define MAX_THREADS   16
#define MAX_SIGNATURE 512

enum padding { PADDING_NONE, PADDING_PKCS1, PADDING_PSS, PADDING_OAEP };
enum operation { SIGN, VERIFY, ENCRYPT, DECRYPT };

struct timing {
    int64_t wall; /* nanoseconds */
    int64_t cpu;
};

struct job {
    EVP_PKEY_CTX *ctx;
    const uint8_t *digest;
    size_t size;
    uint64_t rounds;
    pthread_barrier_t *barrier;
    int64_t begin, end;
    int ok;
};

/* These are for ctypes, which needs no header. */
const char *peer_libcrypto(void);
EVP_PKEY *peer_generate(int rsa_bits);
int peer_export(const EVP_PKEY *key, uint8_t *out, size_t capacity, size_t *size);
void peer_free(EVP_PKEY *key);
EVP_PKEY_CTX *peer_context(EVP_PKEY *key, int operation, int padding);
void peer_context_free(EVP_PKEY_CTX *ctx);
int peer_sign(EVP_PKEY_CTX *ctx, const uint8_t *digest, size_t size, uint64_t rounds, struct timing *timing);
int peer_verify(EVP_PKEY_CTX *ctx, const uint8_t *digest, size_t size, const uint8_t *signature, size_t signature_size,
                uint64_t rounds, struct timing *timing);
int peer_cipher(EVP_PKEY_CTX *ctx, int operation, const uint8_t *in, size_t size, uint64_t rounds,
                struct timing *timing);
int peer_sign_threads(EVP_PKEY *key, int padding, const uint8_t *digest, size_t size, uint64_t rounds, int threads,
                      struct timing *timing);
int peer_engine_sign(NCRYPT_KEY_HANDLE key, void *padding, uint32_t flags, uint8_t *digest, uint32_t size,
                     uint32_t capacity, uint64_t rounds, struct timing *timing);
int peer_engine_open(NCRYPT_PROV_HANDLE provider, const WCHAR *const *names, NCRYPT_KEY_HANDLE *keys, uint64_t count,
                     struct timing *timing);

static int64_t now(clockid_t clock)
{
    struct timespec time;

    (void)clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void start(struct timing *timing)
{
    timing->cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    timing->wall = now(CLOCK_MONOTONIC);
}

static void stop(struct timing *timing)
{
    timing->wall = now(CLOCK_MONOTONIC) - timing->wall;
    timing->cpu = now(CLOCK_PROCESS_CPUTIME_ID) - timing->cpu;
}

const char *peer_libcrypto(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}

/* An RSA key of that many bits; a P-256 key for 0. */
EVP_PKEY *peer_generate(int rsa_bits)
{
    return rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen((unsigned)rsa_bits);
}

/* As PKCS#8. */
int peer_export(const EVP_PKEY *key, uint8_t *out, size_t capacity, size_t *size)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    int length = i2d_PKCS8_PRIV_KEY_INFO(info, NULL);
    int ok = info != NULL && length > 0 && (size_t)length <= capacity;

    if (ok) {
        *size = (size_t)i2d_PKCS8_PRIV_KEY_INFO(info, &out);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    return ok;
}

void peer_free(EVP_PKEY *key)
{
    EVP_PKEY_free(key);
}

static int initialise(EVP_PKEY_CTX *ctx, int operation)
{
    switch (operation) {
    case SIGN:
        return EVP_PKEY_sign_init(ctx);
    case VERIFY:
        return EVP_PKEY_verify_init(ctx);
    case ENCRYPT:
        return EVP_PKEY_encrypt_init(ctx);
    default:
        return EVP_PKEY_decrypt_init(ctx);
    }
}

static int set_padding(EVP_PKEY_CTX *ctx, int padding)
{
    switch (padding) {
    case PADDING_PKCS1:
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
               EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1;
    case PADDING_PSS:
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 32) == 1;
    case PADDING_OAEP:
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1;
    default:
        return 1;
    }
}

/* Ready for any number of operations, one after the other. */
EVP_PKEY_CTX *peer_context(EVP_PKEY *key, int operation, int padding)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

    if (ctx == NULL || initialise(ctx, operation) != 1 || set_padding(ctx, padding) != 1) {
        EVP_PKEY_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

void peer_context_free(EVP_PKEY_CTX *ctx)
{
    EVP_PKEY_CTX_free(ctx);
}

static int sign_rounds(EVP_PKEY_CTX *ctx, const uint8_t *digest, size_t size, uint64_t rounds)
{
    uint8_t signature[MAX_SIGNATURE];

    for (uint64_t round = 0; round < rounds; round++) {
        size_t signature_size = sizeof signature;

        if (EVP_PKEY_sign(ctx, signature, &signature_size, digest, size) != 1) {
            return 0;
        }
    }
    return 1;
}

int peer_sign(EVP_PKEY_CTX *ctx, const uint8_t *digest, size_t size, uint64_t rounds, struct timing *timing)
{
    int ok;

    start(timing);
    ok = sign_rounds(ctx, digest, size, rounds);
    stop(timing);
    return ok;
}

int peer_verify(EVP_PKEY_CTX *ctx, const uint8_t *digest, size_t size, const uint8_t *signature, size_t signature_size,
                uint64_t rounds, struct timing *timing)
{
    int ok = 1;

    start(timing);
    for (uint64_t round = 0; ok && round < rounds; round++) {
        ok = EVP_PKEY_verify(ctx, signature, signature_size, digest, size) == 1;
    }
    stop(timing);
    return ok;
}

int peer_cipher(EVP_PKEY_CTX *ctx, int operation, const uint8_t *in, size_t size, uint64_t rounds,
                struct timing *timing)
{
    uint8_t out[MAX_SIGNATURE];
    int ok = 1;

    start(timing);
    for (uint64_t round = 0; ok && round < rounds; round++) {
        size_t out_size = sizeof out;

        ok = (operation == ENCRYPT ? EVP_PKEY_encrypt : EVP_PKEY_decrypt)(ctx, out, &out_size, in, size) == 1;
    }
    stop(timing);
    return ok;
}

static void *run_job(void *argument)
{
    struct job *job = argument;

    (void)pthread_barrier_wait(job->barrier);
    job->begin = now(CLOCK_MONOTONIC);
    job->ok = sign_rounds(job->ctx, job->digest, job->size, job->rounds);
    job->end = now(CLOCK_MONOTONIC);
    return NULL;
}

/* Each thread makes `rounds` signatures with a context of its own on the same key. The wall time is from the first
 * thread's beginning to the last one's end: making the threads does not count. */
int peer_sign_threads(EVP_PKEY *key, int padding, const uint8_t *digest, size_t size, uint64_t rounds, int threads,
                      struct timing *timing)
{
    struct job jobs[MAX_THREADS] = {0};
    pthread_t ids[MAX_THREADS];
    pthread_barrier_t barrier;
    int64_t begin, end;
    int ok = threads >= 1 && threads <= MAX_THREADS;

    if (!ok || pthread_barrier_init(&barrier, NULL, (unsigned)threads) != 0) {
        return 0;
    }
    for (int i = 0; i < threads; i++) {
        jobs[i] = (struct job){.ctx = peer_context(key, SIGN, padding),
                               .digest = digest,
                               .size = size,
                               .rounds = rounds,
                               .barrier = &barrier};
        ok = ok && jobs[i].ctx != NULL;
    }
    timing->cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; ok && i < threads; i++) {
        if (pthread_create(&ids[i], NULL, run_job, &jobs[i]) != 0) {
            return 0; /* the threads that wait at the barrier are lost: this process is about to give up */
        }
    }
    for (int i = 0; ok && i < threads; i++) {
        (void)pthread_join(ids[i], NULL);
    }
    timing->cpu = now(CLOCK_PROCESS_CPUTIME_ID) - timing->cpu;
    begin = jobs[0].begin;
    end = jobs[0].end;
    for (int i = 0; i < threads; i++) {
        begin = jobs[i].begin < begin ? jobs[i].begin : begin;
        end = jobs[i].end > end ? jobs[i].end : end;
        ok = ok && jobs[i].ok;
        EVP_PKEY_CTX_free(jobs[i].ctx);
    }
    timing->wall = end - begin;
    (void)pthread_barrier_destroy(&barrier);
    return ok;
}

/* The engine, called from C as the binding calls it: one native call for each signature. */
int peer_engine_sign(NCRYPT_KEY_HANDLE key, void *padding, uint32_t flags, uint8_t *digest, uint32_t size,
                     uint32_t capacity, uint64_t rounds, struct timing *timing)
{
    uint8_t signature[MAX_SIGNATURE];
    int ok = capacity <= sizeof signature;

    start(timing);
    for (uint64_t round = 0; ok && round < rounds; round++) {
        DWORD written = 0;

        ok = NCryptSignHash(key, padding, digest, size, signature, capacity, &written, flags) == 0;
    }
    stop(timing);
    return ok;
}

/* Opens the keys; the caller frees them. */
int peer_engine_open(NCRYPT_PROV_HANDLE provider, const WCHAR *const *names, NCRYPT_KEY_HANDLE *keys, uint64_t count,
                     struct timing *timing)
{
    int ok = 1;

    start(timing);
    for (uint64_t i = 0; ok && i < count; i++) {
        ok = NCryptOpenKey(provider, &keys[i], names[i], 0, 0) == 0;
    }
    stop(timing);
    return ok;
}
