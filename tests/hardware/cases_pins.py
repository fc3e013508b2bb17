# SPDX-License-Identifier: MIT
"""PINs by property, and never more tries than calls."""

import gc
import hashlib
import sys

import pytest

import ncrypt_ext as nc

from .player import answering

DIGEST = hashlib.sha256(b"order 17").digest()
WRONG = 0x8010006B
BLOCKED = 0x8010006C
OAEP = nc.OAEP("SHA256")


# ---- by property ---------------------------------------------------------------------------------


@pytest.mark.parametrize("pin", ["1234", b"1234", bytearray(b"1234"), memoryview(b"1234")])
def test_a_cards_pin(player, card_key, pin):
    card_key.set_pin(pin)
    assert player.pin_log == "SmartCardPin 10"
    card_key.verify(DIGEST, card_key.sign(DIGEST))
    assert (player.tries, player.dialogs) == (3, 0)


def test_a_modules_pin_protects_the_key_it_is_set_for(player, platform):
    with platform.create_persisted_key("ECDSA_P256", "k") as new:
        new.set_pin("long life 17")
        assert player.pin_log == "PCP_USAGEAUTH 26"
        with new.finalize() as key:
            key.sign(DIGEST)
    with platform.open_key("k") as key:
        with pytest.raises(nc.SilentContextError):
            key.sign(DIGEST, silent=True)
        assert player.dialogs == 0
        key.set_pin("long life 17")
        key.verify(DIGEST, key.sign(DIGEST, silent=True))


def test_a_modules_wrong_pin(player, platform):
    with platform.create_persisted_key("ECDSA_P256", "k") as new:
        new.set_pin("right")
        new.finalize().close()
    with platform.open_key("k") as key:
        key.set_pin("wrong")
        with pytest.raises(nc.PinError) as info:
            key.sign(DIGEST)
        assert info.value.name == "TPM_E_PCP_AUTHENTICATION_FAILED"
        assert info.value.tries_left is None
        assert player.module_tries == 1


def test_the_engine_takes_no_pin(provider):
    with provider.create_key("ECDSA_P256") as key:
        with pytest.raises(nc.NotSupportedError):
            key.set_pin("1234")
        key.sign(DIGEST)


@pytest.mark.parametrize(
    ("pin", "error", "reason"),
    [
        (1234, TypeError, "pin must be a str or a bytes-like object, not 'int'"),
        (None, TypeError, "pin must be"),
        ("12\x0034", ValueError, "pin must not contain a NUL"),
        (b"12\x0034", ValueError, "ASCII without NUL"),
        ("gr\u00fcn".encode(), ValueError, "ASCII without NUL"),
    ],
)
def test_what_is_no_pin(player, card_key, pin, error, reason):
    with pytest.raises(error, match=reason) as info:
        card_key.set_pin(pin)
    assert "12" not in str(info.value).replace("'", "")
    assert player.pin_log == ""


def test_an_unusual_pin(player, card_key):
    card_key.set_pin("")
    assert player.pin_log == "SmartCardPin 2"
    card_key.set_pin("gr\u00fcn \U0001f511")
    assert player.pin_log == "SmartCardPin 16"


def test_no_copy_of_a_pin_stays_behind(player, card_key):
    """As text for Windows; the Python object that it came from is the caller's."""
    pin = "".join(["9357", "1824", "6005"])
    here = pin.encode("utf-16-le")
    assert player.search(pin) >= 1  # the search finds what is there
    del here
    card_key.set_pin(pin)
    card_key.set_pin(pin.encode())
    card_key.pin_callback = lambda request: pin
    with pytest.raises(nc.PinError):
        card_key.sign(DIGEST)
    with pytest.raises(nc.PinError):
        card_key.sign(DIGEST)
    gc.collect()
    assert player.search(pin) == 0
    assert pin not in repr(card_key)


def test_audit(card_key):
    events = []
    listening = True

    def hook(event, arguments):
        if listening and event == "ncrypt_ext.set_pin":
            events.append(arguments)

    sys.addaudithook(hook)
    card_key.set_pin("1234")
    listening = False
    assert events == [("k", False)]


# ---- wrong ones ----------------------------------------------------------------------------------


def test_a_wrong_pin_is_tried_once(player, card_key):
    """However often the key is used, until there is another one."""
    card_key.set_pin("0000")
    for _ in range(5):
        with pytest.raises(nc.PinError) as info:
            card_key.sign(DIGEST)
        assert info.value.name == "SCARD_W_WRONG_CHV"
        assert isinstance(info.value, nc.AccessDeniedError)
        assert isinstance(info.value, PermissionError)
        assert info.value.tries_left is None
        assert player.tries == 2
    card_key.set_pin("1234")
    card_key.sign(DIGEST)
    assert player.tries == 3


def test_each_operation_tries_once(player, card_rsa):
    secret = card_rsa.encrypt(b"x", OAEP)
    buffer = bytearray(256)
    for use in (
        lambda: card_rsa.sign(DIGEST, nc.PSS("SHA256")),
        lambda: card_rsa.sign_into(DIGEST, buffer, nc.PSS("SHA256")),
        lambda: card_rsa.sign_many([DIGEST] * 20, nc.PSS("SHA256"), threads=4),
        lambda: card_rsa.decrypt(secret, OAEP),
        lambda: card_rsa.decrypt_into(secret, buffer, OAEP),
        lambda: card_rsa.delete(),
    ):
        player.start("1234")
        card_rsa.set_pin("0000")
        with pytest.raises(nc.PinError):
            use()
        assert player.tries == 2
        with pytest.raises(nc.PinError):
            use()
        assert player.tries == 2
        card_rsa.set_pin("1234")
        use()
        assert player.tries == 3
    assert card_rsa.closed


def test_a_blocked_card(player, card_key):
    callback = answering("0000", "1111", "2222", "3333")
    card_key.pin_callback = callback
    names = []
    for left in (2, 1, 0, 0):
        with pytest.raises(nc.PinError) as info:
            card_key.sign(DIGEST)
        names.append(info.value.name)
        assert player.tries == left
        assert info.value.tries_left == (0 if left == 0 else None)
    assert names == ["SCARD_W_WRONG_CHV"] * 2 + ["SCARD_W_CHV_BLOCKED"] * 2


def test_a_blocked_card_is_not_asked_about(player, card_key):
    card_key.pin_callback = callback = answering("1234")
    player.next("NCryptSignHash", BLOCKED)
    with pytest.raises(nc.PinError) as info:
        card_key.sign(DIGEST)
    assert info.value.tries_left == 0
    assert callback.told == []


def test_a_provider_that_checks_at_once(player, card_key):
    """It may refuse the PIN when it is set."""
    player.next("NCryptSetProperty", WRONG)
    with pytest.raises(nc.PinError) as info:
        card_key.set_pin("0000")
    assert info.value.function == "NCryptSetProperty"
    with pytest.raises(nc.PinError, match="not tried again"):
        card_key.sign(DIGEST)
    assert player.calls("NCryptSignHash") == 0
    card_key.set_pin("1234")
    card_key.sign(DIGEST)


def test_another_failure_says_nothing_about_the_pin(player, card_key):
    card_key.set_pin("1234")
    player.next("NCryptSignHash", 0x80100069)
    with pytest.raises(nc.DeviceError):
        card_key.sign(DIGEST)
    card_key.sign(DIGEST)
