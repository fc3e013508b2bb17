# SPDX-License-Identifier: MIT

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t

from ncrypt_ext._buffer cimport Input, input_close, input_open, wipe
from ncrypt_ext._handle cimport fork_count, number_value
from ncrypt_ext._property_handle cimport PropertyHandle
from ncrypt_ext._status cimport check
from ncrypt_ext._wide cimport plain_text, wide, wide_pointer
from ncrypt_ext.bcrypt cimport (
    KDF_ALGORITHMID, KDF_CONTEXT, KDF_GENERIC_PARAMETER, KDF_HASH_ALGORITHM, KDF_HKDF_INFO,
    KDF_HMAC_KEY, KDF_ITERATION_COUNT, KDF_PARTYUINFO, KDF_PARTYVINFO, KDF_SALT,
    KDF_SECRET_APPEND, KDF_SECRET_PREPEND, KDF_SUPPPRIVINFO, KDF_SUPPPUBINFO, KDF_TLS_PRF_LABEL,
    KDF_TLS_PRF_PROTOCOL, KDF_TLS_PRF_SEED, KDF_USE_SECRET_AS_HMAC_KEY_FLAG,
)
from ncrypt_ext.ncrypt cimport (
    NCRYPT_MAX_ALG_ID_LENGTH, NCRYPTBUFFER_VERSION, NCryptDeriveKey,
)
from ncrypt_ext.wintypes cimport DWORD, LPCWSTR, PBYTE, SECURITY_STATUS

from threading import RLock

from ncrypt_ext.errors import InvalidParameterError
from ncrypt_ext.properties import HASHES as _HASHES

cdef bytes TRUNCATE = wide("TRUNCATE", "")
cdef bytes HKDF_HASH = wide("HkdfHashAlgorithm", "")
cdef bytes HKDF_SALT = wide("HkdfSaltAndFinalize", "")

cdef enum:
    MOST_BYTES = 0x100000  # that are derived at once: the engine gives no more
    TLS_PRF_LENGTH = 48
    TLS_SEED_LENGTH = 64
    HKDF_BLOCKS = 255
    UNSUCCESSFUL = 0xC0000001

# The arguments of derive() that are handed on as parameters, and their numbers there.
cdef dict NUMBERS = {
    "hash_name": KDF_HASH_ALGORITHM,
    "prepend": KDF_SECRET_PREPEND,
    "append": KDF_SECRET_APPEND,
    "hmac_key": KDF_HMAC_KEY,
    "label": KDF_TLS_PRF_LABEL,
    "seed": KDF_TLS_PRF_SEED,
    "protocol": KDF_TLS_PRF_PROTOCOL,
    "algorithm_id": KDF_ALGORITHMID,
    "party_u_info": KDF_PARTYUINFO,
    "party_v_info": KDF_PARTYVINFO,
    "supp_pub_info": KDF_SUPPPUBINFO,
    "supp_priv_info": KDF_SUPPPRIVINFO,
    "info": KDF_HKDF_INFO,
    "salt": KDF_SALT,
    "context": KDF_CONTEXT,
    "iterations": KDF_ITERATION_COUNT,
    "generic": KDF_GENERIC_PARAMETER,
}

# What each derivation takes; with an asterisk what it does not do without.
cdef dict TAKEN = {
    "HASH": ("hash_name", "prepend", "append"),
    "HMAC": ("hash_name", "hmac_key", "prepend", "append"),
    "TLS_PRF": ("label*", "seed*", "protocol", "hash_name"),
    "SP800_56A_CONCAT": ("hash_name", "algorithm_id*", "party_u_info*", "party_v_info*",
                         "supp_pub_info", "supp_priv_info"),
    "TRUNCATE": (),
    "HKDF": ("hash_name", "salt", "info"),
}


