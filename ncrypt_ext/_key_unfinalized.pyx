# SPDX-License-Identifier: MIT

from cpython.bytes cimport PyBytes_AS_STRING
from libc.stdint cimport uint32_t, uintptr_t

cimport cython

from ncrypt_ext._buffer cimport Input, input_close, input_open
from ncrypt_ext._handle cimport (
    Handle, HandleType, NOTE_PUBLIC_ONLY, TYPE_KEY, TYPE_UNFINALIZED, Watch, free_object,
    handle_value, lease_ref, lease_set_type, lease_word_or, number_value, raise_watched, release_if,
    watch_begin, watch_end,
)
from ncrypt_ext._key cimport Key
from ncrypt_ext._key_device cimport DeviceKey, PIN_FINE
from ncrypt_ext._key_properties cimport PropertyKey
from ncrypt_ext._status cimport check
from ncrypt_ext._wide cimport wide, wide_or_none, wide_pointer
from ncrypt_ext.ncrypt cimport (
    NCRYPT_DO_NOT_FINALIZE_FLAG, NCRYPT_KEY_HANDLE, NCRYPT_MAX_ALG_ID_LENGTH,
    NCRYPT_MAX_KEY_NAME_LENGTH, NCRYPT_NO_KEY_VALIDATION, NCRYPT_PERSIST_FLAG, NCRYPT_SILENT_FLAG,
    NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG, NCRYPTBUFFER_ECC_CURVE_NAME, NCRYPTBUFFER_PKCS_KEY_NAME,
    NCRYPTBUFFER_PKCS_SECRET, NCRYPTBUFFER_VERSION, NCryptBuffer, NCryptBufferDesc,
    NCryptCreatePersistedKey, NCryptFinalizeKey, NCryptImportKey, NCryptIsKeyHandle,
)
from ncrypt_ext.wintypes cimport DWORD, LPCWSTR, PVOID, SECURITY_STATUS

from collections.abc import Mapping

from ncrypt_ext.errors import InvalidHandleError

cdef bytes LENGTH = wide("Length", "")
cdef bytes KEY_USAGE = wide("Key Usage", "")

cdef enum:
    INVALID_HANDLE = 0x80090026
    LENGTH_STEP = 64


