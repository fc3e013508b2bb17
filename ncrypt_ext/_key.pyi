"""The public key class: the end of the chain."""

from collections.abc import Iterable
from typing import Any, Literal

from typing_extensions import Buffer, final

from ncrypt_ext._key_agreement import AgreementKey
from ncrypt_ext._x509 import _CertificateSource
from ncrypt_ext.integrations.cryptography_keys import StoredEllipticCurveKey, StoredRSAKey

@final
class Key(AgreementKey):
    """A finalized key: it signs, verifies, encrypts, decrypts, agrees on secrets, and is exported.

    Keys come from :class:`~ncrypt_ext.Provider` (``open_key``, ``create_key``, ``import_key``),
    from :meth:`UnfinalizedKey.finalize() <ncrypt_ext.UnfinalizedKey.finalize>` and from
    :meth:`from_handle`. A key keeps its provider's native handle alive: the provider may be closed
    first.

    Any number of threads may use one key.
    """

    @staticmethod
    def from_handle(handle: int, *, own: bool) -> Key:
        """Use a key that something else opened.

        With ``own`` this object frees the handle, else it only borrows it and the caller keeps it
        valid.
        """

    def delete(self, *, silent: bool = False) -> None:
        """Delete the stored key and close this object (NCryptDeleteKey).

        While a call of another thread uses the key nothing is deleted:
        :class:`~ncrypt_ext.BadStateError`, and the key stays as it was. Other handles of the same
        stored key go on working until they are closed. Deleting an ephemeral key just frees it.
        """

    def export(self, blob_type: str, *, silent: bool = False) -> bytes:
        """Export the key as a blob (NCryptExportKey): ``"ECCPUBLICBLOB"``, ``"PKCS8_PRIVATEKEY"``,
        ...

        Private blobs need an export policy that allows it.
        """

    def export_pkcs8(
        self,
        password: str | Buffer | None = None,
        *,
        encryption: Literal["PBES2", "3DES"] | None = None,
        iterations: int | None = None,
        silent: bool = False,
    ) -> bytes:
        """The private key as DER of PKCS #8 (RFC 5958), encrypted when there is a password.

        An encrypted key is let out by ``ExportPolicy.ALLOW_EXPORT``; without a password it takes
        ``ALLOW_PLAINTEXT_EXPORT``. A password is a ``str`` or bytes in ASCII, not empty
        and not longer than 1,024 characters.
        ``encryption`` is ``"PBES2"`` (AES-256, and PBKDF2 with HMAC-SHA-256) or ``"3DES"`` (with
        SHA-1, of PKCS #12, which every Windows reads and writes). By default it is PBES2, and 3DES
        where the key store does not write that. ``iterations`` says how often the password is
        hashed, 600,000 times by default.

        Raises the audit event ``ncrypt_ext.export_key`` as :meth:`export` does.
        """

    def public_key_der(self) -> bytes:
        """The public key as a DER SubjectPublicKeyInfo."""

    def public_key_pem(self) -> str:
        """The public key as a PEM SubjectPublicKeyInfo (``-----BEGIN PUBLIC KEY-----``)."""

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """The certificates of the key, as DER: its own, followed by those of the issuers. Empty
        when there are none.

        They come from the property ``"SmartCardKeyCertificate"``; those of a key that
        :func:`~ncrypt_ext.open_certificate_key` has opened are the ones of that call.
        """

    def set_certificates(
        self,
        certificates: _CertificateSource | Iterable[_CertificateSource],
        *,
        silent: bool = False,
    ) -> None:
        """Attach the key's own certificate, followed by those of its issuers in order.

        Each is DER, PEM (any number in one) or a certificate of the package cryptography. They are
        stored with the key in one step, in place of those that were. A first one that
        has another public key, and one that did not issue the one before it as far as their names
        tell, are a ``ValueError``. Raises the audit event ``ncrypt_ext.set_certificates`` with the
        key's name and whether it is a machine key.
        """

    def remove_certificates(self, *, silent: bool = False) -> None:
        """Detach the key's certificates; that there are none is no failure.

        What is in a certificate store of Windows stays there. Raises the audit event
        ``ncrypt_ext.remove_certificates``, like :meth:`set_certificates`.
        """

    # Any is StoredX25519Key: it does not sign, so that every use of the others would be an error.
    def as_cryptography(self) -> StoredRSAKey | StoredEllipticCurveKey | Any:
        """The key as a private key of the package cryptography, for whatever takes one.

        It signs (and decrypts) in the key store; the private key is not exported. The object keeps
        the native key open by itself, until it is dropped or closed: this Key may be closed first,
        but it cannot be deleted or detached before (:class:`~ncrypt_ext.BadStateError`). It has the
        PIN callback that this key has now. Each call makes another object.

        Needs the extra ``ncrypt-ext[cryptography]``: else ImportError. An RSA key becomes a
        ``StoredRSAKey``, an EC key a ``StoredEllipticCurveKey``, one on curve25519 a
        ``StoredX25519Key``, a DSA key a ``StoredDSAKey``, an ML-DSA or ML-KEM key one that
        cryptography takes for its own of the same parameter set. Keys of other types, on curves
        that cryptography does not have, and public keys are a
        :class:`~ncrypt_ext.NotSupportedError`.
        """
