# SPDX-License-Identifier: MIT
"""Reads what is needed of X.509 certificates: names, validity, public key, where one ends.

Strict DER of definite lengths; whatever else comes is a :class:`~ncrypt_ext.BadDataError`. Nothing
is verified here: a certificate that can be read may be anybody's.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from datetime import datetime, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from ncrypt_ext.errors import BadDataError

if TYPE_CHECKING:
    from typing import Protocol

    from typing_extensions import Buffer

    from ncrypt_ext._key import Key

    class _HasPublicBytes(Protocol):
        """A certificate of cryptography."""

        def public_bytes(self, encoding: Any, /) -> bytes: ...

    #: What callers may give for a certificate.
    _CertificateSource = Buffer | str | _HasPublicBytes

_BAD_DATA = 0x80090005
_INTEGER, _BITS, _OCTETS, _OID, _SEQUENCE, _SET = 0x02, 0x03, 0x04, 0x06, 0x30, 0x31
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_LONGEST_CHAIN = 16

#: Tags of the kinds of text, and how each is encoded.
_TEXTS = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1A: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}

# The names that RFC 4514 has, and others that are registered for LDAP or in common use.
_ATTRIBUTES = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.13": "description",
    "2.5.4.15": "businessCategory",
    "2.5.4.17": "postalCode",
    "2.5.4.20": "telephoneNumber",
    "2.5.4.42": "givenName",
    "2.5.4.43": "initials",
    "2.5.4.44": "generationQualifier",
    "2.5.4.46": "dnQualifier",
    "2.5.4.65": "pseudonym",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}
_SUBJECT_KEY_IDENTIFIER = bytes.fromhex("551d0e")
_AUTHORITY_KEY_IDENTIFIER = bytes.fromhex("551d23")
_RSA = bytes.fromhex("2a864886f70d010101")
_RSA_PSS = bytes.fromhex("2a864886f70d01010a")
_PEM = re.compile(
    rb"-----BEGIN (?:X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]+)"
    rb"-----END (?:X509 )?CERTIFICATE-----"
)


def _bad(why: str) -> BadDataError:
    return BadDataError(_BAD_DATA, "", f"malformed certificate: {why}")


# ---- DER ----------------------------------------------------------------------------------------


def _element(der: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Tag, start and end of the contents of the element at a position."""
    if end - at < 2:
        raise _bad("cut short")
    tag, size = der[at], der[at + 1]
    at += 2
    if tag & 0x1F == 0x1F:
        raise _bad("an unexpected tag")
    if size > 0x80:
        width = size & 0x7F
        if width > 4 or end - at < width:
            raise _bad("a length goes beyond the end")
        size = int.from_bytes(der[at : at + width], "big")
        at += width
        if size < 0x80 or size >> (8 * (width - 1)) == 0:
            raise _bad("a length that is not in the shortest form")
    elif size == 0x80:
        raise _bad("an indefinite length")
    if size > end - at:
        raise _bad("a length goes beyond the end")
    return tag, at, at + size


class _Reader:
    """Goes through the elements inside of one."""

    __slots__ = ("at", "der", "end")

    def __init__(self, der: bytes, at: int = 0, end: int | None = None) -> None:
        self.der = der
        self.at = at
        self.end = len(der) if end is None else end

    def tag(self) -> int:
        """That of the next element; 0 at the end."""
        return self.der[self.at] if self.at < self.end else 0

    def take(self, *tags: int) -> bytes:
        """The contents of the next element."""
        tag, start, self.at = _element(self.der, self.at, self.end)
        if tags and tag not in tags:
            raise _bad("an unexpected tag")
        return self.der[start : self.at]

    def whole(self, *tags: int) -> bytes:
        """The next element with its tag and length."""
        start = self.at
        self.take(*tags)
        return self.der[start : self.at]

    def inside(self, *tags: int) -> _Reader:
        tag, start, self.at = _element(self.der, self.at, self.end)
        if tag not in tags:
            raise _bad("an unexpected tag")
        return _Reader(self.der, start, self.at)

    def done(self) -> None:
        if self.at != self.end:
            raise _bad("more data than expected")


