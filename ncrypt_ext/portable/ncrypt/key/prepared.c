/* SPDX-License-Identifier: MIT */
#include "ncrypt/key/prepared.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "common/libctx.h"

struct prepared {
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

static int initialise(EVP_PKEY_CTX *ctx, enum prepared_operation operation)
{
    switch (operation) {
    case PREPARED_SIGN:
        return EVP_PKEY_sign_init(ctx);
    case PREPARED_VERIFY:
        return EVP_PKEY_verify_init(ctx);
    case PREPARED_ENCRYPT:
        return EVP_PKEY_encrypt_init(ctx);
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

/* Keeps a duplicate for later calls, if there is room and memory; nothing depends on it. */
static void keep(struct material *material, const struct prepared_use *use, const EVP_PKEY_CTX *ctx)
{
    struct prepared *head = atomic_load_explicit(&material->prepared, memory_order_acquire);
    struct prepared *entry = malloc(sizeof *entry);

    if (entry == NULL) {
        return;
    }
    entry->use = *use;
    entry->ctx = EVP_PKEY_CTX_dup(ctx);
    do {
        entry->next = head;
        entry->count = head == NULL ? 1 : head->count + 1;
        if (entry->ctx == NULL || entry->count > PREPARED_LIMIT || find(head, use) != NULL) {
            EVP_PKEY_CTX_free(entry->ctx);
            free(entry);
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
        *ctx = EVP_PKEY_CTX_dup(entry->ctx);
        return *ctx != NULL ? ERROR_SUCCESS
                            : status_from_openssl(NTE_NO_MEMORY, "libcrypto cannot duplicate a context");
    }
    status = set_up(material, use, setup, ctx);
    if (status == ERROR_SUCCESS) {
        keep(material, use, *ctx);
    }
    return status;
}

void prepared_free(struct prepared *list)
{
    while (list != NULL) {
        struct prepared *next = list->next;

        EVP_PKEY_CTX_free(list->ctx);
        free(list);
        list = next;
    }
}
