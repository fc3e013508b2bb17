/* SPDX-License-Identifier: MIT
 *
 * Power cuts: random work on a store until the power fails at a random write, then the store is opened again as it may
 * lie on the disk. It must open, what was reported done must be there, and what was under way is done or not done.
 *
 * NCRYPT_EXT_TEST_ROUNDS sets the number of rounds, NCRYPT_EXT_TEST_SEED where they start; a failing round prints its
 * seed.
 */
#include "powercut_vfs.h"
#include "store_fixture.h"

#define NAMES       12
#define MAX_PAYLOAD 9000

/* What a key should be; `size` 0: absent. */
struct state {
    uint32_t size;
    uint8_t fill;
    uint32_t policy;
};

static struct state known[NAMES]; /* what was reported done */
static struct state pending;      /* what was under way when the power failed */
static int pending_name;          /* -1: nothing */
static uint64_t state;
static const char *folder;
static unsigned cuts, operations;

static void name_of(int which, WCHAR name[16])
{
    char text[16];

    snprintf(text, sizeof(text), "Name-%d", which);
    widen(text, name);
}

static SECURITY_STATUS do_create(struct store *store, int which, const struct state *wanted)
{
    static uint8_t payload[MAX_PAYLOAD];
    struct store_record record = {.export_policy = wanted->policy};
    SECURITY_STATUS status;

    name_of(which, record.name);
    widen("RSA", record.algorithm);
    memset(payload, wanted->fill, wanted->size);
    record.payload = payload;
    record.payload_size = wanted->size;
    status = store_create(store, &record, true);
    return status;
}

static SECURITY_STATUS set_policy(struct store_record *record, void *context)
{
    record->export_policy = *(const uint32_t *)context;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS find_id(struct store *store, int which, int64_t *id)
{
    struct store_record record = {.id = 0};
    WCHAR name[16];
    SECURITY_STATUS status;

    name_of(which, name);
    status = store_read(store, name, STORE_SLOT_KEY, &record);
    *id = record.id;
    store_record_clear(&record);
    return status;
}

/* One random operation; false when it failed, which must be for the power. */
static bool one_operation(struct store *store)
{
    int which = (int)powercut_random(&state, NAMES);
    uint32_t kind = powercut_random(&state, 4);
    struct state wanted = known[which];
    SECURITY_STATUS status = ERROR_SUCCESS;
    int64_t id = 0;

    if (wanted.size == 0 || kind < 2) {
        wanted.size = 1 + powercut_random(&state, powercut_random(&state, 4) ? 300 : MAX_PAYLOAD);
        wanted.fill = (uint8_t)powercut_random(&state, 256);
        wanted.policy = powercut_random(&state, 16);
        pending = wanted;
        pending_name = which;
        status = do_create(store, which, &wanted);
    } else {
        status = find_id(store, which, &id);
        if (status == ERROR_SUCCESS) {
            pending_name = which;
            if (kind == 2) {
                wanted.policy = powercut_random(&state, 16);
                pending = wanted;
                status = store_modify(store, id, set_policy, &wanted.policy);
            } else {
                wanted.size = 0;
                pending = wanted;
                status = store_delete(store, id);
            }
        }
    }
    if (status == ERROR_SUCCESS) {
        known[which] = wanted;
        pending_name = -1;
        operations++;
    } else {
        CHECK(powercut_happened());
    }
    return status == ERROR_SUCCESS;
}

static bool matches(const struct store_record *record, SECURITY_STATUS status, const struct state *wanted)
{
    if (wanted->size == 0) {
        return status == NTE_BAD_KEYSET;
    }
    if (status != ERROR_SUCCESS || record->payload_size != wanted->size || record->export_policy != wanted->policy) {
        return false;
    }
    for (uint32_t i = 0; i < wanted->size; i++) {
        if (record->payload[i] != wanted->fill) {
            return false;
        }
    }
    return true;
}

static void report_fault(void *context, const char *sentence)
{
    (void)context;
    fprintf(stderr, "%s\n", sentence);
}

/* With the system's own VFS: everything done is there; what was under way is done or not. */
static bool verify(void)
{
    struct store *store = NULL;
    uint64_t checked = 0;
    bool good = CHECK_STATUS(store_acquire(STORE_USER, folder, true, &store), ERROR_SUCCESS);

    if (!good) {
        return false;
    }
    for (int which = 0; which < NAMES; which++) {
        struct store_record record = {.id = 0};
        SECURITY_STATUS status;
        WCHAR name[16];

        name_of(which, name);
        status = store_read(store, name, STORE_SLOT_KEY, &record);
        if (which == pending_name && matches(&record, status, &pending)) {
            known[which] = pending;
        }
        good &= CHECK(matches(&record, status, &known[which]));
        store_record_clear(&record);
    }
    good &= CHECK_STATUS(store_check(store, report_fault, NULL, &checked), ERROR_SUCCESS);
    close_store(store);
    return good;
}

static bool one_round(bool fresh)
{
    struct store *store = NULL;
    uint32_t count = 1 + powercut_random(&state, 30);

    if (fresh) {
        remove_tree(folder);
        memset(known, 0, sizeof(known));
    }
    pending_name = -1;
    powercut_install();
    powercut_arm(powercut_random(&state, fresh ? 60 : 150));
    if (store_acquire(STORE_USER, folder, true, &store) == ERROR_SUCCESS) {
        for (uint32_t i = 0; i < count && one_operation(store); i++) {
        }
        close_store(store);
    } else {
        CHECK(powercut_happened());
    }
    powercut_remove();
    cuts += powercut_happened();
    powercut_apply(&state);
    if (powercut_random(&state, 2) == 0) { /* a machine that starts anew has none; a killed process leaves it */
        unlink(path_in(folder, "keys.db-shm"));
    }
    return verify();
}

static void test_power_cuts(void)
{
    const char *rounds_text = getenv("NCRYPT_EXT_TEST_ROUNDS"), *seed_text = getenv("NCRYPT_EXT_TEST_SEED");
    unsigned rounds = rounds_text ? (unsigned)strtoul(rounds_text, NULL, 10) : 1000;
    uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10) : 20240607;

    maintenance_commit_limit = 40; /* checkpoints take part */
    for (unsigned round = 0; round < rounds; round++) {
        state = (seed + round) * UINT64_C(0x9E3779B97F4A7C15) + 1;
        if (!one_round(round % 10 == 0)) {
            fprintf(stderr, "round %u, seed %llu\n", round, (unsigned long long)seed);
            break;
        }
    }
    printf("store_powercut: seed %llu, %u rounds, %u cuts, %u operations reported done\n", (unsigned long long)seed,
           rounds, cuts, operations);
    CHECK(cuts > rounds / 4 && operations > rounds);
}

int main(void)
{
    scratch_make();
    folder = scratch_path("store");
    RUN(test_power_cuts);
    scratch_remove();
    return test_result("store_powercut");
}
