# SPDX-License-Identifier: MIT
"""What a channel is told about certificates, algorithms and time. No native calls."""

from __future__ import annotations

import os

from ncrypt_ext._public_info import pem
from ncrypt_ext._ws_checks import milliseconds
from ncrypt_ext._ws_enums import CertFailure, SecureProtocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from typing_extensions import Buffer

    from ncrypt_ext._key import Key

    _Path = str | os.PathLike[str]

__all__ = [
    "Algorithms",
    "PemCertificate",
    "SslTransport",
    "StoredCertificate",
    "Timeouts",
    "WindowsCertificate",
]

CERTIFICATE = b"-----BEGIN CERTIFICATE-----"
DIGESTS = ("SHA1", "SHA256", "SHA384", "SHA512")
SIGNATURES = tuple(f"{kind}-{digest}" for kind in ("RSA", "HMAC") for digest in DIGESTS)
STORES = {False: 0x00010000, True: 0x00020000}  # CERT_SYSTEM_STORE_*


def _content(source: _Path | Buffer, what: str) -> bytes:
    """PEM as it is, or what is in a file."""
    if isinstance(source, str) and "-----BEGIN " in source:  # an OSError would show it
        raise TypeError(f"{what} must be bytes where it is the PEM itself: a str is a path")
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            return file.read()
    try:
        return bytes(memoryview(source))
    except TypeError:
        raise TypeError(
            f"{what} must be a path or the PEM itself as bytes, not {type(source).__name__!r}"
        ) from None


def _certificates(text: bytes, what: str) -> bytes:
    if CERTIFICATE not in text:
        raise ValueError(f"{what} has no certificate in PEM, which begins with {CERTIFICATE!r}")
    if b"\0" in text:
        raise ValueError(f"{what} has NUL bytes in it, so it is no PEM")
    return text


class _Record:
    """What is said once, and never changed."""

    __slots__ = ()

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def __setstate__(self, state: tuple[None, dict[str, object]]) -> None:
        """Of a copy that is being made."""
        self._set(**state[1])


class PemCertificate(_Record):
    """A client's certificate with its private key, both in PEM.

    ``certificates`` is a path, or the PEM itself as bytes: the client's certificate first, and then
    those that lead to its root, if the server has to be told. ``private_key`` is the same of a
    private key, ``passphrase`` what it is encrypted with. Windows takes none of this: there it has
    to be a :class:`WindowsCertificate`.
    """

    __slots__ = ("_passphrase", "_private_key", "certificates")
    certificates: bytes
    _private_key: bytes
    _passphrase: bytes

    def __init__(
        self,
        certificates: _Path | Buffer,
        private_key: _Path | Buffer,
        passphrase: str | Buffer | None = None,
    ) -> None:
        chain = _certificates(_content(certificates, "certificates"), "certificates")
        key = _content(private_key, "private_key")
        if b"PRIVATE KEY-----" not in key:
            raise ValueError("private_key has no private key in PEM")
        if passphrase is None:
            secret = b""
        elif isinstance(passphrase, str):
            secret = passphrase.encode()
        else:
            secret = bytes(memoryview(passphrase))
        if passphrase is not None and not secret:
            raise ValueError("passphrase must not be empty: None means that there is none")
        self._set(certificates=chain, _private_key=key, _passphrase=secret)

    def __repr__(self) -> str:
        return f"<PemCertificate {len(self.certificates)} bytes>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a PemCertificate cannot be copied or pickled: it has a private key in it")


