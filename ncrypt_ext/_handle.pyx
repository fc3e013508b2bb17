# SPDX-License-Identifier: MIT

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport uint32_t, uintptr_t

from ncrypt_ext.ncrypt cimport (
    NCryptFreeObject, ncx_at_exit, ncx_get_interrupt, ncx_live_handles, ncx_set_interrupt,
)

import os
import threading

from ncrypt_ext.errors import BadStateError, ClosedHandleError

cdef extern from "Python.h" nogil:
    # Needs no GIL, which Cython's own declaration does not say.
    unsigned long PyThread_get_thread_ident() noexcept
    bint Py_IsInitialized() noexcept

cdef LeaseRegistry registry
lease_lock_init(&registry.lock)
if lease_guard_fork(&registry) != 0:
    raise ImportError("no function can be registered for fork()")

# Threads that are inside a Python callback of a native call, with how many: such a call is still
# running when the callback forks.
cdef dict callbacks = {}

# How many times fork() has led from the process that imported this module to the present one.
cdef uint32_t forks = 0

cdef enum:
    EXIT_WAIT = 10000  # milliseconds: on a busy machine a generation asks seldom

# Only this thread looks for signals: another one would find none, and at the end of the interpreter
# it must not ask for the GIL.
cdef unsigned long main_thread = threading.main_thread().ident


cdef unsigned long last_thread = 0  # the one that ends the process


# Tracing takes the GIL, which is not to be had at the end of the process: hence the directive.
@cython.linetrace(False)
cdef void drain() noexcept nogil:
    global last_thread
    last_thread = PyThread_get_thread_ident()
    lease_drain(&registry, EXIT_WAIT)


@cython.linetrace(False)
cdef void stay() noexcept nogil:
    """For a daemon thread whose call ends after the interpreter. If it asked for the GIL, it would
    be ended, and libcrypto free what it has for a thread while it is being torn down itself."""
    while not Py_IsInitialized() and PyThread_get_thread_ident() != last_thread:
        lease_sleep_millisecond()


registry.left = stay


if ncx_at_exit(drain) != 0:
    raise ImportError("no function can be registered for the end of the process")


@cython.linetrace(False)
cdef void free_object(uintptr_t handle) noexcept nogil:
    NCryptFreeObject(handle)


cdef lease_release release_if(bint own) noexcept:
    """For a handle that comes from elsewhere: owned or borrowed."""
    if own:
        return free_object
    return NULL


cdef uintptr_t handle_value(object handle) except 0:
    if not isinstance(handle, int):
        raise TypeError(f"handle must be an int, not {type(handle).__name__!r}")
    cdef uintptr_t value = 0
    try:
        value = <uintptr_t>handle
    except OverflowError:
        raise ValueError(f"handle must fit {8 * sizeof(value)} bits, unsigned") from None
    if value == 0:
        raise ValueError("handle must not be 0")
    return value


cdef uint32_t number_value(object value, str argument) except? 0xFFFFFFFF:
    """A number of 32 bits."""
    if not isinstance(value, int):
        raise TypeError(f"{argument} must be an int, not {type(value).__name__!r}")
    try:
        return <uint32_t>value
    except OverflowError:
        raise ValueError(f"{argument} must fit 32 bits, unsigned") from None


cdef class Handle:
    # cdef Lease *lease
    # cdef bint moved

    def __init__(self):
        raise TypeError(f"{type(self).__name__} has no public constructor")

    def __dealloc__(self):
        if self.lease != NULL:
            if not self.moved:
                lease_close(self.lease)
            lease_unref(self.lease)

    cdef bint adopt_native(self, HandleType kind, uintptr_t handle, lease_release release,
                           Lease *parent) noexcept nogil:
        """Becomes the owner of a live handle. False when memory is short: it is released then."""
        self.lease = lease_create(&registry, kind, handle, release, parent)
        if self.lease != NULL:
            return True
        if release != NULL:
            release(handle)
        return False

    cdef int adopt(self, HandleType kind, uintptr_t handle, lease_release release) except -1:
        """The same for a handle without a parent, with an exception."""
        if not self.adopt_native(kind, handle, release, NULL):
            raise MemoryError()
        return 0

    cdef int unavailable(self) except -1:
        """Raises for a call that enter() did not let in."""
        kind = type(self).__name__
        if self.moved:
            raise ClosedHandleError(
                detail=f"this {kind} was finalized: use the Key that finalize() returned")
        if self.lease != NULL and lease_is_exclusive(self.lease):
            self.busy("is being deleted by another thread")
        raise ClosedHandleError(detail=f"this {kind} is closed")

    cdef int busy(self, str what) except -1:
        raise BadStateError(0x8009000B, "", f"this {type(self).__name__} {what}")

    def close(self):
        if self.lease == NULL or self.moved:
            return
        with nogil:
            lease_close(self.lease)

    @property
    def closed(self):
        return self.lease == NULL or self.moved or lease_is_closed(self.lease)

    @property
    def handle(self):
        if self.closed:
            self.unavailable()
        return self.lease.handle

    def detach(self):
        if self.lease == NULL or self.moved:
            self.unavailable()
        answer = lease_disarm(self.lease)
        if answer == LEASE_IS_CLOSED:
            self.unavailable()
        if answer == LEASE_IS_BUSY:
            self.busy("is in use: its handle cannot be given away")
        return self.lease.handle

    def __enter__(self):
        if self.closed:
            self.unavailable()
        return self

    def __exit__(self, kind, value, traceback):
        self.close()

    def __reduce_ex__(self, protocol):
        raise TypeError(
            f"a {type(self).__name__} cannot be copied or pickled: it owns a native handle")


