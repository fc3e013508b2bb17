# SPDX-License-Identifier: MIT
"""ws.XmlToken: what it is made of, what it tells, what it refuses."""

import copy
import ctypes
import pickle
import weakref
from datetime import datetime, timedelta, timezone

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

from .test_token_xml import DER, SAML11, SAML20
from .token_support import REFERENCE, live, needs_tokens, rsa_of

pytestmark = needs_tokens

UTC = timezone.utc
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
NAMESPACED = '<p:a x="1" xmlns:p="urn:p">\n text <p:b/><!-- c --></p:a>'


# ---- properties ----------------------------------------------------------------------------------


def test_bearer():
    with ws.XmlToken(NAMESPACED) as token:
        assert token.key_type is ws.SecurityKeyType.NONE
        assert token.xml == NAMESPACED.encode()
        assert token.attached_reference is None
        assert token.unattached_reference is None
        assert (token.valid_from, token.valid_till) == (None, None)
        assert repr(token) == "<XmlToken NONE>"
        assert live("XmlToken") == 1
    assert repr(token) == "<XmlToken closed>"
    assert live("XmlToken") == 0


def test_asymmetric(rsa_key):
    with ws.XmlToken(
        NAMESPACED, rsa_key, attached_reference="<r>1</r>", unattached_reference=b"<r>2</r>"
    ) as token:
        assert token.key_type is ws.SecurityKeyType.ASYMMETRIC
        assert token.xml == NAMESPACED.encode()
        assert token.attached_reference == b"<r>1</r>"
        assert token.unattached_reference == b"<r>2</r>"
        assert repr(token) == "<XmlToken ASYMMETRIC>"
    with ws.XmlToken("<a/>", rsa_key, attached_reference="<r/>") as token:
        assert token.unattached_reference is None


def test_symmetric():
    secret = bytes(range(32))
    handle = ws.RawSymmetricKeyHandle(secret)
    with ws.XmlToken("<a/>", handle, attached_reference=REFERENCE) as token:
        handle.close()  # it has a copy
        assert token.key_type is ws.SecurityKeyType.SYMMETRIC
        assert token.symmetric_key() == secret
        assert token.symmetric_key() == secret
        assert repr(token) == "<XmlToken SYMMETRIC>"
        assert live("KeyHandle") == 0


def test_the_copy_for_a_symmetric_key_is_not_kept():
    """The bytes come by a heap of the binding, which is given back; a large one would be seen."""
    secret = 1 << 20
    with (
        ws.RawSymmetricKeyHandle(bytes(secret)) as handle,
        ws.XmlToken("<a/>", handle, attached_reference=REFERENCE) as token,
    ):
        before = nc.live_handles()
        for _ in range(200):  # more than a heap may hold
            assert len(token.symmetric_key()) == secret
        assert nc.live_handles() == before


@pytest.mark.parametrize("has_key", [False, True])
def test_no_symmetric_key(rsa_key, has_key):
    key = {"key": rsa_key, "attached_reference": REFERENCE} if has_key else {}
    with (
        ws.XmlToken("<a/>", **key) as token,
        pytest.raises(nc.BadStateError, match="the token has no symmetric key"),
    ):
        token.symmetric_key()


def test_times():
    with ws.XmlToken("<a/>", valid_from=NOW, valid_till=NOW + timedelta(hours=1)) as token:
        assert (token.valid_from, token.valid_till) == (NOW, NOW + timedelta(hours=1))
        assert token.valid_from.tzinfo is UTC
    with ws.XmlToken("<a/>", valid_till=NOW.astimezone(timezone(timedelta(hours=-7)))) as token:
        assert (token.valid_from, token.valid_till) == (None, NOW)
    with ws.XmlToken("<a/>", valid_from=NOW, valid_till=NOW) as token:
        assert token.valid_from == token.valid_till == NOW
    first, last = datetime(1, 1, 1, 0, 0, 0, 1, UTC), datetime.max.replace(tzinfo=UTC)
    with ws.XmlToken("<a/>", valid_from=first, valid_till=last) as token:
        assert (token.valid_from, token.valid_till) == (first, last)


@pytest.mark.parametrize("bits", [1024, 2048, 4096])
def test_sizes_of_keys(provider, bits):
    key = provider.create_key("RSA", length=bits) if bits == 2048 else rsa_of(provider, bits)
    with key, ws.XmlToken("<a/>", key, attached_reference=REFERENCE) as token:
        assert token.key_type is ws.SecurityKeyType.ASYMMETRIC


