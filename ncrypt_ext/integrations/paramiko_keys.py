# SPDX-License-Identifier: MIT
"""Stored keys for paramiko: as ``pkey`` of a client, in ``add_server_key()`` of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import paramiko  # type: ignore[import-untyped]

from ncrypt_ext.integrations.cryptography_keys import (
    StoredEllipticCurveKey,
    StoredRSAKey,
    signing_key,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    from ncrypt_ext._key import Key

__all__ = ["StoredPKey", "stored_key"]


class StoredPKey(paramiko.PKey):  # type: ignore[misc]
    """What the keys of both types are beside ``paramiko.RSAKey`` or ``paramiko.ECDSAKey``."""

    _stored: StoredRSAKey | StoredEllipticCurveKey

    def close(self) -> None:
        """Give the native key up."""
        self._stored.close()

    def write_private_key(self, *arguments: object, **options: object) -> NoReturn:
        """Refuses, with :class:`~ncrypt_ext.NotSupportedError`: the key stays in its store."""
        self._stored.private_numbers()

    # paramiko's own would have emptied the file by then.
    write_private_key_file = write_private_key


class _RSAKey(StoredPKey, paramiko.RSAKey):  # type: ignore[misc]
    """paramiko's own takes the public numbers from the private ones, which stay in the store."""

    # paramiko before 5 signs by ssh-rsa, which is SHA-1, and even where nobody asks for it.
    HASHES = {  # noqa: RUF012
        name: algorithm
        for name, algorithm in paramiko.RSAKey.HASHES.items()
        if not name.startswith("ssh-rsa")
    }

    def __init__(self, stored: StoredRSAKey) -> None:
        super().__init__(key=stored)
        self._stored = stored
        self._public = stored.public_key()

    @property
    def public_numbers(self) -> RSAPublicNumbers:
        return self._public.public_numbers()

    def sign_ssh_data(self, data: bytes, algorithm: str | None = None) -> paramiko.Message:
        """The signature in SSH's encoding, by SHA-2."""
        algorithm = algorithm or "rsa-sha2-512"
        if algorithm not in self.HASHES:
            raise ValueError(f"stored RSA keys do not sign by {algorithm}")
        return super().sign_ssh_data(data, algorithm)


class _ECDSAKey(StoredPKey, paramiko.ECDSAKey):  # type: ignore[misc]
    def __init__(self, stored: StoredEllipticCurveKey) -> None:
        super().__init__(vals=(stored, stored.public_key()))
        self._stored = stored


def stored_key(key: Key) -> StoredPKey:
    """A ``paramiko.RSAKey`` or ``paramiko.ECDSAKey`` that signs where the key is stored.

    It holds the native key like the objects of :meth:`ncrypt_ext.Key.as_cryptography`, until it is
    dropped, or until its ``close()``.
    """
    stored = signing_key(key)
    return _RSAKey(stored) if isinstance(stored, StoredRSAKey) else _ECDSAKey(stored)
