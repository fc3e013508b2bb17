/* SPDX-License-Identifier: MIT
 *
 * The one header that every extension module includes first. It makes the key storage API look alike everywhere:
 * on Windows it includes the SDK's (or MinGW's) headers and supplies what an older one lacks; elsewhere it includes
 * the headers beside it. At the end stand the few functions (ncx_*) by which the bindings ask the implementation
 * about itself; Windows has fixed answers to them.
 */
#ifndef NCRYPT_EXT_COMPAT_H
#define NCRYPT_EXT_COMPAT_H

#ifdef _WIN32

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <wincrypt.h>

#include <bcrypt.h>
#include <ncrypt.h>
#include <stdint.h>

#ifndef NCRYPT_ECDSA_ALGORITHM
#define NCRYPT_ECDSA_ALGORITHM L"ECDSA"
#endif
#ifndef NCRYPT_PUBLIC_LENGTH_PROPERTY
#define NCRYPT_PUBLIC_LENGTH_PROPERTY L"PublicKeyLength"
#endif
#ifndef NCRYPT_SIGNATURE_LENGTH_PROPERTY
#define NCRYPT_SIGNATURE_LENGTH_PROPERTY L"SignatureLength"
#endif
#ifndef NCRYPT_ECC_CURVE_NAME_PROPERTY
#define NCRYPT_ECC_CURVE_NAME_PROPERTY L"ECCCurveName"
#endif
#ifndef NCRYPTBUFFER_ECC_CURVE_NAME
#define NCRYPTBUFFER_ECC_CURVE_NAME 60
#endif
#ifndef NCRYPT_VBS_RETURN_CLAIM_DETAILS_FLAG
#define NCRYPT_VBS_RETURN_CLAIM_DETAILS_FLAG 0x00100000
#endif
#ifndef KDF_HKDF_SALT
#define KDF_HKDF_SALT 0x13
#endif
#ifndef KDF_HKDF_INFO
#define KDF_HKDF_INFO 0x14
#endif

#ifndef NCRYPT_PAD_PQDSA_FLAG
#define NCRYPT_PAD_PQDSA_FLAG 0x00000020
#endif

/* A function of ncrypt.dll, by its name; NULL where this Windows has none. */
static inline FARPROC ncx_find(const char *name)
{
    HMODULE library = GetModuleHandleW(L"ncrypt.dll");

    return library == NULL ? NULL : GetProcAddress(library, name);
}

/* Defines ncx_<name>(), which stands in for a function that is newer than some Windows on which the extensions are to
 * load: it is looked up when called, and where there is none the answer is NTE_NOT_SUPPORTED. */
