# SPDX-License-Identifier: MIT
"""Every flag bit on every function: taken, or NTE_BAD_FLAGS.

The table says which bits a function takes. A taken bit must not be NTE_BAD_FLAGS and, unless it is
among those that change what is done, must leave the call a success.
"""

from ctypes import byref

import pytest

from . import material
from .abi import PKCS1_ENCRYPTION, D, H, P, pkcs1, pss
from .api import call
from .constants import (
    DO_NOT_FINALIZE,
    ERROR_SUCCESS,
    EXPORT_LEGACY,
    MACHINE_KEY,
    NO_KEY_VALIDATION,
    NTE_BAD_FLAGS,
    OVERWRITE_KEY,
    PAD_PKCS1,
    PERSIST,
    PERSIST_ONLY,
    PREFER_VBS,
    REQUIRE_VBS,
    SILENT,
    TREAT_NIST_AS_GENERIC_ECC,
    USE_PER_BOOT_KEY,
    WRITE_KEY_TO_LEGACY_STORE,
)

SECRET_IS_HMAC_KEY = 1
BITS = [1 << bit for bit in range(32)]
VBS = {PREFER_VBS, REQUIRE_VBS, USE_PER_BOOT_KEY}

# Bits whose status depends on more than the flag: only that it is not NTE_BAD_FLAGS is checked.
DEPENDS = VBS | {MACHINE_KEY, PERSIST_ONLY, TREAT_NIST_AS_GENERIC_ECC, EXPORT_LEGACY}
DEPENDS |= {WRITE_KEY_TO_LEGACY_STORE, DO_NOT_FINALIZE}


def open_provider(api, flags):
    return call("NCryptOpenStorageProvider", byref(api.out), None, flags)


def enum_providers(api, flags):
    return call("NCryptEnumStorageProviders", byref(D()), byref(api.block), flags)


def enum_algorithms(api, flags):
    return call("NCryptEnumAlgorithms", api.provider, 0, byref(D()), byref(api.block), flags)


def is_alg_supported(api, flags):
    return call("NCryptIsAlgSupported", api.provider, "RSA", flags)


def enum_keys(api, flags):
    call_flags = (api.provider, None, byref(api.block), byref(api.state), flags)
    status = call("NCryptEnumKeys", *call_flags)
    return ERROR_SUCCESS if status == 0x8009002A else status


def open_key(api, flags):
    return call("NCryptOpenKey", api.provider, byref(api.out), api.key_name, 0, flags)


def create_key(api, flags):
    return call("NCryptCreatePersistedKey", api.provider, byref(api.out), "RSA", None, 0, flags)


def finalize_key(api, flags):
    key = api.create("RSA")
    api.set(key, "Length", 512)
    return call("NCryptFinalizeKey", key, flags)


def get_property(api, flags):
    return call("NCryptGetProperty", api.key, "Algorithm Name", None, 0, byref(D()), flags)


def set_property(api, flags):
    return call("NCryptSetProperty", api.key, "A Custom Property", b"value", 5, flags)


def import_key(api, flags):
    blob = material.rsa(512).private_blob()
    rest = (None, byref(api.out), blob, len(blob), flags)
    return call("NCryptImportKey", api.provider, 0, "RSAPRIVATEBLOB", *rest)


def export_key(api, flags):
    rest = (None, None, 0, byref(D()), flags)
    return call("NCryptExportKey", api.key, 0, "RSAPUBLICBLOB", *rest)


def delete_key(api, flags):
    key = api.create("RSA")
    status = call("NCryptDeleteKey", key, flags)
    if status == ERROR_SUCCESS:
        api.forget(key)
    return status


FUNCTIONS = {
    open_provider: set(),
    enum_providers: {SILENT},
    enum_algorithms: {SILENT},
    is_alg_supported: {SILENT},
    enum_keys: {SILENT, MACHINE_KEY},
    open_key: {SILENT, MACHINE_KEY, TREAT_NIST_AS_GENERIC_ECC},
    create_key: {SILENT, MACHINE_KEY, OVERWRITE_KEY, TREAT_NIST_AS_GENERIC_ECC} | VBS,
    finalize_key: {SILENT, NO_KEY_VALIDATION, WRITE_KEY_TO_LEGACY_STORE},
    get_property: {SILENT, PERSIST_ONLY},
    set_property: {SILENT, PERSIST, PERSIST_ONLY},
    import_key: {
        SILENT, MACHINE_KEY, OVERWRITE_KEY, NO_KEY_VALIDATION, WRITE_KEY_TO_LEGACY_STORE,
        DO_NOT_FINALIZE, TREAT_NIST_AS_GENERIC_ECC,
    } | VBS,
    export_key: {SILENT, EXPORT_LEGACY},
    delete_key: {SILENT},
}  # fmt: skip


# What not every implementation can do, success or not.
NEEDS = {
    enum_providers: "enumerate_providers",
    enum_algorithms: "enumerate_algorithms",
    enum_keys: "enumerate",
    delete_key: "delete",
}


def of(function):
    needed = [NEEDS[function]] if function in NEEDS else []
    return pytest.param(function, id=function.__name__, marks=pytest.mark.requires(*needed))


