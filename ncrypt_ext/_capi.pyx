# SPDX-License-Identifier: MIT

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint32_t, uintptr_t

from ncrypt_ext._buffer cimport Input, input_close, input_open
from ncrypt_ext._capi_error cimport capi_check, capi_error
from ncrypt_ext._capi_key cimport ContextKey, adopt_context_key, context_signature
from ncrypt_ext._handle cimport (
    TYPE_CONTEXT, TYPE_KEY, TYPE_PROVIDER, Handle, Watch, free_object, handle_value, number_value,
    raise_watched, watch_begin, watch_end,
)
from ncrypt_ext._key cimport Key
from ncrypt_ext._provider cimport Provider
from ncrypt_ext._status cimport check
from ncrypt_ext._wide cimport wide_or_none, wide_pointer
from ncrypt_ext.ncrypt cimport (
    NCRYPT_KEY_HANDLE, NCRYPT_PROV_HANDLE, NCryptTranslateHandle,
)
from ncrypt_ext.wincrypt cimport (
    AT_KEYEXCHANGE, AT_SIGNATURE, CRYPT_DELETEKEYSET, CRYPT_EXPORTABLE, CRYPT_FIRST,
    CRYPT_MACHINE_KEYSET, CRYPT_NEWKEYSET, CRYPT_NEXT, CRYPT_SILENT, CRYPT_VERIFYCONTEXT,
    HCRYPTKEY, HCRYPTPROV, PP_CONTAINER, PP_ENUMCONTAINERS, PP_KEYSET_TYPE, PP_NAME, PP_PROVTYPE,
    PP_UNIQUE_CONTAINER, CryptAcquireContextW, CryptContextAddRef, CryptGenKey,
    CryptGetProvParam, CryptGetUserKey, CryptImportKey, CryptReleaseContext,
)
from ncrypt_ext.wintypes cimport BYTE, DWORD, LPCWSTR, SECURITY_STATUS

import codecs
from sys import audit

from ncrypt_ext.enums import KeySpec
from ncrypt_ext.errors import KeyNotFoundError, NotSupportedError

cdef enum:
    FIRST_TRY = 1024    # more than the name of any container
    MORE_DATA = 234
    NO_MORE_ITEMS = 259
    NO_KEY = 0x8009000D
    SHORTEST = 384
    LONGEST = 16384


def _ansi():
    """The codec of what Windows calls ANSI strings, and what to do with what it cannot decode. The
    engine has UTF-8 in them, with lone surrogates as they are."""
    try:
        return codecs.lookup("mbcs").name, "replace"
    except LookupError:
        return "utf-8", "surrogatepass"


cdef tuple ANSI = _ansi()

# How implementations say that a context has none; others say it by an empty name.
cdef tuple NO_CONTAINER = (KeyNotFoundError, NotSupportedError)


@cython.linetrace(False)
cdef void release_context(uintptr_t context) noexcept nogil:
    CryptReleaseContext(<HCRYPTPROV>context, 0)


cdef DWORD spec_value(object key_spec) except 0:
    cdef uint32_t number = number_value(key_spec, "key_spec")
    if number != <uint32_t>AT_KEYEXCHANGE and number != <uint32_t>AT_SIGNATURE:
        raise ValueError("key_spec must be KeySpec.KEYEXCHANGE (1) or KeySpec.SIGNATURE (2), "
                         f"not {number}")
    return number


cdef str ansi_text(bytes value):
    """One NUL-terminated string."""
    return value.split(b"\0", 1)[0].decode(*ANSI)


cdef HCRYPTPROV acquire(object container, object provider, object provider_type,
                        DWORD flags) except? 0:
    """0 is a handle only after CRYPT_DELETEKEYSET."""
    if container == "":
        raise ValueError("container must not be empty: None is the default container")
    cdef bytes container_text = wide_or_none(container, "container")
    cdef bytes provider_text = wide_or_none(provider, "provider")
    cdef LPCWSTR container_pointer = wide_pointer(container_text)
    cdef LPCWSTR provider_pointer = wide_pointer(provider_text)
    cdef DWORD type_number = number_value(provider_type, "provider_type")
    cdef HCRYPTPROV handle = 0
    cdef DWORD error = 0
    with nogil:
        if not CryptAcquireContextW(&handle, container_pointer, provider_pointer, type_number,
                                    flags):
            error = capi_error()
    capi_check(error, "CryptAcquireContextW")
    return handle


