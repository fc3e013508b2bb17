/* SPDX-License-Identifier: MIT
 *
 * NCryptNotifyChangeKey, and waiting for what it registers.
 */
#include <stdlib.h>
#include <time.h>

#include "common/fork.h"
#include "ncrypt/internal.h"
#include "ncrypt_ext_compat.h"

#define NO_HANDLE ((HANDLE)(ULONG_PTR) - 1) /* INVALID_HANDLE_VALUE of Windows */

struct notification {
    struct provider *provider;
    pthread_mutex_t lock; /* guards the watch, but for its pauses */
    struct store_watch *watch;
    atomic_bool ended;
};

static void notification_destroy(void *object)
{
    struct notification *notification = object;

    if (notification != NULL) {
        store_watch_end(notification->watch);
        pthread_mutex_destroy(&notification->lock);
        provider_unref(notification->provider);
        free(notification);
    }
}

/* ---- register, unregister ---------------------------------------------------------------------------------------- */

/* A thread of the parent may have held it. */
static void renew_lock(void *object)
{
    pthread_mutex_init(&((struct notification *)object)->lock, NULL);
}

static void fork_child(void)
{
    handle_each(HANDLE_NOTIFICATION, renew_lock);
}

static void set_up(void)
{
    fork_register(&(struct fork_hooks){NULL, NULL, fork_child});
}

static SECURITY_STATUS watch_folder(struct notification *notification, enum store_scope scope)
{
    const char *known = notification->provider->folder[scope];
    char *folder = NULL;
    SECURITY_STATUS status = known != NULL ? ERROR_SUCCESS : store_folder(scope, &folder);

    if (status == ERROR_SUCCESS) {
        status = store_watch_begin(scope, known != NULL ? known : folder, &notification->watch);
    }
    free(folder);
    return status;
}

static SECURITY_STATUS begin(struct provider *provider, enum store_scope scope, HANDLE *event)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct notification *notification = calloc(1, sizeof *notification);
    NCRYPT_HANDLE handle = 0;
    SECURITY_STATUS status;

    if (notification == NULL) {
        return status_no_memory();
    }
    pthread_once(&once, set_up);
    notification->provider = provider_ref(provider);
    pthread_mutex_init(&notification->lock, NULL);
    status = watch_folder(notification, scope);
    if (status == ERROR_SUCCESS) {
        status = handle_create(HANDLE_NOTIFICATION, notification, notification_destroy, &handle);
    }
    if (status != ERROR_SUCCESS) {
        notification_destroy(notification);
        return status;
    }
    *event = (HANDLE)handle;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS not_live(void)
{
    return status_fail(NTE_INVALID_HANDLE, "not a live handle of a notification");
}

/* Who waits for it is told at the next look. */
static SECURITY_STATUS end(HANDLE *event)
{
    struct notification *notification = handle_acquire((NCRYPT_HANDLE)*event, HANDLE_NOTIFICATION);
    SECURITY_STATUS status;

    if (notification == NULL) {
        return not_live();
    }
    atomic_store(&notification->ended, true);
    status = handle_close((NCRYPT_HANDLE)*event, HANDLE_NOTIFICATION);
    handle_release((NCRYPT_HANDLE)*event);
    if (status == ERROR_SUCCESS) {
        *event = NO_HANDLE;
    }
    return status;
}

static SECURITY_STATUS notify(NCRYPT_PROV_HANDLE provider_handle, HANDLE *event, uint32_t flags)
{
    struct provider *provider = handle_acquire(provider_handle, HANDLE_PROVIDER);
    uint32_t what = flags & (NCRYPT_REGISTER_NOTIFY_FLAG | NCRYPT_UNREGISTER_NOTIFY_FLAG);
    uint32_t known = what | NCRYPT_SILENT_FLAG | (what == NCRYPT_REGISTER_NOTIFY_FLAG ? NCRYPT_MACHINE_KEY_FLAG : 0u);
    SECURITY_STATUS status;

    if (provider == NULL) {
        return status_fail(NTE_INVALID_HANDLE, "not a live provider handle");
    }
    if ((flags & ~known) != 0 || (what & (what - 1)) != 0 || what == 0) {
        status = status_fail(NTE_BAD_FLAGS,
                             "flags 0x%X: one of NCRYPT_REGISTER_NOTIFY_FLAG and "
                             "NCRYPT_UNREGISTER_NOTIFY_FLAG is needed",
                             (unsigned)flags);
    } else if (event == NULL) {
        status = status_fail(NTE_INVALID_PARAMETER, "phEvent is NULL");
    } else if (what == NCRYPT_REGISTER_NOTIFY_FLAG) {
        status = begin(provider, flags & NCRYPT_MACHINE_KEY_FLAG ? STORE_MACHINE : STORE_USER, event);
    } else {
        status = end(event);
    }
    handle_release(provider_handle);
    return status;
}

SECURITY_STATUS WINAPI NCryptNotifyChangeKey(NCRYPT_PROV_HANDLE hProvider, HANDLE *phEvent, DWORD dwFlags)
{
    return trace_return("NCryptNotifyChangeKey", notify(hProvider, phEvent, dwFlags));
}

/* ---- wait -------------------------------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static SECURITY_STATUS ask(struct notification *notification, bool *changed, uint32_t *pause)
{
    SECURITY_STATUS status;

    pthread_mutex_lock(&notification->lock);
    status = store_watch_ask(notification->watch, changed, pause);
    pthread_mutex_unlock(&notification->lock);
    return status;
}

static SECURITY_STATUS wait_for(struct notification *notification, uint32_t milliseconds, uint32_t *result)
{
    int64_t deadline = now_ms() + milliseconds;
    bool changed = false;
    SECURITY_STATUS status;

    for (;;) {
        uint32_t pause = 0;
        int64_t left;

        status = ask(notification, &changed, &pause);
        left = deadline - now_ms();
        if (status != ERROR_SUCCESS || changed || left <= 0) {
            break;
        }
        store_watch_pause(notification->watch, left < pause ? (uint32_t)left : pause);
        if (atomic_load(&notification->ended)) {
            return not_live();
        }
    }
    if (status == ERROR_SUCCESS) {
        *result = changed;
    }
    return status;
}

SECURITY_STATUS ncx_notification_wait(HANDLE event, uint32_t milliseconds, uint32_t *changed)
{
    struct notification *notification = handle_acquire((NCRYPT_HANDLE)event, HANDLE_NOTIFICATION);
    SECURITY_STATUS status;

    if (notification == NULL) {
        return not_live();
    }
    status = wait_for(notification, milliseconds, changed);
    handle_release((NCRYPT_HANDLE)event);
    return status;
}
