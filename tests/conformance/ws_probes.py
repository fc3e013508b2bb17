# SPDX-License-Identifier: MIT
"""As probes.py, for web services. Where it is stubs of Wine's, they end the process."""

from ctypes import byref

from .ws_api import P, U, Ws, call


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


PROBES = {"xml_from_bytes": xml_from_bytes, "xml_to_bytes": xml_to_bytes, "tokens": tokens}
