/* SPDX-License-Identifier: MIT */
#include "ncrypt/internal.h"

static SECURITY_STATUS read_page(struct lister *lister)
{
    struct store *store = NULL;
    SECURITY_STATUS status = provider_store(lister->provider, lister->scope, false, &store);

    lister->next = lister->count = 0;
    if (status == NTE_BAD_KEYSET) {
        lister->at_end = true; /* no store: no keys */
        return ERROR_SUCCESS;
    }
    if (status == ERROR_SUCCESS) {
        status = store_list(store, lister->last_id, lister->page, LISTER_PAGE, &lister->count);
    }
    store_release(store);
    if (status == ERROR_SUCCESS) {
        lister->at_end = lister->count == 0;
        if (lister->count > 0) {
            lister->last_id = lister->page[lister->count - 1].id;
        }
    }
    return status;
}

SECURITY_STATUS lister_peek(struct lister *lister, const struct store_record **record)
{
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (lister->next == lister->count && !lister->at_end) {
        status = read_page(lister);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (lister->next == lister->count) {
        return NTE_NO_MORE_ITEMS;
    }
    *record = &lister->page[lister->next];
    return ERROR_SUCCESS;
}

void lister_advance(struct lister *lister)
{
    lister->next++;
}
