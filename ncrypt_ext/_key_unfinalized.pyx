# SPDX-License-Identifier: MIT

from libc.stdint cimport uint32_t, uintptr_t

cimport cython

from ncrypt_ext._handle cimport (
    TYPE_KEY, TYPE_UNFINALIZED, Watch, handle_value, interrupted, lease_ref, lease_set_type,
    raise_watched, release_if,
)
from ncrypt_ext._key cimport Key
from ncrypt_ext._key_device cimport PIN_FINE
from ncrypt_ext._key_properties cimport PropertyKey
from ncrypt_ext._status cimport check
from ncrypt_ext._wide cimport wide
from ncrypt_ext.ncrypt cimport (
    NCRYPT_NO_KEY_VALIDATION, NCRYPT_PERSIST_FLAG, NCRYPT_SILENT_FLAG,
    NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG, NCryptFinalizeKey, NCryptIsKeyHandle,
    ncx_set_interrupt,
)
from ncrypt_ext.wintypes cimport DWORD, SECURITY_STATUS

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
        watch.lease = self.lease
        watch.error = NULL
        with nogil:
            ncx_set_interrupt(interrupted, &watch)
            status = NCryptFinalizeKey(self.lease.handle, flags)
            ncx_set_interrupt(NULL, NULL)
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
