# SPDX-License-Identifier: MIT
"""Certificates of servers and clients, right and wrong, through real channels."""

import socketserver
import subprocess
import threading

import pytest

from ncrypt_ext import ws

from .certified import certified_key, der, pem
from .soap_service import HOSTS, Authority, SoapService
from .wire_support import ACTION, BODY, check_echo, needs_wire

pytestmark = needs_wire


def request(service, **options):
    transport = ws.SslTransport(**options)
    with ws.Channel(service.url, security=[transport]) as channel:
        check_echo(channel)


def refused(service, **options):
    """The error; the request has not been sent."""
    with pytest.raises(ws.WsSecurityError) as caught:
        request(service, **options)
    assert service.requests == []
    assert [text for text in caught.value.strings if len(text.split()) >= 4]
    return caught.value


# ---- the server's --------------------------------------------------------------------------------


def test_an_authority_by_file_and_by_data(tmp_path):
    path = tmp_path / "ca \u00e4.pem"
    with SoapService() as service:
        path.write_bytes(service.authority.pem)
        request(service, ca_file=path)
        request(service, ca_data=service.authority.pem)
        both = Authority().pem + service.authority.pem
        request(service, ca_data=both)


def test_unknown_authority():
    with SoapService() as service:
        refused(service, ca_data=Authority().pem)
        refused(service)  # what the system trusts
        ignored = ws.CertFailure.UNTRUSTED_ROOT
        request(service, ca_data=Authority().pem, ignore_failures=ignored)


def test_an_authority_of_the_same_name():
    """The name of an issuer proves nothing."""
    with SoapService(authority=Authority("one")) as service:
        refused(service, ca_data=Authority("one").pem)


@pytest.mark.parametrize("hosts", [["elsewhere.example"], ["127.0.0.1"], ["*.localhost"]])
def test_another_host(hosts):
    authority = Authority()
    identity = authority.identity("localhost", hosts=hosts)
    with SoapService(authority=authority, identity=identity) as service:
        assert "localhost" in service.url
        refused(service, ca_data=authority.pem)
        request(service, ca_data=authority.pem, check_hostname=False)


def test_an_address_is_a_host():
    authority = Authority()
    identity = authority.identity("localhost", hosts=["127.0.0.1"])
    with SoapService(authority=authority, identity=identity) as service:
        service.url = service.url.replace("localhost", "127.0.0.1")
        request(service, ca_data=authority.pem)


@pytest.mark.parametrize("days", [(-10, -1), (1, 10)], ids=["expired", "not yet valid"])
def test_another_time(days):
    authority = Authority()
    identity = authority.identity("localhost", hosts=HOSTS, days=days)
    with SoapService(authority=authority, identity=identity) as service:
        refused(service, ca_data=authority.pem)
        ignored = ws.CertFailure.INVALID_DATE
        request(service, ca_data=authority.pem, ignore_failures=ignored)


def test_a_certificate_for_something_else():
    authority = Authority()
    identity = authority.identity("localhost")  # a client's
    with SoapService(authority=authority, identity=identity) as service:
        refused(service, ca_data=authority.pem, check_hostname=False)


def test_ignoring_one_failure_is_not_ignoring_another():
    authority = Authority()
    identity = authority.identity("localhost", hosts=["elsewhere.example"], days=(-10, -1))
    with SoapService(authority=authority, identity=identity) as service:
        for failure in (ws.CertFailure.CN_MISMATCH, ws.CertFailure.INVALID_DATE):
            refused(service, ca_data=authority.pem, ignore_failures=failure)
        both = ws.CertFailure.CN_MISMATCH | ws.CertFailure.INVALID_DATE
        request(service, ca_data=authority.pem, ignore_failures=both)


