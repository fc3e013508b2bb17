# SPDX-License-Identifier: MIT
"""Signed requests: verifiers that we did not write accept what a service gets from a channel."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta, timezone

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

from .certified import certified_key, der, pem
from .saml_support import Issuer, assertion
from .soap_service import SoapService
from .verify_with import VERIFIERS, WSU, XMLSEC1, RefusedError, flipped, hmac_with_xmlsec1
from .wire_support import (
    ACTION,
    BODY,
    SIGNED,
    Message,
    canonical,
    needs_wire,
    open_channel,
    sent,
)

pytest.importorskip("lxml")
pytestmark = needs_wire

PARTS = ("Timestamp", "To", "SignatureValue")
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
SECRET = bytes(range(32))


@pytest.fixture
def certified(provider, rsa_blob):
    with certified_key(provider, rsa_blob) as pair:
        yield pair


@pytest.fixture
def x509(certified):
    key, certificate = certified
    with ws.XmlToken.from_xml(ws.x509_token(der(certificate)), key) as token:
        yield token


@pytest.fixture(scope="module")
def issuer():
    return Issuer()


# ---- X.509 ---------------------------------------------------------------------------------------


def test_the_key_cannot_be_exported(certified):
    with pytest.raises(nc.NCryptError):
        certified[0].export("PKCS8_PRIVATEKEY")


@pytest.mark.parametrize("verifier", VERIFIERS, ids=repr)
def test_x509_is_accepted(certified, x509, verifier):
    request, certificate = sent(x509), pem(certified[1])
    verifier(request.body, certificate)
    for part in PARTS:
        with pytest.raises(RefusedError):
            verifier(flipped(request.body, part), certificate)


def test_shape(certified, x509):
    before = datetime.now(timezone.utc)
    message = Message(sent(x509).body)
    after = datetime.now(timezone.utc)
    assert message.parts == ["Timestamp", "BinarySecurityToken", "Signature"]
    assert message.security.get(f"{{{message.soap}}}mustUnderstand") == "1"
    (signature,) = message.signatures
    assert signature.signed == SIGNED
    assert signature.algorithm == RSA_SHA256
    assert signature.digests == {SHA256}
    created, expires = message.timestamp
    assert before - timedelta(milliseconds=1) <= created <= after
    assert expires - created == timedelta(minutes=5)
    token = message.security[1]
    assert base64.b64decode(token.text) == der(certified[1])
    (reference,) = signature.reference
    assert reference.get("URI") == "#" + token.get(f"{{{WSU}}}Id")
    message.check_ids()


def test_what_is_not_signed(certified, x509):
    """The body is for TLS to protect, as the documentation says."""
    changed = flipped(sent(x509).body, "Body")
    for verifier in VERIFIERS:
        verifier(changed, pem(certified[1]))


def test_every_request_is_signed_anew(certified, x509):
    with SoapService() as service, open_channel(service, x509) as channel:
        for _ in range(20):
            channel.request(ACTION, BODY)
        assert service.connections == 1
    messages = [Message(request.body) for request in service.requests]
    assert len({message.addressing("MessageID")[0].text for message in messages}) == 20
    assert len({message.signatures[0].value.text for message in messages}) == 20
    ids = {one.get(f"{{{WSU}}}Id") for message in messages for one in message.security[:1]}
    assert len(ids) == 20
    for request in service.requests:
        VERIFIERS[1](request.body, pem(certified[1]))


def test_another_address_is_signed(certified, x509):
    request = sent(x509, to="urn:somewhere:else?a=1&b=2")
    assert Message(request.body).addressing("To")[0].text == "urn:somewhere:else?a=1&b=2"
    for verifier in VERIFIERS:
        verifier(request.body, pem(certified[1]))


@pytest.mark.parametrize(
    "body",
    [
        None,
        b"<order/>",
        b'<a u:Id="_0" xmlns:u="%s"><b u:Id="_1"/></a>' % WSU.encode(),
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>',
        "<a>\u00e4\u20ac\U0001f600</a>".encode(),
    ],
)
def test_bodies_do_not_disturb(certified, x509, body):
    with SoapService() as service, open_channel(service, x509) as channel:
        channel.request(ACTION, body)
    for verifier in VERIFIERS:
        verifier(service.requests[0].body, pem(certified[1]))


def test_headers_of_the_application(certified, x509):
    headers = [b'<h:one xmlns:h="urn:h">1</h:one>', b'<two xmlns="urn:h">2</two>']
    request = sent(x509, headers=headers)
    message = Message(request.body)
    assert [message.header.find(f"{{urn:h}}{name}").text for name in ("one", "two")] == ["1", "2"]
    for verifier in VERIFIERS:
        verifier(request.body, pem(certified[1]))


def test_two_tokens(certified, x509):
    """One says a name, the other one signs."""
    parts = ws.username_token("somebody", "secret")
    with ws.XmlToken.from_xml(parts) as bearer:
        request = sent(bearer, x509)
    message = Message(request.body)
    assert message.parts == ["Timestamp", "UsernameToken", "BinarySecurityToken", "Signature"]
    for verifier in VERIFIERS:
        verifier(request.body, pem(certified[1]))


# ---- SAML ----------------------------------------------------------------------------------------


@pytest.fixture(params=["signxml", "xmlsec1"])
def issued(request, issuer, certified):
    """An assertion about the holder of the stored key, signed by its issuer."""
    if request.param == "xmlsec1":
        XMLSEC1.require()
    text = assertion(der(certified[1]))
    return getattr(issuer, f"sign_with_{request.param}")(text)


@pytest.fixture
def saml(issued, certified):
    with ws.XmlToken.from_xml(ws.saml11_token(issued), certified[0]) as token:
        yield token


@pytest.mark.parametrize("verifier", VERIFIERS, ids=repr)
def test_holder_of_key_is_accepted(certified, saml, verifier):
    request, certificate = sent(saml), pem(certified[1])
    verifier(request.body, certificate)
    for part in PARTS:
        with pytest.raises(RefusedError):
            verifier(flipped(request.body, part), certificate)


def test_holder_of_key_shape(saml):
    message = Message(sent(saml).body)
    assert message.parts == ["Timestamp", "Assertion", "Signature"]
    (signature,) = message.signatures
    assert signature.signed == SIGNED
    (identifier,) = signature.reference
    assert identifier.get("ValueType").endswith("saml-token-profile-1.0#SAMLAssertionID")
    assert identifier.text == message.security[1].get("AssertionID")
    message.check_ids()


def test_the_issuers_signature_survives(issuer, issued, saml):
    from lxml import etree

    issuer.verify(issued)
    request = sent(saml)
    arrived = Message(request.body).security[1]
    assert canonical(arrived) == canonical(etree.fromstring(issued))
    # Cut out as it is on the wire: it stands alone there.
    start = request.body.index(b"<saml:Assertion")
    end = request.body.index(b"</saml:Assertion>") + len(b"</saml:Assertion>")
    issuer.verify(request.body[start:end])
    with pytest.raises(RefusedError):
        issuer.verify(request.body[start:end].replace(b"buyer", b"owner"))
    XMLSEC1.require()
    issuer.verify_in(request.body)
    with pytest.raises(RefusedError):
        issuer.verify_in(request.body.replace(b"buyer", b"owner"))


# ---- without a key, and with a secret ------------------------------------------------------------


def test_bearer(issued):
    with ws.XmlToken.from_xml(ws.saml11_token(issued)) as token:
        message = Message(sent(token).body)
    assert message.parts == ["Timestamp", "Assertion"]
    assert message.addressing("To")[0].get(f"{{{WSU}}}Id") is None


def test_bearer_without_timestamp():
    with ws.XmlToken.from_xml(ws.username_token("somebody", "secret")) as token:
        with SoapService() as service:
            never = ws.TimestampUsage.NEVER
            with open_channel(service, token, timestamp=never) as channel:
                channel.request(ACTION, BODY)
            (request,) = service.requests
    assert Message(request.body).parts == ["UsernameToken"]


def test_tls_alone_has_no_security_header():
    assert Message(sent().body).security is None


HMACS = {
    "SHA1": ("http://www.w3.org/2000/09/xmldsig#hmac-sha1", hashlib.sha1),
    "SHA256": ("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", hashlib.sha256),
    "SHA384": ("http://www.w3.org/2001/04/xmldsig-more#hmac-sha384", hashlib.sha384),
    "SHA512": ("http://www.w3.org/2001/04/xmldsig-more#hmac-sha512", hashlib.sha512),
}


@pytest.mark.parametrize("digest", HMACS)
def test_symmetric(issued, digest):
    """An HMAC of our own over what lxml makes canonical, and xmlsec1's opinion."""
    with (
        ws.RawSymmetricKeyHandle(SECRET) as handle,
        ws.XmlToken.from_xml(ws.saml11_token(issued), handle) as token,
    ):
        request = sent(token, algorithm_suite=ws.Algorithms(digest))
    message = Message(request.body)
    assert message.parts == ["Timestamp", "Assertion", "Signature"]
    (signature,) = message.signatures
    assert signature.signed == ["Timestamp"]
    assert message.addressing("To")[0].get(f"{{{WSU}}}Id") is None
    uri, function = HMACS[digest]
    assert signature.algorithm == uri
    timestamp = canonical(message.security[0])
    value = signature.info.find(".//{*}DigestValue").text
    assert base64.b64decode(value) == function(timestamp).digest()
    expected = hmac.digest(SECRET, canonical(signature.info), function)
    assert base64.b64decode(signature.value.text) == expected
    XMLSEC1.require()
    hmac_with_xmlsec1(request.body, SECRET)
    for part in ("Timestamp", "SignatureValue"):
        with pytest.raises(RefusedError):
            hmac_with_xmlsec1(flipped(request.body, part), SECRET)
    hmac_with_xmlsec1(flipped(request.body, "To"), SECRET)


def test_what_is_signed_is_canonical_on_the_wire(certified, x509, saml):
    """So that nobody's canonicalization matters."""
    for token in (x509, saml):
        body = sent(token).body
        message = Message(body)
        signature = message.signatures[0]
        for element in (message.security[0], message.addressing("To")[0], signature.info):
            assert canonical(element) in body
