# SPDX-License-Identifier: MIT
"""Channels, tokens and lxml, each at work in several threads of one process: all stay right.

lxml and xmlsec bring a libxml2 of their own; the engine has the system's. Whatever one of them set
for the whole process would be seen by the other.
"""

import hashlib
import threading

import pytest

from ncrypt_ext import ws

from .certified import certified_key, der, pem
from .soap_service import SoapService
from .token_support import together
from .verify_with import RefusedError, flipped, with_zeep
from .wire_support import ACTION, needs_wire, open_channel

etree = pytest.importorskip("lxml.etree")
pytestmark = needs_wire
ROUNDS = 40
DOCUMENT = (
    b'<r xmlns="urn:r" xmlns:p="urn:p">'
    + b"".join(b'<p:a n="%d"><b> text &#228; </b><!-- c --></p:a>' % n for n in range(200))
    + b"</r>"
)


@pytest.fixture
def certified(provider, rsa_blob):
    with certified_key(provider, rsa_blob) as pair:
        yield pair


def parse():
    root = etree.fromstring(DOCUMENT)
    assert root.xpath("count(//p:a/r:b)", namespaces={"p": "urn:p", "r": "urn:r"}) == 200
    assert root.xpath("string(//*[@n='7'])").strip() == "text \u00e4"
    digest = hashlib.sha256(etree.tostring(root, method="c14n", exclusive=True)).hexdigest()
    return digest


def refuse():
    """Errors of lxml are those of its own document, with its own text."""
    with pytest.raises(etree.XMLSyntaxError, match="mismatch"):
        etree.fromstring(b"<a><b></a>")
    parser = etree.XMLParser(resolve_entities=False, huge_tree=False)
    root = etree.fromstring(b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', parser)
    assert etree.tostring(root) == b"<a>&e;</a>"


def transform(sheet):
    assert str(sheet(etree.fromstring(DOCUMENT))).strip() == "200"


SHEET = b"""<x:stylesheet version="1.0" xmlns:x="http://www.w3.org/1999/XSL/Transform"
xmlns:p="urn:p"><x:output method="text"/><x:template match="/"><x:value-of
select="count(//p:a)"/></x:template></x:stylesheet>"""


def test_together(certified):
    key, certificate = certified
    expected = parse()
    sheet = etree.XSLT(etree.fromstring(SHEET))
    done = threading.Event()
    counts = {}

    def until_done(name, work):
        def run():
            counts[name] = 0
            while not done.is_set() or counts[name] < ROUNDS:
                work()
                counts[name] += 1

        return run

    with (
        SoapService() as service,
        ws.XmlToken.from_xml(ws.x509_token(der(certificate)), key) as token,
    ):
        requesting = threading.Semaphore(0)

        def request(number):
            def run():
                try:
                    with open_channel(service, token) as channel:
                        for round_number in range(ROUNDS):
                            body = b"<a>%d %d &#228;</a>" % (number, round_number)
                            reply = channel.request(ACTION, body)
                            assert etree.fromstring(reply).text == etree.fromstring(body).text
                finally:
                    requesting.release()

            return run

        def finish():
            for _ in range(2):
                requesting.acquire()
            done.set()

        def check_parse():
            assert parse() == expected

        def verify():
            for received in service.requests[-1:]:
                with_zeep(received.body, pem(certificate))
                with pytest.raises(RefusedError):
                    with_zeep(flipped(received.body, "SignatureValue"), pem(certificate))

        def tokens():
            with ws.XmlToken(DOCUMENT) as other:
                assert etree.fromstring(other.xml).tag == "{urn:r}r"
            with pytest.raises(ws.WsFormatError):
                ws.XmlToken(b"<a><b></a>")

        together(
            request(0),
            request(1),
            finish,
            until_done("parse", check_parse),
            until_done("refuse", refuse),
            until_done("transform", lambda: transform(sheet)),
            until_done("verify", verify),
            until_done("tokens", tokens),
        )
        assert len(service.requests) == 2 * ROUNDS
        for received in service.requests:
            with_zeep(received.body, pem(certificate))
    assert set(counts) == {"parse", "refuse", "transform", "verify", "tokens"}


def test_an_element_of_lxml_outlives_channels(certified):
    """Trees, parsers and errors of lxml from before stay as they are."""
    root = etree.fromstring(DOCUMENT)
    parser = etree.XMLPullParser()
    parser.feed(DOCUMENT[:5000])
    with pytest.raises(etree.XMLSyntaxError) as first:
        etree.fromstring(b"<a>")
    log = set(str(first.value.error_log).splitlines())
    key, certificate = certified
    with (
        SoapService() as service,
        ws.XmlToken.from_xml(ws.x509_token(der(certificate)), key) as token,
        open_channel(service, token) as channel,
    ):
        channel.request(ACTION, b"<a/>")
        with pytest.raises(ws.WsFormatError):
            ws.XmlToken(b"<a>")
    parser.feed(DOCUMENT[5000:])
    closed = parser.close()
    assert etree.tostring(closed) == etree.tostring(root)
    with pytest.raises(etree.XMLSyntaxError) as again:
        etree.fromstring(b"<a>")
    # lxml's log of a parser goes on; nothing of ours has come into it.
    assert set(str(again.value.error_log).splitlines()) == log
