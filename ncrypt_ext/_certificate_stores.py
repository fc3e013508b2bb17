# SPDX-License-Identifier: MIT
"""Certificate stores: what is in them, and the keys of certificates.

The functions of _certificates.py, which say what they do.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import ExitStack, suppress
from datetime import datetime, timezone
from sys import audit
from typing import TYPE_CHECKING, NamedTuple

from ncrypt_ext import _x509
from ncrypt_ext._certificate import (
    Certificate,
    CertificateStore,
    import_store,
    open_store,
    provider_of,
    remember,
)
from ncrypt_ext._key import Key
from ncrypt_ext.errors import BadDataError, KeyNotFoundError, NCryptError, NotSupportedError
from ncrypt_ext.records import CertificateInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

    from ncrypt_ext._x509 import _CertificateSource

_NOT_FOUND = 0x80092004
_NOT_SUPPORTED = 0x80090029
_MACHINE = 0x20


class _Place(NamedTuple):
    store: str
    machine: bool


# Of what cannot be read: it is valid at no time.
_NEVER = datetime.min.replace(tzinfo=timezone.utc)


def _sha1(der: bytes) -> str:
    return hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()


def _describe(certificate: Certificate, machine: bool) -> CertificateInfo:
    der = certificate.der
    provider = name = None
    found = certificate.key_info()
    if found is not None:
        name, provider, _, flags = found
        machine = bool(flags & _MACHINE)
    read = _x509.read_or_none(der)
    subject = issuer = ""
    not_before = not_after = _NEVER
    if read is not None:
        subject, issuer = read.subject_text, read.issuer_text
        not_before, not_after = read.not_before, read.not_after
    return CertificateInfo(
        der, _sha1(der), subject, issuer, not_before, not_after, provider, name, machine
    )


def list_certificates(*, store: str = "MY", machine: bool = False) -> list[CertificateInfo]:
    with open_store(store, machine=machine, writable=False) as opened:
        return [_describe(each, machine) for each in _closing(opened.certificates())]


def _closing(certificates: list[Certificate]) -> Iterator[Certificate]:
    with ExitStack() as stack:
        for each in certificates:
            stack.enter_context(each)
        yield from certificates


# ---- the key of a certificate -------------------------------------------------------------------


def _thumbprint(text: str) -> str:
    """Without what programs put between the digits, and the invisible mark that Windows shows."""
    if not isinstance(text, str):
        raise TypeError(f"thumbprint must be a str, not {type(text).__name__!r}")
    digits = re.sub("[\\s:\u200e]", "", text).upper()
    if not re.fullmatch("[0-9A-F]{40}|[0-9A-F]{64}", digits):
        raise ValueError(
            "thumbprint must be the SHA-1 (40 hexadecimal digits) or the SHA-256 (64) "
            f"of a certificate, not {text!r}"
        )
    return digits


def _has_thumbprint(der: bytes, digits: str) -> bool:
    if len(digits) == 40:
        return _sha1(der) == digits
    return hashlib.sha256(der).hexdigest().upper() == digits


def _best(found: list[tuple[Certificate, CertificateInfo]], wanted: str) -> Certificate:
    """Of certificates that fit a subject; they must be of one subject, or have just that one."""
    found = [pair for pair in found if pair[1].has_key] or found
    found = [pair for pair in found if pair[1].subject.casefold() == wanted.casefold()] or found
    subjects = sorted({info.subject for _, info in found})
    if len(subjects) > 1:
        raise ValueError(
            f"several subjects have {wanted!r} in them: " + "; ".join(map(repr, subjects))
        )
    now = datetime.now(timezone.utc)

    def rank(pair: tuple[Certificate, CertificateInfo]) -> tuple[bool, datetime]:
        info = pair[1]
        return info.not_before <= now <= info.not_after, info.not_after

    return max(found, key=rank)[0]


def open_certificate_key(
    *,
    thumbprint: str | None = None,
    subject: str | None = None,
    store: str = "MY",
    machine: bool = False,
    silent: bool = False,
) -> Key:
    if (thumbprint is None) == (subject is None):
        raise TypeError("open_certificate_key() needs thumbprint or subject, and not both")
    digits = None if thumbprint is None else _thumbprint(thumbprint)
    if subject is not None and not isinstance(subject, str):
        raise TypeError(f"subject must be a str, not {type(subject).__name__!r}")
    if subject == "":
        raise ValueError("subject must not be empty")
    audit("ncrypt_ext.open_certificate_key", thumbprint, subject, store, machine)
    with ExitStack() as stack:
        opened = stack.enter_context(open_store(store, machine=machine, writable=False))
        there = [stack.enter_context(each) for each in opened.certificates()]
        if digits is not None:
            best = next((each for each in there if _has_thumbprint(each.der, digits)), None)
        else:
            assert subject is not None
            part = subject.casefold()
            infos = [(each, _describe(each, machine)) for each in there]
            fitting = [pair for pair in infos if part in pair[1].subject.casefold()]
            best = _best(fitting, subject) if fitting else None
        if best is None:
            wanted = f"the thumbprint {digits}" if digits else f"{subject!r} in its subject"
            where = "machine" if machine else "user"
            raise KeyNotFoundError(
                _NOT_FOUND, "", f"no certificate in the {where}'s store {store!r} has {wanted}"
            )
        return _open_one(best, there, _chain(best.der, there, machine), silent)


def _open_one(
    best: Certificate, there: list[Certificate], chain: tuple[bytes, ...], silent: bool
) -> Key:
    """The key of a certificate, which other keys may claim to be theirs, too."""
    first = None
    for each in [best, *(each for each in there if each is not best and each.der == best.der)]:
        try:
            return each.open_key(chain, silent=silent)
        except NCryptError as error:
            first = first or error
    assert first is not None
    raise first


def _chain(leaf: bytes, near: list[Certificate], machine: bool) -> tuple[bytes, ...]:
    with open_store("CA", machine=machine, writable=False) as issuers:
        others = [each.der for each in near]
        others += [each.der for each in _closing(issuers.certificates())]
    return _x509.find_chain(leaf, others)


# ---- into a store -------------------------------------------------------------------------------


def _bind(
    held: ExitStack, undo: ExitStack, leaf: bytes, key: tuple[str, str, bool], where: _Place
) -> None:
    """Puts a certificate into a store, with the name, the provider and the scope of its key."""
    name, provider, of_machine = key
    opened = held.enter_context(open_store(where.store, machine=where.machine, writable=True))
    for each in _closing(opened.certificates()):
        there = each.key_info()
        if there is not None and (there[0], there[1], bool(there[3] & _MACHINE)) == key:
            if each.der == leaf:
                return
    certificate, new = opened.add(leaf)
    held.enter_context(certificate)
    if new:
        undo.callback(certificate.remove)
    certificate.set_key(name, provider, machine=of_machine)


def add_certificate(
    certificate: _CertificateSource, key: Key, *, store: str = "MY", machine: bool = False
) -> None:
    if not isinstance(key, Key):
        raise TypeError(f"key must be a Key, not {type(key).__name__!r}")
    found = _x509.encodings(certificate, "certificate")
    if len(found) != 1:
        raise ValueError(f"certificate must be one certificate, not {len(found)}")
    read = _x509.read(found[0])
    name = key.name
    if name is None:
        raise ValueError("the key is ephemeral: a store can only name stored keys")
    audit("ncrypt_ext.add_certificate", name, key.is_machine_key, store, machine)
    _x509.check_key(read, key)
    provider = provider_of(key)
    if provider is None:
        raise NotSupportedError(_NOT_SUPPORTED, "", "the key does not tell who its provider is")
    with ExitStack() as held, ExitStack() as undo:
        _bind(held, undo, read.der, (name, provider, key.is_machine_key), _Place(store, machine))
        undo.pop_all()
    # As the engine does it: the issuers that are there stay, if they fit.
    try:
        before = key.certificates
    except BadDataError:  # of somebody else
        before = ()
    remember(key, _x509.find_chain(read.der, before))


def import_pfx(
    data: Buffer, password: str | None, *, exportable: bool = False, machine: bool = False
) -> Key:
    audit("ncrypt_ext.import_pfx", machine, exportable)
    with ExitStack() as held, ExitStack() as undo:
        imported = held.enter_context(
            import_store(
                data, password, exportable=exportable, machine=machine, discard=_discard_all
            )
        )
        there = [held.enter_context(each) for each in imported.certificates()]
        leaves = [each for each in there if each.key_info() is not None]
        for each in leaves:
            undo.callback(_discard, each)
        if len(leaves) != 1:
            raise ValueError(f"the PFX must have one private key, not {len(leaves)}")
        key = leaves[0].open_key(None)
        undo.callback(key.close)
        chain = key.certificates
        if not chain:
            chain = _x509.find_chain(leaves[0].der, [each.der for each in there])
            _attach(key, chain)
        info = leaves[0].key_info()
        assert info is not None
        named = info[0], info[1], bool(info[3] & _MACHINE)
        _bind(held, undo, chain[0], named, _Place("MY", machine))
        _add_issuers(held, undo, chain[1:], machine)
        undo.pop_all()
        return key


def _attach(key: Key, chain: tuple[bytes, ...]) -> None:
    try:
        key.set_certificates(chain)
    except NotSupportedError:  # the provider keeps none with its keys: those of the stores count
        remember(key, chain)


def _discard(leaf: Certificate) -> None:
    """Deletes an imported key; what went wrong before is what is told."""
    with suppress(NCryptError):
        leaf.open_key(None, silent=True).delete(silent=True)


def _discard_all(imported: CertificateStore) -> None:
    for each in _closing(imported.certificates()):
        if each.key_info() is not None:
            _discard(each)


def _add_issuers(
    held: ExitStack, undo: ExitStack, issuers: tuple[bytes, ...], machine: bool
) -> None:
    read = [_x509.read_or_none(der) for der in issuers]
    wanted = [one.der for one in read if one is not None and not one.is_self_issued]
    if not wanted:
        return
    store = held.enter_context(open_store("CA", machine=machine, writable=True))
    there = {each.der for each in _closing(store.certificates())}
    for der in wanted:
        if der not in there:
            certificate, new = store.add(der)
            held.enter_context(certificate)
            if new:
                undo.callback(certificate.remove)
