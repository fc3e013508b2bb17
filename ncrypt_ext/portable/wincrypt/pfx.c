/* SPDX-License-Identifier: MIT
 *
 * PFXImportCertStore.
 */
#include "wincrypt/pfx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/libctx.h"

#define IMPORT_FLAGS                                                                                                   \
    (CRYPT_EXPORTABLE | CRYPT_MACHINE_KEYSET | CRYPT_USER_KEYSET | PKCS12_PREFER_CNG_KSP | PKCS12_ALWAYS_CNG_KSP |     \
     PKCS12_ALLOW_OVERWRITE_KEY | PKCS12_NO_PERSIST_KEY)
#define GUID_BYTES 16
#define GUID_TEXT  39 /* braces and NUL included */

/* A key on its way into the store, and the place of its certificate in the file. */
struct import_key {
    struct key *key;
    NCRYPT_KEY_HANDLE handle; /* of an ephemeral one, which is then its owner */
    size_t leaf;
};

struct import {
    uint32_t flags;
    struct certificate_store *store;
    struct pfx pfx;
    struct certificate *certificates[PFX_MAX_CERTIFICATES];
    struct import_key keys[PFX_MAX_KEYS];
    size_t key_count;
};

/* ---- which certificate is whose ------------------------------------------------------------------------------- */

static bool same_id(struct pfx_id left, struct pfx_id right)
{
    return left.size > 0 && left.size == right.size && memcmp(left.data, right.data, left.size) == 0;
}

