# SPDX-License-Identifier: MIT
"""Security identifiers: text and bytes, aliases, the SIDs of services."""

from __future__ import annotations

import hashlib
import re
import struct

# The aliases that mean the same on every machine.
ALIASES = {
    "WD": "S-1-1-0", "CO": "S-1-3-0", "CG": "S-1-3-1", "OW": "S-1-3-4",
    "NU": "S-1-5-2", "IU": "S-1-5-4", "SU": "S-1-5-6", "AN": "S-1-5-7", "ED": "S-1-5-9",
    "PS": "S-1-5-10", "AU": "S-1-5-11", "RC": "S-1-5-12", "SY": "S-1-5-18", "LS": "S-1-5-19",
    "NS": "S-1-5-20", "WR": "S-1-5-33", "UD": "S-1-5-84-0-0-0-0-0",
    "BA": "S-1-5-32-544", "BU": "S-1-5-32-545", "BG": "S-1-5-32-546", "PU": "S-1-5-32-547",
    "AO": "S-1-5-32-548", "SO": "S-1-5-32-549", "PO": "S-1-5-32-550", "BO": "S-1-5-32-551",
    "RE": "S-1-5-32-552", "RU": "S-1-5-32-554", "RD": "S-1-5-32-555", "NO": "S-1-5-32-556",
    "MU": "S-1-5-32-558", "LU": "S-1-5-32-559", "IS": "S-1-5-32-568", "CY": "S-1-5-32-569",
    "ER": "S-1-5-32-573", "CD": "S-1-5-32-574", "RA": "S-1-5-32-575", "ES": "S-1-5-32-576",
    "MS": "S-1-5-32-577", "HA": "S-1-5-32-578", "AA": "S-1-5-32-579", "RM": "S-1-5-32-580",
    "AC": "S-1-15-2-1", "AS": "S-1-18-1", "SS": "S-1-18-2",
    "LW": "S-1-16-4096", "ME": "S-1-16-8192", "MP": "S-1-16-8448", "HI": "S-1-16-12288",
    "SI": "S-1-16-16384",
}  # fmt: skip
ALIAS_OF = {sid: alias for alias, sid in ALIASES.items()}
_OF_A_DOMAIN = frozenset("AP CA CN DA DC DD DG DU EA EK KA LA LG PA RO RS SA".split())

SID = re.compile(r"S-1-(0[xX][0-9A-Fa-f]{1,12}|[0-9]+)((?:-[0-9]+){1,15})")
_SERVICE = re.compile(r"NT SERVICE\\(.+)", re.IGNORECASE | re.DOTALL)


def service_sid(name: str) -> str:
    """The SID of a service, by the service's name as in ``sc query`` (not its display name)."""
    if not name or "\\" in name or "/" in name:
        raise ValueError(f"{name!r} is not the name of a service")
    if not name.isascii():
        raise ValueError(
            f"{name!r} is not in ASCII, and Windows has capital letters of its own: use the SID "
            "that sc showsid tells"
        )
    if name.upper() == "ALL SERVICES":
        return "S-1-5-80-0"
    digest = hashlib.sha1(name.upper().encode("utf-16-le"), usedforsecurity=False).digest()
    return "S-1-5-80-" + "-".join(str(part) for part in struct.unpack("<5I", digest))


def sid_of(who: str) -> str:
    """A SID as ``S-1-...`` from one, from an alias (``"LS"``) or from ``r"NT SERVICE\\name"``."""
    if service := _SERVICE.fullmatch(who):
        return service_sid(service[1])
    if who in ALIASES:
        return ALIASES[who]
    if who in _OF_A_DOMAIN:
        raise ValueError(f"{who} means another SID in each domain: write it out as S-1-5-21-...")
    if not SID.fullmatch(who):
        raise ValueError(
            f"{who!r} is not a SID, an alias of one or NT SERVICE\\<name>; names of accounts "
            "are not looked up"
        )
    return sid_from_bytes(sid_to_bytes(who))


def sid_to_bytes(sid: str) -> bytes:
    """The binary form of ``S-1-...``."""
    match = SID.fullmatch(sid)
    if match is None:
        raise ValueError(f"{sid!r} is not a SID of the form S-1-<authority>-<number>...")
    if max(map(len, sid.split("-"))) > 64:  # many more digits than there can be
        raise ValueError("the SID has a number that is too large")
    authority = int(match[1], 16 if match[1][:2] in ("0x", "0X") else 10)
    numbers = [int(part) for part in match[2].split("-")[1:]]
    if authority >= 1 << 48 or max(numbers) >= 1 << 32:
        raise ValueError(f"{sid!r} has a number that is too large")
    return (
        bytes((1, len(numbers)))
        + authority.to_bytes(6, "big")
        + struct.pack(f"<{len(numbers)}I", *numbers)
    )


def sid_from_bytes(data: bytes) -> str:
    """``S-1-...`` of a binary SID, which must fill ``data``."""
    sid, size = read_sid(data, 0, len(data))
    if size != len(data):
        raise ValueError(f"the SID has {size} bytes, not {len(data)}")
    return sid


def read_sid(data: bytes, at: int, end: int) -> tuple[str, int]:
    """The SID at an offset, and its size."""
    if at < 0 or end - at < 8 or data[at] != 1 or not 1 <= data[at + 1] <= 15:
        raise ValueError(f"there is no SID at offset {at}")
    size = 8 + 4 * data[at + 1]
    if end - at < size:
        raise ValueError(f"the SID at offset {at} is cut short")
    authority = int.from_bytes(data[at + 2 : at + 8], "big")
    numbers = struct.unpack_from(f"<{data[at + 1]}I", data, at + 8)
    first = str(authority) if authority < 1 << 32 else f"0x{authority:012X}"
    return "-".join(("S-1", first, *map(str, numbers))), size
