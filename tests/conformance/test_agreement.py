# SPDX-License-Identifier: MIT
"""NCryptSecretAgreement and NCryptDeriveKey: known answers, every function, refusals."""

import hashlib
import hmac
from ctypes import byref

import pytest

from .. import vector_loaders as vectors
from . import material
from .abi import D, H, parameters
from .api import call, must, refuses
from .constants import (
    ALLOW_KEY_AGREEMENT,
    ALLOW_SIGNING,
    NTE_BAD_FLAGS,
    NTE_INVALID_HANDLE,
    NTE_INVALID_PARAMETER,
    NTE_NOT_SUPPORTED,
    NTE_PERM,
    SILENT,
)
from .material import CURVES, P256

pytestmark = pytest.mark.requires("agreement")

HASH, PREPEND, APPEND, HMAC_KEY, LABEL, SEED, PROTOCOL = 0, 1, 2, 3, 4, 5, 7
ALGORITHM_ID, PARTY_U, PARTY_V, PUBLIC_INFO, PRIVATE_INFO, INFO = 8, 9, 10, 11, 12, 20
SECRET_IS_HMAC_KEY = 1
TO_AGREEMENT = 0x53 - 0x4B << 16  # ECS1 and ECK1 differ in one byte

every_curve = pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)


def named(curve):
    return curve.algorithm.replace("ECDSA", "ECDH")


def imported(api, numbers, kind="private"):
    """An ECDH key of numbers: (x, y, d), or (x, y)."""
    curve = numbers.curve
    if kind == "private":
        blob = numbers.private_blob(curve.private_magic - TO_AGREEMENT)
        return api.import_key("ECCPRIVATEBLOB", blob)
    return api.import_key("ECCPUBLICBLOB", numbers.public_blob(curve.public_magic - TO_AGREEMENT))


def raw(api, secret):
    """The secret itself, big-endian: TRUNCATE gives it in reverse."""
    return api.derive(secret, "TRUNCATE")[::-1]


@pytest.fixture
def secret(api):
    key = api.make("ECDH_P256")
    return api.agree(key, key)


# ---- agreement -----------------------------------------------------------------------------------


@every_curve
def test_both_sides_agree(api, curve):
    one, two = api.make(named(curve)), api.make(named(curve))
    blob = api.export_key(two, "ECCPUBLICBLOB")
    assert int.from_bytes(blob[:4], "little") == curve.public_magic - TO_AGREEMENT
    half = api.import_key("ECCPUBLICBLOB", blob)
    secret = raw(api, api.agree(one, half, SILENT))
    assert len(secret) == curve.width
    assert raw(api, api.agree(two, one)) == secret


def cdh(curve):
    """NIST's records that pass, with the secret in them."""
    section = None
    for line in (vectors.FOLDER / "ecdh_cavp.txt").read_text("latin-1").splitlines():
        if line.startswith("["):
            section, record = line[1:3], {}
        elif line.startswith("COUNT"):
            record = {}
        elif " = " in line and not line.startswith("#"):
            name, _, value = line.partition(" = ")
            record[name] = value
            wanted = {"nistP256": "EC", "nistP384": "ED", "nistP521": "EE"}[curve.name]
            if name == "Result" and value.startswith("P") and section == wanted:
                yield record


@every_curve
def test_known_answers(api, curve):
    records = list(cdh(curve))
    assert len(records) == 18
    for record in records:
        x, y, d = (int(record[name], 16) for name in ("QsIUTx", "QsIUTy", "dsIUT"))
        peer = material.Ec(curve, int(record["QsCAVSx"], 16), int(record["QsCAVSy"], 16), 0)
        own = imported(api, material.Ec(curve, x, y, d))
        secret = raw(api, api.agree(own, imported(api, peer, "public")))
        assert int.from_bytes(secret, "big") == int(record["Z"], 16)


