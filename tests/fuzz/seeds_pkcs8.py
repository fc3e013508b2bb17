# SPDX-License-Identifier: MIT
"""Inputs for fuzz_pkcs8.c: every kind of key in every form, encrypted in every way; and what is
wrong with each."""

import subprocess

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from .. import vector_loaders as vectors
from ..conformance import dl, material
from ..conformance.der import ec_pkcs8, integer, rsa_pkcs8, sequence, tlv
from ..conformance.test_eccfull import FRP256V1, W25519
from .der_tree import parse, variants
from .pkcs_pieces import NULL, attribute, bits, encryptions, identifier, key, octets, oid

UNCHECKED, GENERIC, UNFINALIZED = 1, 2, 4
NO_PASSWORD, RIGHT, NO_TEXT, EMPTY, WRONG, HALF, LONG = (number << 4 for number in range(7))
SCHEMES = range(1, 9)
RSA, KEY_USAGE = "1.2.840.113549.1.1.1", "2.5.29.15"
EC, P256, P384, X25519 = "1.2.840.10045.2.1", "1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.101.110"
DSA, DH, X942 = "1.2.840.10040.4.1", "1.2.840.113549.1.3.1", "1.2.840.10046.2.1"
POST_QUANTUM = {
    "mldsa_kat.txt": ("2.16.840.1.101.3.4.3.", {"44": 17, "65": 18, "87": 19}, ("xi",)),
    "mlkem_kat.txt": ("2.16.840.1.101.3.4.4.", {"512": 1, "768": 2, "1024": 3}, ("d", "z")),
}


def parts(der):
    return [each.whole for each in parse(der).inside]


# ---- keys ----------------------------------------------------------------------------------------


def rsa_keys():
    small = material.rsa(512)
    for size in (512, 384, 1024, 1032):
        yield rsa_pkcs8(material.rsa(size))
    yield rsa_pkcs8(small._replace(n=small.n + 2))
    inside = parse(rsa_pkcs8(small)).inside[2].content
    for name in (
        RSA,
        "1.2.840.113549.1.1.10",
        "1.2.840.113549.1.1.7",
        "1.2.3.4",
        f"1.2.{1 << 900}",
    ):
        yield key(name, b"", inside)


def usages():
    for base in (rsa_pkcs8(material.rsa(512)), ec_pkcs8(material.ec(material.P256))):
        head = b"".join(parts(base))
        for each in (b"", b"\0", b"\x01", b"\x02", b"\x04", b"\x08", b"\x10", b"\x20", b"\x80",
                     b"\x88", b"\x00\x80", b"\x80\x01"):  # fmt: skip
            yield sequence(head, tlv(0xA0, attribute(KEY_USAGE, bits(each))))
        usage, other = attribute(KEY_USAGE, bits(b"\x80")), attribute("1.2.3", NULL)
        for wrong in (
            (usage, usage),
            (other, usage),
            (other,),
            (),
            (attribute(KEY_USAGE, bits(b"\x80"), bits(b"\x08")),),
            (attribute(KEY_USAGE, octets(b"\x80")),),
            (attribute(KEY_USAGE),),
        ):
            yield sequence(head, tlv(0xA0, *wrong))


def x962(curve, cofactor=None):
    """A curve's numbers."""
    field = sequence(oid("1.2.840.10045.1.1"), integer(curve.p))
    width = curve.width
    a, b, x, y = (material.number(each, width) for each in (curve.a, curve.b, curve.x, curve.y))
    point = octets(b"\4", x, y)
    cofactor = integer(curve.cofactor) if cofactor is None else cofactor
    rest = integer(curve.order), cofactor
    return sequence(integer(1), field, sequence(octets(a), octets(b)), point, *rest)


def odd_curves():
    """Those that libcrypto reads, and that are refused."""
    order = FRP256V1.order + 2
    while pow(2, order, order) != 2:
        order += 2
    yield x962(FRP256V1._replace(order=order))
    yield x962(FRP256V1._replace(order=FRP256V1.order + 2))
    yield x962(FRP256V1._replace(order=7))
    yield x962(FRP256V1._replace(order=7), cofactor=b"")
    yield x962(FRP256V1, cofactor=b"")
    yield x962(FRP256V1, cofactor=integer(2))
    yield x962(FRP256V1, cofactor=integer(1 << 600))
    # With the generator (1, 1), for whatever prime.
    p = (1 << 599) + 1
    yield x962(FRP256V1._replace(p=p, a=1, b=p - 1, x=1, y=1, order=(1 << 598) + 1))
    p = (1 << 255) + 1
    yield x962(FRP256V1._replace(p=p, a=1, b=p - 1, x=1, y=1))


def ec_inside(d, *more, width=32, version=1):
    return sequence(integer(version), octets(material.number(d, width)), *more)


def on_odd_curve(numbers):
    return key(EC, numbers, ec_inside(1, tlv(0xA1, bits(b"\4" + bytes(64)))))


