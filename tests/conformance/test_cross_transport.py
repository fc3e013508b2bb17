# SPDX-License-Identifier: MIT
"""Keys under other keys against `cryptography`, in both directions: envelopes of PKCS#7, and
PKCS#8 under an AES key under an RSA key."""

import datetime
import os
import struct

import pytest

from . import material
from .abi import parameters
from .api import IMPLEMENTATION, refuses
from .certificates import serialized
from .constants import (
    ALLOW_PLAINTEXT_EXPORT,
    BUFFER_CERT_BLOB,
    BUFFER_PKCS_AES_KEY_BITS,
    BUFFER_PKCS_ALG_OID,
    BUFFER_PKCS_PADDING_ALGO,
    BUFFER_PKCS_PADDING_LABEL,
    DO_NOT_FINALIZE,
    NTE_DECRYPTION_FAILURE,
)

if IMPLEMENTATION != "engine":
    # Its wheels for Windows need a library that Wine may lack.
    pytest.importorskip("cryptography.hazmat.primitives.hashes", exc_type=ImportError)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.serialization import pkcs7

from .test_cross_rsa import theirs

PKCS8, ENVELOPE, WRAPPED = "PKCS8_PRIVATEKEY", "PKCS7_ENVELOPE", "PKCS11RsaAesWrapBlob"
MAGIC = 0x57504152
OPENER = material.rsa(2048)
OWN, OTHER = theirs(OPENER), theirs(material.rsa(1024))
KEYS = {
    "P-256": ec.derive_private_key(material.ec(material.P256).d, ec.SECP256R1()),
    "P-521": ec.derive_private_key(material.ec(material.P521).d, ec.SECP521R1()),
    "RSA": OTHER,
}
HASHES = {"SHA1": hashes.SHA1, "SHA256": hashes.SHA256, "SHA512": hashes.SHA512}

pytestmark = pytest.mark.requires("cryptography", "rsa_import", "pkcs8")
envelope = pytest.mark.requires("envelope")
wrap = pytest.mark.requires("rsa_aes_wrap")
every_key = pytest.mark.parametrize("plain", KEYS.values(), ids=KEYS)
needs_builder = pytest.mark.skipif(
    not hasattr(getattr(pkcs7, "PKCS7EnvelopeBuilder", None), "set_content_encryption_algorithm"),
    reason="this cryptography does not make envelopes",
)
needs_reader = pytest.mark.skipif(
    not hasattr(pkcs7, "pkcs7_decrypt_der"), reason="this cryptography does not open envelopes"
)


def certificate(private, number):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"opener {number}")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(number)
        .not_valid_before(datetime.datetime(2026, 1, 1))
        .not_valid_after(datetime.datetime(2036, 1, 1))
        .sign(private, hashes.SHA256())
    )


def der(key):
    if isinstance(key, x509.Certificate):
        return key.public_bytes(serialization.Encoding.DER)
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def same(found, plain):
    """Whether DER is that private key."""
    loaded = serialization.load_der_private_key(found, None)
    return loaded.private_numbers() == plain.private_numbers()


@pytest.fixture
def opener(api):
    return api.import_key("RSAFULLPRIVATEBLOB", OPENER.full_blob())


def exportable(api, kind, blob, desc=None, opener=0):
    key = api.import_key(kind, blob, desc, DO_NOT_FINALIZE, opener)
    api.set(key, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    api.finalize(key)
    return key


# ---- envelopes -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recipients():
    """The opener's certificate, between two of another key."""
    return [certificate(OTHER, 1), certificate(OWN, 2), certificate(OTHER, 3)]


@envelope
@needs_reader
@every_key
@pytest.mark.parametrize(
    "scheme",
    ["2.16.840.1.101.3.4.1.42", "2.16.840.1.101.3.4.1.2"],
    ids=["AES-256", "AES-128"],
)
def test_they_open_our_envelope(api, recipients, plain, scheme):
    desc = parameters((BUFFER_CERT_BLOB, serialized(*map(der, recipients))),
                      (BUFFER_PKCS_ALG_OID, scheme.encode() + b"\0"))  # fmt: skip
    blob = api.export_key(exportable(api, PKCS8, der(plain)), ENVELOPE, desc=desc)
    for mine, private in zip(recipients[:2], (OTHER, OWN), strict=True):
        assert same(pkcs7.pkcs7_decrypt_der(blob, mine, private, []), plain)


def their_envelope(data, recipients, cipher=algorithms.AES256):
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(data)
    for each in recipients:
        builder = builder.add_recipient(each)
    builder = builder.set_content_encryption_algorithm(cipher)
    return builder.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


@envelope
@needs_builder
@every_key
@pytest.mark.parametrize("cipher", [algorithms.AES128, algorithms.AES256])
@pytest.mark.parametrize("named", [False, True])
def test_we_open_their_envelope(api, opener, recipients, plain, cipher, named):
    blob = their_envelope(der(plain), recipients, cipher)
    desc = parameters((BUFFER_CERT_BLOB, serialized(der(recipients[1])))) if named else None
    key = exportable(api, ENVELOPE, blob, desc, opener)
    assert same(api.export_key(key, PKCS8), plain)


@envelope
@needs_builder
def test_envelopes_for_others_or_without_a_key(api, opener, recipients):
    stranger = their_envelope(der(KEYS["P-256"]), recipients[:1])
    letter = their_envelope(b"two apples and a pear", recipients)
    for blob in (stranger, letter):
        with refuses(NTE_DECRYPTION_FAILURE):
            api.import_key(ENVELOPE, blob, other=opener)


# ---- RSA and AES ---------------------------------------------------------------------------------


every_form = pytest.mark.parametrize(
    ("bits", "digest", "label"),
    [(128, "SHA1", b"label"), (192, "SHA512", b""), (256, "SHA256", b"")],
    ids=["128", "192", "256"],
)


def their_oaep(digest, label):
    hashed = HASHES[digest]()
    return padding.OAEP(padding.MGF1(hashed), hashed, label or None)


@wrap
@every_key
@every_form
def test_they_unwrap_ours(api, opener, plain, bits, digest, label):
    buffers = [(BUFFER_PKCS_AES_KEY_BITS, struct.pack("<I", bits)),
               (BUFFER_PKCS_PADDING_ALGO, digest)]  # fmt: skip
    if label:
        buffers.append((BUFFER_PKCS_PADDING_LABEL, label))
    key = exportable(api, PKCS8, der(plain))
    blob = api.export_key(key, WRAPPED, desc=parameters(*buffers), other=opener)
    size = struct.unpack_from("<4I", blob)[1]
    sealed, wrapped = blob[16 : 16 + OPENER.width], blob[16 + OPENER.width : 16 + size]
    secret = OWN.decrypt(sealed, their_oaep(digest, label))
    assert len(secret) == bits // 8
    assert same(keywrap.aes_key_unwrap_with_padding(secret, wrapped), plain)


@wrap
@every_key
@every_form
def test_we_unwrap_theirs(api, opener, plain, bits, digest, label):
    secret, name = os.urandom(bits // 8), (digest + "\0").encode("utf-16-le")
    sealed = OWN.public_key().encrypt(secret, their_oaep(digest, label))
    both = sealed + keywrap.aes_key_wrap_with_padding(secret, der(plain))
    blob = struct.pack("<4I", MAGIC, len(both), len(name), len(label)) + both + name + label
    assert same(api.export_key(exportable(api, WRAPPED, blob, None, opener), PKCS8), plain)
