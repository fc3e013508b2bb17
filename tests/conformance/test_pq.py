# SPDX-License-Identifier: MIT
"""ML-DSA and ML-KEM keys: parameter sets, properties, blobs, signatures, encapsulation."""

import hashlib

import pytest

from .api import IMPLEMENTATION, call, refuses
from .constants import (
    NTE_BAD_FLAGS,
    NTE_BAD_KEY_STATE,
    NTE_BAD_SIGNATURE,
    NTE_BUFFER_TOO_SMALL,
    NTE_INVALID_HANDLE,
    NTE_INVALID_PARAMETER,
    NTE_NOT_FOUND,
    NTE_NOT_SUPPORTED,
    NTE_PERM,
)
from .pq import (
    BLOBS,
    ENCAPSULATING,
    HAS_KEYS,
    SEEDS,
    SETS,
    SIGNING,
    blob,
    needs_keys,
    pqdsa,
)

MESSAGE = b"order 17 of the second of May"
PLAINTEXT = 2  # NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG
ALGORITHMS = {"ML-DSA": (5, 0x10, "MLDSA"), "ML-KEM": (8, 0x80, "MLKEM")}


def make(api, parameter_set, **properties):
    algorithm = SETS[parameter_set][0]
    return api.make(algorithm, ParameterSetName=parameter_set, **properties)


def needs(algorithm):
    """Marks of a test that makes such keys."""
    return [needs_keys, pytest.mark.requires(algorithm)]


EACH_ALGORITHM = [pytest.param(name, marks=needs(name)) for name in ALGORITHMS]


def each(names):
    return [pytest.param(name, marks=needs(SETS[name][0])) for name in names]


# ---- where there are none ------------------------------------------------------------------------


@pytest.mark.skipif(HAS_KEYS and IMPLEMENTATION != "wine", reason="there are such keys")
@pytest.mark.requires("enumerate_algorithms")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_not_supported(api, algorithm):
    assert call("NCryptIsAlgSupported", api.provider, algorithm, 0) == NTE_NOT_SUPPORTED
    assert algorithm not in [name for name, *_ in api.algorithms()]
    with refuses(NTE_NOT_SUPPORTED):
        api.create(algorithm)
    kind, magic = next(iter(BLOBS[algorithm].items()))
    name, (_, size, *_) = next(item for item in SETS.items() if item[1][0] == algorithm)
    for blob_type in (kind, "PUBLICBLOB"):
        with refuses(NTE_NOT_SUPPORTED):
            api.import_key(blob_type, blob(magic, name, bytes(size)))


@pytest.mark.requires("ECDSA_P256", "encapsulate")
def test_not_a_key_for_it(api):
    key = api.make("ECDSA_P256")
    with refuses(NTE_NOT_SUPPORTED):
        api.encapsulate(key)
    with refuses(NTE_NOT_SUPPORTED):
        api.decapsulate(key, bytes(768))
    with refuses(NTE_INVALID_HANDLE):
        api.encapsulate(0)
    with refuses(NTE_INVALID_HANDLE):
        api.decapsulate(api.provider, bytes(768))


# ---- keys ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", EACH_ALGORITHM)
def test_listed(api, algorithm):
    interface, operations, _ = ALGORITHMS[algorithm]
    assert call("NCryptIsAlgSupported", api.provider, algorithm, 0) == 0
    assert (algorithm, interface, operations, 0) in api.algorithms()
    assert algorithm in [name for name, *_ in api.algorithms(operations)]


@pytest.mark.parametrize("parameter_set", each(SETS))
def test_properties(api, parameter_set):
    key = make(api, parameter_set)
    algorithm, public_size, _, _, output = SETS[parameter_set]
    assert api.get_text(key, "Algorithm Name") == algorithm
    assert api.get_text(key, "Algorithm Group") == ALGORITHMS[algorithm][2]
    assert api.get_text(key, "ParameterSetName") == parameter_set
    assert api.get_number(key, "PublicKeyLength") == 8 * public_size
    if algorithm == "ML-DSA":
        assert api.get_number(key, "SignatureLength") == output
    else:
        assert api.get_number(key, "KEMSharedSecretLength") == 32
        assert api.get_number(key, "KEMCiphertextLength") == output


@pytest.mark.parametrize("spelling", ["KEM Shared Secret Length", "KEM Ciphertext Length"])
@needs_keys
@pytest.mark.requires("ML-KEM")
def test_documented_spelling(api, spelling):
    key = make(api, "512")
    assert api.get_number(key, spelling) == api.get_number(key, spelling.replace(" ", ""))