def _dotted(contents: bytes) -> str:
    """The text of an OBJECT IDENTIFIER."""
    if not contents or contents[-1] & 0x80 or len(contents) > 64:
        raise _bad("an object identifier")
    numbers = []
    number = 0
    for byte in contents:
        if number == 0 and byte == 0x80:
            raise _bad("an object identifier")
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]]))


# ---- names --------------------------------------------------------------------------------------


class _Attribute(NamedTuple):
    kind: str  # dotted
    value: bytes  # DER
    text: str | None  # None: not a text

    def shown(self) -> str:
        name = _ATTRIBUTES.get(self.kind)
        if name is None or self.text is None:
            return f"{name or self.kind}=#{self.value.hex()}"
        return f"{name}={_escaped(self.text)}"

    def compared(self) -> tuple[str, str | bytes]:
        """Equal for values that mean the same: case and runs of spaces do not matter."""
        if self.text is None:
            return self.kind, self.value
        return self.kind, " ".join(self.text.split()).casefold()


def _escaped(text: str) -> str:
    """As RFC 4514 has it; what cannot be printed also as the numbers of its bytes."""
    out = []
    for index, character in enumerate(text):
        outside = index == 0 or index == len(text) - 1
        if character in '"+,;<>\\' or (character == " " and outside):
            out.append("\\" + character)
        elif character == "#" and index == 0:
            out.append("\\#")
        elif not character.isprintable():
            out.append("".join(f"\\{byte:02X}" for byte in character.encode()))
        else:
            out.append(character)
    return "".join(out)


def _attribute(reader: _Reader) -> _Attribute:
    pair = reader.inside(_SEQUENCE)
    kind = _dotted(pair.take(_OID))
    encoding = _TEXTS.get(pair.tag())
    value = pair.whole()
    pair.done()
    text = None
    if encoding is not None:
        try:
            text = _Reader(value).take().decode(encoding)
        except UnicodeError:
            pass
    return _Attribute(kind, value, text)


Name = tuple[tuple[_Attribute, ...], ...]


def _name(der: bytes) -> Name:
    """In the order of the encoding: the most significant part first."""
    outer = _Reader(der)
    reader = outer.inside(_SEQUENCE)
    outer.done()
    parts = []
    while reader.tag():
        part = reader.inside(_SET)
        attributes = [_attribute(part)]
        while part.tag():
            attributes.append(_attribute(part))
        parts.append(tuple(attributes))
    reader.done()
    return tuple(parts)


def name_text(der: bytes) -> str:
    """A Name as RFC 4514 writes it: the most specific part first."""
    return ",".join("+".join(one.shown() for one in part) for part in reversed(_name(der)))


def _compared(der: bytes) -> list[set[tuple[str, str | bytes]]]:
    """Equal for names that mean the same."""
    return [{each.compared() for each in part} for part in _name(der)]


def _same_name(one: bytes, other: bytes) -> bool:
    return one == other or _compared(one) == _compared(other)


# ---- certificates -------------------------------------------------------------------------------


class Certificate(NamedTuple):
    """What was read of one; the parts with a name in Certificate's own words are DER."""

    der: bytes
    subject: bytes
    issuer: bytes
    not_before: datetime
    not_after: datetime
    public_key: bytes
    key_identifier: bytes | None
    issuer_key_identifier: bytes | None

    @property
    def subject_text(self) -> str:
        return name_text(self.subject)

    @property
    def issuer_text(self) -> str:
        return name_text(self.issuer)

    @property
    def is_self_issued(self) -> bool:
        return _same_name(self.subject, self.issuer)

    def is_issued_by(self, other: Certificate) -> bool:
        """As far as the names tell, and the identifiers of keys where both have one."""
        return self.may_have_key_of(other) and _same_name(self.issuer, other.subject)

    def may_have_key_of(self, issuer: Certificate) -> bool:
        wanted, there = self.issuer_key_identifier, issuer.key_identifier
        return wanted is None or there is None or wanted == there


