# SPDX-License-Identifier: MIT
"""A SOAP service on the loopback, for requests of channels: a thread of the test's own process.

It keeps every request as it came over the wire, and answers with what the test gives it.
"""

import contextlib
import socket
import threading
from typing import NamedTuple

SOAP = {
    1: "http://schemas.xmlsoap.org/soap/envelope/",
    2: "http://www.w3.org/2003/05/soap-envelope",
}
ADDRESSING = {
    1: "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    2: "http://www.w3.org/2005/08/addressing",
}
MEDIA_TYPES = {1: "text/xml", 2: "application/soap+xml"}


class Request(NamedTuple):
    line: str
    headers: list
    body: bytes

    def header(self, name):
        """The only value of that header, None without one."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(found) < 2, found
        return found[0] if found else None


def http(body, status="200 OK", content_type=None, *more):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *more]
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def envelope(body, headers="", version=2):
    return (
        f'<s:Envelope xmlns:s="{SOAP[version]}"><s:Header>{headers}</s:Header>'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def reply(body, headers="", version=2, status="200 OK"):
    """The whole HTTP answer with that XML in an envelope."""
    content_type = f"{MEDIA_TYPES[version]}; charset=utf-8"
    return http(envelope(body, headers, version), status, content_type)


class Service:
    """Answers are bytes, or functions of the connection and the request; the last one stays."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.connections = 0
        self._closed = False
        self._open = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/service"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self):
        if self._closed:
            return
        self._closed = True
        socket.create_connection(("127.0.0.1", self.port)).close()  # accept() returns
        self._thread.join()
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while True:
            connection, _ = self._listener.accept()
            if self._closed:
                connection.close()
                return
            self.connections += 1
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as stream:
            while (request := read_request(stream)) is not None:
                self.requests.append(request)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if isinstance(answer, bytes):
                    connection.sendall(answer)
                else:
                    answer(connection, request)
        self._open.discard(connection)


def read_request(stream):
    line = stream.readline()
    if not line:
        return None
    headers = []
    while (text := stream.readline().decode("latin-1").rstrip("\r\n")) != "":
        name, _, value = text.partition(":")
        headers.append((name, value.strip()))
    named = {name.lower(): value for name, value in headers}
    if named.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while size := int(stream.readline(), 16):
            body += stream.read(size)
            stream.readline()
        stream.readline()
    else:
        body = stream.read(int(named.get("content-length", 0)))
    return Request(line.decode("latin-1").rstrip("\r\n"), headers, body)
