# SPDX-License-Identifier: MIT

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t, uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

cimport cython

from ncrypt_ext._buffer cimport wipe
from ncrypt_ext._handle cimport (
    LEASE_IS_BUSY, LEASE_IS_CLOSED, LeaseAnswer, NOTE_PUBLIC_ONLY, TYPE_KEY, handle_value,
    lease_give_back, lease_take, lease_word_load, lease_word_or, number_value, release_if,
)
from ncrypt_ext._key_agreement cimport AgreementKey
from ncrypt_ext._key_base cimport KIND_EC, KIND_RSA, KIND_UNKNOWN
from ncrypt_ext._key_device cimport PIN_FINE, pin_text
from ncrypt_ext._key_signing cimport too_small
from ncrypt_ext._status cimport check
from ncrypt_ext._wide cimport plain_text, wide, wide_pointer
from ncrypt_ext.ncrypt cimport (
    NCRYPT_PERSIST_FLAG, NCRYPT_SILENT_FLAG, NCRYPTBUFFER_PKCS_ALG_OID,
    NCRYPTBUFFER_PKCS_ALG_PARAM, NCRYPTBUFFER_PKCS_SECRET, NCRYPTBUFFER_VERSION, NCryptBuffer,
    NCryptBufferDesc, NCryptDeleteKey, NCryptExportKey, NCryptIsKeyHandle,
)
from ncrypt_ext.wintypes cimport DWORD, LPCWSTR, PVOID, SECURITY_STATUS

from os import urandom
from sys import audit

from ncrypt_ext.errors import InvalidHandleError, InvalidParameterError, NotSupportedError
from ncrypt_ext.properties import CURVE_OIDS as _CURVE_OIDS
from ncrypt_ext.properties import PUBLIC_MAGIC_CURVES as _PUBLIC_MAGIC_CURVES

cdef bytes CERTIFICATE = wide("SmartCardKeyCertificate", "")
cdef frozenset PUBLIC_BLOBS = frozenset(
    wide(_each, "") for _each in ("RSAPUBLICBLOB", "ECCPUBLICBLOB", "PUBLICBLOB"))

cdef bytes PKCS8 = wide("PKCS8_PRIVATEKEY", "")
# PBES2 of PKCS #5, and what Windows has always written: SHA-1 and 3DES of PKCS #12.
cdef dict SCHEMES = {"PBES2": b"1.2.840.113549.1.5.13", "3DES": b"1.2.840.113549.1.12.1.3"}

