# SPDX-License-Identifier: MIT
"""ML-DSA and ML-KEM keys, held against cryptography and the openssl command."""

import hashlib
import os
import pickle
import re
import shutil
import subprocess

import pytest

import ncrypt_ext as nc
from ncrypt_ext import padding, properties
from ncrypt_ext._provider import versions

mldsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.mldsa")
mlkem = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.mlkem")
from cryptography.hazmat.primitives import serialization  # noqa: E402

LIBCRYPTO = re.search(r"OpenSSL (\d+)\.(\d+)", versions())
HAS_KEYS = LIBCRYPTO is None or tuple(map(int, LIBCRYPTO.groups())) >= (3, 5)
needs_keys = pytest.mark.skipif(not HAS_KEYS, reason="libcrypto before 3.5 has no ML-DSA, ML-KEM")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows and Wine: tests/conformance")

MESSAGE = b"order 17 of the second of May"
SIGNING = {"44": 2420, "65": 3309, "87": 4627}
ENCAPSULATING = {"512": 768, "768": 1088, "1024": 1568}
ALGORITHM = {**dict.fromkeys(SIGNING, "ML-DSA"), **dict.fromkeys(ENCAPSULATING, "ML-KEM")}
PLAINTEXT = nc.ExportPolicy.ALLOW_EXPORT | nc.ExportPolicy.ALLOW_PLAINTEXT_EXPORT


def make(provider, parameter_set, **settings):
    return provider.create_key(ALGORITHM[parameter_set], parameter_set=parameter_set, **settings)


def public_of(key):
    return serialization.load_der_public_key(key.public_key_der())


def class_of(parameter_set):
    """cryptography's class of private keys, which has none for ML-KEM-512."""
    module = mldsa if parameter_set in SIGNING else mlkem
    name = ALGORITHM[parameter_set].replace("-", "")
    return getattr(module, f"{name}{parameter_set}PrivateKey", None)


def private_of(parameter_set):
    return class_of(parameter_set).generate()


THEIRS = [name for name in ALGORITHM if class_of(name)]
THEIR_KEMS = [name for name in ENCAPSULATING if class_of(name)]


# ---- without a libcrypto that has them -----------------------------------------------------------


@pytest.mark.skipif(HAS_KEYS, reason="there are such keys")
@pytest.mark.parametrize("parameter_set", THEIRS)
def test_not_supported(provider, parameter_set):
    assert not provider.is_algorithm_supported(ALGORITHM[parameter_set])
    with pytest.raises(nc.NotSupportedError, match="NTE_NOT_SUPPORTED"):
        make(provider, parameter_set)
    with pytest.raises(nc.NotSupportedError):
        provider.import_key(private_of(parameter_set))


def test_not_a_key_for_it(ec_key):
    with pytest.raises(nc.NotSupportedError) as caught:
        ec_key.encapsulate()
    assert caught.value.function == "NCryptEncapsulate"
    with pytest.raises(nc.NotSupportedError) as caught:
        ec_key.decapsulate(bytes(768))
    assert caught.value.function == "NCryptDecapsulate"
    with pytest.raises(TypeError, match="ciphertext must be a bytes-like object"):
        ec_key.decapsulate("secret")
    assert ec_key.parameter_set is None


def test_padding_of_other_keys(ec_key, rsa_key, digest):
    with pytest.raises(ValueError, match="without a padding"):
        ec_key.sign(digest, padding.PQDSA())
    with pytest.raises(ValueError, match="ML-DSA keys sign with PQDSA"):
        rsa_key.sign(digest, padding.PQDSA())
    with pytest.raises(ValueError, match="not a padding for encryption"):
        rsa_key.encrypt(b"x", padding.PQDSA())


# ---- PQDSA ---------------------------------------------------------------------------------------


def test_pqdsa():
    one = padding.PQDSA(b"orders", "SHA512")
    assert (one.context, one.hash_name) == (b"orders", "SHA512")
    assert (
        one
        == padding.PQDSA(bytearray(b"orders"), prehash="SHA512")
        == pickle.loads(pickle.dumps(one))
    )
    assert repr(one) == "PQDSA(b'orders', 'SHA512')"
    assert padding.PQDSA() == padding.PQDSA(b"") != one
    assert len({one, padding.PQDSA(b"orders"), padding.PQDSA()}) == 3
    assert padding.PQDSA(bytes(255)).context == bytes(255)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [((bytes(256),), ValueError), (("text",), TypeError), ((b"", 5), TypeError)],
)
def test_pqdsa_refused(arguments, error):
    with pytest.raises(error):
        padding.PQDSA(*arguments)


