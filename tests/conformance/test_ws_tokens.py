# SPDX-License-Identifier: MIT
"""WsCreateXmlSecurityToken, WsGetSecurityTokenProperty."""

import ctypes
from ctypes import byref

import pytest

from .ws_api import (
    E_INVALIDARG,
    WS_E_QUOTA_EXCEEDED,
    Bytes,
    CapiKeyHandle,
    DateTime,
    NCryptKeyHandle,
    P,
    RawKeyHandle,
    S,
    U,
    call,
    properties,
)

pytestmark = pytest.mark.requires("tokens")

ATTACHED, UNATTACHED, FROM, TILL = 1, 2, 3, 4  # when a token is made
KEY_TYPE, VALID_FROM, VALID_TILL, XML, ATTACHED_XML, UNATTACHED_XML, SYMMETRIC_KEY = range(1, 8)
NONE, SYMMETRIC, ASYMMETRIC = 1, 2, 3
SECRET = bytes(range(32))
TICKS = 638_000_000_000_000_000


@pytest.fixture
def xml(ws):
    return ws.read(b'<t xmlns="urn:t" Id="one"/>')


@pytest.fixture
def reference(ws):
    return P(ws.read(b'<r URI="#one"/>'))


def create(*arguments):
    """The status, and whether a token was given."""
    made = P()
    xml, key, pairs = arguments
    pointer = None if key is None else byref(key)
    status = call("WsCreateXmlSecurityToken", xml, pointer, *properties(*pairs), byref(made), None)
    return status, made.value


def serialized(ws, token, number):
    buffer = ws.token_value(token, number, P).value
    return None if buffer is None else ws.write(buffer)


def test_bearer(ws, xml):
    token = ws.token(xml, None)
    assert ws.token_value(token, KEY_TYPE, U).value == NONE
    assert serialized(ws, token, XML) == b'<t Id="one" xmlns="urn:t"/>'
    assert serialized(ws, token, ATTACHED_XML) is None
    assert serialized(ws, token, UNATTACHED_XML) is None
    assert ws.token_value(token, VALID_FROM, DateTime).ticks == 0
    assert ws.token_value(token, VALID_TILL, DateTime).ticks == 0


def test_symmetric(ws, xml, reference):
    key = RawKeyHandle.of(SECRET)
    token = ws.token(xml, key, (ATTACHED, reference))
    ctypes.memset(key.bytes.bytes, 0, len(SECRET))  # the token has a copy
    assert ws.token_value(token, KEY_TYPE, U).value == SYMMETRIC
    heap = ws.heap()
    assert ws.token_value(token, SYMMETRIC_KEY, Bytes, heap).value() == SECRET
    assert serialized(ws, token, ATTACHED_XML) == b'<r URI="#one"/>'


def test_asymmetric(api, ws, xml, reference):
    key = api.make("RSA", Length=1024)
    other = P(ws.read(b"<u/>"))
    token = ws.token(
        xml, NCryptKeyHandle(2, key), (UNATTACHED, other), (ATTACHED, reference)
    )  # fmt: skip
    assert ws.token_value(token, KEY_TYPE, U).value == ASYMMETRIC
    assert serialized(ws, token, UNATTACHED_XML) == b"<u/>"
    made = Bytes()
    status = call("WsGetSecurityTokenProperty", token, SYMMETRIC_KEY, byref(made),
                  ctypes.sizeof(made), ws.heap(), None)  # fmt: skip
    assert status == E_INVALIDARG


def test_times(ws, xml):
    since, till = DateTime(TICKS, 0), DateTime(TICKS + 1, 0)
    token = ws.token(xml, None, (TILL, till), (FROM, since))
    assert ws.token_value(token, VALID_FROM, DateTime).ticks == TICKS
    assert ws.token_value(token, VALID_TILL, DateTime).ticks == TICKS + 1


def test_what_it_is_made_of_may_go(ws):
    heap = ws.heap()
    xml, reference = ws.read(b"<t/>", heap=heap), P(ws.read(b"<r/>", heap=heap))
    token = ws.token(xml, RawKeyHandle.of(SECRET), (ATTACHED, reference))
    ws.free(heap)
    assert serialized(ws, token, XML) == b"<t/>"
    assert serialized(ws, token, ATTACHED_XML) == b"<r/>"


def test_pointers(xml):
    assert create(None, None, ()) == (E_INVALIDARG, None)
    assert call("WsCreateXmlSecurityToken", xml, None, None, 0, None, None) == E_INVALIDARG
    made = P()
    status = call("WsCreateXmlSecurityToken", xml, None, None, 1, byref(made), None)
    assert (status, made.value) == (E_INVALIDARG, None)


