# SPDX-License-Identifier: MIT

from cpython.buffer cimport PyObject_CheckBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.ref cimport Py_REFCNT
from libc.stdint cimport uint32_t, uintptr_t
from libc.string cimport memcpy

cimport cython

from ncrypt_ext._buffer cimport Input, input_close, input_open, wipe
from ncrypt_ext._der cimport agreement_private_blob, is_x25519
from ncrypt_ext._handle cimport (
    Handle, HandleType, NOTE_PUBLIC_ONLY, TYPE_KEY, TYPE_PROVIDER, TYPE_UNFINALIZED, free_object,
    handle_value, lease_word_or, number_value, release_if,
)
from ncrypt_ext._key cimport Key
from ncrypt_ext._key_device cimport DeviceKey, checked_callback, pin_text
from ncrypt_ext._key_iterator cimport key_iterator
from ncrypt_ext._key_unfinalized cimport UnfinalizedKey
from ncrypt_ext._notification cimport key_watch
from ncrypt_ext._property_handle cimport PropertyHandle
from ncrypt_ext._status cimport check
from ncrypt_ext._wide cimport narrow, plain_text, wide, wide_or_none, wide_pointer
from ncrypt_ext.ncrypt cimport (
    NCRYPT_DO_NOT_FINALIZE_FLAG, NCRYPT_KEY_HANDLE, NCRYPT_MACHINE_KEY_FLAG,
    NCRYPT_MAX_ALG_ID_LENGTH, NCRYPT_MAX_KEY_NAME_LENGTH, NCRYPT_NO_KEY_VALIDATION,
    NCRYPT_OVERWRITE_KEY_FLAG, NCRYPT_PROV_HANDLE, NCRYPT_SILENT_FLAG,
    NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG, NCRYPTBUFFER_ECC_CURVE_NAME, NCRYPTBUFFER_PKCS_KEY_NAME,
    NCRYPTBUFFER_PKCS_SECRET, NCRYPTBUFFER_VERSION, NCryptAlgorithmName, NCryptBuffer,
    NCryptBufferDesc, NCryptCreatePersistedKey, NCryptEnumAlgorithms, NCryptEnumStorageProviders,
    NCryptFreeBuffer, NCryptImportKey, NCryptIsAlgSupported, NCryptOpenKey,
    NCryptOpenStorageProvider, NCryptProviderName, ncx_implementation, ncx_versions,
)
from ncrypt_ext.wintypes cimport DWORD, LPCWSTR, PVOID, SECURITY_STATUS

from collections.abc import Mapping
from os import urandom
from struct import pack
from sys import audit

from ncrypt_ext.enums import AlgorithmClass, AlgorithmOperation, ImplType
from ncrypt_ext.errors import KeyNotFoundError, NotSupportedError
from ncrypt_ext.properties import CIPHER_ALGORITHMS as _CIPHER_ALGORITHMS
from ncrypt_ext.properties import PRIVATE_MAGIC_BLOBS as _PRIVATE_MAGIC_BLOBS
from ncrypt_ext.properties import SECRET_BLOBS as _SECRET_BLOBS
from ncrypt_ext.records import AlgorithmInfo, ProviderInfo

cdef bytes NAME = wide("Name", "")
cdef bytes VERSION = wide("Version", "")
cdef bytes MAX_NAME_LENGTH = wide("Max Name Length", "")
cdef bytes IMPL_TYPE = wide("Impl Type", "")
cdef bytes KDF_SECRET = wide("KDFKeySecret", "")

cdef enum:
    NOT_SUPPORTED = 0x80090029
    IN_DEVICE = 0x1 | 0x8  # NCRYPT_IMPL_HARDWARE_FLAG, NCRYPT_IMPL_REMOVABLE_FLAG
    AGREEMENT = 0x4        # NCRYPT_ALLOW_KEY_AGREEMENT_FLAG
    ALL_USAGES = 0xFFFFFF
    ONCE = 0x4 | 0x8        # NCRYPT_ALLOW_ARCHIVING_FLAG, NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG


