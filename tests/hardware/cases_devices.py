# SPDX-License-Identifier: MIT
"""What is peculiar to platform modules and smart cards, PINs aside."""

import hashlib

import pytest

import ncrypt_ext as nc

from .player import CARD, PLATFORM

DIGEST = hashlib.sha256(b"order 17").digest()
UNSUCCESSFUL = 0xC0000001
BOTH = pytest.mark.parametrize("name", [PLATFORM, CARD])


@pytest.fixture
def module_rsa(platform):
    with platform.create_key("RSA", length=2048) as key:
        yield key


@pytest.fixture
def module_ec(platform):
    with platform.create_key("ECDSA_P256") as key:
        yield key


# ---- where keys are ------------------------------------------------------------------------------


def test_the_providers_are_who_they_say(platform, card):
    assert (platform.name, card.name) == (PLATFORM, CARD)
    assert platform.impl_type == nc.ImplType.HARDWARE | nc.ImplType.HARDWARE_RNG
    assert card.impl_type == nc.ImplType.HARDWARE | nc.ImplType.REMOVABLE
    assert platform.is_hardware is card.is_hardware is True


def test_the_engine_is_no_hardware(provider):
    assert provider.is_hardware is False
    with provider.create_key("ECDSA_P256") as key:
        assert key.is_hardware is False


@BOTH
def test_keys_are_where_their_provider_keeps_them(player, name):
    """The key does not say; its provider does, once, also for a handle from elsewhere."""
    with nc.Provider(name) as provider, provider.create_key("ECDSA_P256", "k") as key:
        assert key.impl_type is None
        assert key.is_hardware is True
        before = player.calls("NCryptGetProperty")
        assert key.is_hardware is True
        assert player.calls("NCryptGetProperty") == before
        with nc.Key.from_handle(key.handle, own=False) as other:
            assert other.is_hardware is True
        assert nc.live_handles()["binding"]["Provider"] == 1


@pytest.mark.parametrize(
    ("impl_type", "expected"), [(0x1, True), (0x8, True), (0x2, False), (0x22, False), (0, True)]
)
def test_a_key_that_says_where_it_is(player, platform, impl_type, expected):
    """Zero says nothing: the provider is asked then. A virtual machine's isolation is no device."""
    player.say("Impl Type", impl_type)
    with platform.create_key("ECDSA_P256") as key:
        assert key.is_hardware is expected


def test_a_key_without_a_provider_to_ask(player, platform):
    player.say("Provider Handle", status=0x80090029)
    with platform.create_key("ECDSA_P256") as key:
        assert key.is_hardware is False


def test_a_closed_key_is_nowhere(module_ec):
    module_ec.close()
    with pytest.raises(nc.ClosedHandleError):
        _ = module_ec.is_hardware


# ---- lengths -------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [256, 384, 521])
@pytest.mark.parametrize("public_length", [None, 0])
def test_the_length_of_an_ec_key_is_its_curves(player, platform, bits, public_length):
    if public_length is not None:
        player.say("PublicKeyLength", public_length)
    with platform.create_key(f"ECDSA_P{bits}") as key:
        assert key.algorithm == "ECDSA"
        assert key.get_property("Length") == bytes(4)
        assert key.length == bits
        signature = key.sign(DIGEST, encoding="der")
        key.verify(DIGEST, signature, encoding="der")
        with pytest.raises(nc.InvalidSignatureError):
            key.verify(DIGEST, bytes(5))


def test_the_length_of_a_key_not_yet_made(platform):
    with platform.create_persisted_key("ECDSA_P384") as new:
        assert new.length == 384


def test_no_curve_either(player, platform):
    """Nothing is made up: with only the group's name there is no telling."""
    player.say("ECCCurveName", status=0x80090029)
    with platform.create_key("ECDSA_P256") as key:
        with pytest.raises(nc.NotSupportedError, match="does not tell how long"):
            _ = key.length
        assert len(key.sign(DIGEST)) == 64


def test_no_curve_but_the_algorithms_name(player, card):
    player.say("ECCCurveName", status=0x80090029)
    player.say("PublicKeyLength", status=0x80090029)
    player.say("Length", 0)
    with card.create_key("ECDSA_P384") as key:
        assert key.length == 384


def test_the_length_of_an_rsa_key(module_rsa):
    assert module_rsa.length == 2048


# ---- what is refused -----------------------------------------------------------------------------


def test_a_salt_as_long_as_the_hash_is_the_default(module_rsa):
    module_rsa.verify(DIGEST, module_rsa.sign(DIGEST, nc.PSS("SHA256")), nc.PSS("SHA256", 32))


@pytest.mark.parametrize("salt", [0, 20, 64])
def test_another_salt_is_refused(module_rsa, salt):
    """By a positive number, which must not pass for success."""
    buffer = bytearray(256)
    padding = nc.PSS("SHA256", salt)
    for sign in (
        lambda: module_rsa.sign(DIGEST, padding),
        lambda: module_rsa.sign_into(DIGEST, buffer, padding),
        lambda: module_rsa.sign_many([DIGEST] * 3, padding, threads=2),
        lambda: module_rsa.sign_message(b"order 17", "SHA256", padding),
    ):
        with pytest.raises(nc.NotSupportedError) as info:
            sign()
        assert info.value.name == "TPM_E_PCP_UNSUPPORTED_PSS_SALT"
        assert info.value.status == 0x40290423
        assert isinstance(info.value, NotImplementedError)
    assert buffer == bytes(256)
    module_rsa.verify(DIGEST, module_rsa.sign(DIGEST, nc.PSS("SHA256")), nc.PSS("SHA256"))


