"""Contexts of CryptoAPI 1.0: a provider, and a container of up to two keys."""

from typing import Literal, final

from typing_extensions import Buffer

from ncrypt_ext._capi_key import ContextKey, _Hash
from ncrypt_ext._handle import Handle
from ncrypt_ext._key import Key
from ncrypt_ext.enums import KeySpec

def delete_container(
    container: str,
    *,
    provider: str | None = None,
    provider_type: int = 24,
    machine: bool = False,
    silent: bool = False,
    missing_ok: bool = False,
) -> None:
    """Delete a container with its keys.

    Contexts that are open keep what they have read, but it is stored no more. Raises
    :class:`~ncrypt_ext.KeyNotFoundError` when there is none, unless ``missing_ok``.
    """

@final
class Context(Handle):
    """A cryptographic context (an ``HCRYPTPROV``): a provider, and one container in it.

    A container has a name and up to two keys, one for each :class:`~ncrypt_ext.KeySpec`. Keys of a
    context stay usable when it is closed; its handle is released with the last of them.
    """

    def __init__(
        self,
        container: str | None = None,
        *,
        provider: str | None = None,
        provider_type: int = 24,
        new: bool = False,
        machine: bool = False,
        verify: bool = False,
        silent: bool = False,
    ) -> None:
        """Open a container, or make one.

        ``container`` is its name; None the user's default container. ``new`` makes it: there must
        be none yet (:class:`~ncrypt_ext.KeyExistsError`); otherwise there must be one
        (:class:`~ncrypt_ext.KeyNotFoundError`). ``machine``: of the machine instead of the user.
        ``verify``: no container at all, and keys that live as long as the context.
        ``silent``: fail instead of asking the user. ``provider`` is a provider's name, None the
        default one of ``provider_type`` (:data:`~ncrypt_ext.capi.PROV_RSA_AES`;
        :data:`~ncrypt_ext.capi.PROV_RSA_FULL` knows no SHA-2).
        """

    @staticmethod
    def from_handle(handle: int, *, own: bool) -> Context:
        """A Context for an ``HCRYPTPROV`` from elsewhere.

        ``own=True``: it is released here. ``own=False``: a reference of its own is added, so that
        the handle's owner may release it at any time.
        """

    def parameter(self, number: int) -> bytes:
        """A parameter of the provider (``CryptGetProvParam``), by its number (``PP_*``).

        The names of containers come from :meth:`containers` only.
        """

    @property
    def container(self) -> str | None:
        """The container's name; None when the context has none."""

    @property
    def unique_container(self) -> str | None:
        """The provider's own name for the container; None when the context has none."""

    @property
    def provider_name(self) -> str:
        """The provider's name."""

    @property
    def provider_type(self) -> int:
        """The provider's type, as the provider tells it."""

    @property
    def is_machine(self) -> bool:
        """Whether the container belongs to the machine and not to the user."""

    def containers(self) -> list[str]:
        """The names of all containers: of the user or, for a context of it, of the machine.

        Raises :class:`~ncrypt_ext.BadStateError` while another thread lists them by this context.
        """

    @property
    def key_specs(self) -> tuple[KeySpec, ...]:
        """Which of its two keys the container has."""

    def key(self, key_spec: int) -> ContextKey:
        """The container's key of that kind.

        Raises :class:`~ncrypt_ext.KeyNotFoundError` when it has none.
        """

    def generate_key(
        self, key_spec: int, length: int = 2048, *, exportable: bool = False
    ) -> ContextKey:
        """Make an RSA key of ``length`` bits, in place of the one of that kind if there is one.

        Only with ``exportable`` the private key can be exported. On the portable engine Ctrl-C
        ends the generation, and so does closing the context in another thread
        (:class:`~ncrypt_ext.CancelledError`); in its last moment the new key may be there already.
        """

    def import_key(self, blob: Buffer, *, exportable: bool = False) -> ContextKey:
        """Import a ``PUBLICKEYBLOB`` or a ``PRIVATEKEYBLOB``.

        A private key goes into the container, in place of the one of that kind; the blob says
        which kind it is of. A public key is not stored.
        """

    def sign(
        self,
        digest: Buffer,
        hash: _Hash,
        key_spec: int = 2,
        *,
        byteorder: Literal["little", "big"] = "little",
    ) -> bytes:
        """Sign a digest with a key of the container; RSA, PKCS #1 v1.5.

        ``hash`` is the digest's algorithm. CryptoAPI has the least significant byte of a signature
        first; all others have it last: ``byteorder="big"``.
        """

    def to_ncrypt(self, key_spec: int) -> Key:
        """The key of that kind as a key of CNG's (``NCryptTranslateHandle``).

        It does not depend on this context, and its provider is released with it.
        """
