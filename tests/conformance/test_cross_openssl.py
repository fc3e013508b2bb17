# SPDX-License-Identifier: MIT
"""The `openssl` command as the other side: a second, independent reader of keys and signatures."""

import hashlib
import subprocess

import pytest

from .abi import oaep, pkcs1, pss
from .material import CURVES, number

pytestmark = pytest.mark.requires("openssl", "pkcs8", "sign")

DIGEST = hashlib.sha256(b"order 17").digest()


@pytest.fixture
def openssl(tmp_path):
    """openssl("pkeyutl", ...) in a folder of its own; files by name, standard output back."""

    def run(*arguments, **files):
        for title, content in files.items():
            (tmp_path / title).write_bytes(content)
        done = subprocess.run(["openssl", *arguments], cwd=tmp_path, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return run


def generate(openssl, algorithm, option):
    """A fresh key as PKCS#8; genpkey itself writes another form of DER."""
    pem = openssl("genpkey", "-algorithm", algorithm, "-pkeyopt", option)
    return openssl("pkcs8", "-topk8", "-nocrypt", "-in", "pem", "-outform", "DER", pem=pem)


def der(raw):
    half = len(raw) // 2
    body = b""
    for part in (raw[:half], raw[half:]):
        value = int.from_bytes(part, "big")
        digits = value.to_bytes(value.bit_length() // 8 + 1, "big")
        body += bytes([2, len(digits)]) + digits
    size = bytes([len(body)]) if len(body) < 128 else bytes([0x81, len(body)])
    return b"\x30" + size + body


RSA_OPTIONS = {
    "pkcs1": (pkcs1("SHA256"), ["rsa_padding_mode:pkcs1"]),
    "pss": (pss("SHA256", 20), ["rsa_padding_mode:pss", "rsa_pss_saltlen:20"]),
}


def pkeyopts(options):
    return [word for option in options for word in ("-pkeyopt", option)]


@pytest.mark.parametrize("which", RSA_OPTIONS)
def test_rsa_signature(api, openssl, which):
    padding, options = RSA_OPTIONS[which]
    key = api.make("RSA", Length=1024, Export_Policy=3)
    private = api.export_key(key, "PKCS8_PRIVATEKEY")
    options = pkeyopts(["digest:sha256", *options])
    signed = openssl(
        "pkeyutl", "-sign", "-inkey", "key", "-keyform", "DER", "-in", "digest", *options,
        key=private, digest=DIGEST,
    )  # fmt: skip
    api.verify(key, DIGEST, signed, padding)
    openssl(
        "pkeyutl", "-verify", "-inkey", "key", "-keyform", "DER", "-in", "digest", "-sigfile",
        "signature", *options, signature=api.sign(key, DIGEST, padding),
    )  # fmt: skip


@pytest.mark.requires("decrypt")
def test_rsa_oaep(api, openssl):
    key = api.make("RSA", Length=1024, Export_Policy=3)
    private = api.export_key(key, "PKCS8_PRIVATEKEY")
    options = pkeyopts(
        ["rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_oaep_label:" + b"label".hex()]
    )
    rest = ("-inkey", "key", "-keyform", "DER", "-in", "data", *options)
    padding = oaep("SHA256", b"label")
    secret = api.encrypt(key, b"a secret", padding)
    assert openssl("pkeyutl", "-decrypt", *rest, key=private, data=secret) == b"a secret"
    made = openssl("pkeyutl", "-encrypt", *rest, data=b"another")
    assert api.decrypt(key, made, padding) == b"another"


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_ecdsa(api, openssl, curve):
    key = api.make(curve.algorithm, Export_Policy=3)
    private = api.export_key(key, "PKCS8_PRIVATEKEY")
    rest = ("-inkey", "key", "-keyform", "DER", "-in", "digest")
    signature = der(api.sign(key, DIGEST))
    openssl(
        "pkeyutl", "-verify", *rest, "-sigfile", "signature",
        key=private, digest=DIGEST, signature=signature,
    )  # fmt: skip
    made = openssl("pkeyutl", "-sign", *rest)
    assert made[0] == 0x30
    at, raw = made.index(2, 2), b""
    for _ in range(2):
        size = made[at + 1]
        raw += number(int.from_bytes(made[at + 2 : at + 2 + size], "big"), curve.width)
        at += 2 + size
    api.verify(key, DIGEST, raw)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_their_ec_key(api, openssl, curve):
    named = curve.name.replace("nistP", "P-")
    made = generate(openssl, "EC", f"ec_paramgen_curve:{named}")
    key = api.import_key("PKCS8_PRIVATEKEY", made)
    assert api.get_text(key, "Algorithm Name") == curve.algorithm
    openssl(
        "pkeyutl", "-verify", "-inkey", "key", "-keyform", "DER", "-in", "digest", "-sigfile",
        "signature", key=made, digest=DIGEST, signature=der(api.sign(key, DIGEST)),
    )  # fmt: skip


@pytest.mark.parametrize("bits", [1024, 2000])
def test_their_rsa_key(api, openssl, bits):
    made = generate(openssl, "RSA", f"rsa_keygen_bits:{bits}")
    key = api.import_key("PKCS8_PRIVATEKEY", made)
    assert api.get_number(key, "Length") == bits
    signature = api.sign(key, DIGEST, pkcs1("SHA256"))
    openssl(
        "pkeyutl", "-verify", "-inkey", "key", "-keyform", "DER", "-in", "digest", "-sigfile",
        "signature", "-pkeyopt", "digest:sha256", key=made, digest=DIGEST, signature=signature,
    )  # fmt: skip
