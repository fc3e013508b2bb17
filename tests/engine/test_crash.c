/* SPDX-License-Identifier: MIT
 *
 * kill -9 at any instant: two writers create, overwrite, change and delete keys and report each step that has been
 * completed, until they are killed. Then a fresh process finds the store: it opens, each key is whole or absent, and
 * what was reported is there. NCRYPT_EXT_CRASH_ROUNDS sets the number of rounds, NCRYPT_EXT_CRASH_SEED where they
 * start.
 */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "ncrypt_ext_engine.h"
#include "ncrypt_support.h"

#define WRITERS        2
#define NAMES          5
#define DEFAULT_ROUNDS 60

/* A key is told from its predecessors by its serial number, a stored property; 0: there is no key. */
struct message {
    uint32_t name;
    uint32_t serial;
    uint32_t done; /* 0: is about to be done */
};

/* What a key may be: `serial`, or `begun` when a writer was killed at it. */
struct expectation {
    uint32_t serial, begun;
    bool open;
};

struct found {
    uint32_t serial[WRITERS][NAMES];
};

static struct expectation expected[WRITERS][NAMES];
static unsigned steps, cut; /* completed, and cut short */

static void key_name(unsigned writer, unsigned name, WCHAR out[4])
{
    out[0] = (WCHAR)('a' + writer);
    out[1] = '-';
    out[2] = (WCHAR)('0' + name);
    out[3] = 0;
}

/* ---- writer ---- */

static void must(SECURITY_STATUS status, const char *what)
{
    if (status != ERROR_SUCCESS) {
        char text[512] = "";

        (void)ncx_error_detail(status, text, sizeof text);
        fprintf(stderr, "writer: %s: 0x%08X %s\n", what, (unsigned)status, text);
        _exit(3);
    }
}

static void say(int out, struct message message, uint32_t done)
{
    message.done = done;
    if (write(out, &message, sizeof message) != (ssize_t)sizeof message) {
        _exit(4);
    }
}

static void make(NCRYPT_PROV_HANDLE provider, const WCHAR *name, uint32_t serial, bool overwrite)
{
    NCRYPT_KEY_HANDLE key = 0;

    must(NCryptCreatePersistedKey(provider, &key, u"ECDSA_P256", name, 0, overwrite ? NCRYPT_OVERWRITE_KEY_FLAG : 0),
         "create");
    must(set_dword(key, u"serial", serial, NCRYPT_PERSIST_FLAG), "set before finalize");
    must(NCryptFinalizeKey(key, 0), "finalize");
    must(NCryptFreeObject(key), "free");
}

static void change(NCRYPT_PROV_HANDLE provider, const WCHAR *name, uint32_t serial)
{
    NCRYPT_KEY_HANDLE key = 0;

    must(NCryptOpenKey(provider, &key, name, 0, 0), "open");
    if (serial == 0) {
        must(NCryptDeleteKey(key, 0), "delete");
    } else {
        must(set_dword(key, u"serial", serial, NCRYPT_PERSIST_FLAG), "set");
        must(NCryptFreeObject(key), "free");
    }
}

static void write_until_killed(unsigned writer, uint64_t random, uint32_t serial, int out)
{
    NCRYPT_PROV_HANDLE provider = 0;
    bool there[NAMES];

    must(NCryptOpenStorageProvider(&provider, NULL, 0), "provider");
    for (unsigned i = 0; i < NAMES; i++) {
        there[i] = expected[writer][i].serial != 0;
    }
    for (;;) {
        unsigned name = (unsigned)(next_random(&random) % NAMES), what = (unsigned)(next_random(&random) % 3);
        struct message message = {name, there[name] && what == 0 ? 0 : ++serial, 0};
        WCHAR text[4];

        key_name(writer, name, text);
        say(out, message, 0);
        if (!there[name] || what == 1) {
            make(provider, text, serial, there[name]);
        } else {
            change(provider, text, message.serial);
        }
        there[name] = message.serial != 0;
        say(out, message, 1);
    }
}

/* ---- reader: a fresh process ---- */

static uint32_t read_key(NCRYPT_PROV_HANDLE provider, const WCHAR *name)
{
    NCRYPT_KEY_HANDLE key = 0;
    DWORD serial = 0;
    SECURITY_STATUS status = NCryptOpenKey(provider, &key, name, 0, 0);

    if (status == NTE_BAD_KEYSET) {
        return 0;
    }
    if (CHECK_STATUS(status, ERROR_SUCCESS)) {
        CHECK_STATUS(sign_and_verify(key), ERROR_SUCCESS);
        CHECK_STATUS(get_dword(key, u"serial", &serial), ERROR_SUCCESS);
        CHECK(serial != 0);
        free_handle(key);
    }
    return serial;
}

static unsigned count_keys(NCRYPT_PROV_HANDLE provider)
{
    NCryptKeyName *name = NULL;
    PVOID state = NULL;
    unsigned count = 0;
    SECURITY_STATUS status;

    while ((status = NCryptEnumKeys(provider, NULL, &name, &state, 0)) == ERROR_SUCCESS) {
        count++;
        CHECK(read_key(provider, name->pszName) != 0);
        CHECK_STATUS(NCryptFreeBuffer(name), ERROR_SUCCESS);
    }
    CHECK_STATUS(status, NTE_NO_MORE_ITEMS);
    CHECK_STATUS(NCryptFreeBuffer(state), ERROR_SUCCESS);
    return count;
}

static void report(void *context, const char *sentence)
{
    (void)context;
    fprintf(stderr, "check: %s\n", sentence);
}

