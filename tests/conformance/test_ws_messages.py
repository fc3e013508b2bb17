# SPDX-License-Identifier: MIT
"""Messages that are not sent: their properties, headers and states."""

import ctypes
from ctypes import byref, c_int32, c_uint8

import pytest

from . import ws_channels as names
from .ws_api import E_INVALIDARG, WS_E_INVALID_OPERATION, P, U, XmlString, call, must
from .ws_channels import ElementDescription, EndpointAddress, properties

URL = "http://127.0.0.1:9/service"
ENVELOPE, ADDRESSING = 2, 3  # of messages


@pytest.fixture
def channel(channels):
    return channels.channel(url=URL)


@pytest.fixture
def empty(channels, channel):
    return channels.message(channel)


@pytest.fixture
def message(channels, channel):
    return channels.message(channel, initialized=True)


# ---- states --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [names.BLANK_MESSAGE, names.REQUEST_MESSAGE])
def test_initialize(channels, empty, kind):
    assert channels.message_state(empty) == names.EMPTY
    for _ in range(2):
        must("WsInitializeMessage", empty, kind, None, None)
        assert channels.message_state(empty) == names.INITIALIZED
        assert call("WsInitializeMessage", empty, kind, None, None) == WS_E_INVALID_OPERATION
        must("WsResetMessage", empty, None)
        assert channels.message_state(empty) == names.EMPTY
    must("WsResetMessage", empty, None)


@pytest.mark.parametrize("kind", [5, 6, 0x7FFFFFFF, 0xFFFFFFFF])
def test_unknown_initialization(channels, empty, kind):
    assert call("WsInitializeMessage", empty, kind, None, None) == E_INVALIDARG
    assert channels.message_state(empty) == names.EMPTY


def test_requests_have_no_source(channels, channel, empty, message):
    status = call("WsInitializeMessage", empty, names.REQUEST_MESSAGE, message, None)
    assert status == E_INVALIDARG
    assert channels.message_state(empty) == names.EMPTY


def test_writing(channels, channel, message):
    assert channels.set_header(message, names.ACTION, "urn:action") == 0
    must("WsWriteMessageStart", channel, message, None, None)
    assert channels.message_state(message) == names.WRITING
    assert channels.of_message(message, names.IS_ADDRESSED) == 1
    assert channels.of_message(message, names.BODY_WRITER, P)
    must("WsResetMessage", message, None)
    assert channels.message_state(message) == names.EMPTY


def test_start_an_empty_message(channels, channel, empty):
    assert call("WsWriteMessageStart", channel, empty, None, None) == WS_E_INVALID_OPERATION
    assert channels.state(channel) == names.OPEN


def test_start_twice(channels, channel, message):
    assert channels.set_header(message, names.ACTION, "urn:action") == 0
    must("WsWriteMessageStart", channel, message, None, None)
    assert call("WsWriteMessageStart", channel, message, None, None) == WS_E_INVALID_OPERATION
    assert channels.state(channel) == names.OPEN
    assert channels.message_state(message) == names.WRITING


LATER = ["WsWriteMessageEnd", "WsReadMessageEnd", "WsReadMessageStart"]


@pytest.mark.parametrize("step", LATER)
def test_steps_out_of_order(channel, message, step):
    assert call(step, channel, message, None, None) == WS_E_INVALID_OPERATION


@pytest.mark.parametrize("step", LATER)
def test_steps_out_of_order_change_nothing(channels, channel, message, step):
    assert call(step, channel, message, None, None) == WS_E_INVALID_OPERATION
    assert channels.state(channel) == names.OPEN
    assert channels.message_state(message) == names.INITIALIZED


def test_steps_need_a_message(channel):
    for step in (
        "WsWriteMessageStart", "WsWriteMessageEnd", "WsReadMessageStart", "WsReadMessageEnd",
    ):  # fmt: skip
        assert call(step, channel, None, None, None) == E_INVALIDARG


def test_messages_outlive_their_channel(channels, channel, message):
    must("WsCloseChannel", channel, None, None)
    channels.free(channel)
    assert channels.message_state(message) == names.INITIALIZED
    assert channels.set_header(message, names.ACTION, "urn:action") == 0
    must("WsResetMessage", message, None)


# ---- properties ----------------------------------------------------------------------------------


@pytest.mark.parametrize("envelope", [1, 2])
@pytest.mark.parametrize("addressing", [1, 2, 3])
def test_versions_are_the_channels(channels, envelope, addressing):
    pairs = (names.ENVELOPE, U(envelope)), (names.ADDRESSING, U(addressing))
    message = channels.message(channels.channel(*pairs), initialized=True)
    assert channels.of_message(message, ENVELOPE) == envelope
    assert channels.of_message(message, ADDRESSING) == addressing


KINDS = {
    names.MESSAGE_STATE: U,
    ENVELOPE: U,
    ADDRESSING: U,
    names.BODY_READER: P,
    names.BODY_WRITER: P,
    names.IS_ADDRESSED: U,
    names.IS_FAULT: U,
}


