/* SPDX-License-Identifier: MIT
 *
 * NCryptNotifyChangeKey: what counts as a change, by whom, and every refusal.
 */
#include "ncrypt_support.h"

#define NO_HANDLE ((HANDLE)(ULONG_PTR) - 1)
#define LONG_WAIT 60000 /* far more than a slow machine needs */

static NCRYPT_PROV_HANDLE provider;

static HANDLE begin_watching(DWORD flags)
{
    HANDLE event = NULL;

    CHECK_STATUS(NCryptNotifyChangeKey(provider, &event, NCRYPT_REGISTER_NOTIFY_FLAG | flags), ERROR_SUCCESS);
    CHECK(event != NULL && event != NO_HANDLE);
    return event;
}

static void end_watching(HANDLE event)
{
    CHECK_STATUS(NCryptNotifyChangeKey(provider, &event, NCRYPT_UNREGISTER_NOTIFY_FLAG), ERROR_SUCCESS);
    CHECK(event == NO_HANDLE);
}

static bool changes_within(HANDLE event, uint32_t milliseconds)
{
    uint32_t changed = 12345;

    CHECK_STATUS(ncx_notification_wait(event, milliseconds, &changed), ERROR_SUCCESS);
    CHECK(changed <= 1);
    return changed == 1;
}

static void make_and_free(const WCHAR *name)
{
    free_handle(make_key(provider, u"ECDSA_P256", name));
}

static void delete_named(const WCHAR *name)
{
    CHECK_STATUS(NCryptDeleteKey(open_key(provider, name), 0), ERROR_SUCCESS);
}

/* ---- what counts ---------------------------------------------------------------------------------------------------
 */

static void test_changes(void)
{
    HANDLE event = begin_watching(0); /* there is no store yet */
    NCRYPT_KEY_HANDLE key;

    CHECK(!changes_within(event, 0));
    make_and_free(u"one");
    CHECK(changes_within(event, LONG_WAIT));
    CHECK(!changes_within(event, 20)); /* armed anew */
    key = open_key(provider, u"one");
    CHECK_STATUS(set_bytes(key, u"Custom", "x", 1, 0), ERROR_SUCCESS); /* of the handle only */
    CHECK(sign_and_verify(key) == ERROR_SUCCESS);
    CHECK(!changes_within(event, 0));
    CHECK_STATUS(set_bytes(key, u"Custom", "x", 1, NCRYPT_PERSIST_FLAG), ERROR_SUCCESS);
    CHECK(changes_within(event, LONG_WAIT));
    free_handle(key);
    free_handle(make_key(provider, u"ECDSA_P256", NULL)); /* ephemeral */
    CHECK(!changes_within(event, 0));
    delete_named(u"one");
    make_and_free(u"two"); /* two changes, told once */
    CHECK(changes_within(event, LONG_WAIT));
    CHECK(!changes_within(event, 0));
    delete_named(u"two");
    end_watching(event);
}

static void test_each_has_its_own(void)
{
    HANDLE first = begin_watching(0), second;

    make_and_free(u"one");
    second = begin_watching(NCRYPT_SILENT_FLAG);
    CHECK(!changes_within(second, 0)); /* it was before */
    CHECK(changes_within(first, LONG_WAIT));
    delete_named(u"one");
    CHECK(changes_within(second, LONG_WAIT));
    CHECK(changes_within(first, LONG_WAIT));
    end_watching(first);
    end_watching(second);
}

static void test_scopes(void)
{
    HANDLE user = begin_watching(0), machine = begin_watching(NCRYPT_MACHINE_KEY_FLAG);
    NCRYPT_KEY_HANDLE key = begin_key(provider, u"ECDSA_P256", u"of the machine", NCRYPT_MACHINE_KEY_FLAG);

    CHECK_STATUS(NCryptFinalizeKey(key, 0), ERROR_SUCCESS);
    CHECK(changes_within(machine, LONG_WAIT));
    CHECK(!changes_within(user, 0));
    CHECK_STATUS(NCryptDeleteKey(key, 0), ERROR_SUCCESS);
    CHECK(changes_within(machine, LONG_WAIT));
    make_and_free(u"one");
    CHECK(!changes_within(machine, 0));
    CHECK(changes_within(user, LONG_WAIT));
    delete_named(u"one");
    end_watching(user);
    end_watching(machine);
}

