# SPDX-License-Identifier: MIT
"""Windows Web Services: security key handles, XML security tokens, and channels that use them."""

from __future__ import annotations

from ncrypt_ext._ws_arguments import (
    Algorithms,
    PemCertificate,
    SslTransport,
    StoredCertificate,
    Timeouts,
    WindowsCertificate,
)
from ncrypt_ext._ws_channel import Channel
from ncrypt_ext._ws_enums import (
    AddressingVersion,
    AlgorithmSuite,
    CertFailure,
    ChannelState,
    EnvelopeVersion,
    KeyHandleType,
    SecureProtocol,
    SecurityHeaderLayout,
    SecurityHeaderVersion,
    SecurityKeyType,
    TimestampUsage,
)
from ncrypt_ext._ws_error import error_from_handle
from ncrypt_ext._ws_heap import Heap
from ncrypt_ext._ws_keyhandle import (
    CapiKeyHandle,
    KeyHandle,
    NCryptKeyHandle,
    RawSymmetricKeyHandle,
)
from ncrypt_ext._ws_token import XmlToken
from ncrypt_ext._ws_xml import XmlBuffer
from ncrypt_ext.errors import (
    WsAbortedError,
    WsAccessDeniedError,
    WsConnectionError,
    WsError,
    WsFaultError,
    WsFormatError,
    WsInvalidParameterError,
    WsNotSupportedError,
    WsOutOfMemoryError,
    WsQuotaError,
    WsSecurityError,
    WsTimeoutError,
)
from ncrypt_ext.records import WsFault
from ncrypt_ext.ws.token_xml import (
    TokenXml,
    saml11_token,
    saml20_token,
    username_token,
    x509_token,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ncrypt_ext.ws.aio import AsyncChannel

__all__ = [
    "AddressingVersion",
    "AlgorithmSuite",
    "Algorithms",
    "AsyncChannel",
    "CapiKeyHandle",
    "CertFailure",
    "Channel",
    "ChannelState",
    "EnvelopeVersion",
    "Heap",
    "KeyHandle",
    "KeyHandleType",
    "NCryptKeyHandle",
    "PemCertificate",
    "RawSymmetricKeyHandle",
    "SecureProtocol",
    "SecurityHeaderLayout",
    "SecurityHeaderVersion",
    "SecurityKeyType",
    "SslTransport",
    "StoredCertificate",
    "Timeouts",
    "TimestampUsage",
    "TokenXml",
    "WindowsCertificate",
    "WsAbortedError",
    "WsAccessDeniedError",
    "WsConnectionError",
    "WsError",
    "WsFault",
    "WsFaultError",
    "WsFormatError",
    "WsInvalidParameterError",
    "WsNotSupportedError",
    "WsOutOfMemoryError",
    "WsQuotaError",
    "WsSecurityError",
    "WsTimeoutError",
    "XmlBuffer",
    "XmlToken",
    "error_from_handle",
    "saml11_token",
    "saml20_token",
    "username_token",
    "x509_token",
]


def __getattr__(name: str) -> object:
    """asyncio takes long to import, and few need it."""
    if name == "AsyncChannel":
        from ncrypt_ext.ws.aio import AsyncChannel

        return AsyncChannel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
