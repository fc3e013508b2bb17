"""Signing many digests at once, on several cores."""

from collections.abc import Iterable
from typing import Literal

from typing_extensions import Buffer, final

from ncrypt_ext._key_signing import SigningKey
from ncrypt_ext._padding import Padding

@final
class Batch:
    """One call of :meth:`BatchKey.sign_many`: what its threads share."""

    def work(self) -> None:
        """What a helper thread runs."""

class BatchKey(SigningKey):
    """Batches of signatures."""

    def sign_many(
        self,
        digests: Iterable[Buffer],
        padding: Padding | None = None,
        *,
        threads: int | None = None,
        encoding: Literal["raw", "der"] = "raw",
        silent: bool = False,
    ) -> list[bytes]:
        """Sign digests on several threads, without the GIL, and return the signatures in the same
        order.

        ``threads`` counts the calling one; None takes as many as there are cores to run on. The
        first failure stops the batch and is raised, as is what a signal handler raises. Closing the
        key stops it, too.
        """
