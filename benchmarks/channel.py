# SPDX-License-Identifier: MIT
"""Signed requests on a channel, beside pycurl and zeep, to one server on this machine."""

from __future__ import annotations

import base64
import io
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import perf_counter_ns, process_time_ns
from typing import Any

from benchmarks.measure import (
    Figure,
    Sample,
    Side,
    interleave,
    number,
    per_operation,
    rate_ratio,
    spread,
    time_calls,
    time_figure,
    walls,
)
from benchmarks.peers import executable
from benchmarks.session import Session, open_provider
from benchmarks.signing import DIGEST, our_key, our_padding

ACTION = "urn:orders/submit"
BODY = b'<submit xmlns="urn:orders"><number>17</number><item count="2">apple</item></submit>'
SLICE = 100  # requests in a slice: what a change of sides costs does not show
WSDL = """<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:orders"
  xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap12/" targetNamespace="urn:orders">
<types><schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:orders"
  elementFormDefault="qualified">
 <element name="submit"><complexType><sequence><element name="number" type="int"/>
  <element name="item" type="string"/></sequence></complexType></element>
 <element name="accepted"><complexType><sequence><element name="number" type="int"/>
  </sequence></complexType></element></schema></types>
<message name="in"><part name="body" element="t:submit"/></message>
<message name="out"><part name="body" element="t:accepted"/></message>
<portType name="port"><operation name="submit"><input message="t:in"/><output message="t:out"/>
</operation></portType>
<binding name="binding" type="t:port">
 <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
 <operation name="submit"><soap:operation soapAction="urn:orders/submit"/>
  <input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation>
</binding>
<service name="orders"><port name="port" binding="t:binding"><soap:address location="URL"/></port>
</service></definitions>"""


