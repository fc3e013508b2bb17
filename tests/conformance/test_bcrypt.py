# SPDX-License-Identifier: MIT
"""The bcrypt functions for public keys: opening, importing, exporting, their handles."""

import struct
from ctypes import byref, c_uint8

import pytest

from . import public
from .abi import NONE, PKCS1_ENCRYPTION, D, H
from .api import call, refuses
from .constants import (
    ECDSA_PUBLIC_GENERIC_MAGIC,
    NTE_BAD_DATA,
    RSA_PRIVATE_MAGIC,
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INVALID_HANDLE,
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_FOUND,
    STATUS_NOT_SUPPORTED,
)
from .material import P256, P384, P521, ec

PRIMITIVES = "Microsoft Primitive Provider"
ECDH_P256_MAGIC = 0x314B4345
KINDS = [
    pytest.param(public.rsa(), id="rsa"),
    pytest.param(public.ec(P256), id="p256"),
    pytest.param(public.ec(P384), id="p384"),
    pytest.param(
        public.ec(P521), id="p521", marks=pytest.mark.not_on("wine", "8.0 has no ECDSA_P521")
    ),
]
every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def keys():
    made = public.Public()
    yield made
    made.release()


# ---- algorithm providers -------------------------------------------------------------------------


@every_kind
def test_open(keys, kind):
    for implementation in (None, PRIMITIVES):
        keys.close(keys.provider(kind.algorithm, implementation))


def test_open_null_pointers():
    handle = H()
    assert call("BCryptOpenAlgorithmProvider", None, "RSA", None, 0) == STATUS_INVALID_PARAMETER
    assert (
        call("BCryptOpenAlgorithmProvider", byref(handle), None, None, 0)
        == STATUS_INVALID_PARAMETER
    )
    assert not handle.value


@pytest.mark.not_on("wine", "8.0 answers STATUS_NOT_IMPLEMENTED to every algorithm it lacks")
@pytest.mark.parametrize("unknown", ["", "No Such Algorithm", "ECDSA_P255"])
def test_open_unknown_algorithm(keys, unknown):
    with refuses(STATUS_NOT_FOUND):
        keys.provider(unknown)


@pytest.mark.not_on("wine", "8.0 answers STATUS_NOT_IMPLEMENTED to other implementations")
def test_open_unknown_implementation(keys):
    with refuses(STATUS_NOT_FOUND):
        keys.provider("RSA", "No Such Provider")


@pytest.mark.not_on("wine", "8.0 answers STATUS_NOT_IMPLEMENTED to flags it does not know")
def test_open_unknown_flags(keys):
    with refuses(STATUS_INVALID_PARAMETER):
        keys.provider("RSA", flags=0x40000000)


# ---- import --------------------------------------------------------------------------------------


@every_kind
def test_import_and_export(keys, kind):
    for blob_type in (kind.blob_type, "PUBLICBLOB"):
        key = keys.load(kind.algorithm, blob_type, kind.blob)
        assert keys.export(key, kind.blob_type) == kind.blob


@every_kind
def test_import_without_validation(keys, kind):
    key = keys.load(kind.algorithm, kind.blob_type, kind.blob, flags=0x8)
    assert keys.export(key, kind.blob_type) == kind.blob


@pytest.mark.parametrize("kind", KINDS[:3])
def test_import_null_pointers(keys, kind):
    provider, handle, size = keys.provider(kind.algorithm), H(), len(kind.blob)
    for rest in (
        (None, byref(handle), kind.blob, size),
        (kind.blob_type, None, kind.blob, size),
        (kind.blob_type, byref(handle), None, size),
        (kind.blob_type, byref(handle), kind.blob, 0),
    ):
        assert call("BCryptImportKeyPair", provider, 0, *rest, 0) == STATUS_INVALID_PARAMETER
    assert not handle.value


@pytest.mark.parametrize("kind", KINDS[:3])
@pytest.mark.parametrize("blob_type", ["No Such Blob", "", "PKCS8_PRIVATEKEY"])
def test_import_unknown_type(keys, kind, blob_type):
    with refuses(STATUS_NOT_SUPPORTED):
        keys.load(kind.algorithm, blob_type, kind.blob)


def test_import_for_another_family(keys):
    rsa, p256 = public.rsa(), public.ec()
    with refuses(STATUS_NOT_SUPPORTED):
        keys.load("RSA", "ECCPUBLICBLOB", p256.blob)
    with refuses(STATUS_NOT_SUPPORTED):
        keys.load("ECDSA_P256", "RSAPUBLICBLOB", rsa.blob)


