/* SPDX-License-Identifier: MIT
 *
 * The handle table by itself, with objects that count what is done to them.
 */
#include "common/handle.h"

#include "ncrypt_support.h"

struct object {
    _Atomic int users;
    _Atomic int destroyed;
};

static void destroy_object(void *pointer)
{
    struct object *object = pointer;

    if (atomic_load(&object->users) != 0 || atomic_fetch_add(&object->destroyed, 1) != 0) {
        abort(); /* destroyed in use, or twice */
    }
}

static void destroy_heap(void *pointer)
{
    destroy_object(pointer);
    free(pointer);
}

static NCRYPT_HANDLE make(enum handle_type type, struct object *object)
{
    NCRYPT_HANDLE handle = 0;

    CHECK_STATUS(handle_create(type, object, destroy_object, &handle), ERROR_SUCCESS);
    return handle;
}

static void test_life(void)
{
    struct object object = {0};
    uint64_t before = handle_count(HANDLE_KEY);
    NCRYPT_HANDLE handle = make(HANDLE_KEY, &object);

    CHECK(handle != 0 && handle_count(HANDLE_KEY) == before + 1);
    CHECK(handle_type_of(handle) == HANDLE_KEY);
    CHECK(handle_acquire(handle, HANDLE_KEY) == &object);
    CHECK(handle_acquire(handle, HANDLE_ANY) == &object);
    CHECK(handle_acquire(handle, HANDLE_PROVIDER) == NULL);
    CHECK_STATUS(handle_close(handle, HANDLE_PROVIDER), NTE_INVALID_HANDLE);
    handle_release(handle);
    CHECK_STATUS(handle_close(handle, HANDLE_ANY), ERROR_SUCCESS);
    CHECK(object.destroyed == 0); /* one user is left */
    CHECK(handle_count(HANDLE_KEY) == before + 1);
    CHECK(handle_acquire(handle, HANDLE_KEY) == NULL);
    CHECK_STATUS(handle_close(handle, HANDLE_KEY), NTE_INVALID_HANDLE);
    handle_release(handle);
    CHECK(object.destroyed == 1);
    CHECK(handle_count(HANDLE_KEY) == before);
}

static void test_stale_after_reuse(void)
{
    struct object objects[50] = {{0}};
    NCRYPT_HANDLE handles[50];

    for (size_t i = 0; i < 50; i++) {
        handles[i] = make(HANDLE_PROVIDER, &objects[i]);
        for (size_t j = 0; j < i; j++) {
            CHECK(handles[i] != handles[j]);
            CHECK(handle_acquire(handles[j], HANDLE_ANY) == NULL);
            CHECK_STATUS(handle_close(handles[j], HANDLE_ANY), NTE_INVALID_HANDLE);
        }
        CHECK_STATUS(handle_close(handles[i], HANDLE_PROVIDER), ERROR_SUCCESS);
        CHECK(objects[i].destroyed == 1);
    }
    CHECK(handle_count(HANDLE_PROVIDER) == 0);
}

/* Values that differ from a live one in a single bit, and values out of the blue. */
static void test_junk(void)
{
    struct object object = {0};
    NCRYPT_HANDLE handle = make(HANDLE_KEY, &object);
    uint64_t random = 1;
    unsigned found = 0;

    for (unsigned bit = 0; bit < 8 * sizeof handle; bit++) {
        NCRYPT_HANDLE other = handle ^ (NCRYPT_HANDLE)1 << bit;

        CHECK(handle_acquire(other, HANDLE_ANY) == NULL);
        CHECK_STATUS(handle_close(other, HANDLE_ANY), NTE_INVALID_HANDLE);
    }
    for (int i = 0; i < 1000000; i++) {
        NCRYPT_HANDLE other = (NCRYPT_HANDLE)next_random(&random);

        found += other != handle &&
                 (handle_acquire(other, HANDLE_ANY) != NULL || handle_close(other, HANDLE_ANY) != NTE_INVALID_HANDLE);
    }
    CHECK(found == 0);
    CHECK(handle_acquire(0, HANDLE_ANY) == NULL && handle_acquire(UINTPTR_MAX, HANDLE_ANY) == NULL);
    CHECK(handle_acquire((NCRYPT_HANDLE)&object, HANDLE_ANY) == NULL);
    CHECK(handle_type_of(0) == HANDLE_ANY && handle_type_of(UINTPTR_MAX) == HANDLE_ANY);
    CHECK(object.destroyed == 0);
    CHECK_STATUS(handle_close(handle, HANDLE_KEY), ERROR_SUCCESS);
}

#define MANY 100000

