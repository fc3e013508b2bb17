/* SPDX-License-Identifier: MIT
 *
 * How long one NCryptGetProperty takes without any binding, for benchmarks/windows_calls.py: a DLL.
 */
#include <windows.h>

#include <ncrypt.h>

__declspec(dllexport) int native_call(NCRYPT_HANDLE key, LPCWSTR name, int rounds, double *nanoseconds)
{
    LARGE_INTEGER frequency, start, end;
    BYTE value[256];
    DWORD size;
    SECURITY_STATUS status = ERROR_SUCCESS;

    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&start);
    for (int i = 0; i < rounds && status == ERROR_SUCCESS; i++) {
        status = NCryptGetProperty(key, name, value, sizeof(value), &size, 0);
    }
    QueryPerformanceCounter(&end);
    *nanoseconds = (double)(end.QuadPart - start.QuadPart) * 1e9 / (double)frequency.QuadPart / rounds;
    return status;
}
