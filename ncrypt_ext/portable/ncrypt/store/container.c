/* SPDX-License-Identifier: MIT
 *
 * Names: which rows may stand beside each other, and containers as a whole. Everything is decided inside the
 * transaction that writes.
 */
#include <string.h>

#include "common/secmem.h"
#include "common/utf16.h"
#include "ncrypt/store/internal.h"

static SECURITY_STATUS taken(const struct store *store, const WCHAR *name, const char *what)
{
    char text[128];

    return status_fail(NTE_EXISTS, "%s: the %s \"%s\" exists already", store->folder, what,
                       utf16_printable(name, text, sizeof(text)));
}

static SECURITY_STATUS no_container(const struct store *store, const WCHAR *name)
{
    char text[128];

    return status_fail(NTE_BAD_KEYSET, "%s: there is no container \"%s\"", store->folder,
                       utf16_printable(name, text, sizeof(text)));
}

/* NTE_EXISTS when the slot is in use, ERROR_SUCCESS when it is not. */
static SECURITY_STATUS check_free(struct store *store, struct connection *connection, const WCHAR *name,
                                  enum store_slot slot)
{
    int64_t id = 0;
    SECURITY_STATUS status = record_find(connection, name, slot, &id);

    if (status == NTE_BAD_KEYSET) {
        return ERROR_SUCCESS;
    }
    return status == ERROR_SUCCESS ? taken(store, name, slot == STORE_SLOT_CONTAINER ? "container" : "key") : status;
}

/* Neither container nor keys: those of a container whose own row was taken away are not given to a new one. */
static SECURITY_STATUS check_nothing(struct store *store, struct connection *connection, const WCHAR *name)
{
    static const enum store_slot slots[] = {STORE_SLOT_CONTAINER, STORE_SLOT_KEY, STORE_SLOT_KEYEXCHANGE,
                                            STORE_SLOT_SIGNATURE};
    SECURITY_STATUS status = ERROR_SUCCESS;

    for (size_t i = 0; status == ERROR_SUCCESS && i < sizeof(slots) / sizeof(slots[0]); i++) {
        status = check_free(store, connection, name, slots[i]);
    }
    return status;
}

/* Deletes what is in the slot; tells whether there was something. */
static SECURITY_STATUS empty_slot(struct store *store, struct connection *connection, const WCHAR *name,
                                  enum store_slot slot, bool *found)
{
    int64_t id = 0;
    SECURITY_STATUS status = record_find(connection, name, slot, &id);

    if (status == NTE_BAD_KEYSET) {
        return ERROR_SUCCESS;
    }
    if (status == ERROR_SUCCESS) {
        status = record_delete(store, connection, id);
        *found = status == ERROR_SUCCESS;
    }
    return status;
}

/* A container's row has no key and nothing to hide; its seal vouches for its being there. */
static SECURITY_STATUS make_marker(const WCHAR *name, struct store_record *marker)
{
    size_t length = utf16_length(name, STORE_MAX_NAME + 1);

    if (length > STORE_MAX_NAME) {
        return status_fail(NTE_INVALID_PARAMETER, "a container name has 1 to %d characters", STORE_MAX_NAME);
    }
    *marker = (struct store_record){
        .algorithm = u"CONTAINER",
        .flags = store_slot_flags(STORE_SLOT_CONTAINER),
        .generation = 1,
        .payload = secmem_alloc(0),
    };
    memcpy(marker->name, name, (length + 1) * sizeof(*name));
    return marker->payload ? ERROR_SUCCESS : status_no_memory();
}

static SECURITY_STATUS insert_marker(struct store *store, struct connection *connection, const WCHAR *name)
{
    struct store_record marker = {.id = 0};
    SECURITY_STATUS status = make_marker(name, &marker);

    if (status == ERROR_SUCCESS) {
        status = row_insert_new(store, connection, &marker);
    }
    store_record_clear(&marker);
    return status;
}

