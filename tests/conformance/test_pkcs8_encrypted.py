# SPDX-License-Identifier: MIT
"""PKCS8_PRIVATEKEY under a password, and OpaqueTransport: what may leave where the policy allows no
plain text."""

import struct

import pytest

from . import material
from .abi import parameters
from .api import refuses
from .conftest import small
from .constants import (
    ALLOW_ARCHIVING,
    ALLOW_EXPORT,
    ALLOW_PLAINTEXT_EXPORT,
    BUFFER_PKCS_ALG_OID,
    BUFFER_PKCS_ALG_PARAM,
    BUFFER_PKCS_KEY_NAME,
    BUFFER_PKCS_SECRET,
    DO_NOT_FINALIZE,
    HRESULT_INVALID_PASSWORD,
    NTE_BAD_TYPE,
    NTE_EXISTS,
    NTE_INVALID_PARAMETER,
    NTE_NOT_SUPPORTED,
    OVERWRITE_KEY,
)
from .der import ec_pkcs8

pytestmark = pytest.mark.requires("pkcs8_encrypted")

KIND = "PKCS8_PRIVATEKEY"
TRIPLE_DES = b"1.2.840.113549.1.12.1.3\0"
PBES2 = b"1.2.840.113549.1.5.13\0"
OID_3DES = bytes.fromhex("060a2a864886f70d010c0103")


def settings(iterations=1, salt=b"12345678"):
    return struct.pack("<2I", iterations, len(salt)) + salt


def asked(password="secret", scheme=TRIPLE_DES, data=None):
    """As .NET asks for it."""
    return parameters(
        (BUFFER_PKCS_SECRET, password),
        (BUFFER_PKCS_ALG_OID, scheme),
        (BUFFER_PKCS_ALG_PARAM, settings() if data is None else data),
    )


def secret(password, *more):
    return parameters((BUFFER_PKCS_SECRET, password), *more)


@pytest.fixture
def key(api, algorithm):
    return api.make(algorithm, Export_Policy=ALLOW_EXPORT, **small(algorithm))


@pytest.mark.parametrize("password", ["secret", "p\u00e4ss", "\U0001f511", "x" * 200])
def test_back_again(api, algorithm, key, password):
    blob = api.export_key(key, KIND, desc=asked(password))
    again = api.import_key(KIND, blob, secret(password))
    assert api.export_key(again, "PUBLICBLOB") == api.export_key(key, "PUBLICBLOB")
    assert api.get_text(again, "Algorithm Name") == algorithm


def test_scheme(api, key):
    blob = api.export_key(key, KIND, desc=asked(data=settings(2048, b"saltsalt")))
    head = OID_3DES + bytes.fromhex("300e0408") + b"saltsalt" + bytes.fromhex("02020800")
    assert head in blob[:60]


@pytest.mark.parametrize("iterations", [1, 3])
@pytest.mark.requires("pbes2")
def test_pbes2(api, key, iterations):
    blob = api.export_key(key, KIND, desc=asked(scheme=PBES2, data=settings(iterations)))
    assert bytes.fromhex("06092a864886f70d01050d") in blob[:40]
    assert b"\x04\x0812345678" + bytes([2, 1, iterations]) in blob
    api.import_key(KIND, blob, secret("secret"))


@pytest.mark.parametrize("password", ["Secret", "secret ", "", None])
def test_wrong_password(api, key, name, password):
    blob = api.export_key(key, KIND, desc=asked())
    with refuses(HRESULT_INVALID_PASSWORD):
        more = [] if password is None else [(BUFFER_PKCS_SECRET, password)]
        api.import_key(KIND, blob, parameters((BUFFER_PKCS_KEY_NAME, name), *more))
    assert not api.exists(name)


def test_named(api, key, name):
    blob = api.export_key(key, KIND, desc=asked())
    api.import_key(KIND, blob, secret("secret", (BUFFER_PKCS_KEY_NAME, name)))
    assert api.export_key(api.open(name), "PUBLICBLOB") == api.export_key(key, "PUBLICBLOB")
    with refuses(NTE_EXISTS):
        api.import_key(KIND, blob, secret("secret", (BUFFER_PKCS_KEY_NAME, name)))


