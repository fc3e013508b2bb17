# SPDX-License-Identifier: MIT
"""Stored keys for joserfc, which signs JWTs and decrypts JWEs with them.

joserfc makes a JSON Web Key of each key that it takes, a private one of the private key's numbers,
which stay in the key store. A stored key comes with that of its public part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ncrypt_ext.integrations.cryptography_keys import StoredRSAKey

# After cryptography_keys, which tells it when cryptography is missing.
from joserfc.jwk import ECKey, RSAKey  # isort: skip

if TYPE_CHECKING:
    from joserfc.jwk import KeyParameters

    from ncrypt_ext._key import Key

__all__ = ["stored_key"]


def stored_key(key: Key, parameters: KeyParameters | None = None) -> RSAKey | ECKey:
    """The key as joserfc's own, which holds it like :meth:`ncrypt_ext.Key.as_cryptography`.

    ``parameters`` are members of the JSON Web Key, like ``kid``, ``use`` and ``alg``. What
    ``as_dict()`` and ``as_pem()`` return is the public key.
    """
    stored = key.as_cryptography()
    if isinstance(stored, StoredRSAKey):
        return RSAKey(stored, RSAKey.import_key(stored.public_key()).as_dict(), parameters)
    return ECKey(stored, ECKey.import_key(stored.public_key()).as_dict(), parameters)
