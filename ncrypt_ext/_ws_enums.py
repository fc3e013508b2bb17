# SPDX-License-Identifier: MIT
"""Numbers of Windows Web Services. A program that signs and nothing more does not load them."""

from __future__ import annotations

from enum import IntEnum, IntFlag

__all__ = [
    "AddressingVersion",
    "AlgorithmSuite",
    "CertFailure",
    "ChannelState",
    "EnvelopeVersion",
    "KeyHandleType",
    "SecureProtocol",
    "SecurityHeaderLayout",
    "SecurityHeaderVersion",
    "SecurityKeyType",
    "TimestampUsage",
]


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
