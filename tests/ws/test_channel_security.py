# SPDX-License-Identifier: MIT
"""Channels with TLS and tokens."""

import pytest

from ncrypt_ext import ws

from .channel_support import (
    ACTION,
    BODY,
    STATE,
    bearer,
    content,
    header_of,
    needs_channels,
    needs_tls,
    signer,
    ssl_of,
    symmetric,
)
from .soap_service import Authority, SoapService, answer
from .token_support import needs_tokens

pytestmark = [needs_channels, needs_tls]
WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"
DSIG = "{http://www.w3.org/2000/09/xmldsig#}"
# With a code that no standard has.
NEW_FAULT = (
    '<s:Fault><faultcode xmlns:f="urn:faults">f:New</faultcode><faultstring>no</faultstring>'
    "</s:Fault>"
)

# A code of SOAP's, and inside it one that the service has made up.
OWN_CODE = (
    '<s:Value>s:Sender</s:Value><s:Subcode><s:Value xmlns:f="urn:faults">f:x</s:Value></s:Subcode>'
)


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture
def secure(authority):
    with SoapService(authority=authority) as service:
        yield service


def test_tls(secure, authority, tmp_path):
    path = tmp_path / "ca.pem"
    path.write_bytes(authority.pem)
    for transport in (ssl_of(authority), ws.SslTransport(ca_file=path)):
        with ws.Channel(secure.url, security=[transport]) as channel:
            assert content(channel.request(ACTION, BODY)) == [("{urn:orders}order", "17")]
            assert header_of(secure.requests[-1]).find(f"{WSSE}Security") is None


def test_certificates_that_are_not_trusted(authority):
    other = Authority("another")
    expired = authority.identity("localhost", hosts=["localhost"], days=(-9, -1))
    elsewhere = authority.identity("elsewhere", hosts=["elsewhere.example"])
    client = authority.identity("localhost")
    for identity, failure in [
        (other.identity("localhost", hosts=["localhost"]), ws.CertFailure.UNTRUSTED_ROOT),
        (expired, ws.CertFailure.INVALID_DATE),
        (elsewhere, ws.CertFailure.CN_MISMATCH),
        (client, None),
    ]:
        with SoapService(authority=authority, identity=identity) as service:
            with ws.Channel(service.url, security=[ssl_of(authority)]) as channel:
                with pytest.raises(ws.WsSecurityError, match="certificate"):
                    channel.request(ACTION, BODY)
            assert service.requests == []
            if failure is not None:
                easy = ssl_of(authority, ignore_failures=failure | 16)
                with ws.Channel(service.url, security=[easy]) as channel:
                    channel.request(ACTION, BODY)


def test_client_certificates(authority, provider):
    from .certified import pem

    identity = authority.identity("client")
    pair = ws.PemCertificate(identity.certificate, identity.key)
    with provider.create_key("ECDSA_P256") as key:
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        public = load_pem_public_key(key.public_key_pem().encode())
        stored = ws.StoredCertificate(pem(authority.issue(public, "stored")), key)
        with SoapService(authority=authority, client_authority=authority) as service:
            for certificate in (pair, stored):
                transport = ssl_of(authority, client_certificate=certificate)
                with ws.Channel(service.url, security=[transport]) as channel:
                    channel.request(ACTION, BODY)
                    channel.request(ACTION, BODY)
            channel = ws.Channel(service.url, security=[ssl_of(authority)])
            with pytest.raises(ws.WsError):
                channel.request(ACTION, BODY)
            channel.close()
    assert len(service.requests) == 4
    assert all(request.peer for request in service.requests)


def security_of(request):
    header = header_of(request).find(f"{WSSE}Security")
    return [element.tag for element in header], header


@needs_tokens
def test_a_bearer_token(secure, authority):
    with bearer() as token:
        channel = ws.Channel(secure.url, security=[ssl_of(authority), token])
    with channel:
        channel.request(ACTION, BODY)
    tags, _ = security_of(secure.requests[0])
    assert tags == [f"{WSU}Timestamp", f"{WSSE}UsernameToken"]