@cython.final
cdef class Parameters:
    # cdef Input inputs[MOST_PARAMETERS]
    # cdef NCryptBuffer buffers[MOST_PARAMETERS]
    # cdef NCryptBufferDesc list
    # cdef list texts
    # cdef uint32_t protocol
    # cdef uint64_t count

    def __cinit__(self):
        self.list.ulVersion = NCRYPTBUFFER_VERSION
        self.list.cBuffers = 0
        self.list.pBuffers = self.buffers
        self.texts = []

    def __dealloc__(self):
        cdef DWORD index
        for index in range(self.list.cBuffers):
            input_close(&self.inputs[index])

    cdef int add(self, DWORD kind, object value, str argument) except -1:
        cdef DWORD index = self.list.cBuffers
        cdef Input *data = &self.inputs[index]
        if index == MOST_PARAMETERS:
            raise ValueError(f"too many parameters: a derivation takes {MOST_PARAMETERS}")
        if kind == KDF_HASH_ALGORITHM:
            self.texts.append(wide(value, argument, NCRYPT_MAX_ALG_ID_LENGTH))
            input_open(data, self.texts[len(self.texts) - 1], argument)
        elif kind == KDF_TLS_PRF_PROTOCOL:
            self.protocol = number_value(value, argument)
            data.data = <uint8_t *>&self.protocol
            data.size = sizeof(self.protocol)
            data.held = False
        elif kind == KDF_ITERATION_COUNT:
            self.count = number_value(value, argument)
            data.data = <uint8_t *>&self.count
            data.size = sizeof(self.count)
            data.held = False
        else:
            input_open(data, value, argument)
        self.buffers[index].BufferType = kind
        self.buffers[index].cbBuffer = data.size
        # What is empty still needs a pointer.
        self.buffers[index].pvBuffer = data.data if data.data != NULL else <uint8_t *>self.buffers
        self.list.cBuffers = index + 1
        return 0

    cdef int add_all(self, dict given) except -1:
        for argument, value in given.items():
            self.add(NUMBERS[argument], value, argument)
        return 0


cdef DWORD length_value(object length) except 0:
    """How much is to be derived: looked at before there is memory for it."""
    cdef DWORD size = number_value(length, "length")
    if size == 0 or size > MOST_BYTES:
        raise ValueError(f"length must be from 1 to {MOST_BYTES}, not {size}")
    return size


cdef int check_given(str kdf, dict given, dict known, bint generic) except -1:
    """Whether the derivation takes all of that, and has all that it needs, or a `generic` parameter
    in its place. One that is not known here may take anything."""
    taken = known.get(kdf)
    if taken is None:
        return 0
    for argument in given:
        if argument not in taken and argument + "*" not in taken:
            takes = ", ".join(each.rstrip("*") for each in taken) or "no parameters"
            raise ValueError(f"{kdf} has no parameter {argument}: it takes {takes}")
    for argument in taken:
        if argument.endswith("*") and argument[:-1] not in given and not generic:
            raise ValueError(f"{kdf} needs {argument[:-1]}")
    return 0


cdef object default_length(str kdf, object hash_name):
    """How much a derivation gives, where it has an end; None where it has none, or for others."""
    if kdf == "TLS_PRF":
        return TLS_PRF_LENGTH
    if kdf == "HASH" or kdf == "HMAC":
        return digest_length(hash_name)
    return None


cdef object digest_length(object hash_name):
    """None of a hash that is not known here."""
    wide(hash_name, "hash_name", NCRYPT_MAX_ALG_ID_LENGTH)  # or says what is wrong
    return _HASHES.get(hash_name, (None, None))[1]


