# SPDX-License-Identifier: MIT
"""Flags and numbers of the key storage API. Bits and values not named here survive."""

from __future__ import annotations

from enum import IntEnum, IntFlag

__all__ = [
    "AlgorithmClass",
    "AlgorithmOperation",
    "ExportPolicy",
    "ImplType",
    "KeyHandleType",
    "KeySpec",
    "KeyUsage",
    "SecurityKeyType",
    "UIProtection",
]


class _OpenEnum(IntEnum):
    """An enumeration that takes any number: what is not named has the name ``UNKNOWN_<number>``."""

    @classmethod
    def _missing_(cls, value: object) -> _OpenEnum | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{int(value)}"
        member._value_ = int(value)
        return member


class ExportPolicy(IntFlag):
    """What of a private key may leave the store (NCRYPT_ALLOW_*_FLAG). ``NONE``: nothing."""

    NONE = 0
    ALLOW_EXPORT = 0x1
    ALLOW_PLAINTEXT_EXPORT = 0x2
    ALLOW_ARCHIVING = 0x4
    ALLOW_PLAINTEXT_ARCHIVING = 0x8


class KeyUsage(IntFlag):
    """What a private key may be used for (NCRYPT_ALLOW_*_FLAG)."""

    NONE = 0
    ALLOW_DECRYPT = 0x1
    ALLOW_SIGNING = 0x2
    ALLOW_KEY_AGREEMENT = 0x4
    ALLOW_KEY_IMPORT = 0x8
    ALLOW_ALL_USAGES = 0xFFFFFF


class ImplType(IntFlag):
    """Where a provider keeps its keys (NCRYPT_IMPL_*_FLAG)."""

    HARDWARE = 0x1
    SOFTWARE = 0x2
    REMOVABLE = 0x8
    HARDWARE_RNG = 0x10
    VIRTUAL_ISOLATION = 0x20


class UIProtection(IntFlag):
    """What the user is asked when a key is used (NCRYPT_UI_*_FLAG)."""

    NONE = 0
    PROTECT_KEY = 0x1
    FORCE_HIGH_PROTECTION = 0x2


class AlgorithmOperation(IntFlag):
    """What an algorithm can do (NCRYPT_*_OPERATION)."""

    CIPHER = 0x1
    HASH = 0x2
    ASYMMETRIC_ENCRYPTION = 0x4
    SECRET_AGREEMENT = 0x8
    SIGNATURE = 0x10
    RNG = 0x20
    KEY_DERIVATION = 0x40
    KEY_ENCAPSULATION = 0x80


class AlgorithmClass(_OpenEnum):
    """Which interface an algorithm belongs to (NCRYPT_*_INTERFACE)."""

    CIPHER = 1
    HASH = 2
    ASYMMETRIC_ENCRYPTION = 3
    SECRET_AGREEMENT = 4
    SIGNATURE = 5
    RNG = 6
    KEY_DERIVATION = 7
    KEY_ENCAPSULATION = 8


class KeySpec(_OpenEnum):
    """The legacy key specification of CryptoAPI (AT_*)."""

    NONE = 0
    KEYEXCHANGE = 1
    SIGNATURE = 2


class KeyHandleType(IntEnum):
    """What a security key handle holds (WS_SECURITY_KEY_HANDLE_TYPE)."""

    RAW_SYMMETRIC = 1
    NCRYPT_ASYMMETRIC = 2
    CAPI_ASYMMETRIC = 3


class SecurityKeyType(IntEnum):
    """What key a security token has (WS_SECURITY_KEY_TYPE)."""

    NONE = 1
    SYMMETRIC = 2
    ASYMMETRIC = 3
