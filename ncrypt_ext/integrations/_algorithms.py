# SPDX-License-Identifier: MIT
"""What objects of cryptography mean: hashes and paddings, in the words of CNG.

Importing this needs cryptography, and says which extra brings it when it is missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ncrypt_ext.padding import OAEP, PKCS1, PSS
from ncrypt_ext.properties import HASHES

OLDEST = 41

try:
    import cryptography
except ModuleNotFoundError as _error:
    if _error.name != "cryptography":
        raise
    raise ImportError(
        "keys for cryptography need the package of that name: pip install ncrypt-ext[cryptography]",
        name="cryptography",
    ) from _error

if int(cryptography.__version__.partition(".")[0]) < OLDEST:
    raise ImportError(
        f"cryptography {cryptography.__version__} is too old, {OLDEST} is the first that will do: "
        "pip install ncrypt-ext[cryptography]",
        name="cryptography",
    )

from cryptography.exceptions import UnsupportedAlgorithm, _Reasons  # noqa: E402
from cryptography.hazmat.primitives import hashes  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import padding as paddings  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import utils  # noqa: E402

if TYPE_CHECKING:
    from ncrypt_ext._padding import Padding

# From version 47 on: a digest, or anything else, is signed without a DigestInfo around it.
NoDigestInfo: type | None = getattr(utils, "NoDigestInfo", None)


class Hash(NamedTuple):
    """A hash algorithm: CNG's name for it, its digest's length, what computes it."""

    name: str
    size: int
    new: Callable[[Any], Any]


def _known_hashes() -> dict[type[Any], Hash]:
    """By cryptography's class. Classes with parameters (SHAKE, BLAKE2) are none of CNG's."""
    found: dict[type[Any], Hash] = {}
    for name, (python_name, size) in HASHES.items():
        kind = getattr(hashes, name.replace("-", "_"), None)
        if kind is not None:
            new = getattr(hashlib, python_name, None) or partial(hashlib.new, python_name)
            found[kind] = Hash(name, size, new)
    return found


HASHES_BY_TYPE = _known_hashes()
# What a class calls itself counts, as in cryptography: it may be anybody's.
_HASHES_BY_NAME = {str(kind.name): known for kind, known in HASHES_BY_TYPE.items()}


def hash_of(algorithm: object) -> Hash:
    """Of a hash that CNG knows."""
    found = HASHES_BY_TYPE.get(type(algorithm))
    if found is not None:
        return found
    if not isinstance(algorithm, hashes.HashAlgorithm):
        raise TypeError("Expected instance of hashes.HashAlgorithm.")
    if algorithm.name not in _HASHES_BY_NAME:
        raise UnsupportedAlgorithm(
            f"RSA keys of key stores do not know the hash {algorithm.name}",
            _Reasons.UNSUPPORTED_HASH,
        )
    return _HASHES_BY_NAME[algorithm.name]


def _check_length(data: Any, prehashed: utils.Prehashed) -> None:
    with memoryview(data) as view:
        if view.nbytes != prehashed._digest_size:
            raise ValueError(
                "The provided data must be the same length as the hash algorithm's digest size."
            )


def digest_of(data: Any, algorithm: object) -> tuple[Hash, Any]:
    """The digest of what is signed. With Prehashed it is the data, of the right length."""
    if isinstance(algorithm, utils.Prehashed):
        _check_length(data, algorithm)
        return hash_of(algorithm._algorithm), data
    known = hash_of(algorithm)
    return known, known.new(data).digest()


def any_digest_of(data: Any, algorithm: object) -> Any:
    """The same where the key store never learns what hash it was: with every one there is."""
    if isinstance(algorithm, utils.Prehashed):
        _check_length(data, algorithm)
        return data
    computation = hashes.Hash(algorithm)  # type: ignore[arg-type]  # says so when it is none
    computation.update(data)
    return computation.finalize()


def _unsupported_padding(what: str) -> Exception:
    return UnsupportedAlgorithm(what, _Reasons.UNSUPPORTED_PADDING)


def _check_mgf(mgf: object, known: Hash) -> None:
    """CNG has one hash for a padding: that of its mask generation is the same."""
    if not isinstance(mgf, paddings.MGF1):
        raise UnsupportedAlgorithm("MGF1 is the only mask generation", _Reasons.UNSUPPORTED_MGF)
    if hash_of(mgf._algorithm) != known:
        raise _unsupported_padding(
            f"key stores cannot use another hash in MGF1 than in the padding ({known.name})"
        )


@lru_cache(maxsize=64)
def _pkcs1(name: str | None = None) -> Padding:
    return PKCS1() if name is None else PKCS1(name)


@lru_cache(maxsize=64)
def _pss(name: str, salt_length: int) -> Padding:
    return PSS(name, salt_length)


def _salt_length(padding: Any, known: Hash, key_size: int) -> int:
    wanted = padding._salt_length
    longest = (key_size + 6) // 8 - known.size - 2
    if isinstance(wanted, type(paddings.PSS.AUTO)):
        raise ValueError("PSS salt length can only be set to Auto when verifying")
    if isinstance(wanted, type(paddings.PSS.DIGEST_LENGTH)):
        wanted = known.size
    elif isinstance(wanted, type(paddings.PSS.MAX_LENGTH)):
        wanted = longest
    if wanted > longest or longest < 0:
        raise ValueError("Digest or salt length too long for key size.")
    return int(wanted)


def signature_input(
    data: Any, padding: object, algorithm: object, key_size: int
) -> tuple[Any, Padding]:
    """What an RSA key signs: the digest, and the padding around it."""
    if not isinstance(padding, paddings.AsymmetricPadding):
        raise TypeError("Expected provider of AsymmetricPadding")
    if NoDigestInfo is not None and isinstance(algorithm, NoDigestInfo):
        if not isinstance(padding, paddings.PKCS1v15):
            raise TypeError("NoDigestInfo is for PKCS1v15 padding only")
        return data, _pkcs1()
    if isinstance(padding, paddings.PKCS1v15):
        known, digest = digest_of(data, algorithm)
        return digest, _pkcs1(known.name)
    if not isinstance(padding, paddings.PSS):
        raise _unsupported_padding(f"{padding.name} is no padding for signatures")
    known, digest = digest_of(data, algorithm)
    _check_mgf(padding._mgf, known)
    return digest, _pss(known.name, _salt_length(padding, known, key_size))


def cipher_padding(padding: object) -> Padding:
    """The padding of an RSA ciphertext."""
    if not isinstance(padding, paddings.AsymmetricPadding):
        raise TypeError("Padding must be an instance of AsymmetricPadding.")
    if isinstance(padding, paddings.PKCS1v15):
        return _pkcs1()
    if not isinstance(padding, paddings.OAEP):
        raise _unsupported_padding(f"{padding.name} is no padding for ciphertexts")
    known = hash_of(padding._algorithm)
    _check_mgf(padding._mgf, known)
    return OAEP(known.name, padding._label or b"")
