# SPDX-License-Identifier: MIT
"""The reader of certificates: what it reads, against others; and what it does not take."""

import random
import re
import subprocess
from datetime import datetime, timezone

import pytest

import ncrypt_ext as nc
from ncrypt_ext import _x509

from .certificate_maker import (
    attribute,
    certificate,
    identifiers,
    name,
    sequence,
    tlv,
)

# Of no key that anybody has.
P256 = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
PUBLIC_KEY = sequence(P256, tlv(0x03, b"\0\4" + bytes(range(64))))
GOOD = certificate(PUBLIC_KEY, more=identifiers(b"leaf's", b"ca's"))


def utc(*numbers):
    return datetime(*numbers, tzinfo=timezone.utc)


def test_what_is_read():
    read = _x509.read(certificate(
        PUBLIC_KEY, ("C=DE", "O=Example", "CN=leaf"), ("CN=ca",), start="19991231235959Z",
        end="20500101000000Z", more=identifiers(b"leaf's", b"ca's"),
    ))  # fmt: skip
    assert (read.subject_text, read.issuer_text) == ("CN=leaf,O=Example,C=DE", "CN=ca")
    assert read.not_before == utc(1999, 12, 31, 23, 59, 59)
    assert read.not_after == utc(2050, 1, 1)
    assert read.public_key == PUBLIC_KEY
    assert (read.key_identifier, read.issuer_key_identifier) == (b"leaf's", b"ca's")
    assert not read.is_self_issued
    assert _x509.read(certificate(PUBLIC_KEY)).is_self_issued


NAMES = {
    'CN=a\\"b\\+c\\,d\\;e\\<f\\>g\\\\h=i': name('CN=a"b+c,d;e<f>g\\h=i'),
    "CN=\\ two \\ ": name("CN= two  "),
    "CN=\\#1#": name("CN=#1#"),
    "CN=\\ ": name("CN= "),
    "CN=": name("CN="),
    "CN=Schlüssel 🔑": name("CN=Schlüssel 🔑"),
    "CN=line\\0Aforged\\00\\E2\\80\\AE": name("CN=line\nforged\0\u202e"),
    "CN=b+OU=a,O=c": name("O=c", ("CN=b", "OU=a")),
    "CN=latin é": name(attribute("CN", "latin é".encode("latin-1"), 0x14)),
    "CN=wide €": name(attribute("CN", "wide €".encode("utf-16-be"), 0x1E)),
    "CN=wider 🔑": name(attribute("CN", "wider 🔑".encode("utf-32-be"), 0x1C)),
    "emailAddress=a@example.com": name(attribute("emailAddress", "a@example.com", 0x16)),
    "DC=example,DC=com": name("DC=com", "DC=example"),
    "1.2.3.4.5=#0c0131": name("unknown=1"),
    "CN=#0c02ff41": name(attribute("CN", b"\xffA")),
    "CN=#1e03004100": name(attribute("CN", b"\0A\0", 0x1E)),
    "CN=#1301e9": name(attribute("CN", b"\xe9", 0x13)),
    "CN=#02010a": name(attribute("CN", b"\n", 0x02)),
    "": name(),
}


@pytest.mark.parametrize("text", NAMES, ids=ascii)
def test_names(text):
    assert _x509.name_text(NAMES[text]) == text


@pytest.mark.parametrize(
    ("contents", "dotted"),
    [
        ("00", "0.0"), ("27", "0.39"), ("28", "1.0"), ("4f", "1.39"), ("50", "2.0"),
        ("883703", "2.999.3"), ("2a864886f70d", "1.2.840.113549"),
    ],
)  # fmt: skip
def test_object_identifiers(contents, dotted):
    encoded = sequence(tlv(0x31, sequence(tlv(0x06, bytes.fromhex(contents)), tlv(0x0C, b"x"))))
    assert _x509.name_text(encoded) == f"{dotted}=#0c0178"


@pytest.mark.parametrize("contents", ["", "80", "2a80", "2a8001", "2a86", "ff" * 64 + "01"])
def test_what_is_no_object_identifier(contents):
    encoded = sequence(tlv(0x31, sequence(tlv(0x06, bytes.fromhex(contents)), tlv(0x0C, b"x"))))
    with pytest.raises(nc.BadDataError, match="malformed certificate: an object identifier"):
        _x509.name_text(encoded)


@pytest.mark.parametrize(
    "text",
    [
        "20260101000000", "2026010100000Z", "20261301000000Z", "20260230000000Z",
        "20260101240000Z", "20260101006000Z", "20260101000060Z", "202601010000+0Z",
        "00000101000000Z",
    ],
)  # fmt: skip
def test_what_is_no_time(text):
    with pytest.raises(nc.BadDataError, match="malformed certificate: a time"):
        _x509.read(certificate(PUBLIC_KEY, start=text))


def encoded(length, body=b""):
    return b"\x30" + bytes.fromhex(length) + body


