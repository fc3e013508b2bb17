# SPDX-License-Identifier: MIT
"""Keys that others are derived from: held against cryptography and hashlib."""

import hashlib
import os
import struct
import threading

import pytest

pytest.importorskip("cryptography", reason="the extra cryptography is not installed")

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode

import ncrypt_ext as nc

from .agreement import HASHES, tls_prf

SECRET = bytes(range(1, 41))
GIVEN = {
    "SP800_108_CTR_HMAC": {"label": b"label", "context": b"context"},
    "SP800_56A_CONCAT": {"algorithm_id": b"id", "party_u_info": b"u", "party_v_info": b""},
    "PBKDF2": {"salt": b"salt", "iterations": 2},
    "CAPI_KDF": {},
    "TLS1_1_KDF": {"label": b"label", "seed": b"seed"},
    "TLS1_2_KDF": {"label": b"label", "seed": b"seed"},
    "HKDF": {"salt": b"salt", "info": b"info"},
}
every_hash = pytest.mark.parametrize("name", list(HASHES))
every_algorithm = pytest.mark.parametrize("algorithm", list(GIVEN))


@pytest.fixture
def key_of(provider):
    """key_of("HKDF", secret): closed at the end."""
    made = []

    def make(algorithm, secret=SECRET, **settings):
        made.append(provider.import_secret(algorithm, secret, **settings))
        return made[-1]

    yield make
    for key in made:
        key.close()


# ---- against others ------------------------------------------------------------------------------


@every_hash
@pytest.mark.parametrize("length", [1, 32, 100])
def test_pbkdf2(key_of, name, length):
    expected = hashlib.pbkdf2_hmac(name, SECRET, b"salt", 1000, length)
    key = key_of("PBKDF2")
    assert key.derive(length, hash_name=name, salt=b"salt", iterations=1000) == expected
    assert key.derive(length, hash_name=name, generic=b"salt", iterations=1000) == expected


@every_hash
@pytest.mark.parametrize(("salt", "info"), [(None, None), (b"", b""), (b"salt", b"info" * 9)])
def test_hkdf(key_of, name, salt, info):
    theirs = HKDF(HASHES[name], 50, salt, info or b"").derive(SECRET)
    assert key_of("HKDF").derive(50, hash_name=name, salt=salt, info=info) == theirs


@every_hash
@pytest.mark.parametrize("length", [7, 64, 1000])
def test_counter(key_of, name, length):
    def theirs(label, context):
        location = CounterLocation.BeforeFixed
        return KBKDFHMAC(
            HASHES[name], Mode.CounterMode, length, 4, 4, location, label, context, None
        ).derive(SECRET)

    key = key_of("SP800_108_CTR_HMAC")
    for label, context in ((b"label", b"context"), (b"", b""), (b"a\0b", b"")):
        ours = key.derive(length, hash_name=name, label=label, context=context)
        assert ours == theirs(label, context)
        joined = label + b"\0" + context
        assert key.derive(length, hash_name=name, generic=joined) == theirs(label, context)


@every_hash
@pytest.mark.parametrize("length", [7, 64, 1000])
def test_concatenation(key_of, name, length):
    key = key_of("SP800_56A_CONCAT")
    theirs = ConcatKDFHash(HASHES[name], length, b"iduvpublicprivate").derive(SECRET)
    assert theirs == key.derive(
        length, hash_name=name, algorithm_id=b"id", party_u_info=b"u", party_v_info=b"v",
        supp_pub_info=b"public", supp_priv_info=b"private",
    )  # fmt: skip
    assert key.derive(length, hash_name=name, generic=b"iduvpublicprivate") == theirs


@pytest.mark.parametrize("name", ["SHA256", "SHA384"])
def test_tls_1_2(key_of, name):
    theirs = tls_prf(0x0303, name, SECRET, b"labelseed")
    key = key_of("TLS1_2_KDF")
    assert key.derive(48, hash_name=name, label=b"label", seed=b"seed") == theirs
    assert key.derive(100, hash_name=name, label=b"label", seed=b"seed")[:48] == theirs


def test_tls_1_1(key_of):
    for secret in (SECRET, SECRET[:-1]):
        theirs = tls_prf(0x0302, None, secret, b"labelseed")
        assert key_of("TLS1_1_KDF", secret).derive(48, label=b"label", seed=b"seed") == theirs


