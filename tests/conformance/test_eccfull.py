# SPDX-License-Identifier: MIT
"""Curves by their numbers: ECCFULL blobs and ECCParameters."""

import struct
from typing import NamedTuple

import pytest

from .abi import parameters
from .api import refuses
from .constants import (
    ALLOW_PLAINTEXT_EXPORT,
    BUFFER_ECC_CURVE_NAME,
    BUFFER_ECC_PARAMETERS,
    ECDH_PRIVATE_GENERIC_MAGIC,
    ECDH_PUBLIC_GENERIC_MAGIC,
    ECDSA_PRIVATE_GENERIC_MAGIC,
    ECDSA_PUBLIC_GENERIC_MAGIC,
    MALFORMED,
    NO_KEY_VALIDATION,
    NTE_INVALID_PARAMETER,
    NTE_NOT_SUPPORTED,
)

pytestmark = pytest.mark.requires("eccfull")

DIGEST = bytes(range(32))
SHA1 = 0x8004  # CALG_SHA1: how the seed was hashed
MAGICS = {
    ("ECDSA", "ECCFULLPUBLICBLOB"): ECDSA_PUBLIC_GENERIC_MAGIC,
    ("ECDSA", "ECCFULLPRIVATEBLOB"): ECDSA_PRIVATE_GENERIC_MAGIC,
    ("ECDH", "ECCFULLPUBLICBLOB"): ECDH_PUBLIC_GENERIC_MAGIC,
    ("ECDH", "ECCFULLPRIVATEBLOB"): ECDH_PRIVATE_GENERIC_MAGIC,
}


class Curve(NamedTuple):
    """Numbers, and where they came from if they were made by hashing."""

    p: int
    a: int
    b: int
    x: int
    y: int
    order: int
    cofactor: int = 1
    seed: bytes = b""
    hash: int = 0
    kind: int = 1
    version: int = 1

    @property
    def width(self):
        return (self.p.bit_length() + 7) // 8

    @property
    def order_width(self):
        return (self.order.bit_length() + 7) // 8

    def parameters(self):
        """The value of ECCParameters."""
        header = struct.pack(
            "<7I", self.version, self.kind, self.hash, self.width, self.order_width, 1,
            len(self.seed),
        )  # fmt: skip
        field = b"".join(
            number.to_bytes(self.width, "big")
            for number in (self.p, self.a, self.b, self.x, self.y)
        )
        order = self.order.to_bytes(self.order_width, "big")
        return header + field + order + bytes([self.cofactor]) + self.seed

    def blob(self, group, kind, x, y, d=0):
        point = b"".join(number.to_bytes(self.width, "big") for number in (x, y))
        private = d.to_bytes(self.order_width, "big") if "PRIVATE" in kind else b""
        return struct.pack("<I", MAGICS[group, kind]) + self.parameters() + point + private

    def generator_blob(self, kind="ECCFULLPUBLICBLOB", group="ECDSA"):
        """The key whose private number is one."""
        return self.blob(group, kind, self.x, self.y, 1)


P256 = Curve(
    2**256 - 2**224 + 2**192 + 2**96 - 1,
    2**256 - 2**224 + 2**192 + 2**96 - 4,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
)
SECP256K1 = Curve(
    2**256 - 2**32 - 977,
    0,
    7,
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
)
# Of the French ANSSI (Journal officiel no. 241, 2011). It has no name in CNG.
FRP256V1 = Curve(
    0xF1FD178C0B3AD58F10126DE8CE42435B3961ADBCABC8CA6DE8FCF353D86E9C03,
    0xF1FD178C0B3AD58F10126DE8CE42435B3961ADBCABC8CA6DE8FCF353D86E9C00,
    0xEE353FCA5428A9300D4ABA754A44C00FDFEC0C9AE4B1A1803075ED967B7BB73F,
    0xB6B3D4C356C139EB31183D4749D423958C27D2DCAF98B70164C97A2DD98F5CFF,
    0x6142E0F7C8B204911F9271F0F3ECEF8C2701C307E8E4C9E183115A1554062CFB,
    0xF1FD178C0B3AD58F10126DE8CE42435B53DC67E140D2BF941FFDD459C6D655E1,
)


