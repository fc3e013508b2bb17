# SPDX-License-Identifier: MIT
"""Security descriptors, access control lists and SIDs as plain data, and their text form (SDDL).

Nothing here calls the system: it works, and gives the same, everywhere. A descriptor is what
:meth:`Key.security_descriptor() <ncrypt_ext.Key.security_descriptor>` returns and what
:meth:`Key.set_security_descriptor() <ncrypt_ext.Key.set_security_descriptor>` takes.
"""

from __future__ import annotations

import re
import struct
from enum import IntFlag
from typing import NamedTuple

from ncrypt_ext._sid import (
    ALIAS_OF,
    SID,
    read_sid,
    service_sid,
    sid_from_bytes,
    sid_of,
    sid_to_bytes,
)

__all__ = [
    "GENERIC_ALL",
    "GENERIC_EXECUTE",
    "GENERIC_READ",
    "GENERIC_WRITE",
    "Ace",
    "AceFlags",
    "Acl",
    "AclFlags",
    "OpaqueAce",
    "SDDLError",
    "SecurityDescriptor",
    "SecurityInformation",
    "service_sid",
    "sid_from_bytes",
    "sid_of",
    "sid_to_bytes",
]

GENERIC_READ = 0x80000000
GENERIC_WRITE = 0x40000000
GENERIC_EXECUTE = 0x20000000
GENERIC_ALL = 0x10000000


class SecurityInformation(IntFlag):
    """Parts of a security descriptor (``*_SECURITY_INFORMATION``)."""

    OWNER = 0x1
    GROUP = 0x2
    DACL = 0x4
    SACL = 0x8
    LABEL = 0x10


class AceFlags(IntFlag):
    """How an entry is inherited and audited; the names are those of SDDL."""

    OI = 0x01
    CI = 0x02
    NP = 0x04
    IO = 0x08
    ID = 0x10
    SA = 0x40
    FA = 0x80


class AclFlags(IntFlag):
    """How a list takes part in inheritance; the names are those of SDDL."""

    AR = 0x0100
    AI = 0x0400
    P = 0x1000


# Longer names first: what is written for a mask is the first name that is all of it.
_RIGHTS = {
    "FA": 0x001F01FF, "FR": 0x00120089, "FW": 0x00120116, "FX": 0x001200A0,
    "KA": 0x000F003F, "KR": 0x00020019, "KW": 0x00020006, "KX": 0x00020019,
    "GA": GENERIC_ALL, "GR": GENERIC_READ, "GW": GENERIC_WRITE, "GX": GENERIC_EXECUTE,
    "RC": 0x00020000, "SD": 0x00010000, "WD": 0x00040000, "WO": 0x00080000,
    "CC": 0x001, "DC": 0x002, "LC": 0x004, "SW": 0x008, "RP": 0x010, "WP": 0x020,
    "DT": 0x040, "LO": 0x080, "CR": 0x100,
}  # fmt: skip
_LABEL_RIGHTS = {"NW": 0x1, "NR": 0x2, "NX": 0x4}
_SINGLE_RIGHTS = ("GA", "GR", "GW", "GX", "RC", "SD", "WD", "WO")

_ACE_TYPES = {"A": 0x00, "D": 0x01, "AU": 0x02, "ML": 0x11}
_ACE_NAMES = {number: name for name, number in _ACE_TYPES.items()}
_REFUSED_TYPES = frozenset("AL FL OA OD OL OU RA SP TL XA XD XU ZA".split())
_IN_SACL = frozenset(("AU", "ML"))

_SELF_RELATIVE = 0x8000
_DACL_PRESENT = 0x0004
_SACL_PRESENT = 0x0010


