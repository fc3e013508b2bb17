# SPDX-License-Identifier: MIT
"""Fixtures of the cases: each begins with a card without a PIN."""

import pytest

import ncrypt_ext as nc

from .player import CARD, PLATFORM, Player


@pytest.fixture
def player(home):
    player = Player()
    player.start()
    yield player
    player.start()


@pytest.fixture
def platform(player):
    with nc.Provider(PLATFORM) as provider:
        yield provider


@pytest.fixture
def card(player):
    with nc.Provider(CARD) as provider:
        yield provider


@pytest.fixture
def card_key(player, card):
    """A key on a card that wants the PIN 1234 and takes three wrong ones."""
    with card.create_key("ECDSA_P256", "k") as key:
        player.start("1234")
        yield key


@pytest.fixture
def card_rsa(player, card):
    with card.create_key("RSA", "r", length=2048) as key:
        player.start("1234")
        yield key
