"""The typed properties of keys."""

from datetime import datetime

from ncrypt_ext._key_security import SecuredKey
from ncrypt_ext.enums import ExportPolicy, ImplType, KeyUsage
from ncrypt_ext.records import KeyLengths, UIPolicy

class PropertyKey(SecuredKey):
    """A key's properties. One that the key does not have is None."""

    @property
    def length(self) -> int:
        """The key's length in bits.

        That of an EC key comes from its curve where the provider does not tell it otherwise: some
        devices say 0. A :class:`~ncrypt_ext.NotSupportedError` when there is no way to know.
        """

    @property
    def lengths(self) -> KeyLengths:
        """The lengths that keys of this algorithm can have. Raises :class:`NotSupportedError` for
        ML-DSA and ML-KEM, whose parameter sets take their place.
        """

    @property
    def signature_length(self) -> int | None:
        """The length of a signature in bytes."""

    @property
    def block_length(self) -> int | None:
        """The length of a ciphertext in bytes."""

    @property
    def curve(self) -> str | None:
        """The elliptic curve: ``"nistP256"``, ..."""

    @property
    def parameter_set(self) -> str | None:
        """The parameter set of an ML-DSA or ML-KEM key: ``"65"``, ``"768"``, ..."""

    @property
    def impl_type(self) -> ImplType | None:
        """Where the provider keeps the key, for providers that say so of keys."""

    @property
    def export_policy(self) -> ExportPolicy:
        """What of the private key may leave the store. Once the key is finalized it can only become
        stricter, which is stored at once; that of a key that was imported without a name, anything
        until it is used.
        """

    @export_policy.setter
    def export_policy(self, value: int) -> None: ...
    @property
    def usage(self) -> KeyUsage:
        """What the private key may be used for."""

    @property
    def modified(self) -> datetime | None:
        """When the stored key was last changed, in UTC; None for an ephemeral key."""

    @property
    def use_context(self) -> str | None:
        """Text for the user about what this handle is used for. Not stored."""

    @use_context.setter
    def use_context(self, value: str) -> None: ...
    @property
    def window_handle(self) -> int:
        """The window (HWND) of questions to the user; 0 when none was set. Not stored."""

    @window_handle.setter
    def window_handle(self, value: int) -> None: ...
    @property
    def ui_policy(self) -> UIPolicy | None:
        """What the user is asked when the key is used."""
