# SPDX-License-Identifier: MIT

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport uint8_t, uint32_t, uintptr_t

from ncrypt_ext._buffer cimport Input, bytes_trim, input_close, input_open
from ncrypt_ext._handle cimport Handle, free_object
from ncrypt_ext._status cimport check
from ncrypt_ext._wide cimport narrow_sized, wide, wide_pointer
from ncrypt_ext.ncrypt cimport (
    NCRYPT_MAX_PROPERTY_NAME, NCRYPT_PERSIST_FLAG, NCRYPT_PERSIST_ONLY_FLAG, NCRYPT_SILENT_FLAG,
    NCryptGetProperty, NCryptSetProperty,
)
from ncrypt_ext.wintypes cimport DWORD, LPCWSTR, PBYTE, SECURITY_STATUS, WCHAR

from ncrypt_ext.errors import (
    BadDataError, InvalidParameterError, NotSupportedError, PropertyNotFoundError,
)

cdef enum:
    FIRST_TRY = 256
    TOO_SMALL = 0x80090028
    TOO_SMALL_PCP = 0x80290406
    BAD_DATA = 0x80090005

# What implementations answer when they do not know a property.
cdef tuple ABSENT = (PropertyNotFoundError, NotSupportedError, InvalidParameterError)


cdef bytes UI_POLICY = wide("UI Policy", "")
cdef bytes PROVIDER_HANDLE = wide("Provider Handle", "")


cdef bytes property_name(object name):
    return wide(name, "name", NCRYPT_MAX_PROPERTY_NAME)


cdef bytes number_bytes(object value, str argument, object width):
    """Little-endian bytes of a number that must fit `width` bytes."""
    if not isinstance(value, int):
        raise TypeError(f"{argument} must be an int, not {type(value).__name__!r}")
    if not 0 <= value < 1 << (8 * width):
        raise ValueError(f"{argument} must fit {8 * width} bits, unsigned: {value}")
    return int(value).to_bytes(width, "little")


cdef uintptr_t handle_in(bytes value) noexcept:
    """The handle that a property's value is; 0 when it is none."""
    if value is None or PyBytes_GET_SIZE(value) != sizeof(uintptr_t):
        return 0
    return (<uintptr_t *><void *>PyBytes_AS_STRING(value))[0]


cdef class PropertyHandle(Handle):

    cdef bytes read_whole(self, bytes name, DWORD flags, DWORD *size):
        """The property in a buffer that may be longer: pointers in it stay valid with it."""
        cdef DWORD capacity = FIRST_TRY
        cdef SECURITY_STATUS status
        cdef bytes out
        cdef PBYTE data
        cdef LPCWSTR text = wide_pointer(name)
        while True:
            out = PyBytes_FromStringAndSize(NULL, capacity)
            data = <PBYTE>PyBytes_AS_STRING(out)
            self.enter()
            with nogil:
                size[0] = 0
                status = NCryptGetProperty(
                    self.lease.handle, text, data, capacity, size, flags)
                self.leave()
            if <uint32_t>status == TOO_SMALL or <uint32_t>status == TOO_SMALL_PCP or (
                    status == 0 and size[0] > capacity):
                if size[0] > capacity:
                    capacity = size[0]
                    continue
            check(status, "NCryptGetProperty")
            return out

    cdef bytes read(self, bytes name, DWORD flags=0):
        cdef DWORD size = 0
        cdef bytes out = self.read_whole(name, flags, &size)
        return bytes_trim(out, size)

    cdef bytes read_optional(self, bytes name):
        """None when the object has no such property."""
        try:
            return self.read(name)
        except ABSENT:
            return None

    cdef uintptr_t provider_handle(self) except? 0:
        """Each reading is a new reference, which is the caller's; 0 where there is none."""
        return handle_in(self.read_optional(PROVIDER_HANDLE))

    cdef uint32_t read_number(self, bytes name) except? 0xFFFFFFFF:
        cdef bytes value = self.read(name)
        if len(value) != 4:
            raise BadDataError(BAD_DATA, "NCryptGetProperty",
                               f"the property has {len(value)} bytes where 4 were expected")
        return int.from_bytes(value, "little")

    cdef object read_optional_number(self, bytes name):
        try:
            return self.read_number(name)
        except ABSENT:
            return None

    cdef str read_text(self, bytes name):
        cdef bytes value = self.read(name)
        cdef Py_ssize_t units = PyBytes_GET_SIZE(value) // 2
        cdef const WCHAR *text = <const WCHAR *><const void *>PyBytes_AS_STRING(value)
        if units > 0 and text[units - 1] == 0:
            units -= 1
        return narrow_sized(text, units)

    cdef str read_optional_text(self, bytes name):
        try:
            return self.read_text(name)
        except ABSENT:
            return None

    cdef int write(self, bytes name, object value, DWORD flags) except -1:
        """`value`: bytes-like as it is, str as a NUL-terminated string, int as 4 bytes."""
        cdef Input data
        cdef SECURITY_STATUS status
        cdef uint8_t nothing = 0
        cdef LPCWSTR text = wide_pointer(name)
        if isinstance(value, str):
            value = wide(value, "value")
        elif isinstance(value, int):
            value = number_bytes(value, "value", 4)
        input_open(&data, value, "value")
        try:
            if data.data == NULL:
                data.data = &nothing  # an empty value still needs a pointer
            self.enter()
            with nogil:
                status = NCryptSetProperty(
                    self.lease.handle, text, data.data, data.size, flags)
                self.leave()
            check(status, "NCryptSetProperty")
        finally:
            input_close(&data)
        return 0

    cdef int write_number(self, bytes name, object value, str argument, DWORD flags) except -1:
        return self.write(name, number_bytes(value, argument, 4), flags)

    def get_property(self, name, *, bint persist_only=False, bint silent=False):
        cdef DWORD flags = NCRYPT_SILENT_FLAG if silent else 0
        if persist_only:
            flags |= NCRYPT_PERSIST_ONLY_FLAG
        return self.read(property_name(name), flags)

    def set_property(self, name, value, *, bint persist=False, bint persist_only=False,
                     bint silent=False):
        cdef DWORD flags = NCRYPT_SILENT_FLAG if silent else 0
        if persist:
            flags |= <DWORD>NCRYPT_PERSIST_FLAG
        if persist_only:
            flags |= NCRYPT_PERSIST_ONLY_FLAG
        cdef bytes text = property_name(name)
        if text == UI_POLICY and not persist_only:
            raise ValueError("'UI Policy' is a structure of pointers, which bytes cannot hold: "
                             "set ui_policy")
        self.write(text, value, flags)

    def has_property(self, name, *, bint persist_only=False, bint silent=False):
        cdef DWORD flags = NCRYPT_SILENT_FLAG if silent else 0
        if persist_only:
            flags |= NCRYPT_PERSIST_ONLY_FLAG
        cdef bytes text = property_name(name)
        cdef bytes value
        cdef uintptr_t provider = 0
        try:
            value = self.read(text, flags)
        except ABSENT:
            return False
        if not persist_only and text == PROVIDER_HANDLE:
            provider = handle_in(value)
        if provider != 0:
            free_object(provider)  # a new reference
        return True