class Plain(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(5)  # of a ClientHello
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def test_no_tls_at_the_other_end():
    with socketserver.TCPServer(("127.0.0.1", 0), Plain) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        transport = ws.SslTransport(ca_data=Authority().pem)
        url = f"https://localhost:{server.server_address[1]}/"
        with ws.Channel(url, security=[transport]) as channel, pytest.raises(ws.WsError):
            channel.request(ACTION, BODY)
        thread.join()


def test_tls_where_none_was_expected():
    with SoapService() as service:
        url = service.url.replace("https:", "http:")
        with ws.Channel(url) as channel, pytest.raises(ws.WsError):
            channel.request(ACTION, BODY)
        assert service.requests == []


# ---- the client's --------------------------------------------------------------------------------


@pytest.fixture
def clients():
    return Authority("clients")


@pytest.fixture
def demanding(clients):
    """A service that talks to clients with a certificate only."""
    with SoapService(client_authority=clients) as service:
        yield service


def test_a_client_certificate_in_pem(clients, demanding, tmp_path):
    identity = clients.identity("me")
    certificate = ws.PemCertificate(identity.certificate, identity.key)
    request(demanding, ca_data=demanding.authority.pem, client_certificate=certificate)
    for name, content in zip(("key", "certificate"), identity, strict=True):
        (tmp_path / name).write_bytes(content)
    certificate = ws.PemCertificate(tmp_path / "certificate", tmp_path / "key")
    request(demanding, ca_data=demanding.authority.pem, client_certificate=certificate)
    assert all(one.peer for one in demanding.requests)


def test_a_client_certificate_with_a_passphrase(clients, demanding):
    from cryptography.hazmat.primitives import serialization

    identity = clients.identity("me")
    key = serialization.load_pem_private_key(identity.key, None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"p\xc3\xa4ss"),
    )
    right = ws.PemCertificate(identity.certificate, encrypted, "p\u00e4ss")
    request(demanding, ca_data=demanding.authority.pem, client_certificate=right)
    for passphrase in ("wrong", None):
        wrong = ws.PemCertificate(identity.certificate, encrypted, passphrase)
        with pytest.raises(ws.WsError):
            request(demanding, ca_data=demanding.authority.pem, client_certificate=wrong)
    assert len(demanding.requests) == 1


def test_a_client_certificate_of_a_stored_key(clients, demanding, provider, rsa_blob):
    """The private key, which cannot be exported, signs in the handshake. The channel holds it."""
    with certified_key(provider, rsa_blob, clients) as (key, certificate):
        stored = ws.StoredCertificate(pem(certificate), key)
        transport = ws.SslTransport(ca_data=demanding.authority.pem, client_certificate=stored)
        channel = ws.Channel(demanding.url, security=[transport])
    with channel:
        check_echo(channel)
    assert [one.peer for one in demanding.requests] == [der(certificate)]


def test_without_the_client_certificate(demanding):
    with pytest.raises(ws.WsError) as caught:
        request(demanding, ca_data=demanding.authority.pem)
    assert [text for text in caught.value.strings if len(text.split()) >= 4]
    assert demanding.requests == []


def test_a_client_certificate_of_others(demanding):
    identity = Authority("clients").identity("me")
    certificate = ws.PemCertificate(identity.certificate, identity.key)
    with pytest.raises(ws.WsError):
        request(demanding, ca_data=demanding.authority.pem, client_certificate=certificate)
    assert demanding.requests == []


def test_a_certificate_and_the_key_of_another(clients, demanding):
    one, other = clients.identity("me"), clients.identity("you")
    certificate = ws.PemCertificate(one.certificate, other.key)
    with pytest.raises(ws.WsError):
        request(demanding, ca_data=demanding.authority.pem, client_certificate=certificate)
    assert demanding.requests == []


def test_openssl_agrees_with_the_authority(tmp_path):
    """What the tests' authority issues is in order, says the openssl command."""
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    identity = authority.identity("localhost", hosts=HOSTS)
    (tmp_path / "server.pem").write_bytes(identity.certificate)
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.pem"]
    done = subprocess.run([*command, "server.pem"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
