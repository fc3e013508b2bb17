# SPDX-License-Identifier: MIT
"""WsCreateError and what is done with an error object."""

import ctypes
from ctypes import byref, c_int32, c_uint8, c_uint16, c_uint64

import pytest

from .ws_api import (
    E_INVALIDARG,
    WS_E_INVALID_OPERATION,
    Fault,
    FaultCode,
    P,
    String,
    U,
    XmlString,
    call,
    fault,
    must,
    properties,
)

COUNT, ORIGINAL, LANGUAGE = range(3)
FAULT, ACTION, HEADER = range(3)
SENDER = ("http://www.w3.org/2003/05/soap-envelope", "Sender")


def test_fresh(ws):
    error = ws.error()
    assert ws.error_number(error, COUNT) == 0
    assert ws.error_number(error, ORIGINAL, c_int32) == 0
    assert ws.strings(error) == []


@pytest.mark.parametrize("language", [0x409, 0x407])
def test_language(ws, language):
    assert ws.error_number(ws.error((LANGUAGE, c_uint16(language))), LANGUAGE, c_uint16) == language


@pytest.mark.parametrize("number", [COUNT, ORIGINAL, 3, 0xFFFFFFFF])
def test_only_the_language_is_for_creation(number):
    error = P()
    array, count = properties((number, U(1)))
    assert call("WsCreateError", array, count, byref(error)) == E_INVALIDARG
    assert not error.value


def test_create_null():
    assert call("WsCreateError", None, 0, None) == E_INVALIDARG


def test_strings_come_outermost_first(ws):
    error = ws.error()
    for text in ("inner", "middle", "outer"):
        ws.add_string(error, text)
    assert ws.strings(error) == ["outer", "middle", "inner"]


@pytest.mark.parametrize(
    "text",
    ["", "x", "a\0b", "naïve", "\U0001f511", "\ud83d", "\udd11 alone", "line\r\nline", "x" * 5000],
    ids=ascii,
)
def test_string_comes_back(ws, text):
    error = ws.error()
    ws.add_string(error, text)
    assert ws.strings(error) == [text]


def test_string_is_copied(ws):
    error, text = ws.error(), String.of("before")
    must("WsAddErrorString", error, byref(text))
    ctypes.memset(text.chars, 0x21, 12)
    assert ws.strings(error) == ["before"]


def test_many_strings(ws):
    error = ws.error()
    for number in range(300):
        ws.add_string(error, str(number))
    assert ws.strings(error) == [str(number) for number in reversed(range(300))]


@pytest.mark.parametrize("index", [1, 2, 0xFFFFFFFF])
def test_no_such_string(ws, index):
    error = ws.error()
    ws.add_string(error, "only")
    assert call("WsGetErrorString", error, index, byref(String())) == E_INVALIDARG


def test_null_arguments(ws):
    error = ws.error()
    ws.add_string(error, "x")
    text, number = String.of("y"), U()
    assert call("WsAddErrorString", error, None) == E_INVALIDARG
    assert call("WsAddErrorString", None, byref(text)) == E_INVALIDARG
    assert call("WsGetErrorString", error, 0, None) == E_INVALIDARG
    assert call("WsGetErrorString", None, 0, byref(text)) == E_INVALIDARG
    assert call("WsGetErrorProperty", None, COUNT, byref(number), 4) == E_INVALIDARG
    assert call("WsGetErrorProperty", error, COUNT, None, 4) == E_INVALIDARG
    assert call("WsSetErrorProperty", None, ORIGINAL, byref(number), 4) == E_INVALIDARG
    assert call("WsResetError", None) == E_INVALIDARG
    assert ws.strings(error) == ["x"]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (COUNT, c_uint8),
        (COUNT, c_uint64),
        (ORIGINAL, c_uint16),
        (ORIGINAL, c_uint64),
        (LANGUAGE, U),
        (LANGUAGE, c_uint8),
        (3, U),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else f"{ctypes.sizeof(value)}-bytes",
)
def test_sizes_are_exact(ws, number, kind):
    value = kind()
    size = ctypes.sizeof(value)
    assert call("WsGetErrorProperty", ws.error(), number, byref(value), size) == E_INVALIDARG


@pytest.mark.parametrize("code", [-1, 0x7FFFFFFF, -0x7FF8FFA9])
def test_original_code(ws, code):
    error = ws.error()
    must("WsSetErrorProperty", error, ORIGINAL, byref(c_int32(code)), 4)
    assert ws.error_number(error, ORIGINAL, c_int32) == code


def test_count_is_read_only(ws):
    error = ws.error()
    assert call("WsSetErrorProperty", error, COUNT, byref(U(1)), 4) == E_INVALIDARG


def test_language_is_for_empty_errors(ws):
    error, german = ws.error(), c_uint16(0x407)
    ws.add_string(error, "x")
    assert call("WsSetErrorProperty", error, LANGUAGE, byref(german), 2) == WS_E_INVALID_OPERATION


@pytest.mark.not_on("wine", "its language is fixed when the error is created")
def test_language_after_a_reset(ws):
    error, german = ws.error(), c_uint16(0x407)
    ws.add_string(error, "x")
    must("WsResetError", error)
    must("WsSetErrorProperty", error, LANGUAGE, byref(german), 2)
    assert ws.error_number(error, LANGUAGE, c_uint16) == 0x407