#define NCRYPT_EXT_NEWER(name, parameters, arguments)                                                                  \
    static inline SECURITY_STATUS ncx_##name parameters                                                                \
    {                                                                                                                  \
        typedef SECURITY_STATUS(WINAPI * function_type) parameters;                                                    \
        function_type function = (function_type)(void (*)(void))ncx_find(#name);                                       \
                                                                                                                       \
        return function == NULL ? NTE_NOT_SUPPORTED : function arguments;                                              \
    }

/* Windows 11 of 2025 and later. */
NCRYPT_EXT_NEWER(NCryptEncapsulate,
                 (NCRYPT_KEY_HANDLE hKey, PBYTE pbSecretKey, ULONG cbSecretKey, ULONG *pcbSecretKey, PBYTE pbCipherText,
                  ULONG cbCipherText, ULONG *pcbCipherText, ULONG dwFlags),
                 (hKey, pbSecretKey, cbSecretKey, pcbSecretKey, pbCipherText, cbCipherText, pcbCipherText, dwFlags))

NCRYPT_EXT_NEWER(NCryptDecapsulate,
                 (NCRYPT_KEY_HANDLE hKey, PBYTE pbCipherText, ULONG cbCipherText, PBYTE pbSecretKey, ULONG cbSecretKey,
                  ULONG *pcbSecretKey, ULONG dwFlags),
                 (hKey, pbCipherText, cbCipherText, pbSecretKey, cbSecretKey, pcbSecretKey, dwFlags))

/* "native": Windows' own DLLs do the work. */
static inline const char *ncx_implementation(void)
{
    return "native";
}

/* One line about the libraries at work, for doctor(). */
static inline const char *ncx_versions(void)
{
    return ncx_find("NCryptEncapsulate") != NULL
               ? "ncrypt.dll, bcrypt.dll"
               : "ncrypt.dll, bcrypt.dll; this Windows has no NCryptEncapsulate and NCryptDecapsulate";
}

/* Windows keeps no text for the last failure. */
static inline uint32_t ncx_error_detail(SECURITY_STATUS status, char *text, uint32_t size)
{
    (void)status;
    (void)text;
    (void)size;
    return 0;
}

/* Live objects of the implementation by type, as below; Windows does not count them. */
static inline uint64_t ncx_live_handles(uint32_t type)
{
    (void)type;
    return 0;
}

/* Windows cannot be asked to give up a key generation. */
static inline void ncx_set_interrupt(int (*poll)(void *context), void *context)
{
    (void)poll;
    (void)context;
}

static inline void ncx_get_interrupt(int (**poll)(void *context), void **context)
{
    *poll = NULL;
    *context = NULL;
}

/* As below. A handle of another kind than those of FindFirstChangeNotification() is an event. */
static inline SECURITY_STATUS ncx_notification_wait(HANDLE event, uint32_t milliseconds, uint32_t *changed)
{
    const DWORD signalled = 0; /* WAIT_OBJECT_0, which some headers do not let see */
    DWORD answer = WaitForSingleObject(event, milliseconds);

    if (answer == signalled && !FindNextChangeNotification(event) && !ResetEvent(event)) {
        answer = WAIT_FAILED;
    }
    if (answer != signalled && answer != WAIT_TIMEOUT) {
        return HRESULT_FROM_WIN32(GetLastError());
    }
    *changed = answer == signalled;
    return 0;
}

/* Windows ends its threads before it cleans up. */
static inline int ncx_at_exit(void (*callback)(void))
{
    (void)callback;
    return 0;
}

#else

#include "ncrypt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* On Windows these two are looked up when called. */
static inline SECURITY_STATUS ncx_NCryptEncapsulate(NCRYPT_KEY_HANDLE hKey, PBYTE pbSecretKey, ULONG cbSecretKey,
                                                    ULONG *pcbSecretKey, PBYTE pbCipherText, ULONG cbCipherText,
                                                    ULONG *pcbCipherText, ULONG dwFlags)
{
    return NCryptEncapsulate(hKey, pbSecretKey, cbSecretKey, pcbSecretKey, pbCipherText, cbCipherText, pcbCipherText,
                             dwFlags);
}

static inline SECURITY_STATUS ncx_NCryptDecapsulate(NCRYPT_KEY_HANDLE hKey, PBYTE pbCipherText, ULONG cbCipherText,
                                                    PBYTE pbSecretKey, ULONG cbSecretKey, ULONG *pcbSecretKey,
                                                    ULONG dwFlags)
{
    return NCryptDecapsulate(hKey, pbCipherText, cbCipherText, pbSecretKey, cbSecretKey, pcbSecretKey, dwFlags);
}

/* "portable": the engine of this package does the work. */
const char *ncx_implementation(void);

/* One line about the libraries at work, for doctor(): a static string. */
const char *ncx_versions(void);

/* What exactly went wrong when this thread last got `status`: UTF-8, NUL-terminated, cut to `size` bytes. Returns the
 * length without the NUL, 0 when there is nothing to say. Asking clears it. */
uint32_t ncx_error_detail(SECURITY_STATUS status, char *text, uint32_t size);

/* Live entries of the handle table by type: 0 providers, 1 keys, 2 algorithm providers of the bcrypt functions, 3 their
 * keys, 4 CryptoAPI contexts, 5 their keys, 6 their hashes; of web services 7 errors, 8 heaps, 9 XML buffers, 10
 * readers, 11 writers, 12 tokens, 13 channels, 14 messages; 15 certificate stores, 16 agreed secrets, 17
 * notifications. */
uint64_t ncx_live_handles(uint32_t type);

/* While set, long operations of this thread (key generation) call `poll` every few milliseconds and give up with
 * NTE_USER_CANCELLED when it returns non-zero. NULL unsets. */
void ncx_set_interrupt(int (*poll)(void *context), void *context);

/* What is set now, for a `poll` in which another long operation runs with one of its own. */
void ncx_get_interrupt(int (**poll)(void *context), void **context);

/* Waits for a notification of NCryptNotifyChangeKey() and arms it anew: `*changed` is 1 when the keys have changed
 * since it was registered or last said so, 0 when they have not within that many milliseconds. A change is never
 * missed, and may be told where there was none. NTE_INVALID_HANDLE also when it is ended meanwhile. */
SECURITY_STATUS ncx_notification_wait(HANDLE event, uint32_t milliseconds, uint32_t *changed);

/* Has `callback` called when the process exits, while other threads may still be inside the engine and before the
 * libraries under it are cleaned up. Returns 0, or another number when that cannot be. */
int ncx_at_exit(void (*callback)(void));

#ifdef __cplusplus
}
#endif

#endif

/* BCRYPT_PQDSA_PADDING_INFO, which an older bcrypt.h does not have. */
typedef struct ncx_pqdsa_padding_info {
    PUCHAR pbCtx;
    ULONG cbCtx;
    LPCWSTR pszPrehashAlgId;
} ncx_pqdsa_padding_info;

#endif
