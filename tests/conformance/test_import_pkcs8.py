# SPDX-License-Identifier: MIT
"""PKCS8_PRIVATEKEY in the clear: import, storage under a name, export."""

import pytest

from . import material
from .abi import parameters, pkcs1
from .api import refuses
from .constants import (
    ALLOW_ALL_USAGES,
    ALLOW_DECRYPT,
    ALLOW_EXPORT,
    ALLOW_KEY_AGREEMENT,
    ALLOW_PLAINTEXT_EXPORT,
    ALLOW_SIGNING,
    BUFFER_PKCS_KEY_NAME,
    DO_NOT_FINALIZE,
    MACHINE_KEY,
    NTE_BAD_KEY_STATE,
    NTE_EXISTS,
    NTE_INVALID_PARAMETER,
    NTE_NOT_SUPPORTED,
    NTE_PERM,
    OVERWRITE_KEY,
)
from .der import ec_pkcs8, integer, private_key_info, rsa_pkcs8, sequence, tlv
from .material import CURVES, P256, P384

pytestmark = pytest.mark.requires("pkcs8")

KIND = "PKCS8_PRIVATEKEY"
DIGEST = bytes(range(32))
every_curve = pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)


def named(name):
    return parameters((BUFFER_PKCS_KEY_NAME, name))


@pytest.mark.parametrize("bits", [384, 512, 1024, 1025, 1031, 1032, 2048, 4096])
def test_rsa(api, bits):
    rsa = material.rsa(bits)
    key = api.import_key(KIND, rsa_pkcs8(rsa))
    assert api.get_text(key, "Algorithm Name") == "RSA"
    assert api.get_number(key, "Length") == bits
    assert api.get_number(key, "Key Usage") == ALLOW_ALL_USAGES
    assert api.export_key(key, "RSAPUBLICBLOB") == rsa.public_blob()
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    assert api.export_key(key, "RSAFULLPRIVATEBLOB")[:24] == rsa.full_blob()[:24]
    api.verify(key, b"text", api.sign(key, b"text", pkcs1(None)), pkcs1(None))


@every_curve
@pytest.mark.parametrize(
    "point", [True, False, (0, 0), (1, 1)], ids=["point", "none", "zero", "off the curve"]
)
def test_ec(api, curve, point):
    pair = material.ec(curve)
    key = api.import_key(KIND, ec_pkcs8(pair, point))
    assert api.get_text(key, "Algorithm Name") == curve.algorithm
    assert api.export_key(key, "ECCPUBLICBLOB") == pair.public_blob()


@every_curve
def test_ec_with_the_point_of_another_key(api, curve):
    """The private number decides."""
    pair = material.ec(curve)
    twin = (pair.x, {"nistP256": 2**256 - 2**224 + 2**192 + 2**96 - 1,
                     "nistP384": 2**384 - 2**128 - 2**96 + 2**32 - 1,
                     "nistP521": 2**521 - 1}[curve.name] - pair.y)  # fmt: skip
    key = api.import_key(KIND, ec_pkcs8(pair, twin))
    assert api.export_key(key, "ECCPUBLICBLOB") == pair.public_blob()


# ---- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [0, MACHINE_KEY])
def test_named(api, name, flags):
    pair = material.ec(P256)
    key = api.import_key(KIND, ec_pkcs8(pair), named(name), flags)
    assert api.get_text(key, "Name") == name
    assert api.get_number(key, "Key Type") == flags
    opened = api.open(name, flags=flags)
    assert api.export_key(opened, "ECCPUBLICBLOB") == pair.public_blob()
    assert not api.exists(name, flags ^ MACHINE_KEY)


def test_named_rsa(api, name):
    rsa = material.rsa(1025)
    api.free(api.import_key(KIND, rsa_pkcs8(rsa), named(name)))
    key = api.open(name)
    assert api.export_key(key, "RSAPUBLICBLOB") == rsa.public_blob()
    api.verify(key, DIGEST, api.sign(key, DIGEST, pkcs1("SHA256")), pkcs1("SHA256"))


def test_existing_name(api, name):
    api.import_key(KIND, ec_pkcs8(material.ec(P256)), named(name))
    with refuses(NTE_EXISTS):
        api.import_key(KIND, ec_pkcs8(material.ec(P384)), named(name))
    assert api.get_text(api.open(name), "Algorithm Name") == "ECDSA_P256"
    api.import_key(KIND, ec_pkcs8(material.ec(P384)), named(name), OVERWRITE_KEY)
    assert api.get_text(api.open(name), "Algorithm Name") == "ECDSA_P384"


@pytest.mark.parametrize("length", [0, 261])
def test_name_of_impossible_length(api, length):
    with refuses(NTE_INVALID_PARAMETER):
        api.import_key(KIND, ec_pkcs8(material.ec(P256)), named("n" * length))


def test_malformed_key_leaves_nothing(api, name):
    with refuses():
        api.import_key(KIND, ec_pkcs8(material.ec(P256))[:-1], named(name))
    assert not api.exists(name)


@pytest.mark.parametrize("value", [b"", b"n", b"n\0a\0"], ids=repr)
def test_name_that_is_no_string(api, value):
    with refuses(NTE_INVALID_PARAMETER):
        api.import_key(KIND, ec_pkcs8(material.ec(P256)), parameters((BUFFER_PKCS_KEY_NAME, value)))


