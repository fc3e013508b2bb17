# SPDX-License-Identifier: MIT
"""The little DER that has to be quick or to be wiped: ECDSA signatures, EC keys that agree."""

from libc.stdint cimport uint8_t, uint32_t

cdef bytes ecdsa_to_der(const uint8_t *raw, uint32_t size)
cdef bytes ecdsa_from_der(const uint8_t *der, uint32_t size, uint32_t signature_size)
cpdef bytes element(int tag, bytes body)
cpdef bint is_x25519(bytes pkcs8)
