# SPDX-License-Identifier: MIT

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport uintptr_t
from libc.string cimport memset

from ncrypt_ext._buffer cimport Input, input_close, input_open, wipe
from ncrypt_ext._capi_error cimport capi_check, capi_error
from ncrypt_ext._handle cimport (
    TYPE_CERTIFICATE, TYPE_KEY, TYPE_STORE, Handle, free_object,
)
from ncrypt_ext._key cimport Key
from ncrypt_ext._wide cimport narrow, wide, wide_or_none, wide_pointer
from ncrypt_ext.wincrypt cimport (
    CERT_KEY_PROV_INFO_PROP_ID, CERT_NCRYPT_KEY_SPEC, CERT_STORE_ADD_NEW,
    CERT_STORE_ADD_USE_EXISTING, CERT_STORE_OPEN_EXISTING_FLAG, CERT_STORE_PROV_SYSTEM_W,
    CERT_STORE_READONLY_FLAG, CERT_SYSTEM_STORE_CURRENT_USER, CERT_SYSTEM_STORE_LOCAL_MACHINE,
    CRYPT_ACQUIRE_COMPARE_KEY_FLAG, CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG, CRYPT_ACQUIRE_SILENT_FLAG,
    CRYPT_DATA_BLOB, CRYPT_EXPORTABLE, CRYPT_KEY_PROV_INFO, CRYPT_MACHINE_KEYSET,
    CRYPT_USER_KEYSET, HCERTSTORE, PCCERT_CONTEXT, PKCS12_ALWAYS_CNG_KSP, PKCS12_NO_PERSIST_KEY,
    X509_ASN_ENCODING,
    CertAddEncodedCertificateToStore, CertCloseStore, CertDeleteCertificateFromStore,
    CertDuplicateCertificateContext, CertEnumCertificatesInStore, CertFreeCertificateContext,
    CertGetCertificateContextProperty, CertOpenStore, CertSetCertificateContextProperty,
    CryptAcquireCertificatePrivateKey, PFXImportCertStore,
)
from ncrypt_ext.wintypes cimport BOOL, DWORD, LPCWSTR, LPWSTR

from ncrypt_ext.errors import NCryptError

cdef enum:
    FIRST_TRY = 256
    MORE_DATA = 234
    NO_MORE_FILES = 18          # what some kinds of stores say at their end
    NOT_FOUND = 0x80092004      # CRYPT_E_NOT_FOUND
    EXISTS = 0x80092005         # CRYPT_E_EXISTS

# Stores that are there in any case, made when they are first opened.
cdef frozenset OWN_STORES = frozenset(("MY", "CA"))


@cython.linetrace(False)
cdef void close_store(uintptr_t store) noexcept nogil:
    CertCloseStore(<HCERTSTORE>store, 0)


@cython.linetrace(False)
cdef void free_context(uintptr_t context) noexcept nogil:
    CertFreeCertificateContext(<PCCERT_CONTEXT>context)


cdef CertificateStore own_store(HCERTSTORE handle):
    cdef CertificateStore store = CertificateStore.__new__(CertificateStore)
    store.adopt(TYPE_STORE, <uintptr_t>handle, close_store)
    return store


def provider_of(Key key):
    """The name of the provider that a key belongs to; None when that one does not tell."""
    key.find_provider()
    return key.provider_name


def remember(Key key, tuple chain):
    """What the key's certificates are from now on, as this object tells."""
    key.found = chain


def open_store(name, *, bint machine, bint writable):
    cdef bytes text = wide(name, "store", 255)
    cdef LPCWSTR pointer = wide_pointer(text)
    cdef DWORD flags = (CERT_SYSTEM_STORE_LOCAL_MACHINE if machine
                        else CERT_SYSTEM_STORE_CURRENT_USER)
    cdef HCERTSTORE handle
    cdef DWORD error = 0
    if name.upper() not in OWN_STORES:
        flags |= CERT_STORE_OPEN_EXISTING_FLAG
    if not writable:
        flags |= CERT_STORE_READONLY_FLAG
    with nogil:
        handle = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, flags, pointer)
        if handle == NULL:
            error = capi_error()
    capi_check(error, "CertOpenStore")
    return own_store(handle)