static void read_store(int out)
{
    NCRYPT_PROV_HANDLE provider = open_provider();
    unsigned present = 0;
    uint64_t checked = 0;
    struct found found;
    SECURITY_STATUS status;

    for (unsigned writer = 0; writer < WRITERS; writer++) {
        for (unsigned name = 0; name < NAMES; name++) {
            WCHAR text[4];

            key_name(writer, name, text);
            found.serial[writer][name] = read_key(provider, text);
            present += found.serial[writer][name] != 0;
        }
    }
    CHECK(count_keys(provider) == present);
    status = ncx_store_check(NCX_SCOPE_USER, report, NULL, &checked);
    CHECK(status == ERROR_SUCCESS || (status == NTE_BAD_KEYSET && present == 0));
    CHECK(checked == present);
    free_handle(make_key(provider, u"ECDSA_P256", u"afterwards")); /* it can be written to */
    CHECK_STATUS(NCryptDeleteKey(open_key(provider, u"afterwards"), 0), ERROR_SUCCESS);
    CHECK(write(out, &found, sizeof found) == (ssize_t)sizeof found);
}

/* ---- rounds ---- */

static bool take_one(unsigned writer, int in)
{
    struct expectation *key;
    struct message message;

    if (read(in, &message, sizeof message) != (ssize_t)sizeof message) {
        return false;
    }
    key = &expected[writer][message.name];
    key->open = message.done == 0;
    key->begun = message.serial;
    if (message.done) {
        key->serial = message.serial;
        steps++;
    }
    return true;
}

static void compare(const struct found *found)
{
    for (unsigned writer = 0; writer < WRITERS; writer++) {
        for (unsigned name = 0; name < NAMES; name++) {
            struct expectation *key = &expected[writer][name];
            uint32_t serial = found->serial[writer][name];

            if (!CHECK(serial == key->serial || (key->open && serial == key->begun))) {
                fprintf(stderr, "    key %c-%u: %u; reported was %u%s, begun %u\n", 'a' + (int)writer, name, serial,
                        key->serial, key->open ? "" : " and nothing", key->begun);
            }
            cut += key->open;
            *key = (struct expectation){serial, 0, false};
        }
    }
}

static pid_t start_child(int ends[2])
{
    pid_t pid;

    CHECK(pipe(ends) == 0);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
    } else {
        close(ends[1]);
    }
    return pid;
}

static void wait_micros(uint64_t micros)
{
    struct timespec time = {(time_t)(micros / 1000000), (long)(micros % 1000000 * 1000)};

    while (nanosleep(&time, &time) != 0 && errno == EINTR) {
    }
}

/* `settled`: not before each writer has completed a step. */
static void one_round(unsigned round, uint64_t start, uint64_t longest, bool settled)
{
    uint64_t random = start + round;
    pid_t writers[WRITERS], reader;
    int ends[WRITERS + 1][2], state = 0;
    struct found found;

    for (unsigned i = 0; i < WRITERS; i++) {
        uint64_t own = next_random(&random);

        writers[i] = start_child(ends[i]);
        if (writers[i] == 0) {
            write_until_killed(i, own, round * 100000, ends[i][1]);
        }
    }
    for (unsigned i = 0; settled && i < WRITERS; i++) {
        CHECK(take_one(i, ends[i][0]) && take_one(i, ends[i][0]));
    }
    for (unsigned i = 0; i < WRITERS; i++) { /* not at the same time */
        wait_micros(next_random(&random) % longest);
        CHECK(kill(writers[i], SIGKILL) == 0);
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        while (take_one(i, ends[i][0])) {
        }
        close(ends[i][0]);
        CHECK(waitpid(writers[i], &state, 0) == writers[i]);
        CHECK(WIFSIGNALED(state) && WTERMSIG(state) == SIGKILL); /* it did not end by itself */
    }
    reader = start_child(ends[WRITERS]);
    if (reader == 0) {
        child_begins();
        read_store(ends[WRITERS][1]);
        child_ends();
    }
    CHECK(read(ends[WRITERS][0], &found, sizeof found) == (ssize_t)sizeof found);
    close(ends[WRITERS][0]);
    child_check(reader);
    compare(&found);
}

static unsigned long setting(const char *name, unsigned long otherwise)
{
    const char *value = getenv(name);

    return value == NULL ? otherwise : strtoul(value, NULL, 10);
}

static unsigned rounds;
static uint64_t seed;

/* One store through all rounds. */
static void test_old_store(void)
{
    unsigned before = test_failures;

    for (unsigned i = 0; i < rounds && test_failures == before; i++) {
        one_round(i, seed, 30000, i % 2 == 0);
    }
}

/* Killed while the store is made. */
static void test_new_store(void)
{
    unsigned before = test_failures;
    char folder[300];

    for (unsigned i = 0; i < rounds / 4 && test_failures == before; i++) {
        snprintf(folder, sizeof folder, "%s/new-%u", home_folder, i);
        setenv("NCRYPT_EXT_HOME", folder, 1);
        memset(expected, 0, sizeof expected);
        one_round(i, seed + 1000000, 12000, false);
    }
}

int main(void)
{
    home_make();
    rounds = (unsigned)setting("NCRYPT_EXT_CRASH_ROUNDS", DEFAULT_ROUNDS);
    seed = setting("NCRYPT_EXT_CRASH_SEED", 1);
    RUN(test_old_store);
    RUN(test_new_store);
    printf("crash: %u rounds with one store, %u with new ones, seed %lu: %u steps completed, %u cut short\n", rounds,
           rounds / 4, (unsigned long)seed, steps, cut);
    CHECK(steps > 0 && cut > 0);
    return test_result("crash");
}
