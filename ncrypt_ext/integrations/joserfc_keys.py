# SPDX-License-Identifier: MIT
"""Stored keys for joserfc, which signs JWTs and decrypts JWEs with them.

joserfc makes a JSON Web Key of each key that it takes, a private one of the private key's numbers,
which stay in the key store. A stored key comes with that of its public part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ncrypt_ext.integrations.cryptography_keys import StoredRSAKey, signing_key

# After cryptography_keys, which tells it when cryptography is missing.
from joserfc.jwk import ECKey, RSAKey  # isort: skip

if TYPE_CHECKING:
    from joserfc.jwk import DictKey, KeyParameters

    from ncrypt_ext._key import Key

__all__ = ["stored_key"]


class _StoredRSAKey(RSAKey):
    def as_dict(self, private: bool = False, **params: Any) -> DictKey:
        _refuse(self, private)
        return super().as_dict(private, **params)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RSAKey) and self.dict_value == other.dict_value


class _StoredECKey(ECKey):
    def as_dict(self, private: bool = False, **params: Any) -> DictKey:
        _refuse(self, private)
        return super().as_dict(private, **params)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ECKey) and self.dict_value == other.dict_value


def _refuse(key: RSAKey | ECKey, private: bool) -> None:
    """With the public key's members in the private one's place somebody would take them for it."""
    if private and key.private_key is not None:
        key.private_key.private_numbers()


def stored_key(key: Key, parameters: KeyParameters | None = None) -> RSAKey | ECKey:
    """The key as joserfc's own, which holds it like :meth:`ncrypt_ext.Key.as_cryptography`.

    ``parameters`` are members of the JSON Web Key, like ``kid``, ``use`` and ``alg``. What
    ``as_dict()`` and ``as_pem()`` return is the public key; they refuse the private one.
    """
    stored = signing_key(key)
    try:
        if isinstance(stored, StoredRSAKey):
            public = RSAKey.import_key(stored.public_key()).as_dict()
            return _StoredRSAKey(stored, public, parameters)
        return _StoredECKey(stored, ECKey.import_key(stored.public_key()).as_dict(), parameters)
    except BaseException:
        stored.close()
        raise