def test_reset(ws):
    error = ws.error()
    ws.add_string(error, "x")
    must("WsSetErrorProperty", error, ORIGINAL, byref(c_int32(-1)), 4)
    must("WsResetError", error)
    assert ws.strings(error) == []
    assert ws.error_number(error, ORIGINAL, c_int32) == 0
    ws.add_string(error, "y")
    assert ws.strings(error) == ["y"]


# ---- faults --------------------------------------------------------------------------------------


def get_fault(error):
    pointer = ctypes.POINTER(Fault)()
    must("WsGetFaultErrorProperty", error, FAULT, byref(pointer), ctypes.sizeof(pointer))
    return pointer.contents if pointer else None


def codes_of(found):
    codes, code = [], found.code
    while code:
        names = code.contents.value
        codes.append((names.namespace.value(), names.local.value()))
        code = code.contents.sub
    return codes


def set_fault(error, value):
    must("WsSetFaultErrorProperty", error, FAULT, byref(value), ctypes.sizeof(value))


def test_no_fault(ws):
    error = ws.error()
    assert get_fault(error) is None
    action = XmlString(7)
    must("WsGetFaultErrorProperty", error, ACTION, byref(action), ctypes.sizeof(action))
    assert action.length == 0


def test_fault(ws):
    error = ws.error()
    set_fault(
        error,
        fault(
            [SENDER, ("urn:x", "Detailed"), ("", "plain")],
            [("not good", "en"), ("nicht gut \U0001f511", "de")],
            "urn:actor",
            "urn:node",
        ),
    )
    found = get_fault(error)
    assert codes_of(found) == [SENDER, ("urn:x", "Detailed"), ("", "plain")]
    reasons = [found.reasons[index] for index in range(found.reason_count)]
    assert [(one.text.value(), one.lang.value()) for one in reasons] == [
        ("not good", "en"),
        ("nicht gut \U0001f511", "de"),
    ]
    assert (found.actor.value(), found.node.value()) == ("urn:actor", "urn:node")
    assert not found.detail


def test_fault_is_copied(ws):
    error, value = ws.error(), fault([SENDER], [("before", "en")])
    set_fault(error, value)
    ctypes.memset(value.reasons[0].text.chars, 0x21, 12)
    ctypes.memset(ctypes.addressof(value.code.contents), 0, ctypes.sizeof(FaultCode))
    assert codes_of(get_fault(error)) == [SENDER]
    assert get_fault(error).reasons[0].text.value() == "before"


def test_fault_detail(ws):
    error, buffer = ws.error(), ws.read(b"<detail><x>1</x></detail>")
    set_fault(error, fault([SENDER], [("r", "en")], detail=buffer))
    assert ws.write(get_fault(error).detail) == b"<detail><x>1</x></detail>"


def test_reset_forgets_the_fault(ws):
    error = ws.error()
    set_fault(error, fault([SENDER], [("r", "en")]))
    must("WsResetError", error)
    assert get_fault(error) is None


def test_fault_replaced(ws):
    error = ws.error()
    set_fault(error, fault([SENDER], [("first", "en")]))
    set_fault(error, fault([("urn:x", "y")], [("second", "en")]))
    assert codes_of(get_fault(error)) == [("urn:x", "y")]


def test_action(ws):
    error, action, found = ws.error(), XmlString.of("urn:do/it"), XmlString()
    must("WsSetFaultErrorProperty", error, ACTION, byref(action), ctypes.sizeof(action))
    ctypes.memset(action.bytes, 0x21, 3)
    must("WsGetFaultErrorProperty", error, ACTION, byref(found), ctypes.sizeof(found))
    assert found.value() == "urn:do/it"


@pytest.mark.not_on("wine", "it answers E_NOTIMPL")
def test_header(ws):
    error, found = ws.error(), P(1)
    buffer = P(ws.read(b'<h xmlns="urn:h"/>'))
    must("WsGetFaultErrorProperty", error, HEADER, byref(found), ctypes.sizeof(found))
    assert not found.value
    must("WsSetFaultErrorProperty", error, HEADER, byref(buffer), ctypes.sizeof(buffer))
    must("WsGetFaultErrorProperty", error, HEADER, byref(found), ctypes.sizeof(found))
    assert ws.write(found.value) == b'<h xmlns="urn:h"/>'


def test_fault_arguments(ws):
    error, found = ws.error(), P()
    size = ctypes.sizeof(found)
    assert call("WsGetFaultErrorProperty", None, FAULT, byref(found), size) == E_INVALIDARG
    assert call("WsGetFaultErrorProperty", error, FAULT, None, size) == E_INVALIDARG
    assert call("WsGetFaultErrorProperty", error, FAULT, byref(found), size - 1) == E_INVALIDARG
    assert call("WsGetFaultErrorProperty", error, 3, byref(found), size) == E_INVALIDARG
    assert call("WsSetFaultErrorProperty", error, FAULT, None, size) == E_INVALIDARG
    assert call("WsSetFaultErrorProperty", error, 3, byref(found), size) == E_INVALIDARG
