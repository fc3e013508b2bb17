# SPDX-License-Identifier: MIT
"""Stored keys as private keys of cryptography, and the other way round.

One class for each type of key, registered with cryptography's abstract class and not derived from
it: what a later version adds to that class makes no key unusable.

Each object holds the native key: that stays open until the objects are dropped or closed and the
:class:`~ncrypt_ext.Key` that they came from is closed, in any order. Any number of threads may use
one object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, TypeAlias

from ncrypt_ext.errors import (
    ClosedHandleError,
    InvalidHandleError,
    InvalidParameterError,
    NCryptError,
    NotSupportedError,
)
from ncrypt_ext.integrations._algorithms import (
    HASHES_BY_TYPE,
    any_digest_of,
    cipher_padding,
    signature_input,
)

# After _algorithms, which tells it when the package is missing.
from cryptography.exceptions import UnsupportedAlgorithm, _Reasons  # isort: skip
from cryptography.hazmat.primitives import serialization  # isort: skip
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa, x25519  # isort: skip

from ncrypt_ext.integrations._dsa_keys import StoredDSAKey  # isort: skip
from ncrypt_ext.integrations._pq_keys import (  # isort: skip
    PRIVATE_TYPES,
    StoredMLDSAKey,
    StoredMLKEMKey,
    wrap,
)
from ncrypt_ext.integrations._stored_key import StoredKey  # isort: skip

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from ncrypt_ext._key import Key

    # What type checkers see: the types that consumers ask for. At run time they are registered.
    _RSAPrivateKey = rsa.RSAPrivateKey
    _EllipticCurvePrivateKey = ec.EllipticCurvePrivateKey
    _X25519PrivateKey = x25519.X25519PrivateKey
else:
    _RSAPrivateKey = _EllipticCurvePrivateKey = _X25519PrivateKey = object

__all__ = [
    "StoredDSAKey",
    "StoredEllipticCurveKey",
    "StoredMLDSAKey",
    "StoredMLKEMKey",
    "StoredRSAKey",
    "StoredX25519Key",
    "from_key",
    "to_pkcs8",
    "to_public_info",
]

_NOT_SUPPORTED = 0x80090029
# What decryption returns for a ciphertext that is none, which depends on the provider:
# NTE_BAD_LEN, NTE_BAD_DATA, NTE_INVALID_PARAMETER, NTE_DECRYPTION_FAILURE; the last two also as an
# NTSTATUS.
_BAD_CIPHERTEXT = frozenset(
    {0x80090004, 0x80090005, 0x80090027, 0x8009002C, 0xC000000D, 0xC000028B}
)
# A platform module's TPM_RC_VALUE, which in some of its bits tells of which argument it speaks.
_MODULE_VALUE = 0x80280084
_MODULE_MASK = 0xFFFFF0BF


def _is_bad_ciphertext(status: int) -> bool:
    return status in _BAD_CIPHERTEXT or status & _MODULE_MASK == _MODULE_VALUE


class StoredRSAKey(StoredKey, _RSAPrivateKey):
    """An RSA key in a key store, as an ``RSAPrivateKey``.

    Comes from :meth:`Key.as_cryptography() <ncrypt_ext.Key.as_cryptography>`.
    """

    __slots__ = ()

    @property
    def key_size(self) -> int:
        """The key's length in bits."""
        return int(self._public.key_size)

    def public_key(self) -> rsa.RSAPublicKey:
        """The public key, as one of cryptography's own."""
        public: rsa.RSAPublicKey = self._public
        return public

    def sign(self, data: Buffer, padding: object, algorithm: object) -> bytes:
        """Sign with ``PKCS1v15`` or ``PSS``; the algorithm is a hash, or ``Prehashed``."""
        digest, native = signature_input(data, padding, algorithm, self._public.key_size)
        return self._sign(digest, native)

    def decrypt(self, ciphertext: Buffer, padding: object) -> bytes:
        """Decrypt with ``OAEP`` or ``PKCS1v15``; ValueError for a bad ciphertext."""
        native = cipher_padding(padding)
        with memoryview(ciphertext) as view:
            size = view.nbytes
        if size != (self._public.key_size + 7) // 8:
            raise ValueError("Ciphertext length must be equal to key size.")
        try:
            return self._key.decrypt(ciphertext, native)
        except NCryptError as error:
            # One answer for whatever is wrong with the ciphertext: no telling what it was.
            if _is_bad_ciphertext(error.status):
                raise ValueError("Decryption failed") from None
            # Callers take every ValueError for that: what is another's must not be one.
            if isinstance(error, ClosedHandleError):
                raise InvalidHandleError(error.status, error.function, error.detail) from None
            if isinstance(error, ValueError):
                raise NCryptError(error.status, error.function, error.detail) from None
            raise


