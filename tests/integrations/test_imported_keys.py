# SPDX-License-Identifier: MIT
"""Private keys of cryptography that come into a store."""

import gc
import math
import os
import sys

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

import ncrypt_ext as nc

ES256 = ec.ECDSA(hashes.SHA256())
CURVES = [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()]
OTHERS = [ec.SECP192R1(), ec.SECP224R1(), ec.SECP256K1(), ec.BrainpoolP256R1(),
          ec.BrainpoolP384R1(), ec.BrainpoolP512R1()]  # fmt: skip


@pytest.mark.parametrize("curve", CURVES + OTHERS, ids=lambda each: each.name)
@pytest.mark.parametrize("name", [None, "brought"])
def test_ec_key_comes_in(provider, curve, name):
    plain = ec.generate_private_key(curve)
    with provider.import_key(plain, name=name) as key:
        assert key.name == name
        assert key.as_cryptography().public_key() == plain.public_key()
        signature = key.as_cryptography().sign(b"message", ES256)
    plain.public_key().verify(signature, b"message", ES256)
    if name is not None:
        assert provider.has_key(name)


def test_rsa_key_comes_in_with_settings(provider, plain_rsa):
    with provider.import_key(
        plain_rsa, name="brought", usage=nc.KeyUsage.ALLOW_SIGNING, properties={"Note": "x"}
    ) as key:
        assert key.usage == nc.KeyUsage.ALLOW_SIGNING
        assert key.export_policy == nc.ExportPolicy.NONE
        assert key.as_cryptography().public_key() == plain_rsa.public_key()
    with pytest.raises(nc.KeyExistsError):
        provider.import_key(plain_rsa, name="brought")
    provider.import_key(plain_rsa, name="brought", overwrite=True).close()


def test_key_comes_in_unfinalized(provider, plain_rsa):
    with provider.import_key(plain_rsa, name="brought", finalize=False) as new:
        assert isinstance(new, nc.UnfinalizedKey)
        new.finalize().close()


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (ed25519.Ed25519PrivateKey.generate, "Ed25519PrivateKey"),
        (lambda: ec.generate_private_key(CURVES[0]).public_key(), "PublicKey"),
        (lambda: 5, "builtins.int"),
        (lambda: None, "NoneType"),
        (lambda: "PEM", "builtins.str"),
        (lambda: b"blob", "blob_type"),
        (lambda: bytearray(b"blob"), "blob_type"),
        (lambda: b"-----BEGIN PRIVATE KEY-----", "import_pkcs8"),
    ],
)
def test_wrong_types_are_named(provider, make, named):
    with pytest.raises(TypeError, match=named):
        provider.import_key(make())


def test_stored_key_does_not_come_in_again(provider, stored):
    with pytest.raises(nc.NotSupportedError, match="stays in its key store"):
        provider.import_key(stored)


def test_curve_is_the_keys_own(provider):
    with pytest.raises(ValueError, match="has its own"):
        provider.import_key(ec.generate_private_key(CURVES[0]), name="x", curve="nistP384")
    assert list(provider.keys()) == []


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"usage": "sign"}, TypeError),
        ({"properties": {"Note": object()}}, TypeError),
        ({"properties": {"Length": b"??"}}, nc.InvalidParameterError),
        ({"legacy_store": True}, nc.NotSupportedError),
    ],
)
def test_import_that_fails_changes_nothing(provider, wrong, error):
    before, handles = ec.generate_private_key(CURVES[0]), nc.live_handles()
    provider.import_key(before, name="mine").close()
    for settings in ({"name": "mine", "overwrite": True}, {"name": "other"}):
        with pytest.raises(error):
            provider.import_key(ec.generate_private_key(CURVES[0]), **settings, **wrong)
    assert [each.name for each in provider.keys()] == ["mine"]
    with provider.open_key("mine") as key:
        assert key.as_cryptography().public_key() == before.public_key()
    gc.collect()
    assert nc.live_handles() == handles


SHAPES = [
    *("the smaller prime first", "the greater prime first", "the shortest private exponent"),
    *("the usual private exponent", "a public exponent of 41 bits"),
]


