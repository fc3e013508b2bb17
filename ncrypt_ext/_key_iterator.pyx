# SPDX-License-Identifier: MIT

from libc.stdint cimport uint32_t

cimport cython

from ncrypt_ext._handle cimport Lease, lease_hold, lease_unhold
from ncrypt_ext._status cimport check
from ncrypt_ext._wide cimport narrow
from ncrypt_ext.ncrypt cimport (
    NCRYPT_MACHINE_KEY_FLAG, NCryptEnumKeys, NCryptFreeBuffer, NCryptKeyName,
)
from ncrypt_ext.wintypes cimport DWORD, SECURITY_STATUS

from _thread import allocate_lock

from ncrypt_ext.records import KeyInfo

cdef enum:
    NO_MORE_ITEMS = 0x8009002A
    NO_MORE_ITEMS_WIN32 = 0x80070103


cdef KeyIterator key_iterator(Lease *provider, DWORD flags):
    """The caller is inside a call of the provider."""
    cdef KeyIterator keys = KeyIterator.__new__(KeyIterator)
    keys.lock = allocate_lock()
    keys.flags = flags
    lease_hold(provider)
    keys.provider = provider
    return keys


@cython.final
cdef class KeyIterator:
    # cdef Lease *provider
    # cdef PVOID state
    # cdef DWORD flags
    # cdef object lock
    # cdef bint ended

    def __init__(self):
        raise TypeError("KeyIterator has no public constructor: use Provider.keys()")

    def __dealloc__(self):
        self.finish()

    cdef void finish(self) noexcept:
        if self.state != NULL:
            NCryptFreeBuffer(self.state)
            self.state = NULL
        if self.provider != NULL:
            lease_unhold(self.provider)
            self.provider = NULL

    def __iter__(self):
        return self

    def __next__(self):
        cdef NCryptKeyName *entry = NULL
        cdef SECURITY_STATUS status
        if self.lock is None:
            raise StopIteration
        if not self.lock.acquire(False):
            raise ValueError("this iterator is being read from already")
        try:
            if self.provider == NULL or self.ended:
                raise StopIteration
            with nogil:
                status = NCryptEnumKeys(self.provider.handle, NULL, &entry, &self.state,
                                        self.flags)
            if status != 0:
                self.finish()
            if <uint32_t>status == NO_MORE_ITEMS or <uint32_t>status == NO_MORE_ITEMS_WIN32:
                raise StopIteration
            check(status, "NCryptEnumKeys")
            try:
                return KeyInfo(narrow(entry.pszName), narrow(entry.pszAlgid),
                               entry.dwLegacyKeySpec, entry.dwFlags,
                               bool(self.flags & NCRYPT_MACHINE_KEY_FLAG))
            finally:
                NCryptFreeBuffer(entry)
        finally:
            if self.ended:
                self.finish()
            self.lock.release()

    def close(self):
        if self.lock is None:
            return
        # Never waits: it may be called by what runs inside __next__(), a finalizer or a handler.
        self.ended = True
        if self.lock.acquire(False):
            self.finish()
            self.lock.release()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self.close()

    def __reduce_ex__(self, protocol):
        raise TypeError("a KeyIterator cannot be copied or pickled: it owns native memory")
