# SPDX-License-Identifier: MIT
"""Which keys sign with a token."""

from ncrypt_ext._handle cimport Lease
from ncrypt_ext._ws_keyhandle cimport KeyHandleData

cdef Lease *enter_key(object key, KeyHandleData *data, bint allow_capi) except? NULL
cdef void leave_key(Lease *lease) noexcept
