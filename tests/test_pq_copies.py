# SPDX-License-Identifier: MIT
"""ML-DSA and ML-KEM keys on their way elsewhere: under a password, as copies, put aside."""

import os
import re

import pytest

import ncrypt_ext as nc
from ncrypt_ext import properties
from ncrypt_ext._provider import versions

LIBCRYPTO = re.search(r"OpenSSL (\d+)\.(\d+)", versions())
HAS_KEYS = LIBCRYPTO is None or tuple(map(int, LIBCRYPTO.groups())) >= (3, 5)
pytestmark = [
    pytest.mark.skipif(not HAS_KEYS, reason="libcrypto before 3.5 has no ML-DSA, ML-KEM"),
    pytest.mark.skipif(os.name == "nt", reason="Windows and Wine: tests/conformance"),
]

SETS = [("ML-DSA", "44"), ("ML-DSA", "87"), ("ML-KEM", "512"), ("ML-KEM", "1024")]
EXPANDED = {"ML-DSA": "PQDSAPRIVATEBLOB", "ML-KEM": "MLKEMPRIVATEBLOB"}
ENCRYPTED = nc.ExportPolicy.ALLOW_EXPORT
PLAIN = ENCRYPTED | nc.ExportPolicy.ALLOW_PLAINTEXT_EXPORT


@pytest.fixture(params=SETS, ids="-".join)
def key(request, provider):
    algorithm, parameter_set = request.param
    with provider.create_key(
        algorithm, "original", parameter_set=parameter_set, export_policy=PLAIN
    ) as key:
        yield key


def check_same(copy, key):
    """The public half is equal, and what the private one makes fits it."""
    assert (copy.algorithm, copy.parameter_set) == (key.algorithm, key.parameter_set)
    assert copy.public_key_der() == key.public_key_der()
    if key.algorithm == "ML-DSA":
        key.verify(b"message", copy.sign(b"message"))
    else:
        secret, ciphertext = key.encapsulate()
        assert copy.decapsulate(ciphertext) == secret


@pytest.mark.parametrize("encryption", ["PBES2", "3DES"])
def test_under_a_password(provider, key, encryption):
    sealed = key.export_pkcs8("secret", encryption=encryption, iterations=10)
    with provider.import_pkcs8(sealed, "secret") as copy:
        check_same(copy, key)
    with pytest.raises(nc.AccessDeniedError):
        provider.import_pkcs8(sealed, "Secret")


def test_clones(provider, key):
    with provider.clone_key(key, export_policy=0) as copy:
        check_same(copy, key)
        assert (copy.usage, copy.export_policy) == (key.usage, 0)
    expanded = key.export(EXPANDED[key.algorithm])
    with provider.import_key(
        expanded, EXPANDED[key.algorithm], export_policy=ENCRYPTED
    ) as seedless, provider.clone_key(seedless, name="copy") as copy:  # fmt: skip
        check_same(copy, key)
    for usage in (nc.KeyUsage.ALLOW_SIGNING, nc.KeyUsage.ALLOW_KEY_AGREEMENT):
        with provider.clone_key(key, usage=usage) as limited, provider.clone_key(limited) as copy:
            assert (copy.algorithm, copy.usage) == (key.algorithm, usage)


def test_put_aside(provider, key):
    aside = key.export(properties.OPAQUE_TRANSPORT_BLOB)
    with provider.import_key(aside, properties.OPAQUE_TRANSPORT_BLOB, name="again") as copy:
        check_same(copy, key)
    damaged = aside[:-1] + bytes([aside[-1] ^ 1])
    with pytest.raises(nc.BadDataError):
        provider.import_key(damaged, properties.OPAQUE_TRANSPORT_BLOB, name="never")
