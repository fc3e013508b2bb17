# SPDX-License-Identifier: MIT
"""Security descriptors of keys: the engine has none; the calls for Windows meet a stand-in.

The stand-in (key_security_fake.c) keeps the rules that the reference states for the flags and for
the bytes. It is not Windows, on which these calls have never run.
"""

import ctypes
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ncrypt_ext as nc
from ncrypt_ext.security import SecurityDescriptor, SecurityInformation, service_sid

PERSIST = 0x80000000
SILENT = 0x40
BAD_FLAGS = 0x80090009


# ---- the engine ----------------------------------------------------------------------------------

on_engine = pytest.mark.skipif(nc._provider.implementation() == "native", reason="for the engine")


@on_engine
def test_the_engine_has_none(provider):
    assert provider.get_property("Security Descr Support") == bytes(4)
    with provider.create_key("ECDSA_P256", "k", machine=True) as key:
        for call in (
            lambda: key.security_descriptor(),
            lambda: key.set_security_descriptor("D:P(A;;GA;;;SY)"),
            lambda: key.grant_read("LS"),
        ):
            with pytest.raises(nc.NotSupportedError, match="owner, group and mode of the store"):
                call()


@on_engine
def test_an_unfinalized_key_has_none_either(provider):
    with provider.create_persisted_key("ECDSA_P256", "k") as key:
        with pytest.raises(nc.NotSupportedError):
            key.set_security_descriptor("D:P(A;;GA;;;SY)")


# ---- what is wrong before any call ---------------------------------------------------------------


@pytest.fixture
def key(provider):
    """Of a kind that every implementation can make."""
    with provider.create_key("RSA", length=512) as key:
        yield key


@pytest.mark.parametrize(
    ("arguments", "error", "reason"),
    [
        (("D:(A;;GA;;;DA)",), ValueError, "another SID in each domain"),
        (("",), ValueError, "nothing to set"),
        ((b"",), ValueError, "20 bytes at least"),
        ((17,), TypeError, "bytes-like"),
        ((None,), TypeError, "bytes-like"),
        (("D:", 0), ValueError, "parts must name"),
        (("D:", 0x80000004), ValueError, "parts must name"),
        (("D:", -1), ValueError, "parts must name"),
        (("D:", "DACL"), TypeError, "parts must be"),
        (("O:SY", 0x4), ValueError, "lacks some of the parts 0x4"),
        (("D:", 0x5), ValueError, "lacks some of the parts 0x5"),
        (("O:SYD:", 0x6), ValueError, "lacks some of the parts 0x6"),
        (("D:", 0xC), ValueError, "lacks some of the parts 0xC"),
        (("D:", 0x10), ValueError, "lacks some of the parts 0x10"),
    ],
)
def test_wrong_descriptors(key, arguments, error, reason):
    with pytest.raises(error, match=reason):
        key.set_security_descriptor(*arguments)


@pytest.mark.parametrize("parts", [0, 0x20, 0x40000004, 0x80000004, -1])
def test_wrong_parts(key, parts):
    """The bits that Windows would take for NCRYPT_PERSIST_FLAG and its like never pass."""
    with pytest.raises(ValueError, match="parts must name"):
        key.security_descriptor(parts)


@pytest.mark.parametrize("who", ["DA", "somebody", "", "NT AUTHORITY\\SYSTEM"])
def test_nobody_to_grant_to(key, who):
    with pytest.raises(ValueError, match="SID"):
        key.grant_read(who)


def test_closed(key):
    key.close()
    with pytest.raises(nc.ClosedHandleError):
        key.security_descriptor()
    with pytest.raises(nc.ClosedHandleError):
        key.set_security_descriptor("D:")


def test_audit(key):
    events = []
    listening = True

    def hook(event, arguments):
        if listening and event == "ncrypt_ext.set_security_descriptor":
            events.append(arguments)
            raise RuntimeError("forbidden")

    sys.addaudithook(hook)
    try:
        with pytest.raises(RuntimeError, match="forbidden"):
            key.set_security_descriptor("D:")
    finally:
        listening = False
    assert events == [(None, False)]


