# SPDX-License-Identifier: MIT
"""Names of keys are any text that UTF-16 can carry."""

import pytest

import ncrypt_ext as nc

NAMES = [
    "orders",
    "a key/with\\odd: characters?*",
    "Schlüssel",
    "键",
    "🔑 in the astral planes 🗝",
    "lone \ud800 high",
    "lone \udfff low",
    "\udc00\ud800 wrong way round",
    "e\u0301 is not \u00e9",
    " leading and trailing ",
    "x" * 260,
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names_round_trip(provider, digest, name):
    with provider.create_key("ECDSA_P256", name) as key:
        assert key.name == name
        signature = key.sign(digest)
    assert provider.has_key(name)
    assert [info.name for info in provider.keys()] == [name]
    with provider.open_key(name) as key:
        assert key.name == name
        key.verify(digest, signature)
    provider.delete_key(name)
    assert not provider.has_key(name)


def test_no_normalisation(provider):
    provider.create_key("ECDSA_P256", "\u00e9").close()
    assert not provider.has_key("e\u0301")


@pytest.mark.parametrize(
    "call",
    [
        lambda provider, name: provider.open_key(name),
        lambda provider, name: provider.has_key(name),
        lambda provider, name: provider.delete_key(name),
        lambda provider, name: provider.create_key("ECDSA_P256", name),
        lambda provider, name: provider.create_persisted_key("ECDSA_P256", name),
        lambda provider, name: provider.get_property(name),
        lambda provider, name: nc.Provider(name),
    ],
    ids=["open", "has", "delete", "create", "persisted", "property", "provider"],
)
def test_what_is_no_name(provider, call):
    with pytest.raises(ValueError, match="name must not contain a NUL character"):
        call(provider, "a\0b")
    with pytest.raises(ValueError, match=r"name is 513 UTF-16 units long: the limit is \d+"):
        call(provider, "x" * 513)
    with pytest.raises(ValueError, match="name is 514 UTF-16 units long"):
        call(provider, "🔑" * 257)
    for wrong in (b"bytes", 17, ["a"]):
        with pytest.raises(TypeError, match=f"name must be a str, not {type(wrong).__name__!r}"):
            call(provider, wrong)


def test_a_name_is_needed_to_open(provider):
    with pytest.raises(TypeError, match="name must be a str, not 'NoneType'"):
        provider.open_key(None)


def test_the_provider_has_a_limit_of_its_own(provider):
    longest = provider.max_name_length
    provider.create_key("ECDSA_P256", "x" * longest).close()
    with pytest.raises(nc.InvalidParameterError):
        provider.create_key("ECDSA_P256", "x" * (longest + 1))
