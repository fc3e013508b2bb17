# SPDX-License-Identifier: MIT
"""Many signatures in one call."""

import threading

import pytest

import ncrypt_ext as nc
from ncrypt_ext import _key_batch

DIGESTS = [number.to_bytes(32, "big") for number in range(1, 500)]


@pytest.mark.parametrize("threads", [None, 1, 2, 7, 10_000])
def test_in_order(ec_key, threads):
    signatures = ec_key.sign_many(DIGESTS[:200], threads=threads)
    assert len(signatures) == 200
    for digest, signature in zip(DIGESTS, signatures, strict=False):
        ec_key.verify(digest, signature)


def test_rsa(rsa_key):
    padding = nc.PSS("SHA256")
    signatures = rsa_key.sign_many((bytearray(each) for each in DIGESTS[:50]), padding, threads=2)
    for digest, signature in zip(DIGESTS, signatures, strict=False):
        rsa_key.verify(digest, signature, padding)


def test_der(ec_key):
    for digest, signature in zip(
        DIGESTS, ec_key.sign_many(DIGESTS[:20], encoding="der", silent=True), strict=False
    ):
        ec_key.verify(digest, signature, encoding="der")


def test_none(ec_key):
    assert ec_key.sign_many([]) == []
    assert ec_key.sign_many(iter(())) == []


@pytest.mark.parametrize("threads", [1, 2])
def test_the_first_failure_is_raised(rsa_key, threads):
    digests = [*DIGESTS[:100], b"too short", *DIGESTS[100:]]
    with pytest.raises(nc.NCryptError) as caught:
        rsa_key.sign_many(digests, nc.PKCS1("SHA256"), threads=threads)
    assert caught.value.function == "NCryptSignHash"
    assert caught.value.detail or nc.Provider().implementation == "native"
    rsa_key.sign_many(DIGESTS[:5], nc.PKCS1("SHA256"), threads=threads)


def test_arguments(ec_key, rsa_key):
    with pytest.raises(ValueError, match="threads must be at least 1, not 0"):
        ec_key.sign_many(DIGESTS, threads=0)
    with pytest.raises(TypeError, match="threads must be an int or None, not 'str'"):
        ec_key.sign_many(DIGESTS, threads="two")
    with pytest.raises(TypeError, match="not iterable"):
        ec_key.sign_many(17)
    with pytest.raises(ValueError, match="encoding"):
        rsa_key.sign_many(DIGESTS, nc.PKCS1("SHA256"), encoding="der")
    with pytest.raises(ZeroDivisionError):
        ec_key.sign_many(1 / 0 for _ in DIGESTS)


def test_closing_stops_it(provider, rsa_blob):
    key = provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB")
    outcome = []
    running = threading.Event()

    def digests():
        yield from DIGESTS * 40
        running.set()

    def work():
        try:
            outcome.append(key.sign_many(digests(), nc.PKCS1("SHA256"), threads=2))
        except nc.NCryptError as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    running.wait()
    with_batch = None
    try:
        key.delete()
    except nc.BadStateError as error:
        with_batch = error  # a running batch is a use like any other
    key.close()
    thread.join()
    assert isinstance(outcome[0], nc.ClosedHandleError)
    assert with_batch is None or "in use" in str(with_batch)


def test_a_closed_key(ec_key):
    ec_key.close()
    with pytest.raises(nc.ClosedHandleError):
        ec_key.sign_many(DIGESTS)


def test_no_threads_to_be_had(ec_key, monkeypatch):
    def refuse(function, arguments):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_key_batch, "start_new_thread", refuse)
    signatures = ec_key.sign_many(DIGESTS[:20], threads=4)
    ec_key.verify(DIGESTS[19], signatures[19])
