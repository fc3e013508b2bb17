# SPDX-License-Identifier: MIT
"""Inputs for fuzz_pfx.c: bags, parts and whole files, and what is wrong with each."""

import subprocess
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from ..conformance import material
from ..conformance.der import ec_pkcs8, integer, rsa_pkcs8, sequence, tlv
from .der_tree import parse, variants
from .pkcs_pieces import NULL, attribute, encryptions, identifier, octets, oid

WHOLE, PARTS, BAGS = range(3)
SCHEMES = range(9)
OF_SHA1, OF_SHA256, OF_NULL, OF_EMPTY, NO_CHECKSUM = range(5)
NO_PASSWORD, RIGHT, NO_TEXT, EMPTY, WRONG, HALF, LONG = PASSWORDS = range(7)
EXPORTABLE = 0x80
BAG, DATA = "1.2.840.113549.1.12.10.1.", "1.2.840.113549.1.7."
KEY_BAG, SHROUDED, CERTIFICATE, REVOCATIONS, SECRET, NESTED = (
    f"{BAG}{last}" for last in range(1, 7)
)
X509_CERTIFICATE, SDSI = "1.2.840.113549.1.9.22.1", "1.2.840.113549.1.9.22.2"
FRIENDLY_NAME, KEY_ID = "1.2.840.113549.1.9.20", "1.2.840.113549.1.9.21"
MOST_DEEP, MOST_KEYS, MOST_CERTIFICATES = 4, 64, 256


# ---- keys and certificates -----------------------------------------------------------------------


def private_key(d):
    return ec.derive_private_key(d, ec.SECP256R1())


def run_openssl(*arguments, data=None):
    return subprocess.run(
        ["openssl", *arguments], input=data, stdout=subprocess.PIPE, check=True
    ).stdout


def plain(private):
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def shrouded(private):
    """Once hashed, which `cryptography` does not do."""
    forms = ["-inform", "DER", "-outform", "DER"]
    return run_openssl(
        "pkcs8", "-topk8", *forms, "-iter", "1", "-passout", "pass:x", data=plain(private)
    )


def certificate(private, serial=1):
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "n")])
    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(serial)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
        .sign(private, hashes.SHA256() if isinstance(private, ec.EllipticCurvePrivateKey) else None)
    )
    return made.public_bytes(Encoding.DER)


# ---- bags ----------------------------------------------------------------------------------------


def bag(kind, value, *attributes):
    return sequence(oid(kind), tlv(0xA0, value), tlv(0x31, *attributes) if attributes else b"")


def key_bag(der, *attributes):
    return bag(KEY_BAG, der, *attributes)


def certificate_bag(der, *attributes, kind=X509_CERTIFICATE):
    return bag(CERTIFICATE, sequence(oid(kind), tlv(0xA0, octets(der))), *attributes)


def nested(depth, inside):
    for _ in range(depth):
        inside = bag(NESTED, sequence(inside))
    return inside


def key_id(value=b"id"):
    return attribute(KEY_ID, octets(value))


def friendly_name(text="name"):
    return attribute(FRIENDLY_NAME, tlv(0x1E, text.encode("utf-16-be")))


def bags():
    """Contents of a part."""
    private, other = private_key(7), private_key(9)
    mine, leaf = (
        key_bag(plain(private), key_id()),
        certificate_bag(certificate(private), key_id(), friendly_name()),
    )
    yield sequence(mine, leaf)
    yield sequence(leaf, mine)
    yield sequence(bag(SHROUDED, shrouded(private), key_id()), leaf)
    yield sequence(mine, mine, leaf, leaf)
    yield sequence(
        mine,
        certificate_bag(certificate(private, 2)),
        leaf,
        certificate_bag(certificate(other), key_id()),
    )
    yield sequence(mine, key_bag(plain(other)), leaf, certificate_bag(certificate(other)))
    yield from (
        sequence(mine),
        sequence(leaf),
        sequence(),
        sequence(mine, certificate_bag(certificate(other))),
    )
    for depth in range(1, MOST_DEEP + 3):
        yield sequence(nested(depth, mine), nested(depth, leaf))
    for value in (
        octets(),
        octets(b"id"),
        NULL,
        integer(1),
        tlv(0x1E),
        tlv(0x1E, b"\0a\0"),
        tlv(0x0C, b"text"),
    ):
        for kind in (KEY_ID, FRIENDLY_NAME):
            yield sequence(
                key_bag(plain(private), attribute(kind, value)),
                certificate_bag(certificate(private), attribute(kind, value)),
            )
            yield sequence(certificate_bag(certificate(private), attribute(kind, value)))
    yield sequence(certificate_bag(certificate(private), kind=SDSI))
    yield sequence(certificate_bag(b"no certificate"))
    yield sequence(certificate_bag(certificate(private) + NULL))
    yield sequence(
        bag(REVOCATIONS, sequence(oid("1.2.840.113549.1.9.23.1"), tlv(0xA0, octets(b"list"))))
    )
    yield sequence(bag(SECRET, sequence(oid("1.2.3"), tlv(0xA0, octets(b"secret")))))
    yield sequence(bag("1.2.3.4", octets(b"unknown")), leaf)
    for encryption in encryptions():
        yield sequence(bag(SHROUDED, sequence(encryption, octets(bytes(32)))))
    small = (
        rsa_pkcs8(material.rsa(512)),
        ec_pkcs8(material.ec(material.P256)),
        ec_pkcs8(material.ec(material.P256))[:-1],
    )
    for der in small:
        yield sequence(key_bag(der))
    yield sequence(*[key_bag(ec_pkcs8(material.ec(material.P256)))] * (MOST_KEYS + 1))
    small = certificate(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)))
    yield sequence(*[certificate_bag(small)] * (MOST_CERTIFICATES + 1))


