# SPDX-License-Identifier: MIT
"""ws.x509_token() and its kin."""

import base64
import hashlib
import re
import shutil
import ssl
import subprocess
from datetime import datetime, timedelta, timezone
from xml.etree import ElementTree

import pytest

from ncrypt_ext import ws
from ncrypt_ext.ws import token_xml

WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"
WSSE11 = "{http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd}"
BASE64 = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
)
X509 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
USERNAME = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
NCNAME = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")

# Self-signed, RSA 1024, made by openssl: "openssl req -x509 -newkey rsa:1024 -nodes -subj /CN=x".
PEM = """-----BEGIN CERTIFICATE-----
MIIB9jCCAV+gAwIBAgIUc1WXwa7CADmfor7jMqtwHt93+K8wDQYJKoZIhvcNAQEL
BQAwDDEKMAgGA1UEAwwBeDAgFw0yNjExMjEwODU3NDhaGA8yMTI2MTAyODA4NTc0
OFowDDEKMAgGA1UEAwwBeDCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkCgYEAv4tI
YB20qA1zNqE1kVlUyN6/rEXCF8MDmDIMn5ULDLDU8kUp93u1LtEaLfhJAFiehrYc
A8PiA5eB72DTLy6rozFw5QP7gUtm3HmYwJrnYdHDB7NvuSfW0rVkhGoAWQ3LCIEA
/iiULu6x30h+ZULhwec4LNLRtrcXxNSPyF24rpcCAwEAAaNTMFEwHQYDVR0OBBYE
FEIg2I4FtjSv9sA+pl7kQaEoVSAzMB8GA1UdIwQYMBaAFEIg2I4FtjSv9sA+pl7k
QaEoVSAzMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADgYEArKGjpaJv
KaqWgXok/57kf7Y9mAS/Gr57QVwmH/ZMsaR+yX2ikbT85ZjdmeAQ7IzeVb5mwJOr
UY6H8PPM4xECb2dZfNgeDc6U6M7gsU9U07BI+dPmK9kZJnaUM7+qjHZry2UKpdUb
pFOikgoMWepdfVSJCPgiL6WYaZKPbAvfxko=
-----END CERTIFICATE-----
"""
DER = ssl.PEM_cert_to_DER_cert(PEM)

SAML11 = b"""<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:1.0:assertion"
    MajorVersion='1' MinorVersion="1" AssertionID="_a-1&amp;2"   Issuer="i"
><saml:Conditions  /></saml:Assertion>"""
SAML20 = (
    b"<?xml version='1.0'?>"
    b'<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="_b" Version="2.0"></Assertion>\n'
)


def one(element, tag):
    (child,) = element
    assert child.tag == f"{WSSE}{tag}"
    return child


def reference(xml, tag):
    root = ElementTree.fromstring(xml)
    assert root.tag == f"{WSSE}SecurityTokenReference"
    return root.attrib, one(root, tag)


def all_tokens():
    return [
        ws.x509_token(DER),
        ws.saml11_token(SAML11),
        ws.saml20_token(SAML20),
        ws.username_token("user"),
        ws.username_token("user", "password"),
        ws.username_token("user", "password", digest=True),
    ]


def test_x509():
    token = ws.x509_token(DER, id="cert-1")
    root = ElementTree.fromstring(token.xml)
    assert root.tag == f"{WSSE}BinarySecurityToken"
    assert root.attrib == {f"{WSU}Id": "cert-1", "EncodingType": BASE64, "ValueType": X509}
    assert base64.b64decode(root.text, validate=True) == DER
    outer, inner = reference(token.attached_reference, "Reference")
    assert (outer, inner.attrib) == ({}, {"URI": "#cert-1", "ValueType": X509})
    outer, inner = reference(token.unattached_reference, "KeyIdentifier")
    assert inner.attrib == {
        "EncodingType": BASE64,
        "ValueType": "http://docs.oasis-open.org/wss/"
        "oasis-wss-soap-message-security-1.1#ThumbprintSHA1",
    }
    assert base64.b64decode(inner.text, validate=True) == hashlib.sha1(DER).digest()


