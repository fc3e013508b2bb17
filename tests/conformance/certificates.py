# SPDX-License-Identifier: MIT
"""Certificate stores: calls that must succeed (else `RefusedError`), and certificates by hand."""

import ctypes
import hashlib
import struct
from ctypes import byref, c_uint8

from ..certificate_maker import certificate as encode
from ..certificate_maker import sequence, tlv
from .abi import CertContext, D, KeyProvInfo, P, text_at, wide
from .api import call, fetch, must
from .constants import (
    CERT_KEY_PROV_INFO_PROP_ID,
    CERT_STORE_ADD_NEW,
    CERT_STORE_PROV_SYSTEM_W,
    CERT_SYSTEM_STORE_CURRENT_USER,
    CRYPT_E_NOT_FOUND,
    ERROR_SUCCESS,
    X509_ASN_ENCODING,
)
from .der import integer

RSA = bytes.fromhex("300d06092a864886f70d0101010500")


def of_blob(blob, label):
    """A certificate for the key of a PUBLICKEYBLOB; its subject is no other test's."""
    exponent = int.from_bytes(blob[16:20], "little")
    modulus = int.from_bytes(blob[20:], "little")
    numbers = [tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))
               for number in (modulus, exponent)]  # fmt: skip
    info = sequence(RSA, tlv(0x03, b"\0" + sequence(*numbers)))
    return encode(info, (f"CN=ncrypt-ext {hashlib.sha256(label.encode()).hexdigest()}",))


def of_rsa(rsa):
    """A certificate for the numbers of material.rsa()."""
    public = tlv(0x03, b"\0" + sequence(integer(rsa.n), integer(rsa.e)))
    return encode(sequence(RSA, public), (f"CN=ncrypt-ext {rsa.bits} bits",))


def serialized(*certificates):
    """A store as CertSaveStore writes it."""
    elements = [struct.pack("<3I", 32, 1, len(each)) + each for each in certificates]
    return struct.pack("<2I", 0, 0x54524543) + b"".join(elements) + bytes(12)


class Certificates:
    """What is added to stores is taken out again, contexts are freed and stores closed, when the
    test ends."""

    def __init__(self):
        self._handles = []
        self._added = []

    def keep(self, function, handle, *rest):
        self._handles.append((function, handle, *rest))
        return handle

    def free(self, handle):
        one = next(one for one in self._handles[::-1] if one[1] == handle)
        must(*one)
        self._handles.remove(one)

    def forget(self, context):
        """It has been deleted by the test."""
        self._added.remove(context)

    def release(self):
        for context in self._added:
            copy = fetch("CertDuplicateCertificateContext", context)
            must("CertDeleteCertificateFromStore", copy)  # which frees it
        statuses = [call(*one) for one in self._handles[::-1]]
        if any(statuses):
            raise AssertionError(f"releasing: {[hex(status) for status in statuses]}")

    def open(self, name="MY", flags=CERT_SYSTEM_STORE_CURRENT_USER):
        store = fetch("CertOpenStore", CERT_STORE_PROV_SYSTEM_W, 0, 0, flags, name)
        return self.keep("CertCloseStore", store, 0)

    def add(self, store, der, disposition=CERT_STORE_ADD_NEW):
        context = P()
        must("CertAddEncodedCertificateToStore", store, X509_ASN_ENCODING, der, len(der),
             disposition, byref(context))  # fmt: skip
        if disposition == CERT_STORE_ADD_NEW:
            self._added.append(context.value)
        return self.keep("CertFreeCertificateContext", context.value)

    def listed(self, store):
        """The DER of everything in it."""
        found, context = [], 0
        while True:
            try:
                context = fetch("CertEnumCertificatesInStore", store, context)
            except Exception as refused:
                if getattr(refused, "status", 0) != CRYPT_E_NOT_FOUND:
                    raise
                return found
            found.append(der_of(context))

    def set_key(self, context, container, provider, kind, spec):
        texts = wide(container), wide(provider)
        pointers = [ctypes.cast(text, P) for text in texts]
        info = KeyProvInfo(*pointers, kind, 0, 0, None, spec)
        must("CertSetCertificateContextProperty", context, CERT_KEY_PROV_INFO_PROP_ID, 0,
             byref(info))  # fmt: skip

    def key(self, context):
        """Container, provider, type, flags, specification."""
        size = D()
        arguments = context, CERT_KEY_PROV_INFO_PROP_ID
        must("CertGetCertificateContextProperty", *arguments, None, byref(size))
        out = (c_uint8 * size.value)()
        must("CertGetCertificateContextProperty", *arguments, out, byref(size))
        info = KeyProvInfo.from_buffer(out)
        return (text_at(info.container), text_at(info.provider), info.type, info.flags, info.spec)

    def acquire(self, context, flags=0):
        """Status, handle, specification and whether the caller frees the handle."""
        handle, spec, free = P(), D(), D(7)
        status = call("CryptAcquireCertificatePrivateKey", context, flags, None, byref(handle),
                      byref(spec), byref(free))  # fmt: skip
        if status == ERROR_SUCCESS and free.value:
            self.keep("CryptReleaseContext", handle.value, 0)
        return status, handle.value, spec.value, free.value


def der_of(context):
    seen = CertContext.from_address(context)
    return ctypes.string_at(seen.data, seen.size)
