# SPDX-License-Identifier: MIT
"""signxml signs with stored keys, XAdES too; signxml and the command xmlsec1 verify."""

import shutil
import subprocess

import pytest

pytest.importorskip("signxml", reason="signxml is not installed: it is in the group test")

from cryptography.hazmat.primitives import serialization
from lxml import etree
from signxml import (
    InvalidDigest,
    InvalidSignature,
    SignatureConfiguration,
    SignatureConstructionMethod,
    SignatureMethod,
    XMLSigner,
    XMLVerifier,
)
from signxml.xades import XAdESSignatureConfiguration, XAdESSigner, XAdESVerifier, XAdESVerifyResult

from .certified import certificate_of

ORDER = b'<order xmlns="urn:orders" number="17"><item>two apples</item></order>'
METHODS = {
    "RSA": ["RSA_SHA256", "RSA_SHA512", "SHA256_RSA_MGF1", "SHA512_RSA_MGF1"],
    "P256": ["ECDSA_SHA256"],
    "P384": ["ECDSA_SHA256", "ECDSA_SHA384"],
    "P521": ["ECDSA_SHA512"],
}
CASES = [(kind, method) for kind, methods in METHODS.items() for method in methods]


@pytest.fixture(params=CASES, ids="-".join)
def case(request, provider, rsa_blob):
    """A stored key that cannot be exported, what it signs by, and its certificate as PEM."""
    kind, method = request.param
    if kind == "RSA":
        native = provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB", name="xml")
    else:
        native = provider.create_key(f"ECDSA_{kind}", "xml")
    with native, native.as_cryptography() as key:
        certificate = certificate_of(key).public_bytes(serialization.Encoding.PEM).decode()
        yield key, SignatureMethod[method], certificate


def expect(method):
    return SignatureConfiguration(signature_methods=[method])


def signed_order(case, construction="enveloped"):
    key, method, certificate = case
    signer = XMLSigner(SignatureConstructionMethod[construction], signature_algorithm=method)
    return etree.tostring(signer.sign(etree.fromstring(ORDER), key=key, cert=certificate))


@pytest.mark.parametrize("construction", ["enveloped", "enveloping"])
def test_signature_is_valid(case, construction):
    _, method, certificate = case
    content = signed_order(case, construction)
    result = XMLVerifier().verify(content, x509_cert=certificate, expect_config=expect(method))
    assert b"two apples" in result.signed_data
    changed = content.replace(b"two apples", b"ten apples")
    with pytest.raises((InvalidDigest, InvalidSignature)):
        XMLVerifier().verify(changed, x509_cert=certificate, expect_config=expect(method))


@pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="the command is not installed")
def test_xmlsec1_agrees(case, tmp_path):
    def verified(content):
        (tmp_path / "order.xml").write_bytes(content)
        command = ["xmlsec1", "--verify", "--pubkey-cert-pem", "certificate.pem", "order.xml"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 0

    if case[1].name.endswith("MGF1"):
        pytest.skip("xmlsec1 1.2 knows no RSA-PSS")
    (tmp_path / "certificate.pem").write_text(case[2])
    content = signed_order(case)
    assert verified(content)
    assert not verified(content.replace(b"two apples", b"ten apples"))


def test_key_value_in_place_of_a_certificate(case):
    key, method, _ = case
    signer = XMLSigner(signature_algorithm=method)
    content = etree.tostring(signer.sign(etree.fromstring(ORDER), key=key))
    config = SignatureConfiguration(signature_methods=[method], require_x509=False)
    assert XMLVerifier().verify(content, expect_config=config).signed_data


def test_xades(case):
    key, method, certificate = case
    signer = XAdESSigner(signature_algorithm=method, claimed_roles=["buyer"])
    # signxml 5.2 verifies no KeyValue beside a certificate for RSA-PSS, whoever signed.
    key_value = not method.name.endswith("MGF1")
    signed = signer.sign(
        etree.fromstring(ORDER), key=key, cert=certificate, always_add_key_value=key_value
    )
    content = etree.tostring(signed)
    assert b"SigningCertificateV2" in content
    results = verify_xades(content, certificate, method)
    assert any(b"two apples" in result.signed_data for result in results)
    (properties,) = (each.signed_properties for each in results if type(each) is XAdESVerifyResult)
    assert properties.find(".//{*}ClaimedRole").text == "buyer"
    for old, new in ((b"two apples", b"ten apples"), (b">buyer<", b">owner<")):
        with pytest.raises((InvalidDigest, InvalidSignature)):
            verify_xades(content.replace(old, new), certificate, method)


def verify_xades(content, certificate, method):
    """The document, its certificate, and what is said of the signature."""
    config = XAdESSignatureConfiguration(signature_methods=[method])
    return XAdESVerifier().verify(content, x509_cert=certificate, expect_config=config)
