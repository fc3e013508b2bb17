# SPDX-License-Identifier: MIT
"""Keys of DH and DSA: held against cryptography and the openssl command."""

import functools
import hashlib
import shutil
import struct
import subprocess

import pytest

pytest.importorskip("cryptography", reason="the extra cryptography is not installed")

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dh, dsa, utils

import ncrypt_ext as nc
from ncrypt_ext import properties

from .conformance import dl

# cryptography is giving its support of DH up, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")

PLAINTEXT = nc.ExportPolicy.ALLOW_EXPORT | nc.ExportPolicy.ALLOW_PLAINTEXT_EXPORT
DER = serialization.Encoding.DER
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
PKCS8 = serialization.PrivateFormat.PKCS8
PLAIN = serialization.NoEncryption()
MESSAGE = b"order 17"


def dsa_parameters(bits):
    group, _, _ = dl.dsa_key(bits)
    return dsa.DSAParameterNumbers(group.p, group.q, group.g).parameters()


def dh_parameters(bits):
    """With the order, without which cryptography takes no others than safe primes."""
    group, _, _ = dl.dh_key(bits)
    return dh.DHParameterNumbers(group.p, group.g, group.q).parameters()


@functools.cache
def safe_parameters():
    return dh.generate_parameters(2, 521)  # no multiple of 64, nor of 8


def public_of(key, plain):
    """The public half of a stored DH key as cryptography has it, in the group of `plain`."""
    y = int.from_bytes(key.export("DHPUBLICBLOB")[-((key.length + 7) // 8) :], "big")
    numbers = dh.DHPublicNumbers(y, plain.parameters().parameter_numbers())
    return numbers.public_key()


def spki(public):
    return public.public_bytes(DER, SPKI)


@pytest.fixture
def dh_key(provider):
    with provider.create_key("DH", parameters=dh_parameters(1024), export_policy=PLAINTEXT) as key:
        yield key


@pytest.fixture(params=[1024, 2048, 3072])
def dsa_key(request, provider):
    parameters = dsa_parameters(request.param)
    with provider.create_key("DSA", parameters=parameters, export_policy=PLAINTEXT) as key:
        yield key


# ---- parameters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [
        lambda plain: plain.parameters(),
        lambda plain: plain.public_key(),
        lambda plain: plain,
        lambda plain: dl.dh_key(1024)[0].dh_parameters(),
        lambda plain: bytearray(dl.dh_key(1024)[0].dh_parameters()),
    ],
    ids=["parameters", "public key", "private key", "bytes", "bytearray"],
)
def test_forms_of_dh_parameters(provider, form):
    plain = dh_parameters(1024).generate_private_key()
    with provider.create_key("DH", parameters=form(plain)) as key:
        with key.agree(plain.public_key()) as secret:
            assert secret.raw() == plain.exchange(public_of(key, plain))


def test_parameters_of_a_key(provider, dh_key, dsa_key):
    with provider.create_key("DH", "other", parameters=dh_key) as other, dh_key.agree(other):
        assert other.length == 1024
    with provider.create_key("DSA", parameters=dsa_key) as other:
        assert other.length == dsa_key.length
        assert other.export("DSAPUBLICBLOB") != dsa_key.export("DSAPUBLICBLOB")


def test_set_parameters(provider):
    with provider.create_persisted_key("DSA") as new:
        new.set_parameters(dsa_parameters(2048))
        assert new.length == 2048
        with new.finalize() as key:
            assert key.signature_length == 64


def test_parameters_of_unusual_length(provider):
    """Length cannot be set to it, and need not be."""
    plain = safe_parameters().generate_private_key()
    with provider.create_key("DH", parameters=plain) as key:
        assert key.length == 521
        with key.agree(plain.public_key()) as secret:
            theirs = serialization.load_der_public_key(key.public_key_der())
            assert secret.raw() == plain.exchange(theirs)
            assert len(secret.raw()) == 66


@pytest.mark.parametrize(
    ("algorithm", "make", "error", "match"),
    [
        ("DH", lambda: dsa_parameters(1024), ValueError, "parameters of DSA"),
        ("DSA", lambda: dh_parameters(1024), ValueError, "parameters of DH"),
        ("RSA", lambda: dh_parameters(1024), ValueError, "one of RSA"),
        ("DH", lambda: 17, TypeError, "'int'"),
        ("DH", lambda: "ffdhe2048", TypeError, "'str'"),
        ("DH", lambda: b"", ValueError, "DHParameters"),
        ("DH", lambda: b"\x0c\0\0\0DHPM", ValueError, "DHParameters"),
        ("DH", lambda: b"\x0c\0\0\0DHPM\x80\0\0\0", nc.InvalidParameterError, "has 12 bytes"),
    ],
)
def test_wrong_parameters(provider, algorithm, make, error, match):
    with pytest.raises(error, match=match):
        provider.create_key(algorithm, "x", parameters=make())
    assert not provider.has_key("x")


def test_parameters_of_another_kind_of_key(provider, ec_key):
    with pytest.raises(ValueError, match="only DH and DSA"):
        provider.create_key("DH", parameters=ec_key)


# ---- agreement -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [lambda public: public, spki, lambda public: bytearray(spki(public))],
    ids=["cryptography", "DER", "bytearray"],
)
def test_agree(dh_key, form):
    plain = dh_parameters(1024).generate_private_key()
    with dh_key.agree(form(plain.public_key())) as secret:
        expected = plain.exchange(public_of(dh_key, plain))
        assert secret.raw() == expected
        assert secret.derive("HASH") == hashlib.sha256(expected).digest()
        assert secret.derive("TRUNCATE", 5) == expected[::-1][:5]


