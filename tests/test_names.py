# SPDX-License-Identifier: MIT
"""Key names: any Unicode comes back as it was given; what cannot be a name is refused by name."""

import pytest

import ncrypt_ext as nc

NAMES = [
    "a",
    "orders 2026/11",
    "schlüssel",
    "鍵",
    "\U0001f511",
    "\ud800",
    "\udfff\ud800",
    "x\U0010ffff\ud83d",
    "n" * 260,
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_comes_back(provider, name):
    with provider.create_key("ECDSA_P256", name) as key:
        assert key.name == name
    assert provider.has_key(name)
    assert [info.name for info in provider.keys()] == [name]
    with provider.open_key(name) as key:
        assert key.name == name
        assert repr(name) in repr(key)
    provider.delete_key(name)
    assert not provider.has_key(name)


@pytest.mark.parametrize(
    ("name", "error"), [("", ValueError), ("n" * 261, ValueError), ("a\0b", ValueError)]
)
def test_an_impossible_name_is_refused(provider, name, error):
    with pytest.raises(error):
        provider.create_key("ECDSA_P256", name)
    with pytest.raises(error):
        provider.open_key(name)


def test_case_does_not_make_another_name(provider):
    provider.create_key("ECDSA_P256", "Orders").close()
    with pytest.raises(nc.KeyExistsError):
        provider.create_key("ECDSA_P256", "oRDERS")
    with provider.open_key("ORDERS") as key:
        assert key.name == "Orders"
