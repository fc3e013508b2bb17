# SPDX-License-Identifier: MIT
"""What once crashed, hung or told secrets."""

import asyncio
import copy
import gc
import os
import pickle
import threading

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

from .channel_support import TIMEOUT, needs_channels
from .soap_service import SoapService

pytestmark = needs_channels


def run(main):
    return asyncio.run(asyncio.wait_for(main, TIMEOUT))


@pytest.mark.skipif(os.name == "nt", reason="Windows takes no such certificates")
def test_a_certificate_without_a_key_is_refused():
    class Odd(ws.StoredCertificate):
        certificates = b"-----BEGIN CERTIFICATE-----"
        key = None

        def __init__(self):
            pass

    with pytest.raises(TypeError, match="key must be a Key"):
        ws.Channel("https://localhost/", security=[ws.SslTransport(client_certificate=Odd())])


def test_a_key_taken_for_a_path_is_not_shown():
    with pytest.raises(TypeError, match="private_key must be bytes") as caught:
        ws.PemCertificate(b"-----BEGIN CERTIFICATE-----", "-----BEGIN PRIVATE KEY-----\nhidden\n")
    assert "hidden" not in str(caught.value)


def test_a_thread_that_cannot_be_started(monkeypatch):
    def start(self):
        raise RuntimeError("can't start new thread")

    async def main():
        channel = ws.AsyncChannel("http://localhost/")
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", start)
            for _ in range(2):
                with pytest.raises(RuntimeError, match="can't start"):
                    await channel.reset()
        await channel.close()

    run(main())


def test_one_that_is_dropped_after_open():
    async def main(service):
        await ws.AsyncChannel(service.url).open()

    with SoapService(tls=False) as service:
        run(main(service))
        gc.collect()
        for thread in threading.enumerate():
            if thread.name == "ncrypt_ext":
                thread.join(TIMEOUT)
                assert not thread.is_alive()
    assert nc.live_handles()["binding"]["Channel"] == 0


def test_it_is_not_copied():
    channel = ws.AsyncChannel("http://localhost/")
    with pytest.raises(TypeError, match="cannot be copied"):
        copy.copy(channel)
    run(channel.close())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork()")
def test_a_child_can_close_it(run_python):
    run_python(
        "import asyncio, os, signal\n"
        "import ncrypt_ext as nc\n"
        "from ncrypt_ext import ws\n"
        "channel = ws.AsyncChannel('http://localhost/')\n"
        "asyncio.run(channel.reset())\n"
        "if (child := os.fork()) == 0:\n"
        "    signal.alarm(30)\n"
        "    try:\n"
        "        asyncio.run(channel.reset())\n"
        "    except nc.BadStateError:\n"
        "        asyncio.run(channel.close())\n"
        "        os._exit(0)\n"
        "    os._exit(1)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "asyncio.run(channel.close())\n"
    )


@pytest.mark.parametrize("name", ["timeouts", "clock_skew", "timestamp_lifetime"])
@pytest.mark.parametrize("value", [10**400, float("inf"), float("nan")])
def test_no_end_of_time(name, value):
    with pytest.raises(ValueError, match=name):
        ws.Channel("http://localhost/", **{name: value})


def test_strings_of_a_subclass():
    class Odd(str):
        def encode(self, *args):
            return None

    with SoapService(tls=False) as service, ws.Channel(Odd(service.url)) as channel:
        channel.request(Odd("urn:a"), to=Odd("urn:b"))
        assert (channel.url, type(channel.url)) == (service.url, str)
        assert service.requests[0].header("Action")[0] == "urn:a"


def test_an_action_that_says_it_is_empty():
    class Odd:
        def __eq__(self, other):
            return True

        __hash__ = None

    addressing = ws.AddressingVersion.TRANSPORT
    with ws.Channel("http://localhost/", addressing=addressing) as channel:
        with pytest.raises(TypeError, match="action must be a str"):
            channel.request(Odd())


@pytest.mark.parametrize(
    "record",
    [
        ws.Timeouts(connect=3),
        ws.Algorithms(digest="SHA512"),
        ws.SslTransport(check_hostname=False),
        ws.WindowsCertificate(thumbprint="00" * 20),
    ],
    ids=lambda record: type(record).__name__,
)
def test_records_are_copied(record):
    for other in (copy.copy(record), copy.deepcopy(record), pickle.loads(pickle.dumps(record))):
        assert type(other) is type(record)
        assert repr(other) == repr(record)
        for name in type(record).__slots__:
            assert getattr(other, name) == getattr(record, name)
        with pytest.raises(AttributeError, match="cannot be changed"):
            setattr(other, type(record).__slots__[0], None)


def test_not_twice():
    channel = ws.AsyncChannel("http://localhost/")
    with pytest.raises(TypeError, match="again"):
        channel.__init__("http://localhost/")
    run(channel.close())


def test_a_url_whose_making_makes_the_channel():
    channel = ws.Channel.__new__(ws.Channel)

    class Odd:
        """The first sequence that is looked at makes the channel itself."""

        def __iter__(self):
            channel.__init__("http://localhost/")
            return iter(())

    with pytest.raises(TypeError, match="again"):
        channel.__init__("http://localhost/", security=Odd())
    channel.close()
    assert nc.live_handles()["binding"]["Channel"] == 0
