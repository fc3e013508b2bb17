"""What enumerations and structured properties return: tuples with names."""

from datetime import datetime
from typing import NamedTuple

from ncrypt_ext.enums import AlgorithmClass, AlgorithmOperation
from ncrypt_ext.errors import NCryptError

__all__ = [
    "AlgorithmInfo",
    "CertificateInfo",
    "KeyInfo",
    "KeyLengths",
    "PinRequest",
    "ProviderInfo",
    "UIPolicy",
    "WsFault",
]

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

class CertificateInfo(NamedTuple):
    """One certificate in a store, and the key that it says it has.

    ``certificate`` is DER, ``thumbprint`` its SHA-1 in hexadecimal digits, as Windows shows it.
    ``subject`` and ``issuer`` are written as in RFC 4514, the most specific part first;
    ``not_before`` and ``not_after`` are in UTC. ``provider`` and ``key_name`` are None when it has
    no key. ``machine`` says whether that is a machine key; without a key, whose the store is.

    One that is malformed has empty names, and is valid at no time: both times are
    ``datetime.min``.
    """

    certificate: bytes
    thumbprint: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    provider: str | None
    key_name: str | None
    machine: bool

    @property
    def has_key(self) -> bool:
        """Whether it says that it has a private key; opening it shows whether that is there."""

class PinRequest(NamedTuple):
    """What a PIN callback is told: which key, and why.

    ``refused`` counts the PINs in a row that were refused for this object; ``error`` is the failure
    that asked for a PIN. How many tries a card has left is not among what Windows tells.
    """

    key_name: str | None
    provider_name: str | None
    refused: int
    error: NCryptError

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

class WsFault(NamedTuple):
    """A SOAP fault that a peer sent: nothing in it is to be trusted.

    ``codes`` goes from the general code to the most specific one, each as namespace and local name;
    ``reasons`` has the texts, each with its language. ``actor`` and ``node`` are ``""`` when they
    were not sent, ``detail`` is the detail element as UTF-8.
    """

    codes: tuple[tuple[str, str], ...]
    reasons: tuple[tuple[str, str], ...]
    actor: str
    node: str
    detail: bytes | None
