# SPDX-License-Identifier: MIT
"""NCryptImportKey of the ECC blobs: named and generic magics, points and private numbers."""

import struct

import pytest

from . import material
from .abi import parameters
from .api import call, refuses
from .constants import (
    ALLOW_ALL_USAGES,
    ALLOW_PLAINTEXT_EXPORT,
    BUFFER_ECC_CURVE_NAME,
    BUFFER_PKCS_KEY_NAME,
    ECDSA_PRIVATE_GENERIC_MAGIC,
    ECDSA_PUBLIC_GENERIC_MAGIC,
    MALFORMED,
    NTE_INVALID_PARAMETER,
    NTE_NOT_SUPPORTED,
    TREAT_NIST_AS_GENERIC_ECC,
)
from .material import CURVES, P256, P384, P521

pytestmark = pytest.mark.requires("ecc_import")

DIGEST = bytes(range(32))
every_curve = pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)


def exported(api, key):
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    return api.export_key(key, "ECCPRIVATEBLOB")


@every_curve
def test_public(api, curve):
    blob = material.ec(curve).public_blob()
    key = api.import_key("ECCPUBLICBLOB", blob)
    assert api.get_text(key, "Algorithm Name") == curve.algorithm
    assert api.get_text(key, "Algorithm Group") == "ECDSA"
    assert api.get_text(key, "ECCCurveName") == curve.name
    assert api.get_number(key, "Length") == curve.bits
    assert api.get_number(key, "Export Policy") == 0
    assert api.get_number(key, "Key Usage") == ALLOW_ALL_USAGES
    assert api.get_number(key, "Key Type") == 0
    assert api.export_key(key, "ECCPUBLICBLOB") == api.export_key(key, "PUBLICBLOB") == blob
    for absent in ("Name", "Unique Name", "HWND Handle", "UI Policy"):
        with refuses():
            api.get(key, absent)


@every_curve
def test_private(api, curve):
    pair = material.ec(curve)
    key = api.import_key("ECCPRIVATEBLOB", pair.private_blob())
    assert exported(api, key) == pair.private_blob()
    public = api.import_key("ECCPUBLICBLOB", pair.public_blob())
    api.verify(public, DIGEST, api.sign(key, DIGEST))


@every_curve
def test_generic_blob_types(api, curve):
    pair = material.ec(curve)
    public = api.import_key("PUBLICBLOB", pair.public_blob())
    private = api.import_key("PRIVATEBLOB", pair.private_blob())
    api.verify(public, DIGEST, api.sign(private, DIGEST))


@every_curve
def test_generic_magic_with_the_curve_in_the_parameters(api, curve):
    pair, curve_name = material.ec(curve), parameters((BUFFER_ECC_CURVE_NAME, curve.name))
    public = api.import_key(
        "ECCPUBLICBLOB", pair.public_blob(ECDSA_PUBLIC_GENERIC_MAGIC), curve_name
    )
    private = api.import_key(
        "ECCPRIVATEBLOB", pair.private_blob(ECDSA_PRIVATE_GENERIC_MAGIC), curve_name
    )
    for key in (public, private):
        assert api.get_text(key, "Algorithm Name") == curve.algorithm
        # Named magics come out for the curves that have some.
        assert api.export_key(key, "ECCPUBLICBLOB") == pair.public_blob()
    assert exported(api, private) == pair.private_blob()


@every_curve
def test_treat_nist_as_generic(api, curve):
    pair = material.ec(curve)
    key = api.import_key("ECCPRIVATEBLOB", pair.private_blob(), flags=TREAT_NIST_AS_GENERIC_ECC)
    assert api.get_text(key, "Algorithm Name") == "ECDSA"
    assert exported(api, key) == pair.private_blob(ECDSA_PRIVATE_GENERIC_MAGIC)


@pytest.mark.parametrize("alias", ["secP256r1", "x962P256v1", "nistP256"])
def test_curve_by_another_of_its_names(api, alias):
    blob = material.ec(P256).public_blob(ECDSA_PUBLIC_GENERIC_MAGIC)
    key = api.import_key("ECCPUBLICBLOB", blob, parameters((BUFFER_ECC_CURVE_NAME, alias)))
    assert api.get_text(key, "Algorithm Name") == "ECDSA_P256"


