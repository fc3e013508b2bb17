# SPDX-License-Identifier: MIT
"""NCryptKeyDerivation: keys that others are derived from, known answers, refusals."""

import hashlib
import hmac
import struct
from ctypes import byref

import pytest

from .abi import D, parameters
from .api import call, must, refuses
from .constants import (
    ALLOW_PLAINTEXT_EXPORT,
    NTE_BAD_FLAGS,
    NTE_BAD_KEY_STATE,
    NTE_INVALID_HANDLE,
    NTE_INVALID_PARAMETER,
    NTE_NOT_SUPPORTED,
    SILENT,
)

HASH, TLS_LABEL, TLS_SEED, ALGORITHM_ID, PARTY_U, PARTY_V = 0, 4, 5, 8, 9, 10
PUBLIC_INFO, PRIVATE_INFO, LABEL, CONTEXT, SALT, ITERATIONS, GENERIC = 11, 12, 13, 14, 15, 16, 17
HKDF_INFO = 20
AES_FLAG = 0x10
SECRET = b"what others are derived from"
# What each algorithm cannot do without.
GIVEN = {
    "SP800_108_CTR_HMAC": ((HASH, "SHA256"), (LABEL, b"label"), (CONTEXT, b"context")),
    "SP800_56A_CONCAT": ((HASH, "SHA256"), (ALGORITHM_ID, b"id"), (PARTY_U, b"u"), (PARTY_V, b"v")),
    "PBKDF2": ((HASH, "SHA256"), (SALT, b"salt")),
    "CAPI_KDF": ((HASH, "SHA256"),),
    "TLS1_1_KDF": ((TLS_LABEL, b"label"), (TLS_SEED, b"seed")),
    "TLS1_2_KDF": ((HASH, "SHA256"), (TLS_LABEL, b"label"), (TLS_SEED, b"seed")),
}
every_kdf = pytest.mark.parametrize("kdf", list(GIVEN))


def key_of(api, kdf, secret=SECRET, name=None):
    return api.make(kdf, name, KDFKeySecret=secret)


@every_kdf
def test_properties(api, kdf):
    key = key_of(api, kdf)
    assert api.get_text(key, "Algorithm Name") == kdf
    assert api.get_text(key, "Algorithm Group") == "KEY_DERIVATION"


@pytest.mark.requires("enumerate_algorithms")
@every_kdf
def test_listed(api, kdf):
    assert (kdf, 7, 0x40, 0) in api.algorithms(0x40)


@every_kdf
def test_stored(api, kdf, name):
    key = key_of(api, kdf, name=name)
    desc = parameters(*GIVEN[kdf])
    first = api.derive_from(key, desc, 32)
    api.free(key)
    key = api.open(name)
    assert api.derive_from(key, desc, 32, SILENT) == first
    api.delete(key)


@every_kdf
def test_blob(api, kdf):
    key = api.make(kdf, KDFKeySecret=SECRET, Export_Policy=ALLOW_PLAINTEXT_EXPORT)
    blob = api.export_key(key, "KDFKeyBlob")
    assert blob[4:8] == b"KDF1"
    copy, desc = api.import_key("KDFKeyBlob", blob), parameters(*GIVEN[kdf])
    assert api.derive_from(copy, desc, 32) == api.derive_from(key, desc, 32)
    with refuses(NTE_NOT_SUPPORTED):
        api.export_key(copy, "KDFKeyBlob")


@every_kdf
def test_without_a_secret(api, kdf):
    key = api.create(kdf)
    with refuses():
        api.finalize(key)


@every_kdf
def test_the_secret_is_not_given_out(api, kdf):
    with refuses():
        api.get(key_of(api, kdf), "KDFKeySecret")


@every_kdf
def test_not_finalized(api, kdf):
    key = api.create(kdf)
    api.set(key, "KDFKeySecret", SECRET)
    with refuses(NTE_BAD_KEY_STATE):
        api.derive_from(key, parameters(*GIVEN[kdf]), 16)


