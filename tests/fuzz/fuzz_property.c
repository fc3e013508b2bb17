/* SPDX-License-Identifier: MIT
 *
 * NCryptSetProperty with any bytes, of a key that is being made, of a provider and of an agreed secret. The input: a
 * byte for the object, then one step after the other: a byte for the property (or to finalize the key), one for the
 * flags, two for how many bytes its value has, and these. A stored key is in a store of the target's own.
 */
#include "../engine/ncrypt_support.h"
#include "common/utf16.h"
#include "key_support.h"
#include "property_tables.h"

enum { TEXT_UNITS = 32, LONG_UNITS = 0x8000, QUICK_LENGTH = 521 };

/* In the byte of the flags; and what is wrong with the call, or that the key is used. */
enum { RAW = 0x80, FINALIZE = 0xFF, NO_VALUE = 0x60, NO_NAME, TOO_LARGE, NO_SIZE, USE, LONG_TEXT };

struct step {
    const WCHAR *name;
    bool finalize, use, long_text;
    DWORD flags;
    bool raw; /* the value as it is, also where pointers are asked for */
    const uint8_t *value;
    DWORD size;
};

static void spoil(struct step *step, unsigned how)
{
    static const uint8_t large[NCRYPT_MAX_PROPERTY_DATA + 1];

    switch (how) {
    case NO_VALUE:
        step->value = NULL;
        break;
    case NO_SIZE:
        step->value = NULL;
        step->size = 0;
        break;
    case NO_NAME:
        step->name = NULL;
        break;
    case TOO_LARGE:
        step->value = large;
        step->size = sizeof large;
        break;
    default:
        return;
    }
    step->raw = true;
}

static bool next_step(const uint8_t **data, size_t *size, struct step *step)
{
    const uint8_t *at = *data;

    if (*size < 4 || (at[0] != FINALIZE && at[0] >= COUNT(names))) {
        return false;
    }
    step->finalize = at[0] == FINALIZE;
    step->use = at[1] == USE;
    step->long_text = at[1] == LONG_TEXT;
    step->name = step->finalize ? NULL : names[at[0]];
    step->flags = at[1] >= NO_VALUE && at[1] <= LONG_TEXT ? 0 : flags_of[(at[1] & ~RAW) % COUNT(flags_of)];
    step->raw = (at[1] & RAW) != 0;
    step->size = at[2] | (DWORD)at[3] << 8;
    if (step->size > *size - 4) {
        step->size = (DWORD)(*size - 4);
    }
    step->value = at + 4;
    *data += 4 + step->size;
    *size -= 4 + step->size;
    spoil(step, at[1]);
    return true;
}

static bool failed(SECURITY_STATUS status)
{
    REQUIRE(status == ERROR_SUCCESS || status_sentence(status) != NULL);
    return status != ERROR_SUCCESS;
}

static void read_back(NCRYPT_HANDLE object, const WCHAR *name)
{
    static uint8_t out[ROOM];
    DWORD needed = 0, size = 0;

    if (failed(NCryptGetProperty(object, name, NULL, 0, &needed, 0))) {
        return;
    }
    REQUIRE(needed <= ROOM);
    REQUIRE(NCryptGetProperty(object, name, out, needed, &size, 0) == ERROR_SUCCESS && size == needed);
    REQUIRE(needed == 0 ||
            NCryptGetProperty(object, name, out, needed - 1, &size, 0) == (SECURITY_STATUS)NTE_BUFFER_TOO_SMALL);
}

/* The next of the texts that a NUL ends, in a block of its own; NULL when it is empty. */
static WCHAR *next_text(const uint8_t **data, size_t *size)
{
    size_t units = *size / sizeof(WCHAR) < TEXT_UNITS ? *size / sizeof(WCHAR) : TEXT_UNITS;
    WCHAR *text = calloc(units + 1, sizeof *text), *shorter;

    memcpy(text, *data, units * sizeof *text);
    for (units = 0; text[units] != 0;) {
        units++;
    }
    *data += units * sizeof *text;
    *size -= units * sizeof *text;
    if (*size >= sizeof *text) {
        *data += sizeof *text;
        *size -= sizeof *text;
    }
    shorter = units == 0 ? NULL : realloc(text, (units + 1) * sizeof *text);
    if (units == 0) {
        free(text);
    }
    return shorter;
}

