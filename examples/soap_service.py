"""A small SOAP service on this machine, with a certificate authority that is thrown away with it.

The examples and the tests talk to it. Run it to try a client of your own::

    python examples/soap_service.py --ca ca.pem

It speaks HTTPS (or HTTP), SOAP 1.1 and 1.2, and WS-Addressing 1.0 and 2004/08. It sends back the
body that it got. It keeps what it received, byte for byte, and checks no signatures: whoever wants
that does it with what was kept. Not a server for anything else.
"""

from __future__ import annotations

import argparse
import re
import socket
import socketserver
import ssl
import struct
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from soap_authority import Authority, Identity

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING_09 = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
ADDRESSING_10 = "http://www.w3.org/2005/08/addressing"
_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity"
WSSE = f"{_OASIS}-secext-1.0.xsd"
WSU = f"{_OASIS}-utility-1.0.xsd"
CONTENT_TYPES = {SOAP_11: "text/xml; charset=utf-8", SOAP_12: "application/soap+xml; charset=utf-8"}
FIVE_MINUTES = timedelta(minutes=5)


# ---- requests and replies ------------------------------------------------------------------------


class Request(NamedTuple):
    """A request as it came: ``head`` up to and with the empty line, ``body`` after it."""

    head: bytes
    body: bytes
    connection: int  # the number of its connection, from 1
    peer: bytes | None  # the client's certificate, DER, when it was asked for one

    @property
    def headers(self) -> dict[str, str]:
        """The headers by their names in lower case."""
        lines = self.head.decode("latin-1").split("\r\n")[1:-2]
        return {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}

    @property
    def envelope(self) -> str:
        """The namespace of its SOAP version."""
        return ElementTree.fromstring(self.body).tag[1:].partition("}")[0]

    @property
    def content(self) -> bytes:
        """What is in the body of the SOAP message, byte for byte."""
        prefix = re.search(rb"<((?:[\w.-]+:)?)Envelope\b", self.body)
        assert prefix is not None
        start = re.search(rb"<%bBody\b[^>]*?(/?)>" % prefix[1], self.body)
        assert start is not None
        end = self.body.rindex(b"</%bBody" % prefix[1]) if not start[1] else start.end()
        return self.body[start.end() : end]

    def header(self, name: str) -> tuple[str, str] | None:
        """The text of an addressing header, and the namespace of its addressing version."""
        root = ElementTree.fromstring(self.body)
        for namespace in (ADDRESSING_10, ADDRESSING_09):
            found = root.find(f"./{{{self.envelope}}}Header/{{{namespace}}}{name}")
            if found is not None:
                return found.text or "", namespace
        return None


@dataclass
class Reply:
    """What a handler answers.

    ``raw`` is sent as it is in place of all the rest, piece by piece. ``end`` says what happens to
    the connection then: ``keep``, ``close``, or ``reset``.
    """

    body: bytes = b""
    status: str = "200 OK"
    headers: dict[str, str] = field(default_factory=dict)
    raw: Iterable[bytes] | None = None
    end: str = "keep"

    def pieces(self) -> Iterable[bytes]:
        """The bytes to send."""
        if self.raw is not None:
            return self.raw
        headers = {"Content-Length": str(len(self.body)), **self.headers}
        if self.end != "keep":
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {self.status}", *(f"{n}: {v}" for n, v in headers.items()), "", ""]
        return ["\r\n".join(lines).encode("latin-1") + self.body]


Handler = Callable[[Request], Reply]


def timestamp(created: datetime | None = None, valid: timedelta = FIVE_MINUTES) -> str:
    """A Security header with a Timestamp; without a time: of now."""
    created = created or datetime.now(timezone.utc)
    begin, end = (
        time.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
        for time in (created, created + valid)
    )
    return (
        f'<o:Security s:mustUnderstand="1" xmlns:o="{WSSE}"><u:Timestamp u:Id="_0" xmlns:u="{WSU}">'
        f"<u:Created>{begin}</u:Created><u:Expires>{end}</u:Expires></u:Timestamp></o:Security>"
    )


def answer(
    request: Request,
    content: str | bytes,
    *,
    action: str = "urn:reply",
    security: str | None = None,
    headers: str = "",
    status: str = "200 OK",
) -> Reply:
    """A SOAP message in answer to that one, with a Security header of now unless told another."""
    text = content.decode() if isinstance(content, bytes) else content
    message_id = request.header("MessageID")
    addressing = ""
    if message_id is not None:
        addressing = (
            f'<a:Action s:mustUnderstand="1">{escape(action)}</a:Action>'
            f"<a:RelatesTo>{escape(message_id[0])}</a:RelatesTo>"
            f"<a:MessageID>urn:uuid:{uuid.uuid4()}</a:MessageID>"
        )
    namespace = message_id[1] if message_id is not None else ADDRESSING_10
    message = (
        f'<s:Envelope xmlns:s="{request.envelope}" xmlns:a="{namespace}"><s:Header>{addressing}'
        f"{timestamp() if security is None else security}{headers}</s:Header>"
        f"<s:Body>{text}</s:Body></s:Envelope>"
    )
    return Reply(message.encode(), status, {"Content-Type": CONTENT_TYPES[request.envelope]})


def echo(request: Request) -> Reply:
    """Send the content of the request's body back."""
    action = request.header("Action")
    return answer(request, request.content, action=f"{action[0] if action else 'urn:'}Response")


