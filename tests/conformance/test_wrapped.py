# SPDX-License-Identifier: MIT
"""Keys under other keys: PKCS7_ENVELOPE for the owner of a certificate, PKCS11RsaAesWrapBlob for
that of an RSA key."""

import struct

import pytest

from . import material
from .abi import oaep, parameters
from .api import refuses
from .certificates import of_rsa, serialized
from .conftest import small
from .constants import (
    ALLOW_ARCHIVING,
    ALLOW_DECRYPT,
    ALLOW_EXPORT,
    ALLOW_PKCS11_RSA_AES_EXPORT,
    ALLOW_PLAINTEXT_EXPORT,
    ALLOW_SIGNING,
    BUFFER_CERT_BLOB,
    BUFFER_PKCS_AES_KEY_BITS,
    BUFFER_PKCS_ALG_OID,
    BUFFER_PKCS_KEY_NAME,
    BUFFER_PKCS_PADDING_ALGO,
    BUFFER_PKCS_PADDING_LABEL,
    DO_NOT_FINALIZE,
    NTE_BAD_KEY_STATE,
    NTE_DECRYPTION_FAILURE,
    NTE_INVALID_HANDLE,
    NTE_INVALID_PARAMETER,
    NTE_NOT_SUPPORTED,
    NTE_PERM,
)

ENVELOPE, WRAPPED = "PKCS7_ENVELOPE", "PKCS11RsaAesWrapBlob"
AES256 = b"2.16.840.1.101.3.4.1.42\0"
TRIPLE_DES = b"1.2.840.113549.3.7\0"
envelope = pytest.mark.requires("envelope")
wrap = pytest.mark.requires("rsa_aes_wrap")
both = pytest.mark.parametrize(
    "kind", [pytest.param(ENVELOPE, marks=envelope), pytest.param(WRAPPED, marks=wrap)]
)
KEY = material.rsa(2048)


def for_certificate(blob=None, scheme=AES256):
    blob = serialized(of_rsa(KEY)) if blob is None else blob
    return parameters((BUFFER_CERT_BLOB, blob), (BUFFER_PKCS_ALG_OID, scheme))


@pytest.fixture
def opener(api):
    return api.import_key("RSAFULLPRIVATEBLOB", KEY.full_blob())


def key_with(api, algorithm, policy):
    return api.make(algorithm, Export_Policy=policy, **small(algorithm))


def export(api, key, kind, opener):
    if kind == ENVELOPE:
        return api.export_key(key, kind, desc=for_certificate())
    return api.export_key(key, kind, other=opener)


@both
def test_back_again(api, opener, algorithm, kind, name):
    key = key_with(api, algorithm, ALLOW_PLAINTEXT_EXPORT)
    blob = export(api, key, kind, opener)
    named = parameters((BUFFER_PKCS_KEY_NAME, name))
    for desc in (None, named):
        again = api.import_key(kind, blob, desc, other=opener)
        assert api.export_key(again, "PUBLICBLOB") == api.export_key(key, "PUBLICBLOB")
    assert api.get_text(api.open(name), "Algorithm Name") == algorithm


@both
def test_unfinalized(api, opener, kind):
    key = key_with(api, "ECDSA_P256", ALLOW_PLAINTEXT_EXPORT)
    new = api.import_key(kind, export(api, key, kind, opener), None, DO_NOT_FINALIZE, opener)
    api.set(new, "Export Policy", ALLOW_PLAINTEXT_EXPORT)
    api.finalize(new)
    assert api.export_key(new, "ECCPRIVATEBLOB") == api.export_key(key, "ECCPRIVATEBLOB")


@both
@pytest.mark.parametrize(
    "policy",
    [0, ALLOW_EXPORT, ALLOW_PLAINTEXT_EXPORT, ALLOW_ARCHIVING, ALLOW_PKCS11_RSA_AES_EXPORT],
)
def test_policy(api, opener, kind, policy):
    key = key_with(api, "ECDSA_P256", policy)
    own = ALLOW_EXPORT | ALLOW_ARCHIVING if kind == ENVELOPE else ALLOW_PKCS11_RSA_AES_EXPORT
    if policy & (own | ALLOW_PLAINTEXT_EXPORT):
        export(api, key, kind, opener)
    else:
        with refuses(NTE_NOT_SUPPORTED):
            export(api, key, kind, opener)


@both
def test_the_wrong_key(api, opener, kind):
    blob = export(api, key_with(api, "ECDSA_P256", ALLOW_PLAINTEXT_EXPORT), kind, opener)
    with refuses(NTE_INVALID_PARAMETER):
        api.import_key(kind, blob)
    with refuses(NTE_INVALID_HANDLE):
        api.import_key(kind, blob, other=api.provider)
    with refuses(NTE_BAD_KEY_STATE):
        api.import_key(kind, blob, other=api.create("RSA"))
    for other in (material.rsa(1024).full_blob(), material.rsa(2048).public_blob()):
        with refuses():
            form = "RSAFULLPRIVATEBLOB" if other[3:4] == b"3" else "RSAPUBLICBLOB"
            api.import_key(kind, blob, other=api.import_key(form, other))


@both
@pytest.mark.parametrize("usage", [ALLOW_SIGNING, ALLOW_DECRYPT])
def test_usage_of_the_opener(api, opener, kind, usage):
    blob = export(api, key_with(api, "ECDSA_P256", ALLOW_PLAINTEXT_EXPORT), kind, opener)
    limited = api.create("RSA")
    api.set(limited, "Key Usage", usage)
    api.set(limited, "RSAFULLPRIVATEBLOB", KEY.full_blob())
    api.finalize(limited)
    if usage == ALLOW_DECRYPT:
        api.import_key(kind, blob, other=limited)
    else:
        with refuses(NTE_PERM):
            api.import_key(kind, blob, other=limited)


