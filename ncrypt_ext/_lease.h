/* SPDX-License-Identifier: MIT
 *
 * The lease: who may still use a native handle, and who releases it. Plain C without Python, so that any thread can end
 * a lease without the interpreter and so that C tests can hammer it.
 *
 * One 64-bit word holds the whole state:
 *
 *   bits  0..31  calls    native calls running with this handle right now
 *   bits 32..59  holds    native objects that point at this handle (a key at its provider)
 *   bit  60      ENDING     the process ends; changes nothing else, but whoever ends a call now may be stopped there
 *   bit  61      EXCLUSIVE  one thread is about to consume the handle (delete); nobody else may start a call
 *   bit  62      RELEASED   the native handle is gone, or has been given away
 *   bit  63      CLOSED     the owner is done: no new calls
 *
 * State machine (C calls, H holds; everything starts OPEN with C = H = 0):
 *
 *   OPEN        enter -> C+1    leave -> C-1    hold -> H+1 (inside a call)    unhold -> H-1
 *   OPEN        close -> CLOSED                         only the first close does anything
 *   OPEN, C=H=0 take -> EXCLUSIVE                       otherwise refused, nothing changes
 *   EXCLUSIVE   give back, not consumed -> OPEN         (or CLOSED, if somebody closed meanwhile)
 *   EXCLUSIVE   give back, consumed -> CLOSED RELEASED
 *   OPEN, C=H=0 disarm -> CLOSED RELEASED               the caller now owns the handle
 *   CLOSED      enter fails; leave and unhold go on counting down
 *   CLOSED, C=H=0, not EXCLUSIVE -> CLOSED RELEASED     by compare-and-swap: the one thread that wins releases
 *                                                       the handle, then drops its hold on the parent
 *
 * ENDING may come to any of these states. A thread whose call ends then would ask for the interpreter's lock in vain
 * and be ended, with what libraries have registered for the end of a thread; while the main thread tears the same
 * libraries down. The registry's function for that keeps it where it is.
 *
 * A failing enter counts itself in and out again. It may therefore be the one that finds C=H=0 and has to release;
 * the compare-and-swap from exactly CLOSED keeps that to once.
 *
 * Memory is counted apart: one reference is the owner's, one each hold's. A call in progress needs none: whoever makes
 * it has a reference to the owner.
 *
 * A second handle may be attached, made from the first one for the use of whoever has the lease (the public half of a
 * key). It lives exactly as long: it is released after the first.
 */
#ifndef NCRYPT_EXT_LEASE_H
#define NCRYPT_EXT_LEASE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef _WIN32
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
#else
#include <pthread.h>
#include <time.h>
#endif

/* ---- atomic words ------------------------------------------------------------------------------------------------ */

#if defined(_MSC_VER) && !defined(__clang__)

typedef volatile LONG64 lease_word;

static inline uint64_t lease_word_load(lease_word *word)
{
    return (uint64_t)InterlockedCompareExchange64(word, 0, 0);
}

static inline void lease_word_store(lease_word *word, uint64_t value)
{
    (void)InterlockedExchange64(word, (LONG64)value);
}

static inline uint64_t lease_word_add(lease_word *word, uint64_t amount)
{
    return (uint64_t)InterlockedExchangeAdd64(word, (LONG64)amount);
}

static inline uint64_t lease_word_or(lease_word *word, uint64_t bits)
{
    return (uint64_t)InterlockedOr64(word, (LONG64)bits);
}

static inline uint64_t lease_word_and(lease_word *word, uint64_t bits)
{
    return (uint64_t)InterlockedAnd64(word, (LONG64)bits);
}

static inline bool lease_word_swap(lease_word *word, uint64_t expected, uint64_t desired)
{
    return (uint64_t)InterlockedCompareExchange64(word, (LONG64)desired, (LONG64)expected) == expected;
}

static inline void lease_word_init(lease_word *word, uint64_t value)
{
    *word = (LONG64)value;
}

#else

#include <stdatomic.h>

typedef _Atomic(uint64_t) lease_word;

static inline uint64_t lease_word_load(lease_word *word)
{
    return atomic_load_explicit(word, memory_order_acquire);
}

