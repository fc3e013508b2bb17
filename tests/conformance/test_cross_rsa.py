# SPDX-License-Identifier: MIT
"""RSA against `cryptography`, in both directions: signatures, ciphertexts, numbers, PKCS#8."""

import hashlib

import pytest

from . import material
from .abi import PKCS1_ENCRYPTION, oaep, pkcs1, pss
from .api import IMPLEMENTATION, refuses
from .constants import ALLOW_PLAINTEXT_EXPORT, NTE_BAD_SIGNATURE

if IMPLEMENTATION != "engine":
    # Its wheels for Windows need a library that Wine may lack.
    pytest.importorskip("cryptography.hazmat.primitives.hashes", exc_type=ImportError)
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils

pytestmark = pytest.mark.requires("cryptography", "rsa_import", "sign")

HASHES = {
    "MD5": hashes.MD5, "SHA1": hashes.SHA1, "SHA256": hashes.SHA256, "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}  # fmt: skip
TEXT = b"order 17"


def theirs(key):
    """The private key of a material.Rsa."""
    p, q, d = key.p, key.q, key.d
    public = rsa.RSAPublicNumbers(key.e, key.n)
    crt = (d % (p - 1), d % (q - 1), pow(q, -1, p))
    # The odd sizes are not for use; they are for us.
    return rsa.RSAPrivateNumbers(p, q, d, *crt, public).private_key(
        unsafe_skip_rsa_key_validation=True
    )


def ours(api, key):
    return api.import_key("RSAPRIVATEBLOB", key.private_blob())


def digest_of(name):
    return hashlib.new(name.lower(), TEXT).digest()


SALTS = {"none": lambda bits, size: 0, "hash": lambda bits, size: size,
         "max": lambda bits, size: (bits - 1 + 7) // 8 - size - 2}  # fmt: skip
SIZES = [1024, 1025, 1031, 1032, 2048, 3072, 4096]


def cases():
    for bits in SIZES:
        for name in HASHES:
            yield pytest.param(bits, name, pkcs1(name), padding.PKCS1v15(), id=f"{bits}-{name}")
            size = material.HASH_SIZES[name]
            for which, salt_for in SALTS.items():
                salt = salt_for(bits, size)
                if salt > SALTS["max"](bits, size):
                    continue
                their = padding.PSS(padding.MGF1(HASHES[name]()), salt)
                yield pytest.param(
                    bits, name, pss(name, salt), their, id=f"{bits}-{name}-pss-{which}"
                )


@pytest.mark.parametrize(("bits", "name", "our", "their"), list(cases()))
def test_signature(api, bits, name, our, their):
    numbers = material.rsa(bits)
    key, peer = ours(api, numbers), theirs(numbers)
    digest, prehashed = digest_of(name), utils.Prehashed(HASHES[name]())
    signature = api.sign(key, digest, our)
    peer.public_key().verify(signature, TEXT, their, HASHES[name]())
    made = peer.sign(digest, their, prehashed)
    api.verify(key, digest, made, our)
    with refuses(NTE_BAD_SIGNATURE):
        api.verify(key, bytes(len(digest)), made, our)
    with pytest.raises(InvalidSignature):
        peer.public_key().verify(signature, b"order 18", their, HASHES[name]())


@pytest.mark.parametrize("bits", SIZES)
def test_pkcs1_signatures_are_the_same_bytes(api, bits):
    numbers = material.rsa(bits)
    key, peer = ours(api, numbers), theirs(numbers)
    for name, algorithm in HASHES.items():
        expected = peer.sign(TEXT, padding.PKCS1v15(), algorithm())
        assert api.sign(key, digest_of(name), pkcs1(name)) == expected


@pytest.mark.parametrize("bits", SIZES)
def test_pkcs1_without_a_hash(api, bits):
    numbers = material.rsa(bits)
    key, peer = ours(api, numbers), theirs(numbers)
    for size in (1, 20, 36, numbers.width - 11):
        data = bytes(range(1, 256))[:size]
        if len(data) < size:
            continue
        signature = api.sign(key, data, pkcs1(None))
        recovered = peer.public_key().recover_data_from_signature(
            signature, padding.PKCS1v15(), None
        )
        assert recovered == data
        made = peer.sign(data, padding.PKCS1v15(), utils.NoDigestInfo())
        assert made == signature
        api.verify(key, data, made, pkcs1(None))


@pytest.mark.requires("decrypt")
@pytest.mark.parametrize("bits", SIZES)
def test_pkcs1_encryption(api, bits):
    numbers = material.rsa(bits)
    key, peer = ours(api, numbers), theirs(numbers)
    for size in (1, 20, numbers.width - 11):
        text = bytes(range(256)) * 2
        text = text[:size]
        secret = api.encrypt(key, text, PKCS1_ENCRYPTION)
        assert peer.decrypt(secret, padding.PKCS1v15()) == text
        made = peer.public_key().encrypt(text, padding.PKCS1v15())
        assert api.decrypt(key, made, PKCS1_ENCRYPTION) == text


@pytest.mark.requires("decrypt")
@pytest.mark.parametrize("label", [b"", b"a label", bytes(1000)], ids=len)
@pytest.mark.parametrize("name", ["SHA1", "SHA256", "SHA384", "SHA512"])
@pytest.mark.parametrize("bits", SIZES)
def test_oaep(api, bits, name, label):
    numbers = material.rsa(bits)
    longest = numbers.width - 2 * material.HASH_SIZES[name] - 2
    key, peer = ours(api, numbers), theirs(numbers)
    algorithm, our = HASHES[name](), oaep(name, label)
    their = padding.OAEP(padding.MGF1(algorithm), algorithm, label or None)
    if longest < 1:
        with refuses():
            api.encrypt(key, b"1", our)
        return
    for size in {1, longest}:
        text = (bytes(range(256)) * 2)[:size]
        assert peer.decrypt(api.encrypt(key, text, our), their) == text
        assert api.decrypt(key, peer.public_key().encrypt(text, their), our) == text


@pytest.mark.requires("decrypt")
def test_empty_plaintext_of_others(api):
    """Encrypting nothing is refused, decrypting it gives nothing."""
    numbers = material.rsa(1024)
    key, peer = ours(api, numbers), theirs(numbers)
    algorithm = hashes.SHA256()
    their = padding.OAEP(padding.MGF1(algorithm), algorithm, None)
    assert api.decrypt(key, peer.public_key().encrypt(b"", their), oaep("SHA256")) == b""
    made = peer.public_key().encrypt(b"", padding.PKCS1v15())
    assert api.decrypt(key, made, PKCS1_ENCRYPTION) == b""


# ---- keys ----------------------------------------------------------------------------------------


@pytest.mark.requires("pkcs8")
@pytest.mark.parametrize("bits", [1024, 1025, 2048, 3072])
def test_their_pkcs8(api, bits):
    numbers = material.rsa(bits)
    der = theirs(numbers).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    key = api.import_key("PKCS8_PRIVATEKEY", der)
    assert api.export_key(key, "RSAPUBLICBLOB") == numbers.public_blob()
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    assert api.export_key(key, "RSAPRIVATEBLOB") == numbers.private_blob()


@pytest.mark.requires("pkcs8")
@pytest.mark.parametrize("bits", [1024, 2048])
def test_our_pkcs8(api, bits):
    """A key made here, taken out, used there."""
    key = api.make("RSA", Length=bits, Export_Policy=3)
    peer = serialization.load_der_private_key(api.export_key(key, "PKCS8_PRIVATEKEY"), None)
    found = peer.private_numbers()
    blob = api.export_key(key, "RSAPRIVATEBLOB")
    public = found.public_numbers
    assert material.Rsa(public.n, public.e, found.p, found.q).private_blob() == blob
    signature = peer.sign(TEXT, padding.PKCS1v15(), hashes.SHA256())
    assert api.sign(key, digest_of("SHA256"), pkcs1("SHA256")) == signature


def test_generated_keys_pass_their_checks(api):
    for bits in (1024, 2048):
        key = api.make("RSA", Length=bits, Export_Policy=3)
        der = api.export_key(key, "PKCS8_PRIVATEKEY")
        # Loading checks the numbers, primes included.
        assert serialization.load_der_private_key(der, None).key_size == bits


@pytest.mark.parametrize("exponent", [3, 65537])
def test_their_generated_key(api, exponent):
    peer = rsa.generate_private_key(exponent, 1024)
    found = peer.private_numbers()
    numbers = material.Rsa(found.public_numbers.n, exponent, found.p, found.q)
    for kind, blob in (
        ("RSAPRIVATEBLOB", numbers.private_blob()),
        ("RSAFULLPRIVATEBLOB", numbers.full_blob()),
    ):
        signature = api.sign(api.import_key(kind, blob), digest_of("SHA256"), pkcs1("SHA256"))
        peer.public_key().verify(signature, TEXT, padding.PKCS1v15(), hashes.SHA256())
