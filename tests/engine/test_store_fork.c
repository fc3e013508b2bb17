/* SPDX-License-Identifier: MIT
 *
 * The key store across fork().
 */
#include "store_fixture.h"

#define THREADS 4

/*
 * AddressSanitizer (of GCC 12 and others) takes no care of its allocator's own locks at a fork: where a thread is
 * allocating at that moment, the child waits for ever at its first malloc(). The C library's malloc() and that of
 * ThreadSanitizer do take care, so the test runs with these.
 */
#if defined(__SANITIZE_ADDRESS__)
#define CAN_ALLOCATE_AFTER_FORK 0
#elif defined(__has_feature)
#define CAN_ALLOCATE_AFTER_FORK (!__has_feature(address_sanitizer))
#else
#define CAN_ALLOCATE_AFTER_FORK 1
#endif

struct work {
    const char *folder;
    int number;
};

static void make_common(const char *folder)
{
    struct store *store = open_store(folder);

    CHECK_STATUS(create_key(store, "common", "x", false), ERROR_SUCCESS);
    close_store(store);
}

#if defined(__linux__)
/* Locks on the files of a store that the kernel knows of for this process. */
static unsigned locks_held(void)
{
    FILE *file = fopen("/proc/locks", "r");
    char line[256], own[32];
    unsigned count = 0;

    if (file == NULL) {
        return 2;
    }
    snprintf(own, sizeof(own), " %d ", (int)getpid());
    while (fgets(line, sizeof(line), file) != NULL) {
        count += strstr(line, own) != NULL;
    }
    fclose(file);
    return count;
}
#else
static unsigned locks_held(void)
{
    return 2;
}
#endif

static void use_after_fork(struct store *store, const char *own, const char *folder)
{
    CHECK_STATUS(expect_key(store, "common", "x"), ERROR_SUCCESS);
    CHECK_STATUS(create_key(store, own, own, false), ERROR_SUCCESS);
    CHECK_STATUS(expect_key(store, own, own), ERROR_SUCCESS);
    CHECK(locks_held() >= 2); /* on the database and on the index of the log: its own, not the parent's */
    CHECK(open_store(folder) == store);
    store_release(store);
}

static void test_fork(void)
{
    const char *folder = scratch_path("fork");
    struct store *store, *unused;
    uint64_t checked = 0;
    pid_t child;

    make_common(folder);
    store = open_store(folder);
    unused = open_store(scratch_path("unused"));
    CHECK_STATUS(expect_key(store, "common", "x"), ERROR_SUCCESS);
    child = fork();
    if (child == 0) {
        pid_t grandchild;

        test_failures = 0;
        use_after_fork(store, "child", folder);
        grandchild = fork();
        if (grandchild == 0) {
            test_failures = 0;
            use_after_fork(store, "grandchild", folder);
            child_end();
        }
        CHECK(child_ended_well(grandchild));
        CHECK_STATUS(expect_key(store, "grandchild", "grandchild"), ERROR_SUCCESS);
        child_end();
    }
    use_after_fork(store, "parent", folder);
    CHECK(child_ended_well(child));
    CHECK_STATUS(expect_key(store, "child", "child"), ERROR_SUCCESS);
    CHECK_STATUS(expect_key(store, "grandchild", "grandchild"), ERROR_SUCCESS);
    CHECK_STATUS(store_check(store, NULL, NULL, &checked), ERROR_SUCCESS);
    CHECK(checked == 4);
    store_release(unused);
    close_store(store);
}

static atomic_bool finish;

static void *thread_busy(void *argument)
{
    const struct work *work = argument;
    struct store *store = open_store(work->folder);
    char name[32];

    snprintf(name, sizeof(name), "busy-%d", work->number);
    while (!atomic_load(&finish)) {
        CHECK_STATUS(create_key(store, name, "y", true), ERROR_SUCCESS);
        CHECK_STATUS(expect_key(store, "common", "x"), ERROR_SUCCESS);
    }
    store_release(store);
    return NULL;
}

/* Forks while other threads read and write: the child's store works, and the parent's is not disturbed. */
static void test_fork_beside_busy_threads(void)
{
    const char *folder = scratch_path("busy");
    pthread_t threads[THREADS];
    struct work work[THREADS];
    struct store *store;
    uint64_t checked = 0;

    make_common(folder);
    store = open_store(folder);
    for (int i = 0; i < THREADS; i++) {
        work[i] = (struct work){folder, i};
        CHECK(pthread_create(&threads[i], NULL, thread_busy, &work[i]) == 0);
    }
    for (int round = 0; round < 10; round++) {
        char name[32];
        pid_t child = fork();

        snprintf(name, sizeof(name), "forked-%d", round);
        if (child == 0) {
            test_failures = 0;
            CHECK_STATUS(expect_key(store, "common", "x"), ERROR_SUCCESS);
            CHECK_STATUS(create_key(store, name, name, false), ERROR_SUCCESS);
            child_end();
        }
        CHECK(child_ended_well(child));
        CHECK_STATUS(expect_key(store, name, name), ERROR_SUCCESS);
    }
    atomic_store(&finish, true);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK_STATUS(store_check(store, NULL, NULL, &checked), ERROR_SUCCESS);
    close_store(store);
}

/* A fork in the middle of this thread's own transaction: the child must not go near the database. */
static SECURITY_STATUS fork_inside(struct store_record *record, void *context)
{
    struct store *store = context;
    pid_t child = fork();

    record->flags = 7;
    if (child == 0) {
        test_failures = 0;
        CHECK_STATUS(expect_key(store, "common", "x"), WIN32(ERROR_BUSY));
        CHECK_STATUS(create_key(store, "new", "x", false), WIN32(ERROR_BUSY));
        CHECK(says(WIN32(ERROR_BUSY), "forked"));
        child_end();
    }
    CHECK(child_ended_well(child));
    return ERROR_SUCCESS;
}

static void test_fork_inside_a_change(void)
{
    const char *folder = scratch_path("inside");
    struct store *store;

    make_common(folder);
    store = open_store(folder);
    CHECK_STATUS(store_modify(store, id_of(store, "common"), fork_inside, store), ERROR_SUCCESS);
    CHECK_STATUS(expect_key(store, "common", "x"), ERROR_SUCCESS);
    close_store(store);
}

int main(void)
{
    scratch_make();
    RUN(test_fork);
    if (CAN_ALLOCATE_AFTER_FORK) {
        RUN(test_fork_beside_busy_threads);
    }
    RUN(test_fork_inside_a_change);
    scratch_remove();
    return test_result("store_fork");
}
