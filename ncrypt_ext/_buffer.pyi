"""Bytes in and out. Cython code has C functions for it; these are for the package's own Python."""

from typing import Any

def is_bytes_like(value: object) -> bool: ...
def size_of(source: Any, name: str) -> int:
    """How many bytes there are; a TypeError names the argument."""

def bytes_of(source: Any, name: str, start: int, size: int) -> bytes:
    """Some of the bytes, or fewer where they end."""

def join_bytes(head: bytes, source: Any, name: str) -> bytes:
    """Both, in an object that nobody else has, to be wiped."""

def wipe_bytes(value: bytes) -> None:
    """Overwrites an object that nobody else has."""