@pytest.mark.requires("SP800_108_CTR_HMAC")
@pytest.mark.parametrize("name", ["SHA1", "SHA256", "SHA384", "SHA512"])
@pytest.mark.parametrize("size", [1, 32, 150])
def test_counter(api, name, size):
    wanted = b""
    for block in range(1, 20):
        message = struct.pack(">I", block) + b"label\0context" + struct.pack(">I", 8 * size)
        wanted += hmac.digest(SECRET, message, name)
    key = key_of(api, "SP800_108_CTR_HMAC")
    desc = parameters((HASH, name), (LABEL, b"label"), (CONTEXT, b"context"))
    assert api.derive_from(key, desc, size) == wanted[:size]
    desc = parameters((GENERIC, b"label\0context"), (HASH, name))
    assert api.derive_from(key, desc, size) == wanted[:size]


@pytest.mark.requires("SP800_56A_CONCAT")
@pytest.mark.parametrize("size", [1, 32, 70])
def test_concatenation(api, size):
    def wanted(more):
        blocks = (struct.pack(">I", block) + SECRET + b"iduv" + more for block in range(1, 4))
        return b"".join(hashlib.sha256(block).digest() for block in blocks)[:size]

    key = key_of(api, "SP800_56A_CONCAT")
    given = GIVEN["SP800_56A_CONCAT"]
    assert api.derive_from(key, parameters(*given), size) == wanted(b"")
    desc = parameters((PRIVATE_INFO, b"private"), *given, (PUBLIC_INFO, b"public"))
    assert api.derive_from(key, desc, size) == wanted(b"publicprivate")
    desc = parameters((HASH, "SHA256"), (GENERIC, b"iduvpublicprivate"))
    assert api.derive_from(key, desc, size) == wanted(b"publicprivate")


@pytest.mark.requires("PBKDF2")
@pytest.mark.parametrize("name", ["SHA1", "SHA256", "SHA384", "SHA512"])
@pytest.mark.parametrize("count", [None, 1, 1000])
def test_password(api, name, count):
    wanted = hashlib.pbkdf2_hmac(name, SECRET, b"salt", count or 10000, 70)
    key = key_of(api, "PBKDF2")
    given = [(HASH, name)]
    if count is not None:
        given.append((ITERATIONS, struct.pack("<Q", count)))
    for kind in (SALT, GENERIC):
        assert api.derive_from(key, parameters(*given, (kind, b"salt")), 70) == wanted


@pytest.mark.requires("PBKDF2")
@pytest.mark.parametrize("count", [struct.pack("<Q", 0), struct.pack("<I", 1)])
def test_iterations_that_cannot_be(api, count):
    desc = parameters((HASH, "SHA256"), (SALT, b"salt"), (ITERATIONS, count))
    with refuses(NTE_INVALID_PARAMETER):
        api.derive_from(key_of(api, "PBKDF2"), desc, 16)


@pytest.mark.requires("CAPI_KDF")
def test_as_cryptoapi(api):
    digest = hashlib.sha1(SECRET).digest()
    both = b"".join(
        hashlib.sha1(bytes(byte ^ pad for byte in digest.ljust(64, b"\0"))).digest()
        for pad in (0x36, 0x5C)
    )
    key, desc = key_of(api, "CAPI_KDF"), parameters((HASH, "SHA1"))
    assert api.derive_from(key, desc, 16) == digest[:16]
    assert api.derive_from(key, desc, 16, AES_FLAG) == both[:16]
    assert api.derive_from(key, desc, 32, AES_FLAG) == both[:32]
    with refuses():
        api.derive_from(key, desc, 41)


@pytest.mark.requires("PBKDF2")
def test_the_flag_for_aes_is_of_cryptoapi(api):
    with refuses():
        api.derive_from(key_of(api, "PBKDF2"), parameters(*GIVEN["PBKDF2"]), 16, AES_FLAG)


