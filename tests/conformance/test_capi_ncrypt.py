# SPDX-License-Identifier: MIT
"""The same keys through both interfaces: containers and CNG keys, NCryptTranslateHandle."""

import hashlib
from ctypes import byref

import pytest

from . import material
from .abi import H, pkcs1
from .api import call, must, refuses
from .capi import private_blob, public_blob
from .constants import (
    ALLOW_PLAINTEXT_EXPORT,
    AT_KEYEXCHANGE,
    AT_SIGNATURE,
    CALG_RSA_KEYX,
    CALG_SHA1,
    CALG_SHA_256,
    CRYPT_EXPORTABLE,
    NTE_BAD_FLAGS,
    NTE_BAD_KEYSET,
    NTE_BAD_SIGNATURE,
    NTE_INVALID_HANDLE,
    NTE_INVALID_PARAMETER,
    NTE_NO_KEY,
    PUBLICKEYBLOB,
    SOFTWARE_PROVIDER,
    WRITE_KEY_TO_LEGACY_STORE,
)

DIGEST = hashlib.sha256(b"order 17").digest()
SPECS = [AT_KEYEXCHANGE, AT_SIGNATURE]
translated = pytest.mark.requires("translate")
persisted = pytest.mark.requires("persisted")


def translate(api, context, spec, key=0):
    """NCryptTranslateHandle: the provider and the key."""
    provider, found = H(), H()
    must("NCryptTranslateHandle", byref(provider), byref(found), context, key, spec, 0)
    return api.keep(provider.value), api.keep(found.value)


def public_of(api, key):
    """The PUBLICKEYBLOB of a key of CNG's."""
    blob = api.export_key(key, "RSAPUBLICBLOB")
    exponent_size, width = (int.from_bytes(blob[at : at + 4], "little") for at in (8, 12))
    e = int.from_bytes(blob[24 : 24 + exponent_size], "big")
    n = int.from_bytes(blob[24 + exponent_size :][:width], "big")
    return n, e


def public_in(blob):
    return int.from_bytes(blob[20:], "little"), int.from_bytes(blob[16:20], "little")


# ---- NCryptTranslateHandle -----------------------------------------------------------------------


@translated
@pytest.mark.parametrize("spec", SPECS)
def test_translate(api, capi, container, spec):
    context = capi.new(container)
    key = capi.generate(context, spec, 1024)
    provider, found = translate(api, context, spec)
    assert api.get_text(provider, "Name") == SOFTWARE_PROVIDER
    assert api.get_text(found, "Algorithm Name") == "RSA"
    assert api.get_text(found, "Name") == container
    assert public_of(api, found) == public_in(capi.export(key, PUBLICKEYBLOB))
    hash_ = capi.hash(context, CALG_SHA_256, DIGEST)
    signature = api.sign(found, DIGEST, pkcs1("SHA256"))
    assert capi.sign(hash_, spec)[::-1] == signature
    capi.verify(hash_, signature[::-1], key)
    api.verify(found, DIGEST, capi.sign(hash_, spec)[::-1], pkcs1("SHA256"))
    with refuses(NTE_BAD_SIGNATURE):
        api.verify(found, DIGEST, capi.sign(hash_, spec), pkcs1("SHA256"))


@translated
def test_translate_both_keys(api, capi, container):
    context = capi.new(container)
    made = {spec: capi.generate(context, spec) for spec in SPECS}
    for spec, key in made.items():
        _, found = translate(api, context, spec)
        assert public_of(api, found) == public_in(capi.export(key, PUBLICKEYBLOB))


@translated
def test_translate_by_key(api, capi, container):
    context = capi.new(container)
    made = {spec: capi.generate(context, spec) for spec in SPECS}
    for key in made.values():
        _, found = translate(api, context, 0, key)
        assert public_of(api, found) == public_in(capi.export(key, PUBLICKEYBLOB))


@translated
def test_translate_without_a_provider(api, capi, container):
    context, key = capi.new(container), H()
    capi.generate(context, AT_SIGNATURE)
    must("NCryptTranslateHandle", None, byref(key), context, 0, AT_SIGNATURE, 0)
    api.get(api.keep(key.value), "Length")


@translated
def test_translated_keys_stand_alone(api, capi, container):
    context = capi.new(container)
    capi.free(capi.generate(context, AT_SIGNATURE))
    _, found = translate(api, context, AT_SIGNATURE)
    capi.free(context)
    api.sign(found, DIGEST, pkcs1(None))


@translated
def test_translate_what_is_not_there(capi, container):
    context, key = capi.new(container), H()
    capi.generate(context, AT_SIGNATURE)
    status = call("NCryptTranslateHandle", None, byref(key), context, 0, AT_KEYEXCHANGE, 0)
    assert status in (NTE_BAD_KEYSET, NTE_NO_KEY)
    assert not key.value


