/* SPDX-License-Identifier: MIT
 *
 * The small common rooms: status, UTF-16, secret memory, trace, interrupt.
 */
#include "common/status.h"

#include <errno.h>
#include <openssl/err.h>

#include "common/interrupt.h"
#include "common/secmem.h"
#include "common/trace.h"
#include "common/utf16.h"
#include "ncrypt_support.h"

/* ---- status ---- */

static void test_detail(void)
{
    char text[64] = "untouched";

    CHECK(ncx_error_detail(NTE_FAIL, text, sizeof text) == 0);
    CHECK_STATUS(status_fail(NTE_FAIL, "the %s is %d", "answer", 42), NTE_FAIL);
    CHECK(strcmp(status_sentence(NTE_FAIL), "the answer is 42") == 0);
    CHECK(status_sentence(NTE_PERM) == NULL);
    CHECK(status_sentence(ERROR_SUCCESS) == NULL);
    CHECK(ncx_error_detail(NTE_FAIL, text, sizeof text) == 16);
    CHECK(strcmp(text, "the answer is 42") == 0);
    CHECK(ncx_error_detail(NTE_FAIL, text, sizeof text) == 0); /* asking clears it */
    (void)status_fail(NTE_FAIL, "0123456789");
    CHECK(ncx_error_detail(NTE_PERM, text, sizeof text) == 0); /* another status is another failure */
    CHECK(ncx_error_detail(NTE_FAIL, text, sizeof text) == 0);
    (void)status_fail(NTE_FAIL, "0123456789");
    CHECK(ncx_error_detail(NTE_FAIL, text, 5) == 4);
    CHECK(strcmp(text, "0123") == 0);
    (void)status_fail(NTE_FAIL, "0123456789");
    CHECK(ncx_error_detail(NTE_FAIL, text, 1) == 0);
    CHECK(text[0] == '\0');
    (void)status_fail(NTE_FAIL, "0123456789");
    CHECK(ncx_error_detail(NTE_FAIL, NULL, 0) == 0);
}

static void test_long_sentence(void)
{
    char text[2000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    (void)status_fail(NTE_FAIL, "%s", text);
    CHECK(ncx_error_detail(NTE_FAIL, text, sizeof text) == 511);
    CHECK(strlen(text) == 511);
}

static void *ask_from_thread(void *text)
{
    return ncx_error_detail(NTE_FAIL, text, 64) == 0 ? text : NULL;
}

static void test_detail_per_thread(void)
{
    char text[64];
    pthread_t thread;
    void *result = NULL;

    (void)status_fail(NTE_FAIL, "mine");
    CHECK(pthread_create(&thread, NULL, ask_from_thread, text) == 0);
    CHECK(pthread_join(thread, &result) == 0);
    CHECK(result == text);
    CHECK(ncx_error_detail(NTE_FAIL, text, sizeof text) == 4);
}

static void test_errno(void)
{
    static const struct {
        int error;
        SECURITY_STATUS status;
    } map[] = {
        {EACCES, NTE_PERM},
        {EPERM, NTE_PERM},
        {ENOSPC, WIN32(ERROR_DISK_FULL)},
        {EDQUOT, WIN32(ERROR_DISK_FULL)},
        {EROFS, WIN32(ERROR_WRITE_PROTECT)},
        {ENOENT, WIN32(ERROR_PATH_NOT_FOUND)},
        {ENOMEM, NTE_NO_MEMORY},
        {EBUSY, WIN32(ERROR_BUSY)},
        {EAGAIN, WIN32(ERROR_BUSY)},
        {EIO, WIN32(ERROR_IO_DEVICE)},
        {EINVAL, NTE_SYS_ERR},
        {12345, NTE_SYS_ERR},
    };
    char text[128];

    for (size_t i = 0; i < COUNT(map); i++) {
        CHECK_STATUS(status_from_errno(map[i].error, "the thing"), map[i].status);
        CHECK(ncx_error_detail(map[i].status, text, sizeof text) > 11);
        CHECK(strncmp(text, "the thing: ", 11) == 0);
    }
    CHECK_STATUS(status_no_memory(), NTE_NO_MEMORY);
    CHECK(ncx_error_detail(NTE_NO_MEMORY, text, sizeof text) > 0);
}

static void test_openssl(void)
{
    char text[128];

    ERR_clear_error();
    CHECK_STATUS(status_from_openssl(NTE_FAIL, "doing"), NTE_FAIL);
    CHECK(ncx_error_detail(NTE_FAIL, text, sizeof text) > 0);
    CHECK(strcmp(text, "doing: libcrypto gave no reason") == 0);
    ERR_raise(ERR_LIB_EVP, ERR_R_PASSED_NULL_PARAMETER);
    CHECK_STATUS(status_from_openssl(NTE_BAD_DATA, "doing"), NTE_BAD_DATA);
    CHECK(ncx_error_detail(NTE_BAD_DATA, text, sizeof text) > 0);
    CHECK(strstr(text, "null parameter") != NULL);
    ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE);
    CHECK_STATUS(status_from_openssl(NTE_BAD_DATA, "doing"), NTE_NO_MEMORY);
    ERR_clear_error();
}