static void test_many(void)
{
    struct object *objects = calloc(MANY, sizeof *objects);
    NCRYPT_HANDLE *handles = calloc(MANY, sizeof *handles);
    unsigned wrong = 0;

    for (size_t i = 0; i < MANY; i++) {
        wrong += handle_create(HANDLE_KEY, &objects[i], destroy_object, &handles[i]) != ERROR_SUCCESS;
    }
    CHECK(wrong == 0);
    CHECK(handle_count(HANDLE_KEY) == MANY);
    for (size_t i = 0; i < MANY; i++) {
        wrong += handle_acquire(handles[i], HANDLE_KEY) != &objects[i];
        handle_release(handles[i]);
    }
    for (size_t i = 0; i < MANY; i++) {
        wrong += handle_close(handles[i], HANDLE_KEY) != ERROR_SUCCESS || objects[i].destroyed != 1;
    }
    CHECK(wrong == 0);
    CHECK(handle_count(HANDLE_KEY) == 0);
    free(handles);
    free(objects);
}

/* ---- threads ---- */

#define THREADS 4
#define SHARED  8
#define ROUNDS  (SLOW_BUILD ? 5000 : 30000)

static _Atomic NCRYPT_HANDLE shared[SHARED];
static _Atomic unsigned closed;

static struct object *use(NCRYPT_HANDLE handle)
{
    struct object *object = handle_acquire(handle, HANDLE_KEY);

    if (object != NULL) {
        atomic_fetch_add(&object->users, 1);
        if (atomic_load(&object->destroyed) != 0) {
            abort();
        }
        atomic_fetch_sub(&object->users, 1);
        handle_release(handle);
    }
    return object;
}

/* Every thread uses and closes the same handles, and puts fresh ones in their places. */
static void *hammer(void *seed)
{
    uint64_t random = (uintptr_t)seed;

    for (int i = 0; i < ROUNDS; i++) {
        size_t which = next_random(&random) % SHARED;
        NCRYPT_HANDLE handle = atomic_load(&shared[which]);

        use(handle);
        if (next_random(&random) % 4 == 0 && handle_close(handle, HANDLE_KEY) == ERROR_SUCCESS) {
            NCRYPT_HANDLE fresh = 0;

            atomic_fetch_add(&closed, 1);
            if (handle_create(HANDLE_KEY, calloc(1, sizeof(struct object)), destroy_heap, &fresh) != ERROR_SUCCESS) {
                abort();
            }
            atomic_store(&shared[which], fresh);
        }
    }
    return NULL;
}

static void start(pthread_t *threads, void *(*body)(void *))
{
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, body, (void *)(i + 1)) == 0);
    }
}

static void join(pthread_t *threads)
{
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
}

static void test_threads(void)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < SHARED; i++) {
        NCRYPT_HANDLE handle = 0;

        CHECK_STATUS(handle_create(HANDLE_KEY, calloc(1, sizeof(struct object)), destroy_heap, &handle), ERROR_SUCCESS);
        shared[i] = handle;
    }
    start(threads, hammer);
    join(threads);
    CHECK(closed > 0);
    CHECK(handle_count(HANDLE_KEY) == SHARED);
    for (int i = 0; i < SHARED; i++) {
        CHECK_STATUS(handle_close(shared[i], HANDLE_KEY), ERROR_SUCCESS);
    }
    CHECK(handle_count(HANDLE_KEY) == 0);
}

static NCRYPT_HANDLE raced;
static _Atomic unsigned winners;
static pthread_barrier_t barrier;

static void *close_raced(void *unused)
{
    for (int i = 0; i < 500; i++) {
        pthread_barrier_wait(&barrier);
        winners += handle_close(raced, HANDLE_ANY) == ERROR_SUCCESS;
        pthread_barrier_wait(&barrier);
    }
    return unused;
}

/* Of all who close one handle at the same time exactly one succeeds. */
static void test_closing_race(void)
{
    pthread_t threads[THREADS];

    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    start(threads, close_raced);
    for (int i = 0; i < 500; i++) {
        struct object object = {0};

        raced = make(HANDLE_KEY, &object);
        winners = 0;
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
        CHECK(winners == 1);
        CHECK(object.destroyed == 1);
    }
    join(threads);
    pthread_barrier_destroy(&barrier);
}

/* ---- fork ---- */

static _Atomic bool stop;
static struct object held;
static NCRYPT_HANDLE held_handle;

static void *hold(void *unused)
{
    (void)unused;
    if (handle_acquire(held_handle, HANDLE_KEY) != &held) {
        abort();
    }
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    handle_release(held_handle);
    return NULL;
}

/* A handle that another thread of the parent uses: closing it in the child destroys the object at once. A closed one
 * that only such a thread kept is gone in the child. */
