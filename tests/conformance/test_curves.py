# SPDX-License-Identifier: MIT
"""Keys on curves without algorithms of their own: created, imported, exported and used."""

import hashlib
import struct

import pytest

from .. import vector_loaders as vectors
from .api import refuses
from .constants import (
    ALLOW_KEY_AGREEMENT,
    ALLOW_PLAINTEXT_EXPORT,
    MALFORMED,
    NTE_BAD_SIGNATURE,
    NTE_INVALID_PARAMETER,
    NTE_NOT_FOUND,
    NTE_NOT_SUPPORTED,
)
from .curves import CURVES, MAGICS, Numbers, on
from .test_custom_properties import curve_names

pytestmark = pytest.mark.requires("curves")

DIGEST = bytes(range(32))
every_curve = pytest.mark.parametrize("curve", CURVES)
both_groups = pytest.mark.parametrize("group", ["ECDSA", "ECDH"])
ALIASES = [(alias, name) for name, (_, _, others) in CURVES.items() for alias in others]


def exportable(api, group, curve):
    return api.make(group, ECCCurveName=curve, Export_Policy=ALLOW_PLAINTEXT_EXPORT)


# ---- create --------------------------------------------------------------------------------------


@every_curve
@both_groups
def test_create(api, curve, group):
    bits, width, _ = CURVES[curve]
    key = api.make(group, ECCCurveName=curve)
    assert api.get_text(key, "Algorithm Name") == group
    assert api.get_text(key, "Algorithm Group") == group
    assert api.get_text(key, "ECCCurveName") == curve
    assert api.get_number(key, "Length") == bits
    assert api.get_number(key, "PublicKeyLength") == bits
    assert api.get_number(key, "SignatureLength") == 2 * width
    assert struct.unpack("<4I", api.get(key, "Lengths")) == (bits, bits, 0, bits)
    for kind, size in (("ECCPUBLICBLOB", 2 * width), ("PUBLICBLOB", 2 * width)):
        blob = api.export_key(key, kind)
        assert struct.unpack_from("<2I", blob) == (MAGICS[group, "ECCPUBLICBLOB"], width)
        assert len(blob) == 8 + size


@every_curve
def test_store(api, name, curve):
    blob = api.export_key(api.make("ECDSA", name, ECCCurveName=curve), "ECCPUBLICBLOB")
    key = api.open(name)
    assert api.get_text(key, "ECCCurveName") == curve
    assert api.export_key(key, "ECCPUBLICBLOB") == blob
    api.verify(api.import_key("ECCPUBLICBLOB", blob, on(curve)), DIGEST, api.sign(key, DIGEST))


@pytest.mark.parametrize(("alias", "curve"), ALIASES)
def test_other_names(api, alias, curve):
    key = api.make("ECDSA", ECCCurveName=alias)
    public = api.import_key("ECCPUBLICBLOB", api.export_key(key, "ECCPUBLICBLOB"), on(curve))
    api.verify(public, DIGEST, api.sign(key, DIGEST))


def test_case_of_names(api):
    for name in ("BRAINPOOLP256R1", "brainpoolp256r1"):
        key = api.make("ECDSA", ECCCurveName=name)
        assert api.get_text(key, "ECCCurveName") == "brainpoolP256r1"


def test_list_of_names(api):
    names = curve_names(api)
    assert {*CURVES, *(alias for alias, _ in ALIASES), "curve25519"} <= set(names)
    assert len(set(names)) == len(names)
    for name in names:
        api.set(api.create("ECDH"), "ECCCurveName", name)


@pytest.mark.parametrize("name", ["", "P-256", "numsP256t1", "sect163k1", "secp256k1 "])
def test_names_of_no_curve(api, name):
    key = api.create("ECDSA")
    with refuses(NTE_INVALID_PARAMETER):
        api.set(key, "ECCCurveName", name)
    with refuses(NTE_INVALID_PARAMETER):
        api.finalize(key)


def test_curve_before_it_is_set(api):
    with refuses(NTE_NOT_FOUND):
        api.get(api.create("ECDSA"), "ECCCurveName")


# ---- blobs ---------------------------------------------------------------------------------------