def with_numbers():
    """Curves by their numbers."""
    for curve in (FRP256V1, W25519):
        point = bits(b"\4" + material.number(curve.x, 32) + material.number(curve.y, 32))
        yield key(EC, x962(curve), ec_inside(1, tlv(0xA1, point)))
        yield key(EC, x962(curve), ec_inside(1))
        yield key(EC, x962(curve), ec_inside(1, tlv(0xA0, oid(P256)), tlv(0xA1, point)))
        yield key(EC, x962(curve), ec_inside(1, tlv(0xA0, x962(curve)), tlv(0xA1, point)))
    for numbers in odd_curves():
        yield on_odd_curve(numbers)
    for name in ("prime256v1", "secp256k1", "SM2", "sect163k1"):
        done = subprocess.run(
            ["openssl", "ecparam", "-name", name, "-param_enc", "explicit", "-outform", "DER"],
            stdout=subprocess.PIPE,
            check=True,
        )
        yield key(EC, done.stdout, ec_inside(1, width=21 if name == "sect163k1" else 32))


def ec_keys():
    for curve in material.CURVES:
        for point in (True, False, (0, 0)):
            yield ec_pkcs8(material.ec(curve), point)
    for curve in (ec.SECP256R1, ec.BrainpoolP256R1, ec.SECP256K1, ec.SECP224R1):
        private = ec.derive_private_key(1 << 100, curve())
        yield private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    for parameters in (b"", NULL, oid("1.2.3"), oid(X25519), oid("1.3.132.0.1"), oid(P384)):
        yield key(EC, parameters, ec_inside(7))
    for inner in (oid(P256), oid(P384), oid("1.2.3"), NULL, sequence(integer(1))):
        yield key(EC, oid(P256), ec_inside(7, tlv(0xA0, inner)))
    for number in (b"", b"\7", bytes(40) + b"\7", b"\7" + bytes(32), bytes(32)):
        yield key(EC, oid(P256), sequence(integer(1), octets(number)))
    yield key(EC, oid(P256), ec_inside(7, version=2))
    yield key(EC, oid(P256), ec_inside(7) + NULL)
    for d in (material.P256.order, material.P256.order - 1, 1):
        yield key(EC, oid(P256), ec_inside(d))


def x25519_keys():
    for number in (bytes(32), bytes(range(32)), b"\xff" * 32, bytes(31), bytes(33), b""):
        yield key(X25519, b"", octets(number))
    yield key(X25519, NULL, octets(bytes(32)))
    yield key(X25519, b"", octets(bytes(32)) + NULL)
    yield key(X25519, b"", bits(bytes(32)))


