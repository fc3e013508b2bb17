"""Certificate stores, and certificates with the keys that they say they have.

Not public: :func:`ncrypt_ext.list_certificates` and its neighbours are made of these.
"""

from collections.abc import Callable
from typing import final

from typing_extensions import Buffer

from ncrypt_ext._handle import Handle
from ncrypt_ext._key import Key

def provider_of(key: Key) -> str | None:
    """The name of the provider that a key belongs to; None when that one does not tell."""

def remember(key: Key, chain: tuple[bytes, ...]) -> None:
    """What the key's certificates are from now on, as this object tells."""

def open_store(name: str, *, machine: bool, writable: bool) -> CertificateStore:
    """Open a store of the user or the machine (CertOpenStore)."""

def import_store(
    data: Buffer,
    password: str | None,
    *,
    exportable: bool,
    machine: bool,
    persist: bool = True,
    discard: Callable[[CertificateStore], object] | None = None,
) -> CertificateStore:
    """Import the keys of a PFX (PFXImportCertStore).

    The store that is returned is not a stored one: what is in it names the imported keys. With
    ``persist=False`` they are not stored either, and live as long as their certificates. When a
    signal's handler raised meanwhile, ``discard`` is called with the store before that goes on.
    """

@final
class CertificateStore(Handle):
    """An ``HCERTSTORE``. Its native handle is closed after those of its certificates."""

    def certificates(self) -> list[Certificate]:
        """All of them, each with a native handle of its own."""

    def add(self, der: Buffer) -> tuple[Certificate, bool]:
        """The certificate in the store, and whether it was put there."""

@final
class Certificate(Handle):
    """A ``PCCERT_CONTEXT``."""

    @property
    def der(self) -> bytes:
        """The certificate."""

    def key_info(self) -> tuple[str, str, int, int] | None:
        """Name, provider, its type and flags of the key that the certificate says it has; None when
        it says none.
        """

    def set_key(
        self,
        name: str,
        provider: str,
        *,
        provider_type: int = 0,
        machine: bool = False,
        key_spec: int = 0,
    ) -> None:
        """Say whose certificate it is, in the store."""

    def remove(self) -> None:
        """Take it out of its store. This object stays as it is."""

    def open_key(self, chain: tuple[bytes, ...] | None, *, silent: bool = False) -> Key:
        """The private key: as CNG has it, or converted where only CryptoAPI has it."""
