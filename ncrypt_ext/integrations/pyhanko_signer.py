# SPDX-License-Identifier: MIT
"""Stored keys for pyHanko, which signs PDF files."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from asn1crypto import x509  # type: ignore[import-untyped]
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from pyhanko.sign.signers import Signer
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ncrypt_ext.integrations.cryptography_keys import StoredRSAKey, signing_key

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from ncrypt_ext._key import Key

__all__ = ["StoredSigner"]


def _der(certificate: Certificate | bytes) -> bytes:
    if isinstance(certificate, bytes):
        return certificate
    return certificate.public_bytes(serialization.Encoding.DER)


def _public_key(certificate: x509.Certificate) -> object:
    return serialization.load_der_public_key(certificate.public_key.dump())


def _hash(name: str) -> hashes.HashAlgorithm:
    kind = getattr(hashes, name.upper().replace("-", "_"), None)
    if not isinstance(kind, type) or not issubclass(kind, hashes.HashAlgorithm):
        raise ValueError(f"there is no hash {name!r} to sign with")
    return kind()


def _pss(parameters: Any) -> tuple[padding.PSS, hashes.HashAlgorithm]:
    """What is written down, whatever it is: the key refuses what it cannot do."""
    mgf = padding.MGF1(_hash(parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native))
    algorithm = _hash(parameters["hash_algorithm"]["algorithm"].native)
    return padding.PSS(mgf, parameters["salt_length"].native), algorithm


class StoredSigner(Signer):
    """A signer whose RSA or EC key stays in its store.

    ``certificates`` are the key's own and then those of its issuers, each as DER or as an object of
    cryptography; those that are stored with the key (``Key.certificates``), if none are given. What
    else is given goes to pyHanko's ``Signer``. It holds the native key like the
    objects of :meth:`ncrypt_ext.Key.as_cryptography`, until it is closed or dropped. It signs in a
    thread of the loop's executor.
    """

    def __init__(
        self,
        key: Key,
        certificates: Iterable[Certificate | bytes] | None = None,
        **options: Any,
    ) -> None:
        given = key.certificates if certificates is None else certificates
        chain = [x509.Certificate.load(_der(each)) for each in given]
        self._stored = stored = signing_key(key)
        try:
            if not chain or _public_key(chain[0]) != stored.public_key():
                raise ValueError("the certificates do not begin with that of the key")
            known = SimpleCertificateStore()  # type: ignore[no-untyped-call]
            known.register_multiple(chain[1:])
            super().__init__(signing_cert=chain[0], cert_registry=known, **options)
        except BaseException:
            stored.close()
            raise

    async def async_sign_raw(
        self, data: bytes, digest_algorithm: str, dry_run: bool = False
    ) -> bytes:
        """What pyHanko calls: :meth:`sign_raw`, or as many zeros when it asks for the size."""
        size = (self._stored.key_size + 7) // 8
        if dry_run:
            return bytes(size if isinstance(self._stored, StoredRSAKey) else 2 * size + 9)
        return await asyncio.to_thread(self.sign_raw, data, digest_algorithm)

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        """The signature by the mechanism that pyHanko writes down beside it."""
        mechanism = self.get_signature_mechanism_for_digest(digest_algorithm)
        name = mechanism.signature_algo
        stored = self._stored
        if isinstance(stored, StoredRSAKey):
            if name == "rsassa_pss":
                return stored.sign(data, *_pss(mechanism["parameters"]))
            if name == "rsassa_pkcs1v15":
                return stored.sign(data, padding.PKCS1v15(), _hash(digest_algorithm))
        elif name == "ecdsa":
            return stored.sign(data, ec.ECDSA(_hash(digest_algorithm)))
        raise ValueError(f"a key of this type does not sign by {name}")

    def close(self) -> None:
        """Give the native key up."""
        self._stored.close()