def _unsupported_exchange(reason: str) -> UnsupportedAlgorithm:
    return UnsupportedAlgorithm(reason, _Reasons.UNSUPPORTED_EXCHANGE_ALGORITHM)


class StoredEllipticCurveKey(StoredKey, _EllipticCurvePrivateKey):
    """An EC key in a key store, as an ``EllipticCurvePrivateKey``.

    Comes from :meth:`Key.as_cryptography() <ncrypt_ext.Key.as_cryptography>`.
    """

    __slots__ = ()

    @property
    def key_size(self) -> int:
        """The key's length in bits."""
        return int(self._public.key_size)

    @property
    def curve(self) -> ec.EllipticCurve:
        """The curve, with its name and size."""
        curve: ec.EllipticCurve = self._public.curve
        return curve

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public key, as one of cryptography's own."""
        public: ec.EllipticCurvePublicKey = self._public
        return public

    def sign(self, data: Buffer, signature_algorithm: object) -> bytes:
        """Sign with ``ECDSA`` of a hash, or of ``Prehashed``; the signature is DER."""
        if type(signature_algorithm) is not ec.ECDSA and not isinstance(
            signature_algorithm, ec.ECDSA
        ):
            raise UnsupportedAlgorithm(
                f"EC keys sign with ECDSA, not with {type(signature_algorithm).__name__!r}",
                _Reasons.UNSUPPORTED_PUBLIC_KEY_ALGORITHM,
            )
        if getattr(signature_algorithm, "deterministic_signing", False):
            raise UnsupportedAlgorithm(
                "key stores choose the nonce: there is no deterministic signing",
                _Reasons.UNSUPPORTED_PUBLIC_KEY_ALGORITHM,
            )
        algorithm = signature_algorithm.algorithm
        known = HASHES_BY_TYPE.get(type(algorithm))
        if known is not None:
            digest = known.new(data).digest()
        else:
            digest = any_digest_of(data, algorithm)
        return self._sign(digest, encoding="der")

    def exchange(self, algorithm: object, peer_public_key: ec.EllipticCurvePublicKey) -> bytes:
        """The secret agreed on by ``ECDH``, if this key is one for it: the x coordinate.

        A peer on another curve is a ValueError. Keys that were created to sign (ECDSA) refuse, with
        ``UnsupportedAlgorithm``: key stores have two kinds of keys.
        """
        if not isinstance(peer_public_key, ec.EllipticCurvePublicKey):
            raise TypeError(
                "peer_public_key must be an EllipticCurvePublicKey, not "
                f"{type(peer_public_key).__name__!r}"
            )
        if not isinstance(algorithm, ec.ECDH):
            raise _unsupported_exchange(
                f"key agreement is by ECDH, not by {type(algorithm).__name__!r}"
            )
        if self._key.algorithm_group == "ECDSA":
            kind = str(self._key.algorithm).replace("ECDSA", "ECDH")
            raise _unsupported_exchange(
                "this key signs: key stores keep keys for signatures (ECDSA) apart from those for "
                f"key agreement, which are created as {kind}"
            )
        if peer_public_key.curve.name != self.curve.name:
            raise ValueError(
                "Error computing shared key: peer_public_key and self are not on the same curve "
                f"({peer_public_key.curve.name}, {self.curve.name})"
            )
        with self._key.agree(peer_public_key) as secret:
            return secret.raw()


class StoredX25519Key(StoredKey, _X25519PrivateKey):
    """A key on curve25519 in a key store, as an ``X25519PrivateKey``.

    Comes from :meth:`Key.as_cryptography() <ncrypt_ext.Key.as_cryptography>`.
    """

    __slots__ = ()

    def public_key(self) -> x25519.X25519PublicKey:
        """The public key, as one of cryptography's own."""
        public: x25519.X25519PublicKey = self._public
        return public

    def private_bytes_raw(self) -> NoReturn:
        """Refuses, like :meth:`private_bytes`."""
        self._refuse()

    def exchange(self, peer_public_key: x25519.X25519PublicKey) -> bytes:
        """The secret agreed on; a ValueError for a peer with which it would be zero."""
        if not isinstance(peer_public_key, x25519.X25519PublicKey):
            raise TypeError(
                "peer_public_key must be an X25519PublicKey, not "
                f"{type(peer_public_key).__name__!r}"
            )
        try:
            with self._key.agree(peer_public_key) as secret:
                return secret.raw()
        except InvalidParameterError as error:
            raise ValueError(f"Error computing shared key: {error}") from error