@pytest.fixture
def scene(api, request):
    """What the calls need: a key, a stored key, and places for what they give."""
    api.key = api.import_key("RSAFULLPRIVATEBLOB", material.rsa(1024).full_blob())
    api.out, api.block, api.state = H(), P(), P()
    yield api
    for pointer in (api.block, api.state):
        if pointer.value:
            call("NCryptFreeBuffer", pointer)
    if api.out.value:
        call("NCryptFreeObject", api.out)


def check(status, bit, taken):
    if bit not in taken:
        assert status == NTE_BAD_FLAGS, hex(bit)
    elif bit in DEPENDS:
        assert status != NTE_BAD_FLAGS, hex(bit)
    else:
        assert status == ERROR_SUCCESS, hex(bit)


@pytest.mark.requires("rsa_import")
@pytest.mark.parametrize("function", [of(f) for f in FUNCTIONS if f is not open_key])
@pytest.mark.parametrize("bit", BITS, ids=hex)
def test_flag(scene, function, bit):
    check(function(scene, bit), bit, FUNCTIONS[function])


@pytest.mark.requires("rsa_import")
@pytest.mark.parametrize("bit", BITS, ids=hex)
def test_flag_of_open_key(scene, name, bit):
    scene.make("RSA", name, Length=512)
    scene.key_name = name
    check(open_key(scene, bit), bit, FUNCTIONS[open_key])


def sign(api, padding, flags):
    rest = (bytes(32), 32, None, 0, byref(D()), flags)
    return call("NCryptSignHash", api.key, padding.pointer, *rest)


def verify(api, padding, flags):
    signature = api.sign(api.key, bytes(32), padding)
    rest = (bytes(32), 32, signature, len(signature), flags)
    return call("NCryptVerifySignature", api.key, padding.pointer, *rest)


def encrypt(api, padding, flags):
    return call("NCryptEncrypt", api.key, b"text", 4, None, None, 0, byref(D()), flags)


def decrypt(api, padding, flags):
    return call("NCryptDecrypt", api.key, bytes(128), 128, None, None, 0, byref(D()), flags)


@pytest.mark.requires("rsa_import", "sign")
@pytest.mark.parametrize("bit", BITS, ids=hex)
@pytest.mark.parametrize("padding", [pkcs1("SHA256"), pss("SHA256", 32)], ids=["pkcs1", "pss"])
@pytest.mark.parametrize("function", [sign, verify])
def test_flag_beside_a_signature_padding(scene, function, padding, bit):
    check(function(scene, padding, padding.flag | bit), bit, {SILENT, padding.flag})


@pytest.mark.requires("rsa_import", "decrypt")
@pytest.mark.parametrize("bit", BITS, ids=hex)
@pytest.mark.parametrize("function", [encrypt, decrypt])
def test_flag_beside_an_encryption_padding(scene, function, bit):
    check(function(scene, PKCS1_ENCRYPTION, PAD_PKCS1 | bit), bit, {SILENT, PAD_PKCS1})


@pytest.mark.requires("ECDSA_P256")
@pytest.mark.parametrize("bit", BITS, ids=hex)
def test_flag_of_ecdsa(api, bit):
    key = api.make("ECDSA_P256")
    signature = api.sign(key, bytes(32))
    digest = (bytes(32), 32)
    check(call("NCryptSignHash", key, None, *digest, None, 0, byref(D()), bit), bit, {SILENT})
    status = call("NCryptVerifySignature", key, None, *digest, signature, len(signature), bit)
    check(status, bit, {SILENT})


@pytest.mark.requires("agreement")
@pytest.mark.parametrize("bit", BITS, ids=hex)
def test_flag_of_agreement(api, bit):
    key, out = api.make("ECDH_P256"), H()
    status = call("NCryptSecretAgreement", key, key, byref(out), bit)
    if out.value:
        api.keep(out.value)
    check(status, bit, {SILENT})


@pytest.mark.requires("agreement")
@pytest.mark.parametrize("bit", BITS, ids=hex)
def test_flag_of_derivation(api, bit):
    """Its own flag says that the secret is HMAC's key."""
    key = api.make("ECDH_P256")
    secret = api.agree(key, key)
    status = call("NCryptDeriveKey", secret, "HMAC", None, None, 0, byref(D()), bit)
    check(status, bit, {SILENT, SECRET_IS_HMAC_KEY})


@pytest.mark.requires("ECDSA_P256", "encapsulate")
@pytest.mark.parametrize("bit", BITS, ids=hex)
def test_flag_of_encapsulation(api, bit):
    """They come before the question whether the key is one for it."""
    key = api.make("ECDSA_P256")
    sizes = byref(D()), byref(D())
    status = call("NCryptEncapsulate", key, None, 0, sizes[0], None, 0, sizes[1], bit)
    check(status, bit, set())
    status = call("NCryptDecapsulate", key, bytes(768), 768, None, 0, sizes[0], bit)
    check(status, bit, set())


def test_silent_together_with_others(api, name):
    key = api.make("ECDSA_P256", name, flags=MACHINE_KEY | OVERWRITE_KEY | SILENT)
    api.set(key, "Custom", b"1", PERSIST | SILENT)
    assert api.get(api.open(name, flags=MACHINE_KEY | SILENT), "Custom", SILENT) == b"1"
    assert [entry[0] for entry in api.keys(MACHINE_KEY | SILENT)].count(name) == 1
    api.delete(key, SILENT)
