# SPDX-License-Identifier: MIT

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from ncrypt_ext._buffer cimport Input, bytes_trim, input_close, input_open
from ncrypt_ext._der cimport ecdsa_to_der
from ncrypt_ext._handle cimport (
    Lease, is_exiting, lease_enter, lease_hold, lease_leave, lease_unhold, lease_word,
    lease_word_add, lease_word_init, lease_word_load,
)
from ncrypt_ext._key_device cimport PIN_FINE
from ncrypt_ext._key_signing cimport SigningKey, sign_once, too_small
from ncrypt_ext._padding cimport Padding
from ncrypt_ext._status cimport detail_text
from ncrypt_ext.wintypes cimport DWORD, SECURITY_STATUS

import os
import sys
from _thread import allocate_lock, start_new_thread

from ncrypt_ext.errors import (
    BadStateError, BufferTooSmallError, ClosedHandleError, error_from_status,
)

cdef enum:
    TOO_SMALL = 0x80090028
    BAD_STATE = 0x8009000B
    CLOSED = 1  # no native code


cdef struct Item:
    Input digest
    uint8_t *out
    DWORD written


cdef class Batch:
    """One call of sign_many(): what the threads share. Each block is a call of the held key."""

    cdef Lease *key
    cdef void *info
    cdef DWORD flags
    cdef DWORD signature_size
    cdef Item *items
    cdef uint64_t count
    cdef uint64_t opened       # items whose digest is borrowed
    cdef uint64_t block
    cdef lease_word position   # the next item nobody has taken
    cdef lease_word stopped    # not 0: take no more
    cdef list results
    cdef object failure        # the first one
    cdef object lock
    cdef uint64_t running      # threads at work, and the caller; changed with the GIL held
    cdef object done           # released by the last of them
    cdef object process        # who began: fork() leaves the helpers behind

    def __cinit__(self, list digests, DWORD signature_size):
        cdef bytes out
        self.count = len(digests)
        self.signature_size = signature_size
        lease_word_init(&self.position, 0)
        lease_word_init(&self.stopped, 0)
        self.lock = allocate_lock()
        self.done = allocate_lock()
        self.done.acquire()
        self.running = 1
        self.process = os.getpid()
        self.results = []
        self.items = <Item *>calloc(self.count + 1, sizeof(Item))
        if self.items == NULL:
            raise MemoryError()
        for digest in digests:
            input_open(&self.items[self.opened].digest, digest, "digests")
            self.opened += 1
            out = PyBytes_FromStringAndSize(NULL, signature_size)
            self.items[self.opened - 1].out = <uint8_t *>PyBytes_AS_STRING(out)
            self.results.append(out)

    def __dealloc__(self):
        cdef uint64_t index
        if self.items != NULL:
            for index in range(self.opened):
                input_close(&self.items[index].digest)
            free(self.items)

    cdef SECURITY_STATUS sign_block(self, uint64_t first) noexcept nogil:
        """CLOSED when the key has been closed meanwhile."""
        cdef uint64_t index
        cdef uint64_t last = min(first + self.block, self.count)
        cdef SECURITY_STATUS status = 0
        cdef Item *item
        if self.key == NULL or is_exiting() or not lease_enter(self.key):
            return CLOSED
        for index in range(first, last):
            item = &self.items[index]
            status = sign_once(self.key.handle, self.info, self.flags, item.digest.data,
                               item.digest.size, item.out, self.signature_size, &item.written)
            if too_small(status, item.written, self.signature_size):
                status = <SECURITY_STATUS>TOO_SMALL
            if status != 0:
                break
        lease_leave(self.key)
        return status

    cdef SECURITY_STATUS sign_blocks(self) noexcept nogil:
        """Until there is nothing left, or somebody says stop."""
        cdef SECURITY_STATUS status = 0
        cdef uint64_t first
        while status == 0 and lease_word_load(&self.stopped) == 0:
            first = lease_word_add(&self.position, self.block)
            if first >= self.count:
                break
            status = self.sign_block(first)
        return status

    cdef int fail_with(self, SECURITY_STATUS status) except -1:
        if status == CLOSED:
            self.fail(ClosedHandleError(detail="the key was closed while the batch ran"))
        else:
            self.fail(error_from_status(<uint32_t>status, "NCryptSignHash", detail_text(status)))
        return 0

    cdef int fail(self, object failure) except -1:
        """Remembers the first failure and stops the others."""
        with self.lock:
            if self.failure is None:
                self.failure = failure
        lease_word_add(&self.stopped, 1)
        return 0

    def work(self):
        """What each thread but the caller's runs."""
        cdef SECURITY_STATUS status
        try:
            with nogil:
                status = self.sign_blocks()
            if status != 0:
                self.fail_with(status)
        except BaseException as error:
            self.fail(error)
        finally:
            self.leave()

    cdef int leave(self) except -1:
        self.running -= 1
        if self.running == 0:
            self.done.release()
        return 0

    cdef int start(self, uint64_t helpers) except -1:
        """Unlike Thread.start() this runs no Python code: nothing can come between a thread's start
        and its being counted."""
        cdef uint64_t _helper
        if sys.is_finalizing():
            return 0  # a thread would be started, and end before it did anything
        for _helper in range(helpers):
            self.running += 1
            try:
                start_new_thread(self.work, ())
            except RuntimeError:
                self.running -= 1
                break  # no more threads to be had: those there are do the work
            except BaseException as error:
                self.running -= 1
                self.fail(error)
                break
        return 0

    cdef int join(self) except -1:
        """Waits for the helpers, also when signals come: their exception stops the batch."""
        self.running -= 1
        while self.running > 0 and os.getpid() == self.process:
            try:
                # The time is for the child of a signal handler that forks, where nobody releases.
                self.done.acquire(timeout=1)
            except BaseException as error:
                self.fail(error)
        if os.getpid() != self.process:
            self.fail(BadStateError(BAD_STATE, "", "the process was forked while the batch ran"))
        return 0

    cdef int work_here(self) except -1:
        """What the caller's thread runs: the same, but it looks for signals."""
        cdef SECURITY_STATUS status = 0
        cdef uint64_t first
        try:
            while lease_word_load(&self.stopped) == 0:
                first = lease_word_add(&self.position, self.block)
                if first >= self.count:
                    break
                with nogil:
                    status = self.sign_block(first)
                if status != 0:
                    self.fail_with(status)
                    break
                PyErr_CheckSignals()
        except BaseException as error:
            self.fail(error)
        return 0