def test_unfinalized(api, name):
    key = api.import_key(KIND, ec_pkcs8(material.ec(P256)), named(name), DO_NOT_FINALIZE)
    with refuses(NTE_BAD_KEY_STATE):
        api.sign(key, DIGEST)
    assert not api.exists(name)
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    api.finalize(key)
    blob = api.export_key(api.open(name), "ECCPRIVATEBLOB")
    assert blob == material.ec(P256).private_blob()


# ---- what is refused -----------------------------------------------------------------------------


def test_every_truncation(api):
    for blob in (ec_pkcs8(material.ec(P256)), rsa_pkcs8(material.rsa(512))):
        for size in range(1, len(blob)):
            with refuses():
                api.import_key(KIND, blob[:size])
        with refuses():
            api.import_key(KIND, blob + b"\0")


@pytest.mark.parametrize(
    "blob",
    [
        b"\0",
        b"\x30\x00",
        b"\x30\x80\x00\x00",
        b"no key at all",
        bytes(5000),
        sequence(integer(0)),
        private_key_info(sequence(bytes.fromhex("06032b6570"), b""), tlv(0x04, bytes(32))),
        private_key_info(sequence(bytes.fromhex("06072a8648ce3d0201")), b"\x30\x00"),
        ec_pkcs8(material.ec(P256)._replace(d=0)),
        ec_pkcs8(material.ec(P256)._replace(d=P256.order)),
    ],
    ids=range(10),
)
def test_what_is_no_key(api, blob):
    with refuses():
        api.import_key(KIND, blob)


def test_primes_that_do_not_fit(api):
    blob = rsa_pkcs8(material.rsa(512)._replace(n=material.rsa(512).n + 2))
    with refuses():
        api.import_key(KIND, blob)


# ---- usage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bits", "usage"),
    [
        (0x80, ALLOW_SIGNING), (0x04, ALLOW_SIGNING), (0x02, ALLOW_SIGNING),
        (0x20, ALLOW_DECRYPT), (0x10, ALLOW_DECRYPT), (0x01, ALLOW_DECRYPT),
        (0x08, ALLOW_KEY_AGREEMENT), (0xB0, ALLOW_SIGNING | ALLOW_DECRYPT),
    ],
)  # fmt: skip
def test_usage_attribute(api, bits, usage):
    key = api.import_key(KIND, rsa_pkcs8(material.rsa(512), usage=bits))
    assert api.get_number(key, "Key Usage") == usage
    if usage & ALLOW_SIGNING:
        api.sign(key, DIGEST, pkcs1("SHA256"))
    else:
        with refuses(NTE_PERM):
            api.sign(key, DIGEST, pkcs1("SHA256"))


# ---- export --------------------------------------------------------------------------------------


@every_curve
def test_exported_ec(api, curve):
    pair = material.ec(curve)
    key = api.import_key(KIND, ec_pkcs8(pair))
    api.set(key, "Export Policy", ALLOW_EXPORT | ALLOW_PLAINTEXT_EXPORT)
    blob = api.export_key(key, KIND)
    # ECDSA keys are marked as signing keys, in eight bits where DER would write one.
    assert blob == ec_pkcs8(pair, usage=0x80)
    assert blob[-15:] == bytes.fromhex("A00D300B0603551D0F310403020080")
    again = api.import_key(KIND, blob)
    assert api.export_key(again, "ECCPUBLICBLOB") == pair.public_blob()
    api.verify(again, DIGEST, api.sign(again, DIGEST))


@pytest.mark.parametrize("bits", [512, 1025, 2048])
def test_exported_rsa(api, bits):
    rsa = material.rsa(bits)
    key = api.import_key("RSAPRIVATEBLOB", rsa.private_blob())
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    blob = api.export_key(key, KIND)
    again = api.import_key(KIND, blob)
    api.set(again, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    assert api.export_key(again, "RSAPRIVATEBLOB") == rsa.private_blob()
    assert api.export_key(again, KIND) == blob


@pytest.mark.parametrize(
    ("usage", "bits"),
    [
        (ALLOW_SIGNING, 0x80), (ALLOW_DECRYPT, 0x10), (ALLOW_SIGNING | ALLOW_DECRYPT, 0x90),
        (ALLOW_KEY_AGREEMENT, 0x08),
    ],
)  # fmt: skip
def test_exported_usage(api, usage, bits):
    key = api.make("RSA", Length=512, Export_Policy=3, Key_Usage=usage)
    blob = api.export_key(key, KIND)
    assert blob[-15:] == bytes.fromhex("A00D300B0603551D0F3104030200") + bytes([bits])
    assert api.get_number(api.import_key(KIND, blob), "Key Usage") == usage


@pytest.mark.parametrize("policy", [0, ALLOW_EXPORT, 4])
def test_policy_forbids(api, algorithm, policy):
    key = api.import_key(
        KIND, rsa_pkcs8(material.rsa(512)) if algorithm == "RSA" else ec_pkcs8(material.ec(P256))
    )
    api.set(key, "Export Policy", policy)
    with refuses(NTE_NOT_SUPPORTED):
        api.export_key(key, KIND)