def weierstrass_25519():
    """Curve25519 in the short form: eight times as many points as its generator has multiples."""
    p, a = 2**255 - 19, 486662
    third = pow(3, -1, p)
    root = pow(9**3 + a * 81 + 9, (p + 3) // 8, p)
    if root * root % p != (9**3 + a * 81 + 9) % p:
        root = root * pow(2, (p - 1) // 4, p) % p
    return Curve(
        p,
        (3 - a * a) * third % p,
        (2 * a**3 - 9 * a) * pow(27, -1, p) % p,
        (9 + a * third) % p,
        root,
        2**252 + 27742317777372353535851937790883648493,
        8,
    )


W25519 = weierstrass_25519()
OWN = {"FRP256v1": FRP256V1, "Wei25519": W25519}
own_curve = pytest.mark.parametrize("curve", OWN.values(), ids=OWN)


# ---- blobs ---------------------------------------------------------------------------------------


@own_curve
@pytest.mark.parametrize("group", ["ECDSA", "ECDH"])
def test_public(api, curve, group):
    blob = curve.generator_blob(group=group)
    key = api.import_key("ECCFULLPUBLICBLOB", blob)
    assert api.get_text(key, "Algorithm Name") == api.get_text(key, "Algorithm Group") == group
    assert api.get(key, "ECCParameters") == curve.parameters()
    assert api.get_number(key, "Length") == curve.p.bit_length()
    assert api.export_key(key, "ECCFULLPUBLICBLOB") == blob
    with refuses():
        api.get(key, "ECCCurveName")


@own_curve
@pytest.mark.parametrize("group", ["ECDSA", "ECDH"])
def test_private(api, curve, group):
    blob = curve.generator_blob("ECCFULLPRIVATEBLOB", group)
    for given in (blob, curve.blob(group, "ECCFULLPRIVATEBLOB", 0, 0, 1)):
        key = api.import_key("ECCFULLPRIVATEBLOB", given)
        api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
        assert api.export_key(key, "ECCFULLPRIVATEBLOB") == blob
        half = api.import_key("ECCFULLPUBLICBLOB", api.export_key(key, "ECCFULLPUBLICBLOB"))
        api.verify(half, DIGEST, api.sign(key, DIGEST))


@own_curve
def test_agreement(api, curve):
    one, two = (
        api.import_key("ECCFULLPRIVATEBLOB", curve.blob("ECDH", "ECCFULLPRIVATEBLOB", 0, 0, d))
        for d in (12345, curve.order - 54321)
    )
    secret = api.derive(api.agree(one, two), "TRUNCATE")
    half = api.import_key("ECCFULLPUBLICBLOB", api.export_key(one, "ECCFULLPUBLICBLOB"))
    assert api.derive(api.agree(two, half), "TRUNCATE") == secret
    assert len(secret) == curve.width


def test_seed_and_hash_come_back(api):
    curve = P256._replace(seed=bytes(range(20)), hash=SHA1)
    key = api.import_key("ECCFULLPUBLICBLOB", curve.generator_blob())
    assert api.get(key, "ECCParameters") == curve.parameters()
    assert api.export_key(key, "ECCFULLPUBLICBLOB") == curve.generator_blob()


@pytest.mark.parametrize(
    ("curve", "name", "algorithm"),
    [(P256, "nistP256", "ECDSA_P256"), (SECP256K1, "secP256k1", "ECDSA")],
)
def test_named_curves_by_their_numbers(api, curve, name, algorithm):
    key = api.import_key("ECCFULLPRIVATEBLOB", curve.generator_blob("ECCFULLPRIVATEBLOB"))
    assert api.get_text(key, "ECCCurveName") == name
    assert api.get_text(key, "Algorithm Name") == algorithm
    assert api.get(key, "ECCParameters") == curve.parameters()
    assert api.export_key(key, "ECCFULLPUBLICBLOB") == curve.generator_blob()
    api.verify(key, DIGEST, api.sign(key, DIGEST))


@pytest.mark.parametrize("curve", ["nistP521", "brainpoolP320t1", "secP160r1", "secP224k1"])
def test_export_of_named_curves(api, curve):
    """secP160r1 and secP224k1 have an order that is a bit, and so a byte, longer than the field."""
    key = api.make("ECDSA", ECCCurveName=curve, Export_Policy=ALLOW_PLAINTEXT_EXPORT)
    blob = api.export_key(key, "ECCFULLPRIVATEBLOB")
    again = api.import_key("ECCFULLPRIVATEBLOB", blob)
    assert api.get_text(again, "ECCCurveName") == curve
    assert api.export_key(again, "ECCPUBLICBLOB") == api.export_key(key, "ECCPUBLICBLOB")
    assert blob[4:].startswith(api.get(key, "ECCParameters"))


# ---- properties and parameters -------------------------------------------------------------------


@own_curve
def test_create(api, name, curve):
    key = api.create("ECDSA", name)
    api.set(key, "ECCParameters", curve.parameters())
    assert api.get(key, "ECCParameters") == curve.parameters()
    assert api.get_number(key, "Length") == curve.p.bit_length()
    api.finalize(key)
    again = api.open(name)
    assert api.get(again, "ECCParameters") == curve.parameters()
    blob = api.export_key(again, "ECCFULLPUBLICBLOB")
    assert blob == api.export_key(key, "ECCFULLPUBLICBLOB")
    api.verify(api.import_key("ECCFULLPUBLICBLOB", blob), DIGEST, api.sign(again, DIGEST))


def test_parameters_of_a_named_curve(api):
    key = api.create("ECDH")
    api.set(key, "ECCParameters", P256.parameters())
    api.finalize(key)
    assert api.get_text(key, "Algorithm Name") == "ECDH_P256"


def test_blob_property(api, name):
    key = api.create("ECDSA", name)
    api.set(key, "ECCFULLPRIVATEBLOB", FRP256V1.generator_blob("ECCFULLPRIVATEBLOB"))
    api.finalize(key)
    assert api.export_key(api.open(name), "ECCFULLPUBLICBLOB") == FRP256V1.generator_blob()


def test_parameters_of_a_generic_blob(api):
    point = FRP256V1.generator_blob()[-64:]
    blob = struct.pack("<2I", ECDSA_PUBLIC_GENERIC_MAGIC, 32) + point
    given = (BUFFER_ECC_PARAMETERS, FRP256V1.parameters())
    key = api.import_key("ECCPUBLICBLOB", blob, parameters(given))
    assert api.export_key(key, "ECCFULLPUBLICBLOB") == FRP256V1.generator_blob()
    for more in ((BUFFER_ECC_CURVE_NAME, "nistP256"), given):
        with refuses(NTE_INVALID_PARAMETER):
            api.import_key("ECCPUBLICBLOB", blob, parameters(given, more))
    with refuses(NTE_INVALID_PARAMETER):
        api.import_key("ECCFULLPUBLICBLOB", FRP256V1.generator_blob(), parameters(given))


@pytest.mark.requires("pkcs8")
@own_curve
def test_pkcs8(api, curve):
    key = api.create("ECDSA")
    api.set(key, "ECCParameters", curve.parameters())
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    api.finalize(key)
    again = api.import_key("PKCS8_PRIVATEKEY", api.export_key(key, "PKCS8_PRIVATEKEY"))
    assert api.export_key(again, "ECCFULLPUBLICBLOB") == api.export_key(key, "ECCFULLPUBLICBLOB")


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["ECCFULLPUBLICBLOB", "ECCFULLPRIVATEBLOB"])
def test_every_other_length(api, kind):
    blob = FRP256V1.generator_blob(kind)
    for size in range(1, len(blob)):
        with refuses(*MALFORMED):
            api.import_key(kind, blob[:size])
    with refuses(*MALFORMED):
        api.import_key(kind, blob + b"\0")


def test_magics(api):
    blob = FRP256V1.generator_blob()
    for magic in (0, ECDSA_PRIVATE_GENERIC_MAGIC, 0x31534345, 0x50434345, 0x31415352):
        with refuses(NTE_NOT_SUPPORTED):
            api.import_key("ECCFULLPUBLICBLOB", struct.pack("<I", magic) + blob[4:])


BROKEN = {
    "version": FRP256V1._replace(version=2),
    "Edwards": FRP256V1._replace(kind=2),
    "Montgomery": FRP256V1._replace(kind=3),
    "another kind": FRP256V1._replace(kind=0),
    "a prime that is none": FRP256V1._replace(p=FRP256V1.p + 2),
    "an even one": FRP256V1._replace(p=FRP256V1.p - 1),
    "a prime of 128 bits": FRP256V1._replace(
        p=2**128 - 159, a=1, b=1, x=1, y=1, order=2**128 - 159
    ),
    "A beyond the prime": FRP256V1._replace(a=FRP256V1.p + 1),
    "another A": FRP256V1._replace(a=FRP256V1.a - 1),
    "another B": FRP256V1._replace(b=FRP256V1.b - 1),
    "a singular curve": FRP256V1._replace(a=0, b=0),
    "a generator off the curve": FRP256V1._replace(y=FRP256V1.y - 1),
    "no generator": FRP256V1._replace(x=0, y=0),
    "another order": FRP256V1._replace(order=FRP256V1.order - 2),
    "a multiple of the order": FRP256V1._replace(order=FRP256V1.order * 2),
    "an order of one": FRP256V1._replace(order=1),
    "another cofactor": FRP256V1._replace(cofactor=2),
    "no cofactor": FRP256V1._replace(cofactor=0),
    "a cofactor that is too small": W25519._replace(cofactor=1),
}


@pytest.mark.parametrize("curve", BROKEN.values(), ids=BROKEN)
def test_numbers_that_are_no_curve(api, curve):
    for kind in ("ECCFULLPUBLICBLOB", "ECCFULLPRIVATEBLOB"):
        for flags in (0, NO_KEY_VALIDATION):
            with refuses(*MALFORMED):
                api.import_key(kind, curve.generator_blob(kind), flags=flags)
    with refuses(*MALFORMED):
        api.set(api.create("ECDSA"), "ECCParameters", curve.parameters())


@pytest.mark.parametrize("at", range(3, 7))
@pytest.mark.parametrize("value", [0, 1, 31, 33, 0x80000000, 0xFFFFFFFF])
def test_sizes_in_the_header(api, at, value):
    blob = bytearray(FRP256V1.generator_blob())
    if struct.unpack_from("<I", blob, 4 + 4 * at)[0] == value:
        return
    struct.pack_into("<I", blob, 4 + 4 * at, value)
    with refuses(*MALFORMED):
        api.import_key("ECCFULLPUBLICBLOB", bytes(blob))


def test_points_off_the_curve(api):
    curve = FRP256V1
    for x, y in ((curve.x, curve.y ^ 1), (0, 0), (curve.p - 1, curve.p - 1), (2**256 - 1, 1)):
        with refuses(*MALFORMED):
            api.import_key("ECCFULLPUBLICBLOB", curve.blob("ECDSA", "ECCFULLPUBLICBLOB", x, y))


def test_point_of_another_order(api):
    """On the curve, but not a multiple of its generator: of order two."""
    x = 486662 * pow(3, -1, W25519.p) % W25519.p
    with refuses(*MALFORMED):
        api.import_key("ECCFULLPUBLICBLOB", W25519.blob("ECDH", "ECCFULLPUBLICBLOB", x, 0))


@pytest.mark.parametrize("d", [0, FRP256V1.order, 2**256 - 1])
def test_private_number_out_of_range(api, d):
    blob = FRP256V1.blob("ECDSA", "ECCFULLPRIVATEBLOB", FRP256V1.x, FRP256V1.y, d)
    with refuses(*MALFORMED):
        api.import_key("ECCFULLPRIVATEBLOB", blob)


def test_curve25519_has_no_such_form_here(api):
    key = api.make("ECDH", ECCCurveName="curve25519")
    with refuses(NTE_NOT_SUPPORTED):
        api.export_key(key, "ECCFULLPUBLICBLOB")


def test_keys_without_a_curve(api):
    key = api.make("RSA", Length=1024)
    with refuses():
        api.export_key(key, "ECCFULLPUBLICBLOB")
    with refuses():
        api.get(key, "ECCParameters")
