# SPDX-License-Identifier: MIT
"""Flags and numbers of the key storage API. Bits and values not named here survive."""

from __future__ import annotations

from enum import IntEnum, IntFlag

__all__ = [
    "AlgorithmClass",
    "AlgorithmOperation",
    "ClaimParameter",
    "ClaimType",
    "ExportPolicy",
    "ImplType",
    "KeySpec",
    "KeyUsage",
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
    ALLOW_PKCS11_RSA_AES_EXPORT = 0x10


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


class ClaimType(_OpenEnum):
    """What a claim is about (NCRYPT_CLAIM_*)."""

    AUTHORITY_ONLY = 1
    SUBJECT_ONLY = 2
    AUTHORITY_AND_SUBJECT = 3
    VBS_KEY_ATTESTATION_STATEMENT = 4
    VBS_ROOT = 5
    VBS_IDENTITY = 6
    WEB_AUTH_SUBJECT_ONLY = 0x102
    WEB_AUTH_SUBJECT_ONLY_V2 = 0x103
    UNKNOWN = 0x1000
    PLATFORM = 0x10000


class ClaimParameter(_OpenEnum):
    """A parameter of a claim, or a detail of one that was verified (NCRYPTBUFFER_*)."""

    ID_BINDING_NONCE = 48
    NONCE = 49
    TPM_PLATFORM_PCR_MASK = 80
    TPM_PLATFORM_NONCE = 81
    TPM_PLATFORM_STATIC_CREATE = 82
    SIGNATURE_HASH = 90
    PADDING_SCHEME = 91
    PADDING_HASH = 92
    PADDING_SALT_SIZE = 93
    VBS_ROOT_DETAILS = 94
    VBS_IDENTITY_DETAILS = 95


class KeySpec(_OpenEnum):
    """The legacy key specification of CryptoAPI (AT_*)."""

    NONE = 0
    KEYEXCHANGE = 1
    SIGNATURE = 2