@pytest.mark.parametrize("number", [number for number in KINDS if number != names.MESSAGE_STATE])
def test_an_empty_message_has_only_its_state(empty, number):
    kind = KINDS[number]
    value, size = kind(), ctypes.sizeof(kind)
    status = call("WsGetMessageProperty", empty, number, byref(value), size, None)
    assert status == WS_E_INVALID_OPERATION


@pytest.mark.parametrize("number", [names.BODY_READER, names.BODY_WRITER])
def test_readers_and_writers_have_their_time(message, number):
    value, size = P(), ctypes.sizeof(P)
    status = call("WsGetMessageProperty", message, number, byref(value), size, None)
    assert status == WS_E_INVALID_OPERATION
    assert not value.value


def test_a_fresh_request(channels, message):
    assert channels.of_message(message, names.IS_ADDRESSED) == 0
    assert channels.of_message(message, names.IS_FAULT) == 0


@pytest.mark.parametrize("number", [names.MESSAGE_STATE, ENVELOPE, ADDRESSING, names.IS_FAULT])
def test_sizes_are_exact(message, number):
    value = (c_uint8 * 16)(*16 * [0xA5])
    for size in (0, 3, 5, 8, 16):
        status = call("WsGetMessageProperty", message, number, value, size, None)
        assert status == E_INVALIDARG
    assert bytes(value) == 16 * b"\xa5"


@pytest.mark.parametrize("number", [22, 23, 1000, 0xFFFFFFFF])
def test_unknown_property(message, number):
    value = U()
    assert call("WsGetMessageProperty", message, number, byref(value), 4, None) == E_INVALIDARG


@pytest.mark.parametrize(
    "number", [names.MESSAGE_STATE, ENVELOPE, ADDRESSING, names.IS_ADDRESSED, 1000]
)
def test_not_given_at_creation(channel, number):
    made = P()
    array, count = properties((number, U(1)))
    status = call("WsCreateMessageForChannel", channel, array, count, byref(made), None)
    assert status == E_INVALIDARG
    assert not made.value


def test_null_messages(channel, message):
    value, address = U(), EndpointAddress.of(URL)
    assert call("WsCreateMessageForChannel", channel, None, 0, None, None) == E_INVALIDARG
    assert call("WsInitializeMessage", None, names.REQUEST_MESSAGE, None, None) == E_INVALIDARG
    assert call("WsResetMessage", None, None) == E_INVALIDARG
    assert call("WsGetMessageProperty", None, 0, byref(value), 4, None) == E_INVALIDARG
    assert call("WsGetMessageProperty", message, 0, None, 4, None) == E_INVALIDARG
    assert call("WsAddressMessage", None, byref(address), None) == E_INVALIDARG


# ---- headers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", names.TYPES)
@pytest.mark.parametrize(
    ("number", "text"),
    [
        (names.ACTION, "urn:action"),
        (names.MESSAGE_ID, "urn:uuid:00000000-0000-0000-0000-000000000000"),
    ],
)
def test_set_header(channels, message, kind, number, text):
    assert channels.set_header(message, number, text, kind) == 0
    assert channels.set_header(message, number, text, kind) == 0  # replaces it
    assert channels.message_state(message) == names.INITIALIZED


@pytest.mark.parametrize("kind", names.TYPES)
def test_set_header_by_pointer(message, kind):
    value = kind.of("urn:action")
    pointer = P(ctypes.addressof(value))
    rest = names.TYPES[kind], names.REQUIRED_POINTER, byref(pointer), ctypes.sizeof(pointer), None
    must("WsSetHeader", message, names.ACTION, *rest)


@pytest.mark.parametrize("number", [0, 8, 1000, 0xFFFFFFFF])
def test_no_such_header(channels, message, number):
    assert channels.set_header(message, number, "urn:action") == E_INVALIDARG


def test_headers_of_an_empty_message(channels, empty):
    assert channels.set_header(empty, names.ACTION, "urn:action") == WS_E_INVALID_OPERATION
    status = channels.add_header(empty, "h", "urn:h", b'<h xmlns="urn:h"/>')
    assert status == WS_E_INVALID_OPERATION


def test_headers_of_null(channels):
    assert channels.set_header(None, names.ACTION, "urn:action") == E_INVALIDARG
    assert channels.add_header(None, "h", "urn:h", b'<h xmlns="urn:h"/>') == E_INVALIDARG


@pytest.mark.parametrize("kind", names.TYPES)
@pytest.mark.parametrize("wrong", [-8, -1, 1, 8])
def test_size_of_a_header(message, kind, wrong):
    value = kind.of("urn:action")
    size = ctypes.sizeof(value) + wrong
    status = call(
        "WsSetHeader", message, names.ACTION, names.TYPES[kind], 1, byref(value), size, None
    )
    assert status == E_INVALIDARG


