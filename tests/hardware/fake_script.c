/* SPDX-License-Identifier: MIT
 *
 * The other half of the stand-in for devices (fake_provider.c): its properties, and what a test can set and ask.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

#define PLATFORM_PIN u"PCP_USAGEAUTH"
#define CARD_PIN     u"SmartCardPin"
#define PSS_SALT     u"PSS Salt Size"
#define LONGEST_RSA  2048u

struct fake fake;
pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- tools ------------------------------------------------------------------------------------------------------- */

void *fake_engine(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);

    if (function == NULL) {
        abort();
    }
    return function;
}

size_t fake_units(const WCHAR *text)
{
    size_t count = 0;

    while (text[count] != 0) {
        count++;
    }
    return count;
}

bool fake_is(const WCHAR *text, const WCHAR *other)
{
    return text != NULL && fake_units(text) == fake_units(other) && memcmp(text, other, 2 * fake_units(other)) == 0;
}

uint64_t fake_hash(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint64_t value = 0xCBF29CE484222325u;

    for (size_t i = 0; i < size; i++) {
        value = (value ^ bytes[i]) * 0x100000001B3u;
    }
    return value;
}

struct mark *fake_find(ULONG_PTR handle)
{
    for (int i = 0; i < FAKE_MARKS; i++) {
        if (fake.marks[i].handle == handle && handle != 0) {
            return &fake.marks[i];
        }
    }
    return NULL;
}

struct mark *fake_mark(ULONG_PTR handle, enum kind kind, const WCHAR *name)
{
    struct mark *found = NULL;

    for (int i = 0; i < FAKE_MARKS && found == NULL; i++) {
        if (fake.marks[i].handle == 0) {
            found = &fake.marks[i];
        }
    }
    if (found == NULL) {
        abort();
    }
    *found = (struct mark){.handle = handle, .kind = kind, .named = name != NULL};
    for (int i = 0; i < FAKE_MARKS && name != NULL; i++) {
        if (fake.auths[i].handle == (ULONG_PTR)fake_hash(name, 2 * fake_units(name))) {
            found->auth = fake.auths[i].auth;
        }
    }
    return found;
}

struct answer *fake_answer(struct answer *answers, const char *name)
{
    for (int i = 0; i < FAKE_ANSWERS; i++) {
        if (answers[i].name[0] == 0) {
            snprintf(answers[i].name, sizeof answers[i].name, "%s", name);
        }
        if (strcmp(answers[i].name, name) == 0) {
            return &answers[i];
        }
    }
    abort();
}

SECURITY_STATUS fake_before(ULONG_PTR handle, const char *function, DWORD flags, enum kind *kind)
{
    SECURITY_STATUS status = ERROR_SUCCESS;
    struct mark *found;
    struct answer *answer;

    pthread_mutex_lock(&fake_lock);
    found = fake_find(handle);
    *kind = found == NULL ? NOBODY : found->kind;
    if (found != NULL) {
        answer = fake_answer(fake.functions, function);
        answer->calls++;
        if (answer->times > 0) {
            answer->times--;
            status = FAKE_CODE(answer->status);
        } else if (fake.wants_ui) {
            /* Fact (Microsoft's documentation): the answer of a provider that was told to be silent and would have to
             * ask somebody. */
            status = flags & NCRYPT_SILENT_FLAG ? NTE_SILENT_CONTEXT : ERROR_SUCCESS;
            fake.dialogs += status == ERROR_SUCCESS;
        }
    }
    pthread_mutex_unlock(&fake_lock);
    return status;
}

/* ---- properties ----------------------------------------------------------------------------------------------------
 */

static bool is_ec(NCRYPT_KEY_HANDLE key)
{
    WCHAR group[16] = {0};
    DWORD size = 0;

    return ENGINE(NCryptGetProperty)(key, NCRYPT_ALGORITHM_GROUP_PROPERTY, (PBYTE)group, sizeof group, &size, 0) == 0 &&
           !fake_is(group, u"RSA");
}

