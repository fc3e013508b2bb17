# SPDX-License-Identifier: MIT
"""Stored keys for asyncssh: as ``client_keys`` of a client, as ``server_host_keys`` of a server."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import asyncssh
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

from ncrypt_ext.errors import ClosedHandleError, InvalidHandleError, NCryptError
from ncrypt_ext.integrations.cryptography_keys import StoredRSAKey, signing_key

if TYPE_CHECKING:
    from ncrypt_ext._key import Key

__all__ = ["StoredKeyPair"]

# SHA-1 (ssh-rsa) is left out: who asks for it gets no signature.
_RSA_HASHES: dict[bytes, hashes.HashAlgorithm] = {
    b"rsa-sha2-256": hashes.SHA256(),
    b"rsa-sha2-512": hashes.SHA512(),
}
_EC_HASHES: dict[int, hashes.HashAlgorithm] = {
    256: hashes.SHA256(),
    384: hashes.SHA384(),
    521: hashes.SHA512(),
}


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _mpint(number: int) -> bytes:
    return _string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


class StoredKeyPair(asyncssh.SSHKeyPair):
    """An RSA key, or an EC key of a NIST curve, that signs where it is stored.

    It holds the native key like the objects of :meth:`ncrypt_ext.Key.as_cryptography`, until it is
    closed or dropped. asyncssh signs for a client in a thread of its executor, unless told
    otherwise, so that a slow store or a PIN's dialog stops nobody else; for a server it signs in
    its loop. ``public_line`` is what goes into ``authorized_keys``.
    """

    _key_type = "stored"

    def __init__(self, key: Key, *, comment: str | None = None, use_executor: bool = True) -> None:
        self._stored = stored = signing_key(key)
        try:
            line = stored.public_key().public_bytes(
                serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
            )
            algorithm, encoded = line.split()[:2]
            algorithms = tuple(_RSA_HASHES) if isinstance(stored, StoredRSAKey) else (algorithm,)
            super().__init__(
                algorithm,
                algorithm,
                algorithms,
                algorithms,
                base64.b64decode(encoded),
                comment or key.name,
                use_executor=use_executor,
            )
        except BaseException:
            stored.close()
            raise
        self.public_line = line.decode()
        # With peers that do not say what they take, it is the last one.
        self.set_sig_algorithm(algorithms[-1])

    def set_certificate(self, cert: asyncssh.SSHCertificate) -> None:
        """Use a certificate for this key, in OpenSSH's format. ``client_certs`` does it, too."""
        if cert.is_x509_chain:
            raise ValueError("X.509 certificates do not go with stored keys in asyncssh")
        algorithms = self.sig_algorithms
        super().set_certificate(cert)
        # It brings lists of its own, where ssh-rsa is the last.
        self.sig_algorithms = algorithms
        self.host_key_algorithms = [
            each for each in self.host_key_algorithms if not each.startswith(b"ssh-rsa")
        ]
        self.set_sig_algorithm(algorithms[-1])

    def sign(self, data: bytes) -> bytes:
        """The signature in SSH's encoding, with the algorithm that was agreed upon."""
        if self.sig_algorithm not in self.sig_algorithms:
            raise ValueError(f"stored keys of this type do not sign by {self.sig_algorithm!r}")
        try:
            signature = self._signature(data)
        # asyncssh takes a ValueError for a key that is not wanted, and goes on without a word.
        except ClosedHandleError as error:
            raise InvalidHandleError(error.status, error.function, error.detail) from None
        except NCryptError as error:
            if isinstance(error, ValueError):
                raise NCryptError(error.status, error.function, error.detail) from None
            raise
        return _string(self.sig_algorithm) + _string(signature)

    def _signature(self, data: bytes) -> bytes:
        stored = self._stored
        if isinstance(stored, StoredRSAKey):
            return stored.sign(data, padding.PKCS1v15(), _RSA_HASHES[self.sig_algorithm])
        der = stored.sign(data, ec.ECDSA(_EC_HASHES[stored.key_size]))
        return b"".join(map(_mpint, utils.decode_dss_signature(der)))

    def close(self) -> None:
        """Give the native key up."""
        self._stored.close()
