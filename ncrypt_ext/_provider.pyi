"""Providers: where keys are opened, made, imported and listed."""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias, overload

from cryptography.hazmat.primitives.asymmetric.dh import DHParameters, DHPrivateKey, DHPublicKey
from cryptography.hazmat.primitives.asymmetric.dsa import (
    DSAParameters,
    DSAPrivateKey,
    DSAPublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA65PrivateKey,
    MLDSA87PrivateKey,
)
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM1024PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from typing_extensions import Buffer, final

from ncrypt_ext._key import Key
from ncrypt_ext._key_iterator import KeyIterator
from ncrypt_ext._key_unfinalized import UnfinalizedKey
from ncrypt_ext._notification import KeyWatch
from ncrypt_ext._property_handle import PropertyHandle
from ncrypt_ext.enums import ImplType
from ncrypt_ext.records import AlgorithmInfo, PinRequest, ProviderInfo, UIPolicy

# Of cryptography.
_PrivateKey: TypeAlias = (
    RSAPrivateKey
    | EllipticCurvePrivateKey
    | X25519PrivateKey
    | DHPrivateKey
    | DSAPrivateKey
    | MLDSA44PrivateKey
    | MLDSA65PrivateKey
    | MLDSA87PrivateKey
    | MLKEM768PrivateKey
    | MLKEM1024PrivateKey
)

def implementation() -> str:
    """Who does the work: ``"native"`` (Windows) or ``"portable"`` (the engine of this package)."""

def versions() -> str:
    """The libraries at work, in one line."""

def storage_providers(*, silent: bool = False) -> list[ProviderInfo]:
    """The providers that are installed (NCryptEnumStorageProviders)."""

