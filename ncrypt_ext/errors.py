# SPDX-License-Identifier: MIT
"""Exceptions.

Everything a native function reports is an :class:`NCryptError`, an ``OSError`` with a true errno.
Where a caller may want to branch there is a subclass, which also is the built-in exception that
says the same. A signature that does not verify is no error of the system:
:class:`InvalidSignatureError` stands outside.
"""

from __future__ import annotations

from ncrypt_ext.status import lookup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ncrypt_ext.records import WsFault

__all__ = [
    "AccessDeniedError",
    "BadDataError",
    "BadStateError",
    "BufferTooSmallError",
    "CancelledError",
    "ClosedHandleError",
    "DeviceError",
    "InvalidHandleError",
    "InvalidParameterError",
    "InvalidSignatureError",
    "KeyExistsError",
    "KeyNotFoundError",
    "MasterKeyMissingError",
    "NCryptError",
    "NotFoundError",
    "NotSupportedError",
    "OutOfMemoryError",
    "PinError",
    "PropertyNotFoundError",
    "ProviderNotFoundError",
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
    "error_from_status",
]

_INVALID_HANDLE = 0x80090026
_CHV_BLOCKED = 0x8010006C


class NCryptError(OSError):
    """A native function failed.

    ``status`` is the unsigned status code, ``name`` its symbol (``"NTE_EXISTS"``, or ``""`` for one
    that is not known here), ``function`` the native function, ``detail`` what the implementation
    says about this failure.
    """

    def __init__(self, status: int, function: str = "", detail: str = "") -> None:
        status &= 0xFFFFFFFF
        info = lookup(status, function)
        super().__init__(info.errno, detail or info.text)
        self.status = status
        self.name = info.name
        self.function = function
        self.detail = detail

    def __str__(self) -> str:
        code = f"0x{self.status:08X}"
        what = f"{self.name} ({code})" if self.name else code
        where = f"{self.function}: " if self.function else ""
        return f"{where}{what}: {self.strerror}"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.status, self.function, self.detail)


class KeyExistsError(NCryptError, FileExistsError):
    """A key of that name exists already."""


class NotFoundError(NCryptError, FileNotFoundError):
    """What was asked for is not there."""


class KeyNotFoundError(NotFoundError):
    """There is no key of that name in that scope."""


class ProviderNotFoundError(NotFoundError):
    """There is no provider of that name."""


class PropertyNotFoundError(NotFoundError):
    """The object has no value for that property."""


class AccessDeniedError(NCryptError, PermissionError):
    """The system, or the key's usage, does not allow it."""


class PinError(AccessDeniedError):
    """The PIN is missing, wrong or blocked. It was not tried a second time.

    ``tries_left`` is 0 when it is blocked; None when nobody says how many tries are left.
    """

    @property
    def tries_left(self) -> int | None:
        """How many tries are left: 0 when the PIN is blocked, None when nobody says."""
        return 0 if self.status == _CHV_BLOCKED else None


class NotSupportedError(NCryptError, NotImplementedError):
    """The provider, the algorithm or the key cannot do that."""


class BadStateError(NCryptError, RuntimeError):
    """The object is not in the state for that: a key not finalized, a handle in use."""


class InvalidHandleError(NCryptError):
    """The handle is not, or no longer, one of that kind."""


class ClosedHandleError(InvalidHandleError, ValueError):
    """The object was closed."""

    def __init__(
        self,
        status: int = _INVALID_HANDLE,
        function: str = "",
        detail: str = "the object is closed",
    ) -> None:
        super().__init__(status, function, detail)


class InvalidParameterError(NCryptError, ValueError):
    """The native function refused an argument."""


class BadDataError(NCryptError, ValueError):
    """Malformed data: a key blob, a ciphertext, a length."""


class CancelledError(NCryptError):
    """The user, a signal or another thread cancelled the operation."""


class SilentContextError(NCryptError):
    """The user would have to be asked, but silence was demanded."""


class OutOfMemoryError(NCryptError, MemoryError):
    """Memory is short."""


class DeviceError(NCryptError):
    """The device that holds the key is missing or not ready."""


class BufferTooSmallError(NCryptError):
    """The output does not fit the buffer."""


class StoreError(NCryptError):
    """The portable key store failed. Nothing stored was lost by that."""


class StoreNotFoundError(StoreError, NotFoundError):
    """There is no store yet: the first key makes it."""


class StoreCorruptError(StoreError):
    """The store, or one key in it, is damaged or was altered."""


class StoreBusyError(StoreError):
    """Another process held the store's lock for too long."""


class StoreFullError(StoreError):
    """There is no room for the key."""


class StoreReadOnlyError(StoreError):
    """The store cannot be written to."""


class StoreVersionError(StoreError):
    """The store was written by a newer version."""


class StoreUnsupportedError(StoreError, NotSupportedError):
    """The store cannot live on that file system."""


