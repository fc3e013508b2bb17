"""Keys that encrypt and decrypt."""

from typing_extensions import Buffer, disjoint_base

from ncrypt_ext._key_batch import BatchKey
from ncrypt_ext._padding import Padding
from ncrypt_ext.ciphers import CipherMode

@disjoint_base
class EncryptionKey(BatchKey):
    """Encryption. An RSA key needs a padding (OAEP, PKCS1 or RAW): else ValueError.

    A symmetric key takes an ``ECB``, ``CBC`` or ``CFB`` of :mod:`ncrypt_ext.ciphers`, which belongs
    to the call alone. Without one it chains as this object does (:attr:`chaining_mode`,
    :attr:`iv`), without padding: a long message can be encrypted piece by piece.
    """

    def encrypt(
        self, data: Buffer, padding: Padding | CipherMode | None = None, *, silent: bool = False
    ) -> bytes:
        """Encrypt with the public key, or with a symmetric one (NCryptEncrypt)."""

    def decrypt(
        self, data: Buffer, padding: Padding | CipherMode | None = None, *, silent: bool = False
    ) -> bytes:
        """Decrypt with the private key, or with a symmetric one (NCryptDecrypt). What the binding
        held of the result is wiped.

        :class:`~ncrypt_ext.BadDataError` when there is no padding where there should be one.
        """

    def encrypt_into(
        self,
        data: Buffer,
        buffer: Buffer,
        padding: Padding | CipherMode | None = None,
        *,
        silent: bool = False,
    ) -> int:
        """Encrypt into a writable buffer; returns the length of the ciphertext."""

    def decrypt_into(
        self,
        data: Buffer,
        buffer: Buffer,
        padding: Padding | CipherMode | None = None,
        *,
        silent: bool = False,
    ) -> int:
        """Decrypt into a writable buffer; returns the length of the plaintext.

        One as long as the key (:attr:`block_length`) is long enough; some providers want that much
        whatever the plaintext's length.
        """

    @property
    def chaining_mode(self) -> str | None:
        """How a symmetric key chains when a call does not say otherwise: ``"ChainingModeCBC"`` at
        first, ``"ChainingModeECB"`` or ``"ChainingModeCFB"``. Of this object alone, never stored.
        None for other keys.
        """

    @chaining_mode.setter
    def chaining_mode(self, value: str) -> None: ...
    @property
    def iv(self) -> bytes | None:
        """The vector that the next such call of a symmetric key begins with; each call leaves the
        one for the call after it. Of this object alone. None before it has been set, and for other
        keys.
        """

    @iv.setter
    def iv(self, value: Buffer) -> None: ...
