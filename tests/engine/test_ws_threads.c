/* SPDX-License-Identifier: MIT
 *
 * Several threads: each with objects of its own, which is what the API allows; all with the same ones, where every call
 * works or is refused and nothing is corrupted; and a fork() while others parse.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ws_support.h"

#define THREADS 3

static const char TEXT[] = "<p:a b='1' xmlns:p='urn:u'>text<c/></p:a>";
static const char WRITTEN[] = "<p:a b=\"1\" xmlns:p=\"urn:u\">text<c/></p:a>";

static atomic_bool stop;
static atomic_uint refused;

/* One round with these objects; false when an answer is wrong. */
static bool use(WS_ERROR *e, WS_HEAP *h, WS_XML_READER *r, WS_XML_WRITER *w, bool alone)
{
    WS_XML_BUFFER *buffer = NULL;
    WS_SECURITY_TOKEN *token = NULL;
    void *bytes = NULL;
    ULONG count = 0;
    HRESULT status = WsReadXmlBufferFromBytes(r, NULL, NULL, 0, TEXT, sizeof TEXT - 1, h, &buffer, e);

    if (status == 0) {
        status = WsCreateXmlSecurityToken(buffer, NULL, NULL, 0, &token, e);
    }
    if (status == 0) {
        status = WsWriteXmlBufferToBytes(w, buffer, NULL, NULL, 0, h, &bytes, &count, e);
    }
    if (status == 0 && alone && (count != sizeof WRITTEN - 1 || memcmp(bytes, WRITTEN, count) != 0)) {
        return false;
    }
    WsFreeSecurityToken(token);
    if (status != 0 || WsResetHeap(h, e) != 0) {
        atomic_fetch_add(&refused, 1);
        (void)WsResetError(e);
        /* Another thread has reset the heap, or is using one of the objects. */
        return !alone && (status == 0 || status == WS_E_INVALID_OPERATION || status == E_INVALIDARG ||
                          status == WS_E_OBJECT_FAULTED);
    }
    return true;
}

static void *use_own(void *argument)
{
    WS_ERROR *e = NULL;
    WS_HEAP *h = NULL;
    WS_XML_READER *r = NULL;
    WS_XML_WRITER *w = NULL;
    bool good = WsCreateError(NULL, 0, &e) == 0 && WsCreateHeap(65536, 8192, NULL, 0, &h, e) == 0 &&
                WsCreateReader(NULL, 0, &r, e) == 0 && WsCreateWriter(NULL, 0, &w, e) == 0;

    (void)argument;
    for (int i = 0; i < 2000 && good; i++) {
        good = use(e, h, r, w, true);
    }
    WsFreeWriter(w);
    WsFreeReader(r);
    WsFreeHeap(h);
    WsFreeError(e);
    CHECK(good);
    return NULL;
}

static void *use_shared(void *argument)
{
    bool good = true;

    (void)argument;
    for (int i = 0; i < 2000 && good; i++) {
        good = use(error, heap, reader, writer, false);
    }
    CHECK(good);
    return NULL;
}

static void run_threads(void *(*body)(void *))
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, body, NULL) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
}

static void test_own_objects(void)
{
    run_threads(use_own);
    CHECK(refused == 0);
}

static void test_shared_objects(void)
{
    run_threads(use_shared);
    CHECK_STATUS(WsResetError(error), 0);
    CHECK_STATUS(WsResetHeap(heap, error), 0);
    CHECK(strcmp(text_of(make_buffer(TEXT)), WRITTEN) == 0);
}

static void *make_and_free(void *argument)
{
    (void)argument;
    while (!atomic_load(&stop)) {
        WS_XML_READER *r = NULL;
        WS_HEAP *h = NULL;
        WS_XML_BUFFER *buffer = NULL;

        if (WsCreateReader(NULL, 0, &r, NULL) == 0 && WsCreateHeap(65536, 0, NULL, 0, &h, NULL) == 0) {
            (void)WsReadXmlBufferFromBytes(r, NULL, NULL, 0, TEXT, sizeof TEXT - 1, h, &buffer, NULL);
        }
        WsFreeReader(r);
        WsFreeHeap(h);
    }
    return NULL;
}

/* The child finds no lock of libxml2's taken, and what it inherited works. */
static void test_fork(void)
{
    pthread_t threads[THREADS];

    atomic_store(&stop, false);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, make_and_free, NULL) == 0);
    }
    for (int i = 0; i < 30; i++) {
        pid_t child = fork();
        int status = -1;

        if (child == 0) {
            WS_XML_BUFFER *buffer = NULL;

            alarm(60);
            _exit(read_text(TEXT, &buffer) == 0 && use(error, heap, reader, writer, true) ? 0 : 1);
        }
        CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
}

int main(void)
{
    ws_set_up();
    RUN(test_own_objects);
    RUN(test_shared_objects);
    RUN(test_fork);
    ws_tear_down();
    return test_result("ws_threads");
}
