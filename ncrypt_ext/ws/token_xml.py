# SPDX-License-Identifier: MIT
"""The XML of security tokens that people need, with the references to them.

Pure Python. What these functions return is what :class:`ncrypt_ext.ws.XmlToken` takes.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
from datetime import datetime, timezone
from typing import NamedTuple

from ncrypt_ext._xml import Root, XmlError, root_element

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["TokenXml", "saml11_token", "saml20_token", "username_token", "x509_token"]

_OASIS = "http://docs.oasis-open.org/wss/"
_SECEXT = f"{_OASIS}2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_UTILITY = f"{_OASIS}2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_SECEXT_11 = f"{_OASIS}oasis-wss-wssecurity-secext-1.1.xsd"
_MESSAGE = f"{_OASIS}2004/01/oasis-200401-wss-soap-message-security-1.0"
_BASE64 = f"{_MESSAGE}#Base64Binary"
_X509 = f"{_OASIS}2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
_THUMBPRINT = f"{_OASIS}oasis-wss-soap-message-security-1.1#ThumbprintSHA1"
_USERNAME = f"{_OASIS}2004/01/oasis-200401-wss-username-token-profile-1.0"
_SAML_10_ID = f"{_OASIS}oasis-wss-saml-token-profile-1.0#SAMLAssertionID"
_SAML_20_ID = f"{_OASIS}oasis-wss-saml-token-profile-1.1#SAMLID"
_SAML_20 = f"{_OASIS}oasis-wss-saml-token-profile-1.1#SAMLV2.0"
_SAML_1_NAMESPACE = "urn:oasis:names:tc:SAML:1.0:assertion"
_SAML_2_NAMESPACE = "urn:oasis:names:tc:SAML:2.0:assertion"

_ID = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class TokenXml(NamedTuple):
    """A token's XML, and how a message refers to it.

    ``attached_reference`` is for a message that has the token in it, ``unattached_reference`` for
    one that has not; None where there is no such way. The texts of a token may be secret: ``repr``
    does not show them.
    """

    xml: bytes
    attached_reference: bytes | None
    unattached_reference: bytes | None

    def __repr__(self) -> str:
        sizes = [None if part is None else f"<{len(part)} bytes>" for part in self]
        return "TokenXml(xml={}, attached_reference={}, unattached_reference={})".format(*sizes)


def x509_token(certificate_der: Buffer, *, id: str | None = None) -> TokenXml:
    """A ``wsse:BinarySecurityToken`` with one X.509 certificate, from its DER encoding.

    The attached reference is by ``id``, the token's ``wsu:Id``, which is random by default; the
    unattached one by the SHA-1 thumbprint of the certificate.
    """
    if isinstance(certificate_der, str) and certificate_der.lstrip().startswith("-----BEGIN"):
        raise TypeError(_PEM)
    der = _bytes(certificate_der, "certificate_der")
    _check_certificate(der)
    name = _id_value(id, "X509")
    content = base64.b64encode(der).decode()
    token = (
        f'<wsse:BinarySecurityToken xmlns:wsse="{_SECEXT}" xmlns:wsu="{_UTILITY}"'
        f' wsu:Id="{name}" EncodingType="{_BASE64}" ValueType="{_X509}">'
        f"{content}</wsse:BinarySecurityToken>"
    )
    thumbprint = base64.b64encode(hashlib.sha1(der, usedforsecurity=False).digest()).decode()
    identifier = (
        f'<wsse:KeyIdentifier EncodingType="{_BASE64}" ValueType="{_THUMBPRINT}">'
        f"{thumbprint}</wsse:KeyIdentifier>"
    )
    return TokenXml(token.encode(), _by_id(name, _X509), _reference(identifier))


def saml11_token(xml: Buffer | str) -> TokenXml:
    """A SAML 1.1 assertion, as it was issued.

    Not a byte of it is changed: a signature in it stays what it is. Both references are by its
    ``AssertionID``.
    """
    document, root = _assertion(xml, _SAML_1_NAMESPACE, "1.1")
    version = (root.attributes.get("MajorVersion"), root.attributes.get("MinorVersion"))
    if version != ("1", "1"):
        raise ValueError(f"xml: a SAML assertion of version {version[0]}.{version[1]}, not 1.1")
    name = _escape(_assertion_id(root, "AssertionID"))
    reference = _reference(
        f'<wsse:KeyIdentifier ValueType="{_SAML_10_ID}">{name}</wsse:KeyIdentifier>'
    )
    return TokenXml(document, reference, reference)


def saml20_token(xml: Buffer | str) -> TokenXml:
    """A SAML 2.0 assertion, as it was issued.

    Not a byte of it is changed: a signature in it stays what it is. Both references are by its
    ``ID``, as the OASIS profile 1.1 says. The profile of WS-Security that Windows Web Services
    implements, [MS-LWSSP], has no such references: a server that follows it to the letter takes
    SAML 2.0 without a key only.
    """
    document, root = _assertion(xml, _SAML_2_NAMESPACE, "2.0")
    if root.attributes.get("Version") != "2.0":
        raise ValueError(f"xml: its Version is {root.attributes.get('Version')!r}, not '2.0'")
    name = _escape(_assertion_id(root, "ID"))
    reference = _reference(
        f'<wsse:KeyIdentifier ValueType="{_SAML_20_ID}">{name}</wsse:KeyIdentifier>',
        f' xmlns:wsse11="{_SECEXT_11}" wsse11:TokenType="{_SAML_20}"',
    )
    return TokenXml(document, reference, reference)


def username_token(
    username: str,
    password: str | None = None,
    *,
    digest: bool = False,
    nonce: Buffer | None = None,
    created: datetime | str | None = None,
    id: str | None = None,
) -> TokenXml:
    """A ``wsse:UsernameToken``.

    The password goes as it is (PasswordText), or with ``digest`` as the SHA-1 of nonce, time and
    password (PasswordDigest): a server needs the password itself to check that. The nonce, by
    default 16 random bytes, and the time, by default now, are put in with a digest, or when they
    are given. ``created`` is a datetime with a time zone, or the text as it shall be.

    Neither form keeps the password from whoever reads the message: that takes TLS.
    """
    parts = [f"<wsse:Username>{_content(username, 'username')}</wsse:Username>"]
    if not username:
        raise ValueError("username must not be empty")
    if digest and password is None:
        raise ValueError("digest needs a password")
    salt = _bytes(nonce, "nonce") if nonce is not None else os.urandom(16) if digest else None
    if salt == b"":
        raise ValueError("nonce must not be empty")
    if created is None and digest:
        created = datetime.now(timezone.utc)
    time = None if created is None else _time(created)
    if password is not None:
        kind, value = "PasswordText", _content(password, "password")
        if digest:
            assert salt is not None
            assert time is not None
            kind, value = "PasswordDigest", password_digest(salt, time, password)
        parts.append(f'<wsse:Password Type="{_USERNAME}#{kind}">{value}</wsse:Password>')
    if salt is not None:
        text = base64.b64encode(salt).decode()
        parts.append(f'<wsse:Nonce EncodingType="{_BASE64}">{text}</wsse:Nonce>')
    if time is not None:
        parts.append(f"<wsu:Created>{time}</wsu:Created>")
    name = _id_value(id, "UsernameToken")
    token = (
        f'<wsse:UsernameToken xmlns:wsse="{_SECEXT}" xmlns:wsu="{_UTILITY}" wsu:Id="{name}">'
        f"{''.join(parts)}</wsse:UsernameToken>"
    )
    return TokenXml(token.encode(), _by_id(name, f"{_USERNAME}#UsernameToken"), None)


def password_digest(nonce: bytes, created: str, password: str) -> str:
    """The content of a Password element of type PasswordDigest."""
    data = nonce + created.encode() + password.encode()
    return base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def _bytes(value: Buffer, name: str) -> bytes:
    try:
        return bytes(memoryview(value))
    except TypeError:
        message = f"{name} must be a bytes-like object, not {type(value).__name__!r}"
        raise TypeError(message) from None


def _content(text: str, name: str) -> str:
    """Text for the content of an element."""
    if not isinstance(text, str):
        raise TypeError(f"{name} must be a str, not {type(text).__name__!r}")
    if found := _NOT_XML.search(text):
        raise ValueError(f"{name} has a character at index {found.start()} that XML cannot carry")
    return _escape(text)


def _escape(text: str) -> str:
    """A carriage return would come out of a parser as a line feed."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\r", "&#13;")