@pytest.mark.parametrize("algorithm", EACH_ALGORITHM)
def test_parameter_set_is_needed(api, algorithm):
    key = api.create(algorithm)
    with refuses(NTE_NOT_FOUND):
        api.get(key, "ParameterSetName")
    for wrong in ("45", "", "44\0", 44):
        with refuses(NTE_INVALID_PARAMETER):
            api.set(key, "ParameterSetName", wrong)
    with refuses(NTE_INVALID_PARAMETER):
        api.finalize(key)


@needs_keys
@pytest.mark.requires("ML-DSA", "ECDSA_P256")
def test_parameter_set_too_late_or_of_another_key(api):
    with refuses(NTE_BAD_KEY_STATE):
        api.set(make(api, "44"), "ParameterSetName", "44")
    with refuses(NTE_NOT_SUPPORTED):
        api.set(api.create("ECDSA_P256"), "ParameterSetName", "44")


@pytest.mark.parametrize("parameter_set", each(SETS))
def test_blobs(api, parameter_set):
    algorithm, public_size, private_size, seed_size, _ = SETS[parameter_set]
    key = make(api, parameter_set, Export_Policy=PLAINTEXT)
    sizes = (public_size, private_size, seed_size)
    found = {}
    for (kind, magic), size in zip(
        [*BLOBS[algorithm].items(), SEEDS[algorithm]], sizes, strict=True
    ):
        found[kind] = api.export_key(key, kind)
        assert found[kind] == blob(magic, parameter_set, found[kind][-size:])
    public = next(iter(BLOBS[algorithm]))
    for kind, value in found.items():
        again = api.import_key(kind, value)
        assert api.export_key(again, public) == found[public]
        assert api.get_text(again, "ParameterSetName") == parameter_set
    with refuses(NTE_NOT_SUPPORTED):
        api.export_key(api.import_key(public, found[public]), list(BLOBS[algorithm])[1])


@pytest.mark.parametrize("parameter_set", each(["44", "512"]))
def test_no_seed_out_of_an_expanded_key(api, parameter_set):
    algorithm = SETS[parameter_set][0]
    kind = list(BLOBS[algorithm])[1]
    key = make(api, parameter_set, Export_Policy=PLAINTEXT)
    again = api.import_key(kind, api.export_key(key, kind))
    api.set(again, "Export Policy", PLAINTEXT)
    assert api.export_key(again, kind) == api.export_key(key, kind)
    with refuses(NTE_NOT_SUPPORTED):
        api.export_key(again, SEEDS[algorithm][0])


@pytest.mark.parametrize("parameter_set", each(["65", "768"]))
@pytest.mark.parametrize("kind", ["PQPrivateKeyBlob", "PKCS8_PRIVATEKEY"])
def test_private_forms(api, parameter_set, kind):
    key = make(api, parameter_set, Export_Policy=PLAINTEXT)
    value = api.export_key(key, kind)
    again = api.import_key(kind, value)
    assert api.export_key(again, "PUBLICBLOB") == api.export_key(key, "PUBLICBLOB")
    if kind == "PQPrivateKeyBlob":
        inner = SEEDS[SETS[parameter_set][0]][0]
        assert value.startswith(b"PQPR")
        assert value.endswith(api.export_key(key, inner))
        assert (inner + "\0").encode("utf-16-le") in value


@pytest.mark.parametrize("parameter_set", each(["44", "512"]))
def test_not_exportable(api, parameter_set):
    key = make(api, parameter_set)
    for kind in (list(BLOBS[SETS[parameter_set][0]])[1], "PQPrivateKeyBlob", "PKCS8_PRIVATEKEY"):
        with refuses(NTE_NOT_SUPPORTED):
            api.export_key(key, kind)


@pytest.mark.parametrize("parameter_set", each(["44", "1024"]))
def test_stored(api, name, parameter_set):
    algorithm = SETS[parameter_set][0]
    key = api.create(algorithm, name)
    api.set(key, "ParameterSetName", parameter_set)
    api.finalize(key)
    public = api.export_key(key, "PUBLICBLOB")
    api.free(key)
    again = api.open(name)
    assert api.get_text(again, "ParameterSetName") == parameter_set
    assert api.export_key(again, "PUBLICBLOB") == public
    assert (name, algorithm) in [(found, kind) for found, kind, *_ in api.keys()]
    api.delete(again)


# ---- ML-DSA --------------------------------------------------------------------------------------


