# SPDX-License-Identifier: MIT
"""How keys come into a provider: blobs, PKCS #8, keys of cryptography, secrets, other keys.

What the methods of Provider do that is not one native call. Their settings come as a dictionary
in which None means not given, the flags of creation and of finalization as numbers.
"""

from __future__ import annotations

from os import urandom
from struct import pack
from sys import getrefcount, modules

from ncrypt_ext._buffer import bytes_of, is_bytes_like, join_bytes, size_of, wipe_bytes
from ncrypt_ext._key_unfinalized import (
    apply_settings,
    begin_import,
    begin_key,
    finalize_key,
    import_at_once,
)
from ncrypt_ext._provider import audit_import
from ncrypt_ext.errors import InvalidParameterError, NotSupportedError
from ncrypt_ext.properties import (
    CIPHER_ALGORITHMS,
    CURVE_NAMES,
    PRIVATE_MAGIC_BLOBS,
    PUBLIC_GENERIC_MAGICS,
    PUBLIC_MAGIC_CURVES,
    SECRET_BLOBS,
    algorithm_curve,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ncrypt_ext._key import Key
    from ncrypt_ext._provider import Provider

_NTE_NOT_SUPPORTED = 0x80090029
_MACHINE_KEY = 0x20
_SILENT = 0x40
_AGREEMENT = 0x4  # NCRYPT_ALLOW_KEY_AGREEMENT_FLAG
_ALL_USAGES = 0xFFFFFF
# The blob types whose magic says what is in them.
_OF_MAGIC = {known.blob_type for known in PRIVATE_MAGIC_BLOBS.values()}
_OF_MAGIC |= {"PRIVATEBLOB", "ECCFULLPRIVATEBLOB"}
_PUBLIC_EC_MAGICS = {*PUBLIC_GENERIC_MAGICS, *PUBLIC_MAGIC_CURVES}
_LONGEST_CIPHER_KEY = 1024  # more than any has
_NTE_INVALID_PARAMETER = 0x80090027
_ONCE = 0x4 | 0x8  # NCRYPT_ALLOW_ARCHIVING_FLAG, NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG


def import_blob(
    provider: Provider,
    blob: Any,
    blob_type: Any,
    name: Any,
    curve: Any,
    password: bytes | None,
    settings: dict[str, Any],
    flags: int,
    finish: int,
    finalize: bool = True,
    audited: str | None = None,
) -> Any:
    given = [setting for setting, value in settings.items() if value is not None]
    public = isinstance(blob_type, str) and "PUBLIC" in blob_type
    if public and given:
        raise ValueError(f"a public key takes no {' and no '.join(given)}")
    sealed = blob_type == "OpaqueTransport"
    if sealed and given:
        raise NotSupportedError(
            _NTE_NOT_SUPPORTED,
            "",
            f"a sealed key has its own settings: it takes no {' and no '.join(given)}",
        )
    if curve is not None:
        _check_curve(blob, blob_type, curve)
    audit_import(provider, audited or blob_type, name, bool(flags & _MACHINE_KEY))
    if public or (finalize and not given and (name is None or sealed)):
        if finalize:
            return import_at_once(provider, blob, blob_type, name, curve, password, flags | finish)
        return begin_import(provider, blob, blob_type, name, curve, password, flags | finish)
    known = None
    if isinstance(blob_type, str) and blob_type in _OF_MAGIC:
        known = PRIVATE_MAGIC_BLOBS.get(bytes_of(blob, "blob", 0, 4))
    if known is None:
        new = begin_import(provider, blob, blob_type, name, curve, password, flags)
        if blob_type == "CipherKeyBlob":  # Windows' own users say it once more
            settings = {**settings, "length": _cipher_key_bits(blob)}
    else:
        # The way Windows documents for named keys: the blob is a property of a new key.
        new = begin_key(provider, known.algorithm, name, flags & ~_SILENT)
        if algorithm_curve(known.algorithm) is None:
            settings = {**settings, "curve": curve}
    try:
        apply_settings(new, settings)
        if known is not None:
            new.set_property(known.blob_type if blob_type == "PRIVATEBLOB" else blob_type, blob)
        return finalize_key(new, finish) if finalize else new
    except BaseException:
        new.close()
        raise


def _check_curve(blob: Any, blob_type: Any, curve: Any) -> None:
    """A curve is for blobs of EC keys, and the one that the blob says if it says one."""
    if not isinstance(blob_type, str):
        return  # an error of its own
    if not isinstance(curve, str):
        raise TypeError(f"curve must be a str, not {type(curve).__name__!r}")
    magic = bytes_of(blob, "blob", 0, 4)
    known = PRIVATE_MAGIC_BLOBS.get(magic)
    algorithm = "" if known is None else known.algorithm
    if not blob_type.startswith("ECC") and (
        blob_type not in ("PUBLICBLOB", "PRIVATEBLOB")
        or not (algorithm.startswith("EC") or magic in _PUBLIC_EC_MAGICS)
    ):
        raise ValueError(f"curve is for blobs of EC keys: {blob_type!r} has its own, or none")
    own = PUBLIC_MAGIC_CURVES.get(magic) or algorithm_curve(algorithm)
    named = CURVE_NAMES.get(curve.lower())
    if own is not None and named is None:
        raise InvalidParameterError(_NTE_INVALID_PARAMETER, "", f"unknown curve {curve!r}")
    if own is not None and named != own:
        raise ValueError(f"the blob holds a key on {own}, and curve is {curve!r}")


# ---- keys of cryptography ------------------------------------------------------------------------


def import_private_key(
    provider: Provider,
    key: Any,
    name: Any,
    curve: Any,
    settings: dict[str, Any],
    flags: int,
    finish: int,
    finalize: bool,
) -> Any:
    """A private key of cryptography; each form of it is wiped that nobody else has."""
    secret = _pkcs8_of(key)
    ours = getrefcount(secret) <= 2  # else whoever made it has kept it
    agreeing = None
    try:
        if curve is not None:
            raise ValueError("curve is for a blob: a key of cryptography has its own")
        form = _agreement_form(key, secret, settings["usage"])
        if form is None:
            return import_blob(
                *(provider, secret, "PKCS8_PRIVATEKEY", name, None, None),
                *(settings, flags, finish, finalize),
            )
        agreeing, curve = form
        return import_blob(
            *(provider, agreeing, "ECCPRIVATEBLOB", name, curve, None),
            *(settings, flags, finish, finalize),
        )
    finally:
        if agreeing is not None:
            wipe_bytes(agreeing)
        if ours:
            wipe_bytes(secret)


def _pkcs8_of(key: Any) -> bytes:
    if is_bytes_like(key):
        raise TypeError(
            "a blob needs a blob_type: 'PKCS8_PRIVATEKEY', 'RSAFULLPRIVATEBLOB', ... "
            "(import_pkcs8() takes PEM, and finds out by itself)"
        )
    if "cryptography" not in modules:
        raise TypeError(
            "the key must be a blob, with its blob_type, or a private key of "
            f"cryptography, not {type(key).__name__!r}"
        )
    from ncrypt_ext.integrations.cryptography_keys import to_pkcs8

    return to_pkcs8(key)


def _agreement_form(key: Any, pkcs8: bytes, usage: Any) -> tuple[bytes, str | None] | None:
    """The blob of an EC key of cryptography that is to agree on secrets, and its curve; PKCS #8 has
    the same form for those that sign. None for other keys. Those on curve25519 only agree."""
    from ncrypt_ext._der import agreement_private_blob, is_x25519

    wanted = usage if isinstance(usage, int) else 0
    agrees = wanted & _AGREEMENT and wanted & _ALL_USAGES != _ALL_USAGES
    if not is_x25519(pkcs8) and not (agrees and hasattr(key, "curve")):
        return None
    from ncrypt_ext._public_info import agreement_blob
    from ncrypt_ext.integrations.cryptography_keys import to_public_info

    known = agreement_blob(to_public_info(key.public_key()))
    if known is None:
        return None
    public, curve = known
    blob = agreement_private_blob(pkcs8, public)
    if blob is None:
        return None
    return blob, curve if public.startswith(b"ECKP") else None  # other magics name theirs


# ---- PKCS #8 -------------------------------------------------------------------------------------


def import_pkcs8(
    provider: Provider,
    data: Any,
    password: bytes | None,
    name: Any,
    settings: dict[str, Any],
    flags: int,
    finish: int,
    finalize: bool,
) -> Any:
    from ncrypt_ext._pkcs8 import is_encrypted, key_der

    secret = key_der(data)
    try:
        if password is not None and not is_encrypted(secret):
            raise ValueError(
                "there is a password, and data holds no encrypted PKCS #8 key "
                "(a PFX file is for import_pfx())"
            )
        return import_blob(
            *(provider, secret, "PKCS8_PRIVATEKEY", name, None, password),
            *(settings, flags, finish, finalize),
        )
    finally:
        if secret is not data:  # decoded here
            wipe_bytes(secret)


# ---- secrets of symmetric keys and of derivation -------------------------------------------------


def _cipher_key_blob(algorithm: str, secret: Any) -> bytes:
    """The CipherKeyBlob of a symmetric key: the caller wipes it."""
    name = algorithm.encode("utf-16-le") + bytes(2)
    size = size_of(secret, "secret")
    if size > _LONGEST_CIPHER_KEY:
        raise InvalidParameterError(
            _NTE_INVALID_PARAMETER, "", f"{algorithm} keys cannot have {size} bytes"
        )
    head = pack("<4I", 16, 0x52485043, len(name), 12 + size) + name
    return join_bytes(head + pack("<3I", 0x4D42444B, 1, size), secret, "secret")


def _cipher_key_bits(blob: Any) -> int:
    """How long the key in a CipherKeyBlob is, which has been imported."""
    name_size = int.from_bytes(bytes_of(blob, "blob", 8, 4), "little")
    return 8 * (size_of(blob, "blob") - 28 - name_size)


def import_secret(
    provider: Provider,
    algorithm: Any,
    secret: Any,
    name: Any,
    settings: dict[str, Any],
    flags: int,
    finish: int,
) -> Any:
    size_of(secret, "secret")  # a str would be written as UTF-16: nobody means that
    if isinstance(algorithm, str) and algorithm in CIPHER_ALGORITHMS:
        blob = _cipher_key_blob(algorithm, secret)
        try:
            return import_blob(
                *(provider, blob, "CipherKeyBlob", name, None, None, settings, flags, finish),
                audited=algorithm,
            )
        finally:
            wipe_bytes(blob)
    audit_import(provider, algorithm, name, bool(flags & _MACHINE_KEY))
    new = begin_key(provider, algorithm, name, flags & ~_SILENT)
    try:
        apply_settings(new, settings)
        new.set_property("KDFKeySecret", secret)
        return finalize_key(new, finish)
    finally:
        new.close()  # when a step failed; after finalize_key() there is nothing to close


# ---- copies of other keys ------------------------------------------------------------------------


def clone_key(
    provider: Provider,
    source: Key,
    name: Any,
    settings: dict[str, Any],
    flags: int,
    finish: int,
) -> Any:
    silent = bool(flags & _SILENT)
    if name is not None:  # before the source is exported, which it may allow only once
        begin_key(provider, source.algorithm, name, flags & ~_SILENT).close()
    if settings["export_policy"] is None:
        settings["export_policy"] = source.export_policy & ~_ONCE  # which is now
    if settings["usage"] is None:
        settings["usage"] = source.usage
    kind = SECRET_BLOBS.get(source.algorithm_group or "")
    if kind is not None:
        secret = source.export(kind, silent=silent)
        try:
            return import_blob(provider, secret, kind, name, None, None, settings, flags, finish)
        finally:
            wipe_bytes(secret)
    chain = source.certificates
    password = urandom(32).hex()
    sealed = source.export_pkcs8(password, iterations=1, silent=silent)
    text = f"{password}\0".encode("utf-16-le")
    try:
        new = import_pkcs8(provider, sealed, text, name, settings, flags, finish, False)
    finally:
        wipe_bytes(sealed)
        wipe_bytes(text)  # the str stays behind in memory
    try:
        if new.algorithm_group != source.algorithm_group:
            raise NotSupportedError(
                _NTE_NOT_SUPPORTED,
                "",
                f"the copy of the {source.algorithm} key would be of {new.algorithm}: "
                f"PKCS #8 tells them by the usage, which is {source.usage!r}",
            )
        if chain:  # before it may take the place of another key
            new.set_property(
                "SmartCardKeyCertificate", b"".join(chain), persist=True, silent=silent
            )
        return finalize_key(new, finish)
    finally:
        new.close()  # when a step failed; after finalize_key() there is nothing to close
