# SPDX-License-Identifier: MIT
"""Claims about keys: the engine has none; the calls for devices meet a stand-in (claims_fake.c)."""

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

import ncrypt_ext as nc

on_engine = pytest.mark.skipif(nc._provider.implementation() == "native", reason="for the engine")


@pytest.fixture
def key(provider):
    """Of a kind that every implementation can make."""
    with provider.create_key("RSA", length=512) as key:
        yield key


@on_engine
def test_the_engine_has_none(provider, key):
    nonce = {nc.ClaimParameter.NONCE: b"once"}
    for settings in ({}, {"authority": key}, {"parameters": nonce}):
        with pytest.raises(nc.NotSupportedError, match="software"):
            key.create_claim(nc.ClaimType.SUBJECT_ONLY, **settings)
        with pytest.raises(nc.NotSupportedError, match="software"):
            key.verify_claim(nc.ClaimType.SUBJECT_ONLY, b"claim", details=True, **settings)
    with provider.create_persisted_key("ECDSA_P256") as new:
        with pytest.raises(nc.BadStateError):
            new.create_claim(nc.ClaimType.SUBJECT_ONLY)


@pytest.mark.parametrize(
    ("arguments", "settings", "error"),
    [
        (("SUBJECT_ONLY",), {}, TypeError),
        ((-1,), {}, ValueError),
        ((2,), {"authority": "key"}, TypeError),
        ((2,), {"parameters": [b"once"]}, TypeError),
        ((2,), {"parameters": {"nonce": b"once"}}, TypeError),
        ((2,), {"parameters": {0: b"once"}}, ValueError),
        ((2,), {"parameters": {49: 1 << 32}}, ValueError),
        ((2,), {"parameters": {49: None}}, TypeError),
        ((2,), {"parameters": dict.fromkeys(range(40, 49), b"")}, ValueError),
    ],
)
def test_wrong_arguments(key, arguments, settings, error):
    with pytest.raises(error):
        key.create_claim(*arguments, **settings)
    with pytest.raises(error):
        key.verify_claim(*arguments, b"claim", **settings)


def test_claims_that_are_none(key):
    for wrong in ("claim", None, 5):
        with pytest.raises(TypeError):
            key.verify_claim(2, wrong)


def test_closed_keys(provider, key):
    gone = provider.create_key("RSA", length=512)
    gone.close()
    for call in (
        lambda: gone.create_claim(2),
        lambda: gone.verify_claim(2, b""),
        lambda: key.create_claim(3, authority=gone),
        lambda: key.verify_claim(3, b"", authority=gone),
    ):
        with pytest.raises(nc.ClosedHandleError):
            call()
    key.close()  # nothing was left entered


# ---- the stand-in --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fake(tmp_path_factory):
    compiler = shutil.which("cc")
    if not sys.platform.startswith("linux") or compiler is None:
        pytest.skip("the stand-in needs LD_PRELOAD and a compiler")
    target = tmp_path_factory.mktemp("fake") / "fake.so"
    source = Path(__file__).with_name("claims_fake.c")
    flags = ["-std=c11", "-D_GNU_SOURCE", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]
    includes = [f"-I{nc.get_include()}"]
    subprocess.run([compiler, *flags, *includes, source, "-o", target], check=True)
    return target


@pytest.fixture
def device(fake, monkeypatch, run_python):
    """Runs a program on the stand-in; it fails when native memory was left."""
    (library,) = Path(nc.get_library_dir()).glob("libncrypt_ext_core.*")
    before = os.environ.get("LD_PRELOAD", "")
    head = (
        "import ctypes, ncrypt_ext as nc\n"
        "key = nc.Provider().create_key('ECDSA_P256')\n"
        "authority = nc.Provider().create_key('ECDSA_P256')\n"
    )
    tail = "\nassert ctypes.c_int.in_dll(ctypes.CDLL(None), 'fake_claims_left').value == 0\n"

    def run(program):
        with monkeypatch.context() as patch:
            patch.setenv("LD_PRELOAD", f"{before} {fake} {library}".strip())
            return run_python(head + program + tail)

    return run


def test_create(device):
    printed = device(
        "print(key.create_claim(nc.ClaimType.SUBJECT_ONLY).hex())\n"
        "given = {nc.ClaimParameter.NONCE: bytearray(b'once'),\n"
        "         nc.ClaimParameter.SIGNATURE_HASH: 'SHA256',\n"
        "         nc.ClaimParameter.PADDING_SCHEME: 8}\n"
        "print(key.create_claim(3, authority=authority, parameters=given).hex())\n"
    )
    name = "SHA256\0".encode("utf-16-le")
    expected = struct.pack("<IIII", 3, 1, 49, 4) + b"once" + struct.pack("<II", 90, len(name))
    expected += name + struct.pack("<III", 91, 4, 8)
    assert printed.split() == [struct.pack("<II", 2, 0).hex(), expected.hex()]


def test_verify(device):
    printed = device(
        "given = {49: b'once', 90: 'SHA1'}\n"
        "claim = key.create_claim(3, authority=authority, parameters=given)\n"
        "settings = {'authority': authority, 'parameters': given}\n"
        "print(key.verify_claim(3, claim, **settings))\n"
        "print(key.verify_claim(3, memoryview(claim), details=True, **settings))\n"
        "for wrong in (claim[:-1], b'', claim[::-1]):\n"
        "    try:\n"
        "        key.verify_claim(3, wrong, **settings)\n"
        "    except nc.InvalidSignatureError as error:\n"
        "        print(error)\n"
    )
    details = {49: b"once", 90: "SHA1\0".encode("utf-16-le")}
    assert printed.splitlines() == [
        "{}",
        str(details),
        *["the claim is not one about this key and these parameters"] * 3,
    ]
