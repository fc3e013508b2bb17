# SPDX-License-Identifier: MIT

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport uint32_t, uintptr_t
from libc.stdlib cimport calloc, free

from ncrypt_ext._handle cimport TYPE_NOTIFICATION, Handle
from ncrypt_ext._status cimport check
from ncrypt_ext.ncrypt cimport (
    NCRYPT_REGISTER_NOTIFY_FLAG, NCRYPT_UNREGISTER_NOTIFY_FLAG, NCryptNotifyChangeKey,
    ncx_notification_wait,
)
from ncrypt_ext.wintypes cimport DWORD, SECURITY_STATUS

from time import monotonic

cdef enum:
    SLICE = 100  # milliseconds: so long does a wait not look for signals and close()
    LONGEST = 2000000000  # seconds: an int may be more than fits a number of C


@cython.linetrace(False)
cdef void unregister(uintptr_t value) noexcept nogil:
    cdef Registration *registration = <Registration *>value
    NCryptNotifyChangeKey(
        registration.provider, &registration.event, NCRYPT_UNREGISTER_NOTIFY_FLAG)
    free(registration)


@cython.final
cdef class KeyWatch(Handle):

    def __init__(self):
        raise TypeError("KeyWatch has no public constructor: use Provider.watch_keys()")

    def __repr__(self):
        return "<KeyWatch closed>" if self.closed else "<KeyWatch>"

    cdef bint look(self, DWORD milliseconds) except -1:
        cdef Registration *registration
        cdef uint32_t changed = 0
        cdef SECURITY_STATUS status
        self.enter()
        registration = <Registration *>self.lease.handle
        with nogil:
            status = ncx_notification_wait(registration.event, milliseconds, &changed)
            self.leave()
        check(status, "NCryptNotifyChangeKey")
        return changed

    def wait(self, timeout=None):
        cdef DWORD milliseconds = SLICE
        cdef double end = 0
        cdef double left
        if timeout is not None:
            if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
                raise TypeError(
                    f"timeout must be a number or None, not {type(timeout).__name__!r}")
            if not timeout >= 0:
                raise ValueError("timeout must not be negative")
            end = monotonic() + min(timeout, LONGEST)
        while True:
            if timeout is not None:
                left = end - monotonic()
                milliseconds = SLICE if left * 1000 >= SLICE else <DWORD>(max(left, 0.0) * 1000)
            if self.look(milliseconds):
                return True
            PyErr_CheckSignals()
            if timeout is not None and monotonic() >= end:
                return False

    @property
    def handle(self):
        self.enter()
        try:
            return <uintptr_t>(<Registration *>self.lease.handle).event
        finally:
            self.leave()

    def detach(self):
        cdef Registration *registration = <Registration *><uintptr_t>Handle.detach(self)
        event = <uintptr_t>registration.event
        free(registration)
        return event


cdef KeyWatch key_watch(Handle provider, DWORD flags):
    cdef KeyWatch watch = KeyWatch.__new__(KeyWatch)
    cdef Registration *registration = <Registration *>calloc(1, sizeof(Registration))
    cdef SECURITY_STATUS status
    cdef bint good = True
    if registration == NULL:
        raise MemoryError()
    try:
        provider.enter()
    except BaseException:
        free(registration)
        raise
    registration.provider = provider.lease.handle
    with nogil:
        status = NCryptNotifyChangeKey(
            registration.provider, &registration.event, NCRYPT_REGISTER_NOTIFY_FLAG | flags)
        if status == 0:
            good = watch.adopt_native(
                TYPE_NOTIFICATION, <uintptr_t>registration, unregister, provider.lease)
        else:
            free(registration)
        provider.leave()
    if not good:
        raise MemoryError()
    check(status, "NCryptNotifyChangeKey")
    return watch
