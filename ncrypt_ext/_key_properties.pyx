# SPDX-License-Identifier: MIT

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uintptr_t
from libc.string cimport memcpy

from ncrypt_ext._key_base cimport KIND_EC, KIND_UNKNOWN
from ncrypt_ext._key_security cimport SecuredKey
from ncrypt_ext._wide cimport narrow, wide, wide_or_none, wide_pointer
from ncrypt_ext._property_handle cimport number_bytes
from ncrypt_ext.ncrypt cimport NCRYPT_PERSIST_FLAG, NCRYPT_SUPPORTED_LENGTHS, NCRYPT_UI_POLICY
from ncrypt_ext.wintypes cimport DWORD, LPCWSTR, WCHAR

from ncrypt_ext.enums import ExportPolicy, ImplType, KeyUsage, UIProtection
from ncrypt_ext.errors import BadDataError, NotSupportedError, PropertyNotFoundError
from ncrypt_ext.properties import CURVE_BITS as _CURVE_BITS
from ncrypt_ext.properties import CURVE_NAMES as _CURVE_NAMES
from ncrypt_ext.properties import algorithm_curve as _algorithm_curve
from ncrypt_ext.records import KeyLengths, UIPolicy

cdef bytes LENGTH = wide("Length", "")
cdef bytes PUBLIC_LENGTH = wide("PublicKeyLength", "")
cdef bytes LENGTHS = wide("Lengths", "")
cdef bytes SIGNATURE_LENGTH = wide("SignatureLength", "")
cdef bytes BLOCK_LENGTH = wide("Block Length", "")
cdef bytes EXPORT_POLICY = wide("Export Policy", "")
cdef bytes KEY_USAGE = wide("Key Usage", "")
cdef bytes IMPL_TYPE = wide("Impl Type", "")
cdef bytes MODIFIED = wide("Modified", "")
cdef bytes UI_POLICY = wide("UI Policy", "")
cdef bytes USE_CONTEXT = wide("Use Context", "")
cdef bytes WINDOW_HANDLE = wide("HWND Handle", "")
cdef bytes CURVE_NAME = wide("ECCCurveName", "")
cdef bytes PARAMETER_SET = wide("ParameterSetName", "")

cdef enum:
    BAD_DATA = 0x80090005
    NOT_SUPPORTED = 0x80090029

cdef tuple ABSENT = (PropertyNotFoundError, NotSupportedError)


cdef str text_inside(LPCWSTR text, bytes buffer, DWORD size):
    """A string that must lie, with its NUL, in the buffer's first bytes; None for NULL."""
    cdef const char *start = PyBytes_AS_STRING(buffer)
    cdef uintptr_t at = <uintptr_t>text - <uintptr_t>start
    cdef uintptr_t end
    if text == NULL:
        return None
    end = at
    while <uintptr_t>text >= <uintptr_t>start and end + 2 <= size:
        if (<const WCHAR *><const void *>(start + end))[0] == 0:
            return narrow(text)
        end += 2
    raise BadDataError(BAD_DATA, "NCryptGetProperty", "a string of the UI policy lies outside it")


