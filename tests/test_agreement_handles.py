# SPDX-License-Identifier: MIT
"""The life of a secret, beside that of its keys, on one thread and on several."""

import copy
import gc
import itertools
import pickle
import threading

import pytest

import ncrypt_ext as nc


@pytest.fixture
def key(provider):
    with provider.create_key("ECDH_P256") as key:
        yield key


@pytest.fixture
def secret(key):
    with key.agree(key) as secret:
        yield secret


def live():
    return {name: count for name, count in nc.live_handles()["binding"].items() if count}


def test_close(secret):
    assert not secret.closed
    assert secret.handle != 0
    assert repr(secret) == "<Secret>"
    secret.close()
    secret.close()
    assert secret.closed
    assert repr(secret) == "<Secret closed>"
    for use in (secret.raw, lambda: secret.derive("HASH"), lambda: secret.derive("HKDF", 1),
                lambda: secret.handle, secret.detach, secret.__enter__):  # fmt: skip
        with pytest.raises(nc.ClosedHandleError, match="Secret is closed"):
            use()


@pytest.mark.parametrize(
    ("length", "more"),
    [(32, {"info": "text"}), (255 * 32 + 1, {}), (32, {"label": b"label"}), (None, {})],
)
def test_what_is_refused_takes_no_salt(secret, length, more):
    """The extraction is done once for a secret."""
    with pytest.raises((TypeError, ValueError)):
        secret.derive("HKDF", length, salt=b"refused", **more)
    assert len(secret.derive("HKDF", 255 * 32, salt=b"salt")) == 255 * 32


def test_names_may_be_of_a_subclass(secret):
    class Name(str):
        __slots__ = ()

        def __str__(self):
            return "something else"

    assert secret.derive(Name("HASH")) == secret.derive("HASH")
    assert secret.derive(Name("HKDF"), 9, hash_name=Name("SHA384")) != bytes(9)


def test_a_derivation_that_is_not_known(secret):
    with pytest.raises(ValueError, match="hash is not known here: a length must be given"):
        secret.derive("hash")
    with pytest.raises(nc.NotSupportedError):
        secret.derive("hash", 32)


def test_it_tells_nothing(secret):
    raw = secret.raw()
    for text in (repr(secret), str(secret), str(secret.__dir__())):
        assert raw.hex() not in text
        assert repr(raw) not in text
    assert not hasattr(secret, "__dict__")


def test_no_copies(secret):
    for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="cannot be copied or pickled"):
            attempt(secret)


def test_no_constructor():
    with pytest.raises(TypeError, match=r"use Key\.agree"):
        nc.Secret()


def test_dropping_releases(key):
    before = nc.live_handles()
    secret = key.agree(key)
    assert nc.live_handles()["binding"]["Secret"] == 1
    del secret
    assert nc.live_handles() == before


def test_cycles_are_collected(provider):
    before = nc.live_handles()
    key, other = provider.create_key("ECDH_P256"), provider.create_key("ECDH_P256")
    ring = [key.agree(other), key, other]
    ring.append(ring)
    del ring, key, other
    gc.collect()
    assert nc.live_handles() == before


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["provider", "key", "peer", "secret"])), ids="-".join
)
@pytest.mark.parametrize("imported", [False, True], ids=["key", "blob"])
def test_every_order_of_closing(order, imported):
    before = live()
    opened = {"provider": nc.Provider()}
    opened["key"] = opened["provider"].create_key("ECDH_P256")
    opened["peer"] = opened["provider"].create_key("ECDH_P256")
    peer = opened["peer"].public_key_der() if imported else opened["peer"]
    secret = opened["secret"] = opened["key"].agree(peer)
    raw = secret.raw()
    for name in order:
        opened[name].close()
        if not secret.closed:
            assert secret.raw() == raw
            assert live()["Secret"] == 1
    assert live() == before


def test_keys_of_a_secret_are_in_use(provider):
    with provider.create_key("ECDH_P256", "one") as one, provider.create_key("ECDH_P256") as two:
        secret = one.agree(two)
        for key in (one, two):
            with pytest.raises(
                nc.BadStateError, match="is in use, by another thread or by a secret"
            ):
                key.delete()
            with pytest.raises(nc.BadStateError, match="is in use"):
                key.detach()
        secret.close()
        one.delete()
        two.delete()
    assert not provider.has_key("one")