def _id_value(value: str | None, prefix: str) -> str:
    if value is None:
        return f"{prefix}-{secrets.token_hex(16)}"
    if not isinstance(value, str):
        raise TypeError(f"id must be a str, not {type(value).__name__!r}")
    if not _ID.fullmatch(value):
        raise ValueError(
            f"id must be a letter or '_', then letters, digits, '.', '_', '-' (ASCII): {value!r}"
        )
    return value


def _time(created: datetime | str) -> str:
    if isinstance(created, str):
        try:
            found = _TIME.fullmatch(created)
            datetime.fromisoformat(found[1] if found else "")
        except ValueError:
            message = f"created must be like '2026-01-31T23:59:59Z', not {created!r}"
            raise ValueError(message) from None
        return created
    if not isinstance(created, datetime):
        raise TypeError(f"created must be a datetime or a str, not {type(created).__name__!r}")
    if created.utcoffset() is None:
        raise ValueError("created must have a time zone")
    utc = created.astimezone(timezone.utc).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"


def _reference(content: str, attributes: str = "") -> bytes:
    return (
        f'<wsse:SecurityTokenReference xmlns:wsse="{_SECEXT}"{attributes}>'
        f"{content}</wsse:SecurityTokenReference>"
    ).encode()


def _by_id(name: str, kind: str) -> bytes:
    return _reference(f'<wsse:Reference URI="#{name}" ValueType="{kind}"/>')


