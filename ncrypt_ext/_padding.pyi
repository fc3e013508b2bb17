"""Paddings: small constant objects that hold the native structure, so that a call with one
allocates nothing.
"""

from typing import Any

from typing_extensions import Buffer, disjoint_base

@disjoint_base
class Padding:
    """A padding of RSA signatures or ciphertexts, or what ML-DSA has for one.

    Constant; equal when it means the same.
    """

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

@disjoint_base
class PQDSA(Padding):
    """What ML-DSA signs beside the message.

    A context of up to 255 bytes, which the verifier has to know. With the name of a hash as
    ``prehash`` (HashML-DSA), what is signed is the digest of the message: give that to ``sign()``;
    without, give the message. An ML-DSA key signs without any padding, too, which is ``PQDSA()``.
    """

    def __init__(self, context: Buffer = b"", prehash: str | None = None) -> None: ...
    @property
    def context(self) -> bytes:
        """The context."""

class Raw(Padding):
    """The type of :data:`RAW`."""

RAW: Raw
"""No padding: encryption of numbers as long as the key and smaller than its modulus."""
