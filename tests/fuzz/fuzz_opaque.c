/* SPDX-License-Identifier: MIT
 *
 * OpaqueTransport with any bytes inside: the target seals them as the engine does, so that it takes them for its own.
 * The first byte says whether the bytes are sealed, or given as they are, and more. Keys with names are stored, in a
 * store of the target's own, and deleted.
 */
#include "../engine/ncrypt_support.h"
#include "key_support.h"

#include "ncrypt/internal.h"

enum { MAGIC = 0x5458434E, AT_NAME = 5 * 4, TOO_LARGE = STORE_MAX_PAYLOAD + 4096 };
enum {
    SEALED = 1,
    RENAMED = 2,
    UNFINALIZED = 4,
    BY_MACHINE = 8,
    WITH_NAME = 16,
    LARGE = 32,
    NO_STORE = 64,
    BADLY = 128
};

static size_t seal(const uint8_t *data, size_t size, unsigned how, uint8_t *out)
{
    static uint8_t plain[ROOM];
    const uint32_t magic = MAGIC;
    struct provider *provider = handle_acquire(the_provider(), HANDLE_PROVIDER);
    struct store *store = NULL;

    memcpy(plain, data, size);
    if (size >= AT_NAME + 2 && (how & WITH_NAME) == 0) {
        memset(plain + AT_NAME, 0, 2);
    }
    REQUIRE(provider != NULL);
    REQUIRE(provider_store(provider, how & BY_MACHINE ? STORE_MACHINE : STORE_USER, true, &store) == ERROR_SUCCESS);
    memcpy(out, &magic, sizeof magic);
    REQUIRE(store_seal(store, MAGIC, plain, size, out + sizeof magic) == ERROR_SUCCESS);
    store_release(store);
    handle_release(the_provider());
    return sizeof magic + STORE_SEAL_SIZE + size;
}

/* Deletes it if it was stored. */
static void end(NCRYPT_KEY_HANDLE key)
{
    WCHAR name[300];
    DWORD size = 0;

    if (NCryptGetProperty(key, NCRYPT_NAME_PROPERTY, (PBYTE)name, sizeof name, &size, 0) == ERROR_SUCCESS) {
        REQUIRE(NCryptDeleteKey(key, 0) == ERROR_SUCCESS);
    } else {
        REQUIRE(NCryptFreeObject(key) == ERROR_SUCCESS);
    }
}

static void check(NCRYPT_PROV_HANDLE provider, const uint8_t *blob, size_t size, unsigned how)
{
    const WCHAR *name = how & BADLY ? u"na\\e" : u"name";
    NCryptBuffer buffer = {10, NCRYPTBUFFER_PKCS_KEY_NAME, (PVOID)(uintptr_t)name};
    NCryptBufferDesc list = {NCRYPTBUFFER_VERSION, how & RENAMED ? 1 : 0, &buffer};
    const DWORD flags =
        NCRYPT_NO_KEY_VALIDATION | NCRYPT_OVERWRITE_KEY_FLAG | (how & UNFINALIZED ? NCRYPT_DO_NOT_FINALIZE_FLAG : 0);
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = SHORT_OF_MEMORY(NCryptImportKey(provider, 0, NCRYPT_OPAQUETRANSPORT_BLOB, &list, &key,
                                                             (PBYTE)(uintptr_t)blob, (DWORD)size, flags));

    REQUIRE((status == ERROR_SUCCESS) == (key != 0));
    if (key == 0) {
        REQUIRE(status_sentence(status) != NULL);
        return;
    }
    use_key(key, false);
    end(key);
}

/* Of a provider whose folder holds nothing. */
static void check_without_store(const uint8_t *blob, size_t size, unsigned how)
{
    static NCRYPT_PROV_HANDLE provider;
    char folder[sizeof home_folder + 8];

    snprintf(folder, sizeof folder, "%s/none", home_folder);
    REQUIRE(setenv("NCRYPT_EXT_HOME", folder, 1) == 0);
    if (provider == 0) {
        REQUIRE(NCryptOpenStorageProvider(&provider, NULL, 0) == ERROR_SUCCESS);
    }
    check(provider, blob, size, how);
    REQUIRE(setenv("NCRYPT_EXT_HOME", home_folder, 1) == 0);
}

static void fuzz_input(const uint8_t *data, size_t size)
{
    static uint8_t blob[TOO_LARGE];
    unsigned how;

    if (home_owner == 0) {
        home_make();
    }
    if (size < 2 || size > ROOM) {
        return;
    }
    how = data[0];
    memset(blob, 0, ROOM);
    if (how & SEALED) {
        size = seal(data + 1, size - 1, how, blob);
    } else {
        memcpy(blob, data + 1, --size);
    }
    if (how & NO_STORE) {
        check_without_store(blob, size, how & ~(unsigned)(RENAMED | WITH_NAME));
    } else {
        check(the_provider(), blob, how & LARGE ? sizeof blob : size, how);
    }
}