/* The host's errors stay, ours go; also nested, and when the queue was empty. */
static void test_openssl_scopes(void)
{
    unsigned long host;

    ERR_raise(ERR_LIB_USER, 77);
    host = ERR_peek_last_error();
    openssl_scope_begin();
    ERR_raise(ERR_LIB_EVP, ERR_R_INTERNAL_ERROR);
    openssl_scope_begin();
    ERR_raise(ERR_LIB_EVP, ERR_R_PASSED_NULL_PARAMETER);
    openssl_scope_end();
    CHECK(ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_EVP);
    openssl_scope_end();
    CHECK(ERR_peek_last_error() == host);
    ERR_clear_error();
    openssl_scope_begin();
    ERR_raise(ERR_LIB_EVP, ERR_R_INTERNAL_ERROR);
    openssl_scope_end();
    CHECK(ERR_peek_error() == 0);
}

/* ---- UTF-16 ---- */

static void test_utf16(void)
{
    static const WCHAR lone[] = {0xD800, 'x', 0xDC00, 0};
    WCHAR *copy = utf16_copy(lone, 3);

    CHECK(utf16_length(u"", 5) == 0);
    CHECK(utf16_length(u"abc", 5) == 3);
    CHECK(utf16_length(u"abc", 2) == 2);
    CHECK(utf16_length(u"abc", 0) == 0);
    CHECK(utf16_equal(u"", u""));
    CHECK(utf16_equal(lone, copy));
    CHECK(!utf16_equal(u"abc", u"ab"));
    CHECK(!utf16_equal(u"ab", u"abc"));
    CHECK(!utf16_equal(u"Ab", u"ab"));
    CHECK(utf16_equal_fold(u"AbZ[", u"aBz["));
    CHECK(!utf16_equal_fold(u"@", u"`")); /* neighbours of the letters are not letters */
    CHECK(!utf16_equal_fold(u"[", u"{"));
    CHECK(!utf16_equal_fold(u"\u00C4", u"\u00E4")); /* ASCII only */
    CHECK(!utf16_equal_fold(u"ab", u"abc"));
    CHECK(utf16_fold('A') == 'a' && utf16_fold('Z') == 'z' && utf16_fold('@') == '@' && utf16_fold('[') == '[');
    free(copy);
    copy = utf16_copy(u"abc", 0);
    CHECK(copy != NULL && copy[0] == 0);
    free(copy);
    CHECK(utf16_copy(u"abc", SIZE_MAX / 2) == NULL);
    CHECK(utf16_copy(u"abc", SIZE_MAX) == NULL);
}

static void test_utf16_printable(void)
{
    static const WCHAR odd[] = {'a', 0x1F, 0x7F, 0xD800, '~', 0};
    char out[64], tight[] = "??????????";

    CHECK(strcmp(utf16_printable(odd, out, sizeof out), "a\\u001F\\u007F\\uD800~") == 0);
    CHECK(strcmp(utf16_printable(u"", out, sizeof out), "") == 0);
    CHECK(strcmp(utf16_printable(u"abcdef", out, 4), "abc") == 0);
    CHECK(strcmp(utf16_printable(u"a\u00E4", tight, 7), "a") == 0); /* no room for half an escape */
    CHECK(strcmp(tight + 8, "??") == 0);
    CHECK(strcmp(utf16_printable(u"a\u00E4", tight, 8), "a\\u00E4") == 0);
    CHECK(utf16_printable(u"a", tight, 0) == tight);
    CHECK(utf16_printable(u"a", tight, 1)[0] == '\0');
}

/* ---- secret memory ---- */