@pytest.mark.parametrize("kind", ["x509", "saml11", "saml20", "username"])
def test_from_xml(rsa_key, kind):
    parts = {
        "x509": lambda: ws.x509_token(DER, id="one"),
        "saml11": lambda: ws.saml11_token(SAML11),
        "saml20": lambda: ws.saml20_token(SAML20),
        "username": lambda: ws.username_token("user", "password", digest=True),
    }[kind]()

    def again(xml):
        """As the API writes it."""
        if xml is None:
            return None
        with ws.XmlBuffer.from_bytes(xml) as buffer:
            return buffer.to_bytes()

    with ws.XmlToken.from_xml(parts, rsa_key, valid_from=NOW) as token:
        assert token.xml == again(parts.xml)
        assert token.attached_reference == again(parts.attached_reference)
        assert token.unattached_reference == again(parts.unattached_reference)
        assert (token.valid_from, token.valid_till) == (NOW, None)
    with ws.XmlToken.from_xml(parts, valid_till=NOW) as token:
        assert token.xml == again(parts.xml)
        assert token.attached_reference is token.unattached_reference is None
        assert (token.valid_from, token.valid_till) == (None, NOW)


# ---- XML -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", None])
def test_unicode(codec):
    text = "<\u00e4>\u00e9\u4e2d\U0001f511</\u00e4>"
    xml = text if codec is None else text.encode(codec)
    with ws.XmlToken(xml) as token:
        assert token.xml == text.encode()


@pytest.mark.parametrize("kind", ["bytearray", "memoryview", "ctypes"])
def test_sources_may_go(rsa_key, kind):
    """Nothing points at them any more."""
    sources = [bytearray(NAMESPACED.encode()), bytearray(b"<r>1</r>")]
    given = {
        "bytearray": sources,
        "memoryview": [memoryview(source) for source in sources],
        "ctypes": [(ctypes.c_char * len(source)).from_buffer(source) for source in sources],
    }[kind]
    with ws.XmlToken(
        given[0], rsa_key, attached_reference=given[1], unattached_reference=given[1]
    ) as token:
        for source in sources:
            source[:] = len(source) * b"!"
        del given, sources, source
        assert token.xml == NAMESPACED.encode()
        assert token.attached_reference == token.unattached_reference == b"<r>1</r>"


class Text(str):
    def encode(self, *arguments):
        raise AssertionError("its own encode() was called")

    __len__ = __getitem__ = __iter__ = encode


class Data(bytes):
    def __bytes__(self):
        raise AssertionError("its own __bytes__() was called")

    __getitem__ = __iter__ = __bytes__


def test_subclasses_that_lie():
    for xml in (Text("<a>x</a>"), Data(b"<a>x</a>")):
        with ws.XmlToken(xml) as token:
            assert token.xml == b"<a>x</a>"


# ---- as Python objects ---------------------------------------------------------------------------


def test_after_close(rsa_key):
    token = ws.XmlToken("<a/>", rsa_key, attached_reference=REFERENCE)
    token.close()
    token.close()
    assert token.closed
    for name in (
        "xml key_type valid_from valid_till attached_reference unattached_reference handle"
    ).split():
        with pytest.raises(nc.ClosedHandleError, match="this XmlToken is closed"):
            getattr(token, name)
    with pytest.raises(nc.ClosedHandleError):
        token.symmetric_key()
    with pytest.raises(nc.ClosedHandleError), token:
        pass


def test_no_copies():
    with ws.XmlToken("<a/>") as token:
        for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="a XmlToken cannot be copied or pickled"):
                duplicate(token)


def test_init_again():
    with ws.XmlToken("<a/>") as token:
        with pytest.raises(TypeError, match="an XmlToken cannot be initialised again"):
            token.__init__("<b/>")
        assert token.xml == b"<a/>"
        assert live("XmlToken") == 1
    with pytest.raises(TypeError, match="an XmlToken cannot be initialised again"):
        token.__init__("<b/>")
    assert live("XmlToken") == 0


def test_never_initialised(rsa_key):
    token = ws.XmlToken.__new__(ws.XmlToken)
    assert token.closed
    token.close()
    with pytest.raises(nc.ClosedHandleError):
        token.xml  # noqa: B018
    token.__init__("<a/>", rsa_key, attached_reference=REFERENCE)
    assert token.xml == b"<a/>"


def test_subclasses_and_weak_references(rsa_key):
    class Named(ws.XmlToken):
        pass

    token = Named.from_xml(ws.username_token("user"), rsa_key)
    assert isinstance(token, Named)
    token.myself = token
    reference = weakref.ref(token)
    assert reference() is token
    token.close()
    del token