@every_hash
def test_as_cryptoapi(key_of, name):
    def hashed(data):
        return hashlib.new(name, data).digest()

    digest = hashed(SECRET)
    padded = [bytes(a ^ b for a, b in zip(digest.ljust(64, b"\0"), bytes([pad]) * 64, strict=True))
              for pad in (0x36, 0x5C)]  # fmt: skip
    both = hashed(padded[0]) + hashed(padded[1])
    key = key_of("CAPI_KDF")
    size = len(digest)
    assert key.derive(size, hash_name=name) == digest
    assert key.derive(size + 1, hash_name=name) == both[: size + 1]
    assert key.derive(2 * size, hash_name=name) == both
    for_aes = both if name == "SHA1" else digest
    assert key.derive(16, hash_name=name, for_aes=True) == for_aes[:16]
    with pytest.raises(nc.InvalidParameterError):
        key.derive(2 * size + 1, hash_name=name)


# ---- keys ----------------------------------------------------------------------------------------


@every_algorithm
def test_stored(provider, algorithm):
    with provider.import_secret(algorithm, SECRET, "root") as key:
        assert key.algorithm == algorithm
        assert key.algorithm_group == "KEY_DERIVATION"
        assert key.length == 8 * len(SECRET)
        first = key.derive(40, **GIVEN[algorithm])
    with provider.open_key("root") as key:
        assert key.derive(40, **GIVEN[algorithm]) == first
        assert key.derive(40, silent=True, **GIVEN[algorithm]) == first
        key.delete()
    assert not provider.has_key("root")


@every_algorithm
def test_the_algorithm_is_listed(provider, algorithm):
    assert provider.is_algorithm_supported(algorithm)
    assert getattr(nc.properties, algorithm) == algorithm
    listed = provider.algorithms(nc.AlgorithmOperation.KEY_DERIVATION)
    (found,) = [info for info in listed if info.name == algorithm]
    assert found.algorithm_class == nc.AlgorithmClass.KEY_DERIVATION


def test_an_existing_name(provider):
    provider.import_secret("HKDF", SECRET, "root").close()
    with pytest.raises(nc.KeyExistsError):
        provider.import_secret("HKDF", SECRET, "root")
    settings = {"overwrite": True, "properties": {"owner": "me"}}
    with provider.import_secret("PBKDF2", SECRET, "root", **settings) as key:
        assert key.algorithm == "PBKDF2"
        assert key.get_property("owner") == "me\0".encode("utf-16-le")


@every_algorithm
def test_blob(provider, algorithm):
    plain = nc.ExportPolicy.ALLOW_PLAINTEXT_EXPORT
    with provider.import_secret(algorithm, SECRET, export_policy=plain) as key:
        blob = key.export("KDFKeyBlob")
        expected = key.derive(40, **GIVEN[algorithm])
    name = f"{algorithm}\0".encode("utf-16-le")
    data = b"KDBM" + struct.pack("<II", 1, len(SECRET)) + SECRET
    assert blob == struct.pack("<I4sII", 16, b"KDF1", len(name), len(data)) + name + data
    for settings in ({}, {"name": "copy"}, {"export_policy": plain}):
        with provider.import_key(blob, nc.properties.KDF_KEY_BLOB, **settings) as key:
            assert key.algorithm == algorithm
            assert key.derive(40, **GIVEN[algorithm]) == expected
            if "export_policy" not in settings:
                with pytest.raises(nc.NotSupportedError):
                    key.export("KDFKeyBlob")


def test_secrets_of_other_types(provider):
    for secret in (bytearray(SECRET), memoryview(SECRET)):
        with provider.import_secret("HKDF", secret) as key:
            assert key.derive(16) == HKDF(hashes.SHA256(), 16, None, b"").derive(SECRET)
    for wrong in ("password", 5, None):
        with pytest.raises(TypeError):
            provider.import_secret("HKDF", wrong)
    with pytest.raises(nc.InvalidParameterError):
        provider.import_secret("HKDF", b"")


def test_algorithms_that_derive_nothing(provider):
    with pytest.raises(nc.NotSupportedError):
        provider.import_secret("ECDH_P256", SECRET)
    with pytest.raises(nc.NotSupportedError):
        provider.import_secret("scrypt", SECRET)
    with pytest.raises(nc.InvalidParameterError, match="KDFKeySecret"):
        provider.create_key("HKDF")
    with provider.create_key("ECDSA_P256") as key, pytest.raises(nc.NotSupportedError):
        key.derive(16)
    assert not any(nc.live_handles()["engine"][kind] for kind in ("keys", "secrets"))


def test_it_does_nothing_else(key_of):
    key = key_of("HKDF")
    with pytest.raises(nc.NotSupportedError):
        key.sign(bytes(32))
    with pytest.raises(nc.NotSupportedError):
        key.agree(key)
    with pytest.raises(nc.NCryptError):
        key.public_key_der()


# ---- arguments -----------------------------------------------------------------------------------


