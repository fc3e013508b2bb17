# SPDX-License-Identifier: MIT
"""A thin ctypes driver of webservices.h by the Windows ABI, whoever implements it: as api.py."""

import ctypes
import os
import sys
from ctypes import POINTER, byref, c_int32, c_size_t, c_uint16, c_uint32, c_uint64, c_void_p
from pathlib import Path

from .api import RefusedError, calls

S, U, P = c_size_t, c_uint32, c_void_p

E_INVALIDARG = 0x80070057
E_OUTOFMEMORY = 0x8007000E
WS_E_INVALID_FORMAT = 0x803D0000
WS_E_OBJECT_FAULTED = 0x803D0001
WS_E_NUMERIC_OVERFLOW = 0x803D0002
WS_E_INVALID_OPERATION = 0x803D0003
WS_E_QUOTA_EXCEEDED = 0x803D0008

SIGNATURES = {
    "WsFileTimeToDateTime": (P, P, P),
    "WsDateTimeToFileTime": (P, P, P),
    "WsCreateError": (P, U, P),
    "WsResetError": (P,),
    "WsGetErrorProperty": (P, U, P, U),
    "WsSetErrorProperty": (P, U, P, U),
    "WsAddErrorString": (P, P),
    "WsGetErrorString": (P, U, P),
    "WsGetFaultErrorProperty": (P, U, P, U),
    "WsSetFaultErrorProperty": (P, U, P, U),
    "WsCreateHeap": (S, S, P, U, P, P),
    "WsAlloc": (P, S, P, P),
    "WsGetHeapProperty": (P, U, P, U, P),
    "WsResetHeap": (P, P),
    "WsCreateReader": (P, U, P, P),
    "WsSetInput": (P, P, P, P, U, P),
    "WsGetReaderProperty": (P, U, P, U, P),
    "WsReadXmlBuffer": (P, P, P, P),
    "WsReadXmlBufferFromBytes": (P, P, P, U, P, U, P, P, P),
    "WsCreateXmlBuffer": (P, P, U, P, P),
    "WsCreateWriter": (P, U, P, P),
    "WsSetOutput": (P, P, P, P, U, P),
    "WsGetWriterProperty": (P, U, P, U, P),
    "WsWriteXmlBuffer": (P, P, P),
    "WsWriteXmlBufferToBytes": (P, P, P, P, U, P, P, P, P),
    "WsCreateXmlSecurityToken": (P, P, P, U, P, P),
    "WsGetSecurityTokenProperty": (P, U, P, U, P, P),
}
RELEASES = ["WsFreeError", "WsFreeHeap", "WsFreeReader", "WsFreeWriter", "WsFreeSecurityToken"]


def _open_library():
    path = os.environ.get("NCRYPT_EXT_CONFORMANCE_WS_LIBRARY")
    if sys.platform == "win32":
        return ctypes.WinDLL(path or "webservices.dll")
    if not path:
        import ncrypt_ext

        (path,) = Path(ncrypt_ext.get_library_dir()).glob("libncrypt_ext_ws.*")
    return ctypes.CDLL(str(path))


_library = _open_library()
_functions = {}


def bind(name, signature, result=c_int32):
    function = getattr(_library, name)
    function.argtypes, function.restype = signature, result
    return function


def declare(signatures, releases):
    """More functions for call()."""
    _functions.update({name: bind(name, signature) for name, signature in signatures.items()})
    _functions.update({name: bind(name, (P,), None) for name in releases})


declare(SIGNATURES, RELEASES)


def call(name, *arguments):
    """The unsigned status; of functions without a result 0."""
    calls.append((name, None))
    status = (_functions[name](*arguments) or 0) & 0xFFFFFFFF
    calls[-1] = (name, status)
    return status


def must(name, *arguments):
    status = call(name, *arguments)
    if status != 0:
        raise RefusedError(name, status)


# ---- structures ----------------------------------------------------------------------------------


class Bytes(ctypes.Structure):
    _fields_ = (("length", U), ("bytes", P))

    def value(self):
        return ctypes.string_at(self.bytes, self.length) if self.length else b""


