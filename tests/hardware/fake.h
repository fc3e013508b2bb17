/* SPDX-License-Identifier: MIT
 *
 * What the files of the stand-in for devices share: fake_provider.c says what it is.
 */
#ifndef FAKE_H
#define FAKE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ncrypt.h"

#define FAKE_CODE(number) ((SECURITY_STATUS)(number))
#define FAKE_MARKS        1024
#define FAKE_ANSWERS      32

/* The engine's function of that name. */
#define ENGINE(name) ((__typeof__(&(name)))fake_engine(#name))

enum kind { NOBODY, PLATFORM, CARD };

/* A handle that belongs to one of the devices. */
struct mark {
    ULONG_PTR handle;
    enum kind kind;
    bool is_key;
    bool named;
    uint64_t auth;  /* platform: what protects the key; 0: nothing */
    uint64_t given; /* platform: what was presented for it */
};

/* What a test has set for a function or a property. */
struct answer {
    char name[64];
    bool is_set;
    uint32_t status;
    uint32_t value;
    uint32_t times;
    uint32_t calls;
};

struct fake {
    struct mark marks[FAKE_MARKS];
    struct mark auths[FAKE_MARKS]; /* .handle: the hash of a key's name */
    struct answer functions[FAKE_ANSWERS];
    struct answer properties[FAKE_ANSWERS];
    uint64_t card_pin;
    uint64_t card_given; /* Fact (Microsoft's documentation): kept for the process, not for a handle */
    bool card_open;
    uint32_t card_limit, card_tries;
    uint32_t module_tries; /* used up */
    uint32_t dialogs;
    bool wants_ui;
    atomic_bool hold;    /* a signature waits before it looks for a PIN */
    atomic_bool waiting; /* ... and one does */
    char pin_log[256];
};

extern struct fake fake;
extern pthread_mutex_t fake_lock;

void *fake_engine(const char *name);
size_t fake_units(const WCHAR *text);
bool fake_is(const WCHAR *text, const WCHAR *other);

/* PINs are kept as numbers, so that a search of the memory finds only what others left there. */
uint64_t fake_hash(const void *data, size_t size);

/* The next three: with the lock held. */
struct mark *fake_find(ULONG_PTR handle);
struct mark *fake_mark(ULONG_PTR handle, enum kind kind, const WCHAR *name);
struct answer *fake_answer(struct answer *answers, const char *name);

/* Counts the call of one of a device's handles. Not 0: the answer, and the engine is not asked. */
SECURITY_STATUS fake_before(ULONG_PTR handle, const char *function, DWORD flags, enum kind *kind);

#endif
