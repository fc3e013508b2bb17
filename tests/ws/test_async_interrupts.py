# SPDX-License-Identifier: MIT
"""A signal handler may raise between any two lines of an AsyncChannel's calls, as Ctrl-C does."""

import asyncio
import gc
import linecache
import os
import sys
import threading

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws
from ncrypt_ext.ws import aio

from .channel_support import ACTION, BODY, TIMEOUT, content, needs_channels
from .soap_service import Slow, SoapService

pytestmark = needs_channels


class Interrupt(BaseException):
    pass


class Interrupter:
    """Raises before the line of that number that this thread does in the module; leaves out the
    heads of with statements, between whose steps Python looks for no signals."""

    def __init__(self, number):
        self.left = number

    def __call__(self, frame, event, _):
        if frame.f_code.co_filename != aio.__file__:
            return None
        line = linecache.getline(aio.__file__, frame.f_lineno).strip()
        if event == "line" and not line.startswith(("with ", "async with ")):
            self.left -= 1
            if self.left == 0:
                raise Interrupt
        return self

    def __enter__(self):
        gc.collect()
        gc.disable()  # nothing raises in the __del__ of another one
        self.before = sys.gettrace()
        sys.settrace(self)
        return self

    def __exit__(self, kind, value, traceback):
        sys.settrace(self.before)
        gc.enable()
        return kind is Interrupt


def run(main):
    return asyncio.run(asyncio.wait_for(main, TIMEOUT))


async def use(channel):
    try:
        await channel.request(ACTION, BODY)
    finally:
        await channel.close()


def test_at_every_line():
    before = set(threading.enumerate())
    number, interrupted = 0, True
    with SoapService(tls=False) as service:
        while interrupted:
            number += 1
            channel = ws.AsyncChannel(service.url)
            with Interrupter(number) as interrupter:
                asyncio.run(use(channel))
            interrupted = interrupter.left <= 0
            run(channel.close())
            for thread in set(threading.enumerate()) - before:
                if thread.name == "ncrypt_ext":
                    thread.join(TIMEOUT)
                    assert not thread.is_alive(), number
    assert number > 20
    gc.collect()
    assert nc.live_handles()["binding"]["Channel"] == 0


def test_usable_after_an_interrupt():
    """Whichever line of the request it was."""
    number, interrupted = 0, True
    with SoapService(tls=False) as service:
        while interrupted:
            number += 1
            channel = ws.AsyncChannel(service.url)
            with Interrupter(number) as interrupter:
                asyncio.run(channel.request(ACTION, BODY))
            interrupted = interrupter.left <= 0
            assert content(run(channel.request(ACTION, BODY))) == [("{urn:orders}order", "17")]
            run(channel.close())
    assert number > 10


def test_a_coroutine_that_is_dropped_ends_its_request():
    async def main():
        with SoapService(tls=False) as service, Slow() as slow:
            service.handler = slow
            channel = ws.AsyncChannel(service.url)
            request = channel.request(ACTION, BODY)
            request.send(None)
            await asyncio.get_running_loop().run_in_executor(None, slow.arrived.wait)
            request.close()
            await channel.reset()  # has its turn, so the request has ended: without a reply
            assert not slow.release.is_set()
            await channel.close()

    run(main())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork()")
def test_a_fork_while_it_is_closed(run_python):
    run_python(
        "import asyncio, os, signal\n"
        "from ncrypt_ext import ws\n"
        "channel = ws.AsyncChannel('http://localhost/')\n"
        "async def main():\n"
        "    await channel.reset()\n"
        "    closing = channel.close()\n"
        "    closing.send(None)\n"
        "    if (child := os.fork()) == 0:\n"
        "        signal.alarm(30)\n"
        "        asyncio.run(channel.close())\n"
        "        os._exit(0)\n"
        "    closing.close()\n"
        "    await channel.close()\n"
        "    assert os.waitpid(child, 0)[1] == 0\n"
        "asyncio.run(main())\n"
    )