class SDDLError(ValueError):
    """The text is not SDDL, or SDDL that is not supported here; ``position`` says where."""

    def __init__(self, problem: str, sddl: str, position: int) -> None:
        super().__init__(f"{problem}, at character {position + 1} of {sddl!r}")
        self.problem = problem
        self.sddl = sddl
        self.position = position

    def __reduce__(self) -> tuple[type[SDDLError], tuple[str, str, int]]:
        return type(self), (self.problem, self.sddl, self.position)


# ---- entries and lists ---------------------------------------------------------------------------


class Ace(NamedTuple):
    """An entry: ``kind`` is ``"A"`` (allow), ``"D"`` (deny), ``"AU"`` (audit) or ``"ML"`` (label).

    ``sid`` is of the form ``S-1-...``.
    """

    kind: str
    sid: str
    rights: int
    flags: AceFlags = AceFlags(0)

    def to_bytes(self) -> bytes:
        """The entry as Windows lays it out (ACE)."""
        if self.kind not in _ACE_TYPES:
            raise ValueError(f"{self.kind!r} is not a type of entry")
        sid = sid_to_bytes(sid_of(self.sid))
        return _pack("<BBHI", _ACE_TYPES[self.kind], self.flags, 8 + len(sid), self.rights) + sid

    def to_sddl(self) -> str:
        """The entry in SDDL: ``(A;;GR;;;BA)``."""
        if self.flags & ~_all(AceFlags):
            raise ValueError(f"SDDL has no name for the entry's flags 0x{int(self.flags):02X}")
        sid = sid_of(self.sid)
        rights = _rights_text(self.rights, self.kind)
        return f"({self.kind};{_names(self.flags)};{rights};;;{ALIAS_OF.get(sid, sid)})"


class OpaqueAce(NamedTuple):
    """An entry of a kind that is not understood here. It is kept as it is, but has no SDDL."""

    kind: int
    flags: AceFlags
    body: bytes

    def to_bytes(self) -> bytes:
        """The entry as it was read."""
        return _pack("<BBH", self.kind, self.flags, 4 + len(self.body)) + self.body

    def to_sddl(self) -> str:
        """Refuses, with ValueError: it has no text form."""
        raise ValueError(f"an entry of type 0x{self.kind:02X} has no text form here")


class Acl(NamedTuple):
    """A list of entries, in order. ``aces`` is None for a NULL list, which restricts nothing."""

    aces: tuple[Ace | OpaqueAce, ...] | None
    flags: AclFlags = AclFlags(0)
    revision: int = 2

    def to_bytes(self) -> bytes:
        """The list as Windows lays it out (ACL); ValueError for a NULL list."""
        if self.aces is None:
            raise ValueError("a NULL list has no bytes")
        body = b"".join(ace.to_bytes() for ace in self.aces)
        if 8 + len(body) > 0xFFFF:
            raise ValueError(f"{8 + len(body)} bytes are too many for an access control list")
        return _pack("<BBHHH", self.revision, 0, 8 + len(body), len(self.aces), 0) + body

    def to_sddl(self) -> str:
        """The list in SDDL: its flags, then its entries."""
        if self.aces is None:
            return _names(self.flags) + "NO_ACCESS_CONTROL"
        return _names(self.flags) + "".join(ace.to_sddl() for ace in self.aces)

    def allow(self, who: str, rights: int = GENERIC_READ) -> Acl:
        """The same list with these rights for ``who`` (see :func:`sid_of`), and no other change.

        They go into the entry of its own that ``who`` has already, else into a new one, after the
        list's own entries and before the inherited ones. A denial that comes earlier still wins.
        """
        if self.aces is None:
            raise ValueError(
                "the list is NULL, which lets everybody do everything: an entry would take "
                "those rights away"
            )
        sid = sid_of(who)
        for at, ace in enumerate(self.aces):
            if isinstance(ace, Ace) and (ace.kind, ace.sid, ace.flags) == ("A", sid, 0):
                merged = ace._replace(rights=ace.rights | rights)
                return self._replace(aces=(*self.aces[:at], merged, *self.aces[at + 1 :]))
        inherited = (n for n, ace in enumerate(self.aces) if ace.flags & AceFlags.ID)
        at = next(inherited, len(self.aces))
        added = Ace("A", sid, rights)
        return self._replace(aces=(*self.aces[:at], added, *self.aces[at:]))


