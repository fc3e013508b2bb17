# SPDX-License-Identifier: MIT
"""Being told that stored keys have changed."""

import os
import signal
import sys
import threading

import pytest

import ncrypt_ext as nc

LONG = 60  # seconds: far more than a slow machine needs


@pytest.fixture
def watch(provider):
    with provider.watch_keys() as watch:
        yield watch


def make(provider, name="one", **settings):
    provider.create_key("ECDSA_P256", name, **settings).close()


def test_changes(provider, watch):
    assert not watch.wait(0)
    make(provider)
    assert watch.wait(LONG)
    assert not watch.wait(0)
    with provider.open_key("one") as key:
        key.sign(bytes(32))
        assert not watch.wait(0)
        key.set_property("Custom", "text", persist=True)
    assert watch.wait(LONG)
    provider.delete_key("one")
    make(provider, "two")
    assert watch.wait(LONG)  # both
    assert not watch.wait(0.01)


def test_what_is_no_change(provider, watch):
    provider.create_key("ECDSA_P256").close()
    assert not provider.has_key("one")
    assert list(provider.keys()) == []
    assert not watch.wait(0)


def test_it_counts_from_when_it_was_made(provider):
    make(provider)
    with provider.watch_keys() as watch:
        assert not watch.wait(0)
        provider.delete_key("one")
        assert watch.wait(LONG)


def test_the_machine_has_keys_of_its_own(provider, watch):
    with provider.watch_keys(machine=True, silent=True) as of_machine:
        make(provider, machine=True)
        assert of_machine.wait(LONG)
        assert not watch.wait(0)
        make(provider)
        assert watch.wait(LONG)
        assert not of_machine.wait(0)


def test_another_process(provider, watch, run_python):
    run_python("import ncrypt_ext as nc\nnc.Provider().create_key('ECDSA_P256', 'theirs')\n")
    assert watch.wait(LONG)
    assert provider.has_key("theirs")


def test_waiting_without_an_end(provider, watch):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(watch.wait()))
    thread.start()
    make(provider)
    thread.join()
    assert answers == [True]


def test_closing_ends_a_wait(provider):
    watch = provider.watch_keys()
    failures = []

    def wait():
        try:
            watch.wait()
        except nc.ClosedHandleError as error:
            failures.append(error)

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    watch.close()
    for thread in threads:
        thread.join()
    assert len(failures) == 3
    assert watch.closed
    assert nc.live_handles()["binding"]["KeyWatch"] == 0
    assert nc.live_handles()["engine"]["notifications"] == 0


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGALRM")
def test_a_signal_ends_a_wait(provider, watch):
    class StopError(Exception):
        pass

    def handler(number, frame):
        raise StopError

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(StopError):
            watch.wait()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not watch.closed


def test_the_provider_may_be_closed_first():
    provider = nc.Provider()
    watch = provider.watch_keys()
    provider.close()
    with nc.Provider() as another:
        make(another)
    assert watch.wait(LONG)
    watch.close()


@pytest.mark.parametrize("timeout", [-1, -0.001, float("nan")])
def test_timeouts_that_cannot_be(watch, timeout):
    with pytest.raises(ValueError, match="timeout"):
        watch.wait(timeout)
    for wrong in ("1", True, object()):
        with pytest.raises(TypeError, match="timeout"):
            watch.wait(wrong)


def test_as_many_seconds_as_wanted(provider, watch):
    for number, timeout in enumerate((10**400, float("inf"), 1e308)):
        make(provider, f"key {number}")
        assert watch.wait(timeout)


def test_as_an_object(provider):
    with pytest.raises(TypeError, match="watch_keys"):
        nc.KeyWatch()
    with provider.watch_keys() as watch:
        assert repr(watch) == "<KeyWatch>"
        assert isinstance(watch, nc.Handle)
        assert watch.handle
        assert nc.live_handles()["binding"]["KeyWatch"] == 1
    assert repr(watch) == "<KeyWatch closed>"
    for use in (watch.wait, lambda: watch.handle, watch.detach):
        with pytest.raises(nc.ClosedHandleError):
            use()
    provider.close()
    with pytest.raises(nc.ClosedHandleError):
        provider.watch_keys()


def test_dropped(provider):
    provider.watch_keys()
    assert nc.live_handles()["binding"]["KeyWatch"] == 0
    assert nc.live_handles()["engine"]["notifications"] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs a function of the engine's")
def test_detached(provider):
    import ctypes
    from pathlib import Path

    watch = provider.watch_keys()
    number = watch.handle
    event = ctypes.c_void_p(watch.detach())
    assert event.value == number
    assert watch.closed
    (library,) = Path(nc.get_library_dir()).glob("libncrypt_ext_core.*")
    unregister = ctypes.CDLL(str(library)).NCryptNotifyChangeKey
    unregister.argtypes = [ctypes.c_size_t, ctypes.c_void_p, ctypes.c_uint32]
    assert unregister(provider.handle, ctypes.byref(event), 2) == 0
    assert nc.live_handles()["engine"]["notifications"] == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork()")
def test_in_a_child(provider, watch):
    make(provider)
    assert watch.wait(LONG)
    child = os.fork()
    if child == 0:
        try:
            while watch.wait(0):
                pass
            with nc.Provider() as own:
                make(own, "of the child")
            os._exit(0 if watch.wait(LONG) else 1)
        except BaseException:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert watch.wait(LONG)
