# SPDX-License-Identifier: MIT

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t, uintptr_t
from libc.stdlib cimport free, malloc

cimport cython

from ncrypt_ext._buffer cimport wipe
from ncrypt_ext._handle cimport (
    LEASE_IS_BUSY, LEASE_IS_CLOSED, LeaseAnswer, NOTE_PUBLIC_ONLY, TYPE_KEY, handle_value,
    lease_give_back, lease_take, lease_word_load, lease_word_or, release_if,
)
from ncrypt_ext._key_agreement cimport AgreementKey
from ncrypt_ext._key_base cimport KIND_EC, KIND_RSA, KIND_UNKNOWN
from ncrypt_ext._key_device cimport PIN_FINE
from ncrypt_ext._key_signing cimport too_small
from ncrypt_ext._status cimport check
from ncrypt_ext._wide cimport wide, wide_pointer
from ncrypt_ext.ncrypt cimport (
    NCRYPT_PERSIST_FLAG, NCRYPT_SILENT_FLAG, NCryptDeleteKey, NCryptExportKey,
    NCryptIsKeyHandle,
)
from ncrypt_ext.wintypes cimport DWORD, LPCWSTR, SECURITY_STATUS

from sys import audit

from ncrypt_ext._der import ec_public_key_info, pem, rsa_public_key_info
from ncrypt_ext.errors import InvalidHandleError, NotSupportedError
from ncrypt_ext.properties import CURVE_OIDS as _CURVE_OIDS
from ncrypt_ext.properties import PUBLIC_MAGIC_CURVES as _PUBLIC_MAGIC_CURVES

cdef bytes CERTIFICATE = wide("SmartCardKeyCertificate", "")
cdef frozenset PUBLIC_BLOBS = frozenset(
    wide(_each, "") for _each in ("RSAPUBLICBLOB", "ECCPUBLICBLOB", "PUBLICBLOB"))

cdef enum:
    FIRST_TRY = 2048
    INVALID_HANDLE = 0x80090026
    NOT_SUPPORTED = 0x80090029


