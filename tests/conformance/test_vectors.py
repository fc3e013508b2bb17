# SPDX-License-Identifier: MIT
"""Known answers: the vectors of tests/vectors, given to the functions. Needs no other library."""

import hashlib

import pytest

from .. import vector_loaders as vectors
from . import material
from .abi import PKCS1_ENCRYPTION, oaep, pkcs1, pss
from .api import refuses
from .constants import ALLOW_PLAINTEXT_EXPORT, NTE_BAD_SIGNATURE
from .material import P256, P384, P521

CURVES = {"P-256": P256, "P-384": P384, "P-521": P521}


def numbers(record, *names):
    return tuple(int(record[name], 16) for name in names)


def hashed(algorithm, message):
    return hashlib.new(algorithm.replace("-", "").lower(), message).digest()


def by(items, key):
    """Groups, in the order of their first members."""
    groups = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


# ---- ECDSA ---------------------------------------------------------------------------------------

SIGVER = by(vectors.load_cavp("ecdsa_sigver.rsp"), lambda one: f"{one['curve']} {one['hash']}")


@pytest.mark.requires("ecc_import")
@pytest.mark.parametrize("group", SIGVER)
def test_ecdsa_sigver(api, group):
    results = set()
    for record in SIGVER[group]:
        curve = CURVES[record["curve"]]
        x, y, r, s = numbers(record, "Qx", "Qy", "R", "S")
        key = api.import_key("ECCPUBLICBLOB", material.Ec(curve, x, y, 0).public_blob())
        digest = hashed(record["hash"], bytes.fromhex(record["Msg"]))
        signature = r.to_bytes(curve.width, "big") + s.to_bytes(curve.width, "big")
        results.add(record["Result"][0])
        if record["Result"].startswith("P"):
            api.verify(key, digest, signature)
        else:
            with refuses(NTE_BAD_SIGNATURE):
                api.verify(key, digest, signature)
    assert results == {"P", "F"}


@pytest.mark.requires("ecc_import")
@pytest.mark.parametrize("curve", CURVES)
def test_ecdsa_siggen(api, curve):
    """The private number gives the point, and the signature of the two verifies."""
    records = [one for one in vectors.load_cavp("ecdsa_siggen.txt") if one["curve"] == curve]
    assert len(records) == 15
    for record in records:
        x, y, d, r, s = numbers(record, "Qx", "Qy", "d", "R", "S")
        pair, width = material.Ec(CURVES[curve], x, y, d), CURVES[curve].width
        key = api.import_key("ECCPRIVATEBLOB", pair._replace(x=0, y=0).private_blob())
        assert api.export_key(key, "ECCPUBLICBLOB") == pair.public_blob()
        digest = hashed(record["hash"], bytes.fromhex(record["Msg"]))
        api.verify(key, digest, r.to_bytes(width, "big") + s.to_bytes(width, "big"))
        public = api.import_key("ECCPUBLICBLOB", pair.public_blob())
        api.verify(public, digest, api.sign(key, digest))


@pytest.mark.requires("pkcs8")
@pytest.mark.parametrize("curve", CURVES)
def test_ecdsa_rfc6979(api, curve):
    keys, records = vectors.load_evp("ecdsa_rfc6979.txt")
    # The private keys come without their public points.
    key, width = api.import_key("PKCS8_PRIVATEKEY", keys[f"{curve}_PRIV"]), CURVES[curve].width
    assert api.export_key(key, "ECCPUBLICBLOB")[8:] == keys[f"{curve}_PUB"][-2 * width :]
    records = [record for record in records if record["Key"].startswith(curve)]
    assert len(records) == 30
    for record in records:
        digest_name = record.get("DigestSign") or record["DigestVerify"]
        digest = hashed(digest_name, record["Input"].strip('"').encode())
        signature = vectors.ecdsa_raw(bytes.fromhex(record["Output"]), width)
        if record.get("Result") == "VERIFY_ERROR":
            with refuses(NTE_BAD_SIGNATURE):
                api.verify(key, digest, signature)
        else:
            api.verify(key, digest, signature)


# ---- RSA signatures ------------------------------------------------------------------------------


@pytest.mark.requires("rsa_import")
@pytest.mark.parametrize("bits", ["1024", "1536", "2048", "4096"])
@pytest.mark.parametrize("name", ["rsa_sigver15.rsp", "rsa_sigverpss.rsp"])
def test_rsa_sigver(api, name, bits):
    records = [one for one in vectors.load_cavp(name) if one["mod"] == bits]
    assert len(records) == 24
    for record in records:
        rsa = material.Rsa(*numbers(record, "n", "e", "p", "q"))
        key = api.import_key("RSAPUBLICBLOB", rsa.public_blob())
        digest_name = record["SHAAlg"]
        digest = hashed(digest_name, bytes.fromhex(record["Msg"]))
        salt = bytes.fromhex(record["SaltVal"])
        padding = pss(digest_name, len(salt)) if "pss" in name else pkcs1(digest_name)
        signature = bytes.fromhex(record["S"])
        if record["Result"] == "P":
            api.verify(key, digest, signature, padding)
        else:
            with refuses(NTE_BAD_SIGNATURE):
                api.verify(key, digest, signature, padding)


