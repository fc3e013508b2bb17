# SPDX-License-Identifier: MIT
"""Keys for cryptography whose private key is on a card."""

from concurrent.futures import ThreadPoolExecutor

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


def test_a_wrong_pin_is_tried_by_one_thread_whatever_its_object(player, card_key):
    card_key.set_pin("0000")
    objects = [card_key.as_cryptography() for _ in range(4)] * 2

    def work(stored):
        with pytest.raises(nc.PinError):
            stored.sign(b"message", ES256)

    with ThreadPoolExecutor(len(objects)) as pool:
        list(pool.map(work, objects))
    assert player.tries == 2


def test_a_callback_asked_by_one_object_serves_all(card_key):
    card_key.pin_callback = callback = answering("0000", "1234")
    with card_key.as_cryptography() as one, card_key.as_cryptography() as other:
        with pytest.raises(nc.PinError):
            one.sign(b"message", ES256)
        other.sign(b"message", ES256)
        card_key.sign(bytes(32))
    assert [request.refused for request in callback.told] == [0, 1]


def test_a_bad_ciphertext_is_one_and_the_same_error(player, card_rsa):
    card_rsa.set_pin("1234")
    stored = card_rsa.as_cryptography()
    for status in (
        *(0x80090004, 0x80090005, 0x80090027, 0x8009002C, 0xC000000D, 0xC000028B),
        *(0x80280084, 0x802800C4, 0x802801C4),
    ):
        player.next("NCryptDecrypt", status)
        with pytest.raises(ValueError, match=r"^Decryption failed$") as caught:
            stored.decrypt(bytes(256), OAEP)
        assert type(caught.value) is ValueError
        assert caught.value.__suppress_context__


def test_what_is_wrong_with_the_key_is_no_bad_ciphertext(player, card_rsa):
    card_rsa.set_pin("1234")
    stored = card_rsa.as_cryptography()
    for status in (0x80090003, 0x80090009, 0x80090010, 0x8009003A, 0x80280095, 0x8029040E):
        player.next("NCryptDecrypt", status)
        with pytest.raises(nc.NCryptError) as caught:
            stored.decrypt(bytes(256), OAEP)
        assert not isinstance(caught.value, ValueError)
        assert (caught.value.status, caught.value.function) == (status, "NCryptDecrypt")
