"""The error door: where a status code becomes an exception, and nowhere else."""

from typing import NoReturn

def fail(status: int, function: str) -> NoReturn:
    """Raise the exception for a failed native call of this thread.

    ``status`` is the signed 32-bit code, ``function`` the native function's name. What the
    implementation knows about the failure is appended to the text.
    """
