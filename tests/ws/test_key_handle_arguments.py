# SPDX-License-Identifier: MIT
"""What key handles are not made of."""

import ctypes
import mmap
import sys

import pytest

import ncrypt_ext as nc
from ncrypt_ext import capi, ws


def live():
    return nc.live_handles()["binding"]["KeyHandle"]


@pytest.fixture
def key(provider):
    with provider.create_key("RSA", length=1024) as key:
        yield key


@pytest.fixture
def context():
    with capi.Context(verify=True) as context:
        yield context


@pytest.mark.parametrize("wrong", [None, 5, "key", b"key", ctypes.c_void_p(1)])
def test_not_a_key(wrong):
    with pytest.raises(TypeError):
        ws.NCryptKeyHandle(wrong)
    with pytest.raises(TypeError):
        ws.CapiKeyHandle(wrong, 1)
    assert live() == 0


def test_objects_of_other_kinds(provider, key, context):
    with provider.create_persisted_key("RSA") as new, ws.NCryptKeyHandle(key) as handle:
        for wrong in (new, provider, context, handle):
            with pytest.raises(TypeError, match="Key"):
                ws.NCryptKeyHandle(wrong)
        for wrong in (new, provider, key, handle):
            with pytest.raises(TypeError, match="Context"):
                ws.CapiKeyHandle(wrong, 1)


def test_closed_owners(provider):
    key, context = provider.create_key("RSA", length=1024), capi.Context(verify=True)
    key.close()
    context.close()
    with pytest.raises(nc.ClosedHandleError, match="this Key is closed"):
        ws.NCryptKeyHandle(key)
    with pytest.raises(nc.ClosedHandleError, match="this Context is closed"):
        ws.CapiKeyHandle(context, 1)
    assert live() == 0


@pytest.mark.parametrize("spec", [0, 3, -1, 1 << 32, None, "1", 1.0])
def test_no_such_key_spec(context, spec):
    with pytest.raises((TypeError, ValueError), match="key_spec"):
        ws.CapiKeyHandle(context, spec)
    assert live() == 0


@pytest.mark.parametrize(
    ("secret", "kind", "match"),
    [
        (None, TypeError, "secret"),
        ("text", TypeError, "secret must be a bytes-like object, not 'str'"),
        (5, TypeError, "secret must be a bytes-like object, not 'int'"),
        (b"", ValueError, "secret must not be empty"),
        (bytearray(), ValueError, "secret must not be empty"),
        (memoryview(b"abcdef")[::2], BufferError, "secret must be a contiguous bytes-like object"),
    ],
)
def test_not_a_secret(secret, kind, match):
    with pytest.raises(kind, match=match):
        ws.RawSymmetricKeyHandle(secret)
    assert live() == 0


@pytest.mark.skipif(sys.maxsize < 1 << 32, reason="no such size here")
def test_a_huge_secret():
    """Memory that nobody touches costs nothing."""
    try:
        memory = mmap.mmap(-1, (1 << 32) + 1)
    except (OSError, ValueError):
        pytest.skip("no 4 GiB of addresses")
    with memory, pytest.raises(ValueError, match="secret is 4294967297 bytes long: the limit is 4"):
        ws.RawSymmetricKeyHandle(memory)


def test_the_base_class():
    with pytest.raises(TypeError, match="KeyHandle is the base class of the others"):
        ws.KeyHandle()
    assert live() == 0


def test_missing_and_unknown_arguments(key):
    for call in (
        lambda: ws.NCryptKeyHandle(),
        lambda: ws.NCryptKeyHandle(key, 1),
        lambda: ws.RawSymmetricKeyHandle(),
        lambda: ws.RawSymmetricKeyHandle(b"a", b"b"),
        lambda: ws.CapiKeyHandle(),
        lambda: ws.NCryptKeyHandle(kee=key),
    ):
        with pytest.raises(TypeError):
            call()
    with ws.NCryptKeyHandle(key=key), ws.RawSymmetricKeyHandle(secret=b"a"):
        assert live() == 2
    assert live() == 0
