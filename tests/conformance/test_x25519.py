# SPDX-License-Identifier: MIT
"""Keys on curve25519: X25519 by the names of ECDH. The numbers in the blobs are little-endian."""

import struct

import pytest

from .. import vector_loaders as vectors
from .api import call, refuses
from .constants import (
    ALLOW_PLAINTEXT_EXPORT,
    ECDH_PRIVATE_GENERIC_MAGIC,
    ECDH_PUBLIC_GENERIC_MAGIC,
    MALFORMED,
    NO_KEY_VALIDATION,
    NTE_INVALID_PARAMETER,
    NTE_NOT_SUPPORTED,
)
from .curves import on

pytestmark = pytest.mark.requires("x25519")

PRIME = 2**255 - 19
BASE = (9).to_bytes(32, "little")
# The points of an order of at most eight: whoever agrees with them gets zero.
LOW_ORDER = [
    0,
    1,
    PRIME - 1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
]


def clamped(scalar):
    return bytes([scalar[0] & 248]) + scalar[1:31] + bytes([scalar[31] & 127 | 64])


def little(number):
    return number.to_bytes(32, "little")


def private(api, scalar, point=bytes(32), flags=0):
    header = struct.pack("<2I", ECDH_PRIVATE_GENERIC_MAGIC, 32)
    blob = header + point + bytes(32) + scalar
    return api.import_key("ECCPRIVATEBLOB", blob, on("curve25519"), flags)


def public(api, point, flags=0, y=bytes(32)):
    blob = struct.pack("<2I", ECDH_PUBLIC_GENERIC_MAGIC, 32) + point + y
    return api.import_key("ECCPUBLICBLOB", blob, on("curve25519"), flags)


def point_of(api, key):
    blob = api.export_key(key, "ECCPUBLICBLOB")
    assert struct.unpack_from("<2I", blob) == (ECDH_PUBLIC_GENERIC_MAGIC, 32)
    assert len(blob) == 72
    assert blob[40:] == bytes(32)
    return blob[8:40]


def x25519(api, scalar, point):
    """As RFC 7748 writes the result: TRUNCATE turns it round."""
    return api.derive(api.agree(private(api, scalar), public(api, point)), "TRUNCATE")[::-1]


# ---- properties and use --------------------------------------------------------------------------


def test_properties(api):
    key = api.make("ECDH", ECCCurveName="curve25519")
    assert api.get_text(key, "Algorithm Name") == "ECDH"
    assert api.get_text(key, "Algorithm Group") == "ECDH"
    assert api.get_text(key, "ECCCurveName") == "curve25519"
    assert api.get_number(key, "Length") == 255
    assert len(point_of(api, key)) == 32


def test_store(api, name):
    point = point_of(api, api.make("ECDH", name, ECCCurveName="curve25519"))
    assert point_of(api, api.open(name)) == point


def test_both_sides_agree(api):
    one, two = (api.make("ECDH", ECCCurveName="curve25519") for _ in range(2))
    half = public(api, point_of(api, two))
    secret = api.derive(api.agree(one, half), "TRUNCATE")
    assert len(secret) == 32
    assert api.derive(api.agree(two, one), "TRUNCATE") == secret
    for kdf in ("HASH", "HMAC"):
        assert api.derive(api.agree(one, two), kdf) == api.derive(api.agree(two, one), kdf)


def test_it_does_not_sign(api):
    key = api.make("ECDH", ECCCurveName="curve25519")
    with refuses(NTE_NOT_SUPPORTED):
        api.sign(key, bytes(32))
    with refuses():
        api.verify(key, bytes(32), bytes(64))
    with refuses():
        api.get_number(key, "SignatureLength")


def test_no_keys_that_sign(api):
    key = api.create("ECDSA")
    with refuses(NTE_INVALID_PARAMETER, NTE_NOT_SUPPORTED):
        api.set(key, "ECCCurveName", "curve25519")
        api.finalize(key)
    blob = struct.pack("<2I", 0x50444345, 32) + BASE + bytes(32)
    with refuses(*MALFORMED):
        api.import_key("ECCPUBLICBLOB", blob, on("curve25519"))


def test_peers_on_other_curves(api):
    own = api.make("ECDH", ECCCurveName="curve25519")
    for curve in ("nistP256", "brainpoolP256r1"):
        with refuses(NTE_INVALID_PARAMETER, NTE_NOT_SUPPORTED):
            api.agree(own, api.make("ECDH", ECCCurveName=curve))


# ---- published numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize("record", vectors.load_counted("x25519_rfc7748.txt"))
def test_known_answers(api, record):
    scalar, u, wanted = (
        bytes.fromhex(record[name]) for name in ("INPUT_SCALAR", "INPUT_U", "OUTPUT_U")
    )
    # The second u has its top bit set, which the caller takes away, like the bits of the scalar.
    u = u[:31] + bytes([u[31] & 127])
    assert x25519(api, clamped(scalar), u) == wanted


def test_iterated(api):
    """Section 5.2 of the RFC: the result becomes the scalar, the scalar the point."""
    scalar, u = BASE, BASE
    for count in range(1, 1001):
        result = x25519(api, clamped(scalar), u)
        scalar, u = result, scalar[:31] + bytes([scalar[31] & 127])
        if count == 1:
            assert result.hex() == (
                "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
            )
    assert scalar.hex() == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"


