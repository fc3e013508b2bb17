# SPDX-License-Identifier: MIT
"""Security descriptors as data. Windows' own conversions are the peer where there are some."""

import ctypes
import pickle
import struct
import sys

import pytest

from ncrypt_ext import security
from ncrypt_ext._sid import ALIASES
from ncrypt_ext.security import (
    GENERIC_ALL,
    GENERIC_EXECUTE,
    GENERIC_READ,
    GENERIC_WRITE,
    Ace,
    AceFlags,
    Acl,
    AclFlags,
    OpaqueAce,
    SDDLError,
    SecurityDescriptor,
    SecurityInformation,
    service_sid,
    sid_from_bytes,
    sid_of,
    sid_to_bytes,
)

SYSTEM = "S-1-5-18"
LARGE = "S-1-0x123456789ABC-7"
TRUSTED_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"

# Written as this module writes them. The second one is the example of Microsoft's page about
# creating a DACL, the fourth what a machine key's file has.
CANONICAL = [
    "D:P(A;;GA;;;SY)(A;;GA;;;BA)",
    "D:(D;OICI;GA;;;BG)(D;OICI;GA;;;AN)(A;OICI;GRGWGX;;;AU)(A;OICI;GA;;;BA)",
    "O:SYG:SYD:PAI(A;;FA;;;SY)(A;ID;FR;;;NS)(D;;SD;;;WD)",
    "O:SYG:SYD:PAI(A;;0xd01f01ff;;;SY)(A;;0xd01f01ff;;;BA)(A;;0x80120089;;;NS)",
    f"O:{TRUSTED_INSTALLER}D:ARAI(A;OICINPIO;KA;;;{TRUSTED_INSTALLER})",
    "O:BAG:BAS:PARAI(AU;SAFA;FW;;;WD)(AU;FA;KR;;;AU)",
    "G:S-1-5-21-3623811015-3361044348-30300820-1013",
    "O:LS",
    "D:",
    "S:",
    "D:P",
    "D:NO_ACCESS_CONTROL",
    "S:(ML;;NWNR;;;LW)",
    "",
]


# ---- SIDs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("TrustedInstaller", "956008885-3418522649-1831038044-1853292631-2271478464"),
        ("WdiServiceHost", "3139157870-2983391045-3678747466-658725712-1809340420"),
        ("MSSQLSERVER", "3880718306-3832830129-1677859214-2598158968-1052248003"),
        ("SQLSERVERAGENT", "344959196-2060754871-2302487193-2804545603-1466107430"),
        ("all services", "0"),
    ],
)
def test_service_sids_that_are_published(name, numbers):
    for spelling in (name, name.lower(), name.upper()):
        assert service_sid(spelling) == f"S-1-5-80-{numbers}"
        assert sid_of(f"NT SERVICE\\{spelling}") == f"S-1-5-80-{numbers}"
        assert sid_of(f"nt service\\{spelling}") == f"S-1-5-80-{numbers}"


@pytest.mark.parametrize("name", ["", "a\\b", "a/b"])
def test_no_name_of_a_service(name):
    with pytest.raises(ValueError, match="not the name of a service"):
        service_sid(name)


@pytest.mark.parametrize(
    ("sid", "octets"),
    [
        ("S-1-1-0", "010100000000000100000000"),
        ("S-1-5-18", "010100000000000512000000"),
        ("S-1-5-32-544", "01020000000000052000000020020000"),
        (LARGE, "0101123456789abc07000000"),
        ("S-1-4294967295-4294967295", "01010000ffffffffffffffff"),
        ("S-1-5" + "-1" * 15, "010f000000000005" + "01000000" * 15),
    ],
)
def test_binary_sids(sid, octets):
    assert sid_to_bytes(sid) == bytes.fromhex(octets)
    assert sid_from_bytes(bytes.fromhex(octets)) == sid == sid_of(sid)


