# SPDX-License-Identifier: MIT
"""Windows Web Services: security key handles and XML security tokens."""

from __future__ import annotations

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
from ncrypt_ext.enums import KeyHandleType, SecurityKeyType
from ncrypt_ext.errors import (
    WsError,
    WsFormatError,
    WsInvalidParameterError,
    WsNotSupportedError,
    WsOutOfMemoryError,
    WsQuotaError,
)
from ncrypt_ext.records import WsFault
from ncrypt_ext.ws.token_xml import (
    TokenXml,
    saml11_token,
    saml20_token,
    username_token,
    x509_token,
)

__all__ = [
    "CapiKeyHandle",
    "Heap",
    "KeyHandle",
    "KeyHandleType",
    "NCryptKeyHandle",
    "RawSymmetricKeyHandle",
    "SecurityKeyType",
    "TokenXml",
    "WsError",
    "WsFault",
    "WsFormatError",
    "WsInvalidParameterError",
    "WsNotSupportedError",
    "WsOutOfMemoryError",
    "WsQuotaError",
    "XmlBuffer",
    "XmlToken",
    "error_from_handle",
    "saml11_token",
    "saml20_token",
    "username_token",
    "x509_token",
]
