/* SPDX-License-Identifier: MIT
 *
 * Several threads write headers, each with security of its own and all with the same key; the key is closed meanwhile;
 * processes are forked off meanwhile, which write headers, too. One more thread does nothing but hold the lock of the C
 * library's calendar, which no child ever gets.
 */
#include <time.h>

#include "security_support.h"
#include "thread_support.h"

#define ROUNDS (SLOW_BUILD ? 60 : 300)

static struct security *shared[THREADS];
static const struct security_input input = {WS_ENVELOPE_VERSION_SOAP_1_2, "_a", "<a/>", 4, "_a-1"};

static HRESULT write_once(const struct security *security)
{
    struct text text = TEXT_INIT(65536);
    HRESULT status = security_write(security, &input, &text, NULL);

    if (status == 0 && (text.status != 0 || text.size < 1000)) {
        status = WS_E_OTHER;
    }
    text_free(&text);
    return status;
}

static void *write_many(void *argument)
{
    while (!atomic_load(&stop)) {
        HRESULT status = write_once(shared[(uintptr_t)argument]);

        if (status != 0 && status != NTE_INVALID_HANDLE) {
            note_wrong(status);
        }
        note_worked();
    }
    return NULL;
}

/* As of a channel with two tokens. */
static struct security *make_security(NCRYPT_KEY_HANDLE key)
{
    struct described *made = describe();
    struct security *security;

    add_token(made, make_raw_token(32));
    add_token(made, make_rsa_token(key));
    security = create_security(made);
    WsFreeSecurityToken(made->tokens[1].xmlToken);
    WsFreeSecurityToken(made->tokens[2].xmlToken);
    return security;
}

static void test_closing(void)
{
    NCRYPT_KEY_HANDLE key = make_rsa_key(1024);
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        shared[i] = make_security(key);
    }
    start(threads, THREADS, write_many);
    await(ROUNDS);
    free_handle(key);
    await(THREADS * 3);
    finish(threads, THREADS);
    for (int i = 0; i < THREADS; i++) {
        CHECK_STATUS(write_once(shared[i]), NTE_INVALID_HANDLE);
        security_free(shared[i]);
    }
}

static void *ask_the_calendar(void *argument)
{
    time_t now = time(NULL);
    struct tm parts;

    (void)argument;
    while (!atomic_load(&stop)) {
        gmtime_r(&now, &parts);
    }
    return NULL;
}

static void test_fork(void)
{
    pthread_t threads[THREADS];
    pthread_t calendar;

    for (int i = 0; i < THREADS; i++) {
        shared[i] = make_security(rsa_key);
    }
    start(threads, THREADS, write_many);
    CHECK(pthread_create(&calendar, NULL, ask_the_calendar, NULL) == 0);
    for (int i = 0; i < 20; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            child_begins();
            CHECK_STATUS(write_once(shared[0]), 0);
            security_free(shared[0]);
            child_ends();
        }
        child_check(pid);
    }
    finish(threads, THREADS);
    CHECK(pthread_join(calendar, NULL) == 0);
    for (int i = 0; i < THREADS; i++) {
        CHECK_STATUS(write_once(shared[i]), 0);
        security_free(shared[i]);
    }
}

int main(void)
{
    security_set_up();
    provider = rsa_provider;
    RUN(test_closing);
    RUN(test_fork);
    security_tear_down();
    return test_result("ws_security_threads");
}
