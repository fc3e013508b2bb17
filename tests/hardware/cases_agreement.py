# SPDX-License-Identifier: MIT
"""Agreement by keys that want a PIN, with peers that come as bytes."""

import pytest

import ncrypt_ext as nc

from .player import CARD, answering

WRONG = 0x8010006B


@pytest.fixture
def agreeing_key(player, card):
    """A key on a card that wants the PIN 1234 and takes three wrong ones."""
    with card.create_key("ECDH_P256", "k") as key:
        player.start("1234")
        yield key


@pytest.fixture
def peer(provider):
    with provider.create_key("ECDH_P256") as peer:
        yield peer


@pytest.fixture
def provider(player):
    with nc.Provider() as provider:
        yield provider


def secrets(key, peer):
    """As both sides have it."""
    with key.agree(peer.public_key_der()) as one, peer.agree(key.public_key_der()) as two:
        return one.raw(), two.raw()


def test_a_pin_that_is_set(player, agreeing_key, peer):
    agreeing_key.set_pin("1234")
    one, two = secrets(agreeing_key, peer)
    assert one == two
    assert (player.tries, player.dialogs) == (3, 0)


def test_a_callback_is_asked_once(player, agreeing_key, peer):
    agreeing_key.pin_callback = callback = answering("1234")
    one, two = secrets(agreeing_key, peer)
    assert one == two
    assert secrets(agreeing_key, peer) == (one, one)
    (request,) = callback.told
    assert (request.key_name, request.provider_name, request.refused) == ("k", CARD, 0)
    assert request.error.function == "NCryptSecretAgreement"
    assert (player.tries, player.dialogs) == (3, 0)


def test_a_wrong_pin_costs_one_try(player, agreeing_key, peer):
    before = nc.live_handles()
    agreeing_key.set_pin("4321")
    with pytest.raises(nc.PinError) as caught:
        agreeing_key.agree(peer.public_key_der())
    assert caught.value.status == WRONG
    assert player.tries == 2
    with pytest.raises(nc.PinError, match="not tried again"):
        agreeing_key.agree(peer.public_key_der())
    assert player.tries == 2
    assert nc.live_handles() == before


def test_silence(player, agreeing_key, peer):
    with pytest.raises(nc.SilentContextError):
        agreeing_key.agree(peer.public_key_der(), silent=True)
    assert player.dialogs == 0


def test_the_peer_goes_to_the_keys_own_provider(player, agreeing_key, peer):
    """Agreement wants both keys of one."""
    agreeing_key.set_pin("1234")
    agreeing_key.agree(peer.export("ECCPUBLICBLOB")).close()
    assert player.calls("NCryptImportKey") == 1


def test_a_key_for_cryptography(player, agreeing_key, peer):
    from cryptography.hazmat.primitives.asymmetric import ec

    agreeing_key.pin_callback = answering("1234")
    with agreeing_key.as_cryptography() as one, peer.as_cryptography() as two:
        shared = one.exchange(ec.ECDH(), two.public_key())
        assert shared == two.exchange(ec.ECDH(), one.public_key())
    assert (player.tries, player.dialogs) == (3, 0)
