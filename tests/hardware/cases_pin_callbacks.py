# SPDX-License-Identifier: MIT
"""PINs by callback; PINs in several threads and processes."""

import gc
import hashlib
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import ncrypt_ext as nc

from .player import CARD, PLATFORM, answering

DIGEST = hashlib.sha256(b"order 17").digest()
NO_PIN = 0x80090022
WRONG = 0x8010006B
AUTHENTICATION_FAILED = 0x80290408
OAEP = nc.OAEP("SHA256")


# ---- by callback ---------------------------------------------------------------------------------


def test_a_callback_is_asked_once(player, card_key):
    card_key.pin_callback = callback = answering("1234")
    card_key.verify(DIGEST, card_key.sign(DIGEST))
    card_key.sign(DIGEST)
    (request,) = callback.told
    assert (request.key_name, request.provider_name, request.refused) == ("k", CARD, 0)
    assert type(request.error) is nc.SilentContextError
    assert request.error.function == "NCryptSignHash"
    assert (player.tries, player.dialogs) == (3, 0)


def test_a_provider_hands_its_callback_to_its_keys(player):
    callback = answering("1234", "1234", "1234", "1234")
    with nc.Provider(CARD, pin_callback=callback) as provider:
        assert provider.pin_callback is callback
        player.start("1234")
        with provider.create_key("ECDSA_P256", "k") as key:  # the card makes it: that needs the PIN
            assert key.pin_callback is callback
            assert len(callback.told) == 1
            assert callback.told[0].error.function == "NCryptFinalizeKey"
            key.sign(DIGEST)
        player.start("1234")
        with provider.open_key("k") as key:
            key.sign(DIGEST)
        player.start("1234")
        provider.delete_key("k")
        assert not provider.has_key("k")
        assert [request.error.function for request in callback.told] == [
            "NCryptFinalizeKey",
            "NCryptSignHash",
            "NCryptDeleteKey",
        ]
        provider.pin_callback = None
        with provider.create_persisted_key("ECDSA_P256") as new:
            assert new.pin_callback is None


def test_a_modules_callback(player, platform):
    with platform.create_persisted_key("RSA", "k") as new:
        new.set_pin("right")
        new.finalize().close()
    with platform.open_key("k") as key:
        key.pin_callback = callback = answering("right")
        key.decrypt(key.encrypt(b"x", OAEP), OAEP)
        assert callback.told[0].provider_name == PLATFORM
        assert player.module_tries == 0


@pytest.mark.parametrize("status", [NO_PIN, 0x8009002E, 0x8010006F, WRONG, AUTHENTICATION_FAILED])
def test_what_a_callback_is_asked_for(player, card, status):
    """A refusal too, as long as no PIN was given here: the provider may know no better word."""
    with card.create_key("ECDSA_P256") as key:
        key.pin_callback = callback = answering("1234")
        player.next("NCryptSignHash", status)
        key.sign(DIGEST)
        assert [request.error.status for request in callback.told] == [status]


@pytest.mark.parametrize("status", [0x80090029, 0x80100069, 0x8010006E, 0x8010006A, 0x40290423])
def test_what_a_callback_is_not_asked_for(player, card, status):
    with card.create_key("ECDSA_P256") as key:
        key.pin_callback = callback = answering("1234")
        player.next("NCryptSignHash", status)
        with pytest.raises(nc.NCryptError):
            key.sign(DIGEST)
        assert callback.told == []


def test_one_try_for_each_call(player, card_key):
    """After a wrong answer the next call asks first: nothing wrong is presented again."""
    card_key.pin_callback = callback = answering("0000", "1111", "1234")
    for left in (2, 1):
        with pytest.raises(nc.PinError):
            card_key.sign(DIGEST)
        assert player.tries == left
    card_key.sign(DIGEST)
    assert player.tries == 3
    assert [request.refused for request in callback.told] == [0, 1, 2]
    assert type(callback.told[1].error) is nc.PinError
    player.start("5678")  # another card
    with pytest.raises(nc.SilentContextError):
        card_key.sign(DIGEST)
    assert callback.told[-1].refused == 0


def test_a_callback_after_a_pin_that_was_wrong(player, card_key):
    card_key.pin_callback = callback = answering("1234")
    card_key.set_pin("0000")
    with pytest.raises(nc.PinError):
        card_key.sign(DIGEST)
    assert (player.tries, callback.told) == (2, [])
    card_key.sign(DIGEST)
    assert (player.tries, len(callback.told)) == (3, 1)


def test_a_callback_without_an_answer(player, card_key):
    card_key.pin_callback = callback = answering()
    with pytest.raises(nc.SilentContextError):
        card_key.sign(DIGEST)
    card_key.pin_callback = answering("0000", None)
    for _ in range(2):
        with pytest.raises(nc.PinError):
            card_key.sign(DIGEST)
    assert len(callback.told) == 1
    assert player.tries == 2


