# SPDX-License-Identifier: MIT
"""SAML 1.1 assertions that an issuer has signed: by signxml, or by xmlsec1."""

import subprocess
import tempfile
from pathlib import Path

from .soap_service import Authority
from .verify_with import DSIG, RefusedError

SAML = "urn:oasis:names:tc:SAML:1.0:assertion"
ISSUER_ID = "_a75adf55-01d7-40cc-929f-dbd8372ebdfc"
TEMPLATE = (
    f'<ds:Signature xmlns:ds="{DSIG}"><ds:SignedInfo><ds:CanonicalizationMethod'
    ' Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/><ds:SignatureMethod'
    ' Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>'
    f'<ds:Reference URI="#{ISSUER_ID}"><ds:Transforms><ds:Transform'
    ' Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><ds:Transform'
    ' Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms><ds:DigestMethod'
    ' Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference>'
    "</ds:SignedInfo><ds:SignatureValue/></ds:Signature>"
)


class Issuer:
    """A key in memory, and its certificate as PEM."""

    def __init__(self):
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.key = key.private_bytes(serialization.Encoding.PEM, *form)
        certificate = Authority().issue(key.public_key(), "issuer")
        self.certificate = certificate.public_bytes(serialization.Encoding.PEM)

    def sign_with_signxml(self, assertion):
        from lxml import etree
        from signxml import CanonicalizationMethod, XMLSigner

        signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
        signed = signer.sign(
            etree.fromstring(assertion),
            key=self.key,
            cert=self.certificate.decode(),
            reference_uri=ISSUER_ID,
            id_attribute="AssertionID",
        )
        return etree.tostring(signed)

    def sign_with_xmlsec1(self, assertion):
        end = assertion.rindex(b"</")
        template = assertion[:end] + TEMPLATE.encode() + assertion[end:]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "key.pem").write_bytes(self.key)
            (folder / "in.xml").write_bytes(template)
            command = ["xmlsec1", "--sign", "--privkey-pem", str(folder / "key.pem")]
            command += ["--id-attr:AssertionID", f"{SAML}:Assertion"]
            command += ["--output", str(folder / "out.xml"), str(folder / "in.xml")]
            done = subprocess.run(command, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            return (folder / "out.xml").read_bytes().partition(b"?>")[2].strip()

    def verify(self, assertion):
        """By signxml: raises RefusedError."""
        from lxml import etree
        from signxml import XMLVerifier
        from signxml.exceptions import SignXMLException

        try:
            XMLVerifier().verify(
                etree.fromstring(assertion),
                x509_cert=self.certificate.decode(),
                id_attribute="AssertionID",
            )
        except (SignXMLException, ValueError) as error:
            raise RefusedError(repr(error)) from None

    def verify_in(self, message):
        """By xmlsec1, where it stands in the message."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "certificate.pem").write_bytes(self.certificate)
            (folder / "message.xml").write_bytes(message)
            command = ["xmlsec1", "--verify", "--enabled-key-data", "rsa"]
            command += ["--pubkey-cert-pem", str(folder / "certificate.pem")]
            command += ["--id-attr:AssertionID", f"{SAML}:Assertion"]
            command += ["--node-xpath", "//*[local-name()='Assertion']/*[local-name()='Signature']"]
            done = subprocess.run([*command, str(folder / "message.xml")], capture_output=True)
            if done.returncode != 0:
                raise RefusedError(done.stderr.decode(errors="replace"))


def assertion(subject_certificate):
    """Of somebody who holds the key of that certificate (DER). With what has gone wrong elsewhere:
    names in attribute values whose prefix nothing else uses, comments, whitespace, entities."""
    import base64

    text = base64.b64encode(subject_certificate).decode()
    return (
        f'<saml:Assertion xmlns:saml="{SAML}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:xs="http://www.w3.org/2001/XMLSchema" MajorVersion="1" MinorVersion="1"'
        f' AssertionID="{ISSUER_ID}" Issuer="urn:issuer" IssueInstant="2026-01-01T00:00:00Z">\n'
        '  <saml:Conditions NotBefore="2026-01-01T00:00:00Z" NotOnOrAfter="2036-01-01T00:00:00Z"/>'
        "\n  <saml:AttributeStatement><saml:Subject><saml:NameIdentifier>Zo\u00eb &amp; Co"
        "</saml:NameIdentifier><saml:SubjectConfirmation><saml:ConfirmationMethod>"
        "urn:oasis:names:tc:SAML:1.0:cm:holder-of-key</saml:ConfirmationMethod>"
        f'<ds:KeyInfo xmlns:ds="{DSIG}"><ds:X509Data><ds:X509Certificate>{text}'
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></saml:SubjectConfirmation>"
        '</saml:Subject><saml:Attribute AttributeName="role" AttributeNamespace="urn:roles">'
        '<saml:AttributeValue xsi:type="xs:string">  buyer\t</saml:AttributeValue>'
        "</saml:Attribute></saml:AttributeStatement>\n</saml:Assertion>"
    ).encode()