# ---- keys ----------------------------------------------------------------------------------------


@needs_keys
@pytest.mark.parametrize("parameter_set", ALGORITHM)
def test_stored(provider, parameter_set):
    with make(provider, parameter_set, name="k") as key:
        public = key.public_key_der()
    with provider.open_key("k") as key:
        assert (key.algorithm, key.parameter_set) == (ALGORITHM[parameter_set], parameter_set)
        assert key.public_key_der() == public
        assert key.signature_length == SIGNING.get(parameter_set)
        key.delete()


@needs_keys
def test_parameter_set_is_needed(provider):
    with pytest.raises(nc.InvalidParameterError, match="ParameterSetName"):
        provider.create_key("ML-DSA")
    with pytest.raises(nc.InvalidParameterError, match="no parameter set '66'"):
        provider.create_key("ML-DSA", parameter_set="66")
    with pytest.raises(TypeError, match="parameter_set"):
        provider.create_key("ML-DSA", parameter_set=65)
    with provider.create_persisted_key("ML-KEM") as key:
        assert key.parameter_set is None
        key.parameter_set = "768"
        assert key.parameter_set == "768"
        with key.finalize() as finished:
            assert finished.parameter_set == "768"


@needs_keys
@pytest.mark.parametrize("parameter_set", ALGORITHM)
def test_forms(provider, parameter_set):
    """Each private form gives the same key again, stored under a name and not."""
    kind = "PQDSA" if parameter_set in SIGNING else "MLKEM"
    with make(provider, parameter_set, export_policy=PLAINTEXT) as key:
        public = key.public_key_der()
        forms = {
            name: key.export(name)
            for name in (
                f"{kind}PRIVATEBLOB",
                f"{kind}PRIVATESEEDBLOB",
                properties.PQ_PRIVATE_KEY_BLOB,
                "PKCS8_PRIVATEKEY",
            )
        }
        encrypted = key.export_pkcs8("password", iterations=10)
    for number, (form, blob) in enumerate(forms.items()):
        with provider.import_key(blob, form) as again:
            assert again.public_key_der() == public
        with provider.import_key(blob, form, name=f"k{number}", export_policy=PLAINTEXT) as again:
            assert again.public_key_der() == public
            assert again.export(form) == blob
    with provider.import_pkcs8(encrypted, "password") as again:
        assert again.public_key_der() == public


# ---- cryptography --------------------------------------------------------------------------------


@needs_keys
@pytest.mark.parametrize("parameter_set", SIGNING)
def test_sign_for_cryptography(provider, parameter_set):
    with make(provider, parameter_set) as key:
        public = public_of(key)
        public.verify(key.sign(MESSAGE), MESSAGE)
        public.verify(key.sign(MESSAGE, padding.PQDSA(b"c")), MESSAGE, b"c")
        buffer = bytearray(5000)
        size = key.sign_into(MESSAGE, buffer, padding.PQDSA())
        public.verify(bytes(buffer[:size]), MESSAGE)
        assert [len(one) for one in key.sign_many([MESSAGE, b"x"])] == [size, size]


@needs_keys
@pytest.mark.parametrize("parameter_set", SIGNING)
def test_verify_of_cryptography(provider, parameter_set):
    theirs = private_of(parameter_set)
    with provider.import_key(theirs) as key:
        assert key.parameter_set == parameter_set
        key.verify(MESSAGE, theirs.sign(MESSAGE))
        signature = theirs.sign(MESSAGE, b"context")
        key.verify(MESSAGE, signature, padding.PQDSA(b"context"))
        for given in (None, padding.PQDSA(b"other"), padding.PQDSA(b"context", "SHA256")):
            message = MESSAGE if given is None or given.hash_name is None else bytes(32)
            with pytest.raises(nc.InvalidSignatureError):
                key.verify(message, signature, given)
        with pytest.raises(nc.InvalidSignatureError):
            key.verify(MESSAGE, signature[1:], padding.PQDSA(b"context"))


