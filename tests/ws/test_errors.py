# SPDX-License-Identifier: MIT
"""What becomes of a WS_ERROR."""

import ctypes
import pickle
from ctypes import byref, c_int32

import pytest

import ncrypt_ext as nc
from ncrypt_ext import status, ws

from ..conformance.ws_api import Ws, fault, must

INVALID_FORMAT = 0x803D0000
FAULT_RECEIVED = 0x803D0013
SENDER = ("http://www.w3.org/2003/05/soap-envelope", "Sender")
# Names and numbers as the header has them.
NAMES = """INVALID_FORMAT OBJECT_FAULTED NUMERIC_OVERFLOW INVALID_OPERATION OPERATION_ABORTED
ENDPOINT_ACCESS_DENIED OPERATION_TIMED_OUT OPERATION_ABANDONED QUOTA_EXCEEDED
NO_TRANSLATION_AVAILABLE SECURITY_VERIFICATION_FAILURE ADDRESS_IN_USE ADDRESS_NOT_AVAILABLE
ENDPOINT_NOT_FOUND ENDPOINT_NOT_AVAILABLE ENDPOINT_FAILURE ENDPOINT_UNREACHABLE
ENDPOINT_ACTION_NOT_SUPPORTED ENDPOINT_TOO_BUSY ENDPOINT_FAULT_RECEIVED ENDPOINT_DISCONNECTED
PROXY_FAILURE PROXY_ACCESS_DENIED NOT_SUPPORTED PROXY_REQUIRES_BASIC_AUTH
PROXY_REQUIRES_DIGEST_AUTH PROXY_REQUIRES_NTLM_AUTH PROXY_REQUIRES_NEGOTIATE_AUTH
SERVER_REQUIRES_BASIC_AUTH SERVER_REQUIRES_DIGEST_AUTH SERVER_REQUIRES_NTLM_AUTH
SERVER_REQUIRES_NEGOTIATE_AUTH INVALID_ENDPOINT_URL OTHER SECURITY_TOKEN_EXPIRED
SECURITY_SYSTEM_FAILURE""".split()


@pytest.fixture
def native():
    native = Ws()
    yield native
    native.release()


@pytest.mark.parametrize(("number", "name"), list(enumerate(NAMES)))
def test_every_code_has_its_name(number, name):
    code = 0x803D0000 + number
    assert status.status_name(code) == f"WS_E_{name}"
    error = nc.errors.ws_error_from_status(code, "WsCall")
    assert isinstance(error, ws.WsError)
    assert error.name == f"WS_E_{name}"
    assert error.status == code
    assert str(error).startswith(f"WsCall: WS_E_{name} (0x{code:08X}): ")
    assert type(nc.errors.error_from_status(code)) is type(error)


@pytest.mark.parametrize(
    ("code", "kind", "also"),
    [
        (INVALID_FORMAT, ws.WsFormatError, ValueError),
        (0x803D0008, ws.WsQuotaError, OSError),
        (0x80070057, ws.WsInvalidParameterError, nc.InvalidParameterError),
        (0x8007000E, ws.WsOutOfMemoryError, MemoryError),
        (0x803D0017, ws.WsNotSupportedError, NotImplementedError),
        (0x80004001, ws.WsNotSupportedError, nc.NotSupportedError),
        (0x803D0006, ws.WsTimeoutError, TimeoutError),
        (0x803D0004, ws.WsAbortedError, OSError),
        (0x803D0007, ws.WsAbortedError, OSError),
        (0x803D000D, ws.WsConnectionError, ConnectionError),
        (0x803D000E, ws.WsConnectionError, ConnectionError),
        (0x803D0010, ws.WsConnectionError, ConnectionError),
        (0x803D0014, ws.WsConnectionError, ConnectionError),
        (0x803D000A, ws.WsSecurityError, OSError),
        (0x800B0109, ws.WsSecurityError, OSError),
        (0x800B010F, ws.WsSecurityError, OSError),
        (0x803D0005, ws.WsAccessDeniedError, PermissionError),
        (0x803D001C, ws.WsAccessDeniedError, PermissionError),
        (0x803D0013, ws.WsError, nc.NCryptError),
        (0x80090026, ws.WsError, nc.NCryptError),
        (0x12345678, ws.WsError, nc.NCryptError),
    ],
)
def test_kinds(code, kind, also):
    error = nc.errors.ws_error_from_status(code, "WsCall", "", ("text",))
    assert type(error) is kind
    assert isinstance(error, also)
    assert error.strings == ("text",)


def test_empty(native):
    error = ws.error_from_handle(INVALID_FORMAT, native.error())
    assert isinstance(error, ws.WsFormatError)
    assert (error.strings, error.original_error, error.fault) == ((), 0, None)
    assert "the expected format" in str(error)