# ---- Wine's own DLL, which keeps any property's bytes and looks at neither them nor the flags ----


@pytest.mark.skipif(sys.platform != "win32", reason="calls Wine's ncrypt.dll")
def test_through_a_dll_of_others(key):
    if not hasattr(ctypes.WinDLL("ntdll"), "wine_get_version"):
        pytest.skip("Windows keeps descriptors of stored keys only")
    key.set_security_descriptor("D:PAI(A;;GA;;;SY)(A;ID;GA;;;BA)")
    key.grant_read("NT SERVICE\\TrustedInstaller")
    key.grant_read("LS")
    expected = f"(A;;GA;;;SY)(A;;GR;;;{service_sid('TrustedInstaller')})(A;;GR;;;LS)(A;ID;GA;;;BA)"
    assert str(key.security_descriptor(SecurityInformation.DACL)) == f"D:PAI{expected}"


# ---- the stand-in for Windows --------------------------------------------------------------------


@pytest.fixture(scope="module")
def fake(tmp_path_factory):
    compiler = shutil.which("cc")
    if not sys.platform.startswith("linux") or compiler is None:
        pytest.skip("the stand-in needs LD_PRELOAD and a compiler")
    target = tmp_path_factory.mktemp("fake") / "fake.so"
    source = Path(__file__).with_name("key_security_fake.c")
    flags = ["-std=c11", "-D_GNU_SOURCE", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]
    includes = [f"-I{nc.get_include()}"]
    subprocess.run([compiler, *flags, *includes, source, "-o", target, "-ldl"], check=True)
    return target


@pytest.fixture
def windows(fake, tmp_path, monkeypatch, run_python):
    """Runs a program on the stand-in: what it prints, and its calls as (what, flags, status)."""
    log = tmp_path / "log"
    (library,) = Path(nc.get_library_dir()).glob("libncrypt_ext_core.*")
    before = os.environ.get("LD_PRELOAD", "")
    head = "import ncrypt_ext as nc\nkey = nc.Provider().create_key('ECDSA_P256', 'k')\n"

    def run(program):
        log.write_text("")
        with monkeypatch.context() as patch:
            patch.setenv("LD_PRELOAD", f"{before} {fake} {library}".strip())
            patch.setenv("FAKE_LOG", str(log))
            printed = run_python(head + program + "\nkey.delete()\n")
        calls = [line.split() for line in log.read_text().splitlines()]
        return printed, [(what, int(flags, 16), int(status, 16)) for what, flags, status in calls]

    return run


def test_the_stand_in_refuses_what_windows_refuses(windows):
    """Else the tests below would prove nothing."""
    printed, calls = windows(
        "for parts in (0, 0x40000004, 0x80000004):\n"
        "    try:\n"
        "        key.get_property('Security Descr', persist_only=parts == 0x40000004)\n"
        "    except nc.NCryptError as error:\n"
        "        print(error.name)\n"
        "for flags in ({}, {'persist_only': True}):\n"
        "    try:\n"
        "        key.set_property('Security Descr', b'', **flags)\n"
        "    except nc.NCryptError as error:\n"
        "        print(error.name)\n"
    )
    assert printed.split() == ["NTE_BAD_FLAGS"] * 5
    assert [status for _, _, status in calls] == [BAD_FLAGS] * 5


def test_set_and_read(windows):
    sddl = "O:SYG:BAD:PAI(A;;GA;;;SY)(A;OICIID;FR;;;LS)S:AR(AU;SA;GW;;;WD)"
    printed, calls = windows(
        f"key.set_security_descriptor({sddl!r})\n"
        "print(key.security_descriptor())\n"
        "print(key.security_descriptor(0xF))\n"
        "print(key.security_descriptor(0x4, silent=True))\n"
        "print(key.security_descriptor(0x8).to_bytes().hex())\n"
        "key.set_security_descriptor('O:BAD:(A;;GR;;;WD)', 0x4, persist=False, silent=True)\n"
        "print(key.security_descriptor(0xF))\n"
    )
    without_sacl = sddl.partition("S:AR")[0]
    assert printed.splitlines() == [
        without_sacl,
        sddl,
        "D:" + without_sacl.partition("D:")[2],
        SecurityDescriptor.from_sddl("S:AR(AU;SA;GW;;;WD)").to_bytes().hex(),
        "O:SYG:BAD:(A;;GR;;;WD)S:AR(AU;SA;GW;;;WD)",
    ]
    assert calls == [
        ("set", PERSIST | 0xF, 0),
        ("get", 0x7, 0),
        ("get", 0xF, 0),
        ("get", SILENT | 0x4, 0),
        ("get", 0x8, 0),
        ("set", SILENT | 0x4, 0),
        ("get", 0xF, 0),
    ]


