# SPDX-License-Identifier: MIT
"""As probes.py, for web services. Where it is stubs of Wine's, they end the process."""

import ctypes
import os
import sys
from ctypes import byref

from . import ws_channels as names
from .ws_api import P, U, Ws, call
from .ws_channels import Channels
from .ws_service import Service, reply

kept = []


def xml_from_bytes(_):
    ws = Ws()
    made = P()
    call("WsReadXmlBufferFromBytes", ws.reader(), None, None, 0, b"<a/>", 4, ws.heap(), byref(made),
         None)  # fmt: skip
    if not made.value:
        raise SystemExit("there is no buffer")


def xml_to_bytes(_):
    ws = Ws()
    made, size = P(), U()
    buffer = ws.read(b"<a/>")
    call("WsWriteXmlBufferToBytes", ws.writer(), buffer, None, None, 0, ws.heap(), byref(made),
         byref(size), None)  # fmt: skip
    if not made.value:
        raise SystemExit("there are no bytes")


def tokens(_):
    ws = Ws()
    made = P()
    call("WsCreateXmlSecurityToken", ws.read(b"<a/>"), None, None, 0, byref(made), None)
    if not made.value:
        raise SystemExit("there is no token")


def end_quietly():
    """Has a fault in another thread end the process at once; Wine would start its debugger."""
    if sys.platform == "win32":
        end = ctypes.WINFUNCTYPE(ctypes.c_long, P)(lambda _: os._exit(1))
        ctypes.WinDLL("kernel32").SetUnhandledExceptionFilter(end)
        kept.append(end)


def actions(_):
    """Sending a message whose action is set as a header."""
    end_quietly()
    channels, service = Channels(), Service(reply("<r/>"))
    channel = channels.channel(url=service.url)
    message = channels.message(channel, initialized=True)
    channels.set_header(message, names.ACTION, "urn:action")
    call("WsWriteMessageStart", channel, message, None, None)
    if call("WsWriteMessageEnd", channel, message, None, None) != 0:
        raise SystemExit("it is not sent")


PROBES = {
    "xml_from_bytes": xml_from_bytes,
    "xml_to_bytes": xml_to_bytes,
    "tokens": tokens,
    "actions": actions,
}