def test_the_secret_outlives_the_keys(api):
    one, two = api.make("ECDH_P256"), api.make("ECDH_P256")
    secret = api.agree(one, two)
    wanted = raw(api, api.agree(two, one))
    api.free(one)
    api.free(two)
    assert raw(api, secret) == wanted


def test_the_peers_curve_and_group(api):
    own = api.make("ECDH_P256")
    for other in ("ECDH_P384", "ECDSA_P256"):
        with refuses(NTE_INVALID_PARAMETER, NTE_NOT_SUPPORTED):
            api.agree(own, api.make(other))


def test_a_key_that_signs_only(api):
    with refuses(NTE_NOT_SUPPORTED):
        api.agree(api.make("ECDSA_P256"), api.make("ECDH_P256"))
    signer = api.make("ECDH_P256", Key_Usage=ALLOW_SIGNING)
    with refuses(NTE_PERM):
        api.agree(signer, signer)
    api.agree(api.make("ECDH_P256", Key_Usage=ALLOW_KEY_AGREEMENT), signer)


def test_a_public_key_agrees_on_nothing(api):
    half = imported(api, material.ec(P256), "public")
    with refuses():
        api.agree(half, half)


def test_agreement_flags_and_pointers(api):
    key, handle = api.make("ECDH_P256"), H()
    with refuses(NTE_BAD_FLAGS):
        api.agree(key, key, 1)
    assert call("NCryptSecretAgreement", key, key, None, 0) == NTE_INVALID_PARAMETER
    assert call("NCryptSecretAgreement", 0, key, byref(handle), 0) == NTE_INVALID_HANDLE
    assert call("NCryptSecretAgreement", key, 0, byref(handle), 0) == NTE_INVALID_HANDLE


# ---- derivation ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SHA1", "SHA256", "SHA384", "SHA512"])
def test_hash(api, secret, name):
    z = raw(api, secret)
    desc = parameters((APPEND, b"be"), (HASH, name), (PREPEND, b"a"), (APPEND, b"hind"))
    wanted = hashlib.new(name, b"a" + z + b"behind").digest()
    assert api.derive(secret, "HASH", desc) == wanted
    assert api.derive(secret, "HASH", desc, 7) == wanted[:7]
    assert api.derive(secret, "HASH", parameters((HASH, name))) == hashlib.new(name, z).digest()


def test_hash_of_nobodys_choice(api, secret):
    assert api.derive(secret, "HASH") == hashlib.sha1(raw(api, secret)).digest()


@pytest.mark.parametrize("name", ["SHA1", "SHA256", "SHA384", "SHA512"])
def test_hmac(api, secret, name):
    z = raw(api, secret)
    around = ((PREPEND, b"before"), (APPEND, b"behind"), (HASH, name))
    message = b"before" + z + b"behind"
    keyed = parameters(*around, (HMAC_KEY, b"a key"))
    assert api.derive(secret, "HMAC", keyed) == hmac.digest(b"a key", message, name)
    wanted = hmac.digest(z, message, name)
    assert api.derive(secret, "HMAC", parameters(*around), flags=SECRET_IS_HMAC_KEY) == wanted
    with refuses(NTE_INVALID_PARAMETER):
        api.derive(secret, "HMAC", keyed, flags=SECRET_IS_HMAC_KEY)


@pytest.mark.parametrize("size", [0, 1, 31, 32, 33])
def test_truncate(api, secret, size):
    reverse = raw(api, secret)[::-1]
    assert api.derive(secret, "TRUNCATE", size=size) == reverse[:size]


def prf(secret, seed, size, name):
    out, a = b"", seed
    while len(out) < size:
        a = hmac.digest(secret, a, name)
        out += hmac.digest(secret, a + seed, name)
    return out[:size]


