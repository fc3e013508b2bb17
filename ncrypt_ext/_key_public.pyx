# SPDX-License-Identifier: MIT
"""What needs only the public key is done by bcrypt in this process: a call into the key store of
Windows crosses into another one. The public handle is made at the first such call and lives as long
as the key's own. A key that bcrypt does not take stays with the key store, as does a single call
that it does not support."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, uint8_t, uint32_t, uintptr_t

from ncrypt_ext._buffer cimport Input
from ncrypt_ext._handle cimport TYPE_PUBLIC, lease_attach, lease_attached
from ncrypt_ext._key_base cimport KIND_EC, KIND_RSA, KIND_UNKNOWN
from ncrypt_ext._wide cimport wide, wide_pointer
from ncrypt_ext.bcrypt cimport (
    BCRYPT_ALG_HANDLE, BCRYPT_KEY_HANDLE, BCryptDestroyKey, BCryptEncrypt, BCryptExportKey,
    BCryptImportKeyPair, BCryptOpenAlgorithmProvider, BCryptVerifySignature,
)
from ncrypt_ext.ncrypt cimport (
    NCRYPT_SILENT_FLAG, NCryptEncrypt, NCryptExportKey, NCryptVerifySignature,
)
from ncrypt_ext.wintypes cimport DWORD, LPCWSTR, SECURITY_STATUS, ULONG

cdef enum:
    BLOB_SIZE = 24 + 2 * 2048  # the greatest RSA key, its exponent as long as its modulus
    STATUS_UNSUCCESSFUL = 0xC0000001
    STATUS_NOT_IMPLEMENTED = 0xC0000002
    STATUS_NOT_SUPPORTED = 0xC00000BB

cdef bytes RSA_BLOB = wide("RSAPUBLICBLOB", "")
cdef bytes ECC_BLOB = wide("ECCPUBLICBLOB", "")

# By the magic number of a public blob: bcrypt's algorithm for it, and where its handle is.
cdef dict ALGORITHMS = {
    b"RSA1": (0, wide("RSA", "")),
    b"ECS1": (1, wide("ECDSA_P256", "")),
    b"ECS3": (2, wide("ECDSA_P384", "")),
    b"ECS5": (3, wide("ECDSA_P521", "")),
}

# Opened when first needed and kept for the life of the process, as bcrypt's documentation advises.
cdef BCRYPT_ALG_HANDLE algorithms[4]


cdef BCRYPT_ALG_HANDLE algorithm_of(const uint8_t *blob) except? NULL:
    """NULL when bcrypt has none for it."""
    cdef LPCWSTR name
    cdef int index
    found = ALGORITHMS.get(blob[:4])
    if found is None:
        return NULL
    index = found[0]
    name = wide_pointer(found[1])
    if algorithms[index] == NULL and BCryptOpenAlgorithmProvider(
            &algorithms[index], name, NULL, 0) != 0:
        algorithms[index] = NULL
    return algorithms[index]


cdef void release_public(uintptr_t handle) noexcept nogil:
    BCryptDestroyKey(<BCRYPT_KEY_HANDLE>handle)


cdef bint worth_a_call(uint32_t status) noexcept nogil:
    """Whether the key store may be able to do what bcrypt has not done."""
    return status == STATUS_NOT_SUPPORTED or status == STATUS_NOT_IMPLEMENTED


cdef class PublicKey(PropertyKey):
    # cdef uintptr_t public
    # cdef bint no_public

    cdef int import_public(self, const uint8_t *blob, uint32_t size) except -1:
        """Attaches the handle, unless another thread has."""
        cdef BCRYPT_ALG_HANDLE algorithm = algorithm_of(blob)
        cdef BCRYPT_KEY_HANDLE handle = NULL
        cdef LPCWSTR kind = wide_pointer(RSA_BLOB if self.kind == KIND_RSA else ECC_BLOB)
        if algorithm == NULL:
            return 0
        self.enter()
        with nogil:
            if BCryptImportKeyPair(algorithm, NULL, kind, &handle, <uint8_t *>blob, size, 0) == 0:
                if not lease_attach(self.lease, TYPE_PUBLIC, <uintptr_t>handle, release_public):
                    release_public(<uintptr_t>handle)
            self.leave()
        return 0

    cdef bint has_public(self) except -1:
        """Whether there is a public handle, made now if it has not been tried. Before enter()."""
        if self.public == 0 and not self.no_public:
            self.find_public()
        return self.public != 0

    cdef int find_public(self) except -1:
        """Asks the key store once, without a dialogue; what fails here is reported by the call that
        comes next."""
        cdef uint8_t blob[BLOB_SIZE]
        cdef DWORD size = 0
        cdef LPCWSTR kind
        cdef SECURITY_STATUS status = 0
        cdef int _attempt
        if self.kind == KIND_UNKNOWN:
            self.find_kind()
        if self.kind != KIND_RSA and self.kind != KIND_EC:
            self.no_public = True
            return 0
        kind = wide_pointer(RSA_BLOB if self.kind == KIND_RSA else ECC_BLOB)
        self.enter()
        with nogil:
            if lease_attached(self.lease) == 0:
                for _attempt in range(2):
                    status = NCryptExportKey(self.lease.handle, 0, kind, NULL, blob, BLOB_SIZE,
                                             &size, NCRYPT_SILENT_FLAG)
                    if <uint32_t>status != STATUS_UNSUCCESSFUL:
                        break
            self.leave()
        if status == 0 and 8 <= size <= BLOB_SIZE:
            self.import_public(blob, size)
        self.enter()
        self.public = lease_attached(self.lease)
        self.leave()
        self.no_public = self.public == 0
        return 0

    cdef SECURITY_STATUS run_verify(self, void *info, DWORD flags, Input *digest,
                                    Input *signature, bint *in_process) except? 1:
        """Verifies; `in_process` tells whether the status is bcrypt's or the key store's. A failure
        without a reason, which passes, is tried once more."""
        cdef SECURITY_STATUS status = <SECURITY_STATUS>STATUS_NOT_SUPPORTED
        cdef int _attempt
        in_process[0] = self.has_public()
        self.enter()
        with nogil:
            if in_process[0]:
                for _attempt in range(2):
                    status = BCryptVerifySignature(
                        <BCRYPT_KEY_HANDLE>self.public, info, digest.data, digest.size,
                        signature.data, signature.size, flags & ~<DWORD>NCRYPT_SILENT_FLAG)
                    if <uint32_t>status != STATUS_UNSUCCESSFUL:
                        break
            if worth_a_call(status):
                in_process[0] = False
                for _attempt in range(2):
                    status = NCryptVerifySignature(
                        self.lease.handle, info, digest.data, digest.size, signature.data,
                        signature.size, flags)
                    if <uint32_t>status != STATUS_UNSUCCESSFUL:
                        break
            self.leave()
        return status

    cdef SECURITY_STATUS run_encrypt(self, void *info, DWORD flags, Input *data, uint8_t *out,
                                     DWORD size, DWORD *written, bint *in_process) except? 1:
        """Encrypts, likewise."""
        cdef SECURITY_STATUS status = <SECURITY_STATUS>STATUS_NOT_SUPPORTED
        cdef int _attempt
        in_process[0] = self.has_public()
        self.enter()
        with nogil:
            if in_process[0]:
                for _attempt in range(2):
                    written[0] = 0
                    status = BCryptEncrypt(
                        <BCRYPT_KEY_HANDLE>self.public, data.data, data.size, info, NULL, 0, out,
                        size, written, flags & ~<DWORD>NCRYPT_SILENT_FLAG)
                    if <uint32_t>status != STATUS_UNSUCCESSFUL:
                        break
            if worth_a_call(status):
                in_process[0] = False
                for _attempt in range(2):
                    written[0] = 0
                    status = NCryptEncrypt(
                        self.lease.handle, data.data, data.size, info, out, size, written, flags)
                    if <uint32_t>status != STATUS_UNSUCCESSFUL:
                        break
            self.leave()
        return status

    cdef bytes export_public(self, LPCWSTR blob_type):
        """The public blob of that type; None when the key store has to be asked."""
        cdef uint8_t blob[BLOB_SIZE]
        cdef ULONG size = 0
        cdef int32_t status
        if not self.has_public():
            return None
        self.enter()
        with nogil:
            status = BCryptExportKey(<BCRYPT_KEY_HANDLE>self.public, NULL, blob_type, blob,
                                     BLOB_SIZE, &size, 0)
            self.leave()
        if status != 0 or size > BLOB_SIZE:
            return None
        return PyBytes_FromStringAndSize(<char *>blob, size)