def _all(kind: type[IntFlag]) -> int:
    return sum(kind)


def _pack(form: str, *numbers: int) -> bytes:
    try:
        return struct.pack(form, *numbers)
    except struct.error:
        raise ValueError(f"one of the numbers {numbers} does not fit its field") from None


def _names(flags: IntFlag) -> str:
    ordered = ("P", "AR", "AI", *AceFlags.__members__)
    present = {flag.name for flag in type(flags) if flag & flags}
    return "".join(name for name in ordered if name in present)


def _rights_text(rights: int, kind: str) -> str:
    if not 0 <= rights < 1 << 32:
        raise ValueError(f"the rights {rights} do not fit 32 bits")
    if kind == "ML":
        if 0 < rights <= 7:
            return "".join(name for name, bit in _LABEL_RIGHTS.items() if rights & bit)
        return f"0x{rights:x}"
    for name, bits in _RIGHTS.items():
        if rights == bits:
            return name
    singles = [name for name in _SINGLE_RIGHTS if rights & _RIGHTS[name]]
    if rights and sum(_RIGHTS[name] for name in singles) == rights:
        return "".join(singles)
    return f"0x{rights:x}"


def _read_acl(data: bytes, at: int, flags: AclFlags) -> Acl:
    if at < 20 or len(data) - at < 8:
        raise ValueError(f"there is no access control list at offset {at}")
    revision, _, size, count, _ = struct.unpack_from("<BBHHH", data, at)
    end = at + size
    if revision not in (2, 4) or size < 8 or end > len(data):
        raise ValueError(f"the access control list at offset {at} is damaged")
    aces: list[Ace | OpaqueAce] = []
    at += 8
    for _ in range(count):
        if end - at < 4:
            raise ValueError(f"the access control list ends before the entry at offset {at}")
        number, bits, length = struct.unpack_from("<BBH", data, at)
        if length < 4 or length > end - at:
            raise ValueError(f"the entry at offset {at} has a wrong length")
        aces.append(_read_ace(data[at : at + length], number, AceFlags(bits)))
        at += length
    return Acl(tuple(aces), flags, revision)


def _read_ace(data: bytes, number: int, flags: AceFlags) -> Ace | OpaqueAce:
    if number in _ACE_NAMES:
        sid, size = read_sid(data, 8, len(data))
        if 8 + size == len(data):
            return Ace(_ACE_NAMES[number], sid, int.from_bytes(data[4:8], "little"), flags)
    return OpaqueAce(number, flags, data[4:])  # also one with more behind its SID


# ---- descriptors ---------------------------------------------------------------------------------