def import_store(data, password, *, bint exportable, bint machine, bint persist=True, discard=None):
    """Imports the keys of a PFX; the store that is returned is not a stored one.

    A password's hash takes seconds: whoever interrupts that gets the exception from here, when
    `discard` was called with the store.
    """
    cdef bytes text = wide_or_none(password, "password")
    cdef LPCWSTR pointer = wide_pointer(text)
    cdef DWORD flags = PKCS12_ALWAYS_CNG_KSP
    cdef CRYPT_DATA_BLOB blob
    cdef HCERTSTORE handle
    cdef DWORD error = 0
    cdef Input source
    cdef CertificateStore store
    flags |= CRYPT_MACHINE_KEYSET if machine else CRYPT_USER_KEYSET
    if exportable:
        flags |= CRYPT_EXPORTABLE
    if not persist:
        flags |= PKCS12_NO_PERSIST_KEY
    try:
        input_open(&source, data, "data")
        try:
            blob.cbData = source.size
            blob.pbData = source.data
            with nogil:
                handle = PFXImportCertStore(&blob, pointer, flags)
                if handle == NULL:
                    error = capi_error()
        finally:
            input_close(&source)
    finally:
        if text is not None:
            wipe(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
    capi_check(error, "PFXImportCertStore")
    store = own_store(handle)
    try:
        PyErr_CheckSignals()
    except BaseException:
        if discard is not None:
            discard(store)
        store.close()
        raise
    return store


@cython.final
cdef class CertificateStore(Handle):

    cdef Certificate hold(self, PCCERT_CONTEXT context):
        """Becomes the owner of a context. The caller is inside a call of the store."""
        cdef Certificate certificate = Certificate.__new__(Certificate)
        if context == NULL:
            raise MemoryError()
        if not certificate.adopt_native(TYPE_CERTIFICATE, <uintptr_t>context, free_context,
                                        self.lease):
            raise MemoryError()
        return certificate

    def certificates(self):
        cdef PCCERT_CONTEXT context = NULL
        cdef PCCERT_CONTEXT copy = NULL
        cdef DWORD error = 0
        cdef list found = []
        self.enter()
        try:
            while True:
                with nogil:
                    context = CertEnumCertificatesInStore(<HCERTSTORE>self.lease.handle, context)
                    if context == NULL:
                        error = capi_error()
                    else:
                        copy = CertDuplicateCertificateContext(context)
                if context == NULL:
                    break
                found.append(self.hold(copy))
        finally:
            if context != NULL:  # given up half-way
                free_context(<uintptr_t>context)
            self.leave()
        if error != <DWORD>NOT_FOUND and error != <DWORD>NO_MORE_FILES:
            capi_check(error, "CertEnumCertificatesInStore")
        return found

    cdef Certificate put(self, object der, DWORD disposition):
        """None when it is to be new and is not."""
        cdef PCCERT_CONTEXT context = NULL
        cdef DWORD error = 0
        cdef Input data
        input_open(&data, der, "certificate")
        try:
            self.enter()
            try:
                with nogil:
                    if not CertAddEncodedCertificateToStore(
                            <HCERTSTORE>self.lease.handle, X509_ASN_ENCODING, data.data, data.size,
                            disposition, &context):
                        error = capi_error()
                if error == <DWORD>EXISTS and disposition == <DWORD>CERT_STORE_ADD_NEW:
                    return None
                capi_check(error, "CertAddEncodedCertificateToStore")
                return self.hold(context)
            finally:
                self.leave()
        finally:
            input_close(&data)

    def add(self, der):
        """The certificate in the store, and whether it was put there."""
        added = self.put(der, CERT_STORE_ADD_NEW)
        if added is not None:
            return added, True
        return self.put(der, CERT_STORE_ADD_USE_EXISTING), False


@cython.final
cdef class Certificate(Handle):

    @property
    def der(self):
        cdef PCCERT_CONTEXT context
        self.enter()
        try:
            context = <PCCERT_CONTEXT>self.lease.handle
            return PyBytes_FromStringAndSize(<char *>context.pbCertEncoded,
                                             context.cbCertEncoded)
        finally:
            self.leave()

    def key_info(self):
        """Name, provider, its type and flags of the key that the certificate says it has; None when
        it says none."""
        cdef DWORD size = FIRST_TRY
        cdef DWORD capacity = 0
        cdef DWORD error = MORE_DATA
        cdef CRYPT_KEY_PROV_INFO *info = NULL
        cdef bytes out
        while error == MORE_DATA and size > capacity:
            capacity = size
            out = PyBytes_FromStringAndSize(NULL, capacity)
            info = <CRYPT_KEY_PROV_INFO *><void *>PyBytes_AS_STRING(out)
            error = 0
            self.enter()
            with nogil:
                if not CertGetCertificateContextProperty(
                        <PCCERT_CONTEXT>self.lease.handle, CERT_KEY_PROV_INFO_PROP_ID, info,
                        &size):
                    error = capi_error()
                self.leave()
        if error == <DWORD>NOT_FOUND:
            return None
        capi_check(error, "CertGetCertificateContextProperty")
        return (narrow(info.pwszContainerName), narrow(info.pwszProvName), info.dwProvType,
                info.dwFlags)

    def set_key(self, name, provider, *, DWORD provider_type=0, bint machine=False,
                DWORD key_spec=0):
        """Says whose certificate it is, in the store."""
        cdef CRYPT_KEY_PROV_INFO info
        cdef bytes name_text = wide(name, "name")
        cdef bytes provider_text = wide(provider, "provider")
        cdef DWORD error = 0
        memset(&info, 0, sizeof(info))
        info.pwszContainerName = <LPWSTR>wide_pointer(name_text)
        info.pwszProvName = <LPWSTR>wide_pointer(provider_text)
        info.dwProvType = provider_type
        info.dwFlags = CRYPT_MACHINE_KEYSET if machine else 0
        info.dwKeySpec = key_spec
        self.enter()
        with nogil:
            if not CertSetCertificateContextProperty(
                    <PCCERT_CONTEXT>self.lease.handle, CERT_KEY_PROV_INFO_PROP_ID, 0, &info):
                error = capi_error()
            self.leave()
        capi_check(error, "CertSetCertificateContextProperty")

    def remove(self):
        """Takes it out of its store. This object stays as it is."""
        cdef PCCERT_CONTEXT copy
        cdef DWORD error = 0
        self.enter()
        with nogil:
            copy = CertDuplicateCertificateContext(<PCCERT_CONTEXT>self.lease.handle)
            if not CertDeleteCertificateFromStore(copy):    # and frees it, in any case
                error = capi_error()
            self.leave()
        capi_check(error, "CertDeleteCertificateFromStore")

    cdef int acquire(self, DWORD flags, bint *is_ncrypt, bint *must_free, DWORD *spec,
                     size_t *handle) except -1:
        """The handle of the private key, and what kind it is: that decides who frees it, and how.
        The caller is inside a call."""
        cdef uintptr_t key = 0
        cdef BOOL free_it = 0
        cdef DWORD error = 0
        with nogil:
            if not CryptAcquireCertificatePrivateKey(
                    <PCCERT_CONTEXT>self.lease.handle, flags | CRYPT_ACQUIRE_COMPARE_KEY_FLAG,
                    NULL, &key, spec, &free_it):
                error = capi_error()
        capi_check(error, "CryptAcquireCertificatePrivateKey")
        is_ncrypt[0] = spec[0] == CERT_NCRYPT_KEY_SPEC
        must_free[0] = free_it != 0
        handle[0] = key
        return 0

    def open_key(self, chain, *, bint silent=False):
        """The private key: as CNG has it, or converted where only CryptoAPI has it."""
        cdef Key key = Key.__new__(Key)
        cdef DWORD flags = CRYPT_ACQUIRE_SILENT_FLAG if silent else 0
        cdef DWORD spec = 0
        cdef bint is_ncrypt = False
        cdef bint must_free = False
        cdef size_t handle = 0
        self.enter()
        try:
            try:
                self.acquire(flags | CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG, &is_ncrypt, &must_free,
                             &spec, &handle)
            except NCryptError:
                info = self.key_info()
                if info is None or info[2] == 0:
                    raise
                self.acquire(flags, &is_ncrypt, &must_free, &spec, &handle)
            if not is_ncrypt:
                from ncrypt_ext._capi import Context
                # A reference of its own where the certificate keeps the handle.
                with Context.from_handle(handle, own=must_free) as context:
                    key = context.to_ncrypt(spec)
            elif must_free:
                if not key.adopt_native(TYPE_KEY, handle, free_object, NULL):
                    raise MemoryError()
            elif not key.adopt_native(TYPE_KEY, handle, NULL, self.lease):
                raise MemoryError()
        finally:
            self.leave()
        key.settled = True
        key.found = chain
        return key