@pytest.mark.parametrize(
    ("der", "why"),
    [
        (b"", "cut short"),
        (b"\x30", "cut short"),
        (encoded("80", b"\0\0"), "an indefinite length"),
        (encoded("8101", b"\0"), "not in the shortest form"),
        (encoded("820080", bytes(128)), "not in the shortest form"),
        (encoded("84ffffffff"), "goes beyond the end"),
        (encoded("850000000001", b"\0"), "goes beyond the end"),
        (encoded("ff"), "goes beyond the end"),
        (encoded("02", b"\0"), "goes beyond the end"),
        (b"\x3f\x81\x00", "an unexpected tag"),
        (b"\x31\x00", "an unexpected tag"),
        (GOOD + b"\0", "more data than expected"),
        (sequence(GOOD), "cut short"),
    ],
)
def test_what_is_no_certificate(der, why):
    with pytest.raises(nc.BadDataError, match=why):
        _x509.read(der)
    assert _x509.read_or_none(der) is None


def test_every_cut_is_told():
    for size in range(len(GOOD)):
        with pytest.raises(nc.BadDataError):
            _x509.read(GOOD[:size])


def test_damage_never_does_more_than_raise():
    """One byte changed at every place, and a few at once; what can be read can be written."""
    randomness = random.Random(17)
    damaged = [GOOD[:at] + bytes([value]) + GOOD[at + 1 :] for at in range(len(GOOD))
               for value in (0x00, 0x01, 0x30, 0x7F, 0x80, 0x84, 0xFF, GOOD[at] ^ 1)]  # fmt: skip
    for _ in range(2000):
        several = bytearray(GOOD)
        for _ in range(randomness.randrange(2, 6)):
            several[randomness.randrange(len(several))] = randomness.randrange(256)
        damaged.append(bytes(several))
    for der in damaged:
        read = _x509.read_or_none(der)
        if read is not None:
            assert read.subject_text.isprintable()
            assert read.issuer_text.isprintable()
            _x509.find_chain(der, [GOOD])
        try:
            _x509.split(der)
        except nc.BadDataError:
            pass


def test_deep_nesting_is_not_followed():
    der = b""
    for _ in range(20_000):
        der = tlv(0x30, der)
    with pytest.raises(nc.BadDataError):
        _x509.read(der)


def test_split():
    other = certificate(PUBLIC_KEY, ("CN=other",))
    assert _x509.split(b"") == ()
    assert _x509.split(GOOD + other) == (GOOD, other)
    assert _x509.split(GOOD + bytes(7)) == (GOOD,)  # as cards write it
    for bad in (b"\1", GOOD + b"\1", GOOD + other[:-1], b"\0\1"):
        with pytest.raises(nc.BadDataError):
            _x509.split(bad)


# ---- chains -------------------------------------------------------------------------------------


def test_chain():
    root = certificate(PUBLIC_KEY, ("CN=root",))
    middle = certificate(PUBLIC_KEY, ("CN=middle",), ("CN=root",))
    leaf = certificate(PUBLIC_KEY, ("CN=leaf",), ("CN=middle",))
    unrelated = certificate(PUBLIC_KEY, ("CN=unrelated",), ("CN=root",))
    others = [root, b"junk", unrelated, leaf, middle]
    assert _x509.find_chain(leaf, others) == (leaf, middle, root)
    assert _x509.find_chain(leaf, [root]) == (leaf,)
    assert _x509.find_chain(root, others) == (root,)
    assert _x509.find_chain(b"junk", others) == (b"junk",)


def test_names_are_compared_as_people_do():
    issuer = certificate(PUBLIC_KEY, (attribute("CN", "The  Issuer", 0x13),), ("CN=root",))
    leaf = certificate(PUBLIC_KEY, ("CN=leaf",), ("CN=the ISSUER ",))
    assert _x509.find_chain(leaf, [issuer]) == (leaf, issuer)
    other = certificate(PUBLIC_KEY, ("CN=leaf",), ("O=the ISSUER",))
    assert _x509.find_chain(other, [issuer]) == (other,)


def test_the_key_identifier_decides_between_issuers_of_one_name():
    def issuer(identifier, end="20300101000000Z"):
        more = b"" if identifier is None else identifiers(identifier)
        return certificate(PUBLIC_KEY, ("CN=ca",), ("CN=root",), more=more, end=end)

    old, new = issuer(b"old"), issuer(b"new", "20350101000000Z")
    leaf = certificate(PUBLIC_KEY, ("CN=leaf",), ("CN=ca",), more=identifiers(b"leaf", b"old"))
    assert _x509.find_chain(leaf, [new, old]) == (leaf, old)
    assert _x509.find_chain(leaf, [new]) == (leaf,)
    silent = certificate(PUBLIC_KEY, ("CN=leaf",), ("CN=ca",))
    assert _x509.find_chain(silent, [old, new]) == (silent, new)  # the one that ends last


def test_a_circle_of_issuers_ends():
    one = certificate(PUBLIC_KEY, ("CN=one",), ("CN=two",))
    two = certificate(PUBLIC_KEY, ("CN=two",), ("CN=one",))
    assert _x509.find_chain(one, [two, one]) == (one, two)


