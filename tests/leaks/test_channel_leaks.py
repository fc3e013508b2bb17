# SPDX-License-Identifier: MIT
"""As test_leaks.py, for channels."""

import pytest

from ncrypt_ext import ws

from ..ws.channel_support import ACTION, BODY, bearer, needs_channels, needs_tls
from ..ws.soap_service import SoapService, answer, echo, fault
from ..ws.token_support import needs_tokens
from .test_leaks import FULL, assert_flat
from .test_leaks import pytestmark as needs_proc

pytestmark = [needs_proc, needs_channels]


@pytest.fixture
def service():
    with SoapService(tls=False) as service:
        yield service


@needs_tls
@needs_tokens
def test_channels():
    certificate = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
    transport = ws.SslTransport(ca_data=certificate)

    def cycle():
        token = bearer()
        ws.Channel("https://localhost/", security=[transport, token], timeouts=5).close()
        ws.Channel("http://localhost/", proxy="http://localhost:1").open()
        try:
            ws.Channel("https://localhost/", security=[transport, token, token])
        except ValueError:
            pass

    assert_flat(cycle, 50_000 if FULL else 2_000, 500)


def test_requests(service):
    """What the service keeps of them is thrown away."""
    headers = ["<h:a xmlns:h='urn:h'>1</h:a>"]

    def broken(request):
        return answer(request, "<a>&none;</a>")

    with ws.Channel(service.url) as channel:

        def cycle():
            for handler in (echo, fault("Sender", "no", detail="<d/>"), broken):
                service.handler = handler
                try:
                    channel.request(ACTION, BODY, headers=headers, to="urn:to")
                except ws.WsError:
                    pass
            service.requests.clear()

        assert_flat(cycle, 20_000 if FULL else 500, 200)


def test_connections(service):
    def cycle():
        with ws.Channel(service.url) as channel:
            channel.request(ACTION, BODY)
            channel.abort()
            channel.reset()
            channel.request(ACTION, BODY)
        service.requests.clear()

    assert_flat(cycle, 5_000 if FULL else 200, 100)