@pytest.mark.parametrize(
    "blob",
    [
        public.ec(P384).blob,
        ec(P256).public_blob(ECDH_P256_MAGIC),
        ec(P256).public_blob(ECDSA_PUBLIC_GENERIC_MAGIC),
        ec(P256).private_blob(),
        struct.pack("<2I", P256.public_magic, 2) + public.ec(P256).blob[8:],
        struct.pack("<2I", P256.public_magic, 33) + public.ec(P256).blob[8:],
    ],
    ids=["p384", "ecdh", "generic", "private", "width 2", "width 33"],
)
@pytest.mark.parametrize("blob_type", ["ECCPUBLICBLOB", "PUBLICBLOB"])
def test_import_ecc_of_another_kind(keys, blob_type, blob):
    """An ECDSA provider takes the public magic of its own curve only."""
    with refuses(STATUS_INVALID_PARAMETER):
        keys.load("ECDSA_P256", blob_type, blob)


def test_import_rsa_of_another_kind(keys):
    blob = struct.pack("<I", RSA_PRIVATE_MAGIC) + public.rsa().blob[4:]
    with refuses(STATUS_NOT_SUPPORTED):
        keys.load("RSA", "RSAPUBLICBLOB", blob)


@pytest.mark.parametrize("kind", KINDS[1:3])
def test_import_cut_ecc(keys, kind):
    for size in range(1, len(kind.blob)):
        with refuses(STATUS_INVALID_PARAMETER):
            keys.load(kind.algorithm, kind.blob_type, kind.blob[:size])


def test_import_cut_rsa(keys):
    """Without a whole header an invalid parameter, after it bad data."""
    blob = public.rsa().blob
    for size in range(1, len(blob)):
        with refuses(STATUS_INVALID_PARAMETER if size < 24 else NTE_BAD_DATA):
            keys.load("RSA", "RSAPUBLICBLOB", blob[:size])
    with refuses(NTE_BAD_DATA):
        keys.load("RSA", "RSAPUBLICBLOB", blob + b"\0")


def test_import_rsa_with_an_exponent_of_another_size(keys):
    blob = public.rsa().blob
    with refuses(NTE_BAD_DATA):
        keys.load("RSA", "RSAPUBLICBLOB", blob[:8] + struct.pack("<I", 9) + blob[12:])


@pytest.mark.not_on("wine", "8.0 does not look at what follows the numbers")
def test_import_longer_ecc(keys):
    with refuses(STATUS_INVALID_PARAMETER):
        keys.load("ECDSA_P256", "ECCPUBLICBLOB", public.ec().blob + b"\0")


@pytest.mark.not_on("wine", "8.0 takes points that are on no curve")
def test_import_point_off_the_curve(keys):
    blob = public.ec().blob
    with refuses(STATUS_INVALID_PARAMETER):
        keys.load("ECDSA_P256", "ECCPUBLICBLOB", blob[:-1] + bytes([blob[-1] ^ 1]))


@pytest.mark.not_on("wine", "8.0 answers STATUS_INTERNAL_ERROR")
def test_import_point_at_infinity(keys):
    with refuses(STATUS_INVALID_PARAMETER):
        keys.load("ECDSA_P256", "ECCPUBLICBLOB", public.ec().blob[:8] + bytes(64))


# ---- export --------------------------------------------------------------------------------------


@pytest.mark.not_on("wine", "8.0 exports by the name of the format only")
@every_kind
def test_export_by_the_general_name(keys, kind):
    key = keys.load(kind.algorithm, kind.blob_type, kind.blob)
    assert keys.export(key, "PUBLICBLOB") == kind.blob


@every_kind
def test_export_asked_for_the_size(keys, kind):
    key, size = keys.load(kind.algorithm, kind.blob_type, kind.blob), D()
    rest = (key, 0, kind.blob_type, None, 0, byref(size), 0)
    assert call("BCryptExportKey", *rest) == 0
    assert size.value == len(kind.blob)


@pytest.mark.not_on("wine", "8.0 answers success, with the size, and writes nothing")
@every_kind
def test_export_into_too_little(keys, kind):
    key, size = keys.load(kind.algorithm, kind.blob_type, kind.blob), D()
    out = (c_uint8 * len(kind.blob))()
    for room in (1, len(kind.blob) - 1):
        rest = (key, 0, kind.blob_type, out, room, byref(size), 0)
        assert call("BCryptExportKey", *rest) == STATUS_BUFFER_TOO_SMALL
        assert size.value == len(kind.blob)


