# SPDX-License-Identifier: MIT

from libc.stdint cimport uint32_t

from ncrypt_ext._status cimport detail_text
from ncrypt_ext.wintypes cimport DWORD, SECURITY_STATUS

from ncrypt_ext.errors import error_from_status

cdef enum:
    FACILITY_WIN32 = 0x80070000


cdef int capi_fail(DWORD error, str function) except -1:
    """A number of Win32's own is told as the HRESULT that stands for it, like those of ncrypt."""
    cdef uint32_t status = error
    if status <= 0xFFFF:
        status |= <uint32_t>FACILITY_WIN32
    raise error_from_status(status, function, detail_text(<SECURITY_STATUS>error))
