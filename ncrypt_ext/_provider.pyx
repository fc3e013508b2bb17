# SPDX-License-Identifier: MIT

from cpython.bytes cimport PyBytes_AS_STRING
from libc.stdint cimport uint32_t, uintptr_t

cimport cython

from ncrypt_ext._buffer cimport wipe
from ncrypt_ext._handle cimport (
    TYPE_KEY, TYPE_PROVIDER, free_object, handle_value, number_value, release_if,
)
from ncrypt_ext._key cimport Key
from ncrypt_ext._key_device cimport DeviceKey, checked_callback, pin_text
from ncrypt_ext._key_iterator cimport key_iterator
from ncrypt_ext._key_unfinalized cimport (
    UnfinalizedKey, apply_settings, create_native, finish_call,
)
from ncrypt_ext._notification cimport key_watch
from ncrypt_ext._property_handle cimport PropertyHandle
from ncrypt_ext._status cimport check
from ncrypt_ext._wide cimport narrow, plain_text, wide, wide_or_none, wide_pointer
from ncrypt_ext.ncrypt cimport (
    NCRYPT_KEY_HANDLE, NCRYPT_MACHINE_KEY_FLAG, NCRYPT_MAX_ALG_ID_LENGTH,
    NCRYPT_MAX_KEY_NAME_LENGTH, NCRYPT_NO_KEY_VALIDATION, NCRYPT_OVERWRITE_KEY_FLAG,
    NCRYPT_PROV_HANDLE, NCRYPT_SILENT_FLAG, NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG,
    NCryptAlgorithmName, NCryptEnumAlgorithms, NCryptEnumStorageProviders, NCryptFreeBuffer,
    NCryptIsAlgSupported, NCryptOpenKey, NCryptOpenStorageProvider, NCryptProviderName,
    ncx_implementation, ncx_versions,
)
from ncrypt_ext.wintypes cimport DWORD, LPCWSTR, SECURITY_STATUS

from sys import audit

from ncrypt_ext.enums import AlgorithmClass, AlgorithmOperation, ImplType
from ncrypt_ext.errors import KeyNotFoundError
from ncrypt_ext.records import AlgorithmInfo, ProviderInfo

cdef bytes NAME = wide("Name", "")
cdef bytes VERSION = wide("Version", "")
cdef bytes MAX_NAME_LENGTH = wide("Max Name Length", "")
cdef bytes IMPL_TYPE = wide("Impl Type", "")

cdef enum:
    NOT_SUPPORTED = 0x80090029
    IN_DEVICE = 0x1 | 0x8  # NCRYPT_IMPL_HARDWARE_FLAG, NCRYPT_IMPL_REMOVABLE_FLAG


cdef DWORD key_flags(bint machine, bint overwrite, bint silent) noexcept:
    return ((NCRYPT_MACHINE_KEY_FLAG if machine else 0)
            | (NCRYPT_OVERWRITE_KEY_FLAG if overwrite else 0)
            | (NCRYPT_SILENT_FLAG if silent else 0))


cdef DWORD finalize_flags(bint legacy_store, bint validate, bint silent) noexcept:
    return ((NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG if legacy_store else 0)
            | (0 if validate else NCRYPT_NO_KEY_VALIDATION)
            | (NCRYPT_SILENT_FLAG if silent else 0))


def implementation():
    return ncx_implementation().decode("ascii")


def versions():
    return ncx_versions().decode("utf-8", "replace")


def storage_providers(*, bint silent=False):
    cdef DWORD count = 0
    cdef DWORD index
    cdef NCryptProviderName *found = NULL
    cdef SECURITY_STATUS status
    with nogil:
        status = NCryptEnumStorageProviders(&count, &found, NCRYPT_SILENT_FLAG if silent else 0)
    check(status, "NCryptEnumStorageProviders")
    try:
        return [ProviderInfo(narrow(found[index].pszName), narrow(found[index].pszComment))
                for index in range(count)]
    finally:
        NCryptFreeBuffer(found)


