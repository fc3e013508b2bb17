# SPDX-License-Identifier: MIT
"""Stored keys for paramiko: as ``pkey`` of a client, in ``add_server_key()`` of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import paramiko  # type: ignore[import-untyped]

from ncrypt_ext.integrations.cryptography_keys import StoredRSAKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    from ncrypt_ext._key import Key

__all__ = ["stored_key"]


class _RSAKey(paramiko.RSAKey):  # type: ignore[misc]
    """paramiko's own takes the public numbers from the private ones, which stay in the store."""

    @property
    def public_numbers(self) -> RSAPublicNumbers:
        numbers: RSAPublicNumbers = self.key.public_key().public_numbers()
        return numbers


def stored_key(key: Key) -> paramiko.PKey:
    """A ``paramiko.RSAKey`` or ``paramiko.ECDSAKey`` that signs where the key is stored.

    It holds the native key like the objects of :meth:`ncrypt_ext.Key.as_cryptography`, until it is
    dropped, or until ``.private_key.close()``.
    """
    stored = key.as_cryptography()
    if isinstance(stored, StoredRSAKey):
        return _RSAKey(key=stored)
    return paramiko.ECDSAKey(vals=(stored, stored.public_key()))
