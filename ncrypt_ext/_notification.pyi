"""Being told that keys have changed."""

from typing_extensions import final

from ncrypt_ext._handle import Handle

@final
class KeyWatch(Handle):
    """Tells when stored keys have changed. Comes from :meth:`Provider.watch_keys`.

    It counts from when it was made. While it is open its provider stays open natively. Its
    ``handle`` is, on Windows, one that Windows' functions for waiting take.
    """

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until a key was added, changed or deleted since this last returned True.

        By whomever: this program, another one, of the same user or, for the keys of the machine,
        anybody. What has changed is not told: list the keys. Several changes may be one, and one
        may be told where nothing has changed, after ``os.fork()`` for example; none is missed.
        When several threads wait for one, one of them is told.

        False after that many seconds, which may be 0; None waits for ever. Signals
        (``KeyboardInterrupt``) end it, and ``close()`` from another thread does, with a
        :class:`~ncrypt_ext.ClosedHandleError`: both within a tenth of a second.
        """