def test_key_of_a_blob_is_free(provider):
    """The imported public key is the secret's own."""
    with provider.create_key("ECDH_P256") as one, provider.create_key("ECDH_P256") as two:
        secret = one.agree(two.public_key_der())
        two.delete()
        assert live()["Key"] == 2  # the other one is that of the blob
        secret.close()
        assert live()["Key"] == 1


def test_closed_keys(provider, key):
    with provider.create_key("ECDH_P256") as closed:
        pass
    for one, two in ((closed, key), (key, closed)):
        with pytest.raises(nc.ClosedHandleError):
            one.agree(two)
    assert live()["Key"] == 1


def test_detach(key):
    """Whoever takes the handle frees it: here the class that owns any handle."""
    secret = key.agree(key)
    handle = secret.detach()
    assert secret.closed
    assert live() == {"Provider": 1, "Key": 1}
    nc.Provider.from_handle(handle, own=True).close()


def test_many_threads_use_one_secret(secret):
    expected = (secret.raw(), secret.derive("HASH"), secret.derive("HKDF", 42, salt=b"s"))
    results = []

    def work():
        for _ in range(50):
            results.append((secret.raw(), secret.derive("HASH"),
                            secret.derive("HKDF", 42, salt=b"s")))  # fmt: skip

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8 * 50
    assert set(results) == {expected}


def test_one_thread_is_first_with_hkdf(key):
    """The first one's salt is the secret's; each of the others has that one, or is told."""
    for _ in range(20):
        with key.agree(key) as secret:
            start = threading.Barrier(4)
            outcomes = []

            def work(salt, secret=secret, start=start, outcomes=outcomes):
                start.wait()
                try:
                    outcomes.append((salt, secret.derive("HKDF", 16, salt=salt)))
                except ValueError:
                    outcomes.append((salt, None))

            threads = [threading.Thread(target=work, args=(bytes([n % 2]),)) for n in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(outcomes) == 4
            winners = {outcome for outcome in outcomes if outcome[1] is not None}
            assert len(winners) == 1
            assert sum(outcome[1] is None for outcome in outcomes) == 2


def test_many_threads_agree(provider, key):
    with provider.create_key("ECDH_P256") as other, key.agree(other) as secret:
        expected = secret.raw()
        forms = [other, other.public_key_der(), other.export("ECCPUBLICBLOB")]
        failures = []

        def work():
            try:
                for form in forms * 10:
                    with key.agree(form) as own:
                        assert own.raw() == expected
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []


@pytest.mark.parametrize("closing", ["secret", "key", "peer", "provider"])
def test_close_while_threads_use_it(closing):
    for _ in range(30):
        opened = {"provider": nc.Provider()}
        opened["key"] = opened["provider"].create_key("ECDH_P256")
        opened["peer"] = opened["provider"].create_key("ECDH_P256")
        secret = opened["secret"] = opened["key"].agree(opened["peer"])
        expected = secret.raw()
        start = threading.Barrier(3)
        failures = []

        def work(opened=opened, secret=secret, start=start, expected=expected, failures=failures):
            start.wait()
            try:
                for _ in range(20):
                    assert secret.raw() == expected
                    with opened["key"].agree(opened["peer"]) as other:
                        assert other.raw() == expected
            except nc.ClosedHandleError:
                pass
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        start.wait()
        opened[closing].close()
        for thread in threads:
            thread.join()
        assert failures == []
        for each in opened.values():
            each.close()
    assert live() == {}


def test_a_secret_of_two_keys_is_one_handle(key, provider):
    with provider.create_key("ECDH_P256") as peer:
        before = live()
        with key.agree(peer):
            assert live() == {**before, "Secret": 1}


def test_extraction_in_the_middle_of_a_failed_one(secret, monkeypatch):
    """As in a signal handler: Python code runs while the exception is made."""
    inner = []

    def lookup(status, function=""):
        if not inner:
            inner.append(None)
            inner[0] = secret.derive("HKDF", 16, salt=b"inner")
        return before(status, function)

    before = nc.errors.lookup
    monkeypatch.setattr(nc.errors, "lookup", lookup)
    with pytest.raises(nc.NCryptError):
        secret.derive("HKDF", 16, hash_name="nobody's")
    assert inner == [secret.derive("HKDF", 16, salt=b"inner")]