def test_generic_magic_without_a_curve(api):
    for kind, blob in (
        ("ECCPUBLICBLOB", material.ec(P256).public_blob(ECDSA_PUBLIC_GENERIC_MAGIC)),
        ("ECCPRIVATEBLOB", material.ec(P256).private_blob(ECDSA_PRIVATE_GENERIC_MAGIC)),
    ):
        with refuses(NTE_INVALID_PARAMETER):
            api.import_key(kind, blob)


@pytest.mark.parametrize("curve", ["no such curve", "", "nistP2567", "P-256"])
def test_unknown_curve(api, curve):
    blob = material.ec(P256).public_blob(ECDSA_PUBLIC_GENERIC_MAGIC)
    with refuses(NTE_INVALID_PARAMETER):
        api.import_key("ECCPUBLICBLOB", blob, parameters((BUFFER_ECC_CURVE_NAME, curve)))


def test_curve_that_is_not_the_magics(api):
    with refuses(*MALFORMED):
        api.import_key(
            "ECCPUBLICBLOB",
            material.ec(P256).public_blob(),
            parameters((BUFFER_ECC_CURVE_NAME, "nistP384")),
        )


@pytest.mark.parametrize("value", [b"", b"n", b"nistP256", b"n\0i\0s\0"], ids=repr)
def test_curve_name_that_is_no_string(api, value):
    blob = material.ec(P256).public_blob(ECDSA_PUBLIC_GENERIC_MAGIC)
    with refuses(NTE_INVALID_PARAMETER):
        api.import_key("ECCPUBLICBLOB", blob, parameters((BUFFER_ECC_CURVE_NAME, value)))


# ---- points and numbers --------------------------------------------------------------------------


@every_curve
def test_private_without_its_point(api, curve):
    pair = material.ec(curve)
    key = api.import_key("ECCPRIVATEBLOB", pair._replace(x=0, y=0).private_blob())
    assert api.export_key(key, "ECCPUBLICBLOB") == pair.public_blob()
    assert exported(api, key) == pair.private_blob()


@every_curve
def test_private_with_another_point(api, curve):
    """The point that belongs to the private number is computed, whatever came with it."""
    pair = material.ec(curve)
    for x, y in ((pair.x, pair.y ^ 1), (1, 1), (pair.y, pair.x), (0, pair.y)):
        key = api.import_key("ECCPRIVATEBLOB", pair._replace(x=x, y=y).private_blob())
        assert api.export_key(key, "ECCPUBLICBLOB") == pair.public_blob()


@every_curve
def test_smallest_and_largest_private_number(api, curve):
    for d in (1, 2, curve.order - 1):
        key = api.import_key("ECCPRIVATEBLOB", material.Ec(curve, 0, 0, d).private_blob())
        assert exported(api, key)[-curve.width :] == d.to_bytes(curve.width, "big")
        api.verify(key, DIGEST, api.sign(key, DIGEST))


@every_curve
def test_private_number_out_of_range(api, curve):
    pair = material.ec(curve)
    for d in (0, curve.order, curve.order + 1, 256**curve.width - 1):
        with refuses(*MALFORMED):
            api.import_key("ECCPRIVATEBLOB", pair._replace(d=d).private_blob())


@every_curve
def test_public_point_off_the_curve(api, curve):
    pair = material.ec(curve)
    largest = 256**curve.width - 1
    for x, y in ((pair.x ^ 1, pair.y), (pair.x, pair.y ^ 1), (0, 0), (1, 1), (largest, largest)):
        with refuses(*MALFORMED):
            api.import_key("ECCPUBLICBLOB", pair._replace(x=x, y=y).public_blob())


