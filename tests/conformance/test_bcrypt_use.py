# SPDX-License-Identifier: MIT
"""BCryptVerifySignature and BCryptEncrypt: known answers, agreement with NCrypt*, every refusal."""

import hashlib
from ctypes import byref, c_uint8

import pytest

from .. import vector_loaders as vectors
from . import material, public
from .abi import NONE, PKCS1_ENCRYPTION, RAW, D, Padding, oaep, pkcs1, pss
from .api import call, must, refuses
from .constants import (
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INVALID_PARAMETER,
    STATUS_INVALID_SIGNATURE,
    STATUS_NOT_SUPPORTED,
)
from .test_bcrypt import keys
from .test_vectors import CURVES, SIGVER, hashed, numbers

__all__ = ["keys"]

DIGEST = hashlib.sha256(b"order 17").digest()
encrypts = pytest.mark.not_on("wine", "8.0 cannot encrypt with a key that has no private half")
PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")  # DigestInfo of SHA-256


def rsa_signature(digest=DIGEST, prefix=PREFIX):
    """A PKCS#1 signature of the 1024-bit key, by arithmetic."""
    rsa = material.rsa(1024)
    padded = b"\0\1" + b"\xff" * (rsa.width - 3 - len(prefix + digest)) + b"\0" + prefix + digest
    return pow(int.from_bytes(padded, "big"), rsa.d, rsa.n).to_bytes(rsa.width, "big")


def ec_signature():
    """(digest, signature) of the key that `public.ec()` is."""
    (first, *_) = (
        one for one in vectors.load_cavp("ecdsa_siggen.txt") if one["curve"] == "P-256"
    )  # fmt: skip
    r, s = numbers(first, "R", "S")
    return (
        hashed(first["hash"], bytes.fromhex(first["Msg"])),
        r.to_bytes(32, "big") + s.to_bytes(32, "big"),
    )


@pytest.fixture
def rsa(keys):
    return keys.load(*public.rsa())


@pytest.fixture
def p256(keys):
    return keys.load(*public.ec())


# ---- known answers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "group",
    [
        pytest.param(group, marks=pytest.mark.not_on("wine", "8.0 has no ECDSA_P521"))
        if group.startswith("P-521")
        else group
        for group in SIGVER
    ],
)
def test_ecdsa_sigver(keys, group):
    results = set()
    for record in SIGVER[group]:
        curve = CURVES[record["curve"]]
        x, y, r, s = numbers(record, "Qx", "Qy", "R", "S")
        blob = material.Ec(curve, x, y, 0).public_blob()
        key = keys.load(curve.algorithm, "ECCPUBLICBLOB", blob)
        digest = hashed(record["hash"], bytes.fromhex(record["Msg"]))
        signature = r.to_bytes(curve.width, "big") + s.to_bytes(curve.width, "big")
        results.add(record["Result"][0])
        if record["Result"].startswith("P"):
            keys.verify(key, digest, signature)
        else:
            with refuses(STATUS_INVALID_SIGNATURE):
                keys.verify(key, digest, signature)
    assert results == {"P", "F"}


@pytest.mark.parametrize("bits", ["1024", "1536", "2048", "4096"])
@pytest.mark.parametrize("name", ["rsa_sigver15.rsp", "rsa_sigverpss.rsp"])
def test_rsa_sigver(keys, name, bits):
    records = [one for one in vectors.load_cavp(name) if one["mod"] == bits]
    assert len(records) == 24
    for record in records:
        n, e = numbers(record, "n", "e")
        key = keys.load("RSA", "RSAPUBLICBLOB", material.Rsa(n, e, 0, 0).public_blob())
        digest = hashed(record["SHAAlg"], bytes.fromhex(record["Msg"]))
        salt = bytes.fromhex(record["SaltVal"])
        padding = pss(record["SHAAlg"], len(salt)) if "pss" in name else pkcs1(record["SHAAlg"])
        signature = bytes.fromhex(record["S"])
        if record["Result"] == "P":
            keys.verify(key, digest, signature, padding)
        else:
            with refuses(STATUS_INVALID_SIGNATURE):
                keys.verify(key, digest, signature, padding)


@pytest.mark.requires("sign")
@pytest.mark.parametrize("padding", [pkcs1("SHA256"), pss("SHA256", 32)], ids=["pkcs1", "pss"])
def test_signature_of_a_stored_keys_api(api, keys, padding):
    """What NCryptSignHash signs, with the public key that NCryptExportKey gives."""
    key = api.make("RSA", Length=1024)
    exported = keys.load("RSA", "PUBLICBLOB", api.export_key(key, "RSAPUBLICBLOB"))
    keys.verify(exported, DIGEST, api.sign(key, DIGEST, padding), padding)