static inline void lease_word_store(lease_word *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

static inline uint64_t lease_word_add(lease_word *word, uint64_t amount)
{
    return atomic_fetch_add_explicit(word, amount, memory_order_acq_rel);
}

static inline uint64_t lease_word_or(lease_word *word, uint64_t bits)
{
    return atomic_fetch_or_explicit(word, bits, memory_order_acq_rel);
}

static inline uint64_t lease_word_and(lease_word *word, uint64_t bits)
{
    return atomic_fetch_and_explicit(word, bits, memory_order_acq_rel);
}

static inline bool lease_word_swap(lease_word *word, uint64_t expected, uint64_t desired)
{
    return atomic_compare_exchange_strong_explicit(word, &expected, desired, memory_order_acq_rel,
                                                   memory_order_acquire);
}

static inline void lease_word_init(lease_word *word, uint64_t value)
{
    atomic_init(word, value);
}

#endif

/* ---- the lock of the registry ------------------------------------------------------------------------------------ */

#ifdef _WIN32

typedef SRWLOCK lease_lock;
#define LEASE_LOCK_INIT SRWLOCK_INIT

static inline void lease_lock_init(lease_lock *lock)
{
    InitializeSRWLock(lock);
}

static inline void lease_lock_take(lease_lock *lock)
{
    AcquireSRWLockExclusive(lock);
}

static inline void lease_lock_give(lease_lock *lock)
{
    ReleaseSRWLockExclusive(lock);
}

#else

typedef pthread_mutex_t lease_lock;
#define LEASE_LOCK_INIT PTHREAD_MUTEX_INITIALIZER

/* These cannot fail for a default mutex that is used as it is here. */
static inline void lease_lock_init(lease_lock *lock)
{
    (void)pthread_mutex_init(lock, NULL);
}

static inline void lease_lock_take(lease_lock *lock)
{
    (void)pthread_mutex_lock(lock);
}

static inline void lease_lock_give(lease_lock *lock)
{
    (void)pthread_mutex_unlock(lock);
}

#endif

static inline void lease_sleep_millisecond(void)
{
#ifdef _WIN32
    Sleep(1);
#else
    struct timespec millisecond = {0, 1000000};

    (void)nanosleep(&millisecond, NULL);
#endif
}

/* ---- leases ------------------------------------------------------------------------------------------------------ */

#define LEASE_CALL      UINT64_C(1)
#define LEASE_HOLD      (UINT64_C(1) << 32)
#define LEASE_ENDING    (UINT64_C(1) << 60)
#define LEASE_EXCLUSIVE (UINT64_C(1) << 61)
#define LEASE_RELEASED  (UINT64_C(1) << 62)
#define LEASE_CLOSED    (UINT64_C(1) << 63)
#define LEASE_CALLS     UINT64_C(0xFFFFFFFF)

#define LEASE_TYPES 16

enum lease_answer {
    LEASE_OK = 0,
    LEASE_IS_CLOSED = 1, /* closed, released or given away */
    LEASE_IS_BUSY = 2,   /* calls or holds are in the way */
};

struct lease;

/* All leases of a process: for the counts, and for what fork() leaves behind. */
struct lease_registry {
    lease_lock lock; /* guards the list */
    struct lease *first;
    lease_word live[LEASE_TYPES]; /* native handles not released yet, by type */
    lease_word exiting;           /* not 0: the process ends, calls should come to an end */
    void (*left)(void);           /* called by whoever leaves a call then, may not return; NULL: nothing */
};

typedef void (*lease_release)(uintptr_t handle);

/* A handle that lives as long as the lease that it is attached to. */
struct lease_attachment {
    uintptr_t handle;
    lease_release release;
    unsigned type;
};

struct lease {
    uintptr_t handle; /* beside the state: a call touches one line of the processor's cache, not two */
    lease_word state;
    lease_word references;
    lease_release release; /* called once, on whichever thread ends the last use; NULL: the handle is borrowed */
    struct lease *parent;  /* held; dropped after the release */
    lease_word type;       /* below LEASE_TYPES */
    lease_word attached;   /* 0, or the address of a struct lease_attachment: set once */
    lease_word notes;      /* bits that users of the lease remember about the handle; they only come, never go */
    struct lease_registry *registry;
    struct lease *previous, *next; /* the registry's list */
};

/* A lease on `handle` with one reference and no uses. The caller is inside a call of `parent` (NULL: none), or holds
 * it; it is held from now on. NULL when memory is short: the handle stays the caller's. */
static inline struct lease *lease_create(struct lease_registry *registry, unsigned type, uintptr_t handle,
                                         lease_release release, struct lease *parent)
{
    struct lease *lease = (struct lease *)calloc(1, sizeof *lease);

    if (lease == NULL)
        return NULL;
    lease_word_init(&lease->state, 0);
    lease_word_init(&lease->references, 1);
    lease_word_init(&lease->type, type);
    lease_word_init(&lease->attached, 0);
    lease_word_init(&lease->notes, 0);
    lease->handle = handle;
    lease->release = release;
    lease->registry = registry;
    lease->parent = parent;
    if (parent != NULL) {
        lease_word_add(&parent->references, 1);
        lease_word_add(&parent->state, LEASE_HOLD);
    }
    lease_word_add(&registry->live[type], 1);
    lease_lock_take(&registry->lock);
    lease->next = registry->first;
    if (registry->first != NULL)
        registry->first->previous = lease;
    registry->first = lease;
    lease_lock_give(&registry->lock);
    return lease;
}

static inline void lease_ref(struct lease *lease)
{
    lease_word_add(&lease->references, 1);
}

/* Drops a reference; the last one frees the memory. Does not close: the owner closes first. */
static inline void lease_unref(struct lease *lease)
{
    struct lease_registry *registry = lease->registry;

    if (lease_word_add(&lease->references, UINT64_MAX) != 1)
        return;
    lease_lock_take(&registry->lock);
    if (lease->previous != NULL)
        lease->previous->next = lease->next;
    else
        registry->first = lease->next;
    if (lease->next != NULL)
        lease->next->previous = lease->previous;
    lease_lock_give(&registry->lock);
    free(lease);
}

static inline void lease_unhold(struct lease *lease);

static inline struct lease_attachment *lease_attachment(struct lease *lease)
{
    return (struct lease_attachment *)(uintptr_t)lease_word_load(&lease->attached);
}

/* The attached handle, 0 when there is none. The caller is inside a call. */
static inline uintptr_t lease_attached(struct lease *lease)
{
    struct lease_attachment *attachment = lease_attachment(lease);

    return attachment == NULL ? 0 : attachment->handle;
}

/* Attaches a handle, which then is released with the lease. The caller is inside a call. False when memory is short or
 * another thread was quicker (lease_attached() tells): the handle stays the caller's. */
static inline bool lease_attach(struct lease *lease, unsigned type, uintptr_t handle, lease_release release)
{
    struct lease_attachment *attachment = (struct lease_attachment *)malloc(sizeof *attachment);

    if (attachment == NULL)
        return false;
    attachment->handle = handle;
    attachment->release = release;
    attachment->type = type;
    lease_word_add(&lease->registry->live[type], 1); /* first: a fork() in between must not leave less than there is */
    if (!lease_word_swap(&lease->attached, 0, (uint64_t)(uintptr_t)attachment)) {
        lease_word_add(&lease->registry->live[type], UINT64_MAX);
        free(attachment);
        return false;
    }
    return true;
}

static inline void lease_detach(struct lease *lease)
{
    struct lease_attachment *attachment = lease_attachment(lease);

    if (attachment == NULL)
        return;
    lease_word_init(&lease->attached, 0);
    attachment->release(attachment->handle);
    lease_word_add(&lease->registry->live[attachment->type], UINT64_MAX);
    free(attachment);
}

/* The handle is gone or given away: it no longer counts and no longer needs its parent. */
static inline void lease_forget(struct lease *lease)
{
    struct lease *parent = lease->parent;

    lease_detach(lease);
    lease_word_add(&lease->registry->live[lease_word_load(&lease->type)], UINT64_MAX);
    lease->parent = NULL;
    if (parent != NULL)
        lease_unhold(parent);
}

/* From one state to another, ENDING or not. */
static inline bool lease_swap(struct lease *lease, uint64_t expected, uint64_t desired)
{
    return lease_word_swap(&lease->state, expected, desired) ||
           lease_word_swap(&lease->state, expected | LEASE_ENDING, desired | LEASE_ENDING);
}

/* Somebody found the lease closed and unused. More than one may find that; one of them releases. */
static inline void lease_finish(struct lease *lease)
{
    if (!lease_swap(lease, LEASE_CLOSED, LEASE_CLOSED | LEASE_RELEASED))
        return;
    if (lease->release != NULL)
        lease->release(lease->handle);
    lease_forget(lease);
}

/* Something has ended, and left this state: perhaps it was the last use. */
static inline void lease_settle(struct lease *lease, uint64_t state)
{
    if ((state & ~LEASE_ENDING) == LEASE_CLOSED)
        lease_finish(lease);
}

/* After a call, when the lease may be gone. */
static inline void lease_stop(struct lease_registry *registry, uint64_t state)
{
    if ((state & LEASE_ENDING) != 0 && registry->left != NULL)
        registry->left();
}

/* A call has ended, and left a state that is not simply open. */
static inline void lease_left(struct lease *lease, uint64_t state)
{
    struct lease_registry *registry = lease->registry;

    lease_settle(lease, state);
    lease_stop(registry, state);
}

/* Ends a call that lease_enter() let in. */
static inline void lease_leave(struct lease *lease)
{
    uint64_t state = lease_word_add(&lease->state, 0 - LEASE_CALL) - LEASE_CALL;

    if (state >= LEASE_ENDING)
        lease_left(lease, state);
}

/* The same for a thread that is in a call with another handle still, which it ends next: only then may it be stopped.
 */
static inline void lease_leave_first(struct lease *lease)
{
    lease_settle(lease, lease_word_add(&lease->state, 0 - LEASE_CALL) - LEASE_CALL);
}

/* Starts a call: until lease_leave() the handle stays valid. False when the lease is closed or being consumed. */
static inline bool lease_enter(struct lease *lease)
{
    if (lease_word_add(&lease->state, LEASE_CALL) < LEASE_EXCLUSIVE)
        return true;
    lease_leave(lease);
    return false;
}

/* A native object that points at the handle begins to live. The caller is inside a call, or knows of another hold that
 * lasts until this returns. Keeps the memory, too. */
static inline void lease_hold(struct lease *lease)
{
    lease_word_add(&lease->references, 1);
    lease_word_add(&lease->state, LEASE_HOLD);
}

static inline void lease_unhold(struct lease *lease)
{
    lease_settle(lease, lease_word_add(&lease->state, 0 - LEASE_HOLD) - LEASE_HOLD);
    lease_unref(lease);
}

/* No new calls from now on; releases now if nothing is in the way, else the last use does. True the first time. */
static inline bool lease_close(struct lease *lease)
{
    uint64_t before = lease_word_or(&lease->state, LEASE_CLOSED);

    if ((before & LEASE_CLOSED) != 0)
        return false;
    if ((before & ~LEASE_ENDING) == 0)
        lease_finish(lease);
    return true;
}

static inline bool lease_is_closed(struct lease *lease)
{
    return (lease_word_load(&lease->state) & LEASE_CLOSED) != 0;
}

static inline bool lease_is_exclusive(struct lease *lease)
{
    return (lease_word_load(&lease->state) & LEASE_EXCLUSIVE) != 0;
}

static inline enum lease_answer lease_swap_unused(struct lease *lease, uint64_t desired)
{
    if (lease_swap(lease, 0, desired))
        return LEASE_OK;
    return lease_is_closed(lease) ? LEASE_IS_CLOSED : LEASE_IS_BUSY;
}

/* For a native call that consumes the handle when it succeeds: refused while anybody else uses the handle. Pair with
 * lease_give_back(). */
static inline enum lease_answer lease_take(struct lease *lease)
{
    return lease_swap_unused(lease, LEASE_EXCLUSIVE);
}

static inline void lease_give_back(struct lease *lease, bool consumed)
{
    struct lease_registry *registry = lease->registry;
    uint64_t before;

    if (consumed)
        lease_word_or(&lease->state, LEASE_CLOSED | LEASE_RELEASED);
    before = lease_word_and(&lease->state, ~LEASE_EXCLUSIVE);
    if (consumed)
        lease_forget(lease);
    else
        lease_settle(lease, before & ~LEASE_EXCLUSIVE);
    lease_stop(registry, before);
}

/* Gives the handle to the caller: it will not be released here. Refused while anybody uses it. */
static inline enum lease_answer lease_disarm(struct lease *lease)
{
    enum lease_answer answer = lease_swap_unused(lease, LEASE_CLOSED | LEASE_RELEASED);

    if (answer == LEASE_OK)
        lease_forget(lease);
    return answer;
}

/* The handle has become something else (an unfinalized key a key). The caller is inside a call. */
static inline void lease_set_type(struct lease *lease, unsigned type)
{
    lease_word_add(&lease->registry->live[type], 1);
    lease_word_add(&lease->registry->live[lease_word_load(&lease->type)], UINT64_MAX);
    lease_word_init(&lease->type, type);
}

/* Something that is not a lease and is to be counted like one. */
static inline void lease_count(struct lease_registry *registry, unsigned type, bool more)
{
    lease_word_add(&registry->live[type], more ? 1 : UINT64_MAX);
}

static inline uint64_t lease_live(struct lease_registry *registry, unsigned type)
{
    return lease_word_load(&registry->live[type]);
}

static inline bool lease_is_exiting(struct lease_registry *registry)
{
    return lease_word_load(&registry->exiting) != 0;
}

static inline bool lease_calls_running(struct lease_registry *registry)
{
    bool running = false;

    lease_lock_take(&registry->lock);
    for (struct lease *lease = registry->first; lease != NULL && !running; lease = lease->next)
        running = (lease_word_load(&lease->state) & (LEASE_CALLS | LEASE_EXCLUSIVE)) != 0;
    lease_lock_give(&registry->lock);
    return running;
}

/* At the end of the process, when no new calls can begin: waits for those of daemon threads, but not for ever. */
static inline void lease_drain(struct lease_registry *registry, unsigned milliseconds)
{
    lease_lock_take(&registry->lock);
    for (struct lease *lease = registry->first; lease != NULL; lease = lease->next)
        lease_word_or(&lease->state, LEASE_ENDING); /* before anybody is asked to end a call */
    lease_lock_give(&registry->lock);
    lease_word_add(&registry->exiting, 1);
    while (milliseconds-- > 0 && lease_calls_running(registry))
        lease_sleep_millisecond();
}

/* Keeps the registry's lock out of a fork(): no thread that vanishes in the child has it. Not with hooks of Python,
 * between which other threads run: one that needs the lock while it has the GIL would never let the fork go on. For one
 * registry of this file; 0 on success. */
#ifdef _WIN32

static inline int lease_guard_fork(struct lease_registry *registry)
{
    (void)registry;
    return 0;
}

#else

static struct lease_registry *lease_guarded;

static inline void lease_before_fork(void)
{
    lease_lock_take(&lease_guarded->lock);
}

static inline void lease_fork_in_parent(void)
{
    lease_lock_give(&lease_guarded->lock);
}

static inline void lease_fork_in_child(void)
{
    lease_lock_init(&lease_guarded->lock);
}

static inline int lease_guard_fork(struct lease_registry *registry)
{
    lease_guarded = registry;
    return pthread_atfork(lease_before_fork, lease_fork_in_parent, lease_fork_in_child);
}

#endif

/* In the child of a fork(), where this is the only thread: no call is running, whatever the counts say. Handles that
 * were closed and only waited for such a call are released. */
static inline void lease_after_fork(struct lease_registry *registry)
{
    struct lease *lease;

    lease_lock_init(&registry->lock);
    for (lease = registry->first; lease != NULL; lease = lease->next)
        lease_word_and(&lease->state, ~(LEASE_CALLS | LEASE_EXCLUSIVE));
    lease = registry->first;
    while (lease != NULL) {
        if ((lease_word_load(&lease->state) & ~LEASE_ENDING) != LEASE_CLOSED) {
            lease = lease->next;
            continue;
        }
        lease_finish(lease); /* may free its parent, so start again: this one is not CLOSED alone any more */
        lease = registry->first;
    }
}

#endif
