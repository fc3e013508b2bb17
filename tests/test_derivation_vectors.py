# SPDX-License-Identifier: MIT
"""Keys that others are derived from: published vectors."""

import pytest

from . import vector_loaders as vectors


def records(name):
    record = {}
    for line in (vectors.FOLDER / name).read_text("ascii").splitlines():
        field, equals, value = line.partition("=")
        if field.strip() == "COUNT" and record:
            yield record
            record = {}
        if equals and not line.startswith("#"):
            record[field.strip()] = value.strip()
    yield record


@pytest.mark.parametrize(
    ("file", "name", "count"), [("pbkdf2_sha1.txt", "SHA1", 5), ("pbkdf2_sha256.txt", "SHA256", 2)]
)
def test_pbkdf2_vectors(provider, file, name, count):
    found = list(records(file))
    assert len(found) == count
    for record in found:
        password, salt = (record[field].replace("\\0", "\0").encode() for field in
                          ("PASSWORD", "SALT"))  # fmt: skip
        expected = bytes.fromhex(record["DERIVED_KEY"])
        iterations = int(record["ITERATIONS"])
        with provider.import_secret("PBKDF2", password) as key:
            derived = key.derive(len(expected), hash_name=name, salt=salt, iterations=iterations)
        assert derived == expected


def test_counter_vectors(provider):
    found = list(records("kbkdf_hmac.txt"))
    assert len(found) == 8
    for record in found:
        secret, label, context, expected = (
            bytes.fromhex(record[field]) for field in ("Key", "Label", "Context", "Output")
        )
        with provider.import_secret("SP800_108_CTR_HMAC", secret) as key:
            derived = key.derive(
                len(expected), hash_name=record["Hash"], label=label, context=context
            )
        assert derived == expected


@pytest.mark.parametrize(("file", "count"), [("hkdf_sha1.txt", 4), ("hkdf_sha256.txt", 3)])
def test_hkdf_vectors(provider, file, count):
    found = list(records(file))
    assert len(found) == count
    for record in found:
        salt = None if "not" in record["salt"] else bytes.fromhex(record["salt"])
        expected = bytes.fromhex(record["OKM"])
        hash_name, info = record["Hash"].replace("-", ""), bytes.fromhex(record["info"])
        with provider.import_secret("HKDF", bytes.fromhex(record["IKM"])) as key:
            derived = key.derive(len(expected), hash_name=hash_name, salt=salt, info=info)
        assert derived == expected


def test_what_office_made(provider):
    (record,) = records("capi_kdf.txt")
    with provider.import_secret("CAPI_KDF", bytes.fromhex(record["Secret"])) as key:
        derived = key.derive(16, hash_name=record["Hash"], for_aes=True)
    assert derived == bytes.fromhex(record["Output"])
