# SPDX-License-Identifier: MIT
"""Channels without a message: creating, properties, states."""

import ctypes
from ctypes import byref, c_uint8

import pytest

from . import ws_channels as names
from .ws_api import E_INVALIDARG, WS_E_INVALID_OPERATION, WS_E_OBJECT_FAULTED, P, U, call, must
from .ws_channels import EndpointAddress, properties

URL = "http://127.0.0.1:9/service"  # opening connects to nothing yet

DEFAULTS = {
    "MAX_BUFFERED": 65536,
    "ENCODING": 5,
    "ENVELOPE": 2,
    "ADDRESSING": 2,
    "STATE": names.CREATED,
    "CALLBACK_MODEL": 1,
    "IP_VERSION": 3,
    "RESOLVE_TIMEOUT": names.INFINITE,
    "CONNECT_TIMEOUT": 30000,
    "SEND_TIMEOUT": 30000,
    "RESPONSE_TIMEOUT": 30000,
    "RECEIVE_TIMEOUT": 30000,
    "CLOSE_TIMEOUT": 30000,
    "TRANSFER_MODE": 0,
    "CHANNEL_TYPE": names.REQUEST,
    "TRIM": 65536,
    "LEVEL": 1,
    "FAULTS_AS_ERRORS": 1,
    "ALLOW_UNSECURED_FAULTS": 0,
}
TIMEOUTS = [name for name in DEFAULTS if name.endswith("_TIMEOUT")]
SETTABLE = [*TIMEOUTS, "FAULTS_AS_ERRORS", "ALLOW_UNSECURED_FAULTS"]
FIXED = ["MAX_BUFFERED", "ENVELOPE", "ADDRESSING", "IP_VERSION", "TRANSFER_MODE", "TRIM"]
READ_ONLY = ["STATE", "CHANNEL_TYPE", "LEVEL"]


def number_of(prop):
    return getattr(names, prop)


def create(*pairs, kind=names.REQUEST, binding=names.HTTP):
    """(status, whether there is a channel) of creating one with these properties."""
    made = P()
    array, count = properties(*pairs)
    status = call("WsCreateChannel", kind, binding, array, count, None, byref(made), None)
    if made.value:
        call("WsFreeChannel", made)
    return status, bool(made.value)


# ---- creating, properties ------------------------------------------------------------------------


@pytest.mark.parametrize("prop", DEFAULTS)
def test_default(channels, prop):
    assert channels.number(channels.channel(), number_of(prop)) == DEFAULTS[prop]


GIVEN = [
    ("MAX_BUFFERED", 1), ("MAX_BUFFERED", 1 << 20), ("ENCODING", 5), ("ENVELOPE", 1),
    ("ADDRESSING", 1), ("ADDRESSING", 3), ("CALLBACK_MODEL", 0), ("IP_VERSION", 1),
    ("TRIM", 0), ("FAULTS_AS_ERRORS", 0), ("ALLOW_UNSECURED_FAULTS", 1),
    *((name, value) for name in TIMEOUTS for value in (1, names.INFINITE)),
]  # fmt: skip


@pytest.mark.parametrize(("prop", "value"), GIVEN)
def test_given_at_creation(channels, prop, value):
    channel = channels.channel((number_of(prop), U(value)))
    assert channels.number(channel, number_of(prop)) == value


@pytest.mark.parametrize("prop", ["COOKIES", "PROXY_MODE", "REDIRECT", "ENABLE_TIMEOUTS"])
def test_only_at_creation(channels, prop):
    channel = channels.channel((number_of(prop), U(1)))
    value = U()
    status = call("WsGetChannelProperty", channel, number_of(prop), byref(value), 4, None)
    assert status == E_INVALIDARG
    assert channels.set_number(channel, number_of(prop), 1) == E_INVALIDARG


WRONG = [
    ("MAX_BUFFERED", 0), ("ENCODING", 9), ("ENVELOPE", 0), ("ENVELOPE", 4), ("ADDRESSING", 0),
    ("ADDRESSING", 4), ("CALLBACK_MODEL", 2), ("IP_VERSION", 0), ("IP_VERSION", 4), ("COOKIES", 0),
    ("COOKIES", 3), ("PROXY_MODE", 0), ("PROXY_MODE", 4), ("TRANSFER_MODE", 4),
    ("FAULTS_AS_ERRORS", 2),
]  # fmt: skip


@pytest.mark.parametrize(("prop", "value"), WRONG)
def test_wrong_value(channels, prop, value):
    assert create((number_of(prop), U(value))) == (E_INVALIDARG, False)


@pytest.mark.parametrize("prop", ["MAX_BUFFERED", "ENVELOPE", "CONNECT_TIMEOUT", "COOKIES"])
@pytest.mark.parametrize("kind", [c_uint8, ctypes.c_uint16, ctypes.c_uint64], ids=ctypes.sizeof)
def test_wrong_size_at_creation(channels, prop, kind):
    assert create((number_of(prop), kind(1))) == (E_INVALIDARG, False)


