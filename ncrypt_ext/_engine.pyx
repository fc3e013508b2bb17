# SPDX-License-Identifier: MIT

from libc.stdint cimport SIZE_MAX, uint32_t, uint64_t
from libc.string cimport memcpy

from ncrypt_ext._buffer cimport Input, input_close, input_open
from ncrypt_ext._handle cimport callback_begin, callback_end
from ncrypt_ext._status cimport check, remember_cause
from ncrypt_ext.engine cimport (
    NCX_PATH_SIZE, NCX_SCOPE_MACHINE, NCX_SCOPE_USER, ncx_store_backup, ncx_store_check,
    ncx_store_folder, ncx_store_info, ncx_store_information, ncx_store_rekey,
    ncx_store_set_passphrase,
)
from ncrypt_ext.wintypes cimport SECURITY_STATUS

import os
from collections import namedtuple

StoreInfo = namedtuple(
    "StoreInfo", "folder database id schema_version keys bytes passphrase read_only")

cdef object passphrase_callback = None


cdef uint32_t scope(bint machine) noexcept:
    return NCX_SCOPE_MACHINE if machine else NCX_SCOPE_USER


def store_folder(*, bint machine=False):
    cdef char folder[NCX_PATH_SIZE]
    check(ncx_store_folder(scope(machine), folder, sizeof(folder)), "ncx_store_folder")
    return os.fsdecode(<bytes>folder)


def store_info(*, bint machine=False):
    cdef ncx_store_information info
    cdef uint32_t number = scope(machine)
    cdef SECURITY_STATUS status
    with nogil:
        status = ncx_store_info(number, &info)
    check(status, "ncx_store_info")
    return StoreInfo(os.fsdecode(<bytes>info.folder), os.fsdecode(<bytes>info.database),
                     (<bytes>(<char *>info.id)[:16]).hex(), info.schema_version, info.keys,
                     info.bytes, bool(info.passphrase), bool(info.read_only))


cdef void report_fault(void *context, const char *sentence) noexcept with gil:
    (<list>context).append((<bytes>sentence).decode("utf-8", "replace"))


def store_check(*, bint machine=False):
    cdef uint32_t number = scope(machine)
    cdef uint64_t checked = 0
    cdef SECURITY_STATUS status
    cdef list faults = []
    cdef void *context = <void *>faults
    with nogil:
        status = ncx_store_check(number, report_fault, context, &checked)
    if not faults:
        check(status, "ncx_store_check")
    return checked, faults


def store_backup(folder, *, bint machine=False):
    cdef bytes path = os.fsencode(folder)
    cdef const char *text = path
    cdef uint32_t number = scope(machine)
    cdef SECURITY_STATUS status
    with nogil:
        status = ncx_store_backup(number, text)
    check(status, "ncx_store_backup")


def store_rekey(passphrase, *, bint machine=False):
    cdef Input data
    cdef uint32_t number = scope(machine)
    cdef SECURITY_STATUS status
    if passphrase is None:
        with nogil:
            status = ncx_store_rekey(number, NULL, 0)
    else:
        if isinstance(passphrase, str):
            passphrase = passphrase.encode()
        input_open(&data, passphrase, "passphrase")
        try:
            if data.size == 0:
                raise ValueError("passphrase must not be empty: None keeps the key in a file")
            with nogil:
                status = ncx_store_rekey(number, <const char *>data.data, data.size)
        finally:
            input_close(&data)
    check(status, "ncx_store_rekey")


cdef size_t ask_passphrase(void *context, const char *folder, char *out,
                           size_t size) noexcept with gil:
    """0 when there is none; SIZE_MAX, a failure, when the callback raises, which is its cause."""
    cdef Input data
    try:
        callback_begin()
        try:
            answer = passphrase_callback(os.fsdecode(<bytes>folder))
        finally:
            callback_end()
        if answer is None:
            return 0
        if isinstance(answer, str):
            answer = answer.encode()
        input_open(&data, answer, "passphrase")
        try:
            if data.size > size:
                raise ValueError(f"the passphrase is longer than {size} bytes")
            memcpy(out, data.data, data.size)
            return data.size
        finally:
            input_close(&data)
    except BaseException as error:
        remember_cause(error)
        return SIZE_MAX


def set_passphrase_callback(callback):
    global passphrase_callback
    if callback is not None and not callable(callback):
        raise TypeError(f"callback must be callable or None, not {type(callback).__name__!r}")
    passphrase_callback = callback
    if callback is None:
        ncx_store_set_passphrase(NULL, NULL)
    else:
        ncx_store_set_passphrase(ask_passphrase, NULL)
