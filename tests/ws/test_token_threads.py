# SPDX-License-Identifier: MIT
"""Tokens made while other code runs: other threads, and the caller's own inside of it."""

import threading
from datetime import datetime, timedelta, timezone, tzinfo

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

from .token_support import REFERENCE, TIMEOUT, live, needs_tokens, together

pytestmark = needs_tokens

LARGE = b"<a>" + (1 << 18) * b"<b/>" + b"</a>"  # parsed without the GIL


def test_on_one_key(rsa_key):
    def work():
        for number in range(500):
            xml = f"<a>{number}</a>"
            with (
                ws.NCryptKeyHandle(rsa_key) as handle,
                ws.XmlToken(xml, handle, attached_reference=REFERENCE) as token,
            ):
                assert token.xml == xml.encode()

    together(*4 * [work])
    assert (live("XmlToken"), live("KeyHandle")) == (0, 0)


def test_one_token_of_many_threads(rsa_key):
    """Each call finds it free, or says that it was not."""
    answers, refusals = [], []
    with ws.XmlToken("<a/>", rsa_key, attached_reference="<r/>") as token:

        def work():
            for _ in range(500):
                try:
                    answers.append((token.xml, token.attached_reference, token.key_type))
                except nc.BadStateError as error:
                    refusals.append(str(error))

        together(*4 * [work])
    assert all("this XmlToken is in use by another thread" in text for text in refusals)
    assert set(answers) == {(b"<a/>", b"<r/>", ws.SecurityKeyType.ASYMMETRIC)}


def test_other_threads_run_meanwhile(rsa_key):
    """They count on while a large document is parsed: the GIL is theirs."""
    stop, counts = threading.Event(), [0]

    def count():
        while not stop.is_set():
            counts[0] += 1

    thread = threading.Thread(target=count)
    thread.start()
    try:
        for _ in range(20):
            with ws.XmlToken(LARGE, rsa_key, attached_reference=REFERENCE) as token:
                assert token.xml == LARGE
    finally:
        stop.set()
        thread.join(TIMEOUT)
    assert counts[0] > 0


def test_key_closed_while_tokens_are_made(provider, rsa_blob):
    for _ in range(10):
        key = provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB")
        tokens = []

        def make(key=key, tokens=tokens):
            try:
                tokens.append(ws.XmlToken(LARGE, key, attached_reference=REFERENCE))
            except nc.ClosedHandleError:
                tokens.append(None)

        together(make, make, key.close)
        assert len(tokens) == 2
        assert live("Key") == any(tokens)
        for token in filter(None, tokens):
            assert token.key_type is ws.SecurityKeyType.ASYMMETRIC
            token.close()
        assert live("Key") == 0


def test_secret_closed_while_tokens_are_made():
    for _ in range(20):
        secret = ws.RawSymmetricKeyHandle(b"0123456789abcdef")
        tokens = []

        def make(secret=secret, tokens=tokens):
            try:
                tokens.append(ws.XmlToken(LARGE, secret, attached_reference=REFERENCE))
            except nc.ClosedHandleError:
                tokens.append(None)

        together(make, make, secret.close)
        for token in filter(None, tokens):
            assert token.symmetric_key() == b"0123456789abcdef"
            token.close()
        assert len(tokens) == 2


class Closing(tzinfo):
    """A time zone that closes something when it is asked."""

    def __init__(self, act):
        self.act = act

    def utcoffset(self, when):
        self.act()
        return timedelta(0)


@pytest.mark.parametrize("kind", ["key", "ncrypt", "raw"])
def test_closed_by_the_time_zone(provider, rsa_blob, kind):
    with provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB") as key:
        one = {
            "key": lambda: key,
            "ncrypt": lambda: ws.NCryptKeyHandle(key),
            "raw": lambda: ws.RawSymmetricKeyHandle(b"secret"),
        }[kind]()
        when = datetime(2026, 1, 1, tzinfo=Closing(one.close))
        with pytest.raises(nc.ClosedHandleError, match=f"this {type(one).__name__} is closed"):
            ws.XmlToken("<a/>", one, attached_reference=REFERENCE, valid_from=when)
    assert (live("Key"), live("KeyHandle"), live("XmlToken")) == (0, 0, 0)


def test_init_inside_init():
    """Of two that make one object one fails, and what it made is gone."""
    token = ws.XmlToken.__new__(ws.XmlToken)
    once = [lambda: token.__init__("<inner/>")]
    when = datetime(2026, 1, 1, tzinfo=Closing(lambda: once and once.pop()()))
    with pytest.raises(TypeError, match="an XmlToken cannot be initialised again"):
        token.__init__("<outer/>", valid_from=when)
    assert token.xml == b"<inner/>"
    assert live("XmlToken") == 1
    token.close()


def test_init_in_two_threads():
    for _ in range(5):
        token, outcomes = ws.XmlToken.__new__(ws.XmlToken), []

        def make(token=token, outcomes=outcomes):
            try:
                token.__init__(LARGE)
                outcomes.append("made")
            except TypeError:
                outcomes.append("refused")

        together(make, make, make)
        assert sorted(outcomes) == ["made", "refused", "refused"]
        assert live("XmlToken") == 1
        token.close()
        assert live("XmlToken") == 0


class Parts:
    """Like a TokenXml, and closes the key while it is asked."""

    xml, unattached_reference = "<a/>", None

    def __init__(self, key):
        self.key = key

    @property
    def attached_reference(self):
        self.key.close()
        return REFERENCE


def test_strange_parts(rsa_key):
    with pytest.raises(nc.ClosedHandleError, match="this Key is closed"):
        ws.XmlToken.from_xml(Parts(rsa_key), rsa_key)
    for wrong in (None, b"<a/>", (b"<a/>", b"<b/>", None), 5):
        with pytest.raises(AttributeError):
            ws.XmlToken.from_xml(wrong)
    assert live("XmlToken") == 0


def test_a_buffer_that_is_changed_meanwhile():
    """Another thread overwrites it: the token is of what was there, or it is refused."""
    source, stop = bytearray(LARGE), threading.Event()

    def scribble():
        while not stop.is_set():
            source[3:7] = b"<c/>"
            source[3:7] = b"<b/>"

    thread = threading.Thread(target=scribble)
    thread.start()
    try:
        for _ in range(10):
            with ws.XmlToken(source) as token:
                assert token.xml.replace(b"<c/>", b"<b/>") == LARGE
    finally:
        stop.set()
        thread.join(TIMEOUT)


def test_the_time_has_another_type():
    class Later(datetime):
        def __sub__(self, other):
            return "never"

    with pytest.raises(TypeError):
        ws.XmlToken("<a/>", valid_from=Later(2026, 1, 1, tzinfo=timezone.utc))
    assert live("XmlToken") == 0
