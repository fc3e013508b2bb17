# SPDX-License-Identifier: MIT

cimport cython
from cpython.buffer cimport PyObject_CheckBuffer
from cpython.bytes cimport (
    PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE,
)
from libc.stdint cimport uint32_t, uintptr_t

from ncrypt_ext._buffer cimport Input, input_close, input_open, wipe
from ncrypt_ext._handle cimport (
    TYPE_KEY, TYPE_PROVIDER, TYPE_SECRET, TYPE_TIE, Handle, Lease, Watch, free_object, lease_hold,
    lease_unhold, raise_watched, watch_begin, watch_end,
)
from ncrypt_ext._key_device cimport PIN_FINE
from ncrypt_ext._key_encryption cimport EncryptionKey
from ncrypt_ext._secret cimport Parameters, Secret, check_given, length_value
from ncrypt_ext._status cimport check
from ncrypt_ext._wide cimport wide, wide_pointer
from ncrypt_ext.bcrypt cimport (
    BCRYPT_CAPI_AES_FLAG, KDF_HKDF_SALT, KDF_LABEL, KDF_TLS_PRF_LABEL,
)
from ncrypt_ext.ncrypt cimport (
    NCRYPT_KEY_HANDLE, NCRYPT_PROV_HANDLE, NCRYPT_SECRET_HANDLE, NCRYPT_SILENT_FLAG,
    NCRYPTBUFFER_ECC_CURVE_NAME, NCRYPTBUFFER_VERSION, NCryptBuffer, NCryptBufferDesc,
    NCryptImportKey, NCryptKeyDerivation, NCryptOpenStorageProvider, NCryptSecretAgreement,
    ncx_NCryptDecapsulate, ncx_NCryptEncapsulate,
)
from ncrypt_ext.wintypes cimport DWORD, LPCWSTR, PBYTE, PVOID, SECURITY_STATUS, ULONG

from sys import audit

from ncrypt_ext.errors import NotSupportedError

cdef bytes ALGORITHM_GROUP = wide("Algorithm Group", "")
cdef bytes ECC_BLOB = wide("ECCPUBLICBLOB", "")
cdef bytes DH_BLOB = wide("DHPUBLICBLOB", "")

# What each key of a derivation takes; with an asterisk what it does not do without.
cdef dict TAKEN = {
    "SP800_108_CTR_HMAC": ("hash_name", "label*", "context*", "generic"),
    "SP800_56A_CONCAT": ("hash_name", "algorithm_id*", "party_u_info*", "party_v_info*",
                         "supp_pub_info", "supp_priv_info", "generic"),
    "PBKDF2": ("hash_name", "salt*", "iterations", "generic"),
    "CAPI_KDF": ("hash_name",),
    "TLS1_1_KDF": ("label*", "seed*"),
    "TLS1_2_KDF": ("hash_name", "label*", "seed*"),
    "HKDF": ("hash_name", "salt", "info"),
}

cdef enum:
    NOT_SUPPORTED = 0x80090029
    UNSUCCESSFUL = 0xC0000001


@cython.linetrace(False)
cdef void end_hold(uintptr_t lease) noexcept nogil:
    lease_unhold(<Lease *>lease)


cdef bytes public_info(object peer):
    """The SubjectPublicKeyInfo of a public key of cryptography."""
    from sys import modules
    if "cryptography" not in modules:
        raise TypeError("peer must be a Key, a bytes-like object or a public key of cryptography, "
                        f"not {type(peer).__name__!r}")
    from ncrypt_ext.integrations.cryptography_keys import to_public_info
    return to_public_info(peer)


cdef bytes peer_bytes(object peer):
    """What a caller gave, which is no key."""
    cdef Input data
    if not PyObject_CheckBuffer(peer):
        return public_info(peer)
    input_open(&data, peer, "peer")
    try:
        return data.data[:data.size]
    finally:
        input_close(&data)