rsa.RSAPrivateKey.register(StoredRSAKey)
ec.EllipticCurvePrivateKey.register(StoredEllipticCurveKey)
x25519.X25519PrivateKey.register(StoredX25519Key)

# cryptography's public class -> the class of the private key. One class for each type: consumers
# take the first type that fits.
StoredPrivateKey: TypeAlias = StoredRSAKey | StoredEllipticCurveKey | StoredX25519Key | StoredDSAKey
_BY_PUBLIC_TYPE: tuple[tuple[type, type[StoredPrivateKey]], ...] = (
    (rsa.RSAPublicKey, StoredRSAKey),
    (ec.EllipticCurvePublicKey, StoredEllipticCurveKey),
    (x25519.X25519PublicKey, StoredX25519Key),
    (dsa.DSAPublicKey, StoredDSAKey),
)


def from_key(key: Key) -> StoredPrivateKey | StoredMLDSAKey | StoredMLKEMKey:
    """The object for a key, which it takes over: see :meth:`ncrypt_ext.Key.as_cryptography`."""
    try:
        if key.algorithm_group == "DH":
            raise UnsupportedAlgorithm("cryptography is giving its support of DH up")
        public = serialization.load_der_public_key(key.public_key_der())
    except (NotSupportedError, UnsupportedAlgorithm) as error:
        raise NotSupportedError(
            _NOT_SUPPORTED, "", f"{key.algorithm} keys have no form for cryptography here: {error}"
        ) from error
    for public_type, kind in _BY_PUBLIC_TYPE:
        if isinstance(public, public_type):
            return kind(key, public)
    found = wrap(key, public)
    if found is not None:
        return found
    raise NotSupportedError(
        _NOT_SUPPORTED, "", f"{key.algorithm} keys have no form for cryptography here"
    )


def signing_key(key: Key) -> StoredRSAKey | StoredEllipticCurveKey:
    """Likewise, for packages that want keys that sign by RSA or ECDSA."""
    stored = key.as_cryptography()
    if isinstance(stored, StoredRSAKey | StoredEllipticCurveKey):
        return stored
    stored.close()
    raise NotSupportedError(
        _NOT_SUPPORTED, "", f"{key.algorithm} keys like this one do not sign by RSA or ECDSA"
    )


def _is_named(key: object, name: str) -> bool:
    """Whether it is one of cryptography's, whose DH cannot be touched without a warning."""
    return any(
        kind.__name__ == name and kind.__module__.startswith("cryptography.")
        for kind in type(key).__mro__
    )


def to_pkcs8(key: object) -> bytes:
    """The PKCS #8 form of a private key of cryptography, not encrypted: the caller wipes it."""
    if not isinstance(
        key,
        rsa.RSAPrivateKey
        | ec.EllipticCurvePrivateKey
        | x25519.X25519PrivateKey
        | dsa.DSAPrivateKey,
    ) and not (_is_named(key, "DHPrivateKey") or isinstance(key, PRIVATE_TYPES)):
        raise TypeError(
            "the key must be a blob, with its blob_type, or an RSA, EC, X25519, DH, DSA, ML-DSA or "
            "ML-KEM private key of cryptography, not "
            f"{type(key).__module__}.{type(key).__qualname__}"
        )
    return key.private_bytes(  # type: ignore[no-any-return, attr-defined]
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def to_public_info(key: object) -> bytes:
    """The SubjectPublicKeyInfo of a public key of cryptography that one can agree with."""
    if not isinstance(key, ec.EllipticCurvePublicKey | x25519.X25519PublicKey) and not _is_named(
        key, "DHPublicKey"
    ):
        raise TypeError(
            "peer must be a Key, a bytes-like object or an EC, X25519 or DH public key of "
            "cryptography, not "
            f"{type(key).__module__}.{type(key).__qualname__}"
        )
    return key.public_bytes(  # type: ignore[no-any-return, attr-defined]
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
