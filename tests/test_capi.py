# SPDX-License-Identifier: MIT
"""Contexts and keys of CryptoAPI 1.0: what they do, and what they say when they cannot."""

import array
import hashlib
import os
import struct

import pytest

import ncrypt_ext as nc
from ncrypt_ext import KeySpec, capi

PUBLIC, PRIVATE = "PUBLICKEYBLOB", "PRIVATEKEYBLOB"
HASHES = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}
BOTH = pytest.mark.parametrize(
    "spec", [KeySpec.KEYEXCHANGE, KeySpec.SIGNATURE], ids=lambda s: s.name
)


@pytest.fixture
def name(request):
    """The name of a container of this test's own, which is deleted afterwards."""
    name = f"ncrypt-ext binding {request.node.name[:100]} {os.getpid()}"
    yield name
    for machine in (False, True):
        capi.delete_container(name, machine=machine, missing_ok=True)


@pytest.fixture
def context():
    with capi.Context(verify=True) as context:
        yield context


@pytest.fixture(scope="session")
def blob():
    """One key for all tests that only need some."""
    with capi.Context(verify=True) as context:
        with context.generate_key(KeySpec.SIGNATURE, 1024, exportable=True) as key:
            return key.export(PRIVATE)


@pytest.fixture
def key(context, blob):
    with context.import_key(blob, exportable=True) as key:
        yield key


# ---- containers ----------------------------------------------------------------------------------


def test_a_new_container(name):
    with pytest.raises(nc.KeyNotFoundError):
        capi.Context(name)
    with capi.Context(name, new=True) as context:
        assert context.container == name
        assert context.unique_container
        assert context.key_specs == ()
        assert not context.is_machine
        assert repr(context) == f"<Context {name!r}>"
        assert name in context.containers()
    with pytest.raises(nc.KeyExistsError):
        capi.Context(name, new=True)
    with capi.Context(name, silent=True) as context:
        assert context.container == name


def test_delete(name):
    capi.Context(name, new=True).close()
    capi.delete_container(name)
    with pytest.raises(nc.KeyNotFoundError) as caught:
        capi.delete_container(name)
    assert caught.value.function == "CryptAcquireContextW"
    assert caught.value.name == "NTE_BAD_KEYSET"
    capi.delete_container(name, missing_ok=True)


def test_machine(name):
    with capi.Context(name, new=True, machine=True) as context:
        assert context.is_machine
    with pytest.raises(nc.KeyNotFoundError):
        capi.Context(name)
    capi.delete_container(name, machine=True)


def test_verify_context(context):
    assert context.container is None
    assert repr(context) == "<Context without a container>"
    assert context.key_specs == ()
    assert isinstance(context.containers(), list)


def test_provider(context):
    assert context.provider_name == "Microsoft Enhanced RSA and AES Cryptographic Provider"
    strong = "Microsoft Strong Cryptographic Provider"
    with capi.Context(provider=strong, provider_type=capi.PROV_RSA_FULL, verify=True) as older:
        assert older.provider_name == strong
        assert older.provider_type == capi.PROV_RSA_FULL
    with pytest.raises(nc.ProviderNotFoundError):
        capi.Context(provider="No such provider", verify=True)
    with pytest.raises(nc.InvalidParameterError):
        capi.Context(provider=strong, provider_type=capi.PROV_RSA_AES, verify=True)


def test_parameter(context):
    assert context.parameter(5) == struct.pack("<I", 0x200)  # PP_VERSION
    with pytest.raises(nc.NotSupportedError) as caught:
        context.parameter(99)
    with pytest.raises(ValueError, match=r"containers\(\) lists them"):
        context.parameter(2)
    assert caught.value.name == "NTE_BAD_TYPE"


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"container": 17}, TypeError, "container must be a str, not 'int'"),
        ({"container": "a\0b"}, ValueError, "container must not contain a NUL"),
        ({"provider": b"x"}, TypeError, "provider must be a str, not 'bytes'"),
        ({"provider_type": "24"}, TypeError, "provider_type must be an int, not 'str'"),
        ({"provider_type": -1}, ValueError, "provider_type must fit 32 bits"),
        ({"provider_type": 0, "verify": True}, nc.InvalidParameterError, "NTE_BAD_PROV_TYPE"),
        ({"container": ""}, ValueError, "container must not be empty: None is the default"),
        ({"container": "", "new": True}, ValueError, "container must not be empty"),
        ({"container": "x", "verify": True}, ValueError, "verify=True has no container"),
        ({"new": True, "verify": True}, ValueError, "verify=True has no container"),
    ],
)
def test_what_opens_nothing(arguments, error, text):
    with pytest.raises(error, match=text):
        capi.Context(**arguments)


