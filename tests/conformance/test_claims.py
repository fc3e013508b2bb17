# SPDX-License-Identifier: MIT
"""NCryptCreateClaim, NCryptVerifyClaim: a provider of software has no claims about its keys."""

from ctypes import byref

import pytest

from .abi import BufferDesc, D, parameters
from .api import call
from .constants import NTE_BAD_FLAGS, NTE_INVALID_HANDLE, NTE_INVALID_PARAMETER, NTE_NOT_SUPPORTED

pytestmark = pytest.mark.requires("claims")

SUBJECT_ONLY, NONCE, RETURN_DETAILS = 2, 49, 0x100000


def create(subject, authority=0, desc=None, flags=0):
    desc = None if desc is None else byref(desc)
    rest = (desc, None, 0, byref(D()), flags)
    return call("NCryptCreateClaim", subject, authority, SUBJECT_ONLY, *rest)


def verify(subject, authority=0, desc=None, flags=0):
    desc = None if desc is None else byref(desc)
    rest = (desc, b"claim", 5, byref(BufferDesc()), flags)
    return call("NCryptVerifyClaim", subject, authority, SUBJECT_ONLY, *rest)


each = pytest.mark.parametrize("function", [create, verify])


@each
def test_not_supported(api, key, function):
    desc = parameters((NONCE, b"once"))
    assert function(key) == NTE_NOT_SUPPORTED
    assert function(key, key, desc) == NTE_NOT_SUPPORTED


@each
def test_handles(api, key, function):
    assert function(0) == NTE_INVALID_HANDLE
    assert function(key, api.provider) == NTE_INVALID_HANDLE


@each
@pytest.mark.parametrize("bit", [1 << bit for bit in range(32)], ids=hex)
def test_flags(api, function, bit):
    key = api.make("RSA", Length=512)
    known = function is verify and bit == RETURN_DETAILS
    assert function(key, flags=bit) == (NTE_NOT_SUPPORTED if known else NTE_BAD_FLAGS)


def test_pointers(api, key):
    rest = (SUBJECT_ONLY, None, None, 0, None, 0)
    assert call("NCryptCreateClaim", key, 0, *rest) == NTE_INVALID_PARAMETER
    rest = (SUBJECT_ONLY, None, b"claim", 5, None, 0)
    assert call("NCryptVerifyClaim", key, 0, *rest) == NTE_INVALID_PARAMETER
