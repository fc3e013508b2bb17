# SPDX-License-Identifier: MIT
"""A thin ctypes driver of ncrypt.h, bcrypt.h and wincrypt.h by the ABI of Windows, whoever has it.

`call` passes arguments as they are and returns the unsigned status: of the functions of wincrypt.h
0 for TRUE, else what GetLastError() says. The methods of `Api` are calls
that must succeed (else `RefusedError`); the handles they make are released when the test ends.
"""

import contextlib
import ctypes
import os
import struct
import sys
from ctypes import byref, c_int32, c_uint8
from pathlib import Path

from . import rows
from .abi import (
    NONE,
    AlgorithmName,
    D,
    H,
    KeyName,
    P,
    ProviderName,
    text_at,
    text_of,
    wide,
    wide_bytes,
)
from .constants import ERROR_SUCCESS, NTE_NO_MORE_ITEMS, STATUS_NAMES
from .signatures import GIVE_POINTERS, NEWER, SIGNATURES


def _open_library():
    path = os.environ.get("NCRYPT_EXT_CONFORMANCE_LIBRARY")
    if sys.platform == "win32":
        return ctypes.WinDLL(path or "ncrypt.dll")
    if not path:
        import ncrypt_ext

        (path,) = Path(ncrypt_ext.get_library_dir()).glob("libncrypt_ext_core.*")
    return ctypes.CDLL(str(path))


def _implementation():
    if sys.platform != "win32":
        return "engine"
    return "wine" if hasattr(ctypes.WinDLL("ntdll.dll"), "wine_get_version") else "windows"


IMPLEMENTATION = _implementation()
calls = []  # (function, result) since conftest.py last cleared it; None: it did not return
_library = _open_library()
# The engine is one library; Windows has one for each header, and for certificates one more.
_libraries = {"NCrypt": _library, "BCrypt": _library, "Crypt": _library, "Cert": _library}
if sys.platform == "win32":
    _libraries["BCrypt"] = ctypes.WinDLL("bcrypt.dll")
    _libraries["Crypt"] = ctypes.WinDLL("advapi32.dll", use_last_error=True)
    _libraries["Cert"] = ctypes.WinDLL("crypt32.dll", use_last_error=True)
_functions = {}
for _name, _types in SIGNATURES.items():
    _part = "Cert" if "Cert" in _name else _name.partition("Crypt")[0] + "Crypt"
    _function = getattr(_libraries[_part], _name, None)
    if _function is None and _name in NEWER:
        continue
    _function.argtypes = _types
    _function.restype = H if _name in GIVE_POINTERS else c_int32
    _functions[_name] = _function
NOT_SET = 0x2000DEAD  # what no function leaves in the place of a reason


def _set_last_error(code):
    if sys.platform == "win32":
        ctypes.set_last_error(code)  # of the thread, while the function runs
    else:
        _library.SetLastError(D(code))


def _last_error():
    if sys.platform == "win32":
        return ctypes.get_last_error() & 0xFFFFFFFF
    return _library.GetLastError() & 0xFFFFFFFF


def _reason(result):
    """Of a function that returned a BOOL: 0 when it was TRUE."""
    if result == 0:
        status = _last_error()
        if status in (ERROR_SUCCESS, NOT_SET):
            raise AssertionError("a function failed and did not say why")
        return status
    return ERROR_SUCCESS


def call(name, *arguments):
    """The unsigned status. A str goes as UTF-16, bytes as the address of a copy."""
    return _call(name, *arguments)[1]


def fetch(name, *arguments):
    """What a call that must succeed has made."""
    result, status = _call(name, *arguments)
    if status != ERROR_SUCCESS:
        raise RefusedError(name, status)
    return result


