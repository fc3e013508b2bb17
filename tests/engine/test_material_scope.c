/* SPDX-License-Identifier: MIT
 *
 * Keys are freed where a fork() waits for it: libcrypto's locks would stay taken in the child otherwise.
 */
#include <openssl/evp.h>
#include <stdio.h>

#include "common/gate.h"
#include "harness.h"
#include "ncrypt/key/material.h"

#ifdef __linux__

void __real_gate_enter(struct gate *gate, struct gate_visit *visit);
void __real_gate_leave(struct gate *gate, struct gate_visit *visit);
void __real_EVP_PKEY_free(EVP_PKEY *pkey);
void __real_EVP_PKEY_CTX_free(EVP_PKEY_CTX *ctx);
void __wrap_gate_enter(struct gate *gate, struct gate_visit *visit);
void __wrap_gate_leave(struct gate *gate, struct gate_visit *visit);
void __wrap_EVP_PKEY_free(EVP_PKEY *pkey);
void __wrap_EVP_PKEY_CTX_free(EVP_PKEY_CTX *ctx);

static int depth;   /* in how many scopes this thread is */
static int freed;   /* objects */
static int outside; /* of these, without a scope */

void __wrap_gate_enter(struct gate *gate, struct gate_visit *visit)
{
    depth++;
    __real_gate_enter(gate, visit);
}

void __wrap_gate_leave(struct gate *gate, struct gate_visit *visit)
{
    depth--;
    __real_gate_leave(gate, visit);
}

static void count(const void *object)
{
    freed += object != NULL;
    outside += object != NULL && depth == 0;
}

void __wrap_EVP_PKEY_free(EVP_PKEY *pkey)
{
    count(pkey);
    __real_EVP_PKEY_free(pkey);
}

void __wrap_EVP_PKEY_CTX_free(EVP_PKEY_CTX *ctx)
{
    count(ctx);
    __real_EVP_PKEY_CTX_free(ctx);
}

static void test_a_used_key_is_freed_inside(void)
{
    const uint8_t hash[32] = {1};
    uint8_t signature[64];
    uint32_t size = 0;
    struct material *material = NULL;

    CHECK(material_generate(algorithm_by_name(u"ECDSA_P256"), NULL, 0, &material) == ERROR_SUCCESS);
    CHECK(material_sign(material, NULL, 0, hash, sizeof hash, signature, sizeof signature, &size) == ERROR_SUCCESS);
    freed = outside = 0;
    material_free(material);
    CHECK(freed >= 2); /* the key, and what was prepared for signing */
    CHECK(outside == 0 && depth == 0);
}

int main(void)
{
    RUN(test_a_used_key_is_freed_inside);
    return test_result("material_scope");
}

#else

int main(void)
{
    printf("material_scope: skipped, the linker cannot put functions in the place of others here\n");
    return 0;
}

#endif
