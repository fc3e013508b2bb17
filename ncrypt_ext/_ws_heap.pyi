"""Heaps of Windows Web Services."""

from ncrypt_ext._ws_handle import WsHandle

class Heap(WsHandle):
    """Memory for XML buffers, with a limit (a ``WS_HEAP``).

    :class:`XmlBuffer` makes one for itself when it is not given one. Several buffers on one heap
    share its limit, and its memory is free for others after :meth:`reset`, not before: a heap
    frees nothing piece by piece.

    A heap that is closed while buffers live on it is freed with the last of them.
    """

    def __init__(self, *, max_size: int = 1048576, trim_size: int = 65536) -> None:
        """Create a heap.

        ``max_size`` limits the sum of what is requested, in bytes, between two calls of
        :meth:`reset`; what does not fit raises :class:`~ncrypt_ext.ws.WsQuotaError`. About
        ``trim_size`` bytes are kept for the next use when the heap is reset.
        """

    @property
    def max_size(self) -> int:
        """The most bytes that may be requested."""

    @property
    def trim_size(self) -> int:
        """How many bytes :meth:`reset` keeps, about."""

    @property
    def requested_size(self) -> int:
        """The sum of what was requested since the heap was created or reset."""

    @property
    def actual_size(self) -> int:
        """How many bytes the heap has from the system."""

    def reset(self) -> None:
        """Take back all memory of the heap, to use it again.

        Raises :class:`~ncrypt_ext.BadStateError`, and changes nothing, while an
        :class:`XmlBuffer` on it is not closed.
        """
