# SPDX-License-Identifier: MIT
"""The verifiers themselves, on messages that neither they nor we have signed."""

import base64
import subprocess
from pathlib import Path

import pytest

from .soap_service import ADDRESSING_10, SOAP_12, Authority
from .test_token_xml import SAML11
from .verify_with import (
    DSIG,
    SIGNXML,
    VERIFIERS,
    WSSE,
    WSU,
    XML_CRYPTO,
    XMLSEC1,
    RefusedError,
    complaints_of_xml_crypto,
    flipped,
    hmac_with_xmlsec1,
)

EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
HMAC_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
REFERENCE = (
    f'<o:SecurityTokenReference xmlns:o="{WSSE}"><o:Reference URI="#X"/></o:SecurityTokenReference>'
)
PARTS = ("Timestamp", "To", "SignatureValue")


def message(signature, token=""):
    return (
        f'<s:Envelope xmlns:a="{ADDRESSING_10}" xmlns:s="{SOAP_12}"><s:Header>'
        f'<a:Action>urn:do</a:Action><a:To u:Id="_1" xmlns:u="{WSU}">https://localhost/a</a:To>'
        f'<o:Security s:mustUnderstand="1" xmlns:o="{WSSE}"><u:Timestamp u:Id="_0" xmlns:u="{WSU}">'
        "<u:Created>2026-01-01T00:00:00.000Z</u:Created><u:Expires>2026-01-01T00:05:00.000Z"
        f"</u:Expires></u:Timestamp>{token}{signature}</o:Security></s:Header><s:Body><b/></s:Body>"
        "</s:Envelope>"
    )


def template(algorithm=RSA_SHA256):
    references = "".join(
        f'<Reference URI="#{name}"><Transforms><Transform Algorithm="{EXCLUSIVE}"/></Transforms>'
        f'<DigestMethod Algorithm="{SHA256}"/><DigestValue/></Reference>'
        for name in ("_0", "_1")
    )
    return (
        f'<Signature xmlns="{DSIG}"><SignedInfo><CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
        f'<SignatureMethod Algorithm="{algorithm}"/>{references}</SignedInfo><SignatureValue/>'
        f"<KeyInfo>{REFERENCE}</KeyInfo></Signature>"
    )


def xmlsec1_sign(folder, text, *key):
    Path(folder, "template.xml").write_text(text)
    command = ["xmlsec1", "--sign", *key, "--output", str(folder / "signed.xml")]
    command += ["--node-xpath", "//*[local-name()='Signature'][last()]"]
    for name in (f"{WSU}:Timestamp", f"{ADDRESSING_10}:To"):
        command += ["--id-attr:Id", name]
    done = subprocess.run([*command, str(folder / "template.xml")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Path(folder, "signed.xml").read_bytes()


def signed_by_xmlsec1(folder, key, token=""):
    XMLSEC1.require()
    path = folder / "key.pem"
    path.write_bytes(key)
    return xmlsec1_sign(folder, message(template(), token), "--privkey-pem", str(path))


def signed_by_signxml(folder, key, token=""):
    SIGNXML.require()
    from lxml import etree
    from signxml import CanonicalizationMethod, SignatureConstructionMethod, XMLSigner

    root = etree.fromstring(message("", token))
    signer = XMLSigner(
        method=SignatureConstructionMethod.detached,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    info = etree.fromstring(f'<KeyInfo xmlns="{DSIG}">{REFERENCE}</KeyInfo>')
    references = ["#_0", "#_1"]
    signature = signer.sign(root, key=key, reference_uri=references, key_info=info)
    root.find(f".//{{{WSSE}}}Security").append(signature)
    return etree.tostring(root)


SIGNERS = {"xmlsec1": signed_by_xmlsec1, "signxml": signed_by_signxml}


def new_identity():
    """A private key and its certificate, both PEM."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    certificate = Authority().issue(key.public_key(), "client")
    return (
        key.private_bytes(serialization.Encoding.PEM, *form),
        certificate.public_bytes(serialization.Encoding.PEM),
    )


@pytest.fixture(scope="module")
def identity():
    return new_identity()


@pytest.fixture(params=SIGNERS)
def signed(request, tmp_path, identity):
    return SIGNERS[request.param](tmp_path, identity[0])


@pytest.mark.parametrize("verifier", VERIFIERS, ids=repr)
def test_accepts_what_others_signed(signed, identity, verifier):
    verifier(signed, identity[1])


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("verifier", VERIFIERS, ids=repr)
def test_refuses_a_flipped_bit(signed, identity, verifier, part):
    with pytest.raises(RefusedError):
        verifier(flipped(signed, part), identity[1])


@pytest.mark.parametrize("verifier", VERIFIERS, ids=repr)
def test_refuses_another_certificate(signed, verifier):
    with pytest.raises(RefusedError):
        verifier(signed, new_identity()[1])


@pytest.mark.parametrize("verifier", VERIFIERS, ids=repr)
def test_looks_at_the_signature_of_the_message(tmp_path, identity, verifier):
    """Not at that of an assertion before it, which here is nonsense."""
    nonsense = template().replace("<DigestValue/>", "<DigestValue>AAAA</DigestValue>")
    token = SAML11.decode() if isinstance(SAML11, bytes) else SAML11
    end = token.rindex("</")
    token = token[:end] + nonsense.replace('"#_', '"#no') + token[end:]
    verifier(signed_by_signxml(tmp_path, identity[0], token), identity[1])


def test_xml_crypto_takes_many_at_once(signed, identity):
    XML_CRYPTO.require()
    bad = [flipped(signed, part) for part in PARTS]
    complaints = complaints_of_xml_crypto([(one, identity[1]) for one in (signed, *bad)])
    assert complaints[0] is None
    assert all(complaints[1:])


@pytest.mark.parametrize("part", [None, *PARTS])
def test_symmetric(tmp_path, part):
    XMLSEC1.require()
    secret = bytes(range(32))
    (tmp_path / "secret").write_bytes(secret)
    key = ("--hmackey", str(tmp_path / "secret"))
    signed = xmlsec1_sign(tmp_path, message(template(HMAC_SHA256)), *key)
    if part is None:
        hmac_with_xmlsec1(signed, secret)
        return
    with pytest.raises(RefusedError):
        hmac_with_xmlsec1(flipped(signed, part), secret)


def test_flipping_changes_one_byte(signed):
    for part in PARTS:
        changed = flipped(signed, part)
        assert sum(a != b for a, b in zip(changed, signed, strict=True)) == 1
    value = signed.split(b"SignatureValue>")[1].split(b"<")[0]
    assert len(base64.b64decode(value)) == 256
