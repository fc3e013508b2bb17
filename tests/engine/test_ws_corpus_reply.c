/* SPDX-License-Identifier: MIT
 *
 * The fuzzer's replies once more, with every allocation counted, libxml2's among them: whatever a peer sends, the
 * memory that its reply takes is bounded by the limit of the reply's text, and all of it comes back.
 */
#include <libxml/parser.h>
#include <malloc.h>

#include "../fuzz/fuzz_ws_reply.c"
#include "ws_corpus_support.h"

/* Libxml2's context with its input buffers and dictionary, and the three forms that the text takes, each of which may
 * have half of its room unused; the fault's strings are UTF-16. */
#define MOST (8 * ROOM)

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

static size_t now, peak, worst;

static void *count(void *memory)
{
    now += memory == NULL ? 0 : malloc_usable_size(memory);
    peak = now > peak ? now : peak;
    return memory;
}

void *__wrap_malloc(size_t size)
{
    return count(__real_malloc(size));
}

void *__wrap_calloc(size_t number, size_t size)
{
    return count(__real_calloc(number, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
    size_t before = memory == NULL ? 0 : malloc_usable_size(memory);
    void *grown = __real_realloc(memory, size);

    if (grown != NULL) {
        now -= before;
    }
    return count(grown);
}

void __wrap_free(void *memory)
{
    now -= memory == NULL ? 0 : malloc_usable_size(memory);
    __real_free(memory);
}

static char *own_strdup(const char *text)
{
    char *copy = __wrap_malloc(strlen(text) + 1);

    return copy == NULL ? NULL : strcpy(copy, text);
}

static void test_corpus(void)
{
    corpus_run("../fuzz/corpus/ws_reply", 300);
    parse_free(reply_context);
    parse_free(part_context);
    xmlResetLastError();
}

/* One reply of each version, from nothing to nothing. */
static void measure(const uint8_t *text, size_t size, const char *name)
{
    static const struct reply_limits LIMITS = {{32, 128, 32, false, ROOM}, 64};

    for (int version = WS_ENVELOPE_VERSION_SOAP_1_1; version <= WS_ENVELOPE_VERSION_SOAP_1_2; version++) {
        struct reply *reply = NULL;
        struct parse_result result;
        parser *context = NULL;
        size_t before = now;
        HRESULT status;

        peak = now;
        status = reply_read(&context, (const char *)text, size, &LIMITS, (WS_ENVELOPE_VERSION)version,
                            (WS_ADDRESSING_VERSION)version, &reply, &result);
        CHECK(status == 0 || (status < 0 && result.sentence[0] != 0));
        if (!CHECK(peak - before <= MOST)) {
            fprintf(stderr, "    %s took %zu bytes\n", name, peak - before);
        }
        worst = peak - before > worst ? peak - before : worst;
        reply_free(reply);
        parse_free(context);
        xmlResetLastError(); /* which libxml2 keeps for the thread */
        if (!CHECK(now == before)) {
            fprintf(stderr, "    %s left %zu bytes\n", name, now - before);
        }
    }
}

static void test_memory(void)
{
    DIR *folder = opendir("../fuzz/corpus/ws_reply");
    static uint8_t content[1u << 17];
    char path[512];

    if (!CHECK(folder != NULL)) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        FILE *file;

        snprintf(path, sizeof path, "../fuzz/corpus/ws_reply/%s", entry->d_name);
        file = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (file != NULL) {
            size_t size = fread(content, 1, sizeof content, file);

            fclose(file);
            measure(content, size, entry->d_name);
        }
    }
    closedir(folder);
    printf("%zu bytes at most for a reply of at most %zu\n", worst, ROOM);
}

int main(void)
{
    CHECK(xmlMemSetup(__wrap_free, __wrap_malloc, __wrap_realloc, own_strdup) == 0);
    xmlInitParser();
    RUN(test_corpus);
    RUN(test_memory);
    corpus_end();
    return test_result("ws_corpus_reply");
}
