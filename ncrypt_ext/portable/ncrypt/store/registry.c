/* SPDX-License-Identifier: MIT
 *
 * The stores of this process: one per scope and folder, kept open.
 */
#include <stdlib.h>
#include <string.h>

#include "common/fork.h"
#include "ncrypt/store/internal.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static struct store *stores;
static bool drained; /* between prepare and the hooks after the fork */

static void before_fork(void)
{
    pthread_mutex_lock(&lock);
    drained = sqlite_scope_before_fork();
}

static void after_fork_in_parent(void)
{
    sqlite_scope_after_fork_in_parent();
    pthread_mutex_unlock(&lock);
}

static void after_fork_in_child(void)
{
    sqlite_scope_after_fork_in_child();
    pthread_mutex_init(&lock, NULL);
    pthread_cond_init(&opened, NULL);
    for (struct store *store = stores; store; store = store->next) {
        if (store->state == STORE_OPENING) {
            store->state = STORE_DETACHED; /* the thread that opens it is not here; the parent finishes its own */
            continue;
        }
        pthread_mutex_init(&store->lock, NULL);
        pthread_cond_init(&store->returned, NULL);
        pthread_mutex_init(&store->write_lock, NULL);
        pthread_mutex_init(&store->watch_lock, NULL);
        store->stale_busy = store->stale_busy || !drained;
        atomic_store(&store->stale, true);
    }
}

static void register_fork(void)
{
    static const struct fork_hooks hooks = {before_fork, after_fork_in_parent, after_fork_in_child};

    fork_register(&hooks);
}

static void unlink_store(struct store *gone)
{
    struct store **place = &stores;

    while (*place != gone) {
        place = &(*place)->next;
    }
    *place = gone->next;
}

static struct store *find(enum store_scope scope, const char *folder)
{
    for (struct store *store = stores; store; store = store->next) {
        if (store->state != STORE_DETACHED && store->scope == scope && strcmp(store->folder, folder) == 0) {
            return store;
        }
    }
    return NULL;
}

/* Out of the list's sight; its users go on with the file they know until they let go. */
static void detach(struct store *store)
{
    store->state = STORE_DETACHED;
    if (store->references == 0) {
        unlink_store(store);
        store_free(store);
    }
}

static struct store *new_store(enum store_scope scope, const char *folder)
{
    struct store *store = calloc(1, sizeof(*store));

    if (!store) {
        return NULL;
    }
    store->state = STORE_OPENING;
    store->references = 1;
    store->opener = pthread_self();
    store->scope = scope;
    store->folder = strdup(folder);
    store->database = folder_path(folder, STORE_DATABASE, "");
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->returned, NULL);
    pthread_mutex_init(&store->write_lock, NULL);
    pthread_mutex_init(&store->watch_lock, NULL);
    if (!store->folder || !store->database) {
        store_free(store);
        return NULL;
    }
    return store;
}

/* Called with the lock, which is given back while the folder is opened; others who ask for it wait. */
static SECURITY_STATUS open_new(enum store_scope scope, const char *folder, bool create, struct store **out)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    struct store *store = new_store(scope, folder);

    if (!store) {
        return status_no_memory();
    }
    store->next = stores;
    stores = store;
    pthread_mutex_unlock(&lock);
    status = store_open(store, create);
    pthread_mutex_lock(&lock);
    if (status == ERROR_SUCCESS) {
        store->state = STORE_READY;
        *out = store;
    } else {
        unlink_store(store);
        store_free(store);
    }
    pthread_cond_broadcast(&opened);
    return status;
}

/* A passphrase callback that asks for the store that waits for it would wait for itself. */
static bool opened_by_this_thread(const struct store *store)
{
    return store->state == STORE_OPENING && pthread_equal(store->opener, pthread_self());
}

SECURITY_STATUS store_acquire(enum store_scope scope, const char *folder, bool create, struct store **out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    SECURITY_STATUS status = ERROR_SUCCESS;
    struct store *store = NULL;

    pthread_once(&once, register_fork);
    pthread_mutex_lock(&lock);
    for (;;) {
        store = find(scope, folder);
        if (!store || store->state == STORE_READY) {
            break;
        }
        if (opened_by_this_thread(store)) {
            pthread_mutex_unlock(&lock);
            return status_fail(HRESULT_FROM_WIN32(ERROR_BUSY),
                               "%s: the key store cannot be used while its passphrase is being asked for", folder);
        }
        pthread_cond_wait(&opened, &lock);
    }
    if (store && !store_same_file(store)) {
        detach(store);
        store = NULL;
    }
    if (store) {
        store->references++;
        *out = store;
    } else {
        status = open_new(scope, folder, create, out);
    }
    pthread_mutex_unlock(&lock);
    return status;
}

void store_release(struct store *store)
{
    if (!store) {
        return;
    }
    pthread_mutex_lock(&lock);
    store->references--;
    if (store->state == STORE_DETACHED) {
        detach(store);
    }
    pthread_mutex_unlock(&lock);
}

void registry_close_unused(void)
{
    struct store *next = NULL;

    pthread_mutex_lock(&lock);
    for (struct store *store = stores; store; store = next) {
        next = store->next;
        if (store->references == 0) {
            detach(store);
        }
    }
    pthread_mutex_unlock(&lock);
}