@pytest.mark.parametrize(
    "form",
    [
        "{0!r}",
        "SecurityDescriptor.from_sddl({0!r})",
        "SecurityDescriptor.from_sddl({0!r}).to_bytes()",
        "bytearray(SecurityDescriptor.from_sddl({0!r}).to_bytes())",
    ],
)
def test_each_form_of_a_descriptor(windows, form):
    sddl = "D:P(A;;GA;;;SY)"
    printed, calls = windows(
        "from ncrypt_ext.security import SecurityDescriptor\n"
        f"key.set_security_descriptor({form.format(sddl)})\nprint(key.security_descriptor())"
    )
    assert printed.strip() == sddl
    assert calls[0] == ("set", PERSIST | SecurityInformation.DACL, 0)


def test_a_descriptor_longer_than_the_first_buffer(windows):
    sddl = "D:" + "".join(f"(A;;GR;;;S-1-5-21-1-2-3-{number})" for number in range(40))
    printed, calls = windows(
        f"key.set_security_descriptor({sddl!r})\nprint(key.security_descriptor(4))"
    )
    assert printed.strip() == sddl
    assert calls == [("set", PERSIST | 4, 0), ("get", 4, 0x80090028), ("get", 4, 0)]


def test_grant_read(windows):
    printed, calls = windows(
        "key.set_security_descriptor('O:SYD:PAI(A;;GA;;;SY)(A;ID;GA;;;BA)')\n"
        "key.grant_read('NT SERVICE\\\\Spooler')\n"
        "key.grant_read('LS', silent=True, persist=False)\n"
        "key.grant_read('S-1-5-19')\n"
        "print(key.security_descriptor(0x5))\n"
    )
    spooler = service_sid("Spooler")
    expected = f"O:SYD:PAI(A;;GA;;;SY)(A;;GR;;;{spooler})(A;;GR;;;LS)(A;ID;GA;;;BA)"
    assert printed.strip() == expected
    assert calls == [
        ("set", PERSIST | 0x5, 0),
        ("get", 0x4, 0),
        ("set", PERSIST | 0x4, 0),
        ("get", SILENT | 0x4, 0),
        ("set", SILENT | 0x4, 0),
        ("get", 0x4, 0),  # it has the right already: nothing is written
        ("get", 0x5, 0),
    ]


def test_grant_read_where_everybody_may(windows):
    """A NULL DACL: an entry would lock everybody else out, so nothing is written."""
    printed, calls = windows(
        "key.set_security_descriptor('D:NO_ACCESS_CONTROL')\n"
        "try:\n"
        "    key.grant_read('LS')\n"
        "except ValueError as error:\n"
        "    print(error)\n"
    )
    assert "take those rights away" in printed
    assert [what for what, _, _ in calls] == ["set", "get"]


def test_the_recipes_of_the_documentation(windows):
    """What docs/services.md tells people to type."""
    page = (Path(__file__).parents[1] / "docs" / "services.md").read_text("utf-8")
    recipe = r"^```python tested.*\n(import ncrypt_ext(?:.*\n)*?)^```$"
    recipes = re.findall(recipe, page, re.MULTILINE)
    assert len(recipes) == 2
    first = "key.set_security_descriptor('D:P(A;;GA;;;SY)')"
    _, calls = windows("\n".join([first, *recipes, "key = nc.Provider().open_key('k')"]))
    persisted = ("set", PERSIST | 0x4, 0)
    assert calls == [persisted, ("get", 0x4, 0), persisted, persisted]