def test_thumbprint_is_openssls():
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl command")
    command = ["openssl", "x509", "-noout", "-fingerprint", "-sha1"]
    printed = subprocess.run(command, input=PEM, capture_output=True, text=True, check=True).stdout
    _, inner = reference(ws.x509_token(DER).unattached_reference, "KeyIdentifier")
    assert base64.b64decode(inner.text).hex(":").upper() in printed


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_bytes_like(kind):
    assert ws.x509_token(kind(DER), id="a") == ws.x509_token(DER, id="a")
    assert ws.saml11_token(kind(SAML11)) == ws.saml11_token(SAML11)


@pytest.mark.parametrize(
    ("der", "kind", "match"),
    [
        (PEM.encode(), ValueError, r"PEM, not DER: ssl.PEM_cert_to_DER_cert\(\)"),
        (PEM, TypeError, "PEM, not DER"),
        ("text", TypeError, "certificate_der must be a bytes-like object, not 'str'"),
        (None, TypeError, "certificate_der"),
        (b"", ValueError, "not one certificate in DER: it is cut off"),
        (b"junk", ValueError, "does not begin with a sequence"),
        (DER[:-1], ValueError, "it is cut off"),
        (DER + b"\0", ValueError, "1 bytes follow it"),
        (DER + DER, ValueError, "bytes follow it"),
        (b"\x30\x80" + DER[4:] + b"\0\0", ValueError, "not encoded as DER demands"),
        (b"\x30\x84\0\0" + DER[2:], ValueError, "not encoded as DER demands"),
        (b"\x30\x00", ValueError, "its parts are not those of one"),
        (b"\x30\x03\x02\x01\x01", ValueError, "its parts are not those of one"),
    ],
)
def test_not_a_certificate(der, kind, match):
    with pytest.raises(kind, match=match):
        ws.x509_token(der)


def test_every_truncation_of_a_certificate():
    for size in range(len(DER)):
        with pytest.raises(ValueError, match="not one certificate in DER"):
            ws.x509_token(DER[:size])


def test_relatives_of_certificates():
    """A request and a list of revoked certificates are sequences of the same three parts."""
    algorithm, bits = bytes.fromhex("300b06092a864886f70d01010b"), bytes.fromhex("030100")

    def sequence(*parts):
        content = b"".join(parts)
        return bytes((0x30, len(content))) + content

    integer, empty, time = b"\x02\x01\0", sequence(), b"\x17\x00"
    request = sequence(integer, empty, empty, b"\xa0\0")
    revoked = sequence(algorithm, empty, time, empty)
    certificate = sequence(integer, algorithm, empty, empty, empty, empty)
    ws.x509_token(sequence(certificate, algorithm, bits))
    for inner in (request, revoked):
        with pytest.raises(ValueError, match="its parts are not those of one"):
            ws.x509_token(sequence(inner, algorithm, bits))


def test_saml11():
    token = ws.saml11_token(SAML11)
    assert token.xml == SAML11
    assert token.attached_reference == token.unattached_reference
    outer, inner = reference(token.attached_reference, "KeyIdentifier")
    assert (outer, inner.text) == ({}, "_a-1&2")
    assert inner.attrib == {
        "ValueType": "http://docs.oasis-open.org/wss/"
        "oasis-wss-saml-token-profile-1.0#SAMLAssertionID"
    }


def test_saml20():
    token = ws.saml20_token(SAML20)
    assert token.xml == SAML20
    profile = "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1"
    for xml in token[1:]:
        outer, inner = reference(xml, "KeyIdentifier")
        assert outer == {f"{WSSE11}TokenType": f"{profile}#SAMLV2.0"}
        assert (inner.attrib, inner.text) == ({"ValueType": f"{profile}#SAMLID"}, "_b")


def test_saml_as_text():
    text = SAML20.decode().replace("'1.0'", "'1.0' encoding='UTF-8'")
    assert ws.saml20_token(text).xml == text.encode()


def test_saml_in_utf_16():
    xml = SAML20.decode().replace("<?xml version='1.0'?>", "").encode("utf-16")
    assert ws.saml20_token(xml).xml == xml


