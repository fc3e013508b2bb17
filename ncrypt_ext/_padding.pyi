"""Paddings: small constant objects that hold the native structure, so that a call with one
allocates nothing.
"""

from typing import Any

from typing_extensions import Buffer, disjoint_base

@disjoint_base
class Padding:
    """A padding of RSA signatures or ciphertexts. Constant; equal when it means the same."""

    @property
    def hash_name(self) -> str | None:
        """The hash algorithm, as CNG names it."""

    def __reduce__(self) -> str | tuple[Any, ...]: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@disjoint_base
class PKCS1(Padding):
    """PKCS #1 v1.5.

    For signatures with the name of the digest's hash (``PKCS1("SHA256")``); without one the digest
    is signed as it is, without a DigestInfo around it. For encryption without a name.
    """

    def __init__(self, hash_name: str | None = None) -> None: ...

@disjoint_base
class PSS(Padding):
    """PSS, with the same hash in the mask generation. By default the salt has its length."""

    def __init__(self, hash_name: str, salt_length: int | None = None) -> None: ...
    @property
    def salt_length(self) -> int:
        """The length of the salt in bytes."""

@disjoint_base
class OAEP(Padding):
    """OAEP, with the same hash in the mask generation. For encryption."""

    def __init__(self, hash_name: str, label: Buffer = b"") -> None: ...
    @property
    def label(self) -> bytes:
        """The label that encryption and decryption have to agree on."""

class Raw(Padding):
    """The type of :data:`RAW`."""

RAW: Raw
"""No padding: encryption of numbers as long as the key and smaller than its modulus."""

@disjoint_base
class CipherMode(Padding):
    """How a symmetric key encrypts: :class:`ECB`, :class:`CBC` or :class:`CFB`, with a vector and
    with or without padding. Constant; equal when it means the same.

    The padding is that of PKCS #7, to a block of the cipher: 16 bytes of AES, 8 of 3DES. Without it
    ECB and CBC take whole blocks only.
    """

    @property
    def iv(self) -> bytes | None:
        """The vector that the first block is chained to; None for ECB."""

    @property
    def padded(self) -> bool:
        """Whether the data are padded."""

class ECB(CipherMode):
    """Each block by itself: equal blocks stay equal. For single blocks, such as keys."""

    def __init__(self, padded: bool = True) -> None: ...

class CBC(CipherMode):
    """Cipher block chaining. The vector must be new and unpredictable for each message
    (``os.urandom(16)``), and is no secret. What is encrypted can be changed unnoticed: add a MAC
    or a signature over vector and ciphertext.
    """

    def __init__(self, iv: Buffer, padded: bool = True) -> None: ...

class CFB(CipherMode):
    """Cipher feedback by single bytes (CFB8), which is the one that CNG has: as many bytes come out
    as go in. What is said of :class:`CBC` holds here, too.
    """

    def __init__(self, iv: Buffer, padded: bool = False) -> None: ...