@pytest.mark.parametrize(
    ("kind", "private"),
    [(public.rsa(), "RSAPRIVATEBLOB"), (public.ec(), "ECCPRIVATEBLOB")],
    ids=["rsa", "p256"],
)
def test_export_what_a_public_key_has_not(keys, kind, private):
    key = keys.load(kind.algorithm, kind.blob_type, kind.blob)
    with refuses(STATUS_INVALID_PARAMETER):
        keys.export(key, private)


@pytest.mark.not_on("wine", "8.0 answers STATUS_NOT_IMPLEMENTED")
def test_export_unknown_type(keys):
    rsa = public.rsa()
    key = keys.load(rsa.algorithm, rsa.blob_type, rsa.blob)
    with refuses(STATUS_NOT_SUPPORTED):
        keys.export(key, "No Such Blob")


@pytest.mark.not_on("wine", "8.0 exports the key in its own format")
def test_export_type_of_another_family(keys):
    rsa, p256 = public.rsa(), public.ec()
    with refuses(STATUS_NOT_SUPPORTED):
        keys.export(keys.load(rsa.algorithm, rsa.blob_type, rsa.blob), "ECCPUBLICBLOB")
    with refuses(STATUS_NOT_SUPPORTED):
        keys.export(keys.load(p256.algorithm, p256.blob_type, p256.blob), "RSAPUBLICBLOB")


def test_export_null_pointers(keys):
    rsa = public.rsa()
    key, size = keys.load(rsa.algorithm, rsa.blob_type, rsa.blob), D()
    for rest in ((None, None, 0, byref(size)), (rsa.blob_type, None, 0, None)):
        assert call("BCryptExportKey", key, 0, *rest, 0) == STATUS_INVALID_PARAMETER


# ---- handles -------------------------------------------------------------------------------------


def calls_with(handle, kind):
    """Each function that takes a key, called as it should be but for the handle."""
    size = D()
    yield call("BCryptVerifySignature", handle, None, bytes(32), 32, bytes(64), 64, 0)
    yield call("BCryptEncrypt", handle, b"text", 4, None, None, 0, None, 0, byref(size),
               PKCS1_ENCRYPTION.flag)  # fmt: skip
    yield call("BCryptExportKey", handle, 0, kind.blob_type, None, 0, byref(size), 0)
    yield call("BCryptDestroyKey", handle)


def test_null_handles():
    kind, handle = public.rsa(), H()
    assert set(calls_with(0, kind)) == {STATUS_INVALID_HANDLE}
    assert call("BCryptCloseAlgorithmProvider", 0, 0) == STATUS_INVALID_HANDLE
    rest = (0, 0, kind.blob_type, byref(handle), kind.blob, len(kind.blob), 0)
    assert call("BCryptImportKeyPair", *rest) == STATUS_INVALID_HANDLE


def test_handles_of_the_other_kind(keys):
    kind, handle = public.rsa(), H()
    provider = keys.provider(kind.algorithm)
    key = keys.load(kind.algorithm, kind.blob_type, kind.blob)
    assert set(calls_with(provider, kind)) == {STATUS_INVALID_HANDLE}
    assert call("BCryptCloseAlgorithmProvider", key, 0) == STATUS_INVALID_HANDLE
    rest = (key, 0, kind.blob_type, byref(handle), kind.blob, len(kind.blob), 0)
    assert call("BCryptImportKeyPair", *rest) == STATUS_INVALID_HANDLE


def test_key_outlives_its_provider(keys):
    rsa, handle = public.rsa(), H()
    provider = keys.provider(rsa.algorithm)
    rest = (rsa.blob_type, byref(handle), rsa.blob, len(rsa.blob), 0)
    assert call("BCryptImportKeyPair", provider, 0, *rest) == 0
    keys.close(provider)
    assert keys.export(handle, rsa.blob_type) == rsa.blob
    assert call("BCryptDestroyKey", handle) == 0


def test_algorithms_are_no_keys_for_each_other(keys):
    """What one algorithm's keys are asked that only another's can do."""
    p256 = public.ec()
    key, size = keys.load(p256.algorithm, p256.blob_type, p256.blob), D()
    rest = (b"text", 4, None, None, 0, None, 0, byref(size), PKCS1_ENCRYPTION.flag)
    assert call("BCryptEncrypt", key, *rest) == STATUS_NOT_SUPPORTED
    rsa = public.rsa()
    key = keys.load(rsa.algorithm, rsa.blob_type, rsa.blob)
    with refuses(STATUS_INVALID_PARAMETER):
        keys.verify(key, bytes(32), bytes(128), NONE)
