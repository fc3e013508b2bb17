# SPDX-License-Identifier: MIT

from cpython.buffer cimport PyObject_CheckBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from ncrypt_ext._buffer cimport (
    Input, Output, input_close, input_open, output_close, output_open, wipe,
)
from ncrypt_ext._handle cimport Handle, fork_count
from ncrypt_ext._key_base cimport KIND_CIPHER, KIND_RSA, KIND_UNKNOWN
from ncrypt_ext._key_batch cimport BatchKey
from ncrypt_ext._key_device cimport PIN_FINE
from ncrypt_ext._key_signing cimport too_small
from ncrypt_ext._padding cimport Padding, cipher_padding
from ncrypt_ext._status cimport check
from ncrypt_ext._wide cimport wide, wide_pointer
from ncrypt_ext.ncrypt cimport (
    NCRYPT_CIPHER_BLOCK_PADDING_FLAG, NCRYPT_CIPHER_NO_PADDING_FLAG, NCRYPT_CIPHER_PADDING_INFO,
    NCRYPT_KEY_HANDLE, NCRYPT_PAD_CIPHER_FLAG, NCRYPT_PERSIST_ONLY_FLAG, NCRYPT_SILENT_FLAG,
    NCryptDecrypt, NCryptEncrypt, NCryptSetProperty,
)
from ncrypt_ext.wintypes cimport DWORD, LPCWSTR, PBYTE, SECURITY_STATUS

from ncrypt_ext.ciphers import CipherMode as _CipherMode
from ncrypt_ext.errors import BufferTooSmallError

cdef bytes CHAINING_MODE = wide("Chaining Mode", "")
cdef bytes INITIALIZATION_VECTOR = wide("IV", "")

cdef enum:
    MAX_BLOCK = 16
    UNSUCCESSFUL = 0xC0000001
    TOO_SMALL = 0x80090028
    FIRST_TRY = 512


cdef str function_name(bint decrypt, bint in_process):
    if decrypt:
        return "NCryptDecrypt"
    return "BCryptEncrypt" if in_process else "NCryptEncrypt"


cdef struct Chaining:
    # A mode for one call, and the handle's own.
    LPCWSTR name
    char *mode
    char *own
    DWORD mode_size
    DWORD own_size


cdef SECURITY_STATUS call_native(NCRYPT_KEY_HANDLE handle, bint decrypt, Chaining *chaining,
                                 Input *data, void *info, uint8_t *out, DWORD size,
                                 DWORD *written, DWORD flags) noexcept nogil:
    """A failure without a reason, which passes, is tried once more."""
    cdef SECURITY_STATUS status = 0
    cdef SECURITY_STATUS restored = 0
    cdef int _attempt
    written[0] = 0
    if chaining != NULL:
        status = NCryptSetProperty(handle, chaining.name, <PBYTE>chaining.mode,
                                   chaining.mode_size, 0)
    if status != 0:
        return status
    for _attempt in range(2):
        written[0] = 0
        if decrypt:
            status = NCryptDecrypt(handle, data.data, data.size, info, out, size, written, flags)
        else:
            status = NCryptEncrypt(handle, data.data, data.size, info, out, size, written, flags)
        if <uint32_t>status != UNSUCCESSFUL:
            break
    if chaining != NULL:
        restored = NCryptSetProperty(handle, chaining.name, <PBYTE>chaining.own,
                                     chaining.own_size, 0)
    return restored if status == 0 else status


