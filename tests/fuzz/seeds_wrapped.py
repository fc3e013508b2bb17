# SPDX-License-Identifier: MIT
"""Inputs for fuzz_wrapped.c."""

import re
from struct import pack, unpack_from

from .blob_pieces import (
    HERE,
    known,
    utf16,
)

# What is kept in the corpus by hand, and what runs short of memory.
KEPT = {"for_others", "empty_pkcs7"}
ALLOCATIONS = {
    "any_pkcs7_ecdsa_p256_0": 1500,
    "any_pkcs11_ecdsa_p256_hash1": 1500,
    "few_other": 1500,
    "for_others": 1500,
    "store_crl": 1500,
}

(
    AS_PKCS11,
    AS_PKCS7,
    IN_PKCS11,
    IN_PKCS7,
    CERTIFICATES,
    ANY_PKCS11,
    ANY_PKCS7,
    UNDER_ANY,
    MANY,
    STORE,
    OTHERS,
) = range(11)


def element(kind, data):
    return pack("<III", kind, 1, len(data)) + data


def named():
    keys = {
        name: known("wrapped", f"pkcs7_{name}_0")[1:]
        for name in ("ecdh_p256", "ecdsa_p256", "rsa512")
    }
    for name, key in keys.items():
        for aes in range(4):
            yield f"any_pkcs11_{name}_aes{aes}", bytes([ANY_PKCS11, aes, 1, 0]) + key
        for hashed in range(8):
            yield (
                f"any_pkcs11_{name}_hash{hashed}",
                bytes([ANY_PKCS11, 0, hashed, 5]) + b"label" + key,
            )
        for cipher in range(5):
            yield f"any_pkcs7_{name}_{cipher}", bytes([ANY_PKCS7, cipher]) + key
            yield f"any_pkcs7_{name}_{cipher}_twice", bytes([ANY_PKCS7, 0x80 | cipher]) + key
    key = keys["ecdsa_p256"]
    for under in range(6):
        for kind in 0, 0x80:
            yield f"under_{under}_{kind}", bytes([UNDER_ANY, under | kind]) + bytes(200)
    yield "no_key_pkcs7", bytes([ANY_PKCS7, 0, 0])
    yield "empty_pkcs7", bytes([ANY_PKCS7, 0])
    yield "followed_by_zero", bytes([ANY_PKCS7, 0x40]) + keys["ecdsa_p256"]
    yield "not_for_us", bytes([ANY_PKCS7, 0x80 | 0x20]) + keys["ecdsa_p256"]
    yield "for_others", bytes([OTHERS]) + keys["ecdsa_p256"]
    yield "no_key_pkcs11", bytes([ANY_PKCS11, 0, 0, 0]) + bytes(9)
    for label, head in (
        ("short", b""),
        ("magic", pack("<IIII", 1, 0, 2, 0)),
        ("large_key", pack("<III", 70000, 10, 0)),
        ("large_label", pack("<III", 144, 10, 70000)),
        ("large_hash", pack("<III", 144, 100, 0)),
        ("odd_hash", pack("<III", 144, 9, 0)),
        ("no_hash", pack("<III", 144, 0, 0)),
        ("sum", pack("<III", 144, 10, 1)),
        ("small_key", pack("<III", 128, 10, 0)),
        ("uneven_key", pack("<III", 149, 10, 0)),
        ("good", pack("<III", 144, 10, 0)),
    ):
        magic = b"" if label == "magic" else pkcs11_magic()
        size = unpack_from("<I", head)[0] % 1000 if len(head) == 12 else 0
        yield f"pkcs11_{label}", bytes([AS_PKCS11]) + magic + head + bytes(size) + utf16("SHA1")
    yield (
        "pkcs11_open_hash",
        bytes([AS_PKCS11]) + pkcs11_magic() + pack("<III", 144, 10, 0) + bytes(144) + b"SHA1SHA1SH",
    )
    certificate = known("wrapped", "certificate")[1:]
    yield "many_64", bytes([MANY, 64, 0])[:2]
    yield "many_own", bytes([MANY, 255])
    yield "many_other", bytes([MANY, 254])
    yield "few_other", bytes([MANY, 2])
    yield "followed", bytes([MANY, 1]) + b"\0"
    yield "store_crl", bytes([STORE]) + element(33, b"crl") + element(3, b"property")
    yield "store_long", bytes([STORE]) + pack("<III", 33, 1, 60000)
    yield "store_bad", bytes([STORE]) + element(32, b"certificate")
    yield "store_longer", bytes([STORE]) + element(32, certificate + b"\0")
    yield "store_ended", bytes([STORE]) + element(0, b"")
    header = bytes([CERTIFICATES]) + b"\0\0\0\0CERT"
    yield "store_open", header + element(32, certificate)
    yield "store_empty", header + element(0, b"")
    yield "store_end_size", header + pack("<III", 0, 0, 1)
    yield "store_version", bytes([CERTIFICATES]) + b"\1\0\0\0CERT" + element(0, b"")
    yield "data", bytes([AS_PKCS7]) + bytes.fromhex("3011 06092a864886f70d010701 a004 0402 0000")
    enveloped = known("wrapped", "pkcs7_ecdsa_p256_0")
    yield "followed_pkcs7", bytes([AS_PKCS7]) + enveloped[1:] + b"\0"


def pkcs11_magic():
    text = (HERE / "../../include/bcrypt.h").read_text()
    value = re.search(r"BCRYPT_PKCS11_RSA_AES_WRAP_BLOB_MAGIC\s+(0x[0-9A-Fa-f]+)", text)[1]
    return pack("<I", int(value, 16))


def inputs():
    return (data for _, data in named())


def starved():
    """(up to which allocation, an input)"""
    return ((most, data) for name, data in named() if (most := ALLOCATIONS.get(name)))


def kept():
    """What llvm-cov sees and the fuzzer does not."""
    return (data for name, data in named() if name in KEPT)
