# SPDX-License-Identifier: MIT
"""Stored ML-DSA and ML-KEM keys as private keys of cryptography, from the releases that have them.

One class for each parameter set, because cryptography has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ncrypt_ext.integrations._stored_key import StoredKey
from ncrypt_ext.padding import PQDSA

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from ncrypt_ext._key import Key

try:
    from cryptography.hazmat.primitives.asymmetric import mldsa
except ImportError:  # before 47
    mldsa = None  # type: ignore[assignment]
try:
    from cryptography.hazmat.primitives.asymmetric import mlkem
except ImportError:
    mlkem = None  # type: ignore[assignment]

__all__ = ["PRIVATE_TYPES", "StoredMLDSAKey", "StoredMLKEMKey", "wrap"]


class _StoredPQKey(StoredKey):
    """What both have in common."""

    __slots__ = ()

    def public_key(self) -> Any:
        """The public key, as one of cryptography's own."""
        return self._public

    def private_bytes_raw(self) -> NoReturn:
        """Refuses, like ``private_bytes()``: the key stays in its store."""
        self._refuse()


class StoredMLDSAKey(_StoredPQKey):
    """An ML-DSA key in a key store, as cryptography's private key of the same parameter set.

    Comes from :meth:`Key.as_cryptography() <ncrypt_ext.Key.as_cryptography>`.
    """

    __slots__ = ()

    def sign(self, data: Buffer, context: Buffer | None = None) -> bytes:
        """Sign a message, which must not be empty, with a context of up to 255 bytes."""
        return self._sign(data, None if context is None else PQDSA(context))

    def sign_mu(self, mu: Buffer) -> NoReturn:
        """Refuses: key stores sign messages."""
        self._refuse()


class StoredMLKEMKey(_StoredPQKey):
    """An ML-KEM key in a key store, as cryptography's private key of the same parameter set.

    Comes from :meth:`Key.as_cryptography() <ncrypt_ext.Key.as_cryptography>`.
    """

    __slots__ = ()

    def decapsulate(self, ciphertext: Buffer) -> bytes:
        """The secret in a ciphertext; a ciphertext of a wrong length is a ValueError."""
        return self._key.decapsulate(ciphertext)


def _classes() -> dict[type, type[StoredMLDSAKey] | type[StoredMLKEMKey]]:
    """cryptography's public class -> the class of the private key."""
    found: dict[type, type[StoredMLDSAKey] | type[StoredMLKEMKey]] = {}
    base: type[StoredMLDSAKey] | type[StoredMLKEMKey]
    for module, base, names in (
        (mldsa, StoredMLDSAKey, ("MLDSA44", "MLDSA65", "MLDSA87")),
        (mlkem, StoredMLKEMKey, ("MLKEM512", "MLKEM768", "MLKEM1024")),
    ):
        for name in names:
            private = getattr(module, f"{name}PrivateKey", None)
            if private is not None:
                kind = type(f"Stored{name}Key", (base,), {"__slots__": (), "__doc__": base.__doc__})
                private.register(kind)
                found[getattr(module, f"{name}PublicKey")] = kind
    return found


_BY_PUBLIC_TYPE = _classes()
#: cryptography's private keys that can be imported.
PRIVATE_TYPES: tuple[type, ...] = tuple(
    getattr(module, name)
    for module in (mldsa, mlkem)
    if module is not None
    for name in dir(module)
    if name.endswith("PrivateKey")
)


def wrap(key: Key, public: object) -> StoredMLDSAKey | StoredMLKEMKey | None:
    """The object for a key with that public key; None when it is of another algorithm."""
    for public_type, kind in _BY_PUBLIC_TYPE.items():
        if isinstance(public, public_type):
            return kind(key, public)
    return None
