"""What the native objects have in common that Windows Web Services allows one thread at a time."""

from typing_extensions import disjoint_base

from ncrypt_ext._handle import Handle

@disjoint_base
class WsHandle(Handle):
    """A native object that one thread at a time may use.

    Threads may share it as long as they take turns. A call that finds another one inside raises
    :class:`~ncrypt_ext.BadStateError` at once: it neither waits nor corrupts anything.
    """
