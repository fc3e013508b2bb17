# SPDX-License-Identifier: MIT
"""CryptoAPI 1.0: calls that must succeed (else `RefusedError`), and its blobs of RSA keys."""

import struct
from ctypes import byref, c_char, c_uint8

from .abi import D, H
from .api import call, must
from .constants import (
    CALG_RSA_KEYX,
    CALG_SHA_256,
    CRYPT_DELETEKEYSET,
    CRYPT_FIRST,
    CRYPT_MACHINE_KEYSET,
    CRYPT_NEWKEYSET,
    CRYPT_NEXT,
    CRYPT_VERIFYCONTEXT,
    ERROR_NO_MORE_ITEMS,
    ERROR_SUCCESS,
    HP_HASHVAL,
    NTE_BAD_KEYSET,
    PP_ENUMCONTAINERS,
    PROV_RSA_AES,
)


class Capi:
    """Handles are released, and containers deleted, when the test ends."""

    def __init__(self):
        self._handles = []
        self._containers = set()

    def _keep(self, function, handle, *rest):
        if not handle.value:
            raise AssertionError("a successful call gave no handle")
        self._handles.append((function, handle.value, *rest))
        return handle.value

    def free(self, handle):
        """Releases or destroys a handle now."""
        one = next(one for one in self._handles[::-1] if one[1] == handle)
        must(*one)
        self._handles.remove(one)

    def forget(self, handle):
        """The handle is gone, or about to be."""
        self._handles = [one for one in self._handles if one[1] != handle]

    def release(self):
        statuses = [call(*one) for one in self._handles[::-1]]
        self._handles = []
        for name, flags in sorted(self._containers):
            self.delete(name, flags, missing=(NTE_BAD_KEYSET,))
        if any(statuses):
            raise AssertionError(f"releasing handles: {[hex(status) for status in statuses]}")

    # -- contexts

    def try_acquire(self, container=None, flags=0, provider=None, kind=PROV_RSA_AES):
        """The status; a handle that comes is released at the end."""
        handle = H()
        if container and flags & CRYPT_NEWKEYSET:
            self._containers.add((container, flags & CRYPT_MACHINE_KEYSET))
        status = call("CryptAcquireContextW", byref(handle), container, provider, kind, flags)
        if status == ERROR_SUCCESS and not flags & CRYPT_DELETEKEYSET:
            self._keep("CryptReleaseContext", handle, 0)
        return status

    def acquire(self, container=None, flags=0, provider=None, kind=PROV_RSA_AES):
        handle = H()
        if container and flags & CRYPT_NEWKEYSET:
            self._containers.add((container, flags & CRYPT_MACHINE_KEYSET))
        must("CryptAcquireContextW", byref(handle), container, provider, kind, flags)
        return self._keep("CryptReleaseContext", handle, 0)

    def new(self, container, flags=0, **more):
        return self.acquire(container, CRYPT_NEWKEYSET | flags, **more)

    def verify_context(self, **more):
        return self.acquire(None, CRYPT_VERIFYCONTEXT, **more)

    def delete(self, container, flags=0, missing=()):
        handle = H()
        flags |= CRYPT_DELETEKEYSET
        status = call("CryptAcquireContextW", byref(handle), container, None, PROV_RSA_AES, flags)
        if status not in (ERROR_SUCCESS, *missing):
            raise AssertionError(f"deleting {container!r}: {status:#x}")

    def exists(self, container, flags=0):
        handle = H()
        arguments = (container, None, PROV_RSA_AES, flags)
        status = call("CryptAcquireContextW", byref(handle), *arguments)
        if status == ERROR_SUCCESS:
            must("CryptReleaseContext", handle, 0)
        elif status != NTE_BAD_KEYSET:
            raise AssertionError(f"looking for {container!r}: {status:#x}")
        return status == ERROR_SUCCESS

    def containers(self, context):
        """The names, as bytes; they have the code page of the process."""
        names, flag = [], CRYPT_FIRST
        for _ in range(100_000):
            size, name = D(1000), (c_char * 1000)()
            status = call("CryptGetProvParam", context, PP_ENUMCONTAINERS, name, byref(size), flag)
            if status != ERROR_SUCCESS:
                break
            names.append(name.value)
            flag = CRYPT_NEXT
        if status != ERROR_NO_MORE_ITEMS:
            raise AssertionError(f"listing containers ends with {status:#x}")
        return names

    # -- parameters

    def _parameter(self, function, handle, number, flags=0):
        size = D()
        must(function, handle, number, None, byref(size), flags)
        value = (c_uint8 * max(1, size.value))()
        must(function, handle, number, value, byref(size), flags)
        return bytes(value)[: size.value]

    def parameter(self, context, number, flags=0):
        return self._parameter("CryptGetProvParam", context, number, flags)

    def key_parameter(self, key, number):
        value = self._parameter("CryptGetKeyParam", key, number)
        assert len(value) == 4
        return int.from_bytes(value, "little")

    def hash_parameter(self, hash_, number):
        return self._parameter("CryptGetHashParam", hash_, number)

    # -- keys

    def generate(self, context, spec, bits=512, flags=0):
        handle = H()
        must("CryptGenKey", context, spec, bits << 16 | flags, byref(handle))
        return self._keep("CryptDestroyKey", handle)

    def user_key(self, context, spec):
        handle = H()
        must("CryptGetUserKey", context, spec, byref(handle))
        return self._keep("CryptDestroyKey", handle)

    def has_key(self, context, spec):
        handle = H()
        status = call("CryptGetUserKey", context, spec, byref(handle))
        if status == ERROR_SUCCESS:
            must("CryptDestroyKey", handle)
        return status

    def import_key(self, context, blob, flags=0):
        handle = H()
        must("CryptImportKey", context, blob, len(blob), 0, flags, byref(handle))
        return self._keep("CryptDestroyKey", handle)

    def export(self, key, kind, flags=0):
        size = D()
        must("CryptExportKey", key, 0, kind, flags, None, byref(size))
        blob = (c_uint8 * size.value)()
        must("CryptExportKey", key, 0, kind, flags, blob, byref(size))
        return bytes(blob)[: size.value]

    # -- hashes and signatures

    def hash(self, context, algorithm=CALG_SHA_256, digest=None, data=None):
        handle = H()
        must("CryptCreateHash", context, algorithm, 0, 0, byref(handle))
        hash_ = self._keep("CryptDestroyHash", handle)
        if digest is not None:
            must("CryptSetHashParam", hash_, HP_HASHVAL, digest, 0)
        if data is not None:
            must("CryptHashData", hash_, data, len(data), 0)
        return hash_

    def sign(self, hash_, spec, flags=0):
        size = D()
        must("CryptSignHashW", hash_, spec, None, flags, None, byref(size))
        signature = (c_uint8 * size.value)()
        must("CryptSignHashW", hash_, spec, None, flags, signature, byref(size))
        return bytes(signature)[: size.value]

    def verify(self, hash_, signature, key, flags=0):
        must("CryptVerifySignatureW", hash_, signature, len(signature), key, None, flags)


# ---- blobs: all numbers little-endian ------------------------------------------------------------


def little(value, width):
    return value.to_bytes(width, "little")


def header(kind, magic, key, algorithm=CALG_RSA_KEYX, version=2):
    return struct.pack("<BBHI4sII", kind, version, 0, algorithm, magic, key.bits, key.e)


def public_blob(key, algorithm=CALG_RSA_KEYX):
    """PUBLICKEYBLOB of a material.Rsa."""
    return header(6, b"RSA1", key, algorithm) + little(key.n, key.bits // 8)


def private_blob(key, algorithm=CALG_RSA_KEYX):
    """PRIVATEKEYBLOB of a material.Rsa."""
    whole, half = key.bits // 8, key.bits // 16
    p, q, d = key.p, key.q, key.d
    halves = (p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    return (
        header(7, b"RSA2", key, algorithm)
        + little(key.n, whole)
        + b"".join(little(number, half) for number in halves)
        + little(d, whole)
    )