class StoredCertificate(_Record):
    """A client's certificate whose private key is one of key storage.

    ``certificates`` is the client's certificate as PEM or DER, as bytes; in PEM those that lead to
    its root may follow. The channel holds ``key``, which may be closed or dropped afterwards.
    Windows takes no such pair: there it has to be a :class:`WindowsCertificate`, which Windows
    itself has connected with its key.
    """

    __slots__ = ("certificates", "key")
    certificates: bytes
    key: Key

    def __init__(self, certificates: _Path | Buffer, key: Key) -> None:
        from ncrypt_ext._key import Key

        if not isinstance(key, Key):
            raise TypeError(f"key must be a Key, which is finalized, not {type(key).__name__!r}")
        chain = _content(certificates, "certificates")
        if chain[:1] == b"\x30":  # of a SEQUENCE
            chain = pem("CERTIFICATE", chain).encode()
        self._set(certificates=_certificates(chain, "certificates"), key=key)

    def __repr__(self) -> str:
        return f"<StoredCertificate {len(self.certificates)} bytes>"


class WindowsCertificate(_Record):
    """A client's certificate from a certificate store of Windows.

    ``thumbprint`` is the SHA-1 digest of the certificate, in hexadecimal digits; ``store`` the
    name of the store, of the user or of the ``machine``. The certificate has to be connected with
    its private key there.
    """

    __slots__ = ("machine", "store", "thumbprint")
    machine: bool
    store: str
    thumbprint: str

    def __init__(self, *, thumbprint: str, store: str = "My", machine: bool = False) -> None:
        if not isinstance(thumbprint, str) or not isinstance(store, str):
            raise TypeError("thumbprint and store must be str")
        digits = thumbprint.replace(" ", "").replace(":", "")
        if len(digits) != 40 or not set(digits) <= set("0123456789abcdefABCDEF"):
            raise ValueError("thumbprint must have 40 hexadecimal digits, those of a SHA-1 digest")
        if not store:
            raise ValueError("store must not be empty")
        self._set(machine=bool(machine), store=store, thumbprint=digits.upper())

    def __repr__(self) -> str:
        more = ", machine=True" if self.machine else ""
        return f"WindowsCertificate(thumbprint={self.thumbprint!r}, store={self.store!r}{more})"

    @property
    def location(self) -> int:
        """The number of the store's location (CERT_SYSTEM_STORE_*)."""
        return STORES[self.machine]


class SslTransport(_Record):
    """TLS for a channel with an ``https://`` address (``WS_SSL_TRANSPORT_SECURITY_BINDING``).

    The server's certificate has to lead to a root that the system trusts, or, with ``ca_file`` (a
    path) or ``ca_data`` (bytes), to one of those in that PEM and to no other. Windows takes neither
    of the two: what it trusts is in its certificate stores.

    ``client_certificate`` is a :class:`PemCertificate`, a :class:`StoredCertificate` or a
    :class:`WindowsCertificate`, for servers that want one. It has nothing to do with the tokens,
    which sign the message.

    ``check_hostname=False`` takes a certificate for any host. ``ignore_failures`` says what else
    may be wrong with it; by default only that nobody can be asked whether it was revoked, as
    Windows has it. ``check_revocation=False`` does not ask. ``disallowed_protocols`` are versions
    of TLS not to be spoken; None leaves that to the system.
    """

    __slots__ = (
        "ca_data",
        "check_hostname",
        "check_revocation",
        "client_certificate",
        "disallowed_protocols",
        "ignore_failures",
    )
    ca_data: bytes | None
    check_hostname: bool
    check_revocation: bool
    client_certificate: PemCertificate | StoredCertificate | WindowsCertificate | None
    disallowed_protocols: SecureProtocol | None
    ignore_failures: CertFailure

    def __init__(
        self,
        *,
        ca_file: _Path | None = None,
        ca_data: Buffer | None = None,
        client_certificate: PemCertificate | StoredCertificate | WindowsCertificate | None = None,
        check_hostname: bool = True,
        ignore_failures: CertFailure = CertFailure.REVOCATION_OFFLINE,
        check_revocation: bool = True,
        disallowed_protocols: SecureProtocol | None = None,
    ) -> None:
        if ca_file is not None and ca_data is not None:
            raise ValueError("ca_file and ca_data are two ways to say the same: give one of them")
        if isinstance(ca_data, str):
            raise TypeError("ca_data must be bytes: a path is for ca_file")
        kinds = (PemCertificate, StoredCertificate, WindowsCertificate)
        if client_certificate is not None and not isinstance(client_certificate, kinds):
            raise TypeError(
                "client_certificate must be a PemCertificate, a StoredCertificate or a "
                f"WindowsCertificate, not {type(client_certificate).__name__!r}"
            )
        ca = None
        if ca_file is not None:
            ca = _certificates(_content(ca_file, "ca_file"), "ca_file")
        elif ca_data is not None:
            ca = _certificates(_content(ca_data, "ca_data"), "ca_data")
        if not isinstance(ignore_failures, int) or ignore_failures & ~0x1F:
            raise ValueError("ignore_failures must be a CertFailure")
        protocols = disallowed_protocols
        if protocols is not None and (not isinstance(protocols, int) or protocols & ~0x1F):
            raise ValueError("disallowed_protocols must be a SecureProtocol, or None")
        failures = CertFailure(ignore_failures)
        if not check_hostname:
            failures |= CertFailure.CN_MISMATCH
        self._set(
            ca_data=ca,
            check_hostname=not failures & CertFailure.CN_MISMATCH,
            check_revocation=bool(check_revocation),
            client_certificate=client_certificate,
            disallowed_protocols=None if protocols is None else SecureProtocol(protocols),
            ignore_failures=failures,
        )

    def __repr__(self) -> str:
        trust = "the system's roots" if self.ca_data is None else "roots of its own"
        client = ", a client certificate" if self.client_certificate is not None else ""
        return f"<SslTransport {trust}{client}>"


