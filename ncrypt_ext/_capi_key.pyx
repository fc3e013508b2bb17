# SPDX-License-Identifier: MIT

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uintptr_t
from libc.string cimport memcpy

from ncrypt_ext._buffer cimport Input, input_close, input_open, wipe
from ncrypt_ext._capi_error cimport capi_check, capi_error
from ncrypt_ext._handle cimport TYPE_CONTEXT_KEY, Handle, Lease
from ncrypt_ext.wincrypt cimport (
    ALG_ID, CALG_MD5, CALG_RSA_KEYX, CALG_RSA_SIGN, CALG_SHA1, CALG_SHA_256, CALG_SHA_384,
    CALG_SHA_512, HCRYPTHASH, HCRYPTKEY, HCRYPTPROV, HP_HASHVAL, KP_ALGID, KP_KEYLEN,
    KP_PERMISSIONS, PRIVATEKEYBLOB, PUBLICKEYBLOB, CryptCreateHash, CryptDestroyHash,
    CryptDestroyKey, CryptExportKey, CryptGetKeyParam, CryptSetHashParam, CryptSignHashW,
    CryptVerifySignatureW,
)
from ncrypt_ext.wintypes cimport BYTE, DWORD

from sys import audit

from ncrypt_ext.enums import KeySpec
from ncrypt_ext.errors import InvalidSignatureError, NCryptError

cdef enum:
    LONGEST_SIGNATURE = 2048        # bytes: a key of 16384 bits
    LONGEST_BLOB = 32 + 9 * 1024    # of a private key of 16384 bits
    BAD_SIGNATURE = 0x80090006
    FAIL = 0x80090020
    NO_MEMORY = 0x8009000E

cdef dict HASHES = {
    "MD5": (CALG_MD5, 16),
    "SHA1": (CALG_SHA1, 20),
    "SHA256": (CALG_SHA_256, 32),
    "SHA384": (CALG_SHA_384, 48),
    "SHA512": (CALG_SHA_512, 64),
}
cdef dict BLOBS = {"PUBLICKEYBLOB": PUBLICKEYBLOB, "PRIVATEKEYBLOB": PRIVATEKEYBLOB}


@cython.linetrace(False)
cdef void destroy_key(uintptr_t key) noexcept nogil:
    CryptDestroyKey(<HCRYPTKEY>key)


cdef ALG_ID hash_algorithm(object name, const Input *digest) except 0:
    """The number of a hash algorithm, if the digest is as long as one of it."""
    if not isinstance(name, str):
        raise TypeError(f"hash must be a str, not {type(name).__name__!r}")
    found = HASHES.get(name)
    if found is None:
        raise ValueError(f"hash must be one of {', '.join(HASHES)}, not {name!r}")
    number, size = found
    if digest.size != size:
        raise ValueError(f"a digest of {name} has {size} bytes, not {digest.size}")
    return number


cdef bint is_reversed(object byteorder) except -1:
    """Whether it is to be turned around: these functions have the least significant byte first."""
    if byteorder not in ("little", "big"):
        raise ValueError(f"byteorder must be 'little' or 'big', not {byteorder!r}")
    return byteorder == "big"


