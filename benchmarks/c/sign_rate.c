/* SPDX-License-Identifier: MIT
 *
 * What the engine adds to libcrypto: material_sign() beside a bare loop over EVP_PKEY_sign() with a context that is
 * used again and again, in pairs that alternate, and the time material_load() takes. Prints medians; the ratio is bare
 * over engine, so 1.00 means that nothing is added.
 */
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/libctx.h"
#include "ncrypt/key/material.h"

#define PAIRS     31
#define HASH_SIZE 32

static void require(int good, const char *what)
{
    if (!good) {
        fprintf(stderr, "sign_rate: %s failed\n", what);
        exit(1);
    }
}

static double now_us(void)
{
    struct timespec now;

    require(clock_gettime(CLOCK_MONOTONIC, &now) == 0, "clock_gettime");
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

struct work {
    const char *name;
    struct material *material;
    EVP_PKEY_CTX *bare;
    const void *padding;
    uint32_t flags;
    int calls;
};

static const uint8_t hash[HASH_SIZE] = {0x5A, 1, 2, 3};

static double time_bare(const struct work *work)
{
    uint8_t signature[512];
    double start = now_us();

    for (int i = 0; i < work->calls; i++) {
        size_t size = sizeof signature;

        require(EVP_PKEY_sign(work->bare, signature, &size, hash, sizeof hash) == 1, "EVP_PKEY_sign");
    }
    return (now_us() - start) / work->calls;
}

static double time_engine(const struct work *work)
{
    uint8_t signature[512];
    double start = now_us();

    for (int i = 0; i < work->calls; i++) {
        uint32_t size;

        require(material_sign(work->material, work->padding, work->flags, hash, sizeof hash, signature,
                              sizeof signature, &size) == ERROR_SUCCESS,
                "material_sign");
    }
    return (now_us() - start) / work->calls;
}

static void compare_signing(const struct work *work)
{
    double bare[PAIRS], engine[PAIRS], ratio[PAIRS];

    (void)time_bare(work);
    (void)time_engine(work);
    for (int i = 0; i < PAIRS; i++) {
        /* Who goes first alternates, so that a drift of the machine's speed favours neither. */
        if (i % 2 == 0) {
            bare[i] = time_bare(work);
            engine[i] = time_engine(work);
        } else {
            engine[i] = time_engine(work);
            bare[i] = time_bare(work);
        }
        ratio[i] = bare[i] / engine[i];
    }
    printf("%-10s sign: bare %8.2f us   engine %8.2f us   ratio %.4f (median of %d pairs)\n", work->name,
           median(bare, PAIRS), median(engine, PAIRS), median(ratio, PAIRS), PAIRS);
}

static void time_load(const struct work *work)
{
    struct components components;
    double times[PAIRS];

    components_init(&components);
    require(material_take_apart(work->material, true, &components) == ERROR_SUCCESS, "material_take_apart");
    for (int i = 0; i < PAIRS; i++) {
        double start = now_us();

        for (int j = 0; j < 200; j++) {
            struct material *material;

            require(material_load(&components, false, &material) == ERROR_SUCCESS, "material_load");
            material_free(material);
        }
        times[i] = (now_us() - start) / 200;
    }
    printf("%-10s load and free: %.2f us\n", work->name, median(times, PAIRS));
    components_clear(&components);
}

static void run(const char *name, const WCHAR *algorithm, uint32_t bits, const void *padding, uint32_t flags, int calls)
{
    struct work work = {.name = name, .padding = padding, .flags = flags, .calls = calls};

    require(material_generate(algorithm_by_name(algorithm), NULL, bits, &work.material) == ERROR_SUCCESS,
            "material_generate");
    work.bare = EVP_PKEY_CTX_new_from_pkey(libctx_get(), work.material->pkey, NULL);
    require(work.bare != NULL && EVP_PKEY_sign_init(work.bare) == 1, "EVP_PKEY_sign_init");
    if (flags != 0) {
        require(EVP_PKEY_CTX_set_rsa_padding(work.bare, RSA_PKCS1_PADDING) == 1 &&
                    EVP_PKEY_CTX_set_signature_md(work.bare, libctx_digest(BCRYPT_SHA256_ALGORITHM)) == 1,
                "setting up RSA");
    }
    compare_signing(&work);
    time_load(&work);
    EVP_PKEY_CTX_free(work.bare);
    material_free(work.material);
}

int main(void)
{
    const BCRYPT_PKCS1_PADDING_INFO pkcs1 = {BCRYPT_SHA256_ALGORITHM};

    run("ECDSA_P256", NCRYPT_ECDSA_P256_ALGORITHM, 0, NULL, 0, 1000);
    run("RSA-2048", NCRYPT_RSA_ALGORITHM, 2048, &pkcs1, NCRYPT_PAD_PKCS1_FLAG, 100);
    return 0;
}