class SecurityDescriptor(NamedTuple):
    """Who owns something and who may do what with it. Parts that are None are not there."""

    owner: str | None = None
    group: str | None = None
    dacl: Acl | None = None
    sacl: Acl | None = None

    @classmethod
    def from_sddl(cls, sddl: str) -> SecurityDescriptor:
        """Parse ``O:<sid>G:<sid>D:<flags>(<entry>)...S:<flags>(<entry>)...``.

        Not supported, and refused by name: entries for objects (``OA``, ``OD``, ``OU``), with
        conditions, and aliases that mean another SID in each domain.
        """
        return _Parser(sddl).descriptor()

    @classmethod
    def from_bytes(cls, data: bytes) -> SecurityDescriptor:
        """Read a self-relative ``SECURITY_DESCRIPTOR``; one that is damaged is a ``ValueError``."""
        if len(data) < 20:
            raise ValueError(f"a security descriptor has 20 bytes at least, not {len(data)}")
        revision, _, control, owner, group, sacl, dacl = struct.unpack_from("<BBHIIII", data)
        if revision != 1 or not control & _SELF_RELATIVE:
            raise ValueError("this is not a self-relative security descriptor")

        def read_list(present: int, at: int, shift: int) -> Acl | None:
            if not control & present:
                return None
            flags = AclFlags(control >> shift & _all(AclFlags))
            return _read_acl(data, at, flags) if at else Acl(None, flags)

        def read_optional_sid(at: int) -> str | None:
            if 0 < at < 20:
                raise ValueError(f"there is no SID at offset {at}")
            return read_sid(data, at, len(data))[0] if at else None

        return cls(
            read_optional_sid(owner),
            read_optional_sid(group),
            read_list(_DACL_PRESENT, dacl, 0),
            read_list(_SACL_PRESENT, sacl, 1),
        )

    def to_bytes(self) -> bytes:
        """The self-relative ``SECURITY_DESCRIPTOR``."""
        control, body, offsets = _SELF_RELATIVE, b"", []
        for sid in (self.owner, self.group):
            offsets.append(20 + len(body) if sid is not None else 0)
            body += sid_to_bytes(sid_of(sid)) if sid is not None else b""
        for acl, present, shift in (
            (self.sacl, _SACL_PRESENT, 1),
            (self.dacl, _DACL_PRESENT, 0),
        ):
            if acl is not None and acl.flags & ~_all(AclFlags):
                raise ValueError(f"0x{int(acl.flags):X} are not flags of a list")
            control |= 0 if acl is None else present | int(acl.flags) << shift
            there = acl is not None and acl.aces is not None
            offsets.append(20 + len(body) if there else 0)
            body += acl.to_bytes() if acl is not None and there else b""
        return struct.pack("<BBHIIII", 1, 0, control, *offsets) + body

    def to_sddl(self) -> str:
        """The text form. An entry that has none is a ``ValueError``."""
        sids = [
            f"{letter}:{ALIAS_OF.get(sid_of(sid), sid_of(sid))}"
            for letter, sid in (("O", self.owner), ("G", self.group))
            if sid is not None
        ]
        for acl, system in ((self.dacl, False), (self.sacl, True)):
            for ace in acl.aces or () if acl is not None else ():
                if isinstance(ace, Ace) and (ace.kind in _IN_SACL) != system:
                    raise ValueError(f"entries of type {ace.kind} do not belong into this list")
        lists = [
            f"{letter}:{acl.to_sddl()}"
            for letter, acl in (("D", self.dacl), ("S", self.sacl))
            if acl is not None
        ]
        return "".join(sids + lists)

    def __str__(self) -> str:
        return self.to_sddl()

    @property
    def parts(self) -> SecurityInformation:
        """What is in it."""
        found = SecurityInformation(0)
        if self.owner is not None:
            found |= SecurityInformation.OWNER
        if self.group is not None:
            found |= SecurityInformation.GROUP
        if self.dacl is not None:
            found |= SecurityInformation.DACL
        if self.sacl is not None:
            labels = [ace for ace in self.sacl.aces or () if ace.kind == "ML"]
            found |= SecurityInformation.LABEL if labels else SecurityInformation(0)
            if len(labels) != len(self.sacl.aces or ()) or not labels:
                found |= SecurityInformation.SACL
        return found

    def allow(self, who: str, rights: int = GENERIC_READ) -> SecurityDescriptor:
        """The same descriptor with these rights for ``who``: see :meth:`Acl.allow`."""
        if self.dacl is None:
            raise ValueError("the security descriptor has no DACL to add an entry to")
        return self._replace(dacl=self.dacl.allow(who, rights))


