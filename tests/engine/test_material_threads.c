/* SPDX-License-Identifier: MIT
 *
 * One key, several threads: all operations at once on a key whose contexts have not been prepared yet, with more kinds
 * of use than are kept. For the thread sanitizer; without it the results are checked only.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "key_support.h"

#define THREADS 2
#define ROUNDS  40

struct job {
    struct material *material;
    const struct components *numbers;
    atomic_int *ready;
    atomic_int failures;
};

/* Lets the threads begin together. */
static void meet(struct job *job)
{
    atomic_fetch_add(job->ready, 1);
    while (atomic_load(job->ready) % THREADS != 0) {
    }
}

static void note(struct job *job, bool good)
{
    if (!good) {
        atomic_fetch_add(&job->failures, 1);
    }
}

static void sign_and_verify(struct job *job, const void *padding, uint32_t flags)
{
    uint8_t signature[256];
    uint32_t size = 0;

    note(job, material_sign(job->material, padding, flags, sha256_order17, 32, signature, sizeof signature, &size) ==
                  ERROR_SUCCESS);
    note(job, material_verify(job->material, padding, flags, sha256_order17, 32, signature, size) == ERROR_SUCCESS);
    signature[3] ^= 4;
    note(job, material_verify(job->material, padding, flags, sha256_order17, 32, signature, size) == NTE_BAD_SIGNATURE);
}

static void encrypt_and_decrypt(struct job *job, const void *padding, uint32_t flags)
{
    uint8_t cipher[256], plain[256];
    uint32_t size = 0;

    note(job, material_encrypt(job->material, padding, flags, sha256_order17, 32, cipher, sizeof cipher, &size) ==
                  ERROR_SUCCESS);
    note(job,
         material_decrypt(job->material, padding, flags, cipher, size, plain, sizeof plain, &size) == ERROR_SUCCESS);
    note(job, size == 32 && memcmp(plain, sha256_order17, 32) == 0);
}

static void *work_rsa(void *argument)
{
    struct job *job = argument;
    const BCRYPT_PKCS1_PADDING_INFO pkcs1 = {u"SHA256"};
    BCRYPT_PSS_PADDING_INFO pss = {u"SHA256", 0};
    const BCRYPT_OAEP_PADDING_INFO oaep = {u"SHA1", (PUCHAR)(uintptr_t)"label", 5};

    meet(job);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        pss.cbSalt = round % 20;
        sign_and_verify(job, &pkcs1, NCRYPT_PAD_PKCS1_FLAG);
        sign_and_verify(job, &pss, NCRYPT_PAD_PSS_FLAG);
        encrypt_and_decrypt(job, NULL, NCRYPT_PAD_PKCS1_FLAG);
        encrypt_and_decrypt(job, &oaep, NCRYPT_PAD_OAEP_FLAG);
    }
    return NULL;
}

static void *work_ec(void *argument)
{
    struct job *job = argument;

    meet(job);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        sign_and_verify(job, NULL, 0);
    }
    return NULL;
}

static void *work_dsa(void *argument)
{
    struct job *job = argument;
    uint8_t signature[40];
    uint32_t size = 0;

    meet(job);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        note(job, material_sign(job->material, NULL, 0, sha256_order17, 20, signature, sizeof signature, &size) ==
                      ERROR_SUCCESS);
        note(job, material_verify(job->material, NULL, 0, sha256_order17, 20, signature, size) == ERROR_SUCCESS);
    }
    return NULL;
}

static void *work_dh(void *argument)
{
    struct job *job = argument;
    uint8_t first[128], again[128];

    meet(job);
    note(job, material_agree(job->material, job->material, first) == ERROR_SUCCESS);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        note(job, material_agree(job->material, job->material, again) == ERROR_SUCCESS);
        note(job, memcmp(first, again, sizeof first) == 0);
    }
    return NULL;
}

/* Loading shares one libcrypto context between threads. */
static void *work_load(void *argument)
{
    struct job *job = argument;

    meet(job);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct material *material = NULL;

        note(job, material_load(job->numbers, round % 2 == 0, &material) == ERROR_SUCCESS);
        material_free(material);
    }
    return NULL;
}

static void run_threads(void *(*work)(void *), struct material *material, const struct components *numbers)
{
    atomic_int ready = 0;
    struct job job = {.material = material, .numbers = numbers, .ready = &ready};
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, work, &job) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(atomic_load(&job.failures) == 0);
}

static void test_rsa(void)
{
    struct components numbers;

    fixed_rsa(&numbers, 8);
    for (int i = 0; i < 3; i++) {
        struct material *material = NULL;

        CHECK_STATUS(material_load(&numbers, false, &material), ERROR_SUCCESS);
        run_threads(work_rsa, material, NULL);
        material_free(material);
    }
    run_threads(work_load, NULL, &numbers);
    components_clear(&numbers);
}

static void test_ec(void)
{
    struct components numbers;

    for (int i = 0; i < 10; i++) {
        struct material *material = generate(u"ECDSA_P256", 0);

        run_threads(work_ec, material, NULL);
        if (i == 0) {
            components_init(&numbers);
            CHECK_STATUS(material_take_apart(material, true, &numbers), ERROR_SUCCESS);
            run_threads(work_load, NULL, &numbers);
            components_clear(&numbers);
        }
        material_free(material);
    }
}

static void test_one(void *(*work)(void *), const WCHAR *algorithm, uint32_t bits)
{
    struct material *material = generate(algorithm, bits);
    struct components numbers;

    run_threads(work, material, NULL);
    components_init(&numbers);
    CHECK_STATUS(material_take_apart(material, true, &numbers), ERROR_SUCCESS);
    run_threads(work_load, NULL, &numbers);
    components_clear(&numbers);
    material_free(material);
}

static void test_dl(void)
{
    test_one(work_dsa, u"DSA", 512);
    test_one(work_dh, u"DH", 1024);
}

int main(void)
{
    RUN(test_rsa);
    RUN(test_ec);
    RUN(test_dl);
    return test_result("material_threads");
}