def shaped(shape):
    """A key whose numbers are right, though most programs write others."""
    numbers = rsa.generate_private_key(65537, 1024).private_numbers()
    p, q = sorted((numbers.p, numbers.q), reverse=shape != SHAPES[0])
    e, phi = 65537, (p - 1) * (q - 1)
    if shape == SHAPES[4]:
        e = next(each for each in range(2**40 + 1, 2**41, 2) if math.gcd(each, phi) == 1)
    d = pow(e, -1, math.lcm(p - 1, q - 1) if shape == SHAPES[2] else phi)
    crt = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, *crt, rsa.RSAPublicNumbers(e, p * q)).private_key()


def check_use(stored, plain):
    """They are the same key."""
    sha256 = hashes.SHA256()
    assert (stored.public_key(), stored.key_size) == (plain.public_key(), plain.key_size)
    how = padding.PKCS1v15(), sha256
    assert stored.sign(b"message", *how) == plain.sign(b"message", *how)
    pss = padding.PSS(padding.MGF1(sha256), padding.PSS.MAX_LENGTH)
    plain.public_key().verify(stored.sign(b"message", pss, sha256), b"message", pss, sha256)
    oaep = padding.OAEP(padding.MGF1(sha256), sha256, None)
    assert stored.decrypt(plain.public_key().encrypt(b"secret", oaep), oaep) == b"secret"


@pytest.mark.parametrize("shape", SHAPES)
def test_rsa_key_of_an_unusual_shape(provider, shape):
    plain = shaped(shape)
    with provider.import_key(plain, name="odd") as key:
        check_use(key.as_cryptography(), plain)


@pytest.mark.parametrize("size", [1024, 1032, 2047, 2050])
@pytest.mark.parametrize("exponent", [3, 65537])
def test_rsa_key_of_another_size(provider, size, exponent):
    plain = rsa.generate_private_key(exponent, size)
    with provider.import_key(plain, name="odd") as key:
        check_use(key.as_cryptography(), plain)


def test_rsa_key_whose_numbers_do_not_fit(provider):
    numbers = rsa.generate_private_key(65537, 1024).private_numbers()
    wrong = rsa.RSAPrivateNumbers(
        *(numbers.p, numbers.q, numbers.d, 3, numbers.dmq1, numbers.iqmp, numbers.public_numbers)
    ).private_key(unsafe_skip_rsa_key_validation=True)
    with pytest.raises(nc.InvalidParameterError, match="do not fit"):
        provider.import_key(wrong, name="odd")
    assert list(provider.keys()) == []


def test_bytes_that_somebody_has_kept_are_not_wiped(provider, plain_rsa):
    """A key of another package, which answers each time with the same object."""

    class Foreign:
        blob = plain_rsa.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

        def private_bytes(self, encoding, format, encryption_algorithm):
            return self.blob

    rsa.RSAPrivateKey.register(Foreign)
    before = bytes(bytearray(Foreign.blob))
    for _ in range(2):
        with provider.import_key(Foreign()) as key:
            assert key.as_cryptography().public_key() == plain_rsa.public_key()
    assert Foreign.blob == before


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="there is no /proc/self/mem")
@pytest.mark.parametrize("wrong", [{}, {"name": 5}, {"usage": "sign"}, {"curve": "nistP256"}])
def test_the_blob_on_the_way_is_wiped(provider, plain_rsa, wrong):
    class Foreign:
        blob = bytearray(
            plain_rsa.private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        where = 0

        def private_bytes(self, encoding=None, format=None, encryption_algorithm=None):
            made = bytes(self.blob)
            self.where = id(made) + sys.getsizeof(b"") - 1
            return made

    def left(foreign):
        with open("/proc/self/mem", "rb", buffering=0) as memory:
            memory.seek(foreign.where)
            return memory.read(len(foreign.blob))

    rsa.RSAPrivateKey.register(Foreign)
    foreign = Foreign()
    secret = plain_rsa.private_numbers().d.to_bytes(256, "big")[-64:]
    foreign.private_bytes()
    if secret not in left(foreign):
        pytest.skip("what is freed does not stay in memory here: nothing can be seen")
    try:
        provider.import_key(foreign, **wrong).close()
    except (TypeError, ValueError):
        assert wrong
    assert secret not in left(foreign)