def test_another_salt_is_refused_in_the_other_way(player, module_rsa):
    player.next("NCryptSignHash", 0x80090029)
    with pytest.raises(nc.NotSupportedError) as info:
        module_rsa.sign(DIGEST, nc.PSS("SHA256", 20))
    assert info.value.name == "NTE_NOT_SUPPORTED"


def test_a_size_is_refused_and_nothing_is_left_behind(platform):
    with pytest.raises(nc.InvalidParameterError) as info:
        platform.create_key("RSA", "long", length=4096)
    assert (info.value.name, info.value.function) == ("NTE_INVALID_PARAMETER", "NCryptSetProperty")
    assert not platform.has_key("long")
    assert nc.live_handles()["engine"]["keys"] == 0


@pytest.mark.parametrize(
    ("status", "error", "name"),
    [
        (0x80290405, nc.NotSupportedError, "TPM_E_PCP_NOT_SUPPORTED"),
        (0x80290403, nc.InvalidParameterError, "TPM_E_PCP_INVALID_PARAMETER"),
        (0x8029041F, nc.NotSupportedError, "TPM_E_PCP_IFX_RSA_KEY_CREATION_BLOCKED"),
        (0x80290401, nc.DeviceError, "TPM_E_PCP_DEVICE_NOT_READY"),
        (0x80090030, nc.DeviceError, "NTE_DEVICE_NOT_READY"),
    ],
)
def test_the_modules_own_words(player, platform, status, error, name):
    player.next("NCryptFinalizeKey", status)
    with pytest.raises(error) as info:
        platform.create_key("RSA", "k", length=2048)
    assert (info.value.status, info.value.name) == (status, name)
    assert not platform.has_key("k")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (0x80100069, nc.DeviceError),
        (0x8010000C, nc.DeviceError),
        (0x8010006E, nc.CancelledError),
        (0x8010006A, nc.AccessDeniedError),
    ],
)
def test_the_cards_own_words(player, card, status, error):
    with card.create_key("ECDSA_P256") as key:
        player.next("NCryptSignHash", status)
        with pytest.raises(error) as info:
            key.sign(DIGEST)
        assert info.value.status == status
        assert info.value.name.startswith("SCARD_")


def test_a_value_of_ones_own_on_an_ephemeral_key(platform):
    """A module refuses NCRYPT_PERSIST_ONLY_FLAG there; with a name it takes it."""
    with platform.create_key("ECDSA_P256") as key:
        with pytest.raises(nc.InvalidParameterError) as info:
            key.set_property("CLR IsEphemeral", b"\1", persist_only=True)
        assert info.value.name == "NTE_BAD_FLAGS"
        assert key.has_property("CLR IsEphemeral", persist_only=True) is False
    with platform.create_key("ECDSA_P256", "k") as key:
        key.set_property("ticket", b"\1", persist_only=True)
        assert key.has_property("ticket", persist_only=True) is True


def test_an_export_policy_on_a_card(card):
    with pytest.raises(nc.InvalidParameterError):
        card.create_key("ECDSA_P256", "k", export_policy=nc.ExportPolicy.ALLOW_EXPORT)
    assert not card.has_key("k")


@BOTH
def test_the_private_part_stays(player, name):
    with nc.Provider(name) as provider, provider.create_key("ECDSA_P256") as key:
        with pytest.raises(nc.NotSupportedError):
            key.export("ECCPRIVATEBLOB")
        assert key.export("ECCPUBLICBLOB")[:4] == b"ECS1"
        assert b"BEGIN PUBLIC KEY" in key.public_key_pem().encode()


# ---- calls that do not succeed at once -----------------------------------------------------------


@pytest.mark.parametrize("told", [1, 16, 63])
def test_a_buffer_that_is_too_small_grows(player, platform, told):
    """Nobody has seen a wrong "SignatureLength": it is how the first buffer can be too small."""
    player.say("SignatureLength", told)
    with platform.create_key("ECDSA_P256") as key:
        signature = key.sign(DIGEST)
        assert len(signature) == 64
        key.verify(DIGEST, signature)
        before = player.calls("NCryptSignHash")
        key.verify(DIGEST, key.sign(DIGEST))
        assert player.calls("NCryptSignHash") == before + 1  # the size is known now
    with platform.create_key("ECDSA_P256") as key:
        for signature in key.sign_many([DIGEST] * 5, threads=2):
            key.verify(DIGEST, signature)


