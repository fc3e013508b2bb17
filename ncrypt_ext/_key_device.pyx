# SPDX-License-Identifier: MIT

from cpython.buffer cimport PyObject_CheckBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport uint32_t, uintptr_t

cimport cython

from ncrypt_ext._buffer cimport Input, input_close, input_open, wipe
from ncrypt_ext._handle cimport TYPE_PROVIDER, fork_count, free_object
from ncrypt_ext._key_base cimport KeyBase
from ncrypt_ext._property_handle cimport PropertyHandle
from ncrypt_ext._status cimport check
from ncrypt_ext._wide cimport wide, wide_pointer
from ncrypt_ext.ncrypt cimport NCRYPT_SILENT_FLAG, NCryptSetProperty
from ncrypt_ext.wintypes cimport DWORD, LPCWSTR, PBYTE, SECURITY_STATUS, WCHAR

from sys import audit
from threading import RLock
from time import sleep

from ncrypt_ext.errors import NCryptError, PinError, error_from_status
from ncrypt_ext.properties import PLATFORM_PROVIDER as _PLATFORM_PROVIDER
from ncrypt_ext.records import PinRequest

cdef bytes IMPL_TYPE = wide("Impl Type", "")
cdef bytes PROVIDER_NAME = wide("Name", "")
cdef bytes CARD_PIN = wide("SmartCardPin", "")
cdef bytes MODULE_PIN = wide("PCP_USAGEAUTH", "")

cdef enum:
    IN_DEVICE = 0x1 | 0x8  # NCRYPT_IMPL_HARDWARE_FLAG, NCRYPT_IMPL_REMOVABLE_FLAG
    SILENT_CONTEXT = 0x80090022
    UI_REQUIRED = 0x8009002E
    NOT_AUTHENTICATED = 0x8010006F
    INVALID_CHV = 0x8010002A
    WRONG_CHV = 0x8010006B
    CHV_BLOCKED = 0x8010006C
    AUTHENTICATION_FAILED = 0x80290408


cdef bint is_need(uint32_t status) noexcept:
    """A PIN is wanted, and none has been tried."""
    return status == SILENT_CONTEXT or status == UI_REQUIRED or status == NOT_AUTHENTICATED


cdef bint is_refusal(uint32_t status) noexcept:
    """A PIN was tried, which may have cost one of the card's tries."""
    return (status == WRONG_CHV or status == INVALID_CHV or status == CHV_BLOCKED
            or status == AUTHENTICATION_FAILED)


cdef object checked_callback(object value):
    if value is not None and not callable(value):
        raise TypeError(f"pin_callback must be callable or None, not {type(value).__name__!r}")
    return value


