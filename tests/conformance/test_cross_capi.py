# SPDX-License-Identifier: MIT
"""CryptoAPI against `cryptography`, in both directions: blobs and signatures, turned round."""

import hashlib

import pytest

from . import material
from .api import IMPLEMENTATION, refuses
from .capi import private_blob, public_blob
from .constants import (
    AT_KEYEXCHANGE,
    AT_SIGNATURE,
    CALG_RSA_KEYX,
    CALG_RSA_SIGN,
    CRYPT_EXPORTABLE,
    NTE_BAD_SIGNATURE,
    PRIVATEKEYBLOB,
    PUBLICKEYBLOB,
)

if IMPLEMENTATION != "engine":
    # Its wheels for Windows need a library that Wine may lack.
    pytest.importorskip("cryptography.hazmat.primitives.hashes", exc_type=ImportError)
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils

pytestmark = pytest.mark.requires("cryptography")

HASHES = {
    0x8003: hashes.MD5, 0x8004: hashes.SHA1, 0x800C: hashes.SHA256, 0x800D: hashes.SHA384,
    0x800E: hashes.SHA512,
}  # fmt: skip
TEXT = b"order 17"
every_hash = pytest.mark.parametrize("number", HASHES, ids=hex)


def digest_of(number):
    return hashlib.new(HASHES[number].name, TEXT).digest()


def their_private(blob):
    """The private key in a PRIVATEKEYBLOB; every number in it counts."""
    bits = int.from_bytes(blob[12:16], "little")
    widths = [bits // 8, *[bits // 16] * 5, bits // 8]
    numbers, at = [], 20
    for width in widths:
        numbers.append(int.from_bytes(blob[at : at + width], "little"))
        at += width
    assert at == len(blob)
    n, p, q, dp, dq, qinv, d = numbers
    public = rsa.RSAPublicNumbers(int.from_bytes(blob[16:20], "little"), n)
    return rsa.RSAPrivateNumbers(p, q, d, dp, dq, qinv, public).private_key()


def our_key(key):
    """A private key of theirs as a material.Rsa."""
    numbers = key.private_numbers()
    public = numbers.public_numbers
    return material.Rsa(public.n, public.e, numbers.p, numbers.q)


@pytest.mark.parametrize(
    ("spec", "algorithm"), [(AT_KEYEXCHANGE, CALG_RSA_KEYX), (AT_SIGNATURE, CALG_RSA_SIGN)]
)
@every_hash
def test_a_key_of_ours(capi, container, spec, algorithm, number):
    context = capi.new(container)
    key = capi.generate(context, spec, 1024, CRYPT_EXPORTABLE)
    theirs = their_private(capi.export(key, PRIVATEKEYBLOB))
    scheme = padding.PKCS1v15(), utils.Prehashed(HASHES[number]())
    digest = digest_of(number)
    signature = capi.sign(capi.hash(context, number, digest), spec)
    theirs.public_key().verify(signature[::-1], digest, *scheme)
    assert theirs.sign(digest, *scheme)[::-1] == signature
    assert capi.export(key, PUBLICKEYBLOB) == public_blob(our_key(theirs), algorithm)


@pytest.mark.parametrize("bits", [1024, 2048, 3072])
@every_hash
def test_a_key_of_theirs(capi, bits, number):
    theirs = rsa.generate_private_key(65537, bits)
    ours, context = our_key(theirs), capi.verify_context()
    private = capi.import_key(context, private_blob(ours, CALG_RSA_SIGN), CRYPT_EXPORTABLE)
    public = capi.import_key(context, public_blob(ours, CALG_RSA_SIGN))
    again = their_private(capi.export(private, PRIVATEKEYBLOB))
    assert again.private_numbers().p == ours.p
    hash_ = capi.hash(context, number, data=TEXT)
    signature = theirs.sign(TEXT, padding.PKCS1v15(), HASHES[number]())[::-1]
    for key in (private, public):
        capi.verify(hash_, signature, key)
        with refuses(NTE_BAD_SIGNATURE):
            capi.verify(capi.hash(context, number, data=b"order 18"), signature, key)
    assert capi.sign(hash_, AT_SIGNATURE) == signature
