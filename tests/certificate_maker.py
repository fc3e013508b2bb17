# SPDX-License-Identifier: MIT
"""Certificates by hand, for where no other package makes them: in Windows' Python under Wine."""

import base64
import hashlib
import textwrap

import ncrypt_ext as nc

START = "20260101000000Z"
END = "20360101000000Z"
OIDS = {
    "CN": "550403",
    "SN": "550404",
    "C": "550406",
    "ST": "550408",
    "O": "55040a",
    "OU": "55040b",
    "DC": "0992268993f22c640119",
    "emailAddress": "2a864886f70d010901",
    "unknown": "2a030405",
}
SHA256_RSA = bytes.fromhex("06092a864886f70d01010b0500")
SHA256_ECDSA = bytes.fromhex("06082a8648ce3d040302")
UTF8 = 0x0C


def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def sequence(*parts):
    return tlv(0x30, *parts)


def oid(text):
    return tlv(0x06, bytes.fromhex(OIDS.get(text, text)))


def attribute(kind, value, tag=UTF8):
    return sequence(oid(kind), tlv(tag, value.encode() if isinstance(value, str) else value))


def name(*parts):
    """Each part "CN=leaf", the encoding of an attribute, or a tuple of either."""
    sets = []
    for part in parts:
        several = part if isinstance(part, tuple) else (part,)
        encoded = [attribute(*one.split("=", 1)) if isinstance(one, str) else one
                   for one in several]  # fmt: skip
        sets.append(tlv(0x31, *encoded))
    return sequence(*sets)


def as_name(parts):
    return parts if isinstance(parts, bytes) else name(*parts)


def time(text):
    """UTCTime where it can say it, else GeneralizedTime."""
    if "1950" <= text[:4] < "2050":
        return tlv(0x17, text[2:].encode())
    return tlv(0x18, text.encode())


def identifiers(subject_key=None, issuer_key=None):
    """The two extensions with the identifiers of keys."""
    found = []
    if subject_key is not None:
        found.append(sequence(oid("551d0e"), tlv(0x04, tlv(0x04, subject_key))))
    if issuer_key is not None:
        value = sequence(tlv(0x80, issuer_key))
        found.append(sequence(oid("551d23"), tlv(0x01, b"\xff"), tlv(0x04, value)))
    return tlv(0xA3, sequence(*found))


def signature(key, data):
    digest = hashlib.sha256(data).digest()
    if key is None:
        return b"nobody signed this"
    if key.algorithm_group == "RSA":
        return key.sign(digest, nc.PKCS1("SHA256"))
    return key.sign(digest, encoding="der")


def certificate(public_key, subject=("CN=leaf",), issuer=None, *, signer=None, start=START,
                end=END, more=b"", serial=17):  # fmt: skip
    """`public_key` is a SubjectPublicKeyInfo or a key; names are encoded ones or what name() takes,
    and the issuer's is the subject's when not given. What nobody verifies needs no signer."""
    if not isinstance(public_key, bytes):
        public_key = public_key.public_key_der()
    algorithm = sequence(SHA256_RSA if signer is not None and signer.algorithm_group == "RSA"
                         else SHA256_ECDSA)  # fmt: skip
    inner = sequence(
        tlv(0xA0, tlv(0x02, b"\x02")),
        tlv(0x02, bytes([serial])),
        algorithm,
        as_name(subject if issuer is None else issuer),
        sequence(time(start), time(end)),
        as_name(subject),
        public_key,
        more,
    )
    value = signature(signer, inner)
    return sequence(inner, algorithm, tlv(0x03, b"\0" + value))


def chain_of(key, authority):
    """The key's own certificate, that of its issuer, and the root's: both of one other key."""
    return (
        certificate(key, ("O=Example", "CN=orders"), ("CN=middle",), signer=authority),
        certificate(authority, ("CN=middle",), ("CN=root",), signer=authority),
        certificate(authority, ("CN=root",), signer=authority),
    )


def pem(*certificates):
    return "".join(
        "-----BEGIN CERTIFICATE-----\n"
        + "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
        + "\n-----END CERTIFICATE-----\n"
        for der in certificates
    )


def sha1(der):
    """The thumbprint, as Windows writes it."""
    return hashlib.sha1(der).hexdigest().upper()