@pytest.mark.parametrize("protocol", [None, 0x0301, 0x0302, 0x0303, 0xFEFF])
def test_tls(api, secret, protocol):
    z, seed = raw(api, secret), bytes(range(64))
    given = [(LABEL, b"master secret"), (SEED, seed)]
    if protocol is not None:
        given.append((PROTOCOL, protocol.to_bytes(4, "little")))
    if protocol == 0x0303:
        given.append((HASH, "SHA384"))
        wanted = prf(z, b"master secret" + seed, 48, "SHA384")
    else:
        halves = (prf(z[:16], b"master secret" + seed, 48, "MD5"),
                  prf(z[16:], b"master secret" + seed, 48, "SHA1"))  # fmt: skip
        wanted = bytes(a ^ b for a, b in zip(*halves, strict=True))
    assert api.derive(secret, "TLS_PRF", parameters(*given), 48) == wanted


def test_tls_seed_of_another_size(api, secret):
    with refuses(NTE_INVALID_PARAMETER):
        api.derive(secret, "TLS_PRF", parameters((LABEL, b"label"), (SEED, bytes(63))), 48)


def test_concatenation(api, secret):
    z = raw(api, secret)
    given = [(ALGORITHM_ID, b"id"), (PARTY_U, b"u"), (PARTY_V, b""), (HASH, "SHA256")]
    more = [(PRIVATE_INFO, b"private"), (PUBLIC_INFO, b"public")]
    wanted = hashlib.sha256(b"\0\0\0\1" + z + b"idu").digest()
    assert api.derive(secret, "SP800_56A_CONCAT", parameters(*given), 32) == wanted
    wanted = hashlib.sha256(b"\0\0\0\1" + z + b"idupublicprivate").digest()
    assert api.derive(secret, "SP800_56A_CONCAT", parameters(*more, *given), 16) == wanted[:16]
    with refuses(NTE_INVALID_PARAMETER):
        api.derive(secret, "SP800_56A_CONCAT", parameters(*given[1:]), 32)


def expand(key, info, size):
    out, block = b"", b""
    while len(out) < size:
        block = hmac.digest(key, block + info + bytes([len(out) // 32 + 1]), "SHA256")
        out += block
    return out[:size]


def test_hkdf(api, secret):
    with refuses():
        api.derive(secret, "HKDF", size=32)
    api.set(secret, "HkdfHashAlgorithm", "SHA256")
    api.set(secret, "HkdfSaltAndFinalize", b"salt")
    key = hmac.digest(b"salt", raw(api, secret), "SHA256")
    assert api.derive(secret, "HKDF", parameters((INFO, b"info")), 80) == expand(key, b"info", 80)
    assert api.derive(secret, "HKDF", size=20) == expand(key, b"", 20)
    with refuses():
        api.set(secret, "HkdfSaltAndFinalize", b"salt")


def test_hkdf_of_a_secret_that_is_the_key(api, secret):
    api.set(secret, "HkdfHashAlgorithm", "SHA256")
    must("NCryptSetProperty", secret, "HkdfPrkAndFinalize", None, 0, 0)
    assert api.derive(secret, "HKDF", size=40) == expand(raw(api, secret), b"", 40)


@pytest.mark.parametrize(
    ("kdf", "size"), [("HASH", 20), ("HMAC", 20), ("TRUNCATE", 32)], ids=lambda value: str(value)
)
def test_size_query(api, secret, kdf, size):
    written = D()
    must("NCryptDeriveKey", secret, kdf, None, None, 0, byref(written), 0)
    assert written.value == size


def test_derivation_refusals(api, secret):
    written = D()
    with refuses():
        api.derive(secret, "no such function")
    with refuses(NTE_INVALID_PARAMETER):
        api.derive(secret, "HASH", parameters((HASH, "SHA256"), version=1))
    with refuses():
        api.derive(secret, "HASH", parameters((HASH, "no such hash")))
    assert call("NCryptDeriveKey", secret, None, None, None, 0, byref(written), 0) == (
        NTE_INVALID_PARAMETER
    )
    assert call("NCryptDeriveKey", secret, "HASH", None, None, 0, None, 0) == NTE_INVALID_PARAMETER
    assert (
        call("NCryptDeriveKey", 0, "HASH", None, None, 0, byref(written), 0) == NTE_INVALID_HANDLE
    )
