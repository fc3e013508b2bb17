/* SPDX-License-Identifier: MIT
 *
 * Noticing changes of a store. What counts is SQLite's own count of commits (pool_changes); where the system tells of
 * changes in a folder, that only ends the pause between two looks at it.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/inotify.h>
#endif

#include "common/fork.h"
#include "ncrypt/store/internal.h"

#define PAUSE_TOLD   1000 /* milliseconds between two looks while the system would tell of a change */
#define PAUSE_UNTOLD 50
#define EAGER_LOOKS  8 /* after it has told of one: pauses of 1, 2, 4 ... ms, since the count follows the file */

struct store_watch {
    enum store_scope scope;
    char *folder;
    struct store *store; /* NULL: there is none */
    uint64_t changes;    /* of pool_changes(), when last asked */
    unsigned generation; /* fork_generation() when the descriptor was made */
    unsigned eager;      /* quick looks left */
    int events;          /* -1: the system does not tell */
    int place;           /* the folder's; -1: not watched */
};

/* ---- what the system tells ------------------------------------------------------------------------------------- */

#ifdef __linux__

static void open_events(struct store_watch *watch)
{
    watch->events = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    watch->place = -1;
    watch->generation = fork_generation();
}

static void place_watch(struct store_watch *watch)
{
    if (watch->events >= 0 && watch->place < 0) {
        watch->place = inotify_add_watch(watch->events, watch->folder,
                                         IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM |
                                             IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
    }
}

/* Takes what has been told; the folder is watched anew when it is another one. */
static bool take_events(struct store_watch *watch)
{
    _Alignas(struct inotify_event) char buffer[4096];
    bool any = false;
    ssize_t size;

    if (watch->generation != fork_generation()) { /* what is taken here would be lost for the parent */
        close(watch->events);
        open_events(watch);
    }
    while (watch->events >= 0 && (size = read(watch->events, buffer, sizeof buffer)) > 0) {
        const struct inotify_event *event;

        any = true;
        for (char *next = buffer; next < buffer + size; next += sizeof *event + event->len) {
            event = (const struct inotify_event *)(void *)next;
            if (event->mask & (IN_IGNORED | IN_MOVE_SELF)) {
                if (event->mask & IN_MOVE_SELF) {
                    inotify_rm_watch(watch->events, event->wd);
                }
                watch->place = event->wd == watch->place ? -1 : watch->place;
            }
        }
    }
    return any;
}

#else

static void open_events(struct store_watch *watch)
{
    watch->events = watch->place = -1;
}

static void place_watch(struct store_watch *watch)
{
    (void)watch;
}

static bool take_events(struct store_watch *watch)
{
    (void)watch;
    return false;
}

#endif

void store_watch_pause(const struct store_watch *watch, uint32_t milliseconds)
{
    struct pollfd wanted = {.fd = watch->events, .events = POLLIN}; /* without one poll() only waits */

    (void)poll(&wanted, 1, (int)milliseconds);
}

/* ---- the store --------------------------------------------------------------------------------------------------- */

/* The store that is there now, if any, and its count. */
static SECURITY_STATUS find_store(struct store_watch *watch)
{
    SECURITY_STATUS status = store_acquire(watch->scope, watch->folder, false, &watch->store);

    if (status != ERROR_SUCCESS) {
        watch->store = NULL;
        return status == NTE_BAD_KEYSET ? ERROR_SUCCESS : status;
    }
    return pool_changes(watch->store, &watch->changes);
}

static SECURITY_STATUS look(struct store_watch *watch, bool *changed)
{
    uint64_t changes = 0;
    SECURITY_STATUS status;

    if (watch->store == NULL) {
        status = find_store(watch);
        *changed = watch->store != NULL;
        return status;
    }
    status = pool_changes(watch->store, &changes);
    if (status == HRESULT_FROM_WIN32(ERROR_PATH_NOT_FOUND)) {
        struct store *gone = watch->store;

        watch->store = NULL; /* first: a child that is forked meanwhile ends its copy of the watch */
        store_release(gone);
        *changed = true;
        return find_store(watch);
    }
    if (status == ERROR_SUCCESS) {
        *changed = changes != watch->changes;
        watch->changes = changes;
    }
    return status;
}

SECURITY_STATUS store_watch_ask(struct store_watch *watch, bool *changed, uint32_t *pause)
{
    SECURITY_STATUS status;

    *changed = false;
    place_watch(watch);
    if (take_events(watch)) { /* before the look, so that what comes after it ends the pause */
        watch->eager = EAGER_LOOKS;
    }
    status = look(watch, changed);
    *pause = watch->place >= 0 ? PAUSE_TOLD : PAUSE_UNTOLD;
    if (watch->eager > 0) {
        *pause = 1u << (EAGER_LOOKS - watch->eager);
        watch->eager--;
    }
    return status;
}

SECURITY_STATUS store_watch_begin(enum store_scope scope, const char *folder, struct store_watch **out)
{
    struct store_watch *watch = calloc(1, sizeof *watch);
    SECURITY_STATUS status;

    if (watch == NULL) {
        return status_no_memory();
    }
    watch->scope = scope;
    watch->folder = strdup(folder);
    open_events(watch);
    status = watch->folder == NULL ? status_no_memory() : ERROR_SUCCESS;
    if (status == ERROR_SUCCESS) {
        place_watch(watch);
        status = find_store(watch);
    }
    if (status != ERROR_SUCCESS) {
        store_watch_end(watch);
        return status;
    }
    *out = watch;
    return ERROR_SUCCESS;
}

void store_watch_end(struct store_watch *watch)
{
    if (watch == NULL) {
        return;
    }
    store_release(watch->store);
    if (watch->events >= 0) {
        close(watch->events);
    }
    free(watch->folder);
    free(watch);
}
