# SPDX-License-Identifier: MIT
"""MSAL proves who the client is with a stored key, to a service that verifies it."""

import ipaddress
import ssl
import time
import uuid

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec as ec_keys

import ncrypt_ext as nc

from .conftest import stored_ec
from .material import PEM, Holder, write
from .token_service import TokenService

msal = pytest.importorskip("msal", reason="msal is not installed: it is in the group recipes")

import jwt  # noqa: E402
import requests  # noqa: E402

CLIENT = "2f5d9f5e-0000-0000-0000-000000000017"
SCOPES = ["https://orders.example/.default"]


@pytest.fixture
def service(provider, tmp_path):
    """Its certificate is signed by a stored key; its own key is not stored, as ssl wants it."""
    plain = ec_keys.generate_private_key(ec_keys.SECP256R1())
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    with stored_ec(provider, "P256", "authority") as authority:
        root = Holder.root(authority)
        own = root.issue(plain.public_key(), "service", extensions=[loopback])
    write(tmp_path / "root.pem", root.certificate)
    write(tmp_path / "service.pem", own)
    pkcs8, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (tmp_path / "service.key").write_bytes(plain.private_bytes(PEM, pkcs8, none))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "service.pem", tmp_path / "service.key")
    service = TokenService(context)
    yield service
    service.close()


@pytest.fixture
def client(service, tmp_path):
    """Makes a client of MSAL from its credential."""
    session = requests.Session()
    session.trust_env = False  # no proxy
    session.verify = str(tmp_path / "root.pem")

    def make(**credential):
        return msal.ConfidentialClientApplication(
            CLIENT,
            oidc_authority=service.url,
            client_credential=credential,
            http_client=session,
        )

    with session:
        yield make


@pytest.fixture
def holder(rsa, service):
    """The client's key, and its certificate, which the service knows."""
    holder = Holder.root(rsa, "client")
    service.register(CLIENT, holder.certificate)
    return holder


def pem(holder):
    return holder.certificate.public_bytes(PEM).decode()


def thumbprint(holder):
    return holder.certificate.fingerprint(hashes.SHA1()).hex()


def test_certificate(client, holder, service):
    """PS256, with the certificate in the assertion; the token is kept, the second is that."""
    app = client(private_key=holder.key, public_certificate=pem(holder))
    answer = app.acquire_token_for_client(SCOPES)
    assert answer["access_token"] == "a token", answer
    assert app.acquire_token_for_client(SCOPES)["token_source"] == "cache"
    ((header, claims),) = service.accepted
    assert header["alg"] == "PS256"
    assert {"x5c", "x5t#S256"} <= set(header)
    assert claims["iss"] == CLIENT


def test_thumbprint(client, holder, service):
    app = client(private_key=holder.key, thumbprint=thumbprint(holder))
    answer = app.acquire_token_for_client(SCOPES)
    assert answer["access_token"] == "a token", answer
    ((header, _),) = service.accepted
    assert header["alg"] == "RS256"
    assert "x5t" in header


def assertion(service, key, algorithm):
    now = int(time.time())
    claims = {
        "aud": f"{service.url}/token",
        "iss": CLIENT,
        "sub": CLIENT,
        "jti": str(uuid.uuid4()),
        "exp": now + 600,
    }
    return jwt.encode(claims, key, algorithm)


@pytest.mark.parametrize(
    ("fixture", "algorithm"), [("rsa", "PS256"), ("rsa", "RS256"), ("p256", "ES256")]
)
def test_own_assertion(request, client, service, fixture, algorithm):
    """What MSAL documents: a function that makes the assertion, with a key of any type."""
    key = request.getfixturevalue(fixture)
    service.register(CLIENT, Holder.root(key, "client").certificate)
    app = client(client_assertion=lambda: assertion(service, key, algorithm))
    assert app.acquire_token_for_client(SCOPES)["access_token"] == "a token"
    # Another scope needs another token, and that another assertion.
    assert app.acquire_token_for_client(["other/.default"])["access_token"] == "a token"
    assert len(service.accepted) == 2


def test_other_key_gets_no_token(client, holder, service, provider):
    with provider.create_key("RSA", length=2048) as key, key.as_cryptography() as other:
        app = client(private_key=other, public_certificate=pem(holder))
        answer = app.acquire_token_for_client(SCOPES)
    assert answer["error"] == "invalid_client"
    assert "the signature is wrong" in answer["error_description"]
    assert service.accepted == []


def test_assertion_that_was_used(client, holder, service):
    used = assertion(service, holder.key, "PS256")
    app = client(client_assertion=lambda: used)
    assert app.acquire_token_for_client(SCOPES)["access_token"] == "a token"
    answer = app.acquire_token_for_client(["other/.default"])
    assert "used before" in answer["error_description"]


def test_closed_key_says_so(client, holder, service):
    app = client(private_key=holder.key, public_certificate=pem(holder))
    holder.key.close()
    with pytest.raises(nc.ClosedHandleError):
        app.acquire_token_for_client(SCOPES)
    assert service.accepted == []


def test_ec_key_needs_an_own_assertion(client, p256, service):
    """MSAL signs with PS256 and RS256 only."""
    holder = Holder.root(p256, "client")
    service.register(CLIENT, holder.certificate)
    app = client(private_key=p256, public_certificate=pem(holder))
    with pytest.raises((TypeError, jwt.InvalidKeyError)):
        app.acquire_token_for_client(SCOPES)
    assert service.accepted == []