def prf(secret, seed, size, name):
    out, a = b"", seed
    while len(out) < size:
        a = hmac.digest(secret, a, name)
        out += hmac.digest(secret, a + seed, name)
    return out[:size]


@pytest.mark.requires("TLS1_2_KDF")
@pytest.mark.parametrize("name", ["SHA256", "SHA384"])
def test_tls_1_2(api, name):
    desc = parameters((HASH, name), (TLS_SEED, b"seed"), (TLS_LABEL, b"label"))
    wanted = prf(SECRET, b"labelseed", 48, name)
    assert api.derive_from(key_of(api, "TLS1_2_KDF"), desc, 48) == wanted


@pytest.mark.requires("TLS1_1_KDF")
def test_tls_1_1(api):
    half = len(SECRET) // 2
    halves = (prf(SECRET[:half], b"labelseed", 48, "MD5"),
              prf(SECRET[half:], b"labelseed", 48, "SHA1"))  # fmt: skip
    wanted = bytes(a ^ b for a, b in zip(*halves, strict=True))
    desc = parameters(*GIVEN["TLS1_1_KDF"])
    assert api.derive_from(key_of(api, "TLS1_1_KDF"), desc, 48) == wanted


@pytest.mark.requires("HKDF")
def test_hkdf(api):
    key = key_of(api, "HKDF")
    with refuses():
        api.derive_from(key, None, 16)
    api.set(key, "HkdfHashAlgorithm", "SHA256")
    api.set(key, "HkdfSaltAndFinalize", b"salt")
    extracted = hmac.digest(b"salt", SECRET, "SHA256")
    wanted = hmac.digest(extracted, b"info\1", "SHA256")
    assert api.derive_from(key, parameters((HKDF_INFO, b"info")), 32) == wanted
    with refuses():
        api.set(key, "HkdfSaltAndFinalize", b"salt")


# ---- refusals ------------------------------------------------------------------------------------


@every_kdf
def test_each_parameter_is_needed(api, kdf):
    key = key_of(api, kdf)
    for left_out in range(len(GIVEN[kdf])):
        given = [pair for place, pair in enumerate(GIVEN[kdf]) if place != left_out]
        with refuses():
            api.derive_from(key, parameters(*given), 16)
    with refuses():
        api.derive_from(key, None, 16)


@pytest.mark.requires("PBKDF2")
def test_refusals(api):
    key, written = key_of(api, "PBKDF2"), D()
    desc = parameters(*GIVEN["PBKDF2"])
    with refuses(NTE_BAD_FLAGS):
        api.derive_from(key, desc, 16, 0x80)
    with refuses(NTE_INVALID_PARAMETER):
        api.derive_from(key, parameters(*GIVEN["PBKDF2"], version=1), 16)
    with refuses():
        api.derive_from(key, parameters((HASH, "no such hash"), (SALT, b"salt")), 16)
    out = bytes(16)
    assert call("NCryptKeyDerivation", key, byref(desc), out, 16, None, 0) == NTE_INVALID_PARAMETER
    status = call("NCryptKeyDerivation", 0, byref(desc), out, 16, byref(written), 0)
    assert status == NTE_INVALID_HANDLE
    must("NCryptKeyDerivation", key, byref(desc), out, 16, byref(written), 0)
    assert written.value == 16


@pytest.mark.requires("CAPI_KDF")
@pytest.mark.parametrize("bit", [1 << bit for bit in range(32)], ids=hex)
def test_flags(api, bit):
    key, desc, written = key_of(api, "CAPI_KDF"), parameters(*GIVEN["CAPI_KDF"]), D()
    status = call("NCryptKeyDerivation", key, byref(desc), bytes(16), 16, byref(written), bit)
    assert status == (0 if bit in (SILENT, AES_FLAG) else NTE_BAD_FLAGS)


@pytest.mark.requires("PBKDF2")
def test_another_key(api):
    with refuses(NTE_NOT_SUPPORTED):
        api.derive_from(api.make("RSA", Length=512), parameters(*GIVEN["PBKDF2"]), 16)
