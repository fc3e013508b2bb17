# SPDX-License-Identifier: MIT
"""Keys for cryptography whose private key is on a card."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

import ncrypt_ext as nc

from .player import CARD, answering

ES256 = ec.ECDSA(hashes.SHA256())
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def test_the_callback_of_the_key_is_asked_once(player, card_key):
    card_key.pin_callback = callback = answering("1234")
    with card_key.as_cryptography() as stored:
        assert callback.told == []  # the public key is everybody's
        stored.public_key().verify(stored.sign(b"message", ES256), b"message", ES256)
        stored.sign(b"message", ES256)
        (request,) = callback.told
    assert (request.key_name, request.provider_name) == ("k", CARD)
    assert player.dialogs == 0


def test_a_wrong_pin_is_tried_once_and_says_so(player, card_key):
    card_key.pin_callback = answering("0000", None)
    with card_key.as_cryptography() as stored:
        with pytest.raises(nc.PinError):
            stored.sign(b"message", ES256)
        with pytest.raises(nc.PinError):
            stored.sign(b"message", ES256)


def test_a_missing_pin_is_no_bad_ciphertext(card_rsa):
    card_rsa.pin_callback = answering()
    with card_rsa.as_cryptography() as stored:
        text = stored.public_key().encrypt(b"secret", OAEP)
        with pytest.raises(nc.NCryptError) as caught:
            stored.decrypt(text, OAEP)
    assert not isinstance(caught.value, ValueError)
    with card_rsa.as_cryptography() as stored:
        card_rsa.set_pin("1234")
        assert stored.decrypt(text, OAEP) == b"secret"


def test_a_pin_set_before_is_taken_along(card_key):
    card_key.set_pin("1234")
    with card_key.as_cryptography() as stored:
        stored.sign(b"message", ES256)


def test_a_wrong_pin_is_not_tried_by_each_object_of_a_key(player, card_key):
    """They share one native key: three tries more, and the card would be blocked."""
    before = card_key.as_cryptography()
    card_key.set_pin("0000")
    for stored in (before, card_key.as_cryptography(), card_key.as_cryptography()):
        with pytest.raises(nc.PinError):
            stored.sign(b"message", ES256)
    with pytest.raises(nc.PinError):
        card_key.sign(bytes(32))
    assert player.tries == 2
    card_key.set_pin("1234")
    before.sign(b"message", ES256)
    assert player.tries == 3


def test_a_callback_asked_by_one_object_serves_all(card_key):
    card_key.pin_callback = callback = answering("0000", "1234")
    with card_key.as_cryptography() as one, card_key.as_cryptography() as other:
        with pytest.raises(nc.PinError):
            one.sign(b"message", ES256)
        other.sign(b"message", ES256)
        card_key.sign(bytes(32))
    assert [request.refused for request in callback.told] == [0, 1]