def _call(name, *arguments):
    converted = []
    for argument in arguments:
        if isinstance(argument, str):
            argument = wide(argument)
        elif isinstance(argument, bytes):
            argument = (c_uint8 * max(1, len(argument))).from_buffer_copy(argument or b"\0")
        converted.append(argument)
    calls.append((name, None))
    is_zero_a_failure = name.startswith(("Crypt", "Cert", "PFX"))
    if is_zero_a_failure:
        _set_last_error(NOT_SET)
    result = _functions[name](*converted)
    status = _reason(result) if is_zero_a_failure else result & 0xFFFFFFFF
    calls[-1] = (name, status)
    rows.note(name, arguments, status)
    return result, status


class RefusedError(Exception):
    """A call that should have succeeded, or the one that a test wants refused."""

    def __init__(self, function, status):
        super().__init__(f"{function}: 0x{status:08X} {STATUS_NAMES.get(status, '')}")
        self.status = status


def must(name, *arguments):
    status = call(name, *arguments)
    if status != ERROR_SUCCESS:
        raise RefusedError(name, status)


@contextlib.contextmanager
def refuses(*statuses):
    """The block's call must fail: with one of the statuses, or, without any, somehow."""
    try:
        yield
    except RefusedError as refusal:
        if statuses and refusal.status not in statuses:
            names = [STATUS_NAMES.get(status, hex(status)) for status in statuses]
            raise AssertionError(f"{refusal}, expected {' or '.join(names)}") from None
    else:
        raise AssertionError("succeeded, expected a refusal")


# ---- calls that must succeed ---------------------------------------------------------------------