static void move_home(const char *from_suffix, const char *to_suffix)
{
    char from[300], to[300];

    snprintf(from, sizeof from, "%s/user%s", home_folder, from_suffix);
    snprintf(to, sizeof to, "%s/user%s", home_folder, to_suffix);
    CHECK(rename(from, to) == 0);
}

static void test_store_comes_and_goes(void)
{
    HANDLE event;

    make_and_free(u"one");
    event = begin_watching(0);
    CHECK(!changes_within(event, 0));
    move_home("", ".away");
    CHECK(changes_within(event, LONG_WAIT));
    CHECK(!changes_within(event, 20));
    move_home(".away", "");
    CHECK(changes_within(event, LONG_WAIT));
    CHECK(!changes_within(event, 20));
    delete_named(u"one");
    CHECK(changes_within(event, LONG_WAIT));
    end_watching(event);
}

/* ---- other threads and processes -----------------------------------------------------------------------------------
 */

static void *wait_long(void *context)
{
    HANDLE event = context;

    return changes_within(event, LONG_WAIT) ? context : NULL;
}

static void test_thread_is_woken(void)
{
    HANDLE event = begin_watching(0);
    void *answer = NULL;
    pthread_t thread;

    CHECK(pthread_create(&thread, NULL, wait_long, event) == 0);
    make_and_free(u"one");
    CHECK(pthread_join(thread, &answer) == 0 && answer == event);
    delete_named(u"one");
    end_watching(event);
}

static void *wait_until_it_ends(void *context)
{
    uint32_t changed = 0;

    CHECK_STATUS(ncx_notification_wait(context, LONG_WAIT, &changed), NTE_INVALID_HANDLE);
    return NULL;
}

static void test_ended_while_waiting(void)
{
    HANDLE event = begin_watching(0);
    pthread_t threads[3];

    for (size_t i = 0; i < COUNT(threads); i++) {
        CHECK(pthread_create(&threads[i], NULL, wait_until_it_ends, event) == 0);
    }
    usleep(20000); /* most likely they wait by now; if not, the answer is the same */
    end_watching(event);
    for (size_t i = 0; i < COUNT(threads); i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(ncx_live_handles(17) == 0);
}

static void test_other_process(void)
{
    HANDLE event = begin_watching(0);
    pid_t child = fork();

    if (child == 0) {
        child_begins();
        make_and_free(u"of the child");
        child_ends();
    }
    CHECK(changes_within(event, LONG_WAIT));
    child_check(child);
    delete_named(u"of the child");
    CHECK(changes_within(event, LONG_WAIT));
    end_watching(event);
}

/* The child may be told of a change that was none, once; it misses none of its parent's. */
static void test_inherited(void)
{
    HANDLE event = begin_watching(0);
    int ready[2], go[2];
    char byte = 0;
    pid_t child;

    CHECK(pipe(ready) == 0 && pipe(go) == 0);
    child = fork();
    if (child == 0) {
        child_begins();
        while (changes_within(event, 0)) {
        }
        CHECK(write(ready[1], "r", 1) == 1 && read(go[0], &byte, 1) == 1);
        CHECK(changes_within(event, LONG_WAIT));
        end_watching(event);
        child_ends();
    }
    CHECK(read(ready[0], &byte, 1) == 1);
    CHECK(!changes_within(event, 0));
    make_and_free(u"one");
    CHECK(write(go[1], "g", 1) == 1);
    child_check(child);
    CHECK(changes_within(event, LONG_WAIT));
    delete_named(u"one");
    CHECK(changes_within(event, LONG_WAIT));
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(go[i]);
    }
    end_watching(event);
}

/* ---- refusals ------------------------------------------------------------------------------------------------------
 */