def test_spellings_of_one_sid():
    assert sid_of("SY") == sid_of("S-1-0x5-18") == sid_of("S-1-05-018") == SYSTEM
    assert sid_of("LS") == "S-1-5-19"
    assert sid_of("NS") == "S-1-5-20"


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        ("DA", "another SID in each domain"),
        ("ZZ", "not a SID"),
        ("sy", "not a SID"),
        ("S-1-5", "not a SID"),
        ("S-2-5-18", "not a SID"),
        ("S-1-5-18 ", "not a SID"),
        ("S-1-5" + "-1" * 16, "not a SID"),
        ("S-1-5-4294967296", "too large"),
        ("S-1-5-" + "9" * 9999, "too large"),
        ("S-1-5-\u0661\u0668", "not a SID"),
        ("S-1-281474976710656-1", "too large"),
        ("NT AUTHORITY\\SYSTEM", "names of accounts are not looked up"),
        ("NT SERVICE\\", "not a SID"),
        ("", "not a SID"),
    ],
)
def test_nobody(who, reason):
    with pytest.raises(ValueError, match=reason):
        sid_of(who)


@pytest.mark.parametrize("octets", ["", "0101000000000005", "0201000000000005" + "12000000",
                                    "0100000000000005", "010100000000000512000000ff"])  # fmt: skip
def test_damaged_sids(octets):
    with pytest.raises(ValueError, match="SID"):
        sid_from_bytes(bytes.fromhex(octets))


# ---- SDDL ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sddl", CANONICAL)
def test_sddl_there_and_back(sddl):
    descriptor = SecurityDescriptor.from_sddl(sddl)
    assert descriptor.to_sddl() == str(descriptor) == sddl
    assert SecurityDescriptor.from_bytes(descriptor.to_bytes()) == descriptor


def test_what_a_descriptor_says():
    descriptor = SecurityDescriptor.from_sddl("O:BAG:SYD:PAI(D;OICIID;0x7;;;WD)S:AR(AU;SA;GW;;;AU)")
    assert descriptor == SecurityDescriptor(
        "S-1-5-32-544",
        SYSTEM,
        Acl(
            (Ace("D", "S-1-1-0", 7, AceFlags.OI | AceFlags.CI | AceFlags.ID),),
            AclFlags.P | AclFlags.AI,
        ),
        Acl((Ace("AU", "S-1-5-11", GENERIC_WRITE, AceFlags.SA),), AclFlags.AR),
    )
    assert descriptor.parts == 0xF
    assert SecurityDescriptor.from_sddl("S:(ML;;NW;;;LW)").parts == SecurityInformation.LABEL
    assert SecurityDescriptor.from_sddl("S:(ML;;NW;;;LW)(AU;SA;GA;;;WD)").parts == 0x18
    assert SecurityDescriptor.from_sddl("S:").parts == SecurityInformation.SACL
    assert SecurityDescriptor().parts == 0


@pytest.mark.parametrize(
    ("rights", "mask"),
    [
        ("GA", GENERIC_ALL),
        ("GXGWGR", GENERIC_EXECUTE | GENERIC_WRITE | GENERIC_READ),
        ("RCSDWDWO", 0xF0000),
        ("FA", 0x1F01FF),
        ("FRFWFX", 0x1201BF),
        ("KX", 0x20019),
        ("RPWPCCDCLCSWRCWDWOGA", 0x100E003F),  # Microsoft's page about ACE strings
        ("0x7800003F", 0x7800003F),
        ("2147483648", GENERIC_READ),
        ("", 0),
    ],
)
def test_rights(rights, mask):
    descriptor = SecurityDescriptor.from_sddl(f"D:(A;;{rights};;;S-1-0-0)")
    assert descriptor.dacl.aces == (Ace("A", "S-1-0-0", mask),)
    assert SecurityDescriptor.from_sddl(descriptor.to_sddl()) == descriptor


