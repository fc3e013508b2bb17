/* SPDX-License-Identifier: MIT */
#include "common/handle.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/fork.h"
#include "ncrypt_ext_compat.h"

/* A handle value, from the top: generation, index, type. 64-bit: 32 + 27 + 5 bits. */
#if UINTPTR_MAX > 0xFFFFFFFFu
#define GENERATION_BITS 32
#define INDEX_BITS      27
#else
#define GENERATION_BITS 12
#define INDEX_BITS      15
#endif
#define TYPE_BITS 5

#define TYPE_MASK       (((uintptr_t)1 << TYPE_BITS) - 1)
#define INDEX_MASK      (((uintptr_t)1 << INDEX_BITS) - 1)
#define GENERATION_MASK ((uint32_t)(((uint64_t)1 << GENERATION_BITS) - 1))

/* A slot's word, from the top: generation (32), type (5), closed (1), users (26). The owner counts as a user until the
 * handle is closed, so the count reaches zero exactly once. A free slot has type 0. */
#define USER_MASK        ((uint64_t)0x03FFFFFF)
#define CLOSED_BIT       ((uint64_t)0x04000000)
#define WORD_TYPE_SHIFT  27
#define WORD_GENER_SHIFT 32

#define CHUNK_SLOTS 1024
#define CHUNK_COUNT (((size_t)INDEX_MASK + 1) / CHUNK_SLOTS)

struct slot {
    _Atomic uint64_t word;
    void *object;
    void (*destroy)(void *object);
    uint32_t next_free; /* index + 1; 0 ends the list */
};

_Static_assert(HANDLE_TYPE_COUNT <= 1 << TYPE_BITS, "a type fits in its bits");
_Static_assert(GENERATION_BITS + INDEX_BITS + TYPE_BITS == 8 * sizeof(uintptr_t), "a handle is as wide as a pointer");

/* Chunks are never freed, so that a look-up may read a slot's word at any time. */
static _Atomic(struct slot *) chunks[CHUNK_COUNT];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint32_t first_free; /* guarded by lock, as are next_free and used_slots */
static uint32_t used_slots;
static _Atomic uint64_t live[HANDLE_TYPE_COUNT];

static struct slot *slot_at(uint32_t index)
{
    struct slot *chunk = atomic_load_explicit(&chunks[index / CHUNK_SLOTS], memory_order_acquire);

    return chunk == NULL ? NULL : &chunk[index % CHUNK_SLOTS];
}

static uint64_t make_word(uint32_t generation, enum handle_type type, uint64_t users)
{
    return (uint64_t)generation << WORD_GENER_SHIFT | (uint64_t)type << WORD_TYPE_SHIFT | users;
}

static uint32_t word_generation(uint64_t word)
{
    return (uint32_t)(word >> WORD_GENER_SHIFT);
}

static enum handle_type word_type(uint64_t word)
{
    return (enum handle_type)(word >> WORD_TYPE_SHIFT & TYPE_MASK);
}

static uint32_t handle_index(NCRYPT_HANDLE handle)
{
    return (uint32_t)(handle >> TYPE_BITS & INDEX_MASK);
}

static uint32_t handle_generation(NCRYPT_HANDLE handle)
{
    return (uint32_t)(handle >> (TYPE_BITS + INDEX_BITS)) & GENERATION_MASK;
}

enum handle_type handle_type_of(NCRYPT_HANDLE handle)
{
    uintptr_t type = handle & TYPE_MASK;

    /* No entry has the last index. */
    return type < HANDLE_TYPE_COUNT && handle_index(handle) != INDEX_MASK ? (enum handle_type)type : HANDLE_ANY;
}

static void free_slot(struct slot *slot, uint32_t index)
{
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    uint32_t generation = (word_generation(word) + 1) & GENERATION_MASK;

    pthread_mutex_lock(&lock);
    atomic_store_explicit(&slot->word, make_word(generation, HANDLE_ANY, 0), memory_order_release);
    slot->next_free = first_free;
    first_free = index + 1;
    pthread_mutex_unlock(&lock);
}

static void destroy_slot(struct slot *slot, uint32_t index)
{
    enum handle_type type = word_type(atomic_load_explicit(&slot->word, memory_order_relaxed));
    void (*destroy)(void *object) = slot->destroy;
    void *object = slot->object;

    slot->object = NULL;
    free_slot(slot, index);
    destroy(object);
    atomic_fetch_sub_explicit(&live[type], 1, memory_order_release);
}

static void fork_prepare(void)
{
    pthread_mutex_lock(&lock);
}

static void fork_parent(void)
{
    pthread_mutex_unlock(&lock);
}

/* The last user has let go and is destroying the object. */
static bool being_destroyed(uint64_t word)
{
    return word_type(word) != HANDLE_ANY && (word & USER_MASK) == 0;
}

/* Calls that were under way in other threads do not exist in the child: only the owners remain. A handle that only
 * such a call kept alive is destroyed; an object that was half destroyed is left alone. Free list and counts are made
 * anew, since a thread that was between two steps of theirs is gone. */
static void fork_child(void)
{
    uint32_t count = used_slots;

    pthread_mutex_init(&lock, NULL);
    first_free = 0;
    for (int type = 0; type < HANDLE_TYPE_COUNT; type++) {
        atomic_store(&live[type], 0);
    }
    for (uint32_t index = count; index > 0; index--) {
        struct slot *slot = slot_at(index - 1);
        uint64_t word = atomic_load(&slot->word);

        if (word_type(word) == HANDLE_ANY || being_destroyed(word)) {
            free_slot(slot, index - 1);
        } else {
            atomic_fetch_add(&live[word_type(word)], 1);
            atomic_store(&slot->word, (word & ~USER_MASK) | 1);
        }
    }
    /* Only now, since destroying one may close others. */
    for (uint32_t index = count; index > 0; index--) {
        struct slot *slot = slot_at(index - 1);
        uint64_t word = atomic_load(&slot->word);

        if (word_type(word) != HANDLE_ANY && (word & CLOSED_BIT)) {
            destroy_slot(slot, index - 1);
        }
    }
}

