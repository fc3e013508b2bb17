# SPDX-License-Identifier: MIT
"""Channels for asyncio: one thread each, in which the requests run one after another."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import Future
from queue import SimpleQueue

from ncrypt_ext._ws_channel import Channel
from ncrypt_ext._ws_enums import ChannelState
from ncrypt_ext.errors import BadStateError, ClosedHandleError, NCryptError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import Any, NoReturn, TypeVar

    from typing_extensions import Buffer, Self

    _Result = TypeVar("_Result")

__all__ = ["AsyncChannel"]


class _Job:
    """A call of the channel, to be made in its thread."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.call = call
        self.future: Future[Any] = Future()
        self.cancelled = threading.Event()  # nobody waits for it


class _Worker:
    """The thread of a channel. It refers to the channel, and nothing that users have to it alone:
    so an AsyncChannel that is dropped ends it."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self.lock = threading.RLock()  # a collection inside may drop the AsyncChannel
        self.running: _Job | None = None
        self.thread: threading.Thread | None = None
        self.closing = False
        self.ended: Future[None] = Future()
        self.process = os.getpid()  # the child of a fork() has no such thread

    def put(self, job: _Job) -> None:
        if self.process != os.getpid():
            raise BadStateError(
                0x8009000B, "", "this AsyncChannel belongs to the process that fork() has left"
            )
        with self.lock:
            if self.closing:
                raise ClosedHandleError(detail="this AsyncChannel is closed")
            if self.thread is None:
                thread = threading.Thread(target=self.run, name="ncrypt_ext", daemon=True)
                thread.start()
                self.thread = thread
            self.jobs.put(job)

    def close(self) -> None:
        """The request that runs is aborted; those behind it find the channel closed."""
        if self.process != os.getpid():  # who had the lock is gone, like the thread
            self.closing = True
            self.thread = None
            self.channel.close()
            self.ended = Future()
            self.ended.set_result(None)
            return
        with self.lock:  # each step may be done again: a signal may have ended the last close()
            self.closing = True
            self.jobs.put(None)
            self.channel.close()
            if self.thread is None and not self.ended.done():
                self.ended.set_result(None)

    def cancel(self, job: _Job) -> None:
        with self.lock:
            job.cancelled.set()
            if self.running is job:
                self.channel.abort()

    def run(self) -> None:
        with self.lock:  # a signal may have ended put() before it knew of this thread
            if self.thread is None and not self.closing:
                self.thread = threading.current_thread()
            if self.thread is not threading.current_thread():
                return
        while (job := self.jobs.get()) is not None:
            self.work(job)
            del job  # while this waits it would keep the reply, and an AsyncChannel that is dropped
        self.ended.set_result(None)

    def work(self, job: _Job) -> None:
        with self.lock:
            if job.cancelled.is_set() or not job.future.set_running_or_notify_cancel():
                return
            self.running = job
        result: Any = None
        failure: BaseException | None = None
        try:
            result = job.call()
        except BaseException as error:
            failure = error
        with self.lock:
            self.running = None
            aborted = job.cancelled.is_set() and not self.closing
        if aborted:
            try:
                self.channel.reset()  # the abort was this job's own
            except NCryptError:
                pass  # it is closed; or the next request says what is wrong with it
        if failure is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(failure)


class AsyncChannel:
    """A :class:`Channel` for asyncio, with the same arguments.

    Requests are made in a thread of the channel, one after another: those that are awaited
    meanwhile wait for their turn. For more at once, use more channels.

    When a task that awaits a request is cancelled, the request is aborted, and the channel is reset
    and ready for the next one. Nobody knows then what the service did with the request.

    ``async with`` opens it, and closes it at the end. Every method belongs to whichever event loop
    it is awaited in.
    """

    def __init__(self, url: str, **options: Any) -> None:
        if hasattr(self, "_worker"):
            raise TypeError("an AsyncChannel cannot be initialised again")
        self._channel = Channel(url, **options)
        self._worker = _Worker(self._channel)

    def __del__(self) -> None:
        worker = getattr(self, "_worker", None)
        if worker is not None:
            worker.close()

    async def _call(self, call: Callable[[], _Result]) -> _Result:
        job = _Job(call)
        try:
            self._worker.put(job)
            return await asyncio.wrap_future(job.future)
        except BaseException:  # cancelled, interrupted, dropped; or it is over
            self._worker.cancel(job)
            raise

    async def open(self, url: str | None = None) -> None:
        """Open it: see :meth:`Channel.open`."""
        channel = self._channel
        await self._call(lambda: channel.open(url))

    async def request(
        self,
        action: str,
        body: Buffer | str | None = None,
        *,
        headers: Iterable[Buffer | str | tuple[Buffer | str, bool]] = (),
        to: str | None = None,
    ) -> bytes:
        """Send a request and return what is in the body of its reply: see :meth:`Channel.request`.

        What is given is taken when the request's turn has come: do not change it until then.
        """
        channel = self._channel
        return await self._call(lambda: channel.request(action, body, headers=headers, to=to))

    async def reset(self) -> None:
        """Make it as new: see :meth:`Channel.reset`."""
        await self._call(self._channel.reset)

    def abort(self) -> None:
        """Abort the request that is being made; :meth:`reset` has to come after that."""
        self._channel.abort()

    async def close(self) -> None:
        """Close it, and wait for its thread to end. A request that is being made is aborted."""
        worker = self._worker
        worker.close()
        await asyncio.shield(asyncio.wrap_future(worker.ended))
        if worker.thread is not None:
            worker.thread.join()

    @property
    def state(self) -> ChannelState:
        """What can be done with it."""
        return self._channel.state

    @property
    def url(self) -> str:
        """The address of the service."""
        return self._channel.url

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self._channel.closed

    async def __aenter__(self) -> Self:
        if self.state != ChannelState.CREATED:
            return self
        try:
            await self.open()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("an AsyncChannel cannot be copied or pickled: it owns a native handle")

    def __repr__(self) -> str:
        return f"<AsyncChannel {self.url} {self.state.name.lower()}>"