@pytest.mark.parametrize("code", [INVALID_FORMAT, INVALID_FORMAT - (1 << 32)])
def test_strings(native, code):
    handle = native.error()
    for text in ("inner", "", "outer \U0001f511"):
        native.add_string(handle, text)
    error = ws.error_from_handle(code, handle, "WsOpenChannel")
    assert error.strings == ("outer \U0001f511", "", "inner")
    assert str(error) == (
        "WsOpenChannel: WS_E_INVALID_FORMAT (0x803D0000): outer \U0001f511; inner"
    )
    # Neither reset nor freed.
    assert native.strings(handle) == ["outer \U0001f511", "", "inner"]


def test_original_error(native):
    handle = native.error()
    must("WsSetErrorProperty", handle, 1, byref(c_int32(-0x7FF6FFF2)), 4)
    assert ws.error_from_handle(0x803D0021, handle).original_error == 0x8009000E


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nb", r"a\r\nb"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("{0} %s %(x)s", "{0} %s %(x)s"),
        ("\u202etxet", r"\u202etxet"),
        ("nul\0nul", r"nul\x00nul"),
        ("\ud83d alone", "\ud83d alone"),
        ("\x85\u2028", r"\x85\u2028"),
    ],
    ids=ascii,
)
def test_texts_of_a_stranger(native, text, shown):
    handle = native.error()
    native.add_string(handle, text)
    error = ws.error_from_handle(INVALID_FORMAT, handle)
    assert error.strings == (text,)
    assert str(error).endswith(f": {shown}")
    assert pickle.loads(pickle.dumps(error)).strings == (text,)


def test_fault(native):
    handle, buffer = native.error(), native.read(b'<d xmlns="urn:d"><x>1</x></d>')
    codes = [SENDER, ("urn:x", "Detailed")]
    reasons = [("no \ud83d", "en"), ("nein", "de")]
    value = fault(codes, reasons, "urn:actor", "urn:node", buffer)
    must("WsSetFaultErrorProperty", handle, 0, byref(value), ctypes.sizeof(value))
    error = ws.error_from_handle(FAULT_RECEIVED, handle, "WsCall")
    native.release()
    assert error.fault == ws.WsFault(
        tuple(codes), tuple(reasons), "urn:actor", "urn:node", b'<d xmlns="urn:d"><x>1</x></d>'
    )
    again = pickle.loads(pickle.dumps(error))
    assert again.fault == error.fault
    assert (type(again), str(again), again.args) == (type(error), str(error), error.args)


def test_fault_with_little_in_it(native):
    handle, value = native.error(), fault([SENDER], [("r", "")])
    must("WsSetFaultErrorProperty", handle, 0, byref(value), ctypes.sizeof(value))
    found = ws.error_from_handle(FAULT_RECEIVED, handle).fault
    assert found == ws.WsFault((SENDER,), (("r", ""),), "", "", None)


@pytest.mark.parametrize("code", [FAULT_RECEIVED, 0x803D0005, 0x803D0011, 0x80004005])
def test_whatever_has_a_fault_is_a_fault(code):
    codes = (SENDER, ("urn:f", "Order"), ("urn:f", "Unknown"))
    given = ws.WsFault(codes, (("no", "en"), ("nein", "de")), "", "", b"<d/>")
    error = nc.errors.ws_error_from_status(code, "WsCall", fault=given)
    assert type(error) is ws.WsFaultError
    assert (error.code, error.subcodes) == (SENDER, codes[1:])
    assert (error.reason, error.detail_xml, error.fault) == ("no", b"<d/>", given)
    empty = ws.WsFaultError(code, fault=ws.WsFault((), (), "", "", None))
    assert (empty.code, empty.subcodes, empty.reason) == (("", ""), (), "")
    assert empty.detail_xml is ws.WsFaultError(code).detail_xml is None


def test_pickle_keeps_everything():
    given = (INVALID_FORMAT, "WsCall", "detail", ("a", "b"), 5, ws.WsFault((), (), "", "", b"<x/>"))
    error = nc.errors.ws_error_from_status(*given)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is ws.WsFaultError
    assert (again.status, again.function, again.detail, again.strings) == given[:4]
    assert (again.original_error, again.fault) == given[4:]
    assert str(again) == "WsCall: WS_E_INVALID_FORMAT (0x803D0000): detail; a; b"


def test_arguments(native):
    handle = native.error()
    for status_, address, function, kind in [
        (0, handle, "", ValueError),
        (1 << 32, handle, "", ValueError),
        ("1", handle, "", TypeError),
        (INVALID_FORMAT, 0, "", ValueError),
        (INVALID_FORMAT, "x", "", TypeError),
        (INVALID_FORMAT, 1 << 64, "", ValueError),
        (INVALID_FORMAT, handle, b"x", TypeError),
    ]:
        with pytest.raises(kind):
            ws.error_from_handle(status_, address, function)


def test_failures_leave_nothing_in_the_pool():
    """Error objects are used again: the texts of one failure must not be in the next."""
    texts = set()
    for _ in range(50):
        with pytest.raises(ws.WsFormatError) as info:
            ws.XmlBuffer.from_bytes(b"<a></b>")
        texts.add(str(info.value))
        assert info.value.strings == tuple(dict.fromkeys(info.value.strings))
    assert len(texts) == 1
