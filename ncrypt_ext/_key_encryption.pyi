"""Keys that encrypt and decrypt."""

from typing_extensions import Buffer, disjoint_base

from ncrypt_ext._key_batch import BatchKey
from ncrypt_ext._padding import Padding

@disjoint_base
class EncryptionKey(BatchKey):
    """Encryption. An RSA key needs a padding (OAEP, PKCS1 or RAW): else ValueError."""

    def encrypt(
        self, data: Buffer, padding: Padding | None = None, *, silent: bool = False
    ) -> bytes:
        """Encrypt with the public key (NCryptEncrypt)."""

    def decrypt(
        self, data: Buffer, padding: Padding | None = None, *, silent: bool = False
    ) -> bytes:
        """Decrypt with the private key (NCryptDecrypt). What the binding held of the result is
        wiped.
        """

    def encrypt_into(
        self, data: Buffer, buffer: Buffer, padding: Padding | None = None, *, silent: bool = False
    ) -> int:
        """Encrypt into a writable buffer; returns the length of the ciphertext."""

    def decrypt_into(
        self, data: Buffer, buffer: Buffer, padding: Padding | None = None, *, silent: bool = False
    ) -> int:
        """Decrypt into a writable buffer; returns the length of the plaintext.

        One as long as the key (:attr:`block_length`) is long enough; some providers want that much
        whatever the plaintext's length.
        """