@cython.final
cdef class Provider(PropertyHandle):
    # cdef str opened_name
    # cdef object ask

    def __init__(self, name=None, *, pin_callback=None):
        cdef bytes text = wide_or_none(name, "name", NCRYPT_MAX_KEY_NAME_LENGTH)
        cdef NCRYPT_PROV_HANDLE handle = 0
        cdef SECURITY_STATUS status
        cdef LPCWSTR pointer = wide_pointer(text)
        if self.lease != NULL:
            raise TypeError("this Provider has been opened already")
        self.ask = checked_callback(pin_callback)
        audit("ncrypt_ext.open_provider", name)
        with nogil:
            status = NCryptOpenStorageProvider(&handle, pointer, 0)
        check(status, "NCryptOpenStorageProvider")
        self.adopt(TYPE_PROVIDER, handle, free_object)
        self.opened_name = plain_text(name)

    @staticmethod
    def from_handle(handle, *, bint own):
        cdef uintptr_t value = handle_value(handle)
        cdef Provider provider = Provider.__new__(Provider)
        provider.adopt(TYPE_PROVIDER, value, release_if(own))
        return provider

    def __repr__(self):
        if self.closed:
            return "<Provider closed>"
        return f"<Provider {self.opened_name or 'default'!r}>"

    @property
    def implementation(self):
        return implementation()

    @property
    def name(self):
        return self.read_text(NAME)

    @property
    def version(self):
        cdef uint32_t number = self.read_number(VERSION)
        return number >> 16, number & 0xFFFF

    @property
    def max_name_length(self):
        return self.read_number(MAX_NAME_LENGTH)

    @property
    def impl_type(self):
        return ImplType(self.read_number(IMPL_TYPE))

    @property
    def is_hardware(self):
        return bool((self.read_optional_number(IMPL_TYPE) or 0) & IN_DEVICE)

    @property
    def pin_callback(self):
        return self.ask

    @pin_callback.setter
    def pin_callback(self, value):
        self.ask = checked_callback(value)

    def algorithms(self, operations=0, *, bint silent=False):
        cdef DWORD mask = number_value(operations, "operations")
        cdef DWORD flags = key_flags(False, False, silent)
        cdef DWORD count = 0
        cdef DWORD index
        cdef NCryptAlgorithmName *found = NULL
        cdef SECURITY_STATUS status
        self.enter()
        with nogil:
            status = NCryptEnumAlgorithms(self.lease.handle, mask, &count, &found, flags)
            self.leave()
        if <uint32_t>status == NOT_SUPPORTED:
            return []
        check(status, "NCryptEnumAlgorithms")
        try:
            return [AlgorithmInfo(narrow(found[index].pszName),
                                  AlgorithmClass(found[index].dwClass),
                                  AlgorithmOperation(found[index].dwAlgOperations),
                                  found[index].dwFlags)
                    for index in range(count)]
        finally:
            NCryptFreeBuffer(found)

    def is_algorithm_supported(self, algorithm, *, bint silent=False):
        cdef bytes name = wide(algorithm, "algorithm", NCRYPT_MAX_ALG_ID_LENGTH)
        cdef LPCWSTR pointer = wide_pointer(name)
        cdef DWORD flags = key_flags(False, False, silent)
        cdef SECURITY_STATUS status
        self.enter()
        with nogil:
            status = NCryptIsAlgSupported(self.lease.handle, pointer, flags)
            self.leave()
        if <uint32_t>status == NOT_SUPPORTED:
            return False
        check(status, "NCryptIsAlgSupported")
        return True

    def keys(self, *, bint machine=False, bint silent=False):
        self.enter()
        try:
            return key_iterator(self.lease, key_flags(machine, False, silent))
        finally:
            self.leave()

    def watch_keys(self, *, bint machine=False, bint silent=False):
        return key_watch(self, key_flags(machine, False, silent))

    cdef SECURITY_STATUS open_native(self, DeviceKey into, object name, object key_spec,
                                     DWORD flags) except? 1:
        cdef bytes text = wide(name, "name", NCRYPT_MAX_KEY_NAME_LENGTH)
        cdef LPCWSTR pointer = wide_pointer(text)
        cdef DWORD spec = number_value(key_spec, "key_spec")
        cdef NCRYPT_KEY_HANDLE handle = 0
        cdef SECURITY_STATUS status
        cdef bint good
        into.ask = self.ask
        self.enter()
        with nogil:
            status = NCryptOpenKey(self.lease.handle, &handle, pointer, spec, flags)
            good = finish_call(self, status, handle, into, TYPE_KEY)
        if not good:
            raise MemoryError()
        return status

    def open_key(self, name, *, bint machine=False, key_spec=0, bint silent=False):
        cdef Key key = Key.__new__(Key)
        audit("ncrypt_ext.open_key", self.opened_name, name, machine)
        check(self.open_native(key, name, key_spec, key_flags(machine, False, silent)),
              "NCryptOpenKey")
        key.settled = True
        return key

    def has_key(self, name, *, bint machine=False, key_spec=0, bint silent=False):
        cdef Key key = Key.__new__(Key)
        try:
            check(self.open_native(key, name, key_spec, key_flags(machine, False, silent)),
                  "NCryptOpenKey")
        except KeyNotFoundError:
            return False
        key.close()
        return True

    def delete_key(self, name, *, bint machine=False, key_spec=0, bint missing_ok=False,
                   bint silent=False):
        cdef Key key = Key.__new__(Key)
        audit("ncrypt_ext.delete_key", name, machine)
        try:
            check(self.open_native(key, name, key_spec, key_flags(machine, False, silent)),
                  "NCryptOpenKey")
        except KeyNotFoundError:
            if missing_ok:
                return
            raise
        try:
            key.destroy(NCRYPT_SILENT_FLAG if silent else 0)
        finally:
            key.close()

    def create_persisted_key(self, algorithm, name=None, *, key_spec=0, bint machine=False,
                             bint overwrite=False):
        audit("ncrypt_ext.create_key", self.opened_name, algorithm, name, machine, overwrite)
        return create_native(self, self.ask, algorithm, name, key_spec,
                             key_flags(machine, overwrite, False))

    def create_key(self, algorithm, name=None, *, length=None, curve=None, parameters=None,
                   parameter_set=None, export_policy=None, usage=None, ui_policy=None,
                   window_handle=None, properties=None, key_spec=0, bint machine=False,
                   bint overwrite=False, bint legacy_store=False, bint silent=False):
        cdef UnfinalizedKey new
        audit("ncrypt_ext.create_key", self.opened_name, algorithm, name, machine, overwrite)
        new = create_native(self, self.ask, algorithm, name, key_spec,
                            key_flags(machine, overwrite, False))
        try:
            if parameters is not None:
                new.set_parameters(parameters)
            apply_settings(new, {
                "curve": curve, "parameter_set": parameter_set, "length": length,
                "export_policy": export_policy, "usage": usage, "ui_policy": ui_policy,
                "window_handle": window_handle, "properties": properties})
            return new.become_key(finalize_flags(legacy_store, True, silent))
        finally:
            new.close()  # when a step failed; after become_key() there is nothing to close

    def import_key(self, blob, blob_type=None, *, name=None, curve=None, export_policy=None,
                   usage=None, ui_policy=None, properties=None, bint machine=False,
                   bint overwrite=False, bint legacy_store=False, bint validate=True,
                   bint finalize=True, bint silent=False):
        from ncrypt_ext._imports import import_blob, import_private_key
        settings = {"export_policy": export_policy, "usage": usage, "ui_policy": ui_policy,
                    "properties": properties}
        flags = key_flags(machine, overwrite, silent)
        finish = finalize_flags(legacy_store, validate, silent)
        if blob_type is None:
            return import_private_key(
                self, blob, name, curve, settings, flags, finish, finalize)
        return import_blob(
            self, blob, blob_type, name, curve, None, settings, flags, finish, finalize)

    def import_pkcs8(self, data, password=None, *, name=None, export_policy=None, usage=None,
                     ui_policy=None, properties=None, bint machine=False, bint overwrite=False,
                     bint legacy_store=False, bint validate=True, bint finalize=True,
                     bint silent=False):
        from ncrypt_ext._imports import import_pkcs8
        cdef bytes text = None
        settings = {"export_policy": export_policy, "usage": usage, "ui_policy": ui_policy,
                    "properties": properties}
        try:
            if password is not None:
                text = pin_text(password, "password")
            return import_pkcs8(self, data, text, name, settings,
                                key_flags(machine, overwrite, silent),
                                finalize_flags(legacy_store, validate, silent), finalize)
        finally:
            if text is not None:
                wipe(PyBytes_AS_STRING(text), len(text))

    def clone_key(self, key, *, name=None, export_policy=None, usage=None, properties=None,
                  bint machine=False, bint overwrite=False, bint legacy_store=False,
                  bint silent=False):
        from ncrypt_ext._imports import clone_key
        if not isinstance(key, Key):
            raise TypeError(f"key must be a Key, not {type(key).__name__!r}")
        settings = {"export_policy": export_policy, "usage": usage, "properties": properties}
        return clone_key(self, key, name, settings, key_flags(machine, overwrite, silent),
                         finalize_flags(legacy_store, True, silent))

    def import_secret(self, algorithm, secret, name=None, *, export_policy=None, usage=None,
                      properties=None, bint machine=False, bint overwrite=False,
                      bint silent=False):
        from ncrypt_ext._imports import import_secret
        settings = {"export_policy": export_policy, "usage": usage, "properties": properties}
        return import_secret(self, algorithm, secret, name, settings,
                             key_flags(machine, overwrite, silent),
                             finalize_flags(False, True, silent))


def audit_import(Provider provider not None, kind, name, bint machine):
    """Of a key: what _imports.py brings."""
    audit("ncrypt_ext.import_key", provider.opened_name, kind, name, machine)
