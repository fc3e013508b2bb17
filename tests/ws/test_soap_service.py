# SPDX-License-Identifier: MIT
"""The tests' SOAP service, by http.client: what it does here, channels may count on."""

import http.client
import signal
import socket
import ssl
import subprocess
import sys
import urllib.parse
from pathlib import Path

import pytest

from .soap_service import (
    ADDRESSING_10,
    HOSTS,
    SOAP_12,
    Authority,
    Slow,
    SoapService,
    fault,
    raw,
    truncated,
)
from .token_support import TIMEOUT

PROGRAM = Path(__file__).parents[2] / "examples" / "soap_service.py"
# What runs these tests may have made them deaf to SIGINT, and with them what they start.
INTERRUPTIBLE = """
import os, runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv.pop(0)
sys.path.insert(0, os.path.dirname(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
"""
MESSAGE = (
    f'<s:Envelope xmlns:s="{SOAP_12}" xmlns:a="{ADDRESSING_10}"><s:Header>'
    "<a:MessageID>urn:1</a:MessageID><a:Action>urn:do</a:Action></s:Header>"
    '<s:Body><q:a xmlns:q="urn:q">1</q:a></s:Body></s:Envelope>'
).encode()


class Client:
    """One connection, with strict checks of the certificate."""

    def __init__(self, service, *, trusts=None, identity=None, folder=None):
        context = ssl.create_default_context(cadata=(trusts or service.authority).pem.decode())
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        if identity is not None:
            path = folder / "client.pem"
            path.write_bytes(identity.key + identity.certificate)
            context.load_cert_chain(path)
        self.connection = http.client.HTTPSConnection(
            "localhost", service.port, context=context, timeout=TIMEOUT
        )

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.connection.close()

    def post(self, body=MESSAGE, **options):
        self.connection.request("POST", "/service", body, **options)
        response = self.connection.getresponse()
        return response.status, response.read()


def test_echo_over_one_connection():
    with SoapService() as service, Client(service) as client:
        for _ in range(3):
            status, body = client.post()
            assert status == 200
            assert b'<s:Body><q:a xmlns:q="urn:q">1</q:a></s:Body>' in body
            assert b"<a:RelatesTo>urn:1</a:RelatesTo>" in body
        client.post(iter([MESSAGE[:10], MESSAGE[10:]]), encode_chunked=True)
    assert service.connections == 1
    assert [request.body for request in service.requests] == [MESSAGE] * 4
    assert service.requests[0].headers["content-length"] == str(len(MESSAGE))
    assert service.refused == []


def test_faults():
    with SoapService(fault("Sender", "no & no", detail="<d/>")) as service:
        with Client(service) as client:
            status, body = client.post()
    assert status == 500
    assert b"no &amp; no" in body
    assert b"<s:Detail><d/></s:Detail>" in body


def test_clients_that_do_not_trust_are_noted():
    with SoapService() as service:
        with Client(service, trusts=Authority()) as client, pytest.raises(ssl.SSLError):
            client.post()
    assert (len(service.requests), len(service.refused)) == (0, 1)


@pytest.mark.parametrize(
    "options", [{"hosts": ["elsewhere.example"]}, {"hosts": HOSTS, "days": (-9, -2)}]
)
def test_other_certificates(options):
    authority = Authority()
    identity = authority.identity("server", **options)
    with SoapService(authority=authority, identity=identity) as service:
        with Client(service) as client, pytest.raises(ssl.SSLCertVerificationError):
            client.post()


def test_client_certificates(tmp_path):
    clients = Authority()
    with SoapService(client_authority=clients) as service:
        with Client(service, identity=clients.identity("me"), folder=tmp_path) as client:
            assert client.post()[0] == 200
        with Client(service) as client, pytest.raises(OSError, match=r"."):
            client.post()
    (request,) = service.requests
    assert request.peer is not None


def test_replies_that_end_early():
    with SoapService(truncated(10)) as service:
        with Client(service) as client, pytest.raises(http.client.IncompleteRead):
            client.post()
        service.handler = raw()
        with Client(service) as client, pytest.raises(http.client.RemoteDisconnected):
            client.post()
    assert len(service.requests) == 2


def test_reset():
    with SoapService(raw(b"HTTP/1.1 200 OK\r\n", end="reset"), tls=False) as service:
        with socket.create_connection(("localhost", service.port), TIMEOUT) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab")
            with connection.makefile("rb") as stream, pytest.raises(ConnectionResetError):
                stream.read()


def test_it_ends_whatever_is_open():
    """A connection that says nothing, half a request, and one that is being answered."""
    with Slow() as slow, SoapService(slow, tls=False) as service:
        connections = [socket.create_connection(("localhost", service.port)) for _ in range(3)]
        connections[1].sendall(b"POST / HTTP/1.1\r\nContent-")
        connections[2].sendall(b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        assert slow.arrived.wait(TIMEOUT)
        slow.then = raw(b"HTTP/1.1 200 OK\r\n\r\n")
        slow.release.set()
    for connection in connections:
        connection.close()


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts it as a shell does")
def test_as_a_program(tmp_path):
    command = [sys.executable, "-W", "error", "-c", INTERRUPTIBLE, str(PROGRAM)]
    command += ["--ca", str(tmp_path / "ca.pem")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        url = urllib.parse.urlsplit(process.stdout.readline().decode().strip())
        context = ssl.create_default_context(cafile=tmp_path / "ca.pem")
        connection = http.client.HTTPSConnection(url.hostname, url.port, context=context)
        connection.request("POST", url.path, MESSAGE)
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=TIMEOUT)
    assert MESSAGE in output
    assert errors == b"1 requests\n"
    assert process.returncode == 0