class Api:
    def __init__(self):
        self._handles = []
        self._names = []
        self._events = []
        self.provider = self.open_provider()

    # -- handles

    def keep(self, handle):
        """Registers a handle for release at the end of the test."""
        if not handle:
            raise AssertionError("a successful call gave no handle")
        self._handles.append(handle)
        return handle

    def forget(self, handle):
        """The handle has been consumed."""
        self._handles.remove(handle)

    def free(self, handle):
        must("NCryptFreeObject", handle)
        self.forget(handle)

    def release(self):
        """Frees what is left, last one first; on Windows also removes what the test stored."""
        for event in self._events:
            if event.value != P(-1).value:
                must("NCryptNotifyChangeKey", self.provider, byref(event), 2)
        left, self._handles = self._handles[::-1], []
        statuses = [call("NCryptFreeObject", handle) for handle in left]
        if sys.platform == "win32":
            for name, flags in self._names:
                self.remove_stored(name, flags)
        if any(statuses):
            raise AssertionError(f"releasing handles: {[hex(status) for status in statuses]}")

    def remove_stored(self, name, flags):
        provider, key = H(), H()
        must("NCryptOpenStorageProvider", byref(provider), None, 0)
        if call("NCryptOpenKey", provider, byref(key), name, 0, flags) == ERROR_SUCCESS:
            must("NCryptDeleteKey", key, 0)
        must("NCryptFreeObject", provider)

    # -- providers

    def open_provider(self, name=None, flags=0):
        handle = H()
        must("NCryptOpenStorageProvider", byref(handle), name, flags)
        return self.keep(handle.value)

    def providers(self, flags=0):
        count, block = D(), P()
        must("NCryptEnumStorageProviders", byref(count), byref(block), flags)
        entries = (ProviderName * count.value).from_address(block.value)
        names = [text_at(entry.name) for entry in entries]
        must("NCryptFreeBuffer", block)
        return names

    def algorithms(self, operations=0, flags=0):
        """(name, interface, operations, flags) of each."""
        count, block = D(), P()
        must("NCryptEnumAlgorithms", self.provider, operations, byref(count), byref(block), flags)
        entries = (AlgorithmName * count.value).from_address(block.value)
        found = [
            (text_at(entry.name), entry.interface, entry.operations, entry.flags)
            for entry in entries
        ]
        must("NCryptFreeBuffer", block)
        return found

    # -- keys

    def create(self, algorithm, name=None, spec=0, flags=0):
        handle = H()
        if name is not None:
            self._names.append((name, flags & 0x20))
        must("NCryptCreatePersistedKey", self.provider, byref(handle), algorithm, name, spec, flags)
        return self.keep(handle.value)

    def finalize(self, key, flags=0):
        must("NCryptFinalizeKey", key, flags)
        return key

    def make(self, algorithm, name=None, flags=0, spec=0, **properties):
        """Create, set (Length=1024, Export_Policy=3: numbers and strings), finalize."""
        key = self.create(algorithm, name, spec, flags)
        for title, value in properties.items():
            self.set(key, title.replace("_", " "), value)
        return self.finalize(key)

    def open(self, name, spec=0, flags=0):
        handle = H()
        must("NCryptOpenKey", self.provider, byref(handle), name, spec, flags)
        return self.keep(handle.value)

    def exists(self, name, flags=0):
        handle = H()
        status = call("NCryptOpenKey", self.provider, byref(handle), name, 0, flags)
        if status == ERROR_SUCCESS:
            must("NCryptFreeObject", handle)
        elif status != 0x80090016:
            raise RefusedError("NCryptOpenKey", status)
        return status == ERROR_SUCCESS

    def delete(self, key, flags=0):
        must("NCryptDeleteKey", key, flags)
        self.forget(key)

    def keys(self, flags=0):
        """(name, algorithm, spec, flags) of each stored key."""
        state, found = P(), []
        for _ in range(100_000):  # an enumeration without an end is a failure, not a wait
            entry = P()
            status = call("NCryptEnumKeys", self.provider, None, byref(entry), byref(state), flags)
            if status != ERROR_SUCCESS:
                break
            key = KeyName.from_address(entry.value)
            found.append((text_at(key.name), text_at(key.algorithm), key.spec, key.flags))
            must("NCryptFreeBuffer", entry)
        if state.value:
            must("NCryptFreeBuffer", state)
        if status != NTE_NO_MORE_ITEMS:
            raise RefusedError("NCryptEnumKeys", status)
        return found

    # -- properties

    def get(self, handle, name, flags=0):
        """The value: asked for its size, then into a buffer of just that size."""
        size = D()
        must("NCryptGetProperty", handle, name, None, 0, byref(size), flags)
        value = (c_uint8 * max(1, size.value))()
        must("NCryptGetProperty", handle, name, value, size.value, byref(size), flags)
        return bytes(value)[: size.value]

    def get_number(self, handle, name, flags=0):
        value = self.get(handle, name, flags)
        if len(value) != 4:
            raise AssertionError(f"{name} has {len(value)} bytes")
        return struct.unpack("<I", value)[0]

    def get_text(self, handle, name, flags=0):
        return text_of(self.get(handle, name, flags))

    def set(self, handle, name, value, flags=0):
        """A number as a DWORD, a str as UTF-16 with its NUL, bytes as they are."""
        if isinstance(value, int):
            value = struct.pack("<I", value)
        elif isinstance(value, str):
            value = wide_bytes(value)
        must("NCryptSetProperty", handle, name, value, len(value), flags)

    # -- use

    def sign(self, key, digest, padding=NONE, flags=0):
        size = D()
        rest = (padding.pointer, digest, len(digest))
        flags |= padding.flag
        must("NCryptSignHash", key, *rest, None, 0, byref(size), flags)
        out = (c_uint8 * size.value)()
        must("NCryptSignHash", key, *rest, out, size.value, byref(size), flags)
        return bytes(out)[: size.value]

    def verify(self, key, digest, signature, padding=NONE, flags=0):
        must(
            "NCryptVerifySignature", key, padding.pointer, digest, len(digest), signature,
            len(signature), flags | padding.flag,
        )  # fmt: skip

    def _cipher(self, function, key, data, padding, flags):
        size = D()
        rest = (key, data, len(data), padding.pointer)
        must(function, *rest, None, 0, byref(size), flags | padding.flag)
        out = (c_uint8 * size.value)()
        must(function, *rest, out, size.value, byref(size), flags | padding.flag)
        return bytes(out)[: size.value]

    def encrypt(self, key, data, padding, flags=0):
        return self._cipher("NCryptEncrypt", key, data, padding, flags)

    def decrypt(self, key, data, padding, flags=0):
        return self._cipher("NCryptDecrypt", key, data, padding, flags)

    def agree(self, own, peer, flags=0):
        handle = H()
        must("NCryptSecretAgreement", own, peer, byref(handle), flags)
        return self.keep(handle.value)

    def derive(self, secret, kdf, desc=None, size=256, flags=0):
        """With room for `size` bytes."""
        written, out = D(), (c_uint8 * max(1, size))()
        must(
            "NCryptDeriveKey", secret, kdf, None if desc is None else byref(desc), out, size,
            byref(written), flags,
        )  # fmt: skip
        return bytes(out)[: written.value]

    def derive_from(self, key, desc, size, flags=0):
        """From a key of a key derivation: `size` bytes."""
        written, out = D(), (c_uint8 * max(1, size))()
        must(
            "NCryptKeyDerivation", key, None if desc is None else byref(desc), out, size,
            byref(written), flags,
        )  # fmt: skip
        return bytes(out)[: written.value]

    def watch(self, flags=0):
        """A handle to wait for; unregistered when the test ends."""
        event = P()
        must("NCryptNotifyChangeKey", self.provider, byref(event), 1 | flags)
        self._events.append(event)
        return event

    def has_changed(self, event, milliseconds=0):
        """Waits that long, and arms it anew."""
        if sys.platform != "win32":
            changed = D()
            wait = _library.ncx_notification_wait
            if wait(event, D(milliseconds), byref(changed)) != ERROR_SUCCESS:
                raise AssertionError("the wait failed")
            return bool(changed.value)
        kernel = ctypes.WinDLL("kernel32.dll")
        kernel.WaitForSingleObject.argtypes = (P, D)
        kernel.FindNextChangeNotification.argtypes = (P,)
        answer = kernel.WaitForSingleObject(event, milliseconds)
        if answer not in (0, 0x102):
            raise AssertionError(f"WaitForSingleObject: {answer}")
        if answer == 0:
            kernel.FindNextChangeNotification(event)
        return answer == 0

    def encapsulate(self, key, flags=0, rooms=None):
        """(secret, ciphertext), in buffers as large as is said, or of these sizes."""
        sizes = D(), D()
        if rooms is None:
            outputs = (None, 0, byref(sizes[0]), None, 0, byref(sizes[1]))
            must("NCryptEncapsulate", key, *outputs, flags)
            rooms = [size.value for size in sizes]
        secret, ciphertext = [(c_uint8 * room)() for room in rooms]
        outputs = (secret, rooms[0], byref(sizes[0]), ciphertext, rooms[1], byref(sizes[1]))
        must("NCryptEncapsulate", key, *outputs, flags)
        return bytes(secret)[: sizes[0].value], bytes(ciphertext)[: sizes[1].value]

    def decapsulate(self, key, ciphertext, flags=0):
        size, rest = D(), (key, ciphertext, len(ciphertext))
        must("NCryptDecapsulate", *rest, None, 0, byref(size), flags)
        secret = (c_uint8 * size.value)()
        must("NCryptDecapsulate", *rest, secret, size.value, byref(size), flags)
        return bytes(secret)[: size.value]

    # -- transport

    def import_key(self, blob_type, blob, desc=None, flags=0, other=0):
        handle = H()
        for entry in range(desc.count if desc else 0):
            if desc.buffers[entry].type == 45 and desc.buffers[entry].data:
                self._names.append((text_at(desc.buffers[entry].data), flags & 0x20))
        extras = None if desc is None else byref(desc)
        rest = (extras, byref(handle), blob, len(blob), flags)
        must("NCryptImportKey", self.provider, other, blob_type, *rest)
        return self.keep(handle.value)

    def export_key(self, key, blob_type, flags=0, desc=None, other=0):
        size, extras = D(), None if desc is None else byref(desc)
        must("NCryptExportKey", key, other, blob_type, extras, None, 0, byref(size), flags)
        out = (c_uint8 * size.value)()
        must("NCryptExportKey", key, other, blob_type, extras, out, size.value, byref(size), flags)
        return bytes(out)[: size.value]