@pytest.mark.parametrize(
    ("function", "xml", "match"),
    [
        (ws.saml11_token, SAML20, r"root element is .*2.0:assertion}Assertion, not .* SAML 1.1"),
        (ws.saml20_token, SAML11, "not the Assertion of SAML 2.0"),
        (ws.saml11_token, SAML11.replace(b'MinorVersion="1"', b'MinorVersion="0"'), "1.0, not 1.1"),
        (ws.saml11_token, SAML11.replace(b"AssertionID", b"assertionID"), "no usable AssertionID"),
        (ws.saml11_token, SAML11.replace(b"_a-1&amp;2", b" "), "no usable AssertionID"),
        (ws.saml11_token, SAML11.replace(b"_a-1&amp;2", b"a b"), "no usable AssertionID: 'a b'"),
        (ws.saml20_token, SAML20.replace(b' ID="_b"', b""), "no usable ID: ''"),
        (ws.saml20_token, SAML20.replace(b'ID="_b"', b'xmlns:p="u" p:ID="_b"'), "no usable ID"),
        (ws.saml20_token, SAML20.replace(b'"2.0"', b'"2.1"'), "Version is '2.1', not '2.0'"),
        (
            ws.saml20_token,
            SAML20.replace(b"Assertion", b"EncryptedAssertion"),
            "EncryptedAssertion",
        ),
        (ws.saml20_token, SAML20[:-14], "xml: line 1, column 22: unclosed token"),
        (ws.saml20_token, SAML20 + b"<a/>", "junk after document element"),
        (ws.saml20_token, b"", "no element found"),
        (ws.saml20_token, b"<!DOCTYPE a>" + SAML20[21:], "document type declaration"),
        (ws.saml20_token, "<a>\ud800</a>", "index 3 that XML cannot carry"),
        (ws.saml20_token, b"<?xml version='1.0' encoding='no-such'?><a/>", "encoding"),
    ],
)
def test_not_such_an_assertion(function, xml, match):
    with pytest.raises(ValueError, match=match):
        function(xml)


def username(token):
    root = ElementTree.fromstring(token.xml)
    assert root.tag == f"{WSSE}UsernameToken"
    return root, {child.tag.rpartition("}")[2]: child for child in root}


def test_username_only():
    token = ws.username_token("Zo\u00eb", id="me")
    root, parts = username(token)
    assert root.attrib == {f"{WSU}Id": "me"}
    assert list(parts) == ["Username"]
    assert parts["Username"].text == "Zo\u00eb"
    assert token.unattached_reference is None
    _, inner = reference(token.attached_reference, "Reference")
    assert inner.attrib == {"URI": "#me", "ValueType": f"{USERNAME}#UsernameToken"}


def test_password_text():
    _, parts = username(ws.username_token("user", "p<&>\r\n\"'\t\U0001f511 "))
    assert list(parts) == ["Username", "Password"]
    assert parts["Password"].attrib == {"Type": f"{USERNAME}#PasswordText"}
    assert parts["Password"].text == "p<&>\r\n\"'\t\U0001f511 "


@pytest.mark.parametrize(
    ("nonce", "created", "password", "digest"),
    [
        # As the tests of zeep 4 have it, whose author checked it with a server.
        (b"mocked-random", "2016-05-08T12:00:00+00:00", "geheim", "hVicspAQSg70JNhe67OHqD9gexc="),
    ],
)
def test_password_digest(nonce, created, password, digest):
    token = ws.username_token("michael", password, digest=True, nonce=nonce, created=created)
    _, parts = username(token)
    assert list(parts) == ["Username", "Password", "Nonce", "Created"]
    assert parts["Password"].attrib == {"Type": f"{USERNAME}#PasswordDigest"}
    assert parts["Password"].text == digest
    assert parts["Nonce"].attrib == {"EncodingType": BASE64}
    assert base64.b64decode(parts["Nonce"].text) == nonce
    assert parts["Created"].text == created
    assert parts["Created"].tag == f"{WSU}Created"


def test_password_digest_is_that_of_its_parts():
    _, parts = username(ws.username_token("user", "\u00e4", digest=True))
    nonce = base64.b64decode(parts["Nonce"].text)
    assert len(nonce) == 16
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", parts["Created"].text)
    data = nonce + parts["Created"].text.encode() + "\u00e4".encode()
    assert base64.b64decode(parts["Password"].text) == hashlib.sha1(data).digest()