@needs_keys
@pytest.mark.parametrize("parameter_set", THEIR_KEMS)
def test_encapsulate_with_cryptography(provider, parameter_set):
    theirs = private_of(parameter_set)
    with provider.import_key(theirs) as key:
        secret, ciphertext = key.encapsulate()
        assert len(ciphertext) == ENCAPSULATING[parameter_set]
        assert theirs.decapsulate(ciphertext) == secret == key.decapsulate(ciphertext)
        secret, ciphertext = theirs.public_key().encapsulate()
        assert key.decapsulate(bytearray(ciphertext)) == secret
        assert key.decapsulate(bytes(len(ciphertext))) != secret
        with pytest.raises(nc.InvalidParameterError, match="ciphertext has"):
            key.decapsulate(ciphertext[1:])
        blob = key.export("MLKEMPUBLICBLOB")
    with provider.import_key(blob, "MLKEMPUBLICBLOB") as public:
        secret, ciphertext = public.encapsulate()
        assert theirs.decapsulate(ciphertext) == secret
        with pytest.raises(nc.NotSupportedError):
            public.decapsulate(ciphertext)


@needs_keys
@pytest.mark.parametrize("parameter_set", THEIRS)
def test_pkcs8_for_cryptography(provider, parameter_set):
    with make(provider, parameter_set, export_policy=PLAINTEXT) as key:
        plain = serialization.load_der_private_key(key.export_pkcs8(), None)
        assert plain.public_key().public_bytes_raw() == public_of(key).public_bytes_raw()
        kind = "PQDSA" if parameter_set in SIGNING else "MLKEM"
        assert key.export(f"{kind}PRIVATESEEDBLOB").endswith(plain.private_bytes_raw())
        encrypted = key.export_pkcs8("password", iterations=10)
        assert serialization.load_der_private_key(encrypted, b"password").private_bytes_raw() == (
            plain.private_bytes_raw()
        )


@needs_keys
@pytest.mark.parametrize("parameter_set", SIGNING)
def test_as_cryptography(provider, parameter_set):
    with make(provider, parameter_set) as key:
        theirs = key.as_cryptography()
    assert isinstance(theirs, class_of(parameter_set))
    assert not isinstance(theirs, mldsa.MLDSA44PrivateKey) or parameter_set == "44"
    with theirs:
        theirs.public_key().verify(theirs.sign(MESSAGE), MESSAGE)
        theirs.public_key().verify(theirs.sign(MESSAGE, b"c"), MESSAGE, b"c")
        for refused in (theirs.private_bytes_raw, lambda: theirs.sign_mu(bytes(64))):
            with pytest.raises(nc.NotSupportedError):
                refused()


@needs_keys
@pytest.mark.parametrize("parameter_set", THEIR_KEMS)
def test_as_cryptography_kem(provider, parameter_set):
    with make(provider, parameter_set) as key:
        theirs = key.as_cryptography()
        secret, ciphertext = key.encapsulate()
    assert isinstance(theirs, class_of(parameter_set))
    with theirs:
        assert theirs.decapsulate(ciphertext) == secret
        with pytest.raises(ValueError, match="ciphertext"):
            theirs.decapsulate(ciphertext[1:])


# ---- messages ------------------------------------------------------------------------------------


@needs_keys
def test_messages(provider):
    with make(provider, "44") as key:
        prehash = padding.PQDSA(b"c", "SHA512")
        signature = key.sign_message(MESSAGE, "SHA512", prehash)
        key.verify_message(MESSAGE, signature, "SHA512", prehash)
        key.verify(hashlib.sha512(MESSAGE).digest(), signature, prehash)
        for given in (None, padding.PQDSA(b"c")):
            with pytest.raises(ValueError, match="signs the message itself"):
                key.sign_message(MESSAGE, "SHA512", given)
        with pytest.raises(ValueError, match="another hash"):
            key.sign_message(MESSAGE, "SHA256", prehash)
        with pytest.raises(ValueError, match="PQDSA"):
            key.sign(MESSAGE, padding.PSS("SHA256"))
        with pytest.raises(nc.InvalidParameterError, match="empty"):
            key.sign(b"")
        with pytest.raises(ValueError, match="DER"):
            key.sign(MESSAGE, encoding="der")


# ---- the openssl command -------------------------------------------------------------------------


