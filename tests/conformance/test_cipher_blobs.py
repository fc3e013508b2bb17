# SPDX-License-Identifier: MIT
"""Symmetric keys in and out: CipherKeyBlob and KeyDataBlob, names, policies, malformed blobs."""

import struct

import pytest

from .abi import NONE, parameters
from .api import refuses
from .constants import (
    ALLOW_EXPORT,
    ALLOW_PLAINTEXT_ARCHIVING,
    ALLOW_PLAINTEXT_EXPORT,
    BUFFER_PKCS_KEY_NAME,
    DO_NOT_FINALIZE,
    MALFORMED,
    NTE_BAD_KEY_STATE,
    NTE_BAD_TYPE,
    NTE_NOT_SUPPORTED,
    OVERWRITE_KEY,
)
from .material import cipher_key_blob, key_data_blob

pytestmark = pytest.mark.requires("cipher_import")
SECRET = bytes(range(100, 132))
KINDS = [("AES", 16), ("AES", 24), ("AES", 32), ("3DES", 24), ("3DES_112", 16)]


@pytest.mark.parametrize(("algorithm", "size"), KINDS)
def test_round_trip(api, algorithm, size):
    blob = cipher_key_blob(algorithm, SECRET[:size])
    key = api.import_key("CipherKeyBlob", blob)
    assert api.get_text(key, "Algorithm Name") == algorithm
    assert api.get_number(key, "Length") == 8 * size
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    assert api.export_key(key, "CipherKeyBlob") == blob
    assert api.export_key(key, "KeyDataBlob") == key_data_blob(SECRET[:size])


def test_published_layout():
    head = "1000000043504852080000002c000000410045005300000" + "04b44424d0100000020000000"
    assert cipher_key_blob("AES", SECRET) == bytes.fromhex(head) + SECRET


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [(0, False), (ALLOW_EXPORT, False), (ALLOW_PLAINTEXT_EXPORT, True), (3, True)],
)
@pytest.mark.parametrize("kind", ["CipherKeyBlob", "KeyDataBlob"])
def test_policy(api, kind, policy, allowed):
    key = api.make("AES", Export_Policy=policy)
    if allowed:
        assert api.export_key(key, kind)
        return
    with refuses(NTE_NOT_SUPPORTED):
        api.export_key(key, kind)


def test_named_import(api, name):
    """As applications for Windows do it."""
    desc = parameters((BUFFER_PKCS_KEY_NAME, name))
    flags = OVERWRITE_KEY | DO_NOT_FINALIZE
    key = api.import_key("CipherKeyBlob", cipher_key_blob("AES", SECRET), desc, flags)
    with refuses(NTE_BAD_KEY_STATE):
        api.export_key(key, "CipherKeyBlob")
    api.set(key, "Length", 256)
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_ARCHIVING)
    api.finalize(key)
    assert api.export_key(key, "CipherKeyBlob") == cipher_key_blob("AES", SECRET)
    api.free(key)
    key = api.open(name)
    assert api.get_number(key, "Length") == 256
    with refuses(NTE_NOT_SUPPORTED):
        api.export_key(key, "CipherKeyBlob")


@pytest.mark.parametrize("kind", ["CipherKeyBlob", "KeyDataBlob"])
def test_as_a_property(api, kind):
    key = api.create("AES")
    blob = cipher_key_blob("AES", SECRET) if kind[0] == "C" else key_data_blob(SECRET)
    api.set(key, kind, blob)
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    api.finalize(key)
    assert api.export_key(key, kind) == blob
    same = api.import_key("CipherKeyBlob", cipher_key_blob("AES", SECRET))
    for one in (key, same):
        api.set(one, "Chaining Mode", "ChainingModeECB")
    assert api.encrypt(key, bytes(32), NONE) == api.encrypt(same, bytes(32), NONE)


def test_of_another_algorithm(api):
    key = api.create("3DES")
    with refuses(*MALFORMED):
        api.set(key, "CipherKeyBlob", cipher_key_blob("3DES_112", SECRET[:16]))
    with refuses(*MALFORMED):
        api.set(key, "KeyDataBlob", key_data_blob(SECRET[:16]))
    for algorithm in ("RSA", "ECDSA_P256", "NONE SUCH", ""):
        with refuses(*MALFORMED):
            api.import_key("CipherKeyBlob", cipher_key_blob(algorithm, SECRET))


@pytest.mark.parametrize("size", [0, 1, 15, 17, 31, 33, 64])
def test_key_of_wrong_size(api, size):
    with refuses(*MALFORMED):
        api.import_key("CipherKeyBlob", cipher_key_blob("AES", bytes(size)))


def test_truncated_and_too_long(api):
    blob = cipher_key_blob("AES", SECRET)
    for wrong in [blob[:end] for end in range(1, len(blob))] + [blob + b"\0"]:
        with refuses(*MALFORMED):
            api.import_key("CipherKeyBlob", wrong)


@pytest.mark.parametrize("at", range(0, 36, 4))
def test_damaged_header(api, at):
    for value in (0, 0x7FFFFFFF, 0xFFFFFFFF):
        blob = bytearray(cipher_key_blob("AES", SECRET))
        blob[at : at + 4] = struct.pack("<I", value)
        with refuses(*MALFORMED):
            api.import_key("CipherKeyBlob", bytes(blob))


def test_other_blobs(api):
    key = api.import_key("CipherKeyBlob", cipher_key_blob("AES", SECRET))
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    for kind in ("RSAPRIVATEBLOB", "ECCPRIVATEBLOB", "PKCS8_PRIVATEKEY", "PUBLICBLOB"):
        with refuses(NTE_BAD_TYPE, NTE_NOT_SUPPORTED):
            api.export_key(key, kind)
