# SPDX-License-Identifier: MIT
"""Flags and numbers of the key storage API. Bits and values not named here survive."""

from __future__ import annotations

from enum import IntEnum, IntFlag

__all__ = [
    "AddressingVersion",
    "AlgorithmClass",
    "AlgorithmOperation",
    "AlgorithmSuite",
    "CertFailure",
    "ChannelState",
    "EnvelopeVersion",
    "ExportPolicy",
    "ImplType",
    "KeyHandleType",
    "KeySpec",
    "KeyUsage",
    "SecureProtocol",
    "SecurityHeaderLayout",
    "SecurityHeaderVersion",
    "SecurityKeyType",
    "TimestampUsage",
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


class EnvelopeVersion(IntEnum):
    """The version of SOAP (WS_ENVELOPE_VERSION)."""

    SOAP_1_1 = 1
    SOAP_1_2 = 2


class AddressingVersion(IntEnum):
    """The version of WS-Addressing (WS_ADDRESSING_VERSION).

    ``WSA_0_9`` is that of August 2004; with ``TRANSPORT`` messages have no such headers, and only
    HTTP says what is to be done.
    """

    WSA_0_9 = 1
    WSA_1_0 = 2
    TRANSPORT = 3


class ChannelState(IntEnum):
    """What can be done with a channel (WS_CHANNEL_STATE)."""

    CREATED = 0
    OPENING = 1
    ACCEPTING = 2
    OPEN = 3
    FAULTED = 4
    CLOSING = 5
    CLOSED = 6


class TimestampUsage(IntEnum):
    """Which messages have a timestamp in their security header (WS_SECURITY_TIMESTAMP_USAGE).

    ``ALWAYS`` refuses replies without one.
    """

    ALWAYS = 1
    NEVER = 2
    REQUESTS_ONLY = 3


class SecurityHeaderLayout(IntEnum):
    """The order in the security header (WS_SECURITY_HEADER_LAYOUT).

    ``STRICT`` puts every token before what uses it.
    """

    STRICT = 1
    LAX = 2
    LAX_WITH_TIMESTAMP_FIRST = 3
    LAX_WITH_TIMESTAMP_LAST = 4


class SecurityHeaderVersion(IntEnum):
    """The version of WS-Security (WS_SECURITY_HEADER_VERSION)."""

    WSS_1_0 = 1
    WSS_1_1 = 2


class AlgorithmSuite(IntEnum):
    """The suites that have a name (WS_SECURITY_ALGORITHM_SUITE_NAME).

    All of them sign with SHA-1. Those with ``_SHA256`` in their name use SHA-256 for the digests
    alone.
    """

    BASIC256 = 1
    BASIC192 = 2
    BASIC128 = 3
    BASIC256_RSA15 = 4
    BASIC192_RSA15 = 5
    BASIC128_RSA15 = 6
    BASIC256_SHA256 = 7
    BASIC192_SHA256 = 8
    BASIC128_SHA256 = 9
    BASIC256_SHA256_RSA15 = 10
    BASIC192_SHA256_RSA15 = 11
    BASIC128_SHA256_RSA15 = 12


class CertFailure(IntFlag):
    """What may be wrong with a server's certificate (WS_CERT_FAILURE_*)."""

    NONE = 0
    CN_MISMATCH = 0x1
    INVALID_DATE = 0x2
    UNTRUSTED_ROOT = 0x4
    WRONG_USAGE = 0x8
    REVOCATION_OFFLINE = 0x10


class SecureProtocol(IntFlag):
    """Versions of TLS (WS_SECURE_PROTOCOL_*)."""

    SSL2 = 0x1
    SSL3 = 0x2
    TLS1_0 = 0x4
    TLS1_1 = 0x8
    TLS1_2 = 0x10
