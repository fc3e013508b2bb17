# SPDX-License-Identifier: MIT
"""Keys of DSA: making them, their parameters and blobs, signatures, against vectors of NIST."""

import hashlib
import struct

import pytest

from . import dl
from .api import refuses
from .constants import (
    ALLOW_KEY_AGREEMENT,
    ALLOW_PLAINTEXT_EXPORT,
    NTE_BAD_DATA,
    NTE_BAD_SIGNATURE,
    NTE_BAD_TYPE,
    NTE_INVALID_PARAMETER,
    NTE_NOT_SUPPORTED,
    NTE_PERM,
)
from .material import number

pytestmark = pytest.mark.requires("DSA")

SIZES = [1024, 2048, 3072]
every_size = pytest.mark.parametrize("bits", SIZES)
MALFORMED = (NTE_BAD_DATA, NTE_INVALID_PARAMETER, NTE_NOT_SUPPORTED)


def hashed(group, message):
    return hashlib.new({20: "sha1", 32: "sha256"}[group.q_width], message).digest()


def private(api, bits, policy=0):
    group, x, y = dl.dsa_key(bits)
    key = api.import_key("DSAPRIVATEBLOB", group.dsa_private(x, y))
    if policy:
        api.set(key, "Export Policy", policy)
    return key


def public(api, bits):
    group, _, y = dl.dsa_key(bits)
    return api.import_key("DSAPUBLICBLOB", group.dsa_public(y))


# ---- making --------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [512, 1024, 2048])
def test_made_of_a_length(api, bits):
    key = api.make("DSA", Length=bits)
    assert api.get_text(key, "Algorithm Name") == api.get_text(key, "Algorithm Group") == "DSA"
    assert api.get_number(key, "Length") == api.get_number(key, "PublicKeyLength") == bits
    size = 20 if bits <= 1024 else 32
    assert api.get_number(key, "SignatureLength") == 2 * size
    blob = api.export_key(key, "DSAPUBLICBLOB")
    magic, width = struct.unpack("<4sI", blob[:8])
    assert (magic, width * 8) == (b"DSPB" if bits <= 1024 else b"DPB2", bits)
    api.verify(key, bytes(range(size)), api.sign(key, bytes(range(size))))


def test_lengths(api):
    low, high, step, default = struct.unpack("<4I", api.get(api.create("DSA"), "Lengths"))
    assert (low, high, step) == (512, 3072, 64)
    assert low <= default <= high


@pytest.mark.parametrize("bits", [0, 448, 1000, 3136])
def test_lengths_that_cannot_be(api, bits):
    with refuses(NTE_INVALID_PARAMETER):
        api.make("DSA", Length=bits)


@every_size
def test_made_in_a_given_group(api, bits):
    group, _, _ = dl.dsa_key(bits)
    key = api.make("DSA", DSAParameters=group.dsa_parameters())
    assert api.get_number(key, "Length") == bits
    blob = api.export_key(key, "DSAPUBLICBLOB")
    assert blob.startswith(group.dsa_public(0)[: -group.width])
    digest = bytes(group.q_width)
    api.verify(key, digest, api.sign(key, digest))


@pytest.mark.parametrize("bits", [1024, 2048])
def test_malformed_parameters(api, bits):
    value = dl.dsa_key(bits)[0].dsa_parameters()
    wrong = [value[:-1], value + b"\0", value[:11], value[:30], b"\0\0\0\0" + value[4:]]
    wrong += [value[:4] + magic + value[8:] for magic in (b"DHPM", b"DSPB")]
    wrong += [value[:8] + struct.pack("<I", width) + value[12:] for width in (0, 64, 0xFFFFFFFF)]
    for each in wrong:
        key = api.create("DSA")
        with refuses(NTE_INVALID_PARAMETER):
            api.set(key, "DSAParameters", each)


# ---- blobs ---------------------------------------------------------------------------------------


@every_size
def test_blobs(api, bits):
    group, x, y = dl.dsa_key(bits)
    key = private(api, bits, ALLOW_PLAINTEXT_EXPORT)
    assert api.export_key(key, "DSAPRIVATEBLOB") == group.dsa_private(x, y)
    assert api.export_key(key, "PRIVATEBLOB") == group.dsa_private(x, y)
    assert api.export_key(key, "DSAPUBLICBLOB") == group.dsa_public(y)
    assert api.export_key(public(api, bits), "PUBLICBLOB") == group.dsa_public(y)


@pytest.mark.parametrize("bits", [1024, 2048])
def test_seeds_are_kept(api, bits):
    key = api.make("DSA", Length=bits, Export_Policy=ALLOW_PLAINTEXT_EXPORT)
    blob = api.export_key(key, "DSAPRIVATEBLOB")
    counter = blob[8:12] if bits == 1024 else blob[24:28]
    assert counter != b"\xff" * 4
    again = api.import_key("DSAPRIVATEBLOB", blob)
    assert api.export_key(again, "DSAPUBLICBLOB") == api.export_key(key, "DSAPUBLICBLOB")


def test_private_blob_needs_the_policy(api):
    for kind in ("DSAPRIVATEBLOB", "PRIVATEBLOB", "CAPIDSAPRIVATEBLOB", "PKCS8_PRIVATEKEY"):
        with refuses(NTE_NOT_SUPPORTED):
            api.export_key(api.make("DSA", Length=512), kind)


def test_blobs_of_others(api):
    for kind in ("RSAPUBLICBLOB", "ECCPUBLICBLOB", "DHPUBLICBLOB"):
        with refuses(NTE_BAD_TYPE, NTE_NOT_SUPPORTED):
            api.export_key(public(api, 1024), kind)