@cython.final
cdef class Secret(PropertyHandle):
    # cdef uint32_t width
    # cdef object lock
    # cdef uint32_t process
    # cdef tuple extracted
    # cdef tuple started
    # cdef tuple left

    def __cinit__(self):
        self.lock = RLock()
        self.process = fork_count()

    def __init__(self):
        raise TypeError("Secret has no public constructor: use Key.agree()")

    def __repr__(self):
        return "<Secret closed>" if self.closed else "<Secret>"

    cdef bytes run(self, LPCWSTR kdf, Parameters parameters, DWORD size, DWORD flags):
        """That many bytes; a failure without a reason, which passes, is tried once more."""
        cdef bytes out = PyBytes_FromStringAndSize(NULL, size)
        cdef PBYTE data = <PBYTE>PyBytes_AS_STRING(out)
        cdef NCryptBufferDesc *given = NULL
        cdef DWORD written = 0
        cdef SECURITY_STATUS status = 0
        cdef int _attempt
        if parameters is not None:
            given = parameters.pointer()
        self.enter()
        with nogil:
            for _attempt in range(2):
                written = 0
                status = NCryptDeriveKey(self.lease.handle, kdf, given, data, size, &written, flags)
                if <uint32_t>status != UNSUCCESSFUL:
                    break
            self.leave()
        if status == 0 and written == size:
            return out
        wipe(data, size)
        check(status, "NCryptDeriveKey")
        raise ValueError(f"the derivation gives {written} bytes, not {size}")

    cdef DWORD raw_size(self) except 0:
        cdef LPCWSTR kdf = wide_pointer(TRUNCATE)
        cdef DWORD size = 0
        cdef SECURITY_STATUS status
        if self.width == 0:
            self.enter()
            with nogil:
                status = NCryptDeriveKey(self.lease.handle, kdf, NULL, NULL, 0, &size, 0)
                self.leave()
            check(status, "NCryptDeriveKey")
            self.width = size
        return self.width

    cdef object own_lock(self):
        if self.process != fork_count():
            self.process = fork_count()
            self.lock = RLock()
            self.left, self.started = self.started, None
        return self.lock

    cdef int extract(self, object hash_name, object salt) except -1:
        """HKDF's first step, which is done once for a secret."""
        cdef Input data
        wide(hash_name, "hash_name", NCRYPT_MAX_ALG_ID_LENGTH)  # or says what is wrong
        input_open(&data, salt, "salt")
        try:
            wanted = (plain_text(hash_name), data.data[:data.size])
        finally:
            input_close(&data)
        with self.own_lock():
            if self.extracted is None:
                self.extract_once(wanted)
            if self.extracted != wanted:
                raise ValueError("HKDF takes one hash and one salt for a secret, and had others "
                                 "before: agree() on another one")
        return 0

    cdef int extract_once(self, tuple wanted) except -1:
        """The lock is held. What a thread of the parent had started before fork() may be done."""
        before, self.left = self.left, None
        self.started = wanted
        try:
            self.write_extraction(wanted)
        except InvalidParameterError:
            if before is None:
                raise
            try:  # to the end, wherever that thread was
                self.write_extraction(before)
            except InvalidParameterError:  # it was there
                self.extracted = before
        finally:
            self.started = None
        return 0

    cdef int write_extraction(self, tuple values) except -1:
        self.write(HKDF_HASH, values[0], 0)
        self.write(HKDF_SALT, values[1], 0)
        self.extracted = values
        return 0

    def derive(self, kdf, length=None, *, hash_name=None, prepend=None, append=None, hmac_key=None,
               label=None, seed=None, protocol=None, algorithm_id=None, party_u_info=None,
               party_v_info=None, supp_pub_info=None, supp_priv_info=None, salt=None, info=None):
        cdef bytes name = wide(kdf, "kdf", NCRYPT_MAX_ALG_ID_LENGTH)
        cdef Parameters parameters = Parameters.__new__(Parameters)
        cdef DWORD flags = 0
        cdef DWORD size
        given = {argument: value for argument, value in {
            "hash_name": hash_name, "prepend": prepend, "append": append, "hmac_key": hmac_key,
            "label": label, "seed": seed, "protocol": protocol, "algorithm_id": algorithm_id,
            "party_u_info": party_u_info, "party_v_info": party_v_info,
            "supp_pub_info": supp_pub_info, "supp_priv_info": supp_priv_info, "salt": salt,
            "info": info}.items() if value is not None}
        if kdf not in TAKEN and "salt" in given:
            raise ValueError("salt is a parameter of HKDF")
        kdf = plain_text(kdf)
        check_given(kdf, given, TAKEN, False)
        if hash_name is None and "hash_name" in TAKEN.get(kdf, ()) and kdf != "TLS_PRF":
            given["hash_name"] = "SHA256"
        longest = default_length(kdf, given.get("hash_name"))
        if length is None:
            length = self.raw_size() if kdf == "TRUNCATE" else longest
            if length is None:
                what = "gives as much as is wanted" if kdf in TAKEN else "is not known here"
                if kdf == "HASH" or kdf == "HMAC":
                    what = f"gives a digest of {given['hash_name']!r}, whose length is not known"
                raise ValueError(f"{kdf} {what}: a length must be given")
        size = length_value(length)
        if longest is not None and (size > longest or kdf == "TLS_PRF" and size != longest):
            most = "" if kdf == "TLS_PRF" else " at most"
            raise ValueError(f"{kdf} gives {longest} bytes{most}, not {size}")
        if kdf == "HKDF":
            hash_name, salt = given.pop("hash_name"), given.pop("salt", b"")
            longest = digest_length(hash_name)
            if longest is not None and size > HKDF_BLOCKS * longest:
                raise ValueError(f"HKDF gives {HKDF_BLOCKS * longest} bytes at most, not {size}")
        elif kdf == "HMAC" and hmac_key is None:
            flags = KDF_USE_SECRET_AS_HMAC_KEY_FLAG
        for argument, value in given.items():
            parameters.add(NUMBERS[argument], value, argument)
            if argument == "seed" and kdf == "TLS_PRF" and (
                    parameters.buffers[parameters.list.cBuffers - 1].cbBuffer != TLS_SEED_LENGTH):
                raise ValueError(f"the seed of TLS_PRF must have {TLS_SEED_LENGTH} bytes")
        if kdf == "HKDF":  # last: it cannot be done again with others
            self.extract(hash_name, salt)
        return self.run(wide_pointer(name), parameters, size, flags)

    def raw(self):
        cdef bytes value = self.run(wide_pointer(TRUNCATE), None, self.raw_size(), 0)
        cdef uint8_t *data = <uint8_t *>PyBytes_AS_STRING(value)
        cdef Py_ssize_t first = 0
        cdef Py_ssize_t last = len(value) - 1
        # Nobody else has this object yet.
        while first < last:
            data[first], data[last] = data[last], data[first]
            first += 1
            last -= 1
        return value
