# SPDX-License-Identifier: MIT
"""docs/signed-body.md: what it makes is right for verifiers of others, and arrives."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ncrypt_ext as nc

from .certified import certified_key, der, pem
from .soap_service import SOAP_11, SOAP_12, Authority, Reply, SoapService
from .verify_with import VERIFIERS, WSU, XML_CRYPTO, RefusedError, flipped

pytest.importorskip("signxml")
PAGE = (Path(__file__).parents[2] / "docs" / "signed-body.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python.*\n((?:.*\n)*?)^```$", PAGE, re.MULTILINE)
(COMMAND,) = re.findall(r"^```shell tested.*\n((?:.*\n)*?)^```$", PAGE, re.MULTILINE)
TO = "{http://www.w3.org/2005/08/addressing}To"


@pytest.fixture(scope="module")
def recipe():
    names = {"__name__": "signed_body"}
    exec(compile(BLOCKS[0], "signed-body.md", "exec"), names)
    return names


@pytest.fixture
def certified(provider, rsa_blob):
    with certified_key(provider, rsa_blob) as pair:
        yield pair


def signed(recipe, certified, envelope, **options):
    from lxml import etree

    key, certificate = certified
    root = etree.fromstring(envelope)
    done, headers = recipe["SignedBody"](key, der(certificate), **options).apply(root, {"a": "b"})
    assert done is root
    assert headers == {"a": "b"}
    return etree.tostring(root)


def envelope(uri, header=""):
    return (
        f'<s:Envelope xmlns:s="{uri}" xmlns:a="{TO[1:-3]}">{header}'
        '<s:Body xmlns:x="urn:x"><b x:y="1"> text </b></s:Body></s:Envelope>'
    )


def test_the_key_stays_in_its_store(certified):
    for kind in ("PKCS8_PRIVATEKEY", "RSAFULLPRIVATEBLOB", "RSAPRIVATEBLOB"):
        with pytest.raises(nc.NCryptError):
            certified[0].export(kind)


@pytest.mark.parametrize("verifier", VERIFIERS, ids=repr)
@pytest.mark.parametrize("uri", [SOAP_11, SOAP_12])
def test_body_and_timestamp_are_signed(recipe, certified, verifier, uri):
    message, certificate = signed(recipe, certified, envelope(uri)), pem(certified[1])
    verifier(message, certificate)
    for part in ("Timestamp", "SignatureValue"):
        with pytest.raises(RefusedError):
            verifier(flipped(message, part), certificate)
    with pytest.raises(RefusedError):
        verifier(message.replace(b" text ", b" texT "), certificate)


@pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="the command is not installed")
def test_the_command_of_the_page(recipe, certified, tmp_path):
    def verified(message):
        (tmp_path / "signed.xml").write_bytes(message)
        return subprocess.run(["sh", "-c", COMMAND], cwd=tmp_path, capture_output=True).returncode

    (tmp_path / "cert.pem").write_bytes(pem(certified[1]))
    message = signed(recipe, certified, envelope(SOAP_12))
    assert verified(message) == 0
    assert verified(message.replace(b" text ", b" texT ")) != 0


@pytest.mark.parametrize("verifier", VERIFIERS, ids=repr)
def test_named_headers_are_signed(recipe, certified, verifier):
    text = envelope(SOAP_12, "<s:Header><a:To>https://localhost/</a:To></s:Header>")
    message, certificate = signed(recipe, certified, text, headers=(TO,)), pem(certified[1])
    verifier(message, certificate)
    with pytest.raises(RefusedError):
        verifier(flipped(message, "To"), certificate)


def test_a_security_header_is_completed(recipe, certified):
    from lxml import etree

    first = signed(recipe, certified, envelope(SOAP_12))
    root = etree.fromstring(first)
    security = root.find(".//{*}Security")
    for name in ("BinarySecurityToken", "Signature"):
        security.remove(security.find(f"{{*}}{name}"))
    message = signed(recipe, certified, etree.tostring(root))
    again = etree.fromstring(message)
    (security,) = again.findall("./{*}Header/{*}Security")
    names = [etree.QName(child).localname for child in security]
    assert names == ["Timestamp", "BinarySecurityToken", "Signature"]
    assert len(again.findall(f".//*[@{{{WSU}}}Id]")) == 3
    VERIFIERS[1](message, pem(certified[1]))


@pytest.mark.parametrize("verifier", [one for one in VERIFIERS if one is not XML_CRYPTO], ids=repr)
def test_ec_keys_sign(recipe, provider, verifier):
    """Except for xml-crypto, which knows no ECDSA."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    with provider.create_key("ECDSA_P256", "soap") as key:
        public = load_pem_public_key(key.public_key_pem().encode())
        pair = key, Authority().issue(public, "orders")
        message, certificate = signed(recipe, pair, envelope(SOAP_12)), pem(pair[1])
    verifier(message, certificate)
    with pytest.raises(RefusedError):
        verifier(message.replace(b" text ", b" texT "), certificate)


@pytest.mark.parametrize("verifier", VERIFIERS, ids=repr)
def test_zeep_sends_it(recipe, certified, verifier, tmp_path):
    """Over TLS to a service that keeps the bytes."""
    zeep, requests = pytest.importorskip("zeep"), pytest.importorskip("requests")
    (wsdl,) = re.findall(r'"""\n(<definitions.*</definitions>)"""', BLOCKS[2], re.DOTALL)
    (tmp_path / "orders.wsdl").write_text(wsdl)
    key, certificate = certified
    with SoapService(lambda request: Reply(status="202 Accepted")) as service:
        (tmp_path / "ca.pem").write_bytes(service.authority.pem)
        with requests.Session() as session:
            session.verify, session.trust_env = str(tmp_path / "ca.pem"), False
            wsse = recipe["SignedBody"](key, der(certificate))
            transport = zeep.Transport(session=session)
            client = zeep.Client(str(tmp_path / "orders.wsdl"), wsse=wsse, transport=transport)
            port = client.create_service("{urn:orders}orders", service.url)
            port.order("two apples")
            port.order("three apples")
    assert [b"two apples" in request.body for request in service.requests] == [True, False]
    for request in service.requests:
        verifier(request.body, pem(certificate))
        with pytest.raises(RefusedError):
            verifier(request.body.replace(b" apples", b" pears "), pem(certificate))
    assert service.connections == 1


@pytest.mark.skipif(sys.platform == "win32", reason="the pages show the portable engine")
def test_the_versions_are_those_that_run_here():
    import importlib.metadata

    for name in ("signxml", "zeep", "lxml"):
        version = ".".join(importlib.metadata.version(name).split(".")[:2])
        assert f"{name} {version}" in PAGE