def _time(reader: _Reader) -> datetime:
    tag = reader.tag()
    digits = reader.take(_UTC_TIME, _GENERALIZED_TIME)
    size = 13 if tag == _UTC_TIME else 15
    if len(digits) != size or not digits.endswith(b"Z") or not digits[:-1].isdigit():
        raise _bad("a time")
    text = digits[:-1].decode("ascii")
    if tag == _UTC_TIME:
        text = ("20" if text < "50" else "19") + text
    numbers = [int(text[:4]), *(int(text[at : at + 2]) for at in range(4, 14, 2))]
    year, month, day, hour, minute, second = numbers
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        raise _bad("a time") from None


def _extensions(reader: _Reader) -> tuple[bytes | None, bytes | None]:
    """The identifiers of the certificate's key and of its issuer's."""
    key = issuer = None
    listed = reader.inside(_SEQUENCE)
    reader.done()
    while listed.tag():
        extension = listed.inside(_SEQUENCE)
        kind = extension.take(_OID)
        if extension.tag() == 0x01:
            extension.take()
        value = _Reader(extension.take(_OCTETS))
        extension.done()
        if kind == _SUBJECT_KEY_IDENTIFIER:
            key = value.take(_OCTETS)
        elif kind == _AUTHORITY_KEY_IDENTIFIER:
            inside = value.inside(_SEQUENCE)
            if inside.tag() == 0x80:
                issuer = inside.take()
    listed.done()
    return key, issuer


def read(der: bytes) -> Certificate:
    """Reads one certificate, which must be all there is."""
    outer = _Reader(der)
    whole = outer.inside(_SEQUENCE)
    outer.done()
    inner = whole.inside(_SEQUENCE)
    whole.take(_SEQUENCE)
    whole.take(_BITS)
    whole.done()
    if inner.tag() == 0xA0:
        inner.take()
    inner.take(_INTEGER)
    inner.take(_SEQUENCE)
    issuer = inner.whole(_SEQUENCE)
    validity = inner.inside(_SEQUENCE)
    not_before = _time(validity)
    not_after = _time(validity)
    validity.done()
    subject = inner.whole(_SEQUENCE)
    public_key = inner.whole(_SEQUENCE)
    _key_parts(public_key)
    _name(issuer)
    _name(subject)
    for tag in (0x81, 0x82):
        if inner.tag() == tag:
            inner.take()
    identifiers: tuple[bytes | None, bytes | None] = (None, None)
    if inner.tag() == 0xA3:
        identifiers = _extensions(inner.inside(0xA3))
    inner.done()
    return Certificate(der, subject, issuer, not_before, not_after, public_key, *identifiers)


def read_or_none(der: bytes) -> Certificate | None:
    """None for one that is malformed."""
    try:
        return read(der)
    except BadDataError:
        return None


def split(data: bytes) -> tuple[bytes, ...]:
    """The certificates that follow each other in a key's property.

    Cards may have written zeros behind the last one.
    """
    found = []
    reader = _Reader(data)
    while reader.tag() == _SEQUENCE:
        found.append(reader.whole())
    if data[reader.at :].strip(b"\0"):
        raise _bad("the property of the key holds something else")
    return tuple(found)


# ---- public keys --------------------------------------------------------------------------------


def _key_parts(info: bytes) -> tuple[bytes, bytes, bytes]:
    """Algorithm, its parameters and the key of a SubjectPublicKeyInfo."""
    outer = _Reader(info)
    reader = outer.inside(_SEQUENCE)
    outer.done()
    algorithm = reader.inside(_SEQUENCE)
    kind = algorithm.take(_OID)
    parameters = algorithm.der[algorithm.at : algorithm.end]
    key = reader.take(_BITS)
    reader.done()
    if not key or key[0] != 0:
        raise _bad("the public key")
    return kind, parameters, key[1:]


