# SPDX-License-Identifier: MIT
"""How symmetric keys (AES, 3DES) encrypt: modes of chaining, with their vectors and paddings."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from typing_extensions import Buffer

__all__ = ["CBC", "CFB", "ECB", "CipherMode"]


def _vector(iv: Buffer) -> bytes:
    try:
        value = bytes(memoryview(iv))
    except TypeError:
        kind = type(iv).__name__
        raise TypeError(f"iv must be a bytes-like object, not {kind!r}") from None
    if len(value) not in (8, 16):
        raise ValueError(
            "iv must have one block of the cipher, 16 bytes for AES and 8 for 3DES, "
            f"not {len(value)}"
        )
    return value


class CipherMode:
    """How a symmetric key encrypts: :class:`ECB`, :class:`CBC` or :class:`CFB`, with a vector and
    with or without padding. Constant; equal when it means the same.

    The padding is that of PKCS #7, to a block of the cipher: 16 bytes of AES, 8 of 3DES. Without it
    ECB and CBC take whole blocks only.
    """

    __slots__ = ("_iv", "_padded")
    _chaining: ClassVar[bytes]  # the value of "Chaining Mode"
    _iv: bytes | None
    _padded: bool

    def __init__(self) -> None:
        raise TypeError("CipherMode has no public constructor: use ECB, CBC or CFB")

    def _settle(self, iv: bytes | None, padded: bool) -> None:
        object.__setattr__(self, "_iv", iv)
        object.__setattr__(self, "_padded", bool(padded))

    @property
    def iv(self) -> bytes | None:
        """The vector that the first block is chained to; None for ECB."""
        return self._iv

    @property
    def padded(self) -> bool:
        """Whether the data are padded."""
        return self._padded

    def _arguments(self) -> tuple[Any, ...]:
        return (self.padded,) if self.iv is None else (self.iv, self.padded)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a mode is constant: {name!r} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a mode is constant: {name!r} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._arguments() == other._arguments()

    def __hash__(self) -> int:
        return hash((type(self), self._arguments()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._arguments()

    def __repr__(self) -> str:
        iv = "" if self.iv is None else f"{self.iv!r}, "
        return f"{type(self).__name__}({iv}padded={self.padded})"


class ECB(CipherMode):
    """Each block by itself: equal blocks stay equal. For single blocks, such as keys."""

    __slots__ = ()
    _chaining = "ChainingModeECB\0".encode("utf-16-le")

    def __init__(self, padded: bool = True) -> None:
        self._settle(None, padded)


class CBC(CipherMode):
    """Cipher block chaining. The vector must be new and unpredictable for each message
    (``os.urandom(16)``), and is no secret. What is encrypted can be changed unnoticed: sign vector
    and ciphertext.
    """

    __slots__ = ()
    _chaining = "ChainingModeCBC\0".encode("utf-16-le")

    def __init__(self, iv: Buffer, padded: bool = True) -> None:
        self._settle(_vector(iv), padded)


class CFB(CipherMode):
    """Cipher feedback by single bytes (CFB8), which is the one that CNG has: as many bytes come out
    as go in. What is said of :class:`CBC` holds here, too.
    """

    __slots__ = ()
    _chaining = "ChainingModeCFB\0".encode("utf-16-le")

    def __init__(self, iv: Buffer, padded: bool = False) -> None:
        self._settle(_vector(iv), padded)