@translated
def test_translate_arguments(capi, container):
    context, key = capi.new(container), H()
    capi.generate(context, AT_SIGNATURE)
    function, rest = "NCryptTranslateHandle", (context, 0, AT_SIGNATURE)
    assert call(function, None, None, *rest, 0) == NTE_INVALID_PARAMETER
    for bit in range(32):
        assert call(function, None, byref(key), *rest, 1 << bit) == NTE_BAD_FLAGS
    assert call(function, None, byref(key), 0, 0, AT_SIGNATURE, 0) in (
        NTE_INVALID_HANDLE, NTE_INVALID_PARAMETER,
    )  # fmt: skip
    assert not key.value


# ---- CNG's keys as containers --------------------------------------------------------------------


@pytest.mark.parametrize("spec", [0, *SPECS])
def test_a_key_in_the_legacy_store_is_a_container(api, capi, name, spec):
    key = api.create("RSA", name, spec)
    api.set(key, "Length", 1024)
    api.finalize(key, WRITE_KEY_TO_LEGACY_STORE)
    context = capi.acquire(name)
    mine = spec or AT_KEYEXCHANGE
    theirs = capi.user_key(context, mine)
    assert public_in(capi.export(theirs, PUBLICKEYBLOB)) == public_of(api, key)
    assert capi.has_key(context, 3 - mine) == NTE_NO_KEY
    signature = capi.sign(capi.hash(context, CALG_SHA_256, DIGEST), mine)
    api.verify(key, DIGEST, signature[::-1], pkcs1("SHA256"))
    assert name.encode() in capi.containers(capi.verify_context())


def test_other_keys_are_not(api, capi, name):
    api.make("RSA", name, Length=1024)
    assert not capi.exists(name)
    assert name.encode() not in capi.containers(capi.verify_context())


@pytest.mark.parametrize("policy", [0, ALLOW_PLAINTEXT_EXPORT | 1])
def test_the_export_policy_holds_there(api, capi, name, policy):
    key = api.create("RSA", name)
    api.set(key, "Length", 1024)
    api.set(key, "Export Policy", policy)
    api.finalize(key, WRITE_KEY_TO_LEGACY_STORE)
    theirs = capi.user_key(capi.acquire(name), AT_KEYEXCHANGE)
    exportable = bool(capi.key_parameter(theirs, 6) & 0x4)
    assert exportable == bool(policy)


# ---- containers as CNG's keys --------------------------------------------------------------------


@persisted
@pytest.mark.parametrize("spec", SPECS)
def test_a_container_opens_as_a_key(api, capi, container, spec):
    context = capi.new(container)
    key = capi.generate(context, spec, 1024)
    found = api.open(container, spec)
    assert public_of(api, found) == public_in(capi.export(key, PUBLICKEYBLOB))
    signature = api.sign(found, hashlib.sha1(b"a").digest(), pkcs1("SHA1"))
    hash_ = capi.hash(context, CALG_SHA1, data=b"a")
    capi.verify(hash_, signature[::-1], key)
    with refuses(NTE_BAD_KEYSET, NTE_NO_KEY):
        api.open(container, 3 - spec)


@persisted
def test_a_container_that_is_deleted_is_no_key(api, capi, container):
    context = capi.new(container)
    capi.generate(context, AT_SIGNATURE)
    capi.delete(container)
    with refuses(NTE_BAD_KEYSET):
        api.open(container, AT_SIGNATURE)


@pytest.mark.requires("rsa_import")
@pytest.mark.not_on("wine", "its ncrypt knows no blobs of CryptoAPI")
def test_blobs_of_one_in_the_other(api):
    """CryptoAPI's layouts, by the functions of CNG."""
    rsa = material.rsa(1024)
    key = api.import_key("CAPIPRIVATEBLOB", private_blob(rsa))
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    assert api.export_key(key, "RSAFULLPRIVATEBLOB") == rsa.full_blob()
    assert api.export_key(key, "CAPIPRIVATEBLOB") == private_blob(rsa)
    public = api.import_key("CAPIPUBLICBLOB", public_blob(rsa))
    assert api.export_key(public, "RSAPUBLICBLOB") == rsa.public_blob()
    assert api.export_key(public, "CAPIPUBLICBLOB") == public_blob(rsa)


@persisted
def test_an_imported_key_is_there_for_both(api, capi, container):
    key = material.rsa(1024)
    capi.import_key(capi.new(container), private_blob(key), CRYPT_EXPORTABLE)
    found = api.open(container, AT_KEYEXCHANGE)
    assert public_of(api, found) == public_in(public_blob(key, CALG_RSA_KEYX))
