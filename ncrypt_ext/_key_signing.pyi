"""Keys that sign and verify."""

from typing import Literal

from typing_extensions import Buffer

from ncrypt_ext._key_public import PublicKey
from ncrypt_ext._padding import Padding

class SigningKey(PublicKey):
    """Signatures. RSA keys need a padding (PSS or PKCS1), EC keys take none: else ValueError.

    ML-DSA keys sign messages and no digests, so that ``digest`` is the message, without a padding
    or with :class:`~ncrypt_ext.padding.PQDSA`.
    """

    def sign(
        self,
        digest: Buffer,
        padding: Padding | None = None,
        *,
        encoding: Literal["raw", "der"] = "raw",
        silent: bool = False,
    ) -> bytes:
        """Sign a digest (NCryptSignHash).

        A signature of an EC key is r and s side by side, as CNG defines it; ``encoding="der"``
        makes it the SEQUENCE of two INTEGERs that most other software wants. ``silent`` fails with
        :class:`~ncrypt_ext.SilentContextError` where the user would have to be asked.
        """

    def sign_into(
        self,
        digest: Buffer,
        buffer: Buffer,
        padding: Padding | None = None,
        *,
        silent: bool = False,
    ) -> int:
        """Sign a digest, the signature into a writable buffer; returns its length.

        A buffer that is too small is a :class:`~ncrypt_ext.BufferTooSmallError`.
        """

    def verify(
        self,
        digest: Buffer,
        signature: Buffer,
        padding: Padding | None = None,
        *,
        encoding: Literal["raw", "der"] = "raw",
        silent: bool = False,
    ) -> None:
        """Verify a digest's signature (NCryptVerifySignature).

        Returns None when it is good, raises :class:`~ncrypt_ext.InvalidSignatureError` when it is
        not. A DER signature has to be encoded strictly.
        """

    def sign_message(
        self,
        data: Buffer,
        hash_name: str,
        padding: Padding | None = None,
        *,
        encoding: Literal["raw", "der"] = "raw",
        silent: bool = False,
    ) -> bytes:
        """Hash a message (``"SHA256"``, ...) and sign the digest.

        A padding that names another hash is a ValueError.
        """

    def verify_message(
        self,
        data: Buffer,
        signature: Buffer,
        hash_name: str,
        padding: Padding | None = None,
        *,
        encoding: Literal["raw", "der"] = "raw",
        silent: bool = False,
    ) -> None:
        """Hash a message and verify the digest's signature, like :meth:`verify`."""