cdef class PropertyKey(SecuredKey):

    @property
    def length(self):
        bits = self.constant(PUBLIC_LENGTH, True) if self.settled else None
        if not bits:
            # Not "Length" first: platform modules may say 0 for EC keys.
            bits = self.curve_length() or self.constant(LENGTH, True)
        if not bits:
            raise NotSupportedError(NOT_SUPPORTED, "NCryptGetProperty",
                                    "the provider does not tell how long the key is")
        return bits

    cdef object curve_name(self):
        """The name by which an EC key's curve is known here; None when it is not, and for other
        keys."""
        if self.kind == KIND_UNKNOWN:
            self.find_kind()
        if self.kind != KIND_EC:
            return None
        curve = self.curve
        if curve is None:
            return _algorithm_curve(self.algorithm or "")
        return _CURVE_NAMES.get(curve.lower())

    cdef object curve_length(self):
        """The bits of that curve."""
        return _CURVE_BITS.get(self.curve_name())

    @property
    def lengths(self):
        cdef NCRYPT_SUPPORTED_LENGTHS lengths
        cdef bytes value = self.read(LENGTHS)
        if len(value) != sizeof(lengths):
            raise BadDataError(BAD_DATA, "NCryptGetProperty", "the lengths have a wrong size")
        memcpy(&lengths, PyBytes_AS_STRING(value), sizeof(lengths))
        return KeyLengths(lengths.dwMinLength, lengths.dwMaxLength, lengths.dwIncrement,
                          lengths.dwDefaultLength)

    @property
    def signature_length(self):
        return self.constant(SIGNATURE_LENGTH, True)

    @property
    def block_length(self):
        return self.constant(BLOCK_LENGTH, True)

    @property
    def curve(self):
        return self.constant(CURVE_NAME)

    @property
    def parameter_set(self):
        return self.constant(PARAMETER_SET)

    @property
    def impl_type(self):
        value = self.constant(IMPL_TYPE, True)
        return None if value is None else ImplType(value)

    @property
    def export_policy(self):
        return ExportPolicy(self.read_number(EXPORT_POLICY))

    @export_policy.setter
    def export_policy(self, value):
        self.write_number(EXPORT_POLICY, value, "export_policy", <DWORD>NCRYPT_PERSIST_FLAG)

    @property
    def usage(self):
        return KeyUsage(self.read_number(KEY_USAGE))

    @property
    def modified(self):
        value = self.read_optional(MODIFIED)
        if value is None:
            return None
        from datetime import datetime, timedelta, timezone
        ticks = int.from_bytes(value, "little")  # of 100 ns
        return datetime(1601, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=ticks // 10)

    @property
    def use_context(self):
        return self.read_optional_text(USE_CONTEXT) or None

    @use_context.setter
    def use_context(self, value):
        self.write(USE_CONTEXT, wide(value, "use_context"), 0)

    @property
    def window_handle(self):
        value = self.read_optional(WINDOW_HANDLE)
        return 0 if value is None else int.from_bytes(value, "little")

    @window_handle.setter
    def window_handle(self, value):
        self.write(WINDOW_HANDLE, number_bytes(value, "window_handle", sizeof(void *)), 0)

    @property
    def ui_policy(self):
        cdef NCRYPT_UI_POLICY policy
        cdef DWORD size = 0
        cdef bytes value
        try:
            value = self.read_whole(UI_POLICY, 0, &size)
        except ABSENT:
            return None
        if size < sizeof(policy):
            raise BadDataError(BAD_DATA, "NCryptGetProperty", "the UI policy is cut short")
        memcpy(&policy, PyBytes_AS_STRING(value), sizeof(policy))
        return UIPolicy(
            UIProtection(policy.dwFlags),
            text_inside(policy.pszCreationTitle, value, size),
            text_inside(policy.pszFriendlyName, value, size),
            text_inside(policy.pszDescription, value, size))

    cdef int write_curve(self, object value) except -1:
        return self.write(CURVE_NAME, wide(value, "curve"), 0)

    cdef int write_parameter_set(self, object value) except -1:
        return self.write(PARAMETER_SET, wide(value, "parameter_set"), 0)

    cdef int write_ui_policy(self, object value) except -1:
        cdef NCRYPT_UI_POLICY policy
        if not isinstance(value, UIPolicy):
            raise TypeError(f"ui_policy must be a UIPolicy, not {type(value).__name__!r}")
        title = wide_or_none(value.creation_title, "creation_title")
        friendly = wide_or_none(value.friendly_name, "friendly_name")
        description = wide_or_none(value.description, "description")
        number_bytes(value.flags, "flags", 4)
        policy.dwVersion = 1
        policy.dwFlags = value.flags
        policy.pszCreationTitle = wide_pointer(title)
        policy.pszFriendlyName = wide_pointer(friendly)
        policy.pszDescription = wide_pointer(description)
        return self.write(UI_POLICY,
                          PyBytes_FromStringAndSize(<char *>&policy, sizeof(policy)),
                          <DWORD>NCRYPT_PERSIST_FLAG)
