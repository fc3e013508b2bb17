# SPDX-License-Identifier: MIT
"""Security descriptors that must not pass: damage, values that fit no field, doubtful text."""

import struct

import pytest

from ncrypt_ext.security import (
    Ace,
    AceFlags,
    Acl,
    AclFlags,
    OpaqueAce,
    SDDLError,
    SecurityDescriptor,
    service_sid,
    sid_of,
    sid_to_bytes,
)

SYSTEM = "S-1-5-18"
SELF_RELATIVE, DACL_PRESENT = 0x8000, 0x0004


def with_dacl(acl):
    return struct.pack("<BBHIIII", 1, 0, SELF_RELATIVE | DACL_PRESENT, 0, 0, 0, 20) + acl


@pytest.mark.parametrize("size", [0, 4, 7])
def test_a_list_that_is_shorter_than_its_head(size):
    """It would pass for an empty one."""
    with pytest.raises(ValueError, match="damaged"):
        SecurityDescriptor.from_bytes(with_dacl(struct.pack("<BBHHH", 2, 0, size, 0, 0)))


@pytest.mark.parametrize("place", [4, 8])
@pytest.mark.parametrize("at", [1, 4, 19])
def test_an_owner_or_a_group_inside_the_head(place, at):
    data = bytearray(20)
    struct.pack_into("<BBH", data, 0, 1, 0, SELF_RELATIVE)
    struct.pack_into("<I", data, place, at)
    data += bytes((1, 1)) * 20
    with pytest.raises(ValueError, match=f"no SID at offset {at}"):
        SecurityDescriptor.from_bytes(bytes(data))


@pytest.mark.parametrize("size", [4, 8, 12])
@pytest.mark.parametrize("kind", [0x00, 0x01, 0x02, 0x11])
def test_an_entry_without_room_for_a_sid(kind, size):
    entry = struct.pack("<BBH", kind, 0, size) + bytes(size - 4)
    acl = struct.pack("<BBHHH", 2, 0, 8 + size, 1, 0) + entry
    with pytest.raises(ValueError, match="no SID"):
        SecurityDescriptor.from_bytes(with_dacl(acl))


@pytest.mark.parametrize(
    "part",
    [
        Ace("A", SYSTEM, 1 << 32),
        Ace("A", SYSTEM, -1),
        Ace("A", SYSTEM, 1, AceFlags(0x100)),
        Ace("Q", SYSTEM, 1),
        Ace("A", "nobody", 1),
        OpaqueAce(256, AceFlags(0), b""),
        OpaqueAce(5, AceFlags(0), bytes(0xFFFF)),
        Acl((), revision=256),
    ],
)
def test_what_fits_no_field(part):
    with pytest.raises(ValueError, match=r"fit|type of entry|not a SID"):
        part.to_bytes()


def test_flags_that_would_become_other_bits_of_the_head():
    descriptor = SecurityDescriptor(dacl=Acl((), AclFlags(0x0010)))
    with pytest.raises(ValueError, match="not flags of a list"):
        descriptor.to_bytes()


@pytest.mark.parametrize("rights", [1 << 32, -1])
def test_rights_that_have_no_text(rights):
    with pytest.raises(ValueError, match="do not fit 32 bits"):
        Ace("A", SYSTEM, rights).to_sddl()


@pytest.mark.parametrize(
    "descriptor",
    [
        SecurityDescriptor(dacl=Acl((Ace("ML", "S-1-16-4096", 1),))),
        SecurityDescriptor(dacl=Acl((Ace("AU", SYSTEM, 1),))),
        SecurityDescriptor(sacl=Acl((Ace("A", SYSTEM, 1),))),
    ],
)
def test_no_text_that_could_not_be_read_again(descriptor):
    assert SecurityDescriptor.from_bytes(descriptor.to_bytes()) == descriptor
    with pytest.raises(ValueError, match="do not belong into this list"):
        descriptor.to_sddl()


@pytest.mark.parametrize("number", ["010", "00", "02000000000"])
def test_rights_that_may_be_read_as_octal(number):
    with pytest.raises(SDDLError, match="octal") as caught:
        SecurityDescriptor.from_sddl(f"D:(A;;{number};;;SY)")
    assert caught.value.position == 6
    assert SecurityDescriptor.from_sddl("D:(A;;0;;;SY)").dacl.aces[0].rights == 0
    assert SecurityDescriptor.from_sddl("D:(A;;0x010;;;SY)").dacl.aces[0].rights == 16


@pytest.mark.parametrize("name", ["\u017fpooler", "stra\u00dfe", "\u0131is", "caf\u00e9"])
def test_services_with_names_that_windows_may_capitalise_otherwise(name):
    """Python makes SPOOLER of the first: the SID would be another service's."""
    with pytest.raises(ValueError, match="sc showsid"):
        service_sid(name)
    with pytest.raises(ValueError, match="sc showsid"):
        sid_of(f"NT SERVICE\\{name}")


def test_the_entries_of_the_tests_are_entries():
    """The one that is whole is read: only the damage above is refused."""
    body = struct.pack("<BBHI", 0, 0, 20, 1) + sid_to_bytes(SYSTEM)
    acl = struct.pack("<BBHHH", 2, 0, 28, 1, 0) + body
    assert SecurityDescriptor.from_bytes(with_dacl(acl)).to_sddl() == "D:(A;;CC;;;SY)"
