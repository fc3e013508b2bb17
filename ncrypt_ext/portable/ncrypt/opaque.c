/* SPDX-License-Identifier: MIT
 *
 * OpaqueTransport: a whole key in a form that only this machine's stores read again, for putting one aside and back.
 *
 *     u32     magic
 *     ...     the rest, sealed by the store (store/transport.c), in it:
 *     u32     length, export policy, usage, key spec, flags
 *     u16     261 units of the name and 65 of the algorithm's, NUL-terminated; an ephemeral key's name is empty
 *     ...     the payload of a stored key (persist.c)
 *
 * It is the store of the user or of the machine that seals, as the key is one of the user's or the machine's.
 */
#include <stdlib.h>
#include <string.h>

#include "common/secmem.h"
#include "common/utf16.h"
#include "ncrypt/blob/blob.h"
#include "ncrypt/internal.h"

#define MAGIC       0x5458434Eu /* "NCXT" */
#define NAME_UNITS  (STORE_MAX_NAME + 1)
#define HEADER_SIZE (5 * 4 + 2 * (NAME_UNITS + ALGORITHM_UNITS))
#define FLAGS_KEPT  STORE_FLAG_LEGACY
#define LEAST_SIZE  (4 + STORE_SEAL_SIZE + HEADER_SIZE) /* of a blob, without the payload */

enum { ALGORITHM_UNITS = sizeof((struct store_record){0}.algorithm) / sizeof(WCHAR) };

/* ---- writing --------------------------------------------------------------------------------------------------- */

static uint8_t *put_text(uint8_t *out, const WCHAR *text, size_t units)
{
    for (size_t i = 0; i < units; i++) {
        *out++ = (uint8_t)text[i];
        *out++ = (uint8_t)(text[i] >> 8);
    }
    return out;
}

static void put_record(uint8_t *out, const struct store_record *record)
{
    const uint32_t numbers[5] = {record->length, record->export_policy, record->key_usage, record->legacy_spec,
                                 record->flags & FLAGS_KEPT};

    for (size_t i = 0; i < 5; i++) {
        blob_write_u32(out + 4 * i, numbers[i]);
    }
    out = put_text(out + sizeof numbers, record->name, NAME_UNITS);
    out = put_text(out, record->algorithm, ALGORITHM_UNITS);
    memcpy(out, record->payload, record->payload_size);
}

/* What would be stored now. */
static SECURITY_STATUS make_record(struct key *key, struct store_record *record)
{
    struct components components;
    SECURITY_STATUS status;

    components_init(&components);
    status = material_take_apart(key->material, true, &components);
    if (status == ERROR_SUCCESS) {
        pthread_mutex_lock(&key->lock);
        status = persist_encode(key, &components, record);
        pthread_mutex_unlock(&key->lock);
    }
    components_clear(&components);
    return status;
}

static SECURITY_STATUS seal(const struct key *key, const struct store_record *record, uint8_t *out)
{
    size_t size = HEADER_SIZE + record->payload_size;
    uint8_t *plain = secmem_alloc(size);
    struct store *store = NULL;
    SECURITY_STATUS status = plain == NULL ? status_no_memory() : ERROR_SUCCESS;

    if (status == ERROR_SUCCESS) {
        status = provider_store(key->provider, key->machine ? STORE_MACHINE : STORE_USER, true, &store);
    }
    if (status == ERROR_SUCCESS) {
        put_record(plain, record);
        blob_write_u32(out, MAGIC);
        status = store_seal(store, MAGIC, plain, size, out + 4);
    }
    store_release(store);
    secmem_free(plain);
    return status;
}