@cython.final
cdef class UnfinalizedKey(PropertyKey):

    def __init__(self):
        raise TypeError("UnfinalizedKey has no public constructor: "
                        "use Provider.create_persisted_key()")

    @staticmethod
    def from_handle(handle, *, bint own):
        cdef uintptr_t value = handle_value(handle)
        cdef UnfinalizedKey key
        if not NCryptIsKeyHandle(value):
            raise InvalidHandleError(INVALID_HANDLE, "NCryptIsKeyHandle",
                                     "the number is not the handle of a key")
        key = UnfinalizedKey.__new__(UnfinalizedKey)
        key.adopt(TYPE_UNFINALIZED, value, release_if(own))
        return key

    @property
    def length(self):
        return PropertyKey.length.__get__(self)

    @length.setter
    def length(self, value):
        self.write_number(LENGTH, value, "length", <DWORD>NCRYPT_PERSIST_FLAG)

    @property
    def usage(self):
        return PropertyKey.usage.__get__(self)

    @usage.setter
    def usage(self, value):
        self.write_number(KEY_USAGE, value, "usage", <DWORD>NCRYPT_PERSIST_FLAG)

    @property
    def curve(self):
        return PropertyKey.curve.__get__(self)

    @curve.setter
    def curve(self, value):
        self.write_curve(value)

    @property
    def parameter_set(self):
        return PropertyKey.parameter_set.__get__(self)

    @parameter_set.setter
    def parameter_set(self, value):
        self.write_parameter_set(value)

    @property
    def ui_policy(self):
        return PropertyKey.ui_policy.__get__(self)

    @ui_policy.setter
    def ui_policy(self, value):
        self.write_ui_policy(value)

    def set_parameters(self, parameters):
        from ncrypt_ext._groups import property_of
        name, value, bits = property_of(parameters)
        if self.algorithm != name.removesuffix("Parameters"):
            raise ValueError(f"these are parameters of {name.removesuffix('Parameters')}, and the "
                             f"key is to be one of {self.algorithm}")
        if bits % LENGTH_STEP == 0:
            self.length = bits  # Windows asks for it first; what is no such length cannot be set
        self.set_property(name, value, persist=True)

    cdef Key become_key(self, DWORD flags):
        """Finalizes; the lease moves to the key."""
        cdef uint32_t pins = self.desk.pins
        cdef SECURITY_STATUS status = 0
        cdef Key key = Key.__new__(Key)
        flags |= self.quiet(False)
        if self.desk.state == PIN_FINE:
            status = self.finalize_once(key, flags)
            if status == 0 or not self.needs_pin(status):
                check(status, "NCryptFinalizeKey")
                key.take_pin_from(self)
                return key
        with self.pin_turn(status, "NCryptFinalizeKey", pins):
            check(self.finalize_once(key, flags), "NCryptFinalizeKey")
        key.take_pin_from(self)
        return key

    cdef SECURITY_STATUS finalize_once(self, Key key, DWORD flags) except? 1:
        """One native call. A signal handler's exception wins in any case."""
        cdef Watch watch
        cdef SECURITY_STATUS status
        self.enter()
        with nogil:
            watch_begin(&watch, self.lease)
            status = NCryptFinalizeKey(self.lease.handle, flags)
            watch_end(&watch)
            if status == 0:
                lease_ref(self.lease)
                lease_set_type(self.lease, TYPE_KEY)
                key.lease = self.lease
                self.moved = True
            self.leave()
        key.settled = True
        try:
            if watch.error != NULL and status == 0:
                key.destroy(0)  # too late to cancel: undone
        finally:
            raise_watched(&watch)
        return status

    def finalize(self, *, bint legacy_store=False, bint validate=True, bint silent=False):
        cdef DWORD flags = NCRYPT_SILENT_FLAG if silent else 0
        if legacy_store:
            flags |= NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG
        if not validate:
            flags |= NCRYPT_NO_KEY_VALIDATION
        return self.become_key(flags)


# ---- how they come to be -------------------------------------------------------------------------

cdef bint finish_call(Handle provider, SECURITY_STATUS status, NCRYPT_KEY_HANDLE handle,
                      Handle into, HandleType kind) noexcept nogil:
    """Ends the call that made a key; its owner takes it first. False when memory is short."""
    cdef bint good = True
    if status == 0:
        good = into.adopt_native(kind, handle, free_object, provider.lease)
    provider.leave()
    return good


cdef UnfinalizedKey create_native(Handle provider, object ask, object algorithm, object name,
                                  object key_spec, DWORD flags):
    cdef UnfinalizedKey key = UnfinalizedKey.__new__(UnfinalizedKey)
    cdef bytes algorithm_text = wide(algorithm, "algorithm", NCRYPT_MAX_ALG_ID_LENGTH)
    cdef bytes name_text = wide_or_none(name, "name", NCRYPT_MAX_KEY_NAME_LENGTH)
    cdef LPCWSTR algorithm_pointer = wide_pointer(algorithm_text)
    cdef LPCWSTR name_pointer = wide_pointer(name_text)
    cdef DWORD spec = number_value(key_spec, "key_spec")
    cdef NCRYPT_KEY_HANDLE handle = 0
    cdef SECURITY_STATUS status
    cdef bint good
    key.ask = ask
    provider.enter()
    with nogil:
        status = NCryptCreatePersistedKey(
            provider.lease.handle, &handle, algorithm_pointer, name_pointer, spec, flags)
        good = finish_call(provider, status, handle, key, TYPE_UNFINALIZED)
    if not good:
        raise MemoryError()
    check(status, "NCryptCreatePersistedKey")
    return key


cdef NCryptBuffer text_buffer(DWORD kind, bytes text) noexcept:
    cdef NCryptBuffer buffer
    buffer.cbBuffer = <DWORD>len(text)
    buffer.BufferType = kind
    buffer.pvBuffer = <PVOID>PyBytes_AS_STRING(text)
    return buffer