@encrypts
@pytest.mark.requires("decrypt")
@pytest.mark.parametrize(
    "padding", [PKCS1_ENCRYPTION, oaep("SHA1"), oaep("SHA256", b"label")], ids=["1", "2", "3"]
)
def test_ciphertext_for_the_key_storage_api(api, keys, padding):
    key = api.make("RSA", Length=1024)
    exported = keys.load("RSA", "PUBLICBLOB", api.export_key(key, "RSAPUBLICBLOB"))
    assert api.decrypt(key, keys.encrypt(exported, b"a text", padding), padding) == b"a text"


# ---- signatures that do not fit ------------------------------------------------------------------


def test_changed_rsa_signature(keys, rsa):
    signature = rsa_signature()
    keys.verify(rsa, DIGEST, signature, pkcs1("SHA256"))
    for at in range(len(signature)):
        changed = bytearray(signature)
        changed[at] ^= 1
        with refuses(STATUS_INVALID_SIGNATURE):
            keys.verify(rsa, DIGEST, bytes(changed), pkcs1("SHA256"))
    for changed in (signature[:-1], signature[1:], signature + b"\0", b"\0", bytes(128)):
        with refuses(STATUS_INVALID_SIGNATURE):
            keys.verify(rsa, DIGEST, changed, pkcs1("SHA256"))


def test_changed_ecdsa_signature(keys, p256):
    digest, signature = ec_signature()
    keys.verify(p256, digest, signature)
    for at in range(len(signature)):
        changed = bytearray(signature)
        changed[at] ^= 1
        with refuses(STATUS_INVALID_SIGNATURE):
            keys.verify(p256, digest, bytes(changed))
    for changed in (signature[:-1], signature[1:], b"\0", bytes(64)):
        with refuses(STATUS_INVALID_SIGNATURE):
            keys.verify(p256, digest, changed)


@pytest.mark.not_on("wine", "8.0 does not look at what follows the two numbers")
def test_longer_ecdsa_signature(keys, p256):
    digest, signature = ec_signature()
    with refuses(STATUS_INVALID_SIGNATURE):
        keys.verify(p256, digest, signature + b"\0")


def test_other_hash(keys, rsa, p256):
    with refuses(STATUS_INVALID_SIGNATURE):
        keys.verify(rsa, bytes(32), rsa_signature(), pkcs1("SHA256"))
    digest, signature = ec_signature()
    with refuses(STATUS_INVALID_SIGNATURE):
        keys.verify(p256, bytes(len(digest)), signature)


def test_other_padding(keys, rsa):
    for other in (pss("SHA256", 32), pkcs1(None)):
        with refuses(STATUS_INVALID_SIGNATURE):
            keys.verify(rsa, DIGEST, rsa_signature(), other)


def test_hash_without_a_name(keys, rsa):
    """Without a hash name there is no DigestInfo, or the caller brings it."""
    keys.verify(rsa, DIGEST, rsa_signature(prefix=b""), pkcs1(None))
    keys.verify(rsa, PREFIX + DIGEST, rsa_signature(), pkcs1(None))


@pytest.mark.parametrize("padding", [pkcs1("SHA256"), pss("SHA256", 8)], ids=["pkcs1", "pss"])
def test_hash_of_another_size(keys, rsa, padding):
    for size in (20, 31):
        with refuses(STATUS_INVALID_PARAMETER, STATUS_INVALID_SIGNATURE):
            keys.verify(rsa, DIGEST[:size], rsa_signature(), padding)


# ---- arguments -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["AES", "No Such Hash"])
@pytest.mark.parametrize("make", [pkcs1, lambda name: pss(name, 8)], ids=["pkcs1", "pss"])
def test_verify_unknown_hash(keys, rsa, make, name):
    with refuses(STATUS_NOT_SUPPORTED):
        keys.verify(rsa, DIGEST, rsa_signature(), make(name))


def test_verify_rsa_without_its_padding(keys, rsa):
    for padding in (NONE, Padding(0x2), Padding(0x8), Padding(0x1)):
        with refuses(STATUS_INVALID_PARAMETER):
            keys.verify(rsa, DIGEST, rsa_signature(), padding)


@pytest.mark.not_on("wine", "8.0 looks for the flags it knows, one after the other")
@pytest.mark.parametrize("more", [0x8, 0x40, 0x80000000])
def test_verify_rsa_with_more_flags(keys, rsa, more):
    with refuses(STATUS_INVALID_PARAMETER):
        keys.verify(rsa, DIGEST, rsa_signature(), pkcs1("SHA256"), flags=more)


