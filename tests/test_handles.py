# SPDX-License-Identifier: MIT
"""The life of a handle, on one thread."""

import copy
import gc
import pickle
import weakref

import pytest

import ncrypt_ext as nc


def open_provider(provider):
    return nc.Provider()


def open_key(provider):
    return provider.create_key("ECDSA_P256")


def open_unfinalized(provider):
    return provider.create_persisted_key("ECDSA_P256")


EVERY = pytest.mark.parametrize("make", [open_provider, open_key, open_unfinalized])


@EVERY
def test_close(provider, make):
    handle = make(provider)
    assert not handle.closed
    assert handle.handle != 0
    handle.close()
    assert handle.closed
    handle.close()
    assert "closed" in repr(handle)
    with pytest.raises(nc.ClosedHandleError, match="is closed"):
        _ = handle.handle
    with pytest.raises(nc.ClosedHandleError):
        handle.get_property("Name")
    with pytest.raises(nc.ClosedHandleError):
        handle.detach()
    with pytest.raises(nc.ClosedHandleError), handle:
        pass


@EVERY
def test_context_manager(provider, make):
    with pytest.raises(ZeroDivisionError), make(provider) as handle:
        _ = 1 / 0
    assert handle.closed


@EVERY
def test_dropping_releases(provider, make):
    before = nc.live_handles()
    handle = make(provider)
    assert nc.live_handles() != before
    del handle
    assert nc.live_handles() == before


@EVERY
def test_cycles_are_collected(provider, make):
    before = nc.live_handles()
    ring = [make(provider)]
    ring.append(ring)
    del ring
    gc.collect()
    assert nc.live_handles() == before


@EVERY
def test_no_copies(provider, make):
    with make(provider) as handle:
        for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="cannot be copied or pickled"):
                attempt(handle)


@EVERY
def test_weak_references_and_identity(provider, make):
    with make(provider) as handle, make(provider) as other:
        assert weakref.ref(handle)() is handle
        assert handle == handle
        assert handle != other
        assert len({handle, other}) == 2


@EVERY
def test_detach_and_from_handle(provider, make):
    handle = make(provider)
    before = nc.live_handles()["engine"]
    number = handle.detach()
    assert handle.closed
    assert nc.live_handles()["engine"] == before  # it is still alive, but nobody's
    again = type(handle).from_handle(number, own=True)
    assert again.handle == number
    again.close()


@EVERY
def test_borrowed_handles_are_not_freed(provider, make):
    with make(provider) as owner:
        with type(owner).from_handle(owner.handle, own=False) as borrowed:
            assert borrowed.handle == owner.handle
        assert borrowed.closed
        assert owner.has_property("Algorithm Name") or owner.has_property("Name")


@pytest.mark.parametrize("cls", [nc.Provider, nc.Key, nc.UnfinalizedKey])
def test_from_handle_checks(cls):
    with pytest.raises(TypeError, match="handle must be an int, not 'str'"):
        cls.from_handle("1", own=True)
    with pytest.raises(ValueError, match="handle must not be 0"):
        cls.from_handle(0, own=True)
    with pytest.raises(ValueError, match="handle must fit 64 bits"):
        cls.from_handle(-1, own=True)
    with pytest.raises(TypeError, match="own"):
        cls.from_handle(1)


def test_key_from_handle_refuses_what_is_no_key(provider):
    for cls in (nc.Key, nc.UnfinalizedKey):
        with pytest.raises(nc.InvalidHandleError):
            cls.from_handle(provider.handle, own=False)


def test_provider_cannot_be_detached_under_its_keys(provider, ec_key):
    with pytest.raises(nc.BadStateError, match="in use"):
        provider.detach()
    assert not provider.closed


def test_provider_closed_before_its_keys(digest):
    provider = nc.Provider()
    key = provider.create_key("ECDSA_P256")
    new = provider.create_persisted_key("RSA")
    provider.close()
    with pytest.raises(nc.ClosedHandleError):
        provider.create_key("ECDSA_P256")
    key.verify(digest, key.sign(digest))
    new.length = 1024
    with new.finalize() as other:
        assert other.length == 1024
    assert nc.live_handles()["engine"]["providers"] == 1  # the key still needs it
    key.close()
    assert nc.live_handles()["engine"]["providers"] == 0


@pytest.mark.parametrize("cls", [nc.Key, nc.UnfinalizedKey, nc.Handle, nc.KeyIterator])
def test_no_public_constructor(cls):
    with pytest.raises(TypeError, match="no public constructor"):
        cls()


def test_objects_made_by_force_are_closed():
    for cls in (nc.Provider, nc.Key, nc.UnfinalizedKey):
        empty = cls.__new__(cls)
        assert empty.closed
        empty.close()
        with pytest.raises(nc.ClosedHandleError):
            empty.get_property("Name")
    with pytest.raises(nc.ClosedHandleError):
        nc.Key.__new__(nc.Key).delete()
    assert list(nc.KeyIterator.__new__(nc.KeyIterator)) == []


def test_a_provider_opens_once(provider):
    with pytest.raises(TypeError, match="opened already"):
        provider.__init__()


def test_finalize_moves_the_handle(provider, digest):
    new = provider.create_persisted_key("ECDSA_P256")
    number = new.handle
    key = new.finalize()
    assert new.closed
    assert key.handle == number
    for use in ("finalize", "detach", "__enter__"):
        with pytest.raises(nc.ClosedHandleError, match="was finalized: use the Key"):
            getattr(new, use)()
    for name in ("length", "handle", "algorithm"):
        with pytest.raises(nc.ClosedHandleError, match="was finalized: use the Key"):
            getattr(new, name)
    new.close()
    with pytest.raises(nc.ClosedHandleError), new:
        pass
    assert nc.live_handles()["binding"]["Key"] == 1
    assert nc.live_handles()["binding"]["UnfinalizedKey"] == 0
    del new
    key.verify(digest, key.sign(digest))
    key.close()


def test_giving_up_an_unfinalized_key(provider):
    with provider.create_persisted_key("RSA", "given up"):
        pass
    assert not provider.has_key("given up")


def test_repr_tells_no_secrets(provider):
    key = provider.create_key("ECDSA_P256", "orders", export_policy=nc.ExportPolicy.ALLOW_EXPORT)
    assert repr(key) == "<Key ECDSA_P256 'orders'>"
    assert repr(provider.create_key("RSA", length=1024)) == "<Key RSA ephemeral>"
    assert repr(provider) == "<Provider 'default'>"


def test_live_handles_has_a_fixed_shape():
    counts = nc.live_handles()
    assert set(counts) == {"binding", "engine"}
    assert set(counts["binding"]) == {
        "Provider", "Key", "UnfinalizedKey", "PublicKey", "Secret", "KeyWatch", "Context",
        "ContextKey", "KeyHandle", "Heap", "XmlBuffer", "XmlToken", "Channel", "CertificateStore",
        "Certificate",
    }  # fmt: skip
    assert set(counts["engine"]) == {
        "providers", "keys", "public_keys", "contexts", "context_keys", "hashes", "heaps",
        "xml_buffers", "tokens", "channels", "messages", "certificate_stores",
        "secrets", "notifications",
    }  # fmt: skip
