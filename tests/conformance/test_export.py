# SPDX-License-Identifier: MIT
"""NCryptExportKey: blobs byte for byte, sizes, and what the export policy lets out."""

import ctypes
import struct
from ctypes import byref

import pytest

from . import material
from .abi import D, parameters
from .api import call, refuses
from .conftest import small
from .constants import (
    ALLOW_ARCHIVING,
    ALLOW_EXPORT,
    ALLOW_PLAINTEXT_ARCHIVING,
    ALLOW_PLAINTEXT_EXPORT,
    EXPORT_LEGACY,
    NTE_BAD_TYPE,
    NTE_BUFFER_TOO_SMALL,
    NTE_INVALID_HANDLE,
    NTE_INVALID_PARAMETER,
    NTE_NOT_SUPPORTED,
    SILENT,
)

PRIVATE = {
    "RSA": ("RSAPRIVATEBLOB", "RSAFULLPRIVATEBLOB", "PRIVATEBLOB", "PKCS8_PRIVATEKEY"),
    "ECDSA_P256": ("ECCPRIVATEBLOB", "PRIVATEBLOB", "PKCS8_PRIVATEKEY"),
}
PUBLIC = {"RSA": ("RSAPUBLICBLOB", "PUBLICBLOB"), "ECDSA_P256": ("ECCPUBLICBLOB", "PUBLICBLOB")}


def number(blob, start, size):
    return int.from_bytes(blob[start : start + size], "big")


# ---- byte for byte -------------------------------------------------------------------------------


@pytest.mark.requires("rsa_import")
@pytest.mark.parametrize("bits", [384, 512, 1024, 1025, 1028, 1031, 1032, 2048, 4096])
def test_rsa_blobs(api, bits):
    rsa = material.rsa(bits)
    key = api.import_key("RSAPRIVATEBLOB", rsa.private_blob())
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    assert api.export_key(key, "RSAPUBLICBLOB") == rsa.public_blob()
    assert api.export_key(key, "RSAPRIVATEBLOB") == rsa.private_blob()
    full = api.export_key(key, "RSAFULLPRIVATEBLOB")
    width = rsa.width
    assert len(full) == len(rsa.full_blob())
    assert full[:-width] == rsa.full_blob()[:-width]
    # Any private exponent that undoes the public one will do.
    d = int.from_bytes(full[-width:], "big")
    assert d * rsa.e % (rsa.p - 1) == d * rsa.e % (rsa.q - 1) == 1


@pytest.mark.parametrize("bits", [512, 1024])
def test_generated_rsa_blob(api, bits):
    key = api.make("RSA", Length=bits, Export_Policy=ALLOW_PLAINTEXT_EXPORT)
    blob = api.export_key(key, "RSAFULLPRIVATEBLOB")
    width, half = bits // 8, bits // 16
    header = (0x33415352, bits, 3, width, half, half)
    assert struct.unpack_from("<6I", blob) == header
    assert len(blob) == 24 + 3 + 2 * width + 5 * half
    assert blob[24:27] == b"\1\0\1"
    at = 27 + width
    n, p, q = number(blob, 27, width), number(blob, at, half), number(blob, at + half, half)
    assert p * q == n
    dp, dq, qi = (number(blob, at + (2 + i) * half, half) for i in range(3))
    d = number(blob, at + 5 * half, width)
    assert (dp, dq, q * qi % p) == (d % (p - 1), d % (q - 1), 1)
    assert api.export_key(key, "RSAPRIVATEBLOB")[24:] == blob[24 : at + 2 * half]


@pytest.mark.requires("rsa_import")
def test_worked_prefixes(api):
    key = api.import_key("RSAPRIVATEBLOB", material.rsa(2048).private_blob())
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    public = api.export_key(key, "RSAPUBLICBLOB")
    full = api.export_key(key, "RSAFULLPRIVATEBLOB")
    assert (len(public), len(full)) == (283, 1179)
    assert public[:27].hex() == "525341310008000003000000000100000000000000000000010001"
    assert full[:27].hex() == "525341330008000003000000000100008000000080000000010001"