def test_bytes_as_they_are_laid_out():
    data = SecurityDescriptor.from_sddl("O:SYD:P(A;;GR;;;LS)").to_bytes()
    sid = "0101000000000005"
    assert data.hex() == (
        "01000490" + "14000000" + "00000000" + "00000000" + "20000000"  # head
        + sid + "12000000"
        + "02001c0001000000" + "00001400" + "00000080" + sid + "13000000"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sddl", "position", "reason"),
    [
        ("X:SY", 0, "expected O:, G:, D: or S:"),
        ("O:SYO:SY", 4, "O: is there twice"),
        ("O:", 2, "expected a SID"),
        ("O:DAG:DA", 2, "another SID in each domain"),
        ("O:QQ", 2, "not a SID"),
        ("O:S-1-5-99999999999", 2, "too large"),
        ("O:SYx", 4, "expected O:"),
        ("D:Q(A;;GA;;;SY)", 2, "expected \\(, or one of the flags"),
        ("D:(A;;GA;;;SY) ", 14, "expected \\(, or one of the flags"),
        ("D:(A;;GA;;;SY", 13, "expected \\)"),
        ("D:(OA;;GA;;;SY)", 3, "entries of type OA are not supported"),
        ("D:(OD;;GA;;;SY)", 3, "entries of type OD are not supported"),
        ("D:(XA;;GA;;;SY;(a))", 3, "entries of type XA are not supported"),
        ("D:(Q;;GA;;;SY)", 3, "'Q' is not a type"),
        ("D:(;;GA;;;SY)", 3, "'' is not a type"),
        ("D:(AU;;GA;;;SY)", 3, "do not belong into this list"),
        ("S:(A;;GA;;;SY)", 3, "do not belong into this list"),
        ("D:(A;QQ;GA;;;SY)", 5, "'QQ' is not a flag"),
        ("D:(A;OIQQ;GA;;;SY)", 7, "'QQ' is not a flag"),
        ("D:(A;;GAQQ;;;SY)", 8, "'QQ' is not a right"),
        ("D:(A;;NW;;;SY)", 6, "'NW' is not a right"),
        ("D:(A;;0x100000000;;;SY)", 6, "do not fit 32 bits"),
        (f"D:(A;;{'9' * 9999};;;SY)", 6, "do not fit 32 bits"),
        ("D:(A;;GA;x;;SY)", 9, "have no GUIDs"),
        ("D:(A;;GA;;x;SY)", 10, "have no GUIDs"),
        ("D:(A;;GA;;SY)", 10, "have no GUIDs"),
        ("D:(A;;GA)", 8, "expected ;"),
        ("D:(A;;GA;;;)", 11, "expected a SID"),
        ("D:(A;;GA;;;SY;(x))", 13, "condition"),
    ],
)
def test_bad_sddl_names_the_place(sddl, position, reason):
    with pytest.raises(SDDLError, match=reason) as caught:
        SecurityDescriptor.from_sddl(sddl)
    assert (caught.value.position, caught.value.sddl) == (position, sddl)
    assert f"at character {position + 1} of {sddl!r}" in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.position) == (str(caught.value), position)


# ---- bytes that are damaged or strange -----------------------------------------------------------


def test_every_cut_and_every_flipped_byte_is_an_answer():
    """Whatever the bytes are: a descriptor that writes the same back, or a ValueError."""
    data = SecurityDescriptor.from_sddl(CANONICAL[2] + "S:(AU;SA;GA;;;WD)").to_bytes()
    refused = 0
    for size in range(len(data)):
        with pytest.raises(ValueError, match=r"at offset|at least"):
            SecurityDescriptor.from_bytes(data[:size])
    for at in range(len(data)):
        for flip in (0x01, 0x80, 0xFF):
            changed = bytearray(data)
            changed[at] ^= flip
            try:
                descriptor = SecurityDescriptor.from_bytes(bytes(changed))
            except ValueError:
                refused += 1
            else:
                assert SecurityDescriptor.from_bytes(descriptor.to_bytes()) == descriptor
    assert refused > len(data) // 4


