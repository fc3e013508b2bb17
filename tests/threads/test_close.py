# SPDX-License-Identifier: MIT
"""Closing what other threads use."""

import gc
import os
import threading

import pytest

import ncrypt_ext as nc

# 10,000 with NCRYPT_EXT_FULL=1.
ROUNDS = 10_000 if os.environ.get("NCRYPT_EXT_FULL") else 500


class Signer(threading.Thread):
    """Signs until the key is closed; remembers what else went wrong."""

    def __init__(self, key, digest, start):
        super().__init__()
        self.key, self.digest, self.start_line = key, digest, start
        self.signatures = []
        self.failure = None

    def run(self):
        try:
            self.start_line.wait()
            while True:
                self.signatures.append(self.key.sign(self.digest))
        except nc.ClosedHandleError:
            pass
        except BaseException as error:
            self.failure = error


@pytest.mark.parametrize("cycles", [False, True], ids=["plain", "in cycles"])
def test_two_threads_sign_while_a_third_closes(provider, digest, cycles):
    with provider.create_key(
        "ECDSA_P256", export_policy=nc.ExportPolicy.ALLOW_PLAINTEXT_EXPORT
    ) as original:
        blob = original.export("ECCPRIVATEBLOB")
        for _ in range(ROUNDS):
            key = provider.import_key(blob, "ECCPRIVATEBLOB")
            start = threading.Barrier(3)
            signers = [Signer(key, digest, start) for _ in range(2)]
            if cycles:
                ring = [key, signers]
                ring.append(ring)
                del ring
            for signer in signers:
                signer.start()
            start.wait()
            key.close()
            for signer in signers:
                signer.join()
                assert signer.failure is None
                for signature in signer.signatures[-1:]:
                    original.verify(digest, signature)
            del key, signers, signer
        gc.collect()


def test_dropped_cycle_while_a_thread_signs(provider, digest):
    """The collector clears objects in a cycle; the lease does not depend on them."""

    class Holder:
        pass

    for _ in range(50):
        holder = Holder()
        holder.provider = nc.Provider()
        holder.key = holder.provider.create_key("ECDSA_P256")
        holder.self = holder
        done = threading.Thread(target=lambda key: key.sign(digest), args=(holder.key,))
        done.start()
        del holder
        gc.collect()
        done.join()


def test_provider_closed_while_keys_are_made(digest):
    for _ in range(50):
        provider = nc.Provider()
        failures = []

        def work(provider=provider, failures=failures):
            try:
                while True:
                    with provider.create_key("ECDSA_P256") as key:
                        key.sign(digest)
            except nc.ClosedHandleError:
                pass
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        provider.close()
        for thread in threads:
            thread.join()
        assert failures == []


def test_delete_while_others_sign(provider, digest):
    """Either the key is deleted, or it is busy and unharmed."""
    key = provider.create_key("ECDSA_P256", "contested")
    stop = threading.Event()
    failures = []

    def sign():
        try:
            while not stop.is_set():
                key.sign(digest)
        except nc.ClosedHandleError:
            pass
        except nc.BadStateError:
            pass  # the moment in which it is being deleted
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=sign)
    thread.start()
    outcomes = set()
    while not key.closed:
        try:
            key.delete()
            outcomes.add("deleted")
        except nc.BadStateError:
            outcomes.add("busy")
            assert not key.closed
            assert provider.has_key("contested")
    stop.set()
    thread.join()
    assert failures == []
    assert "deleted" in outcomes
    assert not provider.has_key("contested")


def test_many_threads_open_sign_close(provider, digest):
    provider.create_key("ECDSA_P256", "shared").close()
    failures = []

    def work():
        try:
            for _ in range(25):
                with nc.Provider() as own, own.open_key("shared") as key:
                    key.verify(digest, key.sign(digest))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
