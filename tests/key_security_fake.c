/* SPDX-License-Identifier: MIT
 *
 * Stands in for Windows where the engine has nothing: "Security Descr" of a key, by the rules of the reference. For use
 * with LD_PRELOAD, before the engine's library; every other property goes through to that. There is one descriptor for
 * all keys. Each call for it is a line in the file that FAKE_LOG names: "get FLAGS STATUS" or "set FLAGS STATUS".
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ncrypt.h"

#define PARTS         4
#define PART_BITS     0x1Fu
#define HEAD          20
#define SELF_RELATIVE 0x8000u

typedef SECURITY_STATUS get_function(NCRYPT_HANDLE, LPCWSTR, PBYTE, DWORD, DWORD *, DWORD);
typedef SECURITY_STATUS set_function(NCRYPT_HANDLE, LPCWSTR, PBYTE, DWORD, DWORD);

/* In the order of the bits that name them: owner, group, DACL, SACL. */
struct part {
    uint32_t field;   /* where its offset is in the head */
    uint16_t control; /* the bits of the head that belong to it */
    bool is_sid;
    uint8_t data[4096];
    uint32_t size;
    uint16_t set;
};

static struct part parts[PARTS] = {
    {.field = 4, .is_sid = true},
    {.field = 8, .is_sid = true},
    {.field = 16, .control = 0x1504},
    {.field = 12, .control = 0x2A10},
};

static void *engine(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);

    if (function == NULL) {
        abort();
    }
    return function;
}

static bool is_ours(const WCHAR *name)
{
    const WCHAR *ours = NCRYPT_SECURITY_DESCR_PROPERTY;

    while (name != NULL && *name == *ours && *ours != 0) {
        name++;
        ours++;
    }
    return name != NULL && *name == 0 && *ours == 0;
}

static SECURITY_STATUS logged(const char *what, DWORD flags, SECURITY_STATUS status)
{
    const char *path = getenv("FAKE_LOG");
    FILE *log = path == NULL ? NULL : fopen(path, "a");

    if (log == NULL || fprintf(log, "%s 0x%X 0x%X\n", what, (unsigned)flags, (unsigned)status) < 0 ||
        fclose(log) != 0) {
        abort();
    }
    return status;
}

static uint32_t length_of(const struct part *part, const uint8_t *data)
{
    uint16_t size;

    if (part->is_sid) {
        return 8u + 4u * data[1];
    }
    memcpy(&size, data + 2, sizeof size);
    return size;
}

static SECURITY_STATUS get_descriptor(uint8_t *out, DWORD size, DWORD *result, DWORD flags)
{
    uint8_t built[HEAD + sizeof parts] = {1};
    uint16_t control = SELF_RELATIVE;
    uint32_t end = HEAD;

    if ((flags & PART_BITS) == 0 || flags & ~(PART_BITS | NCRYPT_SILENT_FLAG)) {
        return NTE_BAD_FLAGS;
    }
    for (int i = 0; i < PARTS; i++) {
        if (flags & 1u << i && (parts[i].size > 0 || parts[i].set)) {
            control |= parts[i].set;
            memcpy(built + parts[i].field, parts[i].size ? &end : &(uint32_t){0}, sizeof end);
            memcpy(built + end, parts[i].data, parts[i].size);
            end += parts[i].size;
        }
    }
    memcpy(built + 2, &control, sizeof control);
    *result = end;
    if (out == NULL) {
        return ERROR_SUCCESS;
    }
    if (size < end) {
        return NTE_BUFFER_TOO_SMALL;
    }
    memcpy(out, built, end);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS set_descriptor(const uint8_t *data, DWORD size, DWORD flags)
{
    uint16_t control;

    if ((flags & PART_BITS) == 0 || flags & ~(PART_BITS | NCRYPT_SILENT_FLAG | NCRYPT_PERSIST_FLAG)) {
        return NTE_BAD_FLAGS;
    }
    if (data == NULL || size < HEAD || data[0] != 1) {
        return NTE_INVALID_PARAMETER;
    }
    memcpy(&control, data + 2, sizeof control);
    if (!(control & SELF_RELATIVE)) {
        return NTE_INVALID_PARAMETER;
    }
    for (int i = 0; i < PARTS; i++) {
        uint32_t at;

        if (!(flags & 1u << i)) {
            continue;
        }
        memcpy(&at, data + parts[i].field, sizeof at);
        if (at > size - 8 || (at != 0 && length_of(&parts[i], data + at) > size - at)) {
            return NTE_INVALID_PARAMETER;
        }
        parts[i].size = at == 0 ? 0 : length_of(&parts[i], data + at);
        parts[i].set = control & parts[i].control;
        memcpy(parts[i].data, data + at, parts[i].size);
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI NCryptGetProperty(NCRYPT_HANDLE hObject, LPCWSTR pszProperty, PBYTE pbOutput, DWORD cbOutput,
                                         DWORD *pcbResult, DWORD dwFlags)
{
    get_function *next = (get_function *)engine("NCryptGetProperty");

    if (!is_ours(pszProperty)) {
        return next(hObject, pszProperty, pbOutput, cbOutput, pcbResult, dwFlags);
    }
    return logged("get", dwFlags, get_descriptor(pbOutput, cbOutput, pcbResult, dwFlags));
}

SECURITY_STATUS WINAPI NCryptSetProperty(NCRYPT_HANDLE hObject, LPCWSTR pszProperty, PBYTE pbInput, DWORD cbInput,
                                         DWORD dwFlags)
{
    set_function *next = (set_function *)engine("NCryptSetProperty");

    if (!is_ours(pszProperty)) {
        return next(hObject, pszProperty, pbInput, cbInput, dwFlags);
    }
    return logged("set", dwFlags, set_descriptor(pbInput, cbInput, dwFlags));
}
