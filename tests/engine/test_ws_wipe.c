/* SPDX-License-Identifier: MIT
 *
 * The bytes of a raw key are zero when their memory is given back: the token's copy, and one that was put on a heap.
 * Of a document that was read, written and freed nothing is left anywhere: it may have had a password in it.
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

#define PASSWORD_SIZE 48u

/* The password is nowhere in the program's own memory: it is made at run time. */
static void make_password(char *password)
{
    for (unsigned i = 0; i < PASSWORD_SIZE; i++) {
        password[i] = (char)('A' + (i * 7 + 3) % 26);
    }
}

/* How many times memory of malloc() has the password, but for the one at `known`; -1 when it cannot be looked at. */
static int places_of(const char *password, const char *known)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    int found = -1;

    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        unsigned long from;
        unsigned long to;

        if (strstr(line, "[heap]") != NULL && sscanf(line, "%lx-%lx", &from, &to) == 2) {
            const char *end = (const char *)(uintptr_t)to;

            found = 0;
            for (const char *p = (const char *)(uintptr_t)from;
                 (p = memmem(p, (size_t)(end - p), password, PASSWORD_SIZE)) != NULL; p++) {
                found += p != known;
            }
        }
    }
    if (maps != NULL) {
        fclose(maps);
    }
    return found;
}

/* Reads, makes a token, and writes. */
static void use_document(const char *text, size_t size, WS_CHARSET charset)
{
    WS_XML_WRITER_TEXT_ENCODING to = {{WS_XML_WRITER_ENCODING_TYPE_TEXT}, WS_CHARSET_UTF8};
    WS_XML_WRITER_BUFFER_OUTPUT output = {{WS_XML_WRITER_OUTPUT_TYPE_BUFFER}};
    WS_XML_BUFFER *buffer = NULL;
    WS_SECURITY_TOKEN *token = NULL;
    WS_BYTES written = {0, NULL};

    CHECK_STATUS(read_sized(text, size, charset, &buffer), 0);
    CHECK_STATUS(WsCreateXmlSecurityToken(buffer, NULL, NULL, 0, &token, error), 0);
    CHECK_STATUS(WsGetSecurityTokenProperty(token, WS_SECURITY_TOKEN_PROPERTY_SERIALIZED_XML, &buffer, sizeof buffer,
                                            NULL, error),
                 0);
    CHECK_STATUS(WsSetOutput(writer, &to.encoding, &output.output, NULL, 0, error), 0);
    CHECK_STATUS(WsWriteXmlBuffer(writer, buffer, error), 0);
    CHECK_STATUS(WsGetWriterProperty(writer, WS_XML_WRITER_PROPERTY_BYTES, &written, sizeof written, error), 0);
    CHECK(written.length > PASSWORD_SIZE);
    WsFreeSecurityToken(token);
    CHECK_STATUS(WsResetHeap(heap, error), 0);
}

static void test_documents_are_wiped(void)
{
    char password[PASSWORD_SIZE];
    char *text = malloc(2048);
    char *wide = calloc(1, 4096);
    int size;

    make_password(password);
    if (!CHECK(text != NULL && wide != NULL)) {
        return;
    }
    size = snprintf(text, 2048, "<t><u>name</u><p a='%.*s'>%.*s</p><!-- %.*s --></t>", (int)PASSWORD_SIZE, password,
                    (int)PASSWORD_SIZE, password, (int)PASSWORD_SIZE, password);
    for (int i = 0; i < size; i++) {
        wide[2 * i] = text[i];
    }
    if (places_of(password, NULL) != 3) { /* a sanitizer's malloc(), or another system */
        free(text);
        free(wide);
        return;
    }
    use_document(text, (size_t)size, WS_CHARSET_UTF8);
    use_document(wide, 2 * (size_t)size, WS_CHARSET_UTF16LE);
    WsFreeWriter(writer);
    memset(text, 0, 2048);
    CHECK(places_of(password, NULL) == 0);
    free(text);
    free(wide);
    writer = NULL;
}

int main(void)
{
    ws_set_up();
    RUN(test_raw_key_is_wiped);
    RUN(test_documents_are_wiped);
    ws_tear_down();
    return test_result("ws_wipe");
}