@final
class Provider(PropertyHandle):
    """A key storage provider (NCryptOpenStorageProvider): the default one, or one by name.

    Names of keys are any ``str`` without NUL characters. ``machine`` means the machine's keys
    instead of the user's, ``silent`` fails where the user would have to be asked, ``key_spec`` is
    the legacy key specification (0, or AT_KEYEXCHANGE 1, AT_SIGNATURE 2). ``pin_callback`` is
    that of the keys to come, see :attr:`Key.pin_callback`.
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        pin_callback: Callable[[PinRequest], str | Buffer | None] | None = None,
    ) -> None: ...
    @staticmethod
    def from_handle(handle: int, *, own: bool) -> Provider:
        """Use a provider that something else opened.

        With ``own`` this object frees the handle, else it only borrows it and the caller keeps it
        valid. That it is a provider's handle is the caller's word: there is no way to ask.
        """

    @property
    def implementation(self) -> str:
        """``"native"`` when Windows does the work, ``"portable"`` when the engine of this package
        does.
        """

    @property
    def name(self) -> str:
        """The provider's name."""

    @property
    def version(self) -> tuple[int, int]:
        """The provider's version: major, minor."""

    @property
    def max_name_length(self) -> int:
        """How long a key's name can be, in UTF-16 units."""

    @property
    def impl_type(self) -> ImplType:
        """Where the provider keeps its keys."""

    @property
    def is_hardware(self) -> bool:
        """Whether it keeps them in a device: a platform module (TPM), a smart card."""

    @property
    def pin_callback(self) -> Callable[[PinRequest], str | Buffer | None] | None:
        """The PIN callback that keys made or opened from now on will have."""

    @pin_callback.setter
    def pin_callback(self, value: Callable[[PinRequest], str | Buffer | None] | None) -> None: ...
    def algorithms(self, operations: int = 0, *, silent: bool = False) -> list[AlgorithmInfo]:
        """The algorithms that can do any of the operations; 0 means all."""

    def is_algorithm_supported(self, algorithm: str, *, silent: bool = False) -> bool:
        """Whether keys of that algorithm can be made."""

    def keys(self, *, machine: bool = False, silent: bool = False) -> KeyIterator:
        """List the stored keys, in constant memory. Changes meanwhile may be missed."""

    def watch_keys(self, *, machine: bool = False, silent: bool = False) -> KeyWatch:
        """Be told of changes of the user's stored keys, or of the machine's
        (NCryptNotifyChangeKey).

        Providers that cannot do it answer with a :class:`~ncrypt_ext.NotSupportedError`.
        """

    def open_key(
        self, name: str, *, machine: bool = False, key_spec: int = 0, silent: bool = False
    ) -> Key:
        """Open a stored key; :class:`~ncrypt_ext.KeyNotFoundError` when there is none."""

    def has_key(
        self, name: str, *, machine: bool = False, key_spec: int = 0, silent: bool = False
    ) -> bool:
        """Whether such a key is stored. A fault of the store is an exception, never False.

        Opens the key for a moment, without an audit event.
        """

    def delete_key(
        self,
        name: str,
        *,
        machine: bool = False,
        key_spec: int = 0,
        missing_ok: bool = False,
        silent: bool = False,
    ) -> None:
        """Delete a stored key. Handles of it that are open go on working until they are closed."""

    def create_persisted_key(
        self,
        algorithm: str,
        name: str | None = None,
        *,
        key_spec: int = 0,
        machine: bool = False,
        overwrite: bool = False,
    ) -> UnfinalizedKey:
        """Begin to make a key (NCryptCreatePersistedKey); without a name it will be ephemeral.

        Set its properties, then call :meth:`UnfinalizedKey.finalize`.
        :class:`~ncrypt_ext.KeyExistsError` when the name is taken, unless ``overwrite``, which
        replaces the old key when the new one is finalized.
        """

    def create_key(
        self,
        algorithm: str,
        name: str | None = None,
        *,
        length: int | None = None,
        curve: str | None = None,
        parameters: Key
        | Buffer
        | DHParameters
        | DHPublicKey
        | DSAParameters
        | DSAPublicKey
        | None = None,
        parameter_set: str | None = None,
        export_policy: int | None = None,
        usage: int | None = None,
        ui_policy: UIPolicy | None = None,
        window_handle: int | None = None,
        properties: Mapping[str, Buffer | str | int] | None = None,
        key_spec: int = 0,
        machine: bool = False,
        overwrite: bool = False,
        legacy_store: bool = False,
        silent: bool = False,
    ) -> Key:
        """Make a key: create, set, finalize. When a step fails nothing is left behind.

        ``parameter_set`` is that of ML-DSA (``"44"``, ``"65"``, ``"87"``) and ML-KEM (``"512"``,
        ``"768"``, ``"1024"``), which need one.

        ``parameters`` are for DH and DSA, see :meth:`UnfinalizedKey.set_parameters`.

        ``properties`` are stored with the key, see :meth:`set_property` for their values.
        """

    @overload
    def import_key(
        self,
        blob: Buffer,
        blob_type: str,
        *,
        name: str | None = None,
        curve: str | None = None,
        export_policy: int | None = None,
        usage: int | None = None,
        ui_policy: UIPolicy | None = None,
        properties: Mapping[str, Buffer | str | int] | None = None,
        machine: bool = False,
        overwrite: bool = False,
        legacy_store: bool = False,
        validate: bool = True,
        finalize: Literal[True] = True,
        silent: bool = False,
    ) -> Key:
        """Import a key from a blob: ``"ECCPUBLICBLOB"``, ``"PKCS8_PRIVATEKEY"``, ...

        With a name a private key is stored; public keys are ephemeral and take none of the settings
        from ``export_policy`` to ``properties``. ``curve`` is for EC blobs
        that do not name their own. ``finalize=False`` returns a private key as an
        :class:`UnfinalizedKey`.

        A private key of the package cryptography (RSA, EC, X25519, DH, DSA, ML-DSA, ML-KEM) is
        taken without a blob type. An EC key signs, unless the ``usage`` names key agreement: then
        it is an ECDH key, which does both as far as the usage says so.
        """

    @overload
    def import_key(
        self,
        blob: Buffer,
        blob_type: str,
        *,
        name: str | None = None,
        curve: str | None = None,
        export_policy: int | None = None,
        usage: int | None = None,
        ui_policy: UIPolicy | None = None,
        properties: Mapping[str, Buffer | str | int] | None = None,
        machine: bool = False,
        overwrite: bool = False,
        legacy_store: bool = False,
        validate: bool = True,
        finalize: Literal[False],
        silent: bool = False,
    ) -> UnfinalizedKey: ...
    @overload
    def import_key(
        self,
        blob: _PrivateKey,
        blob_type: None = None,
        *,
        name: str | None = None,
        export_policy: int | None = None,
        usage: int | None = None,
        ui_policy: UIPolicy | None = None,
        properties: Mapping[str, Buffer | str | int] | None = None,
        machine: bool = False,
        overwrite: bool = False,
        legacy_store: bool = False,
        validate: bool = True,
        finalize: Literal[True] = True,
        silent: bool = False,
    ) -> Key: ...
    @overload
    def import_key(
        self,
        blob: _PrivateKey,
        blob_type: None = None,
        *,
        name: str | None = None,
        export_policy: int | None = None,
        usage: int | None = None,
        ui_policy: UIPolicy | None = None,
        properties: Mapping[str, Buffer | str | int] | None = None,
        machine: bool = False,
        overwrite: bool = False,
        legacy_store: bool = False,
        validate: bool = True,
        finalize: Literal[False],
        silent: bool = False,
    ) -> UnfinalizedKey: ...
    @overload
    def import_pkcs8(
        self,
        data: Buffer | str,
        password: str | Buffer | None = None,
        *,
        name: str | None = None,
        export_policy: int | None = None,
        usage: int | None = None,
        ui_policy: UIPolicy | None = None,
        properties: Mapping[str, Buffer | str | int] | None = None,
        machine: bool = False,
        overwrite: bool = False,
        legacy_store: bool = False,
        validate: bool = True,
        finalize: Literal[True] = True,
        silent: bool = False,
    ) -> Key:
        """Import a private key in PKCS #8 (RFC 5958), as DER or as text (PEM), encrypted or not.

        What encrypts it is PBES2 (with PBKDF2 or scrypt), or one of the schemes with 3DES and SHA-1
        of PKCS #12, as Windows writes them. A password is a ``str`` or bytes in ASCII. A wrong or
        missing one is an :class:`~ncrypt_ext.AccessDeniedError`, and one for a key that is not
        encrypted a ``ValueError``, as are data without a key. In text other things may stand around
        the key.

        The other arguments are those of :meth:`import_key`, whose audit event is raised.
        """

    @overload
    def import_pkcs8(
        self,
        data: Buffer | str,
        password: str | Buffer | None = None,
        *,
        name: str | None = None,
        export_policy: int | None = None,
        usage: int | None = None,
        ui_policy: UIPolicy | None = None,
        properties: Mapping[str, Buffer | str | int] | None = None,
        machine: bool = False,
        overwrite: bool = False,
        legacy_store: bool = False,
        validate: bool = True,
        finalize: Literal[False],
        silent: bool = False,
    ) -> UnfinalizedKey: ...
    def clone_key(
        self,
        key: Key,
        *,
        name: str | None = None,
        export_policy: int | None = None,
        usage: int | None = None,
        properties: Mapping[str, Buffer | str | int] | None = None,
        machine: bool = False,
        overwrite: bool = False,
        legacy_store: bool = False,
        silent: bool = False,
    ) -> Key:
        """Make a copy of a private key, of this provider or of another one, in this one.

        The key's export policy must allow an encrypted export (``ExportPolicy.ALLOW_EXPORT``): it
        goes from one to the other as PKCS #8 under a random password. The copy has the key's
        usage, certificates and export policy (but for the archiving that is allowed once: this was
        it), unless they are given, and the ``properties`` that are given; without a name it is
        ephemeral. An ECDH key whose usage lacks agreement, or an ECDSA key whose usage names it,
        cannot be cloned. When a step fails no copy is left behind, and a key of that name stays as
        it was.

        A key that is a secret (AES, PBKDF2, ...) has no encrypted form: its policy must allow a
        plain one (``ExportPolicy.ALLOW_PLAINTEXT_EXPORT``).

        Raises the audit events ``ncrypt_ext.export_key`` and ``ncrypt_ext.import_key``.
        """

    def import_secret(
        self,
        algorithm: str,
        secret: Buffer,
        name: str | None = None,
        *,
        export_policy: int | None = None,
        usage: int | None = None,
        properties: Mapping[str, Buffer | str | int] | None = None,
        machine: bool = False,
        overwrite: bool = False,
        silent: bool = False,
    ) -> Key:
        """Make a key of a secret: one to :meth:`Key.derive` others from (NCryptCreatePersistedKey),
        or a symmetric one to encrypt with (``AES``, ``3DES``; NCryptImportKey).

        The algorithm is one of key derivation, named in :mod:`ncrypt_ext.properties`: ``PBKDF2``
        for a password (in the encoding of your choice, say UTF-8), ``HKDF``,
        ``SP800_108_CTR_HMAC``, ... With a name the key is stored. The memory of the secret stays
        the caller's, who may want to overwrite it.
        """

def audit_import(provider: Provider, kind: object, name: object, machine: bool) -> None:
    """The audit event of an import."""