/* The name's CNG key, when it is seen as a container; else NTE_BAD_KEYSET. */
static SECURITY_STATUS read_visible_key(struct store *store, struct connection *connection, const WCHAR *name,
                                        struct store_record *record)
{
    SECURITY_STATUS status = record_read(connection, name, STORE_SLOT_KEY, record);

    if (status == ERROR_SUCCESS && (record->flags & STORE_FLAG_LEGACY) == 0) {
        store_record_clear(record);
        status = NTE_BAD_KEYSET;
    }
    return status == NTE_BAD_KEYSET ? no_container(store, name) : status;
}

/* The container that a key goes into: the one that is there, or a new one beside a CNG key that is seen as one. */
static SECURITY_STATUS need_container(struct store *store, struct connection *connection, const WCHAR *name)
{
    struct store_record visible = {.id = 0};
    int64_t id = 0;
    SECURITY_STATUS status = record_find(connection, name, STORE_SLOT_CONTAINER, &id);

    if (status != NTE_BAD_KEYSET) {
        return status;
    }
    status = read_visible_key(store, connection, name, &visible);
    if (status == ERROR_SUCCESS) {
        status = insert_marker(store, connection, visible.name);
    }
    store_record_clear(&visible);
    return status;
}

SECURITY_STATUS container_make_room(struct store *store, struct connection *connection,
                                    const struct store_record *record, bool overwrite)
{
    enum store_slot slot = store_slot(record);
    bool found = false;
    SECURITY_STATUS status;

    switch (slot) {
    case STORE_SLOT_KEY:
        status = overwrite ? empty_slot(store, connection, record->name, STORE_SLOT_KEY, &found)
                           : check_free(store, connection, record->name, STORE_SLOT_KEY);
        if (status == ERROR_SUCCESS && !found) {
            status = check_free(store, connection, record->name, STORE_SLOT_CONTAINER);
        }
        return status;
    case STORE_SLOT_KEYEXCHANGE:
    case STORE_SLOT_SIGNATURE:
        status = need_container(store, connection, record->name);
        return status == ERROR_SUCCESS ? empty_slot(store, connection, record->name, slot, &found) : status;
    default:
        return check_nothing(store, connection, record->name);
    }
}

SECURITY_STATUS store_create_container(struct store *store, const WCHAR *name)
{
    struct store_record marker = {.id = 0};
    SECURITY_STATUS status = make_marker(name, &marker);

    if (status == ERROR_SUCCESS) {
        status = store_create(store, &marker, false);
    }
    store_record_clear(&marker);
    return status;
}

/* The CNG key stays as it is, but for the flag. */
static SECURITY_STATUS hide_key(struct store *store, struct connection *connection, const WCHAR *name, bool *found)
{
    struct store_record key = {.id = 0};
    SECURITY_STATUS status = read_visible_key(store, connection, name, &key);

    if (status == NTE_BAD_KEYSET) {
        return ERROR_SUCCESS;
    }
    if (status == ERROR_SUCCESS) {
        key.flags &= ~(uint32_t)STORE_FLAG_LEGACY;
        key.modified = row_clock();
        key.generation++;
        status = row_write(connection, STATEMENT_UPDATE, &key);
        *found = true;
    }
    store_record_clear(&key);
    return status;
}

SECURITY_STATUS store_delete_container(struct store *store, const WCHAR *name)
{
    static const enum store_slot slots[] = {STORE_SLOT_KEYEXCHANGE, STORE_SLOT_SIGNATURE, STORE_SLOT_CONTAINER};
    struct connection *connection = NULL;
    bool found = false;
    SECURITY_STATUS status = transaction_begin(store, &connection);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    for (size_t i = 0; status == ERROR_SUCCESS && i < sizeof(slots) / sizeof(slots[0]); i++) {
        status = empty_slot(store, connection, name, slots[i], &found);
    }
    if (status == ERROR_SUCCESS) {
        status = hide_key(store, connection, name, &found);
    }
    if (status == ERROR_SUCCESS && !found) {
        status = no_container(store, name);
    }
    return transaction_end(store, connection, status);
}