# The default is a number, for inspect to read: PROV_RSA_AES.
def delete_container(container, *, provider=None, provider_type=24, bint machine=False,
                     bint silent=False, bint missing_ok=False):
    cdef DWORD flags = CRYPT_DELETEKEYSET
    if container is None:
        raise TypeError("container must be a str: the default container is not deleted by mistake")
    if machine:
        flags |= CRYPT_MACHINE_KEYSET
    if silent:
        flags |= CRYPT_SILENT
    audit("ncrypt_ext.capi.delete_container", container, machine)
    try:
        acquire(container, provider, provider_type, flags)
    except KeyNotFoundError:
        if not missing_ok:
            raise


@cython.final
cdef class Context(Handle):
    # cdef bint enumerating

    def __init__(self, container=None, *, provider=None, provider_type=24,
                 bint new=False, bint machine=False, bint verify=False, bint silent=False):
        cdef DWORD flags = 0
        if self.lease != NULL:
            raise TypeError("this Context has been opened already")
        if verify and (new or container is not None):
            raise ValueError("a context with verify=True has no container")
        if new:
            flags |= CRYPT_NEWKEYSET
        if machine:
            flags |= CRYPT_MACHINE_KEYSET
        if verify:
            flags |= CRYPT_VERIFYCONTEXT
        if silent:
            flags |= CRYPT_SILENT
        audit("ncrypt_ext.capi.acquire_context", container, provider, machine, new)
        self.adopt(TYPE_CONTEXT, acquire(container, provider, provider_type, flags),
                   release_context)

    @staticmethod
    def from_handle(handle, *, bint own):
        cdef uintptr_t value = handle_value(handle)
        cdef Context context = Context.__new__(Context)
        cdef DWORD error = 0
        if not own:
            with nogil:
                if not CryptContextAddRef(value, NULL, 0):
                    error = capi_error()
            capi_check(error, "CryptContextAddRef")
        context.adopt(TYPE_CONTEXT, value, release_context)
        return context

    # ---- parameters

    cdef bytes read(self, DWORD which, DWORD flags):
        """A parameter of the provider; None when an enumeration is at its end."""
        cdef DWORD size = FIRST_TRY
        cdef DWORD capacity = 0
        cdef DWORD error = MORE_DATA
        cdef bytes out
        cdef BYTE *data
        while error == MORE_DATA and size > capacity:
            capacity = size
            out = PyBytes_FromStringAndSize(NULL, capacity)
            data = <BYTE *>PyBytes_AS_STRING(out)
            error = 0
            self.enter()
            with nogil:
                if not CryptGetProvParam(self.lease.handle, which, data, &size, flags):
                    error = capi_error()
                self.leave()
        if error == NO_MORE_ITEMS and which == <DWORD>PP_ENUMCONTAINERS:
            return None
        capi_check(error, "CryptGetProvParam")
        return out[:size]

    def parameter(self, number):
        cdef DWORD which = number_value(number, "number")
        if which == <DWORD>PP_ENUMCONTAINERS:
            raise ValueError("number must not be PP_ENUMCONTAINERS (2): containers() lists them")
        return self.read(which, 0)

    @property
    def container(self):
        try:
            return ansi_text(self.read(PP_CONTAINER, 0)) or None
        except NO_CONTAINER:
            return None

    @property
    def unique_container(self):
        try:
            return ansi_text(self.read(PP_UNIQUE_CONTAINER, 0)) or None
        except NO_CONTAINER:
            return None

    @property
    def provider_name(self):
        return ansi_text(self.read(PP_NAME, 0))

    @property
    def provider_type(self):
        return int.from_bytes(self.read(PP_PROVTYPE, 0), "little")

    @property
    def is_machine(self):
        return bool(int.from_bytes(self.read(PP_KEYSET_TYPE, 0), "little") & CRYPT_MACHINE_KEYSET)

    def containers(self):
        cdef list found = []
        cdef bytes name
        cdef DWORD flags = CRYPT_FIRST
        if self.enumerating:
            self.busy("is enumerating containers in another thread")
        self.enumerating = True
        try:
            while True:
                name = self.read(PP_ENUMCONTAINERS, flags)
                if name is None:
                    return found
                found.append(ansi_text(name))
                flags = CRYPT_NEXT
        finally:
            self.enumerating = False

    # ---- keys

    cdef ContextKey find_key(self, DWORD spec):
        """None when the container has none of that kind."""
        cdef ContextKey found = ContextKey.__new__(ContextKey)
        cdef HCRYPTKEY key = 0
        cdef DWORD error = 0
        self.enter()
        with nogil:
            if CryptGetUserKey(self.lease.handle, spec, &key):
                error = adopt_context_key(found, key, self.lease)
            else:
                error = capi_error()
            self.leave()
        if error == NO_KEY:
            return None
        capi_check(error, "CryptGetUserKey")
        return found

    def key(self, key_spec):
        cdef DWORD spec = spec_value(key_spec)
        key = self.find_key(spec)
        if key is None:
            raise KeyNotFoundError(NO_KEY, "CryptGetUserKey",
                                   f"the container has no {KeySpec(spec).name} key")
        return key

    @property
    def key_specs(self):
        cdef ContextKey key
        cdef tuple found = ()
        for spec in (KeySpec.KEYEXCHANGE, KeySpec.SIGNATURE):
            key = self.find_key(spec)
            if key is not None:
                key.close()
                found += (spec,)
        return found

    def generate_key(self, key_spec, length=2048, *, bint exportable=False):
        cdef DWORD spec = spec_value(key_spec)
        cdef uint32_t bits = number_value(length, "length")
        cdef DWORD flags = CRYPT_EXPORTABLE if exportable else 0
        cdef ContextKey made = ContextKey.__new__(ContextKey)
        cdef HCRYPTKEY key = 0
        cdef DWORD error = 0
        cdef Watch watch
        if not SHORTEST <= bits <= LONGEST:
            raise ValueError(f"length must be from {SHORTEST} to {LONGEST} bits, not {bits}")
        audit("ncrypt_ext.capi.generate_key", spec)
        self.enter()
        with nogil:
            watch_begin(&watch, self.lease)
            if CryptGenKey(self.lease.handle, spec, flags | bits << 16, &key):
                error = adopt_context_key(made, key, self.lease)
            else:
                error = capi_error()
            watch_end(&watch)
            self.leave()
        raise_watched(&watch)  # perhaps too late to cancel: then it is in the container
        capi_check(error, "CryptGenKey")
        return made

    def import_key(self, blob, *, bint exportable=False):
        cdef DWORD flags = CRYPT_EXPORTABLE if exportable else 0
        cdef ContextKey made = ContextKey.__new__(ContextKey)
        cdef HCRYPTKEY key = 0
        cdef DWORD error = 0
        cdef Input data
        audit("ncrypt_ext.capi.import_key")
        input_open(&data, blob, "blob")
        try:
            self.enter()
            with nogil:
                if CryptImportKey(self.lease.handle, data.data, data.size, 0, flags, &key):
                    error = adopt_context_key(made, key, self.lease)
                else:
                    error = capi_error()
                self.leave()
        finally:
            input_close(&data)
        capi_check(error, "CryptImportKey")
        return made

    def sign(self, digest, hash, key_spec=2, *, byteorder="little"):
        return context_signature(self, spec_value(key_spec), digest, hash, byteorder)

    def to_ncrypt(self, key_spec):
        cdef DWORD spec = spec_value(key_spec)
        cdef NCRYPT_PROV_HANDLE provider_handle = 0
        cdef NCRYPT_KEY_HANDLE key_handle = 0
        cdef Provider provider = Provider.__new__(Provider)
        cdef Key key = Key.__new__(Key)
        cdef SECURITY_STATUS status
        cdef bint good
        self.enter()
        with nogil:
            status = NCryptTranslateHandle(&provider_handle, &key_handle, self.lease.handle, 0,
                                           spec, 0)
            self.leave()
        check(status, "NCryptTranslateHandle")
        good = provider.adopt_native(TYPE_PROVIDER, provider_handle, free_object, NULL)
        if not good:
            free_object(key_handle)
            raise MemoryError()
        provider.enter()
        good = key.adopt_native(TYPE_KEY, key_handle, free_object, provider.lease)
        provider.leave()
        provider.close()    # with the key
        if not good:
            raise MemoryError()
        key.settled = True
        return key

    def __repr__(self):
        if self.closed:
            return "<Context closed>"
        name = self.container
        return f"<Context {'without a container' if name is None else repr(name)}>"