@both
def test_every_truncation(api, opener, kind):
    blob = export(api, key_with(api, "ECDSA_P256", ALLOW_PLAINTEXT_EXPORT), kind, opener)
    for size in range(1, len(blob)):
        with refuses():
            api.import_key(kind, blob[:size], other=opener)
    with refuses():
        api.import_key(kind, blob + b"\0", other=opener)


@both
def test_damage_has_one_code(api, opener, kind):
    """Whatever of a decryption failed, so that nobody learns by trying."""
    blob = export(api, key_with(api, "ECDSA_P256", ALLOW_PLAINTEXT_EXPORT), kind, opener)
    places = [-1, -17, -33] if kind == ENVELOPE else [16, 16 + KEY.width, 15 + len(blob[16:]) // 2]
    for place in places:
        damaged = bytearray(blob)
        damaged[place] ^= 1
        with refuses(NTE_DECRYPTION_FAILURE):
            api.import_key(kind, bytes(damaged), other=opener)


# ---- envelopes -----------------------------------------------------------------------------------


@envelope
@pytest.mark.parametrize("scheme", [AES256, TRIPLE_DES])
def test_recipients(api, opener, scheme):
    key = key_with(api, "ECDSA_P256", ALLOW_EXPORT)
    store = serialized(of_rsa(material.rsa(1024)), of_rsa(KEY))
    blob = api.export_key(key, ENVELOPE, desc=for_certificate(store, scheme))
    assert blob[4:15] == bytes.fromhex("06092a864886f70d010703")
    other = api.import_key("RSAFULLPRIVATEBLOB", material.rsa(1024).full_blob())
    for each in (opener, other):
        api.import_key(ENVELOPE, blob, other=each)
    theirs = parameters((BUFFER_CERT_BLOB, serialized(of_rsa(KEY))))
    api.import_key(ENVELOPE, blob, theirs, other=opener)
    with refuses(NTE_INVALID_PARAMETER):
        api.import_key(ENVELOPE, blob, theirs, other=other)


@envelope
@pytest.mark.parametrize(
    "buffers",
    [
        [],
        [(BUFFER_PKCS_ALG_OID, AES256)],
        [(BUFFER_CERT_BLOB, serialized(of_rsa(KEY)))],
        [(BUFFER_CERT_BLOB, serialized()), (BUFFER_PKCS_ALG_OID, AES256)],
        [(BUFFER_CERT_BLOB, b"no store"), (BUFFER_PKCS_ALG_OID, AES256)],
        [(BUFFER_CERT_BLOB, serialized(b"\x30\x00")), (BUFFER_PKCS_ALG_OID, AES256)],
        [(BUFFER_CERT_BLOB, serialized(of_rsa(KEY))[:-1]), (BUFFER_PKCS_ALG_OID, AES256)],
    ],
    ids=range(7),
)
def test_lists_that_make_no_sense(api, buffers):
    key = key_with(api, "ECDSA_P256", ALLOW_EXPORT)
    with refuses(NTE_INVALID_PARAMETER):
        api.export_key(key, ENVELOPE, desc=parameters(*buffers))


# ---- RSA and AES ---------------------------------------------------------------------------------


@wrap
@pytest.mark.parametrize("bits", [128, 192, 256])
@pytest.mark.parametrize(
    ("digest", "label"), [("SHA1", b"label"), ("SHA256", b""), ("SHA512", b"")]
)
def test_layout(api, opener, bits, digest, label):
    key = key_with(api, "ECDSA_P256", ALLOW_PKCS11_RSA_AES_EXPORT)
    buffers = [(BUFFER_PKCS_AES_KEY_BITS, struct.pack("<I", bits)),
               (BUFFER_PKCS_PADDING_ALGO, digest)]  # fmt: skip
    if label:
        buffers.append((BUFFER_PKCS_PADDING_LABEL, label))
    blob = api.export_key(key, WRAPPED, desc=parameters(*buffers), other=opener)
    magic, size, digest_size, label_size = struct.unpack_from("<4I", blob)
    assert magic == 0x57504152
    assert blob[16 + size :] == (digest + "\0").encode("utf-16-le") + label
    assert (digest_size, label_size) == (2 * len(digest) + 2, len(label))
    assert (size - KEY.width) % 8 == 0
    secret = api.decrypt(opener, blob[16 : 16 + KEY.width], oaep(digest, label))
    assert len(secret) == bits // 8
    api.import_key(WRAPPED, blob, other=opener)


@wrap
@pytest.mark.parametrize("bits", [0, 64, 129, 512])
def test_impossible_sizes(api, opener, bits):
    key = key_with(api, "ECDSA_P256", ALLOW_PLAINTEXT_EXPORT)
    desc = parameters((BUFFER_PKCS_AES_KEY_BITS, struct.pack("<I", bits)))
    with refuses(NTE_INVALID_PARAMETER):
        api.export_key(key, WRAPPED, desc=desc, other=opener)


@wrap
def test_altered(api, opener):
    blob = export(api, key_with(api, "ECDSA_P256", ALLOW_PLAINTEXT_EXPORT), WRAPPED, opener)
    for at in range(0, len(blob), 5):
        with refuses():
            altered = blob[:at] + bytes([blob[at] ^ 0x40]) + blob[at + 1 :]
            api.import_key(WRAPPED, altered, other=opener)
