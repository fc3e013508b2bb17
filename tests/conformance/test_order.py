# SPDX-License-Identifier: MIT
"""Which of two faults is told: the handle's before the flags', the flags' before the pointers'.

Only for what every provider agrees about; the order of state and flags of a key differs.
"""

from ctypes import byref

import pytest

from .abi import D, H, P
from .api import call
from .constants import NTE_BAD_FLAGS, NTE_INVALID_HANDLE

UNKNOWN_FLAG = 0x00800000

# The arguments after the handle, with every pointer NULL.
WITH_FLAGS = {
    "NCryptIsAlgSupported": (None, UNKNOWN_FLAG),
    "NCryptEnumAlgorithms": (0, None, None, UNKNOWN_FLAG),
    "NCryptCreatePersistedKey": (None, None, None, 0, UNKNOWN_FLAG),
    "NCryptOpenKey": (None, None, 0, UNKNOWN_FLAG),
    "NCryptEnumKeys": (None, None, None, UNKNOWN_FLAG),
    "NCryptImportKey": (0, None, None, None, None, 0, UNKNOWN_FLAG),
    "NCryptGetProperty": (None, None, 0, None, UNKNOWN_FLAG),
    "NCryptSetProperty": (None, None, 0, UNKNOWN_FLAG),
    "NCryptFinalizeKey": (UNKNOWN_FLAG,),
    "NCryptDeleteKey": (UNKNOWN_FLAG,),
    "NCryptSignHash": (None, None, 0, None, 0, None, UNKNOWN_FLAG),
    "NCryptVerifySignature": (None, None, 0, None, 0, UNKNOWN_FLAG),
    "NCryptEncrypt": (None, 0, None, None, 0, None, UNKNOWN_FLAG),
    "NCryptDecrypt": (None, 0, None, None, 0, None, UNKNOWN_FLAG),
    "NCryptExportKey": (0, None, None, None, 0, None, UNKNOWN_FLAG),
}


@pytest.mark.parametrize("function", WITH_FLAGS)
def test_handle_first(function):
    assert call(function, 0, *WITH_FLAGS[function]) == NTE_INVALID_HANDLE


@pytest.mark.parametrize("function", list(WITH_FLAGS)[:8])
def test_flags_before_pointers(api, function):
    assert call(function, api.provider, *WITH_FLAGS[function]) == NTE_BAD_FLAGS


def test_flags_before_pointers_without_a_handle():
    assert call("NCryptOpenStorageProvider", None, None, UNKNOWN_FLAG) == NTE_BAD_FLAGS
    assert call("NCryptEnumStorageProviders", None, None, UNKNOWN_FLAG) == NTE_BAD_FLAGS


def test_flags_before_existence(api, name):
    """A refused call does nothing, and tells nothing of what is stored."""
    api.make("ECDSA_P256", name)
    key = H()
    rest = (byref(key), "ECDSA_P256", name, 0, UNKNOWN_FLAG)
    assert call("NCryptCreatePersistedKey", api.provider, *rest) == NTE_BAD_FLAGS
    rest = (byref(key), name + " missing", 0, UNKNOWN_FLAG)
    assert call("NCryptOpenKey", api.provider, *rest) == NTE_BAD_FLAGS
    rest = (None, byref(P()), byref(P()), UNKNOWN_FLAG)
    assert call("NCryptEnumKeys", api.provider, *rest) == NTE_BAD_FLAGS
    handle = api.open(name)
    rest = ("No Such Property", None, 0, byref(D()), UNKNOWN_FLAG)
    assert call("NCryptGetProperty", handle, *rest) == NTE_BAD_FLAGS