@pytest.mark.parametrize("prop", READ_ONLY)
def test_read_only(channels, prop):
    assert create((number_of(prop), U(1))) == (E_INVALIDARG, False)
    assert channels.set_number(channels.channel(), number_of(prop), 1) == E_INVALIDARG


@pytest.mark.parametrize("number", [50, 1000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_unknown_property(channels, number):
    channel, value = channels.channel(), U()
    assert create((number, U(1))) == (E_INVALIDARG, False)
    status = call("WsGetChannelProperty", channel, number, byref(value), 4, None)
    assert status == E_INVALIDARG
    assert channels.set_number(channel, number, 1) == E_INVALIDARG


def test_a_property_given_twice(channels):
    twice = [(names.SEND_TIMEOUT, U(1)), (names.SEND_TIMEOUT, U(2))]
    assert create(*twice) == (E_INVALIDARG, False)


def test_timeouts_off(channels):
    channel = channels.channel((names.ENABLE_TIMEOUTS, U(0)), (names.SEND_TIMEOUT, U(7)))
    assert channels.number(channel, names.SEND_TIMEOUT) == 7
    assert channels.number(channel, names.CONNECT_TIMEOUT) == names.INFINITE


@pytest.mark.parametrize(
    ("kind", "binding"), [(99, names.HTTP), (0, names.HTTP), (names.REQUEST, 9)]
)
def test_unknown_channels(channels, kind, binding):
    assert create(kind=kind, binding=binding) == (E_INVALIDARG, False)


@pytest.mark.parametrize(("kind", "binding"), [(16, names.HTTP), (7, 1), (7, 4), (3, 2)])
@pytest.mark.not_on("windows", "it has them")
def test_channels_of_others(channels, kind, binding):
    assert create(kind=kind, binding=binding) == (names.WS_E_NOT_SUPPORTED, False)


def test_null_at_creation(channels):
    assert (
        call("WsCreateChannel", names.REQUEST, names.HTTP, None, 0, None, None, None)
        == E_INVALIDARG
    )


@pytest.mark.not_on("wine", "it reads NULL")
def test_null_properties(channels):
    made = P()
    status = call("WsCreateChannel", names.REQUEST, names.HTTP, None, 1, None, byref(made), None)
    assert status == E_INVALIDARG
    assert create((names.SEND_TIMEOUT, U(1))) == (0, True)
    status = call("WsSetChannelProperty", channels.channel(), names.SEND_TIMEOUT, None, 4, None)
    assert status == E_INVALIDARG


def test_get_into_null(channels):
    channel = channels.channel()
    for prop in ("STATE", "ENCODING", "CHANNEL_TYPE"):
        assert call("WsGetChannelProperty", channel, number_of(prop), None, 4, None) == E_INVALIDARG


@pytest.mark.parametrize("prop", DEFAULTS)
def test_sizes_are_exact(channels, prop):
    channel, number = channels.channel(), number_of(prop)
    before, value = channels.number(channel, number), (c_uint8 * 8)(*8 * [0xA5])
    for size in (0, 3, 5, 8):
        status = call("WsGetChannelProperty", channel, number, value, size, None)
        assert status == E_INVALIDARG
        assert bytes(value) == 8 * b"\xa5"
        status = call("WsSetChannelProperty", channel, number, value, size, None)
        assert status == E_INVALIDARG
    assert channels.number(channel, number) == before


@pytest.mark.parametrize("prop", SETTABLE)
def test_settable_in_any_state(channels, prop):
    channel, number = channels.channel(), number_of(prop)
    assert channels.set_number(channel, number, 1) == 0
    assert channels.open(channel, URL) == 0
    assert channels.number(channel, number) == 1
    assert channels.set_number(channel, number, 0) == 0
    must("WsCloseChannel", channel, None, None)
    assert channels.number(channel, number) == 0
    assert channels.set_number(channel, number, 1) == 0
    must("WsResetChannel", channel, None)
    assert channels.number(channel, number) == 1


@pytest.mark.parametrize("prop", FIXED)
def test_fixed_at_creation(channels, prop):
    channel = channels.channel()
    assert channels.set_number(channel, number_of(prop), 1) == E_INVALIDARG
    assert channels.number(channel, number_of(prop)) == DEFAULTS[prop]


def test_encoding_is_fixed(channels):
    channel = channels.channel()
    assert channels.set_number(channel, names.ENCODING, 5) == E_INVALIDARG
    assert channels.number(channel, names.ENCODING) == 5


# ---- states --------------------------------------------------------------------------------------


def test_a_life(channels):
    channel = channels.channel()
    for _ in range(2):
        assert channels.state(channel) == names.CREATED
        assert channels.open(channel, URL) == 0
        assert channels.state(channel) == names.OPEN
        must("WsCloseChannel", channel, None, None)
        assert channels.state(channel) == names.CLOSED
        must("WsCloseChannel", channel, None, None)
        assert channels.state(channel) == names.CLOSED
        must("WsResetChannel", channel, None)
    must("WsResetChannel", channel, None)
    assert channels.state(channel) == names.CREATED


def test_open_once(channels):
    channel = channels.channel(url=URL)
    assert channels.open(channel, URL) == WS_E_INVALID_OPERATION
    assert channels.state(channel) == names.OPEN
    must("WsCloseChannel", channel, None, None)
    assert channels.open(channel, URL) == WS_E_INVALID_OPERATION
    assert channels.state(channel) == names.CLOSED


def test_reset_of_an_open_channel(channels):
    channel = channels.channel(url=URL)
    assert call("WsResetChannel", channel, None) == WS_E_INVALID_OPERATION
    assert channels.state(channel) == names.OPEN


def test_close_what_was_never_open(channels):
    channel = channels.channel()
    must("WsCloseChannel", channel, None, None)
    assert channels.state(channel) == names.CLOSED


def test_abort_what_is_not_open(channels):
    channel = channels.channel()
    must("WsAbortChannel", channel, None)
    assert channels.state(channel) == names.CREATED
    assert channels.open(channel, URL) == 0
    must("WsCloseChannel", channel, None, None)
    must("WsAbortChannel", channel, None)
    assert channels.state(channel) == names.CLOSED


def test_abort_faults(channels):
    channel = channels.channel(url=URL)
    must("WsAbortChannel", channel, None)
    assert channels.state(channel) == names.FAULTED
    must("WsAbortChannel", channel, None)
    refused = (WS_E_INVALID_OPERATION, WS_E_OBJECT_FAULTED)
    assert channels.open(channel, URL) in refused
    assert call("WsResetChannel", channel, None) in refused
    request = channels.message(channel, initialized=True)
    assert call("WsWriteMessageStart", channel, request, None, None) in refused
    must("WsCloseChannel", channel, None, None)
    assert channels.state(channel) == names.CLOSED
    must("WsResetChannel", channel, None)
    assert channels.open(channel, URL) == 0


STEPS = ["WsWriteMessageStart", "WsWriteMessageEnd", "WsReadMessageStart", "WsReadMessageEnd"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("closed", [False, True], ids=["created", "closed"])
def test_no_messages_while_it_is_not_open(channels, step, closed):
    channel = channels.channel()
    message = channels.message(channel, initialized=True)
    if closed:
        assert channels.open(channel, URL) == 0
        must("WsCloseChannel", channel, None, None)
    assert call(step, channel, message, None, None) == WS_E_INVALID_OPERATION
    assert channels.state(channel) == (names.CLOSED if closed else names.CREATED)


BAD_URLS = {
    "empty": "",
    "no scheme": "x",
    "another scheme": "ftp://127.0.0.1/",
    "only a scheme": "http:",
    "no host": "http://",
    "no host but a path": "http:///a",
    "no such port": "http://127.0.0.1:99999/",
}


@pytest.mark.parametrize("form", BAD_URLS)
def test_bad_urls(channels, form):
    channel = channels.channel()
    assert channels.open(channel, BAD_URLS[form]) == names.WS_E_INVALID_ENDPOINT_URL
    assert channels.state(channel) == names.CREATED
    assert channels.open(channel, URL) == 0


def test_https_needs_its_security(channels):
    assert (
        channels.open(channels.channel(), "https://127.0.0.1/") == names.WS_E_INVALID_ENDPOINT_URL
    )


@pytest.mark.not_on("windows", "it has them")
@pytest.mark.parametrize("field", ["headers", "extensions"])
def test_addresses_with_more_than_a_url(channels, field):
    channel = channels.channel()
    address = EndpointAddress.of(URL, **{field: channels.read(b"<a/>")})
    assert call("WsOpenChannel", channel, byref(address), None, None) == names.WS_E_NOT_SUPPORTED
    assert channels.state(channel) == names.CREATED


def test_null_channels(channels):
    address, value = EndpointAddress.of(URL), U()
    message = channels.message(channels.channel())
    made = P()
    assert call("WsOpenChannel", None, byref(address), None, None) == E_INVALIDARG
    assert call("WsOpenChannel", channels.channel(), None, None, None) == E_INVALIDARG
    assert call("WsCloseChannel", None, None, None) == E_INVALIDARG
    assert call("WsResetChannel", None, None) == E_INVALIDARG
    assert call("WsGetChannelProperty", None, names.STATE, byref(value), 4, None) == E_INVALIDARG
    assert call("WsSetChannelProperty", None, 13, byref(value), 4, None) == E_INVALIDARG
    assert call("WsCreateMessageForChannel", None, None, 0, byref(made), None) == E_INVALIDARG
    for step in STEPS:
        assert call(step, None, message, None, None) == E_INVALIDARG
    assert not made.value


@pytest.mark.not_on("wine", "it reads NULL")
def test_abort_null(channels):
    assert call("WsAbortChannel", None, None) == E_INVALIDARG


def test_free_null(channels):
    call("WsFreeChannel", None)
    call("WsFreeMessage", None)