def test_unfinalized(api, key):
    blob = api.export_key(key, KIND, desc=asked())
    new = api.import_key(KIND, blob, secret("secret"), DO_NOT_FINALIZE)
    api.set(new, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    api.finalize(new)
    api.export_key(new, KIND)


def test_a_password_for_a_key_in_the_clear(api):
    api.import_key(KIND, ec_pkcs8(material.ec(material.P256)), secret("needless"))


@pytest.mark.parametrize("policy", range(8))
def test_policy(api, algorithm, policy):
    key = api.make(algorithm, Export_Policy=policy, **small(algorithm))
    if policy & (ALLOW_EXPORT | ALLOW_PLAINTEXT_EXPORT):
        for _ in range(2):
            api.export_key(key, KIND, desc=asked())
    elif policy & ALLOW_ARCHIVING:
        api.export_key(key, KIND, desc=asked())
        with refuses(NTE_NOT_SUPPORTED):
            api.export_key(key, KIND, desc=asked())
    else:
        with refuses(NTE_NOT_SUPPORTED):
            api.export_key(key, KIND, desc=asked())


@pytest.mark.parametrize(
    "buffers",
    [
        [(BUFFER_PKCS_ALG_OID, TRIPLE_DES)],
        [(BUFFER_PKCS_ALG_OID, TRIPLE_DES), (BUFFER_PKCS_ALG_PARAM, settings())],
        [(BUFFER_PKCS_SECRET, "secret"), (BUFFER_PKCS_ALG_PARAM, settings())],
        [(BUFFER_PKCS_SECRET, b"s\0e")],
        [(BUFFER_PKCS_SECRET, b"s\0e\0")],
        [(BUFFER_PKCS_SECRET, "secret"), (BUFFER_PKCS_SECRET, "secret")],
        [(BUFFER_PKCS_SECRET, "secret"), (BUFFER_PKCS_ALG_OID, TRIPLE_DES[:-1])],
        [(BUFFER_PKCS_SECRET, "secret"), (BUFFER_PKCS_ALG_OID, b"")],
        [(BUFFER_PKCS_SECRET, "secret"), (4711, b"data")],
    ],
    ids=range(9),
)
def test_lists_that_make_no_sense(api, key, buffers):
    with refuses(NTE_INVALID_PARAMETER):
        api.export_key(key, KIND, desc=parameters(*buffers))


@pytest.mark.parametrize(
    "data",
    [b"", settings()[:-1], settings() + b"x", settings(0), settings(0xFFFFFFFF), b"\1\0\0\0"],
    ids=range(6),
)
def test_settings_that_make_no_sense(api, key, data):
    with refuses(NTE_INVALID_PARAMETER):
        api.export_key(key, KIND, desc=asked(data=data))


def test_unknown_scheme(api, key):
    for scheme in (b"1.2.3.4\0", b"nonsense\0", b"\0"):
        with refuses(NTE_NOT_SUPPORTED, NTE_INVALID_PARAMETER):
            api.export_key(key, KIND, desc=asked(scheme=scheme))


def test_where_a_password_has_no_meaning(api, key):
    for kind in ("PUBLICBLOB", "PRIVATEBLOB"):
        with refuses(NTE_INVALID_PARAMETER, NTE_NOT_SUPPORTED):
            api.export_key(key, kind, desc=asked())
    with refuses(NTE_INVALID_PARAMETER, NTE_NOT_SUPPORTED):
        api.import_key("PUBLICBLOB", api.export_key(key, "PUBLICBLOB"), secret("secret"))


def test_every_truncation(api):
    key = api.make("ECDSA_P256", Export_Policy=ALLOW_EXPORT)
    blob = api.export_key(key, KIND, desc=asked())
    for size in range(1, len(blob)):
        with refuses():
            api.import_key(KIND, blob[:size], secret("secret"))
    with refuses():
        api.import_key(KIND, blob + b"\0", secret("secret"))


# ---- OpaqueTransport -----------------------------------------------------------------------------

OPAQUE = "OpaqueTransport"
opaque = pytest.mark.requires("opaque")


@opaque
def test_opaque(api, algorithm, name):
    key = api.make(algorithm, name, Export_Policy=3, **small(algorithm))
    blob, public = api.export_key(key, OPAQUE), api.export_key(key, "PUBLICBLOB")
    with refuses(NTE_EXISTS):
        api.import_key(OPAQUE, blob)
    api.delete(key)
    again = api.import_key(OPAQUE, blob)
    assert api.get_text(again, "Name") == name
    assert api.export_key(api.open(name), "PUBLICBLOB") == public
    api.import_key(OPAQUE, blob, flags=OVERWRITE_KEY)


@opaque
def test_opaque_brings_the_policy_along(api, name):
    key = api.make("ECDSA_P256", name, Export_Policy=ALLOW_EXPORT)
    blob = api.export_key(key, OPAQUE)
    api.delete(key)
    again = api.import_key(OPAQUE, blob)
    assert api.get_number(again, "Export Policy") == ALLOW_EXPORT
    with refuses(NTE_NOT_SUPPORTED):
        api.export_key(again, "ECCPRIVATEBLOB")


@opaque
def test_opaque_shows_nothing(api):
    pair = material.ec(material.P256)
    key = api.import_key("ECCPRIVATEBLOB", pair.private_blob())
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    assert pair.private_blob()[-32:] not in api.export_key(key, OPAQUE)


@opaque
def test_opaque_is_private(api, algorithm):
    key = api.make(algorithm, **small(algorithm))
    with refuses(NTE_NOT_SUPPORTED):
        api.export_key(key, OPAQUE)
    public = api.import_key("PUBLICBLOB", api.export_key(key, "PUBLICBLOB"))
    with refuses(NTE_BAD_TYPE, NTE_NOT_SUPPORTED, NTE_INVALID_PARAMETER):
        api.export_key(public, OPAQUE)


@opaque
def test_opaque_that_was_changed(api):
    key = api.make("ECDSA_P256", Export_Policy=ALLOW_EXPORT)
    blob = api.export_key(key, OPAQUE)
    for at in range(0, len(blob), 7):
        with refuses():
            api.import_key(OPAQUE, blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :])
        if at:
            with refuses():
                api.import_key(OPAQUE, blob[:at])