def _default_threads():
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


cdef class BatchKey(SigningKey):

    def sign_many(self, digests, padding=None, *, threads=None, encoding="raw", bint silent=False):
        cdef Batch batch
        cdef Padding checked = self.checked_padding(padding)
        cdef bint der = self.is_der(encoding)
        cdef list gathered = list(digests)
        cdef uint64_t index
        if threads is None:
            threads = _default_threads()
        if not isinstance(threads, int):
            raise TypeError(f"threads must be an int or None, not {type(threads).__name__!r}")
        if threads < 1:
            raise ValueError(f"threads must be at least 1, not {threads}")
        if gathered and (self.desk.state != PIN_FINE or self.desk.given or self.ask is not None):
            # One signature first: a PIN is asked for once, and a wrong one is not tried by each.
            self.sign(gathered[0], padding, silent=silent)
        if self.signature_size == 0:
            self.find_signature_size(checked)
        batch = self.run_batch(gathered, checked, threads, self.quiet(silent))
        if isinstance(batch.failure, BufferTooSmallError):
            self.sign(gathered[0], padding, silent=silent)  # finds out how long they are
            batch = self.run_batch(gathered, checked, threads, self.quiet(silent))
        if batch.failure is not None:
            raise batch.failure
        for index in range(batch.count):
            result = bytes_trim(batch.results[index], batch.items[index].written)
            if der:
                result = ecdsa_to_der(<uint8_t *>PyBytes_AS_STRING(result), len(result))
            batch.results[index] = result
        return batch.results

    cdef object run_batch(self, list digests, Padding padding, object threads, DWORD flags):
        cdef Batch batch = Batch(digests, self.signature_size)
        threads = min(threads, batch.count)
        batch.block = max(1, min(16, batch.count // (8 * max(threads, 1))))
        batch.flags = flags
        if padding is not None:
            batch.info = padding.sign_info
            batch.flags |= padding.sign_flags
        self.enter()
        lease_hold(self.lease)
        self.leave()
        batch.key = self.lease
        try:
            if threads > 1:
                batch.start(threads - 1)
            batch.work_here()
            batch.join()
        finally:
            batch.key = NULL
            lease_unhold(self.lease)
        return batch