def test_the_default_container_is_not_deleted_by_mistake():
    with capi.Context(verify=True) as context:
        before = context.containers()
    with pytest.raises(TypeError, match="container must be a str"):
        capi.delete_container(None)
    with pytest.raises(ValueError, match="container must not be empty"):
        capi.delete_container("")
    with capi.Context(verify=True) as context:
        assert context.containers() == before


# ---- keys ----------------------------------------------------------------------------------------


@BOTH
def test_generate(name, spec):
    with capi.Context(name, new=True) as context:
        with pytest.raises(nc.KeyNotFoundError, match=f"no {spec.name} key"):
            context.key(spec)
        with context.generate_key(spec, 1024) as key:
            public = key.export(PUBLIC)
            assert (key.length, key.key_spec) == (1024, spec)
            assert key.algorithm == (0xA400 if spec == KeySpec.KEYEXCHANGE else 0x2400)
            assert repr(key) == "<ContextKey RSA 1024>"
            assert not key.permissions & 0x4
            with pytest.raises(nc.BadStateError):
                key.export(PRIVATE)
        assert context.key_specs == (spec,)
    with capi.Context(name) as context, context.key(spec) as key:
        assert key.export(PUBLIC) == public


def test_generating_again_replaces(name):
    with capi.Context(name, new=True) as context:
        with context.generate_key(KeySpec.SIGNATURE, 1024) as old:
            with context.generate_key(KeySpec.SIGNATURE, 1024) as new:
                assert old.export(PUBLIC) != new.export(PUBLIC)
                with context.key(KeySpec.SIGNATURE) as current:
                    assert current.export(PUBLIC) == new.export(PUBLIC)


def test_two_keys(name):
    with capi.Context(name, new=True) as context:
        context.generate_key(KeySpec.SIGNATURE, 512).close()
        context.generate_key(KeySpec.KEYEXCHANGE, 1024).close()
        assert context.key_specs == (KeySpec.KEYEXCHANGE, KeySpec.SIGNATURE)
        lengths = [context.key(spec).length for spec in context.key_specs]
        assert lengths == [1024, 512]


def test_the_length_that_is_not_given(context):
    with context.generate_key(KeySpec.KEYEXCHANGE) as key:
        assert key.length == 2048


@pytest.mark.parametrize("length", [0, 383, 16385, 2**31])
def test_impossible_lengths(context, length):
    with pytest.raises(ValueError, match=f"length must be from 384 to 16384 bits, not {length}"):
        context.generate_key(KeySpec.SIGNATURE, length)


@pytest.mark.parametrize("spec", [0, 3, 0xFFFFFFFF])
def test_there_are_two_key_specs(context, spec):
    for call in (
        lambda: context.key(spec),
        lambda: context.generate_key(spec),
        lambda: context.sign(bytes(32), "SHA256", spec),
        lambda: context.to_ncrypt(spec),
    ):
        with pytest.raises(ValueError, match=f"key_spec must be .*, not {spec}"):
            call()


# ---- blobs ---------------------------------------------------------------------------------------


def test_blobs(context, key, blob):
    public = key.export(PUBLIC)
    assert public[:8] == blob[:8].replace(b"\7", b"\6", 1)
    assert public[20:] == blob[20 : 20 + 128]
    assert key.export(PRIVATE) == blob
    with context.import_key(memoryview(public)) as other:
        assert other.export(PUBLIC) == public
        with pytest.raises(nc.NCryptError):
            other.export(PRIVATE)


@BOTH
def test_imported_private_keys_are_stored(name, blob, spec):
    changed = blob[:4] + struct.pack("<I", 0xA400 if spec == 1 else 0x2400) + blob[8:]
    with capi.Context(name, new=True) as context:
        context.import_key(bytearray(changed), exportable=True).close()
        assert context.key_specs == (spec,)
    with capi.Context(name) as context, context.key(spec) as key:
        assert key.export(PRIVATE) == changed


def test_imported_public_keys_are_not(name, key):
    with capi.Context(name, new=True) as context:
        context.import_key(key.export(PUBLIC)).close()
        assert context.key_specs == ()


