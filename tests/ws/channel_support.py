# SPDX-License-Identifier: MIT
"""What the tests of channels share."""

import os
from xml.etree import ElementTree

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

from .soap_service import echo

FULL = bool(os.environ.get("NCRYPT_EXT_FULL"))
ACTION = "urn:do"
BODY = b'<x:order xmlns:x="urn:orders">17</x:order>'
STATE = ws.ChannelState
TIMEOUT = 60  # seconds, for what should take none


def missing():
    """Why there are no channels here; "" when there are."""
    try:
        ws.Channel("http://localhost/").close()
    except nc.NotSupportedError as error:
        return str(error)
    return ""


needs_channels = pytest.mark.skipif(bool(missing()), reason=missing() or "there are channels")
# Windows trusts the roots in its certificate stores only, and Wine's tokens are stubs.
needs_tls = pytest.mark.skipif(os.name == "nt", reason="a test cannot add roots to Windows' store")
needs_signals = pytest.mark.skipif(os.name == "nt", reason="Windows cannot be asked to stop")


def bearer():
    return ws.XmlToken.from_xml(ws.username_token("orders"))


def signer(key):
    return ws.XmlToken("<t/>", key, attached_reference="<r/>")


def symmetric(size=32):
    with ws.RawSymmetricKeyHandle(bytes(size)) as handle:
        return ws.XmlToken("<t/>", handle, attached_reference="<r/>")


def ssl_of(authority, **options):
    return ws.SslTransport(ca_data=authority.pem, **options)


def header_of(request):
    return ElementTree.fromstring(request.body)[0]


def content(reply):
    """Name and text of each element, without the namespaces that it declares for nothing."""
    return [(e.tag, e.text) for e in ElementTree.fromstring(b"<r>%b</r>" % reply)]


def usable(channel, service):
    service.handler = echo
    assert content(channel.request(ACTION, "<n/>")) == [("n", None)]


def recovered(channel, service):
    """After a failure of the connection: reset() makes it usable, and nothing else does."""
    assert channel.state == STATE.FAULTED
    sent = len(service.requests)
    for call in (channel.open, lambda: channel.request(ACTION, BODY)):
        with pytest.raises(nc.BadStateError, match=r"reset\(\) makes it new"):
            call()
    assert len(service.requests) == sent
    patience = 50  # where timeouts are short and the machine is busy
    while True:
        channel.reset()
        assert channel.state == STATE.CREATED
        try:
            return usable(channel, service)
        except ws.WsTimeoutError:
            patience -= 1
            if patience == 0:
                raise
