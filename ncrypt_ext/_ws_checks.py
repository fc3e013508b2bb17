# SPDX-License-Identifier: MIT
"""What may be an address, a time or a header of a message. No native calls."""

from __future__ import annotations

import re
from math import ceil

from ncrypt_ext._xml import XmlError, root_element

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ncrypt_ext._ws_arguments import Timeouts

FOREVER = 0xFFFFFFFF  # milliseconds
URL = re.compile(r"(https?)://(?:\[[0-9a-f:.]+\]|[^/?:@\[\]]+)(?::(\d{1,5}))?(?:[/?].*)?", re.I)
NOT_PLAIN = re.compile(r'[^!-~]|["<>\\]')
ADDRESSING = (
    "http://www.w3.org/2005/08/addressing",
    "http://schemas.xmlsoap.org/ws/2004/08/addressing",
)
SECEXT = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
# What the channel itself writes into the header of a request.
OWN_HEADERS = {(space, name) for space in ADDRESSING for name in ("Action", "MessageID", "To")}
OWN_HEADERS.add((SECEXT, "Security"))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def milliseconds(seconds: float, name: str) -> int:
    """Of a timeout; at least one."""
    if not _is_number(seconds):
        raise TypeError(f"{name} must be a number of seconds, not {type(seconds).__name__!r}")
    if not 0 < seconds < FOREVER or not 0 < ceil(seconds * 1000) < FOREVER:
        raise ValueError(f"{name} must be above 0 and below 49 days, in seconds, not {seconds!r}")
    return ceil(seconds * 1000)


def timeout_values(timeouts: Timeouts | float | None) -> tuple[int, ...]:
    """In milliseconds: resolve, connect, send, response, receive."""
    from ncrypt_ext._ws_arguments import Timeouts

    if timeouts is None:
        timeouts = Timeouts()
    if not isinstance(timeouts, Timeouts):
        return (milliseconds(timeouts, "timeouts"),) * 5
    times = (
        timeouts.resolve,
        timeouts.connect,
        timeouts.send,
        timeouts.response,
        timeouts.receive,
    )
    return tuple(FOREVER if time is None else milliseconds(time, "timeouts") for time in times)


def ticks(seconds: float, name: str, least: float) -> int:
    """In units of 100 ns."""
    if not _is_number(seconds):
        raise TypeError(f"{name} must be a number of seconds, not {type(seconds).__name__!r}")
    if not least <= seconds < 1e9:
        raise ValueError(f"{name} must be from {least} to 1e9, in seconds, not {seconds!r}")
    return round(seconds * 10_000_000)


def plain_uri(uri: object, name: str) -> str:
    """What may stand in a header and on a request line."""
    if not isinstance(uri, str):
        raise TypeError(f"{name} must be a str, not {type(uri).__name__!r}")
    uri = str.__str__(uri)  # what it is, whatever a subclass says that it is
    if not uri:
        raise ValueError(f"{name} must not be empty")
    wrong = NOT_PLAIN.search(uri)
    if wrong is not None:
        raise ValueError(
            f"{name} has {wrong[0]!r} at index {wrong.start()}: spaces, quotes, control characters "
            "and what is not ASCII have to be escaped"
        )
    return uri


def check_url(url: object) -> tuple[str, bool]:
    """The address of a service, and whether it wants TLS."""
    text = plain_uri(url, "url")
    match = URL.fullmatch(text)
    if "#" in text:
        raise ValueError("url must not have a fragment (#...): it would not be sent")
    if "@" in re.split("[/?]", text.partition("://")[2], maxsplit=1)[0]:
        raise ValueError("url must not have a user name in it: it becomes part of the messages")
    if match is None or int(match[2] or 1) not in range(1, 65536):
        raise ValueError(
            "url must be http:// or https://, a host, a port if it is another, and a path"
        )
    return text, match[1].lower() == "https"


def header_name(xml: bytes, encoding: str | None, what: str) -> tuple[str, str]:
    """Local name and namespace of an application's header."""
    try:
        root = root_element(xml, encoding)
    except XmlError as error:
        raise ValueError(f"{what}: {error}") from None
    if not root.namespace:
        raise ValueError(f"{what}: a header needs a namespace, which {root.name!r} has not")
    if (root.namespace, root.name) in OWN_HEADERS:
        raise ValueError(f"{what}: the channel itself writes the header {root.name!r}")
    return root.name, root.namespace