def test_a_callback_that_raises(player, card_key):
    def callback(request):
        raise KeyboardInterrupt

    card_key.pin_callback = callback
    with pytest.raises(KeyboardInterrupt):
        card_key.sign(DIGEST)
    card_key.pin_callback = answering("1234")
    card_key.sign(DIGEST)


@pytest.mark.parametrize("answer", [1234, 12.5, ["1234"], object()])
def test_an_answer_that_is_no_pin(player, card_key, answer):
    card_key.pin_callback = lambda request: answer
    with pytest.raises(TypeError, match="answer of pin_callback must be a str or") as info:
        card_key.sign(DIGEST)
    assert "1234" not in str(info.value)
    assert player.tries == 3


@pytest.mark.parametrize("value", [17, "1234", object()])
def test_what_is_no_callback(card_key, value):
    with pytest.raises(TypeError, match="pin_callback must be callable or None"):
        card_key.pin_callback = value
    with pytest.raises(TypeError, match="pin_callback must be callable or None"):
        nc.Provider(CARD, pin_callback=value)


def test_a_callback_that_uses_the_key(player, card_key):
    """It is not asked while it answers."""
    depth = []

    def callback(request):
        with pytest.raises(nc.SilentContextError):
            card_key.sign(DIGEST)
        depth.append(request)
        return "1234"

    card_key.pin_callback = callback
    card_key.sign(DIGEST)
    assert len(depth) == 1


def test_a_callback_that_closes_the_key(player, card_key):
    def callback(request):
        card_key.close()
        return "1234"

    card_key.pin_callback = callback
    with pytest.raises(nc.ClosedHandleError):
        card_key.sign(DIGEST)


def test_a_callback_in_a_cycle_is_collected(player, card):
    key = card.create_key("ECDSA_P256")
    key.pin_callback = key.sign  # never called
    before = nc.live_handles()["binding"]["Key"]
    del key
    gc.collect()
    assert nc.live_handles()["binding"]["Key"] == before - 1


def test_no_dialog_beside_a_callback(player, card_key):
    """Without one, and without `silent`, the provider shows its own."""
    with pytest.raises(nc.CancelledError):
        card_key.sign(DIGEST)
    assert player.dialogs == 1
    card_key.pin_callback = answering()
    with pytest.raises(nc.SilentContextError):
        card_key.sign(DIGEST)
    assert player.dialogs == 1


# ---- threads and processes -----------------------------------------------------------------------


@pytest.mark.parametrize("answers", [["1234"], ["0000"]])
def test_threads_ask_once_and_try_once(player, card_key, answers):
    """All of them stand before the card at the same time; a wrong answer costs one try."""
    card_key.pin_callback = callback = answering(*answers)
    barrier = threading.Barrier(8)

    def use(_):
        barrier.wait()
        try:
            return card_key.sign(DIGEST)
        except nc.NCryptError as error:
            return error

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(use, range(8)))
    right = answers == ["1234"]
    assert player.tries == (3 if right else 2)
    assert all(isinstance(each, bytes) is right for each in results)
    # The others of the wrong answer ask for another one, in their own calls, and get none.
    assert (len(callback.told) == 1) is right


def test_threads_try_a_pin_that_was_set_once(player, card_key):
    card_key.set_pin("0000")
    barrier = threading.Barrier(8)

    def use(_):
        barrier.wait()
        with pytest.raises(nc.PinError):
            card_key.sign(DIGEST)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(8)))
    assert player.tries == 2


def test_a_pin_waits_for_calls_that_began_before(player, card_key):
    """Else such a call would try it too."""
    with ThreadPoolExecutor(2) as pool:
        player.hold()
        early = pool.submit(card_key.sign, DIGEST)
        while not player.waiting:
            time.sleep(0.001)
        setting = pool.submit(card_key.set_pin, "0000")
        time.sleep(0.05)  # time to go wrong in; what is right takes none
        player.hold(False)
        assert type(early.exception()) is nc.CancelledError
        setting.result()
    assert player.tries == 3


def test_a_batch_asks_once_and_tries_once(player, card_key):
    card_key.pin_callback = callback = answering("0000", "1234")
    with pytest.raises(nc.PinError):
        card_key.sign_many([DIGEST] * 50, threads=4)
    assert (player.tries, len(callback.told)) == (2, 1)
    for signature in card_key.sign_many([DIGEST] * 50, threads=4):
        card_key.verify(DIGEST, signature)
    assert (player.tries, len(callback.told)) == (3, 2)


def test_a_child_is_not_stopped_by_a_lock(player, card_key):
    """fork() in the callback copies the lock that the parent's call holds."""

    def callback(request):
        child = os.fork()
        if child == 0:
            card_key.pin_callback = None
            try:
                card_key.set_pin("1234")
                card_key.sign(DIGEST)
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        return "1234"

    card_key.pin_callback = callback
    card_key.sign(DIGEST)
