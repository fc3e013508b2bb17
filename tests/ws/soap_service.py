# SPDX-License-Identifier: MIT
"""The examples' SOAP service and its authority, for tests, with servers that do it wrong."""

import sys
import threading
from pathlib import Path

import pytest

pytest.importorskip("cryptography")
EXAMPLES = str(Path(__file__).parents[2] / "examples")
sys.path.insert(0, EXAMPLES)
try:
    import soap_authority
    import soap_service as service
finally:
    sys.path.remove(EXAMPLES)

Authority, Identity = soap_authority.Authority, soap_authority.Identity
Reply, Request, SoapService = service.Reply, service.Request, service.SoapService
answer, echo, fault, timestamp = service.answer, service.echo, service.fault, service.timestamp
SOAP_11, SOAP_12 = service.SOAP_11, service.SOAP_12
ADDRESSING_09, ADDRESSING_10 = service.ADDRESSING_09, service.ADDRESSING_10
HOSTS = ("localhost", "127.0.0.1")


class Slow:
    """A handler that waits until it is told to go on, or its ``with`` block ends.

    ``arrived`` is set when a request is there.
    """

    def __init__(self, then=echo):
        self.then = then
        self.arrived = threading.Event()
        self.release = threading.Event()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.release.set()

    def __call__(self, request):
        self.arrived.set()
        self.release.wait()
        return self.then(request)


def raw(*pieces, end="close"):
    """These bytes in place of an HTTP response."""
    return lambda request: Reply(raw=pieces, end=end)


def no_reply(end="close"):
    return raw(end=end)


def http_error(status, body=b"<html><body>no</body></html>", content_type="text/html"):
    return lambda request: Reply(body, status, {"Content-Type": content_type})


def redirect(location, status="302 Found"):
    return lambda request: Reply(b"", status, {"Location": location})


def truncated(length, then=echo):
    """Ends the connection after that many bytes of the body that the headers promise."""

    def handle(request):
        head, _, body = b"".join(then(request).pieces()).partition(b"\r\n\r\n")
        return Reply(raw=[head, b"\r\n\r\n", body[:length]], end="close")

    return handle


def oversized(size):
    """A proper reply of about that many bytes."""
    return lambda request: answer(request, b"<large>" + b"x" * size + b"</large>")


def with_content_type(content_type, then=echo):
    def handle(request):
        reply = then(request)
        reply.headers["Content-Type"] = content_type
        return reply

    return handle


def edited(edit, then=echo):
    """What another handler answers, with its body changed by ``edit(bytes) -> bytes``."""

    def handle(request):
        reply = then(request)
        changed = edit(reply.body)
        assert changed != reply.body, "the edit changed nothing"
        reply.body = changed
        return reply

    return handle
