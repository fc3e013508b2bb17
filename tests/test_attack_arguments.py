# SPDX-License-Identifier: MIT
"""Arguments that are nearly right: subclasses, other mappings, numbers out of range."""

import collections
import enum
import types

import pytest

import ncrypt_ext as nc


class Name(str, enum.Enum):
    """How programs like to keep their constants."""

    PROVIDER = "Microsoft Software Key Storage Provider"
    HASH = "SHA256"
    ALGORITHM = "ECDSA_P256"
    KEY = "orders"


class NeverEqual(int):
    def __eq__(self, other):
        return False

    __hash__ = int.__hash__


def test_text_of_a_subclass(digest, rsa_key):
    with nc.Provider(Name.PROVIDER) as provider:
        assert repr(provider) == "<Provider 'Microsoft Software Key Storage Provider'>"
        provider.create_key(Name.ALGORITHM, Name.KEY).close()
        with provider.open_key(Name.KEY) as key:
            assert key.name == "orders"
            key.verify_message(b"x", key.sign_message(b"x", Name.HASH), Name.HASH)
    for make in (nc.PKCS1, nc.PSS, nc.OAEP):
        padding = make(Name.HASH)
        assert padding == make("SHA256")
        assert type(padding.hash_name) is str
        assert repr(padding) == repr(make("SHA256"))
    rsa_key.verify(digest, rsa_key.sign(digest, nc.PSS(Name.HASH)), nc.PSS("SHA256"))


@pytest.mark.parametrize(
    "kind", [dict, collections.OrderedDict, types.MappingProxyType, collections.UserDict]
)
def test_properties_in_any_mapping(provider, kind):
    with provider.create_key("ECDSA_P256", properties=kind({"Ticket": b"4711"})) as key:
        assert key.get_property("Ticket") == b"4711"


def test_properties_that_are_no_mapping(provider):
    with pytest.raises(TypeError, match=r"^properties must be a mapping, not 'list'"):
        provider.create_key("ECDSA_P256", "left behind", properties=[("Ticket", b"4711")])
    assert not provider.has_key("left behind")


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("cls", [nc.Provider, nc.Key, nc.UnfinalizedKey])
def test_numbers_that_are_no_handle(cls, own):
    for number in (0, -1, 1 << 64, 10**5000, NeverEqual(0), NeverEqual(-1), False):
        with pytest.raises(ValueError, match=r"^handle must"):
            cls.from_handle(number, own=own)
    for wrong in (1.0, "1", None):
        with pytest.raises(TypeError, match=r"^handle must be an int"):
            cls.from_handle(wrong, own=own)


def test_numbers_that_are_no_key_spec(provider):
    for call in (
        lambda number: provider.open_key("x", key_spec=number),
        lambda number: provider.has_key("x", key_spec=number),
        lambda number: provider.delete_key("x", key_spec=number, missing_ok=True),
        lambda number: provider.create_key("RSA", "x", key_spec=number),
        lambda number: provider.create_persisted_key("RSA", "x", key_spec=number),
    ):
        for wrong in ("1", None, 1.0):
            with pytest.raises(TypeError, match=r"^key_spec must be an int"):
                call(wrong)
        for wrong in (-1, 1 << 32):
            with pytest.raises(ValueError, match=r"^key_spec must fit 32 bits"):
                call(wrong)
    assert list(provider.keys()) == []


def test_numbers_that_are_no_operations(provider):
    with pytest.raises(TypeError, match=r"^operations must be an int"):
        provider.algorithms("SIGNATURE")
    with pytest.raises(ValueError, match=r"^operations must fit 32 bits"):
        provider.algorithms(-1)


@pytest.mark.parametrize("wrong", [None, 17, "text", [1, 2], object()])
def test_a_label_is_bytes(wrong):
    with pytest.raises(TypeError, match=r"^label must be a bytes-like object, not "):
        nc.OAEP("SHA256", wrong)
    assert nc.OAEP("SHA256", bytearray(b"x")) == nc.OAEP("SHA256", memoryview(b"x"))


@pytest.mark.parametrize("wrong", [None, 17, b"der"])
def test_an_encoding_is_text(ec_key, digest, wrong):
    signature = ec_key.sign(digest)
    for call in (
        lambda: ec_key.sign(digest, encoding=wrong),
        lambda: ec_key.verify(digest, signature, encoding=wrong),
        lambda: ec_key.sign_many([digest], encoding=wrong),
        lambda: ec_key.sign_message(b"x", "SHA256", encoding=wrong),
    ):
        with pytest.raises(TypeError, match=r"^encoding must be a str"):
            call()


@pytest.mark.parametrize(
    "setting",
    [
        {"export_policy": nc.ExportPolicy.NONE},
        {"usage": nc.KeyUsage.ALLOW_SIGNING},
        {"ui_policy": nc.UIPolicy()},
        {"properties": {"Ticket": b"4711"}},
    ],
    ids=lambda setting: next(iter(setting)),
)
def test_what_a_public_key_cannot_have_is_not_dropped_silently(provider, ec_key, setting):
    blob = ec_key.export("ECCPUBLICBLOB")
    with pytest.raises(ValueError, match=f"^a public key takes no {next(iter(setting))}$"):
        provider.import_key(blob, "ECCPUBLICBLOB", **setting)
    provider.import_key(blob, "ECCPUBLICBLOB").close()