SECURITY_STATUS opaque_write(struct key *key, uint8_t *out, size_t out_size, size_t *result)
{
    struct store_record *record = calloc(1, sizeof *record);
    bool ready = false;
    SECURITY_STATUS status;

    if (record == NULL) {
        return status_no_memory();
    }
    status = make_record(key, record);
    if (status == ERROR_SUCCESS && record->payload_size > STORE_MAX_PAYLOAD) { /* nothing would take it back */
        status =
            status_fail(NTE_INVALID_PARAMETER, "a key with its properties has at most %u bytes", STORE_MAX_PAYLOAD);
    }
    if (status == ERROR_SUCCESS) {
        status = blob_output(out, out_size, LEAST_SIZE + record->payload_size, result, &ready);
    }
    if (status == ERROR_SUCCESS && ready) {
        status = seal(key, record, out);
    }
    store_record_clear(record);
    free(record);
    return status;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

static bool get_text(const uint8_t *data, WCHAR *text, size_t units)
{
    for (size_t i = 0; i < units; i++) {
        text[i] = (WCHAR)(data[2 * i] | data[2 * i + 1] << 8);
    }
    return utf16_length(text, units) < units;
}

/* Everything was sealed here: what does not fit was written by another version. */
static SECURITY_STATUS get_record(const uint8_t *data, size_t size, struct store_record *record)
{
    uint32_t *numbers[5] = {&record->length, &record->export_policy, &record->key_usage, &record->legacy_spec,
                            &record->flags};

    for (size_t i = 0; i < 5; i++) {
        *numbers[i] = blob_read_u32(data + 4 * i);
    }
    data += sizeof(uint32_t) * 5;
    if (!get_text(data, record->name, NAME_UNITS) ||
        !get_text(data + 2 * NAME_UNITS, record->algorithm, ALGORITHM_UNITS)) {
        return status_fail(NTE_BAD_VER, "the sealed key's names have no end");
    }
    record->payload_size = size - HEADER_SIZE;
    record->payload = secmem_copy(data + 2 * (NAME_UNITS + ALGORITHM_UNITS), record->payload_size);
    return record->payload == NULL ? status_no_memory() : ERROR_SUCCESS;
}

static SECURITY_STATUS unseal_by(struct provider *provider, enum store_scope scope, const uint8_t *data, size_t size,
                                 uint8_t *plain)
{
    struct store *store = NULL;
    SECURITY_STATUS status = provider_store(provider, scope, false, &store);

    if (status == ERROR_SUCCESS) {
        status = store_unseal(store, MAGIC, data, size, plain);
    }
    store_release(store);
    return status;
}

/* A store that is not there, or not for this user, has sealed nothing. */
static SECURITY_STATUS unseal(struct provider *provider, const uint8_t *data, size_t size, uint8_t *plain)
{
    SECURITY_STATUS status = unseal_by(provider, STORE_USER, data, size, plain);

    if (status == NTE_NOT_FOUND || status == NTE_BAD_KEYSET) {
        status = unseal_by(provider, STORE_MACHINE, data, size, plain);
        if (status == NTE_NOT_FOUND || status == NTE_BAD_KEYSET || status == NTE_PERM) {
            status = status_fail(NTE_BAD_DATA, "no key store of this user or machine has sealed this key");
        }
    }
    return status;
}

/* The key with its numbers pending. */
static SECURITY_STATUS make_key(struct provider *provider, const struct store_record *record, struct key **out)
{
    const struct algorithm *algorithm = algorithm_by_name(record->algorithm);
    struct key *key = NULL;
    SECURITY_STATUS status;

    if (algorithm == NULL) {
        return status_fail(NTE_NOT_SUPPORTED, "the sealed key's algorithm is not supported here");
    }
    status = key_new(provider, algorithm, &key);
    if (status == ERROR_SUCCESS && record->name[0] != 0) {
        status = key_set_name(key, record->name);
    }
    if (status == ERROR_SUCCESS) {
        status = persist_decode(record, key, &key->pending);
    }
    if (status == ERROR_SUCCESS) {
        key->original = false;
        *out = key;
        key = NULL;
    }
    key_destroy(key);
    return status;
}

SECURITY_STATUS opaque_read(struct provider *provider, const uint8_t *data, size_t size, struct key **key)
{
    struct store_record *record;
    size_t plain_size;
    uint8_t *plain;
    SECURITY_STATUS status;

    if (size < LEAST_SIZE || size - LEAST_SIZE > STORE_MAX_PAYLOAD || blob_read_u32(data) != MAGIC) {
        return status_fail(NTE_BAD_DATA, "the data are no key that this provider has sealed");
    }
    plain_size = size - 4 - STORE_SEAL_SIZE;
    plain = secmem_alloc(plain_size);
    record = calloc(1, sizeof *record);
    status = plain == NULL || record == NULL ? status_no_memory() : ERROR_SUCCESS;
    if (status == ERROR_SUCCESS) {
        status = unseal(provider, data + 4, size - 4, plain);
    }
    if (status == ERROR_SUCCESS) {
        status = get_record(plain, plain_size, record);
    }
    if (status == ERROR_SUCCESS) {
        status = make_key(provider, record, key);
    }
    if (record != NULL) {
        store_record_clear(record);
    }
    free(record);
    secmem_free(plain);
    return status;
}