@pytest.mark.parametrize("parameter_set", each(SIGNING))
def test_sign(api, parameter_set):
    key = make(api, parameter_set)
    kind, _ = next(iter(BLOBS["ML-DSA"].items()))
    public = api.import_key(kind, api.export_key(key, kind))
    signature = api.sign(key, MESSAGE)
    assert len(signature) == SETS[parameter_set][4]
    api.verify(public, MESSAGE, signature)
    api.verify(public, MESSAGE, signature, pqdsa())
    for context in (b"c", bytes(255)):
        signature = api.sign(key, MESSAGE, pqdsa(context))
        api.verify(public, MESSAGE, signature, pqdsa(context))
        for padding in (pqdsa(), pqdsa(context + b"x") if len(context) < 255 else pqdsa(b"x")):
            with refuses(NTE_BAD_SIGNATURE):
                api.verify(public, MESSAGE, signature, padding)


@needs_keys
@pytest.mark.requires("ML-DSA")
@pytest.mark.parametrize("prehash", ["SHA256", "SHA384", "SHA512", "SHA3-256", "SHA3-512"])
def test_prehash(api, prehash):
    key = make(api, "44")
    name = prehash.lower().replace("sha3-", "sha3_")
    digest = hashlib.new(name, MESSAGE).digest()
    padding = pqdsa(b"context", prehash)
    signature = api.sign(key, digest, padding)
    api.verify(key, digest, signature, padding)
    with refuses(NTE_BAD_SIGNATURE):
        api.verify(key, digest, signature, pqdsa(b"context"))
    with refuses(NTE_INVALID_PARAMETER):
        api.sign(key, digest[1:], padding)


@needs_keys
@pytest.mark.requires("ML-DSA")
def test_sign_refused(api):
    key = make(api, "44")
    for padding in (pqdsa(b"x", size=256), pqdsa(size=1), pqdsa(prehash="MD5")):
        with refuses(NTE_INVALID_PARAMETER):
            api.sign(key, bytes(16), padding)
    with refuses(NTE_INVALID_PARAMETER):
        api.sign(key, b"")
    with refuses(NTE_BAD_FLAGS):
        api.sign(key, MESSAGE, flags=0x8)
    with refuses(NTE_BAD_SIGNATURE):
        api.verify(key, MESSAGE, bytes(2419))
    with refuses(NTE_PERM):
        api.sign(make(api, "44", Key_Usage=1), MESSAGE)


# ---- ML-KEM --------------------------------------------------------------------------------------


@pytest.mark.parametrize("parameter_set", each(ENCAPSULATING))
def test_encapsulate(api, parameter_set):
    key = make(api, parameter_set)
    public = api.import_key("MLKEMPUBLICBLOB", api.export_key(key, "MLKEMPUBLICBLOB"))
    secret, ciphertext = api.encapsulate(public)
    assert len(secret) == 32
    assert len(ciphertext) == SETS[parameter_set][4]
    assert api.decapsulate(key, ciphertext) == secret
    assert api.encapsulate(public)[0] != secret
    changed = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
    assert api.decapsulate(key, changed) != secret


@needs_keys
@pytest.mark.requires("ML-KEM")
def test_encapsulate_refused(api):
    key = make(api, "512")
    ciphertext = api.encapsulate(key)[1]
    for flags in (0x40, 0x1, 0x80000000):
        with refuses(NTE_BAD_FLAGS):
            api.encapsulate(key, flags)
        with refuses(NTE_BAD_FLAGS):
            api.decapsulate(key, ciphertext, flags)
    with refuses(NTE_INVALID_PARAMETER):
        api.decapsulate(key, ciphertext[1:])
    with refuses(NTE_BUFFER_TOO_SMALL):
        api.encapsulate(key, rooms=(31, 768))
    with refuses(NTE_BUFFER_TOO_SMALL):
        api.encapsulate(key, rooms=(32, 767))
    unfinished = api.create("ML-KEM")
    with refuses(NTE_BAD_KEY_STATE):
        api.encapsulate(unfinished)
    with refuses(NTE_BAD_KEY_STATE):
        api.decapsulate(unfinished, ciphertext)
    with refuses(NTE_PERM):
        api.decapsulate(make(api, "512", Key_Usage=2), ciphertext)
    public = api.import_key("PUBLICBLOB", api.export_key(key, "PUBLICBLOB"))
    with refuses(NTE_NOT_SUPPORTED):
        api.decapsulate(public, ciphertext)
