# SPDX-License-Identifier: MIT
"""Stored keys of each type, as keys of cryptography, and plain ones to compare them with."""

import re

import pytest

pytest.importorskip("cryptography", reason="the extra cryptography is not installed")

from cryptography.hazmat.primitives.serialization import load_der_private_key

import ncrypt_ext as nc

from .material import Holder, Program

CURVES = ["P256", "P384", "P521"]
EXPORTABLE = nc.ExportPolicy.ALLOW_EXPORT | nc.ExportPolicy.ALLOW_PLAINTEXT_EXPORT


def stored_rsa(provider, blob):
    """Its Key is closed already."""
    with provider.import_key(blob, "RSAFULLPRIVATEBLOB", name="rsa") as key:
        return key.as_cryptography()


def stored_ec(provider, curve, name):
    with provider.create_key(f"ECDSA_{curve}", name) as key:
        return key.as_cryptography()


@pytest.fixture
def rsa(provider, rsa_blob):
    with stored_rsa(provider, rsa_blob) as stored:
        yield stored


@pytest.fixture(params=CURVES)
def ec(request, provider):
    with stored_ec(provider, request.param, "ec") as stored:
        yield stored


@pytest.fixture
def p256(provider):
    with stored_ec(provider, "P256", "p256") as stored:
        yield stored


@pytest.fixture(params=["RSA", *CURVES])
def signer(request, provider, rsa_blob):
    """One of each type and curve."""
    rsa = request.param == "RSA"
    with (
        stored_rsa(provider, rsa_blob) if rsa else stored_ec(provider, request.param, "ec")
    ) as stored:
        yield stored


@pytest.fixture(params=["rsa", "p256"])
def stored(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def plain_rsa(provider, rsa_blob):
    """The same key as `rsa`, as cryptography's own."""
    with provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB", export_policy=EXPORTABLE) as key:
        return load_der_private_key(key.export("PKCS8_PRIVATEKEY"), None)


@pytest.fixture
def openssl(tmp_path):
    program = Program("openssl", tmp_path)
    if not re.match(r"OpenSSL [3-9]\.", program("version")):
        pytest.skip("the openssl here is another program, or an old one")
    return program


@pytest.fixture
def root(signer):
    """An authority whose key is `signer`."""
    return Holder.root(signer)
