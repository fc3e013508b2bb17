# SPDX-License-Identifier: MIT
"""Paddings as objects: checked when made, constant, equal when they mean the same."""

import copy
import pickle

import pytest

import ncrypt_ext as nc

PADDINGS = [
    nc.PKCS1(),
    nc.PKCS1("SHA256"),
    nc.PSS("SHA256"),
    nc.PSS("SHA512", 20),
    nc.OAEP("SHA1"),
    nc.OAEP("SHA256", label=b"label"),
    nc.RAW,
]


@pytest.mark.parametrize("padding", PADDINGS, ids=repr)
def test_values(padding):
    for twin in (pickle.loads(pickle.dumps(padding)), copy.copy(padding)):
        assert twin == padding
        assert hash(twin) == hash(padding)
    assert eval(repr(padding), vars(nc)) == padding
    assert [other == padding for other in PADDINGS].count(True) == 1
    assert padding != "a padding"


def test_raw_stays_one():
    assert pickle.loads(pickle.dumps(nc.RAW)) is nc.RAW


@pytest.mark.parametrize(
    ("name", "length"), [("SHA1", 20), ("SHA256", 32), ("SHA384", 48), ("SHA512", 64), ("MD5", 16)]
)
def test_salt_is_as_long_as_the_digest(name, length):
    assert nc.PSS(name).salt_length == length


def test_attributes():
    assert nc.PKCS1().hash_name is None
    assert nc.PKCS1("SHA1").hash_name == "SHA1"
    assert nc.PSS("SHA256", salt_length=7).salt_length == 7
    assert nc.OAEP("SHA256", bytearray(b"l")).label == b"l"
    with pytest.raises(AttributeError):
        nc.PSS("SHA256").salt_length = 3


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: nc.PSS(), TypeError, "argument"),
        (lambda: nc.PSS(256), TypeError, "hash_name must be a str, not 'int'"),
        (lambda: nc.PSS("SHA256", "long"), TypeError, "salt_length must be an int, not 'str'"),
        (lambda: nc.PSS("SHA256", -1), ValueError, "salt_length must be from 0 to 65535"),
        (lambda: nc.PSS("WHIRLPOOL"), ValueError, "salt_length must be given"),
        (lambda: nc.PKCS1(b"SHA256"), TypeError, "hash_name must be a str, not 'bytes'"),
        (lambda: nc.PKCS1("SHA\0"), ValueError, "NUL"),
        (lambda: nc.OAEP(None), TypeError, "hash_name must be a str, not 'NoneType'"),
        (lambda: nc.OAEP("SHA256", "text"), TypeError, "label must be a bytes-like object"),
        (lambda: nc.OAEP("SHA256", 5), TypeError, "label must be a bytes-like object"),
        (lambda: nc.Padding(), TypeError, "no public constructor"),
    ],
)
def test_checked_when_made(make, error, match):
    with pytest.raises(error, match=match):
        make()


def test_signatures_want_the_right_kind(ec_key, rsa_key, digest):
    signature = rsa_key.sign(digest, nc.PSS("SHA256"))
    for call in (
        lambda padding: rsa_key.sign(digest, padding),
        lambda padding: rsa_key.sign_into(digest, bytearray(256), padding),
        lambda padding: rsa_key.sign_many([digest], padding),
        lambda padding: rsa_key.verify(digest, signature, padding),
    ):
        with pytest.raises(ValueError, match="signs with a padding"):
            call(None)
        for wrong in (nc.OAEP("SHA256"), nc.RAW):
            with pytest.raises(ValueError, match="is not a padding for signatures"):
                call(wrong)
        with pytest.raises(TypeError, match="padding must be PKCS1, PSS or PQDSA, not 'str'"):
            call("PSS")
    for padding in (nc.PSS("SHA256"), nc.PKCS1(), nc.RAW, "PSS"):
        with pytest.raises(ValueError, match="signs without a padding"):
            ec_key.sign(digest, padding)


def test_encryption_wants_the_right_kind(rsa_key):
    for call in (rsa_key.encrypt, rsa_key.decrypt):
        with pytest.raises(ValueError, match="encrypts with a padding"):
            call(b"data")
        with pytest.raises(ValueError, match="is not a padding for encryption"):
            call(b"data", nc.PSS("SHA256"))
        with pytest.raises(ValueError, match="takes no hash name"):
            call(b"data", nc.PKCS1("SHA256"))
        with pytest.raises(TypeError, match="padding must be OAEP, PKCS1 or RAW, not 'int'"):
            call(b"data", 3)
