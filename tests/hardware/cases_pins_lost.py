# SPDX-License-Identifier: MIT
"""PINs that a device forgets, or takes no more, after they were given."""

import hashlib

import pytest

import ncrypt_ext as nc

from .player import answering

DIGEST = hashlib.sha256(b"order 17").digest()
NO_CARD = 0x8010000C
WRONG = 0x8010006B


def test_a_pin_forgotten_before_it_was_proven(player, card_key):
    """The card was drawn meanwhile: the callback is asked again, not passed over for good."""
    card_key.pin_callback = callback = answering("1234")
    card_key.set_pin("1234")
    player.next("NCryptSignHash", NO_CARD)
    with pytest.raises(nc.DeviceError):
        card_key.sign(DIGEST)
    player.start("1234")
    with pytest.raises(nc.SilentContextError):
        card_key.sign(DIGEST)
    card_key.sign(DIGEST)
    assert len(callback.told) == 1
    assert player.tries == 3


def test_a_batch_with_a_pin_that_was_good_once(player, card_key):
    """Another PIN since: one try, whatever the number of threads, and none after it."""
    card_key.set_pin("1234")
    card_key.sign(DIGEST)
    player.start("5678")
    player.next("NCryptSignHash", WRONG, 4)
    with pytest.raises(nc.PinError):
        card_key.sign_many([DIGEST] * 8, threads=4)
    with pytest.raises(nc.PinError):
        card_key.sign_many([DIGEST] * 8, threads=4)
    assert player.calls("NCryptSignHash") == 1
