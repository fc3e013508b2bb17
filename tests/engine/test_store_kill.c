/* SPDX-License-Identifier: MIT
 *
 * Two writers that are killed at random instants: what they reported done is there, each key is whole or absent.
 *
 * NCRYPT_EXT_TEST_KILLS sets the number of rounds, NCRYPT_EXT_TEST_SEED where they start.
 */
#include <signal.h>
#include <time.h>

#include "powercut_vfs.h"
#include "store_fixture.h"

#define WRITERS 2
#define NAMES   8

/* What a writer tells through its pipe: before an operation what the key will be, after it the same again. Both fit the
 * pipe's atomic size, so that nothing arrives in halves. */
struct note {
    int32_t name;
    uint32_t value; /* 0: absent */
    bool done;
};

static uint32_t known[WRITERS][NAMES];
static struct note last[WRITERS];

static void payload_of(uint32_t value, char text[64])
{
    snprintf(text, 64, "%08x%08x%08x%08x", (unsigned)value, (unsigned)~value, (unsigned)value, (unsigned)~value);
}

static void name_of(int writer, int32_t name, char text[32])
{
    snprintf(text, 32, "writer-%d-%d", writer, (int)name);
}

static void write_until_killed(const char *folder, int writer, uint64_t state, int pipe)
{
    struct store *store = open_store(folder);

    for (;;) {
        struct note note = {.name = (int32_t)powercut_random(&state, NAMES)};
        char name[32], payload[64];
        struct store_record record = {.id = 0};
        SECURITY_STATUS status;

        name_of(writer, note.name, name);
        note.value = powercut_random(&state, 3) ? 1 + powercut_random(&state, 1000000) : 0;
        if (write(pipe, &note, sizeof(note)) != sizeof(note)) {
            _exit(1);
        }
        if (note.value) {
            payload_of(note.value, payload);
            status = create_key(store, name, payload, true);
        } else {
            status = read_key(store, name, &record);
            if (status == ERROR_SUCCESS) {
                status = store_delete(store, record.id);
            }
            store_record_clear(&record);
            status = status == NTE_BAD_KEYSET ? ERROR_SUCCESS : status;
        }
        note.done = true;
        if (status != ERROR_SUCCESS || write(pipe, &note, sizeof(note)) != sizeof(note)) {
            _exit(1);
        }
    }
}

static void take_notes(int writer, int pipe)
{
    struct note note;

    last[writer].done = true;
    while (read(pipe, &note, sizeof(note)) == sizeof(note)) {
        last[writer] = note;
        if (note.done) {
            known[writer][note.name] = note.value;
        }
    }
    close(pipe);
}

static bool is_value(struct store *store, const char *name, uint32_t value)
{
    struct store_record record = {.id = 0};
    SECURITY_STATUS status = read_key(store, name, &record);
    char payload[64];
    bool good;

    payload_of(value, payload);
    good = value == 0 ? status == NTE_BAD_KEYSET
                      : status == ERROR_SUCCESS && record.payload_size == strlen(payload) &&
                            memcmp(record.payload, payload, record.payload_size) == 0;
    store_record_clear(&record);
    return good;
}

static bool verify(const char *folder)
{
    struct store *store = open_store(folder);
    uint64_t checked = 0;
    bool good = CHECK_STATUS(store_check(store, NULL, NULL, &checked), ERROR_SUCCESS);
    char name[32];

    for (int writer = 0; writer < WRITERS; writer++) {
        for (int32_t i = 0; i < NAMES; i++) {
            name_of(writer, i, name);
            if (!last[writer].done && last[writer].name == i && is_value(store, name, last[writer].value)) {
                known[writer][i] = last[writer].value;
            }
            good &= CHECK(is_value(store, name, known[writer][i]));
        }
    }
    close_store(store);
    return good;
}

static bool one_round(const char *folder, uint64_t *state)
{
    struct timespec pause = {.tv_nsec = 1000 * (long)powercut_random(state, 12000)};
    int pipes[WRITERS][2];
    pid_t children[WRITERS];

    for (int i = 0; i < WRITERS; i++) {
        uint64_t seed = *state + (unsigned)i + 1;

        CHECK(pipe(pipes[i]) == 0);
        children[i] = fork();
        if (children[i] == 0) {
            write_until_killed(folder, i, seed, pipes[i][1]);
        }
        close(pipes[i][1]);
    }
    nanosleep(&pause, NULL);
    for (int i = 0; i < WRITERS; i++) {
        int result = 0;

        CHECK(kill(children[i], SIGKILL) == 0);
        take_notes(i, pipes[i][0]);
        CHECK(waitpid(children[i], &result, 0) == children[i] && WIFSIGNALED(result));
    }
    return verify(folder);
}

static void test_kills(void)
{
    const char *rounds_text = getenv("NCRYPT_EXT_TEST_KILLS"), *seed_text = getenv("NCRYPT_EXT_TEST_SEED");
    unsigned rounds = rounds_text ? (unsigned)strtoul(rounds_text, NULL, 10) : 100, round = 0;
    uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10) : 4711, state = seed;
    const char *folder = scratch_path("killed");

    for (; round < rounds; round++) {
        if (!one_round(folder, &state)) {
            fprintf(stderr, "round %u, seed %llu\n", round, (unsigned long long)seed);
            break;
        }
    }
    printf("store_kill: seed %llu, %u rounds\n", (unsigned long long)seed, round);
}

int main(void)
{
    scratch_make();
    RUN(test_kills);
    scratch_remove();
    return test_result("store_kill");
}