def test_an_endless_line_of_issuers_ends():
    line = [certificate(PUBLIC_KEY, (f"CN={n}",), (f"CN={n + 1}",)) for n in range(40)]
    assert _x509.find_chain(line[0], line) == tuple(line[:16])


def test_each_name_is_read_once(monkeypatch):
    """Long ones take long: whoever makes many must not make it long for each pair of them."""
    issuers = [certificate(PUBLIC_KEY, (f"CN={n}",), (f"CN={n + 1}",)) for n in range(100)]
    reads = []
    real = _x509._name
    monkeypatch.setattr(_x509, "_name", lambda der: reads.append(der) or real(der))
    assert len(_x509.find_chain(issuers[0], issuers)) == 16
    assert len(reads) < 4 * len(issuers)


# ---- what callers give --------------------------------------------------------------------------


def test_pem_without_an_end_is_given_up_soon():
    """In time that grows with its length, and not with the square of that: that would be hours."""
    for filler in (b"\n", b"A\n", b"-----BEGIN CERTIFICATE-----"):
        with pytest.raises(nc.BadDataError, match="neither DER nor PEM"):
            _x509.encodings(b"-----BEGIN CERTIFICATE-----" + filler * 1_000_000, "file")


# ---- public keys --------------------------------------------------------------------------------


def test_same_keys():
    point = bytes(range(64))
    compressed = sequence(P256, tlv(0x03, b"\0\3" + point[:32]))
    assert _x509.is_same_key(PUBLIC_KEY, PUBLIC_KEY)
    assert _x509.is_same_key(PUBLIC_KEY, compressed)
    assert _x509.is_same_key(compressed, PUBLIC_KEY)
    assert not _x509.is_same_key(PUBLIC_KEY, sequence(P256, tlv(0x03, b"\0\2" + point[:32])))
    assert not _x509.is_same_key(compressed, sequence(P256, tlv(0x03, b"\0\4" + bytes(64))))
    other_curve = sequence(bytes.fromhex("301006072a8648ce3d020106052b81040022"),
                           tlv(0x03, b"\0\4" + point))  # fmt: skip
    assert not _x509.is_same_key(PUBLIC_KEY, other_curve)


def test_same_rsa_keys(rsa_key):
    info = rsa_key.public_key_der()
    numbers = info[info.index(b"\x03\x82") :]
    for algorithm in ("06092a864886f70d010101", "06092a864886f70d01010a3000"):
        other = sequence(sequence(bytes.fromhex(algorithm)), numbers)
        assert _x509.is_same_key(info, other)
        assert _x509.is_same_key(other, info)
    assert not _x509.is_same_key(info, PUBLIC_KEY)
    assert not _x509.is_same_key(info, info[:-1] + b"\0")


# ---- against others -----------------------------------------------------------------------------


@pytest.fixture
def x509():
    return pytest.importorskip("cryptography.x509", reason="cryptography is not installed")


# It takes no Latin-1 text, warns of an empty one, and shows what is no text in other ways.
OTHERS_TAKE = [text for text in NAMES if not re.search("=$|=#|0A|latin", text)]


@pytest.mark.parametrize("text", OTHERS_TAKE, ids=ascii)
def test_names_of_cryptography(x509, text):
    der = certificate(PUBLIC_KEY, NAMES[text])
    subject = x509.load_der_x509_certificate(der).subject
    shown = subject.rfc4514_string({x509.oid.NameOID.EMAIL_ADDRESS: "emailAddress"})
    assert shown == _x509.read(der).subject_text


def test_against_openssl(tmp_path):
    """A certificate that it makes, with what it says of it."""
    key, file = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = "/C=DE/O=Example, Inc./OU=a+b/CN=Zertifikat \\/ é/emailAddress=a@example.com"

    def openssl(*arguments):
        command = ["openssl", *map(str, arguments)]
        return subprocess.run(command, check=True, capture_output=True).stdout

    try:
        openssl("version")
    except FileNotFoundError:
        pytest.skip("there is no openssl")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", key, "-out", file, "-utf8", "-subj", subject, "-days", "300")  # fmt: skip
    (der,) = _x509.encodings(file.read_bytes(), "file")
    read = _x509.read(der)
    shown = openssl("x509", "-in", file, "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb,utf8")
    assert shown.decode().strip() == f"subject={read.subject_text}"
    assert read.public_key == openssl("pkey", "-in", key, "-pubout", "-outform", "DER")
    dates = openssl("x509", "-in", file, "-noout", "-dates").decode().split("\n")
    assert [line.partition("=")[2] for line in dates[:2]] == [
        f"{one:%b} {one.day:2} {one:%H:%M:%S %Y} GMT" for one in (read.not_before, read.not_after)
    ]
    identifier = openssl("x509", "-in", file, "-noout", "-ext", "subjectKeyIdentifier").decode()
    assert read.key_identifier.hex(":").upper() in identifier