cdef DWORD key_flags(bint machine, bint overwrite, bint silent) noexcept:
    return ((NCRYPT_MACHINE_KEY_FLAG if machine else 0)
            | (NCRYPT_OVERWRITE_KEY_FLAG if overwrite else 0)
            | (NCRYPT_SILENT_FLAG if silent else 0))


cdef DWORD finalize_flags(bint legacy_store, bint validate, bint silent) noexcept:
    return ((NCRYPT_WRITE_KEY_TO_LEGACY_STORE_FLAG if legacy_store else 0)
            | (0 if validate else NCRYPT_NO_KEY_VALIDATION)
            | (NCRYPT_SILENT_FLAG if silent else 0))


cdef int apply(UnfinalizedKey key, dict settings, object properties) except -1:
    """Sets what a caller gave; None means not given."""
    for name, value in settings.items():
        if value is not None:
            setattr(key, name, value)
    if properties is not None:
        if not isinstance(properties, Mapping):
            raise TypeError(f"properties must be a mapping, not {type(properties).__name__!r}")
        for name, value in properties.items():
            key.set_property(name, value, persist=True)
    return 0


cdef object as_bytes_like(object secret):
    """A str would be written as UTF-16: nobody means that."""
    if isinstance(secret, (str, int)):
        raise TypeError(f"secret must be a bytes-like object, not {type(secret).__name__!r}")
    return secret


cdef bytes cipher_key_blob(str algorithm, object secret):
    """The CipherKeyBlob of a symmetric key: the caller wipes it."""
    cdef Input data
    cdef bytes name = algorithm.encode("utf-16-le") + bytes(2)
    cdef bytes head, blob
    input_open(&data, secret, "secret")
    try:
        head = (pack("<4I", 16, 0x52485043, len(name), 12 + data.size) + name
                + pack("<3I", 0x4D42444B, 1, data.size))
        blob = PyBytes_FromStringAndSize(NULL, len(head) + <Py_ssize_t>data.size)
        memcpy(PyBytes_AS_STRING(blob), PyBytes_AS_STRING(head), len(head))
        memcpy(PyBytes_AS_STRING(blob) + len(head), data.data, data.size)
    finally:
        input_close(&data)
    return blob


cdef object cipher_key_bits(object blob):
    """How long the key in a CipherKeyBlob is, which has been imported."""
    cdef Input data
    input_open(&data, blob, "blob")
    try:
        return 8 * (data.size - 28 - int.from_bytes(data.data[8:12], "little"))
    finally:
        input_close(&data)


cdef bytes magic_of(object blob):
    """The first four bytes: they tell a private blob's algorithm."""
    cdef Input data
    input_open(&data, blob, "blob")
    try:
        return data.data[:min(data.size, 4)]
    finally:
        input_close(&data)


cdef bytes private_key_blob(object key):
    """The PKCS #8 form of a private key of cryptography."""
    from sys import modules
    if PyObject_CheckBuffer(key):
        raise TypeError("a blob needs a blob_type: 'PKCS8_PRIVATEKEY', 'RSAFULLPRIVATEBLOB', ... "
                        "(import_pkcs8() takes PEM, and finds out by itself)")
    if "cryptography" not in modules:
        raise TypeError("the key must be a blob, with its blob_type, or a private key of "
                        f"cryptography, not {type(key).__name__!r}")
    from ncrypt_ext.integrations.cryptography_keys import to_pkcs8
    return to_pkcs8(key)


cdef tuple agreement_form(object key, bytes pkcs8, object usage):
    """The blob of an EC key of cryptography that is to agree on secrets, and its curve; PKCS #8 has
    the same form for those that sign. None for other keys. Those on curve25519 only agree."""
    cdef object wanted = usage if isinstance(usage, int) else 0
    cdef bint agrees = wanted & AGREEMENT and wanted & ALL_USAGES != ALL_USAGES
    if not is_x25519(pkcs8) and not (agrees and hasattr(key, "curve")):
        return None
    from ncrypt_ext._public_info import agreement_blob
    from ncrypt_ext.integrations.cryptography_keys import to_public_info
    known = agreement_blob(to_public_info(key.public_key()))
    if known is None:
        return None
    public, curve = known
    blob = agreement_private_blob(pkcs8, public)
    if blob is None:
        return None
    return blob, curve if public.startswith(b"ECKP") else None  # other magics name theirs


