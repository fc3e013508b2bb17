# SPDX-License-Identifier: MIT
"""Somebody else's extension: it calls the C functions and uses the classes of this package."""

from libc.stdint cimport uintptr_t

from ncrypt_ext cimport ncrypt
from ncrypt_ext._handle cimport Handle
from ncrypt_ext._key cimport Key


def implementation() -> str:
    return ncrypt.ncx_implementation().decode()


def open_and_release() -> int:
    """Opens the default provider and frees it; returns how many handles that left in the engine."""
    cdef ncrypt.NCRYPT_PROV_HANDLE handle = 0
    status = ncrypt.NCryptOpenStorageProvider(&handle, NULL, 0)
    if status != 0:
        raise OSError(f"NCryptOpenStorageProvider: {status & 0xFFFFFFFF:#010x}")
    if ncrypt.ncx_live_handles(0) == 0:
        raise AssertionError("the engine of this module is not the engine of the package")
    status = ncrypt.NCryptFreeObject(handle)
    if status != 0:
        raise OSError(f"NCryptFreeObject: {status & 0xFFFFFFFF:#010x}")
    return ncrypt.ncx_live_handles(0)


def native_handle(Key key not None) -> int:
    """The value of a key's handle, taken under its lease."""
    cdef Handle handle = key
    handle.enter()
    try:
        return <uintptr_t>handle.lease.handle
    finally:
        handle.leave()


def is_key(value: int) -> bool:
    return ncrypt.NCryptIsKeyHandle(<uintptr_t>value) != 0
