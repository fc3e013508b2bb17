# SPDX-License-Identifier: MIT
"""Key handles and tokens by ctypes, as a program without this package would make them."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, c_int32, c_size_t, c_uint8, c_uint32, c_void_p, sizeof
from pathlib import Path
from typing import Any

from benchmarks.session import package

NCRYPT_HANDLE_TYPE, TEXT, UTF8, BUFFER = 2, 1, 1, 1
MAX_DEPTH, MAX_NAMESPACES, ATTACHED, UNATTACHED = 0, 14, 1, 2


class KeyHandle(ctypes.Structure):
    _fields_ = (("type", c_int32), ("key", c_size_t))


class Property(ctypes.Structure):
    _fields_ = (("id", c_int32), ("value", c_void_p), ("size", c_uint32))


class TextEncoding(ctypes.Structure):
    _fields_ = (("type", c_int32), ("charset", c_int32))


class BufferInput(ctypes.Structure):
    _fields_ = (("type", c_int32), ("data", c_void_p), ("size", c_uint32))


class Library:
    """The functions, with one heap and one reader that are used again and again."""

    def __init__(self) -> None:
        (path,) = Path(package().get_library_dir()).glob("libncrypt_ext_ws.*")
        library = ctypes.CDLL(str(path))
        self.set_input = library.WsSetInput
        self.set_input.argtypes = (c_void_p,) * 4 + (c_uint32, c_void_p)
        self.read = library.WsReadXmlBuffer
        self.read.argtypes = (c_void_p,) * 4
        self.reset = library.WsResetHeap
        self.reset.argtypes = (c_void_p, c_void_p)
        self.create = library.WsCreateXmlSecurityToken
        self.create.argtypes = (c_void_p, c_void_p, POINTER(Property), c_uint32, c_void_p, c_void_p)
        self.free = library.WsFreeSecurityToken
        self.free.argtypes = (c_void_p,)
        self.free.restype = None
        self.heap, self.reader = c_void_p(), c_void_p()
        create_heap = library.WsCreateHeap
        create_heap.argtypes = (c_size_t, c_size_t, c_void_p, c_uint32, c_void_p, c_void_p)
        must(create_heap(1 << 20, 1 << 16, None, 0, byref(self.heap), None))
        limit = c_uint32(64)
        limits = (Property * 2)(
            Property(MAX_DEPTH, ctypes.addressof(limit), sizeof(limit)),
            Property(MAX_NAMESPACES, ctypes.addressof(limit), sizeof(limit)),
        )
        create_reader = library.WsCreateReader
        create_reader.argtypes = (POINTER(Property), c_uint32, c_void_p, c_void_p)
        must(create_reader(limits, 2, byref(self.reader), None))
        self.free_reader, self.free_heap = library.WsFreeReader, library.WsFreeHeap
        self.free_reader.argtypes = self.free_heap.argtypes = (c_void_p,)
        self.free_reader.restype = self.free_heap.restype = None

    def close(self) -> None:
        self.free_reader(self.reader)
        self.free_heap(self.heap)

    def parse(self, xml: bytes) -> c_void_p:
        encoding = TextEncoding(TEXT, UTF8)
        data = (c_uint8 * len(xml)).from_buffer_copy(xml)
        source = BufferInput(BUFFER, ctypes.addressof(data), len(xml))
        buffer = c_void_p()
        must(self.set_input(self.reader, byref(encoding), byref(source), None, 0, None))
        must(self.read(self.reader, self.heap, byref(buffer), None))
        return buffer

    def token(self, key: int, parts: Any) -> None:
        """Makes one and frees it."""
        xml = self.parse(parts.xml)
        attached, unattached = self.parse(parts.attached_reference), c_void_p()
        unattached = self.parse(parts.unattached_reference)
        handle = KeyHandle(NCRYPT_HANDLE_TYPE, key)
        properties = (Property * 2)(
            Property(ATTACHED, ctypes.addressof(attached), sizeof(attached)),
            Property(UNATTACHED, ctypes.addressof(unattached), sizeof(unattached)),
        )
        token = c_void_p()
        must(self.create(xml, byref(handle), properties, 2, byref(token), None))
        self.free(token)
        must(self.reset(self.heap, None))


def must(status: int) -> None:
    if status != 0:
        raise RuntimeError(f"0x{status & 0xFFFFFFFF:08X}")