@every_curve
@both_groups
def test_round_trips(api, curve, group):
    key = exportable(api, group, curve)
    public, private = (api.export_key(key, kind) for kind in ("ECCPUBLICBLOB", "ECCPRIVATEBLOB"))
    assert private[:4] == struct.pack("<I", MAGICS[group, "ECCPRIVATEBLOB"])
    assert private[4 : len(public)] == public[4:]
    again = api.import_key("ECCPRIVATEBLOB", private, on(curve))
    assert api.get_text(again, "Algorithm Name") == group
    api.set(again, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    assert api.export_key(again, "ECCPRIVATEBLOB") == private
    half = api.import_key("ECCPUBLICBLOB", public, on(curve))
    assert api.export_key(half, "ECCPUBLICBLOB") == public
    api.verify(half, DIGEST, api.sign(again, DIGEST))


@every_curve
def test_private_without_its_point(api, curve):
    key = exportable(api, "ECDSA", curve)
    width = CURVES[curve][1]
    blob = api.export_key(key, "ECCPRIVATEBLOB")
    for point in (bytes(2 * width), b"\1" * 2 * width):
        bare = blob[:8] + point + blob[8 + 2 * width :]
        imported = api.import_key("ECCPRIVATEBLOB", bare, on(curve))
        assert api.export_key(imported, "ECCPUBLICBLOB") == api.export_key(key, "ECCPUBLICBLOB")


@every_curve
def test_blob_property(api, name, curve):
    blob = api.export_key(exportable(api, "ECDSA", curve), "ECCPRIVATEBLOB")
    key = api.create("ECDSA", name)
    api.set(key, "ECCCurveName", curve)
    api.set(key, "ECCPRIVATEBLOB", blob)
    api.finalize(key)
    width = CURVES[curve][1]
    assert api.export_key(api.open(name), "ECCPUBLICBLOB")[8:] == blob[8 : 8 + 2 * width]


def test_the_curve_is_needed(api):
    key = exportable(api, "ECDSA", "secP256k1")
    for kind in ("ECCPUBLICBLOB", "ECCPRIVATEBLOB"):
        with refuses(NTE_INVALID_PARAMETER):
            api.import_key(kind, api.export_key(key, kind))
        for other in ("nistP192", "brainpoolP384r1"):
            with refuses(*MALFORMED):
                api.import_key(kind, api.export_key(key, kind), on(other))


@every_curve
def test_numbers_that_are_no_key(api, curve):
    key = exportable(api, "ECDSA", curve)
    public, width = api.export_key(key, "ECCPUBLICBLOB"), CURVES[curve][1]
    broken = [
        public[:-1] + bytes([public[-1] ^ 1]),
        public[:8] + bytes(2 * width),
        public[:8] + b"\xff" * 2 * width,
        public[:-1],
        public + b"\0",
        public[:4] + struct.pack("<I", width + 1) + public[8:],
    ]
    for blob in broken:
        with refuses(*MALFORMED):
            api.import_key("ECCPUBLICBLOB", blob, on(curve))
    private = api.export_key(key, "ECCPRIVATEBLOB")
    with refuses(*MALFORMED):
        api.import_key("ECCPRIVATEBLOB", private[:-width] + bytes(width), on(curve))


@every_curve
@pytest.mark.requires("pkcs8")
def test_pkcs8(api, curve):
    key = exportable(api, "ECDSA", curve)
    blob = api.export_key(key, "PKCS8_PRIVATEKEY")
    again = api.import_key("PKCS8_PRIVATEKEY", blob)
    assert api.get_text(again, "ECCCurveName") == curve
    assert api.export_key(again, "ECCPUBLICBLOB") == api.export_key(key, "ECCPUBLICBLOB")


@pytest.mark.requires("pkcs8")
def test_pkcs8_of_a_key_that_agrees(api):
    key = api.make(
        "ECDH",
        ECCCurveName="brainpoolP256r1",
        Export_Policy=ALLOW_PLAINTEXT_EXPORT,
        Key_Usage=ALLOW_KEY_AGREEMENT,
    )
    again = api.import_key("PKCS8_PRIVATEKEY", api.export_key(key, "PKCS8_PRIVATEKEY"))
    assert api.get_text(again, "Algorithm Name") == "ECDH"


# ---- agree ---------------------------------------------------------------------------------------


@every_curve
def test_both_sides_agree(api, curve):
    one, two = (api.make("ECDH", ECCCurveName=curve) for _ in range(2))
    half = api.import_key("ECCPUBLICBLOB", api.export_key(two, "ECCPUBLICBLOB"), on(curve))
    secret = api.derive(api.agree(one, half), "TRUNCATE")
    assert len(secret) == CURVES[curve][1]
    assert api.derive(api.agree(two, one), "TRUNCATE") == secret


def test_peers_on_other_curves(api):
    own = api.make("ECDH", ECCCurveName="brainpoolP256r1")
    for other in ("brainpoolP256t1", "secP256k1", "nistP256", "nistP192"):
        with refuses(NTE_INVALID_PARAMETER, NTE_NOT_SUPPORTED):
            api.agree(own, api.make("ECDH", ECCCurveName=other))
    with refuses(NTE_INVALID_PARAMETER, NTE_NOT_SUPPORTED):
        api.agree(own, api.make("ECDSA", ECCCurveName="brainpoolP256r1"))


# ---- published numbers ---------------------------------------------------------------------------


def numbers(record, *names):
    return tuple(int(record[name], 16) for name in names)


def raw(api, own, peer):
    return api.derive(api.agree(own, peer), "TRUNCATE")[::-1]


@pytest.mark.parametrize("record", vectors.load_counted("ecdh_brainpool.txt"))
def test_brainpool_agreement(api, record):
    curve, (z,) = record["curve"], numbers(record, "x_Z")
    one = Numbers(curve, *numbers(record, "x_qA", "y_qA", "dA"))
    two = Numbers(curve, *numbers(record, "x_qB", "y_qB", "dB"))
    for own, peer in ((one, two), (two, one)):
        secret = raw(api, own.private(api, "ECDH"), peer.public(api, "ECDH"))
        assert int.from_bytes(secret, "big") == z


@pytest.mark.parametrize("curve", ["nistP192", "nistP224"])
def test_cavp_agreement(api, curve):
    """NIST's records: those that are marked wrong have a point off the curve, or another secret."""
    section = {"nistP192": "EA", "nistP224": "EB"}[curve]
    checked = 0
    for record in cavp_records("ecdh_cavp_small.txt", section):
        if not record["Result"].startswith("P"):
            continue
        own = Numbers(curve, *numbers(record, "QsIUTx", "QsIUTy", "dsIUT"))
        peer = Numbers(curve, *numbers(record, "QsCAVSx", "QsCAVSy"))
        secret = raw(api, own.private(api, "ECDH"), peer.public(api, "ECDH"))
        assert int.from_bytes(secret, "big") == int(record["Z"], 16)
        checked += 1
    assert checked == 18


def cavp_records(name, section):
    here, record = False, {}
    for line in (vectors.FOLDER / name).read_text("latin-1").splitlines():
        if line.startswith("["):
            here = line.startswith(f"[{section} ")
        elif line.startswith("COUNT"):
            record = {}
        elif " = " in line and here:
            field, _, value = line.partition(" = ")
            record[field] = value
            if field == "Result":
                yield record


def hashed(record):
    return hashlib.new(
        record["hash"].replace("-", "").lower(), bytes.fromhex(record["Msg"])
    ).digest()


def signature_of(record, width):
    return b"".join(number.to_bytes(width, "big") for number in numbers(record, "R", "S"))


@pytest.mark.parametrize(("section", "curve"), [("P-192", "nistP192"), ("P-224", "nistP224")])
def test_cavp_signatures(api, section, curve):
    results = set()
    for record in vectors.load_cavp("ecdsa_sigver_small.rsp"):
        if record["curve"] != section:
            continue
        key = Numbers(curve, *numbers(record, "Qx", "Qy")).public(api)
        signature = signature_of(record, CURVES[curve][1])
        good = record["Result"].startswith("P")
        results.add(good)
        if good:
            api.verify(key, hashed(record), signature)
        else:
            with refuses(NTE_BAD_SIGNATURE):
                api.verify(key, hashed(record), signature)
    assert results == {True, False}


def test_secp256k1_signatures(api):
    records = list(vectors.load_cavp("ecdsa_secp256k1.txt"))
    assert len(records) == 100
    for record in records:
        pair = Numbers("secP256k1", *numbers(record, "Qx", "Qy", "d"))
        key = pair._replace(x=0, y=0).private(api)
        assert api.export_key(key, "ECCPUBLICBLOB") == pair.blob("ECDSA", "ECCPUBLICBLOB")
        api.verify(key, hashed(record), signature_of(record, 32))
        api.verify(pair.public(api), hashed(record), api.sign(key, hashed(record)))