@every_algorithm
def test_what_is_lacking(key_of, algorithm):
    key = key_of(algorithm)
    for argument in GIVEN[algorithm]:
        rest = {name: value for name, value in GIVEN[algorithm].items() if name != argument}
        if algorithm == "HKDF":
            key.derive(16, **rest)
            continue
        with pytest.raises(ValueError, match=argument):
            key.derive(16, **rest)


@every_algorithm
def test_what_is_too_much(key_of, algorithm):
    key = key_of(algorithm)
    for argument in ("salt", "info", "label", "seed", "context", "supp_pub_info", "iterations"):
        if argument in GIVEN[algorithm] or (algorithm, argument) == (
            "SP800_56A_CONCAT",
            "supp_pub_info",
        ):
            continue
        value = 1 if argument == "iterations" else b"x"
        with pytest.raises(ValueError, match=f"no parameter {argument}"):
            key.derive(16, **GIVEN[algorithm], **{argument: value})


def test_generic_and_what_it_stands_for(key_of):
    with pytest.raises(nc.InvalidParameterError):
        key_of("PBKDF2").derive(16, salt=b"salt", generic=b"salt", iterations=1)


def test_empty_values(key_of):
    for algorithm, given in GIVEN.items():
        if algorithm.startswith("TLS"):
            key = key_of(algorithm)
            whole = key.derive(48, label=b"label", seed=b"seed")
            assert key.derive(48, label=b"labelseed", seed=b"") == whole
            assert key.derive(48, label=b"", seed=b"labelseed") == whole
            with pytest.raises(nc.InvalidParameterError, match="both empty"):
                key.derive(48, label=b"", seed=b"")
        else:
            empty = {name: b"" for name, value in given.items() if isinstance(value, bytes)}
            assert len(key_of(algorithm).derive(16, **{**given, **empty})) == 16


@every_algorithm
def test_values_that_cannot_be(key_of, algorithm):
    key, given = key_of(algorithm), GIVEN[algorithm]
    for length in (0, -1, (1 << 20) + 1, (1 << 32) - 1, 1 << 32):
        with pytest.raises(ValueError, match="length must "):
            key.derive(length, **given)
    with pytest.raises(TypeError):
        key.derive("16", **given)
    if algorithm != "TLS1_1_KDF":
        with pytest.raises(nc.InvalidParameterError):
            key.derive(16, hash_name="SHA257", **given)
    for argument in given:
        with pytest.raises(TypeError):
            key.derive(16, **{**given, argument: "text"})


@pytest.mark.parametrize("iterations", [0, 100_000_001, 0xFFFFFFFF])
def test_iterations_that_cannot_be(key_of, iterations):
    with pytest.raises(nc.InvalidParameterError, match="iterations"):
        key_of("PBKDF2").derive(16, salt=b"salt", iterations=iterations)


def test_for_aes_is_of_cryptoapi(key_of):
    with pytest.raises(nc.NCryptError):
        key_of("HKDF").derive(16, for_aes=True)


# ---- long ones -----------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot be asked to stop")
def test_a_signal_stops_it(run_python):
    run_python(
        "import signal, ncrypt_ext as nc\n"
        "class Stop(Exception): pass\n"
        "def handler(number, frame): raise Stop\n"
        "signal.signal(signal.SIGALRM, handler)\n"
        "key = nc.Provider().import_secret('PBKDF2', b'password')\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.1)\n"
        "try:\n"
        "    key.derive(32, salt=b'salt', iterations=100_000_000)\n"
        "except Stop:\n"
        "    pass\n"
        "else:\n"
        "    raise AssertionError('not interrupted')\n"
        "assert len(key.derive(32, salt=b'salt', iterations=10)) == 32\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot be asked to stop")
@pytest.mark.parametrize(("length", "iterations"), [(32, 100_000_000), (1 << 20, 1000)])
def test_closing_stops_it(provider, length, iterations):
    """Whether it takes long by its iterations or by its length."""
    key = provider.import_secret("PBKDF2", b"password")
    failures = []

    def derive():
        try:
            key.derive(length, salt=b"salt", iterations=iterations)
        except nc.NCryptError as error:
            failures.append(error)

    thread = threading.Thread(target=derive)
    thread.start()
    key.close()
    thread.join()
    # Closed before the call began, or while it ran.
    assert isinstance(failures[0], nc.CancelledError | nc.ClosedHandleError)


def test_threads(key_of):
    key, wanted, failures = key_of("HKDF"), {}, []
    for number in range(8):
        info = str(number).encode()
        wanted[info] = HKDF(hashes.SHA256(), 32, b"salt", info).derive(SECRET)

    def derive(info):
        for _ in range(50):
            if key.derive(32, salt=b"salt", info=info) != wanted[info]:
                failures.append(info)

    threads = [threading.Thread(target=derive, args=(info,)) for info in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