def openssl(*arguments, cwd):
    return subprocess.run(
        ["openssl", *arguments], cwd=cwd, capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def command(tmp_path):
    """Runs openssl in a folder, if it is one that knows these keys."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl command")
    version = openssl("version", cwd=tmp_path).stdout.split()[1]
    if tuple(map(int, version.split(".")[:2])) < (3, 5):
        pytest.skip(f"the openssl command is {version}")

    def run(*arguments, check=True):
        done = openssl(*arguments, cwd=tmp_path)
        assert done.returncode == 0 or not check, done.stderr
        return done.returncode

    return run


@needs_keys
@pytest.mark.parametrize("parameter_set", SIGNING)
def test_signatures_and_the_command(provider, command, tmp_path, parameter_set):
    (tmp_path / "message").write_bytes(MESSAGE)
    about = ("-rawin", "-in", "message", "-pkeyopt", "hexcontext-string:6f72646572")
    with make(provider, parameter_set, export_policy=PLAINTEXT) as key:
        (tmp_path / "public.pem").write_text(key.public_key_pem())
        (tmp_path / "private.der").write_bytes(key.export_pkcs8())
        (tmp_path / "ours").write_bytes(key.sign(MESSAGE, padding.PQDSA(b"order")))
        verify = ("pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", *about, "-sigfile")
        command(*verify, "ours")
        command("pkeyutl", "-sign", "-inkey", "private.der", *about, "-out", "theirs")
        theirs = (tmp_path / "theirs").read_bytes()
        key.verify(MESSAGE, theirs, padding.PQDSA(b"order"))
        (tmp_path / "ours").write_bytes(bytes([theirs[0] ^ 1]) + theirs[1:])
        assert command(*verify, "ours", check=False) != 0


@needs_keys
def test_prehash_and_the_command(provider, command, tmp_path):
    """What HashML-DSA signs is written out, and the command given it as it is."""
    digest = hashlib.sha384(MESSAGE).digest()
    identifier = bytes.fromhex("0609608648016503040202")
    (tmp_path / "message").write_bytes(b"\1\5order" + identifier + digest)
    about = ("-rawin", "-in", "message", "-pkeyopt", "message-encoding:0")
    prehash = padding.PQDSA(b"order", "SHA384")
    with make(provider, "65", export_policy=PLAINTEXT) as key:
        (tmp_path / "public.pem").write_text(key.public_key_pem())
        (tmp_path / "private.der").write_bytes(key.export_pkcs8())
        (tmp_path / "ours").write_bytes(key.sign(digest, prehash))
        verify = ("pkeyutl", "-verify", "-pubin", "-inkey", "public.pem")
        command(*verify, *about, "-sigfile", "ours")
        command("pkeyutl", "-sign", "-inkey", "private.der", *about, "-out", "theirs")
        key.verify(digest, (tmp_path / "theirs").read_bytes(), prehash)


@needs_keys
@pytest.mark.parametrize("parameter_set", ENCAPSULATING)
def test_secrets_and_the_command(provider, command, tmp_path, parameter_set):
    with make(provider, parameter_set, export_policy=PLAINTEXT) as key:
        (tmp_path / "public.pem").write_text(key.public_key_pem())
        (tmp_path / "private.der").write_bytes(key.export_pkcs8())
        secret, ciphertext = key.encapsulate()
        (tmp_path / "ours").write_bytes(ciphertext)
        command("pkeyutl", "-decap", "-inkey", "private.der", "-in", "ours", "-secret", "s1")
        assert (tmp_path / "s1").read_bytes() == secret
        encap = ("pkeyutl", "-encap", "-pubin", "-inkey", "public.pem")
        command(*encap, "-out", "theirs", "-secret", "s2")
        secret = key.decapsulate((tmp_path / "theirs").read_bytes())
        assert (tmp_path / "s2").read_bytes() == secret


@needs_keys
@pytest.mark.parametrize("form", ["seed-only", "priv-only", "bare-priv", "bare-seed", "seed-priv"])
@pytest.mark.parametrize("parameter_set", ["44", "768"])
def test_pkcs8_forms_of_the_command(provider, command, tmp_path, parameter_set, form):
    """bare-priv is what Windows writes."""
    name = f"{ALGORITHM[parameter_set]}-{parameter_set}"
    prefix = ALGORITHM[parameter_set].lower()
    command("genpkey", "-algorithm", name, "-out", "made.pem")
    convert = ("pkey", "-in", "made.pem", "-outform", "DER")
    command(*convert, "-provparam", f"{prefix}.output_formats={form}", "-out", "key.der")
    command(*convert, "-pubout", "-out", "public.der")
    with provider.import_pkcs8((tmp_path / "key.der").read_bytes()) as key:
        assert key.public_key_der() == (tmp_path / "public.der").read_bytes()
