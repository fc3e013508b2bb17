# SPDX-License-Identifier: MIT
"""PKCS #8 in both directions with cryptography and the openssl command: in the clear, encrypted, as
text."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import ncrypt_ext as nc

ALLOW = nc.ExportPolicy
ENCRYPTED = ALLOW.ALLOW_EXPORT
OPEN = ALLOW.ALLOW_EXPORT | ALLOW.ALLOW_PLAINTEXT_EXPORT
PASSWORDS = ["secret", "p\u00e4ssw\u00f6rd", "\U0001f511", "x" * 1023]
every_password = pytest.mark.parametrize("password", PASSWORDS, ids=["", "latin", "pair", "long"])
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
PKCS8 = serialization.PrivateFormat.PKCS8
KEYS = {
    "RSA": rsa.generate_private_key(65537, 1024),
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-521": ec.generate_private_key(ec.SECP521R1()),
}
every_key = pytest.mark.parametrize("private", KEYS.values(), ids=KEYS)


def public_der(private):
    return private.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def encrypted(private, password, encoding=DER):
    how = serialization.BestAvailableEncryption(password.encode())
    return private.private_bytes(encoding, PKCS8, how)


def in_clear(private, encoding=DER):
    return private.private_bytes(encoding, PKCS8, serialization.NoEncryption())


def run_openssl(data, *arguments):
    return subprocess.run(
        ["openssl", *arguments], input=data, stdout=subprocess.PIPE, check=True, timeout=60
    ).stdout


# ---- export --------------------------------------------------------------------------------------


@every_password
@pytest.mark.parametrize("encryption", [None, "PBES2", "3DES"])
@pytest.mark.parametrize("algorithm", ["RSA", "ECDSA_P256", "ECDSA_P521", "ECDH_P384"])
def test_others_decrypt(provider, password, encryption, algorithm):
    length = 1024 if algorithm == "RSA" else None
    with provider.create_key(algorithm, length=length, export_policy=ENCRYPTED) as key:
        data = key.export_pkcs8(password, encryption=encryption, iterations=2)
        private = serialization.load_der_private_key(data, password.encode())
        assert public_der(private) == key.public_key_der()
        assert (b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03" in data) == (encryption == "3DES")
        with pytest.raises(ValueError):  # noqa: PT011 - what it says depends on the padding
            serialization.load_der_private_key(data, b"another")


@pytest.mark.parametrize("encryption", ["PBES2", "3DES"])
def test_openssl_decrypts(provider, encryption):
    with provider.create_key("ECDSA_P256", export_policy=OPEN) as key:
        data = key.export_pkcs8("secret", encryption=encryption, iterations=1000)
        plain = run_openssl(data, "pkcs8", "-inform", "DER", "-outform", "DER", "-passin",
                            "pass:secret")  # fmt: skip
        assert serialization.load_der_private_key(plain, None).private_numbers() == (
            serialization.load_der_private_key(key.export_pkcs8(), None).private_numbers()
        )
        text = run_openssl(data, "asn1parse", "-inform", "DER").decode()
        expected = ("PBES2", "PBKDF2", "hmacWithSHA256", "aes-256-cbc")
        for word in expected if encryption == "PBES2" else ("pbeWithSHA1And3-KeyTripleDES-CBC",):
            assert word in text
        assert ":03E8" in text  # the iterations


def test_what_openssl_writes_with_scrypt(provider):
    plain = in_clear(KEYS["P-256"], PEM)
    data = run_openssl(plain, "pkcs8", "-topk8", "-scrypt", "-passout", "pass:secret")
    with provider.import_pkcs8(data, "secret") as key:
        assert key.public_key_der() == public_der(KEYS["P-256"])


def test_in_clear(provider):
    with provider.create_key("RSA", length=1024, export_policy=OPEN) as key:
        data = key.export_pkcs8()
        assert data == key.export("PKCS8_PRIVATEKEY")
        form = ("pkcs8", "-topk8", "-nocrypt", "-inform", "DER", "-outform", "DER")
        assert data == run_openssl(data, *form)


def test_three_primes(provider):
    primes = ("-pkeyopt", "rsa_keygen_bits:1024", "-pkeyopt", "rsa_keygen_primes:3")
    data = run_openssl(None, "genpkey", "-algorithm", "RSA", *primes)
    with pytest.raises(nc.NotSupportedError, match="two primes"):
        provider.import_pkcs8(data)


def test_an_algorithm_that_is_none_of_ours(provider):
    data = run_openssl(None, "genpkey", "-algorithm", "ED25519")
    with pytest.raises(nc.NotSupportedError, match="ED25519"):
        provider.import_pkcs8(data)


def test_the_name_of_a_scheme_may_be_of_a_subclass(provider):
    scheme = type("Scheme", (str,), {})("3DES")
    with provider.create_key("ECDSA_P256", export_policy=ENCRYPTED) as key:
        data = key.export_pkcs8("secret", encryption=scheme, iterations=1)
    provider.import_pkcs8(data, "secret").close()


def test_salt_and_iterations(provider, ec_key):
    with provider.create_key("ECDSA_P256", export_policy=ENCRYPTED) as key:
        first, second = (key.export_pkcs8("secret", iterations=3) for _ in range(2))
        assert first != second
        assert b"\x02\x01\x03" in first
        assert b"\x02\x03\x09\x27\xc0" in key.export_pkcs8("secret")  # 600,000


@pytest.mark.parametrize("policy", range(4))
def test_policy(provider, policy):
    with provider.create_key("ECDSA_P256", export_policy=policy) as key:
        for allowed, password in ((policy & 2, None), (policy & 3, "secret")):
            if allowed:
                assert key.export_pkcs8(password, **({"iterations": 1} if password else {}))
            else:
                with pytest.raises(nc.NotSupportedError, match="export policy"):
                    key.export_pkcs8(password)


def test_archiving_under_a_password_is_for_once(provider):
    policy = ALLOW.ALLOW_ARCHIVING
    with provider.create_key("ECDSA_P256", export_policy=policy) as key:
        with pytest.raises(nc.NotSupportedError):
            key.export_pkcs8()
        key.export_pkcs8("secret", iterations=1)
        with pytest.raises(nc.NotSupportedError):
            key.export_pkcs8("secret", iterations=1)


@pytest.mark.parametrize(
    ("arguments", "options", "error"),
    [
        ((1,), {}, TypeError),
        (("",), {}, ValueError),
        ((b"",), {}, ValueError),
        (("a\0b",), {}, ValueError),
        (("p\u00e4".encode(),), {}, ValueError),
        (("x" * 1025,), {}, nc.InvalidParameterError),
        (("\ud800",), {}, nc.InvalidParameterError),
        (("secret",), {"encryption": "AES"}, ValueError),
        (("secret",), {"encryption": b"PBES2"}, ValueError),
        (("secret",), {"iterations": 0}, ValueError),
        (("secret",), {"iterations": 8_000_001}, ValueError),
        (("secret",), {"iterations": 1.5}, TypeError),
        ((), {"iterations": 1}, ValueError),
        ((), {"encryption": "PBES2"}, ValueError),
    ],
)
def test_wrong_arguments(provider, arguments, options, error):
    with provider.create_key("ECDSA_P256", export_policy=OPEN) as key:
        with pytest.raises(error) as caught:
            key.export_pkcs8(*arguments, **options)
        assert "secret" not in str(caught.value)


def test_a_public_key(provider, ec_key):
    with provider.import_key(ec_key.export("ECCPUBLICBLOB"), "ECCPUBLICBLOB") as key:
        for password in (None, "secret"):
            with pytest.raises(nc.NCryptError):
                key.export_pkcs8(password)


# ---- import --------------------------------------------------------------------------------------


@every_key
@pytest.mark.parametrize("encoding", [DER, PEM])
@every_password
def test_encrypted_by_others(provider, private, encoding, password):
    data = encrypted(private, password, encoding)
    for form in (data, bytearray(data), *([data.decode()] if encoding is PEM else [])):
        with provider.import_pkcs8(form, password) as key:
            assert key.public_key_der() == public_der(private)


@every_key
@pytest.mark.parametrize("encoding", [DER, PEM])
def test_in_clear_by_others(provider, private, encoding):
    with provider.import_pkcs8(in_clear(private, encoding)) as key:
        assert key.public_key_der() == public_der(private)


@pytest.mark.parametrize(
    "scheme",
    [
        ("-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"),
        ("-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA384"),
        ("-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512"),
        ("-v2", "des3"),
        ("-v1", "PBE-SHA1-3DES"),
        ("-v1", "PBE-SHA1-2DES"),
    ],
    ids=" ".join,
)
def test_encrypted_by_openssl(provider, scheme):
    private = KEYS["P-256"]
    data = run_openssl(in_clear(private, PEM), "pkcs8", "-topk8", "-passout", "pass:secret",
                       *scheme)  # fmt: skip
    with provider.import_pkcs8(data, "secret") as key:
        assert key.public_key_der() == public_der(private)


PUBLISHED = [
    (head.split(), key)
    for head, key in re.findall(
        r"# ([^\n]*)\n(-----BEGIN.*?-----END[^\n]*)",
        (Path(__file__).parent / "vectors/pkcs8_encrypted.txt").read_text("ascii"),
        re.DOTALL,
    )
]


@pytest.mark.parametrize(("head", "text"), PUBLISHED, ids=[head[0] for head, _ in PUBLISHED])
def test_published(provider, head, text):
    private = serialization.load_pem_private_key(text.encode(), head[1].encode())
    with provider.import_pkcs8(text, head[1]) as key:
        assert key.public_key_der() == public_der(private)


def test_all_that_was_published():
    assert len(PUBLISHED) == 6


def test_settings_and_name(provider, digest):
    data = encrypted(KEYS["P-256"], "secret")
    provider.import_pkcs8(
        data, "secret", name="stored", export_policy=ENCRYPTED, usage=nc.KeyUsage.ALLOW_SIGNING,
        properties={"note": "text"},
    ).close()  # fmt: skip
    with provider.open_key("stored") as key:
        assert key.export_policy == ENCRYPTED
        assert key.usage == nc.KeyUsage.ALLOW_SIGNING
        assert key.get_property("note") == "text\0".encode("utf-16-le")
        key.verify(digest, key.sign(digest))
    with pytest.raises(nc.KeyExistsError):
        provider.import_pkcs8(data, "secret", name="stored")
    provider.import_pkcs8(data, "secret", name="stored", overwrite=True).close()
    with provider.import_pkcs8(data, "secret", name="later", finalize=False) as new:
        assert isinstance(new, nc.UnfinalizedKey)
        assert not provider.has_key("later")


@pytest.mark.parametrize("password", ["Secret", "", b"", "x" * 1025, None], ids=repr)
def test_wrong_password(provider, password):
    data = encrypted(KEYS["P-256"], "secret")
    with pytest.raises(nc.AccessDeniedError, match="password") as caught:
        provider.import_pkcs8(data, password, name="never")
    assert caught.value.name == "ERROR_INVALID_PASSWORD"
    assert not provider.has_key("never")


def test_needless_password(provider):
    with pytest.raises(ValueError, match="no encrypted"):
        provider.import_pkcs8(in_clear(KEYS["P-256"]), "secret")


def test_text_with_other_things_around(provider):
    text = "Bag Attributes\n  friendlyName: é\n" + in_clear(KEYS["P-256"], PEM).decode() + "#\n"
    with provider.import_pkcs8(text) as key:
        assert key.public_key_der() == public_der(KEYS["P-256"])


def traditional(name, encoding):
    return KEYS[name].private_bytes(
        encoding, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


SEC1 = traditional("P-256", PEM)


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (1, TypeError, "int"),
        (b"", nc.NCryptError, ""),
        ("", ValueError, "no private key"),
        (b"\x30\x03\x02\x01\x00", nc.BadDataError, ""),
        (in_clear(KEYS["P-256"])[:-1], nc.BadDataError, ""),
        (in_clear(KEYS["P-256"]) + b"\0", nc.BadDataError, "follow"),
        (SEC1, ValueError, "EC PRIVATE KEY.*openssl pkcs8"),
        (in_clear(KEYS["P-256"]).replace(b"\2\1\0", b"\2\1\2", 1), nc.BadDataError, ""),
        (traditional("P-256", DER), ValueError, "SEC 1.*openssl pkcs8"),
        (traditional("RSA", DER), ValueError, "PKCS #1.*openssl pkcs8"),
        (SEC1.replace(b"EC P", b"OPENSSH P"), ValueError, "OPENSSH PRIVATE KEY.*ssh-keygen"),
        (2 * in_clear(KEYS["P-256"], PEM), ValueError, "2 keys"),
        (in_clear(KEYS["P-256"], PEM)[:-20], ValueError, "damaged"),
        (in_clear(KEYS["P-256"], PEM).replace(b"\nM", b"\nM="), (ValueError, nc.BadDataError), ""),
        (b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----", ValueError, "no private"),
    ],
    ids=range(15),
)
def test_what_is_no_key(provider, data, error, words):
    with pytest.raises(error, match=f"(?s){words}"):
        provider.import_pkcs8(data)


def test_too_much_work(provider):
    with provider.create_key("ECDSA_P256", export_policy=ENCRYPTED) as key:
        data = key.export_pkcs8("secret", iterations=0x7A1200)
    with pytest.raises(nc.BadDataError, match="8000000 times"):
        provider.import_pkcs8(data.replace(b"\x02\x03\x7a\x12\x00", b"\x02\x03\x7a\x12\x01"), "x")


# ---- both ----------------------------------------------------------------------------------------


def test_audit_events(run_python):
    program = (
        "import sys, ncrypt_ext as nc\n"
        "seen = []\n"
        "sys.addaudithook(lambda name, arguments: name.startswith('ncrypt_ext.') and"
        " seen.append((name, arguments)))\n"
        "with nc.Provider() as provider, provider.create_key('ECDSA_P256', 'k', export_policy=1) as"
        " key:\n"
        "    data = key.export_pkcs8('secret', iterations=1)\n"
        "    provider.import_pkcs8(data, 'secret').close()\n"
        "    provider.clone_key(key).close()\n"
        "assert 'secret' not in repr(seen)\n"
        "print(*[name.partition('.')[2] for name, _ in seen])\n"
    )
    shown = run_python(program).split()
    assert shown == ["open_provider", "create_key", *2 * ["export_key", "import_key"]]


def test_what_others_share_is_not_wiped(provider):
    """The interpreter has each single byte but once."""
    for text in ("QQ==", "Qg==\n", ""):
        with pytest.raises((nc.BadDataError, ValueError)):
            provider.import_pkcs8(f"-----BEGIN PRIVATE KEY-----\n{text}-----END PRIVATE KEY-----")
    assert bytes([0x41, 0x42]) == b"".join(bytes([code]) for code in (0x41, 0x42)) == b"AB"


@pytest.mark.parametrize("body", ["AAA==", "A", "AA", "==", " = = ", "AAAA====", "AA=A"])
def test_damaged_text(provider, body):
    with pytest.raises(ValueError, match="no PKCS #8 or is damaged"):
        provider.import_pkcs8(f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----")


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="there is no /proc/self/mem")
def test_text_of_a_key_is_wiped(run_python, tmp_path):
    file = tmp_path / "key.pem"
    # Behind so much other text that what reuses the memory does not get as far.
    file.write_bytes(b"a text\n" * 8000 + in_clear(KEYS["RSA"], PEM))
    program = """
import mmap, sys, ncrypt_ext as nc

pem = bytearray(int(sys.argv[2]))
with open(sys.argv[1], "rb", buffering=0) as file:
    file.readinto(pem)
wanted = bytes(memoryview(pem)[-800:-760])
buffer = mmap.mmap(-1, 1 << 20)  # shared, so that it is no part of what is looked through

def hits(size, found=-1, at=-1):
    while at >= 0 or found < 0:
        found, at = found + 1, buffer.find(wanted, at + 1, size)
    return found

def count():
    found = 0
    with open("/proc/self/mem", "rb", buffering=0) as memory, memoryview(buffer) as view:
        for each in open("/proc/self/maps").readlines():
            span, rights = each.split()[:2]
            first, end = (int(number, 16) for number in span.split("-"))
            while rights == "rw-p" and first < end:
                try:
                    memory.seek(first)
                    size = memory.readinto(view[:end - first])
                except (OSError, ValueError, OverflowError):
                    break
                found += hits(size)
                first += size
    return found

count()
before = count()
nc.Provider().import_pkcs8(pem).close()
print(count() - before)
"""
    assert int(run_python(program, file, file.stat().st_size)) <= 0