@pytest.mark.requires("rsa_import", "sign")
@pytest.mark.parametrize("bits", ["1024", "1536", "2048", "3072", "4096"])
@pytest.mark.parametrize("kind", ["RSAPRIVATEBLOB", "RSAFULLPRIVATEBLOB"])
def test_rsa_siggen15(api, kind, bits):
    records = [one for one in vectors.load_cavp("rsa_siggen15.txt") if one["mod"] == bits]
    assert len(records) == 8
    n, e, d = numbers(records[0], "n", "e", "d")
    rsa = material.Rsa(n, e, *vectors.recover_primes(n, e, d))
    blob = rsa.private_blob() if kind == "RSAPRIVATEBLOB" else rsa.full_blob()
    key = api.import_key(kind, blob)
    for record in records:
        digest = hashed(record["SHAAlg"], bytes.fromhex(record["Msg"]))
        signature = api.sign(key, digest, pkcs1(record["SHAAlg"]))
        assert signature == bytes.fromhex(record["S"])


TITLED_PSS = by(vectors.load_titled("rsa_pss_sha1.txt"), lambda one: one[0]["Modulus"])


@pytest.mark.requires("rsa_import", "sign")
@pytest.mark.parametrize("group", TITLED_PSS.values(), ids=range(len(TITLED_PSS)))
def test_rsa_pss_sha1(api, group):
    rsa = material.titled_key(group[0][0])
    key = api.import_key("RSAPRIVATEBLOB", rsa.private_blob())
    assert len(group) == 6
    for _, record in group:
        digest, padding = hashed("sha1", record["Message"]), pss("SHA1", 20)
        api.verify(key, digest, record["Signature"], padding)
        changed = bytearray(record["Signature"])
        changed[-1] ^= 1
        with refuses(NTE_BAD_SIGNATURE):
            api.verify(key, digest, bytes(changed), padding)


# ---- RSA encryption ------------------------------------------------------------------------------


@pytest.mark.requires("rsa_import", "decrypt")
@pytest.mark.parametrize(
    ("name", "padding", "count"),
    [
        ("rsa_oaep_sha1.txt", oaep("SHA1"), 60),
        ("rsa_oaep_sha256.txt", oaep("SHA256"), 24),
        ("rsa_oaep_sha384.txt", oaep("SHA384"), 24),
        ("rsa_oaep_sha512.txt", oaep("SHA512"), 24),
        ("rsa_pkcs1_crypt.txt", PKCS1_ENCRYPTION, 80),
    ],
)
def test_rsa_decrypt(api, name, padding, count):
    pairs = list(vectors.load_titled(name))
    assert len(pairs) == count
    keys = {}
    for numbers_of_key, record in pairs:
        rsa = material.titled_key(numbers_of_key)
        if rsa.n not in keys:
            keys[rsa.n] = api.import_key("RSAPRIVATEBLOB", rsa.private_blob())
        assert api.decrypt(keys[rsa.n], record["Encryption"], padding) == record["Message"]


@pytest.mark.requires("pkcs8", "decrypt")
def test_rsa_oaep_label(api):
    (record,) = vectors.load_counted("rsa_oaep_label.txt")
    key = api.import_key("PKCS8_PRIVATEKEY", bytes.fromhex(record["KEY"]))
    secret = bytes.fromhex(record["Input"])
    padding = oaep(record["OAEPDigest"], bytes.fromhex(record["OAEPLabel"]))
    assert api.decrypt(key, secret, padding) == record["Output"].strip('"').encode()
    with refuses():
        api.decrypt(key, secret, oaep(record["OAEPDigest"]))


@pytest.mark.requires("rsa_import")
def test_full_blob_of_published_numbers(api):
    """The private numbers that the standard's authors printed come out again."""
    seen = set()
    for key_numbers, _ in vectors.load_titled("rsa_oaep_sha1.txt"):
        if key_numbers["Modulus"] in seen:
            continue
        seen.add(key_numbers["Modulus"])
        rsa = material.titled_key(key_numbers)
        key = api.import_key("RSAPRIVATEBLOB", rsa.private_blob())
        api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
        blob = api.export_key(key, "RSAFULLPRIVATEBLOB")
        titles = ("Prime exponent 1", "Prime exponent 2", "Coefficient", "Exponent")
        at = len(blob) - sum(len(material.number(p)) for p in (rsa.p, rsa.q, rsa.p)) - rsa.width
        for title, width in zip(titles, (len(material.number(rsa.p)),
                                len(material.number(rsa.q)), len(material.number(rsa.p)),
                                rsa.width), strict=True):  # fmt: skip
            expected = int.from_bytes(key_numbers[title], "big")
            assert int.from_bytes(blob[at : at + width], "big") == expected, title
            at += width
    assert len(seen) == 10