def test_absolute_descriptors_are_refused():
    with pytest.raises(ValueError, match="not a self-relative"):
        SecurityDescriptor.from_bytes(struct.pack("<BBHIIII", 1, 0, 0x0004, 0, 0, 0, 0))


def test_entries_of_other_kinds_are_kept():
    """An entry for an object and one with a condition pass through unharmed."""
    strange = [
        struct.pack("<BBHII", 0x05, 0, 12 + 12, 1, 0) + sid_to_bytes(SYSTEM),
        struct.pack("<BBHI", 0x09, 0, 8 + 12 + 4, 1) + sid_to_bytes(SYSTEM) + b"artx",
        struct.pack("<BBHI", 0x00, 0, 8 + 12 + 4, 1) + sid_to_bytes(SYSTEM) + b"more",
    ]
    body = b"".join(strange)
    acl = struct.pack("<BBHHH", 4, 0, 8 + len(body), len(strange), 0) + body
    data = struct.pack("<BBHIIII", 1, 0, 0x8004, 0, 0, 0, 20) + acl
    descriptor = SecurityDescriptor.from_bytes(data)
    assert [type(ace) for ace in descriptor.dacl.aces] == [OpaqueAce] * 3
    assert descriptor.to_bytes() == data
    wider = descriptor.allow("LS")
    assert wider.dacl.aces == (*descriptor.dacl.aces, Ace("A", "S-1-5-19", GENERIC_READ))
    assert wider.to_bytes()[28 : 28 + len(body)] == body
    with pytest.raises(ValueError, match="entry of type 0x05 has no text form"):
        wider.to_sddl()


# ---- editing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("D:P(A;;GA;;;SY)", "D:P(A;;GA;;;SY)(A;;GR;;;LS)"),
        ("D:", "D:(A;;GR;;;LS)"),
        ("D:AI(D;;GA;;;WD)(A;ID;FA;;;SY)", "D:AI(D;;GA;;;WD)(A;;GR;;;LS)(A;ID;FA;;;SY)"),
        ("D:(A;;GW;;;LS)(A;;GA;;;SY)", "D:(A;;GRGW;;;LS)(A;;GA;;;SY)"),
        ("D:(A;;GRGX;;;LS)", "D:(A;;GRGX;;;LS)"),
        ("D:(A;OICI;GA;;;LS)", "D:(A;OICI;GA;;;LS)(A;;GR;;;LS)"),
        ("D:(A;ID;GA;;;LS)", "D:(A;;GR;;;LS)(A;ID;GA;;;LS)"),
        ("O:SYG:SYD:(D;;GA;;;LS)S:(AU;SA;GA;;;WD)",
         "O:SYG:SYD:(D;;GA;;;LS)(A;;GR;;;LS)S:(AU;SA;GA;;;WD)"),
    ],
)  # fmt: skip
def test_allow(before, after):
    descriptor = SecurityDescriptor.from_sddl(before)
    assert descriptor.allow("LS").to_sddl() == after
    assert descriptor.allow("LS").allow("S-1-5-19").to_sddl() == after
    assert descriptor.to_sddl() == before


def test_allow_other_rights():
    descriptor = SecurityDescriptor.from_sddl("D:").allow("NT SERVICE\\TrustedInstaller", 0x1F01FF)
    assert descriptor.to_sddl() == f"D:(A;;FA;;;{TRUSTED_INSTALLER})"


@pytest.mark.parametrize(
    ("sddl", "reason"),
    [("O:SY", "no DACL"), ("D:NO_ACCESS_CONTROL", "take those rights away")],
)
def test_nothing_to_allow_in(sddl, reason):
    with pytest.raises(ValueError, match=reason):
        SecurityDescriptor.from_sddl(sddl).allow("LS")


