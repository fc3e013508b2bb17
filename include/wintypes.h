/* SPDX-License-Identifier: MIT
 *
 * The Windows scalar types, for platforms without the Windows SDK. Widths are those of the Windows ABI on every
 * platform: LONG and DWORD are 32 bits wide also where the C type long has 64, and WCHAR is one UTF-16 code unit.
 */
#ifndef NCRYPT_EXT_WINTYPES_H
#define NCRYPT_EXT_WINTYPES_H

#ifdef _WIN32
#error "wintypes.h replaces the Windows SDK where there is none; on Windows include <windows.h>"
#endif

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define NCRYPT_EXT_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define NCRYPT_EXT_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

#define WINAPI
#define CALLBACK

typedef void *PVOID;
typedef int32_t BOOL;
typedef uint8_t BYTE, *PBYTE, UCHAR, *PUCHAR;
typedef uint16_t WORD, USHORT, LANGID;
typedef int32_t LONG;
typedef uint32_t DWORD, *LPDWORD, ULONG, *PULONG;
typedef int64_t LONGLONG;
typedef uint64_t ULONGLONG;
typedef uintptr_t ULONG_PTR;
typedef size_t SIZE_T;
typedef LONG HRESULT;
typedef LONG SECURITY_STATUS;
typedef void *HWND;
typedef void *HANDLE;

#ifdef __cplusplus
typedef char16_t WCHAR;
#else
typedef uint16_t WCHAR;
#endif
typedef char *LPSTR;
typedef const char *LPCSTR;
typedef WCHAR *PWSTR, *LPWSTR;
typedef const WCHAR *PCWSTR, *LPCWSTR;

typedef struct _GUID {
    uint32_t Data1;
    uint16_t Data2;
    uint16_t Data3;
    uint8_t Data4[8];
} GUID;

typedef struct _FILETIME {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME;

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

NCRYPT_EXT_STATIC_ASSERT(sizeof(LONG) == 4 && sizeof(DWORD) == 4, "LONG and DWORD have 32 bits");
NCRYPT_EXT_STATIC_ASSERT(sizeof(WCHAR) == 2, "WCHAR is a UTF-16 code unit");
NCRYPT_EXT_STATIC_ASSERT(sizeof(ULONG_PTR) == sizeof(void *), "handles are as wide as pointers");
NCRYPT_EXT_STATIC_ASSERT(sizeof(FILETIME) == 8, "FILETIME is two DWORDs");

#endif