def dl_keys():
    group, x, _ = dl.dsa_key(1024)
    yield key(DSA, sequence(integer(group.p), integer(group.q), integer(group.g)), integer(x))
    group, x, _ = dl.dh_key(2048)
    p, q, g = integer(group.p), integer(group.q), integer(group.g)
    yield key(DH, sequence(p, g), integer(x))
    yield key(DH, sequence(p, g, integer(256)), integer(x))
    yield key(X942, sequence(p, g, q), integer(x))
    yield key(X942, sequence(p, g, q, integer((group.p - 1) // group.q)), integer(x))
    yield key(X942, sequence(p, g, q, integer(2), sequence(bits(b"seed"), integer(1))), integer(x))


def post_quantum_forms(seed, expanded, public):
    """What may stand in the place of the key, and what looks like it."""
    yield tlv(0x80, seed)
    yield octets(expanded)
    yield sequence(octets(seed), octets(expanded))
    yield expanded
    yield seed
    yield octets(expanded, public)
    yield sequence(octets(seed), octets(expanded[:-1], b"x"))
    yield octets(expanded[:40], b"x" * 8, expanded[48:])  # what a key says of itself is wrong
    for last in (b"", b"x", NULL):
        yield tlv(0x80, seed[1:], last)
        yield octets(expanded[len(last) :], last[:1])
        yield bytes(seed) + last
        yield sequence(octets(seed[1:], last), octets(expanded))
        yield sequence(octets(seed), octets(expanded[len(last) :]), last)
    yield octets(seed)
    yield tlv(0x81, seed)
    yield tlv(0x80, bytes(200))
    yield tlv(0x05, expanded)
    yield tlv(0x05, expanded, public)
    yield tlv(0x31, octets(seed), octets(expanded))
    yield sequence(tlv(0x05, seed), octets(expanded))
    yield sequence(octets(seed), tlv(0x05, expanded))
    yield b"\x80" + bytes([len(seed) + 1]) + seed
    yield (
        b"\x30\x82"
        + (len(expanded) + len(seed) + 5).to_bytes(2, "big")
        + octets(seed)
        + (octets(expanded))
    )
    yield b""


def post_quantum_keys():
    for name, (arc, sets, seeds) in POST_QUANTUM.items():
        first = dict(reversed(vectors.load_sections(name)))
        for parameter_set, last in sets.items():
            record, algorithm = first[parameter_set], f"{arc}{last}"
            seed = bytes.fromhex("".join(record[each] for each in seeds))
            yield key(algorithm, b"", tlv(0x80, seed))
            if last == 1:  # the smallest
                forms = (seed, *(bytes.fromhex(record[each]) for each in ("sk", "pk")))
                for each in post_quantum_forms(*forms):
                    yield key(algorithm, b"", each)
            if last in (17, 1):
                expanded = bytes.fromhex(record["sk"])
                yield key(algorithm, NULL, tlv(0x80, seed))
                yield key(algorithm, b"", sequence(octets(seed), octets(expanded)))
                yield key(algorithm, b"", expanded)


# ---- what is around them -------------------------------------------------------------------------


def second_versions(der):
    """RFC 5958's, with the public key, and what looks like it."""
    version, *rest = parts(der)
    public, usage = tlv(0x81, b"\0public"), tlv(0xA0, attribute(KEY_USAGE, bits(b"\x80")))
    for number in (0, 1, 2):
        yield sequence(integer(number), *rest, public)
        yield sequence(integer(number), *rest[:2], usage, public)
        yield sequence(integer(number), *rest)
    yield sequence(integer(1), *rest, public) + NULL
    yield sequence(version, *rest) + NULL
    yield sequence(integer(1), *rest, tlv(0xA1, bits(b"public")))


def closed_files():
    """Encrypted files that do not open, but for what PBKDF2 and scrypt cannot do."""
    for each in encryptions():
        yield sequence(each, octets(bytes(32)))
        yield sequence(each, octets(bytes(32))) + NULL
    yield from (b"", b"\0", b"\x30", b"\x30\0", b"\x30\x80\0\0", b"\xff" * 40)


def with_one_wrong():
    """Small keys of every kind, spoiled everywhere."""
    dsa, dh = list(dl_keys())[:2]
    own, *_ = with_numbers()
    x25519, *_ = x25519_keys()
    p256 = ec_pkcs8(material.ec(material.P256), usage=0x80)
    sealed = sequence(next(encryptions()), octets(bytes(32)))
    for each in (rsa_pkcs8(material.rsa(512)), p256, own, x25519, dsa, dh, sealed):
        yield from variants(parse(each))


def plain_keys():
    for each in (rsa_keys, usages, ec_keys, with_numbers, x25519_keys, dl_keys, post_quantum_keys):
        yield from each()


def kept():
    """What the fuzzer sees no use for: keys that only a newer libcrypto reads, and conditions that
    are no branch of the code."""
    for each in post_quantum_keys():
        yield bytes([0, 0]) + each
    yield bytes([0, 0]) + key(EC, oid(P256), ec_inside(7, tlv(0xA0, oid(P256))))
    for numbers in odd_curves():
        yield bytes([0, 0]) + on_odd_curve(numbers)


def starved():
    """Those to run with one allocation failing, and how many there are to fail."""
    dsa, dh, _, x942, *_ = dl_keys()
    named, *_ = ec_keys()
    own, *_ = with_numbers()
    x25519, *_ = x25519_keys()
    for each in (rsa_pkcs8(material.rsa(384), usage=0x80), named, own, x25519, dsa, dh, x942):
        yield 800, bytes([UNCHECKED, 0]) + each
    for each in second_versions(named):
        yield 800, bytes([UNCHECKED, 0]) + each
        break
    for scheme in (1, 5, 6):
        yield 800, bytes([UNCHECKED | RIGHT, scheme]) + x25519
    for each in list(post_quantum_keys())[-5:]:
        yield 200, bytes([0, 0]) + each
    unknown = f"1.2.{1 << 400}"  # refused, but its text takes memory
    yield 800, bytes([UNCHECKED, 0]) + key(unknown, b"", octets())
    yield 800, bytes([UNCHECKED, 0]) + sequence(identifier(unknown), octets())


def inputs():
    for each in plain_keys():
        yield bytes([0, 0]) + each
        yield bytes([UNCHECKED, 0]) + each
        yield bytes([UNFINALIZED, 0]) + each
        yield bytes([GENERIC | RIGHT, 0]) + each
    for each in with_one_wrong():
        yield bytes([0, 0]) + each
    p256, x25519 = ec_pkcs8(material.ec(material.P256)), next(x25519_keys())
    for each in second_versions(p256):
        yield bytes([0, 0]) + each
        yield bytes([RIGHT, 1]) + each
    for scheme in SCHEMES:
        for each in (p256, x25519, rsa_pkcs8(material.rsa(512)), p256[:-1], p256 + NULL):
            for password in (NO_PASSWORD, RIGHT, NO_TEXT, EMPTY, WRONG, HALF, LONG):
                yield bytes([password, scheme]) + each
    for each in closed_files():
        yield bytes([RIGHT, 0]) + each
        yield bytes([NO_PASSWORD, 0]) + each
