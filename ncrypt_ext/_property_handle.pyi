"""Handles with native properties: providers and keys."""

from typing_extensions import Buffer

from ncrypt_ext._handle import Handle

class PropertyHandle(Handle):
    """What providers and keys have in common: properties by name."""

    def get_property(self, name: str, *, persist_only: bool = False, silent: bool = False) -> bytes:
        """Read a property as the bytes the API returns (NCryptGetProperty).

        Text is UTF-16 with its NUL, numbers are little-endian. ``persist_only`` reads only values
        stored under that name by an application. A property without a value is a
        :class:`~ncrypt_ext.PropertyNotFoundError` or a :class:`~ncrypt_ext.NotSupportedError`. The
        value of ``"Provider Handle"`` is a new reference, which is the caller's to free.
        """

    def set_property(
        self,
        name: str,
        value: Buffer | str | int,
        *,
        persist: bool = False,
        persist_only: bool = False,
        silent: bool = False,
    ) -> None:
        """Set a property (NCryptSetProperty).

        ``value`` is bytes as they are, a ``str`` for text (stored as UTF-16 with a NUL) or an
        ``int`` for a 32-bit number. ``persist`` stores it with the key, ``persist_only`` stores it
        without a meaning to the provider, whatever the name; without either it lasts as long as
        this handle.
        """

    def has_property(self, name: str, *, persist_only: bool = False, silent: bool = False) -> bool:
        """Whether the property has a value."""