def _assertion(xml: Buffer | str, namespace: str, version: str) -> tuple[bytes, Root]:
    """The document as bytes, the same as given, and its root element."""
    encoding = None
    if isinstance(xml, str):
        _content(xml, "xml")
        document, encoding = xml.encode(), "utf-8"
    else:
        document = _bytes(xml, "xml")
    try:
        root = root_element(document, encoding)
    except XmlError as error:
        raise ValueError(f"xml: {error}") from None
    if (root.namespace, root.name) != (namespace, "Assertion"):
        raise ValueError(
            f"xml: the root element is {{{root.namespace}}}{root.name}, "
            f"not the Assertion of SAML {version}, {{{namespace}}}Assertion"
        )
    return document, root


def _assertion_id(root: Root, attribute: str) -> str:
    value = root.attributes.get(attribute, "")
    if not value or value.split() != [value]:
        raise ValueError(f"xml: the assertion has no usable {attribute}: {value!r}")
    return value


_PEM = "certificate_der is PEM, not DER: ssl.PEM_cert_to_DER_cert() converts it"
_SEQUENCE, _INTEGER, _BIT_STRING, _VERSION = 0x30, 0x02, 0x03, 0xA0


def _check_certificate(der: bytes) -> None:
    """One certificate, not several and nothing like one: a list of revoked ones, a request."""
    if der.lstrip()[:10] == b"-----BEGIN":
        raise ValueError(_PEM)
    try:
        if der[:1] not in (b"", bytes((_SEQUENCE,))):
            raise ValueError("it does not begin with a sequence")
        _, start, end = _der_header(der, 0)
        if end != len(der):
            raise ValueError(f"{len(der) - end} bytes follow it")
        inner = []
        if _der_tags(der, start) == [_SEQUENCE, _SEQUENCE, _BIT_STRING]:
            _, start, end = _der_header(der, start)
            inner = _der_tags(der[:end], start)
        if inner[:1] == [_VERSION]:
            del inner[0]
        # serial number, then algorithm, issuer, validity, subject and key
        if inner[:6] != [_INTEGER, *[_SEQUENCE] * 5]:
            raise ValueError("its parts are not those of one")
    except ValueError as error:
        raise ValueError(f"certificate_der is not one certificate in DER: {error}") from None


def _der_tags(der: bytes, at: int) -> list[int]:
    """The tags of the elements from that place to the end."""
    tags = []
    while at < len(der):
        tag, _, at = _der_header(der, at)
        tags.append(tag)
    return tags


def _der_header(der: bytes, at: int) -> tuple[int, int, int]:
    """The tag of the element at that place, where its content begins, and where it ends."""
    if at + 2 > len(der):
        raise ValueError("it is cut off")
    length, start = der[at + 1], at + 2
    if length >= 0x80:
        count = length - 0x80
        start += count
        octets = der[at + 2 : start]
        length = int.from_bytes(octets, "big")
        if not 1 <= count <= 4 or octets[:1] == b"\0" or length < 0x80:
            raise ValueError("a length is not encoded as DER demands")
    if start + length > len(der):
        raise ValueError("it is cut off")
    return der[at], start, start + length