@needs_tokens
@pytest.mark.parametrize(
    ("suite", "digest", "signature"),
    [
        (None, "xmlenc#sha256", "rsa-sha256"),
        (ws.Algorithms("SHA512"), "xmlenc#sha512", "rsa-sha512"),
        (ws.Algorithms("SHA1", "RSA-SHA256"), "xmldsig#sha1", "rsa-sha256"),
        (ws.AlgorithmSuite.BASIC256, "xmldsig#sha1", "rsa-sha1"),
        (ws.AlgorithmSuite.BASIC128_SHA256, "xmlenc#sha256", "rsa-sha1"),
    ],
    ids=repr,
)
def test_a_token_that_signs(secure, authority, rsa_key, suite, digest, signature):
    with signer(rsa_key) as token:
        security = [token, ssl_of(authority)]
        channel = ws.Channel(secure.url, security=security, algorithm_suite=suite)
    with channel:
        channel.request(ACTION, BODY)
    tags, header = security_of(secure.requests[0])
    assert tags == [f"{WSU}Timestamp", "t", f"{DSIG}Signature"]
    info = header.find(f"{DSIG}Signature/{DSIG}SignedInfo")
    assert info.find(f"{DSIG}SignatureMethod").get("Algorithm").endswith(f"#{signature}")
    references = info.findall(f"{DSIG}Reference")
    assert len(references) == 2
    for reference in references:
        assert reference.find(f"{DSIG}DigestMethod").get("Algorithm").endswith(digest)


@needs_tokens
def test_a_symmetric_token(secure, authority):
    with symmetric() as token:
        channel = ws.Channel(secure.url, security=[ssl_of(authority), token])
    with channel:
        channel.request(ACTION, BODY)
    info = security_of(secure.requests[0])[1].find(f"{DSIG}Signature/{DSIG}SignedInfo")
    assert info.find(f"{DSIG}SignatureMethod").get("Algorithm").endswith("#hmac-sha256")
    assert len(info.findall(f"{DSIG}Reference")) == 1


@needs_tokens
def test_replies_without_a_timestamp(secure, authority):
    secure.handler = lambda request: answer(request, "<a/>", security="")
    usage = ws.TimestampUsage
    with bearer() as token:
        for timestamp, good in [(usage.ALWAYS, False), (usage.REQUESTS_ONLY, True)]:
            security = [ssl_of(authority), token]
            with ws.Channel(secure.url, security=security, timestamp=timestamp) as channel:
                if good:
                    channel.request(ACTION, BODY)
                else:
                    with pytest.raises(ws.WsSecurityError):
                        channel.request(ACTION, BODY)
                    assert channel.state == STATE.OPEN


@needs_tokens
@pytest.mark.parametrize("allowed", [True, False])
def test_faults_without_a_security_header(secure, authority, allowed):
    def handler(request):
        return answer(request, NEW_FAULT, security="", status="500 Internal Server Error")

    secure.handler = handler
    options = {} if allowed else {"allow_unsecured_faults": False}
    with bearer() as token:
        channel = ws.Channel(
            secure.url,
            envelope=ws.EnvelopeVersion.SOAP_1_1,
            security=[ssl_of(authority), token],
            **options,
        )
    with channel, pytest.raises(ws.WsFaultError if allowed else ws.WsSecurityError):
        channel.request(ACTION, BODY)


@needs_tokens
@pytest.mark.parametrize(
    ("code", "error"),
    [("<s:Value>s:Sender</s:Value>", ws.WsFaultError), (OWN_CODE, ws.WsSecurityError)],
    ids=["the standard's", "the service's"],
)
def test_unsecured_faults_that_anybody_may_send(secure, authority, code, error):
    reason = '<s:Reason><s:Text xml:lang="en">no</s:Text></s:Reason>'
    fault = f"<s:Fault><s:Code>{code}</s:Code>{reason}</s:Fault>"
    secure.handler = lambda request: answer(
        request, fault, security="", status="500 Internal Server Error"
    )
    with bearer() as token:
        channel = ws.Channel(
            secure.url, security=[ssl_of(authority), token], allow_unsecured_faults=False
        )
    with channel, pytest.raises(error):
        channel.request(ACTION, BODY)
