# SPDX-License-Identifier: MIT
"""Channels in asyncio. Nothing here sleeps: what has to have happened is awaited."""

import asyncio
import contextlib
import gc
import threading

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

from .channel_support import ACTION, BODY, STATE, TIMEOUT, content, needs_channels
from .soap_service import Slow, SoapService, echo, fault

pytestmark = needs_channels
ORDER = [("{urn:orders}order", "17")]


@pytest.fixture
def service():
    with SoapService(tls=False) as service:
        yield service


@pytest.fixture(autouse=True)
def no_thread_left():
    before = set(threading.enumerate())
    yield
    mine = [t for t in threading.enumerate() if t not in before and t.name == "ncrypt_ext"]
    for thread in mine:  # of one that was dropped: it was told to end
        thread.join(TIMEOUT)
        assert not thread.is_alive()


def run(main):
    return asyncio.run(asyncio.wait_for(main, TIMEOUT))


async def arrived(slow):
    assert await asyncio.to_thread(slow.arrived.wait, TIMEOUT)


def test_a_request_and_its_reply(service):
    async def main():
        async with ws.AsyncChannel(service.url, max_message_size=1 << 16) as channel:
            assert channel.state == STATE.OPEN
            assert channel.url == service.url
            headers = ["<h:a xmlns:h='urn:h'/>"]
            reply = await channel.request(ACTION, BODY, headers=headers, to="urn:to")
            assert content(reply) == ORDER
            assert "open" in repr(channel)
        assert channel.closed
        assert channel.state == STATE.CLOSED
        await channel.close()
        with pytest.raises(nc.ClosedHandleError, match="AsyncChannel is closed"):
            await channel.request(ACTION, BODY)

    run(main())
    assert service.requests[0].header("To")[0] == "urn:to"
    assert not any(thread.name == "ncrypt_ext" for thread in threading.enumerate())


def test_arguments_are_those_of_a_channel():
    with pytest.raises(ValueError, match="https:// needs an SslTransport"):
        ws.AsyncChannel("https://localhost/")
    with pytest.raises(TypeError, match="other"):
        ws.AsyncChannel("http://localhost/", other=1)


def test_requests_wait_for_their_turn(service):
    async def main():
        async with ws.AsyncChannel(service.url) as channel:
            return await asyncio.gather(
                *(channel.request(ACTION, f"<n>{number}</n>") for number in range(20))
            )

    replies = run(main())
    assert [content(reply) for reply in replies] == [[("n", str(n))] for n in range(20)]
    assert service.connections == 1


def test_many_channels_at_once(service):
    async def one(number):
        async with ws.AsyncChannel(service.url) as channel:
            return content(await channel.request(ACTION, f"<n>{number}</n>"))

    async def main():
        return await asyncio.gather(*map(one, range(10)))

    assert run(main()) == [[("n", str(number))] for number in range(10)]
    assert service.connections == 10


def test_exceptions_arrive(service):
    async def main():
        async with ws.AsyncChannel(service.url) as channel:
            service.handler = fault("Sender", "no such order")
            with pytest.raises(ws.WsFaultError, match="no such order"):
                await channel.request(ACTION, BODY)
            with pytest.raises(ws.WsFormatError):
                await channel.request(ACTION, "<a>")
            service.handler = echo
            assert content(await channel.request(ACTION, BODY)) == ORDER

    run(main())


def test_a_timeout(service):
    async def main():
        async with ws.AsyncChannel(service.url, timeouts=0.1) as channel:
            with Slow() as slow:
                service.handler = slow
                with pytest.raises(TimeoutError):
                    await channel.request(ACTION, BODY)
            service.handler = echo
            replies = []
            for _ in range(50):  # on a busy machine this one may take too long, too
                assert channel.state == STATE.FAULTED
                await channel.reset()
                await channel.open(service.url)
                with contextlib.suppress(TimeoutError):
                    replies.append(content(await channel.request(ACTION, BODY)))
                    break
            assert replies == [ORDER]

    run(main())


def test_cancelling_a_request(service):
    """It is aborted, and the channel is as good as new for the next one."""

    async def main():
        async with ws.AsyncChannel(service.url) as channel:
            for _ in range(3):
                with Slow() as slow:
                    service.handler = slow
                    task = asyncio.create_task(channel.request(ACTION, BODY))
                    await arrived(slow)
                    task.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await task
                    service.handler = echo
                    assert content(await channel.request(ACTION, BODY)) == ORDER
            assert channel.state == STATE.OPEN

    run(main())


def test_cancelling_by_a_timeout_of_asyncio(service):
    async def main():
        async with ws.AsyncChannel(service.url) as channel:
            with Slow() as slow:
                service.handler = slow
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(channel.request(ACTION, BODY), 0.1)
                service.handler = echo
                assert content(await channel.request(ACTION, BODY)) == ORDER

    run(main())