cdef DeviceKey import_native(Handle provider, object ask, object blob, object blob_type,
                             object name, object curve, bytes password, DWORD flags):
    """NCryptImportKey; with NCRYPT_DO_NOT_FINALIZE_FLAG the key is an UnfinalizedKey."""
    cdef bytes kind_text = wide(blob_type, "blob_type", NCRYPT_MAX_ALG_ID_LENGTH)
    cdef bytes name_text = wide_or_none(name, "name", NCRYPT_MAX_KEY_NAME_LENGTH)
    cdef bytes curve_text = wide_or_none(curve, "curve", NCRYPT_MAX_ALG_ID_LENGTH)
    cdef LPCWSTR kind_pointer = wide_pointer(kind_text)
    cdef NCryptBuffer buffers[3]
    cdef NCryptBufferDesc parameters
    cdef HandleType kind = TYPE_KEY
    cdef NCRYPT_KEY_HANDLE handle = 0
    cdef SECURITY_STATUS status
    cdef bint good
    cdef DeviceKey key
    cdef Input data
    if flags & NCRYPT_DO_NOT_FINALIZE_FLAG:
        kind = TYPE_UNFINALIZED
        key = UnfinalizedKey.__new__(UnfinalizedKey)
    else:
        key = Key.__new__(Key)
        (<Key>key).settled = True
    key.ask = ask
    parameters.ulVersion = NCRYPTBUFFER_VERSION
    parameters.cBuffers = 0
    parameters.pBuffers = buffers
    if name_text is not None:
        buffers[0] = text_buffer(NCRYPTBUFFER_PKCS_KEY_NAME, name_text)
        parameters.cBuffers = 1
    if curve_text is not None:
        buffers[parameters.cBuffers] = text_buffer(NCRYPTBUFFER_ECC_CURVE_NAME, curve_text)
        parameters.cBuffers += 1
    if password is not None:
        buffers[parameters.cBuffers] = text_buffer(NCRYPTBUFFER_PKCS_SECRET, password)
        parameters.cBuffers += 1
    input_open(&data, blob, "blob")
    try:
        provider.enter()
        with nogil:
            status = NCryptImportKey(
                provider.lease.handle, 0, kind_pointer,
                &parameters if parameters.cBuffers > 0 else NULL, &handle, data.data,
                data.size, flags)
            good = finish_call(provider, status, handle, key, kind)
        if not good:
            raise MemoryError()
    finally:
        input_close(&data)
    check(status, "NCryptImportKey")
    if "PUBLIC" in blob_type:
        lease_word_or(&key.lease.notes, NOTE_PUBLIC_ONLY)
    return key


cpdef int apply_settings(UnfinalizedKey key, dict settings) except -1:
    """Sets what a caller gave, "properties" last; None means not given."""
    for name, value in settings.items():
        if value is not None and name != "properties":
            setattr(key, name, value)
    properties = settings.get("properties")
    if properties is not None:
        if not isinstance(properties, Mapping):
            raise TypeError(f"properties must be a mapping, not {type(properties).__name__!r}")
        for name, value in properties.items():
            key.set_property(name, value, persist=True)
    return 0


def begin_key(Handle provider not None, algorithm, name, DWORD flags):
    return create_native(provider, provider.pin_callback, algorithm, name, 0, flags)


def begin_import(Handle provider not None, blob, blob_type, name, curve, bytes password,
                 DWORD flags):
    return import_native(provider, provider.pin_callback, blob, blob_type, name, curve, password,
                         flags | <DWORD>NCRYPT_DO_NOT_FINALIZE_FLAG)


def import_at_once(Handle provider not None, blob, blob_type, name, curve, bytes password,
                   DWORD flags):
    return import_native(provider, provider.pin_callback, blob, blob_type, name, curve, password,
                         flags)


def finalize_key(UnfinalizedKey key not None, DWORD flags):
    return key.become_key(flags)