def test_one_side_knows_the_order(provider, dh_key):
    """Which no blob has a place for."""
    plain = dh_parameters(1024).generate_private_key()
    with provider.import_key(plain) as key:
        with key.agree(dh_key) as one, dh_key.agree(key) as two:
            assert one.raw() == two.raw() == plain.exchange(public_of(dh_key, plain))


def test_agree_with_blobs_and_keys(provider, dh_key):
    with provider.create_key("DH", parameters=dh_key) as other:
        with dh_key.agree(other) as one, other.agree(dh_key.export("DHPUBLICBLOB")) as two:
            assert one.raw() == two.raw()
        with provider.import_key(other.export("DHPUBLICBLOB"), "DHPUBLICBLOB") as half:
            with dh_key.agree(half) as secret:
                assert len(secret.raw()) == 128


def test_peers_that_will_not_do(provider, dh_key, ec_key):
    foreign = dh_parameters(2048).generate_private_key().public_key()
    with pytest.raises(nc.InvalidParameterError, match="another group"):
        dh_key.agree(foreign)
    for wrong in (b"", b"DHPB", spki(dsa_parameters(1024).generate_private_key().public_key())):
        with pytest.raises(ValueError, match="DHPUBLICBLOB"):
            dh_key.agree(wrong)
    with pytest.raises(nc.NotSupportedError, match="ECDSA_P256"):
        dh_key.agree(ec_key)
    with pytest.raises(ValueError, match=r"DHPUBLICBLOB.*one of another algorithm"):
        dh_key.agree(ec_key.public_key_der())
    with provider.create_key("ECDH_P256") as ecdh, pytest.raises(ValueError, match="ECCPUBLICBLOB"):
        ecdh.agree(foreign)


def test_keys_that_do_not_agree(dsa_key, dh_key):
    with pytest.raises(nc.NotSupportedError, match="a DSA key"):
        dsa_key.agree(dh_key)


def test_public_numbers_outside_the_group(dh_key):
    group = dl.dh_key(1024)[0]
    for y in (0, 1, group.p - 1, group.p):
        with pytest.raises(nc.InvalidParameterError):
            dh_key.agree(group.dh_public(y))


