# SPDX-License-Identifier: MIT
"""Verifiers of signed messages that others wrote. Each raises RefusedError for what it refuses.

They look at the one signature that stands in the message's security header itself, with the key of
the certificate that is given: a token in the message is not asked whose key it was.
"""

import base64
import json
import re
import shutil
import string
import subprocess
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NODE_VERIFIER = ROOT / "build" / "node-verifier" / "verify.js"
OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity"
WSSE = f"{OASIS}-secext-1.0.xsd"
WSU = f"{OASIS}-utility-1.0.xsd"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
SOAP = ("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")
ADDRESSING = (
    "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "http://www.w3.org/2005/08/addressing",
)
SIGNATURE = "/*" + "".join(f"/*[local-name()='{n}']" for n in ("Header", "Security", "Signature"))


class RefusedError(Exception):
    """A verifier does not accept the message, and says why."""


class Verifier:
    """A name for reports, what it needs to run, and the function ``verify(message, certificate)``
    with the certificate as PEM."""

    def __init__(self, name, verify, missing):
        self.name = name
        self._verify = verify
        self._missing = missing

    def __repr__(self):
        return self.name

    def require(self):
        reason = self._missing()
        if reason:
            pytest.skip(f"{self.name}: {reason}")

    def __call__(self, message, certificate):
        self.require()
        self._verify(message, certificate)


def run(command, stdin=None):
    return subprocess.run(command, input=stdin, capture_output=True, timeout=120)


# ---- xmlsec1 -------------------------------------------------------------------------------------


def with_xmlsec1(message, certificate):
    with tempfile.TemporaryDirectory() as folder:
        document, pem = Path(folder, "message.xml"), Path(folder, "certificate.pem")
        document.write_bytes(message)
        pem.write_bytes(certificate)
        _run_xmlsec1(document, "--pubkey-cert-pem", str(pem))


def hmac_with_xmlsec1(message, secret):
    """The same for a signature by a symmetric key."""
    with tempfile.TemporaryDirectory() as folder:
        document, key = Path(folder, "message.xml"), Path(folder, "secret")
        document.write_bytes(message)
        key.write_bytes(secret)
        _run_xmlsec1(document, "--hmackey", str(key))


def _run_xmlsec1(document, *key):
    command = ["xmlsec1", "--verify", "--node-xpath", SIGNATURE, *key]
    version = re.search(r"(\d+)\.(\d+)", run(["xmlsec1", "--version"]).stdout.decode())
    if tuple(map(int, version.groups())) >= (1, 3):
        command.append("--lax-key-search")  # the reference to the token says it nothing
    names = [f"{WSU}:Timestamp", *(f"{uri}:To" for uri in ADDRESSING)]
    names += [f"{uri}:Body" for uri in SOAP]
    for name in names:
        command += ["--id-attr:Id", name]
    done = run([*command, str(document)])
    if done.returncode != 0:
        raise RefusedError((done.stderr or done.stdout).decode(errors="replace"))


# ---- signxml -------------------------------------------------------------------------------------


def with_signxml(message, certificate):
    from cryptography import x509
    from lxml import etree
    from signxml import DigestAlgorithm, SignatureConfiguration, SignatureMethod, XMLVerifier
    from signxml.exceptions import InvalidCertificate, SignXMLException

    root = etree.fromstring(message)
    uri = etree.QName(root).namespace
    config = SignatureConfiguration(
        location=f"./{{{uri}}}Header/{{{WSSE}}}Security/",
        expect_references=True,
        signature_methods=frozenset(SignatureMethod),  # with SHA-1
        digest_algorithms=frozenset(DigestAlgorithm),
    )
    trusted = x509.load_pem_x509_certificate(certificate)
    try:
        results = XMLVerifier().verify(root, x509_cert=trusted, expect_config=config)
    except (SignXMLException, InvalidCertificate, etree.DocumentInvalid, ValueError) as error:
        raise RefusedError(repr(error)) from None
    assert results


# ---- zeep ----------------------------------------------------------------------------------------


def with_zeep(message, certificate):
    from lxml import etree
    from zeep.exceptions import SignatureVerificationFailed
    from zeep.wsse.signature import MemorySignature

    try:
        MemorySignature(b"", certificate).verify(etree.fromstring(message))
    except SignatureVerificationFailed as error:
        raise RefusedError(repr(error)) from None


# ---- xml-crypto ----------------------------------------------------------------------------------


def with_xml_crypto(message, certificate):
    (complaint,) = complaints_of_xml_crypto([(message, certificate)])
    if complaint is not None:
        raise RefusedError(complaint)


def complaints_of_xml_crypto(pairs):
    """What it has to say of each message, None for those that are right: one start for many."""
    wanted = [
        {"message": base64.b64encode(message).decode(), "certificate": certificate.decode()}
        for message, certificate in pairs
    ]
    done = run(["node", str(NODE_VERIFIER)], json.dumps(wanted).encode())
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return json.loads(done.stdout)


def _without_xmlsec1():
    return None if shutil.which("xmlsec1") else "the command is not installed"


def _without_module(name):
    def missing():
        try:
            __import__(name)
        except ImportError as error:
            return str(error)
        return None

    return missing


def _without_node():
    if not shutil.which("node"):
        return "there is no node"
    return None if NODE_VERIFIER.exists() else "not installed: tools/verifiers does that"


XMLSEC1 = Verifier("xmlsec1", with_xmlsec1, _without_xmlsec1)
SIGNXML = Verifier("signxml", with_signxml, _without_module("signxml"))
ZEEP = Verifier("zeep", with_zeep, _without_module("xmlsec"))
XML_CRYPTO = Verifier("xml-crypto", with_xml_crypto, _without_node)
VERIFIERS = (XMLSEC1, SIGNXML, ZEEP, XML_CRYPTO)


# ---- what is tampered with -----------------------------------------------------------------------

SECURITY = f"./{{*}}Header/{{{WSSE}}}Security"
PATHS = {
    "Timestamp": f"{SECURITY}/{{{WSU}}}Timestamp/{{{WSU}}}Created",
    "To": "./{*}Header/{*}To",
    "Body": "./{*}Body/*",
    "SignatureValue": f"{SECURITY}/{{{DSIG}}}Signature/{{{DSIG}}}SignatureValue",
}
BASE64 = (string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/").encode()


def flipped(message, name):
    """The message with one byte of that part changed, and only one bit of what it stands for."""
    from lxml import etree

    root = etree.fromstring(message)
    (element,) = root.findall(PATHS[name])
    local = etree.QName(element).localname
    index = list(root.iter(f"{{*}}{local}")).index(element)
    starts = list(re.finditer(rb"<(?:[\w.-]+:)?%b(?:\s[^>]*)?>" % local.encode(), message))
    start = starts[index].end()
    end = message.index(b"<", start)
    text = message[start:end]
    if name == "SignatureValue":  # from one character of base64 to another
        at = len(text) // 2 + (text[len(text) // 2 :][:1] in b"\r\n")
        byte = BASE64[BASE64.index(text[at]) ^ 1]
    else:
        at = max(i for i, byte in enumerate(text) if chr(byte).isalnum())
        byte = text[at] ^ 1
    new = text[:at] + bytes((byte,)) + text[at + 1 :]
    return message[:start] + new + message[end:]