# ---- parts ---------------------------------------------------------------------------------------


def part(last, *content):
    return sequence(oid(f"{DATA}{last}"), *content)


def data_part(content):
    return part(1, tlv(0xA0, octets(content)))


def encrypted_part(encryption, *content):
    info = sequence(oid(f"{DATA}1"), encryption, *content)
    return part(6, tlv(0xA0, sequence(integer(0), info)))


def parts():
    """AuthenticatedSafes."""
    good = next(bags())
    yield sequence(data_part(good))
    yield sequence(data_part(good), data_part(good))
    yield sequence()
    yield sequence(part(1), data_part(good))
    yield sequence(part(6))
    yield sequence(data_part(b"no bags"))
    yield sequence(part(2, tlv(0xA0, sequence())), data_part(good))
    yield sequence(
        part(
            3,
            tlv(
                0xA0,
                sequence(integer(0), tlv(0x31), sequence(oid(f"{DATA}1"), identifier("1.2.3"))),
            ),
        )
    )
    yield sequence(part(5, tlv(0xA0, NULL)))
    yield sequence(part(99, tlv(0xA0, NULL)))
    first = next(encryptions())
    yield sequence(encrypted_part(first))
    yield sequence(encrypted_part(first, tlv(0x80)))
    for each in encryptions():
        yield sequence(encrypted_part(each, tlv(0x80, bytes(32))))
    yield from (b"", NULL, b"no parts")


# ---- files ---------------------------------------------------------------------------------------


def files():
    """Those of the openssl command, whose passwords are hashed once, and no files."""
    private = private_key(7)
    text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem = x509.load_der_x509_certificate(certificate(private)).public_bytes(Encoding.PEM)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "both.pem")
        source.write_bytes(text + pem)
        for password in ("x", ""):
            for more in (
                [],
                ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
                ["-keypbe", "NONE", "-certpbe", "NONE", "-name", "a name"],
                ["-nomac"],
                ["-macalg", "sha512"],
            ):
                given = ["-in", source, "-iter", "1", "-passout", f"pass:{password}"]
                made = run_openssl("pkcs12", "-export", *given, *more)
                yield made
    yield from (b"", b"\0", b"no file", made + NULL, made[:-1])


def with_another_checksum():
    """The checksum's algorithm, its value and how often the password is hashed."""
    whole, checksum = None, None
    for whole in files():
        content = parse(whole)
        if len(content.inside) == 3:
            break
    version, safe, checksum = content.inside
    yield sequence(
        version.whole,
        sequence(oid(f"{DATA}2"), *(each.whole for each in safe.inside[1:])),
        checksum.whole,
    )
    for changed in variants(checksum):
        yield sequence(version.whole, safe.whole, changed)
    for changed in variants(version):
        yield sequence(changed, safe.whole, checksum.whole)


def kept():
    """What the fuzzer sees no use for: conditions that are no branch of the code."""
    yield bytes([PARTS, OF_SHA1, RIGHT]) + sequence(encrypted_part(next(encryptions())))


def starved():
    """Those to run with one allocation failing, and how many there are to fail."""
    all_bags = list(bags())
    for each in all_bags[:3]:
        yield 600, bytes([BAGS + 1, OF_SHA256, RIGHT]) + each
    yield 600, bytes([BAGS, OF_EMPTY, EMPTY]) + all_bags[0]
    leaf = certificate_bag(certificate(private_key(7)), key_id(), friendly_name())
    yield 3200, bytes([BAGS, OF_SHA1, RIGHT]) + sequence(leaf)


def inputs():
    good, other = next(bags()), list(bags())[2]
    for each in bags():
        yield bytes([BAGS, OF_SHA1, RIGHT]) + each
    for each in (good, other):
        for changed in variants(parse(each)):
            yield bytes([BAGS, OF_SHA1, RIGHT]) + changed
        for scheme in SCHEMES:
            for checksum in (OF_SHA1, OF_SHA256, OF_NULL, OF_EMPTY, NO_CHECKSUM):
                for password in PASSWORDS:
                    yield bytes([BAGS + scheme, checksum, password]) + each
        yield bytes([BAGS, OF_SHA1, RIGHT | EXPORTABLE]) + each
    for each in parts():
        yield bytes([PARTS, OF_SHA1, RIGHT]) + each
    for each in (
        next(parts()),
        sequence(encrypted_part(next(encryptions()), tlv(0x80, bytes(32)))),
    ):
        for changed in variants(parse(each)):
            yield bytes([PARTS, OF_SHA1, RIGHT]) + changed
    for each in files():
        for password in (NO_PASSWORD, RIGHT, EMPTY, WRONG):
            yield bytes([WHOLE, OF_SHA1, password]) + each
    for each in with_another_checksum():
        yield bytes([WHOLE, OF_SHA1, RIGHT]) + each
