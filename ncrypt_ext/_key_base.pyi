"""What every key has, finalized or not: what it is called and what it is."""

from typing_extensions import disjoint_base

from ncrypt_ext._property_handle import PropertyHandle

@disjoint_base
class KeyBase(PropertyHandle):
    """A key, finalized or not. What cannot change any more is asked once and remembered."""

    @property
    def algorithm(self) -> str | None:
        """The algorithm: ``"RSA"``, ``"ECDSA_P256"``, ..."""

    @property
    def algorithm_group(self) -> str | None:
        """The algorithm's family: ``"RSA"``, ``"ECDSA"``, ..."""

    @property
    def name(self) -> str | None:
        """The name the key is stored under; None for an ephemeral key."""

    @property
    def unique_name(self) -> str | None:
        """The provider's own name for the stored key; None for an ephemeral key."""

    @property
    def is_machine_key(self) -> bool:
        """Whether the key belongs to the machine and not to the user."""
