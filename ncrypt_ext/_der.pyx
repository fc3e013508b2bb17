# SPDX-License-Identifier: MIT

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, memset

from ncrypt_ext.errors import BadDataError
from ncrypt_ext.properties import CURVE_BITS as _CURVE_BITS
from ncrypt_ext.properties import CURVE_OIDS as _CURVE_OIDS
from ncrypt_ext.properties import PUBLIC_MAGIC_CURVES as _PUBLIC_MAGIC_CURVES

_NTE_BAD_DATA = 0x80090005


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


# ---- public keys --------------------------------------------------------------------------------

cdef bytes element(int tag, bytes body):
    cdef Py_ssize_t size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(digits))) + digits + body


cdef bytes integer(bytes big_endian):
    cdef bytes body = big_endian.lstrip(b"\0") or b"\0"
    return element(0x02, b"\0" + body if body[0] & 0x80 else body)


cdef bytes object_identifier(str dotted):
    numbers = [int(part) for part in dotted.split(".")]
    body = bytearray((40 * numbers[0] + numbers[1],))
    for number in numbers[2:]:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(0x80 | (number & 0x7F))
        body += bytes(reversed(digits))
    return element(0x06, bytes(body))


cdef bytes public_key_info(bytes algorithm, bytes key):
    return element(0x30, element(0x30, algorithm) + element(0x03, b"\0" + key))


def _numbers(blob, *offsets):
    return [int.from_bytes(blob[offset:offset + 4], "little") for offset in offsets]


def rsa_public_key_info(bytes blob):
    """SubjectPublicKeyInfo of an RSAPUBLICBLOB."""
    if len(blob) < 24 or blob[:4] != b"RSA1":
        raise BadDataError(_NTE_BAD_DATA, "", "not an RSA public key blob")
    exponent_size, modulus_size = _numbers(blob, 8, 12)
    if len(blob) != 24 + exponent_size + modulus_size:
        raise BadDataError(_NTE_BAD_DATA, "", "the RSA public key blob has a wrong size")
    exponent = blob[24:24 + exponent_size]
    modulus = blob[24 + exponent_size:]
    key = element(0x30, integer(modulus) + integer(exponent))
    return public_key_info(object_identifier("1.2.840.113549.1.1.1") + b"\x05\0", key)


def ec_public_key_info(bytes blob, str curve):
    """SubjectPublicKeyInfo of an ECCPUBLICBLOB; `curve` is the curve's object identifier."""
    if len(blob) < 8:
        raise BadDataError(_NTE_BAD_DATA, "", "not an EC public key blob")
    width, = _numbers(blob, 4)
    if len(blob) != 8 + 2 * width:
        raise BadDataError(_NTE_BAD_DATA, "", "the EC public key blob has a wrong size")
    algorithm = object_identifier("1.2.840.10045.2.1") + object_identifier(curve)
    return public_key_info(algorithm, b"\x04" + blob[8:])


def x25519_public_key_info(bytes blob):
    """SubjectPublicKeyInfo (RFC 8410) of the ECCPUBLICBLOB of a key on curve25519."""
    if len(blob) != 72:
        raise BadDataError(_NTE_BAD_DATA, "", "the EC public key blob has a wrong size")
    return X25519_INFO + blob[8:40]


cdef bytes X25519_INFO = bytes.fromhex("302a300506032b656e032100")
cdef bytes X25519_PKCS8 = bytes.fromhex("302e020100300506032b656e04220420")


cdef dict known_keys():
    """What the SubjectPublicKeyInfo of a key on a known curve begins with, and how long it is, with
    its point as it is -> what the blob of the same key for agreement begins with, and the curve."""
    magics = {curve: magic for magic, curve in _PUBLIC_MAGIC_CURVES.items()
              if magic.startswith(b"ECK")}
    found = {}
    for curve, identifier in _CURVE_OIDS.items():
        width = (_CURVE_BITS[curve] + 7) // 8
        head = magics.get(curve, b"ECKP") + width.to_bytes(4, "little")
        info = ec_public_key_info(head + bytes(2 * width), identifier)
        found.setdefault((info[:-2 * width], len(info)), (head, curve))
    return found


cdef dict KNOWN_KEYS = known_keys()


cdef bytes x25519_blob(bytes point):
    """The ECCPUBLICBLOB of a point as RFC 7748 takes it: with any top bit, and modulo the prime."""
    cdef object u = int.from_bytes(point, "little") & ((1 << 255) - 1)
    return b"ECKP" + bytes((32, 0, 0, 0)) + (u % ((1 << 255) - 19)).to_bytes(64, "little")


cdef tuple agreement_blob(bytes info):
    """The ECCPUBLICBLOB of a SubjectPublicKeyInfo, for agreement, and its curve; None for one not
    known."""
    if len(info) == 44 and info.startswith(X25519_INFO):
        return x25519_blob(info[12:]), "curve25519"
    for (prefix, size), (head, curve) in KNOWN_KEYS.items():
        if len(info) == size and info.startswith(prefix):
            return head + info[len(prefix):], curve
    return None


cdef bint is_x25519(bytes pkcs8) noexcept:
    return len(pkcs8) == 48 and pkcs8.startswith(X25519_PKCS8)


cdef tuple agreement_private_blob(bytes pkcs8, bytes info):
    """The ECCPRIVATEBLOB of a key in PKCS #8, for agreement, which the caller wipes, and its curve
    where the blob does not say; None for a key that is not known."""
    cdef tuple known = agreement_blob(info)
    cdef bytes public
    cdef bytes blob
    cdef char *out
    cdef Py_ssize_t size, width, start
    if known is None:
        return None
    public, curve = known
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
        curve = None
    if is_x25519(pkcs8):  # Windows wants the bits that do not count as they count
        out[size] &= 0xF8
        out[size + width - 1] = (out[size + width - 1] & 0x7F) | 0x40
    return blob, curve


def pem(str label, bytes der):
    """DER in textual form (RFC 7468)."""
    from base64 import b64encode
    text = b64encode(der).decode("ascii")
    lines = [text[at:at + 64] for at in range(0, len(text), 64)]
    return f"-----BEGIN {label}-----\n" + "\n".join(lines) + f"\n-----END {label}-----\n"
