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
from .test_vectors import CURVES, SIGVER, by, hashed, numbers

__all__ = ["keys"]

DIGEST = hashlib.sha256(b"order 17").digest()
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


def sigver_groups():
    for group in SIGVER:
        curve, hash_name = group.split()
        marks = []
        if curve == "P-521":
            marks.append(pytest.mark.not_on("wine", "8.0 has no ECDSA_P521"))
        elif hash_name in ("SHA-224", "SHA-512"):
            marks.append(pytest.mark.not_on("wine", "8.0 refuses hashes of 28 and 64 bytes"))
        yield pytest.param(group, marks=marks)


@pytest.mark.parametrize("group", list(sigver_groups()))
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


RSA_SIGVER = [
    pytest.param(
        file,
        hash_name,
        id=f"{file}-{hash_name}",
        marks=[pytest.mark.not_on("wine", "8.0 has no PSS with SHA-1")]
        if (file, hash_name) == ("rsa_sigverpss.rsp", "SHA1")
        else [],
    )
    for file in ("rsa_sigver15.rsp", "rsa_sigverpss.rsp")
    for hash_name in by(vectors.load_cavp(file), lambda one: one["SHAAlg"])
]


@pytest.mark.parametrize(("file", "hash_name"), RSA_SIGVER)
def test_rsa_sigver(keys, file, hash_name):
    results = set()
    for record in (one for one in vectors.load_cavp(file) if one["SHAAlg"] == hash_name):
        n, e = numbers(record, "n", "e")
        key = keys.load("RSA", "RSAPUBLICBLOB", material.Rsa(n, e, 0, 0).public_blob())
        digest = hashed(hash_name, bytes.fromhex(record["Msg"]))
        salt = bytes.fromhex(record["SaltVal"])
        padding = pss(hash_name, len(salt)) if "pss" in file else pkcs1(hash_name)
        signature = bytes.fromhex(record["S"])
        results.add(record["Result"][0])
        if record["Result"] == "P":
            keys.verify(key, digest, signature, padding)
        else:
            with refuses(STATUS_INVALID_SIGNATURE):
                keys.verify(key, digest, signature, padding)
    assert results == {"P", "F"}


@pytest.mark.requires("sign")
@pytest.mark.parametrize("padding", [pkcs1("SHA256"), pss("SHA256", 32)], ids=["pkcs1", "pss"])
def test_signature_of_a_stored_keys_api(api, keys, padding):
    """What NCryptSignHash signs, with the public key that NCryptExportKey gives."""
    key = api.make("RSA", Length=1024)
    exported = keys.load("RSA", "PUBLICBLOB", api.export_key(key, "RSAPUBLICBLOB"))
    keys.verify(exported, DIGEST, api.sign(key, DIGEST, padding), padding)


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


@pytest.mark.not_on("wine", "8.0 wants the padding to name a hash")
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


@pytest.mark.parametrize("unknown", ["AES", "No Such Hash"])
@pytest.mark.parametrize("make", [pkcs1, lambda unknown: pss(unknown, 8)], ids=["pkcs1", "pss"])
def test_verify_unknown_hash(keys, rsa, make, unknown):
    with refuses(STATUS_NOT_SUPPORTED):
        keys.verify(rsa, DIGEST, rsa_signature(), make(unknown))


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

OAEP = pytest.param(
    oaep("SHA1"),
    86,
    marks=pytest.mark.not_on("wine", "8.0 has PKCS#1 only"),
    id="oaep",
)


def test_encrypt_pkcs1(keys, rsa):
    numbers_of_key = material.rsa(1024)
    secret = int.from_bytes(keys.encrypt(rsa, b"a text", PKCS1_ENCRYPTION), "big")
    padded = pow(secret, numbers_of_key.d, numbers_of_key.n).to_bytes(128, "big")
    assert padded[:2] == b"\0\2"
    assert 0 not in padded[2:121]
    assert padded[121:] == b"\0a text"


@pytest.mark.not_on("wine", "8.0 has PKCS#1 only")
def test_encrypt_raw(keys, rsa):
    numbers_of_key = material.rsa(1024)
    text = b"\0" + bytes(range(127))
    secret = int.from_bytes(keys.encrypt(rsa, text, RAW), "big")
    assert secret == pow(int.from_bytes(text, "big"), numbers_of_key.e, numbers_of_key.n)


@pytest.mark.parametrize(
    ("padding", "longest"), [pytest.param(PKCS1_ENCRYPTION, 117, id="pkcs1"), OAEP]
)
def test_encrypt_sizes(rsa, padding, longest):
    size, out = D(), (c_uint8 * 128)()
    for text, room, status in (
        (b"t", None, 0),
        (b"t", 128, 0),
        (b"t", 127, STATUS_BUFFER_TOO_SMALL),
        (bytes(longest), 128, 0),
    ):
        rest = (padding.pointer, None, 0, None if room is None else out, room or 0, byref(size))
        assert call("BCryptEncrypt", rsa, text, len(text), *rest, padding.flag) == status
        assert size.value == 128


@pytest.mark.not_on("wine", "8.0 answers STATUS_INTERNAL_ERROR")
def test_encrypt_too_much(keys, rsa):
    with refuses(STATUS_INVALID_PARAMETER):
        keys.encrypt(rsa, bytes(118), PKCS1_ENCRYPTION)


def test_encrypt_ignores_an_initialization_vector(rsa):
    size = D()
    rest = (None, b"\1" * 16, 16, None, 0, byref(size), PKCS1_ENCRYPTION.flag)
    must("BCryptEncrypt", rsa, b"text", 4, *rest)
    assert size.value == 128


@pytest.mark.not_on("wine", "8.0 takes other flags for PKCS#1, or has PKCS#1 only")
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


@pytest.mark.not_on("wine", "8.0 reads from the NULL pointer")
def test_encrypt_from_null(rsa):
    size, out = D(), (c_uint8 * 128)()
    rest = (None, None, 0, out, 128, byref(size), PKCS1_ENCRYPTION.flag)
    assert call("BCryptEncrypt", rsa, None, 4, *rest) == STATUS_INVALID_PARAMETER


@pytest.mark.not_on("wine", "8.0 encrypts nothing, too")
def test_encrypt_nothing(keys, rsa):
    with refuses(STATUS_INVALID_PARAMETER):
        keys.encrypt(rsa, b"", PKCS1_ENCRYPTION)


@pytest.mark.not_on("wine", "8.0 cannot encrypt any more with a key that verified a PSS signature")
def test_encrypt_after_verifying(keys, rsa):
    for padding in (pkcs1("SHA256"), pss("SHA256", 32)):
        with refuses(STATUS_INVALID_SIGNATURE):
            keys.verify(rsa, bytes(32), bytes(128), padding)
        assert len(keys.encrypt(rsa, b"a text", PKCS1_ENCRYPTION)) == 128
