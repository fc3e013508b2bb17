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