class String(ctypes.Structure):
    _fields_ = (("length", U), ("chars", P))

    @classmethod
    def of(cls, text):
        data = text.encode("utf-16-le", "surrogatepass")
        self = cls(len(data) // 2)
        self.kept = (c_uint16 * max(1, self.length)).from_buffer_copy(data or b"\0\0")
        self.chars = ctypes.addressof(self.kept)
        return self

    def value(self):
        data = ctypes.string_at(self.chars, 2 * self.length) if self.length else b""
        return data.decode("utf-16-le", "surrogatepass")


class XmlString(ctypes.Structure):
    _fields_ = (("length", U), ("bytes", P), ("dictionary", P), ("id", U))

    @classmethod
    def of(cls, text):
        self = cls(len(text.encode()))
        self.kept = ctypes.create_string_buffer(text.encode())
        self.bytes = ctypes.addressof(self.kept)
        return self

    def value(self):
        return ctypes.string_at(self.bytes, self.length).decode() if self.length else ""


class QName(ctypes.Structure):
    _fields_ = (("local", XmlString), ("namespace", XmlString))


class FaultCode(ctypes.Structure):
    pass


FaultCode._fields_ = (("value", QName), ("sub", POINTER(FaultCode)))


class FaultReason(ctypes.Structure):
    _fields_ = (("text", String), ("lang", String))


class Fault(ctypes.Structure):
    _fields_ = (
        ("code", POINTER(FaultCode)),
        ("reasons", POINTER(FaultReason)),
        ("reason_count", U),
        ("actor", String),
        ("node", String),
        ("detail", P),
    )


class Property(ctypes.Structure):
    _fields_ = (("id", U), ("value", P), ("size", U))


class DateTime(ctypes.Structure):
    _fields_ = (("ticks", c_uint64), ("format", U))


class FileTime(ctypes.Structure):
    _fields_ = (("low", U), ("high", U))


class TextEncoding(ctypes.Structure):
    _fields_ = (("type", U), ("charset", U))


class BufferInput(ctypes.Structure):
    _fields_ = (("type", U), ("data", P), ("size", U))


class BufferOutput(ctypes.Structure):
    _fields_ = (("type", U),)


class RawKeyHandle(ctypes.Structure):
    _fields_ = (("type", U), ("bytes", Bytes))

    @classmethod
    def of(cls, secret):
        kept = ctypes.create_string_buffer(secret, max(1, len(secret)))
        self = cls(1, Bytes(len(secret), ctypes.addressof(kept)))
        self.kept = kept
        return self


class NCryptKeyHandle(ctypes.Structure):
    _fields_ = (("type", U), ("key", S))


class CapiKeyHandle(ctypes.Structure):
    _fields_ = (("type", U), ("provider", S), ("spec", U))


AUTO, UTF8, UTF16LE, UTF16BE = range(4)


def properties(*pairs):
    """An array of (id, ctypes value), with its count; no array for none."""
    if not pairs:
        return None, 0
    array = (Property * len(pairs))()
    array.kept = pairs
    for entry, (number, value) in zip(array, pairs, strict=True):
        entry.id, entry.value, entry.size = number, ctypes.addressof(value), ctypes.sizeof(value)
    return array, len(pairs)


def fault(codes, reasons, actor="", node="", detail=None):
    """A Fault, which keeps what it points at. `codes`: (namespace, local name), from the first."""
    sub = None
    for namespace, local in reversed(codes):
        names = XmlString.of(local), XmlString.of(namespace)
        code = FaultCode(QName(*names))
        code.kept = names, sub
        if sub is not None:
            code.sub = ctypes.pointer(sub)
        sub = code
    texts = [(String.of(text), String.of(lang)) for text, lang in reasons]
    array = (FaultReason * len(texts))(*(FaultReason(*pair) for pair in texts))
    ends = String.of(actor), String.of(node)
    self = Fault(ctypes.pointer(sub), array, len(texts), *ends, detail)
    self.kept = sub, texts, array, ends
    return self


# ---- calls that must succeed ---------------------------------------------------------------------


class Ws:
    """Objects for a test, which are freed at its end."""

    def __init__(self):
        self._objects = []
        self._documents = []

    def _keep(self, function, *arguments):
        made = P()
        must(function, *arguments[:-1], byref(made), *arguments[-1])
        if not made.value:
            raise AssertionError("a successful call gave no object")
        self._objects.append((function.replace("Create", "Free"), made.value))
        return made.value

    def free(self, made):
        (entry,) = [entry for entry in self._objects if entry[1] == made]
        self._objects.remove(entry)
        call(*entry)

    def release(self):
        while self._objects:
            call(*self._objects.pop())

    # -- errors

    def error(self, *pairs):
        return self._keep("WsCreateError", *properties(*pairs), ())

    def error_number(self, error, number, kind=U):
        value = kind(0xAA)
        must("WsGetErrorProperty", error, number, byref(value), ctypes.sizeof(value))
        return value.value

    def add_string(self, error, text):
        must("WsAddErrorString", error, byref(String.of(text)))

    def strings(self, error):
        found = []
        for index in range(self.error_number(error, 0)):
            text = String()
            must("WsGetErrorString", error, index, byref(text))
            found.append(text.value())
        return found

    # -- heaps

    def heap(self, max_size=1 << 20, trim_size=1 << 12):
        return self._keep("WsCreateHeap", max_size, trim_size, None, 0, (None,))

    def heap_size(self, heap, number):
        value = S()
        must("WsGetHeapProperty", heap, number, byref(value), ctypes.sizeof(value), None)
        return value.value

    def alloc(self, heap, size):
        address = P()
        must("WsAlloc", heap, size, byref(address), None)
        return address.value

    # -- XML

    def reader(self, *pairs):
        return self._keep("WsCreateReader", *properties(*pairs), (None,))

    def writer(self, *pairs):
        return self._keep("WsCreateWriter", *properties(*pairs), (None,))

    def set_input(self, reader, xml, *pairs, charset=AUTO, error=None):
        """The status. The document is kept until the objects are freed."""
        data = ctypes.create_string_buffer(xml, max(1, len(xml)))
        self._documents.append(data)
        source = BufferInput(1, ctypes.addressof(data), len(xml))
        encoding = TextEncoding(1, charset)
        return call(
            "WsSetInput", reader, byref(encoding), byref(source), *properties(*pairs), error
        )  # fmt: skip

    def try_read(self, xml, *pairs, charset=AUTO, heap=None, reader=None, error=None):
        """(status, buffer) of one document, by a reader of its own."""
        reader = reader or self.reader(*pairs)
        status = self.set_input(reader, xml, *pairs, charset=charset, error=error)
        buffer = P()
        if status == 0:
            status = call("WsReadXmlBuffer", reader, heap or self.heap(), byref(buffer), error)
        return status, buffer.value

    def read(self, xml, *pairs, **options):
        status, buffer = self.try_read(xml, *pairs, **options)
        if status != 0:
            raise RefusedError("WsReadXmlBuffer", status)
        return buffer

    def set_output(self, writer, *pairs, charset=UTF8):
        encoding, output = TextEncoding(1, charset), BufferOutput(1)
        must("WsSetOutput", writer, byref(encoding), byref(output), *properties(*pairs), None)

    def written(self, writer):
        content = Bytes()
        must("WsGetWriterProperty", writer, 9, byref(content), ctypes.sizeof(content), None)
        return content.value()

    def write(self, buffer, *pairs, charset=UTF8):
        writer = self.writer(*pairs)
        self.set_output(writer, *pairs, charset=charset)
        must("WsWriteXmlBuffer", writer, buffer, None)
        return self.written(writer)

    # -- tokens

    def token(self, xml, key, *pairs):
        made = P()
        pointer = None if key is None else byref(key)
        must("WsCreateXmlSecurityToken", xml, pointer, *properties(*pairs), byref(made), None)
        self._objects.append(("WsFreeSecurityToken", made.value))
        return made.value

    def token_value(self, token, number, kind, heap=None):
        value = kind()
        must("WsGetSecurityTokenProperty", token, number, byref(value), ctypes.sizeof(value), heap,
             None)  # fmt: skip
        return value

    def round_trip(self, xml, **options):
        return self.write(self.read(xml, **options))