cdef NCryptBuffer text_buffer(DWORD kind, bytes text) noexcept:
    cdef NCryptBuffer buffer
    buffer.cbBuffer = <DWORD>len(text)
    buffer.BufferType = kind
    buffer.pvBuffer = <PVOID>PyBytes_AS_STRING(text)
    return buffer


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
        self.enter()
        try:
            return key_watch(self.lease, key_flags(machine, False, silent))
        finally:
            self.leave()

    cdef bint finish_call(self, SECURITY_STATUS status, NCRYPT_KEY_HANDLE handle, Handle into,
                          HandleType kind) noexcept nogil:
        """Ends the call that made a key; its owner takes it first. False when memory is short."""
        cdef bint good = True
        if status == 0:
            good = into.adopt_native(kind, handle, free_object, self.lease)
        self.leave()
        return good

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
            good = self.finish_call(status, handle, into, TYPE_KEY)
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

    cdef UnfinalizedKey create_native(self, object algorithm, object name, object key_spec,
                                      DWORD flags):
        cdef UnfinalizedKey key = UnfinalizedKey.__new__(UnfinalizedKey)
        cdef bytes algorithm_text = wide(algorithm, "algorithm", NCRYPT_MAX_ALG_ID_LENGTH)
        cdef bytes name_text = wide_or_none(name, "name", NCRYPT_MAX_KEY_NAME_LENGTH)
        cdef LPCWSTR algorithm_pointer = wide_pointer(algorithm_text)
        cdef LPCWSTR name_pointer = wide_pointer(name_text)
        cdef DWORD spec = number_value(key_spec, "key_spec")
        cdef NCRYPT_KEY_HANDLE handle = 0
        cdef SECURITY_STATUS status
        cdef bint good
        key.ask = self.ask
        self.enter()
        with nogil:
            status = NCryptCreatePersistedKey(
                self.lease.handle, &handle, algorithm_pointer, name_pointer, spec, flags)
            good = self.finish_call(status, handle, key, TYPE_UNFINALIZED)
        if not good:
            raise MemoryError()
        check(status, "NCryptCreatePersistedKey")
        return key

    def create_persisted_key(self, algorithm, name=None, *, key_spec=0, bint machine=False,
                             bint overwrite=False):
        audit("ncrypt_ext.create_key", self.opened_name, algorithm, name, machine, overwrite)
        return self.create_native(algorithm, name, key_spec, key_flags(machine, overwrite, False))

    def create_key(self, algorithm, name=None, *, length=None, curve=None, parameters=None,
                   parameter_set=None, export_policy=None, usage=None, ui_policy=None,
                   window_handle=None, properties=None, key_spec=0, bint machine=False,
                   bint overwrite=False, bint legacy_store=False, bint silent=False):
        cdef UnfinalizedKey new
        audit("ncrypt_ext.create_key", self.opened_name, algorithm, name, machine, overwrite)
        new = self.create_native(algorithm, name, key_spec, key_flags(machine, overwrite, False))
        try:
            if parameters is not None:
                new.set_parameters(parameters)
            apply(new, {"curve": curve, "parameter_set": parameter_set, "length": length,
                        "export_policy": export_policy, "usage": usage, "ui_policy": ui_policy,
                        "window_handle": window_handle}, properties)
            return new.become_key(finalize_flags(legacy_store, True, silent))
        finally:
            new.close()  # when a step failed; after become_key() there is nothing to close

    cdef Handle import_native(self, object blob, object blob_type, object name, object curve,
                              bytes password, DWORD flags):
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
        key.ask = self.ask
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
            self.enter()
            with nogil:
                status = NCryptImportKey(
                    self.lease.handle, 0, kind_pointer,
                    &parameters if parameters.cBuffers > 0 else NULL, &handle, data.data,
                    data.size, flags)
                good = self.finish_call(status, handle, key, kind)
            if not good:
                raise MemoryError()
        finally:
            input_close(&data)
        check(status, "NCryptImportKey")
        if "PUBLIC" in blob_type:
            lease_word_or(&key.lease.notes, NOTE_PUBLIC_ONLY)
        return key

    def import_key(self, blob, blob_type=None, *, name=None, curve=None, export_policy=None,
                   usage=None, ui_policy=None, properties=None, bint machine=False,
                   bint overwrite=False, bint legacy_store=False, bint validate=True,
                   bint finalize=True, bint silent=False):
        cdef bytes secret
        cdef bytes agreeing = None
        cdef tuple form
        cdef DWORD flags = key_flags(machine, overwrite, silent)
        if blob_type is None:
            secret = private_key_blob(blob)
            try:
                if curve is not None:
                    raise ValueError("curve is for a blob: a key of cryptography has its own")
                form = agreement_form(blob, secret, usage)
                agreeing = None if form is None else form[0]
                return self.import_key(
                    secret if form is None else agreeing,
                    "PKCS8_PRIVATEKEY" if form is None else "ECCPRIVATEBLOB",
                    curve=None if form is None else form[1],
                    name=name, export_policy=export_policy, usage=usage, ui_policy=ui_policy,
                    properties=properties, machine=machine, overwrite=overwrite,
                    legacy_store=legacy_store, validate=validate, finalize=finalize,
                    silent=silent)
            finally:
                if agreeing is not None:
                    wipe(PyBytes_AS_STRING(agreeing), len(agreeing))
                if Py_REFCNT(secret) == 1:  # else whoever made it has kept it
                    wipe(PyBytes_AS_STRING(secret), len(secret))
        return self.import_given(
            blob, blob_type, name, curve, None,
            {"export_policy": export_policy, "usage": usage, "ui_policy": ui_policy}, properties,
            flags, finalize_flags(legacy_store, validate, silent), finalize)

    def import_pkcs8(self, data, password=None, *, name=None, export_policy=None, usage=None,
                     ui_policy=None, properties=None, bint machine=False, bint overwrite=False,
                     bint legacy_store=False, bint validate=True, bint finalize=True,
                     bint silent=False):
        from ncrypt_ext._pkcs8 import is_encrypted, key_der
        cdef bytes secret = key_der(data)
        cdef bytes text = None
        try:
            if password is not None:
                text = pin_text(password, "password")
                if not is_encrypted(secret):
                    raise ValueError("there is a password, and data holds no encrypted PKCS #8 key "
                                     "(a PFX file is for import_pfx())")
            return self.import_given(
                secret, "PKCS8_PRIVATEKEY", name, None, text,
                {"export_policy": export_policy, "usage": usage, "ui_policy": ui_policy},
                properties, key_flags(machine, overwrite, silent),
                finalize_flags(legacy_store, validate, silent), finalize)
        finally:
            if text is not None:
                wipe(PyBytes_AS_STRING(text), len(text))
            if Py_REFCNT(secret) == 1:  # decoded here
                wipe(PyBytes_AS_STRING(secret), len(secret))

    def clone_key(self, key, *, name=None, export_policy=None, usage=None, properties=None,
                  bint machine=False, bint overwrite=False, bint legacy_store=False,
                  bint silent=False):
        cdef Key source
        cdef UnfinalizedKey new
        cdef bytes secret, sealed
        if not isinstance(key, Key):
            raise TypeError(f"key must be a Key, not {type(key).__name__!r}")
        source = key
        if export_policy is None:
            export_policy = source.export_policy & ~ONCE  # which is now
        if usage is None:
            usage = source.usage
        kind = _SECRET_BLOBS.get(source.algorithm_group)
        if kind is not None:
            secret = source.export(kind, silent=silent)
            try:
                return self.import_given(
                    secret, kind, name, None, None,
                    {"export_policy": export_policy, "usage": usage}, properties,
                    key_flags(machine, overwrite, silent),
                    finalize_flags(legacy_store, True, silent), True)
            finally:
                wipe(PyBytes_AS_STRING(secret), len(secret))
        chain = source.certificates
        password = urandom(32).hex()
        sealed = source.export_pkcs8(password, iterations=1, silent=silent)
        try:
            new = self.import_pkcs8(
                sealed, password, name=name, export_policy=export_policy, usage=usage,
                properties=properties, machine=machine, overwrite=overwrite, finalize=False,
                silent=silent)
        finally:
            wipe(PyBytes_AS_STRING(sealed), len(sealed))  # the password stays behind in memory
        try:
            if new.algorithm_group != source.algorithm_group:
                raise NotSupportedError(
                    NOT_SUPPORTED, "", f"the copy of the {source.algorithm} key would be of "
                    f"{new.algorithm}: PKCS #8 tells them by the usage, which is {source.usage!r}")
            if chain:  # before it may take the place of another key
                new.set_property("SmartCardKeyCertificate", b"".join(chain), persist=True,
                                 silent=silent)
            return new.become_key(finalize_flags(legacy_store, True, silent))
        finally:
            new.close()  # when a step failed; after become_key() there is nothing to close

    cdef Handle import_given(self, object blob, object blob_type, object name, object curve,
                             bytes password, dict settings, object properties, DWORD flags,
                             DWORD finish, bint finalize):
        cdef UnfinalizedKey new
        given = [setting for setting, value in {**settings, "properties": properties}.items()
                 if value is not None]
        public = isinstance(blob_type, str) and "PUBLIC" in blob_type
        if public and given:
            raise ValueError(f"a public key takes no {' and no '.join(given)}")
        if blob_type == "OpaqueTransport" and given:
            raise NotSupportedError(NOT_SUPPORTED, "", "a sealed key has its own settings: it takes"
                                    f" no {' and no '.join(given)}")
        audit("ncrypt_ext.import_key", self.opened_name, blob_type, name,
              bool(flags & NCRYPT_MACHINE_KEY_FLAG))
        if public or (finalize and not given and (name is None or blob_type == "OpaqueTransport")):
            if not finalize:
                flags |= NCRYPT_DO_NOT_FINALIZE_FLAG
            return self.import_native(blob, blob_type, name, curve, password, flags | finish)
        known = None
        if blob_type != "PKCS8_PRIVATEKEY":
            known = _PRIVATE_MAGIC_BLOBS.get(magic_of(blob))
        if known is None:
            new = self.import_native(blob, blob_type, name, curve, password,
                                     flags | NCRYPT_DO_NOT_FINALIZE_FLAG)
            if blob_type == "CipherKeyBlob":  # Windows' own users say it once more
                settings["length"] = cipher_key_bits(blob)
        else:
            # The way Windows documents for named keys: the blob is a property of a new key.
            new = self.create_native(known.algorithm, name, 0, flags & ~NCRYPT_SILENT_FLAG)
            settings["curve"] = curve
        try:
            apply(new, settings, properties)
            if known is not None:
                kind = known.blob_type if blob_type == "PRIVATEBLOB" else blob_type
                new.set_property(kind, blob)
            if not finalize:
                return new
            return new.become_key(finish)
        except BaseException:
            new.close()
            raise

    def import_secret(self, algorithm, secret, name=None, *, export_policy=None, properties=None,
                      bint machine=False, bint overwrite=False, bint silent=False):
        cdef UnfinalizedKey new
        cdef bytes blob
        if isinstance(algorithm, str) and algorithm in _CIPHER_ALGORITHMS:
            blob = cipher_key_blob(algorithm, as_bytes_like(secret))
            try:
                return self.import_given(
                    blob, "CipherKeyBlob", name, None, None, {"export_policy": export_policy},
                    properties, key_flags(machine, overwrite, silent),
                    finalize_flags(False, True, silent), True)
            finally:
                wipe(PyBytes_AS_STRING(blob), len(blob))
        audit("ncrypt_ext.import_key", self.opened_name, algorithm, name, machine)
        new = self.create_native(algorithm, name, 0, key_flags(machine, overwrite, False))
        try:
            apply(new, {"export_policy": export_policy}, properties)
            new.write(KDF_SECRET, as_bytes_like(secret), 0)
            return new.become_key(finalize_flags(False, True, silent))
        finally:
            new.close()  # when a step failed; after become_key() there is nothing to close
