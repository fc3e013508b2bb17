# SPDX-License-Identifier: MIT
"""Known answers of AES and 3DES: vectors of NIST, in one call each way."""

import pytest

from .. import vector_loaders as vectors
from .abi import CipherPadding
from .material import cipher_key_blob

pytestmark = pytest.mark.requires("cipher_import")
MODES = {"ecb": "ECB", "cbc": "CBC", "cfb8": "CFB"}


def imported(api, record):
    """3DES with two keys says the first one again as the third."""
    if "KEY" in record:
        return api.import_key("CipherKeyBlob", cipher_key_blob("AES", record["KEY"]))
    one, two, three = (record[name] for name in ("KEY1", "KEY2", "KEY3"))
    if one == three:
        return api.import_key("CipherKeyBlob", cipher_key_blob("3DES_112", one + two))
    return api.import_key("CipherKeyBlob", cipher_key_blob("3DES", one + two + three))


def check(api, record, mode):
    key = imported(api, record)
    api.set(key, "Chaining Mode", f"ChainingMode{mode}")
    plain, cipher = record["PLAINTEXT"], record["CIPHERTEXT"]
    assert api.encrypt(key, plain, Once(record)) == cipher
    assert api.decrypt(key, cipher, Once(record)) == plain


class Once(CipherPadding):
    """The structure for a record."""

    def __init__(self, record):
        super().__init__(0, record.get("IV"))


@pytest.mark.parametrize("name", MODES)
def test_aes(api, name):
    records = list(vectors.load_cipher(f"aes_{name}.txt"))
    assert len(records) == 218
    for record in records:
        check(api, record, MODES[name])


@pytest.mark.parametrize("name", MODES)
def test_tdes(api, name):
    records = list(vectors.load_cipher(f"tdes_{name}.txt"))
    assert len(records) == 40
    for record in records:
        check(api, record, MODES[name])


@pytest.mark.parametrize(("name", "count"), [("sp800_38a", 9), ("sp800_67", 1)])
def test_publications(api, name, count):
    records = list(vectors.load_cipher(f"{name}.txt"))
    assert len(records) == count
    for record in records:
        check(api, record, record["section"])
