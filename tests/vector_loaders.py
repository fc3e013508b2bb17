# SPDX-License-Identifier: MIT
"""Readers of the files in tests/vectors: one function a format, plain data out."""

import base64
import math
import re
from pathlib import Path

FOLDER = Path(__file__).parent / "vectors"


def _lines(name):
    return (FOLDER / name).read_text("latin-1").splitlines()


def load_cavp(name):
    """NIST CAVP files: a dict for each record, with what its section and key say before it.

    A record ends with a blank line. Lines "[a = b]" set a value, "[P-256,SHA-1]" a curve and a
    hash, and numbers that stand alone before a section's records (n, e, p, q, d) hold for them all.
    """
    context, record = {}, {}
    for line in [*_lines(name), ""]:
        line = line.strip()
        section = re.fullmatch(r"\[(\S+?)(?:,| = )(\S+)\]", line)
        if section:
            first, second = section.groups()
            context = {first: second} if " = " in line else {"curve": first, "hash": second}
        elif " = " in line and not line.startswith("#"):
            key, _, value = line.partition(" = ")
            record[key] = value
        elif not line and record:
            if "Msg" in record:
                yield {**context, **record}
            else:
                context = {**context, **record}
            record = {}


def load_titled(name):
    """RSA Laboratories' files: "# Title:" lines with hexadecimal lines after them.

    Gives (key, record) pairs: the key's numbers by title, and the titles of one example.
    """
    key, record, title = {}, {}, None
    for line in [*_lines(name), "# Example"]:
        line = line.strip()
        if re.match(r"# (Example( |$)|=====|\S+ Example|PKCS#1 v1.5 Encryption Example)", line):
            if "Prime 1" in record:
                key, record = record, {}
            elif "Message" in record:
                yield key, record
                record = {}
            if re.match(r"# Example", line):
                key = {}
            title = None
        elif line.startswith("# ") and line.rstrip().endswith(":"):
            title = line[2:].rstrip(": ").removesuffix(" to be signed")
            if title == "Message" and "Prime 1" in record:
                key, record = record, {}
            record[title] = b""
        elif not line or line.startswith(("#", "=")):
            continue
        elif title:
            digits = line.replace(" ", "")
            record[title] += bytes.fromhex(digits if len(digits) % 2 == 0 else "0" + digits)


def load_evp(name):
    """OpenSSL's evp_test files: the keys by name as DER, and the other records as dicts."""
    keys, records, record, pem = {}, [], {}, None
    for line in [*_lines(name), ""]:
        if line.startswith("-----BEGIN"):
            pem = []
        elif line.startswith("-----END"):
            keys[record.get("PrivateKey") or record["PublicKey"]] = base64.b64decode("".join(pem))
            record, pem = {}, None
        elif pem is not None:
            pem.append(line)
        elif "=" in line and not line.startswith("#"):
            field, _, value = line.partition("=")
            record[field.strip()] = value.strip()
        elif not line:
            if "Output" in record:
                records.append(record)
            record = {}
    return keys, records


def load_counted(name):
    """Files of "FIELD = value" lines; "COUNT = 1" begins a record."""
    records = []
    for line in _lines(name):
        field, _, value = line.partition(" = ")
        if field == "COUNT":
            records.append({})
        elif value and not line.startswith("#"):
            records[-1][field] = value
    return records


def load_groups(name):
    """NIST's files of key agreement modulo a prime: each record with its section's P, Q and G."""
    group, record = {}, {}
    for line in _lines(name):
        field, _, value = line.partition(" = ")
        if field in ("P", "Q", "G"):
            group = {**group, field: value}
        elif field == "COUNT":
            record = {}
        elif value and not line.startswith("#"):
            record[field] = value
            if field == "Result":
                yield {**group, **record}


def load_sections(name):
    """The same with a line "[section]" before some: (section, record) pairs."""
    found, section = [], ""
    for line in _lines(name):
        field, _, value = line.partition(" = ")
        if line.startswith("["):
            section = line.strip("[]")
        elif field == "COUNT":
            found.append((section, {}))
        elif value and not line.startswith("#"):
            found[-1][1][field] = value
    return found


def recover_primes(n, e, d):
    """p > q from an RSA key's exponents; deterministic."""
    even = d * e - 1
    odd = even
    while odd % 2 == 0:
        odd //= 2
    for base in range(2, 200):
        exponent, value = odd, pow(base, odd, n)
        while exponent != even and value not in (1, n - 1):
            square = value * value % n
            if square == 1:
                p = math.gcd(value - 1, n)
                return max(p, n // p), min(p, n // p)
            exponent, value = 2 * exponent, square
    raise ValueError("no prime factors found")


def ecdsa_raw(der, width):
    """r and s of an ASN.1 ECDSA signature, each `width` bytes wide, one after the other."""
    assert der[0] == 0x30
    at = 3 if der[1] == 0x81 else 2
    raw = b""
    for _ in range(2):
        assert der[at] == 0x02
        size = der[at + 1]
        number = der[at + 2 : at + 2 + size]
        raw += int.from_bytes(number, "big").to_bytes(width, "big")
        at += 2 + size
    assert at == len(der)
    return raw


def load_cipher(name):
    """CAVP files of symmetric ciphers, in which each record begins with its COUNT: dicts of bytes,
    and of the section that a record stands in."""
    record, section = {}, ""
    for line in [*_lines(name), "COUNT = the end"]:
        key, _, value = line.strip().partition(" = ")
        if key == "COUNT" and record:
            yield record
            record = {}
        if key.startswith("["):
            section = key.strip("[]")
        elif value and key in ("KEY", "KEY1", "KEY2", "KEY3", "IV", "PLAINTEXT", "CIPHERTEXT"):
            record = {**record, key: bytes.fromhex(value), "section": section}
