/* SPDX-License-Identifier: MIT
 *
 * python.exe for the assembled CPython: the interpreter itself is in its DLL.
 */
#include <wchar.h>

int Py_Main(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    return Py_Main(argc, argv);
}
