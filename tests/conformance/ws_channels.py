# SPDX-License-Identifier: MIT
"""Channels and messages, as ws_api.py has the rest of webservices.h."""

import ctypes
from ctypes import byref, c_int32

from .api import IMPLEMENTATION, RefusedError, calls
from .ws_api import P, String, U, Ws, XmlString, bind, call, declare, must, properties

SIGNATURES = {
    "WsCreateChannel": (U, U, P, U, P, P, P),
    "WsOpenChannel": (P, P, P, P),
    "WsCloseChannel": (P, P, P),
    "WsAbortChannel": (P, P),
    "WsResetChannel": (P, P),
    "WsGetChannelProperty": (P, U, P, U, P),
    "WsSetChannelProperty": (P, U, P, U, P),
    "WsCreateMessageForChannel": (P, P, U, P, P),
    "WsInitializeMessage": (P, U, P, P),
    "WsResetMessage": (P, P),
    "WsGetMessageProperty": (P, U, P, U, P),
    "WsAddressMessage": (P, P, P),
    "WsSetHeader": (P, U, U, U, P, U, P),
    "WsAddCustomHeader": (P, P, U, P, U, U, P),
    "WsWriteMessageStart": (P, P, P, P),
    "WsWriteMessageEnd": (P, P, P, P),
    "WsReadMessageStart": (P, P, P, P),
    "WsReadMessageEnd": (P, P, P, P),
    "WsReadToStartElement": (P, P, P, P, P),
}
declare(SIGNATURES, ["WsFreeChannel", "WsFreeMessage"])

WS_E_OPERATION_ABORTED = 0x803D0004
WS_E_OPERATION_TIMED_OUT = 0x803D0006
WS_E_ENDPOINT_NOT_FOUND = 0x803D000D
WS_E_ENDPOINT_FAILURE = 0x803D000F
WS_E_ENDPOINT_UNREACHABLE = 0x803D0010
WS_E_ENDPOINT_FAULT_RECEIVED = 0x803D0013
WS_E_ENDPOINT_DISCONNECTED = 0x803D0014
WS_E_NOT_SUPPORTED = 0x803D0017
WS_E_INVALID_ENDPOINT_URL = 0x803D0020

REQUEST, HTTP = 8, 0
SOAP_1_1, SOAP_1_2 = 1, 2
WSA_0_9, WSA_1_0, TRANSPORT = 1, 2, 3
CREATED, OPENING, ACCEPTING, OPEN, FAULTED, CLOSING, CLOSED = range(7)
EMPTY, INITIALIZED, READING, WRITING, DONE = range(1, 6)
BLANK_MESSAGE, _, REQUEST_MESSAGE = range(3)
ACTION, TO, MESSAGE_ID = 1, 2, 3
STRING_TYPE, XML_STRING_TYPE, XML_BUFFER_TYPE = 16, 19, 21
REQUIRED_VALUE, REQUIRED_POINTER = 1, 2
MUST_UNDERSTAND = 1
TYPES = {String: STRING_TYPE, XmlString: XML_STRING_TYPE}
UTF_8, UTF_16LE = 5, 7
INFINITE = 0xFFFFFFFF

# Of channels and of messages.
MAX_BUFFERED, ENCODING, ENVELOPE, ADDRESSING, STATE = 0, 4, 5, 6, 8
RESOLVE_TIMEOUT, CONNECT_TIMEOUT, SEND_TIMEOUT, RESPONSE_TIMEOUT, RECEIVE_TIMEOUT = range(11, 16)
CLOSE_TIMEOUT, ENABLE_TIMEOUTS, TRANSFER_MODE = range(16, 19)
CALLBACK_MODEL, IP_VERSION, CHANNEL_TYPE, TRIM, LEVEL, COOKIES, PROXY_MODE, CUSTOM_PROXY = (
    9, 10, 34, 35, 38, 39, 40, 41,
)  # fmt: skip
REDIRECT, FAULTS_AS_ERRORS, ALLOW_UNSECURED_FAULTS = 43, 45, 46
MESSAGE_STATE, BODY_READER, BODY_WRITER, IS_ADDRESSED, IS_FAULT = 0, 6, 7, 8, 12


class EndpointAddress(ctypes.Structure):
    _fields_ = (("url", String), ("headers", P), ("extensions", P), ("identity", P))

    @classmethod
    def of(cls, url, **more):
        text = String.of(url)
        self = cls(text, **more)
        self.kept = text
        return self


class ElementDescription(ctypes.Structure):
    _fields_ = (("local", P), ("namespace", P), ("type", U), ("type_description", P))

    @classmethod
    def of(cls, local, namespace, kind=XML_BUFFER_TYPE):
        names = XmlString.of(local), XmlString.of(namespace)
        self = cls(ctypes.addressof(names[0]), ctypes.addressof(names[1]), kind)
        self.kept = names
        return self


class MessageDescription(ctypes.Structure):
    _fields_ = (("action", P), ("body", P))

    @classmethod
    def of(cls, action):
        text = XmlString.of(action)
        self = cls(ctypes.addressof(text), None)
        self.kept = text
        return self


def wine_call(name, *arguments):
    """A function that only the detour below needs: none of those that are compared."""
    signature = {"WsSendMessage": (P, P, P, U, P, U, P, P), "WsWriteEnvelopeStart": (P,) * 5}[name]
    return bind(name, signature)(*arguments) & 0xFFFFFFFF


def channels_missing():
    """Why the engine has no channels: it may have been built without libcurl. "" when it has."""
    if IMPLEMENTATION != "engine":
        return ""
    return bind("ncx_channel_missing", (), ctypes.c_char_p)().decode()


