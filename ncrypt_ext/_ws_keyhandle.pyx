# SPDX-License-Identifier: MIT
"""No lease of their own: the structure is in the object, and what it points at is held."""

cimport cython
from libc.stdint cimport uintptr_t

from ncrypt_ext._buffer cimport Input, input_close, input_open
from ncrypt_ext._capi cimport Context, spec_value
from ncrypt_ext._handle cimport (
    TYPE_KEY_HANDLE, count_live, lease_hold, lease_leave, lease_unhold,
)
from ncrypt_ext._key cimport Key
from ncrypt_ext.webservices cimport (
    WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE, WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE,
    WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE,
)
from ncrypt_ext.wintypes cimport ULONG

from ncrypt_ext._ws_enums import KeyHandleType
from ncrypt_ext.enums import KeySpec
from ncrypt_ext.errors import ClosedHandleError


@cython.freelist(16)
cdef class KeyHandle:
    # cdef KeyHandleData data
    # cdef Lease *held

    def __cinit__(self):
        if type(self) is KeyHandle:
            raise TypeError("KeyHandle is the base class of the others")

    def __dealloc__(self):
        self.release()

    cdef void release(self) noexcept:
        if not self.is_open():
            return
        key_handle_clear(&self.data)
        count_live(TYPE_KEY_HANDLE, False)
        if self.held != NULL:
            lease_unhold(self.held)
            self.held = NULL

    cdef int unavailable(self) except -1:
        raise ClosedHandleError(detail=f"this {type(self).__name__} is closed")

    def close(self):
        self.release()

    @property
    def closed(self):
        return not self.is_open()

    @property
    def type(self):
        if not self.is_open():
            self.unavailable()
        return KeyHandleType(<int>self.data.any.keyHandleType)

    @property
    def address(self):
        if not self.is_open():
            self.unavailable()
        return <uintptr_t>&self.data

    def __enter__(self):
        if not self.is_open():
            self.unavailable()
        return self

    def __exit__(self, kind, value, traceback):
        self.release()

    def __repr__(self):
        return f"<{type(self).__name__}{'' if self.is_open() else ' closed'}>"

    def __reduce_ex__(self, protocol):
        raise TypeError(f"a {type(self).__name__} cannot be copied or pickled: "
                        "others know where it is")


cdef class NCryptKeyHandle(KeyHandle):

    def __cinit__(self, Key key not None):
        key.enter()
        lease_hold(key.lease)
        lease_leave(key.lease)
        self.held = key.lease
        key_handle_set_ncrypt(&self.data, key.lease.handle)
        count_live(TYPE_KEY_HANDLE, True)

    @property
    def asymmetric_key(self):
        if not self.is_open():
            self.unavailable()
        return self.data.ncrypt.asymmetricKey

    @property
    def size(self):
        return sizeof(WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE)


cdef class RawSymmetricKeyHandle(KeyHandle):

    def __cinit__(self, secret not None):
        cdef Input source
        cdef bint good
        input_open(&source, secret, "secret")
        try:
            if source.size == 0:
                raise ValueError("secret must not be empty")
            good = key_handle_set_raw(&self.data, source.data, source.size)
        finally:
            input_close(&source)
        if not good:
            raise MemoryError()
        count_live(TYPE_KEY_HANDLE, True)

    @property
    def raw_key_bytes(self):
        if not self.is_open():
            self.unavailable()
        return <uintptr_t>self.data.raw.rawKeyBytes.bytes, self.data.raw.rawKeyBytes.length

    @property
    def size(self):
        return sizeof(WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE)


cdef class CapiKeyHandle(KeyHandle):

    def __cinit__(self, Context context not None, key_spec):
        cdef ULONG spec = spec_value(key_spec)
        context.enter()
        lease_hold(context.lease)
        lease_leave(context.lease)
        self.held = context.lease
        key_handle_set_capi(&self.data, context.lease.handle, spec)
        count_live(TYPE_KEY_HANDLE, True)

    @property
    def provider(self):
        if not self.is_open():
            self.unavailable()
        return self.data.capi.provider

    @property
    def key_spec(self):
        if not self.is_open():
            self.unavailable()
        return KeySpec(self.data.capi.keySpec)

    @property
    def size(self):
        return sizeof(WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE)