cdef class EncryptionKey(BatchKey):
    # cdef DWORD output_size

    cdef object checked_cipher(self, object padding):
        if self.kind == KIND_UNKNOWN:
            self.find_kind()
        if padding is None:
            if self.kind == KIND_RSA:
                raise ValueError(
                    "an RSA key encrypts with a padding: OAEP('SHA256'), PKCS1() or RAW")
            return None
        if self.kind == KIND_CIPHER:
            if not isinstance(padding, _CipherMode):
                raise TypeError("a symmetric key encrypts with ECB(), CBC(iv) or CFB(iv) of "
                                f"ncrypt_ext.ciphers, not with {padding!r}")
            return padding
        if isinstance(padding, _CipherMode):
            raise TypeError(f"{padding!r} is for symmetric keys")
        return cipher_padding(padding)

    cdef SECURITY_STATUS run(self, bint decrypt, Input *data, object padding, DWORD flags,
                             uint8_t *out, DWORD size, DWORD *written,
                             bint *in_process) except? 1:
        if self.kind == KIND_CIPHER:
            with self.desk.turn_lock():  # what the handle chains by is one for all threads
                self.put_back_mode()
                return self.run_mode(decrypt, data, padding, flags, out, size, written, in_process)
        if padding is None:
            return self.run_once(decrypt, data, NULL, flags, out, size, written, in_process, None)
        return self.run_once(decrypt, data, (<Padding>padding).cipher_info,
                             flags | (<Padding>padding).cipher_flags, out, size, written,
                             in_process, None)

    cdef SECURITY_STATUS run_mode(self, bint decrypt, Input *data, object mode, DWORD flags,
                                  uint8_t *out, DWORD size, DWORD *written,
                                  bint *in_process) except? 1:
        """With a symmetric key: as its handle chains, or as the caller says, which leaves the
        handle as it was."""
        cdef NCRYPT_CIPHER_PADDING_INFO info
        cdef uint8_t copy[MAX_BLOCK]  # of the vector: the call changes it
        cdef bytes iv
        if mode is None:
            return self.run_once(decrypt, data, NULL, flags, out, size, written, in_process, None)
        memset(&info, 0, sizeof(info))
        info.cbSize = sizeof(info)
        info.dwFlags = (NCRYPT_CIPHER_BLOCK_PADDING_FLAG if mode.padded
                        else NCRYPT_CIPHER_NO_PADDING_FLAG)
        iv = mode.iv
        if iv is not None:
            info.pbIV = copy
            info.cbIV = <DWORD>min(len(iv), MAX_BLOCK)
            memcpy(copy, PyBytes_AS_STRING(iv), info.cbIV)
        return self.run_once(decrypt, data, &info, flags | NCRYPT_PAD_CIPHER_FLAG, out, size,
                             written, in_process, mode._chaining)

    cdef SECURITY_STATUS run_once(self, bint decrypt, Input *data, void *info, DWORD flags,
                                  uint8_t *out, DWORD size, DWORD *written,
                                  bint *in_process, bytes mode) except? 1:
        if decrypt:
            return self.run_decrypt(info, flags, data, out, size, written, mode)
        if self.kind == KIND_CIPHER:
            return self.call_once(False, info, flags, data, out, size, written, mode)
        return self.run_encrypt(info, flags, data, out, size, written, in_process)

    cdef SECURITY_STATUS run_decrypt(self, void *info, DWORD flags, Input *data, uint8_t *out,
                                     DWORD size, DWORD *written, bytes mode) except? 1:
        """Decrypts, with a PIN where one is needed."""
        cdef uint32_t pins = self.desk.pins
        cdef SECURITY_STATUS status = 0
        flags |= self.quiet(False)
        if self.desk.state == PIN_FINE:
            status = self.call_once(True, info, flags, data, out, size, written, mode)
            if status == 0 or not self.needs_pin(status):
                return status
        with self.pin_turn(status, "NCryptDecrypt", pins):
            status = self.call_once(True, info, flags, data, out, size, written, mode)
            if not too_small(status, written[0], size):
                check(status, "NCryptDecrypt")
        return status

    cdef SECURITY_STATUS call_once(self, bint decrypt, void *info, DWORD flags, Input *data,
                                   uint8_t *out, DWORD size, DWORD *written, bytes mode) except? 1:
        """One native call. With a mode, and the lock held, the handle chains by it meanwhile."""
        cdef SECURITY_STATUS status = 0
        cdef Chaining chaining
        cdef bytes own = None
        if mode is not None:
            own = self.read(CHAINING_MODE)
            mode = None if mode == own else mode
        self.enter()
        self.desk.in_use += 1
        if mode is not None:
            self.desk.modes += 1
            self.desk.mode = own
            chaining.name = wide_pointer(CHAINING_MODE)
            chaining.own, chaining.own_size = PyBytes_AS_STRING(own), <DWORD>len(own)
            chaining.mode, chaining.mode_size = PyBytes_AS_STRING(mode), <DWORD>len(mode)
        with nogil:
            status = call_native(self.lease.handle, decrypt, &chaining if mode is not None else
                                 NULL, data, info, out, size, written, flags)
            self.leave()
        self.desk.mode = None
        self.desk.in_use -= 1
        return status

    # ---- the handle's own mode, also while a call chains otherwise ------------------------------

    cdef int put_back_mode(self) except -1:
        """In a child of fork(): the thread that would have done it is the parent's."""
        if self.desk.left_mode is None and (
                self.desk.mode is None or self.desk.process == fork_count()):
            return 0
        with self.desk.turn_lock():
            mode, self.desk.left_mode = self.desk.left_mode, None
            if mode is not None:
                BatchKey.write(self, CHAINING_MODE, mode, 0)
        return 0

    cdef bytes read(self, bytes name, DWORD flags=0):
        cdef uint32_t modes
        if name != CHAINING_MODE or flags & NCRYPT_PERSIST_ONLY_FLAG:
            return BatchKey.read(self, name, flags)
        self.put_back_mode()
        while True:
            mode, modes = self.desk.mode, self.desk.modes
            value = BatchKey.read(self, name, flags) if mode is None else mode
            if modes == self.desk.modes:
                return value

    cdef int write(self, bytes name, object value, DWORD flags) except -1:
        if name != CHAINING_MODE or flags & NCRYPT_PERSIST_ONLY_FLAG:
            return BatchKey.write(self, name, value, flags)
        with self.desk.turn_lock():
            self.desk.left_mode = None
            return BatchKey.write(self, name, value, flags)

    @property
    def handle(self):
        self.put_back_mode()
        return Handle.handle.__get__(self)

    def detach(self):
        self.put_back_mode()
        return Handle.detach(self)

    # ---- whole messages --------------------------------------------------------------------------

    cdef bytes whole(self, bint decrypt, object data, object padding, bint silent):
        cdef Input source
        cdef object checked = self.checked_cipher(padding)
        cdef DWORD flags = NCRYPT_SILENT_FLAG if silent else 0
        cdef DWORD written = 0
        cdef DWORD size
        cdef SECURITY_STATUS status = 0
        cdef bint in_process = False
        cdef uint8_t *out = NULL
        if self.output_size == 0 and self.kind != KIND_CIPHER:
            self.output_size = self.block_length or FIRST_TRY
        size = self.output_size
        input_open(&source, data, "data")
        try:
            while self.kind != KIND_CIPHER:
                # Not in the result at once: what does not fit it would stay behind in memory.
                out = <uint8_t *>malloc(size)
                if out == NULL:
                    raise MemoryError()
                status = self.run(decrypt, &source, checked, flags, out, size, &written,
                                  &in_process)
                if not too_small(status, written, size) or written <= size:
                    break
                wipe(out, size)
                free(out)
                out = NULL
                size = written
            if self.kind == KIND_CIPHER:
                return self.whole_cipher(decrypt, &source, checked, flags)
            check(status, function_name(decrypt, in_process))
            return PyBytes_FromStringAndSize(<char *>out, written)
        finally:
            if out != NULL:
                wipe(out, size)
                free(out)
            input_close(&source)

    cdef bytes whole_cipher(self, bint decrypt, Input *source, object mode, DWORD flags):
        """What comes out is as long as what goes in, but for the padding."""
        cdef DWORD more = 0 if decrypt or mode is None or not mode.padded else MAX_BLOCK
        cdef DWORD written = 0
        cdef SECURITY_STATUS status
        cdef bint in_process = False
        cdef bytes out
        if source.size > 0xFFFFFFFF - more:
            raise ValueError(f"data is too long to be padded: {source.size} bytes")
        out = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>source.size + more)
        try:
            status = self.run(decrypt, source, mode, flags, <uint8_t *>PyBytes_AS_STRING(out),
                              source.size + more, &written, &in_process)
            check(status, function_name(decrypt, in_process))
            if written == source.size + more:
                return out
            result = out[:written]
        except BaseException:
            wipe(PyBytes_AS_STRING(out), source.size + more)
            raise
        wipe(PyBytes_AS_STRING(out), source.size + more)
        return result

    cdef DWORD into(self, bint decrypt, object data, object buffer, object padding,
                    bint silent) except? 0xFFFFFFFF:
        cdef Input source
        cdef Output out
        cdef object checked = self.checked_cipher(padding)
        cdef DWORD flags = NCRYPT_SILENT_FLAG if silent else 0
        cdef DWORD written = 0
        cdef SECURITY_STATUS status
        cdef bint in_process = False
        input_open(&source, data, "data")
        try:
            output_open(&out, buffer, "buffer")
            try:
                status = self.run(decrypt, &source, checked, flags, out.data, out.size, &written,
                                  &in_process)
                function = function_name(decrypt, in_process)
                if too_small(status, written, out.size):
                    raise BufferTooSmallError(
                        TOO_SMALL, function,
                        f"the output takes up to {written} bytes, the buffer has {out.size}")
                check(status, function)
            finally:
                output_close(&out)
        finally:
            input_close(&source)
        return written

    def encrypt(self, data, padding=None, *, bint silent=False):
        return self.whole(False, data, padding, silent)

    def decrypt(self, data, padding=None, *, bint silent=False):
        return self.whole(True, data, padding, silent)

    def encrypt_into(self, data, buffer, padding=None, *, bint silent=False):
        return self.into(False, data, buffer, padding, silent)

    def decrypt_into(self, data, buffer, padding=None, *, bint silent=False):
        return self.into(True, data, buffer, padding, silent)

    @property
    def chaining_mode(self):
        return self.read_optional_text(CHAINING_MODE)

    @chaining_mode.setter
    def chaining_mode(self, value):
        self.write(CHAINING_MODE, wide(value, "chaining_mode"), 0)

    @property
    def iv(self):
        return self.read_optional(INITIALIZATION_VECTOR)

    @iv.setter
    def iv(self, value):
        if not PyObject_CheckBuffer(value):  # a str would be written as UTF-16
            raise TypeError(f"iv must be a bytes-like object, not {type(value).__name__!r}")
        with self.desk.turn_lock():
            self.write(INITIALIZATION_VECTOR, value, 0)