cdef class AgreementKey(EncryptionKey):

    cdef int check_agrees(self, str role) except -1:
        """What CNG says of it is a number only."""
        group = self.constant(ALGORITHM_GROUP)
        if group is not None and group != "ECDH" and group != "DH":
            name = self.algorithm or group
            raise NotSupportedError(
                NOT_SUPPORTED, "",
                f"{role} is {'an' if name[:1] in 'AEFHILMNORSX' else 'a'} {name} key: agreement is "
                "for keys that were created as ECDH_P256, ECDH_P384, ECDH_P521, ECDH or DH")
        return 0

    cdef int check_curve(self, object curve) except -1:
        own = self.curve_name()
        if own is not None and curve is not None and own != curve:
            raise ValueError(
                f"the keys are on different curves: this one on {own}, the peer on {curve}")
        return 0

    cdef Handle own_provider(self):
        """Whose key it is: agreement wants both of one provider."""
        cdef Handle provider = Handle.__new__(Handle)
        cdef NCRYPT_PROV_HANDLE handle = self.provider_handle()
        cdef SECURITY_STATUS status
        cdef bint good
        if handle == 0:
            with nogil:
                status = NCryptOpenStorageProvider(&handle, NULL, 0)
            check(status, "NCryptOpenStorageProvider")
        try:
            self.enter()
        except BaseException:  # closed meanwhile
            free_object(handle)
            raise
        good = provider.adopt_native(TYPE_PROVIDER, handle, free_object, self.lease)
        self.leave()
        if not good:
            raise MemoryError()
        return provider

    cdef Handle import_peer(self, bytes blob, DWORD flags):
        """A handle of the peer's public key, which is on this key's curve if it does not say. It
        holds its provider, which holds this key."""
        cdef Handle provider = self.own_provider()
        cdef Handle peer = Handle.__new__(Handle)
        cdef NCRYPT_KEY_HANDLE handle = 0
        cdef LPCWSTR kind = wide_pointer(DH_BLOB if blob.startswith(b"DHPB") else ECC_BLOB)
        cdef PBYTE data = <PBYTE>PyBytes_AS_STRING(blob)
        cdef DWORD size = <DWORD>PyBytes_GET_SIZE(blob)
        cdef bytes curve = wide(self.curve or "", "curve")
        cdef NCryptBuffer buffer
        cdef NCryptBufferDesc parameters
        cdef bint generic = blob.startswith(b"ECKP")
        cdef SECURITY_STATUS status
        cdef bint good = True
        buffer.cbBuffer = <DWORD>PyBytes_GET_SIZE(curve)
        buffer.BufferType = NCRYPTBUFFER_ECC_CURVE_NAME
        buffer.pvBuffer = <PVOID>PyBytes_AS_STRING(curve)
        parameters.ulVersion = NCRYPTBUFFER_VERSION
        parameters.cBuffers = 1
        parameters.pBuffers = &buffer
        provider.enter()
        with nogil:
            status = NCryptImportKey(provider.lease.handle, 0, kind, &parameters if generic else
                                     NULL, &handle, data, size, flags)
            if status == 0:
                good = peer.adopt_native(TYPE_KEY, handle, free_object, provider.lease)
            provider.leave()
        if not good:
            raise MemoryError()
        check(status, "NCryptImportKey")
        return peer

    cdef Handle tie(self, Handle peer):
        """What holds this key and the peer's, for a secret to hold: a lease has one parent."""
        cdef Handle both = Handle.__new__(Handle)
        cdef bint good
        self.enter()
        try:
            peer.enter()
            lease_hold(peer.lease)
            peer.leave()
            good = both.adopt_native(TYPE_TIE, <uintptr_t>peer.lease, end_hold, self.lease)
        finally:
            self.leave()
        if not good:
            raise MemoryError()
        return both

    cdef int run_agree(self, Handle peer, Secret into, Handle held, DWORD flags) except -1:
        """Agrees, with a PIN where one is needed."""
        cdef uint32_t pins = self.desk.pins
        cdef SECURITY_STATUS status = 0
        flags |= self.quiet(False)
        if self.desk.state == PIN_FINE:
            status = self.agree_once(peer, into, held, flags)
            if status == 0 or not self.needs_pin(status):
                return check(status, "NCryptSecretAgreement")
        with self.pin_turn(status, "NCryptSecretAgreement", pins):
            check(self.agree_once(peer, into, held, flags), "NCryptSecretAgreement")
        return 0

    cdef SECURITY_STATUS agree_once(self, Handle peer, Secret into, Handle held,
                                    DWORD flags) except? 1:
        """One native call; a failure without a reason, which passes, is tried once more."""
        cdef NCRYPT_SECRET_HANDLE handle = 0
        cdef SECURITY_STATUS status = 0
        cdef bint good = True
        cdef int _attempt
        self.enter_with(peer)
        self.desk.in_use += 1
        with nogil:
            for _attempt in range(2):
                status = NCryptSecretAgreement(self.lease.handle, peer.lease.handle, &handle, flags)
                if <uint32_t>status != UNSUCCESSFUL:
                    break
            if status == 0:
                good = into.adopt_native(TYPE_SECRET, handle, free_object, held.lease)
            self.leave_with(peer)
        self.desk.in_use -= 1
        if not good:
            raise MemoryError()
        return status

    def agree(self, peer, *, bint silent=False):
        cdef Secret secret = Secret.__new__(Secret)
        cdef DWORD flags = NCRYPT_SILENT_FLAG if silent else 0
        cdef Handle other
        cdef Handle held
        audit("ncrypt_ext.agree", self.name, self.is_machine_key)
        self.check_agrees("this")
        if isinstance(peer, AgreementKey):
            (<AgreementKey>peer).check_agrees("the peer")
            self.check_curve((<AgreementKey>peer).curve_name())
            other = peer
            held = self.tie(other)
        else:
            blob = peer_bytes(peer)
            if self.constant(ALGORITHM_GROUP) == "DH":
                from ncrypt_ext._groups import agreement_blob as dl_agreement_blob
                blob, curve = dl_agreement_blob(blob), None
            else:
                from ncrypt_ext._public_info import peer_blob
                blob, curve = peer_blob(blob)
                if curve is None and self.curve_name() is None:
                    raise ValueError("this key's curve has no name, and the peer's blob does not "
                                     "say which it is on: import its ECCFULLPUBLICBLOB, and agree "
                                     "with that Key")
            self.check_curve(curve)
            other = held = self.import_peer(blob, flags)
        try:
            self.run_agree(other, secret, held, flags)
        finally:
            held.close()  # only the secret needs it, which holds it
        bits = self.curve_length()
        secret.width = 0 if bits is None else (bits + 7) // 8
        return secret

    cdef bytes run_derive(self, Parameters parameters, DWORD size, DWORD flags):
        """That many bytes. A signal handler's exception wins in any case."""
        cdef bytes out = PyBytes_FromStringAndSize(NULL, size)
        cdef PBYTE data = <PBYTE>PyBytes_AS_STRING(out)
        cdef NCryptBufferDesc *given = parameters.pointer()
        cdef DWORD written = 0
        cdef SECURITY_STATUS status
        cdef Watch watch
        self.enter()
        with nogil:
            watch_begin(&watch, self.lease)
            status = NCryptKeyDerivation(self.lease.handle, given, data, size, &written, flags)
            watch_end(&watch)
            self.leave()
        if watch.error == NULL and status == 0 and written == size:
            return out
        wipe(data, size)
        raise_watched(&watch)
        check(status, "NCryptKeyDerivation")
        raise ValueError(f"the derivation gives {written} bytes, not {size}")

    def derive(self, length, *, hash_name=None, salt=None, info=None, label=None, context=None,
               seed=None, iterations=None, algorithm_id=None, party_u_info=None, party_v_info=None,
               supp_pub_info=None, supp_priv_info=None, generic=None, bint for_aes=False,
               bint silent=False):
        cdef Parameters parameters = Parameters.__new__(Parameters)
        cdef DWORD flags = NCRYPT_SILENT_FLAG if silent else 0
        cdef DWORD size = length_value(length)
        cdef str kdf = self.algorithm
        if for_aes:
            flags |= BCRYPT_CAPI_AES_FLAG
        given = {argument: value for argument, value in {
            "hash_name": hash_name, "salt": salt, "info": info, "label": label,
            "context": context, "seed": seed, "iterations": iterations,
            "algorithm_id": algorithm_id, "party_u_info": party_u_info,
            "party_v_info": party_v_info, "supp_pub_info": supp_pub_info,
            "supp_priv_info": supp_priv_info, "generic": generic}.items() if value is not None}
        check_given(kdf, given, TAKEN, generic is not None)
        if kdf == "PBKDF2" and iterations is None:
            raise ValueError("PBKDF2 needs iterations: as many as can be waited for")
        if hash_name is None and "hash_name" in TAKEN.get(kdf, ()):
            given["hash_name"] = "SHA256"
        if kdf == "HKDF":
            parameters.add(KDF_HKDF_SALT, given.pop("salt", b""), "salt")
        elif "label" in given:
            parameters.add(KDF_TLS_PRF_LABEL if "seed" in given else KDF_LABEL,
                           given.pop("label"), "label")
        parameters.add_all(given)
        audit("ncrypt_ext.derive", self.name, self.is_machine_key)
        return self.run_derive(parameters, size, flags)

    def encapsulate(self):
        cdef bytes secret = b""
        cdef bytes ciphertext = b""
        cdef PBYTE secret_data = NULL
        cdef PBYTE data = NULL
        cdef ULONG secret_size = 0
        cdef ULONG size = 0
        cdef SECURITY_STATUS status = 0
        cdef int step
        for step in range(2):  # asks for the sizes, then encapsulates
            if step == 1:
                secret = PyBytes_FromStringAndSize(NULL, secret_size)
                ciphertext = PyBytes_FromStringAndSize(NULL, size)
                secret_data = <PBYTE>PyBytes_AS_STRING(secret)
                data = <PBYTE>PyBytes_AS_STRING(ciphertext)
            self.enter()
            with nogil:
                status = ncx_NCryptEncapsulate(self.lease.handle, secret_data, secret_size,
                                               &secret_size, data, size, &size, 0)
                self.leave()
            check(status, "NCryptEncapsulate")
        return secret, ciphertext

    def decapsulate(self, ciphertext):
        cdef bytes secret = b""
        cdef PBYTE secret_data = NULL
        cdef ULONG secret_size = 0
        cdef SECURITY_STATUS status = 0
        cdef Input data
        cdef int step
        audit("ncrypt_ext.decapsulate", self.name, self.is_machine_key)
        input_open(&data, ciphertext, "ciphertext")
        try:
            for step in range(2):
                if step == 1:
                    secret = PyBytes_FromStringAndSize(NULL, secret_size)
                    secret_data = <PBYTE>PyBytes_AS_STRING(secret)
                self.enter()
                with nogil:
                    status = ncx_NCryptDecapsulate(self.lease.handle, data.data, data.size,
                                                   secret_data, secret_size, &secret_size, 0)
                    self.leave()
                check(status, "NCryptDecapsulate")
        finally:
            input_close(&data)
        return secret
