"""Security key handles: objects that are the C structure."""

import builtins
from types import TracebackType
from typing import NoReturn

from typing_extensions import Buffer, Self, disjoint_base

from ncrypt_ext._capi import Context
from ncrypt_ext._key import Key
from ncrypt_ext._ws_enums import KeyHandleType
from ncrypt_ext.enums import KeySpec

@disjoint_base
class KeyHandle:
    """The base class of security key handles (``WS_SECURITY_KEY_HANDLE``).

    Such an object is the C structure and owns what is in it. What the structure points at, a key or
    a context, stays alive as long as the object is open, even when its own object is closed or gone
    meanwhile. :meth:`close`, the end of a ``with`` block or the end of the object fills the
    structure with zeros and lets go of it.

    Key handles cannot be copied or pickled. Two are equal when they are the same object.
    """

    def close(self) -> None:
        """Wipe the structure and let go of what it points at. Closing again does nothing.

        While the object lives its memory stays where it is, so other native code that still has the
        address finds zeros there, which are no type of key handle.
        """

    @property
    def closed(self) -> bool:
        """Whether it was closed."""

    @property
    def type(self) -> KeyHandleType:
        """Which of the structures it is (``keyHandleType``)."""

    @property
    def address(self) -> int:
        """Where the structure is, for other native code: keep the object as long as that reads it.

        Cast it to a pointer to the structure, or read it with ctypes. The native code must not
        write to it.
        """

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: builtins.type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuses: others know where the structure is."""

class NCryptKeyHandle(KeyHandle):
    """A key of a provider as a key handle (``WS_NCRYPT_ASYMMETRIC_SECURITY_KEY_HANDLE``).

    As long as it is open the native key is not freed, so ``key`` may be closed or dropped, and its
    provider, too; :meth:`Key.delete() <ncrypt_ext.Key.delete>` is refused meanwhile. Any finalized
    key fits. A token is stricter: see :class:`XmlToken`.
    """

    def __new__(cls, key: Key) -> Self:
        """Make the structure for an open key."""

    @property
    def asymmetric_key(self) -> int:
        """The ``NCRYPT_KEY_HANDLE`` in it, borrowed. Do not free it."""

    @property
    def size(self) -> int:
        """How many bytes the structure takes."""

class RawSymmetricKeyHandle(KeyHandle):
    """Bytes as a symmetric key (``WS_RAW_SYMMETRIC_SECURITY_KEY_HANDLE``)."""

    def __new__(cls, secret: Buffer) -> Self:
        """Copy the secret, which must not be empty, into memory that is wiped on release.

        What you gave is yours to wipe.
        """

    @property
    def raw_key_bytes(self) -> tuple[int, int]:
        """Address and length of the copy (the ``WS_BYTES`` in the structure)."""

    @property
    def size(self) -> int:
        """How many bytes the structure takes."""

class CapiKeyHandle(KeyHandle):
    """A key of a CryptoAPI context (``WS_CAPI_ASYMMETRIC_SECURITY_KEY_HANDLE``).

    For native code that wants the structure. Windows documents it for systems before Vista only:
    for a token use :meth:`Context.to_ncrypt() <ncrypt_ext.capi.Context.to_ncrypt>`.

    As long as it is open the context's handle is not released.
    """

    def __new__(cls, context: Context, key_spec: int) -> Self:
        """Make the structure for an open context and one of :class:`~ncrypt_ext.capi.KeySpec`.

        Whether the container has such a key is not looked at.
        """

    @property
    def provider(self) -> int:
        """The ``HCRYPTPROV`` in it, borrowed. Do not release it."""

    @property
    def key_spec(self) -> KeySpec:
        """Which key of the container it means."""

    @property
    def size(self) -> int:
        """How many bytes the structure takes."""