def test_a_buffer_that_is_too_small_for_whatever_reason(player, platform):
    """The code without a size: the buffer doubles, and not for ever."""
    with platform.create_key("ECDSA_P256") as key:
        player.next("NCryptSignHash", 0x80290406, 3)
        key.verify(DIGEST, key.sign(DIGEST))
        player.next("NCryptSignHash", 0x80290406, 1000)
        with pytest.raises(nc.BufferTooSmallError) as info:
            key.sign(DIGEST)
        assert info.value.name == "TPM_E_PCP_BUFFER_TOO_SMALL"


def test_a_callers_buffer_that_is_too_small(module_ec):
    with pytest.raises(nc.BufferTooSmallError, match="64 bytes, the buffer 63") as info:
        module_ec.sign_into(DIGEST, bytearray(63))
    assert info.value.name == "TPM_E_PCP_BUFFER_TOO_SMALL"


def test_a_failure_without_a_reason_is_tried_once_more(player, platform):
    """In the functions that may be called: verifying and encrypting may not reach the device."""
    oaep = nc.OAEP("SHA256")
    with platform.create_key("RSA", length=2048) as key:
        for use in (
            lambda: key.verify(DIGEST, key.sign(DIGEST, nc.PSS("SHA256")), nc.PSS("SHA256")),
            lambda: key.sign_into(DIGEST, bytearray(256), nc.PSS("SHA256")),
            lambda: key.sign_many([DIGEST], nc.PSS("SHA256")),
            lambda: key.decrypt(key.encrypt(b"secret", oaep), oaep),
            lambda: key.decrypt_into(key.encrypt(b"secret", oaep), bytearray(256), oaep),
        ):
            for function in ("SignHash", "VerifySignature", "Encrypt", "Decrypt"):
                player.next(f"NCrypt{function}", UNSUCCESSFUL)
            use()


def test_a_failure_without_a_reason_is_not_tried_for_ever(player, module_ec):
    module_ec.sign(DIGEST)
    before = player.calls("NCryptSignHash")
    player.next("NCryptSignHash", UNSUCCESSFUL, 5)
    with pytest.raises(nc.NCryptError) as info:
        module_ec.sign(DIGEST)
    assert info.value.name == "STATUS_UNSUCCESSFUL"
    assert player.calls("NCryptSignHash") == before + 2


# ---- silence -------------------------------------------------------------------------------------


@BOTH
def test_silence(player, name, rsa_blob):
    """Every method with `silent` passes it on, and the answer has an exception of its own."""
    with (
        nc.Provider(name) as provider,
        provider.create_key("RSA", "k", length=2048) as key,
        provider.create_persisted_key("ECDSA_P256", "new") as new,
    ):
        pss = nc.PSS("SHA256")
        secret = key.encrypt(b"x", nc.PKCS1())
        key.sign(DIGEST, pss)
        player.want_ui()
        calls = {
            "open_key": lambda: provider.open_key("k", silent=True),
            "has_key": lambda: provider.has_key("k", silent=True),
            "delete_key": lambda: provider.delete_key("k", silent=True),
            "keys": lambda: next(provider.keys(silent=True)),
            "algorithms": lambda: provider.algorithms(silent=True),
            "is_algorithm_supported": lambda: provider.is_algorithm_supported("RSA", silent=True),
            "create_key": lambda: provider.create_key("ECDSA_P256", silent=True),
            "import_key": lambda: provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB", silent=True),
            "get_property": lambda: key.get_property("Length", silent=True),
            "set_property": lambda: key.set_property("Use Context", "x", silent=True),
            "has_property": lambda: key.has_property("Length", silent=True),
            "security_descriptor": lambda: key.security_descriptor(silent=True),
            "sign": lambda: key.sign(DIGEST, pss, silent=True),
            "sign_into": lambda: key.sign_into(DIGEST, bytearray(256), pss, silent=True),
            "sign_many": lambda: key.sign_many([DIGEST], pss, silent=True),
            "sign_message": lambda: key.sign_message(b"x", "SHA256", pss, silent=True),
            "decrypt": lambda: key.decrypt(secret, nc.PKCS1(), silent=True),
            "decrypt_into": lambda: key.decrypt_into(
                secret, bytearray(256), nc.PKCS1(), silent=True
            ),
            "export": lambda: key.export("RSAFULLPRIVATEBLOB", silent=True),
            "set_pin": lambda: key.set_pin("1234", silent=True),
            "finalize": lambda: new.finalize(silent=True),
            "delete": lambda: key.delete(silent=True),
        }
        for call in calls.values():
            with pytest.raises(nc.SilentContextError) as info:
                call()
            assert info.value.name == "NTE_SILENT_CONTEXT"
            assert isinstance(info.value, OSError)
        assert not new.closed
        player.start()
        assert provider.has_key("k")


@BOTH
def test_reading_the_public_key_asks_nobody(player, name):
    """A provider that would have to ask keeps its public keys, and the call itself may ask."""
    with nc.Provider(name) as provider, provider.create_key("ECDSA_P256") as key:
        signature = key.sign(DIGEST)
        player.want_ui()
        with pytest.raises(nc.SilentContextError):
            key.verify(DIGEST, signature, silent=True)
        assert player.dialogs == 0
        key.verify(DIGEST, signature)
        assert player.dialogs == 1
        assert nc.live_handles()["binding"]["PublicKey"] == 0