static WCHAR *long_text(void)
{
    WCHAR *text = calloc(LONG_UNITS + 1, sizeof *text);

    REQUIRE(text != NULL);
    for (size_t i = 0; i < LONG_UNITS; i++) {
        text[i] = u't';
    }
    return text;
}

/* A value with pointers in it, which have to be right. */
static SECURITY_STATUS set_ui_policy(NCRYPT_HANDLE object, const struct step *step)
{
    NCRYPT_UI_POLICY policy = {.dwVersion = 1};
    const uint8_t *data = step->value;
    size_t size = step->size;
    WCHAR *texts[3];
    SECURITY_STATUS status;

    if (size > 0) {
        policy.dwVersion = data[0] & 1;
        policy.dwFlags = data[0] >> 1;
        data++;
        size--;
    }
    for (size_t i = 0; i < COUNT(texts); i++) {
        texts[i] = next_text(&data, &size);
    }
    if (step->long_text) {
        free(texts[2]);
        texts[2] = long_text();
    }
    policy.pszCreationTitle = texts[0];
    policy.pszFriendlyName = texts[1];
    policy.pszDescription = texts[2];
    status = SHORT_OF_MEMORY(NCryptSetProperty(object, step->name, (PBYTE)&policy, sizeof policy, step->flags));
    for (size_t i = 0; i < COUNT(texts); i++) {
        free(texts[i]);
    }
    return status;
}

static void set(NCRYPT_HANDLE object, const struct step *step)
{
    bool pointers = step->name != NULL && utf16_equal(step->name, NCRYPT_UI_POLICY_PROPERTY) &&
                    (!step->raw || step->size == sizeof(NCRYPT_UI_POLICY));

    (void)failed(pointers ? set_ui_policy(object, step)
                          : SHORT_OF_MEMORY(NCryptSetProperty(object, step->name, (PBYTE)(uintptr_t)step->value,
                                                              step->size, step->flags)));
    read_back(object, step->name);
}

/* Keys that take long to make are not made. */
static void finalize(NCRYPT_KEY_HANDLE key)
{
    DWORD length = 0, size = 0;
    SECURITY_STATUS status = NCryptGetProperty(key, NCRYPT_LENGTH_PROPERTY, (PBYTE)&length, sizeof length, &size, 0);

    if (status != ERROR_SUCCESS || length <= QUICK_LENGTH) {
        (void)failed(SHORT_OF_MEMORY(NCryptFinalizeKey(key, 0)));
    }
}

/* 0 when this libcrypto does not have it. */
static NCRYPT_KEY_HANDLE new_key(const WCHAR *algorithm)
{
    NCRYPT_KEY_HANDLE key = 0;
    SECURITY_STATUS status = NCryptCreatePersistedKey(the_provider(), &key, algorithm, NULL, 0, 0);

    REQUIRE(status == ERROR_SUCCESS || (status == NTE_NOT_SUPPORTED && key == 0));
    return key;
}

static NCRYPT_KEY_HANDLE finished_key(void)
{
    static NCRYPT_KEY_HANDLE key;
    DWORD policy = ANY_EXPORT;

    if (key == 0) {
        key = new_key(NCRYPT_ECDH_P256_ALGORITHM);
        REQUIRE(NCryptSetProperty(key, NCRYPT_EXPORT_POLICY_PROPERTY, (PBYTE)&policy, sizeof policy, 0) ==
                ERROR_SUCCESS);
        REQUIRE(NCryptFinalizeKey(key, 0) == ERROR_SUCCESS);
    }
    return key;
}