cdef void turn_around(uint8_t *data, DWORD size) noexcept nogil:
    cdef DWORD index
    cdef uint8_t byte
    for index in range(size // 2):
        byte = data[index]
        data[index] = data[size - 1 - index]
        data[size - 1 - index] = byte


cdef DWORD adopt_context_key(ContextKey into, HCRYPTKEY key, Lease *context) noexcept nogil:
    """Inside a call of the context. An error when memory is short: the key is released then."""
    into.context = context
    return 0 if into.adopt_native(TYPE_CONTEXT_KEY, key, destroy_key, context) else <DWORD>NO_MEMORY


cdef DWORD make_hash(HCRYPTPROV provider, ALG_ID algorithm, const Input *digest, HCRYPTHASH *made,
                     const char **where) noexcept nogil:
    """An object that holds the digest, which the caller destroys; none after an error."""
    cdef DWORD error
    where[0] = b"CryptCreateHash"
    if not CryptCreateHash(provider, algorithm, 0, 0, made):
        return capi_error()
    where[0] = b"CryptSetHashParam"
    if CryptSetHashParam(made[0], HP_HASHVAL, digest.data, 0):
        return 0
    error = capi_error()
    CryptDestroyHash(made[0])
    return error


cdef DWORD sign_native(HCRYPTPROV provider, ALG_ID algorithm, const Input *digest, DWORD spec,
                       uint8_t *out, DWORD *size, const char **where) noexcept nogil:
    cdef HCRYPTHASH made = 0
    cdef DWORD error = make_hash(provider, algorithm, digest, &made, where)
    if error != 0:
        return error
    where[0] = b"CryptSignHashW"
    if not CryptSignHashW(made, spec, NULL, 0, out, size):
        error = capi_error()
    CryptDestroyHash(made)
    return error


cdef bytes context_signature(Handle context, DWORD spec, object digest, object hash,
                             object byteorder):
    """The signature of a container's key."""
    cdef uint8_t out[LONGEST_SIGNATURE]
    cdef DWORD size = LONGEST_SIGNATURE
    cdef bint other_way = is_reversed(byteorder)
    cdef const char *where = NULL
    cdef ALG_ID algorithm
    cdef Input value
    cdef DWORD error
    input_open(&value, digest, "digest")
    try:
        algorithm = hash_algorithm(hash, &value)
        context.enter()
        with nogil:
            error = sign_native(context.lease.handle, algorithm, &value, spec, out, &size, &where)
            context.leave()
    finally:
        input_close(&value)
    capi_check(error, where.decode())
    if other_way:
        turn_around(out, size)
    return PyBytes_FromStringAndSize(<char *>out, size)


cdef DWORD verify_native(HCRYPTPROV provider, HCRYPTKEY key, ALG_ID algorithm, const Input *digest,
                         const uint8_t *signature, DWORD size, const char **where) noexcept nogil:
    """The error, 0 for a signature that is right."""
    cdef HCRYPTHASH made = 0
    cdef DWORD error = make_hash(provider, algorithm, digest, &made, where)
    if error != 0:
        return error
    where[0] = b"CryptVerifySignatureW"
    if not CryptVerifySignatureW(made, signature, size, key, NULL, 0):
        error = capi_error()
    CryptDestroyHash(made)
    return error


@cython.final
cdef class ContextKey(Handle):
    # cdef Lease *context

    def __init__(self):
        raise TypeError("ContextKey has no public constructor: use Context.key(), "
                        "Context.generate_key() or Context.import_key()")

    cdef DWORD number(self, DWORD which) except? 0xFFFFFFFF:
        cdef DWORD value = 0
        cdef DWORD size = sizeof(value)
        cdef DWORD error = 0
        self.enter()
        with nogil:
            if not CryptGetKeyParam(self.lease.handle, which, <BYTE *>&value, &size, 0):
                error = capi_error()
            self.leave()
        capi_check(error, "CryptGetKeyParam")
        return value

    @property
    def algorithm(self):
        return self.number(KP_ALGID)

    @property
    def key_spec(self):
        cdef DWORD algorithm = self.number(KP_ALGID)
        if algorithm == CALG_RSA_KEYX:
            return KeySpec.KEYEXCHANGE
        return KeySpec.SIGNATURE if algorithm == CALG_RSA_SIGN else KeySpec.NONE

    @property
    def length(self):
        return self.number(KP_KEYLEN)

    @property
    def permissions(self):
        return self.number(KP_PERMISSIONS)

    def export(self, blob_type):
        cdef uint8_t blob[LONGEST_BLOB]
        cdef DWORD size = LONGEST_BLOB
        cdef DWORD error = 0
        cdef DWORD kind
        if not isinstance(blob_type, str):
            raise TypeError(f"blob_type must be a str, not {type(blob_type).__name__!r}")
        if blob_type not in BLOBS:
            raise ValueError(f"blob_type must be one of {', '.join(BLOBS)}, not {blob_type!r}")
        kind = BLOBS[blob_type]
        audit("ncrypt_ext.capi.export_key", blob_type)
        self.enter()
        with nogil:
            if not CryptExportKey(self.lease.handle, 0, kind, 0, blob, &size):
                error = capi_error()
            self.leave()
        try:
            capi_check(error, "CryptExportKey")
            return PyBytes_FromStringAndSize(<char *>blob, size)
        finally:
            wipe(blob, LONGEST_BLOB)

    def verify(self, signature, digest, hash, *, byteorder="little"):
        cdef uint8_t turned[LONGEST_SIGNATURE]
        cdef const uint8_t *bytes_of_it
        cdef const char *where = NULL
        cdef bint other_way = is_reversed(byteorder)
        cdef ALG_ID algorithm
        cdef Input value
        cdef Input made
        cdef DWORD error
        input_open(&value, digest, "digest")
        try:
            algorithm = hash_algorithm(hash, &value)
            input_open(&made, signature, "signature")
            try:
                bytes_of_it = made.data
                if made.size > LONGEST_SIGNATURE:
                    raise InvalidSignatureError(f"a signature has not {made.size} bytes")
                if other_way:
                    memcpy(turned, made.data, made.size)
                    turn_around(turned, made.size)
                    bytes_of_it = turned
                self.enter()
                with nogil:
                    error = verify_native(self.context.handle, self.lease.handle, algorithm, &value,
                                          bytes_of_it, made.size, &where)
                    self.leave()
            finally:
                input_close(&made)
        finally:
            input_close(&value)
        if error == BAD_SIGNATURE:
            raise InvalidSignatureError("the signature is not this key's of this digest")
        try:
            capi_check(error, where.decode())
        except NCryptError as failure:
            if error != FAIL or failure.function != "CryptVerifySignatureW":
                raise
            # Wine's answer to a number that is not below the modulus; whoever sent it must not be
            # able to make something else of it than a bad signature.
            raise InvalidSignatureError("the signature cannot be this key's") from failure

    def __repr__(self):
        return "<ContextKey closed>" if self.closed else f"<ContextKey RSA {self.length}>"
