/* SPDX-License-Identifier: MIT
 *
 * What Python.h needs to know about 64-bit Windows when MinGW-w64 compiles an extension module. It stands beside a copy
 * of CPython's own headers.
 */
#ifndef Py_CONFIG_H
#define Py_CONFIG_H

#define MS_WIN32
#ifndef MS_WIN64
#define MS_WIN64
#endif
#define MS_WINDOWS
#define NT_THREADS
#define WITH_THREAD
#define PLATFORM   "win32"
#define PLATLIBDIR "lib"
#define COMPILER   "[gcc]"

#define Py_ENABLE_SHARED
#define HAVE_DECLSPEC_DLL
#define ALIGNOF_MAX_ALIGN_T 16
#define ALIGNOF_SIZE_T      8

#define SIZEOF_SHORT     2
#define SIZEOF_INT       4
#define SIZEOF_LONG      4
#define SIZEOF_LONG_LONG 8
#define SIZEOF_VOID_P    8
#define SIZEOF_SIZE_T    8
#define SIZEOF_TIME_T    8
#define SIZEOF_OFF_T     4
#define SIZEOF_FPOS_T    8
#define SIZEOF_HKEY      8
#define SIZEOF_PID_T     4
#define SIZEOF_WCHAR_T   2
#define SIZEOF_DOUBLE    8
#define SIZEOF_FLOAT     4
#define SIZEOF__BOOL     1

#define DOUBLE_IS_LITTLE_ENDIAN_IEEE754 1
#define STDC_HEADERS                    1
#define HAVE_CONIO_H                    1
#define HAVE_DIRECT_H                   1
#define HAVE_ERRNO_H                    1
#define HAVE_FCNTL_H                    1
#define HAVE_INTTYPES_H                 1
#define HAVE_IO_H                       1
#define HAVE_PROCESS_H                  1
#define HAVE_SIGNAL_H                   1
#define HAVE_STDDEF_H                   1
#define HAVE_STDINT_H                   1
#define HAVE_STDLIB_H                   1
#define HAVE_STRING_H                   1
#define HAVE_SYS_STAT_H                 1
#define HAVE_SYS_TYPES_H                1
#define HAVE_WCHAR_H                    1
#define HAVE_UINTPTR_T                  1
#define HAVE_SSIZE_T                    1
#define HAVE_HYPOT                      1
#define HAVE_STRFTIME                   1
#define HAVE_SYS_TIME_H                 1

#include <limits.h>
#include <stdio.h>
#include <sys/types.h>

#endif
