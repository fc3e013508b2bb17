# SPDX-License-Identifier: MIT
"""What enumerations and structured properties return: tuples with names."""

from collections import namedtuple

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


class KeyInfo(namedtuple("KeyInfo", "name algorithm legacy_spec flags machine")):
    """One stored key, as an enumeration reports it."""

    __slots__ = ()


class AlgorithmInfo(namedtuple("AlgorithmInfo", "name algorithm_class operations flags")):
    """One algorithm of a provider."""

    __slots__ = ()


class CertificateInfo(
    namedtuple(
        "CertificateInfo",
        "certificate thumbprint subject issuer not_before not_after provider key_name machine",
    )
):
    """One certificate in a store."""

    __slots__ = ()

    @property
    def has_key(self):
        return self.key_name is not None


class PinRequest(namedtuple("PinRequest", "key_name provider_name refused error")):
    """What a PIN callback is told."""

    __slots__ = ()


class ProviderInfo(namedtuple("ProviderInfo", "name comment")):
    """One installed provider."""

    __slots__ = ()


class KeyLengths(namedtuple("KeyLengths", "minimum maximum increment default")):
    """The key lengths, in bits, that an algorithm can have."""

    __slots__ = ()


class UIPolicy(
    namedtuple(
        "UIPolicy",
        "flags creation_title friendly_name description",
        defaults=(0, None, None, None),
    )
):
    """What the user is asked when the key is created and used."""

    __slots__ = ()


class WsFault(namedtuple("WsFault", "codes reasons actor node detail")):
    """A SOAP fault that a peer sent."""

    __slots__ = ()
