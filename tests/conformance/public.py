# SPDX-License-Identifier: MIT
"""Public keys of the bcrypt functions, with calls that must succeed (else `RefusedError`)."""

from ctypes import byref, c_uint8
from typing import NamedTuple

from . import material
from .abi import NONE, D, H
from .api import call, must


class Kind(NamedTuple):
    """An algorithm, the blob type of its public keys, and a key."""

    algorithm: str
    blob_type: str
    blob: bytes


def rsa(bits=1024):
    return Kind("RSA", "RSAPUBLICBLOB", material.rsa(bits).public_blob())


def ec(curve=material.P256):
    return Kind(curve.algorithm, "ECCPUBLICBLOB", material.ec(curve).public_blob())


class Public:
    """Handles are released when the test ends: keys before the providers they came from."""

    def __init__(self):
        self._handles = []

    def _keep(self, function, handle, *rest):
        if not handle.value:
            raise AssertionError("a successful call gave no handle")
        self._handles.append((function, handle.value, *rest))
        return handle.value

    def release(self):
        statuses = [call(*one) for one in self._handles[::-1]]
        self._handles = []
        if any(statuses):
            raise AssertionError(f"releasing handles: {[hex(status) for status in statuses]}")

    def close(self, handle):
        """Closes or destroys a handle now."""
        (one,) = (one for one in self._handles if one[1] == handle)
        must(*one)
        self._handles.remove(one)

    def provider(self, algorithm, implementation=None, flags=0):
        handle = H()
        must("BCryptOpenAlgorithmProvider", byref(handle), algorithm, implementation, flags)
        return self._keep("BCryptCloseAlgorithmProvider", handle, 0)

    def load(self, algorithm, blob_type, blob, flags=0):
        """A key from a blob; its provider is closed at the end of the test."""
        handle = H()
        provider = self.provider(algorithm)
        must(
            "BCryptImportKeyPair", provider, 0, blob_type, byref(handle), blob, len(blob), flags
        )  # fmt: skip
        return self._keep("BCryptDestroyKey", handle)

    def verify(self, key, digest, signature, padding=NONE, flags=0):
        must(
            "BCryptVerifySignature", key, padding.pointer, digest, len(digest), signature,
            len(signature), flags | padding.flag,
        )  # fmt: skip

    def encrypt(self, key, data, padding, flags=0):
        size = D()
        rest = (key, data, len(data), padding.pointer, None, 0)
        must("BCryptEncrypt", *rest, None, 0, byref(size), flags | padding.flag)
        out = (c_uint8 * size.value)()
        must("BCryptEncrypt", *rest, out, size.value, byref(size), flags | padding.flag)
        return bytes(out)[: size.value]

    def export(self, key, blob_type, flags=0):
        size = D()
        must("BCryptExportKey", key, 0, blob_type, None, 0, byref(size), flags)
        out = (c_uint8 * size.value)()
        must("BCryptExportKey", key, 0, blob_type, out, size.value, byref(size), flags)
        return bytes(out)[: size.value]
