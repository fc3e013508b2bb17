# SPDX-License-Identifier: MIT
"""The base of everything that owns a native handle. The state machine is in _lease.h."""

from cpython.object cimport PyObject
from libc.stdint cimport uint32_t, uint64_t, uintptr_t

cdef extern from "_lease.h" nogil:
    ctypedef struct lease_word:
        pass
    void lease_word_init(lease_word *word, uint64_t value) noexcept
    uint64_t lease_word_load(lease_word *word) noexcept
    uint64_t lease_word_add(lease_word *word, uint64_t amount) noexcept
    uint64_t lease_word_or(lease_word *word, uint64_t bits) noexcept

    ctypedef enum LeaseAnswer "enum lease_answer":
        LEASE_OK
        LEASE_IS_CLOSED
        LEASE_IS_BUSY

    ctypedef void (*lease_release)(uintptr_t handle) noexcept nogil

    ctypedef struct LeaseLock "lease_lock":
        pass

    ctypedef struct LeaseRegistry "struct lease_registry":
        LeaseLock lock
        void (*left)() noexcept nogil

    ctypedef struct Lease "struct lease":
        uintptr_t handle
        Lease *parent
        lease_word notes
        lease_word type

    void lease_sleep_millisecond() noexcept
    void lease_lock_init(LeaseLock *lock) noexcept
    int lease_guard_fork(LeaseRegistry *registry) noexcept
    Lease *lease_create(LeaseRegistry *registry, unsigned int type, uintptr_t handle,
                        lease_release release, Lease *parent) noexcept
    void lease_ref(Lease *lease) noexcept
    void lease_unref(Lease *lease) noexcept
    bint lease_enter(Lease *lease) noexcept
    void lease_leave(Lease *lease) noexcept
    void lease_leave_first(Lease *lease) noexcept
    void lease_hold(Lease *lease) noexcept
    void lease_unhold(Lease *lease) noexcept
    bint lease_close(Lease *lease) noexcept
    bint lease_is_closed(Lease *lease) noexcept
    bint lease_is_exclusive(Lease *lease) noexcept
    LeaseAnswer lease_take(Lease *lease) noexcept
    void lease_give_back(Lease *lease, bint consumed) noexcept
    LeaseAnswer lease_disarm(Lease *lease) noexcept
    uintptr_t lease_attached(Lease *lease) noexcept
    bint lease_attach(Lease *lease, unsigned int type, uintptr_t handle,
                      lease_release release) noexcept
    void lease_set_type(Lease *lease, unsigned int type) noexcept
    void lease_count(LeaseRegistry *registry, unsigned int type, bint more) noexcept
    uint64_t lease_live(LeaseRegistry *registry, unsigned int type) noexcept
    bint lease_is_exiting(LeaseRegistry *registry) noexcept
    void lease_drain(LeaseRegistry *registry, unsigned int milliseconds) noexcept
    void lease_after_fork(LeaseRegistry *registry) noexcept


cdef enum HandleType:
    TYPE_PROVIDER = 0
    TYPE_KEY = 1
    TYPE_UNFINALIZED = 2
    TYPE_PUBLIC = 3
    TYPE_CONTEXT = 4
    TYPE_CONTEXT_KEY = 5
    TYPE_KEY_HANDLE = 6
    TYPE_HEAP = 7
    TYPE_XML_BUFFER = 8
    TYPE_XML_TOKEN = 9
    TYPE_CHANNEL = 10
    TYPE_STORE = 11
    TYPE_CERTIFICATE = 12
    TYPE_SECRET = 13
    TYPE_NOTIFICATION = 14
    TYPE_TIE = 15  # no handle: what a secret of two keys holds


cdef enum HandleNote:
    # What is remembered in Lease.notes.
    NOTE_PUBLIC_ONLY = 1     # a key without its private half
    NOTE_SIGNS_TOKENS = 2    # it was found to be fit for that


cdef class Handle:
    cdef Lease *lease   # NULL: never opened
    cdef bint moved     # finalize() gave the lease to another object
    cdef object __weakref__

    cdef int adopt(self, HandleType kind, uintptr_t handle, lease_release release) except -1
    cdef bint adopt_native(self, HandleType kind, uintptr_t handle, lease_release release,
                           Lease *parent) noexcept nogil
    cdef int unavailable(self) except -1
    cdef int busy(self, str what) except -1

    cdef inline int enter(self) except -1:
        """Starts a native call: the handle stays valid until leave()."""
        if self.lease != NULL and not self.moved and lease_enter(self.lease):
            return 0
        return self.unavailable()

    cdef inline void leave(self) noexcept nogil:
        lease_leave(self.lease)


cdef void count_live(HandleType kind, bint more) noexcept
cdef void free_object(uintptr_t handle) noexcept nogil
cdef lease_release release_if(bint own) noexcept
cdef uintptr_t handle_value(object handle) except 0
cdef uint32_t number_value(object value, str argument) except? 0xFFFFFFFF
cdef bint is_exiting() noexcept nogil
cdef uint32_t fork_count() noexcept
cdef bint is_main_thread() noexcept nogil
cdef int callback_begin() except -1
cdef int callback_end() except -1


cdef struct Watch:
    # Who waits for a long call, which is given up when the handle is closed or a signal came.
    Lease *lease
    PyObject *error  # what a signal handler raised; owned
    int (*outer)(void *context) noexcept nogil  # of the call in which a handler makes this one
    void *outer_context


cdef void watch_begin(Watch *watch, Lease *lease) noexcept nogil
cdef void watch_end(Watch *watch) noexcept nogil
cdef int raise_watched(Watch *watch) except -1
