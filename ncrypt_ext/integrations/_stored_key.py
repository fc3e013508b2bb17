# SPDX-License-Identifier: MIT
"""What the stored keys have in common that stand in for private keys of cryptography."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ncrypt_ext.errors import NotSupportedError

if TYPE_CHECKING:
    from typing_extensions import Self

    from ncrypt_ext._key import Key

_NOT_SUPPORTED = 0x80090029


class StoredKey:
    """What stored keys have in common. Equal means the same object, as with any private key."""

    __slots__ = ("__weakref__", "_key", "_public", "_sign")

    def __init__(self, key: Key, public: Any) -> None:
        self._key = key
        self._sign = key.sign  # saves a look-up in each call
        self._public = public

    def close(self) -> None:
        """Give the native key up; whoever still has this object cannot use it any more."""
        self._key.close()

    @property
    def closed(self) -> bool:
        """Whether the native key was given up."""
        return self._key.closed

    def __enter__(self) -> Self:
        self._key.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._key.close()

    def _refuse(self) -> NoReturn:
        raise NotSupportedError(
            _NOT_SUPPORTED,
            "",
            "the private key stays in its key store: nothing of it is given out in this form "
            "(Key.export() does, where the export policy allows it)",
        )

    def private_bytes(
        self, encoding: object, format: object, encryption_algorithm: object
    ) -> NoReturn:
        """Refuses, with :class:`~ncrypt_ext.NotSupportedError`: the key stays in its store."""
        self._refuse()

    def private_numbers(self) -> NoReturn:
        """Refuses, like :meth:`private_bytes`."""
        self._refuse()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} cannot be pickled: its key stays in the key store"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._key!r}>"