@pytest.mark.parametrize("end", [0, 1, 8, 20, 40])
def test_what_is_no_blob(context, blob, end):
    with pytest.raises(ValueError, match="CryptImportKey"):
        context.import_key(blob[:end])


def test_another_version(context, blob):
    with pytest.raises(nc.BadDataError):
        context.import_key(blob[:1] + b"\3" + blob[2:])


def test_blob_arguments(context, key):
    with pytest.raises(TypeError, match="blob must be a bytes-like object, not 'str'"):
        context.import_key("blob")
    with pytest.raises(TypeError, match="blob_type must be a str, not 'int'"):
        key.export(6)
    with pytest.raises(ValueError, match="blob_type must be one of PUBLICKEYBLOB, PRIVATEKEYBLOB"):
        key.export("RSAPUBLICBLOB")


# ---- signatures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("title", HASHES)
@pytest.mark.parametrize("byteorder", ["little", "big"])
def test_sign_and_verify(context, key, title, byteorder):
    digest = hashlib.new(HASHES[title], b"order 17").digest()
    signature = context.sign(digest, title, byteorder=byteorder)
    assert len(signature) == 128
    key.verify(signature, digest, title, byteorder=byteorder)
    other = "big" if byteorder == "little" else "little"
    assert context.sign(digest, title, byteorder=other) == signature[::-1]
    key.verify(memoryview(signature[::-1]), bytearray(digest), title, byteorder=other)
    with pytest.raises(nc.InvalidSignatureError):
        key.verify(signature, digest, title, byteorder=other)
    with pytest.raises(nc.InvalidSignatureError):
        key.verify(signature, bytes(len(digest)), title, byteorder=byteorder)


@pytest.mark.parametrize(
    "signature",
    [b"", bytearray(), array.array("B"), bytes(127), bytes(128), bytes(129), b"\xff" * 128,
     bytes(2048), bytes(2049), bytes(100_000)],
    ids=lambda value: f"{type(value).__name__}{len(value)}{bytes(value[:1]).hex()}",
)  # fmt: skip
@pytest.mark.parametrize("byteorder", ["little", "big"])
def test_bad_signatures(key, digest, signature, byteorder):
    """Never an OSError, whatever a peer sends."""
    with pytest.raises(nc.InvalidSignatureError):
        key.verify(signature, digest, "SHA256", byteorder=byteorder)


def test_every_flipped_bit_is_noticed(context, key, digest):
    signature = context.sign(digest, "SHA256")
    for at in range(len(signature)):
        wrong = bytearray(signature)
        wrong[at] ^= 1 << at % 8
        with pytest.raises(nc.InvalidSignatureError):
            key.verify(wrong, digest, "SHA256")


@BOTH
def test_no_key_to_sign_with(context, digest, spec):
    with pytest.raises(nc.KeyNotFoundError) as caught:
        context.sign(digest, "SHA256", spec)
    assert (caught.value.function, caught.value.name) == ("CryptSignHashW", "NTE_NO_KEY")


def test_sha2_needs_the_newer_type(blob, digest):
    with capi.Context(provider_type=capi.PROV_RSA_FULL, verify=True) as context:
        with context.import_key(blob) as key:
            key.verify(context.sign(digest[:20], "SHA1"), digest[:20], "SHA1")
            with pytest.raises(nc.NotSupportedError) as caught:
                context.sign(digest, "SHA256")
            assert caught.value.function == "CryptCreateHash"
            with pytest.raises(nc.NotSupportedError):
                key.verify(bytes(128), digest, "SHA256")


def test_signing_arguments(context, key, digest):
    for call in (
        lambda *rest, **more: context.sign(*rest, **more),
        lambda *rest, **more: key.verify(bytes(128), *rest, **more),
    ):
        with pytest.raises(ValueError, match="a digest of SHA1 has 20 bytes, not 32"):
            call(digest, "SHA1")
        with pytest.raises(ValueError, match=r"hash must be one of MD5, SHA1, .*, not 'sha256'"):
            call(digest, "sha256")
        with pytest.raises(TypeError, match="hash must be a str, not 'int'"):
            call(digest, 0x800C)
        with pytest.raises(TypeError, match="digest must be a bytes-like object, not 'str'"):
            call("digest", "SHA256")
        with pytest.raises(ValueError, match="byteorder must be 'little' or 'big', not 'middle'"):
            call(digest, "SHA256", byteorder="middle")
    with pytest.raises(TypeError, match="signature must be a bytes-like object, not 'str'"):
        key.verify("signature", digest, "SHA256")
