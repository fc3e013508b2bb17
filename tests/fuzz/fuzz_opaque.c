/* SPDX-License-Identifier: MIT
 *
 * OpaqueTransport with any bytes inside: the target seals them as the engine does, so that it takes them for its own.
 * The first byte says whether the bytes are sealed, or given as they are. Names are taken out: nothing is stored.
 */
#include "../engine/ncrypt_support.h"
#include "key_support.h"

#include "ncrypt/internal.h"

enum { MAGIC = 0x5458434E, AT_NAME = 5 * 4, SEALED = 1 };

static size_t seal(const uint8_t *data, size_t size, uint8_t *out)
{
    static uint8_t plain[ROOM];
    const uint32_t magic = MAGIC;
    struct provider *provider = handle_acquire(the_provider(), HANDLE_PROVIDER);
    struct store *store = NULL;

    memcpy(plain, data, size);
    if (size >= AT_NAME + 2) {
        memset(plain + AT_NAME, 0, 2);
    }
    REQUIRE(provider != NULL && provider_store(provider, STORE_USER, true, &store) == ERROR_SUCCESS);
    memcpy(out, &magic, sizeof magic);
    REQUIRE(store_seal(store, MAGIC, plain, size, out + sizeof magic) == ERROR_SUCCESS);
    store_release(store);
    handle_release(the_provider());
    return sizeof magic + STORE_SEAL_SIZE + size;
}

static void check(const uint8_t *blob, size_t size)
{
    const struct import import = {.type = NCRYPT_OPAQUETRANSPORT_BLOB};
    NCRYPT_KEY_HANDLE key = 0;
    NCRYPT_PROV_HANDLE provider = the_provider();
    SECURITY_STATUS status = SHORT_OF_MEMORY(NCryptImportKey(
        provider, 0, import.type, NULL, &key, (PBYTE)(uintptr_t)blob, (DWORD)size, NCRYPT_NO_KEY_VALIDATION));

    REQUIRE((status == ERROR_SUCCESS) == (key != 0));
    if (key == 0) {
        REQUIRE(status_sentence(status) != NULL);
        return;
    }
    use_key(key, false);
    REQUIRE(NCryptFreeObject(key) == ERROR_SUCCESS);
}

static void fuzz_input(const uint8_t *data, size_t size)
{
    static uint8_t blob[2 * ROOM];

    if (home_owner == 0) {
        home_make();
    }
    if (size < 2 || size > ROOM) {
        return;
    }
    if (data[0] == SEALED) {
        check(blob, seal(data + 1, size - 1, blob));
    } else {
        check(data + 1, size - 1);
    }
}