/* By the public key, which cannot err; of several with the same one that which the file says. */
static SECURITY_STATUS find_leaf(const struct pfx *pfx, const struct pfx_key *key, size_t *leaf)
{
    size_t found = pfx->certificate_count;

    for (size_t i = pfx->certificate_count; i > 0; i--) {
        const struct pfx_certificate *certificate = &pfx->certificates[i - 1];
        SECURITY_STATUS status;

        openssl_scope_begin();
        status = certificate_check_pkey(certificate->x509, key->material->pkey);
        openssl_scope_end();
        if (status == ERROR_SUCCESS &&
            (found == pfx->certificate_count || !same_id(pfx->certificates[found].id, key->id) ||
             same_id(certificate->id, key->id))) {
            found = i - 1;
        } else if (status != ERROR_SUCCESS && status != NTE_BAD_PUBLIC_KEY) {
            return status;
        }
    }
    if (found == pfx->certificate_count) {
        return status_fail(CRYPT_E_NOT_FOUND, "the file has a private key without its certificate");
    }
    *leaf = found;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS build_chain(const struct pfx *pfx, size_t leaf, struct key *key)
{
    struct der *candidates = calloc(pfx->certificate_count, sizeof *candidates);
    uint8_t *chain = NULL;
    size_t size = 0;
    SECURITY_STATUS status;

    if (candidates == NULL) {
        return status_no_memory();
    }
    for (size_t i = 0; i < pfx->certificate_count; i++) {
        candidates[i] = pfx->certificates[i].der;
    }
    status = certificate_build_chain(pfx->certificates[leaf].der, candidates, pfx->certificate_count, &chain, &size);
    if (status == ERROR_SUCCESS) {
        status = bag_set(&key->stored, NCRYPT_CERTIFICATE_PROPERTY, chain, size);
    }
    free(chain);
    free(candidates);
    return status;
}

/* ---- keys ----------------------------------------------------------------------------------------------------- */

/* "{8-4-4-4-12}": a random GUID, as Windows names imported keys. */
static SECURITY_STATUS random_name(WCHAR name[GUID_TEXT])
{
    uint8_t bytes[GUID_BYTES];
    char text[GUID_TEXT];
    SECURITY_STATUS status = libctx_random(bytes, sizeof bytes);
    size_t used = 0;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    bytes[6] = (uint8_t)((bytes[6] & 0x0F) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80);
    text[used++] = '{';
    for (size_t i = 0; i < sizeof bytes; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 i == 4 || i == 6 || i == 8 || i == 10 ? "-%02X" : "%02X", bytes[i]);
    }
    text[used++] = '}';
    for (size_t i = 0; i < used; i++) {
        name[i] = (WCHAR)text[i];
    }
    name[used] = 0;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS name_key(struct key *key)
{
    WCHAR name[GUID_TEXT];
    SECURITY_STATUS status = random_name(name);

    return status == ERROR_SUCCESS ? key_set_name(key, name) : status;
}

/* Everything but what makes it a key in the store: that comes last, for all of the file's keys. */
static SECURITY_STATUS prepare_key(const struct import *import, const struct pfx_key *from, struct import_key *to)
{
    struct key *key;
    SECURITY_STATUS status = find_leaf(&import->pfx, from, &to->leaf);

    if (status == ERROR_SUCCESS) {
        status = key_new(import->store->provider, from->material->algorithm, &to->key);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    key = to->key;
    key->curve = from->material->curve;
    key->length = from->material->bits;
    key->key_usage = from->usage;
    key->export_policy = import->flags & CRYPT_EXPORTABLE ? NCRYPT_ALLOW_EXPORT_FLAG : 0;
    key->machine = import->store->machine;
    key->original = false;
    status = material_take_apart(from->material, true, &key->pending);
    if (status == ERROR_SUCCESS) {
        status = build_chain(&import->pfx, to->leaf, key);
    }
    if (status == ERROR_SUCCESS) {
        status = import->flags & PKCS12_NO_PERSIST_KEY ? key_handle(key, &to->handle) : name_key(key);
    }
    return status;
}

/* The same key twice is one key. */
static bool is_known(const struct import *import, const struct pfx_key *key)
{
    bool known = false;

    openssl_scope_begin();
    for (const struct pfx_key *other = import->pfx.keys; !known && other < key; other++) {
        known = EVP_PKEY_eq(other->material->pkey, key->material->pkey) == 1;
    }
    openssl_scope_end();
    return known;
}

static SECURITY_STATUS prepare_keys(struct import *import)
{
    SECURITY_STATUS status = ERROR_SUCCESS;

    for (size_t i = 0; status == ERROR_SUCCESS && i < import->pfx.key_count; i++) {
        if (!is_known(import, &import->pfx.keys[i])) {
            status = prepare_key(import, &import->pfx.keys[i], &import->keys[import->key_count++]);
        }
    }
    return status;
}

/* The numbers have been validated when the file was read. */
static SECURITY_STATUS finish_keys(const struct import *import)
{
    SECURITY_STATUS status = ERROR_SUCCESS;

    for (size_t i = 0; status == ERROR_SUCCESS && i < import->key_count; i++) {
        status = key_finalize(import->keys[i].key, false, false, true);
    }
    return status;
}

static SECURITY_STATUS encode_keys(const struct import *import, struct store_record *records)
{
    SECURITY_STATUS status = ERROR_SUCCESS;

    for (size_t i = 0; status == ERROR_SUCCESS && i < import->key_count; i++) {
        const struct key *key = import->keys[i].key;

        status = persist_encode(key, &key->pending, &records[i]);
    }
    return status;
}

/* In one step, so that a failure or a power cut leaves no key of the file behind. */
static SECURITY_STATUS store_keys(const struct import *import)
{
    struct store_record *records = calloc(import->key_count + 1, sizeof *records);
    struct store *store = NULL;
    SECURITY_STATUS status = records == NULL ? status_no_memory() : encode_keys(import, records);

    if (status == ERROR_SUCCESS && import->key_count > 0) {
        status =
            provider_store(import->store->provider, import->store->machine ? STORE_MACHINE : STORE_USER, true, &store);
        if (status == ERROR_SUCCESS) {
            status = store_create_all(store, records, import->key_count);
        }
    }
    for (size_t i = 0; records != NULL && i < import->key_count; i++) {
        store_record_clear(&records[i]);
    }
    store_release(store);
    free(records);
    return status;
}

/* ---- certificates --------------------------------------------------------------------------------------------- */

static SECURITY_STATUS prepare_certificates(struct import *import)
{
    SECURITY_STATUS status = ERROR_SUCCESS;

    for (size_t i = 0; status == ERROR_SUCCESS && i < import->pfx.certificate_count; i++) {
        struct pfx_certificate *from = &import->pfx.certificates[i];

        status = certificate_new(import->store, from->der, &import->certificates[i]);
        if (status == ERROR_SUCCESS) {
            import->certificates[i]->friendly_name = from->friendly_name;
            from->friendly_name = NULL;
        }
    }
    return status;
}

/* Nothing can fail any more. */
static void show(struct import *import)
{
    for (size_t i = 0; i < import->key_count; i++) {
        const struct import_key *made = &import->keys[i];
        struct certificate *leaf = import->certificates[made->leaf];

        if (made->handle != 0) {
            leaf->cached[CACHED_KEY] = made->handle;
        } else {
            leaf->binding =
                (struct certificate_binding){.provider = MS_KEY_STORAGE_PROVIDER, .machine = import->store->machine};
            memcpy(leaf->binding.container, made->key->name, GUID_TEXT * sizeof(WCHAR));
        }
    }
    certificate_lock();
    for (size_t i = 0; i < import->pfx.certificate_count; i++) {
        certificate_append(import->certificates[i]);
    }
    certificate_unlock();
}

/* ---- the call ------------------------------------------------------------------------------------------------- */

static void clear(struct import *import, bool good)
{
    for (size_t i = 0; i < import->key_count; i++) {
        if (import->keys[i].handle == 0) {
            key_destroy(import->keys[i].key);
        } else if (!good) {
            (void)!handle_close(import->keys[i].handle, HANDLE_KEY);
        }
    }
    for (size_t i = 0; i < import->pfx.certificate_count; i++) {
        certificate_unref(import->certificates[i]);
    }
    pfx_clear(&import->pfx);
}

static SECURITY_STATUS import_into(struct certificate_store *store, const CRYPT_DATA_BLOB *file, const WCHAR *password,
                                   uint32_t flags)
{
    struct import *import = calloc(1, sizeof *import);
    SECURITY_STATUS status;

    if (import == NULL) {
        return status_no_memory();
    }
    import->flags = flags;
    import->store = store;
    status = pfx_read(file->pbData, file->cbData, password, &import->pfx);
    if (status == ERROR_SUCCESS) {
        status = prepare_certificates(import);
    }
    if (status == ERROR_SUCCESS) {
        status = prepare_keys(import);
    }
    if (status == ERROR_SUCCESS) {
        status = flags & PKCS12_NO_PERSIST_KEY ? finish_keys(import) : store_keys(import);
    }
    if (status == ERROR_SUCCESS) {
        show(import);
    }
    clear(import, status == ERROR_SUCCESS);
    free(import);
    return status;
}

static SECURITY_STATUS check_import(const CRYPT_DATA_BLOB *file, uint32_t flags)
{
    SECURITY_STATUS status = capi_check_flags(flags, IMPORT_FLAGS);

    if (status == ERROR_SUCCESS && (flags & CRYPT_MACHINE_KEYSET) && (flags & CRYPT_USER_KEYSET)) {
        status = status_fail(NTE_BAD_FLAGS, "CRYPT_MACHINE_KEYSET and CRYPT_USER_KEYSET exclude each other");
    }
    if (status == ERROR_SUCCESS && (file == NULL || file->pbData == NULL)) {
        status = status_fail(ERROR_INVALID_PARAMETER, "pPFX or its pbData is NULL");
    }
    return status;
}

static SECURITY_STATUS import(const CRYPT_DATA_BLOB *file, const WCHAR *password, uint32_t flags, HCERTSTORE *out)
{
    struct certificate_store *store = NULL;
    HCERTSTORE handle = NULL;
    SECURITY_STATUS status = check_import(file, flags);

    if (status == ERROR_SUCCESS) {
        status = certificate_store_new(CERTIFICATE_STORE_MEMORY, (flags & CRYPT_MACHINE_KEYSET) != 0, false, &handle);
    }
    if (status == ERROR_SUCCESS) {
        status = certificate_store_acquire(handle, &store);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = import_into(store, file, password, flags);
    certificate_store_release(handle);
    if (status == ERROR_SUCCESS) {
        *out = handle;
    } else {
        (void)!certificate_store_close(handle);
    }
    return status;
}

HCERTSTORE WINAPI PFXImportCertStore(CRYPT_DATA_BLOB *pPFX, LPCWSTR szPassword, DWORD dwFlags)
{
    HCERTSTORE store = NULL;

    (void)capi_return("PFXImportCertStore", import(pPFX, szPassword, dwFlags, &store));
    return store;
}
