# SPDX-License-Identifier: MIT
"""What inputs of the targets of key blobs and properties are made of."""

import re
from pathlib import Path
from struct import pack

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
NO_FAILURE = b"\0\0"  # see memory_support.h


def entries(target, array):
    """The names in one of the lists of a target, in their order."""
    text = (HERE / f"fuzz_{target}.c").read_text()
    body = re.search(rf"\b{array}\[\] = \{{(.*?)\}};", text, re.DOTALL)[1]
    return re.findall(r'u?"[^"]*"|\w+', body)


def known(target, name):
    return (CORPUS / target / name).read_bytes()[len(NO_FAILURE) :]


def utf16(text):
    return text.encode("utf-16-le") + b"\0\0"


def patched(data, at, new):
    return data[:at] + new + data[at + len(new) :]


# ---- elliptic curves ----------------------------------------------------------------------------

P256 = {
    "p": 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    "a": 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFC,
    "b": 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    "x": 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    "y": 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    "n": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
}
SECP160R1 = {  # whose order is wider than its prime
    "p": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7FFFFFFF,
    "a": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7FFFFFFC,
    "b": 0x1C97BEFC54BD7A8B65ACF89F81D4D4ADC565FA45,
    "x": 0x4A96B5688EF573284664698968C38BB913CBFC82,
    "y": 0x23A628553168947D59DCC912042351377AC5FB32,
    "n": 0x0100000000000000000001F4C8F927AED3CA752257,
}
P521 = {
    "p": 2**521 - 1,
    "a": 2**521 - 4,
    "b": 0x0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00,  # noqa: E501
    "x": 0x00C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBAA14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A429BF97E7E31C2E5BD66,  # noqa: E501
    "y": 0x011839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E662C97EE72995EF42640C550B9013FAD0761353C7086A272C24088BE94769FD16650,  # noqa: E501
    "n": 0x01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409,  # noqa: E501
}


def add(curve, first, second):
    p = curve["p"]
    if first == second:
        slope = (3 * first[0] ** 2 + curve["a"]) * pow(2 * first[1], -1, p)
    else:
        slope = (second[1] - first[1]) * pow(second[0] - first[0], -1, p)
    x = (slope**2 - first[0] - second[0]) % p
    return x, (slope * (first[0] - x) - first[1]) % p


def with_other_generator(curve):
    """The same curve, which has no name any more."""
    generator = curve["x"], curve["y"]
    x, y = add(curve, generator, generator)
    return {**curve, "x": x, "y": y}


def width_of(curve):
    return (curve["p"].bit_length() + 7) // 8


def parameters(curve, *, version=1, kind=1, order=None, cofactor=b"\1", seed=b"", **changed):
    numbers = {**curve, **changed}
    width = width_of(curve)
    order = order or numbers["n"].to_bytes((numbers["n"].bit_length() + 7) // 8, "big")
    head = pack("<7I", version, kind, 0, width, len(order), len(cofactor), len(seed))
    return (
        head
        + b"".join(numbers[n].to_bytes(width, "big") for n in "pabxy")
        + order
        + cofactor
        + seed
    )


def point(curve):
    """Three times the generator."""
    once = curve["x"], curve["y"]
    return add(curve, add(curve, once, once), once)


def generic_ecc(curve, private=False, magic=b"ECD"):
    width = width_of(curve)
    numbers = [*point(curve), *([3] if private else [])]
    kind = {(b"ECD", False): b"ECDP", (b"ECD", True): b"ECDV"}[magic, private]
    return kind + pack("<I", width) + b"".join(n.to_bytes(width, "big") for n in numbers)


def full_ecc(curve, private=False, d=None, **changed):
    width = width_of(curve)
    end = b"".join(n.to_bytes(width, "big") for n in point(curve))
    if private:
        end += d or (3).to_bytes((curve["n"].bit_length() + 7) // 8, "big")
    return (b"ECDV" if private else b"ECDP") + parameters(curve, **changed) + end


CURVES = {"p256": P256, "secp160r1": SECP160R1, "p521": P521}


def bad_parameters():
    """(name, a curve's parameters that are refused)"""
    curve = with_other_generator(P256)
    good = parameters(curve)
    yield "empty", b""
    yield "short", good[:20]
    yield "cut", good[:-1]
    yield "longer", good + b"\0"
    yield "version", parameters(curve, version=2)
    yield "montgomery", parameters(curve, kind=3)
    yield "seed", parameters(curve, seed=b"seed")
    yield "long_seed", parameters(curve, seed=bytes(1025))
    for at, field in (12, "width"), (16, "order"), (20, "cofactor"):
        yield f"no_{field}", patched(good, at, pack("<I", 0))
        yield f"large_{field}", patched(good, at, pack("<I", 4000))
    yield "not_prime", parameters(curve, p=curve["p"] - 2)
    yield "narrow_prime", parameters(curve, p=curve["p"] >> 8)
    yield "small_prime", parameters({**curve, "p": 2**64 - 59, "a": 1, "b": 2, "x": 3, "y": 4})
    yield "a_beyond", parameters(curve, a=curve["p"])
    yield "y_beyond", parameters(curve, y=curve["p"] + 1)
    yield "singular", parameters(curve, a=0, b=0)
    yield "not_on_curve", parameters(curve, y=1)
    yield "zero_order", parameters(curve, n=0, order=bytes(32))
    yield "small_order", parameters(curve, n=2**16 + 1)
    yield "even_order", parameters(curve, n=curve["n"] - 1)
    yield "other_order", parameters(curve, n=2**256 - 189)
    yield "order_is_prime", parameters(curve, n=curve["p"])
    yield "cofactor_2", parameters(curve, cofactor=b"\2")
    yield "cofactor_0", parameters(curve, cofactor=b"\0")
    yield "wide_order", parameters(curve, order=b"\0" + curve["n"].to_bytes(32, "big"))
    yield "large_prime", parameters({**curve, "p": 2**528 - 1})
