/* SPDX-License-Identifier: MIT
 *
 * CryptGetProvParam, CryptGetKeyParam. Strings are ANSI on Windows and UTF-8 here.
 */
#include <stdlib.h>

#include "common/utf16.h"
#include "wincrypt/internal.h"

#define VERSION       0x200
#define MAX_TEXT      (3 * STORE_MAX_NAME + 1) /* bytes of the longest name */
#define KEY_RIGHTS    (CRYPT_ENCRYPT | CRYPT_DECRYPT | CRYPT_READ | CRYPT_WRITE | CRYPT_MAC)
#define ENUM_FLAGS    (CRYPT_FIRST | CRYPT_NEXT)
#define IS_HIGH(unit) (((unit) & 0xFC00u) == 0xD800u)
#define IS_LOW(unit)  (((unit) & 0xFC00u) == 0xDC00u)

/* ---- names as bytes ------------------------------------------------------------------------------------------- */

static size_t put_code_point(char *out, uint32_t point)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xC0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xE0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (point & 0x3F));
    return 4;
}

/* At most STORE_MAX_NAME units. A lone surrogate is written as any other unit, so that no two names look the same. */
static SECURITY_STATUS output_text(const WCHAR *name, BYTE *out, DWORD *out_size)
{
    char text[MAX_TEXT];
    size_t size = 0;

    for (size_t i = 0; i < STORE_MAX_NAME && name[i] != 0; i++) {
        uint32_t point = name[i];

        if (IS_HIGH(point) && IS_LOW(name[i + 1])) {
            point = 0x10000 + ((point & 0x3FFu) << 10 | (name[++i] & 0x3FFu));
        }
        size += put_code_point(text + size, point);
    }
    text[size++] = '\0';
    return capi_output(text, size, out, out_size);
}

/* ---- containers, one a call ----------------------------------------------------------------------------------- */

static SECURITY_STATUS take_lister(struct capi_context *context, bool first, struct lister **out)
{
    struct lister *lister;

    pthread_mutex_lock(&context->lock);
    lister = context->lister;
    context->lister = NULL;
    pthread_mutex_unlock(&context->lock);
    if (lister == NULL || first) {
        free(lister);
        lister = calloc(1, sizeof *lister);
        if (lister == NULL) {
            return status_no_memory();
        }
        lister->provider = context->provider;
        lister->scope = context->machine ? STORE_MACHINE : STORE_USER;
    }
    *out = lister;
    return ERROR_SUCCESS;
}

/* Another thread's call may have put one there meanwhile: the last one counts. */
static void return_lister(struct capi_context *context, struct lister *lister)
{
    struct lister *other;

    pthread_mutex_lock(&context->lock);
    other = context->lister;
    context->lister = lister;
    pthread_mutex_unlock(&context->lock);
    free(other);
}

/* A container's own row stands for it, and a CNG key's where there is none. */
static SECURITY_STATUS stands_for_container(const struct capi_context *context, const struct store_record *record,
                                            bool *stands)
{
    struct store *store = NULL;
    SECURITY_STATUS status;

    *stands = store_slot(record) == STORE_SLOT_CONTAINER;
    if (store_slot(record) != STORE_SLOT_KEY || (record->flags & STORE_FLAG_LEGACY) == 0) {
        return ERROR_SUCCESS;
    }
    status = capi_context_store(context, false, &store);
    if (status == ERROR_SUCCESS) {
        status = store_exists(store, record->name, STORE_SLOT_CONTAINER);
    }
    store_release(store);
    *stands = status == NTE_BAD_KEYSET;
    return status == NTE_BAD_KEYSET ? ERROR_SUCCESS : status;
}

static SECURITY_STATUS next_container(const struct capi_context *context, struct lister *lister, BYTE *out,
                                      DWORD *out_size)
{
    const struct store_record *record = NULL;
    bool stands = false;
    SECURITY_STATUS status = ERROR_SUCCESS;

    while (status == ERROR_SUCCESS && !stands) {
        status = lister_peek(lister, &record);
        if (status == ERROR_SUCCESS) {
            status = stands_for_container(context, record, &stands);
        }
        if (status == ERROR_SUCCESS && !stands) {
            lister_advance(lister);
        }
    }
    if (status == NTE_NO_MORE_ITEMS) {
        return status_fail(ERROR_NO_MORE_ITEMS, "there are no more containers");
    }
    if (status == ERROR_SUCCESS) {
        status = output_text(record->name, out, out_size);
    }
    if (status == ERROR_SUCCESS) {
        lister_advance(lister);
    }
    return status;
}

/* A size query answers for the longest name that there can be, and CRYPT_FIRST begins anew with it, too. */
static SECURITY_STATUS enumerate(struct capi_context *context, BYTE *out, DWORD *out_size, uint32_t flags)
{
    struct lister *lister = NULL;
    SECURITY_STATUS status = ERROR_SUCCESS;

    if (flags == ENUM_FLAGS) {
        return status_fail(NTE_BAD_FLAGS, "CRYPT_FIRST and CRYPT_NEXT exclude each other");
    }
    if (out != NULL || (flags & CRYPT_FIRST)) {
        status = take_lister(context, (flags & CRYPT_FIRST) != 0, &lister);
    }
    if (status != ERROR_SUCCESS) {
        return status;
    }
    if (out == NULL) {
        *out_size = MAX_TEXT;
    } else {
        status = next_container(context, lister, out, out_size);
    }
    if (lister != NULL) {
        return_lister(context, lister);
    }
    return status;
}

