# SPDX-License-Identifier: MIT
"""Keys of DH: making them, their parameters and blobs, agreement, against vectors of NIST."""

import struct

import pytest

from . import dl
from .api import call, refuses
from .constants import (
    ALLOW_KEY_AGREEMENT,
    ALLOW_PLAINTEXT_EXPORT,
    ALLOW_SIGNING,
    NTE_BAD_DATA,
    NTE_BAD_KEY_STATE,
    NTE_BAD_TYPE,
    NTE_INVALID_PARAMETER,
    NTE_NOT_SUPPORTED,
    NTE_PERM,
)

pytestmark = pytest.mark.requires("DH")

SIZES = [1024, 2048]
every_size = pytest.mark.parametrize("bits", SIZES)
MALFORMED = (NTE_BAD_DATA, NTE_INVALID_PARAMETER, NTE_NOT_SUPPORTED)


def raw(api, secret, size):
    """The secret itself, big-endian: TRUNCATE gives it in reverse."""
    return api.derive(secret, "TRUNCATE", size=size)[::-1]


def public(api, bits):
    group, _, y = dl.dh_key(bits)
    return api.import_key("DHPUBLICBLOB", group.dh_public(y))


def private(api, bits):
    group, x, y = dl.dh_key(bits)
    return api.import_key("DHPRIVATEBLOB", group.dh_private(x, y))


def words(blob):
    return struct.unpack("<4sI", blob[:8])


# ---- making --------------------------------------------------------------------------------------


def test_made_without_a_length(api):
    key = api.make("DH")
    assert api.get_text(key, "Algorithm Name") == api.get_text(key, "Algorithm Group") == "DH"
    low, high, step, default = struct.unpack("<4I", api.get(key, "Lengths"))
    assert low <= default <= high
    assert step == 64
    assert api.get_number(key, "Length") == default
    magic, width = words(api.export_key(key, "DHPUBLICBLOB"))
    assert (magic, width * 8) == (b"DHPB", default)


@every_size
def test_made_of_a_length(api, bits):
    key = api.make("DH", Length=bits)
    assert api.get_number(key, "Length") == api.get_number(key, "PublicKeyLength") == bits
    assert len(api.export_key(key, "DHPUBLICBLOB")) == 8 + 3 * bits // 8


@pytest.mark.parametrize("bits", [0, 448, 1000, 2049, 32768])
def test_lengths_that_cannot_be(api, bits):
    with refuses(NTE_INVALID_PARAMETER):
        api.make("DH", Length=bits)


@every_size
def test_made_in_a_given_group(api, bits):
    group, _, _ = dl.dh_key(bits)
    key = api.make("DH", DHParameters=group.dh_parameters())
    assert api.get_number(key, "Length") == bits
    blob = api.export_key(key, "DHPUBLICBLOB")
    assert blob.startswith(group.dh_public(0)[: 8 + 2 * group.width])
    other = api.make("DH", Length=bits, DHParameters=group.dh_parameters())
    assert raw(api, api.agree(key, other), bits) == raw(api, api.agree(other, key), bits)


def test_parameters_of_another_length(api):
    key = api.create("DH")
    api.set(key, "Length", 2048)
    with refuses(NTE_INVALID_PARAMETER):
        api.set(key, "DHParameters", dl.dh_key(1024)[0].dh_parameters())


def test_parameters_too_late(api):
    key = private(api, 1024)
    with refuses(NTE_BAD_KEY_STATE, NTE_NOT_SUPPORTED, NTE_INVALID_PARAMETER):
        api.set(key, "DHParameters", dl.dh_key(1024)[0].dh_parameters())


def test_parameters_cannot_be_read(api):
    with refuses(NTE_NOT_SUPPORTED):
        api.get(api.make("DH"), "DHParameters")


def _with(value, at, part):
    return value[:at] + part + value[at + len(part) :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda value: value[:-1],
        lambda value: value + b"\0",
        lambda value: value[:11],
        lambda value: _with(value, 0, b"\0\0\0\0"),
        lambda value: _with(value, 4, b"DHPB"),
        lambda value: _with(value, 8, struct.pack("<I", 64)),
        lambda value: _with(value, 8, b"\xff\xff\xff\xff"),
        lambda value: _with(value, 12, b"\0"),  # a shorter modulus
        lambda value: _with(value, 12 + 127, b"\x04"),  # an even one
    ],
    ids=["short", "long", "no header", "length", "magic", "width", "huge", "top", "even"],
)
def test_malformed_parameters(api, damage):
    key = api.create("DH")
    with refuses(NTE_INVALID_PARAMETER):
        api.set(key, "DHParameters", damage(dl.dh_key(1024)[0].dh_parameters()))


# ---- blobs ---------------------------------------------------------------------------------------


@every_size
def test_blobs(api, bits):
    group, x, y = dl.dh_key(bits)
    key = api.import_key("DHPRIVATEBLOB", group.dh_private(x, y))
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    assert api.export_key(key, "DHPRIVATEBLOB") == group.dh_private(x, y)
    assert api.export_key(key, "PRIVATEBLOB") == group.dh_private(x, y)
    assert api.export_key(key, "DHPUBLICBLOB") == group.dh_public(y)
    assert api.export_key(public(api, bits), "PUBLICBLOB") == group.dh_public(y)


def test_private_blob_needs_the_policy(api):
    for kind in ("DHPRIVATEBLOB", "PRIVATEBLOB", "CAPIDHPRIVATEBLOB", "PKCS8_PRIVATEKEY"):
        with refuses(NTE_NOT_SUPPORTED):
            api.export_key(api.make("DH"), kind)