static void set_up(void)
{
    fork_register(&(struct fork_hooks){fork_prepare, fork_parent, fork_child});
}

/* The lock is held. */
static struct slot *take_slot(uint32_t *index)
{
    struct slot *slot;

    if (first_free != 0) {
        *index = first_free - 1;
        slot = slot_at(*index);
        first_free = slot->next_free;
        return slot;
    }
    if (used_slots == INDEX_MASK) {
        return NULL;
    }
    if (used_slots % CHUNK_SLOTS == 0) {
        struct slot *chunk = calloc(CHUNK_SLOTS, sizeof *chunk);

        if (chunk == NULL) {
            return NULL;
        }
        for (size_t i = 0; i < CHUNK_SLOTS; i++) {
            atomic_init(&chunk[i].word, make_word(1, HANDLE_ANY, 0));
        }
        atomic_store_explicit(&chunks[used_slots / CHUNK_SLOTS], chunk, memory_order_release);
    }
    *index = used_slots++;
    return slot_at(*index);
}

SECURITY_STATUS handle_create(enum handle_type type, void *object, void (*destroy)(void *object), NCRYPT_HANDLE *handle)
{
    struct slot *slot;
    uint32_t index = 0;
    uint32_t generation;

    pthread_once(&once, set_up);
    pthread_mutex_lock(&lock);
    slot = take_slot(&index);
    pthread_mutex_unlock(&lock);
    if (slot == NULL) {
        return status_fail(NTE_NO_MEMORY, "no room for another handle");
    }
    generation = word_generation(atomic_load_explicit(&slot->word, memory_order_relaxed));
    slot->object = object;
    slot->destroy = destroy;
    atomic_fetch_add_explicit(&live[type], 1, memory_order_relaxed);
    atomic_store_explicit(&slot->word, make_word(generation, type, 1), memory_order_release);
    *handle = (uintptr_t)generation << (TYPE_BITS + INDEX_BITS) | (uintptr_t)index << TYPE_BITS | (uintptr_t)type;
    return ERROR_SUCCESS;
}

/* True when the word belongs to this handle value and the handle is not closed. */
static bool word_matches(uint64_t word, NCRYPT_HANDLE handle, enum handle_type type)
{
    return word_type(word) == type && word_generation(word) == handle_generation(handle) && (word & CLOSED_BIT) == 0;
}

static bool type_fits(enum handle_type own, enum handle_type wanted)
{
    return wanted == HANDLE_ANY ? own == HANDLE_PROVIDER || own == HANDLE_KEY || own == HANDLE_SECRET : own == wanted;
}

static struct slot *find_slot(NCRYPT_HANDLE handle, enum handle_type *type)
{
    enum handle_type own = handle_type_of(handle);

    if (!type_fits(own, *type)) {
        return NULL;
    }
    *type = own;
    return slot_at(handle_index(handle));
}

void *handle_acquire(NCRYPT_HANDLE handle, enum handle_type type)
{
    struct slot *slot = find_slot(handle, &type);
    uint64_t word;

    if (slot == NULL) {
        return NULL;
    }
    word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    do {
        if (!word_matches(word, handle, type)) {
            return NULL;
        }
    } while (!atomic_compare_exchange_weak_explicit(&slot->word, &word, word + 1, memory_order_acquire,
                                                    memory_order_relaxed));
    return slot->object;
}

void handle_release(NCRYPT_HANDLE handle)
{
    uint32_t index = handle_index(handle);
    struct slot *slot = slot_at(index);
    uint64_t before = atomic_fetch_sub_explicit(&slot->word, 1, memory_order_acq_rel);

    if ((before & USER_MASK) == 1) {
        destroy_slot(slot, index);
    }
}

SECURITY_STATUS handle_close(NCRYPT_HANDLE handle, enum handle_type type)
{
    struct slot *slot = find_slot(handle, &type);
    uint64_t word;

    if (slot == NULL) {
        return status_fail(NTE_INVALID_HANDLE, "not a live handle of this library");
    }
    word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    do {
        if (!word_matches(word, handle, type)) {
            return status_fail(NTE_INVALID_HANDLE, "not a live handle of this library");
        }
    } while (!atomic_compare_exchange_weak_explicit(&slot->word, &word, word | CLOSED_BIT, memory_order_acq_rel,
                                                    memory_order_relaxed));
    handle_release(handle);
    return ERROR_SUCCESS;
}

uint64_t handle_count(enum handle_type type)
{
    return atomic_load_explicit(&live[type], memory_order_acquire);
}

void handle_each(enum handle_type type, void (*visit)(void *object))
{
    for (uint32_t index = 0; index < used_slots; index++) {
        struct slot *slot = slot_at(index);
        uint64_t word = slot == NULL ? 0 : atomic_load(&slot->word);

        /* One that a thread of the parent was destroying is still here when this runs before fork_child(). */
        if (word_type(word) == type && !being_destroyed(word)) {
            visit(slot->object);
        }
    }
}

uint64_t ncx_live_handles(uint32_t type)
{
    return type < HANDLE_TYPE_COUNT - HANDLE_PROVIDER ? handle_count((enum handle_type)(type + HANDLE_PROVIDER)) : 0;
}
