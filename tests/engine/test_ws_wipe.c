/* SPDX-License-Identifier: MIT
 *
 * The bytes of a raw key are zero when their memory is given back: the token's copy, and one that was put on a heap.
 */
#include "ws_support.h"

#define KEY_SIZE 4099u /* like nothing else that is freed */

void __real_free(void *memory);
void __wrap_free(void *memory);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static const unsigned char *watched[2]; /* blocks with room for the key, in order */
static size_t watched_sizes[2];
static unsigned made, wiped, dirty;

void *__wrap_calloc(size_t count, size_t size)
{
    void *memory = __real_calloc(count, size);

    if (count == 1 && size >= KEY_SIZE && size < KEY_SIZE + 128 && made < COUNT(watched)) {
        watched[made] = memory;
        watched_sizes[made++] = size;
    }
    return memory;
}

/* Behind the size that stands before the bytes. */
static bool has_key(const unsigned char *memory, size_t size)
{
    for (size_t i = 64; i < size; i++) {
        if (memory[i] != 0) {
            return true;
        }
    }
    return false;
}

void __wrap_free(void *memory)
{
    for (unsigned i = 0; i < made; i++) {
        if (memory != NULL && watched[i] == memory) {
            watched[i] = NULL;
            if (has_key(memory, watched_sizes[i])) {
                dirty++;
            } else {
                wiped++;
            }
        }
    }
    __real_free(memory);
}

static void test_raw_key_is_wiped(void)
{
    static BYTE bytes[KEY_SIZE];
    WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE key = {{WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE_TYPE}, {KEY_SIZE, bytes}};
    WS_XML_BUFFER *reference = make_buffer("<r/>");
    WS_XML_SECURITY_TOKEN_PROPERTY property = {WS_XML_SECURITY_TOKEN_PROPERTY_ATTACHED_REFERENCE, &reference,
                                               sizeof(WS_XML_BUFFER *)};
    WS_SECURITY_TOKEN *token = NULL;
    WS_BYTES copy = {0, NULL};

    memset(bytes, 0xA5, sizeof bytes);
    CHECK_STATUS(WsCreateXmlSecurityToken(make_buffer("<t/>"), &key.keyHandle, &property, 1, &token, error), 0);
    CHECK_STATUS(
        WsGetSecurityTokenProperty(token, WS_SECURITY_TOKEN_PROPERTY_SYMMETRIC_KEY, &copy, sizeof copy, heap, error),
        0);
    CHECK(made == 2 && has_key(watched[0], watched_sizes[0]) && has_key(watched[1], watched_sizes[1]));
    CHECK(copy.length == KEY_SIZE && memcmp(copy.bytes, bytes, KEY_SIZE) == 0);
    WsFreeSecurityToken(token);
    CHECK(wiped == 1 && dirty == 0);
    CHECK_STATUS(WsResetHeap(heap, error), 0);
    CHECK(wiped == 2 && dirty == 0);
}

int main(void)
{
    ws_set_up();
    RUN(test_raw_key_is_wiped);
    ws_tear_down();
    return test_result("ws_wipe");
}
