# SPDX-License-Identifier: MIT
"""CNG key storage for Python: on Windows by Windows itself, elsewhere by an engine with the same
API.

The classes are :class:`Provider`, :class:`UnfinalizedKey`, :class:`Key` and :class:`Secret`. What
they do is written in the type stubs beside the modules (``*.pyi``), which editors show.
"""

from __future__ import annotations

import os as _os

from ncrypt_ext import ciphers, errors, properties
from ncrypt_ext._certificates import (
    add_certificate,
    import_pfx,
    list_certificates,
    open_certificate_key,
)
from ncrypt_ext._handle import Handle, live_handles
from ncrypt_ext._key import Key
from ncrypt_ext._key_iterator import KeyIterator
from ncrypt_ext._key_unfinalized import UnfinalizedKey
from ncrypt_ext._notification import KeyWatch
from ncrypt_ext._provider import Provider, implementation, storage_providers
from ncrypt_ext._secret import Secret
from ncrypt_ext._version import __version__
from ncrypt_ext.enums import (
    AlgorithmClass,
    AlgorithmOperation,
    ClaimParameter,
    ClaimType,
    ExportPolicy,
    ImplType,
    KeySpec,
    KeyUsage,
    UIProtection,
)
from ncrypt_ext.errors import (
    AccessDeniedError,
    BadDataError,
    BadStateError,
    BufferTooSmallError,
    CancelledError,
    ClosedHandleError,
    DeviceError,
    InvalidHandleError,
    InvalidParameterError,
    InvalidSignatureError,
    KeyExistsError,
    KeyNotFoundError,
    MasterKeyMissingError,
    NCryptError,
    NotFoundError,
    NotSupportedError,
    OutOfMemoryError,
    PinError,
    PropertyNotFoundError,
    ProviderNotFoundError,
    SilentContextError,
    StoreBusyError,
    StoreCorruptError,
    StoreError,
    StoreExistsError,
    StoreFullError,
    StoreNotFoundError,
    StorePermissionError,
    StoreReadOnlyError,
    StoreUnsupportedError,
    StoreVersionError,
    WrongPassphraseError,
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
from ncrypt_ext.padding import OAEP, PKCS1, PSS, RAW, Padding
from ncrypt_ext.records import (
    AlgorithmInfo,
    CertificateInfo,
    KeyInfo,
    KeyLengths,
    PinRequest,
    ProviderInfo,
    UIPolicy,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "OAEP",
    "PKCS1",
    "PSS",
    "RAW",
    "AccessDeniedError",
    "AlgorithmClass",
    "AlgorithmInfo",
    "AlgorithmOperation",
    "BadDataError",
    "BadStateError",
    "BufferTooSmallError",
    "CancelledError",
    "CertificateInfo",
    "ClaimParameter",
    "ClaimType",
    "ClosedHandleError",
    "DeviceError",
    "ExportPolicy",
    "Handle",
    "ImplType",
    "InvalidHandleError",
    "InvalidParameterError",
    "InvalidSignatureError",
    "Key",
    "KeyExistsError",
    "KeyInfo",
    "KeyIterator",
    "KeyLengths",
    "KeyNotFoundError",
    "KeySpec",
    "KeyUsage",
    "KeyWatch",
    "MasterKeyMissingError",
    "NCryptError",
    "NotFoundError",
    "NotSupportedError",
    "OutOfMemoryError",
    "Padding",
    "PinError",
    "PinRequest",
    "PropertyNotFoundError",
    "Provider",
    "ProviderInfo",
    "ProviderNotFoundError",
    "Secret",
    "SilentContextError",
    "StoreBusyError",
    "StoreCorruptError",
    "StoreError",
    "StoreExistsError",
    "StoreFullError",
    "StoreNotFoundError",
    "StorePermissionError",
    "StoreReadOnlyError",
    "StoreUnsupportedError",
    "StoreVersionError",
    "UIPolicy",
    "UIProtection",
    "UnfinalizedKey",
    "WrongPassphraseError",
    "WsAbortedError",
    "WsAccessDeniedError",
    "WsConnectionError",
    "WsError",
    "WsFaultError",
    "WsFormatError",
    "WsInvalidParameterError",
    "WsNotSupportedError",
    "WsOutOfMemoryError",
    "WsQuotaError",
    "WsSecurityError",
    "WsTimeoutError",
    "__version__",
    "add_certificate",
    "ciphers",
    "doctor",
    "errors",
    "get_include",
    "get_library_dir",
    "import_pfx",
    "list_certificates",
    "live_handles",
    "open_certificate_key",
    "properties",
    "storage_providers",
]

_require_native = _os.environ.get("NCRYPT_EXT_REQUIRE_NATIVE", "")
if _require_native not in ("", "0") and implementation() != "native":
    raise ImportError(
        f"NCRYPT_EXT_REQUIRE_NATIVE={_require_native} is set, but this is the "
        f"{implementation()} implementation of ncrypt_ext"
    )


def get_include() -> str:
    """The folder with the C headers that the ``.pxd`` files of this package need."""
    here = _os.path.dirname(_os.path.abspath(__file__))
    installed = _os.path.join(here, "include")
    if _os.path.isdir(installed):
        return installed
    return _os.path.join(_os.path.dirname(here), "include")  # an editable install


def get_library_dir() -> str:
    """The folder with the engine's library; on Windows there is none in it."""
    return _os.path.dirname(_os.path.abspath(__file__))


def doctor() -> dict[str, Any]:
    """What is used here, what would fail and why: see ``python -m ncrypt_ext doctor``.

    ``"problems"`` is a list of sentences; it is empty when nothing would fail.
    """
    from ncrypt_ext._doctor import examine

    return examine()