class StorePermissionError(StoreError, PermissionError):
    """Others can read the store's files, or they belong to somebody else."""


class StoreExistsError(StoreError, FileExistsError):
    """Something is in the place where the copy of a store should go."""


class WrongPassphraseError(StoreError, PermissionError):
    """The passphrase is wrong, or one is needed and none was given."""


class MasterKeyMissingError(StoreError):
    """The file with the store's master key is missing."""


def _printable(text: str) -> str:
    """Of what a peer may have written: without control characters, which would forge lines."""
    return "".join(
        c if c.isprintable() or 0xD800 <= ord(c) <= 0xDFFF else ascii(c)[1:-1] for c in text
    )


class WsError(NCryptError):
    """A function of Windows Web Services failed.

    ``strings`` is what its error object says, the outermost context first; ``original_error`` the
    status code (unsigned) that the failure began with, 0 when it was not translated; ``fault`` the
    SOAP fault that was received, if there was one. All of it may have been written by the peer:
    ``str()`` shows control characters as escapes, the attributes have them as they came.
    """

    def __init__(
        self,
        status: int,
        function: str = "",
        detail: str = "",
        strings: tuple[str, ...] = (),
        original_error: int = 0,
        fault: WsFault | None = None,
    ) -> None:
        texts = [_printable(text) for text in (detail, *strings) if text]
        super().__init__(status, function, "; ".join(texts))
        self.detail = detail
        self.strings = strings
        self.original_error = original_error
        self.fault = fault

    def __reduce__(self) -> tuple[Any, ...]:
        more = (self.detail, self.strings, self.original_error, self.fault)
        return type(self), (self.status, self.function, *more)


class WsFaultError(WsError):
    """The peer answered with a SOAP fault.

    Whatever the status code is: an error with a fault in it is always of this class. The fault is
    ``fault``; the properties here are the parts of it that most callers want. The peer has
    written them: nothing in them is to be trusted.
    """

    @property
    def code(self) -> tuple[str, str]:
        """Namespace and local name of the general code; empty when there is none."""
        codes = self.fault.codes if self.fault else ()
        return codes[0] if codes else ("", "")

    @property
    def subcodes(self) -> tuple[tuple[str, str], ...]:
        """The codes below it, the most specific one last."""
        return self.fault.codes[1:] if self.fault else ()

    @property
    def reason(self) -> str:
        """The first text that says what happened; the others are in ``fault``."""
        reasons = self.fault.reasons if self.fault else ()
        return reasons[0][0] if reasons else ""

    @property
    def detail_xml(self) -> bytes | None:
        """The detail element as UTF-8."""
        return self.fault.detail if self.fault else None


class WsTimeoutError(WsError, TimeoutError):
    """It took longer than a timeout allows."""


class WsAbortedError(WsError):
    """Another thread aborted or closed the channel."""


class WsConnectionError(WsError, ConnectionError):
    """The peer was not found, cannot be reached, or hung up."""


class WsSecurityError(WsError):
    """The peer, or what it sent, is not to be trusted: its certificate, its security header."""


class WsAccessDeniedError(WsError, PermissionError):
    """The peer, or a proxy, wants other credentials."""


class WsFormatError(WsError, ValueError):
    """The data is not what it should be: no XML, another schema, another protocol."""


class WsQuotaError(WsError):
    """A limit was exceeded: of a heap, of the depth of XML, of the size of a message."""


class WsInvalidParameterError(WsError, InvalidParameterError):
    """A function of Windows Web Services refused an argument."""


class WsNotSupportedError(WsError, NotSupportedError):
    """Windows Web Services cannot do that here."""


class WsOutOfMemoryError(WsError, OutOfMemoryError):
    """Memory is short."""


class InvalidSignatureError(Exception):
    """The signature does not belong to that digest and key."""


def error_from_status(status: int, function: str = "", detail: str = "") -> NCryptError:
    """The exception for a status code; any number other than 0 is a failure."""
    status &= 0xFFFFFFFF
    error: type[NCryptError] = globals()[lookup(status, function).error]
    return error(status, function, detail)


_WS_KINDS: dict[str, type[WsError]] = {
    "InvalidParameterError": WsInvalidParameterError,
    "NotSupportedError": WsNotSupportedError,
    "OutOfMemoryError": WsOutOfMemoryError,
}


def ws_error_from_status(
    status: int,
    function: str = "",
    detail: str = "",
    strings: tuple[str, ...] = (),
    original_error: int = 0,
    fault: WsFault | None = None,
) -> WsError:
    """The exception for what a function of Windows Web Services returned: always a WsError."""
    status &= 0xFFFFFFFF
    name = lookup(status, function).error
    kind = globals()[name]
    error = kind if issubclass(kind, WsError) else _WS_KINDS.get(name, WsError)
    if fault is not None:
        error = WsFaultError
    return error(status, function, detail, strings, original_error, fault)