static SECURITY_STATUS give(const void *value, DWORD size, PBYTE out, DWORD room, DWORD *result)
{
    *result = size;
    if (out == NULL) {
        return ERROR_SUCCESS;
    }
    if (room < size) {
        return NTE_BUFFER_TOO_SMALL;
    }
    memcpy(out, value, size);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS give_number(DWORD value, PBYTE out, DWORD room, DWORD *result)
{
    return give(&value, sizeof value, out, room, result);
}

static SECURITY_STATUS get_of_provider(enum kind kind, LPCWSTR name, PBYTE out, DWORD room, DWORD *result, bool *known)
{
    const WCHAR *text =
        kind == PLATFORM ? u"Microsoft Platform Crypto Provider" : u"Microsoft Smart Card Key Storage Provider";

    *known = true;
    if (fake_is(name, NCRYPT_NAME_PROPERTY)) {
        return give(text, (DWORD)(2 * fake_units(text) + 2), out, room, result);
    }
    if (fake_is(name, NCRYPT_IMPL_TYPE_PROPERTY)) {
        /* Fact (documentation, inferred in part): hardware with its own random numbers; hardware that can be removed */
        return give_number(kind == PLATFORM ? 0x11 : 0x9, out, room, result);
    }
    if (fake_is(name, PSS_SALT) && kind == PLATFORM) {
        return give_number(2, out, room, result); /* Fact (header): 2 is the size of the hash */
    }
    *known = false;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS get_of_key(NCRYPT_KEY_HANDLE key, enum kind kind, LPCWSTR name, PBYTE out, DWORD room,
                                  DWORD *result, bool *known)
{
    *known = true;
    if (fake_is(name, NCRYPT_IMPL_TYPE_PROPERTY)) {
        return NTE_NOT_SUPPORTED; /* Fact (documentation): a property of providers; some answer it for keys */
    }
    if (fake_is(name, CARD_PIN) || fake_is(name, PLATFORM_PIN)) {
        return NTE_NOT_SUPPORTED; /* Fact (documentation): a card's PIN can only be set */
    }
    if (kind == PLATFORM && is_ec(key)) {
        if (fake_is(name, NCRYPT_LENGTH_PROPERTY)) {
            return give_number(0, out, room, result); /* Fact (seen by others) */
        }
        if (fake_is(name, NCRYPT_PUBLIC_LENGTH_PROPERTY)) {
            return NTE_NOT_SUPPORTED; /* Fact (seen by others): callers end up with "Length" */
        }
        if (fake_is(name, NCRYPT_ALGORITHM_PROPERTY)) {
            /* Fact (seen by others): no more than the group */
            return ENGINE(NCryptGetProperty)(key, NCRYPT_ALGORITHM_GROUP_PROPERTY, out, room, result, 0);
        }
    }
    *known = false;
    return ERROR_SUCCESS;
}

/* What the test has said: true when it has. */
static bool get_scripted(LPCWSTR name, PBYTE out, DWORD room, DWORD *result, SECURITY_STATUS *status)
{
    char narrow[64] = {0};
    struct answer said = {0};

    for (size_t i = 0; name != NULL && name[i] != 0 && i < sizeof narrow - 1; i++) {
        narrow[i] = (char)name[i];
    }
    pthread_mutex_lock(&fake_lock);
    for (int i = 0; i < FAKE_ANSWERS; i++) {
        if (fake.properties[i].is_set && strcmp(fake.properties[i].name, narrow) == 0) {
            said = fake.properties[i];
        }
    }
    pthread_mutex_unlock(&fake_lock);
    if (said.is_set) {
        *status = said.status != 0 ? FAKE_CODE(said.status) : give_number(said.value, out, room, result);
    }
    return said.is_set;
}

SECURITY_STATUS WINAPI NCryptGetProperty(NCRYPT_HANDLE hObject, LPCWSTR pszProperty, PBYTE pbOutput, DWORD cbOutput,
                                         DWORD *pcbResult, DWORD dwFlags)
{
    enum kind kind;
    bool known = false;
    bool is_key = false;
    SECURITY_STATUS status = fake_before(hObject, "NCryptGetProperty", dwFlags, &kind);
    struct mark *found;

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (kind != NOBODY && !(dwFlags & NCRYPT_PERSIST_ONLY_FLAG)) {
        pthread_mutex_lock(&fake_lock);
        found = fake_find(hObject);
        is_key = found != NULL && found->is_key;
        pthread_mutex_unlock(&fake_lock);
        if (is_key && get_scripted(pszProperty, pbOutput, cbOutput, pcbResult, &status)) {
            return status;
        }
        status = is_key ? get_of_key(hObject, kind, pszProperty, pbOutput, cbOutput, pcbResult, &known)
                        : get_of_provider(kind, pszProperty, pbOutput, cbOutput, pcbResult, &known);
    }
    if (!known) {
        status = ENGINE(NCryptGetProperty)(hObject, pszProperty, pbOutput, cbOutput, pcbResult, dwFlags);
        if (status == ERROR_SUCCESS && is_key && pbOutput != NULL &&
            fake_is(pszProperty, NCRYPT_PROVIDER_HANDLE_PROPERTY)) {
            pthread_mutex_lock(&fake_lock);
            fake_mark(*(ULONG_PTR *)(void *)pbOutput, kind, NULL);
            pthread_mutex_unlock(&fake_lock);
        }
    }
    return status;
}

static SECURITY_STATUS set_pin(NCRYPT_KEY_HANDLE key, enum kind kind, LPCWSTR name, const uint8_t *data, DWORD size)
{
    uint64_t pin = fake_hash(data, size);
    bool is_mine = fake_is(name, kind == CARD ? CARD_PIN : PLATFORM_PIN);
    struct mark *found;

    if (!is_mine) {
        return NTE_NOT_SUPPORTED;
    }
    /* Fact (documentation; code of others): text in UTF-16 with its NUL. */
    if (size < 2 || size % 2 != 0 || data[size - 2] != 0 || data[size - 1] != 0) {
        return NTE_INVALID_PARAMETER;
    }
    pthread_mutex_lock(&fake_lock);
    snprintf(fake.pin_log, sizeof fake.pin_log, "%s %u", kind == CARD ? "SmartCardPin" : "PCP_USAGEAUTH",
             (unsigned)size);
    found = fake_find(key);
    if (kind == CARD) {
        fake.card_given = pin;
    } else if (found != NULL) {
        found->given = pin;
    }
    pthread_mutex_unlock(&fake_lock);
    return ERROR_SUCCESS;
}

/* Not 0: what the device refuses. */
static SECURITY_STATUS refusal(NCRYPT_KEY_HANDLE key, enum kind kind, LPCWSTR name, const uint8_t *data, DWORD size,
                               DWORD flags)
{
    DWORD value = 0;
    struct mark *found;
    bool named;

    pthread_mutex_lock(&fake_lock);
    found = fake_find(key);
    named = found != NULL && found->named;
    pthread_mutex_unlock(&fake_lock);
    if (size == sizeof value) {
        memcpy(&value, data, sizeof value);
    }
    if (kind == PLATFORM && !named && flags & NCRYPT_PERSIST_ONLY_FLAG) {
        return NTE_BAD_FLAGS; /* Fact (seen by others) */
    }
    if (kind == PLATFORM && fake_is(name, NCRYPT_LENGTH_PROPERTY) && value > LONGEST_RSA) {
        return NTE_INVALID_PARAMETER; /* Fact (seen by others): for RSA-4096, when the length is set */
    }
    if (kind == CARD && fake_is(name, NCRYPT_EXPORT_POLICY_PROPERTY) && value != 0) {
        return NTE_INVALID_PARAMETER; /* Fact (seen by others) */
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI NCryptSetProperty(NCRYPT_HANDLE hObject, LPCWSTR pszProperty, PBYTE pbInput, DWORD cbInput,
                                         DWORD dwFlags)
{
    enum kind kind;
    SECURITY_STATUS status = fake_before(hObject, "NCryptSetProperty", dwFlags, &kind);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (kind != NOBODY && (fake_is(pszProperty, CARD_PIN) || fake_is(pszProperty, PLATFORM_PIN))) {
        return set_pin(hObject, kind, pszProperty, pbInput, cbInput);
    }
    if (kind != NOBODY) {
        status = refusal(hObject, kind, pszProperty, pbInput, cbInput, dwFlags);
    }
    return status != ERROR_SUCCESS ? status
                                   : ENGINE(NCryptSetProperty)(hObject, pszProperty, pbInput, cbInput, dwFlags);
}

/* ---- for the tests -------------------------------------------------------------------------------------------------
 */

/* What was set is forgotten, handles are not. The PIN is ASCII, NULL for none; a card takes that many wrong ones. */
void fake_start(const char *pin, uint32_t tries);
void fake_start(const char *pin, uint32_t tries)
{
    WCHAR text[64] = {0};

    pthread_mutex_lock(&fake_lock);
    for (size_t i = 0; pin != NULL && pin[i] != 0 && i < 63; i++) {
        text[i] = (WCHAR)pin[i];
    }
    memset(fake.functions, 0, sizeof fake.functions);
    memset(fake.properties, 0, sizeof fake.properties);
    memset(fake.auths, 0, sizeof fake.auths);
    fake.card_pin = pin == NULL ? 0 : fake_hash(text, 2 * fake_units(text) + 2);
    fake.card_given = 0;
    fake.card_open = false;
    fake.card_limit = fake.card_tries = tries;
    fake.module_tries = fake.dialogs = 0;
    fake.wants_ui = false;
    fake.pin_log[0] = 0;
    memset(text, 0, sizeof text);
    pthread_mutex_unlock(&fake_lock);
}

/* The next calls of a function with a device's handle answer that and do nothing. */
void fake_next(const char *function, uint32_t status, uint32_t times);
void fake_next(const char *function, uint32_t status, uint32_t times)
{
    struct answer *answer;

    pthread_mutex_lock(&fake_lock);
    answer = fake_answer(fake.functions, function);
    answer->status = status;
    answer->times = times;
    pthread_mutex_unlock(&fake_lock);
}

/* A property of keys: that number, or that failure. */
void fake_say(const char *property, uint32_t value, uint32_t status);
void fake_say(const char *property, uint32_t value, uint32_t status)
{
    struct answer *answer;

    pthread_mutex_lock(&fake_lock);
    answer = fake_answer(fake.properties, property);
    answer->is_set = true;
    answer->value = value;
    answer->status = status;
    pthread_mutex_unlock(&fake_lock);
}

/* From now on each call would have to ask the user. */
void fake_want_ui(void);
void fake_want_ui(void)
{
    fake.wants_ui = true;
}

/* From now on signatures wait, until it is 0 again. */
void fake_hold(uint32_t hold);
void fake_hold(uint32_t hold)
{
    atomic_store(&fake.waiting, false);
    atomic_store(&fake.hold, hold != 0);
}

uint32_t fake_waiting(void);
uint32_t fake_waiting(void)
{
    return atomic_load(&fake.waiting);
}

uint32_t fake_calls(const char *function);
uint32_t fake_calls(const char *function)
{
    return fake_answer(fake.functions, function)->calls;
}

uint32_t fake_tries(void);
uint32_t fake_tries(void)
{
    return fake.card_tries;
}

uint32_t fake_module_tries(void);
uint32_t fake_module_tries(void)
{
    return fake.module_tries;
}

uint32_t fake_dialogs(void);
uint32_t fake_dialogs(void)
{
    return fake.dialogs;
}

const char *fake_pin_log(void);
const char *fake_pin_log(void)
{
    return fake.pin_log;
}

/* How often an ASCII text stands in this process's writable memory as UTF-16. It is compared letter by letter, so that
 * the search itself makes no copy. */
uint32_t fake_search(const char *text);
uint32_t fake_search(const char *text)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    size_t size = strlen(text);
    uint32_t found = 0;
    char line[512];

    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        unsigned long long from;
        unsigned long long to;
        char rights[5];

        if (sscanf(line, "%llx-%llx %4s", &from, &to, rights) != 3 || strncmp(rights, "rw", 2) != 0) {
            continue;
        }
        for (const char *at = (const char *)(uintptr_t)from; at + 2 * size <= (const char *)(uintptr_t)to; at += 2) {
            size_t same = 0;

            while (same < size && at[2 * same] == text[same] && at[2 * same + 1] == 0) {
                same++;
            }
            found += same == size;
        }
    }
    if (maps != NULL) {
        fclose(maps);
    }
    return found;
}