@pytest.mark.parametrize("kind", names.TYPES)
def test_value_and_option_of_a_header(channels, message, kind):
    size = ctypes.sizeof(kind)
    assert (
        call("WsSetHeader", message, names.ACTION, names.TYPES[kind], 1, None, size, None)
        == E_INVALIDARG
    )
    for option in (0, 5, 1000):
        assert (
            channels.set_header(message, names.ACTION, "urn:action", kind, option) == E_INVALIDARG
        )


def test_add_header(channels, message):
    xml = b'<h:head xmlns:h="urn:h" a="1"><x/>text</h:head>'
    assert channels.add_header(message, "head", "urn:h", xml) == 0
    assert channels.add_header(message, "other", "urn:h", xml, names.MUST_UNDERSTAND) == 0
    assert channels.message_state(message) == names.INITIALIZED


def test_wrong_added_headers(channels, message):
    value = P(channels.read(b'<h xmlns="urn:h"/>'))
    rest = names.REQUIRED_POINTER, byref(value), 8, 0, None
    description = ElementDescription.of("h", "urn:h")
    assert call("WsAddCustomHeader", message, None, *rest) == E_INVALIDARG
    nameless = ElementDescription(None, None, names.XML_BUFFER_TYPE, None)
    assert call("WsAddCustomHeader", message, byref(nameless), *rest) == E_INVALIDARG
    none = names.REQUIRED_POINTER, byref(P()), 8, 0, None
    assert call("WsAddCustomHeader", message, byref(description), *none) == E_INVALIDARG
    null = names.REQUIRED_POINTER, None, 8, 0, None
    assert call("WsAddCustomHeader", message, byref(description), *null) == E_INVALIDARG
    by_value = 1, byref(value), 8, 0, None
    assert call("WsAddCustomHeader", message, byref(description), *by_value) == E_INVALIDARG
    short = names.REQUIRED_POINTER, byref(value), 4, 0, None
    assert call("WsAddCustomHeader", message, byref(description), *short) == E_INVALIDARG


# ---- addresses -----------------------------------------------------------------------------------


def test_address(channels, message):
    assert channels.address(message, "http://elsewhere/service") == 0
    assert channels.of_message(message, names.IS_ADDRESSED) == 1
    assert channels.address(message, "http://elsewhere/service") == WS_E_INVALID_OPERATION
    must("WsResetMessage", message, None)
    must("WsInitializeMessage", message, names.REQUEST_MESSAGE, None, None)
    assert channels.of_message(message, names.IS_ADDRESSED) == 0


def test_address_of_an_empty_message(channels, empty):
    assert channels.address(empty, "http://elsewhere/service") == WS_E_INVALID_OPERATION


def test_start_an_addressed_message(channels, channel, message):
    assert channels.set_header(message, names.ACTION, "urn:action") == 0
    assert channels.address(message, "http://elsewhere/service") == 0
    must("WsWriteMessageStart", channel, message, None, None)
    assert channels.message_state(message) == names.WRITING


# ---- reading to an element -----------------------------------------------------------------------


def find(reader, local=None, namespace=None):
    found = c_int32(-1)
    wanted = [None if text is None else byref(XmlString.of(text)) for text in (local, namespace)]
    return call("WsReadToStartElement", reader, *wanted, byref(found), None), found.value


ELEMENTS = [b"<a/>", b'<a xmlns="urn:a">text</a>', b"<a><b/></a>"]


@pytest.mark.parametrize("xml", ELEMENTS, ids=range(len(ELEMENTS)))
def test_to_an_element(channels, xml):
    reader = channels.reader()
    assert channels.set_input(reader, xml) == 0
    for _ in range(2):
        assert find(reader) == (0, 1)
    made = P()
    must("WsReadXmlBuffer", reader, channels.heap(), byref(made), None)
    assert channels.write(made.value) == xml
    assert find(reader) == (0, 0)


BEFORE = {"comment": b"<!-- c -->", "white space": b"  ", "prolog": b'<?xml version="1.0"?>\n'}


@pytest.mark.parametrize("form", BEFORE)
def test_to_an_element_behind_others(channels, form):
    reader = channels.reader()
    assert channels.set_input(reader, BEFORE[form] + b"<a/>") == 0
    assert find(reader) == (0, 1)


def test_to_an_element_by_name(channels):
    reader = channels.reader()
    assert channels.set_input(reader, b'<p:a xmlns:p="urn:p"/>') == 0
    assert find(reader, "a", "urn:p") == (0, 1)
    assert channels.set_input(reader, b'<p:a xmlns:p="urn:p"/>') == 0
    assert find(reader, "b", "urn:p") == (0, 0)
    assert channels.set_input(reader, b'<p:a xmlns:p="urn:p"/>') == 0
    assert find(reader, "a", "urn:q") == (0, 0)


def test_not_into_an_element(channels):
    reader = channels.reader()
    assert channels.set_input(reader, b"<a><b/></a>") == 0
    assert find(reader, "b", "") == (0, 0)


def test_to_an_element_of_null():
    assert find(None) == (E_INVALIDARG, -1)


def test_to_an_element_without_input(channels):
    assert find(channels.reader())[0] == WS_E_INVALID_OPERATION
