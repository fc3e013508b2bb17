# SPDX-License-Identifier: MIT

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t

cimport cython

from ncrypt_ext._buffer cimport (
    Input, Output, bytes_trim, input_close, input_open, likely, output_close, output_open, unlikely,
)
from ncrypt_ext._der cimport ecdsa_from_der, ecdsa_to_der
from ncrypt_ext._key_base cimport KIND_EC, KIND_MLDSA, KIND_OTHER, KIND_RSA, KIND_UNKNOWN
from ncrypt_ext._key_device cimport PIN_FINE
from ncrypt_ext._key_public cimport PublicKey
from ncrypt_ext._padding cimport PQDSA, Padding, signature_padding
from ncrypt_ext._status cimport check
from ncrypt_ext.ncrypt cimport NCRYPT_KEY_HANDLE, NCRYPT_SILENT_FLAG, NCryptSignHash
from ncrypt_ext.wintypes cimport DWORD, SECURITY_STATUS

from ncrypt_ext.errors import BufferTooSmallError, InvalidSignatureError
from ncrypt_ext.properties import HASHES as _HASHES

cdef extern from "_gil_queue.h" nogil:
    ctypedef struct GilQueue "struct gil_queue":
        pass
    void gil_queue_leave(GilQueue *queue) noexcept
    void gil_queue_enter(GilQueue *queue) noexcept

cdef GilQueue queue  # of all keys: there is one GIL

cdef enum:
    UNSUCCESSFUL = 0xC0000001
    TOO_SMALL = 0x80090028
    TOO_SMALL_PCP = 0x80290406
    STATUS_TOO_SMALL = 0xC0000023
    LONGEST = 0x10000  # no signature is longer
    BAD_SIGNATURE = 0x80090006
    INVALID_PARAMETER = 0x80090027
    INVALID_SIGNATURE = 0xC000A000
    STATUS_INVALID_PARAMETER = 0xC000000D


cdef SECURITY_STATUS sign_once(NCRYPT_KEY_HANDLE key, void *info, DWORD flags, uint8_t *digest,
                               DWORD digest_size, uint8_t *out, DWORD size,
                               DWORD *written) noexcept nogil:
    """NCryptSignHash; a failure without a reason, which passes, is tried once more."""
    cdef SECURITY_STATUS status
    written[0] = 0
    status = NCryptSignHash(key, info, digest, digest_size, out, size, written, flags)
    if <uint32_t>status == UNSUCCESSFUL:
        status = NCryptSignHash(key, info, digest, digest_size, out, size, written, flags)
    return status


cdef bint too_small(SECURITY_STATUS status, DWORD written, DWORD size) noexcept nogil:
    return (<uint32_t>status == TOO_SMALL or <uint32_t>status == TOO_SMALL_PCP
            or <uint32_t>status == STATUS_TOO_SMALL or (status == 0 and written > size))