def test_blobs_of_others(api):
    for kind in ("RSAPUBLICBLOB", "ECCPUBLICBLOB", "DSAPUBLICBLOB"):
        with refuses(NTE_BAD_TYPE, NTE_NOT_SUPPORTED):
            api.export_key(public(api, 1024), kind)


def test_stored_by_its_blob(api, name):
    group, x, y = dl.dh_key(1024)
    key = api.create("DH", name)
    api.set(key, "DHPRIVATEBLOB", group.dh_private(x, y))
    api.finalize(key)
    api.free(key)
    key = api.open(name)
    assert api.export_key(key, "DHPUBLICBLOB") == group.dh_public(y)
    assert api.get_number(key, "Length") == 1024
    api.delete(key)


def test_stored(api, name):
    key = api.make("DH", name, Length=1024)
    blob = api.export_key(key, "DHPUBLICBLOB")
    opened = api.open(name)
    assert api.export_key(opened, "DHPUBLICBLOB") == blob
    peer = public(api, 1024)
    if blob[8 : 8 + 256] != api.export_key(peer, "DHPUBLICBLOB")[8 : 8 + 256]:
        with refuses(NTE_INVALID_PARAMETER, NTE_NOT_SUPPORTED):  # of another group
            api.agree(opened, peer)
    assert raw(api, api.agree(opened, key), 128) == raw(api, api.agree(key, opened), 128)
    api.delete(opened)


@pytest.mark.parametrize("kind", ["DHPUBLICBLOB", "DHPRIVATEBLOB"])
def test_malformed_blobs(api, kind):
    group, x, y = dl.dh_key(1024)
    blob = group.dh_public(y) if kind == "DHPUBLICBLOB" else group.dh_private(x, y)
    other = b"DHPV" if kind == "DHPUBLICBLOB" else b"DHPB"
    wrong = [blob[:cut] for cut in (4, 7, 8, 100, len(blob) - 1)]
    wrong += [blob + b"\0", other + blob[4:], b"DHPM" + blob[4:]]
    wrong += [_with(blob, 4, struct.pack("<I", width)) for width in (0, 127, 129, 0xFFFFFFFF)]
    for each in wrong:
        with refuses(*MALFORMED):
            api.import_key(kind, each)


@pytest.mark.parametrize("y", [0, 1, "p - 1", "p", "p + 1"])
def test_public_numbers_that_are_none(api, y):
    group, _, _ = dl.dh_key(1024)
    value = {"p - 1": group.p - 1, "p": group.p, "p + 1": group.p + 1}.get(y, y)
    with refuses(*MALFORMED):
        api.import_key("DHPUBLICBLOB", group.dh_public(value))


def test_legacy_blobs(api):
    key = private(api, 1024)
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    group, x, y = dl.dh_key(1024)
    for kind, wanted in (
        ("CAPIDHPUBLICBLOB", group.dh_public(y)),
        ("CAPIDHPRIVATEBLOB", group.dh_private(x, y)),
    ):
        again = api.import_key(kind, api.export_key(key, kind))
        api.set(again, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
        ours = kind.replace("CAPI", "")
        assert api.export_key(again, ours) == wanted


def test_pkcs8(api):
    key = private(api, 2048)
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    again = api.import_key("PKCS8_PRIVATEKEY", api.export_key(key, "PKCS8_PRIVATEKEY"))
    assert api.get_text(again, "Algorithm Name") == "DH"
    assert api.export_key(again, "DHPUBLICBLOB") == api.export_key(key, "DHPUBLICBLOB")


# ---- agreement -----------------------------------------------------------------------------------


@every_size
def test_known_answers(api, bits):
    records = dl.dh_records()[bits]
    assert len(records) > 10
    for record in records:
        group = dl.group_of(record)
        x, y, peer, secret = dl.numbers(record, "XstatIUT", "YstatIUT", "YstatCAVS", "Z")
        own = api.import_key("DHPRIVATEBLOB", group.dh_private(x, y))
        other = api.import_key("DHPUBLICBLOB", group.dh_public(peer))
        found = raw(api, api.agree(own, other), group.width)
        assert len(found) == group.width
        assert int.from_bytes(found, "big") == secret


def test_peers_of_other_groups(api):
    with refuses(NTE_INVALID_PARAMETER, NTE_NOT_SUPPORTED):
        api.agree(private(api, 1024), public(api, 2048))
    with refuses(NTE_INVALID_PARAMETER, NTE_NOT_SUPPORTED):
        api.agree(private(api, 1024), api.make("ECDH_P256"))


def test_a_public_key_agrees_on_nothing(api):
    with refuses():
        api.agree(public(api, 1024), private(api, 1024))


def test_usage(api):
    group, _, _ = dl.dh_key(1024)
    parameters = group.dh_parameters()
    own = api.make("DH", DHParameters=parameters, Key_Usage=ALLOW_SIGNING)
    with refuses(NTE_PERM):
        api.agree(own, public(api, 1024))
    own = api.make("DH", DHParameters=parameters, Key_Usage=ALLOW_KEY_AGREEMENT)
    assert api.agree(own, public(api, 1024))


def test_it_does_not_sign(api):
    with refuses():
        api.sign(private(api, 1024), bytes(20))
    assert call("NCryptIsAlgSupported", api.provider, "DH", 0) == 0