def is_same_key(one: bytes, other: bytes) -> bool:
    """Whether two SubjectPublicKeyInfo hold the same key, however they say it."""
    kind, parameters, key = _key_parts(one)
    other_kind, other_parameters, other_key = _key_parts(other)
    if {kind, other_kind} <= {_RSA, _RSA_PSS}:
        return key == other_key
    return (kind, parameters) == (other_kind, other_parameters) and _point(key, other_key)


def _point(one: bytes, other: bytes) -> bool:
    """Whether two points of a curve are equal; either may be compressed."""
    if one[:1] == b"\x04" and other[:1] in (b"\x02", b"\x03"):
        one, other = other, one
    if one[:1] in (b"\x02", b"\x03") and other[:1] == b"\x04" and len(other) == 2 * len(one) - 1:
        return one == bytes([2 + (other[-1] & 1)]) + other[1 : len(one)]
    return one == other


def check_key(certificate: Certificate, key: Key) -> None:
    """Raises unless the certificate is of that key."""
    if not is_same_key(certificate.public_key, key.public_key_der()):
        raise ValueError(
            f"the certificate ({certificate.subject_text}) has another public key than the key"
        )


# ---- from callers -------------------------------------------------------------------------------


def _from_bytes(data: bytes) -> list[bytes]:
    if data[:1] == b"\x30":
        return [data]
    from base64 import b64decode

    found = []
    for body in _PEM.findall(data):
        try:
            found.append(b64decode(b"".join(body.split()), validate=True))
        except ValueError:
            raise _bad("its PEM is not base64") from None
    if not found:
        raise _bad("neither DER nor PEM")
    return found


def encodings(certificate: Any, argument: str) -> list[bytes]:
    """The DER of what a caller gives: DER, PEM with any number of certificates, or an object of
    cryptography's."""
    if isinstance(certificate, str):
        return _from_bytes(certificate.encode("utf-8", "replace"))
    if hasattr(certificate, "public_bytes") and "cryptography" in sys.modules:
        from cryptography.hazmat.primitives.serialization import Encoding

        try:
            return [bytes(certificate.public_bytes(Encoding.DER))]
        except TypeError:  # of a key, which wants more arguments
            pass
    try:
        with memoryview(certificate) as view:
            return _from_bytes(view.tobytes())
    except TypeError:
        raise TypeError(
            f"{argument} must be DER or PEM, or a certificate of cryptography, "
            f"not {type(certificate).__name__!r}"
        ) from None


def chain_of(certificates: Any) -> list[Certificate]:
    """A leaf and its issuers, as a caller gives them; raises unless each follows from the next."""
    if isinstance(certificates, (str, bytes, bytearray, memoryview)) or hasattr(
        certificates, "public_bytes"
    ):
        certificates = [certificates]
    elif not isinstance(certificates, Iterable):
        raise TypeError(
            f"certificates must be one or several of them, not {type(certificates).__name__!r}"
        )
    chain = [
        read(der) for each in certificates for der in encodings(each, "each of the certificates")
    ]
    if not chain:
        raise ValueError("there is no certificate in it")
    for index, (one, issuer) in enumerate(pairwise(chain), 1):
        if not one.is_issued_by(issuer):
            raise ValueError(
                f"certificate {index + 1} ({issuer.subject_text}) did not issue certificate "
                f"{index} ({one.subject_text}): the order is the key's own, then its issuers"
            )
    return chain


def find_chain(leaf: bytes, others: Iterable[bytes]) -> tuple[bytes, ...]:
    """The leaf, followed by its issuers as far as they are among the others.

    Of several that fit the one that ends last is taken.
    """
    last = read_or_none(leaf)
    found = [leaf]
    # Each name is read once: how long they are is in the hand of who made the certificates.
    candidates = [
        (_compared(one.subject), one) for one in map(read_or_none, others) if one is not None
    ]
    while last is not None and not last.is_self_issued and len(found) < _LONGEST_CHAIN:
        name = _compared(last.issuer)
        issuers = [
            one
            for subject, one in candidates
            if subject == name and one.der not in found and last.may_have_key_of(one)
        ]
        last = max(issuers, key=lambda one: one.not_after, default=None)
        if last is not None:
            found.append(last.der)
    return tuple(found)
