/* SPDX-License-Identifier: MIT
 *
 * Every allocation that libcrypto makes for a call of the store fails once: the call fails with a code that says
 * neither that the store is damaged nor that the passphrase is wrong, or does without, and harms nothing.
 */
#include "powercut_vfs.h"
#include "store_fixture.h"

#if defined(__linux__)

#include "store_calls.h"

/* The allocation to refuse, counted down; 0: none. */
static unsigned long countdown;
static bool refused;

static bool refuse(void)
{
    if (countdown > 0 && --countdown == 0) {
        refused = true;
        return true;
    }
    return false;
}

static void *faulty_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return refuse() ? NULL : malloc(size);
}

static void *faulty_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return refuse() ? NULL : realloc(old, size);
}

static void plain_free(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    free(memory);
}

/* ---- the operations ---------------------------------------------------------------------------------------- */

static const char *folder, *fresh;
static struct store *store; /* open, for those that do not open it themselves */

static SECURITY_STATUS make(void)
{
    return try_open(fresh, true);
}

static SECURITY_STATUS open_again(void)
{
    return try_open(folder, false);
}

static SECURITY_STATUS rekey(void)
{
    return store_rekey(store, "secret", 6);
}

static SECURITY_STATUS write_key(void)
{
    return create_key(store, "new", "y", true);
}

static SECURITY_STATUS read_by_unique_name(void)
{
    struct store_record record = {.id = 0};
    WCHAR unique[65];
    SECURITY_STATUS status = store_unique_name(store, u"kept", STORE_SLOT_KEY, unique);

    if (status == ERROR_SUCCESS) {
        status = store_read_unique(store, unique, &record);
    }
    store_record_clear(&record);
    return status;
}

static SECURITY_STATUS check(void)
{
    uint64_t checked = 0;

    return store_check(store, NULL, NULL, &checked);
}

/* ---- the test ---------------------------------------------------------------------------------------------- */

static void expect_unharmed(void)
{
    uint64_t checked = 0;

    CHECK_STATUS(expect_key(store, "kept", "x"), ERROR_SUCCESS);
    CHECK_STATUS(store_check(store, NULL, NULL, &checked), ERROR_SUCCESS);
    CHECK_STATUS(try_open(folder, false), ERROR_SUCCESS);
    if (access(fresh, F_OK) == 0) {
        CHECK_STATUS(try_open(fresh, true), ERROR_SUCCESS); /* whatever had been done is good to go on with */
        remove_tree(fresh);
    }
}

static unsigned fail_everywhere(const char *name, SECURITY_STATUS (*operation)(void), bool own)
{
    unsigned long n = 0;
    unsigned failures = 0;

    if (own) {
        store = open_store(folder);
    }
    CHECK_STATUS(operation(), ERROR_SUCCESS);
    do {
        SECURITY_STATUS status;

        refused = false;
        countdown = ++n;
        status = operation();
        countdown = 0;
        CHECK(status == ERROR_SUCCESS || (refused && (status == NTE_NO_MEMORY || status == NTE_FAIL)));
        failures += status != ERROR_SUCCESS;
        if (!own) {
            store = open_store(folder);
        }
        expect_unharmed();
        if (!own) {
            close_store(store);
        }
    } while (refused && n < 10000);
    CHECK(!refused && (n > 1 || own)); /* with an open store libcrypto 3.5 needs no memory for the seals */
    if (own) {
        close_store(store);
    }
    printf("  %s: %lu allocations refused, %u failures\n", name, n - 1, failures);
    return failures;
}

static size_t give_secret(void *context, const char *path, char *out, size_t size)
{
    (void)context;
    (void)path;
    memcpy(out, "secret", size < 6 ? size : 6);
    return 6;
}

static void use_everything(void)
{
    unsigned failures = fail_everywhere("make", make, false);

    failures += fail_everywhere("open", open_again, false);
    failures += fail_everywhere("write", write_key, true);
    failures += fail_everywhere("check", check, true);
    failures += fail_everywhere("unique name", read_by_unique_name, true);
    CHECK(failures > 0);
}

static void test_faults(void)
{
    store = open_store(folder);
    CHECK_STATUS(create_key(store, "kept", "x", false), ERROR_SUCCESS);
    close_store(store);
    use_everything();
}

static void test_faults_with_a_passphrase(void)
{
    store = open_store(folder);
    CHECK_STATUS(store_rekey(store, "secret", 6), ERROR_SUCCESS);
    close_store(store);
    store_set_passphrase(give_secret, NULL);
    CHECK(fail_everywhere("make with a passphrase", make, false) > 0);
    CHECK(fail_everywhere("open with a passphrase", open_again, false) > 0);
    CHECK(fail_everywhere("rekey", rekey, true) > 0);
    store_set_passphrase(NULL, NULL);
}

int main(void)
{
    if (!CRYPTO_set_mem_functions(faulty_malloc, faulty_realloc, plain_free)) {
        fprintf(stderr, "libcrypto has allocated before main()\n");
        return 1;
    }
    scratch_make();
    folder = scratch_path("store");
    fresh = scratch_path("fresh");
    powercut_install(); /* for speed: it does not sync */
    RUN(test_faults);
    RUN(test_faults_with_a_passphrase);
    powercut_remove();
    scratch_remove();
    return test_result("store_crypto");
}

#else

int main(void)
{
    CHECK(true); /* other linkers cannot make scrypt cheap, which is needed hundreds of times */
    return test_result("store_crypto");
}

#endif
