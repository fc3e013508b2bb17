"""The status codes of the key storage API: number, name, errno, exception class, text."""

from typing import NamedTuple

__all__ = ["STATUS", "StatusInfo", "lookup", "status_name"]

class StatusInfo(NamedTuple):
    """What is known about a status code."""

    name: str
    errno: int
    error: str
    text: str

STATUS: dict[int, StatusInfo]
"""status code (unsigned) -> StatusInfo. ``error`` is the name of a class in ``ncrypt_ext.errors``.
"""

BY_FUNCTION: dict[tuple[int, str], str]
"""Codes whose meaning depends on the function that returned them: (code, function) -> class."""

def lookup(status: int, function: str = "") -> StatusInfo:
    """The StatusInfo of a code as that function means it; unknown codes have an empty name."""

def status_name(status: int) -> str:
    """The symbolic name of a status code (``"NTE_EXISTS"``), or ``""`` when it has none here."""
