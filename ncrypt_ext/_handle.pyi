"""The base of everything that owns a native handle."""

from types import TracebackType
from typing import NoReturn

from typing_extensions import Self, disjoint_base

@disjoint_base
class Handle:
    """A live native handle.

    The handle is released by :meth:`close`, at the end of a ``with`` block, or when the object is
    dropped, whichever comes first. A native call that runs in another thread keeps it valid until
    the call returns: the release then happens at the end of that call. New calls fail with
    :class:`~ncrypt_ext.ClosedHandleError`.

    Handles cannot be copied or pickled. Two are equal when they are the same object.
    """

    def close(self) -> None:
        """Release the native handle. Closing again does nothing."""

    @property
    def closed(self) -> bool:
        """Whether it is closed, deleted, detached, or turned into a Key by ``finalize()``."""

    @property
    def handle(self) -> int:
        """The native handle, borrowed: valid while this object is open. Do not free it."""

    def detach(self) -> int:
        """Give the native handle away: the caller has to free it, this object is closed.

        Raises :class:`~ncrypt_ext.BadStateError`, and changes nothing, while another thread uses
        the handle or another object needs it (a key its provider).
        """

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuses: a native handle cannot be copied."""

def live_handles() -> dict[str, dict[str, int]]:
    """Count the handles that are not released yet, by type.

    ``"binding"`` counts those that Python objects own, by the class (``Provider``, ``Key``, ...),
    and the public halves of keys (``PublicKey``); ``"engine"`` the entries in the portable engine's
    table (``providers``, ``keys``, ...; always 0 on Windows). For tests and support.
    """
