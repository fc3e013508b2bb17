# SPDX-License-Identifier: MIT
"""DER with one thing wrong in it. A fuzzer takes long to find that, since the lengths around the
change have to fit."""

from typing import NamedTuple

from ..conformance.der import tlv

CONSTRUCTED = 0x20
OCTET_STRING, INTEGER, SEQUENCE = 0x04, 0x02, 0x30
NULL = b"\5\0"


class Element(NamedTuple):
    tag: int
    content: bytes
    inside: tuple = ()  # the elements that the content is made of, if it is

    @property
    def whole(self):
        return tlv(self.tag, self.content)


def split(data):
    """The elements that lie side by side, with octet strings looked into, too; ValueError when the
    data are none."""
    found = []
    while data:
        if len(data) < 2 or data[1] == 0x80:
            raise ValueError("half a header, or no length")
        size, start = data[1], 2
        if size > 0x80:
            start += size - 0x80
            size = int.from_bytes(data[2:start], "big")
        if len(data) < start + size:
            raise ValueError("a length that does not fit")
        found.append(element(data[0], data[start : start + size]))
        data = data[start + size :]
    return found


def element(tag, content):
    if tag & CONSTRUCTED or tag == OCTET_STRING:
        try:
            return Element(tag, content, tuple(split(content)))
        except ValueError:
            pass
    return Element(tag, content)


def parse(data):
    (found,) = split(data)
    return found


def spoiled(one):
    """What may stand in the place of an element."""
    tag, content = one.tag, one.content
    yield b""
    yield one.whole + one.whole
    yield one.whole + NULL
    yield from (NULL, tlv(SEQUENCE), tlv(INTEGER, b"\x7f" * 9), tlv(INTEGER, b"\xff"))
    yield from (tlv(INTEGER, b"\x02"), tlv(INTEGER, b"\x7f\xff\xff"))
    yield from (tlv(tag), tlv(tag, content, b"\0"), tlv(tag, content, NULL))
    yield from (
        tlv(tag, b"\0", content),
        tlv(tag, b"\xff", content),
        tlv(tag, b"\0" * len(content)),
    )
    yield from (tlv(tag, content[:-1]), tlv(tag, content[1:]))
    yield tlv(tag, content[:-1], bytes([content[-1] ^ 1] if content else []))
    yield from (tlv(tag ^ 0x80, content), tlv(tag ^ 0x06, content))


def variants(one):
    """The bytes of an element, each time with one thing changed somewhere in it."""
    yield from spoiled(one)
    for place, each in enumerate(one.inside):
        before = b"".join(other.whole for other in one.inside[:place])
        after = b"".join(other.whole for other in one.inside[place + 1 :])
        for changed in variants(each):
            yield tlv(one.tag, before, changed, after)