cdef bytes pin_text(object pin, str argument):
    """NUL-terminated UTF-16 of a PIN: the caller wipes it. Messages tell nothing of the PIN."""
    cdef Input data
    cdef WCHAR *out
    cdef bytes text
    cdef uint32_t index
    cdef bint good = True
    if isinstance(pin, str):
        return wide(pin, argument)
    if not PyObject_CheckBuffer(pin):
        raise TypeError(f"{argument} must be a str or a bytes-like object, "
                        f"not {type(pin).__name__!r}")
    input_open(&data, pin, argument)
    try:
        text = PyBytes_FromStringAndSize(NULL, 2 * (<Py_ssize_t>data.size + 1))
        out = <WCHAR *><void *>PyBytes_AS_STRING(text)
        for index in range(data.size):
            out[index] = data.data[index]
            good = good and 0 < data.data[index] < 0x80
        out[data.size] = 0
    finally:
        input_close(&data)
    if not good:
        wipe(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
        raise ValueError(f"{argument} as bytes must be ASCII without NUL: give a str")
    return text


@cython.final
@cython.no_gc
cdef class PinDesk:

    def __cinit__(self):
        self.process = fork_count()

    cdef object turn_lock(self):
        """Made when first needed: few keys ever have a PIN."""
        if self.process != fork_count():
            self.process = fork_count()
            self.lock = None
            self.in_use = 0
            if self.mode is not None:
                self.left_mode, self.mode = self.mode, None
        if self.lock is None:
            new = RLock()
            if self.lock is None:  # making one may have let another thread in
                self.lock = new
        return self.lock

    cdef int wait_for_others(self) except -1:
        """Calls that began before this turn must not try its PIN. None begins now: they see that
        it is unproven."""
        while self.in_use > 0:
            sleep(0.001)
        return 0

    cdef int refused(self, uint32_t status) except -1:
        """A PIN was refused. One that did not come from here does not stand in the way later."""
        self.refusal = status
        self.refusals += 1
        if self.given:
            self.state = PIN_REFUSED
        return 0


cdef class PinTurn:
    """One call that tries a PIN, while other threads wait: a wrong one is not tried by each.

    Entering asks the callback when that is due. Leaving, by success or by an exception, tells what
    has become of the PIN.
    """

    # cdef DeviceKey key
    # cdef object lock
    # cdef SECURITY_STATUS status   what a first call has answered; 0: there was none
    # cdef str function
    # cdef uint32_t pins            how many had been given when that call began

    def __enter__(self):
        self.lock.acquire()
        try:
            if self.key.desk.state == PIN_REFUSED or (
                    self.status != 0 and self.key.desk.pins == self.pins):
                self.key.ask_pin(self.status, self.function)
        except BaseException:
            self.lock.release()
            raise

    def __exit__(self, kind, error, traceback):
        try:
            if error is None:
                self.key.desk.state = PIN_FINE
                self.key.desk.refusals = 0
            elif isinstance(error, NCryptError) and is_refusal(error.status):
                self.key.desk.refused(error.status)
            elif (isinstance(error, NCryptError) and is_need(error.status)
                    and self.key.desk.state == PIN_UNPROVEN):
                self.key.desk.state = PIN_FINE  # the device has lost it: the next call asks
        finally:
            self.lock.release()


cdef class DeviceKey(KeyBase):

    def __cinit__(self):
        self.desk = PinDesk.__new__(PinDesk)

    @property
    def is_hardware(self):
        kind = self.constant(IMPL_TYPE, True)
        if not kind:
            self.find_provider()
            kind = self.provider_type
        return bool((kind or 0) & IN_DEVICE)

    cdef int find_provider(self) except -1:
        """Asks once whose key this is, and where that one keeps its keys."""
        cdef uintptr_t handle
        cdef PropertyHandle provider
        if self.provider_known:
            return 0
        handle = self.provider_handle()
        if handle != 0:
            provider = PropertyHandle.__new__(PropertyHandle)
            provider.adopt(TYPE_PROVIDER, handle, free_object)
            try:
                self.provider_name = provider.read_optional_text(PROVIDER_NAME)
                self.provider_type = provider.read_optional_number(IMPL_TYPE)
            finally:
                provider.close()
        self.provider_known = True
        return 0

    @property
    def pin_callback(self):
        return self.ask

    @pin_callback.setter
    def pin_callback(self, value):
        self.ask = checked_callback(value)

    def set_pin(self, pin, *, bint silent=False):
        audit("ncrypt_ext.set_pin", self.name, self.is_machine_key)
        with self.desk.turn_lock():
            self.write_pin(pin, "pin", NCRYPT_SILENT_FLAG if silent else 0)
            self.desk.refusals = 0

    cdef int write_pin(self, object pin, str argument, DWORD flags) except -1:
        """Hands a PIN to the provider. The lock is held."""
        cdef SECURITY_STATUS status
        cdef PinState before = self.desk.state
        self.desk.state = PIN_UNPROVEN
        try:
            self.desk.wait_for_others()
            status = self.hand_over(pin, argument, flags)
            if is_refusal(status):
                self.desk.given = True
                self.desk.refused(status)
                before = self.desk.state
            check(status, "NCryptSetProperty")
        except BaseException:
            self.desk.state = before
            raise
        self.desk.pins += 1
        self.desk.given = True
        return 0

    cdef SECURITY_STATUS hand_over(self, object pin, str argument, DWORD flags) except? 1:
        cdef bytes text
        cdef LPCWSTR name
        cdef PBYTE data
        cdef DWORD size
        cdef SECURITY_STATUS status
        self.find_provider()
        name = wide_pointer(MODULE_PIN if self.provider_name == _PLATFORM_PROVIDER else CARD_PIN)
        text = pin_text(pin, argument)
        data = <PBYTE>PyBytes_AS_STRING(text)
        size = <DWORD>PyBytes_GET_SIZE(text)
        try:
            self.enter()
            with nogil:
                status = NCryptSetProperty(self.lease.handle, name, data, size, flags)
                self.leave()
        finally:
            wipe(data, size)
        return status

    cdef int take_pin_from(self, DeviceKey other) except -1:
        """Of another object for the same native key."""
        self.ask = other.ask
        self.desk = other.desk
        return 0

    cdef bint needs_pin(self, SECURITY_STATUS status) except -1:
        """Whether a call that failed, made outside a turn, is to be repeated in one."""
        if is_refusal(status) and self.desk.given:
            self.desk.refused(status)  # a try was used up: no second one in the same call
            return False
        if <uint32_t>status == CHV_BLOCKED:
            return False
        return self.ask is not None and (is_need(status) or is_refusal(status))

    cdef int ask_pin(self, SECURITY_STATUS status, str function) except -1:
        """Asks the callback once and hands its answer on; raises when there is none."""
        if status == 0:
            error = PinError(self.desk.refusal, function,
                             "the last PIN was refused: it is not tried again")
        else:
            error = error_from_status(<uint32_t>status, function)
        answer = None
        if self.ask is not None and not self.desk.asking:
            self.find_provider()
            request = PinRequest(self.name, self.provider_name, self.desk.refusals, error)
            self.desk.asking = True
            try:
                answer = self.ask(request)
            finally:
                self.desk.asking = False
        if answer is None:
            raise error
        return self.write_pin(answer, "the answer of pin_callback", NCRYPT_SILENT_FLAG)

    cdef PinTurn pin_turn(self, SECURITY_STATUS status, str function, uint32_t pins):
        cdef PinTurn turn = PinTurn.__new__(PinTurn)
        turn.key = self
        turn.lock = self.desk.turn_lock()
        turn.status = status
        turn.function = function
        turn.pins = pins
        return turn
