/* SPDX-License-Identifier: MIT */
#include "ncrypt/key/prepared.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/libctx.h"

#define SLOTS      4
#define CACHE_LINE 64

/* A place for a context that nobody uses, with a cache line to itself so that threads do not disturb each other. */
struct slot {
    _Alignas(CACHE_LINE) _Atomic(EVP_PKEY_CTX *) ctx;
};

struct prepared {
    struct slot idle[SLOTS];
    struct prepared *next;
    struct prepared_use use;
    EVP_PKEY_CTX *ctx; /* never used itself: only duplicated, which changes nothing in it */
    unsigned count;    /* of this entry and those behind it */
};

static struct prepared *find(struct prepared *list, const struct prepared_use *use)
{
    while (list != NULL && (list->use.operation != use->operation || list->use.padding != use->padding ||
                            list->use.md != use->md || list->use.salt != use->salt)) {
        list = list->next;
    }
    return list;
}

/* Where the calling thread looks first. */
static unsigned own_slot(void)
{
    static atomic_uint threads;
    static _Thread_local unsigned number; /* 0: none yet */

    if (number == 0) {
        number = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % SLOTS + 1;
    }
    return number - 1;
}

static EVP_PKEY_CTX *take_idle(struct prepared *entry)
{
    for (unsigned i = 0, own = own_slot(); i < SLOTS; i++) {
        struct slot *slot = &entry->idle[(own + i) % SLOTS];
        EVP_PKEY_CTX *ctx = atomic_load_explicit(&slot->ctx, memory_order_relaxed);

        if (ctx != NULL) {
            ctx = atomic_exchange_explicit(&slot->ctx, NULL, memory_order_acquire);
        }
        if (ctx != NULL) {
            return ctx;
        }
    }
    return NULL;
}

/* False when every place is taken. */
static bool put_idle(struct prepared *entry, EVP_PKEY_CTX *ctx)
{
    for (unsigned i = 0, own = own_slot(); i < SLOTS; i++) {
        EVP_PKEY_CTX *none = NULL;

        if (atomic_compare_exchange_strong_explicit(&entry->idle[(own + i) % SLOTS].ctx, &none, ctx,
                                                    memory_order_release, memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

static int initialise(EVP_PKEY_CTX *ctx, enum prepared_operation operation)
{
    switch (operation) {
    case PREPARED_SIGN:
        return EVP_PKEY_sign_init(ctx);
    case PREPARED_VERIFY:
        return EVP_PKEY_verify_init(ctx);
    case PREPARED_ENCRYPT:
        return EVP_PKEY_encrypt_init(ctx);
    case PREPARED_AGREE:
        return EVP_PKEY_derive_init(ctx);
    default:
        return EVP_PKEY_decrypt_init(ctx);
    }
}

static SECURITY_STATUS set_up(const struct material *material, const struct prepared_use *use, prepared_setup setup,
                              EVP_PKEY_CTX **ctx)
{
    EVP_PKEY_CTX *fresh = EVP_PKEY_CTX_new_from_pkey(libctx_get(), material->pkey, NULL);

    if (fresh == NULL) {
        return status_from_openssl(NTE_INTERNAL_ERROR, "libcrypto cannot use the key");
    }
    if (initialise(fresh, use->operation) != 1 || (setup != NULL && setup(fresh, use) != 1)) {
        EVP_PKEY_CTX_free(fresh);
        return status_from_openssl(NTE_NOT_SUPPORTED, "libcrypto refuses this operation, padding or hash");
    }
    *ctx = fresh;
    return ERROR_SUCCESS;
}

static void free_entry(struct prepared *entry)
{
    for (size_t i = 0; i < SLOTS; i++) {
        EVP_PKEY_CTX_free(atomic_load_explicit(&entry->idle[i].ctx, memory_order_acquire));
    }
    EVP_PKEY_CTX_free(entry->ctx);
    free(entry);
}

/* Remembers a duplicate for later calls, if there is room and memory; nothing depends on it. */
static void keep(struct material *material, const struct prepared_use *use, const EVP_PKEY_CTX *ctx)
{
    struct prepared *head = atomic_load_explicit(&material->prepared, memory_order_acquire);
    struct prepared *entry = aligned_alloc(CACHE_LINE, sizeof *entry);

    if (entry == NULL) {
        return;
    }
    memset(entry, 0, sizeof *entry);
    entry->use = *use;
    entry->ctx = EVP_PKEY_CTX_dup(ctx);
    do {
        entry->next = head;
        entry->count = head == NULL ? 1 : head->count + 1;
        if (entry->ctx == NULL || entry->count > PREPARED_LIMIT || find(head, use) != NULL) {
            free_entry(entry);
            return;
        }
    } while (!atomic_compare_exchange_weak_explicit(&material->prepared, &head, entry, memory_order_acq_rel,
                                                    memory_order_acquire));
}

SECURITY_STATUS prepared_context(struct material *material, const struct prepared_use *use, prepared_setup setup,
                                 EVP_PKEY_CTX **ctx)
{
    struct prepared *entry = find(atomic_load_explicit(&material->prepared, memory_order_acquire), use);
    SECURITY_STATUS status;

    if (entry != NULL) {
        *ctx = take_idle(entry);
        if (*ctx == NULL) {
            *ctx = EVP_PKEY_CTX_dup(entry->ctx);
        }
        return *ctx != NULL ? ERROR_SUCCESS
                            : status_from_openssl(NTE_NO_MEMORY, "libcrypto cannot duplicate a context");
    }
    status = set_up(material, use, setup, ctx);
    if (status == ERROR_SUCCESS) {
        keep(material, use, *ctx);
    }
    return status;
}

void prepared_return(struct material *material, const struct prepared_use *use, EVP_PKEY_CTX *ctx, bool reusable)
{
    struct prepared *entry =
        reusable ? find(atomic_load_explicit(&material->prepared, memory_order_acquire), use) : NULL;

    if (entry == NULL || !put_idle(entry, ctx)) {
        EVP_PKEY_CTX_free(ctx);
    }
}

void prepared_free(struct prepared *list)
{
    while (list != NULL) {
        struct prepared *next = list->next;

        free_entry(list);
        list = next;
    }
}
