/* SPDX-License-Identifier: MIT
 *
 * _key_handle.h without Python: what is in the structures, and that nothing is left of them. The secret is looked at
 * at the moment when its memory is freed.
 */
#include <stddef.h>

#include "harness.h"

static void *watched_malloc(size_t size);
static void watched_free(void *memory);

/* For the header only: whatever it includes has been included. */
#include "ncrypt_ext_ws.h"
#define malloc watched_malloc
#define free   watched_free
#include "_key_handle.h"
#undef malloc
#undef free

#define SECRET 32

static void *allocated;
static size_t allocated_size;
static unsigned allocations, releases, dirty;
static bool memory_is_short;

static void *watched_malloc(size_t size)
{
    if (memory_is_short)
        return NULL;
    allocations++;
    allocated_size = size;
    allocated = malloc(size);
    return allocated;
}

static void watched_free(void *memory)
{
    releases++;
    CHECK(memory == allocated);
    for (size_t index = 0; memory != NULL && index < allocated_size; index++)
        dirty += ((unsigned char *)memory)[index] != 0;
    allocated = NULL;
    free(memory);
}

static unsigned used_bytes(const void *memory, size_t from, size_t to)
{
    const unsigned char *bytes = (const unsigned char *)memory;
    unsigned used = 0;

    for (size_t index = from; index < to; index++)
        used += bytes[index] != 0;
    return used;
}

static void start(union key_handle *handle)
{
    memset(handle, 0xA5, sizeof *handle); /* what was there before must not shine through */
    allocations = releases = dirty = 0;
}

static void test_ncrypt(void)
{
    union key_handle handle;
    size_t from = offsetof(WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE, asymmetricKey);

    start(&handle);
    key_handle_set_ncrypt(&handle, (NCRYPT_KEY_HANDLE)UINTPTR_MAX);
    CHECK(handle.any.keyHandleType == WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE);
    CHECK(handle.ncrypt.asymmetricKey == (NCRYPT_KEY_HANDLE)UINTPTR_MAX);
    CHECK(used_bytes(&handle, sizeof handle.any.keyHandleType, from) == 0);
    CHECK(used_bytes(&handle, from + sizeof handle.ncrypt.asymmetricKey, sizeof handle) == 0);
    key_handle_clear(&handle);
    CHECK(used_bytes(&handle, 0, sizeof handle) == 0);
    CHECK(allocations == 0 && releases == 0);
}

static void test_capi(void)
{
    union key_handle handle;
    size_t provider = offsetof(WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE, provider);
    size_t spec = offsetof(WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE, keySpec);

    start(&handle);
    key_handle_set_capi(&handle, (HCRYPTPROV)UINTPTR_MAX, UINT32_MAX);
    CHECK(handle.any.keyHandleType == WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE_TYPE);
    CHECK(handle.capi.provider == (HCRYPTPROV)UINTPTR_MAX);
    CHECK(handle.capi.keySpec == UINT32_MAX);
    CHECK(used_bytes(&handle, sizeof handle.any.keyHandleType, provider) == 0);
    CHECK(used_bytes(&handle, provider + sizeof handle.capi.provider, spec) == 0);
    CHECK(used_bytes(&handle, spec + sizeof handle.capi.keySpec, sizeof handle) == 0);
    key_handle_clear(&handle);
    CHECK(used_bytes(&handle, 0, sizeof handle) == 0);
    CHECK(allocations == 0 && releases == 0);
}

static void test_raw(void)
{
    union key_handle handle;
    unsigned char secret[SECRET];
    size_t length = offsetof(WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE, rawKeyBytes) + offsetof(WS_BYTES, length);
    size_t bytes = offsetof(WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE, rawKeyBytes) + offsetof(WS_BYTES, bytes);

    for (ULONG size = 1; size <= SECRET; size++) {
        memset(secret, 0xEE, sizeof secret);
        start(&handle);
        CHECK(key_handle_set_raw(&handle, secret, size));
        memset(secret, 0x11, sizeof secret); /* it has a copy */
        CHECK(handle.any.keyHandleType == WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE_TYPE);
        CHECK(handle.raw.rawKeyBytes.length == size && allocated_size == size);
        CHECK(handle.raw.rawKeyBytes.bytes == allocated);
        for (ULONG index = 0; index < size; index++)
            CHECK(handle.raw.rawKeyBytes.bytes[index] == 0xEE);
        CHECK(used_bytes(&handle, sizeof handle.any.keyHandleType, length) == 0);
        CHECK(used_bytes(&handle, length + sizeof(ULONG), bytes) == 0);
        CHECK(used_bytes(&handle, bytes + sizeof(BYTE *), sizeof handle) == 0);
        key_handle_clear(&handle);
        CHECK(used_bytes(&handle, 0, sizeof handle) == 0);
        CHECK(allocations == 1 && releases == 1 && dirty == 0);
    }
}

static void test_clear_again(void)
{
    union key_handle handle;

    start(&handle);
    CHECK(key_handle_set_raw(&handle, "secret", 6));
    for (unsigned round = 0; round < 3; round++)
        key_handle_clear(&handle);
    CHECK(releases == 1 && dirty == 0);
    CHECK(used_bytes(&handle, 0, sizeof handle) == 0);
}

static void test_empty(void)
{
    union key_handle handle;

    start(&handle);
    CHECK(key_handle_set_raw(&handle, "", 0));
    CHECK(handle.raw.rawKeyBytes.length == 0 && handle.raw.rawKeyBytes.bytes != NULL);
    memset(allocated, 0, allocated_size); /* nobody wrote to it */
    key_handle_clear(&handle);
    CHECK(allocations == 1 && releases == 1);
}

static void test_short_memory(void)
{
    union key_handle handle;

    start(&handle);
    memory_is_short = true;
    CHECK(!key_handle_set_raw(&handle, "secret", 6));
    memory_is_short = false;
    CHECK(used_bytes(&handle, 0, sizeof handle) == 0);
    key_handle_clear(&handle); /* closed already */
    CHECK(allocations == 0 && releases == 0);
}

static void test_wipe_is_exact(void)
{
    unsigned char memory[SECRET + 2];

    memset(memory, 0xEE, sizeof memory);
    key_handle_wipe(memory + 1, SECRET);
    CHECK(memory[0] == 0xEE && memory[SECRET + 1] == 0xEE);
    CHECK(used_bytes(memory, 1, SECRET + 1) == 0);
    key_handle_wipe(memory, 0);
    CHECK(memory[0] == 0xEE);
}

int main(void)
{
    RUN(test_ncrypt);
    RUN(test_capi);
    RUN(test_raw);
    RUN(test_clear_again);
    RUN(test_empty);
    RUN(test_short_memory);
    RUN(test_wipe_is_exact);
    return test_result("test_key_handle");
}
