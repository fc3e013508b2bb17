# SPDX-License-Identifier: MIT
"""Pieces of PKCS #8 and PKCS #12, put together by hand."""

from ..conformance.der import integer, private_key_info, sequence, tlv

NULL = b"\5\0"
PBES2, PBKDF2, SCRYPT = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12", "1.3.6.1.4.1.11591.4.11"
HMAC = "1.2.840.113549.2."
AES_CBC = {
    128: "2.16.840.1.101.3.4.1.2",
    192: "2.16.840.1.101.3.4.1.22",
    256: "2.16.840.1.101.3.4.1.42",
}
TRIPLE_DES_CBC = "1.2.840.113549.3.7"
PKCS12_PBE = "1.2.840.113549.1.12.1."
SALT, IV = b"saltsalt", b"ivivivivivivivi\0"


def oid(text):
    first, second, *rest = map(int, text.split("."))
    content = b""
    for arc in (first * 40 + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.insert(0, 0x80 | arc & 0x7F)
        content += bytes(septets)
    return tlv(0x06, content)


def octets(*parts):
    return tlv(0x04, *parts)


def bits(data):
    return tlv(0x03, b"\0", data)


def identifier(name, *parameters):
    return sequence(oid(name), *parameters)


def key(name, parameters, inside, **rest):
    return private_key_info(identifier(name, parameters), inside, **rest)


def attribute(name, *values):
    return sequence(oid(name), tlv(0x31, *values))


# ---- encryption under a password -----------------------------------------------------------------


def pbes2(function, cipher):
    return identifier(PBES2, sequence(function, cipher))


def pbkdf2(iterations=1, prf=b"", salt=SALT, length=b""):
    if isinstance(iterations, int):
        iterations = integer(iterations)
    return identifier(PBKDF2, sequence(octets(salt), iterations, length, prf))


def scrypt(cost=2, block=1, parallel=1):
    numbers = (
        each if isinstance(each, bytes) else integer(each) for each in (cost, block, parallel)
    )
    return identifier(SCRYPT, sequence(octets(SALT), *numbers))


def aes(size=256):
    return identifier(AES_CBC[size], octets(IV))


def older(name, iterations=1):
    iterations = integer(iterations) if isinstance(iterations, int) else iterations
    return identifier(name, sequence(octets(SALT), iterations))


def encryptions():
    """Algorithms of encryption: those that there are, and what is wrong with them."""
    for size in AES_CBC:
        yield pbes2(pbkdf2(), aes(size))
    yield pbes2(pbkdf2(), identifier(TRIPLE_DES_CBC, octets(IV[:8])))
    for number in (7, 8, 9, 10, 11, 12, 99):
        yield pbes2(pbkdf2(prf=identifier(f"{HMAC}{number}", NULL)), aes())
    yield pbes2(pbkdf2(length=integer(32)), aes())
    for name in ("1.2.840.113549.2.5", "1.3.6.1.5.5.8.1.1", "1.2.643.2.2.10"):  # the last: GOST's
        yield pbes2(pbkdf2(prf=identifier(name, NULL)), aes())
    huge = tlv(2, b"\x7f" * 9)
    for iterations in (0, 1001, 2**31, tlv(2, b"\xff"), huge, b""):
        yield pbes2(pbkdf2(iterations), aes())
        yield older(f"{PKCS12_PBE}3", iterations)
    for cipher in ("1.2.3", "2.16.840.1.101.3.4.1.6", "1.2.840.113549.3.2", "1.3.14.3.2.7"):
        yield pbes2(pbkdf2(), identifier(cipher, octets(IV)))
    yield pbes2(identifier("1.2.3", NULL), aes())
    yield pbes2(identifier(PBKDF2), aes())
    for each in (2, 0, 3, 1 << 30, tlv(2, b"\xff"), huge):
        yield pbes2(scrypt(cost=each), aes())
        yield pbes2(scrypt(block=each), aes())
        yield pbes2(scrypt(parallel=each), aes())
    yield pbes2(scrypt(1024, 8, 1), aes())
    yield pbes2(identifier(SCRYPT, NULL), aes())
    yield pbes2(identifier(SCRYPT), aes())
    yield identifier(PBES2)
    yield identifier(PBES2, NULL)
    for number in (1, 2, 3, 4, 5, 6, 9):
        yield older(f"{PKCS12_PBE}{number}")
    for number in (1, 3, 4, 6, 10, 11, 14):
        yield older(f"1.2.840.113549.1.5.{number}")
    yield identifier(f"{PKCS12_PBE}3")
    yield identifier(f"{PKCS12_PBE}3", NULL)
    yield identifier("1.2.3.4.5")
    yield identifier(f"{PBES2}.{1 << 200}")
    yield identifier("2.16.840.1.101.3.4.2.1", NULL)
