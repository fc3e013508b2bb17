# SPDX-License-Identifier: MIT

from cpython.bytes cimport PyBytes_AS_STRING

from ncrypt_ext._buffer cimport Input, input_close, input_open
from ncrypt_ext._wide cimport plain_text, wide, wide_pointer
from ncrypt_ext.ncrypt cimport (
    NCRYPT_MAX_PROPERTY_NAME, NCRYPT_NO_PADDING_FLAG, NCRYPT_PAD_OAEP_FLAG,
    NCRYPT_PAD_PKCS1_FLAG, NCRYPT_PAD_PQDSA_FLAG, NCRYPT_PAD_PSS_FLAG,
)
from ncrypt_ext.wintypes cimport DWORD, UCHAR

from ncrypt_ext.properties import HASHES as _HASHES


cdef class Padding:
    # cdef void *sign_info
    # cdef DWORD sign_flags
    # cdef void *cipher_info
    # cdef DWORD cipher_flags
    # cdef bytes wide_name
    # cdef readonly str hash_name

    def __init__(self):
        if type(self) is Padding:
            raise TypeError("Padding has no public constructor: use PKCS1, PSS, OAEP, PQDSA or RAW")

    def __reduce__(self):
        return type(self), self._arguments()

    def __eq__(self, other):
        if type(other) is not type(self):
            return NotImplemented
        return self._arguments() == (<Padding>other)._arguments()

    def __hash__(self):
        return hash((type(self), self._arguments()))

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(repr(each) for each in self._arguments())})"

    def _arguments(self):
        return ()


cdef class PKCS1(Padding):
    # cdef BCRYPT_PKCS1_PADDING_INFO info

    def __cinit__(self, hash_name=None):
        if hash_name is not None:
            self.wide_name = wide(hash_name, "hash_name", NCRYPT_MAX_PROPERTY_NAME)
            self.hash_name = plain_text(hash_name)
        else:
            self.cipher_flags = NCRYPT_PAD_PKCS1_FLAG
        self.info.pszAlgId = wide_pointer(self.wide_name)
        self.sign_info = &self.info
        self.sign_flags = NCRYPT_PAD_PKCS1_FLAG

    def __init__(self, hash_name=None):
        pass

    def _arguments(self):
        return () if self.hash_name is None else (self.hash_name,)


cdef class PSS(Padding):
    # cdef BCRYPT_PSS_PADDING_INFO info

    def __cinit__(self, hash_name, salt_length=None):
        self.wide_name = wide(hash_name, "hash_name", NCRYPT_MAX_PROPERTY_NAME)
        self.hash_name = plain_text(hash_name)
        if salt_length is None:
            if self.hash_name not in _HASHES:
                raise ValueError(f"salt_length must be given for the hash {hash_name!r}")
            salt_length = _HASHES[self.hash_name][1]
        if not isinstance(salt_length, int):
            raise TypeError(f"salt_length must be an int, not {type(salt_length).__name__!r}")
        if not 0 <= salt_length <= 0xFFFF:
            raise ValueError(f"salt_length must be from 0 to 65535, not {salt_length}")
        self.info.pszAlgId = wide_pointer(self.wide_name)
        self.info.cbSalt = salt_length
        self.sign_info = &self.info
        self.sign_flags = NCRYPT_PAD_PSS_FLAG

    def __init__(self, hash_name, salt_length=None):
        pass

    @property
    def salt_length(self):
        return self.info.cbSalt

    def _arguments(self):
        return self.hash_name, self.salt_length


cdef class OAEP(Padding):
    # cdef BCRYPT_OAEP_PADDING_INFO info
    # cdef readonly bytes label

    def __cinit__(self, hash_name, label=b""):
        cdef Input data
        self.wide_name = wide(hash_name, "hash_name", NCRYPT_MAX_PROPERTY_NAME)
        self.hash_name = plain_text(hash_name)
        input_open(&data, label, "label")
        try:
            self.label = data.data[:data.size]
        finally:
            input_close(&data)
        self.info.pszAlgId = wide_pointer(self.wide_name)
        if self.label:
            self.info.pbLabel = <UCHAR *>PyBytes_AS_STRING(self.label)
            self.info.cbLabel = len(self.label)
        self.cipher_info = &self.info
        self.cipher_flags = NCRYPT_PAD_OAEP_FLAG

    def __init__(self, hash_name, label=b""):
        pass

    def _arguments(self):
        return (self.hash_name, self.label) if self.label else (self.hash_name,)


cdef class PQDSA(Padding):
    # cdef ncx_pqdsa_padding_info info
    # cdef readonly bytes context

    def __cinit__(self, context=b"", prehash=None):
        cdef Input data
        if prehash is not None:
            self.wide_name = wide(prehash, "prehash", NCRYPT_MAX_PROPERTY_NAME)
            self.hash_name = plain_text(prehash)
        input_open(&data, context, "context")
        try:
            self.context = data.data[:data.size]
        finally:
            input_close(&data)
        if len(self.context) > 255:
            raise ValueError(f"context has {len(self.context)} bytes: up to 255 are possible")
        if self.context:
            self.info.pbCtx = <UCHAR *>PyBytes_AS_STRING(self.context)
            self.info.cbCtx = <DWORD>len(self.context)
        self.info.pszPrehashAlgId = wide_pointer(self.wide_name)
        self.sign_info = &self.info
        self.sign_flags = NCRYPT_PAD_PQDSA_FLAG

    def __init__(self, context=b"", prehash=None):
        pass

    def _arguments(self):
        return (self.context,) if self.hash_name is None else (self.context, self.hash_name)


cdef class Raw(Padding):

    def __cinit__(self):
        self.cipher_flags = NCRYPT_NO_PADDING_FLAG

    def __init__(self):
        pass

    def __reduce__(self):
        return "RAW"

    def __repr__(self):
        return "RAW"


RAW = Raw()


cdef Padding signature_padding(object padding):
    """Checks what a caller gave for a signature."""
    if not isinstance(padding, Padding):
        raise TypeError(f"padding must be PKCS1, PSS or PQDSA, not {type(padding).__name__!r}")
    if (<Padding>padding).sign_flags == 0:
        raise ValueError(f"{padding!r} is not a padding for signatures: use PKCS1 or PSS")
    return <Padding>padding


cdef Padding cipher_padding(object padding):
    """Checks what a caller gave for encryption."""
    if not isinstance(padding, Padding):
        raise TypeError(f"padding must be OAEP, PKCS1 or RAW, not {type(padding).__name__!r}")
    if (<Padding>padding).cipher_flags == 0:
        if isinstance(padding, PKCS1):
            raise ValueError(f"{padding!r}: PKCS1 for encryption takes no hash name")
        raise ValueError(f"{padding!r} is not a padding for encryption: use OAEP, PKCS1 or RAW")
    return <Padding>padding