static void test_refusals(void)
{
    static const DWORD taken =
        NCRYPT_REGISTER_NOTIFY_FLAG | NCRYPT_UNREGISTER_NOTIFY_FLAG | NCRYPT_MACHINE_KEY_FLAG | NCRYPT_SILENT_FLAG;
    NCRYPT_KEY_HANDLE key = make_key(provider, u"ECDSA_P256", NULL);
    HANDLE event = NULL, live = begin_watching(0), copy = live;
    uint32_t changed = 12345;

    CHECK_STATUS(NCryptNotifyChangeKey(0, &event, NCRYPT_REGISTER_NOTIFY_FLAG), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptNotifyChangeKey(key, &event, NCRYPT_REGISTER_NOTIFY_FLAG), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptNotifyChangeKey(provider, NULL, NCRYPT_REGISTER_NOTIFY_FLAG), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptNotifyChangeKey(provider, NULL, NCRYPT_UNREGISTER_NOTIFY_FLAG), NTE_INVALID_PARAMETER);
    CHECK_STATUS(NCryptNotifyChangeKey(provider, &event, 0), NTE_BAD_FLAGS);
    CHECK_STATUS(NCryptNotifyChangeKey(provider, &event, 3), NTE_BAD_FLAGS);
    CHECK_STATUS(NCryptNotifyChangeKey(provider, &copy, NCRYPT_UNREGISTER_NOTIFY_FLAG | NCRYPT_MACHINE_KEY_FLAG),
                 NTE_BAD_FLAGS);
    for (unsigned bit = 0; bit < 32; bit++) {
        if ((taken & (DWORD)1 << bit) == 0) {
            CHECK_STATUS(NCryptNotifyChangeKey(provider, &event, NCRYPT_REGISTER_NOTIFY_FLAG | (DWORD)1 << bit),
                         NTE_BAD_FLAGS);
        }
    }
    CHECK(event == NULL && copy == live);
    CHECK_STATUS(NCryptNotifyChangeKey(provider, &event, NCRYPT_UNREGISTER_NOTIFY_FLAG), NTE_INVALID_HANDLE);
    event = (HANDLE)key;
    CHECK_STATUS(NCryptNotifyChangeKey(provider, &event, NCRYPT_UNREGISTER_NOTIFY_FLAG), NTE_INVALID_HANDLE);
    CHECK_STATUS(NCryptFreeObject((NCRYPT_HANDLE)live), NTE_INVALID_HANDLE);
    CHECK_STATUS(ncx_notification_wait(NO_HANDLE, 0, &changed), NTE_INVALID_HANDLE);
    end_watching(live);
    CHECK_STATUS(NCryptNotifyChangeKey(provider, &copy, NCRYPT_UNREGISTER_NOTIFY_FLAG), NTE_INVALID_HANDLE);
    CHECK_STATUS(ncx_notification_wait(live, 0, &changed), NTE_INVALID_HANDLE);
    CHECK(changed == 12345);
    free_handle(key);
}

/* It lives on when its provider does not. */
static void test_without_its_provider(void)
{
    NCRYPT_PROV_HANDLE other = open_provider();
    HANDLE event = NULL;

    CHECK_STATUS(NCryptNotifyChangeKey(other, &event, NCRYPT_REGISTER_NOTIFY_FLAG), ERROR_SUCCESS);
    free_handle(other);
    make_and_free(u"one");
    CHECK(changes_within(event, LONG_WAIT));
    delete_named(u"one");
    end_watching(event); /* by any provider's handle */
}

int main(void)
{
    home_make();
    provider = open_provider();
    RUN(test_changes);
    RUN(test_each_has_its_own);
    RUN(test_scopes);
    RUN(test_store_comes_and_goes);
    RUN(test_thread_is_woken);
    RUN(test_ended_while_waiting);
    RUN(test_other_process);
    RUN(test_inherited);
    RUN(test_refusals);
    RUN(test_without_its_provider);
    free_handle(provider);
    check_no_handles();
    CHECK(ncx_live_handles(17) == 0);
    return test_result("ncrypt_notification");
}