def test_coordinate_beyond_the_prime(api):
    """The same point modulo the prime, with a number too large for which 66 bytes have room."""
    pair = material.ec(P521)
    prime = 2**521 - 1
    with refuses(*MALFORMED):
        api.import_key("ECCPUBLICBLOB", pair._replace(x=pair.x + prime).public_blob())
    with refuses(*MALFORMED):
        api.import_key("ECCPUBLICBLOB", pair._replace(y=pair.y + prime).public_blob())


# ---- malformed blobs -----------------------------------------------------------------------------


@every_curve
@pytest.mark.parametrize("kind", ["ECCPUBLICBLOB", "ECCPRIVATEBLOB"])
def test_every_other_length(api, curve, kind):
    pair = material.ec(curve)
    blob = pair.public_blob() if kind == "ECCPUBLICBLOB" else pair.private_blob()
    for size in range(1, len(blob)):
        with refuses(*MALFORMED):
            api.import_key(kind, blob[:size])
    for tail in (b"\0", bytes(curve.width)):
        with refuses(*MALFORMED):
            api.import_key(kind, blob + tail)


@pytest.mark.parametrize("width", [0, 1, 31, 33, 48, 0x80000000, 0xFFFFFFFF])
@pytest.mark.parametrize("kind", ["ECCPUBLICBLOB", "ECCPRIVATEBLOB"])
def test_width_that_is_not_the_curves(api, kind, width):
    pair = material.ec(P256)
    blob = pair.public_blob() if kind == "ECCPUBLICBLOB" else pair.private_blob()
    with refuses(*MALFORMED):
        api.import_key(kind, blob[:4] + struct.pack("<I", width) + blob[8:])


@every_curve
def test_public_magic_in_a_private_blob(api, curve):
    pair = material.ec(curve)
    with refuses(NTE_NOT_SUPPORTED):
        api.import_key("ECCPRIVATEBLOB", pair.private_blob(curve.public_magic))


@pytest.mark.parametrize("magic", [0, 0x31415352, 0xFFFFFFFF, P256.private_magic])
def test_other_magics_in_a_public_blob(api, magic):
    blob = material.ec(P256).public_blob()
    with refuses(*MALFORMED):
        api.import_key("ECCPUBLICBLOB", struct.pack("<I", magic) + blob[4:])


def test_magic_of_another_curve(api):
    for magic in (P384.public_magic, P521.public_magic):
        with refuses(*MALFORMED):
            api.import_key("ECCPUBLICBLOB", material.ec(P256).public_blob(magic))


def test_public_key_is_not_stored(api, name):
    with refuses():
        api.import_key(
            "ECCPUBLICBLOB",
            material.ec(P256).public_blob(),
            parameters((BUFFER_PKCS_KEY_NAME, name)),
        )
    assert not api.exists(name)


# ---- blobs as properties -------------------------------------------------------------------------


@every_curve
def test_blob_property(api, name, curve):
    pair = material.ec(curve)
    key = api.create(curve.algorithm, name)
    api.set(key, "ECCPRIVATEBLOB", pair.private_blob())
    api.finalize(key)
    assert api.export_key(api.open(name), "ECCPUBLICBLOB") == pair.public_blob()


def test_blob_property_on_the_generic_algorithm(api):
    pair = material.ec(P384)
    key = api.create("ECDSA")
    api.set(key, "ECCCurveName", "nistP384")
    api.set(key, "ECCPRIVATEBLOB", pair.private_blob(ECDSA_PRIVATE_GENERIC_MAGIC))
    api.finalize(key)
    assert api.get_text(key, "Algorithm Name") == "ECDSA_P384"
    assert api.export_key(key, "ECCPUBLICBLOB") == pair.public_blob()


def test_blob_property_of_another_curve(api):
    key = api.create("ECDSA_P256")
    with refuses(*MALFORMED):
        api.set(key, "ECCPRIVATEBLOB", material.ec(P384).private_blob())
        api.finalize(key)


def test_public_blob_property(api):
    status = call(
        "NCryptSetProperty", api.create("ECDSA_P256"), "ECCPUBLICBLOB",
        material.ec(P256).public_blob(), 72, 0,
    )  # fmt: skip
    assert status == NTE_NOT_SUPPORTED