@pytest.mark.not_on("wine", "8.0 does not look at an ECDSA key's padding")
def test_verify_ecdsa_with_a_padding(keys, p256):
    digest, signature = ec_signature()
    with refuses(STATUS_INVALID_PARAMETER):
        keys.verify(p256, digest, signature, pkcs1("SHA256"))


def test_verify_null_pointers_and_nothing(rsa, p256):
    size, signature = len(DIGEST), rsa_signature()
    for key, padding in ((rsa, pkcs1("SHA256")), (p256, NONE)):
        for rest in (
            (None, size, signature, 128),
            (DIGEST, size, None, 128),
            (DIGEST, 0, signature, 128),
            (DIGEST, size, signature, 0),
        ):
            status = call("BCryptVerifySignature", key, padding.pointer, *rest, padding.flag)
            assert status == STATUS_INVALID_PARAMETER


# ---- encryption ----------------------------------------------------------------------------------


@encrypts
def test_encrypt_pkcs1(keys, rsa):
    numbers_of_key = material.rsa(1024)
    secret = int.from_bytes(keys.encrypt(rsa, b"a text", PKCS1_ENCRYPTION), "big")
    padded = pow(secret, numbers_of_key.d, numbers_of_key.n).to_bytes(128, "big")
    assert padded[:2] == b"\0\2"
    assert 0 not in padded[2:121]
    assert padded[121:] == b"\0a text"


@encrypts
def test_encrypt_raw(keys, rsa):
    numbers_of_key = material.rsa(1024)
    text = b"\0" + bytes(range(127))
    secret = int.from_bytes(keys.encrypt(rsa, text, RAW), "big")
    assert secret == pow(int.from_bytes(text, "big"), numbers_of_key.e, numbers_of_key.n)


@encrypts
@pytest.mark.parametrize("padding", [PKCS1_ENCRYPTION, oaep("SHA1")], ids=["pkcs1", "oaep"])
def test_encrypt_sizes(rsa, padding):
    size, out = D(), (c_uint8 * 128)()
    longest = 117 if padding.flag == 0x2 else 86
    for text, room, status, given in (
        (b"t", None, 0, 128),
        (b"t", 128, 0, 128),
        (b"t", 127, STATUS_BUFFER_TOO_SMALL, 128),
        (bytes(longest), 128, 0, 128),
        (bytes(longest + 1), 128, STATUS_INVALID_PARAMETER, None),
    ):
        rest = (padding.pointer, None, 0, None if room is None else out, room or 0, byref(size))
        assert call("BCryptEncrypt", rsa, text, len(text), *rest, padding.flag) == status
        assert given is None or size.value == given


@encrypts
def test_encrypt_ignores_an_initialization_vector(rsa):
    size = D()
    rest = (None, b"\1" * 16, 16, None, 0, byref(size), PKCS1_ENCRYPTION.flag)
    must("BCryptEncrypt", rsa, b"text", 4, *rest)
    assert size.value == 128


@encrypts
@pytest.mark.parametrize(
    ("padding", "status"),
    [
        (NONE, STATUS_INVALID_PARAMETER),
        (Padding(0x6), STATUS_INVALID_PARAMETER),
        (Padding(0x8), STATUS_INVALID_PARAMETER),
        (Padding(0x4), STATUS_INVALID_PARAMETER),
        (oaep(None), STATUS_INVALID_PARAMETER),
        (oaep("No Such Hash"), STATUS_NOT_SUPPORTED),
        (RAW, STATUS_INVALID_PARAMETER),
    ],
    ids=["none", "two", "pss", "no structure", "no hash", "unknown hash", "raw"],
)
def test_encrypt_refusals(rsa, padding, status):
    size, out = D(), (c_uint8 * 128)()
    rest = (padding.pointer, None, 0, out, 128, byref(size), padding.flag)
    assert call("BCryptEncrypt", rsa, b"text", 4, *rest) == status


@encrypts
def test_encrypt_null_pointers(rsa):
    size, out = D(), (c_uint8 * 128)()
    flag = PKCS1_ENCRYPTION.flag
    rest = (None, None, 0, out, 128)
    assert call("BCryptEncrypt", rsa, None, 4, *rest, byref(size), flag) == STATUS_INVALID_PARAMETER
    assert call("BCryptEncrypt", rsa, b"text", 4, *rest, None, flag) == STATUS_INVALID_PARAMETER


@encrypts
def test_encrypt_nothing(keys, rsa):
    with refuses(STATUS_INVALID_PARAMETER):
        keys.encrypt(rsa, b"", PKCS1_ENCRYPTION)