def test_cancelling_a_request_that_waits_for_its_turn(service):
    async def main():
        async with ws.AsyncChannel(service.url) as channel:
            with Slow() as slow:
                service.handler = slow
                first = asyncio.create_task(channel.request(ACTION, "<first/>"))
                second = asyncio.create_task(channel.request(ACTION, "<second/>"))
                third = asyncio.create_task(channel.request(ACTION, "<third/>"))
                await arrived(slow)
                second.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await second
            assert content(await first) == [("first", None)]
            assert content(await third) == [("third", None)]

    run(main())
    assert [request.content for request in service.requests] == [b"<first/>", b"<third/>"]


@pytest.mark.parametrize("delay", range(12))
def test_cancelling_at_any_point(service, delay):
    """After some turns of the event loop, whatever the thread is about by then."""

    async def main():
        async with ws.AsyncChannel(service.url) as channel:
            for _ in range(20):
                task = asyncio.create_task(channel.request(ACTION, BODY))
                for _ in range(delay * delay):
                    await asyncio.sleep(0)
                task.cancel()
                try:
                    assert content(await task) == ORDER
                except asyncio.CancelledError:
                    pass
                assert content(await channel.request(ACTION, BODY)) == ORDER

    run(main())


def test_closing_ends_what_runs(service):
    async def main():
        channel = ws.AsyncChannel(service.url)
        with Slow() as slow:
            service.handler = slow
            first = asyncio.create_task(channel.request(ACTION, BODY))
            second = asyncio.create_task(channel.request(ACTION, BODY))
            await arrived(slow)
            await channel.close()
            with pytest.raises(ws.WsAbortedError):
                await first
            with pytest.raises(nc.ClosedHandleError):
                await second

    run(main())
    assert len(service.requests) == 1


def test_aborting(service):
    async def main():
        async with ws.AsyncChannel(service.url) as channel:
            with Slow() as slow:
                service.handler = slow
                task = asyncio.create_task(channel.request(ACTION, BODY))
                await arrived(slow)
                channel.abort()
                with pytest.raises(ws.WsAbortedError):
                    await task
            with pytest.raises(nc.BadStateError):
                await channel.request(ACTION, BODY)
            await channel.reset()
            service.handler = echo
            assert content(await channel.request(ACTION, BODY)) == ORDER

    run(main())


def test_one_channel_in_two_event_loops(service):
    channel = ws.AsyncChannel(service.url)
    for _ in range(2):
        assert content(run(channel.request(ACTION, BODY))) == ORDER
    run(channel.close())
    assert service.connections == 1


def test_one_that_was_never_used_has_no_thread():
    before = threading.active_count()
    channel = ws.AsyncChannel("http://localhost/")
    assert threading.active_count() == before
    run(channel.close())


@pytest.mark.parametrize("cycle", [False, True])
def test_one_that_is_dropped(service, cycle):
    async def main():
        channel = ws.AsyncChannel(service.url)
        await channel.request(ACTION, BODY)
        return channel

    channel = run(main())
    (thread,) = (t for t in threading.enumerate() if t.name == "ncrypt_ext")
    if cycle:
        channel.myself = channel
    del channel
    gc.collect()
    thread.join(TIMEOUT)
    assert not thread.is_alive()
    assert nc.live_handles()["binding"]["Channel"] == 0


def test_a_failed_beginning_leaves_nothing(tmp_path):
    async def main():
        certificate = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
        transport = ws.SslTransport(ca_data=certificate)
        with pytest.raises(nc.NCryptError):
            async with ws.AsyncChannel("https://localhost/", security=[transport]):
                raise AssertionError("it was opened")

    run(main())


def test_asyncio_is_imported_when_it_is_needed(run_python):
    run_python(
        "import sys\n"
        "from ncrypt_ext import ws\n"
        "ws.Channel\n"
        "assert 'asyncio' not in sys.modules\n"
        "ws.AsyncChannel\n"
        "assert 'asyncio' in sys.modules\n"
        "try:\n"
        "    ws.NothingLikeThat\n"
        "except AttributeError as error:\n"
        "    assert 'NothingLikeThat' in str(error)\n"
        "else:\n"
        "    raise AssertionError\n"
    )


def test_leaving_the_process_with_a_request_under_way(service, run_python):
    with Slow() as slow:
        service.handler = slow
        run_python(
            "import asyncio, sys\n"
            "from ncrypt_ext import ws\n"
            "channel = ws.AsyncChannel(sys.argv[1])\n"
            "async def main():\n"
            "    task = asyncio.create_task(channel.request('urn:do'))\n"
            "    await asyncio.wait([task], timeout=0.3)\n"
            "    assert not task.done()\n"
            "asyncio.run(main())\n",
            service.url,
            timeout=TIMEOUT,
        )
