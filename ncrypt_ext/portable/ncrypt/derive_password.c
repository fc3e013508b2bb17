/* SPDX-License-Identifier: MIT
 *
 * PBKDF2. Not libcrypto's own: a count of iterations may mean minutes, and that one cannot be interrupted.
 */
#include <openssl/core_names.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/libctx.h"
#include "common/secmem.h"
#include "ncrypt/derive.h"

#define DEFAULT_ITERATIONS 10000
#define MOST_ITERATIONS    100000000
#define POLL_ITERATIONS    1024 /* between two looks at whether somebody wants to stop */

static SECURITY_STATUS read_iterations(const NCryptBufferDesc *list, uint64_t *iterations)
{
    const NCryptBuffer *buffer = derive_buffer(list, KDF_ITERATION_COUNT);

    *iterations = DEFAULT_ITERATIONS;
    if (buffer != NULL && buffer->cbBuffer != sizeof *iterations) {
        return status_fail(NTE_INVALID_PARAMETER, "the iteration count has %u bytes, not 8",
                           (unsigned)buffer->cbBuffer);
    }
    if (buffer != NULL) {
        memcpy(iterations, buffer->pvBuffer, sizeof *iterations);
    }
    if (*iterations == 0 || *iterations > MOST_ITERATIONS) {
        return status_fail(NTE_INVALID_PARAMETER, "%llu iterations: 1 to %u are possible",
                           (unsigned long long)*iterations, MOST_ITERATIONS);
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS derive_prepare_password(struct request *request, uint32_t *size, uint32_t *limit)
{
    uint64_t iterations;
    SECURITY_STATUS status = read_iterations(request->list, &iterations);

    if (status == ERROR_SUCCESS) {
        status = derive_prepare_hash(request, size, limit);
    }
    *limit = DERIVE_MOST_BYTES;
    return status;
}

/* One HMAC with the key that the context has had before. */
static bool mac_once(EVP_MAC_CTX *mac, const uint8_t *data, size_t size, const uint8_t *more, size_t more_size,
                     uint8_t *out)
{
    size_t written = 0;

    return EVP_MAC_init(mac, NULL, 0, NULL) == 1 && (size == 0 || EVP_MAC_update(mac, data, size) == 1) &&
           (more_size == 0 || EVP_MAC_update(mac, more, more_size) == 1) &&
           EVP_MAC_final(mac, out, &written, EVP_MAX_MD_SIZE) == 1;
}

/* `iterations` counts through all blocks: a long key may be many of few iterations each. */
static bool wants_to_stop(uint64_t iterations)
{
    bool stop;

    if (iterations % POLL_ITERATIONS != POLL_ITERATIONS - 1) {
        return false;
    }
    openssl_scope_suspend();
    stop = interrupt_poll();
    openssl_scope_resume();
    return stop;
}

/* RFC 8018's F: the exclusive or of the chain of HMACs that starts from the salt and the block's number. */
static SECURITY_STATUS chain(EVP_MAC_CTX *mac, const NCryptBuffer *salt, uint32_t block, uint64_t iterations,
                             size_t size, uint8_t *out)
{
    const uint8_t number[] = {(uint8_t)(block >> 24), (uint8_t)(block >> 16), (uint8_t)(block >> 8), (uint8_t)block};
    SECURITY_STATUS status = ERROR_SUCCESS;
    uint8_t value[EVP_MAX_MD_SIZE];
    bool done = true;

    memset(out, 0, size);
    for (uint64_t i = 0; done && i < iterations; i++) {
        if (wants_to_stop((block - 1) * iterations + i)) {
            status = status_fail(NTE_USER_CANCELLED, "the key derivation was interrupted");
            break;
        }
        done = i == 0 ? mac_once(mac, salt->pvBuffer, salt->cbBuffer, number, sizeof number, value)
                      : mac_once(mac, value, size, NULL, 0, value);
        for (size_t j = 0; done && j < size; j++) {
            out[j] ^= value[j];
        }
    }
    secmem_wipe(value, sizeof value);
    return done ? status : status_from_openssl(NTE_FAIL, "libcrypto cannot make an HMAC of the password");
}

static EVP_MAC_CTX *keyed_mac(const struct request *request)
{
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)EVP_MD_get0_name(request->md), 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *hmac = libctx_hmac();
    EVP_MAC_CTX *mac = hmac == NULL ? NULL : EVP_MAC_CTX_new(hmac);

    if (mac != NULL && EVP_MAC_init(mac, request->secret->shared, request->secret->size, parameters) != 1) {
        EVP_MAC_CTX_free(mac);
        mac = NULL;
    }
    return mac;
}

SECURITY_STATUS derive_compute_password(const struct request *request, uint8_t *out, uint32_t size)
{
    const NCryptBuffer *salt = derive_buffer(request->list, KDF_SALT);
    uint32_t block_size = (uint32_t)EVP_MD_get_size(request->md);
    uint64_t iterations = 0;
    uint8_t block[EVP_MAX_MD_SIZE];
    EVP_MAC_CTX *mac = NULL;
    SECURITY_STATUS status = read_iterations(request->list, &iterations);

    if (salt == NULL) {
        salt = derive_buffer(request->list, KDF_GENERIC_PARAMETER);
    }
    if (status == ERROR_SUCCESS) {
        mac = keyed_mac(request);
        status = mac != NULL ? ERROR_SUCCESS : status_from_openssl(NTE_FAIL, "libcrypto has no HMAC");
    }
    for (uint32_t done = 0, number = 1; status == ERROR_SUCCESS && done < size; done += block_size, number++) {
        status = chain(mac, salt, number, iterations, block_size, block);
        memcpy(out + done, block, size - done < block_size ? size - done : block_size);
    }
    if (status != ERROR_SUCCESS) {
        secmem_wipe(out, size);
    }
    secmem_wipe(block, sizeof block);
    EVP_MAC_CTX_free(mac);
    return status;
}
