# SPDX-License-Identifier: MIT

from cpython.pythread cimport PyThread_get_thread_ident
from libc.stdint cimport uint32_t

from ncrypt_ext.ncrypt cimport ncx_error_detail
from ncrypt_ext.wintypes cimport SECURITY_STATUS

from ncrypt_ext.errors import error_from_status

# What a Python callback of a running native call raised, by thread: the cause of the failure that
# the call is going to report.
cdef dict causes = {}


cdef str detail_text(SECURITY_STATUS status):
    """What the implementation has to say about this thread's last failure."""
    cdef char text[512]
    cdef uint32_t size = ncx_error_detail(status, text, sizeof(text))
    if size == 0:
        return ""
    return (<bytes>text[:size]).decode("utf-8", "replace")


cdef int remember_cause(object error) except -1:
    causes[PyThread_get_thread_ident()] = error
    return 0


cpdef int fail(SECURITY_STATUS status, str function) except -1:
    cause = causes.pop(PyThread_get_thread_ident(), None)
    if cause is not None and not isinstance(cause, Exception):
        raise cause  # KeyboardInterrupt, SystemExit: nobody's to translate
    raise error_from_status(<uint32_t>status, function, detail_text(status)) from cause
