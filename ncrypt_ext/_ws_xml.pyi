"""XML buffers."""

from typing import NoReturn

from typing_extensions import Buffer, Self, disjoint_base

from ncrypt_ext._ws_handle import WsHandle
from ncrypt_ext._ws_heap import Heap

@disjoint_base
class XmlBuffer(WsHandle):
    """An XML document in memory, parsed (a ``WS_XML_BUFFER``).

    It keeps what the document says, not its bytes: quotes, empty elements, declarations and
    entities may come out written in another way. White space, prefixes and the order of what is
    inside stay, so that a signature by exclusive canonicalization still verifies.

    Has no public constructor: use :meth:`from_bytes`.
    """

    @classmethod
    def from_bytes(
        cls,
        xml: Buffer | str,
        *,
        heap: Heap | None = None,
        max_depth: int = 64,
        max_attributes: int = 128,
        max_namespaces: int = 64,
        charset: str | None = None,
    ) -> Self:
        """Parse a document.

        ``charset`` is ``"utf-8"``, ``"utf-16-le"`` or ``"utf-16-be"``; without it the document
        tells, by a byte order mark or its declaration. A str is taken as UTF-8.

        The buffer lives on ``heap``, and keeps it alive; without one it makes a heap for itself,
        which is freed with it. What a failing call took from ``heap`` stays taken until
        :meth:`Heap.reset`.

        Raises :class:`~ncrypt_ext.ws.WsFormatError`, which says what is wrong and where, for what
        is not well-formed and for document type declarations: nothing is ever fetched or expanded.
        Raises :class:`~ncrypt_ext.ws.WsQuotaError`, which names the limit, when elements are
        nested deeper than ``max_depth``, when one has more than ``max_attributes`` attributes, when
        more than ``max_namespaces`` namespaces are in scope, or when the heap is too small. The
        portable engine goes 256 elements deep at most, whatever ``max_depth`` says. A large
        document is parsed without the GIL.
        """

    def to_bytes(
        self, *, charset: str = "utf-8", declaration: bool = False, max_size: int = 16777216
    ) -> bytes:
        """Write the document.

        In UTF-16 it begins with a byte order mark, which the standard demands. ``declaration`` puts
        ``<?xml ...?>`` in front. Raises :class:`~ncrypt_ext.ws.WsQuotaError` when the document
        takes more than ``max_size`` bytes (of UTF-8).
        """

    def detach(self) -> NoReturn:
        """Refuses: a buffer is part of its heap."""
