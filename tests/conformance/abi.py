# SPDX-License-Identifier: MIT
"""Strings, structures and paddings as the Windows ABI lays them out.

Strings are arrays of 16-bit units, never c_wchar, which has 32 bits outside Windows.
"""

import ctypes
from ctypes import POINTER, c_size_t, c_uint8, c_uint16, c_uint32, c_void_p

H, D, P = c_size_t, c_uint32, c_void_p


def wide(text):
    """A NUL-terminated array of UTF-16 units; lone surrogates stay what they are."""
    units = text.encode("utf-16-le", "surrogatepass") + b"\0\0"
    return (c_uint16 * (len(units) // 2)).from_buffer_copy(units)


def wide_bytes(text):
    """A string as the value of a property: the NUL counts."""
    return bytes(wide(text))


def text_of(value):
    """The string in a property's value, which must end with its only NUL."""
    text = value.decode("utf-16-le", "surrogatepass")
    if text.find("\0") != len(text) - 1:
        raise AssertionError(f"not one NUL-terminated string: {value!r}")
    return text[:-1]


def text_at(address):
    """The string at an address."""
    units = ctypes.cast(address, POINTER(c_uint16))
    length = next(i for i in range(0x10000) if units[i] == 0)
    return bytes((c_uint16 * length)(*units[:length])).decode("utf-16-le", "surrogatepass")


class AlgorithmName(ctypes.Structure):
    _fields_ = (("name", P), ("interface", D), ("operations", D), ("flags", D))


class KeyName(ctypes.Structure):
    _fields_ = (("name", P), ("algorithm", P), ("spec", D), ("flags", D))


class ProviderName(ctypes.Structure):
    _fields_ = (("name", P), ("comment", P))


class Buffer(ctypes.Structure):
    _fields_ = (("size", D), ("type", D), ("data", P))


class BufferDesc(ctypes.Structure):
    _fields_ = (("version", D), ("count", D), ("buffers", POINTER(Buffer)))


class UiPolicy(ctypes.Structure):
    _fields_ = (("version", D), ("flags", D), ("title", P), ("friendly", P), ("description", P))


class Pkcs1Info(ctypes.Structure):
    _fields_ = (("hash", P),)


class PssInfo(ctypes.Structure):
    _fields_ = (("hash", P), ("salt", D))


class OaepInfo(ctypes.Structure):
    _fields_ = (("hash", P), ("label", P), ("label_size", D))


class CipherInfo(ctypes.Structure):
    _fields_ = (("size", D), ("flags", D), ("iv", P), ("iv_size", D), ("other", P), ("rest", D))


class Padding:
    """A padding flag with its structure, which is kept alive together with what it points at."""

    def __init__(self, flag, info=None, *kept):
        self.flag, self._info, self._kept = flag, info, kept
        self.pointer = None if info is None else ctypes.addressof(info)


NONE = Padding(0)
RAW = Padding(0x1)
PKCS1_ENCRYPTION = Padding(0x2)


def _address(array):
    return None if array is None else ctypes.addressof(array)


def pkcs1(hash_name):
    name = None if hash_name is None else wide(hash_name)
    return Padding(0x2, Pkcs1Info(_address(name)), name)


def pss(hash_name, salt):
    name = None if hash_name is None else wide(hash_name)
    return Padding(0x8, PssInfo(_address(name), salt), name)


def oaep(hash_name, label=b""):
    name = None if hash_name is None else wide(hash_name)
    held = (c_uint8 * len(label)).from_buffer_copy(label) if label else None
    return Padding(0x4, OaepInfo(_address(name), _address(held), len(label)), name, held)


class CipherPadding(Padding):
    """What goes with PAD_CIPHER; `iv` is what the call has left of the vector."""

    def __init__(self, flags=0, iv=None, *, iv_size=None, size=None):
        held = None if iv is None else (c_uint8 * max(1, len(iv))).from_buffer_copy(iv or b"\0")
        iv_size = len(iv or b"") if iv_size is None else iv_size
        size = ctypes.sizeof(CipherInfo) if size is None else size
        info = CipherInfo(size, flags, _address(held), iv_size, None, 0)
        super().__init__(0x10, info, held)
        self._held = held

    @property
    def iv(self):
        return bytes(self._held)


def parameters(*buffers, version=0):
    """An NCryptBufferDesc of (type, str or bytes) pairs."""
    data = [
        wide(value) if isinstance(value, str) else (c_uint8 * len(value)).from_buffer_copy(value)
        for _, value in buffers
    ]
    array = (Buffer * max(1, len(buffers)))()
    for entry, (number, _), held in zip(array, buffers, data, strict=False):
        entry.size, entry.type, entry.data = ctypes.sizeof(held), number, _address(held)
    desc = BufferDesc(version, len(buffers), array)
    desc.kept = data
    return desc


class DataBlob(ctypes.Structure):
    _fields_ = (("size", D), ("data", P))


class CertContext(ctypes.Structure):
    _fields_ = (("encoding", D), ("data", P), ("size", D), ("info", P), ("store", P))


class KeyProvInfo(ctypes.Structure):
    _fields_ = (
        ("container", P),
        ("provider", P),
        ("type", D),
        ("flags", D),
        ("parameters", D),
        ("parameter", P),
        ("spec", D),
    )