static void test_fork_held(bool close_first)
{
    pthread_t thread;
    pid_t pid;

    held = (struct object){0};
    held_handle = make(HANDLE_KEY, &held);
    pthread_barrier_init(&barrier, NULL, 2);
    CHECK(pthread_create(&thread, NULL, hold, NULL) == 0);
    pthread_barrier_wait(&barrier);
    if (close_first) {
        CHECK_STATUS(handle_close(held_handle, HANDLE_KEY), ERROR_SUCCESS);
        CHECK(held.destroyed == 0);
    }
    pid = fork();
    if (pid == 0) {
        child_begins();
        CHECK_STATUS(handle_close(held_handle, HANDLE_KEY), close_first ? NTE_INVALID_HANDLE : ERROR_SUCCESS);
        CHECK(held.destroyed == 1);
        CHECK(handle_count(HANDLE_KEY) == 0);
        child_ends();
    }
    child_check(pid);
    pthread_barrier_wait(&barrier);
    CHECK(pthread_join(thread, NULL) == 0);
    if (!close_first) {
        CHECK(held.destroyed == 0);
        CHECK_STATUS(handle_close(held_handle, HANDLE_KEY), ERROR_SUCCESS);
    }
    CHECK(held.destroyed == 1);
    CHECK(handle_count(HANDLE_KEY) == 0);
    pthread_barrier_destroy(&barrier);
}

static void test_fork_with_users(void)
{
    test_fork_held(false);
    test_fork_held(true);
}

static void *churn(void *unused)
{
    while (!atomic_load(&stop)) {
        NCRYPT_HANDLE handle = 0;

        if (handle_create(HANDLE_PROVIDER, calloc(1, sizeof(struct object)), destroy_heap, &handle) != ERROR_SUCCESS ||
            handle_acquire(handle, HANDLE_PROVIDER) == NULL || handle_close(handle, HANDLE_ANY) != ERROR_SUCCESS) {
            abort();
        }
        handle_release(handle);
    }
    return unused;
}

static void count_visit(void *object)
{
    (void)object;
    held.users++;
}

static void check_in_child(NCRYPT_HANDLE own)
{
    struct object fresh[100] = {{0}};
    NCRYPT_HANDLE handles[100];

    child_begins();
    held.users = 0;
    handle_each(HANDLE_PROVIDER, count_visit); /* those that the other threads had open just then */
    CHECK(handle_count(HANDLE_PROVIDER) == (uint64_t)held.users);
    CHECK(held.users <= THREADS);
    CHECK(handle_count(HANDLE_KEY) == 1);
    for (int i = 0; i < 100; i++) {
        handles[i] = make(HANDLE_KEY, &fresh[i]);
    }
    for (int i = 0; i < 100; i++) {
        CHECK_STATUS(handle_close(handles[i], HANDLE_KEY), ERROR_SUCCESS);
        CHECK(fresh[i].destroyed == 1);
    }
    CHECK_STATUS(handle_close(own, HANDLE_KEY), ERROR_SUCCESS);
    CHECK(handle_count(HANDLE_KEY) == 0);
    child_ends();
}

/* Forks at any instant of the other threads' work: the child's counts are right and its table works. */
static void test_fork_any_instant(void)
{
    pthread_t threads[THREADS];
    struct object object = {0};
    NCRYPT_HANDLE own = make(HANDLE_KEY, &object);

    atomic_store(&stop, false);
    start(threads, churn);
    for (int i = 0; i < 50; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            check_in_child(own);
        }
        child_check(pid);
    }
    atomic_store(&stop, true);
    join(threads);
    CHECK(handle_count(HANDLE_PROVIDER) == 0);
    CHECK_STATUS(handle_close(own, HANDLE_KEY), ERROR_SUCCESS);
}

static void test_live_handles(void)
{
    struct object provider = {0}, key = {0};
    NCRYPT_HANDLE handles[2] = {make(HANDLE_PROVIDER, &provider), make(HANDLE_KEY, &key)};

    CHECK(ncx_live_handles(0) == 1);
    CHECK(ncx_live_handles(1) == 1);
    CHECK(ncx_live_handles(2) == 0);
    CHECK(ncx_live_handles(UINT32_MAX) == 0);
    CHECK_STATUS(handle_close(handles[0], HANDLE_ANY), ERROR_SUCCESS);
    CHECK_STATUS(handle_close(handles[1], HANDLE_ANY), ERROR_SUCCESS);
    check_no_handles();
}

int main(void)
{
    RUN(test_life);
    RUN(test_stale_after_reuse);
    RUN(test_junk);
    RUN(test_many);
    RUN(test_threads);
    RUN(test_closing_race);
    RUN(test_fork_with_users);
    RUN(test_fork_any_instant);
    RUN(test_live_handles);
    return test_result("handle");
}
