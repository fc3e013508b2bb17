"""The error door of the functions that take a WS_ERROR."""

from ncrypt_ext.errors import WsError

def error_from_handle(status: int, address: int, function: str = "") -> WsError:
    """Build the exception for a failed ``Ws*`` call that somebody else made.

    For callers by ctypes or C: ``status`` is what ``function`` returned, signed or unsigned,
    ``address`` the ``WS_ERROR *`` that was passed to it. Everything in the error object is copied:
    the strings, the original error code, the fault. The object is neither reset nor freed, and is
    still its owner's.

    The address must be that of a live error object. The portable engine finds out when it is not,
    and there is nothing in the exception then; Windows may crash.
    """