class Channels(Ws):
    """Objects for a test; channels are closed before they are freed."""

    # -- channels

    def channel(self, *pairs, url=None):
        """A channel, an open one with a URL."""
        channel = self._keep("WsCreateChannel", REQUEST, HTTP, *properties(*pairs), None, (None,))
        if url is not None:
            must("WsOpenChannel", channel, byref(EndpointAddress.of(url)), None, None)
        return channel

    def open(self, channel, url):
        return call("WsOpenChannel", channel, byref(EndpointAddress.of(url)), None, None)

    def number(self, channel, number):
        value = U(0xAAAAAAAA)
        must("WsGetChannelProperty", channel, number, byref(value), ctypes.sizeof(value), None)
        return value.value

    def state(self, channel):
        return self.number(channel, STATE)

    def set_number(self, channel, number, value):
        return call("WsSetChannelProperty", channel, number, byref(U(value)), 4, None)

    def release(self):
        for name, made in self._objects:
            if name == "WsFreeChannel" and self.state(made) != CREATED:
                must("WsCloseChannel", made, None, None)
        super().release()

    # -- messages

    def message(self, channel, *pairs, initialized=False):
        made = P()
        array, count = properties(*pairs)
        must("WsCreateMessageForChannel", channel, array, count, byref(made), None)
        self._objects.append(("WsFreeMessage", made.value))
        if initialized:
            must("WsInitializeMessage", made, REQUEST_MESSAGE, None, None)
        return made.value

    def of_message(self, message, number, kind=U):
        value = kind()
        must("WsGetMessageProperty", message, number, byref(value), ctypes.sizeof(value), None)
        return value.value

    def message_state(self, message):
        return self.of_message(message, MESSAGE_STATE)

    def set_header(self, message, number, text, kind=XmlString, option=REQUIRED_VALUE):
        value, type_number = kind.of(text), TYPES[kind]
        return call(
            "WsSetHeader", message, number, type_number, option, byref(value),
            ctypes.sizeof(value), None,
        )  # fmt: skip

    def add_header(self, message, local, namespace, xml, attributes=0, error=None):
        value = P(self.read(xml))
        description = ElementDescription.of(local, namespace)
        return call(
            "WsAddCustomHeader", message, byref(description), REQUIRED_POINTER, byref(value),
            ctypes.sizeof(value), attributes, error,
        )  # fmt: skip

    def address(self, message, url):
        return call("WsAddressMessage", message, byref(EndpointAddress.of(url)), None)

    # -- requests and replies

    def begin(self, channel, action="urn:action", body=b"<request/>", url=None, message=None):
        """A message with that body, to be sent by WsWriteMessageEnd. `url` is the channel's."""
        message = message or self.message(channel)
        if self.message_state(message) == EMPTY:
            must("WsInitializeMessage", message, REQUEST_MESSAGE, None, None)
        if IMPLEMENTATION == "wine":
            self._start_on_wine(message, action, url)
        else:
            if self.set_header(message, ACTION, action) != 0:
                raise RefusedError("WsSetHeader", calls[-1][1])
            must("WsWriteMessageStart", channel, message, None, None)
        writer = self.of_message(message, BODY_WRITER, P)
        must("WsWriteXmlBuffer", writer, self.read(body), None)
        return message

    def _start_on_wine(self, message, action, url):
        """Wine knows a message's action only from WsSendMessage, which takes no XML there.

        Without it WsWriteMessageEnd ends the process. So another channel, with an encoding that
        Wine has not, fails to send the message, which then knows its action and its address.
        """
        other = self.channel((ENCODING, U(UTF_16LE)), url=url)
        description = MessageDescription.of(action)
        status = wine_call(
            "WsSendMessage", other, message, byref(description), 1, None, 0, None, None
        )  # fmt: skip
        if status != WS_E_NOT_SUPPORTED:
            raise RefusedError("WsSendMessage", status)
        writer = self.writer()
        self.set_output(writer)
        if wine_call("WsWriteEnvelopeStart", message, writer, None, None, None) != 0:
            raise RefusedError("WsWriteEnvelopeStart", status)

    def send(self, channel, message, error=None):
        return call("WsWriteMessageEnd", channel, message, None, error)

    def receive(self, channel, message, error=None):
        return call("WsReadMessageStart", channel, message, None, error)

    def find(self, reader):
        """Whether there is an element."""
        found = c_int32(-1)
        must("WsReadToStartElement", reader, None, None, byref(found), None)
        return bool(found.value)

    def body(self, message):
        """The first element of a message that is being read, None without one."""
        reader = self.of_message(message, BODY_READER, P)
        if not self.find(reader):
            return None
        made = P()
        must("WsReadXmlBuffer", reader, self.heap(), byref(made), None)
        return self.write(made.value)

    def finish(self, channel, request, reply=None):
        """The status of sending, or else of receiving."""
        status = self.send(channel, request)
        return status or self.receive(channel, reply or self.message(channel))

    def ask(self, service, *pairs):
        """(the status, channel, reply) of one request."""
        channel = self.channel(*pairs, url=service.url)
        request, reply = self.begin(channel, url=service.url), self.message(channel)
        return self.finish(channel, request, reply), channel, reply

    def exchange(self, channel, url, body=b"<request/>", action="urn:action"):
        """One request and its reply, whose body it is, with messages of their own."""
        request, reply = self.begin(channel, action, body, url), self.message(channel)
        must("WsWriteMessageEnd", channel, request, None, None)
        must("WsReadMessageStart", channel, reply, None, None)
        found = self.body(reply)
        must("WsReadMessageEnd", channel, reply, None, None)
        return found
