# SPDX-License-Identifier: MIT
"""Every algorithm suite, header layout, and version of SOAP and WS-Addressing, on the wire."""

import pytest

from ncrypt_ext import ws

from .certified import certified_key, der, pem
from .soap_service import SoapService
from .verify_with import (
    SIGNXML,
    XML_CRYPTO,
    XMLSEC1,
    ZEEP,
    RefusedError,
    complaints_of_xml_crypto,
    flipped,
)
from .wire_support import (
    ACTION,
    BODY,
    SIGNED,
    VERSIONS,
    Message,
    check_addressing,
    check_echo,
    needs_wire,
    open_channel,
)

pytest.importorskip("lxml")
pytestmark = needs_wire

DSIG = "http://www.w3.org/2000/09/xmldsig#"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
ENC = "http://www.w3.org/2001/04/xmlenc#"
DIGESTS = {
    "SHA1": f"{DSIG}sha1",
    "SHA256": f"{ENC}sha256",
    "SHA384": f"{MORE}sha384",
    "SHA512": f"{ENC}sha512",
}
SIGNATURES = {
    "RSA-SHA1": f"{DSIG}rsa-sha1",
    "RSA-SHA256": f"{MORE}rsa-sha256",
    "RSA-SHA384": f"{MORE}rsa-sha384",
    "RSA-SHA512": f"{MORE}rsa-sha512",
}
# What a suite says, and the names of digest and signature that it stands for.
SUITES = {
    **{s: ("SHA256" if "SHA256" in s.name else "SHA1", "RSA-SHA1") for s in ws.AlgorithmSuite},
    **{ws.Algorithms(d, signature): (d, signature) for d in DIGESTS for signature in SIGNATURES},
    **{ws.Algorithms(d): (d, f"RSA-{d}") for d in DIGESTS},
    None: ("SHA256", "RSA-SHA256"),
}
PARTS = {"Timestamp", "BinarySecurityToken", "Signature"}


@pytest.fixture
def certified(provider, rsa_blob):
    with certified_key(provider, rsa_blob) as pair:
        yield pair


@pytest.fixture
def x509(certified):
    key, certificate = certified
    with ws.XmlToken.from_xml(ws.x509_token(der(certificate)), key) as token:
        yield token


def requests_of_all_versions(token, **options):
    """What a service gets in each version of SOAP and addressing."""
    with SoapService() as service:
        for envelope, addressing in VERSIONS:
            options.update(envelope=envelope, addressing=addressing)
            with open_channel(service, token, **options) as channel:
                check_echo(channel)
        for request, (envelope, addressing) in zip(service.requests, VERSIONS, strict=True):
            message = Message(request.body)
            check_addressing(message, service.url, envelope, addressing)
            message.check_ids()
            yield request, message


def check_with_all(requests, certificate, *, node=True):
    for verifier in (XMLSEC1, SIGNXML, ZEEP):
        for request in requests:
            verifier(request.body, certificate)
    if node and not XML_CRYPTO._missing():
        pairs = [(request.body, certificate) for request in requests]
        assert complaints_of_xml_crypto(pairs) == [None] * len(pairs)


@pytest.mark.parametrize("suite", SUITES, ids=repr)
def test_suites(certified, x509, suite):
    digest, signature_name = SUITES[suite]
    requests = []
    for request, message in requests_of_all_versions(x509, algorithm_suite=suite):
        (signature,) = message.signatures
        assert signature.signed == SIGNED
        assert signature.digests == {DIGESTS[digest]}
        assert signature.algorithm == SIGNATURES[signature_name]
        requests.append(request)
    assert len(requests) == len(VERSIONS)
    # xml-crypto has no SHA-384.
    node = "SHA384" not in digest + signature_name
    check_with_all(requests, pem(certified[1]), node=node)


@pytest.mark.parametrize("layout", ws.SecurityHeaderLayout, ids=lambda layout: layout.name)
def test_layouts(certified, x509, layout):
    requests = []
    for request, message in requests_of_all_versions(x509, layout=layout):
        parts = message.parts
        assert len(parts) == 3
        assert set(parts) == PARTS
        if layout is ws.SecurityHeaderLayout.LAX_WITH_TIMESTAMP_LAST:
            assert parts[-1] == "Timestamp"
        else:
            assert parts[0] == "Timestamp"
        if layout is ws.SecurityHeaderLayout.STRICT:
            assert parts[1] == "BinarySecurityToken"
        requests.append(request)
    check_with_all(requests, pem(certified[1]))
    for request in requests:
        for part in ("Timestamp", "To", "SignatureValue"):
            with pytest.raises(RefusedError):
                SIGNXML(flipped(request.body, part), pem(certified[1]))


@pytest.mark.parametrize("version", ws.SecurityHeaderVersion, ids=lambda version: version.name)
def test_header_versions(certified, x509, version):
    requests = [one for one, _ in requests_of_all_versions(x509, header_version=version)]
    check_with_all(requests, pem(certified[1]))


@pytest.mark.parametrize(("envelope", "addressing"), VERSIONS)
def test_http_says_the_same(x509, envelope, addressing):
    """The content type of each version of SOAP, and where HTTP has the action."""
    with SoapService() as service:
        with open_channel(service, x509, envelope=envelope, addressing=addressing) as channel:
            channel.request(ACTION, BODY)
        (request,) = service.requests
    assert request.head.startswith(b"POST /service HTTP/1.1\r\n")
    kind, _, parameters = request.headers["content-type"].partition(";")
    assert "charset=utf-8" in parameters.lower()
    if envelope is ws.EnvelopeVersion.SOAP_1_1:
        assert kind == "text/xml"
        assert request.headers["soapaction"] == f'"{ACTION}"'
    else:
        assert kind == "application/soap+xml"
        assert f'action="{ACTION}"' in parameters
        assert "soapaction" not in request.headers
    assert int(request.headers["content-length"]) == len(request.body)
    assert "expect" not in request.headers