def certify(folder: Path, pkcs8: bytes | None) -> None:
    """cert.pem and key.pem in the folder, for a new key or for this one; by the openssl command."""
    command = ["openssl", "req", "-x509", "-subj", "/CN=localhost", "-days", "2"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", "cert.pem"]
    if pkcs8 is None:
        command += ["-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem"]
    else:
        lines = base64.encodebytes(pkcs8).decode()
        (folder / "key.pem").write_text(
            f"-----BEGIN PRIVATE KEY-----\n{lines}-----END PRIVATE KEY-----\n"
        )
        command += ["-new", "-key", "key.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


class Server:
    """benchmarks/c/soap_server.c."""

    def __init__(self, folder: Path) -> None:
        certify(folder, None)
        self.folder = folder
        self.certificate = folder / "cert.pem"
        command = [executable("soap_server"), self.certificate, folder / "key.pem"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = f"https://localhost:{int(self.process.stdout.readline())}/orders"

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def serve_once(listener: socket.socket, context: ssl.SSLContext, requests: list[bytes]) -> None:
    """Keeps the body of one request and hangs up."""
    with listener, listener.accept()[0] as plain, context.wrap_socket(plain, True) as connection:
        head, body = b"", b""
        while not body.endswith(b"Envelope>"):
            more = connection.recv(65536)
            if not more:
                return
            head, _, body = (head + body + more).partition(b"\r\n\r\n")
            head += b"\r\n\r\n" if body else b""
        requests.append(body)


def captured_request(folder: Path, token: Any) -> bytes:
    """What a channel sends, as a server of Python's own has got it."""
    from ncrypt_ext import ws

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"https://localhost:{listener.getsockname()[1]}/orders"
    requests: list[bytes] = []
    server = threading.Thread(target=serve_once, args=(listener, context, requests))
    server.start()
    transport = ws.SslTransport(ca_file=folder / "cert.pem")
    with ws.Channel(url, security=[transport, token]) as channel, suppress(ws.WsError):
        channel.request(ACTION, BODY)
    server.join()
    return requests[0]


@contextmanager
def channels(server: Server, token: Any, count: int = 1) -> Iterator[list[Callable[[], object]]]:
    """Calls that send one request each, on channels of their own."""
    from ncrypt_ext import ws

    with ExitStack() as stack:
        calls: list[Callable[[], object]] = []
        for _ in range(count):
            channel = stack.enter_context(
                ws.Channel(
                    server.url,
                    security=[ws.SslTransport(ca_file=server.certificate), token],
                    timestamp=ws.TimestampUsage.REQUESTS_ONLY,
                )
            )
            calls.append(lambda channel=channel: channel.request(ACTION, BODY))
        yield calls


class Curl:
    """pycurl, sending what a channel has signed before."""

    def __init__(self, pycurl: Any, server: Server, envelope: bytes) -> None:
        self.reply = io.BytesIO()
        self.curl = curl = pycurl.Curl()
        kind = f'Content-Type: application/soap+xml; charset=utf-8; action="{ACTION}"'
        curl.setopt(pycurl.URL, server.url)
        curl.setopt(pycurl.CAINFO, str(server.certificate))
        curl.setopt(pycurl.HTTPHEADER, [kind, "Expect:"])
        curl.setopt(pycurl.POSTFIELDS, envelope)
        curl.setopt(pycurl.WRITEDATA, self.reply)

    def request(self) -> None:
        self.reply.seek(0)
        self.reply.truncate()
        self.curl.perform()

    def close(self) -> None:
        self.curl.close()


def zeep_call(server: Server, folder: Path) -> Callable[[], object] | None:
    """A request with zeep's binary signature over body and timestamp; None without zeep."""
    try:
        import requests
        import zeep
        import zeep.wsse.signature
    except ImportError:
        return None
    wsdl = folder / "orders.wsdl"
    wsdl.write_text(WSDL.replace("URL", server.url))
    session = requests.Session()
    session.trust_env = False  # it could name other certificates
    session.verify = str(server.certificate)
    # Replies are not signed here.
    signature = zeep.wsse.signature.BinarySignature(
        str(folder / "key.pem"), str(folder / "cert.pem")
    )
    signature.verify = lambda envelope: envelope
    client = zeep.Client(
        str(wsdl), wsse=signature, transport=zeep.transports.Transport(session=session)
    )
    submit = client.service.submit
    return lambda: submit(number=17, item="apple")


def threads_slice(calls: list[Callable[[], object]], rounds: int) -> Sample:
    """The time for each request of all threads together."""

    def work(call: Callable[[], object]) -> None:
        for _ in range(rounds):
            call()

    workers = [threading.Thread(target=work, args=(call,)) for call in calls]
    cpu, wall = process_time_ns(), perf_counter_ns()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    wall = perf_counter_ns() - wall
    return per_operation(wall, process_time_ns() - cpu, rounds * len(calls))


def beside_peers(session: Session, server: Server, key: Any, folder: Path) -> list[Figure]:
    import pycurl

    from ncrypt_ext import ws

    der = subprocess.run(
        ["openssl", "x509", "-in", str(folder / "cert.pem"), "-outform", "DER"],
        check=True,
        capture_output=True,
    ).stdout
    padding = our_padding("pkcs1")
    with (
        ws.XmlToken.from_xml(ws.x509_token(der), key) as token,
        ws.XmlToken(ws.x509_token(der).xml) as bearer,
        channels(server, token, 2) as signed,
        channels(server, bearer) as unsigned,
    ):
        curl = Curl(pycurl, server, captured_request(server.folder, token))

        def curl_and_sign() -> None:
            curl.request()
            key.sign(DIGEST, *padding)

        sides: dict[str, Side] = {
            "ours": lambda: time_calls(signed[0], SLICE),
            "curl_and_sign": lambda: time_calls(curl_and_sign, SLICE),
            "curl": lambda: time_calls(curl.request, SLICE),
            "sign": lambda: time_calls(key.sign, SLICE, DIGEST, *padding),
            "bearer": lambda: time_calls(unsigned[0], SLICE),
            "two": lambda: threads_slice(signed, SLICE),
        }
        zeep = zeep_call(server, folder)
        if zeep is not None:
            sides["zeep"] = lambda: time_calls(zeep, SLICE // 10)
        server_before, begin = server.processor_seconds(), perf_counter_ns()
        samples = interleave(sides, session.pairs)
        elapsed = (perf_counter_ns() - begin) / 1e9
        share = (server.processor_seconds() - server_before) / elapsed
        curl.close()
    return figures(samples, share)


def figures(samples: dict[str, list[Sample]], share: float) -> list[Figure]:
    """What the measurements come to. `share`: of one processor, taken by the server."""
    median = {name: spread(walls(side)).median / 1000 for name, side in samples.items()}
    rest = median["ours"] - median["curl"] - median["sign"]
    result = [
        rate_ratio(
            "channel_curl",
            "signed requests, rate over pycurl's with a signed body plus a raw signature",
            samples["ours"],
            samples["curl_and_sign"],
            at_least=0.9,
        )
    ]
    if "zeep" in samples:
        result.append(
            rate_ratio(
                "channel_zeep",
                "signed requests, rate over zeep's with its binary signature",
                samples["ours"],
                samples["zeep"],
                at_least=3,
            )
        )
    for name, title in (("ours", "one thread"), ("two", "two threads, a channel each")):
        rate = 1e6 / median[name]
        result.append(Figure(f"channel_rate_{name}", f"signed requests, {title}", rate, "a second"))
    return [
        *result,
        time_figure("channel_request", "a signed request", samples["ours"]),
        time_figure("channel_sign", "of it: the signature (RSA-2048)", samples["sign"]),
        time_figure("channel_http", "of it: sending and receiving, by pycurl", samples["curl"]),
        Figure(
            "channel_rest",
            "of it: all else (envelope, Security header, reading the reply, Python)",
            rest,
            "µs",
        ),
        time_figure("channel_bearer", "a request that signs nothing", samples["bearer"]),
        Figure(
            "channel_server",
            "the server's share of one processor meanwhile",
            share,
            at_most=0.5,
            detail=f"pycurl alone: {number(1e6 / median['curl'])} requests a second",
        ),
    ]


def channel(session: Session) -> list[Figure]:
    server = Server(session.home("server"))
    try:
        with (
            open_provider(session.home("channel")) as provider,
            our_key(provider, session.key(2048)) as key,
        ):
            folder = session.home("client")
            certify(folder, session.key(2048).pkcs8)
            return beside_peers(session, server, key, folder)
    finally:
        server.close()