class Algorithms(_Record):
    """With what a channel signs (``WS_SECURITY_ALGORITHM_SUITE``).

    ``digest`` is ``"SHA1"``, ``"SHA256"``, ``"SHA384"`` or ``"SHA512"``; ``signature`` is
    ``"RSA-"`` or ``"HMAC-"`` with one of these behind it, as the token's key needs it, and by
    default the one with the same digest.
    """

    __slots__ = ("digest", "signature")
    digest: str
    signature: str | None

    def __init__(self, digest: str = "SHA256", signature: str | None = None) -> None:
        if digest not in DIGESTS:
            raise ValueError(f"digest must be one of {', '.join(DIGESTS)}, not {digest!r}")
        if signature is not None and signature not in SIGNATURES:
            raise ValueError(f"signature must be one of {', '.join(SIGNATURES)}, not {signature!r}")
        self._set(digest=digest, signature=signature)

    def __repr__(self) -> str:
        return f"Algorithms(digest={self.digest!r}, signature={self.signature!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Algorithms):
            return NotImplemented
        return (self.digest, self.signature) == (other.digest, other.signature)

    def __hash__(self) -> int:
        return hash((self.digest, self.signature))


class Timeouts(_Record):
    """How long the steps of a request may take, in seconds; None: without end.

    ``resolve`` is for the host's name, ``connect`` for the connection and TLS, ``send`` for the
    request, ``response`` for the wait until the reply begins, ``receive`` for the rest of it.
    """

    __slots__ = ("connect", "receive", "resolve", "response", "send")
    connect: float | None
    receive: float | None
    resolve: float | None
    response: float | None
    send: float | None

    def __init__(
        self,
        *,
        resolve: float | None = None,
        connect: float | None = 30,
        send: float | None = 30,
        response: float | None = 30,
        receive: float | None = 30,
    ) -> None:
        values = {
            "resolve": resolve,
            "connect": connect,
            "send": send,
            "response": response,
            "receive": receive,
        }
        for name, value in values.items():
            if value is not None:
                milliseconds(value, name)
        self._set(**values)

    def __repr__(self) -> str:
        names = ("resolve", "connect", "send", "response", "receive")
        return f"Timeouts({', '.join(f'{name}={getattr(self, name)}' for name in names)})"