cdef class SigningKey(PublicKey):
    cdef Padding checked_padding(self, object padding):
        """What a caller gave as padding, for a key of this kind; None when there is none."""
        if self.kind == KIND_UNKNOWN:
            self.find_kind()
        if padding is None:
            if self.kind == KIND_RSA:
                raise ValueError(
                    "an RSA key signs with a padding: PSS('SHA256') or PKCS1('SHA256')")
            return None
        if self.kind == KIND_EC or self.algorithm_group == "DSA":
            raise ValueError(f"{'an EC' if self.kind == KIND_EC else 'a DSA'} key signs without a "
                             "padding")
        if isinstance(padding, Padding) and (
                isinstance(padding, PQDSA) != (self.kind == KIND_MLDSA)):
            raise ValueError(f"{padding!r}: ML-DSA keys sign with PQDSA or without a padding, and "
                             "no other keys do")
        return signature_padding(padding)

    cdef bint is_der(self, object encoding) except -1:
        if encoding == "raw":
            return False
        if not isinstance(encoding, str):
            raise TypeError(f"encoding must be a str, not {type(encoding).__name__!r}")
        if encoding != "der":
            raise ValueError(f"encoding must be 'raw' or 'der', not {encoding!r}")
        if self.kind == KIND_UNKNOWN:
            self.find_kind()
        if self.kind != KIND_EC and self.algorithm_group != "DSA":
            raise ValueError("only signatures of EC and DSA keys have a DER encoding")
        return True

    cdef uint32_t known_signature_size(self) except? 0:
        """As the key's properties have it; 0 when they do not."""
        length = self.signature_length
        if not length and (self.kind == KIND_RSA or self.kind == KIND_EC):
            length = (self.length + 7) // 8
            if self.kind == KIND_EC:
                length *= 2
        return length or 0

    cdef int find_signature_size(self, Padding padding) except -1:
        """Asks once how long a signature is."""
        cdef uint8_t digest[32]
        cdef Input data
        cdef DWORD written = self.known_signature_size()
        if written != 0:
            self.signature_size = written
            return 0
        data.data = digest
        data.size = sizeof(digest)
        check(self.sign_native(NULL if padding is None else padding.sign_info,
                               0 if padding is None else padding.sign_flags, &data, NULL, 0,
                               &written), "NCryptSignHash")
        self.signature_size = written
        return 0

    @cython.final
    cdef SECURITY_STATUS sign_native(self, void *info, DWORD flags, const Input *digest,
                                     uint8_t *out, DWORD size, DWORD *written) except? 1:
        cdef SECURITY_STATUS status
        self.enter()
        self.desk.in_use += 1
        with nogil:
            gil_queue_leave(&queue)
            status = sign_once(self.lease.handle, info, flags, digest.data, digest.size, out, size,
                               written)
            self.leave()
            gil_queue_enter(&queue)
        self.desk.in_use -= 1
        return status

    @cython.final
    cdef bytes sign_opened(self, const Input *digest, Padding padding, DWORD flags):
        """In one call when the signature's size is known and no PIN is in question."""
        cdef void *info = NULL
        cdef DWORD size  # taken once: another thread may learn a greater one meanwhile
        cdef DWORD written = 0
        cdef uint32_t pins = self.desk.pins
        cdef SECURITY_STATUS status = 0
        cdef bytes result
        if unlikely(padding is not None):
            info = padding.sign_info
            flags |= padding.sign_flags
        if unlikely(self.signature_size == 0):
            self.find_signature_size(padding)
        if likely(self.desk.state == PIN_FINE):
            size = self.signature_size
            result = PyBytes_FromStringAndSize(NULL, size)
            status = self.sign_native(info, flags, digest, <uint8_t *>PyBytes_AS_STRING(result),
                                      size, &written)
            if likely((status == 0) & (written == size)):
                return result
            if too_small(status, written, size):
                return self.sign_again(digest, padding, flags)
            if not self.needs_pin(status):
                check(status, "NCryptSignHash")
                return bytes_trim(result, written)
        return self.sign_in_turn(digest, padding, flags, status, pins)

    cdef bytes sign_again(self, const Input *digest, Padding padding, DWORD flags):
        """Until the signature fits: in the size that was reported, else in twice as much."""
        cdef DWORD capacity = self.signature_size
        cdef DWORD written = 0
        cdef SECURITY_STATUS status
        cdef bytes out
        while True:
            out = PyBytes_FromStringAndSize(NULL, capacity)
            status = self.sign_native(NULL if padding is None else padding.sign_info, flags, digest,
                                      <uint8_t *>PyBytes_AS_STRING(out), capacity, &written)
            if too_small(status, written, capacity) and capacity < LONGEST:
                capacity = written if written > capacity else 2 * capacity
                continue
            check(status, "NCryptSignHash")
            self.signature_size = capacity
            return bytes_trim(out, written)

    cdef bytes sign_in_turn(self, const Input *digest, Padding padding, DWORD flags,
                            SECURITY_STATUS status, uint32_t pins):
        with self.pin_turn(status, "NCryptSignHash", pins):
            return self.sign_again(digest, padding, flags)

    # After a signature little of the interpreter is left in the processor's cache. Hence plain
    # methods, without Cython's function objects (50 ns): inspect.signature() reads the docstring.
    # And what is seldom done stands apart, where a condition is one for the compiler: with | and &.

    @cython.binding(False)
    def sign(self, digest, padding=None, *, encoding="raw", bint silent=False):
        """sign($self, digest, padding=None, *, encoding='raw', silent=False)
--

"""
        cdef Input data
        cdef Padding checked = None
        cdef bytes result
        cdef bint der = False
        if unlikely(encoding is not "raw"):  # the same text elsewhere is is_der()'s to compare
            der = self.is_der(encoding)
        if unlikely((padding is not None) | (self.kind != KIND_EC)):
            checked = self.checked_padding(padding)
        input_open(&data, digest, "digest")
        try:
            result = self.sign_opened(&data, checked, self.quiet(silent))
        finally:
            input_close(&data)
        if unlikely(der):
            return ecdsa_to_der(<uint8_t *>PyBytes_AS_STRING(result), len(result))
        return result

    def sign_into(self, digest, buffer, padding=None, *, bint silent=False):
        cdef Input data
        cdef Output out
        cdef Padding checked = self.checked_padding(padding)
        cdef void *info = NULL if checked is None else checked.sign_info
        cdef DWORD flags = self.quiet(silent) | (0 if checked is None else checked.sign_flags)
        cdef DWORD written = 0
        cdef uint32_t pins = self.desk.pins
        cdef SECURITY_STATUS status = 0
        cdef bint done
        input_open(&data, digest, "digest")
        try:
            output_open(&out, buffer, "buffer")
            try:
                done = self.desk.state == PIN_FINE
                if done:
                    status = self.sign_there(&data, info, flags, &out, &written)
                    done = status == 0 or not self.needs_pin(status)
                    if done:
                        check(status, "NCryptSignHash")
                if not done:
                    with self.pin_turn(status, "NCryptSignHash", pins):
                        check(self.sign_there(&data, info, flags, &out, &written),
                              "NCryptSignHash")
            finally:
                output_close(&out)
        finally:
            input_close(&data)
        return written

    cdef SECURITY_STATUS sign_there(self, const Input *digest, void *info, DWORD flags, Output *out,
                                    DWORD *written) except? 1:
        """A buffer that is too small is an exception."""
        cdef SECURITY_STATUS status = self.sign_native(info, flags, digest, out.data, out.size,
                                                       written)
        if too_small(status, written[0], out.size):
            raise BufferTooSmallError(
                <uint32_t>status or TOO_SMALL, "NCryptSignHash",
                f"the signature has {written[0]} bytes, the buffer {out.size}")
        return status

    @cython.binding(False)
    def verify(self, digest, signature, padding=None, *, encoding="raw", bint silent=False):
        """verify($self, digest, signature, padding=None, *, encoding='raw', silent=False)
--

"""
        cdef Input data
        cdef Input given
        cdef Padding checked = None
        cdef void *info = NULL
        cdef DWORD flags = 0
        cdef SECURITY_STATUS status
        cdef bint in_process = False
        cdef bint der = encoding is not "raw" and self.is_der(encoding)
        if padding is not None or self.kind != KIND_EC:
            checked = self.checked_padding(padding)
            if checked is not None:
                info = checked.sign_info
                flags = checked.sign_flags
        if silent:
            flags |= NCRYPT_SILENT_FLAG
        if der:
            signature = self.from_der(signature)
        input_open(&data, digest, "digest")
        try:
            input_open(&given, signature, "signature")
            try:
                status = self.run_verify(info, flags, &data, &given, &in_process)
            finally:
                input_close(&given)
        finally:
            input_close(&data)
        if <uint32_t>status == BAD_SIGNATURE or <uint32_t>status == INVALID_SIGNATURE:
            raise InvalidSignatureError("the signature does not belong to this digest and key")
        if (<uint32_t>status == INVALID_PARAMETER
                or <uint32_t>status == STATUS_INVALID_PARAMETER):
            self.check_signature_size(given.size)
        check(status, "BCryptVerifySignature" if in_process else "NCryptVerifySignature")

    cdef int check_signature_size(self, uint32_t size) except -1:
        """A signature of a wrong size is a wrong signature, whatever the provider calls it."""
        cdef uint32_t expected
        if self.kind == KIND_UNKNOWN:
            self.find_kind()
        if self.kind == KIND_OTHER and self.algorithm_group != "DSA":
            return 0
        expected = self.known_signature_size() or size
        if size != expected:
            raise InvalidSignatureError(f"the signature has {size} bytes, not {expected}")
        return 0

    cdef bytes from_der(self, object signature):
        """The r || s of a DER signature."""
        cdef Input given
        cdef bytes raw
        if self.signature_size == 0:
            self.find_signature_size(None)
        input_open(&given, signature, "signature")
        try:
            raw = ecdsa_from_der(given.data, given.size, self.signature_size)
        finally:
            input_close(&given)
        if raw is None:
            raise InvalidSignatureError("the signature is no DER encoding of one of this key")
        return raw

    def _digest(self, data, hash_name, padding):
        """The digest of a message; `padding`, where it names a hash, must name the same. DSA keys
        sign as many bytes as their subgroup has: the first ones of a long digest, all of a short
        one behind zeros (FIPS 186)."""
        cdef Input checked
        from hashlib import new
        if not isinstance(hash_name, str):
            raise TypeError(f"hash_name must be a str, not {type(hash_name).__name__!r}")
        if hash_name not in _HASHES:
            raise ValueError(f"hash_name must be one of {', '.join(_HASHES)}, not {hash_name!r}")
        if isinstance(padding, Padding) and (<Padding>padding).hash_name not in (None, hash_name):
            raise ValueError(f"{padding!r} is for another hash than {hash_name!r}")
        if self.kind == KIND_UNKNOWN:
            self.find_kind()
        if self.kind == KIND_MLDSA and (padding is None or padding.hash_name is None):
            raise ValueError("an ML-DSA key signs the message itself: sign() and verify() take it; "
                             "to sign its digest give PQDSA(prehash=...)")
        input_open(&checked, data, "data")
        try:
            digest = new(_HASHES[hash_name][0], data).digest()
            if self.algorithm_group == "DSA":
                size = (self.signature_length or 0) // 2
                return digest[:size].rjust(size, b"\0")
            return digest
        finally:
            input_close(&checked)

    def sign_message(self, data, hash_name, padding=None, *, encoding="raw", bint silent=False):
        digest = self._digest(data, hash_name, padding)
        return self.sign(digest, padding, encoding=encoding, silent=silent)

    def verify_message(self, data, signature, hash_name, padding=None, *, encoding="raw",
                       bint silent=False):
        digest = self._digest(data, hash_name, padding)
        self.verify(digest, signature, padding, encoding=encoding, silent=silent)
