# SPDX-License-Identifier: MIT
"""From CryptoAPI to CNG and back, and what the portable engine does with the two of them.

Wine cannot: it has no NCryptTranslateHandle, and its ncrypt.dll stores nothing.
"""

import gc
import itertools
import threading

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, utils

import ncrypt_ext as nc
from ncrypt_ext import KeySpec, capi

BOTH = pytest.mark.parametrize("spec", [KeySpec.KEYEXCHANGE, KeySpec.SIGNATURE])
PADDING = nc.PKCS1("SHA256")
ORDERS = list(itertools.permutations(["context", "old", "new"]))


@pytest.fixture
def context():
    with capi.Context("orders", new=True) as context:
        yield context


@BOTH
def test_to_ncrypt(context, digest, spec):
    with context.generate_key(spec, 1024) as old, context.to_ncrypt(spec) as key:
        assert isinstance(key, nc.Key)
        assert (key.name, key.algorithm, key.length) == ("orders", "RSA", 1024)
        signature = key.sign(digest, PADDING)
        assert context.sign(digest, "SHA256", spec, byteorder="big") == signature
        old.verify(signature, digest, "SHA256", byteorder="big")
        key.verify(digest, context.sign(digest, "SHA256", spec)[::-1], PADDING)


def test_to_ncrypt_of_a_key_that_is_nowhere_stored(digest):
    with capi.Context(verify=True) as context:
        context.generate_key(KeySpec.SIGNATURE, 1024).close()
        with context.to_ncrypt(KeySpec.SIGNATURE) as key:
            assert key.name is None
            key.verify(digest, context.sign(digest, "SHA256", byteorder="big"), PADDING)


def test_to_ncrypt_without_a_key(context):
    with pytest.raises(nc.KeyNotFoundError) as caught:
        context.to_ncrypt(KeySpec.SIGNATURE)
    assert caught.value.function == "NCryptTranslateHandle"


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
@pytest.mark.parametrize("way", ["close", "drop"])
def test_every_order_of_closing(digest, order, way):
    before = nc.live_handles()
    context = capi.Context(verify=True)
    things = {"context": context, "old": context.generate_key(KeySpec.SIGNATURE, 512)}
    things["new"] = context.to_ncrypt(KeySpec.SIGNATURE)
    del context
    for name in order:
        if way == "close":
            things[name].close()
        del things[name]
        if "new" in things:
            things["new"].sign(digest, nc.PKCS1())
    gc.collect()
    assert nc.live_handles() == before


def test_the_provider_goes_with_the_key(context):
    context.generate_key(KeySpec.SIGNATURE, 512).close()
    key = context.to_ncrypt(KeySpec.SIGNATURE)
    assert nc.live_handles()["binding"]["Provider"] == 1
    key.close()
    assert nc.live_handles()["binding"]["Provider"] == 0


# ---- one store -----------------------------------------------------------------------------------


@BOTH
def test_a_container_opens_as_a_key(provider, context, digest, spec):
    context.generate_key(spec, 1024).close()
    with provider.open_key("orders", key_spec=spec) as key:
        signature = context.sign(digest, "SHA256", spec, byteorder="big")
        key.verify(digest, signature, PADDING)


def test_a_key_of_the_legacy_store_is_a_container(provider, digest):
    with provider.create_key("RSA", "tls", length=1024, legacy_store=True) as key:
        with capi.Context("tls") as context:
            assert context.key_specs == (KeySpec.KEYEXCHANGE,)
            assert context.containers() == ["tls"]
            signature = context.sign(digest, "SHA256", KeySpec.KEYEXCHANGE, byteorder="big")
            key.verify(digest, signature, PADDING)


def test_any_name():
    for name in ("Schlüssel", "键 🔑", "x" * 200):
        with capi.Context(name, new=True) as context:
            assert context.container == name
            assert name in context.containers()
        capi.delete_container(name)


# ---- others --------------------------------------------------------------------------------------


def test_openssl_agrees(context, digest):
    scheme = padding.PKCS1v15(), utils.Prehashed(hashes.SHA256())
    with context.generate_key(KeySpec.SIGNATURE, 2048) as old:
        with context.to_ncrypt(KeySpec.SIGNATURE) as key:
            public = serialization.load_der_public_key(key.public_key_der())
        public.verify(context.sign(digest, "SHA256", byteorder="big"), digest, *scheme)
        blob = old.export("PUBLICKEYBLOB")
        assert int.from_bytes(blob[20:], "little") == public.public_numbers().n


# ---- key generation can be ended -----------------------------------------------------------------


def test_a_signal_ends_a_generation(home, run_python):
    program = """
import os, signal, threading
from ncrypt_ext import KeySpec, capi
signal.signal(signal.SIGINT, signal.default_int_handler)
with capi.Context("slow", new=True) as context:
    try:
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        context.generate_key(KeySpec.SIGNATURE, 16384)
    except KeyboardInterrupt:
        print("interrupted", context.key_specs)
"""
    assert run_python(program) == "interrupted ()\n"


def test_closing_the_context_ends_a_generation():
    before = nc.live_handles()
    context = capi.Context(verify=True)
    caught, busy = [], threading.Event()

    def generate():
        busy.set()
        try:
            context.generate_key(KeySpec.SIGNATURE, 16384)
        except nc.CancelledError as error:
            caught.append(error.function)
        except nc.ClosedHandleError:
            caught.append("closed before it began")

    thread = threading.Thread(target=generate)
    thread.start()
    busy.wait()
    context.close()
    thread.join()
    assert caught == ["closed before it began"] or caught == ["CryptGenKey"]
    assert nc.live_handles() == before


# ---- what a program sees -------------------------------------------------------------------------


def test_audit_events(run_python):
    program = """
import sys
from ncrypt_ext import capi
def hook(event, arguments):
    if event.startswith("ncrypt_ext"):
        print(event, arguments)
sys.addaudithook(hook)
with capi.Context("a", new=True) as context:
    with context.generate_key(1, 512, exportable=True) as key:
        context.import_key(key.export("PRIVATEKEYBLOB")).close()
capi.delete_container("a")
"""
    assert run_python(program).splitlines() == [
        "ncrypt_ext.capi.acquire_context ('a', None, False, True)",
        "ncrypt_ext.capi.generate_key (1,)",
        "ncrypt_ext.capi.export_key ('PRIVATEKEYBLOB',)",
        "ncrypt_ext.capi.import_key ()",
        "ncrypt_ext.capi.delete_container ('a', False)",
    ]


def test_the_package_does_not_load_it(run_python):
    program = "import sys, ncrypt_ext; print([m for m in sys.modules if 'capi' in m])"
    assert run_python(program) == "[]\n"