@cython.final
cdef class Key(AgreementKey):

    def __init__(self):
        raise TypeError("Key has no public constructor: use Provider.open_key(), "
                        "Provider.create_key(), Provider.import_key() or Key.from_handle()")

    @staticmethod
    def from_handle(handle, *, bint own):
        cdef uintptr_t value = handle_value(handle)
        cdef Key key
        if not NCryptIsKeyHandle(value):
            raise InvalidHandleError(INVALID_HANDLE, "NCryptIsKeyHandle",
                                     "the number is not the handle of a key")
        key = Key.__new__(Key)
        key.settled = True
        key.adopt(TYPE_KEY, value, release_if(own))
        return key

    cdef Key share(self):
        """Another object for the same native key, which lives until both are closed."""
        cdef Key key = Key.__new__(Key)
        cdef bint good
        self.enter()
        try:
            good = key.adopt_native(TYPE_KEY, self.lease.handle, NULL, self.lease)
            if not good:
                raise MemoryError()
            lease_word_or(&key.lease.notes, lease_word_load(&self.lease.notes))
        finally:
            self.leave()
        key.settled = True
        key.found = self.found
        key.take_pin_from(self)
        return key

    cdef int destroy(self, DWORD flags) except -1:
        """Deletes the key; the handle is gone when that succeeds, and good when it does not."""
        cdef uint32_t pins = self.desk.pins
        cdef SECURITY_STATUS status = 0
        flags |= self.quiet(False)
        if self.desk.state == PIN_FINE:
            status = self.destroy_once(flags)
            if status == 0 or not self.needs_pin(status):
                return check(status, "NCryptDeleteKey")
        with self.pin_turn(status, "NCryptDeleteKey", pins):
            check(self.destroy_once(flags), "NCryptDeleteKey")
        return 0

    cdef SECURITY_STATUS destroy_once(self, DWORD flags) except? 1:
        cdef LeaseAnswer answer
        cdef SECURITY_STATUS status
        if self.lease == NULL:
            self.unavailable()
        answer = lease_take(self.lease)
        if answer == LEASE_IS_CLOSED:
            self.unavailable()
        if answer == LEASE_IS_BUSY:
            self.busy("is in use, by another thread or by a key handle or token that was made of "
                      "it: it was not deleted")
        with nogil:
            status = NCryptDeleteKey(self.lease.handle, flags)
            lease_give_back(self.lease, status == 0)
        return status

    def delete(self, *, bint silent=False):
        audit("ncrypt_ext.delete_key", self.name, self.is_machine_key)
        self.destroy(NCRYPT_SILENT_FLAG if silent else 0)

    def export(self, blob_type, *, bint silent=False):
        cdef bytes kind = wide(blob_type, "blob_type", 512)
        cdef DWORD flags = NCRYPT_SILENT_FLAG if silent else 0
        cdef DWORD size = FIRST_TRY
        cdef DWORD written = 0
        cdef SECURITY_STATUS status
        cdef uint8_t *out = NULL
        cdef LPCWSTR kind_pointer = wide_pointer(kind)
        audit("ncrypt_ext.export_key", self.name, self.is_machine_key, blob_type)
        if kind in PUBLIC_BLOBS:
            blob = self.export_public(kind_pointer)
            if blob is not None:
                return blob
        try:
            while True:
                # The blob may be a secret: it is wiped here, and the caller has the only copy.
                out = <uint8_t *>malloc(size)
                if out == NULL:
                    raise MemoryError()
                self.enter()
                with nogil:
                    status = NCryptExportKey(self.lease.handle, 0, kind_pointer, NULL, out,
                                             size, &written, flags)
                    self.leave()
                if not too_small(status, written, size) or written <= size:
                    break
                wipe(out, size)
                free(out)
                out = NULL
                size = written
            check(status, "NCryptExportKey")
            return PyBytes_FromStringAndSize(<char *>out, written)
        finally:
            if out != NULL:
                wipe(out, size)
                free(out)

    def public_key_der(self):
        if self.kind == KIND_UNKNOWN:
            self.find_kind()
        if self.kind == KIND_RSA:
            return rsa_public_key_info(self.export("RSAPUBLICBLOB"))
        if self.kind != KIND_EC:
            raise NotSupportedError(NOT_SUPPORTED, "",
                                    f"no DER form is known for {self.algorithm} keys")
        blob = self.export("ECCPUBLICBLOB")
        curve = _PUBLIC_MAGIC_CURVES.get(blob[:4]) or self.curve
        for name, identifier in _CURVE_OIDS.items():
            if curve is not None and name.lower() == curve.lower():
                return ec_public_key_info(blob, identifier)
        raise NotSupportedError(NOT_SUPPORTED, "", f"no DER form is known for the curve {curve!r}")

    def public_key_pem(self):
        return pem("PUBLIC KEY", self.public_key_der())

    # ---- certificates

    @property
    def certificates(self):
        if self.closed:
            self.unavailable()
        if self.found is not None:
            return self.found
        from ncrypt_ext._x509 import split
        return split(self.read_optional(CERTIFICATE) or b"")

    def set_certificates(self, certificates, *, bint silent=False):
        from ncrypt_ext._x509 import chain_of, check_key
        chain = chain_of(certificates)
        audit("ncrypt_ext.set_certificates", self.name, self.is_machine_key)
        check_key(chain[0], self)
        self.write_certificates(b"".join(each.der for each in chain), silent)

    def remove_certificates(self, *, bint silent=False):
        audit("ncrypt_ext.remove_certificates", self.name, self.is_machine_key)
        held = self.read_optional(CERTIFICATE)
        try:
            self.write_certificates(b"", silent)  # also where another handle put them there
        except NotSupportedError:
            if held:
                raise
        self.found = None

    cdef int write_certificates(self, bytes value, bint silent) except -1:
        """No function takes a property away: an empty one stands for none."""
        cdef DWORD flags = <DWORD>NCRYPT_PERSIST_FLAG
        if silent:
            flags |= NCRYPT_SILENT_FLAG
        self.write(CERTIFICATE, value, flags)
        self.found = None
        return 0

    def as_cryptography(self):
        if self.closed:
            self.unavailable()
        from ncrypt_ext.integrations.cryptography_keys import from_key
        if lease_word_load(&self.lease.notes) & NOTE_PUBLIC_ONLY:
            raise NotSupportedError(
                NOT_SUPPORTED, "", "this is a public key: cryptography's load_der_public_key() "
                "takes its public_key_der()")
        shared = self.share()
        try:
            return from_key(shared)
        except BaseException:
            shared.close()
            raise