cdef void count_live(HandleType kind, bint more) noexcept:
    """For what has no lease of its own."""
    lease_count(&registry, kind, more)


cdef bint is_exiting() noexcept nogil:
    return lease_is_exiting(&registry)


cdef bint is_main_thread() noexcept nogil:
    return PyThread_get_thread_ident() == main_thread


cdef uint32_t fork_count() noexcept:
    return forks


cdef int callback_begin() except -1:
    cdef unsigned long thread = PyThread_get_thread_ident()
    callbacks[thread] = callbacks.get(thread, 0) + 1
    return 0


cdef int callback_end() except -1:
    cdef unsigned long thread = PyThread_get_thread_ident()
    callbacks[thread] -= 1
    if callbacks[thread] == 0:
        del callbacks[thread]
    return 0


cdef void look_for_signals(Watch *watch) noexcept with gil:
    try:
        callback_begin()
        try:
            PyErr_CheckSignals()
        finally:
            callback_end()
    except BaseException as error:
        Py_INCREF(error)
        watch.error = <PyObject *>error


cdef int interrupted(void *context) noexcept nogil:
    """Asked every few milliseconds of a long call: not 0 ends it."""
    cdef Watch *watch = <Watch *>context
    if watch.error != NULL or lease_is_closed(watch.lease) or is_exiting():
        return 1
    if not is_main_thread():
        return 0
    look_for_signals(watch)
    return watch.error != NULL


cdef void watch_begin(Watch *watch, Lease *lease) noexcept nogil:
    """A long call of this thread begins, which may be one inside another: a handler's."""
    watch.lease = lease
    watch.error = NULL
    ncx_get_interrupt(&watch.outer, &watch.outer_context)
    ncx_set_interrupt(interrupted, watch)


cdef void watch_end(Watch *watch) noexcept nogil:
    ncx_set_interrupt(watch.outer, watch.outer_context)


cdef int raise_watched(Watch *watch) except -1:
    """What a signal handler raised, if one has."""
    if watch.error == NULL:
        return 0
    error = <object>watch.error
    Py_DECREF(error)
    watch.error = NULL
    raise error


def _after_fork_in_child():
    global forks, main_thread
    forks += 1
    thread = main_thread = PyThread_get_thread_ident()
    depth = callbacks.get(thread)
    callbacks.clear()
    if depth is None:
        lease_after_fork(&registry)
    else:
        # This thread's own calls are still running: nothing can be told about the counts.
        callbacks[thread] = depth


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def live_handles():
    return {
        "binding": {
            "Provider": lease_live(&registry, TYPE_PROVIDER),
            "Key": lease_live(&registry, TYPE_KEY),
            "UnfinalizedKey": lease_live(&registry, TYPE_UNFINALIZED),
            "PublicKey": lease_live(&registry, TYPE_PUBLIC),
            "Secret": lease_live(&registry, TYPE_SECRET),
            "KeyWatch": lease_live(&registry, TYPE_NOTIFICATION),
            "Context": lease_live(&registry, TYPE_CONTEXT),
            "ContextKey": lease_live(&registry, TYPE_CONTEXT_KEY),
            "KeyHandle": lease_live(&registry, TYPE_KEY_HANDLE),
            "Heap": lease_live(&registry, TYPE_HEAP),
            "XmlBuffer": lease_live(&registry, TYPE_XML_BUFFER),
            "XmlToken": lease_live(&registry, TYPE_XML_TOKEN),
            "Channel": lease_live(&registry, TYPE_CHANNEL),
            "CertificateStore": lease_live(&registry, TYPE_STORE),
            "Certificate": lease_live(&registry, TYPE_CERTIFICATE),
        },
        "engine": {
            "providers": ncx_live_handles(0),
            "keys": ncx_live_handles(1),
            "public_keys": ncx_live_handles(3),
            "contexts": ncx_live_handles(4),
            "context_keys": ncx_live_handles(5),
            "hashes": ncx_live_handles(6),
            "heaps": ncx_live_handles(8),
            "xml_buffers": ncx_live_handles(9),
            "tokens": ncx_live_handles(12),
            "channels": ncx_live_handles(13),
            "messages": ncx_live_handles(14),
            "certificate_stores": ncx_live_handles(15),
            "secrets": ncx_live_handles(16),
            "notifications": ncx_live_handles(17),
        },
    }
