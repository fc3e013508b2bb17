# SPDX-License-Identifier: MIT
"""Keys that may live in a device: a platform module (TPM), a smart card."""

from libc.stdint cimport uint32_t

from ncrypt_ext._key_base cimport KeyBase
from ncrypt_ext.wintypes cimport DWORD, SECURITY_STATUS


cdef enum PinState:
    PIN_FINE = 0   # none was given, or a call has succeeded with it
    PIN_UNPROVEN   # given, and no call has told yet whether it is right
    PIN_REFUSED    # wrong: no further call is made with it


cdef class PinDesk:
    """What is known about the PIN of one native key; all objects for that key have the same."""
    # Every call looks at the first three: they are in one line of the processor's cache.
    cdef PinState state
    cdef uint32_t pins      # how many were given
    cdef uint32_t in_use    # calls with the private key; changed with the GIL held
    cdef uint32_t process   # fork_count() of its process: fork() may copy a locked one
    cdef object lock        # held by the one call that tries a PIN; None: not needed yet
    cdef bint asking
    cdef bint given
    cdef uint32_t refusals  # in a row
    cdef uint32_t refusal   # the last one's status
    cdef bytes mode         # the handle's own, while a native call chains otherwise
    cdef uint32_t modes     # how often that was
    cdef bytes left_mode    # the same of a call that a thread of the parent was in at fork()

    cdef object turn_lock(self)
    cdef int wait_for_others(self) except -1
    cdef int refused(self, uint32_t status) except -1


cdef class DeviceKey(KeyBase):
    cdef object ask         # the PIN callback
    cdef PinDesk desk
    cdef bint provider_known
    cdef str provider_name
    cdef object provider_type

    cdef int find_provider(self) except -1
    cdef int write_pin(self, object pin, str argument, DWORD flags) except -1
    cdef int take_pin_from(self, DeviceKey other) except -1
    cdef bint needs_pin(self, SECURITY_STATUS status) except -1
    cdef SECURITY_STATUS hand_over(self, object pin, str argument, DWORD flags) except? 1
    cdef int ask_pin(self, SECURITY_STATUS status, str function) except -1
    cdef PinTurn pin_turn(self, SECURITY_STATUS status, str function, uint32_t pins)

    cdef inline DWORD quiet(self, bint silent) noexcept:
        """The flag of a private key's call: with a PIN callback no dialog may come up."""
        return 0x40 if silent or self.ask is not None else 0


cdef class PinTurn:
    cdef DeviceKey key
    cdef object lock
    cdef SECURITY_STATUS status
    cdef str function
    cdef uint32_t pins


cdef object checked_callback(object value)
cdef bytes pin_text(object pin, str argument)
