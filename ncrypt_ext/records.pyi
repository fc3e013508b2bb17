"""What enumerations and structured properties return: tuples with names."""

from typing import NamedTuple

from ncrypt_ext.enums import AlgorithmClass, AlgorithmOperation

__all__ = ["AlgorithmInfo", "KeyInfo", "KeyLengths", "ProviderInfo", "UIPolicy"]

class KeyInfo(NamedTuple):
    """One stored key, as an enumeration reports it."""

    name: str
    algorithm: str
    legacy_spec: int
    flags: int
    machine: bool

class AlgorithmInfo(NamedTuple):
    """One algorithm of a provider."""

    name: str
    algorithm_class: AlgorithmClass
    operations: AlgorithmOperation
    flags: int

class ProviderInfo(NamedTuple):
    """One installed provider."""

    name: str
    comment: str

class KeyLengths(NamedTuple):
    """The key lengths, in bits, that an algorithm can have."""

    minimum: int
    maximum: int
    increment: int
    default: int

class UIPolicy(NamedTuple):
    """What the user is asked when the key is created and used."""

    flags: int = 0
    creation_title: str | None = None
    friendly_name: str | None = None
    description: str | None = None
