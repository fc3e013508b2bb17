# SPDX-License-Identifier: MIT
"""What the tests of channels share."""

import os

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

from .token_support import WINE

FULL = bool(os.environ.get("NCRYPT_EXT_FULL"))
ACTION = "urn:do"
BODY = b'<x:order xmlns:x="urn:orders">17</x:order>'
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

__all__ = ["ACTION", "BODY", "FULL", "TIMEOUT", "WINE", "needs_channels", "needs_signals"]


def bearer():
    return ws.XmlToken.from_xml(ws.username_token("orders"))


def signer(key):
    return ws.XmlToken("<t/>", key, attached_reference="<r/>")


def symmetric(size=32):
    with ws.RawSymmetricKeyHandle(bytes(size)) as handle:
        return ws.XmlToken("<t/>", handle, attached_reference="<r/>")
