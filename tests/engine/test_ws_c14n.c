/* SPDX-License-Identifier: MIT
 *
 * What a signature covers survives: every document of the fuzzers' corpus that can be read has the same canonical form,
 * inclusive and exclusive, before it is read and after it was written. Canonicalized by libxml2.
 */
#include <dirent.h>
#include <libxml/c14n.h>
#include <libxml/parser.h>

#include "ws_support.h"

#define CORPUS "../fuzz/corpus/ws_xml"

/* NULL for documents that libxml2 cannot read by itself (UTF-16 that does not say so), or cannot canonicalize (relative
 * names of namespaces). */
static xmlChar *canonical(const void *text, int size, int mode)
{
    xmlDocPtr document = xmlReadMemory(text, size, NULL, NULL,
                                       XML_PARSE_NOENT | XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    xmlChar *form = NULL;

    if (document != NULL && xmlC14NDocDumpMemory(document, NULL, mode, NULL, 1, &form) < 0) {
        form = NULL;
    }
    xmlFreeDoc(document);
    return form;
}

/* Whether the forms were there to be compared. */
static bool compare(const void *text, int size, const void *written, int written_size, int mode)
{
    xmlChar *before = canonical(text, size, mode);
    xmlChar *after = canonical(written, written_size, mode);
    bool there = before != NULL && after != NULL;

    if (there) {
        CHECK(xmlStrEqual(before, after));
    }
    CHECK(before == NULL || after != NULL);
    xmlFree(before);
    xmlFree(after);
    return there;
}

static unsigned check_file(const char *name)
{
    static char text[1u << 17];
    char path[512];
    FILE *file;
    size_t size;
    WS_XML_BUFFER *buffer = NULL;
    void *bytes = NULL;
    ULONG count = 0;
    unsigned compared = 0, failures = test_failures;

    snprintf(path, sizeof path, "%s/%s", CORPUS, name);
    file = fopen(path, "rb");
    if (!CHECK(file != NULL)) {
        return 0;
    }
    size = fread(text, 1, sizeof text, file);
    fclose(file);
    if (WsReadXmlBufferFromBytes(reader, NULL, NULL, 0, text, (ULONG)size, heap, &buffer, NULL) == 0) {
        CHECK_STATUS(WsWriteXmlBufferToBytes(writer, buffer, NULL, NULL, 0, heap, &bytes, &count, error), 0);
        compared += compare(text, (int)size, bytes, (int)count, XML_C14N_1_0);
        compared += compare(text, (int)size, bytes, (int)count, XML_C14N_EXCLUSIVE_1_0);
        compared += compare(text, (int)size, bytes, (int)count, XML_C14N_1_1);
    }
    if (test_failures != failures) {
        fprintf(stderr, "    %s\n", path);
    }
    CHECK_STATUS(WsResetHeap(heap, error), 0);
    return compared;
}

static void be_quiet(void *context, const char *format, ...)
{
    (void)context;
    (void)format;
}

static void test_corpus(void)
{
    DIR *folder = opendir(CORPUS);
    unsigned compared = 0;

    if (!CHECK(folder != NULL)) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] != '.') {
            compared += check_file(entry->d_name);
        }
    }
    closedir(folder);
    CHECK(compared > 80);
    printf("ws_c14n: %u canonical forms compared\n", compared);
}

int main(void)
{
    xmlSetGenericErrorFunc(NULL, be_quiet);
    ws_set_up();
    RUN(test_corpus);
    ws_tear_down();
    return test_result("ws_c14n");
}
