# SPDX-License-Identifier: MIT
"""Not run: has to pass mypy in strict mode. Stored keys where keys of cryptography are wanted."""

from typing import Any

import asyncssh
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, padding, rsa
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from typing_extensions import assert_type

import ncrypt_ext as nc
from ncrypt_ext.integrations.asyncssh_keys import StoredKeyPair
from ncrypt_ext.integrations.cryptography_keys import (
    StoredEllipticCurveKey,
    StoredRSAKey,
    StoredX25519Key,
)
from ncrypt_ext.integrations.joserfc_keys import stored_key
from ncrypt_ext.integrations.pyhanko_signer import StoredSigner


def going_out(key: nc.Key, builder: x509.CertificateSigningRequestBuilder) -> None:
    stored = key.as_cryptography()
    assert_type(stored, StoredRSAKey | StoredEllipticCurveKey | Any)
    builder.sign(stored, hashes.SHA256())
    with stored as same:
        assert_type(same.closed, bool | Any)
    if isinstance(stored, rsa.RSAPrivateKey):
        assert_type(stored.sign(b"", padding.PKCS1v15(), hashes.SHA256()), bytes)
    elif isinstance(stored, ec.EllipticCurvePrivateKey):
        assert_type(stored.curve, ec.EllipticCurve)
        assert_type(stored.sign(b"", ec.ECDSA(hashes.SHA256())), bytes)
        assert_type(stored.exchange(ec.ECDH(), stored.public_key()), bytes)
        stored.exchange(ec.ECDH(), stored)  # type: ignore[arg-type]
    elif isinstance(stored, StoredX25519Key):
        assert_type(stored.exchange(stored.public_key()), bytes)


def coming_in(provider: nc.Provider, plain: ec.EllipticCurvePrivateKey) -> None:
    assert_type(provider.import_key(plain, name="name"), nc.Key)
    assert_type(provider.import_key(plain, finalize=False), nc.UnfinalizedKey)
    provider.import_key(plain, "PKCS8_PRIVATEKEY")  # type: ignore[call-overload]
    provider.import_key(b"blob")  # type: ignore[call-overload]
    provider.import_key(plain, curve="nistP256")  # type: ignore[call-overload]


def coming_in_after_quantum(provider: nc.Provider, plain: mldsa.MLDSA65PrivateKey) -> None:
    assert_type(provider.import_key(plain, name="name"), nc.Key)
    assert_type(provider.import_key(plain, finalize=False), nc.UnfinalizedKey)


async def elsewhere(key: nc.Key, certificate: x509.Certificate) -> None:
    pair = StoredKeyPair(key, comment="login")
    assert_type(pair.sign(b""), bytes)
    await asyncssh.connect("host", client_keys=[pair])
    StoredKeyPair("login")  # type: ignore[arg-type]
    assert_type(StoredSigner(key, [certificate, b"der"]).sign_raw(b"", "sha256"), bytes)
    StoredSigner(key, certificate)  # type: ignore[arg-type]


def tokens(key: nc.Key) -> None:
    jwk = stored_key(key, {"kid": "now"})
    assert_type(jwk, RSAKey | ECKey)
    jwt.encode({"alg": "ES256"}, {}, jwk)
    stored_key(key.as_cryptography())  # type: ignore[arg-type]
