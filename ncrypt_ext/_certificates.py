# SPDX-License-Identifier: MIT
"""The public functions about certificates. What does the work is imported when it is needed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Buffer

    from ncrypt_ext._key import Key
    from ncrypt_ext._x509 import _CertificateSource
    from ncrypt_ext.records import CertificateInfo

__all__ = ["add_certificate", "import_pfx", "list_certificates", "open_certificate_key"]


def list_certificates(*, store: str = "MY", machine: bool = False) -> list[CertificateInfo]:
    """The certificates in a store of the user, or of the machine.

    ``"MY"`` has those with keys, ``"CA"`` those of issuers. On the portable engine there are these
    two, and they show what is attached to the stored keys
    (:meth:`Key.set_certificates() <ncrypt_ext.Key.set_certificates>`). A store that is not there is
    a :class:`~ncrypt_ext.NotFoundError`.
    """
    from ncrypt_ext import _certificate_stores

    return _certificate_stores.list_certificates(store=store, machine=machine)


def open_certificate_key(
    *,
    thumbprint: str | None = None,
    subject: str | None = None,
    store: str = "MY",
    machine: bool = False,
    silent: bool = False,
) -> Key:
    """Open the private key of a certificate that is in a store.

    Give ``thumbprint``, the certificate's SHA-1 or SHA-256 in hexadecimal digits (spaces, colons
    and case do not matter), or ``subject``, a part of the subject as
    :attr:`CertificateInfo.subject <ncrypt_ext.CertificateInfo>` shows it, in any case. If
    certificates of several subjects have it, that is a ``ValueError`` which lists them, unless it
    is the whole subject of one. Of several with the same subject one is taken that is valid now, if
    there is one, and of those the one that ends last. Nobody checks whether a certificate is to be
    trusted.

    No such certificate, or one without a key, is a :class:`~ncrypt_ext.KeyNotFoundError`. The
    key's :attr:`~ncrypt_ext.Key.certificates` are the certificate and its issuers, as far as they
    are in this store and in ``"CA"``. Keys that belong to CryptoAPI are converted. Raises the audit
    event ``ncrypt_ext.open_certificate_key``.
    """
    from ncrypt_ext import _certificate_stores

    return _certificate_stores.open_certificate_key(
        thumbprint=thumbprint, subject=subject, store=store, machine=machine, silent=silent
    )


def add_certificate(
    certificate: _CertificateSource, key: Key, *, store: str = "MY", machine: bool = False
) -> None:
    """Put the certificate of a stored key into a store, together with the key's name.

    ``certificate`` is DER, PEM, or a certificate of the package cryptography; ``machine`` says
    whose store it is. A certificate of another key is a ``ValueError``, and so is an ephemeral key.
    A certificate that is there already gets the key. On the portable engine this attaches the
    certificate to the key, like
    :meth:`Key.set_certificates() <ncrypt_ext.Key.set_certificates>`. Raises the audit event
    ``ncrypt_ext.add_certificate`` with the key's name, whether it is a machine key, the store and
    whether that is the machine's.
    """
    from ncrypt_ext import _certificate_stores

    _certificate_stores.add_certificate(certificate, key, store=store, machine=machine)


def import_pfx(
    data: Buffer, password: str | None, *, exportable: bool = False, machine: bool = False
) -> Key:
    """Import a PFX (PKCS #12): its private key and the certificates of it.

    The key is stored by the software key storage provider under a fresh name, for the user or for
    the machine. It cannot be exported, unless ``exportable``: then it can, encrypted only. Its
    :attr:`~ncrypt_ext.Key.certificates` are those of the PFX; the key's own goes into the store
    ``"MY"``, those of issuers into ``"CA"``, on Windows without a self-signed one. None goes into
    ``"Root"``: nobody is trusted because of an import. ``password`` None and ``""`` mean the same.

    The PFX must have one private key, else it is a ``ValueError``; a wrong password is a
    :class:`~ncrypt_ext.AccessDeniedError`. When anything fails, nothing is left behind. Raises
    the audit event ``ncrypt_ext.import_pfx`` with ``machine`` and ``exportable``.
    """
    from ncrypt_ext import _certificate_stores

    return _certificate_stores.import_pfx(data, password, exportable=exportable, machine=machine)