static void test_secmem(void)
{
    static const uint8_t zeros[100], data[5] = {1, 2, 3, 4, 5};
    uint8_t *memory = secmem_alloc(100), *copy = secmem_copy(data, sizeof data), *empty = secmem_alloc(0);

    CHECK(memory != NULL && memcmp(memory, zeros, 100) == 0);
    CHECK((uintptr_t)memory % _Alignof(max_align_t) == 0);
    CHECK(copy != NULL && memcmp(copy, data, sizeof data) == 0);
    CHECK(empty != NULL);
    memset(memory, 0xAA, 100);
    secmem_wipe(memory, 99);
    CHECK(memcmp(memory, zeros, 99) == 0 && memory[99] == 0xAA);
    secmem_free(memory);
    secmem_free(copy);
    secmem_free(empty);
    secmem_free(NULL);
    empty = secmem_copy(NULL, 0);
    CHECK(empty != NULL);
    secmem_free(empty);
    CHECK(secmem_alloc(SIZE_MAX) == NULL);
    CHECK(secmem_alloc(SIZE_MAX - 8) == NULL);
    CHECK(secmem_copy(data, SIZE_MAX) == NULL);
}

/* ---- trace: in a child each, since the level is read once ---- */

static void traced(const char *level, const char *expected)
{
    char text[512] = "";
    ssize_t size;
    int ends[2];
    pid_t pid;

    CHECK(pipe(ends) == 0);
    pid = fork();
    if (pid == 0) {
        child_begins();
        dup2(ends[1], STDERR_FILENO);
        if (level == NULL) {
            unsetenv("NCRYPT_EXT_TRACE");
        } else {
            setenv("NCRYPT_EXT_TRACE", level, 1);
        }
        CHECK_STATUS(trace_return("Good", ERROR_SUCCESS), ERROR_SUCCESS);
        CHECK_STATUS(trace_return("Bad", status_fail(NTE_PERM, "no entry")), NTE_PERM);
        CHECK_STATUS(trace_return("Mute", NTE_FAIL), NTE_FAIL);
        child_ends();
    }
    close(ends[1]);
    child_check(pid);
    for (size_t used = 0; (size = read(ends[0], text + used, sizeof text - 1 - used)) > 0;) {
        used += (size_t)size;
    }
    close(ends[0]);
    CHECK(strcmp(text, expected) == 0);
}

static void test_trace(void)
{
    traced(NULL, "");
    traced("", "");
    traced("yes", "");
    traced("1", "ncrypt_ext: Bad returned 0x80090010: no entry\nncrypt_ext: Mute returned 0x80090020\n");
    traced("2", "ncrypt_ext: Good returned 0x00000000\nncrypt_ext: Bad returned 0x80090010: no entry\n"
                "ncrypt_ext: Mute returned 0x80090020\n");
}

/* ---- interrupt ---- */

static int poll_answer;
static unsigned polled;

static int poll_hook(void *context)
{
    polled++;
    return context == &poll_answer ? poll_answer : -1;
}

static void *poll_from_thread(void *unused)
{
    return interrupt_poll() ? NULL : unused;
}

/* Asks until the hook has been asked: how often depends on the clock, that it is asked does not. */
static bool ask(void)
{
    unsigned before = polled;
    bool answer = false;

    while (polled == before) {
        answer = interrupt_poll();
    }
    return answer;
}

static void test_interrupt(void)
{
    int (*outer)(void *context) = poll_hook;
    void *context = NULL, *result = NULL;
    pthread_t thread;

    CHECK(!interrupt_poll());
    ncx_get_interrupt(&outer, &context);
    CHECK(outer == NULL && context == NULL);
    ncx_set_interrupt(poll_hook, &poll_answer);
    ncx_get_interrupt(&outer, &context);
    CHECK(outer == poll_hook && context == &poll_answer);
    poll_answer = 0;
    CHECK(!ask());
    poll_answer = 1;
    CHECK(ask());
    CHECK(pthread_create(&thread, NULL, poll_from_thread, &poll_answer) == 0); /* other threads have no hook */
    CHECK(pthread_join(thread, &result) == 0);
    CHECK(result == &poll_answer);
    ncx_set_interrupt(NULL, NULL);
    CHECK(!interrupt_poll());
}

int main(void)
{
    RUN(test_detail);
    RUN(test_long_sentence);
    RUN(test_detail_per_thread);
    RUN(test_errno);
    RUN(test_openssl);
    RUN(test_openssl_scopes);
    RUN(test_utf16);
    RUN(test_utf16_printable);
    RUN(test_secmem);
    RUN(test_trace);
    RUN(test_interrupt);
    return test_result("status");
}