def test_stored(api, name):
    group, x, y = dl.dsa_key(2048)
    key = api.create("DSA", name)
    api.set(key, "DSAPRIVATEBLOB", group.dsa_private(x, y))
    api.finalize(key)
    api.free(key)
    key = api.open(name)
    signature = api.sign(key, bytes(range(32)))
    api.verify(public(api, 2048), bytes(range(32)), signature)
    api.delete(key)


@pytest.mark.parametrize("bits", [1024, 2048])
@pytest.mark.parametrize("kind", ["DSAPUBLICBLOB", "DSAPRIVATEBLOB"])
def test_malformed_blobs(api, kind, bits):
    group, x, y = dl.dsa_key(bits)
    blob = group.dsa_public(y) if kind == "DSAPUBLICBLOB" else group.dsa_private(x, y)
    wrong = [blob[:cut] for cut in (4, 7, 8, 27, 51, 100, len(blob) - 1)]
    wrong += [blob + b"\0"]
    wrong += [magic + blob[4:] for magic in (b"DSPM", b"DHPB", b"RSA1")]
    wrong += [blob[:4] + struct.pack("<I", width) + blob[8:] for width in (0, 64, 0xFFFFFFFF)]
    for each in wrong:
        with refuses(*MALFORMED):
            api.import_key(kind, each)


def test_a_group_longer_than_its_hash(api):
    group, _, y = dl.dsa_key(2048)
    blob = group.dsa_public(y)
    for hash_number in (0, 2, 3):
        with refuses(*MALFORMED):
            api.import_key("DSAPUBLICBLOB", blob[:8] + struct.pack("<I", hash_number) + blob[12:])


@pytest.mark.parametrize("version", ["", "V2"])
def test_legacy_blobs(api, version):
    bits = 1024
    group, x, y = dl.dsa_key(bits)
    key = private(api, bits, ALLOW_PLAINTEXT_EXPORT)
    for kind, wanted in (("PUBLIC", group.dsa_public(y)), ("PRIVATE", group.dsa_private(x, y))):
        blob = api.export_key(key, f"{version}CAPIDSA{kind}BLOB")
        assert blob[1] == (2 if version else 3)
        again = api.import_key(f"{version}CAPIDSA{kind}BLOB", blob)
        api.set(again, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
        assert api.export_key(again, f"DSA{kind}BLOB") == wanted


@every_size
def test_pkcs8(api, bits):
    key = private(api, bits, ALLOW_PLAINTEXT_EXPORT)
    again = api.import_key("PKCS8_PRIVATEKEY", api.export_key(key, "PKCS8_PRIVATEKEY"))
    assert api.get_text(again, "Algorithm Name") == "DSA"
    assert api.export_key(again, "DSAPUBLICBLOB") == api.export_key(key, "DSAPUBLICBLOB")


# ---- signatures ----------------------------------------------------------------------------------


def test_sigver(api):
    """Keys that have been changed are refused as keys, where the provider looks at them."""
    results = set()
    for record in dl.dsa_records("dsa_sigver.rsp"):
        group = dl.group_of(record)
        y, r, s = dl.numbers(record, "Y", "R", "S")
        digest = hashed(group, bytes.fromhex(record["Msg"]))
        signature = number(r, group.q_width) + number(s, group.q_width)
        results.add(record["Result"][0])
        if record["Result"].startswith("P"):
            key = api.import_key("DSAPUBLICBLOB", group.dsa_public(y))
            api.verify(key, digest, signature)
        else:
            allowed = MALFORMED if "Y changed" in record["Result"] else ()
            with refuses(NTE_BAD_SIGNATURE, *allowed):
                key = api.import_key("DSAPUBLICBLOB", group.dsa_public(y))
                api.verify(key, digest, signature)
    assert results == {"P", "F"}


def test_siggen(api):
    for record in dl.dsa_records("dsa_siggen.txt"):
        group = dl.group_of(record)
        x, y, r, s = dl.numbers(record, "X", "Y", "R", "S")
        key = api.import_key("DSAPRIVATEBLOB", group.dsa_private(x, y))
        digest = hashed(group, bytes.fromhex(record["Msg"]))
        api.verify(key, digest, number(r, group.q_width) + number(s, group.q_width))
        signature = api.sign(key, digest)
        assert len(signature) == 2 * group.q_width
        api.verify(key, digest, signature)


@every_size
def test_hashes_are_as_long_as_q(api, bits):
    key = private(api, bits)
    size = api.get_number(key, "SignatureLength") // 2
    good = api.sign(key, bytes(size))
    for wrong in (1, size - 1, size + 1, 64):
        with refuses(NTE_INVALID_PARAMETER):
            api.sign(key, bytes(wrong))
        with refuses(NTE_INVALID_PARAMETER, NTE_BAD_SIGNATURE):
            api.verify(key, bytes(wrong), good)


def test_signatures_of_wrong_size(api):
    key = private(api, 1024)
    good = api.sign(key, bytes(20))
    for wrong in (good[:-1], good + b"\0", good[:20]):
        with refuses(NTE_BAD_SIGNATURE, NTE_INVALID_PARAMETER):
            api.verify(key, bytes(20), wrong)
    for wrong in (bytes(40), b"\xff" * 40, good[20:] + good[:20]):
        with refuses(NTE_BAD_SIGNATURE):
            api.verify(key, bytes(20), wrong)


def test_usage(api):
    group, _, _ = dl.dsa_key(1024)
    key = api.make("DSA", DSAParameters=group.dsa_parameters(), Key_Usage=ALLOW_KEY_AGREEMENT)
    with refuses(NTE_PERM):
        api.sign(key, bytes(20))


def test_a_public_key_signs_nothing(api):
    with refuses():
        api.sign(public(api, 1024), bytes(20))


def test_it_does_not_agree(api):
    with refuses():
        api.agree(private(api, 1024), private(api, 1024))