static NCRYPT_SECRET_HANDLE new_secret(void)
{
    NCRYPT_SECRET_HANDLE secret = 0;

    REQUIRE(NCryptSecretAgreement(finished_key(), finished_key(), &secret, 0) == ERROR_SUCCESS);
    return secret;
}

static NCRYPT_KEY_HANDLE named_key(void)
{
    NCRYPT_KEY_HANDLE key = 0;

    REQUIRE(NCryptCreatePersistedKey(the_provider(), &key, NCRYPT_ECDSA_P256_ALGORITHM, u"named", 0, 0) ==
            ERROR_SUCCESS);
    return key;
}

/* A handle of its own of a key that is always the same but for the properties that it has been given. */
static NCRYPT_KEY_HANDLE stored_key(void)
{
    NCRYPT_KEY_HANDLE key = 0;

    static bool made;

    if (!made) {
        made = true;
        REQUIRE(NCryptCreatePersistedKey(the_provider(), &key, NCRYPT_ECDSA_P256_ALGORITHM, u"stored", 0, 0) ==
                ERROR_SUCCESS);
        REQUIRE(NCryptFinalizeKey(key, 0) == ERROR_SUCCESS && NCryptFreeObject(key) == ERROR_SUCCESS);
    }
    REQUIRE(NCryptOpenKey(the_provider(), &key, u"stored", 0, 0) == ERROR_SUCCESS);
    return key;
}

static NCRYPT_KEY_HANDLE imported_key(void)
{
    DWORD size = 0;
    NCRYPT_KEY_HANDLE key = 0;
    uint8_t blob[200];

    REQUIRE(NCryptExportKey(finished_key(), 0, BCRYPT_ECCPRIVATE_BLOB, NULL, blob, sizeof blob, &size, 0) ==
            ERROR_SUCCESS);
    REQUIRE(NCryptImportKey(the_provider(), 0, BCRYPT_ECCPRIVATE_BLOB, NULL, &key, blob, size, 0) == ERROR_SUCCESS);
    return key;
}

static NCRYPT_HANDLE closed_key(void)
{
    NCRYPT_KEY_HANDLE key = new_key(NCRYPT_RSA_ALGORITHM);

    REQUIRE(NCryptFreeObject(key) == ERROR_SUCCESS);
    return key;
}

static bool is(const WCHAR *algorithm, const WCHAR *which)
{
    return algorithm != PROVIDER && utf16_equal(algorithm, which);
}

static NCRYPT_HANDLE new_object(const WCHAR *algorithm)
{
    if (algorithm == PROVIDER) {
        return the_provider();
    }
    if (is(algorithm, STORED)) {
        return stored_key();
    }
    if (is(algorithm, IMPORTED)) {
        return imported_key();
    }
    if (is(algorithm, CLOSED)) {
        return closed_key();
    }
    if (is(algorithm, NAMED)) {
        return named_key();
    }
    return is(algorithm, SECRET) ? new_secret() : new_key(algorithm);
}

static void fuzz_input(const uint8_t *data, size_t size)
{
    const WCHAR *algorithm;
    NCRYPT_HANDLE object;
    struct step step;

    if (home_owner == 0) {
        home_make();
    }
    if (size == 0 || data[0] >= COUNT(algorithms)) {
        return;
    }
    algorithm = algorithms[data[0]];
    object = new_object(algorithm);
    data++;
    size--;
    while (object != 0 && next_step(&data, &size, &step)) {
        if (step.use && NCryptIsKeyHandle(object)) {
            use_key(object, false);
        } else if (!step.finalize) {
            set(object, &step);
        } else if (NCryptIsKeyHandle(object) && !is(algorithm, NAMED)) {
            finalize(object);
        }
    }
    if (object != 0 && object != the_provider() && !is(algorithm, CLOSED)) {
        REQUIRE(NCryptFreeObject(object) == ERROR_SUCCESS);
    }
}