def fault(code: str, reason: str, *, detail: str = "", subcode: str = "") -> Handler:
    """A handler that answers with a fault of the request's SOAP version.

    ``code`` and ``subcode`` are local names: of SOAP's own codes, and in ``urn:faults``.
    """

    def handle(request: Request) -> Reply:
        if request.envelope == SOAP_11:
            content = (
                f'<s:Fault><faultcode>s:{code}</faultcode><faultstring xml:lang="en">'
                f"{escape(reason)}</faultstring>"
                f"{detail and f'<detail>{detail}</detail>'}</s:Fault>"
            )
        else:
            inner = f'<s:Subcode><s:Value xmlns:f="urn:faults">f:{subcode}</s:Value></s:Subcode>'
            content = (
                f"<s:Fault><s:Code><s:Value>s:{code}</s:Value>{inner if subcode else ''}</s:Code>"
                f'<s:Reason><s:Text xml:lang="en">{escape(reason)}</s:Text></s:Reason>'
                f"{detail and f'<s:Detail>{detail}</s:Detail>'}</s:Fault>"
            )
        status = "500 Internal Server Error"
        return answer(request, content, action="urn:fault", status=status)

    return handle


# ---- the server ----------------------------------------------------------------------------------


class SoapService:
    """Serves on a free port of 127.0.0.1 from the beginning of a ``with`` block to its end.

    Every connection has a thread, in which the handler is called. It may be replaced at any time.
    ``requests`` has all that came, ``refused`` the connections that ended before they could bring
    one: most often the client did not trust the certificate.
    """

    def __init__(
        self,
        handler: Handler = echo,
        *,
        tls: bool = True,
        authority: Authority | None = None,
        identity: Identity | None = None,
        client_authority: Authority | None = None,
        port: int = 0,
    ) -> None:
        self.handler = handler
        self.requests: list[Request] = []
        self.refused: list[OSError] = []
        self.connections = 0
        self.authority = authority or Authority()
        self._context = None
        if tls:
            hosts = ("localhost", "127.0.0.1")
            self._context = _server_context(
                identity or self.authority.identity("localhost", hosts=hosts), client_authority
            )
        self._lock = threading.Lock()
        self._open: dict[int, socket.socket] = {}
        self._server = _Server(("127.0.0.1", port), _Connection, self)
        self.port = self._server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}/service"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> SoapService:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._open.values():
                _shut(connection)
        self._server.server_close()  # waits for the threads of connections

    def _begin(self, connection: socket.socket) -> int:
        with self._lock:
            self.connections += 1
            self._open[self.connections] = connection
            return self.connections


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 128
    daemon_threads = False

    def __init__(self, address: Any, handler: Any, service: SoapService) -> None:
        self.service = service
        super().__init__(address, handler)

    def shutdown_request(self, request: Any) -> None:
        """The connection has closed it: in a TLS connection this socket is no longer its own."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        raise  # it is called in an except block; what the thread dies of is reported


class _Connection(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        service = self.server.service
        connection: socket.socket = self.request
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number = service._begin(connection)
        try:
            if service._context is not None:
                connection = service._context.wrap_socket(
                    connection, server_side=True, do_handshake_on_connect=False
                )
                with service._lock:
                    service._open[number] = connection
                connection.do_handshake()
            with connection.makefile("rb") as stream:
                while self._exchange(connection, stream, number):
                    pass
        except OSError as error:  # the client went away, or would not have our certificate
            if not any(request.connection == number for request in service.requests):
                service.refused.append(error)
        finally:
            with service._lock:
                del service._open[number]
            _shut(connection)
            connection.close()

    def _exchange(self, connection: socket.socket, stream: Any, number: int) -> bool:
        """One request and its reply; whether another may follow."""
        request = _read_request(connection, stream, number)
        if request is None:
            return False
        self.server.service.requests.append(request)
        reply = self.server.service.handler(request)
        for piece in reply.pieces():
            connection.sendall(piece)
        if reply.end == "reset":  # what it closes without waiting is reset
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        return reply.end == "keep"


def _read_request(connection: socket.socket, stream: Any, number: int) -> Request | None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline(65537)
        if not line:
            return None
        head += line
    peer = None
    if isinstance(connection, ssl.SSLSocket):
        peer = connection.getpeercert(binary_form=True)
    request = Request(head, b"", number, peer)
    headers = request.headers
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while size := int(stream.readline().split(b";")[0], 16):
            body += stream.read(size)
            stream.readline()
        stream.readline()
    else:
        body = stream.read(int(headers.get("content-length", "0")))
    return request._replace(body=body)


def _server_context(identity: Identity, clients: Authority | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "identity.pem")
        path.write_bytes(identity.key + identity.certificate)
        context.load_cert_chain(path)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=clients.pem.decode())
    return context


def _shut(connection: socket.socket) -> None:
    try:  # the plain socket's: that of TLS would take from under its thread what it works with
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        pass  # it is down already


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="a SOAP service that sends bodies back")
    parser.add_argument("--port", type=int, default=0, help="by default a free one")
    parser.add_argument("--ca", type=Path, help="where to write the certificate to trust, as PEM")
    parser.add_argument("--http", action="store_true", help="without TLS")
    options = parser.parse_args()
    with SoapService(_shown, tls=not options.http, port=options.port) as service:
        if options.ca:
            options.ca.write_bytes(service.authority.pem)
        print(service.url, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(f"{len(service.requests)} requests", file=sys.stderr)


def _shown(request: Request) -> Reply:
    print(request.head.decode("latin-1") + request.body.decode(), flush=True)
    return echo(request)


if __name__ == "__main__":
    main()