class _Parser:
    """A cursor over SDDL."""

    def __init__(self, sddl: str) -> None:
        self.text = sddl
        self.at = 0

    def fail(self, problem: str, at: int | None = None) -> SDDLError:
        return SDDLError(problem, self.text, self.at if at is None else at)

    def take(self, pattern: str) -> str | None:
        match = re.compile(pattern).match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        return match[0]

    def descriptor(self) -> SecurityDescriptor:
        owner = group = dacl = sacl = None
        seen: set[str] = set()
        while self.at < len(self.text):
            start = self.at
            part = self.take("[OGDS]:")
            if part is None:
                raise self.fail("expected O:, G:, D: or S:")
            if part in seen:
                raise self.fail(f"{part} is there twice", start)
            seen.add(part)
            if part == "O:":
                owner = self.sid()
            elif part == "G:":
                group = self.sid()
            elif part == "D:":
                dacl = self.acl(False)
            else:
                sacl = self.acl(True)
        return SecurityDescriptor(owner, group, dacl, sacl)

    def sid(self) -> str:
        start = self.at
        found = self.take(SID.pattern) or self.take("[A-Z]{2}")
        if found is None:
            raise self.fail("expected a SID")
        try:
            return sid_of(found)
        except ValueError as error:
            raise self.fail(str(error), start) from None

    def acl(self, system: bool) -> Acl:
        flags = AclFlags(0)
        while name := self.take("P|AR|AI"):
            flags |= AclFlags[name]
        if self.take("NO_ACCESS_CONTROL"):
            return Acl(None, flags)
        aces = []
        while self.text[self.at : self.at + 1] == "(":
            aces.append(self.ace(system))
        if self.at < len(self.text) and not re.match("[OGDS]:", self.text[self.at :]):
            raise self.fail("expected (, or one of the flags P, AR, AI before the first entry")
        return Acl(tuple(aces), flags)

    def ace(self, system: bool) -> Ace:
        self.at += 1
        start = self.at
        kind = self.take("[A-Z]*") or ""
        if kind in _REFUSED_TYPES:
            raise self.fail(f"entries of type {kind} are not supported", start)
        if kind not in _ACE_TYPES:
            raise self.fail(f"{kind!r} is not a type of entry", start)
        if (kind in _IN_SACL) != system:
            raise self.fail(f"entries of type {kind} do not belong into this list", start)
        self.semicolon()
        flags = AceFlags(0)
        while name := self.take("[A-Z]{1,2}"):
            if name not in AceFlags.__members__:
                raise self.fail(f"{name!r} is not a flag of an entry", self.at - len(name))
            flags |= AceFlags[name]
        self.semicolon()
        rights = self.rights(kind)
        for _ in range(2):
            self.semicolon()
            if self.text[self.at : self.at + 1] not in (";", ""):
                raise self.fail(f"entries of type {kind} have no GUIDs")
        self.semicolon()
        sid = self.sid()
        if self.text[self.at : self.at + 1] == ";":
            raise self.fail("entries with a condition or an attribute are not supported")
        if self.take(r"\)") is None:
            raise self.fail("expected )")
        return Ace(kind, sid, rights, flags)

    def semicolon(self) -> None:
        if self.take(";") is None:
            raise self.fail("expected ;")

    def rights(self, kind: str) -> int:
        known = _LABEL_RIGHTS if kind == "ML" else _RIGHTS
        start = self.at
        number = self.take("0[xX][0-9A-Fa-f]+") or self.take("[0-9]+")
        if number is not None:
            if number[0] == "0" and number.isdecimal() and number != "0":
                raise self.fail("a number that begins with 0 may be read as octal", start)
            digits = number[:64]  # many more than there can be
            value = int(digits, 16 if digits[:2] in ("0x", "0X") else 10)
            if value >= 1 << 32 or digits != number:
                raise self.fail("the rights do not fit 32 bits", start)
            return value
        value = 0
        while name := self.take("[A-Z]{1,2}"):
            if name not in known:
                raise self.fail(f"{name!r} is not a right", self.at - len(name))
            value |= known[name]
        return value