def test_diffie_hellman_of_the_rfc(api):
    """Section 6.1: Bob's side."""
    scalar, point, peer, wanted = map(
        bytes.fromhex,
        (
            "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
            "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
        ),
    )
    assert point_of(api, private(api, clamped(scalar))) == point
    assert x25519(api, clamped(scalar), peer) == wanted


# ---- numbers -------------------------------------------------------------------------------------


def test_private_blobs(api):
    key = api.make("ECDH", ECCCurveName="curve25519", Export_Policy=ALLOW_PLAINTEXT_EXPORT)
    blob = api.export_key(key, "ECCPRIVATEBLOB")
    assert struct.unpack_from("<2I", blob) == (ECDH_PRIVATE_GENERIC_MAGIC, 32)
    assert len(blob) == 104
    assert blob[8:72] == point_of(api, key) + bytes(32)
    assert blob[72:] == clamped(blob[72:])
    again = api.import_key("ECCPRIVATEBLOB", blob, on("curve25519"))
    api.set(again, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    assert api.export_key(again, "ECCPRIVATEBLOB") == blob


def test_the_point_that_came_with_a_private_number_is_computed(api):
    scalar = clamped(bytes(range(32)))
    wanted = point_of(api, private(api, scalar))
    for point in (wanted, BASE, little(PRIME + 1)):
        assert point_of(api, private(api, scalar, point)) == wanted


def test_unclamped_numbers_do_not_come_back(api):
    scalar = bytes([7]) + bytes(range(1, 31)) + bytes([0xBF])
    key = private(api, scalar)
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    assert api.export_key(key, "ECCPRIVATEBLOB")[72:] == clamped(scalar) != scalar
    assert point_of(api, key) == point_of(api, private(api, clamped(scalar)))


@pytest.mark.parametrize("u", [PRIME, PRIME + 1, PRIME + 9, 2**255 - 1, 2**255 + 9, 2**256 - 1])
@pytest.mark.parametrize("flags", [0, NO_KEY_VALIDATION])
def test_points_that_are_not_below_the_prime(api, u, flags):
    with refuses(*MALFORMED):
        public(api, little(u), flags)


def test_points_at_the_edge(api):
    for u in (2, PRIME - 2):
        assert point_of(api, public(api, little(u))) == little(u)


@pytest.mark.parametrize("u", LOW_ORDER)
def test_points_of_a_small_order(api, u):
    """They come in without validation only, and then no secret of any use comes out."""
    with refuses(*MALFORMED):
        public(api, little(u))
    key = public(api, little(u), NO_KEY_VALIDATION)
    assert point_of(api, key) == little(u)


@pytest.mark.not_on("windows", "it leaves secrets that are zero to its callers")
@pytest.mark.parametrize("u", LOW_ORDER)
def test_no_secret_with_points_of_a_small_order(api, u):
    key = public(api, little(u), NO_KEY_VALIDATION)
    with refuses(NTE_INVALID_PARAMETER):
        api.agree(api.make("ECDH", ECCCurveName="curve25519"), key)


def test_points_have_no_y(api):
    with refuses(*MALFORMED):
        public(api, BASE, y=little(1))


def test_every_other_length(api):
    blob = struct.pack("<2I", ECDH_PUBLIC_GENERIC_MAGIC, 32) + BASE + bytes(32)
    for size in range(1, 72):
        with refuses(*MALFORMED):
            api.import_key("ECCPUBLICBLOB", blob[:size], on("curve25519"))
    with refuses(*MALFORMED):
        api.import_key("ECCPUBLICBLOB", blob + b"\0", on("curve25519"))


# ---- PKCS #8 -------------------------------------------------------------------------------------


@pytest.mark.not_on("windows", "it writes a form of its own, with the numbers of the curve")
def test_pkcs8(api):
    """RFC 8410, which everybody else reads."""
    key = api.make("ECDH", ECCCurveName="curve25519", Export_Policy=ALLOW_PLAINTEXT_EXPORT)
    scalar = api.export_key(key, "ECCPRIVATEBLOB")[72:]
    blob = api.export_key(key, "PKCS8_PRIVATEKEY")
    assert blob == bytes.fromhex("302e020100300506032b656e04220420") + scalar
    again = api.import_key("PKCS8_PRIVATEKEY", blob)
    assert api.get_text(again, "ECCCurveName") == "curve25519"
    assert point_of(api, again) == point_of(api, key)


@pytest.mark.parametrize(
    "broken",
    [
        "302e020100300506032b656e04220421" + "11" * 32,  # the inner length
        "302d020100300506032b656e0421041f" + "11" * 31,
        "302f020100300506032b656e04230421" + "11" * 33,
        "302e020100300506032b656e04220320" + "11" * 32,  # another type
        "3030020100300706032b656e050004220420" + "11" * 32,  # parameters
        "302e020100300506032b656f04220420" + "11" * 32,  # X448
    ],
)
@pytest.mark.requires("pkcs8")
def test_pkcs8_that_is_none(api, broken):
    with refuses(*MALFORMED):
        api.import_key("PKCS8_PRIVATEKEY", bytes.fromhex(broken))


def test_a_public_key_agrees_on_nothing(api):
    half = public(api, BASE)
    assert call("NCryptSecretAgreement", half, half, None, 0) == NTE_INVALID_PARAMETER
    with refuses():
        api.agree(half, half)
