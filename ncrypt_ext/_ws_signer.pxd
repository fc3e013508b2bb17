# SPDX-License-Identifier: MIT
"""Which keys sign with a token."""

from ncrypt_ext._handle cimport Lease
from ncrypt_ext._ws_keyhandle cimport KeyHandleData

cdef Lease *hold_key(object key, KeyHandleData *data, bint allow_capi) except? NULL
