# SPDX-License-Identifier: MIT
"""PKCS #8 as it lies in files: DER, or text around it. What it holds the key store finds out."""

from __future__ import annotations

import re
from binascii import a2b_base64
from string import whitespace

from ncrypt_ext._buffer import wipe_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TEXT = re.compile(
    rb"-----BEGIN ((?:ENCRYPTED )?PRIVATE KEY)-----([A-Za-z0-9+/\s]+(?:=\s*){,2})-----END \1-----"
)
_LABEL = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")


def _foreign(text: bytes) -> str:
    found = _LABEL.search(text)
    if found is None or not found[1].endswith(b"PRIVATE KEY"):
        return "data holds no private key"
    maker = (
        "ssh-keygen -p -m PKCS8 -f" if found[1].startswith(b"OPENSSH") else "openssl pkcs8 -topk8"
    )
    return (
        f"data holds {found[1].decode('ascii')!r} in text form, which is no PKCS #8 or is damaged "
        f"({maker!r} makes PKCS #8 of most keys)"
    )


def _inside(der: bytes) -> int:
    """Where the content of the outer sequence begins."""
    return 2 + (der[1] & 0x7F if len(der) > 1 and der[1] & 0x80 else 0)


def key_der(data: Any) -> bytes:
    """The DER of one key; `data` itself when it is DER in bytes already."""
    der = _key_der(data)
    start = _inside(der)
    # A version, and behind it a number (PKCS #1) or bytes (SEC 1) instead of an algorithm.
    if der[:1] == b"\x30" and der[start : start + 2] == b"\x02\x01":
        if der[start + 3 : start + 4] in (b"\x02", b"\x04"):
            raise ValueError(
                "data holds a key as PKCS #1 or SEC 1 have it, which is no PKCS #8 "
                "('openssl pkcs8 -topk8 -inform DER' makes it)"
            )
    return der


def _key_der(data: Any) -> bytes:
    if isinstance(data, str):
        text = data.encode("ascii", "replace")
    elif type(data) is bytes and data[:1] == b"\x30":
        return data
    else:
        try:
            with memoryview(data) as view:
                text = view.tobytes()
        except TypeError:
            raise TypeError(
                f"data must be a bytes-like object or a str, not {type(data).__name__!r}"
            ) from None
        if text[:1] == b"\x30" or b"-----BEGIN " not in text:
            return text  # what is neither is for the key store to refuse
    try:
        return _decoded(text)
    finally:
        wipe_bytes(text)


def _decoded(text: bytes) -> bytes:
    """What stands in PEM. No copy of the text stays behind."""
    found = list(_TEXT.finditer(text))
    if len(found) != 1:
        raise ValueError(f"data holds {len(found)} keys" if found else _foreign(text))
    with memoryview(text) as view:
        body = bytearray(view[slice(*found[0].span(2))])
    packed = body.translate(None, whitespace.encode())
    try:
        if len(packed) % 4 != 0:
            raise ValueError("base64 of a wrong length")
        return a2b_base64(packed)
    except ValueError:
        raise ValueError(_foreign(text)) from None
    finally:
        body[:], packed[:] = bytes(len(body)), bytes(len(packed))


def is_encrypted(der: bytes) -> bool:
    """Whether the outer sequence begins with an algorithm, and not with a version."""
    start = _inside(der)
    return der[start : start + 1] == b"\x30"
