# SPDX-License-Identifier: MIT
"""A store that cannot be reached is not a store without the key."""

import os

import pytest

import ncrypt_ext as nc


def test_a_home_that_cannot_be_made_is_no_missing_key(tmp_path, monkeypatch):
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere" / "home")
    monkeypatch.setenv("NCRYPT_EXT_HOME", os.fspath(tmp_path / "dangling"))
    with nc.Provider() as provider:
        with pytest.raises(nc.StoreError) as caught:
            provider.create_key("ECDSA_P256", "orders")
        assert not isinstance(caught.value, nc.KeyNotFoundError)


def test_a_database_taken_away_is_no_missing_key(home):
    with nc.Provider() as provider:
        with provider.create_key("ECDSA_P256", "orders") as key:
            for file in (home / "user").iterdir():
                file.rename(home / file.name)
            with pytest.raises(nc.NCryptError):
                key.set_property("note", b"x", persist=True)
        assert not provider.has_key("orders")  # there is no store now: nothing is in it