/* ---- providers ------------------------------------------------------------------------------------------------ */

static SECURITY_STATUS unique_container(const struct capi_context *context, BYTE *out, DWORD *out_size)
{
    WCHAR unique[65];
    struct store *store = NULL;
    SECURITY_STATUS status;

    if (context->container == NULL) {
        return output_text(u"", out, out_size);
    }
    status = capi_context_store(context, false, &store);
    if (status == ERROR_SUCCESS) {
        status = store_unique_name(store, context->container, STORE_SLOT_CONTAINER, unique);
    }
    store_release(store);
    return status == ERROR_SUCCESS ? output_text(unique, out, out_size) : status;
}

static SECURITY_STATUS provider_value(struct capi_context *context, uint32_t parameter, BYTE *out, DWORD *out_size,
                                      uint32_t flags)
{
    switch (parameter) {
    case PP_ENUMCONTAINERS:
        return enumerate(context, out, out_size, flags);
    case PP_IMPTYPE:
        return capi_output_dword(CRYPT_IMPL_SOFTWARE, out, out_size);
    case PP_NAME:
        return output_text(context->row->name, out, out_size);
    case PP_VERSION:
        return capi_output_dword(VERSION, out, out_size);
    case PP_CONTAINER:
        return output_text(context->container == NULL ? u"" : context->container, out, out_size);
    case PP_PROVTYPE:
        return capi_output_dword(context->row->type, out, out_size);
    case PP_KEYSET_TYPE:
        return capi_output_dword(context->machine ? CRYPT_MACHINE_KEYSET : 0, out, out_size);
    case PP_UNIQUE_CONTAINER:
        return unique_container(context, out, out_size);
    case PP_KEYSPEC:
        return capi_output_dword(AT_KEYEXCHANGE | AT_SIGNATURE, out, out_size);
    default:
        return status_fail(NTE_BAD_TYPE, "parameter %u is not supported", (unsigned)parameter);
    }
}

static SECURITY_STATUS get_provider(HCRYPTPROV handle, uint32_t parameter, BYTE *out, DWORD *out_size, uint32_t flags)
{
    struct capi_context *context = NULL;
    SECURITY_STATUS status = capi_context_acquire(handle, &context);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = capi_check_flags(flags, parameter == PP_ENUMCONTAINERS ? ENUM_FLAGS : 0);
    if (status == ERROR_SUCCESS && out_size == NULL) {
        status = status_fail(ERROR_INVALID_PARAMETER, "pdwDataLen is NULL");
    }
    if (status == ERROR_SUCCESS) {
        status = provider_value(context, parameter, out, out_size, flags);
    }
    handle_release(handle);
    return status;
}

BOOL WINAPI CryptGetProvParam(HCRYPTPROV hProv, DWORD dwParam, BYTE *pbData, DWORD *pdwDataLen, DWORD dwFlags)
{
    return capi_return("CryptGetProvParam", get_provider(hProv, dwParam, pbData, pdwDataLen, dwFlags));
}

/* ---- keys ----------------------------------------------------------------------------------------------------- */

static SECURITY_STATUS key_value(const struct key *key, uint32_t parameter, BYTE *out, DWORD *out_size)
{
    switch (parameter) {
    case KP_PERMISSIONS:
        return capi_output_dword(KEY_RIGHTS | (capi_key_exportable(key) ? CRYPT_EXPORT : 0u) |
                                     (capi_key_archivable(key) ? CRYPT_ARCHIVE : 0u),
                                 out, out_size);
    case KP_ALGID:
        return capi_output_dword(capi_key_algorithm(key), out, out_size);
    case KP_BLOCKLEN: /* both in bits */
    case KP_KEYLEN:
        return capi_output_dword(key->material->bits, out, out_size);
    default:
        return status_fail(NTE_BAD_TYPE, "parameter %u is not supported", (unsigned)parameter);
    }
}

static SECURITY_STATUS get_key(HCRYPTKEY handle, uint32_t parameter, BYTE *out, DWORD *out_size, uint32_t flags)
{
    struct key *key = NULL;
    SECURITY_STATUS status = capi_key_acquire(handle, &key);

    if (status != ERROR_SUCCESS) {
        return status;
    }
    status = capi_check_flags(flags, 0);
    if (status == ERROR_SUCCESS && out_size == NULL) {
        status = status_fail(ERROR_INVALID_PARAMETER, "pdwDataLen is NULL");
    }
    if (status == ERROR_SUCCESS) {
        status = key_value(key, parameter, out, out_size);
    }
    handle_release(handle);
    return status;
}

BOOL WINAPI CryptGetKeyParam(HCRYPTKEY hKey, DWORD dwParam, BYTE *pbData, DWORD *pdwDataLen, DWORD dwFlags)
{
    return capi_return("CryptGetKeyParam", get_key(hKey, dwParam, pbData, pdwDataLen, dwFlags));
}