def test_too_long_a_list():
    acl = Acl(tuple(Ace("A", f"S-1-5-{number}", 1) for number in range(3300)))
    with pytest.raises(ValueError, match="too many"):
        acl.to_bytes()


# ---- Windows' own conversions --------------------------------------------------------------------

on_windows = pytest.mark.skipif(sys.platform != "win32", reason="compares with advapi32.dll")
WINE = sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")
WINE_DIFFERS = {
    CANONICAL[5]: "Wine takes the flags of a SACL for flags of the DACL",
    "D:NO_ACCESS_CONTROL": "Wine does not know NO_ACCESS_CONTROL",
    LARGE: "Wine has no text for authorities of more than 32 bits",
    "S:(ML;;NWNR;;;LW)": "Wine cannot write integrity labels as text",
}
WINE_LACKS = frozenset("AA AS CD CY ER ES HA IS LU MP MS MU RA RM SS UD WR".split())


def differing(sddl):
    reason = WINE_DIFFERS.get(sddl) if WINE else None
    return pytest.param(sddl, marks=pytest.mark.xfail(reason=reason, strict=True) if reason else ())


def windows_bytes(sddl):
    """ConvertStringSecurityDescriptorToSecurityDescriptorW; None where it refuses."""
    advapi32, pointer, size = ctypes.WinDLL("advapi32"), ctypes.c_void_p(), ctypes.c_uint32()
    convert = advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW
    if not convert(ctypes.c_wchar_p(sddl), 1, ctypes.byref(pointer), ctypes.byref(size)):
        return None
    data = ctypes.string_at(pointer, size.value)
    ctypes.WinDLL("kernel32").LocalFree(pointer)
    return data


def windows_sddl(data):
    """ConvertSecurityDescriptorToStringSecurityDescriptorW."""
    advapi32, text = ctypes.WinDLL("advapi32"), ctypes.c_wchar_p()
    convert = advapi32.ConvertSecurityDescriptorToStringSecurityDescriptorW
    assert convert(data, 1, 0x1F, ctypes.byref(text), None)
    value = text.value
    ctypes.WinDLL("kernel32").LocalFree(text)
    return value


@on_windows
@pytest.mark.parametrize("sddl", [differing(one) for one in CANONICAL if one])
def test_windows_reads_and_writes_the_same(sddl):
    ours = SecurityDescriptor.from_sddl(sddl)
    assert SecurityDescriptor.from_bytes(windows_bytes(sddl)) == ours
    assert SecurityDescriptor.from_sddl(windows_sddl(ours.to_bytes())) == ours


@on_windows
@pytest.mark.parametrize("alias", sorted(ALIASES))
def test_windows_has_the_same_aliases(alias):
    data = windows_bytes(f"O:{alias}")
    if data is None and WINE and alias in WINE_LACKS:
        pytest.xfail("this Wine is too old for the alias")
    assert SecurityDescriptor.from_bytes(data).owner == sid_of(alias)


@on_windows
@pytest.mark.parametrize("right", sorted(security._RIGHTS))
def test_windows_has_the_same_rights(right):
    (ace,) = SecurityDescriptor.from_bytes(windows_bytes(f"D:(A;;{right};;;SY)")).dacl.aces
    assert ace.rights == security._RIGHTS[right]


@on_windows
@pytest.mark.parametrize("sid", [differing(sid) for sid in (TRUSTED_INSTALLER, "S-1-1-0", LARGE)])
def test_windows_takes_the_binary_sids(sid):
    advapi32, text = ctypes.WinDLL("advapi32"), ctypes.c_wchar_p()
    assert advapi32.ConvertSidToStringSidW(sid_to_bytes(sid), ctypes.byref(text))
    assert sid_of(text.value) == sid
    ctypes.WinDLL("kernel32").LocalFree(text)