def test_public_numbers_of_a_small_order(provider):
    """Each agreement with one would tell the private number modulo that order."""
    group = dl.dh_key(1024)[0]
    small = pow(2, (group.p - 1) // 89, group.p)
    assert small != 1
    assert pow(small, 89, group.p) == 1
    blob = group.dh_public(small)
    with provider.import_key(dh_parameters(1024).generate_private_key()) as key:
        with pytest.raises(nc.InvalidParameterError, match="not in the group of order Q"):
            key.agree(blob)
        with provider.import_key(blob, "DHPUBLICBLOB") as peer:
            with pytest.raises(nc.InvalidParameterError, match="not in the group of order Q"):
                key.agree(peer)


# ---- signatures ----------------------------------------------------------------------------------


def test_sign(dsa_key):
    public = serialization.load_der_public_key(dsa_key.public_key_der())
    size = dsa_key.signature_length // 2
    digest = hashlib.sha512(MESSAGE).digest()[:size]
    signature = dsa_key.sign(digest)
    dsa_key.verify(digest, signature)
    r, s = (int.from_bytes(half, "big") for half in (signature[:size], signature[size:]))
    public.verify(utils.encode_dss_signature(r, s), MESSAGE, hashes.SHA512())
    der = dsa_key.sign(digest, encoding="der")
    public.verify(der, MESSAGE, hashes.SHA512())
    dsa_key.verify(digest, der, encoding="der")
    with pytest.raises(nc.InvalidSignatureError):
        dsa_key.verify(digest, der[:-1], encoding="der")
    with pytest.raises(nc.InvalidSignatureError):
        dsa_key.verify(bytes(size), signature)
    with pytest.raises(nc.InvalidSignatureError):
        dsa_key.verify(digest, signature[:-1])


@pytest.mark.parametrize("hash_name", ["SHA1", "SHA256", "SHA512"])
def test_sign_message(dsa_key, hash_name):
    """Cut or filled up to what the key signs, as others do."""
    public = serialization.load_der_public_key(dsa_key.public_key_der())
    algorithm = getattr(hashes, hash_name)()
    signature = dsa_key.sign_message(MESSAGE, hash_name, encoding="der")
    public.verify(signature, MESSAGE, algorithm)
    dsa_key.verify_message(MESSAGE, signature, hash_name, encoding="der")
    with pytest.raises(nc.InvalidSignatureError):
        dsa_key.verify_message(b"other", signature, hash_name, encoding="der")


def test_verify_first(provider):
    """The size of a signature is found out also when nothing was signed before."""
    plain = dsa_parameters(2048).generate_private_key()
    signature = plain.sign(MESSAGE, hashes.SHA256())
    key = provider.import_key(plain)
    with key:
        key.verify_message(MESSAGE, signature, "SHA256", encoding="der")


def test_digests_of_wrong_length(dsa_key):
    size = dsa_key.signature_length // 2
    for wrong in (size - 1, size + 1):
        with pytest.raises(nc.InvalidParameterError, match=f"has to have {size}"):
            dsa_key.sign(bytes(wrong))


def test_no_padding(dsa_key):
    with pytest.raises(ValueError, match="a DSA key signs without a padding"):
        dsa_key.sign(bytes(20), nc.padding.PKCS1("SHA1"))


def test_sign_into(dsa_key):
    size = dsa_key.signature_length // 2
    buffer = bytearray(200)
    written = dsa_key.sign_into(bytes(size), buffer)
    dsa_key.verify(bytes(size), buffer[:written])


def test_a_dh_key_signs_nothing(dh_key):
    with pytest.raises(nc.NotSupportedError):
        dh_key.sign(bytes(20))


# ---- import and export ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["DH", "DSA"])
@pytest.mark.parametrize("name", [None, "brought"])
def test_plain_keys_come_in_and_go_out(provider, kind, name):
    plain = (safe_parameters() if kind == "DH" else dsa_parameters(2048)).generate_private_key()
    with provider.import_key(plain, name=name, export_policy=PLAINTEXT) as key:
        assert (key.algorithm, key.name) == (kind, name)
        assert key.length == plain.key_size
        assert key.public_key_der() == spki(plain.public_key())
        again = serialization.load_der_private_key(key.export("PKCS8_PRIVATEKEY"), None)
        assert again.private_numbers() == plain.private_numbers()


@pytest.mark.parametrize("kind", ["DH", "DSA"])
def test_stored_by_blob(provider, kind):
    group, x, y = (dl.dh_key if kind == "DH" else dl.dsa_key)(1024)
    blob = group.dh_private(x, y) if kind == "DH" else group.dsa_private(x, y)
    with provider.import_key(blob, f"{kind}PRIVATEBLOB", name="k", export_policy=PLAINTEXT) as key:
        assert key.algorithm == kind
    with provider.open_key("k") as key:
        assert key.export(f"{kind}PRIVATEBLOB") == blob
    with provider.import_key(blob, "PRIVATEBLOB", name="k", overwrite=True) as key:
        assert key.algorithm == kind
        with pytest.raises(nc.NotSupportedError):
            key.export(f"{kind}PRIVATEBLOB")


def test_keys_with_an_order_keep_it(provider):
    plain = dh_parameters(2048).generate_private_key()
    with provider.import_key(plain, export_policy=PLAINTEXT) as key:
        again = serialization.load_der_private_key(key.export("PKCS8_PRIVATEKEY"), None)
        assert again.private_numbers() == plain.private_numbers()


def test_subgroups_of_other_lengths(provider):
    """OpenSSL makes those of 224 bits, which Windows has no blobs for."""
    q = 2**223 + 189
    p = q * (2**865 + 2238) + 1
    g = pow(2, (p - 1) // q, p)
    width = 137
    header = struct.pack("<4s5I", b"DPB2", width, 1, 1, 32, 32) + b"\xff" * (4 + 32)
    numbers = [number.to_bytes(width, "big") for number in (p, g, pow(g, 5, p))]
    with pytest.raises(nc.InvalidParameterError, match="a Q of 224 bits: 160 and 256"):
        provider.import_key(header + q.to_bytes(32, "big") + b"".join(numbers), "DSAPUBLICBLOB")


# ---- the openssl command -------------------------------------------------------------------------


@pytest.fixture
def openssl(tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl command")

    def run(*arguments, **files):
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
        done = subprocess.run(
            ["openssl", *arguments], cwd=tmp_path, capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return run


def test_openssl_agrees(openssl, provider):
    plain = safe_parameters().generate_private_key()
    with provider.create_key("DH", parameters=plain) as key:
        theirs = openssl(
            "pkeyutl", "-derive", "-inkey", "own", "-keyform", "DER", "-peerkey", "peer",
            "-peerform", "DER", "-pkeyopt", "dh_pad:1",
            own=plain.private_bytes(DER, PKCS8, PLAIN), peer=key.public_key_der(),
        )  # fmt: skip
        with key.agree(plain.public_key()) as secret:
            assert secret.raw() == theirs


def test_openssl_verifies_and_signs(openssl, dsa_key):
    size = dsa_key.signature_length // 2
    digest = hashlib.sha512(MESSAGE).digest()[:size]
    openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", "public", "-keyform", "DER", "-sigfile", "sig",
        "-in", "digest",
        public=dsa_key.public_key_der(), sig=dsa_key.sign(digest, encoding="der"), digest=digest,
    )  # fmt: skip
    signature = openssl(
        "pkeyutl", "-sign", "-inkey", "private", "-keyform", "DER", "-in", "digest",
        private=dsa_key.export("PKCS8_PRIVATEKEY"),
    )  # fmt: skip
    dsa_key.verify(digest, signature, encoding="der")


def test_names():
    assert (properties.DH, properties.DSA) == ("DH", "DSA")
    assert properties.DH_PARAMETERS == "DHParameters"
