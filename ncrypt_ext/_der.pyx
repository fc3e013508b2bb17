# SPDX-License-Identifier: MIT

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, memset


cdef bytes ecdsa_to_der(const uint8_t *raw, uint32_t size):
    """r || s of equal widths as SEQUENCE { INTEGER r, INTEGER s }."""
    cdef bytes body = (integer(raw[:size // 2]) + integer(raw[size // 2:size]))
    return element(0x30, body)


cdef int read_header(const uint8_t *der, uint32_t size, uint32_t *at, uint8_t tag,
                     uint32_t *length) noexcept:
    """Tag and shortest-form length; False when they are not that or go beyond the end."""
    cdef uint32_t position = at[0]
    if size - position < 2 or der[position] != tag:
        return False
    length[0] = der[position + 1]
    position += 2
    if length[0] == 0x81:
        if size - position < 1 or der[position] < 0x80:
            return False
        length[0] = der[position]
        position += 1
    elif length[0] >= 0x80:
        return False
    at[0] = position
    return length[0] <= size - position


cdef int read_integer(const uint8_t *der, uint32_t size, uint32_t *at, uint8_t *out,
                      uint32_t width) noexcept:
    """A positive INTEGER in shortest form into `width` bytes, big-endian."""
    cdef uint32_t length = 0
    cdef uint32_t position
    if not read_header(der, size, at, 0x02, &length) or length == 0:
        return False
    position = at[0]
    at[0] += length
    if der[position] & 0x80:
        return False
    if der[position] == 0:
        if length == 1 or not der[position + 1] & 0x80:
            return False
        position += 1
        length -= 1
    if length > width:
        return False
    memset(out, 0, width - length)
    memcpy(out + width - length, der + position, length)
    return True


cdef bytes ecdsa_from_der(const uint8_t *der, uint32_t size, uint32_t signature_size):
    """The r || s of a strictly encoded signature; None when it is not one for that size."""
    cdef uint32_t at = 0
    cdef uint32_t length = 0
    cdef uint32_t width = signature_size // 2
    cdef bytes raw = PyBytes_FromStringAndSize(NULL, 2 * width)
    cdef uint8_t *out = <uint8_t *>PyBytes_AS_STRING(raw)
    if not read_header(der, size, &at, 0x30, &length) or length != size - at:
        return None
    if not read_integer(der, size, &at, out, width):
        return None
    if not read_integer(der, size, &at, out + width, width) or at != size:
        return None
    return raw


# ---- private keys -------------------------------------------------------------------------------

cpdef bytes element(int tag, bytes body):
    cdef Py_ssize_t size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(digits))) + digits + body


cdef bytes integer(bytes big_endian):
    cdef bytes body = big_endian.lstrip(b"\0") or b"\0"
    return element(0x02, b"\0" + body if body[0] & 0x80 else body)


cdef bytes X25519_PKCS8 = bytes.fromhex("302e020100300506032b656e04220420")


cpdef bint is_x25519(bytes pkcs8):
    return len(pkcs8) == 48 and pkcs8.startswith(X25519_PKCS8)


def agreement_private_blob(bytes pkcs8, bytes public):
    """The ECCPRIVATEBLOB of a key in PKCS #8, for agreement, which the caller wipes; `public` is
    its public blob. None for a key that is not understood."""
    cdef bytes blob
    cdef char *out
    cdef Py_ssize_t size, width, start
    size = len(public)
    width = public[4]
    # In the ECPrivateKey the number stands behind the version, and is as long as the field.
    start = pkcs8.find(b"\x02\x01\x01\x04" + public[4:5]) + 5
    if is_x25519(pkcs8):
        start = len(X25519_PKCS8)
    if start < 5 or start + width > len(pkcs8):
        return None
    # Not by slices: no other copy of the number stays behind.
    blob = PyBytes_FromStringAndSize(NULL, size + width)
    out = PyBytes_AS_STRING(blob)
    memcpy(out, PyBytes_AS_STRING(public), size)
    memcpy(out + size, PyBytes_AS_STRING(pkcs8) + start, width)
    if public.startswith(b"ECKP"):
        out[3] = b"V"
    else:
        out[3] += 1  # ECK1 is a public key, ECK2 a private one, and so on
    if is_x25519(pkcs8):  # Windows wants the bits that do not count as they count
        out[size] &= 0xF8
        out[size + width - 1] = (out[size + width - 1] & 0x7F) | 0x40
    return blob
