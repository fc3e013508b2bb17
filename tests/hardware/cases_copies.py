# SPDX-License-Identifier: MIT
"""Copies of software keys in devices: from one provider to another."""

import hashlib

import pytest

import ncrypt_ext as nc

DIGEST = hashlib.sha256(b"order 17").digest()
NOT_SUPPORTED = 0x80090029
NO_SPACE = 0x80090023


@pytest.fixture
def software_key(provider):
    with provider.create_key(
        "ECDSA_P256", "software", export_policy=nc.ExportPolicy.ALLOW_EXPORT
    ) as key:
        yield key


def is_left(provider, name):
    return name in [info.name for info in provider.keys()]


def test_into_a_card(player, provider, card, software_key):
    with card.clone_key(software_key, name="copy", export_policy=0) as copy:
        assert (copy.is_hardware, software_key.is_hardware) == (True, False)
        assert copy.public_key_der() == software_key.public_key_der()
        software_key.verify(DIGEST, copy.sign(DIGEST))
        with pytest.raises(nc.NotSupportedError):
            provider.clone_key(copy)  # it does not come out again
    with pytest.raises(nc.InvalidParameterError):
        card.clone_key(software_key, name="policy")  # that of the original: nothing leaves a card
    assert not is_left(provider, "policy")


def test_into_a_module(player, platform, software_key):
    with platform.clone_key(software_key, export_policy=0) as copy:
        assert copy.is_hardware
        software_key.verify(DIGEST, copy.sign(DIGEST))


def test_a_card_with_a_pin_asks_when_the_key_is_made(player, provider, software_key):
    asked = []

    def callback(prompt):
        asked.append(prompt)
        return "1234"

    player.start("1234")
    with nc.Provider("Microsoft Smart Card Key Storage Provider", pin_callback=callback) as card:
        with card.clone_key(software_key, name="copy", export_policy=0) as copy:
            software_key.verify(DIGEST, copy.sign(DIGEST))
    assert len(asked) == 1
    assert player.tries == 3


@pytest.mark.parametrize(
    ("function", "status", "error"),
    [
        ("NCryptImportKey", NOT_SUPPORTED, nc.NotSupportedError),
        ("NCryptFinalizeKey", NO_SPACE, nc.NCryptError),
    ],
)
def test_refused(player, provider, card, software_key, function, status, error):
    player.next(function, status)
    with pytest.raises(error) as caught:
        card.clone_key(software_key, name="copy", export_policy=0)
    assert (caught.value.status, caught.value.function) == (status, function)
    assert not is_left(provider, "copy")
    card.clone_key(software_key, name="copy", export_policy=0).close()
    assert is_left(provider, "copy")