@pytest.mark.parametrize(
    ("created", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc), "2026-01-02T03:04:05.000Z"),
        (
            datetime(2026, 1, 1, 1, 0, 0, 5999, tzinfo=timezone(timedelta(hours=2))),
            "2025-12-31T23:00:00.005Z",
        ),
        ("2003-07-16T01:24:32Z", "2003-07-16T01:24:32Z"),
    ],
)
def test_created(created, text):
    _, parts = username(ws.username_token("user", "password", created=created))
    assert list(parts) == ["Username", "Password", "Created"]
    assert parts["Created"].text == text


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "match"),
    [
        ((b"user",), {}, TypeError, "username must be a str"),
        (("",), {}, ValueError, "username must not be empty"),
        (("a\0",), {}, ValueError, "username has a character at index 1"),
        (("a", "secret\x01"), {}, ValueError, "password has a character at index 6 that"),
        (("a", "\ud800"), {}, ValueError, "password has a character"),
        (("a", "\ufffe"), {}, ValueError, "password has a character"),
        (("a", 5), {}, TypeError, "password must be a str"),
        (("a",), {"digest": True}, ValueError, "digest needs a password"),
        (("a", "b"), {"nonce": b""}, ValueError, "nonce must not be empty"),
        (("a", "b"), {"nonce": "text"}, TypeError, "nonce must be a bytes-like object"),
        (("a", "b"), {"created": datetime(2026, 1, 1)}, ValueError, "must have a time zone"),
        (("a", "b"), {"created": "yesterday"}, ValueError, "created must be like"),
        (("a", "b"), {"created": "2026-01-01T00:00:00Z<"}, ValueError, "created must be like"),
        (("a", "b"), {"created": 5}, TypeError, "created must be a datetime or a str"),
    ],
)
def test_username_arguments(arguments, options, kind, match):
    with pytest.raises(kind, match=match) as info:
        ws.username_token(*arguments, **options)
    assert "secret" not in str(info.value)


@pytest.mark.parametrize(
    "make", [lambda id: ws.x509_token(DER, id=id), lambda id: ws.username_token("a", id=id)]
)
@pytest.mark.parametrize("id", ["", "1a", "a b", "a:b", "a#b", '"', "a\n", "\u00e4", "-a"])
def test_impossible_ids(make, id):
    with pytest.raises(ValueError, match="id must be"):
        make(id)
    with pytest.raises(TypeError, match="id must be a str"):
        make(5)


def test_random_ids():
    tokens = [ws.x509_token(DER) for _ in range(100)] + [ws.username_token("a") for _ in range(100)]
    ids = {ElementTree.fromstring(token.xml).attrib[f"{WSU}Id"] for token in tokens}
    assert len(ids) == 200
    assert all(NCNAME.fullmatch(one) for one in ids)


def test_secrets_are_not_shown():
    token = ws.username_token("user", "hunter2")
    assert b"hunter2" in token.xml
    assert "hunter2" not in repr(token)
    sizes = [len(token.xml), len(token.attached_reference)]
    shown = "TokenXml(xml=<{} bytes>, attached_reference=<{} bytes>, unattached_reference=None)"
    assert repr(token) == str(token) == shown.format(*sizes)


def test_the_native_parser_takes_them():
    """What it writes is the same document, though not the same bytes."""
    for token in all_tokens():
        for part in filter(None, token):
            with ws.XmlBuffer.from_bytes(part) as buffer:
                written = buffer.to_bytes()
            assert ElementTree.canonicalize(written) == ElementTree.canonicalize(part)


def test_libxml2_takes_them():
    if shutil.which("xmllint") is None:
        pytest.skip("there is no xmllint command")
    for token in all_tokens():
        for part in filter(None, token):
            command = ["xmllint", "--nonet", "--c14n", "-"]
            done = subprocess.run(command, input=part, capture_output=True, check=True)
            assert done.stderr == b""
            assert done.stdout.decode() == ElementTree.canonicalize(part)


def test_only_these_are_exported():
    assert sorted(token_xml.__all__) == [
        "TokenXml", "saml11_token", "saml20_token", "username_token", "x509_token",
    ]  # fmt: skip
