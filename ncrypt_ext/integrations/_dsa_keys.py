# SPDX-License-Identifier: MIT
"""Stored keys of DSA as private keys of cryptography."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ncrypt_ext.integrations._algorithms import HASHES_BY_TYPE, any_digest_of
from ncrypt_ext.integrations._stored_key import StoredKey

# After _algorithms, which tells it when the package is missing.
from cryptography.hazmat.primitives.asymmetric import dsa  # isort: skip

if TYPE_CHECKING:
    from typing_extensions import Buffer

    # What type checkers see: the type that consumers ask for. At run time it is registered.
    _DSAPrivateKey = dsa.DSAPrivateKey
else:
    _DSAPrivateKey = object


class StoredDSAKey(StoredKey, _DSAPrivateKey):
    """A DSA key in a key store, as a ``DSAPrivateKey``.

    Comes from :meth:`Key.as_cryptography() <ncrypt_ext.Key.as_cryptography>`.
    """

    __slots__ = ()

    @property
    def key_size(self) -> int:
        """The key's length in bits."""
        return int(self._public.key_size)

    def public_key(self) -> dsa.DSAPublicKey:
        """The public key, as one of cryptography's own."""
        public: dsa.DSAPublicKey = self._public
        return public

    def parameters(self) -> dsa.DSAParameters:
        """The parameters, as cryptography's own."""
        return self.public_key().parameters()

    def sign(self, data: Buffer, algorithm: object) -> bytes:
        """Sign with a hash, or ``Prehashed``; the signature is DER.

        Of a digest that is longer than the key's subgroup the first bytes count, as in FIPS 186.
        """
        known = HASHES_BY_TYPE.get(type(algorithm))
        if known is not None:
            digest = known.new(data).digest()
        else:
            digest = bytes(any_digest_of(data, algorithm))
        size = (self._key.signature_length or 0) // 2
        return self._sign(digest[:size].rjust(size, b"\0"), encoding="der")


dsa.DSAPrivateKey.register(StoredDSAKey)