def test_documents_that_are_not_one_element(ws, reference):
    two = ws.read(b"<a/><b/>", (1, U(1)))  # as a fragment
    none = ws.read(b"text", (1, U(1)))
    for wrong in (two, none):
        assert create(wrong, None, ()) == (E_INVALIDARG, None)
        one = ws.read(b"<a/>")
        pairs = ((ATTACHED, P(wrong)),)
        assert create(one, RawKeyHandle.of(SECRET), pairs) == (E_INVALIDARG, None)
        pairs = ((ATTACHED, reference), (UNATTACHED, P(wrong)))
        assert create(one, RawKeyHandle.of(SECRET), pairs) == (E_INVALIDARG, None)


def test_references_belong_to_keys(xml, reference):
    key = RawKeyHandle.of(SECRET)
    assert create(xml, key, ()) == (E_INVALIDARG, None)
    assert create(xml, key, ((UNATTACHED, reference),)) == (E_INVALIDARG, None)
    assert create(xml, None, ((ATTACHED, reference),)) == (E_INVALIDARG, None)
    assert create(xml, None, ((UNATTACHED, reference),)) == (E_INVALIDARG, None)


@pytest.mark.parametrize("kind", [0, 4, 0xFFFFFFFF])
def test_unknown_key_handles(xml, reference, kind):
    key = NCryptKeyHandle(kind, 1)
    assert create(xml, key, ((ATTACHED, reference),)) == (E_INVALIDARG, None)


@pytest.mark.not_on("windows", "it is not documented when a key is looked at")
def test_keys_that_are_not_there(api, xml, reference):
    freed = api.make("RSA", Length=1024)
    api.free(freed)
    for key in (NCryptKeyHandle(2, 0), NCryptKeyHandle(2, freed), CapiKeyHandle(3, 1, 2)):
        assert create(xml, key, ((ATTACHED, reference),)) == (E_INVALIDARG, None)


def test_property_arrays(xml, reference):
    key = RawKeyHandle.of(SECRET)
    attached, time = (ATTACHED, reference), DateTime(TICKS, 0)
    for pairs in (
        (attached, attached),
        (attached, (5, U(1))),
        (attached, (0, U(1))),
        ((ATTACHED, P(None)),),
        (attached, (FROM, S(1))),
        (attached, (FROM, time), (FROM, time)),
    ):
        assert create(xml, key, pairs) == (E_INVALIDARG, None)
    array, count = properties(attached)
    array[0].value = None
    made = P()
    status = call("WsCreateXmlSecurityToken", xml, byref(key), array, count, byref(made), None)
    assert (status, made.value) == (E_INVALIDARG, None)


@pytest.mark.parametrize("number", [KEY_TYPE, VALID_FROM, XML, ATTACHED_XML, SYMMETRIC_KEY])
def test_sizes_of_values(ws, xml, reference, number):
    token = ws.token(xml, RawKeyHandle.of(SECRET), (ATTACHED, reference))
    heap = ws.heap() if number == SYMMETRIC_KEY else None
    exact = {KEY_TYPE: 4, VALID_FROM: 16, SYMMETRIC_KEY: ctypes.sizeof(Bytes)}
    value = (ctypes.c_uint64 * 8)()
    for size in (0, 1, exact.get(number, ctypes.sizeof(P)) - 1):
        status = call("WsGetSecurityTokenProperty", token, number, value, size, heap, None)
        assert status == E_INVALIDARG
    assert call("WsGetSecurityTokenProperty", token, number, None, 8, heap, None) == E_INVALIDARG


def test_heaps_of_values(ws, xml, reference):
    token = ws.token(xml, RawKeyHandle.of(SECRET), (ATTACHED, reference))
    value, heap = (ctypes.c_uint64 * 8)(), ws.heap()
    get = "WsGetSecurityTokenProperty"
    assert call(get, token, KEY_TYPE, value, 4, heap, None) == E_INVALIDARG
    size = ctypes.sizeof(Bytes)
    assert call(get, token, SYMMETRIC_KEY, value, size, None, None) == E_INVALIDARG
    small = ws.heap(len(SECRET) - 1, 0)
    assert call(get, token, SYMMETRIC_KEY, value, size, small, None) == WS_E_QUOTA_EXCEEDED


@pytest.mark.parametrize("number", [0, 8, 0xFFFFFFFF])
def test_unknown_values(ws, xml, number):
    token, value = ws.token(xml, None), (ctypes.c_uint64 * 8)()
    status = call("WsGetSecurityTokenProperty", token, number, value, 4, None, None)
    assert status == E_INVALIDARG


def test_what_was_wrong_is_said(ws, xml, reference):
    error, made = ws.error(), P()
    status = call("WsCreateXmlSecurityToken", xml, byref(RawKeyHandle.of(SECRET)), None, 0,
                  byref(made), error)  # fmt: skip
    assert status == E_INVALIDARG
    assert len(ws.strings(error)) == 1
