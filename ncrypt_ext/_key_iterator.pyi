"""The enumeration of a provider's keys."""

from types import TracebackType
from typing import NoReturn

from typing_extensions import Self, final

from ncrypt_ext.records import KeyInfo

@final
class KeyIterator:
    """The stored keys, one by one, in constant memory. Comes from :meth:`Provider.keys`.

    Its native memory is freed at the end of the enumeration, by :meth:`close`, or when the iterator
    is dropped. It goes on when the provider is closed. One thread at a time.
    """

    def __iter__(self) -> Self: ...
    def __next__(self) -> KeyInfo: ...
    def close(self) -> None:
        """End the enumeration now."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuses: native memory cannot be copied."""