cdef enum:
    FIRST_TRY = 2048
    ITERATIONS = 600_000
    MAX_ITERATIONS = 8_000_000
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
            self.busy("is in use, by another thread or by a secret, key handle or token that was "
                      "made of it: it was not deleted")
        with nogil:
            status = NCryptDeleteKey(self.lease.handle, flags)
            lease_give_back(self.lease, status == 0)
        return status

    def delete(self, *, bint silent=False):
        audit("ncrypt_ext.delete_key", self.name, self.is_machine_key)
        self.destroy(NCRYPT_SILENT_FLAG if silent else 0)

    cdef bytes export_native(self, LPCWSTR kind, NCryptBufferDesc *parameters, DWORD flags):
        """The blob may be a secret: it is wiped here, and the caller has the only copy."""
        cdef DWORD size = FIRST_TRY
        cdef DWORD written = 0
        cdef SECURITY_STATUS status
        cdef uint8_t *out = NULL
        try:
            while True:
                out = <uint8_t *>malloc(size)
                if out == NULL:
                    raise MemoryError()
                self.enter()
                with nogil:
                    status = NCryptExportKey(self.lease.handle, 0, kind, parameters, out, size,
                                             &written, flags)
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

    def export(self, blob_type, *, bint silent=False):
        cdef bytes kind = wide(blob_type, "blob_type", 512)
        cdef LPCWSTR kind_pointer = wide_pointer(kind)
        audit("ncrypt_ext.export_key", self.name, self.is_machine_key, blob_type)
        if kind in PUBLIC_BLOBS:
            blob = self.export_public(kind_pointer)
            if blob is not None:
                return blob
        return self.export_native(kind_pointer, NULL, NCRYPT_SILENT_FLAG if silent else 0)

    cdef bytes export_encrypted(self, bytes password, str encryption, DWORD iterations,
                                DWORD flags):
        """PKCS #8 under a password, which the caller wipes."""
        cdef uint32_t settings[6]  # CRYPT_PKCS12_PBE_PARAMS and the salt behind it
        cdef bytes identifier = SCHEMES[encryption]
        cdef bytes salt = urandom(16 if encryption == "PBES2" else 8)
        cdef NCryptBuffer buffers[3]
        cdef NCryptBufferDesc parameters
        settings[0] = iterations
        settings[1] = <uint32_t>len(salt)
        memcpy(&settings[2], PyBytes_AS_STRING(salt), len(salt))
        buffers[0] = NCryptBuffer(<DWORD>len(password), NCRYPTBUFFER_PKCS_SECRET,
                                  <PVOID>PyBytes_AS_STRING(password))
        buffers[1] = NCryptBuffer(<DWORD>len(identifier) + 1, NCRYPTBUFFER_PKCS_ALG_OID,
                                  <PVOID>PyBytes_AS_STRING(identifier))
        buffers[2] = NCryptBuffer(8 + <DWORD>len(salt), NCRYPTBUFFER_PKCS_ALG_PARAM,
                                  <PVOID>&settings[0])
        parameters.ulVersion = NCRYPTBUFFER_VERSION
        parameters.cBuffers = 3
        parameters.pBuffers = buffers
        return self.export_native(wide_pointer(PKCS8), &parameters, flags)

    def export_pkcs8(self, password=None, *, encryption=None, iterations=None,
                     bint silent=False):
        cdef DWORD flags = NCRYPT_SILENT_FLAG if silent else 0
        cdef DWORD times = ITERATIONS
        cdef bytes text
        if encryption not in (None, *SCHEMES):
            raise ValueError(f"encryption must be one of {', '.join(SCHEMES)}, not {encryption!r}")
        if password is None:
            if encryption is not None or iterations is not None:
                raise ValueError("encryption and iterations need a password")
            return self.export("PKCS8_PRIVATEKEY", silent=silent)
        if iterations is not None:
            times = number_value(iterations, "iterations")
        if not 1 <= times <= MAX_ITERATIONS:
            raise ValueError(f"iterations must be 1 to {MAX_ITERATIONS}, not {times}")
        text = pin_text(password, "password")
        try:
            if len(text) == 2:
                raise ValueError("password is empty")
            audit("ncrypt_ext.export_key", self.name, self.is_machine_key, "PKCS8_PRIVATEKEY")
            try:
                return self.export_encrypted(text, plain_text(encryption) or "PBES2", times, flags)
            except (NotSupportedError, InvalidParameterError):
                if encryption is not None:
                    raise
            return self.export_encrypted(text, "3DES", times, flags)
        finally:
            wipe(PyBytes_AS_STRING(text), len(text))

    def public_key_der(self):
        from ncrypt_ext._groups import public_key_info as dl_public_key_info
        from ncrypt_ext._public_info import (
            ec_public_key_info, pq_public_key_info, rsa_public_key_info, x25519_public_key_info,
        )
        if self.kind == KIND_UNKNOWN:
            self.find_kind()
        if self.kind == KIND_RSA:
            return rsa_public_key_info(self.export("RSAPUBLICBLOB"))
        if self.algorithm_group in ("DH", "DSA"):
            return dl_public_key_info(self.export(f"{self.algorithm_group}PUBLICBLOB"))
        if self.kind != KIND_EC:
            if self.parameter_set is not None:
                return pq_public_key_info(self.export("PUBLICBLOB"))
            raise NotSupportedError(NOT_SUPPORTED, "",
                                    f"no DER form is known for {self.algorithm} keys")
        blob = self.export("ECCPUBLICBLOB")
        curve = _PUBLIC_MAGIC_CURVES.get(blob[:4]) or self.curve_name()
        if curve == "curve25519":
            return x25519_public_key_info(blob)
        if curve not in _CURVE_OIDS:
            raise NotSupportedError(NOT_SUPPORTED, "", "no DER form is known for "
                                    + (f"the curve {curve!r}" if curve
                                       else "a curve that has no name"))
        return ec_public_key_info(blob, _CURVE_OIDS[curve])

    def public_key_pem(self):
        from ncrypt_ext._public_info import pem
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