@pytest.mark.parametrize("curve", material.CURVES, ids=lambda curve: curve.name)
def test_generated_ecc_blob(api, curve):
    key = api.make(curve.algorithm, Export_Policy=ALLOW_PLAINTEXT_EXPORT)
    public, private = (api.export_key(key, kind) for kind in ("PUBLICBLOB", "ECCPRIVATEBLOB"))
    assert len(public) == 8 + 2 * curve.width
    assert len(private) == 8 + 3 * curve.width
    assert struct.unpack_from("<2I", public) == (curve.public_magic, curve.width)
    assert struct.unpack_from("<2I", private) == (curve.private_magic, curve.width)
    assert private[8 : len(public)] == public[8:]
    assert 0 < number(private, len(public), curve.width) < curve.order


# ---- buffers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", range(5))
def test_sizes(api, algorithm, which):
    kinds = PUBLIC[algorithm] + PRIVATE[algorithm]
    kind = kinds[which % len(kinds)]
    key = api.make(algorithm, Export_Policy=3, **small(algorithm))
    blob, size = api.export_key(key, kind), D()
    for given in (0, 1, 100_000):
        size.value = 0
        assert call("NCryptExportKey", key, 0, kind, None, None, given, byref(size), 0) == 0
        assert size.value == len(blob)
    room = (ctypes.c_uint8 * (len(blob) + 9))(*[0xAA] * (len(blob) + 9))
    for given in (0, 1, 4, 23, len(blob) - 1):
        size.value = 0
        status = call("NCryptExportKey", key, 0, kind, None, room, given, byref(size), 0)
        assert (status, size.value) == (NTE_BUFFER_TOO_SMALL, len(blob))
        assert bytes(room) == b"\xaa" * (len(blob) + 9)
    for given in (len(blob), len(blob) + 9):
        size.value = 0
        assert call("NCryptExportKey", key, 0, kind, None, room, given, byref(size), 0) == 0
        assert (size.value, bytes(room)) == (len(blob), blob + b"\xaa" * 9)


def test_null_pointers(api, key):
    room, export = (ctypes.c_uint8 * 1000)(), "NCryptExportKey"
    for out in (None, room):
        rest = (None, out, 1000, byref(D()), 0)
        assert call(export, key, 0, None, *rest) == NTE_INVALID_PARAMETER
        rest = (None, out, 1000, None, 0)
        assert call(export, key, 0, "PUBLICBLOB", *rest) == NTE_INVALID_PARAMETER


@pytest.mark.parametrize("flags", [SILENT, EXPORT_LEGACY | SILENT])
def test_flags(api, key, flags):
    if flags & EXPORT_LEGACY:
        # Which layouts it chooses is not written down; it is a flag of this function.
        status = call("NCryptExportKey", key, 0, "PUBLICBLOB", None, None, 0, byref(D()), flags)
        assert status in (0, NTE_NOT_SUPPORTED)
    else:
        assert api.export_key(key, "PUBLICBLOB", flags) == api.export_key(key, "PUBLICBLOB")


@pytest.mark.parametrize("kind", ["", "publicblob", "PUBLICBLOB ", "NO SUCH BLOB", "OpaqueKeyBlob"])
def test_unknown_blob_type(api, key, kind):
    with refuses(NTE_BAD_TYPE, NTE_NOT_SUPPORTED):
        api.export_key(key, kind)


@pytest.mark.parametrize("kind", ["PUBLIC", "PRIVATE"])
def test_blob_type_of_another_algorithm(api, algorithm, kind):
    key = api.make(algorithm, Export_Policy=3, **small(algorithm))
    with refuses(NTE_BAD_TYPE, NTE_NOT_SUPPORTED, NTE_INVALID_PARAMETER):
        api.export_key(key, ("ECC" if algorithm == "RSA" else "RSA") + kind + "BLOB")


