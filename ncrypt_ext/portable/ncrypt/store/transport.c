/* SPDX-License-Identifier: MIT
 *
 * Bytes that leave a store and that only it can read again. A sealed piece is
 *
 *     0  16  store id        28   ...  the bytes, AES-256-GCM, with what is before the nonce and the caller's
 *    16  12  nonce                     associated data as AAD, then the tag
 *
 * The key is the HMAC-SHA-256 of a text under the master key: it seals no rows.
 */
#include <openssl/evp.h>
#include <string.h>

#include "common/libctx.h"
#include "common/secmem.h"
#include "ncrypt/store/internal.h"

static const char purpose[] = "OpaqueTransport";

static SECURITY_STATUS derive(const struct store *store, uint8_t key[SEAL_KEY_SIZE])
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    size_t size = 0;

    openssl_scope_begin();
    if (EVP_Q_mac(libctx_get(), "HMAC", NULL, "SHA256", NULL, store->key, SEAL_KEY_SIZE, (const uint8_t *)purpose,
                  sizeof(purpose), key, SEAL_KEY_SIZE, &size) == NULL ||
        size != SEAL_KEY_SIZE) {
        status = status_from_openssl(NTE_FAIL, "the key of sealed blobs");
    }
    openssl_scope_end();
    return status;
}

static SECURITY_STATUS sealer_of(const struct store *store, struct sealer *sealer)
{
    uint8_t key[SEAL_KEY_SIZE];
    SECURITY_STATUS status = derive(store, key);

    if (status == ERROR_SUCCESS) {
        status = sealer_init(sealer, key);
    }
    secmem_wipe(key, sizeof(key));
    return status;
}

SECURITY_STATUS store_seal(struct store *store, uint32_t label, const uint8_t *data, size_t size, uint8_t *out)
{
    uint8_t aad[4 + STORE_ID_SIZE];
    struct sealer sealer;
    SECURITY_STATUS status = sealer_of(store, &sealer);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    put_bytes(put_u32(aad, label), store->id, STORE_ID_SIZE);
    memcpy(out, store->id, STORE_ID_SIZE);
    status =
        sealer_seal(&sealer, aad, sizeof(aad), data, size, out + STORE_ID_SIZE, out + STORE_ID_SIZE + SEAL_NONCE_SIZE);
    sealer_clear(&sealer);
    return status;
}

SECURITY_STATUS store_unseal(struct store *store, uint32_t label, const uint8_t *data, size_t size, uint8_t *out)
{
    const uint8_t *nonce = data + STORE_ID_SIZE, *sealed = nonce + SEAL_NONCE_SIZE;
    uint8_t aad[4 + STORE_ID_SIZE];
    struct sealer sealer;
    SECURITY_STATUS status;

    if (size < STORE_SEAL_SIZE || memcmp(data, store->id, STORE_ID_SIZE) != 0) {
        return NTE_NOT_FOUND;
    }
    status = sealer_of(store, &sealer);
    if (status != ERROR_SUCCESS) {
        return status;
    }
    put_bytes(put_u32(aad, label), store->id, STORE_ID_SIZE);
    status = sealer_open(&sealer, nonce, aad, sizeof(aad), sealed, size - STORE_ID_SIZE - SEAL_NONCE_SIZE, out);
    sealer_clear(&sealer);
    return status == NTE_BAD_DATA ? status_fail(NTE_BAD_DATA, "the sealed key has been altered") : status;
}
