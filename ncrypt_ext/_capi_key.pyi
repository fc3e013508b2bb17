"""Keys of CryptoAPI contexts."""

from typing import Literal, TypeAlias, final

from typing_extensions import Buffer

from ncrypt_ext._handle import Handle
from ncrypt_ext.enums import KeySpec

_Hash: TypeAlias = Literal["MD5", "SHA1", "SHA256", "SHA384", "SHA512"]

@final
class ContextKey(Handle):
    """A key of a context (an ``HCRYPTKEY``): one of its container, or an imported public key.

    It keeps its context from being released. It has no public constructor: see
    :class:`~ncrypt_ext.capi.Context`.
    """

    @property
    def algorithm(self) -> int:
        """The algorithm's number: ``CALG_RSA_KEYX`` (0xA400) or ``CALG_RSA_SIGN`` (0x2400)."""

    @property
    def key_spec(self) -> KeySpec:
        """The kind of key, as the algorithm tells it."""

    @property
    def length(self) -> int:
        """Bits."""

    @property
    def permissions(self) -> int:
        """What the key may be used for: ``CRYPT_EXPORT`` (0x4) and others."""

    def export(self, blob_type: Literal["PUBLICKEYBLOB", "PRIVATEKEYBLOB"]) -> bytes:
        """The key as a blob.

        Raises :class:`~ncrypt_ext.BadStateError` for a private key that is not exportable.
        """

    def verify(
        self,
        signature: Buffer,
        digest: Buffer,
        hash: _Hash,
        *,
        byteorder: Literal["little", "big"] = "little",
    ) -> None:
        """Verify a signature of a digest; RSA, PKCS #1 v1.5.

        Raises :class:`~ncrypt_ext.InvalidSignatureError` when it does not belong to them.
        ``byteorder="big"`` for a signature that was not made by CryptoAPI.
        """