@pytest.mark.parametrize("version", [1, 0xFFFFFFFF])
def test_parameter_list_of_another_version(key, version):
    desc = parameters(version=version)
    rest = ("PUBLICBLOB", byref(desc), None, 0, byref(D()), 0)
    assert call("NCryptExportKey", key, 0, *rest) == NTE_INVALID_PARAMETER


def test_handles(api, key):
    rest = ("PUBLICBLOB", None, None, 0, byref(D()), 0)
    assert call("NCryptExportKey", 0, 0, *rest) == NTE_INVALID_HANDLE
    assert call("NCryptExportKey", api.provider, 0, *rest) == NTE_INVALID_HANDLE
    # The export key is for wrapping; a provider is none.
    assert call("NCryptExportKey", key, api.provider, *rest) == NTE_INVALID_HANDLE


# ---- export policy -------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", range(8))
def test_policy(api, algorithm, policy):
    key = api.make(algorithm, Export_Policy=policy, **small(algorithm))
    check_policy(api, key, algorithm, policy)


@pytest.mark.parametrize("policy", range(4))
def test_stored_policy(api, name, algorithm, policy):
    api.make(algorithm, name, Export_Policy=policy, **small(algorithm))
    check_policy(api, api.open(name), algorithm, policy)


def check_policy(api, key, algorithm, policy):
    for kind in PUBLIC[algorithm]:
        api.export_key(key, kind)
    for kind in PRIVATE[algorithm]:
        for _ in range(2):
            if policy & ALLOW_PLAINTEXT_EXPORT:
                api.export_key(key, kind)
            else:
                with refuses(NTE_NOT_SUPPORTED):
                    api.export_key(key, kind)
        if not policy & ALLOW_PLAINTEXT_EXPORT:
            # A size is an answer, too: the buffer makes no difference.
            room, rest = (ctypes.c_uint8 * 5000)(), (5000, byref(D()), 0)
            status = call("NCryptExportKey", key, 0, kind, None, room, *rest)
            assert status == NTE_NOT_SUPPORTED
            assert bytes(room) == bytes(5000)


def test_archiving_lets_the_key_out_once(api, algorithm):
    key = api.make(algorithm, Export_Policy=ALLOW_PLAINTEXT_ARCHIVING, **small(algorithm))
    # Asking for the size does not use it up; export_key asks first.
    api.export_key(key, "PRIVATEBLOB")
    with refuses(NTE_NOT_SUPPORTED):
        api.export_key(key, "PRIVATEBLOB")
    api.export_key(key, "PUBLICBLOB")


def test_archiving_is_not_for_opened_keys(api, name):
    api.free(
        api.make("ECDSA_P256", name, Export_Policy=ALLOW_PLAINTEXT_ARCHIVING | ALLOW_ARCHIVING)
    )
    with refuses(NTE_NOT_SUPPORTED):
        api.export_key(api.open(name), "ECCPRIVATEBLOB")


def test_policy_of_an_overwritten_key(api, name):
    api.make("ECDSA_P256", name, Export_Policy=3)
    api.make("ECDSA_P256", name, flags=0x80, Export_Policy=ALLOW_EXPORT)
    with refuses(NTE_NOT_SUPPORTED):
        api.export_key(api.open(name), "ECCPRIVATEBLOB")


@pytest.mark.requires("rsa_import")
def test_public_keys_have_nothing_private(api):
    key = api.import_key("RSAPUBLICBLOB", material.rsa(1024).public_blob())
    api.set(key, "Export Policy", ALLOW_EXPORT | ALLOW_PLAINTEXT_EXPORT)
    for kind in PRIVATE["RSA"]:
        with refuses():
            api.export_key(key, kind)


@pytest.mark.requires("ecc_import")
def test_public_ecc_keys_have_nothing_private(api):
    key = api.import_key("ECCPUBLICBLOB", material.ec(material.P256).public_blob())
    api.set(key, "Export Policy", ALLOW_EXPORT | ALLOW_PLAINTEXT_EXPORT)
    for kind in PRIVATE["ECDSA_P256"]:
        with refuses():
            api.export_key(key, kind)
